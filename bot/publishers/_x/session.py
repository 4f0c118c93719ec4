"""
The session under X: signs for the address that is really asked, never waits for ever, and knows what became of each request.

tweepy 4.17 calls its session with a fixed address and without a time-out, and its errors hide most of what X says. So whatever
happens in a request is written into an `Exchange` while it happens: whether a byte of it may have left this machine, and status,
headers and body of the answer. What follows is decided from that alone.
"""

from __future__ import annotations

import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final, TypeAlias

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from bot import __version__
from bot.errors import BadInput

Auth: TypeAlias = Callable[[requests.PreparedRequest], requests.PreparedRequest]
"""Signs a request as it will be sent: the only thing that knows keys."""

TWEEPYS_HOST: Final = "https://api.twitter.com"
"""A local variable of tweepy's BaseClient.request, in front of every path it asks for."""

_LONGEST_BODY: Final = 8 * 1024 * 1024
"""A page of a hundred posts takes 60 kB."""

_LOUD: Final = ("tweepy", "oauthlib", "requests_oauthlib", "urllib3", "requests")
"""At DEBUG, oauthlib prints the signature and requests_oauthlib the Authorization header; tweepy prints a bearer token."""


@dataclass(frozen=True)
class Patience:
    """How long one request may take, in seconds: to connect, between two bytes of the answer, and in all."""

    connect_s: float = 10
    read_s: float = 30
    whole_s: float = 90


class Exchange:
    """What became of one request. `status` is 0 if there was no answer; `whole` is False if its body broke off."""

    def __init__(self, read_s: float, whole_s: float) -> None:
        self.connecting = False
        self.sent = False
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.body = b""
        self.whole = True
        self._read_s = read_s
        self._until = time.time() + whole_s  # also by the clock on the wall: a machine that sleeps stops the others
        self._over = False
        self._socket: socket.socket | None = None

    def connected(self, connection: HTTPConnection) -> None:
        """Watch this connection; its socket is remembered, for the library forgets it while a body is still read from it."""
        self._socket = connection.sock
        if self._over:
            self.end()

    def sending(self, connection: HTTPConnection) -> None:
        """A piece of the request is about to leave: from here on nobody can say that it did not arrive."""
        if self._over or time.time() > self._until:
            raise TimeoutError("the time for this exchange is over")
        if connection.sock is not None:
            connection.sock.settimeout(self._read_s)  # sendall counts the time for the whole picture, not for a packet
        self.connecting = self.sent = True

    def end(self) -> None:
        """Shut the connection because the time is over; a time-out of the socket counts from byte to byte only."""
        self._over = True
        if self._socket is not None:
            with suppress(OSError):  # it is closed already
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # SSLSocket's own would go on reading without TLS

    def answered(self, response: requests.Response) -> None:
        """Take the answer, as much of its body as arrives."""
        self.status, self.headers = response.status_code, response.headers
        body = bytearray()
        try:
            while piece := response.raw.read1(65536, decode_content=True):
                body += piece
                if len(body) > _LONGEST_BODY:
                    self.whole = False
                    break
        except Exception:  # whatever broke it: the status has arrived, and what it means is decided elsewhere
            self.whole = False
        response.close()
        self.whole = self.whole and not self._over
        self.body = bytes(body)
        response._content = self.body  # tweepy asks the response for it
        response._content_consumed = True  # type: ignore[attr-defined]


_current: ContextVar[Exchange | None] = ContextVar("exchange with X", default=None)


class _Watched(HTTPConnection):
    debuglevel = 0  # http.client prints whole requests when its own is raised
    _dialling = False

    def connect(self) -> None:
        with _dialled(self):
            super().connect()

    def send(self, data: Any) -> None:
        _send(self)
        super().send(data)


class _WatchedTLS(HTTPSConnection):
    debuglevel = 0
    _dialling = False

    def connect(self) -> None:
        with _dialled(self):
            super().connect()

    def send(self, data: Any) -> None:
        _send(self)
        super().send(data)


@contextmanager
def _dialled(connection: _Watched | _WatchedTLS) -> Iterator[None]:
    """While it connects, what is sent goes to a proxy or belongs to TLS: none of the request."""
    exchange = _current.get()
    if exchange is not None:
        exchange.connecting = True
    connection._dialling = True
    try:
        yield
    finally:
        connection._dialling = False
    if exchange is not None:
        exchange.connected(connection)


def _send(connection: _Watched | _WatchedTLS) -> None:
    if connection._dialling:
        return
    if connection.sock is None:
        connection.connect()
    exchange = _current.get()
    if exchange is not None:
        exchange.sending(connection)


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Watched


class _TLSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _WatchedTLS


_POOLS: Final = {"http": _Pool, "https": _TLSPool}


class _Adapter(HTTPAdapter):
    """Only connections that are watched, also those through a proxy."""

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        if proxy.lower().startswith("socks"):
            raise BadInput("the proxy variables name a SOCKS proxy, through which X is not asked; name an http proxy instead")
        manager = super().proxy_manager_for(proxy, **named)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class Session(requests.Session):
    """
    Sends requests to X, signed, each over a connection of its own.

    A connection kept open may be closed by the other side just when the next post is sent, whose fate would then be open for no
    good reason. No redirects, no cookies; with `auth` given, requests looks for no password in ~/.netrc.
    """

    def __init__(self, base_url: str, auth: Auth, patience: Patience) -> None:
        super().__init__()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = _Adapter(max_retries=0)
        self.mount("https://", adapter)
        self.mount("http://", adapter)
        self._base_url, self._auth, self._patience = base_url.rstrip("/"), auth, patience

    @contextmanager
    def exchange(self) -> Iterator[Exchange]:
        """What becomes of the one request inside the block; its time is limited, and nobody logs it."""
        _hush()
        exchange = Exchange(self._patience.read_s, self._patience.whole_s)
        timer = threading.Timer(self._patience.whole_s, exchange.end)
        timer.daemon = True
        timer.start()
        before = _current.set(exchange)
        try:
            yield exchange
        finally:
            _current.reset(before)
            timer.cancel()
            self.close()  # not every server keeps to "Connection: close", or does so before the next request

    def once(self, send: Callable[[], object]) -> Exchange:
        """
        What became of the one request `send` makes.

        The errors of the libraries hold the signed request: they are dropped here whole, and nothing is raised while one of them
        is at hand, for it would stay reachable from ours.

        Raises:
            BadInput: no connection can even be tried; nothing was sent.
        """
        with self.exchange() as exchange:
            try:
                send()
            except BadInput:
                raise
            except Exception as error:
                if not exchange.connecting and not isinstance(error, OSError):
                    raise  # nothing was sent and no network was touched: a defect
        if not exchange.connecting and not exchange.status:
            raise BadInput(
                "X_API_BASE_URL, a proxy variable or REQUESTS_CA_BUNDLE is nothing a connection can be made with; nothing was "
                "sent. Unset them, or set them to what exists"
            )
        return exchange

    def request(self, method: str | bytes, url: str | bytes, *arguments: Any, **named: Any) -> requests.Response:
        exchange = _current.get()
        if exchange is None:
            raise RuntimeError("X is asked inside `with session.exchange()` only")
        named |= {
            "headers": {
                "User-Agent": f"threadmill/{__version__}", "Accept": "application/json", "Accept-Encoding": "identity",
                "Connection": "close",
            },
            "auth": self._auth, "timeout": (self._patience.connect_s, self._patience.read_s),
            "allow_redirects": False, "stream": True,
        }  # fmt: skip
        response = super().request(method, self._address(str(url)), *arguments, **named)
        exchange.answered(response)
        return response

    def _address(self, url: str) -> str:
        """Before it is signed: a signature for another address is refused by X."""
        path = url.removeprefix(TWEEPYS_HOST)
        if not path.startswith("/2/"):
            raise ValueError("only X's own paths are asked for")
        return self._base_url + path

    def merge_environment_settings(self, url: Any, *arguments: Any, **named: Any) -> Any:
        """What is asked of this machine goes through no proxy: a rehearsal leaves the machine nowhere."""
        settings = super().merge_environment_settings(url, *arguments, **named)
        if re.match(r"https?://(127\.0\.0\.1|localhost|\[::1\])[:/]", str(url)):
            settings["proxies"] = {}
        return settings

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: requests would prepare the next request even if it is not to follow."""


def _hush() -> None:
    """The loggers that exist by now; a filter stays whatever level somebody sets afterwards."""
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] in _LOUD:
            logging.getLogger(name).addFilter(_quiet)


def _quiet(record: logging.LogRecord) -> bool:
    """Nothing below a warning while X is asked; other users of these libraries keep their logs."""
    return record.levelno >= logging.WARNING or _current.get() is None
