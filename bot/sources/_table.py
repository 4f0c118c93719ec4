"""A raw csv table row by row, each cell with its place for a message. Shared by the rooms that read other people's tables."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

from bot.errors import BadFigures
from bot.ports import Reply
from bot.sources import _files

_WHOLE: Final = re.compile(r"([0-9]{1,15})(\.0)?")
"""Tables that went through a data frame with gaps write counts as 10889.0."""
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Row:
    """One line of a table."""

    cells: Mapping[str, str] = field(hash=False)
    place: str

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def whole(self, column: str) -> int:
        """A count."""
        match = _WHOLE.fullmatch(self[column])
        if not match:
            self.refuse(column, "is not a whole number")
        return int(match[1])

    def date(self, column: str) -> dt.date:
        """An ISO date."""
        if not _DAY.fullmatch(self[column]):
            self.refuse(column, "is not an ISO date")
        try:
            return dt.date.fromisoformat(self[column])
        except ValueError:
            self.refuse(column, "is no day of the calendar")

    def refuse(self, column: str, reason: str) -> NoReturn:
        """
        Always.

        Raises:
            BadFigures: names place, column and value.
        """
        raise BadFigures(
            f'{self.place}, column "{column}": {_files.excerpt(self[column])} {reason}. The publisher has changed the table, '
            "or the file was edited. Compare it with the original."
        )


def rows(reply: Reply, columns: Sequence[str]) -> Iterator[Row]:
    """
    The lines of a table that has at least these columns.

    Raises:
        BadFigures: another table, a broken line, or no csv at all; names the place.
    """
    name = Path(reply.url).name
    _files.refuse_foreign(reply.body, name)
    reader = csv.reader(io.StringIO(_files.text(reply.body, name), newline=""), strict=True)
    header = next(reader, [])
    if missing := [column for column in columns if column not in header]:
        raise BadFigures(
            f'{name}, line 1: the column "{missing[0]}" is missing; it has {_files.excerpt(", ".join(header))}. It is probably '
            "another file of the same publisher. Name the one that the module's first lines describe."
        )
    yield from _rows(reader, header, name)


def _rows(reader: Iterator[list[str]], header: Sequence[str], name: str) -> Iterator[Row]:
    number = 1
    try:
        for number, fields in enumerate(reader, 2):
            if len(fields) != len(header):
                raise BadFigures(
                    f"{name}, line {number}: {len(fields)} fields where the header names {len(header)}. The download probably "
                    "broke off there. Fetch the file again."
                )
            yield Row(dict(zip(header, fields, strict=True)), f"{name}:{number}")
    except csv.Error as error:
        raise BadFigures(
            f"{name}, after line {number}: {error}. A quote is opened and not closed where the file broke off. "
            "Fetch the file again."
        ) from error
