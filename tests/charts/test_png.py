from __future__ import annotations

import hashlib
import io
import random
from types import ModuleType

import pytest
from PIL import Image

from bot.charts import ranking, scoreboard, share, survey, trend
from bot.charts.sheet import canvas
from bot.charts.sheet.canvas import Canvas, encode, paint
from bot.charts.sheet.render import draw_checked, render, render_all
from bot.errors import BadChart
from bot.ports import ChartData
from tests.charts import builders

EACH_KIND = [
    (ranking, builders.ranking()),
    (trend, builders.months({builders.TENSORFLOW: list(range(24)), builders.JAX: [3.0] * 24})),
    (survey, builders.kaggle()),
    (share, builders.share({"2019": [30, 70], "2020": [60, 40]})),
    (scoreboard, builders.scoreboard()),
]


@pytest.mark.parametrize(("kind", "data"), EACH_KIND)
def test_the_file_is_what_the_network_keeps_lossless(kind: ModuleType, data: ChartData) -> None:
    png = render(kind, data).png
    with Image.open(io.BytesIO(png)) as picture:
        assert (picture.format, picture.size, picture.mode) == ("PNG", (1600, 1200), "P")
        assert picture.info == {}  # no transparency, no date, no software
        assert picture.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
        assert picture.convert("RGB").getpixel((130, 1190)) == (255, 255, 255)
    assert len(png) < 300_000


@pytest.mark.parametrize(("kind", "data"), EACH_KIND)
def test_the_same_data_gives_the_same_bytes(kind: ModuleType, data: ChartData) -> None:
    assert hashlib.sha256(render(kind, data).png).hexdigest() == hashlib.sha256(render(kind, data).png).hexdigest()


def test_a_users_own_matplotlib_settings_change_no_pixel() -> None:
    before = render(ranking, builders.ranking()).png
    settings = {
        "text.hinting": "force_autohint", "font.size": 30, "lines.linewidth": 9, "figure.dpi": 200, "patch.antialiased": False,
        "text.color": "red", "path.sketch": (5, 50, 1), "savefig.dpi": 30, "lines.antialiased": False,
    }  # fmt: skip
    with canvas.mpl.rc_context(settings):
        assert render(ranking, builders.ranking()).png == before


def test_a_picture_too_large_to_be_one_of_ours_is_refused() -> None:
    sheet = Canvas()
    chance = random.Random(1)
    for _ in range(12):
        xs, ys = [[chance.uniform(100, 1500) for _ in range(120)] for _ in range(2)]
        sheet.line(xs, ys, chance.choice(["#c72105", "#2e87df", "#df8d19", "#6d279a"]), 2)
    paint(sheet.figure)
    with pytest.raises(BadChart, match="bytes, more than 300,000"):
        encode(sheet.figure)


def test_charts_come_in_the_order_they_were_asked_for() -> None:
    jobs = [(kind, data) for kind, data in EACH_KIND] * 2
    told: list[str] = []
    charts = list(render_all(jobs, lambda text, done, of: told.append(text)))
    assert [chart.png for chart in charts] == [render(kind, data).png for kind, data in jobs]
    assert all((chart.width_px, chart.height_px) == (1600, 1200) for chart in charts)


def test_one_bad_chart_stops_the_lot_after_those_before_it() -> None:
    jobs = [(ranking, builders.ranking()), (ranking, builders.ranking(title="word " * 40))]
    drawn = render_all(jobs, lambda text, done, of: None)
    with pytest.raises(BadChart, match="the title"):
        list(drawn)


def test_a_dollar_in_a_title_is_a_dollar() -> None:
    figure = draw_checked(ranking, builders.ranking(title="It costs $5, then $6_x^2"))
    assert builders.texts(figure, "title") == ["It costs $5, then $6_x^2"]


def test_the_caveat_stands_above_the_source_and_gives_way_when_there_is_no_room() -> None:
    short = draw_checked(ranking, builders.ranking(caveat="Keras is counted twice"))
    assert builders.texts(short, "note") == ["Source: top-pypi-packages", "Keras is counted twice"]
    long = draw_checked(ranking, builders.ranking(caveat="Keras is counted twice, " * 9))
    assert builders.texts(long, "note") == ["Source: top-pypi-packages"]
