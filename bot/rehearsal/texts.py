"""Texts as X reads them, weighs them and gives them back. twitter_text, X's own rules, is loaded when a post is made."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from typing import Final

CASHTAG: Final = re.compile(r"(?:^|\s)\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?=$|\s|[^\w])")  # as twitter-text has it
MENTION: Final = re.compile(r"(?<![\w!@#$%&*])[@＠](\w{1,15})", re.ASCII)
FORBIDDEN: Final = re.compile("[\ufffe\ufeff\uffff]")
"""Characters that make a post invalid."""


def weight(text: str) -> int:
    from twitter_text.parse_tweet import parse_tweet

    return int(parse_tweet(text).weightedLength)


def as_given_back(text: str, post_id: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """
    The text as X gives it back, and which short link stands for which.

    Links become t.co, schemeless ones too, and & < > are escaped.
    """
    from twitter_text.extract_urls import extract_urls_with_indices

    shown, at, urls = "", 0, []
    for each in extract_urls_with_indices(text):
        start, end = each["indices"]
        urls.append((short_link(post_id, str(start)), text[start:end]))
        shown += html.escape(text[at:start], quote=False) + urls[-1][0]
        at = end
    return shown + html.escape(text[at:], quote=False), tuple(urls)


def short_link(post_id: str, what: str) -> str:
    digest = hashlib.sha256(f"{post_id} {what}".encode()).digest()
    return "https://t.co/" + base64.b32encode(digest).decode()[:10]
