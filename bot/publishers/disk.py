"""
The dry run: an edition as files in a folder, whole or not at all.

Everything is written beside its place under another name and moved there in one step; an edition already there goes aside first.
One writer at a time holds the report's folder, so whatever a killed one left beside the place is cleared or brought back by the
next. A folder that holds anything else is left alone.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.compose.documents import facts_document, image_paths, thread_document
from bot.compose.page import page
from bot.domain.edition import Edition
from bot.errors import BadOutput

_MARK: Final = "thread.json"
_NAMES: Final = (_MARK, "facts.json", "index.html", "posts", "images")
"""What an edition consists of; a folder with anything else in it is not replaced."""


@dataclass(frozen=True)
class Publisher:
    """Writes editions to `out/<report>/<period>/`."""

    out: Path

    def publish(self, edition: Edition) -> Path:
        """
        The folder of the edition, complete.

        Raises:
            BadOutput: the folder cannot be written, is full, or holds what is not an edition. Nothing is left half done.
        """
        place = self.out / edition.report.key / edition.period.key
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with _held(place.parent):
                _recover(place)
                _refuse_foreign(place)
                with _beside(place) as draft:
                    _write(edition, draft)
                    _move(draft, place)
        except OSError as error:
            raise BadOutput(
                f"{place} cannot be written: {error.strerror or error}; nothing was left there. "
                f"Free space or rights, or choose another folder with --out"
            ) from error
        return place


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """One writer at a time: an advisory lock on the folder itself, which ends with the process that holds it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _recover(place: Path) -> None:
    """Clear what a killed writer left beside the place; an edition it had put aside comes back if nothing took its place."""
    for aside in place.parent.glob(f".{place.name}.old.*"):
        if not place.exists() and (aside / "edition").is_dir():
            (aside / "edition").rename(place)
    for left in place.parent.glob(f".{place.name}.*"):
        shutil.rmtree(left, ignore_errors=True)


def _refuse_foreign(place: Path) -> None:
    if place.is_symlink() or (place.exists() and not place.is_dir()):
        raise BadOutput(f"{place} is not a folder, and a preview would replace it; move it away or choose another --out")
    if place.is_dir() and (foreign := _foreign(place)):
        raise BadOutput(
            f"{place} holds {foreign}, which is no part of an edition of ours and would be lost; choose another --out"
        )


def _foreign(place: Path) -> str:
    """The name of something in a folder that is not an edition's, or nothing. An edition says in `thread.json` whose it is."""
    names = [path.name for path in place.iterdir()]
    if not names:
        return ""
    try:
        mark = json.loads((place / _MARK).read_text(encoding="utf-8"))
        ours = (mark["report"], mark["period"]) == (place.parent.name, place.name)
    except (OSError, ValueError, KeyError, TypeError):
        ours = False
    return next((name for name in names if name not in _NAMES), "" if ours else names[0])


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    """A fresh folder on the same disk as the place; gone afterwards, whatever happens."""
    draft = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        draft.chmod(0o777 & ~_umask())
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write(edition: Edition, folder: Path) -> None:
    (folder / "posts").mkdir()
    (folder / "images").mkdir()
    for post in edition.thread.posts:
        (folder / "posts" / f"{post.position:02d}.txt").write_text(post.text.text + "\n", encoding="utf-8")
        for path, chart in zip(image_paths(post), post.charts, strict=True):
            (folder / path).write_bytes(chart.png)
    _write_json(folder / "facts.json", facts_document(edition))
    _write_json(folder / _MARK, thread_document(edition))
    (folder / "index.html").write_text(page(edition), encoding="utf-8")


def _write_json(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _move(draft: Path, place: Path) -> None:
    """Put the draft in place; what was there before goes aside first and comes back if the move fails."""
    if not place.exists():
        draft.rename(place)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{place.name}.old.", dir=place.parent)) / "edition"
    place.rename(aside)
    try:
        draft.rename(place)
    except OSError:
        aside.rename(place)
        raise
    finally:
        shutil.rmtree(aside.parent, ignore_errors=True)


def _umask() -> int:
    """The process's umask; there is no way to read it but to set it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
