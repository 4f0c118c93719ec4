"""Where time stands on a line chart's axis, and which dates are written under it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from bot.charts.sheet import fitting
from bot.charts.sheet.reading import Reading
from bot.domain.period import Period

FEW: Final = 8
"""Up to this many dates are each written under their own point."""

_AIR_PX: Final = 28
_NEARLY_A_YEAR: Final = dt.timedelta(days=300)
_AFTER_YEARS_END: Final = dt.timedelta(days=30)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Tick:
    """A date on the axis with its words."""

    at: dt.datetime
    text: str


def middle(period: Period) -> dt.datetime:
    """Where a figure of a window stands in time: a year's in July, a day's at noon."""
    return period.start + (period.end - period.start) / 2


def dates(rows: Sequence[Reading]) -> list[dt.datetime]:
    """The distinct dates of a series, in order."""
    return sorted({middle(row.period) for row in rows})


def place(when: dt.datetime, first: dt.datetime, last: dt.datetime, left: float, right: float) -> float:
    """The x of a date between two others; a lone date stands at the right, beside its label."""
    return left + (right - left) * ((when - first) / (last - first)) if last > first else right


def ticks(series: Sequence[Sequence[Reading]], room: float, size: float) -> list[Tick]:
    """
    Labels that fit side by side in `room`: under the points where they are few or yearly, else new years, else months.

    Thinned evenly from the last one back, so that the newest date keeps its label.
    """
    seen = dates([row for rows in series for row in rows])
    fullest = max((dates(rows) for rows in series), key=len)  # sources differ by a day or two: one series gives the labels
    if len(fullest) <= FEW or _yearly(fullest):
        return _short_or_thinned([Tick(at, text) for at, text in zip(fullest, _named(fullest), strict=True)], seen, room, size)
    years = [dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in range(seen[0].year + 1, seen[-1].year + 1)]
    if len(years) > 1:
        return _short_or_thinned([Tick(at, str(at.year)) for at in years], seen, room, size)
    name = _short_month if seen[0].year == seen[-1].year else _month_and_year
    return _thinned([Tick(at, name(at)) for at in _first_of_each_month(seen)], seen, room, size)


def _yearly(seen: Sequence[dt.datetime]) -> bool:
    """A reading of 31 December stands beside the new year's tick and would be taken for the next year's."""
    return len(seen) > 1 and (seen[-1] - seen[0]) / (len(seen) - 1) > _NEARLY_A_YEAR


def ended(seen: Sequence[dt.datetime]) -> str:
    """When a series ended, as its axis would say it: "’24", or "Aug ’19"."""
    return f"’{year_ended(seen[-1])[-2:]}" if _yearly(seen) else _month_and_year(seen[-1])


def _named(seen: Sequence[dt.datetime]) -> list[str]:
    for name in (year_ended, _short_month, _month_and_year, _day) if _yearly(seen) else (_short_month, _month_and_year, _day):
        if len({name(at) for at in seen}) == len(seen) and (name is not _short_month or seen[0].year == seen[-1].year):
            return [name(at) for at in seen]
    return [_day(at) for at in seen]


def year_ended(at: dt.datetime) -> str:
    """A stock read on 8 January is that of the year before."""
    return str((at - _AFTER_YEARS_END).year)


def _short_month(at: dt.datetime) -> str:
    return _MONTHS[at.month - 1]


def _month_and_year(at: dt.datetime) -> str:
    return f"{_short_month(at)} ’{at:%y}"


def _day(at: dt.datetime) -> str:
    return f"{at.day} {_short_month(at)}"


def _first_of_each_month(seen: Sequence[dt.datetime]) -> list[dt.datetime]:
    """The first date in each month, so that a month's name stands under a point and not between two."""
    firsts: dict[tuple[int, int], dt.datetime] = {}
    for at in seen:
        firsts.setdefault((at.year, at.month), at)
    return list(firsts.values())


def _short_or_thinned(found: list[Tick], seen: Sequence[dt.datetime], room: float, size: float) -> list[Tick]:
    """Every year is named if "’23" between the first and the last makes room for it."""
    short = [
        tick if tick in (found[0], found[-1]) or not tick.text.isdigit() else Tick(tick.at, f"’{tick.text[-2:]}")
        for tick in found
    ]
    for one in (found, short):
        if len(kept := _thinned(one, seen, room, size)) == len(one):
            return kept
    return _thinned(found, seen, room, size)


def _thinned(found: list[Tick], seen: Sequence[dt.datetime], room: float, size: float) -> list[Tick]:
    half: Callable[[Tick], float] = lambda tick: fitting.width(tick.text, size) / 2  # noqa: E731
    spot = {tick: place(tick.at, seen[0], seen[-1], 0, room) for tick in found}
    for step in range(1, len(found) + 1):
        kept = found[::-1][::step][::-1]
        if all(spot[after] - spot[before] >= half(before) + half(after) + _AIR_PX for before, after in pairwise(kept)):
            return kept
    return found[-1:]
