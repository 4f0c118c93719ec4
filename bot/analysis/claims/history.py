"""Claims about a row of periods up to now: overtook, record, first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.analysis.claims.building import apart, number, resting_on, statement, with_bases
from bot.analysis.claims.likeness import broken, off_end, other_counts, parted, sample_unknown, unfit
from bot.analysis.claims.noise import level, per_day, ranked
from bot.analysis.figures import Figures
from bot.domain.claim import Claim, Finding
from bot.domain.measure import Absent, Metric, Observation, Unit
from bot.domain.period import Granularity, Period
from bot.domain.report import ClaimSpec

_HELD: Final = 4
"""An order that has held in so many periods, the first of them included, is no crossing back and forth."""
_LEAST_EARLIER: Final = 6
"""Fewer earlier periods make any figure a record: of seven that are alike, each is the highest once in seven times."""
_LEAST_EARLIER_YEARS: Final = 3
"""Years are few: published counts of what is measured here begin in 2017 at the earliest."""


@dataclass(frozen=True)
class _Meeting:
    """The figures of two subjects in one period, the higher first, and who is ahead: nobody, if they are level."""

    period: Period
    order: tuple[Observation, Observation]
    ahead: str


def overtook(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """
    Which of two rose above the other and has stayed there, whichever the recipe names first; `since` is the first period of it.

    LEADS: above the other by more than noise in every period from `since` to now, which are four at the least and `within` + 1 at
    the most; below it by more than noise in the last period before that was not level. Each of these periods has a figure of
    both, all of them counted alike.
    """
    now = _meeting(spec, figures, period)
    if isinstance(now, Absent):
        return now
    crossing = _crossing(spec, figures, now)
    if isinstance(crossing, Absent):
        return crossing
    held, before = crossing
    title = figures.metric(spec.metric).title
    first, second = (figures.name(seen.subject) for seen in now.order)
    if len(held) > spec.within + 1:
        return Absent(f"{title}: {first} has been ahead of {second} for more than {spec.within} periods, and that is no news")
    if before[-1].ahead == now.ahead:
        return Absent(f"{title}: {first} was ahead of {second} in {before[-1].period} already, and level with it since")
    if len(held) < _HELD:
        return Absent(f"{title}: {first} is ahead of {second} since {held[-1].period} only, not for {_HELD} periods in a row yet")
    return _overtook(spec, held, before, figures)


def record(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """
    That a figure is the highest of all periods counted since `since`, the first of the unbroken row that ends with it.

    STATED: now > every earlier figure by more than noise, totals by the day, back to where the way of counting changes or
    another origin counts. The row is what of them has no gap; it has six earlier periods at the least, or three years, and those
    beyond the gap must be lower too. A figure that is level with an earlier one is no record.
    """
    subject = spec.subjects[0]
    now = figures.at(spec.metric, subject, period)
    if isinstance(now, Absent):
        return now
    if (unsampled := sample_unknown([now], figures)) is not None:
        return unsampled
    metric, name = figures.metric(spec.metric), figures.name(subject)
    alike = list(_alike_before(now, figures, period))
    row = _in_a_row(alike, period)
    unit = period.granularity
    if len(row) < (least := _LEAST_EARLIER_YEARS if unit is Granularity.YEAR else _LEAST_EARLIER):
        return Absent(
            f"{metric.title}: {len(row)} of the {least} earlier {unit}s in a row that a record of {name} needs were counted alike"
        )
    for at, seen in alike:
        if level(now, seen, figures):
            return Absent(f"{metric.title}: {name} is level with its figure of {at}, which is no record")
        if per_day(seen, figures) > per_day(now, figures):
            return Absent(f"{metric.title}: {name} was higher in {at}")
    earlier = [seen for _, seen in row]
    highest = max(earlier, key=lambda seen: per_day(seen, figures))
    numbers = {
        "high": number("high", now.value, metric.unit, metric.noun, with_bases((now, *earlier), figures)),
        **apart(now, highest, figures),
        "earlier": number("earlier", len(earlier), Unit.COUNT, f"{unit}s", tuple(earlier)),
    }
    return replace(statement(spec, Finding.STATED, [now], period, numbers), since=row[-1][0])


def first(spec: ClaimSpec, figures: Figures, period: Period, _: Mapping[str, Claim | Absent]) -> Claim | Absent:
    """
    That a subject has a figure for the first time, in a count that had others before.

    STATED: the subject has a figure now and none of an earlier window, given up ones included; one of the other subjects (those
    the claim names, or all there are) has one of an earlier window, counted alike.
    """
    subject, *named = spec.subjects
    now = figures.at(spec.metric, subject, period)
    if isinstance(now, Absent):
        return now
    metric, name = figures.metric(spec.metric), figures.name(subject)
    windows = [*(seen.period for seen in figures.readings(spec.metric, subject)), *figures.withdrawn(spec.metric, subject)]
    if (oldest := min(windows)) < now.period:
        return Absent(f"{metric.title}: {name} was counted in {oldest} already")
    others = [seen for other in named or figures.subjects if other != subject for seen in figures.readings(spec.metric, other)]
    others = sorted((seen for seen in others if seen.period.end <= now.period.start), key=lambda seen: seen.period)
    if not others:
        return Absent(f"{metric.title}: nobody has a figure before {period}: this is the first of all")
    alike = [seen for seen in others if broken(seen, now, metric) is None and other_counts(metric, (seen, now)) is None]
    if not alike:
        return Absent(f"{metric.title}: those who have figures before {period} were counted another way or by somebody else")
    evidence = with_bases((now, alike[-1]), figures)
    figure = number("figure", now.value, metric.unit, metric.noun, evidence, (subject,))
    return statement(spec, Finding.STATED, [now], period, {"figure": figure})


def _meeting(spec: ClaimSpec, figures: Figures, period: Period) -> _Meeting | Absent:
    order = ranked(spec.metric, spec.subjects, figures, period)
    if (why := unfit(spec, order, figures, period)) is not None:
        return why
    for seen in order:
        if (off := off_end(figures.metric(spec.metric), seen, period, period.end - period.start)) is not None:
            return off
    ahead = "" if level(order[0], order[1], figures) else order[0].subject
    return _Meeting(period, (order[0], order[1]), ahead)


def _crossing(spec: ClaimSpec, figures: Figures, now: _Meeting) -> tuple[list[_Meeting], list[_Meeting]] | Absent:
    """The meetings of the unbroken lead, and those before it back to one that was not level, newest first; or why none is."""
    first, second = (figures.name(seen.subject) for seen in now.order)
    if not now.ahead:
        title = figures.metric(spec.metric).title
        return Absent(f"{title}: {first} and {second} are level in {now.period}, and neither has overtaken the other")
    held: list[_Meeting] = []
    before: list[_Meeting] = []
    for meeting in _back(spec, figures, now):
        if isinstance(meeting, Absent):
            since = (*held, *before)[-1].period
            return Absent(f"{second} was not ahead of {first} in any period since {since}, and before: {meeting.reason}")
        (before if before or meeting.ahead != now.ahead else held).append(meeting)
        if len(held) > spec.within + 1 or (before and meeting.ahead):
            break
    return held, before


def _back(spec: ClaimSpec, figures: Figures, now: _Meeting) -> Iterator[_Meeting | Absent]:
    """The meetings from now back, for as long as they are told apart and counted alike; then why not."""
    later = now
    yield now
    while True:
        earlier = _meeting(spec, figures, later.period.previous())
        if isinstance(earlier, Absent):
            yield earlier
            return
        if (unlike := _unlike(earlier, later, figures.metric(spec.metric))) is not None:
            yield unlike
            return
        yield earlier
        later = earlier


def _unlike(earlier: _Meeting, later: _Meeting, metric: Metric) -> Absent | None:
    after = {seen.subject: seen for seen in later.order}
    for seen in earlier.order:
        if seen == after[seen.subject]:
            return Absent(
                f"{metric.title}: one reading stands for {later.period} and for {earlier.period}, and does not tell them apart"
            )
        if (changed := parted(seen, after[seen.subject], metric)) is not None:
            return changed
    return None


def _overtook(spec: ClaimSpec, held: Sequence[_Meeting], before: Sequence[_Meeting], figures: Figures) -> Claim:
    now, since = held[0], held[-1].period
    seen = [one for meeting in (*held, *before) for one in meeting.order]
    count = number("held", len(held), Unit.COUNT, f"{since.granularity}s", (seen[0],))
    of = tuple(one.subject for one in now.order)
    numbers = {**resting_on({"held": replace(count, subjects=of)}, seen, figures), **apart(*now.order, figures)}
    return replace(statement(spec, Finding.LEADS, now.order, now.period, numbers), since=since)


def _alike_before(now: Observation, figures: Figures, period: Period) -> Iterator[tuple[Period, Observation]]:
    """A subject's earlier figures with the periods they stand for, newest first, over gaps, up to a change of counting."""
    metric = figures.metric(now.metric)
    oldest = figures.readings(now.metric, now.subject)[0].period.start - dt.timedelta(days=metric.tolerance_days)
    at, later = period.previous(), now
    while at.end > oldest:
        seen = figures.at(now.metric, now.subject, at)
        if isinstance(seen, Observation) and seen != later:
            if parted(seen, now, metric) is not None or sample_unknown([seen], figures) is not None:
                return
            yield at, seen
            later = seen
        at = at.previous()


def _in_a_row(found: Sequence[tuple[Period, Observation]], period: Period) -> list[tuple[Period, Observation]]:
    """Those of the periods right before this one, up to the first gap."""
    row: list[tuple[Period, Observation]] = []
    for at, seen in found:
        if at != (row[-1][0] if row else period).previous():
            break
        row.append((at, seen))
    return row
