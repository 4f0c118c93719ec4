"""The day's chores: each is done once a day, by whoever is quickest, and not at all before its time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import wiring
from bot.collection import SourceOutcome
from bot.errors import BadRecipe
from bot.ports import Store
from bot.verbs import chores, collecting
from bot.verbs.chores import chores_due, do_chore
from tests.unattended.mill import Mill

FOUR = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)


@pytest.fixture
def mill(tmp_path: Path) -> Iterator[Mill]:
    with Mill(tmp_path, FOUR) as made:
        yield made


@pytest.fixture
def store(mill: Mill) -> Iterator[Store]:
    with wiring.store(mill.house()) as opened:
        yield opened


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> list[SourceOutcome]:
    """What the sources are going to say."""
    outcomes = [SourceOutcome("one", 3), SourceOutcome("two", 0, "two is down")]
    monkeypatch.setattr(collecting, "collect", lambda *_: collecting.Collected({"a": tuple(outcomes)}, {}, {}))
    return outcomes


def test_each_has_its_time_of_the_day(mill: Mill, store: Store) -> None:
    assert chores_due(store, FOUR - dt.timedelta(seconds=1)) == []
    assert chores_due(store, FOUR) == ["prune"]
    assert chores_due(store, FOUR + dt.timedelta(hours=1)) == ["collect", "prune"]


def test_it_is_done_once_a_day(mill: Mill, store: Store, collected: list[SourceOutcome]) -> None:
    mill.pass_(hours=1)
    collected[1] = SourceOutcome("two", 4)
    assert do_chore(mill.house(), "collect", lambda *_: None) == "2 of 2 answers are of use"
    assert chores_due(store, mill.now()) == ["prune"]
    assert do_chore(mill.house(), "collect", lambda *_: None) is None
    mill.pass_(days=1)
    assert chores_due(store, mill.now()) == ["collect", "prune"]


def test_while_a_source_does_not_answer_it_is_tried_again_hourly(
    mill: Mill, store: Store, collected: list[SourceOutcome]
) -> None:
    mill.pass_(hours=1)
    assert do_chore(mill.house(), "collect", lambda *_: None) == "1 of 2 answers are of use; two is down"
    mill.pass_(minutes=59)
    assert chores_due(store, mill.now()) == ["prune"]
    assert do_chore(mill.house(), "collect", lambda *_: None) is None
    collected[1] = SourceOutcome("two", 1)
    mill.pass_(minutes=1)
    assert do_chore(mill.house(), "collect", lambda *_: None) == "2 of 2 answers are of use"
    assert "collect" not in chores_due(store, mill.now())


@pytest.mark.parametrize(
    ("begun", "second", "done"),
    [
        (dt.time(21, 59, 59), "two is down", False),
        (dt.time(22), "two is down", True),  # what is there by then is what the day has
        (dt.time(22), "", True),
    ],
)
def test_late_in_the_day_it_is_left_at_what_there_is(
    mill: Mill, store: Store, collected: list[SourceOutcome], begun: dt.time, second: str, done: bool
) -> None:
    mill.moment = dt.datetime.combine(FOUR, begun, dt.UTC)
    collected[1] = SourceOutcome("two", 0, second)
    assert do_chore(mill.house(), "collect", lambda *_: None) is not None
    assert ("collect" in store.rota.chores()) == done


def test_where_nobody_answers_it_is_never_done(mill: Mill, store: Store, collected: list[SourceOutcome]) -> None:
    mill.moment = dt.datetime.combine(FOUR, dt.time(22), dt.UTC)
    collected[0] = SourceOutcome("one", 0, "one is down")
    assert do_chore(mill.house(), "collect", lambda *_: None) == "0 of 2 answers are of use; one is down; two is down"
    assert store.rota.chores() == {}
    mill.pass_(hours=1)
    assert "collect" in chores_due(store, mill.now())


def test_one_that_ends_after_midnight_leaves_the_next_day_its_own(mill: Mill, store: Store) -> None:
    day, midnight = FOUR.date(), FOUR + dt.timedelta(hours=20)
    assert store.rota.chore("collect", day, "another", midnight - dt.timedelta(minutes=10), midnight + chores.LEASE)
    store.rota.chore_done("collect", day, "another", midnight + dt.timedelta(minutes=10), "done")
    assert chores_due(store, FOUR + dt.timedelta(days=1, hours=1)) == ["collect", "prune"]
    assert chores_due(store, midnight - dt.timedelta(seconds=1)) == ["prune"]


def test_another_host_has_it(mill: Mill, store: Store) -> None:
    mill.pass_(hours=1)
    assert store.rota.chore("collect", FOUR.date(), "another", mill.now(), mill.now() + chores.LEASE)
    assert chores_due(store, mill.now()) == ["prune"]
    assert do_chore(mill.house(), "collect", lambda *_: None) is None


def test_a_broken_recipe_costs_the_others_no_day(mill: Mill, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    mill.reports = ["broken", "well"]
    asked = []

    def collect(report: str, *_: object) -> collecting.Collected:
        asked.append(report)
        if report == "broken":
            raise BadRecipe("its recipe is no TOML")
        return collecting.Collected({report: (SourceOutcome("one", 3),)}, {}, {})

    monkeypatch.setattr(collecting, "collect", collect)
    mill.pass_(hours=19)
    assert do_chore(mill.house(), "collect", lambda *_: None) == "1 of 1 answers are of use; its recipe is no TOML"
    assert asked == ["broken", "well"]
    assert "collect" not in chores_due(store, mill.now())
