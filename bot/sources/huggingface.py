"""
Models created on the Hugging Face Hub that carry a library's tag.

Measures public models by their instant of creation, in UTC. The Hub has no total, so its list is paged through from the newest
model back to the period's start, which is why only the report's own period is counted and change comes from earlier readings in
the store. A window counts once it is over, and is never provisional: it may shrink later, for deleted models leave the list and
tags are added or taken away, but that has no end. Quota: 500 requests in five minutes without a token, 1,000 with a free one
(HF_TOKEN); asked every 0.7 s at most, a thousand models a page. Terms: counts are facts, name Hugging Face.

One model may carry the tags of several libraries and counts for each. The pages of a tag are one reply: a line of JSON for each,
with what was asked, the Link header that leads to the next page, and the page as sent; its query, address and time are those of
the first. Every page must lead to the next, the newest model come first, and the last page reach the period's start.
`Subject.ids["huggingface"]` is the tag ("pytorch", "tf", "jax").
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from bot.domain.measure import Aggregation, Coverage, Metric, Missing, Observation, Origin, Subject, Unit
from bot.domain.period import Period, date_in_words, instant
from bot.errors import SourceUnavailable
from bot.ports import Client, Key, Parameters, Question, Reply, Service
from bot.sources import _replies

_NAME: Final = "huggingface"
_METRIC: Final = "hf_models_created"
METRICS: Final = (
    Metric(
        key=_METRIC,
        title="New models on Hugging Face",
        unit=Unit.COUNT,
        noun="models",
        aggregation=Aggregation.TOTAL,
        measures="Public models created on the Hugging Face Hub in the period that carry the library's tag.",
        does_not_measure="Use of the models, or models that are private, deleted since, untagged or kept elsewhere.",
        known_biases="A model counts for every library it is tagged with. Scripts create models in bulk, and tags follow the "
        "file formats that a tool writes by itself.",
        short="New HF models",
    ),
)
ORIGINS: Final = (
    Origin(
        name="Hugging Face",
        homepage="https://huggingface.co/",
        terms="the list is published for everybody; Hugging Face is to be named",
        citation="Hugging Face Hub, list of models",
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="midnight UTC",
    depth="from 2022-03-02, which older models bear as their date; as far as 200 pages of a thousand models reach back",
    lag="none; a finished window may still shrink as models are deleted",
    quota="500 requests in five minutes, 1,000 with a free token; asked every 0.7 s at most",
)
SERVICE: Final = Service(
    url="https://huggingface.co",
    interval_s=0.7,
    patience_s=310,  # the quota is counted in windows of 300 s: one may be waited for
    key=Key("HF_TOKEN", header="Authorization", prefix="Bearer "),
)
_PATH: Final = "/api/models"
_PAGE: Final = 1000
_MOST_PAGES: Final = 200


@dataclass(frozen=True)
class _Model:
    id: str
    createdAt: str  # noqa: N815 - the Hub's name


@dataclass(frozen=True)
class _Page:
    asked: str
    link: str
    models: list[_Model]


@dataclass(frozen=True)
class Source:
    """Pages through the models of each tag, newest first, and counts those of the period."""

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        """One reply per tag, put together from the pages that reach back to the period's start."""
        if period.end > client.now:
            raise SourceUnavailable(
                f"huggingface was not asked: {period} is not over, and a part of it would pass for the whole. "
                f"Run again from {date_in_words(period.end.date())} on"
            )
        for subject in _replies.named(subjects, _NAME):
            yield _joined(list(_pages(client, subject.ids[_NAME], period)))

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        """How many models of the tag were created in the period."""
        subject = next((one for one in _replies.named(subjects, _NAME) if _first(one.ids[_NAME]) == reply.query), None)
        if subject is None:
            return ()
        tag = subject.ids[_NAME]
        pages = [_replies.read(reply, _Page, line) for line in reply.body.split(b"\n")]
        _refuse_broken_chain(pages, tag, period, reply)
        created = _created(pages, reply)
        if not created:
            return [_missing(subject, period, f'Hugging Face lists no model with the tag "{tag}"')]
        if reply.retrieved_at < period.end:
            return [_missing(subject, period, f"Hugging Face was asked before {period} was over")]
        count = sum(period.start <= at < period.end for at in created)
        return [_told(count, len(pages), subject, period, reply)]


def _parameters(tag: str) -> Parameters:
    return {"filter": tag, "sort": "createdAt", "direction": -1, "limit": _PAGE, "expand": "createdAt"}


def _address(parameters: Parameters) -> str:
    return f"{_PATH}?{urlencode(dict(parameters))}"


def _first(tag: str) -> str:
    return _address(_parameters(tag))


def _pages(client: Client, tag: str, period: Period) -> Iterator[Reply]:
    """The pages of a tag from the newest model back to the period's start, each with its Link header in front."""
    # No page is kept longer than its day: the first begins with the newest model, and the others only follow from it.
    parameters = _parameters(tag)
    for _ in range(_MOST_PAGES):
        page = client.ask(Question(_PATH, parameters, head=("Link",)))
        yield page
        onward = _onward(page, tag, period)
        if onward is None:
            return
        parameters = onward
    raise SourceUnavailable(
        f'huggingface lists more than {_MOST_PAGES} pages of models with the tag "{tag}" since '
        f"{date_in_words(period.start.date())}, and to ask on would be impolite. The period may lie too far back; take a newer "
        f"one, or a narrower tag"
    )


def _onward(page: Reply, tag: str, period: Period) -> Parameters | None:
    """What asks for the next page; None where there is none, or none is needed, or this one is unfit (parse says so)."""
    try:
        read = _replies.read(page, _Page, _line(page))
        return None if _reaches(read, period, page) else _next(read, tag, page)
    except SourceUnavailable:
        return None


def _line(page: Reply) -> bytes:
    """A page as one line: what was asked, the Link header, and the page as sent (a line break in JSON is only space)."""
    headers, body = _replies.head(page, ("Link",))
    lead = json.dumps({"asked": page.query, "link": headers["Link"]})
    return lead[:-1].encode() + b', "models": ' + re.sub(rb"[\r\n]+", b" ", body) + b"}"


def _joined(pages: Sequence[Reply]) -> Reply:
    return replace(pages[0], body=b"\n".join(_line(page) for page in pages))


def _reaches(page: _Page, period: Period, reply: Reply) -> bool:
    """Whether a page goes back beyond the period's start."""
    return bool(page.models) and _at(page.models[-1], reply) < period.start


def _next(page: _Page, tag: str, reply: Reply) -> Parameters | None:
    """
    The parameters of the page after this one, None after the last. Only the parameters: we go on asking the host we know.

    Raises:
        SourceUnavailable: the link leads elsewhere or to other models.
    """
    found = re.search(r'<([^>]*)>\s*;\s*rel="next"', page.link)
    if found is None:
        return None
    parts = _replies.address(reply, found[1])
    parameters: dict[str, str | int] = dict(parse_qsl(parts.query))
    if parts.netloc not in ("", urlsplit(SERVICE.url).netloc, urlsplit(reply.url).netloc) or parts.path != _PATH:
        _replies.changed(reply, f"its next page is at {parts.netloc}{parts.path}")
    if (parameters.get("filter"), parameters.get("sort")) != (tag, "createdAt") or not parameters.get("cursor"):
        _replies.changed(reply, "its next page lists other models or in another order")
    return parameters


def _refuse_broken_chain(pages: Sequence[_Page], tag: str, period: Period, reply: Reply) -> None:
    """A page is missing in between or at the end, or has lost its models."""
    expected: str | None = reply.query
    for page in pages:
        if page.asked != expected:
            _replies.changed(reply, "a page does not follow from the one before")
        onward = _next(page, tag, reply)
        if onward is not None and not page.models:
            _replies.changed(reply, "a page without a model leads to a next one")
        expected = None if onward is None else _address(onward)
    full = len(pages[-1].models) >= _PAGE if pages else False
    if (expected is not None or full) and not _reaches(pages[-1], period, reply):
        _replies.changed(reply, f"its pages end before {date_in_words(period.start.date())} is reached")


def _created(pages: Sequence[_Page], reply: Reply) -> list[dt.datetime]:
    """
    When each model was created, newest first; a model that slipped onto the next page is told twice and counts once.

    Raises:
        SourceUnavailable: an instant that is none, two of one model, or models out of order, among which the end cannot be found.
    """
    found: dict[str, dt.datetime] = {}
    newest = dt.datetime.max.replace(tzinfo=dt.UTC)
    for model in (model for page in pages for model in page.models):
        at = _at(model, reply)
        if not model.id or found.get(model.id, at) != at:
            _replies.changed(reply, f'the model "{model.id}" has no name or two dates')
        if model.id in found:
            continue
        if at > newest:
            _replies.changed(reply, f"{model.id} is newer than the model before it")
        found[model.id] = newest = at
    return list(found.values())


def _at(model: _Model, reply: Reply) -> dt.datetime:
    try:
        if not re.fullmatch(r"[0-9-]{10}T[0-9:]{8}(\.[0-9]{1,6})?Z", model.createdAt):
            raise ValueError
        return instant(model.createdAt)
    except ValueError:
        _replies.changed(reply, f"{model.id} was created at {model.createdAt!r}, which is no instant")


def _missing(subject: Subject, period: Period, reason: str) -> Missing:
    return Missing(_METRIC, subject.key, period, reason)


def _told(count: int, page_count: int, subject: Subject, period: Period, reply: Reply) -> Observation:
    tag = subject.ids[_NAME]
    page = f"https://huggingface.co/models?library={quote(tag, safe='')}&sort=created"
    note = f'models with the tag "{tag}" by their createdAt, counted over {page_count} pages'
    return _replies.Told(reply, ORIGINS[0]).figure(_METRIC, subject.key, period, count, page, note)
