"""What signals ask of the service, heard from its first moment on."""

from __future__ import annotations

import signal
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Final

PULSE_S: Final = 0.5
"""Nobody waits longer without a look: a signal that comes just before the main thread begins to wait does not wake it."""
STOP: Final = "stop"
RELOAD: Final = "reload"


class Wishes:
    """SIGTERM and SIGINT: to stop; at the second of them `hurry` is called. SIGHUP: to read the recipes anew."""

    def __init__(self) -> None:
        self.stopping = False
        self.hurry: Callable[[], None] = lambda: None
        self._heard: SimpleQueue[str] = SimpleQueue()  # may be put to by the very thread that waits at it

    def install(self) -> None:
        """Hear them from now on; to be called in the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, lambda *_: self._heard.put(RELOAD))

    def next(self, seconds: float = PULSE_S) -> str:
        """The next wish; empty if there was none for so many seconds. To stop is wished for good."""
        if self.stopping:
            return STOP
        try:
            return self._heard.get(timeout=seconds)
        except Empty:
            return ""

    def _stop(self, *_: object) -> None:
        if self.stopping:
            self.hurry()
        self.stopping = True
        self._heard.put(STOP)
