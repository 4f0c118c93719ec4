from __future__ import annotations

import datetime as dt

from bot.service.clock import Watch

NOON = dt.datetime(2026, 11, 5, 12, tzinfo=dt.UTC)


class Time:
    """A clock that can be set, and time that passes whatever it says."""

    def __init__(self) -> None:
        self.passed_s = 1000.0
        self.now = NOON
        self.watch = Watch(lambda: self.passed_s)

    def pass_(self, seconds: float) -> bool:
        self.passed_s += seconds
        self.now += dt.timedelta(seconds=seconds)
        return self.watch.believes(self.now)


def test_a_clock_that_goes_is_believed() -> None:
    time = Time()
    assert [time.pass_(30) for _ in range(5)] == [True] * 5


def test_a_night_asleep_is_no_leap() -> None:
    time = Time()
    time.pass_(30)
    assert time.pass_(8 * 3600)


def test_a_clock_that_was_set_is_not_believed_for_five_minutes() -> None:
    for leap in (dt.timedelta(days=365), dt.timedelta(days=-365), dt.timedelta(minutes=11)):
        time = Time()
        time.pass_(30)
        time.now += leap
        assert not time.pass_(30)
        assert not time.pass_(299)
        assert time.pass_(1)


def test_a_small_correction_is_no_leap() -> None:
    time = Time()
    time.pass_(30)
    time.now += dt.timedelta(minutes=10)
    assert time.pass_(0)


def test_a_clock_that_leaps_on_is_not_believed() -> None:
    time = Time()
    time.pass_(30)
    for _ in range(5):
        time.now += dt.timedelta(hours=1)
        assert not time.pass_(200)


def test_a_clock_set_wrong_and_right_again_decides_nothing_meanwhile() -> None:
    time = Time()
    time.pass_(30)
    time.now += dt.timedelta(days=30)
    assert not time.pass_(60)
    time.now -= dt.timedelta(days=30)
    assert not time.pass_(60)
    assert time.pass_(300)
