from __future__ import annotations

import itertools

import pytest

from bot.charts import scoreboard
from bot.charts.sheet.render import draw_checked
from bot.domain.measure import Subject
from bot.domain.period import Period, instant
from bot.errors import BadChart
from tests.charts import builders
from tests.charts.builders import FOUR, KERAS, MXNET, PADDLE, PYTORCH, TENSORFLOW, Row, by_role, chart, metric, text, texts


def test_every_number_of_a_row_is_in_one_unit() -> None:
    assert texts(draw_checked(scoreboard, builders.scoreboard()), "value") == [
        "113.8M", "29.2M", "18.5M", "0.7M", "152k", "50k", "45k", "11k", "11.5%", "6.2%", "4.6%"
    ]  # fmt: skip


def test_the_stated_leader_alone_is_bold_and_coloured() -> None:
    figure = draw_checked(scoreboard, builders.scoreboard())
    looks = {one.get_text(): (one.get_color(), one.get_fontweight()) for one in by_role(figure, "value")}
    assert looks["113.8M"] == (TENSORFLOW.ink, 700)
    assert looks["29.2M"] == ("#4a525c", 400)
    assert looks["152k"] == ("#4a525c", 400)  # the largest, but not stated to lead


def test_bars_of_one_row_compare_across_columns() -> None:
    bars = [bar.get_width() for bar in by_role(draw_checked(scoreboard, builders.scoreboard()), "bar")]
    assert bars[1] / bars[0] == pytest.approx(0.25659, abs=1e-4)
    assert bars[5] / bars[4] == pytest.approx(50_420 / 152_029)
    assert bars[0] == bars[4]
    assert bars[3] == 3


def test_a_missing_figure_is_its_reason_in_words_without_a_bar() -> None:
    figure = draw_checked(scoreboard, builders.scoreboard())
    assert text(figure, "not asked").get_position()[0] == text(figure, "JAX").get_position()[0]
    assert len(by_role(figure, "bar")) == len(by_role(figure, "track")) == 11


def test_a_missing_figure_without_a_reason_is_not_blank() -> None:
    data = chart([Row("a", "tensorflow", 5)], [metric("a")], (TENSORFLOW, KERAS))
    assert "no figure" in texts(draw_checked(scoreboard, data), "note")


def test_rows_say_what_they_count_and_when() -> None:
    notes = texts(draw_checked(scoreboard, builders.scoreboard()), "note")
    assert notes[1:4] == ["downloads, 2020", "stars, 2020", "respondents, 2020"]


def test_a_window_of_its_own_says_how_long_it_is_and_when_it_ends() -> None:
    window = Period(instant("2020-01-02"), instant("2021-01-01"))
    data = chart([Row("a", "tensorflow", 5, window)], [metric("a")], (TENSORFLOW,))
    assert texts(draw_checked(scoreboard, data), "note")[1:] == ["365 days to Dec 2020"]


@pytest.mark.parametrize("subjects", [(TENSORFLOW,), FOUR, (*FOUR, MXNET), (*FOUR, PADDLE)])
@pytest.mark.parametrize("rows", [1, 6])
def test_heads_stand_apart_by_a_real_gap(subjects: tuple[Subject, ...], rows: int) -> None:
    measures = [metric(f"m{at}", short="PyPI downloads") for at in range(rows)]
    data = chart([Row(one.key, two.key, 152_029) for one in measures for two in subjects], measures, subjects)
    boxes = [head.get_window_extent() for head in by_role(draw_checked(scoreboard, data), "head")]
    assert all(right.x0 - left.x1 >= 26 for left, right in itertools.pairwise(boxes))


def test_six_rows_under_a_title_of_two_lines_fit_with_a_caveat() -> None:
    measures = [metric(f"m{at}", short="PyPI downloads") for at in range(6)]
    rows = [Row(one.key, two.key, 113_788_105) for one in measures for two in FOUR]
    data = chart(rows, measures, FOUR, title="TensorFlow leads on most measures of 2020, PyTorch in research",
                 caveat="Keras is counted twice. " * 5)  # fmt: skip
    assert len(by_role(draw_checked(scoreboard, data), "heading")) == 6


def test_too_many_or_too_wide_is_refused() -> None:
    measures = [metric(f"m{at}") for at in range(7)]
    with pytest.raises(BadChart, match="has 7 rows; more than 6"):
        scoreboard.draw(chart([Row(one.key, "keras", 1) for one in measures], measures))
    wide = tuple(Subject(f"s{at}", "TensorFlow or Keras", "#26705b", "#26705b") for at in range(5))
    with pytest.raises(BadChart, match=r"5 columns that need \d+ px side by side"):
        scoreboard.draw(chart([Row("pypi", one.key, 1) for one in wide], subjects=wide))


def test_zero_has_no_bar_and_is_written() -> None:
    figure = draw_checked(
        scoreboard, chart([Row("a", "tensorflow", 0), Row("a", "pytorch", 0)], [metric("a")], (TENSORFLOW, PYTORCH))
    )
    assert texts(figure, "value") == ["0", "0"]
    assert by_role(figure, "bar") == []
