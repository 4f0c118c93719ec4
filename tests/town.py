"""
All the services of the monthly reports in small, each a real HTTP server on loopback that answers in its service's own shape.

The figures are made up, but for PyPI's: those of March 2026 are what ClickPy said (facts in tests/sources/test_clickpy.py). Whatever a
test expects, it reads from the tables here, not from what the bot made of them.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from urllib.parse import unquote
from xml.sax.saxutils import escape

import pytest

from bot import wiring
from bot.domain.period import Period
from bot.sources import _http
from bot.sources._windows import days
from tests.sources.services import NOW, Answer, Request, Server

DOWNLOADS: Final = {
    "torch": 87_347_847, "tensorflow": 22_653_919, "jax": 19_165_515, "keras": 18_417_904,
    "fastapi": 250_000_000, "flask": 140_000_000, "django": 35_000_000, "tornado": 90_000_000,
}  # fmt: skip
"""PyPI downloads of a month of 31 days; other months have as many a day."""
STARS: Final = {
    "pytorch/pytorch": 97_000, "tensorflow/tensorflow": 193_000, "jax-ml/jax": 34_500, "keras-team/keras": 63_800,
    "django/django": 86_000, "pallets/flask": 70_000, "fastapi/fastapi": 92_000, "tornadoweb/tornado": 22_000,
}  # fmt: skip
PAPERS: Final = {"pytorch": 412, "tensorflow": 97, "keras": 41, "jax": 88}
QUESTIONS: Final = {
    "pytorch": 96,
    "tensorflow": 61,
    "keras": 17,
    "jax": 4,
    "django": 210,
    "flask": 70,
    "fastapi": 66,
    "tornado": 1,
}
MODELS: Final = {"pytorch": 37, "tf": 3, "keras": 11, "jax": 6}
JOBS: Final = {"PyTorch": 60, "TensorFlow": 22, "Keras": 3, "JAX": 14, "Django": 51, "FastAPI": 44, "Flask": 20}
POSTS: Final = 320
PULLS: Final = {"pytorch/pytorch": 21_000_000, "tensorflow/tensorflow": 84_000_000}
CONDA: Final = {"pytorch": 26_000_000, "tensorflow": 14_000_000, "keras": 9_000_000, "jax": 5_000_000}
_FEWER_LAST_YEAR: Final = 0.8
_FEWER_LAST_MONTH: Final = 0.98
"""No count repeats that of the month before to the digit: it would be taken for a list that was not renewed."""


@contextmanager
def town(monkeypatch: pytest.MonkeyPatch, period: Period, **other: Callable[[Request], Answer]) -> Iterator[Mapping[str, Server]]:
    """Every service, with the environment set to ask there and a clock that does not wait; `other` are services that answer so."""
    services: dict[str, Callable[[Request], Answer]] = {
        "clickpy": lambda request: _clickpy(request, period),
        "pypistats": lambda request: _pypistats(request, period),
        "github": _github,
        "arxiv": lambda request: _arxiv(request, period),
        "hn_hiring": HackerNews(period),
        "stackoverflow": lambda request: _stackoverflow(request, period),
        "huggingface": lambda request: _huggingface(request, period),
        "wikipedia": _wikipedia,
        "dockerhub": _dockerhub,
        "conda": _conda,
        "openalex": lambda request: _openalex(request, period),
        "npm": _npm,
    }
    monkeypatch.setattr(_http, "Clock", Standing)
    monkeypatch.setattr(wiring, "_now", lambda: NOW)
    with ExitStack() as stack:
        servers = {name: stack.enter_context(Server(answer)) for name, answer in (services | other).items()}
        for name, server in servers.items():
            monkeypatch.setenv(f"THREADMILL_URL_{name.upper()}", server.url)
        yield servers


class Unhurried(_http.Clock):
    """The real time, but for sleeping, which takes none."""

    def __init__(self, stopped: threading.Event | None = None) -> None:
        self._slept = 0.0
        super().__init__(monotonic=lambda: time.monotonic() + self._slept, stopped=stopped or threading.Event())

    def sleep(self, seconds: float) -> None:
        self._slept += seconds


class Standing(Unhurried):
    """It is always the same instant."""

    def __init__(self, stopped: threading.Event | None = None) -> None:
        super().__init__(stopped)
        self.now = lambda: NOW


def downloads(package: str, window: Period, period: Period) -> int:
    """As many a day as in the table; a year before a fifth fewer; PyTorch's a tenth fewer in the month before."""
    by_day = DOWNLOADS[package] / 31
    if window == period.previous() and package == "torch":
        by_day *= 0.9
    return round(by_day * window.days * (_FEWER_LAST_YEAR if window == period.year_before() else 1))


def _clickpy(request: Request, period: Period) -> Answer:
    packages = re.findall(r"'([a-z][a-z-]*)'", request.body.partition("project IN (")[2].partition(")")[0])
    newest = (period.end + dt.timedelta(days=2)).date().isoformat()
    rows: list[dict[str, Any]] = []
    for package in packages:
        if "toStartOfMonth" in request.body:
            for month in _months(_asked(request.body)):
                counted = downloads(package, month, period)
                told = {
                    "project": package,
                    "first": month.start.date().isoformat(),
                    "downloads": str(counted),
                    "days": int(month.days),
                }
                rows.append(told | {"listed": str(counted), "newest": newest})
        else:
            for day in days(period):
                told = {"project": package, "first": day.isoformat(), "downloads": DOWNLOADS[package] // 31, "days": 1}
                rows.append(told | {"newest": newest})
    return Answer(json.dumps({"meta": [], "data": rows, "rows": len(rows), "statistics": {}}), gzipped=True)


def _asked(sql: str) -> Period:
    first, end = re.findall(r"date >= '([0-9-]+)' AND date < '([0-9-]+)'", sql)[0]
    return Period.between(dt.date.fromisoformat(first), dt.date.fromisoformat(end))


def _pypistats(request: Request, period: Period) -> Answer:
    package = request.path.split("/")[3]
    told_days = [period.start.date() + dt.timedelta(days=number) for number in range(int(period.days) + 3)]
    told = [{"category": "without_mirrors", "date": day.isoformat(), "downloads": DOWNLOADS[package] // 40} for day in told_days]
    return Answer(json.dumps({"data": told, "package": package, "type": "overall_downloads"}))


def _github(request: Request) -> Answer:
    repository = "/".join(request.path.split("/")[2:4])
    if request.path.endswith("/commits"):
        number = 900 + len(repository)
        link = f'<https://api.github.com{request.path}?{"&".join(f"{name}={_quoted(value)}" for name, value in request.parameters.items())}&page={number}>; rel="last"'
        return Answer('[{"sha": "1", "commit": {}}]', headers={"Link": link})
    told = {
        "full_name": repository,
        "stargazers_count": STARS[repository],
        "forks_count": STARS[repository] // 4,
        "subscribers_count": 1000,
    }
    return Answer(json.dumps(told | {"watchers_count": STARS[repository]}))


def _quoted(value: str) -> str:
    return value.replace(":", "%3A")


def _arxiv(request: Request, period: Period) -> Answer:
    asked = request.parameters["search_query"]
    term = re.findall(r'ti:"([^"]+)"', asked)[0]
    year_before = str(period.year_before().start.year) in asked
    total = round(PAPERS[term] * (_FEWER_LAST_YEAR if year_before else 1)) - (f"[{period.previous().start:%Y%m}" in asked)
    title = f"arXiv Query: search_query={asked}&id_list=&start=0&max_results=1"
    return Answer(
        f"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/1</id><title>{escape(title)}</title><updated>2026-11-05T00:00:00Z</updated>
  <opensearch:itemsPerPage>1</opensearch:itemsPerPage><opensearch:totalResults>{total}</opensearch:totalResults>
  <opensearch:startIndex>0</opensearch:startIndex>
  <entry><id>http://arxiv.org/abs/2610.00001v1</id><title>A paper</title></entry>
</feed>"""
    )


class HackerNews:
    """Threads of the months a report is compared with, each with as many posts, a fifth fewer of which name anything a year before."""

    def __init__(self, period: Period) -> None:
        self._items: dict[int, Any] = {}
        self._submitted: list[int] = []
        for number, month in enumerate([period.year_before(), period.previous(), period]):
            self._thread(100_000 * (number + 1), month, (_FEWER_LAST_YEAR, _FEWER_LAST_MONTH, 1)[number])

    def _thread(self, story: int, month: Period, part: float) -> None:
        kids = list(range(story + 1, story + 1 + POSTS))
        opened = int(month.start.timestamp()) + 54_000
        title = f"Ask HN: Who is hiring? ({month.name})"
        self._items[story] = {"by": "whoishiring", "id": story, "kids": kids, "time": opened, "title": title, "type": "story"}
        self._submitted.insert(0, story)
        for at, kid in enumerate(kids):
            names = [name for name, count in JOBS.items() if at < round(count * part)]
            text = f"Company {at} | Engineer | Remote<p>We use {', '.join(names) or 'something else'} &amp; more."
            self._items[kid] = {"by": f"u{at}", "id": kid, "parent": story, "text": text, "time": opened + at, "type": "comment"}

    def __call__(self, request: Request) -> Answer:
        if request.path.startswith("/v0/user/"):
            return Answer(json.dumps({"id": "whoishiring", "created": 1, "karma": 1, "submitted": self._submitted}))
        return Answer(json.dumps(self._items.get(int(request.path.removeprefix("/v0/item/").removesuffix(".json")))))


def _stackoverflow(request: Request, period: Period) -> Answer:
    first = dt.datetime.fromtimestamp(int(request.parameters["fromdate"]), dt.UTC)
    part = {period.year_before().start: _FEWER_LAST_YEAR, period.previous().start: _FEWER_LAST_MONTH}.get(first, 1)
    return Answer(json.dumps({"total": round(QUESTIONS[request.parameters["tagged"]] * part)}), gzipped=True)


def _huggingface(request: Request, period: Period) -> Answer:
    tag = request.parameters["filter"]
    inside = [period.end - dt.timedelta(minutes=number + 1) for number in range(MODELS[tag])]
    before = [period.start - dt.timedelta(hours=number + 1) for number in range(3)]
    told = [
        {
            "_id": str(number),
            "id": f"somebody/{tag}-{number}",
            "createdAt": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        for number, at in enumerate([*inside, *before])
    ]
    return Answer(json.dumps(told))


def _wikipedia(request: Request) -> Answer:
    article, grain, first, last = request.path.split("/")[-4:]
    window = Period.between(dt.date.fromisoformat(first), dt.date.fromisoformat(last) + dt.timedelta(days=1))
    items = [
        {
            "project": "en.wikipedia", "article": unquote(article), "granularity": grain, "timestamp": f"{month.start:%Y%m}0100",
            "access": "all-access", "agent": "user", "views": 1000 * len(article) + int(month.days),
        }
        for month in _months(window)
    ]  # fmt: skip
    return Answer(json.dumps({"items": items}))


def _dockerhub(request: Request) -> Answer:
    namespace, name = request.path.strip("/").split("/")[2:]
    return Answer(json.dumps({"namespace": namespace, "name": name, "pull_count": PULLS[f"{namespace}/{name}"], "star_count": 1}))


def _conda(request: Request) -> Answer:
    channel, name = request.path.strip("/").split("/")[1:]
    files = [{"full_name": f"{channel}/{name}/1/{name}.conda", "ndownloads": CONDA[name]}]
    return Answer(
        json.dumps(
            {
                "name": name,
                "full_name": f"{channel}/{name}",
                "owner": {"login": channel},
                "ndownloads": CONDA[name],
                "files": files,
            }
        )
    )


def _openalex(request: Request, period: Period) -> Answer:
    term = re.findall(r'search:"?([a-z]+)', request.parameters["filter"])[0]
    years = {period.start.year - back: 100 * PAPERS[term] - 1000 * back for back in range(2)}
    groups = [{"key": str(year), "key_display_name": str(year), "count": count} for year, count in years.items()]
    return Answer(json.dumps({"meta": {"count": sum(years.values()), "groups_count": 2}, "group_by": groups}))


def _npm(request: Request) -> Answer:
    _, _, _, span, *package = request.path.split("/")
    first, last = (dt.date.fromisoformat(day) for day in span.split(":"))
    first = max(first, last - dt.timedelta(days=548))  # npm clips at eighteen months, and tells the days it took
    window = Period.between(first, last + dt.timedelta(days=1))
    name = "/".join(package)
    told = [{"day": day.isoformat(), "downloads": 100 * len(name)} for day in days(window)]
    return Answer(json.dumps({"start": first.isoformat(), "end": last.isoformat(), "package": name, "downloads": told}))


def _months(window: Period) -> list[Period]:
    found = [Period.month(window.start.year, window.start.month)]
    while found[-1].end < window.end:
        found.append(Period.month(found[-1].end.year, found[-1].end.month))
    return found
