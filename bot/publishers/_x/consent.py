"""
A person's consent: the address at which X asks for it, and what the browser brings back.

OAuth 2.0 with PKCE (S256). An answer counts if it repeats the attempt's state; a bare code that was pasted has none, and is good
for nobody without the verifier, which never leaves this process but to X.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import parse_qs, urlencode, urlsplit

from bot.config import Secret
from bot.errors import BadInput, Later, Rejected

PATH: Final = "/callback"
_LONGEST: Final = 8000
_CODE: Final = r"[!-~]{1,1000}"

Answer: TypeAlias = Secret | BadInput | Rejected | Later
"""The code; or as a value why there is none. BadInput means that it answers nothing that was asked here."""


@dataclass(frozen=True)
class Attempt:
    """One try to log in. `address` is for the person's browser; the rest is for X alone."""

    address: str
    redirect_uri: str
    state: Secret
    verifier: Secret


def attempt(client_id: str, base_url: str, redirect_uri: str, scopes: tuple[str, ...]) -> Attempt:
    """Ask for these scopes, with secrets nobody has had."""
    state, verifier = Secret(secrets.token_urlsafe(32)), Secret(secrets.token_urlsafe(48))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.reveal().encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code", "client_id": client_id, "redirect_uri": redirect_uri, "scope": " ".join(scopes),
        "state": state.reveal(), "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    place = "https://x.com" if base_url == "https://api.x.com" else base_url
    return Attempt(f"{place}/i/oauth2/authorize?{urlencode(query)}", redirect_uri, state, verifier)


def brought(address: str, attempt: Attempt, now: dt.datetime) -> Answer:
    """What an address means that a browser was sent to: whole, or from its path on."""
    garbage = BadInput("this is not what X sends a browser back with; open the address that threadmill printed, and agree there")
    given = _query(address)
    if "state" not in given or not ({"code", "error"} & set(given)):
        return garbage
    if Secret(given["state"]) != attempt.state:
        return BadInput(
            "this answers another login than the one under way, which begins with the address that threadmill printed last; "
            "open that one, and agree there"
        )
    if "error" in given:
        return _refused(given["error"], now)
    return Secret(given["code"]) if re.fullmatch(_CODE, given["code"]) else garbage


def pasted(text: str, attempt: Attempt, now: dt.datetime) -> Answer:
    """What a person pasted: the address the browser was sent to, or the code out of it."""
    line = text.strip()
    if not line:
        return BadInput(
            "nothing was pasted; the browser's address bar has what is wanted, after you agreed; run threadmill login x "
            "--paste again"
        )
    if re.match(r"https?://|/|\?", line) or "code=" in line or "error=" in line:
        found = brought(line if re.match(r"https?://|/|\?", line) else f"?{line}", attempt, now)
        return BadInput(f"{found}; then run threadmill login x --paste again") if isinstance(found, BadInput) else found
    if not re.fullmatch(r"[A-Za-z0-9._~+/=:-]{8,1000}", line):
        return BadInput(
            "what was pasted is neither the address the browser was sent to nor the code in it; copy all of the address bar, "
            "in one line; run threadmill login x --paste again"
        )
    return Secret(line)


def _query(address: str) -> dict[str, str]:
    """The parameters of an address that has each of them once; none of any other."""
    if len(address) > _LONGEST or not re.fullmatch(r"[!-~]+", address):
        return {}
    try:
        query = parse_qs(urlsplit(address).query, keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return {}
    return {name: values[0] for name, values in query.items()} if all(len(one) == 1 for one in query.values()) else {}


def _refused(error: str, now: dt.datetime) -> Rejected | Later:
    """RFC 6749, section 4.1.2.1."""
    name = error if re.fullmatch("[a-z_]{1,40}", error) else "an unknown error"
    if name in ("server_error", "temporarily_unavailable"):
        return Later(
            f"X could not ask for consent ({name}); it is having an incident; run threadmill login x again in a while",
            now + dt.timedelta(minutes=15),
        )
    if name == "access_denied":
        return Rejected(
            "X was told no: nobody agreed that the app may act for the account, and nothing was stored; that was a click on "
            "Cancel, or the wrong account; run threadmill login x again to be asked anew"
        )
    return Rejected(
        f"X did not ask for consent ({name}); mostly the app is not set up for OAuth 2.0, or not for this callback address; see "
        "the app's authentication settings at console.x.com, then run threadmill login x again"
    )
