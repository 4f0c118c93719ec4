"""
The sentences a claim may be put in, for each way its inequality can come out.

A claim word is never printed without the subjects it is about, so a template cannot pair "leads" with the wrong name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bot.domain.claim import Claim, Quantity, Verdict
from bot.domain.measure import Unit
from bot.domain.numerals import compact, count_word, fold, grouped, ordinal, percent, times
from bot.domain.period import date_in_words
from bot.domain.report import Report
from bot.domain.text import Cited


def sentence(claim: Claim, report: Report) -> Cited:
    """The whole statement, without a full stop."""
    return _SENTENCES[claim.kind](claim, report)


def phrase(claim: Claim, report: Report, name: str) -> Cited | None:
    """A part of the statement by name ("times", "share"), or None if this claim has no such part."""
    if name == "sentence":
        return sentence(claim, report)
    if name in _PHRASES and claim.kind in _PHRASES[name][0]:
        return _PHRASES[name][1](claim, report)
    quantity = claim.quantities.get(name)
    return None if quantity is None else printed(quantity)


def phrases(claim: Claim) -> Sequence[str]:
    """The names `phrase` answers to."""
    return ("sentence", *(name for name, (kinds, _) in _PHRASES.items() if claim.kind in kinds), *claim.quantities)


def printed(quantity: Quantity) -> Cited:
    """A claim's number in the usual form of its unit."""
    if quantity.noun == _POINTS:
        return Cited.of(f"{quantity.value:.1f} points", quantity)
    if quantity.noun == "percent":
        return Cited.of(f"{quantity.value:.0f}%", quantity)
    match quantity.unit:
        case Unit.RATIO:
            return Cited.of(times(quantity.value), quantity)
        case Unit.PERCENT:
            return Cited.of(percent(quantity.value), quantity)
        case _:
            return Cited.of(compact(quantity.value), quantity)


def listed(names: Sequence[str | Cited]) -> Cited:
    """A, B and C."""
    if len(names) < 2:
        return Cited.join("", names)
    return Cited.join(", ", names[:-1]) + " and " + names[-1]


_POINTS: Final = "percentage points"

_DOUBLED: Final = 1.9
"""From here on a growth is told as a factor: numerals.times calls it "twice"."""


def _main(claim: Claim) -> Quantity:
    """The number a claim word rests on."""
    return next(iter(claim.quantities.values()))


def _lead(claim: Claim, report: Report) -> Cited:
    first, second = (report.name_of(subject) for subject in claim.subjects[:2])
    if claim.verdict is Verdict.LEVEL:
        return f"{first} and {second} " + Cited.of("are level", _main(claim))
    return f"{first} " + Cited.of("leads", _main(claim)) + ", with " + _ahead(claim, report, second)


def _ahead(claim: Claim, report: Report, second: str) -> Cited:
    difference = claim.quantities.get("difference")
    if difference is not None:
        unit = " points" if difference.noun == _POINTS else f" {difference.noun}"
        amount = f"{difference.value:.1f}" if difference.noun == _POINTS else grouped(difference.value)
        return Cited.of(f"{amount}{unit} more", difference) + f" than {second}"
    noun = report.metrics[claim.metric].noun
    return printed(claim.quantities["ratio"]) + f" the {noun} of {second}"


def _ratio(claim: Claim, report: Report) -> Cited:
    first, second = (report.name_of(subject) for subject in claim.subjects)
    if claim.verdict is Verdict.LEVEL:
        return f"{first} and {second} " + Cited.of("are level", _main(claim))
    return f"{first} had " + _ahead(claim, report, second)


def _growth(claim: Claim, report: Report) -> Cited:
    name, changed = report.name_of(claim.subjects[0]), _main(claim)
    match claim.verdict:
        case Verdict.LEVEL:
            return f"{name} " + Cited.of("is level with the year before", changed)
        case Verdict.GREW:
            return f"{name} " + Cited.of(f"grew {_by(changed)}", changed)
        case _:
            return f"{name} " + Cited.of(f"fell {_by(changed)}", changed)


def _by(changed: Quantity) -> str:
    """ "to 2.6 times the year before" from a doubling on, "by 26%" below, "by 4.0 points" for shares."""
    if changed.unit is Unit.RATIO:
        if changed.value >= _DOUBLED:
            return f"to {times(changed.value)} the year before"
        return f"by {100 * abs(changed.value - 1):.0f}%"
    if changed.noun == _POINTS:
        return f"by {changed.value:.1f} points"
    return f"by {grouped(changed.value)} {changed.noun}"


def _multiplied(claim: Claim, report: Report) -> Cited:
    factor = claim.quantities["factor"]
    since = min(seen.period.start for seen in factor.evidence)
    return (
        f"{claim.period} alone "
        + Cited.of("multiplied", factor)
        + f" the {report.metrics[claim.metric].noun} of {report.name_of(claim.subjects[0])} counted since "
        + Cited.of(date_in_words(since.date()), factor)
        + " by "
        + Cited.of(fold(factor.value), factor)
    )


def _share(claim: Claim, report: Report) -> Cited:
    share = claim.quantities["share"]
    return f"{report.name_of(claim.subjects[0])} has " + Cited.of(percent(share.value), share) + f" of the {share.noun}"


def _rank(claim: Claim, report: Report) -> Cited:
    place = claim.quantities["place"]
    return f"{report.name_of(claim.subjects[0])} is " + Cited.of(ordinal(int(place.value)), place)


def _tally(claim: Claim, report: Report) -> Cited:
    measures = claim.quantities["measures"]
    first, *rest = claim.subjects
    whole = Cited.of("both" if measures.value == 2 else f"all {count_word(int(measures.value))}", measures)
    if not rest and claim.quantities[f"leads_{first}"].value == measures.value:
        return f"{report.name_of(first)} " + Cited.of("leads", measures) + " in " + whole + f" {measures.noun}"
    parts: list[Cited | str] = [_leads_on(claim, report, first) + " of " + _counted(measures) + f" {measures.noun}"]
    parts += [f"{report.name_of(subject)} in " + _counted(claim.quantities[f"leads_{subject}"]) for subject in rest]
    return listed(parts)


def _leads_on(claim: Claim, report: Report, subject: str) -> Cited:
    won = claim.quantities[f"leads_{subject}"]
    return f"{report.name_of(subject)} " + Cited.of("leads", won) + " in " + _counted(won)


def _counted(quantity: Quantity) -> Cited:
    return Cited.of(count_word(int(quantity.value)), quantity)


_SENTENCES: Final[Mapping[str, Callable[[Claim, Report], Cited]]] = {
    "lead": _lead,
    "ratio": _ratio,
    "growth": _growth,
    "multiplied": _multiplied,
    "share": _share,
    "rank": _rank,
    "tally": _tally,
}


def _leads(claim: Claim, report: Report) -> Cited:
    first, second = (report.name_of(subject) for subject in claim.subjects[:2])
    if claim.verdict is Verdict.LEVEL:
        return f"{first} and {second} " + Cited.of("are level", _main(claim))
    return f"{first} " + Cited.of("leads", _main(claim))


def _changed(claim: Claim, report: Report) -> Cited:
    """Only what changed, for a list that has named the comparison: "PyTorch 2.5 times as many", "Keras +26%", "JAX level"."""
    name, changed = report.name_of(claim.subjects[0]), _main(claim)
    if claim.verdict is Verdict.LEVEL:
        return f"{name} " + Cited.of("level", changed)
    if changed.unit is Unit.RATIO and changed.value >= _DOUBLED:
        return f"{name} " + Cited.of(f"{times(changed.value)} as many", changed)
    sign = "+" if claim.verdict is Verdict.GREW else "\N{MINUS SIGN}"
    return f"{name} " + Cited.of(sign + _by(changed).removeprefix("by "), changed)


_PHRASES: Final[Mapping[str, tuple[tuple[str, ...], Callable[[Claim, Report], Cited]]]] = {
    "leads": (("lead", "ratio"), _leads),
    "changed": (("growth",), _changed),
}
