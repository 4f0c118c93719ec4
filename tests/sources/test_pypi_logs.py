"""Months of downloads out of PyPI's log; a month that is not whole, or a package that is not there, has no figure."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from bot import wiring
from bot.cli import main
from bot.domain.measure import Missing, Observation
from bot.domain.period import Period
from bot.engines._computer import EngineComputer
from bot.errors import BadRecipe, SourceUnavailable
from bot.ports import Digested, Offline, Reply, Result
from bot.sources.pypi_logs import Source, computation
from tests.engines.data import Download, write_log
from tests.sources.conftest import subject
from tests.sources.fuzzing import Example

READ_AT = dt.datetime(2026, 5, 4, 6, tzinfo=dt.UTC)
APRIL = Period.month(2026, 4)
TORCH, JAX = subject("pytorch", pypi_logs="torch"), subject("jax", pypi_logs="jax")
WEB = subject("django")


def row(month: str, project: str, downloads: int, **rest: int) -> dict[str, Any]:
    days = {"2026-04": 30, "2026-03": 31, "2025-04": 30}[month]
    counts = {"ci": 0, "unsaid": 0, "nameless": 0, "logged": days} | rest
    counts.setdefault("days", counts["logged"])
    return {"month": f"{month}-01", "project": project, "downloads": downloads, **counts}


def reply(*rows: dict[str, Any]) -> Reply:
    result = Result(rows, "DuckDB 2.0.0", "SELECT 1", (Digested("events", "log", 90, 10**9, "ab" * 32),))
    return Reply(result.body(), "https://example.org/", "downloads", READ_AT)


EXAMPLES = [
    Example(
        reply(
            row("2025-04", "torch", 50), row("2026-03", "torch", 80),
            row("2026-04", "jax", 9, ci=4, unsaid=1), row("2026-04", "torch", 100, ci=60, nameless=7),
        ),
        (TORCH, JAX),
        APRIL,
        loses_unseen="a package without a row for a month was not downloaded then, which is Missing",
    ),
]  # fmt: skip


def told(*rows: dict[str, Any], period: Period = APRIL) -> dict[tuple[str, str, str], float | str]:
    found = Source().parse(reply(*rows), (TORCH, JAX, WEB), period)
    return {
        (one.metric.removeprefix("pypi_log_").removesuffix("downloads_month"), one.subject, one.period.key): (
            one.value if isinstance(one, Observation) else one.reason
        )
        for one in found
    }


def test_downloads_are_told_with_ci_apart() -> None:
    found = told(
        row("2025-04", "jax", 5), row("2025-04", "torch", 50), row("2026-03", "jax", 8), row("2026-03", "torch", 80),
        row("2026-04", "jax", 9, ci=4, unsaid=1), row("2026-04", "torch", 100, ci=60, nameless=7),
    )  # fmt: skip
    assert {key: value for key, value in found.items() if key[2] == "2026-04"} == {
        ("", "pytorch", "2026-04"): 100, ("ci_", "pytorch", "2026-04"): 60, ("other_", "pytorch", "2026-04"): 40,
        ("", "jax", "2026-04"): 9, ("ci_", "jax", "2026-04"): 4, ("other_", "jax", "2026-04"): 5,
    }  # fmt: skip
    assert {key[2] for key in found} == {"2025-04", "2026-03", "2026-04"}
    assert not any(isinstance(value, str) for value in found.values())


def test_a_figure_says_who_is_counted_and_by_what() -> None:
    (seen, *_) = [one for one in Source().parse(reply(row("2026-04", "torch", 100, nameless=7)), [TORCH], APRIL)
                  if isinstance(one, Observation)]  # fmt: skip
    assert seen.note == (
        "torch: 7 of 100 by clients that do not say what they are; computed by DuckDB 2.0.0 from 90 files of events "
        "(list: abababababab)"
    )
    assert (seen.url, seen.origin) == ("https://pypi.org/project/torch/", "PyPI download log")


def test_a_month_with_a_day_that_is_not_logged_has_no_figure() -> None:
    found = told(row("2026-04", "torch", 100, logged=29), row("2026-04", "jax", 9, logged=29))
    assert found["", "pytorch", "2026-04"] == "the log at hand has downloads of 29 of its 30 days"
    assert found["", "pytorch", "2026-03"] == "the log at hand has downloads of 0 of its 31 days"


def test_a_month_that_turns_out_to_lack_days_is_withdrawn_and_one_the_log_has_nothing_of_is_not() -> None:
    found = Source().parse(reply(row("2026-04", "torch", 100, logged=29)), [TORCH], APRIL)
    assert {(one.period.key, one.withdrawn) for one in found if isinstance(one, Missing)} == {
        ("2025-04", False), ("2026-03", False), ("2026-04", True),
    }  # fmt: skip


@pytest.mark.parametrize(
    "rows",
    [
        [row("2026-04", "torch", 100, ci=60, unsaid=41)],
        [row("2026-04", "torch", 100, nameless=101)],
        [row("2026-04", "torch", 100), row("2026-04", "torch", 90)],
        [row("2026-04", "torch", 100, days=30, logged=29)],
    ],
    ids=["ci", "nameless", "twice", "days"],
)
def test_counts_that_contradict_each_other_are_no_figures(rows: list[dict[str, Any]]) -> None:
    with pytest.raises(SourceUnavailable, match="contradict each other"):
        told(*rows)


def test_a_package_nobody_downloaded_has_no_figure() -> None:
    assert told(row("2026-04", "torch", 100))["ci_", "jax", "2026-04"] == 'the log at hand has no download of "jax"'


def test_a_log_that_does_not_know_of_ci_is_not_taken_to_have_none() -> None:
    found = told(row("2026-04", "torch", 100, unsaid=100))
    assert found["", "pytorch", "2026-04"] == 100
    assert (
        found["ci_", "pytorch", "2026-04"] == found["other_", "pytorch", "2026-04"] == "the log at hand does not say what was CI"
    )


def test_a_year_is_told_by_its_last_month() -> None:
    found = Source().parse(reply(row("2026-04", "torch", 1)), [TORCH], Period.year(2025))
    assert {one.period.key for one in found} == {"2024-12", "2025-11", "2025-12"}
    assert all(isinstance(one, Missing) for one in found)


def test_a_recipe_names_either_files_or_a_table() -> None:
    for source in (Source(), Source(files=Path("x"), table="y")):
        with pytest.raises(BadRecipe, match="name either files"):
            list(source.fetch(None, [TORCH], APRIL))  # type: ignore[arg-type]


def test_without_an_id_nothing_is_computed() -> None:
    assert list(Source().fetch(None, [WEB], APRIL)) == []  # type: ignore[arg-type]


def test_a_run_without_a_connection_computes_nothing_elsewhere() -> None:
    with pytest.raises(SourceUnavailable, match="makes no connection"):
        Offline("pypi_logs").compute(computation("pypi.pypi", ["torch"], [APRIL]))


RECIPE = """
title = "Raw"
granularity = "month"
[sources.pypi_logs]
files = "log"
[subjects.pytorch]
name = "PyTorch"
fill = "#c72105"
ink = "#b81d03"
ids = { pypi_logs = "torch" }
[[posts]]
name = "downloads"
"""


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "templates" / "raw"
    folder.mkdir(parents=True)
    (folder / "report.toml").write_text(RECIPE)
    (folder / "downloads.txt").write_text("PyTorch: {{ figures.pypi_log_downloads_month.pytorch | compact }} downloads.")
    for day in range(1, 31):
        write_log(folder / "log" / f"{day:02d}.parquet", [Download(f"2026-04-{day:02d}T12:00:00", "torch", ci=day > 20)])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THREADMILL_HOME", str(tmp_path / "home"))
    return folder


def test_a_thread_is_told_from_raw_data_through_the_front_door(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "raw", "--period", "2026-04"]) == 0
    assert (recipe.parent.parent / "out/raw/2026-04/posts/01.txt").read_text() == "PyTorch: 30 downloads.\n\n1/1\n"
    assert main(["explain", "raw", "2026-04", "1"]) == 0
    assert "computed by DuckDB" in capsys.readouterr().out


def test_what_is_explained_was_collected_before_and_is_not_computed_again(
    recipe: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["preview", "raw", "--period", "2026-04"]) == 0
    monkeypatch.setattr(EngineComputer, "compute", lambda *_: pytest.fail("computed"))
    assert main(["explain", "raw", "2026-04", "1"]) == 0
    assert "PyTorch: 30 downloads." in capsys.readouterr().out


def test_a_figure_is_of_when_it_was_computed_whatever_time_it_is_to_be(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "_now", lambda: dt.datetime(2026, 11, 23, 6, tzinfo=dt.UTC))
    for _ in ("computed", "kept"):
        assert main(["preview", "raw", "--now", "2026-05-04"]) == 0
        (fact,) = json.loads((recipe.parent.parent / "out/raw/2026-04/facts.json").read_text())
        assert (fact["value"], fact["retrieved_at"]) == (30, "2026-11-23T06:00:00+00:00")


def test_what_is_made_up_is_refused_and_can_be_tried(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (recipe / "log" / "SYNTHETIC.txt").write_text("made up")
    assert main(["preview", "raw", "--period", "2026-04"]) == 2
    assert "are made up" in capsys.readouterr().err
    assert main(["sources", "pypi_logs", "--try", "--period", "2026-04"]) == 0
    told = capsys.readouterr().out
    assert "10 pypi_log_ci_downloads_month of pytorch" in told
    assert "made-up data (SYNTHETIC.txt stands with them): these figures mean nothing" in told
    assert main(["preview", "raw", "--period", "2026-04"]) == 2  # nothing of the trial was stored


def test_an_engine_there_is_not_is_named(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sources", "pypi_logs", "--try", "--engine", "dukdb", "--period", "2026-04"]) == 2
    assert 'there is no engine "dukdb" (did you mean "duckdb"?)' in capsys.readouterr().err
    (recipe / "report.toml").write_text(RECIPE.replace('files = "log"', 'files = "log"\nengine = "dukdb"'))
    assert main(["check", "raw"]) == 2
    assert 'there is no engine "dukdb" (did you mean "duckdb"?)' in capsys.readouterr().out
    assert main(["sources", "clickpy", "--try", "--engine", "duckdb"]) == 2
    assert "clickpy computes nothing, so it has no engine" in capsys.readouterr().err
