from __future__ import annotations

import pytest

from bot.charts import ranking
from bot.charts.sheet.render import draw_checked
from bot.domain.measure import Subject
from bot.errors import BadChart
from tests.charts import builders
from tests.charts.builders import FOUR, JAX, KERAS, MXNET, PADDLE, PYTORCH, TENSORFLOW, by_role, downloads, texts


def test_bars_are_sorted_from_the_top_and_named() -> None:
    figure = draw_checked(ranking, builders.ranking())
    assert texts(figure, "name") == ["TensorFlow", "Keras", "PyTorch", "JAX"]
    tops = [bar.get_y() for bar in by_role(figure, "bar")]
    assert tops == sorted(tops, reverse=True)


def test_bars_start_at_zero_and_their_widths_are_in_proportion() -> None:
    figure = draw_checked(ranking, builders.ranking())
    bars = by_role(figure, "bar")
    zero = by_role(figure, "baseline")[0].get_xdata()[0]
    assert {bar.get_x() for bar in bars} == {zero}
    first, second, third, fourth = (bar.get_width() for bar in bars)
    assert second / first == pytest.approx(0.25659, abs=1e-4)  # 29,196,563 / 113,788,105
    assert third / first == pytest.approx(0.16224, abs=1e-4)  # 18,461,407 / 113,788,105
    assert fourth == pytest.approx(max(3, 0.0060357 * first), abs=0.1)


def test_a_tiny_figure_keeps_a_bar_of_three_pixels_and_zero_has_none() -> None:
    bars = by_role(draw_checked(ranking, downloads({TENSORFLOW: 10_000_000, JAX: 1, KERAS: 0})), "bar")
    assert [round(bar.get_width()) for bar in bars][1:] == [3]


def test_the_unit_stands_on_the_first_value_only() -> None:
    assert texts(draw_checked(ranking, builders.ranking()), "value") == ["113.8M", "29.2", "18.5", "0.7"]


def test_highlighted_subjects_have_their_colour_and_the_rest_one_grey() -> None:
    figure = draw_checked(ranking, builders.ranking(highlight=("tensorflow", "pytorch")))
    fills = [bar.get_facecolor()[:3] for bar in by_role(figure, "bar")]
    grey = (195 / 255, 201 / 255, 208 / 255)
    assert fills == [pytest.approx(rgb) for rgb in (_rgb(TENSORFLOW.fill), grey, _rgb(PYTORCH.fill), grey)]
    inks = [value.get_color() for value in by_role(figure, "value")]
    assert (inks[0], inks[2]) == (TENSORFLOW.ink, PYTORCH.ink)


def test_without_a_highlight_every_bar_has_its_subjects_colour() -> None:
    fills = [bar.get_facecolor()[:3] for bar in by_role(draw_checked(ranking, builders.ranking()), "bar")]
    assert fills == [pytest.approx(_rgb(one.fill)) for one in (TENSORFLOW, KERAS, PYTORCH, JAX)]


def test_a_subject_without_a_figure_says_why_and_has_no_bar() -> None:
    data = builders.chart([builders.Row("pypi", "tensorflow", 5), builders.Row("pypi", "keras", 4)], subjects=(*FOUR[:2], JAX),
                          absent={("pypi", "jax"): "not asked"})  # fmt: skip
    figure = draw_checked(ranking, data)
    assert texts(figure, "name") == ["TensorFlow", "Keras", "JAX"]
    assert texts(figure, "text") == ["not asked"]
    assert len(by_role(figure, "bar")) == 2


@pytest.mark.parametrize("value", [0, 1, 4_652, 3.2e9])
def test_equal_values_have_equal_bars_whatever_their_size(value: float) -> None:
    bars = by_role(draw_checked(ranking, downloads(dict.fromkeys(FOUR, value))), "bar")
    assert len({round(bar.get_width(), 6) for bar in bars}) == (1 if value else 0)


def test_seven_rows_with_long_names_fit_and_eight_are_refused() -> None:
    many = [Subject(f"s{at}", f"A framework, no. {at}x", "#26705b", "#26705b") for at in range(8)]
    draw_checked(ranking, downloads({one: 10.0**at for at, one in enumerate(many[:7])}))
    with pytest.raises(BadChart, match="has 8 rows; more than 7 cannot be read on a phone"):
        ranking.draw(downloads(dict.fromkeys(many, 1)))


def test_two_figures_of_one_subject_and_no_figure_at_all_are_refused() -> None:
    with pytest.raises(BadChart, match="TensorFlow has 2"):
        ranking.draw(builders.chart([builders.Row("pypi", "tensorflow", 5), builders.Row("pypi", "tensorflow", 4)]))
    with pytest.raises(BadChart, match="no figures to draw"):
        ranking.draw(builders.chart([]))


def test_a_name_in_another_script_is_refused_rather_than_drawn_as_boxes() -> None:
    with pytest.raises(BadChart, match=r"飞 *|U\+98DE"):
        ranking.draw(downloads({Subject("p", "飞桨", PADDLE.fill, PADDLE.ink): 5, MXNET: 4}))


def _rgb(color: str) -> tuple[float, ...]:
    return tuple(int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))


def test_a_value_too_small_to_show_says_in_which_unit() -> None:
    data = downloads({TENSORFLOW: 113_788_105, JAX: 12})
    assert texts(draw_checked(ranking, data), "value") == ["113.8M", "under 0.1M"]
