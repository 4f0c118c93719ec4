"""What a statement is judged by: the truth of the day, the facts it cites, and comparisons that say what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.independent import printed
from tests.independent.edition import Edition, Fact
from tests.independent.grammar import Statement
from tests.independent.noise import per_day
from tests.independent.truth import FAMILIES, FOUR, Truth, together
from tests.independent.values import Cell, Window, period


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
        aside = self.edition.set_aside(self.metric, subject)
        found = self.truth.standing(self.metric, subject, when, aside)
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

    def shows(self, cell: Cell) -> bool:
        """Whether the edition has this figure at all: of what it has not, its charts say so."""
        return any(
            (fact.metric, fact.subjects, fact.window) == (cell.metric, (cell.subject,), cell.window)
            for fact in self.edition.facts.values()
        )

    def all_cells(self, subjects: Sequence[str], when: Window) -> list[Cell]:
        """Those of some subjects there are, whether or not they are cited."""
        return [cell for subject in subjects for cell in self.truth.standing(self.metric, subject, when)[:1]]


def changed_by(said: Mapping[str, str], now: Cell, before: Cell) -> None:
    ratio = per_day(now) / per_day(before) if before.value else None
    if "times" in said:
        if ratio is None:
            raise Wrong("is a multiple of nought")
        return within(printed.times(said["times"]), ratio)
    size = said["size"]
    if size.endswith("points"):
        return within(printed.points(size.split()[0]), abs(now.value - before.value))
    if size.endswith("%"):
        if now.metric.endswith("_use") or ratio is None:
            raise Wrong("tells a change of shares in percent, not in points")
        return within(printed.percent(size), 100 * abs(ratio - 1))
    return within(printed.count(size.split()[0]), abs(now.value - before.value))


def caveated(edition: Edition, post: int, metric: str, subject: str) -> bool:
    """Whether a post says a gate's sentence about these figures: by its verdict, or because a person accepted what it held."""
    said = "\n".join(surface.text for surface in edition.surfaces() if surface.post == post)
    return any(
        gate["metric"] == metric
        and (not gate["subjects"] or subject in gate["subjects"])
        and (gate["verdict"] == "caveat" or gate.get("accepted"))
        and gate["sentence"].rstrip(".")
        and gate["sentence"].rstrip(".") in said
        for gate in edition.gates
    )


def comparable(cells: Sequence[Cell], when: Window) -> None:
    if len(cells) and (refused := together(cells, when)) is not None:
        raise Wrong(refused)


def earlier_of(statement: Statement, when: Window) -> Window:
    match statement.earlier:
        case "the same month a year before":
            return when.year_before()
        case "the year before" | "the month before" if statement.earlier == f"the {when.length} before":
            return when.before()
        case _:
            raise Wrong(f'does not say what a {when.length} is measured from ("{statement.earlier}")')


def same(what: str, said: object, true: object) -> None:
    if said != true:
        raise Wrong(f"{what}: it says {said}, and it is {true}")


def within(said: printed.Range, true: float) -> None:
    if not said.holds(true):
        raise Wrong(f"it says {said.low:.6g} to {said.high:.6g}, and it is {true:.6g}")
