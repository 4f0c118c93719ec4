"""
The dry run: a folder as an account, to which an edition is posted as files, whole or not at all; and the folder that evidence is
published from, one folder in it for each edition.

Everything is written beside its place under another name and moved there in one step; an edition already there goes aside first.
One writer at a time holds the report's folder, so whatever a killed one left beside the place is cleared or brought back by the
next. A folder that holds anything else is left alone.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

from bot.domain.delivery import Picture, Seen
from bot.errors import BadOutput, Rejected

_MARK: Final = "thread.json"
_MARKS: Final = (_MARK, "held.json")
_NAMES: Final = (*_MARKS, "facts.json", "index.html", "posts", "images", "evidence")
"""What an edition, or one that is held, consists of; a folder with anything else in it is not replaced."""
_SITE: Final = (_MARK, "facts.json", "index.html", "sources.html", "facts", "images", "replies")
"""What the evidence of an edition consists of."""
_OURS: Final = '<meta name="generator" content="Threadmill">'
"""What every page of evidence says of itself; one that does not is not replaced."""

Files: TypeAlias = Mapping[str, str | bytes]
"""What is to be written, by its path from the folder it goes to."""
Site: TypeAlias = tuple[str, str, Files]
"""A report, a period, and the evidence of the edition."""


@contextmanager
def folder(out: Path, report: str, period: str, documents: Files) -> Iterator[Network]:
    """
    `out/<report>/<period>/` as an account to post an edition to, with its documents by path, thread.json among them. It
    appears, complete, when the block ends well.

    Raises:
        BadOutput: the folder cannot be written, is full, or holds what is not an edition. Nothing is left half done.
    """
    with _replaced(out / report / period, documents, _NAMES) as (place, draft):
        (draft / "posts").mkdir()
        (draft / "images").mkdir()
        yield Network(place, draft)


def put(out: Path, report: str, period: str, documents: Files) -> Path:
    """
    The folder `out/<report>/<period>/` with nothing but documents, held.json among them: in place of an edition that is held.

    Raises:
        BadOutput: as for `folder`.
    """
    with _replaced(out / report / period, documents, _NAMES) as (place, _):
        return place


@contextmanager
def _replaced(place: Path, files: Files, known: Sequence[str]) -> Iterator[tuple[Path, Path]]:
    """The place, and a draft with the files in it that takes it when the block ends well, if only what is known was there."""
    with _told(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        with _held(place.parent):
            _recover(place)
            _refuse_foreign(place, known)
            with _beside(place) as draft:
                _write(files, draft)
                yield place, draft
                _move(draft, place)


def publish(out: Path, sites: Iterable[Site], listed: Callable[[Sequence[Mapping[str, Any]]], bytes]) -> Path:
    """
    Write sites to `out/<report>/<period>/`, each whole or not at all, and then `out/index.html`: what `listed` makes of the
    `thread.json` of all that are there, from earlier runs too. Where that page is.

    Raises:
        BadOutput: it cannot be written, or something that is not ours is there. What was written before that is whole.
    """
    with _told(out):
        out.mkdir(parents=True, exist_ok=True)
        with _held(out):
            index = out / "index.html"
            _refuse_foreign_page(index)
            for report, period, files in sites:
                with _replaced(out / report / period, files, _SITE):
                    pass  # there is nothing else in it
            threads = [_mark(path.parent) for path in sorted(out.glob(f"*/*/{_MARK}"))]
            _replace(index, listed([one for one in threads if one is not None]))
            return index


class Network:
    """
    A folder that posts are written into. See `bot.ports.Network` for what is promised; the account is the place itself.

    Ids are the posts' positions. A picture lies among the images once a post shows it; its alt text stands in thread.json.
    """

    def __init__(self, place: Path, draft: Path) -> None:
        self.place = place
        self._draft = draft
        self._pictures: dict[str, Picture] = {}
        self._posts: list[Seen] = []

    @property
    def account(self) -> str:
        return str(self.place)

    def ready(self) -> None:
        """Always."""

    def check(self, picture: Picture) -> None:
        """A folder takes any."""

    def upload(self, picture: Picture) -> str:
        """Its digest."""
        self._pictures[picture.sha256] = picture
        return picture.sha256

    def describe(self, media_id: str, alt_text: str) -> None:
        if media_id not in self._pictures:
            raise Rejected("this picture was not uploaded")

    def create(self, text: str, media_ids: Sequence[str], reply_to: str) -> str:
        position = len(self._posts) + 1
        if not all(media_id in self._pictures for media_id in media_ids):
            raise Rejected("a picture was not uploaded")
        if reply_to != (self._posts[-1].remote_id if self._posts else ""):
            raise Rejected("a thread on disk is one chain, and this post is no reply to the one before")
        with _told(self.place):
            for number, media_id in enumerate(media_ids, 1):
                (self._draft / "images" / f"{position:02d}-{number}.png").write_bytes(self._pictures[media_id].png)
            (self._draft / "posts" / f"{position:02d}.txt").write_text(text + "\n", encoding="utf-8")
        self._posts.append(Seen(str(position), text, reply_to, dt.datetime.now(dt.UTC)))
        return str(position)

    def recent(self, since: dt.datetime, until: dt.datetime) -> Sequence[Seen]:
        return [one for one in reversed(self._posts) if since <= one.created_at <= until]

    def same(self, text: str, seen: Seen) -> bool:
        return text == seen.text

    def remove(self, remote_id: str) -> bool:
        """The last one only: the posts of a folder are numbered without a gap."""
        if remote_id not in {one.remote_id for one in self._posts}:
            return False
        if remote_id != self._posts[-1].remote_id:
            raise Rejected("a thread on disk is taken down from its end")
        with _told(self.place):
            (self._draft / "posts" / f"{len(self._posts):02d}.txt").unlink()
            for image in (self._draft / "images").glob(f"{len(self._posts):02d}-*.png"):
                image.unlink()
        self._posts.pop()
        return True


@contextmanager
def _told(place: Path) -> Iterator[None]:
    """What the disk refuses, in our words."""
    try:
        yield
    except OSError as error:
        raise BadOutput(
            f"{place} cannot be written: {error.strerror or error}; nothing was left there. "
            f"Free space or rights, or choose another folder with --out"
        ) from error


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


def _refuse_foreign(place: Path, known: Sequence[str]) -> None:
    if place.is_symlink() or (place.exists() and not place.is_dir()):
        raise BadOutput(f"{place} is not a folder, and it would be replaced by one; move it away or choose another --out")
    if place.is_dir() and (foreign := _foreign(place, known)):
        raise BadOutput(
            f"{place} holds {foreign}, which is no part of an edition of ours and would be lost; choose another --out"
        )


def _foreign(place: Path, known: Sequence[str]) -> str:
    """The name of something in a folder that is not an edition's, or nothing."""
    names = [path.name for path in place.iterdir()]
    if not names:
        return ""
    return next((name for name in names if name not in known), "" if _mark(place) is not None else names[0])


def _mark(place: Path) -> Mapping[str, Any] | None:
    """The `thread.json` or `held.json` of a folder, in which an edition says whose it is; None if it is not this folder's."""
    try:
        name = next(name for name in _MARKS if (place / name).exists())
        mark: Mapping[str, Any] = json.loads((place / name).read_text(encoding="utf-8"))
        return mark if (mark["report"], mark.get("folder", mark["period"])) == (place.parent.name, place.name) else None
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        return None


def _refuse_foreign_page(page: Path) -> None:
    if page.is_symlink() or (page.exists() and not (page.is_file() and _OURS in page.read_text("utf-8", "replace"))):
        raise BadOutput(f"{page} is no page of ours and would be lost; choose another folder with --out")


def _replace(page: Path, body: bytes) -> None:
    """A page in one step: whoever looks meanwhile sees the old one or the new one."""
    with _beside(page) as draft:
        (draft / page.name).write_bytes(body)
        (draft / page.name).replace(page)


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    """A fresh folder on the same disk as the place; gone afterwards, whatever happens."""
    draft = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        draft.chmod(0o777 & ~_umask())
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write(files: Files, folder: Path) -> None:
    for name, body in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body.encode() if isinstance(body, str) else body)


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
