"""A session on a Spark Connect server: what a driver is to a master, without a Java process of our own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from bot.engines._engine import away, said
from bot.errors import BadInput, SourceUnavailable

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_REACHED_S: Final = 5.0
_TRIES: Final = 5
"""PySpark waits 0.05, 0.2, 0.8, 3.2 and 12.8 s before it tries again: 17 s. Its own 15 tries take ten minutes."""


class Server:
    """A session of our own on a server many may share."""

    def __init__(self, address: str, shown: str, hosts: list[tuple[str, int]]) -> None:
        """
        Raises:
            BadInput: packages are not there that Spark Connect needs beside Spark. SourceUnavailable: there is no server.
        """
        reach(shown, hosts)
        try:
            from pyspark.sql.connect.client.retries import DefaultPolicy
            from pyspark.sql.connect.session import SparkSession
        except ImportError as error:
            raise BadInput(
                f"Spark Connect needs packages beside Spark that are not here ({said(error)}): pip install 'pyspark[connect]'"
            ) from error
        self._shown = shown
        self._hosts = hosts
        self._stopped = threading.Event()
        self._session = SparkSession.builder.remote(address).create()
        self._session.client.set_retry_policies([DefaultPolicy(max_retries=_TRIES)])

    @property
    def session(self) -> SparkSession:
        """The session."""
        return self._session

    @property
    def alive(self) -> bool:
        """Whether the server still takes connections."""
        try:
            reach(self._shown, self._hosts)
        except SourceUnavailable:
            return False
        return True

    @contextmanager
    def watched(self) -> Iterator[None]:
        """
        What runs within is given up when it is to stop.

        Raises:
            SourceUnavailable: it was to.
        """
        self._stopped.clear()
        try:
            yield
        except BaseException as error:
            if self._stopped.is_set():
                raise SourceUnavailable("stopped before it was finished; what was computed until then is kept") from error
            raise

    def stop(self) -> None:
        """End what is under way, from another thread."""
        self._stopped.set()
        with suppress(Exception):  # the server has gone, and what was under way with it
            self._session.interruptAll()

    def end(self) -> None:
        """Release the session."""
        self._session.release_session_on_close = self.alive
        self._session.stop()


def reach(shown: str, hosts: list[tuple[str, int]]) -> None:
    """
    Nothing, if any of some hosts takes a connection. Spark itself tries for minutes.

    Raises:
        SourceUnavailable: none does.
    """
    for number, (host, port) in enumerate(hosts, 1):
        try:
            socket.create_connection((host, port), _REACHED_S).close()
        except OSError as error:
            if number == len(hosts):
                check = "Check that it is up, that THREADMILL_ENGINE_SPARK names its host and port, and firewalls between"
                raise away("Spark", shown, error, check) from error
        else:
            return
