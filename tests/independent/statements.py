"""Whether one statement of a post is true: its subjects, its numbers, its noise and its windows, from the cells alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.independent import breaks, printed
from tests.independent.edition import Edition, Fact, Surface
from tests.independent.grammar import NAMES, Statement
from tests.independent.noise import level, per_day
from tests.independent.truth import FAMILIES, FOUR, Truth, apart, leader, noun, order, rivals, together
from tests.independent.values import MONTHS, Cell, Window, in_words, period


class Wrong(Exception):
    """A statement is false, or nobody can tell; says why."""


@dataclass(frozen=True)
class Bench:
    """What a statement is judged by: the truth of the day, its edition, and the facts that it cites."""

    truth: Truth
    edition: Edition
    cited: Sequence[Fact]

    @property
    def metric(self) -> str:
        """The one metric the statement is about."""
        metrics = {fact.metric for fact in self.cited}
        if len(metrics) != 1:
            raise Wrong(f"is about {sorted(metrics) or 'no metric'}, not one")
        return metrics.pop()

    @property
    def period(self) -> Window:
        """The edition's own period, which every statement must be about."""
        of = {period(fact.period) for fact in self.cited}
        if self.edition.period not in of:
            raise Wrong(f"is about {sorted(one.name for one in of)}, not {self.edition.period.name}")
        return self.edition.period

    def evidence(self) -> list[Fact]:
        """The observations that are said to stand behind it."""
        ids = dict.fromkeys(id_ for fact in self.cited for id_ in fact.evidence)
        return [self.edition.facts[id_] for id_ in ids]

    def cell(self, subject: str, when: Window) -> Cell:
        """The figure that stands for a period: the very one the statement cites, if that may stand for it at all."""
        found = self.truth.standing(self.metric, subject, when)
        if not found:
            raise Wrong(f"rests on a figure of {subject} for {when.name} that does not exist by {self.edition.as_of}")
        windows = {fact.window for fact in self.evidence() if fact.metric == self.metric and subject in fact.subjects}
        cited = [cell for cell in found if cell.window in windows]
        if not cited:
            raise Wrong(f"does not cite the figure of {subject} that stands for {when.name}, {found[0].window}")
        return cited[0]

    def cited_cells(self, when: Window) -> list[Cell]:
        """The figures of a period that the statement cites."""
        windows = {(fact.metric, fact.subjects[0], fact.window) for fact in self.evidence()}
        standing = [cell for subject in FOUR + FAMILIES for cell in self.truth.standing(self.metric, subject, when)]
        return [cell for cell in standing if (cell.metric, cell.subject, cell.window) in windows]

    def all_cells(self, subjects: Sequence[str], when: Window) -> list[Cell]:
        """Those of some subjects there are, whether or not they are cited."""
        return [cell for subject in subjects for cell in self.truth.standing(self.metric, subject, when)[:1]]


def judge(statement: Statement, surface: Surface, edition: Edition, truth: Truth) -> None:
    """
    Nothing, if the statement is true.

    Raises:
        Wrong: says what is not.
    """
    inside = surface.inside(statement.start, statement.end)
    cited = [fact for fact in inside if fact.kind == "claim"]
    bench = Bench(truth, edition, cited)
    if not cited:
        raise Wrong("cites no claim")
    _KINDS[statement.kind](statement, bench)
    _refuse_breaks(statement, bench)


def cells_behind(statement: Statement, surface: Surface, edition: Edition) -> list[tuple[str, str, Window]]:
    """The (metric, subject, window) of every figure a statement says it rests on."""
    cited = [fact for fact in surface.inside(statement.start, statement.end) if fact.kind == "claim"]
    behind = {edition.facts[id_] for fact in cited for id_ in fact.evidence}
    return [(fact.metric, fact.subjects[0], fact.window) for fact in behind if fact.window is not None]


def _tally(statement: Statement, bench: Bench) -> None:
    edition = bench.edition.period
    metrics = dict.fromkeys(fact.metric for fact in bench.evidence() if fact.metric and not fact.metric.endswith("_users"))
    won: dict[str, int] = {}
    undecided = 0
    for metric in metrics:
        found = [cell for subject in rivals(metric, statement.a) for cell in bench.truth.standing(metric, subject, edition)[:1]]
        if not found:
            raise Wrong(f"counts {metric}, of which there is no figure")
        cited = {(fact.metric, fact.subjects[0], fact.window) for fact in bench.evidence()}
        compared = [cell for cell in found if (cell.metric, cell.subject, cell.window) in cited]
        if not compared or (refused := together(compared, edition)) is not None:
            raise Wrong(f"counts {metric}: {refused if compared else 'it cites none of the figures that stand'}")
        top = leader(found)
        undecided += len(top) > 1
        for subject in top if len(top) == 1 else ():
            won[subject] = won.get(subject, 0) + 1
    said = statement.said
    _same("measures", _all_of(said["all"]) if "all" in said else printed.number_word(said["of"]), len(metrics))
    _same("lead", len(metrics) if "all" in said else printed.number_word(said["won"]), won.get(statement.a, 0))
    others = {
        NAMES[name]: printed.number_word(count)
        for name, count in re.findall(rf"(?:,| and) (.+?) in ({printed.WORD})", said.get("others", ""))
    }
    _same("others", others, {subject: count for subject, count in won.items() if subject != statement.a})
    _same("level", printed.number_word(said["level"]) if "level" in said else 0, undecided)
    if any(count > won[statement.a] for count in won.values()):
        raise Wrong(f"names {statement.a} first, which does not lead most")


def _lead(statement: Statement, bench: Bench) -> None:
    found = bench.all_cells(rivals(bench.metric, statement.a), bench.period)
    _comparable([bench.cell(statement.a, bench.period), *bench.cited_cells(bench.period)], bench.period)
    if (top := leader(found)) != [statement.a]:
        raise Wrong(f"the leader is {' and '.join(top)}, by {[(one.subject, round(per_day(one), 2)) for one in order(found)]}")
    if statement.b is not None:
        _same("second", statement.b, order(found)[1].subject)
        _ahead(statement, bench)
    _check_where(statement, bench)


def _level(statement: Statement, bench: Bench) -> None:
    cells = [bench.cell(subject, bench.period) for subject in statement.many]
    _comparable(cells, bench.period)
    highest = order(cells)[0]
    if unlike := [cell.subject for cell in cells if cell is not highest and not level(highest, cell)]:
        raise Wrong(f"{', '.join(unlike)} is not level with {highest.subject}")
    _check_where(statement, bench)


def _ratio(statement: Statement, bench: Bench) -> None:
    ours, theirs = bench.cell(statement.a, bench.period), bench.cell(statement.b or "", bench.period)
    _comparable([ours, theirs], bench.period)
    if level(ours, theirs):
        raise Wrong("the two are level")
    _ahead(statement, bench)


def _ahead(statement: Statement, bench: Bench) -> None:
    """The number in "six times the downloads of", "6.9 points more than"."""
    ours, theirs = bench.cell(statement.a, bench.period), bench.cell(statement.b or "", bench.period)
    said = statement.said
    if "noun" in said:
        _same("noun", said["noun"], noun(bench.metric))
    if "points" in said:
        if not bench.metric.endswith("_use"):
            raise Wrong("tells points of what is no share")
        _within(printed.points(said["points"]), ours.value - theirs.value)
    elif "more" in said:
        _within(printed.count(said["more"]), ours.value - theirs.value)
    else:
        _within(printed.times(said["times"]), per_day(ours) / per_day(theirs))
    by_day = bench.metric.startswith("pypi_") and ours.window.days != theirs.window.days
    if by_day != ("day" in said):
        raise Wrong(f"windows of {ours.window.days} and {theirs.window.days} days: is it by the day?")


def _growth(statement: Statement, bench: Bench) -> None:
    earlier = _earlier(statement, bench.period)
    now, before = bench.cell(statement.a, bench.period), bench.cell(statement.a, earlier)
    if (unfit := apart(now, before, bench.period, earlier)) is not None:
        raise Wrong(unfit)
    _comparable([now], bench.period)
    if bench.metric.startswith("pypi_") and now.window.days != before.window.days and not statement.by_day:
        raise Wrong(f"windows of {now.window.days} and {before.window.days} days are compared as they stand")
    said, still = statement.said, level(now, before)
    if still or "still" in said:
        if not (still and "still" in said):
            raise Wrong(f"{per_day(now):.4g} after {per_day(before):.4g} is {'noise' if still else 'a change'}")
        return
    grew = per_day(now) > per_day(before)
    told = said.get("verb") or {"+": "grew", "up ": "grew"}.get(said.get("sign", "+"), "fell")
    if "times" not in said or "verb" in said:
        _same("direction", told, "grew" if grew else "fell")
    _changed_by(said, now, before)


def _changed_by(said: Mapping[str, str], now: Cell, before: Cell) -> None:
    ratio = per_day(now) / per_day(before) if before.value else None
    if "times" in said:
        if ratio is None:
            raise Wrong("is a multiple of nought")
        return _within(printed.times(said["times"]), ratio)
    size = said["size"]
    if size.endswith("points"):
        return _within(printed.points(size.split()[0]), abs(now.value - before.value))
    if size.endswith("%"):
        if now.metric.endswith("_use") or ratio is None:
            raise Wrong("tells a change of shares in percent, not in points")
        return _within(printed.percent(size), 100 * abs(ratio - 1))
    return _within(printed.count(size.split()[0]), abs(now.value - before.value))


def _multiplied(statement: Statement, bench: Bench) -> None:
    _same("period", statement.said["when"], bench.period.name)
    earlier = [fact for fact in bench.evidence() if fact.subjects == (statement.a,)]
    windows = sorted(fact.window for fact in earlier if fact.window is not None)
    cells = [bench.truth.cell(bench.metric, statement.a, window) for window in windows]
    found = [cell for cell in cells if cell is not None]
    if (
        len(found) < len(cells)
        or len(found) < 2
        or found[-1] not in bench.truth.standing(bench.metric, statement.a, bench.period)
    ):
        raise Wrong("rests on windows that were not counted")
    for one, after in zip(found, found[1:], strict=False):
        if abs((after.window.start - one.window.end).days) > 10:
            raise Wrong(f"leaves out the days between {one.window.end} and {after.window.start}")
    _same("since", statement.said["since"], in_words(found[0].window.start))
    total = sum(cell.value for cell in found)
    _within(printed.fold(statement.said["fold"]), total / (total - found[-1].value))


def _share(statement: Statement, bench: Bench) -> None:
    _same("noun", statement.said["noun"], noun(bench.metric))
    part = bench.cell(statement.a, bench.period)
    others = {fact.subjects[0] for fact in bench.evidence()} - {statement.a}
    cells = [bench.cell(subject, bench.period) for subject in sorted(others)]
    if any(cell.window != part.window for cell in cells):
        raise Wrong("the parts were counted over different windows")
    whole = cells[0].value if others == {"all"} else part.value + sum(cell.value for cell in cells)
    _within(printed.percent(statement.said["share"]), 100 * part.value / whole)


def _rank(statement: Statement, bench: Bench) -> None:
    _same("noun", statement.said["noun"], noun(bench.metric))
    _same("place", printed.place(statement.said["place"]), _place(statement.a, bench, bench.period))


def _rank_change(statement: Statement, bench: Bench) -> None:
    _rank(statement, bench)
    earlier = _earlier(statement, bench.period)
    now, before = _place(statement.a, bench, bench.period), _place(statement.a, bench, earlier)
    _same("place before", printed.place(statement.said.get("before", statement.said["place"])), before)
    told = statement.said.get("verb", "stays")
    _same("direction", told, "rose" if now < before else "fell" if now > before else "stays")
    for subject in rivals(bench.metric, statement.a):
        pair = bench.cell(subject, bench.period), bench.cell(subject, earlier)
        if (unfit := apart(*pair, bench.period, earlier)) is not None:
            raise Wrong(unfit)


def _place(subject: str, bench: Bench, when: Window) -> int:
    found = order(bench.all_cells(rivals(bench.metric, subject), when))
    if len(found) < len(rivals(bench.metric, subject)):
        raise Wrong(f"not every framework was counted for {when.name}")
    _comparable(found, when)
    position = next(at for at, cell in enumerate(found) if cell.subject == subject)
    if any(level(found[position], other) for other in found if other is not found[position]):
        raise Wrong(f"{subject} is level with another for {when.name}")
    return position + 1


def _gained(statement: Statement, bench: Bench) -> None:
    _same("noun", statement.said["noun"], noun(bench.metric))
    earlier = bench.period.before()
    now, before = bench.cell(statement.a, bench.period), bench.cell(statement.a, earlier)
    if (unfit := apart(now, before, bench.period, earlier)) is not None:
        raise Wrong(unfit)
    if now.value < before.value:
        raise Wrong("a sum of all fell")
    _within(printed.count(statement.said["gain"]), now.value - before.value)


def _fastest(statement: Statement, bench: Bench) -> None:
    earlier = _earlier(statement, bench.period) if statement.earlier else _told_from(bench)
    now, before = bench.cell(statement.a, bench.period), bench.cell(statement.a, earlier)
    if level(now, before) or per_day(now) < per_day(before):
        raise Wrong("it did not grow")
    for other, rate in _rates(bench, earlier).items():
        if other != statement.a and rate > 0.97 * _rate(now, before):
            raise Wrong(f"{other} grew as fast, to {rate:.4g} times against {_rate(now, before):.4g}")
    if "times" in statement.said or "size" in statement.said:
        _changed_by(statement.said, now, before)
        if bench.metric.startswith("pypi_") and now.window.days != before.window.days and not statement.by_day:
            raise Wrong(f"windows of {now.window.days} and {before.window.days} days are compared as they stand")


def _alike(statement: Statement, bench: Bench) -> None:
    earlier = _earlier(statement, bench.period) if statement.earlier else _told_from(bench)
    rates = _rates(bench, earlier)
    _same("the fastest", max(rates, key=lambda subject: rates[subject]) in statement.many, True)
    for subject in statement.many:
        now, before = bench.cell(subject, bench.period), bench.cell(subject, earlier)
        if level(now, before) or per_day(now) < per_day(before):
            raise Wrong(f"{subject} did not grow")


def _overtook(statement: Statement, bench: Bench) -> None:
    """Above the other in every period since, four at the least; below it in the last period before that was not level."""
    _same("noun", statement.said["noun"], noun(bench.metric))
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


def _record(statement: Statement, bench: Bench) -> None:
    _same("noun", statement.said["noun"], noun(bench.metric))
    _same("unit", statement.said["unit"], bench.period.length)
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


def _first(statement: Statement, bench: Bench) -> None:
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


def _told_from(bench: Bench) -> Window:
    """What a growth without a date of its own is measured from: the only earlier period whose figures it cites."""
    windows = {fact.window for fact in bench.evidence() if fact.window is not None}
    candidates = (bench.period.before(), bench.period.year_before())
    for when in candidates:
        if any(cell.window in windows for subject in FOUR for cell in bench.truth.standing(bench.metric, subject, when)):
            return when
    raise Wrong("cites no earlier figures")


def _period_named(words: str, like: Window) -> Window:
    """ "April 2025", "2024", of the edition's own kind."""
    *month, year = words.split()
    if bool(month) != (like.length == "month"):
        raise Wrong(f"names {words} in a report by the {like.length}")
    return period(f"{year}-{MONTHS.index(month[0]) + 1:02d}" if month else year)


def _refuse_breaks(statement: Statement, bench: Bench) -> None:
    """What is stated across a known break, or on spoilt figures of those it names, without a caveat."""
    cells: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for fact in bench.evidence():
        cell = bench.truth.cell(fact.metric, fact.subjects[0], fact.window) if fact.window else None
        if cell is not None:
            cells[cell.metric, cell.subject].append(cell)
    for (metric, subject), found in cells.items():
        met = [*_met(statement, found)] if subject in statement.named else []
        if met and not caveated(bench.edition, metric, {subject}):
            raise Wrong(f"stands on a known break: {', '.join(met)}")


def _met(statement: Statement, cells: Sequence[Cell]) -> Iterator[str]:
    if statement.kind in _OVER_TIME:
        yield from breaks.crossed(cells)
    yield from breaks.spoilt(cells)


def caveated(edition: Edition, metric: str, subjects: set[str]) -> bool:
    """Whether a gate's caveat about these figures stands in the thread, or a person has accepted what it says."""
    said = "\n".join(surface.text for surface in edition.surfaces())
    return any(
        gate.get("metric") == metric
        and (not gate.get("subjects") or subjects & set(gate["subjects"]))
        and (gate.get("accepted") or (gate.get("verdict") == "caveat" and gate.get("sentence", "").rstrip(".") in said))
        for gate in edition.gates
    )


def _comparable(cells: Sequence[Cell], when: Window) -> None:
    if len(cells) and (refused := together(cells, when)) is not None:
        raise Wrong(refused)


def _check_where(statement: Statement, bench: Bench) -> None:
    """ "leads on stars", "are level on Kaggle": the place must be the metric's."""
    for words, metric in (
        ("stars", "gh_stars"),
        ("forks", "gh_forks"),
        ("Kaggle", "kaggle_survey_use"),
        ("Stack Overflow", "so_survey_use"),
    ):
        if re.search(rf" (?:on|by|in|asked|developers) ?.*{words}", statement.text) and bench.metric != metric:
            raise Wrong(f"speaks of {words}, and rests on {bench.metric}")


def _earlier(statement: Statement, when: Window) -> Window:
    match statement.earlier:
        case "the same month a year before":
            return when.year_before()
        case "the year before" | "the month before" if statement.earlier == f"the {when.length} before":
            return when.before()
        case _:
            raise Wrong(f'does not say what a {when.length} is measured from ("{statement.earlier}")')


def _all_of(words: str) -> int:
    return 2 if words == "both" else printed.number_word(words.removeprefix("all "))


def _same(what: str, said: object, true: object) -> None:
    if said != true:
        raise Wrong(f"{what}: it says {said}, and it is {true}")


def _within(said: printed.Range, true: float) -> None:
    if not said.holds(true):
        raise Wrong(f"it says {said.low:.6g} to {said.high:.6g}, and it is {true:.6g}")


_KINDS: Mapping[str, Callable[[Statement, Bench], None]] = {
    "tally": _tally, "lead": _lead, "level": _level, "ratio": _ratio, "growth": _growth, "changed": _growth,
    "multiplied": _multiplied, "share": _share, "rank": _rank, "rank_change": _rank_change, "gained": _gained, "fastest": _fastest, "alike": _alike,
    "overtook": _overtook, "record": _record, "first": _first,
}  # fmt: skip
_OVER_TIME = frozenset({"growth", "changed", "multiplied", "rank_change", "gained", "fastest", "alike"})
