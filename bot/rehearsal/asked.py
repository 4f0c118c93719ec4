"""A request as it came off the wire, and what is kept of it."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

HIDDEN: Final = "(hidden)"
_SECRETS: Final = frozenset({
    "access_token", "client_secret", "code", "code_verifier", "oauth_signature", "oauth_token", "oauth_token_secret",
    "oauth_verifier", "refresh_token", "subject_token", "token",
})  # fmt: skip
"""Names of fields and parameters whose values are kept from the record, wherever somebody puts them."""


@dataclass(frozen=True)
class Asked:
    """A request; header names in lower case."""

    method: str
    host: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str] = field(repr=False)
    raw: bytes = field(repr=False)

    @property
    def kind(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        return json.loads(self.raw)

    def parsed(self) -> Any:
        """
        The body: JSON, or a form's fields (a file as the text "file"); None if there is none.

        Raises:
            ValueError: it cannot be read.
        """
        if not self.raw:
            return None
        if self.kind == "multipart/form-data":
            fields = list(_form(self.headers["content-type"], self.raw))
            names = [part.name for part in fields]
            if len(set(names)) < len(names):
                raise ValueError(f"the form names a field twice: {names}")
            if any((part.name == "media") != (part.filename is not None) for part in fields):
                raise ValueError("of a form only `media` is a file, and it is one")
            return {part.name: "file" if part.filename is not None else part.content.decode() for part in fields}
        return self.json()

    def file(self) -> bytes | None:
        """The image: raw in a form, base64 in JSON."""
        if self.kind == "multipart/form-data":
            return next((part.content for part in _form(self.headers["content-type"], self.raw) if part.name == "media"), None)
        try:
            return base64.b64decode(self.json()["media"], validate=True)
        except (ValueError, KeyError, TypeError):
            return None

    def for_the_record(self) -> Any:
        """The body as `Call` keeps it."""
        try:
            if self.kind == "multipart/form-data":
                return _without_secrets({part.name: _noted(part) for part in _form(self.headers["content-type"], self.raw)})
            body = self.parsed()
        except ValueError:
            return {"unreadable": len(self.raw)}
        if isinstance(body, dict) and isinstance(body.get("media"), str):
            content = self.file() or b""
            body["media"] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        return _without_secrets(body)

    def query_for_the_record(self) -> dict[str, str]:
        return {name: HIDDEN if name in _SECRETS else value for name, value in self.query}


@dataclass
class Call:
    """
    A request, as the fake met it. `accepted` says whether it had its effect, `answered` whether a whole answer went out.

    The body is parsed JSON; of a form it holds the fields, of a file in it name, type, size and SHA-256. No header is kept: a
    signature or a token would be a secret in a log.
    """

    operation: str
    method: str
    path: str
    query: dict[str, str]
    body: Any
    at: dt.datetime
    fault: str = ""
    status: int | None = None
    accepted: bool = False
    answered: bool = False


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: HIDDEN if name in _SECRETS else _without_secrets(each) for name, each in value.items()}
    return [_without_secrets(each) for each in value] if isinstance(value, list) else value


class _Part(NamedTuple):
    name: str
    filename: str | None
    kind: str
    content: bytes


def _form(content_type: str, raw: bytes) -> Iterator[_Part]:
    """The parts of a multipart body, byte for byte; the standard library's parser is for mail and minds line ends."""
    boundary = re.search(r'boundary="?([^";]+)', content_type)
    if boundary is None:
        raise ValueError("the form has no boundary")
    pieces = (b"\r\n" + raw).split(b"\r\n--" + boundary[1].encode())
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise ValueError("the form does not end")
    for piece in pieces[1:-1]:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(r'[; ]name="([^"]*)"', head.decode())
        filename = re.search(r'filename="([^"]*)"', head.decode())
        kind = re.search(r"(?i)content-type:\s*(\S+)", head.decode())
        if name is None:
            raise ValueError("a part of the form has no name")
        yield _Part(name[1], filename[1] if filename else None, kind[1] if kind else "", content)


def _noted(part: _Part) -> object:
    if part.filename is None:
        return part.content.decode(errors="replace")
    digest = hashlib.sha256(part.content).hexdigest()
    return {"filename": part.filename, "type": part.kind, "size": len(part.content), "sha256": digest}
