"""
Wall times of a place: a cron expression in a time zone.

cronsim reads the expression as Debian's cron does (with a day of the month and a day of the week, either will do, unless one of
them starts with a star) and walks the wall times it names. It is given them without a zone: left alone with one, it goes back
in time where clocks are put back by half an hour (Lord Howe), and answers with what is before the start in a repeated hour.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from bot.domain.words import nearest

_FIELDS: Final = (
    ("minute", "0-59"),
    ("hour", "0-23"),
    ("day-of-month", "1-31, L for the last or LW for the last working day"),
    ("month", "1-12 or JAN-DEC"),
    ("day-of-week", "0-7 or SUN-SAT, MON#1 for the first Monday or 5L for the last Friday of a month"),
)
_SHAPE: Final = (
    'write minute, hour, day of month, month and day of week, such as "0 9 5 * *" (9:00 on the 5th of each month) or '
    '"30 8 * * MON" (8:30 each Monday)'
)
_WRITTEN_OUT: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_LONGEST: Final = 100
_MINUTE: Final = dt.timedelta(minutes=1)
_SOME_DAY: Final = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - a wall time


class BadTiming(ValueError):
    """A key of the table `[schedule]` says what cannot be meant. The text goes on from the key's name."""

    def __init__(self, key: str, what: str) -> None:
        super().__init__(f"{key} {what}")
        self.key = key
        self.what = what


@dataclass(frozen=True)
class CronBell:
    """
    A bell (see bot/domain/schedule.py) that rings at the wall times a cron expression names, by the zones of tzdata.

    Each wall time rings once: one that clocks skip rings with the first minute after the gap, one that they repeat rings the
    first time.

    Raises:
        BadTiming: the expression does not have five fields or never rings; there is no such zone.
    """

    cron: str
    zone: str

    def __post_init__(self) -> None:
        _check_cron(self.cron)
        if self.zone not in _zones():
            hint = nearest(self.zone, _zones(), 0.5)
            raise BadTiming(
                "zone", f'is "{self.zone}", which is no time zone{hint}; write one of tzdata\'s, such as "Europe/Berlin" or "UTC"'
            )

    def at_or_after(self, moment: dt.datetime) -> dt.datetime:
        """The first ring that is not before an instant, in UTC."""
        zone = _zone(self.zone)
        # From a minute before: a ring at the instant itself counts, also one that a gap has moved there.
        start = (moment - _MINUTE).astimezone(zone).replace(tzinfo=None)
        for wall in _walls(self.cron, start):
            ring = _instant(wall, zone)
            if ring >= moment:
                return ring
        raise ValueError(f'"{self.cron}" does not ring in the 50 years after {moment.isoformat()}')

    def __str__(self) -> str:
        """In words: "At 09:00 on the 5th day of every month, Europe/Berlin"."""
        return f"{CronSim(self.cron, _SOME_DAY).explain()}, {self.zone}"


def _walls(cron: str, start: dt.datetime) -> Iterator[dt.datetime]:
    """Wall times after one that an expression names, none of them with a zone; they end after 50 years without one."""
    return CronSim(cron, start)


def _instant(wall: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """When clocks show a wall time for the first time; the first minute after the gap if they never do."""
    while True:
        instant = wall.replace(tzinfo=zone, fold=0).astimezone(dt.UTC)
        if instant.astimezone(zone).replace(tzinfo=None) == wall:
            return instant
        wall += _MINUTE


def _check_cron(cron: str) -> None:
    said, fields = f'is "{cron}"', cron.split()
    if len(cron) > _LONGEST:
        raise BadTiming("cron", f"is {len(cron)} characters long; {_SHAPE}")
    if written_out := _WRITTEN_OUT.get(cron.strip().lower()):
        raise BadTiming("cron", f'{said}; write it out: "{written_out}", or better a time at which figures are settled')
    if len(fields) != len(_FIELDS):
        count = f"{len(fields)} field{'s'[: len(fields) != 1]}"
        seconds = "there are no seconds; " if len(fields) == len(_FIELDS) + 1 else ""
        raise BadTiming("cron", f"{said}, which has {count} instead of five; {seconds}{_SHAPE}")
    for place, (name, allowed) in enumerate(_FIELDS):
        alone = " ".join(field if number == place else "*" for number, field in enumerate(fields))
        if not _reads(alone):
            raise BadTiming("cron", f'{said}: "{fields[place]}" is no {name} ({allowed}); {_SHAPE}')
    if not _reads(cron) or next(_walls(cron, _SOME_DAY), None) is None:
        raise BadTiming("cron", f"{said}, which never rings: no month it names has such a day; {_SHAPE}")


def _reads(cron: str) -> bool:
    try:
        CronSim(cron, _SOME_DAY)
    except CronSimError:
        return False
    return True


@cache
def _zones() -> frozenset[str]:
    """Every zone of tzdata, by name."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


@cache
def _zone(name: str) -> ZoneInfo:
    """A zone as tzdata has it: what `ZoneInfo(name)` finds is the operating system's, of whatever year."""
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
