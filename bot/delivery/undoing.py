"""Takes a thread down: the last post first, so that what is left stands whole at any moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from bot.delivery.finding import look, reconcile
from bot.delivery.round import LOOKS_S, Round
from bot.domain.delivery import DELETION, Delivery, State
from bot.errors import Later, Rejected, ThreadmillError, Unsure

_MOST_TRIES: Final = 3
"""So often is a deletion tried whose outcome is not known: to delete what is gone does no harm."""


def undo(this: Round) -> Sequence[Delivery]:
    """
    The deliveries, none of them on the account any more. The edition is withdrawn first: no worker takes a post of it after that.

    Raises:
        Rejected: the network refused to delete a post.
        Later: the network, or a worker that is still sending, asks to wait longer than a run does.
        Unsure: whether a post is there, or was deleted, cannot be found out.
        BadStore: what happened cannot be written down; the next run finds out.
    """
    this.desk.withdraw(this.edition, this.clock.now())
    begun, tries = this.clock.now(), 0
    while (at := _next(this)) is not None:
        this.park()
        match at.state:
            case State.SENDING:
                this.watch(at, begun)
            case State.UNKNOWN if _unanchored(this, at):
                this.desk.settle(at, State.PLANNED, error="the post before it is not there, so nothing can reply to it")
            case State.UNKNOWN:
                reconcile(this, at)
            case _:
                try:
                    _remove(this, at, tried=tries > 0)
                    tries = 0
                except Later as error:
                    this.wait(this.until(error), begun, f"post {at.position} cannot be deleted yet: {error}")
                except Unsure as error:
                    tries += 1
                    if tries == _MOST_TRIES:
                        raise Unsure(
                            f"whether post {at.position} was deleted is not known: {error}{this.so_far()}. Run the same command "
                            "again: to delete what is gone does no harm"
                        ) from error
                    this.clock.sleep(LOOKS_S)
    return this.desk.deliveries(this.edition)


def _next(this: Round) -> Delivery | None:
    """The first post of unknown fate, for those after it are replies to it; else the last that is, or may be, on the account."""
    this.desk.expire(this.edition, this.clock.now())
    deliveries = this.desk.deliveries(this.edition)
    unknown = next((at for at in deliveries if at.state is State.UNKNOWN), None)
    return unknown or next((at for at in reversed(deliveries) if at.out), None)


def _unanchored(this: Round, at: Delivery) -> bool:
    """Whether the post that this one would be a reply to is proven not to be there."""
    return at.position > 1 and this.desk.deliveries(this.edition)[at.position - 2].state in (State.PLANNED, State.REJECTED)


def _remove(this: Round, at: Delivery, tried: bool) -> None:
    """What was `tried` before without an answer, and is gone now, was deleted, and billed, then."""
    this.say(f"deleting post {at.position} of {len(this.frozen.posts)}")
    now = this.clock.now()
    try:
        deleted = this.network.remove(at.remote_id)
    except Rejected as error:
        raise Rejected(f"post {at.position} was not deleted: {error}{this.so_far()}") from error
    if not deleted and _shown(this, at, now):
        raise Unsure("the network says that it is not there, and yet the account shows it")
    charge = this.charge(at.position, DELETION, this.limits.remove_usd, now) if deleted or tried else None
    this.desk.settle(at, State.REMOVED, charge=charge)


def _shown(this: Round, at: Delivery, now: dt.datetime) -> bool:
    """Whether the account still shows a post: "not found" has been an incident of the network too."""
    try:
        return at.remote_id in {one.remote_id for one in look(this, at, now)}
    except ThreadmillError as error:
        raise Unsure(f"the network says that it is not there, and the account cannot be read: {error}") from error
