"""A real HTTP server on loopback that answers what a test tells it to, and a client that asks it without waiting."""

from __future__ import annotations

import datetime as dt
import gzip
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.config import Secret
from bot.ports import Reply, Service
from bot.sources._http import Clock, HttpClient

RECORDED = (Path(__file__).parents[2] / ".." / "shared" / "recorded").resolve()
NOW = dt.datetime(2026, 11, 5, 6, 0, tzinfo=dt.UTC)
"""When these tests take place: five days after October 2026 was over."""


def recorded(name: str) -> bytes:
    """A real reply of a service; the files are not part of the repository."""
    if not RECORDED.is_dir():
        pytest.skip("the recorded replies are not here (shared/recorded beside the checkout)")
    return (RECORDED / name).read_bytes()


@dataclass(frozen=True)
class Request:
    """What the server was asked."""

    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Answer:
    """What the server says: a body, a status, headers. `gzipped` compresses it on the way."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    gzipped: bool = False


class _Listening(ThreadingHTTPServer):
    request_queue_size = 128  # twelve sources connect at once; a dropped connection would be tried again a second later


class Server:
    """Runs for a `with` block; `answer` maps a Request to an Answer. Remembers what it was asked."""

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self.asked: list[Request] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body are two writes; the second would wait 40 ms for the first's receipt

            def do_GET(self) -> None:
                self._respond()

            def do_POST(self) -> None:
                self._respond()

            def _respond(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length", 0))
                request = Request(
                    self.command,
                    parts.path,
                    {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()},
                    dict(self.headers.items()),
                    self.rfile.read(length).decode(),
                )
                server.asked.append(request)
                told = answer(request)
                body = told.body.encode() if isinstance(told.body, str) else told.body
                body = gzip.compress(body) if told.gzipped else body
                self.send_response_only(told.status)  # without a Date: these tests have a time of their own
                for name, value in told.headers.items():
                    self.send_header(name, value)
                if told.gzipped:
                    self.send_header("Content-Encoding", "gzip")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = _Listening(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Server:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class FakeClock(Clock):
    """A clock that only sleeping moves; `slept` says for how long each time."""

    def __init__(self, at: dt.datetime = NOW) -> None:
        self.at = at
        self.slept: list[float] = []
        super().__init__(now=lambda: self.at, monotonic=self._seconds)

    def _seconds(self) -> float:
        return self.at.timestamp()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += dt.timedelta(seconds=seconds)


@contextmanager
def asking(
    room: ModuleType, answer: Callable[[Request], Answer], key: str = "", clock: FakeClock | None = None
) -> Iterator[tuple[HttpClient, Server]]:
    """A room's own client, with its own politeness, in front of a server that answers so."""
    name, service = room.__name__.rpartition(".")[2], room.SERVICE
    assert isinstance(service, Service)
    with Server(answer) as server:
        client = HttpClient(
            name, service, server.url, Secret(key) if key else None, "test@example.org", None, clock or FakeClock()
        )
        try:
            yield client, server
        finally:
            client.close()


def a_reply(
    body: bytes | str, query: str = "", url: str = "https://example.org/", at: dt.datetime = NOW, status: int = 200
) -> Reply:
    """A reply as a client would hand it to parse."""
    return Reply(body.encode() if isinstance(body, str) else body, url, query, at, status)
