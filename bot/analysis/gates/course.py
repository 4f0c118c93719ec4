"""
How a series of counts ran, on robust terms: where it was steady, and which windows stand out of their neighbours.

Values are logarithms, of totals by the day. A window is held against the median of the three steady ones before it. It stands out
if it is further from them than `floor`, or than five times what the series usually strays (the median of its last twelve
distances, scaled to a standard deviation), whichever is more, and never needs to be further than `cap`. What stands out is
pending: it is a passing fault if the series comes back, and a new course once it and two later windows, which do not overlap
it, over at least two weeks, have stayed there. A declared break and missing windows start anew: the first window after them has
only to be no further than `unheard of` from the last one before.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from statistics import median, median_low
from typing import Final

from bot.domain.measure import Aggregation, Metric, Observation
from bot.domain.period import Period

_NEIGHBOURS: Final = 3
_MEMORY: Final = 12
"""A year of months: what a series usually does."""
_LEAST_MEMORY: Final = 6
"""With fewer distances known, nobody can say what is usual; then only what is unheard of stands out."""
_STRAYS: Final = 5
_TO_DEVIATION: Final = 1.4826
"""Median absolute deviation to standard deviation, for a normal distribution."""
_FLOOR_TOTAL: Final = math.log(2)
"""Twice or half as much a day: in 98 months of 80 packages, growth alone stays below it nearly always."""
_CAP_TOTAL: Final = math.log(3)
"""JAX on PyPI strays so much that without a cap its automatic downloads of 2021 would pass for usual."""
_FLOOR_LEVEL: Final = math.log(1.2)
_CAP_LEVEL: Final = math.log(1.5)
_UNHEARD_OF_TOTAL: Final = math.log(6)
_UNHEARD_OF_LEVEL: Final = math.log(2)
"""Young packages went to four times the month before; no repository of some thousand stars doubled between two readings."""
_CONFIRMED_BY: Final = 2
"""Later windows that bear a new course out."""
_CONFIRMED_AFTER: Final = dt.timedelta(days=14)
_GAP: Final = 1.75
"""A step this many times the usual one, or the window's own length, is a missing window."""
_STOCK_KEEPS: Final = dt.timedelta(days=62)
"""A stock is what it was two months ago and what came since, however often it is read."""
_MUCH: Final = 100
"""What counts fewer than this, before and after, may well be empty or ten times as much."""
_NOTHING: Final = math.log(50)
"""A fiftieth of what is usual is as good as nothing."""


LOOKS_BACK: Final = 40
"""Windows before those that matter that a course is walked from: more than any memory here is long."""


class Fate(StrEnum):
    """What became of windows that stand out."""

    PENDING = "pending"
    PASSED = "passed"
    CONFIRMED = "confirmed"


@dataclass(frozen=True)
class Episode:
    """
    Windows that stand out of those `before` them.

    `apart` is the median logarithm of their ratio, `scale` what the series usually strays.
    """

    seen: tuple[Observation, ...]
    before: tuple[Observation, ...]
    apart: float
    scale: float
    fate: Fate

    @property
    def empty(self) -> bool:
        """Whether as good as nothing was counted."""
        return self.apart < -_NOTHING


@dataclass(frozen=True)
class Course:
    """A series' episodes, and by window how far it was from the three before it, with how many steady ones there were by then."""

    episodes: tuple[Episode, ...] = ()
    apart: dict[Period, tuple[float, int]] = field(default_factory=dict, repr=False)
    strays: Sequence[float] = field(default=(), repr=False)

    def scale(self, window: Period) -> float:
        """How far the series usually strayed until a window; without end while nobody can say."""
        return _scale(self.strays[: self.apart[window][1]])


Changed = Callable[[Observation, Observation], bool]


def course(series: Sequence[Observation], metric: Metric, changed: Changed) -> Course:
    """How a series ran. `changed` says whether counting was declared to have changed between two of its windows."""
    if len(series) < 2:
        return Course()
    return _Walk(series, metric, changed).walked()


class _Walk:
    """One walk along a series; linear in its length."""

    def __init__(self, series: Sequence[Observation], metric: Metric, changed: Changed) -> None:
        self._series = series
        self._total = metric.aggregation is Aggregation.TOTAL
        self._floor, self._cap = (_FLOOR_TOTAL, _CAP_TOTAL) if self._total else (_FLOOR_LEVEL, _CAP_LEVEL)
        self._unheard_of = _UNHEARD_OF_TOTAL if self._total else _UNHEARD_OF_LEVEL
        self._changed = changed
        self._logs = [_log(seen, self._total) for seen in series]
        steps = [later.period.end - seen.period.end for seen, later in pairwise(series)]
        self._usual = _GAP * median_low(steps)
        self._new = False
        self._steady: deque[int] = deque(maxlen=_NEIGHBOURS)
        self._before: deque[int] = deque(maxlen=_NEIGHBOURS)
        self._strays: list[float] = []
        self._pending: list[int] = []
        self._episodes: list[Episode] = []
        self._apart: dict[Period, tuple[float, int]] = {}

    def walked(self) -> Course:
        for at, seen in enumerate(self._series):
            if at and self._anew(self._series[at - 1], seen):
                self._close(Fate.PENDING)
                self._begin_anew()
            if self._total and len(self._before) == _NEIGHBOURS:
                self._apart[seen.period] = self._logs[at] - self._middle(self._before), len(self._strays)
            self._look(at)
            self._before.append(at)
        self._close(Fate.PENDING)
        return Course(tuple(self._episodes), self._apart, self._strays)

    def _anew(self, before: Observation, seen: Observation) -> bool:
        kept = _GAP * (seen.period.end - seen.period.start) if self._total else _STOCK_KEEPS
        return seen.period.end - before.period.end > max(self._usual, kept) or self._changed(before, seen)

    def _begin_anew(self) -> None:
        """Of what was before, only the last steady window is kept, to hold the first of what comes against."""
        last = list(self._steady)[-1:]
        self._steady.clear()
        self._steady.extend(last)
        self._before.clear()
        self._new = bool(last)

    def _look(self, at: int) -> None:
        if not self._steady:
            self._steady.append(at)
            return
        apart = self._logs[at] - self._base()
        if not self._stands_out(apart, self._series[at].value):
            self._close(Fate.PASSED)
            if len(self._steady) == _NEIGHBOURS:
                self._strays.append(self._logs[at] - self._middle(self._steady))
            if self._new:
                self._steady.clear()
                self._new = False
            self._steady.append(at)
            return
        if self._pending and (apart > 0) != (self._logs[self._pending[0]] > self._base()):
            self._close(Fate.PASSED)
        self._pending.append(at)
        if self._confirmed():
            self._close(Fate.CONFIRMED)

    def _stands_out(self, apart: float, value: float) -> bool:
        usual = median(self._series[at].value for at in self._steady) if abs(apart) > self._floor else 0.0
        if abs(apart) <= self._floor or max(usual, value) < _MUCH:
            return False
        if apart < -_NOTHING:
            return True
        if not self._known():
            return abs(apart) > self._unheard_of
        return abs(apart) > min(max(self._floor, _STRAYS * _scale(self._strays)), self._cap)

    def _base(self) -> float:
        """Where the series stood: the middle of its neighbours; while nobody knows what is usual, the one before."""
        return self._middle(self._steady) if self._known() else self._logs[self._steady[-1]]

    def _known(self) -> bool:
        return len(self._steady) == _NEIGHBOURS and len(self._strays) >= _LEAST_MEMORY

    def _middle(self, of: Iterable[int]) -> float:
        first, second, third = (self._logs[at] for at in of)
        return max(min(first, second), min(max(first, second), third))

    def _confirmed(self) -> bool:
        first, last = self._series[self._pending[0]], self._series[self._pending[-1]]
        if last.period.end - first.period.end < _CONFIRMED_AFTER:
            return False
        free = [first]
        for at in self._pending[1:]:
            if self._series[at].period.start >= free[-1].period.end:
                free.append(self._series[at])
        episode = self._episode(Fate.CONFIRMED)
        return len(free) > _CONFIRMED_BY and not episode.empty and factor(episode) is None

    def _close(self, fate: Fate) -> None:
        if not self._pending:
            return
        self._episodes.append(self._episode(fate))
        if fate is Fate.CONFIRMED:
            self._steady.clear()
            self._steady.extend(self._pending[-_NEIGHBOURS:])
            self._new = False
        self._pending.clear()

    def _episode(self, fate: Fate) -> Episode:
        apart = median(self._logs[at] for at in self._pending) - self._base()
        seen = tuple(self._series[at] for at in self._pending)
        return Episode(seen, tuple(self._series[at] for at in self._steady), apart, _scale(self._strays), fate)


def _scale(strays: Sequence[float]) -> float:
    found = strays[-_MEMORY:]
    if len(found) < _LEAST_MEMORY:
        return math.inf
    middle = median(found)
    return _TO_DEVIATION * median(abs(one - middle) for one in found)


def _log(seen: Observation, total: bool) -> float:
    """The logarithm of a count, of a total by the day; nothing at all counts as half of one."""
    return math.log(max(seen.value, 0.5) / (seen.period.days if total else 1))


_FACTORS: Final = (10.0, 100.0, 1000.0, 1024.0, 1e6, 1024.0**2, 1e9)
"""What counts are off by when their unit is: thousands and millions, binary prefixes; ten is a slip of a digit."""
_NEAR: Final = 0.1
"""How far the logarithm of a ratio may be from that of a factor: a tenth more or less, which is what a month adds."""
_NEAR_QUIET: Final = 0.2
_QUIET: Final = 0.15
"""A series that strays this little does not become ten times as large by itself."""


def factor(episode: Episode) -> float | None:
    """The factor of a unit that windows are off by, if they are off by one."""
    if any(seen.value < 1 for seen in episode.seen):
        return None
    near = _NEAR_QUIET if episode.scale <= _QUIET else _NEAR
    return next((one for one in _FACTORS if abs(abs(episode.apart) - math.log(one)) <= near), None)
