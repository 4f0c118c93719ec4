"""What X does with posts: it keeps them in order, shortens and bills them, and refuses some."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal

import pytest
import tweepy

from bot.rehearsal import BEARER, KEYS, UPLOAD, Branched, FakeX, Part
from tests.rehearsal.clients import NOW, PIXELS, Bot, refused


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
