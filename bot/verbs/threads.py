"""A thread, composed: written to disk, or told post by post with what stands behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from bot import pipeline, wiring
from bot.collection import SourceOutcome
from bot.delivery import deliver
from bot.domain.edition import Edition
from bot.domain.measure import Observation
from bot.domain.period import Period
from bot.domain.report import Report
from bot.domain.thread import Fact, Post
from bot.errors import BadInput
from bot.ports import Progress, Store
from bot.verbs.choosing import recipe_and_period


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
    Compose a report's thread and write it under `out`.

    Raises:
        BadInput, HeldBack, SourceUnavailable, BadStore: as the pipeline and the disk publisher say.
    """
    house = wiring.house(now)
    recipe, when = recipe_and_period(house, report, period)
    kept = nullcontext() if not wiring.live(recipe, when) else wiring.store_offline(house) if offline else wiring.store(house)
    with kept as store:
        composed = compose(house, recipe, when, data, store, offline, progress)
        progress("writing", 0, 0)
        with wiring.dry_run(Path(out), composed.edition, store) as dry_run:
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
    with wiring.kept(house) if wiring.live(recipe, when) else nullcontext() as store:
        composed = compose(house, recipe, when, data, store, True, _silent)
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
) -> pipeline.Run:
    """A report's thread for a period, from its sources to its numbered posts; the live ones are asked unless `offline`."""
    limits = wiring.limits(recipe.network)
    with wiring.clients(house, store, progress, offline) as ask:
        sources = wiring.sources(house, recipe, [Path(file) for file in data], ask)
        story = pipeline.collect(recipe, when, sources, store, house.clock, progress)
    return pipeline.tell(story, house.clock(), limits, wiring.drawer(progress), progress)


def _kept_sizes(digests: Iterable[str], store: Store | None) -> Mapping[str, int]:
    """How many bytes are kept under each of some digests."""
    sizes = {} if store is None else {digest: store.size(digest) for digest in digests}
    return {digest: size for digest, size in sizes.items() if size is not None}


def _silent(_step: str, _done: int, _total: int) -> None:
    """Nobody is watching."""
