"""Wikipedia: whole months and days of the article that was asked for, by people; anything less is no figure."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from bot.domain.measure import Missing, Observation, Status, Subject
from bot.domain.period import Period
from bot.errors import BadInput, SourceUnavailable
from bot.ports import Question
from bot.sources import wikipedia
from bot.sources._windows import days
from tests.sources.conftest import subject
from tests.sources.fuzzing import Example
from tests.sources.services import NOW, Answer, FakeClock, a_reply, asking, recorded

OCTOBER = Period.month(2026, 10)
YEAR = Period.year(2025)
WEEK = Period.week(2026, 44)  # 26 October to 1 November 2026
PYTORCH = subject("pytorch", wikipedia="PyTorch")
BASE = "/api/rest_v1/metrics/pageviews/per-article/en.wikipedia/all-access/user"
MONTHS = f"{BASE}/PyTorch/monthly/20251001/20261031"
YEARS = f"{BASE}/PyTorch/monthly/20240101/20251231"
DAYS = f"{BASE}/PyTorch/daily/20251027/20261101"


def item(day: dt.date, views: int = 40_000, grain: str = "monthly", **changed: object) -> dict[str, Any]:
    told = {"project": "en.wikipedia", "article": "PyTorch", "granularity": grain, "timestamp": f"{day:%Y%m%d}00"}
    return {**told, "access": "all-access", "agent": "user", "views": views} | changed


def months(first: Period, count: int) -> list[dict[str, Any]]:
    """Months in order, with 40,001 views in the first, 40,002 in the second and so on."""
    found = []
    for number in range(count):
        year, month = divmod(first.start.month - 1 + number, 12)
        found.append(item(dt.date(first.start.year + year, month + 1, 1), 40_001 + number))
    return found


SINCE_A_YEAR = months(Period.month(2025, 10), 13)
TWO_YEARS = months(Period.month(2024, 1), 24)
EACH_DAY = [item(day, 1000, "daily") for day in days(Period.between(dt.date(2025, 10, 27), dt.date(2026, 11, 2)))]


def answered(items: list[dict[str, Any]]) -> str:
    return json.dumps({"items": items})


EXAMPLES = [
    Example(a_reply(answered(SINCE_A_YEAR), MONTHS), (PYTORCH,)),
    Example(a_reply(answered(TWO_YEARS), YEARS), (PYTORCH,), YEAR),
    Example(a_reply(answered(EACH_DAY[:7] + EACH_DAY[-7:]), DAYS), (PYTORCH,), WEEK),  # two weeks: what lies between is Missing
]


def read(
    items: list[dict[str, Any]] | bytes,
    path: str = MONTHS,
    period: Period = OCTOBER,
    status: int = 200,
    at: dt.datetime = NOW,
    subjects: tuple[Subject, ...] = (PYTORCH,),
) -> list[Observation | Missing]:
    body = items if isinstance(items, bytes) else answered(items)
    return list(wikipedia.Source().parse(a_reply(body, path, status=status, at=at), subjects, period))


def values(found: list[Observation | Missing]) -> dict[str, float]:
    return {seen.period.key: seen.value for seen in found if isinstance(seen, Observation)}


def test_each_month_since_a_year_ago_has_its_views() -> None:
    found = read(SINCE_A_YEAR)
    assert len(found) == 13
    assert next(iter(values(found).items())) == ("2025-10", 40_001)
    assert found[-1] == Observation(
        metric="wiki_views",
        subject="pytorch",
        period=OCTOBER,
        value=40_013,
        status=Status.MEASURED,
        origin="Wikimedia",
        url="https://en.wikipedia.org/wiki/PyTorch",
        retrieved_at=NOW,
        note="views of PyTorch by users, every way of access, in October 2026",
        query=MONTHS,
        payload_sha256=a_reply(answered(SINCE_A_YEAR)).sha256,
    )


def test_a_year_is_the_sum_of_twelve_months() -> None:
    # 12 * 40,000 + (1 + ... + 12) and 12 * 40,000 + (13 + ... + 24)
    assert values(read(TWO_YEARS, YEARS, YEAR)) == {"2024": 480_078, "2025": 480_222}


def test_a_year_without_one_of_its_months_has_no_figure() -> None:
    found = read(TWO_YEARS[:2] + TWO_YEARS[3:], YEARS, YEAR)
    assert found[0] == Missing(
        "wiki_views", "pytorch", Period.year(2024), "Wikipedia: no views in March 2024: a fault, or no article of this title then"
    )
    assert values(found) == {"2025": 480_222}


def test_a_month_with_no_views_at_all_is_no_figure() -> None:
    found = read([*SINCE_A_YEAR[:-1], item(dt.date(2026, 10, 1), 0)])
    assert found[-1] == Missing(
        "wiki_views", "pytorch", OCTOBER, "Wikipedia: no views in October 2026: a fault, or no article of this title then"
    )


def test_a_month_is_missing_until_its_last_day_is_surely_counted() -> None:
    at = dt.datetime(2026, 11, 3, tzinfo=dt.UTC)
    early = read(SINCE_A_YEAR, at=at - dt.timedelta(seconds=1))
    assert early[-1] == Missing(
        "wiki_views", "pytorch", OCTOBER, "Wikipedia: October 2026 was not wholly counted when it was asked for"
    )
    assert "2026-09" in values(early)
    assert values(read(SINCE_A_YEAR, at=at))["2026-10"] == 40_013


def test_a_week_is_the_sum_of_its_days_and_one_without_a_day_has_none() -> None:
    found = read(EACH_DAY[:-1], DAYS, WEEK)
    assert len(found) == 53
    assert values(found)["2025-W44"] == 7000
    assert found[-1] == Missing(
        "wiki_views", "pytorch", WEEK, "Wikipedia: 1 Nov 2026 is not there, and a sum without would be too small"
    )
    assert values(read(EACH_DAY, DAYS, WEEK))["2026-W44"] == 7000


def test_one_request_per_article_with_its_title_wholly_encoded_and_six_seconds_between() -> None:
    clock = FakeClock()
    jax = subject("jax", wikipedia="Google JAX")
    odd = subject("odd", wikipedia="C++/AC/DC_(ü)?")
    with asking(wikipedia, lambda _: Answer(answered(SINCE_A_YEAR)), clock=clock) as (client, server):
        replies = list(wikipedia.Source().fetch(client, (PYTORCH, jax, odd, subject("mxnet")), OCTOBER))
    assert [request.path for request in server.asked] == [
        MONTHS,
        f"{BASE}/Google_JAX/monthly/20251001/20261031",
        f"{BASE}/C%2B%2B%2FAC%2FDC_%28%C3%BC%29%3F/monthly/20251001/20261031",
    ]
    assert clock.slept == [6, 6]
    assert server.asked[0].headers["User-Agent"].endswith("(test@example.org)")
    assert replies[0].query == MONTHS


@pytest.mark.parametrize(("period", "path"), [(YEAR, YEARS), (WEEK, DAYS), (OCTOBER, MONTHS)])
def test_months_are_asked_for_by_month_and_year_and_days_by_week(period: Period, path: str) -> None:
    with asking(wikipedia, lambda _: Answer(answered([]))) as (client, server):
        list(wikipedia.Source().fetch(client, (PYTORCH,), period))
    assert [request.path for request in server.asked] == [path]


def test_a_single_day_is_asked_for_by_days() -> None:
    day = Period.day(dt.date(2026, 10, 5))
    assert wikipedia._path(PYTORCH, day) == f"{BASE}/PyTorch/daily/20251005/20261005"


def test_an_article_nobody_knows_is_missing_by_name() -> None:
    problem = '{"detail":"The date(s) you used are valid, but we either do not have data","status":404,"title":"Not Found"}'
    assert read(problem.encode(), status=404) == [
        Missing("wiki_views", "pytorch", OCTOBER, 'Wikipedia has no article "PyTorch", or nobody viewed it since October 2025')
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"agent": "all-agents"},
        {"access": "desktop"},
        {"project": "de.wikipedia"},
        {"article": "Pytorch"},
        {"granularity": "daily"},
    ],
)
def test_views_of_something_else_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(SourceUnavailable, match="it is about .*, not en.wikipedia PyTorch monthly all-access user"):
        read([*SINCE_A_YEAR[:-1], item(dt.date(2026, 10, 1), **changed)])


def test_a_month_told_twice_is_refused() -> None:
    with pytest.raises(SourceUnavailable, match="tells 2025-10-01 twice"):
        read([*SINCE_A_YEAR, SINCE_A_YEAR[0]])


@pytest.mark.parametrize("timestamp", ["2026110100", "2025090100", "2026100200"])
def test_a_month_that_was_not_asked_for_is_refused(timestamp: str) -> None:
    with pytest.raises(SourceUnavailable, match="which was not asked for"):
        read([*SINCE_A_YEAR[:-1], item(OCTOBER.start.date(), timestamp=timestamp)])


@pytest.mark.parametrize("timestamp", ["20261001", "2026100101", "2026-10-01", "2026133100", "2026023000", ""])
def test_a_timestamp_that_is_no_day_is_refused(timestamp: str) -> None:
    with pytest.raises(SourceUnavailable, match="is no da"):
        read([*SINCE_A_YEAR[:-1], item(OCTOBER.start.date(), timestamp=timestamp)])


def test_the_recorded_day_of_all_agents_is_refused_for_people() -> None:
    fasting = subject("fasting", wikipedia="Intermittent fasting")
    day = Period.day(dt.date(2025, 9, 1))
    path = f"{BASE}/Intermittent_fasting/daily/20240901/20250901"
    body = recorded("wikimedia/per_article_daily.json")
    with pytest.raises(SourceUnavailable, match="all-agents, not en.wikipedia Intermittent_fasting daily all-access user"):
        read(body, path, day, subjects=(fasting,))
    found = read(body.replace(b"all-agents", b"user"), path, day, subjects=(fasting,))
    assert values(found) == {"2025-09-01": 628}
    assert len(found) == 366


def test_answers_about_long_settled_windows_are_kept() -> None:
    class Client:
        has_key = False
        now = NOW

        def __init__(self) -> None:
            self.kept: list[int] = []

        def ask(self, question: Question) -> object:
            self.kept.append(question.keep_days)
            return a_reply("")

    client = Client()
    for period in (OCTOBER, Period.month(2026, 9), Period.month(2026, 8)):  # over for 4, 35 and 65 days
        list(wikipedia.Source().fetch(client, (PYTORCH,), period))  # type: ignore[arg-type]
    assert client.kept == [0, 5, 30]


@pytest.mark.parametrize("title", ["", "  ", "PyTorch#History", "PyTorch|Torch", "[[PyTorch]]", "Py\x00"])
def test_what_can_be_no_title_is_not_asked_for(title: str) -> None:
    with (
        asking(wikipedia, lambda _: Answer(answered(SINCE_A_YEAR))) as (client, server),
        pytest.raises(BadInput, match="correct the id in the recipe"),
    ):
        list(wikipedia.Source().fetch(client, (subject("x", wikipedia=title),), OCTOBER))
    assert server.asked == []


def test_a_reply_about_nobody_here_says_nothing() -> None:
    assert read(SINCE_A_YEAR, subjects=(subject("keras", wikipedia="Keras"), subject("mxnet"))) == []


def test_a_web_page_that_says_404_has_lost_its_way_and_knows_nothing_of_names() -> None:
    reply = a_reply("<!DOCTYPE html><html>No such host</html>", MONTHS, status=404)
    with pytest.raises(SourceUnavailable, match="it is a web page"):
        wikipedia.Source().parse(reply, (PYTORCH,), OCTOBER)
