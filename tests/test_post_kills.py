"""A post command that is killed anywhere leaves a thread that the same command finishes: once, whole and in order."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot import wiring
from bot.cli import main
from bot.config import VARIABLES
from bot.rehearsal import CREATE, METADATA, UPLOAD, FakeX, named
from bot.verbs import posting
from tests.test_posting import OPENAPI, POST, whole

_ROOT = Path(__file__).parent.parent
POINTS = [
    (call, nth, fault)
    for call, nth in ((UPLOAD, 1), (METADATA, 1), (CREATE, 1), (CREATE, 2))
    for fault in ("hang-before", "hang-after")
]


@pytest.mark.parametrize(("call", "nth", "fault"), POINTS)
def test_a_post_command_killed_at_a_request_is_finished_by_the_next(
    call: str, nth: int, fault: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with FakeX(OPENAPI if OPENAPI.is_file() else None) as fake:
        fake.faults.on(call, named(fault, seconds=4), nth=nth)
        told = fake.keys.environment(fake.url) | {"THREADMILL_HOME": str(tmp_path / "home")}
        clean = {name: value for name, value in os.environ.items() if name not in VARIABLES and not name.startswith("THREADMILL")}
        with subprocess.Popen(
            [sys.executable, "-m", "bot", *POST, "--yes"],
            cwd=_ROOT,
            env=clean | told,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as child:
            until = time.monotonic() + 20
            while sum(one.operation == call for one in fake.calls) < nth:
                assert time.monotonic() < until
                time.sleep(0.01)
            time.sleep(0.1)  # the call is held: before its effect, or after it
            child.kill()
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(wiring, "_now", fake.now)
        monkeypatch.setattr(posting, "sleep", fake.advance)
        fake.faults.clear()
        assert main([*POST, "--yes"]) == 0
        whole(fake)
        assert fake.creates == 2
