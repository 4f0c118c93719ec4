"""
Writes all that is in the store at one instant to a file of its own, beside its place; the name is given to it when it is whole.

What others write meanwhile is not seen and not held up: SQLite's readers see one state of a file that is written ahead, and
PostgreSQL's a snapshot.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table, select
from sqlalchemy.exc import SQLAlchemyError

from bot.domain.keeping import Backup
from bot.errors import BadInput, BadOutput
from bot.store import portable, tables
from bot.store.address import Address
from bot.store.failures import bad_store
from bot.store.portable import Manifest, Tally
from bot.store.schema import VERSIONS

_OWNER_ALONE: Final = 0o600
"""Nobody but its owner reads it: it has no key in it, but what is going to be posted."""


def back_up(place: Address, path: Path, version: str, clock: Callable[[], dt.datetime]) -> Backup:
    """
    The backup, written, read again and compared, and on the disk.

    Raises:
        BadOutput: the file cannot be written, or something else is there. BadStore: as the store says.
    """
    path = path.expanduser().absolute()
    with _told(path), _beside(path) as part:
        with closing(sqlite3.connect(part, isolation_level=None)) as file:
            for setting in ("journal_mode = MEMORY", "synchronous = OFF", "locking_mode = EXCLUSIVE"):
                file.execute(f"PRAGMA {setting}")  # nobody sees it before it is whole; then it is synced at once
            _copy(place, file, version, clock)
        with portable.reading(part) as file:
            made = portable.examined(part, file)
        _put(part, path)
    return replace(made, path=path)


def _copy(place: Address, file: sqlite3.Connection, version: str, clock: Callable[[], dt.datetime]) -> None:
    tallies: dict[str, tuple[int, str]] = {}
    file.execute("BEGIN")
    portable.build(file, VERSIONS[-1])
    made_at = clock()  # before the snapshot: what is not in it came later
    try:
        with _snapshot(place) as source:
            for table in tables.metadata.sorted_tables:
                tallies[table.name] = _copy_table(source, file, table).told()
    except SQLAlchemyError as error:
        raise bad_store(error, place.name, place.secrets) from None
    layout, kind = portable.layout(file), place.engine.dialect.name
    portable.write(file, Manifest(str(portable.plain(made_at)), version, kind, VERSIONS[-1], layout, tallies))
    file.execute("COMMIT")


@contextmanager
def _snapshot(place: Address) -> Iterator[Connection]:
    """One state of the store, for as long as it takes."""
    engine = place.engine
    if engine.dialect.name != "sqlite":
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with engine.begin() as connection:
        yield connection


def _copy_table(source: Connection, file: sqlite3.Connection, table: Table) -> Tally:
    columns = sorted(table.c, key=lambda column: column.name)
    names, marks = ", ".join(f'"{column.name}"' for column in columns), ", ".join("?" * len(columns))
    tally = Tally()

    def counted(rows: Any) -> Iterator[tuple[portable.Plain, ...]]:
        for row in rows:
            written = tuple(portable.plain(value) for value in row)
            tally.add(written)
            yield written

    at_once = portable.PAYLOADS_AT_ONCE if table is tables.payload else portable.ROWS_AT_ONCE
    streamed = source.execution_options(yield_per=at_once).execute(select(*columns))
    for rows in streamed.partitions():
        file.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', counted(rows))  # noqa: S608 - our own names
    return tally


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What the disk refuses, in our words."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        said = error.strerror or error if isinstance(error, OSError) else error
        raise BadOutput(
            f"the backup {path} cannot be written: {said}; what was there before is still there; free space or rights, or name "
            "another file"
        ) from error
    except BadInput as error:
        if isinstance(error, BadOutput) or not str(error).startswith("the backup"):
            raise
        raise BadOutput(f"what was just written could not be read again: {error}") from error


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """An empty file beside its place, which no other process writes; gone afterwards. What a killed one left is taken over."""
    _refuse_other(path)
    part = path.with_name(f".{path.name}.part")
    held = _held(part)
    try:
        os.ftruncate(held, 0)
        os.fchmod(held, _OWNER_ALONE)
        yield part
    finally:
        if _is(part, held):
            with suppress(OSError):
                part.unlink()
        os.close(held)


def _held(part: Path) -> int:
    while True:
        held = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _OWNER_ALONE)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            raise BadOutput(f"another process is writing the backup {part}; let it finish, or name another file") from None
        except OSError:
            os.close(held)
            raise
        if _is(part, held):
            return held
        os.close(held)  # whoever held it has just given it its name: to write it now would spoil that backup


def _is(path: Path, descriptor: int) -> bool:
    try:
        there, ours = path.lstat(), os.fstat(descriptor)
    except OSError:
        return False
    return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)


def _refuse_other(path: Path) -> None:
    """A slip must not cost anybody another file: above all not the store itself."""
    if not path.parent.is_dir():
        raise BadOutput(f"the backup {path} cannot be written: there is no folder {path.parent}; make it, or name another file")
    if path.is_symlink() or (path.exists() and not (path.is_file() and (portable.is_backup(path) or path.stat().st_size == 0))):
        raise BadOutput(f"{path} is there already and is no backup; it was not touched; name another file, or move it away")


def _put(part: Path, path: Path) -> None:
    """On the disk, then under its name, and the name on the disk."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # some file systems cannot, and then need not
            os.fsync(folder)
    finally:
        os.close(folder)
