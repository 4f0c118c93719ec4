"""What both parts of the store stand on: transactions whose failures are told in our words, and bytes kept by their digest."""

from __future__ import annotations

import datetime as dt
import hashlib
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import BadStore
from bot.store import tables
from bot.store.address import Address, writing
from bot.store.failures import bad_store
from bot.store.schema import patient


class Transactions:
    """A database of ours that is read and written. It does not show its address, which may hold a password."""

    def __init__(self, place: Address, clock: Callable[[], dt.datetime] | None) -> None:
        """`clock` tells the time in place of the server's or this machine's."""
        self._place = place
        self._clock = clock

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._place.name!r})"

    def now(self) -> dt.datetime:
        """By the server's clock, on which all its hosts agree; by this machine's, for a file; by the given one, if any."""
        if self._clock is not None or self._place.engine.dialect.name == "sqlite":
            return self._here()
        with self._reads() as connection:
            return self._at(connection)

    def _at(self, connection: Connection) -> dt.datetime:
        """`now`, in a transaction: not when that began, which may have waited for others since."""
        if self._clock is not None or connection.dialect.name == "sqlite":
            return self._here()
        moment: dt.datetime = connection.execute(select(func.clock_timestamp(type_=tables.Instant()))).scalar_one()
        return moment

    def _here(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) if self._clock is None else self._clock()

    @contextmanager
    def _reads(self) -> Iterator[Connection]:
        with self._sound(), self._transaction(self._place.engine) as connection:
            yield connection

    @contextmanager
    def _sound(self) -> Iterator[None]:
        """What is read here can be."""
        try:
            yield
        except (ValueError, TypeError, OverflowError) as error:  # what no code of ours has written
            raise BadStore(
                f"a row in the store {self._place.name} cannot be: {error}; rows were probably changed by hand; restore a "
                "backup, or mend the row"
            ) from error

    @contextmanager
    def _writes(self) -> Iterator[Connection]:
        with self._transaction(writing(self._place.engine)) as connection:
            patient(connection, self._place.patience_s)
            yield connection

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise bad_store(error, self._place.name, self._place.secrets) from None

    def _pack(self, connection: Connection, body: bytes) -> str:
        """Keep bytes, compressed, once; the sha256 they are kept under. What is there is replaced: it may be damaged."""
        digest = hashlib.sha256(body).hexdigest()
        fresh = insert_into(connection, tables.payload)
        again = {"body": fresh.excluded.body, "size_bytes": fresh.excluded.size_bytes}
        payload = {"sha256": digest, "body": zlib.compress(body), "size_bytes": len(body), "stored_at": self._here()}
        connection.execute(fresh.on_conflict_do_update(index_elements=["sha256"], set_=again), payload)
        return digest

    def _unpacked(self, sha256: str, row: Row[Any]) -> bytes:
        """The bytes of a payload, which are those that were kept or none."""
        try:
            body = zlib.decompressobj().decompress(row.body, row.size_bytes + 1)
        except zlib.error:
            body = b""
        if hashlib.sha256(body).hexdigest() != sha256:
            raise BadStore(
                f"the payload {sha256} in the store {self._place.name} is damaged: its bytes do not have this digest any more; "
                f"the disk or a copy of the database failed; check the disk and restore a backup"
            )
        return body


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """The same clauses in both languages, but SQLAlchemy has them once for each."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def writable(words: str) -> str:
    """What somebody else said, without what no database writes: an outcome is not lost because its words are damaged."""
    return words.replace("\0", "\ufffd").encode(errors="replace").decode()
