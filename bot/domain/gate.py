"""What a gate finds wrong with figures before anything is claimed, and a person's word on it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.measure import Observation
from bot.domain.period import Period


class Verdict(StrEnum):
    """What becomes of figures, from the mildest on."""

    PUBLISH = "publish"
    """They stand; what was noticed is written down."""
    CAVEAT = "caveat"
    """They stand, and whoever reads them reads the gate's sentence too."""
    SKIP = "skip"
    """These figures are set aside: a gap in a line, and no claim rests on them."""
    HOLD = "hold"
    """The whole metric leaves the thread; if the recipe requires it, the thread is not posted."""


@dataclass(frozen=True)
class Acceptance:
    """A person has looked into what a gate holds, and wants the figures told all the same, with the gate's sentence."""

    report: str
    period: str
    judgement: str
    gate: str
    because: str
    by: str
    at: dt.datetime


@dataclass(frozen=True)
class Judgement:
    """
    What a gate says of some figures of a metric.

    `sentence` is for the reader of the post: plain words of at most 80 characters, without a figure or a claim word of its own.
    `why` is for whoever decides: the figures, the bound they passed, what it usually means. `windows` are those it is about, for
    each of the `subjects`; empty means all. `across` says that nothing before an instant is comparable
    with what comes after it: then it concerns only who puts figures of both sides together.
    """

    gate: str
    verdict: Verdict
    metric: str
    subjects: tuple[str, ...]
    windows: tuple[Period, ...]
    sentence: str
    why: str
    evidence: tuple[Observation, ...] = field(repr=False, default=())
    across: dt.datetime | None = None
    accepted: Acceptance | None = None

    @property
    def id(self) -> str:
        """The same as long as the same gate says the same of the same figures: other figures want another look."""
        told = sorted(f"{seen.metric}|{seen.subject}|{seen.period.key}|{seen.value!r}|{seen.origin}" for seen in self.evidence)
        parts = (self.gate, self.metric, *sorted(self.subjects), *sorted(window.key for window in self.windows), *told)
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]

    @property
    def outcome(self) -> Verdict:
        """The verdict as it counts: what a person has accepted is told with its sentence."""
        return Verdict.CAVEAT if self.accepted is not None and self.verdict in (Verdict.SKIP, Verdict.HOLD) else self.verdict

    @property
    def holds(self) -> bool:
        """Whether it keeps the metric out."""
        return self.outcome is Verdict.HOLD

    def about(self, seen: Observation) -> bool:
        """Whether it is about this figure."""
        return (
            seen.metric == self.metric
            and (not self.subjects or seen.subject in self.subjects)
            and (not self.windows or seen.period in self.windows)
        )

    def concerns(self, told: Iterable[Observation]) -> bool:
        """Whether who tells these figures has to tell its sentence too."""
        if self.across is None:
            return any(self.about(seen) for seen in told)
        ours = [seen for seen in told if seen.metric == self.metric and (not self.subjects or seen.subject in self.subjects)]
        before = {seen.subject for seen in ours if seen.period.start < self.across}
        return any(seen.period.end > self.across and seen.subject in before for seen in ours)


@dataclass(frozen=True)
class Past:
    """
    What came before an edition: the figures its forerunner cited (in a backtest, all that stood then), as they stood, and what a
    person accepted for this one.

    `known_by` is set to compose what could have been composed at an instant: nothing is used that was not known by then.
    """

    cited: tuple[Observation, ...] = ()
    accepted: Mapping[str, Acceptance] = field(default_factory=dict)
    known_by: dt.datetime | None = None
