"""A recipe with its texts, checked whole and turned into a Report. What a kind would pass over or draw wrongly is refused."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from bot.domain.honesty import statements, strange
from bot.domain.measure import WHOLE, Aggregation, Break, Metric, Subject, Unit
from bot.domain.period import Granularity, Period, instant
from bot.domain.report import ChartSpec, ClaimSpec, PostSpec, Report, SourceSpec, Template
from bot.domain.schedule import Schedule
from bot.domain.words import nearest
from bot.errors import BadRecipe
from bot.recipe import timing
from bot.recipe.address import BadAddress, check_address
from bot.recipe.bell import BadTiming
from bot.recipe.file import ChartTable, ClaimTable, MetricTable, PostTable, ReportFile, complaints

_LARGEST_FILE: Final = 1_000_000

_COUNTABLE: Final = ("lead", "ratio")
"""Claims a tally may count: those with a leader."""
_OPTIONAL: Final = ("lead", "fastest")
"""Claims that may be made while some of their subjects have no figure."""
_PAIRS: Final = {"ratio": "a ratio", "overtook": "an overtaking"}
"""Claims about two subjects and no more."""
_ALONE: Final = ("record",)
"""Claims about one subject that would pass over any other."""


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
        self._declare_breaks()

    def report(self) -> Report:
        table = self._table
        self._check_posts()
        for name in table.names:
            self._plain_name(name, "names")
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
            schedule=self._schedule(),
            required=self._required(),
            evidence_url=self._evidence_url(),
        )

    def _read(self) -> ReportFile:
        text = self._text(self._file, "a report is a folder with a report.toml and its texts")
        try:
            return ReportFile.model_validate(tomllib.loads(text))
        except ValidationError as error:
            raise BadRecipe(complaints(self._file, error)) from None
        except (ValueError, RecursionError) as error:  # TOMLDecodeError, numbers and nesting beyond reason
            raise BadRecipe(f"{self._file} is not TOML: {error}") from None

    def _text(self, path: Path, advice: str) -> str:
        """A file of the report. Pipes and devices are no files: reading them might never end."""
        try:
            if not path.is_file():
                raise BadRecipe(f"{path} does not exist or is no file; {advice}")
            if path.stat().st_size > _LARGEST_FILE:
                raise BadRecipe(f"{path} has {path.stat().st_size:,} bytes; a recipe or text has a few thousand")
            return path.read_text(encoding="utf-8-sig")  # some editors put a byte-order mark first, which X refuses in a post
        except (OSError, ValueError) as error:  # ValueError: not UTF-8, or a name no file can have
            raise BadRecipe(f"{path} cannot be read: {error}; {advice}") from error

    def _source(self, name: str, options: dict[str, object]) -> SourceSpec:
        if "." not in name:
            self._known(name, self._kinds.sources, f"sources.{name}", "source")
        required = options.pop("required", False)
        if not isinstance(required, bool):
            raise self._bad(f"sources.{name}.required", f"is {required!r}; write true or false")
        since = options.pop("since", None)
        if since is not None and not isinstance(since, str):
            raise self._bad(f"sources.{name}.since", f'is {since!r}; write a period in quotes, such as "2021"')
        return SourceSpec(name, options, required, None if since is None else self._period(since, f"sources.{name}.since"))

    def _schedule(self) -> Schedule | None:
        if self._table.schedule is None:
            return None
        try:
            return timing.schedule(self._table.schedule, Granularity(self._table.granularity))
        except BadTiming as error:
            raise self._bad(f"schedule.{error.key}", error.what) from None

    def _required(self) -> tuple[str, ...]:
        required = self._table.gates.required
        for metric in required:
            self._known(metric, self._metrics, "gates.required", "metric")
        self._once(required, "gates.required")
        return tuple(required)

    def _evidence_url(self) -> str:
        if template := self._table.evidence_url:
            try:
                check_address(template)
            except BadAddress as error:
                raise self._bad("evidence_url", str(error)) from None
        return template

    def _all_metrics(self) -> dict[str, Metric]:
        metrics = dict(self._kinds.metrics)
        for key, table in self._table.metrics.items():
            if key in metrics:
                raise self._bad(f"metrics.{key}", "is defined by a source already; use that definition or choose another key")
            metrics[key] = self._metric(key, table)
        for key, table in self._table.metrics.items():
            if table.base is not None:
                self._known(table.base, metrics, f"metrics.{key}.base", "metric")
                if metrics[table.base].unit is not Unit.COUNT:
                    raise self._bad(f"metrics.{key}.base", f"is {table.base}, which is no count: nobody can be a share of it")
        return metrics

    def _plain_name(self, name: str, place: str) -> None:
        """A name lets the digits in it pass, so it must be one: a word ("C++", "Vue 3", "5G") that claims nothing."""
        claims = [found.text for found in statements(name, allow=self._table.allow) if found.kind == "claim word"]
        if claims or "%" in name or not re.search(r"[^\W\d_]", name) or strange(name):
            raise self._bad(place, f"is {name!r}, which is more than a name; write a word, with its version if it has one")

    def _visible(self, subject: Subject, place: str) -> None:
        for field_, colour, least in (("ink", subject.ink, 4.5), ("fill", subject.fill, 2.0)):
            if (ratio := _contrast(colour)) < least:
                raise self._bad(f"{place}.{field_}", f"is {colour}, with a contrast of {ratio:.1f} on white; it needs {least}")

    def _metric(self, key: str, table: MetricTable) -> Metric:
        for name in ("title", "short", "noun"):
            if found := statements(getattr(table, name), self._table.names, self._table.allow):
                raise self._bad(
                    f"metrics.{key}.{name}", f'says "{found[0].text}"; a metric is named without figures and comparisons'
                )
        fields = table.model_dump() | {"unit": Unit(table.unit), "aggregation": Aggregation(table.aggregation)}
        try:
            breaks = tuple(Break(instant(change.at), change.reason) for change in table.breaks)
        except ValueError as error:
            raise self._bad(f"metrics.{key}.breaks", f"is wrong: {error}") from None
        return Metric(key=key, **fields | {"breaks": breaks, "same_counter": tuple(table.same_counter)})

    def _declare_breaks(self) -> None:
        """The recipe's own changes of counting beside those that the sources know, in order of time."""
        for number, table in enumerate(self._table.breaks):
            place = f"breaks.{number}"
            for subject in table.subjects:
                self._known(subject, self._subjects, f"{place}.subjects", "subject")
            try:
                change = Break(instant(table.at), table.reason, tuple(table.subjects))
            except ValueError as error:
                raise self._bad(f"{place}.at", f"is wrong: {error}") from None
            for key in table.metrics:
                self._known(key, self._metrics, f"{place}.metrics", "metric")
                breaks = sorted((*self._metrics[key].breaks, change), key=lambda one: one.at)
                self._metrics[key] = replace(self._metrics[key], breaks=tuple(breaks))

    def _all_subjects(self) -> dict[str, Subject]:
        subjects = {key: Subject(key, one.name, one.fill, one.ink, (), one.ids) for key, one in self._table.subjects.items()}
        for key, group in self._table.groups.items():
            if key in subjects:
                raise self._bad(f"groups.{key}", "has the key of a subject; choose another")
            for member in group.members:
                self._known(member, self._table.subjects, f"groups.{key}.members", "subject")
            subjects[key] = Subject(key, group.name, group.fill, group.ink, tuple(group.members), group.ids)
        for key, subject in subjects.items():
            self._plain_name(subject.name, f"subjects.{key}.name")
            self._visible(subject, f"subjects.{key}")
            self._once(subject.members, f"groups.{key}.members")
        if WHOLE in subjects:
            raise self._bad(f"subjects.{WHOLE}", "is the word for everybody; choose another key")
        return subjects

    def _claims(self) -> tuple[ClaimSpec, ...]:
        claims: dict[str, ClaimSpec] = {}
        for key, table in self._table.claims.items():
            place = f"claims.{key}"
            self._known(table.kind, self._kinds.claims, f"{place}.kind", "claim kind")
            if table.kind == "tally":
                self._check_tally(table, claims, place)
            else:
                self._check_claim(table, place)
            claims[key] = ClaimSpec(
                key=key,
                kind=table.kind,
                metric=table.metric,
                subjects=tuple(table.about),
                claims=tuple(table.claims),
                noun=table.noun,
                optional=tuple(table.optional),
                minimum=table.minimum,
                against=table.against,
                within=table.within,
            )
        return tuple(claims.values())

    def _check_tally(self, table: ClaimTable, above: Mapping[str, ClaimSpec], place: str) -> None:
        if table.about or table.metric or table.optional:
            raise self._bad(place, "has a metric or subjects; a tally counts claims")
        if len(table.claims) < 2:
            raise self._bad(f"{place}.claims", "names fewer than two claims to count")
        if statements(table.noun, self._table.names, self._table.allow):
            raise self._bad(f"{place}.noun", f'is "{table.noun}"; name what is counted, without figures and comparisons')
        self._once(table.claims, f"{place}.claims")
        if table.minimum > len(table.claims):
            raise self._bad(f"{place}.minimum", f"is {table.minimum}, more than the {len(table.claims)} claims it counts")
        for other in table.claims:
            self._known(other, above, f"{place}.claims", "claim above it")
            if above[other].kind not in _COUNTABLE:
                raise self._bad(f"{place}.claims", f'counts "{other}", {_a(above[other].kind)} claim, which nobody leads')

    def _check_claim(self, table: ClaimTable, place: str) -> None:
        for subject in table.about:
            self._known(subject, {**self._subjects, WHOLE: None}, f"{place}.subjects", "subject")
        self._once(table.about, f"{place}.subjects")
        if table.optional and table.kind not in _OPTIONAL:
            raise self._bad(
                f"{place}.optional",
                f"is for {' and '.join(_OPTIONAL)} claims; {_a(table.kind)} claim needs every subject's figure",
            )
        for subject in table.optional:
            self._known(subject, table.about, f"{place}.optional", "subject of the claim")
        if len(table.about) < (needed := self._kinds.claims[table.kind]):
            raise self._bad(f"{place}.subjects", f"names {len(table.about)} of the {needed} {_a(table.kind)} claim is about")
        self._known(table.metric, self._metrics, f"{place}.metric", "metric")
        metric = self._metrics[table.metric]
        if table.kind == "share" and metric.unit is not Unit.COUNT:
            raise self._bad(f"{place}.metric", f"is {metric.key}, which is no count: it has no parts to share")
        if table.kind == "share":
            self._apart(table.about, f"{place}.subjects")
        if table.kind == "multiplied" and metric.aggregation is not Aggregation.TOTAL:
            raise self._bad(f"{place}.metric", f"is {metric.key}, which is no total over a window: it does not add up")
        self._check_fit(table, metric, place)

    def _check_fit(self, table: ClaimTable, metric: Metric, place: str) -> None:
        """What a kind would pass over is refused."""
        if table.kind in _PAIRS and len(table.about) > 2:
            raise self._bad(f"{place}.subjects", f"names more than the two {_PAIRS[table.kind]} is of")
        if table.kind in _ALONE and len(table.about) > 1:
            raise self._bad(f"{place}.subjects", f"names more than the one subject {_a(table.kind)} claim is about")
        if "within" in table.model_fields_set and table.kind != "overtook":
            raise self._bad(
                f"{place}.within", f"is for overtook claims; {_a(table.kind)} claim does not look back for a crossing"
            )
        if table.kind == "fastest" and metric.unit is not Unit.COUNT and not (metric.unit is Unit.PERCENT and metric.sample):
            raise self._bad(f"{place}.metric", f"is {metric.key}, neither a count nor a survey's share: nobody knows its noise")

    def _apart(self, subjects: Sequence[str], place: str) -> None:
        """Parts of a whole do not overlap: no group beside its member, nothing beside everybody."""
        if WHOLE in subjects and len(subjects) > 2:
            raise self._bad(place, f'names "{WHOLE}" beside other subjects, which are part of it')
        parts = [key for subject in subjects if subject != WHOLE for key in (subject, *self._subjects[subject].members)]
        self._once(parts, place)

    def _check_posts(self) -> None:
        names = [post.name for post in self._table.posts]
        for name in names:
            if names.count(name) > 1:
                raise self._bad("posts", f'has two posts named "{name}"')
        for number, post in enumerate(self._table.posts):
            if post.instead_of:
                self._known(post.instead_of, names[:number], f"posts.{post.name}.instead_of", "post above it")

    def _post(self, post: PostTable) -> PostSpec:
        file = post.text or f"{post.name}.txt"
        path = self._folder / file
        if Path(file).name != file:
            raise self._bad(f"posts.{post.name}.text", f'is "{file}"; name a file in the folder of the report')
        hint = nearest(file, [one.name for one in self._folder.glob("*.txt")])
        source = self._text(path, f"posts.{post.name} of {self._file.name} needs it{hint}")
        chart = None if post.chart is None else self._chart(post.chart, f"posts.{post.name}.chart")
        return PostSpec(post.name, Template(source, str(path)), chart, post.instead_of)

    def _chart(self, chart: ChartTable, place: str) -> ChartSpec:
        self._known(chart.kind, self._kinds.charts, f"{place}.kind", "chart kind")
        metrics = [chart.metric, *chart.metrics] if chart.metric else chart.metrics
        if not metrics:
            raise self._bad(f"{place}.metric", "is missing: a chart shows at least one metric")
        for metric in metrics:
            self._known(metric, self._metrics, f"{place}.metrics", "metric")
        self._once(metrics, f"{place}.metrics")
        self._once(chart.subjects, f"{place}.subjects")
        for subject in chart.subjects:
            self._known(subject, self._subjects, f"{place}.subjects", "subject")
        self._fitting(chart, metrics, place)
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
            last=chart.last,
        )

    def _fitting(self, chart: ChartTable, metrics: Sequence[str], place: str) -> None:
        """What a kind would pass over or draw wrongly is refused."""
        if chart.kind in ("ranking", "survey", "trend") and len(metrics) > 1:
            raise self._bad(f"{place}.metrics", f"names {len(metrics)} metrics; a {chart.kind} chart shows one")
        if chart.kind == "survey" and self._metrics[metrics[0]].unit is not Unit.PERCENT:
            raise self._bad(f"{place}.metric", f"is {metrics[0]}, which is no share; a survey chart shows percentages")
        if chart.kind == "share":
            self._apart(chart.subjects, f"{place}.subjects")
            for metric in metrics:
                if self._metrics[metric].unit is not Unit.COUNT:
                    raise self._bad(f"{place}.metrics", f"names {metric}, which is no count: it has no parts to share")
        if chart.compare and chart.kind != "survey":
            raise self._bad(f"{place}.compare", f"is for survey charts; a {chart.kind} chart shows one period")
        if (chart.since is not None or chart.last) and chart.kind not in ("share", "trend"):
            raise self._bad(f"{place}.since", f"is for trend and share charts; a {chart.kind} chart shows one period")
        if chart.since is not None and chart.last:
            raise self._bad(f"{place}.last", "stands beside since; keep one of them")
        for subject in chart.highlight:
            self._known(subject, chart.subjects, f"{place}.highlight", "subject of the chart")

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
        there = ", ".join(names) or "none"
        raise self._bad(place, f'names the unknown {what} "{name}"{nearest(name, names, 0.5)}; there are {there}')

    def _once(self, names: Sequence[str], place: str) -> None:
        for name in names:
            if names.count(name) > 1:
                raise self._bad(place, f'names "{name}" twice, and it would be counted twice')

    def _bad(self, place: str, what: str) -> BadRecipe:
        return BadRecipe(f"{self._file}: {place} {what}")


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _contrast(colour: str) -> float:
    """Contrast with white by WCAG 2: (1 + 0.05) / (relative luminance + 0.05)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
