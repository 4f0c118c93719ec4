"""One attempt to bring an edition to its account or to take it down, and what every step of it needs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.domain.delivery import Charge, Delivery, Frozen, State
from bot.domain.thread import Limits
from bot.errors import HeldBack, Later, Parked, Unsure
from bot.ports import Desk, Network

LEASE: Final = dt.timedelta(seconds=180)
"""Longer than any one call may take: when it has run out, nothing of the worker who had it is under way any more."""
PATIENCE: Final = dt.timedelta(minutes=10)
"""The longest a run waits for the network or for another worker before it says when to come back."""
MEDIA_KEEP: Final = dt.timedelta(hours=20)
"""X keeps an upload for a day; four hours are left to post in."""
LOOKS_S: Final = 15
"""Seconds between two looks at the account, or two tries of what may be tried again."""


@dataclass(frozen=True)
class Clock:
    """
    Time, as arguments: `now` is the store's, on which all hosts agree, and by which leases count. A network speaks by the clock
    of this machine, `here`; without one that is the same.
    """

    now: Callable[[], dt.datetime]
    sleep: Callable[[float], None]
    here: Callable[[], dt.datetime] | None = None

    def ahead(self) -> dt.timedelta:
        """How far the store's clock is ahead of this machine's, or a moment more."""
        if self.here is None:
            return dt.timedelta(0)
        here = self.here()
        return self.now() - here


@dataclass(frozen=True)
class Round:
    """
    One attempt of one worker at one edition. Before each step it asks whether it is `stopping`; sleeps must end early then.

    From `begin_by` on no first post is sent; what is out by then is brought to its end.
    """

    edition: int
    frozen: Frozen
    desk: Desk
    network: Network
    limits: Limits
    clock: Clock
    worker: str
    say: Callable[[str], None]
    stopping: Callable[[], bool] = lambda: False
    begin_by: dt.datetime | None = None

    def charge(self, position: int, call: str, usd: float, at: dt.datetime) -> Charge:
        """A call the network bills. When it was made is read before it is: a clock that fails afterwards loses no receipt."""
        return Charge(self.edition, position, call, usd, at)

    def created(self, position: int, at: dt.datetime) -> Charge:
        """The call that created a post."""
        return self.charge(position, "post", self.frozen.posts[position - 1].create_usd(self.limits), at)

    def until(self, error: Later) -> dt.datetime:
        """When the network wants to be asked again, by the store's clock."""
        return error.until + self.clock.ahead()

    def parent(self, at: Delivery) -> str:
        """The id of the post before, which this one is a reply to; for the first the one it corrects, or none."""
        if at.position == 1:
            return "" if self.frozen.correction is None else self.frozen.correction.reply_to
        before = self.desk.deliveries(self.edition)[at.position - 2]
        if before.state is not State.PUBLISHED or not before.remote_id:
            raise Unsure(f"post {at.position} has nothing to reply to: post {before.position} is {before.state}")
        return before.remote_id

    def resolve(self, at: Delivery) -> str:
        """How a person tells what became of a post."""
        return f"threadmill resolve {self.edition} {at.position} --there ID, or --absent"

    def wait(self, until: dt.datetime, begun: dt.datetime, why: str) -> None:
        """Wait, if that is not too long for a run."""
        if until > begun + PATIENCE:
            raise Later(f"{why}{self.so_far()}; run the same command again at {minute(until)}", until)
        self.say(f"waiting until {until:%H:%M:%S} UTC: {why.partition(';')[0]}")
        self.clock.sleep(max((until - self.clock.now()).total_seconds(), 0) + 0.1)

    def watch(self, at: Delivery, begun: dt.datetime) -> None:
        """Wait a moment for another worker, whose post it is until the lease runs out."""
        now = self.clock.now()
        if now > begun + PATIENCE:
            until = at.lease_until or now
            raise Later(
                f"post {at.position} is being sent by {at.worker}{self.so_far()}; run the same command again at {minute(until)}",
                until,
            )
        self.say(f"waiting for {at.worker}, which is sending post {at.position}")
        left = ((at.lease_until or now) - now).total_seconds()
        self.clock.sleep(min(max(left, 0) + 0.1, LOOKS_S))

    def park(self) -> None:
        """
        Go no further if somebody wants the process to end.

        Raises:
            Parked: somebody does; nothing is under way.
        """
        if self.stopping():
            raise Parked(f"stopped as asked{self.so_far()}; run the same command again, which goes on from there")

    def refuse_late(self, at: Delivery) -> None:
        """
        A thread that nobody wants any more is not begun, however it came to wait: the next one may be out already.

        Raises:
            HeldBack: it is too late for the first post.
        """
        if at.position == 1 and self.begin_by is not None and self.clock.now() >= self.begin_by:
            raise HeldBack(f"nothing of it was out when its time was over at {minute(self.begin_by)}")

    def so_far(self) -> str:
        """ ". Out are posts 1 to 2 of 5": what a person must know first."""
        out = [at.position for at in self.desk.deliveries(self.edition) if at.state is State.PUBLISHED]
        total = len(self.frozen.posts)
        if not out:
            return f". Nothing of the {total} posts is out"
        return f". Out {'is post 1' if len(out) == 1 else f'are posts 1 to {out[-1]}'} of {total}"


def minute(moment: dt.datetime) -> str:
    """An instant as a person reads it."""
    return moment.isoformat(timespec="minutes")
