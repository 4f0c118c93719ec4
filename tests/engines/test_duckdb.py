"""DuckDB answers what every engine must."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.config import Secret
from bot.engines import duckdb
from bot.engines._engine import Engine
from bot.errors import BadInput
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


@pytest.mark.parametrize(
    "address", ["md:?motherduck_token=shh", "https://user:shh@127.0.0.1:1/x.duckdb", "s3://shh/x", ":memory:"]
)
def test_an_address_that_is_no_file_is_not_asked_and_not_repeated(address: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="names no file that is there") as refused:
        duckdb.connect(replace(means(tmp_path), address=Secret(address)))
    assert "shh" not in str(refused.value)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    import duckdb as library

    with library.connect(str(tmp_path / "x.duckdb")) as opened:
        opened.execute("CREATE TABLE kept AS SELECT 1 AS n")
        opened.execute("CREATE VIEW seen AS SELECT * FROM kept")
    return tmp_path / "x.duckdb"


def test_a_table_is_one_of_the_database_and_no_file_or_address(database: Path, tmp_path: Path) -> None:
    log = write_table(tmp_path / "log.parquet", {"n": [1]})
    engine = duckdb.connect(replace(means(tmp_path), address=Secret(str(database))))
    for name in ("kept", "main.kept", "x.main.kept", "seen"):
        assert engine.table(name).columns == ("n",)
    for name in (str(log), "https://127.0.0.1:1/x.parquet", "nope", "", 'kept"; DROP TABLE kept; --', "a.b.c.kept"):
        with pytest.raises(BadInput, match="DuckDB has no table"):
            engine.table(name)
    engine.close()


def test_what_a_view_reads_may_change_without_the_database(database: Path, tmp_path: Path) -> None:
    engine = duckdb.connect(replace(means(tmp_path), address=Secret(str(database))))
    assert (bool(engine.state("kept")), engine.state("seen")) == (True, "")
    engine.close()


def test_what_is_spilled_by_one_process_is_not_where_another_looks(tmp_path: Path) -> None:
    (tmp_path / "spill" / "999999999-killed").mkdir(parents=True)
    engines = [duckdb.connect(means(tmp_path)) for _ in range(2)]
    assert len(list((tmp_path / "spill").iterdir())) == 2
    for engine in engines:
        engine.close()
    assert not list((tmp_path / "spill").iterdir())
