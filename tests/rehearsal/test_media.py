"""Images are checked, live for a day, and get their alt text before the post."""

from __future__ import annotations

import base64

import pytest
import tweepy

from bot.rehearsal import FakeX
from tests.rehearsal.clients import PIXELS, Bot


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
