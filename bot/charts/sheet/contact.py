"""Many charts on one picture, small: enough to find the one that is broken."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from bot.charts.sheet import fonts
from bot.charts.sheet.theme import THEME

ACROSS: Final = 4
DOWN: Final = 12
_WIDTH: Final = 480
_GAP: Final = 16
_LABEL: Final = 30
_LABEL_SIZE: Final = 18
_COLOURS: Final = 64
"""A page of forty-eight thumbnails has some 1.5 MB; with 256 colours it would have half as much again and look the same."""


@dataclass(frozen=True)
class Thumbnail:
    """A chart on disk and what stands above it."""

    label: str
    picture: Path


def contact_sheet(thumbnails: Sequence[Thumbnail]) -> bytes:
    """One page as a palette PNG: the thumbnails in rows of ACROSS. The same pictures give the same bytes."""
    height = _WIDTH * THEME.height // THEME.width
    rows = -(-len(thumbnails) // ACROSS)
    across = min(ACROSS, len(thumbnails))
    page = Image.new("RGB", (_GAP + across * (_WIDTH + _GAP), _GAP + rows * (_LABEL + height + _GAP)), _shade(THEME.background))
    drawing = ImageDraw.Draw(page)
    font = ImageFont.truetype(str(fonts.path(fonts.SEMIBOLD)), _LABEL_SIZE)
    for number, one in enumerate(thumbnails):
        left = _GAP + number % ACROSS * (_WIDTH + _GAP)
        top = _GAP + number // ACROSS * (_LABEL + height + _GAP)
        drawing.text((left, top), one.label, fill=THEME.ink, font=font)
        page.paste(_small(one.picture, height), (left, top + _LABEL))
    out = io.BytesIO()
    page.quantize(_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "PNG", compress_level=6)
    return out.getvalue()


def _small(picture: Path, height: int) -> Image.Image:
    with Image.open(picture) as opened:
        return opened.convert("RGB").resize((_WIDTH, height), Image.Resampling.BOX, reducing_gap=1.0)


def _shade(background: str) -> tuple[int, int, int]:
    """A little darker than the charts, so that their edges are seen."""
    red, green, blue = (round(int(background[at : at + 2], 16) * 0.92) for at in (1, 3, 5))
    return red, green, blue
