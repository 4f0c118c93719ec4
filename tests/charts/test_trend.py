from __future__ import annotations

import pytest
from matplotlib.colors import to_hex

from bot.charts import trend
from bot.charts.sheet.render import draw_checked
from bot.errors import BadChart
from tests.charts.builders import FOUR, JAX, KERAS, MXNET, PADDLE, PYTORCH, TENSORFLOW, by_role, months, text, texts, year_ends

STARS = {
    TENSORFLOW: {"2018-12-31": 117_667, "2019-12-31": 139_535, "2020-12-31": 152_029},
    PYTORCH: {"2018-12-31": 23_298, "2019-12-31": 35_015, "2020-12-31": 45_135},
    KERAS: {"2018-12-31": 36_938, "2019-12-31": 46_229, "2020-12-31": 50_420},
    JAX: {"2020-12-31": 10_889},
}


def test_a_line_is_never_drawn_across_a_break() -> None:
    data = months({TENSORFLOW: list(range(1, 25))}, segment=lambda at: 0 if at < 10 else 1 if at < 18 else 2)
    lines = by_role(draw_checked(trend, data), "data")
    assert [len(line.get_xdata()) for line in lines] == [10, 8, 6]
    assert lines[0].get_xdata()[-1] < lines[1].get_xdata()[0]


def test_a_lone_reading_between_two_breaks_is_a_dot() -> None:
    data = months({TENSORFLOW: list(range(1, 25))}, segment=lambda at: 0 if at < 10 else 1 if at == 10 else 2)
    figure = draw_checked(trend, data)
    assert [len(line.get_xdata()) for line in by_role(figure, "data")] == [10, 13]
    assert [len(dot.get_xdata()) for dot in by_role(figure, "point")] == [1]


def test_heights_are_in_proportion_from_a_zero_baseline() -> None:
    figure = draw_checked(trend, months({TENSORFLOW: [10.0] * 10 + [40.0] * 10}))
    base = by_role(figure, "baseline")[0].get_ydata()[0]
    ys = by_role(figure, "data")[0].get_ydata()
    assert (ys[-1] - base) / (ys[0] - base) == pytest.approx(4)


def test_each_line_is_named_with_its_last_value_in_one_unit() -> None:
    assert texts(draw_checked(trend, year_ends(STARS)), "label") == ["TensorFlow 152k", "PyTorch 45k", "Keras 50k", "JAX 11k"]


def test_labels_and_lines_have_their_subjects_colours_and_others_are_grey() -> None:
    figure = draw_checked(trend, year_ends(STARS, highlight=("pytorch",)))
    assert text(figure, "PyTorch 45k").get_color() == PYTORCH.ink
    assert text(figure, "Keras 50k").get_color() == "#4a525c"
    strokes = [to_hex(line.get_color()) for line in by_role(figure, "data")]
    assert strokes == ["#a3abb5", "#a3abb5", PYTORCH.fill]  # the coloured one last, on top


def test_crowded_labels_keep_the_order_of_their_lines_and_do_not_touch() -> None:
    data = months({one: [5.0] * 12 + [100 + at] for at, one in enumerate((*FOUR, MXNET))})
    figure = draw_checked(trend, data)
    by_value = [text(figure, f"{one.name} {100 + at}").get_position()[1] for at, one in enumerate((*FOUR, MXNET))]
    assert by_value == sorted(by_value)
    assert len(by_role(figure, "leader")) >= 2


def test_a_few_readings_are_marked_by_points_with_their_years_below() -> None:
    figure = draw_checked(trend, year_ends(STARS))
    assert [len(dots.get_xdata()) for dots in by_role(figure, "point")] == [3, 3, 3, 1]
    assert texts(figure, "date") == ["2018", "2019", "2020"]
    xs = by_role(figure, "point")[0].get_xdata()
    assert [one.get_position()[0] for one in by_role(figure, "date")] == pytest.approx(xs)


def test_many_readings_are_a_line_without_points() -> None:
    assert by_role(draw_checked(trend, months({TENSORFLOW: [5.0] * 30})), "point") == []


def test_value_labels_stand_above_their_gridlines_where_no_line_runs() -> None:
    figure = draw_checked(trend, months({TENSORFLOW: [193_000.0] * 30, JAX: [100_000.0] * 30}))
    assert texts(figure, "tick") == ["50k", "100k", "150k", "200k"]
    for words, grid in zip(by_role(figure, "tick"), by_role(figure, "grid"), strict=True):
        assert 5 <= words.get_position()[1] - grid.get_ydata()[0] <= 12
    start = min(line.get_xdata()[0] for line in by_role(figure, "data"))
    assert all(words.get_window_extent().x1 < start for words in by_role(figure, "tick"))


@pytest.mark.parametrize("values", [[0.0] * 24, [7.0] * 24, [1e-3] * 24, [4e11] * 24, [5.0]])
def test_flat_tiny_huge_and_single_series_are_drawn_without_a_fault(values: list[float]) -> None:
    draw_checked(trend, months(dict.fromkeys(FOUR, values)))


def test_a_series_that_ends_early_is_led_to_its_label() -> None:
    figure = draw_checked(trend, months({TENSORFLOW: [50.0] * 24, JAX: [10.0] * 12 + [None] * 12}))
    leaders = by_role(figure, "leader")
    assert len(leaders) == 1
    assert leaders[0].get_xdata()[0] < by_role(figure, "end")[0].get_xdata()[0]


def test_six_lines_are_refused() -> None:
    with pytest.raises(BadChart, match="has 6 lines; more than 5"):
        trend.draw(months({one: [1.0, 2.0] for one in (*FOUR, MXNET, PADDLE)}))
