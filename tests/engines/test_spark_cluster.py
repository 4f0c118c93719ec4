"""Spark answers what every engine must, on a cluster of processes; what is killed there costs time or a named error, never a figure."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import ibis
import pytest

from bot.engines.spark import Spark
from bot.errors import SourceUnavailable
from bot.parallel import within
from bot.ports import Computation, Format, Input, Result, Store
from bot.store import open_store
from tests.engines import cluster
from tests.engines.cluster import NO_WORKERS_S, Cluster
from tests.engines.computing import computed
from tests.engines.contract import checks, named

cluster.refuse_where_missing()

_FILES = 400
_LINE = b"value = 1234567890 * x + y  # nothing to see\n"


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    made = Cluster(folder)
    with cluster.settings(folder / "conf"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "America/New_York")  # a day is one of UTC wherever Java thinks it is
        yield made
    made.kill()


@pytest.fixture(scope="module")
def applications(tmp_path_factory: pytest.TempPathFactory, processes: Cluster) -> Iterator[Callable[[], Spark]]:
    """The one engine of the module, connected again when it has died."""
    made: list[Spark] = []
    folder = tmp_path_factory.mktemp("spark")

    def engine() -> Spark:
        if made and not made[0]._run.alive:
            made.pop().close()
        if not made:
            made.append(cluster.spark_engine(processes.whole().url, folder))
        return made[0]

    yield engine
    for one in made:
        one.close()


@pytest.fixture
def engine(processes: Cluster, applications: Callable[[], Spark]) -> Spark:
    processes.whole()
    return applications()


@pytest.fixture
def store(tmp_path: Path, empty_file: Path) -> Iterator[Store]:
    copied = tmp_path / "store.db"
    copied.write_bytes(empty_file.read_bytes())
    with open_store(f"sqlite:///{copied}") as opened:
        yield opened


def test_a_cluster_answers_by_hand(engine: Spark, tmp_path: Path) -> None:
    """One test, for all checks share an application that takes longer to start than they take."""
    wrong = []
    for check in checks():
        folder = tmp_path / named(check)
        folder.mkdir()
        try:
            check(engine, folder)
        except Exception as error:  # told of every check, as a test each would
            error.add_note(named(check))
            wrong.append(error)
    if wrong:
        raise ExceptionGroup("Spark answers otherwise", wrong)


def test_nothing_is_left_behind_in_the_working_folder(engine: Spark) -> None:
    assert not {"metastore_db", "spark-warehouse", "derby.log", "artifacts"} & {path.name for path in Path().iterdir()}


# ---- what is killed --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for number in range(_FILES):
        (folder / f"{number:03d}.py").write_bytes((b"import torch\n" if number % 4 == 0 else b"") + _LINE * 2000)
    return folder


def slow(place: Path) -> Computation:
    """A count that takes some seconds."""

    def partial(files: ibis.Table) -> ibis.Table:
        letters = files.content.re_replace("[0-9]+|[*+=#]", "").re_replace("(no|to|se)[a-z]*", "").re_replace("[^a-z]", "")
        return files.agg(
            files=files.count(),
            letters=letters.length().sum(),
            torch=files.content.re_search("(?m)^import torch").cast("int64").sum(),
        )

    def total(parts: ibis.Table, _: Mapping[str, ibis.Table]) -> ibis.Table:
        return parts.agg(files=parts.files.sum(), letters=parts.letters.sum(), torch=parts.torch.sum())

    return Computation("a slow count", "", Input("files", place, Format.FILES, suffixes=(".py",)), partial, total)


_COUNTED = {"files": 400, "letters": 2000 * 400 * len("valuexy") + 100 * len("import"), "torch": 100}


def is_at_it(engine: Spark) -> None:
    """Waits until workers are at a task."""
    tracker = engine._run._context.statusTracker()  # type: ignore[union-attr]

    def active() -> int:
        told = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
        return sum(one.numActiveTasks for one in told if one is not None)

    while not active():
        time.sleep(0.02)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


def begun(engine: Spark, pool: ThreadPoolExecutor, files: Path, folder: Path) -> Future[Result]:
    asked = pool.submit(computed, engine, slow(files), folder)
    within(30, lambda: is_at_it(engine))
    assert not asked.done()
    return asked


def test_a_worker_that_is_killed_costs_time_and_no_figure(
    engine: Spark, processes: Cluster, pool: ThreadPoolExecutor, files: Path, tmp_path: Path
) -> None:
    asked = begun(engine, pool, files, tmp_path)
    processes.workers[0].kill()
    assert asked.result(60).rows == (_COUNTED,)


def test_what_is_stopped_ends_at_once_and_the_engine_goes_on(
    engine: Spark, pool: ThreadPoolExecutor, files: Path, tmp_path: Path
) -> None:
    asked = begun(engine, pool, files, tmp_path)
    engine.stop()
    with pytest.raises(SourceUnavailable, match="stopped before it was finished"):
        asked.result(5)
    assert [batch.to_pylist() for batch in engine.batches(ibis.range(3).unnest().name("n").as_table().count().as_table())]


def test_a_driver_that_is_killed_is_named(engine: Spark, pool: ThreadPoolExecutor, files: Path, tmp_path: Path) -> None:
    asked = begun(engine, pool, files, tmp_path)
    os.kill(engine._run._gateway.proc.pid, signal.SIGKILL)  # type: ignore[union-attr]
    with pytest.raises(SourceUnavailable, match="the engine Spark at spark://127.0.0.1:.* has failed"):
        asked.result(10)


def test_without_any_worker_it_ends_in_time_and_keeps_nothing(
    engine: Spark, processes: Cluster, pool: ThreadPoolExecutor, files: Path, tmp_path: Path, store: Store
) -> None:
    asked = begun(engine, pool, files, tmp_path)
    processes.kill()
    with pytest.raises(SourceUnavailable, match=r"no worker for 3 s.* Check that its workers are up"):
        asked.result(NO_WORKERS_S + 10)
    with pytest.raises(SourceUnavailable, match=r"Connection refused.* what it finished before is kept"):
        cluster.spark_engine(processes.url, tmp_path)
