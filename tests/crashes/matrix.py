"""
Every moment a process can die at, with every trouble X can make, on either database: a cell is one of each.

In a cell the command is run until it ends with 0, at most ten times; the process that lives through the cell's moment, counted through
all of its runs, is killed there. Then the account must hold the thread once, and the store must know all of it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, Protocol, Self, TypeAlias

from bot.rehearsal import CREATE, METADATA, TIMELINE, UPLOAD, Call, named
from bot.store import open_store
from tests.crashes.deadly_x import DeadlyX
from tests.crashes.nursery import Ending, Nursery, a_job
from tests.crashes.thread import ALT_TEXTS, PNGS, TEXTS
from tests.store.databases import Server, SQLiteFile

RUNS: Final = 10
REJECTED, UNSURE, LATER, KILLED = 4, 5, 7, -9
"""What a run may end with, besides 0."""
LONGEST_LAG_S: Final = 60
"""So long X may hide a post from its account's timeline: whoever finds it missing before that has proven nothing."""

_HASTY: Final = (0.15, 0.15, 0.3)
"""For troubles in which X is silent: connect, read, and whole request, in seconds."""
_SILENT_S: Final = 0.25

WHOLE: Final = [
    (text, tuple(hashlib.sha256(png).hexdigest() for png in pngs), alt_texts)
    for text, pngs, alt_texts in zip(TEXTS, PNGS, ALT_TEXTS, strict=True)
]
"""What the account holds in the end: texts, digests of the pictures and their alt texts, in order."""


@dataclass(frozen=True)
class Trouble:
    """
    What goes wrong besides: calls by operation, fault and number, and X's clock and lag.

    `codes` are the exit codes that runs may end with on the way; without any, whoever is not killed must end with 0. Whoever goes on
    after the kill is killed too, at its moment `again_at`.
    """

    name: str
    script: tuple[tuple[str, str, int], ...] = ()
    codes: tuple[int, ...] = ()
    seconds: float | None = None
    lag_s: float = 0
    skew_s: float = 0
    again_at: int | None = None
    http_s: tuple[float, float, float] = (5, 5, 15)


def _on_create(fault: str, nth: int = 2, *codes: int, seconds: float | None = None) -> Trouble:
    return Trouble(f"{fault} at create {nth}", ((CREATE, fault, nth),), codes, seconds)


def _silent(fault: str) -> Trouble:
    """On a busy machine other calls take too long then, too."""
    return Trouble(f"{fault} at create 2", ((CREATE, fault, 2),), (UNSURE, LATER), seconds=_SILENT_S, http_s=_HASTY)


def _with_drop_after(name: str, *codes: int, lag_s: float = 0, skew_s: float = 0, timeline: str = "") -> Trouble:
    script = ((CREATE, "drop-after", 2), *(((TIMELINE, timeline, 1),) if timeline else ()))
    return Trouble(f"{name}, drop-after at create 2", script, codes, lag_s=lag_s, skew_s=skew_s)


CALM: Final = Trouble("no trouble")
TROUBLES: Final[Mapping[str, tuple[Trouble, ...]]] = {
    "the post is there": (
        _on_create("drop-after", 1),
        _on_create("drop-after", 2),
        _on_create("drop-after", 3),
        _on_create("503-after"),
        _on_create("html-502-after"),
        _on_create("truncated"),
        _on_create("half-json"),
        _on_create("html-200-after"),
        _silent("hang-late"),
        _silent("hang-after"),
    ),
    "the post is not there": (
        # whoever is killed before the call is made has lost a post for all anybody knows; X then loses it for the second time
        _on_create("drop-before", 1, UNSURE),
        _on_create("drop-before", 2, UNSURE),
        _on_create("503-before", 2, UNSURE),
        _on_create("html-200-before", 2, UNSURE),
        _silent("hang-before"),
        _on_create("403-duplicate", 2, UNSURE),
    ),
    "X puts off": (
        _on_create("429-reset", seconds=60),
        _on_create("429-bare", 2, LATER),
        _on_create("429-24h-user", 2, LATER),
        _on_create("403-not-visible"),
        Trouble("429-bare at metadata 2", ((METADATA, "429-bare", 2),), (LATER,)),
    ),
    "X refuses": (
        _on_create("402-credits-depleted", 1, REJECTED),
        _on_create("402-credits-depleted", 2, REJECTED),
        _on_create("400-media-ids", 2, REJECTED),
        Trouble("402-credits at metadata 1", ((METADATA, "402-credits", 1),), (REJECTED,)),
    ),
    "X sees other times": (
        Trouble("a lag of a minute", lag_s=LONGEST_LAG_S),
        _with_drop_after("a lag of a minute", lag_s=LONGEST_LAG_S),
        _with_drop_after("a clock four minutes ahead", skew_s=240),
        _with_drop_after("a clock four minutes behind", skew_s=-240),
    ),
    "more than one trouble": (
        Trouble("killed again", again_at=17),
        replace(_on_create("drop-after"), name="killed again, drop-after at create 2", again_at=9),
        _with_drop_after("no timeline", UNSURE, timeline="503-before"),
        _with_drop_after("half a timeline", UNSURE, timeline="half-json"),
        Trouble("drop-after at upload 2", ((UPLOAD, "drop-after", 2),)),
        Trouble("drop-after at metadata 1", ((METADATA, "drop-after", 1),)),
        _on_create("slow-body", seconds=0.05),
    ),
}
"""By what they mean to whoever posts. Troubles of one kind come to the same, so that they may share its moments."""


Row: TypeAlias = tuple[int, str, str, int]
"""Of a post: position, state, remote id, and how often its creation was charged."""


class Shelf(Protocol):
    """Where stores are made for cells, ready to be opened, and looked into afterwards."""

    name: str

    def fresh(self) -> tuple[str, str]:
        """The address of a store and a period nobody has frozen a thread for in it."""
        ...

    def told(self, url: str, period: str) -> list[Row]:
        """What is stored of every post of a period."""
        ...


def rows(ask: Callable[..., list[tuple[Any, ...]]], period: str) -> list[Row]:
    """What is stored of every post of a period."""
    return ask(
        "SELECT d.position, state, remote_id, (SELECT count(*) FROM charge c WHERE call = 'post' AND c.edition = d.edition AND "
        "c.position = d.position) FROM delivery d JOIN edition ON id = d.edition WHERE period = ? ORDER BY 1",
        period,
    )


class Files:
    """A file of SQLite for every cell, copied from one that was opened once."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder, self._numbers = folder, itertools.count()
        open_store(f"sqlite:///{folder}/empty.db").close()

    def fresh(self) -> tuple[str, str]:
        path = self._folder / f"{next(self._numbers)}.db"
        shutil.copy(self._folder / "empty.db", path)
        return f"sqlite:///{path}", "2020"

    def told(self, url: str, period: str) -> list[Row]:
        file = SQLiteFile(Path(url.removeprefix("sqlite:///")))
        if file.ask("PRAGMA integrity_check") != [("ok",)]:
            return [(0, "the file is damaged", "", 0)]
        told = rows(file.ask, period)
        file.path.unlink()
        return told


class Tables:
    """One database of PostgreSQL for all cells, with a period for each."""

    name = "postgresql"

    def __init__(self, server: Server) -> None:
        self._place = server.empty_database()
        open_store(self._place.url).close()
        self._connection = self._place.connect()
        self._asking = threading.Lock()
        self._years = itertools.count(2020)

    def fresh(self) -> tuple[str, str]:
        return self._place.url, str(next(self._years))

    def told(self, url: str, period: str) -> list[Row]:
        with self._asking:
            return rows(
                lambda words, value: self._connection.execute(words.replace("?", "%s").encode(), [value]).fetchall(), period
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


@dataclass(frozen=True)
class Cell:
    """One case. Without a moment nobody is killed."""

    shelf: Shelf
    trouble: Trouble
    moment: int | None = None


@dataclass(frozen=True)
class Ran:
    """What came of a cell: who was killed when, the moments of all runs before that, and what is wrong, a sentence each."""

    cell: Cell
    killed: bool
    moments: tuple[str, ...]
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        where = f"killed at moment {self.cell.moment}, {self.moments[-1]}" if self.killed else "not killed"
        return f"{self.cell.shelf.name}, {self.cell.trouble.name}, {where}: {'; '.join(self.wrong)}"


class Matrix:
    """Runs cells, some side by side. Made by `a_matrix`."""

    def __init__(self, nurseries: Sequence[Nursery]) -> None:
        self._width = len(nurseries)
        self._pool = ThreadPoolExecutor(self._width)
        self._free: SimpleQueue[Nursery] = SimpleQueue()
        for one in nurseries:
            self._free.put(one)

    def run(self, cells: Iterable[Cell]) -> list[Ran]:
        return list(self._pool.map(self.cell, cells))

    def every_moment(self, shelf: Shelf, trouble: Trouble) -> list[Ran]:
        """The cells of the first moment, the second, and so on, until nobody is killed any more; that one is the last."""
        ran: list[Ran] = []
        moments = itertools.count(1)
        over = threading.Event()

        def work() -> None:
            while not over.is_set():
                ran.append(one := self.cell(Cell(shelf, trouble, next(moments))))
                if not one.killed:
                    over.set()

        for worker in [self._pool.submit(work) for _ in range(self._width)]:
            worker.result()
        return sorted(ran, key=lambda one: one.cell.moment or 0)

    def cell(self, cell: Cell) -> Ran:
        nursery = self._free.get()
        try:
            return run(cell, nursery)
        finally:
            self._free.put(nursery)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


@contextmanager
def a_matrix(width: int = 3) -> Iterator[Matrix]:
    """`width` cells at a time: one waits for its fake or its database where two are at work."""
    with ExitStack() as stack:
        matrix = Matrix([stack.enter_context(Nursery()) for _ in range(width)])
        stack.callback(matrix.close)
        yield matrix


@contextmanager
def the_files() -> Iterator[Files]:
    with tempfile.TemporaryDirectory(prefix="threadmill-") as folder:
        yield Files(Path(folder))


def run(cell: Cell, nursery: Nursery) -> Ran:
    """One cell."""
    trouble = cell.trouble
    url, period = cell.shelf.fresh()
    lives: list[str] = []
    deaths = [at for at in (cell.moment, cell.moment and trouble.again_at) if at]
    killed, wrong, before = False, [], 0
    with DeadlyX(visibility_lag_s=trouble.lag_s, clock_skew_s=trouble.skew_s) as there:
        for call, fault, nth in trouble.script:
            there.faults.on(call, named(fault, trouble.seconds), nth)
        for _ in range(RUNS):
            die_at = deaths[0] - before if deaths else None
            ending = nursery.raise_one(a_job(url, there, period, die_at=die_at, http_s=trouble.http_s))
            if not killed:
                lives += ending.moments
            if ending.code == 0:
                break
            if ending.code == KILLED and deaths:
                killed, before = True, 0
                del deaths[0]
                continue
            before += len(ending.moments)
            if ending.code not in trouble.codes:
                wrong.append(f"a run ended with {ending.code}: {ending.said}")
            _wait(there, ending)
        else:
            wrong.append(f"after {RUNS} runs there was no end; the last one said: {ending.said}")
        wrong += complaints(there, cell.shelf.told(url, period))
    return Ran(cell, killed, tuple(lives), tuple(wrong))


def _wait(there: DeadlyX, ending: Ending) -> None:
    """Until the instant a run named, or a minute."""
    now = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=there.moved_s)
    there.advance(60 if ending.until is None else max((ending.until - now).total_seconds() + 1, 0))


def complaints(there: DeadlyX, rows: Sequence[Row]) -> Iterator[str]:
    threads = there.threads()
    if [[part[1:] for part in thread] for thread in threads] != [WHOLE]:
        yield f"the account holds {[[part.text[-3:] for part in thread] for thread in threads]}, or other pictures"
    ids = [part.id for thread in threads for part in thread]
    if rows != [(number, "published", id_, 1) for number, id_ in enumerate(ids, 1)]:
        yield f"the store says {rows}, and the account holds {ids}"
    if there.creates != len(TEXTS):
        yield f"X accepted {there.creates} posts"
    yield from there.violations
    yield from (f"nobody met {fault}" for fault in there.faults.unused)
    for text in TEXTS:
        yield from _blind(text, there.calls)


def _blind(text: str, calls: Sequence[Call]) -> Iterator[str]:
    """Posts that were sent again although the one before was there, or before it was proven not to be."""
    sent = [call for call in calls if call.operation == CREATE and call.body["text"] == text]
    for before, after in itertools.pairwise(sent):
        if before.accepted:
            yield f"{text[-3:]} was sent again although it was accepted"
        elif not (_refused(before) or _looked_for(before, after, calls)):
            yield f"{text[-3:]} was sent again without a look at the account"


def _refused(call: Call) -> bool:
    """In words that say no; what X calls a duplicate may be there."""
    return call.status in (400, 402, 429) or call.fault == "403-not-visible" or (call.status == 403 and not call.fault)


def _looked_for(before: Call, after: Call, calls: Sequence[Call]) -> bool:
    """Whether a whole timeline was read between two calls, so late that it would have shown the first."""
    between = calls[calls.index(before) : calls.index(after)]
    seen_at = before.at + dt.timedelta(seconds=LONGEST_LAG_S)
    return any(one.operation == TIMELINE and one.status == 200 and one.answered and one.at > seen_at for one in between)
