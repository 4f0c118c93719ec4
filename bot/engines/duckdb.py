"""
DuckDB, in this process: the default. Parquet, CSV, JSON and folders of files on disk, larger than memory.

THREADMILL_ENGINE_DUCKDB may name a database file, whose tables are then read (never written). Nothing is fetched: extensions are
neither installed nor loaded from the network, so remote files are downloaded first.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot.config import Secret
from bot.engines._engine import Means, said, unread, without
from bot.errors import BadInput, SourceUnavailable
from bot.ports import Format

if TYPE_CHECKING:
    import pyarrow as pa
    from ibis.expr.types import Table

EXTRA: Final = "duckdb"
_MIB: Final = 1 << 20
_LARGEST_SHARD: Final = 512 * _MIB
_ROWS: Final = 65_536
_AS_THEY_ARE: Final = "hive_partitioning = false"
"""Or of a file below a folder "project=torch" every row is of torch, whatever the file says."""
_ESCAPES: Final = (("0A", "\n"), ("0D", "\r"), ("09", "\t"), ("22", '"'), ("27", "'"), ("5C", "\\"))
"""How DuckDB spells bytes when it shows a blob as text; all others that are not printable stay as they are spelt."""


def elsewhere(address: Secret | None) -> bool:
    """Whether it is reached by a connection: never."""
    return False


def connect(means: Means) -> DuckDB:
    """
    A connection of its own.

    Raises:
        BadInput: the packages are not installed, or the database file cannot be read.
    """
    try:
        import duckdb
        import ibis
    except ModuleNotFoundError as error:
        raise without("duckdb", EXTRA, error.name or "duckdb") from error
    file = _file(means.address)
    spill = _spill(means.scratch)
    try:
        opened = ibis.duckdb.connect(
            file or ":memory:",
            read_only=file is not None,
            memory_limit=f"{means.memory_bytes}B",
            temp_directory=str(spill),
            autoinstall_known_extensions=False,  # from the first: some addresses alone would fetch one
            autoload_known_extensions=False,
        )
    except duckdb.Error as error:
        raise BadInput(
            f"THREADMILL_ENGINE_DUCKDB names no database DuckDB can read ({said(error)}). It is missing, of a newer version, or "
            "open for writing elsewhere. Name another, or unset it"
        ) from error
    return DuckDB(opened, f"DuckDB {duckdb.__version__}", means, file, spill)


def _spill(scratch: Path) -> Path:
    """
    A folder of this process alone: DuckDB names what it spills alike in every one, and at its end removes all that is named so.

    Those of processes that were killed are removed.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    for left in scratch.glob("[0-9]*-*"):
        try:
            os.kill(int(left.name.partition("-")[0]), 0)
        except (ProcessLookupError, OverflowError):
            shutil.rmtree(left, ignore_errors=True)
        except (PermissionError, ValueError):
            continue  # it is at work, for somebody else; or it is not ours
    return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=scratch))


def _file(address: Secret | None) -> Path | None:
    """
    The database file, None without one.

    Raises:
        BadInput: it is none that is there. What is named is not repeated: it may be the address of a service, with its token.
    """
    if address is None:
        return None
    try:
        file = Path(address.reveal()).expanduser().absolute()
        if file.is_file():
            return file
    except (OSError, RuntimeError):
        pass
    raise BadInput(
        "THREADMILL_ENGINE_DUCKDB names no file that is there, and DuckDB reads tables of a database file. Name one with its "
        "whole path, or unset it to read the files a recipe names"
    )


class DuckDB:
    """An engine of `bot.engines`."""

    def __init__(self, opened: Any, version: str, means: Means, file: Path | None, spill: Path) -> None:
        self._opened = opened
        self._means = means
        self._file = file
        self._spill = spill
        self.version = version
        # Whole files are held in memory beside what the limit counts, on every core some
        self.shard_bytes = min(_LARGEST_SHARD, max(means.memory_bytes // 4, _MIB))
        for setting in ("TimeZone = 'UTC'", "preserve_insertion_order = false"):  # else it reads files one after the other
            opened.raw_sql(f"SET {setting}")

    def files(self, name: str, paths: Sequence[str], form: Format, columns: Mapping[str, str]) -> Table:
        """As in `Engine`."""
        self._opened.raw_sql(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {_reading(paths, form, columns)}')
        return self._opened.table(name)

    def table(self, place: str) -> Table:
        """As in `Engine`."""
        if not self._kind(place):  # asked for nonetheless, it takes a name that ends in .parquet for a file
            raise BadInput(
                f'DuckDB has no table "{place}". Let THREADMILL_ENGINE_DUCKDB name the database file that has it, or name files '
                "in its place"
            )
        schema, _, name = place.rpartition(".")
        return self._opened.table(name, database=schema or None)

    def state(self, place: str) -> str:
        """Size and times of the database file and of what was written to it last; of a view, which may read anything, nothing."""
        if self._file is None or self._kind(place) != "BASE TABLE":
            return ""
        beside = self._file.with_name(f"{self._file.name}.wal")
        states = [path.stat() for path in (self._file, beside) if path.exists()]
        return " ".join(f"{one.st_size} {one.st_ino} {one.st_mtime_ns} {one.st_ctime_ns}" for one in states)

    def _kind(self, place: str) -> str:
        """What a name stands for in the database, empty if for nothing."""
        *above, name = place.split(".")
        catalog, schema = [None, None, *above][-2:]
        ((found,),) = self._opened.con.execute(
            "SELECT max(table_type) FROM information_schema.tables WHERE table_catalog = coalesce(?, current_database()) "
            "AND table_schema = coalesce(?, current_schema()) AND table_name = ?",
            [catalog, schema, name],
        ).fetchall()
        return found or "" if len(above) <= 2 else ""

    def cost(self, expression: Table) -> int:
        """Nothing is billed."""
        return 0

    def batches(self, expression: Table) -> Iterator[pa.RecordBatch]:
        """As in `Engine`."""
        # Ibis 12 asks for them by a name that DuckDB 2.0 has given up
        return iter(self._opened.con.sql(self._opened.compile(expression)).to_arrow_reader(_ROWS))

    def failed(self, error: Exception) -> Exception:
        """As in `Engine`."""
        import duckdb

        if isinstance(error, duckdb.InterruptException):
            return SourceUnavailable("stopped before it was finished; what was computed until then is kept")
        if isinstance(error, duckdb.OutOfMemoryException):
            return SourceUnavailable(
                f"DuckDB has used up its memory ({said(error)}). Raise THREADMILL_ENGINE_MEMORY, or free room on the disk of "
                f"{self._means.scratch}, where it spills; what was computed until then is kept"
            )
        if isinstance(error, duckdb.IOException | duckdb.HTTPException | OSError):
            return SourceUnavailable(
                f"DuckDB cannot read or write ({said(error)}). A file has gone, is damaged, or the disk is full. Check it; what "
                "was computed until then is kept"
            )
        return unread(self.version, error)

    def stop(self) -> None:
        """As in `Engine`."""
        self._opened.con.interrupt()

    def close(self) -> None:
        """As in `Engine`."""
        self._opened.disconnect()
        shutil.rmtree(self._spill, ignore_errors=True)


def _reading(paths: Sequence[str], form: Format, columns: Mapping[str, str]) -> str:
    listed = f"[{', '.join(_quoted(path) for path in paths)}]"
    match form:
        case Format.PARQUET:
            return f"SELECT * FROM read_parquet({listed}, {_AS_THEY_ARE})"
        case Format.CSV:
            return (
                f"SELECT * FROM read_csv({listed}, header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"', "
                f"skip = 0, {_AS_THEY_ARE})"  # or it takes all above a row that is too long for no part of the table
            )
        case Format.JSON:
            types = ", ".join(f"{_quoted(name)}: {_quoted(_type(kind))}" for name, kind in columns.items())
            return f"SELECT * FROM read_json({listed}, format = 'newline_delimited', columns = {{{types}}}, {_AS_THEY_ARE})"
        case Format.FILES:
            # DuckDB 2.0 reads one list of files on one core; several lists it reads side by side
            cores = min(os.cpu_count() or 1, len(paths))
            read = f"SELECT filename AS path, coalesce(TRY(decode(content)), {_shown()}) AS content FROM read_blob([{{}}])"
            return " UNION ALL ".join(read.format(", ".join(map(_quoted, paths[core::cores]))) for core in range(cores))


def _shown() -> str:
    """Bytes that are not UTF-8, as text. `decode(content, 'replace')` of DuckDB 2.0 loses the character behind such a byte."""
    shown = "replace(CAST(content AS VARCHAR), '\\x00', chr(0))"
    for code, char in _ESCAPES:
        shown = f"replace({shown}, '\\x{code}', {_quoted(char)})"
    return shown


def _type(kind: str) -> str:
    """A type as DuckDB writes it."""
    import ibis
    from ibis.backends.sql.datatypes import DuckDBType

    return str(DuckDBType.to_string(ibis.dtype(kind)))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
