"""What notices are told to, on loopback: a web server and a mail server, both as kind or as strange as a test wants them."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, cast

CERTIFICATE = Path(__file__).parent / "loopback.pem"
"""Of localhost and 127.0.0.1, signed by itself, with its key: nobody else trusts it."""


@dataclass
class Web:
    """Answers with `statuses` by turns, the last one again and again; each request is in `asked`, as (method, path, JSON)."""

    statuses: list[int] = field(default_factory=lambda: [200])
    location: str = ""
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    hold: threading.Event | None = None
    drip: bool = False


@contextmanager
def web() -> Iterator[Web]:
    told = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            told.asked.append((self.command, self.path, json.loads(body) if body else None))
            told.headers.append(dict(self.headers))
            if told.hold is not None:
                told.hold.wait(20)
            if told.drip:
                self._drip()
                return
            status = told.statuses.pop(0) if len(told.statuses) > 1 else told.statuses[0]
            with suppress(OSError):
                self.send_response(status)
                if told.location:
                    self.send_header("Location", told.location)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

        do_GET = do_POST  # noqa: N815 - the library's name

        def _drip(self) -> None:
            with suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                while True:
                    self.wfile.write(b"X-Drop: 1\r\n")
                    if threading.Event().wait(0.05):
                        return

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield told
    finally:
        if told.hold is not None:
            told.hold.set()
        server.shutdown()
        server.server_close()


@dataclass
class Post:
    """A mail server. `replies` by the first word of a command stand in for what it says; `mails` are those it took."""

    replies: dict[str, str] = field(default_factory=dict)
    starttls: bool = True
    login: bool = True
    said: list[str] = field(default_factory=list)
    mails: list[tuple[str, tuple[str, ...], EmailMessage]] = field(default_factory=list)
    users: list[tuple[str, str]] = field(default_factory=list)
    over_tls: list[bool] = field(default_factory=list)
    port: int = 0
    silent: threading.Event | None = None


class _Conversation(StreamRequestHandler):
    post: Post
    context: ssl.SSLContext
    tls = False

    def setup(self) -> None:
        if self.tls:
            self.request = self.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        with suppress(OSError, ssl.SSLError):
            self._talk()

    def finish(self) -> None:
        with suppress(OSError, ssl.SSLError):
            super().finish()
        if self.tls:
            self.request.close()

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def _talk(self) -> None:
        if self.post.silent is not None:
            self.post.silent.wait(20)
            return
        self._say(self.post.replies.get("greeting", "220 mail.example.org"))
        sender, to = "", list[str]()
        while line := self.rfile.readline().decode():
            verb, _, rest = line.strip().partition(" ")
            verb = verb.upper()
            self.post.said.append(verb)
            address = rest.partition("<")[2].partition(">")[0]
            if reply := self.post.replies.get(f"{verb} {address}", self.post.replies.get(verb)):
                self._say(reply)
                continue
            match verb:
                case "EHLO":
                    offers = [
                        *(["STARTTLS"] if self.post.starttls and not self.tls else []),
                        *(["AUTH PLAIN"] if self.post.login else []),
                    ]
                    self.wfile.write(
                        "".join(f"250-{one}\r\n" for one in ("mail.example.org", *offers)).encode() + b"250 HELP\r\n"
                    )
                case "STARTTLS":
                    self._say("220 go on")
                    self._secure()
                case "AUTH":
                    _, user, password = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")
                    self.post.users.append((user, password))
                    self._say("235 welcome")
                case "MAIL":
                    sender = address
                    self._say("250 ok")
                case "RCPT":
                    to.append(address)
                    self._say("250 ok")
                case "DATA":
                    self._say("354 go on")
                    self._take(sender, to)
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("502 what?")

    def _secure(self) -> None:
        self.rfile.close()
        self.request = self.context.wrap_socket(self.request, server_side=True)
        self.tls = True
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)

    def _take(self, sender: str, to: list[str]) -> None:
        lines = list(iter(self.rfile.readline, b".\r\n"))
        body = b"".join(line[1:] if line.startswith(b"..") else line for line in lines)
        self.post.mails.append((sender, tuple(to), cast(EmailMessage, message_from_bytes(body, policy=policy.default))))
        self.post.over_tls.append(self.tls)
        self._say("250 taken")


@contextmanager
def mail(tls: bool = False) -> Iterator[Post]:
    told = Post()
    context_ = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context_.load_cert_chain(CERTIFICATE)

    class Handler(_Conversation):
        post, context = told, context_

    Handler.tls = tls

    class Server(ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None: ...

    server = Server(("127.0.0.1", 0), Handler)
    told.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield told
    finally:
        if told.silent is not None:
            told.silent.set()
        server.shutdown()
        server.server_close()


def nobody() -> int:
    """A port at which nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
