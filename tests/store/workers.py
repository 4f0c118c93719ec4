"""What other processes do to a store while a test looks on."""

from __future__ import annotations

import datetime as dt
import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

import alembic.command  # loaded before the processes part, so that they migrate at the same moment
import psycopg  # noqa: F401
from sqlalchemy.engine.default import DefaultDialect

from bot.domain.delivery import Budget
from bot.domain.turn import Turn, TurnState
from bot.errors import BadStore, OverBudget
from bot.ports import Notice, Reading
from bot.store import backup, backup_file, open_store, portable, restoring
from bot.store.rota import DatabaseRota
from tests.store.words import MORNING, a_reading, a_reply, a_thread, a_turn, later

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


def freeze_the_same(url: str, words: str, rounds: int, start: Barrier, said: SimpleQueue[list[int]]) -> None:
    """Every round an edition with the same key in every process, and with other words in each; their ids."""
    with open_store(url) as store:
        told = []
        for round_ in range(rounds):
            start.wait(20)
            try:
                told.append(store.desk.freeze(a_thread(words, period=str(2000 + round_))))
            except BadStore:  # told as an id that none has: whoever listens must not wait for ever
                told.append(-1)
        said.put(told)


def freeze_within(url: str, usd: float, period: str, rounds: int, start: Barrier, said: SimpleQueue[list[bool]]) -> None:
    """Every round an edition of this period and another report, under a budget; whether it was frozen."""
    with open_store(url) as store:
        told = []
        for round_ in range(rounds):
            start.wait(20)
            try:
                store.desk.freeze(a_thread(report=f"report {round_}", period=period), Budget(usd * (round_ + 1), MORNING))
            except OverBudget:
                told.append(False)
            else:
                told.append(True)
        said.put(told)


def take_the_first(url: str, worker: str, editions: Sequence[int], start: Barrier, said: SimpleQueue[list[bool]]) -> None:
    """The first post of some editions, all processes at once for each of them."""
    with open_store(url) as store:
        told = []
        for edition in editions:
            start.wait(20)
            told.append(store.desk.take(edition, 1, worker, MORNING, later(minutes=3)))
        said.put(told)


def take_and_hang(url: str, edition: int, taken: Event) -> None:
    with open_store(url) as store:
        if store.desk.take(edition, 1, "doomed", MORNING, later(minutes=3)):
            taken.set()
        time.sleep(60)


def try_everything(url: str, worker: str, rounds: int, start: Barrier, said: SimpleQueue[list[list[str]]]) -> None:
    """Every round each move of the rota that one of many may make, all processes at once; which ones this process made."""
    with open_store(url) as store:
        told = []
        for round_ in range(rounds):
            start.wait(60)
            told.append(sorted(_moves(store.rota, round_, worker)))
        said.put(told)


def _moves(rota: DatabaseRota, round_: int, worker: str) -> Iterator[str]:
    period, day = str(2000 + round_), dt.date(2026, 1, 1) + dt.timedelta(days=round_)
    fresh, seen, dead, late = (a_turn(period, report=report) for report in ("fresh", "seen", "dead", "late"))
    if taken := rota.begin(fresh, worker, MORNING, later(minutes=10), worker):
        yield "begin"
        if rota.settle(replace(taken, state=TurnState.SKIPPED, reason=worker), MORNING, _told_by(taken, worker)):
            yield "settle"
    if rota.begin(replace(seen, attempts=1, state=TurnState.HELD), worker, MORNING, later(minutes=10), worker):
        yield "begin again"
    mine = replace(dead, attempts=1, worker="dead", lease_until=MORNING)
    if rota.close(replace(mine, state=TurnState.MISSED, reason=worker), MORNING, _told_by(mine, worker)):
        yield "close"
    if rota.close(replace(late, state=TurnState.SKIPPED, reason=worker), MORNING, _told_by(late, worker)):
        yield "close unbegun"
    if rota.chore("collect", day, worker, MORNING, later(minutes=10)):
        yield "chore"
    yield from (f"tell {notice.report}" for notice in rota.untold(worker, MORNING, later(minutes=10), 1))


def _told_by(turn: Turn, worker: str) -> Notice:
    return Notice("ended", turn.report, turn.network, turn.period.key, worker)


def turn_until_killed(url: str, under_way: Event) -> None:
    with open_store(url) as store:
        for number in range(9_000):
            turn = store.rota.begin(a_turn(f"{1000 + number}"), "doomed", MORNING, later(minutes=10), "run")
            assert turn is not None
            held = replace(turn, state=TurnState.HELD, reason="said")
            assert store.rota.settle(held, MORNING, _told_by(held, "doomed"))
            if number == 3:
                under_way.set()


def die_in_backup(url: str, path: Path, moment: str) -> None:
    """A process that is killed while it backs up: when it reads the store, looks at what it wrote, syncs it, or names it."""
    moments = {
        "copy": (backup, "_copy_table"),
        "seal": (portable, "write"),
        "look": (portable, "examined"),
        "sync": (os, "fsync"),
        "name": (Path, "replace"),
    }
    setattr(*moments[moment], _die)
    with open_store(url) as store:
        store.back_up(path, "0.1.0")


def die_in_restore(url: str, path: Path, moment: str) -> None:
    """A process that is killed while it restores: when it has written some rows, or all, or is about to commit."""
    moments = {
        "rows": (restoring, "_number_on"),
        "doubt": (restoring, "_doubt"),
        "commit": (DefaultDialect, "do_commit"),
    }
    with backup_file(path) as (found, file), open_store(url) as store:
        setattr(*moments[moment], _die)
        store.restore(found, file)


def _die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def write_until_told(url: str, under_way: Event, enough: Event) -> None:
    """Batches of readings, each committed as a whole."""
    with open_store(url) as store:
        for number in range(1_000_000):
            store.record("npm", batch(number))
            if number == 3:
                under_way.set()
            if enough.is_set():
                return
