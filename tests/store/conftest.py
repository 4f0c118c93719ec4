"""Every test of the contract runs on SQLite and on PostgreSQL. A server that does not start fails them: they do not skip."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from bot.store import Database, open_store
from tests.processes import forking
from tests.store.databases import Place, PostgreSQLDatabase, Server, SQLiteFile, a_server, statements


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with a_server() as server:
        yield server


@pytest.fixture
def file(tmp_path: Path) -> SQLiteFile:
    """Where a SQLite store may be; nothing is there yet."""
    return SQLiteFile(tmp_path / "state" / "threadmill.db")


@pytest.fixture
def database(server: Server, request: pytest.FixtureRequest) -> PostgreSQLDatabase:
    """An empty database of PostgreSQL; for a test that has a store, with the tables of one and nothing in them."""
    if "store" not in request.fixturenames:
        return server.empty_database()
    make_tables: str = request.getfixturevalue("tables")
    return server.empty_store(make_tables)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue({"sqlite": "file", "postgresql": "database"}[request.param])
    return found


@pytest.fixture(scope="session")
def tables(server: Server) -> str:
    """What migrations do in PostgreSQL, word for word, to be done at one go."""
    database = server.empty_database()
    with statements() as said:
        open_store(database.url).close()
    return ";\n".join(one for one in said if not one.startswith("SELECT"))


@pytest.fixture
def store(place: Place, empty_file: Path) -> Iterator[Database]:
    """A store with nothing in it. Its first opening, which migrates, has tests of its own."""
    if isinstance(place, SQLiteFile):
        place.path.parent.mkdir()
        shutil.copy(empty_file, place.path)
    with open_store(place.url) as store:
        yield store


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    """Real processes that start within milliseconds."""
    return forking()
