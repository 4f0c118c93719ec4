"""The fake X does what X is known to do, refuses what X's OpenAPI file does not allow, and breaks when it is told to."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
import tweepy
from requests_oauthlib import OAuth1

from tests.fake_x import (
    BEARER,
    CREATE,
    EVERY,
    FAULTS,
    KEYS,
    METADATA,
    OPERATIONS,
    TIMELINE,
    UPLOAD,
    Account,
    Branched,
    Elsewhere,
    FakeX,
    Fault,
    Keys,
    Part,
    named,
)  # fmt: skip

OPENAPI = Path(__file__).parents[2] / "shared" / "x-api" / "openapi.json"
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


@pytest.fixture
def fake() -> Iterator[FakeX]:
    """As strict as it can be here."""
    with FakeX(OPENAPI if OPENAPI.is_file() else None, clock=Clock()) as running:
        yield running


@pytest.fixture
def bot(fake: FakeX) -> Iterator[Bot]:
    made = Bot(fake.url)
    yield made
    made.session.close()


def refused(bot: Bot, text: str, **kw: Any) -> tuple[int, str]:
    """Status and reason of a post that X does not want."""
    reply = bot.ask("POST", "/2/tweets", json={"text": text, **kw})
    return reply.status_code, reply.json()["detail"]


def ends_of(bot: Bot, fake: FakeX, fault: str | Fault) -> tuple[str, int]:
    """What a client sees of the fault, and how many posts there are after it."""
    fake.faults.next(CREATE, named(fault) if isinstance(fault, str) else fault)
    try:
        reply = bot.ask("POST", "/2/tweets", json={"text": f"post {len(fake.calls)}"})
    except requests.RequestException as error:
        return type(error).__name__, fake.creates
    try:
        body = reply.json()
    except ValueError:
        return f"{reply.status_code} no JSON", fake.creates
    return f"{reply.status_code} {type(body).__name__}", fake.creates


# What X does


def test_a_thread_with_images_is_kept_in_order_with_its_alt_texts(fake: FakeX, bot: Bot) -> None:
    media = bot.upload(alt_text="A chart")
    first = bot.post("1/2 one", media=[media])
    second = bot.post("2/2 two", first)

    digest = hashlib.sha256(PIXELS).hexdigest()
    assert fake.thread(first) == [Part(first, "1/2 one", (digest,), ("A chart",)), Part(second, "2/2 two", (), ())]
    assert fake.threads() == [fake.thread(first)]
    assert fake.creates == 2
    assert fake.violations == []
    assert int(first) < int(second)


def test_everything_is_recorded_in_order_and_no_secret_with_it(fake: FakeX, bot: Bot) -> None:
    bot.post("one", media=[bot.upload()])

    upload, create = fake.calls
    assert (upload.operation, upload.path, upload.status, upload.accepted) == (UPLOAD, "/2/media/upload", 200, True)
    assert upload.body == {
        "media_category": "tweet_image",
        "media": {"filename": "1.png", "type": "image/png", "size": len(PIXELS), "sha256": hashlib.sha256(PIXELS).hexdigest()},
    }
    assert create.body == {"text": "one", "media": {"media_ids": list(fake.media)}}
    assert create.at == NOW
    written = json.dumps(fake.state())
    assert not any(secret in written for secret in (KEYS.consumer_secret, KEYS.access_token_secret, "oauth_signature", BEARER))


def test_an_undisturbed_thread_costs_its_posts_and_its_alt_texts(fake: FakeX, bot: Bot) -> None:
    """Five posts and four charts with alt text are 0.095 dollars (notes 5.2)."""
    last = None
    for number in range(1, 6):
        media = [bot.upload(alt_text=f"chart {number}")] if number < 5 else None
        last = bot.post(f"{number}/5", last, media)

    assert fake.billed == Decimal("0.095")


def test_a_post_with_a_link_costs_twenty_cents_even_without_a_scheme(fake: FakeX, bot: Bot) -> None:
    bot.post("read https://example.org/a")
    bot.post("read report.md")

    assert fake.billed == Decimal("0.400")


def test_text_comes_back_escaped_with_short_links_and_a_link_for_the_images(fake: FakeX, bot: Bot) -> None:
    bot.post("R&D <3 example.org ok", media=[bot.upload()])

    text = bot.timeline()[0].text
    assert text.startswith("R&amp;D &lt;3 https://t.co/")
    assert text.count("https://t.co/") == 2
    assert text.split()[3] == "ok"
    assert fake.posts[str(bot.timeline()[0].id)].sent == "R&D <3 example.org ok"


def test_the_timeline_is_newest_first_and_says_who_answers_whom(fake: FakeX, bot: Bot) -> None:
    first = bot.post("one")
    second = bot.post("two", first)

    newest, oldest = bot.timeline()
    assert (str(newest.id), str(newest.conversation_id), str(newest.in_reply_to_user_id)) == (second, first, "1001")
    assert [(str(each.id), each.type) for each in newest.referenced_tweets] == [(first, "replied_to")]
    assert (str(oldest.id), oldest.referenced_tweets, oldest.created_at) == (first, None, NOW)
    assert fake.violations == []


def test_the_timeline_comes_in_pages_and_from_an_id_or_a_time_on(fake: FakeX, bot: Bot) -> None:
    ids = []
    for number in range(7):
        ids.append(bot.post(f"post {number}"))
        fake.advance(60)

    page = bot.client.get_users_tweets("1001", max_results=5, user_auth=True)
    rest = bot.client.get_users_tweets("1001", max_results=5, pagination_token=page.meta["next_token"], user_auth=True)
    assert [str(each.id) for each in [*page.data, *rest.data]] == ids[::-1]
    assert "next_token" not in rest.meta
    assert [str(each.id) for each in bot.timeline(since_id=ids[4])] == [ids[6], ids[5]]
    assert [str(each.id) for each in bot.timeline(start_time=NOW + dt.timedelta(minutes=5))] == [ids[6], ids[5]]
    assert bot.timeline(since_id=ids[6]) == []
    assert bot.ask("GET", "/2/users/1001/tweets", params={"pagination_token": "nonsense"}).status_code == 400


@needs_openapi
def test_the_new_names_of_fields_give_the_new_names_in_the_answer(fake: FakeX, bot: Bot) -> None:
    first = bot.post("one")
    bot.post("two", first)

    asked = {"post.fields": "created_at,conversation_id", "expansions": "referenced_posts,in_reply_to_user_id"}
    newest = bot.ask("GET", "/2/users/1001/tweets", params=asked).json()["data"][0]
    assert newest["referenced_posts"] == [{"type": "replied_to", "id": first}]
    assert newest["in_reply_to_user_id"] == "1001"
    assert fake.violations == []


def test_reads_of_the_own_timeline_cost_a_tenth_of_a_cent_each_once_a_day(fake: FakeX, bot: Bot) -> None:
    bot.post("one")
    bot.timeline()
    bot.timeline()

    assert fake.billed == Decimal("0.016")


def test_the_account_is_named(fake: FakeX, bot: Bot) -> None:
    assert bot.client.get_me().data.data == {"id": "1001", "name": "threadmill_bot", "username": "threadmill_bot"}


def test_a_deleted_post_is_gone_and_cannot_be_answered(fake: FakeX, bot: Bot) -> None:
    first = bot.post("one")
    assert bot.client.delete_tweet(first).data == {"deleted": True}

    assert bot.timeline() == []
    assert fake.threads() == []
    assert refused(bot, "two", reply={"in_reply_to_tweet_id": first})[0] == 403
    with pytest.raises(tweepy.NotFound):
        bot.client.delete_tweet(first)
    assert fake.billed == Decimal("0.025")


def test_nobody_deletes_the_post_of_another(fake: FakeX, bot: Bot) -> None:
    with pytest.raises(tweepy.Forbidden):
        bot.client.delete_tweet(fake.write_by_hand("mine", fake.stranger("someone")).id)


def test_a_chain_that_branches_is_two_chains_and_no_thread(fake: FakeX, bot: Bot) -> None:
    first = bot.post("one")
    bot.post("two", first)
    bot.post("two again", first)

    assert [[part.text for part in chain] for chain in fake.threads()] == [["one", "two"], ["one", "two again"]]
    with pytest.raises(Branched):
        fake.thread(first)


# What X refuses


def test_the_same_text_is_refused_within_a_day(fake: FakeX, bot: Bot) -> None:
    first = bot.post("same")

    duplicate = (403, "You are not allowed to create a Tweet with duplicate content.")
    assert refused(bot, "same") == duplicate
    assert refused(bot, "same", reply={"in_reply_to_tweet_id": first}) == duplicate
    fake.advance(24 * 3600)
    bot.post("same")
    assert fake.creates == 2
    assert fake.violations == []


def test_a_deleted_post_is_no_duplicate(fake: FakeX, bot: Bot) -> None:
    fake.delete_by_hand(bot.post("same"))
    assert bot.post("same")


def test_text_may_weigh_280_and_no_more(fake: FakeX, bot: Bot) -> None:
    bot.post("x" * 280)
    assert refused(bot, "y" * 281) == (403, "You are not permitted to perform this action.")
    assert refused(bot, "→" * 141)[0] == 403


def test_one_cashtag_is_allowed_two_are_not(fake: FakeX, bot: Bot) -> None:
    bot.post("$AAPL costs $5")
    assert refused(bot, "$AAPL and $MSFT") == (403, "Posts are limited to a maximum of one cashtag")


def test_nobody_is_mentioned_but_mail_addresses_are_no_mentions(fake: FakeX, bot: Bot) -> None:
    bot.post("write to me@example, says @threadmill_bot")
    assert refused(bot, "hello @someone")[1].startswith("Reply to this conversation is not allowed")


def test_a_stranger_is_answered_only_when_he_called(fake: FakeX, bot: Bot) -> None:
    someone = fake.stranger("someone")
    silent = fake.write_by_hand("hello", someone)
    calling = fake.write_by_hand("hello @Threadmill_Bot", someone)

    assert refused(bot, "yes?", reply={"in_reply_to_tweet_id": silent.id})[1].startswith(
        "Reply to this conversation is not allowed"
    )
    bot.post("yes!", calling.id)


def test_a_post_that_never_was_cannot_be_answered(fake: FakeX, bot: Bot) -> None:
    assert refused(bot, "two", reply={"in_reply_to_tweet_id": "1234567890"}) == (
        403,
        "You attempted to reply to a Tweet that is deleted or not visible to you.",
    )


def test_a_new_post_is_hidden_for_the_visibility_lag_but_already_a_duplicate() -> None:
    with FakeX(clock=Clock(), visibility_lag_s=20) as fake:
        bot = Bot(fake.url)
        first = bot.post("one")
        assert bot.timeline() == []
        assert refused(bot, "two", reply={"in_reply_to_tweet_id": first})[1].startswith(
            "You attempted to reply to a Tweet that is deleted"
        )
        assert refused(bot, "one")[1].endswith("duplicate content.")
        fake.advance(19.9)
        assert bot.timeline() == []
        fake.advance(0.1)
        assert [str(each.id) for each in bot.timeline()] == [first]
        bot.post("two", first)
        bot.session.close()


def test_the_timeline_may_lag_where_answers_need_not_wait() -> None:
    with FakeX(clock=Clock(), visibility_lag_s=20, parent_lag_s=0) as fake:
        bot = Bot(fake.url)
        bot.post("two", bot.post("one"))
        assert bot.timeline() == []
        bot.session.close()


def test_the_skew_shows_in_times_ids_and_headers(fake: FakeX, bot: Bot) -> None:
    plain = bot.post("one")
    fake.clock_skew_s = 120
    reply = bot.ask("POST", "/2/tweets", json={"text": "two"})

    assert fake.posts[reply.json()["data"]["id"]].created_at == NOW + dt.timedelta(seconds=120)
    assert reply.headers["Date"] == "Thu, 05 Nov 2026 06:02:00 GMT"
    assert (int(reply.json()["data"]["id"]) >> 22) - (int(plain) >> 22) == 120_000


def test_a_signature_far_from_the_clock_of_x_is_refused(fake: FakeX, bot: Bot) -> None:
    fake.clock_skew_s = 400
    assert bot.ask("GET", "/2/users/me").status_code == 401


def test_media_live_for_a_day(fake: FakeX, bot: Bot) -> None:
    media = bot.upload()
    fake.advance(24 * 3600 - 1)
    bot.post("just in time", media=[media])
    fake.advance(1)
    reply = bot.ask("POST", "/2/tweets", json={"text": "too late", "media": {"media_ids": [media]}})
    assert (reply.status_code, reply.json()["errors"][0]["message"]) == (400, "Your media IDs are invalid.")


def test_media_of_others_and_of_nobody_are_refused(fake: FakeX, bot: Bot) -> None:
    other = Bot(fake.url, fake.stranger("someone").keys)
    for media in (other.upload(), "123"):
        with pytest.raises(tweepy.BadRequest, match="Your media IDs are invalid"):
            bot.post("look", media=[media])
    other.session.close()


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (PIXELS, 200),
        (PIXELS[:-9], 400),
        (b"GIF89a", 400),
        (PIXELS.replace(b"\0\4\0\0\0\4\1", b"\0\3\0\0\0\4\1"), 400),
        (PIXELS + b"\0" * (5 * 1024 * 1024 - len(PIXELS)), 200),
        (PIXELS + b"\0" * (5 * 1024 * 1024 - len(PIXELS) + 1), 413),
    ],
    ids=["good", "cut off", "another kind", "spoilt", "5 MB", "more"],
)
def test_an_image_is_whole_a_png_and_of_five_megabytes_at_most(fake: FakeX, bot: Bot, content: bytes, status: int) -> None:
    reply = bot.ask(
        "POST", "/2/media/upload", data={"media_category": "tweet_image"}, files={"media": ("1.png", content, "image/png")}
    )
    assert reply.status_code == status


@pytest.mark.parametrize(("width", "height", "status"), [(4, 4, 200), (3, 4, 400), (4, 3, 400), (8192, 4, 200), (8193, 4, 400)])
def test_an_image_has_4_to_8192_pixels_a_side(fake: FakeX, bot: Bot, width: int, height: int, status: int) -> None:
    from io import BytesIO

    from PIL import Image

    with BytesIO() as file:
        Image.new("P", (width, height)).save(file, "PNG")
        content = file.getvalue()
    reply = bot.ask(
        "POST", "/2/media/upload", data={"media_category": "tweet_image"}, files={"media": ("1.png", content, "image/png")}
    )
    assert reply.status_code == status
    if status == 200:
        assert reply.json()["data"]["image"] == {"w": width, "h": height, "image_type": "image/png"}


def test_an_image_may_come_as_base64_in_json(fake: FakeX, bot: Bot) -> None:
    body = {"media": base64.b64encode(PIXELS).decode(), "media_category": "tweet_image"}
    media = bot.ask("POST", "/2/media/upload", json=body).json()["data"]["id"]

    assert fake.media[media].content == PIXELS
    assert fake.violations == []


def test_an_alt_text_has_a_thousand_characters_at_most(fake: FakeX, bot: Bot) -> None:
    media = bot.upload()
    assert bot.describe(media, "x" * 1000).status_code == 200
    assert bot.describe(media, "x" * 1001).status_code == 400


def test_an_alt_text_that_comes_after_the_post_is_too_late(fake: FakeX, bot: Bot) -> None:
    media = bot.upload()
    first = bot.post("one", media=[media])
    bot.describe(media, "late")

    assert fake.thread(first)[0].alt_texts == ("",)


def test_the_limit_of_a_window_is_counted_and_ends_with_it() -> None:
    with FakeX(clock=Clock(), limits={CREATE: 2}) as fake:
        bot = Bot(fake.url)
        replies = [bot.ask("POST", "/2/tweets", json={"text": str(number)}) for number in range(3)]
        told = [
            (each.status_code, each.headers["x-rate-limit-limit"], each.headers["x-rate-limit-remaining"]) for each in replies
        ]
        assert told == [(201, "2", "1"), (201, "2", "0"), (429, "2", "0")]
        assert replies[2].headers["x-rate-limit-reset"] == str(int(NOW.timestamp()) + 900)
        fake.advance(900)
        bot.post("again")
        bot.session.close()


def test_the_day_of_an_account_has_its_own_limit() -> None:
    with FakeX(clock=Clock(), originals_a_day=2, replies_a_day=1) as fake:
        bot = Bot(fake.url)
        bot.post("one")
        bot.post("three", bot.post("two"))
        for body in ({"text": "four"}, {"text": "five", "reply": {"in_reply_to_tweet_id": next(iter(fake.posts))}}):
            reply = bot.ask("POST", "/2/tweets", json=body)
            assert (reply.status_code, reply.headers["x-user-limit-24hour-remaining"]) == (429, "0")
            assert reply.headers["x-user-limit-24hour-reset"] == str(int(NOW.timestamp()) + 86_400)
        bot.session.close()


def test_without_credits_nothing_goes() -> None:
    with FakeX(clock=Clock(), credits=Decimal("0.02")) as fake:
        bot = Bot(fake.url)
        bot.post("one")
        bot.post("two")  # the balance may end a little below zero
        reply = bot.ask("POST", "/2/tweets", json={"text": "three"})
        assert (reply.status_code, reply.json()["title"], fake.creates) == (402, "Payment Required", 2)
        bot.session.close()


# Who asks


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


# What X's OpenAPI file does not allow


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

    assert sorted(answers) == sorted(OPERATIONS)
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


# What goes wrong on demand


@pytest.mark.parametrize(
    ("fault", "seen", "creates"),
    [
        ("drop-before", "ConnectionError", 0),
        ("drop-after", "ConnectionError", 1),
        ("truncated", "ChunkedEncodingError", 1),
        ("half-json", "201 no JSON", 1),
        ("html-200-before", "200 no JSON", 0),
        ("html-200-after", "200 no JSON", 1),
        ("list-201", "201 list", 1),
        ("list-400", "400 list", 0),
        ("list-403", "403 list", 0),
        ("list-503-before", "503 list", 0),
        ("list-503-after", "503 list", 1),
        ("204-before", "204 no JSON", 0),
        ("204-after", "204 no JSON", 1),
        *((f"{status}-before", f"{status} dict", 0) for status in (500, 502, 503, 504)),
        *((f"{status}-after", f"{status} dict", 1) for status in (500, 502, 503, 504)),
        *((f"html-{status}-before", f"{status} no JSON", 0) for status in (500, 502, 503, 504)),
        *((f"html-{status}-after", f"{status} no JSON", 1) for status in (500, 502, 503, 504)),
        ("413", "413 no JSON", 0),
        *((name, f"{name[:3]} dict", 0) for name in FAULTS if name.startswith(("400", "401", "402", "403", "404", "429"))),
    ],
)
def test_a_fault_shows_the_client_this_and_leaves_so_many_posts(
    fake: FakeX, bot: Bot, fault: str, seen: str, creates: int
) -> None:
    assert ends_of(bot, fake, fault) == (seen, creates)
    assert (fake.calls[0].fault, fake.calls[0].accepted) == (fault, bool(creates))
    assert fake.faults.unused == []
    assert bot.post("the next goes well")


def test_every_fault_is_tried_here() -> None:
    marks = next(
        mark for mark in test_a_fault_shows_the_client_this_and_leaves_so_many_posts.pytestmark if mark.name == "parametrize"
    )
    tried = {each[0] for each in marks.args[1]}
    assert set(FAULTS) - tried == {"hang-before", "hang-late", "hang-after", "slow-body"}


@pytest.mark.parametrize(("fault", "at_once", "later"), [("hang-before", 0, 0), ("hang-late", 0, 1), ("hang-after", 1, 1)])
def test_a_call_that_hangs_times_out_and_has_its_effect_never_late_or_at_once(
    fake: FakeX, fault: str, at_once: int, later: int
) -> None:
    bot = Bot(fake.url, timeout_s=0.1)
    assert ends_of(bot, fake, named(fault, seconds=0.25)) == ("ReadTimeout", at_once)

    time.sleep(0.25)
    assert fake.creates == later
    bot.session.close()


def test_a_hanging_call_ends_with_the_fake() -> None:
    begun = time.monotonic()
    with FakeX() as fake:
        bot = Bot(fake.url, timeout_s=0.05)
        assert ends_of(bot, fake, "hang-late") == ("ReadTimeout", 0)
        bot.session.close()
    assert time.monotonic() - begun < 2
    assert fake.creates == 0


def test_a_slow_body_comes_whole_in_the_end(fake: FakeX, bot: Bot) -> None:
    begun = time.monotonic()
    assert ends_of(bot, fake, named("slow-body", seconds=0.2)) == ("201 dict", 1)
    assert time.monotonic() - begun >= 0.19


def test_a_fault_befalls_the_call_it_is_meant_for(fake: FakeX, bot: Bot) -> None:
    fake.faults.on(CREATE, named("drop-after"), nth=2)
    first = bot.post("one")
    bot.client.get_me()
    with pytest.raises(requests.ConnectionError):
        bot.post("two", first)
    bot.post("three", first)

    assert [part.text for part in fake.threads()[0]] == ["one", "two"]
    assert [(call.accepted, call.answered) for call in fake.calls[:3]] == [(True, True), (True, True), (True, False)]


def test_a_fault_may_befall_any_call_and_go_on_for_ever(fake: FakeX, bot: Bot) -> None:
    fake.faults.on(EVERY, named("503-before"), nth=2, times=None)

    assert bot.ask("GET", "/2/users/me").status_code == 200
    assert [bot.ask("GET", "/2/users/me").status_code, bot.ask("POST", "/2/tweets", json={"text": "x"}).status_code] == [503, 503]
    fake.faults.clear()
    assert bot.ask("GET", "/2/users/me").status_code == 200


def test_a_script_that_can_never_happen_is_refused(fake: FakeX, bot: Bot) -> None:
    with pytest.raises(ValueError, match="is no operation"):
        fake.faults.on("POST /2/tweet", named("401"))
    with pytest.raises(ValueError, match="there is no fault"):
        named("teapot")
    bot.post("one")
    with pytest.raises(ValueError, match="has been already"):
        fake.faults.on(CREATE, named("401"), nth=1)
    fake.faults.on("DELETE /2/tweets/{id}", named("401"))
    assert fake.faults.unused == ["DELETE /2/tweets/:id 1: 401"]


@pytest.mark.parametrize(
    ("fault", "headers"),
    [
        ("429-bare", {}),
        ("429-reset", {"limit": ("100", "0", NOW.timestamp() + 600)}),
        ("429-24h-user", {"limit": ("100", "100", NOW.timestamp() + 900), "user": ("100", "0", NOW.timestamp() + 18_000)}),
        ("429-24h-app", {"limit": ("100", "100", NOW.timestamp() + 900), "app": ("100", "0", NOW.timestamp() + 18_000)}),
    ],
)
def test_a_429_names_the_bucket_that_is_used_up(fake: FakeX, bot: Bot, fault: str, headers: dict[str, Any]) -> None:
    fake.faults.next(CREATE, named(fault))
    with pytest.raises(tweepy.TooManyRequests) as caught:
        bot.post("one")

    prefixes = {"limit": "x-rate-limit", "user": "x-user-limit-24hour", "app": "x-app-limit-24hour"}
    expected = {}
    for bucket, values in headers.items():
        named_so = zip(("limit", "remaining", "reset"), values, strict=True)
        expected |= {f"{prefixes[bucket]}-{name}": str(int(value)) for name, value in named_so}
    assert {name: value for name, value in caught.value.response.headers.items() if name.startswith("x-")} == expected


@pytest.mark.parametrize(
    ("fault", "error", "body"),
    [
        ("402-credits", tweepy.HTTPException, {"title": "CreditsDepleted", "type": "https://api.x.com/2/problems/credits"}),
        ("402-credits-depleted", tweepy.HTTPException, {"detail": "credits depleted", "status": 402}),
        ("403-suspended", tweepy.Forbidden, {"type": "https://api.x.com/2/problems/user-suspended"}),
        ("403-not-enrolled", tweepy.Forbidden, {"title": "Client Forbidden", "reason": "client-not-enrolled"}),
        ("403-oauth1-permissions", tweepy.Forbidden, {"type": "https://api.x.com/2/problems/oauth1-permissions"}),
        (
            "403-not-permitted",
            tweepy.Forbidden,
            {"detail": "You are not permitted to perform this action.", "type": "about:blank"},
        ),
        ("401", tweepy.Unauthorized, {"title": "Unauthorized", "detail": "Unauthorized", "status": 401}),
        ("503-before", tweepy.TwitterServerError, {"title": "Service Unavailable", "type": "about:blank", "status": 503}),
    ],
)
def test_a_refusal_has_the_body_that_was_seen(
    fake: FakeX, bot: Bot, fault: str, error: type[Exception], body: dict[str, Any]
) -> None:
    fake.faults.next(CREATE, named(fault))
    with pytest.raises(error) as caught:
        bot.post("one")
    assert body.items() <= caught.value.response.json().items()  # type: ignore[attr-defined]
    assert ("status" in caught.value.response.json()) == (fault != "402-credits")  # type: ignore[attr-defined]


def test_a_fault_does_not_hide_a_bad_request(fake: FakeX, bot: Bot) -> None:
    fake.faults.next(CREATE, named("500-after"))
    assert bot.ask("POST", "/2/tweets", data="{").status_code == 500
    assert len(fake.violations) == 1
    assert fake.creates == 0


def test_fifty_clients_at_once_lose_nothing(fake: FakeX) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def post(number: int) -> int:
        headers = {"Authorization": f"Bearer {BEARER}"}
        return requests.post(f"{fake.url}/2/tweets", json={"text": f"post {number}"}, headers=headers, timeout=5).status_code

    with ThreadPoolExecutor(50) as pool:
        assert list(pool.map(post, range(50))) == [201] * 50
    assert len({part.id for chain in fake.threads() for part in chain}) == 50


# In a process of its own


def test_a_fake_elsewhere_takes_faults_and_tells_its_state(tmp_path: Path) -> None:
    with Elsewhere(tmp_path, "--visibility-lag", "3600", "--parent-lag", "0") as fake:
        bot = Bot(fake.url)
        fake.fault(CREATE, "drop-after", nth=2)
        first = bot.post("one")
        with pytest.raises(requests.ConnectionError):
            bot.post("two", first)

        written = json.loads(fake.file.read_text())
        assert [[part["text"] for part in chain] for chain in written["threads"]] == [["one", "two"]]
        assert (written["creates"], written["billed"], written["violations"]) == (2, "0.030", [])
        assert [(call["fault"], call["accepted"]) for call in written["calls"]] == [("", True), ("drop-after", True)]
        assert bot.timeline() == []
        fake.advance(3600)
        assert [each.text for each in bot.timeline()] == ["two", "one"]
        assert len(fake.state()["calls"]) == 4
        assert requests.post(f"{fake.url}/_faults", json={"call": CREATE, "fault": "teapot"}, timeout=5).status_code == 400
        assert requests.get(f"{fake.url}/_nowhere", timeout=5).status_code == 404
        bot.session.close()


def test_a_client_that_is_killed_while_it_waits_leaves_its_post_behind(tmp_path: Path) -> None:
    script = (
        "import sys, requests; requests.post(sys.argv[1] + '/2/tweets', json={'text': 'one'},"
        " headers={'Authorization': 'Bearer ' + sys.argv[2]}, timeout=30)"
    )
    with Elsewhere(tmp_path) as fake:
        fake.fault(CREATE, "hang-after", seconds=30)
        client = subprocess.Popen([sys.executable, "-c", script, fake.url, BEARER])
        deadline = time.monotonic() + 10
        while json.loads(fake.file.read_text())["creates"] == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        client.send_signal(signal.SIGKILL)
        assert client.wait() == -signal.SIGKILL

        state = fake.state()
        assert [[part["text"] for part in chain] for chain in state["threads"]] == [["one"]]
        assert [(call["accepted"], call["answered"]) for call in state["calls"]] == [(True, False)]


@needs_openapi
def test_a_fake_elsewhere_is_as_strict(tmp_path: Path) -> None:
    with Elsewhere(
        tmp_path, "--openapi", str(OPENAPI), "--faults", json.dumps([{"call": EVERY, "nth": 2, "fault": "401"}])
    ) as fake:
        bot = Bot(fake.url)
        assert bot.ask("POST", "/2/tweets", json={"text": "x", "nonsense": 1}).status_code == 400
        assert bot.ask("GET", "/2/users/me").status_code == 401
        assert len(fake.state()["violations"]) == 1
        bot.session.close()


def test_a_fake_elsewhere_ends_with_its_owner(tmp_path: Path) -> None:
    fake = Elsewhere(tmp_path)
    with fake:
        process = fake._process
        assert process.stdin
        process.stdin.close()
        assert process.wait(timeout=5) == 0
        process.stdin = None


def test_the_environment_of_the_keys_is_what_the_bot_reads() -> None:
    from bot.config import VARIABLES

    environment = KEYS.environment("http://127.0.0.1:1")
    assert environment["X_ACCESS_TOKEN_SECRET"] == KEYS.access_token_secret
    assert set(environment) <= set(VARIABLES)


def test_another_account_has_another_name_and_other_keys(fake: FakeX) -> None:
    someone = fake.stranger("someone")
    assert someone == Account("1002", "someone", someone.keys)
    assert someone.keys != KEYS
