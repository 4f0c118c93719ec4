"""
The publishers' files in shared/data as cells, and as observations for `--data`.

Rules of reading, from the notes beside the data: `window_end` of the PyPI lists is the last day that counts; a list is readable from
its own date on; a snapshot on its day. Kaggle's shares are of those who named a framework. Stars and forks of JAX come from
best-of-ml-python, for Github-Ranking lost sight of it; all others from Github-Ranking: the two are never spliced.
"""

from __future__ import annotations

import csv
import datetime as dt
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.independent.values import DAY, Cell, Window, day, period

SHARED = Path(__file__).parent.parent.parent.parent / "shared" / "data"
COLUMNS = (
    "metric",
    "subject",
    "period_start",
    "period_end",
    "value",
    "status",
    "origin",
    "url",
    "retrieved_at",
    "published_at",
    "note",
)
_PACKAGES = {"tensorflow": "tensorflow", "keras": "keras", "torch": "pytorch", "jax": "jax"}
_REPOSITORIES = {"tensorflow/tensorflow": "tensorflow", "keras-team/keras": "keras", "pytorch/pytorch": "pytorch"}
_OPTIONS = {
    "TF": "tensorflow", "Keras": "keras", "PyTorch": "pytorch", "JAX": "jax", "TF_or_Keras": "tf-keras",
    "PyTorch_or_Lightning_or_Fastai": "pytorch-family",
}  # fmt: skip
_TOOLS = {"TensorFlow": "tensorflow", "Keras": "keras", "Torch/PyTorch": "pytorch"}
_URLS = {
    "top-pypi-packages": "https://github.com/hugovk/top-pypi-packages",
    "Github-Ranking": "https://github.com/EvanLi/Github-Ranking",
    "best-of-ml-python": "https://github.com/lukasmasuch/best-of-ml-python",
    "Kaggle survey": "https://www.kaggle.com/c/kaggle-survey-2022",
    "Stack Overflow survey": "https://survey.stackoverflow.co/",
    "Horace He": "https://github.com/Chillee/pytorch-vs-tensorflow",
}


@dataclass(frozen=True)
class Row:
    """One line of an observations file."""

    metric: str
    subject: str
    start: dt.date
    end: dt.date
    value: float
    retrieved: dt.date
    origin: str
    note: str = ""

    @cached_property
    def key(self) -> tuple[str, str, Window]:
        return self.metric, self.subject, Window(self.start, self.end)


def cells(folder: Path = SHARED) -> list[Cell]:
    """Every figure of the raw files that a report can print."""
    return [
        *_downloads(folder / "pypi/downloads.csv"),
        *_daily(folder / "github/daily_stars_forks.csv"),
        *_weekly(folder / "github/weekly_best_of_ml.csv"),
        *_kaggle(folder / "kaggle_survey/computed_framework_shares.csv"),
        *_stackoverflow(folder / "so_survey"),
        *_papers(folder / "papers/horace_he_conference_counts.csv"),
    ]


def rows(found: Iterable[Cell]) -> list[Row]:
    """Cells as lines of an observations file, a snapshot of a day as that day."""
    return [
        Row(one.metric, one.subject, one.window.start, one.window.end, one.value, one.known, one.origin, one.note)
        for one in found
    ]


def thin(found: Iterable[Row]) -> list[Row]:
    """Of daily snapshots only the last before and the first after each month's end: no other stands for a month or a year."""
    windows: list[Row] = []
    snapshots: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in found:
        (windows if row.end - row.start > DAY else snapshots[row.metric, row.subject]).append(row)
    for series in snapshots.values():
        series.sort(key=lambda row: row.start)
        windows += [
            row
            for before, row, after in zip([None, *series], series, [*series[1:], None], strict=False)
            if before is None or after is None or before.end.month != row.end.month or after.end.month != row.end.month
            or row.end.day == 1 or before.end.day == 1
        ]  # fmt: skip
    return windows


def write(found: Iterable[Row], path: Path, published: bool = True) -> None:
    """An observations file for `--data`; `published` adds the day each figure could first be read."""
    columns = [column for column in COLUMNS if published or column != "published_at"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in found:
            value = f"{row.value:.0f}" if row.value == int(row.value) else repr(row.value)
            dates = {
                "period_start": row.start,
                "period_end": row.end,
                "retrieved_at": row.retrieved,
                "published_at": row.retrieved,
            }
            texts = {"metric": row.metric, "subject": row.subject, "value": value, "status": "measured", "origin": row.origin,
                     "url": _URLS[row.origin], "note": row.note}  # fmt: skip
            writer.writerow([texts.get(column) or (dates[column].isoformat() if column in dates else "") for column in columns])


def _read(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _downloads(path: Path) -> Iterator[Cell]:
    for row in _read(path):
        if row["package"] in _PACKAGES:
            metric = {"365": "pypi_downloads_year", "30": "pypi_downloads_30d"}[row["window_family"]]
            window = Window(day(row["window_start"]), day(row["window_end"]) + DAY)
            if window.days != int(row["window_days"]):
                raise ValueError(f"{path.name}: {row} does not count its own days")
            yield Cell(metric, _PACKAGES[row["package"]], window, float(row["downloads"]), day(row["date"]), "top-pypi-packages",
                       note=f"{window.days} days; {row['installers']} installers")  # fmt: skip


def _daily(path: Path) -> Iterator[Cell]:
    """A repository may stand in several lists of a day, with the same figures or some minutes apart: the first counts."""
    seen = set()
    for row in _read(path):
        key = (row["date"], row["repo"])
        if row["repo"] in _REPOSITORIES and key not in seen:
            seen.add(key)
            on = Window(day(row["date"]), day(row["date"]) + DAY)
            for metric, column in (("gh_stars", "stars"), ("gh_forks", "forks")):
                yield Cell(metric, _REPOSITORIES[row["repo"]], on, float(row[column]), on.end, "Github-Ranking")


def _weekly(path: Path) -> Iterator[Cell]:
    for row in _read(path):
        if row["github_id"] == "google/jax":
            on = Window(day(row["snapshot_date"]), day(row["snapshot_date"]) + DAY)
            for metric, column in (("gh_stars", "star_count"), ("gh_forks", "fork_count")):
                yield Cell(metric, "jax", on, float(row[column]), on.end, "best-of-ml-python")


def _kaggle(path: Path) -> Iterator[Cell]:
    for row in _read(path):
        if row["base"] == "named_a_framework" and row["framework"] in _OPTIONS:
            year, subject, base, count = period(row["year"]), _OPTIONS[row["framework"]], int(row["base_n"]), int(row["n"])
            yield Cell("kaggle_survey_use", subject, year, 100 * count / base, year.end, "Kaggle survey", base)
            yield Cell("kaggle_survey_users", subject, year, count, year.end, "Kaggle survey")
            if subject == "tensorflow":
                yield Cell("kaggle_survey_users", "all", year, base, year.end, "Kaggle survey")


def _stackoverflow(folder: Path) -> Iterator[Cell]:
    year, origin = period("2020"), "Stack Overflow survey"
    answered = {row["column"]: int(row["non_null"]) for row in _read(folder / "2020_non_null_counts.csv")}
    base = answered["MiscTechWorkedWith"]
    yield Cell("so_survey_users", "all", year, base, year.end, origin)
    for row in _read(folder / "2020_misc_tech_counts.csv"):
        if row["option"] in _TOOLS:
            count = int(row["n_respondents"])
            yield Cell("so_survey_users", _TOOLS[row["option"]], year, count, year.end, origin)
            yield Cell("so_survey_use", _TOOLS[row["option"]], year, 100 * count / base, year.end, origin, base)


def _papers(path: Path) -> Iterator[Cell]:
    for row in _read(path):
        month, year = row["month_year"].split("/")
        held = period(f"20{year}-{month}")
        for subject, column in (("pytorch", "pytorch_papers"), ("tensorflow", "tensorflow_papers"), ("all", "papers_total")):
            yield Cell(f"papers_{row['conference'].lower()}", subject, held, float(row[column]), held.end, "Horace He")


def main(arguments: Sequence[str]) -> int:
    found = rows(cells())
    write(found, Path(arguments[0]))
    sys.stdout.write(f"{arguments[0]}: {len(found):,} observations\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
