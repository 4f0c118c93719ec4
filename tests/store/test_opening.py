"""How a store is opened: its address, its folder, its tables, and whose database it is."""

from __future__ import annotations

import logging
import os
import socket
import sqlite3
import sys
import traceback
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event

import bot.store
from bot.errors import BadStore
from bot.store import open_store
from bot.store.schema import VERSIONS
from bot.store.tables import metadata
from tests.hosts.wire import Wire
from tests.store.databases import PASSWORD, Place, PostgreSQLDatabase, SQLiteFile
from tests.store.words import a_reading, a_reply

# Its tables ---------------------------------------------------------------------------------------------------------------------


def test_what_was_recorded_is_there_when_the_store_is_opened_again(place: Place) -> None:
    with open_store(place.url) as store:
        store.record("npm", [a_reading()])
    with open_store(place.url) as store:
        assert store.readings("npm", ["keras"]) == [a_reading()]


def test_migrations_lead_to_the_tables_the_code_knows(place: Place) -> None:
    open_store(place.url).close()
    engine = create_engine(place.url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "threadmill_version"})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_code_names_every_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(bot.store.__file__).parent / "migrations"))
    assert tuple(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())[::-1] == VERSIONS


def test_a_store_that_is_up_to_date_opens_without_loading_alembic(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(place.url).close()
    for name in [name for name in sys.modules if name.split(".")[0] == "alembic"]:
        monkeypatch.setitem(sys.modules, name, None)
    open_store(place.url).close()


def test_a_migration_that_fails_in_the_middle_leaves_nothing(place: Place) -> None:
    place.ask("CREATE VIEW reading AS SELECT 1 AS one")
    with pytest.raises(BadStore, match="reading.* already exists"):
        open_store(place.url)
    place.ask("DROP VIEW reading")
    with open_store(place.url) as store:
        assert store.record("npm", [a_reading()]) == 1


# Whose database it is -------------------------------------------------------------------------------------------------------------


def test_a_database_of_another_program_is_refused_and_left_alone(place: Place) -> None:
    place.ask("CREATE TABLE customer (name text)")
    before = place.path.read_bytes() if isinstance(place, SQLiteFile) else b""
    with pytest.raises(BadStore) as refusal:
        open_store(place.url)
    name = place.path if isinstance(place, SQLiteFile) else f"{place.socket}/threadmill"
    assert str(refusal.value) == (
        f"the store {name} is another program's: it has a table customer and none named threadmill_version; "
        f"the address was probably mistaken; set DATABASE_URL to a database or file that is empty or does not exist"
    )
    if isinstance(place, SQLiteFile):
        assert place.path.read_bytes() == before
        assert [path.name for path in place.path.parent.iterdir()] == ["threadmill.db"]
    else:
        assert place.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == [("customer",)]


@pytest.mark.parametrize("content", [b"none\n", b"metric,subject,value\n" * 1000, b"\0" * 4096])
def test_a_file_that_is_no_database_is_refused_and_left_alone(file: SQLiteFile, content: bytes) -> None:
    file.path.parent.mkdir()
    file.path.write_bytes(content)
    with pytest.raises(BadStore) as refusal:
        open_store(file.url)
    assert str(refusal.value) == (
        f"the store {file.path} cannot be used: file is not a database; the file is another program's or damaged; "
        f"restore a backup, move it away to begin anew, or set DATABASE_URL to another place"
    )
    assert file.path.read_bytes() == content
    assert [path.name for path in file.path.parent.iterdir()] == ["threadmill.db"]


def test_an_empty_file_becomes_a_store(file: SQLiteFile) -> None:
    file.path.parent.mkdir()
    file.path.touch()
    with open_store(file.url) as store:
        assert store.record("npm", [a_reading()]) == 1


def test_a_newer_store_is_refused_and_left_alone(place: Place) -> None:
    open_store(place.url).close()
    place.ask("UPDATE threadmill_version SET version_num = '0099'")
    with pytest.raises(BadStore) as refusal:
        open_store(place.url)
    assert " is of version 0099, and this Threadmill knows none after 0007: a newer Threadmill has opened it; install " in str(
        refusal.value
    )
    assert place.ask("SELECT version_num FROM threadmill_version") == [("0099",)]


def test_a_store_that_lost_its_version_is_refused(place: Place) -> None:
    open_store(place.url).close()
    place.ask("DELETE FROM threadmill_version")
    with pytest.raises(BadStore, match="does not say of which version it is: its table threadmill_version was emptied; restore"):
        open_store(place.url)


# A file -------------------------------------------------------------------------------------------------------------------------


def test_the_folders_of_a_file_are_made(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/new/and new/100%?".rstrip("?") + "/threadmill.db").close()
    assert (tmp_path / "new" / "and new" / "100%" / "threadmill.db").is_file()


def test_a_path_may_be_relative_or_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    open_store("sqlite:///here.db").close()
    open_store("sqlite:///~/there.db").close()
    assert (tmp_path / "here.db").is_file()
    assert (tmp_path / "home" / "there.db").is_file()


def test_sqlite_writes_ahead_syncs_fully_checks_references_and_waits_half_a_minute(file: SQLiteFile) -> None:
    seen = []

    def look(connection: Connection) -> None:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        seen.append([connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names])

    with open_store(file.url) as store:
        event.listen(Engine, "begin", look)
        try:
            store.keep("npm", "keras", a_reply())
        finally:
            event.remove(Engine, "begin", look)
    assert seen == [["wal", 2, 1, 30_000]]


# Its address ----------------------------------------------------------------------------------------------------------------------

ALLOWED = "sqlite:////folder/threadmill.db for a file, or postgresql://user:password@host/name for a server"


@pytest.mark.parametrize("url", ["", "threadmill.db", "/tmp/threadmill.db", "sqlite:/x.db", "bot:hunter2@db/name"])
def test_an_address_without_a_scheme_is_refused_unrepeated(url: str) -> None:
    with pytest.raises(BadStore) as refusal:
        open_store(url)
    assert str(refusal.value) == (f"the address of the store does not begin with a scheme and ://; set DATABASE_URL to {ALLOWED}")


@pytest.mark.parametrize(
    ("scheme", "named"),
    [
        ("mysql", '"mysql"'),
        ("postgresql+asyncpg", '"postgresql+asyncpg"'),
        ("SQLITE", '"SQLITE"'),
        ("hunter2@x:y", "something else"),
    ],
)
def test_another_scheme_is_refused_with_those_there_are(scheme: str, named: str) -> None:
    with pytest.raises(BadStore) as refusal:
        open_store(f"{scheme}://bot:hunter2@db/name")
    assert str(refusal.value) == (
        f"the store cannot be kept in {named}: the address of a database begins with sqlite or postgresql; "
        f"set DATABASE_URL to {ALLOWED}"
    )


@pytest.mark.parametrize("rest", ["", "/", "/:memory:", "folder/x.db", ":hunter2@/x.db", "/x.db?mode=ro"])
def test_an_address_of_sqlite_that_names_no_file_is_refused(rest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadStore, match="^the address of the store names no file: .* write sqlite:////folder/threadmill.db$"):
        open_store(f"sqlite://{rest}")
    assert list(tmp_path.iterdir()) == []


def test_an_address_of_postgresql_may_be_written_in_three_ways(database: PostgreSQLDatabase) -> None:
    for scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        with open_store(database.url.replace("postgresql", scheme, 1)) as store:
            assert repr(store) == f"Database('{database.socket}/threadmill')"


def test_a_server_that_vanishes_is_noticed_within_a_minute(database: PostgreSQLDatabase) -> None:
    options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
    seen = []

    def look(connection: Connection) -> None:
        driver = connection.connection.dbapi_connection
        assert isinstance(driver, psycopg.Connection)
        with socket.socket(fileno=os.dup(driver.fileno())) as end:
            seen.append([end.getsockopt(socket.IPPROTO_TCP, option) for option in options])

    with Wire(database.socket) as wire, open_store(wire.address(database.name)) as store:
        event.listen(Engine, "begin", look)
        try:
            store.keep("npm", "keras", a_reply())
        finally:
            event.remove(Engine, "begin", look)
    idle_s, interval_s, count, unanswered_ms = seen[0]
    assert idle_s + interval_s * count == 60  # while we wait for its answer
    assert unanswered_ms == 60_000  # while it has not even received the question


def test_without_its_driver_postgresql_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(
        BadStore, match=r"its driver does not load: .*: pip install 'threadmill\[postgres\]', or unset DATABASE_URL"
    ):
        open_store("postgresql://bot:hunter2@db/name")


# Its password -----------------------------------------------------------------------------------------------------------------------


def everything_told(error: BaseException) -> str:
    """All that a log, a traceback or a debugger that follows causes may show of an error."""
    told = "".join(traceback.format_exception(error))
    following: BaseException | None = error
    while following is not None:
        told += f"{following}\n{following!r}\n{following.args!r}\n"
        following = following.__cause__ or following.__context__
    return told


def test_a_password_of_any_signs_opens_the_store_and_shows_nowhere(
    database: PostgreSQLDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    database.ask("GRANT ALL ON SCHEMA public TO guarded")
    secret = quote(PASSWORD, safe="")
    for url in (
        f"postgresql://guarded:{secret}@/threadmill?host={database.socket}",
        f"postgresql://guarded@/threadmill?host={database.socket}&password={secret}",
    ):
        with open_store(url) as store:
            store.record("npm", [a_reading()])
            shown = f"{store!r} {store} {vars(store)} {vars(store)['_place'].engine!r} {vars(store)['_place'].engine.url!r} {caplog.text}"
            assert "hunter2" not in shown


def test_a_wrong_password_is_refused_and_shows_nowhere(database: PostgreSQLDatabase, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    url = f"postgresql://guarded:swordfish@/threadmill?host={database.socket}"
    with pytest.raises(BadStore) as refusal:
        open_store(url)
    assert str(refusal.value).endswith(
        'password authentication failed for user "guarded"; the server is down or out of reach, or refuses the user, the password '
        "or the name of the database; start it, or mend DATABASE_URL"
    )
    assert "swordfish" not in everything_told(refusal.value) + caplog.text


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://bot:sword@fish@127.0.0.1:1/name",
        "postgresql://bot:fish@sword/fish@127.0.0.1:1/name",
        "postgresql://bot:sword@fish?x=y@127.0.0.1:1/name",
        "postgresql://bot:fish/name",
        "postgresql://bot:1:fish/name",
        "postgresql://bot:x@127.0.0.1:fish/name",
        "postgresql://b/ot:fish@127.0.0.1:1/name",
        "postgresql://bot:fish@[::1/name",
        "postgresql://bot:fish@127.0.0.1:1/name?port=fish",
        "postgresql://bot:fish@127.0.0.1:1/name?fish=fish",
        "postgresql://bot:fish@127.0.0.1:1/name",
        "postgresql://bot@127.0.0.1:1/name?password=fish",
        "postgresql://127.0.0.1:1/name?user=bot&sslpassword=fish",
        "postgres://bot:fish@127.0.0.1:1",
        "mysql://bot:fish@127.0.0.1:1/name",
        "bot:fish@127.0.0.1:1/name",
    ],
)
def test_no_refusal_shows_a_password(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(BadStore) as refusal:
        open_store(url)
    assert "fish" not in everything_told(refusal.value) + caplog.text


def test_an_address_whose_password_has_no_certain_end_is_refused_with_how_to_write_it() -> None:
    with pytest.raises(BadStore) as refusal:
        open_store("postgresql://bot:sword@fish@db/name")
    assert str(refusal.value) == (
        "the address of the store has more than one @, so nobody can tell where the password ends; "
        "in a user, a password or a parameter write %40 for @ (and %3A for :, %2F for /)"
    )


def test_what_the_driver_says_of_a_password_is_struck_out(monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg

    def refuse(*_: object, **arguments: object) -> None:
        raise psycopg.OperationalError(f'bad connection string "password={arguments["password"]}"\nDETAIL: {arguments}')

    monkeypatch.setattr(psycopg, "connect", refuse)
    url = "postgresql://bot:swordfish@db:1/name"
    with pytest.raises(BadStore) as refusal:
        open_store(url)
    assert str(refusal.value).startswith(
        'the store db:1/name cannot be used: bad connection string "password=****"; the server is'
    )
    assert "swordfish" not in everything_told(refusal.value)


def test_a_foreign_file_stays_readable_for_its_program(file: SQLiteFile) -> None:
    file.path.parent.mkdir()
    with closing(sqlite3.connect(file.path)) as theirs:
        theirs.execute("CREATE TABLE customer (name text)")
        with pytest.raises(BadStore):
            open_store(file.url)
        theirs.execute("INSERT INTO customer VALUES ('Ada')")
        theirs.commit()
        assert theirs.execute("PRAGMA journal_mode").fetchall() == [("delete",)]
