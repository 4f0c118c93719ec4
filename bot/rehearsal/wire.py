"""The wire: HTTP on loopback, with connections that break off where a fault says so, and the test's own door."""

from __future__ import annotations

import datetime as dt
import socket
import sys
from contextlib import suppress
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from bot.rehearsal.answers import Answer
from bot.rehearsal.asked import Asked
from bot.rehearsal.authorize import AUTHORIZE
from bot.rehearsal.faults import Fault

if TYPE_CHECKING:
    from bot.rehearsal.fake import FakeX


class Listening(ThreadingHTTPServer):
    """A server on 127.0.0.1 that hands requests to a fake X."""

    request_queue_size = 128
    daemon_threads = True

    def __init__(self, fake: FakeX, port: int) -> None:
        self.fake = fake
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no news; anything else is the fake's own fault and must not be missed."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError):
            self.fake.failed(f"{type(error).__name__}: {error}")  # the repr of some holds what could not be read


def door(fake: FakeX, asked: Asked) -> Answer:
    """What begins with /_ is for whoever rehearses: GET /_state, GET, POST and DELETE /_faults, POST /_clock."""
    if (asked.method, asked.path) == ("GET", "/_state"):
        return Answer(200, fake.state(), bare=True)
    if asked.path == "/_faults" and asked.method in ("GET", "POST", "DELETE"):
        if asked.method == "DELETE":
            fake.faults.clear()
        if asked.method == "POST":
            fake.faults.script(asked.json())
        return Answer(200, fake.faults.described(), bare=True)
    if (asked.method, asked.path) == ("POST", "/_clock"):
        fake.advance(float(asked.json()["advance_s"]))
        return Answer(200, {"now": fake.now().isoformat()}, bare=True)
    return Answer(404, {"detail": "the door knows /_state, /_faults and /_clock"}, bare=True)


class _Handler(BaseHTTPRequestHandler):
    server: Listening
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes; the second would wait 40 ms for the first's receipt

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        size = int(self.headers.get("Content-Length", 0))
        raw = self.rfile.read(size)
        if len(raw) < size:  # the client was killed while it spoke: nobody answers half a request
            self._hang_up()
            return
        asked = Asked(
            self.command,
            self.headers.get("Host", ""),
            parts.path,
            tuple(parse_qsl(parts.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            raw,
        )
        if parts.path.startswith("/_"):
            try:
                self._send(door(self.server.fake, asked))
            except (ValueError, KeyError, TypeError) as error:
                self._send(Answer(400, {"detail": repr(error)}))
            return
        if (asked.method, asked.path) == ("GET", AUTHORIZE):
            self._send(self.server.fake.visited(asked))
            return
        call, answer, fault = self.server.fake.meet(asked)
        if answer is None:
            self._hang_up()
        elif self._send(answer, fault):
            self.server.fake.finished(call)

    do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = do_GET  # noqa: N815 - the names http.server calls

    def _send(self, answer: Answer, fault: Fault | None = None) -> bool:
        """Whether the whole answer went out."""
        body = answer.encoded()
        if fault and fault.halve:
            body = body[: len(body) // 2]
        self.send_response_only(answer.status)
        self.send_header("Date", format_datetime(self.server.fake.now().astimezone(dt.UTC), usegmt=True))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault and fault.cut:
            self.wfile.write(body[: len(body) // 2])
            self._hang_up()
            return False
        if fault and fault.dribble:
            step = len(body) // 10 + 1
            for start in range(0, len(body), step):
                self.server.fake.wait(fault.wait_s / 10)
                self.wfile.write(body[start : start + step])
            return True
        self.wfile.write(body)
        return True

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: Any) -> None:
        pass
