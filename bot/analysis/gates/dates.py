"""What figures are too old, or of another time than they are told of."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median, median_low
from typing import Final, TypeAlias

from bot.analysis.gates.case import Case
from bot.domain.gate import Judgement, Verdict
from bot.domain.measure import Aggregation, Metric, Observation, Unit
from bot.domain.period import Granularity, Period

_Series: TypeAlias = Mapping[str, tuple[Observation, ...]]

_STEPS: Final = 12
_STEP: Final = 0.9
"""Months differ by a tenth of their length: one that is missing is late by nine tenths of a usual step at the least."""
_LEAST_STEPS: Final = 6
"""With fewer steps known, nobody can say what is usual."""


def old_counts(case: Case) -> Iterable[Judgement]:
    """
    A running count whose newest window ends a usual step before the period does: whoever draws it says so.

    Of a total nothing is told of the period itself then. A stock may still stand for it, if it was read after it began.
    """
    for metric, found in case.counted(Aggregation.TOTAL, Aggregation.LEVEL):
        if metric.runs:
            old = [last for series in found.values() if (last := _old(case, metric, series)) is not None]
            if old:
                yield _stale(case, metric, old)


def _old(case: Case, metric: Metric, series: Sequence[Observation]) -> Observation | None:
    """The newest figure of a series that should have a newer one by the period's end."""
    there = [seen for seen in series if seen.period.end <= case.period.end + metric.tolerance]
    if len(there) <= _LEAST_STEPS or not case.matters(there[-1]):
        return None
    late = case.period.end - there[-1].period.end
    return there[-1] if late > max(_STEP * _usual(there), (case.period.end - case.period.start) / 10) else None


def _stale(case: Case, metric: Metric, old: Sequence[Observation]) -> Judgement:
    names = [seen.subject for seen in old]
    return Judgement(
        "stale",
        Verdict.CAVEAT,
        metric.key,
        tuple(names),
        tuple(dict.fromkeys(seen.period for seen in old)),
        case.sentence("The newest count is from before the period’s end: {}",
                      "The newest counts are from before the end of the period", *names),
        f"{metric.title}: nothing newer than {', '.join(f'{seen.period.last_day} of {seen.subject}' for seen in old)} by the end "
        f"of {case.period}, later than a usual step",
        tuple(old),
    )  # fmt: skip


_MUCH: Final = 1000
"""Smaller counts agree to the digit by chance now and then, but not those of all subjects at once."""
_LEAST: Final = 10
_REPEATS: Final = 0.05


def repeated(case: Case) -> Iterable[Judgement]:
    """A figure that is the one before it to the digit, of a series that otherwise moves: the list was not renewed. Set aside."""
    for metric, found in case.counted(Aggregation.TOTAL, Aggregation.EVENT):
        pairs = {subject: [one for one in pairwise(series) if _same(*one)] for subject, series in found.items()}
        same = Counter(seen.period for ours in pairs.values() for before, seen in ours if not _by_no_chance(metric, seen))
        whole = {window for window, number in same.items() if number > 1 and number == _counted(found, window)}
        for subject, ours in pairs.items():
            told = [(before, seen) for before, seen in ours if _by_no_chance(metric, seen) or seen.period in whole]
            if told and len(ours) <= max(_REPEATS * len(found[subject]), 1):
                yield from (_repeat(case, metric, subject, before, seen) for before, seen in told if case.matters(seen))


def _counted(found: _Series, window: Period) -> int:
    return sum(any(seen.period == window for seen in series) for series in found.values())


def _same(before: Observation, seen: Observation) -> bool:
    """Whether two figures agree that are not of the same days, by and large."""
    return (
        seen.value == before.value >= _LEAST
        and 2 * (seen.period.start - before.period.start) > seen.period.end - seen.period.start
    )


def _by_no_chance(metric: Metric, seen: Observation) -> bool:
    """Whether a figure is large enough to say so alone, or a share with decimals that nobody prints."""
    return seen.value >= _MUCH if metric.unit is not Unit.PERCENT else round(seen.value, 2) != seen.value


def _repeat(case: Case, metric: Metric, subject: str, before: Observation, seen: Observation) -> Judgement:
    return Judgement(
        "stale",
        Verdict.SKIP,
        metric.key,
        (subject,),
        (seen.period,),
        case.sentence("A count of {} repeats the one before it", "A count repeats the one before it", subject),
        f"{metric.title} of {subject}: {seen.value:,.10g} in {before.period} and again in {seen.period}, where "
        f"it moves otherwise",
        (before, seen),
    )


_GRACE: Final = dt.timedelta(days=1)
"""A list of a day may be dated by the day's beginning."""


def read_too_early(case: Case) -> Iterable[Judgement]:
    """A count over a window, or of a day, that was not over when it was read: set aside."""
    for metric, found in case.counted(Aggregation.TOTAL, Aggregation.LEVEL):
        for series in found.values():
            for seen in series:
                if seen.period.end - seen.retrieved_at > _GRACE and case.matters(seen):
                    yield Judgement(
                        "window",
                        Verdict.SKIP,
                        metric.key,
                        (seen.subject,),
                        (seen.period,),
                        case.sentence("A count of {} was read before its days were over",
                                      "A count was read before its days were over", seen.subject),
                        f"{metric.title} of {seen.subject}: the window ends on {seen.period.last_day}, and it was read on "
                        f"{seen.retrieved_at.date()}",
                        (seen,),
                    )  # fmt: skip


_SHARED: Final = 0.9
"""From so many shared windows on, a subject's are those of the others."""


def other_windows(case: Case) -> Iterable[Judgement]:
    """
    Windows that are not those of the other subjects, where they always were, or calendar months that turn into other spans.

    Set aside: the days a count is of are as much a part of it as its value.
    """
    for metric, found in case.counted(Aggregation.TOTAL):
        if not metric.runs:
            continue
        for seen in (*_odd(case, found), *_off_the_calendar(case, found)):
            yield Judgement(
                "window",
                Verdict.SKIP,
                metric.key,
                (seen.subject,),
                (seen.period,),
                case.sentence("A count of {} is of other days than usual", "A count is of other days than usual", seen.subject),
                f"{metric.title} of {seen.subject}: {seen.period} is not among the windows of the other subjects, or not the "
                f"calendar period that its series is made of",
                (seen,),
            )


def _odd(case: Case, found: _Series) -> Iterator[Observation]:
    """Windows that one subject alone has, though most others have counts of that time, and its windows are theirs else."""
    if len(found) < 3:
        return
    windows = Counter(seen.period for series in found.values() for seen in series)
    for series in found.values():
        alone = [seen for seen in series if windows[seen.period] == 1]
        if not alone or len(series) - len(alone) < max(_LEAST_STEPS, _SHARED * len(series) - 1):
            continue
        for seen in alone:
            beside = {window for window in windows if window.start < seen.period.end and seen.period.start < window.end}
            if case.matters(seen) and any(windows[window] >= (len(found) + 1) // 2 for window in beside - {seen.period}):
                yield seen


def _off_the_calendar(case: Case, found: _Series) -> Iterator[Observation]:
    """Spans in a series whose last windows were all of one calendar unit."""
    for series in found.values():
        run, unit = 0, Granularity.SPAN
        for seen in series:
            granularity = seen.period.granularity
            if granularity is not unit and run >= _LEAST_STEPS and unit is not Granularity.SPAN:
                if case.matters(seen):
                    yield seen
                continue
            run, unit = (run + 1 if granularity is unit else 1), granularity


_LENGTH: Final = 0.05
"""Months differ by a tenth of their days, and every reader knows it; other spans that differ by more than this are told."""
_LENGTHS: Final = 3


def lengths_differ(case: Case) -> Iterable[Judgement]:
    """A span that is longer or shorter than those before it: told, and compared by the day."""
    for metric, found in case.counted(Aggregation.TOTAL):
        unequal: dict[Period, list[Observation]] = {}
        for series in found.values() if metric.runs else ():
            for seen in _unequal(case, series):
                unequal.setdefault(seen.period, []).append(seen)
        for window, there in unequal.items():
            yield Judgement(
                "window",
                Verdict.CAVEAT,
                metric.key,
                tuple(seen.subject for seen in there),
                (window,),
                "Counts are of spans that differ in length, and are compared by the day",
                f"{metric.title}: {window.days:g} days in {window}, more or less by a twentieth than the three windows before it",
                tuple(there),
            )


def _unequal(case: Case, series: Sequence[Observation]) -> Iterator[Observation]:
    for at in range(_LENGTHS, len(series)):
        seen = series[at]
        if seen.period.granularity is Granularity.SPAN and case.matters(seen):
            usual = median(one.period.days for one in series[at - _LENGTHS : at])
            if abs(seen.period.days - usual) > _LENGTH * usual:
                yield seen


def _usual(series: Sequence[Observation]) -> dt.timedelta:
    """The usual time between the ends of a series' windows."""
    recent = series[-_STEPS - 1 :]
    return median_low([later.period.end - seen.period.end for seen, later in pairwise(recent)])
