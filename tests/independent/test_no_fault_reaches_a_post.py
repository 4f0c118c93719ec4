"""Ten faults in the publishers' figures, each in several places: nothing false is stated, and without the gates much would be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import composing
from tests.independent import faults, judging, raw
from tests.independent.faults import FAULTS, METRICS, Spoilt
from tests.independent.judging import Outcome
from tests.independent.raw import Row
from tests.independent.values import Cell, period

CROWDED, QUIET = ("2024-06", 6), ("2020-11", 7)
"""A month and a seed: which way a fault goes, ten times or a tenth, earlier or later, is by chance."""


@pytest.fixture(scope="module")
def cells() -> list[Cell]:
    if not raw.SHARED.is_dir():
        pytest.skip("the raw data is not here (shared/ beside the checkout)")
    return raw.cells()


@pytest.fixture(scope="module")
def rows(cells: list[Cell]) -> list[Row]:
    return raw.thin(raw.rows(cell for cell in cells if cell.metric in METRICS))


def spoilt(rows: Sequence[Row], month: str, seed: int, turn: int, *spots: str) -> list[tuple[str, Spoilt]]:
    """Each fault in one metric, the next one in the next, at the spots whose names begin so; what nobody could know yet is left out."""
    told = period(month).end + composing.LAG
    rows = [row for row in rows if row.retrieved <= told]
    metric_of = {name: METRICS[(number + turn) % len(METRICS)] for number, name in enumerate(FAULTS)}
    return [
        (month, one)
        for one in faults.every(rows, month, seed)
        if one.spot.metric == metric_of[one.fault] and one.spot.name.startswith(spots)
    ]


def outcomes(cells: list[Cell], rows: list[Row], found: list[tuple[str, Spoilt]], out: Path, gates: str = "") -> list[Outcome]:
    return judging.outcomes("history", rows, cells, found, out, "tests/independent", gates)


def test_no_fault_reaches_a_post_as_a_statement(cells: list[Cell], rows: list[Row], tmp_path: Path) -> None:
    found = [*spoilt(rows, *QUIET, 0, "newest", "one", "from"), *spoilt(rows, *CROWDED, 1, "newest window of all")]
    assert {one.fault for _, one in found} == set(FAULTS)
    told = outcomes(cells, rows, found, tmp_path)
    assert [one for one in told if one.reached] == []


def test_without_the_gates_every_fault_but_a_gap_would(cells: list[Cell], rows: list[Row], tmp_path: Path) -> None:
    """Of figures that are not there nothing is claimed, gates or none."""
    found = spoilt(rows, *QUIET, 2, "one", "newest window of all")  # its shifts go beyond the day of the list: no file is read so
    found += [(CROWDED[0], one) for one in faults.every(rows, *CROWDED) if one.fault == "shift a window"][:3]
    told = outcomes(cells, rows, found, tmp_path, "ungated")
    assert {one.fault for one in told if one.way == "false"} == set(FAULTS) - {"drop"}
