"""What other processes do to a store while a test looks on."""

from __future__ import annotations

import datetime as dt
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier, Event

import alembic.command  # loaded before the processes part, so that they migrate at the same moment
import psycopg  # noqa: F401

from bot.ports import Reading
from bot.store import open_store
from tests.store.words import MORNING, a_reading, a_reply

assert alembic.command

BATCH = 200
"""Readings written in one transaction."""


def open_it(url: str, start: Barrier, said: SimpleQueue[str]) -> None:
    start.wait(20)
    try:
        with open_store(url) as store:
            store.keep("npm", "keras", a_reply())
    except Exception as error:
        said.put(f"{type(error).__name__}: {error}")
    else:
        said.put("opened")


def record_the_same(url: str, rounds: int, start: Barrier, said: SimpleQueue[int]) -> None:
    """Every round a restated batch, the same in every process; how many readings this process wrote."""
    with open_store(url) as store:
        written = 0
        for round_ in range(rounds):
            start.wait(20)
            written += store.record("npm", batch(round_))
        said.put(written)


def write_until_killed(url: str, under_way: Event) -> None:
    with open_store(url) as store:
        for number in range(1_000_000):
            store.keep("npm", f"question {number}", a_reply(b"%d " % number * 20_000))
            store.record("npm", batch(number))
            if number == 3:
                under_way.set()


def batch(number: int) -> list[Reading]:
    moment = MORNING + dt.timedelta(hours=number)
    return [a_reading(value=number, asked=f"package {name}", retrieved_at=moment) for name in range(BATCH)]
