"""
Scholarly works in OpenAlex that name a subject in their title or abstract, by year of publication.

Measures works of all kinds (articles, preprints, theses, data sets) that OpenAlex finds for the term, by calendar year; there is
nothing finer, so only reports by year ask. All years in one request per term, told from 1990 on. The index grows backwards too: a
figure that is read within a year of its own year's end is provisional, and older ones move when OpenAlex reworks itself
(2025-11), so a series is always read whole. Quota: with a key (free, required since 2026-02) a thousand searches a day; without
one a small fraction of that. Over it: 429 and the seconds to midnight UTC. Terms: CC0.

Traps. Words are stemmed, in quotes too. Works without a year are left out of the groups but not out of the whole, so what the
groups lack is known only where they add up to it: there a year that is not told is nought, else it is missing. At most two
hundred groups are told. `include_xpac` stays off: it adds millions of repository records. The reply does not say what was asked.
`Subject.ids["openalex"]` is the term ("pytorch"); several spellings parted by "|" count once for each work.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from bot.domain.measure import Aggregation, Coverage, Metric, Missing, Observation, Origin, Subject, Unit
from bot.domain.period import Granularity, Period
from bot.ports import Client, Key, Question, Reply, Service
from bot.sources import _replies, _windows

_NAME: Final = "openalex"
_METRIC: Final = "scholarly_mentions"
METRICS: Final = (
    Metric(
        key=_METRIC,
        title="Mentions in scholarly works",
        unit=Unit.COUNT,
        noun="works",
        aggregation=Aggregation.TOTAL,
        measures="Scholarly works of a year in OpenAlex whose title or abstract has the term, by its search.",
        does_not_measure="Use. Works that name it in their text only, and works whose abstract OpenAlex does not have.",
        known_biases="What is indexed changes, for past years too. Words are cut to their stems. A term may mean something else.",
        short="Scholarly works",
    ),
)
ORIGINS: Final = (
    Origin(
        name="OpenAlex",
        homepage="https://openalex.org/",
        terms="CC0",
        citation="OpenAlex, works by title and abstract",
        licence="CC0 1.0",
        may_repeat=True,
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="calendar years, by the date of publication a work gives",
    depth="all years",
    lag="the running year and the one before still grow",
    quota="a thousand searches a day with a free key, far fewer without",
)
SERVICE: Final = Service(
    url="https://api.openalex.org", interval_s=1, limit_bytes=1024 * 1024, key=Key("OPENALEX_API_KEY", parameter="api_key")
)
_PATH: Final = "/works"
_MOST_GROUPS: Final = 200
"""So many groups are told at most; a reply with as many may have been cut there."""
_FIRST_YEAR: Final = 1990
"""Older works are none about what runs today, and their dates are often wrong: one of the year 1000 makes no thousand noughts."""
_SETTLED_AFTER: Final = dt.timedelta(days=366)
"""The running year and the one before it still grow. No answer is kept longer than its day: each brings the running year."""


@dataclass(frozen=True)
class _Meta:
    count: _replies.Count
    groups_count: _replies.Count | None = None


@dataclass(frozen=True)
class _Group:
    key: str | None
    count: _replies.Count


@dataclass(frozen=True)
class _Groups:
    meta: _Meta
    group_by: list[_Group]


@dataclass(frozen=True)
class Source:
    """Asks for all years of each term, for reports by year."""

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        """One reply per term: all its years."""
        if period.granularity is not Granularity.YEAR:
            return
        for subject in _replies.named(subjects, _NAME):
            yield client.ask(Question(_PATH, _parameters(subject)))

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        """The term's years up to the period's, oldest first."""
        asked = _replies.asked(reply)
        about = [subject for subject in _replies.named(subjects, _NAME) if _parameters(subject) == asked]
        if not about or period.granularity is not Granularity.YEAR:
            return ()
        answer = _replies.read(reply, _Groups)
        by_year = _by_year(reply, answer)
        if answer.meta.count == 0:
            return [_nothing(subject, window) for subject in about for window in _windows.compared(period)]
        whole = sum(by_year.values()) == answer.meta.count
        told = _replies.Told(reply, ORIGINS[0])
        return [seen for subject in about for seen in _years(by_year, whole, subject, period, told)]


def _parameters(subject: Subject) -> dict[str, str]:
    words = " OR ".join(f'"{term}"' for term in _terms(subject))
    return {"filter": f"title_and_abstract.search:{words}", "group_by": "publication_year"}


def _terms(subject: Subject) -> list[str]:
    return _replies.terms(subject, _NAME, ORIGINS[0].name)


def _by_year(reply: Reply, answer: _Groups) -> dict[int, int]:
    """Works by year, once the groups are seen to be all of them; groups that are no year ("unknown") are passed over."""
    groups, told = answer.group_by, answer.meta.groups_count
    keys = [group.key for group in groups]
    if len(set(keys)) != len(keys):
        _replies.changed(reply, "it tells a year twice")
    if len(groups) >= _MOST_GROUPS or (told is not None and told > len(groups)):
        _replies.changed(reply, f"it is cut off after {len(groups)} groups")
    if sum(group.count for group in groups) > answer.meta.count:
        _replies.changed(reply, f"its groups add up to more than the {answer.meta.count} works it found")
    return {int(group.key): group.count for group in groups if group.key and re.fullmatch(r"[12][0-9]{3}", group.key)}


def _nothing(subject: Subject, window: Period) -> Missing:
    return Missing(
        _METRIC, subject.key, window, f'OpenAlex finds no work at all with "{subject.ids[_NAME]}", which may be misspelt'
    )


def _years(
    by_year: Mapping[int, int], whole: bool, subject: Subject, period: Period, told: _replies.Told
) -> Iterator[Observation | Missing]:
    """Every year since the first one told. One that is not told is nought only where nothing else can be missing."""
    compared = _windows.compared(period)
    first = min(max(_FIRST_YEAR, min(by_year, default=_FIRST_YEAR)), compared[0].start.year)
    for year in range(first, period.start.year + 1):
        window = Period.year(year)
        if window.end > told.reply.retrieved_at:
            yield Missing(_METRIC, subject.key, window, f"OpenAlex was asked before {year} was over")
        elif year in by_year or whole:
            yield _told(window, by_year.get(year, 0), subject, told)
        elif window in compared:
            reason = f"OpenAlex: {year} is not told, and some works are in no year"
            yield Missing(_METRIC, subject.key, window, reason, withdrawn=True)


def _told(window: Period, count: int, subject: Subject, told: _replies.Told) -> Observation:
    terms = " or ".join(f'"{term}"' for term in _terms(subject))
    read_at = told.reply.retrieved_at
    page = f"https://openalex.org/works?{urlencode({'filter': _parameters(subject)['filter']})}"
    note = f"works of {window} with {terms} in title or abstract, as indexed on {read_at:%Y-%m-%d}"
    return told.figure(_METRIC, subject.key, window, count, page, note, _windows.status(window.end, _SETTLED_AFTER, read_at))
