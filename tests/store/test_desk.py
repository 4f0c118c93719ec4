"""What the desk promises whoever posts, on SQLite and on PostgreSQL alike: above all, that nothing is sent twice."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from multiprocessing.context import ForkServerContext

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Engine, event

from bot.domain.delivery import (
    ALT_TEXT,
    DELETION,
    Budget,
    Charge,
    Correction,
    Delivery,
    Frozen,
    FrozenPost,
    Picture,
    State,
    Upload,
)
from bot.errors import BadStore, OverBudget
from bot.ports import Desk
from bot.store import Database, open_store, schema
from tests.store import workers
from tests.store.databases import Place, PostgreSQLDatabase, SQLiteFile
from tests.store.test_failures import BUSY, a_limit_on_files, at_commit
from tests.store.words import MORNING, PNG, a_reading, a_reply, a_thread, at, later

LEASE = later(minutes=3)
PLANNED, SENDING, PUBLISHED = State.PLANNED, State.SENDING, State.PUBLISHED
REJECTED, UNKNOWN, REMOVED = State.REJECTED, State.UNKNOWN, State.REMOVED

WAYS = {
    (PLANNED, SENDING),
    (SENDING, PUBLISHED),
    (SENDING, PLANNED),
    (SENDING, REJECTED),
    (SENDING, UNKNOWN),
    (UNKNOWN, PUBLISHED),
    (UNKNOWN, PLANNED),
    (REJECTED, PLANNED),
    (PUBLISHED, REMOVED),
}
"""The table of the design, written down once more."""


@pytest.fixture
def desk(store: Database) -> Desk:
    return store.desk


def taken(desk: Desk, edition: int, position: int = 1, worker: str = "w1") -> Delivery:
    """A post that a worker has."""
    assert desk.take(edition, position, worker, MORNING, LEASE)
    return desk.deliveries(edition)[position - 1]


def publish(desk: Desk, edition: int, position: int = 1) -> Delivery:
    assert desk.settle(taken(desk, edition, position), PUBLISHED, remote_id=f"id {position}")
    return desk.deliveries(edition)[position - 1]


def bring(desk: Desk, state: State, **rest: str) -> Delivery:
    """The first post of an edition of its own, in a state."""
    edition = desk.freeze(a_thread(**rest))
    if state is PLANNED:
        return desk.deliveries(edition)[0]
    if state in (PUBLISHED, REMOVED):
        published = publish(desk, edition)
        assert state is PUBLISHED or desk.settle(published, REMOVED)
    else:
        sending = taken(desk, edition)
        assert state is SENDING or desk.settle(sending, state, error="as said")
    return desk.deliveries(edition)[0]


# Editions -------------------------------------------------------------------------------------------------------------------------


def test_an_edition_comes_back_byte_by_byte(desk: Desk) -> None:
    posts = (
        FrozenPost(1, "1/2 Ünïcode 🎉 & <b>\r\n\n\u200b ", (Picture(bytes(range(256)), "Ä “chart”\n", 1, 2),), 0.1 + 0.2),
        FrozenPost(2, "", (), 0.0),
    )
    frozen = a_thread(posts=2, composed_at=at("2026-10-05 23:59:59.999999"), thread_json='{"ä": [1,\n2]}', facts_json="🎉")
    frozen = replace(frozen, posts=posts)
    assert desk.frozen(desk.freeze(frozen)) == frozen


def texts() -> st.SearchStrategy[str]:
    return st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@st.composite
def any_posts(draw: st.DrawFn) -> tuple[FrozenPost, ...]:
    sizes = st.integers(0, 2**31 - 1)
    pictures = st.lists(st.builds(Picture, st.binary(), texts(), sizes, sizes), max_size=4)
    count = draw(st.integers(1, 4))
    costs = st.floats(0, 1e6)
    return tuple(FrozenPost(n, draw(texts()), tuple(draw(pictures)), draw(costs)) for n in range(1, count + 1))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(posts=any_posts(), moment=st.datetimes(timezones=st.just(dt.UTC)), words=texts())
def test_any_edition_comes_back_as_it_was(desk: Desk, posts: tuple[FrozenPost, ...], moment: dt.datetime, words: str) -> None:
    period = str(len(desk.editions()))
    frozen = a_thread(report=words, period=period, account=words, composed_at=moment, thread_json=words, facts_json=words)
    frozen = replace(frozen, posts=posts)
    edition = desk.freeze(frozen)
    assert desk.frozen(edition) == frozen
    assert desk.find(words, period, words) == edition


def test_a_fresh_edition_is_planned_in_order(desk: Desk) -> None:
    edition = desk.freeze(a_thread())
    assert desk.deliveries(edition) == [
        Delivery(edition, 1, PLANNED),
        Delivery(edition, 2, PLANNED),
        Delivery(edition, 3, PLANNED),
    ]


def test_an_edition_of_eleven_posts_comes_in_the_order_of_numbers(desk: Desk) -> None:
    frozen = a_thread(posts=11)
    edition = desk.freeze(frozen)
    assert desk.frozen(edition) == frozen
    assert [one.position for one in desk.deliveries(edition)] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]


def test_freezing_again_changes_nothing_and_tells_the_same_edition(desk: Desk, place: Place) -> None:
    edition = desk.freeze(a_thread("as approved"))
    published = publish(desk, edition)
    assert desk.freeze(a_thread("other words", posts=5, network="elsewhere")) == edition
    assert desk.frozen(edition) == a_thread("as approved")
    assert desk.deliveries(edition) == [published, Delivery(edition, 2, PLANNED), Delivery(edition, 3, PLANNED)]
    assert place.ask("SELECT count(*) FROM picture") == [(6,)]
    assert place.ask("SELECT count(*) FROM payload") == [(4,)]


@pytest.mark.parametrize("other", [{"report": "web"}, {"period": "2021"}, {"account": "9"}])
def test_another_report_period_or_account_is_another_edition(desk: Desk, other: dict[str, str]) -> None:
    first, second = desk.freeze(a_thread()), desk.freeze(a_thread(**other))
    assert first != second
    assert desk.editions() == [second, first]
    assert desk.find("dl-frameworks", "2020", "1234567890123456789") == first


def test_the_forerunner_is_the_last_thread_of_another_period_of_which_something_is_out(desk: Desk) -> None:
    first, second = desk.freeze(a_thread(period="2018")), desk.freeze(a_thread(period="2019"))
    assert desk.forerunner("dl-frameworks", "x", "2020") is None
    publish(desk, first)
    assert desk.forerunner("dl-frameworks", "x", "2020") == first
    publish(desk, second)
    publish(desk, desk.freeze(replace(a_correction(1), period="2018")))
    publish(desk, desk.freeze(a_thread(report="web", period="2019")))
    assert desk.forerunner("dl-frameworks", "x", "2020") == second
    assert desk.forerunner("dl-frameworks", "x", "2019") == first
    assert desk.forerunner("dl-frameworks", "elsewhere", "2020") is None


def test_a_correction_is_an_edition_beside_its_thread(desk: Desk) -> None:
    thread = desk.freeze(a_thread())
    first, second = (desk.freeze(a_correction(number)) for number in (1, 2))
    assert desk.freeze(replace(a_correction(1), posts=a_thread("other words", posts=1).posts)) == first
    key = "dl-frameworks", "2020", a_thread().account
    assert desk.corrections(*key) == [first, second]
    assert (desk.find(*key), desk.find(*key, "3#1"), desk.find(*key, "3#2"), desk.find(*key, "2#1")) == (
        thread,
        first,
        second,
        None,
    )
    assert (desk.frozen(thread), desk.frozen(second)) == (a_thread(), a_correction(2))
    assert desk.deliveries(first) == [Delivery(first, 1, PLANNED)]


def a_correction(number: int) -> Frozen:
    return a_thread(posts=1, correction=Correction(3, number, "2124568241958289408"))


def test_what_a_correction_replies_to_belongs_to_what_is_approved(desk: Desk, place: Place) -> None:
    edition = desk.freeze(a_correction(1))
    place.ask("UPDATE edition SET reply_to = '9' WHERE id = ?", edition)
    with pytest.raises(BadStore, match="its digest is another"):
        desk.frozen(edition)


def test_an_edition_nobody_froze_is_not_found(desk: Desk) -> None:
    assert desk.find("dl-frameworks", "2020", "1") is None
    assert desk.editions() == []
    assert desk.deliveries(7) == []
    with pytest.raises(BadStore, match="^there is no edition 7 in the store .*; look the number up with threadmill status$"):
        desk.frozen(7)


def test_an_edition_is_frozen_at_the_instant_of_the_clock(place: Place) -> None:
    with open_store(place.url, clock=lambda: at("2027-01-01 12:00:00.5")) as store:
        store.desk.freeze(a_thread())
    assert place.ask("SELECT substr(CAST(frozen_at AS text), 1, 4) FROM edition") == [("2027",)]


def test_two_processes_that_freeze_the_same_key_get_one_edition(place: Place, processes: ForkServerContext) -> None:
    open_store(place.url).close()
    start, said = processes.Barrier(2), processes.SimpleQueue()
    pair = [processes.Process(target=workers.freeze_the_same, args=(place.url, words, 8, start, said)) for words in ("A", "B")]
    for process in pair:
        process.start()
    first, second = said.get(), said.get()
    for process in pair:
        process.join(10)
    assert first == second
    with open_store(place.url) as store:
        assert store.desk.editions() == sorted(first, reverse=True)
        for edition, period in zip(first, range(2000, 2008), strict=True):
            assert store.desk.frozen(edition) in (a_thread("A", period=str(period)), a_thread("B", period=str(period)))
            assert [one.state for one in store.desk.deliveries(edition)] == [PLANNED] * 3


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE delivery SET text = 'other' WHERE position = 2",
        "UPDATE picture SET alt_text = '' WHERE position = 1 AND number = 2",
        "UPDATE delivery SET position = 9 WHERE position = 3",
    ],
)
def test_an_edition_that_was_changed_by_hand_is_never_sent(store: Database, place: Place, change: str) -> None:
    edition = store.desk.freeze(replace(a_thread(), posts=(*a_thread().posts[:2], FrozenPost(3, "the last", (), 0.015))))
    place.ask(change)
    with pytest.raises(BadStore, match=f"^the edition {edition} in the store .* cannot be sent: .*; rows were probably changed"):
        store.desk.frozen(edition)


def test_a_damaged_picture_is_never_sent(desk: Desk, place: Place) -> None:
    edition = desk.freeze(a_thread())
    place.ask("UPDATE payload SET body = ?", b"spoilt")
    with pytest.raises(BadStore, match="its bytes do not have this digest any more"):
        desk.frozen(edition)


# Taking ---------------------------------------------------------------------------------------------------------------------------


def test_a_post_is_taken_once(desk: Desk) -> None:
    edition = desk.freeze(a_thread())
    now, until = at("2026-10-05 06:30:00.123456"), at("2026-10-05 06:33:00.654321")
    assert desk.take(edition, 1, "w1", now, until) is True
    assert desk.take(edition, 1, "w2", later(now, hours=1), later(until, hours=1)) is False
    assert desk.deliveries(edition)[0] == Delivery(edition, 1, SENDING, 1, worker="w1", lease_until=until, sent_at=now)


def test_of_four_processes_one_takes_a_post(place: Place, processes: ForkServerContext) -> None:
    with open_store(place.url) as store:
        editions = [store.desk.freeze(a_thread(period=str(period))) for period in range(8)]
    start, said = processes.Barrier(4), processes.SimpleQueue()
    crowd = [processes.Process(target=workers.take_the_first, args=(place.url, f"w{n}", editions, start, said)) for n in range(4)]
    for process in crowd:
        process.start()
    told = [said.get() for _ in crowd]
    for process in crowd:
        process.join(10)
    assert [sum(answers) for answers in zip(*told, strict=True)] == [1] * 8
    with open_store(place.url) as store:
        assert [store.desk.deliveries(edition)[0].attempts for edition in editions] == [1] * 8


@pytest.mark.parametrize("state", [PLANNED, SENDING, REJECTED, UNKNOWN, REMOVED])
def test_a_post_is_not_taken_before_the_one_before_it_is_published(desk: Desk, state: State) -> None:
    first = bring(desk, state)
    assert desk.take(first.edition, 2, "w1", MORNING, LEASE) is False
    assert desk.deliveries(first.edition)[1] == Delivery(first.edition, 2, PLANNED)


def test_posts_are_taken_one_after_the_other(desk: Desk) -> None:
    edition = desk.freeze(a_thread())
    other = desk.freeze(a_thread(period="2021"))
    publish(desk, edition, 1)
    assert desk.take(edition, 3, "w1", MORNING, LEASE) is False
    publish(desk, edition, 2)
    assert desk.take(edition, 3, "w1", MORNING, LEASE) is True
    assert desk.take(other, 2, "w1", MORNING, LEASE) is False


@pytest.mark.parametrize(("waited", "may"), [({"microseconds": 59_999_999}, False), ({"seconds": 60}, True), ({"days": 1}, True)])
def test_a_post_is_not_taken_before_its_time(desk: Desk, waited: dict[str, float], may: bool) -> None:
    edition = desk.freeze(a_thread())
    assert desk.settle(taken(desk, edition), PLANNED, error="429", not_before=later(seconds=60))
    assert desk.deliveries(edition)[0] == Delivery(
        edition, 1, PLANNED, 1, error="429", not_before=at("2026-10-05 06:31:00.000001"), sent_at=MORNING
    )
    now = later(**waited)
    assert desk.take(edition, 1, "w2", now, later(now, minutes=3)) is may
    after = desk.deliveries(edition)[0]
    assert (after.state, after.attempts, after.not_before) == ((SENDING, 2, None) if may else (PLANNED, 1, later(seconds=60)))


def test_a_post_that_is_not_there_is_not_taken(desk: Desk) -> None:
    edition = desk.freeze(a_thread(posts=1))
    assert desk.take(edition, 2, "w1", MORNING, LEASE) is False
    publish(desk, edition)
    assert desk.take(edition, 2, "w1", MORNING, LEASE) is False


# Settling -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", State)
def test_a_post_goes_the_ways_of_the_table_and_no_other(desk: Desk, state: State) -> None:
    for other in State:
        before = bring(desk, state, period=other.value)
        if (state, other) in WAYS - {(PLANNED, SENDING)}:
            assert desk.settle(before, other, remote_id="id 1" if other is PUBLISHED else "", error="why") is True
            assert desk.deliveries(before.edition)[0] == Delivery(
                before.edition,
                1,
                other,
                attempts=1,
                remote_id="id 1" if other in (PUBLISHED, REMOVED) else "",
                error="why",
                sent_at=MORNING,
            )
        else:
            with pytest.raises(ValueError, match=f"cannot be settled from {state} as {other}: there is no such move"):
                desk.settle(before, other, remote_id="id 1" if other is PUBLISHED else "")
            assert desk.deliveries(before.edition)[0] == before


def test_a_move_that_is_none_is_refused_before_the_database_is_asked(store: Database, place: Place) -> None:
    published = bring(store.desk, PUBLISHED)
    for table in ("upload", "picture", "delivery"):
        place.ask(f"DROP TABLE {table}")
    with pytest.raises(ValueError, match=r"^post 1 of edition \d+ cannot be settled from published as planned: there is no such"):
        store.desk.settle(published, PLANNED)
    with pytest.raises(BadStore):
        store.desk.settle(published, REMOVED)


def test_an_id_belongs_to_what_is_published(desk: Desk) -> None:
    sending = bring(desk, SENDING)
    with pytest.raises(ValueError, match="as published without an id: nothing could reply to it or remove it"):
        desk.settle(sending, PUBLISHED)
    for state in (PLANNED, REJECTED, UNKNOWN):
        with pytest.raises(ValueError, match=f"as {state} with the id 77: only what is published has one"):
            desk.settle(sending, state, remote_id="77")
    published = publish(desk, desk.freeze(a_thread(period="2021")))
    with pytest.raises(ValueError, match="as removed with the id 77"):
        desk.settle(published, REMOVED, remote_id="77")
    assert desk.deliveries(sending.edition)[0] == sending
    assert desk.settle(published, REMOVED, remote_id="id 1")
    assert desk.deliveries(published.edition)[0] == replace(published, state=REMOVED)


def test_two_posts_of_an_edition_never_have_one_id(desk: Desk) -> None:
    edition = desk.freeze(a_thread())
    publish(desk, edition)
    second = taken(desk, edition, 2)
    with pytest.raises(BadStore, match="one id for two posts; nothing was written"):
        desk.settle(second, PUBLISHED, remote_id="id 1")
    assert desk.deliveries(edition)[1] == second
    assert publish(desk, desk.freeze(a_thread(account="another"))).remote_id == "id 1"


@pytest.mark.parametrize("change", [{"worker": "w2"}, {"attempts": 2}, {"attempts": 0}, {"position": 2}, {"edition": 99}])
def test_a_post_is_settled_only_as_it_was_seen(desk: Desk, change: dict[str, int]) -> None:
    sending = bring(desk, SENDING)
    assert desk.settle(replace(sending, **change), PUBLISHED, remote_id="7") is False  # type: ignore[arg-type]
    assert desk.deliveries(sending.edition)[0] == sending


def test_of_two_that_settle_the_first_one_counts(desk: Desk) -> None:
    unknown = bring(desk, UNKNOWN)
    assert desk.settle(unknown, PUBLISHED, remote_id="found") is True
    assert desk.settle(unknown, PLANNED) is False
    assert desk.settle(unknown, PUBLISHED, remote_id="other") is False
    assert desk.deliveries(unknown.edition)[0].remote_id == "found"


def test_an_outcome_is_kept_even_if_its_words_cannot_be_written(desk: Desk) -> None:
    sending = bring(desk, SENDING)
    assert desk.settle(sending, REJECTED, error="403 \0 \ud83d é 🎉") is True
    assert desk.deliveries(sending.edition)[0].error == "403 \ufffd ? é 🎉"


# Leases ---------------------------------------------------------------------------------------------------------------------------


def test_what_is_being_sent_is_unknown_when_its_lease_runs_out(desk: Desk) -> None:
    sending = bring(desk, SENDING)
    other = bring(desk, SENDING, period="2021")
    assert desk.expire(sending.edition, later(LEASE, microseconds=-1)) == 0
    assert desk.deliveries(sending.edition)[0] == sending
    assert desk.expire(sending.edition, LEASE) == 1
    [expired, *_] = desk.deliveries(sending.edition)
    assert expired == Delivery(sending.edition, 1, UNKNOWN, 1, error=expired.error, sent_at=MORNING)
    assert expired.error.startswith("the lease ran out while it was being sent: the process died or was cut off")
    assert desk.expire(sending.edition, later(days=1)) == 0
    assert desk.deliveries(other.edition)[0] == other


@pytest.mark.parametrize("state", [one for one in State if one is not SENDING])
def test_nothing_but_what_is_being_sent_runs_out(desk: Desk, state: State) -> None:
    before = bring(desk, state)
    assert desk.expire(before.edition, later(days=9)) == 0
    assert desk.deliveries(before.edition)[0] == before


def test_a_worker_that_lost_its_lease_settles_nothing(desk: Desk) -> None:
    late = bring(desk, SENDING)
    assert desk.expire(late.edition, LEASE) == 1
    assert desk.settle(late, PUBLISHED, remote_id="late") is False
    unknown = desk.deliveries(late.edition)[0]
    assert desk.settle(unknown, PLANNED) is True
    assert desk.settle(late, PLANNED) is False
    again = taken(desk, late.edition, worker="w1")  # the same process, once more
    assert desk.settle(late, PUBLISHED, remote_id="late") is False
    assert desk.deliveries(late.edition)[0] == again
    assert desk.settle(again, PUBLISHED, remote_id="in time") is True


def test_a_process_killed_while_it_sends_leaves_its_lease_behind(place: Place, processes: ForkServerContext) -> None:
    with open_store(place.url) as store:
        edition = store.desk.freeze(a_thread())
    has_it = processes.Event()
    process = processes.Process(target=workers.take_and_hang, args=(place.url, edition, has_it))
    process.start()
    assert has_it.wait(20)
    process.kill()
    process.join(10)
    assert process.exitcode == -9
    with open_store(place.url) as store:
        sending = Delivery(edition, 1, SENDING, 1, worker="doomed", lease_until=LEASE, sent_at=MORNING)
        assert store.desk.deliveries(edition)[0] == sending
        assert store.desk.take(edition, 1, "next", later(days=1), later(days=2)) is False
        assert store.desk.expire(edition, LEASE) == 1
        assert store.desk.deliveries(edition)[0].state is UNKNOWN
        assert store.desk.take(edition, 1, "next", later(days=1), later(days=2)) is False


# Any sequence of calls ------------------------------------------------------------------------------------------------------------


def a_machine(desk: Desk) -> type[RuleBasedStateMachine]:
    """Workers that call in any order, with what they see now or saw long ago; each run has an edition of its own."""

    class Workers(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.edition = desk.freeze(a_thread(period=str(len(desk.editions()))))
            self.now = MORNING
            self.ids = 0
            self.expected = list(desk.deliveries(self.edition))
            self.seen = list(self.expected)

        @rule(seconds=st.sampled_from([1, 59, 60, 180]))
        def wait(self, seconds: int) -> None:
            self.now = later(self.now, seconds=seconds)

        @rule(position=st.integers(1, 3), worker=st.sampled_from(["w1", "w2"]))
        def take(self, position: int, worker: str) -> None:
            at_ = self.expected[position - 1]
            free = at_.state is PLANNED and (at_.not_before is None or at_.not_before <= self.now)
            may = free and all(one.state is PUBLISHED for one in self.expected[: position - 1])
            until = later(self.now, seconds=180)
            assert desk.take(self.edition, position, worker, self.now, until) is may
            if may:
                self.expected[position - 1] = replace(
                    at_,
                    state=SENDING,
                    attempts=at_.attempts + 1,
                    worker=worker,
                    lease_until=until,
                    not_before=None,
                    sent_at=self.now,
                )

        @rule(which=st.integers(0, 8), state=st.sampled_from(State), wait_s=st.sampled_from([None, 60]))
        def settle(self, which: int, state: State, wait_s: int | None) -> None:
            before = self.seen[-1 - which % len(self.seen)]
            at_ = self.expected[before.position - 1]
            self.ids += 1
            remote_id = f"id {self.ids}" if state is PUBLISHED else ""
            not_before = later(self.now, seconds=wait_s) if wait_s and state is PLANNED else None
            if state is SENDING or (before.state, state) not in WAYS:
                with pytest.raises(ValueError, match="there is no such move"):
                    desk.settle(before, state, remote_id, "said", not_before)
                return
            same = (before.state, before.worker, before.attempts) == (at_.state, at_.worker, at_.attempts)
            assert desk.settle(before, state, remote_id, "said", not_before) is same
            if same:
                self.expected[before.position - 1] = replace(
                    at_,
                    state=state,
                    remote_id=remote_id or (at_.remote_id if state is REMOVED else ""),
                    error="said",
                    worker="",
                    lease_until=None,
                    not_before=not_before,
                )

        @precondition(lambda self: any(one.state is SENDING for one in self.expected))
        @rule()
        def receive(self) -> None:
            """What mostly happens, so that runs get somewhere."""
            [at_] = [one for one in self.expected if one.state is SENDING]
            self.ids += 1
            assert desk.settle(at_, PUBLISHED, f"id {self.ids}") is True
            published = replace(at_, state=PUBLISHED, remote_id=f"id {self.ids}", error="", worker="", lease_until=None)
            self.expected[at_.position - 1] = published

        @rule()
        def expire(self) -> None:
            out = [one for one in self.expected if one.lease_until is not None and one.lease_until <= self.now]
            assert desk.expire(self.edition, self.now) == len(out)
            for one in out:
                said = desk.deliveries(self.edition)[one.position - 1].error
                self.expected[one.position - 1] = replace(one, state=UNKNOWN, error=said, worker="", lease_until=None)

        @invariant()
        def all_is_as_expected_and_came_by_a_way_of_the_table(self) -> None:
            told = list(desk.deliveries(self.edition))
            assert told == self.expected
            last = {one.position: one for one in self.seen}
            for one in told:
                before = last[one.position]
                assert one.state is before.state or (before.state, one.state) in WAYS
                assert one.attempts - before.attempts == int(one.state is SENDING and before.state is PLANNED)
                assert one.remote_id == before.remote_id or (not before.remote_id and one.state is PUBLISHED)
                if one != before:
                    self.seen.append(one)
            assert sum(one.state is SENDING for one in told) <= 1

    return Workers


def test_no_sequence_of_calls_leaves_the_table_or_sends_twice(desk: Desk) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        a_machine(desk),
        settings=settings(max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)),
    )


# Editions that are withdrawn ------------------------------------------------------------------------------------------------------


def test_nobody_takes_a_post_of_an_edition_that_is_withdrawn(desk: Desk) -> None:
    edition, other = desk.freeze(a_thread()), desk.freeze(a_thread(period="2021"))
    publish(desk, edition)
    assert desk.withdrawn(edition) is None
    desk.withdraw(edition, MORNING)
    desk.withdraw(edition, later(days=1))
    assert desk.withdrawn(edition) == MORNING  # the first time counts
    assert desk.take(edition, 2, "w1", MORNING, LEASE) is False
    assert desk.take(other, 1, "w1", MORNING, LEASE) is True


def test_a_worker_that_has_a_post_settles_it_after_the_edition_is_withdrawn(desk: Desk) -> None:
    edition = desk.freeze(a_thread())
    sending = taken(desk, edition)
    desk.withdraw(edition, MORNING)
    assert desk.settle(sending, PUBLISHED, remote_id="7") is True
    assert desk.settle(desk.deliveries(edition)[0], REMOVED) is True


# The month's budget ---------------------------------------------------------------------------------------------------------------


def test_what_is_committed_is_what_was_billed_and_what_open_posts_may_still_be(store: Database, place: Place) -> None:
    with open_store(place.url, clock=lambda: MORNING) as here:
        desk = here.desk
        edition = desk.freeze(a_thread())  # three posts of 0.015
        assert desk.committed(MORNING) == pytest.approx(0.045)
        assert desk.committed(later(seconds=1)) == 0  # promised before, and nothing billed since
        assert desk.committed(MORNING, besides=edition) == 0
        desk.uploaded(Upload(edition, 2, 1, "m", MORNING, described=True), Charge(edition, 2, ALT_TEXT, 0.005, MORNING))
        assert desk.committed(MORNING) == pytest.approx(0.045)  # an alt text that was billed is not promised any more
        assert desk.committed(MORNING, besides=edition) == pytest.approx(0.005)
        charge = Charge(edition, 1, "post", 0.015, later(seconds=2))
        assert desk.settle(taken(desk, edition), PUBLISHED, remote_id="1", charge=charge)
        assert desk.committed(MORNING) == pytest.approx(0.045)
        assert desk.committed(later(seconds=1)) == pytest.approx(0.015)
        desk.charge(Charge(edition, 2, "posts read", 0.005, later(seconds=3)))
        assert desk.committed(MORNING) == pytest.approx(0.050)
        desk.withdraw(edition, MORNING)
        assert desk.committed(MORNING) == pytest.approx(0.025)  # of what was withdrawn nothing is created any more


def test_a_thread_that_fits_the_budget_to_the_cent_is_frozen_and_one_that_does_not_leaves_nothing(desk: Desk) -> None:
    since = later(days=-30)
    first = desk.freeze(a_thread(), Budget(0.045, since))
    with pytest.raises(OverBudget, match=r"\$0\.090 would be billed or promised since .* the budget is \$0\.089 a month"):
        desk.freeze(a_thread(period="2021"), Budget(0.089, since))
    assert list(desk.editions()) == [first]
    assert desk.find("dl-frameworks", "2021", a_thread().account) is None
    assert desk.freeze(a_thread(period="2021"), Budget(0.09, since)) != first


def test_an_edition_that_was_begun_is_told_whatever_the_budget(desk: Desk) -> None:
    """Whoever goes on with it has looked at what is left to be billed."""
    edition = desk.freeze(a_thread())
    assert desk.freeze(a_thread(), Budget(0, MORNING)) == edition


def test_an_edition_of_last_month_counts_from_when_it_is_gone_on_with(place: Place) -> None:
    since = later(days=20)
    with open_store(place.url, clock=lambda: MORNING) as past:
        edition = past.desk.freeze(a_thread())  # three posts of 0.015
    with open_store(place.url, clock=lambda: later(days=21)) as store:
        assert store.desk.committed(since) == 0
        with pytest.raises(OverBudget, match=r"\$0\.045 would be billed or promised since .* the budget is \$0\.044 a month"):
            store.desk.resume(edition, Budget(0.044, since))
        assert store.desk.committed(since) == 0
        store.desk.resume(edition, Budget(0.045, since))
        assert store.desk.committed(since) == pytest.approx(0.045)
        store.desk.resume(edition, Budget(0.045, since))  # the same person, once more
        with pytest.raises(OverBudget):
            store.desk.freeze(a_thread(period="2021", posts=1), Budget(0.059, since))


def test_taking_a_thread_down_counts_from_when_it_is_agreed_to_until_it_is_billed(place: Place) -> None:
    since = later(days=20)
    with open_store(place.url, clock=lambda: later(days=21)) as store:
        edition = store.desk.freeze(a_thread(posts=2))
        posts = [publish(store.desk, edition, position) for position in (1, 2)]
        assert store.desk.committed(since) == 0
        with pytest.raises(OverBudget, match=r"\$0\.020 would be billed"):
            store.desk.withdraw(edition, MORNING, 0.02, Budget(0.019, since))
        assert store.desk.withdrawn(edition) is None
        store.desk.withdraw(edition, MORNING, 0.02, Budget(0.02, since))
        store.desk.withdraw(edition, later(days=1))  # whoever does it says so again
        assert store.desk.withdrawn(edition) == MORNING
        assert store.desk.committed(since) == pytest.approx(0.02)
        assert store.desk.committed(since, besides=edition) == 0
        assert store.desk.settle(posts[1], REMOVED, charge=Charge(edition, 2, DELETION, 0.01, later(days=21)))
        assert store.desk.committed(since) == pytest.approx(0.02)  # half of it is billed by now
        assert store.desk.settle(posts[0], REMOVED)  # it was gone, and cost nothing
        assert store.desk.committed(since) == pytest.approx(0.01)


@pytest.mark.parametrize("what", ["resume", "withdraw"])
def test_of_two_that_are_agreed_to_at_once_one_exceeds_the_budget(place: Place, what: str) -> None:
    since = later(days=20)

    def agree(edition: int) -> bool:
        try:
            if what == "resume":
                store.desk.resume(edition, Budget(0.05, since))
            else:
                store.desk.withdraw(edition, later(days=21), 0.03, Budget(0.05, since))
        except OverBudget:
            return False
        return True

    for round_ in range(5):
        with open_store(place.url, clock=lambda: MORNING) as past:
            editions = [past.desk.freeze(a_thread(period=str(2000 + 2 * round_ + n), report=what)) for n in (0, 1)]
            for edition in editions:
                publish(past.desk, edition)
        with open_store(place.url, clock=lambda: later(days=21)) as store, ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(agree, editions)) == [False, True]
        place.ask("DELETE FROM charge")
        place.ask("UPDATE edition SET agreed_at = NULL")


@pytest.mark.parametrize("state", [PLANNED, REJECTED])
def test_an_edition_of_which_nothing_is_out_can_be_forgotten_and_frozen_anew(desk: Desk, state: State) -> None:
    first = bring(desk, state)
    desk.uploaded(Upload(first.edition, 1, 1, "m", MORNING))
    desk.charge(Charge(first.edition, 1, ALT_TEXT, 0.005, MORNING))
    other = desk.freeze(a_thread(period="2021"))
    assert desk.drop(first.edition) is True
    assert list(desk.editions()) == [other]
    assert desk.deliveries(first.edition) == desk.uploads(first.edition) == []
    assert desk.drop(first.edition) is False
    assert [one.usd for one in desk.charges()] == [0.005]
    anew = desk.freeze(a_thread("Other words"))
    assert anew != other
    assert desk.charges(anew) == []
    assert desk.frozen(anew).posts[0].text == "1/3 Other words"
    assert desk.frozen(other) == a_thread(period="2021")


@pytest.mark.parametrize("state", [SENDING, UNKNOWN, PUBLISHED, REMOVED])
def test_an_edition_of_which_anything_is_or_may_be_out_is_never_forgotten(desk: Desk, state: State) -> None:
    first = bring(desk, state)
    assert desk.drop(first.edition) is False
    assert desk.deliveries(first.edition)[0] == first
    assert desk.frozen(first.edition) == a_thread()


def test_of_two_processes_that_freeze_under_one_budget_one_is_refused(place: Place, processes: ForkServerContext) -> None:
    with open_store(place.url):
        pass
    start, said = processes.Barrier(2), processes.SimpleQueue()
    arguments = [(place.url, 0.05, period, 6, start, said) for period in ("2018", "2019")]  # a thread is 0.045
    crowd = [processes.Process(target=workers.freeze_within, args=one, daemon=True) for one in arguments]
    for process in crowd:
        process.start()
    told = [said.get() for _ in crowd]
    for process in crowd:
        process.join(10)
    assert [sum(answers) for answers in zip(*told, strict=True)] == [1] * 6


def test_a_charge_is_written_with_the_outcome_it_belongs_to_or_not_at_all(desk: Desk) -> None:
    edition = desk.freeze(a_thread())
    sending = taken(desk, edition)
    charge = Charge(edition, 1, "post", 0.015, MORNING)
    assert desk.settle(sending, PUBLISHED, remote_id="1", charge=charge)
    assert desk.settle(sending, PUBLISHED, remote_id="2", charge=charge) is False  # somebody was quicker
    told = Charge(edition, 1, "alt text", 0.005, MORNING)
    desk.uploaded(Upload(edition, 1, 1, "m", MORNING, described=True), told)
    assert desk.charges(edition) == [charge, told]


# Uploads and charges --------------------------------------------------------------------------------------------------------------


def test_the_newest_upload_of_each_picture_is_told_in_order(desk: Desk) -> None:
    edition, other = desk.freeze(a_thread()), desk.freeze(a_thread(period="2021"))
    first = Upload(edition, 2, 1, "m-1", at("2026-10-05 06:30:00.000007"))
    again = Upload(edition, 2, 1, "m-2", later(hours=21))
    second = Upload(edition, 1, 2, "m-3", MORNING, described=True)
    for upload in (first, second, Upload(other, 1, 1, "m-4", MORNING)):
        desk.uploaded(upload)
    assert desk.uploads(edition) == [second, first]
    desk.uploaded(replace(first, described=True))
    assert desk.uploads(edition) == [second, replace(first, described=True)]
    desk.uploaded(again)
    desk.uploaded(replace(first, described=True))  # the word of a worker that was cut off
    assert desk.uploads(edition) == [second, again]


def test_an_upload_of_no_picture_is_refused(desk: Desk) -> None:
    edition = desk.freeze(a_thread())
    with pytest.raises(BadStore, match="contradicts what is stored"):
        desk.uploaded(Upload(edition, 1, 3, "m", MORNING))
    assert desk.uploads(edition) == []


def test_charges_are_told_in_order_of_time(desk: Desk) -> None:
    late = Charge(2, 1, "create", 0.015, later(microseconds=1))
    early = Charge(1, 2, "alt text", 0.1 + 0.2, MORNING)
    twice = Charge(1, 0, "read", 0.001, MORNING)
    for charge in (late, early, twice, twice):
        desk.charge(charge)
    assert desk.charges() == [early, twice, twice, late]
    assert desk.charges(edition=1) == [early, twice, twice]
    assert desk.charges(since=later(microseconds=1)) == [late]
    assert desk.charges(edition=1, since=later(microseconds=1)) == []


def test_a_call_that_was_billed_is_written_down_whatever_it_was_for(desk: Desk) -> None:
    desk.charge(Charge(0, 0, "own account", 0.01, MORNING))
    assert desk.charges(since=MORNING) == [Charge(0, 0, "own account", 0.01, MORNING)]


# Older stores ---------------------------------------------------------------------------------------------------------------------


def test_a_store_of_version_0001_keeps_all_it_has_and_gets_a_desk(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = [a_reading(number, retrieved_at=later(days=number), note="ä 🎉") for number in range(30)]
    with monkeypatch.context() as past:
        past.setattr(schema, "VERSIONS", ("0001",))
        with open_store(place.url) as store:
            store.record("npm", readings)
            store.keep("npm", "keras", a_reply(PNG))
            with pytest.raises(BadStore):
                store.desk.editions()
    assert place.ask("SELECT version_num FROM threadmill_version") == [("0001",)]
    with open_store(place.url) as store:
        assert place.ask("SELECT version_num FROM threadmill_version") == [(schema.VERSIONS[-1],)]
        assert store.readings("npm", ["keras"]) == readings
        assert store.kept("npm", "keras", dt.date(2026, 10, 5)) == a_reply(PNG)
        assert store.record("npm", readings) == 0
        frozen = a_thread()  # its pictures share their bytes with a reply
        assert store.desk.frozen(store.desk.freeze(frozen)) == frozen
        assert store.kept("npm", "keras", dt.date(2026, 10, 5)) == a_reply(PNG)


def test_a_store_without_corrections_keeps_its_editions_and_all_that_refers_to_them(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as past:
        past.setattr(schema, "VERSIONS", ("0001", "0002", "0003", "0004", "0005"))
        open_store(place.url).close()
    thread = a_thread(posts=1)
    posts = tuple(replace(post, pictures=()) for post in thread.posts)
    thread = replace(thread, posts=posts)
    row = thread.report, thread.period, thread.network, thread.account, thread.digest, thread.thread_json, thread.facts_json
    place.ask(
        "INSERT INTO edition (id, composed_at, frozen_at, report, period, network, account, digest, thread_json, facts_json) "
        f"VALUES (7, '{MORNING.isoformat()}', '{MORNING.isoformat()}', ?, ?, ?, ?, ?, ?, ?)",
        *row,
    )
    place.ask(
        "INSERT INTO delivery (edition, position, text, cost_usd, state, attempts, remote_id, error, worker) "
        "VALUES (7, 1, ?, 0.015, 'planned', 0, '', '', '')",
        posts[0].text,
    )
    place.ask("INSERT INTO citation VALUES (7, ?)", "a" * 64)
    with open_store(place.url) as store:
        assert store.desk.frozen(7) == thread
        assert store.desk.freeze(thread) == 7
        assert store.desk.freeze(a_correction(1)) != 7
        assert store.desk.find(thread.report, thread.period, thread.account) == 7
    assert place.ask("SELECT edition FROM citation") == [(7,)]
    with pytest.raises(Exception, match=r"(?i)check constraint"):
        place.ask("UPDATE edition SET correction = '' WHERE correction = '3#1'")


def test_an_upgrade_that_fails_in_the_middle_leaves_the_old_version(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as past:
        past.setattr(schema, "VERSIONS", ("0001",))
        with open_store(place.url) as store:
            store.record("npm", [a_reading()])
    place.ask("CREATE VIEW charge AS SELECT 1 AS one")
    with pytest.raises(BadStore, match="charge.* already exists"):
        open_store(place.url)
    assert place.ask("SELECT version_num FROM threadmill_version") == [("0001",)]
    place.ask("DROP VIEW charge")
    with open_store(place.url) as store:
        assert store.readings("npm", ["keras"]) == [a_reading()]


@pytest.mark.parametrize(
    "change", ["state = 'lost'", "state = 'sending'", "state = 'published'", "remote_id = '7'", "lease_until = sent_at"]
)
def test_the_database_itself_refuses_what_cannot_be(desk: Desk, place: Place, change: str) -> None:
    before = bring(desk, REJECTED)
    with pytest.raises(Exception, match=r"(?i)check constraint"):
        place.ask(f"UPDATE delivery SET {change} WHERE position = 1")
    assert desk.deliveries(before.edition)[0] == before


# Databases that fail --------------------------------------------------------------------------------------------------------------


def every_write(desk: Desk) -> list[Callable[[Desk], object]]:
    """Calls that each would change something, from here on."""
    sending = bring(desk, SENDING)
    planned = bring(desk, PLANNED, period="2021")
    return [
        lambda desk: desk.freeze(a_thread(period="2022")),
        lambda desk: desk.take(planned.edition, 1, "w2", MORNING, LEASE),
        lambda desk: desk.settle(sending, PUBLISHED, remote_id="7"),
        lambda desk: desk.expire(sending.edition, LEASE),
        lambda desk: desk.uploaded(Upload(planned.edition, 1, 1, "m", MORNING)),
        lambda desk: desk.charge(Charge(planned.edition, 1, "create", 0.015, MORNING)),
        lambda desk: desk.withdraw(planned.edition, MORNING),
        lambda desk: desk.resume(sending.edition, Budget(1, MORNING)),
    ]


def everything(desk: Desk) -> list[object]:
    editions = desk.editions()
    return [*((desk.frozen(one), desk.deliveries(one), desk.uploads(one)) for one in editions), desk.charges()]


def refuse_all(desk: Desk, writes: list[Callable[[Desk], object]], words: str) -> None:
    for write in writes:
        with pytest.raises(BadStore, match=words):
            write(desk)


@contextmanager
def another_writer(place: SQLiteFile | PostgreSQLDatabase) -> Iterator[None]:
    """Somebody else writes and does not come to an end."""
    if isinstance(place, SQLiteFile):
        with closing(sqlite3.connect(place.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
    else:
        with place.connect() as other, other.transaction():
            other.execute("LOCK TABLE edition, delivery, upload, charge IN EXCLUSIVE MODE")
            yield


def test_a_locked_database_is_told_of_and_nothing_changes(place: SQLiteFile | PostgreSQLDatabase) -> None:
    with open_store(place.url, patience_s=0.05) as store:
        writes = every_write(store.desk)
        before = everything(store.desk)
        with another_writer(place):
            refuse_all(store.desk, writes, BUSY)
            assert everything(store.desk) == before
        assert writes[1](store.desk) is True


@contextmanager
def nothing_written() -> Iterator[None]:
    """Connections made now only read, as on a disk that is mounted so or on a standby."""

    def restrict(connection: sqlite3.Connection, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA query_only = ON")
        else:
            connection.read_only = True

    event.listen(Engine, "connect", restrict)
    try:
        yield
    finally:
        event.remove(Engine, "connect", restrict)


def test_a_database_that_may_only_be_read_is_told_of_and_read(place: Place) -> None:
    with open_store(place.url) as store:
        writes = every_write(store.desk)
        before = everything(store.desk)
    with nothing_written(), open_store(place.url) as store:
        refuse_all(store.desk, writes, "may not be written by this user; give it the rights")
        assert everything(store.desk) == before


def test_a_full_disk_is_told_of_and_nothing_changes(file: SQLiteFile) -> None:
    with open_store(file.url) as store:
        writes = every_write(store.desk)
        before = everything(store.desk)
        with a_limit_on_files(1):
            refuse_all(store.desk, writes, "the disk is full or fails; free space, then run again: nothing half done was kept")
        assert everything(store.desk) == before
        assert writes[2](store.desk) is True


def test_a_server_that_goes_away_before_the_receipt_is_stored_leaves_it_being_sent(database: PostgreSQLDatabase) -> None:
    with open_store(database.url) as store:
        sending = bring(store.desk, SENDING)
        with at_commit(database.cut), pytest.raises(BadStore, match="the server is down or out of reach"):
            store.desk.settle(sending, PUBLISHED, remote_id="7")
        assert store.desk.deliveries(sending.edition)[0] == sending
        assert store.desk.settle(sending, PUBLISHED, remote_id="7") is True


def test_an_edition_that_cannot_be_written_whole_is_not_there(desk: Desk, place: Place) -> None:
    posts = (*a_thread(posts=2).posts, FrozenPost(3, "half", (Picture(PNG, "NUL \0", 1, 1),), 0.0))
    with pytest.raises(BadStore, match="cannot be stored: its character 5"):
        desk.freeze(replace(a_thread(), posts=posts))
    assert desk.editions() == []
    assert place.ask("SELECT count(*) FROM payload") == [(0,)]


def test_every_method_of_the_desk_tells_of_tables_that_are_gone(desk: Desk, place: Place) -> None:
    writes = every_write(desk)
    for table in ("upload", "picture", "delivery", "approval", "turn", "citation", "edition", "charge"):
        place.ask(f"DROP TABLE {table}")
    reads: list[Callable[[Desk], object]] = [
        lambda desk: desk.frozen(1),
        lambda desk: desk.find("a", "b", "c"),
        lambda desk: desk.corrections("a", "b", "c"),
        lambda desk: desk.editions(),
        lambda desk: desk.deliveries(1),
        lambda desk: desk.uploads(1),
        lambda desk: desk.charges(),
        lambda desk: desk.committed(MORNING),
        lambda desk: desk.withdrawn(1),
    ]
    refuse_all(desk, [*writes, *reads], "tables or server are not as this version expects them")


def test_a_desk_shows_where_it_is_and_no_password(store: Database, place: Place) -> None:
    assert repr(store.desk) == repr(store).replace("Database", "DatabaseDesk")
