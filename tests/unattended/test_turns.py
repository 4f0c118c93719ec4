"""A turn from its due time to its end, with a real store and a fake X, on a clock that moves when told."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from bot import wiring
from bot.delivery import Clock, Round, deliver
from bot.domain.delivery import Frozen, FrozenPost, State
from bot.domain.period import Period
from bot.domain.schedule import Window
from bot.domain.turn import Turn, TurnState
from bot.errors import BadInput, BadStore
from bot.ports import Approval, Store
from bot.rehearsal import CREATE, TIMELINE, named
from bot.store.transactions import Transactions
from bot.verbs.turns import perform
from tests.unattended.mill import DAILY, Mill, Still

SIX = dt.datetime(2026, 3, 2, 6, tzinfo=dt.UTC)
"""When the turn of 1 March opens."""
FIRST = ("daily", "2026-03-01")
THREAD = ["daily. Counts of 1 Mar 2026: Alpha leads, with twice the counts of Beta.", "Alpha 2,000, Beta 1,000."]


def a_mill(folder: Path, mode: str) -> Mill:
    made = Mill(folder, SIX, mode)
    made.report("daily", "day", DAILY, "2026-03-01", 30)
    return made


@pytest.fixture
def auto(tmp_path: Path) -> Iterator[Mill]:
    with a_mill(tmp_path, "auto") as mill:
        yield mill


@pytest.fixture
def approve(tmp_path: Path) -> Iterator[Mill]:
    with a_mill(tmp_path, "approve") as mill:
        yield mill


def codes(mill: Mill) -> list[int]:
    return [one.code for one in mill.once() if one is not None]


def scheduled_window(house: wiring.House, period: str) -> Window:
    schedule = wiring.scheduled_report(house, "daily").schedule
    window = None if schedule is None else schedule.window(Period.parse(period))
    assert window is not None
    return window


def test_nothing_is_due_before_the_bell_and_one_thread_after(auto: Mill) -> None:
    auto.pass_(seconds=-1)
    assert codes(auto) == []
    auto.pass_(seconds=1)
    assert codes(auto) == [0]
    assert auto.threads() == [THREAD]
    auto.pass_(hours=1)
    assert codes(auto) == []
    assert auto.states() == {FIRST: TurnState.PUBLISHED}
    assert auto.turns()[FIRST].reason.endswith(f"/status/{auto.fake.threads()[0][0].id}")
    assert auto.notices() == []


def test_within_the_grace_it_is_caught_up_and_after_it_missed(auto: Mill, tmp_path: Path) -> None:
    assert auto.look().missed == ()  # scheduled since six
    auto.pass_(hours=6)
    assert codes(auto) == [0]
    auto.pass_(hours=24, seconds=1)
    (missed,) = auto.look().missed
    assert (missed.period.key, missed.state) == ("2026-03-02", TurnState.MISSED)
    assert codes(auto) == []
    assert auto.notices() == [("missed", "daily", "2026-03-02")]
    assert len(auto.threads()) == 1


def test_after_a_week_without_a_host_the_newest_is_posted_and_the_others_are_missed(auto: Mill) -> None:
    assert codes(auto) == [0]
    auto.pass_(days=7)
    assert codes(auto) == [0]
    assert [thread[0].split(":")[0] for thread in auto.threads()] == [
        "daily. Counts of 1 Mar 2026",
        "daily. Counts of 8 Mar 2026",
    ]
    assert list(auto.states().values()).count(TurnState.MISSED) == 6
    assert auto.notices() == [("missed", "daily", "2026-03-07")]  # told once for all
    assert "(6 turns were missed in a row)" not in auto.turns()["daily", "2026-03-02"].reason


def test_nothing_goes_out_before_a_person_has_approved_that_very_thread(approve: Mill) -> None:
    assert codes(approve) == [3]
    assert approve.notices() == [("waiting", "daily", "2026-03-01")]
    approve.pass_(hours=1)
    assert codes(approve) == []
    assert approve.fake.calls == []
    with wiring.store(approve.house()) as store:
        digest = store.desk.frozen(1).digest
        assert f"threadmill approve 1 {digest}" in approve.turns()[FIRST].reason
        assert not store.rota.approve(Approval(1, "0" * 64, "a person", approve.now()))
        assert codes(approve) == []
        assert store.rota.approve(Approval(1, digest, "a person", approve.now()))
    assert codes(approve) == [0]
    assert approve.threads() == [THREAD]


def test_what_nobody_approved_in_time_is_missed_and_never_posted(approve: Mill) -> None:
    assert codes(approve) == [3]
    approve.pass_(hours=24)  # the next one opens
    assert codes(approve) == [3]
    states = approve.states()
    assert (states[FIRST], states["daily", "2026-03-02"]) == (TurnState.MISSED, TurnState.WAITING)
    assert [event for event, _, _ in approve.notices()] == ["waiting", "missed", "waiting"]
    with wiring.store(approve.house()) as store:
        assert store.desk.find("daily", "2026-03-01", "1001") is None  # it promises nothing to the budget any more
    assert approve.fake.calls == []


def test_a_dry_run_writes_it_and_needs_no_keys(tmp_path: Path) -> None:
    with a_mill(tmp_path, "dry") as mill:
        mill.variables = dict.fromkeys(mill.fake.keys.environment(mill.fake.url), "")
        assert codes(mill) == [0]
        assert mill.states() == {FIRST: TurnState.WRITTEN}
        folder = Path(mill.turns()[FIRST].reason)
        assert (folder / "posts" / "02.txt").read_text() == "Alpha 2,000, Beta 1,000.\n\n2/2\n"
        assert codes(mill) == []
        assert mill.fake.calls == []


def test_figures_that_are_late_are_waited_for(auto: Mill) -> None:
    figures = auto.withhold("daily")
    assert codes(auto) == [3]
    assert auto.states() == {FIRST: TurnState.OPEN}
    auto.pass_(minutes=59)
    assert codes(auto) == []
    auto.give("daily", figures)
    auto.pass_(minutes=1)
    assert codes(auto) == [0]
    assert auto.threads() == [THREAD]


def test_figures_that_never_come_are_a_missed_turn_with_its_reason(auto: Mill) -> None:
    auto.withhold("daily")
    for _ in range(24):
        assert codes(auto) == [3]
        auto.pass_(hours=1)
    assert [turn.period.key for turn in auto.look().missed] == ["2026-03-01"]
    assert "nothing to say" in auto.turns()[FIRST].reason
    assert auto.fake.calls == []


def test_a_refusal_waits_for_a_person_who_goes_on_by_hand(auto: Mill) -> None:
    auto.fake.faults.on(CREATE, named("402-credits"), nth=2)
    assert codes(auto) == [4]
    assert auto.states() == {FIRST: TurnState.HELD}
    assert auto.notices() == [("held", "daily", "2026-03-01")]
    auto.pass_(hours=5)
    assert codes(auto) == []  # nothing has changed
    with wiring.store(auto.house()) as store:
        assert store.rota.nudge(1, auto.now())
    assert codes(auto) == [0]
    assert auto.threads() == [THREAD]


def test_a_network_that_asks_to_wait_is_given_the_time(auto: Mill) -> None:
    auto.fake.faults.on(CREATE, named("429-24h-user"), nth=1)  # five hours
    assert codes(auto) == [7]
    assert auto.states() == {FIRST: TurnState.OPEN}
    auto.pass_(hours=4, minutes=59)
    assert codes(auto) == []
    auto.pass_(minutes=2)
    assert codes(auto) == [0]
    assert auto.threads() == [THREAD]


def test_what_x_put_off_until_the_next_one_opens_is_missed_and_not_posted_after_it(auto: Mill) -> None:
    auto.fake.faults.on(CREATE, named("429-24h-user"), nth=1, times=5)
    for hours in (5, 5, 5, 5, 4):
        assert codes(auto) == [7]
        auto.pass_(hours=hours, seconds=1)
    auto.fake.faults.clear()
    assert codes(auto) == [0]
    assert (auto.states()[FIRST], [thread[0][:27] for thread in auto.threads()]) == (
        TurnState.MISSED,
        ["daily. Counts of 2 Mar 2026"],
    )
    assert auto.notices() == [("missed", "daily", "2026-03-01")]


def test_what_a_dead_worker_had_not_begun_to_post_is_not_posted_after_its_time(auto: Mill) -> None:
    house = auto.house()
    with wiring.store(house) as store:
        window = scheduled_window(house, "2026-03-01")
        assert (
            turn := store.rota.begin(Turn("daily", "x", window), "dead", auto.now(), auto.now() + dt.timedelta(minutes=3), "r")
        )
        post = FrozenPost(1, "daily. Too late.", (), 0.015)
        edition = store.desk.freeze(Frozen("daily", "2026-03-01", "x", "1001", auto.now(), (post,), "{}", "[]"))
        assert store.rota.sending(turn, edition)
    auto.pass_(hours=24)
    assert codes(auto) == [3, 0]
    auto.pass_(seconds=1)
    assert [turn.period.key for turn in auto.look().missed] == ["2026-03-01"]
    assert "nothing of it was out when its time was over at 2026-03-03T06:00" in auto.turns()[FIRST].reason
    assert len(auto.threads()) == 1


def test_of_a_worker_that_died_and_that_nobody_came_after_is_told(auto: Mill) -> None:
    window = scheduled_window(auto.house(), "2026-03-01")
    with wiring.store(auto.house()) as store:
        assert store.rota.begin(Turn("daily", "x", window), "host/7", auto.now(), auto.now() + dt.timedelta(minutes=3), "r")
    auto.pass_(hours=24)
    assert [turn.period.key for turn in auto.look().missed] == ["2026-03-01"]
    assert auto.turns()[FIRST].reason.endswith("it was open; host/7 ended while at it, and nobody was there to go on")


def test_what_is_proven_absent_after_its_time_is_not_sent_then(auto: Mill) -> None:
    auto.fake.faults.on(CREATE, named("drop-before"), nth=1)
    auto.fake.faults.on(TIMELINE, named("500-before"), nth=1)
    assert codes(auto) == [5]
    auto.pass_(hours=24)  # no host was there meanwhile
    assert codes(auto) == [3, 0]
    assert [thread[0][:27] for thread in auto.threads()] == ["daily. Counts of 2 Mar 2026"]


def test_a_turn_that_waited_for_its_figures_for_long_is_looked_up_soon_all_the_same(auto: Mill) -> None:
    figures = auto.withhold("daily")
    for _ in range(8):
        assert codes(auto) == [3]
        auto.pass_(hours=1)
    auto.give("daily", figures)
    auto.fake.faults.on(CREATE, named("drop-after"), nth=1)
    auto.fake.faults.on(TIMELINE, named("500-before"), nth=1)
    assert codes(auto) == [5]
    auto.pass_(hours=1, minutes=1)
    assert codes(auto) == [0]
    assert auto.threads() == [THREAD]


def test_a_turn_is_not_begun_by_whoever_comes_after_its_grace(auto: Mill) -> None:
    (task,) = auto.look().tasks
    auto.pass_(hours=6, seconds=1)  # the machine slept between its look and its work
    assert perform(auto.house(), task.report, task.period, "r", "once", Still(auto), lambda *_: None) is None
    assert (auto.states(), auto.fake.calls) == ({}, [])


@pytest.mark.parametrize("lost", ["before", "after"])
@pytest.mark.parametrize("commit", [1, 3, 4, 5, 7, 9])
def test_a_database_that_is_away_for_a_moment_costs_no_thread(
    auto: Mill, monkeypatch: pytest.MonkeyPatch, lost: str, commit: int
) -> None:
    really, left = Transactions._writes, itertools.count(1)

    @contextmanager
    def flickers(store: Transactions) -> Iterator[Any]:
        broken = next(left) == commit
        if broken and lost == "before":
            raise BadStore("the connection was lost")
        with really(store) as connection:
            yield connection
        if broken and lost == "after":
            raise BadStore("the connection was lost, and whether it was written is not known")

    auto.look()
    monkeypatch.setattr(Transactions, "_writes", flickers)
    with suppress(BadStore):
        auto.once()
    for _ in range(5):
        auto.pass_(minutes=3, seconds=1)
        auto.once()
    assert (auto.states(), auto.threads()) == ({FIRST: TurnState.PUBLISHED}, [THREAD])
    assert next(left) > commit


def test_what_nobody_can_find_out_is_looked_up_ever_more_rarely(auto: Mill) -> None:
    auto.fake.faults.on(CREATE, named("drop-after"), nth=2)
    auto.fake.faults.on(TIMELINE, named("500-before"), nth=1, times=3)
    assert codes(auto) == [5]
    assert auto.notices() == [("unknown", "daily", "2026-03-01")]
    pauses = []
    while auto.states()[FIRST] is TurnState.UNKNOWN:
        turn = auto.turns()[FIRST]
        assert turn.retry_at is not None
        pauses.append(turn.retry_at - auto.now())
        auto.moment = turn.retry_at
        auto.once()
    hours = [round(pause / dt.timedelta(hours=1)) for pause in pauses]
    assert hours == [1, 2, 4]  # an hour, and as long as it is unknown by then
    assert auto.threads() == [THREAD]
    assert auto.notices() == []  # told once


def test_a_thread_half_out_whose_time_is_over_is_a_persons_business(auto: Mill) -> None:
    auto.fake.faults.on(CREATE, named("402-credits"), nth=2)
    assert codes(auto) == [4]
    auto.notices()
    auto.pass_(hours=24)
    assert codes(auto) == [0]  # the next day's
    assert ("half", "daily", "2026-03-01") in auto.notices()
    assert "with 1 posts out" in auto.turns()[FIRST].reason
    with wiring.store(auto.house()) as store:
        assert [one.state for one in store.desk.deliveries(1)] == [State.PUBLISHED, State.REJECTED]


def test_over_budget_it_is_held_until_there_is_some(auto: Mill) -> None:
    auto.variables = {"THREADMILL_BUDGET_USD": "0.02"}
    assert codes(auto) == [3]
    assert (auto.states()[FIRST], auto.notices()) == (TurnState.HELD, [("held", "daily", "2026-03-01")])
    auto.variables = {}
    auto.pass_(hours=1)
    assert codes(auto) == [0]


def test_the_same_budget_is_told_once_however_often_it_is_tried(auto: Mill) -> None:
    told = []
    for usd in ("0.01", "0.01", "0.02"):
        auto.variables = {"THREADMILL_BUDGET_USD": usd}
        assert codes(auto) == [3]
        told += auto.notices()
        auto.pass_(hours=1)
    assert told == [("held", "daily", "2026-03-01")]


def test_a_refusal_after_the_budget_was_raised_is_told_for_a_thread_is_half_out(auto: Mill) -> None:
    auto.variables = {"THREADMILL_BUDGET_USD": "0.02"}
    assert codes(auto) == [3]
    assert auto.notices() == [("held", "daily", "2026-03-01")]
    auto.variables = {}
    auto.fake.faults.on(CREATE, named("402-credits"), nth=2)
    auto.pass_(hours=1)
    assert codes(auto) == [4]
    assert auto.notices() == [("held", "daily", "2026-03-01")]


def test_a_second_refusal_of_the_same_is_told_for_a_person_has_gone_on_in_between(auto: Mill) -> None:
    auto.fake.faults.on(CREATE, named("402-credits"), nth=1, times=2)
    for _ in range(2):
        assert codes(auto) == [4]
        assert auto.notices() == [("held", "daily", "2026-03-01")]
        auto.pass_(hours=1)
        with wiring.store(auto.house()) as store:
            assert store.rota.nudge(1, auto.now())
    assert codes(auto) == [0]


def test_wrong_settings_are_told_and_tried_again(auto: Mill) -> None:
    auto.variables = {"X_CONSUMER_KEY": ""}
    assert codes(auto) == [2]
    assert (auto.states()[FIRST], auto.notices()) == (TurnState.HELD, [("broken", "daily", "2026-03-01")])
    auto.variables = {}
    auto.pass_(hours=1)
    assert codes(auto) == [0]


def test_a_turn_another_worker_has_is_left_to_it(auto: Mill) -> None:
    house = auto.house()
    with wiring.store(house) as store:
        (task,) = auto.look().tasks
        window = scheduled_window(house, task.period)
        now = auto.now()
        assert store.rota.begin(Turn("daily", "x", window), "another", now, now + dt.timedelta(minutes=3), "r1") is not None
    assert perform(house, "daily", "2026-03-01", "r2", "once", Still(auto), lambda *_: None) is None
    auto.pass_(minutes=2, seconds=59)
    assert codes(auto) == []
    auto.pass_(seconds=1)  # it has died
    assert codes(auto) == [0]


def test_a_recipe_without_a_schedule_has_no_turns(auto: Mill) -> None:
    with pytest.raises(BadInput, match=r"has no \[schedule\]"):
        perform(auto.house(), "infrastructure-tools", "2020", "r", "once", Still(auto), lambda *_: None)


def test_what_was_taken_down_is_not_posted_again(approve: Mill) -> None:
    assert codes(approve) == [3]
    with wiring.store(approve.house()) as store:
        store.desk.withdraw(1, approve.now())
        assert store.rota.nudge(1, approve.now())
    assert codes(approve) == [0]
    assert approve.states() == {FIRST: TurnState.SKIPPED}
    assert approve.fake.calls == []


def test_what_was_forgotten_is_composed_anew(approve: Mill) -> None:
    assert codes(approve) == [3]
    with wiring.store(approve.house()) as store:
        assert store.desk.drop(1)
    assert codes(approve) == [3]
    assert approve.states() == {FIRST: TurnState.WAITING}


def test_a_process_that_is_asked_to_end_parks_between_posts(auto: Mill) -> None:
    house, stop = auto.house(), Still(auto)

    class Asked(Still):
        @property
        def asked(self) -> bool:
            return len(auto.fake.posts) >= 1

    del stop
    done = perform(house, "daily", "2026-03-01", "r", "once", Asked(auto), lambda *_: None)
    assert done is not None
    assert (done.code, done.turn.state, len(auto.fake.posts)) == (7, TurnState.SENDING, 1)
    assert codes(auto) == [0]  # at once
    assert auto.threads() == [THREAD]


def test_every_attempt_is_a_run_with_its_outcome(auto: Mill) -> None:
    assert codes(auto) == [0]
    with wiring.store(auto.house()) as store:
        (run,) = store.rota.runs(10)
    assert (run.why, run.report, run.period) == ("once", "daily", "2026-03-01")
    assert run.outcome.startswith("published: https://")
    assert dict(run.sources) == {"csv": "2 observations"}  # what was over by then
    assert len(run.config_digest) == 64
    assert run.ended_at is not None


def in_mode(mill: Mill, mode: str) -> None:
    mill.variables = {**mill.variables, "THREADMILL_MODES": f"daily={mode}"}


def test_what_was_tried_under_another_mode_still_waits_for_a_person(auto: Mill) -> None:
    auto.fake.faults.on(CREATE, named("429-24h-user"), nth=1)
    assert codes(auto) == [7]
    in_mode(auto, "approve")
    auto.pass_(hours=6)
    assert codes(auto) == [3]  # nothing of it was out
    assert (auto.states()[FIRST], auto.notices()) == (TurnState.WAITING, [("waiting", "daily", "2026-03-01")])
    assert auto.fake.posts == {}


def test_a_thread_half_out_is_completed_whatever_the_mode_is_now(auto: Mill) -> None:
    auto.fake.faults.on(CREATE, named("429-24h-user"), nth=2)
    assert codes(auto) == [7]
    in_mode(auto, "approve")
    auto.pass_(hours=6)
    assert codes(auto) == [0]
    assert auto.threads() == [THREAD]


def test_dry_stops_a_thread_that_is_half_out_and_says_so(auto: Mill) -> None:
    auto.fake.faults.on(CREATE, named("429-24h-user"), nth=2)
    assert codes(auto) == [7]
    in_mode(auto, "dry")
    auto.pass_(hours=6)
    assert codes(auto) == [3]
    assert (auto.states()[FIRST], auto.notices()) == (TurnState.HELD, [("held", "daily", "2026-03-01")])
    assert "1 posts of edition 1 are out, and the mode is dry" in auto.turns()[FIRST].reason
    assert len(auto.fake.posts) == 1


def test_dry_after_a_start_that_came_to_nothing_writes_it(auto: Mill) -> None:
    auto.fake.faults.on(CREATE, named("429-24h-user"), nth=1)
    assert codes(auto) == [7]
    in_mode(auto, "dry")
    auto.pass_(hours=6)
    assert codes(auto) == [0]
    assert auto.states() == {FIRST: TurnState.WRITTEN}


def test_an_impossible_end_is_told_as_a_defect_and_leaves_no_lease(auto: Mill, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.verbs import turns

    def nonsense(performance: turns._Performance) -> None:
        performance.turn = dataclasses.replace(performance.turn, state=TurnState.UNKNOWN)

    monkeypatch.setattr(turns._Performance, "_go", nonsense)
    assert codes(auto) == [1]
    turn = auto.turns()[FIRST]
    assert (turn.state, turn.lease_until, auto.notices()) == (TurnState.HELD, None, [("broken", "daily", "2026-03-01")])
    assert turn.reason.startswith("this is a defect, please report it: ValueError")


def test_a_refusal_nobody_could_write_down_is_not_tried_again_by_itself(auto: Mill) -> None:
    auto.fake.faults.on(CREATE, named("402-credits"), nth=2)
    assert codes(auto) == [4]
    with sqlite3.connect(auto.folder / "home" / "threadmill.db") as file:  # as if the worker had died before
        file.execute("UPDATE turn SET state = 'sending', worker = 'dead', lease_until = '2026-03-02T06:03:00.000000+00:00'")
    auto.pass_(minutes=4)
    creates = auto.fake.creates
    assert codes(auto) == [4]
    assert (auto.states()[FIRST], auto.fake.creates) == (TurnState.HELD, creates)


def test_a_thread_posted_whole_by_hand_is_published_whatever_the_mode(auto: Mill) -> None:
    auto.fake.faults.on(CREATE, named("429-24h-user"), nth=2)
    assert codes(auto) == [7]
    auto.pass_(hours=6)
    with wiring.store(auto.house()) as store:  # the same walk that a person's command takes
        deliver(a_round(auto, store))
        assert store.rota.nudge(1, auto.now())
    in_mode(auto, "dry")
    assert codes(auto) == [0]
    assert auto.states() == {FIRST: TurnState.PUBLISHED}


def a_round(mill: Mill, store: Store) -> Round:
    house, still = mill.house(), Still(mill)
    network, limits = wiring.network(house, "x"), wiring.limits("x")
    clock = Clock(store.now, still.sleep)
    return Round(1, store.desk.frozen(1), store.desk, network, limits, clock, "a person", lambda _: None)


def test_half_a_thread_is_not_forgotten_for_another_account(auto: Mill) -> None:
    auto.fake.faults.on(CREATE, named("429-24h-user"), nth=2)
    assert codes(auto) == [7]
    token = auto.environment()["X_ACCESS_TOKEN"]
    auto.variables = {"X_ACCESS_TOKEN": token.replace("1001-", "2002-")}
    auto.pass_(hours=6)
    assert codes(auto) == [2]
    turn = auto.turns()[FIRST]
    assert (turn.state, turn.edition, auto.notices()) == (TurnState.HELD, 1, [("broken", "daily", "2026-03-01")])
    assert "posts of edition 1 are out on account 1001, and the keys are those of 2002" in turn.reason
    auto.variables = {}
    auto.pass_(hours=1)
    assert codes(auto) == [0]
    assert auto.threads() == [THREAD]
