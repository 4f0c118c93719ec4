"""What goes wrong with a database, and what whoever runs the bot is told."""

from __future__ import annotations

import datetime as dt
import os
import resource
import shutil
import sqlite3
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import Engine, event

from bot.errors import BadStore
from bot.ports import Rest, Store
from bot.store import open_store
from tests.store.databases import PASSWORD, Place, PostgreSQLDatabase, SQLiteFile
from tests.store.words import MORNING, a_reading, a_reply, later

TODAY = dt.date(2026, 10, 5)
NOBODY = 65534
BUSY = "another process has been writing for too long or hangs in the middle; let it finish, or end it, and run again"

# Locks --------------------------------------------------------------------------------------------------------------------------


def test_a_locked_file_is_waited_for_and_then_told_of_while_readers_go_on(file: SQLiteFile) -> None:
    with open_store(file.url, patience_s=0.05) as store, closing(sqlite3.connect(file.path, isolation_level=None)) as other:
        store.keep("npm", "keras", a_reply())
        other.execute("BEGIN IMMEDIATE")
        for write in (
            lambda: store.keep("npm", "torch", a_reply()),
            lambda: store.record("npm", [a_reading()]),
            lambda: store.refuse("npm", ["keras"]),
            lambda: store.leave_alone("npm", Rest(MORNING, "429")),
        ):
            with pytest.raises(BadStore) as refusal:
                write()
            assert str(refusal.value) == f"the store {file.path} cannot be used: database is locked; {BUSY}"
        assert store.kept("npm", "keras", TODAY) == a_reply()
        other.execute("ROLLBACK")
        assert store.record("npm", [a_reading()]) == 1


def test_a_fresh_file_that_is_locked_is_not_opened(file: SQLiteFile) -> None:
    file.path.parent.mkdir()
    with closing(sqlite3.connect(file.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(BadStore, match=f"database is locked; {BUSY}"):
            open_store(file.url, patience_s=0.05)


def test_a_fresh_file_that_another_is_just_writing_is_waited_for(file: SQLiteFile) -> None:
    file.path.parent.mkdir()
    with closing(sqlite3.connect(file.path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        ending = threading.Timer(0.1, other.execute, ["ROLLBACK"])
        ending.start()
        open_store(file.url, patience_s=10).close()
        ending.join()


def test_a_locked_table_of_postgresql_is_waited_for_and_then_told_of(database: PostgreSQLDatabase) -> None:
    with open_store(database.url, patience_s=0.05) as store, database.connect() as other:
        with other.transaction():
            other.execute("LOCK TABLE reading")
            with pytest.raises(BadStore) as refusal:
                store.record("npm", [a_reading()])
        assert str(refusal.value) == (
            f"the store {database.socket}/threadmill cannot be used: canceling statement due to lock timeout; {BUSY}"
        )
        assert store.record("npm", [a_reading()]) == 1


# Disks and rights -----------------------------------------------------------------------------------------------------------------


@contextmanager
def a_limit_on_pages(count: int) -> Iterator[None]:
    """Databases of SQLite are full at so many pages of 4 KiB."""

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {count}")

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


@contextmanager
def a_limit_on_files(size_bytes: int) -> Iterator[None]:
    """No file of this process can be written beyond a size, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_told_of_and_nothing_half_done_is_kept(file: SQLiteFile) -> None:
    with a_limit_on_pages(100), open_store(file.url) as store:
        with pytest.raises(BadStore) as refusal:
            store.record("npm", [a_reading(number, f"package {number}") for number in range(5_000)])
        assert str(refusal.value) == (
            f"the store {file.path} cannot be used: database or disk is full; "
            f"the disk is full or fails; free space, then run again: nothing half done was kept"
        )
    with open_store(file.url) as store:
        assert file.ask("SELECT count(*) FROM reading") == [(0,)]
        assert store.record("npm", [a_reading()]) == 1


def test_a_disk_that_takes_no_more_is_told_of_and_the_store_goes_on_when_there_is_space(file: SQLiteFile) -> None:
    with open_store(file.url) as store:
        store.keep("npm", "keras", a_reply())
        with a_limit_on_files(100_000), pytest.raises(BadStore, match=r"; the disk is full or fails; free space, then run again"):
            store.keep("npm", "torch", a_reply(os.urandom(1_000_000)))
        assert store.kept("npm", "torch", TODAY) is None
        store.keep("npm", "torch", a_reply(b"fits"))
        assert store.kept("npm", "torch", TODAY) == a_reply(b"fits")


@contextmanager
def nobody() -> Iterator[Path]:
    """A folder that this process, for once not run by root, may read and not write."""
    folder = Path(tempfile.mkdtemp(prefix="threadmill-"))
    root = os.geteuid() == 0
    try:
        folder.chmod(0o555)
        if root:
            os.seteuid(NOBODY)
        yield folder
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_a_folder_that_may_not_be_written_is_told_of(file: SQLiteFile) -> None:
    open_store(file.url).close()  # loads what it needs while it may be read
    with nobody() as folder:
        with pytest.raises(BadStore) as refusal:
            open_store(f"sqlite:///{folder}/threadmill.db")
        assert str(refusal.value) == (
            f"the store {folder}/threadmill.db cannot be used: unable to open database file; the file, its folder or the schema "
            f"may not be written by this user; give it the rights, or set DATABASE_URL to another place"
        )
        with pytest.raises(BadStore) as refusal:
            open_store(f"sqlite:///{folder}/below/threadmill.db")
        assert str(refusal.value) == (
            f"the folder of the store {folder}/below/threadmill.db cannot be made: Permission denied; "
            f"the path is wrong or the folder above may not be written; mend DATABASE_URL, or THREADMILL_HOME without one"
        )


def test_a_file_that_may_not_be_written_is_told_of(file: SQLiteFile) -> None:
    with nobody() as folder:
        path = folder / "threadmill.db"
        if os.getuid() == 0:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.copy(_closed(file), path)
        path.chmod(0o444)
        folder.chmod(0o555)
        if os.getuid() == 0:
            os.seteuid(NOBODY)
        with pytest.raises(BadStore, match="may not be written by this user; give it the rights, or set DATABASE_URL to another"):
            open_store(f"sqlite:///{path}")


def _closed(file: SQLiteFile) -> Path:
    open_store(file.url).close()
    return file.path


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("file/below/x.db", "Not a directory|File exists"),
        ("nul\0/x.db", "embedded null"),
        ("n" * 300 + "/x.db", "File name too long"),
    ],
)
def test_a_folder_that_cannot_be_made_is_told_of(tmp_path: Path, path: str, reason: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        BadStore, match=f"cannot be made: .*({reason}).*; the path is wrong or the folder above may not be written"
    ):
        open_store(f"sqlite:///{tmp_path}/{path}")


def test_a_folder_in_the_place_of_the_file_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(BadStore, match="unable to open database file"):
        open_store(f"sqlite:///{tmp_path}")


def test_a_user_without_rights_in_postgresql_is_told_of(database: PostgreSQLDatabase) -> None:
    with pytest.raises(
        BadStore, match="permission denied for schema public; the file, its folder or the schema may not be written"
    ):
        open_store(f"postgresql://guarded:{quote(PASSWORD, safe='')}@/threadmill?host={database.socket}")


# Damage -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [b"", b"not compressed", zlib.compress(b"{}")[:-6], zlib.compress(b"[]"), zlib.compress(b"{}" * 10_000_000)],
    ids=["empty", "not compressed", "cut", "other bytes", "a bomb"],
)
def test_a_damaged_payload_is_never_answered_with(store: Store, place: Place, body: bytes) -> None:
    store.keep("npm", "keras", a_reply())
    place.ask("UPDATE payload SET body = ?", body)
    digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"  # sha256 of {}
    assert store.kept("npm", "keras", TODAY) is None
    with pytest.raises(BadStore) as refusal:
        store.payload(digest)
    assert str(refusal.value).startswith(f"the payload {digest} in the store ")
    assert str(refusal.value).endswith(
        " is damaged: its bytes do not have this digest any more; "
        "the disk or a copy of the database failed; check the disk and restore a backup"
    )


def test_a_damaged_payload_is_mended_by_the_same_reply_again(store: Store, place: Place) -> None:
    store.keep("npm", "keras", a_reply())
    place.ask("UPDATE payload SET body = ?", b"spoilt")
    store.keep("npm", "keras", a_reply())
    assert store.payload(a_reply().sha256) == a_reply().body


@pytest.mark.parametrize("change", ["status = 'guessed'", "origin = ''", "period_end = period_start"])
def test_a_reading_that_was_spoilt_by_hand_is_told_of(store: Store, place: Place, change: str) -> None:
    store.record("npm", [a_reading()])
    place.ask(f"UPDATE reading SET {change}")
    for read in (lambda: store.readings("npm", ["keras"]), lambda: store.record("npm", [a_reading(13)])):
        with pytest.raises(
            BadStore, match="^a reading in the store .* cannot be: .*; rows were probably changed by hand; restore"
        ):
            read()


WAYS: list[Callable[[Store], object]] = [
    lambda store: store.kept("npm", "keras", TODAY),
    lambda store: store.keep("npm", "keras", a_reply()),
    lambda store: store.refuse("npm", ["keras"]),
    lambda store: store.payload("0" * 64),
    lambda store: store.record("npm", [a_reading()]),
    lambda store: store.readings("npm", ["keras"]),
    lambda store: store.rest("npm"),
    lambda store: store.leave_alone("npm", Rest(later(hours=1), "429")),
]


def test_every_method_tells_of_tables_that_are_gone(store: Store, place: Place) -> None:
    for table in ("upload", "picture", "reply", "payload", "reading", "rest"):
        place.ask(f"DROP TABLE {table}")
    for way in WAYS:
        with pytest.raises(BadStore, match=r"tables or server are not as this version expects them; look into the server's log"):
            way(store)


# Servers ------------------------------------------------------------------------------------------------------------------------


def test_a_server_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(BadStore) as refusal:
        open_store(f"postgresql://bot:hunter2@/threadmill?host={tmp_path}")
    assert str(refusal.value).startswith(f"the store {tmp_path}/threadmill cannot be used: ")
    assert "No such file or directory" in str(refusal.value)
    assert str(refusal.value).endswith("or the name of the database; start it, or mend DATABASE_URL")


def test_a_database_that_is_not_there_is_told_of(database: PostgreSQLDatabase) -> None:
    with pytest.raises(BadStore, match='database "nowhere" does not exist; the server is down or out of reach, or refuses'):
        open_store(database.url.replace("/threadmill?", "/nowhere?"))


def test_a_connection_that_was_cut_is_made_anew(database: PostgreSQLDatabase) -> None:
    with open_store(database.url) as store:
        store.record("npm", [a_reading()])
        database.cut()
        assert store.readings("npm", ["keras"]) == [a_reading()]


def test_a_connection_that_is_cut_in_the_middle_writes_nothing(database: PostgreSQLDatabase) -> None:
    cut_short = pytest.raises(BadStore, match="terminating connection.*; the server is down or out of reach")
    with open_store(database.url) as store:
        with at_commit(database.cut), cut_short:
            store.record("npm", [a_reading()])
        assert store.readings("npm", ["keras"]) == []
        assert store.record("npm", [a_reading()]) == 1


@contextmanager
def at_commit(act: Callable[[], object]) -> Iterator[None]:
    """Something happens when a store is about to commit."""

    def listener(_connection: object) -> None:
        act()

    event.listen(Engine, "commit", listener)
    try:
        yield
    finally:
        event.remove(Engine, "commit", listener)
