"""What a person sees: progress, a panel per post, the story of a number. Plain where nobody is looking, and with NO_COLOR."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from bot.compose.documents import image_paths, unit_of
from bot.config import VARIABLES
from bot.domain.claim import Quantity
from bot.domain.measure import Observation
from bot.domain.numerals import grouped
from bot.domain.thread import Fact, Limits, Post
from bot.domain.words import printable
from bot.ports import Progress
from bot.verbs import Checked, Preview, Told

_OUT = Console(highlight=False)
_ERR = Console(stderr=True, highlight=False)


@contextmanager
def progress() -> Iterator[Progress]:
    """The step at hand and how far it is, where a person watches; a line per step in pipes and logs."""
    if not _ERR.is_terminal:
        yield _lines()
        return
    with _ERR.status("starting") as status:

        def step(name: str, done: int, total: int) -> None:
            status.update(f"{escape(name)} {done}/{total}" if total else escape(name))

        yield step


def show_preview(preview: Preview) -> None:
    """A panel per post, what was left out, the cost, and where everything is."""
    thread = preview.edition.thread
    for post in thread.posts:
        _show_post(post, preview.folder, thread.limits)
    for skipped in thread.skipped:
        _say(f"left out  {skipped.post}: {skipped.reason}")
    for held in thread.held:
        _say(f"held      {held.metric}: {held.reason}")
    said = "".join(skipped.reason for skipped in thread.skipped)
    for outcome in preview.sources:
        problem = "see above" if outcome.problem and outcome.problem in said else outcome.problem
        _say(f"source    {outcome.source}: {problem or f'{outcome.observation_count} observations'}")
        for remark in outcome.remarks:
            _say(f"note      {remark}")
    _say(
        f"{len(thread.posts)} posts for {preview.edition.period}; on {thread.limits.network} they would cost "
        f"${thread.cost_usd:.3f} (prices of {thread.limits.prices_as_of})"
    )
    page = preview.folder / "index.html"
    _OUT.print(Text(f"page      {page}", style=f"link {page.resolve().as_uri()}" if _OUT.is_terminal else ""), soft_wrap=True)


def show_story(told: Told) -> None:
    """A post, and under it every fact down to the published number."""
    post = told.post
    _say(f"{told.edition.report.key} {told.edition.period.key}, post {post.position} of {post.total}: {post.name}\n")
    _say(post.text.text)
    for chart in post.charts:
        _say(f"\nchart: {chart.title}\nalt text: {chart.alt_text}")
    for fact in post.facts:
        _say("")
        _say(_heading(fact))
        for line in _story(fact, told.facts):
            _say(f"    {line}")


def show_check(check: Checked) -> None:
    """Settings with secrets masked, then each report."""
    settings = check.settings
    _say(f"THREADMILL_HOME        {settings.home}")
    _say(f"DATABASE_URL           {settings.database_url or 'not set'}")
    _say(f"X_API_BASE_URL         {settings.x_api_base_url}")
    for name in VARIABLES:
        if name in ("THREADMILL_HOME", "DATABASE_URL", "X_API_BASE_URL"):
            continue
        _say(f"{name:<22} {settings.secrets.get(name, 'not set')}")
    for name, meant in settings.unknown.items():
        _say(f"{name} is not read" + (f'; did you mean "{meant}"?' if meant else ""))
    for name, summary in check.reports.items():
        first, *rest = summary.splitlines()
        _say("\n".join([f"{name}: right ({first})", *rest]))
    for name, problem in check.problems.items():
        _say(f"{name}: wrong\n{problem}")


def show_reports(reports: Mapping[str, str]) -> None:
    """Name and title."""
    for name, title in reports.items():
        _say(f"{name:<24} {title}")


def open_page(page: Path) -> None:
    """Open the page in the person's browser; say so if there is none."""
    if not webbrowser.open(page.resolve().as_uri()):
        _ERR.print(f"no browser could be started; open {page} yourself", markup=False)


def _lines() -> Progress:
    seen: set[str] = set()

    def step(name: str, _done: int, total: int) -> None:
        if name not in seen:
            seen.add(name)
            print(f"{name} ({total})" if total else name, file=sys.stderr, flush=True)

    return step


def _show_post(post: Post, folder: Path, limits: Limits) -> None:
    about = [f"text {post.weighted_length}/{limits.post_length}"]
    about += [f"alt {len(chart.alt_text.text)}/{limits.alt_length}" for chart in post.charts]
    images = [f"{folder / path}" for path in image_paths(post)]
    if not _OUT.is_terminal:
        _say(f"--- post {post.position} of {post.total}: {post.name}  {'  '.join(about)}")
        _say(post.text.text)
        for chart, image in zip(post.charts, images, strict=True):
            _say(f"[{image}] {chart.alt_text}")
        for remark in post.remarks:
            _say(f"problem: {remark}")
        _say("")
        return
    parts: list[Text] = [Text(post.text.text)]
    for chart, image in zip(post.charts, images, strict=True):
        parts += [Text(f"\n{image}", style=f"link {Path(image).resolve().as_uri()}"), Text(str(chart.alt_text), style="dim")]
    parts += [Text(f"problem: {remark}", style="bold red") for remark in post.remarks]
    title = escape(f"post {post.position} of {post.total}: {post.name}")
    _OUT.print(Panel(Group(*parts), title=title, title_align="left", subtitle="  ".join(about), width=min(_OUT.width, 88)))


def _heading(fact: Fact) -> str:
    where = {"text": "in the post", "title": "in the chart's title", "alt_text": "in the alt text"}[fact.where]
    return f'{fact.id}  "{fact.text}" {where}' if fact.shown else f'{fact.id}  evidence for "{fact.text}" {where}'


def _story(fact: Fact, facts: Mapping[str, Fact]) -> Iterator[str]:
    if isinstance(fact.basis, Observation):
        yield from _observation(fact.basis)
        return
    yield from _claim(fact.basis)
    for key in fact.evidence:
        seen = facts[key].basis
        assert isinstance(seen, Observation)  # noqa: S101 - evidence is observations, by construction
        yield f"from {key}: {grouped(seen.value)} {seen.metric} of {seen.subject}, {seen.period.name}"


def _observation(seen: Observation) -> Iterator[str]:
    yield f"{seen.metric} of {seen.subject} = {grouped(seen.value)} ({seen.status})"
    yield f"window     {seen.period.start.isoformat()} up to {seen.period.end.isoformat()}"
    yield f"origin     {seen.origin}, as read {seen.retrieved_at.isoformat()}"
    yield f"url        {seen.url}"
    yield f"taken from {seen.query}"
    yield f"bytes      sha256 {seen.payload_sha256}"
    if seen.note:
        yield f"note       {seen.note}"


def _claim(quantity: Quantity) -> Iterator[str]:
    unit = unit_of(quantity.unit, quantity.noun)
    yield f"claim {quantity.claim}, {quantity.name}: {quantity.value:.6g} {unit}, of {', '.join(quantity.subjects)}"


def _say(text: str) -> None:
    """Plain words: no markup is read from data, and nothing is wrapped that a program might read."""
    _OUT.print(printable(text), markup=False, soft_wrap=True)
