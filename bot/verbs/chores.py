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

    Where no source said anything, collecting is not done for the day: it is tried again in an hour.

    Raises:
        BadStore: as the store says.
    """
    with wiring.store(house) as store:
        now = store.now()
        if not store.rota.chore(name, now.date(), worker(), now, now + LEASE):
            return None
        done, outcome = _collect(house, progress) if name == "collect" else _prune()
        if done:
            store.rota.chore_done(name, now.date(), worker(), store.now(), outcome)
        return outcome


def _collect(house: wiring.House, progress: Progress) -> tuple[bool, str]:
    """The live sources of the reports that are seen to."""
    from bot.verbs.collecting import collect

    told = [collect(name, None, None, progress) for name in house.settings.reports or (None,)]
    outcomes = [outcome for one in told for outcomes in one.outcomes.values() for outcome in outcomes]
    failed = {one.source: one.problem for one in outcomes if one.problem}
    said = [f"{len(outcomes) - sum(bool(one.problem) for one in outcomes)} of {len(outcomes)} answers are of use"]
    return not outcomes or not all(one.problem for one in outcomes), "; ".join([*said, *failed.values()])


def _prune() -> tuple[bool, str]:
    from bot.verbs.keeping import prune

    return True, str(prune(yes=True))


def _done_today(done_at: dt.datetime | None, now: dt.datetime) -> bool:
    return done_at is not None and done_at.date() >= now.date()
