"""Notices reach somebody, at least once, however often that fails; on a real store and real servers."""

from __future__ import annotations

import datetime as dt
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import wiring
from bot.config import settings
from bot.domain.period import Period
from bot.domain.schedule import Window
from bot.domain.turn import Turn, TurnState
from bot.errors import BadStore
from bot.ports import Notice
from bot.store import open_store
from bot.verbs.notices import notice
from bot.verbs.telling import LEASE, tell_all
from tests.telling.servers import Post, Web, mail, nobody, web

NOON = dt.datetime(2026, 11, 5, 12, tzinfo=dt.UTC)


class Mill:
    """A store whose clock moves when it is told to, and who is told."""

    def __init__(self, folder: Path) -> None:
        self.now = NOON
        self.folder = folder
        self.store = open_store(f"sqlite:///{folder}/threadmill.db", clock=lambda: self.now)
        self.environment: dict[str, str] = {}

    def hears(self, *, hook: str = "", server: str = "") -> None:
        mails = {"THREADMILL_SMTP_URL": server, "THREADMILL_NOTIFY_EMAIL": "ops@example.org"} if server else {}
        self.environment = {"THREADMILL_NOTIFY_URL": hook, **mails}

    def happens(self, event: str = "missed", period: str = "2026-10") -> Notice:
        when = Period.parse(period)
        window = Window(when, *(when.end + dt.timedelta(days=days) for days in (4, 6, 5, 21)))
        turn = Turn("monthly", "x", window, TurnState.MISSED, "nobody was there", run="r-17")
        told = notice(event, turn)
        assert self.store.rota.close(turn, self.now, told)
        return told

    def tell(self, after: dt.timedelta = dt.timedelta(0), worker: str = "w1") -> int:
        self.now += after
        return tell_all(wiring.House(self.folder, settings(self.environment), self.now), self.store, worker)

    def errors(self) -> list[str]:
        with sqlite3.connect(self.folder / "threadmill.db") as connection:
            found = [row[0] for row in connection.execute("SELECT error FROM notice ORDER BY id")]
        connection.close()
        return found


@pytest.fixture
def mill(tmp_path: Path) -> Iterator[Mill]:
    made = Mill(tmp_path)
    with made.store:
        yield made


@pytest.fixture
def hook() -> Iterator[Web]:
    with web() as server:
        yield server


@pytest.fixture
def server() -> Iterator[Post]:
    with mail() as server:
        yield server


def minutes(count: float) -> dt.timedelta:
    return dt.timedelta(minutes=count)


def test_everybody_is_told_once(mill: Mill, hook: Web, server: Post, caplog: pytest.LogCaptureFixture) -> None:
    mill.hears(hook=f"{hook.url}/k3y", server=f"smtp://localhost:{server.port}")
    told = mill.happens()
    with caplog.at_level(logging.INFO, "bot"):
        assert mill.tell() == 1
        assert mill.tell(minutes(600)) == 0
    assert [body["content"] for _, _, body in hook.asked] == [told.text]
    assert [str(message["Subject"]) for _, _, message in server.mails] == ["threadmill: monthly 2026-10 was missed"]
    lines = [(one.message, vars(one)["teller"], vars(one)["run"]) for one in caplog.records if one.name == "bot.verbs.telling"]
    host = hook.url.removeprefix("http://")
    assert lines == [("notice told", f"the webhook at {host}", "r-17"), ("notice told", "the mail server localhost", "r-17")]


def test_where_nobody_is_set_up_the_log_is_told(mill: Mill, caplog: pytest.LogCaptureFixture) -> None:
    told = mill.happens()
    assert mill.tell() == 1
    (line,) = [one for one in caplog.records if one.name == "bot.verbs.telling"]
    assert (line.levelno, line.message, vars(line)["text"], vars(line)["notice"]) == (
        logging.WARNING,
        "notice",
        told.text,
        "missed",
    )
    assert mill.tell() == 0


def test_several_are_told_in_order(mill: Mill, hook: Web) -> None:
    mill.hears(hook=hook.url)
    for period in ("2026-08", "2026-09", "2026-10"):
        mill.happens(period=period)
    assert mill.tell() == 3
    assert [body["period"] for _, _, body in hook.asked] == ["2026-08", "2026-09", "2026-10"]


def test_whoever_is_away_is_told_again_and_again_ever_more_slowly(mill: Mill, hook: Web) -> None:
    mill.hears(hook=f"{hook.url}/k3y")
    hook.statuses = [503]
    mill.happens()
    assert mill.tell() == 0
    for pause in (1, 2, 4, 8, 16, 32, 60, 60, 60):
        asked = len(hook.asked)
        assert mill.tell(minutes(pause) - dt.timedelta(seconds=1)) == 0
        assert len(hook.asked) == asked
        assert mill.tell(dt.timedelta(seconds=1)) == 0
        assert len(hook.asked) == asked + 1, pause
    (error,) = mill.errors()
    assert "answered 503" in error
    assert "k3y" not in error
    hook.statuses = [200]
    assert (mill.tell(minutes(60)), mill.tell(minutes(60)), mill.errors()) == (1, 0, [""])


def test_what_only_a_change_can_help_is_tried_hourly_at_once(mill: Mill, hook: Web) -> None:
    mill.hears(hook=hook.url)
    hook.statuses = [404]
    mill.happens()
    assert [mill.tell(), mill.tell(minutes(59)), mill.tell(minutes(1))] == [0, 0, 0]
    assert len(hook.asked) == 2


def test_one_that_cannot_be_told_holds_up_no_other(mill: Mill, hook: Web) -> None:
    mill.hears(hook=hook.url)
    hook.statuses = [400, 200]
    mill.happens(period="2026-09")
    mill.happens(period="2026-10")
    assert [mill.tell(), mill.tell(minutes(0.5))] == [0, 1]
    assert [body["period"] for _, _, body in hook.asked] == ["2026-09", "2026-10"]


def test_who_was_told_by_one_is_not_told_again_because_of_the_other(
    mill: Mill, hook: Web, caplog: pytest.LogCaptureFixture
) -> None:
    mill.hears(hook=hook.url, server=f"smtp://localhost:{nobody()}")
    mill.happens()
    assert mill.tell() == 1
    assert mill.tell(minutes(600)) == 0
    assert len(hook.asked) == 1
    assert [one.message for one in caplog.records if one.levelno == logging.ERROR] == ["notice not told"]


def test_what_a_worker_died_with_is_told_by_the_next(mill: Mill, hook: Web) -> None:
    mill.hears(hook=hook.url)
    mill.happens()
    assert len(mill.store.rota.untold("dead", mill.now, mill.now + LEASE, 9)) == 1
    assert mill.tell(LEASE - dt.timedelta(seconds=1), "w2") == 0
    assert mill.tell(dt.timedelta(seconds=1), "w2") == 1


def test_what_was_told_but_could_not_be_written_down_is_told_again(
    mill: Mill, hook: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    mill.hears(hook=hook.url)
    mill.happens()
    rota = type(mill.store.rota)
    with monkeypatch.context() as broken:

        def fail(*_: object) -> None:
            raise BadStore("the store cannot be written")

        broken.setattr(rota, "told", fail)
        with pytest.raises(BadStore):
            mill.tell()
    assert mill.tell(LEASE) == 1
    assert len(hook.asked) == 2


def test_two_workers_tell_each_notice_once(mill: Mill, hook: Web, tmp_path: Path) -> None:
    import threading

    mill.hears(hook=hook.url)
    for month in range(1, 9):
        mill.happens(period=f"2026-0{month}")
    threads = [threading.Thread(target=mill.tell, args=(dt.timedelta(0), f"w{number}")) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(body["period"] for _, _, body in hook.asked) == [f"2026-0{month}" for month in range(1, 9)]
