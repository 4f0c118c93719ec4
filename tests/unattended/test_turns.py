"""A turn from its due time to its end, with a real store and a fake X, on a clock that moves when told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import wiring
from bot.domain.turn import TurnState
from bot.rehearsal import CREATE, named
from tests.unattended.mill import DAILY, Mill

MIDNIGHT = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)


@pytest.fixture
def mill(tmp_path: Path) -> Iterator[Mill]:
    with Mill(tmp_path, MIDNIGHT) as made:
        made.report("daily", "day", DAILY, "2026-03-01", 30)
        yield made


def test_nothing_is_due_before_the_bell_and_one_thread_after(mill: Mill) -> None:
    mill.pass_(hours=5, minutes=59)
    assert mill.once() == []
    mill.pass_(minutes=1)
    (done,) = mill.once()
    assert done is not None
    assert (done.code, done.turn.state) == (0, TurnState.PUBLISHED)
    assert mill.threads() == [
        ["daily. Counts of 1 Mar 2026: Alpha leads, with twice the counts of Beta.", "Alpha 2,000, Beta 1,000."]
    ]
    mill.pass_(hours=1)
    assert mill.once() == []
