"""Ports of this machine that nobody else is given meanwhile."""

from __future__ import annotations

import os
import random
import socket
from typing import Final

_RANGE: Final = range(12_000, 30_000)
"""Below those that the system gives away by itself (32768 and above on Linux, 49152 on macOS): to another test, perhaps."""


def a_free_port() -> int:
    """One that was free a moment ago, and that only another call of this would take; those begin somewhere else."""
    some = random.Random(f"{os.getpid()} {os.urandom(8).hex()}")
    while True:
        port = some.choice(_RANGE)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
