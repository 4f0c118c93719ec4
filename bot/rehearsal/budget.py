"""What calls cost, and how many of them there may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from bot.rehearsal.answers import Answer
from bot.rehearsal.clock import Clock
from bot.rehearsal.faults import Fault
from bot.rehearsal.operations import LIMITS

PRICES: Final[Mapping[str, Decimal]] = {
    "post": Decimal("0.015"),
    "post with url": Decimal("0.200"),
    "delete": Decimal("0.010"),
    "metadata": Decimal("0.005"),
    "owned read": Decimal("0.001"),
    "read": Decimal("0.005"),
    "user read": Decimal("0.010"),
}
"""
USD, docs pricing 2026-08-22. A delete and /2/users/me are not named there; uploads are not in the table at all and cost nothing
here.
"""
WINDOW_S: Final = 15 * 60


class Bill:
    """What was charged, item by item. With `credits` the last call goes through, and then nothing does; None is without end."""

    def __init__(self, clock: Clock, credit: Decimal | None) -> None:
        self.items: list[tuple[str, Decimal]] = []
        self.total = Decimal(0)
        self._clock, self._credit = clock, credit
        self._read: set[tuple[str, str]] = set()

    @property
    def used_up(self) -> bool:
        return self._credit is not None and self.total >= self._credit

    def charge(self, item: str) -> None:
        self.items.append((item, PRICES[item]))
        self.total += PRICES[item]

    def read(self, item: str, resource: str) -> None:
        """Reads of one thing cost once a day (UTC)."""
        once = (f"{self._clock.now():%Y-%m-%d}", resource)
        if once not in self._read:
            self._read.add(once)
            self.charge(item)


class Windows:
    """The calls of each account, or app, in its window of 15 minutes, which begins with the first."""

    def __init__(self, clock: Clock, limits: Mapping[str, int]) -> None:
        self._clock = clock
        self._limits = {**LIMITS, **limits}
        self._used: dict[tuple[str, str], tuple[float, int]] = {}

    def count(self, operation: str, account_id: str) -> bool:
        """Counts a call; False if the window is full."""
        begun, used = self._window(operation, account_id)
        if used >= self._limits[operation]:
            return False
        self._used[operation, account_id] = (begun, used + 1)
        return True

    def shown(self, answer: Answer, operation: str, account_id: str, fault: Fault | None) -> Answer:
        """The answer with x-rate-limit-* (docs: on all responses), and with the bucket a fault says is used up."""
        if answer.bare:
            return answer
        begun, used = self._window(operation, account_id)
        headers = {
            "x-rate-limit-limit": str(self._limits[operation]),
            "x-rate-limit-remaining": str(self._limits[operation] - used),
            "x-rate-limit-reset": str(int(begun + WINDOW_S)),
        }
        if fault and fault.reset_in_s is not None:
            prefix = f"x-{fault.bucket}-limit-24hour" if fault.bucket else "x-rate-limit"
            headers |= {
                f"{prefix}-limit": headers["x-rate-limit-limit"],
                f"{prefix}-remaining": "0",
                f"{prefix}-reset": str(int(self._clock.now().timestamp() + fault.reset_in_s)),
            }
        return replace(answer, headers={**headers, **answer.headers})

    def _window(self, operation: str, account_id: str) -> tuple[float, int]:
        now = self._clock.now().timestamp()
        begun, used = self._used.get((operation, account_id), (now, 0))
        return (begun, used) if now < begun + WINDOW_S else (now, 0)
