"""
DuckDB, in this process: the default. Parquet, CSV, JSON and folders of files on disk, larger than memory.

THREADMILL_ENGINE_DUCKDB may name a database file, whose tables are then read (never written). Nothing is fetched: extensions are
neither installed nor loaded from the network, so remote files are downloaded first.
"""

from __future__ import annotations

import os
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
_NO_HIVE: Final = "hive_partitioning = false"
"""Else a folder named `project=x`, even one above all data, is a column to it and overrides that of the files."""
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
    address = "" if means.address is None else means.address.reveal()
    means.scratch.mkdir(parents=True, exist_ok=True)
    try:
        opened = ibis.duckdb.connect(
            address or ":memory:",
            read_only=bool(address),
            memory_limit=f"{means.memory_bytes}B",
            temp_directory=str(means.scratch),
            autoinstall_known_extensions=False,
            autoload_known_extensions=False,
        )
    except duckdb.Error as error:
        raise BadInput(
            f"THREADMILL_ENGINE_DUCKDB names no database DuckDB can read ({said(error)}). It is missing, of a newer version, or "
            "open for writing elsewhere. Name another, or unset it"
        ) from error
    return DuckDB(opened, f"DuckDB {duckdb.__version__}", means)


class DuckDB:
    """An engine of `bot.engines`."""

    def __init__(self, opened: Any, version: str, means: Means) -> None:
        self._opened = opened
        self._means = means
        self.version = version
        # Whole files are held in memory beside what the limit counts, on every core some
        self.shard_bytes = min(_LARGEST_SHARD, max(means.memory_bytes // 4, _MIB))
        opened.raw_sql("SET TimeZone = 'UTC'")
        opened.raw_sql("SET preserve_insertion_order = false")  # else it reads files one after the other

    def files(self, name: str, paths: Sequence[str], form: Format, columns: Mapping[str, str]) -> Table:
        """As in `Engine`."""
        self._opened.raw_sql(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {_reading(paths, form, columns)}')
        return self._opened.table(name)

    def table(self, place: str) -> Table:
        """As in `Engine`."""
        import ibis

        schema, _, name = place.rpartition(".")
        try:
            return self._opened.table(name, database=schema or None)
        except ibis.common.exceptions.TableNotFound as error:
            raise BadInput(
                f'DuckDB has no table "{place}". Let THREADMILL_ENGINE_DUCKDB name the database file that has it, or name files '
                "in its place"
            ) from error

    def state(self, place: str) -> str:
        """The database file's size and time."""
        address = "" if self._means.address is None else self._means.address.reveal()
        state = Path(address).stat() if address else None
        return "" if state is None else f"{state.st_size} {state.st_mtime_ns}"

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


def _reading(paths: Sequence[str], form: Format, columns: Mapping[str, str]) -> str:
    listed = f"[{', '.join(_quoted(path) for path in paths)}]"
    match form:
        case Format.PARQUET:
            return f"SELECT * FROM read_parquet({listed}, {_NO_HIVE})"
        case Format.CSV:
            return (
                f"SELECT * FROM read_csv({listed}, {_NO_HIVE}, header = true, all_varchar = true, "
                "delim = ',', quote = '\"', escape = '\"', "
                "skip = 0)"  # or it takes all above a row that is too long for something that is no part of the table
            )
        case Format.JSON:
            types = ", ".join(f"{_quoted(name)}: {_quoted(_type(kind))}" for name, kind in columns.items())
            return f"SELECT * FROM read_json({listed}, {_NO_HIVE}, format = 'newline_delimited', columns = {{{types}}})"
        case Format.FILES:
            # DuckDB 2.0 reads one list of files on one core; several lists it reads side by side
            cores = min(os.cpu_count() or 1, len(paths))
            read = f"SELECT filename AS path, coalesce(TRY(decode(content)), {_shown()}) AS content FROM read_blob([{{}}])"
            return " UNION ALL ".join(read.format(", ".join(map(_quoted, paths[core::cores]))) for core in range(cores))


def _shown() -> str:
    """Bytes that are not UTF-8, as text. `decode(content, 'replace')` of DuckDB 2.0 loses the character behind such a byte."""
    shown = "CAST(content AS VARCHAR)"
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
