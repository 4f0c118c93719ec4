"""What is written to folders: dry runs, frozen threads to look at, why an edition is held, evidence, sheets of charts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

from bot import plugins, wiring
from bot.delivery import Clock, Round
from bot.domain.delivery import Frozen
from bot.domain.edition import Edition, HeldEdition
from bot.ports import Store
from bot.scratch import ScratchDesk

if TYPE_CHECKING:
    from bot.compose.site import Corrected


@contextmanager
def dry_run(out: Path, edition: Edition, store: Store | None = None) -> Iterator[Round]:
    """
    An edition on its way to a folder, with a desk of its own: no account's key is taken by it. The store has the replies that may
    stand beside it.
    """
    from bot.compose.documents import as_file, facts_document, frozen, thread_document
    from bot.compose.page import page

    documents = {
        "facts.json": as_file(facts_document(edition)),
        "thread.json": as_file(thread_document(edition)),
        "index.html": page(edition),
    }
    posted = frozen(edition, "")
    with _to_a_folder(out, posted, documents, store, lambda account: replace(posted, account=account)) as round_:
        yield round_


@contextmanager
def review(out: Path, edition: Frozen, store: Store) -> Iterator[Round]:
    """
    An edition that was frozen, on its way to a folder where a person looks at it. There a correction replies to nothing, and has
    a folder of its own: that of its period may hold the thread.
    """
    from bot.compose.documents import as_file
    from bot.compose.review import review as page

    own = {} if edition.correction is None else {"folder": edition.folder}
    documents = {
        "facts.json": as_file(json.loads(edition.facts_json)),
        "thread.json": as_file(json.loads(edition.thread_json) | own),
        "index.html": page(edition),
    }
    with _to_a_folder(out, edition, documents, store, lambda _: replace(edition, correction=None)) as round_:
        yield round_


def held_folder(house: wiring.House) -> Path:
    """Where pages of editions stand that gates hold, when nobody named a folder."""
    return house.settings.home / "held"


def held_page(out: Path, held: HeldEdition) -> Path:
    """
    Why an edition is held, as a page under `out` where its thread would be; the page's path.

    Raises:
        BadOutput: the folder cannot be written, or holds what is not an edition.
    """
    from bot.compose import held as compose
    from bot.compose.documents import as_file

    documents = {"held.json": as_file(compose.document(held)), "index.html": compose.page(held)}
    disk = plugins.load("publishers", "disk", ("put",))
    folder: Path = disk.put(out, held.report.key, held.period.key, documents)
    return folder / "index.html"


@contextmanager
def _to_a_folder(
    out: Path, edition: Frozen, documents: Mapping[str, str], store: Store | None, on: Callable[[str], Frozen]
) -> Iterator[Round]:
    files = {**documents, **{f"evidence/{path}": body for path, body in evidence(edition, store).items()}}
    with plugins.load("publishers", "disk", ("folder",)).folder(out, edition.report, edition.folder, files) as folder:
        desk = ScratchDesk()
        posted = on(folder.account)
        clock = Clock(wiring.wall, sleep)
        yield Round(desk.freeze(posted), posted, desk, folder, wiring.limits(posted.network), clock, "preview", lambda _: None)


def evidence(
    edition: Frozen, store: Store | None, url: str = "", home: str = "", corrections: Sequence[Corrected] = ()
) -> Mapping[str, bytes]:
    """The evidence of a frozen edition as a static site, file by file, with the replies that are kept and may be repeated."""
    from bot.compose.site import repeatable, site

    replies = {} if store is None else {digest: store.payload(digest) for digest in repeatable(edition)}
    return site(edition, {digest: body for digest, body in replies.items() if body is not None}, url, home, corrections)


def publish(out: Path, sites: Iterable[tuple[str, str, Mapping[str, bytes]]]) -> Path:
    """
    Sites by report and period in a folder to be published, with a page that lists all that are there. Where that page is.

    Raises:
        BadOutput: it cannot be written, or something that is not ours is there.
    """
    from bot.compose.site import shelf

    index: Path = plugins.load("publishers", "disk", ("publish",)).publish(out, sites, shelf)
    return index


def sheet_size() -> int:
    """How many charts stand on a contact sheet."""
    from bot.charts.sheet.contact import ACROSS, DOWN

    return ACROSS * DOWN


def contact_sheet(pictures: Sequence[tuple[str, Path]]) -> bytes:
    """Many charts on one picture, each under its label."""
    from bot.charts.sheet.contact import Thumbnail
    from bot.charts.sheet.contact import contact_sheet as sheet

    return sheet([Thumbnail(label, path) for label, path in pictures])
