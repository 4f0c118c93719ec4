"""Who asks, by OAuth 1.0a: requests signed with the keys of an app and an account."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, unquote

from bot.rehearsal.accounts import Account, Keys
from bot.rehearsal.asked import Asked

SIGNED_WITHIN_S: Final = 300
"""How far a timestamp may be from X's clock: ours, X does not say; n-t-a#556 has seen skew refused."""


class Signatures:
    """Checks signatures and remembers nonces: a signed request is heard once."""

    def __init__(self, accounts: Mapping[str, Account]) -> None:
        self._accounts = accounts
        self._nonces: set[tuple[str, str, str]] = set()

    def account(self, asked: Asked, clock_skew_s: float) -> Account | None:
        """Whose signature this is; None if it is none, or wrong, or too old, or was here before."""
        _, _, rest = asked.headers.get("authorization", "").partition(" ")
        said = {unquote(name): unquote(value) for name, value in re.findall(r'([^=,\s]+)="([^"]*)"', rest)}
        account = next((each for each in self._accounts.values() if each.keys.access_token == said.get("oauth_token")), None)
        if account is None or said.get("oauth_consumer_key") != account.keys.consumer_key:
            return None
        if not hmac.compare_digest(said.get("oauth_signature", ""), signature(account.keys, asked, said)):
            return None
        # oauthlib signs with this machine's time, which no test can set; so X's clock is that one here, plus its skew
        stamp = said.get("oauth_timestamp", "")
        if not stamp.isdigit() or abs(time.time() + clock_skew_s - int(stamp)) > SIGNED_WITHIN_S:
            return None
        once = (account.id, stamp, said.get("oauth_nonce", ""))
        if once in self._nonces:
            return None
        self._nonces.add(once)
        return account


def signature(keys: Keys, asked: Asked, said: Mapping[str, str]) -> str:
    """The signature this request must have (RFC 5849, 3.4; HMAC-SHA1). Bodies that are no simple form are not signed."""
    parameters = [*asked.query, *((name, value) for name, value in said.items() if name not in ("oauth_signature", "realm"))]
    if asked.kind == "application/x-www-form-urlencoded":
        parameters += parse_qsl(asked.raw.decode(), keep_blank_values=True)
    pairs = sorted((_escaped(name), _escaped(value)) for name, value in parameters)
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join(_escaped(each) for each in (asked.method, f"http://{asked.host.lower()}{asked.path}", joined))
    key = f"{_escaped(keys.consumer_secret)}&{_escaped(keys.access_token_secret)}"
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()


def _escaped(value: str) -> str:
    return quote(value, safe="~")
