"""BigQuery is asked for the price first, is never asked for more than may be billed, and says what it does not answer."""

from __future__ import annotations

import datetime as dt
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import pytest

from bot.cli import main
from bot.config import Secret
from bot.domain.period import Period
from bot.engines import bigquery
from bot.engines._engine import Engine, Means
from bot.errors import BadInput, SourceUnavailable
from bot.ports import Format
from bot.sources import pypi_logs
from tests.engines.bigquery_server import LOG, BigQueryServer, serving
from tests.engines.computing import computed
from tests.engines.installed import refuse_without

refuse_without("bigquery", "google.cloud.bigquery")

TABLE = "bigquery-public-data.pypi.file_downloads"
MARCH, FEBRUARY, YEAR_BEFORE = Period.month(2026, 3), Period.month(2026, 2), Period.month(2025, 3)
CAP = 100 * 10**9


@pytest.fixture
def server() -> Iterator[BigQueryServer]:
    with serving() as told:
        told.columns = [("month", "DATE"), ("project", "STRING")]
        told.columns += [(name, "INTEGER") for name in ("downloads", "ci", "unsaid", "nameless", "days", "logged")]
        yield told


@pytest.fixture
def engine(server: BigQueryServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    monkeypatch.setattr(bigquery, "_PATIENCE_S", 0.1)
    made = bigquery.connect(_means(f"billed@{server.url}", tmp_path))
    yield made
    made.close()


def _means(address: str | None, folder: Path) -> Means:
    return Means(None if address is None else Secret(address), 10**9, CAP, folder)


def _downloads(engine: Engine, folder: Path, table: str = TABLE) -> Any:
    return computed(engine, pypi_logs.computation(table, ["torch"], [YEAR_BEFORE, FEBRUARY, MARCH]), folder)


def test_downloads_are_counted_in_one_query_whose_price_is_asked_first(
    engine: Engine, server: BigQueryServer, tmp_path: Path
) -> None:
    server.read_bytes = CAP
    server.rows = [("2026-03-01", "torch", "9007199254740993", "7", "0", "1", "31", "31")]
    result = _downloads(engine, tmp_path)
    assert result.rows == (
        {
            "month": "2026-03-01", "project": "torch", "downloads": 9007199254740993, "ci": 7, "unsaid": 0, "nameless": 1,
            "days": 31, "logged": 31,
        },
    )  # fmt: skip
    tried, run = server.asked
    assert (tried["dryRun"], tried["useQueryCache"]) == (True, False)
    assert (run["dryRun"], run["maximumBytesBilled"], run["jobTimeoutMs"]) == (False, str(CAP), "1800000")
    assert tried["query"] == run["query"]


def test_only_the_days_and_columns_that_are_needed_are_read(engine: Engine, server: BigQueryServer, tmp_path: Path) -> None:
    _downloads(engine, tmp_path)
    query = server.asked[0]["query"]
    # The column the table is partitioned by, as it stands, compared with constants: nothing else leaves partitions out
    assert re.findall(r"`t0`\.`timestamp` (>=|<) TIMESTAMP\('(.*?)'\)", query) == [
        (">=", "2025-03-01T00:00:00+00:00"), ("<", "2025-04-01T00:00:00+00:00"),
        (">=", "2026-02-01T00:00:00+00:00"), ("<", "2026-04-01T00:00:00+00:00"),
    ]  # fmt: skip
    assert set(re.findall(r"`t0`\.((?:`\w+`\.?)+)", query)) == {
        "`timestamp`", "`project`", "`details`.`installer`.`name`", "`details`.`ci`",
    }  # fmt: skip
    assert "`bigquery-public-data`.`pypi`.`file_downloads` AS `t0`" in query
    assert "*" not in re.sub(r"COUNT\(\*\)|SELECT \* FROM \(SELECT", "", query)


def test_what_is_dearer_than_allowed_is_refused_with_its_price_and_not_run(
    engine: Engine, server: BigQueryServer, tmp_path: Path
) -> None:
    server.read_bytes = 1 << 40
    with pytest.raises(BadInput) as raised:
        _downloads(engine, tmp_path)
    assert str(raised.value) == (
        "this query reads 1,099,512 MB, which is $6.25, and one query may read 100,000 MB ($0.57 at $6.25 per TiB). Nothing was "
        "billed. It asks for many months, or the table is not the one meant. Ask for fewer months, or set THREADMILL_ENGINE_BILLED "
        "to 1100GB"
    )
    assert server.run == []
    server.read_bytes = CAP + 1
    with pytest.raises(BadInput, match="set THREADMILL_ENGINE_BILLED to 101GB"):
        _downloads(engine, tmp_path)


def test_what_bigquery_itself_stops_is_told_alike(engine: Engine, server: BigQueryServer, tmp_path: Path) -> None:
    server.trouble = (
        "run",
        500,
        "bytesBilledLimitExceeded",
        "Query exceeded limit for bytes billed: 100. 10485760 or higher required.",
    )
    with pytest.raises(BadInput, match=r"did not run this query .*one query may read 100,000 MB.*Nothing was billed"):
        _downloads(engine, tmp_path)


def test_values_come_in_the_types_they_have(engine: Engine, server: BigQueryServer) -> None:
    kinds = ("TIMESTAMP", "DATE", "INTEGER", "FLOAT", "BOOLEAN", "STRING")
    server.columns = [(kind.lower(), kind) for kind in kinds]
    server.rows = [("1774569599999999", "2026-03-26", str(2**63 - 1), "0.5", "false", ""), (None,) * len(kinds)]
    asked = ibis.table({"timestamp": "timestamp('UTC')", "date": "date", "integer": "int64", "float": "float64", "boolean": "boolean",
                        "string": "string"}, name="any")  # fmt: skip
    (batch,) = engine.batches(asked)
    assert batch.cast(asked.schema().to_pyarrow()).to_pydict() == {
        "timestamp": [dt.datetime(2026, 3, 26, 23, 59, 59, 999999, tzinfo=dt.UTC), None],
        "date": [dt.date(2026, 3, 26), None],
        "integer": [2**63 - 1, None],
        "float": [0.5, None],
        "boolean": [False, None],
        "string": ["", None],
    }
    server.rows = []
    assert list(engine.batches(asked)) == []


def test_a_table_has_the_columns_and_types_its_metadata_say(engine: Engine, server: BigQueryServer) -> None:
    server.table = LOG | {
        "schema": {"fields": [*LOG["schema"]["fields"], {"name": "tags", "type": "STRING", "mode": "REPEATED"}]}
    }
    table = engine.table(TABLE)
    assert {name: str(kind) for name, kind in table.schema().items()} == {
        "timestamp": "!timestamp('UTC')",
        "country_code": "string",
        "project": "!string",
        "details": "struct<installer: struct<name: string, version: string>, ci: boolean>",
        "tags": "array<string>",
    }


def test_the_state_of_a_table_is_its_last_change_and_of_a_view_unknown(engine: Engine, server: BigQueryServer) -> None:
    assert engine.state(TABLE) == "bigquery-public-data:pypi.file_downloads 2026-11-23T00:00:00+00:00 1300000000000"
    server.table = LOG | {"type": "VIEW", "numRows": "0"}
    assert engine.state(TABLE) == ""


@pytest.mark.parametrize(
    ("where", "status", "reason", "problem", "words"),
    [
        ("dry", 403, "accessDenied", BadInput, "does not let us in.*BigQuery Job User"),
        ("insert", 403, "billingNotEnabled", BadInput, "does not let us in"),
        ("insert", 403, "quotaExceeded", SourceUnavailable, "was asked too often or too much by this project"),
        ("dry", 429, "rateLimitExceeded", SourceUnavailable, "was asked too often or too much by this project"),
        ("dry", 400, "invalidQuery", BadInput, "cannot compute this"),
        ("dry", 503, "backendError", SourceUnavailable, "cannot be reached or has failed"),
        ("run", 400, "stopped", SourceUnavailable, "cannot be reached or has failed"),
        ("table", 404, "notFound", BadInput, "has no such table"),
        ("table", 401, "authError", BadInput, "does not let us in"),
    ],
)
def test_what_goes_wrong_on_its_side_is_said_and_nothing_is_told(
    where: str,
    status: int,
    reason: str,
    problem: type[Exception],
    words: str,
    engine: Engine,
    server: BigQueryServer,
    tmp_path: Path,
) -> None:
    server.trouble = (where, status, reason, "Something went wrong")
    with pytest.raises(problem, match=words):
        _downloads(engine, tmp_path)
    assert len(server.run) <= 1


@pytest.mark.parametrize("place", ["pypi.nothing", "bigquery-public-data.pypi.nothing"])
def test_a_table_there_is_not_is_named(place: str, engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no such table .*pypi\.nothing"):
        _downloads(engine, tmp_path, place)


def test_what_is_no_name_of_a_table_is_refused(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match='"file_downloads" is no name of a table of BigQuery. Write project.dataset.table'):
        _downloads(engine, tmp_path, "file_downloads")


def test_files_of_this_machine_are_out_of_its_sight(engine: Engine) -> None:
    with pytest.raises(BadInput, match=r"cannot read /raw/a\.parquet, which is a file of this machine"):
        engine.files("events", ["/raw/a.parquet"], Format.PARQUET, {})


def test_a_bigquery_that_is_away_is_said_to_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bigquery, "_PATIENCE_S", 0.1)
    with serving() as gone:
        pass
    made = bigquery.connect(_means(f"billed@{gone.url}", tmp_path))
    with pytest.raises(SourceUnavailable, match=rf"bigquery at {gone.url} cannot be reached or has failed .*Failed to establish"):
        _downloads(made, tmp_path)


def test_without_credentials_it_is_said_where_they_are_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nothing.json"))
    with pytest.raises(BadInput, match=r"does not let us in .*nothing\.json.*Let GOOGLE_APPLICATION_CREDENTIALS name a key file"):
        bigquery.connect(_means("my-project-123", tmp_path))


@pytest.mark.parametrize("address", [None, "two words", "p@http://example.org:80", "p@https://127.0.0.1:9050"])
def test_without_a_project_it_is_said_where_they_are_listed(address: str | None, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"THREADMILL_ENGINE_BIGQUERY names none\. Set it to the id of one"):
        bigquery.connect(_means(address, tmp_path))


def test_it_is_elsewhere_whatever_its_address() -> None:
    assert bigquery.elsewhere(None)


def test_what_to_install_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "google.cloud.bigquery", None)
    with pytest.raises(BadInput, match=r"needs the package \"google\.cloud\.bigquery\".*pip install 'threadmill\[bigquery\]'"):
        bigquery.connect(_means("my-project-123", tmp_path))


def test_neither_pandas_gbq_nor_the_storage_api_is_needed(
    engine: Engine, server: BigQueryServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("pandas_gbq", "pydata_google_auth", "google.cloud.bigquery_storage", "google.cloud.bigquery_storage_v1"):
        monkeypatch.setitem(sys.modules, name, None)
    server.rows = [("2026-03-01", "torch", "5", "1", "0", "0", "31", "31")]
    assert _downloads(engine, tmp_path).rows[0]["downloads"] == 5
    assert "ibis.backends.bigquery" not in sys.modules  # it imports all of them


def test_a_query_is_stopped_from_another_thread(engine: Engine, server: BigQueryServer) -> None:
    engine.stop()  # it is at nothing
    server.endless = True
    over = threading.Event()

    def stop() -> None:
        while not over.wait(0.05):
            engine.stop()

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(Exception, match="cancelled") as raised:
        list(engine.batches(ibis.table({"n": "int64"}, name="any")))
    over.set()
    thread.join()
    assert len(server.cancelled) >= 1
    assert isinstance(engine.failed(raised.value), SourceUnavailable)
    engine.stop()  # it is over


RECIPE = f"""
title = "Raw"
granularity = "month"
[sources.pypi_logs]
table = "{TABLE}"
[subjects.pytorch]
name = "PyTorch"
fill = "#c72105"
ink = "#b81d03"
ids = {{ pypi_logs = "torch" }}
[[posts]]
name = "downloads"
"""


def test_a_trial_says_what_it_reads_before_it_does(
    server: BigQueryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "templates" / "raw"
    folder.mkdir(parents=True)
    (folder / "report.toml").write_text(RECIPE)
    (folder / "downloads.txt").write_text("PyTorch: {{ figures.pypi_log_downloads_month.pytorch | compact }} downloads.")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THREADMILL_ENGINE_BIGQUERY", f"billed@{server.url}")
    server.read_bytes = 48_500_000_000
    server.rows = [("2026-03-01", "torch", "87300000", "30000000", "7", "1", "31", "31")]
    assert main(["sources", "pypi_logs", "--try", "--engine", "bigquery", "--period", "2026-03"]) == 0
    told = capsys.readouterr()
    assert "pypi_logs: one query that reads 48,500 MB\n" in told.err
    assert "87,300,000 pypi_log_downloads_month of pytorch, March 2026" in told.out
    monkeypatch.setenv("THREADMILL_ENGINE_BILLED", "48GB")
    assert main(["sources", "pypi_logs", "--try", "--engine", "bigquery", "--period", "2026-03"]) == 2
    assert "one query may read 48,000 MB" in capsys.readouterr().err
    assert len(server.run) == 1
