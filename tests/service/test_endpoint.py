"""What /healthz and /metrics answer, over real sockets, and that nothing can hold them up."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.config import Secret
from bot.domain.period import Period
from bot.domain.schedule import Mode, Window
from bot.domain.turn import Turn, TurnState
from bot.errors import BadInput, BadStore
from bot.ports import Billed, Counts
from bot.service import endpoint
from bot.service.endpoint import Endpoint
from bot.service.masking import Masking
from bot.verbs.survey import Scheduled, Survey


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


NOON = at("2026-11-05 12:00")
WINDOW = Window(Period.parse("2026-10"), at("2026-11-05 09:00"), at("2026-11-07 09:00"), at("2026-11-06 09:00"), at("2026-11-22"))
HELD = Turn(
    "monthly", "x", WINDOW, TurnState.HELD, "X says \N{LEFT DOUBLE QUOTATION MARK}no\N{RIGHT DOUBLE QUOTATION MARK} to tok-1234"
)
MONTHLY = Scheduled("monthly", "x", Mode.AUTO, WINDOW, at("2026-12-05 09:00"), newest=HELD, open_turns=(HELD,), overdue="")
COUNTS = Counts(
    asked={"npm": at("2026-11-05 11:00"), "ahead": at("2026-11-05 12:01")},
    deliveries={("x", "published"): 11, ("x", "planned"): 2},
    charges={("x", "post"): Billed(11, 0.165), ("x", "alt text"): Billed(5, 0.025), ("none", "look"): Billed(1, 0.005)},
    charges_since={("x", "post"): Billed(1, 0.015)},
    turns={("monthly", "x", "held"): 1, ("monthly", "x", "published"): 9, ('o"d\\d\n', "x", "missed"): 1},
    missed=frozenset({('o"d\\d\n', "x", "2026-10")}),
    untold=3,
    untold_since=at("2026-11-05 11:30"),
)
SURVEY = Survey(NOON, (MONTHLY,), COUNTS, {"collect": at("2026-11-05 05:10")}, {})

Look = Callable[[], Survey]


@contextmanager
def answering(look: Look = lambda: SURVEY, looked_at: dt.datetime | None = NOON, patience_s: float = 3.0) -> Iterator[str]:
    with Endpoint(("127.0.0.1", 0), look, lambda: looked_at, Masking([Secret("tok-1234")]), patience_s) as made:
        yield made.address


def asked(address: str, path: str = "/healthz", method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=10)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def scraped(address: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    status, headers, body = asked(address, "/metrics")
    assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    families = text_string_to_metric_families(body.decode())
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def labelled(found: dict[tuple[str, tuple[tuple[str, str], ...]], float], name: str) -> dict[tuple[str, ...], float]:
    return {tuple(value for _, value in labels): count for (one, labels), count in found.items() if one == name}


# /healthz -------------------------------------------------------------------------------------------------------------------------


def test_each_check_is_told_in_words_without_secrets() -> None:
    with answering() as address:
        status, headers, body = asked(address)
    assert status == 200
    assert (headers["Content-Type"], headers["Cache-Control"], headers["Server"]) == (
        "application/json",
        "no-store",
        "threadmill",
    )
    assert json.loads(body) == {
        "ok": True,
        "checks": {
            "scheduler": {"ok": True, "words": "finished its last look at 2026-11-05 12:00 UTC"},
            "database": {"ok": True, "words": "it answers"},
            "collection": {"ok": True, "words": "was last done at 2026-11-05 05:10 UTC"},
            "monthly/x": {"ok": True, "words": "2026-10 is held: X says “no” to ****; the next opens at 2026-12-05 09:00 UTC"},
            "notices": {"ok": True, "words": "3 not told yet, the oldest of 2026-11-05 11:30 UTC"},
        },
    }


def test_what_is_ill_is_503() -> None:
    with answering(looked_at=NOON - dt.timedelta(minutes=6)) as address:
        status, _, body = asked(address)
    assert status == 503
    told = json.loads(body)
    assert (told["ok"], told["checks"]["scheduler"]["ok"], told["checks"]["database"]["ok"]) == (False, False, True)


def test_a_service_that_was_just_started_is_well_before_its_first_look() -> None:
    with answering(looked_at=None) as address:
        assert asked(address)[0] == 200


def test_a_database_that_is_away_is_503_with_its_words_and_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_FAILED_S", 0.05)
    answers = [BadStore("the store db/mill cannot be used: tok-1234 is refused"), SURVEY]

    def look() -> Survey:
        answer = answers.pop(0)
        if isinstance(answer, BadStore):
            raise answer
        return answer

    with answering(look) as address:
        status, _, body = asked(address)
        assert (status, json.loads(body)["checks"]["database"]["words"]) == (
            503,
            "the store db/mill cannot be used: **** is refused",
        )
        time.sleep(0.06)
        assert asked(address)[0] == 200


def test_a_database_that_hangs_is_503_in_time_and_holds_up_nobody() -> None:
    hang = threading.Event()
    looks: list[int] = []

    def look() -> Survey:
        looks.append(1)
        hang.wait(20)
        return SURVEY

    with answering(look, patience_s=0.3) as address:
        began = time.monotonic()
        statuses = [asked(address)[0] for _ in range(5)]
        status, _, body = asked(address, "/metrics")
        took = time.monotonic() - began
        told = json.loads(asked(address)[2])["checks"]["database"]
        hang.set()
        deadline = time.monotonic() + 5
        while asked(address)[0] != 200 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert asked(address)[0] == 200
    assert statuses == [503] * 5
    assert took < 1.5  # only the first one waits
    assert (status, b"threadmill_health 0.0" in body, b"threadmill_turns" in body) == (200, True, False)
    assert (told["ok"], told["words"].startswith("the database does not answer: it was asked ")) == (False, True)
    assert len(looks) == 1  # one thread, however many ask


def test_the_database_is_asked_once_for_all_who_ask_within_a_quarter_of_a_minute() -> None:
    looks: list[int] = []

    def look() -> Survey:
        looks.append(1)
        time.sleep(0.05)
        return SURVEY

    with answering(look) as address:
        threads = [threading.Thread(target=asked, args=(address,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        asked(address, "/metrics")
    assert len(looks) == 1


def test_a_defect_of_the_survey_is_503_and_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def look() -> Survey:
        raise ZeroDivisionError("with tok-1234")

    with answering(look) as address:
        status, _, body = asked(address)
    assert (status, json.loads(body)["checks"]["database"]["words"]) == (
        503,
        "this is a defect, please report it: ZeroDivisionError",
    )
    assert [one.message for one in caplog.records if one.levelno == logging.ERROR] == ["the survey failed"]


# /metrics -------------------------------------------------------------------------------------------------------------------------


def test_prometheus_reads_what_the_survey_says() -> None:
    with answering() as address:
        found = scraped(address)
    odd = 'o"d\\d\n'
    assert labelled(found, "threadmill_health") == {(): 1}
    assert labelled(found, "threadmill_last_look_timestamp_seconds") == {(): NOON.timestamp()}
    turns = labelled(found, "threadmill_turns")  # labels are sorted: network, report, state
    assert {key: count for key, count in turns.items() if count} == {
        ("x", "monthly", "held"): 1, ("x", "monthly", "published"): 9, ("x", odd, "missed"): 1,
    }  # fmt: skip
    assert {state for _, report, state in turns if report == "monthly"} == {str(state) for state in TurnState}
    assert labelled(found, "threadmill_missed_total") == {("x", "monthly"): 0, ("x", odd): 1}
    assert labelled(found, "threadmill_turn_closes_timestamp_seconds") == {("x", "monthly"): at("2026-11-22").timestamp()}
    assert labelled(found, "threadmill_window_opens_timestamp_seconds") == {("x", "monthly"): at("2026-12-05 09:00").timestamp()}
    assert labelled(found, "threadmill_deliveries") == {("x", "published"): 11, ("x", "planned"): 2}
    assert labelled(found, "threadmill_calls_total") == {("post", "x"): 11, ("alt text", "x"): 5, ("look", "none"): 1}
    assert labelled(found, "threadmill_cost_usd_total") == {("x",): 0.19, ("none",): 0.005}
    assert labelled(found, "threadmill_source_age_seconds") == {("npm",): 3600, ("ahead",): 0}
    assert labelled(found, "threadmill_chore_done_timestamp_seconds") == {("collect",): at("2026-11-05 05:10").timestamp()}
    assert labelled(found, "threadmill_notices_untold") == {(): 3}
    assert list(labelled(found, "threadmill_build_info").values()) == [1]
    assert labelled(found, "process_resident_memory_bytes")[()] > 1e6


def test_every_metric_of_ours_says_what_it_is() -> None:
    with answering() as address:
        families = list(text_string_to_metric_families(asked(address, "/metrics")[2].decode()))
    ours = {one.name: one for one in families if one.name.startswith("threadmill_")}
    assert len(ours) == 13
    assert all(one.documentation.endswith(".") for one in ours.values())
    assert {name for name, one in ours.items() if one.type == "counter"} == {
        "threadmill_missed",
        "threadmill_calls",
        "threadmill_cost_usd",
    }
    assert all("tok-1234" not in str(one) for one in families)


def test_what_was_missed_stays_counted_when_a_person_has_settled_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_FRESH_S", 0.0)
    now = ["2026-09", "", "2026-08"]

    def look() -> Survey:
        if not now:
            return SURVEY
        return replace(SURVEY, counts=replace(COUNTS, missed=frozenset({("monthly", "x", now[-1])} if now[-1] else ())))

    counted = []
    with answering(look) as address:
        for _ in range(3):
            counted.append(labelled(scraped(address), "threadmill_missed_total")["x", "monthly"])
            now.pop()
    assert counted == [1, 1, 2]


# The server -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/healthz/", "/metrics/x", "/../healthz", "/%2e", "*"])
def test_there_is_nothing_else(path: str) -> None:
    with answering() as address:
        assert asked(address, path)[0] == 404


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/nothing"])
def test_head_is_get_without_the_body(path: str) -> None:
    with answering() as address:
        status, headers, body = asked(address, path, "HEAD")
        whole = asked(address, path)
    assert (status, body) == (whole[0], b"")
    assert int(headers["Content-Length"]) > 0


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "TRACE", "OPTIONS"])
def test_nothing_can_be_changed(method: str) -> None:
    with answering() as address:
        assert asked(address, "/healthz", method)[0] == 501


def test_a_question_behind_the_path_changes_nothing() -> None:
    with answering() as address:
        assert asked(address, "/healthz?x=1")[0] == 200


def test_it_answers_at_ipv6_too() -> None:
    with Endpoint(("::1", 0), lambda: SURVEY, lambda: NOON, str) as made:
        assert made.address.startswith("[::1]:")
        assert asked(made.address)[0] == 200


def test_a_place_that_is_taken_is_told_of_in_words() -> None:
    with (
        answering() as address,
        pytest.raises(BadInput, match=f"/healthz cannot be answered at {address}: Address already in use"),
    ):
        Endpoint(("127.0.0.1", int(address.rpartition(":")[2])), lambda: SURVEY, lambda: NOON, str)


def test_after_it_is_closed_nobody_answers() -> None:
    with answering() as address:
        pass
    with pytest.raises(ConnectionRefusedError):
        asked(address)


def opened(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def test_whoever_says_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint._Handler, "timeout", 0.2)
    with answering() as address, opened(address) as silent:
        assert silent.recv(1) == b""


def test_whoever_drips_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_LONGEST_S", 0.3)
    with answering() as address, opened(address) as dripping:
        began = time.monotonic()
        dripping.settimeout(0.02)
        while time.monotonic() - began < 5:
            try:
                dripping.send(b"G")
                if dripping.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        assert time.monotonic() - began < 2
        assert asked(address)[0] == 200


def test_of_too_many_the_oldest_is_let_go_and_whoever_comes_is_answered() -> None:
    with answering() as address:
        waiting = [opened(address) for _ in range(40)]
        try:
            assert asked(address)[0] == 200
            waiting[0].settimeout(2)  # of its own accord it would be let go after five seconds
            assert waiting[0].recv(1) == b""
        finally:
            for one in waiting:
                one.close()


@pytest.mark.parametrize(
    "request_", [b"G" * 70_000, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200, b"\x00\xff\r\n\r\n", b"GET\r\n\r\n"]
)
def test_nonsense_is_refused_or_not_answered(request_: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with answering() as address:
        with opened(address) as one:
            one.sendall(request_)
            one.shutdown(socket.SHUT_WR)
            answer = b""
            try:
                while piece := one.recv(65536):
                    answer += piece
            except ConnectionResetError:
                pass
        assert b" 200 " not in answer
        assert asked(address)[0] == 200
    assert caplog.records == []


def test_who_goes_away_before_the_answer_is_no_news(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    def look() -> Survey:
        time.sleep(0.1)
        return SURVEY

    with answering(look) as address:
        one = opened(address)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        one.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        one.close()
        assert asked(address)[0] == 200
        time.sleep(0.15)
    assert (caplog.records, capfd.readouterr().err) == ([], "")
