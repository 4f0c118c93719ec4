"""`threadmill run`: the service from its start to its end."""

from __future__ import annotations

import logging
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from bot import wiring
from bot.errors import BadStore
from bot.ports import Store
from bot.service import logs
from bot.service.children import Children
from bot.service.endpoint import Endpoint
from bot.service.masking import Masking
from bot.service.recipes import Recipes
from bot.service.scheduler import Service
from bot.verbs.survey import Survey, survey_of
from bot.verbs.telling import tell_all
from bot.verbs.workers import worker

PING_S: Final = 300.0
"""A dead man's switch waits for minutes at least, and need not be asked more often."""
_CODES: Final = frozenset(range(8))
"""What a child says on purpose."""


def serve() -> int:
    """
    Look at the schedule until SIGTERM or SIGINT; 0 then.

    Raises:
        BadInput, BadStore: it cannot begin.
    """
    house = wiring.house()
    logs.configure_by(house.settings)
    with wiring.store(house) as store:
        ping = wiring.ping(house)
        service = Service(
            house=house,
            store=store,
            log=_Log(),
            tell=_Telling(house, store),
            good=_Seldom(ping) if ping else lambda: None,
            children=Children(house.folder, _CODES),
            recipes=Recipes(house),
        )
        with _endpoint(house, service) as address:
            service.run(lambda: _ready(address))
        sys.stderr.flush()
        # A look that waits for a database that is cut off would keep the process for half a minute; nothing of it is lost.
        os._exit(0)


@contextmanager
def _endpoint(house: wiring.House, service: Service) -> Iterator[str]:
    """/healthz and /metrics, if they are wanted, and where they are answered."""
    if house.settings.watched.listen is None:
        yield ""
        return

    def found() -> Survey:
        recipes, store = service.recipes, service.store
        return survey_of(list(recipes.reports.values()), recipes.problems, store, store.now())

    mask = Masking(house.settings.hidden)
    with Endpoint(house.settings.watched.listen, found, lambda: service.looked_at, mask) as endpoint:
        yield endpoint.address


class _Log:
    """Events of the service."""

    def __init__(self) -> None:
        self._log = logging.getLogger("bot.service")

    def __call__(self, level: str, event: str, **details: object) -> None:
        self._log.log(logging.getLevelNamesMapping()[level.upper()], event, extra=details)


@dataclass
class _Telling:
    """Brings notices to people, at every ring of the bell."""

    house: wiring.House
    store: Store

    def __call__(self) -> None:
        try:
            tell_all(self.house, self.store, worker())
        except BadStore as error:
            logging.getLogger("bot.service").warning("notices cannot be read", extra={"reason": str(error)})


@dataclass
class _Seldom:
    """Does something, but not at every ring."""

    what: Callable[[], object]
    _next_s: float = field(default=float("-inf"))

    def __call__(self) -> None:
        if time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + PING_S
            self.what()


def _ready(address: str) -> None:
    """Tell whoever started us that we have begun: the log, and systemd, which listens at a socket (sd_notify(3))."""
    logging.getLogger("bot.service").info("ready", extra={"health": address or "off"})
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.connect("\0" + place[1:] if place.startswith("@") else place)
        door.send(b"READY=1")
