"""What a gate may look at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from bot.analysis.figures import newest
from bot.analysis.gates.course import LOOKS_BACK, Course, course
from bot.domain.measure import Aggregation, Break, Metric, Observation, Subject, name_of
from bot.domain.period import Period


@dataclass(frozen=True)
class Case:
    """
    The figures of one report and period, as they stand when its edition is composed at `now`.

    `series` has, for each (metric, subject), what stands for each window, in order of time: one observation a window. `cited` are
    the figures the report's last edition cited, as they stood then. `since` says of a metric how far back the edition prints,
    compares or draws it; without it, all of a series matters. What lies outside is looked at, and not spoken of. `before` are the
    readings of the same origin that those which stand have replaced.
    """

    period: Period
    now: dt.datetime
    metrics: Mapping[str, Metric]
    subjects: Mapping[str, Subject]
    series: Mapping[tuple[str, str], tuple[Observation, ...]]
    cited: tuple[Observation, ...] = ()
    since: Mapping[str, dt.datetime] = field(default_factory=dict)
    before: tuple[Observation, ...] = ()

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
        since: Mapping[str, dt.datetime] | None = None,
    ) -> Case:
        """The case some observations make; of several readings of a figure the one that stands is judged."""
        series: dict[tuple[str, str], list[Observation]] = {}
        for seen in sorted(
            newest(observations, {seen.id for seen in by_hand}), key=lambda one: (one.period.start, one.period.end)
        ):
            series.setdefault((seen.metric, seen.subject), []).append(seen)
        found = {key: tuple(seen) for key, seen in series.items()}
        stand = {(one.metric, one.subject, one.period): one for one in chain.from_iterable(series.values())}
        before = (
            one for one in observations if one is not (new := stand[one.metric, one.subject, one.period]) and _replaces(new, one)
        )
        return cls(period, now, metrics, subjects, found, tuple(cited), since or {}, tuple(before))

    @property
    def standing(self) -> Iterator[Observation]:
        """Every figure that stands."""
        for found in self.series.values():
            yield from found

    def of_metric(self, metric: str) -> Mapping[str, tuple[Observation, ...]]:
        """The series of a metric by subject."""
        return self._by_metric.get(metric, {})

    def counted(self, *aggregations: Aggregation) -> Iterator[tuple[Metric, Mapping[str, tuple[Observation, ...]]]]:
        """Every metric of some kinds with its series by subject."""
        for key, found in self._by_metric.items():
            if (metric := self.metrics[key]).aggregation in aggregations:
                yield metric, found

    def matters(self, seen: Observation) -> bool:
        """Whether the edition may print, compare or draw a figure."""
        since = self.since.get(seen.metric)
        return (since is None or seen.period.end > since) and seen.period.end <= self.period.end + self.metrics[
            seen.metric
        ].tolerance

    def stands(self, series: Iterable[Observation], period: Period) -> Observation | None:
        """The figure of a series that would be told of a period."""
        found = [seen for seen in series if self.metrics[seen.metric].stands_for(seen.period, period)]
        return min(found, key=lambda seen: (abs(seen.period.end - period.end), seen.period), default=None)

    def stands_in_place_of(self, old: Observation) -> Observation:
        """The figure that stands for the window of one that was replaced."""
        return next(seen for seen in self.series[old.metric, old.subject] if seen.period == old.period)

    def declared(self, before: Observation, after: Observation) -> Break | None:
        """The declared change of counting that lies between two figures of a series, or inside one of them."""
        breaks = self.metrics[after.metric].breaks_of(after.subject)
        return next((one for one in breaks if before.period.start < one.at < after.period.end), None) if breaks else None

    @cached_property
    def courses(self) -> Mapping[tuple[str, str], Course]:
        """How each series of counts ran: its steady stretches, and what stands out of them."""
        return {
            key: course(self._recent(found), self.metrics[key[0]], lambda before, after: self.declared(before, after) is not None)
            for key, found in self.series.items()
            if self.metrics[key[0]].runs
        }

    def _recent(self, series: tuple[Observation, ...]) -> tuple[Observation, ...]:
        """A series from some windows before the oldest that matters on: ten years of days are long."""
        since = self.since.get(series[0].metric)
        first = 0 if since is None else next((at for at, seen in enumerate(series) if seen.period.end > since), len(series))
        return series[max(0, first - LOOKS_BACK) :]

    @cached_property
    def _by_metric(self) -> Mapping[str, Mapping[str, tuple[Observation, ...]]]:
        found: dict[str, dict[str, tuple[Observation, ...]]] = {}
        for (metric, subject), seen in self.series.items():
            found.setdefault(metric, {})[subject] = seen
        return found

    def name(self, subject: str) -> str:
        """What readers call a subject."""
        return name_of(subject, self.subjects)

    def sentence(self, words: str, otherwise: str, *subjects: str) -> str:
        """A sentence for the reader that names subjects, or one that does not, if it would be too long or there are too many."""
        names = " and ".join(self.name(subject) for subject in subjects)
        told = words.format(names)
        return told if 1 <= len(subjects) <= 2 and len(told) <= LONGEST else otherwise


def _replaces(new: Observation, old: Observation) -> bool:
    return new.origin == old.origin and new.retrieved_at > old.retrieved_at


LONGEST = 80
"""Characters of a sentence: it stands in a post of 280 and on a chart's line of notes."""
