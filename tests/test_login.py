"""`threadmill login x` and `threadmill check` through the front door, against a token endpoint on loopback."""

from __future__ import annotations

import datetime as dt
import http.client
import io
import json
import logging
import re
import socket
import stat
import struct
import sys
import threading
import time
import traceback
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import wiring
from bot.cli import main
from bot.config import Secret
from bot.errors import BadInput, Later, Rejected
from bot.publishers._x import consent
from bot.publishers._x.callback import Callback
from bot.verbs import login as verb
from tests.ports import a_free_port
from tests.publishers.endpoint import CLIENT, KEYS, SECRET, Endpoint, Fault
from tests.publishers.logins import place, store
from tests.publishers.test_x import everything_logged

NOW = dt.datetime(2026, 9, 30, 12, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("THREADMILL_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def x(monkeypatch: pytest.MonkeyPatch, home: Path) -> Iterator[Endpoint]:
    """An X that knows the app, and the environment to log in there."""
    monkeypatch.setattr(wiring, "_now", lambda: NOW)
    monkeypatch.setenv("X_CLIENT_ID", CLIENT)
    with Endpoint() as running:
        monkeypatch.setenv("X_API_BASE_URL", running.url)
        yield running


@pytest.fixture
def port() -> int:
    return a_free_port()


def get(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=5) as page:
            return page.status, page.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


class Browser:
    """What is opened, who answers it (in a thread, as a browser does), and what the person sees in the end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, does: Callable[[str], str | list[str]]) -> None:
        self.opened: list[str] = []
        self.pages: list[tuple[int, str]] = []
        self.does = does
        monkeypatch.setattr(webbrowser, "open", self.open)

    def open(self, address: str) -> bool:
        self.opened.append(address)
        addresses = self.does(address)
        self.thread = threading.Thread(target=self._go, args=([addresses] if isinstance(addresses, str) else addresses,))
        self.thread.start()
        return True

    def _go(self, addresses: list[str]) -> None:
        self.pages += [get(one) for one in addresses]

    def page(self) -> tuple[int, str]:
        self.thread.join(5)
        return self.pages[-1]


def log_in(*more: str) -> int:
    return main(["login", "x", *more])


# In a browser


def test_a_person_who_agrees_in_the_browser_is_logged_in(
    x: Endpoint, home: Path, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    browser = Browser(monkeypatch, x.agree)
    assert log_in("--port", str(port)) == 0
    (asked,) = browser.opened
    parts, query = urlsplit(asked), dict(parse_qsl(urlsplit(asked).query))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{x.url}/i/oauth2/authorize"
    assert query | {"state": "", "code_challenge": ""} == {
        "response_type": "code", "client_id": CLIENT, "redirect_uri": f"http://127.0.0.1:{port}/callback",
        "scope": "tweet.read tweet.write users.read media.write offline.access", "state": "", "code_challenge": "",
        "code_challenge_method": "S256",
    }  # fmt: skip
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", query["code_challenge"])
    assert len(query["state"]) >= 43
    status, page = browser.page()
    assert status == 200
    assert "You agreed" in page
    said = capsys.readouterr().out
    assert asked in said
    path = place(home, x.url)
    assert said.split("agree:")[1].splitlines()[2:] == [
        "Logged in as @mill_bot, account 1001",
        "  may tweet.read, tweet.write, users.read, media.write, offline.access",
        f"  kept in {path}",
        "  good until 2026-09-30T14:00+00:00, renewed by itself until about 2027-03-29",
    ]
    stored = json.loads(path.read_text())
    assert (stored["account"], stored["username"], stored["client_id"]) == ("1001", "mill_bot", CLIENT)
    assert (stored["access_token"], stored["refresh_token"]) == ("access~1-a9c1e7d3", "refresh~1-77be02f4")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (form,) = x.forms
    assert form | {"code": "", "code_verifier": ""} == {
        "grant_type": "authorization_code", "client_id": CLIENT, "redirect_uri": f"http://127.0.0.1:{port}/callback", "code": "",
        "code_verifier": "",
    }  # fmt: skip
    assert re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", form["code_verifier"])  # RFC 7636
    assert x.asked == ["Bearer access~1-a9c1e7d3"]


def test_two_logins_share_no_state_and_no_verifier(x: Endpoint, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser(monkeypatch, x.agree)
    assert [log_in("--port", str(port)), log_in("--port", str(port))] == [0, 0]
    first, second = (dict(parse_qsl(urlsplit(one).query)) for one in browser.opened)
    assert first["state"] != second["state"]
    assert x.forms[0]["code_verifier"] != x.forms[1]["code_verifier"]


def test_x_itself_is_asked_for_consent_at_its_own_address() -> None:
    attempt = consent.attempt("id", "https://api.x.com", "http://127.0.0.1:8712/callback", ("tweet.read",))
    assert attempt.address.startswith("https://x.com/i/oauth2/authorize?response_type=code&client_id=id&")
    assert "redirect_uri=http%3A%2F%2F127.0.0.1%3A8712%2Fcallback&" in attempt.address


def test_without_a_browser_the_address_is_printed_and_waited_for(x: Endpoint, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _: pytest.fail("a browser was opened"))
    monkeypatch.setattr(sys, "stdout", said := io.StringIO())  # capsys loses what is written while it is read
    done: list[int] = []
    running = threading.Thread(target=lambda: done.append(log_in("--port", str(port), "--no-browser")))
    running.start()
    patience = time.monotonic() + 20
    while "/i/oauth2/authorize" not in said.getvalue() and time.monotonic() < patience:
        time.sleep(0.01)
    address = next(line for line in said.getvalue().splitlines() if "authorize" in line)
    status, _ = get(x.agree(address))
    running.join(10)
    assert (status, done) == (200, [0])


def test_a_machine_that_starts_no_browser_says_what_to_do(
    x: Endpoint, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    monkeypatch.setattr(verb, "WAIT_S", 0.1)
    assert log_in("--port", str(port)) == 7
    told = capsys.readouterr()
    assert "--paste" in told.out
    assert "no answer of X came back" in told.err


def test_a_confidential_app_signs_with_its_secret(x: Endpoint, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x.secret = SECRET
    monkeypatch.setenv("X_CLIENT_SECRET", SECRET)
    Browser(monkeypatch, x.agree)
    assert log_in("--port", str(port)) == 0
    assert x.heads[0]["Authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        ({"code": "", "error": "access_denied"}, 4, "X was told no"),
        ({"code": "", "error": "invalid_scope"}, 4, "(invalid_scope)"),
        ({"code": "", "error": "%0d%0a<script>"}, 4, "(an unknown error)"),
        ({"code": "", "error": "server_error"}, 7, "having an incident"),
        ({"code": "", "error": "temporarily_unavailable"}, 7, "having an incident"),
    ],
)
def test_a_person_or_x_that_says_no_ends_the_login_in_words(
    answer: dict[str, str], code: int, words: str, x: Endpoint, home: Path, port: int, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    browser = Browser(monkeypatch, lambda address: x.agree(address, **answer))
    assert log_in("--port", str(port)) == code
    assert words in capsys.readouterr().err
    status, page = browser.page()
    assert status == 200
    assert "Nothing was stored" in page
    assert x.forms == []
    assert not place(home, x.url).exists()


@pytest.mark.parametrize(
    "turned",
    [
        "/callback?code=stolen&state=wrong", "/callback?code=a", "/callback", "/callback?state=%s", "/callback?code=&state=%s", "/callback?code=a&code=b&state=%s",
        "/callback?code=a&state=%s&state=%s", "/callback?error=access_denied", "/callback?error=access_denied&state=wrong", "/callback?code=%%0a&state=%s",
        "/callback?" + "a=1&" * 50 + "code=a&state=%s", "/callback?code=" + "a" * 9000 + "&state=%s", "/favicon.ico", "/", "/callback/?code=a&state=%s",
    ],
)  # fmt: skip
def test_what_answers_nothing_that_was_asked_is_turned_away_and_the_login_goes_on(
    turned: str, x: Endpoint, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def both(address: str) -> list[str]:
        state = parse_qs(urlsplit(address).query)["state"][0]
        return [f"http://127.0.0.1:{port}{turned.replace('%%', '%').replace('%s', state)}", x.agree(address)]

    browser = Browser(monkeypatch, both)
    assert log_in("--port", str(port)) == 0
    assert browser.page()[0] == 200
    status, page = browser.pages[0]
    assert status in (400, 404)
    assert "stolen" not in page
    assert len(x.forms) == 1


def test_what_was_turned_away_is_told_when_nothing_else_comes(
    x: Endpoint, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(verb, "WAIT_S", 0.5)
    browser = Browser(monkeypatch, lambda address: x.agree(address, state="another"))
    assert log_in("--port", str(port)) == 7
    assert "(1 answers to something else were turned away)" in capsys.readouterr().err
    assert browser.page()[0] == 400
    assert x.forms == []


def test_a_port_in_use_is_told_before_anybody_is_asked(
    x: Endpoint, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser(monkeypatch, x.agree)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert log_in("--port", str(taken.getsockname()[1])) == 2
    told = capsys.readouterr()
    assert "--port" in told.err
    assert "authorize" not in told.out
    assert browser.opened == []


@pytest.mark.parametrize("number", ["0", "65536", "-1"])
def test_a_port_that_is_none_is_usage(number: str, x: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    assert log_in("--port", number) == 2
    assert "no port" in capsys.readouterr().err


def test_the_callback_is_for_this_machine_alone(port: int) -> None:
    with Callback(port, lambda _: Secret("")) as callback:
        assert callback._server.server_address == ("127.0.0.1", port)


# Pasted


def paste(monkeypatch: pytest.MonkeyPatch, text: Callable[[str], str], capsys: pytest.CaptureFixture[str]) -> int:
    """The person reads the address and pastes something."""

    class Person(io.StringIO):
        def readline(self, size: int | None = -1, /) -> str:
            address = next(line for line in capsys.readouterr().out.splitlines() if "authorize" in line)
            return text(address)

    monkeypatch.setattr("sys.stdin", Person())
    monkeypatch.setattr(webbrowser, "open", lambda _: pytest.fail("a browser was opened"))
    return log_in("--paste")


@pytest.mark.parametrize(
    "taken",
    [
        lambda address: address,
        lambda address: f"  {address}\r\n",
        lambda address: urlsplit(address).query,
        lambda address: "?" + urlsplit(address).query,
        lambda address: "/callback?" + urlsplit(address).query,
        lambda address: address.replace("http://127.0.0.1:8712", "https://localhost"),
        lambda address: parse_qs(urlsplit(address).query)["code"][0],
        lambda address: parse_qs(urlsplit(address).query)["code"][0] + "\n",
    ],
)
def test_the_address_or_the_code_can_be_pasted(
    taken: Callable[[str], str], x: Endpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert paste(monkeypatch, lambda address: taken(x.agree(address)), capsys) == 0
    assert "Logged in as @mill_bot" in capsys.readouterr().out
    assert x.forms[0]["redirect_uri"] == "http://127.0.0.1:8712/callback"


@pytest.mark.parametrize(
    ("pasted", "code", "words"),
    [
        ("", 2, "nothing was pasted"),
        ("\n", 2, "nothing was pasted"),
        ("short", 2, "neither the address"),
        ("two words of it", 2, "neither the address"),
        ("código-código", 2, "neither the address"),
        ("\udcff\udcfe" * 10, 2, "neither the address"),
        ("https://x.com/home", 2, "not what X sends"),
        ("http://127.0.0.1:8712/callback?code=a&state=b", 2, "another login"),
        ("http://127.0.0.1:8712/callback?code=abcdefgh", 2, "not what X sends"),
        ("http://[", 2, "not what X sends"),
        ("code=a&error=b&" + "x" * 9000, 2, "not what X sends"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words_that_do_not_repeat_it(
    pasted: str, code: int, words: str, x: Endpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert paste(monkeypatch, lambda _: pasted, capsys) == code
    told = capsys.readouterr()
    assert words in told.err
    assert "--paste" in told.err
    assert len(pasted.strip()) < 6 or pasted.strip() not in told.err + told.out
    assert x.forms == []


def test_a_denial_can_be_pasted_too(x: Endpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert paste(monkeypatch, lambda address: x.agree(address, code="", error="access_denied"), capsys) == 4
    assert "X was told no" in capsys.readouterr().err


def test_a_code_x_no_longer_knows_is_refused_by_it(
    x: Endpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert paste(monkeypatch, lambda _: "code-from-yesterday", capsys) == 4
    assert "for 30 seconds" in capsys.readouterr().err


# What X says of it


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (Fault(400, {"error": "invalid_request", "error_description": "Value passed for the authorization code was invalid."}), 4, "for 30 seconds"),
        (Fault(401, {"error": "unauthorized_client", "error_description": "Missing valid authorization header"}), 4, "X_CLIENT_SECRET"),
        (Fault(400, {"error": "invalid_client"}), 4, "not the consumer keys"),
        (Fault(503), 7, "this one is lost"),
        (Fault(silent=True), 7, "this one is lost"),
        (Fault(200, {"access_token": ""}), 7, "this one is lost"),
        (Fault(429), 7, "asks to wait"),
        (Fault(200, {"access_token": "a", "refresh_token": "b", "scope": "tweet.read users.read offline.access"}), 4, "without tweet.write, media.write"),
        (Fault(200, {"access_token": "a", "refresh_token": "b", "scope": "tweet.read tweet.write users.read offline.access"}), 4, "Read and write"),
        (Fault(200, {"access_token": "a"}), 4, "without a refresh token"),
    ],
)  # fmt: skip
def test_a_login_x_does_not_grant_whole_is_not_stored(
    fault: Fault, code: int, words: str, x: Endpoint, home: Path, port: int, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    x.faults = [fault]
    Browser(monkeypatch, x.agree)
    assert log_in("--port", str(port)) == code
    assert words in capsys.readouterr().err
    assert len(x.forms) == 1
    assert sorted(path.suffix for path in (home / "logins").iterdir()) == [".lock"]


@pytest.mark.parametrize(("status", "code"), [(401, 4), (403, 4), (503, 7), (402, 4)])
def test_a_login_nobody_knows_the_account_of_is_not_stored(
    status: int, code: int, x: Endpoint, home: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    x.identity = Fault(status, b"")
    Browser(monkeypatch, x.agree)
    assert log_in("--port", str(port)) == code
    assert not place(home, x.url).exists()
    assert len(x.asked) == 1


def test_a_login_of_another_account_than_the_keys_is_refused(
    x: Endpoint, home: Path, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    x.account, x.name = "2002", "somebody"
    Browser(monkeypatch, x.agree)
    assert log_in("--port", str(port)) == 2
    said = capsys.readouterr().err
    assert "@somebody's, account 2002" in said
    assert "account 1001's" in said
    assert not place(home, x.url).exists()


def test_a_login_of_another_account_than_the_stored_one_is_refused_and_that_stays(
    x: Endpoint, home: Path, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = store(home, x, NOW, HOUR).read_bytes()
    x.account, x.name = "2002", "somebody"
    Browser(monkeypatch, x.agree)
    assert log_in("--port", str(port)) == 2
    assert "threadmill login x --forget" in capsys.readouterr().err
    assert place(home, x.url).read_bytes() == before


def test_a_new_login_of_the_same_account_takes_the_old_one_s_place(
    x: Endpoint, home: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(home, x, NOW, -HOUR, scopes=["tweet.read"])
    Browser(monkeypatch, x.agree)
    assert log_in("--port", str(port)) == 0
    assert json.loads(place(home, x.url).read_text())["access_token"] == "access~1-a9c1e7d3"


# What is needed before


def test_without_a_client_id_the_way_to_one_is_told(
    x: Endpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("X_CLIENT_ID")
    for way in ((), ("--paste",)):
        assert log_in(*way) == 2
        said = capsys.readouterr().err
        assert "X_CLIENT_ID is not set" in said
        assert "console.x.com" in said


def test_a_client_id_with_a_blank_in_it_is_refused(
    x: Endpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("X_CLIENT_ID", "a b")
    assert log_in() == 2
    assert "X_CLIENT_ID holds a blank" in capsys.readouterr().err


def test_no_code_and_no_key_is_sent_in_the_clear(
    x: Endpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("X_API_BASE_URL", "http://x.example")
    for way in ((), ("--paste",), ("--exchange",)):
        assert log_in(*way) == 2
        assert "https" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "words"), [("y", "there are disk, x"), ("disk", "has no door")])
def test_a_network_nobody_logs_in_to_is_named(name: str, words: str, x: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["login", name]) == 2
    assert words in capsys.readouterr().err


def test_a_disk_without_room_is_told_before_anybody_is_asked(
    x: Endpoint, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    browser = Browser(monkeypatch, x.agree)
    assert log_in("--port", str(port)) == 2
    assert "no login can be kept" in capsys.readouterr().err
    assert browser.opened == []


# Exchanged, forgotten


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("keys")
def test_keys_are_exchanged_for_a_login_without_a_person(x: Endpoint, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert log_in("--exchange") == 0
    assert x.forms == [
        {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": "1001-accessToken8",
            "subject_token_type": "urn:x:params:oauth:token-type:oauth1_token",
            "oauth_token_secret": "tokenSecret9",
            "client_id": CLIENT,
        }
    ]
    assert "Logged in as @mill_bot, account 1001" in capsys.readouterr().out
    assert log_in("--exchange") == 0  # it may be repeated, and the newest pair is the one that is kept
    assert json.loads(place(home, x.url).read_text())["refresh_token"] == "refresh~2-77be02f4"


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (Fault(400, {"error": "invalid_grant"}), 4, "of the same app"),
        (Fault(401, {"error": "invalid_grant"}), 4, "of the same app"),
        (Fault(400, {"error": "unauthorized_client"}), 4, "X_CLIENT_ID"),
        (Fault(400, {"error": "invalid_scope"}), 4, "Read and write"),
        (Fault(429, {"error": "rate_limited"}), 7, "asks to wait"),
        (Fault(503, {"error": "temporarily_unavailable"}), 7, "may be repeated freely"),
        (Fault(before=False, silent=True), 7, "may be repeated freely"),
        (Fault(200, {"access_token": "a", "refresh_token": "b", "scope": "tweet.read users.read offline.access"}), 4, "Read and write"),
    ],
)  # fmt: skip
def test_an_exchange_that_fails_says_what_to_do(
    fault: Fault, code: int, words: str, x: Endpoint, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x.faults = [fault]
    assert log_in("--exchange") == code
    assert words in capsys.readouterr().err
    assert not place(home, x.url).exists()
    assert log_in("--exchange") == 0


@pytest.mark.usefixtures("keys")
def test_only_all_four_keys_are_exchanged(
    x: Endpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("X_CONSUMER_SECRET")
    assert log_in("--exchange") == 2
    assert capsys.readouterr().err.startswith("threadmill: X_CONSUMER_SECRET is not set")
    assert x.forms == []


def test_a_login_is_forgotten_once(x: Endpoint, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert log_in("--forget") == 0
    assert capsys.readouterr().out == "There was no stored login\n"
    path = store(home, x, NOW, HOUR)
    assert log_in("--forget") == 0
    assert capsys.readouterr().out.startswith(f"Removed {path}\n")
    assert not path.exists()
    assert log_in("--forget") == 0
    assert capsys.readouterr().out == "There was no stored login\n"
    assert x.forms == []


def test_a_damaged_login_is_forgotten_too(
    x: Endpoint, home: Path, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store(home, x, NOW, HOUR).write_bytes(b"\xff{")
    Browser(monkeypatch, x.agree)
    assert log_in("--port", str(port)) == 2
    assert "--forget" in capsys.readouterr().err
    assert log_in("--forget") == 0
    assert log_in("--port", str(port)) == 0


@pytest.mark.parametrize("both", [("--paste", "--exchange"), ("--forget", "--paste"), ("--exchange", "--forget")])
def test_one_way_at_a_time(both: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as caught:
        log_in(*both)
    assert caught.value.code == 2


# threadmill check


def check(*arguments: str) -> int:
    """Of one small report: to prove that the posts of all of them fit takes longer than all else."""
    return main(["check", "infrastructure-tools", *arguments])


def test_check_says_what_would_post_and_asks_nobody(
    x: Endpoint, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check() == 0
    assert "X could not be posted to: there are no four keys and no login that fit" in capsys.readouterr().out
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    assert check() == 0
    said = capsys.readouterr().out
    assert "X would be posted to with OAuth 1.0a keys, as account 1001" in said
    assert re.search(rf"^X_CLIENT_ID +{re.escape(CLIENT)}$", said, re.MULTILINE)
    path = store(home, x, NOW, HOUR)
    assert check() == 0
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("X would be posted to with a login, as @mill_bot, account 1001")
    assert lines[at + 1 : at + 4] == [
        "  may tweet.read, tweet.write, users.read, media.write, offline.access",
        f"  kept in {path}",
        "  good until 2026-09-30T13:00+00:00, renewed by itself until about 2027-03-29",
    ]
    assert x.forms == x.asked == []


@pytest.mark.parametrize("spoil", ["damage", "another account", "another app"])
def test_check_says_what_is_wrong_with_the_credentials(
    spoil: str, x: Endpoint, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = store(home, x, NOW, HOUR)
    if spoil == "damage":
        path.write_text("{")
    elif spoil == "another app":
        monkeypatch.setenv("X_CLIENT_ID", "another")
    else:
        for name, value in (KEYS | {"X_ACCESS_TOKEN": "2002-other"}).items():
            monkeypatch.setenv(name, value)
    for more in ((), ("--online",)):
        assert check(*more) == 2
        assert "x: wrong\n" in capsys.readouterr().out
    assert x.asked == []


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("level", "code", "words"),
    [
        ("read-write", 0, "They may post"),
        ("Read-Write-DirectMessages", 0, "They may post"),
        ("", 0, "Whether they may post X did not say"),
        ("read", 4, "regenerate access token and secret"),
    ],
)
def test_check_online_asks_once_whose_keys_they_are_and_whether_they_may_post(
    level: str, code: int, words: str, x: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    x.level = level
    assert check("--online") == code
    told = capsys.readouterr()
    assert words in told.out + told.err
    assert "mill_bot" in told.out + told.err
    if code == 0:
        assert "a user read, presumably billed $0.010" in told.out
    assert len(x.asked) == 1
    assert x.forms == []


def test_check_online_of_a_login_goes_by_its_scopes(x: Endpoint, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x.level = "read"  # of no meaning here
    store(home, x, NOW, HOUR)
    assert check("--online") == 0
    assert "They may post" in capsys.readouterr().out
    store(home, x, NOW, HOUR, scopes=["tweet.read", "tweet.write", "users.read"])
    assert check("--online") == 4
    assert "threadmill login x" in capsys.readouterr().err


def test_check_online_renews_a_login_that_has_run_out(x: Endpoint, home: Path) -> None:
    store(home, x, NOW, -HOUR)
    assert check("--online") == 0
    assert (x.grants, len(x.asked)) == (["refresh_token"], 1)


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("status", "body", "code", "words"),
    [
        (401, b"", 4, "copy all four X_ variables"),
        (402, {"title": "CreditsDepleted"}, 4, "buy credits"),
        (403, {"type": "https://api.x.com/2/problems/client-forbidden"}, 4, "pay-per-use project"),
        (403, {"type": "https://api.twitter.com/2/problems/user-suspended"}, 4, "has suspended"),
        (403, b"", 4, "limited"),
        (429, b"", 7, "asks to wait"),
        (503, b"", 7, "incident"),
        (200, b"<html>", 7, "cannot be read"),
        (200, {"data": {"id": "1001"}}, 7, "cannot be read"),
        (200, {"data": {"id": "2002", "username": "somebody"}}, 2, "@somebody's, account 2002"),
    ],
)
def test_check_online_says_in_words_what_is_wrong(
    status: int, body: object, code: int, words: str, x: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    x.identity = Fault(status, body)
    assert check("--online") == code
    assert words in capsys.readouterr().err
    assert len(x.asked) == 1


def test_check_online_without_credentials_or_x_says_so(
    x: Endpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check("--online") == 2
    assert "threadmill login x" in capsys.readouterr().err
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        monkeypatch.setenv("X_API_BASE_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")
    assert check("--online") == 7
    assert "nothing was sent" in capsys.readouterr().err


@pytest.mark.usefixtures("keys")
def test_a_recipe_that_is_wrong_stays_wrong_online(x: Endpoint, tmp_path: Path) -> None:
    (tmp_path / "templates" / "mine").mkdir(parents=True)
    (tmp_path / "templates" / "mine" / "report.toml").write_text("title = 1")
    assert main(["check", "mine", "--online"]) == 2
    assert len(x.asked) == 1


# Nothing shows a secret


def test_no_secret_shows_in_output_logs_or_files_but_the_one(
    x: Endpoint, home: Path, port: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The state and the challenge are in the address the person opens, and nowhere else."""
    x.secret = SECRET
    monkeypatch.setenv("X_CLIENT_SECRET", SECRET)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    browser = Browser(monkeypatch, x.agree)
    with everything_logged() as lines:
        logging.getLogger("urllib3").debug("the handler works")
        for way in (("--port", str(port)), ("--exchange",)):
            for _ in range(2):
                assert log_in(*way) == 0
        x.faults = [
            Fault(400, {"error": "invalid_grant", "error_description": " ".join([*KEYS.values(), SECRET])}) for _ in range(2)
        ]
        assert log_in("--port", str(port)) == 4
        assert log_in("--exchange") == 4
        assert check("--online") == 0
    browser.thread.join(5)
    told = capfd.readouterr()
    asked = [dict(parse_qsl(urlsplit(one).query)) for one in browser.opened]
    said = told.out + told.err
    for one in browser.opened:
        assert said.count(one) == 1
        said = said.replace(one, "")
    said += "".join(lines) + "".join(page for _, page in browser.pages)
    assert "the handler works" in said
    hidden = [SECRET, *x.given, *KEYS.values(), "accessToken8", *x.codes]
    hidden += [one["state"] for one in asked] + [one["code_challenge"] for one in asked]
    hidden += [form[name] for form in x.forms for name in ("code", "code_verifier") if name in form]
    assert len(hidden) > 20
    assert [one for one in hidden if one in said] == []
    files = [path for path in home.rglob("*") if path.is_file() and path != place(home, x.url)]
    assert [path for path in files for one in hidden if one.encode() in path.read_bytes()] == []


def test_no_secret_shows_in_an_exception_of_the_login(x: Endpoint, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x.secret = SECRET
    monkeypatch.setenv("X_CLIENT_SECRET", SECRET)
    Browser(monkeypatch, x.agree)
    faults = [Fault(400, {"error": "invalid_grant"}), Fault(before=False, silent=True), Fault(200, {"access_token": 7})]
    for shown in [shown_by(x, fault, port) for fault in faults]:
        hidden = [SECRET, *x.given, *(form[name] for form in x.forms for name in ("code", "code_verifier"))]
        assert [one for one in hidden if one in shown] == []


def shown_by(x: Endpoint, fault: Fault, port: int) -> str:
    """All a traceback could show of a login that fails, with the variables on the way."""
    x.faults = [fault]
    with verb.ask("x", port, listen=True) as asked:
        webbrowser.open(asked.address)
        with pytest.raises((Rejected, Later)) as caught:
            asked.wait(5)
    return "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())


# The callback, whatever it is sent


def talk(port: int, raw: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(raw)
        with suppress(OSError):  # it may have hung up already
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


ATTEMPT = consent.attempt("id", "https://api.x.com", "http://127.0.0.1:8712/callback", ("tweet.read",))


@pytest.fixture
def waiting(port: int) -> Iterator[tuple[int, Callback, list[object]]]:
    """A callback that is waited for, and what the waiting came to."""
    got: list[object] = []
    with Callback(port, lambda target: consent.brought(target, ATTEMPT, NOW)) as callback:
        thread = threading.Thread(target=lambda: got.append(callback.wait(20)))
        thread.start()
        yield port, callback, got
        talk(port, f"GET /callback?code=good-code&state={ATTEMPT.state.reveal()} HTTP/1.1\r\n\r\n".encode())
        thread.join(5)
    assert got == [Secret("good-code")]


MARK = b"mark4711"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    raw=st.binary(max_size=200)
    | st.binary(max_size=60).map(lambda tail: b"GET /callback?code=" + MARK + b"&state=" + tail + b" HTTP/1.1\r\n\r\n")
)
def test_whatever_the_callback_is_sent_it_answers_in_fixed_words_and_goes_on_waiting(
    raw: bytes, waiting: tuple[int, Callback, list[object]], capfd: pytest.CaptureFixture[str]
) -> None:
    port, _, got = waiting
    try:
        answer = talk(port, raw.replace(ATTEMPT.state.reveal().encode(), b""))
    except ConnectionError:
        answer = b""
    assert MARK not in answer
    assert got == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /callback?code=mark4711 HTTP/9.9\r\n\r\n", b"mark4711\r\n\r\n", b"GET /" + b"mark4711" * 10_000 + b" HTTP/1.1\r\n\r\n", b"POST /callback?code=mark4711 HTTP/1.1\r\n\r\n",
        b"GET /callback?code=mark4711 HTTP/1.1\r\n" + b"X: mark4711\r\n" * 200 + b"\r\n", b"HEAD /mark4711 HTTP/1.0\r\n\r\n", b"GET mark4711\r\n", b"\x16\x03\x01mark4711\r\n\r\n",
    ],
)  # fmt: skip
def test_a_request_that_is_none_is_not_repeated(raw: bytes, waiting: tuple[int, Callback, list[object]]) -> None:
    answer = talk(waiting[0], raw)
    assert b"mark4711" not in answer
    assert b"Python" not in answer


def test_a_browser_that_goes_away_leaves_no_word_behind(
    waiting: tuple[int, Callback, list[object]], capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", waiting[0])) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # ends with a reset
            connection.sendall(b"GET /callback?code=mark4711&state=b HTTP/1.1\r\n\r\n")
    assert get(f"http://127.0.0.1:{waiting[0]}/")[0] == 404
    time.sleep(0.2)
    assert capfd.readouterr() == ("", "")


def test_a_connection_that_says_nothing_keeps_nobody_waiting(waiting: tuple[int, Callback, list[object]]) -> None:
    idle = [socket.create_connection(("127.0.0.1", waiting[0])) for _ in range(5)]
    assert get(f"http://127.0.0.1:{waiting[0]}/")[0] == 404
    for one in idle:
        one.close()


def test_a_page_loads_nothing_and_is_kept_nowhere(waiting: tuple[int, Callback, list[object]]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", waiting[0], timeout=5)
    connection.request("GET", "/callback?code=a&state=b")
    answer = connection.getresponse()
    page = answer.read().decode()
    connection.close()
    assert answer.status == 400
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert not re.search(r"src=|href=|url\(|@import|<script", page)


@given(text=st.text(max_size=60) | st.text(alphabet="?&=/:%#@[]codestaerr", max_size=60))
def test_whatever_is_pasted_is_a_code_or_words(text: str) -> None:
    found = consent.pasted(text, ATTEMPT, NOW)
    assert isinstance(found, Secret | BadInput | Rejected | Later)
    if isinstance(found, Secret):
        assert re.fullmatch(r"[!-~]{8,}", found.reveal())
