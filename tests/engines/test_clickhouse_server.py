"""A ClickHouse server has tables; what it cannot do whole it says, and nobody reads the password of it anywhere."""

from __future__ import annotations

import datetime as dt
import logging
import os
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

import ibis
import pytest

from bot.config import Secret
from bot.domain.measure import Missing, Observation
from bot.domain.period import Period
from bot.engines import _clickhouse_server, clickhouse
from bot.engines._engine import Engine, Means
from bot.errors import BadInput, SourceUnavailable, ThreadmillError, Throttled
from bot.ports import Format
from bot.sources import pypi_logs
from tests.engines.computing import computed, computer
from tests.engines.installed import refuse_without
from tests.sources.conftest import subject

refuse_without("clickhouse", "clickhouse_connect", "chdb")

READER, DEMO, NOBODY = "reader:s3cret%2F%40", "demo", "nobody"
MARCH = Period.month(2026, 3)
_SETUP = """
CREATE DATABASE pypi;
CREATE TABLE pypi.pypi (date Date, country_code LowCardinality(String), project String, type LowCardinality(String),
  installer LowCardinality(String), python_minor LowCardinality(String), system LowCardinality(String), version String)
  ENGINE = MergeTree ORDER BY (project, date, version);
INSERT INTO pypi.pypi
SELECT toDate('2026-02-28') + intDiv(number, 4), 'CH', 'torch', 'bdist_wheel', ['pip', '', 'devpi', 'uv'][1 + number % 4], '3.11',
  'Linux', '1'
FROM numbers(33 * 4);
CREATE TABLE pypi.counts (name String, count UInt64) ENGINE = MergeTree ORDER BY name;
INSERT INTO pypi.counts VALUES ('a', 18446744073709551615), ('b', 0);
CREATE VIEW pypi.seen AS SELECT * FROM pypi.counts
"""

Connect = Callable[..., Engine]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where one is; the same for all tests, who do not change it."""
    command = [sys.executable, "-m", "tests.engines.clickhouse_server", str(tmp_path_factory.mktemp("clickhouse"))]
    surroundings = {**os.environ, "TZ": "UTC"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=surroundings) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(_SETUP)
        process.stdin.close()
        yield f"127.0.0.1:{int(process.stdout.readline())}"
        process.kill()


@pytest.fixture
def connect(server: str, tmp_path: Path) -> Iterator[Connect]:
    made: list[Engine] = []

    def connect(user: str = READER, database: str = "") -> Engine:
        made.append(clickhouse.connect(_means(f"http://{user}@{server}/{database}", tmp_path)))
        return made[-1]

    yield connect
    for one in made:
        one.close()


def _means(address: str, folder: Path) -> Means:
    return Means(Secret(address), 10**9, 10**9, folder)


@pytest.mark.parametrize("user", [READER, DEMO])
def test_downloads_are_counted_where_the_log_is(user: str, connect: Connect, server: str, tmp_path: Path) -> None:
    # From 28 February to 1 April, each day one download by pip, uv, a mirror, and somebody who does not say
    pytorch = subject("pytorch", pypi_logs="torch")
    source = pypi_logs.Source(table="pypi.pypi")
    (reply,) = source.fetch(computer(connect(user), tmp_path), [pytorch], MARCH)
    told = {one.metric: one for one in source.parse(reply, [pytorch], MARCH) if one.period == MARCH}
    downloads = told.pop("pypi_log_downloads_month")
    assert isinstance(downloads, Observation)
    assert (downloads.value, downloads.note.partition("; ")[0]) == (
        93,
        "torch: 31 of 93 by clients that do not say what they are",
    )
    assert f"computed by ClickHouse@{server} " in downloads.note
    assert downloads.note.endswith("from the table pypi.pypi")
    assert [one.reason for one in told.values() if isinstance(one, Missing)] == ["the log at hand does not say what was CI"] * 2


def test_numbers_of_64_bits_and_rows_that_are_not_there_come_back(connect: Connect) -> None:
    engine = connect()
    counts = engine.table("pypi.counts")
    (batch,) = engine.batches(counts.mutate(any=counts["count"] > 0).order_by("name"))
    assert batch.to_pydict() == {"name": ["a", "b"], "count": [2**64 - 1, 0], "any": [True, False]}
    beside = counts.select("name", twice=counts["count"] * 0).filter(ibis._.name == "b")
    (batch,) = engine.batches(counts.select("name").left_join(beside, "name").order_by("name").select("name", "twice"))
    assert batch.to_pydict() == {"name": ["a", "b"], "twice": [None, 0]}
    assert list(engine.batches(counts.filter(counts.name == "c"))) == []


def test_a_user_who_may_not_have_nulls_is_told_so_and_gets_no_zeros(connect: Connect) -> None:
    engine = connect(DEMO)
    counts = engine.table("pypi.counts")
    with pytest.raises(BadInput, match="may not change join_use_nulls"):
        list(engine.batches(counts.left_join(counts.view(), "name").select("name")))


def test_the_state_of_a_table_changes_with_it(connect: Connect, server: str) -> None:
    engine = connect()
    before = engine.state("pypi.counts")
    assert before
    assert engine.state("pypi.counts") == before
    _send(server, "INSERT INTO pypi.counts VALUES ('c', 1)")
    assert engine.state("pypi.counts") != before
    _send(server, "ALTER TABLE pypi.counts DELETE WHERE name = 'c' SETTINGS mutations_sync = 1")
    assert engine.state("pypi.seen") == ""  # a view: nobody knows


def test_a_user_who_may_change_little_has_whole_results(connect: Connect) -> None:
    engine = connect(DEMO)
    assert [batch.num_rows for batch in engine.batches(engine.table("pypi.counts"))] == [2]


def test_a_user_for_whom_results_are_cut_off_is_refused(connect: Connect) -> None:
    with pytest.raises(BadInput, match=r"may cut results off .* not change read_overflow_mode, result_overflow_mode\. Ask as"):
        connect(NOBODY)


def test_days_of_another_time_zone_are_refused() -> None:
    elsewhere = SimpleNamespace(
        server_version="24.8", server_tz=ZoneInfo("America/New_York"), server_settings={}, get_client_setting=lambda _: None
    )
    with pytest.raises(BadInput, match="days of another time zone, and its user may not change session_timezone"):
        _clickhouse_server.Server(elsewhere, "example.org:443")


def test_who_is_not_let_in_reads_why_and_nowhere_the_password(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(BadInput, match="516.*The user or password is wrong") as raised:
        connect("reader:hunter2")
    told = f"{raised.value!r} {raised.value.__cause__!r} {caplog.text}"
    assert "hunter2" not in told
    assert b64encode(b"reader:hunter2").decode() not in told
    engine = connect()
    assert "s3cret" not in f"{engine!r} {vars(engine)} {vars(engine._link)} {engine.version}"  # type: ignore[attr-defined]


@pytest.mark.parametrize("place", ["pypi.nothing", "nowhere.pypi"])
def test_a_table_there_is_not_is_named(place: str, connect: Connect) -> None:
    with pytest.raises(BadInput, match=f'has no table "{place}"'):
        connect().table(place)


def test_files_of_this_machine_are_out_of_its_sight(connect: Connect) -> None:
    with pytest.raises(
        BadInput, match=r"cannot read /raw/a\.parquet, which is a file of this machine\. Load the files into a table"
    ):
        connect().files("events", ["/raw/a.parquet"], Format.PARQUET, {})


@pytest.mark.parametrize(
    ("database", "problem", "words"),
    [
        ("trouble_quota", Throttled, "queries = 201/200"),
        ("trouble_quota_without_end", SourceUnavailable, "Run again later"),
        ("trouble_rows", SourceUnavailable, "396.*Name fewer subjects"),
        ("trouble_time", SourceUnavailable, "159.*Timeout exceeded"),
        ("trouble_reset", SourceUnavailable, "cannot be reached or has failed.*(?i:reset|closed)"),
        ("trouble_cut", SourceUnavailable, "cannot be reached or has failed"),
        ("trouble_silence", SourceUnavailable, r"cannot be reached or has failed.*timed out"),
    ],
)
def test_what_goes_wrong_on_its_side_is_said_and_nothing_is_told(
    database: str, problem: type[Exception], words: str, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_clickhouse_server, "SILENCE_S", 1)
    with pytest.raises(ThreadmillError, match=words) as raised:
        computed(connect(DEMO, database), pypi_logs.computation("pypi.pypi", ["torch"], [MARCH]), tmp_path)
    assert type(raised.value) is problem
    if isinstance(raised.value, Throttled):
        assert raised.value.until == dt.datetime(2026, 11, 23, 7, tzinfo=dt.UTC)


def test_a_server_that_is_away_is_said_to_be_and_nothing_is_logged(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"http://demo@127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(SourceUnavailable, match=r"at 127\.0\.0\.1:\d+ cannot be reached .*Connection refused"):
            clickhouse.connect(_means(address, tmp_path))
    assert capfd.readouterr() == ("", "")
    assert not logging.getLogger("clickhouse_connect").isEnabledFor(logging.ERROR)


def test_a_name_nobody_knows_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(SourceUnavailable, match=r"at nowhere\.example:443 cannot be reached .*Name or service not known"):
        clickhouse.connect(_means("https://demo@nowhere.example", tmp_path))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("clickhouse.example:8443", "is no address of a ClickHouse server"),
        ("https://", "is no address"),
        ("https://a:b@host:port", "is no address"),
        ("https://user:pa#ss@host", "is no address"),
        ("https://host/one/two", "is no address"),
        ("http://user:secret@example.org:8123", "goes to example.org by http, where everybody on the way reads"),
    ],
)
def test_an_address_that_is_none_is_refused_without_repeating_it(address: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=words) as raised:
        clickhouse.connect(_means(address, tmp_path))
    assert not any(word in str(raised.value) for word in ("secret", "pa#ss", "a:b@"))


def test_an_address_has_the_usual_ports_and_no_password_in_sight() -> None:
    found = _clickhouse_server._parsed(Secret("https://demo@sql-clickhouse.clickhouse.com"))
    assert (found.secure, found.shown, found.user, found.password) == (
        True,
        "sql-clickhouse.clickhouse.com:443",
        "demo",
        Secret(""),
    )
    found = _clickhouse_server._parsed(Secret("http://a:b%2Fc@localhost/pypi"))
    assert (found.secure, found.shown, found.password) == (False, "localhost:8123/pypi", Secret("b/c"))
    assert "b/c" not in repr(found)


def test_only_a_server_is_elsewhere() -> None:
    assert clickhouse.elsewhere(Secret("https://demo@example.org"))
    assert not clickhouse.elsewhere(None)


def _send(server: str, statement: str) -> None:
    told = {"Authorization": f"Basic {b64encode(b'reader:s3cret/@').decode()}"}
    with urlopen(Request(f"http://{server}/", statement.encode(), told)) as answer:
        assert answer.status == 200
