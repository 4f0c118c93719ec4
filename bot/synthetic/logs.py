"""
Downloads from PyPI in the schema of BigQuery's `bigquery-public-data.pypi.file_downloads`, as Parquet, a file for each day.

`YYYY-MM/DD.parquet` holds the downloads of one UTC day in row groups of at most 2^18 rows, each sorted by file and client:
BigQuery clusters the table by project, and what is alike takes little room. A day depends on the seed, its date, the packages
and its number of rows alone. Beside them `truth.csv` has how many rows of each month and package there are: by mirrors, by
nobody named, and by all others with and without CI.

True to life: few packages have most downloads; some grow by the month, some shrink; a weekend has six tenths of a working day;
mirrors fetch every file alike and make a fifth of all rows; `details` is null where nothing could be read, and its installer
null at one in a hundred; `ci` is true, false or null.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bot.errors import BadInput
from bot.synthetic import _clients
from bot.synthetic._downloads import tables
from bot.synthetic._draws import SLOTS, spread, words
from bot.synthetic._parts import each

ROW_GROUP: Final = 1 << 18
MOST_PACKAGES: Final = 2000
"""Each has 18 files, and each file at least one of 2^16 slots."""
_WEEKDAY: Final = (100, 104, 105, 103, 96, 62, 60)
MOST_MONTHS: Final = 240
TRUTH: Final = ("month", "project", "rows", "by_mirrors", "by_nobody_named", "ci_true", "ci_false", "ci_null")
"""The last three are of the rows that are neither by mirrors nor by nobody named."""


@dataclass(frozen=True)
class Logs:
    """What is asked for. `thin` leaves only the columns that a count needs."""

    rows: int
    first: dt.date
    months: int
    packages: int
    thin: bool = False

    def __post_init__(self) -> None:
        _refuse_without_pyarrow()
        if self.rows < 1 or not 1 <= self.months <= MOST_MONTHS:
            raise BadInput(
                f"--rows {self.rows} --months {self.months}: a log has at least one row, and 1 to {MOST_MONTHS} months. Give "
                "such numbers."
            )
        if not 4 <= self.packages <= MOST_PACKAGES:
            raise BadInput(
                f"--packages {self.packages} is too few or too many: rows are drawn from a table of {SLOTS:,} slots. Give a "
                f"number from 4 to {MOST_PACKAGES:,}."
            )

    @property
    def size(self) -> str:
        return f"{self.rows:,} downloads of {self.packages} packages in {self.months} months from {self.first:%Y-%m}"

    @property
    def options(self) -> str:
        thin = " --thin" if self.thin else ""
        return f"--rows {self.rows} --start {self.first:%Y-%m} --months {self.months} --packages {self.packages}{thin}"


@dataclass(frozen=True)
class Day:
    """A part: one file."""

    date: dt.date
    month: int
    rows: int


Counts = Counter[tuple[str, str, str]]
"""Rows by month, package and whose they are: a column of TRUTH from the fourth on."""


def make(logs: Logs, out: Path, seed: int, processes: int) -> None:
    """Writes everything below `out`."""
    parts = days(logs)
    for day in parts:
        _path(out, day).parent.mkdir(exist_ok=True)
    counts: Counts = Counter()
    for found in each(partial(_write, logs, out, seed), parts, processes):
        counts.update(found)
    with (out / "truth.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows((TRUTH, *_truth(logs, counts)))


def days(logs: Logs) -> list[Day]:
    """Every day with rows; together they have as many as were asked for."""
    dates = [date for month in range(logs.months) for date in _dates(_later(logs.first, month))]
    of_month = [(date.year - logs.first.year) * 12 + date.month - logs.first.month for date in dates]
    names = _clients.packages(logs.packages)
    whole = [sum(_clients.weight(at, name, month) for at, name in enumerate(names)) for month in range(logs.months)]
    weights = [whole[month] * _WEEKDAY[date.weekday()] for date, month in zip(dates, of_month, strict=True)]
    rows = spread(logs.rows, weights)
    return [Day(date, month, count) for date, month, count in zip(dates, of_month, rows, strict=True) if count]


def _refuse_without_pyarrow() -> None:
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise BadInput(
            "pyarrow is not installed, and logs are written as Parquet. It comes with the engines, which are extras. "
            'Install it: pip install "threadmill[duckdb]".'
        ) from error


def _later(first: dt.date, months: int) -> dt.date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return dt.date(year, month + 1, 1)


def _dates(first: dt.date) -> Iterator[dt.date]:
    after = _later(first, 1)
    return (first + dt.timedelta(days=number) for number in range((after - first).days))


def _path(out: Path, day: Day) -> Path:
    return out / f"{day.date:%Y-%m}" / f"{day.date:%d}.parquet"


def _write(logs: Logs, out: Path, seed: int, day: Day) -> Counts:
    """The day's file, a row group after the other, so that memory does not grow with the rows."""
    import pyarrow.parquet

    month = tables(logs.packages, day.month, logs.thin)
    counts: Counts = Counter()
    with pyarrow.parquet.ParquetWriter(
        _path(out, day),
        month.schema(),
        version="2.6",
        compression="zstd",
        compression_level=3,
        use_dictionary=True,
        store_schema=False,  # else pyarrow would read dictionaries back where the schema says text
    ) as writer:
        for number, start in enumerate(range(0, day.rows, ROW_GROUP)):
            rows = month.draw(words(seed, "logs", f"{day.date}/{number}", min(ROW_GROUP, day.rows - start)))
            writer.write_table(month.table(day.date, rows), row_group_size=ROW_GROUP)
            for (project, client), count in month.counts(rows).items():
                counts[f"{day.date:%Y-%m}", project, _whose(client)] += count
    return counts


def _whose(client: _clients.Client) -> str:
    if client.mirror:
        return "by_mirrors"
    if client.installer is None:
        return "by_nobody_named"
    return {True: "ci_true", False: "ci_false", None: "ci_null"}[client.ci]


def _truth(logs: Logs, counts: Counts) -> Iterator[tuple[str | int, ...]]:
    months = [f"{_later(logs.first, month):%Y-%m}" for month in range(logs.months)]
    for month in months:
        for name in _clients.packages(logs.packages):
            parts = [counts[month, name, whose] for whose in TRUTH[3:]]
            yield (month, name, sum(parts), *parts)
