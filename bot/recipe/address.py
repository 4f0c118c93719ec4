"""The address of the evidence page as a recipe writes it: a template with {report} and {period}, and nothing else to fill in."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from bot.domain.words import nearest

_PLACEHOLDERS: Final = ("report", "period")
_LONGEST: Final = 500
_PLAIN: Final = re.compile(r"[!#$%&()*+,./:;=?@\[\]_~A-Za-z0-9-]+")
_HOST: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", re.IGNORECASE)


class BadAddress(Exception):
    """What is wrong with it, as the end of a sentence that begins with its key."""


def check_address(template: str) -> None:
    """
    Nothing, if a thread may link to it.

    Raises:
        BadAddress: it is no https address, or has another placeholder than {report} and {period}.
    """
    for name in re.findall(r"\{([^{}]*)\}", template):
        if name not in _PLACEHOLDERS:
            hint = nearest(name, _PLACEHOLDERS)
            raise BadAddress(
                f"has the placeholder {{{name[:40]}}}{hint}, which nothing fills; it takes {{report}} and {{period}}"
            )
    filled = re.sub(r"\{(?:report|period)\}", "x", template)
    if "{" in filled or "}" in filled:
        raise BadAddress(f'is "{template[:80]}", with a brace that is no placeholder; it takes {{report}} and {{period}}')
    if not _PLAIN.fullmatch(filled) or len(template) > _LONGEST:
        raise BadAddress(
            f"is {template[:80]!r}, which is no plain address: it holds a blank, a quote or a letter outside ASCII, or is longer "
            f"than {_LONGEST}. Write it as a browser copies it"
        )
    _check_parts(template, filled)


def _check_parts(template: str, filled: str) -> None:
    try:
        parts = urlsplit(filled)
    except ValueError as error:
        raise BadAddress(f'is "{template[:80]}", which is no address: {error}; write it as a browser copies it') from None
    if parts.scheme != "https":
        raise BadAddress(f'is "{template[:80]}"; write the whole address, with https:// in front, for readers follow it')
    if "@" in parts.netloc:
        raise BadAddress("has a user or password in it, which would be published; take it out")
    if "{" in template.removeprefix("https://").partition("/")[0]:
        raise BadAddress(f'is "{template[:80]}", with a placeholder in its host; put {{report}} and {{period}} into the path')
    if not _HOST.fullmatch(parts.hostname or ""):
        raise BadAddress(f'is "{template[:80]}", whose host is none that a reader could reach; write one such as example.org')
    try:
        reachable = parts.port != 0
    except ValueError:
        reachable = False
    if not reachable:
        raise BadAddress(f'is "{template[:80]}", whose port is none; leave it out, or write one from 1 to 65535')
