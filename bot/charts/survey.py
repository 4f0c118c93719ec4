"""Dots with their 95 % intervals, for shares of people asked: up to two groups or years, the latest filled."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import Final

from matplotlib.figure import Figure

from bot.charts.sheet import fitting, fonts, labels, wording
from bot.charts.sheet.canvas import CAP, Area, Canvas
from bot.charts.sheet.reading import Reading, absences, at_most, coloured, only_metric, readings
from bot.domain.measure import Metric, Subject
from bot.domain.text import Cited
from bot.errors import BadChart
from bot.ports import ChartData

NOUN = "Dot plot"

_MOST_ROWS: Final = 6
_MOST_GROUPS: Final = 2
_DOT_PX: Final = 32
_RING_PX: Final = 5
_INTERVAL_PX: Final = 9
_INTERVAL_ALPHA: Final = 0.45
_OFFSET_PX: Final = 28
_WIDEST_PITCH_PX: Final = 170
_NAME_GAP_PX: Final = 28
_LABEL_GAP_PX: Final = 16
_AXIS_PX: Final = 66
_AXIS_LABEL_DROP: Final = 54
_AIR_PX: Final = 8
_LEAST_PLOT_PX: Final = 250


@dataclass(frozen=True)
class _Label:
    """Where a text stands that no gridline may cross: its left edge, its width and the middle of its height."""

    left: float
    width: float
    y: float


@dataclass(frozen=True)
class _Mark:
    """One dot with its label, and the row of the chart it stands in."""

    row: Reading
    text: str
    filled: bool
    y: float


def draw(data: ChartData) -> Figure:
    """
    A row a subject, sorted by the latest figure; the groups are named in the first row only.

    Raises:
        BadChart: more than six subjects, more than two groups, or a text that does not fit.
    """
    metric = only_metric(data, "survey chart")
    groups = _groups(readings(data))
    subjects = _ranked(data)
    missing = [(subject, reason) for _, subject, reason in absences(data, [(metric.key, subject.key) for subject in subjects])]
    at_most(len(groups), _MOST_GROUPS, "groups", data)
    at_most(len(subjects) + len(missing), _MOST_ROWS, "rows", data)
    canvas = Canvas()
    area = canvas.page(data)
    names = subjects + [subject for subject, _ in missing]
    size, zero = _names_fit(canvas, area, names)
    pitch = min((area.height - _AXIS_PX) / len(names), _WIDEST_PITCH_PX)
    bottom = area.top + pitch * len(names)
    marks = _marks(data, subjects, groups, area.top, pitch)
    scale = min(_room(canvas, mark, area.right - zero) for mark in marks)
    if 0 < max(_end(mark.row) for mark in marks) * scale < _LEAST_PLOT_PX:
        raise BadChart(f'the names in "{data.title}" leave the dots no room; shorten those of the subjects or the groups')
    reasons = [(reason, area.top + (index + 0.5) * pitch) for index, (_, reason) in enumerate(missing, start=len(subjects))]
    texts = [_Label(_label_x(mark, zero, scale), _width(canvas, mark.text, fonts.SEMIBOLD), mark.y) for mark in marks]
    texts += [_Label(zero + _LABEL_GAP_PX, _width(canvas, reason, fonts.REGULAR), y) for reason, y in reasons]
    _grid(canvas, Area(zero, area.top, area.right, bottom), metric, marks, texts, scale)
    for index, subject in enumerate(names):
        color = subject.ink if coloured(data, subject) else canvas.theme.soft
        canvas.centred(zero - _NAME_GAP_PX, area.top + (index + 0.5) * pitch, subject.name, size, color, fonts.SEMIBOLD, "right",
                       role="name")  # fmt: skip
    for mark in marks:
        _dot(canvas, data, mark, zero, scale)
    for reason, y in reasons:
        canvas.centred(zero + _LABEL_GAP_PX, y, reason, canvas.theme.text, canvas.theme.muted)
    return canvas.figure


def describe(data: ChartData) -> Cited:
    """Every value by subject, the latest group first; of many, the latest group only."""
    metric = only_metric(data, "survey chart")
    rows = readings(data)
    groups = _groups(rows)
    told = groups if len(rows) <= wording.FEW else groups[-1:]
    values = [_told(subject, [row for group in reversed(told) for row in _of(rows, subject, group)]) for subject in _ranked(data)]
    return wording.described(data, wording.opening(NOUN, data, metric, rows), wording.listed(values), wording.unseen(data, rows))


def _groups(rows: list[Reading]) -> list[str]:
    return list(dict.fromkeys(row.column for row in rows))


def _of(rows: list[Reading], subject: Subject, group: str) -> list[Reading]:
    return [row for row in rows if row.subject == subject and row.column == group]


def _ranked(data: ChartData) -> list[Subject]:
    """Subjects with a figure, by their latest one."""
    latest = {row.subject.key: row.value for row in readings(data)}
    return sorted((subject for subject in data.subjects if subject.key in latest), key=lambda subject: -latest[subject.key])


def _names_fit(canvas: Canvas, area: Area, subjects: list[Subject]) -> tuple[int, float]:
    longest = max((subject.name for subject in subjects), key=lambda name: fitting.width(name, 1, fonts.SEMIBOLD))
    theme = canvas.theme
    size = fitting.short(longest, area.width / 2, theme.label, theme.text, "name", weight=fonts.SEMIBOLD).size
    return size, area.left + fitting.width(longest, size, fonts.SEMIBOLD) + _NAME_GAP_PX


def _marks(data: ChartData, subjects: list[Subject], groups: list[str], top: float, pitch: float) -> list[_Mark]:
    rows = readings(data)
    marks = []
    for index, subject in enumerate(subjects):
        middle = top + (index + 0.5) * pitch
        for group in groups:
            latest = group == groups[-1]
            alone = len({row.column for row in rows if row.subject == subject}) == 1
            y = middle + (0 if alone else -_OFFSET_PX if latest else _OFFSET_PX)
            marks += [_Mark(row, _text(row, index == 0), latest, y) for row in _of(rows, subject, group)]
    return marks


def _text(row: Reading, first: bool) -> str:
    values, sign = labels.alike([row.value], row.metric.unit)
    if not first:
        return values[0]
    return f"{row.column}: {values[0]}{sign}" if row.column else values[0] + sign


def _end(row: Reading) -> float:
    return row.value if isnan(row.high) else max(row.high, row.value)


def _room(canvas: Canvas, mark: _Mark, room: float) -> float:
    """Pixels a unit that let this mark's label end at the margin."""
    left = room - _LABEL_GAP_PX - _DOT_PX / 2 - fitting.width(mark.text, canvas.theme.text, fonts.SEMIBOLD)
    return left / max(_end(mark.row), 1e-9)


def _label_x(mark: _Mark, zero: float, scale: float) -> float:
    return max(zero + _end(mark.row) * scale, zero + mark.row.value * scale + _DOT_PX / 2) + _LABEL_GAP_PX


def _width(canvas: Canvas, text: str, weight: int) -> float:
    return fitting.width(text, canvas.theme.text, weight)


def _grid(canvas: Canvas, area: Area, metric: Metric, marks: list[_Mark], texts: list[_Label], scale: float) -> None:
    """Gridlines with gaps where a label stands, so that no text is crossed out."""
    theme = canvas.theme
    for value in [0.0, *_ticks(canvas, metric, marks, scale)]:
        x = area.left + value * scale
        text = labels.tick(value, metric.unit)
        if x + fitting.width(text, theme.text) / 2 > area.right:
            continue
        for top, bottom in _pieces(canvas, area, texts, x) if value else [(area.top, area.bottom)]:
            canvas.line([x, x], [top, bottom], theme.grid if value else theme.ink, 2, role="grid" if value else "baseline")
        canvas.text(x, area.bottom + _AXIS_LABEL_DROP, text, theme.text, theme.soft, align="center", role="tick")


def _ticks(canvas: Canvas, metric: Metric, marks: list[_Mark], scale: float) -> list[float]:
    """Gridlines whose labels stand clear of each other."""
    values = labels.ticks(max(_end(mark.row) for mark in marks))
    widest = max((fitting.width(labels.tick(value, metric.unit), canvas.theme.text) for value in values), default=0)
    while len(values) > 1 and values[0] * scale < widest + 2 * _AIR_PX:
        values = values[1::2]
    return values


def _pieces(canvas: Canvas, area: Area, texts: list[_Label], x: float) -> list[tuple[float, float]]:
    pieces, top = [], area.top
    for text in sorted(texts, key=lambda text: text.y):
        if text.left - _AIR_PX < x < text.left + text.width + _AIR_PX:
            half = CAP / 2 * canvas.theme.text + 1.5 * _AIR_PX
            pieces.append((top, text.y - half))
            top = text.y + half
    pieces.append((top, area.bottom))
    return [(top, bottom) for top, bottom in pieces if bottom - top > _AIR_PX]


def _dot(canvas: Canvas, data: ChartData, mark: _Mark, zero: float, scale: float) -> None:
    row, theme = mark.row, canvas.theme
    vivid = coloured(data, row.subject)
    fill, ink = (row.subject.fill, row.subject.ink) if vivid else (theme.grey_line, theme.soft)
    if not isnan(row.low):
        xs = [zero + row.low * scale, zero + row.high * scale]
        canvas.line(xs, [mark.y, mark.y], fill, _INTERVAL_PX, role="interval", alpha=_INTERVAL_ALPHA)
    canvas.dots([zero + row.value * scale], [mark.y], _DOT_PX, fill if mark.filled else theme.background, fill,
                0 if mark.filled else _RING_PX)  # fmt: skip
    weight = fonts.SEMIBOLD if mark.filled else fonts.REGULAR
    canvas.centred(_label_x(mark, zero, scale), mark.y, mark.text, theme.text, ink, weight, role="value")


def _told(subject: Subject, rows: list[Reading]) -> Cited:
    """ "TensorFlow 61.8% (2020), 60.1% (2019)"."""
    parts = [row.spoken() + (Cited(" (") + row.cited(row.column) + ")" if row.column else "") for row in rows]
    return Cited(f"{subject.name} ") + Cited.join(", ", parts)
