"""A thread: a panel per post, the story of a number."""

from __future__ import annotations

import webbrowser
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rich.console import Group
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from bot.compose.documents import image_paths, unit_of
from bot.domain.claim import Quantity
from bot.domain.gate import Judgement, Verdict
from bot.domain.measure import Observation
from bot.domain.numerals import grouped
from bot.domain.thread import Fact, Limits, Post
from bot.terminal.lines import ERR, OUT, say
from bot.verbs.threads import Preview, Told

_VERDICTS: Final = {Verdict.PUBLISH: "noticed", Verdict.CAVEAT: "caveat", Verdict.SKIP: "set aside", Verdict.HOLD: "held"}


def show_preview(preview: Preview) -> None:
    """A panel per post, what was left out, the cost, and where everything is."""
    thread = preview.edition.thread
    for post in thread.posts:
        _show_post(post, preview.folder, thread.limits)
    for skipped in thread.skipped:
        say(f"left out  {skipped.post}: {skipped.reason}")
    for line, count in Counter(_gate_line(one) for one in thread.judgements).items():
        say(line if count == 1 else f"{line}, {count} times")
    said = "".join(skipped.reason for skipped in thread.skipped)
    for outcome in preview.sources:
        problem = "see above" if outcome.problem and outcome.problem in said else outcome.problem
        if not outcome.not_asked:
            say(f"source    {outcome.source}: {problem or f'{outcome.observation_count} observations'}")
        for remark in outcome.remarks:
            say(f"note      {remark}")
    say(
        f"{len(thread.posts)} posts for {preview.edition.period}; on {thread.limits.network} they would cost "
        f"${thread.cost_usd:.3f} (prices of {thread.limits.prices_as_of})"
    )
    page = preview.folder / "index.html"
    OUT.print(Text(f"page      {page}", style=f"link {page.resolve().as_uri()}" if OUT.is_terminal else ""), soft_wrap=True)
    say(f"evidence  {preview.folder / 'evidence' / 'index.html'}")


def show_story(told: Told) -> None:
    """A post, and under it every fact down to the published number."""
    post = told.post
    say(f"{told.edition.report.key} {told.edition.period.key}, post {post.position} of {post.total}: {post.name}\n")
    say(post.text.text)
    for chart in post.charts:
        say(f"\nchart: {chart.title}\nalt text: {chart.alt_text}")
    for fact in post.facts:
        say("")
        say(_heading(fact))
        for line in _story(fact, told):
            say(f"    {line}")


def open_page(page: Path) -> None:
    """Open the page in the person's browser; say so if there is none."""
    if not webbrowser.open(page.resolve().as_uri()):
        ERR.print(f"no browser could be started; open {page} yourself", markup=False)


def _gate_line(one: Judgement) -> str:
    """A verdict in one line; why stands on the page."""
    if one.accepted is not None:
        return f"accepted  {one.metric}: {one.sentence} (gate {one.gate}, accepted by {one.accepted.by})"
    return f"{_VERDICTS[one.verdict]:<9} {one.metric}: {one.sentence} (gate {one.gate})"


def _show_post(post: Post, folder: Path, limits: Limits) -> None:
    about = [f"text {post.weighted_length}/{limits.post_length}"]
    about += [f"alt {len(chart.alt_text.text)}/{limits.alt_length}" for chart in post.charts]
    images = [f"{folder / path}" for path in image_paths(post)]
    if not OUT.is_terminal:
        say(f"--- post {post.position} of {post.total}: {post.name}  {'  '.join(about)}")
        say(post.text.text)
        for chart, image in zip(post.charts, images, strict=True):
            say(f"[{image}] {chart.alt_text}")
        for remark in post.remarks:
            say(f"problem: {remark}")
        say("")
        return
    parts: list[Text] = [Text(post.text.text)]
    for chart, image in zip(post.charts, images, strict=True):
        parts += [Text(f"\n{image}", style=f"link {Path(image).resolve().as_uri()}"), Text(str(chart.alt_text), style="dim")]
    parts += [Text(f"problem: {remark}", style="bold red") for remark in post.remarks]
    title = escape(f"post {post.position} of {post.total}: {post.name}")
    OUT.print(Panel(Group(*parts), title=title, title_align="left", subtitle="  ".join(about), width=min(OUT.width, 88)))


def _heading(fact: Fact) -> str:
    where = {"text": "in the post", "title": "in the chart's title", "alt_text": "in the alt text"}[fact.where]
    return f'{fact.id}  "{fact.text}" {where}' if fact.shown else f'{fact.id}  evidence for "{fact.text}" {where}'


def _story(fact: Fact, told: Told) -> Iterator[str]:
    if isinstance(fact.basis, Observation):
        yield from _observation(fact.basis, told)
        return
    yield from _claim(fact.basis)
    for key in fact.evidence:
        seen = told.facts[key].basis
        assert isinstance(seen, Observation)  # noqa: S101 - evidence is observations, by construction
        yield f"from {key}: {grouped(seen.value)} {seen.metric} of {seen.subject}, {seen.period.name}"


def _observation(seen: Observation, told: Told) -> Iterator[str]:
    yield f"{seen.metric} of {seen.subject} = {grouped(seen.value)} ({seen.status})"
    yield f"window     {seen.period.start.isoformat()} up to {seen.period.end.isoformat()}"
    yield f"origin     {seen.origin}, as read {seen.retrieved_at.isoformat()}"
    yield f"url        {seen.url}"
    yield f"taken from {seen.query}"
    yield f"bytes      sha256 {seen.payload_sha256}"
    if seen.payload_sha256 in told.kept_bytes:
        yield f"kept       {told.kept_bytes[seen.payload_sha256]:,} bytes; threadmill reply {seen.payload_sha256} prints them"
    elif seen.payload_sha256 in told.pruned:
        yield "pruned     these bytes were kept, and no thread cited them for as long as that (THREADMILL_KEEP_DAYS)"
    if seen.note:
        yield f"note       {seen.note}"


def _claim(quantity: Quantity) -> Iterator[str]:
    unit = unit_of(quantity.unit, quantity.noun)
    yield f"claim {quantity.claim}, {quantity.name}: {quantity.value:.6g} {unit}, of {', '.join(quantity.subjects)}"
