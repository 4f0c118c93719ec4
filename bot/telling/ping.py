"""
Asks the address of a dead man's switch: somebody else's service that raises the alarm when it is not asked for too long.

It is the only alarm that works when this machine does not. A GET is enough for those there are (healthchecks.io, Uptime Kuma).
"""

from __future__ import annotations

import logging
from typing import Final

from bot.config import Secret
from bot.errors import Untold
from bot.telling import _web

_LOG: Final = logging.getLogger(__name__)
_SECONDS: Final = 10.0


class Ping:
    """An address that is asked, and is a secret."""

    def __init__(self, url: Secret, seconds: float = _SECONDS) -> None:
        self._url = url
        self._seconds = seconds

    def __call__(self) -> bool:
        """Ask it once. Whether it answered; that it did not is logged, and its own alarm tells the rest."""
        try:
            _web.ask(f"the ping at {_web.host(self._url)}", "THREADMILL_PING_URL", self._url, None, self._seconds)
        except Untold as error:
            _LOG.warning("ping failed", extra={"reason": str(error)})
            return False
        return True
