"""The one client: polite, patient within limits, and not to be drowned, tricked or made to tell a key."""

from __future__ import annotations

import datetime as dt
import gzip
import resource
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from bot.config import Secret
from bot.errors import SourceUnavailable, Throttled
from bot.ports import Key, Question, Reply, Rest, Service
from bot.sources._http import Clock, HttpClient
from tests.sources.services import NOW, Answer, FakeClock, Request, Server

SERVICE = Service(url="https://example.org", interval_s=3, limit_bytes=1_000_000)
ASK = Question("/a", {"b": "c d", "n": 1})


class KeepsNothing:
    """A store that only remembers what it was told."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.told: Rest | None = None

    def kept(self, source: str, key: str, since: dt.date) -> Reply | None:
        found = self.replies.get(key)
        return found if found is not None and found.retrieved_at.date() >= since else None

    def keep(self, source: str, key: str, reply: Reply) -> None:
        self.replies[key] = reply

    def rest(self, source: str) -> Rest | None:
        return self.told

    def leave_alone(self, source: str, rest: Rest) -> None:
        self.told = rest


def client_of(url: str, service: Service = SERVICE, **given: object) -> HttpClient:
    told = {"clock": FakeClock()} | given
    return HttpClient("npm", service, url, **told)  # type: ignore[arg-type]


@contextmanager
def answering(
    answer: Callable[[Request], Answer], service: Service = SERVICE, **given: object
) -> Iterator[tuple[HttpClient, Server]]:
    with Server(answer) as server:
        client = client_of(server.url, service, **given)
        yield client, server
        client.close()


@contextmanager
def raw(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that writes what it likes on the bare connection, for one connection after another."""
    listening = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65536)
                    serve(connection)
                except OSError:
                    pass

    threading.Thread(target=run, daemon=True).start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()


def test_a_reply_is_the_bytes_the_address_the_question_and_the_instant() -> None:
    with answering(lambda _: Answer("told", gzipped=True), contact="ops@example.org") as (client, server):
        assert client.ask(ASK) == Reply(b"told", f"{server.url}/a?b=c+d&n=1", "/a?b=c+d&n=1", NOW)
    headers = server.asked[0].headers
    assert headers["User-Agent"].startswith("threadmill/")
    assert headers["User-Agent"].endswith("(ops@example.org)")
    assert "Cookie" not in headers


def test_a_body_makes_a_post_whose_query_is_the_body() -> None:
    with answering(lambda _: Answer("told")) as (client, server):
        reply = client.ask(Question("/", {"user": "demo"}, body="SELECT 1"))
    assert (server.asked[0].method, server.asked[0].body, server.asked[0].parameters) == ("POST", "SELECT 1", {"user": "demo"})
    assert reply.query == "SELECT 1"


def test_requests_keep_the_interval_of_the_service() -> None:
    clock = FakeClock()
    with answering(lambda _: Answer("told"), clock=clock) as (client, _server):
        for number in range(3):
            client.ask(Question(f"/{number}"))
    assert sum(clock.slept) == 6


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_failures_that_pass_are_tried_again(status: int) -> None:
    answers = iter([Answer("busy", status), Answer("busy", status), Answer("told")])
    with answering(lambda _: next(answers)) as (client, server):
        assert client.ask(ASK).body == b"told"
    assert len(server.asked) == 3


def test_a_post_that_only_asks_is_tried_again_too() -> None:
    answers = iter([Answer("busy", 503), Answer("told")])
    with answering(lambda _: next(answers)) as (client, server):
        assert client.ask(Question("/", body="SELECT 1")).body == b"told"
    assert [request.body for request in server.asked] == ["SELECT 1", "SELECT 1"]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "60"}, 60),
        ({"Retry-After": "Thu, 05 Nov 2026 06:01:30 GMT"}, 90),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW.timestamp()) + 45)}, 45),
        ({"RateLimit": '"api";r=0;t=55'}, 55),
    ],
)
def test_it_waits_as_long_as_it_is_asked_to(headers: dict[str, str], seconds: int) -> None:
    answers = iter([Answer("slow down", 429, headers), Answer("told")])
    clock = FakeClock()
    with answering(lambda _: next(answers), clock=clock) as (client, _server):
        assert client.ask(ASK).body == b"told"
    assert clock.slept[0] == seconds


def test_a_service_that_asks_for_more_than_this_run_can_wait_is_left_alone() -> None:
    store = KeepsNothing()
    with answering(lambda _: Answer("no", 429, {"Retry-After": "7200"}), store=store) as (client, server):
        with pytest.raises(Throttled, match=r"npm answered 429 .*left alone until 2026-11-05T08:00") as told:
            client.ask(ASK)
        assert told.value.until == NOW + dt.timedelta(hours=2)
        with pytest.raises(Throttled, match="left alone until"):
            client.ask(Question("/other"))
    assert len(server.asked) == 1
    assert store.told is not None
    assert store.told.until == NOW + dt.timedelta(hours=2)


def test_a_bare_429_again_and_again_means_an_hour_of_rest() -> None:
    store = KeepsNothing()
    with answering(lambda _: Answer("", 429), store=store) as (client, server), pytest.raises(Throttled):
        client.ask(ASK)
    assert len(server.asked) == 5
    assert store.told is not None
    assert store.told.until - NOW >= dt.timedelta(hours=1)


def test_403_is_a_refusal_unless_it_says_when_to_come_back() -> None:
    with answering(lambda _: Answer("no", 403)) as (client, server), pytest.raises(SourceUnavailable, match="answered 403"):
        client.ask(ASK)
    assert len(server.asked) == 1
    answers = iter([Answer("abuse", 403, {"Retry-After": "60"}), Answer("told")])
    with answering(lambda _: next(answers)) as (client, _server):
        assert client.ask(ASK).body == b"told"


def test_202_is_polled_and_not_for_ever() -> None:
    answers = iter([Answer("{}", 202), Answer("{}", 202), Answer("told")])
    with answering(lambda _: next(answers)) as (client, _server):
        assert client.ask(ASK).body == b"told"
    with answering(lambda _: Answer("{}", 202)) as (client, server), pytest.raises(SourceUnavailable, match="still computing"):
        client.ask(ASK)
    assert len(server.asked) == 5


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_other_statuses_are_refused_with_the_first_words_of_the_body(status: int) -> None:
    with (
        answering(lambda _: Answer("<html><b>Not\nhere</b></html>", status)) as (client, server),
        pytest.raises(SourceUnavailable, match=rf"npm answered {status} .*: Not here\. "),
    ):
        client.ask(ASK)
    assert len(server.asked) == 1


def test_a_status_the_question_accepts_is_an_answer() -> None:
    with answering(lambda _: Answer("nobody", 404)) as (client, _server):
        reply = client.ask(replace(ASK, accept=(404,)))
    assert (reply.status, reply.body) == (404, b"nobody")


def test_a_reply_over_the_limit_is_cut_off_while_it_comes() -> None:
    sent = []

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)
            sent.append(65536)

    with raw(endless) as url, pytest.raises(SourceUnavailable, match=r"sent more than 1,000,000 bytes; the rest was not read"):
        client_of(url).ask(ASK)
    assert sum(sent) < 20_000_000


def test_a_gzip_bomb_is_cut_off_where_it_unpacks_to_too_much() -> None:
    bomb = gzip.compress(b"\0" * 200_000_000, 9, mtime=0)
    assert len(bomb) < 300_000
    with (
        answering(lambda _: Answer(bomb, headers={"Content-Encoding": "gzip"})) as (client, _server),
        pytest.raises(SourceUnavailable, match="sent more than 1,000,000 bytes"),
    ):
        client.ask(ASK)


def test_a_bomb_of_empty_blocks_is_cut_off_as_it_is_sent() -> None:
    def empty_blocks(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
        packer = zlib.compressobj(wbits=31)
        connection.sendall(packer.compress(b"") + packer.flush(zlib.Z_SYNC_FLUSH))
        while True:
            connection.sendall(b"\x00\x00\x00\xff\xff" * 10000)

    with raw(empty_blocks) as url, pytest.raises(SourceUnavailable, match="sent more than 1,000,000 bytes"):
        client_of(url).ask(ASK)


DRIPS = {
    "status line": (b"HTTP/1.1 200 O", b"O"),
    "headers": (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
    "body of a known length": (b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n", b"x"),
    "chunk size": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", b"x: y\r\n"),
    "redirect": (b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 900000\r\n\r\n", b"x"),
    "error": (b"HTTP/1.1 503 Busy\r\nContent-Length: 900000\r\n\r\n", b"x"),
}


@pytest.mark.parametrize("part", DRIPS)
def test_a_reply_that_drips_is_given_up_whichever_part_of_it_does(part: str) -> None:
    begun, then = DRIPS[part]

    def drip(connection: socket.socket) -> None:
        connection.sendall(begun)
        while True:
            connection.sendall(then)
            time.sleep(0.01)

    with raw(drip) as url, pytest.raises(SourceUnavailable, match=r"did not finish its reply in 0\.3 s|sends us on|headers"):
        client_of(url, longest_reply_s=0.3).ask(ASK)


def test_the_body_of_a_redirect_is_not_read() -> None:
    bomb = gzip.compress(b"\0" * 200_000_000, 9, mtime=0)

    def answer(request: Request) -> Answer:
        if request.path == "/new":
            return Answer("told")
        return Answer(bomb, 301, {"Location": "/new", "Content-Encoding": "gzip"})

    with answering(answer) as (client, _server):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert client.ask(Question("/old")).body == b"told"
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes


def test_a_redirect_that_changes_the_question_is_not_followed() -> None:
    with (
        answering(lambda _: Answer("", 302, {"Location": "/a?b=other"})) as (client, server),
        pytest.raises(SourceUnavailable, match="another question"),
    ):
        client.ask(ASK)
    assert len(server.asked) == 1


@pytest.mark.parametrize("echo", ["s3cr3t/key+1", "s3cr3t%2Fkey%2B1", "s3cr3t/key%2B1"])
def test_a_reply_that_repeats_the_key_is_neither_kept_nor_told(echo: str) -> None:
    store, service = KeepsNothing(), replace(SERVICE, key=Key("TOKEN", parameter="key"))

    def echoing(request: Request) -> Answer:
        return Answer(f'"{echo}"', 200 if request.path == "/fine" else 400)

    with answering(echoing, service, key=Secret("s3cr3t/key+1"), store=store) as (client, _):
        for path in ("/fine", "/bad"):
            with pytest.raises(SourceUnavailable) as told:
                client.ask(Question(path))
            assert "s3cr3t" not in str(told.value)
    assert store.replies == {}
    with (
        answering(lambda _: Answer("", 302, {"Location": "https://s3cr3t.example/"}), service, key=Secret("s3cr3t")) as (
            client,
            _,
        ),
        pytest.raises(SourceUnavailable) as sent_on,
    ):
        client.ask(ASK)
    assert "s3cr3t" not in str(sent_on.value)


@pytest.mark.parametrize("header", ["Retry-After", "x-ratelimit-reset"])
@pytest.mark.parametrize("value", ["\xb2", "-5", "1e9", "soon", "Thu, 05 Nov 2026 06:00:00 +99999999999999", "9" * 40])
def test_a_header_that_says_nothing_of_use_is_passed_over(header: str, value: str) -> None:
    answers = iter([Answer("busy", 503, {header: value, "x-ratelimit-remaining": "0"}), Answer("told")])
    clock = FakeClock()
    with answering(lambda _: next(answers), clock=clock) as (client, _server):
        assert client.ask(ASK).body == b"told"
    assert clock.slept[0] == 1


def test_a_clock_that_is_days_off_writes_nothing() -> None:
    store = KeepsNothing()
    with (
        answering(lambda _: Answer("told", headers={"Date": "Fri, 06 Nov 2026 07:00:00 GMT"}), store=store) as (client, _server),
        pytest.raises(SourceUnavailable, match="the clock of this machine says 2026-11-05T06:00"),
    ):
        client.ask(ASK)
    assert store.replies == {}
    with answering(lambda _: Answer("told", headers={"Date": "Thu, 05 Nov 2026 06:14:00 GMT"})) as (client, _server):
        assert client.ask(ASK).body == b"told"


def test_a_cache_on_the_way_is_no_clock_that_is_off() -> None:
    headers = {"Date": "Wed, 04 Nov 2026 10:00:00 GMT", "Age": "72000"}  # twenty hours
    with answering(lambda _: Answer("told", headers=headers)) as (client, _server):
        assert client.ask(ASK).body == b"told"


def test_a_proxy_does_not_switch_the_watch_off(monkeypatch: pytest.MonkeyPatch) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            connection.sendall(b"x")
            time.sleep(0.01)

    with raw(drip) as url:
        monkeypatch.setenv("http_proxy", url)
        monkeypatch.setenv("no_proxy", "")
        with pytest.raises(SourceUnavailable, match=r"did not finish its reply in 0\.3 s"):
            client_of("http://example.org", longest_reply_s=0.3).ask(ASK)


def test_what_was_kept_while_the_clock_was_ahead_does_not_answer() -> None:
    store, clock = KeepsNothing(), FakeClock()
    with answering(lambda _: Answer("told"), store=store, clock=clock) as (client, server):
        clock.at += dt.timedelta(days=300)
        client.ask(ASK)
        store.told = Rest(clock.at + dt.timedelta(days=1), "busy")
        clock.at = NOW
        client.ask(ASK)
    assert len(server.asked) == 2


def test_all_questions_of_a_run_have_a_limit_of_time() -> None:
    clock = FakeClock()
    with answering(lambda _: Answer("told"), replace(SERVICE, interval_s=600), clock=clock) as (client, _server):
        for number in range(5):  # at 0, 600, 1200, 1800 and 2400 seconds
            client.ask(Question(f"/{number}"))
        with pytest.raises(SourceUnavailable, match="asked for 30 minutes"):
            client.ask(Question("/5"))


def test_a_second_gzip_member_is_not_passed_over() -> None:
    body = gzip.compress(b"told", mtime=0) + gzip.compress(b"more")
    with (
        answering(lambda _: Answer(body, headers={"Content-Encoding": "gzip"})) as (client, _server),
        pytest.raises(SourceUnavailable, match="cannot be decompressed"),
    ):
        client.ask(ASK)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 30\r\n\r\n" + gzip.compress(b"told" * 100, mtime=0)[:30],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n7\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        b"",
        b"220 mail.example.org ESMTP\r\n",
    ],
)
def test_a_reply_that_breaks_off_is_tried_again_and_never_taken_for_whole(answer: bytes) -> None:
    asked = []

    def broken(connection: socket.socket) -> None:
        asked.append(1)
        connection.sendall(answer)

    with raw(broken) as url, pytest.raises(SourceUnavailable, match="npm "):
        client_of(url).ask(ASK)
    assert len(asked) > 1


def test_a_redirect_on_the_same_host_is_followed() -> None:
    def answer(request: Request) -> Answer:
        return Answer("told") if request.path == "/new" else Answer("", 301, {"Location": "/new"})

    with answering(answer) as (client, _server):
        assert client.ask(Question("/old")).body == b"told"


@pytest.mark.parametrize(
    "place", ["https://evil.example/x", "//evil.example/x", "http://127.0.0.1:1/x", "http://[", "ftp://127.0.0.1/x"]
)
def test_a_redirect_to_another_host_is_not(place: str) -> None:
    with (
        answering(lambda _: Answer("", 302, {"Location": place})) as (client, server),
        pytest.raises(SourceUnavailable, match="sends us on to .*THREADMILL_URL_NPM"),
    ):
        client.ask(ASK)
    assert len(server.asked) == 1


def test_a_circle_of_redirects_ends() -> None:
    with (
        answering(lambda _: Answer("", 302, {"Location": "/a?b=c+d&n=1"})) as (client, server),
        pytest.raises(SourceUnavailable, match="in a circle"),
    ):
        client.ask(ASK)
    assert len(server.asked) == 6


@pytest.mark.parametrize("way", [Key("TOKEN", header="Authorization", prefix="Bearer "), Key("TOKEN", parameter="api_key")])
def test_a_key_is_sent_and_never_told(way: Key) -> None:
    store = KeepsNothing()
    service = replace(SERVICE, key=way)
    with answering(lambda _: Answer("told"), service, key=Secret("hunter2"), store=store) as (client, server):
        assert client.has_key
        reply = client.ask(ASK)
    request = server.asked[0]
    assert "Bearer hunter2" in request.headers.values() or request.parameters["api_key"] == "hunter2"
    assert "hunter2" not in f"{reply!r}{store.replies!r}{client.__dict__!r}"
    with (
        answering(lambda _: Answer("bad key hunter2", 401), service, key=Secret("hunter2")) as (client, _server),
        pytest.raises(SourceUnavailable) as told,
    ):
        client.ask(ASK)
    assert "hunter2" not in str(told.value)
    assert "****" in str(told.value)
    with pytest.raises(SourceUnavailable) as refused:
        client_of("http://127.0.0.1:1", service, key=Secret("hunter2")).ask(ASK)
    assert "refuses the connection" in str(refused.value)
    assert refused.value.__cause__ is None
    assert "hunter2" not in str(refused.value)


def test_the_same_question_is_asked_once_a_utc_day() -> None:
    store, clock = KeepsNothing(), FakeClock()
    numbers = iter(range(10))
    with answering(lambda _: Answer(str(next(numbers))), replace(SERVICE, longest_s=10**7), store=store, clock=clock) as (
        client,
        server,
    ):
        assert [client.ask(ASK).body, client.ask(ASK).body] == [b"0", b"0"]
        assert client.ask(replace(ASK, parameters={"n": 1, "b": "c d"})).body == b"0"
        clock.at += dt.timedelta(hours=18)
        assert client.ask(ASK).body == b"1"
        clock.at += dt.timedelta(days=2)
        assert client.ask(replace(ASK, keep_days=2)).body == b"1"
    assert len(server.asked) == 2
    assert client.keys[0] == client.keys[1]


def test_kept_headers_stand_in_front_of_the_body() -> None:
    with answering(lambda _: Answer("[]", headers={"Link": '<x>; rel="last"'})) as (client, _server):
        assert client.ask(replace(ASK, head=("Link",))).body == b'Link: <x>; rel="last"\n\n[]'


def test_many_questions_are_answered_in_their_order_side_by_side() -> None:
    together, most, lock = 0, 0, threading.Lock()

    def answer(request: Request) -> Answer:
        nonlocal together, most
        with lock:
            together += 1
            most = max(most, together)
        time.sleep(0.02)
        with lock:
            together -= 1
        return Answer(request.path)

    with answering(answer, Service("https://example.org", 0, concurrency=4)) as (client, _server):
        replies = list(client.ask_all([Question(f"/{number}") for number in range(12)]))
    assert [reply.body.decode() for reply in replies] == [f"/{number}" for number in range(12)]
    assert most == 4


def test_a_run_that_is_stopped_asks_nothing_more() -> None:
    clock = Clock(now=lambda: NOW)
    clock.stopped.set()
    with answering(lambda _: Answer("told"), clock=clock) as (client, server), pytest.raises(SourceUnavailable, match="stopped"):
        client.ask(ASK)
    assert server.asked == []


def test_a_pause_the_service_asks_for_in_an_answer_is_kept() -> None:
    clock = FakeClock()
    with answering(lambda _: Answer("told"), clock=clock) as (client, _server):
        client.pause(40)
        client.ask(ASK)
        assert clock.slept == [40]
        with pytest.raises(Throttled):
            client.pause(100_000)
