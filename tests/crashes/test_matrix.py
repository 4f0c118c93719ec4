"""
A command that is killed leaves a thread that the same command finishes: once, whole and in order, whatever X does meanwhile.

All cells there are take minutes: `python -m tests.crashes`. Here every moment is met without trouble on both databases. With trouble,
every moment is met by one trouble of each kind, on one of the two: the moments are dealt out to them by turns.
"""

from __future__ import annotations

import pytest

from tests.crashes.matrix import CALM, TROUBLES, Cell, Files, Matrix, Tables


@pytest.mark.parametrize("shelf", ["files", "tables"])
def test_a_command_killed_at_any_moment_is_finished_by_the_next(
    shelf: str, request: pytest.FixtureRequest, matrix: Matrix
) -> None:
    ran = matrix.every_moment(request.getfixturevalue(shelf), CALM)
    assert [str(one) for one in ran if one.wrong] == []
    undisturbed = ran[-1].moments
    killed = {(one.cell.moment, one.moments[-1]) for one in ran if one.killed}
    assert killed == set(enumerate(undisturbed, 1))
    requests = ["upload", "describe", "upload", "describe", "create 1", "create 2", "create 3"]
    assert [name for name in undisturbed if "commit" not in name] == [
        f"{when} {request}" for request in requests for when in ("before", "accepted", "read")
    ]
    assert undisturbed.count("before commit") == undisturbed.count("after commit") >= 1 + 4 + 2 * 3  # freeze; pictures; posts


@pytest.mark.parametrize("kind", TROUBLES)
def test_a_command_killed_at_any_moment_of_trouble_is_finished_by_the_next(
    kind: str, matrix: Matrix, files: Files, tables: Tables
) -> None:
    shelves, troubles = (files, tables), TROUBLES[kind]
    lives = matrix.run([Cell(shelves[turn % 2], trouble) for turn, trouble in enumerate(troubles)])
    ran = matrix.run(
        Cell(shelves[(moment // len(troubles) + turn) % 2], trouble, moment)
        for turn, (trouble, life) in enumerate(zip(troubles, lives, strict=True))
        for moment in range(turn + 1, len(life.moments) + 1, len(troubles))
    )
    assert [str(one) for one in lives + ran if one.wrong] == []
    assert {one.cell.moment for one in ran} >= set(range(1, min(len(life.moments) for life in lives) + 1))
