"""One look at the schedule, and everything that is due done in this process: for cron, timers and jobs that end."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot import wiring
from bot.domain.turn import Turn
from bot.errors import ThreadmillError
from bot.ports import Progress, Store
from bot.stopping import Stop
from bot.verbs.chores import chores_due, do_chore
from bot.verbs.looking import Task, look
from bot.verbs.telling import tell_all
from bot.verbs.turns import Performed, perform
from bot.verbs.workers import worker

NOTHING_DUE: Final = 6
_GRAVEST_FIRST: Final = (1, 5, 4, 2, 3, 7)
_MISSED: Final = 3


@dataclass(frozen=True)
class Once:
    """Which turns were performed, which went by without a thread, and what could not be read or begun, by name."""

    performed: tuple[Performed, ...]
    missed: tuple[Turn, ...]
    problems: Mapping[str, str]

    @property
    def code(self) -> int:
        """The gravest of all that was done; nothing due if nothing was to be done."""
        codes = {one.code for one in self.performed} | ({_MISSED} if self.missed else set()) | ({2} if self.problems else set())
        if not codes:
            return NOTHING_DUE
        return next((code for code in _GRAVEST_FIRST if code in codes), 0)


def run_once(now: str | None, stop: Stop, progress: Progress) -> Once:
    """
    Every turn that is due, this day's chores, and what is to be told. At an instant that was given there are no chores, and the
    dead man's switch does not hear of it.

    Raises:
        BadInput, BadStore: nothing can be decided.
    """
    house = wiring.house(now)
    reports, problems = wiring.scheduled(house)
    with wiring.store(house) as store:
        looked = look(reports, store, house.now if house.pinned else store.now())
        performed, failed = _performed(house, looked.tasks, stop, progress)
        once = Once(performed, looked.missed, {**problems, **failed})
        if stop.asked:  # whoever asked wants us gone; the next run does and tells the rest
            return once
        if not house.pinned:
            _chores(house, store, progress)
        tell_all(house, store, worker())
    if not house.pinned and once.code in (0, NOTHING_DUE) and (ping := wiring.ping(house)) is not None:
        ping()
    return once


def _performed(
    house: wiring.House, tasks: Sequence[Task], stop: Stop, progress: Progress
) -> tuple[tuple[Performed, ...], Mapping[str, str]]:
    """What became of each turn, and why some could not even be begun: that costs the others nothing."""
    performed: list[Performed] = []
    failed: dict[str, str] = {}
    for task in tasks:
        if stop.asked:
            break
        try:
            done = perform(house, task.report, task.period, secrets.token_hex(6), "once", stop, progress)
        except ThreadmillError as error:
            failed[f"{task.report} {task.period}"] = str(error)
            continue
        if done is not None:
            performed.append(done)
    return tuple(performed), failed


def _chores(house: wiring.House, store: Store, progress: Progress) -> None:
    """A chore that fails is tried again when its lease is over; what is to be told is told all the same."""
    for name in chores_due(store, store.now()):
        try:
            do_chore(house, name, progress)
        except ThreadmillError as error:
            progress(f"{name} has come to nothing: {error}", 0, 0)
