"""
How each kind of claim may come out: every finding, both signs, its numbers at their widest, the longest names first.

What is narrower than another in all its wordings is left to be sorted out by whoever asks.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias

from bot.compose.branches import Shape
from bot.compose.plausible import (
    LARGEST_FACTOR,
    LARGEST_FROM_NOUGHT,
    LARGEST_GROWTH,
    LARGEST_RATIO,
    TINY,
    Boundless,
    Plausible,
    values,
)
from bot.domain.claim import Claim, Finding, Quantity
from bot.domain.measure import Metric, Observation, Unit
from bot.domain.period import Granularity, Period
from bot.domain.report import ClaimSpec

_ORDERS: Final = 5
"""Of so many subjects every order is tried, 120 of them, where a template looks at places; of more none."""
_FREE: Final = 4
"""So many optional subjects are each left out and not; of more, all are shown with figures and listed as missing at once."""
_COUNTED: Final = 10
"""So many claims are counted in every way; of more, every count is taken to be as wide as the widest."""

_EARLIER: Final = 10_000
"""Fewer periods than this are in any series: twenty-seven years of days."""

Variants: TypeAlias = Callable[[Plausible, ClaimSpec, Shape], Iterator[Claim]]


def _lead(of: Plausible, spec: ClaimSpec, shape: Shape) -> Iterator[Claim]:
    for here, missing, not_asked in _shown(spec, shape):
        for order in _orders(of, here, shape):
            for quantities in _distance(of, spec, order):
                rest = {"missing": missing, "not_asked": not_asked}
                yield _claim(of, spec, Finding.LEADS, order, quantities, tied=order[:1], **rest)
                yield _claim(of, spec, Finding.LEVEL, order, quantities, tied=order, **rest)


def _ratio(of: Plausible, spec: ClaimSpec, shape: Shape) -> Iterator[Claim]:
    for order in _orders(of, spec.subjects[:2], shape):
        for quantities in _distance(of, spec, order):
            for finding in (Finding.LEADS, Finding.LEVEL):
                yield _claim(of, spec, finding, order, quantities)


def _growth(of: Plausible, spec: ClaimSpec, shape: Shape) -> Iterator[Claim]:
    metric, subject = of.report.metrics[spec.metric], spec.subjects[0]
    before = spec.before(of.period)
    for evidence in _windows(of, metric, subject, subject, before):
        for finding, quantities in _changes(spec, metric, of.period, evidence):
            yield _claim(of, spec, finding, (subject,), quantities, before=before)


def _changes(
    spec: ClaimSpec, metric: Metric, period: Period, evidence: tuple[Observation, ...]
) -> Iterator[tuple[Finding, dict[str, Quantity]]]:
    """Both signs, and neither: a factor, a change in percent, a difference in points, a difference from and to nought."""

    def told(name: str, value: float, unit: Unit) -> Quantity:
        return _quantity(spec, name, value, unit, metric.noun, period, evidence)

    if metric.unit is Unit.PERCENT:
        for value, finding in ((100.0, Finding.GREW), (-100.0, Finding.FELL), (0.04, Finding.LEVEL)):
            yield finding, {"difference": told("difference", value, Unit.POINTS)}
        return
    for ratio, finding in (
        (7.3, Finding.GREW), (LARGEST_GROWTH - 1, Finding.GREW), (1.89, Finding.GREW),
        (0.004, Finding.FELL), (1.004, Finding.LEVEL), (LARGEST_GROWTH - 1, Finding.LEVEL),
    ):  # fmt: skip
        percent = told("percent", 100 * (ratio - 1), Unit.CHANGE)
        yield finding, {"ratio": told("ratio", ratio, Unit.RATIO), "percent": percent}
    for value, finding in (
        *((value, Finding.GREW) for value in (LARGEST_FROM_NOUGHT - 1, 9999, *_tiny(metric))),
        *((value, Finding.LEVEL) for value in (9999, *_tiny(metric))),
    ):
        yield finding, {"difference": told("difference", value, metric.unit)}


def _tiny(metric: Metric) -> tuple[float, ...]:
    """What an average may differ by from nought, and a count may not."""
    return () if metric.unit is Unit.COUNT else (TINY,)


def _gained(of: Plausible, spec: ClaimSpec, shape: Shape) -> Iterator[Claim]:
    metric, subject = of.report.metrics[spec.metric], spec.subjects[0]
    evidence = (of.seen(spec.metric, subject), of.seen(spec.metric, subject, window=Period.day(of.period.previous().last_day)))
    for value in of.values(spec.metric):
        gain = _quantity(spec, "gain", value, metric.unit, metric.noun, of.period, evidence)
        yield _claim(of, spec, Finding.STATED, (subject,), {"gain": gain}, before=of.period.previous())


def _level(of: Plausible, spec: ClaimSpec, shape: Shape) -> Iterator[Claim]:
    for order in _orders(of, spec.subjects, shape):
        for quantities in _distance(of, spec, order):
            yield _claim(of, spec, Finding.LEVEL, order, quantities, tied=order)


def _fastest(of: Plausible, spec: ClaimSpec, shape: Shape) -> Iterator[Claim]:
    metric, before = of.report.metrics[spec.metric], spec.before(of.period)
    for here, missing, _ in _shown(spec, shape):
        for order in _orders(of, here, shape):
            for evidence in _windows(of, metric, order[0], order[0], before):
                for finding, quantities in _changes(spec, metric, of.period, evidence):
                    if finding is Finding.GREW:
                        rest = {"missing": missing, "before": before}
                        yield _claim(of, spec, Finding.LEADS, order, quantities, tied=order[:1], **rest)
                        yield _claim(of, spec, Finding.LEVEL, order, quantities, tied=order, **rest)


def _overtook(of: Plausible, spec: ClaimSpec, shape: Shape) -> Iterator[Claim]:
    for order in _orders(of, spec.subjects[:2], shape):
        for quantities in _distance(of, spec, order):
            evidence = next(iter(quantities.values())).evidence
            noun = f"{of.period.granularity}s"
            held = _quantity(spec, "held", spec.within + 1, Unit.COUNT, noun, of.period, evidence)
            yield _claim(of, spec, Finding.LEADS, order, {"held": held, **quantities}, since=of.period)


def _record(of: Plausible, spec: ClaimSpec, shape: Shape) -> Iterator[Claim]:
    metric, subject = of.report.metrics[spec.metric], spec.subjects[0]
    for quantities in _distance(of, spec, (subject, subject)):
        evidence = next(iter(quantities.values())).evidence
        earlier = _quantity(spec, "earlier", _EARLIER - 1, Unit.COUNT, f"{of.period.granularity}s", of.period, evidence)
        for value in of.values(spec.metric):
            high = _quantity(spec, "high", value, metric.unit, metric.noun, of.period, evidence)
            numbers = {"high": high, **quantities, "earlier": earlier}
            yield _claim(of, spec, Finding.STATED, (subject,), numbers, since=of.period)


def _first(of: Plausible, spec: ClaimSpec, shape: Shape) -> Iterator[Claim]:
    metric, subject = of.report.metrics[spec.metric], spec.subjects[0]
    for value in of.values(spec.metric):
        figure = _quantity(spec, "figure", value, metric.unit, metric.noun, of.period, (of.seen(spec.metric, subject),))
        yield _claim(of, spec, Finding.STATED, (subject,), {"figure": figure})


def _multiplied(of: Plausible, spec: ClaimSpec, shape: Shape) -> Iterator[Claim]:
    metric, subject = of.report.metrics[spec.metric], spec.subjects[0]
    oldest = of.seen(spec.metric, subject, window=Period.between(dt.date(2015, 12, 12), dt.date(2016, 12, 11)))
    evidence = (of.seen(spec.metric, subject), oldest)
    factor = _quantity(spec, "factor", LARGEST_FACTOR - 0.01, Unit.RATIO, metric.noun, of.period, evidence)
    for value in of.values(spec.metric):
        before = _quantity(spec, "before", value, Unit.COUNT, metric.noun, of.period, (oldest,))
        yield _claim(of, spec, Finding.STATED, (subject,), {"factor": factor, "before": before})


def _share(of: Plausible, spec: ClaimSpec, shape: Shape) -> Iterator[Claim]:
    metric, subject = of.report.metrics[spec.metric], spec.subjects[0]
    evidence = (of.seen(spec.metric, subject),)
    for value in values(Unit.PERCENT):
        share = _quantity(spec, "share", value, Unit.PERCENT, metric.noun, of.period, evidence)
        yield _claim(of, spec, Finding.STATED, (subject,), {"share": share})


def _rank(of: Plausible, spec: ClaimSpec, shape: Shape) -> Iterator[Claim]:
    evidence = tuple(of.seen(spec.metric, subject) for subject in spec.subjects)
    for at in range(1, len(spec.subjects) + 1):
        place = _quantity(spec, "place", at, Unit.COUNT, "place", of.period, evidence)
        yield _claim(of, spec, Finding.STATED, spec.subjects[:1], {"place": place})


def _rank_change(of: Plausible, spec: ClaimSpec, shape: Shape) -> Iterator[Claim]:
    for now, earlier in itertools.product(list(_rank(of, spec, shape)), repeat=2):
        place, before = now.quantities["place"], replace(earlier.quantities["place"], name="before")
        finding = Finding.LEVEL if place.value == before.value else Finding.GREW if place.value < before.value else Finding.FELL
        yield replace(now, finding=finding, quantities={"place": place, "before": before}, before=spec.before(of.period))


def _tally(of: Plausible, spec: ClaimSpec, shape: Shape) -> Iterator[Claim]:
    counted = [one for one in of.report.claims if one.key in spec.claims]
    names = tuple(dict.fromkeys(subject for one in counted for subject in one.subjects))
    evidence = (of.seen(counted[0].metric, counted[0].subjects[0]),)

    def told(name: str, value: int, *subjects: str) -> Quantity:
        return replace(_quantity(spec, name, value, Unit.COUNT, spec.noun, of.period, evidence), subjects=subjects)

    for held, level, won in _counts(spec, len(names)):
        for order in dict.fromkeys(order[: len(won)] for order in _orders(of, names, shape)):
            quantities = {f"leads_{subject}": told("leads", many, subject) for subject, many in zip(order, won, strict=True)}
            if level:
                quantities["undecided"] = told("undecided", level)
            finding = Finding.LEVEL if len(won) > 1 and won[0] == won[1] else Finding.LEADS
            yield _claim(of, spec, finding, order, {**quantities, "measures": told("measures", held)})


def _counts(spec: ClaimSpec, most: int) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """How many measures are held, how many of them are level, and how many go to each leader, from high to low."""
    if len(spec.claims) > _COUNTED:
        widest = max(range(len(spec.claims) + 1), key=lambda many: len(f"{many:,}") + 4 * (many <= 10))
        yield len(spec.claims), widest, (widest,) * most
    for held in range(spec.minimum, min(len(spec.claims), _COUNTED) + 1):
        for level in range(held):
            for won in _parts(held - level, most, held):
                yield held, level, won


def _parts(whole: int, most: int, largest: int) -> Iterator[tuple[int, ...]]:
    """The ways to part a number into at most so many, from high to low."""
    if whole == 0:
        yield ()
    for first in range(min(whole, largest), 0, -1) if most else ():
        for rest in _parts(whole - first, most - 1, first):
            yield (first, *rest)


def _shown(spec: ClaimSpec, shape: Shape) -> Iterator[tuple[tuple[str, ...], ...]]:
    """Who has a figure, who has none, and who of those was not asked. Where nobody speaks of the latter, fewer is never wider."""
    if not {"missing", "not_asked"} & shape.parts:
        yield spec.subjects, (), ()
    elif len(spec.optional) > _FREE:
        yield spec.subjects, spec.optional, spec.optional
    else:
        for states in itertools.product(("there", "missing", "not asked"), repeat=len(spec.optional)):
            of = dict(zip(spec.optional, states, strict=True))
            here = tuple(subject for subject in spec.subjects if of.get(subject, "there") == "there")
            missing = tuple(subject for subject in spec.subjects if subject not in here)
            if len(here) > 1:
                yield here, missing, tuple(subject for subject in missing if of[subject] == "not asked")


def _orders(of: Plausible, subjects: Sequence[str], shape: Shape) -> Iterator[tuple[str, ...]]:
    """The longest names first; every order, where the template looks at places."""
    if not shape.ordered:
        yield tuple(sorted(subjects, key=lambda subject: -of.weigh(of.report.name_of(subject))))
    elif len(subjects) > _ORDERS:
        raise Boundless(f"the places of {len(subjects)} subjects, which have more orders than can be tried")
    else:
        yield from itertools.permutations(subjects)


def _distance(of: Plausible, spec: ClaimSpec, order: Sequence[str]) -> Iterator[dict[str, Quantity]]:
    """How far the first is ahead: in points, in times, or by a number where the other one has nothing."""
    metric = of.report.metrics[spec.metric]
    for evidence in _windows(of, metric, order[0], order[1]):
        if metric.unit is Unit.PERCENT:
            yield {"difference": _quantity(spec, "difference", 100.0, Unit.POINTS, metric.noun, of.period, evidence)}
            continue
        yield {"ratio": _quantity(spec, "ratio", LARGEST_RATIO - 1, Unit.RATIO, metric.noun, of.period, evidence)}
        for number in (LARGEST_FROM_NOUGHT - 1, *_tiny(metric)):
            yield {"difference": _quantity(spec, "difference", number, metric.unit, metric.noun, of.period, evidence)}


def _windows(
    of: Plausible, metric: Metric, one: str, other: str, before: Period | None = None
) -> Iterator[tuple[Observation, Observation]]:
    """Two figures over windows of one length, and of two lengths where they may differ: then they are told by the day."""
    period = of.period
    if metric.adds_up and (metric.tolerance_days or (before and period.granularity in (Granularity.YEAR, Granularity.MONTH))):
        shorter = Period(period.start, period.end - dt.timedelta(hours=12))
        yield of.seen(metric.key, one, window=period), of.seen(metric.key, other, window=shorter)
    yield of.seen(metric.key, one, window=period), of.seen(metric.key, other, window=period)


def _quantity(
    spec: ClaimSpec, name: str, value: float, unit: Unit, noun: str, period: Period, evidence: tuple[Observation, ...]
) -> Quantity:
    return Quantity(spec.key, name, value, unit, noun, spec.metric, spec.subjects, period, evidence)


def _claim(
    of: Plausible, spec: ClaimSpec, finding: Finding, order: Sequence[str], quantities: Mapping[str, Quantity], **rest: Any
) -> Claim:
    return Claim(spec.key, spec.kind, finding, spec.metric, tuple(order), of.period, quantities, **rest)


VARIANTS: Final[Mapping[str, Variants]] = {
    "lead": _lead,
    "ratio": _ratio,
    "growth": _growth,
    "multiplied": _multiplied,
    "share": _share,
    "rank": _rank,
    "rank_change": _rank_change,
    "gained": _gained,
    "level": _level,
    "fastest": _fastest,
    "overtook": _overtook,
    "record": _record,
    "first": _first,
    "tally": _tally,
}
"""How a claim of each kind may come out: one entry for each of KINDS."""
