"""What came before an edition, as far as the store knows: what a person accepted for it, and what its forerunner cited."""

from __future__ import annotations

from contextlib import AbstractContextManager

from bot import wiring
from bot.compose.documents import cited_facts
from bot.domain.gate import Past
from bot.domain.measure import Observation
from bot.domain.period import Period
from bot.domain.report import Report
from bot.ports import Store


def memory(house: wiring.House, recipe: Report, when: Period, offline: bool) -> AbstractContextManager[Store | None]:
    """The store to compose with: one is made where live sources are asked, otherwise it is the one that is there."""
    if offline:
        return wiring.store_offline(house)
    return wiring.store(house) if wiring.live(recipe, when) else wiring.kept(house)


def past(store: Store | None, recipe: Report, when: Period) -> Past:
    """What came before an edition; nothing without a store."""
    if store is None:
        return Past()
    return Past(cited=_cited(store, recipe, when), accepted=store.rota.accepted(recipe.key, when.key))


def _cited(store: Store, recipe: Report, when: Period) -> tuple[Observation, ...]:
    """What the report's last edition cited, as it stood then; nothing, if an older Threadmill wrote it in another form."""
    facts_json = store.desk.forerunner(recipe.key, recipe.network, when.key)
    try:
        facts = [] if facts_json is None else cited_facts(facts_json)
    except ValueError:
        return ()
    return tuple(dict.fromkeys(fact.basis for fact in facts if isinstance(fact.basis, Observation)))
