"""How long what was collected is kept, what a pruning comes to, and what a backup says of itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

UNREAD: Final = dt.timedelta(days=35)
"""Longer than any question is answered from a kept reply, which is 30 days (`Question.keep_days`)."""


@dataclass(frozen=True)
class Keep:
    """
    How long the bytes of replies are kept: those that figures were `read` from, and those nothing rests on (`unread`).

    What a frozen thread cites, and its pictures, are kept for good; so are all readings.
    """

    read: dt.timedelta
    unread: dt.timedelta = UNREAD


class Why(StrEnum):
    """Why bytes are not kept any more."""

    UNREAD = "unread"
    """No figure was read from them."""
    UNCITED = "uncited"
    """Figures were read from them, and no thread cites them."""
    LEFT = "left"
    """Nothing refers to them: pictures of threads that were forgotten, what a killed process left."""


@dataclass(frozen=True)
class Share:
    """So many replies go, and with them so many payloads, which take so many bytes in the store."""

    reply_count: int = 0
    payload_count: int = 0
    stored_bytes: int = 0

    def __add__(self, other: Share) -> Share:
        return Share(
            self.reply_count + other.reply_count,
            self.payload_count + other.payload_count,
            self.stored_bytes + other.stored_bytes,
        )


@dataclass(frozen=True)
class Pruned:
    """
    What went, or what would go, by reason, and how long what stays is kept.

    `given_back_bytes` is by how much a file became smaller; the rest of what went is room that is used again.
    """

    shares: Mapping[Why, Share]
    keep: Keep
    given_back_bytes: int = 0

    def __str__(self) -> str:
        whole = self.whole
        return f"{whole.reply_count} replies and {whole.payload_count} payloads of {whole.stored_bytes} bytes were let go of"

    @property
    def whole(self) -> Share:
        """All of it."""
        return sum(self.shares.values(), Share())


@dataclass(frozen=True)
class Backup:
    """
    A backup as it says itself: when it was made, by which Threadmill, of what kind of store and which version of its tables.

    `made_at` is the instant before its snapshot: what is not in it happened later. `damaged` are payloads whose bytes do not have
    their digest: they were so in the store.
    """

    path: Path
    made_at: dt.datetime
    version: str
    kind: str
    tables_version: str
    row_counts: Mapping[str, int]
    size_bytes: int
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True)
class Restored:
    """
    A store was restored: from a backup made at `made_at`, at `restored_at`. What happened in between it does not know.

    `doubtful` counts, by edition, the posts that may have gone out in between; so many turns wait for a person since.
    """

    made_at: dt.datetime
    restored_at: dt.datetime
    row_counts: Mapping[str, int] = field(default_factory=dict)
    doubtful: Mapping[int, int] = field(default_factory=dict)
    held_turn_count: int = 0

    @property
    def words(self) -> str:
        """What happened, as a person reads it."""
        return f"the store was restored at {_minute(self.restored_at)} from a backup made at {_minute(self.made_at)}"

    @property
    def advice(self) -> str:
        """What a person does about a thread that may have gone out in between."""
        return (
            "whether the thread went out in between is not known: look at the account; if it is there, say so with threadmill "
            "skip REPORT PERIOD, and if it is not, threadmill post REPORT --period PERIOD --yes --absent posts it"
        )

    def doubts(self, moment: dt.datetime) -> bool:
        """Whether something that could be begun from this instant on may have been begun in between."""
        return moment <= self.restored_at


def _minute(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
