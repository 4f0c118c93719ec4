"""The composition root: the one place where real things are made and handed over."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot import plugins
from bot.analysis.claims import NEEDS
from bot.config import Settings, environment, settings
from bot.domain.access import Access, Identity
from bot.domain.delivery import Budget
from bot.domain.keeping import Backup, Keep, Restored
from bot.domain.period import Granularity, Period, instant
from bot.domain.report import Report
from bot.domain.schedule import Mode
from bot.domain.thread import Chart, Limits
from bot.domain.words import nearest
from bot.errors import BadChart, BadInput, BadRecipe
from bot.ports import ChartData, Door, Network, Progress, Store, Teller
from bot.recipe import Kinds, digest, keep
from bot.recipe import report as read_report

if TYPE_CHECKING:
    from bot.compose.widths import Width
    from bot.pipeline import Draw

_PACKAGE = Path(__file__).parent
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_DRAWN_WITH = ("fontpkg-inter", "jinja2", "matplotlib", "numpy", "pandas", "pillow", "twitter-text-parser")
"""Another version of these may print or paint something else."""
_DRAWS = ("NOUN", "draw", "describe")


@dataclass(frozen=True)
class House:
    """
    What every verb starts from: where it stands, what the environment says, what time it is, or is to be (`pinned`).

    `time` tells the time in place of this machine's clock; `recipes` are folders that reports are read from instead of their own.
    """

    folder: Path
    settings: Settings
    now: dt.datetime
    pinned: bool = False
    time: Callable[[], dt.datetime] | None = None
    recipes: Mapping[str, Path] = field(default_factory=dict)

    def clock(self) -> dt.datetime:
        """What time it is by now, unless it was said."""
        return self.now if self.pinned else self.wall()

    def wall(self) -> dt.datetime:
        """What time it is by now, whatever was said: for how long credentials hold, and for what a month may be billed."""
        return _now() if self.time is None else self.time()


def house(now: str | None = None, folder: Path | None = None) -> House:
    """
    The house as of now, or as of a given instant.

    Raises:
        BadInput: the instant or an environment variable is wrong.
    """
    here = folder or Path.cwd()
    try:
        moment = _now() if now is None else instant(now)
    except (ValueError, OverflowError) as error:
        raise BadInput(f"--now {error}") from None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise BadInput(f"--now {moment.year} is not between {_FIRST_YEAR} and {_LAST_YEAR}; nothing was counted then")
    return House(here, settings(environment(here)), moment, pinned=now is not None)


def wall() -> dt.datetime:
    """What time it is by this machine's clock."""
    return _now()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def report_folders(folder: Path) -> Mapping[str, Path]:
    """Reports by name: those of `templates/` in the working folder win over the packaged ones."""
    found: dict[str, Path] = {}
    for templates in (_packaged_templates(), folder / "templates"):
        if templates.is_dir():
            found |= {path.parent.name: path.parent for path in sorted(templates.glob("*/report.toml"))}
    return found


def report(house: House, key: str) -> Report:
    """
    One report, read and checked.

    Raises:
        BadRecipe: there is no such report, or its recipe or texts are wrong.
    """
    folders = {**report_folders(house.folder), **house.recipes}
    if key not in folders:
        hint = nearest(key, folders)
        raise BadRecipe(
            f'there is no report "{key}"{hint}; there are {", ".join(folders)}. A report is a folder templates/{key}/'
        )
    return read_report(folders[key], kinds())


def recipe_digest(house: House, key: str) -> str:
    """Of a report's recipe and texts as they are now."""
    return digest({**report_folders(house.folder), **house.recipes}[key])


def made_with(house: House, report: Report) -> str:
    """A digest of what an edition is made with besides its figures: recipe, limits, this code, and what renders and draws."""
    sums = hashlib.sha256(repr((recipe_digest(house, report.key), limits(report.network))).encode())
    for path in sorted(path for path in _PACKAGE.rglob("*") if path.suffix in (".py", ".html", ".css")):
        sums.update(f"{path.relative_to(_PACKAGE)}\0".encode() + path.read_bytes())
    for name in _DRAWN_WITH:
        sums.update(f"{name} {version(name)}\0".encode())
    return sums.hexdigest()


def keep_recipe(house: House, key: str) -> Path:
    """A copy of a report's recipe and texts that stays when they are edited."""
    return keep(report_folders(house.folder)[key], house.settings.home / "recipes")


def scheduled(house: House) -> tuple[list[Report], dict[str, str]]:
    """
    The reports to see to unattended, in the mode that is wanted, and what is wrong with recipes that cannot be read, by name.

    Those are all that have a schedule, or the ones THREADMILL_REPORTS names; THREADMILL_MODES overrides a recipe's mode, for
    one network before all.

    Raises:
        BadInput: one of the two names a report that is not there, has no schedule, or is not for that network.
    """
    folders, settings = report_folders(house.folder), house.settings
    named = [("THREADMILL_REPORTS", name, "") for name in settings.reports]
    named += [("THREADMILL_MODES", *key.partition("/")[::2]) for key in settings.modes]
    for variable, name, _ in named:
        if name not in folders:
            there = ", ".join(folders)
            raise BadInput(f'{variable} names the unknown report "{name}"{nearest(name, folders)}; there are {there}')
    read: dict[str, Report] = {}
    problems: dict[str, str] = {}
    for name in settings.reports or folders:
        try:
            read[name] = report(house, name)
        except BadInput as error:
            problems[name] = str(error)
    for variable, name, network in named:
        if name in read:  # else nobody asked for it, or it has a problem of its own
            _check_scheduled(variable, read[name], network)
    return [_in_mode(one, settings.modes) for one in read.values() if one.schedule is not None], problems


def scheduled_report(house: House, key: str) -> Report:
    """
    A report that has a schedule, in the mode that is wanted.

    Raises:
        BadRecipe: there is no such report, its recipe is wrong, or it has no schedule.
    """
    one = _in_mode(report(house, key), house.settings.modes)
    if one.schedule is None:
        raise BadRecipe(f"the recipe of {key} has no [schedule]; write one, or post it by hand: threadmill post {key}")
    return one


def _check_scheduled(variable: str, report: Report, network: str) -> None:
    if report.schedule is None:
        raise BadInput(f'{variable} names "{report.key}", whose recipe has no [schedule]; write one, or leave the report out')
    if network not in ("", report.network):
        hint = nearest(network, [report.network])
        raise BadInput(f'{variable} names "{report.key}/{network}"{hint}; that report goes to {report.network}')


def _in_mode(report: Report, modes: Mapping[str, Mode]) -> Report:
    mode = modes.get(f"{report.key}/{report.network}", modes.get(report.key))
    if mode is None or report.schedule is None:
        return report
    return replace(report, schedule=replace(report.schedule, mode=mode))


def kinds() -> Kinds:
    """What a recipe may name."""
    return Kinds(NEEDS, plugins.rooms("charts"), plugins.rooms("sources"), plugins.known_metrics())


def period(house: House, key: str | None, granularity: Granularity, option: str = "--period") -> Period:
    """
    The period a key names, or the newest that has wholly passed. `option` is what a person gave the key with.

    Raises:
        BadInput: the key names no period.
    """
    if key is None:
        return Period.newest_complete(granularity, house.now)
    try:
        period = Period.parse(key)
    except ValueError as error:
        raise BadInput(f"{option} {error}") from None
    if not _FIRST_YEAR <= period.start.year <= _LAST_YEAR:
        raise BadInput(f"{option} {key} is not between {_FIRST_YEAR} and {_LAST_YEAR}; nothing was counted then")
    return period


@contextmanager
def store(house: House) -> Iterator[Store]:
    """
    The store of this house, closed afterwards. A server tells what time it is, unless the house does; a file has the house's.

    Raises:
        BadStore: it cannot be reached, or is not ours.
    """
    from bot.store import open_store

    with open_store(_address(house), clock=_store_clock(house)) as opened:
        yield opened


def _store_clock(house: House) -> Callable[[], dt.datetime] | None:
    return house.wall if house.time or _is_file(_address(house)) else None


def store_file(house: House) -> Path | None:
    """The file the store is, if it is one."""
    address = _address(house)
    return Path(address.partition(":///")[2]).expanduser() if _is_file(address) else None


def store_offline(house: House) -> AbstractContextManager[Store | None]:
    """The store for a run without a connection: the file that is there already, or none."""
    return store(house) if _is_there(_address(house)) else nullcontext()


def _address(house: House) -> str:
    url = house.settings.database_url
    return f"sqlite:///{house.settings.home / 'threadmill.db'}" if url is None else url.reveal()


def _is_file(address: str) -> bool:
    return address.startswith("sqlite")


def _is_there(address: str) -> bool:
    """Whether a store is a file that exists: a server would be a connection."""
    scheme, _, path = address.partition(":///")
    return scheme == "sqlite" and Path(path).expanduser().is_file()


def kept(house: House) -> AbstractContextManager[Store | None]:
    """
    The store of this house for reading what was collected before: a server's too, but no file is made for it.

    Raises:
        BadStore: it cannot be reached, or is not ours.
    """
    return store_offline(house) if _is_file(_address(house)) else store(house)


def kept_for(house: House) -> Keep:
    """How long replies are kept."""
    return Keep(read=dt.timedelta(days=house.settings.keep_days))


def restore(house: House, file: Path) -> tuple[Backup, Restored]:
    """
    Fill the store of this house, which is empty or not there yet, from a backup.

    Raises:
        BadInput: the file is no backup, is damaged, or a newer Threadmill made it; then no store is made either.
        BadStore: the store is not empty, cannot be reached, or is not ours.
    """
    from bot.store import backup_file, open_store

    with backup_file(file) as (backup, opened), open_store(_address(house), clock=_store_clock(house)) as store:
        return backup, store.restore(backup, opened)


def limits(name: str) -> Limits:
    """
    What a network allows and bills.

    Raises:
        BadRecipe: no such network, or it declares no limits.
    """
    found = plugins.load("publishers", name, ("LIMITS",)).LIMITS
    if not isinstance(found, Limits):
        raise BadRecipe(f'the publisher "{name}" is unfit: its LIMITS are no Limits; see bot/domain/thread.py')
    return found


def network(house: House, name: str) -> Network:
    """
    The account that threads are posted to on a network.

    Raises:
        BadInput: there are no credentials, or they contradict each other. BadRecipe: nothing can be posted to that network.
    """
    made: Network = _publisher(house, name, "network")
    return made


def access(house: House, name: str) -> Access | None:
    """
    What the account of a network would be reached with, None if there are no credentials. Nothing is asked.

    Raises:
        BadInput: the credentials contradict each other or cannot be read.
    """
    found: Access | None = _publisher(house, name, "access")
    return found


def identity(house: House, name: str) -> Identity:
    """
    Whom a network knows behind the credentials: one call, which is billed.

    Raises:
        BadInput: there are no credentials, or they contradict each other. Rejected, Later: as the network says.
    """
    found: Identity = _publisher(house, name, "network").verify()
    return found


def door(house: House, name: str) -> Door:
    """
    Where a person logs in to a network.

    Raises:
        BadRecipe: nobody logs in to that network.
    """
    made: Door = _publisher(house, name, "door")
    return made


def _publisher(house: House, name: str, function: str) -> Any:
    """What a room makes of the credentials; they count from real time, whatever instant was given."""
    make = getattr(plugins.load("publishers", name, (function,)), function)
    told = house.settings
    return make(told.secrets, told.x_api_base_url, house.wall, home=told.home, client_id=told.x_client_id)


def tellers(house: House) -> list[Teller]:
    """Everybody who is to be told what a person should know."""
    from bot.telling.mail import Mail
    from bot.telling.webhook import Webhook

    found: list[Teller] = []
    if (url := house.settings.secrets.get("THREADMILL_NOTIFY_URL")) is not None:
        found.append(Webhook(url))
    if (server := house.settings.secrets.get("THREADMILL_SMTP_URL")) is not None:
        found.append(Mail(server, house.settings.watched.emails))
    return found


def ping(house: House) -> Callable[[], bool] | None:
    """What tells a dead man's switch that the bot is there, if there is one."""
    from bot.telling.ping import Ping

    url = house.settings.secrets.get("THREADMILL_PING_URL")
    return None if url is None else Ping(url)


def budget(house: House) -> Budget | None:
    """What this calendar month may be billed, if the settings limit it."""
    if house.settings.budget_usd is None:
        return None
    return Budget(house.settings.budget_usd, house.wall().replace(day=1, hour=0, minute=0, second=0, microsecond=0))


def templates(report: Report) -> None:
    """
    Check every text of a report, and what its last post links to, without composing anything.

    Raises:
        BadTemplate: names file and line. BadThread: the network would not make one link of it.
    """
    from bot.compose.assembly import check_link, evidence_link
    from bot.compose.templates import Templates

    language = Templates(report)
    for post in report.posts:
        chart = post.chart
        for template in (post.text, *((chart.title, chart.subtitle, chart.caveat) if chart else ())):
            if template is not None:
                language.check(template)
    check_link(evidence_link(report, Period.newest_complete(report.granularity, _now())), limits(report.network))


def widths(report: Report) -> list[Width]:
    """
    The most each post of a report can come to, over every branch and every plausible value.

    Raises:
        BadTemplate: one has more branches than can be told apart; names file and line.
    """
    from bot.compose.plausible import ANYBODY
    from bot.compose.widths import widths as proved

    by_hand = any(source.name == "manual" for source in report.sources)
    return list(proved(report, [*plugins.known_origins(), ANYBODY], by_hand))


def chart_heads(report: Report) -> Iterator[str]:
    """
    What is wrong with the titles and subtitles of charts: those that do not fit at their widest, with the branch.

    Raises:
        BadTemplate: one has more branches than can be told apart; names file and line.
    """
    from bot.charts.sheet import head
    from bot.compose.plausible import ANYBODY
    from bot.compose.widths import chart_widths

    for part in head.WEIGHTS:
        for width in chart_widths(report, [*plugins.known_origins(), ANYBODY], partial(head.width, part), part):
            try:
                head.fitted(part, width.text)
            except BadChart as error:
                yield f"{width.place}: {error}. It comes to that when {width.when}"


def post_url(network: str, remote_id: str) -> str:
    """Where a person sees a post; no keys are needed to know that."""
    found: str = plugins.load("publishers", network, ("url",)).url(remote_id)
    return found


def drawer(progress: Progress) -> Draw:
    """The charts wing, loaded when the first chart is drawn: matplotlib takes as long as everything else together."""

    def draw(jobs: Sequence[tuple[str, ChartData]]) -> Iterator[Chart]:
        progress("loading the drawing library", 0, 0)
        from bot.charts.sheet.render import render_all

        return render_all([(plugins.load("charts", kind, _DRAWS), data) for kind, data in jobs], progress)

    return draw


def load_drawing(report: Report, progress: Progress) -> None:
    """Everything the charts of a report need, in memory: processes that are forked then need not load it."""
    progress("loading the drawing library", 0, 0)
    from bot.charts.sheet import contact, fonts, render  # noqa: F401

    fonts.ensure(lambda text: progress(text, 0, 0))
    for kind in {post.chart.kind for post in report.posts if post.chart is not None}:
        plugins.load("charts", kind, _DRAWS)


def draw_alone(jobs: Sequence[tuple[str, ChartData]]) -> Iterator[Chart]:
    """Charts one after the other and by nothing but this process: others draw beside it."""
    from bot.charts.sheet.render import render

    return (render(plugins.load("charts", kind, _DRAWS), data) for kind, data in jobs)


def _packaged_templates() -> Path:
    """Beside the package in a wheel; beside its folder in a checkout."""
    inside = _PACKAGE / "templates"
    return inside if inside.is_dir() else _PACKAGE.parent / "templates"
