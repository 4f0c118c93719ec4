"""What is done once a day, by one host: snapshots of counters that have no history, and what may be forgotten."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot import wiring
from bot.ports import Progress, Store
from bot.verbs.workers import worker

CHORES: Final = {"collect": dt.time(5), "prune": dt.time(4)}
"""From what time of the day (UTC) on. By five the day before is whole at nearly all services."""
LEASE: Final = dt.timedelta(hours=1)
"""How long a chore stays a dead worker's."""


def chores_due(store: Store, now: dt.datetime) -> list[str]:
    """The chores of this day that are to be done, whoever does them."""
    done = store.rota.chores()
    return [name for name, from_time in CHORES.items() if now.time() >= from_time and not _done_today(done.get(name), now)]


def do_chore(house: wiring.House, name: str, progress: Progress) -> str | None:
    """
    Do one of this day's chores, unless it is done or another worker is at it: then None. Otherwise what came of it.

    Raises:
        BadStore: as the store says.
    """
    with wiring.store(house) as store:
        now = store.now()
        if not store.rota.chore(name, now.date(), worker(), now, now + LEASE):
            return None
        outcome = _collect(progress) if name == "collect" else _prune()
        store.rota.chore_done(name, now.date(), worker(), store.now(), outcome)
        return outcome


def _collect(progress: Progress) -> str:
    from bot.verbs.collecting import collect

    collected = collect(None, None, None, progress)
    outcomes = [outcome for told in collected.outcomes.values() for outcome in told]
    failed = [f"{one.source}: {one.problem}" for one in outcomes if one.problem]
    return "; ".join([f"{len(outcomes) - len(failed)} of {len(outcomes)} sources told something", *failed])


def _prune() -> str:
    from bot.verbs.keeping import prune

    pruned = prune(yes=True)
    return str(pruned)


def _done_today(done_at: dt.datetime | None, now: dt.datetime) -> bool:
    return done_at is not None and done_at.date() >= now.date()
