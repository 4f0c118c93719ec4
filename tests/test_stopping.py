"""SIGTERM: at once, or at the next safe place; pytest runs tests in the main thread, where signals arrive."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot.stopping import Ended, Stop


@pytest.fixture
def stop() -> Iterator[Stop]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGALRM)}
    made = Stop(patience_s=0.2)
    made.install()
    yield made
    for number, handler in before.items():
        signal.signal(number, handler)


def terminate() -> None:
    signal.raise_signal(signal.SIGTERM)


@contextmanager
def asked(stop: Stop) -> Iterator[None]:
    """Careful work that was asked to end."""
    with stop.careful():
        terminate()
        yield


def test_elsewhere_it_ends_at_once(stop: Stop) -> None:
    with pytest.raises(Ended):
        terminate()
    assert stop.asked


def test_careful_work_is_only_asked(stop: Stop) -> None:
    with stop.careful():
        terminate()
        assert stop.asked
    time.sleep(0.3)  # the alarm that would have interrupted it is off


def test_careful_work_that_takes_too_long_is_interrupted(stop: Stop) -> None:
    begun = time.monotonic()
    with pytest.raises(Ended), asked(stop):
        time.sleep(5)
    assert 0.15 < time.monotonic() - begun < 2


def test_the_second_signal_ends_careful_work_too(stop: Stop) -> None:
    with pytest.raises(Ended), asked(stop):
        terminate()


def test_a_wait_ends_when_somebody_asks(stop: Stop) -> None:
    begun = time.monotonic()
    with stop.careful():
        terminate()
        stop.sleep(5)
    assert time.monotonic() - begun < 1


def test_nobody_asked(stop: Stop) -> None:
    with stop.careful():
        stop.sleep(0.01)
    assert not stop.asked
