"""Notices on their way to people: each is told at least once, however long that takes."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Final

from bot import wiring
from bot.errors import Untold
from bot.ports import Notice, Store, Teller

LEASE: Final = dt.timedelta(minutes=2)
"""How long a notice stays a dead worker's. A mail and a webhook that hang take half a minute each."""
_FIRST_PAUSE: Final = dt.timedelta(minutes=1)
_LONGEST_PAUSE: Final = dt.timedelta(hours=1)
_LOG: Final = logging.getLogger(__name__)


def tell_all(house: wiring.House, store: Store, worker: str) -> int:
    """
    Tell every notice that is to be told now; how many were. Where nobody is set up to be told, the log is.

    A notice is told when one teller has brought it. If none has, it is tried again after a minute, then two, four, up to an hour,
    for ever; at once hourly, if nothing but a change can help. The others wait for the next call then.

    Raises:
        BadStore: as the store says; what was told since may be told again.
    """
    tellers = wiring.tellers(house)
    count = 0
    while notices := store.rota.untold(worker, store.now(), store.now() + LEASE, 1):
        failures = _failures(tellers, notices[0])
        if tellers and len(failures) == len(tellers):
            _try_again(store, notices[0], failures)
            break
        store.rota.told(notices[0], store.now())
        count += 1
    return count


def _failures(tellers: Sequence[Teller], notice: Notice) -> list[Untold]:
    """Tell everybody; why some were not."""
    failures = []
    if not tellers:
        _LOG.warning("notice", extra={**_about(notice), "text": notice.text})
    for teller in tellers:
        try:
            teller.tell(notice)
        except Untold as error:
            _LOG.error("notice not told", extra={**_about(notice), "teller": teller.name, "reason": str(error)})
            failures.append(error)
        else:
            _LOG.info("notice told", extra={**_about(notice), "teller": teller.name})
    return failures


def _try_again(store: Store, notice: Notice, failures: Sequence[Untold]) -> None:
    longer: int = 2 ** min(max(notice.attempts - 1, 0), 10)
    pause = _LONGEST_PAUSE if all(error.permanent for error in failures) else min(_FIRST_PAUSE * longer, _LONGEST_PAUSE)
    now = store.now()
    store.rota.told(notice, now, "; ".join(str(error) for error in failures), now + pause)


def _about(notice: Notice) -> dict[str, object]:
    return {
        "notice": notice.event,
        "report": notice.report,
        "network": notice.network,
        "period": notice.period,
        "run": notice.run,
        "attempt": notice.attempts,
    }
