from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.numerals import briefly, compact, count_word, fold, grouped, ordinal, percent, spoken, times
from tests.builders import MANY


@pytest.mark.parametrize(
    ("value", "short", "long"),
    [
        (0, "0", "0"),
        (4_652, "4,652", "4,652"),
        (9_999, "9,999", "9,999"),
        (10_000, "10k", "10 thousand"),
        (10_499, "10k", "10 thousand"),
        (10_500, "11k", "11 thousand"),
        (686_784, "687k", "687 thousand"),
        (999_499, "999k", "999 thousand"),
        (999_500, "1.0M", "1.0 million"),
        (999_999, "1.0M", "1.0 million"),
        (1_000_000, "1.0M", "1.0 million"),
        (1_049_999, "1.0M", "1.0 million"),
        (1_050_000, "1.1M", "1.1 million"),
        (1_250_000, "1.3M", "1.3 million"),
        (18_461_407, "18.5M", "18.5 million"),
        (113_788_105, "113.8M", "113.8 million"),
        (999_949_999, "999.9M", "999.9 million"),
        (999_950_000, "1.0B", "1.0 billion"),
        (1_234_567_890_123, "1,234.6B", "1,234.6 billion"),
    ],
)
def test_a_count_is_shortened_the_same_way_for_the_eye_and_the_ear(value: int, short: str, long: str) -> None:
    assert (compact(value), spoken(value)) == (short, long)


@MANY
@given(st.integers(0, 10**13))
def test_a_shortened_count_is_never_a_thousand_of_a_smaller_step(value: int) -> None:
    number = re.fullmatch(r"([\d,]+(?:\.\d)?)([kM]?)B?", compact(value))
    assert number is not None
    assert not number[2] or float(number[1].replace(",", "")) < 1000


@MANY
@given(st.integers(10_000, 10**12))
def test_a_shortened_count_is_off_by_half_its_last_place_at_most(value: int) -> None:
    text = compact(value)
    size = {"k": 10**3, "M": 10**6, "B": 10**9}[text[-1]]
    last_place = size if text[-1] == "k" else size / 10
    assert abs(float(text[:-1].replace(",", "")) * size - value) <= last_place / 2 + 1e-6 * value


def test_all_digits_of_a_count_are_grouped() -> None:
    assert [grouped(113_788_105), grouped(999), grouped(0)] == ["113,788,105", "999", "0"]


def test_an_average_is_whole_from_a_hundred_up_and_finer_below() -> None:
    assert [grouped(1234.6), grouped(100.4), grouped(99.25), grouped(0.01), grouped(0.004)] == [
        "1,235",
        "100",
        "99.25",
        "0.01",
        "0.004",
    ]


def test_no_number_is_written_in_powers_of_ten() -> None:
    assert grouped(0.00001) == "0.00001"


@pytest.mark.parametrize("value", [0.00000999, 1.23e-21, 5e-324])
def test_an_average_smaller_than_any_honest_one_is_not_told_in_hundreds_of_digits(value: float) -> None:
    assert (grouped(value), compact(value), spoken(value)) == ("under 0.00001",) * 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.0%"),
        (0.04, "under 0.1%"),
        (0.06, "0.1%"),
        (0.65, "0.7%"),
        (11.539, "11.5%"),
        (47.88, "47.9%"),
        (99.94, "99.9%"),
        (99.96, "over 99.9%"),
        (100, "100.0%"),
    ],
)
def test_a_share_shows_one_decimal_and_never_pretends_to_be_none_or_all(value: float, text: str) -> None:
    assert percent(value) == text


def test_a_share_is_rounded_half_up_like_every_other_number() -> None:
    # 49 of 400 is exactly 12.25 %: the neighbour 0.25M is 0.3M, as readers round.
    assert [percent(12.25), percent(62.5, 0), grouped(1234.5)] == ["12.3%", "63%", "1,235"]


def test_a_share_may_have_other_places() -> None:
    assert [percent(47.884, 2), percent(47.884, 0), percent(0.3, 0), percent(99.7, 0)] == [
        "47.88%",
        "48%",
        "under 1%",
        "over 99%",
    ]


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (1.0, "1.00 times"),
        (1.02, "1.02 times"),
        (1.26, "1.26 times"),
        (1.5, "1.50 times"),
        (1.89, "1.89 times"),
        (1.9, "twice"),
        (1.95, "twice"),
        (2.0, "twice"),
        (2.1, "twice"),
        (2.11, "2.1 times"),
        (2.49, "2.5 times"),
        (2.58, "2.6 times"),
        (2.84, "2.8 times"),
        (2.86, "about three times"),
        (2.9, "three times"),
        (3.0, "three times"),
        (3.1, "three times"),
        (3.14, "about three times"),
        (3.16, "3.2 times"),
        (6.16, "about six times"),
        (6.29, "about six times"),
        (6.31, "6.3 times"),
        (8.0, "eight times"),
        (12.4, "about 12 times"),
        (26.9, "about 27 times"),
        (1234.0, "about 1,234 times"),
    ],
)
def test_a_ratio_is_called_by_a_whole_number_only_within_a_twentieth_of_it(ratio: float, words: str) -> None:
    assert times(ratio) == words


@MANY
@given(st.floats(0.01, 1e6))
def test_the_words_for_a_ratio_are_never_off_by_more_than_a_twentieth_or_a_half(ratio: float) -> None:
    said = times(ratio)
    words = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
    if said == "twice":
        number = 2.0
    else:
        word = said.removeprefix("about ").removesuffix(" times").replace(",", "")
        number = float(words.get(word, word))
    assert abs(number - ratio) <= max(0.05 * number + 1e-9, 0.5 if ratio >= 10 else 0.05 + 1e-9)


def test_a_factor_has_two_decimals() -> None:
    # (3,769,006 + 13,606,453 + 44,066,008 + 113,788,105) / (3,769,006 + 13,606,453 + 44,066,008)
    assert fold(175_229_572 / 61_441_467) == "2.85"


def test_small_counts_are_words() -> None:
    assert [count_word(number) for number in (0, 1, 2, 10, 11, 1200)] == ["no", "one", "two", "ten", "11", "1,200"]


def test_places_are_words_up_to_three() -> None:
    places = (1, 2, 3, 4, 10, 11, 12, 13, 21, 22, 23, 101, 111, 112, 113)
    assert [ordinal(place) for place in places] == [
        "first", "second", "third", "4th", "10th", "11th", "12th", "13th", "21st", "22nd", "23rd", "101st", "111th", "112th",
        "113th",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(1.9, "twice"), (2.1, "twice"), (2.11, "2.1 times"), (2.86, "2.9 times"), (3.0, "3.0 times"), (7.3, "7.3 times"),
     (9.94, "9.9 times"), (9.96, "10 times"), (27.4, "27 times"), (1_234, "1,234 times")],
)  # fmt: skip
def test_a_factor_in_a_list_is_told_by_its_digits(ratio: float, text: str) -> None:
    assert briefly(ratio) == text
