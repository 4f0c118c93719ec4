"""The parts every kind makes its claim of: numbers with the figures they were computed from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.analysis.claims.noise import per_day
from bot.analysis.figures import Figures
from bot.domain.claim import Claim, Finding, Quantity
from bot.domain.measure import WHOLE, Observation, Unit
from bot.domain.period import Period
from bot.domain.report import ClaimSpec


def statement(
    spec: ClaimSpec, finding: Finding, order: Sequence[Observation], period: Period, numbers: Mapping[str, Quantity]
) -> Claim:
    """A claim about the subjects of these figures, in this order."""
    subjects = tuple(seen.subject for seen in order)
    return Claim(spec.key, spec.kind, finding, spec.metric, subjects, period, named(spec, period, numbers))


def named(spec: ClaimSpec, period: Period, numbers: Mapping[str, Quantity]) -> dict[str, Quantity]:
    """The numbers as the claim's own: under its key, for the report's period."""
    return {name: replace(one, claim=spec.key, metric=spec.metric, period=period) for name, one in numbers.items()}


def number(
    name: str, value: float, unit: Unit, noun: str, evidence: tuple[Observation, ...], subjects: tuple[str, ...] = ()
) -> Quantity:
    """One number of a claim; it is about the subjects of its evidence unless others are given."""
    first = evidence[0]
    of = subjects or tuple(dict.fromkeys(seen.subject for seen in evidence if seen.subject != WHOLE))
    return Quantity("", name, value, unit, noun, first.metric, of, first.period, evidence)


def resting_on(numbers: Mapping[str, Quantity], seen: Sequence[Observation], figures: Figures) -> dict[str, Quantity]:
    """The same numbers with other evidence: what a claim word says of more figures than the number is computed from."""
    return {name: replace(one, evidence=with_bases(seen, figures)) for name, one in numbers.items()}


def apart(first: Observation, second: Observation, figures: Figures) -> dict[str, Quantity]:
    """How far two figures lie apart: a ratio of counts, the points between shares; a difference where the lower one is nought."""
    evidence = with_bases((first, second), figures)
    metric = figures.metric(first.metric)
    if metric.unit is Unit.PERCENT:
        return {"difference": number("difference", first.value - second.value, Unit.POINTS, metric.noun, evidence)}
    if second.value <= 0:
        return {"difference": number("difference", first.value - second.value, metric.unit, metric.noun, evidence)}
    ratio = per_day(first, figures) / per_day(second, figures)
    return {"ratio": number("ratio", ratio, Unit.RATIO, metric.noun, evidence)}


def changed(now: Observation, before: Observation, figures: Figures) -> dict[str, Quantity]:
    """What became of a figure: the ratio and percent of a count, per day where windows differ; the points of a share."""
    evidence = with_bases((now, before), figures)
    metric = figures.metric(now.metric)
    if metric.unit is Unit.PERCENT:
        return {"difference": number("difference", now.value - before.value, Unit.POINTS, metric.noun, evidence)}
    was = per_day(before, figures)
    if was <= 0:
        return {"difference": number("difference", now.value - before.value, metric.unit, metric.noun, evidence)}
    ratio = per_day(now, figures) / was
    return {
        "ratio": number("ratio", ratio, Unit.RATIO, metric.noun, evidence),
        "percent": number("percent", 100 * (ratio - 1), Unit.CHANGE, metric.noun, evidence),
    }


def with_bases(seen: Sequence[Observation], figures: Figures) -> tuple[Observation, ...]:
    """Figures with the bases their intervals are computed from."""
    bases = [figures.base_of(one) for one in seen]
    return tuple(dict.fromkeys((*seen, *(base for base in bases if isinstance(base, Observation)))))


def evidence_of(held: Iterable[Claim]) -> tuple[Observation, ...]:
    """Every figure some claims rest on, once each."""
    return tuple(dict.fromkeys(seen for claim in held for seen in claim.evidence))
