"""What is settled is kept, what is not is provisional and asked for again; and the windows a report is compared with."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.domain.measure import Status
from bot.domain.period import Period
from bot.sources import _windows

ENDED = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
WEEK = dt.timedelta(days=7)


@pytest.mark.parametrize(
    ("now", "days"),
    [
        ("2026-10-05T06:00", 0),
        ("2026-11-07T23:59", 0),
        ("2026-11-08T00:00", 0),  # settled just now: an answer of today is as good as a new one, one of yesterday is not
        ("2026-11-09T00:00", 1),
        ("2026-11-09T23:59", 1),
        ("2026-12-07T12:00", 29),
        ("2026-12-08T00:00", 30),
        ("2027-12-08T00:00", 30),
    ],
)
def test_no_answer_is_kept_from_before_its_figures_were_settled(now: str, days: int) -> None:
    assert _windows.keep_days(ENDED, WEEK, dt.datetime.fromisoformat(f"{now}+00:00")) == days


@pytest.mark.parametrize(
    ("now", "days"), [("2026-11-17T23:59", 0), ("2026-11-18T00:00", 0), ("2026-11-18T23:59", 0), ("2026-11-19T00:00", 1)]
)
def test_a_day_on_which_figures_were_settled_late_is_not_kept(now: str, days: int) -> None:
    """Opened on 3 November at 15:00, settled on the 17th at 15:00: the 18th is the first day whose every answer is settled."""
    opened_at = dt.datetime(2026, 11, 3, 15, 0, tzinfo=dt.UTC)
    at = dt.datetime.fromisoformat(f"{now}+00:00")
    assert _windows.keep_days(opened_at, dt.timedelta(days=14), at) == days


def test_a_room_may_keep_for_fewer_days() -> None:
    assert _windows.keep_days(ENDED, WEEK, dt.datetime(2027, 1, 1, tzinfo=dt.UTC), 7) == 7


def test_a_figure_is_provisional_until_the_instant_it_is_settled() -> None:
    settled_at = dt.datetime(2026, 11, 8, tzinfo=dt.UTC)
    assert _windows.status(ENDED, WEEK, settled_at - dt.timedelta(seconds=1)) == Status.PROVISIONAL
    assert _windows.status(ENDED, WEEK, settled_at) == Status.MEASURED


def test_a_span_has_the_windows_it_is_compared_with_for_its_like_do_not_meet_that_of_a_year_before() -> None:
    quarter = Period.between(dt.date(2026, 7, 1), dt.date(2026, 10, 1))
    assert _windows.since_a_year(quarter) == [
        Period.between(dt.date(2025, 7, 1), dt.date(2025, 10, 1)),
        Period.between(dt.date(2026, 3, 31), dt.date(2026, 7, 1)),
        quarter,
    ]


@pytest.mark.parametrize(
    ("period", "month"), [("2026-10", "2026-10"), ("2025", "2025-12"), ("2026-W40", "2026-09"), ("2026-10-31", "2026-10")]
)
def test_the_last_month_is_over_when_the_period_is(period: str, month: str) -> None:
    assert _windows.last_month(Period.parse(period)) == Period.parse(month)
