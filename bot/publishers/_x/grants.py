"""
X's token endpoint, POST /2/oauth2/token: what gives tokens for a code, for a refresh token, or for OAuth 1.0a keys.

A plain form on the session everything else goes through. tweepy's OAuth2UserHandler is not used: it raises after X has already
replaced the tokens whenever the scopes are not those that were asked for, and the new ones are lost with it.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from bot.config import Secret
from bot.publishers._x.answers import Call, document, failure
from bot.publishers._x.session import Patience, Session
from bot.publishers._x.tokens import SHAPE

if TYPE_CHECKING:
    import requests

SCOPES: Final = ("tweet.read", "tweet.write", "users.read", "media.write", "offline.access")
"""To post, with pictures; to find out who posts and what is there; to go on without a person."""

TOKEN_PATIENCE: Final = Patience(connect_s=10, read_s=30, whole_s=40)
"""An answer that is not waited for takes new tokens with it; one that takes longer than this does not come."""

_USUAL_S: Final = 7200
"""An access token is good for two hours."""
_LONGEST_S: Final = 90 * 24 * 3600


_Form: TypeAlias = Mapping[str, str | Secret]


@dataclass(frozen=True)
class App:
    """The app that asks: its client id, and the secret that only confidential apps have (Automated App or bot, Web App)."""

    client_id: str
    secret: Secret | None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Signs as RFC 6749 says for apps with a secret. The id is in the form too: some have been refused without it."""
        if self.secret is not None:
            known = base64.b64encode(f"{self.client_id}:{self.secret.reveal()}".encode()).decode()
            request.headers["Authorization"] = f"Basic {known}"
        return request


@dataclass(frozen=True)
class Granted:
    """What the endpoint gave. `refresh` is None, and `scopes` empty, where it says nothing of them: they are as before."""

    access: Secret
    refresh: Secret | None
    expires_at: dt.datetime
    scopes: tuple[str, ...]


def refresh(app: App, base_url: str, token: Secret, now: dt.datetime, patience: Patience) -> Granted:
    """
    A new pair for a refresh token, which is used up by it.

    Raises:
        Rejected: X knows the token or the app no more. Later: no answer, or none that can be read; the token may be used up.
    """
    return _granted("refresh", app, base_url, {"grant_type": "refresh_token", "refresh_token": token}, now, patience)


def redeem(
    app: App, base_url: str, code: Secret, verifier: Secret, redirect_uri: str, now: dt.datetime, patience: Patience
) -> Granted:
    """
    A pair for the code a person's browser brought back, within 30 seconds.

    Raises:
        Rejected, Later: as above, of the code.
    """
    form: _Form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    return _granted("code", app, base_url, form, now, patience)


def exchange(app: App, base_url: str, token: Secret, token_secret: Secret, now: dt.datetime, patience: Patience) -> Granted:
    """
    A pair for an OAuth 1.0a access token, which stays good; a pair exchanged earlier does not (docs.x.com, September 2026).

    Raises:
        Rejected, Later: as above, of the keys.
    """
    form: _Form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:x:params:oauth:token-type:oauth1_token",
        "subject_token": token,
        "oauth_token_secret": token_secret,
    }
    return _granted("exchange", app, base_url, form, now, patience)


def _granted(call: Call, app: App, base_url: str, form: _Form, now: dt.datetime, patience: Patience) -> Granted:
    session = Session(base_url, app, patience)
    answer = session.once(lambda: session.request("POST", "/2/oauth2/token", data=_revealed(form) | {"client_id": app.client_id}))
    if 200 <= answer.status < 300:
        with suppress(LookupError, TypeError, ValueError):
            return _read(document(answer.body), now)
    hidden = [value for value in (*form.values(), app.secret) if isinstance(value, Secret)]
    raise failure(call, answer, now, [one.reveal() for one in hidden])


def _revealed(form: _Form) -> dict[str, str]:
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in form.items()}


def _read(answer: Mapping[str, object], now: dt.datetime) -> Granted:
    """What is needed must be there; what is only told (how long, what for) never costs the tokens."""
    seconds, scopes, token = answer.get("expires_in"), answer.get("scope"), answer.get("refresh_token")
    if not isinstance(seconds, int) or not 0 < seconds <= _LONGEST_S:
        seconds = _USUAL_S
    return Granted(
        access=_token(answer["access_token"]),
        refresh=None if token is None else _token(token),
        expires_at=now + dt.timedelta(seconds=seconds),
        scopes=tuple(re.findall(r"(?<!\S)[a-z.]{1,50}(?!\S)", scopes)) if isinstance(scopes, str) else (),
    )


def _token(value: object) -> Secret:
    if not isinstance(value, str) or not re.fullmatch(SHAPE, value):
        raise TypeError("no token")
    return Secret(value)
