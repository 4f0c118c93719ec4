"""
Downloads of the most downloaded packages of the Python Package Index, from the history of hugovk/top-pypi-packages.

Measures files served by PyPI, in downloads over a window of whole UTC days; each row has its own window. One year-long window
per list from 2018-01 to 2021-04, one of about a month from 2018-02 on. Lists do not change once written. No quota: the file is
read from disk. The repository states no licence; the numbers are facts, to be cited with repository and commit.

The file has a line per package and list: `package, window_start, window_end, window_days, downloads, installers, source, date,
window_family, commit`. `window_end` is the last day that counts: 2020-01-02 to 2020-12-31 is 365 days, and ends here on
2021-01-01. A package below the list's cut is absent, not zero. `Subject.ids["top_pypi"]` is the name on PyPI.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.domain.measure import Aggregation, Break, Coverage, Metric, Observation, Origin, Status, Subject, Unit
from bot.domain.period import Period, instant
from bot.ports import Client, Reply
from bot.sources import _files, _table

_NAME: Final = "top_pypi"
_COLUMNS: Final = (
    "package", "window_start", "window_end", "window_days", "downloads", "installers", "source", "date",
    "window_family", "commit",
)  # fmt: skip
_MEASURES: Final = "Files of the framework's main package that PyPI served to installers, as listed by top-pypi-packages."
_DOES_NOT_MEASURE: Final = (
    "People or machines in use. Build servers, containers and caches that expire count every time; conda, mirrors, other indexes "
    "and variant packages count not at all."
)
# tensorflow fell from 10.0M to 4.1M in two windows while scikit-learn fell too, and all came back in one step in the window that
# begins 2021-04-01
_RETIRED: Final = (
    Break(instant("2021-01-01"), "the table of downloads was being retired and no longer held every file served"),
    Break(instant("2021-04-01"), "figures come from the table that took its place"),
)
_KNOWN_BIASES: Final = (
    "Most downloads are automatic, and a framework that others depend on is downloaded along with them. PyTorch is often "
    "installed from its own index and so is undercounted. A package below the list's cut is absent."
)
METRICS: Final = (
    Metric(
        key="pypi_downloads_year",
        title="PyPI downloads in a year",
        unit=Unit.COUNT,
        noun="downloads",
        aggregation=Aggregation.TOTAL,
        measures=_MEASURES,
        does_not_measure=_DOES_NOT_MEASURE,
        known_biases=f"{_KNOWN_BIASES} Only pip counts. A year that reaches into the retired table is too low.",
        short="PyPI downloads",
        tolerance_days=10,
        breaks=_RETIRED,
    ),
    Metric(
        key="pypi_downloads_30d",
        title="PyPI downloads by month",
        unit=Unit.COUNT,
        noun="downloads",
        aggregation=Aggregation.TOTAL,
        measures=_MEASURES,
        does_not_measure=_DOES_NOT_MEASURE,
        known_biases=f"{_KNOWN_BIASES} Windows differ in length, so only figures per day compare. Short spikes look automatic.",
        short="PyPI, per month",
        tolerance_days=4,
        breaks=(
            # tensorflow, keras and torch went to three and a half times what they were, from the list of 2018-07-29 to 2018-09-02
            Break(instant("2018-07-26"), "the logging of downloads was mended; before, far too few were counted"),
            *_RETIRED,
            # the first such list, of 2024-11-26, overlaps the last of pip alone, which ends 2024-11-01
            Break(instant("2024-11-01"), "downloads by every installer are counted, no longer those by pip alone"),
            # the list of 2025-07-05 is the first from ClickHouse, and covers June
            Break(instant("2025-06-01"), "figures come from ClickHouse and cover calendar months"),
        ),
    ),
)
ORIGINS: Final = (
    Origin(
        name="top-pypi-packages",
        homepage="https://github.com/hugovk/top-pypi-packages",
        terms="no licence stated; the counts are facts, cited with their commit",
        citation="Hugo van Kemenade, top-pypi-packages, from PyPI's public download logs",
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="midnight UTC; each row has a window of its own",
    depth="a year each from 2018-01 to 2021-04, about a month each from 2018-02",
    lag="none: lists do not change once written",
    quota="none: a file on disk",
)
SAYS_ALL: Final = True
_METRIC_OF: Final[Mapping[str, str]] = {"365": "pypi_downloads_year", "30": "pypi_downloads_30d"}
_LIMIT_BYTES: Final = 64 * _files.MIB


@dataclass(frozen=True)
class Source:
    """Reads the history of the lists from one csv file."""

    file: Path

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Sequence[Reply]:
        """The file; it holds every window, so the period does not matter."""
        return [_files.read(self.file, _LIMIT_BYTES)]

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation]:
        """Every window of every subject, in the order of the file."""
        keys = {subject.ids[_NAME]: subject.key for subject in subjects if _NAME in subject.ids}
        digest = reply.sha256
        rows = (row for row in _table.rows(reply, _COLUMNS) if row["package"] in keys)
        return tuple(_observation(row, keys[row["package"]], digest) for row in rows)


def _observation(row: _table.Row, subject: str, digest: str) -> Observation:
    period = _window(row)
    if row["window_family"] not in _METRIC_OF:
        row.refuse("window_family", "is neither 365 nor 30")
    return Observation(
        metric=_METRIC_OF[row["window_family"]],
        subject=subject,
        period=period,
        value=float(row.whole("downloads")),
        status=Status.MEASURED,
        origin=ORIGINS[0].name,
        url=f"{ORIGINS[0].homepage}/tree/{row['commit']}",
        retrieved_at=instant(row.date("date").isoformat()),
        note=f"{period.days:.0f} days; {_INSTALLERS.get(row['installers'], row['installers'])}; {row['source']}; "
        f"commit {row['commit'][:7]}",
        query=row.place,
        payload_sha256=digest,
    )


_INSTALLERS: Final[Mapping[str, str]] = {"pip": "pip only", "all": "all installers"}


def _window(row: _table.Row) -> Period:
    start, last = row.date("window_start"), row.date("window_end")
    if (last - start).days + 1 != row.whole("window_days") or last < start:
        row.refuse("window_days", f"is not the number of days from {start} to {last}, both counted")
    return Period.between(start, last + dt.timedelta(days=1))
