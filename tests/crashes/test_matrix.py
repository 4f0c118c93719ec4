"""
A command that is killed leaves a thread that the same command finishes: once, whole and in order, whatever X does meanwhile.

All cells there are take minutes: `python -m tests.crashes`. Here the moments are dealt out by turns. Without trouble every moment is
met, on one of the two databases. With trouble every moment is met by one: the next of the next kind every time, on either database.
Every trouble is also met by a command that nobody kills.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Final

import pytest

from tests.crashes.matrix import CALM, TROUBLES, Cell, Files, Matrix, Ran, Tables

KINDS: Final = list(TROUBLES)
TURNS: Final = [
    turn
    for turns in zip_longest(*([(kind, at) for at in range(len(TROUBLES[kind]))] for kind in KINDS))
    for turn in turns
    if turn
]
"""Every trouble, by its kind and which of that it is: the first of each kind, the second of each, and so on."""
MOMENTS: Final = range(1, 3 * 7 + 2 * (1 + 4 + 2 * 3) + 1)
"""Of a life without trouble: three for each request, two for each commit, which are one to freeze, four for pictures, six for posts."""


def wrong(ran: Iterable[Ran]) -> list[str]:
    return [str(one) for one in ran if one.wrong]


def test_a_command_killed_at_any_moment_is_finished_by_the_next(matrix: Matrix, files: Files, tables: Tables) -> None:
    shelves = (files, tables)
    lives = matrix.run(Cell(shelf, CALM) for shelf in shelves)
    ran = matrix.run(Cell(shelves[moment % 2], CALM, moment) for moment in MOMENTS)
    assert wrong(lives + ran) == []
    undisturbed, on_tables = (life.moments for life in lives)
    assert undisturbed == on_tables
    assert [(one.cell.moment, one.moments[-1]) for one in ran if one.killed] == list(enumerate(undisturbed, 1))
    requests = ["upload", "describe", "upload", "describe", "create 1", "create 2", "create 3"]
    assert [name for name in undisturbed if "commit" not in name] == [
        f"{when} {request}" for request in requests for when in ("before", "accepted", "read")
    ]
    assert undisturbed.count("before commit") == undisturbed.count("after commit") == 1 + 4 + 2 * 3  # freeze; pictures; posts


def dealt(kind: str, moments: Iterable[int]) -> Iterator[tuple[int, int, int]]:
    """What a kind of trouble meets: (moment, which of its troubles it is, on which database)."""
    for number, moment in enumerate(moments):
        whose, trouble = TURNS[number % len(TURNS)]
        if whose == kind:
            yield moment, trouble, (number // 2 + number // len(TURNS)) % 2


def test_a_trouble_meets_each_moment_and_every_trouble_and_either_database_has_some() -> None:
    told = {kind: list(dealt(kind, MOMENTS)) for kind in KINDS}
    assert sorted(moment for turns in told.values() for moment, *_ in turns) == [*MOMENTS]
    for kind, turns in told.items():
        assert {trouble for _, trouble, _ in turns} == set(range(len(TROUBLES[kind])))
        assert {database for *_, database in turns} == {0, 1}


@pytest.mark.parametrize("kind", KINDS)
def test_a_command_killed_at_any_moment_of_trouble_is_finished_by_the_next(
    kind: str, matrix: Matrix, files: Files, tables: Tables
) -> None:
    shelves, troubles = (files, tables), TROUBLES[kind]
    lives = matrix.run([Cell(shelves[turn % 2], trouble) for turn, trouble in enumerate(troubles)])
    lengths = [len(life.moments) for life in lives]
    assert min(lengths) >= len(MOMENTS)
    turns = list(dealt(kind, range(1, max(lengths) + 1)))
    ran = matrix.run(
        Cell(shelves[database], troubles[trouble], moment) for moment, trouble, database in turns if moment <= lengths[trouble]
    )
    assert wrong(lives + ran) == []
    assert {one.cell.moment for one in ran if one.killed} >= {moment for moment, *_ in dealt(kind, MOMENTS)}
