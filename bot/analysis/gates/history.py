"""What changed over time: who is counted, how it is counted, and what was told before."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from bot.analysis.gates.case import LONGEST, Case
from bot.domain.gate import Judgement, Verdict
from bot.domain.honesty import statements
from bot.domain.measure import WHOLE, Aggregation, Break, Metric, Observation, Status, Unit

_HALF: Final = 0.5
"""A base of less than half the one before is another crowd. Kaggle's went from 12,000 to 18,000 and back to 14,500."""


def coverage_shrank(case: Case) -> Iterable[Judgement]:
    """
    Who was counted in the two periods before is not there now: whoever tells the others says so.

    A base that shrank to less than half holds what is a share of it; one that is gone is told with the shares.
    """
    for metric, found in case.counted(*Aggregation):
        there = {subject: case.stands(series, case.period) for subject, series in found.items()}
        now = {subject: seen for subject, seen in there.items() if seen is not None}
        gone = [
            before for subject in found if now and subject not in now and (before := _before(case, found[subject], 2)) is not None
        ]
        if gone:
            yield _gone(case, metric, tuple(now.values()), gone)
        if WHOLE in now and (before := _before(case, found[WHOLE], 1)) is not None and now[WHOLE].value < _HALF * before.value:
            yield from _rump(case, metric, now[WHOLE], before)


def _before(case: Case, series: Sequence[Observation], periods: int) -> Observation | None:
    """The figure of the period before, if there was one in each of so many periods before this one."""
    at, found = case.period, []
    for _ in range(periods):
        at = at.previous()
        found.append(case.stands(series, at))
    return found[0] if None not in found else None


def _gone(case: Case, metric: Metric, others: Sequence[Observation], gone: Sequence[Observation]) -> Judgement:
    names = [seen.subject for seen in gone]
    sentence = (
        "The number of those asked is not told any longer"
        if names == [WHOLE]
        else case.sentence("Counted before, and not there now: {}", "Some that were counted before are not there now", *names)
    )
    return Judgement(
        "coverage",
        Verdict.CAVEAT,
        metric.key,
        tuple(seen.subject for seen in others),
        tuple(dict.fromkeys(seen.period for seen in others)),
        sentence,
        f"{metric.title}: {', '.join(names)} had a figure in the two periods before {case.period} and none in it, though "
        f"{', '.join(seen.subject for seen in others)} have one",
        (*gone, *others),
    )


def _rump(case: Case, metric: Metric, now: Observation, before: Observation) -> Iterator[Judgement]:
    shares = [one for one in case.metrics.values() if one.base == metric.key]
    for held in (metric, *shares):
        yield Judgement(
            "coverage",
            Verdict.HOLD,
            held.key,
            (),
            (),
            "The number of those asked is too far from what it was",
            f"{metric.title}: {now.value:,.10g} all together in {now.period}, less than half of the {before.value:,.10g} in "
            f"{before.period}",
            (now, before),
        )


_SHORT_DAYS: Final = 120
"""Between changes of counting closer than this, counting was out of order: the shortest honest way lasted seven months."""


def declared_breaks(case: Case) -> Iterable[Judgement]:
    """
    Counting was declared to have changed: whoever draws figures of both sides tells the reason.

    What was counted between two changes that follow each other closely is set aside: it is comparable with nothing.
    """
    for metric, found in case.counted(*Aggregation):
        drawn = [seen for series in found.values() for seen in series if case.matters(seen)]
        if not metric.breaks or not drawn:
            continue
        first, last = min(seen.period.start for seen in drawn), max(seen.period.end for seen in drawn)
        inside = [one for one in metric.breaks if first < one.at < last]
        for change in inside:
            yield _changed(metric, change, several=len(inside) > 1)
        if metric.runs:
            yield from _disturbed(case, metric, drawn)


_PLAIN: Final = re.compile(r"[\w ,;:'’()&-]+", re.ASCII)
"""What can stand in any post and chart as it is; a reason is the recipe's own words."""


def _changed(metric: Metric, change: Break, several: bool) -> Judgement:
    reason = change.reason[:1].upper() + change.reason[1:]
    fits = len(reason) <= LONGEST and _PLAIN.fullmatch(reason) and not statements(reason) and not several
    return Judgement(
        "break",
        Verdict.CAVEAT,
        metric.key,
        change.subjects,
        (),
        reason if fits else "The way of counting changed; nothing is compared across",
        f"{metric.title} is counted another way since {change.at.date()}: {change.reason}",
        across=change.at,
    )


def _disturbed(case: Case, metric: Metric, drawn: Sequence[Observation]) -> Iterator[Judgement]:
    for one, next_ in zip(metric.breaks, metric.breaks[1:], strict=False):
        if one.subjects != next_.subjects or (next_.at - one.at).days >= _SHORT_DAYS:
            continue
        between = [
            seen
            for seen in drawn
            if seen.period.start < next_.at and seen.period.end > one.at and (not one.subjects or seen.subject in one.subjects)
        ]
        if between:
            yield Judgement(
                "break",
                Verdict.SKIP,
                metric.key,
                one.subjects,
                tuple(dict.fromkeys(seen.period for seen in between)),
                "Counting was out of order for a short time; its figures are set aside",
                f"{metric.title}: from {one.at.date()} ({one.reason}) to {next_.at.date()} ({next_.reason})",
                tuple(between),
            )


_RESTATED: Final = 0.01
"""A hundredth changes a figure as it is printed, to three or four digits."""
_REWRITTEN: Final = 0.2
"""A fifth more or less is another count, and whoever restates that much has to be asked why."""
_POINTS: Final = 0.1
_POINTS_REWRITTEN: Final = 5.0
"""Percentage points of a share."""


def restated_since(case: Case) -> Iterable[Judgement]:
    """Figures the last edition cited stand otherwise now: told from a hundredth on; from a fifth on the metric is held."""
    standing = {
        (seen.metric, seen.subject, seen.period, seen.origin): seen for seen in _of(case, {one.metric for one in case.cited})
    }
    for old in dict.fromkeys(case.cited):
        new = standing.get((old.metric, old.subject, old.period, old.origin))
        if new is None or old.metric not in case.metrics or not case.matters(new):
            continue
        change, told, rewritten = _change(old, new, case.metrics[old.metric])
        if change < told:
            continue
        held = change >= rewritten and old.status is not Status.PROVISIONAL
        yield Judgement(
            "restated",
            Verdict.HOLD if held else Verdict.CAVEAT,
            old.metric,
            (old.subject,),
            (old.period,),
            case.sentence(
                "An earlier count of {} was restated by its source", "An earlier count was restated by its source", old.subject
            ),
            f"{case.metrics[old.metric].title} of {old.subject} in {old.period}: {old.value:,.10g} when it was told, "
            f"{new.value:,.10g} now",
            (old, new),
        )


_SOON: Final = dt.timedelta(days=3)
"""A publisher that mends a figure takes longer, or says that it did; two rows of one list are days apart at the most."""


def read_twice(case: Case) -> Iterable[Judgement]:
    """Two readings of one figure a few days apart that differ by a fifth, and none is said to be a revision: set aside."""
    for old in case.before:
        new = case.stands_in_place_of(old)
        metric = case.metrics[old.metric]
        plain = old.status is not Status.PROVISIONAL and new.status is not Status.REVISED
        change, _, rewritten = _change(old, new, metric)
        if plain and new.retrieved_at - old.retrieved_at <= _SOON and change >= rewritten and case.matters(new):
            yield Judgement(
                "restated",
                Verdict.SKIP,
                old.metric,
                (old.subject,),
                (old.period,),
                case.sentence("Counts of {} for the same days contradict each other",
                              "Counts for the same days contradict each other", old.subject),
                f"{metric.title} of {old.subject} in {old.period}: {old.value:,.10g} read on {old.retrieved_at.date()}, and "
                f"{new.value:,.10g} on {new.retrieved_at.date()}; if that is a revision, its row says so in its status",
                (old, new),
            )  # fmt: skip


def _change(old: Observation, new: Observation, metric: Metric) -> tuple[float, float, float]:
    """How far a figure moved, and from where on that is told and held: in points of a share, else relative."""
    if metric.unit is Unit.PERCENT:
        return round(abs(new.value - old.value), 9), _POINTS, _POINTS_REWRITTEN
    return round(abs(new.value - old.value) / max(abs(old.value), 1), 9), _RESTATED, _REWRITTEN


def _of(case: Case, metrics: Iterable[str]) -> Iterator[Observation]:
    for metric in metrics:
        for series in case.of_metric(metric).values():
            yield from series
