"""What the rota promises whoever runs unattended, on SQLite and on PostgreSQL alike: above all, that each turn is begun once."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.delivery import State
from bot.domain.period import Period
from bot.domain.schedule import Window
from bot.domain.turn import Turn, TurnState
from bot.errors import BadStore
from bot.ports import Approval, Desk, Notice, Rota, Run
from bot.store import Database
from tests.store.databases import Place
from tests.store.words import MORNING, a_thread, later

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
    SENDING: {OPEN, HELD, SENDING, UNKNOWN, PUBLISHED, SKIPPED, MISSED},
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


def a_turn(period: str = "2020", **rest: Any) -> Turn:
    when = Period.parse(period)
    window = Window(when, *(later(when.end, days=days, microseconds=7) for days in (4, 6, 5, 21)))
    return Turn(**{"report": "dl-frameworks", "network": "x", "window": window, **rest})


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


def test_a_report_is_scheduled_from_when_it_was_first_asked_for(rota: Rota) -> None:
    assert rota.since("dl-frameworks", "x", MORNING) == MORNING
    assert rota.since("dl-frameworks", "x", later(days=9)) == MORNING
    assert rota.since("dl-frameworks", "elsewhere", later(days=9)) == later(days=9)
    assert rota.since("web", "x", later(days=3)) == later(days=3)


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
    assert the(rota) == replace(turn, retry_at=later(hours=1))
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
    assert the(rota).retry_at == later(minutes=61)
    assert begun(rota, the(rota), now=later(hours=2)).retry_at is None


def test_a_person_who_did_something_about_an_edition_has_its_turn_tried_again(rota: Rota, desk: Desk) -> None:
    edition, other = desk.freeze(a_thread()), desk.freeze(a_thread(period="2021"))
    assert rota.nudge(edition, MORNING) is False
    held = bring(rota, desk, HELD)  # frozen by hand, before or after
    assert rota.nudge(other, MORNING) is False
    assert rota.nudge(edition, later(hours=1)) is True
    assert the(rota) == replace(held, retry_at=later(hours=1))
    assert rota.settle(replace(begun(rota, the(rota)), state=WRITTEN), MORNING)
    assert rota.nudge(edition, later(hours=2)) is False
    assert the(rota).retry_at is None


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
    assert the(rota) == replace(turn, retry_at=MORNING)
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
    assert rota.chores() == {"collect": later(minutes=5)}
    assert rota.chore("prune", DAY, "w1", MORNING, LEASE) is True
    assert rota.chore("collect", dt.date(2026, 10, 6), "w1", later(days=1), later(days=2)) is True
    rota.chore_done("collect", dt.date(2026, 10, 6), "w1", later(days=1), "none")
    assert rota.chores() == {"collect": later(days=1)}


def test_a_chore_whose_worker_died_is_done_by_another(rota: Rota) -> None:
    assert rota.chore("collect", DAY, "w1", MORNING, LEASE)
    assert rota.chore("collect", DAY, "w2", LEASE, later(hours=1)) is True
    rota.chore_done("collect", DAY, "w1", later(minutes=11), "it was not dead")
    assert rota.chores() == {}
    rota.chore_done("collect", DAY, "w2", later(minutes=12), "done \0")
    assert rota.chores() == {"collect": later(minutes=12)}


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


def test_notices_are_told_in_order_and_so_many_at_a_time(rota: Rota) -> None:
    told_of(rota, *(a_notice(period=str(period)) for period in (2005, 2003, 2004)))
    assert [one.period for one in rota.untold("w1", MORNING, LEASE, 2)] == ["2005", "2003"]
    assert [one.period for one in rota.untold("w1", MORNING, LEASE, 2)] == ["2004"]


def test_a_turn_tells_each_event_once(rota: Rota) -> None:
    taken = begun(rota)
    assert rota.settle(replace(taken, state=HELD), MORNING, a_notice("held", text="the first")) is True
    again = begun(rota, the(rota))
    assert rota.settle(replace(again, state=HELD), MORNING, a_notice("held", text="the second")) is True
    again = begun(rota, the(rota))
    assert rota.settle(replace(again, state=WAITING), MORNING, a_notice("waiting")) is True
    assert [one.text for one in rota.untold("w1", MORNING, LEASE, 9)] == ["the first", "look ä 🎉"]


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
