"""
The weighted length of a post, by X's documentation of twitter-text version 3 (docs.x.com, "Counting characters").

A character weighs 2, but 1 from U+0000 to U+10FF, U+2000 to U+200D, U+2010 to U+201F and U+2032 to U+2037. An address weighs 23
however long; an emoji 2 however many code points it is made of. Text is counted in its composed form (NFC).
"""

from __future__ import annotations

import re
import unicodedata

_LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
_ADDRESS = re.compile(r"https?://[^\s]+[^\s.,;:!?)\"']")
_PICTURE = r"(?:[\U0001F1E6-\U0001F1FF]{2}|[\U0001F300-\U0001FAFF\u2600-\u27BF][\uFE0F\U0001F3FB-\U0001F3FF]*)"
_EMOJI = re.compile(rf"{_PICTURE}(?:\u200D{_PICTURE})*|[0-9#*]\uFE0F?\u20E3")


def weight(text: str) -> int:
    """What a post counts against the limit of 280."""
    composed = unicodedata.normalize("NFC", text)
    without, addresses = _ADDRESS.subn("", composed)
    plain, emoji = _EMOJI.subn("", without)
    return 23 * addresses + 2 * emoji + sum(_of(character) for character in plain)


def _of(character: str) -> int:
    return 1 if any(low <= ord(character) <= high for low, high in _LIGHT) else 2
