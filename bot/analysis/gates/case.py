"""What a gate may look at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.analysis.figures import newest
from bot.domain.measure import Metric, Observation, Subject, name_of
from bot.domain.period import Period


@dataclass(frozen=True)
class Case:
    """
    The figures of one report and period, as they stand when its edition is composed at `now`.

    `series` has, for each (metric, subject), what stands for each window, in order of time: one observation a window. `cited` are
    the figures the report's last edition cited, as they stood then.
    """

    period: Period
    now: dt.datetime
    metrics: Mapping[str, Metric]
    subjects: Mapping[str, Subject]
    series: Mapping[tuple[str, str], tuple[Observation, ...]]
    cited: tuple[Observation, ...] = ()

    @classmethod
    def of(
        cls,
        observations: Sequence[Observation],
        metrics: Mapping[str, Metric],
        subjects: Mapping[str, Subject],
        period: Period,
        now: dt.datetime,
        by_hand: Sequence[Observation] = (),
        cited: Sequence[Observation] = (),
    ) -> Case:
        """The case some observations make; of several readings of a figure the one that stands is judged."""
        series: dict[tuple[str, str], list[Observation]] = {}
        for seen in sorted(newest(observations, {seen.id for seen in by_hand}), key=lambda one: one.period):
            series.setdefault((seen.metric, seen.subject), []).append(seen)
        return cls(period, now, metrics, subjects, {key: tuple(found) for key, found in series.items()}, tuple(cited))

    @property
    def standing(self) -> Iterator[Observation]:
        """Every figure that stands."""
        for found in self.series.values():
            yield from found

    def of_metric(self, metric: str) -> Mapping[str, tuple[Observation, ...]]:
        """The series of a metric by subject."""
        return {subject: found for (key, subject), found in self.series.items() if key == metric}

    def name(self, subject: str) -> str:
        """What readers call a subject."""
        return name_of(subject, self.subjects)
