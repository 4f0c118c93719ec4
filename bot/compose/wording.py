"""
The sentences a claim may be put in, for each way its inequality can come out.

A claim word is never printed without the subjects it is about, so a template cannot pair "leads" with the wrong name. Each number
and claim word cites the quantity it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bot.domain.claim import Claim, Finding, Quantity
from bot.domain.measure import Metric, Observation, Unit
from bot.domain.numerals import briefly, change, compact, count_word, fold, grouped, ordinal, percent, points, times
from bot.domain.period import Granularity, Period, date_in_words
from bot.domain.report import Report
from bot.domain.text import Cited

_DOUBLED: Final = 1.9
"""From here on a growth is told as a factor: numerals.times calls it "twice"."""


def sentence(claim: Claim, report: Report) -> Cited:
    """The whole statement, without a full stop."""
    return _SENTENCES[claim.kind](claim, report)


def phrase(claim: Claim, report: Report, name: str) -> Cited | None:
    """A part of the statement by name ("leads", "share"), or None if this claim has no such part."""
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
    """A claim's number in the usual form of its unit; of a difference or change, its size."""
    match quantity.unit:
        case Unit.RATIO:
            text = times(quantity.value)
        case Unit.PERCENT:
            text = percent(quantity.value)
        case Unit.POINTS:
            text = points(quantity.value)
        case Unit.CHANGE:
            text = change(quantity.value)
        case _:
            text = compact(abs(quantity.value))
    return Cited.of(text, quantity)


def listed(names: Sequence[str | Cited]) -> Cited:
    """A, B and C."""
    if len(names) < 2:
        return Cited.join("", names)
    return Cited.join(", ", names[:-1]) + " and " + names[-1]


def _lead(claim: Claim, report: Report) -> Cited:
    if claim.finding is Finding.LEVEL:
        return _level(claim, report)
    return _leads(claim, report) + ", with " + _ahead(claim, report)


def _leads(claim: Claim, report: Report) -> Cited:
    if claim.finding is Finding.LEVEL:
        return _level(claim, report)
    return f"{report.name_of(claim.subjects[0])} " + Cited.of("leads", _main(claim))


def _level(claim: Claim, report: Report) -> Cited:
    names = [report.name_of(subject) for subject in claim.tied or claim.subjects[:2]]
    return listed(names) + " " + Cited.of("are level", _main(claim))


def _ratio(claim: Claim, report: Report) -> Cited:
    if claim.finding is Finding.LEVEL:
        return _level(claim, report)
    return f"{report.name_of(claim.subjects[0])} had " + _ahead(claim, report)


def _ahead(claim: Claim, report: Report) -> Cited:
    """ "about six times the downloads of PyTorch", "6.9 points more than PyTorch", "5 papers more than PyTorch"."""
    apart, second = _main(claim), report.name_of(claim.subjects[1])
    if apart.unit is Unit.RATIO:
        return printed(apart) + f" the {apart.noun}{_a_day(claim, report)} of {second}"
    amount = points(apart.value) if apart.unit is Unit.POINTS else f"{grouped(apart.value)} {apart.noun}"
    return Cited.of(f"{amount} more", apart) + f" than {second}"


def _growth(claim: Claim, report: Report) -> Cited:
    name, day = report.name_of(claim.subjects[0]), ", by the day" if _a_day(claim, report) else ""
    changed = _told(claim)
    if claim.finding is Finding.LEVEL:
        return f"{name} " + Cited.of(f"shows no clear change on {_earlier(claim)}", changed) + day
    verb = "grew" if claim.finding is Finding.GREW else "fell"
    if changed.unit is Unit.RATIO:
        return f"{name} " + Cited.of(f"{verb} to {times(changed.value)} {_earlier(claim)}", changed) + day
    return f"{name} " + Cited.of(f"{verb} by {_size(changed)}", changed) + f" on {_earlier(claim)}" + day


def _earlier(claim: Claim) -> str:
    """ "the year before", "the month before", "the same month a year before": what a change is measured from."""
    unit = claim.period.granularity
    if claim.before is None or claim.before == claim.period.previous():
        return f"the {unit} before"
    return f"the same {unit} a year before"


def _changed(claim: Claim, report: Report) -> Cited:
    """Only what changed, for a list that has named the comparison: "PyTorch 2.5 times as many", "Keras +26%", "JAX level"."""
    name, changed = report.name_of(claim.subjects[0]), _told(claim)
    return f"{name} " + _in_short(claim, changed) + (" by the day" if _a_day(claim, report) else "")


def _daily(claim: Claim, report: Report) -> Cited:
    """The same for a list that has said "by the day" in its head: totals are always compared so."""
    return f"{report.name_of(claim.subjects[0])} " + _in_short(claim, _told(claim))


def _in_short(claim: Claim, changed: Quantity) -> Cited:
    if claim.finding is Finding.LEVEL:
        return Cited.of("level", changed)
    if changed.unit is Unit.RATIO:
        return Cited.of(f"{briefly(changed.value)} as many", changed)
    size, grew = _size(changed), claim.finding is Finding.GREW
    if not size[0].isdigit():  # "over 99%"
        return Cited.of(f"{'up' if grew else 'down'} {size}", changed)
    return Cited.of(("+" if grew else "\N{MINUS SIGN}") + size, changed)


def _told(claim: Claim) -> Quantity:
    """The number a growth is told by: a factor from a doubling on, else the change in percent, points or units."""
    main = _main(claim)
    return claim.quantities["percent"] if main.unit is Unit.RATIO and main.value < _DOUBLED else main


def _size(changed: Quantity) -> str:
    match changed.unit:
        case Unit.CHANGE:
            return change(changed.value)
        case Unit.POINTS:
            return points(changed.value)
        case _:
            return f"{grouped(abs(changed.value))} {changed.noun}"


def _fastest(claim: Claim, report: Report) -> Cited:
    """ "JAX grew fastest, by 12% on the month before, by the day"."""
    told, day = _told(claim), ", by the day" if _a_day(claim, report) else ""
    if claim.finding is Finding.LEVEL:
        beyond = ", beyond any other" if len(claim.tied) < len(claim.subjects) else ""
        return _grew_fastest(claim, report) + " " + Cited.of(f"on {_earlier(claim)}{beyond}", told) + day
    if told.unit is Unit.RATIO:
        return _grew_fastest(claim, report) + ", " + Cited.of(f"to {times(told.value)} {_earlier(claim)}", told) + day
    return _grew_fastest(claim, report) + ", " + Cited.of(f"by {_size(told)}", told) + f" on {_earlier(claim)}" + day


def _grew_fastest(claim: Claim, report: Report) -> Cited:
    """Only who; of several that are level, all of them."""
    names = listed([report.name_of(subject) for subject in claim.tied])
    words = "grew alike" if claim.finding is Finding.LEVEL else "grew fastest"
    return names + " " + Cited.of(words, _told(claim))


def _overtook(claim: Claim, report: Report) -> Cited:
    """ "PyTorch overtook TensorFlow in downloads in April 2025, and has stayed ahead since"."""
    held, since = claim.quantities["held"], claim.since or claim.period
    first, second = (report.name_of(subject) for subject in claim.subjects)
    seen = [one for one in held.evidence if one.metric == claim.metric]
    windows = [{one.period for one in seen if one.subject == subject} for subject in claim.subjects]
    day = " a day" if report.metrics[claim.metric].adds_up and windows[0] != windows[1] else ""
    return (
        f"{first} "
        + Cited.of("overtook", held)
        + f" {second} in {_measured(report.metrics[claim.metric])}{day} "
        + Cited.of(f"{_in(since)}, and has stayed ahead since", held)
    )


def _record(claim: Claim, report: Report) -> Cited:
    """ "PyTorch had its most downloads a day of any month counted since March 2018"."""
    high, since, metric = claim.quantities["high"], claim.since or claim.period, report.metrics[claim.metric]
    most = "highest" if metric.unit in (Unit.PERCENT, Unit.RATE) else "most"
    return (
        f"{report.name_of(claim.subjects[0])} had its "
        + Cited.of(f"{most} {_measured(metric)}{_a_day(claim, report)} of any {claim.period.granularity}", high)
        + " counted since "
        + Cited.of(since.name, high)
    )


def _first(claim: Claim, report: Report) -> Cited:
    """ "JAX is measured here for the first time": before, others were."""
    return f"{report.name_of(claim.subjects[0])} is measured here " + Cited.of("for the first time", claim.quantities["figure"])


def _measured(metric: Metric) -> str:
    """ "downloads", "share of respondents"."""
    return f"share of {metric.noun}" if metric.unit is Unit.PERCENT else metric.noun


def _in(period: Period) -> str:
    return f"on {period}" if period.granularity is Granularity.DAY else f"in {period}"


def _multiplied(claim: Claim, report: Report) -> Cited:
    factor = claim.quantities["factor"]
    oldest = min(factor.evidence, key=lambda seen: seen.period.start)
    return (
        f"{claim.period} alone "
        + Cited.of("multiplied", factor)
        + f" the {factor.noun} of {report.name_of(claim.subjects[0])} counted since "
        + Cited.of(date_in_words(oldest.period.start.date()), oldest)
        + " by "
        + Cited.of(fold(factor.value), factor)
    )


def _share(claim: Claim, report: Report) -> Cited:
    share = claim.quantities["share"]
    return f"{report.name_of(claim.subjects[0])} has " + printed(share) + f" of the {share.noun}"


def _rank(claim: Claim, report: Report) -> Cited:
    place = claim.quantities["place"]
    noun = report.metrics[claim.metric].noun
    return f"{report.name_of(claim.subjects[0])} is " + Cited.of(ordinal(int(place.value)), place) + f" by {noun}"


def _rank_change(claim: Claim, report: Report) -> Cited:
    place, before = claim.quantities["place"], claim.quantities["before"]
    name, noun = report.name_of(claim.subjects[0]), report.metrics[claim.metric].noun
    now = Cited.of(ordinal(int(place.value)), place)
    if claim.finding is Finding.LEVEL:
        return f"{name} " + Cited.of("stays", before) + " " + now + f" by {noun}, as {_earlier(claim)}"
    verb = "rose" if claim.finding is Finding.GREW else "fell"
    return (
        f"{name} "
        + Cited.of(f"{verb} from {ordinal(int(before.value))}", before)
        + " to "
        + now
        + f" by {noun} on {_earlier(claim)}"
    )


def _gained(claim: Claim, report: Report) -> Cited:
    gain = claim.quantities["gain"]
    return f"{report.name_of(claim.subjects[0])} " + Cited.of("added", gain) + " " + printed(gain) + f" {gain.noun}"


def _who_leads(claim: Claim, report: Report) -> Cited:
    return _won(claim, report) if claim.kind == "tally" else _leads(claim, report)


def _tally(claim: Claim, report: Report) -> Cited:
    told = _won(claim, report)
    if (level := claim.quantities.get("undecided")) is not None:
        told = told + ", with " + Cited.of(f"{count_word(int(level.value))} level", level)
    return told


def _won(claim: Claim, report: Report) -> Cited:
    """Who leads in how many, without those nobody leads in."""
    measures = claim.quantities["measures"]
    first, *rest = claim.subjects
    won = claim.quantities[f"leads_{first}"]
    leads = f"{report.name_of(first)} " + Cited.of("leads", won) + " in "
    if won.value == measures.value:
        whole = "both" if measures.value == 2 else f"all {count_word(int(measures.value))}"
        return leads + Cited.of(whole, measures) + f" {measures.noun}"
    parts: list[Cited | str] = [leads + _counted(won) + " of " + _counted(measures) + f" {measures.noun}"]
    parts += [f"{report.name_of(subject)} in " + _counted(claim.quantities[f"leads_{subject}"]) for subject in rest]
    return listed(parts)


def _counted(quantity: Quantity) -> Cited:
    return Cited.of(count_word(int(quantity.value)), quantity)


def _main(claim: Claim) -> Quantity:
    """The number a claim word rests on."""
    return next(iter(claim.quantities.values()))


def _a_day(claim: Claim, report: Report) -> str:
    """ " a day" where totals over windows of different length were compared by the day."""
    if not report.metrics[claim.metric].adds_up:
        return ""
    counted: list[Observation] = [seen for seen in _main(claim).evidence if seen.metric == claim.metric]
    return " a day" if len({seen.period.days for seen in counted}) > 1 else ""


_SENTENCES: Final[Mapping[str, Callable[[Claim, Report], Cited]]] = {
    "lead": _lead,
    "ratio": _ratio,
    "growth": _growth,
    "multiplied": _multiplied,
    "share": _share,
    "rank": _rank,
    "level": _level,
    "rank_change": _rank_change,
    "gained": _gained,
    "fastest": _fastest,
    "overtook": _overtook,
    "record": _record,
    "first": _first,
    "tally": _tally,
}

_PHRASES: Final[Mapping[str, tuple[tuple[str, ...], Callable[[Claim, Report], Cited]]]] = {
    "leads": (("lead", "ratio", "tally"), _who_leads),
    "changed": (("growth",), _changed),
    "fastest": (("fastest",), _grew_fastest),
    "daily": (("growth",), _daily),
}
