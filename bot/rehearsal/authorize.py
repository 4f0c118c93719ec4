"""The page on which somebody lets the app in, GET /i/oauth2/authorize, and the codes it gives away."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import urlencode

from bot.rehearsal.accounts import Account, Client
from bot.rehearsal.answers import Answer, page
from bot.rehearsal.clock import Clock
from bot.rehearsal.scopes import KNOWN
from bot.rehearsal.tokens import Grant, Tokens

AUTHORIZE: Final = "/i/oauth2/authorize"
CODE_LIFE_S: Final = 30  # docs authorization-code
_LONGEST_STATE: Final = 500  # characters; docs authorization-code
_NAMES: Final = ("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")

BAD_CODE: Final = "Value passed for the authorization code was invalid."
BAD_REDIRECT: Final = "Value passed for the redirect uri did not match the uri of the authorization code."
BAD_VERIFIER: Final = "Value passed for the code verifier did not match the code challenge."


@dataclass
class Person:
    """Who sits before the page, and what they say to the app. A test may change either."""

    account: Account
    agrees: bool = True


class _Code(NamedTuple):
    grant: Grant
    redirect_uri: str
    challenge: str
    given_at: dt.datetime


class Page:
    """The page, for one app. `grants` are the scopes the app can have at most; None is all that it asks for."""

    def __init__(self, client: Client, person: Person, clock: Clock, tokens: Tokens, grants: frozenset[str] | None) -> None:
        self._client, self._person, self._clock, self._tokens, self._grants = client, person, clock, tokens, grants
        self._codes: dict[str, _Code] = {}

    def visit(self, query: Sequence[tuple[str, str]]) -> tuple[Answer, list[str]]:
        """
        Where the person is sent, and what is wrong with the address that brought them here.

        X shows a page of its own, "Something went wrong", and sends nobody anywhere if the client id, the redirect URI (an exact
        match: docs) or another parameter is not right; that its status is 400 is ours.
        """
        asked, wrong = dict(query), list(_complaints(query))
        if wrong or asked["client_id"] != self._client.id or asked["redirect_uri"] not in self._client.redirect_uris:
            return page(400), wrong
        back = {"state": asked["state"]}
        if self._person.agrees:
            back["code"] = self._given(asked)
        else:
            back["error"] = "access_denied"
        uri = asked["redirect_uri"]
        return Answer(302, headers={"Location": f"{uri}{'&' if '?' in uri else '?'}{urlencode(back)}"}, bare=True), []

    def redeem(self, code: str, redirect_uri: str, verifier: str) -> Grant | str:
        """
        What the code grants, or why nothing.

        A code is gone after it was named once, rightly or not; that a wrong verifier uses it up is ours. RFC 6749 (4.1.2) would
        also end the tokens it gave before; whether X does so was not seen, and they are left.
        """
        given = self._codes.pop(code, None)
        if given is None or self._clock.now() >= given.given_at + dt.timedelta(seconds=CODE_LIFE_S):
            return BAD_CODE
        if redirect_uri != given.redirect_uri:
            return BAD_REDIRECT
        return given.grant if hmac.compare_digest(challenge(verifier), given.challenge) else BAD_VERIFIER

    def _given(self, asked: Mapping[str, str]) -> str:
        scopes = frozenset(asked["scope"].split())
        grant = Grant(self._person.account.id, scopes if self._grants is None else scopes & self._grants)
        code = self._tokens.new("ac")
        self._codes[code] = _Code(grant, asked["redirect_uri"], asked["code_challenge"], self._clock.now())
        return code


def challenge(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _complaints(query: Sequence[tuple[str, str]]) -> Iterator[str]:
    """What is wrong with the address. Values are not repeated: some are secrets where they do not belong."""
    asked, names = dict(query), [name for name, _ in query]
    yield from (f"the query names {name} more than once" for name in _NAMES if names.count(name) > 1)
    if set(names) - set(_NAMES):
        yield f"the query has more than {', '.join(_NAMES)}"
    missing = [name for name in _NAMES if not asked.get(name)]
    yield from (f"the query has no {name}" for name in missing)
    if missing:
        return
    if asked["response_type"] != "code":
        yield "response_type is not code"
    if asked["code_challenge_method"] != "S256":  # docs take "plain", too; nobody who can hash should send it
        yield "code_challenge_method is not S256"
    if not re.fullmatch(r"[A-Za-z0-9_-]{43}", asked["code_challenge"]):
        yield "code_challenge is no SHA-256 in base64url without padding"
    if len(asked["state"]) > _LONGEST_STATE:
        yield f"state has more than {_LONGEST_STATE} characters"
    if not set(asked["scope"].split()) <= KNOWN:
        yield "scope names one that X does not have"
