"""Windows that stand out of their series, each case worked out by hand from a base of about a thousand a day."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bot.analysis.gates.jumps import events_out_of_range, new_courses, nothing_counted, other_unit, sudden_values
from bot.domain.period import Period
from tests.analysis.gates.words import STEADY, case, months, only, said, told
from tests.builders import a_break, observed

# The three months before the twelfth have 1030, 970 and 1010 a day: their middle is 1010, twice that 2020, half of it 505.
TWELFTH, THIRTEENTH, FOURTEENTH = "2020-12", "2021-01", "2021-02"


def test_a_steady_series_is_passed_in_silence() -> None:
    assert told(case(*months((*STEADY, 1000)))) == []


@pytest.mark.parametrize(("value", "stands_out"), [(2010, False), (2030, True), (510, False), (500, True)])
def test_a_sudden_value_is_one_of_more_than_twice_or_less_than_half(value: float, stands_out: bool) -> None:
    expected = [("skip", "downloads", ("tensorflow",), [TWELFTH])] if stands_out else []
    assert said(sudden_values, case(*months((*STEADY, value)))) == expected


def test_a_sudden_value_is_set_aside_until_two_later_ones_bear_it_out() -> None:
    assert said(sudden_values, case(*months((*STEADY, 3000, 3100)))) == [
        ("skip", "downloads", ("tensorflow",), [TWELFTH, THIRTEENTH])
    ]
    confirmed = case(*months((*STEADY, 3000, 3100, 3050)))
    assert said(sudden_values, confirmed) == []
    assert said(new_courses, confirmed) == [("caveat", "downloads", ("tensorflow",), [TWELFTH, THIRTEENTH, FOURTEENTH])]


def test_a_new_course_is_a_break_where_it_began() -> None:
    found = only(new_courses, case(*months((*STEADY, 3000, 3100, 3050))))
    assert (found.across and found.across.date().isoformat(), found.sentence) == (
        "2020-12-01",
        "Counts of TensorFlow changed abruptly; nothing is compared across",
    )


def test_a_value_that_did_not_stay_is_set_aside_for_good() -> None:
    found = only(sudden_values, case(*months((*STEADY, 3000, 1000, 1010, 990))))
    assert [window.key for window in found.windows] == [TWELFTH]
    assert found.sentence == "A sudden value of TensorFlow that did not stay is set aside"
    assert found.why == (
        "Downloads of tensorflow in December 2020: 93,000, 2.97 times the windows before it (31,930, 30,070, 30,300); it did not stay"
    ).replace("(31,930, 30,070, 30,300)", "(30,900, 30,070, 30,300)")


def test_a_declared_break_explains_a_step() -> None:
    seen = months((*STEADY, 3000, 3100, 3050))
    assert told(case(*seen, breaks=[a_break("2020-12-01")])) == [("break", "caveat")]


def test_growth_that_goes_on_is_never_sudden() -> None:
    # a fifth more every month: 1.2 * 1.2 = 1.44 over the middle of the three before, below twice
    assert told(case(*months([1000 * 1.2**month for month in range(24)]))) == []


def test_what_a_young_series_does_is_usual_unless_it_is_unheard_of() -> None:
    assert told(case(*months((100, 110, 300, 900)))) == []
    assert said(sudden_values, case(*months((100, 110, 120, 750)))) == [("skip", "downloads", ("tensorflow",), ["2020-04"])]


def test_what_stands_out_where_the_edition_does_not_look_is_not_spoken_of() -> None:
    spike = months((*STEADY, 3000, 1000, 1010, 990, 1000, 1020))
    assert said(sudden_values, case(*spike, since={"downloads": spike[11].period.end})) == []
    assert len(said(sudden_values, case(*spike, since={"downloads": spike[11].period.start}))) == 1


@pytest.mark.parametrize("times", [10, 1 / 10, 1000, 1 / 1000, 1024])
def test_a_factor_of_a_unit_is_set_aside_as_one(times: float) -> None:
    seen = months([1000 * value for value in (*STEADY, 1010 * times)])
    found = only(other_unit, case(*seen))
    assert (found.verdict.value, found.sentence) == ("skip", "A count of TensorFlow looks like one in another unit")
    assert told(case(*seen)) == [("unit", "skip")]


@pytest.mark.parametrize(("times", "gate"), [(8.1, "spike"), (8.3, "unit"), (12.1, "unit"), (12.3, "spike")])
def test_a_factor_is_one_to_a_fifth_by_logarithm_of_a_quiet_series(times: float, gate: str) -> None:
    # 10 * exp(-0.2) = 8.19 and 10 * exp(0.2) = 12.21
    assert told(case(*months((*STEADY, 1010 * times)))) == [(gate, "skip")]


def test_another_unit_is_never_borne_out_and_holds_the_metric_from_the_third_window_on() -> None:
    assert [verdict for verdict, *_ in said(other_unit, case(*months((*STEADY, 10_100, 10_000))))] == ["skip"]
    assert [verdict for verdict, *_ in said(other_unit, case(*months((*STEADY, 10_100, 10_000, 10_200))))] == ["hold"]


@pytest.mark.parametrize(("value", "empty"), [(0, True), (20, True), (21, False)])
def test_a_fiftieth_of_what_is_usual_is_as_good_as_nothing(value: float, empty: bool) -> None:
    found = case(*months((*STEADY, value)))
    assert (said(nothing_counted, found) != []) is empty
    if empty:
        assert only(nothing_counted, found).sentence == "Next to nothing was counted of TensorFlow, as if by a fault"


def test_nothing_is_set_aside_however_long_it_lasts() -> None:
    assert said(nothing_counted, case(*months((*STEADY, 0, 0, 0, 0))))[0][3] == [TWELFTH, THIRTEENTH, FOURTEENTH, "2021-03"]


def test_a_small_series_may_be_empty() -> None:
    assert told(case(*months((1, 0, 1, 1, 0, 1, 1, 0, 1)))) == []


@pytest.mark.parametrize(
    ("before", "now", "gate"),
    [(94, 940, "unit"), (94, 600, ""), (94, 9, "unit"), (312, 6, "gap"), (312, 0, "gap"), (5, 60, ""), (30, 3, "")],
)
def test_a_conference_does_not_have_ten_times_the_papers_nor_a_tenth_nor_none(before: int, now: int, gate: str) -> None:
    # 600 / 94 = 6.4; 312 / 6 = 52; EMNLP went from 5 papers with PyTorch to 60
    found = case(observed(before, period="2019"), observed(now, period="2020"), period="2020")
    assert [(one.gate, one.verdict.value) for one in events_out_of_range(found)] == ([(gate, "skip")] if gate else [])


@pytest.mark.parametrize(("after", "stands_out"), [(5.9, False), (6.1, True)])
def test_after_a_break_or_a_gap_only_what_is_six_times_as_much_stands_out(after: float, stands_out: bool) -> None:
    expected = [("skip", "downloads", ("tensorflow",), [THIRTEENTH])] if stands_out else []
    seen = months((*STEADY, 1000, round(1000 * after)))
    assert said(sudden_values, case(*seen, breaks=[a_break("2021-01-01")])) == expected
    assert said(sudden_values, case(*seen[:8], seen[12])) == expected  # 1000 in August, nothing until January


def test_months_in_a_series_that_once_came_every_few_days_are_no_gaps() -> None:
    often = [
        replace(one, period=Period(one.period.start + dt.timedelta(days=by), one.period.end + dt.timedelta(days=by)))
        for one in months((1000,), first="2019-12")
        for by in range(-60, 0, 3)
    ]
    assert said(other_unit, case(*often, *months((*STEADY, 10_000)))) == [("skip", "downloads", ("tensorflow",), [TWELFTH])]
