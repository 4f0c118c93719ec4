"""A request is heard only from somebody X knows, as far as his rights go."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import tweepy

from bot.rehearsal import BEARER, KEYS, Account, FakeX, Keys
from tests.rehearsal.clients import PIXELS, Bot


def test_a_signature_far_from_the_clock_of_x_is_refused(fake: FakeX, bot: Bot) -> None:
    fake.clock_skew_s = 400
    assert bot.ask("GET", "/2/users/me").status_code == 401


@pytest.mark.parametrize("wrong", ["consumer_key", "consumer_secret", "access_token", "access_token_secret"])
def test_a_request_signed_with_a_wrong_key_is_not_heard(fake: FakeX, wrong: str) -> None:
    stranger = Bot(fake.url, Keys(**{**KEYS.__dict__, wrong: "wrong"}))
    with pytest.raises(tweepy.Unauthorized):
        stranger.post("one")
    assert fake.posts == {}
    stranger.session.close()


def test_a_request_that_was_changed_or_sent_twice_after_signing_is_not_heard(fake: FakeX, bot: Bot) -> None:
    signed = requests.Request("GET", f"{fake.url}/2/users/1001/tweets?max_results=5", auth=bot.auth).prepare()
    headers = {"Authorization": signed.headers["Authorization"]}

    assert bot.session.get(f"{fake.url}/2/users/1001/tweets?max_results=6", headers=headers).status_code == 401
    assert bot.session.get(f"{fake.url}/2/users/1001/tweets?max_results=5", headers=headers).status_code == 200
    assert bot.session.get(f"{fake.url}/2/users/1001/tweets?max_results=5", headers=headers).status_code == 401


def test_a_signature_made_for_the_old_host_is_not_heard(fake: FakeX, bot: Bot) -> None:
    """Rewriting the address after signing breaks OAuth 1.0a on the real API (notes 1.2, way 3)."""
    signed = requests.Request("GET", "https://api.twitter.com/2/users/me", auth=bot.auth).prepare()
    signed.url = f"{fake.url}/2/users/me"
    assert bot.session.send(signed).status_code == 401


def test_a_bearer_token_is_heard_as_far_as_its_scopes_go(fake: FakeX) -> None:
    def ask(token: str, method: str, path: str, **kw: Any) -> int:
        return requests.request(
            method, fake.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=5, **kw
        ).status_code

    assert ask(BEARER, "POST", "/2/tweets", json={"text": "one"}) == 201
    assert ask("unknown", "GET", "/2/users/me") == 401
    narrow = fake.token("tweet.read", "tweet.write", "users.read")
    assert ask(narrow, "GET", "/2/users/me") == 200
    assert ask(narrow, "POST", "/2/media/metadata", json={"id": "1", "metadata": {"alt_text": {"text": "x"}}}) == 403
    assert requests.get(f"{fake.url}/2/users/me", timeout=5).status_code == 401


def test_the_environment_of_the_keys_is_what_the_bot_reads() -> None:
    from bot.config import VARIABLES

    environment = KEYS.environment("http://127.0.0.1:1")
    assert environment["X_ACCESS_TOKEN_SECRET"] == KEYS.access_token_secret
    assert set(environment) <= set(VARIABLES)


def test_another_account_has_another_name_and_other_keys(fake: FakeX) -> None:
    someone = fake.stranger("someone")
    assert someone == Account("1002", "someone", someone.keys)
    assert someone.keys != KEYS


def test_an_answer_to_a_signed_request_says_what_the_keys_may_do(fake: FakeX, bot: Bot) -> None:
    assert bot.ask("GET", "/2/users/me").headers["x-access-level"] == "read-write"
    assert bot.ask("POST", "/2/tweets", json={"text": "x" * 281}).headers["x-access-level"] == "read-write"
    fake.clock_skew_s = 400
    assert "x-access-level" not in bot.ask("GET", "/2/users/me").headers
    reply = requests.get(f"{fake.url}/2/users/me", headers={"Authorization": f"Bearer {BEARER}"}, timeout=5)
    assert (reply.status_code, "x-access-level" in reply.headers) == (200, False)


def test_keys_that_were_made_while_the_app_was_read_only_read_and_do_no_more() -> None:
    with FakeX(access_level="read") as fake:
        bot = Bot(fake.url)
        post = fake.write_by_hand("one")
        for path in ("/2/users/me", "/2/users/1001/tweets"):
            reply = bot.ask("GET", path)
            assert (reply.status_code, reply.headers["x-access-level"]) == (200, "read")
        for reply in (
            bot.ask("POST", "/2/tweets", json={"text": "two"}),
            bot.ask("DELETE", f"/2/tweets/{post.id}"),
            bot.ask("POST", "/2/media/upload", data={"media_category": "tweet_image"}, files={"media": ("1.png", PIXELS)}),
            bot.describe("1", "x"),
        ):
            assert (reply.status_code, reply.headers["x-access-level"]) == (403, "read")
            assert reply.json() == {
                "title": "Forbidden",
                "detail": "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.",
                "type": "https://api.x.com/2/problems/oauth1-permissions",
                "status": 403,
            }
        assert [part.text for chain in fake.threads() for part in chain] == ["one"]
        bot.session.close()


def test_half_a_request_of_a_client_that_was_killed_is_none(fake: FakeX) -> None:
    host, port = urlsplit(fake.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as killed:
        killed.sendall(b'POST /2/tweets HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"text": "ha')
        killed.shutdown(socket.SHUT_WR)
        assert killed.recv(100) == b""
    assert (fake.calls, fake.violations) == ([], [])
