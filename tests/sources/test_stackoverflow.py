"""Stack Overflow: one count per tag and window, and a lock is obeyed instead of being read as a number."""

from __future__ import annotations

import datetime as dt
import json
from urllib.parse import urlencode

import pytest

from bot.domain.measure import Missing, Observation, Status, Subject
from bot.domain.period import Period
from bot.errors import BadInput, SourceUnavailable, Throttled
from bot.ports import Reply
from bot.sources import stackoverflow
from bot.sources._windows import compared
from tests.sources.conftest import subject
from tests.sources.fuzzing import Example
from tests.sources.services import NOW, Answer, FakeClock, Request, a_reply, asking, recorded

OCTOBER = Period.month(2026, 10)
PYTORCH = subject("pytorch", stackoverflow="pytorch")
FROM, TO = "1790812800", "1793491199"  # 2026-10-01 00:00:00 and 2026-10-31 23:59:59 UTC
QUERY = "/2.3/questions?" + urlencode(
    {"tagged": "pytorch", "fromdate": FROM, "todate": TO, "site": "stackoverflow", "filter": "total"}
)
EXAMPLES = [Example(a_reply('{"total":312}', QUERY), (PYTORCH,))]


def read(
    body: str | bytes, status: int = 200, query: str = QUERY, subjects: tuple[Subject, ...] = (PYTORCH,), at: dt.datetime = NOW
) -> list[Observation | Missing]:
    return list(stackoverflow.Source().parse(a_reply(body, query, status=status, at=at), subjects, OCTOBER))


def test_the_dates_of_these_tests_are_the_first_and_last_second_of_october() -> None:
    assert dt.datetime.fromtimestamp(int(FROM), dt.UTC) == dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
    assert dt.datetime.fromtimestamp(int(TO), dt.UTC) == dt.datetime(2026, 10, 31, 23, 59, 59, tzinfo=dt.UTC)


def test_a_month_is_the_total_of_its_questions() -> None:
    (seen,) = read('{"total":312}')
    assert seen == Observation(
        metric="so_questions",
        subject="pytorch",
        period=OCTOBER,
        value=312,
        status=Status.MEASURED,
        origin="Stack Overflow",
        url="https://stackoverflow.com/questions/tagged/pytorch",
        retrieved_at=NOW,
        note="questions tagged [pytorch] asked in October 2026 and not deleted since",
        query=QUERY,
        payload_sha256=a_reply('{"total":312}').sha256,
    )


def test_three_windows_are_asked_for_each_tag_with_the_key_and_half_a_second_between() -> None:
    clock = FakeClock()
    with asking(stackoverflow, lambda _: Answer('{"total":312}', gzipped=True), key="k3y", clock=clock) as (client, server):
        replies = list(stackoverflow.Source().fetch(client, (PYTORCH, subject("mxnet")), OCTOBER))
    assert [(request.path, request.parameters) for request in server.asked] == [
        (
            "/2.3/questions",
            {"tagged": "pytorch", "fromdate": first, "todate": last, "site": "stackoverflow", "filter": "total", "key": "k3y"},
        )
        for first, last in (("1759276800", "1761955199"), ("1788220800", "1790812799"), (FROM, TO))
    ]
    assert clock.slept == [0.5, 0.5]
    assert replies[-1].query == QUERY
    assert "k3y" not in replies[-1].url


def test_answers_about_settled_windows_are_kept_and_none_from_before() -> None:
    kept = {one: stackoverflow._question(PYTORCH, one, NOW).keep_days for one in compared(OCTOBER)}
    assert kept == {Period.month(2025, 10): 30, Period.month(2026, 9): 30, OCTOBER: 1}
    assert stackoverflow._question(PYTORCH, OCTOBER, NOW - dt.timedelta(days=1)).keep_days == 0


def test_a_window_is_provisional_for_three_days_and_missing_until_it_is_over() -> None:
    end = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    (early,) = read('{"total":312}', at=end + dt.timedelta(days=3) - dt.timedelta(seconds=1))
    (later,) = read('{"total":312}', at=end + dt.timedelta(days=3))
    assert isinstance(early, Observation)
    assert isinstance(later, Observation)
    assert (early.status, later.status) == (Status.PROVISIONAL, Status.MEASURED)
    assert read('{"total":312}', at=end - dt.timedelta(seconds=1)) == [
        Missing("so_questions", "pytorch", OCTOBER, "Stack Overflow: October 2026 was not over when it was asked for")
    ]


def test_the_recorded_lock_says_until_when_nothing_is_asked() -> None:
    with pytest.raises(Throttled, match="asked too often .* a free key in STACKEXCHANGE_KEY allows more$") as caught:
        read(recorded("stackexchange/error_throttle_violation.json"), 400)
    assert caught.value.until == NOW + dt.timedelta(seconds=84268)
    assert "alone" not in str(caught.value)


@pytest.mark.parametrize(
    ("message", "seconds"), [("too many requests from this IP", 86400), ("available in 999999999 seconds", 86400)]
)
def test_a_lock_is_no_longer_than_a_day(message: str, seconds: int) -> None:
    with pytest.raises(Throttled) as caught:
        read(json.dumps({"error_id": 502, "error_name": "throttle_violation", "error_message": message}), 400)
    assert caught.value.until == NOW + dt.timedelta(seconds=seconds)


def test_another_refusal_is_told_in_its_own_words() -> None:
    body = '{"error_id":400,"error_message":"site is required","error_name":"bad_parameter"}'
    with asking(stackoverflow, lambda _: Answer(body, 400)) as (client, server):
        reply = next(iter(stackoverflow.Source().fetch(client, (PYTORCH,), OCTOBER)))
        with pytest.raises(SourceUnavailable, match="refuses the question .bad_parameter: site is required") as caught:
            stackoverflow.Source().parse(reply, (PYTORCH,), OCTOBER)
    assert not isinstance(caught.value, Throttled)
    assert len(server.asked) == 1


@pytest.mark.parametrize("body", ["{}", '{"items":[]}', '{"total":"312"}', '{"total":-1}', "[]", "", "<html></html>"])
@pytest.mark.parametrize("status", [200, 400])
def test_anything_but_a_total_is_refused(body: str, status: int) -> None:
    with pytest.raises(SourceUnavailable, match="not what its documentation describes"):
        read(body, status)


def test_an_error_with_a_total_beside_it_is_still_an_error() -> None:
    body = '{"error_id":502,"error_message":"available in 10 seconds","error_name":"throttle_violation","total":7}'
    with pytest.raises(Throttled):
        read(body, 400)


def test_a_backoff_is_waited_for_before_the_next_question() -> None:
    answers = iter(['{"total":1,"backoff":10}', '{"total":2,"backoff":true}', '{"total":3}'])
    clock = FakeClock()
    with asking(stackoverflow, lambda _: Answer(next(answers)), clock=clock) as (client, _):
        replies = list(stackoverflow.Source().fetch(client, (PYTORCH,), OCTOBER))
    assert clock.slept == [10, 0.5]
    assert len(replies) == 3


def test_a_backoff_longer_than_a_run_can_wait_ends_the_visit_after_its_reply() -> None:
    clock = FakeClock()
    found: list[Reply] = []
    with (
        asking(stackoverflow, lambda _: Answer('{"total":1,"backoff":3600}'), clock=clock) as (client, server),
        pytest.raises(Throttled) as caught,
    ):
        found.extend(stackoverflow.Source().fetch(client, (PYTORCH,), OCTOBER))
    assert len(server.asked) == 1
    assert caught.value.until == clock.at + dt.timedelta(hours=1)


def test_a_backoff_of_a_reply_kept_from_earlier_has_passed() -> None:
    waited: list[float] = []

    class Kept:
        has_key = False
        now = NOW

        def ask(self, _: object) -> object:
            return a_reply('{"total":1,"backoff":10}', QUERY, at=NOW - dt.timedelta(seconds=30))

        def pause(self, seconds: float) -> None:
            waited.append(seconds)

    assert len(list(stackoverflow.Source().fetch(Kept(), (PYTORCH,), OCTOBER))) == 3  # type: ignore[arg-type]
    assert waited == []


@pytest.mark.parametrize("body", ["", "null", "[1]", '"x"', "[" * 100_000])
def test_a_body_that_is_no_object_is_left_to_parse(body: str) -> None:
    def answer(_: Request) -> Answer:
        return Answer(body)

    with asking(stackoverflow, answer) as (client, _):
        assert len(list(stackoverflow.Source().fetch(client, (PYTORCH,), OCTOBER))) == 3


@pytest.mark.parametrize("tag", ["pytorch;keras", "PyTorch", "py torch", "pytorch|torch", "", "a&site=meta", "x" * 36])
def test_what_is_no_tag_is_not_asked_for(tag: str) -> None:
    with (
        asking(stackoverflow, lambda _: Answer('{"total":1}')) as (client, server),
        pytest.raises(BadInput, match="Correct the id in the recipe"),
    ):
        list(stackoverflow.Source().fetch(client, (subject("x", stackoverflow=tag),), OCTOBER))
    assert server.asked == []


@pytest.mark.parametrize(("tag", "page"), [("c++", "c%2B%2B"), ("c#", "c%23"), ("node.js", "node.js")])
def test_tags_with_signs_are_asked_for_as_they_are(tag: str, page: str) -> None:
    signs = subject("x", stackoverflow=tag)
    with asking(stackoverflow, lambda _: Answer('{"total":5}')) as (client, server):
        *_, reply = stackoverflow.Source().fetch(client, (signs,), OCTOBER)
    assert server.asked[-1].parameters["tagged"] == tag
    (seen,) = stackoverflow.Source().parse(reply, (signs,), OCTOBER)
    assert isinstance(seen, Observation)
    assert seen.url == f"https://stackoverflow.com/questions/tagged/{page}"


def test_a_reply_about_nobody_here_says_nothing() -> None:
    assert read('{"total":312}', subjects=(subject("keras", stackoverflow="keras"), subject("mxnet"))) == []
    assert read('{"total":312}', query=QUERY.replace("filter=total", "filter=other")) == []
