"""One request to an address that is a secret: bounded in time, never sent on to another host, told of without its address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from bot.config import Secret
from bot.errors import Untold
from bot.parallel import within

if TYPE_CHECKING:
    from bot.wire import Session

_MOST_REDIRECTS: Final = 3
_SAME_AGAIN: Final = (307, 308)
"""The redirects that ask for the same request elsewhere; after the others a POST would become a GET without its words."""
_PASSING: Final = frozenset({408, 425, 429, *range(500, 600)})


def host(url: Secret) -> str:
    """Where an address leads, which may be shown."""
    return urlsplit(url.reveal()).netloc


def ask(name: str, variable: str, url: Secret, body: Mapping[str, object] | None, seconds: float) -> None:
    """
    GET an address, or POST JSON to it; come back once it has answered 2xx.

    Raises:
        Untold: it has not; `name` is who did not, `variable` where its address stands.
    """
    try:
        status = within(seconds, partial(_status, name, variable, url, body, seconds))
    except TimeoutError:
        raise _late(name, seconds) from None
    if 200 <= status < 300:
        return
    if status in _PASSING:
        raise Untold(f"{name} answered {status}. It may be down or busy for a while; it is tried again", permanent=False)
    raise Untold(f"{name} answered {status}: the address was probably revoked or mistyped. Mend {variable}", permanent=True)


def _late(name: str, seconds: float) -> Untold:
    return Untold(f"{name} did not answer in {seconds:g} s, and may have been told. It is tried again", permanent=False)


def _status(name: str, variable: str, url: Secret, body: Mapping[str, object] | None, seconds: float) -> int:
    import requests  # only once there is something to tell: a service that runs for months is small without it
    import urllib3

    from bot import wire

    with wire.Watch(seconds) as watch, closing(wire.Session("", 1)) as session:
        try:
            status = _followed(session, name, variable, url, body, seconds)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            if watch.fired:
                raise _late(name, seconds) from None
            trouble = wire.trouble(error, seconds, seconds)
            raise Untold(f"{name} {trouble}. It is tried again; if it stays, mend {variable}", permanent=False) from None
    if watch.fired:  # headers that end with the connection look whole when the watch has shut it
        raise _late(name, seconds)
    return status


def _followed(session: Session, name: str, variable: str, url: Secret, body: Mapping[str, object] | None, seconds: float) -> int:
    from bot import wire

    address = url.reveal()
    data = None if body is None else json.dumps(body).encode()
    for _ in range(_MOST_REDIRECTS + 1):
        response = session.request(
            "GET" if data is None else "POST",
            address,
            data=data,
            headers={} if data is None else {"Content-Type": "application/json"},
            timeout=seconds,
            stream=True,
            allow_redirects=False,
            auth=wire.no_auth,
        )
        response.close()  # the status is all that is read
        if response.status_code not in _SAME_AGAIN or "location" not in response.headers:
            return int(response.status_code)
        after = _joined(address, response.headers["location"])
        if _place(after) != _place(address):
            raise Untold(f"{name} sends us on to another place, which was not followed. Set {variable} to it", permanent=True)
        address = after
    raise Untold(f"{name} sends us in a circle. Mend {variable}", permanent=True)


def _joined(address: str, place: str) -> str:
    try:
        return urljoin(address, place)
    except ValueError:  # "http://["
        return ""


def _place(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "", ""
    return parts.scheme, parts.netloc.lower()
