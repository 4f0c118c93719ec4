"""
A server of children: each delivers a thread as a process of its own, and may be killed at a moment that is told in advance.

`python -m tests.crashes.child` has loaded everything, and has one thread and no connection. For each line it reads, a list of jobs as
JSON, it forks a child a job, waits for them, and prints how each one ended. A child opens the store and X itself, so that it shares
nothing with any other.

A moment is a point at which a process can die: before a request is made, when X has accepted it and nobody has heard yet, when its
answer has been read; before a commit, and after it. `die_at` counts them from 1.
"""

from __future__ import annotations

import datetime as dt
import gc
import http.client
import json
import os
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import psycopg
import requests_oauthlib
import sqlalchemy.dialects.postgresql.psycopg
import sqlalchemy.dialects.sqlite.pysqlite
import tweepy
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from bot.config import Secret
from bot.delivery import Clock, Round, deliver, undo
from bot.errors import Later, ThreadmillError
from bot.publishers import x
from bot.publishers._x import media
from bot.publishers._x.session import Patience
from bot.store import open_store
from tests.crashes.thread import ACCOUNT, a_thread

Tasks: TypeAlias = Mapping[str, Callable[[Mapping[str, Any], "Door", "Moments"], None]]

LOADED: Final = (psycopg, requests_oauthlib, sqlite3, sqlalchemy.dialects, tweepy, media, "".encode("utf-16-le"))
"""Once for all children: each would take 40 ms longer than its work."""

_LONGEST_S: Final = 60
"""A child that takes longer hangs; SIGALRM ends it."""
_REQUESTS: Final = ("upload", "describe", "create", "recent", "remove")
_CHANGING: Final = ("INSERT", "UPDATE", "DELETE", "CREATE", "ALTER")


class Door:
    """X's own door, for what no client of it may ask."""

    def __init__(self, url: str) -> None:
        self._place = urlsplit(url).netloc

    def __call__(self, path: str, **body: object) -> None:
        connection = http.client.HTTPConnection(self._place, timeout=_LONGEST_S)
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {answer.read()!r}")
        connection.close()


class Moments:
    """Counts the moments of a child's life, tells them to whoever listens, and ends it at one; at those of a name X is called."""

    def __init__(self, job: Mapping[str, Any], tell: Callable[[str], None], door: Door) -> None:
        self._die_at, self._call_at, self._tell, self._door = job["die_at"], job["call_at"], tell, door
        self._count = 0
        self._changed = False

    def now(self, name: str) -> None:
        """This is a moment."""
        self._next(name)
        if name == self._call_at:
            self._door("/_moment")
        if self._count == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def soon(self, name: str) -> None:
        """In the request that follows there is a moment only X knows: it is told to end this process then."""
        self._next(name)
        if self._count == self._die_at:
            self._door("/_doom", pid=os.getpid())

    def _next(self, name: str) -> None:
        self._count += 1
        self._tell(name)

    def watch_commits(self) -> None:
        """Of transactions that changed something: to die at the end of another is to die before what follows it."""
        really = DefaultDialect.do_commit

        def do_commit(dialect: DefaultDialect, connection: Any) -> None:
            changed, self._changed = self._changed, False
            if changed:
                self.now("before commit")
            really(dialect, connection)
            if changed:
                self.now("after commit")

        def executed(_connection: object, cursor: Any, statement: str, *_: object) -> None:
            words = statement.split(maxsplit=1)
            self._changed |= words[0] in _CHANGING and cursor.rowcount != 0

        def rolled_back(_connection: object) -> None:
            self._changed = False

        DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]
        event.listen(Engine, "after_cursor_execute", executed)
        event.listen(Engine, "rollback", rolled_back)


class Watched:
    """A network whose requests have moments."""

    def __init__(self, real: x.Network, moments: Moments) -> None:
        self._real, self._moments = real, moments

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        if name not in _REQUESTS:
            return real

        def ask(*arguments: Any) -> Any:
            request = f"create {arguments[0][-3]}" if name == "create" else name  # of "3/3" the first sign
            self._moments.now(f"before {request}")
            self._moments.soon(f"accepted {request}")
            try:
                return real(*arguments)
            finally:
                self._moments.now(f"read {request}")

        return ask


class Time:
    """X's: real time and so much more. To sleep is to move it, for X too."""

    def __init__(self, door: Door, moved_s: float) -> None:
        self._door, self._moved_s = door, moved_s

    def now(self) -> dt.datetime:
        return (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=self._moved_s)).replace(microsecond=0)

    def sleep(self, seconds: float) -> None:
        self._door("/_clock", advance_s=seconds)
        self._moved_s += seconds


class Hurried:
    """Real time and sleep, but so many times as quick: for processes that work side by side."""

    def __init__(self, speed: float, began_at: float) -> None:
        self._speed, self._began_at = speed, began_at

    def now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self._began_at + (time.time() - self._began_at) * self._speed, dt.UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self._speed)


def bring(job: Mapping[str, Any], door: Door, moments: Moments) -> None:
    """What the command does once a thread is composed and agreed to: freeze it, and deliver it."""
    with _a_round(job, door, moments) as this:
        deliver(this)


def take_down(job: Mapping[str, Any], door: Door, moments: Moments) -> None:
    """What the command does once it is agreed that a thread goes."""
    with _a_round(job, door, moments) as this:
        undo(this)


@contextmanager
def _a_round(job: Mapping[str, Any], door: Door, moments: Moments) -> Iterator[Round]:
    clock = Hurried(job["speed"], job["began_at"]) if job["speed"] else Time(door, job["moved_s"])
    keys = {name: Secret(value) for name, value in job["keys"].items()}
    with open_store(job["url"], patience_s=job["patience_s"]) as store:
        network = Watched(x.network(keys, job["x"], clock.now, Patience(*job["http_s"])), moments)
        time.sleep(max(job["start_at"] - time.time(), 0))
        # an account of its own in the store: each cell has an X of its own, and two of them may give one id at one instant
        edition = store.desk.freeze(a_thread(job["period"], f"{ACCOUNT} {job['period']}"))
        told = Clock(clock.now, clock.sleep)
        who = f"child/{os.getpid()}"
        yield Round(edition, store.desk.frozen(edition), store.desk, network, x.LIMITS, told, who, lambda _: None)


def _live(job: Mapping[str, Any], pipe: int, tasks: Tasks) -> int:
    """A child's life; its exit code is the command's."""

    def tell(line: str) -> None:
        os.write(pipe, line.encode() + b"\n")

    signal.alarm(_LONGEST_S)
    door = Door(job["x"])
    moments = Moments(job, tell, door)
    moments.watch_commits()
    try:
        tasks[job["task"]](job, door, moments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except ThreadmillError as error:
        until = error.until.isoformat() if isinstance(error, Later) else None
        tell(json.dumps({"said": str(error), "until": until}))
        return error.exit_code
    except BaseException:
        tell(json.dumps({"said": traceback.format_exc(), "until": None}))
        return 1
    return 0


def serve(tasks: Tasks) -> None:
    """Fork a child for each job of each line, until no more lines come."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    gc.collect()
    gc.freeze()
    gc.disable()  # no child lives long enough
    for line in sys.stdin:
        born = [_born(job, nowhere, tasks) for job in json.loads(line)]
        endings = [_ending(pid, pipe) for pid, pipe in born]
        print(json.dumps(endings), flush=True)


def _born(job: Mapping[str, Any], nowhere: int, tasks: Tasks) -> tuple[int, int]:
    reading, writing = os.pipe()
    if pid := os.fork():
        os.close(writing)
        return pid, reading
    code = 1
    try:
        os.close(reading)
        os.dup2(nowhere, 0)
        os.dup2(nowhere, 1)
        code = _live(job, writing, tasks)
    finally:
        os._exit(code)


def _ending(pid: int, pipe: int) -> dict[str, Any]:
    with os.fdopen(pipe) as told:
        lines = told.read().splitlines()
    _, status = os.waitpid(pid, 0)
    last = json.loads(lines.pop()) if lines and lines[-1].startswith("{") else {"said": "", "until": None}
    return {"code": os.waitstatus_to_exitcode(status), "moments": lines, **last}


if __name__ == "__main__":
    serve({"bring": bring, "take down": take_down})
