"""Work done side by side by threads that nobody has to wait for: the process may end while one still waits for a server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class _Outcome(Generic[T]):
    """What became of one job."""

    def __init__(self) -> None:
        self._done: SimpleQueue[tuple[bool, object]] = SimpleQueue()

    def run(self, job: Callable[[], T]) -> None:
        try:
            self._done.put((True, job()))
        except BaseException as error:  # raised again where the result is asked for
            self._done.put((False, error))

    def result(self, timeout_s: float | None = None) -> T:
        right, value = self._done.get(timeout=timeout_s)
        if not right:
            assert isinstance(value, BaseException)  # noqa: S101 - put there by run
            raise value
        return value  # type: ignore[return-value]


def side_by_side(jobs: Sequence[Callable[[], T]], width: int) -> Iterator[T]:
    """
    The results of jobs in their order, at most `width` of them under way together.

    A job's exception is raised where its result would come; jobs that have not begun by then, or when nobody asks on, never do.
    """
    outcomes: list[_Outcome[T]] = [_Outcome() for _ in jobs]
    waiting = iter(list(zip(jobs, outcomes, strict=True)))
    taking = threading.Lock()
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            with taking:
                job, outcome = next(waiting, (None, None))
            if job is None or outcome is None:
                return
            outcome.run(job)

    for _ in range(min(width, len(jobs))):
        threading.Thread(target=work, daemon=True).start()
    try:
        for outcome in outcomes:
            yield outcome.result()
    finally:
        over.set()


def within(seconds: float, job: Callable[[], T]) -> T:
    """
    What a job gives, or raises, if it is done in time. Its thread is left alone otherwise: the job should have limits of its own.

    Raises:
        TimeoutError: it is not done. What it has done by now, and will do, nobody knows.
    """
    outcome: _Outcome[T] = _Outcome()
    threading.Thread(target=copy_context().run, args=(outcome.run, job), daemon=True).start()
    try:
        return outcome.result(seconds)
    except Empty:
        raise TimeoutError(f"not done in {seconds:g} s") from None
