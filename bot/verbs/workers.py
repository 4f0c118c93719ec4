"""Who does what is done: a process, as a person would find it, or the person."""

from __future__ import annotations

import getpass
import os
import secrets
import socket
from functools import cache


def worker() -> str:
    """Who sends: the process, as a person would find it, and which of those of this name it is: in containers names return."""
    return f"{socket.gethostname()}/{os.getpid()}/{_life(os.getpid())}"


@cache
def _life(_pid: int) -> str:
    """A process's own 8 hexadecimal digits; of one that was forked they are others."""
    return secrets.token_hex(4)


def person() -> str:
    """Who gives the command, as far as this machine knows: behind sudo, whoever called it."""
    try:
        user = os.environ.get("SUDO_USER") or getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        user = "somebody"
    return f"{user}@{socket.gethostname()}"
