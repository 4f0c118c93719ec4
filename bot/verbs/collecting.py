"""What the sources say: asked, stored, and printed again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace

from bot import asking, plugins, wiring
from bot.analysis.figures import newest
from bot.collection import SourceOutcome, gather
from bot.domain.measure import Coverage, Metric, Missing, Observation, Origin
from bot.domain.period import Period
from bot.domain.report import Report
from bot.errors import BadInput, BadRecipe
from bot.ports import Progress
from bot.verbs.choosing import fits, period_of


@dataclass(frozen=True)
class Collected:
    """What each source of each report gave; `problems` are recipes that cannot be read."""

    outcomes: Mapping[str, tuple[SourceOutcome, ...]]
    period: Mapping[str, Period]
    problems: Mapping[str, str]


@dataclass(frozen=True)
class About:
    """
    What a source says of itself. `variable` is that of its key, `url` where it is asked, both empty for files; `engines` can
    compute it, none if it needs none.
    """

    name: str
    summary: str
    metrics: tuple[Metric, ...]
    origins: tuple[Origin, ...]
    coverage: Coverage
    url: str
    interval_s: float
    variable: str
    engines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tried:
    """What one source said just now, for a report and period, and when that was read; of made-up data it says nothing true."""

    about: About
    report: str
    period: Period
    now: dt.datetime
    observations: tuple[Observation, ...]
    missing: tuple[Missing, ...]
    problem: str
    made_up: bool = False


def collect(report: str | None, period: str | None, now: str | None, progress: Progress) -> Collected:
    """
    Ask the live sources of one report, or of all that have some (by the calendar unit of `period`, if it is given), and store it.

    What is computed from raw data is computed when a thread is composed: the data stay.

    Raises:
        BadInput, BadStore: as the recipe and the store say. A source that gives nothing is an outcome.
    """
    house = wiring.house(now)
    recipes, problems = _recipes(house, report)
    outcomes: dict[str, tuple[SourceOutcome, ...]] = {}
    periods: dict[str, Period] = {}
    with wiring.store(house) as store, asking.clients(house, store, progress) as ask:
        for recipe in recipes:
            services = asking.services(recipe)
            if not services or (report is None and not fits(house, recipe, period)):
                continue
            when = period_of(house, recipe, period)
            sources = [named for named in asking.sources(house, recipe, [], ask) if named.name in services]
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


def try_source(name: str, report: str | None, period: str | None, now: str | None, progress: Progress, engine: str = "") -> Tried:
    """
    Ask one source what a report that uses it would ask, and store what it says; nothing of one that computes, whose data may be
    made up here and whose engine another than the recipe's.

    Raises:
        BadInput: no report uses the source, or it is asked for an engine and computes nothing.
    """
    house = wiring.house(now)
    about = _about(house, name)
    if engine and not about.engines:
        raise BadInput(f"{name} computes nothing, so it has no engine; leave out --engine {engine}")
    trial = asking.Trial(engine) if about.engines else None
    recipe = _report_with(house, name, report, period)
    when = period_of(house, recipe, period)
    with wiring.store(house) if about.url else nullcontext() as store, asking.clients(house, store, progress, trial=trial) as ask:
        made = asking.sources(house, recipe, [], ask)
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
        made_up=getattr(named.client, "made_up", False),
    )


def reply(sha256: str) -> bytes:
    """
    The very bytes of a kept reply.

    Raises:
        BadInput: none is kept under this digest, or it is not kept any more.
    """
    house = wiring.house()
    with wiring.kept(house) as store:
        found = None if store is None else store.payload(sha256)
        pruned = store is not None and found is None and store.pruned(sha256)
    if pruned:
        raise BadInput(
            f"the reply {sha256} was kept and has been pruned: no thread that was frozen cites it, and such replies are kept for "
            f"{house.settings.keep_days} days (THREADMILL_KEEP_DAYS); the figures that were read from it are still there"
        )
    if found is None:
        raise BadInput(f"no reply is kept under {sha256[:80]}; threadmill explain prints the digests of those that are")
    return found


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
        engines=tuple(plugins.rooms("engines")) if hasattr(room, "COMPUTED") else (),
    )


def _report_with(house: wiring.House, name: str, report: str | None, period: str | None) -> Report:
    """
    The report asked for, or the first that uses a source, one of the working folder before those that come along; by the calendar
    unit of the period if there is one.
    """
    found = []
    folders = wiring.report_folders(house.folder)
    for key in [report] if report else sorted(folders, key=lambda name: not folders[name].is_relative_to(house.folder)):
        recipe = wiring.report(house, key)
        if name in {spec.name for spec in recipe.sources}:
            found.append(recipe)
    if found:
        return next((recipe for recipe in found if fits(house, recipe, period)), found[0])
    raise BadInput(
        f'{report or "no report"} has {"no" if report else "the"} source "{name}", so there are no subjects to ask about; '
        f"add [sources.{name}] to a recipe, with the subjects' ids there"
    )
