"""What changed over time: who is counted, how it is counted, and what was told before."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from bot.analysis.gates.case import LONGEST, Case
from bot.analysis.restatements import Fate, restated
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
            yield from _disturbed(metric, drawn)


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


def _disturbed(metric: Metric, drawn: Sequence[Observation]) -> Iterator[Judgement]:
    """Changes follow each other for each subject by itself: one that is declared for another comes between none of these."""
    between: dict[tuple[Break, Break], list[Observation]] = {}
    for seen in drawn:
        for one, next_ in pairwise(metric.breaks_of(seen.subject)):
            short = (next_.at - one.at).days < _SHORT_DAYS
            if short and seen.period.start < next_.at and seen.period.end > one.at:
                between.setdefault((one, next_), []).append(seen)
    for (one, next_), aside in between.items():
        yield Judgement(
            "break",
            Verdict.SKIP,
            metric.key,
            tuple(dict.fromkeys(seen.subject for seen in aside)),
            tuple(dict.fromkeys(seen.period for seen in aside)),
            "Counting was out of order for a short time; its figures are set aside",
            f"{metric.title}: from {one.at.date()} ({one.reason}) to {next_.at.date()} ({next_.reason})",
            tuple(aside),
        )


_REWRITTEN: Final = 0.2
"""A fifth more or less is another count, and whoever restates that much has to be asked why."""
_POINTS_REWRITTEN: Final = 5.0
"""Percentage points of a share."""


def restated_since(case: Case) -> Iterable[Judgement]:
    """
    Figures the last edition cited stand otherwise now. Told from the threshold of `restatements` on, or where who is ahead is
    another; from a fifth on the metric is held. What is less is written down.
    """
    cited = [old for old in dict.fromkeys(case.cited) if old.metric in case.metrics]
    standing = list(_of(case, {one.metric for one in cited}))
    found = {one.old: one for one in restated(cited, standing, case.metrics) if one.fate is Fate.RESTATED}
    now = {(seen.metric, seen.subject, seen.period, seen.origin): seen for seen in standing}
    for old in cited:
        new = now.get((old.metric, old.subject, old.period, old.origin))
        if new is None or new.value == old.value or not case.matters(new):
            continue
        yield Judgement(
            "restated",
            _weight(old, new, case.metrics[old.metric]) if old in found else Verdict.PUBLISH,
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


def _weight(old: Observation, new: Observation, metric: Metric) -> Verdict:
    """How much a figure that was restated weighs. Of a provisional one its publisher has said that it will move."""
    return Verdict.HOLD if _rewritten(old, new, metric) and old.status is not Status.PROVISIONAL else Verdict.CAVEAT


def _rewritten(old: Observation, new: Observation, metric: Metric) -> bool:
    change = abs(new.value - old.value)
    return change >= _POINTS_REWRITTEN if metric.unit is Unit.PERCENT else change >= _REWRITTEN * abs(old.value)


_SOON: Final = dt.timedelta(days=3)
"""A publisher that mends a figure takes longer, or says that it did; two rows of one list are days apart at the most."""


def read_twice(case: Case) -> Iterable[Judgement]:
    """Two readings of one figure a few days apart that differ by a fifth, and none is said to be a revision: set aside."""
    for old in case.before:
        new = case.stands_in_place_of(old)
        metric = case.metrics[old.metric]
        plain = old.status is not Status.PROVISIONAL and new.status is not Status.REVISED
        soon = new.retrieved_at - old.retrieved_at <= _SOON
        if plain and soon and _rewritten(old, new, metric) and case.matters(new):
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


def _of(case: Case, metrics: Iterable[str]) -> Iterator[Observation]:
    for metric in metrics:
        for series in case.of_metric(metric).values():
            yield from series
