"""Words the store's tests are told in."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bot.domain.delivery import Frozen, FrozenPost, Picture
from bot.domain.measure import Observation, Status
from bot.domain.period import Period
from bot.domain.schedule import Window
from bot.domain.turn import Turn
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


PNG = b"\x89PNG\r\n\x1a\n\x00\xff"


def a_thread(words: str = "Keras leads", posts: int = 3, **rest: Any) -> Frozen:
    """Numbered posts, each with a picture of its own and one that all of them share."""
    numbers = range(1, posts + 1)
    shared = Picture(PNG, "Line chart of all frameworks.", 1600, 900)
    told: dict[str, Any] = {
        "report": "dl-frameworks",
        "period": "2020",
        "network": "x",
        "account": "1234567890123456789",
        "composed_at": MORNING,
        "posts": tuple(
            FrozenPost(n, f"{n}/{posts} {words}", (Picture(PNG + b"%d" % n, f"Bar chart {n}.", 1200, 675), shared), 0.015)
            for n in numbers
        ),
        "thread_json": '{"total": 3}',
        "facts_json": "[]",
    }
    return Frozen(**{**told, **rest})


def a_turn(period: str = "2020", **rest: Any) -> Turn:
    """One that nobody has begun: its window opens 4 days after the period's end."""
    when = Period.parse(period)
    window = Window(when, *(later(when.end, days=days, microseconds=7) for days in (4, 6, 5, 21)))
    return Turn(**{"report": "dl-frameworks", "network": "x", "window": window, **rest})
