"""Statements about a row of periods, or about everybody's growth: fastest, overtook, record, first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tests.independent import breaks
from tests.independent.bench import Bench, Wrong, changed_by, earlier_of, same
from tests.independent.grammar import Statement
from tests.independent.noise import level, per_day
from tests.independent.truth import FOUR, noun, rivals
from tests.independent.values import MONTHS, Cell, Window, period


def fastest(statement: Statement, bench: Bench) -> None:
    _any_of(_told_from(statement, bench), lambda earlier: _fastest_since(statement, bench, earlier))


def _fastest_since(statement: Statement, bench: Bench, earlier: Window) -> None:
    now, before = bench.cell(statement.a, bench.period), bench.cell(statement.a, earlier)
    if level(now, before) or per_day(now) < per_day(before):
        raise Wrong("it did not grow")
    for other, rate in _rates(bench, earlier).items():
        if other != statement.a and rate > 0.97 * _rate(now, before):
            raise Wrong(f"{other} grew as fast, to {rate:.4g} times against {_rate(now, before):.4g}")
    if "times" in statement.said or "size" in statement.said:
        changed_by(statement.said, now, before)
        if bench.metric.startswith("pypi_") and now.window.days != before.window.days and not statement.by_day:
            raise Wrong(f"windows of {now.window.days} and {before.window.days} days are compared as they stand")


def alike(statement: Statement, bench: Bench) -> None:
    _any_of(_told_from(statement, bench), lambda earlier: _alike_since(statement, bench, earlier))


def _alike_since(statement: Statement, bench: Bench, earlier: Window) -> None:
    rates = _rates(bench, earlier)
    same("the fastest", max(rates, key=lambda subject: rates[subject]) in statement.many, True)
    for subject in statement.many:
        now, before = bench.cell(subject, bench.period), bench.cell(subject, earlier)
        if level(now, before) or per_day(now) < per_day(before):
            raise Wrong(f"{subject} did not grow")


def overtook(statement: Statement, bench: Bench) -> None:
    """Above the other in every period since, four at the least; below it in the last period before that was not level."""
    same("noun", statement.said["noun"], noun(bench.metric))
    since, at, held = _period_named(statement.said["when"], bench.period), bench.period, 0
    while at.start >= since.start:
        ours, theirs = _both(statement, bench, at)
        if level(ours, theirs) or per_day(ours) < per_day(theirs):
            raise Wrong(f"{statement.a} was not ahead in {at.name}")
        held, at = held + 1, at.before()
    if held < 4:
        raise Wrong(f"the order held in {held} periods, not in four")
    ours, theirs = _both(statement, bench, at)
    while level(ours, theirs):
        at = at.before()
        ours, theirs = _both(statement, bench, at)
    if per_day(ours) > per_day(theirs):
        raise Wrong(f"{statement.a} was ahead in {at.name} already")
    cells = [cell for subject in (statement.a, statement.b or "") for cell in _between(bench, subject, at)]
    if found := [*breaks.crossed(cells), *breaks.spoilt(cells)]:
        raise Wrong(f"stands on a known break: {', '.join(found)}")


def record(statement: Statement, bench: Bench) -> None:
    same("noun", statement.said["noun"], noun(bench.metric))
    same("unit", statement.said["unit"], bench.period.length)
    now, at = bench.cell(statement.a, bench.period), bench.period.before()
    since, row = _period_named(statement.said["since"], bench.period), []
    while at.start >= since.start:
        found = bench.truth.standing(bench.metric, statement.a, at)
        if not found:
            raise Wrong(f"there is no figure for {at.name}")
        row, at = [*row, found[0]], at.before()
    if len(row) < (3 if bench.period.length == "year" else 6):
        raise Wrong(f"{len(row)} earlier figures make no record")
    for cell in row:
        if level(now, cell) or per_day(cell) > per_day(now):
            raise Wrong(f"it was as high in {cell.window.start}..{cell.window.last}")
    if found_breaks := [*breaks.crossed([now, *row]), *breaks.spoilt([now, *row])]:
        raise Wrong(f"stands on a known break: {', '.join(found_breaks)}")
    if bench.metric.startswith("pypi_") and len({cell.window.days for cell in (now, *row)}) > 1 and "day" not in statement.said:
        raise Wrong("windows of different length are compared as they stand")


def first(statement: Statement, bench: Bench) -> None:
    now = bench.cell(statement.a, bench.period)
    if earlier := [cell for cell in bench.truth.series(bench.metric, statement.a) if cell.window < now.window]:
        raise Wrong(f"it was measured for {earlier[0].window.start}..{earlier[0].window.last} already")
    others = [cell for subject in rivals(bench.metric, statement.a) for cell in bench.truth.series(bench.metric, subject)]
    if not any(cell.window.end <= now.window.start for cell in others):
        raise Wrong("nobody was measured before: it is the first of all")


def _both(statement: Statement, bench: Bench, when: Window) -> tuple[Cell, Cell]:
    found = [bench.truth.standing(bench.metric, subject, when)[:1] for subject in (statement.a, statement.b or "")]
    if not all(found):
        raise Wrong(f"there are no figures of both for {when.name}")
    return found[0][0], found[1][0]


def _between(bench: Bench, subject: str, since: Window) -> Iterator[Cell]:
    at = bench.period
    while at.start >= since.start:
        yield from bench.truth.standing(bench.metric, subject, at)[:1]
        at = at.before()


def _rates(bench: Bench, earlier: Window) -> dict[str, float]:
    """By what factor, or of shares by how many points, each framework grew whose growth may be told."""
    rates = {}
    for subject in FOUR:
        now, before = (bench.truth.standing(bench.metric, subject, when)[:1] for when in (bench.period, earlier))
        cited = {(fact.subjects[0], fact.window) for fact in bench.evidence()}
        if now and before and before[0].value and (subject, now[0].window) in cited:
            rates[subject] = _rate(now[0], before[0])
    return rates


def _rate(now: Cell, before: Cell) -> float:
    return now.value - before.value if now.metric.endswith("_use") else per_day(now) / per_day(before)


def _told_from(statement: Statement, bench: Bench) -> list[Window]:
    """What a growth is measured from; where neither it nor its head says so, whichever earlier period it cites figures of."""
    if statement.earlier:
        return [earlier_of(statement, bench.period)]
    windows = {fact.window for fact in bench.evidence()}
    return [
        when
        for when in dict.fromkeys((bench.period.before(), bench.period.year_before()))
        if any(cell.window in windows for subject in FOUR for cell in bench.truth.standing(bench.metric, subject, when))
    ]


def _any_of(periods: Sequence[Window], holds: Callable[[Window], None]) -> None:
    wrong = Wrong("cites no earlier figures")
    for when in periods:
        try:
            return holds(when)
        except Wrong as why:
            wrong = why
    raise wrong


def _period_named(words: str, like: Window) -> Window:
    """ "April 2025", "2024", of the edition's own kind."""
    *month, year = words.split()
    if bool(month) != (like.length == "month"):
        raise Wrong(f"names {words} in a report by the {like.length}")
    return period(f"{year}-{MONTHS.index(month[0]) + 1:02d}" if month else year)
