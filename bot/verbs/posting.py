"""What the verbs that reach an account do, each as a function with a value to print."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import sleep
from typing import Final

from bot import wiring
from bot.compose.documents import frozen
from bot.delivery import Clock, Round, deliver
from bot.domain.delivery import Delivery, Frozen, State
from bot.errors import BadInput
from bot.ports import Desk, Network, Progress
from bot.verbs.choosing import recipe_and_period
from bot.verbs.threads import compose

_ANSWERS: Final = {"absent": State.PLANNED, "there": State.PUBLISHED}


@dataclass(frozen=True)
class Standing:
    """
    An edition on its account: what was frozen, what became of each post, where each is seen, and what was billed so far.

    `to_bill_usd` is what the posts that are not out will be billed.
    """

    edition: int
    frozen: Frozen
    deliveries: tuple[Delivery, ...]
    urls: tuple[str, ...]
    spent_usd: float

    @property
    def open_posts(self) -> tuple[Delivery, ...]:
        """The posts that are not out."""
        return tuple(one for one in self.deliveries if one.state is not State.PUBLISHED)

    @property
    def to_bill_usd(self) -> float:
        """What is still to be paid, at the most."""
        return round(sum(self.frozen.posts[one.position - 1].cost_usd for one in self.open_posts), 4)


def post(
    report: str,
    period: str | None,
    now: str | None,
    data: Sequence[str],
    agreed: Callable[[Standing], bool],
    progress: Progress,
) -> Standing:
    """
    Post a thread, or go on with one that was begun. It is frozen when it is first agreed to, and not composed again.

    `agreed` is shown what is about to be sent and billed; if it says no, nothing is sent.

    Raises:
        Rejected, Later, Unsure: as delivery says.
        BadInput, HeldBack, SourceUnavailable, BadStore: as for a preview.
    """
    house = wiring.house(now)
    recipe, when = recipe_and_period(house, report, period)
    network, limits = wiring.network(house, recipe), wiring.limits(recipe)
    with wiring.store(house) as store:
        assert store is not None  # noqa: S101 - only a run without a connection has none
        edition = store.desk.find(recipe.key, when.key, network.account)
        if edition is None:
            composed = compose(house, recipe, when, data, store, offline=False, progress=progress)
            standing = _draft(frozen(composed.edition, network.account))
        else:
            standing = _standing(store.desk, network, edition)
        if not standing.open_posts or not agreed(standing):
            return standing
        edition = store.desk.freeze(standing.frozen)
        clock = Clock(house.clock, sleep)
        say: Callable[[str], None] = lambda words: progress(words, 0, 0)  # noqa: E731
        deliver(Round(edition, store.desk.frozen(edition), store.desk, network, limits, clock, worker(), say))
        return _standing(store.desk, network, edition)


def _draft(composed: Frozen) -> Standing:
    """How an edition would stand that nobody has agreed to yet: nothing of it is stored."""
    planned = tuple(Delivery(0, one.position, State.PLANNED) for one in composed.posts)
    return Standing(0, composed, planned, ("",) * len(planned), 0)


def status() -> list[Standing]:
    """Every edition that was begun, newest first."""
    house = wiring.house()
    with wiring.kept(house) as store:
        if store is None:
            return []
        return [_standing(store.desk, None, edition) for edition in store.desk.editions()]


def resolve(edition: int, position: int, answer: str, remote_id: str) -> Standing:
    """
    A person has looked at the account: the post of unknown fate is `there`, under an id, or `absent`.

    Raises:
        BadInput: there is no such post, its fate is known, or the answer lacks its id.
    """
    house = wiring.house()
    with wiring.store(house) as store:
        assert store is not None  # noqa: S101 - as above
        known = store.desk.deliveries(edition) if edition in store.desk.editions() else ()
        at = next((one for one in known if one.position == position), None)
        if at is None:
            raise BadInput(f"there is no post {position} of an edition {edition}; threadmill status lists them")
        if at.state is not State.UNKNOWN:
            raise BadInput(f"post {position} of edition {edition} is {at.state}: there is nothing to resolve")
        if (answer == "there") != bool(remote_id) or (remote_id and not remote_id.isdecimal()):
            raise BadInput("--there takes the number at the end of the post's address; --absent takes none")
        store.desk.settle(at, _ANSWERS[answer], remote_id=remote_id, error=f"a person looked: {answer}")
        return _standing(store.desk, None, edition)


def worker() -> str:
    """Who sends: the process, as a person would find it."""
    return f"{socket.gethostname()}/{os.getpid()}"


def _standing(desk: Desk, network: Network | None, edition: int) -> Standing:
    deliveries = tuple(desk.deliveries(edition))
    urls = tuple(network.url(one.remote_id) if network and one.remote_id else "" for one in deliveries)
    spent = sum(charge.usd for charge in desk.charges(edition))
    return Standing(edition, desk.frozen(edition), deliveries, urls, round(spent, 4))
