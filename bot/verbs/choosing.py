"""Which report and which period is meant."""

from __future__ import annotations

from bot import wiring
from bot.domain.period import Period
from bot.domain.report import Report
from bot.errors import BadInput


def recipe_and_period(house: wiring.House, report: str, period: str | None) -> tuple[Report, Period]:
    """The recipe of a report and the period that is meant: the newest complete one, if none is named."""
    recipe = wiring.report(house, report)
    return recipe, period_of(house, recipe, period)


def period_of(house: wiring.House, recipe: Report, key: str | None) -> Period:
    """A period that is over."""
    period = any_period_of(house, recipe, key)
    refuse_to_come(house, period)
    return period


def any_period_of(house: wiring.House, recipe: Report, key: str | None) -> Period:
    """A period of the report, over or not."""
    period = wiring.period(house, key, recipe.granularity)
    if period.granularity != recipe.granularity:
        raise BadInput(f"{recipe.key} is a report by {recipe.granularity}; {key} is a {period.granularity}")
    return period


def refuse_to_come(house: wiring.House, period: Period) -> None:
    """
    Raises:
        BadInput: a period is not over.
    """
    if period.end > house.now:
        raise BadInput(f"{period} is not over at {house.now.isoformat()}; choose a period that has wholly passed")


def fits(house: wiring.House, recipe: Report, key: str | None) -> bool:
    """Whether a report tells periods like this one."""
    return wiring.period(house, key, recipe.granularity).granularity == recipe.granularity
