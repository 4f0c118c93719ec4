"""The timeline shows what is visible by now, newest first, in pages."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from bot.rehearsal import FakeX
from tests.rehearsal.clients import NOW, Bot, Clock, needs_openapi, refused


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
