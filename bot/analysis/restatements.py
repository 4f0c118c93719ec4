"""Which cited figures their publishers have changed since: what an edition rests on, held against what the sources say now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from bot.domain.measure import Metric, Missing, Observation, Status, Unit
from bot.domain.period import Period

LEAST_CHANGE: Final = 0.01
"""
From this relative change on a count or an average is restated: one part in a hundred.

Posts print counts to three or four digits ("113.8M"), and services add late rows for weeks: a change of a tenth of a percent
turns the last digit printed and misleads nobody. From one percent on a reader would call it another number.
"""
LEAST_POINTS: Final = 0.1
"""From this many percentage points on a share is restated: one step of the last decimal that posts print ("61.8%")."""
_PLACES: Final = 9
"""Decimals that differences are told by: 61.9 - 61.8 is 0.10000000000000142 as a float."""

_Key: TypeAlias = tuple[str, str, Period, str]


class Fate(StrEnum):
    """What became of a cited figure."""

    RESTATED = "restated"
    """Its publisher tells another value of the same window."""
    WITHDRAWN = "withdrawn"
    """Its publisher finds it flawed and tells it no more."""
    GONE = "gone"
    """No source that was asked tells it: it came with a file given by hand, say, or the recipe has changed. Proves nothing."""


@dataclass(frozen=True)
class Restated:
    """
    A cited figure, `old`, that does not stand any more; `new` is what stands in its place, if anything does.

    `overturns` says that with it the order of two cited figures is another: what was ahead is not.
    """

    fate: Fate
    old: Observation
    new: Observation | None = None
    overturns: bool = False
    reason: str = ""

    def __post_init__(self) -> None:
        if (self.new is None) is (self.fate is Fate.RESTATED):
            raise ValueError(f"a figure that is {self.fate} has {'no' if self.new is None else 'a'} new value")


def restated(
    cited: Sequence[Observation],
    standing: Iterable[Observation],
    metrics: Mapping[str, Metric],
    missing: Iterable[Missing] = (),
) -> list[Restated]:
    """
    The cited figures that changed from the threshold on, were withdrawn or are gone, in the order they are cited, each once.

    A figure is its metric, subject, window and origin: another publisher's number for the same window restates nothing. Of
    several readings the last one stands. `missing` are figures the sources have withdrawn. Below the threshold a change counts
    where it overturns the order of two cited figures of one metric and window.
    """
    figures = {_key(seen): seen for seen in reversed(cited)}
    now = _standing(standing)
    withdrawn = {(one.metric, one.subject, one.period): one.reason for one in missing if one.withdrawn}
    withdrawn |= {key[:3]: seen.note for key, seen in now.items() if seen.status is Status.WITHDRAWN}
    values = {key: now[key].value if key in now else seen.value for key, seen in figures.items()}
    found = []
    for key in dict.fromkeys(_key(seen) for seen in cited):
        old, new = figures[key], now.get(key)
        if key[:3] in withdrawn:
            found.append(Restated(Fate.WITHDRAWN, old, reason=withdrawn[key[:3]]))
        elif new is None:
            found.append(Restated(Fate.GONE, old))
        elif new.value != old.value:
            overturns = any(_overturned(old.value, new.value, *pair) for pair in _rivals(key, figures, values))
            if overturns or beyond(old.value, new.value, metrics.get(old.metric)):
                found.append(Restated(Fate.RESTATED, old, new, overturns))
    return found


def beyond(old: float, new: float, metric: Metric | None) -> bool:
    """Whether a value has changed from the threshold on. A metric nobody knows any more is taken for a count."""
    change = abs(new - old)
    if metric is not None and metric.unit is Unit.PERCENT:
        return round(change, _PLACES) >= LEAST_POINTS
    return change > 0 and round(change - LEAST_CHANGE * abs(old), _PLACES) >= 0


def _key(seen: Observation) -> _Key:
    return seen.metric, seen.subject, seen.period, seen.origin


def _standing(observations: Iterable[Observation]) -> dict[_Key, Observation]:
    """The last reading of each figure; of several read at one instant, the one given last."""
    found: dict[_Key, Observation] = {}
    for seen in observations:
        known = found.get(_key(seen))
        if known is None or seen.retrieved_at >= known.retrieved_at:
            found[_key(seen)] = seen
    return found


def _rivals(key: _Key, figures: Mapping[_Key, Observation], values: Mapping[_Key, float]) -> Iterator[tuple[float, float]]:
    """What the other cited figures of one metric and window were, and are."""
    for other, seen in figures.items():
        if other != key and (other[0], other[2]) == (key[0], key[2]):
            yield seen.value, values[other]


def _overturned(old: float, new: float, other_old: float, other_new: float) -> bool:
    """Whether who is ahead of two has changed; level counts as neither."""
    return (old > other_old) != (new > other_new) or (old < other_old) != (new < other_new)
