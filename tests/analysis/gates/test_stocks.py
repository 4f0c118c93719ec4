"""A stock that goes back in one step, stands still or is dated otherwise."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bot.analysis.gates.stocks import dated_otherwise, falls, stood_still
from tests.analysis.gates.words import case, months, only, said, told
from tests.builders import a_break


def stars(*values: float) -> list:  # type: ignore[type-arg]
    return months(values, metric="stars")


@pytest.mark.parametrize(("value", "held"), [(10_000, False), (9_800, False), (9_799, True)])
def test_a_stock_that_falls_by_more_than_two_percent_is_held(value: float, held: bool) -> None:
    expected = [("hold", "stars", ("tensorflow",), ["2020-04-30"])] if held else []
    assert said(falls, case(*stars(9_800, 9_900, 10_000, value))) == expected


def test_a_fall_that_was_made_good_is_a_wrong_reading() -> None:
    found = case(*stars(9_900, 10_000, 8_000, 8_050, 10_100))
    assert told(found) == [("fall", "skip")]
    assert said(falls, found) == [("skip", "stars", ("tensorflow",), ["2020-03-31", "2020-04-30"])]


def test_an_old_fall_is_a_break_that_is_told() -> None:
    found = only(falls, case(*stars(9_900, 10_000, 8_000, 8_050, 8_100)))
    assert (found.verdict.value, found.across and found.across.date().isoformat()) == ("caveat", "2020-03-01")
    assert found.sentence == "The sum for TensorFlow went back in one step, which looks like a recount"
    assert found.why == (
        "Stars of tensorflow: 10,000 on 2020-02-29 and 8,000 on 2020-03-31, 20.0% down, and no break is declared; "
        "a sum of all does not fall: it is counted another way"
    )


def test_a_declared_break_explains_a_fall() -> None:
    assert said(falls, case(*stars(9_900, 10_000, 8_000), breaks=[a_break("2020-03-15")])) == []


def test_what_is_counted_over_windows_may_fall() -> None:
    assert said(falls, case(*months((1000, 900)))) == []


@pytest.mark.parametrize(("pace", "aside"), [(9, False), (10, True)])
def test_a_stock_that_stands_still_where_ten_more_were_to_come_is_set_aside(pace: int, aside: bool) -> None:
    # read on 31 March and, to the digit, on 30 April; in the 60 days from 31 January on twice `pace` came: in 30, once
    seen = months((10_000, 10_000 + pace, 10_000 + 2 * pace, 10_000 + 2 * pace), metric="stars")
    expected = [("skip", "stars", ("tensorflow",), ["2020-04-30"])] if aside else []
    assert said(stood_still, case(*seen)) == expected


def test_no_pace_is_taken_from_before_a_declared_break() -> None:
    seen = months((10_000, 10_100, 10_200, 10_200), metric="stars")
    assert said(stood_still, case(*seen, breaks=[a_break("2020-03-15")])) == []


@pytest.mark.parametrize(("days", "aside"), [(3, False), (4, True)])
def test_a_reading_that_came_out_days_later_than_the_others_did_is_set_aside(days: int, aside: bool) -> None:
    seen = months((10_000, 10_010, 10_020, 10_030, 10_040, 10_050, 10_060), metric="stars")  # each comes out a day after its end
    late = replace(seen[-1], retrieved_at=seen[-1].period.end + dt.timedelta(days=days))
    expected = [("skip", "stars", ("tensorflow",), ["2020-07-31"])] if aside else []
    assert said(dated_otherwise, case(*seen[:-1], late)) == expected
