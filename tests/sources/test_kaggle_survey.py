"""Kaggle surveys: the published responses against figures worked out apart from this code (shares in percent, base F)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.domain.measure import WHOLE, Observation, Subject
from bot.domain.period import Period
from bot.errors import BadFigures, BadRecipe
from bot.ports import Offline, Reply
from bot.sources.kaggle_survey import METRICS, SURVEYS, Source, observations

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
ZIPS = (
    "kaggle_survey_2017_multipleChoiceResponses.zip",
    "kaggle_survey_2018_multipleChoiceResponses.zip",
    *(f"kaggle-survey-{year}.zip" for year in range(2019, 2023)),
)


@pytest.fixture(scope="module")
def found(shared_data: Path, subjects: tuple[Subject, ...]) -> Sequence[Observation]:
    source = Source(tuple(shared_data / "kaggle_survey" / name for name in ZIPS))
    replies = source.fetch(Offline(), subjects, Period.year(2020))
    return [seen for reply in replies for seen in source.parse(reply, subjects, Period.year(2020))]


def figures(found: Sequence[Observation], metric: str, subject: str) -> dict[str, float]:
    return {
        seen.period.key: round(seen.value, 2)
        for seen in found
        if (seen.metric, seen.subject) == (f"kaggle_survey_{metric}", subject)
    }


def test_the_base_is_who_named_at_least_one_framework_and_none_names_none(found: Sequence[Observation]) -> None:
    assert figures(found, "users", WHOLE) == {
        "2017": 7955, "2018": 15778, "2019": 12033, "2020": 12932, "2021": 17708, "2022": 14531,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("subject", "shares"),
    [
        ("tensorflow", {"2017": 28.36, "2018": 63.26, "2019": 48.38, "2020": 53.62, "2021": 52.92, "2022": 54.73}),
        ("keras", {"2018": 51.57, "2019": 47.84, "2020": 47.88, "2021": 45.04, "2022": 45.25}),
        ("pytorch", {"2018": 24.25, "2019": 28.36, "2020": 32.39, "2021": 34.38, "2022": 35.72}),
        ("tf-keras", {"2018": 70.29, "2019": 60.11, "2020": 61.76, "2021": 60.20, "2022": 60.90}),
        ("pytorch-family", {"2018": 26.33, "2019": 30.90, "2020": 33.86, "2021": 36.57, "2022": 37.96}),
        ("jax", {"2020": 0.65, "2021": 1.07, "2022": 1.73}),
    ],
)
def test_shares_are_those_computed_apart(found: Sequence[Observation], subject: str, shares: dict[str, float]) -> None:
    assert figures(found, "use", subject) == shares


def test_counts_are_people_not_ticks(found: Sequence[Observation]) -> None:
    assert figures(found, "users", "tf-keras")["2018"] == 11091  # 9,981 + 8,136 ticks by TensorFlow's and Keras' users
    assert figures(found, "users", "tensorflow") == {
        "2017": 2256, "2018": 9981, "2019": 5822, "2020": 6934, "2021": 9371, "2022": 7953,
    }  # fmt: skip


def test_an_option_not_offered_is_absent_not_zero(found: Sequence[Observation]) -> None:
    absent = {(seen.subject, seen.period.key) for seen in found}

    for subject, year in (("jax", "2018"), ("jax", "2019"), ("keras", "2017"), ("pytorch", "2017"), ("lightning", "2020")):
        assert (subject, year) not in absent
    assert not [seen for seen in found if seen.value == 0]


def test_no_union_is_made_of_a_list_that_lacks_a_member(found: Sequence[Observation]) -> None:
    assert {seen.subject for seen in found if seen.period.key == "2017"} == {WHOLE, "tensorflow"}


def test_a_note_says_the_base_the_question_and_what_cannot_be_compared(found: Sequence[Observation]) -> None:
    notes = {(seen.subject, seen.period.key): seen.note for seen in found}

    assert notes["tf-keras", "2020"] == (
        "7,987 of 12,932 respondents who named at least one framework; Q16; "
        'question wording: frameworks used "on a regular basis"'
    )
    assert "not comparable with later years" in notes["tensorflow", "2018"]
    assert "not comparable with later years" in notes["tensorflow", "2017"]
    assert "not an option that year: Lightning" in notes["pytorch-family", "2020"]
    assert "not an option" not in notes["pytorch-family", "2022"]


def test_every_share_has_its_base_in_the_same_year(found: Sequence[Observation]) -> None:
    base_of = {metric.key: metric.base for metric in METRICS}

    assert base_of["kaggle_survey_use"] == "kaggle_survey_users"
    bases = {seen.period for seen in found if seen.metric == "kaggle_survey_users" and seen.subject == WHOLE}
    assert {seen.period for seen in found if seen.metric == "kaggle_survey_use"} == bases


def test_the_unpacked_csv_gives_the_same_as_the_zip(
    shared_data: Path, subjects: tuple[Subject, ...], found: Sequence[Observation], tmp_path: Path
) -> None:
    with zipfile.ZipFile(shared_data / "kaggle_survey" / "kaggle-survey-2022.zip") as archive:
        plain = Path(archive.extract("kaggle_survey_2022_responses.csv", tmp_path))
    source = Source((plain,))

    read = source.parse(source.fetch(Offline(), subjects, Period.year(2022))[0], subjects, Period.year(2020))

    assert [(seen.metric, seen.subject, seen.value) for seen in read] == [
        (seen.metric, seen.subject, seen.value) for seen in found if seen.period.key == "2022"
    ]


def test_an_unknown_file_is_refused_with_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "kaggle-survey-2023.zip"
    path.write_bytes(b"PK\x03\x04 something else")

    # sha256 of those bytes, from sha256sum
    with pytest.raises(BadFigures, match="no Kaggle survey known here"):
        Source((path,)).fetch(Offline(), (), Period.year(2022))
    with pytest.raises(BadFigures, match="no Kaggle survey known here"):
        Source(()).parse(Reply(b"Q17_1\n", "x.csv", "", NOW), (), Period.year(2020))


def test_a_pointer_is_called_one(tmp_path: Path) -> None:
    path = tmp_path / "kaggle-survey-2022.zip"
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")

    with pytest.raises(BadFigures, match="Git LFS pointer"):
        Source((path,)).fetch(Offline(), (), Period.year(2022))


# A survey in small: five respondents, whose answers can be counted by eye. The labels carry blanks as the real ones do.
SMALL = dataclasses.replace(next(one for one in SURVEYS if one.year == 2020), question="Q16")
HEADER = "Q5,Q16_Part_1,Q16_Part_2,Q16_Part_15,Q16_OTHER,Q16_OTHER_TEXT"
QUESTIONS = ",".join(
    [
        "Title",
        *(f"Which? - Selected Choice - {option}" for option in ("  TensorFlow ", " Keras ", "None", "Other")),
        "Other - Text",
    ]
)


def small(*respondents: str, questions: str = QUESTIONS) -> Reply:
    return Reply("\n".join((HEADER, questions, *respondents, "")).encode(), "small.csv", "", NOW)


def test_none_other_and_the_second_header_line_are_told_apart(subjects: tuple[Subject, ...]) -> None:
    reply = small("a,  TensorFlow , Keras ,,,", "b,  TensorFlow ,,,,", "c,,,None,,", "d,,,,Other,7", "e,,,,,9")

    found = observations(reply, SMALL, subjects)

    assert {(seen.metric.removeprefix("kaggle_survey_"), seen.subject): seen.value for seen in found} == {
        ("users", "all"): 3,
        ("users", "tensorflow"): 2,
        ("users", "keras"): 1,
        ("users", "tf-keras"): 2,
        ("use", "tensorflow"): 100 * 2 / 3,
        ("use", "keras"): 100 * 1 / 3,
        ("use", "tf-keras"): 100 * 2 / 3,
    }


def test_an_offered_option_that_nobody_ticked_is_zero(subjects: tuple[Subject, ...]) -> None:
    found = observations(small("a,  TensorFlow ,,,,"), SMALL, subjects)

    assert {seen.subject: seen.value for seen in found if seen.metric == "kaggle_survey_users"}["keras"] == 0


@pytest.mark.parametrize("respondent", ["a,TensorFlow", "a, PyTorch ,,,,"])
def test_a_broken_or_impossible_answer_is_refused_with_its_place(respondent: str, subjects: tuple[Subject, ...]) -> None:
    with pytest.raises(BadFigures, match="respondent 2"):
        observations(small("a,  TensorFlow ,,,,", respondent), SMALL, subjects)


def test_a_file_without_the_question_or_without_answers_is_refused(subjects: tuple[Subject, ...]) -> None:
    with pytest.raises(BadFigures, match="no columns of the question Q16"):
        observations(Reply(b"Q1,Q2\na,b\n", "x.csv", "", NOW), SMALL, subjects)
    with pytest.raises(BadFigures, match="no columns of the question Q16"):
        observations(small("a,  TensorFlow ,,,,", questions="a,b"), SMALL, subjects)
    with pytest.raises(BadFigures, match="nobody named anything"):
        observations(small("c,,,None,,"), SMALL, subjects)


def test_a_group_whose_member_is_unknown_is_a_wrong_recipe() -> None:
    group = Subject("pair", "Pair", "#000", "#000", ("tensorflow", "nobody"))

    with pytest.raises(BadRecipe, match='member "tensorflow"'):
        observations(small("a,  TensorFlow ,,,,"), SMALL, (group,))


def test_a_zip_is_read_by_its_known_member(shared_data: Path) -> None:
    replies = Source((shared_data / "kaggle_survey" / "kaggle-survey-2019.zip",)).fetch(Offline(), (), Period.year(2019))

    assert [reply.sha256 for reply in replies] == ["3610d06c82c99fedec41d51a5757ebde7a4581d7a4375f3ef4c0e752fb7b4cdc"]
    assert next(io.BytesIO(replies[0].body)).startswith(b"Time from Start to Finish")
