"""Whether a fault in the data reached a post: editions composed from spoilt files, held against the true figures."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.independent import checker, edition, faults, raw
from tests.independent.bench import caveated
from tests.independent.checker import Failure
from tests.independent.edition import Edition
from tests.independent.faults import Key, Spoilt
from tests.independent.raw import Row
from tests.independent.values import Cell


@dataclass(frozen=True)
class Outcome:
    """
    What became of one spoilt file: "no edition", "held", "caveated", "silent" (nothing wrong was said), or the fault "reached" a post.

    It is "false" there if what is printed is not so, "unsound" if it is so by good luck: it rests on a wrong cell all the same.
    """

    fault: str
    spot: str
    month: str
    way: str
    reached: tuple[str, ...] = ()


def judge(
    spoilt: Edition,
    wrong: frozenset[Key],
    truth: Sequence[Cell],
    before: Iterable[Failure] = (),
    gone: frozenset[Key] = frozenset(),
) -> list[Failure]:
    """
    What an edition from spoilt figures states that is false, or rests on a wrong cell, and no caveat names.

    `before` are the failures of the same edition from true figures, which are no fault of this one. A true figure that stands for
    a period because a nearer one is `gone` is none either; what is stated of it is judged by all that is true.
    """
    known = {(failure.where, failure.text, failure.why) for failure in before}
    found = [one for one in checker.check_all([spoilt], truth).failures if (one.where, one.text, one.why) not in known]
    if gone and any(" stands Window" in one.why for one in found):
        left = [cell for cell in truth if (cell.metric, cell.subject, cell.window) not in gone]
        still = {(one.post, one.where, one.text) for one in checker.check_all([spoilt], left).failures}
        found = [one for one in found if not one.text[:1].isdigit() or (one.post, one.where, one.text) in still]
    found += [
        Failure(
            spoilt.period.name,
            fact.post,
            fact.where,
            fact.text,
            f"rests on a wrong cell: {fact.metric} of {fact.subjects[0]}",
            True,
        )
        for fact in spoilt.facts.values()
        if fact.window is not None and (fact.metric, fact.subjects[0], fact.window) in wrong and not _true(fact, truth)
    ]
    return [one for one in found if not _excused(one, spoilt, wrong)]


def run(report: str, months: Sequence[str], seed: int, out: Path, folder: str, full: bool = False) -> list[Outcome]:
    """Every fault for an edition of each month; `full` takes each day's snapshots, not only those near a month's end."""
    truth = raw.cells()
    rows = raw.rows(cell for cell in truth if cell.metric in faults.METRICS)
    rows = rows if full else raw.thin(rows)
    spoilt = [(month, one) for month in months for one in faults.every(rows, month, seed)]
    return outcomes(report, rows, truth, spoilt, out, folder)


def outcomes(
    report: str,
    rows: Sequence[Row],
    truth: Sequence[Cell],
    spoilt: Sequence[tuple[str, Spoilt]],
    out: Path,
    folder: str,
    gates: str = "",
) -> list[Outcome]:
    """What became of some faults, each in an edition of a month; with `gates` "ungated" nobody looks at the figures."""
    out.mkdir(parents=True, exist_ok=True)
    true = out / "true.csv"
    raw.write(rows, true)
    months = dict.fromkeys(month for month, _ in spoilt)
    jobs = [(str(true), month, month, str(out / "true"), str(true)) for month in months]
    for number, (month, one) in enumerate(spoilt):
        raw.write(one.rows, out / f"{number:03d}.csv")
        jobs.append((str(out / f"{number:03d}.csv"), month, month, str(out / f"{number:03d}"), str(true)))
    compose(report, [(*job, gates) for job in jobs], folder)
    before = {month: _failures(out / "true" / month, truth) for month in months}
    found = [
        _outcome(out / f"{number:03d}" / month, month, one, truth, before[month]) for number, (month, one) in enumerate(spoilt)
    ]
    for file in out.glob("*.csv"):
        file.unlink()
    return found


def compose(report: str, jobs: Sequence[Sequence[str]], folder: str) -> None:
    """Editions of (file, from, to, out, the file whose figures the edition before cited), by another process: this one knows nothing of what composes them."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.composing", report, "--folder", folder],
        input=json.dumps(jobs), text=True, check=False, capture_output=True,
    )  # fmt: skip
    if not done.stdout:  # it tells at its end how many there are: else nobody knows who is silent and who was never asked
        raise RuntimeError(f"the editions were not composed to the end:\n{done.stderr}")


def table(outcomes: Sequence[Outcome]) -> str:
    """How each fault was met, and every statement that it reached."""
    ways = ("no edition", "held", "caveated", "silent", "unsound", "false", "crashed")
    counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(ways, 0))
    for one in outcomes:
        counts[one.fault][one.way] += 1
    lines = [f"{'fault':<22}" + "".join(f"{way:>12}" for way in ways)]
    lines += [f"{fault:<22}" + "".join(f"{row[way]:>12}" for way in ways) for fault, row in counts.items()]
    for one in outcomes:
        if one.reached:
            lines.append(f"{one.way}: {one.month} {one.fault}, {one.spot}: {len(one.reached)} statements, e.g. {one.reached[0]}")
    return "\n".join(lines)


def _outcome(folder: Path, month: str, fault: Spoilt, truth: Sequence[Cell], before: Iterable[Failure]) -> Outcome:
    spot = f"{fault.spot.metric}, {fault.spot.name}"
    if (crash := folder / "crash.txt").is_file():
        return Outcome(fault.fault, spot, month, "crashed", (crash.read_text(encoding="utf-8").splitlines()[-1],))
    if not (folder / "thread.json").is_file():
        return Outcome(fault.fault, spot, month, "no edition")
    told = edition.read(folder)
    found = judge(told, fault.wrong, truth, before, fault.gone)
    verdicts = {gate.get("verdict") for gate in told.gates if gate.get("metric") == fault.spot.metric}
    held = fault.spot.metric in told.held or verdicts & {"hold", "skip"}
    way = "held" if held else "caveated" if "caveat" in verdicts else "silent"
    if found:
        way = "unsound" if all(one.cited for one in found) else "false"
    return Outcome(fault.fault, spot, month, way, tuple(map(str, sorted(found, key=lambda one: one.cited))))


def _failures(folder: Path, truth: Sequence[Cell]) -> list[Failure]:
    return checker.check_all([edition.read(folder)], truth).failures


def _true(fact: edition.Fact, truth: Sequence[Cell]) -> bool:
    """Whether a cited figure is the true one all the same: a spoilt row may stand beside the right one."""
    return any(
        (cell.metric, cell.subject, cell.window, cell.value) == (fact.metric, fact.subjects[0], fact.window, fact.value)
        for cell in truth
    )


def _excused(failure: Failure, spoilt: Edition, wrong: frozenset[Key]) -> bool:
    """Whether the wrong figures that stand in the place of a failure are all named by a caveat of the thread."""
    behind = {
        (fact.metric, fact.subjects[0])
        for fact in spoilt.facts.values()
        if fact.post == failure.post and fact.window and (fact.metric, fact.subjects[0], fact.window) in wrong
    }
    return bool(behind) and all(caveated(spoilt, failure.post, metric, subject) for metric, subject in behind)
