"""What a person sees: progress, a panel per post, the story of a number. Plain where nobody is looking, and with NO_COLOR."""

from __future__ import annotations

import datetime as dt
import json
import sys
import threading
import webbrowser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.progress import Progress as Bars
from rich.progress import SpinnerColumn, TaskID, TextColumn
from rich.text import Text

from bot.compose.documents import image_paths, unit_of
from bot.config import VARIABLES
from bot.domain.claim import Quantity
from bot.domain.delivery import State
from bot.domain.measure import Observation
from bot.domain.numerals import grouped
from bot.domain.thread import Fact, Limits, Post
from bot.domain.words import printable
from bot.ports import Progress
from bot.posting import Standing
from bot.verbs import About, Checked, Collected, Preview, Told, Tried

_OUT = Console(highlight=False)
_ERR = Console(stderr=True, highlight=False)


@contextmanager
def progress() -> Iterator[Progress]:
    """A line for each step and how far it is, where a person watches; a plain line per step in pipes and logs."""
    if not _ERR.is_terminal:
        yield _lines()
        return
    columns = (SpinnerColumn(finished_text="\N{CHECK MARK}"), TextColumn("{task.description}"), TextColumn("{task.fields[far]}"))
    with Bars(*columns, console=_ERR, transient=True) as bars:
        tasks: dict[str, TaskID] = {}
        adding = threading.Lock()

        def step(name: str, done: int, total: int) -> None:
            with adding:
                if name not in tasks:
                    tasks[name] = bars.add_task(escape(name), total=None, far="")
            over = total > 0 and done >= total
            far = (
                f"{done}/{total}"
                if total > 1
                else f"{done} {'reply' if done == 1 else 'replies'}"
                if done and not total
                else None
            )
            bars.update(tasks[name], total=1 if over else None, completed=int(over))
            if far is not None:
                bars.update(tasks[name], far=far)

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
        if not outcome.not_asked:
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
        for line in _story(fact, told):
            _say(f"    {line}")


def show_check(check: Checked) -> None:
    """Settings with secrets masked, then each report."""
    settings = check.settings
    _say(f"THREADMILL_HOME        {settings.home}")
    _say(f"DATABASE_URL           {settings.database_url or 'not set'}")
    _say(f"X_API_BASE_URL         {settings.x_api_base_url}")
    _say(f"THREADMILL_CONTACT     {settings.contact or 'not set'}")
    for source, url in settings.source_urls.items():
        _say(f"{source} is asked at {url}")
    for name in VARIABLES:
        if name in ("THREADMILL_HOME", "THREADMILL_CONTACT", "DATABASE_URL", "X_API_BASE_URL"):
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


def show_standing(standing: Standing) -> None:
    """One edition on its account: a line per post, what was billed, and the thread's address."""
    frozen = standing.frozen
    _say(f"{standing.edition}  {frozen.report} {frozen.period} for {frozen.network} account {frozen.account}")
    for at, url in zip(standing.deliveries, standing.urls, strict=True):
        tries = f", tried {at.attempts} times" if at.attempts > 1 else ""
        _say(f"   {at.position}/{len(standing.deliveries)} {at.state}{tries} {url or at.remote_id}".rstrip())
        if at.error and at.state is not State.PUBLISHED:
            _say(f"        {at.error}")
    _say(f"   billed ${standing.spent_usd:.3f} so far")
    if not standing.open_posts and standing.urls and standing.urls[0]:
        _say(standing.urls[0])


def show_plan(standing: Standing) -> None:
    """What posting would send and be billed for: nothing was sent."""
    posts = [standing.frozen.posts[one.position - 1] for one in standing.open_posts]
    pictures = sum(len(post.pictures) for post in posts)
    _say(f"nothing was sent. With --yes, {len(posts)} posts and {pictures} pictures with alt text go out")
    _say(f"they are billed ${standing.to_bill_usd:.3f} at the most")


def show_status(standings: Sequence[Standing], as_json: bool) -> None:
    """Every edition that was begun, newest first; as JSON for programs."""
    if as_json:
        print(json.dumps([_standing_row(standing) for standing in standings], ensure_ascii=False, indent=1))
        return
    for standing in standings:
        show_standing(standing)
    if not standings:
        _say("no thread was begun yet")


def _standing_row(standing: Standing) -> dict[str, object]:
    frozen = standing.frozen
    return {
        "edition": standing.edition,
        "report": frozen.report,
        "period": frozen.period,
        "network": frozen.network,
        "account": frozen.account,
        "digest": frozen.digest,
        "composed_at": frozen.composed_at.isoformat(),
        "cost_usd": frozen.cost_usd,
        "billed_usd": standing.spent_usd,
        "posts": [
            {
                "position": at.position,
                "state": str(at.state),
                "attempts": at.attempts,
                "remote_id": at.remote_id or None,
                "url": url or None,
                "error": at.error or None,
                "not_before": None if at.not_before is None else at.not_before.isoformat(),
            }
            for at, url in zip(standing.deliveries, standing.urls, strict=True)
        ],
    }


def show_collected(collected: Collected) -> None:
    """What each source of each report gave."""
    for report, outcomes in collected.outcomes.items():
        for outcome in outcomes:
            why = outcome.problem or outcome.not_asked
            problem = f"; {why}" if why else ""
            _say(f"{report} {collected.period[report].key}  {outcome.source}: {outcome.observation_count} observations{problem}")
    for report, problem in collected.problems.items():
        _say(f"{report} is not collected: {problem}")
    if not collected.outcomes:
        _say("no report has a live source; add one to a recipe")


def show_sources(sources: Sequence[About], whole: bool) -> None:
    """What sources say of themselves: in full for one, in short for all."""
    for about in sources:
        _say(f"{about.name}\n    {about.summary}")
        for line in _coverage(about):
            _say(f"    {line}")
        for metric in about.metrics:
            _say(f"    {metric.key} ({unit_of(metric.unit, metric.noun)}): {metric.title}")
            for name in ("measures", "does_not_measure", "known_biases") if whole else ():
                _say(f"        {name.replace('_', ' ')}: {getattr(metric, name)}")
        _say("")


def _coverage(about: About) -> Iterator[str]:
    yield f"days       {about.coverage.day_boundary}"
    yield f"depth      {about.coverage.depth}"
    yield f"lag        {about.coverage.lag}"
    yield f"quota      {about.coverage.quota}"
    for origin in about.origins:
        yield f"terms      {origin.name}: {origin.terms}"
        yield f"owed       {origin.citation}"
    if about.url:
        pace = f", once every {about.interval_s:g} s at most" if about.interval_s else ""
        yield f"asked at   {about.url}{pace}" + (f", key in {about.variable}" if about.variable else "")


def show_tried(tried: Tried) -> None:
    """Each observation with its window and its age, then what is missing."""
    _say(f"{tried.about.name} for {tried.report}, {tried.period}")
    for seen in tried.observations:
        age = tried.now - seen.retrieved_at
        value = f"{grouped(seen.value)} {seen.metric} of {seen.subject}, {seen.period.name} ({seen.status})"
        _say(f"    {value}; read {_age(age)} ago, {_age(seen.retrieved_at - seen.period.end)} after its end")
    for one in tried.missing:
        _say(f"    none   {one.metric} of {one.subject}, {one.period.name}: {one.reason}")
    if tried.problem:
        _say(f"    problem: {tried.problem}")
    elif not tried.observations:
        _say("    no observation; see whether the recipe gives its subjects an id at this source")


def _age(age: dt.timedelta) -> str:
    seconds = max(age.total_seconds(), 0)
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 3600:.1f} hours" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"


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


def _story(fact: Fact, told: Told) -> Iterator[str]:
    if isinstance(fact.basis, Observation):
        yield from _observation(fact.basis, told.kept_bytes)
        return
    yield from _claim(fact.basis)
    for key in fact.evidence:
        seen = told.facts[key].basis
        assert isinstance(seen, Observation)  # noqa: S101 - evidence is observations, by construction
        yield f"from {key}: {grouped(seen.value)} {seen.metric} of {seen.subject}, {seen.period.name}"


def _observation(seen: Observation, kept_bytes: Mapping[str, int]) -> Iterator[str]:
    yield f"{seen.metric} of {seen.subject} = {grouped(seen.value)} ({seen.status})"
    yield f"window     {seen.period.start.isoformat()} up to {seen.period.end.isoformat()}"
    yield f"origin     {seen.origin}, as read {seen.retrieved_at.isoformat()}"
    yield f"url        {seen.url}"
    yield f"taken from {seen.query}"
    yield f"bytes      sha256 {seen.payload_sha256}"
    if seen.payload_sha256 in kept_bytes:
        yield f"kept       {kept_bytes[seen.payload_sha256]:,} bytes; threadmill reply {seen.payload_sha256} prints them"
    if seen.note:
        yield f"note       {seen.note}"


def _claim(quantity: Quantity) -> Iterator[str]:
    unit = unit_of(quantity.unit, quantity.noun)
    yield f"claim {quantity.claim}, {quantity.name}: {quantity.value:.6g} {unit}, of {', '.join(quantity.subjects)}"


def _say(text: str) -> None:
    """Plain words: no markup is read from data, and nothing is wrapped that a program might read."""
    _OUT.print(printable(text), markup=False, soft_wrap=True)
