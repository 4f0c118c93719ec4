"""How the bot stands: what is scheduled, what became of it, what it cost, how old the figures are; and whether all is well."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot import wiring
from bot.domain.period import Period
from bot.domain.report import Report
from bot.domain.schedule import Mode, Schedule, Window
from bot.domain.turn import MOVES, Last, Turn, TurnState, due
from bot.ports import Counts, Store

LOOK_OVERDUE: Final = dt.timedelta(minutes=5)
"""Looks come every half minute."""
TURN_OVERDUE: Final = dt.timedelta(minutes=30)
"""How late a turn may be begun, or given up, before somebody should look why: others may be at work, two at a time."""
_RECENT: Final = 20
"""Of each report so many turns are looked through for one that is not over."""
CHORE_OVERDUE: Final = dt.timedelta(days=2)
"""Chores are done daily, so this is a day too late."""
NOTICE_OVERDUE: Final = dt.timedelta(hours=1)
"""What could not be told is tried again ever more rarely, up to this."""


@dataclass(frozen=True)
class Scheduled:
    """
    A report on a network: what is done with its threads, the window that opened last, when the next opens, and its turns: the
    newest, and those that are not over. `overdue` says in words what should have happened by now, and is empty if nothing should;
    `due` that the next look begins the window's turn.
    """

    report: str
    network: str
    mode: Mode
    window: Window
    opens_at: dt.datetime
    newest: Turn | None
    open_turns: tuple[Turn, ...]
    overdue: str
    due: bool = False


@dataclass(frozen=True)
class Survey:
    """
    Everything an operator may want to know, as of `at`. `problems` are recipes that cannot be read, by report; `orphans` are
    turns that are not over, of reports that are not scheduled any more: nobody goes on with them.
    """

    at: dt.datetime
    scheduled: tuple[Scheduled, ...]
    counts: Counts
    chores: Mapping[str, dt.datetime]
    problems: Mapping[str, str]
    orphans: tuple[Turn, ...] = ()


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
    names = {one.report for one in scheduled} | set(problems)
    turns = store.rota.history(_RECENT) if store else ()
    orphans = tuple(turn for turn in turns if not turn.over and turn.report not in names)
    return Survey(now, tuple(scheduled), counts, done_at, dict(problems), orphans)


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
    checks |= {f"{one.report}/{one.network}": Check(False, _orphaned(one)) for one in found.orphans}
    return Health(checks | {"notices": _notices(found.counts, now)})


def _scheduled(report: Report, schedule: Schedule, turns: Sequence[Turn], now: dt.datetime) -> Scheduled:
    schedule = schedule.remembering()
    window = schedule.newest(now, Period.newest_complete(report.granularity, now))
    newest = turns[-1] if turns else None
    open_turns = tuple(turn for turn in turns if not turn.over)
    ahead = schedule.window_after(window).opens_at
    overdue = "; ".join(_overdue(schedule, window, turns, now))
    begin = due(replace(report, schedule=schedule), now, Last(now, turns)).begin
    return Scheduled(report.key, report.network, schedule.mode, window, ahead, newest, open_turns, overdue, due=begin is not None)


def _overdue(schedule: Schedule, window: Window, turns: Sequence[Turn], now: dt.datetime) -> Iterator[str]:
    known = any(turn.period == window.period for turn in turns)
    if not known and window.opens_at + TURN_OVERDUE < now <= window.grace_until:
        yield f"{window.period.key} is due since {_minute(window.opens_at)}, and nobody has begun it"
    for turn in turns:
        if turn.state is not TurnState.SKIPPED and turn.window.opens_at > now:
            yield _ahead(turn)
        if not turn.over and turn.lease_until is None and turn.retry_at is not None and turn.retry_at + TURN_OVERDUE < now:
            yield f"{turn.period.key} is {turn.state} and was to be tried again at {_minute(turn.retry_at)}, and nobody has"
        closes_at = turn.closes_at(schedule)
        if not turn.over and closes_at + TURN_OVERDUE < now:
            yield f"{turn.period.key} is {turn.state}, though its time was over at {_minute(closes_at)}"


def _ahead(turn: Turn) -> str:
    """It silences its report: `due` begins nothing that is older than the newest turn."""
    what = f"{turn.period.key} was {'begun' if turn.attempts else turn.state} ahead of its time"
    skip = f'threadmill skip {shlex.quote(turn.report)} {shlex.quote(turn.period.key)} --because "..."'
    return (
        f"{what}, which is {_minute(turn.window.opens_at)}: a clock was wrong, or --now was later than it is; "
        f"nothing before it is begun" + (f": {skip}" if TurnState.SKIPPED in MOVES[turn.state] else "")
    )


def _look(looked_at: dt.datetime | None, since: dt.datetime, now: dt.datetime) -> Check:
    if looked_at is None:
        return Check(now - since <= LOOK_OVERDUE, f"has not finished a look since it was started at {_minute(since)}")
    return Check(now - looked_at <= LOOK_OVERDUE, f"finished its last look at {_minute(looked_at)}")


def _collection(found: Survey, since: dt.datetime, now: dt.datetime) -> Check:
    """What was never done is late from when there was somebody to do it: a service that is started every day is no excuse."""
    done_at = found.chores.get("collect")
    if done_at is None:
        since = min(since, found.counts.scheduled_since or since)
        return Check(now - since <= CHORE_OVERDUE, "was never done yet")
    return Check(now - done_at <= CHORE_OVERDUE, f"was last done at {_minute(done_at)}")


def _turns(one: Scheduled) -> Check:
    """What a report's turns have come to. Waiting for a person is no fault of the bot's; that nobody heard is."""
    shown = {turn.period: turn for turn in (*one.open_turns, one.newest) if turn is not None}
    words = [f"{turn.period.key} is {turn.state}" + (f": {turn.reason}" if turn.reason else "") for turn in shown.values()]
    missed = one.newest is not None and one.newest.state is TurnState.MISSED
    ahead = f"the next opens at {_minute(one.opens_at)}"
    return Check(not (missed or one.overdue), "; ".join([*([one.overdue] if one.overdue else []), *words, ahead]))


def _orphaned(turn: Turn) -> str:
    report, period = shlex.quote(turn.report), shlex.quote(turn.period.key)
    return (
        f"{turn.period.key} is {turn.state}, and the report is not scheduled any more, so nobody goes on with it: schedule it "
        f'again, or threadmill skip {report} {period} --because "..."'
    )


def _notices(counts: Counts, now: dt.datetime) -> Check:
    since = counts.untold_since
    if since is None:
        return Check(True, "all told")
    return Check(now - since <= NOTICE_OVERDUE, f"{counts.untold} not told yet, the oldest of {_minute(since)}")


def _minute(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
