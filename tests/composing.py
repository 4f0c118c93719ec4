"""
Editions of a report composed as of their own time from one file of observations, for checkers that know nothing of `bot`.

    python -m tests.composing REPORT FILE.csv FROM TO OUT [--folder DIR]

Without the last four, a JSON list of jobs is read from standard input: each is [FILE.csv, FROM, TO, OUT], and may go on with the
file whose figures the edition before cited, and "ungated" for one that no gate looks at. Each period is told a week after its
end, from what had been published by then. Charts are laid out, to know whether their caveats find room, and not painted.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from bot import asking, pipeline, plugins, wiring
from bot.analysis.figures import newest
from bot.charts.sheet import table
from bot.charts.sheet.canvas import says, settled
from bot.collection import Gathered, gather
from bot.compose.documents import as_file, facts_document, thread_document
from bot.domain.gate import Past
from bot.domain.measure import Observation
from bot.domain.period import Period
from bot.domain.report import Report
from bot.domain.thread import Chart
from bot.errors import ThreadmillError
from bot.ports import ChartData
from tests.crashes.thread import png

LAG = dt.timedelta(days=7)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("report")
    parser.add_argument("job", nargs="*", help="FILE.csv FROM TO OUT")
    parser.add_argument("--folder", type=Path, default=Path("tests/independent"))
    options = parser.parse_args(arguments)
    jobs = [options.job] if options.job else json.load(sys.stdin)
    told = [compose(options.report, Path(job[0]), *job[1:3], Path(job[3]), options.folder, *job[4:]) for job in jobs]
    composed, silent, crashed = (sum(counts) for counts in zip(*told, strict=True))
    sys.stdout.write(f"{composed} editions composed, {silent} periods gave none, {crashed} crashed\n")
    return 1 if crashed else 0


def compose(
    report: str, data: Path, first: str, last: str, out: Path, folder: Path, forerunner: str = "", gates: str = ""
) -> tuple[int, int, int]:
    """
    How many editions were written under `out`, how many periods gave none, and how many crashed.

    The edition before cited what stood in the file `forerunner`, or else in the same file, when it was told.
    """
    recipe = _recipe(report, folder)
    periods = list(_periods(first, last))
    try:
        gathered = _gathered(report, folder, data, last)
    except ThreadmillError as error:
        sys.stderr.write(f"{data.name}: {str(error).splitlines()[0]}\n")
        return 0, len(periods), 0
    before = _read_once(report, folder, forerunner, last) if forerunner else gathered
    composed = silent = crashed = 0
    for period in periods:
        try:
            with _gates(gates):
                _edition(recipe, period, gathered, before, out / period.key)
            composed += 1
        except ThreadmillError as error:
            sys.stderr.write(f"{period.key}: {str(error).splitlines()[0]}\n")
            silent += 1
        except Exception:  # a crash is what a checker of many editions is there to find: the others are composed all the same
            (out / period.key).mkdir(parents=True, exist_ok=True)
            (out / period.key / "crash.txt").write_text(traceback.format_exc(), encoding="utf-8")
            sys.stderr.write(f"{period.key}: crashed, see crash.txt\n")
            crashed += 1
    return composed, silent, crashed


@cache
def _recipe(report: str, folder: Path) -> Report:
    return wiring.report(wiring.house(None, folder), report)


@cache
def _read_once(report: str, folder: Path, file: str, last: str) -> list[Gathered]:
    """A file that many jobs name."""
    return _gathered(report, folder, Path(file), last)


def _gathered(report: str, folder: Path, data: Path, last: str) -> list[Gathered]:
    house, recipe = wiring.house(None, folder), _recipe(report, folder)
    return gather(recipe, Period.parse(last), asking.sources(house, recipe, [data]), None, _silent)


def _edition(recipe: Report, period: Period, gathered: Sequence[Gathered], before: Sequence[Gathered], out: Path) -> None:
    now = period.end + LAG
    past = Past(_cited(before, period.previous().end + LAG), known_by=now)
    story = pipeline.weigh(recipe, period, gathered, now, past)
    edition = pipeline.tell(story, now, wiring.limits(recipe.network), _laid_out, _silent).edition
    out.mkdir(parents=True, exist_ok=True)
    (out / "thread.json").write_text(as_file(thread_document(edition)), encoding="utf-8")
    (out / "facts.json").write_text(as_file(facts_document(edition)), encoding="utf-8")


def _cited(gathered: Sequence[Gathered], then: dt.datetime) -> tuple[Observation, ...]:
    """What stood at an instant; all of it counts as told."""
    known = [seen for one in gathered for seen in one.observations if seen.period.end <= then and seen.known_at <= then]
    return tuple(newest(known))


def _gates(which: str) -> AbstractContextManager[Any]:
    return mock.patch.object(pipeline, "judge", return_value=[]) if which == "ungated" else nullcontext()


def _laid_out(jobs: Sequence[tuple[str, ChartData]]) -> Iterator[Chart]:
    """Charts with their own words and a grey picture: nobody looks at these."""
    for kind, data in jobs:
        room = plugins.load("charts", kind, ("NOUN", "draw", "describe"))
        alt_text = room.describe(data)
        shown = not data.caveat.text or (data.caveat.text in alt_text.text and _finds_room(room, data))
        yield Chart(png(20), 4, 4, data.title, alt_text, table.table(data), shown)


def _finds_room(room: Any, data: ChartData) -> bool:
    with settled():
        return says(room.draw(data), data.caveat.text)


def _periods(first: str, last: str) -> Iterator[Period]:
    at, end = Period.parse(first), Period.parse(last)
    while at.start <= end.start:
        yield at
        at = at.following()


def _silent(_step: str, _done: int, _total: int) -> None:
    """Nobody is watching."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
