"""The parts of the checker on figures worked out by hand."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.independent import breaks, grammar, length, noise, printed
from tests.independent.figures import numbers
from tests.independent.printed import Range
from tests.independent.truth import Truth, apart, leader, together
from tests.independent.values import Cell, Window, period


def cell(subject: str, value: float, window: Window, metric: str = "pypi_downloads_30d", base: int | None = None) -> Cell:
    return Cell(metric, subject, window, value, window.end, "somebody", base)


def days(first: str, last: str) -> Window:
    return Window(dt.date.fromisoformat(first), dt.date.fromisoformat(last) + dt.timedelta(days=1))


@pytest.mark.parametrize(
    ("read", "text", "low", "high"),
    [
        (printed.count, "113.8M", 113_750_000, 113_850_000),
        (printed.count, "687 thousand", 686_500, 687_500),
        (printed.count, "4,652", 4_651.5, 4_652.5),
        (printed.percent, "61.8%", 61.75, 61.85),
        (printed.percent, "26%", 25.5, 26.5),
        (printed.percent, "under 0.1%", 0, 0.05),
        (printed.percent, "over 99%", 99.5, 100),
        (printed.times, "twice", 1.9, 2.1),
        (printed.times, "three times", 2.9, 3.1),
        (printed.times, "about six times", 5.7, 6.3),
        (printed.times, "2.6 times", 2.55, 2.65),
        (printed.times, "about 27 times", 26.5, 27.5),
        (printed.fold, "2.85", 2.845, 2.855),
    ],
)
def test_a_printed_number_stands_for_what_rounds_to_it(read, text, low, high) -> None:  # type: ignore[no-untyped-def]
    found: Range = read(text)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_counts_within_three_percent_are_level() -> None:
    month = days("2020-11-01", "2020-11-30")
    assert noise.level(cell("a", 1_000_000, month), cell("b", 970_000, month))
    assert not noise.level(cell("a", 1_000_000, month), cell("b", 969_000, month))


def test_small_counts_are_level_within_poisson_noise() -> None:
    """41 and 32: 9 apart, and 1.96 times the root of 73 is 16.7. 105 and 60: 45 apart, and it is 25.2."""
    june = period("2020-06")
    assert noise.level(cell("a", 41, june, "papers_acl"), cell("b", 32, june, "papers_acl"))
    assert not noise.level(cell("a", 105, june, "papers_acl"), cell("b", 60, june, "papers_acl"))


def test_totals_are_compared_by_the_day() -> None:
    assert noise.level(
        cell("a", 2_800_000, days("2025-02-01", "2025-02-28")), cell("a", 2_900_000, days("2025-01-03", "2025-01-31"))
    )


def test_wilson_intervals_that_overlap_are_level() -> None:
    """10 of 100 lies within 5.5 and 17.4 % (Newcombe 1998 has such tables), 25 of 100 within 17.5 and 34.3 %."""
    assert noise.wilson(10, 100) == pytest.approx((5.52, 17.44), abs=0.01)
    year = period("2020")
    ten, twenty = (cell("a", share, year, "kaggle_survey_use", 100) for share in (10, 20))
    quarter = cell("a", 25, year, "kaggle_survey_use", 100)
    assert noise.level(ten, twenty)
    assert not noise.level(ten, quarter)


def test_a_leader_is_one_or_all_that_are_level_with_the_highest() -> None:
    month = period("2020-11")
    found = [cell("a", 100_000, month), cell("b", 98_000, month), cell("c", 95_500, month)]
    assert leader(found) == ["a", "b"]
    assert leader([found[1], cell("c", 9_000, month)]) == ["b"]


def test_the_nearest_window_of_the_right_length_stands_for_a_month() -> None:
    right, early, short = (cell("a", 1, days(*pair)) for pair in (
        ("2020-11-02", "2020-12-01"), ("2020-10-30", "2020-11-28"), ("2020-11-07", "2020-11-30")))  # fmt: skip
    truth = Truth([right, early, short], dt.date(2021, 1, 1))
    assert truth.standing("pypi_downloads_30d", "a", period("2020-11")) == [right]
    assert Truth([right, early], dt.date(2020, 12, 1)).standing("pypi_downloads_30d", "a", period("2020-11")) == [early]
    assert Truth([short], dt.date(2021, 1, 1)).standing("pypi_downloads_30d", "a", period("2020-11")) == []


def test_stocks_read_far_from_each_other_are_not_compared() -> None:
    readings = [cell("a", 1, days(day, day), "gh_stars") for day in ("2020-11-30", "2020-12-01", "2020-12-04")]
    assert together(readings[:2], period("2020-11")) is None
    assert together(readings, period("2020-11")) == "the readings lie 4 days apart"


def test_a_change_of_a_stock_needs_readings_at_both_ends() -> None:
    now, before, late = (cell("a", 1, days(day, day), "gh_stars") for day in ("2020-11-30", "2020-10-31", "2020-10-25"))
    november, october = period("2020-11"), period("2020-10")
    assert apart(now, before, november, october) is None
    assert apart(now, late, november, october) == "the reading of 2020-10-25 is too far from 2020-11-01"
    assert apart(now, now, november, october) == "one reading stands for both periods"


def test_windows_on_both_sides_of_a_change_are_crossed() -> None:
    before, after = cell("pytorch", 1, days("2024-10-02", "2024-10-31")), cell("pytorch", 1, days("2024-11-02", "2024-11-30"))
    assert breaks.crossed([before, after]) == ["PyPI: all installers 2024-11"]
    assert breaks.crossed([before]) == breaks.crossed([after]) == []
    forks = [cell("tensorflow", 1, days(day, day), "gh_forks") for day in ("2024-01-31", "2024-02-29")]
    assert breaks.crossed(forks) == ["TensorFlow forks 2024-02-21"]
    assert breaks.crossed([cell("keras", 1, days(day, day), "gh_forks") for day in ("2024-01-31", "2024-02-29")]) == []


def test_the_undercount_and_the_spikes_are_spoilt_and_their_neighbours_are_not() -> None:
    whole, low = cell("keras", 1, days("2020-12-02", "2020-12-31")), cell("keras", 1, days("2021-01-02", "2021-01-31"))
    assert breaks.spoilt([whole]) == []
    assert breaks.spoilt([low]) == ["PyPI: undercount 2021-01..04"]
    assert breaks.spoilt([cell("keras", 1, days("2021-04-01", "2021-04-30"))]) == []
    assert breaks.spoilt([cell("jax", 1, days("2021-11-01", "2021-11-30"))]) == ["JAX spike 2021-11"]
    assert breaks.spoilt([cell("keras", 1, days("2021-11-01", "2021-11-30"))]) == []


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("TensorFlow leads", "lead"),
        ("TensorFlow leads, with 4.4 times the downloads of Keras", "lead"),
        ("TensorFlow, Keras and JAX are level on Kaggle", "level"),
        ("TF/Keras had 44.0 points more than PyTorch & co.", "ratio"),
        ("PyTorch had about 13 times the downloads a day of JAX", "ratio"),
        ("PyTorch grew by 12% on the same month a year before, by the day", "growth"),
        ("JAX fell by over 99% on the month before", "growth"),
        ("PyTorch stays third by downloads, as the month before", "rank_change"),
        ("PyTorch leads in four of six conferences counted, with two level", "tally"),
        ("PyTorch overtook TensorFlow in downloads a day in April 2025, and has stayed ahead since", "overtook"),
        ("JAX had its most downloads of any month counted since March 2019", "record"),
        ("JAX grew fastest, to 2.5 times the month before", "fastest"),
        ("PyTorch and JAX grew alike on the month before, beyond any other", "alike"),
        ("JAX is measured here for the first time", "first"),
        ("Keras added 1,234 stars", "gained"),
    ],
)
def test_the_language_is_read(sentence: str, kind: str) -> None:
    (read,) = grammar.parse(sentence)
    assert isinstance(read, grammar.Statement)
    assert read.kind == kind


def test_a_list_takes_from_its_head_what_it_is_measured_from() -> None:
    read = list(
        grammar.parse(
            "Downloads by the day, on the month before:\nKeras +18%\nJAX level\n\nOn the year before: Keras level, JAX +2%."
        )
    )
    assert [(one.text, one.earlier, one.by_day) for one in read if isinstance(one, grammar.Statement)] == [
        ("Keras +18%", "the month before", True),
        ("JAX level", "the month before", True),
        ("Keras level", "the year before", False),
        ("JAX +2%", "the year before", False),
    ]


@pytest.mark.parametrize(
    "text", ["PyTorch is ahead.", "JAX nearly doubled.", "Keras has 3 points to go.", "PyTorch won two prizes."]
)
def test_claim_words_nobody_can_read_are_riddles(text: str) -> None:
    (read,) = grammar.parse(text)
    assert isinstance(read, grammar.Riddle)


def test_numbers_belong_to_the_name_before_them_in_their_sentence() -> None:
    found = numbers("Bars of Keras. PyTorch 4.0 million (2020), JAX 12, and PyTorch & co. 7.5%. In all 3,000.\n\n2/9")
    assert [(one.text, one.subject, one.after) for one in found] == [
        ("4.0 million", "pytorch", "2020"), ("2020", "pytorch", ""), ("12", "jax", ""), ("7.5%", "pytorch-family", ""), ("3,000", None, ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("abc", 3),
        ("caf\u0065\u0301", 4),
        ("\u65e5\u672c", 4),
        ("\N{MINUS SIGN}2", 3),
        ("see https://example.org/a?b=c, then", 4 + 23 + 6),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", 2),
    ],
)
def test_weights_are_those_of_x(text: str, weight: int) -> None:
    assert length.weight(text) == weight
