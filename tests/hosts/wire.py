"""The network between a host and its database: a door on loopback that can be shut, or hold what passes through it."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

_PIECE: Final = 65536


class Wire:
    """
    Leads from a port on loopback to a PostgreSQL's socket, for a `with` block.

    `cut` ends every connection and refuses new ones; `stall` keeps them, and lets nothing through in either direction; `mend` makes
    an end of both. Whoever is held when a stall ends is let through, however late.
    """

    def __init__(self, place: Path) -> None:
        self._place = str(place / ".s.PGSQL.5432")
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._lock = threading.Lock()
        self._ends: set[socket.socket] = set()
        self._open = threading.Event()
        self._open.set()
        self._cut = False

    def __enter__(self) -> Wire:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._server.shutdown(socket.SHUT_RDWR)  # wakes accept
        self._server.close()

    def address(self, database: str) -> str:
        """As DATABASE_URL has it."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def cut(self) -> None:
        with self._lock:
            self._cut = True
            ends, self._ends = self._ends, set()
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._open.set()

    def stall(self) -> None:
        self._open.clear()

    def mend(self) -> None:
        with self._lock:
            self._cut = False
        self._open.set()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:  # the block is over
                return
            server = socket.socket(socket.AF_UNIX)
            with self._lock:
                refused = self._cut
                self._ends |= set() if refused else {client, server}
            try:
                if refused:
                    raise ConnectionRefusedError
                server.connect(self._place)
            except OSError:
                self._end(client, server)
                continue
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            over = threading.Semaphore(0)
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, sink, over), daemon=True).start()
            threading.Thread(target=self._bury, args=(client, server, over), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, over: threading.Semaphore) -> None:
        with suppress(OSError):
            while piece := source.recv(_PIECE):
                self._open.wait()
                sink.sendall(piece)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        over.release()

    def _bury(self, client: socket.socket, server: socket.socket, over: threading.Semaphore) -> None:
        """Sockets are closed when nobody waits at them any more: their numbers would be given to others."""
        over.acquire()
        over.acquire()
        self._end(client, server)

    def _end(self, *ends: socket.socket) -> None:
        with self._lock:
            self._ends -= set(ends)
        for end in ends:
            end.close()
