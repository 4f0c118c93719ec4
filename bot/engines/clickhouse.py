"""
ClickHouse: the tables of a server, ClickHouse's public ClickPy among them; or files, by chDB in this process.

THREADMILL_ENGINE_CLICKHOUSE is the server: https://user:password@host:8443/database (http to this machine only). Without it, it
is chDB. A server sees no file of this machine, and is asked to fail where it would cut a result off; a user who may change
nothing is enough, if the server's settings do not cut off.

Traps: ClickHouse has no NULL for a list or a group of columns; a list has no items instead, and of a group all parts are NULL.
Whole numbers beyond 64 bits wrap around without a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from bot.config import Secret
from bot.engines._engine import Means, without
from bot.errors import BadInput
from bot.ports import Format

if TYPE_CHECKING:
    import pyarrow as pa
    from ibis.expr.types import Table

EXTRA: Final = "clickhouse"
_MIB: Final = 1 << 20
_LARGEST_SHARD: Final = 512 * _MIB
_NO_TABLE: Final = ("60", "81")
_STATE: Final = """\
SELECT count(), toString(sum(rows)), toString(max(modification_time)), toString(groupBitXor(cityHash64(name, hash_of_all_files)))
FROM system.parts WHERE active AND database = {database} AND table = {table}"""


class _Link(Protocol):
    """A server, or chDB."""

    @property
    def version(self) -> str: ...
    def rows(self, query: str) -> Sequence[Sequence[Any]]: ...
    def batches(self, query: Any, schema: pa.Schema) -> Iterator[pa.RecordBatch]: ...
    def view(self, name: str, paths: Sequence[str], form: Format, columns: Mapping[str, str]) -> None: ...
    def failed(self, error: Exception) -> Exception: ...
    def stop(self) -> None: ...
    def close(self) -> None: ...


def elsewhere(address: Secret | None) -> bool:
    """Whether it is reached by a connection: a server is."""
    return address is not None


def connect(means: Means) -> ClickHouse:
    """
    A connection of its own.

    Raises:
        BadInput: the packages are not installed, the address is none, or the server does not let us in.
        SourceUnavailable: the server cannot be reached.
    """
    try:
        if means.address is None:
            from bot.engines import _chdb

            return ClickHouse(_chdb.connect(means), means)
        from bot.engines import _clickhouse_server

        return ClickHouse(_clickhouse_server.connect(means.address), means)
    except ModuleNotFoundError as error:
        raise without("clickhouse", EXTRA, error.name or "clickhouse_connect") from error


class ClickHouse:
    """An engine of `bot.engines`."""

    def __init__(self, link: _Link, means: Means) -> None:
        self._link = link
        self.version = link.version
        self.shard_bytes = min(_LARGEST_SHARD, max(means.memory_bytes // 4, _MIB))

    def files(self, name: str, paths: Sequence[str], form: Format, columns: Mapping[str, str]) -> Table:
        """As in `Engine`."""
        self._link.view(name, paths, form, columns)
        return self.table(name)

    def table(self, place: str) -> Table:
        """As in `Engine`."""
        from bot.engines import _clickhouse_sql as sql

        database, _, name = place.rpartition(".")
        try:
            described = self._link.rows(f"DESCRIBE TABLE {'.'.join(sql.identifier(part) for part in (database, name) if part)}")
        except Exception as error:  # of either library
            if sql.code(error) not in _NO_TABLE:
                raise
            raise BadInput(
                f'{self.version} has no table "{place}". It has another name, is in another database or not loaded, or is on a '
                "server that THREADMILL_ENGINE_CLICKHOUSE does not name. Correct it in the recipe (database.table)"
            ) from error
        return sql.table(name, database or None, [(str(row[0]), str(row[1])) for row in described])

    def state(self, place: str) -> str:
        """What its parts on disk are: many kinds of tables have none, and some users may not look."""
        from bot.engines import _clickhouse_sql as sql

        database, _, name = place.rpartition(".")
        query = _STATE.format(database=sql.quoted(database) if database else "currentDatabase()", table=sql.quoted(name))
        try:
            ((parts, *rest),) = self._link.rows(query)
        except Exception as error:  # of either library
            if sql.code(error) is None:
                raise
            return ""
        return " ".join(rest) if int(parts) else ""

    def cost(self, expression: Table) -> int:
        """Nothing is billed."""
        return 0

    def batches(self, expression: Table) -> Iterator[pa.RecordBatch]:
        """As in `Engine`."""
        from bot.engines import _clickhouse_sql as sql

        return self._link.batches(sql.compiled(expression), expression.schema().to_pyarrow())

    def failed(self, error: Exception) -> Exception:
        """As in `Engine`."""
        return self._link.failed(error)

    def stop(self) -> None:
        """As in `Engine`."""
        self._link.stop()

    def close(self) -> None:
        """As in `Engine`."""
        self._link.close()
