"""
Spark answers what every engine must, on a cluster of processes; what is killed there costs time or a named error, never a figure.

It is one test with a part for each check: an application takes longer to start than all checks take, and what runs the tests side by
side would start one for every process that gets some of them.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import ibis
import pytest

from bot.engines.spark import Spark
from bot.errors import SourceUnavailable
from bot.ports import Computation, Format, Input, Result
from tests.engines import cluster
from tests.engines.cluster import NO_WORKERS_S, Cluster
from tests.engines.computing import computed
from tests.engines.contract import Check, checks

cluster.refuse_where_missing()

_FILES: Final = 240
_LINE: Final = b"value = 1234567890 * x + y  # nothing to see\n"
_COUNTED: Final = {"files": 240, "letters": 2000 * 240 * len("valuexy") + 60 * len("import"), "torch": 60}


@dataclass(frozen=True)
class Application:
    """An engine on a cluster, and files that take it a while to read."""

    processes: Cluster
    engine: Spark
    files: Path
    threads: ThreadPoolExecutor

    def begun(self, home: Path) -> Future[Result]:
        """A slow computation, of which workers are at a task."""
        asked = self.threads.submit(computed, self.engine, slow(self.files), home)
        soon(lambda: asked.done() or self._is_at_work())
        assert not asked.done(), asked.result()
        return asked

    def _is_at_work(self) -> bool:
        """By whoever gives out the tasks: Spark's tracker of its own state is up to a second behind."""
        told = self.engine._run._context._jsc.sc().taskScheduler().runningTasksByExecutors().toString()  # type: ignore[union-attr]
        return bool(re.search(r"-> [1-9]", told))


@contextmanager
def application(folder: Path) -> Iterator[Application]:
    processes = Cluster(folder)
    try:
        engine = cluster.spark_engine(processes.url, folder)
        soon(engine._run._has_workers)  # type: ignore[union-attr]
        with ThreadPoolExecutor() as threads:
            yield Application(processes, engine, written(folder / "files"), threads)
        engine.close()
    finally:
        processes.kill()


def soon(so: Callable[[], bool]) -> None:
    """Waits until something is so."""
    until = time.monotonic() + 30
    while not so():
        assert time.monotonic() < until
        time.sleep(0.02)


def written(folder: Path) -> Path:
    folder.mkdir()
    for number in range(_FILES):
        (folder / f"{number:03d}.py").write_bytes((b"import torch\n" if number % 4 == 0 else b"") + _LINE * 2000)
    return folder


def slow(place: Path) -> Computation:
    """A count that takes some seconds."""

    def partial(files: ibis.Table) -> ibis.Table:
        letters = files.content.re_replace("[0-9]+|[*+=#]", "").re_replace("(no|to|se)[a-z]*", "").re_replace("[^a-z]", "")
        torch = files.content.re_search("(?m)^import torch").cast("int64")
        return files.agg(files=files.count(), letters=letters.length().sum(), torch=torch.sum())

    def total(parts: ibis.Table, _: Mapping[str, ibis.Table]) -> ibis.Table:
        return parts.agg(files=parts.files.sum(), letters=parts.letters.sum(), torch=parts.torch.sum())

    return Computation("a slow count", "", Input("files", place, Format.FILES, suffixes=(".py",)), partial, total)


def a_killed_worker_costs_time_and_no_figure(made: Application, folder: Path) -> None:
    asked = made.begun(folder)
    made.processes.workers[0].kill()
    assert asked.result(60).rows == (_COUNTED,)


def what_is_stopped_ends_at_once_and_the_engine_goes_on(made: Application, folder: Path) -> None:
    asked = made.begun(folder)
    made.engine.stop()
    with pytest.raises(SourceUnavailable, match="stopped before it was finished"):
        asked.result(5)
    (folder / "one.py").write_text("")
    table = made.engine.files("one", [str(folder / "one.py")], Format.FILES, {})
    rows = [row for batch in made.engine.batches(table) for row in batch.to_pylist()]
    assert rows == [{"path": str(folder / "one.py"), "content": ""}]


def a_killed_master_is_missed_by_the_next_application_only(made: Application, folder: Path) -> None:
    asked = made.begun(folder)
    made.processes.master.kill()
    assert asked.result(60).rows == (_COUNTED,)
    with pytest.raises(SourceUnavailable, match=r"Connection refused.* what it finished before is kept"):
        cluster.spark_engine(made.processes.url, folder)


def without_any_worker_it_ends_in_time_and_keeps_nothing(made: Application, folder: Path) -> None:
    asked = made.begun(folder)
    made.processes.workers[1].kill()
    with pytest.raises(SourceUnavailable, match=r"no worker for 2 s.* Check that its workers are up"):
        asked.result(NO_WORKERS_S + 10)
    assert not list(folder.rglob("*.parquet"))


def a_killed_driver_is_named(made: Application, folder: Path) -> None:
    asked = made.threads.submit(computed, made.engine, slow(made.files), folder)
    os.kill(made.engine._run._gateway.proc.pid, signal.SIGKILL)  # type: ignore[union-attr]
    with pytest.raises(SourceUnavailable, match="the engine Spark at spark://127.0.0.1:.* has failed"):
        asked.result(10)
    assert not list(folder.rglob("*.parquet"))


_IN_TURN: Final[tuple[Callable[[Application, Path], None], ...]] = (
    a_killed_worker_costs_time_and_no_figure,
    what_is_stopped_ends_at_once_and_the_engine_goes_on,
    a_killed_master_is_missed_by_the_next_application_only,
    without_any_worker_it_ends_in_time_and_keeps_nothing,
    a_killed_driver_is_named,
)
"""Nothing is begun anew that was killed: each leaves less to those after it."""


def test_a_cluster_answers_by_hand_whatever_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")  # a day is one of UTC wherever Java thinks it is
    for name, value in cluster.settings(tmp_path / "conf").items():
        monkeypatch.setenv(name, value)
    with application(tmp_path) as made:
        parts = [*(partial(_checked, check) for check in checks()), *_IN_TURN]
        names = [part.__name__ for part in (*checks(), *_IN_TURN)]
        for name, part in zip(names, parts, strict=True):
            (tmp_path / name).mkdir()
            with subtests.test(name):
                part(made, tmp_path / name)
    assert caplog.text == ""  # py4j tells its errors to everybody


def _checked(check: Check, made: Application, folder: Path) -> None:
    check(made.engine, folder)
