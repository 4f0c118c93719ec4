"""
A real Spark cluster on this machine: one master and workers from the pip package, each a process of its own.

None outlives the tests: each hangs on a pipe that their process holds, and its whole group is killed when that closes.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
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
_HELD: Final = '"$@" & read -r _; kill -KILL 0'
"""A command in the background, killed with all its children when nobody holds our standard input any more."""


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
class _Process:
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

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.workers: list[_Process] = []
        self.master = self._begin("master.Master", "--port", "0")
        self.url = self.master.said(r"Starting Spark master at (spark://\S+)")
        for _ in range(WORKERS):
            self.workers.append(self._worker())
        for worker in self.workers:
            worker.said(r"(Successfully registered with master)")

    def kill(self) -> None:
        """End all of it at once."""
        for one in (*self.workers, self.master):
            one.kill()

    def _worker(self) -> _Process:
        work = str(self._folder / "work")
        return self._begin("worker.Worker", "--cores", "1", "--memory", "600m", "--work-dir", work, self.url)

    def _begin(self, daemon: str, *arguments: str) -> _Process:
        import pyspark

        home = Path(pyspark.__file__).parent
        options = {"SPARK_DAEMON_MEMORY": "128m", "SPARK_DAEMON_JAVA_OPTS": _QUICK, "SPARK_LAUNCHER_OPTS": _QUICK}
        environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", **options}
        command = [
            str(home / "bin" / "spark-class"),
            f"org.apache.spark.deploy.{daemon}",
            "--host",
            "127.0.0.1",
            "--webui-port",
            "0",
        ]
        log = self._folder / f"{daemon}-{len(self.workers)}.log"
        with log.open("wb") as written:
            shell = subprocess.Popen(
                ["bash", "-c", _HELD, "-", *command, *arguments],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=written,
                stderr=written,
                start_new_session=True,
            )
        return _Process(shell, log)


def settings(folder: Path) -> dict[str, str]:
    """An environment in which an application finds the spark-defaults.conf of the tests."""
    folder.mkdir(exist_ok=True)
    (folder / "spark-defaults.conf").write_text(_DEFAULTS)
    return {"SPARK_CONF_DIR": str(folder)}


def spark_engine(address: str, folder: Path) -> spark.Spark:
    """Spark on a master or a server."""
    return spark.connect(Means(Secret(address), 10**9, 0, folder / "spill"), Patience(workers=NO_WORKERS_S))
