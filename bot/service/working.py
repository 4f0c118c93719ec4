"""What a child of the service does: one turn, or one chore; it says in its exit code and in the log how it went."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Final

from bot import wiring
from bot.domain.schedule import Mode
from bot.errors import ThreadmillError
from bot.service import logs
from bot.stopping import Stop
from bot.verbs.chores import do_chore
from bot.verbs.turns import perform

NOT_BEGUN: Final = 9
"""The exit code of a child that could not even take its turn: settings or recipe are not what they were, or the store is away."""


def perform_turn(report: str, period: str, run: str, recipe: str | None, mode: str | None, stop: Stop) -> int:
    """
    One turn, by the copy of the recipe and in the mode that the service goes by, whatever was edited since; the exit code of what
    it has become.
    """
    try:
        house = _house(run)
        if recipe is not None:
            house = dataclasses.replace(house, recipes={report: Path(recipe)})
        if mode is not None:
            house = dataclasses.replace(house, settings=dataclasses.replace(house.settings, modes={report: Mode(mode)}))
        done = perform(house, report, period, run, "scheduled", stop, logs.steps())
    except ThreadmillError as error:
        about = {"report": report, "period": period, "reason": str(error)}
        logging.getLogger(__name__).error("the turn was not begun, or is not written down", extra=about)  # noqa: TRY400
        return NOT_BEGUN
    if done is None:
        logging.getLogger(__name__).info("the turn is over, or another worker has it", extra={"report": report, "period": period})
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
