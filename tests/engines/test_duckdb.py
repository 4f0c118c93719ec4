"""DuckDB answers what every engine must."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.engines import duckdb
from bot.engines._engine import Engine
from tests.engines.computing import means
from tests.engines.contract import Check, checks, named


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = duckdb.connect(means(tmp_path))
    yield made
    made.close()


@pytest.mark.parametrize("check", checks(), ids=named)
def test_duckdb_answers_by_hand(check: Check, engine: Engine, tmp_path: Path) -> None:
    check(engine, tmp_path)


def test_there_are_checks() -> None:
    assert len(checks()) > 10
