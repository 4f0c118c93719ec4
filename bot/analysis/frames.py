"""The tidy frame behind each chart, one builder per chart kind. pandas lives here and in charts/."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median
from typing import Final

import pandas as pd

from bot.analysis.claims import comparison_refused, interval, level, ranked
from bot.analysis.claims.likeness import other_counts, parted
from bot.analysis.figures import Figures
from bot.domain.claim import Basis, Quantity
from bot.domain.measure import Absent, Observation, Unit
from bot.domain.period import Granularity, Period, date_in_words
from bot.domain.report import ChartSpec
from bot.ports import CHART_COLUMNS

_MOST_COLUMNS: Final = 9
"""No picture shows more columns; the chart refuses one more, in words."""

_MOST_METRICS: Final = 6
"""A scoreboard of more rows cannot be read on a phone."""

_GAP: Final = 1.75
"""A step this many times the usual one between two readings is a missing reading, and the line is broken there."""


@dataclass(frozen=True)
class Panel:
    """The rows of one chart with what each rests on; `absent` says why a (metric, subject) has none."""

    frame: pd.DataFrame
    bases: Mapping[str, Basis]
    absent: Mapping[tuple[str, str], str] = field(default_factory=dict)
    per_day: bool = False


@dataclass(frozen=True)
class _Row:
    metric: str
    subject: str
    window: Period
    value: float
    basis: Basis
    column: str = ""
    low: float = math.nan
    high: float = math.nan
    leads: bool = False
    segment: int = 0

    @property
    def basis_id(self) -> str:
        if isinstance(self.basis, Observation):
            return self.basis.id
        return f"{self.metric}:{self.subject}:{self.column}:{self.basis.name}"


def panel(spec: ChartSpec, figures: Figures, period: Period) -> Panel | Absent:
    """What a chart of the recipe shows for a period, or why there is nothing to show."""
    return BUILDERS[spec.kind](spec, figures, period)


def _ranking(spec: ChartSpec, figures: Figures, period: Period) -> Panel | Absent:
    """Bars of the figures themselves; by the day, as they are compared, where counts are of windows of different length."""
    rows, absent = _row_of_figures(spec.metrics[0], spec.subjects, figures, period)
    if figures.metric(spec.metrics[0]).adds_up and len({row.window.days for row in rows}) > 1:
        return _panel([replace(row, value=row.value / row.window.days) for row in rows], absent, per_day=True)
    return _panel(rows, absent) if len(rows) >= 2 else _too_few(spec, figures, period)


def _scoreboard(spec: ChartSpec, figures: Figures, period: Period) -> Panel | Absent:
    """A row for each of the first metrics that have figures, as many as fit: a recipe may name more than any one period has."""
    rows: list[_Row] = []
    absent: dict[tuple[str, str], str] = {}
    for metric in spec.metrics:
        if len({row.metric for row in rows}) == _MOST_METRICS:
            break
        found, missing = _row_of_figures(metric, spec.subjects, figures, period)
        rows += found
        absent |= missing if found else {}
    shown = {row.metric for row in rows}
    return _panel(rows, absent) if len(shown) >= 2 else Absent(f"fewer than two measures have figures for {period}")


def _survey(spec: ChartSpec, figures: Figures, period: Period) -> Panel | Absent:
    """Shares with their intervals; with `compare`, those of the year before as a group of their own."""
    rows: list[_Row] = []
    absent: dict[tuple[str, str], str] = {}
    for shown in (period.year_before(), period) if spec.compare else (period,):
        found, missing = _row_of_figures(
            spec.metrics[0], spec.subjects, figures, shown, column=_column(shown) if spec.compare else ""
        )
        rows += found
        absent = missing
    return _panel(rows, absent) if found else _too_few(spec, figures, period)


def _trend(spec: ChartSpec, figures: Figures, period: Period) -> Panel | Absent:
    """Series up to the period's end; totals per day, because windows differ in length."""
    metric = figures.metric(spec.metrics[0])
    per_day = metric.adds_up
    found = {subject: figures.series(metric.key, subject, period, spec.start(period)) for subject in spec.subjects}
    drawn = {subject: series for subject, series in found.items() if len(series) >= 2}
    usual = min((_usual_step(series) for series in drawn.values()), default=dt.timedelta())
    rows: list[_Row] = []
    for subject, series in drawn.items():
        segments = _segments(series, [change.at for change in metric.breaks_of(subject)], usual)
        for seen, segment in zip(series, segments, strict=True):
            value = seen.value / seen.period.days if per_day else seen.value
            rows.append(_Row(metric.key, subject, seen.period, value, seen, segment=segment))
    if rows:
        return _panel(rows, {}, per_day)
    none = next(
        (figure for subject in spec.subjects if isinstance(figure := figures.at(metric.key, subject, period), Absent)), None
    )
    return none or Absent(f"{metric.title}: fewer than two readings up to {period}")


def _share(spec: ChartSpec, figures: Figures, period: Period) -> Panel | Absent:
    """
    Each subject's part of the sum over the chart's subjects: a column per metric, or per year where there is one metric.

    Columns stand side by side to be compared: years counted another way or by another origin than the newest are left out.
    """
    rows: list[_Row] = []
    newest: dict[tuple[str, str], Observation] = {}
    for metric, shown, label in reversed(_share_columns(spec, figures, period)):
        found = [figures.at(metric, subject, shown) for subject in spec.subjects]
        parts = [seen for seen in found if isinstance(seen, Observation)]
        total = sum(seen.value for seen in parts)
        if len(parts) < len(found) or total <= 0 or len({seen.period for seen in parts}) > 1:
            continue
        if other_counts(figures.metric(metric), parts) is not None or any(
            parted(seen, newest.setdefault((metric, seen.subject), seen), figures.metric(metric)) is not None for seen in parts
        ):
            continue
        for seen in reversed(parts):
            share = Quantity(
                f"chart:{label}", "share", 100 * seen.value / total, Unit.PERCENT, figures.metric(metric).noun, metric,
                (seen.subject,), shown, (seen, *(other for other in parts if other is not seen)),
            )  # fmt: skip
            rows.append(_Row(metric, seen.subject, seen.period, share.value, share, column=label))
    rows.reverse()
    return _panel(rows, {}) if rows else Absent(f"no measure of {period} has figures for all subjects of the chart")


BUILDERS: Final[Mapping[str, Callable[[ChartSpec, Figures, Period], Panel | Absent]]] = {
    "ranking": _ranking,
    "scoreboard": _scoreboard,
    "share": _share,
    "survey": _survey,
    "trend": _trend,
}
"""Chart kinds a recipe may ask for, with what they are drawn from."""


def _row_of_figures(
    metric: str, subjects: Sequence[str], figures: Figures, period: Period, column: str = ""
) -> tuple[list[_Row], dict[tuple[str, str], str]]:
    """One metric over subjects: rows with intervals where the figure is a sample, and the leader marked unless it is level."""
    found = {subject: figures.at(metric, subject, period) for subject in subjects}
    seen = {subject: figure for subject, figure in found.items() if isinstance(figure, Observation)}
    order = ranked(metric, subjects, figures, period)
    comparable = len(order) >= 2 and comparison_refused(metric, order, figures, period) is None
    leader = order[0] if comparable and not level(order[0], order[1], figures) else None
    rows = []
    for subject, figure in seen.items():
        low, high = interval(figure, figures) or (math.nan, math.nan)
        rows.append(_Row(metric, subject, figure.period, figure.value, figure, column, low, high, figure is leader))
    return rows, {(metric, subject): figure.short for subject, figure in found.items() if isinstance(figure, Absent)}


def _column(period: Period) -> str:
    """ "2020", "Oct 2026": short enough to stand beside a value."""
    if period.granularity is not Granularity.MONTH:
        return period.key
    return date_in_words(period.last_day).partition(" ")[2]


def _usual_step(series: Sequence[Observation]) -> dt.timedelta:
    """The usual time between two readings of a series."""
    return dt.timedelta(seconds=median((after.period.end - seen.period.end).total_seconds() for seen, after in pairwise(series)))


def _segments(series: Sequence[Observation], changes: Sequence[dt.datetime], usual: dt.timedelta) -> list[int]:
    """The number of the unbroken stretch each reading belongs to: without a gap, counted one way and by one origin."""
    segment, numbers = 0, [0]
    for earlier, later in pairwise(series):
        start, end = earlier.period.end, later.period.end
        if end - start > _GAP * usual or any(start <= at < end for at in changes) or earlier.origin != later.origin:
            segment += 1
        numbers.append(segment)
    return numbers


def _share_columns(spec: ChartSpec, figures: Figures, period: Period) -> list[tuple[str, Period, str]]:
    if len(spec.metrics) > 1:
        named = [(figures.metric(metric), metric) for metric in spec.metrics]
        return [(key, period, metric.heading.removesuffix(f" {metric.noun}")) for metric, key in named]
    shown = [period]
    first = spec.start(period)
    while first is not None and shown[0].start > first.start and len(shown) <= _MOST_COLUMNS:
        shown.insert(0, shown[0].previous())
    return [(spec.metrics[0], one, one.key) for one in shown]


def _too_few(spec: ChartSpec, figures: Figures, period: Period) -> Absent:
    """The first subject's reason, which is why the chart has too little to show."""
    found = (figures.at(spec.metrics[0], subject, period) for subject in spec.subjects)
    return next((figure for figure in found if isinstance(figure, Absent)), Absent(f"nothing to show for {period}"))


def _panel(rows: Sequence[_Row], absent: Mapping[tuple[str, str], str], per_day: bool = False) -> Panel:
    data = {
        "metric": [row.metric for row in rows],
        "subject": [row.subject for row in rows],
        "column": [row.column for row in rows],
        "period_start": pd.DatetimeIndex([row.window.start for row in rows]),
        "period_end": pd.DatetimeIndex([row.window.end for row in rows]),
        "value": [float(row.value) for row in rows],
        "low": [row.low for row in rows],
        "high": [row.high for row in rows],
        "leads": [row.leads for row in rows],
        "segment": [row.segment for row in rows],
        "basis": [row.basis_id for row in rows],
    }
    return Panel(pd.DataFrame(data, columns=list(CHART_COLUMNS)), {row.basis_id: row.basis for row in rows}, absent, per_day)
