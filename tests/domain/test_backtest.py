"""Which periods a range holds, and when each would have been told."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.backtest import Outcome, Row, Tried, known_by, periods_within
from bot.domain.period import Granularity, Period
from bot.domain.schedule import Schedule
from bot.recipe.bell import CronBell
from tests.builders import FEW, a_report

DAY = dt.timedelta(days=1)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def keys(granularity: Granularity, start: str, end: str) -> list[str]:
    return [period.key for period in periods_within(granularity, utc(start), utc(end))]


@pytest.mark.parametrize(
    ("granularity", "start", "end", "expected"),
    [
        (Granularity.YEAR, "2018-02-01", "2021-04-01", ["2019", "2020"]),
        (Granularity.YEAR, "2018-01-01", "2019-01-01", ["2018"]),
        (Granularity.YEAR, "2018-01-02", "2019-12-31", []),
        (Granularity.MONTH, "2020-01-01", "2020-04-01", ["2020-01", "2020-02", "2020-03"]),
        (Granularity.MONTH, "2020-12-28", "2021-02-28", ["2021-01"]),
        (Granularity.WEEK, "2020-12-01", "2021-01-11", ["2020-W50", "2020-W51", "2020-W52", "2020-W53", "2021-W01"]),
    ],
)
def test_a_range_means_the_periods_wholly_within(granularity: Granularity, start: str, end: str, expected: list[str]) -> None:
    assert keys(granularity, start, end) == expected


@FEW
@given(
    st.sampled_from([Granularity.YEAR, Granularity.MONTH, Granularity.WEEK]),
    st.dates(dt.date(1990, 1, 1), dt.date(2030, 1, 1)),
    st.timedeltas(dt.timedelta(0), dt.timedelta(days=1500)),
)
def test_the_periods_of_a_range_follow_each_other_and_none_is_left_out(
    granularity: Granularity, day: dt.date, length: dt.timedelta
) -> None:
    start = utc(day.isoformat()) + length / 7
    end = start + length
    found = periods_within(granularity, start, end)
    assert all(start <= one.start and one.end <= end for one in found)
    assert all(one.following() == other for one, other in pairwise(found))
    if found:
        assert found[0].previous().start < start
        assert found[-1].following().end > end


def test_without_a_schedule_a_period_is_told_a_week_after_its_end() -> None:
    assert known_by(a_report(), Period.year(2020)) == utc("2021-01-08")


def test_with_one_it_is_told_when_its_window_opens() -> None:
    schedule = Schedule(CronBell("0 6 5 * *", "UTC"), 4 * DAY, 2 * DAY, 21 * DAY, DAY, DAY)
    assert known_by(a_report(schedule=schedule), Period.month(2020, 2)) == utc("2020-03-05T06:00")


def test_of_periods_that_share_a_ring_the_last_one_is_told() -> None:
    yearly = Schedule(CronBell("0 6 1 12 *", "UTC"), DAY, DAY, 400 * DAY, DAY, DAY)
    report = a_report(schedule=yearly)
    assert known_by(report, Period.month(2020, 3)) is None
    assert known_by(report, Period.month(2020, 10)) == utc("2020-12-01T06:00")


def test_what_was_tried_is_recorded_without_its_time_and_read_back() -> None:
    row = Row("post", "opening", "printed", "Words", width=12, evidence=3)
    tried = Tried(
        "2020", "2021-01-08", Outcome.TOLD, "", (row,), (("opening", "images/01-1.png"),), "d1", fresh=True, seconds=2.5
    )
    assert Tried.recorded(tried.record()) == replace(tried, fresh=False, seconds=0.0)
