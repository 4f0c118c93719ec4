"""What is asked of a chart kind, and what it is given to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from bot.domain.claim import Basis
from bot.domain.measure import Metric, Subject
from bot.domain.period import Period
from bot.domain.text import Cited

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

CHART_COLUMNS: Final = (
    "metric", "subject", "column", "period_start", "period_end", "value", "low", "high", "leads", "segment", "basis",
)  # fmt: skip
"""The columns of `ChartData.frame`, which explains them."""


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

    `caveat` is all that is to be said below the picture, what gates have found included; where there is no room for all, the
    recipe's `own_caveat` is.

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
    own_caveat: Cited = field(default_factory=Cited)


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
