"""From the address of a database to an engine that speaks with it, and what of the address may be shown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import BadStore

ALLOWED: Final = "sqlite:////folder/threadmill.db for a file, or postgresql://user:password@host/name for a server"

_POSTGRESQL: Final = ("postgresql", "postgres", "postgresql+psycopg")
_SECRETS: Final = ("password", "sslpassword")
_AWAY: Final[dict[str, Any]] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,  # a server that vanished before it answered is noticed within a minute; the kernel's rule is two hours
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,  # ms; keepalives rest while a question is on its way to it, and the kernel sends that for 15 min
    "client_encoding": "utf8",
    "application_name": "threadmill",
    "prepare_threshold": None,  # statements prepared on one server connection are unknown to the next behind PgBouncer
}


@dataclass(frozen=True)
class Address:
    """A database that can be spoken to. `name` is what may be shown of where it is; `secrets` is what may not."""

    name: str
    engine: Engine = field(repr=False)
    patience_s: float
    secrets: tuple[str, ...] = field(default=(), repr=False)


def address(url: str, patience_s: float) -> Address:
    """
    The database at a URL; nobody has spoken to it yet, but the folder of a file is there.

    Raises:
        BadStore: the URL is of no known form, its driver is not installed, or the folder cannot be made.
    """
    scheme, found, rest = url.partition("://")
    if not found:
        raise BadStore(f"the address of the store does not begin with a scheme and ://; set DATABASE_URL to {ALLOWED}")
    if scheme == "sqlite":
        return _sqlite(rest, patience_s)
    if scheme in _POSTGRESQL:
        return _postgresql(rest, patience_s)
    named = f'"{scheme}"' if re.fullmatch(r"[\w+.-]{1,30}", scheme) else "something else"
    raise BadStore(
        f"the store cannot be kept in {named}: the address of a database begins with sqlite or postgresql; "
        f"set DATABASE_URL to {ALLOWED}"
    )


def _sqlite(rest: str, patience_s: float) -> Address:
    if not rest.startswith("/") or rest[1:] in ("", ":memory:") or "?" in rest:
        raise BadStore(
            "the address of the store names no file: sqlite:// is followed by a slash and a path, without parameters, and what "
            "is kept in memory would be forgotten; write sqlite:////folder/threadmill.db"
        )
    path = Path(rest[1:])
    try:
        path = path.expanduser().absolute()
        path.parent.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise BadStore(
            f"the folder of the store {_shown(rest[1:])} cannot be made: {_reason(error)}; "
            f"the path is wrong or the folder above may not be written; mend DATABASE_URL, or THREADMILL_HOME without one"
        ) from error
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": patience_s},
        pool_timeout=patience_s,
    )
    event.listen(engine, "connect", _set_up_connection)
    event.listen(engine, "begin", _begin)
    return Address(str(path), engine, patience_s)


def _shown(path: str) -> str:
    return path if path.isprintable() else ascii(path)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _set_up_connection(connection: Any, _record: object) -> None:
    """
    SQLAlchemy's recipe against sqlite3's legacy mode, which begins a transaction late and only for some statements.

    `synchronous` is FULL, not NORMAL: the contract says that what is done has been committed, and NORMAL may lose the last
    transactions with the power. It costs two fsyncs for each reply, which took the network a hundred times as long.
    """
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")


def _begin(connection: Connection) -> None:
    """A writer takes its lock at once: a reader that wants to write later is refused on the spot when somebody else wrote."""
    how = connection.get_execution_options().get("begin", "BEGIN")
    if how:
        connection.exec_driver_sql(how)


def writing(engine: Engine) -> Engine:
    """The same database for transactions that write."""
    return engine.execution_options(begin="BEGIN IMMEDIATE")


def _postgresql(rest: str, patience_s: float) -> Address:
    if rest.count("@") > 1:
        raise BadStore(
            "the address of the store has more than one @, so nobody can tell where the password ends; "
            "in a user, a password or a parameter write %40 for @ (and %3A for :, %2F for /)"
        )
    try:
        url = make_url(f"postgresql+psycopg://{rest}")
        arguments = url.get_dialect()().create_connect_args(url)[1]
    except (ArgumentError, ValueError, TypeError):  # their text may hold the password
        url, arguments = None, {}
    if url is None or "@" in f"{url.host}{url.database}":
        raise BadStore(
            f"the address of the store cannot be read (it is not repeated here, for it may hold a password): a part is missing "
            f"or a sign in the password is not escaped; write {ALLOWED}"
        )
    try:
        engine = create_engine(
            "postgresql+psycopg://",
            connect_args={**_AWAY, **arguments},  # not in the URL, which an engine shows
            isolation_level="READ COMMITTED",  # whoever waited for a lock must see what the one before wrote
            pool_pre_ping=True,
            pool_timeout=patience_s,
        )
    except ImportError as error:
        raise BadStore(
            f"the store is to be kept in PostgreSQL, but its driver does not load: {error}; it is installed only on request: "
            f"pip install 'threadmill[postgres]', or unset DATABASE_URL to use SQLite"
        ) from error
    host = url.host or _first(arguments.get("host")) or "local socket"
    name = f"{host}{f':{url.port}' if url.port else ''}/{url.database or ''}"
    return Address(name, engine, patience_s, tuple(str(arguments[key]) for key in _SECRETS if arguments.get(key)))


def _first(hosts: object) -> str:
    return str(hosts).split(",", maxsplit=1)[0] if hosts else ""
