"""
The evidence of an edition as a small static site: post -> facts -> observation -> kept reply, with whom to name for what.

Files by their path, made of what was frozen and of nothing else, so that the same edition gives the same bytes. Every link is
relative, nothing runs and nothing is asked of anybody: the folder works from a disk and under any address. No account, no path of
a machine and no setting is in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from bot import plugins
from bot.compose.documents import as_file
from bot.compose.page import environment, file, policy
from bot.domain.delivery import Frozen, FrozenPost
from bot.domain.period import Period

_Row: TypeAlias = Mapping[str, Any]
"""One row of `facts.json`."""

_PATH: Final = re.compile(r"(?<![\w./:])~?/(?:[^\s/'\",;:]+/)*([^\s/'\",;:]+)")
"""A path from the root of a disk, or from a home, in a reason that a person of this machine was told."""
_CLAIMED: Final = ("claim", "number", "value")
"""What two facts of one number of a claim have in common."""
_OBSERVED: Final = (
    "metric", "subjects", "period", "window", "value", "unit", "status", "origin", "url", "query", "retrieved_at",
    "payload_sha256", "note", "handwritten",
)  # fmt: skip
"""What two facts of one observation have in common."""


@dataclass(frozen=True)
class _Shown:
    """A figure or number of a claim as a page shows it, once: for the facts that print it in some words, or only rest on it."""

    anchor: str
    row: _Row
    ids: list[str] = field(default_factory=list)
    words: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True)
class Corrected:
    """A correction that is out: which post it replies to, its words, and where it is seen."""

    position: int
    text: str
    url: str


def site(
    edition: Frozen, replies: Mapping[str, bytes], url: str = "", home: str = "", corrections: Sequence[Corrected] = ()
) -> dict[str, bytes]:
    """
    Every file of the site by its path, `index.html` among them.

    `replies` are the kept bytes it carries, by digest; see `repeatable`. `url` is where the thread is seen, if it is out; `home`
    a relative link to the page that lists all editions, if there is one. `corrections` are told at the top and at their posts.
    """
    thread = _told(edition)
    facts: Sequence[_Row] = json.loads(edition.facts_json)
    kept = {digest: f"replies/{digest}.{_suffix(body)}" for digest, body in sorted(replies.items())}
    posts = [_post(post, thread, facts) for post in edition.posts]
    shared = {
        "edition": edition,
        "title": thread.get("title", edition.report),
        "period": Period.parse(edition.period).name,
        "thread": thread,
        "posts": posts,
        "kept": kept,
        "corrections": corrections,
    }
    pages = {
        "index.html": _page("site-index.html", {**shared, "url": url, "home": home}, images="'self' file:"),
        "sources.html": _page("site-sources.html", {**shared, "origins": _origins(thread, facts, replies)}),
    }
    sizes = {digest: len(body) for digest, body in replies.items()}
    for post in posts:
        evidence = _evidence(post["facts"], thread)
        pages[post["page"]] = _page("site-facts.html", {**shared, **evidence, "item": post, "sizes": sizes})
    texts = {**pages, "thread.json": as_file(thread), "facts.json": as_file(facts)}
    images = {path: picture.png for post in posts for path, picture in post["images"]}
    carried = {path: replies[digest] for digest, path in kept.items()}
    return {**{path: text.encode() for path, text in texts.items()}, **images, **carried}


def repeatable(edition: Frozen) -> list[str]:
    """
    The digests of replies that may be published whole: each of whose figures in the edition is from a publisher that allows it.

    What is allowed is asked of the sources as they are today, not as they were when the edition was frozen.
    """
    known = plugins.known_origins()
    allowed: dict[str, bool] = {}
    for row in json.loads(edition.facts_json):
        if digest := row["payload_sha256"]:
            origin = known.get(row["origin"])
            allowed[digest] = allowed.get(digest, True) and origin is not None and origin.may_repeat and not row["handwritten"]
    return sorted(digest for digest, may in allowed.items() if may)


def shelf(editions: Iterable[Mapping[str, Any]]) -> bytes:
    """The page that lists editions by their `thread.json`: reports by name, the newest period first."""
    by_report: dict[str, list[tuple[Period, Mapping[str, Any]]]] = {}
    for thread in editions:
        by_report.setdefault(thread["report"], []).append((Period.parse(thread["period"]), {"title": thread["report"], **thread}))
    newest_first = {key: sorted(by_report[key], key=lambda one: one[0], reverse=True) for key in sorted(by_report)}
    return _page("site-shelf.html", {"reports": newest_first}).encode()


def _told(edition: Frozen) -> dict[str, Any]:
    """`thread.json`, and in its reasons only the names of files: where they lie on this machine is nobody's business."""
    thread: dict[str, Any] = json.loads(edition.thread_json)
    for name in ("skipped", "held"):
        thread[name] = [{**one, "reason": _PATH.sub(r"\1", one["reason"])} for one in thread.get(name, ())]
    thread["gates"] = [_judged(one) for one in thread.get("gates", ())]
    return thread


def _judged(one: _Row) -> dict[str, Any]:
    """What a gate said. Who accepted it, and the reason, stay with those who run the bot."""
    return {**one, "why": _PATH.sub(r"\1", one["why"]), "accepted": one["accepted"] is not None}


def _page(template: str, values: Mapping[str, object], images: str = "'none'") -> str:
    style = file("page.css") + file("site.css")
    text = environment().get_template(template).render(**values, style=style, policy=policy(style, images))
    return text.strip() + "\n"


def _post(post: FrozenPost, thread: _Row, facts: Sequence[_Row]) -> dict[str, Any]:
    told: _Row = next((one for one in thread.get("posts", ()) if one["position"] == post.position), {})
    return {
        "post": post,
        "page": f"facts/{post.position:02d}.html",
        "pieces": _pieces(post.text, told.get("spans", ())),
        "images": list(zip(_paths(post), post.pictures, strict=True)),
        "facts": [row for row in facts if row["post"] == post.position],
    }


def _pieces(text: str, spans: Iterable[_Row]) -> list[tuple[str, str]]:
    """A text cut at its citations: each piece with the id of its fact, or with none."""
    pieces: list[tuple[str, str]] = []
    at = 0
    for span in spans:
        pieces += [(text[at : span["start"]], ""), (text[span["start"] : span["end"]], span["fact"])]
        at = span["end"]
    return [piece for piece in [*pieces, (text[at:], "")] if piece[0]]


def _evidence(rows: Sequence[_Row], thread: _Row) -> dict[str, object]:
    """What a page of facts shows: numbers of claims and figures once each, under the id of the fact that names them first."""
    claims: dict[str, _Shown] = {}
    figures: dict[str, _Shown] = {}
    of_fact: dict[str, _Shown] = {}
    for row in rows:
        kind, known, same = ("claim", claims, _CLAIMED) if row["kind"] == "claim" else ("figure", figures, _OBSERVED)
        one = known.setdefault(repr([row.get(key) for key in same]), _Shown(f"{kind}-{row['id']}", row))
        one.words[row["text"]] = None
        one.ids.append(row["id"])
        of_fact[row["id"]] = one
    metrics = thread.get("metrics", {})
    used = dict.fromkeys(one.row["metric"] for one in figures.values())
    return {
        "of_fact": of_fact,
        "printed": [row for row in rows if row["shown"]],
        "silent": {row["id"] for row in rows if not row["shown"]},
        "claims": list(claims.values()),
        "figures": list(figures.values()),
        "subjects": thread.get("subjects", {}),
        "metrics": {key: metrics[key] for key in used if key in metrics},
    }


def _origins(thread: _Row, facts: Sequence[_Row], replies: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Every publisher whose numbers are used: what it asks for, where its numbers are printed, which of its replies are here."""
    found = []
    told = {one["name"]: one for one in thread.get("origins", ())}
    unknown = dict.fromkeys(("homepage", "citation", "licence", "terms"))
    for name in dict.fromkeys(row["origin"] for row in facts if row["origin"]):
        rows = [row for row in facts if row["origin"] == name]
        digests = sorted({row["payload_sha256"] for row in rows if row["payload_sha256"] in replies})
        posts = sorted({row["post"] for row in rows})
        found.append({"name": name, "told": {**unknown, **told.get(name, {})}, "posts": posts, "digests": digests})
    return found


def _paths(post: FrozenPost) -> list[str]:
    return [f"images/{post.position:02d}-{number}.png" for number, _ in enumerate(post.pictures, 1)]


def _suffix(body: bytes) -> str:
    """Text is served as plain text, whatever it holds: markup from elsewhere must not run as a page of this site."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return "bin"
    return "txt" if b"\0" not in body else "bin"
