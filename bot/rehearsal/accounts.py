"""The accounts of the fake X and the keys they are known by."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Final


@dataclass(frozen=True)
class Keys:
    """OAuth 1.0a keys of an app and an account."""

    consumer_key: str
    consumer_secret: str
    access_token: str
    access_token_secret: str

    def environment(self, url: str) -> dict[str, str]:
        """As the bot reads them."""
        return {"X_API_BASE_URL": url} | {f"X_{name.upper()}": value for name, value in asdict(self).items()}


KEYS: Final = Keys("fakeConsumerKey", "fakeConsumerSecret+/=", "1001-fakeAccessToken", "fakeAccessTokenSecret&%")
"""The keys of the first account, the same in every fake; with characters in them that must be escaped before signing."""


@dataclass(frozen=True)
class Account:
    """
    Somebody on X. `text_limit` is what a post may weigh; `owns_app` makes reading the own timeline cheap.

    `access_level` is what the app was allowed when the keys were made, "read-write" or "read"; it does not change with the app.
    """

    id: str
    username: str
    keys: Keys
    owns_app: bool = True
    text_limit: int = 280
    access_level: str = "read-write"


FIRST: Final = 1001


@dataclass(frozen=True)
class Client:
    """An app as OAuth 2.0 knows it. Without a secret it is a public one (RFC 6749, 2.1); bots are confidential (docs)."""

    id: str
    secret: str
    redirect_uris: tuple[str, ...]


CLIENT: Final = Client("fakeClientId+/=", "fakeClientSecret+/=:&%", ("http://127.0.0.1:8712/callback",))
"""The app in every fake that is not told of another; with characters that must be escaped in addresses and forms."""


def another(number: int, username: str) -> Account:
    """An account beside the first, with keys of its own for the same app."""
    keys = replace(KEYS, access_token=f"{number}-fakeAccessToken", access_token_secret=f"secret{number}")
    return Account(str(number), username, keys)
