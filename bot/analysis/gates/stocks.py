"""A stock that only grows: one that falls in one step, stands still all at once, or is dated otherwise than it was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from statistics import median_low
from typing import Final

from bot.analysis.gates.case import Case
from bot.domain.gate import Judgement, Verdict
from bot.domain.measure import Aggregation, Observation
from bot.domain.numerals import grouped

_FALL: Final = 0.98
"""
Two percent in one step. In 30,000 readings of stars and forks no repository lost so much by people's doing; when GitHub
counted forks another way (21 February 2024) PyTorch lost two and TensorFlow seventeen.
"""
_BACK: Final = 0.995
_SOON: Final = 3
"""Readings within which a fall that was made good was a wrong reading."""


def falls(case: Case) -> Iterable[Judgement]:
    """
    A cumulative count lower than the reading before it: readings that were soon made good are set aside; else the metric is held.

    A declared break explains a fall. One from before the period that the edition is about is a break of its own: told, and not
    compared across.
    """
    for metric, found in case.counted(Aggregation.LEVEL):
        if not metric.runs:
            continue
        for subject, series in found.items():
            for at in range(1, len(series)):
                before, seen = series[at - 1], series[at]
                if seen.value < _FALL * before.value and case.matters(seen) and case.declared(before, seen) is None:
                    yield _fall(case, subject, series, at)


def _fall(case: Case, subject: str, series: tuple[Observation, ...], at: int) -> Judgement:
    before, seen = series[at - 1], series[at]
    metric = case.metrics[seen.metric]
    good = next(
        (place for place in range(at, min(at + _SOON + 1, len(series))) if series[place].value >= _BACK * before.value), None
    )
    low = series[at:good] if good is not None else (seen,)
    earlier = good is None and seen.period.end <= case.period.start
    verdict = Verdict.SKIP if good is not None else Verdict.CAVEAT if earlier else Verdict.HOLD
    return Judgement(
        "fall",
        verdict,
        metric.key,
        (subject,),
        tuple(one.period for one in low),
        case.sentence("The sum for {} went back in one step, which looks like a recount",
                      "A sum went back in one step, which looks like a recount", subject),
        f"{metric.title} of {subject}: {grouped(before.value)} on {before.period.last_day} and {grouped(seen.value)} on "
        f"{seen.period.last_day}, {1 - seen.value / before.value:.1%} down, and no break is declared; "
        f"{'made good since' if good is not None else 'a sum of all does not fall: it is counted another way'}",
        (before, *low),
        across=before.period.end if verdict is Verdict.CAVEAT else None,
    )  # fmt: skip


_EXPECTED: Final = 10
"""
Where so many more were to be expected, none is no chance (Poisson: one in twenty thousand). In 10,000 days of four repositories
it is about one day in a hundred, mostly of forks, which are deleted too; the reading before it stands in its place.
"""
_LOOKS_BACK: Final = dt.timedelta(days=100)
_AT_LEAST: Final = dt.timedelta(days=20)


def stood_still(case: Case) -> Iterable[Judgement]:
    """Readings that repeat one to the digit for as long as ten and more should have come, by the pace before: set aside."""
    for metric, found in case.counted(Aggregation.LEVEL):
        if not metric.runs:
            continue
        for subject, series in found.items():
            for still in _stills(series):
                expected = _expected(case, series, still)
                low = tuple(seen for seen in series[still.start + 1 : still.stop] if case.matters(seen))
                if expected >= _EXPECTED and low:
                    yield Judgement(
                        "stale",
                        Verdict.SKIP,
                        metric.key,
                        (subject,),
                        tuple(one.period for one in low),
                        case.sentence("A count of {} repeats the one before it", "A count repeats the one before it", subject),
                        f"{metric.title} of {subject}: {grouped(low[0].value)} on {series[still.start].period.last_day} and "
                        f"still on {low[-1].period.last_day}, where by its pace {expected:,.0f} more were to be expected",
                        (series[still.start], *low),
                    )


def _stills(series: Sequence[Observation]) -> Iterator[range]:
    """The places of readings that are all the same, each as long as it goes."""
    first = 0
    for at in range(1, len(series) + 1):
        if at == len(series) or series[at].value != series[first].value:
            if at - first > 1:
                yield range(first, at)
            first = at


def _expected(case: Case, series: Sequence[Observation], still: range) -> float:
    """How many should have come while a stock stood still, by its pace over the months before; nought if nobody knows that."""
    since, until = series[still.start], series[still.stop - 1]
    known = (
        seen
        for seen in series[: still.start]
        if since.period.end - seen.period.end <= _LOOKS_BACK and case.declared(seen, since) is None
    )
    before = next(known, None)
    if before is None or since.period.end - before.period.end < _AT_LEAST:
        return 0.0
    return (since.value - before.value) * ((until.period.end - since.period.end) / (since.period.end - before.period.end))


_USUAL_OF: Final = dt.timedelta(days=365)
_LEAST: Final = 6
_LATE: Final = dt.timedelta(days=3)
"""A snapshot is of the day it is dated; a list that is made by hand may be some days late, but then it always is."""


def dated_otherwise(case: Case) -> Iterable[Judgement]:
    """A reading that came out days later after its date than those of its origin always did: it may be of another day."""
    for metric, found in case.counted(Aggregation.LEVEL):
        for subject, series in found.items() if metric.runs else ():
            for at in range(_LEAST, len(series)):
                seen = series[at]
                if _lag(seen) >= _LATE and case.matters(seen) and _late(seen, series[:at]):
                    yield Judgement(
                        "window",
                        Verdict.SKIP,
                        metric.key,
                        (subject,),
                        (seen.period,),
                        case.sentence(
                            "A count of {} is of other days than usual", "A count is of other days than usual", subject
                        ),
                        f"{metric.title} of {subject}: the reading of {seen.period.last_day} came out on {seen.known_at.date()}, "
                        f"and those before it came at once",
                        (seen,),
                    )


def _late(seen: Observation, earlier: Sequence[Observation]) -> bool:
    usual = [_lag(one) for one in earlier if one.origin == seen.origin and seen.period.end - one.period.end <= _USUAL_OF]
    return len(usual) >= _LEAST and _lag(seen) - median_low(usual) >= _LATE


def _lag(seen: Observation) -> dt.timedelta:
    return seen.known_at - seen.period.end
