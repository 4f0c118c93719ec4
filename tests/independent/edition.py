"""An edition as it lies on disk: thread.json and facts.json, and where in each text a fact stands."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.independent.values import DAY, Window, day, period


@dataclass(frozen=True)
class Fact:
    """A row of facts.json."""

    id: str
    post: int
    where: str
    text: str
    shown: bool
    kind: str
    value: float
    metric: str
    subjects: tuple[str, ...]
    period: str
    evidence: tuple[str, ...]
    window: Window | None


@dataclass(frozen=True)
class Surface:
    """A text that people read: a post's, a chart's title or its alt text, with the facts that stand in it."""

    post: int
    where: str
    text: str
    facts: tuple[Fact, ...]

    def at(self, start: int, end: int) -> list[Fact]:
        """The shown facts one of whose occurrences covers some characters."""
        return [
            fact
            for fact in self.facts
            if fact.shown and any(begun <= start and end <= stopped for begun, stopped in self._places[fact.text])
        ]

    def inside(self, start: int, end: int) -> list[Fact]:
        """The shown facts that have an occurrence within some characters."""
        return [
            fact
            for fact in self.facts
            if fact.shown and any(start <= begun and stopped <= end for begun, stopped in self._places[fact.text])
        ]

    @cached_property
    def _places(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        return {fact.text: _occurrences(fact.text, self.text) for fact in self.facts}


@dataclass(frozen=True)
class Edition:
    """`gates` is empty where the composer writes none."""

    folder: str
    report: str
    period: Window
    as_of: dt.date
    posts: Sequence[Mapping[str, Any]]
    facts: Mapping[str, Fact]
    gates: Sequence[Mapping[str, Any]]
    held: frozenset[str]

    def surfaces(self) -> list[Surface]:
        """Every text of every post, in reading order."""
        found = []
        for post in self.posts:
            texts = [("text", post["text"])]
            for image in post["images"]:
                texts += [("title", image["title"]), ("alt_text", image["alt_text"])]
            for where, text in texts:
                facts = tuple(fact for fact in self.facts.values() if fact.post == post["position"] and fact.where == where)
                found.append(Surface(post["position"], where, text, facts))
        return found

    def set_aside(self, metric: str, subject: str) -> set[Window]:
        """The windows whose figures a gate says are not used: the next nearest stand in their place."""
        return {
            window_of(key)
            for gate in self.gates
            if gate["verdict"] == "skip" and gate["metric"] == metric and (not gate["subjects"] or subject in gate["subjects"])
            for key in gate.get("windows", ())
        }


def read(folder: Path) -> Edition:
    """The edition in a folder."""
    thread = json.loads((folder / "thread.json").read_text(encoding="utf-8"))
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    return edition(thread, facts, str(folder))


def edition(thread: Mapping[str, Any], facts: Sequence[Mapping[str, Any]], folder: str = "") -> Edition:
    """The edition two documents tell of."""
    return Edition(
        folder,
        thread["report"],
        period(thread["period"]),
        day(thread["composed_at"]),
        thread["posts"],
        {row["id"]: _fact(row) for row in facts},
        thread.get("gates", []),
        frozenset(one["metric"] for one in thread["held"]),
    )


def window_of(key: str) -> Window:
    """The window a key names: a year, a month, a day, or two days with dots between."""
    if ".." in key:
        first, _, end = key.partition("..")
        return Window(day(first), day(end))
    return Window(day(key), day(key) + DAY) if len(key) == len("2020-01-01") else period(key)


def _fact(row: Mapping[str, Any]) -> Fact:
    window = row["window"] and Window(day(row["window"]["start"]), day(row["window"]["end"]))
    return Fact(row["id"], row["post"], row["where"], row["text"], row["shown"], row["kind"], row["value"], row["metric"] or "",
                tuple(row["subjects"]), row["period"], tuple(row["evidence"]), window)  # fmt: skip


def _occurrences(part: str, text: str) -> list[tuple[int, int]]:
    """Where a fact's words stand by themselves, not inside a longer number or word."""
    pattern = rf"(?<![\w.,]){re.escape(part)}(?![\w%]|[.,]\d)" if part[:1].isalnum() else rf"{re.escape(part)}(?!\w)"
    return [match.span() for match in re.finditer(pattern, text)]
