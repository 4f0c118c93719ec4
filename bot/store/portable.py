"""
A backup's file: the tables of the store in SQLite, whatever the store is, and one more that says what the backup is and seals it.

The seal is a digest of every value: SQLite's own check looks at the build of a file, and not at what stands in it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Boolean, Column, Date, MetaData, String, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from bot.domain.keeping import Backup
from bot.errors import BadInput
from bot.store import tables
from bot.store.schema import BACKUP_TABLE, VERSIONS

FORMAT: Final = "threadmill backup 1"
"""Changes with what is sealed, and how: what another version wrote is not guessed at."""

ROWS_AT_ONCE: Final = 1_000
PAYLOADS_AT_ONCE: Final = 20
"""Rows that are held in memory together: a payload may have megabytes."""

_HEADER: Final = 100
_SHOWN: Final = 3
_WHOLE: Final = 2**256

Plain = None | int | float | str | bytes
"""What SQLite knows."""


@dataclass
class Tally:
    """Rows that went by: how many, and a digest of all of them in whatever order."""

    row_count: int = 0
    total: int = 0

    def add(self, row: Iterable[Plain]) -> None:
        """One row; of bytes, of which there may be many, only their digest is written out."""
        said = repr([hashlib.sha256(value).digest() if isinstance(value, bytes) else value for value in row])
        self.total = (self.total + int.from_bytes(hashlib.sha256(said.encode()).digest(), "big")) % _WHOLE
        self.row_count += 1

    def told(self) -> tuple[int, str]:
        return self.row_count, f"{self.total:064x}"


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself: `layout` is a digest of how its tables are built, `tallies` are rows and digest of each."""

    made_at: str
    version: str
    kind: str
    tables_version: str
    layout: str
    tallies: Mapping[str, tuple[int, str]] = field(default_factory=dict)

    def told(self) -> str:
        """As it is written, with its seal."""
        said = {**vars(self), "tallies": {name: list(tally) for name, tally in sorted(self.tallies.items())}, "format": FORMAT}
        return json.dumps({**said, "seal": _seal(said)})


def build(file: sqlite3.Connection, tables_version: str) -> None:
    """The tables of this version in an empty file."""
    version = Table(tables.VERSION_TABLE, MetaData(), Column("version_num", String(32), primary_key=True))
    dialect = sqlite.dialect()
    for table in (*tables.metadata.sorted_tables, version):
        file.execute(str(CreateTable(table).compile(dialect=dialect)))
    for table in tables.metadata.sorted_tables:
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            file.execute(str(CreateIndex(index).compile(dialect=dialect)))
    file.execute(f"INSERT INTO {tables.VERSION_TABLE} VALUES (?)", (tables_version,))  # noqa: S608 - our own name


def write(file: sqlite3.Connection, manifest: Manifest) -> None:
    """What makes a file a backup: its manifest."""
    file.execute(f"CREATE TABLE {BACKUP_TABLE} (manifest TEXT NOT NULL)")
    file.execute(f"INSERT INTO {BACKUP_TABLE} VALUES (?)", (manifest.told(),))  # noqa: S608 - our own name


def layout(file: sqlite3.Connection) -> str:
    """A digest of what was built, but for what makes it a backup."""
    built = file.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE tbl_name <> ? ORDER BY 1, 2", (BACKUP_TABLE,))
    return hashlib.sha256(repr(built.fetchall()).encode()).hexdigest()


def plain(value: Any) -> Plain:
    """A value of ours as SQLite has it."""
    if isinstance(value, dt.datetime):
        return tables.utc(value).isoformat(timespec="microseconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value


def typed(column: Column[Any], value: Plain) -> Any:
    """The other way: what SQLite has, as a value of ours."""
    if value is None:
        return None
    if isinstance(column.type, tables.Instant):
        return dt.datetime.fromisoformat(str(value))
    if isinstance(column.type, Date):
        return dt.date.fromisoformat(str(value))
    return bool(value) if isinstance(column.type, Boolean) else value


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A backup that nobody changes meanwhile, and nobody may change by this."""
    with path.open("rb") as opened:
        if opened.read(_HEADER)[18:20] == b"\2\2":  # https://sqlite.org/fileformat.html; to open it would leave files beside it
            raise _none(path, "it is written ahead, as a store is")
    with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, isolation_level=None)) as file:
        file.execute("BEGIN")
        file.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield file


def checked(path: Path) -> Backup:
    """
    What a backup is, every value of it looked at.

    Raises:
        BadInput: it is none, is damaged, or is of a version this Threadmill does not know.
    """
    with told(path), reading(path) as file:
        return examined(path, file)


def examined(path: Path, file: sqlite3.Connection) -> Backup:
    """The same of one that is open already."""
    manifest = _manifest(path, file)
    if manifest.tables_version not in VERSIONS:
        raise BadInput(
            f"the backup {path} has tables of version {manifest.tables_version}, and this Threadmill knows none after "
            f"{VERSIONS[-1]}: a newer one, {manifest.version}, made it; install that one here too"
        )
    wrong = [str(row[0]) for row in file.execute("PRAGMA integrity_check") if row != ("ok",)]
    wrong += [f"a row of {row[0]} refers to none of {row[2]}" for row in file.execute("PRAGMA foreign_key_check")]
    if wrong:
        raise _damaged(path, "; ".join(wrong[:_SHOWN]))
    if layout(file) != manifest.layout:
        raise _damaged(path, "its tables are not built as they were")
    damaged: list[str] = []
    for name, tally in manifest.tallies.items():
        if _tally(file, name, damaged).told() != tally:
            raise _damaged(path, f"the rows of its table {name} are not those that were written")
    counts = {name: rows for name, (rows, _) in manifest.tallies.items()}
    made_at = dt.datetime.fromisoformat(manifest.made_at)
    size = path.stat().st_size
    told = manifest.version, manifest.kind, manifest.tables_version
    return Backup(path, made_at, *told, counts, size, tuple(sorted(damaged)))


def is_backup(path: Path) -> bool:
    """Whether a file is a backup of ours, whole or not."""
    try:
        with reading(path) as file:
            return bool(file.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (BACKUP_TABLE,)).fetchone())
    except (sqlite3.Error, BadInput):
        return False


@contextmanager
def told(path: Path) -> Iterator[None]:
    """What a file that cannot be read says, in our words."""
    try:
        yield
    except (sqlite3.Error, OSError, UnicodeDecodeError, zlib.error, ValueError, TypeError, KeyError) as error:
        code = getattr(error, "sqlite_errorname", "")
        if not path.exists():
            raise BadInput(f"there is no backup {path}; the path was probably mistaken") from None
        if path.is_dir():
            raise BadInput(f"{path} is a folder and no backup; name a file that threadmill backup wrote") from None
        if code.startswith(("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH", "SQLITE_BUSY")) or isinstance(error, OSError):
            raise BadInput(
                f"the backup {path} cannot be read: {error}; it is another user's, a folder, or somebody is writing it; "
                "give this user the right to read it, or name another file"
            ) from error
        if code == "SQLITE_NOTADB":
            raise _none(path, "it is no SQLite file") from error
        raise _damaged(path, str(error)) from error


def _manifest(path: Path, file: sqlite3.Connection) -> Manifest:
    names = {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if BACKUP_TABLE not in names:
        ours = tables.VERSION_TABLE in names
        raise _none(path, "it is a store itself" if ours else f"it has no table named {BACKUP_TABLE}")
    rows = file.execute(f"SELECT manifest FROM {BACKUP_TABLE}").fetchall()  # noqa: S608 - our own name
    said = json.loads(rows[0][0]) if len(rows) == 1 else {}
    seal = said.pop("seal", "")
    if _seal(said) != seal:
        raise _damaged(path, "what it says of itself is not what was written")
    if said["format"] != FORMAT:
        raise BadInput(
            f'the backup {path} is of the format "{said["format"]}", which this Threadmill does not read; install a newer'
        )
    said.pop("format")
    manifest = Manifest(**said)
    return replace(manifest, tallies={name: (int(rows), str(digest)) for name, (rows, digest) in manifest.tallies.items()})


def _seal(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _tally(file: sqlite3.Connection, name: str, damaged: list[str]) -> Tally:
    """One table as it stands in the file, its columns by name; digests of payloads whose bytes have another go to `damaged`."""
    columns = sorted(row[1] for row in file.execute(f'PRAGMA table_info("{name}")'))
    tally = Tally()
    place = {column: number for number, column in enumerate(columns)}
    for row in file.execute(f"SELECT {', '.join(columns)} FROM {name}"):  # noqa: S608 - names of our own tables, which are sealed
        tally.add(row)
        if name == tables.payload.name and not _sound(row[place["sha256"]], row[place["body"]], row[place["size_bytes"]]):
            damaged.append(row[place["sha256"]])
    return tally


def _sound(sha256: str, body: bytes, size_bytes: int) -> bool:
    try:
        return hashlib.sha256(zlib.decompressobj().decompress(body, size_bytes + 1)).hexdigest() == sha256
    except zlib.error:
        return False


def _none(path: Path, why: str) -> BadInput:
    return BadInput(f"{path} is no backup: {why}; the path was probably mistaken; name a file that threadmill backup wrote")


def _damaged(path: Path, why: str) -> BadInput:
    return BadInput(
        f"the backup {path} is damaged: {why}; the disk or a copy of it failed, or it was cut short or edited; nothing was "
        "restored; take another backup"
    )
