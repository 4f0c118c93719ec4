"""What a computed result says, read from its reply; and where a recipe has the raw data. Shared by the rooms that compute."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from bot.errors import BadRecipe
from bot.ports import Reply
from bot.sources import _replies

R = TypeVar("R")
_MOST_NAMED: Final = 3


@dataclass(frozen=True)
class _Input:
    name: str
    place: str
    files: _replies.Count
    bytes: _replies.Count
    sha256: str


@dataclass(frozen=True)
class Computed:
    """A result as a reply has it."""

    engine: str
    inputs: tuple[_Input, ...]
    rows: list[Any]

    @property
    def note(self) -> str:
        """What it was computed by and from, for the note of a figure."""
        named = [_named(one) for one in self.inputs[:_MOST_NAMED]]
        more = len(self.inputs) - len(named)
        return f"computed by {self.engine} from {', '.join(named)}{f' and {more} more' if more else ''}"


def read(reply: Reply, row: type[R]) -> tuple[Computed, list[R]]:
    """
    A result with its rows in the shape a room expects.

    Raises:
        SourceUnavailable: it is none, or has other rows.
    """
    computed = _replies.read(reply, Computed)
    return computed, _replies.read(reply, list[row], json.dumps(computed.rows).encode())  # type: ignore[valid-type]


def place(files: Path | None, table: str, source: str) -> Path | str:
    """
    Where the raw data are: files, or a table that the engine has.

    Raises:
        BadRecipe: the recipe names neither, or both.
    """
    if bool(table) == (files is not None):
        raise BadRecipe(
            f"sources.{source} names {'both files and a table' if table else 'no data'}; name either files (a file, a folder or "
            "a pattern) or a table of the engine. docs/scale.md says where the data are to be had"
        )
    return table or files or ""


def _named(one: _Input) -> str:
    if not one.files:
        return f"the table {one.place}"
    return f"{one.files:,} file{'s' if one.files != 1 else ''} of {one.name} (list: {one.sha256[:12]})"
