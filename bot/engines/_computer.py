"""
What a computed source asks: its expression run over the raw data shard by shard, each part kept as it is done, and then told.

A part is kept under the digests of the expression, the engine and the files it was computed from, in
`THREADMILL_HOME/engines`. A run that is stopped anywhere goes on with what is missing; one whose data have grown computes what
is new. The rows that come of all parts are kept as a reply under the digest of everything.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot.engines import _files
from bot.engines._engine import Engine
from bot.errors import BadInput, SourceUnavailable, ThreadmillError
from bot.ports import Computation, Digested, Format, Input, Layout, Progress, Reply, Result, Store

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

_MOST_LISTED: Final = 10_000
"""Files a manifest names one by one; of more it names the shards, whose own lists are kept beside their parts."""
_MB: Final = 1_000_000
_ENDING_S: Final = 20
_BY: Final = b"computed_by"
"""Where a part says which version of an engine computed it."""


@dataclass
class _Shard:
    """Some files of the large input, and the part that is computed of them."""

    files: Sequence[_files.File]
    seen: Sequence[_files.Seen]
    part: Path

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)


class Shared:
    """An engine for all sources of a run that name it: connected when it is first needed, and at one computation at a time."""

    def __init__(self, connect: Callable[[], Engine]) -> None:
        self._connect = connect
        self._engine: Engine | None = None
        self.turn = threading.Lock()

    @property
    def connected(self) -> Engine | None:
        """The engine, None as long as nobody needed it."""
        return self._engine

    @property
    def engine(self) -> Engine:
        """The engine."""
        if self._engine is None:
            self._engine = self._connect()
        return self._engine

    def close(self) -> None:
        """Let go of it; what it is at is ended first: a thread must not be at an engine when the process ends."""
        if self._engine is None:
            return
        self._engine.stop()
        if self.turn.acquire(timeout=_ENDING_S):
            self._engine.close()
            self._engine = None
            self.turn.release()


class EngineComputer:
    """Computes what one source asks."""

    def __init__(
        self,
        name: str,
        shared: Shared,
        home: Path,
        store: Store | None,
        progress: Progress,
        now: Callable[[], dt.datetime],
        trial: bool = False,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._name = name
        self._shared = shared
        self._home = home
        self._store = store
        self._progress = progress
        self._now = now
        self._trial = trial
        self._stopped = stopped
        self.keys: list[str] = []

    @property
    def now(self) -> dt.datetime:
        """The instant."""
        return self._now()

    def compute(self, computation: Computation) -> Reply:
        """
        The rows as a `Result`, written as JSON: as kept from before, if inputs, expression and engine are the same.

        Raises:
            SourceUnavailable: there is no data, or the engine cannot be reached or has failed. Nothing is kept of what it was at.
            BadInput: the engine is not installed, the data are not of the shape they should be, or are made up.
        """
        with self._shared.turn:
            try:
                return _Work(computation, self).done()
            except ThreadmillError:
                raise
            except Exception as error:  # an engine has errors of its own, and those of all the libraries it stands on
                connected = self._shared.connected
                raise error if connected is None else connected.failed(error) from error

    def close(self) -> None:
        """Nothing: the engine is shared, and let go of when the run is over."""

    # ---- for the work that is done ------------------------------------------------------------------------------------------

    @property
    def engine(self) -> Engine:
        """The engine, connected when it is first needed."""
        return self._shared.engine

    @property
    def folder(self) -> Path:
        """Where parts and digests are kept."""
        return self._home

    def say(self, what: str, done: int, total: int) -> None:
        """Tell how far it is, and end here if the run has been stopped."""
        if self._stopped():
            raise SourceUnavailable("stopped before it was finished; what was computed until then is kept")
        self._progress(f"{self._name}: {what}", done, total)

    def refuse_synthetic(self, place: Path | str, made_up: bool) -> None:
        """Raises BadInput if the data are made up and this is no trial."""
        if made_up and not self._trial:
            raise BadInput(
                f"the data of {self._name} are made up ({_files.MARK} stands in {place} or above), and nothing made up is told. "
                f"Try them with threadmill sources {self._name} --try, or name real data in the recipe"
            )

    def kept(self, key: str, since: dt.date) -> Reply | None:
        """A result from before."""
        self.keys.append(key)
        return None if self._store is None else self._store.kept(self._name, key, since)

    def keep(self, key: str, reply: Reply) -> Reply:
        """A result, for the next time; what is made up is not kept."""
        if self._store is not None and not self._trial:
            self._store.keep(self._name, key, reply)
        return reply


class _Work:
    """One computation on one engine."""

    def __init__(self, asked: Computation, house: EngineComputer) -> None:
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
        found = {one.name: self._found(one) for one in (self._asked.large, *self._asked.small)}  # before an engine is needed
        files = found[self._asked.large.name]
        digests = _files.Digests(self._house.folder / "digests.db")
        layout = _layout(self._asked.large, self._read("probe", files[:1]))
        tables = {one.name: self._small(one, found[one.name]) for one in self._asked.small}
        words = expression(self._asked, layout, {name: how for name, (_, how) in tables.items()})
        shards = list(self._parts(files, place, digests, layout, words))
        small = [_Shard(found[one.name], digests.of(found[one.name], one.format), Path(one.place)) for one in self._asked.small]
        lists = [
            _listed(self._asked.large, shards),
            *(_listed(one, [shard]) for one, shard in zip(self._asked.small, small, strict=True)),
        ]
        inputs = tuple(one for one, _ in lists)
        key = _digest(words, _name(self._engine), *(one.sha256 for one in inputs))
        if (reply := self._house.kept(key, dt.date.min)) is not None:
            return reply
        self._house.say("adding up", 0, 0)
        parts = self._engine.files("parts", [str(shard.part) for shard in shards], Format.PARQUET, {})
        rows = self._rows(self._asked.total(parts, {name: _viewed(*table) for name, table in tables.items()}))
        for one, listed in lists:
            self._house.keep(f"manifest:{one.sha256}", Reply(listed, one.place, "", self._house.now))
        engines = sorted({_computed_by(shard.part) for shard in shards} | {self._engine.version})
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
        table = self._engine.files(one.name, [file.path for file in files], one.format, _hints(one))
        return table, _layout(one, table)

    def _parts(
        self, files: Sequence[_files.File], place: Path, digests: _files.Digests, layout: Layout, words: str
    ) -> Iterator[_Shard]:
        """Every shard with its part, computed now or before."""
        total = sum(file.bytes for file in files)
        form, above = self._asked.large.format, f"{place}{os.sep}"
        for group in _files.shards(files, self._engine.shard_bytes):
            self._house.say(self._far(total), self._read_bytes // _MB, total // _MB)
            seen = digests.of(group, form)
            names = (f"{file.path.removeprefix(above)}:{one.sha256}" for file, one in zip(group, seen, strict=True))
            part = self._house.folder / "parts" / f"{_digest(words.partition(_BETWEEN)[0], _name(self._engine), *names)}.parquet"
            shard = _Shard(group, seen, part)
            if not part.exists():
                self._compute(shard, layout)
            self._read_bytes += shard.bytes
            self._read_rows += _rows_of(shard, form)
            yield shard
        self._house.say(self._far(total), total // _MB, total // _MB)

    def _compute(self, shard: _Shard, layout: Layout) -> None:
        part = self._asked.partial(_viewed(self._read("shard", shard.files), layout))
        beside = shard.part.with_suffix(f".{os.getpid()}.new")
        beside.parent.mkdir(parents=True, exist_ok=True)
        schema = part.schema().to_pyarrow().with_metadata({_BY: self._engine.version})
        try:
            _write(self._engine.batches(part), schema, beside)
            _files.refuse_changed(shard.files)
            shard.part.with_suffix(".tsv").write_text(_lines(shard))
            beside.replace(shard.part)
        finally:
            beside.unlink(missing_ok=True)

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
        words = expression(
            self._asked, layouts[self._asked.large.name], {one.name: layouts[one.name] for one in self._asked.small}
        )
        states = [(one.name, str(one.place), self._engine.state(str(one.place))) for one in every]
        inputs = tuple(Digested(name, where, 0, 0, _digest(where, state)) for name, where, state in states)
        day = "" if all(state for *_, state in states) else str(self._house.now.date())  # nobody knows whether it has changed
        key = _digest(words, _name(self._engine), *(one.sha256 for one in inputs), day)
        if (reply := self._house.kept(key, dt.date.min)) is not None:
            return reply
        viewed = {name: _viewed(table, layouts[name]) for name, table in tables.items()}
        whole = self._asked.total(self._asked.partial(viewed.pop(self._asked.large.name)), viewed)
        billed = self._engine.cost(whole)
        self._house.say(f"one query{f' that reads {billed / _MB:,.0f} MB' if billed else ''}", 0, 0)
        return self._house.keep(key, self._reply(self._rows(whole), self._engine.version, words, inputs))

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


_BETWEEN: Final = "\n;\n"
"""Between the two halves of an expression."""


def expression(asked: Computation, layout: Layout, small: Mapping[str, Layout]) -> str:
    """A computation in words that are the same on every engine: both halves as SQL of DuckDB, over the layouts' columns."""
    import ibis

    part = asked.partial(_viewed(ibis.table(dict(layout.columns), name=asked.large.name), layout))
    parts = ibis.table(part.schema(), name="parts")
    tables = {name: _viewed(ibis.table(dict(one.columns), name=name), one) for name, one in small.items()}
    return _BETWEEN.join(str(ibis.to_sql(half, dialect="duckdb")) for half in (part, asked.total(parts, tables)))


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


def _viewed(table: ir.Table, layout: Layout) -> ir.Table:
    """A table as the expression is about it."""
    return table.select(*layout.columns) if layout.view is None else layout.view(table)


def _hints(one: Input) -> Mapping[str, str]:
    return one.layouts[0].columns


def _rows_of(shard: _Shard, form: Format) -> int:
    """How many rows a shard has, as far as that can be known without reading it once more."""
    if form is Format.FILES:
        return len(shard.files)
    if form is Format.PARQUET:
        import pyarrow.parquet as pq

        return sum(pq.read_metadata(file.path).num_rows for file in shard.files)
    return sum(max(one.lines, 0) for one in shard.seen)


def _computed_by(part: Path) -> str:
    """The version that computed a part, perhaps long ago."""
    import pyarrow.parquet as pq

    metadata: dict[bytes, bytes] = pq.read_schema(part).metadata or {}
    return metadata.get(_BY, b"").decode()


def _write(batches: Iterator[pa.RecordBatch], schema: pa.Schema, path: Path) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch.cast(schema))


def _listed(one: Input, shards: Sequence[_Shard]) -> tuple[Digested, bytes]:
    """An input with a digest of all its files, and the list that has this digest."""
    files = sum(len(shard.files) for shard in shards)
    if files <= _MOST_LISTED:
        listed = "".join(_lines(shard) for shard in shards).encode()
    else:
        lines = (
            f"{_digest(_lines(shard))}\t{shard.bytes}\t{len(shard.files)} files, {shard.part.stem}.tsv\n" for shard in shards
        )
        listed = "".join(lines).encode()
    size = sum(shard.bytes for shard in shards)
    return Digested(one.name, str(one.place), files, size, hashlib.sha256(listed).hexdigest()), listed


def _name(engine: Engine) -> str:
    """An engine without its version: an upgrade does not compute everything again."""
    return engine.version.partition(" ")[0]


def _lines(shard: _Shard) -> str:
    return "".join(f"{one.sha256}\t{file.bytes}\t{file.path}\n" for file, one in zip(shard.files, shard.seen, strict=True))


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON has it: dates and instants as ISO texts."""
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in row.items()}


def _digest(*texts: str) -> str:
    sums = hashlib.sha256()
    for text in texts:
        sums.update(f"{len(text)}:{text}".encode())
    return sums.hexdigest()
