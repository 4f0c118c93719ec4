"""Heavy work in processes of its own, which end when it is done: the service itself stays small."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

WIDTH: Final = 2
"""So many at a time: each draws with some 300 MB."""
LIMIT_S: Final = 45 * 60.0
"""Longer than the politest collection and the longest wait for a network together; whoever takes longer hangs."""
_FIRST_PAUSE_S: Final = 30.0
_LONGEST_PAUSE_S: Final = 3600.0
_LAST_WORDS_S: Final = 5.0


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    began_s: float
    ended: Callable[[int], None]
    told: bool = False


@dataclass
class _Failures:
    count: int = 0
    until_s: float = 0.0


@dataclass
class Children:
    """
    Child processes by name, at most `WIDTH` at a time and one of each name.

    One that ends with none of the exit codes in `expected` has crashed: its name is not started again before a pause, which
    doubles.
    """

    folder: Path
    expected: frozenset[int]
    clock_s: Callable[[], float] = time.monotonic
    _running: dict[str, _Child] = field(default_factory=dict)
    _failures: dict[str, _Failures] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: bool = False

    def start(self, name: str, arguments: Sequence[str], ended: Callable[[int], None]) -> bool:
        """
        Run the command line with these arguments, unless it runs already, has crashed just now, or there is no room: then a later
        look tries again. `ended` is told the exit code, from `reap`.
        """
        with self._lock:
            failures = self._failures.get(name)
            if self._closed or name in self._running or len(self._running) >= WIDTH:
                return False
            if failures is not None and failures.until_s > self.clock_s():
                return False
            command = [sys.executable, "-P", "-m", "bot", *arguments]  # -P: a folder "bot" where we stand is not us
            process = subprocess.Popen(  # noqa: S603 - our own command line
                command, cwd=self.folder, env=_environment(), stdin=subprocess.DEVNULL, start_new_session=True
            )
            self._running[name] = _Child(process, self.clock_s(), ended)
            return True

    def reap(self) -> None:
        """Hear of those that have ended, and end those that hang."""
        with self._lock:
            for name, child in list(self._running.items()):
                code = child.process.poll()
                if code is None:
                    self._hurry(child)
                    continue
                del self._running[name]
                self._remember(name, code)
                child.ended(code)

    def stop(self, within_s: float) -> None:
        """Ask all to end, and kill those that have not within so many seconds."""
        with self._lock:
            self._closed = True
            children = [child.process for child in self._running.values()]
        for process in children:
            process.terminate()
        until_s = self.clock_s() + within_s
        for process in children:
            try:
                process.wait(max(until_s - self.clock_s(), 0))
            except subprocess.TimeoutExpired:
                process.kill()

    def kill(self) -> None:
        """Now."""
        for child in list(self._running.values()):
            child.process.kill()

    def _hurry(self, child: _Child) -> None:
        age_s = self.clock_s() - child.began_s
        if age_s > LIMIT_S + _LAST_WORDS_S * 4:
            child.process.kill()
        elif age_s > LIMIT_S and not child.told:
            child.told = True
            child.process.terminate()

    def _remember(self, name: str, code: int) -> None:
        if code in self.expected:
            self._failures.pop(name, None)
            return
        failures = self._failures.setdefault(name, _Failures())
        failures.count += 1
        failures.until_s = self.clock_s() + min(_FIRST_PAUSE_S * 2 ** (failures.count - 1), _LONGEST_PAUSE_S)


def _environment() -> dict[str, str]:
    """Ours, so that the child finds the very package that started it."""
    package = str(Path(__file__).parents[2])
    others = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": f"{package}{os.pathsep}{others}" if others else package}
