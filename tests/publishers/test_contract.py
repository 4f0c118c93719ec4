"""What every account that threads are posted to promises: X, here the fake one, and the folder of the dry run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import plugins
from bot.config import Secret
from bot.domain.delivery import Picture
from bot.errors import Later, Rejected
from bot.ports import Network
from bot.publishers import disk, x
from bot.publishers._x.credentials import KEYS
from bot.rehearsal import FakeX
from tests.conftest import SHARED
from tests.publishers.test_x import png

OPENAPI = SHARED / "x-api" / "openapi.json"


ACCOUNTS = ("disk", "x")


def test_every_room_of_the_wing_is_here() -> None:
    assert sorted(ACCOUNTS) == plugins.rooms("publishers")


@pytest.fixture(params=ACCOUNTS)
def network(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Network]:
    if request.param == "disk":
        with disk.folder(tmp_path, "counters", "2020", {"thread.json": "{}"}) as folder:
            yield folder
        return
    with FakeX(OPENAPI if OPENAPI.is_file() else None) as fake:
        variables = fake.keys.environment(fake.url)
        yield x.network({name: Secret(variables[name]) for name in KEYS}, fake.url, fake.now)
        assert fake.violations == []


def lately() -> tuple[dt.datetime, dt.datetime]:
    now = dt.datetime.now(dt.UTC)
    return now - dt.timedelta(minutes=5), now + dt.timedelta(minutes=5)


def a_picture(alt_text: str = "Bars.") -> Picture:
    return Picture(png(8, 6), alt_text, 8, 6)


def test_a_thread_is_seen_as_it_was_posted_the_newest_first(network: Network) -> None:
    media = network.upload(a_picture())
    network.describe(media, "Bars.")
    first = network.create("A & B < C\n\n1/2", [media], "")
    second = network.create("The rest\n\n2/2", [], first)
    assert len({first, second, ""}) == 3
    seen = network.recent(*lately())
    assert [(one.remote_id, one.reply_to) for one in seen] == [(second, first), (first, "")]
    assert [network.same(text, one) for one in seen for text in ("The rest\n\n2/2", "A & B < C\n\n1/2")] == [
        True,
        False,
        False,
        True,
    ]


def test_an_account_without_posts_shows_none(network: Network) -> None:
    assert list(network.recent(*lately())) == []


def test_a_post_is_removed_once_and_may_be_asked_for_again(network: Network) -> None:
    first = network.create("One\n\n1/2", [], "")
    second = network.create("Two\n\n2/2", [], first)
    assert network.remove(second) is True
    assert [one.remote_id for one in network.recent(*lately())] == [first]
    assert network.remove(second) is False
    assert network.remove(first) is True
    assert list(network.recent(*lately())) == []


def test_a_reply_to_what_is_not_there_is_not_posted(network: Network) -> None:
    with pytest.raises((Rejected, Later)):
        network.create("Two\n\n2/2", [], "12345")
    assert list(network.recent(*lately())) == []


def test_an_account_has_an_id_that_needs_no_call(network: Network) -> None:
    assert network.account
    assert network.account == network.account
