"""Statements about a row of months, judged on figures worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.independent import checker
from tests.independent.edition import Edition, Fact
from tests.independent.values import Cell, Window, period

NOW = period("2020-11")


def months(count: int) -> list[Window]:
    """The months that end with November 2020, oldest first."""
    found = [NOW]
    while len(found) < count:
        found.insert(0, found[0].before())
    return found


def series(subject: str, *values: float) -> list[Cell]:
    """One figure a month, the last of November 2020; nought is a month without one. Windows are the calendar's."""
    return [
        Cell("pypi_downloads_30d", subject, when, value, when.end, "somebody")
        for when, value in zip(months(len(values)), values, strict=True)
        if value
    ]


def told(sentence: str, cells: Sequence[Cell]) -> list[str]:
    """What is wrong with a thread of one sentence that rests on all these cells."""
    evidence = [
        Fact(f"1.{at}", 1, "text", sentence, False, "observation", cell.value, cell.metric, (cell.subject,), "", (), cell.window)
        for at, cell in enumerate(cells, 2)
    ]
    claim = Fact(
        "1.1",
        1,
        "text",
        sentence,
        True,
        "claim",
        1,
        cells[0].metric,
        ("pytorch",),
        "2020-11",
        tuple(fact.id for fact in evidence),
        None,
    )
    post = {"position": 1, "total": 1, "text": f"{sentence}.", "weighted_length": len(sentence) + 1, "images": []}
    one = Edition("", "made", NOW, NOW.end, [post], {fact.id: fact for fact in (claim, *evidence)}, [], frozenset())
    return [failure.why for failure in checker.check_all([one], cells).failures]


OVERTOOK = "PyTorch overtook Keras in downloads a day in August 2020, and has stayed ahead since"


def test_who_was_behind_in_july_and_ahead_in_four_months_since_overtook() -> None:
    assert told(OVERTOOK, series("pytorch", 800, 1200, 1300, 1400, 1500) + series("keras", 1000, 1000, 1000, 1000, 1000)) == []


@pytest.mark.parametrize(
    ("pytorch", "why"),
    [
        ((800, 1200, 900, 1400, 1500), "pytorch was not ahead in September 2020"),
        ((800, 1200, 1010, 1400, 1500), "pytorch was not ahead in September 2020"),
        ((1200, 1200, 1300, 1400, 1500), "pytorch was ahead in July 2020 already"),
        ((800, 0, 1300, 1400, 1500), "there are no figures of both for August 2020"),
    ],
)
def test_an_order_that_did_not_hold_is_no_overtaking(pytorch: Sequence[float], why: str) -> None:
    assert told(OVERTOOK, series("pytorch", *pytorch) + series("keras", 1000, 1000, 1000, 1000, 1000)) == [why]


def test_three_months_are_too_few() -> None:
    sentence = OVERTOOK.replace("August", "September")
    cells = series("pytorch", 800, 1300, 1400, 1500) + series("keras", 1000, 1000, 1000, 1000)
    assert told(sentence, cells) == ["the order held in 3 periods, not in four"]


RECORD = "PyTorch had its most downloads a day of any month counted since May 2020"


def test_more_than_in_six_months_before_is_a_record() -> None:
    assert told(RECORD, series("pytorch", 10_000, 11_000, 12_000, 11_000, 12_000, 13_000, 15_000)) == []


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ((10_000, 11_000, 16_000, 11_000, 12_000, 13_000, 15_000), "it was as high in 2020-07-01..2020-07-31"),
        ((10_000, 11_000, 12_000, 11_000, 12_000, 15_400, 15_000), "it was as high in 2020-10-01..2020-10-31"),
        ((10_000, 11_000, 12_000, 0, 12_000, 13_000, 15_000), "there is no figure for August 2020"),
    ],
)
def test_what_was_as_high_before_or_has_a_gap_is_no_record(values: Sequence[float], why: str) -> None:
    assert told(RECORD, series("pytorch", *values)) == [why]


def test_five_earlier_months_are_too_few() -> None:
    sentence = RECORD.replace("May", "June")
    assert told(sentence, series("pytorch", 11_000, 12_000, 11_000, 12_000, 13_000, 15_000)) == [
        "5 earlier figures make no record"
    ]


FIRST = "PyTorch is measured here for the first time"


def test_the_first_figure_of_one_where_others_had_some_before_is_a_first() -> None:
    assert told(FIRST, series("pytorch", 900) + series("keras", 1000, 1000)) == []


def test_a_second_figure_and_the_first_of_all_are_no_firsts() -> None:
    assert told(FIRST, series("pytorch", 800, 900) + series("keras", 1000, 1000)) == [
        "it was measured for 2020-10-01..2020-10-31 already"
    ]
    assert told(FIRST, series("pytorch", 900) + series("keras", 1000)) == ["nobody was measured before: it is the first of all"]


FASTEST = "PyTorch grew fastest, by 24% on the month before, by the day"


def test_the_largest_factor_by_the_day_grew_fastest() -> None:
    """12,000 in 30 days after 10,000 in 31: 400 a day after 322.58, 1.24 times."""
    assert told(FASTEST, series("pytorch", 10_000, 12_000) + series("keras", 10_000, 11_000)) == []
    assert told(FASTEST.replace(", by the day", ""), series("pytorch", 10_000, 12_000) + series("keras", 10_000, 11_000)) == [
        "windows of 30 and 31 days are compared as they stand"
    ]


def test_who_grew_as_fast_or_faster_unmakes_the_fastest() -> None:
    (why,) = told(FASTEST, series("pytorch", 10_000, 12_000) + series("keras", 10_000, 11_900))
    assert why == "keras grew as fast, to 1.23 times against 1.24"
    (why,) = told(FASTEST, series("pytorch", 10_000, 12_000) + series("keras", 1_000, 2_000))
    assert why == "keras grew as fast, to 2.067 times against 1.24"


def test_what_fell_did_not_grow_fastest() -> None:
    assert told(FASTEST, series("pytorch", 12_000, 10_000) + series("keras", 12_000, 9_000)) == ["it did not grow"]
