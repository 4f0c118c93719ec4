"""Claims and figures become posts: wording, templates, the checks on what they print, numbering, and the page."""
