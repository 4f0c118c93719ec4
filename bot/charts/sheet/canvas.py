"""
The sheet a chart is drawn on: 1600 x 1200 pixels with title, subtitle and source, and a few ways to put ink on it.

All coordinates are pixels with y counting DOWN from the top edge. Text stands on its baseline, because every other
vertical anchor moved by up to 10 px between matplotlib 3.10 and 3.11.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import IdentityTransform
from PIL import Image

from bot.charts.sheet import fitting, fonts, head
from bot.charts.sheet.theme import THEME, Theme
from bot.errors import BadChart
from bot.ports import ChartData

CAP: Final = 0.727
"""Height of Inter's capitals in em."""
NOTE: Final = "note"
"""Role of texts that may be as small as 36 px: unit, period, caveat, source."""

_ASCENT: Final = 0.756
_TITLE_PITCH: Final = 1.12
_SUBTITLE_DROP: Final = 70
_SUBTITLE_PITCH: Final = 1.22
_PLOT_DROP: Final = 46
_NOTE_PITCH: Final = 44
_FOOTER_LINES: Final = 3
_SETTLED: Final[dict[Any, Any]] = {
    "agg.path.chunksize": 0, "figure.autolayout": False, "figure.constrained_layout.use": False, "figure.frameon": True,
    "font.stretch": "normal", "font.style": "normal", "font.variant": "normal", "lines.antialiased": True,
    "markers.fillstyle": "full", "patch.antialiased": True, "path.effects": [], "path.simplify": False, "path.sketch": None,
    "path.snap": True, "text.antialiased": True, "text.hinting": "no_hinting", "text.usetex": False,
}  # fmt: skip
"""What a user's matplotlibrc could change about our pixels. Without hinting a text is exactly as wide as its advances."""

Align = Literal["left", "center", "right"]


@dataclass(frozen=True)
class Area:
    """What the page leaves for the chart itself."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


class Canvas:
    """A blank sheet. What is put on it is painted in that order, later above earlier."""

    def __init__(self, theme: Theme = THEME) -> None:
        fonts.ensure()
        self.theme = theme
        self.figure = Figure(figsize=(theme.width / 72, theme.height / 72), dpi=72, facecolor=theme.background)
        FigureCanvasAgg(self.figure)

    def page(self, data: ChartData, footer_lines: int = _FOOTER_LINES) -> Area:
        """
        Title, subtitle, source and, where it finds room in the footer, the caveat; returns what is left between them.

        Raises:
            BadChart: one of them does not fit or has a character the typeface lacks.
        """
        footer = self._footer(data, footer_lines)
        bottom = self.theme.floor if footer < _FOOTER_LINES else self.theme.source_baseline - 3.6 * _NOTE_PITCH
        return Area(self.theme.margin, self._head(data), self.theme.right, bottom)

    def text(self, x: float, y: float, text: str, size: float, color: str, weight: int = fonts.REGULAR,
             align: Align = "left", role: str = "text") -> None:  # fmt: skip
        """
        One line of text standing on the baseline `y`.

        Raises:
            BadChart: the typeface lacks a character; a box in its place would be published.
        """
        fitting.width(text, size, weight)  # refuses a missing character, which matplotlib draws as a box
        style = FontProperties(family=[fonts.FAMILY], weight=weight, size=size)
        self._add(Text(x, self.theme.height - y, text, fontproperties=style, color=color, ha=align, va="baseline",
                       parse_math=False, gid=role))  # fmt: skip

    def centred(self, x: float, y: float, text: str, size: float, color: str, weight: int = fonts.REGULAR,
                align: Align = "left", role: str = "text") -> None:  # fmt: skip
        """One line of text whose capitals are centred on `y`."""
        self.text(x, y + CAP / 2 * size, text, size, color, weight, align, role)

    def area(self, left: float, top: float, width: float, height: float, color: str, role: str = "area") -> None:
        """A filled rectangle without an edge."""
        corner = (left, self.theme.height - top - height)
        self._add(Rectangle(corner, width, height, facecolor=color, edgecolor="none", linewidth=0, gid=role))

    def line(self, xs: Sequence[float], ys: Sequence[float], color: str, width: float, role: str = "line", alpha: float = 1,
             cap: Literal["butt", "round"] = "butt") -> None:  # fmt: skip
        """A polyline."""
        self._add(Line2D(xs, [self.theme.height - y for y in ys], color=color, linewidth=width, alpha=alpha, gid=role,
                         solid_capstyle=cap, solid_joinstyle="round"))  # fmt: skip

    def dots(self, xs: Sequence[float], ys: Sequence[float], size: float, fill: str, edge: str, width: float = 0,
             role: str = "dot") -> None:  # fmt: skip
        """Circles of `size` pixels across, their edge included."""
        self._add(Line2D(xs, [self.theme.height - y for y in ys], linestyle="none", marker="o", markersize=size - width,
                         markerfacecolor=fill, markeredgecolor=edge, markeredgewidth=width, gid=role))  # fmt: skip

    def _add(self, artist: Artist) -> None:
        artist.set_zorder(1)  # one layer: insertion order is painting order
        artist.set_transform(IdentityTransform())
        self.figure.add_artist(artist)

    def _head(self, data: ChartData) -> float:
        theme = self.theme
        fitted = head.title(data.title.text, theme)
        baseline = theme.top + _ASCENT * fitted.size
        for index, line in enumerate(fitted.lines):
            baseline += index * _TITLE_PITCH * fitted.size
            self.text(theme.margin, baseline, line, fitted.size, theme.ink, fonts.BOLD, role="title")
        below = head.subtitle(data.subtitle.text, theme)
        baseline += _SUBTITLE_DROP - _SUBTITLE_PITCH * below.size
        for line in below.lines:
            baseline += _SUBTITLE_PITCH * below.size
            self.text(theme.margin, baseline, line, below.size, theme.soft, role="subtitle")
        return baseline + _PLOT_DROP

    def _footer(self, data: ChartData, most: int) -> int:
        """Draws source and caveat, right-aligned and clear of the ALT badge; returns how many lines they take."""
        theme = self.theme
        room = theme.right - theme.badge_width - 20
        lines = fitting.short(sourced(data), room, theme.note, theme.note, "source line", lines=2).lines
        for caveat in dict.fromkeys((data.caveat.text, data.own_caveat.text)):
            if caveat and len(lines) < most and (found := self._caveat(caveat, room, most - len(lines))):
                lines = found + lines
                break
        for index, line in enumerate(reversed(lines)):
            baseline = theme.source_baseline - index * _NOTE_PITCH
            self.text(theme.right, baseline, line, theme.note, theme.muted, align="right", role=NOTE)
        return len(lines)

    def _caveat(self, text: str, room: float, lines: int) -> tuple[str, ...]:
        try:
            return fitting.short(text, room, self.theme.note, self.theme.note, "caveat", lines=lines).lines
        except BadChart:  # no room in the picture; the alt text has it
            return ()


def sourced(data: ChartData) -> str:
    """The source line as printed."""
    return data.source.text if data.source.text.startswith("Source") else f"Source: {data.source.text}"


def says(figure: Figure, note: str) -> bool:
    """Whether a text stands in the small print of a sheet, in one line or broken over several."""
    found = [one for one in figure.artists if isinstance(one, Text) and one.get_gid() == NOTE]
    return note in " ".join(one.get_text() for one in sorted(found, key=lambda one: -one.get_position()[1]))


def settled() -> AbstractContextManager[None]:
    """While it lasts, no matplotlibrc has a say in what is built and painted."""
    return mpl.rc_context(_SETTLED)


def paint(figure: Figure) -> None:
    """Draw the figure into its canvas's buffer."""
    with settled():
        figure.canvas.draw()


def pixels(figure: Figure) -> Any:
    """What was painted: rows from the top of red, green, blue, alpha."""
    return cast(FigureCanvasAgg, figure.canvas).buffer_rgba()  # type: ignore[no-untyped-call]


def encode(figure: Figure, theme: Theme = THEME) -> bytes:
    """
    The painted figure as a palette PNG without alpha and metadata: the same figure gives the same bytes.

    X turns a truecolour PNG of this size into JPEG; a palette PNG up to 4096 x 4096 stays lossless. Safe in another thread.

    Raises:
        BadChart: more than 300 KB, which a chart never needs.
    """
    picture = Image.frombuffer("RGBA", (theme.width, theme.height), pixels(figure), "raw", "RGBA", 0, 1)
    flat = picture.convert("RGB").quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    _patch(flat, theme.background)
    out = io.BytesIO()
    flat.save(out, "PNG", compress_type=zlib.Z_RLE)  # 4 ms and 86 KB; the default takes 11 ms for 72 KB
    if out.tell() > theme.png_bytes:
        raise BadChart(f"the picture has {out.tell():,} bytes, more than {theme.png_bytes:,}: draw fewer points")
    return out.getvalue()


def _patch(picture: Any, background: str) -> None:
    """Octree turns white into 254; the palette entry of a corner pixel gets the exact background back."""
    palette = picture.getpalette("RGB")
    at = 3 * picture.getpixel((2, 2))
    palette[at : at + 3] = bytes.fromhex(background[1:])
    picture.putpalette(palette, "RGB")
