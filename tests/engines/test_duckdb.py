"""DuckDB answers what every engine must."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.engines import duckdb
from bot.engines._engine import Engine
from bot.ports import Format
from tests.engines.computing import means
from tests.engines.contract import Check, checks, named
from tests.engines.data import write_table


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = duckdb.connect(means(tmp_path))
    yield made
    made.close()


@pytest.mark.parametrize("check", checks(), ids=named)
def test_duckdb_answers_by_hand(check: Check, engine: Engine, tmp_path: Path) -> None:
    check(engine, tmp_path)


def test_names_of_folders_are_no_columns(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "id=7"
    folder.mkdir()
    write_table(folder / "one.parquet", {"id": [1]})
    (folder / "one.csv").write_text("id\n1\n")
    (folder / "one.json").write_text('{"id": 1}\n')
    for form, path, expected in ((Format.PARQUET, "one.parquet", 1), (Format.CSV, "one.csv", "1"), (Format.JSON, "one.json", 1)):
        table = engine.files("probe", [str(folder / path)], form, {"id": "int64"})
        assert [row for batch in engine.batches(table) for row in batch.to_pylist()] == [{"id": expected}]


def test_there_are_checks() -> None:
    assert len(checks()) > 10
