"""Which observation stands for a metric, a subject and a period, or why none does."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from bot.domain.measure import WHOLE, Absent, Aggregation, Metric, Missing, Observation, Subject, name_of
from bot.domain.period import Period, date_in_words


def newest(observations: Iterable[Observation], by_hand: Collection[str] = ()) -> list[Observation]:
    """
    The observation that stands for each (metric, subject, window).

    Of one origin's, the one that could be told last, and of those the one read last: a correction may have been read before what
    it corrects. Of several origins', the one given last: sources come in the recipe's order, figures given by hand after them.
    """
    readings: dict[tuple[str, str, Period], list[Observation]] = defaultdict(list)
    for seen in observations:
        readings[seen.metric, seen.subject, seen.period].append(seen)
    return [_standing(found, by_hand) for found in readings.values()]


def _standing(readings: Sequence[Observation], by_hand: Collection[str]) -> Observation:
    if len(readings) == 1:
        return readings[0]
    given = _of_these(readings, by_hand) or readings
    its = (seen for seen in reversed(given) if seen.origin == given[-1].origin)
    return max(its, key=lambda seen: (seen.known_at, seen.retrieved_at))


def _of_these(found: Sequence[Observation], ids: Collection[str]) -> list[Observation]:
    return [seen for seen in found if seen.id in ids] if ids else []  # an id costs a digest


def _near(end: dt.datetime, ends: Sequence[dt.datetime], tolerance: dt.timedelta) -> bool:
    """Whether one of the ends, which are in order, is no farther off than that."""
    at = bisect_left(ends, end - tolerance)
    return at < len(ends) and ends[at] <= end + tolerance


def _by_end(series: Sequence[Observation]) -> tuple[Sequence[dt.datetime], Sequence[Observation]]:
    """A series in the order in which its windows end, with the ends."""
    ordered = sorted(series, key=lambda seen: (seen.period.end, seen.period.start))
    return [seen.period.end for seen in ordered], ordered


class Figures:
    """
    The figure that stands for each (metric, subject, window), looked up by a report's period.

    A restated figure is a new observation, not an edit. What a person gave by hand goes before the rest. `held` are metrics a
    gate keeps out, `problems` those a source could not give, with the reasons; `missing` are single figures a source lacks.
    """

    def __init__(
        self,
        observations: Iterable[Observation],
        metrics: Mapping[str, Metric],
        subjects: Mapping[str, Subject],
        held: Mapping[str, str] | None = None,
        problems: Mapping[str, str] | None = None,
        by_hand: Collection[Observation] = (),
        missing: Iterable[Missing] = (),
    ) -> None:
        self._missing: dict[tuple[str, str], dict[Period, Missing]] = defaultdict(dict)
        self._withdrawn: dict[tuple[str, str], list[Period]] = defaultdict(list)
        for one in missing:
            if one.withdrawn:
                self._withdrawn[one.metric, one.subject].append(one.period)
            self._missing[one.metric, one.subject].setdefault(one.period, one)
        self._by_hand = frozenset(seen.id for seen in by_hand)
        self._held = held or {}
        self._problems = problems or {}
        self._metrics = metrics
        self._subjects = subjects
        self._series: dict[tuple[str, str], list[Observation]] = defaultdict(list)
        for seen in sorted(newest(observations, self._by_hand), key=lambda one: one.period):
            self._series[seen.metric, seen.subject].append(seen)
        self._by_end = {key: _by_end(series) for key, series in self._series.items()}

    def at(self, metric: str, subject: str, period: Period) -> Observation | Absent:
        """The observation that stands for a period by the metric's own rule, or why there is none."""
        definition = self._metrics[metric]
        candidates = self._candidates(definition, subject, period)
        if not candidates:
            return self._absent(definition, subject, period)
        candidates = _of_these(candidates, self._by_hand) or candidates
        if definition.aggregation is Aggregation.EVENT and len(candidates) > 1:
            return Absent(
                f"{definition.title} was observed {len(candidates)} times in {period}, and no one of them stands for it"
            )
        return min(candidates, key=lambda seen: (abs(seen.period.end - period.end), seen.period))

    def base_of(self, seen: Observation) -> Observation | Absent:
        """How many a percentage was taken of: the WHOLE observation of the metric's base, over the same window."""
        base = self._metrics[seen.metric].base
        if base is None:
            return Absent(f"{self._metrics[seen.metric].title} is not a share of anything")
        for whole in self._series[base, WHOLE]:
            if whole.period == seen.period:
                return whole
        return Absent(f"nobody says how many {self._metrics[seen.metric].title} in {seen.period} is a share of")

    def series(self, metric: str, subject: str, until: Period, since: Period | None = None) -> Sequence[Observation]:
        """
        All windows in order of time that end no later than the period does, within the tolerance; by hand before others.

        Of a stock, only the readings that stand for a period: a year of daily snapshots is twelve months to a monthly report.
        """
        tolerance = dt.timedelta(days=self._metrics[metric].tolerance_days)
        found = self._series[metric, subject]
        if self._metrics[metric].aggregation is Aggregation.LEVEL:
            found = self._standing(metric, subject, until)
        given = sorted(seen.period.end for seen in _of_these(found, self._by_hand))
        return [
            seen
            for seen in found
            if seen.period.end <= until.end + tolerance
            and (since is None or seen.period.start >= since.start)
            and (not _near(seen.period.end, given, tolerance) or seen.id in self._by_hand)
        ]

    def readings(self, metric: str, subject: str) -> Sequence[Observation]:
        """Every figure of a subject that stands for its own window, oldest first, whichever period it belongs to."""
        return tuple(self._series.get((metric, subject), ()))

    def withdrawn(self, metric: str, subject: str) -> Sequence[Period]:
        """The windows whose figures the source gave once and no longer stands by."""
        return tuple(self._withdrawn.get((metric, subject), ()))

    def _standing(self, metric: str, subject: str, until: Period) -> list[Observation]:
        """The readings that stand for a period and those before it, oldest first, each once."""
        first = min((seen.period.end for seen in self._series[metric, subject]), default=until.end)
        found: dict[Observation, None] = {}
        at = until
        while at.end >= first - dt.timedelta(days=self._metrics[metric].tolerance_days):
            if isinstance(seen := self.at(metric, subject, at), Observation):
                found[seen] = None
            at = at.previous()
        return sorted(found, key=lambda seen: seen.period)

    def metric(self, key: str) -> Metric:
        """The definition behind a key."""
        return self._metrics[key]

    @property
    def subjects(self) -> Sequence[str]:
        """The keys of all subjects there may be figures of."""
        return tuple(self._subjects)

    def name(self, subject: str) -> str:
        """What readers call a subject."""
        return name_of(subject, self._subjects)

    def _candidates(self, metric: Metric, subject: str, period: Period) -> list[Observation]:
        ends, series = self._by_end.get((metric.key, subject), ((), ()))
        first = period.start if metric.aggregation is Aggregation.EVENT else period.end - metric.tolerance
        last = bisect_right(ends, period.end + metric.tolerance)
        near = series[bisect_left(ends, first) : last]  # of years of days, some weeks
        return [seen for seen in near if metric.stands_for(seen.period, period)]

    def _lacking(self, metric: Metric, subject: str, period: Period) -> Missing | None:
        """The figure that would stand for a period and is not there."""
        missing = self._missing[metric.key, subject]
        return missing.get(period) or next((one for window, one in missing.items() if metric.stands_for(window, period)), None)

    def _nearest(self, metric: Metric, subject: str, period: Period) -> str | None:
        """Of a stock that was read at other times: when, in words."""
        known = self._series[metric.key, subject]
        found = [seen for seen in known if seen.period.days <= 1]
        if not found:
            return f"{self.name(subject)} was told of {known[-1].period}, and a stock is read on one day" if known else None
        if min(seen.period.end for seen in found) > period.end:
            first = min(seen.period.last_day for seen in found)
            return f"no earlier snapshot of {self.name(subject)}; the first was taken on {date_in_words(first)}"
        last = max(seen.period.last_day for seen in found if seen.period.end <= period.end)
        return f"no snapshot of {self.name(subject)} at the end of {period}; the last was taken on {date_in_words(last)}"

    def _absent(self, metric: Metric, subject: str, period: Period) -> Absent:
        if metric.key in self._held:
            return Absent(f"held: {self._held[metric.key]}", "held back")
        if metric.absent and not any(key == metric.key and series for (key, _), series in self._series.items()):
            return Absent(f"{metric.title}, {period}: {metric.absent}")
        if subject != WHOLE and not metric.asked(self._subjects[subject], period):
            return Absent(f"{metric.title}: {self.name(subject)} was not an option in {period}", "not asked")
        no_figure = f"{metric.title}: no figure for {self.name(subject)} in {period}"
        lacking, problem = self._lacking(metric, subject, period), self._problems.get(metric.key)
        if lacking is not None or problem:
            return Absent(f"{no_figure}; {lacking.reason if lacking else problem}", lacking.short if lacking else "no figure")
        if metric.aggregation is Aggregation.LEVEL and (snapshot := self._nearest(metric, subject, period)) is not None:
            return Absent(f"{metric.title}: {snapshot}", "no snapshot")
        why = next((f"; of {other}: {one.reason}" for other, one in self._missing[metric.key, subject].items()), "")
        return Absent(f"{no_figure}{why}")
