"""How long replies are kept: what nothing rests on goes first, what a frozen thread cites never."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from bot.domain.delivery import Frozen, State
from bot.domain.keeping import Keep, Pruned, Share, Why
from bot.store import Database, open_store, schema
from tests.store.databases import Place, PostgreSQLDatabase, SQLiteFile
from tests.store.words import MORNING, PNG, a_reading, a_reply, a_thread

KEEP = Keep(read=dt.timedelta(days=800))
NOTHING = {Why.UNREAD: Share(), Why.UNCITED: Share(), Why.LEFT: Share()}


def days(number: float) -> dt.timedelta:
    return dt.timedelta(days=number)


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def citing(*bodies: bytes, **rest: Any) -> Frozen:
    return a_thread(facts_json=json.dumps([{"id": "f1", "payload_sha256": digest(body)} for body in bodies]), **rest)


@pytest.fixture
def store(place: Place) -> Iterator[Database]:
    """A store in which it is MORNING, as on the day everything is kept."""
    with open_store(place.url, clock=lambda: MORNING) as store:
        yield store


def keep(store: Database, body: bytes, read: bool = False, at: dt.datetime = MORNING) -> None:
    store.keep("npm", f"question {body!r}", a_reply(body, retrieved_at=at))
    if read:
        store.record("npm", [a_reading(asked=repr(body), retrieved_at=at, payload_sha256=digest(body))])


def is_there(store: Database, body: bytes) -> bool:
    return store.payload(digest(body)) is not None


def test_a_reply_nothing_was_read_from_is_kept_35_days(store: Database) -> None:
    keep(store, b"a")
    assert store.prune(MORNING + days(35), KEEP).shares == NOTHING
    assert is_there(store, b"a")
    gone = store.prune(MORNING + days(35) + dt.timedelta(microseconds=1), KEEP)
    assert gone.shares == {**NOTHING, Why.UNREAD: Share(1, 1, 9)}  # one byte, and eight of zlib around it
    assert not is_there(store, b"a")
    assert store.kept("npm", "question b'a'", dt.date.min) is None


def test_a_list_of_files_that_was_counted_from_is_kept_for_good(store: Database) -> None:
    store.keep("pypi_logs", f"manifest:{digest(b'a')}", a_reply(b"a", retrieved_at=MORNING))
    assert store.prune(MORNING + days(5000), KEEP).shares == NOTHING
    assert is_there(store, b"a")


@pytest.mark.parametrize("kept_days", [60, 800])
def test_a_reply_that_figures_were_read_from_is_kept_as_long_as_the_settings_say_and_its_figures_for_good(
    kept_days: int, store: Database
) -> None:
    keep(store, b"a", read=True)
    assert store.prune(MORNING + days(kept_days), Keep(days(kept_days))).shares == NOTHING
    assert is_there(store, b"a")
    assert not store.pruned(digest(b"a"))
    gone = store.prune(MORNING + days(kept_days + 1), Keep(days(kept_days)))
    assert gone.shares == {**NOTHING, Why.UNCITED: Share(1, 1, 9)}
    assert not is_there(store, b"a")
    assert store.pruned(digest(b"a"))
    assert len(store.readings("npm", ["b'a'"])) == 1


def test_what_was_never_kept_was_not_pruned(store: Database) -> None:
    keep(store, b"a")
    assert not store.pruned(digest(b"other"))


def test_what_a_frozen_thread_cites_or_shows_is_never_pruned(store: Database) -> None:
    keep(store, b"a", read=True)
    keep(store, b"unread")
    edition = store.desk.freeze(citing(b"a", b"unread", b"of a bundled file"))
    before = store.desk.frozen(edition)
    assert store.prune(MORNING + days(36_500), KEEP).shares == NOTHING
    assert is_there(store, b"a")
    assert is_there(store, b"unread")
    assert store.desk.frozen(edition) == before


def test_a_thread_that_was_taken_down_still_cites(store: Database) -> None:
    keep(store, b"a", read=True)
    edition = store.desk.freeze(citing(b"a"))
    assert store.desk.take(edition, 1, "w1", MORNING, MORNING)
    assert store.desk.settle(store.desk.deliveries(edition)[0], State.PUBLISHED, remote_id="1")
    store.desk.withdraw(edition, MORNING)
    assert not store.desk.drop(edition)
    assert store.prune(MORNING + days(36_500), KEEP).shares == NOTHING


def test_pictures_and_citations_of_a_thread_that_was_forgotten_go(store: Database, place: Place) -> None:
    keep(store, b"a", read=True)
    edition = store.desk.freeze(citing(b"a", posts=1))
    assert store.desk.drop(edition)
    sizes = [row[0] for row in place.ask("SELECT length(body) FROM payload WHERE sha256 <> ?", digest(b"a"))]
    assert len(sizes) == 2  # a picture of the post, and one that all posts would share
    assert store.prune(MORNING + days(35), KEEP).shares == NOTHING
    assert store.prune(MORNING + days(36), KEEP).shares == {**NOTHING, Why.LEFT: Share(0, 2, sum(sizes))}
    assert store.prune(MORNING + days(801), KEEP).shares == {**NOTHING, Why.UNCITED: Share(1, 1, 9)}
    assert place.ask("SELECT count(*) FROM payload") == [(0,)]


def test_the_same_bytes_that_were_kept_again_stay_while_one_reply_is_young(store: Database, place: Place) -> None:
    keep(store, b"a")
    keep(store, b"a", at=MORNING + days(10))
    assert store.prune(MORNING + days(36), KEEP).shares == {**NOTHING, Why.UNREAD: Share(1, 0, 0)}
    assert is_there(store, b"a")
    assert store.prune(MORNING + days(46), KEEP).shares == {**NOTHING, Why.UNREAD: Share(1, 1, 9)}


def test_a_dry_run_tells_what_would_go_and_changes_nothing(store: Database, place: Place) -> None:
    for number in range(450):  # more than two portions of 200
        keep(store, b"%d" % number, read=number % 3 == 0)
    store.desk.freeze(citing(b"3", b"4"))
    edition = store.desk.freeze(a_thread("Torch leads", period="2021", posts=2))
    assert store.desk.drop(edition)
    before = [place.ask(f"SELECT * FROM {table} ORDER BY 1") for table in ("reply", "payload", "reading", "citation")]
    told = store.prune(MORNING + days(801), KEEP, dry=True)
    assert [place.ask(f"SELECT * FROM {table} ORDER BY 1") for table in ("reply", "payload", "reading", "citation")] == before
    assert (told.shares[Why.UNREAD].reply_count, told.shares[Why.UNCITED].reply_count) == (299, 149)
    assert told.shares[Why.LEFT].payload_count == 0  # the forgotten thread had no picture the other does not have
    assert store.prune(MORNING + days(801), KEEP).shares == told.shares
    assert place.ask("SELECT count(*) FROM reply") == [(2,)]
    assert store.prune(MORNING + days(801), KEEP).shares == NOTHING


def test_the_numbers_of_a_pruning_add_up() -> None:
    told = Pruned({Why.UNREAD: Share(1, 2, 3), Why.UNCITED: Share(10, 20, 30), Why.LEFT: Share(0, 200, 300)}, KEEP)
    assert told.whole == Share(11, 222, 333)


# Any store -------------------------------------------------------------------------------------------------------------------------

_BODIES = [b"%d" % number for number in range(6)]
_AGES = [0, 34, 36, 59, 61, 900]

kept_things = st.lists(
    st.tuples(st.sampled_from(_BODIES), st.booleans(), st.sampled_from(_AGES), st.booleans()),
    max_size=12,
    unique_by=lambda one: one[0:1],
)
threads = st.lists(st.tuples(st.sets(st.sampled_from(_BODIES)), st.booleans()), max_size=3)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(things=kept_things, frozen=threads)
def test_whatever_is_in_a_store_a_pruning_takes_what_the_policy_says_and_nothing_else(
    things: list[tuple[bytes, bool, int, bool]], frozen: list[tuple[set[bytes], bool]], place: Place, store: Database
) -> None:
    """Each body was read from or not, is so many days old, and was asked for once more today or not."""
    for table in ("citation", "picture", "delivery", "edition", "reading", "reply", "payload"):
        place.ask(f"DELETE FROM {table}")
    cited: set[bytes] = set()
    for body, read, age, again in things:
        with open_store(place.url, clock=lambda age=age: MORNING - days(age)) as then:  # type: ignore[misc]
            keep(then, body, read=read, at=MORNING - days(age))
        if again:
            keep(store, body)
    for number, (bodies, dropped) in enumerate(frozen):
        edition = store.desk.freeze(citing(*bodies, period=str(2000 + number)))
        if dropped:
            assert store.desk.drop(edition)
        else:
            cited |= bodies
    shown = place.ask("SELECT DISTINCT payload_sha256 FROM picture")
    keeping = {body for body, read, age, again in things if again or body in cited or age <= 35 or (read and age <= 60)}
    told = store.prune(MORNING, Keep(days(60)), dry=True)
    gone = store.prune(MORNING, Keep(days(60)))
    assert gone.shares == told.shares
    assert {body for body in _BODIES if is_there(store, body)} == keeping
    assert all(store.payload(sha256) is not None for (sha256,) in shown)
    assert place.ask("SELECT count(*) FROM reading") == [(sum(read for _, read, _, _ in things),)]
    assert [store.pruned(digest(body)) for body, *_ in things] == [read and body not in keeping for body, read, *_ in things]


# Beside others -----------------------------------------------------------------------------------------------------------------------


@contextmanager
def before_the_next_commit(act: Callable[[], object]) -> Iterator[None]:
    """Something happens once, when a transaction is about to commit."""
    done: list[bool] = []

    def listener(_connection: object) -> None:
        if not done:
            done.append(True)
            act()

    event.listen(Engine, "commit", listener)
    try:
        yield
    finally:
        event.remove(Engine, "commit", listener)


def in_a_thread(act: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    said: list[object] = []

    def run() -> None:
        try:
            said.append(act())
        except Exception as error:
            said.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, said


def test_a_pruning_waits_for_a_thread_that_is_just_being_frozen_and_keeps_what_it_cites(database: PostgreSQLDatabase) -> None:
    waiting: list[tuple[threading.Thread, list[object]]] = []

    def prune_meanwhile() -> None:
        waiting.append(in_a_thread(lambda: other.prune(MORNING + days(900), KEEP)))
        waiting[0][0].join(0.5)
        assert waiting[0][0].is_alive()  # it waits: it may not miss what is about to be committed

    with open_store(database.url, clock=lambda: MORNING) as store, open_store(database.url) as other:
        keep(store, b"a", read=True)
        with before_the_next_commit(prune_meanwhile):
            store.desk.freeze(citing(b"a"))
        waiting[0][0].join(20)
        assert [pruned.shares for pruned in waiting[0][1] if isinstance(pruned, Pruned)] == [NOTHING]
        assert is_there(store, b"a")


def test_a_thread_is_frozen_after_a_pruning_that_has_begun(database: PostgreSQLDatabase) -> None:
    waiting: list[tuple[threading.Thread, list[object]]] = []

    def freeze_meanwhile() -> None:
        waiting.append(in_a_thread(lambda: other.desk.freeze(citing(b"a"))))
        waiting[0][0].join(0.5)
        assert waiting[0][0].is_alive()

    with open_store(database.url, clock=lambda: MORNING) as store, open_store(database.url) as other:
        keep(store, b"b")
        with before_the_next_commit(freeze_meanwhile):
            assert store.prune(MORNING + days(36), KEEP).shares == {**NOTHING, Why.UNREAD: Share(1, 1, 9)}
        waiting[0][0].join(20)
        assert waiting[0][1] == [1]


def test_what_is_just_being_kept_again_stays(database: PostgreSQLDatabase) -> None:
    said: list[Pruned] = []
    with open_store(database.url, clock=lambda: MORNING) as store, open_store(database.url) as other:
        keep(store, b"a")
        with before_the_next_commit(lambda: said.append(other.prune(MORNING + days(36), KEEP))):
            keep(store, b"a", at=MORNING + days(36))
        assert [pruned.shares for pruned in said] == [{**NOTHING, Why.UNREAD: Share(1, 0, 0)}]
        assert is_there(store, b"a")
        assert store.kept("npm", "question b'a'", dt.date.min) is not None


# A file ------------------------------------------------------------------------------------------------------------------------------


def test_a_file_gives_room_back_while_others_read(file: SQLiteFile) -> None:
    noise = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(20_000))
    with open_store(file.url, clock=lambda: MORNING) as store:
        keep(store, noise)
        keep(store, b"a", read=True)
        with closing(sqlite3.connect(file.path)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM reply").fetchone()
            gone = store.prune(MORNING + days(36), KEEP)
        assert gone.whole.stored_bytes > 640_000
        assert gone.given_back_bytes > 600_000
        assert is_there(store, b"a")
    assert file.path.stat().st_size < 640_000


def test_a_file_of_an_older_version_keeps_its_length_and_uses_the_room_again(file: SQLiteFile) -> None:
    file.path.parent.mkdir()
    with closing(sqlite3.connect(file.path)) as older:
        older.execute("CREATE TABLE t (x)")
        older.execute("DROP TABLE t")
    noise = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(20_000))
    with open_store(file.url, clock=lambda: MORNING) as store:
        keep(store, noise)
        assert store.prune(MORNING + days(36), KEEP).given_back_bytes == 0
        before = place_of(store)
        keep(store, noise[::-1], at=MORNING + days(36))
        assert place_of(store) == before


def place_of(store: Database) -> int:
    with store._reads() as connection:
        return int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())


def test_editions_of_an_older_store_cite_what_their_facts_name(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as past:
        past.setattr(schema, "VERSIONS", ("0001", "0002", "0003", "0004"))
        with open_store(place.url, clock=lambda: MORNING) as store:
            keep(store, b"a", read=True)
    thread = citing(b"a")
    place.ask(
        "INSERT INTO edition (id, composed_at, frozen_at, report, period, network, account, digest, thread_json, facts_json) "
        f"VALUES (7, '{MORNING.isoformat()}', '{MORNING.isoformat()}', 'dl', '2020', 'x', '1001', ?, ?, ?)",
        *(thread.digest, thread.thread_json, thread.facts_json),
    )
    with open_store(place.url, clock=lambda: MORNING) as store:
        assert place.ask("SELECT edition, payload_sha256 FROM citation") == [(7, digest(b"a"))]
        assert store.prune(MORNING + days(900), KEEP).shares == NOTHING
    assert digest(PNG) not in {row[0] for row in place.ask("SELECT payload_sha256 FROM citation")}
