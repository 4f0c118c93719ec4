"""Figures that contradict each other: a share and its count, a part and its whole."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from bot.analysis.gates.case import Case
from bot.domain.gate import Judgement, Verdict
from bot.domain.measure import WHOLE, Unit

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
        if not math.isclose(seen.value, share, abs_tol=_ROUNDING):
            yield Judgement(
                "share",
                Verdict.HOLD,
                metric.key,
                (seen.subject,),
                (seen.period,),
                "A share does not match its own count",
                f"{metric.title}: {seen.value:g} % of {seen.subject} in {seen.period} is not {part.value:g} of {whole.value:g} "
                f"({share:.2f} %)",
                (seen, part, whole),
            )


def parts_are_no_more_than_the_whole(case: Case) -> Iterable[Judgement]:
    """Nobody is counted twice in a base: no subject of a counted metric exceeds everybody."""
    wholes = {(seen.metric, seen.period): seen for seen in case.standing if seen.subject == WHOLE}
    for seen in case.standing:
        whole = wholes.get((seen.metric, seen.period))
        if whole is not None and seen.value > whole.value:
            yield Judgement(
                "whole",
                Verdict.HOLD,
                seen.metric,
                (seen.subject,),
                (seen.period,),
                "A part is counted as larger than its whole",
                f"{case.metrics[seen.metric].title}: {seen.subject} has {seen.value:g} in {seen.period}, all together "
                f"{whole.value:g}",
                (seen, whole),
            )
