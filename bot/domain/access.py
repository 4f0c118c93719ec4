"""What an account on a network is reached with, and what is known of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Access:
    """
    The credentials that would be used, as far as they are known without asking anybody. No key or token is in it.

    `kind`: "keys" come from the environment and hold until they are revoked; a "login" is kept in the file `place`, and may do
    what `scopes` say. `access_until` is renewed by itself until about `login_until`.
    """

    kind: Literal["keys", "login"]
    account: str
    name: str = ""
    scopes: tuple[str, ...] = ()
    place: str = ""
    access_until: dt.datetime | None = None
    login_until: dt.datetime | None = None


@dataclass(frozen=True)
class Identity:
    """
    Whom the network knows behind the credentials, as it was just asked.

    `writes` is None where its answer does not tell whether they may post. `cost_usd` is what the question is presumably billed.
    """

    account: str
    name: str
    writes: bool | None
    cost_usd: float
