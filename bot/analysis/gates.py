"""Pure checks of observations before anything is claimed. A metric that fails one is held, and its posts leave the thread."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from bot.analysis.figures import newest
from bot.domain.measure import WHOLE, Metric, Observation, Unit
from bot.domain.thread import Held
from bot.errors import BadFigures

_ROUNDING: Final = 0.05 + 1e-9
"""Publishers print shares to one decimal at the coarsest; 25.0 - 24.95 is a hair over 0.05 in floating point."""


def refuse_impossible(observations: Iterable[Observation], metrics: Mapping[str, Metric]) -> None:
    """
    Nothing, if every value is possible in its metric's unit. Metrics that are not defined are passed over.

    Raises:
        BadFigures: a share over 100 percent, half a download, a negative count; names the place.
    """
    for seen in observations:
        metric = metrics.get(seen.metric)
        refusal = metric.unit.refuse(seen.value) if metric else None
        if metric and refusal:
            raise BadFigures(
                f'{seen.query or seen.url}, column "value": {refusal}, and {seen.metric} is a {metric.unit}. '
                f"The unit may have been mixed up with another metric's; correct the value or the metric"
            )


def gate(
    observations: Sequence[Observation], metrics: Mapping[str, Metric], by_hand: Sequence[Observation] = ()
) -> tuple[list[Observation], list[Held]]:
    """The observations of metrics that pass every gate, and the metrics that do not. Only what stands is judged."""
    held: dict[str, Held] = {}
    standing = newest(observations, {seen.id for seen in by_hand})
    for check in _GATES:
        for verdict in check(standing, metrics):
            held.setdefault(verdict.metric, verdict)
    return [seen for seen in observations if seen.metric not in held], list(held.values())


def _shares_match_their_counts(observations: Sequence[Observation], metrics: Mapping[str, Metric]) -> Iterable[Held]:
    """A percentage beside its own count and base must be their quotient: else one of the three is wrong, nobody knows which."""
    counts = {(seen.metric, seen.subject, seen.period): seen.value for seen in observations}
    for seen in observations:
        metric = metrics[seen.metric]
        if metric.unit is not Unit.PERCENT or metric.base is None:
            continue
        part, whole = counts.get((metric.base, seen.subject, seen.period)), counts.get((metric.base, WHOLE, seen.period))
        if part is None or not whole:
            continue
        if not math.isclose(seen.value, 100 * part / whole, abs_tol=_ROUNDING):
            yield Held(
                metric.key,
                f"{metric.title}: {seen.value:g} % of {seen.subject} in {seen.period} is not {part:g} of {whole:g} "
                f"({100 * part / whole:.2f} %)",
            )


def _parts_are_no_more_than_the_whole(observations: Sequence[Observation], metrics: Mapping[str, Metric]) -> Iterable[Held]:
    """Nobody is counted twice in a base: no subject of a counted metric exceeds everybody."""
    whole = {(seen.metric, seen.period): seen.value for seen in observations if seen.subject == WHOLE}
    for seen in observations:
        limit = whole.get((seen.metric, seen.period))
        if limit is not None and seen.value > limit:
            yield Held(
                seen.metric,
                f"{metrics[seen.metric].title}: {seen.subject} has {seen.value:g} in {seen.period}, all together {limit:g}",
            )


_GATES: Final[Sequence[Callable[[Sequence[Observation], Mapping[str, Metric]], Iterable[Held]]]] = (
    _shares_match_their_counts,
    _parts_are_no_more_than_the_whole,
)
