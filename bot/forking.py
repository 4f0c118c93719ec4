"""Work done side by side by forked processes, one of which may die without costing the others anything."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import warnings
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Final, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_FORK: Final = multiprocessing.get_context("fork")
_PATIENCE_S: Final = 5.0


@dataclass(frozen=True)
class Died:
    """The process that did a task is gone, and so is what it had done of it."""

    why: str


def forked(tasks: Sequence[T], work: Callable[[T], R], width: int) -> Generator[tuple[T, R | Died]]:
    """
    Each task with what `work` gives for it, as they are done, by at most `width` processes.

    They are forks of this one: they have all that is in memory now, and nothing but results comes back. A task whose process
    dies is given as Died, and another process goes on with the next. When nobody asks on, all of them are ended.
    """
    waiting = deque(tasks)
    crew: list[_Worker[T, R]] = []
    try:
        while waiting or crew:
            while waiting and len(crew) < width:
                crew.append(_Worker(work, [one.pipe for one in crew], waiting.popleft()))
            ready = wait([one.pipe for one in crew])
            for worker in [one for one in crew if one.pipe in ready]:
                task, outcome = worker.task, worker.outcome()
                if isinstance(outcome, Died) or not waiting:
                    crew.remove(worker)
                    worker.dismiss()
                else:
                    worker.begin(waiting.popleft())
                yield task, outcome
    finally:
        for worker in crew:
            worker.end()


class _Worker(Generic[T, R]):
    """One process, and this end of the pipe to it."""

    def __init__(self, work: Callable[[T], R], siblings: Sequence[Connection], task: T) -> None:
        self.pipe, theirs = _FORK.Pipe()
        self._process = _FORK.Process(target=_serve, args=(theirs, [self.pipe, *siblings], work), daemon=True)
        with warnings.catch_warnings():
            # Of locks that another thread holds, the child needs none: it opens its own stdout and stderr first.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process.start()
        theirs.close()
        self.begin(task)

    def begin(self, task: T) -> None:
        self.task = task
        with suppress(OSError):  # it died just now, and its end of the pipe says so
            self.pipe.send(task)

    def outcome(self) -> R | Died:
        try:
            found: R = self.pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            return Died(_cause(self._process.exitcode or 0))
        return found

    def dismiss(self) -> None:
        """It has nothing more to do, and ends by itself."""
        self.pipe.close()
        self._process.join()

    def end(self) -> None:
        """Wherever it is."""
        self._process.terminate()
        self._process.join(_PATIENCE_S)
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _serve(pipe: Connection, others: Sequence[Connection], work: Callable[[T], R]) -> None:
    """What a child does, until the parent has no more tasks, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # from a keyboard it comes to all; the parent decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.stdout, sys.stderr = (open(number, "w", closefd=False) for number in (1, 2))  # noqa: SIM115
    for one in others:
        one.close()  # or a parent that was killed would not be missed
    with suppress(EOFError, OSError):
        while True:
            pipe.send(work(pipe.recv()))


def _cause(code: int) -> str:
    if code >= 0:
        return f"its process ended with exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    hint = "; the system may have run out of memory, try fewer --jobs" if -code == signal.SIGKILL else ""
    return f"its process was ended by {name}{hint}"


def cores() -> int:
    """How many processes may compute side by side on this machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
