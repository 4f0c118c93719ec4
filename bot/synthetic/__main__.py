"""`python -m bot.synthetic KIND OUT`: makes a folder of made-up raw data."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from bot.errors import BadInput, ThreadmillError
from bot.synthetic import logs, notebooks
from bot.synthetic._folder import made


class _Size(Protocol):
    @property
    def size(self) -> str: ...

    @property
    def options(self) -> str: ...


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
        if isinstance(asked, logs.Logs):
            logs.make(asked, out, given.seed, given.processes)
        else:
            notebooks.make(asked, out, given.seed, given.processes)
    return asked.size


def _asked(given: argparse.Namespace) -> logs.Logs | notebooks.Notebooks:
    if given.kind == "logs":
        return logs.Logs(given.rows, _month(given.start), given.months, given.packages, given.thin)
    return notebooks.Notebooks(given.kernels, _month(given.start), given.months, given.cells, given.outputs_kb)


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


if __name__ == "__main__":
    sys.exit(main())
