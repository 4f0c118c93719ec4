"""Plain lines, and progress where a person watches."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress as Bars
from rich.progress import SpinnerColumn, TaskID, TextColumn

from bot.domain.words import printable
from bot.ports import Progress

OUT: Final = Console(highlight=False)
ERR: Final = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """Plain words: no markup is read from data, and nothing is wrapped that a program might read."""
    OUT.print(printable(text), markup=False, soft_wrap=True)


@contextmanager
def progress() -> Iterator[Progress]:
    """A line for each step and how far it is, where a person watches; a plain line per step in pipes and logs."""
    if not ERR.is_terminal:
        yield _lines()
        return
    columns = (SpinnerColumn(finished_text="\N{CHECK MARK}"), TextColumn("{task.description}"), TextColumn("{task.fields[far]}"))
    with Bars(*columns, console=ERR, transient=True) as bars:
        tasks: dict[str, TaskID] = {}
        adding = threading.Lock()

        def step(name: str, done: int, total: int) -> None:
            with adding:
                if name not in tasks:
                    tasks[name] = bars.add_task(escape(name), total=None, far="")
            over = total > 0 and done >= total
            far = (
                f"{done}/{total}"
                if total > 1
                else f"{done} {'reply' if done == 1 else 'replies'}"
                if done and not total
                else None
            )
            bars.update(tasks[name], total=1 if over else None, completed=int(over))
            if far is not None:
                bars.update(tasks[name], far=far)

        yield step


def _lines() -> Progress:
    seen: set[str] = set()

    def step(name: str, _done: int, total: int) -> None:
        if name not in seen:
            seen.add(name)
            print(f"{name} ({total})" if total else name, file=sys.stderr, flush=True)

    return step
