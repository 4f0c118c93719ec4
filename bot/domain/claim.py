"""What we state about observations, with the evidence for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from bot.domain.measure import Observation, Unit
from bot.domain.period import Period


class Finding(StrEnum):
    """Which way an inequality came out."""

    LEADS = "leads"
    LEVEL = "level"
    GREW = "grew"
    FELL = "fell"
    STATED = "stated"
    """No inequality: a share, a rank, a total."""


@dataclass(frozen=True)
class Quantity:
    """One number of a claim, with the observations it was computed from. `subjects` stand in the order of the statement."""

    claim: str
    name: str
    value: float
    unit: Unit
    noun: str
    metric: str
    subjects: tuple[str, ...]
    period: Period
    evidence: tuple[Observation, ...]

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f'claim "{self.claim}" states {self.name} without evidence')


@dataclass(frozen=True)
class Claim:
    """
    A statement: its kind, how its inequality came out, and its numbers by name.

    `subjects` are in the order the statement names them: the leader first, and `tied` those level with it, itself included.
    `missing` are those of the recipe's optional subjects that had no figure, `not_asked` those of them no survey offered.
    `before` is the period a change is measured from; `since` the first period of an order that has held, or of the row a record
    is the highest of.
    """

    key: str
    kind: str
    finding: Finding
    metric: str
    subjects: tuple[str, ...]
    period: Period
    quantities: Mapping[str, Quantity] = field(hash=False)
    tied: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    not_asked: tuple[str, ...] = ()
    before: Period | None = None
    since: Period | None = None

    def __post_init__(self) -> None:
        if not self.quantities:
            raise ValueError(f'claim "{self.key}" has no number and so no evidence')

    @property
    def evidence(self) -> tuple[Observation, ...]:
        """Every observation any of its numbers rests on, once each, in order of first use."""
        return tuple(dict.fromkeys(seen for quantity in self.quantities.values() for seen in quantity.evidence))


Basis: TypeAlias = Observation | Quantity
"""What a printed number or claim word rests on."""
