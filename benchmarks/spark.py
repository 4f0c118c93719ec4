"""
Made-up download events through the source `pypi_logs` on a Spark cluster with two workers, against one with one.

The cluster is a real one of processes on this machine: a master and workers of one core each, from the pip package. An
application counts a small log first, so that Java has compiled what it runs often; then the large one is timed, three times on
each cluster in turns, each time into an empty home so that nothing is kept. It is large, for some seconds go to digests,
planning and the last addition, however many workers there are. The driver and the master need cores too: on two
cores, two workers do not have one each.
Goal: two workers at least 1.6 x as fast as one.

    python -m benchmarks.spark [ROWS] [ROUNDS] [FOLDER]
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks.logs import MONTHS, NAMES, WARM, data
from bot.domain.period import Period
from bot.engines._computer import EngineComputer, Shared
from bot.engines.spark import Spark
from bot.ports import silent
from bot.sources import pypi_logs
from tests.engines import cluster
from tests.engines.computing import NOW

_GOAL = 1.6


def main(rows: int, rounds: int, folder: Path) -> None:
    large, small = data(folder, rows), data(folder, WARM)
    seconds: dict[int, list[float]] = {1: [], 2: []}
    told: set[bytes] = set()
    for _ in range(rounds):
        for workers, times in seconds.items():
            took, rows_told = _timed(workers, large, small)
            times.append(took)
            told.add(rows_told)
    assert len(told) == 1, "the two do not agree"
    best, middle = min(seconds[1]) / min(seconds[2]), median(seconds[1]) / median(seconds[2])
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {rows:,} rows: "
        f"one worker {min(seconds[1]):.1f} s, two {min(seconds[2]):.1f} s, best {best:.2f} x, median {middle:.2f} x, goal {_GOAL}"
    )


def _timed(workers: int, large: Path, small: Path) -> tuple[float, bytes]:
    with ExitStack() as ending, tempfile.TemporaryDirectory() as made_in:
        folder = Path(made_in)
        made = cluster.Cluster(folder, workers)
        ending.callback(made.kill)
        os.environ |= cluster.settings(folder / "conf")
        engine = cluster.spark_engine(made.url, folder)
        ending.callback(engine.close)
        for number in range(3):
            _count(engine, small, folder / f"warm{number}")
        begun = time.perf_counter()
        told = _count(engine, large, folder / "home")
        return time.perf_counter() - begun, told


def _count(engine: Spark, log: Path, home: Path) -> bytes:
    asked = EngineComputer("logs", Shared(lambda: engine), home, None, silent, lambda: NOW, trial=True)
    months = [Period.parse(month) for month in MONTHS]
    return asked.compute(pypi_logs.computation(log, NAMES, months)).body


if __name__ == "__main__":
    given = dict(enumerate(sys.argv[1:]))
    with tempfile.TemporaryDirectory() as made_in:
        main(int(given.get(0, 200_000_000)), int(given.get(1, 3)), Path(given.get(2, made_in)))
