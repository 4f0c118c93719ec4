"""The page on which somebody lets the app in sends them back with a code, or with a refusal, or nowhere."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest

from bot.rehearsal import CLIENT, EVERY, FakeX, named
from tests.rehearsal.clients import CALLBACK, CHALLENGE, App, Clock


def back(location: str) -> tuple[str, dict[str, str]]:
    address, _, query = location.partition("?")
    return address, dict(parse_qsl(query))


def test_who_agrees_is_sent_back_with_a_code_and_the_state(fake: FakeX, app: App) -> None:
    reply = app.visit()
    address, query = back(reply.headers["Location"])
    assert (reply.status_code, address, sorted(query), query["state"]) == (302, CALLBACK, ["code", "state"], "a b&c=d")
    assert app.redeem(query["code"]).status_code == 200
    assert fake.violations == []


def test_who_does_not_agree_is_sent_back_without_a_code(fake: FakeX, app: App) -> None:
    fake.person.agrees = False
    reply = app.visit()
    assert (reply.status_code, back(reply.headers["Location"])) == (
        302,
        (CALLBACK, {"error": "access_denied", "state": "a b&c=d"}),
    )
    assert fake.violations == []


def test_a_redirect_uri_keeps_the_query_it_has() -> None:
    uri = "https://example.org/back?from=x&to=y"
    with FakeX(client=replace(CLIENT, redirect_uris=(CALLBACK, uri)), clock=Clock()) as fake:
        app = App(fake.url)
        assert urlsplit(app.visit(redirect_uri=uri).headers["Location"]).query.startswith("from=x&to=y&state=a+b%26c%3Dd&code=")
        code = app.code(redirect_uri=uri)
        assert app.redeem(code, redirect_uri=uri).status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "fakeClientId"},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": "http://127.0.0.1:8081/callback"},
        {"redirect_uri": "http://localhost:8712/callback"},
    ],
    ids=["client id", "slash", "port", "name"],
)
def test_of_an_app_or_an_address_that_is_not_registered_x_sends_nobody_anywhere(
    fake: FakeX, app: App, changed: dict[str, str]
) -> None:
    reply = app.visit(**changed)
    assert (reply.status_code, reply.headers["Content-Type"], "Location" in reply.headers) == (
        400,
        "text/html; charset=utf-8",
        False,
    )
    assert fake.violations == []


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        *(
            ({name: None}, f"the query has no {name}")
            for name in (
                "response_type",
                "client_id",
                "redirect_uri",
                "scope",
                "state",
                "code_challenge",
                "code_challenge_method",
            )
        ),
        ({"state": ""}, "the query has no state"),
        ({"response_type": "token"}, "response_type is not code"),
        ({"code_challenge_method": "plain"}, "code_challenge_method is not S256"),
        ({"code_challenge_method": "s256"}, "code_challenge_method is not S256"),
        ({"code_challenge": CHALLENGE[:-1]}, "code_challenge is no SHA-256 in base64url without padding"),
        ({"code_challenge": CHALLENGE + "="}, "code_challenge is no SHA-256 in base64url without padding"),
        ({"state": "x" * 501}, "state has more than 500 characters"),
        ({"scope": "tweet.read tweets.write"}, "scope names one that X does not have"),
        (
            {"client_secret": "s"},
            "the query has more than response_type, client_id, redirect_uri, scope, state, code_challenge, code_challenge_method",
        ),
    ],
)
def test_an_address_that_is_not_as_the_docs_say_is_refused_and_noted(
    fake: FakeX, app: App, changed: dict[str, str | None], complaint: str
) -> None:
    reply = app.visit(**changed)
    assert (reply.status_code, "Location" in reply.headers) == (400, False)
    assert fake.violations == [f"GET /i/oauth2/authorize: {complaint}"]


def test_a_parameter_is_named_once(fake: FakeX, app: App) -> None:
    query = [("response_type", "code"), ("client_id", "fakeClientId+/="), ("redirect_uri", CALLBACK), ("scope", "users.read")]
    more = [("state", "x"), ("state", "y"), ("code_challenge", CHALLENGE), ("code_challenge_method", "S256")]
    assert app.look([*query, *more]).status_code == 400
    assert fake.violations == ["GET /i/oauth2/authorize: the query names state more than once"]


def test_a_state_of_500_characters_comes_back_whole(app: App) -> None:
    assert back(app.visit(state="x" * 500).headers["Location"])[1]["state"] == "x" * 500


def test_the_page_is_no_call_of_the_api_and_no_fault_befalls_it(fake: FakeX, app: App) -> None:
    fake.faults.on(EVERY, named("503-before"), times=None)
    assert app.visit().status_code == 302
    assert (fake.calls, fake.faults.unused) == ([], ["* 1: 503-before"])


def test_the_tokens_are_of_whoever_sat_before_the_page(fake: FakeX, app: App) -> None:
    fake.person.account = fake.stranger("someone")
    assert app.use(app.log_in()["access_token"]).json()["data"]["username"] == "someone"
