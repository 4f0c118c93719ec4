"""
The session under those who ask over HTTP: no cookies, no passwords from ~/.netrc, no redirects, and a watch on every request.

A time-out of a socket counts from byte to byte, so that a server may drip headers, chunk sizes or trailers for ever. The watch
shuts the connection when the whole exchange takes too long.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Any, Final

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from bot import __version__

_thread = threading.local()


class Watch:
    """Shuts the connection this thread uses inside the `with` block once `seconds` are over; `fired` tells whether it did."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True
        self._connection: HTTPConnection | None = None
        self._socket: socket.socket | None = None
        self.fired = False

    def __enter__(self) -> Watch:
        _thread.watch = self
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._timer.cancel()
        _thread.watch = None

    def on(self, connection: HTTPConnection) -> None:
        """Watch this connection; its socket is remembered, for the library forgets it while a body is still read from it."""
        self._connection = connection
        self._socket = connection.sock or self._socket
        if self.fired:
            self._shut()

    def _shut(self) -> None:
        self.fired = True
        open_socket = (self._connection.sock if self._connection else None) or self._socket
        if open_socket is not None:
            with suppress(OSError):  # it is closed already
                open_socket.shutdown(socket.SHUT_RDWR)


class _Watching(HTTPConnection):
    def connect(self) -> None:
        _watch(self)
        super().connect()
        _watch(self)

    def request(self, *arguments: Any, **named: Any) -> None:
        _watch(self)
        super().request(*arguments, **named)
        _watch(self)


class _WatchingTLS(_Watching, HTTPSConnection):
    """The same watch over TLS: the library's own connect comes next in line."""


def _watch(connection: HTTPConnection) -> None:
    watch: Watch | None = getattr(_thread, "watch", None)
    if watch is not None:
        watch.on(connection)


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Watching


class _TLSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _WatchingTLS


_POOLS: Final = {"http": _Pool, "https": _TLSPool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **named: Any) -> urllib3.ProxyManager:
        manager: urllib3.ProxyManager = super().proxy_manager_for(proxy, **named)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class Session(requests.Session):
    """
    Sends one request and hands back the response with its body unread.

    `contact` goes into the User-Agent; `connections` is how many may be open together.
    """

    def __init__(self, contact: str, connections: int) -> None:
        super().__init__()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers.update(
            {"User-Agent": f"threadmill/{__version__} ({contact or 'no contact given'})", "Accept-Encoding": "gzip"}
        )
        adapter = _Adapter(pool_maxsize=connections)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: requests would read the body of a redirect whole, however long, even if it is not to follow."""


def no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """What to give as `auth`: without any, requests sends a password of ~/.netrc along."""
    return request


def trouble(error: BaseException, connect_s: float, read_s: float) -> str:
    """A failure of the connection in words of our own: the library's hold the address, and with it the key."""
    said = f"{error!r}"
    for sign, words in _TROUBLES:
        if sign in said:
            return words.format(connect_s=connect_s, read_s=read_s)
    return f"could not be asked ({type(error).__name__})"


_NOWHERE: Final = "cannot be found: there is no network, or its name is wrong"
_REFUSED: Final = "refuses the connection"
_UNTRUSTED: Final = "has a certificate that is not trusted"
_NO_ADDRESS: Final = "has an address that is none"
LASTING: Final = (_NOWHERE, _REFUSED, _UNTRUSTED, _NO_ADDRESS)
"""Troubles that do not pass while one waits a few seconds."""
_TROUBLES: Final = (
    ("ConnectTimeout", "did not take the connection in {connect_s:g} s"),
    ("timed out", "was silent for {read_s:g} s"),
    ("Timeout", "was silent for {read_s:g} s"),
    ("NameResolution", _NOWHERE),
    ("Name or service", _NOWHERE),
    ("CERTIFICATE", _UNTRUSTED),
    ("InvalidURL", _NO_ADDRESS),
    ("LocationParse", _NO_ADDRESS),
    ("SSL", "could not be reached over TLS"),
    ("IncompleteRead", "broke off in the middle of its reply"),
    ("refused", _REFUSED),
    ("reset", "broke the connection"),
    ("RemoteDisconnected", "closed the connection without an answer"),
)
