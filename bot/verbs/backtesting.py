"""A report told for many periods of the past, each from what was known then, to see what it would have said."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot import asking, folders, wiring
from bot.collection import gather
from bot.compose.backtest import Backtest, index, summary, table
from bot.compose.documents import as_file
from bot.domain.backtest import Tried, periods_within
from bot.domain.gate import Past
from bot.domain.period import Period
from bot.domain.report import Report
from bot.errors import BadInput, BadOutput
from bot.forking import Died, cores, forked
from bot.pipeline import weigh
from bot.ports import Progress
from bot.verbs.editions import Editions

_FOLDER: Final = "backtest"
_WORK: Final = ".work."
_SHEET: Final = "contact-sheet-"
_PAGES: Final = ("table.csv", "summary.json", "index.html")
_MARK: Final = ".threadmill-backtest"
"""Stands in a backtest's folder before anything else does: what has a name of ours in a folder without it is somebody else's."""


@dataclass(frozen=True)
class Backtested:
    """A written backtest: where it is, what is in it, and what a person should know of the files it was made from."""

    folder: Path
    backtest: Backtest
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether there is less of it than there should be."""
        return bool(self.problems) or self.backtest.failed > 0


def backtest(
    report: str,
    first: str,
    last: str | None,
    now: str | None,
    data: Sequence[str],
    out: str,
    jobs: int | None,
    progress: Progress,
) -> Backtested:
    """
    Compose every period of a range as of its own instant and write all under `out`/<report>/backtest. Nobody is asked.

    What was composed before from the same is kept; a period that fails is a row, and the others go on.

    Raises:
        BadInput: the range, the recipe, a file or the folder is wrong. SourceUnavailable: a required file is not there.
    """
    begun = time.perf_counter()
    house = wiring.house(now)
    recipe = wiring.report(house, report)
    asked, periods = _range(house, recipe, first, last)
    width = _width(jobs)
    if asking.live(recipe):
        with wiring.store_offline(house):
            pass  # if it cannot be read, nothing is begun
    with _held(Path(out) / report / _FOLDER) as (place, work):
        editions, notes = _editions(house, recipe, periods, data, place, work, progress)
        wiring.load_drawing(recipe, progress)
        tried = _composed(editions, periods, width, progress)
        sheets, problems = _sheets(recipe, tried, place, width, progress)
        limit = wiring.limits(recipe.network).post_length
        seconds = time.perf_counter() - begun
        told = Backtest(report, recipe.title, asked, str(recipe.granularity), limit, tried, seconds, width)
        _write(place, told, sheets)
    return Backtested(place, told, tuple(notes), tuple(problems))


def _range(house: wiring.House, recipe: Report, first: str, last: str | None) -> tuple[str, list[Period]]:
    """The periods that are meant, and the range in words."""
    start = wiring.period(house, first, recipe.granularity, "--from").start
    end = wiring.period(house, last, recipe.granularity, "--to").end
    to = "now" if last is None else last
    if end <= start:
        raise BadInput(
            f"--from {first} is not before the end of --to {to}; the two may have been swapped. Give the earlier first"
        )
    if end > house.now:
        raise BadInput(f"--to {last} is not over at {house.now.isoformat()}; nobody could have told it. Choose a period that is")
    periods = periods_within(recipe.granularity, start, end)
    if not periods:
        raise BadInput(
            f"{first} to {to} holds no whole {recipe.granularity}, and {recipe.key} is told by the {recipe.granularity}"
        )
    wider = (
        ""
        if (periods[0].start, periods[-1].end) == (start, end)
        else f", the {recipe.granularity}s wholly within {first} to {to}"
    )
    many = f"{periods[0]} to {periods[-1]}" if len(periods) > 1 else str(periods[0])
    return many + wider, periods


def _width(jobs: int | None) -> int:
    if jobs is not None and jobs < 1:
        raise BadInput(f"--jobs {jobs} would do nothing; give 1 or more, or leave it out to use every core")
    return jobs or cores()


@contextmanager
def _held(place: Path) -> Iterator[tuple[Path, Path]]:
    """The folder of a backtest and one within for what is not whole yet, for one run at a time."""
    try:
        place.mkdir(parents=True, exist_ok=True)
        handle = os.open(place, os.O_RDONLY)
    except OSError as error:
        raise BadOutput(f"{place} cannot be written: {error.strerror or error}. Choose another folder with --out") from error
    try:
        _lock(handle, place)
        _refuse_foreign(place)
        try:
            _clear(place)
            yield place, Path(tempfile.mkdtemp(prefix=_WORK, dir=place))
        finally:
            _clear(place)
            if not _ours(place):  # interrupted: there are editions, and they have records of their own
                (place / _MARK).unlink(missing_ok=True)
    finally:
        os.close(handle)


def _lock(handle: int, place: Path) -> None:
    """It ends with the processes that hold it, forked ones too."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BadOutput(f"another backtest is writing to {place}; wait for it, or choose another --out") from None


def _refuse_foreign(place: Path) -> None:
    """Before anything is replaced or deleted. Folders of periods are looked at each when its turn comes."""
    if (place / _MARK).is_file():
        return
    if foreign := _ours(place):
        raise BadOutput(
            f"{place} holds {foreign[0]} and was not made by a backtest; it would be lost. Move it away, or choose another "
            "folder with --out"
        )
    try:
        (place / _MARK).touch()
    except OSError as error:
        raise BadOutput(f"{place} cannot be written: {error.strerror or error}. Choose another folder with --out") from error


def _ours(place: Path) -> list[str]:
    """What is there under the names that a backtest replaces or deletes."""
    return sorted(one.name for one in place.iterdir() if one.name in _PAGES or one.name.startswith((_WORK, _SHEET)))


def _clear(place: Path) -> None:
    """What a run that was killed left half done."""
    for left in place.glob(f"{_WORK}*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def _editions(
    house: wiring.House,
    recipe: Report,
    periods: Sequence[Period],
    data: Sequence[str],
    place: Path,
    work: Path,
    progress: Progress,
) -> tuple[Editions, list[str]]:
    """What composes an edition, with the files read once; and what a person should know of them."""
    with asking.clients(house, None, progress, offline=True) as ask:
        sources = asking.sources(house, recipe, [Path(file) for file in data], ask)
    whole = gather(recipe, periods[-1], [named for named in sources if named.says_all], None, progress)
    story = weigh(recipe, periods[-1], whole, house.now, Past())  # a file that says what cannot be ends the run here
    notes = [remark for outcome in story.sources for remark in outcome.remarks]
    already = {gathered.named.name: gathered for gathered in whole}
    made_with = wiring.made_with(house, recipe)
    return Editions(house, recipe, sources, already, made_with, place, work), notes


def _composed(editions: Editions, periods: Sequence[Period], width: int, progress: Progress) -> tuple[Tried, ...]:
    """What came of every period, in order."""
    tried = {period: editions.skipped(period) for period in periods}
    to_do = [period for period, skipped in tried.items() if skipped is None]
    progress("composing editions", 0, len(to_do))
    with closing(forked(to_do, editions.compose, width)) as done:
        for number, (period, outcome) in enumerate(done, 1):
            tried[period] = editions.died(period, outcome.why) if isinstance(outcome, Died) else outcome
            progress("composing editions", number, len(to_do))
    return tuple(one for one in tried.values() if one is not None)


def _sheets(recipe: Report, tried: Sequence[Tried], place: Path, width: int, progress: Progress) -> tuple[list[str], list[str]]:
    """The contact sheets that were made, the same chart through all periods side by side; and what went wrong."""
    order = {post.name: number for number, post in enumerate(recipe.posts)}
    shown = sorted(
        (
            (order.get(post, 0), one.period, f"{post}, {one.period}", place / one.period / path)
            for one in tried
            for post, path in one.pictures
        )
    )
    size = folders.sheet_size()
    pages = {
        f"{_SHEET}{at // size + 1:02d}.png": [(label, path) for _, _, label, path in shown[at : at + size]]
        for at in range(0, len(shown), size)
    }
    for old in place.glob(f"{_SHEET}*.png"):
        if old.name not in pages:
            old.unlink()

    def make(name: str) -> None:
        _put(place / name, folders.contact_sheet(pages[name]))

    problems: list[str] = []
    with closing(forked(list(pages), make, width)) as done:
        for number, (name, outcome) in enumerate(done, 1):
            if isinstance(outcome, Died):
                problems.append(f"{name} could not be made: {outcome.why}")
            progress("contact sheets", number, len(pages))
    return [name for name in pages if (place / name).is_file()], problems


def _write(place: Path, told: Backtest, sheets: Sequence[str]) -> None:
    pages = (table(told), as_file(summary(told, sheets)), index(told, sheets))
    for name, page in zip(_PAGES, pages, strict=True):
        _put(place / name, page.encode())


def _put(file: Path, content: bytes) -> None:
    """Whole or not at all."""
    handle, draft = tempfile.mkstemp(prefix=_WORK, dir=file.parent)
    with os.fdopen(handle, "wb") as opened:
        opened.write(content)
    Path(draft).chmod(0o644)
    Path(draft).replace(file)
