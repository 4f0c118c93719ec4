"""One issue of a report, frozen: what a publisher is handed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bot.domain.period import Period
from bot.domain.thread import Thread


@dataclass(frozen=True)
class Edition:
    """A thread for one report and one period on one network. (report, period, account) will be its unique key."""

    report: str
    report_title: str
    period: Period
    network: str
    composed_at: dt.datetime
    thread: Thread
