"""
Figures that a person read somewhere and wrote down: what a site shows to people and forbids to programs, such as job counts on
LinkedIn.

What they measure, their units and day boundaries are the business of whoever read them; every figure names its origin, the
address where it was seen, who read it and on which day. Nothing is fetched, nothing settles late, there is no quota; terms are
those of the site. Every observation says that it was entered by hand, in its origin ("LinkedIn, read by Jane Doe") and its note.

The file is TOML, one table a figure:

    [[figures]]
    metric = "linkedin_jobs"
    subject = "tensorflow"        # "all" for the whole
    period = "2026-10"            # a year, month, week or day; or `day = 2026-11-03` for what was there on one day
    value = 5120
    origin = "LinkedIn"
    url = "https://www.linkedin.com/jobs/search/?keywords=tensorflow"
    read_by = "Jane Doe"
    read_on = 2026-11-03
    note = "worldwide, all job posts"    # may be left out

A period must be over in UTC before it is read. A figure that is read again stands there again, with a later `read_on`.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from bot.domain.measure import Coverage, Metric, Observation, Origin, Status, Subject
from bot.domain.period import Period, instant
from bot.domain.words import nearest
from bot.errors import BadFigures
from bot.ports import Client, Reply
from bot.sources import _files
from bot.sources._windows import EARLIEST, LATEST

METRICS: Final[tuple[Metric, ...]] = ()
ORIGINS: Final[tuple[Origin, ...]] = ()
COVERAGE: Final = Coverage(
    day_boundary="midnight UTC; what a site's own days are, the note may say",
    depth="whatever somebody has written down",
    lag="none: a period is read when it is over",
    quota="none: a file on disk",
)
SAYS_ALL: Final = True
_TABLE: Final = "figures"
_TEXTS: Final = ("metric", "subject", "origin", "url", "read_by")
_KEYS: Final = (*_TEXTS, "period", "day", "value", "read_on", "note")
_LIMIT_BYTES: Final = _files.MIB


@dataclass(frozen=True)
class Source:
    """Reads one TOML file, whole."""

    file: Path

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Sequence[Reply]:
        """The file, whatever the period."""
        return [_files.read(self.file, _LIMIT_BYTES)]

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation]:
        """Every figure, of whichever subject, in the order of the file."""
        name, digest = Path(reply.url).name, reply.sha256
        found: dict[tuple[object, ...], Observation] = {}
        for entry in _entries(reply.body, name):
            seen = _observation(entry, digest)
            earlier = found.setdefault((seen.metric, seen.subject, seen.period, seen.retrieved_at), seen)
            if earlier is not seen:
                entry.refuse(f"the same metric, subject, period and read_on as {earlier.query}. Keep one of them.")
        return tuple(found.values())


@dataclass(frozen=True)
class _Entry:
    """One figure as it is written, and how to refuse it."""

    written: Mapping[str, Any]
    place: str

    def refuse(self, reason: str, cause: Exception | None = None) -> NoReturn:
        raise BadFigures(f"{self.place}: {reason}") from cause

    def text(self, key: str) -> str:
        """A text that is not empty and holds nothing invisible."""
        value = self.written[key]
        if not isinstance(value, str):
            self.refuse(f'"{key}" is {_shown(value)}, not a text. Put it in quotes.')
        if not value or value != value.strip() or not value.isprintable():
            self.refuse(
                f'"{key}" is {_files.excerpt(value)}: empty, with blanks around it, or with signs nobody sees. Type it anew.'
            )
        return value

    def date(self, key: str) -> dt.date:
        """A day as TOML writes it, without a time."""
        value = self.written[key]
        if type(value) is not dt.date:  # a datetime is a date, too
            self.refuse(f'"{key}" is {_shown(value)}, not a day. Write it like 2026-11-03, without quotes and time.')
        return value


def _entries(body: bytes, name: str) -> Sequence[_Entry]:
    _files.refuse_size(name, len(body), _LIMIT_BYTES)
    document = _document(body, name)
    for key in document:
        if key != _TABLE:
            raise BadFigures(f"{name}: {_files.excerpt(key)} is not known here{nearest(key, (_TABLE,))}. Write [[{_TABLE}]].")
    tables = document.get(_TABLE)
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise BadFigures(f"{name} holds no figures. Every figure is a table of its own. Begin each with [[{_TABLE}]].")
    return [_entry(table, f"{name}, entry {number}") for number, table in enumerate(tables, 1)]


def _document(body: bytes, name: str) -> Mapping[str, Any]:
    if body.startswith(_files.LFS_POINTER):
        _files.refuse_foreign(body, name)
    try:
        return tomllib.loads(_files.text(body, name))
    except (ValueError, RecursionError) as error:  # Python reads no whole number of thousands of digits
        raise BadFigures(f"{name} is not TOML: {error}. A quote or a bracket is missing there, usually. Correct it.") from error


def _entry(table: Mapping[str, Any], place: str) -> _Entry:
    entry = _Entry(table, place)
    for key in table:
        if key not in _KEYS:
            entry.refuse(f"{_files.excerpt(key)} is not a key{nearest(key, _KEYS)}. Write {', '.join(_KEYS)}.")
    if missing := [key for key in (*_TEXTS, "value", "read_on") if key not in table]:
        entry.refuse(f'"{missing[0]}" is missing. A figure says what it is, where it was seen, by whom and when. Add it.')
    if ("period" in table) == ("day" in table):
        entry.refuse('it needs either "period" or "day", the time the figure is about: one of them, not both.')
    return entry


def _observation(entry: _Entry, digest: str) -> Observation:
    period, read_on = _period(entry), entry.date("read_on")
    _refuse_unfinished(entry, period, read_on)
    read_by = entry.text("read_by")
    note = entry.text("note") if "note" in entry.written else f"read by {read_by} on {read_on.isoformat()}"
    try:
        return Observation(
            metric=entry.text("metric"),
            subject=entry.text("subject"),
            period=period,
            value=_value(entry),
            status=Status.MEASURED,
            origin=f"{entry.text('origin')}, read by {read_by}",
            url=_url(entry),
            retrieved_at=instant(read_on.isoformat()),
            note=f"entered by hand: {note}",
            query=entry.place,
            payload_sha256=digest,
            handwritten=True,
        )
    except ValueError as error:
        entry.refuse(f"{error}. Compare it with what was read.", error)


def _period(entry: _Entry) -> Period:
    try:
        period = Period.day(entry.date("day")) if "day" in entry.written else Period.parse(entry.text("period"))
    except (ValueError, OverflowError) as error:
        entry.refuse(f"{error}. The period names the time the figure is about. Correct it.", error)
    if not EARLIEST <= period.start <= LATEST:
        entry.refuse(f"{period.key} is not between {EARLIEST.year} and {LATEST.year - 1}; nothing was counted then. Correct it.")
    return period


def _refuse_unfinished(entry: _Entry, period: Period, read_on: dt.date) -> None:
    """A window is read when it is over; what is there on one day is read on it, or later in an archive."""
    if "day" in entry.written and read_on < period.start.date():
        entry.refuse(f'"read_on" is {read_on}, before the day the figure is about, {period.start.date()}. Correct one of them.')
    if "period" in entry.written and read_on < period.end.date():
        entry.refuse(
            f'"read_on" is {read_on}, and the period {period.key} is not over before {period.end.date()}: its figure could still '
            'grow. Read it again then, or write "day" if it is what was there on that day.'
        )


def _value(entry: _Entry) -> float:
    value = entry.written["value"]
    try:
        number = float(value) + 0.0 if type(value) in (int, float) else math.nan  # "-0.0" is 0
    except OverflowError as error:
        entry.refuse('"value" has hundreds of digits. Something else was pasted there. Write the number.', error)
    if not math.isfinite(number):
        entry.refuse(f'"value" is {_shown(value)}, not a number. Write it like 5120 or 12.5, without quotes, commas and units.')
    return number


def _url(entry: _Entry) -> str:
    url = entry.text("url")
    try:
        parts = urlsplit(url)
        lawful = parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r'[\s<>"]', url)
        secret = "@" in parts.netloc
    except ValueError:
        lawful = secret = False
    if secret:
        entry.refuse('"url" has a user in it, which would be published. Take it out.')
    if not lawful:
        entry.refuse(
            f'"url" is {_files.excerpt(url)}, not a web address. Readers follow it to check the figure. Write one that begins '
            "with https://."
        )
    return url


def _shown(value: object) -> str:
    return _files.excerpt(value if isinstance(value, str) else str(value))
