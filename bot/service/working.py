"""What a child of the service does: one turn, or one chore; it says in its exit code and in the log how it went."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

from bot import wiring
from bot.service import logs
from bot.stopping import Stop
from bot.verbs.chores import do_chore
from bot.verbs.turns import perform


def perform_turn(report: str, period: str, run: str, recipe: str | None, stop: Stop) -> int:
    """One turn, by the copy of the recipe that the service has read; the exit code of what it has become."""
    house = _house(run)
    if recipe is not None:
        house = dataclasses.replace(house, recipes={report: Path(recipe)})
    done = perform(house, report, period, run, "scheduled", stop, logs.steps())
    if done is None:
        logging.getLogger(__name__).info("another worker has the turn", extra={"report": report, "period": period})
        return 0
    about = {"report": report, "network": done.turn.network, "period": period, "state": str(done.turn.state)}
    level = logging.WARNING if done.code else logging.INFO
    logging.getLogger(__name__).log(level, "turn", extra={**about, "reason": done.turn.reason, "attempt": done.turn.attempts})
    return done.code


def perform_chore(name: str, run: str) -> int:
    """One chore of this day, unless another host does it."""
    outcome = do_chore(_house(run), name, logs.steps())
    logging.getLogger(__name__).info("chore", extra={"chore": name, "outcome": outcome or "another worker does it"})
    return 0


def _house(run: str) -> wiring.House:
    house = wiring.house()
    logs.configure_by(house.settings, run)
    return house
