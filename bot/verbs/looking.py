"""What is due now: decided for every scheduled report, and what went by without a thread written down. Imports nothing heavy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.keeping import Restored
from bot.domain.report import Report
from bot.domain.schedule import Window
from bot.domain.turn import Due, Last, Turn, TurnState, due
from bot.ports import Store
from bot.verbs.notices import notice


@dataclass(frozen=True)
class Task:
    """A turn that is to be performed now."""

    report: str
    network: str
    period: str


@dataclass(frozen=True)
class Looked:
    """What is to be done now, oldest first; which turns ended unheard; and when something changes by itself."""

    tasks: tuple[Task, ...]
    missed: tuple[Turn, ...]
    look_at: dt.datetime


def look(reports: Sequence[Report], store: Store, now: dt.datetime) -> Looked:
    """
    Decide about every report. What was missed is closed, and told of once, whoever of several hosts sees it first.

    Raises:
        BadStore: as the store says.
    """
    tasks: list[Task] = []
    missed: list[Turn] = []
    look_at: list[dt.datetime] = []
    for report in reports:
        turns = [_by(now, turn, store) for turn in store.rota.turns(report.key, report.network)]
        last = Last(store.rota.since(report.key, report.network, now), turns)
        what = due(report, now, last)
        missed += _close(report, what, store, now)
        windows = [turn.window for turn in what.again] + ([what.begin] if what.begin else [])
        tasks += [Task(report.key, report.network, window.period.key) for window in windows]
        look_at.append(what.look_at)
    return Looked(tuple(tasks), tuple(missed), min(look_at, default=now))


def _by(now: dt.datetime, turn: Turn, store: Store) -> Turn:
    """A turn whose lease, which counts by the store's clock, is told by the clock that decides."""
    return turn if turn.lease_until is None else replace(turn, lease_until=turn.lease_until + (now - store.now()))


def _close(report: Report, what: Due, store: Store, now: dt.datetime) -> list[Turn]:
    """Turns that ended without a thread: those nobody began, and those whose time is over."""
    closed = []
    restored = store.restored() if what.missed else None
    for window in what.missed:
        turn = _missed(Turn(report.key, report.network, window), _never_begun(window, restored), now)
        words = turn.reason if len(what.missed) == 1 else f"{turn.reason} ({len(what.missed)} turns were missed in a row)"
        told = notice("missed", replace(turn, reason=words)) if window is what.missed[-1] else None
        if store.rota.close(turn, now, told):
            closed.append(turn)
    for turn in what.close:
        out = 0 if turn.edition is None else _out(store, turn.edition)
        over = _missed(turn, _given_up(turn, out, now), now)
        if store.rota.close(over, now, notice("half" if out else "missed", over)):
            closed.append(over)
            if turn.edition is not None:
                store.desk.drop(turn.edition)  # nothing of it is out, or it stays; what it promised the budget is free again
    return closed


def _out(store: Store, edition: int) -> int:
    """How many posts are, or may be, on the account."""
    return sum(one.out for one in store.desk.deliveries(edition))


def _missed(turn: Turn, reason: str, now: dt.datetime) -> Turn:
    return replace(turn, state=TurnState.MISSED, reason=reason, retry_at=None, ended_at=now)


def _never_begun(window: Window, restored: Restored | None) -> str:
    if restored is not None and restored.doubts(window.opens_at):
        return f"no turn of it is known. {restored.words}; {restored.advice}"
    return (
        f"no host was there to begin it between {window.opens_at:%Y-%m-%d %H:%M} and {window.grace_until:%Y-%m-%d %H:%M} UTC, "
        f"and it is not made up for by itself"
    )


def _given_up(turn: Turn, out: int, now: dt.datetime) -> str:
    """Why a turn that was begun has come to nothing."""
    last = f"it was {turn.state}" + (f": {turn.reason}" if turn.reason else "")
    if turn.lease_until is not None:
        last += f"; {turn.worker} ended while at it, and nobody was there to go on"
    if out:
        return f"its time is over with {out} posts out or perhaps out; it is not gone on with by itself. {last}"
    if now < turn.window.closes_at:
        return f"the next one opened; {last}"
    return f"its time was over at {turn.window.closes_at:%Y-%m-%d %H:%M} UTC; {last}"
