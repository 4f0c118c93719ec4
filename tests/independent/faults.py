"""
Ten ways a publisher's figures go wrong, as pure functions of an observations file, and what is wrong in it afterwards.

    python -m tests.independent.faults OUT [--months 2019-12,...] [--seed N]

composes the history report over each spoilt file (tests/composing.py) and judges what it says against the true figures.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.independent.raw import Row
from tests.independent.values import DAY, Window, period

Key = tuple[str, str, Window]
SUBJECTS = ("tensorflow", "keras", "pytorch", "jax")
METRICS = ("pypi_downloads_30d", "gh_stars", "gh_forks")


@dataclass(frozen=True)
class Spot:
    """Where a fault strikes: figures of one metric and some subjects whose windows end from `first` to `last`, both included."""

    metric: str
    subjects: tuple[str, ...]
    first: Window
    last: Window
    name: str

    def holds(self, row: Row) -> bool:
        return (
            row.metric == self.metric and row.subject in self.subjects and self.first.start < row.end <= self.last.end + 4 * DAY
        )


@dataclass(frozen=True)
class Spoilt:
    """A file with a fault: its rows, the cells that are there now and were not, or not so, and those that are not there any more."""

    fault: str
    spot: Spot
    rows: tuple[Row, ...]
    wrong: frozenset[Key]
    gone: frozenset[Key] = frozenset()

    @property
    def name(self) -> str:
        return f"{self.fault}, {self.spot.metric}, {self.spot.name}"


_PAST = 12
"""Figures a series has before a fault: of the very first ones nobody, nothing but them given, can tell what they should be."""


def spots(rows: Sequence[Row], metric: str, month: str, seed: int) -> Iterator[Spot]:
    """Where a fault of one metric may strike that an edition of a month could print, after an honest past."""
    chance, at = random.Random(f"{metric}{month}{seed}"), period(month)
    past = Counter(row.subject for row in rows if row.metric == metric and row.end <= at.before().before().start)
    known = tuple(subject for subject in SUBJECTS if past[subject] >= _PAST)
    if not known:
        return
    one = chance.choice(known[:3])
    earlier = at.before().before()
    yield Spot(metric, (one,), at, at, f"newest window of {one}")
    yield Spot(metric, known, at, at, "newest window of all")
    yield Spot(metric, (one,), at.before(), at.before(), f"one window of {one}")
    yield Spot(metric, (one,), earlier, at, f"from a month on, {one}")


def every(rows: Sequence[Row], month: str, seed: int) -> Iterator[Spoilt]:
    """Every fault at every spot of every metric, for an edition of a month; those that change nothing are left out."""
    for metric in METRICS:
        for spot in spots(rows, metric, month, seed):
            for name, fault in FAULTS.items():
                spoilt = Spoilt(name, spot, *_with_wrongs(rows, fault(rows, spot, seed)))
                if spoilt.rows != tuple(rows):
                    yield spoilt


def swap(rows: Sequence[Row], spot: Spot, seed: int) -> list[Row]:
    """A subject of the spot and another one change places."""
    first = spot.subjects[0]
    newest = {row.subject: row.value for row in sorted(rows, key=lambda row: row.end) if row.metric == spot.metric and spot.holds(
        replace(row, subject=first))}  # fmt: skip
    others = [subject for subject in SUBJECTS[:3] if subject != first and _differ(newest.get(first), newest.get(subject))]
    if not others:
        return list(rows)
    other = random.Random(seed).choice(others)
    both = replace(spot, subjects=(first, other))
    values = {(row.metric, row.subject, row.start, row.end): row.value for row in rows}

    def swapped(row: Row) -> Row:
        twin = other if row.subject == first else first
        return replace(row, value=values.get((row.metric, twin, row.start, row.end), row.value)) if both.holds(row) else row

    return [swapped(row) for row in rows]


def _differ(one: float | None, other: float | None) -> bool:
    """Whether anybody could tell that two changed places: those within a third of each other may trade them by themselves."""
    return bool(one and other) and max(one, other) > 1.35 * min(one, other)


def tenfold(rows: Sequence[Row], spot: Spot, seed: int) -> list[Row]:
    """Ten times as much, or a tenth."""
    factor = random.Random(seed).choice((10.0, 0.1))
    return [replace(row, value=float(round(row.value * factor))) if spot.holds(row) else row for row in rows]


def drop(rows: Sequence[Row], spot: Spot, _: int) -> list[Row]:
    """The rows are not there."""
    return [row for row in rows if not spot.holds(row)]


def shift(rows: Sequence[Row], spot: Spot, seed: int) -> list[Row]:
    """Windows are some days later or earlier than the figures in them."""
    by = random.Random(seed).choice((-7, 7)) * DAY
    return [replace(row, start=row.start + by, end=row.end + by) if spot.holds(row) else row for row in rows]


def repeat(rows: Sequence[Row], spot: Spot, _: int) -> list[Row]:
    """The figure of the window before stands once more."""
    last: dict[tuple[str, str], float] = {}
    found: dict[int, Row] = {}
    for at, row in sorted(enumerate(rows), key=lambda one: one[1].end):
        kind = (row.metric, row.subject)
        if spot.holds(row) and kind in last:
            found[at] = replace(row, value=last[kind])
        else:
            last[kind] = row.value
    return [found.get(at, row) for at, row in enumerate(rows)]


def zero(rows: Sequence[Row], spot: Spot, _: int) -> list[Row]:
    """Nothing was counted."""
    return [replace(row, value=0.0) if spot.holds(row) else row for row in rows]


def restate(rows: Sequence[Row], spot: Spot, seed: int) -> list[Row]:
    """What lies before the spot is published once more, larger or smaller by a fifth; the old rows stay."""
    factor = random.Random(seed).choice((0.8, 1.25))
    on = spot.first.end
    past = [row for row in rows if row.metric == spot.metric and row.subject in spot.subjects and row.end <= spot.first.start]
    return [*rows, *(replace(row, value=float(round(row.value * factor)), retrieved=on) for row in past[-24:])]


def unit(rows: Sequence[Row], spot: Spot, seed: int) -> list[Row]:
    """Counts come in thousands, or as a percentage of all."""
    factor = random.Random(seed).choice((1e-3, 1e-2))
    return [replace(row, value=float(round(row.value * factor))) if spot.holds(row) else row for row in rows]


def rename(rows: Sequence[Row], spot: Spot, seed: int) -> list[Row]:
    """A subject comes under a name nobody knows, or under another's."""
    other = random.Random(seed).choice(("torch-new", "jax"))
    return [replace(row, subject=other) if spot.holds(row) else row for row in rows]


def duplicate(rows: Sequence[Row], spot: Spot, seed: int) -> list[Row]:
    """Rows stand twice: word for word, or with twice the figure a day later."""
    twice = random.Random(seed).choice((False, True))
    more = [row for row in rows if spot.holds(row)]
    return [*rows, *(replace(row, value=2 * row.value, retrieved=row.retrieved + DAY) if twice else row for row in more)]


FAULTS: Mapping[str, Callable[[Sequence[Row], Spot, int], list[Row]]] = {
    "swap two frameworks": swap, "multiply by ten": tenfold, "drop": drop, "shift a window": shift, "repeat yesterday": repeat,
    "zero": zero, "restate history": restate, "change unit": unit, "rename a subject": rename, "duplicate rows": duplicate,
}  # fmt: skip


def _with_wrongs(rows: Sequence[Row], changed: Sequence[Row]) -> tuple[tuple[Row, ...], frozenset[Key], frozenset[Key]]:
    """The rows, the keys that have another figure than before, or had none, and those that have none any more."""
    before = {(row.key, row.value) for row in rows}
    wrong = frozenset(row.key for row in changed if (row.key, row.value) not in before)
    return tuple(changed), wrong, frozenset(key for key, _ in before) - {row.key for row in changed}


def main(arguments: Sequence[str]) -> int:
    from tests.independent import judging

    parser = argparse.ArgumentParser(prog="python -m tests.independent.faults")
    parser.add_argument("out", type=Path)
    parser.add_argument("--months", default="2019-12,2020-11,2022-06,2023-08,2024-06,2025-10")
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--report", default="history")
    parser.add_argument("--folder", default="tests/independent")
    parser.add_argument("--full", action="store_true", help="every day's snapshots, not only those near a month's end")
    options = parser.parse_args(arguments)
    months = options.months.split(",")
    outcomes = judging.run(options.report, months, options.seed, options.out, options.folder, options.full)
    sys.stdout.write(judging.table(outcomes) + "\n")
    return 1 if any(outcome.reached for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
