"""A computer on DuckDB over files of a test, with no store behind it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.engines import duckdb
from bot.engines._computer import EngineComputer, Shared
from bot.ports import Digested, Reply, Result, silent
from tests.engines.computing import means

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def a_computer(home: Path, trial: bool = False) -> EngineComputer:
    return EngineComputer("a_source", Shared(lambda: duckdb.connect(means(home))), home, None, silent, lambda: NOW, trial)


def a_result(*rows: Mapping[str, Any], query: str = "what was asked") -> Reply:
    """A reply as a computer gives it, of rows that are made up."""
    result = Result(rows, "DuckDB 2.0.0", "SELECT 1", (Digested("events", "/data", 2, 10, "5e" * 32),))
    return Reply(result.body(), "https://example.org/", query, NOW)


def rows_of(reply: Reply) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = json.loads(reply.body)["rows"]
    return found
