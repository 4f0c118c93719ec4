"""The story, told once: collect -> gate -> claims -> sketches (words and frames) -> charts -> thread -> edition."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from bot import errors
from bot.analysis.claims import claims
from bot.analysis.figures import Figures
from bot.analysis.gates import Case, judge, reach, refuse_impossible, sift
from bot.analysis.holding import hold
from bot.collection import Gathered, NamedSource, SourceOutcome, gather
from bot.compose.assembly import Draft, assemble, check_cited, check_drafts, check_link, evidence_link, linked
from bot.compose.caveats import noted
from bot.compose.composer import Composer, Sketch
from bot.domain.claim import Claim
from bot.domain.edition import Edition, HeldEdition
from bot.domain.gate import Judgement, Past
from bot.domain.measure import WHOLE, Absent, Break, Metric, Missing, Observation
from bot.domain.period import Period
from bot.domain.report import Report
from bot.domain.thread import Chart, Limits, Skipped
from bot.domain.words import nearest
from bot.ports import ChartData, Progress, Store

_MOST_REMARKS = 20
"""More would hide the thread."""

Draw = Callable[[Sequence[tuple[str, ChartData]]], Iterator[Chart]]
"""Draws charts of (kind, data) in order, each checked by the layout lint."""


@dataclass(frozen=True)
class Run:
    """
    One attempt: the edition it led to, every claim of the recipe with what became of it, and what each source gave.

    `awaited` says what of the period itself is missing and may still come: sources in trouble, and figures they do not have yet.
    """

    edition: Edition
    claims: Mapping[str, Claim | Absent]
    sources: tuple[SourceOutcome, ...]
    awaited: tuple[str, ...] = ()


@dataclass(frozen=True)
class Story:
    """
    Collected observations of one report and period, gated and ready to be told.

    `missing` are figures a source was asked for and does not have; `by_hand` are observations given on the command line. With
    `held` there is nothing to be told: a gate keeps back what the report requires.
    """

    report: Report
    period: Period
    observations: tuple[Observation, ...]
    judgements: tuple[Judgement, ...]
    sources: tuple[SourceOutcome, ...]
    by_hand: tuple[Observation, ...] = ()
    missing: tuple[Missing, ...] = ()
    held: HeldEdition | None = None

    def figures(self) -> Figures:
        """Which observation stands for what, with the reasons where none does."""
        held = {one.metric: one.why for one in reversed(self.judgements) if one.holds}
        told = ((metric, outcome.problem or outcome.not_asked) for outcome in self.sources for metric in outcome.metrics)
        problems = {metric: reason for metric, reason in told if reason}
        return Figures(self.observations, self._metrics(), self.report.subjects, held, problems, self.by_hand, self.missing)

    def _metrics(self) -> Mapping[str, Metric]:
        """The report's metrics, with the changes of counting that gates found beside those that are declared."""
        metrics = dict(self.report.metrics)
        for one in self.judgements:
            if one.across is not None and one.gate != "break":
                found = Break(one.across, one.sentence, one.subjects)
                metrics[one.metric] = replace(metrics[one.metric], breaks=(*metrics[one.metric].breaks, found))
        return metrics


def collect(
    report: Report,
    period: Period,
    sources: Sequence[NamedSource],
    store: Store | None,
    clock: Callable[[], dt.datetime],
    progress: Progress,
    past: Past | None = None,
) -> Story:
    """
    Ask every source, then gate what they said.

    A source that has nothing this time is an outcome, unless the recipe requires it. A wrong file ends the run.

    Raises:
        SourceUnavailable: a required source gave nothing.
        BadFigures: a file is not what its source documents, or a value is impossible in its metric's unit; names the place.
        BadStore: what was collected cannot be kept.
    """
    everything = gather(report, period, sources, store, progress)
    return weigh(report, period, everything, clock(), past or Past())  # a snapshot's window ends when it is taken


def weigh(report: Report, period: Period, everything: Sequence[Gathered], now: dt.datetime, past: Past) -> Story:
    """
    What may be told of what was gathered. Windows that are not over by `now` are not looked at.

    Raises:
        BadFigures: a value is impossible in its metric's unit; names the place.
    """
    observations: list[Observation] = []
    by_hand: list[Observation] = []
    missing: list[Missing] = []
    outcomes = []
    for gathered in everything:
        named = gathered.named
        found, others = _split(_in_time(gathered.observations, now, past), report)
        refuse_impossible(found, report.metrics)
        remarks = (*_remarks(named, others, report), *islice(_replaced(found, observations), _MOST_REMARKS))
        outcomes.append(replace(gathered.outcome, observation_count=len(found), remarks=remarks))
        by_hand += [seen for seen in found if named.by_hand or seen.handwritten]
        observations += found
        missing += gathered.missing
    case = Case.of(observations, report.metrics, report.subjects, period, now, by_hand, past.cited, reach(report, period))
    judgements = judge(case, past.accepted)
    passed, aside = sift(observations, judgements)
    held = hold(report, case, passed, judgements, by_hand, past.accepted)
    return Story(report, period, tuple(passed), tuple(judgements), tuple(outcomes), tuple(by_hand), (*aside, *missing), held)


def tell(story: Story, composed_at: dt.datetime, limits: Limits, draw: Draw, progress: Progress) -> Run:
    """
    Say what can be said, draw it, and number it.

    Raises:
        GateHeld: a gate keeps back what the report requires.
        BadTemplate, BadThread, BadChart: names the post and the place.
        HeldBack: not one post of the report can be said.
    """
    if story.held is not None:
        raise errors.GateHeld(story.held)
    figures = story.figures()
    stated = claims(story.report.claims, figures, story.period)
    composer = Composer(story.report, story.period, figures, stated, story.judgements)
    link = evidence_link(story.report, story.period)
    check_link(link, limits)
    sketches, skipped = _sketch(story, composer, link, limits, progress)
    first = linked([sketch.draft for sketch in sketches], link)
    check_drafts(first, story.report, composer.period_names, limits)
    charts = _draw(sketches, draw, progress)
    for name, chart in charts.items():
        _check_chart(name, chart, story.report, composer.period_names, limits)
    noted_drafts, unfit = _noted(sketches, charts, link, limits)
    skipped += unfit
    _refuse_silence(story, noted_drafts, skipped)
    drafts = linked(noted_drafts, link)
    if drafts != first:
        check_drafts(drafts, story.report, composer.period_names, limits)
    thread = assemble(drafts, charts, skipped, story.judgements, limits)
    said = {key: claim for key, claim in stated.items() if isinstance(claim, Claim)}
    edition = Edition(story.report, story.period, composed_at, thread, said)
    return Run(edition, stated, story.sources, tuple(_awaited(story)))


def _in_time(observations: Sequence[Observation], now: dt.datetime, past: Past) -> list[Observation]:
    """What was over by an instant, and known, if only that counts."""
    over = [seen for seen in observations if seen.period.end <= now]
    return over if past.known_by is None else [seen for seen in over if seen.known_at <= past.known_by]


def _split(found: Sequence[Observation], report: Report) -> tuple[list[Observation], list[Observation]]:
    """The observations a report is about, and the others: files may serve several reports."""
    ours: list[Observation] = []
    others: list[Observation] = []
    for seen in found:
        known = seen.metric in report.metrics and (seen.subject == WHOLE or seen.subject in report.subjects)
        (ours if known else others).append(seen)
    return ours, others


def _remarks(named: NamedSource, others: Sequence[Observation], report: Report) -> tuple[str, ...]:
    """What a person should know of rows given by hand that the report passes over: they may be misspelt."""
    if not named.by_hand:
        return ()
    first = {(seen.metric, seen.subject): seen for seen in reversed(others)}
    rows = Counter((seen.metric, seen.subject) for seen in others)
    return tuple(
        f"{seen.query}: {_unknown(seen, report)}; {'the row is' if rows[key] == 1 else f'{rows[key]} rows are'} passed over"
        for key, seen in islice(sorted(first.items()), _MOST_REMARKS)
    )


def _unknown(seen: Observation, report: Report) -> str:
    if seen.metric not in report.metrics:
        return f'the metric "{seen.metric}" is not known here{nearest(seen.metric, report.metrics)}'
    return f'{report.key} has no subject "{seen.subject}"{nearest(seen.subject, report.subjects)}'


def _replaced(found: Sequence[Observation], earlier: Sequence[Observation]) -> Iterator[str]:
    """What a person should know of figures that go before those of another source for the same window."""
    known = {(seen.metric, seen.subject, seen.period): seen for seen in earlier}
    for seen in found:
        other = known.get((seen.metric, seen.subject, seen.period))
        if other is not None and other.value != seen.value:
            yield (
                f"{seen.query}: {seen.metric} of {seen.subject} in {seen.period} is {seen.value:,.10g} by {seen.origin}; "
                f"it goes before {other.value:,.10g} by {other.origin}"
            )


def _awaited(story: Story) -> Iterator[str]:
    for outcome in story.sources:
        if outcome.problem:
            yield f"{outcome.source}: {outcome.problem}"
    for missing in story.missing:
        if missing.period == story.period:
            yield f"{missing.metric} of {missing.subject}: {missing.reason}"


def _sketch(
    story: Story, composer: Composer, link: str, limits: Limits, progress: Progress
) -> tuple[list[Sketch], list[Skipped]]:
    sketches: list[Sketch] = []
    skipped: list[Skipped] = []
    told: set[str] = set()
    for number, spec in enumerate(story.report.posts, 1):
        progress("composing", number, len(story.report.posts))
        if spec.instead_of in told:
            told.add(spec.name)  # whoever would stand in for it is not needed either
            continue
        outcome = _with_its_note(composer.sketch(spec), len(story.report.posts), link, limits)
        if isinstance(outcome, Skipped):
            skipped.append(outcome)
        else:
            sketches.append(outcome)
            told.add(spec.name)
    _refuse_silence(story, [sketch.draft for sketch in sketches], skipped)
    return sketches, skipped


def _with_its_note(outcome: Sketch | Skipped, posts: int, link: str, limits: Limits) -> Sketch | Skipped:
    """A post without a chart says in its text what its figures must not be told without."""
    if isinstance(outcome, Skipped) or outcome.chart is not None:
        return outcome
    draft = noted(outcome.draft, outcome.caveats, posts, link, limits)
    return draft if isinstance(draft, Skipped) else replace(outcome, draft=draft)


def _noted(
    sketches: Sequence[Sketch], charts: Mapping[str, Chart], link: str, limits: Limits
) -> tuple[list[Draft], list[Skipped]]:
    """The posts, where there was no room for a caveat on the chart with a note in the text, and those without room for either."""
    drafts: list[Draft] = []
    unfit: list[Skipped] = []
    for sketch in sketches:
        silent = sketch.chart is not None and not charts[sketch.draft.name].caveat_shown
        draft = noted(sketch.draft, sketch.caveats if silent else (), len(sketches), link, limits, "Note on the chart")
        if isinstance(draft, Skipped):
            unfit.append(draft)
        else:
            drafts.append(draft)
    return drafts, unfit


def _refuse_silence(story: Story, drafts: Sequence[Draft], skipped: Sequence[Skipped]) -> None:
    if not any(draft.text.spans for draft in drafts):
        reasons = "\n".join(f"  {one.post}: {one.reason}" for one in skipped)
        raise errors.HeldBack(
            f"{story.report.key} has nothing to say about {story.period}: no post of it has a figure.\n{reasons}\n"
            f"Choose another --period, or add figures with --data FILE.csv"
        )


def _draw(sketches: Sequence[Sketch], draw: Draw, progress: Progress) -> Mapping[str, Chart]:
    jobs = [(sketch.draft.name, sketch.kind, sketch.chart) for sketch in sketches if sketch.chart is not None]
    drawn: dict[str, Chart] = {}
    for chart, (name, _, _) in zip(draw([(kind, data) for _, kind, data in jobs]), jobs, strict=True):
        drawn[name] = chart
        progress("drawing", len(drawn), len(jobs))
    return drawn


def _check_chart(name: str, chart: Chart, report: Report, period_names: Sequence[str], limits: Limits) -> None:
    check_cited(chart.alt_text, f"the alt text of post {name}", report, period_names)
    if len(chart.alt_text.text) > limits.alt_length:
        raise errors.BadThread(
            f"the alt text of post {name} is {len(chart.alt_text.text)} long, over the {limits.alt_length} of {limits.network}; "
            f"show fewer subjects or shorten the chart's title"
        )
    if len(chart.png) > limits.image_bytes:
        raise errors.BadThread(
            f"the image of post {name} has {len(chart.png):,} bytes, over the {limits.image_bytes:,} of {limits.network}"
        )
