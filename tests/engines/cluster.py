"""
A real Spark cluster on this machine: one master and workers from the pip package, each a process of its own.

None outlives the tests: each hangs on a pipe that their process holds, and its whole group is killed when that closes.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import pytest

from bot.config import Secret
from bot.engines import spark
from bot.engines._engine import Means
from bot.engines._spark_driver import Patience

WORKERS: Final = 2
NO_WORKERS_S: Final = 2.0
"""How long an application of the tests waits for a worker when all are gone."""
_LONGEST_S: Final = 60
_QUICK: Final = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto"
"""A Java process that lives for seconds shall not compile for hours."""
_DEFAULTS: Final = f"""
spark.executor.memory 512m
spark.executor.extraJavaOptions {_QUICK}
spark.driver.extraJavaOptions {_QUICK}
spark.sql.shuffle.partitions 2
spark.task.maxFailures 2
"""
_HERE: Final = ("--host", "127.0.0.1", "--webui-port", "0")
_HELD: Final = '("$@"; kill -KILL 0) & read -r _; kill -KILL 0'
"""A command whose whole group is killed when it has ended, or when nobody holds our standard input any more."""


def refuse_where_missing() -> None:
    """Skips the tests of a module where Spark or Java is not installed; where it is to be, they fail."""
    missing = "" if shutil.which("java") else "Java is not installed (apt install openjdk-17-jre-headless)"
    try:
        import pyspark  # noqa: F401
    except ModuleNotFoundError:
        missing = "PySpark is not installed (pip install 'threadmill[spark]')"
    if missing and os.environ.get("CI"):
        raise AssertionError(missing)
    if missing:
        pytest.skip(missing, allow_module_level=True)


@dataclass
class Process:
    """A daemon of Spark, and what it writes."""

    shell: subprocess.Popen[bytes]
    log: Path

    @property
    def alive(self) -> bool:
        return self.shell.poll() is None

    def said(self, pattern: str) -> str:
        """What a pattern finds in its log, which is waited for."""
        until = time.monotonic() + _LONGEST_S
        while (found := re.search(pattern, self.log.read_text())) is None:
            assert time.monotonic() < until, f"{pattern} is not in\n{self.log.read_text()}"
            assert self.alive, self.log.read_text()
            time.sleep(0.02)
        return found[1]

    def kill(self) -> None:
        """End it at once, with the executors it has begun."""
        if self.alive:
            os.killpg(self.shell.pid, signal.SIGKILL)
        self.shell.wait()
        held: IO[bytes] | None = self.shell.stdin
        if held is not None:
            held.close()


class Cluster:
    """A master and its workers, begun and waited for. Any may be killed."""

    def __init__(self, folder: Path, worker_count: int = WORKERS) -> None:
        self.master = _begun(folder / "master.log", "128m", "deploy.master.Master", *_HERE, "--port", "0")
        self.url = self.master.said(r"Starting Spark master at (spark://\S+)")
        own = (*_HERE, "--cores", "1", "--memory", "600m", "--work-dir", str(folder / "work"), self.url)
        logs = [folder / f"worker-{number}.log" for number in range(worker_count)]
        self.workers = [_begun(log, "128m", "deploy.worker.Worker", *own) for log in logs]
        for worker in self.workers:
            worker.said(r"(Successfully registered with master)")

    def kill(self) -> None:
        """End all of it at once."""
        for one in (*self.workers, self.master):
            one.kill()


class ConnectServer:
    """A server of Spark Connect, which computes by itself."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        own = {
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.connect.grpc.binding.port": str(port),
            "spark.local.dir": str(folder / "local"),
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
            "spark.ui.enabled": "false",
        }
        told = [word for name, value in own.items() for word in ("--conf", f"{name}={value}")]
        main = ("--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal")
        self.process = _begun(folder / "connect.log", "512m", "deploy.SparkSubmit", "--master", "local[2]", *told, *main)
        self.process.said(r"(Spark Connect server started at)")
        self.url = f"sc://127.0.0.1:{port}"


def _begun(log: Path, memory: str, main: str, *arguments: str) -> Process:
    import pyspark

    home = Path(pyspark.__file__).parent
    quick = {"SPARK_DAEMON_MEMORY": memory, "SPARK_DAEMON_JAVA_OPTS": _QUICK, "SPARK_LAUNCHER_OPTS": _QUICK}
    environment = {**os.environ, **settings(log.parent / "conf"), "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", **quick}
    with log.open("wb") as written:
        shell = subprocess.Popen(
            ["bash", "-c", _HELD, "-", str(home / "bin" / "spark-class"), f"org.apache.spark.{main}", *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    return Process(shell, log)


def settings(folder: Path) -> dict[str, str]:
    """An environment in which an application finds the spark-defaults.conf of the tests."""
    folder.mkdir(exist_ok=True)
    (folder / "spark-defaults.conf").write_text(_DEFAULTS)
    return {"SPARK_CONF_DIR": str(folder)}


def spark_engine(address: str, folder: Path) -> spark.Spark:
    """Spark on a master or a server."""
    return spark.connect(Means(Secret(address), 10**9, 0, folder / "spill"), Patience(workers=NO_WORKERS_S))
