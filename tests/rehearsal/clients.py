"""Clients in front of a fake X, and the clock they share."""

from __future__ import annotations

import base64
import datetime as dt
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import tweepy
from requests_oauthlib import OAuth1

from bot.rehearsal import KEYS, Keys

OPENAPI = Path(__file__).parents[3] / "shared" / "x-api" / "openapi.json"
NOW = dt.datetime(2026, 11, 5, 6, 0, tzinfo=dt.UTC)
READ_BACK = ["created_at", "conversation_id", "referenced_tweets", "in_reply_to_user_id"]
PIXELS = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAQAAAAEAQAAAACBiqPTAAAAC0lEQVR4nGNggAAAAAgAAbdYc5UAAAAASUVORK5CYII=")
"""A PNG of 4 x 4."""
needs_openapi = pytest.mark.skipif(not OPENAPI.is_file(), reason="X's OpenAPI file is not here (shared/ beside the checkout)")


class Session(requests.Session):
    """Asks the fake instead of the host tweepy insists on; the signature is made later, for the new address (notes 1.2, way 1)."""

    def __init__(self, url: str, timeout_s: float = 5) -> None:
        super().__init__()
        self.trust_env = False
        self._url, self._timeout_s = url, timeout_s

    def request(self, method: Any, url: Any, **kw: Any) -> requests.Response:  # type: ignore[override]
        return super().request(method, url.replace("https://api.twitter.com", self._url), **{"timeout": self._timeout_s, **kw})


class Bot:
    """A client with verbs, in front of a fake. Posting raises what tweepy raises."""

    def __init__(self, url: str, keys: Keys = KEYS, timeout_s: float = 5) -> None:
        self.url, self.session = url, Session(url, timeout_s)
        self.auth = OAuth1(keys.consumer_key, keys.consumer_secret, keys.access_token, keys.access_token_secret)
        self.client = tweepy.Client(None, keys.consumer_key, keys.consumer_secret, keys.access_token, keys.access_token_secret)
        self.client.session.close()
        self.client.session = self.session

    def post(self, text: str, after: str | None = None, media: list[str] | None = None) -> str:
        return self.client.create_tweet(text=text, in_reply_to_tweet_id=after, media_ids=media).data["id"]

    def ask(self, method: str, path: str, **kw: Any) -> requests.Response:
        return self.session.request(method, self.url + path, auth=kw.pop("auth", self.auth), **kw)

    def upload(self, content: bytes = PIXELS, alt_text: str = "") -> str:
        reply = self.ask(
            "POST", "/2/media/upload", data={"media_category": "tweet_image"}, files={"media": ("1.png", content, "image/png")}
        )
        assert reply.status_code == 200, reply.text
        media_id = reply.json()["data"]["id"]
        if alt_text:
            self.describe(media_id, alt_text)
        return media_id

    def describe(self, media_id: str, alt_text: str) -> requests.Response:
        return self.ask("POST", "/2/media/metadata", json={"id": media_id, "metadata": {"alt_text": {"text": alt_text}}})

    def timeline(self, **kw: Any) -> list[tweepy.Tweet]:
        return self.client.get_users_tweets("1001", tweet_fields=READ_BACK, user_auth=True, **{"max_results": 5, **kw}).data or []


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> dt.datetime:
        return self.at


def refused(bot: Bot, text: str, **kw: Any) -> tuple[int, str]:
    """Status and reason of a post that X does not want."""
    reply = bot.ask("POST", "/2/tweets", json={"text": text, **kw})
    return reply.status_code, reply.json()["detail"]


VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""A verifier and its S256 challenge: RFC 7636, appendix B."""
CALLBACK = "http://127.0.0.1:8712/callback"
EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token": KEYS.access_token,
    "subject_token_type": "urn:x:params:oauth:token-type:oauth1_token",
    "oauth_token_secret": KEYS.access_token_secret,
}
BASIC = ("fakeClientId+/=", "fakeClientSecret+/=:&%")


class App:
    """An app that asks for tokens, and uses them. Without `basic` it is a public one, which names itself in the form."""

    def __init__(self, url: str, basic: tuple[str, str] | None = BASIC) -> None:
        self.url, self.basic = url, basic

    def visit(self, **changed: str | None) -> requests.Response:
        """The page on which the person lets the app in. A parameter that is changed to None is left out."""
        query: dict[str, str | None] = {
            "response_type": "code",
            "client_id": "fakeClientId+/=",
            "redirect_uri": CALLBACK,
            "scope": "tweet.read tweet.write users.read media.write offline.access",
            "state": "a b&c=d",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return self.look(list((query | changed).items()))

    def look(self, query: list[tuple[str, str | None]]) -> requests.Response:
        return requests.get(f"{self.url}/i/oauth2/authorize", query, timeout=5, allow_redirects=False)

    def code(self, **changed: str | None) -> str:
        return dict(parse_qsl(urlsplit(self.visit(**changed).headers["Location"]).query))["code"]

    def ask(self, **form: str) -> requests.Response:
        named = {} if self.basic else {"client_id": "fakeClientId+/="}
        return requests.post(f"{self.url}/2/oauth2/token", named | form, auth=self.basic, timeout=5)

    def redeem(self, code: str, **changed: str) -> requests.Response:
        return self.ask(
            **{"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER} | changed
        )

    def log_in(self, **changed: str | None) -> dict[str, Any]:
        return self.redeem(self.code(**changed)).json()

    def refresh(self, token: str) -> requests.Response:
        return self.ask(grant_type="refresh_token", refresh_token=token)

    def exchange(self, **changed: str) -> requests.Response:
        return self.ask(**EXCHANGE | changed)

    def use(self, token: str, method: str = "GET", path: str = "/2/users/me", **kw: Any) -> requests.Response:
        return requests.request(method, self.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=5, **kw)


def told(reply: requests.Response) -> tuple[int, str, str]:
    """Status, error and description of a request for tokens that was refused."""
    return reply.status_code, reply.json()["error"], reply.json()["error_description"]
