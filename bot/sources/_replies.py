"""The bytes of a live reply as checked values, or an error that says what they are. Shared by the rooms that ask services."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Final, NoReturn, TypeVar
from urllib.parse import parse_qs, urlsplit

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from bot.errors import SourceUnavailable
from bot.ports import Reply

T = TypeVar("T")

Count = Annotated[int, Field(strict=True, ge=0, le=10**15)]
"""A whole number that is not negative, as a JSON number; no text, no truth value, no fraction."""


def _digits(value: object) -> object:
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,16}", value) else value


WrittenCount = Annotated[Count, BeforeValidator(_digits)]
"""A count that some services write as text: ClickHouse does so with 64-bit integers, by a setting."""

_LONGEST: Final = 80


def read(reply: Reply, shape: type[T], body: bytes | None = None) -> T:
    """
    The JSON of a reply in the shape a room expects (a frozen dataclass, or list of them); keys it does not name are passed over.

    Raises:
        SourceUnavailable: empty, HTML, broken JSON, or of another shape; says where.
    """
    text = reply.body if body is None else body
    refuse_foreign(reply, text)
    try:
        return TypeAdapter(shape).validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the reply"
        seen = "" if first["type"] == "json_invalid" else f", not {_short(repr(first['input']))}"
        changed(reply, f"{place}: {first['msg'][0].lower()}{first['msg'][1:]}{seen}")


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


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"
