"""What no observation may say, whatever stands beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.domain.measure import Metric, Observation
from bot.errors import BadFigures


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
