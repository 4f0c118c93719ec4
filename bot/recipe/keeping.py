"""A recipe as it was when it was read: its digest, and a copy that stays when the folder is edited."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bot.errors import BadOutput, BadRecipe


def digest(folder: Path) -> str:
    """sha256 over names and bytes of a report's recipe and texts."""
    sums = hashlib.sha256()
    for path in _files(folder):
        try:
            body = path.read_bytes()
        except OSError as error:
            raise BadRecipe(f"{path} cannot be read: {error}; a report is a folder with a report.toml and its texts") from error
        sums.update(f"{path.name}\0{len(body)}\0".encode())
        sums.update(body)
    return sums.hexdigest()


def keep(folder: Path, kept: Path) -> Path:
    """
    A copy of a recipe and its texts, `kept/<digest>/<report>`: made once, whole or not at all.

    Raises:
        BadOutput: it cannot be written. BadRecipe: the recipe cannot be read.
    """
    place = kept / digest(folder) / folder.name
    if place.is_dir():
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".", dir=place.parent))
        try:
            for path in _files(folder):
                shutil.copyfile(path, draft / path.name)
            if digest(draft) != place.parent.name:
                raise BadRecipe(f"{folder} was changed while it was read; try again")
            draft.rename(place)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        if place.is_dir():  # another process was quicker
            return place
        raise BadOutput(f"a copy of the recipe {folder} cannot be written to {place}: {os.strerror(error.errno or 0)}") from error
    return place


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.glob("*") if path.suffix in (".toml", ".txt") and path.is_file())
