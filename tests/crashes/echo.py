"""A server in X's place that repeats in its answers what it was sent: a key, or the head of the request."""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import quote

STATUSES: Final = (200, 201, 302, 400, 401, 402, 403, 404, 407, 413, 429, 500, 503)
FORMS: Final = ("plain", "quoted", "small", "form", "base64", "head", "html", "list")


def repeated(form: str, secret: str) -> str:
    """A secret as a server may write it."""
    quoted = quote(secret, safe="")
    return {
        "quoted": quoted,
        "small": re.sub("%..", lambda found: found[0].lower(), quoted),
        "form": html.escape(secret),
        "base64": base64.b64encode(secret.encode()).decode(),
    }.get(form, secret)


@contextmanager
def an_echo(secrets: Sequence[str]) -> Iterator[str]:
    """Its address. /401/quoted/2 below it answers 401 and repeats the third of them quoted, whatever is asked for below that."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            _, status, form, which, *_ = self.path.removeprefix("http://x.invalid").split("/")
            head = self.headers.get("Authorization", "")
            told = head if form == "head" else repeated(form, secrets[int(which)])
            self.send_response_only(int(status))
            self.send_header("X-Echo", told)
            self.send_header("WWW-Authenticate", head)
            self.send_header("Location", f"https://127.0.0.1:1/?{told}")
            self.send_header("Set-Cookie", f"session={told}")
            self.send_header("x-rate-limit-reset", told)
            body = _body(form, told).encode()
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_DELETE = do_GET  # noqa: N815

        def do_CONNECT(self) -> None:
            self.send_response(407, f"who is {self.headers['Proxy-Authorization']}")
            self.send_header("Proxy-Authenticate", self.headers["Proxy-Authorization"])
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _body(form: str, told: str) -> str:
    problem = {"title": "No", "detail": f"{told} is not known", "message": f"who is {told}?", "reason": told, "type": told}
    if form == "html":
        return f"<html><title>{told}</title></html>"
    return json.dumps([problem] if form == "list" else {"errors": [problem], **problem})
