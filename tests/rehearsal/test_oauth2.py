"""Tokens are given for a code, a refresh token or OAuth 1.0a keys, live as long as X's, and are never kept in a record."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from bot.rehearsal import BEARER, CLIENT, CREATE, KEYS, SCOPES, TOKEN, FakeX, named
from tests.rehearsal.clients import CALLBACK, EXCHANGE, PIXELS, VERIFIER, App, Bot, Clock, told

BAD_CODE = (400, "invalid_request", "Value passed for the authorization code was invalid.")
BAD_TOKEN = (400, "invalid_request", "Value passed for the token was invalid.")
BAD_CLIENT = (400, "invalid_client", "Value passed for the client id was invalid.")
NO_HEADER = (401, "unauthorized_client", "Missing valid authorization header")
DAY = 86_400
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


# For a code


def test_a_code_gives_a_pair_of_tokens(fake: FakeX, app: App) -> None:
    reply = app.redeem(app.code())
    pair = reply.json()
    assert (reply.status_code, reply.headers["Cache-Control"]) == (200, "no-store")
    assert pair == {
        "token_type": "bearer",
        "expires_in": 7200,
        "access_token": pair["access_token"],
        "scope": "media.write offline.access tweet.read tweet.write users.read",
        "refresh_token": pair["refresh_token"],
    }
    assert app.use(pair["access_token"]).json()["data"]["id"] == "1001"
    assert app.use(pair["refresh_token"]).status_code == 401
    assert app.use(pair["access_token"], "POST", "/2/tweets", json={"text": "one"}).status_code == 201
    assert fake.violations == []


def test_a_code_lives_for_30_seconds(fake: FakeX, app: App) -> None:
    early, late = app.code(), app.code()
    fake.advance(29.9)
    assert app.redeem(early).status_code == 200
    fake.advance(0.1)
    assert told(app.redeem(late)) == BAD_CODE


def test_a_code_is_good_once_and_what_it_gave_stays(app: App) -> None:
    code = app.code()
    pair = app.redeem(code).json()
    assert told(app.redeem(code)) == BAD_CODE
    assert app.use(pair["access_token"]).status_code == 200


def test_a_code_is_no_good_with_another_redirect_uri_though_it_be_registered() -> None:
    other = "https://example.org/back"
    with FakeX(client=replace(CLIENT, redirect_uris=(CALLBACK, other)), clock=Clock()) as fake:
        app = App(fake.url)
        assert told(app.redeem(app.code(), redirect_uri=other)) == (
            400,
            "invalid_request",
            "Value passed for the redirect uri did not match the uri of the authorization code.",
        )


def test_a_code_is_no_good_with_another_verifier_and_then_with_none(app: App) -> None:
    code = app.code()
    wrong = "Value passed for the code verifier did not match the code challenge."
    assert told(app.redeem(code, code_verifier="x" + VERIFIER[1:])) == (400, "invalid_request", wrong)
    assert told(app.redeem(code)) == BAD_CODE


def test_a_code_that_never_was_is_no_good(app: App) -> None:
    assert told(app.redeem("nonsense")) == BAD_CODE


def test_without_offline_access_there_is_no_refresh_token(app: App) -> None:
    pair = app.log_in(scope="users.read tweet.read")
    assert (pair["scope"], sorted(pair)) == ("tweet.read users.read", ["access_token", "expires_in", "scope", "token_type"])
    assert app.use(pair["access_token"]).status_code == 200
    assert app.use(pair["access_token"], "POST", "/2/tweets", json={"text": "one"}).status_code == 403


def test_an_app_may_be_granted_less_than_it_asks_for() -> None:
    with FakeX(clock=Clock(), grants=SCOPES - {"media.write"}) as fake:
        app = App(fake.url)
        pair = app.log_in()
        assert pair["scope"] == "offline.access tweet.read tweet.write users.read"
        files = {"media": ("1.png", PIXELS, "image/png")}
        reply = app.use(pair["access_token"], "POST", "/2/media/upload", files=files, data={"media_category": "tweet_image"})
        assert (reply.status_code, reply.json()["detail"], fake.violations) == (403, "Forbidden", [])
        assert "media.write" not in app.exchange().json()["scope"]


# How long they live


def test_an_access_token_lives_for_two_hours(fake: FakeX, app: App) -> None:
    token = app.log_in()["access_token"]
    fake.advance(7199.9)
    assert app.use(token).status_code == 200
    fake.advance(0.1)
    reply = app.use(token)
    assert (reply.status_code, reply.json()["detail"]) == (401, "Unauthorized")
    assert app.use(BEARER).status_code == 200


def test_a_refresh_token_lives_for_about_six_months(fake: FakeX, app: App) -> None:
    token = app.log_in()["refresh_token"]
    fake.advance(182 * DAY - 1)
    token = app.refresh(token).json()["refresh_token"]
    fake.advance(182 * DAY)
    assert told(app.refresh(token)) == BAD_TOKEN


def test_a_refresh_gives_a_new_pair_and_ends_the_old_one(fake: FakeX, app: App) -> None:
    old = app.log_in()
    new = app.refresh(old["refresh_token"]).json()
    assert (sorted(new), new["scope"], new["expires_in"]) == (sorted(old), old["scope"], 7200)
    assert new["access_token"] != old["access_token"]
    assert new["refresh_token"] != old["refresh_token"]
    assert [app.use(pair["access_token"]).status_code for pair in (old, new)] == [401, 200]
    assert app.refresh(new["refresh_token"]).status_code == 200
    assert fake.violations == []


def test_a_refresh_token_that_comes_again_ends_all_tokens_of_its_login(app: App) -> None:
    first, other = app.log_in(), app.log_in()
    second = app.refresh(first["refresh_token"]).json()
    third = app.refresh(second["refresh_token"]).json()
    assert app.use(third["access_token"]).status_code == 200
    assert told(app.refresh(first["refresh_token"])) == BAD_TOKEN
    assert app.use(third["access_token"]).status_code == 401
    assert told(app.refresh(third["refresh_token"])) == BAD_TOKEN
    assert app.use(other["access_token"]).status_code == 200
    assert app.refresh(other["refresh_token"]).status_code == 200


def test_a_refresh_whose_answer_is_lost_has_used_the_token_up(fake: FakeX, app: App) -> None:
    pair = app.log_in()
    fake.faults.next(TOKEN, named("503-before"))
    assert app.refresh(pair["refresh_token"]).status_code == 503
    assert app.use(pair["access_token"]).status_code == 200
    fake.faults.next(TOKEN, named("drop-after"))
    with pytest.raises(requests.ConnectionError):
        app.refresh(pair["refresh_token"])
    assert app.use(pair["access_token"]).status_code == 401
    assert told(app.refresh(pair["refresh_token"])) == BAD_TOKEN
    assert [call.accepted for call in fake.calls if call.operation == TOKEN] == [True, False, True, False]


def test_a_refresh_token_that_never_was_is_no_good(app: App) -> None:
    assert told(app.refresh("nonsense")) == BAD_TOKEN


def test_tokens_can_be_had_without_the_page(fake: FakeX, app: App) -> None:
    login = fake.log_in(*SCOPES)
    assert app.use(login.access).status_code == 200
    pair = app.refresh(login.refresh).json()
    assert (login.access, login.refresh) == (pair["access_token"], pair["refresh_token"])
    token = fake.token("users.read", "tweet.read")
    fake.advance(7200)
    assert app.use(token).status_code == 401


# For OAuth 1.0a keys


READ = [
    "block.read",
    "broadcast.read",
    "follows.read",
    "like.read",
    "list.read",
    "mute.read",
    "timeline.read",
    "tweet.read",
    "users.read",
]
WRITE = [
    "block.write",
    "broadcast.write",
    "follows.write",
    "like.write",
    "list.write",
    "media.write",
    "mute.write",
    "tweet.moderate.write",
    "tweet.write",
]


def test_keys_are_exchanged_for_all_they_allow_and_stay_good(fake: FakeX, app: App, bot: Bot) -> None:
    pair = app.exchange().json()
    assert pair["scope"].split() == sorted([*READ, *WRITE, "offline.access"])
    assert app.use(pair["access_token"], "POST", "/2/tweets", json={"text": "one"}).status_code == 201
    assert bot.post("two")
    assert app.refresh(pair["refresh_token"]).status_code == 200
    assert fake.violations == []


def test_an_exchange_ends_the_pair_of_the_one_before_and_no_login(app: App) -> None:
    login, first = app.log_in(), app.exchange().json()
    first = app.refresh(first["refresh_token"]).json()
    second = app.exchange().json()
    assert [app.use(pair["access_token"]).status_code for pair in (login, first, second)] == [200, 401, 200]
    assert told(app.refresh(first["refresh_token"])) == BAD_TOKEN
    assert app.refresh(second["refresh_token"]).status_code == 200


def test_an_exchange_of_another_account_ends_nothing(fake: FakeX, app: App) -> None:
    keys = fake.stranger("someone").keys
    first = app.exchange().json()
    other = app.exchange(subject_token=keys.access_token, oauth_token_secret=keys.access_token_secret).json()
    names = [app.use(pair["access_token"]).json()["data"]["username"] for pair in (first, other)]
    assert names == ["threadmill_bot", "someone"]


@pytest.mark.parametrize(
    "changed",
    [
        {"subject_token": "1001-other"},
        {"oauth_token_secret": "fakeAccessTokenSecret"},
        {"oauth_token_secret": "geheïm"},
    ],
)
def test_keys_that_are_not_right_are_not_exchanged(app: App, changed: dict[str, str]) -> None:
    assert told(app.exchange(**changed))[:2] == (400, "invalid_grant")


def test_another_kind_of_token_is_not_exchanged(app: App) -> None:
    kind = "urn:ietf:params:oauth:token-type:access_token"
    assert told(app.exchange(subject_token_type=kind))[:2] == (400, "invalid_request")


def test_keys_of_a_read_only_app_are_exchanged_for_reading() -> None:
    with FakeX(clock=Clock(), access_level="read") as fake:
        app = App(fake.url)
        pair = app.exchange().json()
        assert pair["scope"].split() == sorted([*READ, "offline.access"])
        assert app.use(pair["access_token"]).status_code == 200
        assert app.use(pair["access_token"], "POST", "/2/tweets", json={"text": "one"}).status_code == 403
        assert told(app.exchange(scope="tweet.read tweet.write"))[:2] == (400, "invalid_scope")


def test_an_exchange_may_ask_for_less_and_never_for_more(app: App) -> None:
    assert app.exchange(scope="users.read tweet.read").json()["scope"] == "offline.access tweet.read users.read"
    assert told(app.exchange(scope="users.read bookmark.read"))[:2] == (400, "invalid_scope")


def test_of_an_app_that_is_not_right_an_exchange_says_400(fake: FakeX) -> None:
    assert told(App(fake.url, ("fakeClientId+/=", "wrong")).exchange()) == (400, *NO_HEADER[1:])


# Who asks for them


@pytest.mark.parametrize(
    ("basic", "answer"),
    [
        (("fakeClientId+/=", "fakeClientSecret"), NO_HEADER),
        (("fakeClientId+/=", ""), NO_HEADER),
        (("fakeClientId", "fakeClientSecret+/=:&%"), BAD_CLIENT),
        (("fakeClientId%2B%2F%3D", "fakeClientSecret%2B%2F%3D%3A%26%25"), None),
        (("fakeClientId+/=", "fakeClientSecret+/=:&%"), None),
    ],
    ids=["wrong secret", "no secret", "wrong id", "escaped as RFC 6749 has it", "as the docs have it"],
)
def test_a_confidential_app_says_who_it_is_in_the_header(
    fake: FakeX, app: App, basic: tuple[str, str], answer: tuple[int, str, str] | None
) -> None:
    token = app.log_in()["refresh_token"]
    reply = App(fake.url, basic).refresh(token)
    assert (told(reply) if answer else reply.status_code) == (answer or 200)


@pytest.mark.parametrize("header", [None, "Bearer fakeBearerToken", "Basic", "Basic ???", "Basic /w==", "Basic bm9jb2xvbg=="])
def test_a_confidential_app_without_a_good_header_is_not_heard(fake: FakeX, app: App, header: str | None) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": app.log_in()["refresh_token"], "client_id": "fakeClientId+/="}
    headers = {"Authorization": header} if header else {}
    assert told(requests.post(f"{fake.url}/2/oauth2/token", form, headers=headers, timeout=5)) == NO_HEADER
    assert app.refresh(form["refresh_token"]).status_code == 200


def test_a_confidential_app_may_repeat_its_id_in_the_form(fake: FakeX, app: App) -> None:
    token = app.log_in()["refresh_token"]
    assert told(app.ask(grant_type="refresh_token", refresh_token=token, client_id="other")) == BAD_CLIENT
    assert app.ask(grant_type="refresh_token", refresh_token=token, client_id="fakeClientId+/=").status_code == 200
    assert fake.violations == []


def test_a_public_app_says_who_it_is_in_the_form_alone() -> None:
    with FakeX(client=replace(CLIENT, secret=""), clock=Clock()) as fake:
        app = App(fake.url, None)
        token = app.log_in()["refresh_token"]
        nameless = App(fake.url, ("fakeClientId+/=", "")).ask(grant_type="refresh_token", refresh_token=token)
        assert told(nameless) == NO_HEADER
        assert told(app.ask(grant_type="refresh_token", refresh_token=token, client_id="other")) == BAD_CLIENT
        form = {"grant_type": "refresh_token", "refresh_token": token}
        missing = (400, "invalid_request", "Missing required parameter [client_id].")
        assert told(requests.post(f"{fake.url}/2/oauth2/token", form, timeout=5)) == missing
        assert app.refresh(token).status_code == 200
        assert app.exchange().status_code == 200


def test_an_app_asks_for_tokens_so_often_in_a_window() -> None:
    with FakeX(clock=Clock(), limits={TOKEN: 1}) as fake:
        app = App(fake.url)
        token = app.log_in()["refresh_token"]
        reply = app.refresh(token)
        assert (reply.status_code, reply.json()["error"], reply.headers["x-rate-limit-remaining"]) == (429, "rate_limited", "0")
        fake.advance(900)
        assert app.refresh(token).status_code == 200


# What the docs do not allow


CODE = {"grant_type": "authorization_code", "code": "c", "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
REFRESH = {"grant_type": "refresh_token", "refresh_token": "r"}


def without(form: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in form.items() if key != name}


@pytest.mark.parametrize(
    ("kw", "complaint"),
    [
        ({"json": REFRESH}, "the content type is not application/x-www-form-urlencoded"),
        ({"files": {"refresh_token": "r"}}, "the content type is not application/x-www-form-urlencoded"),
        ({"data": "grant_type=refresh_token"}, "the content type is not application/x-www-form-urlencoded"),
        ({"data": REFRESH, "params": {"refresh_token": "r"}}, "this operation takes no query"),
        ({"data": json.dumps(REFRESH), "headers": FORM}, "the body cannot be read as a form"),
        ({"data": b"\xff=1", "headers": FORM}, "the body cannot be read as a form"),
        ({"data": "grant_type=%ff", "headers": FORM}, "the body cannot be read as a form"),
        ({"data": "x=1", "headers": FORM}, "Missing required parameter [grant_type]."),
        ({"data": {"grant_type": "client_credentials"}}, "Value passed for the grant type was invalid."),
        *(({"data": without(CODE, name)}, f"Missing required parameter [{name}].") for name in CODE),
        *(({"data": without(REFRESH, name)}, f"Missing required parameter [{name}].") for name in REFRESH),
        *(({"data": without(EXCHANGE, name)}, f"Missing required parameter [{name}].") for name in EXCHANGE),
        ({"data": REFRESH | {"refresh_token": ""}}, "Missing required parameter [refresh_token]."),
        ({"data": REFRESH | {"scope": "users.read"}}, "the form has a field this grant does not take: scope"),
        ({"data": REFRESH | {"client_secret": "s"}}, "the form has a field this grant does not take: client_secret"),
        ({"data": EXCHANGE | {"resource": "x"}}, "the form has a field this grant does not take"),
        ({"data": [*REFRESH.items(), ("refresh_token", "q")]}, "the form names refresh_token more than once"),
        (
            {"data": CODE | {"code_verifier": VERIFIER[1:]}},
            "code_verifier is none: 43 to 128 of A-Z a-z 0-9 - . _ ~ (RFC 7636, 4.1)",
        ),
        (
            {"data": CODE | {"code_verifier": "x" * 129}},
            "code_verifier is none: 43 to 128 of A-Z a-z 0-9 - . _ ~ (RFC 7636, 4.1)",
        ),
    ],
)
def test_a_form_that_is_not_as_the_docs_say_is_refused_and_noted(fake: FakeX, kw: dict[str, Any], complaint: str) -> None:
    reply = requests.post(f"{fake.url}/2/oauth2/token", auth=CLIENT_BASIC, timeout=5, **kw)
    assert told(reply) == (400, "invalid_request", complaint)
    assert fake.violations == [f"POST /2/oauth2/token: {complaint}"]


CLIENT_BASIC = (CLIENT.id, CLIENT.secret)


def test_a_verifier_may_have_128_characters(app: App) -> None:
    challenge = "JNobgdCxbfZCju5zxp_LKpPHa8bfcG8MZnD-a_6ABGQ"  # of 128 x: openssl dgst -sha256 -binary | base64
    assert app.redeem(app.code(code_challenge=challenge), code_verifier="x" * 128).status_code == 200


# What is kept


def test_the_record_of_a_request_for_tokens_has_the_names_of_its_secrets_alone(fake: FakeX, app: App) -> None:
    app.redeem(app.code())
    app.exchange(scope="users.read tweet.read")
    code, exchange = fake.calls
    assert (code.operation, code.path, code.query, code.status, code.accepted) == (TOKEN, "/2/oauth2/token", {}, 200, True)
    assert code.body == {
        "grant_type": "authorization_code",
        "code": "(hidden)",
        "redirect_uri": CALLBACK,
        "code_verifier": "(hidden)",
    }
    assert exchange.body == {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": "(hidden)",
        "subject_token_type": "urn:x:params:oauth:token-type:oauth1_token",
        "oauth_token_secret": "(hidden)",
        "scope": "users.read tweet.read",
    }
    app.ask(grant_type="refresh_token", client_secret="s")
    assert fake.calls[2].body == {"grant_type": "refresh_token", "others": "(hidden)"}


def test_neither_a_token_nor_a_secret_is_kept_wherever_it_is_put(tmp_path: Path) -> None:
    with FakeX(clock=Clock(), state=tmp_path / "state.json") as fake:
        app, url = App(fake.url), f"{fake.url}/2/oauth2/token"
        code = app.code()
        login = app.redeem(code).json()
        secret = app.refresh(login["refresh_token"]).json()["refresh_token"]
        exchanged = app.exchange().json()
        app.use(login["access_token"])
        form = {"grant_type": "refresh_token", "refresh_token": secret}
        for kw in (
            {"params": form},
            {"json": form},
            {"files": form},
            {"data": json.dumps(form), "headers": FORM},
            {"data": secret, "headers": FORM},
            {"data": f"{secret}=1", "headers": FORM},
            {"data": f"{secret}=1&grant_type=refresh_token&refresh_token=x", "headers": FORM},
            {"data": b"refresh_token=\xff" + secret.encode(), "headers": FORM},
            {"data": form | {"refresh_token": [secret, secret]}},
            {"data": form | {"client_secret": CLIENT.secret}},
            {"data": {"grant_type": secret, "client_id": secret, "scope": secret, "redirect_uri": secret}},
            {"files": {"refresh_token": (None, secret)}},
        ):
            requests.post(url, timeout=5, auth=(CLIENT.id, CLIENT.secret), **kw)  # type: ignore[arg-type]
            requests.post(f"{fake.url}/oauth2/token", timeout=5, **kw)  # type: ignore[arg-type]
            requests.post(f"{fake.url}/2/tweets", timeout=5, **kw)  # type: ignore[arg-type]
        requests.get(url, form, timeout=5)
        requests.post(url, params={secret: "1"}, timeout=5)
        requests.get(f"{fake.url}/2/users/me", {"access_token": secret}, timeout=5)
        app.look([("code_challenge", secret), (secret, "x"), ("scope", secret)])
        requests.get(f"{fake.url}/2/users/me", auth=("x", "y"), headers={"Authorization": f"Bearer {secret}"}, timeout=5)

        secrets = [
            code,
            *(pair[name] for pair in (login, exchanged) for name in ("access_token", "refresh_token")),
            secret,
            VERIFIER,
            CLIENT.secret,
            KEYS.consumer_secret,
            KEYS.access_token_secret,
            KEYS.access_token,
            base64.b64encode(f"{CLIENT.id}:{CLIENT.secret}".encode()).decode(),
        ]
        assert len(fake.calls) > 30
        assert not any("the fake itself" in each for each in fake.violations), fake.violations
        for written in (json.dumps(fake.state()), (tmp_path / "state.json").read_text(), repr(fake.calls), repr(fake.violations)):
            assert [secret for secret in secrets if secret in written] == []


def test_a_fault_of_any_call_befalls_a_request_for_tokens(fake: FakeX, app: App) -> None:
    fake.faults.on(TOKEN, named("503-temporarily-unavailable"))
    fake.faults.on(TOKEN, named("400-invalid-grant"), nth=2)
    fake.faults.on(CREATE, named("401"))
    assert told(app.exchange())[:2] == (503, "temporarily_unavailable")
    assert told(app.exchange()) == (400, "invalid_grant", "Value passed for the token was invalid.")
    assert fake.faults.unused == ["POST /2/tweets 1: 401"]
