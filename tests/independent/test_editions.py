"""The way from the raw files to a checked edition, once: the history report of a month before any break."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import composing
from tests.independent import checker, judging, raw
from tests.independent.judging import Outcome


def test_a_month_of_the_history_report_is_true_and_says_all_kinds_of_things(tmp_path: Path) -> None:
    if not raw.SHARED.is_dir():
        pytest.skip("the raw data is not here (shared/ beside the checkout)")
    cells = raw.cells()
    raw.write(raw.thin(raw.rows(cells)), tmp_path / "all.csv")
    told = composing.compose("history", tmp_path / "all.csv", "2020-11", "2020-11", tmp_path / "out", Path(__file__).parent)
    assert told == (1, 0, 0)
    report = checker.check(checker.found([tmp_path / "out"]), cells)
    assert report.failures == []
    assert {"tally", "lead", "ratio", "growth", "changed", "multiplied", "share", "rank", "gained"} <= set(report.statements)
    assert report.statements.total() > 60
    assert report.numbers > 100


def test_the_table_of_faults_counts_ways_and_names_what_was_reached() -> None:
    outcomes = [
        Outcome("zero", "gh_stars, newest", "2020-11", "held"),
        Outcome("zero", "gh_forks, newest", "2020-11", "false", ("forks of nobody",)),
    ]
    head, zero, reached = judging.table(outcomes).splitlines()
    assert head.split() == ["fault", "no", "edition", "held", "caveated", "silent", "unsound", "false", "crashed"]
    assert zero.split() == ["zero", "0", "1", "0", "0", "0", "1", "0"]
    assert reached == "false: 2020-11 zero, gh_forks, newest: 1 statements, e.g. forks of nobody"
