"""
A server of hosts: each is a process that looks, performs what is due, and looks again, until it is killed.

`python -m tests.hosts.child` has loaded everything and has one thread and no connection. For each line it reads, a job as JSON, it
forks a host and prints its process id; the recipes of a folder are read once, before its first host is born.
"""

from __future__ import annotations

import datetime as dt
import functools
import gc
import json
import os
import random
import secrets
import signal
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import bot.sources.csv
import bot.store
import bot.verbs.threads
from bot import wiring
from bot.config import settings
from bot.errors import BadStore
from bot.publishers._x import session
from bot.stopping import Stop
from bot.verbs import turns
from bot.verbs.looking import look
from tests.crashes.child import LOADED
from tests.hosts.clock import Quick

_LOADED: Final = (LOADED, bot.sources.csv, bot.verbs.threads)
_LONGEST_S: Final = 900
"""A host that nobody kills has been forgotten; SIGALRM ends it."""
_AT_A_TIME: Final = 4
"""So many turns does a host perform before it looks again; the service starts two."""


class _Quickly(Stop):
    """Nobody asks it to end; it sleeps by the quick clock."""

    def __init__(self, clock: Quick) -> None:
        super().__init__()
        self._clock = clock

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)


def live(job: Mapping[str, Any]) -> None:
    """A host's life. Its own clock is wrong by `skew_s`."""
    signal.alarm(_LONGEST_S)
    clock, skew = Quick(Path(job["clock"])), dt.timedelta(seconds=job["skew_s"])
    _hurry(clock, skew)
    house = wiring.House(Path(job["folder"]), settings(job["environment"]), wiring._now())
    reports, problems = wiring.scheduled(house)
    assert problems == {}
    chance = random.Random(job["seed"])
    while True:
        try:
            with wiring.store(house) as store:
                while True:
                    tasks = list(look(reports, store, store.now()).tasks)
                    if chance.random() < 0.5:
                        chance.shuffle(tasks)  # the others look at the same moment
                    for task in tasks[:_AT_A_TIME]:
                        turns.perform(
                            house, task.report, task.period, secrets.token_hex(6), "scheduled", _Quickly(clock), _silently
                        )
                    if not tasks:
                        clock.sleep(job["bell_s"])
        except BadStore:
            clock.sleep(job["bell_s"])


def _hurry(clock: Quick, skew: dt.timedelta) -> None:
    """What counts by this machine's clock and by real seconds goes as quickly as the rest."""
    speed = clock.speed
    wiring._now = lambda: (clock.now() + skew).replace(microsecond=0)
    turns._RENEWAL_S = turns._RENEWAL_S / speed  # type: ignore[misc]
    patience = session.Patience()
    session.Patience = functools.partial(  # type: ignore[assignment,misc]
        session.Patience, connect_s=patience.connect_s, read_s=patience.read_s / speed, whole_s=patience.whole_s / speed
    )


def _silently(*_: object) -> None:
    pass


def serve() -> None:
    """Fork a host for each line, until no more lines come; then all of them end."""
    _remember_recipes()
    gc.collect()
    gc.freeze()
    alive: set[int] = set()
    for line in sys.stdin:
        job = json.loads(line)
        wiring.scheduled(wiring.House(Path(job["folder"]), settings(job["environment"]), dt.datetime.now(dt.UTC)))
        if (pid := os.fork()) == 0:
            _be_born(job)
        alive.add(pid)
        print(pid, flush=True)
        alive -= {one for one in alive if os.waitpid(one, os.WNOHANG)[0]}
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _remember_recipes() -> None:
    """To read one takes longer than to perform its turn."""
    read, kinds = wiring.read_report, wiring.kinds()
    wiring.read_report = functools.cache(lambda place, _: read(place, kinds))
    wiring.kinds = lambda: ()  # type: ignore[assignment,return-value]


def _be_born(job: Mapping[str, Any]) -> None:
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(os.open(job["says"], os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)
        os.dup2(1, 2)
        live(job)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
