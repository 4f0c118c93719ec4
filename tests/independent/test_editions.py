"""The way from the raw files to a checked edition, once: the history report of a month before any break."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli import main
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


@pytest.mark.parametrize(
    ("report", "first", "told", "statements"), [("dl-frameworks-history", "2018-02", 90, 1400), ("dl-frameworks", "2015", 7, 130)]
)
def test_nothing_false_is_told_of_eight_years(
    report: str, first: str, told: int, statements: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unpainted: None
) -> None:
    if not raw.SHARED.is_dir():
        pytest.skip("the raw data is not here (shared/ beside the checkout)")
    monkeypatch.setenv("THREADMILL_HOME", str(tmp_path / "home"))
    assert (
        main(["backtest", report, "--from", first, "--to", "2026-03" if first > "2016" else "2025", "--out", str(tmp_path)]) == 0
    )
    editions = checker.found([tmp_path / report])
    found = checker.check(editions, raw.cells())
    assert found.failures == []
    assert len(editions) >= told
    assert found.statements.total() >= statements


def test_the_table_of_faults_counts_ways_and_names_what_was_reached() -> None:
    outcomes = [
        Outcome("zero", "gh_stars, newest", "2020-11", "held"),
        Outcome("zero", "gh_forks, newest", "2020-11", "false", ("forks of nobody",)),
    ]
    head, zero, reached = judging.table(outcomes).splitlines()
    assert head.split() == ["fault", "no", "edition", "held", "caveated", "silent", "unsound", "false", "crashed"]
    assert zero.split() == ["zero", "0", "1", "0", "0", "0", "1", "0"]
    assert reached == "false: 2020-11 zero, gh_forks, newest: 1 statements, e.g. forks of nobody"
