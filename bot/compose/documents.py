"""The two JSON files of an edition, as other programs read them. Their keys are a promise (README, "What a preview writes")."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from bot import plugins
from bot.compose.inequality import inequality
from bot.domain.claim import Quantity
from bot.domain.delivery import Frozen, FrozenPost, Picture
from bot.domain.edition import Edition
from bot.domain.gate import Judgement
from bot.domain.measure import Metric, Observation, Status, Unit
from bot.domain.period import Period
from bot.domain.thread import Fact, Limits, Post

_Key: TypeAlias = tuple[int, str, str, Period, str]
"""A post, and of a figure in it metric, subject, window and origin."""


def thread_document(edition: Edition) -> dict[str, object]:
    """`thread.json`: what would be posted, what it costs, and what was left out."""
    thread, facts = edition.thread, facts_document(edition)
    return {
        "report": edition.report.key,
        "title": edition.report.title,
        "period": edition.period.key,
        "network": edition.report.network,
        "composed_at": edition.composed_at.isoformat(),
        "cost_usd": thread.cost_usd,
        "posts": [_post(post) for post in thread.posts],
        "skipped": [{"post": skipped.post, "reason": skipped.reason} for skipped in thread.skipped],
        "held": [{"metric": held.metric, "reason": held.why} for held in thread.held],
        "gates": [judgement_row(one) for one in thread.judgements],
        "subjects": {key: edition.report.name_of(key) for key in _used(facts, "subjects")},
        "metrics": {key: _metric(edition.report.metrics[key]) for key in _used(facts, "metric")},
        "origins": [_origin(name) for name in _used(facts, "origin")],
    }


def facts_document(edition: Edition) -> list[dict[str, object]]:
    """`facts.json`: each printed substring with its evidence, down to the published number."""
    return [_fact(fact, edition) for fact in edition.thread.facts().values()]


def judgement_row(one: Judgement) -> dict[str, object]:
    """What a gate said of some figures, and who accepted it."""
    return {
        "id": one.id,
        "gate": one.gate,
        "verdict": str(one.verdict),
        "metric": one.metric,
        "subjects": list(one.subjects),
        "windows": [window.key for window in one.windows],
        "sentence": one.sentence,
        "why": one.why,
        "accepted": None if one.accepted is None else {"because": one.accepted.because, "by": one.accepted.by},
    }


def cited_facts(facts_json: str) -> list[Fact]:
    """
    What a frozen `facts.json` says was observed, read back: its facts whose basis is an observation, in their order.

    Raises:
        ValueError: it is not what `facts_document` writes.
    """
    try:
        rows = [row for row in json.loads(facts_json) if row["kind"] == "observation"]
        return [_read_back(row) for row in rows]
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ValueError(f"the facts of an edition cannot be read back ({type(error).__name__}: {error})") from error


def stated(thread: Frozen, published: Collection[int], corrections: Sequence[Frozen]) -> list[Fact]:
    """
    The observations that an edition states on its account, by fact: those of the posts at some positions, as the corrections that
    are out, oldest first, have left them.

    Raises:
        ValueError: as `cited_facts`.
    """
    facts = [fact for fact in cited_facts(thread.facts_json) if fact.post in published]
    there = {_key(fact, fact.post): fact.basis for fact in facts}
    taken_back: set[_Key] = set()
    for one in corrections:
        assert one.correction is not None  # noqa: S101 - by what they are
        first = {_key(fact, one.correction.position): fact.basis for fact in reversed(cited_facts(one.facts_json))}
        taken_back |= {key for key, seen in first.items() if there.get(key) == seen}
        there |= first
    left = [fact for fact in facts if _key(fact, fact.post) not in taken_back]
    return [Fact(fact.id, fact.post, fact.where, fact.text, there[_key(fact, fact.post)], shown=fact.shown) for fact in left]


def as_file(document: object) -> str:
    """A document as it is written to disk."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def frozen(edition: Edition, account: str) -> Frozen:
    """An edition as it will stand on an account: what is sent, word for word and byte by byte, with its two documents."""
    limits = edition.thread.limits
    return Frozen(
        report=edition.report.key,
        period=edition.period.key,
        network=edition.report.network,
        account=account,
        composed_at=edition.composed_at,
        posts=tuple(_frozen_post(post, limits) for post in edition.thread.posts),
        thread_json=json.dumps(thread_document(edition), ensure_ascii=False),
        facts_json=json.dumps(facts_document(edition), ensure_ascii=False),
    )


def image_paths(post: Post) -> Iterator[str]:
    """Where a post's images lie, from the edition's folder."""
    for number, _ in enumerate(post.charts, 1):
        yield f"images/{post.position:02d}-{number}.png"


def unit_of(unit: Unit, noun: str) -> str:
    """What a value is a number of: the metric's noun for counts, else the unit's own name."""
    return noun if unit is Unit.COUNT else f"{noun} per day" if unit is Unit.RATE else str(unit)


def _key(fact: Fact, position: int) -> _Key:
    seen = fact.basis
    assert isinstance(seen, Observation)  # noqa: S101 - those alone are read back
    return position, seen.metric, seen.subject, seen.period, seen.origin


def _frozen_post(post: Post, limits: Limits) -> FrozenPost:
    pictures = tuple(Picture(one.png, one.alt_text.text, one.width_px, one.height_px) for one in post.charts)
    return FrozenPost(post.position, post.text.text, pictures, post.cost_usd(limits))


def _post(post: Post) -> dict[str, object]:
    return {
        "position": post.position,
        "total": post.total,
        "name": post.name,
        "text": post.text.text,
        "weighted_length": post.weighted_length,
        "links": list(post.links),
        "remarks": list(post.remarks),
        "images": [
            {
                "path": path,
                "alt_text": chart.alt_text.text,
                "title": chart.title.text,
                "width": chart.width_px,
                "height": chart.height_px,
                "sha256": chart.sha256,
            }
            for path, chart in zip(image_paths(post), post.charts, strict=True)
        ],
        "facts": [fact.id for fact in post.facts],
        "spans": list(_spans(post)),
    }


def _spans(post: Post) -> Iterator[dict[str, object]]:
    """Which part of the text, in code points, is which fact."""
    ids = {(fact.text, fact.basis): fact.id for fact in post.facts if fact.where == "text" and fact.shown}
    for span in post.text.spans:
        yield {"start": span.start, "end": span.end, "fact": ids[post.text.text[span.start : span.end], span.basis]}


def _used(facts: Iterable[Mapping[str, object]], key: str) -> list[str]:
    """What the facts name under a key, once each, in order."""
    named = [row[key] for row in facts]
    flat = [name for one in named for name in (one if isinstance(one, list) else [one])]
    return list(dict.fromkeys(str(name) for name in flat if name))


def _metric(metric: Metric) -> dict[str, object]:
    return {
        "title": metric.title,
        "unit": unit_of(metric.unit, metric.noun),
        "measures": metric.measures,
        "does_not_measure": metric.does_not_measure,
        "known_biases": metric.known_biases,
    }


def _origin(name: str) -> dict[str, object]:
    """A publisher with what it asks for; only the name of one that no source of the house knows."""
    known = plugins.known_origins().get(name)
    if known is None:
        return {"name": name, "homepage": None, "citation": None, "licence": None, "terms": None}
    told = {"homepage": known.homepage, "citation": known.citation, "licence": known.licence or None, "terms": known.terms}
    return {"name": name, **told}


def _fact(fact: Fact, edition: Edition) -> dict[str, object]:
    row: dict[str, object] = {"id": fact.id, "post": fact.post, "where": fact.where, "text": fact.text, "shown": fact.shown}
    if isinstance(fact.basis, Quantity):
        return row | _claim_row(fact.basis, edition) | {"evidence": list(fact.evidence)} | _NO_ORIGIN
    metric = edition.report.metrics[fact.basis.metric] if fact.basis.metric else None
    return row | _observation_row(fact.basis, metric) | {"evidence": []} | _origin_row(fact.basis)


def _claim_row(quantity: Quantity, edition: Edition) -> dict[str, object]:
    return {
        "kind": "claim",
        "claim": quantity.claim,
        "number": quantity.name,
        "inequality": inequality(quantity, edition.claims, edition.report),
        "value": _plain(quantity.value),
        "unit": unit_of(quantity.unit, quantity.noun),
        "metric": quantity.metric or None,
        "subjects": list(quantity.subjects),
        "period": quantity.period.key,
    }


def _observation_row(seen: Observation, metric: Metric | None) -> dict[str, object]:
    return {
        "kind": "observation",
        "claim": None,
        "number": None,
        "inequality": None,
        "value": _plain(seen.value),
        "unit": unit_of(metric.unit, metric.noun) if metric else "",
        "metric": seen.metric,
        "subjects": [seen.subject],
        "period": seen.period.key,
    }


_NO_ORIGIN: dict[str, object] = {
    "origin": None,
    "url": None,
    "query": None,
    "retrieved_at": None,
    "payload_sha256": None,
    "status": None,
    "window": None,
    "note": None,
    "handwritten": False,
}


def _origin_row(seen: Observation) -> dict[str, object]:
    return {
        "origin": seen.origin,
        "url": seen.url,
        "query": seen.query,
        "retrieved_at": seen.retrieved_at.isoformat(),
        "payload_sha256": seen.payload_sha256,
        "status": str(seen.status),
        "window": {"start": seen.period.start.isoformat(), "end": seen.period.end.isoformat()},
        "note": seen.note,
        "handwritten": seen.handwritten,
    }


def _read_back(row: Mapping[str, Any]) -> Fact:
    words = {name: row[name] for name in ("id", "where", "text", "metric", "origin", "url", "query", "payload_sha256", "note")}
    for name, value in words.items():
        if not isinstance(value, str):
            raise TypeError(f"{name} is {value!r:.40}")
    (subject,) = row["subjects"]
    if type(row["post"]) is not int or not isinstance(subject, str) or isinstance(row["value"], bool | str):
        raise TypeError(f"post {row['post']!r:.40}, subject {subject!r:.40}, value {row['value']!r:.40}")
    start, end = (dt.datetime.fromisoformat(row["window"][name]) for name in ("start", "end"))
    seen = Observation(
        metric=words["metric"],
        subject=subject,
        period=Period(start, end),
        value=float(row["value"]),
        status=Status(row["status"]),
        origin=words["origin"],
        url=words["url"],
        retrieved_at=dt.datetime.fromisoformat(row["retrieved_at"]),
        note=words["note"],
        query=words["query"],
        payload_sha256=words["payload_sha256"],
        handwritten=row["handwritten"] is True,
    )
    return Fact(words["id"], row["post"], words["where"], words["text"], seen, shown=row["shown"] is True)


def _plain(value: float) -> int | float:
    """A whole number without its ".0"."""
    return int(value) if value == int(value) else value
