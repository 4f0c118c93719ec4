"""`threadmill run`: the service from its start to its end."""

from __future__ import annotations

import datetime as dt
import logging
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
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
from bot.service.wishes import Wishes
from bot.verbs.survey import Survey, health, survey_of
from bot.verbs.telling import tell_all
from bot.verbs.workers import worker

PING_S: Final = 300.0
"""A dead man's switch waits for minutes at least, and need not be asked more often."""
_STORE_S: Final = 2.0
_CODES: Final = frozenset({0, 2, 3, 4, 5, 7})
"""What a child says on purpose: 1 is a traceback, and another one says that nothing was begun."""


def serve() -> int:
    """
    Look at the schedule until SIGTERM or SIGINT; 0 then. A database that is not there yet is waited for.

    Raises:
        BadInput, BadStore: it cannot begin before something is changed.
    """
    wishes = Wishes()
    wishes.install()
    house = wiring.house()
    logs.configure_by(house.settings)
    with ExitStack() as open_:
        if (store := _opened(house, open_, wishes)) is None:
            return 0
        ping = wiring.ping(house)
        service = Service(
            house=house,
            store=store,
            log=_Log(),
            tell=_Telling(house, store),
            good=lambda: None,
            children=Children(house.folder, _CODES),
            recipes=Recipes(house),
        )
        service.replaced = _Replaced(wiring.store_file(house))
        if ping is not None:
            began_at = house.now
            service.good = _Ping(ping, lambda: _well(service, began_at))
        with _endpoint(house, service) as address:
            service.run(wishes, lambda: _ready(address))
        sys.stderr.flush()
        # A look that waits for a database that is cut off would keep the process for half a minute; nothing of it is lost.
        os._exit(0)


def _opened(house: wiring.House, open_: ExitStack, wishes: Wishes) -> Store | None:
    """The store, as soon as its server answers: after a power cut it may come up after us. None if we are to end first."""
    while not wishes.stopping:
        try:
            return open_.enter_context(wiring.store(house))
        except BadStore as error:
            if error.permanent:
                raise
            logging.getLogger("bot.service").warning("waiting for the store", extra={"reason": str(error)})
        wishes.next(_STORE_S)
    return None


@contextmanager
def _endpoint(house: wiring.House, service: Service) -> Iterator[str]:
    """/healthz and /metrics, if they are wanted, and where they are answered."""
    if house.settings.watched.listen is None:
        yield ""
        return

    mask = Masking(house.settings.hidden)
    with Endpoint(house.settings.watched.listen, lambda: _found(service), lambda: service.looked_at, mask) as endpoint:
        yield endpoint.address


def _found(service: Service) -> Survey:
    """How everything stands, by the recipes the service goes by."""
    recipes, store = service.recipes, service.store
    return survey_of(list(recipes.reports.values()), recipes.problems, store, store.now())


def _well(service: Service, began_at: dt.datetime) -> bool:
    try:
        return health(_found(service), service.looked_at, began_at, service.store.now()).ok
    except BadStore:
        return False


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


class _Replaced:
    """Whether the file of the store is another one than when the service began."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._known = self._now()

    def __call__(self) -> bool:
        return self._now() != self._known

    def _now(self) -> tuple[int, int] | None:
        if self._file is None:
            return None
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


@dataclass
class _Ping:
    """Asks the dead man's switch after a look, while all is well, but not at every ring."""

    ping: Callable[[], object]
    well: Callable[[], bool]
    _next_s: float = field(default=float("-inf"))

    def __call__(self) -> None:
        if time.monotonic() >= self._next_s and self.well():
            self._next_s = time.monotonic() + PING_S
            self.ping()


def _ready(address: str) -> None:
    """Tell whoever started us that we have begun: the log, and systemd, which listens at a socket (sd_notify(3))."""
    logging.getLogger("bot.service").info("ready", extra={"health": address or "off"})
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place:
        return
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
            door.connect("\0" + place[1:] if place.startswith("@") else place)
            door.send(b"READY=1")
    except OSError as error:  # whoever it is does not listen; the work does not depend on it
        logging.getLogger("bot.service").warning("nobody listens at NOTIFY_SOCKET", extra={"reason": str(error)})
