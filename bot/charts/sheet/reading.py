"""The rows of a chart's frame as plain values, so that drawing and describing need no pandas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from bot.domain import numerals
from bot.domain.claim import Basis, Quantity
from bot.domain.measure import Metric, Subject, Unit
from bot.domain.period import Granularity, Period, date_in_words
from bot.domain.text import Cited
from bot.errors import BadChart
from bot.ports import ChartData

_COLUMNS: Final = (
    "metric",
    "subject",
    "column",
    "period_start",
    "period_end",
    "value",
    "low",
    "high",
    "leads",
    "segment",
    "basis",
)


class Reading(NamedTuple):
    """One row: a figure of one subject, with its window, interval and basis."""

    metric: Metric
    subject: Subject
    column: str
    period: Period
    value: float
    low: float
    high: float
    leads: bool
    segment: int
    basis: Basis

    def cited(self, text: str) -> Cited:
        """A text that rests on this figure."""
        return Cited.of(text, self.basis)

    @property
    def unit(self) -> Unit:
        """The unit of the value: that of the claim it was computed for, or the metric's own."""
        return self.basis.unit if isinstance(self.basis, Quantity) else self.metric.unit

    def spoken(self) -> Cited:
        """The value in words for a screen reader."""
        return self.cited(numerals.percent(self.value) if self.unit is Unit.PERCENT else numerals.spoken(self.value))


def readings(data: ChartData) -> list[Reading]:
    """Every row of the frame, in its order."""
    metrics = {metric.key: metric for metric in data.metrics}
    subjects = {subject.key: subject for subject in data.subjects}
    rows = zip(*(data.frame[name].tolist() for name in _COLUMNS), strict=True)
    return [
        Reading(metrics[metric], subjects[subject], column, Period(start.to_pydatetime(), end.to_pydatetime()), value, low, high,
                leads, segment, data.bases[basis])
        for metric, subject, column, start, end, value, low, high, leads, segment, basis in rows
    ]  # fmt: skip


def only_metric(data: ChartData, kind: str) -> Metric:
    """
    The metric of a chart that shows one.

    Raises:
        BadChart: there are several, or no figure at all.
    """
    some_figures(data, kind)
    keys = data.frame["metric"].unique().tolist()
    if len(keys) > 1:
        raise BadChart(f'the {kind} "{data.title}" shows one metric, but its data has {len(keys)}: {", ".join(keys)}')
    return next(metric for metric in data.metrics if metric.key == keys[0])


def some_figures(data: ChartData, kind: str) -> None:
    """
    Refuse an empty frame.

    Raises:
        BadChart: there is nothing to draw.
    """
    if data.frame.empty:
        raise BadChart(f'the {kind} "{data.title}" has no figures to draw; leave the post out when its claim is absent')


def at_most(number: int, most: int, what: str, data: ChartData) -> None:
    """
    Refuse what a phone cannot show.

    Raises:
        BadChart: more than `most`.
    """
    if number > most:
        raise BadChart(f'the chart "{data.title}" has {number} {what}; more than {most} cannot be read on a phone: name fewer')


def coloured(data: ChartData, subject: Subject) -> bool:
    """Whether a subject is drawn in its colour; with no highlight, all are."""
    return not data.highlight or subject.key in data.highlight


def absences(data: ChartData, drawn: Iterable[tuple[str, str]]) -> list[tuple[Metric, Subject, str]]:
    """What has no figure, and why, in the order of metrics and subjects."""
    seen = set(drawn)
    pairs = [(metric, subject) for metric in data.metrics for subject in data.subjects]
    return [
        (metric, subject, data.absent[metric.key, subject.key])
        for metric, subject in pairs
        if (metric.key, subject.key) in data.absent and (metric.key, subject.key) not in seen
    ]


def window(period: Period) -> str:
    """A window by name, a span by its two days: for tables."""
    return period.name


def moment(period: Period) -> str:
    """A window as a point of a series: its name, or the last day of a span."""
    return date_in_words(period.last_day) if period.granularity is Granularity.SPAN else period.name
