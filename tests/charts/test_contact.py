"""Contact sheets: each chart in its place."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from bot.charts.sheet.contact import Thumbnail, contact_sheet

RED, BLUE, WHITE = (199, 33, 5), (46, 135, 223), (255, 255, 255)


def a_picture(folder: Path, colour: tuple[int, int, int]) -> Path:
    path = folder / f"{colour}.png"
    Image.new("RGB", (1600, 1200), colour).save(path)
    return path


@pytest.fixture
def sheet(tmp_path: Path) -> Image.Image:
    red, blue = a_picture(tmp_path, RED), a_picture(tmp_path, BLUE)
    page = contact_sheet(
        [*[Thumbnail(f"stars, {year}", red) for year in (2018, 2019, 2020, 2021)], Thumbnail("forks, 2018", blue)]
    )
    return Image.open(io.BytesIO(page))


def test_four_stand_side_by_side_and_the_fifth_below(sheet: Image.Image) -> None:
    assert (sheet.size, sheet.mode) == ((16 + 4 * (480 + 16), 16 + 2 * (30 + 360 + 16)), "P")
    pixels = sheet.convert("RGB")
    middles = [(16 + 240 + across * 496, 16 + 30 + 180 + down * 406) for down in (0, 1) for across in range(4)]
    ground = (234, 234, 234)
    near = [_nearest(pixels.getpixel(middle), (RED, BLUE, ground)) for middle in middles]
    assert near == [RED] * 4 + [BLUE] + [ground] * 3


def test_each_has_its_label_above(sheet: Image.Image) -> None:
    pixels = sheet.convert("L")
    labels = [pixels.crop((16 + across * 496, 16, 16 + across * 496 + 200, 40)).getextrema()[0] for across in range(4)]
    assert all(darkest < 80 for darkest in labels)


def test_the_same_pictures_give_the_same_bytes(tmp_path: Path) -> None:
    one = Thumbnail("stars, 2018", a_picture(tmp_path, RED))
    assert contact_sheet([one]) == contact_sheet([one])


def _nearest(seen: object, known: tuple[tuple[int, int, int], ...]) -> tuple[int, int, int]:
    assert isinstance(seen, tuple)
    return min(known, key=lambda colour: sum(abs(one - other) for one, other in zip(seen, colour, strict=True)))
