"""What every chart looks like: one canvas, one grid, one set of neutrals. Subject colours come with the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Theme:
    """
    Sizes and colours in pixels of the finished picture; y counts down from the top.

    A phone shows 1600 px on about 302 px: 45 px read as 8.5, which is the least for anything needed to read the chart;
    36 px (6.8) is for units, periods, notes and the source line only.
    """

    width: int = 1600
    height: int = 1200
    margin: int = 60
    top: int = 52
    floor: int = 1024
    """Lowest ink of the plot: below it X draws its ALT badge at the left, and our notes stand at the right."""
    source_baseline: int = 1148
    badge_width: int = 265
    badge_top: int = 1025

    title: int = 76
    title_least: int = 60
    subtitle: int = 50
    number: int = 52
    label: int = 50
    text: int = 45
    note: int = 36

    background: str = "#ffffff"
    ink: str = "#1a1f27"
    soft: str = "#4a525c"
    """Text of what is not highlighted; 7.9:1 on white."""
    muted: str = "#6b737d"
    """Notes and source; 4.8:1 on white."""
    grid: str = "#dfe3e8"
    track: str = "#f1f3f5"
    grey: str = "#c3c9d0"
    """Areas of what is not highlighted."""
    grey_line: str = "#a3abb5"
    """Lines of what is not highlighted: thin strokes need more than an area does."""

    contrast: float = 4.5
    """The least contrast of a text with what is behind it (WCAG 2, AA)."""
    png_bytes: int = 300_000

    @property
    def right(self) -> int:
        """Where the right margin begins."""
        return self.width - self.margin

    @property
    def inner(self) -> int:
        """Width between the margins."""
        return self.width - 2 * self.margin


THEME: Final = Theme()


def luminance(red: float, green: float, blue: float) -> float:
    """Relative luminance of an sRGB colour whose parts lie in 0..1 (WCAG 2.2)."""
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: float, other: float) -> float:
    """Contrast ratio of two luminances, from 1 to 21 (WCAG 2.2)."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def on(fill: str) -> str:
    """The text colour for a filled area: white or black, whichever reads better. The better one is never below 4.58:1."""
    red, green, blue = (int(fill[at : at + 2], 16) / 255 for at in (1, 3, 5))
    behind = luminance(red, green, blue)
    return "#ffffff" if contrast(behind, 1.0) >= contrast(behind, 0.0) else "#000000"
