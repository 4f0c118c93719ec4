"""The figures behind a chart, every digit of them, for readers who cannot see it and for whoever reviews it."""

from __future__ import annotations

from math import isnan

from bot.charts.sheet.reading import Reading, absences, readings, window
from bot.domain import numerals
from bot.domain.measure import Unit
from bot.domain.text import Cited
from bot.domain.thread import Table
from bot.ports import ChartData


def table(data: ChartData) -> Table:
    """
    A row a figure in the frame's order, then what has none.

    Metric, group and interval are columns only where there are several; one metric is named by the caption.
    """
    rows = readings(data)
    groups = any(row.column for row in rows)
    intervals = any(not isnan(row.low) for row in rows)
    several = len(data.metrics) > 1
    columns = [*["Metric"] * several, "Subject", *["Group"] * groups, "Window", "Value", *["95% interval"] * intervals]
    cells = [_cells(row, several, groups, intervals) for row in rows]
    for metric, subject, reason in absences(data, [(row.metric.key, row.subject.key) for row in rows]):
        texts = [*[metric.title] * several, subject.name, *[""] * groups, "", reason, *[""] * intervals]
        cells.append(tuple(Cited(text) for text in texts))
    return Table(_caption(data), tuple(columns), tuple(cells))


def _caption(data: ChartData) -> str:
    titles = [metric.title for metric in data.metrics]
    return (titles[0] if len(titles) == 1 else "Several measures") + (", as a daily average" if data.per_day else "")


def _cells(row: Reading, several: bool, groups: bool, intervals: bool) -> tuple[Cited, ...]:
    value = numerals.percent(row.value) if row.unit is Unit.PERCENT else numerals.grouped(row.value)
    group = [row.cited(row.column) if row.column else Cited()] * groups
    interval = [_interval(row)] * intervals
    title = [Cited(row.metric.title)] * several
    return (*title, Cited(row.subject.name), *group, row.cited(window(row.period)), row.cited(value), *interval)


def _interval(row: Reading) -> Cited:
    return Cited() if isnan(row.low) else row.cited(f"{numerals.percent(row.low)} to {numerals.percent(row.high)}")
