"""Counts that stand out of their series: another unit, nothing where there is much, a sudden value, a new course."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from bot.analysis.gates.case import Case
from bot.analysis.gates.course import Episode, Fate, factor
from bot.domain.gate import Judgement, Verdict
from bot.domain.measure import Aggregation, Metric, Observation, Unit
from bot.domain.numerals import grouped

_FROM_A_WINDOW_ON: Final = 3
"""So many windows in another unit are no slip of a single list: the source tells another unit now."""


def other_unit(case: Case) -> Iterable[Judgement]:
    """Windows that are a factor of a unit off their neighbours: set aside; when three and more are, nobody knows the unit."""
    for metric, episode in _episodes(case):
        if (times := factor(episode)) is not None:
            verdict = Verdict.SKIP if len(episode.seen) < _FROM_A_WINDOW_ON else Verdict.HOLD
            sentence = case.sentence("A count of {} looks like one in another unit", "A count looks like one in another unit",
                                     episode.seen[0].subject)  # fmt: skip
            yield _judgement("unit", verdict, metric, episode, sentence, f"a factor of {times:,.0f}, give or take a tenth")


_TIMES_TEN: Final = (7.0, 14.0)
_TIMES_TEN_OF_A_SHARE: Final = (9.0, 11.0)
_ENOUGH: Final = 20
"""Papers or respondents; fewer may well become ten times as many. EMNLP went from five papers to sixty with PyTorch."""
_ENOUGH_PERCENT: Final = 1
_MANY: Final = 3
"""So many times as many as that do not become a tenth from one year to the next."""
_NONE: Final = 50


def events_out_of_range(case: Case) -> Iterable[Judgement]:
    """A survey or conference with ten times the figure of the one before it, a tenth, or as good as none: set aside."""
    for metric, found in case.counted(Aggregation.EVENT):
        share = metric.unit is Unit.PERCENT
        enough, (least, most) = (_ENOUGH_PERCENT, _TIMES_TEN_OF_A_SHARE) if share else (_ENOUGH, _TIMES_TEN)
        for series in found.values():
            for before, seen in pairwise(series):
                low, high = sorted((before.value, seen.value))
                likely = low >= enough or before.value >= _MANY * enough
                none = before.value >= enough and _NONE * seen.value <= before.value
                if (none or (likely and least * low <= high <= most * low)) and case.matters(seen):
                    yield _out_of_range(case, before, seen, none)


def _out_of_range(case: Case, before: Observation, seen: Observation, none: bool) -> Judgement:
    words = "Next to nothing was counted{}, as if by a fault" if none else "A count{} looks like one in another unit"
    return Judgement(
        "gap" if none else "unit",
        Verdict.SKIP,
        seen.metric,
        (seen.subject,),
        (seen.period,),
        case.sentence(words.format(" of {}"), words.format(""), seen.subject),
        f"{case.metrics[seen.metric].title} of {seen.subject}: {before.value:,.10g} in {before.period}, {seen.value:,.10g} in "
        f"{seen.period}",
        (before, seen),
    )


def nothing_counted(case: Case) -> Iterable[Judgement]:
    """Windows with a fiftieth of what is usual or less, where much is usual: set aside, however many they are."""
    for metric, episode in _episodes(case):
        if episode.empty and factor(episode) is None:
            sentence = case.sentence("Next to nothing was counted of {}, as if by a fault",
                                     "Next to nothing was counted, as if by a fault", episode.seen[0].subject)  # fmt: skip
            yield _judgement("gap", Verdict.SKIP, metric, episode, sentence, "next to nothing")


def sudden_values(case: Case) -> Iterable[Judgement]:
    """Windows beyond the series' own bounds, if the series came back, or nobody can tell yet whether it will: set aside."""
    for metric, episode in _episodes(case):
        if episode.empty or factor(episode) is not None or episode.fate is Fate.CONFIRMED:
            continue
        if metric.aggregation is Aggregation.LEVEL and episode.apart < 0:
            continue  # a stock that falls is another gate's
        passed = episode.fate is Fate.PASSED
        words = ("A sudden value of {} that did not stay is set aside" if passed
                 else "A sudden value of {} is set aside until others bear it out")  # fmt: skip
        sentence = case.sentence(words, words.replace(" of {}", ""), episode.seen[0].subject)
        yield _judgement("spike", Verdict.SKIP, metric, episode, sentence,
                         "it did not stay" if passed else "two later windows have to bear it out")  # fmt: skip


def new_courses(case: Case) -> Iterable[Judgement]:
    """A sudden value that two later windows bore out: told, and like a break never compared with what was before."""
    for metric, episode in _episodes(case):
        if episode.fate is not Fate.CONFIRMED:
            continue
        sentence = case.sentence("Counts of {} changed abruptly; nothing is compared across",
                                 "Counts changed abruptly; nothing is compared across", episode.seen[0].subject)  # fmt: skip
        yield _judgement("shift", Verdict.CAVEAT, metric, episode, sentence, "and it stayed")


def _episodes(case: Case) -> Iterator[tuple[Metric, Episode]]:
    for (key, _), found in case.courses.items():
        for episode in found.episodes:
            if any(case.matters(seen) for seen in episode.seen):
                yield case.metrics[key], episode


def _judgement(gate: str, verdict: Verdict, metric: Metric, episode: Episode, sentence: str, why: str) -> Judgement:
    first, before = episode.seen[0], episode.before[-1]
    return Judgement(
        gate,
        verdict,
        metric.key,
        (first.subject,),
        tuple(seen.period for seen in episode.seen),
        sentence,
        f"{metric.title} of {first.subject} in {first.period}: {grouped(first.value)}, {math.exp(episode.apart):.3g} times the "
        f"windows before it ({', '.join(grouped(seen.value) for seen in episode.before)}); {why}",
        (*episode.seen, *episode.before),
        across=max(first.period.start, before.period.end) if verdict is Verdict.CAVEAT else None,
    )
