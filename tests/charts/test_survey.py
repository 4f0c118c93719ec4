from __future__ import annotations

import pytest
from matplotlib.colors import to_hex

from bot.charts import survey
from bot.charts.sheet.render import draw_checked
from bot.errors import BadChart
from tests.charts import builders
from tests.charts.builders import JAX, KERAS, PYTORCH, TENSORFLOW, by_role, text, texts


def test_dots_and_intervals_stand_at_their_figures() -> None:
    figure = draw_checked(survey, builders.kaggle())
    zero = by_role(figure, "baseline")[0].get_xdata()[0]
    dots = [dot.get_xdata()[0] - zero for dot in by_role(figure, "dot")]
    scale = dots[1] / 53.62
    assert [dot / scale for dot in dots] == pytest.approx([48.38, 53.62, 28.36, 32.39, 0.65])
    intervals = [[(x - zero) / scale for x in line.get_xdata()] for line in by_role(figure, "interval")]
    expected = [(47.49, 49.28), (52.76, 54.48), (27.56, 29.17), (31.59, 33.20), (0.53, 0.81)]
    assert intervals == [pytest.approx(pair) for pair in expected]


def test_the_latest_group_is_filled_and_the_earlier_hollow() -> None:
    earlier, latest = by_role(draw_checked(survey, builders.kaggle()), "dot")[:2]
    assert to_hex(earlier.get_markerfacecolor()) == "#ffffff"
    assert to_hex(latest.get_markerfacecolor()) == TENSORFLOW.fill
    assert to_hex(earlier.get_markeredgecolor()) == TENSORFLOW.fill


def test_groups_are_named_and_carry_the_unit_in_the_first_row_only() -> None:
    assert texts(draw_checked(survey, builders.kaggle()), "value") == ["2019: 48.4%", "2020: 53.6%", "28.4", "32.4", "0.7"]


def test_subjects_are_sorted_by_their_latest_figure() -> None:
    data = builders.survey({JAX: {"2019": (60, 55, 65), "2020": (3, 2, 4)}, KERAS: {"2019": (5, 4, 6), "2020": (40, 39, 41)}})
    assert texts(draw_checked(survey, data), "name") == ["Keras", "JAX"]


def test_no_gridline_crosses_a_label_out() -> None:
    figure = draw_checked(survey, builders.kaggle())
    pieces = len(by_role(figure, "grid"))
    assert pieces > len(set(texts(figure, "tick"))) - 1  # at least one gridline is in pieces


def test_one_group_needs_no_name() -> None:
    figure = draw_checked(survey, builders.survey({TENSORFLOW: {"": (11.54, 11.2, 11.9)}, KERAS: {"": (6.21, 6.0, 6.5)}}))
    assert texts(figure, "value") == ["11.5%", "6.2"]


def test_who_was_not_asked_about_says_so() -> None:
    data = builders.survey({TENSORFLOW: {"": (11.54, 11.2, 11.9)}, JAX: {}}, absent={("pypi", "jax"): "not asked"})
    figure = draw_checked(survey, data)
    assert texts(figure, "name") == ["TensorFlow", "JAX"]
    assert texts(figure, "text") == ["not asked"]


def test_figures_without_an_interval_are_dots_alone() -> None:
    nan = float("nan")
    figure = draw_checked(survey, builders.survey({TENSORFLOW: {"": (11.54, nan, nan)}, KERAS: {"": (0.0, nan, nan)}}))
    assert by_role(figure, "interval") == []
    assert len(by_role(figure, "dot")) == 2


def test_everybody_and_nobody_fit() -> None:
    figure = draw_checked(survey, builders.survey({TENSORFLOW: {"": (100, 96, 100)}, PYTORCH: {"": (0, 0, 4)}}))
    assert text(figure, "100.0%").get_color() == TENSORFLOW.ink


def test_three_groups_are_refused() -> None:
    with pytest.raises(BadChart, match="has 3 groups"):
        survey.draw(builders.survey({TENSORFLOW: dict.fromkeys(("2018", "2019", "2020"), (5, 4, 6))}))
