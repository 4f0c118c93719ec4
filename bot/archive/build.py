"""
Writes the packaged observations anew from the raw files, or checks that they are what the raw files say.

    python -m bot.archive.build RAW_DIR [--check]

The one maintainers' command. The same raw files give the same bytes; a raw file with another digest is refused, so a changed
figure is always a decision. Users never run it: they read the csv files that it wrote.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.analysis.gates import refuse_impossible
from bot.domain.measure import WHOLE, Metric, Observation, Status, Subject
from bot.domain.period import Period, instant
from bot.errors import BadFigures, ThreadmillError
from bot.ports import Client, Offline, Source
from bot.sources import _files, _observations, _table, conference_papers, github_history, kaggle_survey, so_survey, top_pypi
from bot.sources.archive import READ_AT

HERE: Final = Path(__file__).parent
_ANY: Final = Period.year(2020)
"""The rooms used here read whole files, whatever the period."""


@dataclass(frozen=True)
class Raw:
    """A file that figures were read from, all on READ_AT; none of them is in this repository."""

    path: str
    sha256: str
    licence: str


PYPI: Final = Raw(
    "pypi/downloads.csv", "5d7cae3eac55cb4876a112ffd0c622e5e970a87b33273d9a20121d6f508e8238", "none stated; facts, cited"
)
DAILY: Final = Raw("github/daily_stars_forks.csv", "13c015ed67b1c155209ccde8636d69403ece1df10ceca44019e72695b897bdc9", "MIT")
WEEKLY: Final = Raw(
    "github/weekly_best_of_ml.csv", "280708f4fcf8515d92daf54716ea2a06531b415822f1efca801720a2a23ee9ce", "CC BY-SA 4.0"
)
PAPERS: Final = Raw(
    "papers/horace_he_conference_counts.csv",
    "10081e8620373220dc545591e3169c43fb635db1fc47304f9f2e105b79cac023",
    "none stated; facts, cited",
)
SO_COUNTS: Final = Raw(
    "so_survey/2020_misc_tech_counts.csv",
    "e2d93fb172ec11960e63174bef07f3ff9eee64cd04a505320156ad59bdeaef65",
    "ODbL 1.0, DbCL 1.0",
)
SO_ANSWERED: Final = Raw(
    "so_survey/2020_non_null_counts.csv", "cca7da883ac9e83683dd0a6b29031ce72138d727846b80d8eca476b31ac9e5d5", "ODbL 1.0, DbCL 1.0"
)
KAGGLE: Final = tuple(
    Raw(f"kaggle_survey/{name}", survey.zip_sha256, "competition data, not redistributed; computed shares only")
    for name, survey in zip(
        ("kaggle_survey_2018_multipleChoiceResponses.zip", *(f"kaggle-survey-{year}.zip" for year in range(2019, 2023))),
        (survey for survey in kaggle_survey.SURVEYS if survey.year >= 2018),
        strict=True,
    )
)
RAW: Final = (PYPI, DAILY, WEEKLY, PAPERS, SO_COUNTS, SO_ANSWERED, *KAGGLE)


def _subject(key: str, name: str, members: tuple[str, ...] = (), **ids: str) -> Subject:
    return Subject(key, name, "", "", members, ids)  # colours are for charts, and nothing is drawn here


SUBJECTS: Final = (
    _subject("tensorflow", "TensorFlow", top_pypi="tensorflow", kaggle_survey="TensorFlow", so_survey="TensorFlow",
             github_history="tensorflow/tensorflow", conference_papers="tensorflow"),
    _subject("keras", "Keras", top_pypi="keras", kaggle_survey="Keras", so_survey="Keras", github_history="keras-team/keras"),
    _subject("pytorch", "PyTorch", top_pypi="torch", kaggle_survey="PyTorch", so_survey="Torch/PyTorch",
             github_history="pytorch/pytorch", conference_papers="pytorch"),
    _subject("jax", "JAX", top_pypi="jax", kaggle_survey="JAX", github_history="best-of-ml:google/jax"),
    _subject("tf-keras", "TensorFlow or Keras", ("tensorflow", "keras")),
    _subject("pytorch-family", "PyTorch, Lightning or fastai", ("pytorch", "lightning", "fastai")),
)  # fmt: skip
_MEMBERS: Final = (
    _subject("lightning", "PyTorch Lightning", kaggle_survey="PyTorch Lightning"),
    _subject("fastai", "fastai", kaggle_survey="Fastai|Fast.ai"),
)
"""Counted in a union only."""
_METRICS: Final[Mapping[str, Metric]] = {
    metric.key: metric
    for room in (top_pypi, kaggle_survey, so_survey, github_history, conference_papers)
    for metric in room.METRICS
}
_YEAR_ENDS: Final = tuple(map(instant, ("2018-01-09", "2019-01-04", "2020-01-03", "2021-01-01")))
"""Ends of the year-long windows nearest a turn of the year; the list of 2018-01-09 is the first there is."""
_MOST_OFF: Final = {"pypi_downloads_30d": 9, "gh_stars": 16, "gh_forks": 16}
"""Days a window may end from the turn of the month it is carried for. In 2019 the lists came two or three times a month."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 written or equal, 1 different under --check, 2 a raw file is missing or another."""
    parser = argparse.ArgumentParser(prog="python -m bot.archive.build", description="Write the packaged observations anew.")
    parser.add_argument("raw_dir", type=Path, help="the folder with the raw files")
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 on a difference")
    options = parser.parse_args(arguments)
    try:
        built = build(options.raw_dir)
    except ThreadmillError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return check(built, HERE) if options.check else write(built, HERE)


def build(raw_dir: Path) -> dict[str, str]:
    """
    The name and the text of every packaged csv file.

    Raises:
        BadFigures: a raw file is missing, has another digest, or does not hold what its room documents.
    """
    for raw in RAW:
        _refuse_other(raw, raw_dir)
    return {name: _text(observations(raw_dir)) for name, observations in sorted(_FILES.items())}


def check(built: Mapping[str, str], folder: Path) -> int:
    """1 if the folder's csv files are not exactly these, and says which."""
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.csv")}
    different = sorted(name for name in built.keys() | there.keys() if built.get(name) != there.get(name))
    for name in different:
        sys.stderr.write(f"{name} is not what the raw files say. It or the code that writes it changed. Run without --check.\n")
    return 1 if different else 0


def write(built: Mapping[str, str], folder: Path) -> int:
    """0, after writing every file."""
    for name, text in built.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{name}: {text.count(chr(10)) - 1} observations, {len(text.encode()):,} bytes\n")
    return 0


def _refuse_other(raw: Raw, raw_dir: Path) -> None:
    found = _files.read(raw_dir / raw.path, 64 * _files.MIB).sha256
    if found != raw.sha256:
        raise BadFigures(
            f"{raw_dir / raw.path} has sha256 {found}, not {raw.sha256}. The publisher has added figures, or the file was "
            "changed. Look at what changed, then enter the new digest and the day it was read."
        )


def _text(found: Iterable[Observation]) -> str:
    ordered = sorted(found, key=lambda one: (one.metric, one.subject, one.period))
    refuse_impossible(ordered, _METRICS)
    return _observations.to_csv(ordered)


def _read(source: Source[Client]) -> list[Observation]:
    """Everything a room finds, dated by the day the raw files were read in and not by the clock of this machine."""
    replies = [dataclasses.replace(reply, retrieved_at=READ_AT) for reply in source.fetch(Offline(), SUBJECTS, _ANY)]
    found = [seen for reply in replies for seen in source.parse(reply, (*SUBJECTS, *_MEMBERS), _ANY)]
    return [seen for seen in found if isinstance(seen, Observation)]


def _pypi(raw_dir: Path) -> list[Observation]:
    windows = _read(top_pypi.Source(raw_dir / PYPI.path))
    years = [seen for seen in windows if seen.metric == "pypi_downloads_year" and seen.period.end in _YEAR_ENDS]
    months = [seen for seen in windows if seen.metric == "pypi_downloads_30d"]
    return years + _nearest(months, _nearest_first)


def _github(raw_dir: Path) -> list[Observation]:
    days = _read(github_history.Source(raw_dir / DAILY.path, raw_dir / WEEKLY.path))
    return list(
        dict.fromkeys((*_nearest(days, _nearest_first), *_nearest(days, _first_after)))
    )  # who told the month then knew none after it


def _nearest(found: Iterable[Observation], turn: Callable[[dt.datetime], dt.datetime]) -> list[Observation]:
    """For each metric, subject and turn of a month the observation whose window ends nearest; the earlier of two."""
    chosen: dict[tuple[str, str, dt.datetime], tuple[dt.timedelta, Observation]] = {}
    for seen in sorted(found, key=lambda one: one.period):
        day = turn(seen.period.end)
        off = abs(day - seen.period.end)
        key = (seen.metric, seen.subject, day)
        if off <= dt.timedelta(days=_MOST_OFF[seen.metric]) and (key not in chosen or off < chosen[key][0]):
            chosen[key] = (off, seen)
    return [seen for _, seen in chosen.values()]


def _nearest_first(moment: dt.datetime) -> dt.datetime:
    """The first of a month that is nearest."""
    this = Period.month(moment.year, moment.month)
    return min(this.start, this.end, key=lambda first: abs(first - moment))


def _first_after(moment: dt.datetime) -> dt.datetime:
    """The first of a month that it is, or that comes next."""
    this = Period.month(moment.year, moment.month)
    return this.start if moment == this.start else this.end


def _kaggle(raw_dir: Path) -> list[Observation]:
    carried = {WHOLE, *(subject.key for subject in SUBJECTS)}
    found = _read(kaggle_survey.Source(tuple(raw_dir / raw.path for raw in KAGGLE)))
    return [seen for seen in found if seen.subject in carried]


def _papers(raw_dir: Path) -> list[Observation]:
    return _read(conference_papers.Source(raw_dir / PAPERS.path))


def _stackoverflow(raw_dir: Path) -> list[Observation]:
    """
    Counts of 2020 that a public notebook printed from the complete results file.

    The raw table also has unions, read off the colours of that notebook's heat map: they are not counts and are not carried.
    """
    counts = _cells(raw_dir / SO_COUNTS.path, "option", "n_respondents")
    base = _cells(raw_dir / SO_ANSWERED.path, "column", "non_null")["MiscTechWorkedWith"]
    found = [_counted(WHOLE, "so_survey_users", base, f"{base:,} respondents who answered; MiscTechWorkedWith", SO_ANSWERED)]
    for subject in SUBJECTS:
        if count := counts.get(subject.ids.get("so_survey", "")):
            note = f"{count:,} of {base:,} respondents who answered; MiscTechWorkedWith"
            found.append(_counted(subject.key, "so_survey_users", count, note, SO_COUNTS))
            found.append(_counted(subject.key, "so_survey_use", 100 * count / base, note, SO_COUNTS))
    return found


def _cells(path: Path, name: str, count: str) -> dict[str, int]:
    reply = _files.read(path, _files.MIB)
    return {row[name]: row.whole(count) for row in _table.rows(reply, (name, count))}


def _counted(subject: str, metric: str, value: float, note: str, raw: Raw) -> Observation:
    return Observation(
        metric=metric,
        subject=subject,
        period=Period.year(2020),
        value=float(value),
        status=Status.MEASURED,
        origin=so_survey.ORIGINS[0].name,
        url="https://github.com/PeterSchuld/StackOverflowDeveloperSurvey/blob/85a7983aa216/StackOverflowSurvey_PeterSchuld.ipynb",
        retrieved_at=READ_AT,
        note=f"{note}; as a notebook run on the complete file prints it",
        payload_sha256=raw.sha256,
        published_at=Period.year(2020).end,
    )


_FILES: Final[Mapping[str, Callable[[Path], list[Observation]]]] = {
    "pypi.csv": _pypi,
    "github.csv": _github,
    "kaggle.csv": _kaggle,
    "papers.csv": _papers,
    "stackoverflow.csv": _stackoverflow,
}

if __name__ == "__main__":
    sys.exit(main())
