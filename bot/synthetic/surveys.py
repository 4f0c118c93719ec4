"""
Answers to two surveys, laid out as Kaggle and as Stack Overflow publish theirs, and how many respondents named what.

`kaggle/responses.csv` begins with a byte-order mark, has a column for each option, a second header line with the question and
the option ("... - Selected Choice -  Keras "), and the option with its blanks in the cell of whoever ticked it.
`stackoverflow/survey_results_public.csv` has one cell with a semicolon between options, and NA for who did not answer; the wish
beside the use has the same options. Commas, quotes and line breaks stand in cells of both.

`truth.csv`: file, question, `what` (`answered`, `named`, `union`, `option`), label, and the respondents. Who ticked None alone
has answered, but named nothing. A respondent depends on the seed and on those before in the same part: a larger run begins with
the lines of a smaller one.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bot.errors import BadInput
from bot.synthetic._draws import Draws
from bot.synthetic._parts import each

PART: Final = 5000
"""Respondents that are made together."""
TRUTH: Final = ("file", "question", "what", "label", "respondents")
UNION: Final = ("TensorFlow", "Keras")
_QUESTION: Final = (
    "Which of the following machine learning frameworks do you use on a regular basis? (Select all that apply) "
    "- Selected Choice - "
)
_LABELS: Final = (
    "  Scikit-learn ", "  TensorFlow ", " Keras ", " PyTorch ", " Fast.ai ", " Xgboost ", " LightGBM ", " CatBoost ", " Caret ",
    " Tidymodels ", " JAX ", " PyTorch Lightning ", " Huggingface ", "None", "Other",
)  # fmt: skip
_SHARES: Final = (475, 330, 0, 216, 27, 187, 81, 49, 34, 23, 11, 42, 56, 0, 26)
"""In a thousand of those who answer, about as in 2022; Keras and None are drawn apart."""
_KERAS: Final = (620, 100)
"""With TensorFlow and without."""
_TITLES: Final = (
    "Data Scientist", "Student", "Developer Relations/Advocacy", "Manager (Program, Project, Operations)", 'So-called "Guru"',
)  # fmt: skip
_COUNTRIES: Final = ("India", "United States of America", "Brazil", "Côte d'Ivoire", "Viet Nam", "Hong Kong (S.A.R.)", "日本")
_TECH: Final = {
    "NumPy": 280, "Pandas": 300, "Scikit-Learn": 170, "TensorFlow": 150, "Torch/PyTorch": 160, "Keras": 0, "JAX": 8,
    "Hugging Face Transformers": 60, "Opencv": 90, "Apache Spark": 70, ".NET (5+) ": 330, "RabbitMQ": 140,
}  # fmt: skip
_TECH_QUESTION: Final = "MiscTechHaveWorkedWith"
_Row = list[object]
_Counts = Counter[tuple[str, str]]
"""Respondents by `what` and label."""


@dataclass(frozen=True)
class Surveys:
    """What is asked for: so many respondents to each survey."""

    respondents: int

    def __post_init__(self) -> None:
        if self.respondents < 1:
            raise BadInput(f"--respondents {self.respondents}: nothing to make. A survey has at least one. Give a number from 1.")

    @property
    def size(self) -> str:
        return f"{self.respondents:,} respondents to each of two surveys"

    @property
    def options(self) -> str:
        return f"--respondents {self.respondents}"


@dataclass(frozen=True)
class _Layout:
    """A survey: its file, the question that truth.csv tells of, its header lines, and what one respondent says."""

    file: str
    question: str
    header: Sequence[Sequence[str]]
    answer: Callable[[Draws, int], tuple[_Row, frozenset[str] | None]]
    begins: str = ""


def make(surveys: Surveys, out: Path, seed: int, processes: int) -> None:
    """Writes everything below `out`."""
    parts = [range(start, min(start + PART, surveys.respondents)) for start in range(0, surveys.respondents, PART)]
    with (out / "truth.csv").open("w", encoding="utf-8", newline="") as truth:
        table = csv.writer(truth, lineterminator="\n")
        table.writerow(TRUTH)
        for name, layout in _LAYOUTS.items():
            table.writerows(_survey(name, layout, out, parts, seed, processes))


def _survey(
    name: str, layout: _Layout, out: Path, parts: Sequence[Sequence[int]], seed: int, processes: int
) -> Iterator[tuple[str, str, str, str, int]]:
    counts: _Counts = Counter()
    file = out / layout.file
    file.parent.mkdir()
    with file.open("w", encoding="utf-8", newline="") as text:
        text.write(layout.begins)
        csv.writer(text, lineterminator="\n").writerows(layout.header)
        for lines, found in each(partial(_lines, name, seed), parts, processes):
            text.write(lines)
            counts.update(found)
    told = sorted(counts, key=lambda one: (("answered", "named", "union", "option").index(one[0]), one[1]))
    return ((layout.file, layout.question, what, label, counts[what, label]) for what, label in told)


def _lines(name: str, seed: int, part: Sequence[int]) -> tuple[str, _Counts]:
    """A part's lines and who named what in them."""
    draws, text, counts = Draws(seed, f"surveys/{name}", str(part[0])), io.StringIO(newline=""), Counter[tuple[str, str]]()
    rows = csv.writer(text, lineterminator="\n")
    for number in part:
        row, named = _LAYOUTS[name].answer(draws, number)
        rows.writerow(row)
        if named is not None:
            counts["answered", ""] += 1
            counts["named", ""] += bool(named - {"None"})
            counts["union", " or ".join(UNION)] += not named.isdisjoint(UNION)
            counts.update(("option", label) for label in named)
    return text.getvalue(), counts


def _kaggle(draws: Draws, number: int) -> tuple[_Row, frozenset[str] | None]:
    about: _Row = [draws.between(20, 40_000), draws.one_of(("18-21", "22-24", "25-29", "30-34", "70+")), draws.one_of(_COUNTRIES)]
    title = draws.one_of(_TITLES)
    if draws.chance(380):  # many leave before the question
        return [*about, title, *[""] * len(_LABELS), ""], None
    named = [label for label, share in zip(_LABELS, _SHARES, strict=True) if draws.chance(share)]
    if draws.chance(_KERAS[_LABELS[1] not in named]):
        named.append(_LABELS[2])
    if not named or draws.chance(2):  # a few tick None beside others
        named.append("None")
    comment = draws.one_of(("", "", "", "line one\nline two", 'a "quoted", word')) if draws.chance(50) else ""
    return [*about, title, *(label if label in named else "" for label in _LABELS), comment], frozenset(map(str.strip, named))


def _stackoverflow(draws: Draws, number: int) -> tuple[_Row, frozenset[str] | None]:
    about: _Row = [number + 1, "I am a developer by profession", draws.one_of(_COUNTRIES)]
    named, wanted = _chosen(draws), _chosen(draws)
    comment = draws.one_of(("NA", 'Says: "no, thanks"', "first line\nsecond line"))
    row = [*about, ";".join(named) or "NA", ";".join(wanted) or "NA", comment]
    return row, frozenset(map(str.strip, named)) or None


def _chosen(draws: Draws) -> list[str]:
    if draws.chance(310):
        return []
    named = {label for label, share in _TECH.items() if draws.chance(share)}
    if draws.chance(_KERAS[0] // 2 if "TensorFlow" in named else _KERAS[1] // 5):
        named.add("Keras")
    return [label for label in _TECH if label in named]


_LAYOUTS: Final = {
    "kaggle": _Layout(
        "kaggle/responses.csv",
        "Q17",
        (
            ("Duration (in seconds)", "Q2", "Q4", "Q23", *(f"Q17_{at}" for at in range(1, len(_LABELS) + 1)), "Q45_TEXT"),
            (
                "Duration (in seconds)", "What is your age (# years)?", "In which country do you currently reside?",
                "Select the title most similar to your current role: - Selected Choice",
                *(f"{_QUESTION}{label}" for label in _LABELS), "What else would you like to say? - Text",
            ),
        ),
        _kaggle,
        begins="\ufeff",
    ),
    "stackoverflow": _Layout(
        "stackoverflow/survey_results_public.csv",
        _TECH_QUESTION,
        (("ResponseId", "MainBranch", "Country", _TECH_QUESTION, "MiscTechWantToWorkWith", "Comment"),),
        _stackoverflow,
    ),
}  # fmt: skip
