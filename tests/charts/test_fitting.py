from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text

from bot.charts.sheet import fitting
from bot.charts.sheet.canvas import Canvas, paint
from bot.errors import BadChart

ROOM = 1480
WORDS = st.lists(st.text("abcdefghilmnoprstuvwxyzTPJK0123456789,.%", min_size=1, max_size=12), min_size=1, max_size=12)


def fitted(text: str) -> fitting.Fitted:
    return fitting.title(text, ROOM, 76, 60)


@given(WORDS)
@example(["supercalifragilistic" * 4])
def test_a_title_either_fits_in_two_lines_whole_or_is_refused_by_name(words: list[str]) -> None:
    text = " ".join(words)
    try:
        shown = fitted(text)
    except BadChart:
        with pytest.raises(BadChart, match=re.escape(f'the title "{text}"') + ".* 2 lines of 60 px"):
            fitted(text)
        return
    assert " ".join(shown.lines) == text
    assert len(shown.lines) <= 2
    assert 60 <= shown.size <= 76
    assert all(fitting.width(line, shown.size, 700) <= ROOM for line in shown.lines)


@given(WORDS)
def test_a_longer_title_is_never_set_larger(words: list[str]) -> None:
    def size(text: str) -> int:
        try:
            return fitted(text).size
        except BadChart:
            return 0

    assert size(" ".join(words) + " and more") <= size(" ".join(words)) or len(fitted(" ".join(words) + " and more").lines) == 2


def test_a_title_that_fits_in_one_line_stays_in_one() -> None:
    assert fitted("PyTorch leads") == fitting.Fitted(("PyTorch leads",), 76)


def test_a_title_breaks_after_a_pause_and_in_balance() -> None:
    title = "PyTorch passed Keras in 2022, and TensorFlow still has the most stars"
    assert fitted(title).lines == ("PyTorch passed Keras in 2022,", "and TensorFlow still has the most stars")


def test_a_pause_is_worth_a_little_imbalance() -> None:
    title = "TensorFlow leads on stars, but PyTorch grew faster in 2020"
    assert fitted(title).lines == ("TensorFlow leads on stars,", "but PyTorch grew faster in 2020")


def test_a_line_does_not_end_on_a_number_that_leans_on_the_next_word() -> None:
    assert fitted("TensorFlow has three times the stars of PyTorch").lines == (
        "TensorFlow has three times",
        "the stars of PyTorch",
    )


def test_a_long_title_shrinks_before_it_is_refused() -> None:
    assert 60 <= fitted("PyTorch overtook TensorFlow in 2024 and now draws almost four times as many downloads").size < 76


def test_the_refusal_says_the_budget() -> None:
    with pytest.raises(BadChart, match=r"has 119 characters and does not fit in 2 lines of 60 px, which hold about \d+"):
        fitted(" ".join(["downloads"] * 12))


@pytest.mark.parametrize("weight", [400, 600, 700])
@pytest.mark.parametrize("words", ["TensorFlow 113.8M", "AV To", "PaddlePaddle", "’23 – 61.8%"])
def test_a_measured_width_is_the_drawn_one_or_a_little_more(words: str, weight: int) -> None:
    canvas = Canvas()
    canvas.text(100, 300, words, 50, "#000000", weight)
    paint(canvas.figure)
    drawn = _only_text(canvas.figure).get_window_extent().width
    measured = fitting.width(words, 50, weight)
    assert drawn - 2 <= measured <= drawn * 1.1  # "AV To" in bold is kerned by 9 %


@pytest.mark.parametrize("words", ["深層学習", "🎉", "two\nlines"])
def test_what_the_typeface_cannot_draw_is_refused_before_it_is_drawn(words: str) -> None:
    with pytest.raises(BadChart, match=r"U\+[0-9A-F]{4,5}"):
        fitted(f"Leads in {words}")


def test_latin_names_with_accents_and_signs_are_drawn() -> None:
    assert fitting.missing("Łukasz Šćepánović’s 50 % ≥ −3 → €5, α".replace("α", "")) == ""
    assert fitting.missing("α") == "α"


def _only_text(figure: Figure) -> Text:
    return next(artist for artist in figure.get_children() if isinstance(artist, Text))
