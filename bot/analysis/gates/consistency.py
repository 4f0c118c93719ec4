"""Figures that contradict each other: a share and its count, a part and its whole, a year and its months."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from bot.analysis.gates.case import Case
from bot.domain.gate import Judgement, Verdict
from bot.domain.measure import WHOLE, Aggregation, Observation, Unit

_ROUNDING: Final = 0.05 + 1e-9
"""Publishers print shares to one decimal at the coarsest; 25.0 - 24.95 is a hair over 0.05 in floating point."""


def shares_match_their_counts(case: Case) -> Iterable[Judgement]:
    """A percentage beside its own count and base must be their quotient: else one of the three is wrong, nobody knows which."""
    counts = {(seen.metric, seen.subject, seen.period): seen for seen in case.standing}
    for seen in case.standing:
        metric = case.metrics[seen.metric]
        if metric.unit is not Unit.PERCENT or metric.base is None:
            continue
        part, whole = counts.get((metric.base, seen.subject, seen.period)), counts.get((metric.base, WHOLE, seen.period))
        if part is None or whole is None or not whole.value:
            continue
        share = 100 * part.value / whole.value
        if not math.isclose(seen.value, share, abs_tol=_ROUNDING) and case.matters(seen):
            yield Judgement(
                "share",
                Verdict.HOLD,
                metric.key,
                (seen.subject,),
                (seen.period,),
                "A share does not match its own count",
                f"{metric.title}: {seen.value:g} % of {seen.subject} in {seen.period} is not {part.value:,.10g} of "
                f"{whole.value:,.10g} ({share:.2f} %)",
                (seen, part, whole),
            )


def parts_are_no_more_than_the_whole(case: Case) -> Iterable[Judgement]:
    """Nobody is counted twice in a base: no subject of a counted metric exceeds everybody."""
    wholes = {(seen.metric, seen.period): seen for seen in case.standing if seen.subject == WHOLE}
    for seen in case.standing:
        whole = wholes.get((seen.metric, seen.period))
        if whole is not None and seen.value > whole.value and _counted_on(case, seen):
            yield Judgement(
                "whole",
                Verdict.HOLD,
                seen.metric,
                (seen.subject,),
                (seen.period,),
                "A part and its whole contradict each other",
                f"{case.metrics[seen.metric].title}: {seen.subject} has {seen.value:,.10g} in {seen.period}, all together "
                f"{whole.value:,.10g}",
                (seen, whole),
            )


def _counted_on(case: Case, seen: Observation) -> bool:
    """Whether the edition looks at a count, or at a share that is taken of it."""
    shares = (key for key, metric in case.metrics.items() if metric.base == seen.metric)
    return any(case.matters(replace(seen, metric=key)) for key in (seen.metric, *shares))


_COVERED: Final = 0.6
"""Months that make up less of a year than this say too little of it."""
_PARTS: Final = 6
_AGREE: Final = 1.5
"""Windows of thirty days, with gaps, over a growing year: on PyPI their mean is within a fifth of the year's."""


def years_match_their_months(case: Case) -> Iterable[Judgement]:
    """A count over a long time, and those of the same origin over its parts, agree by the day: else the long one is set aside."""
    totals = [(metric, found) for metric, found in case.counted(Aggregation.TOTAL) if metric.runs]
    for metric, found in totals:
        for subject, series in found.items():
            others = [theirs for other, theirs in totals if other is not metric and other.noun == metric.noun]
            parts = [one for theirs in others for one in theirs.get(subject, ())]
            for seen in series if parts else ():
                daily = _by_parts(seen, parts) if case.matters(seen) else None
                if daily is not None and not _agree(seen.value / seen.period.days, daily):
                    yield _contradicted(case, seen, daily)


def _contradicted(case: Case, seen: Observation, daily: float) -> Judgement:
    return Judgement(
        "sum",
        Verdict.SKIP,
        seen.metric,
        (seen.subject,),
        (seen.period,),
        case.sentence("A count of {} does not match its own parts", "A count does not match its own parts", seen.subject),
        f"{case.metrics[seen.metric].title} of {seen.subject} in {seen.period}: {seen.value / seen.period.days:,.0f} a day, and "
        f"{daily:,.0f} a day in the windows within it",
        (seen,),
    )


def _by_parts(seen: Observation, parts: Sequence[Observation]) -> float | None:
    """The mean by the day of the shorter windows inside a window, if they are many and make up most of it."""
    inside: list[Observation] = []
    for one in parts:
        free = not inside or one.period.start >= inside[-1].period.end
        if free and one.origin == seen.origin and seen.period.contains(one.period) and one.period != seen.period:
            inside.append(one)
    days = sum(one.period.days for one in inside)
    if len(inside) < _PARTS or days < _COVERED * seen.period.days:
        return None
    return sum(one.value for one in inside) / days


def _agree(one: float, other: float) -> bool:
    return max(one, other) <= _AGREE * max(min(one, other), 1)
