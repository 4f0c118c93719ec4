"""
Papers on arXiv that name a subject in their title or abstract.

Measures how many papers were first submitted in a window (UTC, to the minute) and have the term in title or abstract, by arXiv's
own search. From 1991 on. Submissions are announced and searchable days after they are made, some later: a figure that is read
within sixty days of its window's end is provisional and asked for again. Quota: one request every three seconds over a single
connection, from all machines of a person together; arXiv answers 429 for hours even below that. Terms: metadata is CC0; no
endorsement may be implied.

Full text is not searched. An error comes as a feed that counts one result, itself. The query is rewritten without a word where it
is not understood (a date with a digit missing found papers of other months, seen 2026), so the one the feed's title echoes is
compared with what was asked. It is echoed in other clothes (seen 2026): a range in quotes instead of brackets, a single word
perhaps without its quotes. `max_results=0` is undocumented, so one paper is asked for. `Subject.ids["arxiv"]` is the term
("pytorch"); several spellings parted by "|" count once for each paper.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from bot.domain.measure import Aggregation, Coverage, Metric, Missing, Observation, Origin, Subject, Unit
from bot.domain.period import Period
from bot.ports import Client, Question, Reply, Service
from bot.sources import _replies, _windows

_NAME: Final = "arxiv"
_METRIC: Final = "arxiv_mentions"
METRICS: Final = (
    Metric(
        key=_METRIC,
        title="Mentions in arXiv papers",
        unit=Unit.COUNT,
        noun="papers",
        aggregation=Aggregation.TOTAL,
        beyond=1e5,
        measures="Papers first submitted to arXiv in the window whose title or abstract has the term.",
        does_not_measure="Use. Papers that name it in their text only, and papers that appear elsewhere.",
        known_biases="Fields that put preprints on arXiv weigh more. A term may mean something else. Recent windows still grow.",
        short="arXiv papers",
    ),
)
ORIGINS: Final = (
    Origin(
        name="arXiv",
        homepage="https://arxiv.org/",
        terms="metadata is CC0; arXiv endorses nothing that is made of it",
        citation="Thank you to arXiv for use of its open access interoperability.",
        licence="CC0 1.0",
        may_repeat=True,
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="midnight UTC",
    depth="from 1991",
    lag="most of a month is searchable a few days after its end; counted as provisional for sixty days",
    quota="one request every three seconds, one connection",
)
SERVICE: Final = Service(url="https://export.arxiv.org", interval_s=3, limit_bytes=1024 * 1024)
_PATH: Final = "/api/query"
_SETTLED_AFTER: Final = dt.timedelta(days=60)
"""For so long after its end a window gains papers: they are announced after they are submitted, some weeks later."""
_KEEP_DAYS: Final = 30
_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_SEARCH: Final = "{http://a9.com/-/spec/opensearch/1.1/}"
_TITLE: Final = re.compile(r"[aA]rXiv Query:\s+search_query=(.*)&id_list=&start=0&max_results=1", re.DOTALL)
_TOKEN: Final = re.compile(r'\s*(?:([()])|(AND|OR)(?=[\s(])|(\w+):(?:"([^"]*)"|\[([^\]]*)\]|([^\s()"\[\]]+)))')


@dataclass(frozen=True)
class Source:
    """Asks how many papers a window has, term by term."""

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        """One reply per term and window: the period, the one before, and that of a year before."""
        for subject in _replies.named(subjects, _NAME):
            for window in _windows.compared(period):
                yield client.ask(_question(subject, window, client.now))

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        """The one window the reply is about."""
        asked = _replies.asked(reply).get("search_query")
        named = _replies.named(subjects, _NAME)
        about = [(one, window) for one in named for window in _windows.compared(period) if _query(one, window) == asked]
        if not about:
            return ()
        total = _total(reply, about[0])
        return [_told(subject, window, total, reply) for subject, window in about]


def _question(subject: Subject, window: Period, now: dt.datetime) -> Question:
    return Question(
        _PATH,
        {"search_query": _query(subject, window), "start": 0, "max_results": 1},
        keep_days=_windows.keep_days(window.end, _SETTLED_AFTER, now, _KEEP_DAYS),
    )


def _query(subject: Subject, window: Period) -> str:
    """What arXiv is asked: parentheses, because its OR and AND bind alike."""
    found = " OR ".join(f'ti:"{term}" OR abs:"{term}"' for term in _terms(subject))
    last = window.end - dt.timedelta(minutes=1)
    return f"({found}) AND submittedDate:[{window.start:%Y%m%d%H%M} TO {last:%Y%m%d%H%M}]"


def _terms(subject: Subject) -> list[str]:
    return _replies.terms(subject, _NAME, ORIGINS[0].name)


def _total(reply: Reply, about: tuple[Subject, Period]) -> int:
    """The number of papers, once the feed is seen to answer the question that was asked."""
    feed = _feed(reply)
    _refuse_error(reply, feed)
    _refuse_other_query(reply, feed, _query(*about))
    total, start, size = (_number(reply, feed, name) for name in ("totalResults", "startIndex", "itemsPerPage"))
    shown = len(feed.findall(f"{_ATOM}entry"))
    if (start, size, shown) != (0, 1, min(total, 1)):
        _replies.changed(reply, f"it counts {total} papers and shows {shown}, from {start}, {size} a page")
    return total


def _feed(reply: Reply) -> Element:
    _replies.refuse_foreign(reply, reply.body)
    try:
        feed = fromstring(reply.body, forbid_dtd=True)
    except (ParseError, ValueError, LookupError) as error:  # entities and DTDs are refused as ValueError
        _replies.changed(reply, f"it is no plain XML ({type(error).__name__})")
    if feed.tag != f"{_ATOM}feed":
        _replies.changed(reply, "it is no Atom feed")
    return feed


def _refuse_error(reply: Reply, feed: Element) -> None:
    """An error is a feed of one entry, which counts itself as a result."""
    for entry in feed.iter(f"{_ATOM}entry"):
        id_, title, summary = (entry.findtext(f"{_ATOM}{name}", "").strip() for name in ("id", "title", "summary"))
        if "/api/errors" in id_ or title == "Error":
            _replies.changed(reply, f"it is an error: {summary[:100] or 'without a word why'}")


def _refuse_other_query(reply: Reply, feed: Element, asked: str) -> None:
    title = feed.findtext(f"{_ATOM}title", "").strip()
    echo = _TITLE.fullmatch(title)
    if echo is None or list(_tokens(echo[1])) != list(_tokens(asked)):
        _replies.changed(reply, f"it answers another query ({title[:200] or 'it does not say which'})")


def _tokens(query: str) -> Iterator[str]:
    """
    A query in the one spelling that arXiv's own differs from without a difference: field and value, operators, parentheses.

    What is not understood is a token of its own, to the end.
    """
    rest = query.strip()
    while rest:
        match = _TOKEN.match(rest)
        if match is None:
            yield f"? {rest}"
            return
        bracket, operator, field, quoted, ranged, bare = match.groups()
        value = " ".join((quoted or ranged or bare or "").split())
        yield bracket or operator or f"{field}:{value}"
        rest = rest[match.end() :].lstrip()


def _number(reply: Reply, feed: Element, name: str) -> int:
    """One of the feed's counts, which must stand there once."""
    found = [(one.text or "").strip() for one in feed.findall(f"{_SEARCH}{name}")]
    if len(found) != 1 or not re.fullmatch(r"[0-9]{1,9}", found[0]):
        _replies.changed(reply, f"{name} is {' and '.join(found) or 'not there'}")
    return int(found[0])


def _told(subject: Subject, window: Period, total: int, reply: Reply) -> Observation | Missing:
    if window.end > reply.retrieved_at:
        return Missing(_METRIC, subject.key, window, f"arXiv: {window} was not over when it was asked for")
    terms = " or ".join(f'"{term}"' for term in _terms(subject))
    note = f"papers with {terms} in title or abstract, first submitted in {window}; asked: {_query(subject, window)}"
    status = _windows.status(window.end, _SETTLED_AFTER, reply.retrieved_at)
    return _replies.Told(reply, ORIGINS[0]).figure(_METRIC, subject.key, window, total, _page(subject, window), note, status)


def _page(subject: Subject, window: Period) -> str:
    """The search for people, with the same terms and days; the day it ends with is not included."""
    parts: dict[str, str] = {"advanced": ""}
    fields = [(term, field) for term in _terms(subject) for field in ("title", "abstract")]
    for number, (term, field) in enumerate(fields):
        parts |= {f"terms-{number}-operator": "OR" if number else "AND", f"terms-{number}-term": f'"{term}"'}
        parts[f"terms-{number}-field"] = field
    days = {"from_date": window.start.date().isoformat(), "to_date": (window.last_day + dt.timedelta(days=1)).isoformat()}
    parts |= {"date-filter_by": "date_range", **{f"date-{name}": day for name, day in days.items()}}
    parts |= {"date-date_type": "submitted_date_first", "size": "50", "order": "-announced_date_first"}
    return f"https://arxiv.org/search/advanced?{urlencode(parts)}"
