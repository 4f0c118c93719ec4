"""How a person or a set of keys comes to a login, and how it goes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Final

from bot import wiring
from bot.domain.access import Access
from bot.errors import BadInput
from bot.ports import Asked

WAIT_S: Final = 300
"""Seconds a person has to agree in the browser."""


def ask(network: str, port: int, listen: bool) -> AbstractContextManager[Asked]:
    """
    A login a person is asked for: `wait` or `paste` in the block gives what came of it.

    Raises:
        BadInput: nobody can be asked, the port is taken, or no login could be stored.
    """
    if not 1 <= port <= 65535:
        raise BadInput(f"--port {port} is no port, which is a number from 1 to 65535; the app's callback address names it too")
    return wiring.door(wiring.house(), network).ask(port, listen)


def exchange(network: str) -> Access:
    """
    A login made from the OAuth 1.0a keys.

    Raises:
        BadInput: a key or the app's client id is missing. Rejected, Later: as the network says.
    """
    return wiring.door(wiring.house(), network).exchange()


def forget(network: str) -> str | None:
    """Remove the stored login; where it was, or None if there was none."""
    return wiring.door(wiring.house(), network).forget()
