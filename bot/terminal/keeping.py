"""What is kept, what went, and what a backup says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from bot.domain.keeping import Backup, Pruned, Restored, Share, Why
from bot.domain.numerals import grouped
from bot.terminal.lines import say

_SHOWN: Final = 3
"""Damaged payloads that are named."""


def show_pruned(pruned: Pruned, done: bool) -> None:
    """How many replies and bytes went or would go, by reason."""
    for line in _pruned(pruned):
        say(f"   {line}")
    whole = pruned.whole
    if not whole.reply_count and not whole.payload_count:
        say("nothing is older than it is kept")
    elif not done:
        say(f"together {_amount(whole)} would go; --yes lets them go. No figure and nothing a frozen thread cites is among them")
    else:
        back = f", {_size(pruned.given_back_bytes)} of them given back to the disk" if pruned.given_back_bytes else ""
        say(f"together {_amount(whole)} went{back}; the rest is room that is used again")


def show_backup(backup: Backup) -> None:
    """Where it is, what it is of, and what is in it."""
    say(f"{backup.path}: {_size(backup.size_bytes)}, read again and whole")
    say(
        f"   made     {backup.made_at.isoformat(timespec='seconds')} by Threadmill {backup.version} from a store in {backup.kind}"
    )
    say(f"   holds    {_rows(backup.row_counts)}")
    say("   without  logins and keys: those are files and settings")
    if backup.damaged:
        more = f" and {len(backup.damaged) - _SHOWN} more" if len(backup.damaged) > _SHOWN else ""
        say(
            f"   damaged  {', '.join(backup.damaged[:_SHOWN])}{more}: the bytes of these replies or pictures are damaged in the "
            "store itself, and were copied as they are; an older backup may have them whole"
        )


def show_restored(backup: Backup, restored: Restored) -> None:
    """What came back, and what is not known since the backup was made."""
    say(f"{backup.path}, made {backup.made_at.isoformat(timespec='seconds')} from a store in {backup.kind}, was restored")
    say(f"   holds    {_rows(restored.row_counts)}")
    for edition, count in restored.doubtful.items():
        posts = "1 post" if count == 1 else f"{count} posts"
        say(f"   edition {edition}: {posts} may have gone out since; the next post command looks at the account before it sends")
    if restored.held_turn_count:
        say(f"   {restored.held_turn_count} scheduled turns were not over, and wait for you: threadmill schedule")
    say("what happened after the backup was made is not in it: threads that were begun since then are not known here. Before you")
    say("post, look at the account. Log in again if a login has been renewed since: threadmill login x")


def _pruned(pruned: Pruned) -> Iterator[str]:
    keep = pruned.keep
    reasons = {
        Why.UNREAD: f"no figure was read from them; older than {keep.unread.days} days",
        Why.UNCITED: f"no frozen thread cites them; older than {keep.read.days} days (THREADMILL_KEEP_DAYS)",
        Why.LEFT: f"nothing refers to them; older than {keep.unread.days} days",
    }
    for why, share in pruned.shares.items():
        if share.reply_count or share.payload_count:
            yield f"{_amount(share)}: {reasons[why]}"


def _amount(share: Share) -> str:
    replies = f"{grouped(share.reply_count)} {'reply' if share.reply_count == 1 else 'replies'}"
    return f"{replies} with {_size(share.stored_bytes)}"


def _rows(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{grouped(count)} {name}" for name, count in counts.items() if count) or "nothing"


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f} MB" if size_bytes >= 100_000 else f"{grouped(size_bytes)} bytes"
