"""A whole edition, or many: every statement, every number, every length; what was checked, and what failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.independent import breaks, edition, figures, grammar, length, statements
from tests.independent.bench import Wrong
from tests.independent.edition import Edition, Surface
from tests.independent.truth import Truth
from tests.independent.values import Cell

LIMIT = 280


@dataclass(frozen=True)
class Failure:
    """What is false, and where it stands. `cited`: not what is printed, but a figure that it says it rests on."""

    edition: str
    post: int
    where: str
    text: str
    why: str
    cited: bool = False

    def __str__(self) -> str:
        return f'{self.edition} post {self.post} {self.where}: "{self.text}" {self.why}'


@dataclass
class Report:
    """What was checked. `breaks` counts, for each known break, the editions it concerns by how they deal with it."""

    editions: int = 0
    posts: int = 0
    statements: Counter[str] = field(default_factory=Counter)
    numbers: int = 0
    observations: int = 0
    failures: list[Failure] = field(default_factory=list)
    breaks: dict[str, Counter[str]] = field(default_factory=dict)

    def table(self) -> str:
        """The report as people read it."""
        lines = [f"editions {self.editions}, posts {self.posts}, statements {self.statements.total()}, numbers {self.numbers}, "
                 f"observations {self.observations}, failures {len(self.failures)}"]  # fmt: skip
        lines += [f"  {kind:<12}{count:>7}" for kind, count in self.statements.most_common()]
        for name, ways in self.breaks.items():
            lines.append(f"  {name:<34}" + ", ".join(f"{way} {count}" for way, count in sorted(ways.items())))
        return "\n".join([*lines, *map(str, self.failures)])


def check(folders: Iterable[Path], cells: Sequence[Cell]) -> Report:
    """The report of the editions in some folders."""
    return check_all((edition.read(folder) for folder in folders), cells)


def check_all(editions: Iterable[Edition], cells: Sequence[Cell]) -> Report:
    """The report of some editions."""
    report = Report()
    for one in editions:
        _check_edition(one, Truth(cells, one.as_of), report)
    return report


def found(folders: Iterable[Path]) -> list[Path]:
    """The edition folders at or below some folders."""
    found = {path.parent for folder in folders for path in folder.rglob("thread.json")}
    return sorted(one for one in found if one.name != "evidence")  # a preview with its evidence holds every edition twice


def _check_edition(one: Edition, truth: Truth, report: Report) -> None:
    report.editions += 1
    report.posts += len(one.posts)
    report.failures += _form(one)
    name = f"{one.report}/{one.period.name}"
    for fact in one.facts.values():
        report.observations += fact.kind == "observation"
        if (why := figures.check_fact(fact, one, truth)) is not None:
            report.failures.append(Failure(name, fact.post, fact.where, fact.text, why, cited=True))
    for surface in one.surfaces():
        report.failures += [
            Failure(name, surface.post, surface.where, text, why) for text, why in _surface(surface, one, truth, report)
        ]
    reported = [failure.why for failure in report.failures if failure.edition == name]
    for key in breaks.names():
        if breaks.concerned(key, one.period):
            way = "reported" if any(key in why for why in reported) else _dealt_with(one, key)
            report.breaks.setdefault(key, Counter())[way] += 1


def _surface(surface: Surface, one: Edition, truth: Truth, report: Report) -> Iterator[tuple[str, str]]:
    stated = []
    for read in grammar.parse(surface.text):
        if isinstance(read, grammar.Riddle):
            yield read.text, "cannot be parsed, and seems to state something"
            continue
        stated.append(read)
        report.statements[read.kind] += 1
        try:
            statements.judge(read, surface, one, truth)
        except Wrong as wrong:
            yield read.text, str(wrong)
    for number in figures.numbers(surface.text):
        report.numbers += 1
        if (why := figures.check_number(number, surface, one, truth, stated)) is not None:
            yield number.text, why
    yield from figures.check_courses(surface, one, truth)


def _form(one: Edition) -> Iterator[Failure]:
    """Lengths by a rule of our own, the numbering, and texts that stand twice."""
    name, total = f"{one.report}/{one.period.name}", len(one.posts)
    for at, post in enumerate(one.posts, 1):
        weight = length.weight(post["text"])
        if weight > LIMIT or weight != post["weighted_length"]:
            yield Failure(name, at, "text", post["text"][:40], f"weighs {weight} of {LIMIT}, and says {post['weighted_length']}")
        if (post["position"], post["total"]) != (at, total):
            yield Failure(name, at, "text", f"{post['position']}/{post['total']}", f"is post {at} of {total}")
        if total > 1 and not post["text"].rstrip().endswith(f"{at}/{total}"):
            yield Failure(name, at, "text", post["text"][-10:], f"does not end with {at}/{total}")
    bodies = Counter(post["text"].rpartition("\n")[0] for post in one.posts)
    for body, count in bodies.items():
        if count > 1:
            yield Failure(name, 0, "text", body[:40], f"stands {count} times")


def _dealt_with(one: Edition, key: str) -> str:
    """How an edition that reports nothing upon a break it is concerned by comes by that: "held", "caveated", or "not stated"."""
    metrics = {
        metric for each in (*breaks.CHANGES, *breaks.SPOILT, breaks.SHRINKING) if each.name == key for metric in each.metrics
    }
    verdicts = {
        gate["verdict"]
        for gate in one.gates
        if gate["metric"] in metrics
        and (
            not (windows := gate.get("windows"))
            or any(edition.window_of(window).overlaps(breaks.span(key)) for window in windows)
        )
    }
    if metrics & one.held or verdicts & {"hold", "skip"}:
        return "held"
    return "caveated" if "caveat" in verdicts else "not stated"
