"""Words the store's tests are told in."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bot.domain.measure import Observation, Status
from bot.domain.period import Period
from bot.ports import Reading, Reply


def at(text: str) -> dt.datetime:
    """An instant of UTC: "2026-10-05 06:30" or with seconds."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


MORNING = at("2026-10-05 06:30:00.000001")


def a_reply(body: bytes = b"{}", retrieved_at: dt.datetime = MORNING, **rest: Any) -> Reply:
    told = {"url": "https://example.org/downloads/keras", "query": "/downloads/keras?last=month", "status": 200}
    return Reply(body=body, retrieved_at=retrieved_at, **{**told, **rest})


def a_reading(
    value: float = 12, asked: str = "keras", period: str | Period = "2026-09", retrieved_at: dt.datetime = MORNING, **rest: Any
) -> Reading:
    told = {
        "metric": "downloads",
        "subject": "keras",
        "status": Status.MEASURED,
        "origin": "npm",
        "url": "https://example.org/keras",
        "query": "/downloads/keras",
    }
    when = Period.parse(period) if isinstance(period, str) else period
    return Reading(asked, Observation(period=when, value=value, retrieved_at=retrieved_at, **{**told, **rest}))


def later(moment: dt.datetime = MORNING, **by: float) -> dt.datetime:
    return moment + dt.timedelta(**by)
