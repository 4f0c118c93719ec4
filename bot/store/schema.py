"""Brings a database to the tables this code knows, once, however many processes open it together."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, column, func, inspect, select, table
from sqlalchemy.exc import OperationalError

from bot.errors import BadStore
from bot.store.address import Address, writing
from bot.store.tables import VERSION_TABLE

VERSIONS: Final = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
"""Those of `migrations/versions`, oldest first: told here too, so that alembic is loaded for an older database only."""

KEEPING: Final = "keeping"
"""What prunes and what freezes is `alone` under this name: a pruning sees every thread that cites a reply."""

BACKUP_TABLE: Final = "threadmill_backup"
"""By it a backup is told from a store. It is written last, so that half a backup has none."""

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_PAUSE_S: Final = 0.02


def prepare(address: Address) -> None:
    """
    The tables of this version, made or brought up to date in one transaction.

    Raises:
        BadStore: the database is another program's or a newer version's. It is left as it was.
        SQLAlchemyError: it cannot be read or written.
    """
    with address.engine.begin() as connection:
        version = _version(connection, address.name)
    if address.engine.dialect.name == "sqlite":
        _write_ahead(address.engine, address.patience_s, fresh=version is None)
    if version == VERSIONS[-1]:
        return
    with writing(address.engine).begin() as connection:
        alone(connection, "migrations", address.patience_s)
        if _version(connection, address.name) != VERSIONS[-1]:  # another process may have been quicker
            migrate(connection)


def alone(connection: Connection, name: str, patience_s: float) -> None:
    """
    Only one transaction of a name goes on at a time; the next one sees what it wrote.

    In SQLite a writer is alone already. PostgreSQL has advisory locks for it, let go with the transaction.
    """
    if connection.dialect.name == "sqlite":
        return
    number = int.from_bytes(hashlib.sha256(f"threadmill {name}".encode(errors="surrogatepass")).digest()[:8], "big", signed=True)
    patient(connection, patience_s)
    connection.execute(select(func.pg_advisory_xact_lock(number)))


def patient(connection: Connection, patience_s: float) -> None:
    """
    For each lock of another's a transaction waits so long, and is refused then.

    SQLite's connections wait as long anyway. PostgreSQL would wait for ever for one that hangs in the middle.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(select(func.set_config("lock_timeout", f"{max(1, round(patience_s * 1000))}ms", True)))


def _version(connection: Connection, name: str) -> str | None:
    """The version of a database of ours, None of an empty one."""
    tables = inspect(connection).get_table_names()
    if BACKUP_TABLE in tables:
        raise BadStore(
            f"the store {name} is a backup: what was posted since it was made is not in it, so it is not used as a store; "
            "set DATABASE_URL or THREADMILL_HOME to another place and bring it back there with threadmill restore"
        )
    if VERSION_TABLE not in tables:
        if tables:
            raise BadStore(
                f"the store {name} is another program's: it has a table {tables[0]} and none named {VERSION_TABLE}; "
                f"the address was probably mistaken; set DATABASE_URL to a database or file that is empty or does not exist"
            )
        return None
    version = connection.scalar(select(column("version_num")).select_from(table(VERSION_TABLE)))
    if not isinstance(version, str):
        raise BadStore(
            f"the store {name} does not say of which version it is: its table {VERSION_TABLE} was emptied; "
            f"restore a backup, or set DATABASE_URL to another place to begin anew"
        )
    if version not in VERSIONS:
        raise _newer(name, version)
    return version


def _newer(name: str, version: str) -> BadStore:
    return BadStore(
        f"the store {name} is of version {version}, and this Threadmill knows none after {VERSIONS[-1]}: "
        f"a newer Threadmill has opened it; install that one here too, or set DATABASE_URL to another place"
    )


def _write_ahead(engine: Engine, patience_s: float, fresh: bool) -> None:
    """
    Readers and one writer side by side, for good: the file remembers it. A fresh one can also become shorter (`pruning`).

    The change begins as a reader that then wants to write, and such a one SQLite refuses at once, whatever its timeout: of
    connections that made it 8 at a time, 1 in 70 was told "database is locked" (SQLite 3.40.1, 2026-11-22).
    """
    until = time.monotonic() + patience_s
    while True:
        try:
            with engine.execution_options(begin="").connect() as connection:  # no transaction may be open
                if fresh:
                    connection.exec_driver_sql("PRAGMA auto_vacuum = INCREMENTAL")  # only before the first table
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        except OperationalError as error:
            if getattr(error.orig, "sqlite_errorname", "") != "SQLITE_BUSY" or time.monotonic() > until:
                raise
            time.sleep(_PAUSE_S)
        else:
            return


def migrate(connection: Connection) -> None:
    """Bring tables of an older version, or none, up to date."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, VERSIONS[-1])
