from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pytest
from fontTools.ttLib import TTFont
from matplotlib.font_manager import FontProperties, findfont, fontManager

from bot.charts.sheet import fonts


def test_each_weight_is_a_static_font_and_not_the_variable_one() -> None:
    for weight in (400, 600, 700):
        with TTFont(fonts.path(weight)) as font:
            assert "fvar" not in font
            assert font["OS/2"].usWeightClass == weight


def test_the_family_is_private_and_each_weight_finds_its_own_file() -> None:
    fonts.ensure()
    assert fonts.FAMILY not in ("Inter", "Inter Variable")
    for weight in (400, 600, 700):
        assert findfont(FontProperties(family=[fonts.FAMILY], weight=weight, size=45)) == str(fonts.path(weight))


def test_asking_twice_registers_nothing_twice() -> None:
    fonts.ensure()
    before = len(fontManager.ttflist)
    fonts.ensure()
    assert len(fontManager.ttflist) == before


def test_fonts_that_are_there_are_made_without_a_word() -> None:
    fonts.ensure()
    said: list[str] = []
    fonts.ensure(said.append)
    assert said == []


@pytest.fixture
def no_fonts_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(mpl, "get_cachedir", lambda: str(tmp_path))
    monkeypatch.setattr(fonts, "_instance", lambda weight, optical_size, target: target.write_bytes(b"font %d" % weight))
    for cached in (fonts._folder, fonts._kept):
        monkeypatch.setattr(fonts, cached.__name__, cached.__wrapped__)
    monkeypatch.setattr(fontManager, "ttflist", list(fontManager.ttflist))
    return tmp_path


def test_making_them_is_told_once_and_leaves_no_drafts(no_fonts_yet: Path) -> None:
    said: list[str] = []
    fonts.ensure(said.append)
    fonts.ensure(said.append)
    assert said == ["Making the chart fonts, once on this machine"]
    assert sorted(path.name for path in no_fonts_yet.rglob("*") if path.is_file()) == ["400.ttf", "600.ttf", "700.ttf"]


def test_a_folder_that_cannot_be_written_is_replaced_by_a_temporary_one(no_fonts_yet: Path) -> None:
    (no_fonts_yet / "threadmill-fonts").write_text("a file where the folder should be")
    found = fonts.path(600)
    assert found.read_bytes() == b"font 600"
    assert no_fonts_yet not in found.parents
