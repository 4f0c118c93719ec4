"""X, where things happen in the moment between what it does and what its client hears of it."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.rehearsal import CREATE, Answer, Call, FakeX, Fault, Faults, wire
from bot.rehearsal.asked import Asked

_LONGEST_HELD_S: Final = 5


class DeadlyX(FakeX):
    """
    A fake X with more behind its door.

    POST /_doom {"pid": ...}: the process is killed when its next request is decided, or is held back before that: it learns nothing.
    POST /_here {"pid": ...}: the process says who it is, to whoever wants to do something to it: `client_pid`.
    POST /_moment: a moment has come that the process was told to tell; `at_moment` happens.
    POST /_clock waits for what is held: what X accepts late it accepts a moment later, not when hours have passed in a second.

    `after_create` happens when X has accepted so many posts and nobody has heard of the last one yet. Texts are never refused as
    duplicates: X does not say how long it remembers them, so nobody may count on it.
    """

    def __init__(self, **circumstances: Any) -> None:
        super().__init__(duplicate_window_s=0, **circumstances)
        self.moved_s = 0.0
        self.client_pid = 0
        self.at_moment: Callable[[], object] = lambda: None
        self.after_create: dict[int, Callable[[], object]] = {}
        self.faults = _Telling(self)
        self._server.RequestHandlerClass = _Handler
        self._doomed = 0
        self._held = 0
        self._counting = threading.Lock()

    def advance(self, seconds: float) -> None:
        until = time.monotonic() + _LONGEST_HELD_S
        while self._held and time.monotonic() < until:
            time.sleep(0.002)
        self.moved_s += seconds
        super().advance(seconds)

    def meet(self, asked: Asked) -> tuple[Call, Answer | None, Fault | None]:
        with self._counting:
            self._held += 1
        try:
            return super().meet(asked)
        finally:
            with self._counting:
                self._held -= 1

    def told(self, path: str, said: Mapping[str, Any]) -> None:
        """Something was pushed through its door."""
        match path:
            case "/_doom":
                self._doomed = said["pid"]
            case "/_here":
                self.client_pid = said["pid"]
            case "/_moment":
                self.at_moment()

    def fulfil(self) -> None:
        """End the client that is to end."""
        doomed, self._doomed = self._doomed, 0
        if doomed:
            os.kill(doomed, signal.SIGKILL)

    def _decided(self, asked: Asked, call: Call, *more: Any) -> Answer | None:
        answer = super()._decided(asked, call, *more)
        self.fulfil()
        if call.operation == CREATE and call.accepted:
            self.after_create.get(self.creates, lambda: None)()
        return answer


class _Telling(Faults):
    """Says when a request is about to be held: its client would give up before X decides."""

    def __init__(self, x: DeadlyX) -> None:
        super().__init__()
        self._x = x

    def take(self, call: str) -> Fault | None:
        fault = super().take(call)
        if fault is not None and fault.waits == "before":
            self._x.fulfil()
        return fault


class _Handler(wire._Handler):
    server: Any

    def do_POST(self) -> None:  # noqa: N802 - the name http.server calls
        if self.path not in ("/_doom", "/_here", "/_moment"):
            self.do_GET()
            return
        self.server.fake.told(self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self._send(Answer(200, {}, bare=True))
