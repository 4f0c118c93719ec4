"""
Where a person's browser ends up after X has asked for consent: a server on 127.0.0.1, for a few minutes and for one answer.

It tells nobody anything but a few words. What it is asked is neither logged nor shown: the code is in it.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from bot.config import Secret
from bot.errors import BadInput, Later, Rejected
from bot.publishers._x.consent import PATH, Answer

if TYPE_CHECKING:
    from types import TracebackType

_HOST: Final = "127.0.0.1"
_SILENT_S: Final = 5
"""Browsers open connections they never use."""

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Threadmill</title>
<style>
:root { color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif; }
body { margin: 15vh auto; max-width: 34rem; padding: 0 1.5rem; }
h1 { font-size: 1.5rem; }
</style>
</head>
<body><h1>%s</h1><p>%s</p></body>
</html>
"""
_AGREED: Final = (
    "You agreed",
    "Threadmill has X's answer and asks for its tokens now. The terminal says how that went; you can close this page.",
)
_REFUSED: Final = (
    "Not logged in",
    "X sent no permission along. Nothing was stored. The terminal says why, and what to do; you can close this page.",
)
_TURNED_AWAY: Final = (
    "This is no answer to the login under way",
    "Threadmill waits for another one. Open the address that it printed in the terminal, and agree there.",
)
_NOTHING: Final = ("Nothing is here", "Threadmill waits here for X's answer to a login, and has nothing else to show.")


class Callback:
    """The server, from when it is made until its block ends. `judge` says what an address means that a browser comes with."""

    def __init__(self, port: int, judge: Callable[[str], Answer]) -> None:
        """
        Raises:
            BadInput: the port cannot be listened on.
        """
        self._answers: SimpleQueue[Answer] = SimpleQueue()
        self._judge = judge
        self.turned_away = 0
        try:
            self._server = _Server((_HOST, port), self._handler())
        except (OSError, OverflowError) as error:
            problem = getattr(error, "strerror", None) or "it is no port"
        else:
            return
        raise BadInput(
            f"nothing can listen at {_HOST}:{port}: {problem}; another program or another threadmill login has the port; end "
            "that, or name another port with --port and add its callback address to the app's at console.x.com, or log in with "
            "--paste"
        )

    def __enter__(self) -> Callback:
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float) -> Answer | None:
        """The first answer to the login under way; None if there is none in time."""
        try:
            return self._answers.get(timeout=seconds)
        except Empty:
            return None

    def _answer(self, target: str) -> tuple[int, tuple[str, str], Answer | None]:
        """Status, words, and what to hand on."""
        if target.partition("?")[0] != PATH:
            return 404, _NOTHING, None
        answer = self._judge(target)
        if isinstance(answer, Secret):
            return 200, _AGREED, answer
        if isinstance(answer, Rejected | Later):
            return 200, _REFUSED, answer
        self.turned_away += 1
        return 400, _TURNED_AWAY, None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answered, answers = self._answer, self._answers

        class Handler(BaseHTTPRequestHandler):
            timeout = _SILENT_S
            server_version, sys_version = "threadmill", ""

            def do_GET(self) -> None:
                status, words, answer = answered(self.path)
                try:
                    self._show(status, words)
                finally:
                    if answer is not None:
                        answers.put(answer)

            def _show(self, status: int, words: tuple[str, str]) -> None:
                page = (_PAGE % words).encode()
                self.send_response(status)
                for name, value in _HEADERS.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
                self._show(code, _NOTHING)  # the library's page repeats what it was asked

            def log_message(self, *_: object) -> None: ...

        return Handler


_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Connection": "close",
}


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def handle_error(self, *_: object) -> None:
        """A browser that went away; the library would print what it was asked."""
