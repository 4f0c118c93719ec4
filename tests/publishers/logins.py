"""A stored login, written by hand and not by the code under test."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

from tests.publishers.endpoint import CLIENT, SCOPES, Endpoint

ACCESS, REFRESH = "access~0-41c7aa90", "refresh~0-d20be6f3"
"""The tokens of a stored login; `Endpoint` gives them numbers from 1 on."""


def place(home: Path, url: str) -> Path:
    return home / "logins" / f"{url.partition('://')[2].replace(':', '-')}.json"


def fields(url: str, now: dt.datetime, left: dt.timedelta) -> dict[str, object]:
    return {
        "format": "threadmill login 1",
        "api": url,
        "client_id": CLIENT,
        "account": "1001",
        "username": "mill_bot",
        "access_token": ACCESS,
        "refresh_token": REFRESH,
        "expires_at": (now + left).isoformat(),
        "renewed_at": (now + left - dt.timedelta(hours=2)).isoformat(),
        "scopes": SCOPES.split(" "),
    }


def store(home: Path, x: Endpoint, now: dt.datetime, left: dt.timedelta, **changes: object) -> Path:
    """A login of this endpoint's account, good for so long, as a file."""
    x.accesses.add(ACCESS)
    x.refreshes.add(REFRESH)
    path = place(home, x.url)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(json.dumps(fields(x.url, now, left) | changes))
    path.chmod(0o600)
    return path
