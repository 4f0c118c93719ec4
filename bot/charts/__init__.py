"""
Charts: one file per kind, each with NOUN, `draw` and `describe`. The kinds never import each other.

What they share stands beside them: theme, fonts, fitting and canvas to draw with, reading, labels, timeline and wording to
say it with, lint to check it, render and table to hand it out.
"""

from typing import Final

SHARED: Final = (
    "canvas",
    "fitting",
    "fonts",
    "geometry",
    "labels",
    "lint",
    "reading",
    "render",
    "table",
    "theme",
    "timeline",
    "wording",
)
"""Modules of this folder that are no chart kinds."""
