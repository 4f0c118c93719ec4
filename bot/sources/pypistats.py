"""
Downloads of Python packages from PyPI by installers other than mirrors, as PyPI Stats tells them.

Measures files of a package that PyPI served, without the programs that copy all of PyPI, counted in UTC days and told here in
calendar months, whatever the report's own period. The last 180 days; a day is there from about 01:10 UTC of the next one on and
stays as it is: a figure that is read within a day of its month's end is provisional. One request per package, once a day as the
service asks. Terms: counts are facts, name PyPI Stats.

Days do go missing: a month without one of its days has no figure. Rows that name no installer are left out as mirrors are, so
these figures never agree with ClickPy's: they check them and stand in for them, but never beside them in one chart. Errors are
plain text, not JSON. `Subject.ids["pypistats"]` is the package's name on PyPI ("pytorch-lightning").
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

from bot.domain.measure import Aggregation, Coverage, Metric, Missing, Observation, Origin, Subject, Unit
from bot.domain.period import Period, date_in_words
from bot.ports import Client, Question, Reply, Service
from bot.sources import _replies, _windows

_NAME: Final = "pypistats"
_METRIC: Final = "pypistats_downloads_month"
METRICS: Final = (
    Metric(
        key=_METRIC,
        title="PyPI downloads in a month, without mirrors",
        unit=Unit.COUNT,
        noun="downloads",
        aggregation=Aggregation.TOTAL,
        measures="Files of the package that PyPI served in a calendar month, to programs that are not known to copy all of PyPI.",
        does_not_measure=(
            "People or machines in use. Installs from caches, from conda and from other indexes; PyTorch has an index of its own."
        ),
        known_biases=(
            "Automatic builds are counted, and most downloads are automatic. Downloads that name no installer are left out. A "
            "package that others depend on is downloaded along with them. PyTorch is undercounted."
        ),
        short="PyPI, no mirrors",
    ),
)
ORIGINS: Final = (
    Origin(
        name="PyPI Stats",
        homepage="https://pypistats.org/",
        terms="free for everybody, at most once a day for the same thing; PyPI Stats is to be named",
        citation="PyPI Stats, Python Software Foundation, from PyPI's download log",
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="midnight UTC",
    depth="the last 180 days",
    lag="a day is there from about 01:10 UTC of the next one on",
    quota="five requests a second and thirty a minute; asked every two seconds, once a day",
)
SERVICE: Final = Service(url="https://pypistats.org", interval_s=2)
_UNKNOWN: Final = 404
_SETTLED_AFTER: Final = dt.timedelta(days=1)
"""The days are made in the night. No answer is kept longer than its day: the question names no window and brings the newest."""


@dataclass(frozen=True)
class _Day:
    category: Literal["with_mirrors", "without_mirrors"]
    date: str
    downloads: _replies.Count


@dataclass(frozen=True)
class _Series:
    package: str
    type: Literal["overall_downloads"]
    data: list[_Day]


@dataclass(frozen=True)
class Source:
    """Asks for the days of each package and adds up months that are whole."""

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        """One reply per package: its last 180 days, whatever the period."""
        for subject in _replies.named(subjects, _NAME):
            yield client.ask(Question(_path(subject), {"mirrors": "false"}, accept=(_UNKNOWN,)))

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        """The package's months from the first one the series holds up to the period's end, oldest first."""
        asked = reply.query.removesuffix("?mirrors=false")
        subject = next((one for one in _replies.named(subjects, _NAME) if _path(one) == asked), None)
        if subject is None:
            return ()
        by_day = _by_day(reply, _package(subject))
        last = _windows.last_month(period)
        if not by_day:
            return [Missing(_METRIC, subject.key, last, f'PyPI Stats knows no package "{subject.ids[_NAME]}"')]
        first = min(by_day)
        months = [month for month in _windows.since_a_year(last) if month.start.date() >= first]
        if not months:
            return [Missing(_METRIC, subject.key, last, f"PyPI Stats: its days begin with {date_in_words(first)}")]
        told = _replies.Told(reply, ORIGINS[0])
        return [_told(month, total, subject, told) for month, total in _windows.totals(by_day, months)]


def _package(subject: Subject) -> str:
    """The package's name as PEP 503 writes it, which is how the service knows it."""
    return re.sub(r"[-_.]+", "-", subject.ids[_NAME]).lower()


def _path(subject: Subject) -> str:
    return f"/api/packages/{quote(_package(subject), safe='')}/overall"


def _by_day(reply: Reply, package: str) -> dict[dt.date, int]:
    """Downloads without mirrors by day; none of a package nobody knows, for which the service has a 404 or an empty list."""
    if reply.status == _UNKNOWN:
        _replies.refuse_foreign(reply, reply.body)
        return {}
    series = _replies.read(reply, _Series)
    if series.package != package:
        _replies.changed(reply, f"it is about {series.package[:40]}")
    days = [(_replies.day(reply, one.date), one.downloads) for one in series.data if one.category == "without_mirrors"]
    if series.data and not days:
        _replies.changed(reply, "it has no day without mirrors")
    if len(dict(days)) != len(days):
        _replies.changed(reply, "it tells a day twice")
    return dict(days)


def _told(month: Period, total: int | str, subject: Subject, told: _replies.Told) -> Observation | Missing:
    if isinstance(total, str):
        return Missing(_METRIC, subject.key, month, f"PyPI Stats: {total}", withdrawn=True)
    package = _package(subject)
    note = f"{month.days:.0f} days of {package}, every one there, without mirrors"
    status = _windows.status(month.end, _SETTLED_AFTER, told.reply.retrieved_at)
    return told.figure(_METRIC, subject.key, month, total, f"https://pypistats.org/packages/{package}", note, status)
