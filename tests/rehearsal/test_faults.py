"""The fake X breaks when it is told to, and only then."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
import tweepy

from bot.rehearsal import BEARER, CREATE, EVERY, FAULTS, FakeX, Fault, named
from tests.rehearsal.clients import NOW, Bot


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
        ("503-temporarily-unavailable", "503 dict", 0),
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
    until = time.monotonic() + 5
    while fake.creates < later and time.monotonic() < until:  # on a busy machine the fake wakes up late
        time.sleep(0.01)
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
