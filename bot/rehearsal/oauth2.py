"""
POST /2/oauth2/token: tokens for a code, for a refresh token, or for OAuth 1.0a keys.

"docs" are X's pages user-access-token, authorization-code and oauth-1-0a-token-exchange (2026-09). The words of errors that are
constants here or in authorize.py are X's, as reports of 2021 to 2026 quote them; others are ours. X calls most things
invalid_request, where RFC 6749 has invalid_grant; the exchange alone says invalid_grant (docs).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from bot.rehearsal.accounts import Account, Client
from bot.rehearsal.answers import BAD_TOKEN, Answer, refused
from bot.rehearsal.asked import HIDDEN, Asked
from bot.rehearsal.authorize import Page
from bot.rehearsal.scopes import KNOWN, LEVELS, OFFLINE
from bot.rehearsal.tokens import Grant, Tokens

FORM: Final = "application/x-www-form-urlencoded"
EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
OAUTH1_TOKEN: Final = "urn:x:params:oauth:token-type:oauth1_token"  # noqa: S105 - the name of a kind of token
_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "authorization_code": frozenset({"code", "redirect_uri", "code_verifier"}),
    "refresh_token": frozenset({"refresh_token"}),
    EXCHANGE: frozenset({"subject_token", "subject_token_type", "oauth_token_secret"}),
}
"""What each grant takes (docs), beside grant_type and, which a confidential app may leave out, client_id."""
_MAY: Final[Mapping[str, frozenset[str]]] = {EXCHANGE: frozenset({"scope"})}
BAD_GRANT_TYPE: Final = "Value passed for the grant type was invalid."
BAD_CLIENT: Final = "Value passed for the client id was invalid."
NO_HEADER: Final = "Missing valid authorization header"


def complaints(asked: Asked) -> list[str]:
    """What the docs do not allow in a request for tokens. Neither a value nor an unknown name is repeated: it may be a secret."""
    if asked.query:
        return ["this operation takes no query"]
    if asked.kind != FORM:
        return [f"the content type is not {FORM}"]
    fields = _fields(asked)
    if fields is None:
        return ["the body cannot be read as a form"]
    return list(_form_complaints(fields))


def for_the_record(asked: Asked) -> dict[str, str]:
    """The form without its secrets: values that everybody knows; of a field that is not documented not even the name."""
    fields = dict(_fields(asked) or []) if asked.kind == FORM else {}
    named = {name: value if _is_known(name, value) else HIDDEN for name, value in fields.items() if name in _documented()}
    return named | ({"others": HIDDEN} if len(named) < len(fields) else {})


def _is_known(name: str, value: str) -> bool:
    return (
        value in (*_FIELDS, OAUTH1_TOKEN)
        or (name == "scope" and KNOWN.issuperset(value.split()))
        or (name == "redirect_uri" and value.startswith("http"))
    )


class TokenEndpoint:
    """Answers requests for tokens of one app."""

    def __init__(
        self, client: Client, accounts: Mapping[str, Account], page: Page, tokens: Tokens, grants: frozenset[str] | None
    ) -> None:
        self._client, self._accounts, self._page, self._tokens, self._grants = client, accounts, page, tokens, grants

    def answer(self, asked: Asked, wrong: list[str]) -> Answer:
        if wrong:
            return refused("invalid_request", wrong[0])
        form = dict(_fields(asked) or [])
        if refusal := self._refuses_client(asked.headers.get("authorization", ""), form):
            return refusal
        if form["grant_type"] == EXCHANGE:
            return self._exchanged(form)
        if form["grant_type"] == "refresh_token":
            family = self._tokens.renew(form["refresh_token"])
            return _granted(family.answer()) if family else refused("invalid_request", BAD_TOKEN)
        grant = self._page.redeem(form["code"], form["redirect_uri"], form["code_verifier"])
        return refused("invalid_request", grant) if isinstance(grant, str) else _granted(self._tokens.begin(grant).answer())

    def _refuses_client(self, authorization: str, form: Mapping[str, str]) -> Answer | None:
        """
        Why this is not the app; None if it is.

        A confidential app says so in the header and may repeat its id in the form; a public one has no secret, says its id in the
        form and sends no header (docs). A wrong secret is told like no header at all, and a wrong id is 400: seen 2023 to 2026.
        docs say 400 for either where keys are exchanged. That a public app with a header is refused is ours; reports differ.
        """
        no_header = refused("unauthorized_client", NO_HEADER, 400 if form["grant_type"] == EXCHANGE else 401)
        named, said = form.get("client_id", self._client.id), _basic(authorization)
        if named != self._client.id or (said and all(name != self._client.id for name, _ in said)):
            return refused("invalid_client", BAD_CLIENT)
        if not self._client.secret:
            if authorization:
                return no_header
            return None if "client_id" in form else refused("invalid_request", _missing("client_id"))
        right = [name for name, secret in said if hmac.compare_digest(secret.encode(), self._client.secret.encode())]
        return None if self._client.id in right else no_header

    def _exchanged(self, form: Mapping[str, str]) -> Answer:
        """Tokens for OAuth 1.0a keys: as often as they are asked for, never for more than the keys allow (docs)."""
        if form["subject_token_type"] != OAUTH1_TOKEN:
            return refused("invalid_request", "Value passed for the subject token type was invalid.")
        account = next((each for each in self._accounts.values() if each.keys.access_token == form["subject_token"]), None)
        secret = account.keys.access_token_secret if account else ""
        if account is None or not hmac.compare_digest(secret.encode(), form["oauth_token_secret"].encode()):
            return refused("invalid_grant", BAD_TOKEN)
        level = LEVELS[account.access_level]
        most = (level if self._grants is None else level & self._grants) | {OFFLINE}
        wanted = frozenset(form["scope"].split()) | {OFFLINE} if "scope" in form else most
        if not wanted <= most:
            return refused("invalid_scope", "Requested scope exceeds what the token was authorized for")
        return _granted(self._tokens.begin(Grant(account.id, wanted), exchanged=True).answer())


def _granted(pair: dict[str, object]) -> Answer:
    return Answer(200, pair, {"Cache-Control": "no-store"})


def _documented() -> frozenset[str]:
    return frozenset({"grant_type", "client_id"}).union(*_FIELDS.values(), *_MAY.values())


def _fields(asked: Asked) -> list[tuple[str, str]] | None:
    try:
        return parse_qsl(asked.raw.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        return None


def _form_complaints(fields: list[tuple[str, str]]) -> Iterator[str]:
    form, names = dict(fields), [name for name, _ in fields]
    kind = form.get("grant_type", "")
    if not kind:
        yield _missing("grant_type")
        return
    if kind not in _FIELDS:
        yield BAD_GRANT_TYPE
        return
    must = _FIELDS[kind]
    allowed = must | _MAY.get(kind, frozenset()) | {"grant_type", "client_id"}
    yield from (_missing(name) for name in sorted(must) if not form.get(name))
    yield from (f"the form names {name} more than once" for name in sorted(allowed) if names.count(name) > 1)
    if unknown := set(names) - allowed:
        shown = sorted(unknown & (_documented() | {"client_secret"}))
        yield f"the form has a field this grant does not take{': ' if shown else ''}{', '.join(shown)}"
    if form.get("code_verifier") and not re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", form["code_verifier"]):
        yield "code_verifier is none: 43 to 128 of A-Z a-z 0-9 - . _ ~ (RFC 7636, 4.1)"


def _missing(name: str) -> str:
    return f"Missing required parameter [{name}]."


def _basic(authorization: str) -> list[tuple[str, str]]:
    """
    The ids with their secrets that a header can mean; none if it is no Basic one.

    docs join id and secret as they are, RFC 6749 (2.3.1) escapes both before. X's own have no character that would show a
    difference, so either is taken.
    """
    scheme, _, rest = authorization.partition(" ")
    try:
        name, colon, secret = base64.b64decode(rest, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return []
    if scheme.lower() != "basic" or not colon:
        return []
    return [(name, secret), (unquote_plus(name), unquote_plus(secret))]
