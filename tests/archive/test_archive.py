"""The packaged observations: what they say, and that they are what the raw files say."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import pytest

from bot.analysis.gates import refuse_impossible
from bot.archive import build
from bot.domain.measure import WHOLE, Observation
from bot.domain.period import Period
from bot.errors import BadFigures
from bot.ports import Offline
from bot.sources import conference_papers, github_history, kaggle_survey, so_survey, top_pypi
from bot.sources.archive import Source

SHARED_DATA = (Path(__file__).parents[2] / ".." / "shared" / "data").resolve()
FILES = ["github.csv", "kaggle.csv", "papers.csv", "pypi.csv", "stackoverflow.csv"]
ROOMS = (conference_papers, github_history, kaggle_survey, so_survey, top_pypi)


@pytest.fixture(scope="module")
def raw_dir() -> Path:
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the raw files are not at {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture(scope="module")
def found() -> Sequence[Observation]:
    return [
        seen
        for reply in Source().fetch(Offline(), (), Period.year(2020))
        for seen in Source().parse(reply, (), Period.year(2020))
    ]


def values(found: Sequence[Observation], metric: str, subject: str) -> list[float]:
    return [seen.value for seen in found if (seen.metric, seen.subject) == (metric, subject)]


def test_the_files_are_read_by_name_under_the_archives_address() -> None:
    assert [reply.url for reply in Source().fetch(Offline(), (), Period.year(2020))] == [f"archive:{name}" for name in FILES]


def test_an_observation_names_its_file_and_line(found: Sequence[Observation]) -> None:
    assert (found[0].query, len(found[0].payload_sha256)) == ("github.csv:2", 64)


def test_the_archive_is_small() -> None:
    assert sum(len(reply.body) for reply in Source().fetch(Offline(), (), Period.year(2020))) < 300_000


def test_every_metric_is_defined_and_every_value_possible_in_its_unit(found: Sequence[Observation]) -> None:
    metrics = {metric.key: metric for room in ROOMS for metric in room.METRICS}
    origins = {origin.name for room in ROOMS for origin in room.ORIGINS}

    not_in_it = {"so_survey_web_users", "so_survey_web_use"}  # nothing published was found to compute them from
    assert {seen.metric for seen in found} == set(metrics) - not_in_it
    assert {seen.origin for seen in found} == origins
    refuse_impossible(found, metrics)


def test_every_share_is_its_count_by_the_base(found: Sequence[Observation]) -> None:
    counts = {(seen.metric, seen.subject, seen.period): seen.value for seen in found}
    shares = [seen for seen in found if seen.metric.endswith("_use")]

    assert len(shares) == 28 + 3  # Kaggle: five years of five subjects and three of JAX; Stack Overflow: three
    for seen in shares:
        users = f"{seen.metric}rs"
        assert seen.value == 100 * counts[users, seen.subject, seen.period] / counts[users, WHOLE, seen.period]


@pytest.mark.parametrize(
    ("subject", "years"),
    [
        ("tensorflow", [3_769_006, 13_606_453, 44_066_008, 113_788_105]),
        ("pytorch", [1_312_037, 7_406_129, 18_461_407]),
        ("keras", [2_807_883, 9_310_603, 23_230_894, 29_196_563]),
        ("jax", [686_784]),
    ],
)
def test_downloads_of_a_year_are_those_published(found: Sequence[Observation], subject: str, years: list[float]) -> None:
    assert values(found, "pypi_downloads_year", subject) == years


def test_the_year_long_windows_are_half_open(found: Sequence[Observation]) -> None:
    windows = {seen.period for seen in found if seen.metric == "pypi_downloads_year"}

    assert {(window.end.date().isoformat(), window.days) for window in windows} == {
        ("2018-01-09", 365), ("2019-01-04", 365), ("2020-01-03", 365), ("2021-01-01", 365),
    }  # fmt: skip


def test_a_month_has_one_window_ending_within_nine_days_of_the_first(found: Sequence[Observation]) -> None:
    ends = [seen.period.end.date() for seen in found if (seen.metric, seen.subject) == ("pypi_downloads_30d", "tensorflow")]
    months = [(end + dt.timedelta(days=9)).replace(day=1) for end in ends]

    assert len(months) == len(set(months))
    assert all(abs(end - first) <= dt.timedelta(days=9) for end, first in zip(ends, months, strict=True))
    assert (ends[0], ends[-1]) == (dt.date(2018, 2, 7), dt.date(2026, 4, 1))


@pytest.mark.parametrize(
    "first",
    [
        "2019-09-01",
        "2020-02-01",
        "2024-08-01",
        "2025-01-01",
        "2025-06-01",
    ],
)
def test_nothing_is_invented_for_months_without_a_list(found: Sequence[Observation], first: str) -> None:
    day = dt.date.fromisoformat(first)

    assert not [seen for seen in found if seen.metric == "pypi_downloads_30d" and abs(seen.period.end.date() - day).days <= 9]


@pytest.mark.parametrize(
    ("metric", "subject", "expected"),
    [
        ("gh_stars", "tensorflow", [117_667, 139_535, 152_029, 161_556, 170_018, 179_730, 187_151, 193_132]),
        ("gh_stars", "pytorch", [23_298, 35_015, 45_135, 53_038, 61_311, 74_005, 85_625, 96_251]),
        ("gh_stars", "keras", [36_938, 46_229, 50_420, 53_570, 56_973, 60_165, 62_338, 63_678]),
        ("gh_stars", "jax", [10_889, 15_740, 21_305, 26_136, 30_883]),
        ("gh_forks", "tensorflow", [70_967, 79_315, 83_621, 86_035, 87_595, 89_274, 74_395, 75_153]),
        ("gh_forks", "keras", [14_100, 17_521, 18_692, 18_961, 19_245, 19_524, 19_477, 19_661]),
        ("gh_forks", "pytorch", [5_510, 8_760, 11_964, 14_568, 17_075, 20_357, 23_052, 26_393]),
        ("gh_forks", "jax", [897, 1_420, 1_977, 2_424, 2_843]),
    ],
)
def test_stars_and_forks_at_years_end_are_those_of_the_table(
    found: Sequence[Observation], metric: str, subject: str, expected: list[float]
) -> None:
    turns = [dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in range(2019, 2027)]
    near = [
        min(
            (seen for seen in found if (seen.metric, seen.subject) == (metric, subject)),
            key=lambda one: abs(one.period.end - turn),
        )
        for turn in turns
    ]

    assert [
        seen.value for seen, turn in zip(near, turns, strict=True) if abs(seen.period.end - turn) <= dt.timedelta(days=14)
    ] == expected


def test_jax_ends_with_the_collector_that_counted_it(found: Sequence[Observation]) -> None:
    assert max(seen.period.start.date() for seen in found if (seen.metric, seen.subject) == ("gh_stars", "jax")) == dt.date(
        2025, 10, 30
    )


def test_stars_are_carried_for_the_day_nearest_each_turn_of_a_month_and_the_last_before_it(found: Sequence[Observation]) -> None:
    days = [seen.period.end for seen in found if (seen.metric, seen.subject) == ("gh_stars", "tensorflow")]
    turns = {(day - dt.timedelta(days=1)).strftime("%Y-%m") for day in days}

    assert len(days) == 92
    assert len(turns) == 89  # of 93 from December 2018: in October and November 2021 and 2024, or December, nobody counted


def test_what_was_read_long_after_it_was_published_says_when_it_was(found: Sequence[Observation]) -> None:
    known = {seen.metric: seen.known_at.date().isoformat() for seen in found if seen.period.end.date() == dt.date(2021, 1, 1)}

    assert known["kaggle_survey_use"] == known["gh_stars"] == known["pypi_downloads_year"] == "2021-01-01"


def test_kaggle_starts_in_2018_and_has_no_jax_before_2020(found: Sequence[Observation]) -> None:
    rows = [seen for seen in found if seen.metric == "kaggle_survey_use"]

    assert sorted({seen.period.key for seen in rows}) == ["2018", "2019", "2020", "2021", "2022"]
    assert [seen.period.key for seen in rows if seen.subject == "jax"] == ["2020", "2021", "2022"]
    assert {seen.subject for seen in rows} == {"tensorflow", "keras", "pytorch", "jax", "tf-keras", "pytorch-family"}
    assert [round(value, 2) for value in values(found, "kaggle_survey_use", "tf-keras")] == [70.29, 60.11, 61.76, 60.20, 60.90]


def test_stack_overflow_has_the_counts_and_not_the_derived_unions(found: Sequence[Observation]) -> None:
    assert {seen.subject: seen.value for seen in found if seen.metric == "so_survey_users"} == {
        "tensorflow": 4652,
        "keras": 2504,
        "pytorch": 1872,
        WHOLE: 40314,
    }
    assert {seen.subject: round(seen.value, 2) for seen in found if seen.metric == "so_survey_use"} == {
        "tensorflow": 11.54,
        "keras": 6.21,
        "pytorch": 4.64,
    }


def test_papers_hold_every_conference_of_the_table(found: Sequence[Observation]) -> None:
    rows = [seen for seen in found if seen.metric.startswith("papers_")]

    assert len(rows) == 3 * 35
    assert values(found, "papers_eccv", "tensorflow") == [109]
    assert {seen.period.start.year for seen in rows} == set(range(2015, 2023))


def test_whole_values_are_written_without_a_decimal_point() -> None:
    for name in FILES:
        with resources.files("bot.archive").joinpath(name).open(encoding="utf-8", newline="") as file:
            assert not [row["value"] for row in csv.DictReader(file) if row["value"].endswith(".0")]


def test_the_committed_archive_is_what_the_raw_files_say(raw_dir: Path) -> None:
    assert build.main([str(raw_dir), "--check"]) == 0


def test_a_changed_a_missing_and_a_foreign_file_are_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    built = {"a.csv": "1\n", "b.csv": "2\n"}
    monkeypatch.setattr(build, "HERE", tmp_path)

    assert build.write(built, tmp_path) == 0
    assert build.check(built, tmp_path) == 0
    (tmp_path / "a.csv").write_text("3\n")
    (tmp_path / "b.csv").unlink()
    (tmp_path / "c.csv").touch()
    assert build.check(built, tmp_path) == 1
    assert [line.split()[0] for line in capsys.readouterr().err.splitlines()] == ["a.csv", "b.csv", "c.csv"]


def test_a_raw_file_with_another_digest_is_refused(raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for raw in build.RAW:
        (tmp_path / raw.path).parent.mkdir(exist_ok=True)
        shutil.copyfile(raw_dir / raw.path, tmp_path / raw.path)
    with (tmp_path / build.PAPERS.path).open("a") as file:
        file.write("ECCV,10/20,1,1,2\n")

    with pytest.raises(BadFigures, match=r"horace_he_conference_counts\.csv has sha256"):
        build.build(tmp_path)
    assert build.main([str(tmp_path)]) == 2
    assert build.PAPERS.sha256 in capsys.readouterr().err
