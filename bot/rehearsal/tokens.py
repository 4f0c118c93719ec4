"""Who asks, by OAuth 2.0: tokens of an account, each as far as its scopes go and as long as it lives."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass
from typing import Final, NamedTuple

from bot.rehearsal.clock import Clock
from bot.rehearsal.scopes import OFFLINE, SCOPES

BEARER: Final = "fakeBearerToken"
"""An OAuth 2.0 user token of the first account with every scope of SCOPES; it does not end, as no token of X's."""

ACCESS_LIFE_S: Final = 7200  # docs: 2 hours
REFRESH_LIFE_S: Final = 182 * 24 * 60 * 60
"""docs oauth-1-0a-token-exchange (2026-09): "valid for about 6 months"; the very day is ours."""


class Grant(NamedTuple):
    """What somebody may do: act for an account, as far as the scopes go. `access_level` is that of an OAuth 1.0a token."""

    account_id: str
    scopes: frozenset[str]
    access_level: str = ""


@dataclass
class Family:
    """
    All tokens that come from one login or one exchange; those that are not the newest are dead.

    A refresh token that comes again ends the whole family (trypost#126, 2026-07-01): who holds the newest is as locked out as who
    holds a copy. `refresh` is empty where offline.access was not granted (docs authorization-code).
    """

    grant: Grant
    exchanged: bool
    renewed_at: dt.datetime
    access: str = ""
    refresh: str = ""
    ended: bool = False

    def answer(self) -> dict[str, object]:
        """The pair, as RFC 6749 (5.1) words it. The scopes have an order of their own: X kept none (2021)."""
        pair = {"token_type": "bearer", "expires_in": ACCESS_LIFE_S, "access_token": self.access}
        more = {"refresh_token": self.refresh} if self.refresh else {}
        return {**pair, "scope": " ".join(sorted(self.grant.scopes)), **more}


class Tokens:
    """Every family. An access token is heard for two hours, a refresh token once."""

    def __init__(self, clock: Clock, account_id: str) -> None:
        self._clock = clock
        self._bearer = Grant(account_id, SCOPES)
        self._by_access: dict[str, Family] = {}
        self._by_refresh: dict[str, Family] = {}
        self._count = 0

    def grant(self, token: str) -> Grant | None:
        """What an access token allows now; None if it is unknown, old or dead."""
        if token == BEARER:
            return self._bearer
        family = self._by_access.get(token)
        if family is None or family.ended or family.access != token or self._older(family, ACCESS_LIFE_S):
            return None
        return family.grant

    def begin(self, grant: Grant, *, exchanged: bool = False) -> Family:
        """
        A new family.

        An exchange ends the families of earlier ones; docs: it "invalidates the pair previously issued for that user and app".
        That a login's family is left alone is ours.
        """
        if exchanged:
            for family in self._by_access.values():
                family.ended |= family.exchanged and family.grant.account_id == grant.account_id
        return self._renewed(Family(grant, exchanged, self._clock.now()))

    def renew(self, refresh_token: str) -> Family | None:
        """The family with a new pair; None if X does not take the token. One that was used before ends the family."""
        family = self._by_refresh.get(refresh_token)
        if family is None or family.ended:
            return None
        if family.refresh != refresh_token:
            family.ended = True
            return None
        return None if self._older(family, REFRESH_LIFE_S) else self._renewed(family)

    def _renewed(self, family: Family) -> Family:
        family.renewed_at = self._clock.now()
        family.access = self.new("at")
        family.refresh = self.new("rt") if OFFLINE in family.grant.scopes else ""
        self._by_access[family.access] = family
        if family.refresh:
            self._by_refresh[family.refresh] = family
        return family

    def new(self, kind: str) -> str:
        """A text that was not there before, in the shape of X's: at an access token, rt a refresh token, ac a code."""
        self._count += 1
        text = f"fake{self._count:06}:{int(self._clock.now().timestamp() * 1000)}:1:{kind}:1"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def _older(self, family: Family, life_s: float) -> bool:
        return self._clock.now() >= family.renewed_at + dt.timedelta(seconds=life_s)
