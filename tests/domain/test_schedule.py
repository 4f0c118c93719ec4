"""A window opens with the first ring after figures are settled, and closes in time for the next."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Final

import pytest

from bot.domain.period import Period, instant
from bot.domain.schedule import Schedule, Window
from bot.recipe.bell import CronBell

HOUR: Final = dt.timedelta(hours=1)
DAY: Final = dt.timedelta(days=1)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def a_schedule(cron: str, zone: str = "UTC", delay: dt.timedelta = DAY, latest: dt.timedelta = 30 * DAY) -> Schedule:
    return Schedule(CronBell(cron, zone), delay, grace=6 * HOUR, latest=latest, patience=3 * HOUR, retry=HOUR)


@dataclass
class Counted:
    """A bell of the house that counts who asks."""

    bell: CronBell
    asked: list[dt.datetime] = field(default_factory=list)

    def at_or_after(self, moment: dt.datetime) -> dt.datetime:
        self.asked.append(moment)
        return self.bell.at_or_after(moment)


@pytest.mark.parametrize(
    ("schedule", "key", "instants"),
    [
        # opens, may be begun until, waits for figures until, closes
        (a_schedule("0 9 5 * *", delay=4 * DAY, latest=21 * DAY), "2026-10",
         ("2026-11-05 09:00", "2026-11-05 15:00", "2026-11-05 12:00", "2026-11-22 00:00")),
        # by latest before the next one opens, or when the next one opens
        (a_schedule("0 9 5 * *", latest=90 * DAY), "2026-10",
         ("2026-11-05 09:00", "2026-11-05 15:00", "2026-11-05 12:00", "2026-12-05 09:00")),
        # a ring in the very instant of delay
        (a_schedule("0 0 5 * *", delay=4 * DAY, latest=21 * DAY), "2026-10",
         ("2026-11-05 00:00", "2026-11-05 06:00", "2026-11-05 03:00", "2026-11-22 00:00")),
        # grace and patience end with the window
        (a_schedule("0 22 * * *", latest=DAY + 24 * HOUR), "2026-10-05",
         ("2026-10-07 22:00", "2026-10-08 00:00", "2026-10-08 00:00", "2026-10-08 00:00")),
        # Berlin's clocks were put forward on 29 March 2026: that day's window has 23 hours
        (a_schedule("0 9 * * *", "Europe/Berlin"), "2026-03-26",
         ("2026-03-28 08:00", "2026-03-28 14:00", "2026-03-28 11:00", "2026-03-29 07:00")),
        # and back on 25 October: 25 hours
        (a_schedule("0 9 * * *", "Europe/Berlin"), "2026-10-22",
         ("2026-10-24 07:00", "2026-10-24 13:00", "2026-10-24 10:00", "2026-10-25 08:00")),
        # week 53 of 2026 ends with 3 January 2027
        (a_schedule("0 9 * * WED", delay=2 * DAY, latest=6 * DAY), "2026-W53",
         ("2027-01-06 09:00", "2027-01-06 15:00", "2027-01-06 12:00", "2027-01-10 00:00")),
        # a leap day's thread
        (a_schedule("0 9 * * *"), "2028-02-29", ("2028-03-02 09:00", "2028-03-02 15:00", "2028-03-02 12:00", "2028-03-03 09:00")),
        (a_schedule("0 9 8 1 *", delay=7 * DAY), "2026",
         ("2027-01-08 09:00", "2027-01-08 15:00", "2027-01-08 12:00", "2027-01-31 00:00")),
    ],
)  # fmt: skip
def test_a_period_has_a_window(schedule: Schedule, key: str, instants: tuple[str, str, str, str]) -> None:
    assert schedule.window(Period.parse(key)) == Window(Period.parse(key), *map(utc, instants))


def test_of_periods_that_share_a_ring_the_newest_is_told() -> None:
    on_weekdays = a_schedule("0 9 * * 1-5")
    # Thursday 1 to Sunday 4 October 2026: settled on Saturday, Sunday, Monday and Tuesday at 0:00.
    found = [on_weekdays.window(Period.parse(f"2026-10-0{day}")) for day in (1, 2, 3, 4)]
    assert [window and f"{window.opens_at:%a %d %H:%M}" for window in found] == [None, None, "Mon 05 09:00", "Tue 06 09:00"]


def test_apia_left_a_day_out_and_its_thread_goes_out_when_the_next_begins() -> None:
    daily = a_schedule("0 9 * * *", "Pacific/Apia", delay=DAY / 4)
    # 28 December ends at 0:00Z of the 29th; 9:00 of the 29th there was 19:00Z. 30 December was not; the 31st began at 10:00Z of the 30th.
    windows = [daily.window(Period.parse(f"2011-12-{day}")) for day in (28, 29, 30)]
    assert [window and f"{window.opens_at:%d %H:%M}" for window in windows] == ["29 19:00", "30 10:00", "31 19:00"]


@pytest.mark.parametrize(
    ("now", "key"),
    [
        ("2026-11-05T08:59:59+00:00", "2026-09"),
        ("2026-11-05T09:00:00+00:00", "2026-10"),
        ("2026-12-05T08:59:59+00:00", "2026-10"),
    ],
)
def test_the_newest_window_is_the_one_that_opened_last(now: str, key: str) -> None:
    schedule = a_schedule("0 9 5 * *", delay=4 * DAY)
    newest = schedule.newest(instant(now), Period.parse("2026-11"))
    assert newest.period == Period.parse(key)
    assert schedule.window_after(newest).period == Period.parse(key).following()


def test_what_shares_a_ring_is_passed_over_in_both_directions() -> None:
    on_weekdays = a_schedule("0 9 * * 1-5")
    monday = on_weekdays.newest(instant("2026-10-05T09:00:00+00:00"), Period.parse("2026-10-02"))
    assert monday.period == Period.parse("2026-09-30")  # looked for from Friday's on, which has none: it opened on Friday
    friday = on_weekdays.newest(instant("2026-10-05T08:00:00+00:00"), Period.parse("2026-10-04"))
    assert (friday.period, on_weekdays.window_after(friday).period) == (Period.parse("2026-09-30"), Period.parse("2026-10-03"))


def test_a_schedule_that_remembers_says_the_same_and_asks_its_bell_once_about_each_instant() -> None:
    bell = Counted(CronBell("0 9 5 * *", "UTC"))
    schedule = replace(a_schedule("0 9 5 * *"), bell=bell).remembering()
    first, again = (schedule.window(Period.parse("2026-10")) for _ in range(2))
    assert first == again == a_schedule("0 9 5 * *").window(Period.parse("2026-10"))
    assert bell.asked == [utc("2026-11-02"), utc("2026-12-02")]
