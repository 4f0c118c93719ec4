"""Stars and forks of past days, each subject from one collector only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.domain.measure import Observation, Status, Subject
from bot.domain.period import Period
from bot.errors import BadFigures
from bot.ports import Offline, Reply
from bot.sources.github_history import METRICS, Source

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
DAILY = "date,repo,stars,forks,repo_url\n"
WEEKLY = "snapshot_date,github_id,star_count,fork_count,watchers_count\n"


def parse(text: str, subjects: tuple[Subject, ...]) -> Sequence[Observation]:
    return Source(Path()).parse(Reply(text.encode(), "raw/stars.csv", "", NOW), subjects, Period.year(2020))


@pytest.fixture(scope="module")
def found(shared_data: Path, subjects: tuple[Subject, ...]) -> Sequence[Observation]:
    folder = shared_data / "github"
    source = Source(folder / "daily_stars_forks.csv", folder / "weekly_best_of_ml.csv")
    return [
        seen
        for reply in source.fetch(Offline(), subjects, Period.year(2020))
        for seen in source.parse(reply, subjects, Period.year(2020))
    ]


def test_a_snapshot_is_the_day_it_was_taken(subjects: tuple[Subject, ...]) -> None:
    stars, forks = parse(f"{DAILY}2020-12-31,pytorch/pytorch,45135,11964,u\n", subjects)

    assert stars == Observation(
        "gh_stars",
        "pytorch",
        Period.day(dt.date(2020, 12, 31)),
        45135,
        Status.MEASURED,
        "Github-Ranking",
        "https://github.com/EvanLi/Github-Ranking/blob/1f3e1701/Data/github-ranking-2020-12-31.csv",
        NOW,
        "pytorch/pytorch as of that day",
        "stars.csv:2",
        stars.payload_sha256,
        published_at=dt.datetime(2021, 1, 1, tzinfo=dt.UTC),
    )
    assert (forks.metric, forks.value) == ("gh_forks", 11964)


@pytest.mark.parametrize(
    ("day", "key", "stars", "forks"),
    [
        ("2018-12-31", "tensorflow", 117_667, 70_967),
        ("2020-12-31", "tensorflow", 152_029, 83_621),
        ("2020-12-31", "keras", 50_420, 18_692),
        ("2021-01-01", "jax", 10_889, 897),
        ("2023-12-28", "jax", 26_136, 2_424),
        ("2024-01-14", "keras", 60_165, 19_524),
        ("2025-12-31", "pytorch", 96_251, 26_393),
    ],
)
def test_figures_are_those_of_the_table(found: Sequence[Observation], day: str, key: str, stars: int, forks: int) -> None:
    there = {(seen.metric, seen.value) for seen in found if seen.period.key == day and seen.subject == key}

    assert there == {("gh_stars", stars), ("gh_forks", forks)}


def test_no_subject_is_spliced_from_two_collectors(found: Sequence[Observation]) -> None:
    origins = {key: {seen.origin for seen in found if seen.subject == key} for key in ("tensorflow", "keras", "pytorch", "jax")}

    assert origins == {
        "tensorflow": {"Github-Ranking"},
        "keras": {"Github-Ranking"},
        "pytorch": {"Github-Ranking"},
        "jax": {"best-of-ml-python"},
    }


def test_counts_written_with_a_decimal_point_are_read(subjects: tuple[Subject, ...]) -> None:
    stars, _ = parse(f"{WEEKLY}2021-01-01,google/jax,10889.0,897.0,\n", subjects)

    assert stars.value == 10889


def test_the_fall_of_forks_is_a_break_not_a_loss(found: Sequence[Observation]) -> None:
    (at,) = (one.at for one in METRICS[1].breaks)
    forks = {seen.period.start: seen.value for seen in found if (seen.metric, seen.subject) == ("gh_forks", "tensorflow")}
    before = max(day for day in forks if day < at)

    assert METRICS[0].breaks == ()
    assert (forks[before], forks[at]) == (89_454, 73_682)


def test_half_a_star_and_another_table_are_refused(subjects: tuple[Subject, ...]) -> None:
    with pytest.raises(BadFigures, match=r"stars\.csv:2, column \"stars\": '1\.5' is not a whole number"):
        parse(f"{DAILY}2020-12-31,pytorch/pytorch,1.5,1,u\n", subjects)
    with pytest.raises(BadFigures, match='"date" is missing'):
        parse("day,repo\n", subjects)


def test_the_weekly_file_may_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "daily.csv").write_text(DAILY)

    assert len(Source(tmp_path / "daily.csv").fetch(Offline(), (), Period.year(2020))) == 1
