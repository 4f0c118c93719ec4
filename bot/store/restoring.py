"""
Brings a backup back into an empty store, of either kind, in one transaction: the store is whole afterwards, or as it was.

A restored store is older than the world: what was posted since the backup was made is not in it. So nothing goes out of it by
itself that may be out already: posts of threads that were under way are looked for on the account before they are sent, turns
that were not over wait for a person, and what was approved is to be approved again.
"""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Integer, Table, case, delete, exists, func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from bot.domain.delivery import State
from bot.domain.keeping import Backup, Restored
from bot.domain.turn import TurnState
from bot.errors import BadStore
from bot.store import portable, tables
from bot.store.address import address, writing
from bot.store.failures import bad_store
from bot.store.schema import VERSIONS, alone, migrate
from bot.store.transactions import Transactions

_AWAKE = (State.PLANNED, State.SENDING, State.REJECTED, State.UNKNOWN)
"""What a process the store does not know of may have sent meanwhile."""

_BY_HAND: Final = (
    "whether its posts went out in between is not known: threadmill post looks for them on the account before it sends any, and "
    "threadmill undo takes it back, whatever is out"
)
_LOOK: Final = "whether the post went out in between is not known; post the edition again, which looks at the account first"


@contextmanager
def backup_file(path: Path) -> Iterator[tuple[Backup, sqlite3.Connection]]:
    """
    A backup, looked at value by value, open for reading; an older one with its tables brought up to date, in a copy.

    Raises:
        BadInput: it is none, is damaged, or a newer Threadmill made it.
    """
    path = path.expanduser().absolute()
    with ExitStack() as open_files:
        with portable.told(path):
            file = open_files.enter_context(portable.reading(path))
            backup = portable.examined(path, file)
            if backup.tables_version != VERSIONS[-1]:
                newer = Path(open_files.enter_context(tempfile.TemporaryDirectory(prefix="threadmill-"))) / "backup.db"
                shutil.copyfile(path, newer)
                _bring_up_to_date(newer, backup)
                file = open_files.enter_context(portable.reading(newer))
        yield backup, file


def _bring_up_to_date(copy: Path, backup: Backup) -> None:
    place = address(f"sqlite:///{copy}", patience_s=1)
    try:
        with writing(place.engine).begin() as connection:
            migrate(connection)
    except SQLAlchemyError as error:
        raise bad_store(error, f"in a copy of {backup.path}", ()) from None
    finally:
        place.engine.dispose()


class Restoring(Transactions):
    """How a `Database` is filled from a backup."""

    def restore(self, backup: Backup, file: sqlite3.Connection) -> Restored:
        """Everything, or nothing."""
        with self._writes() as connection:
            alone(connection, "restore", self._place.patience_s)
            self._refuse_filled(connection)
            for table in tables.metadata.sorted_tables:
                _fill(connection, file, table, backup.path)
            counts = {table.name: _count(connection, table) for table in tables.metadata.sorted_tables}
            self._refuse_short(backup, counts)
            _number_on(connection)
            restored_at = _latest(connection, max(self._at(connection), self._here(), backup.made_at))
            restored = Restored(backup.made_at, restored_at, counts)
            connection.execute(insert(tables.restored), {"restored_at": restored_at, "made_at": backup.made_at})
            return replace(restored, doubtful=_doubt(connection, restored), held_turn_count=_hold(connection, restored))

    def _refuse_filled(self, connection: Connection) -> None:
        """Nobody else writes from now on, also where a server lets many."""
        names = [table.name for table in tables.metadata.sorted_tables]
        if connection.dialect.name != "sqlite":
            connection.execute(text(f"LOCK TABLE {', '.join(names)} IN SHARE ROW EXCLUSIVE MODE"))
        filled = [table.name for table in tables.metadata.sorted_tables if connection.scalar(select(exists(select(table))))]
        if filled:
            raise BadStore(
                f"the store {self._place.name} is not empty: there are rows in {', '.join(filled)}; what is in it would be mixed "
                "with the backup, so nothing was changed; set DATABASE_URL or THREADMILL_HOME to an empty place, or move the "
                "file away first"
            )

    def _refuse_short(self, backup: Backup, counts: Mapping[str, int]) -> None:
        for name, rows in backup.row_counts.items():
            if counts.get(name, rows) != rows:
                raise BadStore(
                    f"the store {self._place.name} took {counts[name]} of the {rows} rows of {name}; a rule or trigger of the "
                    "database keeps some out; nothing was changed; restore into a database of its own"
                )


def _fill(connection: Connection, file: sqlite3.Connection, table: Table, path: Path) -> None:
    columns = list(table.c)
    names = ", ".join(f'"{column.name}"' for column in columns)
    at_once = portable.PAYLOADS_AT_ONCE if table is tables.payload else portable.ROWS_AT_ONCE
    rows = file.execute(f'SELECT {names} FROM "{table.name}"')  # noqa: S608 - our own names
    while True:
        with portable.told(path):
            some = [
                {column.name: portable.typed(column, value) for column, value in zip(columns, row, strict=True)}
                for row in islice(rows, at_once)
            ]
        if not some:
            return
        connection.execute(insert(table), some)


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _number_on(connection: Connection) -> None:
    """What numbers itself goes on after the last number. SQLite looks at the rows anyway."""
    if connection.dialect.name == "sqlite":
        return
    for table in tables.metadata.sorted_tables:
        (column, *others) = table.primary_key.columns
        if others or not isinstance(column.type, Integer) or table.autoincrement_column is None:
            continue
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        last = select(func.max(column)).scalar_subquery()
        connection.execute(select(func.setval(sequence, func.coalesce(last, 1), last.is_not(None))))


def _latest(connection: Connection, now: dt.datetime) -> dt.datetime:
    """Now, or the last instant the backup knows, if a clock was ahead: what is sent from now on is later than that."""
    last = connection.execute(select(func.max(tables.delivery.c.sent_at, type_=tables.Instant()))).scalar_one()
    return max(now, last) if last is not None else now


def _doubt(connection: Connection, restored: Restored) -> dict[int, int]:
    """
    Posts that may have gone out since the backup was made, by edition.

    Of unknown fate they are looked for before they are sent, and that in all the time they may have been sent in.
    """
    columns, editions = tables.delivery.c, tables.edition.c
    doubtful: dict[int, int] = {}
    for edition in connection.execute(select(editions.id).where(editions.withdrawn_at.is_(None)).order_by(editions.id)).scalars():
        awake = columns.edition == edition, columns.state.in_([state.value for state in _AWAKE])
        under_way = columns.state.in_([State.SENDING.value, State.UNKNOWN.value])
        first = connection.execute(
            select(func.min(columns.sent_at, type_=tables.Instant())).where(*awake, under_way)
        ).scalar_one()
        values = {
            "state": State.UNKNOWN.value,
            "worker": "",
            "lease_until": None,
            "not_before": None,
            "sent_at": min(first or restored.made_at, restored.made_at),
            "sent_until": restored.restored_at,
            "error": f"{restored.words}; {_LOOK}",
        }
        if count := connection.execute(update(tables.delivery).where(*awake).values(values)).rowcount:
            doubtful[edition] = count
    return doubtful


def _hold(connection: Connection, restored: Restored) -> int:
    """Turns that were not over wait for a person, and what was approved is to be approved again. How many turns."""
    turns = tables.turn.c
    connection.execute(delete(tables.approval))
    values = {
        "state": TurnState.HELD.value,
        "reason": case(
            (turns.edition.is_not(None), f"{restored.words}; {_BY_HAND}"), else_=f"{restored.words}; {restored.advice}"
        ),
        "retry_at": None,
        "worker": "",
        "lease_until": None,
    }
    return connection.execute(update(tables.turn).where(turns.ended_at.is_(None)).values(values)).rowcount
