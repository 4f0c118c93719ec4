"""Two hosts whose machines disagree by ten minutes post to one account, over one PostgreSQL: no lease is misjudged."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot import wiring
from bot.config import settings
from bot.delivery import Round, deliver
from bot.delivery.round import LEASE
from bot.domain.delivery import Frozen, FrozenPost, Picture, Seen, State
from bot.errors import BadStore, Later
from bot.publishers.x import LIMITS
from bot.stopping import Stop
from bot.verbs import posting
from tests.store.databases import PostgreSQLDatabase, a_server

TEN = dt.timedelta(minutes=10)
SECOND = dt.timedelta(seconds=1)
POSTS = tuple(FrozenPost(n, f"{n}/2 Keras leads", (), 0.015) for n in (1, 2))
THREAD = Frozen("dl-frameworks", "2020", "x", "7", dt.datetime(2026, 10, 5, tzinfo=dt.UTC), POSTS, "{}", "[]")


@pytest.fixture(scope="module")
def database() -> Iterator[PostgreSQLDatabase]:
    with a_server() as server:
        yield server.empty_database()


@dataclass(frozen=True)
class Host(wiring.House):
    """A house on a machine whose clock is off."""

    off: dt.timedelta = dt.timedelta(0)

    def wall(self) -> dt.datetime:
        return super().wall() + self.off


@dataclass
class Account:
    """What both hosts post to. It answers a post when its `hold` is let go; `asked` are the windows it was looked at in."""

    posts: list[Seen] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)
    under_way: threading.Event = field(default_factory=threading.Event)
    refuse: list[Exception] = field(default_factory=list)
    asked: list[tuple[dt.datetime, dt.datetime]] = field(default_factory=list)
    account: str = "7"

    def ready(self) -> None: ...

    def check(self, picture: Picture) -> None: ...

    def create(self, text: str, media_ids: Sequence[str], reply_to: str) -> str:
        self.under_way.set()
        assert self.hold.wait(20)
        if self.refuse:
            raise self.refuse.pop()
        self.posts.append(Seen(f"{len(self.posts) + 1}", text, reply_to, dt.datetime.now(dt.UTC)))
        return self.posts[-1].remote_id

    def recent(self, since: dt.datetime, until: dt.datetime) -> Sequence[Seen]:
        self.asked.append((since, until))
        return []

    def same(self, text: str, seen: Seen) -> bool:
        return text == seen.text


@contextmanager
def a_host(database: PostgreSQLDatabase, off: dt.timedelta, there: Account, period: str) -> Iterator[Round]:
    """What a verb makes of it."""
    house = Host(Path(), settings({"DATABASE_URL": database.url}), dt.datetime.now(dt.UTC), off=off)
    with wiring.store(house) as store:
        edition = store.desk.freeze(replace(THREAD, period=period))
        yield posting._round(house, store, edition, there, LIMITS, lambda *_: None, Stop())  # type: ignore[arg-type]


@pytest.mark.parametrize(("first", "second"), [(-TEN, 0 * TEN), (0 * TEN, TEN), (TEN, -TEN)])
def test_a_post_that_one_host_is_sending_is_not_taken_from_it_by_another(
    database: PostgreSQLDatabase, monkeypatch: pytest.MonkeyPatch, first: dt.timedelta, second: dt.timedelta
) -> None:
    """By the second one's machine the lease would be over long ago, and the post proven absent."""
    there, period = Account(), f"{first} {second}"

    def sleep(seconds: float) -> None:
        assert 0 < seconds <= 15
        there.hold.set()
        threading.Event().wait(0.05)

    monkeypatch.setattr(posting, "sleep", sleep)
    with a_host(database, first, there, period) as one, a_host(database, second, there, period) as other:
        sending = threading.Thread(target=deliver, args=(one,))
        sending.start()
        assert there.under_way.wait(20)
        deliver(other)
        sending.join(20)
        states = [at.state for at in other.desk.deliveries(other.edition)]
    assert [seen.text for seen in there.posts] == ["1/2 Keras leads", "2/2 Keras leads"]
    assert states == [State.PUBLISHED] * 2
    assert there.asked == []


class Asleep(BaseException):
    """The end of a run that would wait."""


def asleep(_: float) -> None:
    raise Asleep


@pytest.mark.parametrize("off", [-TEN, TEN])
def test_what_is_written_down_is_by_the_servers_clock_and_the_network_is_asked_by_the_machines(
    database: PostgreSQLDatabase, monkeypatch: pytest.MonkeyPatch, off: dt.timedelta
) -> None:
    there, begun = Account(), dt.datetime.now(dt.UTC)
    there.hold.set()
    there.refuse.append(Later("busy", begun + off + 60 * SECOND))
    monkeypatch.setattr(posting, "sleep", asleep)
    with a_host(database, off, there, f"written {off}") as this:
        with pytest.raises(Asleep):
            deliver(this)
        put_off = this.desk.deliveries(this.edition)[0]
        assert put_off.state is State.PLANNED
        assert close(put_off.sent_at, begun)
        assert close(put_off.not_before, begun + 60 * SECOND)
        database.ask("UPDATE delivery SET not_before = NULL")
        now = this.clock.now()
        assert this.desk.take(this.edition, 1, this.worker, now, now + LEASE)
        assert this.desk.settle(this.desk.deliveries(this.edition)[0], State.UNKNOWN)
        with pytest.raises(Asleep):
            deliver(this)
    [(since, until)] = there.asked
    assert close(since, begun + off - 3600 * SECOND)
    assert close(until, begun + off + 3600 * SECOND)


def close(told: dt.datetime | None, meant: dt.datetime) -> bool:
    return told is not None and abs(told - meant) < 5 * SECOND


def test_a_clock_that_fails_once_a_post_is_accepted_loses_no_receipt(
    database: PostgreSQLDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = Account()

    def answered() -> dt.datetime:
        if there.posts:
            raise BadStore("the server is down")
        return really()

    with a_host(database, 0 * TEN, there, "failing") as this:
        really = this.clock.now
        there.hold.set()
        with pytest.raises(BadStore, match="the server is down"):
            deliver(replace(this, clock=replace(this.clock, now=answered)))
        first, second = this.desk.deliveries(this.edition)
        assert (first.state, first.remote_id, second.state) == (State.PUBLISHED, "1", State.PLANNED)
        [charge] = this.desk.charges(this.edition)
    assert (charge.position, charge.call, charge.usd) == (1, "post", 0.015)


def test_a_worker_is_another_in_each_life_of_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container each process has the same name and number as the one before it."""
    name = posting.worker()
    assert re.fullmatch(r".+/\d+/[0-9a-f]{8}", name)
    assert posting.worker() == name
    again = subprocess.run(
        [sys.executable, "-c", "from bot.verbs import posting; print(posting.worker())"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert again.stdout.split("/")[-1] != name.split("/")[-1]
