"""
Public Kaggle notebooks that import a framework, by the month or year they were made in.

Measures the share of Python notebooks and scripts that have a statement which imports one of a subject's modules, in the version
that is current in the data at hand. Needs two data sets of Kaggle on disk: three tables of Meta Kaggle (Kernels, KernelVersions,
KernelLanguages) and the sources of Meta Kaggle Code (2 TB in all, of which current versions are counted). Back to 2015; months by
Kaggle's clock, UTC. A month has a figure once the tables have a notebook of a later one, and if the sources of at least nine
tenths of its notebooks are at hand. No quota: download both by hand, and renew them as you like; see docs/sources.md.

Traps: a notebook has many versions, and is counted once. Copies ("forks") abound, so every figure is there without them, too.
Markdown, outputs, comments and texts import nothing; nor do `importlib` and `exec`, which no pattern sees, or a cell that is
written to a file. JSON is not parsed: a notebook that is broken off counts with what it has. What is no text (UTF-16, nothing at
all, a pointer in the place of a file) is not at hand. Earlier versions and private notebooks do not count, and notebooks are made
public, changed and deleted later: the figures of a month go on to change a little.

`Subject.ids["kaggle_notebooks"]` holds names of modules, parted by "|" ("keras|tensorflow.keras"). `tensorflow.keras` is found in
`import tensorflow.keras`, `from tensorflow.keras.layers import Dense` and `from tensorflow import data, keras`, and not in use
without an import (`tf.keras`). A group without modules of its own is the union of its members', every notebook once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.domain.measure import WHOLE, Aggregation, Coverage, Metric, Missing, Observation, Origin, Subject, Unit
from bot.domain.period import Granularity, Period, date_in_words
from bot.ports import FILES, Computation, Computer, Format, Input, Layout, Reply
from bot.sources import _computed, _imports, _options, _replies, _windows

if TYPE_CHECKING:
    from ibis.expr.types import IntegerValue, StringValue, Table

_NAME: Final = "kaggle_notebooks"
_DOES_NOT_MEASURE: Final = (
    "What is used without being imported by name, as by tf followed by keras; private notebooks; anything outside Kaggle."
)
_KNOWN_BIASES: Final = (
    "Much is practice and study, and competitions come in waves. Frameworks are preinstalled on Kaggle, some more than others. A "
    "notebook may import what it does not use."
)
_COPIES: Final = f"Copies of a popular notebook count again and again. {_KNOWN_BIASES}"
_MADE: Final = Metric(
    key="kaggle_notebooks_made",
    title="Public Kaggle notebooks",
    unit=Unit.COUNT,
    noun="notebooks",
    aggregation=Aggregation.TOTAL,
    beyond=1e7,
    measures="Public Python notebooks made on Kaggle that import the framework; for all, every one whose source is at hand.",
    does_not_measure=_DOES_NOT_MEASURE,
    known_biases=_COPIES,
    short="Kaggle notebooks",
)
_SHARE: Final = Metric(
    key="kaggle_notebooks_share",
    title="Share of public Kaggle notebooks that import a framework",
    unit=Unit.PERCENT,
    noun="notebooks",
    aggregation=Aggregation.TOTAL,
    measures="The share of the public Python notebooks made on Kaggle that import the framework.",
    does_not_measure=_DOES_NOT_MEASURE,
    known_biases=_COPIES,
    short="Kaggle notebooks",
    base=_MADE.key,
    sample=False,
)
_ORIGINAL_MADE: Final = replace(
    _MADE,
    key="kaggle_notebooks_original_made",
    title="Public Kaggle notebooks that are no copies",
    measures="Public Python notebooks made on Kaggle, copies left out, that import the framework; for all, every one at hand.",
    known_biases=_KNOWN_BIASES,
    short="Kaggle originals",
)
_ORIGINAL_SHARE: Final = replace(
    _SHARE,
    key="kaggle_notebooks_original_share",
    title="Share of public Kaggle notebooks, copies left out, that import a framework",
    measures="The share of the public Python notebooks made on Kaggle, copies left out, that import the framework.",
    known_biases=_KNOWN_BIASES,
    short="Kaggle originals",
    base=_ORIGINAL_MADE.key,
)
METRICS: Final = (_MADE, _SHARE, _ORIGINAL_MADE, _ORIGINAL_SHARE)
ORIGINS: Final = (
    Origin(
        name="Meta Kaggle",
        homepage="https://www.kaggle.com/datasets/kaggle/meta-kaggle-code",
        terms="sources under Apache 2.0, each its author's; counts are facts, name Meta Kaggle and Meta Kaggle Code",
        citation="Meta Kaggle and Meta Kaggle Code, notebooks counted by what they import",
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="months and years by Kaggle's clock, UTC",
    depth="as far as the data at hand go; Kaggle's from 2015",
    lag="a month or year is over when the tables have a notebook of a later one; Kaggle renews both data sets often",
    quota="none: both data sets are downloaded once, by hand, and renewed as you like",
)
COMPUTED: Final = True
LEAST_AT_HAND: Final = 0.9
"""The sources of so many of a window's Python notebooks must be at hand; of fewer, nobody knows which are missing and why."""
_TABLES: Final = {
    "Kernels": ("CurrentKernelVersionId", "ForkParentKernelVersionId", "CreationDate"),
    "KernelVersions": ("Id", "ScriptLanguageId"),
    "KernelLanguages": ("Id", "DisplayName"),
}
_DATED: Final = r"^[0-9]{2}/[0-9]{2}/[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}$"
_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


@dataclass(frozen=True)
class _Row:
    """A window's notebooks; `asked` are names of modules, in the order of the counts. Those without a date have no window."""

    window: str
    known: _replies.Count
    notebooks: _replies.Count
    originals: _replies.Count
    last: str
    asked: list[str]
    importing: list[_replies.Count]
    original_importing: list[_replies.Count]

    @property
    def wrong(self) -> str:
        """What contradicts itself."""
        if not len(self.asked) == len(self.importing) == len(self.original_importing) == len(set(self.asked)):
            return f"{len(self.asked)} subjects have {len(self.importing)} and {len(self.original_importing)} counts"
        if self.window and not (_INSTANT.fullmatch(self.last) and self.last.startswith(f"{self.window}-")):
            return f'its newest notebook is of "{self.last}"'
        pairs = zip(self.importing, self.original_importing, strict=True)
        if not self.originals <= self.notebooks <= self.known or any(
            few > self.originals or not 0 <= many - few <= self.notebooks - self.originals for many, few in pairs
        ):
            return "a part is larger than the whole"
        return ""


@dataclass(frozen=True)
class Source:
    """Counts the notebooks of `tables`, Meta Kaggle's, by their sources in `code`, Meta Kaggle Code: two folders."""

    code: Path
    tables: Path
    engine: str = "duckdb"

    def fetch(self, client: Computer, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        """One result for all windows there are."""
        if asked := sorted({*_asked(subjects).values()}):
            yield client.compute(computation(self.code, self.tables, asked, _window(period).granularity))

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        """For the window and those it is compared with, oldest first: how many notebooks there are, and each subject's."""
        computed, rows = _computed.read(reply, _Row)
        by_window = {row.window: row for row in rows}
        if len(by_window) != len(rows):
            _replies.changed(reply, "a window stands there twice")
        for row in rows:
            if row.wrong:
                _replies.changed(reply, f"of {row.window or 'the undated'}, {row.wrong}")
        asked = _asked(subjects)
        if rows and not {*asked.values()} <= set.intersection(*(set(row.asked) for row in rows)):
            _replies.changed(reply, "not all subjects were counted")
        sheet = _Sheet(_replies.Told(reply, ORIGINS[0]), by_window, computed.note)
        return [one for window in _windows.compared(_window(period)) for one in sheet.told(window, asked)]


def computation(code: Path, tables: Path, asked: Sequence[str], of: Granularity) -> Computation:
    """By month or year, how many notebooks import any of some modules ("keras|tensorflow.keras"), for each so asked."""
    modules = sorted({name for names in asked for name in names.split("|")})

    def partial(files: Table) -> Table:
        return scanned(files, modules)

    def total(parts: Table, named: Mapping[str, Table]) -> Table:
        notebooks = _notebooks(_kernels(named["Kernels"], of), named, parts)
        return _counted(notebooks, modules, asked)

    about = f"notebooks by {of} that import {', '.join(asked)}"
    small = tuple(
        Input(name, tables / f"{name}.csv", Format.CSV, (Layout(dict.fromkeys(columns, "string")),))
        for name, columns in _TABLES.items()
    )
    large = Input("sources", code, Format.FILES, (FILES,), suffixes=(".py", ".ipynb"))
    return Computation(about, ORIGINS[0].homepage, large, partial, total, small)


def scanned(files: Table, modules: Sequence[str]) -> Table:
    """By file its `version`, whether it is `readable`, and by `m0`, `m1`, ... whether it imports the modules; 1 or 0."""
    read = _imports.read(files, sorted({name.split(".")[0] for name in modules}))
    version = read.path.re_extract(r"(?:^|[/\\])([0-9]{1,15})[.](?:py|ipynb)$", 1).nullif("").cast("int64")
    found = {f"m{at}": _imports.imported(read.code, name).cast("int8") for at, name in enumerate(modules)}
    rows = read.select(version=version, readable=read.readable.cast("int8"), **found)
    return rows.filter(rows.version.notnull())


def _kernels(kernels: Table, of: Granularity) -> Table:
    """Notebooks with the `version` that is current, their `window`, when they were `made`, and whether they are `original`."""
    import ibis

    at = kernels.CreationDate.fill_null("")
    year, month, day, time = at.substr(6, 4), at.substr(0, 2), at.substr(3, 2), at.substr(11, 8)
    made = ibis.ifelse(at.re_search(_DATED), year + "-" + month + "-" + day + " " + time, "")
    rows = kernels.select(
        version=_number(kernels.CurrentKernelVersionId),
        made=made,
        window=made.substr(0, 7 if of is Granularity.MONTH else 4),
        original=kernels.ForkParentKernelVersionId.fill_null("") == "",
    )
    return rows.filter(rows.version.notnull()).distinct()  # a table may have been joined of two that overlap


def _notebooks(kernels: Table, tables: Mapping[str, Table], parts: Table) -> Table:
    """Notebooks with what their current version imports: `at_hand` if that is known, `python` unless they are known not to be."""
    import ibis

    versions, languages = tables["KernelVersions"], tables["KernelLanguages"]
    written = versions.select(version=_number(versions.Id), language=_number(versions.ScriptLanguageId))
    written = written.group_by("version").agg(language=written.language.max())
    named = languages.select(language=_number(languages.Id), is_python=languages.DisplayName.lower().contains("python"))
    named = named.group_by("language").agg(is_python=named.is_python.any())
    columns = [name for name in parts.columns if name != "version"]
    once = parts.group_by("version").agg(**{name: parts[name].max() for name in columns})  # a file may lie there twice
    rows = kernels.left_join(written, "version").drop("version_right")
    rows = rows.left_join(named, "language").drop("language_right")
    rows = rows.left_join(once, "version").drop("version_right")
    python = rows.is_python.fill_null(True)
    at_hand = rows.is_python.fill_null(False) & (rows.readable.fill_null(0) == 1)
    return rows.mutate(python=python, at_hand=at_hand, original_at_hand=ibis.and_(at_hand, rows.original))


def _counted(notebooks: Table, modules: Sequence[str], asked: Sequence[str]) -> Table:
    """The rows that are told, as `_Row` has them."""
    import ibis

    imports = [ibis.or_(*(notebooks[f"m{modules.index(name)}"] == 1 for name in names.split("|"))) for names in asked]
    counts = {f"all{at}": notebooks.count(where=notebooks.at_hand & found) for at, found in enumerate(imports)}
    originals = {f"own{at}": notebooks.count(where=notebooks.original_at_hand & found) for at, found in enumerate(imports)}
    rows = notebooks.group_by("window").agg(
        known=notebooks.count(where=notebooks.python),
        notebooks=notebooks.count(where=notebooks.at_hand),
        originals=notebooks.count(where=notebooks.original_at_hand),
        last=notebooks.made.max(),
        **counts,
        **originals,
    )
    return rows.select(
        "window",
        "known",
        "notebooks",
        "originals",
        "last",
        asked=ibis.array([ibis.literal(names) for names in asked]),
        importing=ibis.array([rows[name] for name in counts]),
        original_importing=ibis.array([rows[name] for name in originals]),
    ).order_by("window")


def _number(text: StringValue) -> IntegerValue:
    """An id; some tools save those of a column that has gaps as 12.0."""
    return text.re_extract(r"^([0-9]{1,15})(?:[.]0)?$", 1).nullif("").cast("int64")


def _asked(subjects: Sequence[Subject]) -> dict[str, str]:
    """By subject its modules, parted by "|"; a group's are those of its members."""
    found = {}
    for subject in subjects:
        parts = (subject,) if _NAME in subject.ids else _options.parts(subject, subjects)
        if all(_NAME in part.ids for part in parts):
            names = {name for part in parts for name in _imports.modules(part.ids[_NAME], part.name)}
            found[subject.key] = "|".join(sorted(names))
    return found


def _window(period: Period) -> Period:
    return period if period.granularity is Granularity.YEAR else _windows.last_month(period)


@dataclass(frozen=True)
class _Sheet:
    """A result, and what its figures owe to it."""

    reply: _replies.Told
    rows: Mapping[str, _Row]
    by: str

    def told(self, window: Period, asked: Mapping[str, str]) -> Iterator[Observation | Missing]:
        """A window's figures, or why there are none."""
        row = self.rows.get(window.key, _Row(window.key, 0, 0, 0, "", [], [], []))
        if reason := self._lacking(window, row):
            yield from (Missing(metric.key, WHOLE, window, reason) for metric in (_MADE, _ORIGINAL_MADE))
            yield from (Missing(metric.key, subject, window, reason) for subject in asked for metric in METRICS)
            return
        yield self._figure(_MADE, WHOLE, row, row.notebooks, f"{row.notebooks:,} notebooks")
        yield self._figure(_ORIGINAL_MADE, WHOLE, row, row.originals, f"{row.originals:,} notebooks that are no copies")
        for subject, names in asked.items():
            at = row.asked.index(names)
            yield from self._of(subject, row, _MADE, _SHARE, (row.importing[at], row.notebooks), f"notebooks import {names}")
            ours, what = (row.original_importing[at], row.originals), f"notebooks that are no copies import {names}"
            yield from self._of(subject, row, _ORIGINAL_MADE, _ORIGINAL_SHARE, ours, what)

    def _lacking(self, window: Period, row: _Row) -> str:
        """Why nothing is told of a window; empty if it is."""
        newest = max((one.last for one in self.rows.values()), default="")
        if not newest:
            return "the tables at hand have no notebook with a date"
        if newest < f"{window.end:%Y-%m-%d %H:%M:%S}":
            return f"the tables at hand end on {self._day(newest)}, before {window} was over"
        if not row.known:
            return f"the tables at hand have no Python notebook of {window}"
        known = row.known + self._undated
        if row.notebooks < LEAST_AT_HAND * known:
            return f"the sources of {row.notebooks:,} of {known:,} Python notebooks of {window} are at hand, which is too few"
        return ""

    def _of(
        self, subject: str, row: _Row, made: Metric, share: Metric, counts: tuple[int, int], what: str
    ) -> Iterator[Observation | Missing]:
        importing, of = counts
        note = f"{importing:,} of {of:,} {what.replace('|', ' or ')}"
        yield self._figure(made, subject, row, importing, note)
        if of:
            yield self._figure(share, subject, row, 100 * importing / of, note)
        else:
            window = Period.parse(row.window)
            yield Missing(share.key, subject, window, f"no notebook made in {window} is more than a copy")

    def _figure(self, metric: Metric, subject: str, row: _Row, value: float, what: str) -> Observation:
        newest = self._day(max(one.last for one in self.rows.values()))
        at_hand = f"sources of {row.notebooks:,} of {row.known + self._undated:,} at hand, tables up to {newest}"
        return self.reply.figure(
            metric.key, subject, Period.parse(row.window), value, ORIGINS[0].homepage, f"{what}; {at_hand}; {self.by}"
        )

    @property
    def _undated(self) -> int:
        return self.rows[""].known if "" in self.rows else 0

    def _day(self, made: str) -> str:
        return date_in_words(_replies.day(self.reply.reply, made[:10]))
