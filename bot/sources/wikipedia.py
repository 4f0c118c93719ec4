"""
Views of a subject's article in the English Wikipedia.

Measures page views by people (Wikimedia's own sorting into users, robots and automated traffic), all ways of access together, in
UTC. From July 2015 on; a day is there about a day after it is over and does not change. One request per article brings every
month (for reports by month and year) or day (by week and day) since the period of a year before. No figure is provisional: a
window has none until all of it is counted. Quota (2026): ten requests a minute without a contact in the User-Agent, two hundred
with one; three together at most. Terms: CC0.

Traps. Titles are case-sensitive, and views of redirects and former titles are counted under those: after a move the article
begins anew. A month that is not over comes as the sum of its days so far. An unknown title, a time before the article and no
views at all are the same 404, and days and months without views are left out of a reply: no window has a figure that lacks one.
`Subject.ids["wikipedia"]` is the article's title ("PyTorch", "JAX_(software)").
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from bot.domain.measure import Aggregation, Coverage, Metric, Missing, Observation, Origin, Subject, Unit
from bot.domain.period import Granularity, Period
from bot.errors import BadInput
from bot.ports import Client, Question, Reply, Service
from bot.sources import _replies, _windows

_NAME: Final = "wikipedia"
_METRIC: Final = "wiki_views"
METRICS: Final = (
    Metric(
        key=_METRIC,
        title="Wikipedia article views",
        unit=Unit.COUNT,
        noun="views",
        aggregation=Aggregation.TOTAL,
        measures="Views of the article in the English Wikipedia by people, on every device.",
        does_not_measure="Use, or people: who reads twice counts twice. Other languages, and readers of the text elsewhere.",
        known_biases="News and courses raise it. Robots not known as such count as people. A renamed article begins anew.",
        short="Wikipedia views",
    ),
)
ORIGINS: Final = (
    Origin(
        name="Wikimedia",
        homepage="https://www.wikimedia.org/",
        terms="CC0",
        citation="Wikimedia page views, English Wikipedia",
        licence="CC0 1.0",
        may_repeat=True,
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="midnight UTC",
    depth="from July 2015",
    lag="a day is there about a day after it is over",
    quota="ten requests a minute without a contact in the User-Agent, two hundred with one",
)
SERVICE: Final = Service(url="https://wikimedia.org", interval_s=6, limit_bytes=4 * 1024 * 1024)
"""Six seconds keep even a run without a contact within ten requests a minute, and a report has few articles."""
_UNKNOWN: Final = 404
_PROJECT: Final = "en.wikipedia"
_ACCESS: Final = "all-access"
_AGENT: Final = "user"
_COUNTED_AFTER: Final = dt.timedelta(days=2)
"""A day is there about a day late, and a month is told without the days that are not there yet."""
_SETTLED_AFTER: Final = dt.timedelta(days=30)
"""For so long a day or month that is not there may still be filled in, and the answer is asked for again. Our own choice."""
_KEEP_DAYS: Final = 30
_NO_TITLE: Final = re.compile(r"[#<>\[\]|{}\x00-\x1f\x7f]")


@dataclass(frozen=True)
class _Item:
    project: str
    article: str
    granularity: str
    timestamp: str
    access: str
    agent: str
    views: _replies.Count


@dataclass(frozen=True)
class _Items:
    items: list[_Item]


@dataclass(frozen=True)
class Source:
    """Asks for the months or days of each article and adds up windows that are whole."""

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        """One reply per article: its months or days from the period of a year before up to this one's end."""
        keep_days = _windows.keep_days(period.end, _SETTLED_AFTER, client.now, _KEEP_DAYS)
        for subject in _replies.named(subjects, _NAME):
            yield client.ask(Question(_path(subject, period), accept=(_UNKNOWN,), keep_days=keep_days))

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        """The article's windows, oldest first."""
        subject = next((one for one in _replies.named(subjects, _NAME) if _path(one, period) == reply.query), None)
        if subject is None:
            return ()
        if _replies.unknown(reply):
            reason = f'Wikipedia has no article "{_article(subject)}", or nobody viewed it since {period.year_before()}'
            return [Missing(_METRIC, subject.key, period, reason)]
        views = _views(reply, _article(subject), period)
        windows = _windows.since_a_year(period)
        totals = _windows.totals(views, windows) if _grain(period) == "daily" else _of_months(views, windows, reply)
        told = _replies.Told(reply, ORIGINS[0])
        return [_told(window, total, subject, told) for window, total in totals]


def _path(subject: Subject, period: Period) -> str:
    first, last = period.year_before().start, period.last_day
    place = "/".join((_PROJECT, _ACCESS, _AGENT, quote(_article(subject), safe=""), _grain(period)))
    return f"/api/rest_v1/metrics/pageviews/per-article/{place}/{first:%Y%m%d}/{last:%Y%m%d}"


def _grain(period: Period) -> str:
    """Whole months where the windows are made of them; they are counted from the same days."""
    return "monthly" if period.granularity in (Granularity.MONTH, Granularity.YEAR) else "daily"


def _article(subject: Subject) -> str:
    """
    The title as Wikipedia writes it in addresses.

    Raises:
        BadInput: no article can be called so.
    """
    title = "_".join(subject.ids[_NAME].split())
    if not title or _NO_TITLE.search(title):
        raise BadInput(
            f'Wikipedia cannot have an article "{title}" ({subject.name}): titles have none of # < > [ ] | {{ }}. Give one '
            f"title, as it stands at the end of the article's address; correct the id in the recipe"
        )
    return title


def _views(reply: Reply, article: str, period: Period) -> dict[dt.date, int]:
    """Views by day, or by the first day of a month, once every item is seen to be about what was asked."""
    asked = (_PROJECT, article, _grain(period), _ACCESS, _AGENT)
    first, last = period.year_before().start.date(), period.last_day
    found: dict[dt.date, int] = {}
    for item in _replies.read(reply, _Items).items:
        about = (item.project, item.article, item.granularity, item.access, item.agent)
        if about != asked:
            _replies.changed(reply, f"it is about {' '.join(about)}, not {' '.join(asked)}")
        day = _day(reply, item.timestamp)
        if not first <= day <= last or (item.granularity == "monthly" and day.day != 1):
            _replies.changed(reply, f"it tells of {day}, which was not asked for")
        if day in found:
            _replies.changed(reply, f"it tells {day} twice")
        found[day] = item.views
    return found


def _day(reply: Reply, timestamp: str) -> dt.date:
    """The day of a timestamp, "2026100100"."""
    if not re.fullmatch(r"[0-9]{8}00", timestamp):
        _replies.changed(reply, f"{timestamp[:20]} is no day")
    return _replies.day(reply, f"{timestamp[:4]}-{timestamp[4:6]}-{timestamp[6:8]}")


def _of_months(views: Mapping[dt.date, int], windows: Sequence[Period], reply: Reply) -> Iterator[tuple[Period, int | str]]:
    """For each window the sum over its months, or in words why there is none."""
    for window in windows:
        months = [day for day in _windows.days(window) if day.day == 1]
        absent = [Period.month(day.year, day.month).name for day in months if not views.get(day)]
        if reply.retrieved_at < window.end + _COUNTED_AFTER:
            yield window, f"{window} was not wholly counted when it was asked for"
        elif absent:
            yield window, f"no views in {', '.join(absent)}: a fault, or no article of this title then"
        else:
            yield window, sum(views[day] for day in months)


def _told(window: Period, total: int | str, subject: Subject, told: _replies.Told) -> Observation | Missing:
    if isinstance(total, str):
        return Missing(_METRIC, subject.key, window, f"Wikipedia: {total}", withdrawn=True)
    article = _article(subject)
    page = f"https://en.wikipedia.org/wiki/{quote(article, safe='')}"
    note = f"views of {article} by users, every way of access, in {window}"
    return told.figure(_METRIC, subject.key, window, total, page, note)
