from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.synthetic import logs
from tests.synthetic.folders import contents, make, table

SIZE = ("--rows", "2500", "--start", "2025-02", "--months", "1", "--packages", "5")
MIRRORS = {"bandersnatch", "z3c.pypimirror", "Artifactory", "devpi"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("logs") / "out", "logs", *SIZE)


@pytest.fixture(scope="module")
def rows(made: Path) -> list[dict[str, Any]]:
    return [row for file in sorted(made.glob("*/*.parquet")) for row in pq.read_table(file).to_pylist()]


def test_there_is_a_file_for_each_day_and_as_many_rows_as_asked_for(made: Path, rows: list[dict[str, Any]]) -> None:
    assert sorted(contents(made)) == [*(f"2025-02/{day:02}.parquet" for day in range(1, 29)), "truth.csv"]
    assert len(rows) == 2500


def test_each_row_is_of_the_utc_day_of_its_file(made: Path) -> None:
    for file in made.glob("*/*.parquet"):
        days = {row["timestamp"].strftime("%Y-%m/%d") for row in pq.read_table(file, columns=["timestamp"]).to_pylist()}
        assert days == {f"{file.parent.name}/{file.stem}"}


def test_weekdays_have_their_share_of_the_rows() -> None:
    """February 2025 has each weekday four times; 4 x (100 + 104 + 105 + 103 + 96 + 62 + 60) is 2520."""
    days = logs.days(logs.Logs(2520, dt.date(2025, 2, 1), 1, 5))
    by_weekday = {day.date.weekday(): day.rows for day in days}
    assert by_weekday == {0: 100, 1: 104, 2: 105, 3: 103, 4: 96, 5: 62, 6: 60}
    assert [day.date.day for day in days] == list(range(1, 29))


def test_months_run_over_the_turn_of_the_year() -> None:
    days = logs.days(logs.Logs(10_000, dt.date(2024, 11, 1), 4, 5))
    assert (days[0].date, days[-1].date, len(days)) == (dt.date(2024, 11, 1), dt.date(2025, 2, 28), 30 + 31 + 31 + 28)
    assert {(day.date.month, day.month) for day in days} == {(11, 0), (12, 1), (1, 2), (2, 3)}


def test_the_columns_are_those_of_bigquery(made: Path) -> None:
    assert list(_fields(pq.read_schema(made / "2025-02" / "01.parquet"))) == [
        ("timestamp", "timestamp[us, tz=UTC]"),
        ("country_code", "string"),
        ("url", "string"),
        ("project", "string"),
        ("file.filename", "string"),
        ("file.project", "string"),
        ("file.version", "string"),
        ("file.type", "string"),
        ("details.installer.name", "string"),
        ("details.installer.version", "string"),
        ("details.installer.subcommand", "list<element: string>"),
        ("details.python", "string"),
        ("details.implementation.name", "string"),
        ("details.implementation.version", "string"),
        ("details.distro.name", "string"),
        ("details.distro.version", "string"),
        ("details.distro.id", "string"),
        ("details.distro.libc.lib", "string"),
        ("details.distro.libc.version", "string"),
        ("details.system.name", "string"),
        ("details.system.release", "string"),
        ("details.cpu", "string"),
        ("details.openssl_version", "string"),
        ("details.setuptools_version", "string"),
        ("details.rustc_version", "string"),
        ("details.ci", "bool"),
        ("tls_protocol", "string"),
        ("tls_cipher", "string"),
    ]


def test_the_truth_is_what_a_count_in_plain_python_finds(made: Path, rows: list[dict[str, Any]]) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        installer = (row["details"] or {}).get("installer")
        if installer is None:
            whose = "by_nobody_named"
        elif installer["name"] in MIRRORS:
            whose = "by_mirrors"
        else:
            whose = f"ci_{str(row['details']['ci']).lower().replace('none', 'null')}"
        counts[row["project"], whose] += 1
        counts[row["project"], "rows"] += 1
    columns = ("rows", "by_mirrors", "by_nobody_named", "ci_true", "ci_false", "ci_null")
    assert table(made / "truth.csv") == [
        {"month": "2025-02", "project": project, **{column: str(counts[project, column]) for column in columns}}
        for project in ("numpy", "requests", "tensorflow", "pandas", "torch")
    ]


def test_everything_odd_about_the_real_log_is_there(rows: list[dict[str, Any]]) -> None:
    details = [row["details"] for row in rows]
    assert {None if told is None else told["ci"] for told in details} == {None, True, False}
    assert 10 < sum(told is None or told["installer"] is None for told in details) < 120
    named = Counter(told["installer"]["name"] for told in details if told and told["installer"])
    assert 350 < sum(named[mirror] for mirror in MIRRORS) < 650
    assert named["Nexus"] > 0  # a mirror in nobody's list
    assert {tuple(told["installer"]["subcommand"]) for told in details if told and told["installer"]} == {
        (), ("pip", "install"), ("sync",),
    }  # fmt: skip
    assert {row["country_code"] is None for row in rows} == {True, False}
    assert all(row["url"].endswith(f"/{row['file']['filename']}") and row["project"] == row["file"]["project"] for row in rows)


def test_mirrors_fetch_everything_alike_and_people_the_first_package_most(rows: list[dict[str, Any]]) -> None:
    """By weight 1, 1/2 ... 1/5 numpy has 0.44 of what people download; of five packages alike it has a fifth."""
    named = [
        (row["project"], row["details"]["installer"]["name"]) for row in rows if row["details"] and row["details"]["installer"]
    ]
    mirrored = [project for project, installer in named if installer in MIRRORS]
    others = [project for project, installer in named if installer not in MIRRORS]
    assert 0.13 < mirrored.count("numpy") / len(mirrored) < 0.27
    assert 0.39 < others.count("numpy") / len(others) < 0.49


def test_a_thin_log_has_the_same_rows_with_fewer_columns(made: Path, rows: list[dict[str, Any]], tmp_path: Path) -> None:
    thin = make(tmp_path / "thin", "logs", *SIZE, "--thin")
    told = [row for file in sorted(thin.glob("*/*.parquet")) for row in pq.read_table(file).to_pylist()]
    assert (thin / "truth.csv").read_bytes() == (made / "truth.csv").read_bytes()
    assert told == [
        {
            "timestamp": row["timestamp"],
            "project": row["project"],
            "file": {"project": row["project"]},
            "details": row["details"]
            and {
                "installer": row["details"]["installer"] and {"name": row["details"]["installer"]["name"]},
                "ci": row["details"]["ci"],
            },
        }
        for row in rows
    ]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(made: Path, tmp_path: Path) -> None:
    assert contents(make(tmp_path / "again", "logs", *SIZE)) == contents(made)
    assert contents(make(tmp_path / "other", "logs", *SIZE, "--seed", "2")) != contents(made)


def test_a_day_is_written_in_blocks_that_fit_into_memory(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "ROW_GROUP", 40)
    file = pq.ParquetFile(make(tmp_path / "out", "logs", *SIZE) / "2025-02" / "03.parquet")
    days = logs.days(logs.Logs(2500, dt.date(2025, 2, 1), 1, 5))
    assert [file.metadata.row_group(at).num_rows for at in range(file.metadata.num_row_groups)] == [40, 40, days[2].rows - 80]


def test_tensorflow_shrinks_and_jax_grows() -> None:
    from bot.synthetic._clients import packages, weight

    at = {name: place for place, name in enumerate(packages(8))}
    assert weight(at["tensorflow"], "tensorflow", 12) < weight(at["tensorflow"], "tensorflow", 0)
    assert weight(at["jax"], "jax", 1) * 100 == weight(at["jax"], "jax", 0) * 105


def _fields(schema: Iterable[Any], above: str = "") -> Iterator[tuple[str, str]]:
    for field in schema:
        if pa.types.is_struct(field.type):
            yield from _fields(field.type, f"{above}{field.name}.")
        else:
            yield f"{above}{field.name}", str(field.type)
