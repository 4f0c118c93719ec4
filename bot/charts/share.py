"""Whole columns of 100 %, cut by subject. Where column labels are too long to stand side by side, the columns lie down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from matplotlib.figure import Figure

from bot.charts.sheet import fitting, fonts, labels, wording
from bot.charts.sheet.canvas import Area, Canvas
from bot.charts.sheet.reading import Reading, at_most, coloured, readings, some_figures
from bot.charts.sheet.theme import on
from bot.domain import numerals
from bot.domain.measure import Subject
from bot.domain.text import Cited
from bot.errors import BadChart
from bot.ports import ChartData

NOUN = "Stacked bar chart"

_MOST_COLUMNS: Final = 9
_MOST_SEGMENTS: Final = 5
_OFF_WHOLE: Final = 0.1
"""Parts may miss 100 % by this much: sources round."""
_GAP_PX: Final = 3
_FILL: Final = 0.82
_WIDEST_PX: Final = 190
_WIDEST_ROW_PX: Final = 130
_NAME_GAP_PX: Final = 34
_LABEL_GAP_PX: Final = 20
_LABEL_DROP: Final = 54
_AXIS_PX: Final = 66
_PAD_PX: Final = 8
_YEAR_AIR_PX: Final = 16
_WORD_AIR_PX: Final = 28
"""Names side by side run together sooner than years do."""
_ROOMY: Final = 1.15
"""A number stands in a segment at least this many times its size tall."""


@dataclass(frozen=True)
class _Stack:
    """One column: its label and its segments from the baseline up."""

    label: str
    rows: tuple[Reading, ...]

    def edges(self) -> Iterator[tuple[Reading, float, float]]:
        """Each segment with where it begins and ends, in percent."""
        start = 0.0
        for row in self.rows:
            yield row, start, start + row.value
            start += row.value


def draw(data: ChartData) -> Figure:
    """
    Standing columns with the names at the right of the last, or lying ones with the names above the first.

    Raises:
        BadChart: a column does not sum to 100 within 0.1, or there are more columns or segments than a phone can show.
    """
    some_figures(data, "share chart")
    stacks = _stacks(data)
    at_most(len(stacks), _MOST_COLUMNS, "columns", data)
    at_most(max(len(stack.rows) for stack in stacks), _MOST_SEGMENTS, "segments", data)
    canvas = Canvas()
    area = canvas.page(data)
    names = max(fitting.width(row.subject.name, canvas.theme.label, fonts.SEMIBOLD) for stack in stacks for row in stack.rows)
    pitch = (area.width - names - _NAME_GAP_PX) / len(stacks)
    if all(_fits(canvas, stack.label, pitch) for stack in stacks):
        _standing(canvas, data, area, stacks, min(pitch, _WIDEST_PX / _FILL))
    else:
        _lying(canvas, data, area, stacks)
    return canvas.figure


def describe(data: ChartData) -> Cited:
    """Every share by column where they are few; else from the first year to the last, or the least and the greatest."""
    some_figures(data, "share chart")
    stacks, rows = _stacks(data), readings(data)
    if len(rows) <= wording.FEW:
        values = [_column(stack) for stack in stacks]
    else:
        by_subject = [[row for row in rows if row.subject == subject] for subject in data.subjects]
        values = [_course(stacks, part) for part in by_subject if part]
    nouns = list(dict.fromkeys(metric.noun for metric in data.metrics))
    opening = Cited(f"{NOUN} of shares of {', '.join(nouns)}, ") + wording.within(data, rows)
    return wording.described(data, opening, wording.listed(values), wording.unseen(data, rows))


def _stacks(data: ChartData) -> list[_Stack]:
    """Columns in the frame's order; coloured subjects stand on the baseline, where lengths compare."""
    rows = readings(data)
    order = sorted(data.subjects, key=lambda subject: not coloured(data, subject))
    stacks = [
        _Stack(label, tuple(row for subject in order for row in rows if row.column == label and row.subject == subject))
        for label in dict.fromkeys(row.column for row in rows)
    ]
    for stack in stacks:
        whole = sum(row.value for row in stack.rows)
        if abs(whole - 100) > _OFF_WHOLE:
            raise BadChart(
                f'in the share chart "{data.title}" the parts of "{stack.label}" sum to {whole:.2f} %, not 100: '
                "a subject is missing or counted twice. Add the rest as a subject of its own"
            )
    return stacks


def _fits(canvas: Canvas, label: str, pitch: float) -> bool:
    air = _YEAR_AIR_PX if label.isdigit() else _WORD_AIR_PX
    return fitting.width(label, canvas.theme.text) <= pitch - air


def _standing(canvas: Canvas, data: ChartData, area: Area, stacks: list[_Stack], pitch: float) -> None:
    theme = canvas.theme
    width, base = _FILL * pitch, area.bottom - _AXIS_PX
    scale = (base - area.top) / 100
    for index, stack in enumerate(stacks):
        left = area.left + index * pitch
        for row, start, end in stack.edges():
            top = base - end * scale
            gap = _GAP_PX if end < 100 - _OFF_WHOLE else 0
            box = Area(left, top + gap, left + width, base - start * scale)
            _segment(canvas, data, row, box, "%" if index == 0 else "")
        canvas.text(left + width / 2, base + _LABEL_DROP, stack.label, theme.text, theme.soft, align="center", role="column")
    right = area.left + (len(stacks) - 1) * pitch + width
    middles = [base - (start + end) / 2 * scale for _, start, end in stacks[-1].edges()]
    places = labels.spread(middles, [1.18 * theme.label] * len(middles), area.top, base)
    for row, y in zip(stacks[-1].rows, places, strict=True):
        canvas.centred(right + _NAME_GAP_PX, y, row.subject.name, theme.label, _ink(canvas, data, row.subject), fonts.SEMIBOLD)


def _lying(canvas: Canvas, data: ChartData, area: Area, stacks: list[_Stack]) -> None:
    theme = canvas.theme
    zero = area.left + max(fitting.width(stack.label, theme.text) for stack in stacks) + _LABEL_GAP_PX
    first = area.top + theme.label
    pitch = min((area.bottom - first) / len(stacks), _WIDEST_ROW_PX)
    scale = (area.right - zero) / 100
    _names_above(canvas, data, stacks[0], zero, scale, area)
    for index, stack in enumerate(stacks):
        top = first + index * pitch
        height = _FILL * pitch
        for row, start, end in stack.edges():
            gap = _GAP_PX if end < 100 - _OFF_WHOLE else 0
            box = Area(zero + start * scale, top, zero + end * scale - gap, top + height)
            _segment(canvas, data, row, box, "%" if index == 0 else "")
        canvas.centred(zero - _LABEL_GAP_PX, top + height / 2, stack.label, theme.text, theme.ink, align="right", role="column")


def _names_above(canvas: Canvas, data: ChartData, stack: _Stack, zero: float, scale: float, area: Area) -> None:
    """Names over the first row's segments, pushed apart where they would touch."""
    theme = canvas.theme
    together = (" " * 4).join(row.subject.name for row in stack.rows)
    size = fitting.short(together, area.width, theme.label, theme.text, "line of names", weight=fonts.SEMIBOLD).size
    air = fitting.width(" " * 4, size, fonts.SEMIBOLD)
    wide = [fitting.width(row.subject.name, size, fonts.SEMIBOLD) + air for row in stack.rows]
    middles = [zero + (start + end) / 2 * scale for _, start, end in stack.edges()]
    places = labels.spread(middles, wide, area.left - air / 2, area.right + air / 2)
    for row, x in zip(stack.rows, places, strict=True):
        canvas.text(x, area.top + size * 0.6, row.subject.name, size, _ink(canvas, data, row.subject), fonts.SEMIBOLD, "center")


def _segment(canvas: Canvas, data: ChartData, row: Reading, box: Area, sign: str) -> None:
    if row.value <= 0:
        return
    size = canvas.theme.text
    fill = row.subject.fill if coloured(data, row.subject) else canvas.theme.grey
    height = max(box.height, 1)  # the gap must not swallow a small part
    canvas.area(box.left, box.bottom - height, max(box.width, 1), height, fill, role="segment")
    number = _number(row.value)
    fitting_texts = [
        text for text in (number + sign, number) if fitting.width(text, size, fonts.SEMIBOLD) + 2 * _PAD_PX <= box.width
    ]
    if fitting_texts and box.height >= _ROOMY * size:
        middle = (box.left + box.right) / 2
        canvas.centred(
            middle, (box.top + box.bottom) / 2, fitting_texts[0], size, on(fill), fonts.SEMIBOLD, "center", role="value"
        )


def _number(value: float) -> str:
    """Whole percent; 99.7 keeps its decimal rather than read 100."""
    whole = numerals.percent(value, 0).removesuffix("%")
    return whole if whole.isdigit() else numerals.percent(value).removesuffix("%")


def _ink(canvas: Canvas, data: ChartData, subject: Subject) -> str:
    return subject.ink if coloured(data, subject) else canvas.theme.soft


def _column(stack: _Stack) -> Cited:
    """ "ACL: PyTorch 82.7%, TensorFlow 17.3%"."""
    label = stack.rows[0].cited(stack.label) + ": " if stack.label else Cited()
    return label + Cited.join(" and ", [wording.valued(row) for row in stack.rows])


def _course(stacks: list[_Stack], rows: list[Reading]) -> Cited:
    """ "PyTorch from 14.0% in 2019 to 66.0% in 2026" over years; "PyTorch from 63.7% (ICML) to 87.6% (EMNLP)" over names."""
    name = Cited(f"{rows[0].subject.name} from ")
    if all(re.search(r"\d{4}", stack.label) for stack in stacks):
        first, last = rows[0], rows[-1]
        return (
            name + first.spoken() + " in " + first.cited(first.column) + " to " + last.spoken() + " in " + last.cited(last.column)
        )
    least, most = min(rows, key=lambda row: row.value), max(rows, key=lambda row: row.value)
    return (
        name + least.spoken() + " (" + least.cited(least.column) + ") to " + most.spoken() + " (" + most.cited(most.column) + ")"
    )
