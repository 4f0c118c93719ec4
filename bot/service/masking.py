"""What must not be shown, found in any text: secrets as they are, and as addresses, JSON, headers and Python write them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from bot.config import Secret

_MASK: Final = "****"
_TELLING: Final = 4
"""A secret that is shorter is hidden where it stands alone: hidden everywhere, it would be told by the holes in the words."""
_LIKE_A_KEY: Final = re.compile(r"(?=.*\d).{6,}|.{12,}")
"""A part of an address that opens it by itself: with a digit in it, or long."""
_PARAMETERS: Final = ("password", "sslpassword", "passfile", "token")


class Masking:
    """Hides secrets in texts. Of an address it hides what opens it: the password, the path of a webhook and its longer parts."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        forms = {form for secret in secrets for part in _parts(secret.reveal()) for form in _forms(part)}
        words = "|".join(_pattern(form) for form in sorted(forms, key=lambda form: (-len(form), form)) if form)
        self._found = re.compile(words, re.IGNORECASE) if words else None  # %2f is %2F

    def __call__(self, text: str) -> str:
        return self._found.sub(_MASK, text) if self._found else text


def _pattern(form: str) -> str:
    return re.escape(form) if len(form) >= _TELLING else rf"(?<![A-Za-z0-9]){re.escape(form)}(?![A-Za-z0-9])"


def _parts(text: str) -> Iterator[str]:
    """The secret texts in a secret: a key is one itself; of an address some parts are, and its host is not."""
    if "://" not in text:
        yield text
        return
    try:
        url = urlsplit(text)
    except ValueError:
        yield text
        return
    if url.username is not None or url.password is not None:
        yield text
        yield from _of_user(unquote(url.username or ""), unquote(url.password or ""))
    if url.scheme in ("http", "https"):
        yield from _of_web(url.path, url.query)
    for name, value in parse_qsl(url.query) + parse_qsl(url.path.lstrip("/;"), separator=";"):  # sc://host:15002/;token=...
        if name in _PARAMETERS:
            yield value


def _of_user(user: str, password: str) -> Iterator[str]:
    """The password, and both together as HTTP's Basic and SMTP's PLAIN and LOGIN send them."""
    yield password
    for sent in (f"{user}:{password}", f"\0{user}\0{password}", password):
        if password:
            yield base64.b64encode(sent.encode()).decode()


def _of_web(path: str, query: str) -> Iterator[str]:
    whole = path + (f"?{query}" if query else "")
    yield whole if len(whole) > 1 else ""
    yield path if len(path) > 1 else ""
    pieces = [unquote(piece) for piece in path.split("/")] + [value for _, value in parse_qsl(query)]
    yield from (piece for piece in pieces if _LIKE_A_KEY.fullmatch(piece))


def _forms(text: str) -> Iterator[str]:
    """A text as it is, and as others write it."""
    yield from (text, quote(text), quote(text, safe=""), quote_plus(text))
    yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1], ascii(text)[1:-1])
