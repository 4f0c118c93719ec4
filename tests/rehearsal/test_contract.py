"""What X's OpenAPI file does not allow is refused and noted."""

from __future__ import annotations

from typing import Any

import pytest
import tweepy

from bot.rehearsal import CREATE, METADATA, OPERATIONS, TIMELINE, TOKEN, UPLOAD, FakeX
from tests.rehearsal.clients import OPENAPI, PIXELS, Bot, needs_openapi


@needs_openapi
@pytest.mark.parametrize(
    ("method", "path", "kw", "complaint"),
    [
        ("POST", "/2/tweets", {"json": {"text": "x", "nonsense": 1}}, "'nonsense' was unexpected"),
        ("POST", "/2/tweets", {"json": {"text": "x", "media": {"media_ids": ["1"], "alt": "x"}}}, "'alt' was unexpected"),
        ("POST", "/2/tweets", {"json": {"text": 1}}, "1 is not of type 'string'"),
        ("POST", "/2/tweets", {"json": {"text": "x", "media": {"media_ids": [1]}}}, "1 is not of type 'string'"),
        ("POST", "/2/tweets", {"json": {"text": "x", "media": {"media_ids": ["1"] * 5}}}, "is too long"),
        ("POST", "/2/tweets", {"json": {"text": "x", "reply": {}}}, "'in_reply_to_tweet_id' is a required property"),
        ("POST", "/2/tweets", {"json": ["text"]}, "is not of type 'object'"),
        ("POST", "/2/tweets", {"data": {"text": "x"}}, "cannot be read"),
        (
            "POST",
            "/2/tweets",
            {"data": '{"text": "x"}', "headers": {"Content-Type": "text/plain"}},
            "the content type is text/plain",
        ),
        ("POST", "/2/tweets", {}, "the content type is missing"),
        ("POST", "/2/tweets?dry=1", {"json": {"text": "x"}}, "the query parameter 'dry' does not exist"),
        ("POST", "/2/media/upload", {"files": {"media": ("1.png", PIXELS)}}, "'media_category' is a required property"),
        (
            "POST",
            "/2/media/upload",
            {"files": {"media": ("1.png", PIXELS)}, "data": {"media_category": "tweet_image", "media_type": "image/png"}},
            "'media_type' was unexpected",
        ),
        ("POST", "/2/media/upload", {"data": {"media_category": "tweet_image"}}, "cannot be read"),
        (
            "POST",
            "/2/media/metadata",
            {"json": {"id": "1", "metadata": {"alt_text": {"text": "x" * 1001}}}},
            "is too long",
        ),
        ("POST", "/2/media/metadata", {"json": {"media_id": "1", "alt_text": {"text": "x"}}}, "'id' is a required property"),
        ("POST", "/2/media/metadata", {"json": {"id": "1", "alt": "x"}}, "'alt' was unexpected"),
        ("GET", "/2/users/1001/tweets?max_results=4", {}, "4 is less than the minimum of 5"),
        ("GET", "/2/users/1001/tweets?max_results=101", {}, "101 is greater than the maximum of 100"),
        ("GET", "/2/users/1001/tweets?start_time=yesterday", {}, "is not a 'date-time'"),
        ("GET", "/2/users/1001/tweets?tweet.fields=nonsense", {}, "'nonsense' is not one of"),
        ("GET", "/2/users/1001/tweets?max_results=5&max_results=6", {}, "more than once"),
        ("GET", "/2/users/me/tweets", {}, "path parameter id"),
        ("GET", "/2/users/me", {"json": {}}, "takes no body"),
        ("DELETE", "/2/tweets/one", {}, "path parameter id"),
        ("PUT", "/2/tweets", {}, "no such operation"),
        ("POST", "/1.1/media/upload.json", {}, "no such operation"),
    ],
)
def test_what_the_file_does_not_allow_is_refused_and_noted(
    fake: FakeX, bot: Bot, method: str, path: str, kw: dict[str, Any], complaint: str
) -> None:
    reply = bot.ask(method, path, **kw)

    unknown = complaint == "no such operation"
    assert (reply.status_code, reply.json()["title"]) == ((404, "Not Found Error") if unknown else (400, "Invalid Request"))
    assert any(complaint in each for each in fake.violations), fake.violations
    assert (fake.posts, fake.media, fake.billed) == ({}, {}, 0)


@needs_openapi
def test_the_fields_by_their_old_name_can_be_refused() -> None:
    with FakeX(OPENAPI, old_names=False) as fake:
        bot = Bot(fake.url)
        with pytest.raises(tweepy.BadRequest):
            bot.timeline()
        assert fake.violations == ["GET /2/users/1001/tweets: the query parameter 'tweet.fields' does not exist"]
        bot.session.close()


@needs_openapi
def test_what_the_fake_answers_is_what_the_file_says(fake: FakeX, bot: Bot) -> None:
    media = bot.upload()
    first = bot.ask("POST", "/2/tweets", json={"text": "one", "media": {"media_ids": [media]}})
    post = first.json()["data"]["id"]
    answers = {
        CREATE: first,
        METADATA: bot.describe(media, "x"),
        TIMELINE: bot.ask("GET", "/2/users/1001/tweets", params={"post.fields": "created_at,conversation_id,attachments"}),
        "GET /2/users/me": bot.ask("GET", "/2/users/me"),
        "DELETE /2/tweets/:id": bot.ask("DELETE", f"/2/tweets/{post}"),
    }
    answers[UPLOAD] = bot.ask(
        "POST", "/2/media/upload", data={"media_category": "tweet_image"}, files={"media": ("1.png", PIXELS)}
    )

    assert sorted([*answers, TOKEN]) == sorted(OPERATIONS)  # the file does not describe how tokens are given
    assert fake.contract
    for operation, answer in answers.items():
        assert fake.contract.answer_complaints(operation, answer.status_code, answer.json()) == []
    assert fake.contract.answer_complaints(CREATE, 201, {"data": {"id": 5}}) != []


def test_without_the_file_what_cannot_be_understood_is_still_refused() -> None:
    with FakeX() as fake:
        bot = Bot(fake.url)
        for path, kw in (
            ("/2/tweets", {"data": "{"}),
            ("/2/tweets", {"json": []}),
            ("/2/media/upload", {}),
            ("/2/tweets", {"json": {"poll": {}}}),
        ):
            assert bot.ask("POST", path, **kw).status_code == 400
        assert bot.ask("GET", "/2/users/1001/tweets?max_results=x").status_code == 400
        assert bot.ask("GET", "/2/users/1001/tweets?start_time=x").status_code == 400
        assert len(fake.violations) == 6
        assert not any("the fake itself" in each for each in fake.violations)
        bot.session.close()
