"""The csv contract of observations: read strictly, written so that reading gives the same back. Shared by csv and archive."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Final, NoReturn
from urllib.parse import urlsplit

from bot.domain.measure import LARGEST, Observation, Status
from bot.domain.period import Period, instant
from bot.errors import BadFigures
from bot.ports import Reply
from bot.sources import _files
from bot.sources._windows import EARLIEST, LATEST

COLUMNS: Final = (
    "metric", "subject", "period_start", "period_end", "value", "status", "origin", "url", "retrieved_at", "note",
)  # fmt: skip
OPTIONAL: Final = ("published_at",)
"""May stand there too: when a figure of the past could first be read, for `threadmill backtest`."""
LIMIT_BYTES: Final = 64 * _files.MIB
_LONGEST_LINE: Final = 64 * 1024
"""Bytes. The longest honest row seen has a few hundred; a longer line is an unclosed quote or no csv."""
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].+)?")
"""`fromisoformat` also takes 20210101 and 2021-W01; the contract does not."""
_STATUSES: Final = tuple(str(status) for status in Status if status is not Status.WITHDRAWN)
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
"""Control, format, private use, surrogates, line separators: two names that look alike must be alike."""


def observations(reply: Reply, name: str) -> tuple[Observation, ...]:
    """
    Every row of a csv file, in order; `query` is "<name>:<line>" and `payload_sha256` the digest of the reply.

    Raises:
        BadFigures: the file breaks the contract; names file, line, column and value.
    """
    records = _records(reply.body, name)
    number, header = next(records)
    columns = _columns(header, f"{name}, line {number}")
    digest = reply.sha256
    seen: dict[tuple[object, ...], Observation] = {}
    for number, fields in records:
        observation = _observation(_row(fields, columns, name, number), digest)
        earlier = seen.setdefault(_identity(observation), observation)
        if earlier is not observation:
            _refuse_twice(observation, earlier)
    return tuple(seen.values())


def to_csv(found: Iterable[Observation]) -> str:
    """
    Observations in the csv contract, in the order given; whole values without a decimal point, others in full precision.

    The optional columns stand there if any of them has something to say.
    """
    rows = list(found)
    dated = any(seen.published_at for seen in rows)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*COLUMNS, *OPTIONAL) if dated else COLUMNS)
    for seen in rows:
        fields = (seen.metric, seen.subject, _date(seen.period.start), _date(seen.period.end), _number(seen.value),
                  seen.status.value, seen.origin, seen.url, _date(seen.retrieved_at), seen.note)  # fmt: skip
        published = "" if seen.published_at is None else _date(seen.published_at)
        writer.writerow((*fields, published) if dated else fields)
    return out.getvalue()


def _records(body: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and fields. One record is one line: a newline inside quotes would be a control character in a field."""
    _files.refuse_size(name, len(body), LIMIT_BYTES)
    _files.refuse_foreign(body, name)
    _refuse_long_lines(body, name)
    for number, line in enumerate(_files.text(body, name).split("\n"), 1):
        if line.removesuffix("\r"):
            yield number, _fields(line.removesuffix("\r"), f"{name}, line {number}")


def _refuse_long_lines(body: bytes, name: str) -> None:
    start, number = 0, 1
    while start <= len(body):
        end = body.find(b"\n", start)
        end = len(body) if end < 0 else end
        if end - start > _LONGEST_LINE:
            raise BadFigures(
                f"{name}, line {number}: {end - start:,} bytes long, over the limit of {_LONGEST_LINE:,}; it begins "
                f"{_files.excerpt(body[start : start + 200])}. The file is probably no csv, or its line ends were lost. "
                "Export it again."
            )
        start, number = end + 1, number + 1


def _fields(line: str, place: str) -> list[str]:
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error as error:
        raise BadFigures(
            f"{place}: {_files.excerpt(line)} cannot be split into fields ({error}). A quote is opened and not closed, or a "
            "field holds a line break. Put every row on one line and double the quotes inside a quoted field."
        ) from error


def _columns(header: Sequence[str], place: str) -> tuple[str, ...]:
    known = (*COLUMNS, *OPTIONAL)
    for column in header:
        if column not in known:
            _refuse_column(column, place)
    if twice := [column for column in known if header.count(column) > 1]:
        raise BadFigures(
            f'{place}: the column "{twice[0]}" stands there twice. Probably two files were joined. Keep one of them.'
        )
    if missing := [column for column in COLUMNS if column not in header]:
        raise BadFigures(
            f'{place}: the column "{missing[0]}" is missing. The first line names the columns, in any order. '
            f"Write {','.join(COLUMNS)}."
        )
    return tuple(header)


def _refuse_column(column: str, place: str) -> NoReturn:
    if "=" in column:  # not repeated: settings look like this, and so do the secrets among them
        raise BadFigures(f"{place}: the first line names no columns; is this a file of figures? Write {','.join(COLUMNS)}.")
    meant = get_close_matches(column.strip().lower(), (*COLUMNS, *OPTIONAL), 1)
    hint = f' Did you mean "{meant[0]}"?' if meant else ""
    why = "The fields are separated by semicolons or tabs." if re.search("[;\t]", column) else "The first line names the columns."
    raise BadFigures(f"{place}: {_files.excerpt(column)} is not a column.{hint} {why} Write {','.join(COLUMNS)}.")


@dataclass(frozen=True)
class _Row:
    """The fields of one line by column, and how to refuse one of them."""

    fields: Mapping[str, str]
    name: str
    line: int

    def __getitem__(self, column: str) -> str:
        return self.fields[column]

    def refuse(self, column: str, reason: str, cause: Exception | None = None) -> NoReturn:
        raise BadFigures(f'{self.name}, line {self.line}, column "{column}": {_files.excerpt(self[column])} {reason}') from cause


def _row(fields: Sequence[str], columns: Sequence[str], name: str, number: int) -> _Row:
    if len(fields) != len(columns):
        raise BadFigures(
            f"{name}, line {number}: {len(fields)} fields where the header names {len(columns)}. A comma inside a field usually "
            "does this. Put that field in double quotes."
        )
    row = _Row(dict(zip(columns, fields, strict=True)), name, number)
    for column in columns:
        _refuse_unclean(row, column)
    return row


def _refuse_unclean(row: _Row, column: str) -> None:
    value = row[column]
    if value and value.isprintable() and value == value.strip():
        return
    if not value.isprintable() and (hidden := next(filter(_is_invisible, value), "")):
        row.refuse(
            column, f"holds the invisible character U+{ord(hidden):04X}. It came with a copy and paste. Type the field anew."
        )
    if column == "note" or (column in OPTIONAL and not value):
        return
    if not value.strip():
        row.refuse(column, "is empty. Only a note may be. If nothing was measured, leave the whole row out.")
    if value != value.strip():
        row.refuse(column, "has blanks around it. They would make it another name. Remove them.")


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in _INVISIBLE


def _observation(row: _Row, digest: str) -> Observation:
    period = _period(row)
    return Observation(
        metric=row["metric"],
        subject=row["subject"],
        period=period,
        value=_value(row),
        status=_status(row),
        origin=row["origin"],
        url=_url(row),
        retrieved_at=_instant(row, "retrieved_at"),
        note=row["note"],
        query=f"{row.name}:{row.line}",
        payload_sha256=digest,
        published_at=_published_at(row, period) if row.fields.get("published_at") else None,
    )


def _published_at(row: _Row, period: Period) -> dt.datetime:
    """On the last day it may be: a stock is read in the midst of it, and a list of a day may be dated by the day's beginning."""
    published_at = _instant(row, "published_at")
    if published_at < period.end - dt.timedelta(days=1):
        row.refuse(
            "published_at",
            f"is before the end of what was counted, {row['period_end']}; nobody could have known the figure then. The two may "
            "have been swapped. Write when it was published, or leave it empty.",
        )
    return published_at


def _period(row: _Row) -> Period:
    start, end = _instant(row, "period_start"), _instant(row, "period_end")
    for column, moment in (("period_start", start), ("period_end", end)):
        if not EARLIEST <= moment <= LATEST:
            years = f"{EARLIEST.date()} and {LATEST.date()}"
            row.refuse(column, f"is not between {years}; nothing was counted then. A digit is wrong, usually. Correct it.")
    try:
        return Period(start, end)
    except ValueError as error:
        row.refuse(
            "period_end",
            f"is not after the start, {row['period_start']}. The end is the first day that no longer counts. "
            "Swap the two, or add a day.",
            error,
        )


def _instant(row: _Row, column: str) -> dt.datetime:
    if not _DATE.fullmatch(row[column]):
        row.refuse(column, "is not an ISO date. A spreadsheet may have turned it into its own format. Write it like 2021-01-01.")
    try:
        return _read_instant(row[column])
    except (ValueError, OverflowError) as error:
        row.refuse(column, f"is refused: {_files.excerpt(str(error))}. No such day, or a time of day without an offset, usually. "
                   "Write it like 2021-01-01 or 2021-01-01T06:00:00+00:00.", error)  # fmt: skip


@lru_cache(maxsize=4096)
def _read_instant(text: str) -> dt.datetime:
    """A day stands in many rows of a file: of each series, and as the end of one window and the beginning of the next."""
    return instant(text)


def _value(row: _Row) -> float:
    text = row["value"]
    value = float(text) + 0.0 if _NUMBER.fullmatch(text) else float("nan")  # "-0" is 0
    if value - value != 0:  # not finite: no number as written, or one too large such as 1e999
        row.refuse(
            "value",
            "is not a plain number. Separators, units and placeholders such as NaN are not read. "
            "Write digits with a decimal point, such as 1234.5; leave the row out if nothing was measured.",
        )
    if abs(value) > LARGEST:
        row.refuse(
            "value", "is larger than anything counted. A digit may be doubled, or the unit is another. Write it as published."
        )
    return value


def _status(row: _Row) -> Status:
    if row["status"] not in _STATUSES:
        meant = get_close_matches(row["status"].lower(), _STATUSES, 1)
        hint = f' Did you mean "{meant[0]}"?' if meant else ""
        row.refuse("status", f"is not a status.{hint} It says how sure the publisher is. Write {', '.join(_STATUSES)}.")
    return Status(row["status"])


def _url(row: _Row) -> str:
    url = row["url"]
    try:
        parts = urlsplit(url)
        lawful = parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r'[\s<>"]', url)
        secret = "@" in parts.netloc
    except ValueError:
        lawful = secret = False
    if secret:
        raise BadFigures(
            f'{row.name}, line {row.line}, column "url": the address has a user in it, which would be published. Take it out.'
        )
    if not lawful:
        row.refuse("url", "is not a web address. Readers follow it to check the figure. Write one that begins with https://.")
    return url


def _identity(observation: Observation) -> tuple[object, ...]:
    return (observation.metric, observation.subject, observation.period, observation.retrieved_at)


def _refuse_twice(later: Observation, earlier: Observation) -> NoReturn:
    raise BadFigures(
        f"{later.query}: the same metric, subject, period and retrieved_at as {earlier.query} ({_files.excerpt(later.metric)}, "
        f"{_files.excerpt(later.subject)}, {earlier.value!r} and {later.value!r}). Usually a row was pasted twice. "
        "Keep one; a revised figure carries a later retrieved_at."
    )


def _date(moment: dt.datetime) -> str:
    moment = moment.astimezone(dt.UTC)
    return moment.date().isoformat() if moment.time() == dt.time(0) else moment.isoformat()


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
