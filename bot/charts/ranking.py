"""Ranked bars: one figure a subject, the largest on top, from a zero baseline."""

from __future__ import annotations

from typing import Final

from matplotlib.figure import Figure

from bot.charts.sheet import fitting, fonts, labels, wording
from bot.charts.sheet.canvas import Area, Canvas
from bot.charts.sheet.reading import Reading, absences, at_most, coloured, only_metric, readings
from bot.domain.measure import Subject
from bot.domain.text import Cited
from bot.errors import BadChart
from bot.ports import ChartData

NOUN = "Bar chart"

_MOST_ROWS: Final = 7
_FILL: Final = 0.70
_TALLEST_PX: Final = 84
_WIDEST_PITCH_PX: Final = 150
_NAME_GAP_PX: Final = 20
_VALUE_GAP_PX: Final = 14
_LEAST_BAR_PX: Final = 3
"""A figure that is not zero must not look like it."""


def draw(data: ChartData) -> Figure:
    """
    Bars sorted by value; the unit stands on the first value only; what has no figure says why, below.

    Raises:
        BadChart: more than seven rows, two figures of one subject, or a text that does not fit.
    """
    unit = only_metric(data, "ranking").unit
    rows = _ranked(data)
    missing = [(subject, reason) for _, subject, reason in absences(data, [(row.metric.key, row.subject.key) for row in rows])]
    at_most(len(rows) + len(missing), _MOST_ROWS, "rows", data)
    canvas = Canvas()
    area = canvas.page(data)
    names = [row.subject for row in rows] + [subject for subject, _ in missing]
    size, zero = _names_fit(canvas, area, names)
    pitch = min(area.height / len(names), _WIDEST_PITCH_PX)
    values, sign = labels.alike([row.value for row in rows], unit)
    texts = [
        value + sign if index == 0 or not value[0].isdigit() else value for index, value in enumerate(values)
    ]  # "under 0.1M"
    scale = _scale(area.right - zero, rows, texts, size)
    for index, subject in enumerate(names):
        middle = area.top + (index + 0.5) * pitch
        _name(canvas, data, subject, zero, middle, size)
        if index < len(rows):
            _bar(canvas, data, rows[index], texts[index], zero, middle, scale, min(_FILL * pitch, _TALLEST_PX), size)
        else:
            canvas.centred(zero + _VALUE_GAP_PX, middle, missing[index - len(rows)][1], canvas.theme.text, canvas.theme.muted)
    canvas.line([zero, zero], [area.top, area.top + pitch * len(names)], canvas.theme.ink, 2, role="baseline")
    return canvas.figure


def describe(data: ChartData) -> Cited:
    """Every value in words, from the largest down."""
    metric = only_metric(data, "ranking")
    rows = _ranked(data)
    values = wording.listed([wording.valued(row) for row in rows])
    return wording.described(data, wording.opening(NOUN, data, metric, rows), values, wording.unseen(data, rows))


def _ranked(data: ChartData) -> list[Reading]:
    rows = readings(data)
    names = [row.subject.name for row in rows]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BadChart(f'the ranking "{data.title}" shows one figure a subject, but {twice} has {names.count(twice)}')
    return sorted(rows, key=lambda row: -row.value)


def _names_fit(canvas: Canvas, area: Area, subjects: list[Subject]) -> tuple[int, float]:
    """Text size and the x of the baseline."""
    room = area.width / 2
    longest = max((subject.name for subject in subjects), key=lambda name: fitting.width(name, 1, fonts.SEMIBOLD))
    fitted = fitting.short(longest, room, canvas.theme.label, canvas.theme.text, "name", weight=fonts.SEMIBOLD)
    return fitted.size, area.left + fitting.width(longest, fitted.size, fonts.SEMIBOLD) + _NAME_GAP_PX


def _scale(room: float, rows: list[Reading], texts: list[str], size: int) -> float:
    """Pixels a unit: the longest bar that still leaves every value its place."""
    return min(
        ((room - _VALUE_GAP_PX - fitting.width(text, size, fonts.SEMIBOLD)) / row.value
         for row, text in zip(rows, texts, strict=True) if row.value > 0),
        default=0.0,
    )  # fmt: skip


def _name(canvas: Canvas, data: ChartData, subject: Subject, zero: float, middle: float, size: int) -> None:
    plain = not coloured(data, subject)
    color, weight = (canvas.theme.ink, fonts.REGULAR) if plain else (subject.ink, fonts.SEMIBOLD)
    canvas.centred(zero - _NAME_GAP_PX, middle, subject.name, size, color, weight, "right", role="name")


def _bar(canvas: Canvas, data: ChartData, row: Reading, text: str, zero: float, middle: float, scale: float, height: float,
         size: int) -> None:  # fmt: skip
    vivid = coloured(data, row.subject)
    width = max(row.value * scale, _LEAST_BAR_PX) if row.value > 0 else 0.0
    if width:
        canvas.area(zero, middle - height / 2, width, height, row.subject.fill if vivid else canvas.theme.grey, role="bar")
    color, weight = (row.subject.ink, fonts.SEMIBOLD) if vivid else (canvas.theme.soft, fonts.REGULAR)
    canvas.centred(zero + width + _VALUE_GAP_PX, middle, text, size, color, weight, role="value")
