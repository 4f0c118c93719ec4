"""Requests signed by a stored login: renewed before it ends, once, and never at the price of the login. Over real sockets."""

from __future__ import annotations

import datetime as dt
import json
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.config import Secret
from bot.delivery import LEASE
from bot.domain.access import Access, Identity
from bot.errors import BadInput, BadOutput, Later, Rejected, ThreadmillError, Unsure
from bot.publishers import x as room
from bot.publishers._x import account as calls
from bot.publishers._x.answers import CALLS, TABLE, Call
from bot.publishers._x.credentials import undisturbed
from bot.publishers._x.session import Patience
from tests.publishers.endpoint import BAD_APP, CLIENT, KEYS, SECRET, SPENT, Endpoint, Fault
from tests.publishers.logins import ACCESS, REFRESH, place, store
from tests.publishers.test_x import DO, Station, everything_logged, http_answer, problem

NOW = dt.datetime(2026, 9, 30, 12, 0, tzinfo=dt.UTC)
HASTE = Patience(connect_s=0.5, read_s=0.3, whole_s=0.8)
MINUTE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)


@dataclass
class House:
    """A home, an X, and a clock that stands still until it is moved."""

    home: Path
    x: Endpoint
    now: dt.datetime = NOW
    secrets: dict[str, Secret] = field(default_factory=dict)
    client_id: str = ""
    patience: Patience = HASTE

    def store(self, left: dt.timedelta, **changes: object) -> Path:
        return store(self.home, self.x, self.now, left, **changes)

    def network(self) -> room.Network:
        url, wall = self.x.url, lambda: self.now
        return room.network(self.secrets, url, wall, self.patience, home=self.home, client_id=self.client_id)

    def access(self) -> Access | None:
        return room.access(self.secrets, self.x.url, lambda: self.now, home=self.home, client_id=self.client_id)

    def stored(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(place(self.home, self.x.url).read_text())
        return found


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with Endpoint() as x:
        yield House(tmp_path / "home", x)


def bearers(house: House) -> list[str]:
    return [asked.removeprefix("Bearer ") for asked in house.x.asked]


# Which credentials


def test_a_stored_login_signs_with_its_access_token_and_nothing_else_is_asked(house: House) -> None:
    house.store(HOUR)
    network = house.network()
    assert network.account == "1001"
    assert network.verify() == Identity("1001", "mill_bot", True, 0.010)
    assert bearers(house) == [ACCESS]
    assert house.x.forms == []


def test_without_a_login_the_four_keys_sign(house: House) -> None:
    house.secrets = {name: Secret(value) for name, value in KEYS.items()}
    network = house.network()
    network.ready()
    assert network.verify().account == "1001"
    assert house.x.asked[0].startswith("OAuth ")
    assert house.access() == Access("keys", "1001")


def test_with_neither_both_ways_are_told(house: House) -> None:
    with pytest.raises(BadInput) as caught:
        house.network()
    assert house.access() is None
    for word in ("X_CONSUMER_KEY", "X_ACCESS_TOKEN_SECRET", "X_CLIENT_ID", "threadmill login x", "console.x.com"):
        assert word in str(caught.value)


def test_a_login_goes_before_keys_of_the_same_account(house: House) -> None:
    house.secrets = {name: Secret(value) for name, value in KEYS.items()}
    house.store(HOUR)
    house.network().verify()
    assert bearers(house) == [ACCESS]


def test_a_login_and_keys_of_two_accounts_are_refused_with_both_numbers(house: House) -> None:
    house.secrets = {name: Secret(value) for name, value in (KEYS | {"X_ACCESS_TOKEN": "2002-other"}).items()}
    house.store(HOUR)
    for look in (house.network, house.access):
        with pytest.raises(BadInput, match="account 2002's.*account 1001"):
            look()


def test_keys_that_are_not_all_there_contradict_nothing(house: House) -> None:
    house.secrets = {"X_ACCESS_TOKEN": Secret("2002-other")}
    house.store(HOUR)
    assert house.network().account == "1001"


def test_another_app_than_the_login_was_made_with_is_refused(house: House) -> None:
    house.store(HOUR)
    house.client_id = CLIENT
    assert house.network().account == "1001"
    house.client_id = "another"
    with pytest.raises(BadInput, match="another app"):
        house.network()


@pytest.mark.parametrize("url", ["http://x.example", "http://10.0.0.1:8080", "http://127.0.0.1.example.org"])
def test_a_login_is_not_sent_in_the_clear_but_to_this_machine(url: str, house: House) -> None:
    path = house.store(HOUR, api=url)
    path.rename(place(house.home, url))
    with pytest.raises(BadInput, match="https"):
        room.network({}, url, lambda: NOW, HASTE, home=house.home)


def test_a_login_at_another_address_is_none_here(house: House) -> None:
    house.store(HOUR)
    with pytest.raises(BadInput, match="no login"):
        room.network({}, "https://api.x.com", lambda: NOW, HASTE, home=house.home)


def test_what_is_known_of_a_login_is_told_without_its_tokens(house: House) -> None:
    path = house.store(HOUR)
    scopes = ("tweet.read", "tweet.write", "users.read", "media.write", "offline.access")
    until = dt.datetime(2027, 3, 29, 11, 0, tzinfo=dt.UTC)  # renewed an hour ago, and 180 days on
    assert house.access() == Access("login", "1001", "mill_bot", scopes, str(path), NOW + HOUR, until)
    assert house.x.forms == house.x.asked == []


# When it is renewed


@pytest.mark.parametrize(("left", "renewed"), [(dt.timedelta(minutes=5, seconds=1), False), (5 * MINUTE, True), (-HOUR, True)])
def test_with_five_minutes_left_it_is_renewed_before_it_is_used(left: dt.timedelta, renewed: bool, house: House) -> None:
    house.store(left)
    house.network().verify()
    assert house.x.grants == (["refresh_token"] if renewed else [])
    assert bearers(house) == ["access~1-a9c1e7d3" if renewed else ACCESS]


def test_the_request_for_tokens_is_the_documented_one(house: House) -> None:
    house.store(MINUTE)
    house.network().ready()
    assert house.x.forms == [{"grant_type": "refresh_token", "refresh_token": REFRESH, "client_id": CLIENT}]
    assert "Authorization" not in house.x.heads[0]


def test_an_app_with_a_secret_says_so_in_a_header(house: House) -> None:
    house.x.secret = SECRET
    house.secrets = {"X_CLIENT_SECRET": Secret(SECRET)}
    house.store(MINUTE)
    house.network().ready()
    # printf 'Y2xpZW50LWlk-OjE_Y2k:client-Secret_0f9d' | base64
    assert house.x.heads[0]["Authorization"] == "Basic WTJ4cFpXNTBMV2xrLU9qRV9ZMms6Y2xpZW50LVNlY3JldF8wZjlk"


def test_what_x_gave_is_stored_before_it_is_used(house: House) -> None:
    house.store(MINUTE)
    seen: list[object] = []
    house.x.identity = Fault(200, {"data": {"id": "1001", "username": "mill_bot"}})
    original = house.x._me

    def look(authorization: str) -> object:
        seen.append(house.stored()["refresh_token"])
        return original(authorization)

    house.x._me = look  # type: ignore[assignment,method-assign]
    house.network().verify()
    assert seen == ["refresh~1-77be02f4"]
    assert house.stored() | {"format": 0, "scopes": 0} == {
        "format": 0, "api": house.x.url, "client_id": CLIENT, "account": "1001", "username": "mill_bot", "scopes": 0,
        "access_token": "access~1-a9c1e7d3", "refresh_token": "refresh~1-77be02f4",
        "expires_at": "2026-09-30T14:00:00+00:00", "renewed_at": "2026-09-30T12:00:00+00:00",
    }  # fmt: skip


def test_a_month_of_renewals_uses_each_refresh_token_once(house: House) -> None:
    house.store(HOUR)
    network = house.network()
    for _ in range(372):  # every two hours for 31 days
        house.now += dt.timedelta(hours=2)
        network.ready()
    used = [form["refresh_token"] for form in house.x.forms]
    assert len(used) == len(set(used)) == 372
    assert house.stored()["refresh_token"] == "refresh~372-77be02f4"


def test_what_x_does_not_mention_stays_as_it_was(house: House) -> None:
    house.store(MINUTE)
    house.x.faults = [Fault(200, {"access_token": "new"})]
    house.network().ready()
    after = house.stored()
    assert (after["access_token"], after["refresh_token"], after["renewed_at"]) == ("new", REFRESH, "2026-09-30T10:01:00+00:00")
    assert after["expires_at"] == "2026-09-30T14:00:00+00:00"  # two hours, as always
    assert after["scopes"] == ["tweet.read", "tweet.write", "users.read", "media.write", "offline.access"]


@pytest.mark.parametrize("seconds", [0, -1, "7200", None, 1e9, True, 10**400])
def test_a_lifetime_that_is_none_never_costs_the_tokens(seconds: object, house: House) -> None:
    house.store(MINUTE)
    house.x.faults = [Fault(200, {"access_token": "new", "refresh_token": "newer", "expires_in": seconds, "scope": 7})]
    house.network().ready()
    assert (house.stored()["access_token"], house.stored()["refresh_token"]) == ("new", "newer")
    assert house.stored()["expires_at"] in ("2026-09-30T14:00:00+00:00", "2026-09-30T12:00:01+00:00")


# What the token endpoint says


NOTHING = Fault(silent=True)
REFUSALS: list[tuple[Fault, type[ThreadmillError], str]] = [
    (Fault(400, SPENT), Rejected, "does not know the stored login any more"),
    (Fault(400, {"error": "invalid_grant"}), Rejected, "threadmill login x --exchange"),
    (Fault(400, b""), Rejected, "does not know the stored login any more"),
    (Fault(401, BAD_APP), Rejected, "does not accept this app"),
    (Fault(400, {"error": "invalid_client"}), Rejected, "X_CLIENT_SECRET"),
    (Fault(400, {"error": "unauthorized_client"}), Rejected, "X_CLIENT_ID"),
    (Fault(400, {"error": "unsupported_grant_type"}), Rejected, "report the words"),
    (Fault(400, {"error": "invalid_request", "error_description": "Missing required parameter [client_id]."}), Rejected, "lacks a part"),
    (Fault(400, {"error": "invalid_scope"}), Rejected, "does not grant"),
    (Fault(401, problem(401, "Unauthorized", title="Unauthorized")), Later, "without saying why"),
    (Fault(403, problem(403, "Forbidden")), Rejected, "the account or the app is limited"),
    (Fault(429, {"error": "rate_limited"}), Later, "asks to wait"),
    (Fault(503, {"error": "temporarily_unavailable"}), Later, "no answer to the renewal"),
    (Fault(500, b"<html>"), Later, "used up"),
    (Fault(408), Later, "used up"),
    (Fault(200, b"<html>Log in to this hotel</html>"), Later, "used up"),
    (Fault(200, {"access_token": "a b"}), Later, "used up"),
    (Fault(200, {"access_token": "a", "refresh_token": "b\nHost: evil"}), Later, "used up"),
    (Fault(200, {"refresh_token": "b"}), Later, "used up"),
    (Fault(200, []), Later, "used up"),
    (NOTHING, Later, "log in again: threadmill login x"),
    (Fault(before=False, cut=30), Later, "used up"),
    (Fault(301, b"", headers={"Location": "http://127.0.0.1:1/"}), Rejected, "points to another"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "kind", "words"), REFUSALS)
def test_a_renewal_that_fails_says_why_and_leaves_the_login_as_it_was(
    fault: Fault, kind: type[ThreadmillError], words: str, house: House
) -> None:
    house.store(-MINUTE)
    before = place(house.home, house.x.url).read_bytes()
    house.x.faults = [fault]
    with pytest.raises(ThreadmillError) as caught:
        house.network().verify()
    assert (type(caught.value), words in str(caught.value)) == (kind, True), caught.value
    assert str(caught.value).count("; ") >= 2
    assert caught.value.__context__ is None
    assert place(house.home, house.x.url).read_bytes() == before
    assert (len(house.x.forms), house.x.asked) == (1, [])
    if isinstance(caught.value, Later):
        assert NOW < caught.value.until <= NOW + 15 * MINUTE


@pytest.mark.parametrize(("fault", "kind", "words"), REFUSALS)
def test_with_a_token_that_still_holds_only_a_refusal_for_good_stops_it(
    fault: Fault, kind: type[ThreadmillError], words: str, house: House
) -> None:
    house.store(4 * MINUTE)
    house.x.faults = [fault]
    network = house.network()
    if kind is Rejected or not fault.before:  # or the answer is lost and X has ended the old token
        with pytest.raises(Rejected):
            network.verify()
        return
    network.verify()
    network.verify()
    assert bearers(house) == [ACCESS, ACCESS]
    assert len(house.x.forms) == 1  # not before every call
    house.now += MINUTE
    network.verify()
    assert bearers(house)[-1] == "access~1-a9c1e7d3"


def test_every_row_of_the_token_endpoint_and_of_logins_is_met_by_an_answer() -> None:
    told = [words for _, _, words in REFUSALS] + [words for _, _, words in OTHERS] + [words for _, words in TO_LOGINS]
    rows = [row for row in TABLE if not set(row.calls) & {"create", "upload"} or row.login]
    texts = [f"{row.what}; {row.why}; {row.do}".replace("{thing}", "the renewal") for row in rows]
    assert [text for text in texts if not any(words in text for words in told)] == []


OTHERS: list[tuple[Call, object, str]] = [
    ("code", (400, {"error": "invalid_request", "error_description": "Value passed for the authorization code was invalid."}), "for 30 seconds, and for the callback"),
    ("code", (503, b""), "this one is lost"),
    ("exchange", (400, {"error": "invalid_grant"}), "regenerated, or is of another app"),
    ("exchange", (503, b""), "may be repeated freely"),
]  # fmt: skip
TO_LOGINS = [
    ("upload", "X refuses {thing} to this login".replace("{thing}", "the renewal")),
    ("create", "X does not accept the login"),
]


def test_a_dead_login_is_not_asked_for_again_and_again_nor_removed(house: House) -> None:
    path = house.store(-HOUR)
    house.x.refreshes.clear()
    for _ in range(3):
        with pytest.raises(Rejected):
            house.network().verify()
    assert (len(house.x.forms), house.x.asked, path.exists()) == (3, [], True)  # once a command


# A 401


def test_after_a_401_it_is_renewed_once_and_the_same_call_is_made_again(house: House) -> None:
    house.store(HOUR)
    house.x.accesses.clear()  # X has forgotten the token that ought to hold
    assert house.network().verify().account == "1001"
    assert bearers(house) == [ACCESS, "access~1-a9c1e7d3"]
    assert house.x.grants == ["refresh_token"]


def test_during_an_incident_a_login_is_renewed_once_and_kept(house: House) -> None:
    path = house.store(HOUR)
    house.x.identity = Fault(401, problem(401, "Unauthorized", title="Unauthorized"))
    network = house.network()
    for _ in range(3):
        with pytest.raises(Rejected, match="two hours in July 2026"):
            network.verify()
    assert len(house.x.asked) == 4
    assert house.x.grants == ["refresh_token"]  # what X gave a moment ago is not made better by another
    assert path.exists()


def test_keys_cannot_be_renewed(house: House) -> None:
    house.secrets = {name: Secret(value) for name, value in KEYS.items()}
    house.x.identity = Fault(401, b"")
    with pytest.raises(Rejected, match="copy all four X_ variables"):
        house.network().verify()
    assert (len(house.x.asked), house.x.forms) == (1, [])


@pytest.mark.parametrize("call", CALLS)
def test_each_call_is_made_again_exactly_once_after_a_401(call: Call, house: House) -> None:
    house.store(HOUR)
    granted = http_answer(200, {"access_token": "new", "refresh_token": "newer"})
    with Station(http_answer(401), granted, http_answer(401)) as station:
        house.x.url = station.url
        house.store(HOUR)
        with pytest.raises(Rejected):
            DO[call](house.network())
        paths = [line.split(" ")[1].partition("?")[0] for line in station.lines]
        signed = [station.head(number)["Authorization"] for number in range(len(station.requests))]
    assert paths == [paths[0], "/2/oauth2/token", paths[0]]
    assert signed == [f"Bearer {ACCESS}", None, "Bearer new"]


@pytest.mark.parametrize(("fault", "kind"), [(Fault(400, SPENT), Rejected), (Fault(503), Later)])
def test_a_401_whose_renewal_fails_has_created_nothing(fault: Fault, kind: type[ThreadmillError], house: House) -> None:
    house.store(HOUR)
    house.x.accesses.clear()
    house.x.faults = [fault]
    with pytest.raises(kind):
        house.network().verify()
    assert len(house.x.asked) == 1


@pytest.mark.parametrize(("call", "words"), TO_LOGINS)
def test_what_a_login_is_refused_comes_with_advice_for_logins(call: Call, words: str, house: House) -> None:
    status = 401 if call == "create" else 403
    with Station(http_answer(status)) as station:
        house.x.url = station.url
        house.store(HOUR, renewed_at=NOW.isoformat())
        with pytest.raises(Rejected, match=words.replace("the renewal", "the picture")) as caught:
            DO[call](house.network())
    assert "threadmill login x" in str(caught.value)
    assert "OAuth 1.0a" not in str(caught.value)


def test_a_post_without_an_answer_is_as_unsure_as_with_keys(house: House) -> None:
    with Station(before=lambda _: None) as station:
        house.x.url = station.url
        house.store(HOUR)
        with pytest.raises(Unsure):
            house.network().create("Text 1/2", [], "")
        assert len(station.requests) == 1


# Others who use the same login


def test_what_another_process_renewed_is_taken_over(house: House) -> None:
    house.store(HOUR)
    first, second = house.network(), house.network()
    house.now += HOUR
    first.ready()
    second.ready()
    second.verify()
    assert house.x.grants == ["refresh_token"]
    assert bearers(house) == ["access~1-a9c1e7d3"]


def test_after_a_401_what_another_process_renewed_is_tried_before_anything_is_spent(house: House) -> None:
    house.store(HOUR)
    first, second = house.network(), house.network()
    house.now += HOUR
    first.ready()
    house.now -= HOUR  # the second does not know it yet
    second.verify()
    assert house.x.grants == ["refresh_token"]
    assert bearers(house) == [ACCESS, "access~1-a9c1e7d3"]


@pytest.mark.parametrize(("change", "words"), [({"account": "2002"}, "became another account's"), (None, "was removed")])
def test_a_login_that_became_somebody_else_s_is_not_used(change: dict[str, object] | None, words: str, house: House) -> None:
    path = house.store(HOUR)
    network = house.network()
    house.now += HOUR
    if change is None:
        path.unlink()
    else:
        house.store(HOUR, access_token="theirs", **change)
    with pytest.raises(BadInput, match=words):
        network.verify()
    assert house.x.forms == house.x.asked == []


def test_many_threads_renew_once(house: House) -> None:
    house.store(-MINUTE)
    house.patience = Patience()
    house.x.faults = [Fault(before=False, hold=threading.Event())]
    threading.Timer(0.3, house.x.faults[0].hold.set).start()  # type: ignore[union-attr]
    networks = [house.network() for _ in range(6)]
    threads = [threading.Thread(target=network.ready) for network in networks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    for network in networks:
        network.verify()
    assert house.x.grants == ["refresh_token"]
    assert set(bearers(house)) == {"access~1-a9c1e7d3"}


# What must not happen


def test_a_full_disk_is_noticed_before_the_refresh_token_is_spent(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    house.store(-MINUTE)
    with monkeypatch.context() as broken:
        broken.setattr("os.pwrite", full)
        with pytest.raises(BadOutput, match="No space left"):
            house.network().ready()
    assert house.x.forms == []
    house.network().ready()
    assert house.x.grants == ["refresh_token"]


def test_a_call_ends_within_the_lease_it_is_made_under() -> None:
    assert LEASE.total_seconds() - calls.CALL_S >= 10
    assert calls.CALL_S - Patience().whole_s > room._hasty(Patience()).whole_s  # a renewal fits in front of a call


def test_after_a_renewal_that_took_too_long_nothing_is_sent(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.store(-MINUTE)
    monkeypatch.setattr(calls, "CALL_S", HASTE.whole_s + 0.1)
    hold = threading.Event()
    house.x.faults = [Fault(before=False, hold=hold)]
    threading.Timer(0.15, hold.set).start()
    with pytest.raises(Later, match="nothing was sent after it"):
        house.network().create("Text 1/2", [], "")
    assert house.stored()["refresh_token"] == "refresh~1-77be02f4"  # and what it gave is kept
    assert house.x.grants == ["refresh_token"]


def test_after_a_sleep_of_the_machine_in_a_renewal_nothing_is_sent(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.store(HOUR)
    house.x.accesses.clear()
    grant, wall = house.x._grant, time.time

    def sleep_meanwhile(form: Mapping[str, str], authorization: str) -> tuple[int, object]:
        monkeypatch.setattr(time, "time", lambda: wall() + 600)
        return grant(form, authorization)

    house.x._grant = sleep_meanwhile  # type: ignore[method-assign]
    with pytest.raises(Later, match="nothing was sent"):
        house.network().verify()
    assert (house.x.grants, bearers(house)) == (["refresh_token"], [ACCESS])


def test_a_silent_endpoint_is_given_up_after_a_while(house: House) -> None:
    house.store(-MINUTE)
    house.x.faults = [Fault(hold=threading.Event())]
    begun = time.monotonic()
    with pytest.raises(Later):
        house.network().ready()
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_during_a_renewal_waits_for_the_tokens(number: int, house: House) -> None:
    house.store(-MINUTE)
    house.patience = Patience()
    hold = threading.Event()
    house.x.faults = [Fault(before=False, hold=hold)]

    def interrupt() -> None:
        house.x.arrived.wait(5)
        signal.raise_signal(number)
        time.sleep(0.1)
        hold.set()

    ended: list[int] = []
    before = signal.signal(number, lambda number, _: ended.append(number))
    try:
        threading.Thread(target=interrupt).start()
        house.network().ready()
    finally:
        signal.signal(number, before)
    assert ended == [number]
    assert house.stored()["refresh_token"] == "refresh~1-77be02f4"


def test_a_second_ctrl_c_does_not_wait() -> None:
    passed: list[int] = []
    before = signal.getsignal(signal.SIGINT)

    def twice() -> None:
        with undisturbed():
            for number in (1, 2):
                signal.raise_signal(signal.SIGINT)
                passed.append(number)

    with pytest.raises(KeyboardInterrupt):
        twice()
    assert passed == [1]
    assert signal.getsignal(signal.SIGINT) is before  # a suite in the background ignores it


# Nothing shows a token


WAYS: dict[str, Callable[[House], None]] = {
    "renewed": lambda house: None,
    "spent": lambda house: house.x.refreshes.clear(),
    "echoed": lambda house: house.x.faults.append(Fault(400, {"error": f"invalid_grant {REFRESH}", "error_description": f"{REFRESH} {SECRET}"})),
    "echoed in a broken answer": lambda house: house.x.faults.append(Fault(200, {"access_token": f"a {REFRESH}", "detail": SECRET})),
    "cut": lambda house: house.x.faults.append(Fault(before=False, cut=90)),
    "silent": lambda house: house.x.faults.append(Fault(before=False, silent=True)),
    "echoed by the call": lambda house: setattr(house.x, "identity", Fault(401, {"title": "access~1-a9c1e7d3", "detail": f"Bearer access~1-a9c1e7d3 {ACCESS}", "reason": "refresh~1-77be02f4", "errors": [{"message": SECRET}]})),
    "not stored": lambda house: place(house.home, house.x.url).with_suffix(".new").mkdir(),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_no_token_shows_in_errors_traces_or_logs(way: str, house: House, capfd: pytest.CaptureFixture[str]) -> None:
    house.x.secret = SECRET
    house.secrets = {"X_CLIENT_SECRET": Secret(SECRET)}
    house.store(-MINUTE)
    network = house.network()
    WAYS[way](house)
    shown = [repr(network), repr(vars(network)), repr(house.access())]
    with everything_logged() as lines:
        try:
            network.verify()
        except ThreadmillError as error:
            shown += [str(error), repr(error), *traceback.format_exception(error)]
            shown += traceback.TracebackException.from_exception(error, capture_locals=True).format()
    assert lines == []
    everything = "\n".join([*shown, *capfd.readouterr()])
    basic = house.x.heads[0]["Authorization"].removeprefix("Basic ") if house.x.heads else SECRET
    hidden = [ACCESS, REFRESH, SECRET, *house.x.given, basic]
    assert [one for one in hidden if one in everything] == []
    found = {path.name: path.read_bytes() for path in house.home.rglob("*") if path.is_file() and path.suffix != ".json"}
    assert [name for name, content in found.items() for one in hidden if one.encode() in content] == []


def test_the_test_above_would_see_a_token(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    house.store(-MINUTE)
    with suppress(ThreadmillError):
        house.network().verify()
    print(house.x.given)
    assert "refresh~1-77be02f4" in capfd.readouterr().out
