"""
Downloads from PyPI in the schema of BigQuery's `bigquery-public-data.pypi.file_downloads`, as Parquet, a file for each day.

`YYYY-MM/DD.parquet` holds the downloads of one UTC day in row groups of at most 2^18 rows, each sorted by file and client:
BigQuery clusters the table by project, and what is alike takes little room. A day depends on the seed, its date, the packages and
its number of rows alone. Beside them `truth.csv` has how many rows of each month and package there are: by mirrors, by nobody
named, and by all others with and without CI.

True to life: few packages have most downloads; some grow by the month, some shrink; a weekend has six tenths of a working day;
mirrors fetch every file alike and make a fifth of all rows; `details` is null where nothing could be read, and its installer null
at one in a hundred; `ci` is true, false or null.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot.errors import BadInput
from bot.synthetic import _clients
from bot.synthetic._draws import SLOTS, slots, spread, words
from bot.synthetic._parts import each

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROW_GROUP: Final = 1 << 18
MOST_PACKAGES: Final = 2000
"""Each has 18 files, and each file at least one of 2^16 slots."""
_DAY_S: Final = 86_400
_WEEKDAY: Final = (100, 104, 105, 103, 96, 62, 60)
_HOUR: Final = (36, 34, 33, 33, 35, 39, 44, 50, 55, 57, 57, 56, 56, 59, 62, 62, 60, 57, 53, 50, 47, 44, 41, 38)
_BITS: Final = 11, 17, 8
"""Of a client, a second of the day, and a country with its TLS, in the one number that a block is sorted by."""
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
        if self.rows < 1 or self.months < 1:
            raise BadInput(
                f"--rows {self.rows} --months {self.months}: nothing to make. A log has at least one row and one month. Give "
                "both a number from 1."
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
    """
    Writes everything below `out`.

    Raises:
        BadInput: pyarrow is not installed.
    """
    _refuse_without_pyarrow()
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

    tables = _Tables(logs, day.month)
    counts: Counts = Counter()
    with pyarrow.parquet.ParquetWriter(
        _path(out, day),
        tables.schema(),
        version="2.6",
        compression="zstd",
        compression_level=3,
        use_dictionary=True,
        store_schema=False,  # else pyarrow would read dictionaries back where the schema says text
    ) as writer:
        for number, start in enumerate(range(0, day.rows, ROW_GROUP)):
            rows = tables.draw(words(seed, "logs", f"{day.date}/{number}", min(ROW_GROUP, day.rows - start)))
            writer.write_table(tables.table(day.date, rows), row_group_size=ROW_GROUP)
            counts.update(tables.count(f"{day.date:%Y-%m}", rows))
    return counts


@dataclass(frozen=True)
class _Rows:
    """Which file, client, second of the day, and country with TLS each row has, as indexes."""

    files: NDArray[np.int64]
    clients: NDArray[np.int64]
    seconds: NDArray[np.int64]
    places: NDArray[np.int64]


class _Tables:
    """What rows of one month are drawn from."""

    def __init__(self, logs: Logs, month: int) -> None:
        import numpy as np

        self._thin = logs.thin
        self._files = _clients.files(logs.packages)
        self._clients = _clients.clients()
        self._places = [(country, tls) for country in _clients.COUNTRIES for tls in _clients.TLS]
        names = _clients.packages(logs.packages)
        wanted = [_clients.weight(file.package, names[file.package], month) * file.weight for file in self._files]
        self._wanted, self._alike = slots(wanted), slots([1] * len(self._files))
        self._client = slots([client.weight for client in self._clients])
        self._place = slots([one * two for one in _clients.COUNTRIES.values() for two in _clients.TLS.values()])
        self._second = _seconds()
        self._mirror = np.array([client.mirror for client in self._clients])

    def draw(self, drawn: NDArray[np.uint64]) -> _Rows:
        """A row of each word: a quarter of it each for file, client, second and place. Sorted in that order."""
        import numpy as np

        file, client, second, place = (drawn >> np.uint64(shift) & np.uint64(SLOTS - 1) for shift in (48, 32, 16, 0))
        clients = self._client[client]
        files = np.where(self._mirror[clients], self._alike[file], self._wanted[file])
        for_client, for_second, for_place = _BITS
        keys = ((files << for_client | clients) << for_second | self._second[second]) << for_place | self._place[place]
        keys.sort()
        places, keys = keys & ((1 << for_place) - 1), keys >> for_place
        seconds, keys = keys & ((1 << for_second) - 1), keys >> for_second
        return _Rows(keys >> for_client, keys & ((1 << for_client) - 1), seconds, places)

    def count(self, month: str, rows: _Rows) -> Counts:
        import numpy as np

        package = np.array([file.package for file in self._files])[rows.files]
        found, counts = np.unique(package * len(self._clients) + rows.clients, return_counts=True)
        names = _clients.packages(int(package.max()) + 1)
        told: Counts = Counter()
        for key, count in zip(found.tolist(), counts.tolist(), strict=True):
            at, client = divmod(key, len(self._clients))
            told[month, names[at], _whose(self._clients[client])] += count
        return told

    def schema(self) -> Any:
        return self.table(dt.date(1970, 1, 1), self.draw(words(0, "logs", "schema", 1))).schema

    def table(self, day: dt.date, rows: _Rows) -> Any:
        """A pyarrow table of the rows."""
        import pyarrow as pa

        midnight_us = (day - dt.date(1970, 1, 1)).days * _DAY_S * 1_000_000
        times = pa.array(rows.seconds * 1_000_000 + midnight_us, pa.timestamp("us", "UTC"))
        return pa.table({"timestamp": times, **(self._few(rows) if self._thin else self._all(rows))})

    def _few(self, rows: _Rows) -> dict[str, Any]:
        project = _Column([file.project for file in self._files]).at(rows.files)
        details = self._details(rows, {"installer": self._installer(rows, thin=True), "ci": self._ci(rows)})
        return {"project": project, "file": _struct({"project": project}), "details": details}

    def _all(self, rows: _Rows) -> dict[str, Any]:
        files = {name: _Column([getattr(file, name) for file in self._files]).at(rows.files) for name in _FILE}
        places = {
            "country_code": _Column([country for country, _ in self._places]).at(rows.places),
            "tls_protocol": _Column([tls[0] for _, tls in self._places]).at(rows.places),
            "tls_cipher": _Column([tls[1] for _, tls in self._places]).at(rows.places),
        }
        return {
            "country_code": places["country_code"],
            "url": files["url"],
            "project": files["project"],
            "file": _struct({name: files[name] for name in ("filename", "project", "version", "type")}),
            "details": self._details(rows, self._told(rows)),
            "tls_protocol": places["tls_protocol"],
            "tls_cipher": places["tls_cipher"],
        }

    def _told(self, rows: _Rows) -> dict[str, Any]:
        libc = self._of_clients(rows, {"lib": "libc", "version": "libc_version"})
        distro = self._of_clients(rows, {"name": "distro", "version": "distro_version", "id": "distro_id"})
        return {
            "installer": self._installer(rows, thin=False),
            **self._of_clients(rows, {"python": "python"}),
            "implementation": _struct(self._of_clients(rows, {"name": "implementation", "version": "python"})),
            "distro": _struct({**distro, "libc": _struct(libc)}),
            "system": _struct(self._of_clients(rows, {"name": "system", "release": "release"})),
            **self._of_clients(
                rows,
                {"cpu": "cpu", "openssl_version": "openssl", "setuptools_version": "setuptools", "rustc_version": "rustc"},
            ),
            "ci": self._ci(rows),
        }

    def _of_clients(self, rows: _Rows, names: Mapping[str, str]) -> dict[str, Any]:
        return {
            name: _Column([getattr(client, field) for client in self._clients]).at(rows.clients) for name, field in names.items()
        }

    def _installer(self, rows: _Rows, thin: bool) -> Any:
        import numpy as np
        import pyarrow as pa

        nobody = np.array([client.installer is None for client in self._clients])[rows.clients]
        if thin:
            return _struct(self._of_clients(rows, {"name": "installer"}), nobody)
        called = pa.array([list(client.subcommand) for client in self._clients], pa.list_(pa.string()))
        told = self._of_clients(rows, {"name": "installer", "version": "installer_version"})
        return _struct({**told, "subcommand": called.take(pa.array(rows.clients))}, nobody)

    def _ci(self, rows: _Rows) -> Any:
        import numpy as np
        import pyarrow as pa

        value = np.array([client.ci is True for client in self._clients])[rows.clients]
        return pa.array(value, pa.bool_(), mask=np.array([client.ci is None for client in self._clients])[rows.clients])

    def _details(self, rows: _Rows, fields: Mapping[str, Any]) -> Any:
        import numpy as np

        return _struct(fields, np.array([not client.parsed for client in self._clients])[rows.clients])


_FILE: Final = ("url", "filename", "project", "version", "type")


class _Column:
    """Texts, each once, and the index of each; None is null."""

    def __init__(self, values: Sequence[str | None]) -> None:
        self._values = list(dict.fromkeys(value for value in values if value is not None))
        place = {value: at for at, value in enumerate(self._values)}
        self._indexes = [place.get(value, -1) if value is not None else -1 for value in values]

    def at(self, rows: NDArray[np.int64]) -> Any:
        """A dictionary array of the values at these indexes."""
        import numpy as np
        import pyarrow as pa

        chosen = np.array(self._indexes, dtype=np.int32)[rows]
        return pa.DictionaryArray.from_arrays(pa.array(chosen, mask=chosen < 0), pa.array(self._values, pa.string()))


def _struct(fields: Mapping[str, Any], null: NDArray[np.bool_] | None = None) -> Any:
    import pyarrow as pa

    return pa.StructArray.from_arrays(list(fields.values()), list(fields), mask=None if null is None else pa.array(null))


def _seconds() -> NDArray[np.int64]:
    """A second of the day for each slot, from the first to the last; more of them where more is downloaded."""
    import numpy as np

    hours = slots(_HOUR)
    within = np.arange(SLOTS) - np.searchsorted(hours, hours)
    lengths = np.bincount(hours)[hours]
    seconds = hours * 3600 + within * 3600 // lengths
    seconds[-1] = _DAY_S - 1
    return seconds


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
