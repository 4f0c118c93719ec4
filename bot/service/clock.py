"""A clock that was set, told from time that has passed."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

LEAP: Final = dt.timedelta(minutes=10)
"""Clocks that are kept right by NTP move by seconds."""
QUIET: Final = dt.timedelta(minutes=5)
"""How long a clock that was set is watched before anything is decided by it."""


def passed_s() -> float:
    """Seconds since some instant, those asleep too, whatever the clock is set to."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass
class Watch:
    """Whether the time of day may be believed: not for a while after it has leapt, lest turns be missed by mistake."""

    passed_s: Callable[[], float] = passed_s
    _seen: tuple[dt.datetime, float] | None = field(default=None)
    _quiet_until_s: float = field(default=float("-inf"))

    def believes(self, now: dt.datetime) -> bool:
        """Whether decisions may be made by this instant."""
        passed_s = self.passed_s()
        if self._seen is not None:
            seen_at, seen_s = self._seen
            expected = seen_at + dt.timedelta(seconds=passed_s - seen_s)
            if abs(now - expected) > LEAP:
                self._quiet_until_s = passed_s + QUIET.total_seconds()
        self._seen = now, passed_s
        return passed_s >= self._quiet_until_s
