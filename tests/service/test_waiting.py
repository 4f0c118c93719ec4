"""A service that comes up before its database does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.config import VARIABLES
from tests.store.databases import Server, a_server


@pytest.fixture
def server() -> Iterator[Server]:
    with a_server() as server:
        yield server


def started(folder: Path, database_url: str, report: str = "dl-frameworks") -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    told = {
        "THREADMILL_HOME": str(folder / "home"),
        "DATABASE_URL": database_url,
        "THREADMILL_REPORTS": report,
        "THREADMILL_LOG": "json",
        "THREADMILL_LISTEN": "off",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    command = [sys.executable, "-m", "bot", "run"]
    return subprocess.Popen(command, cwd=folder, env={**environment, **told}, stderr=subprocess.PIPE, text=True)


def heard(process: subprocess.Popen[str], event: str) -> dict[str, object]:
    """The next line of the log that tells of an event."""
    assert process.stderr is not None
    for line in process.stderr:
        said: dict[str, object] = json.loads(line)
        if said["event"] == event:
            return said
    raise AssertionError(f"it ended with {process.wait()} and never said {event}")


def test_it_waits_for_a_server_that_is_not_up_yet(server: Server, tmp_path: Path) -> None:
    url = server.empty_database().url
    server.stop()
    process = started(tmp_path, url)
    try:
        assert "start it, or mend DATABASE_URL" in str(heard(process, "waiting for the store")["reason"])
        server.start()
        heard(process, "ready")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.communicate()


def test_told_to_end_it_waits_no_longer(server: Server, tmp_path: Path) -> None:
    url = server.empty_database().url
    server.stop()
    process = started(tmp_path, url)
    try:
        heard(process, "waiting for the store")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_store_that_cannot_be_ours_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "other.db").write_bytes(b"not a database, but long enough to look like something else " * 20)
    process = started(tmp_path, f"sqlite:///{tmp_path / 'other.db'}")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "restore a backup, move it away to begin anew" in said
