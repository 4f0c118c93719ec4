"""Who watches."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is being done and how far it is: ("drawing", 3, 8); 0 of 0 where that is unknown."""


def silent(_step: str, _done: int, _total: int) -> None:
    """Nobody is watching."""
