"""What several series of a metric do at once: two that change places, and all that move together."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Final, TypeAlias

from bot.analysis.gates.case import Case
from bot.domain.gate import Judgement, Verdict
from bot.domain.measure import Aggregation, Metric, Observation
from bot.domain.period import Period

_Series: TypeAlias = Mapping[str, Sequence[Observation]]

_SWAP: Final = 0.15
"""From so far apart on (by logarithm), two series that land on each other's place have been swapped and did not cross."""
_SWAP_UNKNOWN: Final = 0.3
"""Of series too short to know what is usual."""
_BEYOND: Final = 3
"""Each has to move so many times what it usually strays: packages as large as each other trade places by a fifth each year."""
_NEVER: Final = 3
"""How many times as far the ratio of two has to move as it ever did in a year: Keras comes with TensorFlow, and both stray."""
_YEAR: Final = 12
_KNOWN: Final = 6
_ON_THE_OTHER: Final = 0.4
"""How near they come to where the other was, by the way they go: some months add a fifth."""


def swapped(case: Case) -> Iterable[Judgement]:
    """Two subjects that change places in one step: set aside if they change back, else nobody knows which is which."""
    for metric, found in case.counted(*Aggregation):
        for one, other, back in _swaps(case, found):
            if not (case.matters(one[1]) or case.matters(other[1])):
                continue
            names = (one[1].subject, other[1].subject)
            yield Judgement(
                "swap",
                Verdict.SKIP if back else Verdict.HOLD,
                metric.key,
                names,
                (one[1].period,),
                case.sentence("Figures of {} seem to be swapped", "Figures of some subjects seem to be swapped", *names),
                f"{metric.title} in {one[1].period}: {names[0]} has {one[1].value:,.10g} after {one[0].value:,.10g}, {names[1]} "
                f"{other[1].value:,.10g} after {other[0].value:,.10g}: each stands where the other did",
                (one[1], other[1], one[0], other[0]),
            )


_Step: TypeAlias = tuple[Observation, Observation]


def _swaps(case: Case, found: _Series) -> Iterator[tuple[_Step, _Step, bool]]:
    """Pairs of steps by which two series changed places, and whether they changed back with the next; that is no swap itself."""
    steps = {subject: list(pairwise(series)) for subject, series in found.items()}
    for ours, theirs in combinations(steps.values(), 2):
        beside = {(before.period, seen.period): (before, seen) for before, seen in theirs}
        both = [(step, other) for step in ours if (other := beside.get((step[0].period, step[1].period)))]
        pairs = [
            (step, other)
            for at, (step, other) in enumerate(both)
            if _changed_places(step, other)
            and (_apart_as_never(both[:at], step, other) or (_jumped(case, step) and _jumped(case, other)))
        ]
        left = None
        for at, (step, other) in enumerate(pairs):
            if step[0] is left:
                continue
            back = at + 1 < len(pairs) and pairs[at + 1][0][0] is step[1]
            left = step[1] if back else None
            yield step, other, back


def _jumped(case: Case, step: _Step) -> bool:
    """Whether a step is longer than usual."""
    before, seen = step
    course = case.courses.get((seen.metric, seen.subject))
    scale = course.scale(seen.period) if course is not None and seen.period in course.apart else math.inf
    return _apart(before, seen) >= (_SWAP_UNKNOWN if math.isinf(scale) else max(_SWAP, _BEYOND * scale))


def _apart_as_never(earlier: Sequence[tuple[_Step, _Step]], ours: _Step, theirs: _Step) -> bool:
    """Whether how many times as large one is as the other changed as it never did in a year, though each alone may stray."""
    recent = [_times(one, other) for one, other in earlier[-_YEAR:]]
    moved = abs(_times(ours, theirs))
    return len(recent) >= _KNOWN and moved >= 2 * _SWAP and moved >= _NEVER * max(map(abs, recent))


def _times(ours: _Step, theirs: _Step) -> float:
    """By what the ratio of two series changed in a step, as a logarithm."""
    logs = [math.log(max(seen.value, 0.5)) for seen in (*ours, *theirs)]
    return (logs[1] - logs[0]) - (logs[3] - logs[2])


def _changed_places(ours: _Step, theirs: _Step) -> bool:
    if (ours[1].value > ours[0].value) == (theirs[1].value > theirs[0].value):
        return False
    crossed = _apart(theirs[0], ours[1]) + _apart(ours[0], theirs[1])
    return crossed <= _ON_THE_OTHER * (_apart(*ours) + _apart(*theirs))


def _apart(one: Observation, other: Observation) -> float:
    return abs(math.log(max(one.value, 0.5) / max(other.value, 0.5)))


_LONG: Final = 6
_FITS: Final = 0.3
"""By logarithm: a third more or less than the last of the other, as a month may add."""


def renamed(case: Case) -> Iterable[Judgement]:
    """A subject that was never counted appears at the very place of one that is gone: it may be the other. Set aside."""
    for metric, found in case.counted(Aggregation.TOTAL, Aggregation.LEVEL):
        for subject, series in found.items() if metric.runs else ():
            for gone, theirs in found.items():
                if gone != subject and (told := tuple(seen for seen in _in_place_of(series, theirs) if case.matters(seen))):
                    yield Judgement(
                        "swap",
                        Verdict.SKIP,
                        metric.key,
                        (subject,),
                        tuple(seen.period for seen in told),
                        case.sentence("Figures of {} seem to be swapped", "Figures of some subjects seem to be swapped",
                                      subject, gone),
                        f"{metric.title}: {subject} has its first figure in {series[0].period}, {series[0].value:,.10g}, "
                        f"where {gone} has none and had nearly as much before",
                        (series[0], *told),
                    )  # fmt: skip


def _in_place_of(series: Sequence[Observation], theirs: Sequence[Observation]) -> Sequence[Observation]:
    """The figures of a new series until one that had as much, and is not there at its beginning, comes back."""
    first = series[0]
    earlier = [seen for seen in theirs if seen.period.end <= first.period.start]
    if len(earlier) < _LONG or any(seen.period == first.period for seen in theirs):
        return ()
    last, far = earlier[-1], earlier[-1].period.end + 2 * (earlier[-1].period.end - earlier[-2].period.end)
    if _apart(last, first) > _FITS or first.period.end > max(far, last.period.end + dt.timedelta(days=62)):
        return ()
    back = next((seen for seen in theirs[len(earlier) :] if seen.period.start >= first.period.start), None)
    return [seen for seen in series if back is None or seen.period.start < back.period.start]


_LEAST: Final = 3
"""With fewer series nobody can tell a fault of the source from what happened to two of them."""
_MOVED: Final = 0.25
"""
A quarter, by logarithm. Holidays move all downloads by a fifth and less (July 2022, August 2024); the table that was being
retired took a third from every package in January 2021.
"""
_STRAYS: Final = 3
_TELLING: Final = 0.3
"""A series that usually strays further than this tells nothing about the others."""
_ALL: Final = 0.8
_CONFIRMED_BY: Final = 2
_SHORT: Final = 4
"""What all series leave again after so few windows was a disturbance."""


def all_together(case: Case) -> Iterable[Judgement]:
    """
    Every series of a source moves in one step beyond what each usually does: their fault, and not news.

    The windows from there on are set aside until two later ones bear them out; from then on the move is a break. If all
    move again, or a break is declared, within four windows, those between stay set aside.
    """
    for metric, found in case.counted(Aggregation.TOTAL):
        if metric.runs and len(found) >= _LEAST:
            windows = sorted({seen.period for series in found.values() for seen in series}, key=lambda one: (one.end, one.start))
            moves = list(_moves(case, metric, found, windows))
            for number, (at, _) in enumerate(moves):
                yield from _together(case, metric, found, windows, at, _end(metric, windows, at, moves[number + 1 :]))


def _moves(case: Case, metric: Metric, found: _Series, windows: Sequence[Period]) -> Iterator[tuple[int, float]]:
    """The places of windows into which all series moved one way; while they stay there, it is one move."""
    before = 0.0
    for at, window in enumerate(windows):
        way = _way(case, metric, found, window)
        if way and way != before:
            yield at, way
        before = way


def _way(case: Case, metric: Metric, found: _Series, window: Period) -> float:
    """1 or -1 if as good as every series that can tell moved that way in a window, else 0."""
    ways: list[float] = []
    for subject in found:
        course = case.courses[metric.key, subject]
        if window in course.apart and (scale := course.scale(window)) <= _TELLING:
            apart, _ = course.apart[window]
            ways.append(math.copysign(1, apart) if abs(apart) > max(_MOVED, _STRAYS * scale) else 0.0)
    return next((way for way in (1.0, -1.0) if len(ways) >= _LEAST and ways.count(way) >= _ALL * len(ways)), 0.0)


def _end(metric: Metric, windows: Sequence[Period], at: int, later: Sequence[tuple[int, float]]) -> int | None:
    """The place of the window by which all had left again, if that was soon."""
    ends = [place for place, _ in later] + [
        place
        for place in range(at + 1, min(at + _SHORT + 1, len(windows)))
        if any(windows[place - 1].end <= one.at + metric.tolerance and one.at <= windows[place].start for one in metric.breaks)
    ]
    soonest = min(ends, default=None)
    return soonest if soonest is not None and soonest - at <= _SHORT else None


def _together(
    case: Case, metric: Metric, found: _Series, windows: Sequence[Period], at: int, end: int | None
) -> Iterator[Judgement]:
    aside = windows[at : at + _CONFIRMED_BY + 1 if end is None else end]
    evidence = tuple(seen for series in found.values() for seen in series if seen.period in (windows[at - 1], *aside))
    if not any(case.matters(seen) for seen in evidence):
        return
    confirmed = end is None and len(aside) > _CONFIRMED_BY
    why = (
        f"{metric.title}: every series that can tell moved by {_MOVED:.0%} and more in {windows[at]}, beyond what it usually "
        f"strays; {'and stayed' if confirmed else 'it was soon over' if end is not None else 'two later ones have to bear it'}"
    )
    if confirmed:
        yield Judgement("together", Verdict.CAVEAT, metric.key, (), tuple(aside),
                        "All counts of the source moved at once, and are not compared across", why, evidence,
                        across=max(windows[at].start, windows[at - 1].end))  # fmt: skip
    else:
        yield Judgement("together", Verdict.SKIP, metric.key, (), tuple(aside),
                        "All counts of the source moved at once, which looks like a fault of it", why, evidence)  # fmt: skip
