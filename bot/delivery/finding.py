"""What became of a post nobody knows the fate of: it is looked for on the account, adopted, or proven absent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from bot.delivery.round import LEASE, LOOKS_S, PATIENCE, Round, minute
from bot.domain.delivery import Delivery, Seen, State
from bot.errors import ThreadmillError, Unsure

_VISIBLE: Final = LEASE + dt.timedelta(seconds=90)
"""How long after a post was taken it may be missing from the account and still come: its call may last as long as its lease, and
what is there may not be shown at once. No network says how long; seconds, mostly."""
_BACK: Final = dt.timedelta(minutes=1)
"""A clock that was set back this far cannot tell how long ago a post was sent."""
_SKEW: Final = dt.timedelta(hours=1)
"""How far the clock may have been off when the post was sent, or its arrival late."""


def reconcile(this: Round, at: Delivery, again: bool = True) -> bool:
    """
    One look for an unknown post: adopt it, prove that it is not there, or wait for the next look.

    Whether it was proven absent. `again` tells that it may then be sent once more: not if that was done in this run, to no end.

    Raises:
        Unsure: the account cannot be read, what it shows is not up to date, or the post vanishes again and again.
    """
    if _before_its_parent(this, at):
        return this.desk.settle(at, State.PLANNED, error="the post it replies to is younger than the restored store")
    now = this.clock.now()  # before the look: what it shows is not newer
    sent_at = _last_sent(at, now)
    this.say(f"looking for post {at.position} on the account")
    try:
        seen = look(this, at, now)
    except ThreadmillError as error:
        raise Unsure(
            f"post {at.position} {_sent(at, sent_at)}, and whether it is there cannot be read: {error}{this.so_far()}. "
            f"Nothing was sent again. Run the same command later, or look yourself and tell: {this.resolve(at)}"
        ) from error
    if (found := _found(this, at, seen)) is not None:
        this.desk.settle(at, State.PUBLISHED, remote_id=found.remote_id, charge=this.created(at.position, now))
        return False
    if now < sent_at - _BACK:
        raise Unsure(
            f"post {at.position} {_sent(at, sent_at)}, which is yet to come by the store's clock{this.so_far()}: the "
            "clock was set back. Nothing was sent again. Set it right and run the same command again, or look yourself: "
            f"{this.resolve(at)}"
        )
    if now - sent_at < _VISIBLE or not _up_to_date(this, at, seen):
        if now - sent_at > _VISIBLE + PATIENCE:
            raise Unsure(
                f"post {at.position} is not on the account's timeline, but neither is the one before it: it is not up to date"
                f"{this.so_far()}. Nothing was sent again. Run the same command later, or look yourself: {this.resolve(at)}"
            )
        this.clock.sleep(LOOKS_S)
        return False
    if not again:
        raise Unsure(
            f"post {at.position} was sent again and again, its fate is unknown again ({at.error}), and it is not on the account"
            f"{this.so_far()}. Sending it on and on would not help; look yourself, then: {this.resolve(at)}"
        )
    return this.desk.settle(at, State.PLANNED, error=f"it was not on the account at {minute(now)}")


def look(this: Round, at: Delivery, now: dt.datetime) -> Sequence[Seen]:
    """What the account shows of the time in which a post was sent; what is shown is billed."""
    ahead = this.clock.ahead()
    seen = this.network.recent(min(at.sent_at or now, now) - ahead - _SKEW, _last_sent(at, now) - ahead + _SKEW)
    if seen:
        this.desk.charge(this.charge(at.position, "posts read", round(this.limits.read_usd * len(seen), 4), now))
    return seen


def _found(this: Round, at: Delivery, seen: Sequence[Seen]) -> Seen | None:
    """The oldest post of the account with these words, in this place, that is known as no other post of ours."""
    known = this.desk.remote_ids(this.frozen.account)
    text, parent = this.frozen.posts[at.position - 1].text, this.parent(at)
    fitting = [one for one in seen if one.reply_to == parent and one.remote_id not in known and this.network.same(text, one)]
    return min(fitting, key=lambda one: one.created_at, default=None)


def _up_to_date(this: Round, at: Delivery, seen: Sequence[Seen]) -> bool:
    """
    Whether the timeline shows the post before: a read that lacks it proves nothing about the next one.

    What a first post corrects is mostly older than the read reaches; like any first post, it is late enough that counts.
    """
    if at.position == 1:
        return True
    return this.parent(at) in {one.remote_id for one in seen} or _older(this, at)


def _older(this: Round, at: Delivery) -> bool:
    """Whether the post before was sent so long ago that the read does not reach back to it."""
    before = this.desk.deliveries(this.edition)[at.position - 2]
    sent_at = before.sent_until or before.sent_at
    return sent_at is not None and at.sent_at is not None and sent_at < at.sent_at - _SKEW


def _before_its_parent(this: Round, at: Delivery) -> bool:
    """
    Whether a post could have been sent before a restore alone, and the one it replies to was sent after it: then it was not.

    A look would not reach as far as the post before, and prove nothing.
    """
    if at.position == 1 or at.sent_until is None:
        return False
    before = this.desk.deliveries(this.edition)[at.position - 2]
    return before.state is State.PUBLISHED and before.sent_at is not None and before.sent_at > at.sent_until


def _last_sent(at: Delivery, now: dt.datetime) -> dt.datetime:
    """The last instant at which a post was, or may have been, sent."""
    return at.sent_until or at.sent_at or now


def _sent(at: Delivery, last: dt.datetime) -> str:
    if at.sent_until is None:
        return f"was sent at {minute(last)}"
    return f"may have been sent before the store was restored at {minute(last)}"
