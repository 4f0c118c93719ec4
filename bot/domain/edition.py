"""One issue of a report: frozen, as a publisher is handed it, or held by the gates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.claim import Claim
from bot.domain.gate import Acceptance, Judgement
from bot.domain.measure import Observation
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


@dataclass(frozen=True)
class HeldEdition:
    """
    What would have been an edition, had a gate not kept back a metric that its report requires.

    `blocking` are the judgements to be decided on, of all `judgements` there are; `figures` is every figure of their metrics,
    those that were set aside among them. `outdated` is what a person accepted of the same gates when the figures were others.
    """

    report: Report
    period: Period
    composed_at: dt.datetime
    blocking: tuple[Judgement, ...]
    judgements: tuple[Judgement, ...]
    figures: tuple[Observation, ...]
    outdated: tuple[Acceptance, ...] = ()
