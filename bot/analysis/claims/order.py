"""Claims about the order of several subjects in one period: lead, ratio, rank, level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

from bot.analysis.claims.building import apart, number, resting_on, statement
from bot.analysis.claims.likeness import unfit
from bot.analysis.claims.noise import level, ranked
from bot.analysis.figures import Figures
from bot.domain.claim import Claim, Finding
from bot.domain.measure import Absent, Unit
from bot.domain.period import Period
from bot.domain.report import ClaimSpec


def lead(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """
    Who has the highest figure, and how far ahead of the next. Only optional subjects may lack a figure.

    LEADS: first > every other, by more than noise. LEVEL: those within noise of the highest are tied.
    """
    order = ranked(spec.metric, spec.subjects, figures, period)
    if (why := unfit(spec, order, figures, period)) is not None:
        return why
    first, second = order[:2]
    beside = [seen for seen in order if level(first, seen, figures)]
    tied = tuple(seen.subject for seen in beside)
    numbers = resting_on(apart(first, second, figures), (first, second, *beside), figures)
    claim = statement(spec, Finding.LEVEL if len(tied) > 1 else Finding.LEADS, order, period, numbers)
    missing = [subject for subject in spec.subjects if subject not in claim.subjects]
    not_asked = [subject for subject in missing if _short_reason(spec, subject, figures, period) == "not asked"]
    return replace(claim, tied=tied, missing=tuple(missing), not_asked=tuple(not_asked))


def ratio(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """
    How many times one subject's figure is another's; the higher is named first, whichever the recipe names first.

    LEADS: higher > lower by more than noise. LEVEL: within noise of each other.
    """
    order = ranked(spec.metric, spec.subjects[:2], figures, period)
    if (why := unfit(spec, order, figures, period)) is not None:
        return why
    finding = Finding.LEVEL if level(order[0], order[1], figures) else Finding.LEADS
    return statement(spec, finding, order, period, apart(order[0], order[1], figures))


def rank(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """
    Where the first subject stands among all of them. Needs every one of them measured.

    STATED: more than noise below everybody above it, and above everybody below it; a tie with any of them has no rank.
    """
    order = ranked(spec.metric, spec.subjects, figures, period)
    if (why := unfit(spec, order, figures, period)) is not None:
        return why
    position = next(at for at, seen in enumerate(order) if seen.subject == spec.subjects[0])
    others = [*order[:position][::-1], *order[position + 1 :]]
    for rival in others:  # all, not the neighbours alone: the interval of a smaller sample is wider and may reach past them
        if level(order[position], rival, figures):
            return Absent(f"{figures.name(spec.subjects[0])} and {figures.name(rival.subject)} are level: no rank is stated")
    place = number("place", position + 1, Unit.COUNT, "place", tuple(order))
    return statement(spec, Finding.STATED, [order[position]], period, {"place": place})


def all_level(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """
    That all named are level, with how far apart the highest and the lowest are.

    LEVEL: each two of them are within noise of each other. Anything else is absent: who is ahead is for a lead to say.
    """
    order = ranked(spec.metric, spec.subjects, figures, period)
    if (why := unfit(spec, order, figures, period)) is not None:
        return why
    for one, other in combinations(order, 2):
        if not level(one, other, figures):
            names = f"{figures.name(one.subject)} and {figures.name(other.subject)}"
            return Absent(f"{figures.metric(spec.metric).title}: {names} are not level in {period}")
    numbers = resting_on(apart(order[0], order[-1], figures), order, figures)
    claim = statement(spec, Finding.LEVEL, order, period, numbers)
    return replace(claim, tied=claim.subjects)


def _short_reason(spec: ClaimSpec, subject: str, figures: Figures, period: Period) -> str:
    figure = figures.at(spec.metric, subject, period)
    return figure.short if isinstance(figure, Absent) else ""
