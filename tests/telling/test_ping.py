"""The switch is asked, and whatever becomes of that ends nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from bot.config import Secret
from bot.telling.ping import Ping
from tests.telling.servers import Web, nobody, web


@pytest.fixture
def server() -> Iterator[Web]:
    with web() as server:
        yield server


def test_it_is_asked_with_a_get(server: Web) -> None:
    assert Ping(Secret(f"{server.url}/k3y"))() is True
    assert server.asked == [("GET", "/k3y", None)]


def test_an_answer_that_is_none_is_logged_and_ends_nothing(server: Web, caplog: pytest.LogCaptureFixture) -> None:
    server.statuses = [404]
    assert Ping(Secret(f"{server.url}/k3y"))() is False
    assert Ping(Secret(f"http://127.0.0.1:{nobody()}/k3y"), 2)() is False
    assert [(one.levelno, one.message) for one in caplog.records if one.name == "bot.telling.ping"] == [
        (logging.WARNING, "ping failed")
    ] * 2
    reasons = [str(vars(one)["reason"]) for one in caplog.records if one.name == "bot.telling.ping"]
    assert "answered 404" in reasons[0]
    assert "refuses the connection" in reasons[1]
    assert "k3y" not in "".join(reasons)
