"""
A server of commands: each is `python -m bot ...` in a process of its own, with X's time for the clock.

It has loaded what the verbs need, so that a command takes no longer than its work. See `tests.crashes.child`.
"""

from __future__ import annotations

import functools
import http.client
import logging
import os
import runpy
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import bot.cli.accounts
import bot.cli.checking
import bot.store
import bot.terminal.posting
import bot.verbs.checking
import bot.verbs.posting
from bot import wiring
from bot.publishers._x import session
from tests.crashes.child import Door, Moments, Time, serve
from tests.crashes.thread import REPORT

_LOADED: Final = (bot.cli.accounts, bot.cli.checking, bot.terminal.posting, bot.verbs.checking, bot.verbs.posting)


def command(job: Mapping[str, Any], door: Door, _: Moments) -> None:
    """Run it as whoever is to, with words and logs in its folder."""
    _keep_time(Time(door, job["moved_s"]))
    bot.store.open_store = functools.partial(bot.store.open_store, patience_s=job["patience_s"])
    haste = dict(zip(("connect_s", "read_s", "whole_s"), job["http_s"], strict=True))
    session.Patience = functools.partial(session.Patience, **haste)  # type: ignore[assignment,misc]
    folder = Path(job["folder"])
    os.environ.clear()
    os.environ.update(job["environment"])
    os.chdir(folder)
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    if job["debug"]:
        log_everything(folder)
    if job["uid"] is not None:
        os.setgroups([])
        os.setgid(job["uid"])
        os.setuid(job["uid"])
    door("/_here", pid=os.getpid())
    sys.argv = ["threadmill", *job["arguments"]]
    try:
        runpy.run_module("bot", run_name="__main__", alter_sys=True)
    except SystemExit:
        raise
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def log_everything(folder: Path) -> None:
    """As somebody does who looks for a fault: the root's level, that of libraries which have their own, and what http.client prints."""
    logging.basicConfig(level=logging.DEBUG, filename=folder / "debug.log")
    for name in ("alembic", "oauthlib", "psycopg", "requests", "requests_oauthlib", "sqlalchemy", "tweepy", "urllib3"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    http.client.HTTPConnection.debuglevel = 1


def _keep_time(clock: Time) -> None:
    """Whoever took `sleep` by its name sleeps by this clock, and a server's own is not asked."""
    wiring._now = clock.now
    house = wiring.house
    wiring.house = lambda *arguments: replace(house(*arguments), time=clock.now)
    sleepers = [one for name, one in sys.modules.items() if name.startswith("bot.") and vars(one).get("sleep") is time.sleep]
    for one in sleepers:
        vars(one)["sleep"] = clock.sleep
    assert sleepers


if __name__ == "__main__":
    wiring.report(wiring.house(), REPORT)  # loads the rooms a recipe may name
    serve({"command": command})
