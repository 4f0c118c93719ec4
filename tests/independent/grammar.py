"""
The language of threads, sentence by sentence: which of them state something, and what.

A text is cut into units: list lines, sentences, and the parts of a title. A unit that states something must match one pattern whole;
one that holds a claim word and matches none is a `Riddle`, which is a failure and never passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.independent.printed import COUNT, NUMBER, TIMES, WORD
from tests.independent.values import MONTHS

NAMES: Mapping[str, str] = {
    "TensorFlow or Keras": "tf-keras",
    "TF/Keras": "tf-keras",
    "PyTorch, Lightning or fastai": "pytorch-family",
    "PyTorch or fastai (Lightning, where asked)": "pytorch-family",
    "PyTorch & co.": "pytorch-family",
    "TensorFlow": "tensorflow",
    "Keras": "keras",
    "PyTorch": "pytorch",
    "JAX": "jax",
}
_MONTH = "(?:" + "|".join(MONTHS) + ")"
WHEN = rf"(?:{_MONTH} \d{{4}}|\d{{4}})"
DATE = rf"\d{{1,2}} (?:{'|'.join(month[:3] for month in MONTHS)}) \d{{4}}"
SUBJECT = "(?:" + "|".join(re.escape(name) for name in NAMES) + ")"
_S = SUBJECT
_ORDINAL = r"(?:first|second|third|\d+(?:st|nd|rd|th))"
EARLIER = r"(?:the (?:year|month) before|the same month a year before)"
_NOUN = r"[a-z][a-z ]*?"
_DAY = r"(?P<day>,? by the day)?"
_SIZE = rf"(?:(?:under |over )?{NUMBER}%|{NUMBER} points|{NUMBER} {_NOUN})"
_WHERE = r"(?: (?:on|among|in) [A-Za-z ]+?| by (?:downloads|stars|forks))?"
_TAIL = r"(?:, by yearly totals)?"

PATTERNS: tuple[tuple[str, str], ...] = (
    ("tally", rf"(?P<a>{_S}) leads in (?P<all>both|all {WORD}) (?P<noun>{_NOUN})"),
    ("tally", rf"(?P<a>{_S}) leads in (?P<won>{WORD}) of (?P<of>{WORD}) (?P<noun>(?:measures|conferences counted|{_NOUN}))"
              rf"(?P<others>(?:(?:,| and) {_S} in {WORD})*)(?:, with (?P<level>{WORD}) level)?"),
    ("lead", rf"(?P<a>{_S}) leads, with (?P<times>{TIMES}) the (?P<noun>{_NOUN})(?P<day> a day)? of (?P<b>{_S})"),
    ("lead", rf"(?P<a>{_S}) leads, with (?P<points>{NUMBER}) points more than (?P<b>{_S})"),
    ("lead", rf"(?P<a>{_S}) leads, with (?P<more>{NUMBER}) (?P<noun>{_NOUN}) more than (?P<b>{_S})"),
    ("lead", rf"(?P<a>{_S}) leads{_WHERE}"),
    ("level", rf"(?P<many>{_S}(?:, {_S})* and {_S}) are level{_WHERE}"),
    ("ratio", rf"(?P<a>{_S}) had (?P<times>{TIMES}) the (?P<noun>{_NOUN})(?P<day> a day)? of (?P<b>{_S})"),
    ("ratio", rf"(?P<a>{_S}) had (?P<points>{NUMBER}) points more than (?P<b>{_S})"),
    ("ratio", rf"(?P<a>{_S}) had (?P<more>{NUMBER}) (?P<noun>{_NOUN}) more than (?P<b>{_S})"),
    ("growth", rf"(?P<a>{_S}) (?P<verb>grew|fell) by (?P<size>{_SIZE}) on (?P<earlier>{EARLIER}){_DAY}{_TAIL}"),
    ("growth", rf"(?P<a>{_S}) (?P<verb>grew|fell) to (?P<times>{TIMES}) (?P<earlier>{EARLIER}){_DAY}{_TAIL}"),
    ("growth", rf"(?P<a>{_S}) shows (?P<still>no clear change) on (?P<earlier>{EARLIER}){_DAY}{_TAIL}"),
    ("changed", rf"(?P<a>{_S}) (?P<times>{TIMES}) as many(?P<day> by the day)?"),
    ("changed", rf"(?P<a>{_S}) (?P<sign>\+|\N{{MINUS SIGN}}|up |down )(?P<size>{_SIZE})(?P<day> by the day)?"),
    ("changed", rf"(?P<a>{_S}) (?P<still>level)(?P<day> by the day)?"),
    ("multiplied", rf"(?P<when>{WHEN}) alone multiplied the (?P<noun>{_NOUN}) of (?P<a>{_S}) counted since (?P<since>{DATE}) "
                   rf"by (?P<fold>{NUMBER})"),
    ("share", rf"(?P<a>{_S}) has (?P<share>(?:under |over )?{NUMBER}%) of the (?P<noun>{_NOUN})"),
    ("rank", rf"(?P<a>{_S}) is (?P<place>{_ORDINAL}) by (?P<noun>{_NOUN})"),
    ("rank_change", rf"(?P<a>{_S}) (?P<verb>rose|fell) from (?P<before>{_ORDINAL}) to (?P<place>{_ORDINAL}) by (?P<noun>{_NOUN}) "
                    rf"on (?P<earlier>{EARLIER})"),
    ("rank_change", rf"(?P<a>{_S}) stays (?P<place>{_ORDINAL}) by (?P<noun>{_NOUN}), as (?P<earlier>{EARLIER})"),
    ("fastest", rf"(?P<a>{_S}) grew fastest(?:, (?:to (?P<times>{TIMES})|by (?P<size>{_SIZE}) on) (?P<earlier>{EARLIER}){_DAY}|{_WHERE})"),
    ("alike", rf"(?P<many>{_S}(?:, {_S})* and {_S}) grew alike(?: on (?P<earlier>{EARLIER})(?P<beyond>, beyond any other)?{_DAY}|{_WHERE})"),
    ("overtook", rf"(?P<a>{_S}) overtook (?P<b>{_S}) in (?P<noun>{_NOUN})(?P<day> a day)? (?:in|on) (?P<when>{WHEN}), "
                 r"and has stayed ahead since"),
    ("record", rf"(?P<a>{_S}) had its (?P<most>most|highest) (?P<noun>{_NOUN})(?P<day> a day)? of any (?P<unit>month|year) "
               rf"counted since (?P<since>{WHEN})"),
    ("first", rf"(?P<a>{_S}) is measured here for the first time"),
    ("gained", rf"(?P<a>{_S}) added (?P<gain>{COUNT}) (?P<noun>{_NOUN})"),
)  # fmt: skip
"""First match wins; `a` and `b` are subjects, `many` a list of them."""
_COMPILED = [(kind, re.compile(pattern)) for kind, pattern in PATTERNS]

CLAIM_WORDS = re.compile(
    r"\b(?:leads?|leading|led|ahead|behind|overt\w+|pass(?:ed|es)|level|tied|grew|grows?|growth|growing|fell|falls?|rose|rises?|"
    r"declin\w+|drop\w*|gain\w*|added|lost|shrank|shrinks?|fastest|slowest|most|largest|biggest|highest|lowest|record|more|fewer|"
    r"less|twice|doubl\w+|tripl\w+|times|half|multiplied|stays|stayed|remains|first|second|third|peak\w*|surpass\w+|beats?|wins?|"
    rf"best|worst|clear change|two|three|four|five|six|seven|eight|nine|ten)\b|{NUMBER}%|{NUMBER} points"
)
PROSE = ("at least one", "what its number does not tell", "builds are not added", "Sources: ", "best-of-ml-python")
"""Words of texts that hold a claim word and state nothing."""
_SENTENCES = re.compile(r"(?<!& co)(?<=[.!?])\s+(?=[A-Z(]|\d{4} alone)|(?<=& co\.)\s+(?=[A-Z])|(?<=[;:])\s+")
_CHANGES = re.compile(rf"(?:.*\b)?(?:[Oo]n|against) (?P<earlier>{EARLIER}):?")


@dataclass(frozen=True)
class Statement:
    """A unit that states something. `said` are its parts by name; `earlier` what a change is measured from."""

    kind: str
    text: str
    start: int
    end: int
    said: Mapping[str, str]
    earlier: str = ""
    by_day: bool = False

    @property
    def a(self) -> str:
        return NAMES[self.said["a"]]

    @property
    def b(self) -> str | None:
        return NAMES[self.said["b"]] if "b" in self.said else None

    @property
    def many(self) -> list[str]:
        return [NAMES[name] for name in re.findall(_S, self.said["many"])]

    @property
    def named(self) -> set[str]:
        """Every subject in it."""
        return {name for name, _, _ in names(self.text)}


@dataclass(frozen=True)
class Riddle:
    """A unit that seems to state something nobody can read."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Unit:
    """A piece of a text with its place, and the head of the list it stands in."""

    text: str
    start: int
    end: int
    head: str


def parse(text: str) -> Iterator[Statement | Riddle]:
    """What a text states, in reading order."""
    for unit in units(text):
        yield from _stated(unit)


def units(text: str) -> Iterator[Unit]:
    """List lines, sentences, and the parts of a title."""
    head, at = "", 0
    for line in text.split("\n"):
        start, begun = at, 0
        at += len(line) + 1
        for cut in [*(match.span() for match in _SENTENCES.finditer(line)), (len(line), len(line))]:
            piece = line[begun : cut[0]]
            if piece.endswith(":"):
                head = piece
            if piece.strip():
                yield Unit(piece, start + begun, start + cut[0], head)
            begun = cut[1]


def names(text: str) -> list[tuple[str, int, int]]:
    """The subjects a text names, with their places."""
    return [(NAMES[match[0]], *match.span()) for match in re.finditer(rf"(?<![\w/]){_S}(?!\w|-)", text)]


def _stated(unit: Unit) -> Iterator[Statement | Riddle]:
    whole = unit.text if unit.text.endswith("& co.") else unit.text.rstrip(".;")
    if (statement := _read(whole, unit.start, unit.head)) is not None:
        yield statement
        return
    parts = list(_parts(whole))
    read = [_read(part, unit.start + at, unit.head) for part, at in parts]
    if len(parts) > 1 and all(one is not None for one in read):
        yield from (one for one in read if one is not None)
    elif _suspicious(whole):
        yield Riddle(unit.text, unit.start, unit.end)


def _parts(text: str) -> Iterator[tuple[str, int]]:
    """The items of a list inside a sentence."""
    at = 0
    for part in text.split(", "):
        yield part, at
        at += len(part) + 2


def _read(text: str, start: int, head: str) -> Statement | None:
    for kind, pattern in _COMPILED:
        if match := pattern.fullmatch(text):
            said = {name: part for name, part in match.groupdict().items() if part}
            earlier = said.get("earlier", "")
            if kind == "changed" or (kind in ("fastest", "alike") and not earlier):
                found = _CHANGES.search(head)
                earlier = found["earlier"] if found else ""
            by_day = "day" in said or (kind == "changed" and ("by the day" in head or " a day" in head))
            return Statement(kind, text, start, start + len(text), said, earlier, by_day)
    return None


def _suspicious(text: str) -> bool:
    """Whether claim words are left once figures, which are checked one by one, and plain prose are taken out."""
    plain = text
    for prose in PROSE:
        plain = plain.replace(prose, "")
    plain = re.sub(rf"(?:under |over )?{NUMBER}%", "", plain)
    return CLAIM_WORDS.search(plain) is not None
