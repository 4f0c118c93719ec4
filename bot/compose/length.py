"""
How long X counts a text, and which parts of it X turns into links.

The rules are twitter-text's version 3: 280 weighted units, a link counts 23, an emoji 2, after NFC. The parser package passes X's
own conformance files in that configuration; its list of top-level domains is of 2020, so `links` also reports what merely looks
like a domain of a later one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_SIMPLE: Final = re.compile("[\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]*")
"""The code points of weight one (twitter-text config v3.json)."""

_MAYBE_LINK: Final = re.compile(r"\.[^\W\d_]")
"""Every top-level domain starts with a letter after a dot; "113.8M" cannot be a link."""

_MAYBE_EMOJI: Final = re.compile("[\u00a9\u00ae]")
"""The only emoji among the code points of weight one."""

_DOMAIN: Final = re.compile(
    r"(?<![\w@.-])(?:https?://)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(?![\w.-]*\w)", re.IGNORECASE
)


@dataclass(frozen=True)
class Length:
    """Weighted length of a text and the links X would see in it, scheme or not."""

    weighted: int
    links: tuple[str, ...]


def measure(text: str) -> Length:
    """
    The weighted length of a text by X's rules, and its links.

    Texts of weight-one characters that cannot hold a link or an emoji are counted here; all others by the parser, whose import
    takes as long as a chart.
    """
    normal = unicodedata.normalize("NFC", text)
    if _SIMPLE.fullmatch(normal) and not _MAYBE_LINK.search(normal) and not _MAYBE_EMOJI.search(normal):
        return Length(len(normal), ())
    from twitter_text.extract_urls import extract_urls_with_indices
    from twitter_text.parse_tweet import parse_tweet

    links = tuple(found["url"] for found in extract_urls_with_indices(normal))
    return Length(parse_tweet(normal).weightedLength, links)


def lookalikes(text: str) -> tuple[str, ...]:
    """Words that look like a domain, whether or not X knows their ending: to be reported, not counted."""
    return tuple(match[0] for match in _DOMAIN.finditer(text))
