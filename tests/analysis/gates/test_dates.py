"""Figures that are too old, repeated, or of other days than they are told of."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bot.analysis.gates.dates import lengths_differ, old_counts, other_windows, read_too_early, repeated
from bot.domain.measure import Observation
from bot.domain.period import Period
from tests.analysis.gates.words import STEADY, case, months, only, said, told
from tests.builders import observed, window


@pytest.mark.parametrize(("period", "old"), [("2020-11", False), ("2020-12", True), ("2021-01", True)])
def test_a_running_count_is_old_a_usual_step_before_the_periods_end(period: str, old: bool) -> None:
    # the last window ends with November; December ends 31 days later, over nine tenths of the usual 30 days
    expected = [("caveat", "downloads", ("tensorflow",), ["2020-11"])] if old else []
    assert said(old_counts, case(*months(STEADY), period=period)) == expected


def test_old_counts_of_two_are_named_and_of_more_are_not() -> None:
    seen = [one for subject in ("tensorflow", "keras", "pytorch") for one in months(STEADY, subject)]
    assert only(old_counts, case(*seen[:22], period="2021-01")).sentence == (
        "The newest count is from before the period’s end: TensorFlow and Keras"
    )
    assert only(old_counts, case(*seen, period="2021-01")).sentence == "The newest counts are from before the end of the period"


def test_a_figure_that_repeats_the_one_before_to_the_digit_is_set_aside() -> None:
    seen = months(STEADY)
    again = [*seen[:-1], replace(seen[-1], value=seen[-2].value)]
    found = case(*again)
    assert told(found) == [("stale", "skip")]
    assert only(repeated, found).sentence == "A count of TensorFlow repeats the one before it"


def test_a_series_that_often_repeats_itself_may() -> None:
    seen = months((1000, 1000, 1010, 1010, 1010, 1020, 1020), first="2020-01")
    assert said(repeated, case(*[replace(one, value=float(31_000 + at // 2)) for at, one in enumerate(seen)])) == []


def test_small_counts_agree_by_chance_unless_those_of_all_subjects_do() -> None:
    small = [observed(94, "tensorflow", "2019"), observed(94, "tensorflow", "2020")]
    other = [observed(312, "pytorch", "2019"), observed(312, "pytorch", "2020")]
    assert said(repeated, case(*small, period="2020")) == []
    assert said(repeated, case(*small, *other, observed(7, "keras", "2019"), observed(8, "keras", "2020"), period="2020")) == []
    assert [subjects for _, _, subjects, _ in said(repeated, case(*small, *other, period="2020"))] == [
        ("tensorflow",),
        ("pytorch",),
    ]


@pytest.mark.parametrize(("read", "early"), [("2020-01-31", False), ("2020-01-30", True)])
def test_a_count_that_was_read_before_its_window_was_over_is_set_aside(read: str, early: bool) -> None:
    at = dt.datetime.fromisoformat(f"{read}T00:00:00+00:00")
    seen = observed(1000, period="2020-01", metric="downloads", retrieved_at=at)
    assert (said(read_too_early, case(seen)) != []) is early


def shifted(seen: Observation, days: int) -> Observation:
    by = dt.timedelta(days=days)
    return replace(seen, period=Period(seen.period.start + by, seen.period.end + by))


def test_a_window_of_one_subject_alone_is_set_aside() -> None:
    spans = {
        subject: [
            replace(one, period=Period(one.period.start, one.period.start + dt.timedelta(days=28)))
            for one in months(STEADY, subject)
        ]
        for subject in ("tensorflow", "keras", "pytorch")
    }
    spans["keras"][-1] = shifted(spans["keras"][-1], 2)
    found = only(other_windows, case(*(one for series in spans.values() for one in series)))
    assert (found.verdict.value, found.subjects, found.sentence) == (
        "skip",
        ("keras",),
        "A count of Keras is of other days than usual",
    )


def test_a_span_in_a_series_of_calendar_months_is_set_aside() -> None:
    seen = months(STEADY)
    assert said(other_windows, case(*seen)) == []
    assert said(other_windows, case(*seen[:-1], shifted(seen[-1], 3))) == [
        ("skip", "downloads", ("tensorflow",), ["2020-11-04..2020-12-04"])
    ]


@pytest.mark.parametrize(("days", "differs"), [(30, False), (29, False), (28, True), (24, True)])
def test_spans_that_differ_by_more_than_a_twentieth_are_told(days: int, differs: bool) -> None:
    # 29 of 30 is a thirtieth less, 28 a fifteenth
    starts = ["2020-01-02", "2020-02-02", "2020-03-02"]
    seen = [observed(30_000, period=Period.between(one, one + dt.timedelta(days=30)), metric="downloads")
            for one in map(dt.date.fromisoformat, starts)]  # fmt: skip
    first = dt.date(2020, 4, 2)
    last = observed(30_100, period=Period.between(first, first + dt.timedelta(days=days)), metric="downloads")
    found = [one.sentence for one in lengths_differ(case(*seen, last))]
    assert found == (["Counts are of spans that differ in length, and are compared by the day"] if differs else [])


def test_months_of_the_calendar_are_no_spans() -> None:
    assert said(lengths_differ, case(*months((1000, 1000, 1000, 1000), first="2020-11"))) == []
    assert window("2020-11-01", "2020-12-01") == Period.parse("2020-11")
