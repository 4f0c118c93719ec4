"""X's time, and the ids that are made of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

_SNOWFLAKE_EPOCH_MS: Final = 1_288_834_974_657


class Clock:
    """The test's time, moved on by whatever was advanced, plus the skew of X's clock."""

    def __init__(self, source: Callable[[], dt.datetime], skew_s: float) -> None:
        self.skew_s = skew_s
        self._source, self._advanced = source, dt.timedelta()
        self._last_id = 0

    def now(self) -> dt.datetime:
        return self._source() + self._advanced + dt.timedelta(seconds=self.skew_s)

    def advance(self, seconds: float) -> None:
        self._advanced += dt.timedelta(seconds=seconds)

    def new_id(self) -> str:
        """An id as X makes them: the time in it, and always more than the last."""
        self._last_id = max(self._last_id + 1, (int(self.now().timestamp() * 1000) - _SNOWFLAKE_EPOCH_MS) << 22)
        return str(self._last_id)
