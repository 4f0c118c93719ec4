"""
A hundred million download events through the source `pypi_logs`, against the same question in hand-written SQL of DuckDB.

Both run in a process of their own over the same made-up Parquet files, on all cores, and are timed from an open connection to the
rows, after the same question to a small log, so that imports do not count. The house's way digests every file, keeps parts and
their lists, and adds them up. Besides, the peak of its resident memory at each size, of which the floor is the smallest.
Goals: at most 1.2 x the hand-written SQL; memory flat, at most 1.25 x from the smallest size to the largest.

    python -m benchmarks.logs [ROWS,ROWS,...] [ROUNDS] [FOLDER]
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median

_GOAL, _FLAT = 1.2, 1.25
NAMES = ["jax", "keras", "tensorflow", "torch"]
MONTHS = ["2025-01", "2025-02", "2025-03"]
_MEMORY = 500 * 10**6
WARM = 10_000
_SPAWN = multiprocessing.get_context("spawn")
_SQL = """
WITH days AS (
  SELECT CAST(timestamp AS DATE) AS day, project, count(*) AS downloads, count(*) FILTER (WHERE details.ci) AS ci,
    count(*) FILTER (WHERE details.ci IS NULL) AS unsaid, count(*) FILTER (WHERE details.installer.name IS NULL) AS nameless
  FROM read_parquet('{folder}/**/*.parquet')
  WHERE timestamp >= TIMESTAMPTZ '2025-01-01 00:00:00+00' AND timestamp < TIMESTAMPTZ '2025-04-01 00:00:00+00'
    AND project IN ('jax', 'keras', 'tensorflow', 'torch')
    AND coalesce(details.installer.name, '') NOT IN ('bandersnatch', 'z3c.pypimirror', 'Artifactory', 'devpi')
  GROUP BY ALL
)
SELECT date_trunc('month', day) AS month, project, sum(downloads)::BIGINT, sum(ci)::BIGINT, sum(unsaid)::BIGINT,
  sum(nameless)::BIGINT
FROM days GROUP BY ALL ORDER BY ALL
"""


def main(sizes: list[int], rounds: int, folder: Path) -> None:
    peaks: dict[int, float] = {}
    for rows in sizes:
        log = data(folder, rows)
        warm = data(folder, WARM)
        times: dict[str, list[float]] = {"by hand": [], "pypi_logs": []}
        for _ in range(rounds):
            answers = {}
            for name, run in (("by hand", _by_hand), ("pypi_logs", _house)):
                with ProcessPoolExecutor(1, mp_context=_SPAWN) as child:
                    seconds, peak, answers[name] = child.submit(run, log, warm).result()
                times[name].append(seconds)
            peaks[rows] = peak
            assert answers["by hand"] == answers["pypi_logs"], "the two do not agree"
        best = {name: min(seconds) for name, seconds in times.items()}
        ratio = best["pypi_logs"] / best["by hand"]
        middle = median(times["pypi_logs"]) / median(times["by hand"])
        size = sum(path.stat().st_size for path in log.rglob("*.parquet")) / 1e6
        print(
            f"{rows:>11,} rows, {size:,.0f} MB   by hand {best['by hand']:6.2f} s   pypi_logs {best['pypi_logs']:6.2f} s"
            f"   best {ratio:.2f} x, median {middle:.2f} x (goal {_GOAL})   peak memory {peaks[rows] / 1e6:,.0f} MB,"
            f" {peaks[rows] / peaks[sizes[0]]:.2f} x that of {sizes[0]:,} rows (goal {_FLAT})"
        )


def _by_hand(log: Path, warm: Path) -> tuple[float, float, str]:
    import duckdb

    connection = duckdb.connect()
    for setting in ("TimeZone = 'UTC'", f"memory_limit = '{_MEMORY}B'"):
        connection.sql(f"SET {setting}")
    connection.sql(_SQL.format(folder=warm)).fetchall()
    begun = time.perf_counter()
    rows = connection.sql(_SQL.format(folder=log)).fetchall()
    seconds = time.perf_counter() - begun
    return seconds, _peak(), json.dumps([[str(row[0])[:10], *row[1:]] for row in rows])


def _house(log: Path, warm: Path) -> tuple[float, float, str]:
    import datetime as dt

    from bot.domain.period import Period
    from bot.engines import duckdb
    from bot.engines._computer import EngineComputer, Shared
    from bot.engines._engine import Means
    from bot.ports import silent
    from bot.sources import pypi_logs

    home = Path(tempfile.mkdtemp())
    try:
        engine = duckdb.connect(Means(None, _MEMORY, 0, home / "spill"))
        now = dt.datetime.now(dt.UTC)
        asked = EngineComputer("logs", Shared(lambda: engine), home, None, silent, lambda: now, trial=True)
        months = [Period.parse(month) for month in MONTHS]
        asked.compute(pypi_logs.computation(warm, NAMES, months))
        begun = time.perf_counter()
        reply = asked.compute(pypi_logs.computation(log, NAMES, months))
        seconds = time.perf_counter() - begun
    finally:
        shutil.rmtree(home)
    rows = json.loads(reply.body)["rows"]
    columns = ("month", "project", "downloads", "ci", "unsaid", "nameless")
    return seconds, _peak(), json.dumps([[row[name] for name in columns] for row in rows])


def _peak() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def data(folder: Path, rows: int) -> Path:
    """Made-up events, made once."""
    made = folder / f"logs{rows}"
    if not made.exists():
        size = ["--rows", str(rows), "--start", MONTHS[0], "--months", str(len(MONTHS)), "--thin"]
        side = ["--processes", str(os.cpu_count() or 1)]
        subprocess.run([sys.executable, "-m", "bot.synthetic", "logs", str(made), *size, *side], check=True)
    return made


if __name__ == "__main__":
    given = dict(enumerate(sys.argv[1:]))
    print(f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as made_in:
        main(
            [int(size) for size in given.get(0, "1000000,10000000,100000000").split(",")],
            int(given.get(1, 3)),
            Path(given.get(2, made_in)),
        )
