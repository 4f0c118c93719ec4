"""Addresses, what is not installed, what Spark would leave out without a word, and what its errors mean; and Spark on this machine."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from bot.config import Secret
from bot.engines import spark
from bot.engines._engine import Means
from bot.engines._spark_driver import Patience
from bot.engines.spark import Spark
from bot.errors import BadInput, SourceUnavailable
from bot.ports import Format
from tests.engines import cluster, contract
from tests.engines.data import Download, write_log
from tests.processes import Command

cluster.refuse_where_missing()


def connected(address: str | None, folder: Path) -> Spark:
    return spark.connect(Means(address and Secret(address), 10**9, 0, folder / "spill"), Patience(start=20))


class Standing:
    """What runs a session that is never asked anything."""

    def __init__(self, version: str = "4.0.5", alive: bool = True) -> None:
        self.session = self
        self.version = version
        self.alive = alive
        self.ended = False

    def end(self) -> None:
        self.ended = True


class Unasked:
    """Ibis, which connects to nothing."""

    class pyspark:  # noqa: N801
        @staticmethod
        def connect(_session: object, **_settings: str) -> None:
            return None


def standing(version: str = "4.0.5", alive: bool = True) -> Spark:
    run: Any = Standing(version, alive)
    return Spark(Unasked, run, "spark://host:7077")


# ---- where it is, and what it needs ----------------------------------------------------------------------------------------------


@pytest.fixture
def closed() -> Iterator[int]:
    """A port nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.mark.parametrize("address", [None, "local", "local[2]", "local-cluster[2,1,512]"])
def test_a_master_in_this_process_is_no_connection(address: str | None) -> None:
    assert not spark.elsewhere(address and Secret(address))


@pytest.mark.parametrize("address", ["spark://127.0.0.1:7077", "sc://localhost", "yarn", "k8s://https://127.0.0.1:6443"])
def test_all_others_are(address: str) -> None:
    assert spark.elsewhere(Secret(address))


@pytest.mark.parametrize("address", ["spark://127.0.0.1:{0}", "spark://127.0.0.1:{0},localhost:{0}", "sc://127.0.0.1:{0}"])
def test_what_nobody_listens_at_is_said_at_once(address: str, closed: int, tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable) as raised:
        connected(address.format(closed), tmp_path)
    assert str(raised.value) == (
        f"the engine Spark at {address.format(closed)} cannot be reached or has failed (ConnectionRefusedError: [Errno 111] Connection "
        "refused). Nothing is stored of what it was asked last; what it finished before is kept, and is gone on from. Check that it is "
        "up, that THREADMILL_ENGINE_SPARK names its host and port, and firewalls between"
    )


def test_a_token_in_an_address_is_not_shown(closed: int, tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match=f"at sc://127.0.0.1:{closed} cannot") as raised:
        connected(f"sc://127.0.0.1:{closed}/;token=hunter2", tmp_path)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("address", ["127.0.0.1:7077", "https://host:7077", "host", "spark:/host:7077"])
def test_an_address_that_is_no_master_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="names no master Spark knows. Write spark://host:7077"):
        connected(address, tmp_path)


def test_a_port_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="names no host and port .* Write it as spark://host:7077"):
        connected("spark://127.0.0.1:master", tmp_path)


@pytest.mark.parametrize(("module", "says"), [("ibis", "threadmill[spark]"), ("pyspark", "threadmill[spark]")])
def test_packages_that_are_not_installed_are_named(
    module: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(BadInput) as raised:
        connected(None, tmp_path)
    assert f'needs the package "{module}", which is not installed here' in str(raised.value)
    assert says in str(raised.value)


def test_spark_connect_names_its_own_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("pyspark.sql.connect")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "grpc", None)
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(BadInput, match=r"pip install 'pyspark\[connect\]'"):
        connected(f"sc://127.0.0.1:{server.getsockname()[1]}", tmp_path)


def test_without_java_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(BadInput, match="there is none here: apt install openjdk-17-jre-headless"):
        connected(None, tmp_path)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(BadInput, match=f"there is none in JAVA_HOME={tmp_path}"):
        connected(None, tmp_path)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            "Error: java.lang.UnsupportedClassVersionError: class file version 61.0",
            "too old for Spark, which runs on 17 or newer",
        ),
        (
            "Starting\nError occurred during initialization of VM\nat x",
            r"does not start \(Error occurred during initialization of VM\)",
        ),
    ],
)
def test_a_java_that_does_not_start_says_why(words: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{words}\nEND\nexit 1\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(BadInput, match=says):
        connected(None, tmp_path)
    assert not list((tmp_path / "spill").iterdir())


def test_a_server_of_before_is_refused_for_it_answers_otherwise() -> None:
    with pytest.raises(BadInput, match=r"spark://host:7077 runs Spark 3\.5\.1, and Spark 4 is the first"):
        standing("3.5.1")


# ---- what it would leave out -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["_x.py", ".x.py", "x._COPYING_"])
def test_files_spark_takes_for_hidden_are_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("import torch")
    with pytest.raises(
        BadInput, match=f"Spark does not read {tmp_path}/{name}: to it a name that begins with _ or . is a hidden file"
    ):
        standing().files("probe", [str(tmp_path / name)], Format.FILES, {})


@pytest.mark.parametrize("form", [Format.PARQUET, Format.CSV])
def test_an_empty_table_is_refused(form: Format, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(BadInput, match="empty is empty, and not even its columns are known"):
        standing().files("probe", [str(tmp_path / "empty")], form, {})


def test_a_column_within_a_column_that_a_later_file_lacks_is_named(tmp_path: Path) -> None:
    first = write_log(tmp_path / "first.parquet", [Download("2026-03-01T00:00:00", "torch")])
    kept = pq.read_table(first)
    details = [{"installer": {"name": "pip", "version": "1"}, "python": "3.11"}]
    pq.write_table(kept.set_column(kept.schema.get_field_index("details"), "details", [details]), tmp_path / "second.parquet")
    with pytest.raises(BadInput, match=r"second\.parquet lacks the column details\.ci that .*first\.parquet has"):
        standing().files("probe", [str(first), str(tmp_path / "second.parquet")], Format.PARQUET, {})


# ---- what its errors mean --------------------------------------------------------------------------------------------------------

_TRACE = """An error occurred while calling o42.collectToPython.
: org.apache.spark.SparkException: [FAILED_READ_FILE.NO_HINT] Encountered error while reading file file:///raw/it's.csv.  SQLSTATE: KD001
\tat org.apache.spark.sql.errors.QueryExecutionErrors$.cannotReadFilesError(QueryExecutionErrors.scala:849)
Caused by: java.lang.RuntimeException: something between
\t... 1 more
Caused by: org.apache.spark.SparkRuntimeException: [MALFORMED_CSV_RECORD] Malformed CSV record: 3,b SQLSTATE: KD000
"""


def test_an_error_is_its_first_words_and_its_last_cause() -> None:
    found = standing().failed(Exception(_TRACE))
    assert isinstance(found, BadInput)
    assert str(found) == (
        "Spark 4.0.5 cannot compute this (SparkError: [FAILED_READ_FILE.NO_HINT] Encountered error while reading file /raw/it's.csv.: "
        "SparkRuntimeException: [MALFORMED_CSV_RECORD] Malformed CSV record: 3,b). The data are probably not of the shape the source "
        "describes, or were cut short. Compare them with docs/scale.md; nothing is stored"
    )


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (Exception("status = StatusCode.UNAVAILABLE"), "the engine Spark at spark://host:7077 cannot be reached or has failed"),
        (Exception("ExecutorLostFailure (executor 1 exited)"), "cannot be reached or has failed"),
        (
            Exception("java.lang.OutOfMemoryError: Java heap space"),
            "has used up its memory or its disk .* THREADMILL_ENGINE_MEMORY",
        ),
        (Exception("Caused by: java.io.FileNotFoundException: /raw/x"), "at the same path on every worker"),
        (FileNotFoundError(2, "No such file", "/raw/x"), r"a file cannot be read or written \(FileNotFoundError.* '/raw/x'\)"),
    ],
)
def test_what_is_no_fault_of_the_data_may_pass(error: Exception, says: str) -> None:
    found = standing().failed(error)
    assert isinstance(found, SourceUnavailable)
    with pytest.raises(SourceUnavailable, match=says):
        raise found


def test_whatever_the_error_a_driver_that_died_is_away() -> None:
    found = standing(alive=False).failed(Exception("Answer from Java side is empty"))
    assert isinstance(found, SourceUnavailable)
    assert "Answer from Java side is empty" in str(found)


# ---- on this machine -------------------------------------------------------------------------------------------------------------

_RECIPE = """
title = "Raw"
granularity = "month"
[sources.pypi_logs]
files = "log"
[subjects.pytorch]
name = "PyTorch"
fill = "#c72105"
ink = "#b81d03"
ids = { pypi_logs = "torch" }
[[posts]]
name = "downloads"
"""


def test_without_a_cluster_it_computes_here_and_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "raw"
    folder.mkdir(parents=True)
    (folder / "report.toml").write_text(_RECIPE)
    (folder / "downloads.txt").write_text("Downloads.")
    for day in range(1, 31):
        write_log(folder / "log" / f"{day:02d}.parquet", [Download(f"2026-04-{day:02d}T23:30:00", "torch", ci=day > 20)])
    asked = ("sources", "pypi_logs", "--try", "--engine", "spark", "--report", "raw", "--period", "2026-04")
    own = {"THREADMILL_HOME": str(tmp_path / "home"), "TZ": "America/New_York"}
    out, err = Command(*asked, folder=tmp_path, environment=own | cluster.settings(tmp_path / "conf")).communicate()
    assert "    30 pypi_log_downloads_month of pytorch, April 2026" in out
    assert "    10 pypi_log_ci_downloads_month of pytorch, April 2026" in out
    assert [line for line in err.splitlines() if not line.startswith(("pypi_logs: ", "asking pypi_logs"))] == []
    assert {path.name for path in tmp_path.iterdir()} == {"templates", "conf", "home"}
    assert not list((tmp_path / "home" / "engines" / "spill").iterdir())


# ---- on a server -----------------------------------------------------------------------------------------------------------------


def test_spark_connect_answers_by_hand_until_its_server_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.engines._spark_server._TRIES", 1)
    server = cluster.ConnectServer(tmp_path)
    try:
        engine = connected(server.url, tmp_path)
        for check in (contract.check_files_are_texts_whatever_their_encoding, contract.check_a_day_is_one_of_utc):
            check(engine, tmp_path)
        asked = engine.files("days", [str(tmp_path / "probe.parquet")], Format.PARQUET, {})
        server.process.kill()
        with pytest.raises(Exception, match="RETRIES_EXCEEDED") as raised:
            engine.batches(asked)
        assert isinstance(engine.failed(raised.value), SourceUnavailable)
        engine.close()
    finally:
        server.process.kill()
