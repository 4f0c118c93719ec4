"""What is asked of the store for running unattended: whose turn it is, who has it, what a person approved, what is to be told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.domain.gate import Acceptance
from bot.domain.period import Period
from bot.domain.turn import Turn


@dataclass(frozen=True)
class Notice:
    """
    Something a person should know: which turn it is about, what happened ("waiting", "held", "unknown", "missed"), and the words.

    A turn tells each event once for as long as its `cause` is the same, however the words change. `id` is given by the store.
    """

    event: str
    report: str
    network: str
    period: str
    text: str
    run: str = ""
    cause: str = ""
    id: int = 0
    attempts: int = 0
    at: dt.datetime | None = None


@dataclass(frozen=True)
class Approval:
    """A person has seen an edition and wants exactly that: its digest, who said so, and when."""

    edition: int
    digest: str
    by: str
    at: dt.datetime


@dataclass(frozen=True)
class Run:
    """One attempt at something: when, where and why, by which code and recipe, and what came of it (no `outcome`: it goes on)."""

    id: str
    why: str
    report: str
    period: str
    worker: str
    version: str
    config_digest: str
    began_at: dt.datetime
    ended_at: dt.datetime | None = None
    outcome: str = ""
    sources: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Done:
    """How far a chore has come: the newest day it is done for, and when it was last done, perhaps after that day's midnight."""

    day: dt.date
    at: dt.datetime


class Rota(Protocol):
    """
    Turns, approvals, acceptances, runs, chores and notices. Each method is one transaction; of those who try the same at once,
    one succeeds.

    Raises (every method):
        BadStore: the database cannot be reached, read or written.
    """

    def since(self, report: str, network: str, now: dt.datetime) -> dt.datetime:
        """
        Since when a report is scheduled on a network: `now`, if nobody asked before, and then for good. Never an instant that is
        to come by the store's clock: what goes by until then would not be missed.
        """
        ...

    def turns(self, report: str, network: str) -> Sequence[Turn]:
        """The newest turn that was not skipped, all of later periods, and all that are not over; by period."""
        ...

    def turn(self, report: str, network: str, period: Period) -> Turn | None:
        """The turn of a period, over or not, if it was begun or missed."""
        ...

    def history(self, limit: int) -> Sequence[Turn]:
        """The newest turns of all reports, the newest period first, at most so many of each report and network."""
        ...

    def begin(self, turn: Turn, worker: str, now: dt.datetime, until: dt.datetime, run: str) -> Turn | None:
        """
        Take a turn: one that was not begun, or one that is as it was seen and that nobody has at `now`. The turn with the lease,
        its attempts counted; None if somebody else was quicker, or it is over.
        """
        ...

    def renew(self, turn: Turn, until: dt.datetime) -> bool:
        """A longer lease, if the worker still has the turn."""
        ...

    def settle(self, turn: Turn, now: dt.datetime, notice: Notice | None = None) -> bool:
        """
        Write down what became of a turn, and what is to be told of it, if its worker still has it: state, reason, edition and
        retry_at are those of `turn`; its lease ends, and `ended_at` is set if it is over. False, and nothing written, otherwise,
        or if the edition was forgotten. Who was nudged while the worker had it is tried again at once, whatever `retry_at` says.

        Raises:
            ValueError: there is no such move (`MOVES`).
        """
        ...

    def sending(self, turn: Turn, edition: int) -> bool:
        """Posts of an edition go out from now on; the worker keeps the turn. False if it is not its any more."""
        ...

    def close(self, turn: Turn, now: dt.datetime, notice: Notice | None = None) -> bool:
        """
        Write down the end of a turn that nobody has, with the reason: missed, skipped, or published by hand. One that was never
        begun is made; one that was must still be as it was seen. True for exactly one of those who try. What was missed may
        still be closed as published or skipped; nothing else that is over changes.
        """
        ...

    def nudge(self, edition: int, now: dt.datetime) -> bool:
        """A person has done something about an edition: its turn is tried again at once. Whether it has one that is not over."""
        ...

    def approve(self, approval: Approval) -> bool:
        """Remember an approval, nudge the turn. False, and nothing written, if the edition has another digest or is no more."""
        ...

    def approval(self, edition: int) -> Approval | None:
        """What a person approved, if the edition still has that digest."""
        ...

    def accept(self, acceptances: Sequence[Acceptance]) -> bool:
        """
        Remember what a person accepted, and nudge the turn that is held for it: whether there is one. An earlier acceptance of
        the same is not forgotten; the one given last stands.
        """
        ...

    def accepted(self, report: str, period: str) -> Mapping[str, Acceptance]:
        """What persons accepted for a report and period, by the judgement's id."""
        ...

    def start(self, run: Run) -> None:
        """Remember that something is attempted."""
        ...

    def finish(self, run: Run) -> None:
        """Remember what came of it: outcome, end, sources."""
        ...

    def runs(self, limit: int) -> Sequence[Run]:
        """The newest runs, newest first."""
        ...

    def chore(self, name: str, day: dt.date, worker: str, now: dt.datetime, until: dt.datetime) -> bool:
        """Take a day's chore (collect, prune): True for one worker, unless it is done or somebody has it at `now`."""
        ...

    def chore_done(self, name: str, day: dt.date, worker: str, now: dt.datetime, outcome: str) -> None:
        """The day's chore is done."""
        ...

    def chores(self) -> Mapping[str, Done]:
        """How far each chore has come that was ever done."""
        ...

    def chores_taken(self, now: dt.datetime) -> Collection[str]:
        """The chores somebody is at, or let rest until its lease is over."""
        ...

    def untold(self, worker: str, now: dt.datetime, until: dt.datetime, limit: int) -> Sequence[Notice]:
        """Notices nobody has told yet and nobody is telling: taken by this worker until an instant."""
        ...

    def told(self, notice: Notice, now: dt.datetime, error: str = "", again_at: dt.datetime | None = None) -> None:
        """It was told; or it was not, with the reason, and is to be tried again at an instant, or when the lease is over."""
        ...
