"""Plain lines, and progress where a person watches."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress as Bars
from rich.progress import SpinnerColumn, TaskID, TextColumn

from bot.domain.words import printable


class _Plain(Console):
    """A console that leaves it to its caller what to do when nobody reads on: rich would end the process with 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


_WORTH_SAYING_S: Final = 5.0

OUT: Final = _Plain(highlight=False)
ERR: Final = _Plain(stderr=True, highlight=False)


@contextmanager
def progress() -> Iterator[Steps]:
    """A line for each step and how far it is, where a person watches; a plain line per step in pipes and logs."""
    steps = _Bars() if ERR.is_terminal else Steps()
    try:
        yield steps
    finally:
        steps.pause()


class Steps:
    """A `bot.ports.Progress` that names each step once."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def __call__(self, name: str, done: int, total: int) -> None:
        if name not in self._seen:
            self._seen.add(name)
            print(f"{name} ({total})" if total else name, file=sys.stderr, flush=True)

    def pause(self) -> None:
        """Leave the screen to what is printed or asked next; the next step takes it back."""


class _Bars(Steps):
    """The same as lines that change while a person watches."""

    def __init__(self) -> None:
        super().__init__()
        name, far = TextColumn("{task.description}"), TextColumn("{task.fields[far]}")
        self._bars = Bars(SpinnerColumn(finished_text="\N{CHECK MARK}"), name, far, console=ERR, transient=True)
        self._tasks: dict[str, TaskID] = {}
        self._begun: dict[str, float] = {}
        self._adding = threading.Lock()

    def __call__(self, name: str, done: int, total: int) -> None:
        with self._adding:
            self._bars.start()
            if name not in self._tasks:
                self._tasks[name] = self._bars.add_task(escape(name), total=None, far="")
                self._begun[name] = time.monotonic()
        over = total > 0 and done >= total
        self._bars.update(self._tasks[name], total=1 if over else None, completed=int(over))
        if far := _far(done, total):
            self._bars.update(self._tasks[name], far=far + _left(time.monotonic() - self._begun[name], done, total))

    def pause(self) -> None:
        self._bars.stop()


def _far(done: int, total: int) -> str:
    if total > 1:
        return f"{done}/{total}"
    return f"{done} {'reply' if done == 1 else 'replies'}" if done and not total else ""


def _left(seconds: float, done: int, total: int) -> str:
    """How long the rest takes if it goes on like this, where that is long enough to wonder."""
    left = seconds / done * (total - done) if total > 1 and done else 0.0
    if left < _WORTH_SAYING_S:
        return ""
    return f", some {left / 60:.0f} min left" if left >= 90 else f", some {left:.0f} s left"


def say(text: str) -> None:
    """Plain words: no markup is read from data, and nothing is wrapped that a program might read."""
    OUT.print(printable(text), markup=False, soft_wrap=True)
