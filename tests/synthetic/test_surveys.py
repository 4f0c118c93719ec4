from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.synthetic.folders import make, table

KAGGLE, STACK_OVERFLOW = "kaggle/responses.csv", "stackoverflow/survey_results_public.csv"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("surveys") / "out", "surveys", "--respondents", "800")


def test_kaggles_header_has_a_column_for_each_option_and_the_question_below(made: Path) -> None:
    assert (made / KAGGLE).read_bytes().startswith(b"\xef\xbb\xbfDuration")
    header, questions = _rows(made / KAGGLE)[:2]
    assert header[4:7] == ["Q17_1", "Q17_2", "Q17_3"]
    assert questions[6] == (
        "Which of the following machine learning frameworks do you use on a regular basis? (Select all that apply) "
        "- Selected Choice -  Keras "
    )


def test_kaggles_truth_is_what_a_count_in_plain_python_finds(made: Path) -> None:
    header, questions, *rows = _rows(made / KAGGLE)
    assert len(rows) == 800
    at = [place for place, column in enumerate(header) if column.startswith("Q17_")]
    for row in rows:
        assert all(row[place] in ("", questions[place].rpartition("Selected Choice - ")[2]) for place in at)
    _agrees(made, KAGGLE, "Q17", [{row[place].strip() for place in at} - {""} for row in rows])


def test_stack_overflows_truth_is_what_a_count_in_plain_python_finds(made: Path) -> None:
    header, *rows = _rows(made / STACK_OVERFLOW)
    assert header[3] == "MiscTechHaveWorkedWith"
    assert [row[0] for row in rows] == [str(number) for number in range(1, 801)]
    assert any(".NET (5+) ;" in row[3] for row in rows)
    answers = [row[3] for row in rows]
    _agrees(
        made,
        STACK_OVERFLOW,
        "MiscTechHaveWorkedWith",
        [{option.strip() for option in cell.split(";")} if cell != "NA" else set() for cell in answers],
    )
    assert answers != [row[4] for row in rows]


def test_a_few_tick_none_beside_others(tmp_path: Path) -> None:
    rows = _rows(make(tmp_path / "out", "surveys", "--respondents", "4000") / KAGGLE)[2:]
    with_none = [row for row in rows if "None" in row]
    assert any(" Keras " in row or "  Scikit-learn " in row for row in with_none)


def test_a_larger_run_begins_with_the_lines_of_a_smaller_one(made: Path, tmp_path: Path) -> None:
    small = make(tmp_path / "small", "surveys", "--respondents", "300")
    for name in (KAGGLE, STACK_OVERFLOW):
        assert (made / name).read_bytes().startswith((small / name).read_bytes())


def _rows(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.reader(text))


def _agrees(made: Path, file: str, question: str, answers: Iterable[set[str]]) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for named in filter(None, answers):
        counts["answered", ""] += 1
        counts["named", ""] += named != {"None"}
        counts["union", "TensorFlow or Keras"] += "TensorFlow" in named or "Keras" in named
        counts.update(("option", label) for label in named)
    told = {(row["what"], row["label"]): int(row["respondents"]) for row in table(made / "truth.csv") if row["file"] == file}
    assert told == counts
    assert {row["question"] for row in table(made / "truth.csv") if row["file"] == file} == {question}
    assert 0 < told["union", "TensorFlow or Keras"] < told["option", "TensorFlow"] + told["option", "Keras"]
