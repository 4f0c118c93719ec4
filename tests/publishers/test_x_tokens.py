"""Where a login is kept: whole or as it was, for its owner's eyes alone, whatever the file has become."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import stat
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import Secret
from bot.errors import BadInput, BadOutput, Later
from bot.publishers._x.tokens import Drawer, Tokens
from tests.publishers.logins import ACCESS, REFRESH, fields, place

NOW = dt.datetime(2026, 9, 30, 12, 0, tzinfo=dt.UTC)
URL = "http://127.0.0.1:9000"
TOKENS = Tokens(
    URL,
    "client",
    "1001",
    "mill_bot",
    Secret("acc-1"),
    Secret("ref-1"),
    NOW + dt.timedelta(hours=2),
    NOW,
    ("tweet.read", "tweet.write"),
)


@pytest.fixture
def drawer(tmp_path: Path) -> Drawer:
    return Drawer(tmp_path, URL, lambda: NOW)


def put(drawer: Drawer, tokens: Tokens, patience_s: float = 1) -> None:
    with drawer.alone(patience_s), drawer.room() as keep:
        keep(tokens)


def names(drawer: Drawer) -> list[str]:
    return sorted(path.name for path in drawer.path.parent.iterdir())


def test_what_is_kept_is_read_again_and_is_for_its_owner_alone(drawer: Drawer) -> None:
    before = os.umask(0)
    try:
        put(drawer, TOKENS)
    finally:
        os.umask(before)
    assert drawer.read() == TOKENS
    assert stat.S_IMODE(drawer.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(drawer.path.parent.stat().st_mode) == 0o700
    assert names(drawer) == ["127.0.0.1-9000.json", "127.0.0.1-9000.lock"]


def test_what_a_killed_process_left_open_to_others_is_closed(drawer: Drawer) -> None:
    written(drawer.path.with_suffix(".new"), b" ").chmod(0o644)
    put(drawer, TOKENS)
    assert stat.S_IMODE(drawer.path.stat().st_mode) == 0o600


def test_the_file_is_what_is_documented(drawer: Drawer) -> None:
    put(drawer, TOKENS)
    assert json.loads(drawer.path.read_text()) == {
        "format": "threadmill login 1", "api": URL, "client_id": "client", "account": "1001", "username": "mill_bot",
        "access_token": "acc-1", "refresh_token": "ref-1", "expires_at": "2026-09-30T14:00:00+00:00",
        "renewed_at": "2026-09-30T12:00:00+00:00", "scopes": ["tweet.read", "tweet.write"],
    }  # fmt: skip


def test_a_login_holds_for_half_a_year_from_when_it_was_renewed() -> None:
    assert TOKENS.holds_until == dt.datetime(2027, 3, 29, 12, 0, tzinfo=dt.UTC)  # 180 days


def test_a_folder_others_could_look_into_is_closed(drawer: Drawer) -> None:
    drawer.path.parent.mkdir(parents=True)
    drawer.path.parent.chmod(0o755)
    put(drawer, TOKENS)
    assert stat.S_IMODE(drawer.path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("api", "name"),
    [
        ("https://api.x.com", "api.x.com.json"),
        ("http://127.0.0.1:8080", "127.0.0.1-8080.json"),
        ("https://example.org/../../etc/x", "example.org-..-..-etc-x.json"),
    ],
)
def test_each_address_has_its_own_login(api: str, name: str, tmp_path: Path) -> None:
    assert Drawer(tmp_path, api, lambda: NOW).path == tmp_path / "logins" / name


def test_where_none_is_stored_there_is_none(drawer: Drawer) -> None:
    assert drawer.read() is None


# What a file may have become


def written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def refusal(drawer: Drawer, content: bytes) -> BadInput:
    written(drawer.path, content)
    with pytest.raises(BadInput) as caught:
        drawer.read()
    assert caught.value.__context__ is None
    return caught.value


GOOD = fields(URL, NOW, dt.timedelta(hours=1))


@pytest.mark.parametrize(
    "changed",
    [
        {"format": "threadmill login 2"}, {"format": None}, {"api": "https://api.x.com"}, {"api": 1}, {"client_id": ""}, {"client_id": "a b"},
        {"account": "me"}, {"account": 1001}, {"account": ""}, {"account": "1" * 20}, {"account": "١"}, {"username": "a b"}, {"username": None},
        {"access_token": ""}, {"access_token": "a\nHost: evil"}, {"access_token": "ü"}, {"access_token": None}, {"access_token": "a" * 4001},
        {"refresh_token": ["a"]}, {"refresh_token": "\ud800"}, {"expires_at": "soon"}, {"expires_at": "2026-09-30T12:00:00"},
        {"expires_at": "9999-12-31T23:59:59-14:00"}, {"expires_at": 1790769600}, {"renewed_at": "0001-01-01T00:00:00+14:00"},
        {"renewed_at": "9999-12-01T00:00:00+00:00"}, {"renewed_at": "2026-13-01T00:00:00+00:00"}, {"scopes": "tweet.read"}, {"scopes": [1]}, {"scopes": ["tweet write"]}, {"scopes": None}, {"more": 1},
    ],
)  # fmt: skip
def test_a_file_with_a_field_that_is_none_is_refused_in_words(changed: dict[str, object], drawer: Drawer) -> None:
    error = refusal(drawer, json.dumps(GOOD | changed).encode())
    assert "threadmill login x --forget" in str(error)
    assert str(error).count("; ") >= 2


@pytest.mark.parametrize("name", GOOD)
def test_a_file_that_lacks_a_field_is_refused_in_words(name: str, drawer: Drawer) -> None:
    refusal(drawer, json.dumps({one: value for one, value in GOOD.items() if one != name}).encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"[" * 100_000,
        b"\xff\xfe\x00",
        b"\x00" * 65536,
        b"{}" + b"x" * 100_000,
        b"1" * 5000,
        b'"\\ud800"',
    ],
)
def test_a_file_that_is_no_login_at_all_is_refused_in_words(content: bytes, drawer: Drawer) -> None:
    refusal(drawer, content)


def test_an_older_file_with_blanks_behind_it_is_a_login_still(drawer: Drawer) -> None:
    written(drawer.path, json.dumps(GOOD).encode() + b" " * 60_000)
    assert drawer.read() is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*GOOD, "more"]), JSON, max_size=4))
def test_whatever_a_field_becomes_it_is_a_login_or_words_that_show_none_of_it(
    tmp_path_factory: pytest.TempPathFactory, changes: dict[str, Any]
) -> None:
    drawer = Drawer(tmp_path_factory.getbasetemp() / "fuzz", URL, lambda: NOW)
    written(drawer.path, json.dumps(GOOD | changes).encode())
    look(drawer)


@given(st.binary(max_size=40), st.integers(0, 500), st.integers(0, 500))
def test_whatever_bytes_are_lost_or_put_in_it_is_a_login_or_words_that_show_none_of_it(
    tmp_path_factory: pytest.TempPathFactory, put_in: bytes, start: int, length: int
) -> None:
    drawer = Drawer(tmp_path_factory.getbasetemp() / "fuzz", URL, lambda: NOW)
    whole = json.dumps(GOOD).encode()
    written(drawer.path, whole[:start] + put_in + whole[start + length :])
    look(drawer)


def look(drawer: Drawer) -> None:
    try:
        shown = repr(found := drawer.read())
    except BadInput as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    else:
        assert isinstance(found, Tokens)
        assert found.api == URL
    assert ACCESS not in shown
    assert REFRESH not in shown


@pytest.mark.parametrize("what", ["a folder", "a pipe", "not readable"])
def test_a_place_that_is_no_file_is_refused_and_never_waited_for(
    what: str, drawer: Drawer, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawer.path.parent.mkdir(parents=True)
    if what == "a folder":
        drawer.path.mkdir()
    elif what == "a pipe":
        os.mkfifo(drawer.path)
    else:
        drawer.path.touch(mode=0)
        if os.access(drawer.path, os.R_OK):  # root may read anything
            monkeypatch.setattr(os, "open", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    with pytest.raises(BadInput, match="cannot be read"):
        drawer.read()


# How it is written


def test_room_that_is_not_used_is_given_back(drawer: Drawer) -> None:
    put(drawer, TOKENS)
    with pytest.raises(KeyError), drawer.alone(1), drawer.room():
        raise KeyError
    assert drawer.read() == TOKENS
    assert names(drawer) == ["127.0.0.1-9000.json", "127.0.0.1-9000.lock"]


def test_room_is_made_sure_of_before_anything_is_asked(drawer: Drawer) -> None:
    with drawer.alone(1), drawer.room():
        assert (drawer.path.parent / "127.0.0.1-9000.new").read_bytes() == b" " * 65536


def test_a_login_a_killed_process_had_written_out_is_put_in_its_place_by_the_next(drawer: Drawer) -> None:
    put(drawer, TOKENS)
    newer = json.dumps(GOOD).encode()
    new = written(drawer.path.with_suffix(".new"), newer + b" " * (65536 - len(newer)))
    with drawer.alone(1):
        found = drawer.read()
    assert found is not None
    assert (found.access, found.refresh) == (Secret(ACCESS), Secret(REFRESH))
    assert not new.exists()


@pytest.mark.parametrize("left", [b" " * 65536, b"", json.dumps(GOOD).encode()[:-30] + b" " * 100, json.dumps(GOOD | {"api": "https://api.x.com"}).encode()])  # fmt: skip
def test_what_a_killed_process_had_not_written_out_is_nothing(left: bytes, drawer: Drawer) -> None:
    put(drawer, TOKENS)
    written(drawer.path.with_suffix(".new"), left)
    with drawer.alone(1):
        assert drawer.read() == TOKENS
    put(drawer, TOKENS)
    assert names(drawer) == ["127.0.0.1-9000.json", "127.0.0.1-9000.lock"]


def test_a_disk_that_fails_at_the_last_moment_is_told_with_what_is_lost(drawer: Drawer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Path, target: Path) -> None:
        raise OSError(5, "Input/output error")

    put(drawer, TOKENS)
    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", fail)
        with pytest.raises(BadOutput, match="used up") as caught:
            put(drawer, replace(TOKENS, access=Secret("acc-2"), refresh=Secret("ref-2")))
    assert caught.value.__context__ is None
    with drawer.alone(1):  # and yet nothing is: it had been written out
        found = drawer.read()
    assert found is not None
    assert found.refresh == Secret("ref-2")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), OSError(30, "Read-only file system")])
def test_where_nothing_can_be_written_words_come_before_anything_else(
    error: OSError, drawer: Drawer, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(drawer, TOKENS)

    def full(*_: object) -> int:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(os, "pwrite", full)
        with pytest.raises(BadOutput, match=error.strerror) as caught:
            put(drawer, replace(TOKENS, access=Secret("never written")))
    assert "nothing was asked of X" in str(caught.value)
    assert drawer.read() == TOKENS
    assert names(drawer) == ["127.0.0.1-9000.json", "127.0.0.1-9000.lock"]


def test_a_home_that_is_a_file_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(BadOutput, match="THREADMILL_HOME"):
        put(Drawer(tmp_path / "home", URL, lambda: NOW), TOKENS)


def test_one_at_a_time_holds_the_drawer_and_the_next_waits(drawer: Drawer) -> None:
    order: list[str] = []

    def second() -> None:
        with drawer.alone(5):
            order.append("second")

    with drawer.alone(1):
        waiting = threading.Thread(target=second)
        waiting.start()
        time.sleep(0.2)
        order.append("first")
    waiting.join(5)
    assert order == ["first", "second"]


@pytest.fixture
def held(drawer: Drawer) -> Iterator[None]:
    put(drawer, TOKENS)
    with drawer.path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.mark.usefixtures("held")
def test_nobody_waits_for_ever(drawer: Drawer) -> None:
    begun = time.monotonic()
    with pytest.raises(Later) as caught:
        put(drawer, TOKENS, patience_s=0.2)
    assert 0.2 <= time.monotonic() - begun < 2
    assert caught.value.until == NOW + dt.timedelta(minutes=1)
    assert drawer.read() == TOKENS  # to look needs nobody's leave


def test_what_is_forgotten_is_gone_with_what_a_killed_process_left(drawer: Drawer) -> None:
    put(drawer, TOKENS)
    written(drawer.path.with_suffix(".new"), b" ")
    with drawer.alone(1):
        assert drawer.forget() is True
        assert drawer.forget() is False
    assert names(drawer) == ["127.0.0.1-9000.lock"]
    assert drawer.read() is None


def test_no_token_is_in_what_is_shown_of_them(drawer: Drawer) -> None:
    assert "acc-1" not in repr(TOKENS) + repr(drawer)
    assert place(drawer.path.parent.parent, URL) == drawer.path
