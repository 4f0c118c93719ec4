"""What a source asks of raw data that is too large to be read whole, and what computes it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from bot.ports.sources import Reply

if TYPE_CHECKING:
    from ibis.expr.types import Table


class Format(StrEnum):
    """What raw data may be."""

    PARQUET = "parquet"
    CSV = "csv"
    """With a header line; every column is text, for what a cell means is for the expression to say."""
    JSON = "json"
    """One object a line, perhaps gzipped."""
    FILES = "files"
    """Whole files, a row each: `path` and `content`, both text. Bytes that are not UTF-8 come as some other character."""


_SUFFIXES = {
    Format.PARQUET: (".parquet",),
    Format.CSV: (".csv", ".csv.gz"),
    Format.JSON: (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz"),
}


@dataclass(frozen=True)
class Layout:
    """
    One shape raw data comes in: its columns by name with types as Ibis writes them ("timestamp('UTC')", "struct<ci: boolean>").

    `view` makes of it the table the expression is about; without one it is that table already.
    """

    columns: Mapping[str, str] = field(hash=False)
    view: Callable[[Table], Table] | None = None


FILES = Layout({"path": "string", "content": "string"})


@dataclass(frozen=True)
class Input:
    """
    Raw data a computation reads, under its `name` there: files, or a table that the engine has.

    `place` is a file, a folder (all files in it and below, of the `suffixes`), a pattern with `*`, or the name of a table
    ("pypi.file_downloads"). The first of the `layouts` all of whose columns are there is taken. Files of text may have another
    `encoding` than UTF-8, as Python calls it.
    """

    name: str
    place: Path | str
    format: Format
    layouts: tuple[Layout, ...] = (FILES,)
    suffixes: tuple[str, ...] = ()
    encoding: str = "utf-8"

    @property
    def of_suffixes(self) -> tuple[str, ...]:
        """How the names of its files end."""
        return self.suffixes or _SUFFIXES[self.format]


Partial: TypeAlias = "Callable[[Table], Table]"
Total: TypeAlias = "Callable[[Table, Mapping[str, Table]], Table]"


@dataclass(frozen=True)
class Computation:
    """
    One metric as an Ibis expression over raw data, in two halves that are the same on every engine.

    `partial` makes of any part of the `large` input a table that is much smaller; `total` makes of all these tables joined, and
    of the `small` inputs by name, the few rows that are told. `page` is where a person finds the data, `about` what was computed,
    in a line. Only the columns of the layouts may be used.
    """

    about: str
    page: str
    large: Input
    partial: Partial
    total: Total
    small: tuple[Input, ...] = ()


MANIFEST: Final = "manifest:"
"""What the list of an input's files is kept under, before its digest. It is never pruned, for notes of figures name it."""


class Computer(Protocol):
    """Computes what one source asks, on its engine. `keys` are the names under which the answers so far are kept."""

    @property
    def keys(self) -> Sequence[str]: ...

    @property
    def now(self) -> dt.datetime: ...

    def compute(self, computation: Computation) -> Reply:
        """
        The rows as a `Result`, written as JSON: as kept from before, if inputs and expression are the same.

        Raises:
            SourceUnavailable: there is no data, or the engine cannot be reached or has failed. Nothing is kept.
            BadInput: the engine is not installed, or the data are not of the shape they should be.
        """
        ...

    def close(self) -> None:
        """Let go of the engine."""
        ...


@dataclass(frozen=True)
class Digested:
    """
    Which bytes an input was: how many files, of how many bytes in all, and the digest of a list of them with theirs.

    `threadmill reply` prints that list. Of a table of a server it is the digest of what that says of the table's state.
    """

    name: str
    place: str
    files: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Result:
    """What a computation came to: rows by column, with all that they were computed from and by."""

    rows: tuple[Mapping[str, Any], ...]
    engine: str
    expression: str
    """The expression as SQL of DuckDB, whatever engine ran it: for people, and for its digest."""
    inputs: tuple[Digested, ...]
    synthetic: bool = False

    @property
    def digest(self) -> str:
        """Of the expression."""
        return hashlib.sha256(self.expression.encode()).hexdigest()

    def body(self) -> bytes:
        """As the bytes of a reply: the same result is the same bytes."""
        return json.dumps(
            {
                "engine": self.engine,
                "expression": self.expression,
                "expression_sha256": self.digest,
                "inputs": [one.__dict__ for one in self.inputs],
                "synthetic": self.synthetic,
                "rows": list(self.rows),
            },
            ensure_ascii=False,
            indent=1,
        ).encode()
