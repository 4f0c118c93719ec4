"""What each verb of the command line does, as a function with a value to print."""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from bot import pipeline, plugins, wiring
from bot.analysis.figures import newest
from bot.collection import NamedSource, SourceOutcome, gather
from bot.config import Settings
from bot.domain.edition import Edition
from bot.domain.measure import Coverage, Metric, Missing, Observation, Origin
from bot.domain.period import Period
from bot.domain.report import Report
from bot.domain.thread import Fact, Post
from bot.errors import BadInput, BadRecipe
from bot.ports import Progress, Store
from bot.recipe import ReportFile


@dataclass(frozen=True)
class Preview:
    """A written preview: where it is, what is in it, and what each source gave."""

    folder: Path
    edition: Edition
    sources: tuple[SourceOutcome, ...]


@dataclass(frozen=True)
class Told:
    """One post with every fact it prints and what stands behind it; how many bytes are kept under each digest."""

    edition: Edition
    post: Post
    facts: Mapping[str, Fact]
    kept_bytes: Mapping[str, int]


@dataclass(frozen=True)
class Collected:
    """What each source of each report gave; `problems` are recipes that cannot be read."""

    outcomes: Mapping[str, tuple[SourceOutcome, ...]]
    period: Mapping[str, Period]
    problems: Mapping[str, str]


@dataclass(frozen=True)
class About:
    """What a source says of itself. `variable` is that of its key, `url` where it is asked; both empty for files."""

    name: str
    summary: str
    metrics: tuple[Metric, ...]
    origins: tuple[Origin, ...]
    coverage: Coverage
    url: str
    interval_s: float
    variable: str


@dataclass(frozen=True)
class Tried:
    """What one source said just now, for a report and period, and when that was read."""

    about: About
    report: str
    period: Period
    now: dt.datetime
    observations: tuple[Observation, ...]
    missing: tuple[Missing, ...]
    problem: str


@dataclass(frozen=True)
class Checked:
    """The settings in force, and for each report what is right or wrong with it."""

    settings: Settings
    reports: Mapping[str, str]
    problems: Mapping[str, str]


def preview(
    report: str, period: str | None, now: str | None, data: Sequence[str], out: str, offline: bool, progress: Progress
) -> Preview:
    """
    Compose a report's thread and write it under `out`.

    Raises:
        BadInput, HeldBack, SourceUnavailable, BadStore: as the pipeline and the disk publisher say.
    """
    house = wiring.house(now)
    recipe, when = recipe_and_period(house, report, period)
    with wiring.store(house, offline) if wiring.live(recipe, when) else nullcontext() as store:
        composed = compose(house, recipe, when, data, store, offline, progress)
    progress("writing", 0, 0)
    return Preview(wiring.publisher(Path(out)).publish(composed.edition), composed.edition, composed.sources)


def explain(report: str, period: str, position: int, now: str | None, data: Sequence[str]) -> Told:
    """
    One post of a thread with its facts, from what was collected before: nobody is asked.

    Raises:
        BadInput: the thread has no such post.
    """
    house = wiring.house(now)
    recipe, when = recipe_and_period(house, report, period)
    with wiring.kept(house) if wiring.live(recipe, when) else nullcontext() as store:
        composed = compose(house, recipe, when, data, store, True, _silent)
        posts = composed.edition.thread.posts
        if not 1 <= position <= len(posts):
            raise BadInput(f"{report} {period} has posts 1 to {len(posts)}; there is no post {position}")
        facts = composed.edition.thread.facts()
        return Told(composed.edition, posts[position - 1], facts, _kept_sizes(facts.values(), store))


def collect(report: str | None, period: str | None, now: str | None, progress: Progress) -> Collected:
    """
    Ask the live sources of one report, or of all that have some (by the calendar unit of `period`, if it is given), and store it.

    Raises:
        BadInput, BadStore: as the recipe and the store say. A source that gives nothing is an outcome.
    """
    house = wiring.house(now)
    recipes, problems = _recipes(house, report)
    outcomes: dict[str, tuple[SourceOutcome, ...]] = {}
    periods: dict[str, Period] = {}
    with wiring.store(house) as store, wiring.clients(house, store, progress) as ask:
        for recipe in recipes:
            if not wiring.live(recipe) or (report is None and not _fits(house, recipe, period)):
                continue
            when = _period(house, recipe, period)
            sources = [named for named in wiring.sources(house, recipe, [], ask) if named.client is not None]
            gathered = gather(recipe, when, [replace(named, required=False) for named in sources], store, progress)
            outcomes[recipe.key] = tuple(one.outcome for one in gathered)
            periods[recipe.key] = when
    return Collected(outcomes, periods, problems)


def sources(name: str | None = None) -> list[About]:
    """
    What the sources there are say of themselves.

    Raises:
        BadRecipe: there is no source of that name.
    """
    house = wiring.house()
    return [_about(house, one) for one in ([name] if name else plugins.rooms("sources"))]


def try_source(name: str, report: str | None, period: str | None, now: str | None, progress: Progress) -> Tried:
    """
    Ask one source what a report that uses it would ask, and store what it says.

    Raises:
        BadInput: no report uses the source.
    """
    house = wiring.house(now)
    about = _about(house, name)
    recipe = _report_with(house, name, report, period)
    when = _period(house, recipe, period)
    with wiring.store(house) if about.url else nullcontext() as store, wiring.clients(house, store, progress) as ask:
        made = wiring.sources(house, recipe, [], ask)
        named = replace(next(one for one in made if one.name == name), required=False, since=None)
        (gathered,) = gather(recipe, when, [named], store, progress)
    return Tried(
        about,
        recipe.key,
        when,
        wiring.house().now,
        tuple(newest(gathered.observations)),
        gathered.missing,
        gathered.outcome.problem,
    )


def reply(sha256: str) -> bytes:
    """
    The very bytes of a kept reply.

    Raises:
        BadInput: none is kept under this digest.
    """
    with wiring.kept(wiring.house()) as store:
        found = None if store is None else store.payload(sha256)
    if found is None:
        raise BadInput(f"no reply is kept under {sha256[:80]}; threadmill explain prints the digests of those that are")
    return found


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
    urls, services = house.settings.source_urls, _services()
    asked = {name: url for name, url in urls.items() if name in services}
    nowhere = {f"THREADMILL_URL_{name.upper()}": _meant(name) for name in urls if name not in services}
    return Checked(replace(house.settings, source_urls=asked, unknown={**house.settings.unknown, **nowhere}), right, wrong)


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


def _recipes(house: wiring.House, report: str | None) -> tuple[list[Report], dict[str, str]]:
    """One recipe, or all that can be read with what is wrong with the others: one broken recipe must not cost the rest a day."""
    if report is not None:
        return [wiring.report(house, report)], {}
    found: list[Report] = []
    problems: dict[str, str] = {}
    for name in wiring.report_folders(house.folder):
        try:
            found.append(wiring.report(house, name))
        except BadRecipe as error:
            problems[name] = str(error)
    return found, problems


def recipe_and_period(house: wiring.House, report: str, period: str | None) -> tuple[Report, Period]:
    """The recipe of a report and the period that is meant: the newest complete one, if none is named."""
    recipe = wiring.report(house, report)
    return recipe, _period(house, recipe, period)


def compose(
    house: wiring.House,
    recipe: Report,
    when: Period,
    data: Sequence[str],
    store: Store | None,
    offline: bool,
    progress: Progress,
) -> pipeline.Run:
    """A report's thread for a period, from its sources to its numbered posts; the live ones are asked unless `offline`."""
    limits = wiring.limits(recipe)
    with wiring.clients(house, store, progress, offline) as ask:
        sources = wiring.sources(house, recipe, [Path(file) for file in data], ask)
        story = pipeline.collect(recipe, when, sources, store, house.clock, progress)
    return pipeline.tell(story, house.clock(), limits, wiring.drawer(progress), progress)


def _kept_sizes(facts: Iterable[Fact], store: Store | None) -> Mapping[str, int]:
    """How many bytes are kept under each digest that a fact rests on."""
    digests = {fact.basis.payload_sha256 for fact in facts if isinstance(fact.basis, Observation)}
    sizes = {} if store is None else {digest: store.size(digest) for digest in digests}
    return {digest: size for digest, size in sizes.items() if size is not None}


def _about(house: wiring.House, name: str) -> About:
    room = plugins.source(name)
    service = getattr(room, "SERVICE", None)
    summary = (room.__doc__ or "").strip().partition("\n\n")[0]
    return About(
        name=name,
        summary=" ".join(summary.split()),
        metrics=tuple(room.METRICS),
        origins=tuple(room.ORIGINS),
        coverage=room.COVERAGE,
        url="" if service is None else house.settings.source_urls.get(name, service.url),
        interval_s=0 if service is None else service.interval_s,
        variable="" if service is None or service.key is None else service.key.variable,
    )


def _report_with(house: wiring.House, name: str, report: str | None, period: str | None) -> Report:
    """The report asked for, or the first that uses a source, by the calendar unit of the period if there is one."""
    found = []
    for key in [report] if report else wiring.report_folders(house.folder):
        recipe = wiring.report(house, key)
        if name in {spec.name for spec in recipe.sources}:
            found.append(recipe)
    if found:
        return next((recipe for recipe in found if _fits(house, recipe, period)), found[0])
    raise BadInput(
        f'{report or "no report"} has {"no" if report else "the"} source "{name}", so there are no subjects to ask about; '
        f"add [sources.{name}] to a recipe, with the subjects' ids there"
    )


def _period(house: wiring.House, recipe: Report, key: str | None) -> Period:
    period = wiring.period(house, key, recipe.granularity)
    if period.granularity != recipe.granularity:
        raise BadInput(f"{recipe.key} is a report by {recipe.granularity}; {key} is a {period.granularity}")
    if period.end > house.now:
        raise BadInput(f"{period} is not over at {house.now.isoformat()}; choose a period that has wholly passed")
    return period


def _fits(house: wiring.House, recipe: Report, key: str | None) -> bool:
    """Whether a report tells periods like this one."""
    return wiring.period(house, key, recipe.granularity).granularity == recipe.granularity


def _services() -> list[str]:
    return [name for name in plugins.rooms("sources") if hasattr(plugins.load("sources", name, ()), "SERVICE")]


def _meant(name: str) -> str:
    near = difflib.get_close_matches(name, _services(), n=1)
    return f"THREADMILL_URL_{near[0].upper()}" if near else ""


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
