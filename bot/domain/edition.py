"""One issue of a report, frozen: what a publisher is handed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bot.domain.period import Period
from bot.domain.report import Report
from bot.domain.thread import Thread


@dataclass(frozen=True)
class Edition:
    """A thread for one report and one period, composed under the limits of the report's network."""

    report: Report
    period: Period
    composed_at: dt.datetime
    thread: Thread
