"""What the house asks of its wings. The docstrings are the contracts; the contract tests check every room against them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from bot.domain.claim import Basis
from bot.domain.edition import Edition
from bot.domain.measure import Metric, Observation, Subject
from bot.domain.period import Period
from bot.domain.text import Cited

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is being done and how far it is: ("drawing", 3, 8); 0 of 0 where that is unknown."""

CHART_COLUMNS: Final = (
    "metric", "subject", "column", "period_start", "period_end", "value", "low", "high", "leads", "segment", "basis",
)  # fmt: skip
"""The columns of `ChartData.frame`, which explains them."""


@dataclass(frozen=True)
class Reply:
    """The very bytes a source answered with, where they came from, and when."""

    body: bytes = field(repr=False)
    url: str
    query: str
    retrieved_at: dt.datetime

    @property
    def sha256(self) -> str:
        """Digest of the bytes: the id under which a reply is kept."""
        return hashlib.sha256(self.body).hexdigest()


class Source(Protocol):
    """
    One publisher of numbers: `bot/sources/NAME.py` with a frozen dataclass `Source`, whose fields are its settings.

    The module also has METRICS, the definitions of what it measures, and ORIGINS, whom to name and on what terms.
    """

    def fetch(self, subjects: Sequence[Subject], period: Period) -> Sequence[Reply]:
        """
        What the publisher says now, as bytes. The only function of the room that does I/O.

        Raises:
            SourceUnavailable: nothing to be had this time; the run goes on without it.
            BadInput: a file is wrong; the run ends, for somebody put it there and can mend it.
        """
        ...

    def parse(self, reply: Reply, subjects: Sequence[Subject]) -> Sequence[Observation]:
        """
        The observations of these subjects in one reply. Pure: the same bytes give the same observations, in the same order.

        A subject's name at the publisher is `subject.ids[NAME]`; a subject without one is not asked for.

        Raises:
            BadFigures: a file is not what the publisher documents; names the place. Never a guess.
            SourceUnavailable: the same of a live reply, which nobody here can mend; the run goes on without it.
        """
        ...


@dataclass(frozen=True)
class ChartData:
    """
    What one chart shows, ready to draw: words with their citations, and one tidy frame.

    Columns of `frame`, one row per drawn figure:
        metric        str       key of a metric in `metrics`
        subject       str       key of a subject in `subjects`
        column        str       label of the group or column the figure belongs to ("2020", "NeurIPS"); "" if there is one only
        period_start  datetime64[UTC]
        period_end    datetime64[UTC], exclusive
        value         float64   in `unit`, never scaled
        low, high     float64   95 % interval, or NaN
        leads         bool      this figure is the row's stated leader
        segment       int64     lines are drawn within a segment only: a break in method or a missing reading starts a new one
        basis         str       key into `bases`
    Share values are percent of their column, whatever the metric's own unit, and may span several metrics. `source` says
    "Source: ..." itself. Rows are sorted by the order of metrics, columns, subjects, then time.

    `per_day`: values are the metric's count divided by the days of its window. `highlight` are the subjects drawn in colour;
    empty means all. `absent` says in at most three words why a (metric, subject) has no figure.
    """

    title: Cited
    subtitle: Cited
    source: Cited
    caveat: Cited
    metrics: tuple[Metric, ...]
    subjects: tuple[Subject, ...]
    period: Period
    frame: pd.DataFrame = field(repr=False, compare=False)
    bases: Mapping[str, Basis] = field(repr=False)
    per_day: bool = False
    highlight: tuple[str, ...] = ()
    absent: Mapping[tuple[str, str], str] = field(default_factory=dict)


class ChartKind(Protocol):
    """One way to draw: `bot/charts/NAME.py` with these two functions and a NOUN ("Bar chart") that opens its alt text."""

    NOUN: str

    def draw(self, data: ChartData) -> Figure:
        """
        The chart on the house's canvas. Everything on it comes from `data` and the theme.

        Raises:
            BadChart: the title, a name or a value cannot be made to fit.
        """
        ...

    def describe(self, data: ChartData) -> Cited:
        """The alt text: kind, measure, period, finding, values, caveat, source; 200 to 450 characters, plain words."""
        ...


class Publisher(Protocol):
    """Where an edition goes: `bot/publishers/NAME.py`."""

    def publish(self, edition: Edition) -> Path:
        """
        Make the edition appear, whole or not at all, and say where it is.

        Raises:
            BadOutput: it cannot be written there.
        """
        ...
