"""What an operator is shown, and when somebody should be woken: cases worked by hand, on a real store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.period import Granularity, Period
from bot.domain.report import Report
from bot.domain.schedule import Mode, Schedule, Window
from bot.domain.turn import Turn, TurnState
from bot.ports import Counts
from bot.store import Database, open_store
from bot.verbs.survey import Check, Health, Scheduled, Survey, health, survey_of
from tests.builders import a_report
from tests.store.words import a_thread


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


class Nine:
    """Rings every day at nine."""

    def at_or_after(self, moment: dt.datetime) -> dt.datetime:
        ring = moment.replace(hour=9, minute=0, second=0, microsecond=0)
        return ring if ring >= moment else ring + dt.timedelta(days=1)


def days(count: float) -> dt.timedelta:
    return dt.timedelta(days=count)


SCHEDULE = Schedule(Nine(), delay=days(4), grace=days(2), latest=days(21), patience=days(1), retry=dt.timedelta(hours=1))
OCTOBER = Window(
    Period.parse("2026-10"), at("2026-11-05 09:00"), at("2026-11-07 09:00"), at("2026-11-06 09:00"), at("2026-11-22 00:00")
)
UP, NOON = at("2026-11-01 00:00"), at("2026-11-05 12:00")
NO_COUNTS = Counts({}, {}, {}, {}, {}, frozenset(), 0, None)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    with open_store(f"sqlite:///{tmp_path}/threadmill.db") as store:
        yield store


def monthly(key: str = "monthly", mode: Mode = Mode.AUTO) -> Report:
    return replace(a_report(), key=key, network="x", granularity=Granularity.MONTH, schedule=replace(SCHEDULE, mode=mode))


def looked(store: Database, now: dt.datetime = NOON, *reports: Report, **problems: str) -> Survey:
    return survey_of(reports or [monthly()], problems, store, now)


def begun(store: Database, now: dt.datetime = OCTOBER.opens_at) -> Turn:
    taken = store.rota.begin(Turn("monthly", "x", OCTOBER), "w1", now, now + dt.timedelta(minutes=3), "r-17")
    assert taken is not None
    return taken


def becomes(store: Database, state: TurnState, reason: str = "as said", now: dt.datetime = NOON) -> None:
    if state in (TurnState.MISSED, TurnState.SKIPPED):
        (turn,) = store.rota.turns("monthly", "x") or [Turn("monthly", "x", OCTOBER)]
        assert store.rota.close(replace(turn, state=state, reason=reason), now)
        return
    taken = begun(store)
    if state is TurnState.UNKNOWN:  # a post was on its way
        taken = replace(taken, edition=store.desk.freeze(a_thread(report="monthly", period="2026-10")), state=TurnState.SENDING)
        assert taken.edition is not None
        assert store.rota.sending(taken, taken.edition)
    assert store.rota.settle(replace(taken, state=state, reason=reason), now)


def of(found: Survey | str, now: dt.datetime = NOON, looked_at: dt.datetime | None = None) -> Health:
    """By a scheduler that was started an hour ago and has just looked."""
    return health(found, looked_at or now, now - dt.timedelta(hours=1), now)


# The survey -----------------------------------------------------------------------------------------------------------------------


def test_a_report_is_told_with_its_window_and_its_turns(store: Database) -> None:
    becomes(store, TurnState.HELD)
    (turn,) = store.rota.turns("monthly", "x")
    found = looked(store, NOON, monthly(mode=Mode.APPROVE), other="no such metric")
    assert found.scheduled == (
        Scheduled("monthly", "x", Mode.APPROVE, OCTOBER, at("2026-12-05 09:00"), newest=turn, open_turns=(turn,), overdue=""),
    )
    assert (found.at, found.problems, found.chores) == (NOON, {"other": "no such metric"}, {})
    assert found.counts == replace(NO_COUNTS, turns={("monthly", "x", "held"): 1})


def test_an_older_turn_that_is_open_is_told_beside_the_newest(store: Database) -> None:
    becomes(store, TurnState.UNKNOWN)
    later = Turn("monthly", "x", replace(OCTOBER, period=Period.parse("2026-11")), TurnState.MISSED)
    assert store.rota.close(later, NOON)
    (one,) = looked(store, NOON).scheduled
    assert (one.newest and one.newest.period.key, [turn.period.key for turn in one.open_turns]) == ("2026-11", ["2026-10"])


def test_money_of_the_month_counts_from_its_first_instant_in_utc(store: Database) -> None:
    from bot.domain.delivery import Charge

    for moment in ("2026-10-31 23:59:59", "2026-11-01 00:00"):
        store.desk.charge(Charge(0, 0, "look", 0.005, at(moment)))
    counts = looked(store, at("2026-11-01 00:30").astimezone(dt.timezone(dt.timedelta(hours=-8)))).counts
    assert (counts.charges[("none", "look")].calls, counts.charges_since[("none", "look")].calls) == (2, 1)


def test_a_report_without_a_schedule_is_not_told(store: Database) -> None:
    assert looked(store, NOON, replace(monthly(), schedule=None)).scheduled == ()


# Health ---------------------------------------------------------------------------------------------------------------------------


def test_all_is_well_where_nothing_is_wrong(store: Database) -> None:
    becomes(store, TurnState.PUBLISHED, "https://x.com/i/status/11")
    assert store.rota.chore("collect", NOON.date(), "w1", NOON, NOON + days(1))
    store.rota.chore_done("collect", NOON.date(), "w1", at("2026-11-05 05:10"), "done")
    found = of(looked(store))
    assert found.ok
    assert found.checks == {
        "scheduler": Check(True, "finished its last look at 2026-11-05 12:00 UTC"),
        "database": Check(True, "it answers"),
        "collection": Check(True, "was last done at 2026-11-05 05:10 UTC"),
        "monthly/x": Check(True, "2026-10 is published: https://x.com/i/status/11; the next opens at 2026-12-05 09:00 UTC"),
        "notices": Check(True, "all told"),
    }


@pytest.mark.parametrize(("seconds", "ok"), [(0, True), (300, True), (301, False)])
def test_a_scheduler_that_does_not_look_is_ill(store: Database, seconds: int, ok: bool) -> None:
    found = of(looked(store, OCTOBER.opens_at), OCTOBER.opens_at, OCTOBER.opens_at - dt.timedelta(seconds=seconds))
    assert (found.ok, found.checks["scheduler"].ok) == (ok, ok)


@pytest.mark.parametrize(("seconds", "ok"), [(0, True), (300, True), (301, False)])
def test_a_scheduler_that_was_just_started_has_time_to_look(store: Database, seconds: int, ok: bool) -> None:
    found = health(looked(store, UP), None, UP, UP + dt.timedelta(seconds=seconds))
    assert found.ok == ok
    assert found.checks["scheduler"].words == "has not finished a look since it was started at 2026-11-01 00:00 UTC"


def test_a_database_that_does_not_answer_is_told_in_words() -> None:
    found = of("the store db/mill cannot be used: it is away")
    assert not found.ok
    assert found.checks["database"] == Check(False, "the store db/mill cannot be used: it is away")
    assert set(found.checks) == {"scheduler", "database"}


@pytest.mark.parametrize("state", [TurnState.OPEN, TurnState.WAITING, TurnState.HELD, TurnState.UNKNOWN, TurnState.WRITTEN])
def test_what_waits_for_a_person_is_shown_and_is_no_illness(store: Database, state: TurnState) -> None:
    becomes(store, state, "because")
    found = of(looked(store))
    assert found.ok
    assert f"2026-10 is {state}: because" in found.checks["monthly/x"].words


def test_a_missed_turn_is_ill_until_a_person_has_said_something(store: Database) -> None:
    becomes(store, TurnState.MISSED, "nobody was there")
    found = of(looked(store))
    assert (found.ok, found.checks["monthly/x"].ok) == (False, False)
    assert "2026-10 is missed: nobody was there" in found.checks["monthly/x"].words
    becomes(store, TurnState.SKIPPED, "skipped by me")
    assert of(looked(store)).ok


def test_a_missed_turn_is_ill_until_the_next_one_has_done_better(store: Database) -> None:
    september = replace(OCTOBER, period=Period.parse("2026-09"))
    assert store.rota.close(Turn("monthly", "x", september, TurnState.MISSED, "away"), NOON)
    assert not of(looked(store)).ok
    becomes(store, TurnState.PUBLISHED)
    assert of(looked(store)).ok


@pytest.mark.parametrize(
    ("now", "ok"),
    [
        ("2026-11-05 08:59", True),
        ("2026-11-05 09:30", True),
        ("2026-11-05 09:31", False),
        ("2026-11-07 09:00", False),
        ("2026-11-07 09:01", True),  # the next look writes it down as missed
    ],
)
def test_a_turn_nobody_begins_is_ill(store: Database, now: str, ok: bool) -> None:
    done = at(now) - days(0.1)
    assert store.rota.chore("collect", done.date(), "w1", done, done + days(1))
    store.rota.chore_done("collect", done.date(), "w1", done, "done")
    found = of(looked(store, at(now)), at(now))
    assert found.ok == ok
    assert ("2026-10 is due since 2026-11-05 09:00 UTC, and nobody has begun it" in found.checks["monthly/x"].words) == (not ok)


@pytest.mark.parametrize(
    ("state", "now", "ok"),
    [
        (TurnState.WAITING, "2026-11-22 00:30", True),
        (TurnState.WAITING, "2026-11-22 00:31", False),
        (TurnState.UNKNOWN, "2026-11-24 00:30", True),  # what may be out in part has a grace of two days more
        (TurnState.UNKNOWN, "2026-11-24 00:31", False),
    ],
)
def test_a_turn_that_is_open_after_its_time_is_ill(store: Database, state: TurnState, now: str, ok: bool) -> None:
    becomes(store, state)
    done = at(now) - days(0.1)
    assert store.rota.chore("collect", done.date(), "w1", done, done + days(1))
    store.rota.chore_done("collect", done.date(), "w1", done, "done")
    assert of(looked(store, at(now)), at(now)).ok == ok


@pytest.mark.parametrize(("now", "ok"), [("2026-11-03 05:10", True), ("2026-11-03 05:11", False)])
def test_figures_that_nobody_collects_are_ill_after_two_days(store: Database, now: str, ok: bool) -> None:
    done = at("2026-11-01 05:10")
    assert store.rota.chore("collect", done.date(), "w1", done, done + days(1))
    store.rota.chore_done("collect", done.date(), "w1", done, "done")
    found = of(looked(store, at(now)), at(now))
    assert (found.ok, found.checks["collection"].ok) == (ok, ok)


@pytest.mark.parametrize(("now", "ok"), [("2026-11-03 00:00", True), ("2026-11-03 00:01", False)])
def test_figures_that_were_never_collected_are_ill_two_days_after_the_start(store: Database, now: str, ok: bool) -> None:
    assert health(looked(store, at(now)), at(now), UP, at(now)).ok == ok


@pytest.mark.parametrize(("now", "ok"), [("2026-11-03 00:00", True), ("2026-11-03 00:01", False)])
def test_a_service_that_is_started_every_day_is_ill_when_it_never_collects(store: Database, now: str, ok: bool) -> None:
    for report, since in (("other", "2026-11-02 00:00"), ("monthly", "2026-11-01 00:00"), ("third", "2026-11-02 12:00")):
        store.rota.since(report, "x", at(since))
    assert health(looked(store, at(now)), at(now), at("2026-11-02 23:00"), at(now)).checks["collection"].ok == ok


def test_a_recipe_that_cannot_be_read_is_ill_unless_it_goes_on_as_it_was(store: Database) -> None:
    becomes(store, TurnState.PUBLISHED)
    assert of(looked(store, NOON, monthly(), monthly="line 3")).ok
    found = of(looked(store, NOON, monthly(), other="line 3"))
    assert (found.ok, found.checks["recipe other"]) == (False, Check(False, "cannot be read: line 3"))


@pytest.mark.parametrize(("since", "ok"), [("2026-11-05 11:00", True), ("2026-11-05 10:59", False)])
def test_notices_that_nobody_could_be_told_for_an_hour_are_ill(since: str, ok: bool) -> None:
    found = Survey(NOON, (), replace(NO_COUNTS, untold=3, untold_since=at(since)), {}, {})
    assert (of(found).ok, of(found).checks["notices"].ok) == (ok, ok)
    assert of(found).checks["notices"].words == f"3 not told yet, the oldest of {since} UTC"


AHEAD = (
    "was begun ahead of its time, which is 2026-11-05 09:00 UTC: a clock was wrong, or --now was later than it is; nothing before"
)
"""What is said of October's turn."""


@pytest.mark.parametrize("state", [TurnState.OPEN, TurnState.WAITING, TurnState.HELD, TurnState.UNKNOWN])
def test_a_turn_that_was_begun_ahead_of_its_time_is_ill(store: Database, state: TurnState) -> None:
    becomes(store, state)
    before, after = at("2026-11-05 08:59"), OCTOBER.opens_at
    found = of(looked(store, before), before).checks["monthly/x"]
    assert (found.ok, AHEAD in found.words) == (False, True)
    assert 'it is begun: threadmill skip monthly 2026-10 --because "..."; 2026-10 is' in found.words
    assert of(looked(store, after), after).checks["monthly/x"].ok


@pytest.mark.parametrize("state", [TurnState.PUBLISHED, TurnState.WRITTEN])
def test_one_that_was_even_finished_ahead_of_its_time_is_ill_and_cannot_be_skipped(store: Database, state: TurnState) -> None:
    becomes(store, state)
    found = of(looked(store, UP), UP).checks["monthly/x"]
    assert (found.ok, AHEAD in found.words, "threadmill skip" in found.words) == (False, True, False)


def test_one_that_was_skipped_ahead_of_its_time_is_not(store: Database) -> None:
    becomes(store, TurnState.SKIPPED)
    assert of(looked(store, UP), UP).checks["monthly/x"].ok


def test_one_that_was_missed_ahead_of_its_time_is_told_too(store: Database) -> None:
    becomes(store, TurnState.MISSED)
    words = of(looked(store, UP), UP).checks["monthly/x"].words
    assert "2026-10 was missed ahead of its time" in words
    assert "threadmill skip monthly 2026-10" in words
