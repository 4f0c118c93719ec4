"""The bytes of a file that a person named, or an error that says what is wrong with it. Shared by the file-loading rooms."""

from __future__ import annotations

import datetime as dt
import hashlib
import stat
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from bot.errors import BadFigures
from bot.ports import Reply

MIB: Final = 1024 * 1024
_LONGEST_EXCERPT: Final = 60
LFS_POINTER: Final = b"version https://git-lfs"
"""How every Git LFS pointer begins: a text of some 130 bytes that stands where the file should be."""


def read(path: Path, limit_bytes: int) -> Reply:
    """
    A file as a reply: its bytes, its path as given, and when it was last written.

    Raises:
        BadFigures: it is missing, no regular file, unreadable or larger than the limit.
    """
    try:
        state = path.stat()
    except (OSError, ValueError) as error:
        raise BadFigures(_missing(path, error)) from error
    if not stat.S_ISREG(state.st_mode):
        raise BadFigures(
            f"{path} is {'a folder' if stat.S_ISDIR(state.st_mode) else 'no regular file'}. A source reads single files. "
            "Name the file itself."
        )
    refuse_size(str(path), state.st_size, limit_bytes)
    return Reply(_bytes(path), str(path), "", dt.datetime.fromtimestamp(state.st_mtime, dt.UTC))


def refuse_size(name: str, size: int, limit_bytes: int) -> None:
    """
    Nothing, if a file may be read whole.

    Raises:
        BadFigures: it is larger than the limit.
    """
    if size > limit_bytes:
        raise BadFigures(
            f"{name} has {size:,} bytes, over the limit of {limit_bytes:,}. It is probably another file than the one meant, "
            "or several joined. Split it, or name the right one."
        )


def refuse_foreign(body: bytes, name: str) -> None:
    """
    Nothing, if the bytes can be a table of text.

    Raises:
        BadFigures: a Git LFS pointer, a web page, a zip, binary, or nothing at all.
    """
    start = body[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start and not body[1024:].strip():
        raise BadFigures(f"{name} is empty. A download or an export that failed leaves such a file. Fetch it again.")
    if start.startswith(LFS_POINTER):
        raise BadFigures(
            f"{name} is a Git LFS pointer, not the file it points to. The repository was cloned or downloaded without LFS. "
            'Run "git lfs pull" there, or download the file itself.'
        )
    if start.startswith(b"<"):
        raise BadFigures(
            f"{name}, line 1: {excerpt(start)} is a web page, not csv. A log-in or error page was saved under the file's name. "
            "Download it again while logged in."
        )
    if start.startswith(b"PK\x03\x04"):
        raise BadFigures(f"{name} is a zip archive, not csv. Spreadsheets are saved so, too. Unpack it or export it as csv.")
    if b"\0" in body:
        line = body.count(b"\n", 0, body.index(b"\0")) + 1
        raise BadFigures(
            f"{name}, line {line}: a NUL byte. The file is binary, or UTF-16 as some spreadsheets write it. Save it as UTF-8 csv."
        )


def text(body: bytes, name: str, encoding: str = "utf-8-sig") -> str:
    """
    The bytes as text; a leading byte-order mark is dropped.

    Raises:
        BadFigures: they are not in that encoding; names the line and the byte.
    """
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise BadFigures(
            f"{name}, line {line}: byte 0x{body[error.start]:02x} is not UTF-8. The file was probably saved in a regional "
            "encoding such as Windows-1252. Save it as UTF-8."
        ) from error


def excerpt(value: str | bytes) -> str:
    """A value in quotes for a message: at most some sixty characters, invisible ones spelt out."""
    shown = value[: 4 * _LONGEST_EXCERPT].decode("utf-8", "replace") if isinstance(value, bytes) else value
    cut = shown[:_LONGEST_EXCERPT]
    return repr(cut)[:_LONGEST_EXCERPT] + ("…" if len(repr(cut)) > _LONGEST_EXCERPT or len(value) > len(cut) else "")


def sha256(body: bytes) -> str:
    """Digest of bytes that are not a reply yet, such as a zip."""
    return hashlib.sha256(body).hexdigest()


def _missing(path: Path, error: OSError | ValueError) -> str:
    if not isinstance(error, FileNotFoundError | NotADirectoryError | ValueError):
        return f"{path} cannot be looked at: {error}. Its folder is probably not open to this user. Check the permissions."
    meant = get_close_matches(path.name, _names_in(path.parent), 1)
    hint = f' Did you mean "{meant[0]}"?' if meant else ""
    return f"{str(path)!r} does not exist.{hint} The name is mistyped, or relative to another folder. Name an existing file."


def _names_in(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except (OSError, ValueError):  # a hint is not worth an error of its own
        return []


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadFigures(
            f"{path} cannot be read: {error}. It probably belongs to another user. Check its permissions."
        ) from error
