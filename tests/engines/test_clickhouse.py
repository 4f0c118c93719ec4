"""chDB answers what every engine must, in the process of the bot, which it leaves as it was."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest

from bot import engines
from bot.engines import _chdb, clickhouse, duckdb
from bot.engines._engine import Engine, Means
from bot.errors import BadInput, SourceUnavailable
from bot.ports import Format
from tests.engines.computing import means
from tests.engines.contract import Check, checks, named
from tests.engines.data import write_table
from tests.engines.installed import refuse_without

refuse_without("clickhouse", "clickhouse_connect", "chdb")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = clickhouse.connect(means(tmp_path))
    yield made
    made.close()


@pytest.mark.parametrize("check", checks(), ids=named)
def test_chdb_answers_by_hand(check: Check, engine: Engine, tmp_path: Path) -> None:
    check(engine, tmp_path)


# ---- what Ibis would have it answer otherwise ------------------------------------------------------------------------------------

_MONTHS = ibis.window(order_by="month")
_TEXTS: dict[str, list[Any]] = {"n": [0, 1, 2, 3], "text": ["ÉCOLE x", "a\nb", None, "日本"]}
_DAY = dt.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("columns", "asked", "answer"),
    [
        ({"month": [1, 2, 2, 3]}, lambda t: t.group_by("month").agg(n=t.count()).mutate(x=ibis._.n.lag().over(_MONTHS)), [None, 1, 2]),
        ({"month": [1, 2, 3]}, lambda t: t.mutate(x=t.month.lead().over(_MONTHS)), [2, 3, None]),
        ({"n": [1, 2, 3], "of": [9, 9, 5]}, lambda t: t.mutate(x=ibis.rank().over(order_by=ibis.desc(t.of))), [0, 0, 2]),
        ({"n": [1, 2, 3], "of": [9, 9, 5]}, lambda t: t.mutate(x=ibis.dense_rank().over(order_by=ibis.desc(t.of))), [0, 0, 1]),
        ({"n": [1, 2]}, lambda t: t.left_join(t.filter(t.n == 2).group_by("n").agg(x=ibis._.count()), "n").select("n", "x"), [None, 1]),
        (_TEXTS, lambda t: t.mutate(x=t.text.lower()), ["école x", "a\nb", None, "日本"]),
        (_TEXTS, lambda t: t.mutate(x=t.text.length()), [7, 3, None, 2]),
        (_TEXTS, lambda t: t.mutate(x=t.text.substr(1, 2)), ["CO", "\nb", None, "本"]),
        (_TEXTS, lambda t: t.mutate(x=t.text.right(1)), ["x", "b", None, "本"]),
        (_TEXTS, lambda t: t.mutate(x=t.text.find("x")), [6, -1, None, -1]),
        (_TEXTS, lambda t: t.mutate(x=t.text.re_search("a.b")), [False, False, None, False]),
        (_TEXTS, lambda t: t.mutate(x=t.text.re_search("(?s)a.b")), [False, True, None, False]),
        (_TEXTS, lambda t: t.mutate(x=t.text.re_replace(".", "-")), ["-------", "-\n-", None, "--"]),
        (_TEXTS, lambda t: t.mutate(x=t.text.re_extract(r"(\w)\s(\w)", 2)), ["x", "b", None, ""]),
        ({"n": [7, -7], "by": [2, 0]}, lambda t: t.mutate(x=t.n // t.by.nullif(0)), [None, 3]),
        ({"at": [_DAY]}, lambda t: t.mutate(x=t["at"].strftime("%Y-%m-%dT%H:%M:%S")), ["1969-12-31T23:59:59"]),
        ({"at": [_DAY]}, lambda t: t.mutate(x=t["at"].date()), [dt.date(1969, 12, 31)]),
        ({"at": [_DAY]}, lambda t: t.mutate(x=t["at"].date().truncate("M")), [dt.date(1969, 12, 1)]),
        ({"text": ["1969-12-31T23:59:59.999999Z"]}, lambda t: t.mutate(x=t.text.cast("timestamp('UTC')")), [_DAY]),
        ({"n": list(range(100_000))}, lambda t: t.agg(x=t.n.nunique(where=t.n > 0)), [99_999]),
        ({"n": list(range(100_000))}, lambda t: t.agg(x=t.n.quantile(0.25)), [24_999.75]),
    ],
)  # fmt: skip
def test_an_answer_is_the_same_as_on_duckdb(
    columns: dict[str, list[Any]], asked: Callable[[Any], Any], answer: list[Any], engine: Engine, tmp_path: Path
) -> None:
    path = str(write_table(tmp_path / "table.parquet", columns))
    other = duckdb.connect(means(tmp_path))
    for one in (engine, other):
        expression = asked(one.files("table", [path], Format.PARQUET, {}))
        assert _told(one, expression.order_by(expression[expression.columns[0]]))["x"] == answer
    other.close()


# ---- files -----------------------------------------------------------------------------------------------------------------------


def test_types_and_what_is_not_there_come_back_as_they_are(engine: Engine, tmp_path: Path) -> None:
    details = pa.struct([("installer", pa.struct([("name", pa.string())])), ("ci", pa.bool_())])
    columns: dict[str, list[Any]] = {
        "at": [dt.datetime(2026, 3, 1, 23, 59, 59, 999999, tzinfo=dt.UTC), None],
        "day": [dt.date(1899, 12, 31), None],
        "large": [2**63 - 1, None],
        "larger": [2**64 - 1, None],
        "text": ["", None],
        "details": [{"installer": {"name": ""}, "ci": False}, None],
    }
    kinds = (pa.timestamp("us", tz="UTC"), pa.date32(), pa.int64(), pa.uint64(), pa.string(), details)
    path = write_table(tmp_path / "table.parquet", columns, pa.schema(list(zip(columns, kinds, strict=True))))
    table = engine.files("table", [str(path)], Format.PARQUET, {})
    whole = [name for name in columns if name != "details"]
    assert _told(engine, table.select(*whole, name=table.details["installer"]["name"], ci=table.details["ci"])) == {
        **{name: columns[name] for name in whole},
        "name": ["", None],
        "ci": [False, None],
    }


def test_two_thousand_files_are_one_table_whatever_their_names(engine: Engine, tmp_path: Path) -> None:
    odd = [tmp_path / name for name in ("it's.parquet", '{1,2} "q".parquet', "é ` \\.parquet", "a\nb.parquet")]
    for path in odd:
        write_table(path, {"count": [1]})
    table = engine.files("table", [str(path) for path in odd] * 500, Format.PARQUET, {})
    assert _told(engine, table.agg(total=table["count"].sum())) == {"total": [2000]}


def test_whole_files_come_with_plain_paths_and_readable_bytes(engine: Engine, tmp_path: Path) -> None:
    bodies = {"it's {a,b}.py": b"import x\r\n", "\n é.py": b"", "bytes.py": b"\xff\x00a", "text.py": "é\\n".encode()}
    for name, body in bodies.items():
        (tmp_path / name).write_bytes(body)
    table = engine.files("files", [str(tmp_path / name) for name in bodies], Format.FILES, {})
    told = _told(engine, table)
    assert dict(zip(told["path"], told["content"], strict=True)) == {
        str(tmp_path / "it's {a,b}.py"): "import x\r\n",
        str(tmp_path / "\n é.py"): "",
        str(tmp_path / "bytes.py"): "\N{REPLACEMENT CHARACTER}\x00a",
        str(tmp_path / "text.py"): "é\\n",
    }


def test_a_type_that_changes_between_files_is_an_error_and_no_null(engine: Engine, tmp_path: Path) -> None:
    paths = [str(write_table(tmp_path / f"{kind.__name__}.parquet", {"a": [kind(7)]})) for kind in (int, str)]
    with pytest.raises(Exception, match="differs from type") as raised:
        engine.files("table", paths, Format.PARQUET, {})
    assert "str.parquet: " in str(engine.failed(raised.value))
    wide = [write_table(tmp_path / f"{kind}.parquet", {"a": [7]}, pa.schema([("a", kind)])) for kind in (pa.int8(), pa.int64())]
    assert _told(engine, engine.files("table", [str(path) for path in wide], Format.PARQUET, {})) == {"a": [7, 7]}


def test_a_key_of_json_in_other_letters_is_another(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"ID": "1"}\n{"id": "2"}\n')
    table = engine.files("table", [str(tmp_path / "a.json")], Format.JSON, {"id": "string"})
    assert _told(engine, table) == {"id": [None, "2"]}


def test_an_answer_after_an_error_is_whole(engine: Engine, tmp_path: Path) -> None:
    path = str(write_table(tmp_path / "table.parquet", {"text": ["1", "x"]}))
    table = engine.files("table", [path], Format.PARQUET, {})
    for _ in range(2):
        with pytest.raises(Exception, match="Cannot parse"):
            _told(engine, table.mutate(number=table.text.cast("int64")))
        assert _told(engine, table) == {"text": ["1", "x"]}


def test_groups_that_do_not_fit_are_spilled_and_what_cannot_be_is_named(tmp_path: Path) -> None:
    names = pa.array(range(1_000_000)).cast(pa.string())
    path = str(write_table(tmp_path / "table.parquet", {"name": names}))  # type: ignore[dict-item]
    small = clickhouse.connect(means(tmp_path, 40 * 10**6))
    table = small.files("table", [path], Format.PARQUET, {})
    assert sum(batch.num_rows for batch in small.batches(table.group_by("name").agg(rows=table.count()))) == 1_000_000
    with pytest.raises(Exception, match="MEMORY_LIMIT_EXCEEDED") as raised:
        _told(small, table.agg(names=table.name.nunique()))
    problem = small.failed(raised.value)
    assert isinstance(problem, SourceUnavailable)
    assert "Raise THREADMILL_ENGINE_MEMORY" in str(problem)
    small.close()


# ---- in the process --------------------------------------------------------------------------------------------------------------


def test_connections_of_a_process_do_not_see_each_others_files(engine: Engine, tmp_path: Path) -> None:
    other = clickhouse.connect(means(tmp_path))
    tables = [
        one.files("shard", [str(write_table(tmp_path / f"{number}.parquet", {"n": [number]}))], Format.PARQUET, {})
        for number, one in enumerate((engine, other))
    ]
    assert [_told(one, table) for one, table in zip((engine, other), tables, strict=True)] == [{"n": [0]}, {"n": [1]}]
    other.close()
    assert _told(engine, tables[0]) == {"n": [0]}


def test_duckdb_and_chdb_compute_side_by_side(engine: Engine, tmp_path: Path) -> None:
    path = str(write_table(tmp_path / "table.parquet", {"n": list(range(100_000))}))
    other = duckdb.connect(means(tmp_path))
    tables = [(one, one.files("table", [path], Format.PARQUET, {})) for one in (engine, other)]
    found: list[int] = []

    def add(one: Engine, table: ibis.Table) -> None:
        found.extend(_told(one, table.agg(total=table.n.sum()))["total"][0] for _ in range(5))

    threads = [threading.Thread(target=add, args=pair) for pair in tables]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [4_999_950_000] * 10
    other.close()


def test_nothing_is_printed_and_the_process_stays_as_it_was(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    here = Path.cwd()
    made = clickhouse.connect(means(tmp_path))
    with pytest.raises(BadInput):
        made.table("nowhere.nothing")
    made.close()
    assert (signal.pthread_sigmask(signal.SIG_BLOCK, ()), Path.cwd()) == (set(), here)
    assert capfd.readouterr() == ("", "")
    with _chdb._undisturbed():
        os.chdir("/")  # as the package does while it is imported
    assert Path.cwd() == here


def test_a_query_is_stopped_from_another_thread(engine: Engine, tmp_path: Path) -> None:
    table = engine.files("table", [str(write_table(tmp_path / "t.parquet", {"n": list(range(100_000))}))], Format.PARQUET, {})
    pairs = table.cross_join(table.view()).agg(rows=ibis._.count())
    over = threading.Event()

    def stop() -> None:
        while not over.wait(0.05):
            engine.stop()

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(Exception, match="cancelled") as raised:
        _told(engine, pairs)
    over.set()
    thread.join()
    assert str(engine.failed(raised.value)) == "stopped before it was finished; what was computed until then is kept"


def test_its_folder_goes_with_it_and_that_of_a_killed_process_with_the_next(tmp_path: Path) -> None:
    begin = f"from bot.engines import _chdb; from pathlib import Path; _chdb._folder(Path({str(tmp_path)!r})); input()"
    killed = subprocess.Popen([sys.executable, "-c", begin], stdin=subprocess.PIPE)
    deadline = time.monotonic() + 20
    while not list(tmp_path.glob("chdb-*/held")) and time.monotonic() < deadline:
        time.sleep(0.01)
    made = clickhouse.connect(Means(None, 10**9, 0, tmp_path))
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / f"chdb-{killed.pid}", tmp_path / f"chdb-{os.getpid()}"])
    killed.kill()
    killed.communicate()
    made.close()
    made.close()  # twice is once
    assert list(tmp_path.iterdir()) == [tmp_path / f"chdb-{killed.pid}"]
    clickhouse.connect(Means(None, 10**9, 0, tmp_path)).close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", ["chdb", "ibis"])
def test_what_to_install_is_said(missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    for name in ("_chdb", "_clickhouse_sql"):
        monkeypatch.delitem(sys.modules, f"bot.engines.{name}")
        monkeypatch.delattr(engines, name)
    with pytest.raises(BadInput, match=f"needs the package \"{missing}\".*pip install 'threadmill\\[clickhouse\\]'"):
        clickhouse.connect(means(tmp_path))


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "spill").write_text("in the way")
    with pytest.raises(BadInput, match=r"chDB cannot begin in .*spill"):
        clickhouse.connect(means(tmp_path))
    with pytest.raises(BadInput, match=r"has \* in its path"):
        clickhouse.connect(means(tmp_path / "a*b"))


def _told(engine: Engine, expression: ibis.Table) -> dict[str, list[Any]]:
    schema = expression.schema().to_pyarrow()
    return pa.Table.from_batches([batch.cast(schema) for batch in engine.batches(expression)], schema).to_pydict()
