"""
The known breaks of the raw data, by hand from the notes beside it: nothing may be stated across or upon them as news.

A `Change` is a day from which another thing is counted: figures of windows on both sides are not put together. A `Spoilt` stretch
holds figures that are themselves wrong: nothing is stated on them, unless a caveat says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from tests.independent.values import DAY, Cell, Window

_PYPI = ("pypi_downloads_30d", "pypi_downloads_year")


@dataclass(frozen=True)
class Change:
    name: str
    metrics: tuple[str, ...]
    subjects: tuple[str, ...]
    at: dt.date


@dataclass(frozen=True)
class Spoilt:
    name: str
    metrics: tuple[str, ...]
    subjects: tuple[str, ...]
    window: Window


CHANGES = (
    Change("PyPI: table retired 2021-01", _PYPI, (), dt.date(2021, 1, 1)),
    Change("PyPI: new table 2021-04", _PYPI, (), dt.date(2021, 4, 1)),
    Change("PyPI: all installers 2024-11", _PYPI, (), dt.date(2024, 11, 1)),
    Change("PyPI: ClickHouse 2025-07", _PYPI, (), dt.date(2025, 6, 1)),
    Change("TensorFlow forks 2024-02-21", ("gh_forks",), ("tensorflow",), dt.date(2024, 2, 21)),
    Change("Kaggle: wording of 2018", ("kaggle_survey_use", "kaggle_survey_users"), (), dt.date(2019, 1, 1)),
)
SPOILT = (
    Spoilt("PyPI: undercount 2021-01..04", _PYPI, (), Window(dt.date(2021, 1, 2), dt.date(2021, 4, 1))),
    Spoilt("JAX spike 2021-11", ("pypi_downloads_30d",), ("jax",), Window(dt.date(2021, 11, 2), dt.date(2021, 12, 1))),
    Spoilt("JAX spike 2023-11", ("pypi_downloads_30d",), ("jax",), Window(dt.date(2023, 11, 1), dt.date(2023, 12, 1))),
)
"""The window of 2020-12-02..2020-12-31 is whole; the first that is not begins on 2021-01-02."""
SHRINKING = Spoilt("PyPI: shrinking windows of 2025", _PYPI, (), Window(dt.date(2024, 11, 2), dt.date(2025, 6, 13)))
"""Windows of 29 down to 22 days: right by the day, wrong as they stand."""


def crossed(cells: Sequence[Cell]) -> list[str]:
    """The changes that lie between the earliest start and the latest end of some figures of one metric."""
    return [
        change.name
        for change in CHANGES
        for group in [[one for one in cells if _about(change, one)]]
        if group and min(one.window.start for one in group) < change.at < max(one.window.end for one in group)
    ]


def spoilt(cells: Sequence[Cell]) -> list[str]:
    """The spoilt stretches that some figures lie in."""
    return [one.name for one in SPOILT if any(_about(one, cell) and one.window.overlaps(cell.window) for cell in cells)]


def names() -> list[str]:
    return [*(one.name for one in CHANGES), *(one.name for one in SPOILT), SHRINKING.name]


def span(name: str) -> Window:
    """The days a break lies on: of a change, the one before and the one after."""
    found = [Window(one.at - DAY, one.at + DAY) for one in CHANGES if one.name == name]
    return [*found, *(one.window for one in (*SPOILT, SHRINKING) if one.name == name)][0]


def concerned(name: str, edition: Window) -> bool:
    """Whether an edition's own period or the one before it touches a break."""
    return Window(edition.before().start, edition.end).overlaps(span(name))


def _about(change: Change | Spoilt, cell: Cell) -> bool:
    return cell.metric in change.metrics and (not change.subjects or cell.subject in change.subjects)
