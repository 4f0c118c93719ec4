"""Who asks, by OAuth 2.0: bearer tokens of an account, each as far as its scopes go."""

from __future__ import annotations

from typing import Final, NamedTuple

from bot.rehearsal.scopes import SCOPES

BEARER: Final = "fakeBearerToken"
"""An OAuth 2.0 user token of the first account with every scope."""


class Grant(NamedTuple):
    """What somebody may do: act for an account, as far as the scopes go. `access_level` is that of an OAuth 1.0a token."""

    account_id: str
    scopes: frozenset[str]
    access_level: str = ""


class Tokens:
    """The tokens that are heard."""

    def __init__(self, account_id: str) -> None:
        self._grants = {BEARER: Grant(account_id, SCOPES)}

    def new(self, grant: Grant) -> str:
        token = f"{BEARER}{len(self._grants)}"
        self._grants[token] = grant
        return token

    def grant(self, token: str) -> Grant | None:
        return self._grants.get(token)
