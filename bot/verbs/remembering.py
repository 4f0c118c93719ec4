"""What came before an edition, as far as the store knows: what a person accepted for it, and what its forerunner states."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bot import asking, wiring
from bot.compose.documents import stated
from bot.domain.delivery import State
from bot.domain.gate import Past
from bot.domain.measure import Observation
from bot.domain.period import Period
from bot.domain.report import Report
from bot.errors import BadStore
from bot.ports import Progress, Store


@contextmanager
def memory(house: wiring.House, recipe: Report, when: Period, offline: bool, progress: Progress) -> Iterator[Store | None]:
    """
    The store to compose with: one is made where live sources are asked, otherwise it is the one that is there. Files can be told
    without it; then nobody knows what was accepted or told before, and the person is told so.

    Raises:
        BadStore: live sources are to be asked, and it cannot be reached.
    """
    with ExitStack() as opened:
        if asking.live(recipe, when):
            yield opened.enter_context(wiring.store_offline(house) if offline else wiring.store(house))
            return
        try:
            store = opened.enter_context(wiring.store_offline(house) if offline else wiring.kept(house))
        except BadStore as error:
            progress(f"composed without the store, so without what was accepted or told before: {error}", 0, 0)
            store = None
        yield store


def past(store: Store | None, recipe: Report, when: Period) -> Past:
    """
    What came before an edition; nothing without a store.

    Raises:
        BadStore: what the last edition cites cannot be read.
    """
    if store is None:
        return Past()
    return Past(cited=_cited(store, recipe, when), accepted=store.rota.accepted(recipe.key, when.key))


def _cited(store: Store, recipe: Report, when: Period) -> tuple[Observation, ...]:
    """What the posts of the report's last edition state, as they stood then or were corrected since."""
    edition = store.desk.forerunner(recipe.key, recipe.network, when.key)
    if edition is None:
        return ()
    thread = store.desk.frozen(edition)
    out = [one.position for one in store.desk.deliveries(edition) if one.state is State.PUBLISHED]
    corrections = [
        store.desk.frozen(one)
        for one in store.desk.corrections(thread.report, thread.period, thread.account)
        if all(post.state is State.PUBLISHED for post in store.desk.deliveries(one))
    ]
    try:
        facts = stated(thread, out, corrections)
    except ValueError as error:
        raise BadStore(
            f"edition {edition}, which the figures are held against, cannot be read: {error}. Its row was probably changed by "
            "hand; restore a backup"
        ) from error
    return tuple(dict.fromkeys(fact.basis for fact in facts if isinstance(fact.basis, Observation)))
