"""What is measured, by whom, and the numbers themselves."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final

from bot.domain.period import Period

LARGEST: Final = 1e15
"""Whole numbers up to here are exact as floats, and sums of them stay finite."""

BEYOND: Final = 1e11
"""Any count stays below it that says nothing else: the largest there are, downloads of one package in a year, have ten digits."""

WHOLE: Final = "all"
"""The subject of an observation that counts everybody: the base a share is taken of."""


class Unit(StrEnum):
    """What a value may be. The noun it counts ("downloads", "stars") belongs to the metric."""

    COUNT = "count"
    """Whole, not negative."""
    PERCENT = "percent"
    """From 0 to 100."""
    RATE = "rate"
    """Not negative; per day unless the metric says otherwise."""
    RATIO = "times"
    """Not negative; only claims have it."""
    POINTS = "percentage points"
    """The difference of two percentages; only claims have it."""
    CHANGE = "percent change"
    """What became of a figure, in percent of what it was; only claims have it."""

    def refuse(self, value: float) -> str | None:
        """Why a value is impossible in this unit, or None if it is possible."""
        if not math.isfinite(value):
            return f"{value} is not a number"
        if value < 0 and self not in (Unit.POINTS, Unit.CHANGE):
            return f"{value:g} is negative"
        if self is Unit.COUNT and value != int(value):
            return f"{value!r} is not a whole number"
        if self is Unit.PERCENT and value > 100:
            return f"{value:g} is more than 100 percent"
        return None


class Aggregation(StrEnum):
    """How observations of a metric belong to a report's period."""

    TOTAL = "total"
    """Counted over a window as long as the period and ending within the tolerance of its end."""
    LEVEL = "level"
    """A stock read on one day, within the tolerance of the period's end."""
    EVENT = "event"
    """Something dated inside the period: a survey, a conference."""


class Status(StrEnum):
    """What the publisher says of a figure."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    PROVISIONAL = "provisional"
    REVISED = "revised"
    WITHDRAWN = "withdrawn"
    """No longer told: only in the store, so that an earlier reading does not stand. The value is the one that was told last."""


@dataclass(frozen=True)
class Break:
    """From `at` on, figures are counted another way, of all subjects or of those named, and are not compared across."""

    at: dt.datetime
    reason: str
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Metric:
    """
    A definition, never a value.

    `base` names the metric whose WHOLE observation is the number of people or papers a percentage is taken of.
    `sample` is False for percentages that everybody was counted for: they have no interval, and compare like counts.
    `absent` is the reason to give when no lawful or public figure exists at all.
    `short` heads a scoreboard row (up to about 18 characters). `first_asked` says of a survey since which year it has offered an
    option, by the option's label at the source `asked_by`: who was not asked is no nought. Values stay below `beyond` for years
    to come, a power of ten above all that is known: that posts have room for them is proved up to there. `same_counter` names
    the origins that repeat one and the same counter of one publisher: figures of different subjects by different ones of them
    compare.
    """

    key: str
    title: str
    unit: Unit
    noun: str
    aggregation: Aggregation
    measures: str
    does_not_measure: str
    known_biases: str
    short: str = ""
    base: str | None = None
    sample: bool = True
    tolerance_days: int = 0
    breaks: tuple[Break, ...] = ()
    absent: str = ""
    beyond: float = BEYOND
    same_counter: tuple[str, ...] = ()
    asked_by: str = ""
    first_asked: Mapping[str, int] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for name in ("key", "title", "noun", "measures", "does_not_measure", "known_biases"):
            if not getattr(self, name).strip():
                raise ValueError(f'metric "{self.key}" has no {name}: say it, or nobody can tell what its number means')
        if self.unit in (Unit.RATIO, Unit.POINTS, Unit.CHANGE):
            raise ValueError(f'metric "{self.key}" cannot have unit "{self.unit}": it is claimed, not observed')
        if not 10 <= self.beyond <= LARGEST:
            raise ValueError(f'metric "{self.key}" has a beyond of {self.beyond:g}; it is from 10 to {LARGEST:g}')
        if self.tolerance_days < 0:
            raise ValueError(f'metric "{self.key}" has a negative tolerance_days')

    @property
    def heading(self) -> str:
        """The short title, or the whole one."""
        return self.short or self.title

    @property
    def adds_up(self) -> bool:
        """Whether a value is a count over a window, so that windows of different length are compared by the day."""
        return self.aggregation is Aggregation.TOTAL and self.unit is Unit.COUNT

    @property
    def runs(self) -> bool:
        """Whether its figures are a running count: totals of windows, or a stock that is read again and again."""
        return self.unit is Unit.COUNT and self.aggregation is not Aggregation.EVENT

    @property
    def tolerance(self) -> dt.timedelta:
        """How far a window may be off a period's end and still stand for it."""
        return dt.timedelta(days=self.tolerance_days)

    def stands_for(self, window: Period, period: Period) -> bool:
        """
        Whether what was counted over a window may be told of a period. A stock that was read before it began may not, nor what is
        said of more than one day: nobody knows on which of them it was read.
        """
        match self.aggregation:
            case Aggregation.TOTAL:
                longer = abs((window.end - window.start) - (period.end - period.start))
                return abs(window.end - period.end) <= self.tolerance and longer <= self.tolerance
            case Aggregation.LEVEL:
                return window.days <= 1 and abs(window.end - period.end) <= self.tolerance and window.end > period.start
            case Aggregation.EVENT:
                return period.contains(window)

    def breaks_of(self, subject: str) -> tuple[Break, ...]:
        """The changes of counting that a subject's figures went through."""
        return tuple(change for change in self.breaks if not change.subjects or subject in change.subjects)

    def asked(self, subject: Subject, period: Period) -> bool:
        """Whether a survey offered the subject as an option by then; True where nothing else is known."""
        labels = subject.ids.get(self.asked_by, "").split("|")
        years = [year for label in labels if (year := self.first_asked.get(label)) is not None]
        return not years or min(years) <= period.last_day.year


@dataclass(frozen=True)
class Subject:
    """
    What is measured: a framework, a database. A group has members and is a subject of its own.

    A group's figures are observed as such (a respondent who names both counts once); they are never summed here.
    `fill` colours areas, `ink` colours text on white with a contrast of at least 4.5. `ids` maps a source to its name there.
    """

    key: str
    name: str
    fill: str
    ink: str
    members: tuple[str, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return self.name


def name_of(subject: str, subjects: Mapping[str, Subject]) -> str:
    """What readers call a subject."""
    return "the whole" if subject == WHOLE else subjects[subject].name


@dataclass(frozen=True)
class Origin:
    """
    The publisher of numbers, and what it asks of those who repeat them.

    `licence` is the one its data are under, by its usual name, and empty where none is stated. `may_repeat` says whether the very
    bytes of its replies may be published for everybody, not only figures and the citation line: no, unless its terms say so.
    """

    name: str
    homepage: str
    terms: str
    citation: str
    licence: str = ""
    may_repeat: bool = False

    def __post_init__(self) -> None:
        for name in ("name", "homepage", "terms", "citation"):
            if not getattr(self, name).strip():
                raise ValueError(f"an origin has no {name}: whoever repeats a number names its publisher and keeps to its terms")
        if self.may_repeat and not self.licence:
            raise ValueError(f'the replies of "{self.name}" may not be repeated without a licence that allows it; name it')


@dataclass(frozen=True)
class Coverage:
    """What a source can be asked for: where its days begin, how far back it goes, how late figures settle, how often to ask."""

    day_boundary: str
    depth: str
    lag: str
    quota: str

    def __post_init__(self) -> None:
        for name, text in vars(self).items():
            if not text.strip():
                raise ValueError(f"the {name} of a source is not said: nobody can tell when its figures may be used")


@dataclass(frozen=True)
class Observation:
    """
    One number that someone else published, in the metric's own unit, never scaled.

    `url` is where a person can see it, `query` what was asked or which line it stood on, `payload_sha256` the digest of the
    very bytes it was read from. The unit is checked where the metric is known (`refusal`). `handwritten` marks a figure that a
    person read and wrote down, and no program can read again. `published_at` is when anybody could first have read it, of figures
    that were read here much later: a past edition is composed from what was there then.
    """

    metric: str
    subject: str
    period: Period
    value: float
    status: Status
    origin: str
    url: str
    retrieved_at: dt.datetime
    note: str = ""
    query: str = ""
    payload_sha256: str = ""
    handwritten: bool = False
    published_at: dt.datetime | None = None

    def __post_init__(self) -> None:
        for name in ("metric", "subject", "origin", "url"):
            if not getattr(self, name).strip():
                raise ValueError(f"the {name} is empty")
        if not math.isfinite(self.value):
            raise ValueError(f"the value {self.value} is not a number; leave the row out if nothing was measured")
        if abs(self.value) > LARGEST:
            raise ValueError(f"the value {self.value:g} is larger than anything counted; it may be in another unit")
        if self.retrieved_at.tzinfo is None:
            raise ValueError(f"retrieved_at {self.retrieved_at.isoformat()} has no time zone")
        if self.published_at is not None and self.published_at.tzinfo is None:
            raise ValueError(f"published_at {self.published_at.isoformat()} has no time zone")

    @property
    def known_at(self) -> dt.datetime:
        """Since when it could be told: since it was published, or as far as is known since it was read."""
        return self.published_at or self.retrieved_at

    @cached_property
    def id(self) -> str:
        """One reading of one figure: another when the same figure is read again later."""
        parts = (self.metric, self.subject, self.period.key, repr(float(self.value)), self.status, self.origin, self.url,
                 self.retrieved_at.isoformat(), self.note)  # fmt: skip
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Missing:
    """
    A figure a source was asked for and does not have, and why: a month with a day left out, a package nobody knows.

    `withdrawn` says that there is a figure, which does not stand: the source finds flawed what it told before, or a gate has set
    it aside. `short` is what a chart says in its place.
    """

    metric: str
    subject: str
    period: Period
    reason: str
    withdrawn: bool = field(default=False, compare=False)
    short: str = field(default="no figure", compare=False)


@dataclass(frozen=True)
class Absent:
    """
    No figure or no claim, and why: a value, so that a post can adapt or be left out with its reason.

    It is false, so test `is None` where there may be neither. `short` says it in at most three words, for a chart.
    """

    reason: str
    short: str = "no figure"

    def __bool__(self) -> bool:
        return False
