"""Claims made of several figures or claims put together: share, multiplied, tally."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from bot.analysis.claims.building import evidence_of, named, number, statement
from bot.analysis.claims.likeness import other_counts, parted
from bot.analysis.figures import Figures
from bot.domain.claim import Claim, Finding
from bot.domain.measure import WHOLE, Absent, Observation, Unit
from bot.domain.period import Period
from bot.domain.report import ClaimSpec


def share(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """
    The first subject's part of a whole: of everybody (`all`), or of the sum over the other subjects and itself.

    STATED: 100 * part / whole, all of them over one window and by one counter; the whole is above nought.
    """
    subject, *rest = spec.subjects
    part = figures.at(spec.metric, subject, period)
    if isinstance(part, Absent):
        return part
    found = [figures.at(spec.metric, other, period) for other in rest or [WHOLE]]
    whole = [figure for figure in found if isinstance(figure, Observation)]
    if len(whole) < len(found):
        return next(figure for figure in found if isinstance(figure, Absent))
    metric = figures.metric(spec.metric)
    if len({seen.period for seen in (part, *whole)}) > 1:
        return Absent(f"{metric.title}: the parts of {period} were counted over different windows")
    if (refused := other_counts(metric, (part, *whole))) is not None:
        return refused
    total = sum(seen.value for seen in whole) + (part.value if whole[0].subject != WHOLE else 0)
    if total <= 0:
        return Absent(f"{metric.title}: the whole is nought in {period}, and nothing has a share of it")
    of = number("share", 100 * part.value / total, Unit.PERCENT, metric.noun, (part, *whole))
    return statement(spec, Finding.STATED, [part], period, {"share": of})


def multiplied(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """
    By what factor this period multiplied the total counted before it.

    STATED: (before + now) / before, over an unbroken row of earlier periods. Windows that overlap or leave days out by no more
    than the metric's tolerance are taken as they are; their exact dates are in the evidence.
    """
    subject = spec.subjects[0]
    now = figures.at(spec.metric, subject, period)
    if isinstance(now, Absent):
        return now
    metric = figures.metric(spec.metric)
    earlier: list[Observation] = []
    at = period.previous()
    while isinstance(seen := figures.at(spec.metric, subject, at), Observation) and seen not in (now, *earlier):
        earlier.insert(0, seen)
        at = at.previous()
    if not earlier:
        return Absent(f"{metric.title}: nothing was counted for {figures.name(subject)} before {period}")
    if (changed := next((why for seen in earlier if (why := parted(seen, now, metric)) is not None), None)) is not None:
        return changed
    before = sum(seen.value for seen in earlier)
    if before <= 0:
        return Absent(f"{metric.title}: {figures.name(subject)} stood at nought before {period}")
    return statement(
        spec,
        Finding.STATED,
        [now],
        period,
        {
            "factor": number("factor", (before + now.value) / before, Unit.RATIO, metric.noun, (now, *earlier)),
            "before": number("before", before, Unit.COUNT, metric.noun, tuple(earlier)),
        },
    )


def tally(spec: ClaimSpec, figures: Figures, period: Period, stated: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """
    How many of some leads go to whom; level and absent ones go to nobody, and absent ones are not counted as measures.

    LEADS: the first has more leads than the second. LEVEL: as many. Needs `minimum` claims stated and one of them a lead.
    """
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
        evidence = evidence_of(claim for claim in held if claim.finding is Finding.LEADS and claim.subjects[0] == subject)
        counts[f"leads_{subject}"] = number("leads", leaders[subject], Unit.COUNT, spec.noun, evidence, (subject,))
    if undecided := [claim for claim in held if claim.finding is Finding.LEVEL]:
        counts["undecided"] = number("undecided", len(undecided), Unit.COUNT, spec.noun, evidence_of(undecided))
    counts["measures"] = number("measures", len(held), Unit.COUNT, spec.noun, evidence_of(held))
    tied = len(order) > 1 and leaders[order[0]] == leaders[order[1]]
    return Claim(
        spec.key, spec.kind, Finding.LEVEL if tied else Finding.LEADS, "", tuple(order), period, named(spec, period, counts)
    )
