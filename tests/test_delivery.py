"""A thread comes to its account once, whole and in order, or stops in a state that says what is out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.delivery import Clock, Round, deliver
from bot.domain.delivery import Delivery, Frozen, FrozenPost, Picture, Seen, State
from bot.errors import BadInput, BadStore, Later, Rejected, Unsure
from bot.ports import Desk
from bot.publishers.x import LIMITS
from bot.store import open_store
from tests.sources.services import NOW

PICTURE = Picture(b"\x89PNG\r\n\x1a\n", "A chart of bars.", 1600, 1200)
THREAD = Frozen(
    "dl-frameworks",
    "2020",
    "x",
    "2244994945",
    NOW,
    tuple(FrozenPost(n, f"Post {n} of the thread\n\n{n}/3", (PICTURE,), 0.02) for n in (1, 2, 3)),
    "{}",
    "[]",
)


@dataclass
class FakeNetwork:
    """An account in memory. `faults` are told by the number of the create; `lag_s` is how long a post stays out of sight."""

    clock: Ticking
    account: str = "2244994945"
    posts: list[Seen] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    faults: dict[int, Callable[[], None]] = field(default_factory=dict)
    after: dict[int, Callable[[], None]] = field(default_factory=dict)
    lag_s: float = 0
    blind: bool = False
    unready: list[Exception] = field(default_factory=list)
    creates: int = 0

    def ready(self) -> None:
        if self.unready:
            raise self.unready.pop(0)

    def upload(self, picture: Picture) -> str:
        self.calls.append("upload")
        return f"m{len(self.calls)}"

    def describe(self, media_id: str, alt_text: str) -> None:
        self.calls.append(f"describe {media_id}")

    def create(self, text: str, media_ids: Sequence[str], reply_to: str) -> str:
        self.calls.append(f"create {text[:6]}")
        self.creates += 1
        self.faults.get(self.creates, lambda: None)()
        remote_id = f"id{len(self.posts) + 1}"
        self.posts.append(Seen(remote_id, text, reply_to, self.clock.at))
        self.after.get(self.creates, lambda: None)()
        return remote_id

    def recent(self, since: dt.datetime) -> Sequence[Seen]:
        self.calls.append("recent")
        if self.blind:
            raise Later("the timeline is busy", self.clock.at + dt.timedelta(minutes=15))
        seen = self.clock.at - dt.timedelta(seconds=self.lag_s)
        return [one for one in reversed(self.posts) if since <= one.created_at <= seen]

    def same(self, text: str, seen: Seen) -> bool:
        return text == seen.text

    def remove(self, remote_id: str) -> None:
        self.posts = [one for one in self.posts if one.remote_id != remote_id]

    def url(self, remote_id: str) -> str:
        return f"https://x.com/i/status/{remote_id}"

    @property
    def thread(self) -> list[tuple[str, str]]:
        return [(one.text, one.reply_to) for one in self.posts]


@dataclass
class Ticking:
    """A clock that goes on a second with each look and as long as it is told to sleep."""

    at: dt.datetime = NOW
    slept: list[float] = field(default_factory=list)

    def now(self) -> dt.datetime:
        self.at += dt.timedelta(seconds=1)
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += dt.timedelta(seconds=seconds)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_store(f"sqlite:///{tmp_path / 'threadmill.db'}") as store:
        yield store.desk


@pytest.fixture
def network() -> FakeNetwork:
    return FakeNetwork(Ticking())


def bring(desk: Desk, network: FakeNetwork, worker: str = "here") -> Sequence[Delivery]:
    edition = desk.freeze(THREAD)
    clock = Clock(network.clock.now, network.clock.sleep)
    return deliver(Round(edition, desk.frozen(edition), desk, network, LIMITS, clock, worker, lambda _: None))


WHOLE = [("Post 1 of the thread\n\n1/3", ""), ("Post 2 of the thread\n\n2/3", "id1"), ("Post 3 of the thread\n\n3/3", "id2")]


def states(desk: Desk) -> list[State]:
    return [one.state for one in desk.deliveries(desk.freeze(THREAD))]


def failing(error: Exception) -> Callable[[], None]:
    def fault() -> None:
        raise error

    return fault


def test_an_undisturbed_thread_uploads_all_then_posts_in_order_with_the_fewest_calls(desk: Desk, network: FakeNetwork) -> None:
    found = bring(desk, network)
    assert network.thread == WHOLE
    assert [one.remote_id for one in found] == ["id1", "id2", "id3"]
    assert network.calls == [
        "upload", "describe m1", "upload", "describe m3", "upload", "describe m5", "create Post 1", "create Post 2", "create Post 3",
    ]  # fmt: skip
    assert sum(charge.usd for charge in desk.charges()) == pytest.approx(3 * 0.015 + 3 * 0.005)


def test_the_same_command_again_sends_nothing(desk: Desk, network: FakeNetwork) -> None:
    bring(desk, network)
    calls = list(network.calls)
    bring(desk, network)
    assert network.calls == calls


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("arrived", [True, False])
@pytest.mark.parametrize("error", [Unsure("no answer"), RuntimeError("odd"), ValueError("unreadable")])
@pytest.mark.parametrize("lag_s", [0, 40])
def test_a_post_of_unknown_fate_is_adopted_or_sent_once_more(
    desk: Desk, network: FakeNetwork, number: int, arrived: bool, error: Exception, lag_s: float
) -> None:
    network.lag_s = lag_s
    (network.after if arrived else network.faults)[number] = failing(error)
    found = bring(desk, network)
    assert network.thread == WHOLE
    assert [one.remote_id for one in found] == ["id1", "id2", "id3"]
    assert network.creates == (3 if arrived else 4)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_without_a_timeline_to_look_at_nothing_is_sent_again(desk: Desk, network: FakeNetwork, number: int) -> None:
    network.after[number] = failing(Unsure("no answer"))
    network.blind = True
    out = ". Nothing of the 3 posts is out" if number == 1 else f". Out {'is post 1' if number == 2 else 'are posts 1 to 2'} of 3"
    for _ in range(2):
        with pytest.raises(Unsure, match="whether it is there cannot be read") as told:
            bring(desk, network)
        assert out in str(told.value)
        assert "threadmill resolve" in str(told.value)
    assert network.creates == number
    assert states(desk)[number - 1] is State.UNKNOWN
    network.blind = False
    bring(desk, network)
    assert network.thread == WHOLE


def test_a_refusal_stops_the_thread_and_says_what_is_out(desk: Desk, network: FakeNetwork) -> None:
    network.faults[2] = failing(Rejected("402: the credits are spent; buy some"))
    with pytest.raises(Rejected, match=r"post 2 of 3 was refused: 402.* Out is post 1 of 3"):
        bring(desk, network)
    assert states(desk) == [State.PUBLISHED, State.REJECTED, State.PLANNED]
    bring(desk, network)  # the same command again, with credits
    assert network.thread == WHOLE


def test_a_network_that_is_not_ready_is_waited_for_before_a_post_is_taken(desk: Desk, network: FakeNetwork) -> None:
    network.unready = [Later("the login cannot be renewed", network.clock.at + dt.timedelta(minutes=1)) for _ in range(8)]
    assert [at.attempts for at in bring(desk, network)] == [1, 1, 1]
    assert 50 < max(network.clock.slept) <= 61


@pytest.mark.parametrize("error", [Rejected("X knows the login no more"), BadInput("the folder is read-only")])
def test_a_network_that_will_not_be_ready_ends_the_run_with_nothing_taken(
    error: Exception, desk: Desk, network: FakeNetwork
) -> None:
    network.unready = [error]
    with pytest.raises(type(error), match=str(error)):
        bring(desk, network)
    assert {at.state for at in desk.deliveries(1)} == {State.PLANNED}
    assert network.calls == []


def test_a_short_wait_is_waited_and_a_long_one_told(desk: Desk, network: FakeNetwork) -> None:
    network.faults[1] = lambda: (_ for _ in ()).throw(Later("429", network.clock.at + dt.timedelta(seconds=90)))
    network.faults[3] = lambda: (_ for _ in ()).throw(Later("429", network.clock.at + dt.timedelta(hours=5)))
    with pytest.raises(Later, match="post 2 may not be sent yet") as told:
        bring(desk, network)
    assert states(desk) == [State.PUBLISHED, State.PLANNED, State.PLANNED]
    network.clock.at = told.value.until
    bring(desk, network)
    assert network.thread == WHOLE


def test_a_post_that_is_put_off_again_and_again_is_nobody_s_to_repeat(desk: Desk, network: FakeNetwork) -> None:
    for number in range(2, 30):
        network.faults[number] = lambda: (_ for _ in ()).throw(Later("not visible", network.clock.at + dt.timedelta(seconds=15)))
    with pytest.raises(Unsure, match="put off 6 times"):
        bring(desk, network)
    assert network.creates == 7
    assert states(desk) == [State.PUBLISHED, State.UNKNOWN, State.PLANNED]


def test_a_worker_that_died_while_sending_is_waited_for_and_its_post_looked_for(desk: Desk, network: FakeNetwork) -> None:
    edition = desk.freeze(THREAD)
    now = network.clock.now()
    assert desk.take(edition, 1, "dead", now, now + dt.timedelta(seconds=180))
    network.posts.append(Seen("id1", THREAD.posts[0].text, "", now))
    bring(desk, network)
    assert network.thread == WHOLE
    assert network.creates == 2
    assert max(network.clock.slept) > 100


def test_the_pictures_of_a_rejected_post_are_uploaded_anew_and_no_others(desk: Desk, network: FakeNetwork) -> None:
    network.faults[2] = failing(Rejected("400: your media ids are invalid"))
    with pytest.raises(Rejected):
        bring(desk, network)
    before = len(network.calls)
    bring(desk, network)
    assert network.calls[before:] == ["upload", "describe m9", "create Post 2", "create Post 3"]


def test_pictures_older_than_twenty_hours_are_uploaded_anew(desk: Desk, network: FakeNetwork) -> None:
    network.faults[2] = failing(Rejected("402"))
    with pytest.raises(Rejected):
        bring(desk, network)
    network.clock.at += dt.timedelta(hours=21)
    before = len(network.calls)
    bring(desk, network)
    assert network.calls[before:] == ["upload", "describe m9", "upload", "describe m11", "create Post 2", "create Post 3"]


def test_a_receipt_that_cannot_be_written_is_found_out_by_the_next_run(desk: Desk, network: FakeNetwork, tmp_path: Path) -> None:
    class Failing:
        """A desk whose database is gone when the receipt comes."""

        def __init__(self) -> None:
            self.gone = False

        def __getattr__(self, name: str) -> object:
            real = getattr(desk, name)
            if name != "settle":
                return real

            def settle(before: Delivery, state: State, **rest: object) -> bool:
                if state is State.PUBLISHED and before.position == 2 and not self.gone:
                    self.gone = True
                    raise BadStore("the database is gone")
                return bool(real(before, state, **rest))

            return settle

    with pytest.raises(BadStore):
        bring(Failing(), network)  # type: ignore[arg-type]
    assert states(desk) == [State.PUBLISHED, State.SENDING, State.PLANNED]
    bring(desk, network)
    assert network.thread == WHOLE
    assert network.creates == 3


def test_two_workers_at_one_edition_post_it_once(desk: Desk, network: FakeNetwork) -> None:
    def too_long(_: float) -> None:
        raise Later("the other one is still at it", NOW)

    def meanwhile() -> None:
        """Another process comes along while the first post is under way; it would have to wait."""
        edition = desk.freeze(THREAD)
        with pytest.raises(Later, match="still at it"):
            deliver(
                Round(edition, desk.frozen(edition), desk, network, LIMITS, Clock(network.clock.now, too_long), "there", print)
            )

    network.faults[1] = meanwhile
    bring(desk, network)
    assert network.thread == WHOLE
    assert network.creates == 3
