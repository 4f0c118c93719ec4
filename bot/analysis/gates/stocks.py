"""A stock that only grows, and falls in one step."""

from __future__ import annotations

from collections.abc import Iterable
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
