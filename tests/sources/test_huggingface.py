"""Hugging Face: the list is followed page by page to the period's start, and a list with a gap or out of order is no count."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.domain.measure import Missing, Observation, Status
from bot.domain.period import Period
from bot.errors import SourceUnavailable, Throttled
from bot.ports import Reply
from bot.sources import huggingface
from tests.sources.conftest import subject
from tests.sources.fuzzing import Example
from tests.sources.services import NOW, Answer, FakeClock, Request, a_reply, asking

OCTOBER = Period.month(2026, 10)
PYTORCH = subject("pytorch", huggingface="pytorch")
JAX = subject("jax", huggingface="jax")
FIRST = "/api/models?filter=pytorch&sort=createdAt&direction=-1&limit=1000&expand=createdAt"
SECOND = f"{FIRST}&cursor=eyI%3D"
THIRD = f"{FIRST}&cursor=eyJ%3D"


def models(*created: str) -> list[dict[str, str]]:
    """Models named after their instant: "11-02" is noon of 2 November 2026."""
    return [{"_id": "6", "id": f"someone/of-{day}", "createdAt": f"2026-{day}T12:00:00.000Z"} for day in created]


def onward(to: str) -> str:
    return f'<https://huggingface.co{to}>; rel="next"' if to else ""


PAGES = [
    (FIRST, onward(SECOND), models("11-04", "11-01", "10-31")),
    (SECOND, onward(THIRD), models("11-01", "10-31", "10-30", "10-12")),  # two of them slipped onto this page
    (THIRD, onward(f"{FIRST}&cursor=eyK%3D"), models("10-02", "10-01", "09-30", "09-29")),
]


def lines(pages: Sequence[tuple[str, str, object]] = PAGES) -> str:
    return "\n".join(json.dumps({"asked": asked, "link": link, "models": page}) for asked, link, page in pages)


UNIQUE = [PAGES[0], (SECOND, PAGES[1][1], PAGES[1][2][2:]), PAGES[2]]
"""The same without the models that are told twice: under another name nobody could tell that they are the same."""
EXAMPLES = [Example(a_reply(lines(UNIQUE), FIRST), (PYTORCH,), loses_unseen="a page does not say how many models it has")]


def read(body: str, query: str = FIRST, at: dt.datetime = NOW) -> list[Observation | Missing]:
    return list(huggingface.Source().parse(a_reply(body, query, at=at), (PYTORCH,), OCTOBER))


def count(body: str) -> float:
    (found,) = read(body)
    assert isinstance(found, Observation)
    return found.value


def served(request: Request) -> Answer:
    """The three pages, by their cursors."""
    cursors = {"": 0, "eyI=": 1, "eyJ=": 2}
    _, link, page = PAGES[cursors[request.parameters.get("cursor", "")]]
    return Answer(json.dumps(page), headers={"Link": link} if link else {})


def fetched() -> Reply:
    with asking(huggingface, served) as (client, _):
        (reply,) = huggingface.Source().fetch(client, (PYTORCH,), OCTOBER)
    return reply


def test_the_models_of_the_window_are_counted_each_once() -> None:
    assert read(lines()) == [
        Observation(
            "hf_models_created",
            "pytorch",
            OCTOBER,
            5,  # 31, 30, 12, 2 and 1 October
            Status.MEASURED,
            "Hugging Face",
            "https://huggingface.co/models?library=pytorch&sort=created",
            NOW,
            'models with the tag "pytorch" by their createdAt, counted over 3 pages',
            FIRST,
            a_reply(lines()).sha256,
        )
    ]


def test_the_window_begins_with_its_first_instant_and_ends_before_its_last() -> None:
    def at(instant: str) -> str:
        return lines([(FIRST, "", [{"id": "a/b", "createdAt": instant}, *models("09-29")])])

    assert count(at("2026-11-01T00:00:00.000Z")) == 0
    assert count(at("2026-10-31T23:59:59.999Z")) == 1
    assert count(at("2026-10-01T00:00:00.000Z")) == 1
    assert count(at("2026-09-30T23:59:59.999Z")) == 0


def test_pages_are_followed_to_the_periods_start_and_no_further() -> None:
    clock = FakeClock()
    with asking(huggingface, served, clock=clock) as (client, server):
        replies = list(huggingface.Source().fetch(client, (subject("keras"), PYTORCH), OCTOBER))
    asked = {"filter": "pytorch", "sort": "createdAt", "direction": "-1", "limit": "1000", "expand": "createdAt"}
    assert [(request.method, request.path) for request in server.asked] == [("GET", "/api/models")] * 3
    assert [request.parameters for request in server.asked] == [asked, asked | {"cursor": "eyI="}, asked | {"cursor": "eyJ="}]
    assert clock.slept == pytest.approx([0.7, 0.7])
    assert [reply.query for reply in replies] == [FIRST]
    assert replies[0].retrieved_at == NOW


def test_the_pages_become_one_reply_that_holds_each_as_it_was_sent() -> None:
    reply = fetched()
    kept = reply.body.decode().split("\n")
    assert [json.loads(line) for line in kept] == [json.loads(line) for line in lines().split("\n")]
    assert all(json.dumps(page) in line for line, (_, _, page) in zip(kept, PAGES, strict=True))
    (found,) = huggingface.Source().parse(reply, (PYTORCH,), OCTOBER)
    assert isinstance(found, Observation)
    assert (found.value, found.payload_sha256) == (5, reply.sha256)


def test_a_page_with_line_breaks_is_still_one_line() -> None:
    body = json.dumps(models("10-31", "09-30"), indent=1).replace("\n", "\r\n")
    with asking(huggingface, lambda _: Answer(body)) as (client, _):
        (reply,) = huggingface.Source().fetch(client, (PYTORCH,), OCTOBER)
    assert reply.body.count(b"\n") == 0
    assert count(reply.body.decode()) == 1


def test_a_token_goes_into_the_header_and_nowhere_else() -> None:
    with asking(huggingface, served, key="hf_secret") as (client, server):
        (reply,) = huggingface.Source().fetch(client, (PYTORCH,), OCTOBER)
    assert {request.headers["Authorization"] for request in server.asked} == {"Bearer hf_secret"}
    assert b"hf_secret" not in reply.body
    assert "hf_secret" not in reply.query + reply.url


def test_each_tag_is_a_reply_of_its_own() -> None:
    def answer(request: Request) -> Answer:
        return Answer(json.dumps(models("10-31", "09-30")))

    with asking(huggingface, answer) as (client, _):
        replies = list(huggingface.Source().fetch(client, (PYTORCH, JAX), OCTOBER))
    assert [reply.query for reply in replies] == [FIRST, FIRST.replace("pytorch", "jax")]
    found = [seen for reply in replies for seen in huggingface.Source().parse(reply, (PYTORCH, JAX), OCTOBER)]
    assert [seen.subject for seen in found] == ["pytorch", "jax"]


def test_the_end_of_the_list_ends_the_paging_too() -> None:
    with asking(huggingface, lambda _: Answer(json.dumps(models("11-02", "10-31")))) as (client, server):
        (reply,) = huggingface.Source().fetch(client, (PYTORCH,), OCTOBER)
    assert len(server.asked) == 1
    assert count(reply.body.decode()) == 1


def test_a_period_too_far_back_is_given_up_after_two_hundred_pages() -> None:
    def answer(request: Request) -> Answer:
        page = int(request.parameters.get("cursor", "0"))
        return Answer(json.dumps(models("11-02")), headers={"Link": onward(f"{FIRST}&cursor={page + 1}")})

    with (
        asking(huggingface, answer) as (client, server),
        pytest.raises(SourceUnavailable, match='more than 200 pages of models with the tag "pytorch" since 1 Oct 2026'),
    ):
        list(huggingface.Source().fetch(client, (PYTORCH,), OCTOBER))
    assert len(server.asked) == 200


def test_a_period_that_is_not_over_is_not_asked_for() -> None:
    with (
        asking(huggingface, served) as (client, server),
        pytest.raises(SourceUnavailable, match="November 2026 is not over.*Run again from 1 Dec 2026 on"),
    ):
        list(huggingface.Source().fetch(client, (PYTORCH,), Period.month(2026, 11)))
    assert server.asked == []


def test_a_list_read_before_the_window_was_over_is_no_figure() -> None:
    (found,) = read(lines(PAGES[1:]).replace(SECOND, FIRST, 1), at=dt.datetime(2026, 10, 31, 23, tzinfo=dt.UTC))
    assert found == Missing("hf_models_created", "pytorch", OCTOBER, "Hugging Face was asked before October 2026 was over")


def test_a_tag_without_any_model_is_misspelt_and_not_nought() -> None:
    assert read(lines([(FIRST, "", [])])) == [
        Missing("hf_models_created", "pytorch", OCTOBER, 'Hugging Face lists no model with the tag "pytorch"')
    ]


def test_a_tag_without_a_model_in_the_window_is_nought() -> None:
    assert count(lines([(FIRST, "", models("11-02", "09-30"))])) == 0


@pytest.mark.parametrize(
    ("pages", "why"),
    [
        ([PAGES[0], PAGES[2]], "does not follow from the one before"),
        (PAGES[1:], "does not follow from the one before"),
        (PAGES[:2], "end before 1 Oct 2026 is reached"),
        ([(FIRST, PAGES[0][1], []), *PAGES[1:]], "a page without a model leads to a next one"),
        ([PAGES[0], PAGES[0]], "does not follow from the one before"),
        ([(FIRST, "", [models("10-12")[0] | {"id": f"someone/{number}"} for number in range(1000)])], "end before 1 Oct 2026"),
        ([(FIRST, '<http://[>; rel="next"', models("10-12"))], "is no address"),
        ([(FIRST, "", models("10-02", "10-12"))], "someone/of-10-12 is newer than the model before it"),
        ([(FIRST, "", [*models("10-12"), models("10-02")[0] | {"id": "someone/of-10-12"}])], "two dates"),
        ([(FIRST, "", [{"id": "a/b", "createdAt": "2026-10-12"}])], "no instant"),
        ([(FIRST, "", [{"id": "a/b", "createdAt": "2026-13-12T12:00:00.000Z"}])], "no instant"),
        ([(FIRST, "", [{"id": "a/b"}])], "createdAt: field required"),
        ([(FIRST, onward(SECOND.replace("pytorch", "jax")), models("10-12"))], "other models"),
        ([(FIRST, onward("/api/datasets?filter=pytorch"), models("10-12"))], "next page is at huggingface.co/api/datasets"),
        ([(FIRST, f'<https://example.net{SECOND}>; rel="next"', models("10-12"))], "next page is at example.net"),
    ],
)
def test_a_list_with_a_gap_or_out_of_order_is_refused(pages: list[tuple[str, str, object]], why: str) -> None:
    with pytest.raises(SourceUnavailable, match=why):
        read(lines(pages))


@pytest.mark.parametrize("body", ["", "<!doctype html><html>", '{"error":"Invalid cursor"}', "[{]"])
def test_an_unfit_page_ends_the_paging_and_is_refused_when_it_is_read(body: str) -> None:
    def answer(request: Request) -> Answer:
        return Answer(body) if "cursor" in request.parameters else served(request)

    with asking(huggingface, answer) as (client, server):
        (reply,) = huggingface.Source().fetch(client, (PYTORCH,), OCTOBER)
    assert len(server.asked) == 2
    with pytest.raises(SourceUnavailable, match="not what its documentation describes"):
        huggingface.Source().parse(reply, (PYTORCH,), OCTOBER)


def test_a_full_window_of_the_quota_is_waited_for() -> None:
    limited = iter([Answer('{"error":"Too many requests"}', 429, {"RateLimit": '"api";r=0;t=255'})])
    clock = FakeClock()
    with asking(huggingface, lambda request: next(limited, None) or served(request), clock=clock) as (client, _):
        (reply,) = huggingface.Source().fetch(client, (PYTORCH,), OCTOBER)
    assert clock.slept[0] == 255
    assert len(reply.body.split(b"\n")) == 3


def test_a_quota_that_stays_used_up_is_left_alone() -> None:
    def answer(_: Request) -> Answer:
        return Answer('{"error":"Too many requests"}', 429, {"RateLimit": '"api";r=0;t=255'})

    with asking(huggingface, answer) as (client, server), pytest.raises(Throttled):
        list(huggingface.Source().fetch(client, (PYTORCH,), OCTOBER))
    assert len(server.asked) == 2


def test_a_reply_to_another_question_says_nothing() -> None:
    assert huggingface.Source().parse(a_reply(lines(), FIRST), (JAX, subject("keras")), OCTOBER) == ()
    assert parse_qs(urlsplit(FIRST).query)["filter"] == ["pytorch"]
