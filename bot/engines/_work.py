"""One computation on one engine: over files shard by shard, over a table of the engine's in one query."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from bot.engines import _files, _parts
from bot.engines._engine import Engine
from bot.errors import BadInput
from bot.ports import MANIFEST, Computation, Digested, Format, Input, Layout, Reply, Result

if TYPE_CHECKING:
    import ibis.expr.types as ir

_MB: Final = 1_000_000
_BETWEEN: Final = "\n;\n"
"""Between the two halves of an expression."""
_READING: Final = 1
"""Counted up when any engine comes to read the same files otherwise: what was computed before then counts no more."""


class House(Protocol):
    """Where a computation is at work."""

    @property
    def engine(self) -> Engine:
        """The engine, connected when it is first needed."""
        ...

    @property
    def folder(self) -> Path:
        """Where parts and digests are kept."""
        ...

    @property
    def now(self) -> dt.datetime: ...

    def say(self, what: str, done: int, total: int) -> None:
        """
        Tell how far it is.

        Raises:
            SourceUnavailable: the run has been stopped.
        """
        ...

    def refuse_synthetic(self, place: Path | str, made_up: bool) -> None:
        """Raises BadInput if the data are made up and this is no trial."""
        ...

    def kept(self, key: str) -> Reply | None:
        """A result from before."""
        ...

    def keep(self, key: str, reply: Reply) -> Reply:
        """The reply itself, kept for the next time."""
        ...


class Work:
    """What is asked, as far as it is done."""

    def __init__(self, asked: Computation, house: House) -> None:
        self._asked = asked
        self._house = house
        self._made_up = False
        self._read_bytes = 0
        self._read_rows = 0

    def done(self) -> Reply:
        """The reply, kept or computed."""
        place = self._asked.large.place
        return self._of_files(place) if isinstance(place, Path) else self._of_table(place)

    # ---- files: shard by shard ----------------------------------------------------------------------------------------------

    def _of_files(self, place: Path) -> Reply:
        large, small = self._asked.large, self._asked.small
        found = {one.name: self._found(one) for one in (large, *small)}  # before an engine is needed
        digests = _files.Digests(self._house.folder / "digests.db")
        layout = _layout(large, self._read("probe", found[large.name][:1]))
        tables = {one.name: self._small(one, found[one.name]) for one in small}
        halves = _halves(self._asked, layout, {name: how for name, (_, how) in tables.items()})
        how = [_how(large, layout), *(_how(one, tables[one.name][1]) for one in small)]
        shards = list(self._sharded(found[large.name], place, digests, layout, halves[0]))
        groups = {one.name: _parts.Group(found[one.name], digests.of(found[one.name], one.format)) for one in small}
        lists = [_parts.of_shards(large, shards), *(_parts.of_groups(one, [groups[one.name]]) for one in small)]
        inputs = tuple(one for one, _ in lists)
        words = _BETWEEN.join(halves)
        key = _parts.digest(*halves, *how, _name(self._engine), *(one.sha256 for one in inputs))
        if (reply := self._house.kept(key)) is not None:
            return reply
        self._house.say("adding up", 0, 0)
        parts = self._engine.files("parts", [str(shard.part) for shard in shards], Format.PARQUET, {})
        rows = self._rows(self._asked.total(parts, {name: _viewed(*table) for name, table in tables.items()}))
        for group in groups.values():
            _files.refuse_changed(group.files)
        for one, listed in lists:
            self._house.keep(f"{MANIFEST}{one.sha256}", Reply(listed, one.place, "", self._house.now))
        engines = sorted({shard.computed_by for shard in shards} | {self._engine.version})
        return self._house.keep(key, self._reply(rows, ", ".join(engines), words, inputs))

    def _found(self, one: Input) -> list[_files.File]:
        """
        Raises:
            SourceUnavailable: there are none. BadInput: they are made up, and this is no trial.
        """
        place = Path(one.place)
        files = _files.found(one, place)
        made_up = _files.synthetic(files)
        self._made_up |= made_up
        self._house.refuse_synthetic(place, made_up)
        return files

    def _small(self, one: Input, files: Sequence[_files.File]) -> tuple[ir.Table, Layout]:
        """A small input as a table, and the layout it has."""
        paths = _files.in_utf8(files, one.encoding, self._house.folder / "utf8")
        table = self._engine.files(one.name, paths, one.format, _hints(one))
        return table, _layout(one, table)

    def _sharded(
        self, files: Sequence[_files.File], place: Path, digests: _files.Digests, layout: Layout, partial: str
    ) -> Iterator[_parts.Shard]:
        """Every shard with its part, computed now or before by the same `partial`, in words, over the same bytes read alike."""
        total = sum(file.bytes for file in files)
        large, above = self._asked.large, f"{place}{os.sep}"
        read: dict[str, str] = {}
        for some in _files.shards(files, self._engine.shard_bytes):
            self._house.say(self._far(total), self._read_bytes // _MB, total // _MB)
            group = _parts.Group(some, digests.of(some, large.format))
            if large.format is Format.PARQUET:
                _parts.refuse_twice(group, read)
            names = (f"{file.path.removeprefix(above)}:{one.sha256}" for file, one in zip(some, group.seen, strict=True))
            key = _parts.digest(partial, _how(large, layout), _name(self._engine), *names)
            shard = _parts.Shard(group, self._house.folder / "parts" / f"{key}.parquet")
            if not shard.is_whole:
                self._compute(shard, layout)
            self._read_bytes += group.bytes
            self._read_rows += group.rows(large.format)
            yield shard
        self._house.say(self._far(total), total // _MB, total // _MB)

    def _compute(self, shard: _parts.Shard, layout: Layout) -> None:
        part = self._asked.partial(_viewed(self._read("shard", shard.group.files), layout))
        shard.write(lambda: self._engine.batches(part), part.schema().to_pyarrow(), self._engine.version)

    def _read(self, name: str, files: Sequence[_files.File]) -> ir.Table:
        """Some files of the large input as a table."""
        large = self._asked.large
        paths = _files.in_utf8(files, large.encoding, self._house.folder / "utf8")
        return self._engine.files(name, paths, large.format, _hints(large))

    def _far(self, total: int) -> str:
        rows = f", {self._read_rows:,} rows" if self._read_rows else ""
        return f"{self._read_bytes / _MB:,.0f} of {total / _MB:,.0f} MB{rows}"

    # ---- a table that a server has: one query -------------------------------------------------------------------------------

    def _of_table(self, place: str) -> Reply:
        if files := [str(one.place) for one in self._asked.small if isinstance(one.place, Path)]:
            raise BadInput(
                f'"{place}" is a table of {self._engine.version}, and {files[0]} is not. All is computed in one place. Load the '
                "files into tables beside it, and name these"
            )
        every = (self._asked.large, *self._asked.small)
        tables = {one.name: self._engine.table(str(one.place)) for one in every}
        layouts = {one.name: _layout(one, tables[one.name]) for one in every}
        halves = _halves(self._asked, layouts[self._asked.large.name], {one.name: layouts[one.name] for one in self._asked.small})
        states = [(one.name, str(one.place), self._engine.state(str(one.place))) for one in every]
        inputs = tuple(Digested(name, where, 0, 0, _parts.digest(where, state)) for name, where, state in states)
        day = "" if all(state for *_, state in states) else str(self._house.now.date())  # nobody knows whether it has changed
        key = _parts.digest(*halves, _name(self._engine), *(one.sha256 for one in inputs), day)
        if (reply := self._house.kept(key)) is not None:
            return reply
        viewed = {name: _viewed(table, layouts[name]) for name, table in tables.items()}
        whole = self._asked.total(self._asked.partial(viewed.pop(self._asked.large.name)), viewed)
        billed = self._engine.cost(whole)
        self._house.say(f"one query{f' that reads {billed / _MB:,.0f} MB' if billed else ''}", 0, 0)
        return self._house.keep(key, self._reply(self._rows(whole), self._engine.version, _BETWEEN.join(halves), inputs))

    # ---- both ---------------------------------------------------------------------------------------------------------------

    @property
    def _engine(self) -> Engine:
        return self._house.engine

    def _rows(self, expression: ir.Table) -> list[dict[str, Any]]:
        schema = expression.schema().to_pyarrow()
        return [_plain(row) for batch in self._engine.batches(expression) for row in batch.cast(schema).to_pylist()]

    def _reply(self, rows: Sequence[Mapping[str, Any]], engine: str, words: str, inputs: tuple[Digested, ...]) -> Reply:
        result = Result(tuple(rows), engine, words, inputs, self._made_up)
        return Reply(result.body(), self._asked.page, self._asked.about, self._house.now)


def _halves(asked: Computation, layout: Layout, small: Mapping[str, Layout]) -> tuple[str, str]:
    """A computation in words that are the same on every engine: both halves as SQL of DuckDB, over the layouts' columns."""
    import ibis

    part = asked.partial(_viewed(ibis.table(dict(layout.columns), name=asked.large.name), layout))
    parts = ibis.table(part.schema(), name="parts")
    tables = {name: _viewed(ibis.table(dict(one.columns), name=name), one) for name, one in small.items()}
    partial, total = (str(ibis.to_sql(half, dialect="duckdb")) for half in (part, asked.total(parts, tables)))
    return partial, total


def _layout(one: Input, table: ir.Table) -> Layout:
    """
    The shape a table has.

    Raises:
        BadInput: none that the source knows.
    """
    for layout in one.layouts:
        if set(layout.columns) <= set(table.columns):
            return layout
    known = " or ".join(", ".join(layout.columns) for layout in one.layouts)
    raise BadInput(
        f"{one.place} has the columns {', '.join(table.columns)[:200]}, and {one.name} needs {known}. They are probably other "
        "data than the ones meant, or of another year. docs/scale.md describes them"
    )


def _how(one: Input, layout: Layout) -> str:
    """What the words of an expression do not say of its files: in another encoding, or of other types, they are other rows."""
    return repr((_READING, str(one.format), one.encoding, dict(_hints(one)), dict(layout.columns)))


def _viewed(table: ir.Table, layout: Layout) -> ir.Table:
    """A table as the expression is about it."""
    return table.select(*layout.columns) if layout.view is None else layout.view(table)


def _hints(one: Input) -> Mapping[str, str]:
    return one.layouts[0].columns


def _name(engine: Engine) -> str:
    """An engine without its version: an upgrade does not compute everything again."""
    return engine.version.partition(" ")[0]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON has it: dates and instants as ISO texts."""
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in row.items()}
