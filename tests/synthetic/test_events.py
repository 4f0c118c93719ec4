from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.synthetic.folders import contents, make, table

SIZE = ("--start", "2025-02-28", "--events-per-hour", "120")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("events") / "out", "events", *SIZE, "--days", "2")


@pytest.fixture(scope="module")
def lines(made: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for file in made.glob("*.json.gz") for line in gzip.decompress(file.read_bytes()).splitlines()]


def test_there_is_a_file_for_each_hour_without_a_leading_zero(made: Path) -> None:
    hours = [f"{day}-{hour}.json.gz" for day in ("2025-02-28", "2025-03-01") for hour in range(24)]
    assert sorted(contents(made)) == sorted([*hours, "truth.csv"])


def test_an_event_has_the_shape_of_the_archive(lines: list[dict[str, Any]]) -> None:
    star = next(line for line in lines if line["type"] == "WatchEvent" and line["repo"]["name"] == "keras-team/keras")
    assert list(star) == ["id", "type", "actor", "repo", "payload", "public", "created_at", "org"]
    assert star["repo"] == {"id": 33015583, "name": "keras-team/keras", "url": "https://api.github.com/repos/keras-team/keras"}
    assert star["payload"] == {"action": "started"}
    assert star["public"] is True
    assert star["id"].isdecimal()
    assert len({line["type"] for line in lines}) == 8


def test_the_truth_is_what_a_count_in_plain_python_finds(made: Path, lines: list[dict[str, Any]]) -> None:
    distinct = {line["id"]: line for line in lines}
    assert len(distinct) == 48 * 120
    stars = Counter(
        (line["created_at"][:10], str(line["repo"]["id"]), line["repo"]["name"].lower())
        for line in distinct.values()
        if line["type"] == "WatchEvent"
    )
    assert {(row["day"], row["repo_id"], row["repo"]): int(row["stars"]) for row in table(made / "truth.csv")} == stars


def test_some_events_are_there_twice_also_in_the_next_hour(made: Path, lines: list[dict[str, Any]]) -> None:
    ids = Counter(line["id"] for line in lines)
    assert 20 < sum(count > 1 for count in ids.values()) < 200
    late = [json.loads(line) for line in gzip.decompress((made / "2025-03-01-0.json.gz").read_bytes()).splitlines()]
    hours = {
        line["created_at"][:13]
        for file in made.glob("*-9.json.gz")
        for line in map(json.loads, gzip.decompress(file.read_bytes()).splitlines())
    }
    assert hours > {"2025-02-28T09", "2025-03-01T09"}
    assert {line["created_at"][:13] for line in late} <= {"2025-02-28T23", "2025-03-01T00"}


def test_a_repository_is_renamed_at_noon_and_names_come_in_capitals_too(lines: list[dict[str, Any]]) -> None:
    jax = [(line["created_at"], line["repo"]["name"]) for line in lines if line["repo"]["id"] == 154739597]
    assert {name for at, name in jax if at < "2025-02-28T12"} == {"google/jax"}
    assert {name for at, name in jax if at >= "2025-02-28T12"} == {"jax-ml/jax"}
    assert {line["repo"]["name"] for line in lines if line["repo"]["id"] == 65600975} == {"pytorch/pytorch", "PyTorch/PyTorch"}
    assert any('"type":"WatchEvent"' in str(line["payload"]) for line in lines if line["type"] == "PushEvent")


def test_more_days_add_files(made: Path, tmp_path: Path) -> None:
    one_day = contents(make(tmp_path / "out", "events", *SIZE, "--days", "1"))
    two_days = contents(made)
    assert two_days["truth.csv"].startswith(one_day.pop("truth.csv"))
    assert one_day.items() <= two_days.items()


def test_the_same_bytes_come_from_two_processes(tmp_path: Path) -> None:
    size = ("--days", "1", "--events-per-hour", "2")
    one, two = (make(tmp_path / number, "events", *size, "--processes", number) for number in ("1", "2"))
    assert contents(one) == contents(two)
