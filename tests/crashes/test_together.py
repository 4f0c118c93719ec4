"""Processes that post one edition at the same time: one thread, each post sent once."""

from __future__ import annotations

import datetime as dt
import time
from contextlib import ExitStack

from bot.rehearsal import CREATE
from tests.crashes.deadly_x import DeadlyX
from tests.crashes.matrix import LATER, Files, Tables, complaints
from tests.crashes.nursery import Nursery, a_job

SPEED = 60
"""A minute takes a second, for X too: a lease lasts three, and no call may take longer than two."""
HTTP_S = (1, 1, 2)
TOGETHER_S = 0.5
"""Until then all of them have opened the store."""


def test_processes_that_post_one_edition_together_post_it_once(files: Files, tables: Tables) -> None:
    """Two and four processes on each database, all twelve side by side, and then one more that finds nothing to do."""
    began_at = time.time()

    def now() -> dt.datetime:
        return dt.datetime.fromtimestamp(began_at + (time.time() - began_at) * SPEED, dt.UTC)

    with ExitStack() as stack:
        nursery = stack.enter_context(Nursery())
        places = [
            (size, shelf, *shelf.fresh(), stack.enter_context(DeadlyX(clock=now))) for shelf in (files, tables) for size in (2, 4)
        ]
        jobs = {
            there.url: a_job(url, there, period, http_s=HTTP_S, speed=SPEED, began_at=began_at, start_at=began_at + TOGETHER_S)
            for _, _, url, period, there in places
        }
        ended = iter(nursery.raise_all([jobs[there.url] for size, *_, there in places for _ in range(size)]))
        for size, shelf, url, period, there in places:
            codes = [next(ended).code for _ in range(size)]
            assert 0 in codes, (shelf.name, size)
            assert set(codes) <= {0, LATER}, (shelf.name, size)
            calls = len(there.calls)
            assert sum(call.operation == CREATE for call in there.calls) == 3, (shelf.name, size)
            assert nursery.raise_one(jobs[there.url]).code == 0
            assert len(there.calls) == calls, (shelf.name, size)
            assert list(complaints(there, shelf.told(url, period))) == [], (shelf.name, size)
