"""Work in a thread that nobody has to wait for."""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar

import pytest

from bot.parallel import within

_run: ContextVar[str] = ContextVar("run", default="")


def test_what_is_done_in_time_is_given_back() -> None:
    assert within(5, lambda: threading.current_thread() is not threading.main_thread()) is True


def test_what_it_raises_is_raised() -> None:
    with pytest.raises(KeyError, match="gone"):
        within(5, lambda: {}["gone"])


def test_what_is_not_done_in_time_is_left_alone() -> None:
    over, done = threading.Event(), threading.Event()

    def job() -> None:
        over.wait(10)
        done.set()

    began = time.monotonic()
    with pytest.raises(TimeoutError, match=r"^not done in 0\.1 s$"):
        within(0.1, job)
    assert time.monotonic() - began < 1
    over.set()
    assert done.wait(5)


def test_what_is_bound_to_this_thread_is_bound_to_the_other() -> None:
    token = _run.set("r-17")
    try:
        assert within(5, _run.get) == "r-17"
    finally:
        _run.reset(token)
