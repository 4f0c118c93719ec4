"""
What figures and claims may plausibly come to, each in the widest forms it can be printed in.

The widest is not the largest: 999.9M is wider than 1.0B, "about seven times" than "about 82 times", "under 0.1%" than "100.0%".
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar

from bot.compose.length import measure
from bot.compose.views import FILTERS, FigureView
from bot.domain.measure import BEYOND, WHOLE, Aggregation, Metric, Observation, Status, Unit
from bot.domain.numerals import SMALLEST
from bot.domain.period import Granularity, Period, date_in_words
from bot.domain.report import Report

ANYBODY: Final = "a publisher with a name of forty letters"
"""Stands for whoever is named in a file that a person wrote: the mark of a post names no more (`assembly.LONGEST_NAMES`)."""
LARGEST_RATIO: Final = 1e5
"""One subject's figure is not a hundred thousand times another's: of the reports here, ten thousand times was the most."""
LARGEST_GROWTH: Final = 1e3
"""Nothing comes to a thousand times of what it was before."""
LARGEST_FROM_NOUGHT: Final = 1e5
"""What comes to this much was not nought before, nor is what it is compared with."""
TINY: Final = SMALLEST / 2
"""An average too small to be told in digits."""
LARGEST_FACTOR: Final = 1e3
"""By so much a period may multiply all that was counted before it."""

_Key = TypeVar("_Key")


class Boundless(Exception):
    """What a template asks for has more forms than can be tried."""


Weigh: TypeAlias = Callable[[str], float]
"""How wide a text is, in the units of what it has to fit in. Of texts side by side it is the sum."""


def weigh(text: str) -> int:
    """The weighted length of a text, as it counts in a post."""
    return measure(text).weighted


class Plausible:
    """
    The figures of a report at their widest, for the period with the longest name.

    `origins` are the names of those who may publish its figures; `by_hand`: a person may have entered them. `weigh` tells what
    is wide.
    """

    def __init__(self, report: Report, origins: Sequence[str], by_hand: bool = False, weigh: Weigh = weigh) -> None:
        self.report = report
        self.weigh = weigh
        self._origin = max(origins, key=weigh, default="Somebody")
        self._by_hand = by_hand
        self.period = max(periods(report.granularity), key=lambda one: weigh(one.name))
        self._values: dict[str, list[float]] = {}
        self._windows: dict[str, list[Period]] = {}
        self._words: dict[str, float] = {}

    def seen(self, metric: str, subject: str, value: float | None = None, window: Period | None = None) -> Observation:
        """An observation of the widest kind."""
        number = self.values(metric)[0] if value is None else value
        when, at = window or self.windows(metric)[0], dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        return Observation(
            metric, subject, when, number, Status.MEASURED, self._origin, "https://example.org", at, handwritten=self._by_hand
        )

    def values(self, metric: str) -> list[float]:
        """The values of a metric none of which prints narrower in every form than another."""
        if metric not in self._values:
            known = self.report.metrics[metric]
            views = {value: self.view(self.seen(metric, WHOLE, value)) for value in values(known.unit, known.beyond)}
            self._values[metric] = widest({value: self.forms(view) for value, view in views.items()})
        return self._values[metric]

    def windows(self, metric: str) -> list[Period]:
        """The windows that may stand for a period (see `Metric.stands_for`), widest in words first."""
        if metric not in self._windows:
            self._windows[metric] = list(self._standing(self.report.metrics[metric]))
        return self._windows[metric]

    def _standing(self, metric: Metric) -> Iterator[Period]:
        if metric.aggregation is Aggregation.TOTAL and not metric.tolerance_days:
            yield self.period
            return
        last = self._last_day(metric)
        if metric.aggregation is Aggregation.LEVEL:
            yield Period.day(last)
            return
        lengths = self._lengths(metric)
        if lengths:
            days = max(lengths, key=lambda days: self.weigh(f"{days} days"))
            end = Period.day(last).end
            yield Period(
                end - dt.timedelta(days=days, hours=-1), end
            )  # an hour short of them: no calendar period, which has a name
        else:
            yield Period.day(last)
        yield self.period

    def _lengths(self, metric: Metric) -> list[int]:
        """Of how many days, from two up, the windows may be: of the usual ones first."""
        known = [int(period.days) for period in periods(self.report.granularity)]
        least, most = min(known), max(known) + (self.report.granularity is Granularity.YEAR)  # a leap year has one more
        if metric.aggregation is Aggregation.EVENT:
            least = 1
        else:
            least, most = least - metric.tolerance_days, most + metric.tolerance_days
        usual = int(self.period.days) - 1
        return sorted(range(max(2, least), most + 1), key=lambda days: (days > usual, -days))

    def _last_day(self, metric: Metric) -> dt.date:
        """The day a window may end on whose name is widest: of the widest period's own first."""
        own, days = self.period.last_day, dt.timedelta(days=1)
        if self.report.granularity in (Granularity.YEAR, Granularity.MONTH) and metric.aggregation is not Aggregation.EVENT:
            ends = {period.last_day for period in periods(self.report.granularity)}
            off = range(-metric.tolerance_days, metric.tolerance_days + 1)
            ends = {end + number * days for end in ends for number in off}
        else:
            ends = {dt.date(2026, 1, 1) + number * days for number in range(365)}
        return max([own, *sorted(ends)], key=self._day_width)

    def _day_width(self, day: dt.date) -> float:
        """How wide a date is told. Its parts stand side by side, and there are few of them."""
        return sum(self._weighed(part) for part in date_in_words(day).split())

    def _weighed(self, word: str) -> float:
        if word not in self._words:
            self._words[word] = self.weigh(word)
        return self._words[word]

    def view(self, seen: Observation) -> FigureView:
        """An observation as templates see it."""
        return FigureView(seen, self.report.metrics[seen.metric], self.report.subjects.get(seen.subject))

    def forms(self, view: FigureView) -> Mapping[str, float]:
        """How wide a figure is through each filter."""
        widths: dict[str, float] = {}
        for name, form in FILTERS.items():
            if name == "listed" or (name == "percent" and view.metric.unit is not Unit.PERCENT):
                continue
            widths[name] = self.weigh(str(form(view)))  # type: ignore[operator]
        if view.metric.unit is Unit.PERCENT:
            widths |= {f"percent {places}": self.weigh(str(FILTERS["percent"](view, places))) for places in (0, 2)}  # type: ignore[operator]
        return widths


def widest(widths: Mapping[_Key, Mapping[str, float]]) -> list[_Key]:
    """Those that no other one covers: has all their parts, each as wide at least. Of equals, the first."""
    kept: list[_Key] = []
    for one, its in widths.items():
        if not any(_covers(widths[other], its) for other in kept):
            kept = [other for other in kept if not _covers(its, widths[other])]
            kept.append(one)
    return kept


def _covers(wide: Mapping[str, float], narrow: Mapping[str, float]) -> bool:
    return all(name in wide and wide[name] >= width for name, width in narrow.items())


def values(unit: Unit, beyond: float = BEYOND) -> Iterator[float]:
    """The edges of every form below some power of ten: each number of digits, just before it is rounded up and the last."""
    if unit is Unit.PERCENT:
        yield from (12.34, 100.0, 0.001, 99.999)
        return
    for digits in range(1, math.ceil(math.log10(beyond)) + 1):
        yield from (float(int(0.9994 * 10**digits)), 10.0**digits - 1)
    if unit is not Unit.COUNT:
        yield from (TINY, 0.0012, 0.01234, 12.34)


def periods(granularity: Granularity) -> list[Period]:
    """The periods of one kind, in every width their names have: of a year's end, months in turn."""
    match granularity:
        case Granularity.YEAR:
            return [Period.year(2026)]
        case Granularity.MONTH:
            return [Period.month(2026, month) for month in (9, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12)]
        case Granularity.WEEK:
            return [Period.week(2026, 47), Period.week(2026, 7)]
        case _:
            return [Period.day(dt.date(2026, 9, 30)), Period.day(dt.date(2026, 9, 3))]
