"""
X: what it allows and costs as data, and the account threads are posted to.

Permanent are refusals: keys, credits, permissions, the account, the text itself. Passing are limits of requests, a parent not
visible yet, and everything that surely was not sent. A post's fate is open after a time-out, a broken connection, a failure of X,
an answer that cannot be read, and a refusal as a duplicate: X has no idempotency key. `_x/answers.py` is the table of all this.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from bot.config import Secret
from bot.domain.access import Access, Identity
from bot.errors import BadInput
from bot.publishers._x import credentials, tokens
from bot.publishers._x.account import Network, checked_id
from bot.publishers._x.credentials import Credentials
from bot.publishers._x.limits import LIMITS

if TYPE_CHECKING:
    from pathlib import Path

    from bot.publishers._x.login import Door
    from bot.publishers._x.session import Patience

__all__ = ["LIMITS", "access", "door", "network", "url"]


def url(remote_id: str) -> str:
    """Where a person sees a post. Works without the account's name, which no call is made for."""
    return f"https://x.com/i/web/status/{checked_id(remote_id)}"


def network(
    keys: Mapping[str, Secret],
    base_url: str,
    clock: Callable[[], dt.datetime],
    patience: Patience | None = None,
    *,
    home: Path | None = None,
    client_id: str = "",
) -> Network:
    """
    The account of the login stored under `home`, or else of the four OAuth 1.0a keys, asked at `base_url`. Nothing is asked yet.

    Raises:
        BadInput: there is neither, a key is none, or the two belong to different accounts.
    """
    found = credentials.find(keys, base_url, home, client_id, clock)
    names = credentials.missing(keys)
    if found.tokens is None and names:
        raise BadInput(
            f"{_listed(names)} {'is' if len(names) == 1 else 'are'} not set, and there is no login, without which nobody can "
            "post to X; create an app at console.x.com and set its permission to Read and write. Then either generate consumer "
            "keys, then access token and secret, and put all four into the environment or .env; or put its Client ID into "
            "X_CLIENT_ID and run threadmill login x"
        )
    from bot.publishers._x.session import Patience

    patience = patience or Patience()
    if found.tokens is None or found.drawer is None:
        return _account(credentials.Keys(keys), base_url, clock, patience)
    login = credentials.Login(found.drawer, found.tokens, keys.get("X_CLIENT_SECRET"), clock, _hasty(patience))
    return _account(login, base_url, clock, patience)


def access(
    keys: Mapping[str, Secret], base_url: str, clock: Callable[[], dt.datetime], *, home: Path, client_id: str
) -> Access | None:
    """
    What `network` would use, None if there is nothing.

    Raises:
        BadInput: as `network`, but for what is missing.
    """
    return credentials.find(keys, base_url, home, client_id, clock).access


def door(
    keys: Mapping[str, Secret],
    base_url: str,
    clock: Callable[[], dt.datetime],
    patience: Patience | None = None,
    *,
    home: Path,
    client_id: str,
) -> Door:
    """Where logins come in."""
    from bot.publishers._x import login
    from bot.publishers._x.session import Patience

    patience = patience or Patience()
    drawer = tokens.Drawer(home, base_url, clock)
    verify: Callable[[Credentials], Identity] = lambda fresh: _account(fresh, base_url, clock, patience).verify()  # noqa: E731
    return login.Door(keys, base_url, drawer, client_id, clock, _hasty(patience), verify)


def _hasty(patience: Patience) -> Patience:
    """For the token endpoint: a call and the renewal before it end within the time of one call."""
    from bot.publishers._x.grants import TOKEN_PATIENCE

    return TOKEN_PATIENCE if patience.whole_s > TOKEN_PATIENCE.whole_s else patience


def _account(signer: Credentials, base_url: str, clock: Callable[[], dt.datetime], patience: Patience) -> Network:
    import requests
    import tweepy  # type: ignore[import-untyped]

    from bot.publishers._x.session import Session

    session = Session(base_url, signer, patience)
    # The session signs with its own auth, so tweepy is given no key: it keeps and logs what it has.
    client = tweepy.Client("", "", "", "", "", return_type=requests.Response, wait_on_rate_limit=False)
    client.session = session
    return Network(client, session, clock, signer, patience.whole_s)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
