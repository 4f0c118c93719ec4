"""The store in a database. Every statement is SQLAlchemy's, so that SQLite and PostgreSQL answer alike."""

from __future__ import annotations

import datetime as dt
import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

from sqlalchemy import Connection, Row, Select, exists, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from bot.domain.keeping import Backup, Keep, Pruned, Restored
from bot.domain.measure import Observation, Status
from bot.domain.period import Period
from bot.errors import BadStore
from bot.ports import Counts, Reading, Reply, Rest
from bot.store import tables
from bot.store.address import address
from bot.store.backup import back_up
from bot.store.counts import counted
from bot.store.desk import DatabaseDesk
from bot.store.failures import bad_store
from bot.store.pruning import Pruning
from bot.store.restoring import Restoring
from bot.store.rota import DatabaseRota
from bot.store.schema import alone, prepare
from bot.store.transactions import Transactions, insert_into

_PATIENCE_S: Final = 30.0
"""How long one waits for another's transaction. The longest of ours, 5,000 readings, takes well under a second."""

_AT_ONCE: Final = 5_000
"""Names in one statement: SQLite takes 32,766 variables, PostgreSQL 65,535."""

_LONGEST_KEY: Final = 400
"""PostgreSQL indexes at most 2,704 bytes of a row, and a key may be a whole POST body of characters of 4 bytes each."""


def open_store(url: str, *, patience_s: float = _PATIENCE_S, clock: Callable[[], dt.datetime] | None = None) -> Database:
    """
    The store at `sqlite:////folder/threadmill.db` or `postgresql://user:password@host/name`, made or brought up to date.

    `patience_s` is how long it waits for another's lock. `clock` tells the time in place of the server's or, for a file, this
    machine's. Threads may share one store; each process opens its own.

    Raises:
        BadStore: it cannot be reached or written, or is another program's or a newer version's, and left as it was.
    """
    place = address(url, patience_s)
    try:
        prepare(place)
    except SQLAlchemyError as error:
        failure = bad_store(error, place.name, place.secrets)
    except BaseException:
        place.engine.dispose()
        raise
    else:
        return Database(place, clock)
    place.engine.dispose()
    raise failure  # not where it was caught: whoever follows an error to its context would read the driver's own words


class Database(Transactions):
    """A `Store` in SQLite or PostgreSQL, and with it the `desk` of the editions that are on their way and the `rota` of turns."""

    @property
    def desk(self) -> DatabaseDesk:
        """The `Desk` in the same database, over the same connections. It ends with the store."""
        return DatabaseDesk(self._place, self._clock)

    @property
    def rota(self) -> DatabaseRota:
        """The `Rota` in the same database, over the same connections. It ends with the store."""
        return DatabaseRota(self._place, self._clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file or the server."""
        self._place.engine.dispose()

    def kept(self, source: str, key: str, since: dt.date) -> Reply | None:
        columns = tables.reply.c
        query = (
            select(tables.reply, tables.payload.c.body, tables.payload.c.size_bytes)
            .join(tables.payload)
            .where(columns.source == source, columns.key == _indexable(key), columns.day >= since, columns.refused.is_(False))
            .order_by(columns.retrieved_at.desc(), columns.id.desc())
            .limit(1)
        )
        with self._reads() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        try:
            body = self._unpacked(row.payload_sha256, row)
        except BadStore:  # what is damaged is asked for anew, and mended by being kept again
            return None
        return Reply(body, row.url, row.query, row.retrieved_at, row.status)

    def keep(self, source: str, key: str, reply: Reply) -> None:
        retrieved_at = tables.utc(reply.retrieved_at)
        said = {
            "source": source,
            "key": _indexable(key),
            "day": retrieved_at.date(),
            "url": reply.url,
            "query": reply.query,
            "status": reply.status,
            "retrieved_at": retrieved_at,
            "payload_sha256": reply.sha256,
        }
        with self._writes() as connection:
            self._pack(connection, reply.body)
            connection.execute(insert(tables.reply), said)

    def refuse(self, source: str, keys: Sequence[str]) -> None:
        columns = tables.reply.c
        with self._writes() as connection:
            for some in _portions(_indexable(key) for key in keys):
                connection.execute(
                    update(tables.reply).where(columns.source == source, columns.key.in_(some)).values(refused=True)
                )

    def size(self, sha256: str) -> int | None:
        columns = tables.payload.c
        with self._reads() as connection:
            return connection.execute(select(columns.size_bytes).where(columns.sha256 == sha256)).scalar_one_or_none()

    def payload(self, sha256: str) -> bytes | None:
        with self._reads() as connection:
            row = connection.execute(select(tables.payload).where(tables.payload.c.sha256 == sha256)).one_or_none()
        return None if row is None else self._unpacked(sha256, row)

    def pruned(self, sha256: str) -> bool:
        with self._reads() as connection:
            read = connection.execute(select(exists().where(tables.reading.c.payload_sha256 == sha256))).scalar_one()
            kept = connection.execute(select(exists().where(tables.payload.c.sha256 == sha256))).scalar_one()
        return bool(read and not kept)

    def prune(self, now: dt.datetime, keep: Keep, dry: bool = False) -> Pruned:
        return Pruning(self._place, self._clock).prune(now, keep, dry)

    def restored(self) -> Restored | None:
        columns = tables.restored.c
        with self._reads() as connection:
            row = connection.execute(select(tables.restored).order_by(columns.restored_at.desc()).limit(1)).one_or_none()
        return None if row is None else Restored(row.made_at, row.restored_at)

    def back_up(self, path: Path, version: str) -> Backup:
        return back_up(self._place, path, version, self.now)

    def restore(self, backup: Backup, file: sqlite3.Connection) -> Restored:
        """Fill an empty store from a backup that is open: see `bot.store.restoring`."""
        return Restoring(self._place, self._clock).restore(backup, file)

    def record(self, source: str, readings: Sequence[Reading]) -> int:
        if not readings:
            return 0
        with self._writes() as connection:
            alone(connection, f"record {source}", self._place.patience_s)
            news = _news(self._told(connection, _of_the_figures(source, readings)), readings)
            if news:
                connection.execute(insert(tables.reading), [_row(source, reading) for reading in news])
        return len(news)

    def readings(self, source: str, asked: Sequence[str]) -> list[Reading]:
        with self._reads() as connection:
            return self._told(connection, _of_the_names(source, asked))

    def rest(self, source: str) -> Rest | None:
        with self._reads() as connection:
            row = connection.execute(select(tables.rest).where(tables.rest.c.source == source)).one_or_none()
        return None if row is None else Rest(row.until, row.reason)

    def leave_alone(self, source: str, rest: Rest) -> None:
        """The later of two instants stays: of requests under way together, one may have been told the shorter pause."""
        with self._writes() as connection:
            mine = insert_into(connection, tables.rest).values(source=source, until=rest.until, reason=rest.reason)
            theirs = {"until": mine.excluded.until, "reason": mine.excluded.reason}
            later = tables.rest.c.until < mine.excluded.until
            connection.execute(mine.on_conflict_do_update(index_elements=["source"], set_=theirs, where=later))

    def counts(self, since: dt.datetime) -> Counts:
        with self._reads() as connection:
            return counted(connection, since)

    def _told(self, connection: Connection, queries: Iterable[Select[Any]]) -> list[Reading]:
        """The readings some queries find, in order of retrieval."""
        rows = [row for query in queries for row in connection.execute(query)]
        rows.sort(key=lambda row: (row.retrieved_at, row.id))
        try:
            return [_reading(row) for row in rows]
        except ValueError as error:
            raise BadStore(
                f"a reading in the store {self._place.name} cannot be: {error}; rows were probably changed by hand; "
                f"restore a backup, or mend the row in the table reading"
            ) from error


def _indexable(key: str) -> str:
    """A key that is too long for an index ends with its digest instead."""
    if len(key) <= _LONGEST_KEY:
        return key
    return key[:_LONGEST_KEY] + "..." + hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()


def _portions(names: Iterable[str]) -> Iterator[list[str]]:
    different = list(dict.fromkeys(names))
    for first in range(0, len(different), _AT_ONCE):
        yield different[first : first + _AT_ONCE]


def _of_the_names(source: str, asked: Iterable[str]) -> Iterator[Select[Any]]:
    columns = tables.reading.c
    for names in _portions(asked):
        yield select(tables.reading).where(columns.source == source, columns.asked.in_(names))


def _of_the_figures(source: str, readings: Sequence[Reading]) -> Iterator[Select[Any]]:
    """All that is known of some figures, and perhaps of others of the same names and time."""
    columns = tables.reading.c
    periods = [reading.observation.period for reading in readings]
    first, last = min(period.start for period in periods), max(period.end for period in periods)
    for query in _of_the_names(source, (reading.asked for reading in readings)):
        yield query.where(columns.period_start >= first, columns.period_end <= last)


_Figure: TypeAlias = tuple[str, str, Period]
_Said: TypeAlias = tuple[float, str, str, str, str]


def _news(told: Iterable[Reading], readings: Iterable[Reading]) -> list[Reading]:
    """
    Those of some readings that say something the newest of their figure does not.

    One that is older than the newest is news too, but only once: it is known when the same was said at the same instant.
    """
    newest: dict[_Figure, Observation] = {}
    known: set[tuple[_Figure, _Said, dt.datetime]] = set()

    def learn(reading: Reading) -> None:
        figure, seen = _figure(reading), reading.observation
        known.add((figure, _said(seen), seen.retrieved_at))
        if figure not in newest or newest[figure].retrieved_at <= seen.retrieved_at:
            newest[figure] = seen

    def is_known(reading: Reading) -> bool:
        figure, seen = _figure(reading), reading.observation
        if figure in newest and _said(newest[figure]) == _said(seen):
            return True
        return (figure, _said(seen), seen.retrieved_at) in known

    for reading in told:
        learn(reading)
    news = []
    for reading in readings:
        if not is_known(reading):
            news.append(reading)
            learn(reading)
    return news


def _figure(reading: Reading) -> _Figure:
    return reading.asked, reading.observation.metric, reading.observation.period


def _said(seen: Observation) -> _Said:
    return seen.value, seen.status, seen.note, seen.origin, seen.query


def _row(source: str, reading: Reading) -> dict[str, Any]:
    seen = reading.observation
    return {
        "source": source,
        "asked": reading.asked,
        "metric": seen.metric,
        "subject": seen.subject,
        "period_start": seen.period.start,
        "period_end": seen.period.end,
        "value": seen.value + 0.0,  # an int becomes a float, and -0.0 becomes 0.0, which SQLite makes of it anyway
        "status": seen.status.value,
        "origin": seen.origin,
        "url": seen.url,
        "query": seen.query,
        "retrieved_at": seen.retrieved_at,
        "note": seen.note,
        "payload_sha256": seen.payload_sha256,
    }


def _reading(row: Row[Any]) -> Reading:
    return Reading(
        row.asked,
        Observation(
            metric=row.metric,
            subject=row.subject,
            period=Period(row.period_start, row.period_end),
            value=row.value,
            status=Status(row.status),
            origin=row.origin,
            url=row.url,
            retrieved_at=row.retrieved_at,
            note=row.note,
            query=row.query,
            payload_sha256=row.payload_sha256,
        ),
    )
