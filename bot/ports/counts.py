"""What the store has counted, for whoever watches the bot."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

NO_NETWORK: Final = "none"
"""Where a call counts whose edition was forgotten."""


@dataclass(frozen=True)
class Billed:
    """So many calls, and what they were billed together, in US dollars."""

    calls: int
    usd: float


@dataclass(frozen=True)
class Counts:
    """
    `asked` is when each source last told something. `deliveries` go by network and state; `charges`, all there are, by network
    and call, and `charges_since` those from an instant on; `turns` by report, network and state. `missed` are the turns that are,
    by report, network and period; `untold` notices wait since `untold_since`. The first report is scheduled since
    `scheduled_since`.
    """

    asked: Mapping[str, dt.datetime]
    deliveries: Mapping[tuple[str, str], int]
    charges: Mapping[tuple[str, str], Billed]
    charges_since: Mapping[tuple[str, str], Billed]
    turns: Mapping[tuple[str, str, str], int]
    missed: frozenset[tuple[str, str, str]]
    untold: int
    untold_since: dt.datetime | None
    scheduled_since: dt.datetime | None = None
