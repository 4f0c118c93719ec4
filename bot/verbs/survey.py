"""How the bot stands: what is scheduled, what became of it, what it cost, how old the figures are; and whether all is well."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot import wiring
from bot.domain.period import Period
from bot.domain.report import Report
from bot.domain.schedule import Mode, Schedule, Window
from bot.domain.turn import Turn, TurnState
from bot.ports import Counts, Store

LOOK_OVERDUE: Final = dt.timedelta(minutes=5)
"""Looks come every half minute."""
TURN_OVERDUE: Final = dt.timedelta(minutes=30)
"""How late a turn may be begun, or given up, before somebody should look why: others may be at work, two at a time."""
CHORE_OVERDUE: Final = dt.timedelta(days=2)
"""Chores are done daily, so this is a day too late."""


@dataclass(frozen=True)
class Scheduled:
    """
    A report on a network: what is done with its threads, the window that opened last, when the next opens, and its turns: the
    newest, and those that are not over. `overdue` says in words what should have happened by now, and is empty if nothing should.
    """

    report: str
    network: str
    mode: Mode
    window: Window
    opens_at: dt.datetime
    newest: Turn | None
    open_turns: tuple[Turn, ...]
    overdue: str


@dataclass(frozen=True)
class Survey:
    """Everything an operator may want to know, as of `at`. `problems` are recipes that cannot be read, by report."""

    at: dt.datetime
    scheduled: tuple[Scheduled, ...]
    counts: Counts
    chores: Mapping[str, dt.datetime]
    problems: Mapping[str, str]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, in words."""

    ok: bool
    words: str


@dataclass(frozen=True)
class Health:
    """Whether all is well, and each thing that was looked at, by name."""

    checks: Mapping[str, Check]

    @property
    def ok(self) -> bool:
        """Nobody has to be woken."""
        return all(check.ok for check in self.checks.values())


_NOTHING: Final = Counts({}, {}, {}, {}, {}, frozenset(), 0, None)


def survey() -> Survey:
    """
    How everything stands, with the recipes as they are now.

    Raises:
        BadInput: a setting names a report there is not. BadStore: as the store says.
    """
    house = wiring.house()
    reports, problems = wiring.scheduled(house)
    with wiring.kept(house) as store:
        return survey_of(reports, problems, store, house.now if store is None else store.now())


def survey_of(reports: Sequence[Report], problems: Mapping[str, str], store: Store | None, now: dt.datetime) -> Survey:
    """
    How everything stands, with recipes that were read before. Without a store nothing was begun yet.

    Raises:
        BadStore: as the store says.
    """
    month = now.astimezone(dt.UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    scheduled = [
        _scheduled(report, report.schedule, store.rota.turns(report.key, report.network) if store else (), now)
        for report in reports
        if report.schedule is not None
    ]
    counts, chores = (store.counts(month), store.rota.chores()) if store else (_NOTHING, {})
    done_at = {name: done.at for name, done in chores.items()}
    return Survey(now, tuple(scheduled), counts, done_at, dict(problems))


def health(found: Survey | str, looked_at: dt.datetime | None, since: dt.datetime, now: dt.datetime) -> Health:
    """
    Whether somebody should be woken. Silence is unhealthy: a look that does not end, a turn that went by unheard.

    `found` is what is wrong, in words, where the database does not answer. The scheduler runs `since` an instant, and `looked_at`
    is when it last finished a look.
    """
    checks = {"scheduler": _look(looked_at, since, now)}
    if isinstance(found, str):
        return Health(checks | {"database": Check(False, found)})
    checks |= {"database": Check(True, "it answers"), "collection": _collection(found, since, now)}
    checks |= {f"{one.report}/{one.network}": _turns(one) for one in found.scheduled}
    goes_on = {one.report for one in found.scheduled}
    checks |= {f"recipe {name}": Check(name in goes_on, f"cannot be read: {words}") for name, words in found.problems.items()}
    return Health(checks | {"notices": Check(True, _notices(found.counts))})


def _scheduled(report: Report, schedule: Schedule, turns: Sequence[Turn], now: dt.datetime) -> Scheduled:
    schedule = schedule.remembering()
    window = schedule.newest(now, Period.newest_complete(report.granularity, now))
    newest = turns[-1] if turns else None
    open_turns = tuple(turn for turn in turns if not turn.over)
    ahead = schedule.window_after(window).opens_at
    overdue = "; ".join(_overdue(schedule, window, turns, now))
    return Scheduled(report.key, report.network, schedule.mode, window, ahead, newest, open_turns, overdue)


def _overdue(schedule: Schedule, window: Window, turns: Sequence[Turn], now: dt.datetime) -> Iterator[str]:
    known = any(turn.period == window.period for turn in turns)
    if not known and window.opens_at + TURN_OVERDUE < now <= window.grace_until:
        yield f"{window.period.key} is due since {_minute(window.opens_at)}, and nobody has begun it"
    for turn in turns:
        closes_at = turn.closes_at(schedule)
        if not turn.over and closes_at + TURN_OVERDUE < now:
            yield f"{turn.period.key} is {turn.state}, though its time was over at {_minute(closes_at)}"


def _look(looked_at: dt.datetime | None, since: dt.datetime, now: dt.datetime) -> Check:
    if looked_at is None:
        return Check(now - since <= LOOK_OVERDUE, f"has not finished a look since it was started at {_minute(since)}")
    return Check(now - looked_at <= LOOK_OVERDUE, f"finished its last look at {_minute(looked_at)}")


def _collection(found: Survey, since: dt.datetime, now: dt.datetime) -> Check:
    """What was never done is late from when there was somebody to do it."""
    done_at = found.chores.get("collect")
    if done_at is None:
        return Check(now - since <= CHORE_OVERDUE, "was never done yet")
    return Check(now - done_at <= CHORE_OVERDUE, f"was last done at {_minute(done_at)}")


def _turns(one: Scheduled) -> Check:
    """What a report's turns have come to. Waiting for a person is no fault of the bot's; that nobody heard is."""
    shown = {turn.period: turn for turn in (*one.open_turns, one.newest) if turn is not None}
    words = [f"{turn.period.key} is {turn.state}" + (f": {turn.reason}" if turn.reason else "") for turn in shown.values()]
    missed = one.newest is not None and one.newest.state is TurnState.MISSED
    ahead = f"the next opens at {_minute(one.opens_at)}"
    return Check(not (missed or one.overdue), "; ".join([*([one.overdue] if one.overdue else []), *words, ahead]))


def _notices(counts: Counts) -> str:
    if counts.untold_since is None:
        return "all told"
    return f"{counts.untold} not told yet, the oldest of {_minute(counts.untold_since)}"


def _minute(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
