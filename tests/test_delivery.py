"""A thread comes to its account once, whole and in order, or stops in a state that says what is out."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.delivery import Clock, Round, deliver, undo
from bot.domain.delivery import Delivery, Frozen, FrozenPost, Picture, Seen, State
from bot.errors import BadInput, BadStore, BadThread, HeldBack, Later, ParentUnseen, Rejected, Unsure
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
    uploads: list[Exception | None] = field(default_factory=list)
    removals: list[Exception | None] = field(default_factory=list)
    lag_s: float = 0
    blind: bool = False
    unready: list[Exception] = field(default_factory=list)
    creates: int = 0

    def ready(self) -> None:
        if self.unready:
            raise self.unready.pop(0)

    def check(self, picture: Picture) -> None:
        if picture.alt_text == "unfit":
            raise BadThread("unfit")

    def upload(self, picture: Picture) -> str:
        self.calls.append("upload")
        self._meet(self.uploads)
        return f"m{len(self.calls)}"

    def _meet(self, faults: list[Exception | None]) -> None:
        fault = faults.pop(0) if faults else None
        if fault is not None:
            raise fault

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

    def recent(self, since: dt.datetime, until: dt.datetime) -> Sequence[Seen]:
        self.calls.append("recent")
        if self.blind:
            raise Later("the timeline is busy", self.clock.at + dt.timedelta(minutes=15))
        seen = self.clock.at - dt.timedelta(seconds=self.lag_s)
        return [one for one in reversed(self.posts) if since <= one.created_at <= min(seen, until)]

    def same(self, text: str, seen: Seen) -> bool:
        return text == seen.text

    def remove(self, remote_id: str) -> bool:
        self.calls.append(f"remove {remote_id}")
        self._meet(self.removals)
        there = [one for one in self.posts if one.remote_id == remote_id]
        self.posts = [one for one in self.posts if one.remote_id != remote_id]
        return bool(there)

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
def desk(tmp_path: Path, empty_file: Path) -> Iterator[Desk]:
    shutil.copy(empty_file, tmp_path / "threadmill.db")
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
        network.faults[number] = lambda: (_ for _ in ()).throw(
            ParentUnseen("not visible", network.clock.at + dt.timedelta(seconds=15))
        )
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
    assert sum(network.clock.slept) > 100


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


# Taking a thread down


def take_down(desk: Desk, network: FakeNetwork, worker: str = "here") -> Sequence[Delivery]:
    edition = desk.freeze(THREAD)
    clock = Clock(network.clock.now, network.clock.sleep)
    return undo(Round(edition, desk.frozen(edition), desk, network, LIMITS, clock, worker, lambda _: None))


def test_a_thread_is_taken_down_from_its_end_and_never_posted_again(desk: Desk, network: FakeNetwork) -> None:
    bring(desk, network)
    before = len(network.calls)
    take_down(desk, network)
    assert network.calls[before:] == ["remove id3", "remove id2", "remove id1"]
    assert network.thread == []
    assert states(desk) == [State.REMOVED] * 3
    assert [(one.call, one.usd) for one in desk.charges()][-3:] == [("deletion", 0.010)] * 3
    with pytest.raises(HeldBack, match="was taken down at 2026"):
        bring(desk, network)
    take_down(desk, network)
    assert network.calls[before + 3 :] == []


def test_a_post_that_was_gone_already_is_not_charged(desk: Desk, network: FakeNetwork) -> None:
    bring(desk, network)
    network.posts.pop(1)
    take_down(desk, network)
    assert [one.position for one in desk.charges() if one.call == "deletion"] == [3, 1]
    assert states(desk) == [State.REMOVED] * 3


def test_a_thread_that_is_half_out_is_taken_down_and_its_rest_never_sent(desk: Desk, network: FakeNetwork) -> None:
    network.faults[2] = failing(Rejected("402"))
    with pytest.raises(Rejected):
        bring(desk, network)
    take_down(desk, network)
    assert (network.thread, network.creates) == ([], 2)
    assert states(desk) == [State.REMOVED, State.REJECTED, State.PLANNED]
    with pytest.raises(HeldBack):
        bring(desk, network)


def test_a_post_of_unknown_fate_is_looked_for_before_a_thread_is_taken_down(desk: Desk, network: FakeNetwork) -> None:
    network.after[2] = failing(Unsure("no answer"))
    network.blind = True
    with pytest.raises(Unsure):
        bring(desk, network)
    network.blind = False
    take_down(desk, network)
    assert network.calls[-3:] == ["recent", "remove id2", "remove id1"]
    assert states(desk) == [State.REMOVED, State.REMOVED, State.PLANNED]


def test_a_worker_that_is_still_sending_is_waited_for(desk: Desk, network: FakeNetwork) -> None:
    """Another worker has the third post; it settles it while undo waits for its lease."""
    network.faults[3] = failing(Later("wait", NOW + dt.timedelta(days=1)))
    with pytest.raises(Later):
        bring(desk, network)
    edition, now = desk.freeze(THREAD), network.clock.now() + dt.timedelta(days=2)
    network.clock.at = now
    assert desk.take(edition, 3, "there", now, now + dt.timedelta(seconds=180))
    network.posts.append(Seen("id3", THREAD.posts[2].text, "id2", now))
    real = network.clock.sleep

    def sleep(seconds: float) -> None:
        taken = desk.deliveries(edition)[2]
        if taken.state is State.SENDING:
            desk.settle(taken, State.PUBLISHED, remote_id="id3")
        real(seconds)

    network.clock.sleep = sleep  # type: ignore[method-assign]
    take_down(desk, network)
    assert network.thread == []
    assert states(desk) == [State.REMOVED] * 3


def test_a_worker_between_two_posts_stops_when_the_thread_is_taken_down(desk: Desk, network: FakeNetwork) -> None:
    def withdraw() -> None:
        desk.withdraw(desk.freeze(THREAD), network.clock.now())

    network.after[2] = withdraw
    with pytest.raises(HeldBack):
        bring(desk, network)
    assert states(desk) == [State.PUBLISHED, State.PUBLISHED, State.PLANNED]
    take_down(desk, network)
    assert network.thread == []


def test_a_deletion_of_unknown_outcome_is_tried_again_and_then_told(desk: Desk, network: FakeNetwork) -> None:
    bring(desk, network)
    network.removals = [Unsure("no answer"), Unsure("no answer"), None, Unsure("1"), Unsure("2"), Unsure("3")]
    with pytest.raises(
        Unsure, match=r"whether post 2 was deleted is not known: 3\. Out are posts 1 to 2 of 3\. Run the same command"
    ):
        take_down(desk, network)
    assert states(desk) == [State.PUBLISHED, State.PUBLISHED, State.REMOVED]
    take_down(desk, network)
    assert network.thread == []


def test_a_refused_deletion_stops_and_says_what_is_out(desk: Desk, network: FakeNetwork) -> None:
    bring(desk, network)
    network.removals = [None, Rejected("suspended")]
    with pytest.raises(Rejected, match=r"post 2 was not deleted: suspended\. Out are posts 1 to 2 of 3"):
        take_down(desk, network)
    assert states(desk) == [State.PUBLISHED, State.PUBLISHED, State.REMOVED]


def test_wrong_settings_leave_a_post_planned_for_nothing_was_sent(desk: Desk, network: FakeNetwork) -> None:
    network.faults[2] = failing(BadInput("X_API_BASE_URL is nothing a connection can be made with"))
    with pytest.raises(BadInput):
        bring(desk, network)
    assert states(desk) == [State.PUBLISHED, State.PLANNED, State.PLANNED]
    bring(desk, network)
    assert network.thread == WHOLE
    assert "recent" not in network.calls


def test_pictures_that_were_uploaded_anew_are_not_uploaded_once_more_after_a_wait(desk: Desk, network: FakeNetwork) -> None:
    network.faults[1] = failing(Rejected("400: your media ids are invalid"))
    with pytest.raises(Rejected):
        bring(desk, network)
    network.clock.at += dt.timedelta(hours=21)
    network.uploads = [None, Later("busy", network.clock.at + dt.timedelta(seconds=20))]
    before = len(network.calls)
    bring(desk, network)
    assert network.calls[before:].count("upload") == 4  # the first, the second which is put off, the second, the third


def test_looks_at_the_account_are_charged_by_what_they_show(desk: Desk, network: FakeNetwork) -> None:
    network.after[2] = failing(Unsure("no answer"))
    bring(desk, network)
    reads = [(one.position, one.usd) for one in desk.charges() if one.call == "posts read"]
    assert reads == [(2, pytest.approx(2 * 0.005))]


@pytest.mark.parametrize("pictures", [(PICTURE,) * 5, (PICTURE, replace(PICTURE, alt_text="unfit"))])
def test_a_thread_with_one_unfit_post_is_not_begun(pictures: tuple[Picture, ...], desk: Desk, network: FakeNetwork) -> None:
    posts = (*THREAD.posts[:2], replace(THREAD.posts[2], pictures=pictures))
    frozen = replace(THREAD, posts=posts)
    edition = desk.freeze(frozen)
    clock = Clock(network.clock.now, network.clock.sleep)
    with pytest.raises(BadThread):
        deliver(Round(edition, desk.frozen(edition), desk, network, LIMITS, clock, "here", lambda _: None))
    assert network.calls == []


def test_a_worker_is_not_waited_for_longer_than_it_takes(desk: Desk, network: FakeNetwork) -> None:
    edition, now = desk.freeze(THREAD), network.clock.now()
    assert desk.take(edition, 1, "there", now, now + dt.timedelta(seconds=180))
    real = network.clock.sleep

    def sleep(seconds: float) -> None:
        taken = desk.deliveries(edition)[0]
        if taken.state is State.SENDING:
            network.posts.append(Seen("id1", THREAD.posts[0].text, "", now))
            desk.settle(taken, State.PUBLISHED, remote_id="id1")
        real(seconds)

    network.clock.sleep = sleep  # type: ignore[method-assign]
    bring(desk, network)
    assert network.thread == WHOLE
    assert sum(network.clock.slept) < 20


def test_a_worker_that_renews_itself_for_ever_is_told_of(desk: Desk, network: FakeNetwork) -> None:
    """Somebody else posts on and on; a run gives up after ten minutes and says when to come back."""
    edition, now = desk.freeze(THREAD), network.clock.now()
    assert desk.take(edition, 1, "there", now, now + dt.timedelta(days=1))
    with pytest.raises(
        Later, match="post 1 is being sent by there. Nothing of the 3 posts is out; run the same command again at"
    ):
        bring(desk, network)
    assert 500 < sum(network.clock.slept) < 620


def test_a_worker_that_slept_after_it_took_a_post_does_not_send_it(desk: Desk, network: FakeNetwork) -> None:
    """Suspended between its lease and its call; another worker has sent the post meanwhile."""
    edition = desk.freeze(THREAD)

    class Suspended:
        slept = False

        def __getattr__(self, name: str) -> object:
            real = getattr(desk, name)
            if name != "take" or self.slept:
                return real

            def take(*arguments: object) -> bool:
                taken = bool(real(*arguments))
                self.slept = True
                network.clock.at += dt.timedelta(minutes=5)
                bring(desk, network, "other")
                return taken

            return take

    clock = Clock(network.clock.now, network.clock.sleep)
    deliver(Round(edition, desk.frozen(edition), Suspended(), network, LIMITS, clock, "here", lambda _: None))  # type: ignore[arg-type]
    assert network.thread == WHOLE
    assert network.creates == 3


def test_a_worker_that_slept_for_half_its_lease_takes_the_post_again(desk: Desk, network: FakeNetwork) -> None:
    edition = desk.freeze(THREAD)

    class Slow:
        slept = False

        def __getattr__(self, name: str) -> object:
            if name == "take" and not self.slept:
                self.slept = True
                network.clock.at += dt.timedelta(seconds=100)  # noticed only after it was taken
            return getattr(desk, name)

    clock = Clock(network.clock.now, network.clock.sleep)
    deliver(Round(edition, desk.frozen(edition), Slow(), network, LIMITS, clock, "here", lambda _: None))  # type: ignore[arg-type]
    assert network.thread == WHOLE
    assert [one.attempts for one in desk.deliveries(edition)] == [2, 1, 1]


def test_a_post_that_vanishes_again_and_again_is_not_sent_on_and_on(desk: Desk, network: FakeNetwork) -> None:
    """A lasting 503: proven absent, it is sent twice more in a run; then a person decides."""
    for number in range(2, 50):
        network.faults[number] = failing(Unsure("503"))
    with pytest.raises(Unsure, match=r"post 2 was sent again and again, its fate is unknown again \(503\).*Out is post 1 of 3"):
        bring(desk, network)
    assert network.creates == 4
    assert states(desk) == [State.PUBLISHED, State.UNKNOWN, State.PLANNED]


def test_a_receipt_that_comes_after_the_lease_ran_out_is_kept(desk: Desk, network: FakeNetwork) -> None:
    def late() -> None:
        network.clock.at += dt.timedelta(minutes=4)
        assert desk.expire(1, network.clock.at) == 1  # another worker came by

    network.after[2] = late
    bring(desk, network)
    assert (network.thread, network.creates) == (WHOLE, 3)
    assert [one.call for one in desk.charges()].count("post") == 3
    assert "recent" not in network.calls


def test_a_post_that_another_worker_sent_meanwhile_is_told_with_its_id(desk: Desk, network: FakeNetwork) -> None:
    def late() -> None:
        network.clock.at += dt.timedelta(minutes=4)
        desk.expire(1, network.clock.at)
        desk.settle(desk.deliveries(1)[1], State.PUBLISHED, remote_id="another")

    network.after[2] = late
    with pytest.raises(
        Unsure, match="post 2 is out under the id id2, but its lease had run out and another worker went on: in the store it is"
    ):
        bring(desk, network)


def test_a_long_wait_for_requests_leaves_a_post_planned_however_often(desk: Desk, network: FakeNetwork) -> None:
    for _ in range(10):
        number = network.creates + (1 if network.posts else 2)
        network.faults = {number: failing(Later("429", network.clock.at + dt.timedelta(days=1)))}
        with pytest.raises(Later, match=r"429.*Out is post 1 of 3; run the same command again at"):
            bring(desk, network)
        network.clock.at += dt.timedelta(days=2)
    assert states(desk) == [State.PUBLISHED, State.PLANNED, State.PLANNED]


def test_a_store_that_fails_before_the_call_leaves_the_post_as_it_was(desk: Desk, network: FakeNetwork) -> None:
    class Failing:
        def __getattr__(self, name: str) -> object:
            if name == "uploads" and len(network.posts) == 1:
                return failing(BadStore("gone"))
            return getattr(desk, name)

    with pytest.raises((BadStore, TypeError)):
        bring(Failing(), network)  # type: ignore[arg-type]
    assert states(desk) == [State.PUBLISHED, State.PLANNED, State.PLANNED]


def test_a_post_of_another_edition_is_never_taken_for_one_of_this(desk: Desk, network: FakeNetwork) -> None:
    """Two threads with the same opening; the second one's request is lost on the way."""
    bring(desk, network)
    other = replace(THREAD, period="2021")
    edition = desk.freeze(other)
    network.faults[4] = failing(Unsure("no answer"))
    clock = Clock(network.clock.now, network.clock.sleep)
    deliver(Round(edition, other, desk, network, LIMITS, clock, "here", lambda _: None))
    assert [one.remote_id for one in desk.deliveries(edition)] == ["id4", "id5", "id6"]
    assert network.thread == [*WHOLE, (WHOLE[0][0], ""), (WHOLE[1][0], "id4"), (WHOLE[2][0], "id5")]


def test_a_clock_that_was_set_back_proves_nothing(desk: Desk, network: FakeNetwork) -> None:
    network.faults[2] = failing(Unsure("no answer"))
    network.blind = True
    with pytest.raises(Unsure):
        bring(desk, network)
    network.blind = False
    network.clock.at -= dt.timedelta(hours=3)
    with pytest.raises(Unsure, match="the clock was set back"):
        bring(desk, network)
    assert network.calls.count("recent") == 2
    network.clock.at += dt.timedelta(hours=4)
    bring(desk, network)
    assert network.thread == WHOLE


def test_a_call_that_takes_as_long_as_its_lease_is_waited_for_before_it_counts_as_absent(
    desk: Desk, network: FakeNetwork
) -> None:
    """It arrives after two and a half minutes, and is shown twenty seconds later."""

    def slow() -> None:
        network.clock.at += dt.timedelta(seconds=150)
        network.posts.append(Seen("late", THREAD.posts[1].text, "id1", network.clock.at))
        raise Unsure("no answer")

    network.lag_s = 20
    network.faults[2] = slow
    bring(desk, network)
    assert [one.remote_id for one in desk.deliveries(1)][1] == "late"
    assert network.creates == 3
