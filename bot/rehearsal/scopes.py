"""The scopes of OAuth 2.0, and what an OAuth 1.0a token's access level is worth in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.rehearsal.operations import CREATE, DELETE, ME, METADATA, TIMELINE, UPLOAD

OFFLINE: Final = "offline.access"
"""With it there is a refresh token."""

SCOPES: Final = frozenset({"tweet.read", "tweet.write", "users.read", "media.write", OFFLINE})
"""What a bot that posts pictures asks for."""

NEEDS: Final[Mapping[str, frozenset[str]]] = {
    CREATE: frozenset({"tweet.write", "users.read", "tweet.read"}),
    DELETE: frozenset({"tweet.write", "users.read", "tweet.read"}),
    ME: frozenset({"tweet.read", "users.read"}),
    TIMELINE: frozenset({"tweet.read", "users.read"}),
    UPLOAD: frozenset({"media.write"}),
    METADATA: frozenset({"media.write"}),
}
"""The scopes a call needs; docs, security of each operation."""

_READ: Final = frozenset({
    "tweet.read", "users.read", "follows.read", "mute.read", "block.read", "list.read", "like.read", "timeline.read",
    "broadcast.read",
})  # fmt: skip
_WRITE: Final = frozenset({
    "tweet.write", "tweet.moderate.write", "follows.write", "like.write", "list.write", "mute.write", "block.write",
    "media.write", "broadcast.write",
})  # fmt: skip
LEVELS: Final[Mapping[str, frozenset[str]]] = {"read": _READ, "read-write": _READ | _WRITE}
"""What an exchanged OAuth 1.0a token is granted, and OFFLINE with it; docs oauth-1-0a-token-exchange, 2026-09."""

KNOWN: Final = _READ | _WRITE | {
    OFFLINE, "bookmark.read", "bookmark.write", "dm.read", "dm.write", "space.read", "users.email", "ads.read", "ads.write",
}  # fmt: skip
"""All that can be asked for."""
