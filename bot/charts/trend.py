"""Lines over time, named at their ends. A line never crosses a change of method or a missing reading."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from matplotlib.figure import Figure

from bot.charts.sheet import fitting, fonts, labels, timeline, wording
from bot.charts.sheet.canvas import Area, Canvas
from bot.charts.sheet.reading import Reading, at_most, coloured, moment, only_metric, readings
from bot.domain.measure import Metric, Subject
from bot.domain.period import Granularity, Period
from bot.domain.text import Cited
from bot.ports import ChartData

NOUN = "Line chart"

_MOST_LINES: Final = 5
_HERO_PX: Final = 7
_LINE_PX: Final = 5
_CASING_PX: Final = 2
"""On each side; more would rub out a line that runs alongside."""
_END_DOT_PX: Final = 16
_POINT_DOT_PX: Final = 20
_LABEL_GAP_PX: Final = 34
_LABEL_PITCH: Final = 1.18
_MOVED_PX: Final = 8
"""A label moved further than this from its line's end gets a leader line."""
_AXIS_PX: Final = 62
_TICK_PX: Final = 10
_TICK_LABEL_DROP: Final = 54
_GUTTER_PX: Final = 26
_GRID_LABEL_LIFT_PX: Final = 7


@dataclass(frozen=True)
class _Plot:
    """Where values and dates fall on the sheet."""

    area: Area
    first: dt.datetime
    last: dt.datetime
    top_value: float

    def x(self, row: Reading) -> float:
        return self.at(timeline.middle(row.period))

    def at(self, when: dt.datetime) -> float:
        return timeline.place(when, self.first, self.last, self.area.left, self.area.right)

    def y(self, value: float) -> float:
        return self.area.bottom - (value / self.top_value * self.area.height if self.top_value else 0)


_EARLY: Final = dt.timedelta(days=45)
"""A line that ends this much before the others says when: its label stands where theirs do."""


def draw(data: ChartData) -> Figure:
    """
    One line a subject from a zero baseline, name and last value at its right end.

    Raises:
        BadChart: more than five lines, or a name that leaves the lines no room.
    """
    metric = only_metric(data, "line chart")
    series = _series(data)
    at_most(len(series), _MOST_LINES, "lines", data)
    canvas = Canvas()
    area = canvas.page(data)
    texts = _texts(series, metric)
    size = _label_size(canvas, area, texts)
    grid = labels.ticks(max(row.value for rows in series for row in rows))
    plot = _plot(canvas, area, series, metric, grid, max(fitting.width(text, size, fonts.SEMIBOLD) for text in texts))
    _gridlines(canvas, area.left, plot, metric, grid)
    _dates(canvas, area.left, plot, series)
    for rows in sorted(series, key=lambda rows: coloured(data, rows[0].subject)):  # the coloured ones on top
        _line(canvas, data, plot, rows)
    _ends(canvas, data, plot, series, texts, size)
    return canvas.figure


def describe(data: ChartData) -> Cited:
    """Every value with its date where they are few, else how far each line went."""
    metric = only_metric(data, "line chart")
    series = _series(data)
    rows = [row for rows in series for row in rows]
    first, last = min(row.period for row in rows), max(row.period for row in rows)
    few = len(rows) <= wording.FEW
    values = wording.listed([_all_values(one) if few else _way(one, first, last) for one in series])
    said = not _has_gaps(series) or data.caveat.text
    gaps = Cited("" if said else "Gaps in the lines are changes of method or missing readings.")
    extra = Cited.join(" ", [part for part in (gaps, wording.unseen(data, rows)) if part.text])
    return wording.described(data, wording.opening(NOUN, data, metric, rows), values, extra)


def _series(data: ChartData) -> list[list[Reading]]:
    """The readings of each subject in time, subjects in their own order."""
    rows = readings(data)
    by_subject = [[row for row in rows if row.subject == subject] for subject in data.subjects]
    return [sorted(rows, key=lambda row: row.period) for rows in by_subject if rows]


def _segments(rows: list[Reading]) -> Iterator[list[Reading]]:
    return (list(run) for _, run in groupby(rows, key=lambda row: row.segment))


def _texts(series: list[list[Reading]], metric: Metric) -> list[str]:
    """Name and last value; of a line that ends before the others, when."""
    values, sign = labels.alike([rows[-1].value for rows in series], metric.unit)
    last = max(timeline.middle(rows[-1].period) for rows in series)
    texts = []
    for rows, value in zip(series, values, strict=True):
        early = last - timeline.middle(rows[-1].period) > _EARLY
        when = f" ({timeline.ended(timeline.dates(rows))})" if early else ""
        texts.append(f"{rows[-1].subject.name} {value}{sign}{when}")
    return texts


def _label_size(canvas: Canvas, area: Area, texts: list[str]) -> int:
    longest = max(texts, key=lambda text: fitting.width(text, 1, fonts.SEMIBOLD))
    theme = canvas.theme
    return fitting.short(longest, area.width * 0.45, theme.label, theme.text, "line's label", weight=fonts.SEMIBOLD).size


def _plot(canvas: Canvas, area: Area, series: list[list[Reading]], metric: Metric, grid: list[float], label: float) -> _Plot:
    """Room for the values' labels at the left, inside which no line runs, and for the names at the right."""
    size = canvas.theme.text
    gutter = max((fitting.width(labels.tick(value, metric.unit), size) for value in grid), default=0) + _GUTTER_PX
    dates = timeline.dates([row for rows in series for row in rows])
    largest = max(row.value for rows in series for row in rows)
    inner = Area(area.left + gutter, area.top + 44, area.right - label - _LABEL_GAP_PX, area.bottom - _AXIS_PX)
    return _Plot(inner, dates[0], dates[-1], max([largest, *grid[-1:]]))


def _gridlines(canvas: Canvas, left: float, plot: _Plot, metric: Metric, grid: list[float]) -> None:
    theme = canvas.theme
    for value in grid:
        y = plot.y(value)
        canvas.line([left, plot.area.right], [y, y], theme.grid, 2, role="grid")
        canvas.text(left, y - _GRID_LABEL_LIFT_PX - 3, labels.tick(value, metric.unit), theme.text, theme.soft, role="tick")
    canvas.line([left, plot.area.right], [plot.area.bottom] * 2, theme.ink, 3, role="baseline")


def _dates(canvas: Canvas, left: float, plot: _Plot, series: list[list[Reading]]) -> None:
    theme, base = canvas.theme, plot.area.bottom
    for tick in timeline.ticks(series, plot.area.width, theme.text):
        x = plot.at(tick.at)
        canvas.line([x, x], [base, base + _TICK_PX], theme.ink, 2, role="tick mark")
        x = max(x, left + fitting.width(tick.text, theme.text) / 2)
        canvas.text(x, base + _TICK_LABEL_DROP, tick.text, theme.text, theme.soft, align="center", role="date")


def _line(canvas: Canvas, data: ChartData, plot: _Plot, rows: list[Reading]) -> None:
    color, width = _stroke(canvas, data, rows[0].subject)
    few = len(timeline.dates(rows)) <= timeline.FEW
    for run in _segments(rows):
        xs, ys = [plot.x(row) for row in run], [plot.y(row.value) for row in run]
        if len(run) > 1:
            lowest = plot.area.bottom - width / 2 - _CASING_PX - 2  # a casing must not rub out the baseline
            canvas.line(xs, [min(y, lowest) for y in ys], canvas.theme.background, width + 2 * _CASING_PX, role="casing")
            canvas.line(xs, ys, color, width, role="data", cap="round")
        if few or len(run) == 1:  # a lone reading between two breaks would not show as a line
            size = _POINT_DOT_PX if few else _END_DOT_PX
            canvas.dots(xs, ys, size, color, color, role="point")
    canvas.dots([plot.x(rows[-1])], [plot.y(rows[-1].value)], _POINT_DOT_PX if few else _END_DOT_PX, color, color, role="end")


def _stroke(canvas: Canvas, data: ChartData, subject: Subject) -> tuple[str, int]:
    if not coloured(data, subject):
        return canvas.theme.grey_line, _LINE_PX
    return subject.fill, _HERO_PX if data.highlight else _LINE_PX + 1


def _ends(canvas: Canvas, data: ChartData, plot: _Plot, series: list[list[Reading]], texts: list[str], size: int) -> None:
    ends = [plot.y(rows[-1].value) for rows in series]
    low, high = plot.area.top - size, plot.area.bottom + 0.1 * size  # below it, the last date would be touched
    places = labels.spread(ends, [_LABEL_PITCH * size] * len(ends), low, high)
    x = plot.area.right + _LABEL_GAP_PX
    for rows, text, end, y in zip(series, texts, ends, places, strict=True):
        plain = not coloured(data, rows[0].subject)
        stop = plot.x(rows[-1]) + _END_DOT_PX
        if abs(y - end) > _MOVED_PX or plot.area.right - plot.x(rows[-1]) > 1:
            canvas.line([stop, x - 8], [end, y], canvas.theme.grid, 2, role="leader")  # in its colour it would read as data
        color = canvas.theme.soft if plain else rows[0].subject.ink
        canvas.centred(x, y, text, size, color, fonts.SEMIBOLD, role="label")


def _has_gaps(series: list[list[Reading]]) -> bool:
    return any(len({row.segment for row in rows}) > 1 for rows in series)


def _all_values(rows: list[Reading]) -> Cited:
    """ "PyTorch 23 thousand on 31 Dec 2018, 35 thousand on 31 Dec 2019"."""
    return Cited(f"{rows[0].subject.name} ") + Cited.join(", ", [_dated(row) for row in rows])


def _way(rows: list[Reading], first: Period, last: Period) -> Cited:
    """
    "PyTorch from 23 thousand to 96 thousand", with dates only where they are not those of the whole chart; "then" where the line
    is broken in between: what is counted another way since came from nowhere.
    """
    if len(rows) == 1:
        return _all_values(rows)
    start = rows[0].spoken() if rows[0].period == first else _dated(rows[0])
    end = rows[-1].spoken() if rows[-1].period == last else _dated(rows[-1])
    if rows[0].segment != rows[-1].segment:
        return Cited(f"{rows[0].subject.name} ") + start + ", then " + end
    return Cited(f"{rows[0].subject.name} from ") + start + " to " + end


def _dated(row: Reading) -> Cited:
    joint = {Granularity.DAY: " on ", Granularity.SPAN: " by "}.get(row.period.granularity, " in ")
    return row.spoken() + joint + row.cited(moment(row.period))
