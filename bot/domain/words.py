"""Help with names, and with what is shown of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """' (did you mean "pytorch"?)', or nothing if no known word is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return f' (did you mean "{near[0]}"?)' if near else ""


def printable(text: str) -> str:
    """A text without the control characters a terminal would obey."""
    return "".join(
        character if character.isprintable() or character == "\n" else "\N{REPLACEMENT CHARACTER}" for character in text
    )
