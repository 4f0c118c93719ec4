"""`python -m bot.synthetic KIND OUT`: makes a folder of made-up raw data."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.errors import BadInput, ThreadmillError
from bot.synthetic import events, logs, notebooks, surveys
from bot.synthetic._folder import made

_Asked = logs.Logs | notebooks.Notebooks | surveys.Surveys | events.Events


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 made, 2 an option or the folder is refused."""
    given = _parser().parse_args(arguments)
    try:
        size = _make(given)
    except ThreadmillError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"{given.out}: {size}")
    return 0


def _make(given: argparse.Namespace) -> str:
    asked = _asked(given)
    if given.processes < 1:
        raise BadInput(f"--processes {given.processes}: nobody would do the work. Give a number from 1.")
    command = f"python -m bot.synthetic {given.kind} OUT --seed {given.seed} {asked.options}"
    with made(given.out, command, asked.size) as out:
        _write(asked, out, given.seed, given.processes)
    return asked.size


def _asked(given: argparse.Namespace) -> _Asked:
    match given.kind:
        case "logs":
            return logs.Logs(given.rows, _month(given.start), given.months, given.packages, given.thin)
        case "notebooks":
            return notebooks.Notebooks(given.kernels, _month(given.start), given.months, given.cells, given.outputs_kb)
        case "surveys":
            return surveys.Surveys(given.respondents)
        case _:
            return events.Events(_day(given.start), given.days, given.events_per_hour)


def _write(asked: _Asked, out: Path, seed: int, processes: int) -> None:
    match asked:
        case logs.Logs():
            logs.make(asked, out, seed, processes)
        case notebooks.Notebooks():
            notebooks.make(asked, out, seed, processes)
        case surveys.Surveys():
            surveys.make(asked, out, seed, processes)
        case events.Events():
            events.make(asked, out, seed, processes)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"--start {text} is no day. It is written with the year first. Write it like 2025-01-31.") from error


def _month(text: str) -> dt.date:
    try:
        return dt.datetime.strptime(text, "%Y-%m").replace(tzinfo=dt.UTC).date()
    except ValueError as error:
        raise BadInput(f"--start {text} is no month. It is written with the year first. Write it like 2025-01.") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot.synthetic", description="Make a folder of made-up raw data.")
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    _logs(kinds.add_parser("logs", help="downloads from PyPI, as BigQuery has them, in Parquet"))
    _notebooks(kinds.add_parser("notebooks", help="Meta Kaggle's tables and the sources of Meta Kaggle Code"))
    _surveys(kinds.add_parser("surveys", help="answers laid out as Kaggle's and as Stack Overflow's surveys"))
    _events(kinds.add_parser("events", help="GitHub's events by the hour, as GH Archive has them"))
    for kind in kinds.choices.values():
        kind.add_argument("out", type=Path, metavar="OUT", help="a new or empty folder, or one that was made here before")
        kind.add_argument("--seed", type=int, default=1, help="the same seed and size give the same bytes (%(default)s)")
        kind.add_argument("--processes", type=int, default=1, metavar="N", help="work on parts side by side (%(default)s)")
    return parser


def _logs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N", help="downloads in all (%(default)s)")
    parser.add_argument("--start", default="2025-01", metavar="YYYY-MM", help="the first month (%(default)s)")
    parser.add_argument("--months", type=int, default=3, metavar="N")
    parser.add_argument("--packages", type=int, default=40, metavar="N")
    parser.add_argument("--thin", action="store_true", help="only the columns that a count by month, package and CI needs")


def _notebooks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--kernels", type=int, default=1000, metavar="N", help="notebooks and scripts, with versions (%(default)s)"
    )
    parser.add_argument("--start", default="2023-01", metavar="YYYY-MM", help="the first month (%(default)s)")
    parser.add_argument("--months", type=int, default=24, metavar="N")
    parser.add_argument("--cells", type=int, default=12, metavar="N", help="of code, about, in a notebook (%(default)s)")
    parser.add_argument("--outputs-kb", type=int, default=20, metavar="N", help="the largest picture in an output (%(default)s)")


def _surveys(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--respondents", type=int, default=10_000, metavar="N", help="to each of the two (%(default)s)")


def _events(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--start", default="2025-01-01", metavar="YYYY-MM-DD", help="the first day (%(default)s)")
    parser.add_argument("--days", type=int, default=3, metavar="N")
    parser.add_argument("--events-per-hour", type=int, default=1000, metavar="N")


if __name__ == "__main__":
    sys.exit(main())
