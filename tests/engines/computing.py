"""A computation on an engine, as a source's client runs it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

from bot.engines._computer import EngineComputer, Shared
from bot.engines._engine import Engine, Means
from bot.ports import Computation, Digested, Progress, Reply, Result, Store, silent

NOW = dt.datetime(2026, 11, 23, 6, 0, tzinfo=dt.UTC)
MEMORY = 500 * 10**6


def means(folder: Path, memory_bytes: int = MEMORY) -> Means:
    """An engine without an address."""
    return Means(None, memory_bytes, 10**9, folder / "spill")


def computer(
    engine: Engine,
    home: Path,
    store: Store | None = None,
    progress: Progress = silent,
    trial: bool = False,
    stopped: Callable[[], bool] = lambda: False,
) -> EngineComputer:
    """What a source asks, on an engine that is there already."""
    return EngineComputer("raw", Shared(lambda: engine), home, store, progress, lambda: NOW, trial, stopped)


def computed(engine: Engine, computation: Computation, folder: Path) -> Result:
    """What a computation comes to."""
    return read(computer(engine, folder / "home").compute(computation))


def read(reply: Reply) -> Result:
    """The result in a reply."""
    told = json.loads(reply.body)
    inputs = tuple(Digested(**one) for one in told["inputs"])
    return Result(tuple(told["rows"]), told["engine"], told["expression"], inputs, told["synthetic"])
