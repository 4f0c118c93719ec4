"""Like with like: why figures of several subjects, or of several periods, are not put together at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from bot.analysis.claims.noise import interval
from bot.analysis.figures import Figures
from bot.domain.measure import Absent, Aggregation, Metric, Observation, Unit
from bot.domain.period import Period, date_in_words
from bot.domain.report import ClaimSpec

_TOGETHER: Final = 0.05
"""How far apart, by the length of the period, stocks that are compared may be read: a day and a half for a month."""
_STRETCH: Final = 0.04
"""How much more or less time than meant may lie between two readings of a stock: a day and some hours for a month."""
_OFF: Final = 0.1
"""How far off, by the time a change is told over, each of the two readings of a stock may be: three days for a month."""


def unfit(spec: ClaimSpec, order: Sequence[Observation], figures: Figures, period: Period) -> Absent | None:
    """Why no order is stated: a subject that matters has no figure, fewer than two have, or they are not compared."""
    found = {seen.subject for seen in order}
    for subject in spec.subjects:
        figure = figures.at(spec.metric, subject, period)
        if isinstance(figure, Absent) and (subject not in spec.optional or len(found) < 2):
            return figure
    return comparison_refused(spec.metric, order, figures, period)


def comparison_refused(metric: str, order: Sequence[Observation], figures: Figures, period: Period) -> Absent | None:
    """Why figures of one period are not compared: of other times, of other counts, or shares of nobody knows how many."""
    definition = figures.metric(metric)
    if not order:
        return None
    if (apart := _other_times(definition, order, period)) is not None:
        return apart
    if (counts := other_counts(definition, order)) is not None:
        return counts
    return sample_unknown(order, figures)


def other_counts(metric: Metric, seen: Sequence[Observation]) -> Absent | None:
    """Why figures of several subjects are not compared: two publishers counted, and nobody says they repeat one counter."""
    origins = list(dict.fromkeys(one.origin for one in seen))
    if len(origins) > 1 and not set(origins) <= set(metric.same_counter):
        return Absent(
            f"{metric.title}: counted by {origins[0]} and by {origins[1]}, and nobody says that both repeat one counter; "
            "they are not compared"
        )
    return None


def sample_unknown(seen: Sequence[Observation], figures: Figures) -> Absent | None:
    """Why shares are not compared: nobody says how many were asked, so any difference may be chance."""
    for one in seen:
        metric = figures.metric(one.metric)
        if metric.unit is Unit.PERCENT and metric.sample and interval(one, figures) is None:
            return Absent(f"{metric.title}: nobody says how many {one.period} is a share of")
    return None


def now_and_before(
    spec: ClaimSpec, subject: str, figures: Figures, period: Period, earlier: Period
) -> tuple[Observation, Observation] | Absent:
    """A subject's figures of a period and of the one it is measured from, if they can be put together at all."""
    now, before = figures.at(spec.metric, subject, period), figures.at(spec.metric, subject, earlier)
    if isinstance(now, Absent):
        return now
    if isinstance(before, Absent):
        return before
    metric = figures.metric(spec.metric)
    if now.period == before.period:
        return Absent(f"{metric.title}: one reading stands for {period} and for {earlier}, and does not tell them apart")
    if (changed := parted(before, now, metric)) is not None:
        return changed
    if metric.aggregation is Aggregation.LEVEL and (off := _off(metric, (now, period), (before, earlier))) is not None:
        return off
    return now, before


def parted(before: Observation, now: Observation, metric: Metric) -> Absent | None:
    """Why a subject's figures of two windows are not put together: the way of counting, or who counts, is another."""
    if (changed := broken(before, now, metric)) is not None:
        return changed
    if before.origin != now.origin:
        return Absent(
            f"{metric.title}: {before.period} was counted by {before.origin} and {now.period} by {now.origin}; "
            "they are not compared"
        )
    return None


def broken(before: Observation, now: Observation, metric: Metric) -> Absent | None:
    """Why figures of two windows are not put together: the way of counting changed after the first had begun."""
    for change in dict.fromkeys((*metric.breaks_of(before.subject), *metric.breaks_of(now.subject))):
        if before.period.start < change.at < now.period.end:
            return Absent(f"{metric.title} is counted another way since {change.at.date().isoformat()}: {change.reason}")
    return None


def off_end(metric: Metric, seen: Observation, wanted: Period, meant: dt.timedelta) -> Absent | None:
    """Why a reading of a stock does not stand for the end of a period in a statement about so long a time."""
    if metric.aggregation is Aggregation.LEVEL and abs(seen.period.end - wanted.end) > _OFF * meant:
        return Absent(
            f"{metric.title}: the snapshot that stands for the end of {wanted} was taken on "
            f"{date_in_words(seen.period.last_day)}, more than {(_OFF * meant).days} days off"
        )
    return None


def _other_times(metric: Metric, order: Sequence[Observation], period: Period) -> Absent | None:
    ends = [seen.period.end for seen in order]
    starts = [seen.period.start for seen in order]
    match metric.aggregation:
        case Aggregation.EVENT:
            if len({seen.period for seen in order}) > 1:
                return Absent(f"{metric.title}: not all subjects were observed at the same time in {period}")
        case Aggregation.LEVEL:
            if (apart := max(ends) - min(ends)) > _TOGETHER * (period.end - period.start):
                return Absent(f"{metric.title}: the snapshots of {period} lie {apart.days} days apart, and are not compared")
        case Aggregation.TOTAL:
            if (apart := max(max(ends) - min(ends), max(starts) - min(starts))) > dt.timedelta(days=metric.tolerance_days):
                return Absent(f"{metric.title}: the windows of {period} lie {apart.days} days apart, and are not compared")
    return None


def _off(metric: Metric, *read: tuple[Observation, Period]) -> Absent | None:
    """Why readings of a stock are not told as a change over a time: too far from its ends, or from its length."""
    (now, period), (before, earlier) = read
    meant, elapsed = period.end - earlier.end, now.period.end - before.period.end
    for seen, wanted in read:
        if (off := off_end(metric, seen, wanted, meant)) is not None:
            return off
    if abs(elapsed - meant) > _STRETCH * meant:
        return Absent(
            f"{metric.title}: {_hours(elapsed)} lie between the snapshots, not the {meant.days} days from {earlier} to {period}"
        )
    return None


def _hours(time: dt.timedelta) -> str:
    return f"{time.days} days and {time.seconds // 3600} hours"
