"""The day's chores: each is done once a day, by whoever is quickest, and not at all before its time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import wiring
from bot.collection import SourceOutcome
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
    assert do_chore(mill.house(), "collect", lambda *_: None) == "1 of 2 answers are of use; two is down"
    assert chores_due(store, mill.now()) == ["prune"]
    assert do_chore(mill.house(), "collect", lambda *_: None) is None
    mill.pass_(days=1)
    assert chores_due(store, mill.now()) == ["collect", "prune"]


def test_where_nobody_answers_it_is_tried_again_in_an_hour(mill: Mill, store: Store, collected: list[SourceOutcome]) -> None:
    mill.pass_(hours=1)
    collected[0] = SourceOutcome("one", 0, "one is down")
    assert do_chore(mill.house(), "collect", lambda *_: None) == "0 of 2 answers are of use; one is down; two is down"
    mill.pass_(minutes=59)
    assert chores_due(store, mill.now()) == ["prune"]
    assert do_chore(mill.house(), "collect", lambda *_: None) is None
    collected[0] = SourceOutcome("one", 1)
    mill.pass_(minutes=1)
    assert do_chore(mill.house(), "collect", lambda *_: None) is not None
    assert "collect" not in chores_due(store, mill.now())


def test_another_host_has_it(mill: Mill, store: Store) -> None:
    mill.pass_(hours=1)
    assert store.rota.chore("collect", FOUR.date(), "another", mill.now(), mill.now() + chores.LEASE)
    assert chores_due(store, mill.now()) == ["prune"]
    assert do_chore(mill.house(), "collect", lambda *_: None) is None
