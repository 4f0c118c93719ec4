"""A table of several metrics: one row each, a column a subject, the stated leader of each row in its colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from matplotlib.figure import Figure

from bot.charts.sheet import fitting, fonts, labels, wording
from bot.charts.sheet.canvas import NOTE, Area, Canvas
from bot.charts.sheet.reading import Reading, at_most, moment, readings, some_figures
from bot.domain.measure import Metric, Subject
from bot.domain.period import Granularity, Period, date_in_words
from bot.domain.text import Cited
from bot.errors import BadChart
from bot.ports import ChartData

NOUN = "Table"

_MOST_ROWS: Final = 6
_MOST_COLUMNS: Final = 5
_COLUMN_GAP_PX: Final = 28
_HEAD_BASELINE: Final = 26
_RULE: Final = 46
_TALLEST_ROW_PX: Final = 140
_BLOCK_PX: Final = 84
"""A row's ink, from the top of the number to the baseline of the unit."""
_NUMBER_RISE: Final = 38
_NOTE_DROP: Final = 46
_BAR_DROP: Final = 24
_BAR_PX: Final = 12
_REASON_PITCH: Final = 42
_UNSAID: Final = "no figure"


@dataclass(frozen=True)
class _Column:
    """A subject's place in the table."""

    subject: Subject
    left: float
    width: float


def draw(data: ChartData) -> Figure:
    """
    Numbers of one row in one unit, each over a bar scaled to the row's largest; what has no figure says why.

    Raises:
        BadChart: more than six metrics or five subjects, or the column heads cannot stand apart.
    """
    some_figures(data, "scoreboard")
    at_most(len(data.metrics), _MOST_ROWS, "rows", data)
    at_most(len(data.subjects), _MOST_COLUMNS, "columns", data)
    canvas = Canvas()
    area, theme = canvas.page(data, footer_lines=2), canvas.theme
    table = _table(data)
    notes = {metric.key: _note(canvas, data, metric, table) for metric in data.metrics}
    texts = _texts(data, table)
    columns = _columns(canvas, data, area, notes, texts)
    for column in columns:
        canvas.text(column.left, area.top + _HEAD_BASELINE, column.subject.name, theme.text, column.subject.ink, fonts.SEMIBOLD,
                    role="head")  # fmt: skip
    rule = area.top + _RULE
    canvas.line([area.left, area.right], [rule, rule], theme.ink, 2, role="rule")
    pitch = min((area.bottom - rule) / len(data.metrics), _TALLEST_ROW_PX)
    for index, metric in enumerate(data.metrics):
        top = rule + index * pitch
        if index:
            canvas.line([area.left, area.right], [top, top], theme.grid, 2, role="rule")
        baseline = top + (pitch - _BLOCK_PX) / 2 + _NUMBER_RISE
        canvas.text(area.left, baseline, metric.heading, theme.text, theme.ink, role="heading")
        canvas.text(area.left, baseline + _NOTE_DROP, notes[metric.key], theme.note, theme.muted, role=NOTE)
        _row(canvas, data, metric, columns, table, texts, baseline)
    return canvas.figure


def describe(data: ChartData) -> Cited:
    """Every figure where they are few; else the two largest of each metric, or the largest alone where two are too long."""
    table = _table(data)
    rows = list(table.values())
    by_metric = [[row for row in rows if row.metric == metric] for metric in data.metrics]
    names = [subject.name for subject in data.subjects]
    whom = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    opening = Cited(f"{NOUN} of {whom}, {data.period.name}")
    told = Cited()
    for most in (len(data.subjects), 2, 1) if len(rows) <= wording.FEW else (2, 1):
        values = Cited.join(" ", [_told(part, most) for part in by_metric if part])
        told = wording.described(data, opening, values, wording.unseen(data, rows))
        if len(told.text) <= wording.TARGET:
            break
    return told


def _table(data: ChartData) -> dict[tuple[str, str], Reading]:
    """The latest figure of each (metric, subject)."""
    rows = sorted(readings(data), key=lambda row: row.period.end)
    return {(row.metric.key, row.subject.key): row for row in rows}


def _of(metric: Metric, table: dict[tuple[str, str], Reading]) -> list[Reading]:
    return [row for row in table.values() if row.metric == metric]


def _note(canvas: Canvas, data: ChartData, metric: Metric, table: dict[tuple[str, str], Reading]) -> str:
    """What is counted and when: "downloads, 2020", or as much of it as fits. Readings of several days are the period's."""
    found = {_when(row.period) for row in _of(metric, table)}
    when = [data.period.name] if len(found) > 1 else list(found)
    full = ", ".join([metric.noun, *when])
    return full if fitting.width(full, canvas.theme.note) <= canvas.theme.inner * 0.3 else (when or [metric.noun])[0]


def _when(period: Period) -> str:
    """A span says how long it is: "31 Dec 2020" alone would read as if all had been counted on that day."""
    if period.granularity is not Granularity.SPAN or period.days <= 1:
        return moment(period)
    return f"{period.days:.0f} days to {date_in_words(period.last_day).partition(' ')[2]}"


def _texts(data: ChartData, table: dict[tuple[str, str], Reading]) -> dict[tuple[str, str], str]:
    texts: dict[tuple[str, str], str] = {}
    for metric in data.metrics:
        rows = _of(metric, table)
        values, sign = labels.alike([row.value for row in rows], metric.unit) if rows else ([], "")
        texts |= {(metric.key, row.subject.key): value + sign for row, value in zip(rows, values, strict=True)}
    return texts


def _columns(
    canvas: Canvas, data: ChartData, area: Area, notes: dict[str, str], texts: dict[tuple[str, str], str]
) -> list[_Column]:
    """Columns as equal as their heads and numbers allow."""
    theme = canvas.theme
    names = max([fitting.width(metric.heading, theme.text) for metric in data.metrics]
                + [fitting.width(note, theme.note) for note in notes.values()])  # fmt: skip
    room = area.width - names - _COLUMN_GAP_PX
    needs = [_need(canvas, subject, texts) + _COLUMN_GAP_PX for subject in data.subjects]
    spare = room + _COLUMN_GAP_PX - sum(needs)
    if spare < 0:
        raise BadChart(
            f'the scoreboard "{data.title}" has {len(needs)} columns that need {sum(needs):.0f} px side by side and has '
            f"{room:.0f} px: shorten the subjects' names or the metrics' short titles, or name fewer subjects"
        )
    widths = _levelled(needs, room + _COLUMN_GAP_PX)
    left = area.left + names + _COLUMN_GAP_PX
    return [_Column(subject, left + sum(widths[:at]), widths[at] - _COLUMN_GAP_PX) for at, subject in enumerate(data.subjects)]


def _levelled(needs: list[float], room: float) -> list[float]:
    """Widths that fill the room, each at least its need, the narrow ones widened alike."""
    fixed: set[int] = set()
    while True:
        level = (room - sum(needs[at] for at in fixed)) / max(len(needs) - len(fixed), 1)
        wider = {at for at, need in enumerate(needs) if need > level} - fixed
        if not wider:
            return [needs[at] if at in fixed else level for at in range(len(needs))]
        fixed |= wider


def _need(canvas: Canvas, subject: Subject, texts: dict[tuple[str, str], str]) -> float:
    theme = canvas.theme
    own = [text for (_, key), text in texts.items() if key == subject.key]
    numbers = [fitting.width(text, theme.number, weight) for text in own for weight in (fonts.BOLD, fonts.REGULAR)]
    return max([fitting.width(subject.name, theme.text, fonts.SEMIBOLD), *numbers])


def _row(canvas: Canvas, data: ChartData, metric: Metric, columns: list[_Column], table: dict[tuple[str, str], Reading],
         texts: dict[tuple[str, str], str], baseline: float) -> None:  # fmt: skip
    largest = max((row.value for row in _of(metric, table)), default=0.0)
    full = min(column.width for column in columns)  # one scale for all, or lengths could not be compared
    for column in columns:
        key = (metric.key, column.subject.key)
        if key in table:
            _cell(canvas, column, table[key], texts[key], full, largest, baseline)
        else:
            _reason(canvas, column, data.absent.get(key, _UNSAID), baseline)


def _cell(canvas: Canvas, column: _Column, row: Reading, text: str, full: float, largest: float, baseline: float) -> None:
    theme, subject = canvas.theme, column.subject
    color, weight = (subject.ink, fonts.BOLD) if row.leads else (theme.soft, fonts.REGULAR)
    canvas.text(column.left, baseline, text, theme.number, color, weight, role="value")
    canvas.area(column.left, baseline + _BAR_DROP, full, _BAR_PX, theme.track, role="track")
    if row.value > 0:
        width = max(row.value / largest * full, 3)
        canvas.area(column.left, baseline + _BAR_DROP, width, _BAR_PX, subject.fill if row.leads else theme.grey, role="bar")


def _reason(canvas: Canvas, column: _Column, reason: str, baseline: float) -> None:
    theme = canvas.theme
    lines = fitting.short(reason, column.width, theme.note, theme.note, "reason for a missing figure", lines=2).lines
    first = baseline if len(lines) == 1 else baseline - 8
    for index, line in enumerate(lines):
        canvas.text(column.left, first + index * _REASON_PITCH, line, theme.note, theme.muted, role=NOTE)


def _told(rows: list[Reading], most: int) -> Cited:
    """ "PyPI downloads: TensorFlow 113.8 million, Keras 29.2 million."""
    ranked = sorted(rows, key=lambda row: -row.value)
    return Cited(f"{rows[0].metric.heading}: ") + wording.listed([wording.valued(row) for row in ranked[:most]])
