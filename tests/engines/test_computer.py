"""What is computed once is not computed again; a run that was stopped goes on; what is made up or has changed is not told."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import ibis
import pyarrow.parquet as pq
import pytest

from bot.domain.period import Period
from bot.engines import duckdb
from bot.engines._computer import EngineComputer, Shared
from bot.engines._engine import Engine
from bot.errors import BadInput, SourceUnavailable
from bot.parallel import side_by_side
from bot.ports import Computation, Format, Input, Layout, Store, silent
from bot.sources import pypi_logs
from bot.store import open_store
from tests.engines.computing import NOW, computer, means, read
from tests.engines.data import Download, write_log, write_table

MARCH = Period.parse("2026-03")


class Watching:
    """DuckDB, which remembers what it was given, and may fail at the nth part."""

    shard_bytes = 1  # a file a shard

    def __init__(self, folder: Path) -> None:
        self._engine = duckdb.connect(means(folder))
        self.version = self._engine.version
        self.read: list[str] = []
        self.before: Callable[[str], None] = lambda _: None

    def files(self, name: str, paths: list[str], form: Format, columns: Mapping[str, str]) -> ibis.Table:
        if name == "shard":
            self.before(Path(paths[0]).name)
            self.read += [Path(path).name for path in paths]
        return self._engine.files(name, paths, form, columns)

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Watching]:
    made = Watching(tmp_path)
    yield made
    made._engine.close()


@pytest.fixture
def store(tmp_path: Path, empty_file: Path) -> Iterator[Store]:
    copied = tmp_path / "store.db"
    copied.write_bytes(empty_file.read_bytes())
    with open_store(f"sqlite:///{copied}") as opened:
        yield opened


@pytest.fixture
def log(tmp_path: Path) -> Path:
    folder = tmp_path / "log"
    for day in (1, 2, 3):
        write_log(folder / f"{day:02d}.parquet", [Download(f"2026-03-{day:02d}T10:00:00", "torch")] * day)
    return folder


def counted(asked: EngineComputer, log: Path) -> int:
    (row,) = read(asked.compute(pypi_logs.computation(log, ["torch"], [MARCH]))).rows
    return int(row["downloads"])


def test_a_result_says_what_it_was_computed_from_file_by_file(engine: Engine, store: Store, log: Path, tmp_path: Path) -> None:
    asked = computer(engine, tmp_path, store)
    reply = asked.compute(pypi_logs.computation(log, ["torch"], [MARCH]))
    result = read(reply)
    (events,) = result.inputs
    assert (events.name, events.place, events.files) == ("events", str(log), 3)
    assert events.bytes == sum(path.stat().st_size for path in log.iterdir())
    listed = store.payload(events.sha256)
    assert listed is not None
    assert [line.split("\t")[2] for line in listed.decode().splitlines()] == sorted(str(path) for path in log.iterdir())
    assert result.engine == engine.version
    assert "GROUP BY" in result.expression
    assert (reply.url, reply.query) == (pypi_logs.ORIGINS[0].homepage, "downloads of torch in 2026-03")


def test_the_same_files_are_computed_once(engine: Watching, store: Store, log: Path, tmp_path: Path) -> None:
    first = computer(engine, tmp_path, store).compute(pypi_logs.computation(log, ["torch"], [MARCH]))
    engine.read.clear()
    again = computer(engine, tmp_path, store).compute(pypi_logs.computation(log, ["torch"], [MARCH]))
    assert (again.sha256, engine.read) == (first.sha256, [])


def test_another_question_is_computed_of_its_own(engine: Watching, log: Path, tmp_path: Path) -> None:
    assert counted(computer(engine, tmp_path), log) == 6
    engine.read.clear()
    none = computer(engine, tmp_path).compute(pypi_logs.computation(log, ["jax"], [MARCH]))
    assert (read(none).rows, engine.read) == ((), ["01.parquet", "02.parquet", "03.parquet"])


def test_a_file_that_is_added_is_all_that_is_read(engine: Watching, store: Store, log: Path, tmp_path: Path) -> None:
    assert counted(computer(engine, tmp_path, store), log) == 6
    engine.read.clear()
    write_log(log / "04.parquet", [Download("2026-03-04T10:00:00", "torch")] * 10)
    assert counted(computer(engine, tmp_path, store), log) == 16
    assert engine.read == ["04.parquet"]


def test_a_file_that_is_written_again_is_read_again_though_its_size_is_the_same(
    engine: Watching, log: Path, tmp_path: Path
) -> None:
    before = (log / "02.parquet").stat()
    assert counted(computer(engine, tmp_path), log) == 6
    engine.read.clear()
    write_log(log / "02.parquet", [Download("2026-03-02T10:00:00", "torch")] * 3)
    os.utime(log / "02.parquet", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert counted(computer(engine, tmp_path), log) == 7
    assert engine.read == ["02.parquet"]


@pytest.mark.parametrize("error", [RuntimeError("the engine died"), KeyboardInterrupt()], ids=["died", "stopped"])
def test_a_run_that_ends_in_the_midst_goes_on_from_there(
    error: BaseException, engine: Watching, store: Store, log: Path, tmp_path: Path
) -> None:
    def die(name: str) -> None:
        if name == "03.parquet":
            raise error

    engine.before = die
    with pytest.raises((BadInput, KeyboardInterrupt)):
        counted(computer(engine, tmp_path, store), log)
    assert not list(tmp_path.glob("parts/*.new"))
    engine.before = lambda _: None
    engine.read.clear()
    assert counted(computer(engine, tmp_path, store), log) == 6
    assert engine.read == ["03.parquet"]


def test_a_run_that_is_to_stop_does_so_before_the_next_shard(engine: Watching, log: Path, tmp_path: Path) -> None:
    asked = computer(engine, tmp_path, stopped=lambda: len(engine.read) == 2)
    with pytest.raises(SourceUnavailable, match="stopped before it was finished"):
        counted(asked, log)
    assert engine.read == ["01.parquet", "02.parquet"]


def test_a_file_that_is_written_while_it_is_read_is_no_figure(engine: Watching, log: Path, tmp_path: Path) -> None:
    engine.before = lambda name: write_log(log / name, [Download("2026-03-01T10:00:00", "torch")] * 50)  # type: ignore[func-returns-value]
    with pytest.raises(SourceUnavailable, match=r"01\.parquet was written or removed while it was read"):
        counted(computer(engine, tmp_path), log)
    assert not list(tmp_path.glob("parts/*.parquet"))


def test_progress_tells_bytes_and_rows(engine: Watching, log: Path, tmp_path: Path) -> None:
    told: list[str] = []
    asked = computer(engine, tmp_path, progress=lambda step, _done, _total: told.append(step))
    counted(asked, log)
    assert told == [
        "raw: 0 of 0 MB",
        "raw: 0 of 0 MB, 1 rows",
        "raw: 0 of 0 MB, 3 rows",
        "raw: 0 of 0 MB, 6 rows",
        "raw: adding up",
    ]


def test_what_is_made_up_is_told_in_a_trial_only_and_never_kept(
    engine: Watching, store: Store, log: Path, tmp_path: Path
) -> None:
    (tmp_path / "SYNTHETIC.txt").write_text("made up")
    with pytest.raises(BadInput, match="are made up"):
        counted(computer(engine, tmp_path / "home", store), log)
    asked = computer(engine, tmp_path / "home", store, trial=True)
    reply = asked.compute(pypi_logs.computation(log, ["torch"], [MARCH]))
    assert read(reply).synthetic
    assert store.size(reply.sha256) is None


def test_what_a_link_leads_to_is_made_up_too(
    engine: Watching, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "SYNTHETIC.txt").write_text("made up")
    real = tmp_path.parent / f"{tmp_path.name}-real"
    (real / "files").mkdir(parents=True)
    (real / "folder").symlink_to(log)
    (real / "files" / "01.parquet").symlink_to(log / "01.parquet")
    monkeypatch.chdir(log)
    for place in (real / "folder", real / "files", Path()):
        with pytest.raises(BadInput, match="are made up"):
            counted(computer(engine, tmp_path / "home"), place)


@pytest.mark.parametrize(
    "spoil", [lambda part: part[:-1], lambda part: part[:40] + bytes([part[40] ^ 1]) + part[41:], lambda _: b""]
)
def test_a_part_that_is_damaged_is_computed_again(
    spoil: Callable[[bytes], bytes], engine: Watching, log: Path, tmp_path: Path
) -> None:
    assert counted(computer(engine, tmp_path), log) == 6
    engine.read.clear()
    part = min(tmp_path.glob("parts/*.parquet"))
    part.write_bytes(spoil(part.read_bytes()))
    assert counted(computer(engine, tmp_path), log) == 6
    assert len(engine.read) == 1


@pytest.mark.parametrize("body", [b"no database" * 99, b""], ids=["damaged", "of another version"])
def test_digests_that_are_damaged_are_taken_anew(body: bytes, engine: Watching, log: Path, tmp_path: Path) -> None:
    (tmp_path / "digests.db").write_bytes(body)
    if not body:
        with closing(sqlite3.connect(tmp_path / "digests.db")) as older:
            older.execute("CREATE TABLE digest (path TEXT PRIMARY KEY)")
    assert counted(computer(engine, tmp_path), log) == 6


def test_a_home_that_cannot_be_written_is_named(engine: Watching, log: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        SourceUnavailable, match=r"file/home or the raw data cannot be read or written .* or not open to this user"
    ):
        counted(computer(engine, tmp_path / "file" / "home"), log)


def test_rows_that_lie_there_twice_are_not_counted_twice(engine: Watching, log: Path, tmp_path: Path) -> None:
    (log / "copy").mkdir()
    (log / "copy" / "of.parquet").write_bytes((log / "02.parquet").read_bytes())
    with pytest.raises(
        BadInput, match=r"of\.parquet and .*02\.parquet are the same bytes|02\.parquet and .*of\.parquet are the same"
    ):
        counted(computer(engine, tmp_path), log)
    (log / "copy" / "of.parquet").unlink()
    for name in ("empty", "empty-too"):
        write_log(log / f"{name}.parquet", [])
    assert counted(computer(engine, tmp_path), log) == 6


def test_a_folder_does_not_say_what_stands_in_files(engine: Watching, tmp_path: Path) -> None:
    write_log(tmp_path / "log" / "project=torch" / "a.parquet", [Download("2026-03-01T10:00:00", "jax")] * 5)
    write_log(tmp_path / "log" / "project=jax" / "a.parquet", [Download("2026-03-02T10:00:00", "torch")])
    assert counted(computer(engine, tmp_path), tmp_path / "log") == 1


def test_a_small_input_that_changes_meanwhile_is_no_figure(engine: Watching, store: Store, log: Path, tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text("project\ntorch\n")
    names = Input("names", tmp_path / "names.csv", Format.CSV, (Layout({"project": "string"}),))
    asked = pypi_logs.computation(log, ["torch"], [MARCH])

    def told(step: str, *_: int) -> None:
        if "adding up" in step:
            names.place.write_text("project\ntorch\ntorch\n")  # type: ignore[union-attr]

    def total(parts: ibis.Table, tables: Mapping[str, ibis.Table]) -> ibis.Table:
        return parts.join(tables["names"], "project").agg(downloads=ibis._.downloads.sum())

    joined = Computation("by name", asked.page, asked.large, asked.partial, total, (names,))
    with pytest.raises(SourceUnavailable, match=r"names\.csv was written or removed"):
        computer(engine, tmp_path, store, progress=told).compute(joined)


def test_another_encoding_is_computed_of_its_own(engine: Watching, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("name\né\n".encode())

    def first(encoding: str) -> object:
        asked = Input("names", tmp_path / "a.csv", Format.CSV, (Layout({"name": "string"}),), encoding=encoding)
        computation = Computation("names", "", asked, lambda rows: rows, lambda parts, _: parts)
        return read(computer(engine, tmp_path).compute(computation)).rows[0]["name"]

    assert [first("latin-1"), first("utf-8")] == ["Ã©", "é"]


def test_without_data_no_engine_is_asked_for(tmp_path: Path) -> None:
    def connect() -> Engine:
        raise AssertionError("connected")

    asked = EngineComputer("raw", Shared(connect), tmp_path, None, lambda *_: None, lambda: None)  # type: ignore[arg-type,return-value]
    with pytest.raises(SourceUnavailable, match=r"the raw data is not there: .*/nowhere\."):
        counted(asked, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceUnavailable, match=r"has no file that ends in \.parquet"):
        counted(asked, tmp_path / "empty")


def test_a_pattern_names_files(engine: Watching, log: Path, tmp_path: Path) -> None:
    assert counted(computer(engine, tmp_path), log / "0[23].parquet") == 5
    assert counted(computer(engine, tmp_path), tmp_path / "*" / "03.parquet") == 3


def test_a_name_that_is_a_pattern_to_engines_is_refused(engine: Watching, log: Path, tmp_path: Path) -> None:
    (log / "01.parquet").rename(log / "0[1].parquet")
    with pytest.raises(BadInput, match="which engines take for a pattern"):
        counted(computer(engine, tmp_path), log)


def test_other_columns_are_refused_with_those_that_are_needed(engine: Watching, tmp_path: Path) -> None:
    write_table(tmp_path / "other.parquet", {"package": ["torch"], "count": [1]})
    with pytest.raises(BadInput, match=r"has the columns package, count, and events needs timestamp, project, details or date"):
        counted(computer(engine, tmp_path), tmp_path / "other.parquet")


@pytest.mark.parametrize("body", [b"", b"PAR1", b"not parquet at all"], ids=["empty", "cut", "text"])
def test_a_damaged_file_is_named(body: bytes, engine: Watching, log: Path, tmp_path: Path) -> None:
    (log / "02.parquet").write_bytes(body)
    with pytest.raises((BadInput, SourceUnavailable), match=r"02\.parquet"):
        counted(computer(engine, tmp_path), log)


def test_parts_name_the_version_that_computed_them_after_an_upgrade(
    engine: Watching, store: Store, log: Path, tmp_path: Path
) -> None:
    engine.version = "DuckDB 1.9.0"
    assert counted(computer(engine, tmp_path), log) == 6
    write_log(log / "04.parquet", [Download("2026-03-04T10:00:00", "torch")])
    engine.version = "DuckDB 2.0.0"
    engine.read.clear()
    reply = computer(engine, tmp_path, store).compute(pypi_logs.computation(log, ["torch"], [MARCH]))
    assert (read(reply).engine, engine.read) == ("DuckDB 1.9.0, DuckDB 2.0.0", ["04.parquet"])


def test_shards_are_parts_on_disk_with_the_list_of_their_files(engine: Watching, log: Path, tmp_path: Path) -> None:
    counted(computer(engine, tmp_path), log)
    parts = sorted(tmp_path.glob("parts/*.parquet"))
    assert sum(pq.read_metadata(part).num_rows for part in parts) == 3
    assert sorted(part.with_suffix(".tsv").read_text().split("\t")[2].strip() for part in parts) == sorted(
        map(str, log.iterdir())
    )


def test_small_inputs_are_joined_and_listed(engine: Watching, log: Path, tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text('project,title\ntorch,"Py""Torch"\n')
    names = Input("names", tmp_path / "names.csv", Format.CSV, (Layout({"project": "string", "title": "string"}),))
    asked = pypi_logs.computation(log, ["torch"], [MARCH])

    def total(parts: ibis.Table, tables: Mapping[str, ibis.Table]) -> ibis.Table:
        return parts.join(tables["names"], "project").group_by("title").agg(downloads=ibis._.downloads.sum())

    joined = Computation("by title", asked.page, asked.large, asked.partial, total, (names,))
    result = read(computer(engine, tmp_path).compute(joined))
    assert result.rows == ({"title": 'Py"Torch', "downloads": 6},)
    assert [(one.name, one.files) for one in result.inputs] == [("events", 3), ("names", 1)]


def test_files_that_are_read_in_another_encoding_are_computed_of_their_own(engine: Watching, tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_bytes("name\né\n".encode())
    asked = {
        encoding: Computation(
            "names", "", Input("names", tmp_path / "names.csv", Format.CSV, _NAMES, encoding=encoding), _as_it_is, _first
        )
        for encoding in ("latin-1", "utf-8")
    }
    found = {encoding: read(computer(engine, tmp_path).compute(one)).rows for encoding, one in asked.items()}
    assert found == {"latin-1": ({"name": "\xc3\xa9"},), "utf-8": ({"name": "é"},)}


def test_a_small_input_that_is_written_meanwhile_is_no_figure(engine: Watching, store: Store, log: Path, tmp_path: Path) -> None:
    small = tmp_path / "names.csv"
    small.write_text("name\ntorch\n")
    engine.before = lambda _: small.write_text("name\njax\n")  # type: ignore[func-returns-value,assignment]
    asked = pypi_logs.computation(log, ["torch"], [MARCH])
    joined = Computation("", "", asked.large, asked.partial, asked.total, (Input("names", small, Format.CSV, _NAMES),))
    with pytest.raises(SourceUnavailable, match=r"names\.csv was written or removed while it was read"):
        computer(engine, tmp_path, store).compute(joined)


def test_two_sources_share_an_engine_and_take_turns(engine: Watching, log: Path, tmp_path: Path) -> None:
    made: list[int] = []

    def connect() -> Engine:
        made.append(1)
        return engine

    shared = Shared(connect)
    asked = [EngineComputer(name, shared, tmp_path, None, silent, lambda: NOW) for name in ("one", "another")]
    jobs = [lambda asked=one, day=day: counted(asked, log / f"{day:02d}.parquet") for one, day in zip(asked, (2, 3), strict=True)]
    assert list(side_by_side(jobs, 2)) == [2, 3]
    assert made == [1]
    shared.close()


def test_what_is_under_way_is_ended_before_the_engine_is_let_go_of(log: Path, tmp_path: Path) -> None:
    engine, begun = Watching(tmp_path), threading.Event()
    engine.before = lambda _: begun.set()
    endless = Computation("an endless count", "", pypi_logs.computation(log, ["torch"], [MARCH]).large, _endless, _first)
    shared = Shared(lambda: engine)
    job = side_by_side([lambda: EngineComputer("raw", shared, tmp_path, None, silent, lambda: NOW).compute(endless)], 1)
    closing = threading.Thread(target=lambda: (begun.wait(10), time.sleep(0.3), shared.close()), daemon=True)
    closing.start()
    with pytest.raises(SourceUnavailable, match="stopped before it was finished"):
        next(job)
    closing.join(10)
    assert shared.connected is None
    assert not list(tmp_path.glob("parts/*"))


def test_an_engine_that_was_let_go_of_is_not_connected_once_more(log: Path, tmp_path: Path) -> None:
    shared = Shared(lambda: duckdb.connect(means(tmp_path)))
    shared.close()
    with pytest.raises(SourceUnavailable, match="stopped before it was finished"):
        counted(EngineComputer("raw", shared, tmp_path, None, silent, lambda: NOW), log)
    assert shared.connected is None


_NAMES = (Layout({"name": "string"}),)


def _as_it_is(table: ibis.Table) -> ibis.Table:
    return table


def _endless(events: ibis.Table) -> ibis.Table:
    many = ibis.range(10**6).unnest().name("n").as_table()
    return many.cross_join(many.view()).agg(pairs=(ibis._.n % 7).sum()).cross_join(events.agg(rows=events.count()))


def _first(parts: ibis.Table, _: Mapping[str, ibis.Table]) -> ibis.Table:
    return parts


def test_files_are_not_read_again_for_the_month_after(engine: Watching, log: Path, tmp_path: Path) -> None:
    write_log(log / "04.parquet", [Download("2026-04-01T00:00:00", "torch")] * 4)
    assert counted(computer(engine, tmp_path), log) == 6
    engine.read.clear()
    april = computer(engine, tmp_path).compute(pypi_logs.computation(log, ["torch"], [MARCH, Period.parse("2026-04")]))
    assert [row["downloads"] for row in read(april).rows] == [6, 4]
    assert engine.read == []
