"""
The table `[schedule]` of a recipe as a Schedule.

What contradicts itself is refused, also if it does in some period only of the years that are looked through.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Final

from bot.domain.period import Granularity, Period
from bot.domain.schedule import Mode, Schedule, Window
from bot.recipe.bell import BadTiming, CronBell
from bot.recipe.file import ScheduleTable

_DEFAULTS: Final[Mapping[Granularity, Mapping[str, str]]] = {
    Granularity.YEAR: {"delay": "4d", "grace": "1d", "latest": "60d", "patience": "12h", "retry": "1h"},
    Granularity.MONTH: {"delay": "4d", "grace": "1d", "latest": "21d", "patience": "12h", "retry": "1h"},
    Granularity.WEEK: {"delay": "2d", "grace": "1d", "latest": "6d", "patience": "12h", "retry": "1h"},
    # A day's thread is outdated by the next one: `latest` is for those that wait over a weekend.
    Granularity.DAY: {"delay": "1d", "grace": "6h", "latest": "3d", "patience": "3h", "retry": "1h"},
}
"""Figures are settled 4 days after a month (docs/sources.md, `threadmill sources`), and a day's on the day after the next."""

_UNITS: Final = {"weeks": "w", "days": "d", "hours": "h", "minutes": "m"}
_DURATION: Final = re.compile(r" ?".join(rf"(?:(?P<{name}>\d{{1,5}}){letter})?" for name, letter in _UNITS.items()), re.ASCII)
_NOTHING: Final = dt.timedelta(0)
_SHORTEST_RETRY: Final = dt.timedelta(minutes=5)
_LONGEST: Final = dt.timedelta(days=400)

_FIRST, _LAST = dt.date(2020, 1, 1), dt.date(2032, 1, 1)
"""Leap years, years of 53 weeks, and every day of the week as New Year's Day."""
_MOST_WINDOWS: Final = 366
_MOST_SHARING: Final = 31
"""A day's report may ring once a month. Who looks for the newest window goes back over those that share its ring, one by one."""


def schedule(table: ScheduleTable, granularity: Granularity) -> Schedule:
    """
    When a report of a granularity goes out.

    Raises:
        BadTiming: a key cannot be read, or contradicts the others.
    """
    written = {name: getattr(table, name) or default for name, default in _DEFAULTS[granularity].items()}
    spans = {name: _span(name, text) for name, text in written.items()}
    made = Schedule(CronBell(table.cron, table.zone), mode=Mode(table.mode), **spans)
    _check_spans(made)
    _check_windows(made, table.cron, granularity)
    return made


def duration(text: str) -> dt.timedelta:
    """
    What "90m", "36h", "4d", "2w" or "1d 12h" stand for: the largest unit first, each once.

    Raises:
        ValueError: it is none of these.
    """
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValueError(f'"{text}" is no duration; write 90m, 36h, 4d, 2w or "1d 12h"')
    return dt.timedelta(**{name: int(count) for name, count in match.groupdict().items() if count})


def in_words(span: dt.timedelta) -> str:
    """A duration as a recipe has it, in days, hours and minutes: "1d 12h"."""
    hours, minutes = divmod(round(span / dt.timedelta(minutes=1)), 60)
    days, hours = divmod(hours, 24)
    return " ".join(f"{count}{unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "m")) if count) or "0h"


def _span(name: str, text: str) -> dt.timedelta:
    try:
        span = duration(text)
    except ValueError as error:
        raise BadTiming(name, f"is wrong: {error}") from None
    if span > _LONGEST:
        raise BadTiming(name, f"is {text}; more than {in_words(_LONGEST)} cannot be meant")
    return span


def _check_spans(made: Schedule) -> None:
    if made.latest <= made.delay:
        raise BadTiming(
            "latest",
            f"is {in_words(made.latest)} after the period's end, not later than delay ({in_words(made.delay)}): nothing could go "
            "out; raise latest, or lower delay",
        )
    if made.grace == _NOTHING:
        raise BadTiming("grace", "is nothing: a turn could be begun in that very instant only; write how late it may begin")
    if made.patience == _NOTHING:
        raise BadTiming(
            "patience", "is nothing: a source that is down for a minute would cost its posts; write how long they are waited for"
        )
    if made.retry < _SHORTEST_RETRY:
        raise BadTiming("retry", f"is {in_words(made.retry)}; services are not asked more often than every 5m")
    if made.retry > made.patience:
        raise BadTiming(
            "retry", f"is {in_words(made.retry)}, longer than patience ({in_words(made.patience)}): it would never come"
        )


@lru_cache(maxsize=64)
def _check_windows(made: Schedule, cron: str, granularity: Granularity) -> None:
    """Once for a schedule: it takes longer than the rest of a recipe, and whoever sees to reports reads them again and again."""
    windows = list(islice(_windows(made.remembering(), cron, granularity), _MOST_WINDOWS))
    for window in windows:
        after = window.opens_at - window.period.end
        if after >= made.latest:
            raise BadTiming(
                "cron",
                f'is "{cron}", which rings {in_words(after)} after the end of {window.period.name} for the first time since '
                f"delay ({in_words(made.delay)}) is over; nobody wants to read it from latest ({in_words(made.latest)}) on. "
                "Choose an earlier ring, lower delay or raise latest",
            )
    shortest = min(windows, key=lambda window: window.closes_at - window.opens_at)
    length = shortest.closes_at - shortest.opens_at
    for name, span in (("grace", made.grace), ("patience", made.patience)):
        if span > length:
            raise BadTiming(
                name,
                f"is {in_words(span)}, longer than the window of {shortest.period.name}, which is over after {in_words(length)}: "
                "with latest, or when the next one opens",
            )


def _windows(made: Schedule, cron: str, granularity: Granularity) -> Iterator[Window]:
    """The windows of some years, found from ring to ring: periods that share one are passed over."""
    period = Period.containing(granularity, _FIRST)
    while period.end.date() < _LAST:
        opens_at = made.bell.at_or_after(period.end + made.delay)
        told = Period.newest_complete(granularity, opens_at - made.delay)
        sharing = 1 + round((told.end - period.end) / (period.end - period.start))
        if sharing > _MOST_SHARING:
            raise BadTiming(
                "cron",
                f'is "{cron}", which rings so seldom that {sharing} {granularity}s would share one thread, that of the newest; '
                "write a cron that rings more often, or another granularity",
            )
        if (window := made.window(told)) is not None:
            yield window
        period = told.following()
