"""
What is due of 10,000 reports, against loops that only ask when the next ring is.

Each report has a cron expression, a zone, a granularity and a newest turn: of every ten, one is to be begun, one waits for a
person, one was missed and the next is to be begun, and the rest are done. `due` decides about each. The floors ask for one ring
after the same instant: croniter, which reads the expression each time, and APScheduler's CronTrigger, read anew each time, and
kept. All take turns. A decision needs two rings at least, when the newest window opened and when the next one opens, and a third
or fourth for what was missed.
Goal: at most 2 x croniter's loop.

    python -m benchmarks.due [ROUNDS]
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import cycle, islice, product

from apscheduler.triggers.cron import CronTrigger
from croniter import croniter

from benchmarks.timing import report as told
from bot.domain.period import Granularity, Period
from bot.domain.report import Report
from bot.domain.schedule import Schedule
from bot.domain.turn import Last, Turn, TurnState, due
from bot.recipe.bell import CronBell

_GOAL = 2.0
_COUNT = 10_000
_DAY = dt.timedelta(days=1)
_NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
_CRONS = {
    Granularity.MONTH: [f"{minute} {hour} {day} * *" for minute, hour, day in product((0, 30), (6, 9, 14), (5, 6, 7, 8))],
    Granularity.WEEK: [f"{minute} {hour} * * {day}" for minute, hour, day in product((0, 30), (6, 9, 14), ("WED", "THU"))],
    Granularity.DAY: [f"{minute} {hour} * * *" for minute, hour in product((0, 15, 30, 45), (6, 7, 9, 14))],
    Granularity.YEAR: [f"{minute} {hour} {day} 1 *" for minute, hour, day in product((0, 30), (6, 9), (8, 9, 10))],
}
_ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Kathmandu")
_LENGTHS = {Granularity.YEAR: 60, Granularity.MONTH: 21, Granularity.WEEK: 6, Granularity.DAY: 3}


def main(rounds: int) -> None:
    reports = _reports()
    known = [_last(report, number) for number, report in enumerate(reports)]
    bells = [report.schedule.bell for report in reports if report.schedule is not None]
    assert all(isinstance(bell, CronBell) for bell in bells)
    zones = {name: CronTrigger.from_crontab("0 0 * * *", timezone=name).timezone for name in _ZONES}
    rings = [(bell.cron, zones[bell.zone]) for bell in bells if isinstance(bell, CronBell)]
    triggers = [CronTrigger.from_crontab(cron, timezone=zone) for cron, zone in rings]

    def decide() -> int:
        found = [due(report, _NOW, last) for report, last in zip(reports, known, strict=True)]
        return sum(one.begin is not None or bool(one.missed) for one in found)

    def ask_croniter() -> int:
        return sum(croniter(cron, _NOW.astimezone(zone)).get_next(dt.datetime) > _NOW for cron, zone in rings)

    def ask_new_triggers() -> int:
        return sum(CronTrigger.from_crontab(cron, timezone=zone).get_next_fire_time(None, _NOW) > _NOW for cron, zone in rings)

    def ask_triggers() -> int:
        return sum(trigger.get_next_fire_time(None, _NOW) > _NOW for trigger in triggers)

    seconds = _race(
        {
            "croniter": ask_croniter,
            "CronTrigger, read anew": ask_new_triggers,
            "CronTrigger, kept": ask_triggers,
            f"due of {_COUNT:,} reports": decide,
        },
        rounds,
    )
    told(seconds, "croniter", _GOAL)
    print(f"{decide():,} of them to be begun or missed")


def _race(loops: dict[str, Callable[[], int]], rounds: int) -> dict[str, Sequence[float]]:
    """Seconds of this process's own time per loop and round, the loops taking turns: other processes do not count."""
    seconds: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(rounds):
        for name, loop in loops.items():
            begun = time.process_time()
            loop()
            seconds[name].append(time.process_time() - begun)
    return dict(seconds)


def _reports() -> list[Report]:
    kinds = [(granularity, cron, zone) for granularity, crons in _CRONS.items() for cron in crons for zone in _ZONES]
    return [
        Report(f"report-{number}", "Report", "x", granularity, {}, {}, (), (), (), schedule=_schedule(granularity, cron, zone))
        for number, (granularity, cron, zone) in enumerate(islice(cycle(kinds), _COUNT))
    ]


def _schedule(granularity: Granularity, cron: str, zone: str) -> Schedule:
    delay = _DAY if granularity is Granularity.DAY else 2 * _DAY
    return Schedule(CronBell(cron, zone), delay, _DAY / 4, _LENGTHS[granularity] * _DAY, _DAY / 8, _DAY / 24)


def _last(report: Report, number: int) -> Last:
    """Of ten, one whose newest turn is the one before, one that waits, one that nobody began for two periods, and seven done."""
    assert report.schedule is not None
    newest = report.schedule.newest(_NOW, Period.newest_complete(report.granularity, _NOW))
    before = {0: 1, 1: 0, 2: 2}.get(number % 10, 0)
    period = newest.period
    for _ in range(before):
        period = period.previous()
    state = TurnState.WAITING if number % 10 == 1 else TurnState.PUBLISHED
    return Last(_NOW - 1000 * _DAY, (Turn(report.key, "x", replace(newest, period=period), state),))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
