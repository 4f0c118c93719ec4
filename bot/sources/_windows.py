"""The windows a live source is asked for, and totals of whole windows only. Shared by the rooms that ask services."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Final

from bot.domain.measure import Status
from bot.domain.period import Granularity, Period, date_in_words

EARLIEST: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
LATEST: Final = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
"""What a person gives is of these years, as periods are: the calendar has nothing before a window in the year 1."""
_MUCH: Final = 100
"""From so many a day on (by the median day of the window), a day with nothing at all is a fault of the counting."""


def compared(period: Period) -> list[Period]:
    """A period, the one before and the one of a year before, oldest first and each once."""
    return sorted({period.year_before(), period.previous(), period})


def since_a_year(period: Period) -> list[Period]:
    """Every period of the same kind from that of a year before up to this one, oldest first; of a span, as `compared`."""
    if period.granularity is Granularity.SPAN:  # one before the other, spans seldom meet that of a year before
        return compared(period)
    first = period.year_before()
    found = [period]
    while found[0].start > first.start:
        found.insert(0, found[0].previous())
    return found


def last_month(period: Period) -> Period:
    """The newest calendar month that ends no later than a period."""
    month = Period.containing(Granularity.MONTH, period.last_day)
    return month if month.end <= period.end else month.previous()


def status(ended_at: dt.datetime, settled_after: dt.timedelta, read_at: dt.datetime) -> Status:
    """What a figure is that still changes for a while after its window has ended: provisional, and from then on measured."""
    return Status.MEASURED if read_at >= ended_at + settled_after else Status.PROVISIONAL


def keep_days(ended_at: dt.datetime, settled_after: dt.timedelta, now: dt.datetime, most: int = 30) -> int:
    """
    For how many days an answer about a window may serve again: for none older than the figures are settled, nor than `most`.

    An answer from before, which was kept too, would else be taken for a settled one.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return max(0, min(most, (midnight - ended_at - settled_after).days))


def so_far(at: dt.datetime) -> Period:
    """The UTC day of a reading up to its instant, for a stock; at midnight, all of the day before."""
    moment = at.astimezone(dt.UTC)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return Period(midnight if midnight < moment else midnight - dt.timedelta(days=1), moment)


def days(window: Period) -> list[dt.date]:
    """Its UTC days in order."""
    first = window.start.date()
    return [first + dt.timedelta(days=number) for number in range((window.last_day - first).days + 1)]


def totals(by_day: Mapping[dt.date, int], windows: Sequence[Period]) -> Iterator[tuple[Period, int | str]]:
    """
    For each window the sum over its days, or in words why there is none.

    A day that is not there, or is nought in the midst of many, would make the sum too small, and nobody could see it.
    """
    for window in windows:
        counted = {day: by_day.get(day) for day in days(window)}
        absent = [day for day, count in counted.items() if count is None]
        there = [count for count in counted.values() if count is not None]
        empty = [day for day, count in counted.items() if count == 0]
        if absent:
            yield window, f"{_days(absent)} not there, and a sum without would be too small"
        elif empty and median(there) >= _MUCH:
            yield window, f"{_days(empty)} nought, which is a fault of the counting"
        else:
            yield window, sum(there)


def _days(found: Sequence[dt.date]) -> str:
    if len(found) == 1:
        return f"{date_in_words(found[0])} is"
    return f"{len(found)} days from {date_in_words(found[0])} to {date_in_words(found[-1])} are"
