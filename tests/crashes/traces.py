"""Looks for secrets in everything a command leaves behind: as they are, and in every form they may have taken on the way."""

from __future__ import annotations

import base64
import sqlite3
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_SQLITE: Final = b"SQLite format 3\0"


def found(secrets: Mapping[str, str], things: Iterable[tuple[str, bytes]]) -> list[str]:
    """
    "name of the secret, form: place" for every secret that is in one of the things, each a place and what stands there.

    A secret is told by its words of letters and digits: no escape for addresses, HTML or JSON changes them. The first word of one that
    begins with a number and a hyphen is the account's, and no secret.
    """
    needles = [
        (name, form, needle) for name, secret in secrets.items() for word in _words(secret) for form, needle in _forms(word)
    ]
    return [
        f"{name}, {form}: {place}"
        for place, content in things
        for lowered in [content.lower()]
        for name, form, needle in needles
        if needle in (content if form.startswith("base64") else lowered)
    ]


def _words(secret: str) -> list[str]:
    number, hyphen, rest = secret.partition("-")
    told = rest if hyphen and number.isdecimal() else secret
    return [word for word in "".join(sign if sign.isalnum() else " " for sign in told).split() if len(word) > 4]


def _forms(word: str) -> Iterator[tuple[str, bytes]]:
    for form, text in (("plain", word), ("reversed", word[::-1])):
        yield form, text.lower().encode()
        yield f"{form}, hexadecimal", text.encode().hex().encode()
        yield f"{form}, UTF-16", text.lower().encode("utf-16-le")
        for before in range(3):  # what stands around it is not known: only the letters it alone decides are looked for
            coded = base64.b64encode(b"\0" * before + text.encode())
            whole = (before + len(text)) * 4 // 3
            yield f"base64, {form}, after {before}", coded[-(-before * 4 // 3) : whole]


def left_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, names included; pictures and databases also as what is packed in them."""
    paths = sorted(folder.rglob("*"))
    contents = {path: path.read_bytes() for path in paths if path.is_file()}  # before a database is opened, which clears its log
    for path in paths:
        place = str(path.relative_to(folder))
        yield f"the name of {place}", place.encode()
        if path in contents:
            yield place, contents[path]
            if contents[path].startswith(_PNG):
                yield from _packed(place, (body for _, body in _chunks(contents[path])))
            if contents[path].startswith(_SQLITE):
                yield from _tables(path, place)


def rows_left(place: str, rows: Iterable[Iterable[object]]) -> Iterator[tuple[str, bytes]]:
    """The values of some rows, and what is packed in them."""
    values = [value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row]
    yield place, b"\n".join(values)
    yield from _packed(place, values)


def _tables(path: Path, place: str) -> Iterator[tuple[str, bytes]]:
    with closing(sqlite3.connect(path)) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            yield from rows_left(f"{place}, table {table}", connection.execute(f'SELECT * FROM "{table}"'))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG)
    while at + 8 <= len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        yield kind, png[at + 8 : at + 8 + length]
        at += 12 + length


def _packed(place: str, values: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """What zlib packed, wherever in a value it begins: metadata of a picture has a name before it."""
    for value in values:
        start = value.find(b"\x78")
        while start >= 0:
            with suppress(zlib.error):
                if content := zlib.decompressobj().decompress(value[start:]):
                    yield f"{place}, unpacked", content
                    break
            start = value.find(b"\x78", start + 1)
