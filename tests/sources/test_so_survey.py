"""Stack Overflow surveys: official bytes only through fetch; parse on samples that nobody calls official."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from bot.domain.measure import Missing, Observation, Subject
from bot.domain.period import Period
from bot.errors import BadFigures, SourceUnavailable
from bot.ports import Offline, Reply
from bot.sources import so_survey
from bot.sources.so_survey import METRICS, OFFICIAL, Official, Source
from tests.sources.conftest import subject

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
SMALL = (
    "Respondent,MiscTechWorkedWith,Comment\n"
    "1,TensorFlow;Keras,fine\n"
    '2,TensorFlow,"two\nlines"\n'
    "3,NA,NA\n"
    "4, Torch/PyTorch ;.NET (5+) ,x\n"
    "5,,x\n"
    "6,Node.js,x\n"
)
DJANGO, FLASK, FASTAPI = (subject(name.lower(), so_survey=f"web:{name}") for name in ("Django", "Flask", "FastAPI"))
PYTHON_WEB = (DJANGO, FLASK, FASTAPI, subject("django-flask", ("django", "flask")))


def reply(body: str | bytes, year: int = 2020) -> Reply:
    return Reply(body.encode() if isinstance(body, str) else body, "results.csv", str(year), NOW)


def read(body: str | bytes, subjects: tuple[Subject, ...], year: int = 2020) -> list[Observation | Missing]:
    return list(Source(Path()).parse(reply(body, year), subjects, Period.year(2020)))


def counts(
    body: str | bytes, subjects: tuple[Subject, ...], year: int = 2020, metric: str = "so_survey_users"
) -> dict[str, float]:
    found = [seen for seen in read(body, subjects, year) if isinstance(seen, Observation)]
    return {seen.subject: seen.value for seen in found if seen.metric == metric}


def missing(body: str | bytes, subjects: tuple[Subject, ...], year: int) -> dict[str, str]:
    found = [seen for seen in read(body, subjects, year) if isinstance(seen, Missing)]
    assert {seen.period.key for seen in found} <= {str(year)}
    return {seen.subject: seen.reason for seen in found}


def fetch(folder: Path, subjects: tuple[Subject, ...], period: Period) -> list[Reply]:
    return list(Source(folder).fetch(Offline(), subjects, period))


def test_na_is_unanswered_and_a_union_counts_a_person_once(subjects: tuple[Subject, ...]) -> None:
    found = [seen for seen in read(SMALL, subjects) if isinstance(seen, Observation)]

    assert {(seen.metric.removeprefix("so_survey_"), seen.subject): seen.value for seen in found} == {
        ("users", "all"): 4,
        ("users", "tensorflow"): 2,
        ("use", "tensorflow"): 50,
        ("users", "keras"): 1,
        ("use", "keras"): 25,
        ("users", "pytorch"): 1,
        ("use", "pytorch"): 25,
        ("users", "tf-keras"): 2,
        ("use", "tf-keras"): 50,
    }
    assert {seen.period.key for seen in found} == {"2020"}


def test_no_union_where_a_member_was_not_an_option(subjects: tuple[Subject, ...]) -> None:
    without_keras = SMALL.replace(";Keras", "")

    assert counts(without_keras, subjects, 2019) == {"all": 4, "tensorflow": 2, "pytorch": 1}
    assert missing(without_keras, subjects, 2019)["tf-keras"] == (
        "Stack Overflow survey: nobody named keras, which was no option in MiscTechWorkedWith of 2019"
    )


@pytest.mark.parametrize(
    ("year", "column"),
    [
        (2018, "FrameworkWorkedWith"),
        (2019, "MiscTechWorkedWith"),
        (2021, "MiscTechHaveWorkedWith"),
        (2024, "MiscTechHaveWorkedWith"),
    ],
)
def test_the_column_is_the_one_of_the_year(year: int, column: str, subjects: tuple[Subject, ...]) -> None:
    body = SMALL.replace("MiscTechWorkedWith", column)

    assert counts(body, subjects, year)["all"] == 4


def test_another_years_file_is_refused(subjects: tuple[Subject, ...]) -> None:
    with pytest.raises(BadFigures, match='"MiscTechHaveWorkedWith" of 2023 is missing'):
        counts(SMALL, subjects, 2023)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (SMALL + "7,Keras", "respondent 7: 2 fields"),
        (SMALL.encode() + b"7,Ker\xff,x\n", "respondent"),
        (SMALL + "7," + "x" * 200_000 + ",x\n", "respondent 7"),
        ("Respondent,MiscTechWorkedWith\n1,NA\n", "nobody answered"),
        ("<html>", "web page"),
        ("", "empty"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(body: str | bytes, place: str, subjects: tuple[Subject, ...]) -> None:
    with pytest.raises(BadFigures, match=place) as caught:
        counts(body, subjects)
    assert len(str(caught.value)) < 600


def sample(shared_data: Path, name: str) -> bytes:
    with zipfile.ZipFile(shared_data / "so_survey" / "samples" / name) as archive:
        return archive.read("survey_results_public.csv")


def test_the_sample_of_2019_counts_as_by_hand_and_has_no_keras(shared_data: Path, subjects: tuple[Subject, ...]) -> None:
    body = sample(shared_data, "2019_first_997_rows_repaired.zip")

    assert counts(body, subjects, 2019) == {"all": 997 - 335, "tensorflow": 58, "pytorch": 24}


def test_the_sample_of_2023_is_refused_where_it_breaks_off_and_counts_as_by_hand_before(
    shared_data: Path, subjects: tuple[Subject, ...]
) -> None:
    body = sample(shared_data, "2023_first_1MiB_596_rows_last_cut.zip")

    with pytest.raises(BadFigures, match="respondent 596: 77 fields where the header names 84"):
        counts(body, subjects, 2023)
    whole = counts(body[: body.rindex(b"\n") + 1], subjects, 2023)
    assert {key: whole[key] for key in ("all", "tensorflow", "pytorch", "keras", "jax")} == {
        "all": 595 - 183, "tensorflow": 50, "pytorch": 34, "keras": 28, "jax": 7,
    }  # fmt: skip


def test_the_sample_of_2024_shows_nobody_with_a_framework(shared_data: Path, subjects: tuple[Subject, ...]) -> None:
    assert counts(sample(shared_data, "2024_first_3_rows.zip"), subjects, 2024) == {"all": 1}


@pytest.mark.parametrize(
    ("year", "reason"),
    [
        (2017, "its list of frameworks had no deep-learning framework among the options"),
        (2025, "the question on frameworks and libraries was no longer asked"),
    ],
)
def test_years_that_did_not_ask_have_no_observations(year: int, reason: str, subjects: tuple[Subject, ...]) -> None:
    assert counts(SMALL, subjects, year) == {}
    assert missing(SMALL, subjects, year)["tf-keras"] == f"Stack Overflow survey: in {year} {reason}"
    with pytest.raises(SourceUnavailable, match=f"survey of {year} has no figures: {reason}"):
        fetch(Path(), subjects, Period.year(year))


@pytest.mark.parametrize("year", [2010, 2016, 2026, 2031])
def test_years_outside_the_series_say_so(year: int, subjects: tuple[Subject, ...]) -> None:
    with pytest.raises(SourceUnavailable, match="the one on frameworks and libraries from 2018 to 2024 only"):
        fetch(Path(), subjects, Period.year(year))
    with pytest.raises(SourceUnavailable, match="the one on web frameworks from 2019 to 2025 only"):
        fetch(Path(), PYTHON_WEB, Period.year(year))


def test_the_sample_of_2025_has_web_frameworks_and_says_that_the_other_question_is_gone(
    shared_data: Path, subjects: tuple[Subject, ...]
) -> None:
    body = sample(shared_data, "2025_first_1000_rows.zip")

    web = counts(body, (*subjects, *PYTHON_WEB), 2025, "so_survey_web_users")
    assert web == {"all": 741, "django": 90, "flask": 125, "fastapi": 122, "django-flask": 165}
    assert counts(body, (*subjects, *PYTHON_WEB), 2025) == {}
    assert missing(body, (*subjects, *PYTHON_WEB), 2025) == dict.fromkeys(
        ("tensorflow", "keras", "pytorch", "jax", "tf-keras"),
        "Stack Overflow survey: in 2025 the question on frameworks and libraries was no longer asked",
    )


@pytest.mark.parametrize(
    ("name", "year", "web"),
    [
        ("2019_first_997_rows_repaired.zip", 2019, {"all": 743, "django": 106, "flask": 93, "django-flask": 162}),
        ("2023_first_1MiB_596_rows_last_cut.zip", 2023, {"all": 460, "django": 58, "flask": 57, "fastapi": 34}),
        ("2024_first_3_rows.zip", 2024, {"all": 2}),
    ],
)
def test_the_samples_count_web_frameworks_as_by_hand(shared_data: Path, name: str, year: int, web: dict[str, int]) -> None:
    body = sample(shared_data, name)
    whole = body[: body.rindex(b"\n") + 1] if "cut" in name else body

    found = counts(whole, PYTHON_WEB, year, "so_survey_web_users")
    assert {key: count for key, count in found.items() if key in web or year != 2023} == web


def test_the_headers_of_the_years_have_the_columns(shared_data: Path) -> None:
    headers = json.loads((shared_data / "so_survey" / "headers.json").read_text())

    for year, header in headers.items():
        for question in so_survey._QUESTIONS:
            assert int(year) not in question.columns or question.columns[int(year)] in header
    assert not [column for column in headers["2025"] if column.startswith("MiscTech")]


WEB = "WebframeWorkedWith,MiscTechWorkedWith\nDjango; flask ,NA\nDjango,Node.js\nNA,TensorFlow\nExpress,Node.js\n"


def test_a_label_says_which_question_it_is_an_option_of() -> None:
    node = subject("node", so_survey="Node.js|web:Node.js")
    found = [seen for seen in read(WEB, (DJANGO, FLASK, node)) if isinstance(seen, Observation)]

    assert {(seen.metric.removeprefix("so_survey_"), seen.subject): seen.value for seen in found} == {
        ("users", "all"): 3,
        ("users", "node"): 2,
        ("use", "node"): 200 / 3,
        ("web_users", "all"): 3,
        ("web_users", "django"): 2,
        ("web_use", "django"): 200 / 3,
        ("web_users", "flask"): 1,
        ("web_use", "flask"): 100 / 3,
    }
    assert {seen.query for seen in found if seen.subject == "django"} == {"2020:WebframeWorkedWith"}


def test_a_misspelt_label_is_missing_by_name() -> None:
    assert missing(WEB, (subject("it", so_survey="web:Djagno"), DJANGO), 2020) == {
        "it": "Stack Overflow survey: nobody named djagno, which was no option in WebframeWorkedWith of 2020"
    }


def test_no_union_across_two_questions() -> None:
    across = subject("across", ("django", "tensorflow"))
    found = read(WEB, (DJANGO, subject("tensorflow", so_survey="TensorFlow"), across))

    assert "across" not in {seen.subject for seen in found}


def test_web_frameworks_had_no_question_of_their_own_in_2018() -> None:
    assert missing(WEB.replace("MiscTech", "Framework"), PYTHON_WEB, 2018)["django"] == (
        "Stack Overflow survey: in 2018 web frameworks had no question of their own"
    )


def test_metrics_know_since_when_an_option_is_offered() -> None:
    metric = next(one for one in METRICS if one.key == "so_survey_web_use")
    assert not metric.asked(FASTAPI, Period.year(2020))
    assert metric.asked(FASTAPI, Period.year(2021))


def test_nothing_is_read_where_no_subject_is_an_option(tmp_path: Path) -> None:
    assert fetch(tmp_path, (subject("scikit-learn"),), Period.year(2020)) == []
    assert read(SMALL, (subject("scikit-learn"),)) == []


def test_the_digests_are_the_official_ones(shared_data: Path) -> None:
    with (shared_data / "so_survey" / "official_manifest.csv").open(newline="") as file:
        rows = {int(row["year"]): row for row in csv.DictReader(file)}

    assert {
        year: Official(row["results_csv_sha256"], int(row["results_csv_bytes"]))
        for year, row in rows.items()
        if 2018 <= year <= 2025
    } == OFFICIAL


def test_an_absent_file_says_where_to_get_it_and_where_to_put_it(tmp_path: Path, subjects: tuple[Subject, ...]) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(SourceUnavailable) as caught:
            fetch(folder, subjects, Period.year(2020))
        message = str(caught.value)
        assert "https://survey.stackoverflow.co/" in message
        assert "stack-overflow-developer-survey-2020.zip" in message
        assert f"the folder {folder.name} has no Stack Overflow survey of 2020" in message
        assert str(folder.parent) not in message


@pytest.mark.parametrize("place", ["2020.csv", "2020/results.csv", "2020/survey_results_public.csv"])
def test_a_file_other_than_the_official_one_is_refused_naming_both_digests(place: str, tmp_path: Path) -> None:
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    path.write_text("abc")

    with pytest.raises(BadFigures) as caught:
        fetch(tmp_path, (DJANGO,), Period.year(2020))
    message = str(caught.value)
    assert "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad and 3 bytes" in message  # FIPS 180-2's own example
    assert "a1206c0d33c8fc717eccbbad0cb3b06e2942893eaa408b00492dbbaed937a500 and 94,603,888 bytes" in message


@pytest.mark.parametrize("place", ["2020.csv", "stack-overflow-developer-survey-2020.zip"])
def test_a_git_lfs_pointer_is_recognised(place: str, tmp_path: Path) -> None:
    (tmp_path / place).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:a1206c0d\nsize 94603888\n")

    with pytest.raises(BadFigures, match="Git LFS pointer"):
        fetch(tmp_path, (DJANGO,), Period.year(2020))


def test_the_official_file_is_read_from_wherever_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subjects: tuple[Subject, ...]
) -> None:
    body = SMALL.encode()
    monkeypatch.setattr(so_survey, "OFFICIAL", {2020: Official(hashlib.sha256(body).hexdigest(), len(body))})
    with zipfile.ZipFile(tmp_path / "stack-overflow-developer-survey-2020.zip", "w") as archive:
        archive.writestr("README.txt", "read me")
        archive.writestr("data/survey_results_public.csv", body)
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "2020.csv").write_bytes(body)

    for folder in (tmp_path, tmp_path / "plain"):
        (one,) = fetch(folder, subjects, Period.month(2020, 6))
        assert (one.body, one.query) == (body, "2020")


def test_the_year_before_is_read_with_a_year_where_it_lies_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subjects: tuple[Subject, ...]
) -> None:
    bodies = {2020: SMALL.encode(), 2019: SMALL.encode() + b"7,Keras,x\n", 2018: b"x"}
    monkeypatch.setattr(
        so_survey, "OFFICIAL", {year: Official(hashlib.sha256(body).hexdigest(), len(body)) for year, body in bodies.items()}
    )
    for year, body in bodies.items():
        (tmp_path / f"{year}.csv").write_bytes(body)

    assert [one.query for one in fetch(tmp_path, subjects, Period.year(2020))] == ["2020", "2019"]
    assert [one.query for one in fetch(tmp_path, PYTHON_WEB, Period.year(2019))] == ["2019"]  # 2018 did not ask about them
    (tmp_path / "2018.csv").unlink()
    assert [one.query for one in fetch(tmp_path, subjects, Period.year(2019))] == ["2019"]


def test_the_official_file_of_another_year_is_called_by_its_year(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"the survey of 2025"
    monkeypatch.setattr(so_survey, "OFFICIAL", OFFICIAL | {2025: Official(hashlib.sha256(body).hexdigest(), len(body))})
    (tmp_path / "2024.csv").write_bytes(body)

    with pytest.raises(BadFigures, match="Stack Overflow's own file of 2025, under a name that says 2024. Name it 2025.csv"):
        fetch(tmp_path, (DJANGO,), Period.year(2024))


def test_a_zip_that_unpacks_to_more_than_the_official_size_is_refused_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(so_survey, "OFFICIAL", {2020: Official("0" * 64, 10)})
    with zipfile.ZipFile(tmp_path / "stack-overflow-developer-survey-2020.zip", "w") as archive:
        archive.writestr("survey_results_public.csv", b"x" * 11)

    with pytest.raises(BadFigures, match="11 bytes, over the limit of 10"):
        fetch(tmp_path, (DJANGO,), Period.year(2020))


def test_a_zip_without_the_results_or_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stack-overflow-developer-survey-2020.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.csv", "x")
    with pytest.raises(BadFigures, match="no such file inside"):
        fetch(tmp_path, (DJANGO,), Period.year(2020))

    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(BadFigures, match="not a zip"):
        fetch(tmp_path, (DJANGO,), Period.year(2020))


def test_a_share_names_its_base() -> None:
    assert {metric.key: metric.base for metric in METRICS} == {
        "so_survey_users": None,
        "so_survey_use": "so_survey_users",
        "so_survey_web_users": None,
        "so_survey_web_use": "so_survey_web_users",
    }
