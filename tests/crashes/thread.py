"""A thread of three posts and two pictures, written by hand: what X escapes, shortens and orders stands in it."""

from __future__ import annotations

import datetime as dt
import struct
import zlib
from typing import Final

from bot.domain.delivery import Frozen, FrozenPost, Picture

REPORT: Final = "infrastructure-tools"
"""A shipped report, so that the command finds the thread under its name and composes nothing."""
ACCOUNT: Final = "1001"

TEXTS: Final = (
    "Ansible & friends, in three posts <counted>\n\n1/3",
    "Ansible 2,955; see https://example.org/tools?a=1&b=2\n\n2/3",
    "Sources: the survey of 2020\n\n3/3",
)
ALT_TEXTS: Final = ((), ("Bars: Ansible leads.", "A line that rises."), ())


def png(grey: int) -> bytes:
    """A picture of 4 × 4 px, the smallest X takes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0)
    rows = (b"\0" + bytes([grey]) * 4) * 4
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PNGS: Final = ((), (png(20), png(30)), ())


def a_thread(period: str, account: str = ACCOUNT) -> Frozen:
    """The thread for some period of its report: each is an edition of its own."""
    posts = tuple(
        FrozenPost(number, text, tuple(Picture(one, words, 4, 4) for one, words in zip(pngs, alts, strict=True)), cost)
        for number, (text, pngs, alts, cost) in enumerate(zip(TEXTS, PNGS, ALT_TEXTS, (0.015, 0.21, 0.015), strict=True), 1)
    )
    return Frozen(REPORT, period, "x", account, dt.datetime(2021, 1, 2, 3, 4, tzinfo=dt.UTC), posts, "{}", "[]")
