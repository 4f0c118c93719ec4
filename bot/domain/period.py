"""Half-open intervals of UTC time, and the keys that name the calendar ones."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")
"""`fromisoformat` also takes 20210101 and 2021-W01, which a person may have meant as a number or a week."""
_MONTHS = ("January", "February", "March", "April", "May", "June", "July",
           "August", "September", "October", "November", "December")  # fmt: skip


class Granularity(StrEnum):
    """The calendar unit a period is one of; a SPAN is any other interval."""

    YEAR = "year"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    SPAN = "span"


@dataclass(frozen=True, order=True)
class Period:
    """
    From `start` up to but not including `end`, both aware and in UTC.

    The key of a calendar period ("2020", "2026-10", "2026-W47", "2026-10-05") reads back with `parse`; a span's key is
    its two instants joined by "..".
    """

    start: dt.datetime
    end: dt.datetime

    def __post_init__(self) -> None:
        for name, instant in (("start", self.start), ("end", self.end)):
            if instant.tzinfo is not dt.UTC and instant.utcoffset() != dt.timedelta(0):  # of a naive one it is None
                raise ValueError(f"{name} {instant.isoformat()} is not in UTC; write it as a date or with a +00:00 offset")
        if self.end <= self.start:
            raise ValueError(f"the period ends ({_iso(self.end)}) before it has begun ({_iso(self.start)})")

    @classmethod
    def parse(cls, key: str) -> Period:
        """
        The calendar period a key names.

        Raises:
            ValueError: the key is not of a known form or names no real date.
        """
        try:
            return cls._parsed(key)
        except (ValueError, OverflowError) as error:
            raise ValueError(f'"{key}" names no period: {error}') from None

    @classmethod
    def _parsed(cls, key: str) -> Period:
        if match := re.fullmatch(r"(\d{4})", key, re.ASCII):
            return cls.year(int(match[1]))
        if match := re.fullmatch(r"(\d{4})-(\d{2})", key, re.ASCII):
            return cls.month(int(match[1]), int(match[2]))
        if match := re.fullmatch(r"(\d{4})-W(\d{2})", key, re.ASCII):
            return cls.week(int(match[1]), int(match[2]))
        if match := re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", key, re.ASCII):
            return cls.day(dt.date(int(match[1]), int(match[2]), int(match[3])))
        raise ValueError("write a year (2020), a month (2026-10), a week (2026-W47) or a day (2026-10-05)")

    @classmethod
    def year(cls, year: int) -> Period:
        return cls.between(dt.date(year, 1, 1), dt.date(year + 1, 1, 1))

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        return cls.between(dt.date(year, month, 1), dt.date(year + month // 12, month % 12 + 1, 1))

    @classmethod
    def week(cls, iso_year: int, iso_week: int) -> Period:
        """An ISO 8601 week, Monday to Sunday."""
        monday = dt.date.fromisocalendar(iso_year, iso_week, 1)
        return cls.between(monday, monday + dt.timedelta(days=7))

    @classmethod
    def day(cls, date: dt.date) -> Period:
        return cls.between(date, date + dt.timedelta(days=1))

    @classmethod
    def between(cls, start: dt.date, end: dt.date) -> Period:
        """From the first instant of one UTC day up to the first instant of another."""
        return cls(_midnight(start), _midnight(end))

    @classmethod
    def newest_complete(cls, granularity: Granularity, now: dt.datetime) -> Period:
        """The last calendar period that had wholly passed at `now`."""
        date = now.astimezone(dt.UTC).date()
        return cls.containing(granularity, date).previous()

    @classmethod
    def containing(cls, granularity: Granularity, date: dt.date) -> Period:
        """The calendar period of one kind that a UTC day lies in."""
        match granularity:
            case Granularity.YEAR:
                return cls.year(date.year)
            case Granularity.MONTH:
                return cls.month(date.year, date.month)
            case Granularity.WEEK:
                iso = date.isocalendar()
                return cls.week(iso.year, iso.week)
            case Granularity.DAY:
                return cls.day(date)
            case Granularity.SPAN:
                raise ValueError("a span is not a calendar period: there is no newest one")

    @cached_property
    def granularity(self) -> Granularity:
        """Which calendar unit this is, or SPAN."""
        if not (self._starts_at_midnight and self._ends_at_midnight):
            return Granularity.SPAN
        first, end = self.start, self.end
        match (end - first).days:
            case 1:
                return Granularity.DAY
            case 7 if first.isoweekday() == 1:
                return Granularity.WEEK
            case 28 | 29 | 30 | 31 if first.day == end.day == 1:
                return Granularity.MONTH
            case 365 | 366 if first.month == first.day == end.month == end.day == 1:
                return Granularity.YEAR
        return Granularity.SPAN

    @property
    def key(self) -> str:
        """The id of the period: short for calendar periods, both instants for a span."""
        first = self.start.date()
        match self.granularity:
            case Granularity.YEAR:
                return f"{first.year:04d}"
            case Granularity.MONTH:
                return f"{first.year:04d}-{first.month:02d}"
            case Granularity.WEEK:
                iso = first.isocalendar()
                return f"{iso.year:04d}-W{iso.week:02d}"
            case Granularity.DAY:
                return first.isoformat()
            case Granularity.SPAN:
                return f"{_iso(self.start)}..{_iso(self.end)}"

    @property
    def name(self) -> str:
        """In words: "2020", "October 2026", "week 47 of 2026", "5 Oct 2026" (of a part of it, too), or a span's two days."""
        first = self.start.date()
        match self.granularity:
            case Granularity.YEAR:
                return f"{first.year}"
            case Granularity.MONTH:
                return f"{_MONTHS[first.month - 1]} {first.year}"
            case Granularity.WEEK:
                iso = first.isocalendar()
                return f"week {iso.week} of {iso.year}"
            case Granularity.DAY:
                return date_in_words(first)
            case Granularity.SPAN if first == self.last_day:
                return date_in_words(first)
            case Granularity.SPAN:
                return f"{date_in_words(first)} to {date_in_words(self.last_day)}"

    @property
    def days(self) -> float:
        """Length in days."""
        return (self.end - self.start) / dt.timedelta(days=1)

    @property
    def last_day(self) -> dt.date:
        """The last UTC day any part of which lies inside."""
        return (self.end - dt.timedelta(microseconds=1)).date()

    def previous(self) -> Period:
        """The calendar period before this one; for a span, the interval of equal length that ends where it starts."""
        granularity = self.granularity
        if granularity is Granularity.SPAN:
            return Period(self.start - (self.end - self.start), self.start)
        return Period.containing(granularity, self.start.date() - dt.timedelta(days=1))

    def following(self) -> Period:
        """The calendar period after this one; for a span, the interval of equal length that starts where it ends."""
        granularity = self.granularity
        if granularity is Granularity.SPAN:
            return Period(self.end, self.end + (self.end - self.start))
        return Period.containing(granularity, self.end.date())

    def year_before(self) -> Period:
        """
        The period one year earlier: the same month, week or day of the year before.

        29 February and ISO week 53 have no like in most years; they answer with 28 February and week 52.
        """
        first = self.start.date()
        match self.granularity:
            case Granularity.WEEK:
                iso = first.isocalendar()
                last_week = dt.date(iso.year - 1, 12, 28).isocalendar().week
                return Period.week(iso.year - 1, min(iso.week, last_week))
            case Granularity.SPAN:
                start = _same_day_last_year(self.start)
                end = _same_day_last_year(self.end)
                return Period(start, end if start < end else start + (self.end - self.start))  # hours around 29 February
            case granularity:
                return Period.containing(granularity, _same_day_last_year(self.start).date())

    def contains(self, other: Period) -> bool:
        """Whether all of another period lies inside this one."""
        return self.start <= other.start and other.end <= self.end

    @property
    def _starts_at_midnight(self) -> bool:
        return self.start.time() == dt.time(0)

    @property
    def _ends_at_midnight(self) -> bool:
        return self.end.time() == dt.time(0)

    def __str__(self) -> str:
        return self.name


def date_in_words(date: dt.date) -> str:
    """ "1 Jan 2021": unambiguous on both sides of the Atlantic, and short."""
    return f"{date.day} {_MONTHS[date.month - 1][:3]} {date.year}"


def instant(text: str) -> dt.datetime:
    """
    An ISO 8601 date (its first instant in UTC) or date-time with an offset, as an aware UTC instant.

    Raises:
        ValueError: not ISO 8601, or a time of day without an offset, which could mean any of 38 instants.
    """
    no_date = ValueError(f'"{text}" is not an ISO date; write 2021-01-01 or 2021-01-01T06:00:00+00:00')
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise no_date from None
    if moment.tzinfo is None and ("T" in text or len(text) > len("2021-01-01")):
        raise ValueError(f'"{text}" has a time of day but no offset; add one, for instance {text}+00:00')
    if not _DATE.match(text):
        raise no_date
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


def _same_day_last_year(moment: dt.datetime) -> dt.datetime:
    try:
        return moment.replace(year=moment.year - 1)
    except ValueError:  # 29 February
        return moment.replace(year=moment.year - 1, day=28)


def _midnight(date: dt.date) -> dt.datetime:
    return dt.datetime(date.year, date.month, date.day, tzinfo=dt.UTC)


def _iso(moment: dt.datetime) -> str:
    return moment.date().isoformat() if moment.time() == dt.time(0) else moment.isoformat()
