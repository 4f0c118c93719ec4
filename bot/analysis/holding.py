"""What a thread may not be without, and a gate keeps back: then the whole edition is held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.analysis.figures import Figures
from bot.analysis.gates import Case
from bot.domain.edition import HeldEdition
from bot.domain.gate import Acceptance, Judgement, Verdict
from bot.domain.measure import WHOLE, Observation
from bot.domain.report import Report


def hold(
    report: Report,
    case: Case,
    passed: Sequence[Observation],
    judgements: Sequence[Judgement],
    by_hand: Sequence[Observation] = (),
    accepted: Mapping[str, Acceptance] | None = None,
) -> HeldEdition | None:
    """
    The edition as it is held, or None if nothing is kept back that its report requires. `passed` is what the gates let through.

    A required metric that is held holds the edition. So does one of which a figure for the very period is set aside, with no
    other in its place, that a comparison of the recipe cannot do without; and one of which nothing is left for the period.
    Without an optional subject the thread says less, and nothing that misleads. A figure set aside in an earlier period is a gap
    in a line and holds nothing, and neither does a metric that has no figure, with which nobody found anything wrong.
    """
    blocking = tuple(_blocking(report, case, passed, judgements, by_hand))
    if not blocking:
        return None
    metrics = {one.metric for one in blocking}
    figures = tuple(seen for seen in case.standing if seen.metric in metrics)
    outdated = tuple(_outdated(blocking, judgements, (accepted or {}).values()))
    return HeldEdition(report, case.period, case.now, blocking, tuple(judgements), figures, outdated)


def _blocking(
    report: Report, case: Case, passed: Sequence[Observation], judgements: Sequence[Judgement], by_hand: Sequence[Observation]
) -> Iterator[Judgement]:
    wanted = [one for one in judgements if one.metric in report.required and one.outcome in (Verdict.HOLD, Verdict.SKIP)]
    lost: list[Observation] = []
    if any(one.outcome is Verdict.SKIP for one in wanted):
        lost = list(_lost({one.metric for one in wanted}, report, case, passed, by_hand))
    for one in wanted:
        if one.holds or any(one.about(seen) for seen in lost):
            yield one


def _lost(
    metrics: set[str], report: Report, case: Case, passed: Sequence[Observation], by_hand: Sequence[Observation]
) -> Iterator[Observation]:
    """The figures that would stand for the period, were they not set aside, and that the report cannot do without."""
    before = Figures(case.standing, case.metrics, case.subjects, by_hand=by_hand)
    after = Figures(passed, case.metrics, case.subjects, by_hand=by_hand)
    for metric in metrics:
        subjects = [subject for key, subject in case.series if key == metric and subject != WHOLE]
        left = {subject for subject in subjects if isinstance(after.at(metric, subject, case.period), Observation)}
        needed = set(_compared(report, metric)) if left else set(subjects)
        stood = (before.at(metric, subject, case.period) for subject in subjects if subject in needed - left)
        yield from (seen for seen in stood if isinstance(seen, Observation))


def _compared(report: Report, metric: str) -> Iterator[str]:
    """The subjects without which some comparison of a metric is not made."""
    for claim in report.claims:
        if claim.metric == metric and len(claim.subjects) > 1:
            yield from (subject for subject in claim.subjects if subject not in claim.optional)


def _outdated(
    blocking: Iterable[Judgement], judgements: Iterable[Judgement], accepted: Iterable[Acceptance]
) -> Iterator[Acceptance]:
    gates, ids = {one.gate for one in blocking}, {one.id for one in judgements}
    return (one for one in accepted if one.gate in gates and one.judgement not in ids)
