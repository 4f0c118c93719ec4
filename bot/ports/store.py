"""What is asked of the store: what was collected, and what is known of editions on their way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.domain.delivery import Budget, Charge, Delivery, Frozen, State, Upload
from bot.domain.keeping import Backup, Keep, Pruned, Restored
from bot.domain.measure import Observation
from bot.ports.counts import Counts
from bot.ports.rota import Rota
from bot.ports.sources import Reply


@dataclass(frozen=True)
class Reading:
    """An observation as the store has it: with the name its subject goes by at the source, which reports may call differently."""

    asked: str
    observation: Observation


@dataclass(frozen=True)
class Rest:
    """A service asked to be left alone until an instant."""

    until: dt.datetime
    reason: str


class Store(Protocol):
    """
    What was collected, for good. Each method is one transaction; what it says is done has been committed.

    Readings are append-only: a figure that was restated is a new row. `source` is the name of a room.

    Raises (every method):
        BadStore: the database cannot be reached, read or written.
    """

    def kept(self, source: str, key: str, since: dt.date) -> Reply | None:
        """The newest reply to a question that was kept on this UTC day or later and not refused since."""
        ...

    def keep(self, source: str, key: str, reply: Reply) -> None:
        """Keep a reply, its bytes compressed under their sha256. The same bytes again are kept once."""
        ...

    def refuse(self, source: str, keys: Sequence[str]) -> None:
        """Never answer these questions from replies kept so far: they were unfit. Their bytes stay."""
        ...

    def size(self, sha256: str) -> int | None:
        """How many bytes are kept under this digest, or None."""
        ...

    def payload(self, sha256: str) -> bytes | None:
        """The very bytes of a kept reply, or None if none has this digest."""
        ...

    def pruned(self, sha256: str) -> bool:
        """Whether bytes of this digest were kept, figures were read from them, and they were let go of since."""
        ...

    def prune(self, now: dt.datetime, keep: Keep, dry: bool = False) -> Pruned:
        """
        Let go of replies that are older than they are kept and that no frozen thread cites, in many short transactions; with
        `dry`, only what would go. Other processes may go on meanwhile; what they are just at stays for the next time.
        """
        ...

    def back_up(self, path: Path, version: str) -> Backup:
        """
        Write all that is in the store at one instant to a file of its own, whatever others write meanwhile; `version` is this
        Threadmill's. A backup that is there is replaced, once the new one is whole and on the disk.

        Raises:
            BadOutput: the file cannot be written, or something else is there.
        """
        ...

    def restored(self) -> Restored | None:
        """When this store was last restored, and from how old a backup, if it ever was."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...

    def record(self, source: str, readings: Sequence[Reading]) -> int:
        """Write readings that say something new (first, or another value, status or note than the newest one); how many did."""
        ...

    def readings(self, source: str, asked: Sequence[str]) -> list[Reading]:
        """All readings of some names at a source, in order of retrieval."""
        ...

    def rest(self, source: str) -> Rest | None:
        """Until when a service is to be left alone, if anybody said so."""
        ...

    def leave_alone(self, source: str, rest: Rest) -> None:
        """Remember that a service is to be left alone."""
        ...

    def now(self) -> dt.datetime:
        """
        What time it is by the store, in UTC: a server's own clock, on which all hosts agree; this machine's for a file. Leases
        count by it.
        """
        ...

    def counts(self, since: dt.datetime) -> Counts:
        """How much there is of what, and what was billed from an instant on: for whoever watches."""
        ...

    @property
    def desk(self) -> Desk:
        """What the same database knows of editions on their way."""
        ...

    @property
    def rota(self) -> Rota:
        """What the same database knows of whose turn it is."""
        ...


class Desk(Protocol):
    """
    What the store knows of editions on their way: frozen threads, and what became of each post. Each method is one transaction.

    Raises (every method):
        BadStore: the database cannot be reached, read or written.
    """

    def now(self) -> dt.datetime:
        """What time it is by the store, as `Store.now`: leases count by it."""
        ...

    def freeze(self, frozen: Frozen, budget: Budget | None = None) -> int:
        """
        Keep an edition with a planned delivery for each post, and tell its id. If there is one for its report, period, account
        and correction already, nothing is written, and its id is told: that one is resumed, whatever this one says.

        Raises:
            OverBudget: with what is `committed` by then, a new edition would exceed the budget; nothing is written.
        """
        ...

    def drop(self, edition: int) -> bool:
        """
        Forget an edition of which every post is PLANNED or REJECTED, so that it may be frozen anew. Whether it was so; what was
        billed stays written down, under no edition, for its number may be given again.
        """
        ...

    def committed(self, since: dt.datetime, besides: int | None = None) -> float:
        """
        What was billed from an instant on, and what may still be: for posts that are not out, of editions frozen or gone on with
        since, but for one, and but for alt texts billed already; for taking down what was withdrawn under a budget since.
        """
        ...

    def resume(self, edition: int, budget: Budget) -> None:
        """
        Somebody has agreed to post the rest of an edition now: from then on it is `committed`, whenever it was frozen.

        Raises:
            OverBudget: with what is left of it, the budget would be exceeded; nothing is written.
        """
        ...

    def withdraw(self, edition: int, now: dt.datetime, usd: float = 0.0, budget: Budget | None = None) -> None:
        """
        Nobody takes a post of this edition any more. The first instant stays. Under a budget, what taking it down may be billed
        is `committed` from then on.

        Raises:
            OverBudget: with that, the budget would be exceeded; nothing is written.
        """
        ...

    def withdrawn(self, edition: int) -> dt.datetime | None:
        """When an edition was withdrawn, if it was."""
        ...

    def frozen(self, edition: int) -> Frozen:
        """The edition, byte by byte as it was frozen."""
        ...

    def find(self, report: str, period: str, account: str, correction: str = "") -> int | None:
        """The id of an edition, if there is one: of the thread itself, or of a correction by its key."""
        ...

    def corrections(self, report: str, period: str, account: str) -> Sequence[int]:
        """The ids of all corrections of a thread, in the order they were frozen."""
        ...

    def forerunner(self, report: str, network: str, period: str) -> int | None:
        """The thread that was frozen last of those with a post out, of a report's other periods."""
        ...

    def editions(self) -> Sequence[int]:
        """The ids of all editions, newest first."""
        ...

    def deliveries(self, edition: int) -> Sequence[Delivery]:
        """One per post, by position."""
        ...

    def remote_ids(self, account: str) -> Collection[str]:
        """The ids of every post of every edition on an account, those that were removed too."""
        ...

    def take(self, edition: int, position: int, worker: str, now: dt.datetime, until: dt.datetime) -> bool:
        """
        PLANNED to SENDING, if it is planned, may be sent by now, every post before it is published, and the edition is not
        withdrawn. True for exactly one of those who try at once; counts an attempt, sets lease and sent_at.
        """
        ...

    def settle(
        self,
        before: Delivery,
        state: State,
        remote_id: str = "",
        error: str = "",
        not_before: dt.datetime | None = None,
        charge: Charge | None = None,
    ) -> bool:
        """
        Move a delivery from how it was seen to another state: state, worker and attempts must still be those of `before`. With it
        the call that led there is written down, if it was billed. False, and nothing written, if somebody else has moved it
        meanwhile.

        Raises:
            ValueError: there is no such move (`MOVES`).
        """
        ...

    def expire(self, edition: int, now: dt.datetime) -> int:
        """SENDING whose lease ran out becomes UNKNOWN: whoever had it is dead or cut off. How many."""
        ...

    def uploads(self, edition: int) -> Sequence[Upload]:
        """The newest upload of each picture, by position and number."""
        ...

    def uploaded(self, upload: Upload, charge: Charge | None = None) -> None:
        """Remember an upload, or that its alt text was told, with what that was billed."""
        ...

    def charge(self, charge: Charge) -> None:
        """Write down a billed call that moved no post: looks at the account."""
        ...

    def charges(self, edition: int | None = None, since: dt.datetime | None = None) -> Sequence[Charge]:
        """Billed calls, of one edition or all, from an instant on, in order of time."""
        ...
