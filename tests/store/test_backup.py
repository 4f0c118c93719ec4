"""A backup is one state of the store, whole or not there; a restored store has all of it, and knows that it is older than the world."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from bot.domain.delivery import ALT_TEXT, Charge, Delivery, State, Upload
from bot.domain.gate import Acceptance
from bot.domain.keeping import Backup, Restored
from bot.domain.period import Period
from bot.domain.schedule import Window
from bot.domain.turn import Turn, TurnState
from bot.errors import BadInput, BadOutput, BadStore
from bot.ports import Approval, Notice, Rest, Run
from bot.store import Database, backup_file, open_store, portable
from bot.store.schema import VERSIONS
from bot.store.tables import metadata
from tests.store import workers
from tests.store.databases import Place, PostgreSQLDatabase, Server, SQLiteFile
from tests.store.test_failures import a_limit_on_files, nobody
from tests.store.words import MORNING, a_reading, a_reply, a_thread, later

NOON = later(hours=5.5)
EVENING = later(hours=12)
"""Backed up at noon, restored in the evening."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the backup goes."""
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "threadmill.backup"


@pytest.fixture
def other(tmp_path: Path) -> SQLiteFile:
    """Another file, which is not there yet."""
    return SQLiteFile(tmp_path / "other" / "threadmill.db")


def a_turn(period: str) -> Turn:
    when = Period.parse(period)
    return Turn("dl-frameworks", "x", Window(when, *(later(when.end, days=days) for days in (4, 6, 5, 21))))


def fill(store: Database) -> None:
    """Something in every table, and whatever signs there are."""
    store.keep("npm", "keras ä 🎉", a_reply(b"\0\xff" * 1000, url="https://example.org/\u200b"))
    store.keep("npm", "torch", a_reply(b"{}"))
    store.refuse("npm", ["torch"])
    store.record(
        "npm", [a_reading(0.1 + 0.2, note='"quoted"'), a_reading(1e14 + 0.015625, asked="torch"), a_reading(-1, asked="jax")]
    )
    store.leave_alone("npm", Rest(EVENING, "429"))
    cited = json.dumps([{"payload_sha256": a_reply(b"{}").sha256}])
    edition = store.desk.freeze(a_thread(facts_json=cited))
    publish(store, edition, 1)
    store.desk.uploaded(Upload(edition, 2, 1, "m1", MORNING, True), Charge(edition, 2, ALT_TEXT, 0.005, MORNING))
    done = store.desk.freeze(a_thread("Done", posts=1, period="2019"))
    publish(store, done, 1)
    store.rota.since("dl-frameworks", "x", MORNING)
    begun = store.rota.begin(a_turn("2020"), "w1", MORNING, later(minutes=10), "run 1")
    assert begun is not None
    notice = Notice("waiting", "dl-frameworks", "x", "2020", "look")
    assert store.rota.settle(replace(begun, state=TurnState.WAITING, edition=edition), MORNING, notice)
    assert store.rota.approve(Approval(edition, store.desk.frozen(edition).digest, "me", MORNING))
    store.rota.accept([Acceptance("dl-frameworks", "2020", "0a1b2c3d4e5f", "fall", "stars were\nrevoked ä", "ann@desk", MORNING)])
    store.rota.start(Run("run 1", "due", "dl-frameworks", "2020", "w1", "0.1.0", "c0ffee", MORNING))
    assert store.rota.chore("collect", MORNING.date(), "w1", MORNING, later(hours=1))
    with store._writes() as connection:
        connection.exec_driver_sql(
            "INSERT INTO restored VALUES ('2026-01-02 00:00:00.000000+00:00', '2026-01-01 00:00:00.000000+00:00')"
        )


def publish(store: Database, edition: int, position: int) -> None:
    assert store.desk.take(edition, position, "w1", MORNING, later(minutes=3))
    at = store.desk.deliveries(edition)[position - 1]
    assert store.desk.settle(at, State.PUBLISHED, remote_id=f"id {edition} {position}")


def backed_up(url: str, path: Path, clock: dt.datetime = NOON) -> Backup:
    with open_store(url, clock=lambda: clock) as store:
        return store.back_up(path, "0.1.0")


def restored(url: str, path: Path, clock: dt.datetime = EVENING) -> Restored:
    with backup_file(path) as (backup, file), open_store(url, clock=lambda: clock) as store:
        return store.restore(backup, file)


def everything(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but for what a restore changes on purpose."""
    changed = {"approval": None, "restored": None}
    with open_store(url) as store, store._reads() as connection:
        rows = {table.name: sorted(map(repr, connection.execute(table.select()))) for table in metadata.sorted_tables}
    return {name: found for name, found in rows.items() if name not in changed}  # type: ignore[misc]


# Round trips -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["sqlite", "postgresql"])
@pytest.mark.parametrize("second", ["sqlite", "postgresql"])
def test_a_store_comes_back_row_by_row_in_either_kind(
    first: str, second: str, file: SQLiteFile, other: SQLiteFile, server: Server, path: Path
) -> None:
    source: Place = server.empty_database() if first == "postgresql" else file
    with open_store(source.url, clock=lambda: MORNING) as store:
        fill(store)
    before = everything(source.url)
    assert {name for name, rows in before.items() if not rows} == set()  # every table has something to lose
    made = backed_up(source.url, path)
    target: Place = server.empty_database() if second == "postgresql" else other
    assert made == Backup(
        path, NOON, "0.1.0", first, VERSIONS[-1], {**{name: len(rows) for name, rows in before.items()}, "approval": 1, "restored": 1}, path.stat().st_size
    )  # fmt: skip
    told = restored(target.url, path)
    assert (told.made_at, told.restored_at, dict(told.row_counts)) == (NOON, EVENING, dict(made.row_counts))
    after = everything(target.url)
    for name in set(before) - {"delivery", "turn"}:
        assert after[name] == before[name]
    with open_store(target.url) as store:
        assert store.desk.frozen(1).posts == a_thread().posts
        assert store.rota.accepted("dl-frameworks", "2020")["0a1b2c3d4e5f"].because == "stars were\nrevoked ä"
        store.rota.accept([Acceptance("dl-frameworks", "2020", "0a1b2c3d4e5f", "fall", "again", "ben@desk", NOON)])
        assert store.restored() == Restored(NOON, EVENING)
        assert store.record("npm", [a_reading(7, asked="new")]) == 1  # numbers go on after the last one
        assert store.desk.freeze(a_thread(period="2031")) == 3
        store.keep("npm", "new", a_reply(b"new"))
        store.desk.charge(Charge(1, 1, "post", 0.1, MORNING))
    assert target.ask("SELECT max(id) FROM reading") == [(4,)]


def test_an_empty_store_comes_back_and_numbers_from_one(file: SQLiteFile, database: PostgreSQLDatabase, path: Path) -> None:
    open_store(file.url).close()
    backed_up(file.url, path)
    assert set(restored(database.url, path).row_counts.values()) == {0}
    with open_store(database.url) as store:
        assert store.desk.freeze(a_thread()) == 1


def test_a_backup_is_its_owners_alone_and_nothing_is_left_beside_it(place: Place, path: Path) -> None:
    open_store(place.url).close()
    old = os.umask(0)
    try:
        backed_up(place.url, path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["threadmill.backup"]


def test_a_backup_of_a_restored_store_is_one(file: SQLiteFile, other: SQLiteFile, path: Path, tmp_path: Path) -> None:
    with open_store(file.url, clock=lambda: MORNING) as store:
        fill(store)
    backed_up(file.url, path)
    restored(other.url, path)
    backed_up(other.url, path, later(days=1))
    third = SQLiteFile(tmp_path / "third.db")
    told = restored(third.url, path, later(days=2))
    assert told.row_counts["restored"] == 2
    with open_store(third.url) as store:
        assert store.restored() == Restored(later(days=1), later(days=2))
        [_, second, _] = store.desk.deliveries(1)
        assert (second.sent_at, second.sent_until) == (NOON, later(days=2))


# One state -------------------------------------------------------------------------------------------------------------------------


def test_a_backup_is_one_state_while_others_write(
    place: Place, path: Path, other: SQLiteFile, processes: ForkServerContext
) -> None:
    under_way, enough = processes.Event(), processes.Event()
    crowd = [processes.Process(target=workers.write_until_told, args=(place.url, under_way, enough)) for _ in range(2)]
    open_store(place.url).close()
    for process in crowd:
        process.start()
    assert under_way.wait(20)
    counts = [backed_up(place.url, path).row_counts["reading"] for _ in range(3)]
    for _ in range(100):
        if counts[-1] > counts[0]:  # they are writing
            break
        counts.append(backed_up(place.url, path).row_counts["reading"])
    enough.set()
    for process in crowd:
        process.join(20)
        assert process.exitcode == 0
    assert all(count % workers.BATCH == 0 for count in counts)
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]
    assert restored(other.url, path).row_counts["reading"] == counts[-1]


def test_what_is_written_while_a_backup_is_made_is_not_in_it(place: Place, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(place.url) as store, open_store(place.url) as writer:
        store.record("npm", [a_reading()])
        from bot.store import backup as room

        copy = room._copy_table

        def copying(*arguments: Any) -> portable.Tally:
            tally = copy(*arguments)
            writer.record("npm", [a_reading(99, asked=f"late {arguments[2].name}")])
            writer.desk.freeze(a_thread(period=f"20{len(writer.desk.editions()):02d}"))
            return tally

        monkeypatch.setattr(room, "_copy_table", copying)
        made = store.back_up(path, "0.1.0")
    assert (made.row_counts["reading"], made.row_counts["edition"], made.row_counts["delivery"]) == (1, 0, 0)


# Killed ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("there", [False, True], ids=["none before", "one before"])
@pytest.mark.parametrize("moment", ["copy", "seal", "look", "sync", "name"])
def test_a_backup_that_is_killed_leaves_none_or_the_old_one(
    moment: str, there: bool, place: Place, path: Path, processes: ForkServerContext
) -> None:
    open_store(place.url).close()
    if there:
        backed_up(place.url, path)
    before = path.read_bytes() if there else b""
    killed = processes.Process(target=workers.die_in_backup, args=(place.url, path, moment))
    killed.start()
    killed.join(20)
    assert killed.exitcode == -9
    assert (path.read_bytes() if path.exists() else b"") == before
    backed_up(place.url, path)
    assert [one.name for one in path.parent.iterdir()] == ["threadmill.backup"]  # what was left was taken over
    portable.checked(path)


@pytest.mark.parametrize("moment", ["rows", "doubt", "commit"])
def test_a_restore_that_is_killed_leaves_an_empty_store(
    moment: str, place: Place, tmp_path: Path, path: Path, processes: ForkServerContext
) -> None:
    source = SQLiteFile(tmp_path / "source.db")
    with open_store(source.url, clock=lambda: MORNING) as store:
        fill(store)
    backed_up(source.url, path)
    killed = processes.Process(target=workers.die_in_restore, args=(place.url, path, moment))
    killed.start()
    killed.join(20)
    assert killed.exitcode == -9
    assert [place.ask(f"SELECT count(*) FROM {table.name}") for table in metadata.sorted_tables] == [[(0,)]] * len(
        metadata.sorted_tables
    )
    assert restored(place.url, path).row_counts["reading"] == 3


# Refused ---------------------------------------------------------------------------------------------------------------------------


def a_backup(file: SQLiteFile, path: Path) -> bytes:
    with open_store(file.url, clock=lambda: MORNING) as store:
        fill(store)
    backed_up(file.url, path)
    return path.read_bytes()


def refusal(path: Path, other: SQLiteFile) -> str:
    """What is said of a backup that is refused, and nothing is made."""
    with pytest.raises(BadInput) as refused:
        restored(other.url, path)
    assert not other.path.exists()
    return str(refused.value)


def test_a_byte_that_was_flipped_anywhere_is_found_or_is_in_no_value(file: SQLiteFile, other: SQLiteFile, path: Path) -> None:
    """Some bytes of a file are in no row: free room in a page. With one of them flipped all rows are still right."""
    whole = a_backup(file, path)
    with closing(sqlite3.connect(path)) as opened:
        right = {table.name: sorted(opened.execute(f"SELECT * FROM {table.name}")) for table in metadata.sorted_tables}
    found, said = 0, []
    for place in range(0, len(whole), len(whole) // 997):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        try:
            portable.checked(path)
        except BadInput as error:
            found += 1
            said.append(str(error))
            continue
        with closing(sqlite3.connect(path)) as opened:
            assert {
                table.name: sorted(opened.execute(f"SELECT * FROM {table.name}")) for table in metadata.sorted_tables
            } == right
    assert found > 20
    assert [one for one in said if "is damaged: " not in one and "is no backup: " not in one] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE reading SET value = 13 WHERE asked = 'keras'", "is damaged: the rows of its table reading are not those that were written"),
        ("DELETE FROM upload", "is damaged: the rows of its table upload are not those that were written"),
        ("UPDATE delivery SET edition = 7 WHERE position = 3", "is damaged: a row of "),
        ("UPDATE threadmill_backup SET manifest = replace(manifest, '\"sqlite\"', '\"other\"')", "is damaged: what it says of itself is not what was written"),
        ("DELETE FROM threadmill_backup", "is damaged: what it says of itself is not what was written"),
        ("DROP TABLE threadmill_backup", "is no backup: it is a store itself; the path was probably mistaken"),
        ("DROP TABLE rest", "is damaged: its tables are not built as they were"),
        ("DROP INDEX reading_figure", "is damaged: its tables are not built as they were"),
    ],
)  # fmt: skip
def test_a_backup_that_was_changed_is_refused(change: str, said: str, file: SQLiteFile, other: SQLiteFile, path: Path) -> None:
    a_backup(file, path)
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute(change)
    assert said in refusal(path, other)


@pytest.mark.parametrize("part", [0, 1, 100, 0.1, 0.5, 0.99])
def test_a_backup_that_was_cut_short_is_refused(part: float, file: SQLiteFile, other: SQLiteFile, path: Path) -> None:
    whole = a_backup(file, path)
    path.write_bytes(whole[: part if isinstance(part, int) else int(len(whole) * part)])
    said = refusal(path, other)
    assert "is damaged: " in said or "is no backup: " in said


def test_what_is_no_backup_is_refused(file: SQLiteFile, other: SQLiteFile, path: Path, tmp_path: Path) -> None:
    assert refusal(path, other) == f"there is no backup {path}; the path was probably mistaken"
    path.write_text("metric,subject,value\n" * 1000)
    assert refusal(path, other).startswith(
        f"{path} is no backup: it is no SQLite file; the path was probably mistaken; name a file"
    )
    assert refusal(tmp_path, other) == f"{tmp_path} is a folder and no backup; name a file that threadmill backup wrote"
    open_store(file.url).close()
    assert f"{file.path} is no backup: it is written ahead, as a store is; the path" in refusal(file.path, other)
    assert [one.name for one in file.path.parent.iterdir()] == ["threadmill.db"]


def test_a_backup_of_a_newer_version_is_refused(
    file: SQLiteFile, other: SQLiteFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as newer:
        for room in ("backup", "portable"):
            newer.setattr(f"bot.store.{room}.VERSIONS", ("0099",))
        a_backup(file, path)
    said = refusal(path, other)
    assert f"has tables of version 0099, and this Threadmill knows none after {VERSIONS[-1]}: a newer one, 0.1.0, made it" in said


def test_a_backup_is_not_used_as_a_store(file: SQLiteFile, path: Path) -> None:
    whole = a_backup(file, path)
    with pytest.raises(BadStore, match="is a backup: what was posted since .* bring it back there with threadmill restore"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes() == whole


def test_a_store_that_is_not_empty_is_not_mixed_with_a_backup(file: SQLiteFile, place: Place, path: Path, tmp_path: Path) -> None:
    source = SQLiteFile(tmp_path / "source.db")
    a_backup(source, path)
    with open_store(place.url) as store:
        store.leave_alone("npm", Rest(EVENING, "429"))
        store.record("npm", [a_reading()])
    before = everything(place.url)
    with pytest.raises(BadStore) as refused:
        restored(place.url, path)
    assert "is not empty: there are rows in reading, rest; what is in it would be mixed" in str(refused.value)
    assert everything(place.url) == before


def test_a_database_of_another_program_is_not_restored_into(database: PostgreSQLDatabase, file: SQLiteFile, path: Path) -> None:
    a_backup(file, path)
    database.ask("CREATE TABLE customer (name text)")
    with pytest.raises(BadStore, match="is another program's: it has a table customer"):
        restored(database.url, path)


@pytest.mark.parametrize("what", ["a file", "the store", "a folder", "a link"])
def test_nothing_but_a_backup_is_replaced(what: str, file: SQLiteFile, path: Path) -> None:
    open_store(file.url).close()
    path.with_name("elsewhere").write_text("dear")
    {
        "a file": lambda: path.write_text("dear"),
        "the store": lambda: shutil.copy(file.path, path),
        "a folder": path.mkdir,
        "a link": lambda: path.symlink_to("elsewhere"),
    }[what]()
    with pytest.raises(
        BadOutput, match="is there already and is no backup; it was not touched; name another file, or move it away"
    ):
        backed_up(file.url, path)
    assert sorted(one.name for one in path.parent.iterdir()) == ["elsewhere", "threadmill.backup"]
    assert path.with_name("elsewhere").read_text() == "dear"


def test_a_full_disk_leaves_the_old_backup(place: Place, path: Path) -> None:
    with open_store(place.url) as store:
        made = store.back_up(path, "0.1.0")
        before = path.read_bytes()
        store.keep("npm", "keras", a_reply(os.urandom(1_000_000)))
        with (
            a_limit_on_files(400_000),
            pytest.raises(BadOutput, match="cannot be written: .*; what was there before is still there"),
        ):
            store.back_up(path, "0.1.0")
        assert path.read_bytes() == before
        assert [one.name for one in path.parent.iterdir()] == ["threadmill.backup"]
        assert store.back_up(path, "0.1.0").size_bytes > made.size_bytes


def test_a_folder_that_may_not_be_written_or_is_not_there_is_told_of(file: SQLiteFile, tmp_path: Path) -> None:
    with open_store(file.url) as store:
        with pytest.raises(BadOutput, match=r"cannot be written: there is no folder .*/nowhere; make it, or name another file"):
            store.back_up(tmp_path / "nowhere" / "b", "0.1.0")
        store.desk.editions()
        with nobody() as folder, pytest.raises(BadOutput, match="cannot be written: Permission denied; .*free space or rights"):
            store.back_up(folder / "b", "0.1.0")


def test_two_backups_to_one_file_do_not_meet(file: SQLiteFile, path: Path) -> None:
    from bot.store import backup as room

    open_store(file.url).close()
    with room._beside(path), pytest.raises(BadOutput, match="another process is writing the backup"):
        backed_up(file.url, path)
    backed_up(file.url, path)


def test_a_payload_that_is_damaged_in_the_store_is_copied_as_it_is_and_told_of(
    place: Place, other: SQLiteFile, path: Path
) -> None:
    with open_store(place.url) as store:
        store.keep("npm", "keras", a_reply())
    place.ask("UPDATE payload SET body = ?", b"spoilt")
    assert backed_up(place.url, path).damaged == (a_reply().sha256,)
    assert restored(other.url, path).row_counts["payload"] == 1


# Older ------------------------------------------------------------------------------------------------------------------------------


def test_a_backup_of_an_older_version_is_brought_up_to_date(place: Place, tmp_path: Path, path: Path) -> None:
    """As a Threadmill of tables 0003 would have written it: without rota, citations and restores."""
    older = sqlite3.connect(path, isolation_level=None)
    engine = create_engine(f"sqlite:///{path}")
    from alembic import command
    from alembic.config import Config

    import bot.store

    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(bot.store.__file__).parent / "migrations"))
        command.upgrade(config, "0003")
    engine.dispose()
    with closing(older):
        older.execute(
            "INSERT INTO edition VALUES (1, 'dl-frameworks', '2020', 'x', '1', '2026-10-05T06:30:00.000001+00:00', ?, '{}', ?, "
            "'2026-10-05T06:30:00.000001+00:00', NULL)",
            ("0" * 64, json.dumps([{"payload_sha256": "a" * 64}])),
        )
        older.execute("INSERT INTO delivery VALUES (1, 1, '1/1 words', 0.015, 'planned', 0, '', '', '', NULL, NULL, NULL)")
        names = [
            name
            for (name,) in older.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if name != "threadmill_version"
        ]
        tallies = {name: portable._tally(older, name, []).told() for name in names}
        portable.write(older, portable.Manifest(MORNING.isoformat(), "0.0.9", "sqlite", "0003", portable.layout(older), tallies))
    before = path.read_bytes()
    told = restored(place.url, path)
    assert (told.row_counts["edition"], told.row_counts["citation"], told.doubtful) == (1, 1, {1: 1})
    assert place.ask("SELECT payload_sha256 FROM citation") == [("a" * 64,)]
    assert place.ask("SELECT version_num FROM threadmill_version") == [(VERSIONS[-1],)]
    assert path.read_bytes() == before


# Older than the world -----------------------------------------------------------------------------------------------------------------


WORDS = "the store was restored at 2026-10-05 18:30 UTC from a backup made at 2026-10-05 12:00 UTC; whether the "


@contextmanager
def a_restored_store(
    file: SQLiteFile, place: Place, path: Path, act: Callable[[Database], object]
) -> Iterator[tuple[Database, Restored]]:
    with open_store(file.url, clock=lambda: MORNING) as store:
        act(store)
    backed_up(file.url, path)
    told = restored(place.url, path)
    with open_store(place.url) as store:
        yield store, told


def test_posts_that_may_have_gone_out_since_are_of_unknown_fate(place: Place, tmp_path: Path, path: Path) -> None:
    def act(store: Database) -> None:
        edition = store.desk.freeze(a_thread(posts=4))
        publish(store, edition, 1)
        assert store.desk.take(edition, 2, "w1", later(minutes=1), later(minutes=4))

    with a_restored_store(SQLiteFile(tmp_path / "source.db"), place, path, act) as (store, told):
        first, *others = store.desk.deliveries(1)
        assert told.doubtful == {1: 3}
        assert (first.state, first.sent_until) == (State.PUBLISHED, None)
        since = later(minutes=1)  # the post that was being sent was sent then or since, and so were those after it
        reason = WORDS + "post went out in between is not known; post the edition again, which looks at the account first"
        unknown = Delivery(1, 2, State.UNKNOWN, attempts=1, error=reason, sent_at=since, sent_until=EVENING)
        assert others == [unknown, replace(unknown, position=3, attempts=0), replace(unknown, position=4, attempts=0)]


def test_posts_that_were_planned_or_rejected_are_looked_for_from_the_backup_on(place: Place, tmp_path: Path, path: Path) -> None:
    def act(store: Database) -> None:
        edition = store.desk.freeze(a_thread(posts=2))
        assert store.desk.take(edition, 1, "w1", MORNING, later(minutes=3))
        assert store.desk.settle(store.desk.deliveries(edition)[0], State.REJECTED, error="no credits")

    with a_restored_store(SQLiteFile(tmp_path / "source.db"), place, path, act) as (store, told):
        assert told.doubtful == {1: 2}
        assert [(at.state, at.sent_at, at.sent_until) for at in store.desk.deliveries(1)] == [(State.UNKNOWN, NOON, EVENING)] * 2


def test_what_is_out_or_was_taken_down_stays_as_it_is(place: Place, tmp_path: Path, path: Path) -> None:
    def act(store: Database) -> None:
        publish(store, store.desk.freeze(a_thread(posts=1)), 1)
        store.desk.withdraw(store.desk.freeze(a_thread(posts=2, period="2019")), MORNING)

    with a_restored_store(SQLiteFile(tmp_path / "source.db"), place, path, act) as (store, told):
        assert told.doubtful == {}
        assert [at.state for edition in (1, 2) for at in store.desk.deliveries(edition)] == [
            State.PUBLISHED,
            State.PLANNED,
            State.PLANNED,
        ]


def test_turns_that_were_not_over_wait_for_a_person_and_nothing_is_approved(place: Place, tmp_path: Path, path: Path) -> None:
    def act(store: Database) -> None:
        fill(store)
        for number, state in enumerate((TurnState.OPEN, TurnState.SENDING, TurnState.SKIPPED), 2021):
            begun = store.rota.begin(a_turn(str(number)), "w1", MORNING, later(minutes=10), "run 1")
            assert begun is not None
            if state is not TurnState.OPEN:
                assert store.rota.settle(replace(begun, state=state, reason="as said"), MORNING)

    with a_restored_store(SQLiteFile(tmp_path / "source.db"), place, path, act) as (store, told):
        unknown = WORDS + (
            "thread went out in between is not known: look at the account; if it is there, say so with threadmill skip REPORT "
            "PERIOD, and if it is not, threadmill post REPORT --period PERIOD --yes --absent posts it"
        )
        known = WORDS.replace("whether the ", "whether its ") + (
            "posts went out in between is not known: threadmill post looks for them on the account before it sends any, and "
            "threadmill undo takes it back, whatever is out"
        )
        turns = sorted(store.rota.history(10), key=lambda turn: turn.period)
        assert told.held_turn_count == 3
        frozen, held = ((TurnState.HELD, reason, "", None, None) for reason in (known, unknown))
        assert [(one.state, one.reason, one.worker, one.lease_until, one.retry_at) for one in turns] == [
            frozen, held, held, (TurnState.SKIPPED, "as said", "", None, None)
        ]  # fmt: skip
        assert store.rota.approval(1) is None
        assert store.rota.approve(Approval(1, store.desk.frozen(1).digest, "me", EVENING))  # a person may, and it goes on


def test_a_store_whose_clock_is_behind_is_restored_after_its_last_post(file: SQLiteFile, other: SQLiteFile, path: Path) -> None:
    """So that what is sent from then on is later than anything the backup knows."""
    a_backup(file, path)
    told = restored(other.url, path, later(days=-3))
    assert told.restored_at == NOON
