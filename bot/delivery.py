"""
Walks an edition's deliveries: take, send, record; stops at the first post that is not published.

What is about to be done is committed before it is done, and what came of it after. A post whose fate is unknown is looked for on
the account itself, and sent again only when it is proven not to be there. Nothing is ever a reply to anything but a post of its
edition.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.delivery import Charge, Delivery, Frozen, FrozenPost, Picture, Seen, State, Upload
from bot.domain.thread import Limits
from bot.errors import Later, Rejected, ThreadmillError, Unsure
from bot.ports import Desk, Network

LEASE: Final = dt.timedelta(seconds=180)
"""Longer than any one call may take: when it has run out, nothing of the worker who had it is under way any more."""
_PATIENCE: Final = dt.timedelta(minutes=10)
"""The longest a run waits for the network or for another worker before it says when to come back."""
_VISIBLE: Final = dt.timedelta(seconds=90)
"""How long a post may be missing from its account's timeline and still be there. No network says; seconds, mostly."""
_SKEW: Final = dt.timedelta(minutes=15)
"""How far the network's clock and ours may be apart."""
_LOOKS_S: Final = 15
"""Seconds between two looks at the timeline."""
_MEDIA_KEEP: Final = dt.timedelta(hours=20)
"""X keeps an upload for a day; four hours are left to post in."""
_MOST_ATTEMPTS: Final = 6
"""So often is a post tried that the network puts off for moments, such as a reply to one it does not show yet."""


@dataclass(frozen=True)
class Clock:
    """Time, as arguments."""

    now: Callable[[], dt.datetime]
    sleep: Callable[[float], None]


@dataclass(frozen=True)
class Round:
    """One attempt to bring an edition to its account."""

    edition: int
    frozen: Frozen
    desk: Desk
    network: Network
    limits: Limits
    clock: Clock
    worker: str
    say: Callable[[str], None]


def deliver(this: Round) -> Sequence[Delivery]:
    """
    The deliveries, all of them published.

    Raises:
        Rejected: the network refused a post or a picture; nothing of it is there.
        Later: the network, or another worker, asks to wait longer than a run does.
        Unsure: whether a post is there cannot be found out; a person decides.
        BadStore: what happened cannot be written down; the next run finds out.
    """
    anew = _try_again(this)
    begun = this.clock.now()
    while (at := _first_open(this)) is not None:
        match at.state:
            case State.SENDING:
                _await(this, at.lease_until or this.clock.now(), begun, f"post {at.position} is being sent by {at.worker}")
            case State.UNKNOWN:
                _reconcile(this, at)
            case State.PLANNED if at.not_before is not None and at.not_before > this.clock.now():
                _await(this, at.not_before, begun, f"post {at.position} may not be sent yet: {at.error}")
            case State.PLANNED:
                try:
                    _upload_all(this, anew)
                except Later as error:
                    _await(this, error.until, begun, f"a picture cannot be uploaded yet: {error}")
                    continue
                _send(this, at)
            case _:
                raise Rejected(f"post {at.position} was {at.state}; its thread is not posted on. See threadmill status")
    return this.desk.deliveries(this.edition)


def _try_again(this: Round) -> set[int]:
    """
    A person runs a rejected thread again because something has changed: keys, credits, permissions. Which posts were rejected:
    their pictures may have been why, and are uploaded anew.
    """
    rejected = [at for at in this.desk.deliveries(this.edition) if at.state is State.REJECTED]
    for at in rejected:
        this.desk.settle(at, State.PLANNED, error=at.error)
    return {at.position for at in rejected}


def _first_open(this: Round) -> Delivery | None:
    """The first post that is not published, with leases of the dead run out."""
    this.desk.expire(this.edition, this.clock.now())
    return next((at for at in this.desk.deliveries(this.edition) if at.state is not State.PUBLISHED), None)


def _await(this: Round, until: dt.datetime, begun: dt.datetime, why: str) -> None:
    """Wait, if that is not too long for a run."""
    if until > begun + _PATIENCE:
        raise Later(f"{why}. Nothing was sent; run the same command again at {_minute(until)}", until)
    this.say(f"waiting until {until:%H:%M:%S}: {why}")
    this.clock.sleep(max((until - this.clock.now()).total_seconds(), 0) + 0.1)


def _upload_all(this: Round, anew: set[int]) -> None:
    """Every picture that is still to be shown is on the network, with its alt text: all before the first post; some `anew`."""
    there = {(one.position, one.number): one for one in this.desk.uploads(this.edition)}
    open_posts = {at.position for at in this.desk.deliveries(this.edition) if at.state is not State.PUBLISHED}
    for post in this.frozen.posts:
        for number, picture in enumerate(post.pictures, 1):
            if post.position not in open_posts:
                continue
            try:
                _upload(this, post, number, picture, None if post.position in anew else there.get((post.position, number)))
            except Rejected as error:
                raise Rejected(f"picture {number} of post {post.position} was refused: {error}{_so_far(this)}") from error
    anew.clear()


def _upload(this: Round, post: FrozenPost, number: int, picture: Picture, known: Upload | None) -> None:
    """One picture and its alt text, unless they are there already and fresh."""
    if known is None or this.clock.now() - known.uploaded_at > _MEDIA_KEEP:
        this.say(f"uploading the picture of post {post.position}")
        known = Upload(this.edition, post.position, number, this.network.upload(picture), this.clock.now())
        this.desk.uploaded(known)
    if not known.described:
        this.network.describe(known.media_id, picture.alt_text)
        this.desk.uploaded(replace(known, described=True))
        _charge(this, post.position, "alt text", this.limits.alt_text_usd)


def _send(this: Round, at: Delivery) -> None:
    """Take the post, send it once, write down what came of it."""
    now = this.clock.now()
    if not this.desk.take(this.edition, at.position, this.worker, now, now + LEASE):
        return  # somebody else was quicker
    taken = this.desk.deliveries(this.edition)[at.position - 1]
    post = this.frozen.posts[at.position - 1]
    this.say(f"posting {post.position} of {len(this.frozen.posts)}")
    try:
        remote_id = this.network.create(post.text, _media(this, post), _parent(this, at))
    except Later as error:
        _put_off(this, taken, error)
    except Rejected as error:
        this.desk.settle(taken, State.REJECTED, error=str(error))
        raise Rejected(f"post {post.position} of {len(this.frozen.posts)} was refused: {error}{_so_far(this)}") from error
    except BaseException as error:  # whatever it was, the call may have arrived
        this.desk.settle(taken, State.UNKNOWN, error=str(error) or type(error).__name__)
        if not isinstance(error, Exception):
            raise
    else:
        this.desk.settle(taken, State.PUBLISHED, remote_id=remote_id)
        _charge(this, post.position, "post", _price(this, post))


def _put_off(this: Round, taken: Delivery, error: Later) -> None:
    """Surely not sent. Too often for a moment means that nobody knows what is wrong with the post before it."""
    if taken.attempts >= _MOST_ATTEMPTS:
        this.desk.settle(taken, State.UNKNOWN, error=str(error))
        raise Unsure(
            f"post {taken.position} was put off {taken.attempts} times: {error}. The post before it may be gone from the account"
            f"{_so_far(this)}. Look at the account, then: threadmill resolve"
        ) from error
    this.desk.settle(taken, State.PLANNED, error=str(error), not_before=error.until)


def _reconcile(this: Round, at: Delivery) -> None:
    """Find an unknown post on the account and adopt it, or prove that it is not there."""
    sent_at = at.sent_at or this.clock.now()
    this.say(f"looking for post {at.position} on the account")
    try:
        seen = this.network.recent(sent_at - _SKEW)
    except ThreadmillError as error:
        raise Unsure(
            f"post {at.position} was sent at {_minute(sent_at)}, and whether it is there cannot be read: {error}{_so_far(this)}. "
            f"Nothing was sent again. Run the same command later, or look yourself and tell: threadmill resolve"
        ) from error
    if (found := _found(this, at, seen)) is not None:
        this.desk.settle(at, State.PUBLISHED, remote_id=found.remote_id)
        _charge(this, at.position, "post", _price(this, this.frozen.posts[at.position - 1]))
        return
    if this.clock.now() - sent_at < _VISIBLE or not _up_to_date(this, at, seen):
        if this.clock.now() - sent_at > _VISIBLE + _PATIENCE:
            raise Unsure(
                f"post {at.position} is not on the account's timeline, but neither is the one before it: it is not up to date"
                f"{_so_far(this)}. Nothing was sent again. Run the same command later, or look yourself: threadmill resolve"
            )
        this.clock.sleep(_LOOKS_S)
        return
    this.desk.settle(at, State.PLANNED, error=f"it was not on the account at {_minute(this.clock.now())}; sent again")


def _found(this: Round, at: Delivery, seen: Sequence[Seen]) -> Seen | None:
    """The oldest post of the account with these words, in this place, that is not another post of the edition."""
    known = {one.remote_id for one in this.desk.deliveries(this.edition) if one.remote_id}
    text, parent = this.frozen.posts[at.position - 1].text, _parent(this, at)
    fitting = [one for one in seen if one.reply_to == parent and one.remote_id not in known and this.network.same(text, one)]
    return min(fitting, key=lambda one: one.created_at, default=None)


def _up_to_date(this: Round, at: Delivery, seen: Sequence[Seen]) -> bool:
    """Whether the timeline shows the post before: a read that lacks it proves nothing about the next one."""
    parent = _parent(this, at)
    return not parent or parent in {one.remote_id for one in seen} or _older(this, at)


def _older(this: Round, at: Delivery) -> bool:
    """Whether the post before was sent so long ago that the read does not reach back to it."""
    before = this.desk.deliveries(this.edition)[at.position - 2]
    return before.sent_at is not None and at.sent_at is not None and before.sent_at < at.sent_at - _SKEW


def _parent(this: Round, at: Delivery) -> str:
    """The id of the post before, which this one is a reply to; none for the first."""
    if at.position == 1:
        return ""
    before = this.desk.deliveries(this.edition)[at.position - 2]
    if before.state is not State.PUBLISHED or not before.remote_id:
        raise Unsure(f"post {at.position} has nothing to reply to: post {before.position} is {before.state}")
    return before.remote_id


def _media(this: Round, post: FrozenPost) -> list[str]:
    there = {(one.position, one.number): one.media_id for one in this.desk.uploads(this.edition)}
    return [there[post.position, number] for number, _ in enumerate(post.pictures, 1)]


def _price(this: Round, post: FrozenPost) -> float:
    """What the call that creates the post is billed: the rest of its cost are alt texts."""
    return round(post.cost_usd - this.limits.alt_text_usd * len(post.pictures), 4)


def _so_far(this: Round) -> str:
    """ ". Out are posts 1 to 2 of 5": what a person must know first."""
    out = sum(at.state is State.PUBLISHED for at in this.desk.deliveries(this.edition))
    total = len(this.frozen.posts)
    if not out:
        return f". Nothing of the {total} posts is out"
    return f". Out {'is post 1' if out == 1 else f'are posts 1 to {out}'} of {total}"


def _charge(this: Round, position: int, call: str, usd: float) -> None:
    this.desk.charge(Charge(this.edition, position, call, usd, this.clock.now()))


def _minute(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="minutes")
