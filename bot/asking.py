"""Who is asked: a recipe's sources with their settings, and what each asks with: a client of its service, or an engine."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import TypeAdapter, ValidationError

from bot import plugins
from bot.collection import NamedSource
from bot.domain.period import Period
from bot.domain.report import Report, SourceSpec
from bot.domain.words import nearest
from bot.errors import BadRecipe
from bot.ports import Client, Computer, Offline, Progress, Store
from bot.wiring import House, report_folders

if TYPE_CHECKING:
    from bot.engines._computer import Shared


_ENGINE = ("EXTRA", "connect", "elsewhere")


@dataclass(frozen=True)
class Trial:
    """A source is tried: data that are made up will do, nothing is stored, and `engine` takes the place of the recipe's."""

    engine: str = ""


def sources(
    house: House,
    report: Report,
    data: Sequence[Path],
    ask: Ask = lambda _: None,
) -> list[NamedSource]:
    """
    The recipe's sources, made with their settings, each live one with its client, and one more for the files given by hand.

    `ask` gives a source its client: see `clients`.

    Raises:
        BadRecipe: a source is absent, broken or unfit, or its settings are not what it asks for.
    """
    folder = report_folders(house.folder).get(report.key, house.folder)
    made = [_source(spec, folder, house) for spec in report.sources]
    made = [replace(named, client=ask(named)) for named in made]
    if data:
        csv = plugins.load("sources", "csv", ("Source",))
        made.append(NamedSource("--data", csv.Source(files=tuple(data)), required=True, by_hand=True, says_all=csv.SAYS_ALL))
    return made


def recorded(sources: Sequence[NamedSource]) -> list[NamedSource]:
    """The same, to be told from what the store has of them: nobody is asked, and nothing is computed."""
    return [named if named.client is None else replace(named, client=Offline(named.name)) for named in sources]


Ask: TypeAlias = Callable[[NamedSource], "Client | Computer | None"]


@contextmanager
def clients(
    house: House, store: Store | None, progress: Progress, offline: bool = False, trial: Trial | None = None
) -> Iterator[Ask]:
    """
    What gives each source its client, None to one that reads files; their connections are let go afterwards.

    One client a source, however many reports ask it in a run: it is the client that keeps its distance. One that computes is for
    the engine of its recipe, or of a `trial`.
    """
    made = _Clients(house, store, progress, offline, trial)
    try:
        yield made.ask
    finally:
        made.close()


class _Clients:
    """Those of a run."""

    def __init__(self, house: House, store: Store | None, progress: Progress, offline: bool, trial: Trial | None) -> None:
        self._house = house
        self._store = store
        self._progress = progress
        self._offline = offline
        self._trial = trial
        self._stopped = threading.Event()
        self._made: dict[tuple[str, str], Client | Computer | None] = {}
        self._engines: dict[str, Shared] = {}

    def ask(self, named: NamedSource) -> Client | Computer | None:
        """What a source asks with."""
        engine = (self._trial.engine if self._trial else "") or getattr(named.source, "engine", "")
        key = named.name, engine
        if key not in self._made:
            computed = hasattr(plugins.load("sources", named.name, ()), "COMPUTED")
            self._made[key] = self._computer(*key) if computed else self._client(named.name)
        return self._made[key]

    def close(self) -> None:
        """Let go of all of them."""
        self._stopped.set()  # a thread that is still at it asks nothing more
        for one in (*self._made.values(), *self._engines.values()):
            if one is not None:
                one.close()

    def _client(self, name: str) -> Client | None:
        service = getattr(plugins.load("sources", name, ("Source",)), "SERVICE", None)
        if service is None:
            return None
        if self._offline:
            return Offline(name)
        from bot.sources import _http

        settings = self._house.settings
        return _http.HttpClient(
            name,
            service,
            url=settings.source_urls.get(name, ""),
            key=None if service.key is None else settings.secrets.get(service.key.variable),
            contact=settings.contact,
            store=self._store,
            clock=_http.Clock(stopped=self._stopped),
            progress=lambda answers: self._progress(f"asking {name}", answers, 0),
        )

    def _computer(self, name: str, engine: str) -> Computer:
        """What a source is computed with. An engine elsewhere is a connection; one in this process is none."""
        from bot.engines._computer import EngineComputer, Shared
        from bot.engines._engine import Means

        room = plugins.load("engines", engine, _ENGINE)
        settings = self._house.settings.engines
        address = settings.addresses.get(engine)
        if self._offline and room.elsewhere(address):
            return Offline(name)
        home = self._house.settings.home / "engines"
        means = Means(address, settings.memory_bytes, settings.billed_bytes, home / "spill")
        shared = self._engines.setdefault(engine, Shared(lambda: room.connect(means)))
        return EngineComputer(
            name,
            shared,
            home,
            self._store,
            self._progress,
            self._house.wall,  # when it was computed, whatever time it is to be
            trial=self._trial is not None,
            stopped=self._stopped.is_set,
        )


def live(report: Report, period: Period | None = None) -> bool:
    """Whether any source of a report asks a service or computes over raw data, for a period if one is given."""
    asked = [spec for spec in report.sources if period is None or spec.since is None or spec.since.start <= period.start]
    rooms = [plugins.load("sources", spec.name, ()) for spec in asked]
    return any(hasattr(room, "SERVICE") or hasattr(room, "COMPUTED") for room in rooms)


def services(report: Report) -> set[str]:
    """The sources of a report that ask a service: what they say is gone if nobody collects it."""
    return {spec.name for spec in report.sources if hasattr(plugins.load("sources", spec.name, ()), "SERVICE")}


def _source(spec: SourceSpec, folder: Path, house: House) -> NamedSource:
    room = plugins.source(spec.name)
    options = {name: _expanded(value, house) for name, value in spec.settings.items()}
    known = [setting.name for setting in dataclasses.fields(room.Source)]
    for name in options:
        if name not in known:
            place = f"{folder / 'report.toml'}: sources.{spec.name}"
            has = ", ".join(known) or "none"
            raise BadRecipe(f'{place} has no setting "{name}"{nearest(name, known)}; it has {has}')
    try:
        source = TypeAdapter(room.Source).validate_python(options)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadRecipe(f"{folder / 'report.toml'}: sources.{spec.name}.{place}: {first['msg']}") from None
    if hasattr(room, "COMPUTED"):
        plugins.load("engines", source.engine, _ENGINE)
    metrics = (*(metric.key for metric in room.METRICS), *getattr(room, "DELIVERS", getattr(source, "delivers", ())))
    try:
        source = _beside(source, folder)
    except RuntimeError as error:  # "~" where nobody knows whose home
        raise BadRecipe(f"{folder / 'report.toml'}: sources.{spec.name}: {error}; write the whole path") from error
    says_all = getattr(room, "SAYS_ALL", False)
    return NamedSource(spec.name, source, spec.required, metrics, since=spec.since, says_all=says_all)


def _expanded(value: Any, house: House) -> Any:
    """`{home}` at the start of a text stands for THREADMILL_HOME."""
    if isinstance(value, str):
        return value.replace("{home}", str(house.settings.home.absolute()), 1) if value.startswith("{home}") else value
    if isinstance(value, list):
        return [_expanded(one, house) for one in value]
    if isinstance(value, dict):
        return {name: _expanded(one, house) for name, one in value.items()}
    return value


def _beside(setting: Any, folder: Path) -> Any:
    """A setting with all paths in it taken from the report's folder, unless they are absolute or start with `~`, a home."""
    if isinstance(setting, Path):
        return folder / setting.expanduser()
    if isinstance(setting, tuple):
        return tuple(_beside(one, folder) for one in setting)
    if dataclasses.is_dataclass(setting) and not isinstance(setting, type):
        named = ((one.name, getattr(setting, one.name)) for one in dataclasses.fields(setting))
        return dataclasses.replace(setting, **{name: _beside(value, folder) for name, value in named})
    return setting
