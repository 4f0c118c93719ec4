"""What a webhook is told, and what is known afterwards."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.config import Secret
from bot.errors import Untold
from bot.telling import _web
from bot.telling.webhook import Webhook
from tests.telling.servers import Web, nobody, web
from tests.telling.words import NOTICE

KEY = "/services/T0/k3y-Xyz?thread=9"


@pytest.fixture
def server() -> Iterator[Web]:
    with web() as server:
        yield server


def hook(server: Web, seconds: float = 5.0) -> Webhook:
    return Webhook(Secret(server.url + KEY), seconds)


def untold(teller: Webhook) -> tuple[str, bool]:
    with pytest.raises(Untold) as told:
        teller.tell(NOTICE)
    assert "k3y" not in f"{told.value!r}{told.value.__cause__!r}{teller.name}{vars(told.value)}"
    assert told.value.__suppress_context__ or told.value.__context__ is None
    return str(told.value), told.value.permanent


def test_slack_discord_and_programs_find_what_they_read(server: Web) -> None:
    hook(server).tell(NOTICE)
    ((method, path, body),) = server.asked
    assert (method, path) == ("POST", KEY)
    assert server.headers[0]["Content-Type"] == "application/json"
    assert body == {
        "text": NOTICE.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
        "content": NOTICE.text,
        "allowed_mentions": {"parse": []},
        "id": 3,
        "event": "waiting",
        "report": "dl-frameworks-monthly",
        "network": "x",
        "period": "2026-10",
        "run": "r-17",
        "at": "2026-11-05T08:00:01+00:00",
    }


@pytest.mark.parametrize(("length", "ends"), [(2000, "x"), (2001, "…")])
def test_discord_is_given_as_much_as_it_takes(server: Web, length: int, ends: str) -> None:
    hook(server).tell(replace(NOTICE, text="x" * length))
    body = server.asked[0][2]
    assert (len(body["content"]), body["content"][-1], len(body["text"])) == (2000, ends, length)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_what_is_2xx_is_told(server: Web, status: int) -> None:
    server.statuses = [status]
    hook(server).tell(NOTICE)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        (400, True),
        (401, True),
        (404, True),
        (410, True),
        (301, True),
        (302, True),
        (304, True),
        (408, False),
        (429, False),
        (500, False),
        (503, False),
    ],
)
def test_another_answer_is_for_good_or_passes(server: Web, status: int, permanent: bool) -> None:
    server.statuses = [status]
    words, found = untold(hook(server))
    assert found == permanent
    assert f"the webhook at {server.url.removeprefix('http://')} answered {status}" in words
    assert ("Mend THREADMILL_NOTIFY_URL" in words) == permanent
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [307, 308])
def test_on_the_same_host_it_goes_where_it_is_sent(server: Web, status: int) -> None:
    server.statuses, server.location = [status, 200], "/there?k=1"
    hook(server).tell(NOTICE)
    assert [(method, path) for method, path, _ in server.asked] == [("POST", KEY), ("POST", "/there?k=1")]
    assert server.asked[0][2] == server.asked[1][2]


@pytest.mark.parametrize(
    "place", ["http://localhost:{port}/", "https://127.0.0.1:{port}/", "//evil.example/k3y", "http://[", "ftp://x"]
)
def test_to_another_host_it_is_never_sent_on(server: Web, place: str) -> None:
    server.statuses, server.location = [307], place.format(port=server.url.rpartition(":")[2])
    words, permanent = untold(hook(server))
    assert (permanent, "which was not followed. Set THREADMILL_NOTIFY_URL to it" in words) == (True, True)
    assert len(server.asked) == 1


def test_a_circle_ends(server: Web) -> None:
    server.statuses, server.location = [307], "/again"
    words, permanent = untold(hook(server))
    assert (permanent, "in a circle" in words, len(server.asked)) == (True, True, 4)


def test_whoever_is_not_there_may_come_back() -> None:
    words, permanent = untold(Webhook(Secret(f"http://127.0.0.1:{nobody()}{KEY}"), 5))
    assert (permanent, "refuses the connection. It is tried again" in words) == (False, True)


def test_an_address_that_is_none_is_told_of() -> None:
    words, permanent = untold(Webhook(Secret(f"http://{'a' * 70}.localhost{KEY}"), 5))
    assert not permanent
    assert "mend THREADMILL_NOTIFY_URL" in words


@pytest.mark.parametrize("way", ["hold", "drip"])
def test_whoever_does_not_come_to_an_end_is_waited_for_so_long(server: Web, way: str) -> None:
    if way == "hold":
        server.hold = threading.Event()
    server.drip = way == "drip"
    began = time.monotonic()
    words, permanent = untold(hook(server, seconds=0.4))
    assert time.monotonic() - began < 1.5
    assert (permanent, words.partition(" did not ")[2]) == (False, "answer in 0.4 s, and may have been told. It is tried again")


def test_headers_that_are_cut_off_by_the_watch_are_no_answer(server: Web) -> None:
    server.drip = True
    with pytest.raises(Untold, match="and may have been told"):
        _web._status("it", "VARIABLE", Secret(server.url), None, 0.2)  # nobody stops waiting for it before


def test_no_password_of_this_machine_is_sent_along(server: Web, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    (Path(str(tmp_path)) / ".netrc").write_text("machine 127.0.0.1 login me password hunter2\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    hook(server).tell(NOTICE)
    assert "Authorization" not in server.headers[0]
