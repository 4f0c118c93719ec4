"""A thread posted with a login, against the fake X: from the person who agrees to the last post, whatever happens on the way."""

from __future__ import annotations

import shutil
import threading
import urllib.request
import webbrowser
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import wiring
from bot.cli import main
from bot.rehearsal import AUTHORIZE, CLIENT, CREATE, FAULTS, ME, METADATA, TIMELINE, TOKEN, UPLOAD, FakeX, named
from bot.rehearsal.accounts import Client
from bot.verbs import posting
from tests.ports import a_free_port
from tests.test_posting import OPENAPI, POST, compose_again, whole

CONFIDENTIAL, PUBLIC = CLIENT.secret, ""


@pytest.fixture(params=[CONFIDENTIAL, PUBLIC], ids=["confidential", "public"])
def secret(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def port() -> int:
    return a_free_port()


@pytest.fixture
def fake(secret: str, port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, empty_file: Path) -> Iterator[FakeX]:
    """A fake X with an app whose logins come back to the port, and a person at a browser who does what it says."""
    app = Client("client-Id_7", secret, (f"http://127.0.0.1:{port}/callback",))
    with FakeX(OPENAPI if OPENAPI.is_file() else None, client=app) as running:
        monkeypatch.setenv("X_API_BASE_URL", running.url)
        monkeypatch.setenv("X_CLIENT_ID", app.id)
        if secret:
            monkeypatch.setenv("X_CLIENT_SECRET", secret)
        monkeypatch.setenv("THREADMILL_HOME", str(tmp_path / "home"))
        (tmp_path / "home").mkdir(mode=0o700)
        shutil.copy(empty_file, tmp_path / "home" / "threadmill.db")
        monkeypatch.setattr(wiring, "_now", running.now)
        monkeypatch.setattr(posting, "sleep", running.advance)
        monkeypatch.setattr(posting, "compose", compose_again)
        monkeypatch.setattr(webbrowser, "open", browse)
        yield running


def browse(address: str) -> bool:
    """As a browser does: goes where it is sent, meanwhile."""
    threading.Thread(target=lambda: urllib.request.urlopen(address, timeout=5).close()).start()
    return True


@pytest.fixture
def logged_in(fake: FakeX, port: int) -> None:
    assert main(["login", "x", "--port", str(port)]) == 0


def calls(fake: FakeX) -> list[str]:
    return [call.operation for call in fake.calls]


@pytest.mark.usefixtures("logged_in")
def test_a_thread_is_posted_with_a_login(fake: FakeX) -> None:
    assert main([*POST, "--yes"]) == 0
    whole(fake)
    assert calls(fake) == [TOKEN, ME, UPLOAD, METADATA, CREATE, CREATE]


@pytest.mark.usefixtures("logged_in")
def test_a_login_that_has_run_out_is_renewed_first(fake: FakeX) -> None:
    for _ in range(3):
        fake.advance(3 * 3600)
        assert main([*POST, "--yes"]) == 0
    whole(fake)
    assert calls(fake) == [TOKEN, ME, TOKEN, UPLOAD, METADATA, CREATE, CREATE]  # nothing is left to do for the others


@pytest.mark.usefixtures("logged_in")
@pytest.mark.parametrize(("call", "nth"), [(UPLOAD, 1), (METADATA, 1), (CREATE, 1), (CREATE, 2)])
def test_a_call_that_is_refused_with_a_401_is_made_again_once(call: str, nth: int, fake: FakeX) -> None:
    fake.advance(3600)
    fake.faults.on(call, named("401"), nth=nth)
    assert main([*POST, "--yes"]) == 0
    whole(fake)
    assert fake.creates == 2
    assert calls(fake).count(TOKEN) == 2
    assert fake.faults.unused == []


@pytest.mark.usefixtures("logged_in")
@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_after_any_fault_of_the_token_endpoint_the_thread_is_there_once(
    fault: str, fake: FakeX, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.advance(3 * 3600)
    fake.faults.next(TOKEN, named(fault, seconds=0.2))
    for _ in range(6):
        code = main([*POST, "--yes"])
        said = capsys.readouterr().err
        if code == 0:
            break
        if "log in again: threadmill login x" in said and code == 4:
            assert main(["login", "x", "--port", str(port)]) == 0
        fake.advance(1000)
    whole(fake)
    assert fake.creates == 2
    assert fake.faults.unused == []


@pytest.mark.usefixtures("logged_in")
def test_what_the_timeline_says_is_read_with_a_login_too(fake: FakeX) -> None:
    fake.faults.on(CREATE, named("drop-after"), nth=2)
    assert main([*POST, "--yes"]) == 0
    whole(fake)
    assert TIMELINE in calls(fake)
    assert main(["undo", "1", "--yes"]) == 0
    assert fake.threads() == []


def test_somebody_who_does_not_agree_is_not_logged_in(fake: FakeX, port: int, capsys: pytest.CaptureFixture[str]) -> None:
    fake.person.agrees = False
    assert main(["login", "x", "--port", str(port)]) == 4
    assert "X was told no" in capsys.readouterr().err
    assert main(POST) == 2


def test_keys_are_exchanged_and_the_thread_goes_on_on_the_same_account(fake: FakeX, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.faults.on(CREATE, named("drop-before"), nth=2)
    fake.faults.on(TIMELINE, named("503-before"), times=None)
    keys = fake.keys.environment(fake.url)
    for name, value in keys.items():
        monkeypatch.setenv(name, value)
    assert main([*POST, "--yes"]) == 5
    fake.faults.clear()
    assert main(["login", "x", "--exchange"]) == 0
    for name in keys:
        if name != "X_API_BASE_URL":
            monkeypatch.delenv(name)
    fake.advance(200)
    assert main([*POST, "--yes"]) == 0
    whole(fake)
    assert fake.creates == 2


def test_the_address_of_consent_is_as_strict_as_x_has_it(fake: FakeX, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: bool(seen.append(address) or browse(address)))
    assert main(["login", "x", "--port", str(port)]) == 0
    assert seen[0].startswith(fake.url + AUTHORIZE + "?")
    assert fake.violations == []
