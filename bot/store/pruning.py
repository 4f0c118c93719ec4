"""
Lets go of bytes nobody needs any more: replies by their age and by what rests on them, and payloads nothing refers to.

A pruning is many short transactions, so that nobody waits for it for long. Each is `alone` with whoever freezes: what a thread
that is just being frozen cites is seen. Rows that somebody else has locked are left for the next time, so nothing is waited for
while something is held.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, not_, or_, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.domain.keeping import Keep, Pruned, Share, Why
from bot.ports import MANIFEST
from bot.store import tables
from bot.store.failures import bad_store
from bot.store.schema import KEEPING, alone
from bot.store.transactions import Transactions

_AT_ONCE: Final = 200
"""Replies, or payloads, in one transaction."""

_FREE: Final = "freelist_count"
_PAGES_AT_ONCE: Final = 1_000
"""Pages of 4 KiB a file is made shorter by in one step, which takes some milliseconds."""


class Pruning(Transactions):
    """How a `Database` prunes."""

    def prune(self, now: dt.datetime, keep: Keep, dry: bool) -> Pruned:
        """What went, or what would."""
        gone = _Going(now, keep)
        if dry:
            with self._reads() as connection:
                return Pruned(gone.counted(connection), keep)
        shares = dict.fromkeys(Why, Share())
        for why, share in (*self._replies(gone), *self._left(gone)):
            shares[why] += share
        return Pruned(shares, keep, self._given_back())

    def _replies(self, gone: _Going) -> Iterator[tuple[Why, Share]]:
        """Replies in order of their number, with the payloads they were the last to refer to."""
        last: int | None = 0
        while last is not None:
            with self._writes() as connection:
                alone(connection, KEEPING, self._place.patience_s)
                rows = gone.next_replies(connection, last)
                connection.execute(delete(tables.reply).where(tables.reply.c.id.in_([row.id for row in rows])))
                went = _let_go(connection, gone.next_payloads(connection, of=[row.payload_sha256 for row in rows]))
            read = {row.payload_sha256 for row in rows if row.read}
            for why in (Why.UNREAD, Why.UNCITED):
                mine = [size for digest, size in went if (digest in read) is (why is Why.UNCITED)]
                yield why, Share(sum(bool(row.read) is (why is Why.UNCITED) for row in rows), len(mine), sum(mine))
            last = rows[-1].id if len(rows) == _AT_ONCE else None

    def _left(self, gone: _Going) -> Iterator[tuple[Why, Share]]:
        """Payloads nothing refers to, in order of their digest."""
        last: str | None = ""
        while last is not None:
            with self._writes() as connection:
                alone(connection, KEEPING, self._place.patience_s)
                rows = gone.next_payloads(connection, after=last)
                went = _let_go(connection, rows)
            yield Why.LEFT, Share(0, len(went), sum(size for _, size in went))
            last = rows[-1].sha256 if len(rows) == _AT_ONCE else None

    def _given_back(self) -> int:
        """
        By how many bytes a file became shorter, in steps between which others write. A server gives back by itself.

        A file that was made by a version before 0005 keeps its length (https://sqlite.org/pragma.html#pragma_auto_vacuum): it has
        no list of where its pages belong, and to make one is to write the whole file anew while nobody else does.
        """
        if self._place.engine.dialect.name != "sqlite":
            return 0
        try:
            with self._place.engine.execution_options(begin="").connect() as connection:
                (page_bytes,), (before,) = (connection.exec_driver_sql(f"PRAGMA {name}").one() for name in ("page_size", _FREE))
                left, free = before, before + 1
                while 0 < left < free:
                    free = left
                    file: Any = connection.connection.driver_connection  # `execute` makes one step of it only: one page
                    file.executescript(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})")
                    (left,) = connection.exec_driver_sql(f"PRAGMA {_FREE}").one()
                connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
        except (sqlite3.Error, SQLAlchemyError) as error:
            failure = error if isinstance(error, SQLAlchemyError) else DBAPIError("PRAGMA", None, error)
            raise bad_store(failure, self._place.name, self._place.secrets) from None
        return int((before - left) * page_bytes)


class _Going:
    """What may go at an instant, as conditions."""

    def __init__(self, now: dt.datetime, keep: Keep) -> None:
        reply, payload = tables.reply.c, tables.payload.c
        self._unread_before, read_before = now - keep.unread, now - keep.read
        self._read = exists().where(tables.reading.c.payload_sha256 == reply.payload_sha256)
        self._reply = and_(
            reply.retrieved_at < self._unread_before,
            or_(not_(self._read), reply.retrieved_at < read_before),
            not_(_shown(reply.payload_sha256)),
            not_(reply.key.startswith(MANIFEST)),  # figures name it in their notes, where no table sees that
        )
        self._payload = and_(payload.stored_at < self._unread_before, not_(_shown(payload.sha256)))

    def next_replies(self, connection: Connection, after: int) -> Sequence[Any]:
        columns = tables.reply.c
        query = (
            select(columns.id, columns.payload_sha256, self._read.label("read"))
            .where(columns.id > after, self._reply)
            .order_by(columns.id)
            .limit(_AT_ONCE)
            .with_for_update(skip_locked=True, of=tables.reply)
        )
        return connection.execute(query).all()

    def next_payloads(self, connection: Connection, after: str = "", of: Sequence[str] | None = None) -> Sequence[Any]:
        columns = tables.payload.c
        query = (
            select(columns.sha256, func.length(columns.body).label("stored_bytes"))
            .where(columns.sha256 > after, self._payload, not_(_answered()))
            .order_by(columns.sha256)
            .limit(_AT_ONCE)
            .with_for_update(skip_locked=True, of=tables.payload)
        )
        return connection.execute(query if of is None else query.where(columns.sha256.in_(of))).all()

    def counted(self, connection: Connection) -> dict[Why, Share]:
        """What would go."""
        replies = dict.fromkeys((False, True), 0)
        counting = select(self._read.label("read"), func.count()).where(self._reply).group_by("read")
        for read, count in connection.execute(counting):
            replies[bool(read)] = count
        payload, reply = tables.payload.c, tables.reply.c
        staying = exists().where(reply.payload_sha256 == payload.sha256, not_(self._reply))
        was_read = exists().where(tables.reading.c.payload_sha256 == payload.sha256)
        weighing = (
            select(_answered().label("answered"), was_read.label("read"), func.count(), func.sum(func.length(payload.body)))
            .where(self._payload, not_(staying))
            .group_by("answered", "read")
        )
        shares = {Why.UNREAD: Share(replies[False]), Why.UNCITED: Share(replies[True]), Why.LEFT: Share()}
        for answered, read, count, size in connection.execute(weighing):
            why = Why.LEFT if not answered else Why.UNCITED if read else Why.UNREAD
            shares[why] += Share(0, count, int(size))
        return shares


def _shown(digest: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a frozen thread cites or shows bytes."""
    return or_(
        exists().where(tables.citation.c.payload_sha256 == digest),
        exists().where(tables.picture.c.payload_sha256 == digest),
    )


def _answered() -> ColumnElement[bool]:
    """Whether a payload is a reply's."""
    return exists().where(tables.reply.c.payload_sha256 == tables.payload.c.sha256)


def _let_go(connection: Connection, rows: Sequence[Any]) -> list[tuple[str, int]]:
    """
    Delete payloads that were locked; those that went, with their size.

    A statement of its own: it sees what others wrote until the lock was taken, and since then nobody can refer to them.
    """
    columns = tables.payload.c
    doomed = [row.sha256 for row in rows]
    going = delete(tables.payload).where(columns.sha256.in_(doomed), not_(_answered()), not_(_shown(columns.sha256)))
    gone = set(connection.execute(going.returning(columns.sha256)).scalars())
    return [(row.sha256, int(row.stored_bytes)) for row in rows if row.sha256 in gone]
