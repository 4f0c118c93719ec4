"""
A report's turns: what became of each window, and what is to be done now. `due` decides; it reads no clock and asks nobody.

A turn is begun once, whoever is quickest; it ends as published, written, skipped or missed, and never begins again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.period import Period
from bot.domain.report import Report
from bot.domain.schedule import Schedule, Window


class TurnState(StrEnum):
    """Where a report's turn stands."""

    OPEN = "open"
    """Begun; tried again later, for figures or a service were missing."""
    WAITING = "waiting"
    """The thread is frozen, and a person is to approve it."""
    HELD = "held"
    """Something a person has to change: settings, budget, a refusal of the network, a gate."""
    SENDING = "sending"
    """Posts are going out, or are out in part."""
    UNKNOWN = "unknown"
    """Whether a post is out is not known, and nobody could find out."""
    PUBLISHED = "published"
    """The whole thread is out."""
    WRITTEN = "written"
    """A dry run wrote it to disk."""
    SKIPPED = "skipped"
    """A person said that there shall be none."""
    MISSED = "missed"
    """Its time went by without a whole thread."""


OVER: Final = frozenset({TurnState.PUBLISHED, TurnState.WRITTEN, TurnState.SKIPPED, TurnState.MISSED})
"""What nothing follows by itself: of what was missed a person may make a thread posted by hand, or a word that none is wanted."""

PARTLY_OUT: Final = frozenset({TurnState.SENDING, TurnState.UNKNOWN})
"""Where posts may be out already: a grace is left to bring the thread to its end."""


@dataclass(frozen=True)
class Turn:
    """
    One period's turn of a report on a network; (report, network, period) is unique.

    `window` is as it was when the turn was begun. A worker has it until `lease_until`. It is tried again at `retry_at`, or,
    without one, when a person has done something. `reason` says why it is not over, or how it ended.
    """

    report: str
    network: str
    window: Window
    state: TurnState = TurnState.OPEN
    reason: str = ""
    attempts: int = 0
    retry_at: dt.datetime | None = None
    worker: str = ""
    lease_until: dt.datetime | None = None
    edition: int | None = None
    run: str = ""
    ended_at: dt.datetime | None = None

    @property
    def period(self) -> Period:
        """The period it is about."""
        return self.window.period

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.state in OVER

    def closes_at(self, schedule: Schedule) -> dt.datetime:
        """When it is given up: a thread that is partly out has a grace more."""
        return self.window.closes_at + (schedule.grace if self.state in PARTLY_OUT else dt.timedelta(0))


@dataclass(frozen=True)
class Last:
    """Since when a report is scheduled on a network; its newest turn that was not skipped, all later ones, those not over."""

    since: dt.datetime
    turns: Sequence[Turn] = ()


@dataclass(frozen=True)
class Due:
    """
    What is to be done about a report now.

    `begin` is a window whose turn nobody has begun; `again` are turns to go on with, `close` those whose time is over, both
    oldest first; `missed` are windows that went by with nobody here to begin. At `look_at` something changes by itself.
    """

    begin: Window | None
    again: tuple[Turn, ...]
    close: tuple[Turn, ...]
    missed: tuple[Window, ...]
    look_at: dt.datetime


def due(report: Report, now: dt.datetime, last: Last) -> Due:
    """
    What is to be done about a scheduled report at an instant.

    At most one turn is begun, that of the newest window: older ones that nobody began are missed, never made up for. A window
    that had gone by before the report was scheduled is neither. If the clock was set back, nothing is begun before the newest
    turn; but one that a person skipped, perhaps ahead of its time, stops its own period only. A turn of an older period than the
    newest window's is closed, unless posts may be out.

    Raises:
        ValueError: the report has no schedule.
    """
    if report.schedule is None:
        raise ValueError(f"{report.key} has no schedule")
    schedule = report.schedule.remembering()
    current = schedule.newest(now, Period.newest_complete(report.granularity, now))
    untouched = _untouched(schedule, current, last)
    begin = current if current in untouched and now <= current.grace_until and now < current.closes_at else None
    missed = tuple(window for window in untouched if window != begin and window.grace_until > last.since)
    open_turns = sorted((turn for turn in last.turns if not turn.over), key=lambda turn: turn.period)
    close = tuple(turn for turn in open_turns if _given_up(turn, schedule, current, now) and not _taken(turn, now))
    again = tuple(turn for turn in open_turns if turn not in close and _ready(turn, now))
    ahead = schedule.opens_after(current)
    look_at = min((moment for moment in _changes(schedule, open_turns, ahead) if moment > now), default=ahead)
    return Due(begin, again, close, missed, look_at)


def _untouched(schedule: Schedule, current: Window, last: Last) -> list[Window]:
    """
    The windows up to the current one that have no turn, oldest first, from the newest turn on that nobody skipped.

    What a person skipped ahead says nothing of the periods before it. Ends are compared, for a recipe's granularity may change.
    """
    known = {turn.period for turn in last.turns}
    reached = max((turn.period.end for turn in last.turns if turn.state is not TurnState.SKIPPED), default=None)
    found: list[Window] = []
    period = current.period
    while reached is None or period.end > reached:
        window = schedule.window(period)
        if window is not None and window.grace_until <= last.since and window != current:
            break
        if window is not None and period not in known:
            found.append(window)
        period = period.previous()
    return found[::-1]


def _given_up(turn: Turn, schedule: Schedule, current: Window, now: dt.datetime) -> bool:
    superseded = turn.period.end < current.period.end and turn.state not in PARTLY_OUT
    return superseded or now >= turn.closes_at(schedule)


def _taken(turn: Turn, now: dt.datetime) -> bool:
    return turn.lease_until is not None and turn.lease_until > now


def _ready(turn: Turn, now: dt.datetime) -> bool:
    if _taken(turn, now):
        return False
    died = turn.lease_until is not None  # whoever had it never said what came of it
    return died or (turn.retry_at is not None and turn.retry_at <= now)


def _changes(schedule: Schedule, turns: Sequence[Turn], ahead: dt.datetime) -> Iterator[dt.datetime]:
    yield ahead
    for turn in turns:
        yield turn.closes_at(schedule)
        if turn.retry_at is not None:
            yield turn.retry_at
        if turn.lease_until is not None:
            yield turn.lease_until


_GOES_ON: Final = frozenset({TurnState.OPEN, TurnState.HELD, TurnState.SENDING, *OVER} - {TurnState.WRITTEN})

MOVES: Final[Mapping[TurnState, frozenset[TurnState]]] = {
    TurnState.OPEN: _GOES_ON | {TurnState.WAITING, TurnState.WRITTEN},
    TurnState.WAITING: _GOES_ON | {TurnState.WAITING, TurnState.WRITTEN},
    TurnState.HELD: _GOES_ON | {TurnState.WAITING, TurnState.WRITTEN},
    TurnState.SENDING: _GOES_ON | {TurnState.UNKNOWN, TurnState.WAITING, TurnState.WRITTEN},
    TurnState.UNKNOWN: _GOES_ON | {TurnState.UNKNOWN},
    TurnState.MISSED: frozenset({TurnState.PUBLISHED, TurnState.SKIPPED}),
    TurnState.PUBLISHED: frozenset(),
    TurnState.WRITTEN: frozenset(),
    TurnState.SKIPPED: frozenset(),
}
"""
The only ways there are. From SENDING back to OPEN, WAITING and WRITTEN where nothing of it was out after all, from UNKNOWN to
OPEN where the edition was forgotten. What was missed may be posted by hand, or not be wanted.
"""


def refuse_impossible(before: Turn, state: TurnState) -> None:
    """
    What no rota writes down, whoever asks for it.

    Raises:
        ValueError: there is no such move.
    """
    if state not in MOVES[before.state]:
        what = f"{before.report} {before.period.key} on {before.network}"
        raise ValueError(f"the turn of {what} cannot go from {before.state} to {state}: there is no such move")
