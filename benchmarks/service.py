"""
The service at rest: its start-up as a ratio to a floor in the same run, and its resident memory after some looks.

The floor imports what the service cannot do without. The service sees to the shipped reports, of which nothing is due, with no
notices set up, on SQLite and, where it can be started, on PostgreSQL; it looks every half second instead of every half minute.
Goals: ready within 3 x the floor; at most 120 MB resident, and no child process.

    python -m benchmarks.service [ROUNDS]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from statistics import median

from benchmarks.timing import PYTHON

_ROOT = Path(__file__).parent.parent
_READY_GOAL, _MEMORY_GOAL_MB = 3.0, 120.0
_LOOKS_S = 6.0
_FLOOR = "import sqlalchemy, pydantic, apscheduler.schedulers.background, apscheduler.triggers.interval"
_SERVICE = """
import sys
from bot.service import scheduler
scheduler.BELL_S = 0.5
from bot.cli import main
sys.exit(main(["run"]))
"""


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        floor = [_floor() for _ in range(rounds)]
        print(f"floor: best {min(floor):.3f} s, median {median(floor):.3f} s")
        for name, database in (("SQLite", nullcontext("")), ("PostgreSQL", _postgresql())):
            with database as url:
                if url is None:
                    print(f"{name}: it cannot be started here")
                    continue
                _measure(name, Path(folder, name), url, floor, rounds)


def _measure(name: str, home: Path, url: str, floor: list[float], rounds: int) -> None:
    environment = _environment(home, url)
    _settle(environment, home)
    ready = []
    for _ in range(rounds):
        with _service(environment, home) as (_, seconds):
            ready.append(seconds)
    with _service(environment, home) as (process, _):
        time.sleep(_LOOKS_S)
        memory, children = _resident_mb(process.pid), _children(process.pid)
    best, middle = min(ready) / min(floor), median(ready) / median(floor)
    times = f"best {min(ready):.3f} s, {best:.2f} x   median {median(ready):.3f} s, {middle:.2f} x"
    print(f"{name}: ready {times}   goal {_READY_GOAL} x")
    print(f"{name}: resident {memory:.0f} MB, {len(children)} children   goal {_MEMORY_GOAL_MB:.0f} MB, 0 children")


def _floor() -> float:
    begun = time.perf_counter()
    subprocess.run([PYTHON, "-c", _FLOOR], check=True)
    return time.perf_counter() - begun


def _environment(home: Path, url: str) -> Mapping[str, str]:
    ours = ("THREADMILL_", "X_", "DATABASE_URL")
    others = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {
        **others,
        "PYTHONPATH": str(_ROOT),
        "THREADMILL_HOME": str(home),
        "THREADMILL_LISTEN": "127.0.0.1:0",
        "THREADMILL_LOG": "json",
        **({"DATABASE_URL": url} if url else {}),
    }


def _settle(environment: Mapping[str, str], home: Path) -> None:
    """What is due is skipped, and this day's chores are done: what is left to do is to look."""
    program = """
import datetime as dt
from dataclasses import replace
from bot import wiring
from bot.domain.turn import Turn, TurnState
from bot.verbs.looking import look
house = wiring.house()
with wiring.store(house) as store:
    now = store.now()
    reports = wiring.scheduled(house)[0]
    windows = {one.key: one.schedule for one in reports}
    for task in look(reports, store, now).tasks:
        from bot.domain.period import Period
        turn = Turn(task.report, task.network, windows[task.report].window(Period.parse(task.period)))
        assert store.rota.close(replace(turn, state=TurnState.SKIPPED, reason="a benchmark"), now)
    for name in ("collect", "prune"):
        assert store.rota.chore(name, now.date(), "benchmark", now, now + dt.timedelta(hours=1))
        store.rota.chore_done(name, now.date(), "benchmark", now, "nothing")
"""
    home.mkdir()
    subprocess.run([PYTHON, "-c", program], cwd=home, env=environment, check=True)


@contextmanager
def _service(environment: Mapping[str, str], home: Path) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """The service, and the seconds it took until it said that it was ready."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [PYTHON, "-c", _SERVICE], cwd=home, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if line.startswith(b"{") and json.loads(line)["event"] == "ready":
                break
        else:
            raise SystemExit("the service did not get ready")
        yield process, time.perf_counter() - begun
    finally:
        process.terminate()
        process.stderr.close()
        process.wait()


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("this system does not tell how much memory a process has")


def _children(pid: int) -> list[int]:
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended
            if int(place.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(place.parent.name))
    return found


@contextmanager
def _postgresql() -> Iterator[str | None]:
    try:
        from tests.store.databases import a_server
    except ImportError:  # the packages of the tests are not here
        yield None
        return
    with a_server() as server:
        yield server.empty_database().url


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
