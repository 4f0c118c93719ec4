"""/healthz over a real PostgreSQL that goes away, hangs and comes back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from bot.service import endpoint
from bot.service.endpoint import Endpoint
from bot.store import Database, open_store
from bot.verbs.survey import survey_of
from tests.service.test_endpoint import asked
from tests.store.databases import PostgreSQLDatabase, Server, a_server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with a_server() as server:
        yield server


@pytest.fixture
def database(server: Server) -> PostgreSQLDatabase:
    return server.empty_database()


@pytest.fixture
def store(database: PostgreSQLDatabase) -> Iterator[Database]:
    with open_store(database.url) as store:
        yield store


@pytest.fixture
def address(store: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(endpoint, "_FRESH_S", 0.0)
    monkeypatch.setattr(endpoint, "_FAILED_S", 0.0)
    looked_at = store.now()
    with Endpoint(("127.0.0.1", 0), lambda: survey_of([], {}, store, store.now()), lambda: looked_at, str) as made:
        assert told(made.address)[:2] == (200, True)
        yield made.address


def told(address: str) -> tuple[int, bool, str]:
    """Within five seconds: the status, and what is said of the database."""
    began = time.monotonic()
    status, _, body = asked(address)
    assert time.monotonic() - began < 5
    check = json.loads(body)["checks"]["database"]
    return status, check["ok"], check["words"]


def test_a_server_that_hangs_is_told_of_in_time_and_well_again_after(address: str, database: PostgreSQLDatabase) -> None:
    with database.connect() as other, other.transaction():
        other.execute(
            "LOCK TABLE charge IN ACCESS EXCLUSIVE MODE"
        )  # nothing can be read of it: there is no end to a reader's wait
        for _ in range(2):
            status, ok, words = told(address)
            assert (status, ok, words.startswith("the database does not answer: it was asked ")) == (503, False, True)
    deadline = time.monotonic() + 10
    while told(address)[0] != 200 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert told(address) == (200, True, "it answers")


def test_a_server_that_is_stopped_is_told_of_and_well_again_when_it_is_back(address: str, server: Server) -> None:
    server.stop()
    try:
        status, ok, words = told(address)
    finally:
        server.start()
    assert (status, ok) == (503, False)
    assert "cannot be used: " in words
    assert told(address) == (200, True, "it answers")
