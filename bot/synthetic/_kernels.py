"""The life of a notebook: who made it when, of which other it is a fork, and how it changed from version to version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.synthetic import _cells, _files, _imports
from bot.synthetic._cells import Cell
from bot.synthetic._draws import Draws

FIRST_KERNEL: Final = 999_950
FIRST_VERSION: Final = 999_900
"""Ids of kernels and of versions overlap, as on Kaggle; and those of versions pass the million, where a file's folder changes."""
MOST_VERSIONS: Final = 10
_VERSIONS: Final = {1: 380, 2: 200, 3: 130, 4: 90, 5: 60, 6: 50, 7: 40, 8: 30, 9: 20}
_FORMS: Final = {
    _files.KAGGLE: 590, _files.JUPYTER: 250, _files.SCRIPT: 110,
    _files.R_NOTEBOOK: 15, _files.R_SCRIPT: 15, _files.R_MARKDOWN: 20,
}  # fmt: skip
_PYTHON: Final = (_files.KAGGLE, _files.JUPYTER, _files.SCRIPT)
_DAY_S: Final = 86_400
_TOPICS: Final = ("Titanic", "House prices", "Digits", "Toxic comments", "Sales, by store", "Cassava leaves", "Météo", "株価予測")
_WAYS: Final = ("a first look", "baseline", '"simple" nets', "EDA + model", "top 5%")


@dataclass(frozen=True)
class Version:
    """A saved state. `previous` is the version it was made from, of the same kernel or the one that was forked."""

    id: int
    number: int
    created_at: dt.datetime
    cells: tuple[Cell, ...]
    case: str
    title: str
    previous: int | None

    @property
    def lines(self) -> int:
        return sum(cell.lines for cell in self.cells)


@dataclass(frozen=True)
class Kernel:
    """A notebook or script. `current` is mostly its newest version."""

    id: int
    author: int
    created_at: dt.datetime
    form: str
    forked: Version | None
    versions: tuple[Version, ...]
    current: int
    votes: int

    @property
    def slug(self) -> str:
        return f"made-up-{self.id}"


@dataclass(frozen=True)
class Life:
    """What all notebooks of a run have in common."""

    first: dt.datetime
    end: dt.datetime
    months: int
    body: int
    outputs_kb: int

    def kernel(self, seed: int, number: int, earlier: Sequence[Kernel]) -> Kernel:
        """The `number`th notebook; it may be a fork of one of those before it."""
        draws = Draws(seed, "notebooks", str(number))
        seconds = (self.end - self.first).days * _DAY_S
        created_at = self.first + dt.timedelta(seconds=seconds * _spaced(number) >> 32)
        forms = [parent for parent in earlier if parent.created_at < created_at and parent.form in _PYTHON]
        parent = draws.one_of(forms) if forms and draws.chance(350) else None
        forked = draws.one_of([one for one in parent.versions if one.created_at < created_at]) if parent else None
        form = parent.form if parent else draws.weighted(_FORMS)
        versions = self._versions(draws, number, created_at, form, forked)
        newest = versions[-1] if draws.chance(920) else draws.one_of(versions)
        votes = draws.below(1 << draws.below(8))
        return Kernel(FIRST_KERNEL + number, draws.between(1, 99_999), created_at, form, forked, versions, newest.id, votes)

    def _versions(
        self, draws: Draws, number: int, created_at: dt.datetime, form: str, forked: Version | None
    ) -> tuple[Version, ...]:
        cells = self._forked(draws, forked) if forked else self._new(draws, created_at)
        made: list[Version] = []
        title = _title(draws, forked)
        for at in range(1, draws.weighted(_VERSIONS) + 1):
            if made:
                created_at += dt.timedelta(seconds=draws.between(60, draws.one_of((3_600, _DAY_S, 20 * _DAY_S))))
                cells = self._changed(draws, cells)
            previous = made[-1].id if made else forked.id if forked else None
            case = _case(draws, form)
            shown = _odd(draws, cells, case)
            made.append(Version(FIRST_VERSION + MOST_VERSIONS * number + at, at, created_at, shown, case, title, previous))
        return tuple(made)

    def _new(self, draws: Draws, created_at: dt.datetime) -> tuple[Cell, ...]:
        month = (created_at.year - self.first.year) * 12 + created_at.month - self.first.month
        return _cells.cells(draws, _imports.wanted(draws, month, self.months), self.body, self.outputs_kb)

    def _forked(self, draws: Draws, parent: Version) -> tuple[Cell, ...]:
        """Half of all forks were never touched."""
        return self._changed(draws, parent.cells) if draws.chance(500) else parent.cells

    def _changed(self, draws: Draws, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
        at = draws.below(len(cells))
        change = draws.weighted({"edit": 500, "add": 330, "drop": 120, "import": 50})
        if change == "edit":
            return (*cells[:at], _cells.edited(draws, cells[at]), *cells[at + 1 :])
        if change == "drop" and len(cells) > 3:
            return (*cells[:at], *cells[at + 1 :])
        if change == "import":
            name = draws.weighted({"torch": 4, "tensorflow": 2, "keras": 1, "jax": 1, "sklearn": 2})
            return (*cells[:at], _cells.importing(draws, name), *cells[at:])
        return (*cells, _cells.another(draws, self.outputs_kb))


def _spaced(number: int) -> int:
    """
    The number's 32 bits in reverse (van der Corput): however many notebooks there are, they fill the whole time evenly.

    So one more notebook changes nothing about those before it.
    """
    return int(f"{number:032b}"[::-1], 2)


def _case(draws: Draws, form: str) -> str:
    case = draws.weighted(_files.CASES)
    if form not in _PYTHON and case not in (_files.PLAIN, _files.CRLF, _files.MISSING):
        return _files.PLAIN
    return _files.PLAIN if case == _files.CUT and form == _files.SCRIPT else case


def _odd(draws: Draws, cells: tuple[Cell, ...], case: str) -> tuple[Cell, ...]:
    if case == _files.SYNTAX:
        at = draws.below(len(cells) + 1)
        return (*cells[:at], _cells.failing(draws), *cells[at:])
    return (_files.ACCENTED, *cells) if case == _files.LATIN_1 else cells


def _title(draws: Draws, forked: Version | None) -> str:
    if forked:
        return forked.title if forked.title.startswith("Fork") else f"Fork of {forked.title}"
    return f"{draws.one_of(_TOPICS)}: {draws.one_of(_WAYS)} {draws.below(100)}"
