"""What the rota promises whoever runs unattended, on SQLite and on PostgreSQL alike: above all, that each turn is begun once."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing.context import ForkServerContext
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from bot.domain.delivery import Correction, State
from bot.domain.gate import Acceptance
from bot.domain.turn import Turn, TurnState
from bot.errors import BadStore
from bot.ports import Approval, Desk, Done, Notice, Rota, Run
from bot.store import Database, open_store
from bot.store.transactions import Transactions
from tests.store import workers
from tests.store.databases import Place, PostgreSQLDatabase, SQLiteFile
from tests.store.test_failures import at_commit
from tests.store.words import MORNING, a_thread, a_turn, at, later

LEASE = later(minutes=10)
OPEN, WAITING, HELD, SENDING, UNKNOWN = (
    TurnState.OPEN,
    TurnState.WAITING,
    TurnState.HELD,
    TurnState.SENDING,
    TurnState.UNKNOWN,
)
PUBLISHED, WRITTEN, SKIPPED, MISSED = TurnState.PUBLISHED, TurnState.WRITTEN, TurnState.SKIPPED, TurnState.MISSED
OVER = (PUBLISHED, WRITTEN, SKIPPED, MISSED)

WAYS = {
    OPEN: {OPEN, WAITING, HELD, SENDING, PUBLISHED, WRITTEN, SKIPPED, MISSED},
    WAITING: {OPEN, WAITING, HELD, SENDING, PUBLISHED, WRITTEN, SKIPPED, MISSED},
    HELD: {OPEN, WAITING, HELD, SENDING, PUBLISHED, WRITTEN, SKIPPED, MISSED},
    SENDING: {OPEN, WAITING, HELD, SENDING, UNKNOWN, PUBLISHED, WRITTEN, SKIPPED, MISSED},
    UNKNOWN: {OPEN, HELD, SENDING, UNKNOWN, PUBLISHED, SKIPPED, MISSED},
    MISSED: {PUBLISHED, SKIPPED},
    PUBLISHED: set(),
    WRITTEN: set(),
    SKIPPED: set(),
}
"""The table of `MOVES`, written down once more."""


@pytest.fixture
def rota(store: Database) -> Rota:
    return store.rota


@pytest.fixture
def desk(store: Database) -> Desk:
    return store.desk


def a_notice(event: str = "waiting", period: str = "2020", **rest: Any) -> Notice:
    return Notice(**{"event": event, "report": "dl-frameworks", "network": "x", "period": period, "text": "look ä 🎉", **rest})


def begun(rota: Rota, turn: Turn | None = None, worker: str = "w1", now: dt.datetime = MORNING) -> Turn:
    taken = rota.begin(turn or a_turn(), worker, now, later(now, minutes=10), "run 1")
    assert taken is not None
    return taken


def bring(rota: Rota, desk: Desk, state: TurnState, period: str = "2020") -> Turn:
    """A turn in a state, which nobody has."""
    if state is MISSED:
        assert rota.close(a_turn(period, state=MISSED, reason="as said"), MORNING)
    else:
        taken = begun(rota, a_turn(period))
        if state in (SENDING, UNKNOWN, PUBLISHED):
            edition = desk.freeze(a_thread(period=period))
            assert rota.sending(taken, edition)
            taken = replace(taken, edition=edition)
        assert rota.settle(replace(taken, state=state, reason="as said"), MORNING)
    return the(rota, period)


def the(rota: Rota, period: str = "2020") -> Turn:
    [found] = [turn for turn in rota.history(100) if turn.period.key == period]
    return found


# Since when -----------------------------------------------------------------------------------------------------------------------


def test_a_report_is_scheduled_from_when_it_was_first_asked_for(place: Place) -> None:
    with open_store(place.url, clock=lambda: later(days=9)) as store:
        rota = store.rota
        assert rota.since("dl-frameworks", "x", MORNING) == MORNING
        assert rota.since("dl-frameworks", "x", later(days=9)) == MORNING
        assert rota.since("dl-frameworks", "elsewhere", later(days=9)) == later(days=9)
        assert rota.since("web", "x", later(days=3)) == later(days=3)


def test_a_report_is_not_scheduled_from_an_instant_to_come(place: Place) -> None:
    with open_store(place.url, clock=lambda: MORNING) as store:
        assert store.rota.since("dl-frameworks", "x", later(days=400)) == MORNING
        assert store.rota.since("dl-frameworks", "x", later(days=1)) == MORNING


def test_a_report_that_a_wrong_clock_scheduled_is_scheduled_from_when_it_was_set_right(place: Place) -> None:
    moment = later(days=400)
    with open_store(place.url, clock=lambda: moment) as store:
        assert store.rota.since("dl-frameworks", "x", moment) == moment
        moment = MORNING
        assert store.rota.since("dl-frameworks", "x", later(days=-9)) == MORNING
        moment = later(days=1)
        assert store.rota.since("dl-frameworks", "x", moment) == MORNING


def test_a_server_says_until_when_an_instant_is_to_come(rota: Rota, store: Database) -> None:
    before = store.now()
    assert before <= rota.since("dl-frameworks", "x", later(before, days=400)) <= store.now()


# Beginning ------------------------------------------------------------------------------------------------------------------------


def test_a_turn_that_was_begun_is_told_as_it_is(rota: Rota) -> None:
    taken = a_turn(attempts=1, worker="w1", lease_until=LEASE, run="run 1")
    assert rota.begin(a_turn(), "w1", MORNING, LEASE, "run 1") == taken
    assert rota.turns("dl-frameworks", "x") == rota.history(1) == [taken]


def test_a_turn_is_begun_once(rota: Rota) -> None:
    taken = begun(rota)
    assert rota.begin(a_turn(), "w2", later(days=1), later(days=2), "run 2") is None
    assert the(rota) == taken


@pytest.mark.parametrize(("waited", "may"), [({"microseconds": 599_999_999}, False), ({"minutes": 10}, True)])
def test_a_turn_is_begun_again_when_its_lease_is_over(rota: Rota, waited: dict[str, float], may: bool) -> None:
    taken = begun(rota)
    now = later(**waited)
    again = rota.begin(taken, "w2", now, later(now, minutes=10), "run 2")
    second = replace(taken, attempts=2, worker="w2", lease_until=later(now, minutes=10), run="run 2")
    assert again == (second if may else None)
    assert the(rota) == (second if may else taken)


@pytest.mark.parametrize("state", [OPEN, WAITING, HELD, SENDING, UNKNOWN])
def test_a_turn_that_is_not_over_is_begun_again_in_its_state(rota: Rota, desk: Desk, state: TurnState) -> None:
    before = bring(rota, desk, state)
    assert (before.worker, before.lease_until) == ("", None)
    again = rota.begin(before, "w2", later(hours=1), later(hours=2), "run 2")
    assert again == replace(before, attempts=2, worker="w2", lease_until=later(hours=2), run="run 2")


@pytest.mark.parametrize("state", OVER)
def test_a_turn_that_is_over_is_never_begun_again(rota: Rota, desk: Desk, state: TurnState) -> None:
    before = bring(rota, desk, state)
    for seen in (before, a_turn(), replace(before, state=OPEN), replace(before, state=OPEN, attempts=0)):
        assert rota.begin(seen, "w2", later(days=9), later(days=10), "run 2") is None
    assert the(rota) == before


def test_a_turn_is_begun_only_as_it_was_seen(rota: Rota) -> None:
    taken = begun(rota)
    assert rota.settle(replace(taken, state=WAITING), MORNING)
    seen = the(rota)
    for other in ({"attempts": 2}, {"state": OPEN}, {"worker": "w1"}, {"report": "web"}, {"network": "y"}):
        assert rota.begin(replace(seen, **other), "w2", later(days=1), later(days=2), "run 2") is None
    assert rota.begin(seen, "w2", later(days=1), later(days=2), "run 2") is not None
    assert rota.begin(seen, "w3", later(days=3), later(days=4), "run 3") is None


@pytest.mark.parametrize("key", ["2020", "2026-10", "2026-W47", "2026-10-05"])
def test_a_window_comes_back_to_the_microsecond(rota: Rota, key: str) -> None:
    begun(rota, a_turn(key))
    assert the(rota, key).window == a_turn(key).window


# Having it ------------------------------------------------------------------------------------------------------------------------


def test_a_worker_that_has_a_turn_keeps_it_longer(rota: Rota) -> None:
    taken = begun(rota)
    assert rota.renew(taken, later(minutes=20)) is True
    assert the(rota) == replace(taken, lease_until=later(minutes=20))
    assert rota.begin(taken, "w2", later(minutes=19), later(minutes=30), "run 2") is None


def test_a_worker_that_lost_its_turn_can_do_nothing_to_it(rota: Rota, desk: Desk) -> None:
    late = begun(rota)
    edition = desk.freeze(a_thread())
    now = begun(rota, late, "w1", later(hours=1))  # the same process, once more
    assert rota.renew(late, later(days=1)) is False
    assert rota.settle(replace(late, state=HELD), MORNING, a_notice()) is False
    assert rota.sending(late, edition) is False
    assert the(rota) == now
    assert rota.untold("w1", MORNING, LEASE, 9) == []
    assert rota.settle(replace(now, state=HELD), MORNING, a_notice()) is True
    assert [one.event for one in rota.untold("w1", MORNING, LEASE, 9)] == ["waiting"]


def test_nobody_settles_a_turn_that_nobody_has(rota: Rota, desk: Desk) -> None:
    before = bring(rota, desk, WAITING)
    assert rota.settle(replace(before, state=HELD), MORNING) is False
    assert rota.sending(before, desk.freeze(a_thread())) is False
    assert rota.renew(before, LEASE) is False
    assert rota.settle(a_turn(), MORNING) is False
    assert the(rota) == before


def test_a_turn_is_settled_with_all_that_is_said_of_it(rota: Rota, desk: Desk) -> None:
    taken = begun(rota)
    edition = desk.freeze(a_thread())
    said = replace(taken, state=WAITING, reason="look at it \0 ä", edition=edition, retry_at=later(hours=1))
    assert rota.settle(said, later(minutes=1)) is True
    assert the(rota) == replace(said, reason="look at it \ufffd ä", worker="", lease_until=None)
    again = begun(rota, the(rota), now=later(hours=1))
    assert again.retry_at is None
    assert rota.settle(replace(again, state=PUBLISHED, reason="", retry_at=later(days=1)), later(hours=2)) is True
    assert the(rota) == replace(again, state=PUBLISHED, reason="", worker="", lease_until=None, ended_at=later(hours=2))


def test_a_worker_that_sends_keeps_its_turn(rota: Rota, desk: Desk) -> None:
    taken = begun(rota)
    edition = desk.freeze(a_thread())
    assert rota.sending(taken, edition) is True
    assert the(rota) == replace(taken, state=SENDING, edition=edition)
    assert rota.renew(taken, later(minutes=30)) is True


@pytest.mark.parametrize("state", TurnState)
def test_a_turn_goes_the_ways_of_the_table_and_no_other(rota: Rota, desk: Desk, state: TurnState) -> None:
    for number, other in enumerate(TurnState):
        before = bring(rota, desk, state, str(2000 + number))
        if before.over:
            continue  # nobody can have it: see `close`
        taken = begun(rota, before)
        if other in WAYS[state]:
            assert rota.settle(replace(taken, state=other, reason="why"), MORNING) is True
            after = the(rota, before.period.key)
            assert (after.state, after.reason, after.ended_at) == (other, "why", MORNING if other in OVER else None)
        else:
            with pytest.raises(ValueError, match=f"the turn of dl-frameworks 20.. on x cannot go from {state} to {other}: there"):
                rota.settle(replace(taken, state=other), MORNING, a_notice())
            assert the(rota, before.period.key) == taken
    assert rota.untold("w1", MORNING, LEASE, 9) == []


# Closing --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [MISSED, SKIPPED, PUBLISHED])
def test_a_turn_that_was_never_begun_can_be_closed(rota: Rota, state: TurnState) -> None:
    assert rota.close(a_turn(state=state, reason="nobody was here"), MORNING, a_notice("missed")) is True
    assert the(rota) == a_turn(state=state, reason="nobody was here", ended_at=MORNING)
    assert [one.event for one in rota.untold("w1", MORNING, LEASE, 9)] == ["missed"]
    assert rota.begin(a_turn(), "w1", MORNING, LEASE, "run 1") is None
    assert rota.close(a_turn(state=state), MORNING, a_notice("again")) is False
    assert rota.untold("w1", MORNING, LEASE, 9) == []


@pytest.mark.parametrize("state", [OPEN, WAITING, HELD, SENDING, UNKNOWN])
@pytest.mark.parametrize("end", [MISSED, SKIPPED, PUBLISHED])
def test_a_turn_that_nobody_has_can_be_closed(rota: Rota, desk: Desk, state: TurnState, end: TurnState) -> None:
    before = bring(rota, desk, state)
    assert rota.close(replace(before, state=end, reason="it is too late"), LEASE) is True
    assert the(rota) == replace(before, state=end, reason="it is too late", retry_at=None, ended_at=LEASE)
    assert rota.close(replace(before, state=end), LEASE) is False


def test_a_turn_that_somebody_has_is_not_closed(rota: Rota) -> None:
    taken = begun(rota)
    assert rota.close(replace(taken, state=MISSED), later(LEASE, microseconds=-1), a_notice()) is False
    assert rota.close(a_turn(state=MISSED), LEASE, a_notice()) is False  # seen before it was begun
    assert the(rota) == taken
    assert rota.untold("w1", MORNING, LEASE, 9) == []
    assert rota.close(replace(taken, state=MISSED), LEASE) is True
    assert the(rota) == replace(taken, state=MISSED, worker="", lease_until=None, ended_at=LEASE)


def test_a_turn_is_closed_only_as_it_was_seen(rota: Rota) -> None:
    taken = begun(rota)
    dead = replace(taken, state=MISSED)
    assert rota.settle(replace(taken, state=WAITING), MORNING)  # it was not dead
    assert rota.close(dead, later(days=1)) is False
    assert rota.close(replace(dead, attempts=2, worker=""), later(days=1)) is False
    assert rota.close(replace(the(rota), state=MISSED), later(days=1)) is True


@pytest.mark.parametrize("state", OVER)
@pytest.mark.parametrize("end", [MISSED, SKIPPED, PUBLISHED])
def test_of_what_is_over_only_the_missed_is_closed_once_more(rota: Rota, desk: Desk, state: TurnState, end: TurnState) -> None:
    before = bring(rota, desk, state)
    may = state is MISSED and end is not MISSED
    assert rota.close(replace(before, state=end, reason="anew"), later(days=1)) is may
    assert the(rota) == (replace(before, state=end, reason="anew", ended_at=later(days=1)) if may else before)


@pytest.mark.parametrize("state", [OPEN, WAITING, HELD, SENDING, UNKNOWN, WRITTEN])
def test_no_turn_is_closed_as_what_is_no_end(rota: Rota, state: TurnState) -> None:
    with pytest.raises(ValueError, match=f"ends as missed, skipped or published, not as {state}"):
        rota.close(a_turn(state=state), MORNING)
    assert rota.history(9) == []


# Looking --------------------------------------------------------------------------------------------------------------------------


def test_the_newest_turn_and_those_that_are_not_over_are_told_by_period(rota: Rota, desk: Desk) -> None:
    for period, state in (("2026-W09", MISSED), ("2026-W10", HELD), ("2026-W08", OPEN), ("2026-W11", PUBLISHED)):
        bring(rota, desk, state, period)
    assert rota.close(a_turn("2027", report="web", state=MISSED), MORNING)
    told = [(turn.period.key, turn.state) for turn in rota.turns("dl-frameworks", "x")]
    assert told == [("2026-W08", OPEN), ("2026-W10", HELD), ("2026-W11", PUBLISHED)]
    assert rota.turns("dl-frameworks", "elsewhere") == []


def test_what_was_skipped_is_told_with_all_since_the_newest_turn_that_was_not(rota: Rota, desk: Desk) -> None:
    for period, state in (("2026-W08", SKIPPED), ("2026-W12", SKIPPED)):
        assert rota.close(a_turn(period, state=state), MORNING)
    assert [turn.period.key for turn in rota.turns("dl-frameworks", "x")] == ["2026-W08", "2026-W12"]
    for period, state in (("2026-W09", PUBLISHED), ("2026-W10", SKIPPED)):
        bring(rota, desk, state, period)
    assert [turn.period.key for turn in rota.turns("dl-frameworks", "x")] == ["2026-W09", "2026-W10", "2026-W12"]


def test_the_newest_turn_is_that_of_the_period_that_ended_last_whatever_its_granularity(rota: Rota) -> None:
    for period in ("2026-11", "2026"):
        assert rota.close(a_turn(period, state=MISSED), MORNING)
    assert [turn.period.key for turn in rota.turns("dl-frameworks", "x")] == ["2026"]
    assert [turn.period.key for turn in rota.history(1)] == ["2026"]


def test_history_tells_the_newest_of_each_report(rota: Rota) -> None:
    for report, network, period in (
        ("web", "x", "2019"),
        ("dl", "x", "2020"),
        ("dl", "x", "2021"),
        ("dl", "x", "2018"),
        ("dl", "y", "2017"),
        ("web", "x", "2021"),
    ):
        assert rota.close(a_turn(period, report=report, network=network, state=MISSED), MORNING)
    told = [(turn.report, turn.network, turn.period.key) for turn in rota.history(2)]
    assert told == [("dl", "x", "2021"), ("web", "x", "2021"), ("dl", "x", "2020"), ("web", "x", "2019"), ("dl", "y", "2017")]


# Many at once ---------------------------------------------------------------------------------------------------------------------

CROWD, ROUNDS = 16, 4


def test_of_sixteen_workers_that_try_the_same_exactly_one_succeeds(place: Place, processes: ForkServerContext) -> None:
    """One workers' notice, one workers' reason: who ended the turn is who told of it."""
    with open_store(place.url) as store:
        for round_ in range(ROUNDS):
            period = str(2000 + round_)
            begun(store.rota, a_turn(period, report="dead"), "dead", later(minutes=-10))
            seen = begun(store.rota, a_turn(period, report="seen"))
            assert store.rota.settle(replace(seen, state=HELD), MORNING)
    start, said = processes.Barrier(CROWD), processes.SimpleQueue()
    arguments = [(place.url, f"w{number}", ROUNDS, start, said) for number in range(CROWD)]
    crowd = [processes.Process(target=workers.try_everything, args=one, daemon=True) for one in arguments]
    for process in crowd:
        process.start()
    told = [said.get() for _ in crowd]
    for process in crowd:
        process.join(10)
    made = [sorted(move for one in told for move in one[round_]) for round_ in range(ROUNDS)]
    moves = ["begin", "begin again", "chore", "close", "close unbegun", "settle"]
    assert [[move for move in one if not move.startswith("tell")] for one in made] == [moves] * ROUNDS
    telling = sorted(move for one in made for move in one if move.startswith("tell"))
    assert telling == sorted(f"tell {report}" for report in ("dead", "fresh", "late") for _ in range(ROUNDS))
    assert place.ask("SELECT count(*) FROM turn JOIN notice USING (report, period) WHERE reason <> text") == [(0,)]
    assert place.ask("SELECT count(*), sum(attempts) FROM notice") == [(3 * ROUNDS, 3 * ROUNDS)]
    assert place.ask("SELECT report, min(attempts), max(attempts) FROM turn GROUP BY report ORDER BY report") == [
        ("dead", 1, 1),
        ("fresh", 1, 1),
        ("late", 0, 0),
        ("seen", 2, 2),
    ]


def test_threads_that_share_a_store_begin_a_turn_once(store: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        for year in range(2000, 2010):
            names = [f"w{number}" for number in range(8)]
            took = list(pool.map(lambda name: store.rota.begin(a_turn(str(year)), name, MORNING, LEASE, name), names))  # noqa: B023
            [taken] = [turn for turn in took if turn is not None]
            assert the(store.rota, str(year)) == taken


def test_a_process_killed_in_the_middle_leaves_a_turn_with_its_notice_or_without_both(
    place: Place, processes: ForkServerContext
) -> None:
    under_way = processes.Event()
    process = processes.Process(target=workers.turn_until_killed, args=(place.url, under_way))
    process.start()
    assert under_way.wait(20)
    process.kill()
    process.join(10)
    assert process.exitcode == -9
    held = place.ask("SELECT period FROM turn WHERE state = 'held' AND worker = '' ORDER BY period")
    assert len(held) >= 4
    assert place.ask("SELECT period FROM notice ORDER BY period") == held
    with open_store(place.url) as store:
        left = [turn for turn in store.rota.history(9_000) if turn.state is OPEN]
        assert len(left) <= 1  # its lease runs out
        assert all(begun(store.rota, turn, "next", LEASE).attempts == 2 for turn in left)


def test_an_approval_and_a_forgetting_at_once_leave_no_approval_of_what_is_no_more(store: Database, place: Place) -> None:
    with ThreadPoolExecutor(2) as pool:
        for year in range(2000, 2015):
            thread = a_thread(period=str(year))
            edition = store.desk.freeze(thread)
            approving = pool.submit(store.rota.approve, Approval(edition, thread.digest, "ana", MORNING))
            dropping = pool.submit(store.desk.drop, edition)
            assert dropping.result() is True
            assert approving.result() in (True, False)
    assert place.ask("SELECT * FROM approval") == []


def a_machine(rota: Rota, report: str) -> type[RuleBasedStateMachine]:
    """Workers and persons that call in any order, with what they see now or saw long ago, against a turn in memory."""

    class Workers(RuleBasedStateMachine):
        number = 0

        def __init__(self) -> None:
            super().__init__()
            type(self).number += 1
            self.turn = a_turn(str(1000 + self.number), report=report)
            self.now = MORNING
            self.there = False
            self.seen = [self.turn]
            self.told: set[str] = set()

        def _free(self) -> bool:
            return self.turn.lease_until is None or self.turn.lease_until <= self.now

        def _same(self, before: Turn) -> bool:
            return (before.attempts, before.worker) == (self.turn.attempts, self.turn.worker)

        def _notice(self, event: str) -> Notice:
            return Notice(event, report, "x", self.turn.period.key, "look")

        @rule(minutes=st.sampled_from([1, 9, 10, 60]))
        def wait(self, minutes: int) -> None:
            self.now = later(self.now, minutes=minutes)

        @rule(which=st.integers(0, 4), worker=st.sampled_from(["w1", "w2"]))
        def begin(self, which: int, worker: str) -> None:
            seen = self.seen[-1 - which % len(self.seen)]
            until = later(self.now, minutes=10)
            same = self._same(seen) and seen.state is self.turn.state and self._free() and not self.turn.over
            may = same if self.there else seen.attempts == 0
            taken = rota.begin(seen, worker, self.now, until, f"run of {worker}")
            assert (taken is not None) is may
            if taken is not None:
                self.there = True
                attempts = self.turn.attempts + 1
                self.turn = replace(
                    self.turn, attempts=attempts, worker=worker, lease_until=until, retry_at=None, run=f"run of {worker}"
                )
                assert taken == self.turn

        @rule(which=st.integers(0, 4), state=st.sampled_from(TurnState), retry=st.booleans())
        def settle(self, which: int, state: TurnState, retry: bool) -> None:
            seen = self.seen[-1 - which % len(self.seen)]
            said = replace(seen, state=state, reason=f"as {state}", retry_at=self.now if retry else None)
            his = self.there and self._same(seen) and self.turn.lease_until is not None
            if his and state not in WAYS[self.turn.state]:
                with pytest.raises(ValueError, match="there is no such move"):
                    rota.settle(said, self.now, self._notice(state))
                return
            assert rota.settle(said, self.now, self._notice(state)) is his
            if his:
                self.told.add(state)
                self.turn = replace(said, worker="", lease_until=None)
                if self.turn.over:
                    self.turn = replace(self.turn, retry_at=None, ended_at=self.now)

        @rule(which=st.integers(0, 4), state=st.sampled_from([MISSED, SKIPPED, PUBLISHED]))
        def close(self, which: int, state: TurnState) -> None:
            seen = self.seen[-1 - which % len(self.seen)]
            said = replace(seen, state=state, reason="closed")
            same = self._same(seen) and self._free() and state in WAYS[self.turn.state]
            may = same if self.there else seen.attempts == 0
            assert rota.close(said, self.now, self._notice(f"closed as {state}")) is may
            if may:
                self.there = True
                self.told.add(f"closed as {state}")
                self.turn = replace(said, run=self.turn.run, retry_at=None, worker="", lease_until=None, ended_at=self.now)

        @invariant()
        def all_is_as_expected(self) -> None:
            there = [turn for turn in rota.turns(report, "x") if turn.period == self.turn.period]
            assert there == ([self.turn] if self.there else [])
            if self.turn != self.seen[-1]:
                self.seen.append(self.turn)

        def teardown(self) -> None:
            notices = rota.untold("teller", later(days=999), later(days=9999), 99)
            assert {notice.event for notice in notices} == self.told

    return Workers


def test_no_sequence_of_calls_leaves_the_table_or_begins_twice(rota: Rota) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        a_machine(rota, "machine"),
        settings=settings(max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)),
    )


# Time -----------------------------------------------------------------------------------------------------------------------------


def test_a_store_with_a_clock_tells_its_time_everywhere(place: Place) -> None:
    with open_store(place.url, clock=lambda: at("2031-01-01 12:00")) as store:
        assert store.now() == store.desk.now() == store.rota.now() == at("2031-01-01 12:00")


def test_a_server_tells_its_own_time_whatever_this_machine_believes(
    database: PostgreSQLDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Transactions, "_here", lambda _: at("1999-12-31 23:59"))
    with open_store(database.url) as store:
        told = store.now()
    assert abs(told - dt.datetime.now(dt.UTC)) < dt.timedelta(seconds=5)
    assert told.utcoffset() == dt.timedelta(0)


def test_a_file_tells_the_time_of_this_machine(file: SQLiteFile) -> None:
    with open_store(file.url) as store:
        assert abs(store.now() - dt.datetime.now(dt.UTC)) < dt.timedelta(seconds=5)


def test_a_server_that_is_gone_tells_no_time(database: PostgreSQLDatabase) -> None:
    with (
        open_store(database.url) as store,
        at_commit(database.cut),
        pytest.raises(BadStore, match="the server is down or out of"),
    ):
        store.now()


# Approvals ------------------------------------------------------------------------------------------------------------------------


def waiting(rota: Rota, desk: Desk) -> tuple[Turn, int]:
    """A turn whose edition a person is to approve."""
    edition = desk.freeze(a_thread())
    assert rota.settle(replace(begun(rota), state=WAITING, edition=edition), MORNING, a_notice())
    return the(rota), edition


def test_an_approval_of_the_very_thread_counts_and_its_turn_is_tried_at_once(rota: Rota, desk: Desk) -> None:
    turn, edition = waiting(rota, desk)
    assert rota.approval(edition) is None
    approval = Approval(edition, a_thread().digest, "ana@desk ä", later(hours=1))
    assert rota.approve(approval) is True
    assert rota.approval(edition) == approval
    assert the(rota) == replace(turn, retry_at=turn.window.opens_at)  # its time is long over: see `nudge`
    assert rota.approve(replace(approval, by="ben", at=later(hours=2))) is True
    assert rota.approval(edition) == approval  # the first one said it


def test_an_approval_of_anything_else_is_none(rota: Rota, desk: Desk, place: Place) -> None:
    turn, edition = waiting(rota, desk)
    assert rota.approve(Approval(edition, a_thread("other words").digest, "ana", MORNING)) is False
    assert rota.approve(Approval(edition + 1, a_thread().digest, "ana", MORNING)) is False
    desk.withdraw(edition, MORNING)
    assert rota.approve(Approval(edition, a_thread().digest, "ana", MORNING)) is False
    assert the(rota) == turn
    assert place.ask("SELECT * FROM approval") == []


def test_an_approval_counts_only_as_long_as_the_edition_is_what_was_approved(rota: Rota, desk: Desk, place: Place) -> None:
    _, edition = waiting(rota, desk)
    assert rota.approve(Approval(edition, a_thread().digest, "ana", MORNING))
    place.ask("UPDATE edition SET digest = 'another'")
    assert rota.approval(edition) is None
    assert rota.approve(Approval(edition, "another", "ben", later(hours=1))) is True
    assert rota.approval(edition) == Approval(edition, "another", "ben", later(hours=1))


def test_an_approval_while_a_worker_has_the_turn_is_not_overheard(rota: Rota, desk: Desk) -> None:
    """The worker has asked for it before, and says that it waits, after."""
    turn, edition = waiting(rota, desk)
    taken = begun(rota, turn, now=later(hours=1))
    assert rota.approval(edition) is None
    assert rota.approve(Approval(edition, a_thread().digest, "ana", later(minutes=61)))
    assert rota.settle(replace(taken, retry_at=None), later(minutes=62))
    assert the(rota).retry_at == taken.window.opens_at
    assert begun(rota, the(rota), now=later(hours=2)).retry_at is None


def test_a_person_who_did_something_about_an_edition_has_its_turn_tried_again(rota: Rota, desk: Desk) -> None:
    edition, other = desk.freeze(a_thread()), desk.freeze(a_thread(period="2021"))
    assert rota.nudge(edition, MORNING) is False
    held = bring(rota, desk, HELD)  # frozen by hand, before or after
    assert rota.nudge(other, MORNING) is False
    assert rota.nudge(edition, later(hours=1)) is True
    assert the(rota) == replace(held, retry_at=held.window.opens_at)
    assert rota.settle(replace(begun(rota, the(rota)), state=WRITTEN), MORNING)
    assert rota.nudge(edition, later(hours=2)) is False
    assert the(rota).retry_at is None


def test_a_correction_has_no_turn(rota: Rota, desk: Desk) -> None:
    held = bring(rota, desk, HELD)
    correction = desk.freeze(a_thread(posts=1, correction=Correction(1, 1, "7")))
    assert rota.nudge(correction, MORNING) is False
    assert the(rota) == held


def test_an_edition_on_another_account_is_none_of_a_turn_that_has_one(rota: Rota, desk: Desk) -> None:
    turn, edition = waiting(rota, desk)
    other = desk.freeze(a_thread(account="another"))
    assert rota.nudge(other, MORNING) is False
    assert the(rota) == turn
    assert rota.nudge(edition, MORNING) is True


@pytest.mark.parametrize("state", [OPEN, WAITING, HELD, SENDING, UNKNOWN])
def test_an_edition_that_is_forgotten_leaves_a_turn_to_be_composed_anew(rota: Rota, desk: Desk, state: TurnState) -> None:
    before = bring(rota, desk, state if state in (SENDING, UNKNOWN) else OPEN)
    edition = before.edition or desk.freeze(a_thread())
    if state not in (SENDING, UNKNOWN):
        assert rota.settle(replace(begun(rota, before), state=state, edition=edition), MORNING, a_notice("waiting"))
    assert rota.approve(Approval(edition, a_thread().digest, "ana", MORNING))
    assert desk.drop(edition) is True
    after = the(rota)
    assert (after.state, after.edition, after.worker, after.lease_until) == (OPEN, None, "", None)
    assert after.retry_at is not None
    assert after.reason.startswith("its thread was taken back before anything of it was out")
    assert rota.approval(edition) is None
    assert desk.freeze(a_thread()) == edition or desk.freeze(a_thread())  # its number may be given again
    assert all(rota.approval(one) is None for one in desk.editions())
    again = begun(rota, after, now=later(hours=1))
    assert rota.settle(replace(again, state=WAITING), later(hours=1), a_notice("waiting", text="look again"))
    assert [one.text for one in rota.untold("w1", later(hours=1), later(hours=2), 9)] == ["look again"]


def test_a_worker_whose_edition_is_forgotten_has_lost_its_turn(rota: Rota, desk: Desk) -> None:
    taken, edition = begun(rota), desk.freeze(a_thread())
    assert rota.sending(taken, edition)
    assert desk.drop(edition) is True
    assert rota.renew(taken, LEASE) is False
    assert rota.settle(replace(taken, state=PUBLISHED, edition=edition), MORNING) is False
    assert the(rota).state is OPEN


def test_a_turn_gets_no_edition_that_was_forgotten(rota: Rota, desk: Desk) -> None:
    taken, edition = begun(rota), desk.freeze(a_thread())
    assert desk.drop(edition) is True
    assert rota.sending(taken, edition) is False
    assert rota.settle(replace(taken, state=WAITING, edition=edition), MORNING, a_notice()) is False
    assert rota.close(a_turn("2021", state=PUBLISHED, edition=edition), MORNING) is False
    assert rota.history(9) == [taken]


def test_a_turn_that_is_over_stays_over_when_its_edition_is_forgotten(rota: Rota, desk: Desk) -> None:
    turn, edition = waiting(rota, desk)
    assert rota.close(replace(turn, state=SKIPPED, reason="not this year"), MORNING)
    assert desk.drop(edition) is True
    assert the(rota) == replace(turn, state=SKIPPED, reason="not this year", edition=None, ended_at=MORNING)


def test_an_edition_that_is_not_forgotten_keeps_its_approval_and_its_turn(rota: Rota, desk: Desk) -> None:
    turn, edition = waiting(rota, desk)
    assert rota.approve(Approval(edition, a_thread().digest, "ana", MORNING))
    assert desk.take(edition, 1, "w1", MORNING, LEASE)
    assert desk.drop(edition) is False
    assert rota.approval(edition) is not None
    assert the(rota) == replace(turn, retry_at=turn.window.opens_at)
    assert desk.deliveries(edition)[0].state is State.SENDING


# Runs -----------------------------------------------------------------------------------------------------------------------------

RUN = Run("01K", "window 2020 opened", "dl-frameworks", "2020", "host/7", "0.2.0", "sha256:ab", MORNING)


def test_a_run_is_told_from_its_start(rota: Rota) -> None:
    rota.start(RUN)
    assert rota.runs(9) == [RUN]
    ended = replace(RUN, ended_at=later(minutes=1), outcome="published ä 🎉", sources={"npm": "12 figures", "pypi": "\ud83d ä"})
    rota.finish(ended)
    assert rota.runs(9) == [ended]


def test_the_newest_runs_come_first(rota: Rota) -> None:
    runs = [replace(RUN, id=f"{number:03}", began_at=later(minutes=number // 2)) for number in range(6)]
    for one in runs:
        rota.start(one)
    assert [one.id for one in rota.runs(4)] == ["005", "004", "003", "002"]


def test_a_run_whose_start_was_lost_is_written_down_at_its_end(rota: Rota) -> None:
    ended = replace(RUN, ended_at=later(minutes=1), outcome="held")
    rota.finish(ended)
    assert rota.runs(9) == [ended]


def test_a_run_ends_with_an_outcome(rota: Rota) -> None:
    rota.start(RUN)
    with pytest.raises(BadStore, match="contradicts what is stored"):
        rota.finish(replace(RUN, ended_at=MORNING))
    assert rota.runs(1) == [RUN]


# Chores ---------------------------------------------------------------------------------------------------------------------------

DAY = dt.date(2026, 10, 5)


def test_a_chore_is_done_once_a_day(rota: Rota) -> None:
    assert rota.chores() == {}
    assert rota.chore("collect", DAY, "w1", MORNING, LEASE) is True
    assert rota.chore("collect", DAY, "w2", later(LEASE, microseconds=-1), later(days=1)) is False
    assert rota.chores() == {}
    rota.chore_done("collect", DAY, "w1", later(minutes=5), "12 figures")
    assert rota.chore("collect", DAY, "w1", later(days=9), later(days=10)) is False
    assert rota.chores() == {"collect": Done(DAY, later(minutes=5))}
    assert rota.chore("prune", DAY, "w1", MORNING, LEASE) is True
    assert rota.chore("collect", dt.date(2026, 10, 6), "w1", later(days=1), later(days=2)) is True
    rota.chore_done("collect", dt.date(2026, 10, 6), "w1", later(days=1), "none")
    assert rota.chores() == {"collect": Done(dt.date(2026, 10, 6), later(days=1))}


def test_a_chore_whose_worker_died_is_done_by_another(rota: Rota) -> None:
    assert rota.chore("collect", DAY, "w1", MORNING, LEASE)
    assert rota.chore("collect", DAY, "w2", LEASE, later(hours=1)) is True
    rota.chore_done("collect", DAY, "w1", later(minutes=11), "it was not dead")
    assert rota.chores() == {}
    rota.chore_done("collect", DAY, "w2", later(minutes=12), "done \0")
    assert rota.chores() == {"collect": Done(DAY, later(minutes=12))}


def test_a_chore_that_ended_after_midnight_is_that_of_its_day(rota: Rota) -> None:
    midnight = at("2026-10-06 00:00")
    assert rota.chore("collect", DAY, "w1", later(midnight, minutes=-5), later(midnight, minutes=55))
    rota.chore_done("collect", DAY, "w1", later(midnight, minutes=5), "12 figures")
    assert rota.chores() == {"collect": Done(DAY, later(midnight, minutes=5))}


# Notices --------------------------------------------------------------------------------------------------------------------------


def told_of(rota: Rota, *notices: Notice) -> None:
    for notice in notices:
        assert rota.close(a_turn(notice.period, state=MISSED), MORNING, notice)


def test_a_notice_is_told_once(rota: Rota) -> None:
    told_of(rota, a_notice("missed", run="run 1"))
    [notice] = rota.untold("w1", later(minutes=1), later(minutes=6), 9)
    assert notice == a_notice("missed", run="run 1", id=notice.id, attempts=1, at=MORNING)
    assert rota.untold("w2", later(minutes=5), later(minutes=11), 9) == []
    rota.told(notice, later(minutes=2))
    assert rota.untold("w2", later(days=1), later(days=2), 9) == []


def test_a_notice_that_was_not_told_is_tried_again_when_its_lease_is_over(rota: Rota, place: Place) -> None:
    told_of(rota, a_notice())
    [notice] = rota.untold("w1", MORNING, LEASE, 9)
    rota.told(notice, MORNING, "connection refused \0")
    assert place.ask("SELECT error FROM notice") == [("connection refused \ufffd",)]
    assert rota.untold("w1", later(LEASE, microseconds=-1), later(hours=1), 9) == []
    assert rota.untold("w2", LEASE, later(hours=1), 9) == [replace(notice, attempts=2)]
    rota.told(notice, LEASE, "w1 was slow to say why not")
    assert place.ask("SELECT error FROM notice") == [("connection refused \ufffd",)]
    rota.told(notice, LEASE)  # w1 has told it all the same
    assert rota.untold("w3", later(days=1), later(days=2), 9) == []
    rota.told(replace(notice, attempts=2), LEASE, "too late")
    assert place.ask("SELECT error, worker FROM notice") == [("", "")]


def test_a_notice_that_was_not_told_is_tried_again_when_it_is_said_to_be(rota: Rota) -> None:
    told_of(rota, a_notice())
    [notice] = rota.untold("w1", MORNING, LEASE, 9)
    rota.told(notice, MORNING, "busy", again_at=later(hours=1))
    assert rota.untold("w2", later(hours=1, microseconds=-1), later(hours=2), 9) == []
    [again] = rota.untold("w2", later(hours=1), later(hours=2), 9)
    rota.told(notice, later(hours=1), "w1 was slow to say why not", again_at=later(days=9))
    assert again.attempts == 2
    assert len(rota.untold("w3", later(hours=2), later(hours=3), 9)) == 1


def test_notices_are_told_in_order_and_so_many_at_a_time(rota: Rota) -> None:
    told_of(rota, *(a_notice(period=str(period)) for period in (2005, 2003, 2004)))
    assert [one.period for one in rota.untold("w1", MORNING, LEASE, 2)] == ["2005", "2003"]
    assert [one.period for one in rota.untold("w1", MORNING, LEASE, 2)] == ["2004"]


def test_a_turn_tells_each_event_once_while_its_cause_is_the_same(rota: Rota) -> None:
    taken = begun(rota)
    assert rota.settle(replace(taken, state=HELD), MORNING, a_notice("held", text="the first")) is True
    again = begun(rota, the(rota))
    assert rota.settle(replace(again, state=HELD), MORNING, a_notice("held", text="the second")) is True
    again = begun(rota, the(rota))
    assert rota.settle(replace(again, state=WAITING), MORNING, a_notice("waiting")) is True
    assert [one.text for one in rota.untold("w1", MORNING, LEASE, 9)] == ["the first", "look ä 🎉"]


def held_for(rota: Rota, cause: str, hours: int) -> None:
    turn = begun(rota, the(rota) if rota.history(1) else None, now=later(hours=hours))
    said = a_notice("held", text=f"{cause} at {hours}", run=f"run {hours}", cause=cause)
    assert rota.settle(replace(turn, state=HELD), later(hours=hours), said)


def test_an_event_is_told_again_when_its_cause_is_another(rota: Rota, place: Place) -> None:
    held_for(rota, "the budget", 0)
    [first] = rota.untold("w1", later(hours=0), later(hours=1), 9)
    rota.told(first, later(hours=0))
    held_for(rota, "the budget", 1)
    assert rota.untold("w1", later(hours=1), later(hours=2), 9) == []
    held_for(rota, "a refusal", 2)
    [second] = rota.untold("w1", later(hours=2), later(hours=3), 9)
    assert (second.text, second.cause, second.run) == ("a refusal at 2", "a refusal", "run 2")
    assert (second.at, second.attempts) == (later(hours=2), 1)
    rota.told(second, later(hours=2))
    held_for(rota, "the budget", 3)
    assert [one.text for one in rota.untold("w1", later(hours=3), later(hours=4), 9)] == ["the budget at 3"]


def test_who_told_of_the_cause_before_has_not_told_of_this_one(rota: Rota, place: Place) -> None:
    held_for(rota, "the budget", 0)
    [first] = rota.untold("w1", later(hours=0), later(hours=9), 9)
    rota.told(first, later(hours=0), "the webhook answered 500", later(hours=9))
    held_for(rota, "a refusal", 1)
    assert place.ask("SELECT error, worker, attempts FROM notice") == [("", "", 0)]
    rota.told(first, later(hours=1))
    assert [one.text for one in rota.untold("w1", later(hours=1), later(hours=2), 9)] == ["a refusal at 1"]


def test_a_rota_shows_where_it_is_and_no_password(store: Database) -> None:
    assert repr(store.rota) == repr(store).replace("Database", "DatabaseRota")


@pytest.mark.parametrize(
    "change",
    [
        "turn SET state = 'lost'",
        "turn SET worker = 'w1'",
        "turn SET lease_until = opens_at",
        "turn SET state = 'published'",
        "turn SET ended_at = opens_at",
        "turn SET begun_at = NULL",
        "run SET outcome = 'x'",
        "run SET ended_at = began_at",
        "chore SET worker = 'w1'",
        "chore SET ended_at = NULL",
        "notice SET worker = 'w1'",
    ],
)
def test_the_database_itself_refuses_what_cannot_be(store: Database, place: Place, change: str) -> None:
    taken = begun(store.rota)
    assert store.rota.settle(taken, MORNING, a_notice())
    store.rota.start(RUN)
    assert store.rota.chore("collect", DAY, "w1", MORNING, LEASE)
    store.rota.chore_done("collect", DAY, "w1", MORNING, "done")
    with pytest.raises(Exception, match=r"(?i)check constraint"):
        place.ask(f"UPDATE {change}")


def test_a_turn_that_was_changed_by_hand_is_told_of(rota: Rota, place: Place) -> None:
    before = bring_open(rota)
    place.ask("UPDATE turn SET period = 'soon'")
    with pytest.raises(BadStore, match='"soon" names no period: .*; rows were probably changed by hand'):
        rota.turns("dl-frameworks", "x")
    with pytest.raises(BadStore, match="names no period"):
        rota.history(1)
    assert rota.begin(before, "w2", later(days=1), later(days=2), "run 2") is None


def bring_open(rota: Rota) -> Turn:
    assert rota.settle(begun(rota), MORNING)
    return the(rota)


# What persons accepted --------------------------------------------------------------------------------------------------------------


def accepted(judgement: str = "0a1b2c3d4e5f", because: str = "the project has moved", **rest: Any) -> Acceptance:
    told = {"report": "dl-frameworks", "period": "2020", "gate": "fall", "by": "ana@desk ä", "at": later(hours=1)}
    return Acceptance(judgement=judgement, because=because, **{**told, **rest})


def test_what_a_person_accepted_is_told_by_its_judgement(rota: Rota) -> None:
    one, other = accepted(), accepted("ffffffffffff", "<script>\n'; DROP TABLE acceptance", gate="gap")
    assert rota.accepted("dl-frameworks", "2020") == {}
    rota.accept([one, other])
    assert rota.accepted("dl-frameworks", "2020") == {"0a1b2c3d4e5f": one, "ffffffffffff": other}
    assert rota.accepted("dl-frameworks", "2021") == rota.accepted("other", "2020") == {}


def test_of_two_reasons_the_last_one_stands_and_the_first_is_not_forgotten(rota: Rota, place: Place) -> None:
    first, last = accepted(because="perhaps"), accepted(because="asked the maintainers", by="ben", at=later(hours=2))
    rota.accept([first])
    rota.accept([last])
    assert rota.accepted("dl-frameworks", "2020") == {"0a1b2c3d4e5f": last}
    assert place.ask("SELECT because FROM acceptance ORDER BY id") == [("perhaps",), ("asked the maintainers",)]


def test_damaged_words_do_not_lose_the_acceptance(rota: Rota) -> None:
    rota.accept([accepted(because="a\0b\ud800")])
    assert rota.accepted("dl-frameworks", "2020")["0a1b2c3d4e5f"].because == "a\ufffdb?"


def test_to_accept_nudges_the_turn_that_has_no_thread_yet_and_no_other(rota: Rota) -> None:
    told = accepted(period="2026-09"), accepted("ffffffffffff", period="2026-09")
    assert rota.accept(told) is False
    for period in ("2026-08", "2026-09"):
        taken = rota.begin(a_turn(period), "w1", MORNING, LEASE, "r")
        assert taken is not None
        assert rota.settle(replace(taken, state=HELD, reason="gate fall", retry_at=later(days=3)), MORNING)
    assert rota.accept(told) is True
    assert {turn.period.key: turn.retry_at for turn in rota.turns("dl-frameworks", "x")} == {
        "2026-08": later(days=3),
        "2026-09": later(hours=1),
    }


def test_to_accept_while_a_worker_has_the_turn_is_not_overheard(rota: Rota) -> None:
    taken = rota.begin(a_turn("2026-09"), "w1", MORNING, LEASE, "r")
    assert taken is not None
    assert rota.accept([accepted(period="2026-09")]) is True
    assert rota.settle(replace(taken, state=HELD, reason="gate fall", retry_at=later(days=3)), later(hours=2))
    (turn,) = rota.turns("dl-frameworks", "x")
    assert turn.retry_at == later(hours=1)


def test_a_turn_whose_thread_is_frozen_is_left_alone(rota: Rota, desk: Desk) -> None:
    edition = desk.freeze(a_thread())
    taken = rota.begin(a_turn(), "w1", MORNING, LEASE, "r")
    assert taken is not None
    assert rota.settle(replace(taken, state=WAITING, reason="look", edition=edition), MORNING)
    assert rota.accept([accepted()]) is False
    (turn,) = rota.turns("dl-frameworks", "x")
    assert turn.retry_at is None
