"""
Statements as tested predicates: each kind is a pure function from figures to a Claim, or to the reason there is none.

Noise decides before order does. Counts within 3 % of each other, or so small that chance may part them, are level; shares of a
survey are level when their 95 % intervals overlap, and are not compared where nobody says how many were asked. Causes are never
stated.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.analysis.figures import Figures
from bot.analysis.statistics import few, near, overlap, wilson
from bot.domain.claim import Claim, Finding, Quantity
from bot.domain.measure import WHOLE, Absent, Aggregation, Metric, Observation, Unit
from bot.domain.period import Period, date_in_words
from bot.domain.report import ClaimSpec

_TOGETHER: Final = 0.05
"""How far apart, by the length of the period, stocks that are compared may be read: a day and a half for a month."""
_STRETCH: Final = 0.04
"""How much more or less time than meant may lie between two readings of a stock: a day and some hours for a month."""
_OFF: Final = 0.1
"""How far off, by the time a change is told over, each of the two readings of a stock may be: three days for a month."""
_SMALLEST_POINTS: Final = 0.05
"""A difference that would be told as 0.0 points is none."""


def claims(specs: Iterable[ClaimSpec], figures: Figures, period: Period) -> dict[str, Claim | Absent]:
    """Every claim of a recipe by its key: stated, or absent with its reason. Counts of claims may use those above them."""
    stated: dict[str, Claim | Absent] = {}
    for spec in specs:
        stated[spec.key] = KINDS[spec.kind](spec, figures, period, stated)
    return stated


def level(one: Observation, other: Observation, figures: Figures) -> bool:
    """Whether two figures of one metric are the same for all the evidence says; totals are compared by the day."""
    unit = figures.metric(one.metric).unit
    ours, theirs = interval(one, figures), interval(other, figures)
    if ours is not None and theirs is not None:
        return overlap(ours, theirs) or abs(one.value - other.value) < _SMALLEST_POINTS
    return near(_per_day(one, figures), _per_day(other, figures)) or (
        unit is Unit.COUNT and few(one.value, other.value, _days(one, figures), _days(other, figures))
    )


def interval(seen: Observation, figures: Figures) -> tuple[float, float] | None:
    """The 95 % interval of a surveyed share in percent; None for anything that is not a sample of known size."""
    metric = figures.metric(seen.metric)
    if metric.unit is not Unit.PERCENT or not metric.sample:
        return None
    base = figures.base_of(seen)
    return wilson(seen.value, int(base.value)) if isinstance(base, Observation) and base.value >= 1 else None


def ranked(metric: str, subjects: Sequence[str], figures: Figures, period: Period) -> list[Observation]:
    """The figures of some subjects there are, from high to low, totals by the day; ties in the recipe's order."""
    found = [figures.at(metric, subject, period) for subject in subjects]
    seen = [figure for figure in found if isinstance(figure, Observation)]
    return sorted(seen, key=lambda one: -_per_day(one, figures))


def _lead(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """Who has the highest figure, and how far ahead of the next. Only optional subjects may lack a figure."""
    order = ranked(spec.metric, spec.subjects, figures, period)
    if (unfit := _unfit(spec, order, figures, period)) is not None:
        return unfit
    first, second = order[:2]
    beside = [seen for seen in order if level(first, seen, figures)]
    tied = tuple(seen.subject for seen in beside)
    apart = {
        name: replace(quantity, evidence=_with_bases((first, second, *beside), figures))
        for name, quantity in _apart(first, second, figures).items()
    }
    claim = _claim(spec, Finding.LEVEL if len(tied) > 1 else Finding.LEADS, order, period, apart)
    missing = [subject for subject in spec.subjects if subject not in claim.subjects]
    not_asked = [subject for subject in missing if _short_reason(spec, subject, figures, period) == "not asked"]
    return replace(claim, tied=tied, missing=tuple(missing), not_asked=tuple(not_asked))


def _ratio(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """How many times one subject's figure is another's; the higher is named first, whichever the recipe names first."""
    order = ranked(spec.metric, spec.subjects[:2], figures, period)
    if (unfit := _unfit(spec, order, figures, period)) is not None:
        return unfit
    finding = Finding.LEVEL if level(order[0], order[1], figures) else Finding.LEADS
    return _claim(spec, finding, order, period, _apart(order[0], order[1], figures))


def _growth(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """One subject's figure against its own of an earlier period. Like with like: same metric, no break in between."""
    pair = _now_and_before(spec, spec.subjects[0], figures, period)
    if isinstance(pair, Absent):
        return pair
    now, before = pair
    if (unsampled := _sample_unknown([now, before], figures)) is not None:
        return unsampled
    if level(now, before, figures):
        finding = Finding.LEVEL
    else:
        finding = Finding.GREW if _per_day(now, figures) > _per_day(before, figures) else Finding.FELL
    return replace(_claim(spec, finding, [now], period, _change(now, before, figures)), before=spec.before(period))


def _gained(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """How much was added to a stock that only grows, between its readings at the ends of the period before and of this one."""
    metric = figures.metric(spec.metric)
    if metric.aggregation is not Aggregation.LEVEL:
        return Absent(f"{metric.title} is no stock: what was added in {period} is the figure itself")
    pair = _now_and_before(replace(spec, against="previous"), spec.subjects[0], figures, period)
    if isinstance(pair, Absent):
        return pair
    now, before = pair
    if now.value < before.value:
        return Absent(f"{metric.title}: {figures.name(now.subject)} stands lower than before, and a sum of all does not fall")
    gain = _quantity("gain", now.value - before.value, metric.unit, metric.noun, (now, before))
    return replace(_claim(spec, Finding.STATED, [now], period, {"gain": gain}), before=period.previous())


def _now_and_before(spec: ClaimSpec, subject: str, figures: Figures, period: Period) -> tuple[Observation, Observation] | Absent:
    """A subject's figures of a period and of the one it is measured from, if they can be put together at all."""
    earlier = spec.before(period)
    now, before = figures.at(spec.metric, subject, period), figures.at(spec.metric, subject, earlier)
    if isinstance(now, Absent):
        return now
    if isinstance(before, Absent):
        return before
    metric = figures.metric(spec.metric)
    if now.period == before.period:
        return Absent(f"{metric.title}: one reading stands for {period} and for {earlier}, and does not tell them apart")
    if (changed := _break_between(before, now, metric)) is not None:
        return changed
    if metric.aggregation is Aggregation.LEVEL and (unfit := _off(metric, (now, period), (before, earlier))) is not None:
        return unfit
    return now, before


def _multiplied(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """
    By what factor this period multiplied the total counted before it.

    Needs an unbroken row of earlier periods. Windows that overlap or leave days out by no more than the metric's tolerance are
    taken as they are; their exact dates are in the evidence.
    """
    subject = spec.subjects[0]
    now = figures.at(spec.metric, subject, period)
    if isinstance(now, Absent):
        return now
    earlier: list[Observation] = []
    at = period.previous()
    while isinstance(seen := figures.at(spec.metric, subject, at), Observation) and seen not in (now, *earlier):
        earlier.insert(0, seen)
        at = at.previous()
    if not earlier:
        return Absent(f"{figures.metric(spec.metric).title}: nothing was counted for {figures.name(subject)} before {period}")
    if (changed := _break_between(earlier[0], now, figures.metric(spec.metric))) is not None:
        return changed
    before = sum(seen.value for seen in earlier)
    if before <= 0:
        return Absent(f"{figures.metric(spec.metric).title}: {figures.name(subject)} stood at nought before {period}")
    evidence = (now, *earlier)
    return _claim(
        spec,
        Finding.STATED,
        [now],
        period,
        {
            "factor": _quantity("factor", (before + now.value) / before, Unit.RATIO, figures.metric(spec.metric).noun, evidence),
            "before": _quantity("before", before, Unit.COUNT, figures.metric(spec.metric).noun, tuple(earlier)),
        },
    )


def _share(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """The first subject's part of a whole: of everybody (`all`), or of the sum over the other subjects and itself."""
    subject, *rest = spec.subjects
    part = figures.at(spec.metric, subject, period)
    if isinstance(part, Absent):
        return part
    found = [figures.at(spec.metric, other, period) for other in rest or [WHOLE]]
    whole = [figure for figure in found if isinstance(figure, Observation)]
    if len(whole) < len(found):
        return next(figure for figure in found if isinstance(figure, Absent))
    if len({seen.period for seen in (part, *whole)}) > 1:
        return Absent(f"{figures.metric(spec.metric).title}: the parts of {period} were counted over different windows")
    total = sum(seen.value for seen in whole) + (part.value if whole[0].subject != WHOLE else 0)
    if total <= 0:
        return Absent(f"{figures.metric(spec.metric).title}: the whole is nought in {period}, and nothing has a share of it")
    share = _quantity("share", 100 * part.value / total, Unit.PERCENT, figures.metric(spec.metric).noun, (part, *whole))
    return _claim(spec, Finding.STATED, [part], period, {"share": share})


def _rank(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """Where the first subject stands among all of them. Needs every one of them measured and none level with it."""
    order = ranked(spec.metric, spec.subjects, figures, period)
    if (unfit := _unfit(spec, order, figures, period)) is not None:
        return unfit
    position = next(at for at, seen in enumerate(order) if seen.subject == spec.subjects[0])
    for rival in (*order[position - 1 : position], *order[position + 1 : position + 2]):
        if level(order[position], rival, figures):
            return Absent(f"{figures.name(spec.subjects[0])} and {figures.name(rival.subject)} are level: no rank is stated")
    place = _quantity("place", position + 1, Unit.COUNT, "place", tuple(order))
    return _claim(spec, Finding.STATED, [order[position]], period, {"place": place})


def _rank_change(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """Where the first subject stands among all of them, and where it stood. Each place as strict as a rank."""
    now = _rank(spec, figures, period, {})
    before = _rank(spec, figures, spec.before(period), {})
    if isinstance(now, Absent):
        return now
    if isinstance(before, Absent):
        return before
    pairs = [_now_and_before(spec, subject, figures, period) for subject in spec.subjects]
    if (unfit := next((pair for pair in pairs if isinstance(pair, Absent)), None)) is not None:
        return unfit
    place, earlier = now.quantities["place"], before.quantities["place"]
    finding = Finding.LEVEL if place.value == earlier.value else Finding.GREW if place.value < earlier.value else Finding.FELL
    quantities = {"place": place, "before": replace(earlier, name="before")}
    return replace(now, finding=finding, quantities=quantities, before=spec.before(period))


def _off(metric: Metric, *read: tuple[Observation, Period]) -> Absent | None:
    """Why readings of a stock are not told as a change over a time: too far from its ends, or from its length."""
    (now, period), (before, earlier) = read
    meant, elapsed = period.end - earlier.end, now.period.end - before.period.end
    for seen, wanted in read:
        if abs(seen.period.end - wanted.end) > _OFF * meant:
            return Absent(
                f"{metric.title}: the snapshot that stands for the end of {wanted} was taken on "
                f"{date_in_words(seen.period.last_day)}, more than {(_OFF * meant).days} days off"
            )
    if abs(elapsed - meant) > _STRETCH * meant:
        return Absent(
            f"{metric.title}: {_hours(elapsed)} lie between the snapshots, not the {meant.days} days from {earlier} to {period}"
        )
    return None


def _hours(time: dt.timedelta) -> str:
    return f"{time.days} days and {time.seconds // 3600} hours"


def _tally(spec: ClaimSpec, figures: Figures, period: Period, stated: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """How many of some leads go to whom; level and absent ones go to nobody, and absent ones are not counted as measures."""
    held = [claim for key in spec.claims if isinstance(claim := stated[key], Claim)]
    if len(held) < spec.minimum:
        missing = next((claim.reason for key in spec.claims if isinstance(claim := stated[key], Absent)), "")
        return Absent(
            f'{len(held)} of the {spec.minimum} {spec.noun} that "{spec.key}" needs have a figure in {period}; {missing}'
        )
    leaders = Counter(claim.subjects[0] for claim in held if claim.finding is Finding.LEADS)
    if not leaders:
        return Absent(f"no measure of {period} has a leader")
    order = sorted(leaders, key=lambda subject: -leaders[subject])
    counts = {}
    for subject in order:
        evidence = _evidence(claim for claim in held if claim.finding is Finding.LEADS and claim.subjects[0] == subject)
        counts[f"leads_{subject}"] = _quantity("leads", leaders[subject], Unit.COUNT, spec.noun, evidence, (subject,))
    if undecided := [claim for claim in held if claim.finding is Finding.LEVEL]:
        counts["undecided"] = _quantity("undecided", len(undecided), Unit.COUNT, spec.noun, _evidence(undecided))
    counts["measures"] = _quantity("measures", len(held), Unit.COUNT, spec.noun, _evidence(held))
    tied = len(order) > 1 and leaders[order[0]] == leaders[order[1]]
    return Claim(
        spec.key, spec.kind, Finding.LEVEL if tied else Finding.LEADS, "", tuple(order), period, _named(spec, period, counts)
    )


Kind = Callable[[ClaimSpec, Figures, Period, Mapping[str, Claim | Absent]], Claim | Absent]

KINDS: Final[Mapping[str, Kind]] = {
    "lead": _lead,
    "ratio": _ratio,
    "growth": _growth,
    "multiplied": _multiplied,
    "share": _share,
    "rank": _rank,
    "rank_change": _rank_change,
    "gained": _gained,
    "tally": _tally,
}
"""The kinds a recipe may ask for."""

NEEDS: Final[Mapping[str, int]] = {
    "lead": 2, "ratio": 2, "growth": 1, "multiplied": 1, "share": 1, "rank": 2, "rank_change": 2, "gained": 1, "tally": 0,
}  # fmt: skip
"""How many subjects each kind is about, at the least."""


def _unfit(spec: ClaimSpec, order: Sequence[Observation], figures: Figures, period: Period) -> Absent | None:
    """Why no lead is stated: a subject that matters has no figure, fewer than two have, or nobody knows the sample."""
    found = {seen.subject for seen in order}
    for subject in spec.subjects:
        figure = figures.at(spec.metric, subject, period)
        if isinstance(figure, Absent) and (subject not in spec.optional or len(found) < 2):
            return figure
    return comparison_refused(spec.metric, order, figures, period)


def comparison_refused(metric: str, order: Sequence[Observation], figures: Figures, period: Period) -> Absent | None:
    """Why figures are not compared at all: of other times, or shares of nobody knows how many."""
    definition = figures.metric(metric)
    if definition.aggregation is Aggregation.EVENT and len({seen.period for seen in order}) > 1:
        return Absent(f"{definition.title}: not all subjects were observed at the same time in {period}")
    if definition.aggregation is Aggregation.LEVEL and order:
        first, last = min(seen.period.end for seen in order), max(seen.period.end for seen in order)
        if last - first > _TOGETHER * (period.end - period.start):
            return Absent(
                f"{definition.title}: the snapshots of {period} lie {(last - first).days} days apart, and are not compared"
            )
    return _sample_unknown(order, figures)


def _sample_unknown(order: Sequence[Observation], figures: Figures) -> Absent | None:
    """Why shares are not compared: nobody says how many were asked, so any difference may be chance."""
    for seen in order:
        metric = figures.metric(seen.metric)
        if metric.unit is Unit.PERCENT and metric.sample and interval(seen, figures) is None:
            return Absent(f"{figures.metric(seen.metric).title}: nobody says how many {seen.period} is a share of")
    return None


def _short_reason(spec: ClaimSpec, subject: str, figures: Figures, period: Period) -> str:
    figure = figures.at(spec.metric, subject, period)
    return figure.short if isinstance(figure, Absent) else ""


def _evidence(held: Iterable[Claim]) -> tuple[Observation, ...]:
    return tuple(dict.fromkeys(seen for claim in held for seen in claim.evidence))


def _apart(first: Observation, second: Observation, figures: Figures) -> dict[str, Quantity]:
    """How far two figures lie apart: a ratio of counts, the points between shares; a difference where the lower one is nought."""
    evidence = _with_bases((first, second), figures)
    metric = figures.metric(first.metric)
    if metric.unit is Unit.PERCENT:
        return {"difference": _quantity("difference", first.value - second.value, Unit.POINTS, metric.noun, evidence)}
    if second.value <= 0:
        return {"difference": _quantity("difference", first.value - second.value, metric.unit, metric.noun, evidence)}
    ratio = _per_day(first, figures) / _per_day(second, figures)
    return {"ratio": _quantity("ratio", ratio, Unit.RATIO, metric.noun, evidence)}


def _change(now: Observation, before: Observation, figures: Figures) -> dict[str, Quantity]:
    """What became of a figure: the ratio and percent of a count, per day where windows differ; the points of a share."""
    evidence = _with_bases((now, before), figures)
    metric = figures.metric(now.metric)
    if metric.unit is Unit.PERCENT:
        return {"difference": _quantity("difference", now.value - before.value, Unit.POINTS, metric.noun, evidence)}
    was = _per_day(before, figures)
    if was <= 0:
        return {"difference": _quantity("difference", now.value - before.value, metric.unit, metric.noun, evidence)}
    ratio = _per_day(now, figures) / was
    return {
        "ratio": _quantity("ratio", ratio, Unit.RATIO, metric.noun, evidence),
        "percent": _quantity("percent", 100 * (ratio - 1), Unit.CHANGE, metric.noun, evidence),
    }


def _break_between(before: Observation, now: Observation, metric: Metric) -> Absent | None:
    """Why figures of two windows must not be put together: the way of counting changed after the first had begun."""
    for change in metric.breaks_of(now.subject):
        if before.period.start < change.at < now.period.end:
            return Absent(f"{metric.title} is counted another way since {change.at.date().isoformat()}: {change.reason}")
    return None


def _per_day(seen: Observation, figures: Figures) -> float:
    """A counted total divided by the days of its window; anything else as it is. Equal windows compare alike either way."""
    return seen.value / _days(seen, figures)


def _days(seen: Observation, figures: Figures) -> float:
    return seen.period.days if figures.metric(seen.metric).adds_up else 1


def _with_bases(seen: Sequence[Observation], figures: Figures) -> tuple[Observation, ...]:
    """Figures with the bases their intervals are computed from."""
    bases = [figures.base_of(one) for one in seen]
    return tuple(dict.fromkeys((*seen, *(base for base in bases if isinstance(base, Observation)))))


def _quantity(
    name: str, value: float, unit: Unit, noun: str, evidence: tuple[Observation, ...], subjects: tuple[str, ...] = ()
) -> Quantity:
    first = evidence[0]
    of = subjects or tuple(dict.fromkeys(seen.subject for seen in evidence if seen.subject != WHOLE))
    return Quantity("", name, value, unit, noun, first.metric, of, first.period, evidence)


def _claim(
    spec: ClaimSpec,
    finding: Finding,
    order: Sequence[Observation],
    period: Period,
    quantities: Mapping[str, Quantity],
) -> Claim:
    subjects = tuple(seen.subject for seen in order)
    return Claim(spec.key, spec.kind, finding, spec.metric, subjects, period, _named(spec, period, quantities))


def _named(spec: ClaimSpec, period: Period, quantities: Mapping[str, Quantity]) -> dict[str, Quantity]:
    """The quantities as the claim's own: under its key, for the report's period."""
    return {name: replace(quantity, claim=spec.key, metric=spec.metric, period=period) for name, quantity in quantities.items()}
