"""A thread that is taken down by a command that is killed: the same command again takes down what is left, each post once."""

from __future__ import annotations

import itertools

from bot.rehearsal import CREATE, DELETE, named
from tests.crashes.deadly_x import DeadlyX
from tests.crashes.matrix import KILLED, Files, Tables
from tests.crashes.nursery import Nursery, a_job

HELD = 3


def test_a_command_killed_at_any_moment_of_taking_a_thread_down_is_finished_by_the_next(files: Files, tables: Tables) -> None:
    """The moments are dealt out by turns: to the two databases, and to what X makes of the second deletion."""
    with Nursery() as nursery:
        for moment in itertools.count(1):
            shelf, fault = (files, tables)[moment % 2], ("", "drop-before", "drop-after")[moment % 3]
            url, period = shelf.fresh()
            with DeadlyX() as there:
                assert nursery.raise_one(a_job(url, there, period)).code == 0
                if fault:
                    there.faults.on(DELETE, named(fault), nth=2)
                first = nursery.raise_one(a_job(url, there, period, task="take down", die_at=moment))
                assert first.code in (0, KILLED), first.said
                where = shelf.name, fault, moment, first.moments[-1]
                second = nursery.raise_one(a_job(url, there, period, task="take down"))
                assert second.code == 0, (where, second.said)
                accepted = [call.operation for call in there.calls if call.accepted]
                assert there.threads() == [], where
                assert (accepted.count(CREATE), accepted.count(DELETE)) == (3, 3), where
                assert (there.violations, there.faults.unused) == ([], []), where
                if first.code == 0 and not fault:
                    assert nursery.raise_one(a_job(url, there, period)).code == HELD  # and it is not posted again
                    assert moment > 3 * (3 + 2)  # each of three posts has the moments of a request and of a commit
                    break
            assert [state for _, state, *_ in shelf.told(url, period)] == ["removed"] * 3, where
