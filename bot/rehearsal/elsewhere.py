"""A fake X in a process of its own, so that a client can be killed and another one started."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

_ROOT: Final = Path(__file__).parents[2]


class Elsewhere:
    """
    A fake X in another process, for a `with` block: it outlives the clients that a test kills.

    It is told things through its door. `folder` gets its state file; `arguments` are those of `python -m bot.rehearsal --help`.
    KEYS and BEARER open it, as any.
    """

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.file = folder / "fake-x.json"
        self._arguments = arguments

    def __enter__(self) -> Elsewhere:
        command = [sys.executable, "-m", "bot.rehearsal", "--until-stdin-closes", "--state", str(self.file), *self._arguments]
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and no shell
            command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = self._process.stdout.readline().strip() if self._process.stdout else ""
        if not self.url:
            raise RuntimeError(f"the fake X did not start; it ended with {self._process.wait()}")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def state(self) -> dict[str, Any]:
        """As GET /_state says it; `json.loads(self.file.read_text())` says the same without asking."""
        found: dict[str, Any] = self._ask("GET", "/_state")
        return found

    def fault(self, call: str, name: str, **more: Any) -> None:
        """Puts a line into the script; `more` is nth, times, seconds. ValueError: the script does not take it."""
        self._ask("POST", "/_faults", {"call": call, "fault": name, **more})

    def clear(self) -> None:
        self._ask("DELETE", "/_faults")

    def advance(self, seconds: float) -> None:
        self._ask("POST", "/_clock", {"advance_s": seconds})

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body)
        with closing(HTTPConnection(self.url.removeprefix("http://"), timeout=10)) as connection:
            connection.request(method, path, data, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            said = json.loads(reply.read())
        if reply.status != HTTPStatus.OK:
            raise ValueError(f"the fake X does not take {method} {path}: {said['detail']}")
        return said
