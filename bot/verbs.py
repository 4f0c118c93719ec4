"""What each verb of the command line does, as a function with a value to print."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import pipeline, wiring
from bot.config import Settings
from bot.domain.edition import Edition
from bot.domain.period import Period
from bot.domain.report import Report
from bot.domain.thread import Fact, Post
from bot.errors import BadInput, BadRecipe
from bot.pipeline import NamedSource, SourceOutcome
from bot.ports import Progress
from bot.recipe import ReportFile


@dataclass(frozen=True)
class Preview:
    """A written preview: where it is, what is in it, and what each source gave."""

    folder: Path
    edition: Edition
    sources: tuple[SourceOutcome, ...]


@dataclass(frozen=True)
class Told:
    """One post with every fact it prints and what stands behind it."""

    edition: Edition
    post: Post
    facts: Mapping[str, Fact]


@dataclass(frozen=True)
class Checked:
    """The settings in force, and for each report what is right or wrong with it."""

    settings: Settings
    reports: Mapping[str, str]
    problems: Mapping[str, str]


def preview(report: str, period: str | None, now: str | None, data: Sequence[str], out: str, progress: Progress) -> Preview:
    """
    Compose a report's thread and write it under `out`.

    Raises:
        BadInput, HeldBack, SourceUnavailable: as the pipeline and the disk publisher say.
    """
    run = _run(report, period, now, data, progress)
    progress("writing", 0, 0)
    return Preview(wiring.publisher(Path(out)).publish(run.edition), run.edition, run.sources)


def explain(report: str, period: str, position: int, now: str | None, data: Sequence[str]) -> Told:
    """
    One post of a thread with its facts.

    Raises:
        BadInput: the thread has no such post.
    """
    run = _run(report, period, now, data, _silent)
    posts = run.edition.thread.posts
    if not 1 <= position <= len(posts):
        raise BadInput(f"{report} {period} has posts 1 to {len(posts)}; there is no post {position}")
    return Told(run.edition, posts[position - 1], run.edition.thread.facts())


def check(report: str | None) -> Checked:
    """
    Read everything a report needs and compose nothing.

    Raises:
        BadInput: the environment is wrong, or the report asked for does not exist.
    """
    house = wiring.house()
    names = list(wiring.report_folders(house.folder)) if report is None else [report]
    right: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for name in names:
        try:
            right[name] = _checked(house, name, whole=report is not None)
        except BadInput as error:
            wrong[name] = str(error)
    return Checked(house.settings, right, wrong)


def reports() -> Mapping[str, str]:
    """Each report's name with its title, or with what is wrong with it."""
    house = wiring.house()
    titles = {}
    for name in wiring.report_folders(house.folder):
        try:
            titles[name] = wiring.report(house, name).title
        except BadRecipe as error:
            titles[name] = f"cannot be read: {error}"
    return titles


def schema() -> str:
    """The JSON Schema of `report.toml`, for editors."""
    return json.dumps(ReportFile.model_json_schema(), indent=2)


def _run(report: str, period: str | None, now: str | None, data: Sequence[str], progress: Progress) -> pipeline.Run:
    house = wiring.house(now)
    recipe = wiring.report(house, report)
    when = _period(house, recipe, period)
    sources = wiring.sources(house, recipe, [Path(file) for file in data])
    limits = wiring.limits(recipe)
    story = pipeline.collect(recipe, when, sources, house.now, progress)
    return pipeline.tell(story, house.now, limits, wiring.drawer(progress), progress)


def _period(house: wiring.House, recipe: Report, key: str | None) -> Period:
    period = wiring.period(house, key, recipe.granularity)
    if period.granularity != recipe.granularity:
        raise BadInput(f"{recipe.key} is a report by {recipe.granularity}; {key} is a {period.granularity}")
    if period.end > house.now:
        raise BadInput(f"{period} is not over at {house.now.isoformat()}; choose a period that has wholly passed")
    return period


def _checked(house: wiring.House, name: str, whole: bool) -> str:
    """What a right report comes to: one line, or the whole of its recipe with every name and path resolved."""
    recipe = wiring.report(house, name)
    sources = wiring.sources(house, recipe, [])
    wiring.limits(recipe)
    wiring.templates(recipe)
    charts = sum(post.chart is not None for post in recipe.posts)
    summary = f"{len(recipe.posts)} posts, {charts} charts, {len(recipe.claims)} claims, by {recipe.granularity}"
    return "\n".join([summary, *_resolved(recipe, sources)]) if whole else summary


def _settings(named: NamedSource) -> str:
    """ ", folder /home/me/so_survey": each setting of a source with its value."""
    values = {field.name: getattr(named.source, field.name) for field in dataclasses.fields(named.source)}  # type: ignore[arg-type]
    shown = {name: ", ".join(map(str, value)) if isinstance(value, tuple) else value for name, value in values.items()}
    return "".join(f", {name} {value}" for name, value in shown.items())


def _resolved(recipe: Report, sources: Sequence[NamedSource]) -> Iterator[str]:
    for named in sources:
        yield f"  source   {named.name}{' (required)' if named.required else ''}{_settings(named)}"
    for subject in recipe.subjects.values():
        yield f"  subject  {subject.key}: {subject.name}" + (f", one of {', '.join(subject.members)}" if subject.members else "")
    for claim in recipe.claims:
        yield f"  claim    {claim.key}: {claim.kind} of {claim.metric or ', '.join(claim.claims)}"
    for number, post in enumerate(recipe.posts, 1):
        shown = f", {post.chart.kind} of {', '.join(post.chart.metrics)}" if post.chart else ""
        yield f"  post     {number} {post.name}{shown}"


def _silent(_step: str, _done: int, _total: int) -> None:
    """Nobody is watching."""
