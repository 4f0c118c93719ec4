"""Windows, days and credits are used up."""

from __future__ import annotations

from decimal import Decimal

from bot.rehearsal import CREATE, FakeX
from tests.rehearsal.clients import NOW, Bot, Clock


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
