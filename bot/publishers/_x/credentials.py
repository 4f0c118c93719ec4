"""
What requests to X are signed with: an app's and an account's OAuth 1.0a keys, or an OAuth 2.0 login. Two kinds, one interface.

The keys hold until they are revoked. A login's access token holds for two hours, and is renewed with a refresh token that is good
once (docs.x.com, September 2026): `tokens` says how what replaces it is not lost on this side. If the answer to a renewal is
lost, the same one may be asked for again: if X had replaced the token by then, nobody holds the new one anyhow.
"""

from __future__ import annotations

import datetime as dt
import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from bot.config import Secret
from bot.domain.access import Access
from bot.errors import BadInput, Later
from bot.publishers._x.tokens import Drawer, Tokens

if TYPE_CHECKING:
    import requests

    from bot.publishers._x.grants import Granted
    from bot.publishers._x.session import Patience

KEYS: Final = ("X_CONSUMER_KEY", "X_CONSUMER_SECRET", "X_ACCESS_TOKEN", "X_ACCESS_TOKEN_SECRET")
"""The variables that hold an app's and an account's OAuth 1.0a keys."""

_EARLY: Final = dt.timedelta(minutes=5)
"""With less than this left, an access token is renewed before it is used."""
_FRESH: Final = dt.timedelta(minutes=1)
"""A token that is refused right after X gave it is not made better by another one."""
_AGAIN: Final = dt.timedelta(minutes=1)
"""After a renewal that failed, the old token is used so long before the next try."""
LOCK_S: Final = 45
"""Longer than another process's renewal takes."""


class Credentials(Protocol):
    """Signs requests for one account."""

    @property
    def account(self) -> str:
        """The account's number, without a call."""
        ...

    @property
    def is_login(self) -> bool:
        """Whether this is an OAuth 2.0 login."""
        ...

    @property
    def scopes(self) -> Sequence[str] | None:
        """What a login may do; None of keys, which do not say."""
        ...

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request as it will be sent, signed."""
        ...

    def ready(self) -> None:
        """
        Before a request: what signs it holds for the next minutes.

        Raises:
            Rejected, Later, BadInput: it does not, and could not be renewed. Nothing was sent but the request for tokens.
        """
        ...

    def renew(self) -> bool:
        """
        After a 401: whether there is something new to sign with, so that the same request may be sent once more.

        Raises:
            Rejected, Later, BadInput: as above.
        """
        ...

    def secrets(self) -> Sequence[str]:
        """What no message may show."""
        ...


class Keys:
    """The four OAuth 1.0a keys."""

    is_login = False
    scopes = None

    def __init__(self, keys: Mapping[str, Secret]) -> None:
        import tweepy  # type: ignore[import-untyped]

        self._keys = {name: keys[name] for name in KEYS}
        self.account = account_of(keys)
        self._sign = tweepy.OAuth1UserHandler(*(key.reveal() for key in self._keys.values())).apply_auth()

    def __repr__(self) -> str:
        return f"Keys(account={self.account!r})"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        signed: requests.PreparedRequest = self._sign(request)
        return signed

    def ready(self) -> None:
        """They hold."""

    def renew(self) -> bool:
        """Only a person can."""
        return False

    def secrets(self) -> Sequence[str]:
        return [key.reveal() for key in self._keys.values()]


class Login:
    """An OAuth 2.0 login: renews itself, for all processes that use it, and keeps what it gets before it signs with it."""

    is_login = True

    def __init__(
        self, drawer: Drawer, tokens: Tokens, secret: Secret | None, clock: Callable[[], dt.datetime], patience: Patience
    ) -> None:
        self._drawer, self._tokens, self._secret, self._clock, self._patience = drawer, tokens, secret, clock, patience
        self._not_before: dt.datetime | None = None

    def __repr__(self) -> str:
        return f"Login(account={self.account!r})"

    @property
    def account(self) -> str:
        return self._tokens.account

    @property
    def scopes(self) -> Sequence[str]:
        return self._tokens.scopes

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._tokens.access.reveal()}"
        return request

    def ready(self) -> None:
        now = self._clock()
        left = self._tokens.expires_at - now
        lasts = left > dt.timedelta(0)
        if left > _EARLY or (lasts and self._not_before is not None and now < self._not_before):
            return
        try:
            self._renew()
        except Later:
            if not lasts:
                raise
            self._not_before = now + _AGAIN

    def renew(self) -> bool:
        kept = self._drawer.read()
        if kept is not None and kept.account == self.account and kept.access != self._tokens.access:
            self._tokens = kept  # another process has renewed it, or a person has logged in anew
            return True
        if abs(self._clock() - self._tokens.renewed_at) < _FRESH:
            return False
        self._renew()
        return True

    def secrets(self) -> Sequence[str]:
        hidden = (self._tokens.access, self._tokens.refresh, self._secret)
        return [one.reveal() for one in hidden if one is not None]

    def _renew(self) -> None:
        """A pair nobody has used, from whoever else renewed it meanwhile or from X."""
        from bot.publishers._x import grants

        with self._drawer.alone(LOCK_S):
            kept = self._kept()
            if kept.access != self._tokens.access and kept.expires_at - self._clock() > _EARLY:
                self._tokens = kept
                return
            app = grants.App(kept.client_id, self._secret)
            with self._drawer.room() as keep, undisturbed():
                now = self._clock()
                granted = grants.refresh(app, kept.api, kept.refresh, now, self._patience)
                renewed = renewal(kept, granted, now)
                keep(renewed)
            self._tokens = renewed

    def _kept(self) -> Tokens:
        """What is stored by now, which must still be a login of the same account: threads are not mixed."""
        kept = self._drawer.read()
        if kept is None or kept.account != self.account:
            became = "was removed" if kept is None else "became another account's"
            raise BadInput(
                f"the stored login {became} while it was used; a person did that with threadmill login; see what threadmill "
                "check says, then run the same command again"
            )
        return kept


class Fresh:
    """A login X has just given, of whom nobody knows yet: it signs, and is stored or dropped."""

    is_login = True
    account = ""

    def __init__(self, granted: Granted, scopes: Sequence[str]) -> None:
        self._granted, self.scopes = granted, scopes

    def __repr__(self) -> str:
        return "Fresh()"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._granted.access.reveal()}"
        return request

    def ready(self) -> None:
        """It has just begun."""

    def renew(self) -> bool:
        """What replaces it could not be stored."""
        return False

    def secrets(self) -> Sequence[str]:
        return [one.reveal() for one in (self._granted.access, self._granted.refresh) if one is not None]


def renewal(before: Tokens, granted: Granted, now: dt.datetime) -> Tokens:
    """The login with what X gave for it; what X did not mention is as before (RFC 6749, section 6)."""
    return replace(
        before,
        access=granted.access,
        refresh=granted.refresh or before.refresh,
        expires_at=granted.expires_at,
        renewed_at=now if granted.refresh else before.renewed_at,
        scopes=granted.scopes or before.scopes,
    )


@dataclass(frozen=True)
class Found:
    """What there is to sign with: a stored login, which goes first, or the four keys."""

    drawer: Drawer | None
    tokens: Tokens | None
    keys: Mapping[str, Secret]

    @property
    def access(self) -> Access | None:
        """What a person is told of it; None if there is nothing."""
        if self.tokens is not None and self.drawer is not None:
            return told(self.drawer, self.tokens)
        return Access("keys", account_of(self.keys)) if not missing(self.keys) else None


def find(keys: Mapping[str, Secret], base_url: str, home: Path | None, client_id: str, clock: Callable[[], dt.datetime]) -> Found:
    """
    The credentials for an address of the API. Nothing is asked.

    Raises:
        BadInput: a key is none, the stored login cannot be used, or the two belong to different accounts or apps.
    """
    drawer = None if home is None else Drawer(home, base_url, clock)
    tokens = None if drawer is None else drawer.read()
    found = Found(drawer, tokens, keys)
    if tokens is None:
        return found
    over_tls(base_url)
    if client_id and client_id != tokens.client_id:
        raise BadInput(
            f"X_CLIENT_ID is another app's than the one the stored login of @{tokens.username} was made with, which only that "
            "one can renew; the app was changed, or the login copied; set X_CLIENT_ID to that app's, or remove the login with "
            "threadmill login x --forget and log in again"
        )
    if not missing(keys) and (owner := account_of(keys)) != tokens.account:
        raise BadInput(
            f"the four OAuth 1.0a keys are account {owner}'s, and the stored login is @{tokens.username}'s, account "
            f"{tokens.account}; nobody can tell which of the two is to post; unset the keys, or remove the login with "
            "threadmill login x --forget"
        )
    return found


def told(drawer: Drawer, tokens: Tokens) -> Access:
    """What a person is told of a login."""
    return Access(
        "login", tokens.account, tokens.username, tokens.scopes, str(drawer.path), tokens.expires_at, tokens.holds_until
    )


def missing(keys: Mapping[str, Secret]) -> list[str]:
    """The names of the keys that are not there."""
    return [name for name in KEYS if name not in keys or not keys[name].reveal().strip()]


def account_of(keys: Mapping[str, Secret]) -> str:
    """
    The number of the account four keys belong to: what stands before the hyphen of the access token, so that no call is needed.

    Raises:
        BadInput: one of them is no such key.
    """
    for name in KEYS:
        if not re.fullmatch(r"[!-~]+", keys[name].reveal()):
            raise BadInput(f"{name} holds a blank or a character no key has; copy it again, alone")
    account = re.fullmatch(r"([0-9]{1,19})-.+", keys["X_ACCESS_TOKEN"].reveal())
    if not account:
        raise BadInput(
            "X_ACCESS_TOKEN is no OAuth 1.0a access token, which begins with the account's number and a hyphen; another key "
            "stands there instead. Copy the access token from the app's page at console.x.com"
        )
    return account[1]


def over_tls(base_url: str) -> None:
    """
    A login's tokens are sent as they are: over TLS, but to servers on this machine.

    Raises:
        BadInput: they would not be.
    """
    if not re.fullmatch(r"https://.+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?(/.*)?", base_url):
        raise BadInput(
            "X_API_BASE_URL is a plain http address, over which anybody on the way could read a login's tokens; http is for "
            "this machine only. Use https, or unset it to use https://api.x.com"
        )


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait for the end of the block: tokens on their way would be lost for good. A second does not wait."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def later(number: int, frame: object) -> None:
        came.append(number)
        if len(came) > 1:
            raise KeyboardInterrupt

    for number in before:
        signal.signal(number, later)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if came:
            signal.raise_signal(came[0])
