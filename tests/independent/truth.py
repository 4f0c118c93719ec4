"""
What was true, from the cells alone: which figure stands for a period, and whether a statement about it holds.

By the documentation, a total stands for a period if its window is as long and ends with it, a stock if it was read at its end, an
event if it lies within; of several, the nearest. Stocks are compared only if read within 5 % of the period's length of each other;
a change of a stock is told only if both readings lie within 10 % of their ends and the time between them is right to 4 %.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from tests.independent.noise import level, per_day
from tests.independent.values import Cell, Window

FOUR = ("tensorflow", "keras", "pytorch", "jax")
FAMILIES = ("tf-keras", "pytorch-family", "jax")
NOUNS = {
    "pypi_downloads_year": "downloads", "pypi_downloads_30d": "downloads", "gh_stars": "stars", "gh_forks": "forks",
    "kaggle_survey_use": "respondents", "so_survey_use": "respondents",
}  # fmt: skip
_OFF = {"pypi_downloads_year": 10, "pypi_downloads_30d": 4, "gh_stars": 31, "gh_forks": 31}
"""Days a window may end off the period it stands for, and of a total, be longer or shorter."""
_STOCKS = ("gh_stars", "gh_forks")


def noun(metric: str) -> str:
    return "papers" if metric.startswith("papers_") else NOUNS.get(metric, "")


def rivals(metric: str, subject: str) -> tuple[str, ...]:
    """Whom a leader must be ahead of: every framework there are figures of, or every family."""
    return (
        FAMILIES
        if subject in ("tf-keras", "pytorch-family")
        else ("tensorflow", "pytorch")
        if metric.startswith("papers_")
        else FOUR
    )


class Truth:
    """The cells that could be read on a day."""

    def __init__(self, cells: Iterable[Cell], as_of: dt.date) -> None:
        self._series: dict[tuple[str, str], list[Cell]] = defaultdict(list)
        for cell in cells:
            if cell.known <= as_of:
                self._series[cell.metric, cell.subject].append(cell)

    def series(self, metric: str, subject: str) -> Sequence[Cell]:
        return sorted(self._series.get((metric, subject), ()), key=lambda cell: cell.window)

    def cell(self, metric: str, subject: str, window: Window) -> Cell | None:
        """The very figure of a window."""
        return next((cell for cell in self._series.get((metric, subject), ()) if cell.window == window), None)

    def standing(self, metric: str, subject: str, period: Window, aside: Collection[Window] = ()) -> list[Cell]:
        """The figures that may stand for a period: the nearest that is not set aside, or several that are equally near."""
        fit = [cell for cell in self._series.get((metric, subject), ()) if _stands(cell, period) and cell.window not in aside]
        if metric not in _OFF:
            return fit if len(fit) == 1 else []
        nearest = min((_distance(cell, period) for cell in fit), default=0)
        return [cell for cell in fit if _distance(cell, period) == nearest]


def together(cells: Sequence[Cell], period: Window) -> str | None:
    """Why figures are not to be compared with each other; None if they are."""
    if cells[0].metric in _STOCKS:
        ends = [cell.window.end for cell in cells]
        if max(ends) - min(ends) > 0.05 * dt.timedelta(days=period.days):
            return f"the readings lie {(max(ends) - min(ends)).days} days apart"
    if cells[0].metric not in _OFF and len({cell.window for cell in cells}) > 1:
        return "not all were observed at the same time"
    if cells[0].metric.endswith("_use") and not all(cell.base for cell in cells):
        return "nobody says how many were asked"
    return None


def apart(now: Cell, before: Cell, period: Window, earlier: Window) -> str | None:
    """Why a change from one reading to another is not told over the time between two periods; None if it may be."""
    if now.window == before.window:
        return "one reading stands for both periods"
    if now.metric not in _STOCKS:
        return None
    meant = period.end - earlier.end
    for cell, wanted in ((now, period), (before, earlier)):
        if abs(cell.window.end - wanted.end) > 0.1 * meant:
            return f"the reading of {cell.window.start} is too far from {wanted.end}"
    if abs((now.window.end - before.window.end) - meant) > 0.04 * meant:
        return f"{(now.window.end - before.window.end).days} days lie between the readings, not {meant.days}"
    return None


def order(cells: Iterable[Cell]) -> list[Cell]:
    return sorted(cells, key=lambda cell: -per_day(cell))


def leader(cells: Sequence[Cell]) -> list[str]:
    """Who stands at the top: one subject, or all that are level with the highest."""
    ranked = order(cells)
    return [cell.subject for cell in ranked if cell is ranked[0] or level(ranked[0], cell)]


def _distance(cell: Cell, period: Window) -> int:
    return abs((cell.window.end - period.end).days)


def _stands(cell: Cell, period: Window) -> bool:
    off = _OFF.get(cell.metric)
    if off is None:
        return period.start <= cell.window.start and cell.window.end <= period.end
    if cell.metric in _STOCKS:
        return _distance(cell, period) <= off and cell.window.start >= period.start  # October's stars are not those of September
    return _distance(cell, period) <= off and abs(cell.window.days - period.days) <= off
