"""`index.html`: the thread as X would show it, and behind each post its facts, alt text and data. One file, no network."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TypeAlias

from jinja2 import Environment, FunctionLoader, StrictUndefined

from bot import plugins
from bot.compose.documents import facts_document, judgement_row
from bot.domain.edition import Edition
from bot.domain.measure import Metric
from bot.domain.text import Cited
from bot.domain.thread import Chart, Limits, Post

_Row: TypeAlias = Mapping[str, object]
"""One row of `facts.json`."""


def page(edition: Edition) -> str:
    """The whole page. Everything that came from data, recipe or template is escaped; only http(s) addresses become links."""
    style, facts = file("page.css"), facts_document(edition)
    return (
        environment()
        .get_template("page.html")
        .render(
            edition=edition,
            thread=edition.thread,
            posts=[_post(edition, post, facts) for post in edition.thread.posts],
            gates=[judgement_row(one) for one in edition.thread.judgements],
            metrics=_metrics(edition, facts),
            origins=_origins(facts),
            style=style,
            policy=policy(style),
        )
    )


def _post(edition: Edition, post: Post, facts: Sequence[_Row]) -> dict[str, object]:
    limits = edition.thread.limits
    return {
        "post": post,
        "lines": list(post.text.pieces()),
        "over": max(0, post.weighted_length - limits.post_length),
        "cost": post.cost_usd(limits),
        "charts": [_chart(chart, limits) for chart in post.charts],
        "facts": [row for row in facts if row["post"] == post.position],
    }


def _chart(chart: Chart, limits: Limits) -> dict[str, object]:
    return {
        "chart": chart,
        "uri": "data:image/png;base64," + base64.b64encode(chart.png).decode(),
        "kilobytes": len(chart.png) / 1000,
        "alt_limit": limits.alt_length,
    }


def _metrics(edition: Edition, facts: Sequence[_Row]) -> list[tuple[list[str], Metric]]:
    """What the thread's metrics mean, in order of first use; those that mean the same stand together under all their titles."""
    alike: dict[tuple[str, str, str], tuple[list[str], Metric]] = {}
    for key in dict.fromkeys(row["metric"] for row in facts if row["kind"] == "observation"):
        metric = edition.report.metrics[str(key)]
        meaning = (metric.measures, metric.does_not_measure, metric.known_biases)
        alike.setdefault(meaning, ([], metric))[0].append(metric.title)
    return list(alike.values())


def _origins(facts: Sequence[_Row]) -> list[str]:
    """The line each publisher asks for who repeats its numbers; the bare name of one no source of the house knows."""
    known = plugins.known_origins()
    names = dict.fromkeys(str(row["origin"]) for row in facts if row["origin"])
    return [known[name].citation.removesuffix(".") if name in known else name for name in names]


def policy(style: str, images: str = "data:") -> str:
    """Nothing may load, run or be sent but `images`: those inside the page. The one style sheet is named by its digest."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; img-src {images}; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def environment() -> Environment:
    """For pages: everything is escaped."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(file)
    )
    environment.filters["usd"] = lambda value: f"${value:.3f}".removesuffix("0")
    environment.filters["moment"] = _moment
    environment.tests["web"] = lambda url: isinstance(url, str) and url.startswith(("https://", "http://"))
    environment.tests["cited"] = lambda value: isinstance(value, Cited)
    return environment


def _moment(iso: str) -> str:
    """An instant of a document: "2021-01-01" for a midnight in UTC, else to the minute."""
    at = dt.datetime.fromisoformat(iso).astimezone(dt.UTC)
    return f"{at:%Y-%m-%d}" if at.time() == dt.time() else f"{at:%Y-%m-%d %H:%M} UTC"


@cache
def file(name: str) -> str:
    """A file beside this one."""
    return files("bot.compose").joinpath(name).read_text(encoding="utf-8")
