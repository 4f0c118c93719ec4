"""`python -m bot.rehearsal`: a fake X that runs until it is told to stop."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from types import FrameType

from bot.rehearsal.fake import FakeX


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the address and serves until it is told to stop (SIGTERM, SIGINT)."""
    given = _parser().parse_args(arguments)
    stop = threading.Event()

    def told(_: int, __: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)
    fake = FakeX(
        given.openapi,
        username=given.username,
        visibility_lag_s=given.visibility_lag,
        parent_lag_s=given.parent_lag,
        clock_skew_s=given.clock_skew,
        credits=given.credits,
        state=given.state,
        port=given.port,
    )
    fake.faults.script(given.faults)
    with fake:
        print(fake.url, flush=True)
        if not given.until_stdin_closes:  # a person started it
            print("\n".join(f"{name}={value}" for name, value in fake.keys.environment(fake.url).items()), file=sys.stderr)
        if given.until_stdin_closes:
            threading.Thread(target=_wait_for_the_end, args=(sys.stdin.fileno(), stop), daemon=True).start()
        while not stop.wait(0.2):
            pass
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot.rehearsal", description="A fake X on loopback.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, help="this file holds the state as JSON, replaced after each change")
    parser.add_argument("--openapi", type=Path, help="be strict against this OpenAPI file")
    parser.add_argument(
        "--faults", type=json.loads, default=[], help='[{"call": "POST /2/tweets", "nth": 2, "fault": "drop-after"}]'
    )
    parser.add_argument("--username", default="threadmill_bot")
    parser.add_argument("--visibility-lag", type=float, default=0, metavar="S")
    parser.add_argument("--parent-lag", type=float, metavar="S")
    parser.add_argument("--clock-skew", type=float, default=0, metavar="S")
    parser.add_argument("--credits", type=Decimal, metavar="USD")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end with whoever holds the other end, even if killed")
    return parser


def _wait_for_the_end(of: int, stop: threading.Event) -> None:
    while os.read(of, 1024):  # not sys.stdin.read(): its lock, held by a daemon thread, would abort the interpreter's end
        pass
    stop.set()


if __name__ == "__main__":
    raise SystemExit(main())
