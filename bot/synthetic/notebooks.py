"""
Meta Kaggle's tables of notebooks and the sources of Meta Kaggle Code, with what each source imports.

`meta-kaggle/` has Kernels.csv, KernelVersions.csv and KernelLanguages.csv with Kaggle's columns and dates. `meta-kaggle-code/`
has a file `NNNN/NNN/<id>` for nearly every version, in folders named by its id's millions and thousands. `truth.csv` has for
each version what its code imports by a statement, also where the file is broken: not in markdown, outputs, comments or texts.

Its columns: the version, its kernel, the file below meta-kaggle-code, what is odd about it (`case`), what of it a pattern for
lines cannot settle (`hard`), 1 where reading it as text at all is a matter of opinion (`ambiguous`), and 1 or 0 for each
framework. A version without a file has none of these. `tensorflow_keras` is the Keras inside TensorFlow, which does not count as
keras.

A notebook depends on the seed, its number and those before it in its part: a larger run begins with the files of a smaller one.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bot.errors import BadInput
from bot.synthetic import _files
from bot.synthetic._imports import FRAMEWORKS
from bot.synthetic._kernels import Kernel, Life, Version
from bot.synthetic._parts import each

PART: Final = 200
"""Notebooks that are made together: a fork is of one of the same part."""
KERNELS: Final = (
    "Id", "AuthorUserId", "CurrentKernelVersionId", "ForkParentKernelVersionId", "ForumTopicId", "FirstKernelVersionId",
    "CreationDate", "EvaluationDate", "MadePublicDate", "IsProjectLanguageTemplate", "CurrentUrlSlug", "Medal", "MedalAwardDate",
    "TotalViews", "TotalComments", "TotalVotes",
)  # fmt: skip
VERSIONS: Final = (
    "Id", "ScriptId", "ParentScriptVersionId", "ScriptLanguageId", "AuthorUserId", "CreationDate", "VersionNumber", "Title",
    "EvaluationDate", "IsChange", "TotalLines", "LinesInsertedFromPrevious", "LinesChangedFromPrevious",
    "LinesUnchangedFromPrevious", "LinesInsertedFromFork", "LinesDeletedFromFork", "LinesChangedFromFork",
    "LinesUnchangedFromFork", "TotalVotes", "IsInternetEnabled", "RunningTimeInMilliseconds", "AcceleratorTypeId", "DockerImage",
)  # fmt: skip
TRUTH: Final = ("kernel_version_id", "kernel_id", "file", "case", "hard", "ambiguous", *FRAMEWORKS)
_LANGUAGES: Final = (
    ("Id", "Name", "DisplayName", "IsNotebook"),
    (1, "R", "R", False),
    (2, "Python", "Python", False),
    (5, "RMarkdown", "R Markdown", False),
    (9, "IPython Notebook HTML", "Python", True),  # what Meta Kaggle calls a Python notebook
    (13, "R Notebook HTML", "R", True),
)
_LANGUAGE: Final = {
    _files.R_SCRIPT: 1, _files.SCRIPT: 2, _files.R_MARKDOWN: 5, _files.KAGGLE: 9, _files.JUPYTER: 9, _files.R_NOTEBOOK: 13,
}  # fmt: skip
_Row = tuple[object, ...]


@dataclass(frozen=True)
class Notebooks:
    """What is asked for: so many notebooks, of about so many cells, with pictures in their outputs of up to so many KB."""

    kernels: int
    first: dt.date
    months: int
    cells: int
    outputs_kb: int

    def __post_init__(self) -> None:
        if self.kernels < 1 or self.months < 1 or self.cells < 1 or self.outputs_kb < 0:
            raise BadInput(
                f"--kernels {self.kernels} --months {self.months} --cells {self.cells} --outputs-kb {self.outputs_kb}: nothing "
                "to make. There is at least one notebook, month and cell. Give numbers from 1; only --outputs-kb may be 0."
            )

    @property
    def size(self) -> str:
        return (
            f"{self.kernels:,} notebooks and their versions in {self.months} months from {self.first:%Y-%m}, about {self.cells} "
            f"cells, pictures of up to {self.outputs_kb:,} KB"
        )

    @property
    def options(self) -> str:
        return (
            f"--kernels {self.kernels} --start {self.first:%Y-%m} --months {self.months} --cells {self.cells} "
            f"--outputs-kb {self.outputs_kb}"
        )

    @property
    def life(self) -> Life:
        year, month = divmod(self.first.year * 12 + self.first.month - 1 + self.months, 12)
        first = dt.datetime(self.first.year, self.first.month, 1, tzinfo=dt.UTC)
        return Life(first, dt.datetime(year, month + 1, 1, tzinfo=dt.UTC), self.months, self.cells, self.outputs_kb)


@dataclass(frozen=True)
class Rows:
    """What one part adds to the tables."""

    kernels: list[_Row]
    versions: list[_Row]
    truth: list[_Row]


def make(notebooks: Notebooks, out: Path, seed: int, processes: int) -> None:
    """Writes everything below `out`."""
    for folder in ("meta-kaggle", "meta-kaggle-code"):
        (out / folder).mkdir()
    parts = [range(start, min(start + PART, notebooks.kernels)) for start in range(0, notebooks.kernels, PART)]
    with ExitStack() as stack:
        tables = {
            name: csv.writer(stack.enter_context((out / name).open("w", encoding="utf-8", newline="")), lineterminator="\n")
            for name in (*(f"meta-kaggle/{table}.csv" for table in ("Kernels", "KernelVersions", "KernelLanguages")), "truth.csv")
        }
        kernels, versions, languages, truth = tables.values()
        languages.writerows(_LANGUAGES)
        for table, header in ((kernels, KERNELS), (versions, VERSIONS), (truth, TRUTH)):
            table.writerow(header)
        for rows in each(partial(_write, notebooks.life, out / "meta-kaggle-code", seed), parts, processes):
            kernels.writerows(rows.kernels)
            versions.writerows(rows.versions)
            truth.writerows(rows.truth)


def path(version_id: int, form: str) -> str:
    """Where Meta Kaggle Code keeps a version."""
    return f"{version_id // 1_000_000:04}/{version_id // 1000 % 1000:03}/{version_id}.{_files.EXTENSION[form]}"


def _write(life: Life, folder: Path, seed: int, part: Sequence[int]) -> Rows:
    made: list[Kernel] = []
    for number in part:
        made.append(life.kernel(seed, number, made))
    for kernel in made:
        for version in kernel.versions:
            _save(folder / path(version.id, kernel.form), version, kernel.form)
    return Rows(
        [_kernel_row(kernel) for kernel in made],
        [row for kernel in made for row in _version_rows(kernel)],
        [_truth_row(kernel, version) for kernel in made for version in kernel.versions],
    )


def _save(file: Path, version: Version, form: str) -> None:
    if version.case == _files.MISSING:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(_files.body(version.cells, form, version.case))


def _kernel_row(kernel: Kernel) -> _Row:
    day = f"{kernel.created_at:%m/%d/%Y}"
    medal = 3 if kernel.votes >= 64 else ""
    return (
        kernel.id, kernel.author, kernel.current, kernel.forked.id if kernel.forked else "", "", kernel.versions[0].id,
        _instant(kernel.created_at), day, day, False, kernel.slug, medal, day if medal else "", kernel.votes * 40 + 7,
        kernel.votes // 8, kernel.votes,
    )  # fmt: skip


def _version_rows(kernel: Kernel) -> Iterator[_Row]:
    before: Version | None = None
    for version in kernel.versions:
        lines = version.lines
        same = _shared(before, version) if before else 0
        of_fork = _since(kernel.forked, version) if kernel.forked else ("", "", "", "")
        is_change = before is None or before.cells != version.cells
        yield (
            version.id, kernel.id, version.previous or "", _LANGUAGE[kernel.form], kernel.author, _instant(version.created_at),
            version.number, version.title, f"{version.created_at:%m/%d/%Y}", is_change, lines, lines - same if before else "",
            0 if before else "", same if before else "", *of_fork, kernel.votes if version.id == kernel.current else 0,
            version.id % 3 != 0, 1000 * lines, "", "",
        )  # fmt: skip
        before = version


def _since(fork: Version, version: Version) -> tuple[int, int, int, int]:
    same = _shared(fork, version)
    return version.lines - same, fork.lines - same, 0, same


def _shared(before: Version, after: Version) -> int:
    """Lines of the cells that both have."""
    sources = [Counter(cell.source for cell in version.cells) for version in (before, after)]
    return sum(source.count("\n") + 1 for source in (sources[0] & sources[1]).elements())


def _truth_row(kernel: Kernel, version: Version) -> _Row:
    if version.case == _files.MISSING:
        return (version.id, kernel.id, "", version.case, *[""] * (2 + len(FRAMEWORKS)))
    cells = _files.readable(version.cells, kernel.form, version.case)
    imports = frozenset[str]().union(*(cell.imports for cell in cells))
    hard = sorted({cell.code.hard for cell in cells if cell.code and cell.code.hard})
    ambiguous = int(version.case in _files.AMBIGUOUS or "writefile" in hard)
    told = [int(name in imports) for name in FRAMEWORKS]
    return (version.id, kernel.id, path(version.id, kernel.form), version.case, " ".join(hard), ambiguous, *told)


def _instant(moment: dt.datetime) -> str:
    return f"{moment:%m/%d/%Y %H:%M:%S}"
