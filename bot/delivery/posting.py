"""Takes a post, sends it, records what came of it; all pictures before the first post."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.delivery.finding import reconcile
from bot.delivery.round import LEASE, LOOKS_S, MEDIA_KEEP, Round
from bot.domain.delivery import ALT_TEXT, Delivery, FrozenPost, Picture, State, Upload
from bot.errors import BadInput, BadThread, HeldBack, Later, ParentUnseen, Rejected, Unsure
from bot.ports import Desk

_MOST_ATTEMPTS: Final = 6
"""So often does a run try a reply to a post that the network does not show."""
_MOST_AGAIN: Final = 2
"""So often does a run send a post once more that was proven absent: its worker died, say, and then its request got lost."""
_AT_ONCE: Final = dt.timedelta(seconds=5)
"""Between a lease and its call: with the longest call, 170 s on X, it must end before the lease does."""


def deliver(this: Round) -> Sequence[Delivery]:
    """
    The deliveries, all of them published.

    Raises:
        Rejected: the network refused a post or a picture; nothing of it is there.
        Later: the network, or another worker, asks to wait longer than a run does. Parked: somebody asked the process to end.
        Unsure: whether a post is there cannot be found out; a person decides.
        HeldBack: the thread was taken down, before this or meanwhile; or it is too late to begin it.
        BadInput: the settings are wrong; nothing was sent.
        BadStore: what happened cannot be written down; the next run finds out.
    """
    _refuse_unfit(this)
    anew = _try_again(this)
    begun = this.clock.now()
    absent: Counter[int] = Counter()
    unseen: Counter[int] = Counter()
    while (at := _first_open(this)) is not None:
        this.park()
        if at.state is State.PLANNED:
            this.refuse_late(at)
        match at.state:
            case State.SENDING:
                this.watch(at, begun)
            case State.UNKNOWN:
                absent[at.position] += reconcile(this, at, again=absent[at.position] < _MOST_AGAIN)
            case State.PLANNED if at.not_before is not None and at.not_before > this.clock.now():
                this.wait(at.not_before, begun, f"post {at.position} may not be sent yet: {at.error}")
            case State.PLANNED:
                try:
                    this.network.ready()  # before the post is taken: its lease is for sending alone
                    _upload_all(this, anew)
                except Later as error:
                    this.wait(this.until(error), begun, f"nothing can be sent yet: {error}")
                    continue
                _send(this, at, unseen)
            case _:
                raise Rejected(f"post {at.position} was {at.state}; its thread is not posted on. See threadmill status")
    return this.desk.deliveries(this.edition)


def _refuse_unfit(this: Round) -> None:
    """Before anything is uploaded: a thread of which one post cannot go out is not begun."""
    for post in this.frozen.posts:
        if len(post.pictures) > this.limits.images_per_post:
            raise BadThread(
                f"post {post.position} has {len(post.pictures)} pictures, and {this.limits.network} takes "
                f"{this.limits.images_per_post} a post; nothing was sent. Take charts out of the recipe"
            )
        for picture in post.pictures:
            this.network.check(picture)


def refuse_withdrawn(desk: Desk, edition: int) -> None:
    """
    Nothing of what was taken down is posted.

    Raises:
        HeldBack: it was.
    """
    if (withdrawn_at := desk.withdrawn(edition)) is not None:
        raise HeldBack(
            f"edition {edition} was taken down at {withdrawn_at:%Y-%m-%d %H:%M} with threadmill undo, and what was undone is "
            "never posted again. See threadmill status for what became of each post"
        )


def _try_again(this: Round) -> set[tuple[int, int]]:
    """
    A person runs a rejected thread again because something has changed: keys, credits, permissions. Which pictures, by position
    and number, are uploaded anew: those of rejected posts, for they may have been why.
    """
    rejected = [at for at in this.desk.deliveries(this.edition) if at.state is State.REJECTED]
    for at in rejected:
        this.desk.settle(at, State.PLANNED, error=at.error)
    return {(at.position, n) for at in rejected for n, _ in enumerate(this.frozen.posts[at.position - 1].pictures, 1)}


def _first_open(this: Round) -> Delivery | None:
    """The first post that is not published, with leases of the dead run out."""
    refuse_withdrawn(this.desk, this.edition)
    this.desk.expire(this.edition, this.clock.now())
    return next((at for at in this.desk.deliveries(this.edition) if at.state is not State.PUBLISHED), None)


def _upload_all(this: Round, anew: set[tuple[int, int]]) -> None:
    """Every picture that is still to be shown is on the network, with its alt text: all before the first post; some `anew`."""
    there = {(one.position, one.number): one for one in this.desk.uploads(this.edition)}
    open_posts = {at.position for at in this.desk.deliveries(this.edition) if at.state is not State.PUBLISHED}
    now = this.clock.now()
    for post in this.frozen.posts:
        for number, picture in enumerate(post.pictures, 1):
            if post.position not in open_posts:
                continue
            this.park()
            which = post.position, number
            try:
                _upload(this, post, number, picture, None if which in anew else there.get(which), now)
            except Rejected as error:
                raise Rejected(f"picture {number} of post {post.position} was refused: {error}{this.so_far()}") from error
            anew.discard(which)


def _upload(this: Round, post: FrozenPost, number: int, picture: Picture, known: Upload | None, now: dt.datetime) -> None:
    """One picture and its alt text, unless they are there already and fresh."""
    if known is None or now - known.uploaded_at > MEDIA_KEEP:
        this.say(f"uploading the picture of post {post.position}")
        uploaded_at = this.clock.now()
        known = Upload(this.edition, post.position, number, this.network.upload(picture), uploaded_at)
        this.desk.uploaded(known)
    if not known.described:
        told = this.charge(post.position, ALT_TEXT, this.limits.alt_text_usd, this.clock.now())
        this.network.describe(known.media_id, picture.alt_text)
        this.desk.uploaded(replace(known, described=True), told)


def _send(this: Round, at: Delivery, unseen: Counter[int]) -> None:
    """Take the post, send it once, write down what came of it."""
    post = this.frozen.posts[at.position - 1]
    media, parent = _media(this, post), this.parent(at)
    now = this.clock.now()
    if not this.desk.take(this.edition, at.position, this.worker, now, now + LEASE):
        return  # somebody else was quicker
    taken = this.desk.deliveries(this.edition)[at.position - 1]
    if (taken.state, taken.worker) != (State.SENDING, this.worker):
        return  # this machine slept, the lease ran out, and somebody else has it by now
    if (later := this.clock.now()) - now > _AT_ONCE:  # the lease might run out while the post is under way
        this.desk.settle(taken, State.PLANNED, error="it was not sent in time", not_before=later + dt.timedelta(seconds=LOOKS_S))
        return
    this.say(f"posting {post.position} of {len(this.frozen.posts)}")
    try:
        remote_id = this.network.create(post.text, media, parent)
    except BadInput as error:
        this.desk.settle(taken, State.PLANNED, error=str(error))
        raise
    except ParentUnseen as error:
        _put_off(this, taken, error, unseen)
    except Later as error:
        this.desk.settle(taken, State.PLANNED, error=str(error), not_before=this.until(error))
    except Rejected as error:
        this.desk.settle(taken, State.REJECTED, error=str(error))
        raise Rejected(f"post {post.position} of {len(this.frozen.posts)} was refused: {error}{this.so_far()}") from error
    except BaseException as error:  # whatever it was, the call may have arrived
        this.desk.settle(taken, State.UNKNOWN, error=str(error) or type(error).__name__)
        if not isinstance(error, Exception):
            raise
    else:
        _receive(this, taken, remote_id, later)


def _receive(this: Round, taken: Delivery, remote_id: str, sent_at: dt.datetime) -> None:
    """The receipt, also where the lease has run out by now and another worker wonders what became of the post."""
    charge = this.created(taken.position, sent_at)
    if this.desk.settle(taken, State.PUBLISHED, remote_id=remote_id, charge=charge):
        return
    now = this.desk.deliveries(this.edition)[taken.position - 1]
    if now.state is State.UNKNOWN and this.desk.settle(now, State.PUBLISHED, remote_id=remote_id, charge=charge):
        return
    if now.remote_id != remote_id:
        raise Unsure(
            f"post {taken.position} is out under the id {remote_id}, but its lease had run out and another worker went on: in "
            f"the store it is {now.state} {now.remote_id}{this.so_far()}. It may be there twice; look, and delete one by hand"
        )


def _put_off(this: Round, taken: Delivery, error: Later, unseen: Counter[int]) -> None:
    """Surely not sent. Too often for a moment means that nobody knows what is wrong with the post before it."""
    unseen[taken.position] += 1
    if unseen[taken.position] >= _MOST_ATTEMPTS:
        this.desk.settle(taken, State.UNKNOWN, error=str(error))
        raise Unsure(
            f"post {taken.position} was put off {unseen[taken.position]} times: {error}. The post before it may be gone from the "
            f"account{this.so_far()}. Look at the account, then: {this.resolve(taken)}"
        ) from error
    this.desk.settle(taken, State.PLANNED, error=str(error), not_before=this.until(error))


def _media(this: Round, post: FrozenPost) -> list[str]:
    there = {(one.position, one.number): one.media_id for one in this.desk.uploads(this.edition)}
    return [there[post.position, number] for number, _ in enumerate(post.pictures, 1)]
