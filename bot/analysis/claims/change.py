"""Claims about what became of figures since an earlier period: growth, gained, rank_change, fastest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.analysis.claims.building import changed, number, resting_on, statement
from bot.analysis.claims.likeness import comparison_refused, now_and_before, sample_unknown
from bot.analysis.claims.noise import interval, level, per_day
from bot.analysis.claims.order import rank
from bot.analysis.figures import Figures
from bot.analysis.statistics import alike, change_interval, near, overlap
from bot.domain.claim import Claim, Finding
from bot.domain.measure import Absent, Aggregation, Observation, Unit
from bot.domain.period import Period
from bot.domain.report import ClaimSpec

_LEAST_BASE: Final = 100
"""From fewer counts any growth is large: 12 after 4 is no news beside 130 after 100."""


def growth(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """
    One subject's figure against its own of an earlier period. Like with like: one metric, one origin, no break in between.

    GREW: now > before by more than noise. FELL: now < before by more than noise. LEVEL: within noise.
    """
    pair = now_and_before(spec, spec.subjects[0], figures, period, spec.before(period))
    if isinstance(pair, Absent):
        return pair
    now, before = pair
    if (unsampled := sample_unknown([now, before], figures)) is not None:
        return unsampled
    if level(now, before, figures):
        finding = Finding.LEVEL
    else:
        finding = Finding.GREW if per_day(now, figures) > per_day(before, figures) else Finding.FELL
    return replace(statement(spec, finding, [now], period, changed(now, before, figures)), before=spec.before(period))


def gained(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """
    How much was added to a stock that only grows, between its readings at the ends of the period before and of this one.

    STATED: now - before, which is not below nought.
    """
    metric = figures.metric(spec.metric)
    if metric.aggregation is not Aggregation.LEVEL:
        return Absent(f"{metric.title} is no stock: what was added in {period} is the figure itself")
    pair = now_and_before(spec, spec.subjects[0], figures, period, period.previous())
    if isinstance(pair, Absent):
        return pair
    now, before = pair
    if now.value < before.value:
        return Absent(f"{metric.title}: {figures.name(now.subject)} stands lower than before, and a sum of all does not fall")
    gain = number("gain", now.value - before.value, metric.unit, metric.noun, (now, before))
    return replace(statement(spec, Finding.STATED, [now], period, {"gain": gain}), before=period.previous())


def rank_change(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """
    Where the first subject stands among all of them, and where it stood. Each place as strict as a rank.

    GREW: the place is nearer the top. FELL: farther from it. LEVEL: the same place.
    """
    now = rank(spec, figures, period, {})
    before = rank(spec, figures, spec.before(period), {})
    if isinstance(now, Absent):
        return now
    if isinstance(before, Absent):
        return before
    for subject in spec.subjects:
        if isinstance(pair := now_and_before(spec, subject, figures, period, spec.before(period)), Absent):
            return pair
    place, earlier = now.quantities["place"], before.quantities["place"]
    finding = Finding.LEVEL if place.value == earlier.value else Finding.GREW if place.value < earlier.value else Finding.FELL
    numbers = {"place": place, "before": replace(earlier, name="before")}
    return replace(now, finding=finding, quantities=numbers, before=spec.before(period))


@dataclass(frozen=True)
class _Pace:
    """How one subject's figure changed: by what factor or by how many points, and within which limits at 95 %."""

    now: Observation
    before: Observation
    size: float
    limits: tuple[float, float] | None

    @property
    def counts(self) -> tuple[float, float]:
        return self.now.value, self.before.value


def fastest(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """
    Who grew fastest: by the factor of a count, by the points of a surveyed share. Only optional subjects may lack figures; one
    whose figures are not compared, because its count is another since, might be the fastest, and unmakes the claim.

    LEADS: it grew by more than noise, and its growth is larger than every other's by more than noise. LEVEL: those within noise
    of the largest growth are tied, and all of them grew. Counts need 100 at the earlier end; noise of factors is 3 %, or what
    chance may do to the counts behind them; noise of points is that of both shares (`statistics.change_interval`).
    """
    metric = figures.metric(spec.metric)
    found = {subject: _pace(spec, subject, figures, period) for subject in spec.subjects}
    paces = sorted((pace for pace in found.values() if isinstance(pace, _Pace)), key=lambda pace: -pace.size)
    for subject, pace in found.items():
        if isinstance(pace, Absent) and (len(paces) < 2 or not _without(subject, spec, figures, period)):
            return pace
    for seen, when in ([pace.now for pace in paces], period), ([pace.before for pace in paces], spec.before(period)):
        if (refused := comparison_refused(spec.metric, seen, figures, when)) is not None:
            return refused
    tied = [pace for pace in paces if pace is paces[0] or _as_fast(paces[0], pace)]
    for pace in tied:
        if level(pace.now, pace.before, figures) or per_day(pace.now, figures) < per_day(pace.before, figures):
            return Absent(f"{metric.title}: {figures.name(pace.now.subject)} shows no clear growth on {spec.before(period)}")
    return _fastest(spec, paces, tied, figures, period)


def _without(subject: str, spec: ClaimSpec, figures: Figures, period: Period) -> bool:
    """Whether it can be said who grew fastest without a subject: it is optional, and has no growth that could be told."""
    now, before = (figures.at(spec.metric, subject, when) for when in (period, spec.before(period)))
    if subject not in spec.optional or isinstance(now, Absent) or isinstance(before, Absent):
        return subject in spec.optional
    return figures.metric(spec.metric).unit is Unit.COUNT and before.value < _LEAST_BASE


def _fastest(spec: ClaimSpec, paces: Sequence[_Pace], tied: Sequence[_Pace], figures: Figures, period: Period) -> Claim:
    evidence = [seen for pace in paces for seen in (pace.now, pace.before)]
    numbers = resting_on(changed(paces[0].now, paces[0].before, figures), evidence, figures)
    numbers = {name: replace(one, subjects=(paces[0].now.subject,)) for name, one in numbers.items()}
    finding = Finding.LEVEL if len(tied) > 1 else Finding.LEADS
    claim = statement(spec, finding, [pace.now for pace in paces], period, numbers)
    return replace(
        claim,
        tied=tuple(pace.now.subject for pace in tied),
        missing=tuple(subject for subject in spec.subjects if subject not in claim.subjects),
        before=spec.before(period),
    )


def _pace(spec: ClaimSpec, subject: str, figures: Figures, period: Period) -> _Pace | Absent:
    pair = now_and_before(spec, subject, figures, period, spec.before(period))
    if isinstance(pair, Absent):
        return pair
    metric, (now, before) = figures.metric(spec.metric), pair
    if metric.unit is Unit.COUNT:
        if before.value < _LEAST_BASE:
            return Absent(
                f"{metric.title}: {figures.name(subject)} had {before.value:,.0f} {metric.noun} in {spec.before(period)}, "
                f"fewer than the {_LEAST_BASE} a growth is compared from"
            )
        return _Pace(now, before, per_day(now, figures) / per_day(before, figures), None)
    ours, theirs = interval(now, figures), interval(before, figures)
    if (unsampled := sample_unknown(pair, figures)) is not None:
        return unsampled
    if ours is None or theirs is None:
        return Absent(f"{metric.title}: nobody knows how far its noise reaches, and no growth is compared")
    return _Pace(now, before, now.value - before.value, change_interval((now.value, *ours), (before.value, *theirs)))


def _as_fast(one: _Pace, other: _Pace) -> bool:
    """Whether two growths are the same for all the evidence says."""
    if one.limits is not None and other.limits is not None:
        return overlap(one.limits, other.limits)
    return near(one.size, other.size) or alike(one.counts, other.counts, one.size, other.size)
