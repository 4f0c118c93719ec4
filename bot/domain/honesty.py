"""
What may stand in a post without evidence, and what may not.

A figure is any digit, in any script; a claim word is any word that says how many, who is ahead, which way a number went, or why.
Both need a citation, and no claim says why: figures do not show their causes. The same words are looked for twice: in a
template's own text, with file and line, and in the finished post.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bot.domain.text import Cited

_CLAIM_WORDS: Final = re.compile(
    r"""(?<![^\W_])(?:
      leads?|led|leaders?|leading|ahead|behind|overt(?:akes?|aken|aking|ook)|surpass\w*|outpac\w*|outnumber\w*|outperform\w*
    | outsell\w*|outsold|outrank\w*|eclips\w*|dwarf\w*|exceed\w*|beats?|beaten|wins?|won|winn\w+|dominan\w*|dominat\w*
    | majority|minority|popular(?:ity)?|champions?|rivals?|tops|topped|topping|trail(?:s|ed|ing)?|lag(?:s|ged|ging)?|rank(?:s|ed)?
    | doubl(?:e[sd]?|ing)|tripl(?:e[sd]?|ing)|quadrupl\w+|quintupl\w+|sextupl\w+|halv(?:e[sd]?|ing)
    | twice|thrice|times|\w*fold|half|thirds?|quarters?
    | grow(?:s|n|th|ing)?|grew|r[oi]se[sn]?|rising|increas\w*|gain(?:s|ed|ing)?|climb\w*|jump(?:s|ed|ing)?|soar\w*
    | surg(?:e[sd]?|ing)|boom(?:s|ed|ing)?|skyrocket\w*|peak(?:s|ed|ing)?|up|above
    | f[ae]ll(?:s|en|ing)?|drop(?:s|ped|ping)?|declin\w*|decreas\w*|shr[aiu]nk\w*|los[te]s?|losing|plung\w*|plummet\w*|slump\w*
    | down|below
    | more|most|fewer|fewest|less|least|larg(?:er|est)|great(?:er|est)|bigg(?:er|est)|small(?:er|est)|high(?:er|est)
    | low(?:er|est)|fast(?:er|est)|slow(?:er|est)|strong(?:er|est)|weak(?:er|est)|better|best|worse|worst
    | multipl(?:y|ied|ies|ying)|outstrip\w*|unmatched|topmost|slip(?:s|ped|ping)?
    | sank|sunk|sink(?:s|ing)?|tumbl\w*|spik(?:e[sd]?|ing)|stagnat\w*
    | nearly|almost|roughly|record|maximum|minimum|level|equal(?:s|led)?|tied
    | first|second|last|fourth|fifth|sixth|seventh|eighth|ninth|tenth|number\sone
    | because|caus(?:e[sd]?|ing)|due\sto|thanks\sto|owing\sto|driven\sby|fuell?ed|sparked
    | hence|thus|therefore|as\sa\sresult
    | zero|nil|few|many|several|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen
    | twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|dozens?|hundreds?|thousands?|(?:m|b|tr)illions?|per\s?cent|percent
    )(?![^\W_])""",
    re.IGNORECASE | re.VERBOSE,
)

_CLAIM_SIGNS: Final = re.compile(
    "[<>\u226a\u226b\u2264\u2265\u221e\u2191\u2193\u25b2\u25bc\U0001f947-\U0001f949\U0001f3c6\U0001f4c8\U0001f4c9\U0001f4af\U0001f51f]"
)
"""Signs that compare or rank: arrows, medals, charts."""

_SET_PHRASES: Final = re.compile(
    r"\b(at least|at most|at first|at last|break down|set up|sign(?:ed)? up|look(?:ed)? up)\b", re.IGNORECASE
)
"""Everyday turns of phrase that say nothing about a number here."""

_SIGN: Final = re.compile(r"(?:^|(?<=[\s(\[]))[-\u2212\u2013+~<>\u2248\u00b1$\u20ac\u00a3\u00a5#\u2116.,]+$")
_SCALE: Final = re.compile(
    r"[ \u00a0\u202f]?(?:[kKMBGT](?![\w&-])|[%\u2030]"
    r"|(?:bn|mn|mio|thousand|million|billion|trillion|per\s?cent|percent|pct)(?!\w))"
    r"|[^\W\d_]+|[+\u00d7]"
)
"""What before or behind a figure makes it another one: "-40", "40M", "40 bn", "40%"."""


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


def strange(text: str) -> str | None:
    """
    The first character that may disguise a word or number: control, invisible, struck through, or a look-alike of a plain one.

    Letters that only look Latin in a Latin word, fullwidth and mathematical letters are strange; other scripts alone are not.
    """
    for at, character in enumerate(text):
        kind = unicodedata.category(character)
        joins = character in "\u200c\u200d" and not _latin_or_digit(text[at - 1 : at] + text[at + 1 : at + 2])
        if kind in ("Cc", "Cf", "Cs", "Co") and character not in "\n\t\r" and not joins:
            return character
        plain = unicodedata.normalize("NFKC", character)
        lookalike = character.isalpha() and plain != character and plain.isascii()
        if lookalike or unicodedata.combining(character) == 1:
            return character
    for word in re.findall(r"[^\W\d_]+", text):
        scripts: dict[str, str] = {unicodedata.name(letter, "").split(" ")[0]: letter for letter in word}
        other = scripts.get("CYRILLIC") or scripts.get("GREEK")
        if "LATIN" in scripts and other is not None:
            return other
    return None


def _latin_or_digit(text: str) -> bool:
    """Whether any of these characters is one a joiner has no business beside: emoji and some scripts need it, Latin does not."""
    return any(one.isdigit() or unicodedata.name(one, "").startswith("LATIN") for one in text)


def _figures(text: str) -> Iterator[Uncited]:
    """Numbers with their signs, separators, scales and units; any character that is a number in any script counts as a digit."""
    start: int | None = None
    for at, character in enumerate([*text, " "]):
        if unicodedata.numeric(character, None) is not None:  # 7, ٧, Ⅶ, ½ and 七 alike
            start = at if start is None else start
        elif start is not None and not (character in ".,'\u2019" and at + 1 < len(text) and text[at + 1].isdigit()):
            yield _whole(text, start, at)
            start = None


def _whole(text: str, start: int, end: int) -> Uncited:
    """A figure with whatever glued to it would make it another: a citation has to cover that too."""
    if sign := _SIGN.search(text[:start]):
        start = sign.start()
    if scale := _SCALE.match(text, end):
        end = scale.end()
    return Uncited(start, text[start:end], "figure")


def _words(text: str) -> Iterator[Uncited]:
    for match in _CLAIM_WORDS.finditer(_plain(text)):
        yield Uncited(match.start(), text[match.start() : match.end()], "claim word")
    for match in _CLAIM_SIGNS.finditer(text):
        yield Uncited(match.start(), match[0], "claim word")


def _plain(text: str) -> str:
    """The text with its letters' accents taken off, of the same length."""
    return "".join(unicodedata.normalize("NFD", character)[0] for character in text)


def _passes(text: str, names: Iterable[str]) -> Iterator[re.Match[str]]:
    yield from _SET_PHRASES.finditer(text)
    known = [name for name in dict.fromkeys(names) if name and name in text]
    if known:
        longest_first = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
        yield from re.finditer(rf"(?<!\w)(?:{longest_first})(?!\w)", text)


def _end(found: Uncited) -> int:
    return found.start + len(found.text)
