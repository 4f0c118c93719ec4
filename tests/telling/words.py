"""The notice that is told in these tests."""

from __future__ import annotations

import datetime as dt

from bot.ports import Notice

NOTICE = Notice(
    event="waiting",
    report="dl-frameworks-monthly",
    network="x",
    period="2026-10",
    text="threadmill: dl-frameworks-monthly 2026-10 waits for approval\n\nIt is “frozen” & <ready>.\n\n    threadmill approve 7\n",
    run="r-17",
    id=3,
    at=dt.datetime(2026, 11, 5, 8, 0, 1, tzinfo=dt.UTC),
)
