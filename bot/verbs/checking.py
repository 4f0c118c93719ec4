"""Settings, recipes and texts: what is right and what is wrong with them."""

from __future__ import annotations

import dataclasses
import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bot import asking, plugins, wiring
from bot.collection import NamedSource
from bot.config import Settings
from bot.domain.access import Access, Identity
from bot.domain.delivery import Charge
from bot.domain.report import Report
from bot.domain.thread import Limits
from bot.errors import BadInput, BadRecipe, BadTemplate, Rejected
from bot.recipe import ReportFile

if TYPE_CHECKING:
    from bot.compose.widths import Width

NETWORK: Final = "x"
"""The network whose credentials are checked: the one there is."""


@dataclass(frozen=True)
class Checked:
    """
    The settings in force, the credentials that would post (None if there are none), and what is right or wrong with each report.

    `problems` are by report, or "x" for the credentials.
    """

    settings: Settings
    access: Access | None
    reports: Mapping[str, str]
    problems: Mapping[str, str]


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
    access = None
    try:
        access = wiring.access(house, NETWORK)
    except BadInput as error:
        wrong[NETWORK] = str(error)
    for name in names:
        try:
            right[name] = _checked(house, name, whole=report is not None)
        except BadInput as error:
            wrong[name] = str(error)
    urls, services = house.settings.source_urls, _services()
    asked = {name: url for name, url in urls.items() if name in services}
    nowhere = {f"THREADMILL_URL_{name.upper()}": _meant(name) for name in urls if name not in services}
    settings = replace(house.settings, source_urls=asked, unknown={**house.settings.unknown, **nowhere})
    return Checked(settings, access, right, wrong)


def verify() -> Identity:
    """
    Ask the network whose credentials these are: one call, which is billed.

    Raises:
        BadInput: there are none. Rejected: the network does not accept them, or they may not post. Later: it cannot be reached.
    """
    house = wiring.house()
    found = wiring.identity(house, NETWORK)
    with wiring.store(house) as store:
        store.desk.charge(Charge(0, 0, "own account", found.cost_usd, house.wall()))
    if found.writes is not False:
        return found
    raise Rejected(
        f"@{found.name} (account {found.account}) may only read with these credentials; they were made while the app could only "
        "read, and keep the permission they were made with; set the app to Read and write, then regenerate access token and "
        "secret and set both variables, or log in again: threadmill login x"
    )


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


def _services() -> list[str]:
    return [name for name in plugins.rooms("sources") if hasattr(plugins.load("sources", name, ()), "SERVICE")]


def _meant(name: str) -> str:
    near = difflib.get_close_matches(name, _services(), n=1)
    return f"THREADMILL_URL_{near[0].upper()}" if near else ""


def _checked(house: wiring.House, name: str, whole: bool) -> str:
    """What a right report comes to: one line, or the whole of its recipe with every name and path resolved."""
    recipe = wiring.report(house, name)
    sources = asking.sources(house, recipe, [])
    limits = wiring.limits(recipe.network)
    wiring.templates(recipe)
    widths = wiring.widths(recipe)
    refused = [why for width in widths if (why := width.refusal(limits)) is not None]
    if refused := [*refused, *wiring.chart_heads(recipe)]:
        raise BadTemplate("\n".join(refused))
    charts = sum(post.chart is not None for post in recipe.posts)
    summary = f"{len(recipe.posts)} posts, {charts} charts, {len(recipe.claims)} claims, by {recipe.granularity}"
    return "\n".join([summary, *_resolved(recipe, sources, widths, limits)]) if whole else summary


def _settings(named: NamedSource) -> str:
    """ ", folder /home/me/so_survey": each setting of a source with its value."""
    values = {field.name: getattr(named.source, field.name) for field in dataclasses.fields(named.source)}  # type: ignore[arg-type]
    shown = {name: ", ".join(map(str, value)) if isinstance(value, tuple) else value for name, value in values.items()}
    return "".join(f", {name} {value}" for name, value in shown.items())


def _resolved(recipe: Report, sources: Sequence[NamedSource], widths: Sequence[Width], limits: Limits) -> Iterator[str]:
    for named in sources:
        yield f"  source   {named.name}{' (required)' if named.required else ''}{_settings(named)}"
    for metric in recipe.required:
        yield f"  gates    {metric} (required)"
    for subject in recipe.subjects.values():
        yield f"  subject  {subject.key}: {subject.name}" + (f", one of {', '.join(subject.members)}" if subject.members else "")
    for claim in recipe.claims:
        yield f"  claim    {claim.key}: {claim.kind} of {claim.metric or ', '.join(claim.claims)}"
    for number, (post, width) in enumerate(zip(recipe.posts, widths, strict=True), 1):
        shown = f", {post.chart.kind} of {', '.join(post.chart.metrics)}" if post.chart else ""
        yield f"  post     {number} {post.name}{shown}, at the most {width.length} of {limits.post_length} long"
