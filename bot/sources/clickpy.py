"""
Downloads of Python packages from PyPI's own log, as ClickHouse adds it up for its public ClickPy.

Measures files of a package that PyPI served, counted in UTC days and told in calendar months, years and days. The whole history
is there; day D on D+1 or D+2. Two queries at most bring everything, of the two hundred an hour the playground allows (an older
file of it says sixty). Terms: a playground under fair use; the counts are facts, name PyPI and ClickPy.

Traps: on reaching a limit the service answers with part of the result and does not say so. Therefore every query asks it to fail
instead (and a query that takes too long fails by itself), and brings its own proof that it is whole: the days behind each sum,
the newest day there is, and the same month as the table of months has it. The two disagree while a day is loaded anew, for
ClickPy's repair script empties the days first and makes the months from them last. Errors come as text, also in the midst of a
reply of status 200. Mirrors are counted, which pypistats leaves out: never put the two into one chart. A package that was not
downloaded on some day has no figure for that window.

A window has no figure until a day after it is there, for its own last day may still be loading; then none is provisional.

`Subject.ids["clickpy"]` is the package's normalised name on PyPI ("pytorch-lightning").
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.measure import Aggregation, Break, Coverage, Metric, Missing, Observation, Origin, Subject, Unit
from bot.domain.period import Granularity, Period, date_in_words, instant
from bot.errors import BadInput, SourceUnavailable, Throttled
from bot.ports import Client, Question, Reply, Service
from bot.sources import _replies, _windows

_NAME: Final = "clickpy"
_MONTH: Final = "pypi_downloads_month"
_YEAR: Final = "pypi_downloads_calendar_year"
_DAY: Final = "pypi_downloads_day"
_BY_MONTH: Final = Metric(
    key=_MONTH,
    title="PyPI downloads in a month",
    unit=Unit.COUNT,
    noun="downloads",
    aggregation=Aggregation.TOTAL,
    measures="Files of the package that PyPI served, to every program that asked for them: installers, mirrors and all.",
    does_not_measure=(
        "People or machines in use. Installs from caches, from conda and from other indexes; PyTorch has an index of its own."
    ),
    known_biases=(
        "Mirrors and automatic builds are counted, and most downloads are automatic. A package that others depend on is "
        "downloaded along with them. PyTorch is undercounted, as it is often installed from its own index."
    ),
    short="PyPI downloads",
    # packaging.python.org, guide to PyPI's download tables: counts before that day are too low by about ten times
    breaks=(Break(instant("2018-07-26"), "the logging of downloads was mended; before, far too few were counted"),),
)
METRICS: Final = (
    _BY_MONTH,
    replace(_BY_MONTH, key=_YEAR, title="PyPI downloads in a calendar year", short="PyPI, whole year"),
    replace(
        _BY_MONTH,
        key=_DAY,
        title="PyPI downloads in a day",
        known_biases=f"{_BY_MONTH.known_biases} Weekends are low.",
        short="PyPI, by day",
    ),
)
ORIGINS: Final = (
    Origin(
        name="ClickPy",
        homepage="https://clickpy.clickhouse.com/",
        terms="a public playground under fair use; the counts are facts, and both PyPI and ClickPy are to be named",
        citation="PyPI's download log, by way of ClickHouse ClickPy",
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="midnight UTC",
    depth="the whole history; too low before 2018-07-26",
    lag="a day is there one or two days after it is over",
    quota="200 queries an hour per address; a run asks two at most",
)
SERVICE: Final = Service(url="https://sql-clickhouse.clickhouse.com", interval_s=1)
_SETTINGS: Final = {
    "default_format": "JSON",
    # Else a limit cuts the result off without a word (ClickHouse/sql.clickhouse.com, Readme, read 2026-11-22). No other setting:
    # the user is read-only and may change these two (setup.sql, CHANGEABLE_IN_READONLY); a time-out throws by default.
    "result_overflow_mode": "throw",
    "read_overflow_mode": "throw",
}
_FAILED: Final = (404, 500)
"""ClickHouse's statuses for a table that is gone, and for nearly everything else; which it was stands in the body."""
_MOST_DAYS: Final = 31
_SETTLED_AFTER: Final = dt.timedelta(days=31)
"""For so long a day may still be loaded anew, and the answer is asked for again. Our own choice."""
_KEEP_DAYS: Final = 7
"""Shorter than in other rooms, for ClickPy has a script that loads days long past anew."""
_NORMALISED: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""A package's name as PEP 503 writes it. Nothing else gets into a query."""

_NEWEST: Final = "(SELECT max(max_date) FROM pypi.pypi_downloads_max_min WHERE project IN ({names})) AS newest"
_MONTHS_QUERY: Final = f"""\
SELECT project, first, sum(counted) AS downloads, sum(seen) AS days, sum(told) AS listed,
  {_NEWEST}
FROM (
  SELECT project, toStartOfMonth(date) AS first, sum(count) AS counted, uniqExact(date) AS seen, 0 AS told
  FROM pypi.pypi_downloads_per_day
  WHERE project IN ({{names}}) AND date >= '{{start}}' AND date < '{{end}}'
  GROUP BY project, first
  UNION ALL
  SELECT project, month, 0, 0, sum(count)
  FROM pypi.pypi_downloads_per_month
  WHERE project IN ({{names}}) AND month >= '{{start}}' AND month < '{{end}}'
  GROUP BY project, month
)
GROUP BY project, first
ORDER BY project, first"""  # noqa: S608 - names are checked by `_names`, dates are our own
_DAYS_QUERY: Final = f"""\
SELECT project, date AS first, sum(count) AS downloads, uniqExact(date) AS days,
  {_NEWEST}
FROM pypi.pypi_downloads_per_day
WHERE project IN ({{names}}) AND date IN ({{dates}})
GROUP BY project, first
ORDER BY project, first"""  # noqa: S608 - as above
# The tables add rows up when they please (SummingMergeTree), so every reading of them sums.


@dataclass(frozen=True)
class _Row:
    project: str
    first: str
    downloads: _replies.WrittenCount
    days: _replies.WrittenCount
    newest: str
    listed: _replies.WrittenCount | None = None


@dataclass(frozen=True)
class _Result:
    data: list[_Row]
    rows: _replies.Count


@dataclass(frozen=True)
class _Ask:
    """One query, and the windows of one metric it is about."""

    metric: str
    windows: tuple[Period, ...]
    query: str


@dataclass(frozen=True)
class _Found:
    """What a reply says: a row for each package and first day of a window, and the newest day there is."""

    told: _replies.Told
    rows: Mapping[tuple[str, dt.date], _Row]
    newest: dt.date


@dataclass(frozen=True)
class Source:
    """Asks for the months since a year before (and of a year, those of the year before), and for the days of a short period."""

    user: str = "demo"

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        """
        One reply for the months of all packages; one more for the days of a period no longer than a month.

        Raises:
            BadInput: an id is no normalised package name.
        """
        keep_days = _windows.keep_days(period.end, _SETTLED_AFTER, client.now, _KEEP_DAYS)
        for ask in _asks(subjects, period):
            parameters = {"user": self.user, **_SETTINGS}
            yield client.ask(Question("/", parameters, body=ask.query, accept=_FAILED, keep_days=keep_days))

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        """Each subject's windows, oldest first; after the months of a yearly report, the year before and the year."""
        ask = next((one for one in _asks(subjects, period) if one.query == reply.query), None)
        if ask is None:
            return ()
        found = _found(reply, ask, _names(subjects))
        return [told for subject in _replies.named(subjects, _NAME) for told in _told(subject, ask, found, period)]


def _asks(subjects: Sequence[Subject], period: Period) -> Iterator[_Ask]:
    names = ", ".join(f"'{name}'" for name in _names(subjects))
    if not names:
        return
    months = _months(period)
    first, end = months[0].start.date(), months[-1].end.date()
    yield _Ask(_MONTH, months, _MONTHS_QUERY.format(names=names, start=first, end=end))
    if days := _days(period):
        dates = ", ".join(f"'{day.start.date()}'" for day in days)
        yield _Ask(_DAY, days, _DAYS_QUERY.format(names=names, dates=dates))


def _names(subjects: Sequence[Subject]) -> list[str]:
    """
    The packages to ask for, each once.

    Raises:
        BadInput: one is not written as PyPI writes names; nothing else may get into a query.
    """
    named = _replies.named(subjects, _NAME)
    for subject in named:
        name = subject.ids[_NAME]
        if not _NORMALISED.fullmatch(name):
            raise BadInput(
                f'clickpy cannot ask for a package "{name}" ({subject.name}): PyPI writes names in small letters and digits with '
                f'single hyphens between, whatever a project calls itself. Correct the id in the recipe ("pytorch-lightning")'
            )
    return sorted({subject.ids[_NAME] for subject in named})


def _months(period: Period) -> tuple[Period, ...]:
    """The calendar months up to the period's end since those of a year before."""
    last = _windows.last_month(period)
    found = [last]
    first = min(last.year_before(), Period.containing(Granularity.MONTH, period.year_before().start.date()))
    while found[0] > first:
        found.insert(0, found[0].previous())
    return tuple(found)


def _days(period: Period) -> tuple[Period, ...]:
    """The days of a period no longer than a month; of a single day, also those it is compared with."""
    if period.granularity is Granularity.DAY:
        return tuple(_windows.compared(period))
    if period.days > _MOST_DAYS:
        return ()
    return tuple(day for day in map(Period.day, _windows.days(period)) if period.contains(day))


def _found(reply: Reply, ask: _Ask, names: Sequence[str]) -> _Found:
    """
    The rows of a reply, each about a package and a window that were asked for.

    Raises:
        Throttled: the quota is used up.
        SourceUnavailable: an error, or anything that is not the whole answer.
    """
    _refuse_failed(reply)
    result = _replies.read(reply, _Result)
    if result.rows != len(result.data):
        _replies.changed(reply, f"it says it has {result.rows} rows, and has {len(result.data)}")
    rows = {(row.project, _replies.day(reply, row.first)): row for row in result.data}
    if len(rows) != len(result.data):
        _replies.changed(reply, "it tells a window twice")
    lengths = {window.start.date(): window.days for window in ask.windows}
    for (project, first), row in rows.items():
        if project not in names or first not in lengths or row.days > lengths[first]:
            _replies.changed(reply, f"{row.days} days of {project[:40]} from {first} were not asked for")
    return _Found(_replies.Told(reply, ORIGINS[0]), rows, _newest(reply, result.data))


def _newest(reply: Reply, rows: Sequence[_Row]) -> dt.date:
    """The newest day that any of the packages has, the same on every row; long ago if there is no row."""
    found = {_replies.day(reply, row.newest) for row in rows} or {dt.date.min}
    if len(found) > 1 or max(found) > reply.retrieved_at.date():
        _replies.changed(reply, f"its newest day is {' and '.join(str(day) for day in sorted(found)[:3])}")
    return found.pop()


def _refuse_failed(reply: Reply) -> None:
    """
    Nothing, unless the body is an error or ends in one: both come with status 200 as well.

    Raises:
        Throttled: the quota is used up; it is counted by the hour.
        SourceUnavailable: any other error.
    """
    match = _EXCEPTION.search(reply.body.decode("utf-8", "replace"))
    if match is None:
        if reply.status != 200:
            _replies.changed(reply, f"it has status {reply.status} and says nothing that ClickHouse would say")
        return
    code, said = match[1], " ".join(match[2].split())
    if code == _QUOTA:
        until = reply.retrieved_at + dt.timedelta(hours=1)
        raise Throttled(f"ClickPy was asked too often from this address in an hour (Code {code}: {said})", until)
    advice = _ADVICE.get(code, "It may pass; run again later, and if it stays so, report it")
    raise SourceUnavailable(f"ClickPy could not answer (Code {code}: {said}). No figure is taken from it. {advice}")


_EXCEPTION: Final = re.compile(r"Code: ([0-9]{1,4})\. DB::Exception: ([^\n\"]{0,160})")
_QUOTA: Final = "201"
_ADVICE: Final = {
    "60": "A table has gone or has another name; report it",
    "47": "A column has gone or has another name; report it",
    "158": "The query reads more than the service allows; name fewer packages in the recipe",
    "159": "The query took longer than the service allows, which happens when many ask at once; run again later",
    "164": "The service no longer lets us ask for whole results only; report it",
    "307": "The query reads more than the service allows; name fewer packages in the recipe",
    "396": "The result is longer than the service allows; name fewer packages in the recipe",
}


def _told(subject: Subject, ask: _Ask, found: _Found, period: Period) -> Iterator[Observation | Missing]:
    name = subject.ids[_NAME]
    if not any(project == name for project, _ in found.rows):
        reason = f'ClickPy knows no package "{name}", or none that was downloaded then'
        yield Missing(ask.metric, subject.key, ask.windows[-1], reason)
        if _yearly(ask, period):
            yield Missing(_YEAR, subject.key, period, reason)
        return
    windows = [_window(subject, ask.metric, window, found) for window in ask.windows]
    yield from windows
    if _yearly(ask, period):
        yield from (_year(year, [one for one in windows if year.contains(one.period)]) for year in (period.previous(), period))


def _yearly(ask: _Ask, period: Period) -> bool:
    """Whether its months are to be added up to years."""
    return ask.metric == _MONTH and period.granularity is Granularity.YEAR


def _window(subject: Subject, metric: str, window: Period, found: _Found) -> Observation | Missing:
    row = found.rows.get((subject.ids[_NAME], window.start.date()))
    flaw = _flaw(metric, window, row, found.newest)
    if row is None or flaw:
        return Missing(metric, subject.key, window, f"ClickPy: {flaw}", withdrawn=True)
    page = f"https://clickpy.clickhouse.com/dashboard/{row.project}"
    note = f"{row.days} of {window.days:.0f} days of {row.project}, mirrors included"
    return found.told.figure(metric, subject.key, window, row.downloads, page, note)


def _flaw(metric: str, window: Period, row: _Row | None, newest: dt.date) -> str:
    """Why a window has no figure, in words; nothing if it is whole."""
    if newest <= window.last_day:  # the last day may be loaded in part
        return f"{window} is not whole yet, its days are there up to {date_in_words(newest)} only"
    if row is None or row.days == 0:
        return f"nothing of {window} is there"
    if row.days < window.days:
        return f"{row.days} of the {window.days:.0f} days of {window} are there, and a sum of them would be too small"
    if metric == _MONTH and row.listed and row.listed != row.downloads:  # the table by month may begin later than that by day
        return f"{window} has {row.downloads:,} downloads by day and {row.listed:,} by month; it may be under repair"
    return ""


def _year(year: Period, months: Sequence[Observation | Missing]) -> Observation | Missing:
    """The sum of twelve whole months."""
    whole = [one for one in months if isinstance(one, Observation)]
    if len(whole) < len(months):
        lost = next(one for one in months if isinstance(one, Missing))
        reason = f"ClickPy: {lost.period} has no figure, and a sum without would be too small"
        return Missing(_YEAR, lost.subject, year, reason, withdrawn=True)
    return replace(
        whole[-1],
        metric=_YEAR,
        period=year,
        value=sum(one.value for one in whole),
        note=f"{len(whole)} months, every day there, mirrors included",
    )
