"""
Downloads of JavaScript packages from the npm registry.

Measures requests for a package's files, counted by npm in UTC days. From 2015-01-10 on; a day is there shortly after it is over
and does not change. One request per package brings every day since the period of a year before. No quota is published. Terms:
counts are facts, name npm.

A range of more than eighteen months is clipped without a word, so what is returned is compared with what was asked. npm's
counting has had empty days: a window with a day missing or nought has no figure. `Subject.ids["npm"]` is the package's name
("@tensorflow/tfjs").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from bot.domain.measure import Aggregation, Coverage, Metric, Missing, Observation, Origin, Status, Subject, Unit
from bot.domain.period import Period
from bot.ports import Client, Question, Reply, Service
from bot.sources import _replies, _windows

_NAME: Final = "npm"
METRICS: Final = (
    Metric(
        key="npm_downloads",
        title="npm downloads",
        unit=Unit.COUNT,
        noun="downloads",
        aggregation=Aggregation.TOTAL,
        measures="Downloads of the package's files from the npm registry, by every program that asked for them.",
        does_not_measure="People. Installs from caches and private mirrors, and pages that load the package from elsewhere.",
        known_biases="Automatic builds download again and again, and robots are counted. The counting itself has gaps.",
        short="npm downloads",
    ),
)
ORIGINS: Final = (
    Origin(
        name="npm",
        homepage="https://www.npmjs.com/",
        terms="counts are published for everybody; npm is to be named",
        citation="npm registry, download counts",
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="midnight UTC",
    depth="from 2015-01-10, eighteen months a request",
    lag="a day is there shortly after it is over",
    quota="none published; asked once a second at most",
)
SERVICE: Final = Service(url="https://api.npmjs.org", interval_s=1)
_UNKNOWN: Final = 404


@dataclass(frozen=True)
class _Day:
    day: str
    downloads: _replies.Count


@dataclass(frozen=True)
class _Range:
    start: str
    end: str
    package: str
    downloads: list[_Day]


@dataclass(frozen=True)
class Source:
    """Asks for the days of each package and adds up windows that are whole."""

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        """One reply per package: its days from the period of a year before up to this one's end."""
        for subject in subjects:
            if _NAME in subject.ids:
                yield client.ask(Question(_path(subject, period), accept=(_UNKNOWN,)))

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        """The package's windows, oldest first."""
        subject = next((one for one in subjects if _NAME in one.ids and _path(one, period) == reply.query), None)
        if subject is None:
            return ()
        windows = _windows.since_a_year(period)
        if reply.status == _UNKNOWN:
            return [Missing("npm_downloads", subject.key, period, f'npm knows no package "{subject.ids[_NAME]}"')]
        answer = _replies.read(reply, _Range)
        by_day = {_replies.day(reply, one.day): one.downloads for one in answer.downloads}
        if (answer.package, answer.start, answer.end) != (subject.ids[_NAME], *_days(period)):
            _replies.changed(reply, f"it is about {answer.package} from {answer.start} to {answer.end}")
        if len(by_day) != len(answer.downloads):
            _replies.changed(reply, "it tells a day twice")
        return [_told(window, total, subject, reply) for window, total in _windows.totals(by_day, windows)]


def _days(period: Period) -> tuple[str, str]:
    """First and last day asked for, both included."""
    return period.year_before().start.date().isoformat(), period.last_day.isoformat()


def _path(subject: Subject, period: Period) -> str:
    return f"/downloads/range/{':'.join(_days(period))}/{quote(subject.ids[_NAME], safe='@/')}"


def _told(window: Period, total: int | str, subject: Subject, reply: Reply) -> Observation | Missing:
    if isinstance(total, str):
        return Missing("npm_downloads", subject.key, window, f"npm: {total}")
    return Observation(
        metric="npm_downloads",
        subject=subject.key,
        period=window,
        value=float(total),
        status=Status.MEASURED,
        origin=ORIGINS[0].name,
        url=f"https://www.npmjs.com/package/{subject.ids[_NAME]}",
        retrieved_at=reply.retrieved_at,
        note=f"{window.days:.0f} days of {subject.ids[_NAME]}, every one there",
        query=reply.query,
        payload_sha256=reply.sha256,
    )
