"""What whoever watches is told of the store, counted by hand; on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.delivery import Charge, State
from bot.domain.turn import TurnState
from bot.ports import Billed, Counts
from bot.store import Database
from tests.store.test_rota import a_notice, a_turn, begun
from tests.store.words import MORNING, a_reading, a_reply, a_thread, at, later


def test_of_an_empty_store_there_is_nothing_to_tell(store: Database) -> None:
    assert store.counts(MORNING) == Counts({}, {}, {}, {}, {}, frozenset(), 0, None)


def test_each_source_was_asked_when_it_last_told_something(store: Database) -> None:
    store.keep("npm", "a", a_reply(retrieved_at=later(hours=1)))
    store.keep("npm", "b", a_reply(retrieved_at=later(hours=2)))
    store.record("npm", [a_reading(retrieved_at=later(hours=-1))])
    store.record("manual", [a_reading(retrieved_at=later(days=-1)), a_reading(13, asked="other", retrieved_at=MORNING)])
    assert store.counts(MORNING).asked == {"manual": MORNING, "npm": later(hours=2)}


def test_deliveries_go_by_network_and_state(store: Database) -> None:
    first, second = store.desk.freeze(a_thread()), store.desk.freeze(a_thread(period="2021"))
    store.desk.freeze(a_thread(network="other", account="7"))
    assert store.desk.take(first, 1, "w", MORNING, later(minutes=3))
    assert store.desk.settle(store.desk.deliveries(first)[0], State.PUBLISHED, remote_id="11")
    assert store.desk.take(second, 1, "w", MORNING, later(minutes=3))
    assert store.counts(MORNING).deliveries == {
        ("other", "planned"): 3,
        ("x", "planned"): 4,
        ("x", "published"): 1,
        ("x", "sending"): 1,
    }


def test_charges_go_by_network_and_call_and_are_those_of_forgotten_editions_too(store: Database) -> None:
    edition = store.desk.freeze(a_thread())
    other = store.desk.freeze(a_thread(network="other", account="7"))
    for charge in (
        Charge(edition, 1, "post", 0.015, at("2026-09-30 23:59:59")),
        Charge(edition, 2, "post", 0.2, at("2026-10-01 00:00")),
        Charge(edition, 2, "alt text", 0.001, at("2026-10-02 00:00")),
        Charge(other, 1, "post", 1.5, at("2026-10-03 00:00")),
        Charge(0, 0, "look", 0.005, at("2026-10-03 00:00")),
    ):
        store.desk.charge(charge)
    found = store.counts(at("2026-10-01 00:00"))
    assert found.charges == {
        ("none", "look"): Billed(1, 0.005),
        ("other", "post"): Billed(1, 1.5),
        ("x", "alt text"): Billed(1, 0.001),
        ("x", "post"): Billed(2, 0.215),
    }
    assert found.charges_since == {**found.charges, ("x", "post"): Billed(1, 0.2)}


def test_turns_go_by_state_and_those_that_were_missed_are_named(store: Database) -> None:
    for period, state in (("2018", TurnState.MISSED), ("2019", TurnState.MISSED), ("2020", TurnState.SKIPPED)):
        assert store.rota.close(a_turn(period, state=state, reason="so"), MORNING)
    begun(store.rota, a_turn("2021"))
    begun(store.rota, a_turn("2021", report="other"))
    found = store.counts(MORNING)
    assert found.turns == {
        ("dl-frameworks", "x", "missed"): 2,
        ("dl-frameworks", "x", "open"): 1,
        ("dl-frameworks", "x", "skipped"): 1,
        ("other", "x", "open"): 1,
    }
    assert found.missed == {("dl-frameworks", "x", "2018"), ("dl-frameworks", "x", "2019")}


def test_notices_that_nobody_was_told_are_counted_from_the_oldest_on(store: Database) -> None:
    for period, hours in (("2018", 1), ("2019", 2), ("2020", 3)):
        turn = a_turn(period, state=TurnState.MISSED, reason="so")
        assert store.rota.close(turn, later(hours=hours), replace(a_notice("missed"), period=period))
    [first] = store.rota.untold("w", later(hours=4), later(hours=5), 1)
    store.rota.told(first, later(hours=4))
    found = store.counts(MORNING)
    assert (found.untold, found.untold_since) == (2, later(hours=2))


def test_reports_are_scheduled_since_the_first_of_them_was(store: Database) -> None:
    assert store.counts(MORNING).scheduled_since is None
    for report, hours in (("one", 2), ("two", 1), ("three", 3)):
        store.rota.since(report, "x", later(hours=hours))
    assert store.counts(MORNING).scheduled_since == later(hours=1)
