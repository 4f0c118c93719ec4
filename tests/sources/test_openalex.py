"""OpenAlex: all years from one reply, and a year that is not told is nought only where nothing is missing."""

from __future__ import annotations

import datetime as dt
import json
from urllib.parse import urlencode

import pytest

from bot.domain.measure import Missing, Observation, Status, Subject
from bot.domain.period import Period
from bot.errors import BadInput, SourceUnavailable, Throttled
from bot.sources import openalex
from tests.sources.conftest import subject
from tests.sources.fuzzing import Example
from tests.sources.services import NOW, Answer, FakeClock, a_reply, asking, recorded

YEAR = Period.year(2025)
PYTORCH = subject("pytorch", openalex="pytorch")
FILTER = 'title_and_abstract.search:"pytorch"'
QUERY = "/works?" + urlencode({"filter": FILTER, "group_by": "publication_year"})
SERIES = {"2024": 900, "2025": 1200, "2023": 700, "2026": 800, "2021": 100}


def answered(by_year: dict[str | None, int] | dict[str, int] | None = None, count: int | None = None, **meta: object) -> str:
    series = SERIES if by_year is None else by_year
    groups = [{"key": year, "key_display_name": year, "count": number} for year, number in series.items()]
    told = {"count": sum(series.values()) if count is None else count, "db_response_time_ms": 26, "page": 1, "per_page": 200}
    return json.dumps({"meta": told | {"groups_count": len(groups)} | meta, "results": [], "group_by": groups})


EXAMPLES = [
    Example(a_reply(answered(), QUERY), (PYTORCH,), YEAR),
    Example(a_reply(answered(SERIES | {"unknown": 5}, count=4000), QUERY), (PYTORCH,), YEAR),
]


def read(
    body: str | bytes,
    period: Period = YEAR,
    query: str = QUERY,
    subjects: tuple[Subject, ...] = (PYTORCH,),
    at: dt.datetime = NOW,
) -> list[Observation | Missing]:
    return list(openalex.Source().parse(a_reply(body, query, at=at), subjects, period))


def values(found: list[Observation | Missing]) -> dict[str, float]:
    return {seen.period.key: seen.value for seen in found if isinstance(seen, Observation)}


def test_every_year_up_to_the_period_has_its_works() -> None:
    found = read(answered())
    assert values(found) == {"2021": 100, "2022": 0, "2023": 700, "2024": 900, "2025": 1200}
    last = found[-1]
    assert last == Observation(
        metric="scholarly_mentions",
        subject="pytorch",
        period=YEAR,
        value=1200,
        status=Status.PROVISIONAL,
        origin="OpenAlex",
        url="https://openalex.org/works?filter=title_and_abstract.search%3A%22pytorch%22",
        retrieved_at=NOW,
        note='works of 2025 with "pytorch" in title or abstract, as indexed on 2026-11-05',
        query=QUERY,
        payload_sha256=a_reply(answered()).sha256,
    )


def test_a_group_of_long_ago_makes_no_series_of_noughts() -> None:
    found = read(answered(SERIES | {"1000": 1, "1989": 2}))
    assert [one.period.key for one in found] == [str(year) for year in range(1990, 2026)]
    assert values(found)["1990"] == 0
    assert values(found)["2021"] == 100


def test_a_report_on_long_ago_has_the_years_it_compares() -> None:
    found = read(answered({"1980": 3, "1985": 2}), Period.year(1985))
    assert values(found) == {"1984": 0, "1985": 2}


def test_a_year_is_settled_when_the_next_one_is_over() -> None:
    for at, status in (((2026, 12, 31), Status.PROVISIONAL), ((2027, 1, 2), Status.MEASURED)):
        last = read(answered(), at=dt.datetime(*at, tzinfo=dt.UTC))[-1]
        assert isinstance(last, Observation)
        assert last.status == status


def test_the_year_just_past_is_provisional_and_the_running_one_no_figure() -> None:
    found = read(answered(), Period.year(2026))
    assert {seen.period.key: seen.status for seen in found[-3:] if isinstance(seen, Observation)} == {
        "2024": Status.MEASURED,
        "2025": Status.PROVISIONAL,
    }
    assert found[-1] == Missing("scholarly_mentions", "pytorch", Period.year(2026), "OpenAlex was asked before 2026 was over")


def test_one_request_per_term_with_the_key_and_a_second_between() -> None:
    clock = FakeClock()
    keras = subject("keras", openalex="keras|keras library")
    with asking(openalex, lambda _: Answer(answered()), key="k3y", clock=clock) as (client, server):
        replies = list(openalex.Source().fetch(client, (PYTORCH, keras, subject("mxnet")), YEAR))
    assert [(request.path, request.parameters) for request in server.asked] == [
        ("/works", {"filter": words, "group_by": "publication_year", "api_key": "k3y"})
        for words in (FILTER, 'title_and_abstract.search:"keras" OR "keras library"')
    ]
    assert clock.slept == [1]
    assert next(reply.query for reply in replies) == QUERY
    assert "k3y" not in "".join(reply.url + reply.query for reply in replies)
    assert values(read(replies[1].body, query=replies[1].query, subjects=(keras,)))["2025"] == 1200


@pytest.mark.parametrize("period", [Period.month(2026, 10), Period.week(2026, 45), Period.day(dt.date(2026, 10, 5))])
def test_only_reports_by_year_ask(period: Period) -> None:
    with asking(openalex, lambda _: Answer(answered())) as (client, server):
        assert list(openalex.Source().fetch(client, (PYTORCH,), period)) == []
    assert server.asked == []
    assert read(answered(), period) == []


def test_a_year_not_told_is_missing_while_works_are_in_no_group() -> None:
    found = read(answered({"2021": 100, "2023": 700, "2025": 1200}, count=2001))
    assert values(found) == {"2021": 100, "2023": 700, "2025": 1200}
    assert [seen for seen in found if isinstance(seen, Missing)] == [
        Missing("scholarly_mentions", "pytorch", Period.year(2024), "OpenAlex: 2024 is not told, and some works are in no year")
    ]


@pytest.mark.parametrize("key", [None, "unknown", "", "0", "19", "20250", "year", "٢٠٢٤"])
def test_a_group_that_is_no_year_is_passed_over_and_leaves_doubt(key: str | None) -> None:
    found = read(answered({"2025": 1200, key: 3}))
    assert values(found) == {"2025": 1200}
    assert [seen.period.key for seen in found if isinstance(seen, Missing)] == ["2024"]


def test_a_term_found_nowhere_is_missing_for_it_may_be_misspelt() -> None:
    found = read(answered({}))
    assert [(type(seen), seen.period.key) for seen in found] == [(Missing, "2024"), (Missing, "2025")]
    assert isinstance(found[0], Missing)
    assert found[0].reason == 'OpenAlex finds no work at all with "pytorch", which may be misspelt'


def test_a_reply_without_a_number_of_groups_is_read_too() -> None:
    body = json.loads(answered())
    del body["meta"]["groups_count"]
    assert values(read(json.dumps(body)))["2025"] == 1200


def test_a_year_told_twice_is_refused() -> None:
    body = json.loads(answered())
    body["group_by"].append({"key": "2025", "key_display_name": "2025", "count": 0})
    with pytest.raises(SourceUnavailable, match="a year twice"):
        read(json.dumps(body))


def test_groups_that_were_cut_off_are_refused() -> None:
    many = {f"{1826 + number}": 1 for number in range(200)}
    with pytest.raises(SourceUnavailable, match="cut off after 200 groups"):
        read(answered(many))
    assert values(read(answered(dict(list(many.items())[1:]))))["2025"] == 1
    with pytest.raises(SourceUnavailable, match="cut off after 5 groups"):
        read(answered(groups_count=6))


def test_groups_that_hold_more_than_was_found_are_refused() -> None:
    with pytest.raises(SourceUnavailable, match="more than the 3699 works"):
        read(answered(count=3699))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("group_by_type_docs", "cut off after 4 groups"),
        ("works_list_docs", None),
        ("works_cursor_page_docs", "group_by: field required"),
        ("error_400_docs", "meta: field required"),
        ("how-to-use-the-api__rate-limits-and-authentication_0", "meta: field required"),
    ],
)
def test_documented_replies_to_other_questions_give_no_figure(name: str, reason: str | None) -> None:
    body = recorded(f"openalex/{name}.json")
    if reason is None:
        assert values(read(body)) == {}
        return
    with pytest.raises(SourceUnavailable, match=reason):
        read(body)


def test_a_refused_filter_is_told_in_openalex_words() -> None:
    body = recorded("openalex/error_400_docs.json")  # skips here and not in the server's thread
    with (
        asking(openalex, lambda _: Answer(body, 400)) as (client, server),
        pytest.raises(SourceUnavailable, match="openalex answered 400 Bad Request.*Unknown filter field"),
    ):
        list(openalex.Source().fetch(client, (PYTORCH,), YEAR))
    assert len(server.asked) == 1


def test_asking_too_fast_is_not_a_number() -> None:
    with (
        asking(openalex, lambda _: Answer('{"error":"Too fast","message":"slow down"}', 403)) as (client, _),
        pytest.raises(SourceUnavailable, match="openalex answered 403"),
    ):
        list(openalex.Source().fetch(client, (PYTORCH,), YEAR))


def test_a_spent_budget_leaves_openalex_alone_until_midnight() -> None:
    answer = Answer('{"error":"Rate limit exceeded","message":"Resets at midnight UTC"}', 429, {"Retry-After": "64800"})
    with asking(openalex, lambda _: answer) as (client, server), pytest.raises(Throttled) as caught:
        list(openalex.Source().fetch(client, (PYTORCH,), YEAR))
    assert caught.value.until == dt.datetime(2026, 11, 6, tzinfo=dt.UTC)
    assert len(server.asked) == 1


@pytest.mark.parametrize("term", ['torch",type:"article', "torch,is_oa:true", "torch|", "", "!torch", "torch:x", "torché"])
def test_a_term_that_could_leave_its_quotes_is_refused(term: str) -> None:
    with (
        asking(openalex, lambda _: Answer(answered())) as (client, server),
        pytest.raises(BadInput, match="Correct the id in the recipe"),
    ):
        list(openalex.Source().fetch(client, (subject("x", openalex=term),), YEAR))
    assert server.asked == []


def test_a_reply_about_nobody_here_says_nothing() -> None:
    assert read(answered(), subjects=(subject("keras", openalex="keras"), subject("mxnet"))) == []
