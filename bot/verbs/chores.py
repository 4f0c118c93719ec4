"""What is done once a day, by one host: snapshots of counters that have no history, and what may be forgotten."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot import wiring
from bot.collection import SourceOutcome
from bot.errors import BadInput
from bot.ports import Done, Progress, Store
from bot.verbs.workers import worker

CHORES: Final = {"collect": dt.time(5), "prune": dt.time(4)}
"""From what time of the day (UTC) on. By five the day before is whole at nearly all services."""
CONTENT_FROM: Final = dt.time(22)
"""From when on (UTC) what some sources have said is what the day has."""
LEASE: Final = dt.timedelta(hours=1)
"""How long a chore stays a dead worker's; so long it rests, too, after it has come to nothing."""


def chores_due(store: Store, now: dt.datetime) -> list[str]:
    """The chores of this day that are to be done and that nobody does."""
    done, taken = store.rota.chores(), store.rota.chores_taken(now)
    return [
        name
        for name, from_time in CHORES.items()
        if now.time() >= from_time and name not in taken and not _done_today(done.get(name), now)
    ]


def do_chore(house: wiring.House, name: str, progress: Progress) -> str | None:
    """
    Do one of this day's chores, unless it is done or another worker is at it: then None. Otherwise what came of it in words.

    While a source does not answer, collecting is not done for the day: it is tried again in an hour, and the replies of others
    are there already. From `CONTENT_FROM` on it is done if one has answered.

    Raises:
        BadStore: as the store says.
    """
    with wiring.store(house) as store:
        now = store.now()
        if not store.rota.chore(name, now.date(), worker(), now, now + LEASE):
            return None
        done, outcome = _collect(house, now, progress) if name == "collect" else _prune()
        if done:
            store.rota.chore_done(name, now.date(), worker(), store.now(), outcome)
        return outcome


def _collect(house: wiring.House, now: dt.datetime, progress: Progress) -> tuple[bool, str]:
    """The live sources of the reports that are seen to."""
    from bot.verbs.collecting import collect

    outcomes: list[SourceOutcome] = []
    failed: dict[str, str] = {}
    for name in house.settings.reports or (None,):
        try:
            told = collect(name, None, None, progress)
        except BadInput as error:  # one broken recipe must not cost the others a day
            failed[str(name)] = str(error)
            continue
        failed |= told.problems
        outcomes += [outcome for some in told.outcomes.values() for outcome in some]
    failed |= {one.source: one.problem for one in outcomes if one.problem}
    answers = sum(not one.problem for one in outcomes)
    done = not failed or (answers > 0 and now.time() >= CONTENT_FROM)
    return done, "; ".join([f"{answers} of {len(outcomes)} answers are of use", *failed.values()])


def _prune() -> tuple[bool, str]:
    from bot.verbs.keeping import prune

    return True, str(prune(yes=True))


def _done_today(done: Done | None, now: dt.datetime) -> bool:
    return done is not None and done.day >= now.date()
