"""Children on request: real processes that are there within milliseconds."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.crashes.deadly_x import DeadlyX

_ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ending:
    """How a child ended: exit code, or minus the signal; the moments it lived through; its last words; when it wants to come back."""

    code: int
    moments: tuple[str, ...]
    said: str
    until: dt.datetime | None


class Nursery:
    """A server of children, for a `with` block. It works for one thread at a time."""

    def __init__(self, module: str = "tests.crashes.child") -> None:
        self._module = module

    def __enter__(self) -> Nursery:
        self._server = subprocess.Popen(
            [sys.executable, "-m", self._module], cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._server.communicate()

    def raise_all(self, jobs: Sequence[Mapping[str, Any]]) -> list[Ending]:
        """Children side by side, all started before any is waited for."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(jobs) + "\n")
        self._server.stdin.flush()
        endings = json.loads(self._server.stdout.readline())
        return [
            Ending(one["code"], tuple(one["moments"]), one["said"], one["until"] and dt.datetime.fromisoformat(one["until"]))
            for one in endings
        ]

    def raise_one(self, job: Mapping[str, Any]) -> Ending:
        (ending,) = self.raise_all([job])
        return ending


def a_job(url: str, there: DeadlyX, period: str, **more: Any) -> dict[str, Any]:
    """
    To bring the thread of a period to an account. `more`: `task`, to "take down" instead; `die_at`, the number of a moment; `http_s`, the patience with X (to connect,
    between two bytes, in all); `patience_s`, with the database; `speed`, `began_at` and `start_at` for processes side by side.
    """
    keys = {name: value for name, value in there.keys.environment(there.url).items() if name != "X_API_BASE_URL"}
    return {
        "task": "bring",
        "url": url,
        "x": there.url,
        "keys": keys,
        "period": period,
        "moved_s": there.moved_s,
        "die_at": None,
        "call_at": None,
        "patience_s": 10,
        "http_s": [5, 5, 15],
        "speed": 0,
        "began_at": 0,
        "start_at": 0,
    } | more


COMMANDS: Final = "tests.crashes.commands"
"""The module of a nursery whose children run the command itself."""


def a_command(url: str, there: DeadlyX, folder: Path, *arguments: str, **more: Any) -> dict[str, Any]:
    """
    `threadmill ...` in a folder, which its words go to. `more`: as for a job; `call_at`, the name of moments X is told; `uid`, who
    runs it; `environment`, which is added; `debug`, whether everything is logged.
    """
    environment = there.keys.environment(there.url) | {"DATABASE_URL": url, "THREADMILL_HOME": str(folder / "home")}
    return (
        a_job(url, there, "")
        | {
            "task": "command",
            "arguments": arguments,
            "folder": str(folder),
            "uid": None,
            "debug": False,
        }
        | more
        | {"environment": environment | more.get("environment", {})}
    )


def words(folder: Path) -> tuple[str, str]:
    """What the last command in a folder wrote to standard output and to standard error."""
    return (folder / "stdout").read_text(), (folder / "stderr").read_text()
