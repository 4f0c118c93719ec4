"""
Downloads of Python packages, counted from the events of PyPI's own download log, without mirrors and with CI apart.

Measures files of a package that PyPI served in a calendar month (UTC) to anything but the mirrors that say who they are
(bandersnatch, z3c.pypimirror, Artifactory, devpi). Needs the log in the public schema of BigQuery's
`bigquery-public-data.pypi.file_downloads`: an export of it as Parquet, or the table itself; or ClickHouse's `pypi.pypi`, which
has no word on CI. Back to 2016, too low before 2018-07-26. Quota: none on files; BigQuery bills by the byte, see docs/scale.md.

Traps: pypistats leaves out clients that do not say what they are, here they are counted, for to be no mirror is not to be
nameless; so the two differ. `details.ci` is true where a client saw a variable of a CI service; where it is false or absent, the
download may be automatic all the same. A month with a day on which none of the packages was downloaded has no figure, for the log
of that day is probably not there.

`Subject.ids["pypi_logs"]` is the package's normalised name on PyPI ("pytorch-lightning").
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.domain.measure import Aggregation, Break, Coverage, Metric, Missing, Observation, Origin, Subject, Unit
from bot.domain.period import Period, instant
from bot.ports import Computation, Computer, Format, Input, Layout, Reply
from bot.sources import _computed, _replies, _windows

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, Table, Value

_NAME: Final = "pypi_logs"
_ALL: Final = Metric(
    key="pypi_log_downloads_month",
    title="PyPI downloads in a month, without mirrors",
    unit=Unit.COUNT,
    noun="downloads",
    aggregation=Aggregation.TOTAL,
    measures="Files of the package that PyPI served to anything but known mirrors.",
    does_not_measure=(
        "People or machines in use. Installs from caches, from conda and from other indexes; PyTorch has an index of its own."
    ),
    known_biases=(
        "Most downloads are automatic. A package that others depend on is downloaded along with them. PyTorch is undercounted, "
        "as it is often installed from its own index. Mirrors that do not say who they are count."
    ),
    short="PyPI, no mirrors",
    # packaging.python.org, guide to PyPI's download tables: counts before that day are too low by about ten times
    breaks=(Break(instant("2018-07-26"), "the logging of downloads was mended; before, far too few were counted"),),
)
METRICS: Final = (
    _ALL,
    replace(
        _ALL,
        key="pypi_log_ci_downloads_month",
        title="PyPI downloads by CI in a month",
        measures="Files of the package that PyPI served to installers which said that a CI service ran them.",
        known_biases="Builds that do not say so are not counted here. A change in one large user's builds shows.",
        short="PyPI, by CI",
    ),
    replace(
        _ALL,
        key="pypi_log_other_downloads_month",
        title="PyPI downloads in a month, without mirrors and CI",
        measures="Files of the package that PyPI served to anything but known mirrors and installers that said CI ran them.",
        short="PyPI, no CI",
    ),
)
ORIGINS: Final = (
    Origin(
        name="PyPI download log",
        homepage="https://packaging.python.org/guides/analyzing-pypi-package-downloads/",
        terms="a public data set; the counts are facts, name PyPI",
        citation="PyPI's public download log",
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="midnight UTC",
    depth="as far as the log at hand goes; the public one from 2016, too low before 2018-07-26",
    lag="a month is whole when the log of its last day is there",
    quota="none on files; BigQuery bills by the byte, and a query is shown its price first",
)
COMPUTED: Final = True
MIRRORS: Final = ("bandersnatch", "z3c.pypimirror", "Artifactory", "devpi")
"""Those that pypistats leaves out (psf/pypistats.org, pypistats/tasks/pypi.py, read 2025-08-26)."""


def _public(events: Table) -> Table:
    details = events.details
    return events.select(at=events.timestamp, project=events.project, installer=details["installer"]["name"], ci=details["ci"])


def _clickpy(events: Table) -> Table:
    import ibis

    at = events.date.cast("timestamp('UTC')")
    return events.select(at=at, project=events.project, installer=events.installer.nullif(""), ci=ibis.null("boolean"))


LAYOUTS: Final = (
    Layout(
        {
            "timestamp": "timestamp('UTC')",
            "project": "string",
            "details": "struct<installer: struct<name: string>, ci: boolean>",
        },
        _public,
    ),
    Layout({"date": "date", "project": "string", "installer": "string"}, _clickpy),
)
"""The public schema (packaging.python.org, guide to PyPI's download tables), and that of ClickHouse's ClickPy."""


@dataclass(frozen=True)
class _Row:
    month: str
    project: str
    downloads: _replies.Count
    ci: _replies.Count
    unsaid: _replies.Count
    nameless: _replies.Count
    days: _replies.Count
    logged: _replies.Count

    @property
    def contradictory(self) -> bool:
        """Whether a part of something is more than the whole of it."""
        return self.ci + self.unsaid > self.downloads or self.nameless > self.downloads or self.days > self.logged


@dataclass(frozen=True)
class Source:
    """Counts the events of a log: `files` (a file, a folder, a pattern) or a `table` that the engine has."""

    files: Path | None = None
    table: str = ""
    engine: str = "duckdb"

    def fetch(self, client: Computer, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        """One result for the month and those it is compared with."""
        names = sorted({subject.ids[_NAME] for subject in _replies.named(subjects, _NAME)})
        if names:
            data = _computed.place(self.files, self.table, _NAME)
            yield client.compute(computation(data, names, _months(period)))

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        """Each subject's months, oldest first, by every metric."""
        computed, rows = _computed.read(reply, _Row)
        told = _replies.Told(reply, ORIGINS[0])
        by_key = {(row.project, row.month[:7]): row for row in rows}
        if len(by_key) != len(rows) or any(row.contradictory for row in rows):
            _replies.changed(reply, "its counts contradict each other")
        logged = {row.month[:7]: row.logged for row in rows}
        return [
            one
            for subject in _replies.named(subjects, _NAME)
            for month in _months(period)
            for one in _told(told, subject, month, by_key.get((subject.ids[_NAME], month.key)), logged, computed.note)
        ]


def computation(data: Path | str, names: Sequence[str], months: Sequence[Period]) -> Computation:
    """Downloads by month and package, of these packages in these months."""
    windows = _joined(months)

    def partial(events: Table) -> Table:
        # Files are each read once, whatever month is asked for next; a table is asked anew for every month
        return by_day(events.filter(_inside(events.at, windows)) if isinstance(data, str) else events, names)

    def total(parts: Table, _: Mapping[str, Table]) -> Table:
        days = [(start.date(), end.date()) for start, end in windows]
        return by_month(parts if isinstance(data, str) else parts.filter(_inside(parts.day, days)))

    about = f"downloads of {', '.join(names)} in {', '.join(month.key for month in months)}"
    return Computation(about, ORIGINS[0].homepage, Input("events", data, Format.PARQUET, LAYOUTS), partial, total)


def by_day(events: Table, names: Sequence[str]) -> Table:
    """
    Downloads of packages by UTC `day` and `project`, without mirrors: `downloads`, `ci` of them by CI, `unsaid` that say nothing
    about CI, `nameless` that do not say by what.
    """
    rows = events.filter(events.project.isin(list(names)), events.installer.fill_null("").notin(list(MIRRORS)))
    return rows.group_by(day=rows.at.date(), project=rows.project).agg(
        downloads=rows.count(),
        ci=rows.count(where=rows.ci.fill_null(False)),
        unsaid=rows.count(where=rows.ci.isnull()),
        nameless=rows.count(where=rows.installer.isnull()),
    )


def by_month(days: Table) -> Table:
    """Downloads by `month` (its first day) and package, with the `days` that had any, and those `logged` of any package."""
    rows = days.mutate(month=days.day.truncate("M"))
    logged = rows.group_by("month").agg(logged=rows.day.nunique())
    sums = {name: rows[name].sum() for name in ("downloads", "ci", "unsaid", "nameless")}
    counted = rows.group_by("month", "project").agg(**sums, days=rows.day.nunique())
    return counted.join(logged, "month").order_by("month", "project")


def _inside(at: Value, windows: Sequence[tuple[dt.date, dt.date]]) -> BooleanValue:
    import ibis

    return ibis.or_(*((at >= start) & (at < end) for start, end in windows))


def _joined(months: Sequence[Period]) -> list[tuple[dt.datetime, dt.datetime]]:
    """From when to when, oldest first; months that follow each other are one window, which engines find sooner."""
    found: list[tuple[dt.datetime, dt.datetime]] = []
    for month in sorted(months):
        start = found.pop()[0] if found and found[-1][1] == month.start else month.start
        found.append((start, month.end))
    return found


def _months(period: Period) -> list[Period]:
    return _windows.compared(_windows.last_month(period))


def _told(
    told: _replies.Told, subject: Subject, month: Period, row: _Row | None, logged: Mapping[str, int], by: str
) -> Iterator[Observation | Missing]:
    days = len(_windows.days(month))
    if (there := logged.get(month.key, 0)) < days or row is None:
        reason = (
            f"the log at hand has downloads of {there} of its {days} days"
            if there < days
            else f'the log at hand has no download of "{subject.ids[_NAME]}"'
        )
        # A log that begins later says nothing of what it had before
        yield from (Missing(metric.key, subject.key, month, reason, withdrawn=there > 0) for metric in METRICS)
        return
    page = f"https://pypi.org/project/{row.project}/"
    note = f"{row.project}: {row.nameless:,} of {row.downloads:,} by clients that do not say what they are; {by}"
    yield told.figure(METRICS[0].key, subject.key, month, row.downloads, page, note)
    if row.unsaid == row.downloads and row.downloads:
        why = "the log at hand does not say what was CI"
        yield from (Missing(metric.key, subject.key, month, why) for metric in METRICS[1:])
        return
    split = f"{row.project}: CI said so in {row.ci:,} of {row.downloads:,}, {row.unsaid:,} say nothing about it; {by}"
    yield told.figure(METRICS[1].key, subject.key, month, row.ci, page, split)
    yield told.figure(METRICS[2].key, subject.key, month, row.downloads - row.ci, page, split)
