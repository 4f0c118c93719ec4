"""Which files an input is, in shards, and which bytes they hold."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Final

from bot.errors import BadInput, SourceUnavailable
from bot.parallel import side_by_side
from bot.ports import Format, Input

MARK: Final = "SYNTHETIC.txt"
"""In a folder, it says that all in it and below is made up."""
_PATTERN: Final = "*?["
_ODD: Final = re.compile(r"[*?\[\x00-\x1f\x7f\ud800-\udfff]")
"""A pattern to engines; what would break a list of files into other lines; a byte that is not UTF-8."""
_BLOCK: Final = 1 << 20


@dataclass(frozen=True)
class File:
    """A file as it was found: what changes when it is written again."""

    path: str
    bytes: int
    changed: tuple[int, int, int]

    @property
    def now(self) -> File | None:
        """The same file as it is now, None if it is gone."""
        try:
            return _file(self.path, os.stat(self.path))
        except OSError:
            return None


@dataclass(frozen=True)
class Seen:
    """The digest of a file's bytes; how many line ends they hold, -1 if they are packed."""

    sha256: str
    lines: int


def found(wanted: Input, place: Path) -> list[File]:
    """
    All files of an input, sorted by their paths.

    Raises:
        SourceUnavailable: there is none.
        BadInput: one cannot be looked at.
    """
    try:
        files = sorted(_below(place, wanted.of_suffixes), key=lambda file: file.path)
    except OSError as error:
        raise BadInput(
            f"{place} cannot be looked at: {error}. It is probably not open to this user. Check its permissions"
        ) from error
    if odd := next((file.path for file in files if _ODD.search(file.path)), None):
        raise BadInput(
            f"{odd!r} has one of {_PATTERN} in its name, which engines take for a pattern, or a character that is none. Rename it"
        )
    if not files:
        ends = " or ".join(wanted.of_suffixes)
        what = (
            "is not there" if not set(str(place)) & set(_PATTERN) and not place.exists() else f"has no file that ends in {ends}"
        )
        raise SourceUnavailable(
            f"the raw data {what}: {place}. They do not come along. docs/scale.md says where to get them; put them there, or "
            "name their place in the recipe"
        )
    return files


def shards(files: Sequence[File], most_bytes: int) -> Iterator[list[File]]:
    """
    The files in groups of at most `most_bytes`, a larger file alone. Folders are parted on their own, small ones put together.

    So a file that is added changes the groups of its own folder, and what was computed of the others still counts.
    """
    small: list[File] = []
    for _, folder in groupby(files, lambda file: os.path.dirname(file.path)):
        here = list(folder)
        if _bytes(here) < most_bytes // 4:
            small += here
            continue
        yield from _parted(small, most_bytes)
        yield from _parted(here, most_bytes)
        small = []
    yield from _parted(small, most_bytes)


def _parted(files: Sequence[File], most_bytes: int) -> Iterator[list[File]]:
    group: list[File] = []
    size = 0
    for file in files:
        if group and size + file.bytes > most_bytes:
            yield group
            group, size = [], 0
        group.append(file)
        size += file.bytes
    if group:
        yield group


def _bytes(files: Iterable[File]) -> int:
    return sum(file.bytes for file in files)


def synthetic(files: Iterable[File]) -> bool:
    """Whether any of the files is said to be made up, by a mark in its folder or in one above, also of where links lead."""
    there = list(files)
    folders = {os.path.dirname(file.path) for file in there}
    folders |= {os.path.realpath(folder) for folder in folders}
    folders |= {os.path.dirname(os.path.realpath(file.path)) for file in there if os.path.islink(file.path)}
    above = {str(parent) for folder in folders for parent in (Path(folder), *Path(folder).parents)}
    return any(os.path.exists(os.path.join(folder, MARK)) for folder in above)


class Digests:
    """
    Digests of files, remembered in a small database as long as a file is not written again.

    Whatever it is asked, it raises SourceUnavailable if the database cannot be read or written.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        with self._open() as database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS digest (path TEXT PRIMARY KEY, bytes INT, inode INT, mtime INT, ctime INT, "
                "sha256 TEXT, lines INT) WITHOUT ROWID"
            )

    def of(self, files: Sequence[File], form: Format) -> list[Seen]:
        """
        The digests of some files, in their order.

        Raises:
            SourceUnavailable: one cannot be read any more.
        """
        known = self._known(files)
        new = [file for file in files if file not in known]
        cores = os.cpu_count() or 1
        jobs = [partial(_all_digested, new[core::cores], form) for core in range(min(cores, len(new)))]
        read = {file: seen for told in side_by_side(jobs, cores) for file, seen in told.items()}
        self._keep(read)
        return [known.get(file) or read[file] for file in files]

    def _known(self, files: Sequence[File]) -> dict[File, Seen]:
        with self._open() as database:
            rows = (
                (
                    file,
                    database.execute(
                        "SELECT bytes, inode, mtime, ctime, sha256, lines FROM digest WHERE path = ?", (file.path,)
                    ).fetchone(),
                )
                for file in files
            )
            return {file: Seen(row[4], row[5]) for file, row in rows if row and (row[0], row[1:4]) == (file.bytes, file.changed)}

    def _keep(self, read: dict[File, Seen]) -> None:
        rows = [(file.path, file.bytes, *file.changed, seen.sha256, seen.lines) for file, seen in read.items()]
        with self._open() as database:
            database.executemany("INSERT OR REPLACE INTO digest VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._file, timeout=60)) as database, database:
                yield database
        except (OSError, sqlite3.Error) as error:
            raise SourceUnavailable(
                f"{self._file}, which remembers the digests of files, cannot be used: {error}. The disk is full, it is not "
                "open to this user, or it is damaged. Make room, or remove it: it is made anew"
            ) from error


def in_utf8(files: Sequence[File], encoding: str, folder: Path) -> list[str]:
    """
    The paths of some files, or of copies in UTF-8 below `folder` if they are of another encoding: engines know few, and differ.

    DuckDB 2.0 refuses Latin-1 with bytes from 0x80 to 0x9f, as Kaggle's survey of 2017 has them.

    Raises:
        SourceUnavailable: one cannot be read any more, or no copy be written.
        BadInput: one is not of that encoding.
    """
    return [file.path if encoding == "utf-8" else str(_copy(file, encoding, folder)) for file in files]


def refuse_changed(files: Iterable[File]) -> None:
    """
    Nothing, unless a file has changed since it was found.

    Raises:
        SourceUnavailable: it has; what was computed of it is of no known bytes.
    """
    for file in files:
        if file.now != file:
            raise SourceUnavailable(
                f"{file.path} was written or removed while it was read. A download is probably under way. Run again when it is "
                "over; what was computed before is kept"
            )


def _copy(file: File, encoding: str, folder: Path) -> Path:
    state = hashlib.sha256(repr((file, encoding)).encode()).hexdigest()
    copy = folder / f"{state}{''.join(Path(file.path).suffixes).removesuffix('.gz')}"
    if copy.exists():
        return copy
    beside = copy.with_suffix(f".{os.getpid()}.new")
    opener = gzip.open if file.path.endswith(".gz") else open
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with opener(file.path, "rt", encoding=encoding, newline="") as text, beside.open("w", encoding="utf-8", newline="") as to:
            shutil.copyfileobj(text, to, _BLOCK)
        beside.replace(copy)
    except UnicodeError as error:
        raise BadInput(f"{file.path} is not in {encoding}: {error}. Name the right encoding in the recipe") from error
    except (OSError, EOFError) as error:
        raise SourceUnavailable(
            f"no copy of {file.path} in UTF-8 could be made: {error}. It is damaged, or the disk is full. Check both"
        ) from error
    finally:
        beside.unlink(missing_ok=True)
    return copy


def _below(place: Path, suffixes: tuple[str, ...]) -> Iterator[File]:
    text = str(place)
    if set(text) & set(_PATTERN) and not place.exists():
        yield from _matching(place)
    elif place.is_dir():
        yield from _walk(text, suffixes)
    elif place.exists():
        yield _file(text, place.stat())


def _matching(place: Path) -> Iterator[File]:
    """Files by a pattern; `**` stands for any folders."""
    parts = place.parts
    fixed = next(number for number, part in enumerate(parts) if set(part) & set(_PATTERN))
    root, pattern = Path(*parts[:fixed]), str(Path(*parts[fixed:]))
    if root.is_dir():
        for path in root.glob(pattern):
            if path.is_file():
                yield _file(str(path), path.stat())


def _walk(folder: str, suffixes: tuple[str, ...], above: tuple[str, ...] = ()) -> Iterator[File]:
    """By scandir: a folder may hold millions of files, and its entries know their kind without another call."""
    here = (*above, os.path.realpath(folder))
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if not entry.is_symlink() or os.path.realpath(entry.path) not in here:  # else round in a circle
                    yield from _walk(entry.path, suffixes, here)
            elif entry.name.endswith(suffixes) and not entry.name.startswith("."):
                yield _file(entry.path, entry.stat())


def _file(path: str, state: os.stat_result) -> File:
    return File(path, state.st_size, (state.st_ino, state.st_mtime_ns, state.st_ctime_ns))


def _all_digested(files: Sequence[File], form: Format) -> dict[File, Seen]:
    return {file: _digested(file, form) for file in files}


def _digested(file: File, form: Format) -> Seen:
    counts_lines = form in (Format.CSV, Format.JSON) and not file.path.endswith(".gz")
    sums, lines = hashlib.sha256(), 0
    try:
        with open(file.path, "rb", buffering=0) as opened:
            while block := opened.read(_BLOCK):
                sums.update(block)
                lines += block.count(b"\n") if counts_lines else 0
    except OSError as error:
        raise SourceUnavailable(f"{file.path} cannot be read: {error}. Check its permissions and the disk") from error
    return Seen(sums.hexdigest(), lines if counts_lines else -1)
