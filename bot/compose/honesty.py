"""
What may stand in a post without evidence, and what may not.

A figure is any digit, in any script; a claim word is any word that says how many, who is ahead or which way a number went. Both
need a citation. The same words are looked for twice: in a template's own text, with file and line, and in the finished post.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bot.domain.text import Cited

_CLAIM_WORDS: Final = re.compile(
    r"""\b(
      leads?|led|leaders?|leading|ahead|behind|overt(?:akes?|aken|aking|ook)|surpass\w*|outpac\w*|outnumber\w*|beats?|beaten
    | wins?|won|winn\w+|dominat\w*|majority|minority|popular(?:ity)?
    | doubl(?:e[sd]?|ing)|tripl(?:e[sd]?|ing)|quadrupl\w+|halv(?:e[sd]?|ing)|twice|thrice|times|\w*fold|half|thirds?|quarters?
    | grow(?:s|n|th|ing)?|grew|r[oi]se[sn]?|rising|f[ae]ll(?:s|en|ing)?|drop(?:s|ped|ping)?|declin\w*|shr[aiu]nk\w*
    | jump(?:s|ed|ing)?|soar\w*|surg(?:e[sd]?|ing)|plung\w*|gain(?:s|ed|ing)?|los[te]s?|losing|climb\w*|slump\w*|up|down
    | more|most|fewer|fewest|less|least|larg(?:er|est)|bigg(?:er|est)|small(?:er|est)|high(?:er|est)|low(?:er|est)|fast(?:er|est)
    | slow(?:er|est)|strong(?:er|est)|weak(?:er|est)|better|best|worse|worst|nearly|almost|roughly|record
    | first|second|last|level|equal(?:s|led)?|tied
    | two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety
    | dozens?|hundreds?|thousands?|(?:m|b|tr)illions?|per\s?cent|percent
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)

_SET_PHRASES: Final = re.compile(
    r"\b(at least|at most|at first|at last|break down|set up|sign(?:ed)? up|look(?:ed)? up)\b", re.IGNORECASE
)
"""Everyday turns of phrase that say nothing about a number here."""

PRIVATE_USE: Final = re.compile("[\ue000-\uf8ff]")
"""Citations travel through the template engine between these; nothing that comes in may hold one."""


@dataclass(frozen=True)
class Uncited:
    """A figure or claim word with nothing to vouch for it: where it starts, what it is, which kind."""

    start: int
    text: str
    kind: str


def uncited(cited: Cited, names: Iterable[str] = (), allow: Iterable[str] = ()) -> list[Uncited]:
    """Figures and claim words of a finished text that no citation covers, the declared names and allowed words aside."""
    return [found for found in statements(cited.text, names, allow) if cited.citation_of(found.start, _end(found)) is None]


def statements(text: str, names: Iterable[str] = (), allow: Iterable[str] = ()) -> list[Uncited]:
    """Every figure and claim word of a plain text, the declared names and allowed words aside."""
    passed = [(match.start(), match.end()) for match in _passes(text, names)]
    allowed = {word.casefold() for word in allow}
    found = [*_figures(text), *(one for one in _words(text) if one.text.casefold() not in allowed)]
    return sorted(
        (one for one in found if not any(start <= one.start and _end(one) <= end for start, end in passed)),
        key=lambda one: one.start,
    )


def _figures(text: str) -> Iterator[Uncited]:
    """Runs of digits with their separators and signs; any character that is a number in any script counts as a digit."""
    start: int | None = None
    for at, character in enumerate([*text, " "]):
        if unicodedata.numeric(character, None) is not None:  # 7, ٧, Ⅶ, ½ and 七 alike
            start = at if start is None else start
        elif start is not None and not (character in ".,'’" and at + 1 < len(text) and text[at + 1].isdigit()):
            yield Uncited(start, text[start:at], "figure")
            start = None


def _words(text: str) -> Iterator[Uncited]:
    for match in _CLAIM_WORDS.finditer(text):
        yield Uncited(match.start(), match[0], "claim word")


def _passes(text: str, names: Iterable[str]) -> Iterator[re.Match[str]]:
    yield from _SET_PHRASES.finditer(text)
    for name in names:
        yield from re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)


def _end(found: Uncited) -> int:
    return found.start + len(found.text)
