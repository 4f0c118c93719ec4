"""Several processes at one store, and one that is killed in the middle."""

from __future__ import annotations

import datetime as dt
from multiprocessing.context import ForkServerContext
from pathlib import Path

from bot.store import open_store, schema
from tests.store import workers
from tests.store.databases import Place
from tests.store.words import a_reply


def test_four_processes_open_a_fresh_database_at_once(place: Place, processes: ForkServerContext) -> None:
    start, said = processes.Barrier(4), processes.SimpleQueue()
    crowd = [processes.Process(target=workers.open_it, args=(place.url, start, said)) for _ in range(4)]
    for process in crowd:
        process.start()
    assert [said.get() for _ in crowd] == ["opened"] * 4
    for process in crowd:
        process.join(10)
    assert place.ask("SELECT version_num FROM threadmill_version") == [(schema.VERSIONS[-1],)]
    assert place.ask("SELECT count(*) FROM reply") == [(4,)]
    assert place.ask("SELECT count(*) FROM payload") == [(1,)]


def test_two_processes_that_record_the_same_write_it_once(place: Place, processes: ForkServerContext) -> None:
    open_store(place.url).close()
    start, said = processes.Barrier(2), processes.SimpleQueue()
    pair = [processes.Process(target=workers.record_the_same, args=(place.url, 10, start, said)) for _ in range(2)]
    for process in pair:
        process.start()
    assert said.get() + said.get() == 10 * workers.BATCH
    for process in pair:
        process.join(10)
    assert place.ask("SELECT count(*) FROM reading") == [(10 * workers.BATCH,)]


def test_a_process_killed_while_it_writes_leaves_whole_transactions_and_a_store_that_goes_on(
    place: Place, processes: ForkServerContext
) -> None:
    under_way = processes.Event()
    process = processes.Process(target=workers.write_until_killed, args=(place.url, under_way))
    process.start()
    assert under_way.wait(20)
    process.kill()
    process.join(10)
    assert process.exitcode == -9

    with open_store(place.url) as store:
        [(readings,)] = place.ask("SELECT count(*) FROM reading")
        [(replies, without_bytes)] = place.ask(
            "SELECT count(*), count(*) - count(payload.sha256) FROM reply LEFT JOIN payload ON sha256 = payload_sha256"
        )
        assert readings >= 3 * workers.BATCH
        assert readings % workers.BATCH == 0
        assert replies - readings // workers.BATCH in (0, 1)
        assert without_bytes == 0
        assert place.ask("SELECT count(*) FROM payload") == [(replies,)]
        assert store.record("npm", workers.batch(10**6)) == workers.BATCH
        store.keep("npm", "afterwards", a_reply())
        assert store.kept("npm", "afterwards", dt.date(2026, 10, 5)) == a_reply()


def test_nothing_is_left_beside_a_file_that_was_closed(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/threadmill.db") as store:
        store.keep("npm", "keras", a_reply())
        assert (tmp_path / "threadmill.db-wal").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["threadmill.db"]
