"""PyPI Stats: months whose every day is in the series are added up; gaps, mirrors and errors in plain text are no figures."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from bot.domain.measure import Missing, Observation, Status
from bot.domain.period import Period
from bot.errors import SourceUnavailable, Throttled
from bot.sources import pypistats
from bot.sources._windows import days
from tests.sources.conftest import subject
from tests.sources.fuzzing import Example
from tests.sources.services import NOW, Answer, FakeClock, a_reply, asking, recorded

OCTOBER = Period.month(2026, 10)
JAX = subject("jax", pypistats="jax")
QUERY = "/api/packages/jax/overall?mirrors=false"
SERIES = Period.between(dt.date(2026, 5, 9), dt.date(2026, 11, 5))
"""180 days, as they are there on 5 November."""


def answered(by_day: dict[str, int | None] | None = None, series: Period = SERIES, **changed: object) -> str:
    """A thousand downloads a day, but for those named; None leaves a day out."""
    counted: dict[str, int | None] = {day.isoformat(): 1000 for day in days(series)} | (by_day or {})
    data = [
        {"category": "without_mirrors", "date": day, "downloads": number} for day, number in counted.items() if number is not None
    ]
    return json.dumps({"data": data, "package": "jax", "type": "overall_downloads"} | changed)


EXAMPLES = [Example(a_reply(answered(), QUERY), (JAX,))]


def read(
    body: str | bytes, status: int = 200, period: Period = OCTOBER, at: dt.datetime = NOW
) -> list[Observation | Missing]:  # fmt: skip
    return list(pypistats.Source().parse(a_reply(body, QUERY, at=at, status=status), (JAX,), period))


def missing(reason: str, month: str = "2026-10") -> Missing:
    return Missing("pypistats_downloads_month", "jax", Period.parse(month), reason)


def test_the_whole_months_of_the_series_are_the_sums_of_their_days() -> None:
    body = answered({"2026-10-31": 5000})
    found = read(body)
    assert [(one.period.key, one.value) for one in found if isinstance(one, Observation)] == [
        ("2026-06", 30_000), ("2026-07", 31_000), ("2026-08", 31_000), ("2026-09", 30_000), ("2026-10", 35_000),
    ]  # fmt: skip
    assert found[-1] == Observation(
        metric="pypistats_downloads_month",
        subject="jax",
        period=OCTOBER,
        value=35_000.0,
        status=Status.MEASURED,
        origin="PyPI Stats",
        url="https://pypistats.org/packages/jax",
        retrieved_at=NOW,
        note="31 days of jax, every one there, without mirrors",
        query=QUERY,
        payload_sha256=a_reply(body).sha256,
    )


@pytest.mark.parametrize(
    ("key", "months"),
    [
        ("2026", ["2026-06", "2026-07", "2026-08", "2026-09", "2026-10", "2026-11", "2026-12"]),
        ("2026-W41", ["2026-06", "2026-07", "2026-08", "2026-09"]),
        ("2026-10-30", ["2026-06", "2026-07", "2026-08", "2026-09"]),
        ("2026-10-31", ["2026-06", "2026-07", "2026-08", "2026-09", "2026-10"]),
        ("2026-07", ["2026-06", "2026-07"]),
    ],
)
def test_windows_are_months_up_to_the_end_of_whatever_period(key: str, months: list[str]) -> None:
    assert [one.period.key for one in read(answered(), period=Period.parse(key))] == months


def test_a_month_that_is_not_over_yet_has_no_figure() -> None:
    november, december = read(answered(), period=Period.year(2026))[-2:]
    assert november == missing(
        "PyPI Stats: 26 days from 5 Nov 2026 to 30 Nov 2026 are not there, and a sum without would be too small", "2026-11"
    )
    assert isinstance(december, Missing)


def test_a_month_without_one_of_its_days_has_no_figure() -> None:
    september, october = read(answered({"2026-10-07": None}))[-2:]
    assert isinstance(september, Observation)
    assert october == missing("PyPI Stats: 7 Oct 2026 is not there, and a sum without would be too small")


def test_a_month_whose_last_day_is_not_there_yet_has_no_figure() -> None:
    body = answered(series=Period.between(dt.date(2026, 5, 5), dt.date(2026, 10, 31)))
    assert read(body, at=dt.datetime(2026, 11, 1, 0, 50, tzinfo=dt.UTC))[-1] == missing(
        "PyPI Stats: 31 Oct 2026 is not there, and a sum without would be too small"
    )


def test_a_day_of_nought_among_thousands_is_a_fault() -> None:
    assert read(answered({"2026-10-07": 0}))[-1] == missing("PyPI Stats: 7 Oct 2026 is nought, which is a fault of the counting")


def test_a_month_is_settled_a_day_after_it_is_over() -> None:
    early, late = dt.datetime(2026, 11, 1, 23, 59, tzinfo=dt.UTC), dt.datetime(2026, 11, 2, tzinfo=dt.UTC)
    assert [getattr(read(answered(), at=at)[-1], "status", None) for at in (early, late)] == [Status.PROVISIONAL, Status.MEASURED]


def test_a_period_before_the_series_is_missing_with_its_first_day() -> None:
    assert read(answered(), period=Period.month(2026, 5)) == [missing("PyPI Stats: its days begin with 9 May 2026", "2026-05")]


def test_mirrors_are_never_counted() -> None:
    body = json.loads(answered())
    body["data"] += [one | {"category": "with_mirrors", "downloads": 9000} for one in body["data"]]
    assert getattr(read(json.dumps(body))[-1], "value", None) == 31_000
    body["data"] = [one for one in body["data"] if one["category"] == "with_mirrors"]
    with pytest.raises(SourceUnavailable, match="no day without mirrors"):
        read(json.dumps(body))


@pytest.mark.parametrize(("body", "status"), [("404", 404), (answered(data=[]), 200)])
def test_a_package_nobody_knows_is_missing_by_name(body: str, status: int) -> None:
    assert read(body, status) == [missing('PyPI Stats knows no package "jax"')]


def test_a_web_page_is_no_word_about_a_package() -> None:
    with pytest.raises(SourceUnavailable, match="it is a web page"):
        read("<html><body>404: no such host</body></html>", 404)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"package": "jaxlib"}, "it is about jaxlib"),
        ({"type": "system_downloads"}, "type: input should be 'overall_downloads'"),
        ({"data": None}, "data: input should be a valid array"),
        ({"data": [{"category": "null", "date": "2026-10-01", "downloads": 1}]}, "data.0.category: input should be"),
        (
            {"data": [{"category": "without_mirrors", "date": "2026-10-01", "downloads": None}]},
            "data.0.downloads: input should be",
        ),
        ({"data": [{"category": "without_mirrors", "date": "2026-10-32", "downloads": 1}]}, "2026-10-32 is no date"),
        ({"data": [{"category": "without_mirrors", "date": "2026-10-01", "downloads": 1}] * 2}, "it tells a day twice"),
    ],
)
def test_another_package_or_shape_is_refused(changed: dict[str, object], reason: str) -> None:
    with pytest.raises(SourceUnavailable) as error:
        read(answered(**changed))
    assert reason in str(error.value)


@pytest.mark.parametrize(
    "name", ["error_404.txt", "error_500.txt", "error_503.txt", "recent_flask.json", "python_minor_series.json"]
)
def test_recorded_error_texts_and_other_endpoints_are_refused(name: str) -> None:
    with pytest.raises(SourceUnavailable, match="not what its documentation describes"):
        read(recorded(f"pypistats/{name}"))


def test_two_recorded_days_are_no_month() -> None:
    pip = subject("pip", pypistats="pip")
    reply = a_reply(recorded("pypistats/overall_downloads_pip_0.json"), "/api/packages/pip/overall?mirrors=false")
    assert list(pypistats.Source().parse(reply, (pip,), Period.month(2020, 5))) == [
        Missing(
            "pypistats_downloads_month", "pip", Period.month(2020, 5),
            "PyPI Stats: 29 days from 3 May 2020 to 31 May 2020 are not there, and a sum without would be too small",
        )
    ]  # fmt: skip


def test_one_request_per_package_two_seconds_apart_and_none_without_an_id() -> None:
    clock = FakeClock()
    with asking(pypistats, lambda _: Answer(answered()), clock=clock) as (client, server):
        asked = (JAX, subject("keras"), subject("tf-keras", pypistats="TF_Keras"))
        replies = list(pypistats.Source().fetch(client, asked, OCTOBER))
    assert [(request.method, request.path) for request in server.asked] == [
        ("GET", "/api/packages/jax/overall"), ("GET", "/api/packages/tf-keras/overall"),
    ]  # fmt: skip
    assert [request.parameters for request in server.asked] == [{"mirrors": "false"}] * 2
    assert clock.slept == [2.0]
    assert replies[0].query == QUERY


def test_a_package_nobody_knows_does_not_end_the_asking() -> None:
    with asking(pypistats, lambda _: Answer("404", 404)) as (client, _):
        (reply,) = pypistats.Source().fetch(client, (JAX,), OCTOBER)
    assert list(pypistats.Source().parse(reply, (JAX,), OCTOBER)) == [missing('PyPI Stats knows no package "jax"')]


def test_too_many_requests_leave_the_service_alone() -> None:
    text = '<a href="https://pypistats.org/api/#etiquette">429 RATE LIMIT EXCEEDED</a>'
    with asking(pypistats, lambda _: Answer(text, 429)) as (client, server), pytest.raises(Throttled, match="429 RATE LIMIT"):
        list(pypistats.Source().fetch(client, (JAX,), OCTOBER))
    assert len(server.asked) == 5


def test_a_reply_about_nobody_asked_for_is_not_read() -> None:
    reply = a_reply(answered(), "/api/packages/flax/overall?mirrors=false")
    assert list(pypistats.Source().parse(reply, (JAX,), OCTOBER)) == []
