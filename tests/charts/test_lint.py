"""Each fault is planted on a sheet that has no other, and each sheet without it passes."""

from __future__ import annotations

import warnings

import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.transforms import IdentityTransform

from bot.charts.sheet import fonts, lint
from bot.charts.sheet.canvas import NOTE, Canvas, paint
from bot.charts.sheet.lint import Rule
from bot.errors import BadChart

INK = "#1a1f27"


def rules(canvas: Canvas) -> list[Rule]:
    paint(canvas.figure)
    return [fault.rule for fault in lint.lint(canvas.figure)]


@pytest.fixture
def canvas() -> Canvas:
    sheet = Canvas()
    sheet.text(400, 400, "TensorFlow", 50, INK)
    return sheet


def test_a_sheet_with_one_text_has_no_fault(canvas: Canvas) -> None:
    assert rules(canvas) == []


def test_a_text_over_another_is_found(canvas: Canvas) -> None:
    canvas.text(500, 410, "JAX", 50, INK)
    assert Rule.OVERLAP in rules(canvas)


def test_a_text_beside_another_is_fine(canvas: Canvas) -> None:
    canvas.text(700, 400, "JAX", 50, INK)
    canvas.text(400, 455, "below", 50, INK)
    assert rules(canvas) == []


@pytest.mark.parametrize(("xs", "ys"), [([300, 900], [385, 385]), ([450, 450], [200, 800]), ([300, 900], [200, 600])])
def test_a_line_through_a_text_is_found(canvas: Canvas, xs: list[float], ys: list[float]) -> None:
    canvas.line(xs, ys, "#dfe3e8", 2)
    assert rules(canvas) == [Rule.CROSSED]


def test_a_line_under_a_text_is_fine(canvas: Canvas) -> None:
    canvas.line([300, 900], [410, 410], "#dfe3e8", 2)
    assert rules(canvas) == []


def test_a_dot_on_a_text_is_found(canvas: Canvas) -> None:
    canvas.dots([420], [380], 32, "#df8d19", "#df8d19")
    assert Rule.CROSSED in rules(canvas)


def test_a_text_half_on_a_bar_is_found(canvas: Canvas) -> None:
    sheet = Canvas()
    sheet.area(300, 300, 200, 200, "#c3c9d0")
    sheet.text(400, 400, "TensorFlow", 50, INK)
    assert Rule.CROSSED in rules(sheet)


def test_a_white_text_that_sticks_out_of_its_bar_is_too_faint_there() -> None:
    sheet = Canvas()
    sheet.area(300, 300, 300, 200, "#c72105")
    sheet.text(400, 400, "TensorFlow", 50, "#ffffff")
    assert rules(sheet) == [Rule.CROSSED, Rule.CONTRAST]


def test_a_text_wholly_on_a_bar_is_fine() -> None:
    sheet = Canvas()
    sheet.area(300, 300, 800, 200, "#c72105")
    sheet.text(400, 400, "66", 45, "#ffffff")
    assert rules(sheet) == []


@pytest.mark.parametrize(("x", "y"), [(20, 400), (1400, 400), (400, 60), (400, 1190)])
def test_a_text_outside_the_margins_is_found(x: float, y: float) -> None:
    sheet = Canvas()
    sheet.text(x, y, "TensorFlow", 50, INK)
    assert Rule.OUTSIDE in rules(sheet)


def test_a_bar_that_runs_off_the_sheet_is_found(canvas: Canvas) -> None:
    canvas.area(800, 500, 900, 80, "#c3c9d0")
    assert rules(canvas) == [Rule.OUTSIDE]


def test_ink_under_the_badge_is_found() -> None:
    for put in (
        lambda sheet: sheet.text(70, 1100, "2018", 45, INK),
        lambda sheet: sheet.area(70, 1000, 100, 60, "#c3c9d0"),
        lambda sheet: sheet.line([200, 400], [1100, 1100], INK, 3),
        lambda sheet: sheet.dots([200], [1040], 30, INK, INK),
    ):
        sheet = Canvas()
        put(sheet)
        assert rules(sheet) == [Rule.BADGE]


def test_lines_above_and_right_of_the_badge_are_not_taken_for_one_across_it() -> None:
    sheet = Canvas()
    sheet.line([70, 900], [900, 900], INK, 3)
    sheet.line([600, 900], [1100, 1100], INK, 3)
    assert rules(sheet) == []


def test_ink_on_the_edge_of_the_badge_is_fine() -> None:
    sheet = Canvas()
    sheet.area(70, 900, 100, 125, "#c3c9d0")
    sheet.text(286, 1148, "Source: x", 36, INK, role=NOTE)
    assert rules(sheet) == []


@pytest.mark.parametrize(("color", "faults"), [("#767676", []), ("#777777", [Rule.CONTRAST])])
def test_contrast_of_four_and_a_half_is_the_edge(color: str, faults: list[Rule]) -> None:
    # On white, #767676 has 4.54:1 and #777777 has 4.48:1 (WebAIM's published pair).
    sheet = Canvas()
    sheet.text(400, 400, "TensorFlow", 50, color)
    assert rules(sheet) == faults


def test_white_on_a_light_bar_is_found_and_on_a_dark_one_is_fine() -> None:
    for fill, faults in (("#c3c9d0", [Rule.CONTRAST]), ("#2e87df", [Rule.CONTRAST]), ("#c72105", [])):
        sheet = Canvas()
        sheet.area(300, 300, 800, 200, fill)
        sheet.text(400, 400, "66", 50, "#ffffff", fonts.SEMIBOLD)
        assert rules(sheet) == faults


@pytest.mark.parametrize(
    ("size", "role", "faults"), [(45, "text", []), (44, "text", [Rule.SIZE]), (36, NOTE, []), (35, NOTE, [Rule.SIZE])]
)
def test_the_least_size_depends_on_what_the_text_is_for(size: float, role: str, faults: list[Rule]) -> None:
    sheet = Canvas()
    sheet.text(400, 400, "TensorFlow", size, INK, role=role)
    assert rules(sheet) == faults


def test_a_box_in_place_of_a_letter_is_found() -> None:
    sheet = Canvas()
    style = FontProperties(family=[fonts.FAMILY], size=50)
    sheet.figure.add_artist(Text(400, 700, "深", fontproperties=style, color=INK, transform=IdentityTransform()))
    with warnings.catch_warnings(action="ignore"):
        assert Rule.GLYPH in rules(sheet)


def test_a_refused_chart_is_named_with_its_faults_and_what_to_do() -> None:
    sheet = Canvas()
    sheet.text(60, 200, "PyTorch leads", 76, INK, fonts.BOLD, role="title")
    sheet.text(1500, 400, "TensorFlow", 50, INK)
    paint(sheet.figure)
    with pytest.raises(BadChart, match=r'the chart "PyTorch leads" .* outside the margins: "TensorFlow" .* shorten the names'):
        lint.check(sheet.figure)
