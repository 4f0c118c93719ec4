"""The Java process in which Spark plans its queries: started, watched, and ended. PySpark has one for a whole Python process."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import tempfile
import threading
import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from bot.engines._engine import away
from bot.errors import BadInput, SourceUnavailable
from bot.parallel import within

if TYPE_CHECKING:
    from py4j.java_gateway import JavaGateway
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

_PULSE_S: Final = 0.5
_ENDING_S: Final = 10.0
_JAVA: Final = "apt install openjdk-17-jre-headless (or the like), or let JAVA_HOME name a Java"


@dataclass(frozen=True)
class Patience:
    """
    Seconds until a Java process is up, until a master has taken an application on, and until it has any worker.

    Spark itself waits for workers without end. A cluster that brings machines up on demand takes minutes for the first.
    """

    start: float = 60.0
    master: float = 60.0
    workers: float = 180.0


class Driver:
    """A Spark application, under way on a master."""

    def __init__(self, master: str, scratch: Path, settings: Mapping[str, str], patience: Patience) -> None:
        """
        Raises:
            BadInput: there is no Java, or none Spark runs on, or this process has a Spark already.
            SourceUnavailable: the master does not take the application on.
        """
        _refuse_without_java()
        scratch.mkdir(parents=True, exist_ok=True)
        self._master = master
        self._patience = patience
        self._folder = Path(tempfile.mkdtemp(prefix="spark-", dir=scratch))
        self._gateway: JavaGateway | None = None
        self._context: SparkContext | None = None
        self._stopped = threading.Event()
        logging.root.addFilter(_tells)
        try:
            with (self._folder / "spark.log").open("wb") as log:
                self.session = self._started(settings, log)
        except BaseException:
            self.end()
            raise

    session: SparkSession
    """Its session. There is one, for Ibis keeps what it names in it."""

    @property
    def alive(self) -> bool:
        """Whether the process is there, and the master has not turned the application away."""
        if self._gateway is None or self._context is None or self._gateway.proc.poll() is not None:
            return False
        try:
            return not self._context._jsc.sc().isStopped()
        except Exception:  # whatever py4j raises where nobody answers
            return False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """
        What runs within is cancelled when it is to stop, when there was no worker for too long, or when it is left by an error.

        Raises:
            SourceUnavailable: it was to stop, or there was none.
        """
        assert self._context is not None  # noqa: S101 - it is there until the end
        self._stopped.clear()
        over, starved = threading.Event(), threading.Event()
        threading.Thread(target=self._watch, args=(over, starved), daemon=True).start()
        try:
            yield
        except BaseException as error:
            with suppress(Exception):
                self._context.cancelAllJobs()
            if self._stopped.is_set():
                raise SourceUnavailable("stopped before it was finished; what was computed until then is kept") from error
            if starved.is_set():
                none = TimeoutError(f"no worker for {self._patience.workers:g} s")
                check = "Check that its workers are up, and have memory and cores to spare for this application"
                raise away("Spark", self._master, none, check) from error
            raise
        finally:
            over.set()

    def stop(self) -> None:
        """End what is under way, from another thread; the watch ends what is only about to begin."""
        self._stopped.set()
        with suppress(Exception):  # it has died, and what was under way with it
            self._context.cancelAllJobs()  # type: ignore[union-attr]

    def end(self) -> None:
        """End the process; PySpark then knows of none, and may start another."""
        from pyspark import SparkContext
        from pyspark.sql import SparkSession

        if self._context is not None:
            if not self.alive:
                self._context._jsc = None  # or it would try to reach it, and warn that it cannot
            self._context.stop()
            SparkSession._instantiatedSession = SparkSession._activeSession = None
        if self._gateway is not None:
            with suppress(Exception):
                self._gateway.shutdown()
            _end(self._gateway.proc)
            SparkContext._gateway = SparkContext._jvm = SparkContext._active_spark_context = None
        self._gateway = self._context = None
        logging.root.removeFilter(_tells)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _started(self, settings: Mapping[str, str], log: IO[bytes]) -> SparkSession:
        from pyspark import SparkConf, SparkContext
        from pyspark.java_gateway import launch_gateway
        from pyspark.sql import SparkSession

        if SparkContext._gateway is not None:
            raise BadInput(
                "Spark is at work in this process already, and one process can have one only. Something else here uses PySpark. "
                "Compute in a process of its own"
            )
        conf = SparkConf(loadDefaults=False).setAll([*self._own(), *settings.items()])
        try:
            # In threads of their own: where PySpark starts in the main one, it takes over Ctrl-C
            with quietly():
                self._gateway = within(self._patience.start, lambda: launch_gateway(conf, {"stdout": log, "stderr": log}))
        except Exception as error:
            raise self._not_started(error) from error
        try:
            self._context = within(self._patience.master, lambda: SparkContext(conf=conf, gateway=self._gateway))
            return SparkSession(self._context)
        except Exception as error:
            check = "Check that the master is up, that this machine and it reach each other, and what its log says"
            raise away("Spark", self._master, error, check) from error

    def _own(self) -> Iterator[tuple[str, str]]:
        """What is so on every master: nothing is shown, and nothing is written elsewhere."""
        yield "spark.app.name", "threadmill"
        yield "spark.master", self._master
        yield "spark.ui.enabled", "false"
        yield "spark.ui.showConsoleProgress", "false"
        yield "spark.log.level", "ERROR"
        yield "spark.local.dir", str(self._folder / "local")
        yield "spark.sql.warehouse.dir", str(self._folder / "warehouse")
        yield "spark.driver.defaultJavaOptions", f'"-Dderby.system.home={self._folder}"'

    def _not_started(self, error: Exception) -> BadInput:
        lines = (self._folder / "spark.log").read_text(errors="replace").splitlines()
        said = next((line for line in lines if "Exception" in line or "Error" in line), lines[-1] if lines else str(error))
        if "UnsupportedClassVersionError" in said:
            return BadInput(f"the Java that is here is too old for Spark, which runs on 17 or newer: {_JAVA}")
        return BadInput(
            f"the Java process of Spark does not start ({said[:300]}). An address or a setting is probably wrong, or "
            "there is no memory left. Check THREADMILL_ENGINE_SPARK, THREADMILL_ENGINE_MEMORY and spark-defaults.conf"
        )

    def _watch(self, over: threading.Event, starved: threading.Event) -> None:
        """Cancels what is under way; again and again, for a job may only be about to begin."""
        assert self._context is not None  # noqa: S101
        alone_s = 0.0
        with suppress(Exception):  # nobody answers: then the job fails too
            while not over.wait(_PULSE_S):
                alone_s = 0.0 if self._has_workers() else alone_s + _PULSE_S
                if alone_s >= self._patience.workers:
                    starved.set()
                if starved.is_set() or self._stopped.is_set():
                    self._context.cancelAllJobs()

    def _has_workers(self) -> bool:
        """Asked by whose memory there is: the driver's own is told with that of the workers."""
        assert self._context is not None  # noqa: S101
        return self._master.startswith("local") or self._context._jsc.sc().getExecutorMemoryStatus().size() > 1


@contextmanager
def quietly() -> Iterator[None]:
    """Where PySpark leaves a socket or a pipe to be closed by chance, now or when the frames of an error are let go of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            yield
        except BaseException as error:
            cause: BaseException | None = error
            while cause is not None:
                traceback.clear_frames(cause.__traceback__)
                cause = cause.__context__
            raise


def _tells(record: logging.LogRecord) -> bool:
    """Not what py4j tells everybody, with its stack, of every error that it also raises."""
    return record.module != "java_gateway"


def _refuse_without_java() -> None:
    home = os.environ.get("JAVA_HOME", "")
    if not (os.access(Path(home, "bin", "java"), os.X_OK) if home else shutil.which("java")):
        there = f"none in JAVA_HOME={home}" if home else "none here"
        raise BadInput(f"Spark runs on Java 17 or newer, and there is {there}: {_JAVA}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """It ends by itself when nobody holds its standard input any more."""
    with suppress(OSError):
        process.stdin.close()  # type: ignore[union-attr]
    try:
        process.wait(_ENDING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
