"""The environment and `report.toml`, read once, checked whole, and turned into the values of the house."""

from __future__ import annotations

import difflib
import hmac
import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.domain.measure import WHOLE, Aggregation, Metric, Subject, Unit
from bot.domain.period import Granularity, Period
from bot.domain.report import ChartSpec, ClaimSpec, PostSpec, Report, SourceSpec, Template
from bot.errors import BadInput, BadRecipe

# ---- environment ---------------------------------------------------------------------------------------------------------------

VARIABLES: Final[Mapping[str, str]] = {
    "THREADMILL_HOME": "where state and downloaded files are kept",
    "DATABASE_URL": "the store; SQLite under THREADMILL_HOME without it",
    "X_API_BASE_URL": "the X API",
    "X_CONSUMER_KEY": "X app key",
    "X_CONSUMER_SECRET": "X app secret",
    "X_ACCESS_TOKEN": "X account token",
    "X_ACCESS_TOKEN_SECRET": "X account token secret",
}
"""Every variable that is read. `.env.example` names the same ones; a test compares the two."""

_SECRETS: Final = ("X_CONSUMER_KEY", "X_CONSUMER_SECRET", "X_ACCESS_TOKEN", "X_ACCESS_TOKEN_SECRET")


class Secret:
    """A text that does not show itself. No `str`: json and `+` would take a string's characters without asking it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret('****')"

    def __str__(self) -> str:
        return "****"

    def __format__(self, spec: str) -> str:
        return format("****", spec)

    def reveal(self) -> str:
        """The secret itself, for the one call that needs it."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)


@dataclass(frozen=True)
class Settings:
    """What the environment says. `unknown` are variables that look like ours but are not, with the one probably meant."""

    home: Path
    database_url: Secret | None
    x_api_base_url: str
    secrets: Mapping[str, Secret] = field(repr=False)
    unknown: Mapping[str, str] = field(default_factory=dict)


def settings(environment: Mapping[str, str]) -> Settings:
    """
    Settings from environment variables.

    Raises:
        BadInput: a variable has a value that cannot be meant.
    """
    base = environment.get("X_API_BASE_URL", "").rstrip("/") or "https://api.x.com"
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", base):
        raise BadInput(f"X_API_BASE_URL is {base!r}, which is no http(s) address; unset it to use https://api.x.com")
    home = environment.get("THREADMILL_HOME") or "~/.local/share/threadmill"
    return Settings(
        home=Path(home).expanduser(),
        database_url=Secret(environment["DATABASE_URL"]) if environment.get("DATABASE_URL") else None,
        x_api_base_url=base,
        secrets={name: Secret(environment[name]) for name in _SECRETS if environment.get(name)},
        unknown=dict(_unknown_variables(environment)),
    )


def environment(folder: Path) -> Mapping[str, str]:
    """The process's environment over the values of a `.env` file in the folder, if there is one."""
    dotenv = folder / ".env"
    if not dotenv.is_file():
        return dict(os.environ)
    from dotenv import dotenv_values

    try:
        values = dotenv_values(dotenv)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{dotenv} cannot be read: {error}; save it as UTF-8") from error
    return {**{name: value for name, value in values.items() if value is not None}, **os.environ}


def _unknown_variables(environment: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for name in environment:
        if name in VARIABLES or name.startswith("THREADMILL_URL_"):
            continue
        near = difflib.get_close_matches(name, VARIABLES, n=1, cutoff=0.85)
        if name.startswith("THREADMILL_") or near:
            yield name, near[0] if near else ""


# ---- report.toml ---------------------------------------------------------------------------------------------------------------

_Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
_Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
_Line = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Subject(_Table):
    name: _Name
    fill: _Colour
    ink: _Colour
    ids: dict[str, str] = Field(default_factory=dict)


class _Group(_Subject):
    members: list[_Key] = Field(min_length=1)


class _Metric(_Table):
    title: _Line
    noun: _Name
    unit: Literal["count", "percent", "rate"]
    aggregation: Literal["total", "level", "event"]
    measures: _Line
    does_not_measure: _Line
    known_biases: _Line
    short: str = ""
    base: _Key | None = None
    tolerance_days: Annotated[int, Field(ge=0, le=400)] = 0
    absent: str = ""


class _Claim(_Table):
    kind: str
    metric: str = ""
    subject: str = ""
    subjects: list[str] = Field(default_factory=list)
    claims: list[str] = Field(default_factory=list)
    noun: _Name = "measures"


class _Chart(_Table):
    kind: str
    metric: str = ""
    metrics: list[str] = Field(default_factory=list)
    subjects: list[str] = Field(min_length=1)
    title: _Line
    subtitle: _Line
    caveat: _Line | None = None
    highlight: list[str] = Field(default_factory=list)
    compare: bool = False
    since: str | None = None


class _Post(_Table):
    name: _Key
    text: str = ""
    chart: _Chart | None = None


class ReportFile(_Table):
    """The shape of `report.toml`. `threadmill check --schema` prints it as JSON Schema for editors."""

    title: _Name
    network: str = "x"
    granularity: Literal["year", "month", "week", "day"]
    names: list[str] = Field(default_factory=list)
    allow: list[str] = Field(default_factory=list)
    sources: dict[str, dict[str, Any]] = Field(min_length=1)
    subjects: dict[_Key, _Subject] = Field(min_length=1)
    groups: dict[_Key, _Group] = Field(default_factory=dict)
    metrics: dict[_Key, _Metric] = Field(default_factory=dict)
    claims: dict[_Key, _Claim] = Field(default_factory=dict)
    posts: list[_Post] = Field(min_length=1)


_COUNTABLE: Final = ("lead", "ratio")
"""Claims a tally may count: those with a leader."""


@dataclass(frozen=True)
class Kinds:
    """What a recipe may name: the claims, charts and sources there are, and the metrics sources define."""

    claims: Mapping[str, int]
    charts: Iterable[str]
    sources: Iterable[str]
    metrics: Mapping[str, Metric]


def report(folder: Path, kinds: Kinds) -> Report:
    """
    The report in a folder: its recipe and texts, every name in it known.

    Raises:
        BadRecipe: names file, key and what is wrong; unknown keys and names come with the nearest known one.
    """
    return _Reading(folder, kinds).report()


class _Reading:
    """One reading of one `report.toml`; complaints name the key they are about."""

    def __init__(self, folder: Path, kinds: Kinds) -> None:
        self._folder = folder
        self._file = folder / "report.toml"
        self._kinds = kinds
        self._table = self._read()
        self._metrics = self._all_metrics()
        self._subjects = self._all_subjects()

    def report(self) -> Report:
        table = self._table
        self._check_posts()
        return Report(
            key=self._folder.name,
            title=table.title,
            network=table.network,
            granularity=Granularity(table.granularity),
            subjects=self._subjects,
            metrics=self._metrics,
            sources=tuple(self._source(name, dict(options)) for name, options in table.sources.items()),
            claims=self._claims(),
            posts=tuple(self._post(post) for post in table.posts),
            names=tuple(table.names),
            allow=tuple(table.allow),
        )

    def _read(self) -> ReportFile:
        try:
            text = self._file.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise BadRecipe(f"{self._file} does not exist; a report is a folder with a report.toml and its texts") from None
        except (OSError, UnicodeDecodeError) as error:
            raise BadRecipe(f"{self._file} cannot be read: {error}") from error
        try:
            return ReportFile.model_validate(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise BadRecipe(f"{self._file} is not TOML: {error}") from None
        except ValidationError as error:
            raise BadRecipe(_complaints(self._file, error)) from None

    def _source(self, name: str, options: dict[str, object]) -> SourceSpec:
        if "." not in name:
            self._known(name, self._kinds.sources, f"sources.{name}", "source")
        required = options.pop("required", False)
        if not isinstance(required, bool):
            raise self._bad(f"sources.{name}.required", f"is {required!r}; write true or false")
        return SourceSpec(name, options, required)

    def _all_metrics(self) -> dict[str, Metric]:
        metrics = dict(self._kinds.metrics)
        for key, table in self._table.metrics.items():
            if key in metrics:
                raise self._bad(f"metrics.{key}", "is defined by a source already; use that definition or choose another key")
            fields = table.model_dump() | {"unit": Unit(table.unit), "aggregation": Aggregation(table.aggregation)}
            metrics[key] = Metric(key=key, **fields)
        for key, table in self._table.metrics.items():
            if table.base is not None:
                self._known(table.base, metrics, f"metrics.{key}.base", "metric")
        return metrics

    def _all_subjects(self) -> dict[str, Subject]:
        subjects = {key: Subject(key, one.name, one.fill, one.ink, (), one.ids) for key, one in self._table.subjects.items()}
        for key, group in self._table.groups.items():
            if key in subjects:
                raise self._bad(f"groups.{key}", "has the key of a subject; choose another")
            for member in group.members:
                self._known(member, self._table.subjects, f"groups.{key}.members", "subject")
            subjects[key] = Subject(key, group.name, group.fill, group.ink, tuple(group.members), group.ids)
        if WHOLE in subjects:
            raise self._bad(f"subjects.{WHOLE}", "is the word for everybody; choose another key")
        return subjects

    def _claims(self) -> tuple[ClaimSpec, ...]:
        claims: dict[str, ClaimSpec] = {}
        for key, table in self._table.claims.items():
            place = f"claims.{key}"
            self._known(table.kind, self._kinds.claims, f"{place}.kind", "claim kind")
            subjects = [table.subject, *table.subjects] if table.subject else table.subjects
            for subject in subjects:
                self._known(subject, {**self._subjects, WHOLE: None}, f"{place}.subjects", "subject")
            self._once(subjects, f"{place}.subjects")
            self._once(table.claims, f"{place}.claims")
            for other in table.claims:
                self._known(other, claims, f"{place}.claims", "claim above it")
                if claims[other].kind not in _COUNTABLE:
                    raise self._bad(f"{place}.claims", f'counts "{other}", a {claims[other].kind} claim, which nobody leads')
            if table.kind != "tally":
                self._known(table.metric, self._metrics, f"{place}.metric", "metric")
            if table.kind == "multiplied" and self._metrics[table.metric].aggregation is not Aggregation.TOTAL:
                raise self._bad(f"{place}.metric", f"is {table.metric}, which is no total over a window: it does not add up")
            if len(subjects) < (needed := self._kinds.claims[table.kind]):
                raise self._bad(f"{place}.subjects", f"names {len(subjects)} of the {needed} a {table.kind} claim is about")
            if table.kind == "tally" and len(table.claims) < 2:
                raise self._bad(f"{place}.claims", "names fewer than two claims to count")
            claims[key] = ClaimSpec(key, table.kind, table.metric, tuple(subjects), tuple(table.claims), table.noun)
        return tuple(claims.values())

    def _check_posts(self) -> None:
        names = [post.name for post in self._table.posts]
        for name in names:
            if names.count(name) > 1:
                raise self._bad("posts", f'has two posts named "{name}"')

    def _post(self, post: _Post) -> PostSpec:
        file = post.text or f"{post.name}.txt"
        path = self._folder / file
        if Path(file).name != file:
            raise self._bad(f"posts.{post.name}.text", f'is "{file}"; name a file in the folder of the report')
        try:
            source = path.read_text(encoding="utf-8-sig")  # some editors put a byte-order mark first, which X refuses in a post
        except FileNotFoundError:
            near = difflib.get_close_matches(file, [one.name for one in self._folder.glob("*.txt")], n=1)
            hint = f' (did you mean "{near[0]}"?)' if near else ""
            raise self._bad(f"posts.{post.name}", f"needs the text {path}, which does not exist{hint}") from None
        except (OSError, ValueError) as error:  # ValueError: not UTF-8, or a name no file can have
            raise self._bad(f"posts.{post.name}", f"needs the text {path}, which cannot be read: {error}") from error
        chart = None if post.chart is None else self._chart(post.chart, f"posts.{post.name}.chart")
        return PostSpec(post.name, Template(source, str(path)), chart)

    def _chart(self, chart: _Chart, place: str) -> ChartSpec:
        self._known(chart.kind, self._kinds.charts, f"{place}.kind", "chart kind")
        metrics = [chart.metric, *chart.metrics] if chart.metric else chart.metrics
        if not metrics:
            raise self._bad(f"{place}.metric", "is missing: a chart shows at least one metric")
        for metric in metrics:
            self._known(metric, self._metrics, f"{place}.metrics", "metric")
        self._once(metrics, f"{place}.metrics")
        self._once(chart.subjects, f"{place}.subjects")
        for subject in (*chart.subjects, *chart.highlight):
            self._known(subject, self._subjects, f"{place}.subjects", "subject")
        return ChartSpec(
            kind=chart.kind,
            metrics=tuple(metrics),
            subjects=tuple(chart.subjects),
            title=self._template(chart.title, f"{place}.title"),
            subtitle=self._template(chart.subtitle, f"{place}.subtitle"),
            caveat=None if chart.caveat is None else self._template(chart.caveat, f"{place}.caveat"),
            highlight=tuple(chart.highlight),
            compare=chart.compare,
            since=None if chart.since is None else self._period(chart.since, f"{place}.since"),
        )

    def _template(self, source: str, place: str) -> Template:
        return Template(source, f"{self._file}: {place}")

    def _period(self, key: str, place: str) -> Period:
        try:
            return Period.parse(key)
        except ValueError as error:
            raise self._bad(place, f"is wrong: {error}") from None

    def _known(self, name: str, known: Iterable[str], place: str, what: str) -> None:
        names = list(known)
        if name in names:
            return
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
        hint = f' (did you mean "{near[0]}"?)' if near else ""
        raise self._bad(place, f'names the unknown {what} "{name}"{hint}; there are {", ".join(names) or "none"}')

    def _once(self, names: Sequence[str], place: str) -> None:
        for name in names:
            if names.count(name) > 1:
                raise self._bad(place, f'names "{name}" twice, and it would be counted twice')

    def _bad(self, place: str, what: str) -> BadRecipe:
        return BadRecipe(f"{self._file}: {place} {what}")


def _complaints(file: Path, error: ValidationError) -> str:
    """Pydantic's findings as lines that name the key, with the nearest known key for an unknown one."""
    lines = []
    for found in error.errors(include_url=False):
        place = ".".join(str(part) for part in found["loc"]) or "the file"
        match found["type"]:
            case "extra_forbidden":
                near = difflib.get_close_matches(str(found["loc"][-1]), _keys_at(found["loc"][:-1]), n=1)
                lines.append(f'{file}: unknown key "{place}"' + (f' (did you mean "{near[0]}"?)' if near else ""))
            case "missing":
                lines.append(f'{file}: "{place}" is missing')
            case _:
                lines.append(f"{file}: {place} is {_short(found['input'])}: {found['msg'][0].lower()}{found['msg'][1:]}")
    return "\n".join(lines)


def _keys_at(location: tuple[int | str, ...]) -> list[str]:
    """The keys the model has at a place: walks the same tables the recipe does."""
    tables: Mapping[str, type[_Table]] = {
        "subjects": _Subject, "groups": _Group, "metrics": _Metric, "claims": _Claim, "posts": _Post,
    }  # fmt: skip
    if not location or location[0] not in tables:
        return list(ReportFile.model_fields)
    if location[0] == "posts" and location[2:3] == ("chart",):
        return list(_Chart.model_fields)
    return list(tables[str(location[0])].model_fields)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
