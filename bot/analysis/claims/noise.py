"""What two figures of one metric are to each other beyond noise: totals by the day, surveyed shares by their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.analysis.figures import Figures
from bot.analysis.statistics import few, near, overlap, wilson
from bot.domain.measure import Observation, Unit
from bot.domain.period import Period

_SMALLEST_POINTS: Final = 0.05
"""A difference that would be told as 0.0 points is none."""


def level(one: Observation, other: Observation, figures: Figures) -> bool:
    """Whether two figures of one metric are the same for all the evidence says; totals are compared by the day."""
    unit = figures.metric(one.metric).unit
    ours, theirs = interval(one, figures), interval(other, figures)
    if ours is not None and theirs is not None:
        return overlap(ours, theirs) or abs(one.value - other.value) < _SMALLEST_POINTS
    return near(per_day(one, figures), per_day(other, figures)) or (
        unit is Unit.COUNT and few(one.value, other.value, _days(one, figures), _days(other, figures))
    )


def interval(seen: Observation, figures: Figures) -> tuple[float, float] | None:
    """The 95 % interval of a surveyed share in percent; None for anything that is not a sample of known size."""
    metric = figures.metric(seen.metric)
    if metric.unit is not Unit.PERCENT or not metric.sample:
        return None
    base = figures.base_of(seen)
    return wilson(seen.value, int(base.value)) if isinstance(base, Observation) and base.value >= 1 else None


def ranked(metric: str, subjects: Sequence[str], figures: Figures, period: Period) -> list[Observation]:
    """The figures of some subjects there are, from high to low, totals by the day; ties in the recipe's order."""
    found = [figures.at(metric, subject, period) for subject in subjects]
    seen = [figure for figure in found if isinstance(figure, Observation)]
    return sorted(seen, key=lambda one: -per_day(one, figures))


def per_day(seen: Observation, figures: Figures) -> float:
    """A counted total divided by the days of its window; anything else as it is. Equal windows compare alike either way."""
    return seen.value / _days(seen, figures)


def _days(seen: Observation, figures: Figures) -> float:
    return seen.period.days if figures.metric(seen.metric).adds_up else 1
