"""A report told for many periods of the past, each as it would have been told then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import takewhile
from typing import Any, Final, Self

from bot.domain.period import Granularity, Period
from bot.domain.report import Report

SETTLED: Final = dt.timedelta(days=7)
"""After a period's end: when a report without a schedule is taken to have been told."""


class Outcome(StrEnum):
    """What became of a period."""

    TOLD = "told"
    """There is a thread."""
    HELD = "held"
    """There is none: nothing could be said, or a gate or a source that is required held it."""
    SKIPPED = "skipped"
    """It has no thread of its own: its window opened with a later period's, or is not open yet."""
    FAILED = "failed"
    """There should have been one."""


@dataclass(frozen=True)
class Row:
    """
    One line of the table of a backtest.

    `kind` is claim, gate, post, or held, skipped and failed: of a post by its `name`, or of the period if there is no name.
    `outcome` is a claim's finding ("absent" if it is not made), a gate's verdict, of a post "printed" or "left out". `value` and
    `unit` are a claim's main number, `width` a post's weighted length; `evidence` counts observations, of a post its facts.
    """

    kind: str
    name: str
    outcome: str
    sentence: str
    metric: str = ""
    subjects: str = ""
    value: float | None = None
    unit: str = ""
    width: int | None = None
    evidence: int | None = None


@dataclass(frozen=True)
class Tried:
    """
    What came of one period: its rows, and its pictures with the posts they stand beside.

    `fingerprint` is of everything it was made from. `fresh` if it was composed in this run, which took `seconds`.
    """

    period: str
    as_of: str
    outcome: Outcome
    reason: str = ""
    rows: tuple[Row, ...] = ()
    pictures: tuple[tuple[str, str], ...] = ()
    fingerprint: str = ""
    fresh: bool = False
    seconds: float = 0.0

    def record(self) -> dict[str, object]:
        """As it is kept for the next run: what is the same in any run."""
        return {name: value for name, value in asdict(self).items() if name not in ("fresh", "seconds")}

    @classmethod
    def recorded(cls, told: Mapping[str, Any]) -> Self:
        """
        As it was kept.

        Raises:
            TypeError, ValueError, KeyError: that is no record.
        """
        rows = tuple(Row(**row) for row in told["rows"])
        pictures = tuple((str(post), str(path)) for post, path in told["pictures"])
        return cls(**{**told, "outcome": Outcome(told["outcome"]), "rows": rows, "pictures": pictures})

    def count(self, kind: str, *outcomes: str, but: str = "") -> int:
        """How many rows there are of a kind, and of some outcomes if they are named, and not of one."""
        found = [row.outcome for row in self.rows if row.kind == kind]
        return sum(1 for one in found if (not outcomes or one in outcomes) and one != but)

    @property
    def widest(self) -> Row | None:
        """The post that comes nearest to the limit."""
        return max((row for row in self.rows if row.width is not None), key=lambda row: row.width or 0, default=None)


def known_by(report: Report, period: Period) -> dt.datetime | None:
    """
    The instant a period would have been told: when its window opened, or without a schedule a week after its end.

    None if a later period's window opened at the same ring, for then that one was told.
    """
    if report.schedule is None:
        return period.end + SETTLED
    window = report.schedule.window(period)
    return None if window is None else window.opens_at


def periods_within(granularity: Granularity, start: dt.datetime, end: dt.datetime) -> list[Period]:
    """All calendar periods of a kind that lie wholly between two instants, in order."""
    first = Period.containing(granularity, start.date())
    at = first if first.start >= start else first.following()
    return list(takewhile(lambda period: period.end <= end, _from(at)))


def _from(period: Period) -> Iterator[Period]:
    while True:
        yield period
        period = period.following()
