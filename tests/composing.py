"""
Editions of a report composed as of their own time from one file of observations, for checkers that know nothing of `bot`.

    python -m tests.composing REPORT FILE.csv FROM TO OUT [--folder DIR]

Without the last four, a JSON list of them is read from standard input.
Each period is told a week after its end, from the rows that had been retrieved by then. Charts are described, not painted.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot import pipeline, plugins, wiring
from bot.charts.sheet import table
from bot.compose.documents import as_file, facts_document, thread_document
from bot.domain.period import Period
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
    told = [compose(options.report, Path(data), first, last, Path(out), options.folder) for data, first, last, out in jobs]
    composed, silent, crashed = (sum(counts) for counts in zip(*told, strict=True))
    sys.stdout.write(f"{composed} editions composed, {silent} periods gave none, {crashed} crashed\n")
    return 1 if crashed else 0


def compose(report: str, data: Path, first: str, last: str, out: Path, folder: Path) -> tuple[int, int, int]:
    """How many editions were written under `out`, how many periods gave none, and how many crashed."""
    with data.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    read_on = header.index("retrieved_at")
    composed = silent = crashed = 0
    for period in _periods(first, last):
        now = period.end + LAG
        part = out / f"{period.key}.csv"
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(
                [header, *(row for row in rows if row[read_on] <= now.date().isoformat())]
            )
        try:
            _edition(report, part, period, now, out / period.key, folder)
            composed += 1
        except ThreadmillError as error:
            sys.stderr.write(f"{period.key}: {str(error).splitlines()[0]}\n")
            silent += 1
        except Exception:  # a crash is what a checker of many editions is there to find: the others are composed all the same
            (out / period.key).mkdir(parents=True, exist_ok=True)
            (out / period.key / "crash.txt").write_text(traceback.format_exc(), encoding="utf-8")
            sys.stderr.write(f"{period.key}: crashed, see crash.txt\n")
            crashed += 1
        finally:
            part.unlink()
    return composed, silent, crashed


def _edition(report: str, data: Path, period: Period, now: dt.datetime, out: Path, folder: Path) -> None:
    house = wiring.house(now.isoformat(), folder)
    recipe = wiring.report(house, report)
    sources = wiring.sources(house, recipe, [data])
    story = pipeline.collect(recipe, period, sources, None, lambda: now, _silent)
    edition = pipeline.tell(story, now, wiring.limits(recipe.network), _described, _silent).edition
    out.mkdir(parents=True, exist_ok=True)
    (out / "thread.json").write_text(as_file(thread_document(edition)), encoding="utf-8")
    (out / "facts.json").write_text(as_file(facts_document(edition)), encoding="utf-8")


def _described(jobs: Sequence[tuple[str, ChartData]]) -> Iterator[Chart]:
    """Charts with their own words and a grey picture: nobody looks at these."""
    for kind, data in jobs:
        room = plugins.load("charts", kind, ("NOUN", "draw", "describe"))
        yield Chart(png(20), 4, 4, data.title, room.describe(data), table.table(data))


def _periods(first: str, last: str) -> Iterator[Period]:
    at, end = Period.parse(first), Period.parse(last)
    while at.start <= end.start:
        yield at
        at = at.following()


def _silent(_step: str, _done: int, _total: int) -> None:
    """Nobody is watching."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
