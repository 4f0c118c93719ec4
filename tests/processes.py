"""
Processes of their own that start within milliseconds: a server that has loaded what they need forks them.

`threadmill ...` is such a process, spoken to as one that subprocess started. What only a fresh interpreter shows (how it finds the
package, what it loads, how quick it is) needs one.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import runpy
import signal
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir
from functools import cache
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Final, Self, TextIO

from bot.config import VARIABLES

ROOT: Final = Path(__file__).parent.parent
_LONGEST_S: Final = 60
"""A command that takes longer hangs; SIGALRM ends it."""


@cache
def forking() -> ForkServerContext:
    """Where processes are forked, with what they need loaded. The server is one for all: who came second could load nothing more."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pytest", "tests.preloaded", "tests.store.workers"])
    with chdir(ROOT):  # where it finds them
        forkserver.ensure_running()
    return context


class Command:
    """
    `threadmill ...` in a folder, in a process of its own that has nothing but `environment` and what this one has without the bot's.

    It may write no file longer than `file_bytes`, if that is given. At the end of a `with` block it is over.
    """

    def __init__(self, *arguments: str, folder: Path, environment: Mapping[str, str], file_bytes: int = 0) -> None:
        clean = {name: value for name, value in os.environ.items() if name not in VARIABLES and "THREADMILL" not in name}
        clean.pop("NO_COLOR", None)
        (stdin, ours), (out, stdout), (err, stderr) = (forking().Pipe(duplex=False) for _ in range(3))
        theirs = (stdin, stdout, stderr)
        told = (arguments, folder, clean | environment, theirs, file_bytes)
        self._process: ForkServerProcess = forking().Process(target=_run, args=told)
        self._process.start()
        self.stdin: TextIO = os.fdopen(os.dup(ours.fileno()), "w")
        self.stdout: TextIO = os.fdopen(os.dup(out.fileno()))
        self.stderr: TextIO = os.fdopen(os.dup(err.fileno()))
        for end in (*theirs, ours, out, err):
            end.close()

    @property
    def returncode(self) -> int | None:
        """The exit code, or minus the signal; None as long as it runs."""
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        if self.returncode is None and self._process.pid is not None:
            os.kill(self._process.pid, number)

    def communicate(self) -> tuple[str, str]:
        """What it still writes until it has ended."""
        self.stdin.close()
        with self.stdout, self.stderr, ThreadPoolExecutor(2) as pool:
            out, err = pool.map(lambda stream: stream.read(), (self.stdout, self.stderr))
        self._process.join()
        return out, err

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.join()
        for stream in (self.stdin, self.stdout, self.stderr):
            stream.close()


def _run(
    arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], streams: tuple[Connection, ...], file_bytes: int
) -> None:
    """The life of a command: as `python -m bot` from its first line on."""
    signal.alarm(_LONGEST_S)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever started the suite ignores
    for number, (stream, mode) in enumerate(zip(streams, "rww", strict=True)):
        os.dup2(stream.fileno(), number)
        stream.close()
        setattr(sys, ("stdin", "stdout", "stderr")[number], open(number, mode, closefd=False))  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    if file_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    sys.path.insert(0, str(folder))
    sys.argv = ["threadmill", *arguments]
    runpy.run_module("bot", run_name="__main__", alter_sys=True)
