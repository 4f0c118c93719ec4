"""Ending when asked to: at once, or, where something is under way that cannot be taken back, at the next safe place."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Final

_PULSE_S: Final = 0.5
"""Nobody waits longer without a look: a signal that comes just before the main thread begins to wait does not wake it."""
PATIENCE_S: Final = 7.0
"""How long a call that is under way may still take: whoever asked wants the process gone within ten seconds."""


class Ended(BaseException):
    """The process is to end now. No SystemExit: whoever loads a room takes that for a fault of the room."""


class Stop:
    """
    Whether somebody wants this process to end. To be installed as the handler of a signal, in the main thread.

    While the work is `careful` the first signal only asks: the work goes on to its next safe place, and is interrupted where it
    is when that takes too long. Anywhere else, and at the second signal, it ends at once.
    """

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._asked = False
        self._woken: SimpleQueue[None] = SimpleQueue()  # an Event may be locked by the very thread a handler interrupts
        self._patience_s = patience_s
        self._careful = False

    def install(self) -> None:
        """Heed SIGTERM from now on."""
        signal.signal(signal.SIGTERM, self)

    def __call__(self, *_: object) -> None:
        again, self._asked = self._asked, True
        self._woken.put(None)
        if again or not self._careful:
            raise Ended
        signal.signal(signal.SIGALRM, _end)
        signal.setitimer(signal.ITIMER_REAL, self._patience_s)

    @property
    def asked(self) -> bool:
        """Whether somebody asked."""
        return self._asked

    def sleep(self, seconds: float) -> None:
        """Wait, but not for longer than until somebody asks."""
        until_s = time.monotonic() + seconds
        while not self._asked and (left_s := until_s - time.monotonic()) > 0:
            with suppress(Empty):
                self._woken.get(timeout=min(left_s, _PULSE_S))

    @contextmanager
    def careful(self) -> Iterator[None]:
        """What is done within looks at `asked` by itself."""
        self._careful = True
        try:
            yield
        finally:
            self._careful = False
            signal.setitimer(signal.ITIMER_REAL, 0)


def _end(*_: object) -> None:
    raise Ended
