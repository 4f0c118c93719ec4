"""One issue of a report, frozen: what a publisher is handed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.claim import Claim
from bot.domain.period import Period
from bot.domain.report import Report
from bot.domain.thread import Thread


@dataclass(frozen=True)
class Edition:
    """
    A thread for one report and one period, composed under the limits of the report's network.

    `claims` are those of the recipe that are stated, by key: its posts print some of them.
    """

    report: Report
    period: Period
    composed_at: dt.datetime
    thread: Thread
    claims: Mapping[str, Claim] = field(default_factory=dict, hash=False)
