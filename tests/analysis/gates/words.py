"""Words the tests of gates are told in: counts month by month, readings of a stock, and what is said of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.analysis.gates import Case, Gate, judge
from bot.domain.gate import Judgement
from bot.domain.measure import Break, Metric, Observation
from bot.domain.period import Period
from tests.builders import METRICS, SUBJECTS, observed

NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
STEADY = (1000, 1050, 980, 1020, 1010, 990, 1040, 1000, 1030, 970, 1010)
"""Eleven months that stray by a few percent: after them, what is usual is known."""


def months(
    values: Sequence[float], subject: str = "tensorflow", first: str = "2020-01", metric: str = "downloads"
) -> list[Observation]:
    """Counts a day, as totals of calendar months (readings on their last days, of a stock)."""
    found, period = [], Period.parse(first)
    for value in values:
        window = period if metric == "downloads" else Period(period.end - dt.timedelta(days=1), period.end)
        times = period.days if metric == "downloads" else 1
        found.append(observed(round(value * times), subject, window, metric, retrieved_at=period.end + dt.timedelta(days=1)))
        period = period.following()
    return found


def case(*seen: Observation, period: str | None = None, breaks: Iterable[Break] = (), **rest: Any) -> Case:
    """The case of an edition; of the last month there is a figure of, unless said otherwise."""
    last = max(one.period.end for one in seen)
    about = (
        Period.parse(period) if period else Period.containing(Period.month(2020, 1).granularity, (last - dt.timedelta(1)).date())
    )
    return Case.of(seen, with_breaks(*breaks), SUBJECTS, about, NOW, **rest)


def with_breaks(*breaks: Break) -> Mapping[str, Metric]:
    return {
        key: replace(metric, breaks=tuple(breaks)) if key in ("downloads", "stars") else metric for key, metric in METRICS.items()
    }


def said(gate: Gate, of: Case) -> list[tuple[str, str, tuple[str, ...], list[str]]]:
    """What a gate says: its verdict, the metric, the subjects and the windows."""
    return [(one.verdict.value, one.metric, one.subjects, [window.key for window in one.windows]) for one in gate(of)]


def told(of: Case) -> list[tuple[str, str]]:
    """What all gates say: each one's name and verdict."""
    return [(one.gate, one.verdict.value) for one in judge(of)]


def only(gate: Gate, of: Case) -> Judgement:
    """The one thing a gate says."""
    (judgement,) = gate(of)
    return judgement
