"""
What a template can see: figures, claims, subjects, metrics and the period, as values that know how to print themselves.

Nothing here can compute a new number. A value that is absent is false in an `if`; printing it leaves the post out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.compose.wording import listed, phrase, phrases, sentence
from bot.domain.claim import Claim
from bot.domain.measure import WHOLE, Absent, Metric, Observation, Subject, Unit
from bot.domain.numerals import compact, grouped, percent, spoken
from bot.domain.period import Granularity, date_in_words
from bot.domain.report import Report
from bot.domain.text import Cited
from bot.domain.words import nearest


class LeftOut(Exception):
    """A template printed something that is absent: the post is left out, by rule, with this reason."""


class Unknown(Exception):
    """A template asked for something the recipe does not have."""


@dataclass(frozen=True)
class AbsentView:
    """Stands for a figure or claim there is none of: false in an `if`; to print it or to walk over it leaves the post out."""

    reason: str

    def __bool__(self) -> bool:
        return False

    def __iter__(self) -> Iterator[object]:
        raise LeftOut(self.reason)

    def __getattr__(self, name: str) -> AbsentView:
        if name.startswith("_"):
            raise AttributeError(name)
        return self

    def __getitem__(self, name: object) -> AbsentView:
        return self


@dataclass(frozen=True)
class FigureView:
    """One observation in a template: prints in full, or through a filter."""

    _observation: Observation
    metric: Metric
    subject: Subject | None

    def __bool__(self) -> bool:
        return True


class ClaimView:
    """One claim in a template: prints its sentence; its parts are attributes, its figures `ranked`."""

    def __init__(self, claim: Claim, report: Report, ranked: Sequence[FigureView]) -> None:
        self._claim = claim
        self._report = report
        self.ranked = ranked
        self.subjects = [report.subjects[subject] for subject in claim.subjects if subject != WHOLE]
        self.missing = [report.subjects[subject] for subject in claim.missing if subject != WHOLE]
        self.not_asked = [report.subjects[subject] for subject in claim.not_asked if subject != WHOLE]
        self.level = claim.finding == "level"
        self.finding = str(claim.finding)

    def __getattr__(self, name: str) -> Cited:
        if name.startswith("_"):
            raise AttributeError(name)
        found = phrase(self._claim, self._report, name)
        if found is None:
            known = [*phrases(self._claim), "ranked", "subjects", "missing", "not_asked", "level", "finding"]
            raise Unknown(f'a {self._claim.kind} claim has no "{name}"{nearest(name, known)}; it has {", ".join(known)}')
        return found

    @property
    def sentence(self) -> Cited:
        """The whole statement."""
        return sentence(self._claim, self._report)


class Names(Mapping[str, object]):
    """A mapping whose missing keys are answered with the nearest known ones."""

    def __init__(self, what: str, values: Mapping[str, object]) -> None:
        self._what = what
        self._values = values

    def __getitem__(self, key: str) -> object:
        if key not in self._values:
            raise Unknown(f'there is no {self._what} "{key}"{nearest(key, self._values)}')
        return self._values[key]

    def __getattr__(self, key: str) -> object:
        if key.startswith("_"):
            raise AttributeError(key)
        return self[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _compact(figure: FigureView) -> Cited:
    """113.8M"""
    return Cited.of(compact(figure._observation.value), figure._observation)


def _full(figure: FigureView) -> Cited:
    """113,788,105, or a share as a percentage."""
    if figure.metric.unit is Unit.PERCENT:
        return _percent(figure)
    return Cited.of(grouped(figure._observation.value), figure._observation)


def _spoken(figure: FigureView) -> Cited:
    """113.8 million"""
    return Cited.of(spoken(figure._observation.value), figure._observation)


_PLACES: Final = (0, 1, 2)


def _percent(figure: FigureView, places: int = 1) -> Cited:
    """61.8%"""
    if places not in _PLACES:
        raise Unknown(f"a percentage has 0, 1 or 2 decimals, not {places!r:.20}")
    if figure.metric.unit is not Unit.PERCENT:
        raise Unknown(f"{figure.metric.title} is counted in {figure.metric.noun}: it has no percentage; claim a share instead")
    return Cited.of(percent(figure._observation.value, places), figure._observation)


def _window(figure: FigureView) -> Cited:
    """ "365 days to 31 Dec 2020": the exact window, its last day included."""
    window = figure._observation.period
    if window.days <= 1:
        return _day(figure)
    if window.granularity is not Granularity.SPAN:
        return Cited.of(window.name, figure._observation)
    return Cited.of(f"{window.days:.0f} days to {date_in_words(window.last_day)}", figure._observation)


def _day(figure: FigureView) -> Cited:
    """ "31 Dec 2020": the last day of the window."""
    return Cited.of(date_in_words(figure._observation.period.last_day), figure._observation)


def _year(figure: FigureView) -> Cited:
    """ "2020": the year the window ends in."""
    return Cited.of(str(figure._observation.period.last_day.year), figure._observation)


def _origin(figure: FigureView) -> Cited:
    """ "top-pypi-packages": who published it."""
    return Cited.of(figure._observation.origin, figure._observation)


def _listed(values: Sequence[object]) -> Cited:
    """A, B and C"""
    for value in values:
        if not isinstance(value, (Cited, Subject, str)):
            raise Unknown(f"listed takes subjects and names, not a {type(value).__name__}; walk over figures with for")
    return listed([value if isinstance(value, Cited) else str(value) for value in values])


FILTERS: Final = {
    "compact": _compact,
    "full": _full,
    "spoken": _spoken,
    "percent": _percent,
    "window": _window,
    "day": _day,
    "year": _year,
    "origin": _origin,
    "listed": _listed,
}
"""All the filters there are. None takes two figures: what compares is a claim."""


def figure_view(found: Observation | Absent, report: Report) -> FigureView | AbsentView:
    """A figure as templates see it."""
    if isinstance(found, Absent):
        return AbsentView(found.reason)
    subject = None if found.subject == WHOLE else report.subjects[found.subject]
    return FigureView(found, report.metrics[found.metric], subject)


def for_each_filter(function: object) -> object:
    """A filter that passes what is absent through, and refuses with words what is no figure."""

    def guarded(value: object, *arguments: object) -> object:
        if isinstance(value, AbsentView):
            return value
        if function is not _listed and not isinstance(value, FigureView):
            raise Unknown(f"the filter works on a figure, not on {type(value).__name__.removesuffix('View').lower()} {value}")
        return function(value, *arguments)  # type: ignore[operator]

    return guarded
