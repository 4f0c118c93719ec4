"""
What a computed source asks: its expression run over the raw data shard by shard, each part kept as it is done, and then told.

A part is kept under the digests of the expression, the engine and the files it was computed from, in
`THREADMILL_HOME/engines`. A run that is stopped anywhere goes on with what is missing; one whose data have grown computes what
is new. The rows that come of all parts are kept as a reply under the digest of everything.
"""

from __future__ import annotations

import datetime as dt
import errno
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bot.engines import _files
from bot.engines._engine import Engine, said
from bot.engines._work import Work
from bot.errors import BadInput, SourceUnavailable, ThreadmillError
from bot.ports import Computation, Progress, Reply, Store

_ENDING_S: Final = 20
_OF_FILES: Final = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EIO}


class Shared:
    """An engine for all sources of a run that name it: connected when it is first needed, and at one computation at a time."""

    def __init__(self, connect: Callable[[], Engine]) -> None:
        self._connect = connect
        self._engine: Engine | None = None
        self._closed = False
        self.turn = threading.Lock()

    @property
    def connected(self) -> Engine | None:
        """The engine, None as long as nobody needed it."""
        return self._engine

    @property
    def engine(self) -> Engine:
        """
        The engine.

        Raises:
            SourceUnavailable: it was let go of; who waited for its turn shall not connect it once more.
        """
        if self._closed:
            raise _stopped()
        if self._engine is None:
            self._engine = self._connect()
        return self._engine

    def close(self) -> None:
        """Let go of it; what it is at is ended first: a thread must not be at an engine when the process ends."""
        self._closed = True
        if (engine := self._engine) is not None:
            engine.stop()
        if self.turn.acquire(timeout=_ENDING_S):
            try:
                if self._engine is not None:
                    self._engine.close()
                    self._engine = None
            finally:
                self.turn.release()


class EngineComputer:
    """Computes what one source asks."""

    def __init__(
        self,
        name: str,
        shared: Shared,
        home: Path,
        store: Store | None,
        progress: Progress,
        now: Callable[[], dt.datetime],
        trial: bool = False,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._name = name
        self._shared = shared
        self._home = home
        self._store = store
        self._progress = progress
        self._now = now
        self._trial = trial
        self._stopped = stopped
        self.keys: list[str] = []
        self.made_up = False

    @property
    def now(self) -> dt.datetime:
        """The instant."""
        return self._now()

    def compute(self, computation: Computation) -> Reply:
        """
        The rows as a `Result`, written as JSON: as kept from before, if inputs, expression and engine are the same.

        Raises:
            SourceUnavailable: there is no data, or the engine cannot be reached or has failed. Nothing is kept of what it was at.
            BadInput: the engine is not installed, the data are not of the shape they should be, or are made up.
        """
        with self._shared.turn:
            try:
                return Work(computation, self).done()
            except ThreadmillError:
                raise
            except (OSError, sqlite3.Error) as error:
                if isinstance(error, OSError) and error.errno not in _OF_FILES:  # a connection that failed is one, too
                    raise self._named(error) from error
                raise SourceUnavailable(
                    f"{self._home} or the raw data cannot be read or written ({said(error)}). The disk is full, or not open to "
                    "this user. Check both; what was computed until then is kept"
                ) from error
            except Exception as error:  # an engine has errors of its own, and those of all the libraries it stands on
                raise self._named(error) from error

    def close(self) -> None:
        """Nothing: the engine is shared, and let go of when the run is over."""

    # ---- for the work that is done ------------------------------------------------------------------------------------------

    @property
    def engine(self) -> Engine:
        """As in `House`."""
        return self._shared.engine

    @property
    def folder(self) -> Path:
        """As in `House`."""
        return self._home

    def _named(self, error: Exception) -> Exception:
        connected = self._shared.connected
        return error if connected is None else connected.failed(error)

    def say(self, what: str, done: int, total: int) -> None:
        """As in `House`."""
        if self._stopped():
            raise _stopped()
        self._progress(f"{self._name}: {what}", done, total)

    def refuse_synthetic(self, place: Path | str, made_up: bool) -> None:
        """As in `House`."""
        self.made_up |= made_up
        if made_up and not self._trial:
            raise BadInput(
                f"the data of {self._name} are made up ({_files.MARK} stands with {place}), and nothing made up is told. "
                f"Try them with threadmill sources {self._name} --try, or name real data in the recipe"
            )

    def kept(self, key: str) -> Reply | None:
        """As in `House`."""
        self.keys.append(key)
        return None if self._store is None else self._store.kept(self._name, key, dt.date.min)

    def keep(self, key: str, reply: Reply) -> Reply:
        """As in `House`; nothing of a trial, which may be of data that are made up."""
        if self._store is not None and not self._trial:
            self._store.keep(self._name, key, reply)
        return reply


def _stopped() -> SourceUnavailable:
    return SourceUnavailable("stopped before it was finished; what was computed until then is kept")
