"""What is asked of a network: an account to post to, and how one logs in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from bot.domain.access import Access
from bot.domain.delivery import Picture, Seen


class Network(Protocol):
    """
    An account on a network that threads are posted to: `bot/publishers/NAME.py`.

    Every method makes at most the calls it names, each once: trying again is the business of whoever knows what was sent.

    Raises (every method that calls):
        Rejected: refused for good; nothing was done.
        Later: surely nothing was done, and the network says when to come back.
        Unsure: the outcome is not known: no answer, one that cannot be read, a server's failure, a refusal as a duplicate. Of
            `create` and `remove` alone: what else there is may be repeated, and raises Later then.
        BadInput: what it would be asked with is wrong; nothing was sent.
    """

    @property
    def account(self) -> str:
        """The id of the account, known without a call."""
        ...

    def ready(self) -> None:
        """Whatever a call needs before it may be made: a login that is about to end is renewed. Nothing, mostly."""
        ...

    def check(self, picture: Picture) -> None:
        """
        Refuse what the network would refuse, before anything is sent.

        Raises:
            BadThread: the picture or its alt text breaks one of the network's limits.
        """
        ...

    def upload(self, picture: Picture) -> str:
        """The id of a picture, from now on the network's for a day. May be repeated freely: nothing shows."""
        ...

    def describe(self, media_id: str, alt_text: str) -> None:
        """Tell the words that stand for a picture."""
        ...

    def create(self, text: str, media_ids: Sequence[str], reply_to: str) -> str:
        """Post, as a reply to an own post unless `reply_to` is empty; its id. The one call that must not be repeated blindly."""
        ...

    def recent(self, since: dt.datetime, until: dt.datetime) -> Sequence[Seen]:
        """
        The account's own posts of a time, newest first, as far as the network shows them by now; all of them, or an error. The
        two instants are of this machine's clock, which may be off: of the network's is what counts.
        """
        ...

    def same(self, text: str, seen: Seen) -> bool:
        """Whether a post that is seen is the one that was sent, whatever the network made of its links and signs."""
        ...

    def remove(self, remote_id: str) -> bool:
        """Delete a post; whether it was there to be deleted. May be repeated: what is gone stays gone."""
        ...


class Asked(Protocol):
    """A login a person was asked for: to be answered in a browser, at `address`."""

    @property
    def address(self) -> str: ...

    def wait(self, seconds: float) -> Access:
        """The login, once the browser brings the answer back. Raises Later if it does not, and as `paste`."""
        ...

    def paste(self, text: str) -> Access:
        """
        The login, by what the person pasted of the answer.

        Raises:
            BadInput: that is no answer, or the login is another account's than the other credentials.
            Rejected, Later: as the network says. Nothing was stored.
        """
        ...


class Door(Protocol):
    """Where logins to a network come in: `bot/publishers/NAME.py` with a function `door`."""

    def ask(self, port: int, listen: bool) -> AbstractContextManager[Asked]:
        """Ask for a login; its answer comes to a port of this machine, where it is listened for unless the person pastes it."""
        ...

    def exchange(self) -> Access:
        """A login made from keys that are there, without a person. Raises as `Asked.paste`."""
        ...

    def forget(self) -> str | None:
        """Remove the stored login; where it was, or None if there was none."""
        ...
