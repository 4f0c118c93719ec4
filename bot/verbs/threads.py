"""A thread, composed: written to disk, or told post by post with what stands behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import asking, folders, pipeline, wiring
from bot.collection import SourceOutcome
from bot.delivery import deliver
from bot.domain.edition import Edition, HeldEdition
from bot.domain.measure import Observation
from bot.domain.period import Period
from bot.domain.report import Report
from bot.domain.thread import Fact, Post
from bot.errors import BadInput, BadOutput, GateHeld
from bot.ports import Progress, Store, silent
from bot.verbs.choosing import recipe_and_period
from bot.verbs.remembering import memory, past


@dataclass(frozen=True)
class Preview:
    """A written preview: where it is, what is in it, and what each source gave."""

    folder: Path
    edition: Edition
    sources: tuple[SourceOutcome, ...]


@dataclass(frozen=True)
class Told:
    """One post with every fact it prints and what stands behind it; how many bytes are kept under each digest, or were once."""

    edition: Edition
    post: Post
    facts: Mapping[str, Fact]
    kept_bytes: Mapping[str, int]
    pruned: frozenset[str] = frozenset()


def preview(
    report: str, period: str | None, now: str | None, data: Sequence[str], out: str, offline: bool, progress: Progress
) -> Preview:
    """
    Compose a report's thread and write it under `out`; if gates hold it, a page that says why.

    Raises:
        GateHeld: a gate keeps back what the recipe requires; names the page.
        BadInput, HeldBack, SourceUnavailable, BadStore: as the pipeline and the disk publisher say.
    """
    house = wiring.house(now)
    recipe, when = recipe_and_period(house, report, period)
    with memory(house, recipe, when, offline, progress) as store:
        composed = compose(house, recipe, when, data, store, offline, progress, Path(out))
        progress("writing", 0, 0)
        with folders.dry_run(Path(out), composed.edition, store) as dry_run:
            deliver(dry_run)
    return Preview(Path(dry_run.frozen.account), composed.edition, composed.sources)


def explain(report: str, period: str, position: int, now: str | None, data: Sequence[str]) -> Told:
    """
    One post of a thread with its facts, from what was collected before: nobody is asked.

    Raises:
        BadInput: the thread has no such post.
    """
    house = wiring.house(now)
    recipe, when = recipe_and_period(house, report, period)
    with wiring.kept(house) if asking.live(recipe, when) else memory(house, recipe, when, False, silent) as store:
        composed = compose(house, recipe, when, data, store, True, silent, recorded=True)
        posts = composed.edition.thread.posts
        if not 1 <= position <= len(posts):
            raise BadInput(f"{report} {period} has posts 1 to {len(posts)}; there is no post {position}")
        facts = composed.edition.thread.facts()
        digests = {fact.basis.payload_sha256 for fact in facts.values() if isinstance(fact.basis, Observation)} - {""}
        kept = _kept_sizes(digests, store)
        pruned = frozenset(one for one in digests - set(kept) if store is not None and store.pruned(one))
        return Told(composed.edition, posts[position - 1], facts, kept, pruned)


def compose(
    house: wiring.House,
    recipe: Report,
    when: Period,
    data: Sequence[str],
    store: Store | None,
    offline: bool,
    progress: Progress,
    pages: Path | None = None,
    recorded: bool = False,
) -> pipeline.Run:
    """
    A report's thread for a period, from its sources to its numbered posts; the live ones are asked unless `offline`, and nothing
    is computed if it is to be told as `recorded`.

    Raises:
        GateHeld: a gate keeps back what the recipe requires; under `pages` a page then says why.
    """
    limits = wiring.limits(recipe.network)
    story = collect(house, recipe, when, data, store, offline, progress, recorded)
    try:
        return pipeline.tell(story, house.clock(), limits, wiring.drawer(progress), progress)
    except GateHeld as error:
        raise error if pages is None else _shown(error.held, pages) from None


def collect(
    house: wiring.House,
    recipe: Report,
    when: Period,
    data: Sequence[str],
    store: Store | None,
    offline: bool,
    progress: Progress,
    recorded: bool = False,
) -> pipeline.Story:
    """What a thread would be told of, and what the gates say of it."""
    with asking.clients(house, store, progress, offline) as ask:
        sources = asking.sources(house, recipe, [Path(file) for file in data], ask)
        sources = asking.recorded(sources) if recorded else sources
        return pipeline.collect(recipe, when, sources, store, house.clock, progress, past(store, recipe, when))


def _shown(held: HeldEdition, pages: Path) -> GateHeld:
    """Why an edition is held, on a page. Where none can be written it is held all the same."""
    try:
        return GateHeld(held, str(folders.held_page(pages, held)))
    except BadOutput as error:
        return GateHeld(held, problem=str(error))


def _kept_sizes(digests: Iterable[str], store: Store | None) -> Mapping[str, int]:
    """How many bytes are kept under each of some digests."""
    sizes = {} if store is None else {digest: store.size(digest) for digest in digests}
    return {digest: size for digest, size in sizes.items() if size is not None}
