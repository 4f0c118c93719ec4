"""An edition as it was frozen for one account, and what became of each of its posts there."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bot.domain.thread import Limits


class State(StrEnum):
    """Where a post stands on its way to an account."""

    PLANNED = "planned"
    """Not sent, or proven not to be there."""
    SENDING = "sending"
    """One worker has it, for as long as its lease."""
    PUBLISHED = "published"
    """The network's receipt is stored."""
    REJECTED = "rejected"
    """The network refused it for good; it is not there."""
    UNKNOWN = "unknown"
    """It was sent, and nobody knows whether it is there. It is never sent again before that is known."""
    REMOVED = "removed"
    """It was published and then deleted by us."""


MOVES: Final[Mapping[State, frozenset[State]]] = {
    State.PLANNED: frozenset({State.SENDING}),
    State.SENDING: frozenset({State.PUBLISHED, State.PLANNED, State.REJECTED, State.UNKNOWN}),
    State.UNKNOWN: frozenset({State.PUBLISHED, State.PLANNED}),
    State.REJECTED: frozenset({State.PLANNED}),
    State.PUBLISHED: frozenset({State.REMOVED}),
    State.REMOVED: frozenset(),
}
"""The only ways there are: from SENDING to PLANNED where it was surely not sent, from REJECTED where a person tries again."""


RAN_OUT: Final = (
    "the lease ran out while it was being sent: the process died or was cut off, and whether the post is there is not known; "
    "post the edition again, which looks at the account first"
)
"""What stands at a post whose lease ran out."""


DIGEST: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
"""A sha256 as it stands in a document."""


@dataclass(frozen=True)
class Picture:
    """A chart as it is sent: its bytes, its size, and the words that stand for it."""

    png: bytes = field(repr=False)
    alt_text: str
    width_px: int
    height_px: int

    @property
    def sha256(self) -> str:
        """Digest of the PNG."""
        return hashlib.sha256(self.png).hexdigest()


@dataclass(frozen=True)
class FrozenPost:
    """One post as it is sent, word for word, with what the network bills for it and its alt texts."""

    position: int
    text: str
    pictures: tuple[Picture, ...]
    cost_usd: float

    def create_usd(self, limits: Limits) -> float:
        """What the call that creates it is billed: the rest of its cost are alt texts."""
        return round(self.cost_usd - limits.alt_text_usd * len(self.pictures), 4)


@dataclass(frozen=True)
class Correction:
    """What makes an edition a correction: which post of the thread it corrects, for which time, and the id it is a reply to."""

    position: int
    number: int
    reply_to: str

    def __post_init__(self) -> None:
        if self.position < 1 or self.number < 1 or not self.reply_to:
            raise ValueError(f"correction {self.key} of a post {self.reply_to!r} is none: posts and corrections count from 1")

    @property
    def key(self) -> str:
        """ "3#1": the first correction of the third post."""
        return f"{self.position}#{self.number}"

    @classmethod
    def parse(cls, key: str, reply_to: str) -> Correction | None:
        """
        The correction of a key, none of an empty one.

        Raises:
            ValueError: the key is neither.
        """
        if not key and not reply_to:
            return None
        if not (match := re.fullmatch(r"([1-9]\d{0,8})#([1-9]\d{0,8})", key, re.ASCII)):
            raise ValueError(f'"{key}" names no correction; the first one of post 3 is "3#1"')
        return cls(int(match[1]), int(match[2]), reply_to)


@dataclass(frozen=True)
class Frozen:
    """
    A thread as it will stand on one account, whatever the templates and figures become; or a `correction` of one of its posts.

    (report, period, account, correction) is unique: there is one issue of a report for a period on an account, ever, and one of
    each correction. `thread_json` and `facts_json` are the documents of the same names.
    """

    report: str
    period: str
    network: str
    account: str
    composed_at: dt.datetime
    posts: tuple[FrozenPost, ...]
    thread_json: str = field(repr=False)
    facts_json: str = field(repr=False)
    correction: Correction | None = None

    def __post_init__(self) -> None:
        if [post.position for post in self.posts] != list(range(1, len(self.posts) + 1)) or not self.posts:
            raise ValueError("the posts are not numbered 1 to N")

    @property
    def digest(self) -> str:
        """Of everything that is sent, and of what it is sent as a reply to: what a person approves."""
        parts = [part for post in self.posts for part in (post.text, *(f"{one.sha256}{one.alt_text}" for one in post.pictures))]
        if self.correction is not None:
            parts.append(f"in reply to {self.correction.reply_to}")
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()

    @property
    def folder(self) -> str:
        """What its folder is called on disk: "2020", of a correction "2020-correction-3-1"."""
        return self.period if self.correction is None else f"{self.period}-correction-{self.correction.key.replace('#', '-')}"

    @property
    def correction_key(self) -> str:
        """ "3#1", empty for a thread."""
        return "" if self.correction is None else self.correction.key

    @property
    def cited(self) -> frozenset[str]:
        """The digests of all bytes its facts rest on."""
        return frozenset(DIGEST.findall(self.facts_json))

    @property
    def cost_usd(self) -> float:
        """What publishing all of it is billed, to the tenth of a cent."""
        return round(sum(post.cost_usd for post in self.posts), 4)


OUT: Final = frozenset({State.SENDING, State.PUBLISHED, State.UNKNOWN})
"""Where a post is on the account, or may be."""


@dataclass(frozen=True)
class Delivery:
    """
    One post of an edition on its account.

    `attempts` counts how often it was taken to be sent. `worker` has it until `lease_until` while it is SENDING; `not_before` is
    when the network wants to be asked again. `sent_at` is when it was last taken: what to look for is not older. After a restore
    a process the store does not know of may have sent it: from `sent_at` until `sent_until`.
    """

    edition: int
    position: int
    state: State
    attempts: int = 0
    remote_id: str = ""
    error: str = ""
    worker: str = ""
    lease_until: dt.datetime | None = None
    not_before: dt.datetime | None = None
    sent_at: dt.datetime | None = None
    sent_until: dt.datetime | None = None

    @property
    def out(self) -> bool:
        """Whether it is on the account, or may be."""
        return self.state in OUT


def refuse_impossible(before: Delivery, state: State, remote_id: str) -> None:
    """
    What no desk settles, whoever asks for it.

    Raises:
        ValueError: there is no such move, or the id is missing or belongs to no post that is published.
    """
    what = f"post {before.position} of edition {before.edition}"
    if state not in MOVES[before.state] or state is State.SENDING:
        raise ValueError(f"{what} cannot be settled from {before.state} as {state}: there is no such move")
    if state is State.PUBLISHED and not remote_id:
        raise ValueError(f"{what} cannot be settled as published without an id: nothing could reply to it or remove it")
    if state is not State.PUBLISHED and remote_id not in ("", before.remote_id):
        raise ValueError(f"{what} cannot be settled as {state} with the id {remote_id}: only what is published has one")


@dataclass(frozen=True)
class Upload:
    """A picture the network has: under which id, since when, and whether its alt text was told."""

    edition: int
    position: int
    number: int
    media_id: str
    uploaded_at: dt.datetime
    described: bool = False


ALT_TEXT: Final = "alt text"
"""The call of a charge for telling one."""
DELETION: Final = "deletion"
"""The call of a charge for taking a post down."""


@dataclass(frozen=True)
class Charge:
    """A call the network bills, as it was made."""

    edition: int
    position: int
    call: str
    usd: float
    at: dt.datetime


@dataclass(frozen=True)
class Budget:
    """What may be billed at the most from an instant on, over all accounts of a store."""

    usd: float
    since: dt.datetime


@dataclass(frozen=True)
class Seen:
    """A post of the account as the network shows it."""

    remote_id: str
    text: str
    reply_to: str
    created_at: dt.datetime
