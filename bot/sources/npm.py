"""
Downloads of JavaScript packages from the npm registry.

Measures requests for a package's files, counted by npm in UTC days. From 2015-01-10 on; a day is there shortly after it is over
and does not change, so no figure is provisional. One request per package brings every day since the period of a year before, or
where that is too long (for a year), one for each year. No quota is published. Terms: counts are facts, name npm.

A range of more than eighteen months is clipped without a word: none longer is asked for, and what is returned is compared with
what was asked. npm's counting has had empty days: a window with a day missing or nought has no figure. `Subject.ids["npm"]` is
the package's name ("@tensorflow/tfjs").
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from bot.domain.measure import Aggregation, Coverage, Metric, Missing, Observation, Origin, Subject, Unit
from bot.domain.period import Period
from bot.ports import Client, Question, Reply, Service
from bot.sources import _replies, _windows

_NAME: Final = "npm"
_METRIC: Final = "npm_downloads"
METRICS: Final = (
    Metric(
        key=_METRIC,
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
_MOST_DAYS: Final = 540
"""Never more than eighteen months, which is where npm clips (npm/registry, docs/download-counts.md)."""
_SETTLED_AFTER: Final = dt.timedelta(days=30)
"""For so long a day that is not there or nought may still be filled in, and the answer is asked for again. Our own choice."""
_KEEP_DAYS: Final = 30


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
        """One reply per package: its days from the period of a year before up to this one's end; or one per compared window."""
        for subject in _replies.named(subjects, _NAME):
            for span in _spans(period):
                keep_days = _windows.keep_days(span.end, _SETTLED_AFTER, client.now, _KEEP_DAYS)
                yield client.ask(Question(_path(subject, span), accept=(_UNKNOWN,), keep_days=keep_days))

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        """The package's windows in the span the reply is about, oldest first."""
        named = [(one, span) for one in _replies.named(subjects, _NAME) for span in _spans(period)]
        subject, span = next(((one, span) for one, span in named if _path(one, span) == reply.query), (None, period))
        if subject is None:
            return ()
        windows = [window for window in _windows.since_a_year(period) if span.contains(window)]
        if _replies.unknown(reply):
            return [Missing(_METRIC, subject.key, windows[-1], f'npm knows no package "{subject.ids[_NAME]}"')]
        told = _replies.Told(reply, ORIGINS[0])
        by_day = _by_day(reply, subject, span)
        return [_told(window, total, subject, told) for window, total in _windows.totals(by_day, windows)]


def _spans(period: Period) -> list[Period]:
    """What each request is about: all the time since the period of a year before, or where npm would clip that, each window."""
    whole = Period(period.year_before().start, period.end)
    return [whole] if whole.days <= _MOST_DAYS else _windows.compared(period)


def _days(span: Period) -> tuple[str, str]:
    """First and last day asked for, both included."""
    return span.start.date().isoformat(), span.last_day.isoformat()


def _path(subject: Subject, span: Period) -> str:
    return f"/downloads/range/{':'.join(_days(span))}/{quote(subject.ids[_NAME], safe='@/')}"


def _by_day(reply: Reply, subject: Subject, span: Period) -> dict[dt.date, int]:
    """Downloads by day, once the reply is seen to be about the package and the days that were asked for."""
    answer = _replies.read(reply, _Range)
    by_day = {_replies.day(reply, one.day): one.downloads for one in answer.downloads}
    if (answer.package, answer.start, answer.end) != (subject.ids[_NAME], *_days(span)):
        _replies.changed(reply, f"it is about {answer.package} from {answer.start} to {answer.end}")
    if len(by_day) != len(answer.downloads):
        _replies.changed(reply, "it tells a day twice")
    return by_day


def _told(window: Period, total: int | str, subject: Subject, told: _replies.Told) -> Observation | Missing:
    if isinstance(total, str):
        return Missing(_METRIC, subject.key, window, f"npm: {total}", withdrawn=True)
    package = subject.ids[_NAME]
    note = f"{window.days:.0f} days of {package}, every one there"
    return told.figure(_METRIC, subject.key, window, total, f"https://www.npmjs.com/package/{package}", note)
