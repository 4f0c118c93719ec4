"""
chDB: ClickHouse in this process. It reads files, and has no tables of its own.

A process has one, whatever asks for it; each connection has a database of its own in it. Its folder under THREADMILL_HOME, to
which it spills, is removed with the last connection, or by the next process if this one was killed.
"""

from __future__ import annotations

import csv
import fcntl
import gzip
import json
import os
import re
import shutil
import signal
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot.engines import _clickhouse_sql as sql
from bot.engines._engine import Means, said, unread
from bot.errors import BadInput, SourceUnavailable
from bot.ports import Format

if TYPE_CHECKING:
    import pyarrow as pa

_STARTING: Final = threading.RLock()
_NAME: Final = "chdb-"
_PATTERN: Final = "*?{}"
"""What makes a path a pattern to ClickHouse; nothing escapes it."""
_STAGED_BYTES: Final = 8 << 20
_MEMORY: Final = "241"
_STOPPED: Final = "394"
_DISK: Final = {"74", "75", "76", "107", "243"}
"""Not read, written, opened or found, and no space: ClickHouse's src/Common/ErrorCodes.cpp."""
_SETTINGS: Final = {
    "session_timezone": "UTC",
    "join_use_nulls": "1",
    "print_pretty_type_names": "0",
    "max_query_size": "100000000",
    "schema_inference_make_columns_nullable": "1",
    # It knows files by their paths, and ours are links that come to stand for others
    "schema_inference_use_cache_for_file": "0",
    "use_parquet_metadata_cache": "0",
    "schema_inference_mode": "union",  # else what does not fit the first file's types is told as NULL or 0
    "input_format_parquet_allow_missing_columns": "0",
    "input_format_with_names_use_header": "0",
    "input_format_csv_trim_whitespaces": "0",
    "input_format_csv_detect_header": "0",
    "input_format_csv_skip_trailing_empty_lines": "1",
    "format_csv_null_representation": "",
    "input_format_skip_unknown_fields": "1",
    "input_format_column_name_matching_mode": "match_case",
    "enable_extended_results_for_datetime_functions": "1",
    "date_time_input_format": "best_effort",
    "output_format_arrow_compression_method": "none",
    "min_external_sort_block_bytes": "0",
    "temporary_files_buffer_size": "65536",
}
_PER_THREAD_BYTES: Final = 200_000_000
"""With less for each, it runs out of memory where it has spilled and reads that again: measured on sorts and groups of 400 MB."""


def connect(means: Means) -> InProcess:
    """
    A connection of its own to the chDB of this process.

    Raises:
        BadInput: its folder cannot be used.
    """
    with _STARTING, _undisturbed():
        import chdb

        try:
            folder, held = _folder(means.scratch)
        except OSError as error:
            raise _unusable(means.scratch, error) from error
        try:
            return InProcess(partial(chdb.connect, str(folder)), folder, held, means.memory_bytes)
        except Exception as error:
            _release(folder, held)
            raise _unusable(folder, error) from error


class InProcess:
    """A connection to the chDB of this process."""

    def __init__(self, connect: Callable[[], Any], folder: Path, held: int, memory_bytes: int) -> None:
        self._connect = connect
        self._folder = folder
        self._held = held
        self._settings = _SETTINGS | _limits(memory_bytes)
        self._database = f"threadmill_{uuid.uuid4().hex}"
        self._staged = folder / self._database
        self._staged.mkdir()
        self._connection = connect()
        self._begin(f"CREATE DATABASE {self._database}")
        ((version,),) = self.rows("SELECT version()")
        self.version = f"ClickHouse {version} (chDB)"

    def run(self, statement: str) -> None:
        """A statement without an answer."""
        with self._anew_after_an_error():
            self._connection.query(statement)

    def rows(self, query: str) -> list[list[Any]]:
        """A small answer."""
        with self._anew_after_an_error():
            found: list[list[Any]] = json.loads(self._connection.query(query, "JSONCompact").bytes())["data"]
        return found

    def batches(self, query: Any, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """An answer block by block."""
        import pyarrow as pa

        with self._anew_after_an_error(), closing(self._connection.send_query(sql.text(query), "Arrow")) as answer:
            for block in answer:
                with pa.ipc.open_file(block.bytes()) as read:
                    for number in range(read.num_record_batches):
                        yield _with_instants(read.get_batch(number), schema)

    @contextmanager
    def _anew_after_an_error(self) -> Iterator[None]:
        """ChDB 4.4 begins an answer with what is left of the one before, if that has failed on the same connection."""
        try:
            yield
        except BaseException:
            with _STARTING, _undisturbed(), suppress(Exception):
                self._connection.close()
                self._connection = self._connect()
                self._begin()
            raise

    def _begin(self, *before: str) -> None:
        settings = (f"SET {name} = {sql.quoted(value)}" for name, value in self._settings.items())
        for statement in (*settings, *before, f"USE {self._database}"):
            self._connection.query(statement)

    def view(self, name: str, paths: Sequence[str], form: Format, columns: Mapping[str, str]) -> None:
        """Files as a view."""
        shutil.rmtree(self._staged / name, ignore_errors=True)
        place = self._staged / name / uuid.uuid4().hex  # a path it has never seen
        place.mkdir(parents=True)
        self.run(f"CREATE OR REPLACE VIEW {sql.identifier(name)} AS {_reading(place, paths, form, columns)}")

    def failed(self, error: Exception) -> Exception:
        """What an error means."""
        code, named = sql.code(error), RuntimeError(self._words(error))
        if code == _STOPPED:
            return SourceUnavailable("stopped before it was finished; what was computed until then is kept")
        if code == _MEMORY:
            return SourceUnavailable(
                f"chDB has used up its memory ({said(named)}). Raise THREADMILL_ENGINE_MEMORY, or free room on the disk of "
                f"{self._folder.parent}, where it spills; what was computed until then is kept"
            )
        if code in _DISK or isinstance(error, OSError):
            return SourceUnavailable(
                f"chDB cannot read or write ({said(named)}). A file has gone, is not open to this user, or the disk is full. "
                "Check it; what was computed until then is kept"
            )
        return unread(self.version, named)

    def _words(self, error: Exception) -> str:
        """An error by the file it is about, where it names the link to that."""
        text = str(error).removeprefix("Streaming query failed: ")
        linked = re.search(rf"{re.escape(str(self._staged))}/[^/]+/[0-9a-f]{{32}}/\d+(\.gz)?", text)
        with suppress(OSError):
            if linked:
                path = os.readlink(linked[0])
                return f"{path}: {text.replace(linked[0], path)}"
        return text

    def stop(self) -> None:
        """End what it is at."""
        with _STARTING, suppress(Exception), closing(self._connect()) as another:  # it may be over
            another.query(f"KILL QUERY WHERE current_database = '{self._database}' ASYNC")

    def close(self) -> None:
        """Let go of it."""
        with _STARTING:
            self._connection.close()
            shutil.rmtree(self._staged, ignore_errors=True)
            _release(self._folder, self._held)


def _limits(memory_bytes: int) -> dict[str, str]:
    """Settings of what it may use, and from when on it spills: by itself it judges that by the memory of the whole machine."""
    spilling = ("group_by", "sort", "distinct", "join")
    return {
        "max_memory_usage": str(memory_bytes),
        "max_threads": str(max(1, min(os.cpu_count() or 1, memory_bytes // _PER_THREAD_BYTES))),
        "input_format_parquet_memory_high_watermark": str(memory_bytes // 16),
        **{f"max_bytes_ratio_before_external_{what}": "0" for what in spilling},
        **{f"max_bytes_before_external_{what}": str(memory_bytes // 4) for what in spilling},
    }


@contextmanager
def _undisturbed() -> Iterator[None]:
    """While it is imported, chDB 4.4 goes to its own folder; and it blocks SIGPIPE for this thread and all it starts."""

    def stay(path: object) -> None:
        pass

    mask, chdir = signal.pthread_sigmask(signal.SIG_BLOCK, ()), os.chdir
    os.chdir = stay
    try:
        yield
    finally:
        os.chdir = chdir
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _folder(scratch: Path) -> tuple[Path, int]:
    """The folder of this process, held; those of processes that were killed are removed."""
    if odd := set(str(scratch)) & set(_PATTERN):
        raise BadInput(
            f"{scratch} has {min(odd)} in its path, which ClickHouse takes for a pattern. Set THREADMILL_HOME to another"
        )
    for left in scratch.glob(f"{_NAME}*"):
        with suppress(OSError):
            _release(left, _hold(left))
    folder = (scratch / f"{_NAME}{os.getpid()}").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder, _hold(folder)


def _unusable(folder: Path, error: Exception) -> BadInput:
    return BadInput(
        f"chDB cannot begin in {folder} ({said(error)}). The folder is probably not open to this user, or the disk full. Mend "
        "that, or set THREADMILL_HOME to another"
    )


def _hold(folder: Path) -> int:
    held = os.open(folder / "held", os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(held, fcntl.LOCK_SH)
    return held


def _release(folder: Path, held: int) -> None:
    """Let go of a folder, and remove it if nobody else holds it."""
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(held)


def _reading(place: Path, paths: Sequence[str], form: Format, columns: Mapping[str, str]) -> str:
    if form is Format.FILES:
        _stage(paths, place / "files.arrow")
        return f"SELECT * FROM file({sql.quoted(str(place / 'files.arrow'))}, 'ArrowStream')"
    for number, path in enumerate(paths):  # a link has a name without quotes and patterns, and any number of them is one pattern
        (place / f"{number}{'.gz' if path.endswith('.gz') else ''}").symlink_to(os.path.abspath(path))
    files = sql.quoted(str(place / "*"))
    match form:
        case Format.PARQUET:
            return f"SELECT * FROM file({files}, 'Parquet')"
        case Format.CSV:
            names = [sql.identifier(name) for name in _header(paths)]
            texts = sql.quoted(", ".join(f"{name} Nullable(String)" for name in names))
            told = ", ".join(f"nullIf({name}, '') AS {name}" for name in names)
            return f"SELECT {told} FROM file({files}, 'CSVWithNames', {texts})"
        case Format.JSON:
            told = ", ".join(f"{sql.identifier(name)} {sql.type_in_words(kind)}" for name, kind in columns.items())
            return f"SELECT * FROM file({files}, 'JSONEachRow', {sql.quoted(told)})"


def _stage(paths: Sequence[str], place: Path) -> None:
    """Whole files as one that chDB reads at once: by itself it opens small ones as slowly, and knows no characters."""
    import pyarrow as pa

    schema = pa.schema([("path", pa.string()), ("content", pa.string())])
    with pa.OSFile(str(place), "wb") as file, pa.ipc.new_stream(file, schema) as written:
        for names, texts in _some(paths):
            written.write_batch(pa.record_batch([names, texts], schema=schema))


def _some(paths: Sequence[str]) -> Iterator[tuple[list[str], list[str]]]:
    names: list[str] = []
    texts: list[str] = []
    size = 0
    for path in paths:
        with open(path, "rb", buffering=0) as file:
            body = file.readall()
        names.append(path)
        texts.append(body.decode("utf-8", "replace"))
        size += len(body)
        if size >= _STAGED_BYTES:
            yield names, texts
            names, texts, size = [], [], 0
    if names:
        yield names, texts


def _header(paths: Sequence[str]) -> list[str]:
    """
    The names in the first line, the same in every file; one that stands there again has a number, as on DuckDB.

    Raises:
        BadInput: files have other columns.
    """
    first, *others = ((path, _first_line(path)) for path in paths)
    for path, line in others:
        if line != first[1]:
            raise BadInput(
                f"{path} has the columns {', '.join(line)[:200]}, and {first[0]} has {', '.join(first[1])[:200]}. They are "
                "probably of different years or data sets. Compute them apart"
            )
    names: list[str] = []
    for number, name in enumerate(first[1]):
        told = name or f"column{number}"
        names.append(told if told not in names else f"{told}_{sum(one == name for one in first[1][:number])}")
    return names


def _first_line(path: str) -> list[str]:
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as file:
        return next(csv.reader(file), [])


def _with_instants(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Instants of whole seconds come as numbers."""
    import pyarrow as pa

    for number, field in enumerate(schema):
        if pa.types.is_timestamp(field.type) and pa.types.is_integer(batch.column(number).type):
            instants = batch.column(number).cast(pa.int64()).cast(pa.timestamp("s", tz="UTC"))
            batch = batch.set_column(number, field.name, instants)
    return batch
