"""What is wrong with a drawn chart, found on the artists' real extents and the painted pixels. Images are never compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from bot.charts.sheet import fitting, fonts
from bot.charts.sheet.canvas import NOTE, pixels
from bot.charts.sheet.geometry import SLACK_PX, inside, shrunk, spans, struck, touching
from bot.charts.sheet.theme import THEME, Theme, contrast, luminance
from bot.errors import BadChart

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_RING_PX: Final = 3
"""How far outside a text its backing is looked at."""
_COUNTS: Final = 0.04
"""A colour that fills less of the ring than this is the soft edge of something."""
_NAMED_FAULTS: Final = 5


class Rule(StrEnum):
    """What a chart is checked for."""

    OVERLAP = "text on text"
    CROSSED = "text on a line, dot or edge"
    OUTSIDE = "outside the margins"
    BADGE = "under the ALT badge"
    CONTRAST = "too little contrast"
    SIZE = "too small"
    GLYPH = "missing glyph"


@dataclass(frozen=True)
class Fault:
    """One thing wrong, in words."""

    rule: Rule
    text: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.text}"


class Box(NamedTuple):
    """Pixels from the lower left corner, as matplotlib counts."""

    left: float
    bottom: float
    right: float
    top: float


class _Ink(NamedTuple):
    """The parts of a drawn figure: texts with their boxes, strokes, dots and areas as arrays of one box or segment a row."""

    texts: list[Text]
    boxes: Any
    strokes: Any
    dots: Any
    areas: Any


def check(figure: Figure, theme: Theme = THEME) -> None:
    """
    Refuse a chart with any fault. The figure must have been painted.

    Raises:
        BadChart: lists the faults in words.
    """
    faults = lint(figure, theme)
    if not faults:
        return
    title = " ".join(text.get_text() for text in figure.findobj(Text) if isinstance(text, Text) and text.get_gid() == "title")
    more = f" and {len(faults) - _NAMED_FAULTS} more" if len(faults) > _NAMED_FAULTS else ""
    raise BadChart(
        f'the chart "{title}" may not be published: {"; ".join(map(str, faults[:_NAMED_FAULTS]))}{more}. '
        "Texts grow with the names and numbers put into them: shorten the names in the recipe or show fewer"
    )


def lint(figure: Figure, theme: Theme = THEME) -> list[Fault]:
    """Every fault of a painted figure, in the order of the rules."""
    ink = _ink(figure)
    found = (_overlaps, _crossed, _outside, _badge)
    by_layout = [fault for rule in found for fault in rule(ink, theme)]
    return [*by_layout, *_faint(figure, ink, theme), *_small(ink, theme), *_boxes_for_letters(ink)]


def _ink(figure: Figure) -> _Ink:
    drawn = [artist for artist in figure.get_children() if artist is not figure.patch and artist.get_visible()]
    texts = [artist for artist in drawn if isinstance(artist, Text) and artist.get_text()]
    boxes = [_extents(text) for text in texts]
    lines = [artist for artist in drawn if isinstance(artist, Line2D)]
    background = to_rgb(figure.get_facecolor())
    strokes = [_segments(line) for line in lines if line.get_linestyle() != "None" and to_rgb(line.get_color()) != background]
    dots = [_points(line) for line in lines if line.get_marker() not in ("None", "", None)]
    areas = [artist.get_window_extent().extents for artist in drawn if isinstance(artist, Rectangle)]
    return _Ink(texts, _rows(boxes, 4), _stacked(strokes, 5), _stacked(dots, 4), _rows(areas, 4))


def _extents(text: Text) -> tuple[float, float, float, float]:
    """As wide as it was drawn, as tall as its letters are."""
    left, bottom, right, top = text.get_window_extent().extents
    if text.get_verticalalignment() != "baseline":
        return left, bottom, right, top
    above, below = fitting.ink(text.get_text(), _weight(text))
    baseline, size = text.get_transform().transform(text.get_position())[1], float(text.get_fontsize())
    return left, baseline - below * size, right, baseline + above * size


def _segments(line: Line2D) -> Any:
    """Rows x0, y0, x1, y1, half the width."""
    points = line.get_transform().transform(line.get_xydata())
    half = np.full((max(len(points) - 1, 0), 1), line.get_linewidth() / 2)
    return np.hstack([points[:-1], points[1:], half])


def _points(line: Line2D) -> Any:
    points = line.get_transform().transform(line.get_xydata())
    half = (line.get_markersize() + line.get_markeredgewidth()) / 2
    return np.hstack([points - half, points + half])


def _rows(rows: list[Any], width: int) -> Any:
    return np.array(rows, dtype=float).reshape(-1, width)


def _stacked(arrays: list[Any], width: int) -> Any:
    return np.vstack([np.empty((0, width)), *arrays])


def _overlaps(ink: _Ink, theme: Theme) -> Iterator[Fault]:
    hits = touching(shrunk(ink.boxes), ink.boxes)
    for one, other in np.argwhere(np.triu(hits, 1)):
        yield Fault(Rule.OVERLAP, f"{_quoted(ink.texts[one])} and {_quoted(ink.texts[other])}")


def _crossed(ink: _Ink, theme: Theme) -> Iterator[Fault]:
    inner = shrunk(ink.boxes)
    by_area = (touching(inner, ink.areas) & ~inside(ink.boxes, ink.areas)).any(axis=1)
    by_dot = touching(inner, ink.dots).any(axis=1)
    by_line = struck(inner, ink.strokes).any(axis=1)
    for what, hits in (("a line", by_line), ("a dot", by_dot), ("the edge of an area", by_area)):
        for index in np.flatnonzero(hits):
            yield Fault(Rule.CROSSED, f"{_quoted(ink.texts[index])} touches {what}")


def _outside(ink: _Ink, theme: Theme) -> Iterator[Fault]:
    least = np.array([theme.margin - SLACK_PX, theme.height - theme.source_baseline - theme.note / 2])
    most = np.array([theme.right + SLACK_PX, theme.height - theme.top + theme.title / 8])
    for what, box in _where(ink, lambda boxes: ((boxes[:, :2] < least) | (boxes[:, 2:] > most)).any(axis=1)):
        yield Fault(Rule.OUTSIDE, f"{what} {_at(box, theme)}")


def _badge(ink: _Ink, theme: Theme) -> Iterator[Fault]:
    corner = np.array([theme.badge_width, theme.height - theme.badge_top - SLACK_PX])
    for what, box in _where(ink, lambda boxes: (boxes[:, :2] < corner).all(axis=1)):
        yield Fault(Rule.BADGE, f"{what} {_at(box, theme)}")


def _faint(figure: Figure, ink: _Ink, theme: Theme) -> Iterator[Fault]:
    """Each text's colour against every colour that surrounds it closely."""
    painted = np.asarray(pixels(figure)).view(np.uint32)[:, :, 0]
    for text, extents in zip(ink.texts, ink.boxes, strict=True):
        own = luminance(*to_rgb(text.get_color()))
        least = min((contrast(own, behind) for behind in _behind(painted, Box(*extents))), default=theme.contrast)
        if least < theme.contrast:
            yield Fault(Rule.CONTRAST, f"{_quoted(text)} has {least:.1f}:1 with what is behind it, and needs {theme.contrast}:1")


def _behind(painted: Any, box: Box) -> Iterator[float]:
    """Luminances of the colours in a thin ring around a box."""
    height, width = painted.shape
    left, right = max(int(box.left) - _RING_PX, 0), min(int(box.right) + _RING_PX, width - 1)
    top, bottom = max(height - int(box.top) - _RING_PX, 0), min(height - int(box.bottom) + _RING_PX, height - 1)
    if left >= right or top >= bottom:
        return
    ring = np.concatenate(
        [painted[top, left:right], painted[bottom, left:right], painted[top:bottom, left], painted[top:bottom, right]]
    )
    colors, counts = np.unique(ring, return_counts=True)
    for color in colors[counts >= _COUNTS * len(ring)].tolist():
        yield luminance(*(part / 255 for part in color.to_bytes(4, "little")[:3]))


def _small(ink: _Ink, theme: Theme) -> Iterator[Fault]:
    for text in ink.texts:
        least = theme.note if text.get_gid() == NOTE else theme.text
        if float(text.get_fontsize()) < least:
            yield Fault(Rule.SIZE, f"{_quoted(text)} has {text.get_fontsize():g} px, and needs {least} to be read on a phone")


def _boxes_for_letters(ink: _Ink) -> Iterator[Fault]:
    for text in ink.texts:
        if lacking := fitting.missing(text.get_text(), _weight(text)):
            yield Fault(Rule.GLYPH, f'{_quoted(text)} has "{lacking}", which the typeface cannot draw')


def _weight(text: Text) -> int:
    weight = text.get_fontproperties().get_weight()
    return weight if isinstance(weight, int) and weight in (fonts.REGULAR, fonts.SEMIBOLD, fonts.BOLD) else fonts.REGULAR


def _where(ink: _Ink, wrong: Callable[[Any], Any]) -> Iterator[tuple[str, Any]]:
    """Everything drawn whose box is wrong, with a name for it."""
    for index in np.flatnonzero(wrong(ink.boxes)):
        yield _quoted(ink.texts[index]), ink.boxes[index]
    for what, boxes in (("a line", spans(ink.strokes)), ("a dot", ink.dots), ("an area", ink.areas)):
        yield from ((what, box) for box in boxes[wrong(boxes)])


def _quoted(text: Text) -> str:
    return f'"{text.get_text()}"'


def _at(box: Any, theme: Theme) -> str:
    left, bottom, right, top = box
    return f"({left:.0f} to {right:.0f} px across, {theme.height - top:.0f} to {theme.height - bottom:.0f} px down)"
