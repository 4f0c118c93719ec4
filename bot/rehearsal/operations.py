"""The calls of X's API that are answered, and how many of each somebody has in a quarter of an hour."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

CREATE: Final = "POST /2/tweets"
DELETE: Final = "DELETE /2/tweets/:id"
ME: Final = "GET /2/users/me"
TIMELINE: Final = "GET /2/users/:id/tweets"
UPLOAD: Final = "POST /2/media/upload"
METADATA: Final = "POST /2/media/metadata"
TOKEN: Final = "POST /2/oauth2/token"  # noqa: S105 - the name of a call
OPERATIONS: Final = (CREATE, DELETE, ME, TIMELINE, UPLOAD, METADATA, TOKEN)
EVERY: Final = "*"
"""In a script of faults: whatever call it is."""

LIMITS: Final[Mapping[str, int]] = {
    CREATE: 100, DELETE: 50, ME: 75, TIMELINE: 900, UPLOAD: 500, METADATA: 500, TOKEN: 10_000,
}  # fmt: skip
"""
Calls a user has in a window of 15 minutes; docs rate-limits, changed 2026-07-24. Tokens: docs oauth-1-0a-token-exchange, for an
app; that the other grants count with the exchange is ours.
"""

_ROUTES: Final = tuple(
    (operation, operation.split()[0], re.compile("^" + operation.split()[1].replace(":id", "(?P<id>[^/]+)") + "$"))
    for operation in OPERATIONS
)


def operation_of(method: str, path: str) -> tuple[str, str | None]:
    """Which operation this is, "" for none, and the id in its path. Of two that fit the first is it: /2/users/me/... is no id."""
    for operation, verb, pattern in _ROUTES:
        if verb == method and (match := pattern.match(path)):
            return operation, match.groupdict().get("id")
    return "", None
