"""Whether one statement of a post is true: its subjects, its numbers, its noise and its windows, from the cells alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from tests.independent import breaks, history, printed
from tests.independent.bench import Bench, Wrong, caveated, changed_by, comparable, earlier_of, same, within
from tests.independent.edition import Edition, Surface
from tests.independent.grammar import NAMES, Statement
from tests.independent.noise import level, per_day
from tests.independent.truth import Truth, apart, leader, noun, order, rivals, together
from tests.independent.values import Cell, Window, in_words


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
    same("measures", _all_of(said["all"]) if "all" in said else printed.number_word(said["of"]), len(metrics))
    same("lead", len(metrics) if "all" in said else printed.number_word(said["won"]), won.get(statement.a, 0))
    others = {
        NAMES[name]: printed.number_word(count)
        for name, count in re.findall(rf"(?:,| and) (.+?) in ({printed.WORD})", said.get("others", ""))
    }
    same("others", others, {subject: count for subject, count in won.items() if subject != statement.a})
    if "level" in said or any(fact.where == "text" for fact in bench.cited):  # a chart's title leaves it to the post
        same("level", printed.number_word(said["level"]) if "level" in said else 0, undecided)
    if any(count > won[statement.a] for count in won.values()):
        raise Wrong(f"names {statement.a} first, which does not lead most")


def _lead(statement: Statement, bench: Bench) -> None:
    found = bench.all_cells(rivals(bench.metric, statement.a), bench.period)
    if (top := leader(found)) != [statement.a]:
        raise Wrong(f"the leader is {' and '.join(top)}, by {[(one.subject, round(per_day(one), 2)) for one in order(found)]}")
    comparable([bench.cell(statement.a, bench.period), *bench.cited_cells(bench.period)], bench.period)
    if statement.b is not None:
        same("second", statement.b, next((cell.subject for cell in order(found)[1:] if bench.shows(cell)), "nobody"))
        _ahead(statement, bench)
    _check_where(statement, bench)


def _level(statement: Statement, bench: Bench) -> None:
    cells = [bench.cell(subject, bench.period) for subject in statement.many]
    comparable(cells, bench.period)
    highest = order(cells)[0]
    if unlike := [cell.subject for cell in cells if cell is not highest and not level(highest, cell)]:
        raise Wrong(f"{', '.join(unlike)} is not level with {highest.subject}")
    _check_where(statement, bench)


def _ratio(statement: Statement, bench: Bench) -> None:
    ours, theirs = bench.cell(statement.a, bench.period), bench.cell(statement.b or "", bench.period)
    comparable([ours, theirs], bench.period)
    if level(ours, theirs):
        raise Wrong("the two are level")
    _ahead(statement, bench)


def _ahead(statement: Statement, bench: Bench) -> None:
    """The number in "six times the downloads of", "6.9 points more than"."""
    ours, theirs = bench.cell(statement.a, bench.period), bench.cell(statement.b or "", bench.period)
    said = statement.said
    if "noun" in said:
        same("noun", said["noun"], noun(bench.metric))
    if "points" in said:
        if not bench.metric.endswith("_use"):
            raise Wrong("tells points of what is no share")
        within(printed.points(said["points"]), ours.value - theirs.value)
    elif "more" in said:
        within(printed.count(said["more"]), ours.value - theirs.value)
    else:
        within(printed.times(said["times"]), per_day(ours) / per_day(theirs))
    by_day = bench.metric.startswith("pypi_") and ours.window.days != theirs.window.days
    if by_day != ("day" in said):
        raise Wrong(f"windows of {ours.window.days} and {theirs.window.days} days: is it by the day?")


def _growth(statement: Statement, bench: Bench) -> None:
    earlier = earlier_of(statement, bench.period)
    now, before = bench.cell(statement.a, bench.period), bench.cell(statement.a, earlier)
    if (unfit := apart(now, before, bench.period, earlier)) is not None:
        raise Wrong(unfit)
    comparable([now], bench.period)
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
        same("direction", told, "grew" if grew else "fell")
    changed_by(said, now, before)


def _multiplied(statement: Statement, bench: Bench) -> None:
    same("period", statement.said["when"], bench.period.name)
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
    for one, after in pairwise(found):
        if abs((after.window.start - one.window.end).days) > 10:
            raise Wrong(f"leaves out the days between {one.window.end} and {after.window.start}")
    same("since", statement.said["since"], in_words(found[0].window.start))
    total = sum(cell.value for cell in found)
    within(printed.fold(statement.said["fold"]), total / (total - found[-1].value))


def _share(statement: Statement, bench: Bench) -> None:
    same("noun", statement.said["noun"], noun(bench.metric))
    part = bench.cell(statement.a, bench.period)
    others = {fact.subjects[0] for fact in bench.evidence()} - {statement.a}
    cells = [bench.cell(subject, bench.period) for subject in sorted(others)]
    if any(cell.window != part.window for cell in cells):
        raise Wrong("the parts were counted over different windows")
    whole = cells[0].value if others == {"all"} else part.value + sum(cell.value for cell in cells)
    within(printed.percent(statement.said["share"]), 100 * part.value / whole)


def _rank(statement: Statement, bench: Bench) -> None:
    same("noun", statement.said["noun"], noun(bench.metric))
    same("place", printed.place(statement.said["place"]), _place(statement.a, bench, bench.period))


def _rank_change(statement: Statement, bench: Bench) -> None:
    _rank(statement, bench)
    earlier = earlier_of(statement, bench.period)
    now, before = _place(statement.a, bench, bench.period), _place(statement.a, bench, earlier)
    same("place before", printed.place(statement.said.get("before", statement.said["place"])), before)
    told = statement.said.get("verb", "stays")
    same("direction", told, "rose" if now < before else "fell" if now > before else "stays")
    for subject in sorted({fact.subjects[0] for fact in bench.evidence()}):
        pair = bench.cell(subject, bench.period), bench.cell(subject, earlier)
        if (unfit := apart(*pair, bench.period, earlier)) is not None:
            raise Wrong(unfit)


def _place(subject: str, bench: Bench, when: Window) -> int:
    """Where a subject stands among all that were counted, whether or not the statement is about them."""
    own = bench.cell(subject, when)
    found = order([own, *bench.all_cells([other for other in rivals(bench.metric, subject) if other != subject], when)])
    if len(found) < 2:
        raise Wrong(f"nobody else was counted for {when.name}")
    comparable([own, *bench.cited_cells(when)], when)
    position = next(at for at, cell in enumerate(found) if cell.subject == subject)
    if any(level(found[position], other) for other in found if other is not found[position]):
        raise Wrong(f"{subject} is level with another for {when.name}")
    return position + 1


def _gained(statement: Statement, bench: Bench) -> None:
    same("noun", statement.said["noun"], noun(bench.metric))
    earlier = bench.period.before()
    now, before = bench.cell(statement.a, bench.period), bench.cell(statement.a, earlier)
    if (unfit := apart(now, before, bench.period, earlier)) is not None:
        raise Wrong(unfit)
    if now.value < before.value:
        raise Wrong("a sum of all fell")
    within(printed.count(statement.said["gain"]), now.value - before.value)


def _refuse_breaks(statement: Statement, bench: Bench) -> None:
    """What is stated across a known break, or on spoilt figures of those it names, without a caveat."""
    cells: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for fact in bench.evidence():
        cell = bench.truth.cell(fact.metric, fact.subjects[0], fact.window) if fact.window else None
        if cell is not None:
            cells[cell.metric, cell.subject].append(cell)
    for (metric, subject), found in cells.items():
        met = [*_met(statement, found)] if subject in statement.named else []
        if met and not caveated(bench.edition, bench.cited[0].post, metric, subject):
            raise Wrong(f"stands on a known break: {', '.join(met)}")


def _met(statement: Statement, cells: Sequence[Cell]) -> Iterator[str]:
    if statement.kind in _OVER_TIME:
        yield from breaks.crossed(cells)
    yield from breaks.spoilt(cells)


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


def _all_of(words: str) -> int:
    return 2 if words == "both" else printed.number_word(words.removeprefix("all "))


_KINDS: Mapping[str, Callable[[Statement, Bench], None]] = {
    "tally": _tally, "lead": _lead, "level": _level, "ratio": _ratio, "growth": _growth, "changed": _growth,
    "multiplied": _multiplied, "share": _share, "rank": _rank, "rank_change": _rank_change, "gained": _gained, "fastest": history.fastest, "alike": history.alike,
    "overtook": history.overtook, "record": history.record, "first": history.first,
}  # fmt: skip
_OVER_TIME = frozenset({"growth", "changed", "multiplied", "rank_change", "gained", "fastest", "alike"})
