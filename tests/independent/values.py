"""The plain values the checker works with: windows of whole days and the figures somebody counted over them."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, order=True)
class Window:
    """Whole days, from `start` up to but not including `end`."""

    start: dt.date
    end: dt.date

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def last(self) -> dt.date:
        return self.end - DAY

    @property
    def length(self) -> str:
        """Which unit of the calendar it is: "year", "month", or "span"."""
        if self.start.day == 1 and self.end == _first_of(self.start.year + self.start.month // 12, self.start.month % 12 + 1):
            return "month"
        return (
            "year" if self.start == dt.date(self.start.year, 1, 1) and self.end == dt.date(self.start.year + 1, 1, 1) else "span"
        )

    def before(self) -> Window:
        """The month before a month, the year before a year."""
        return period((self.start - DAY).isoformat()[: 4 if self.length == "year" else 7])

    def year_before(self) -> Window:
        """The same month of the year before; of a year, the year before."""
        return self.before() if self.length == "year" else period(f"{self.start.year - 1}-{self.start.month:02d}")

    def overlaps(self, other: Window) -> bool:
        return self.start < other.end and other.start < self.end

    @property
    def name(self) -> str:
        return f"{self.start.year}" if self.length == "year" else f"{MONTHS[self.start.month - 1]} {self.start.year}"


@dataclass(frozen=True)
class Cell:
    """One published figure. `known` is the day from which anybody could have read it; `base` how many a share is of."""

    metric: str
    subject: str
    window: Window
    value: float
    known: dt.date
    origin: str
    base: int | None = None
    note: str = ""


def period(key: str) -> Window:
    """The year or month that a key ("2020", "2026-10") names."""
    if re.fullmatch(r"\d{4}", key):
        return Window(dt.date(int(key), 1, 1), dt.date(int(key) + 1, 1, 1))
    year, month = (int(part) for part in key.split("-"))
    return Window(_first_of(year, month), _first_of(year, month) + calendar.monthrange(year, month)[1] * DAY)


def day(text: str) -> dt.date:
    """The day of "2021-01-01", or of an instant in UTC on it."""
    return dt.date.fromisoformat(text[:10])


def in_words(date: dt.date) -> str:
    """ "1 Jan 2021"."""
    return f"{date.day} {MONTHS[date.month - 1][:3]} {date.year}"


def _first_of(year: int, month: int) -> dt.date:
    return dt.date(year, month, 1)
