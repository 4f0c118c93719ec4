"""
A database that fails between a post and its receipt: the command says so and ends with 2, nothing is lost, nothing is sent blindly.

The database fails in X's own moment: the second post is accepted, and its answer is not out yet.
"""

from __future__ import annotations

import array
import fcntl
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.rehearsal import CREATE
from bot.store import open_store
from tests.crashes.deadly_x import DeadlyX
from tests.crashes.matrix import CALM, Cell, Row, complaints, rows, run
from tests.crashes.nursery import COMMANDS, Ending, Nursery, a_command, words
from tests.crashes.thread import REPORT, a_thread
from tests.store.databases import Place, PostgreSQLDatabase, Server, SQLiteFile

NOBODY = 65534
BUSY = "another process has been writing for too long or hangs in the middle; let it finish, or end it, and run again"
FULL = "the disk is full or fails; free space, then run again: nothing half done was kept"
RIGHTS = (
    "the file, its folder or the schema may not be written by this user; give it the rights, or set DATABASE_URL to another place"
)
AWAY = "the server is down or out of reach, or refuses the user, the password or the name of the database; start it, or mend DATABASE_URL"


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery(COMMANDS) as nursery:
        yield nursery


@dataclass
class Bench:
    """A thread that was agreed to, an account, and a command to bring the one to the other; patient for half a second."""

    place: Place
    there: DeadlyX
    nursery: Nursery
    folder: Path

    def post(self, uid: int | None = None, call_at: str | None = None) -> Ending:
        arguments = ["post", REPORT, "--period", "2020", "--yes"]
        more = {"uid": uid, "call_at": call_at, "patience_s": 0.5}
        return self.nursery.raise_one(a_command(self.place.url, self.there, self.folder, *arguments, **more))

    @property
    def last_words(self) -> str:
        return words(self.folder)[1].splitlines()[-1]

    @property
    def sends(self) -> int:
        return sum(call.operation == CREATE for call in self.there.calls)

    def is_whole(self) -> None:
        """The thread is there, each post was sent once, and the store knows."""
        assert list(complaints(self.there, rows(self.place.ask, "2020"))) == []
        assert self.sends == 3


@contextmanager
def a_bench(place: Place, nursery: Nursery) -> Iterator[Bench]:
    """In a folder that everybody may enter."""
    with open_store(place.url) as store:
        store.desk.freeze(a_thread("2020"))
    folder = Path(tempfile.mkdtemp(prefix="threadmill-"))
    folder.chmod(0o777)
    try:
        with DeadlyX() as there:
            yield Bench(place, there, nursery, folder)
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def bench(place: Place, nursery: Nursery) -> Iterator[Bench]:
    with a_bench(place, nursery) as bench:
        yield bench


@pytest.fixture
def on_a_file(file: SQLiteFile, nursery: Nursery) -> Iterator[Bench]:
    with a_bench(file, nursery) as bench:
        yield bench


@pytest.fixture
def on_a_server(database: PostgreSQLDatabase, nursery: Nursery) -> Iterator[Bench]:
    with a_bench(database, nursery) as bench:
        yield bench


def found_out(bench: Bench, *said: str, call_at: str | None = None, mend: Callable[[], object] = lambda: None) -> None:
    """The command ends with 2 and these words while X has two posts; once the database is mended it finds the second one there."""
    assert bench.post(call_at=call_at).code == 2
    for words_of_it in said:
        assert words_of_it in bench.last_words
    assert (bench.there.creates, bench.sends) == (2, 2)
    mend()
    assert bench.post().code == 0, words(bench.folder)
    bench.is_whole()


# Stores that are made ---------------------------------------------------------------------------------------------------------------


@dataclass
class Nothing:
    """Where a store may be, and is not yet."""

    place: Place
    name: str = "nothing"

    def fresh(self) -> tuple[str, str]:
        return self.place.url, "2020"

    def told(self, _: str, period: str) -> list[Row]:
        return rows(self.place.ask, period)


@pytest.fixture(scope="module")
def children() -> Iterator[Nursery]:
    with Nursery() as children:
        yield children


@pytest.mark.parametrize("moment", [1, 2])
def test_a_command_that_is_killed_while_it_makes_its_store_is_finished_by_the_next(
    moment: int, place: Place, children: Nursery
) -> None:
    ran = run(Cell(Nothing(place), CALM, moment), children)
    assert ran.moments == ("before commit", "after commit")[:moment]
    assert ran.wrong == ()


# Locks --------------------------------------------------------------------------------------------------------------------------


def test_a_file_that_is_locked_at_the_receipt_is_told_of_and_the_post_found(on_a_file: Bench, file: SQLiteFile) -> None:
    with closing(sqlite3.connect(file.path, isolation_level=None, check_same_thread=False)) as other:
        on_a_file.there.after_create[2] = lambda: other.execute("BEGIN IMMEDIATE")
        found_out(on_a_file, "database is locked", BUSY, mend=lambda: other.execute("ROLLBACK"))


def test_a_table_that_is_locked_at_the_receipt_is_told_of_and_the_post_found(
    on_a_server: Bench, database: PostgreSQLDatabase
) -> None:
    with database.connect() as other:
        other.autocommit = False
        on_a_server.there.after_create[2] = lambda: other.execute("LOCK TABLE delivery")
        found_out(on_a_server, "lock timeout", BUSY, mend=other.rollback)


def test_a_lock_that_is_let_go_in_time_is_waited_for(on_a_file: Bench, file: SQLiteFile) -> None:
    with closing(sqlite3.connect(file.path, isolation_level=None, check_same_thread=False)) as other:
        ending = threading.Timer(0.2, other.execute, ["ROLLBACK"])

        def lock() -> None:
            other.execute("BEGIN IMMEDIATE")
            ending.start()

        on_a_file.there.after_create[2] = lock
        assert on_a_file.post().code == 0
        ending.join()
    on_a_file.is_whole()


# Disks and rights -----------------------------------------------------------------------------------------------------------------


def log_of(file: SQLiteFile) -> Path:
    """What has been committed and is not in the file yet: each commit makes it longer."""
    return file.path.with_name(file.path.name + "-wal")


def test_a_file_that_may_not_grow_at_the_receipt_is_told_of_and_the_post_found(on_a_file: Bench, file: SQLiteFile) -> None:
    def limit() -> None:
        size = log_of(file).stat().st_size
        resource.prlimit(on_a_file.there.client_pid, resource.RLIMIT_FSIZE, (size, size))

    on_a_file.there.after_create[2] = limit
    found_out(on_a_file, FULL)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with room for half a megabyte."""
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", tmp_path], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("nothing may be mounted here")
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


def test_a_disk_that_is_full_at_the_receipt_is_told_of_and_the_post_found(small_disk: Path, nursery: Nursery) -> None:
    def fill() -> None:
        with suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
            while filler.write(b"0" * 4096):
                pass

    with a_bench(SQLiteFile(small_disk / "threadmill.db"), nursery) as bench:
        bench.there.after_create[2] = fill
        found_out(bench, "database or disk is full", FULL, mend=(small_disk / "filler").unlink)


_GET_FLAGS, _SET_FLAGS, _IMMUTABLE = 0x80086601, 0x40086602, 0x10
"""ioctl_iflags(2): a file that is immutable refuses what is written to it, also through a descriptor that is open."""


def make_immutable(path: Path, yes: bool) -> None:
    flags = array.array("L", [0])
    with path.open("rb") as file:
        fcntl.ioctl(file, _GET_FLAGS, flags)
        flags[0] = flags[0] | _IMMUTABLE if yes else flags[0] & ~_IMMUTABLE
        fcntl.ioctl(file, _SET_FLAGS, flags)


@pytest.fixture
def lockable(tmp_path: Path) -> Path:
    """A folder whose files can be made immutable, and are then."""
    probe = tmp_path / "probe"
    probe.touch()
    with probe.open("wb", buffering=0) as file:
        try:
            make_immutable(probe, True)
        except OSError:
            pytest.skip("no file can be made immutable here")
        try:
            file.write(b"through")
        except PermissionError:
            return tmp_path
        finally:
            make_immutable(probe, False)
    pytest.skip("an immutable file can be written here")


def test_a_file_that_becomes_read_only_at_the_receipt_is_told_of_and_the_post_found(lockable: Path, nursery: Nursery) -> None:
    file = SQLiteFile(lockable / "threadmill.db")
    with a_bench(file, nursery) as bench:
        bench.there.after_create[2] = lambda: make_immutable(log_of(file), True)
        found_out(bench, "the store", "disk I/O error", mend=lambda: make_immutable(log_of(file), False))


def test_a_folder_that_became_read_only_after_a_crash_is_told_of_and_nothing_is_sent(nursery: Nursery) -> None:
    folder = Path(tempfile.mkdtemp(prefix="threadmill-"))
    file = SQLiteFile(folder / "threadmill.db")
    try:
        with a_bench(file, nursery) as bench:
            bench.there.after_create[2] = lambda: os.kill(bench.there.client_pid, signal.SIGKILL)
            assert bench.post().code == -9
            for path in (*folder.iterdir(), folder):
                path.chmod(0o555 if path.is_dir() else 0o444)
            assert bench.post(uid=NOBODY if os.geteuid() == 0 else None).code == 2
            assert RIGHTS in bench.last_words
            assert (bench.there.creates, bench.sends) == (2, 2)
            for path in (folder, *folder.iterdir()):
                path.chmod(0o755 if path.is_dir() else 0o644)
            assert bench.post().code == 0
            bench.is_whole()
    finally:
        shutil.rmtree(folder)


# Servers ------------------------------------------------------------------------------------------------------------------------


def test_a_connection_that_is_cut_between_a_post_and_its_receipt_is_made_anew(
    on_a_server: Bench, database: PostgreSQLDatabase
) -> None:
    on_a_server.there.after_create[2] = database.cut
    assert on_a_server.post().code == 0
    on_a_server.is_whole()


def test_a_connection_that_is_cut_in_the_middle_of_the_receipt_is_told_of_and_the_post_found(
    on_a_server: Bench, database: PostgreSQLDatabase
) -> None:
    there = on_a_server.there

    def cut_once_there_are_two() -> None:
        if there.creates == 2:
            database.cut()

    there.at_moment = cut_once_there_are_two
    found_out(on_a_server, "terminating connection", AWAY, call_at="before commit")


@pytest.fixture
def stoppable(server: Server) -> Iterator[Server]:
    """The server, which is there again afterwards whatever happened."""
    yield server
    server.start()


def test_a_server_that_stops_between_a_post_and_its_receipt_is_told_of_and_the_post_found_when_it_is_back(
    on_a_server: Bench, stoppable: Server
) -> None:
    def still_down_and_then_started() -> None:
        calls = len(on_a_server.there.calls)
        assert on_a_server.post().code == 2
        assert AWAY in on_a_server.last_words
        assert len(on_a_server.there.calls) == calls
        stoppable.start()

    on_a_server.there.after_create[2] = stoppable.stop
    found_out(on_a_server, AWAY, mend=still_down_and_then_started)
