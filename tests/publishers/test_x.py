"""The X side of posting, against canned answers over real sockets and, where X's description is at hand, the strict fake."""

from __future__ import annotations

import base64
import datetime as dt
import html
import http.client
import io
import json
import logging
import re
import socket
import struct
import threading
import traceback
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from oauthlib.oauth1.rfc5849 import signature

from bot import ports
from bot.config import Secret
from bot.domain.delivery import Picture, Seen
from bot.errors import BadInput, BadThread, Later, ParentUnseen, Rejected, ThreadmillError, Unsure
from bot.publishers._x.answers import CALLS, TABLE, Call
from bot.publishers._x.credentials import KEYS
from bot.publishers._x.session import Patience
from bot.publishers.x import network, url
from bot.rehearsal import CREATE, FAULTS, ME, OPERATIONS, TOKEN, FakeX, named

NOW = dt.datetime(2026, 9, 30, 12, 0, tzinfo=dt.UTC)
VALUES = ("consumer+Key/1=", "consumer~Secret%2", "1001-access.Token3", "access&Secret4")
SECRETS = {name: Secret(value) for name, value in zip(KEYS, VALUES, strict=True)}
HASTE = Patience(connect_s=0.5, read_s=0.3, whole_s=0.8)
ID = "2124538533073911808"


def http_answer(status: int, body: object = b"", headers: Mapping[str, str] | None = None, length: int | None = None) -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Words", f"Content-Length: {len(raw) if length is None else length}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + raw


class Station:
    """A server of canned answers, one a connection; remembers every request as it came off the wire."""

    def __init__(self, *answers: bytes, before: Callable[[socket.socket], None] | None = None) -> None:
        self.answers, self.before, self.requests = list(answers), before, list[bytes]()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> Station:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(2)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                try:
                    self.requests.append(self._read(connection))
                    if self.before:
                        self.before(connection)
                    elif self.answers:
                        connection.sendall(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
                except OSError:
                    pass

    @staticmethod
    def _read(connection: socket.socket) -> bytes:
        raw = b""
        while b"\r\n\r\n" not in raw:
            piece = connection.recv(65536)
            if not piece:
                return raw
            raw += piece
            if raw[0] == 0x16:  # a TLS handshake
                return raw
        length = re.search(rb"content-length: (\d+)", raw.lower())
        while length and len(raw.partition(b"\r\n\r\n")[2]) < int(length[1]):
            raw += connection.recv(65536)
        return raw

    @property
    def lines(self) -> list[str]:
        return [request.split(b"\r\n", 1)[0].decode() for request in self.requests]

    def head(self, number: int = 0) -> http.client.HTTPMessage:
        return http.client.parse_headers(io.BytesIO(self.requests[number].split(b"\r\n", 1)[1]))

    def body(self, number: int = 0) -> bytes:
        return self.requests[number].partition(b"\r\n\r\n")[2]


def account(url: str, patience: Patience = HASTE, now: dt.datetime = NOW) -> ports.Network:
    return network(SECRETS, url, lambda: now, patience)


def png(width: int = 4, height: int = 4, padding: int = 0) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" * (width + 1)) * height)
    extra = chunk(b"teXt", b"\0" * padding) if padding else b""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


PICTURE = Picture(png(), "A bar chart", 4, 4)
DO: Mapping[Call, Callable[[ports.Network], object]] = {
    "upload": lambda x: x.upload(PICTURE),
    "describe": lambda x: x.describe(ID, "A bar chart"),
    "create": lambda x: x.create("Text 1/2", [], ""),
    "recent": lambda x: x.recent(NOW - dt.timedelta(hours=1), NOW),
    "remove": lambda x: x.remove(ID),
    "identity": lambda x: x.verify(),
}


def outcome(call: Call, *answers: bytes) -> ThreadmillError:
    """What a call raises when it is answered so."""
    with Station(*answers) as station:
        with pytest.raises(ThreadmillError) as caught:
            DO[call](account(station.url))
        assert len(station.requests) <= (
            2 if call == "recent" else 1
        )  # whatever it was, it was sent once; a look in either names
    return caught.value


def problem(status: int, detail: str, kind: str = "", title: str = "Forbidden", **more: object) -> dict[str, object]:
    return {
        "title": title,
        "detail": detail,
        "type": f"HOST/2/problems/{kind}" if kind else "about:blank",
        "status": status,
        **more,
    }


INVALID = {
    "title": "Invalid Request",
    "detail": "One or more parameters to your request was invalid.",
    "type": "HOST/2/problems/invalid-request",
}
REPLY_RULE = "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to."
DOCUMENTED: list[tuple[int, object, type[ThreadmillError], str]] = [
    (400, INVALID | {"errors": [{"message": "Your media IDs are invalid."}]}, Rejected, "does not accept the pictures"),
    (400, INVALID | {"errors": [{"parameters": {"media.media_ids": ["1"]}, "message": "no"}]}, Rejected, "does not accept the pictures"),
    (400, INVALID | {"errors": [{"message": "$.text is missing"}]}, Rejected, "does not understand the post"),
    (401, problem(401, "Unauthorized", title="Unauthorized"), Rejected, "clock is off"),
    (401, {"errors": [{"code": 32, "message": "Could not authenticate you"}]}, Rejected, "does not know these keys"),
    (401, {"errors": [{"code": 89, "message": "Invalid or expired token."}]}, Rejected, "does not know these keys"),
    (402, {"account_id": 1234567890, "title": "CreditsDepleted", "detail": "Your enrolled account [1234567890] does not have any credits to fulfill this request.", "type": "HOST/2/problems/credits"}, Rejected, "buy credits"),
    (402, {"detail": "credits depleted", "status": 402, "title": "Payment Required", "type": "HOST/2/problems/credits-depleted"}, Rejected, "buy credits"),
    (403, problem(403, "You are not allowed to create a Tweet with duplicate content."), Unsure, "posted already"),
    (403, problem(403, "Posts are limited to a maximum of one cashtag"), Rejected, "more than one cashtag"),
    (403, problem(403, REPLY_RULE), Rejected, "refuses this reply"),
    (403, problem(403, "You attempted to reply to a Tweet that is deleted or not visible to you."), ParentUnseen, "made seconds ago"),
    (403, problem(403, "The Tweet contains an invalid URL."), Rejected, "refuses a link"),
    (403, problem(403, "The user used for authentication is suspended", "user-suspended"), Rejected, "has suspended"),
    (403, problem(403, "Forbidden", "app-suspended"), Rejected, "has suspended"),
    (403, {"errors": [{"code": 226, "message": "This request looks like it might be automated."}]}, Rejected, "unwanted automation"),
    (403, problem(403, "Forbidden", "client-forbidden", "Client Forbidden", reason="client-not-enrolled"), Rejected, "pay-per-use project"),
    (403, problem(403, "Forbidden", "", "Client Forbidden", reason="user-not-enrolled"), Rejected, "pay-per-use project"),
    (403, problem(403, "Forbidden", "oauth1-permissions"), Rejected, "set the app to Read and write"),
    (403, problem(403, "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint."), Rejected, "set the app to Read and write"),
    (403, problem(403, "Authenticating with OAuth 2.0 Application-Only is forbidden.", "unsupported-authentication"), Rejected, "kind of key"),
    (403, problem(403, "Your account is not permitted to access this feature"), Rejected, "lacks a feature"),
    (403, problem(403, "You are not permitted to perform this action."), Rejected, "longer than the account may post"),
    (403, problem(403, "Forbidden"), Rejected, "does not permit the post"),
    (404, problem(404, "Not Found", "resource-not-found", "Not Found Error"), Rejected, "knows nothing"),
    (407, b"", Rejected, "the proxy refused"),
    (409, b"", Rejected, "documents no such refusal"),
    (413, b"", Rejected, "too large"),
    (429, problem(429, "Too Many Requests", title="Too Many Requests"), Later, "asks to wait"),
    (429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, Later, "asks to wait"),
    (429, problem(429, "Usage cap exceeded: Monthly product cap", "usage-capped", "UsageCapExceeded", period="Monthly"), Later, "cap is used up"),
    (408, b"", Unsure, "may have done it"),
    (500, b"<html><title>500</title></html>", Unsure, "may have done it"),
    (502, b"", Unsure, "may have done it"),
    (503, problem(503, "Service Unavailable", title="Service Unavailable"), Unsure, "may have done it"),
    (504, b"<html>", Unsure, "may have done it"),
    (301, b"", Rejected, "points to another"),
    (303, b"", Unsure, "neither yes nor no"),
    (200, b"<html>Log in to this hotel</html>", Unsure, "cannot be read"),
    (201, b"", Unsure, "cannot be read"),
    (204, b"", Unsure, "cannot be read"),
    (201, b'{"data": {"id": "21', Unsure, "cannot be read"),
    (201, [], Unsure, "cannot be read"),
    (201, b"[" * 100_000, Unsure, "cannot be read"),
    (201, {"data": {"text": "Text 1/2"}}, Unsure, "cannot be read"),
    (201, {"data": None}, Unsure, "cannot be read"),
    (201, {"data": {"id": ""}}, Unsure, "cannot be read"),
    (201, {"data": {"id": "../1"}}, Unsure, "cannot be read"),
]  # fmt: skip


@pytest.mark.parametrize("host", ["https://api.x.com", "https://api.twitter.com"])
@pytest.mark.parametrize(("status", "body", "kind", "words"), DOCUMENTED)
def test_every_documented_answer_to_a_post_has_its_outcome_and_advice(
    host: str, status: int, body: object, kind: type[ThreadmillError], words: str
) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).replace("HOST", host).encode()
    error = outcome("create", http_answer(status, raw))
    assert (type(error), words in str(error)) == (kind, True), error
    assert f"(HTTP {status}" in str(error)
    assert str(error).count("; ") >= 2  # what happened, why it usually does, what to do
    assert error.__cause__ is None
    assert error.__context__ is None


def test_every_row_of_the_table_is_met_by_a_documented_answer() -> None:
    told = [f"{row.what}; {row.why}" for row in TABLE]
    assert len(set(told)) == len(told)
    met = [words for _, _, _, words in DOCUMENTED]
    unmet = [
        row
        for row in TABLE
        if set(row.calls) & set(CALLS) - {"identity"} and not row.login  # the others: tests/publishers/test_x_login.py
        if not any(words in f"{row.what}; {row.why}; {row.do}".replace("{thing}", "the post") for words in met)
    ]
    others = [
        "could not be reached",
        "no answer came back",
        "the reason broke off",
        "X refuses {thing}",
        "media service",
        "{Thing} is too large for X",
    ]
    assert [row.what for row in unmet if not any(other in row.what for other in others)] == []


@pytest.mark.parametrize("call", ["upload", "describe", "recent"])
@pytest.mark.parametrize("answer", [http_answer(status, body) for status, _, body in [
    (503, 0, b""), (500, 0, b"<html>"), (200, 0, b"[]"), (200, 0, b""), (204, 0, b""), (200, 0, b'{"da'), (429, 0, b""), (408, 0, b""), (200, 0, {"errors": [{"title": "Not Found Error"}]}),
]])  # fmt: skip
def test_what_may_be_repeated_is_never_unsure(call: Call, answer: bytes) -> None:
    error = outcome(call, answer)
    assert isinstance(error, Later)
    assert NOW < error.until <= NOW + dt.timedelta(minutes=15)


@pytest.mark.parametrize(("call", "status", "kind"), [
    ("upload", 404, Later), ("describe", 404, Later), ("recent", 404, Rejected), ("create", 404, Rejected),
    ("upload", 413, Rejected), ("upload", 403, Rejected), ("recent", 403, Rejected), ("remove", 403, Rejected),
    ("upload", 401, Rejected), ("describe", 402, Rejected), ("recent", 402, Rejected), ("remove", 402, Rejected),
    ("remove", 503, Unsure), ("remove", 500, Unsure), ("remove", 429, Later), ("upload", 400, Rejected),
])  # fmt: skip
def test_other_calls_have_outcomes_of_their_own(call: Call, status: int, kind: type[ThreadmillError]) -> None:
    assert type(outcome(call, http_answer(status, b"<html>"))) is kind


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 413, 429, 500, 503])
@pytest.mark.parametrize("body", [b"", b"[]", b'[{"message": "bad"}]', b'"text"', b"null", b"<html>", b'{"errors": 1}', b'{"errors": ["x"], "title": 3}', b'{"title": "Forb', b"[" * 50_000, b"\xff\xfe", b'{"error": {"a": 1}}'])  # fmt: skip
def test_a_body_of_any_kind_leaves_the_status_its_meaning(status: int, body: bytes) -> None:
    error = outcome("create", http_answer(status, body))
    assert type(error) is (Unsure if status >= 500 else Later if status == 429 else Rejected)


@pytest.mark.parametrize(
    ("status", "kind"), [(201, Unsure), (403, Unsure), (401, Rejected), (402, Rejected), (429, Later), (503, Unsure)]
)
def test_an_answer_that_breaks_off_is_worth_its_status_but_a_403_may_have_been_a_duplicate(
    status: int, kind: type[ThreadmillError]
) -> None:
    assert type(outcome("create", http_answer(status, b'{"title": "Forb', length=500))) is kind


def test_a_duplicate_is_known_even_if_the_answer_breaks_off_behind_it() -> None:
    error = outcome(
        "create", http_answer(403, b'{"detail": "You are not allowed to create a Tweet with duplicate content.", "ti', length=500)
    )
    assert "posted already" in str(error)


def reset(minutes: float) -> str:
    return str(int((NOW + dt.timedelta(minutes=minutes)).timestamp()))


@pytest.mark.parametrize(("headers", "minutes"), [
    ({}, 15),
    ({"x-rate-limit-reset": reset(7)}, 7),
    ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": reset(0.1)}, 0.1),
    ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": reset(7)}, 7),
    ({"x-rate-limit-remaining": "95", "x-rate-limit-reset": reset(7)}, 15),
    ({"x-rate-limit-remaining": "95", "x-rate-limit-reset": reset(7), "x-user-limit-24hour-remaining": "0", "x-user-limit-24hour-reset": reset(300)}, 300),
    ({"x-rate-limit-remaining": "95", "x-rate-limit-reset": reset(7), "x-app-limit-24hour-remaining": "0", "x-app-limit-24hour-reset": reset(200)}, 200),
    ({"x-app-limit-24hour-remaining": "3", "x-app-limit-24hour-reset": reset(200)}, 15),
    ({"x-app-limit-24hour-reset": reset(200)}, 15),
    ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": reset(7), "x-user-limit-24hour-remaining": "0", "x-user-limit-24hour-reset": reset(300)}, 300),
    ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "soon"}, 15),
    ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "1" * 400}, 15),
    ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "99999999999"}, 15),
    ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": ""}, 15),
    ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": reset(-30)}, 1),
])  # fmt: skip
@pytest.mark.parametrize("call", ["create", "upload"])
def test_after_a_429_the_empty_buckets_reset_is_waited_for(call: Call, headers: Mapping[str, str], minutes: float) -> None:
    error = outcome(call, http_answer(429, b"", headers))
    assert isinstance(error, Later)
    assert error.until == NOW + dt.timedelta(minutes=minutes)


def test_a_parent_that_is_not_visible_yet_is_tried_again_soon() -> None:
    error = outcome(
        "create", http_answer(403, problem(403, "You attempted to reply to a Tweet that is deleted or not visible to you."))
    )
    assert isinstance(error, Later)
    assert error.until == NOW + dt.timedelta(seconds=15)


def test_a_clock_that_is_off_is_named_with_its_minutes() -> None:
    error = outcome("create", http_answer(401, b"", {"Date": "Wed, 30 Sep 2026 11:48:00 GMT"}))
    assert "this machine's clock is 12 minutes ahead of X's" in str(error)


# No answer at all


@pytest.mark.parametrize(
    ("call", "kind"), [("create", Unsure), ("remove", Unsure), ("upload", Later), ("describe", Later), ("recent", Later)]
)
@pytest.mark.parametrize(
    "way", ["closes", "resets", "is silent", "talks nonsense", "drips headers", "drips the body", "stops in the status"]
)
def test_what_was_sent_and_not_answered_is_unsure_where_it_matters(way: str, call: Call, kind: type[ThreadmillError]) -> None:
    def before(connection: socket.socket) -> None:
        if way == "resets":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif way == "is silent":
            connection.recv(1)
        elif way == "talks nonsense":
            connection.sendall(b"\x15\x03\x01 nonsense\r\n\r\n")
        elif way == "stops in the status":
            connection.sendall(b"HTTP/1.1 20")
        elif way.startswith("drips"):
            connection.sendall(b"HTTP/1.1 201 Created\r\n" + (b"Content-Length: 900\r\n\r\n" if way == "drips the body" else b""))
            while True:
                connection.sendall(b"x" if way == "drips the body" else b"x-more: 1\r\n")
                threading.Event().wait(0.05)

    hasty = Patience(connect_s=0.5, read_s=0.12, whole_s=0.2)
    with Station(before=before) as station:
        with pytest.raises(ThreadmillError) as caught:
            DO[call](account(station.url, hasty))
        assert len(station.requests) == 1
    assert type(caught.value) is kind
    assert caught.value.__context__ is None


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize("call", CALLS)
def test_what_was_surely_not_sent_may_be_sent_later(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    def error_at(url: str) -> ThreadmillError:
        with pytest.raises(ThreadmillError) as caught:
            DO[call](account(url))
        return caught.value

    with Station(b"HTTP/1.1 400 No TLS here\r\n\r\n") as station:
        errors = [error_at(f"http://127.0.0.1:{closed_port()}"), error_at(station.url.replace("http:", "https:"))]
        assert not any(b"POST" in request or b"OAuth" in request for request in station.requests)
    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    errors.append(error_at("http://x.example"))
    assert [type(error) for error in errors] == [Later, Later, Later]
    assert all("nothing was sent" in str(error) and error.__context__ is None for error in errors)


def test_a_proxy_that_makes_no_tunnel_has_been_sent_nothing_of_the_post(monkeypatch: pytest.MonkeyPatch) -> None:
    with Station(http_answer(403)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(Later, match="nothing was sent"):
            DO["create"](account("https://x.example"))
    assert [line.rpartition(" ")[0] for line in proxy.lines] == ["CONNECT x.example:443"]


def test_a_proxy_that_breaks_off_leaves_the_fate_open(monkeypatch: pytest.MonkeyPatch) -> None:
    with Station() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with pytest.raises(Unsure):
            DO["create"](account("http://x.example"))
    assert proxy.lines == ["POST http://x.example/2/tweets HTTP/1.1"]


@pytest.mark.parametrize(("name", "value"), [("HTTP_PROXY", "socks5://127.0.0.1:1"), ("REQUESTS_CA_BUNDLE", "/nowhere.pem")])
def test_surroundings_no_connection_can_be_made_with_are_bad_input(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadInput):
        DO["create"](account("http://x.example" if "PROXY" in name else "https://127.0.0.1:1"))


# What is sent


def test_each_method_makes_exactly_the_documented_request() -> None:
    with Station(http_answer(200, {"data": {"id": "77"}})) as station:
        x = account(f"{station.url}/base/")
        assert x.upload(PICTURE) == "77"
        x.describe("77", "Words ≤ 1000")
        assert x.create("Text & so on", ["77", "78"], "5") == "77"
        assert x.create("Alone", [], "") == "77"
        station.answers = [http_answer(200, {"data": {"deleted": True}})]
        x.remove("77")
        station.answers = [http_answer(200, {"meta": {"result_count": 0}})]
        assert x.recent(dt.datetime(2026, 9, 30, 12, 0, 30, 999, dt.timezone(dt.timedelta(hours=2))), NOW) == []
        form = station.body(0)
    assert station.lines == [
        "POST /base/2/media/upload HTTP/1.1",
        "POST /base/2/media/metadata HTTP/1.1",
        "POST /base/2/tweets HTTP/1.1",
        "POST /base/2/tweets HTTP/1.1",
        "DELETE /base/2/tweets/77 HTTP/1.1",
        "GET /base/2/users/1001/tweets?max_results=100&start_time=2026-09-30T10%3A00%3A30Z"
        "&post.fields=created_at%2Cconversation_id&expansions=referenced_posts%2Cin_reply_to_user_id HTTP/1.1",
    ]
    assert [json.loads(station.body(number)) for number in (1, 2, 3)] == [
        {"id": "77", "metadata": {"alt_text": {"text": "Words ≤ 1000"}}},
        {"text": "Text & so on", "media": {"media_ids": ["77", "78"]}, "reply": {"in_reply_to_tweet_id": "5"}},
        {"text": "Alone"},
    ]
    assert [station.body(4), station.body(5)] == [b"", b""]
    assert [station.head(number)["Content-Type"] for number in (1, 2, 3, 4, 5)] == ["application/json"] * 3 + [None] * 2
    assert station.head(0)["Content-Type"].startswith("multipart/form-data; boundary=")
    assert re.findall(rb'form-data; name="([^"]+)"', form) == [b"media_category", b"media"]
    assert b"\r\n\r\ntweet_image\r\n" in form
    assert b'name="media"; filename="chart.png"\r\nContent-Type: image/png\r\n\r\n' + PICTURE.png in form
    for number in range(6):
        head = station.head(number)
        assert (head["Cookie"], head["Connection"], head["Accept-Encoding"]) == (None, "close", "identity")
        assert head["User-Agent"].startswith("threadmill/")


def test_every_request_is_signed_for_the_address_it_goes_to() -> None:
    def signed_for(number: int, base: str) -> bool:
        method, target, _ = station.lines[number].split(" ")
        header = station.head(number)["Authorization"]
        said = [
            (name, value)
            for name, value in signature.collect_parameters(headers={"Authorization": header}, exclude_oauth_signature=False)
        ]
        given = dict(said)
        params = [(name, value) for name, value in said if name != "oauth_signature"] + parse_qsl(urlsplit(target).query)
        asked = SimpleNamespace(http_method=method, uri=base + target, params=params, signature=given["oauth_signature"])
        assert (given["oauth_consumer_key"], given["oauth_token"]) == (VALUES[0], VALUES[2])
        return bool(signature.verify_hmac_sha1(asked, VALUES[1], VALUES[3]))

    with Station(http_answer(500)) as station:
        for call in CALLS:
            with pytest.raises(ThreadmillError):
                DO[call](account(station.url))
    assert [signed_for(number, station.url) for number in range(len(CALLS))] == [True] * len(CALLS)
    assert [signed_for(number, "https://api.twitter.com") for number in range(len(CALLS))] == [False] * len(CALLS)


def test_each_request_has_a_connection_of_its_own_even_if_the_other_side_keeps_it_open() -> None:
    with Station(
        before=lambda connection: (connection.sendall(http_answer(201, {"data": {"id": "1"}})), connection.recv(1))[0]
    ) as station:
        x = account(station.url)
        assert [x.create(f"Text {number}/3", [], "") for number in range(3)] == ["1", "1", "1"]
        assert len(station.requests) == 3


def test_no_redirect_is_followed_no_cookie_kept_and_no_password_taken_from_netrc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with Station() as station:
        station.answers = [http_answer(307, b"", {"Location": f"{station.url}/2/elsewhere", "Set-Cookie": "a=b; Path=/"})]
        x = account(station.url)
        for _ in range(2):
            with pytest.raises(Rejected, match="points to another"):
                x.create("Text", [], "")
    assert len(station.requests) == 2
    assert all(b"cookie" not in one.lower() and b"Authorization: OAuth " in one for one in station.requests)


def test_an_endless_body_is_not_read_to_its_end() -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 201 Created\r\n\r\n")
        while True:
            connection.sendall(b" " * 1_000_000)

    with Station(before=endless) as station, pytest.raises(Unsure, match="cannot be read"):
        account(station.url, Patience()).create("Text", [], "")


# The account, its posts and what is checked before


def test_the_account_is_in_the_token_and_a_post_has_an_address() -> None:
    x = account("http://127.0.0.1:1")
    assert x.account == "1001"
    assert url(ID) == f"https://x.com/i/web/status/{ID}"


@pytest.mark.parametrize("call", [lambda x: x.remove("../me"), lambda x: url(""), lambda x: x.create("t", [], "5/6"), lambda x: x.create("t", ["x"], ""), lambda x: x.describe("1 ", "alt")])  # fmt: skip
def test_an_id_that_is_none_becomes_part_of_no_request(call: Callable[[ports.Network], object]) -> None:
    with pytest.raises(BadInput, match="no id of X"):
        call(account(f"http://127.0.0.1:{closed_port()}"))


def test_missing_keys_are_named_with_the_way_to_get_them() -> None:
    with pytest.raises(BadInput) as caught:
        network({"X_CONSUMER_KEY": SECRETS["X_CONSUMER_KEY"], "X_ACCESS_TOKEN": Secret(" ")}, "http://x", lambda: NOW)
    assert str(caught.value).startswith("X_CONSUMER_SECRET, X_ACCESS_TOKEN and X_ACCESS_TOKEN_SECRET are not set")
    assert "console.x.com" in str(caught.value)


@pytest.mark.parametrize("bad", ["q q", "q\nq", "ключ", "q\0"])
@pytest.mark.parametrize("name", KEYS)
def test_a_key_no_header_can_carry_is_refused_without_being_shown(name: str, bad: str) -> None:
    with pytest.raises(BadInput, match=name) as caught:
        network({**SECRETS, name: Secret(f"1001-{bad}")}, "http://x", lambda: NOW)
    assert bad not in str(caught.value)


@pytest.mark.parametrize("token", ["AAAAAAAAbearer", "name-abc", "1001-", "-abc"])
def test_an_access_token_without_an_account_in_it_is_refused(token: str) -> None:
    with pytest.raises(BadInput, match="no OAuth 1.0a access token"):
        network({**SECRETS, "X_ACCESS_TOKEN": Secret(token)}, "http://x", lambda: NOW)


BARE = 5_000_000 - len(png(padding=1)) + 1


@pytest.mark.parametrize(("picture", "words"), [
    (Picture(b"", "alt", 4, 4), "no PNG"),
    (Picture(b"\xff\xd8\xff JPEG", "alt", 4, 4), "no PNG"),
    (Picture(png()[:20], "alt", 4, 4), "no PNG"),
    (Picture(png(padding=BARE + 1), "alt", 4, 4), "5,000,001 bytes"),
    (Picture(png(3, 4), "alt", 3, 4), "3 × 4 px"),
    (Picture(png(4, 8193), "alt", 4, 8193), "4 × 8193 px"),
    (Picture(png(), "alt", 1600, 1200), "is said to have 1600 × 1200"),
    (Picture(png(), " \n", 4, 4), "no alt text"),
    (Picture(png(), "a" * 1001, 4, 4), "1,001 characters"),
    (Picture(png(), "😀" * 501, 4, 4), "1,002 characters"),
    (Picture(png(), "\ud800", 4, 4), "half a character"),
])  # fmt: skip
def test_a_picture_x_would_refuse_is_refused_before_any_call(picture: Picture, words: str) -> None:
    with Station() as station:
        with pytest.raises(BadThread, match=words):
            account(station.url).upload(picture)
        assert station.requests == []


@pytest.mark.parametrize("picture", [
    Picture(png(padding=BARE), "alt", 4, 4), Picture(png(4, 8192), "a" * 1000, 4, 8192), Picture(png(), "😀" * 500, 4, 4),
])  # fmt: skip
def test_a_picture_on_the_edge_is_sent(picture: Picture) -> None:
    with Station(http_answer(200, {"data": {"id": "77"}})) as station:
        assert account(station.url, Patience()).upload(picture) == "77"


def test_an_alt_text_is_checked_where_it_is_told() -> None:
    with pytest.raises(BadThread):
        account("http://127.0.0.1:1").describe("1", "a" * 1001)


def test_a_picture_x_could_not_read_has_no_id() -> None:
    error = outcome("upload", http_answer(200, {"data": {"id": "7", "processing_info": {"state": "failed"}}}))
    assert isinstance(error, Later)


def post(number: int, parent: str = "", **more: object) -> dict[str, object]:
    replied = [{"type": "quoted", "id": "3"}, {"type": "replied_to", "id": parent}] if parent else []
    return (
        {
            "id": str(number),
            "text": f"Post {number}",
            "created_at": "2026-09-30T11:59:00.000Z",
            "conversation_id": "9" if parent else str(number),
        }
        | ({"referenced_tweets": replied} if replied else {})
        | more
    )


def test_all_pages_are_read_and_told_newest_first() -> None:
    pages = [
        {"data": [post(12, "11"), post(11)], "meta": {"result_count": 2, "next_token": "abc"}},
        {"data": [post(9)], "meta": {"result_count": 1}},
    ]
    with Station(*(http_answer(200, page) for page in pages)) as station:
        found = account(station.url).recent(NOW, NOW)
    at = dt.datetime(2026, 9, 30, 11, 59, tzinfo=dt.UTC)
    assert found == [Seen("12", "Post 12", "11", at), Seen("11", "Post 11", "", at), Seen("9", "Post 9", "", at)]
    assert ["pagination_token=abc" in line for line in station.lines] == [False, True]


def test_the_newer_name_of_a_reference_is_read_too() -> None:
    newer = post(12) | {"referenced_posts": [{"type": "replied_to", "id": "11"}]}
    with Station(http_answer(200, {"data": [newer], "meta": {"result_count": 1}})) as station:
        assert account(station.url).recent(NOW, NOW)[0].reply_to == "11"


@pytest.mark.parametrize("first", [
    http_answer(400, {"errors": [{"message": "The query parameter [post.fields] is not one of [tweet.fields]"}], "title": "Invalid Request"}),
    http_answer(200, {"data": [{"id": "12", "text": "Post 12"}], "meta": {"result_count": 1}}),
])  # fmt: skip
def test_where_the_newer_names_mean_nothing_the_older_ones_are_asked_for(first: bytes) -> None:
    with Station(first, http_answer(200, {"data": [post(12, "11")], "meta": {"result_count": 1}})) as station:
        assert [one.reply_to for one in account(station.url).recent(NOW, NOW)] == ["11"]
    assert ["tweet.fields=created_at" in line for line in station.lines] == [False, True]


@pytest.mark.parametrize("page", [
    {}, {"data": []}, {"meta": {}}, {"meta": {"result_count": 1}}, {"data": [post(1)], "meta": {"result_count": 2}},
    {"errors": [{"title": "Not Found Error"}]}, {"meta": {"result_count": 0}, "errors": [{"title": "Authorization Error"}]},
    {"data": [{"id": "1", "text": "t"}], "meta": {"result_count": 1}}, {"data": [post(1, created_at="yesterday")], "meta": {"result_count": 1}},
    {"data": [post(1, created_at="2026-09-30T11:59:00")], "meta": {"result_count": 1}}, {"data": ["x"], "meta": {"result_count": 1}},
    {"data": [post(1, in_reply_to_user_id="1001")], "meta": {"result_count": 1}}, {"data": [post(1, text=None)], "meta": {"result_count": 1}},
])  # fmt: skip
def test_a_page_that_may_lack_a_post_proves_no_absence(page: object) -> None:
    assert isinstance(outcome("recent", http_answer(200, page)), Later)


def test_a_broken_second_page_spoils_the_first() -> None:
    first = http_answer(200, {"data": [post(1)], "meta": {"result_count": 1, "next_token": "a"}})
    with Station(first, http_answer(503)) as station, pytest.raises(Later):
        account(station.url).recent(NOW, NOW)


@pytest.mark.parametrize("answer", [
    http_answer(200, {"data": {"deleted": True}}),
    http_answer(404, {"title": "Not Found Error", "type": "https://api.x.com/2/problems/resource-not-found"}),
    http_answer(404),
    http_answer(200, {"errors": [{"type": "https://api.twitter.com/2/problems/resource-not-found"}]}),
])  # fmt: skip
def test_a_post_that_is_gone_is_removed(answer: bytes) -> None:
    with Station(answer) as station:
        account(station.url).remove(ID)
        assert station.lines == [f"DELETE /2/tweets/{ID} HTTP/1.1"]


@pytest.mark.parametrize(("answer", "kind"), [
    (http_answer(200, {"data": {"deleted": False}}), Unsure), (http_answer(200), Unsure), (http_answer(204), Unsure),
    (http_answer(404, b"<html>no such page</html>"), Rejected),
])  # fmt: skip
def test_a_removal_that_is_not_confirmed_is_none(answer: bytes, kind: type[ThreadmillError]) -> None:
    assert type(outcome("remove", answer)) is kind


TCO = "https://t.co/AbC123xyz0"


@pytest.mark.parametrize(("sent", "seen", "same"), [
    ("Text 1/5", "Text 1/5", True),
    ("Text 1/5", f"Text 1/5 {TCO}", True),
    ("R&D < 5 % > 2\n1/5", "R&amp;D &lt; 5 % &gt; 2\n1/5", True),
    ("Write &amp; in HTML 1/5", "Write &amp;amp; in HTML 1/5", True),
    ("AT&copy 1/5", "AT&amp;copy 1/5", True),
    ("AT&copy 1/5", "AT&copy 1/5", True),
    ("See https://example.org/a?b=c&d=e 1/5", f"See {TCO} 1/5 {TCO}", True),
    ("See (https://example.org). 1/5", f"See ({TCO}). 1/5", True),
    ("See example.org/data now 1/5", f"See {TCO} now 1/5", True),
    ("See (example.org) now 1/5", f"See ({TCO}) now 1/5", True),
    ("Node.js and U.S. 3.14 v2.0 1/5", "Node.js and U.S. 3.14 v2.0 1/5", True),
    ("Cafe\u0301 1/5", "Caf\u00e9 1/5", True),
    ("One\n\n\ntwo\u202fthree 1/5 ", "One\n\ntwo three 1/5", True),
    ("Text 1/5", "Text 2/5", False),
    ("Text 1/5", "Text 1/6", False),
    ("Text 1/5", f"Text 2/5 {TCO}", False),
    ("Up 47.1 % 1/5", "Up 47.2 % 1/5", False),
    ("Up 113.8M 1/5", "Up 114.8M 1/5", False),
    ("Text 1/5", "text 1/5", False),
    ("Text 1/5", "Text 1/5 and more", False),
    ("Text 1/5", "Text", False),
    ("− 5 1/5", "- 5 1/5", False),
    ("https://example.org 1/5", f"{TCO} 2/5", False),
])  # fmt: skip
def test_a_post_is_known_by_its_words_and_numbers(sent: str, seen: str, same: bool) -> None:
    assert account("http://127.0.0.1:1").same(sent, Seen("1", seen, "", NOW)) is same


# Nothing shows a key


@contextmanager
def everything_logged() -> Iterator[list[str]]:
    """All logs at DEBUG, and http.client told to print its requests."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    names = (
        "",
        "tweepy",
        "tweepy.client",
        "oauthlib",
        "oauthlib.oauth1.rfc5849",
        "requests_oauthlib",
        "requests_oauthlib.oauth1_auth",
        "urllib3",
        "urllib3.connectionpool",
        "requests",
    )
    loggers = [(one, one.level) for one in map(logging.getLogger, names)]
    handler = Keep(logging.DEBUG)
    http.client.HTTPConnection.debuglevel = 1
    try:
        for one, _ in loggers:
            one.setLevel(logging.DEBUG)
            one.disabled = False  # import-linter configures logging, which switches loggers off
        logging.getLogger().addHandler(handler)
        yield lines
    finally:
        logging.getLogger().removeHandler(handler)
        http.client.HTTPConnection.debuglevel = 0
        for one, level in loggers:
            one.setLevel(level)


@pytest.mark.parametrize("way", ["echoes", "echoes a header", "closes", "is not there", "answers"])
@pytest.mark.parametrize("call", CALLS)
def test_no_key_token_or_signature_shows_in_errors_traces_or_logs(
    way: str, call: Call, capfd: pytest.CaptureFixture[str]
) -> None:
    def before(connection: socket.socket) -> None:
        header = station.head(-1)["Authorization"]
        if way.startswith("echoes"):
            said = header if way == "echoes a header" else f"keys {' '.join(VALUES)} token {VALUES[2].partition('-')[2]}"
            connection.sendall(http_answer(403, {"title": "Forbidden", "detail": said, "errors": [{"message": said}]}))
        elif way == "answers":
            connection.sendall(http_answer(200, {"data": {"id": "1", "deleted": True}}))

    with everything_logged() as lines, Station(before=before) as station:
        logging.getLogger("urllib3.connectionpool").debug("the handler works")
        x = account(f"http://127.0.0.1:{closed_port()}" if way == "is not there" else station.url)
        shown = [repr(x), str(x)]
        try:
            DO[call](x)
        except ThreadmillError as error:
            shown += [str(error), repr(error), *traceback.format_exception(error)]
            shown += traceback.TracebackException.from_exception(error, capture_locals=True).format()
            shown.append(repr(error.__context__ or ""))
        signatures = [
            re.findall(r'oauth_signature="([^"]+)"', station.head(n)["Authorization"])[0] for n in range(len(station.requests))
        ]
    assert lines == ["the handler works"]
    everything = "\n".join([*shown, *lines, *capfd.readouterr()])
    hidden = [*VALUES, VALUES[2].partition("-")[2], "Authorization", "oauth_", *signatures]
    assert [one for one in hidden if one in everything] == []
    assert bool(signatures) is (way != "is not there")


@pytest.mark.parametrize("key", [*VALUES, VALUES[2].partition("-")[2]])
@pytest.mark.parametrize(
    "written",
    [
        lambda key: quote(key, safe=""),
        lambda key: re.sub("%..", lambda found: found[0].lower(), quote(key, safe="")),
        lambda key: json.dumps(key).replace("/", "\\/"),
        html.escape,
        lambda key: base64.b64encode(f"{key}:".encode()).decode(),
        lambda key: base64.b64encode(f"me:{key}".encode()).decode(),
        lambda key: base64.b64encode(f"name:{key}".encode()).decode(),
    ],
    ids=["escaped", "escaped in small letters", "in JSON", "in HTML", "in base64", "after two others", "after four others"],
)
def test_what_the_network_says_is_not_repeated_if_it_holds_a_key_however_it_is_written(
    written: Callable[[str], str], key: str
) -> None:
    answer = http_answer(403, {"title": "No", "detail": f"who is {written(key)}?"})
    with Station(answer) as station, pytest.raises(Rejected) as told:
        DO["create"](account(station.url))
    assert '(HTTP 403, "No")' in str(told.value)


def test_other_users_of_the_same_libraries_keep_their_logs() -> None:
    account("http://127.0.0.1:1")
    with pytest.raises(ThreadmillError):
        DO["create"](account(f"http://127.0.0.1:{closed_port()}"))
    with everything_logged() as lines:
        logging.getLogger("urllib3.connectionpool").debug("asked a source")
    assert lines == ["asked a source"]


# X's own description


def test_every_request_the_bot_can_send_is_what_x_describes(shared: Path) -> None:
    openapi = shared / "x-api" / "openapi.json"
    if not openapi.is_file():
        pytest.skip("X's OpenAPI file is not here")
    with FakeX(openapi=openapi) as fake:
        keys = {name: Secret(value) for name, value in fake.keys.environment("").items() if name in KEYS}
        x = network(keys, fake.url, lambda: dt.datetime.now(dt.UTC), Patience())
        media = [x.upload(PICTURE) for _ in range(2)]
        for one in media:
            x.describe(one, "A bar chart ≤ 5")
        texts = ["Root & <1> see example.org and https://example.com/a.\n\n1/2", "Café 3.14 Node.js 2/2"]
        root = x.create(texts[0], media, "")
        reply = x.create(texts[1], [], root)
        seen = x.recent(fake.now() - dt.timedelta(minutes=5), fake.now())
        assert [(one.remote_id, one.reply_to) for one in seen] == [(reply, root), (root, "")]
        assert [[x.same(text, one) for text in texts] for one in seen] == [[False, True], [True, False]]
        x.remove(reply)
        x.remove(reply)
        x.remove(root)
        assert x.recent(fake.now() - dt.timedelta(minutes=5), fake.now()) == []
        assert fake.violations == []
        assert {call.operation for call in fake.calls} == set(OPERATIONS) - {ME, TOKEN}


def test_no_fault_of_the_fake_is_taken_for_a_proof() -> None:
    with FakeX() as fake:
        keys = {name: Secret(value) for name, value in fake.keys.environment("").items() if name in KEYS}
        x = network(keys, fake.url, lambda: dt.datetime.now(dt.UTC), Patience(2, 0.25, 1))
        told: dict[str, tuple[bool, str]] = {}
        for name, fault in FAULTS.items():
            slow = fault.waits or fault.dribble
            fake.faults.next(CREATE, named(name, 0.5) if slow else fault)
            before = fake.creates
            try:
                kind = type(x.create(f"Fault {name}", [], "")).__name__
            except ThreadmillError as error:
                kind = type(error).__name__
            told[name] = (fake.creates > before, kind)
        assert fake.faults.unused == []
    assert {name: found for name, found in told.items() if found[0] and found[1] not in ("Unsure", "str")} == {}
    assert {name: found for name, found in told.items() if found[1] == "str" and not found[0]} == {}
    assert {kind for _, kind in told.values()} >= {"Unsure", "Rejected", "Later"}


def test_a_machine_that_slept_after_the_connection_was_made_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Suspended between connect and send for longer than a call may take: somebody else may have sent the post by now."""
    from bot.publishers._x import session

    real, wall = session._Watched.connect, [0.0]

    def connect(self: session._Watched) -> None:
        real(self)
        wall[0] += 3600

    monkeypatch.setattr(session._Watched, "connect", connect)
    monkeypatch.setattr(session, "time", SimpleNamespace(time=lambda: wall[0]))
    with Station(http_answer(201, {"data": {"id": ID, "text": "t"}})) as station:
        with pytest.raises(Later, match="nothing was sent for the post"):
            account(station.url).create("t", [], "")
        assert station.requests in ([], [b""])


@pytest.mark.parametrize(
    ("sent", "shown", "is_it"),
    [
        ("Vue.js in numbers 1/2", "Next.js in numbers 1/2", False),
        ("See example.org 1/2", "See https://t.co/abc 1/2", True),
        ("See example.org 1/2", "See https://t.co/abc 1/2 https://t.co/pic", True),
        ("See example.org 1/2", "See other.org 1/2", False),
        ("見てexample.com 1/2", "見てhttps://t.co/abc 1/2", True),
        ("“example.com” 1/2", "“https://t.co/abc” 1/2", True),
        ("Node.js 1/2", "Node.js 1/2", True),
        ("One 1/2", "One 1/2 https://t.co/pic https://t.co/more", False),
        ("One 1/2", "One more 1/2", False),
    ],
)
def test_a_link_is_told_from_a_word_with_a_dot(sent: str, shown: str, is_it: bool) -> None:
    assert account("http://127.0.0.1:1").same(sent, Seen("1", shown, "", NOW)) is is_it


def test_problems_beside_a_whole_page_are_about_posts_that_are_gone() -> None:
    gone = {"parameter": "referenced_posts", "type": "https://api.x.com/2/problems/resource-not-found"}
    page = {"data": [post(12, "11")], "meta": {"result_count": 1}, "errors": [gone]}
    with Station(http_answer(200, page)) as station:
        assert [one.reply_to for one in account(station.url).recent(NOW, NOW)] == ["11"]


def test_an_id_from_before_is_no_receipt() -> None:
    with Station(http_answer(201, {"data": {"id": "7", "text": "t"}})) as station, pytest.raises(Unsure):
        account(station.url).create("t", [], "8")


def test_where_this_clock_is_off_the_account_is_asked_by_x_s_own() -> None:
    """Ours is two hours ahead: what was sent at noon was sent at ten."""
    empty = {"meta": {"result_count": 0}}
    dated = http_answer(200, empty, {"Date": "Wed, 30 Sep 2026 10:00:00 GMT"})
    with Station(dated, dated) as station:
        x = account(station.url)
        assert x.recent(NOW - dt.timedelta(hours=1), NOW + dt.timedelta(hours=1)) == []
    starts = [re.search("start_time=([^&]*)", line)[1] for line in station.lines]  # type: ignore[index]
    assert starts == ["2026-09-30T11%3A00%3A00Z", "2026-09-30T09%3A00%3A00Z"]


def test_what_is_long_over_is_asked_for_with_an_end() -> None:
    with Station(http_answer(200, {"meta": {"result_count": 0}})) as station:
        account(station.url).recent(NOW - dt.timedelta(days=20), NOW - dt.timedelta(days=19))
    assert "end_time=2026-09-11T12%3A00%3A00Z" in station.lines[0]


def test_an_account_with_more_posts_than_x_shows_proves_no_absence() -> None:
    page = http_answer(200, {"data": [post(9)], "meta": {"result_count": 1, "next_token": "more"}})
    with Station(*[page] * 40) as station, pytest.raises(Later, match="has more than 3200 posts since"):
        account(station.url).recent(NOW, NOW)


def test_what_is_asked_of_this_machine_goes_through_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rehearsal leaves the machine nowhere."""
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    with Station(http_answer(201, {"data": {"id": ID, "text": "t"}})) as station:
        assert account(station.url).create("t", [], "") == ID
