"""What had to hold for a claim to be stated, in words: the check that was made, whatever sentence a template puts it in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bot.analysis.statistics import NOISE
from bot.compose.wording import listed
from bot.domain.claim import Claim, Finding, Quantity
from bot.domain.measure import Unit
from bot.domain.report import Report


def inequality(quantity: Quantity, claims: Mapping[str, Claim], report: Report) -> str:
    """One sentence on the claim a number belongs to, if it is known; a share that a chart takes of its own figures has none."""
    if quantity.claim.startswith("chart:"):
        return "The figure is divided by the sum of all that the chart shows beside it, counted over the same window."
    claim = claims.get(quantity.claim)
    return "" if claim is None or claim.kind not in _KINDS else _KINDS[claim.kind](claim, report)


def worded() -> frozenset[str]:
    """The kinds of claims that have words."""
    return frozenset(_KINDS)


def _lead(claim: Claim, report: Report) -> str:
    if claim.finding is Finding.LEVEL:
        return (
            f"The {_figure(claim, report)}s of {_names(claim.tied or claim.subjects[:2], report)} are the highest and "
            f"{_together(claim, report)}."
        )
    first, second = (report.name_of(subject) for subject in claim.subjects[:2])
    return f"The {_figure(claim, report)} of {first} is higher than that of {second}, the next highest, {_apart(claim, report)}."


def _ratio(claim: Claim, report: Report) -> str:
    first, second = claim.subjects[:2]
    if claim.finding is Finding.LEVEL:
        return f"The {_figure(claim, report)}s of {_names((first, second), report)} {_together(claim, report)}."
    one, other = report.name_of(first), report.name_of(second)
    return f"The {_figure(claim, report)} of {one} is higher than that of {other}, {_apart(claim, report)}."


def _growth(claim: Claim, report: Report) -> str:
    name, before = report.name_of(claim.subjects[0]), claim.before
    if claim.finding is Finding.LEVEL:
        return f"The {_figure(claim, report)}s of {name} for {claim.period} and {before} {_together(claim, report)}."
    way = "higher" if claim.finding is Finding.GREW else "lower"
    return (
        f"The {_figure(claim, report)} of {name} for {claim.period} is {way} than its own for {before}, {_apart(claim, report)}."
    )


def _multiplied(claim: Claim, report: Report) -> str:
    name = report.name_of(claim.subjects[0])
    return (
        f"What was counted of {name} before {claim.period}, in periods that follow each other without a gap, is added to the "
        f"figure of {claim.period} itself; the sum is divided by what was counted before."
    )


def _share(claim: Claim, report: Report) -> str:
    name = report.name_of(claim.subjects[0])
    return f"The figure of {name} is divided by the whole it is a part of, both counted over the same window."


def _rank(claim: Claim, report: Report) -> str:
    name = report.name_of(claim.subjects[0])
    return (
        f"All {_figure(claim, report)}s are put in order from high to low, and none of the others is level with that of {name}."
    )


def _level(claim: Claim, report: Report) -> str:
    return f"The {_figure(claim, report)}s of {_names(claim.subjects, report)} {_together(claim, report)}, each two of them."


def _fastest(claim: Claim, report: Report) -> str:
    names = _names(claim.tied or claim.subjects[:1], report)
    each = f"Each {_figure(claim, report)} for {claim.period} is held against the subject's own for {claim.before}"
    if claim.finding is Finding.LEVEL:
        return f"{each}; {names} rose, alike within noise, and by more than any other did."
    return f"{each}; {names} rose, by more than any of the others did, beyond noise."


def _overtook(claim: Claim, report: Report) -> str:
    first, second = (report.name_of(subject) for subject in claim.subjects[:2])
    return (
        f"The {_figure(claim, report)} of {first} is higher than that of {second} in every period from {claim.since} to "
        f"{claim.period}, {_apart(claim, report)}; in the last period before that was not level it was lower by as much."
    )


def _record(claim: Claim, report: Report) -> str:
    name = report.name_of(claim.subjects[0])
    return (
        f"The {_figure(claim, report)} of {name} for {claim.period} is higher than each earlier one counted alike, back to "
        f"{claim.since} without a gap, {_apart(claim, report)}."
    )


def _first(claim: Claim, report: Report) -> str:
    name = report.name_of(claim.subjects[0])
    return f"There is no earlier figure of {name} in this count, and there is one of another subject, counted alike."


def _rank_change(claim: Claim, report: Report) -> str:
    name = report.name_of(claim.subjects[0])
    sign = {Finding.GREW: "higher than", Finding.FELL: "lower than"}.get(claim.finding, "the same as")
    return f"The place of {name} in {claim.period} is {sign} in {claim.before}; in both, none of the others is level with it."


def _gained(claim: Claim, report: Report) -> str:
    name = report.name_of(claim.subjects[0])
    return (
        f"The reading of {name} at the end of {claim.before} is subtracted from that at the end of {claim.period}; the earlier "
        f"one is not the higher one."
    )


def _tally(claim: Claim, report: Report) -> str:
    return "Each measure is a lead of its own, claimed or found level by itself; these are counted, and level ones go to nobody."


def _figure(claim: Claim, report: Report) -> str:
    """Totals are compared by the day."""
    return "daily figure" if report.metrics[claim.metric].adds_up else "figure"


def _apart(claim: Claim, report: Report) -> str:
    """What `analysis.claims.level` asks of two figures before one is called higher."""
    if _sampled(claim, report):
        return "and their 95% intervals do not overlap"
    small = " and by more than chance may part small counts" if _counted(claim, report) else ""
    return f"by more than {NOISE:.0%}{small}"


def _together(claim: Claim, report: Report) -> str:
    if _sampled(claim, report):
        return "have 95% intervals that overlap, or differ by nothing that would be printed"
    small = ", or are counts so small that chance may part them" if _counted(claim, report) else ""
    return f"lie within {NOISE:.0%} of each other{small}"


def _sampled(claim: Claim, report: Report) -> bool:
    metric = report.metrics[claim.metric]
    return metric.unit is Unit.PERCENT and metric.sample


def _counted(claim: Claim, report: Report) -> bool:
    return report.metrics[claim.metric].unit is Unit.COUNT


def _names(subjects: Sequence[str], report: Report) -> str:
    return listed([report.name_of(subject) for subject in subjects]).text


_KINDS: Final[Mapping[str, Callable[[Claim, Report], str]]] = {
    "lead": _lead,
    "ratio": _ratio,
    "growth": _growth,
    "multiplied": _multiplied,
    "share": _share,
    "rank": _rank,
    "rank_change": _rank_change,
    "gained": _gained,
    "level": _level,
    "fastest": _fastest,
    "overtook": _overtook,
    "record": _record,
    "first": _first,
    "tally": _tally,
}
