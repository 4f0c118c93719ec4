"""Work in forked processes, any of which may die."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import closing

import pytest

from bot.forking import Died, forked


def test_every_task_comes_back_with_what_was_made_of_it() -> None:
    assert sorted(forked([1, 2, 3, 4, 5], lambda number: number * number, 2)) == [(1, 1), (2, 4), (3, 9), (4, 16), (5, 25)]


def test_nothing_to_do_is_done_at_once() -> None:
    assert list(forked([], lambda _: None, 2)) == []


def test_no_more_processes_than_tasks_and_no_more_than_asked_for() -> None:
    def who(_: int) -> int:
        time.sleep(0.05)
        return os.getpid()

    assert len({pid for _, pid in forked(range(6), who, 2)}) == 2
    assert os.getpid() not in {pid for _, pid in forked([1], who, 9)}


def test_what_kills_one_process_costs_one_task() -> None:
    def fatal(number: int) -> int:
        if number == 2:
            os.kill(os.getpid(), signal.SIGUSR1)
        if number == 3:
            sys.exit(7)
        return number

    found = dict(forked([1, 2, 3, 4], fatal, 1))
    assert found == {
        1: 1,
        2: Died("its process was ended by SIGUSR1"),
        3: Died("its process ended with exit code 7"),
        4: 4,
    }


def test_who_asks_no_more_leaves_no_process_behind() -> None:
    pids = []
    with closing(forked([0, 60, 60], lambda seconds: (os.getpid(), time.sleep(seconds))[0], 2)) as done:
        pids.append(next(done)[1])
        assert [os.kill(pid, 0) for pid in pids] == [None]
    assert _children() == []


def test_a_result_that_cannot_be_sent_is_a_death_and_no_standstill(capfd: pytest.CaptureFixture[str]) -> None:
    ((task, outcome),) = forked([1], lambda _: lambda: None, 1)
    assert (task, outcome) == (1, Died("its process ended with exit code 1"))
    capfd.readouterr()


def _children() -> list[int]:
    import multiprocessing

    return [child.pid for child in multiprocessing.active_children() if child.pid and child.name.startswith("ForkProcess")]
