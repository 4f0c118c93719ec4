"""
The bytes of a live reply as checked values, or an error that says what they are; and the observations made of them.

Shared by the rooms that ask services.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Any, Final, NoReturn, TypeVar
from urllib.parse import SplitResult, parse_qs, urlsplit

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from bot.domain.measure import Observation, Origin, Status, Subject
from bot.domain.period import Period
from bot.errors import BadInput, SourceUnavailable
from bot.ports import Reply
from bot.sources import _windows

T = TypeVar("T")

Count = Annotated[int, Field(strict=True, ge=0, le=10**15)]
"""A whole number that is not negative, as a JSON number; no text, no truth value, no fraction."""


def _digits(value: object) -> object:
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,16}", value) else value


WrittenCount = Annotated[Count, BeforeValidator(_digits)]
"""A count that some services write as text: ClickHouse does so with 64-bit integers, by a setting."""

_NOT_FOUND: Final = 404
_LONGEST: Final = 80
_TERM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _+-]*")


@dataclass(frozen=True)
class Told:
    """Makes the observations of one reply, each with what it owes to the reply; a long body is digested once."""

    reply: Reply
    origin: Origin

    @cached_property
    def _sha256(self) -> str:
        return self.reply.sha256

    def figure(
        self, metric: str, subject: str, window: Period, value: float, url: str, note: str, status: Status = Status.MEASURED
    ) -> Observation:
        """A number about a window."""
        return Observation(
            metric=metric,
            subject=subject,
            period=window,
            value=float(value),
            status=status,
            origin=self.origin.name,
            url=url,
            retrieved_at=self.reply.retrieved_at,
            note=note,
            query=self.reply.query,
            payload_sha256=self._sha256,
        )

    def counter(self, metric: str, subject: str, value: int, url: str, note: str) -> Observation:
        """A stock as it stood when it was read."""
        return self.figure(metric, subject, _windows.so_far(self.reply.retrieved_at), value, url, f"{note}, as of the reading")


def read(reply: Reply, shape: type[T], body: bytes | None = None) -> T:
    """
    The JSON of a reply in the shape a room expects (a frozen dataclass, or list of them); keys it does not name are passed over.

    Raises:
        SourceUnavailable: empty, HTML, broken JSON, or of another shape; says where.
    """
    text = reply.body if body is None else body
    refuse_foreign(reply, text)
    try:
        found: T = _checked_by(shape).validate_json(text)  # type: ignore[arg-type]  # any type can be hashed
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the reply"
        seen = "" if first["type"] == "json_invalid" else f", not {_short(repr(first['input']))}"
        changed(reply, f"{place}: {first['msg'][0].lower()}{first['msg'][1:]}{seen}")
    return found


@cache
def _checked_by(shape: Any) -> TypeAdapter[Any]:
    """Made once for a shape: to make it takes a millisecond, ten times as long as to read a reply with it (pydantic 2.14)."""
    return TypeAdapter(shape)


def refuse_foreign(reply: Reply, body: bytes) -> None:
    """
    Nothing, unless a body can be seen at once to be none of a program's.

    Raises:
        SourceUnavailable: empty, or a web page.
    """
    start = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        changed(reply, "it is empty")
    if start[:15].lower().startswith((b"<!doctype", b"<html")):
        changed(reply, "it is a web page, as maintenance and log-in pages are")


def unknown(reply: Reply) -> bool:
    """
    Whether a service says that it knows nothing by the name asked for (404).

    Raises:
        SourceUnavailable: it is a web page that says so, as a server does that has lost its way to the service.
    """
    if reply.status != _NOT_FOUND:
        return False
    if reply.body.strip():
        refuse_foreign(reply, reply.body)
    return True


def changed(reply: Reply, reason: str) -> NoReturn:
    """
    Always: a reply is not what its service documents, and nothing is read into it.

    Raises:
        SourceUnavailable: names the address and the reason.
    """
    raise SourceUnavailable(
        f"the reply of {urlsplit(reply.url).netloc or reply.url} is not what its documentation describes: {reason} "
        f"(asked: {_short(reply.query)}). No figure is taken from it. If it stays so, the service has changed: report it"
    )


def asked(reply: Reply) -> dict[str, str]:
    """The parameters a GET was asked with."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(reply.query).query, keep_blank_values=True).items()}


def head(reply: Reply, names: tuple[str, ...]) -> tuple[dict[str, str], bytes]:
    """The kept headers in front of a body (`Question.head`), and the body."""
    front, gap, body = reply.body.partition(b"\n\n")
    lines = dict(line.split(": ", 1) for line in front.decode("latin-1").split("\n") if ": " in line)
    if not gap or not set(names) <= set(lines):
        changed(reply, f"the headers {', '.join(names)} are not in front of it")
    return lines, body


def address(reply: Reply, text: str) -> SplitResult:
    """
    The parts of an address in a reply.

    Raises:
        SourceUnavailable: it is none.
    """
    try:
        return urlsplit(text)
    except ValueError:
        changed(reply, f"{_short(text)} is no address")


def day(reply: Reply, text: str) -> dt.date:
    """
    An ISO date in a reply.

    Raises:
        SourceUnavailable: no such date.
    """
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError
        return dt.date.fromisoformat(text)
    except ValueError:
        changed(reply, f"{_short(text)} is no date")


def named(subjects: Sequence[Subject], source: str) -> list[Subject]:
    """The subjects that go by a name at a source; no other is asked for."""
    return [subject for subject in subjects if source in subject.ids]


def terms(subject: Subject, source: str, service: str) -> list[str]:
    """
    The spellings of a search term, which stand in `subject.ids[source]`, parted by "|".

    Raises:
        BadInput: one that could end the quotes it is put in, and ask the service for something else.
    """
    found = [" ".join(term.split()) for term in subject.ids[source].split("|")]
    for term in found:
        if not _TERM.fullmatch(term):
            raise BadInput(
                f'{service} cannot be asked for "{term}" ({subject.name}): a search term begins with a letter or digit and has '
                f"only letters, digits, spaces, - _ and +, else it is read as part of the query. Correct the id in the recipe"
            )
    return found


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"
