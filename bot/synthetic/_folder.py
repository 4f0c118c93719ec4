"""The folder that is made, and the paper in it that says that it is made up."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bot.errors import BadOutput

NOTICE: Final = "SYNTHETIC.txt"
_FIRST_LINE: Final = "This data is made up."
_OURS: Final = re.compile(
    r"SYNTHETIC\.txt|truth\.csv|meta-kaggle(-code)?|\d{4}-\d\d|\d{4}-\d\d-\d\d-\d{1,2}\.json\.gz|kaggle|stackoverflow"
)
"""What stands at the top of a folder that was made here."""


@contextmanager
def made(out: Path, command: str, size: str) -> Iterator[Path]:
    """
    An empty folder that already says what it will be, and says when it is whole.

    Raises:
        BadOutput: there is something that is not ours to replace, or the folder cannot be written.
    """
    try:
        _clear(out)
        out.mkdir(parents=True, exist_ok=True)
        _notice(out, command, size, "It is not whole: whatever made it is still at work, or was stopped.")
        yield out
        for folder in (out, *(path for path in sorted(out.iterdir()) if path.is_dir())):
            _notice(folder, command, size, "It is whole.")
    except OSError as error:
        raise BadOutput(
            f"{out} cannot be written: {error}. The disk is full or the folder is not yours. Name another."
        ) from error


def _clear(out: Path) -> None:
    if not (out.exists() or out.is_symlink()):
        return
    if out.is_symlink() or not out.is_dir():
        raise BadOutput(
            f"{out} is no folder, and synthetic data is written to a folder of its own. Name one, or one that is not there yet."
        )
    there = sorted(out.iterdir())
    if not there:
        return
    if not _is_ours(out):
        raise BadOutput(
            f"{out} is not empty and has no {NOTICE}: it is not synthetic, perhaps it is real data. Nothing was touched. "
            "Name another folder."
        )
    if foreign := [path.name for path in there if not _OURS.fullmatch(path.name)]:
        raise BadOutput(
            f"{out} holds {foreign[0]}, which was not made by this command; making it anew would delete that. Nothing was "
            "touched. Take it out, or name another folder."
        )
    for path in there:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != NOTICE:  # it goes on saying what the folder is
            path.unlink()


def _is_ours(out: Path) -> bool:
    try:
        return (out / NOTICE).read_text(encoding="utf-8").startswith(_FIRST_LINE)
    except (OSError, UnicodeDecodeError):
        return False


def _notice(folder: Path, command: str, size: str, state: str) -> None:
    (folder / NOTICE).write_text(
        f"""{_FIRST_LINE}

Nothing in it has happened. It borrows the names of packages, frameworks and repositories, and no figure computed from it
says anything about them. It is for trying, measuring and testing. Never tell it: Threadmill refuses this folder for anything
but a try.

Size: {size}.
Made by: {command}
{state} The same command makes the same files.
""",
        encoding="utf-8",
        newline="\n",
    )
