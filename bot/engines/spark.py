"""
Spark 4: on this machine, on a cluster by its master's address, or by Spark Connect.

THREADMILL_ENGINE_SPARK is a master (spark://host:7077, several as spark://one:7077,two:7077, yarn, k8s://https://host:443; all
cores of this machine without one) or a Spark Connect server (sc://host:15002). What a cluster needs beyond its address (memory of
executors, Kerberos) stands in spark-defaults.conf in SPARK_CONF_DIR, as for any application. The raw data, and THREADMILL_HOME,
where parts are kept, must be at the same path on every worker.

Traps: without a word, Spark leaves out files whose names begin with _ or ., and empty ones, and takes a column that a file lacks
for empty. It tries for minutes to reach a master that is away, and waits for workers without end.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from bot.config import Secret
from bot.engines._engine import Means, away, said, unread, without
from bot.engines._spark_driver import Driver, Patience, quietly
from bot.engines._spark_server import Server, reach
from bot.errors import BadInput, SourceUnavailable
from bot.ports import Format

if TYPE_CHECKING:
    import pyarrow as pa
    from ibis.expr.types import Table
    from pyspark.sql import DataFrame

EXTRA: Final = "spark"
_LEAST_VERSION: Final = 4
PATIENCE: Final = Patience()
_SHARD_BYTES: Final = 4 << 30
"""
Enough for some dozens of cores, of which each takes 128 MB at once; a minute's work of two. The same on every master: what was
computed on one counts on another. And few enough files that the driver can list them in the memory it has.
"""
_MIB: Final = 1 << 20
_LEAST_HEAP: Final = 512 * _MIB
_BESIDE_HEAP: Final = 384 * _MIB
"""What a Java process takes beside its heap, as Spark reckons for executors (spark.executor.memoryOverhead)."""
_MASTER: Final = re.compile(r"local(?:\[[^\]]*\])?|local-cluster\[[^\]]*\]|yarn|(?:spark|k8s|sc)://.+")
_PORTS: Final = {"sc": 15002, "spark": 7077}
_HERE: Final = {"127.0.0.1", "localhost", "::1"}
_OPTIONS: Final[Mapping[Format, Mapping[str, str]]] = {
    Format.CSV: {
        "header": "true",
        "multiLine": "true",
        "escape": '"',
        "mode": "FAILFAST",
    },
    Format.JSON: {"mode": "FAILFAST", "allowSingleQuotes": "false"},
}
_SESSION: Final = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.files.openCostInBytes": "65536",  # with Spark's own 4 MB, 32 small files are a task
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "1000000000",  # with Spark's own 32, to list each file is a task
}
_PATTERN: Final = re.compile(r"([\\{}\[\]*?])")
_NAMED: Final = re.compile(r"\[[A-Z_]+(?:\.[A-Z_]+)*\] [^\n]+")
_NOISE: Final = re.compile(r"SQLSTATE: \w+|org\.apache\.spark\.(?:\w+\.)*|file://(?=/)")
_PLAIN_PATH: Final = "regexp_replace(path, '^file:(//)?', '') AS path"
_TEXT: Final = "make_valid_utf8(CAST(content AS STRING)) AS content"
_GONE: Final = (
    "StatusCode.UNAVAILABLE",
    "SparkContext was shut down",
    "Master removed our application",
    "ExecutorLostFailure",
    "SESSION_CLOSED",
)
_FULL: Final = ("OutOfMemoryError", "spark.driver.maxResultSize", "No space left on device")
_UNSEEN: Final = ("FileNotFoundException", "FILE_NOT_EXIST", "PATH_NOT_FOUND")


def elsewhere(address: Secret | None) -> bool:
    """Whether it is reached by a connection: all but a master in this process."""
    return address is not None and not address.reveal().startswith("local")


def connect(means: Means, patience: Patience = PATIENCE) -> Spark:
    """
    A session, and a Java process of its own unless it is a server's.

    Raises:
        BadInput: the packages or Java are not there, or the server's Spark is too old to answer as others do.
        SourceUnavailable: the master or the server cannot be reached.
    """
    try:
        import ibis
        import pyspark  # noqa: F401
    except ModuleNotFoundError as error:
        raise without("spark", EXTRA, error.name or "pyspark") from error
    address = "local[*]" if means.address is None else means.address.reveal()
    shown = _shown(address)
    if not _MASTER.fullmatch(address):
        raise BadInput(
            "THREADMILL_ENGINE_SPARK names no master Spark knows. Write spark://host:7077, sc://host:15002 (Connect), yarn, "
            "k8s://https://host:443 or local[4]; unset it for all cores of this machine"
        )
    if address.startswith("sc://"):
        return Spark(ibis, Server(address, shown, _hosts(address)), shown)
    return Spark(ibis, _driver(address, means, patience), shown)


class Spark:
    """An engine of `bot.engines`."""

    shard_bytes = _SHARD_BYTES

    def __init__(self, ibis: Any, run: Driver | Server, shown: str) -> None:
        self._run = run
        self._shown = shown
        self._session = run.session
        self.version = f"Spark {run.session.version}"
        if int(run.session.version.partition(".")[0]) < _LEAST_VERSION:
            run.end()
            raise BadInput(
                f"{shown} runs {self.version}, and Spark {_LEAST_VERSION} is the first that says so where there is no value. "
                "Name a newer one in THREADMILL_ENGINE_SPARK"
            )
        self._opened = ibis.pyspark.connect(run.session, **_SESSION)

    def files(self, name: str, paths: Sequence[str], form: Format, columns: Mapping[str, str]) -> Table:
        """As in `Engine`."""
        sizes = {path: os.path.getsize(path) for path in paths}
        _refuse_left_out(sizes, form)
        with self._run.watched():
            self._read(sizes, form, columns).createOrReplaceTempView(name)
            return self._opened.table(name)

    def table(self, place: str) -> Table:
        """As in `Engine`."""
        import ibis

        *above, name = place.split(".")
        try:
            return self._opened.table(name, database=tuple(above) or None)
        except ibis.common.exceptions.TableNotFound as error:
            raise BadInput(
                f'Spark has no table "{place}". Name one as catalog.schema.table, of a catalog that spark-defaults.conf or the '
                "server knows, or name files in its place"
            ) from error

    def state(self, place: str) -> str:
        """Not to be known of tables of any kind."""
        return ""

    def cost(self, expression: Table) -> int:
        """Nothing is billed."""
        return 0

    def batches(self, expression: Table) -> Iterator[pa.RecordBatch]:
        """As in `Engine`."""
        with self._run.watched(), quietly():
            return iter(self._session.sql(self._opened.compile(expression)).toArrow().to_batches())

    def failed(self, error: Exception) -> Exception:
        """As in `Engine`."""
        text = str(error)
        short = SparkError(_short(text) or said(error))
        if not self._run.alive or any(sign in text for sign in _GONE):
            check = "Look into the log of the master and of the workers, and at the memory they have"
            return away("Spark", self._shown, short, check)
        if any(sign in text for sign in _FULL):
            return SourceUnavailable(
                f"Spark has used up its memory or its disk ({short}). Raise THREADMILL_ENGINE_MEMORY for the driver, "
                "spark.executor.memory in spark-defaults.conf for workers; what was computed until then is kept"
            )
        if isinstance(error, OSError):
            return SourceUnavailable(
                f"a file cannot be read or written ({said(error)}). It has gone, or the disk is full. Check it; what was "
                "computed until then is kept"
            )
        if any(sign in text for sign in _UNSEEN):
            return SourceUnavailable(
                f"a worker of Spark does not find a file that is here ({short}). The data and THREADMILL_HOME must be at the "
                "same path on every worker. Put them on a disk that all share; what was computed until then is kept"
            )
        return unread(self.version, short)

    def stop(self) -> None:
        """As in `Engine`."""
        self._run.stop()

    def close(self) -> None:
        """As in `Engine`."""
        self._run.end()

    def _read(self, sizes: Mapping[str, int], form: Format, columns: Mapping[str, str]) -> DataFrame:
        reader = self._session.read.options(**_OPTIONS.get(form, {}))
        if form is Format.JSON:
            reader = reader.schema(_schema(columns))
        if len(sizes) > 1:  # or a file with its columns in another order would be read in that of the first
            reader = reader.option("enforceSchema", "false")
        frame = reader.load([_path(path) for path in sizes], format="binaryFile" if form is Format.FILES else form.value)
        if form is not Format.FILES:
            return frame
        texts = frame.selectExpr(_PLAIN_PATH, _TEXT)
        empty = [path for path, size in sizes.items() if not size]
        return texts.unionAll(self._empty(empty)) if empty else texts

    def _empty(self, paths: Sequence[str]) -> DataFrame:
        """A row each for files Spark leaves out since there is nothing in them."""
        import pyarrow as pa

        return self._session.createDataFrame(
            pa.table({"path": [os.path.abspath(path) for path in paths], "content": [""] * len(paths)})
        )


class SparkError(Exception):
    """The words of an error without its stack trace, which would hide them."""


def _driver(master: str, means: Means, patience: Patience) -> Driver:
    hosts = _hosts(master) if master.startswith("spark://") else []
    if hosts:
        reach(master, hosts)
    heap = max(means.memory_bytes - _BESIDE_HEAP, _LEAST_HEAP) // _MIB
    settings = {
        "spark.driver.memory": f"{heap}m",
        "spark.driver.maxResultSize": f"{heap}m",
        "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",  # the other cannot read a name with a colon
        **_SESSION,
    }
    if all(host in _HERE for host, _ in hosts) and master.startswith(("local", "spark://")):
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return Driver(master, means.scratch, settings, patience)


def _shown(address: str) -> str:
    """An address without what may follow host and port: a token, for one."""
    scheme, between, rest = address.partition("://")
    return scheme + between + rest.partition("/;")[0]


def _hosts(address: str) -> list[tuple[str, int]]:
    """
    Raises:
        BadInput: there is none in an address.
    """
    scheme, _, rest = address.partition("://")
    places = [urlsplit(f"//{place}") for place in rest.partition("/")[0].split(",")]
    try:
        return [(place.hostname or "", place.port or _PORTS[scheme]) for place in places]
    except ValueError as error:
        raise BadInput(
            f"THREADMILL_ENGINE_SPARK names no host and port ({error}). Write it as {scheme}://host:{_PORTS[scheme]}"
        ) from error


def _path(path: str) -> str:
    """A path as Spark takes it: on the file system, whatever the cluster's default is, and no pattern."""
    return "file://" + _PATTERN.sub(r"\\\1", os.path.abspath(path))


def _schema(columns: Mapping[str, str]) -> Any:
    import ibis
    from ibis.backends.pyspark.datatypes import PySparkSchema

    return PySparkSchema.from_ibis(ibis.schema(dict(columns)))


def _refuse_left_out(sizes: Mapping[str, int], form: Format) -> None:
    """
    Nothing, if Spark reads all of these files and all columns of each.

    Raises:
        BadInput: it would leave something out without a word.
    """
    if hidden := next((path for path in sizes if _is_hidden(os.path.basename(path))), None):
        raise BadInput(
            f"Spark does not read {hidden}: to it a name that begins with _ or . is a hidden file. Rename it, or compute with "
            "the engine duckdb"
        )
    if form in (Format.PARQUET, Format.CSV) and (empty := next((path for path, size in sizes.items() if not size), None)):
        raise BadInput(f"{empty} is empty, and not even its columns are known. It was probably cut short. Get it again")
    if form is Format.PARQUET:
        _refuse_other_columns(list(sizes))


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.endswith("._COPYING_") or (name.startswith("_") and "=" not in name)


def _refuse_other_columns(paths: Sequence[str]) -> None:
    wanted = _columns_of(paths[0])
    for path in paths[1:]:
        if lacking := wanted - _columns_of(path):
            raise BadInput(
                f"{path} lacks the column {min(lacking)} that {paths[0]} has. They are probably of two data sets, or two years. "
                "Compute each by itself"
            )


def _columns_of(path: str) -> set[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return _columns(pq.read_schema(path))
    except pa.ArrowException as error:
        raise BadInput(f"{path} is no Parquet file ({said(error)}). It was probably cut short. Get it again") from error


def _columns(fields: Any, above: str = "") -> set[str]:
    """The names of columns, and of those within them."""
    import pyarrow as pa

    own = {f"{above}{field.name}": field.type for field in fields}
    return set(own).union(*(_columns(kind, f"{name}.") for name, kind in own.items() if pa.types.is_struct(kind)))


def _short(text: str) -> str:
    """Of an error with the stack traces of all its causes, the words of the first and of the last."""
    causes = [line.removeprefix("Caused by: ") for line in text.splitlines() if line.startswith("Caused by: ")]
    words = dict.fromkeys(_NOISE.sub("", part).strip() for part in (*_NAMED.findall(text)[:1], *causes[-1:]))
    return ": ".join(words)
