"""ClickPy: a window has a figure where its days, the newest day and the table of months prove it whole; errors are no figures."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.measure import Missing, Observation, Status, Subject
from bot.domain.period import Period
from bot.errors import BadInput, SourceUnavailable, Throttled
from bot.ports import Question, Reply
from bot.sources import clickpy
from bot.sources._windows import days
from tests.sources.conftest import subject
from tests.sources.fuzzing import Example
from tests.sources.services import NOW, Answer, Request, a_reply, asking, recorded

OCTOBER = Period.month(2026, 10)
MARCH = Period.month(2026, 3)
PYTORCH = subject("pytorch", clickpy="torch")
JAX = subject("jax", clickpy="jax")
BOTH = (PYTORCH, JAX)
MARCH_2026 = {"torch": 87347847, "tensorflow": 22653919, "jax": 19165515, "keras": 18417904}
"""What the playground said on 2026-04-01 (recorded/clickhouse/recorded_playground_pypi_2026-03_subset.json)."""
FOUR = (PYTORCH, subject("tensorflow", clickpy="tensorflow"), JAX, subject("keras", clickpy="keras"))

MONTHS_QUERY = """\
SELECT project, first, sum(counted) AS downloads, sum(seen) AS days, sum(told) AS listed,
  (SELECT max(max_date) FROM pypi.pypi_downloads_max_min WHERE project IN ('jax', 'torch')) AS newest
FROM (
  SELECT project, toStartOfMonth(date) AS first, sum(count) AS counted, uniqExact(date) AS seen, 0 AS told
  FROM pypi.pypi_downloads_per_day
  WHERE project IN ('jax', 'torch') AND date >= '2025-10-01' AND date < '2026-11-01'
  GROUP BY project, first
  UNION ALL
  SELECT project, month, 0, 0, sum(count)
  FROM pypi.pypi_downloads_per_month
  WHERE project IN ('jax', 'torch') AND month >= '2025-10-01' AND month < '2026-11-01'
  GROUP BY project, month
)
GROUP BY project, first
ORDER BY project, first"""
"""Run on ClickHouse 26.9 (chDB 4.4.0) over tables as ClickPy defines them, on 2026-11-22: rows as `row` makes them."""
DAY_QUERY = """\
SELECT project, date AS first, sum(count) AS downloads, uniqExact(date) AS days,
  (SELECT max(max_date) FROM pypi.pypi_downloads_max_min WHERE project IN ('jax', 'torch')) AS newest
FROM pypi.pypi_downloads_per_day
WHERE project IN ('jax', 'torch') AND date IN ('2025-10-05', '2026-10-04', '2026-10-05')
GROUP BY project, first
ORDER BY project, first"""


class Listening:
    """A client that answers nothing of use and remembers what it was asked."""

    has_key = False
    keys = ()

    def __init__(self, now: dt.datetime = NOW) -> None:
        self.now = now
        self.heard: list[Question] = []

    def ask(self, question: Question) -> Reply:
        self.heard.append(question)
        return a_reply("", question.body)

    def ask_all(self, questions: Sequence[Question]) -> Iterator[Reply]:
        return map(self.ask, questions)

    def pause(self, seconds: float) -> None: ...

    def close(self) -> None: ...


def questions(period: Period, subjects: tuple[Subject, ...] = BOTH, now: dt.datetime = NOW) -> list[Question]:
    client = Listening(now)
    list(clickpy.Source().fetch(client, subjects, period))
    return client.heard


def row(project: str, window: Period, downloads: int, newest: str = "2026-11-03", **changed: object) -> dict[str, Any]:
    first = window.start.date().isoformat()
    return {"project": project, "first": first, "downloads": downloads, "days": int(window.days), "newest": newest} | changed


def month(project: str, key: str, downloads: int, **changed: Any) -> dict[str, Any]:
    return row(project, Period.parse(key), downloads, **{"listed": downloads, **changed})


def result(rows: Sequence[object], **changed: object) -> str:
    return json.dumps({"meta": [], "data": rows, "rows": len(rows), "statistics": {"elapsed": 0.1, "rows_read": 5}} | changed)


def year_of(project: str, last: str = "2026-10", **changed: Any) -> list[dict[str, Any]]:
    """Thirteen months up to one, of a thousand downloads each."""
    found = [Period.parse(last)]
    while len(found) < 13:
        found.insert(0, found[0].previous())
    return [month(project, one.key, 1000, **changed) for one in found]


def months_reply(rows: Sequence[object]) -> Reply:
    return a_reply(result(rows), MONTHS_QUERY, "https://sql-clickhouse.clickhouse.com/")


def read(reply: Reply, subjects: tuple[Subject, ...] = BOTH, period: Period = OCTOBER) -> list[Observation | Missing]:
    return list(clickpy.Source().parse(reply, subjects, period))


def of(found: Sequence[Observation | Missing], subject: str = "pytorch", key: str = "2026-10") -> Observation | Missing:
    (one,) = [seen for seen in found if (seen.subject, seen.period.key) == (subject, key)]
    return one


def refusal(reply: Reply) -> str:
    with pytest.raises(SourceUnavailable) as error:
        read(reply)
    return str(error.value)


def both() -> list[dict[str, Any]]:
    return [*year_of("jax"), *year_of("torch")]


def quoted(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """As output_format_json_quote_64bit_integers writes them."""
    return [{name: str(value) for name, value in one.items()} for one in rows]


def march() -> Reply:
    """Thirteen months of four packages, the last one real; two of them with numbers as text."""
    rows = []
    for name, downloads in MARCH_2026.items():
        one = year_of(name, "2026-03", newest="2026-04-02")
        one[-1] |= {"downloads": downloads, "listed": downloads}
        rows += quoted(one) if name.startswith("t") else one
    return a_reply(result(rows), questions(MARCH, FOUR)[0].body, at=dt.datetime(2026, 4, 4, 6, 0, tzinfo=dt.UTC))


def days_of(period: Period) -> Reply:
    rows = [row(project, Period.day(day), 50) for project in ("jax", "torch") for day in days(period)]
    return a_reply(result(rows), questions(period)[1].body)


def two_years() -> list[dict[str, Any]]:
    keys = [f"{year}-{number:02}" for year in (2024, 2025) for number in range(1, 13)]
    return [month("torch", key, 1000 if key < "2025" else 1500, newest="2026-01-03") for key in keys]


def yearly(rows: Sequence[dict[str, Any]]) -> list[Observation | Missing]:
    query = questions(Period.year(2025), (PYTORCH,))[0].body
    return read(a_reply(result(rows), query), (PYTORCH,), Period.year(2025))


EXAMPLES = [
    Example(march(), FOUR, MARCH),
    Example(days_of(Period.parse("2026-W41")), BOTH, Period.parse("2026-W41")),
    Example(a_reply(result(two_years()), questions(Period.year(2025), (PYTORCH,))[0].body), (PYTORCH,), Period.year(2025)),
]


def test_the_downloads_of_march_2026_are_those_the_playground_told() -> None:
    found = {one.subject: one for one in read(march(), FOUR, MARCH) if one.period == MARCH}
    assert {key: one.value for key, one in found.items() if isinstance(one, Observation)} == {
        "pytorch": 87_347_847, "tensorflow": 22_653_919, "jax": 19_165_515, "keras": 18_417_904,
    }  # fmt: skip
    assert found["pytorch"] == Observation(
        metric="pypi_downloads_month",
        subject="pytorch",
        period=MARCH,
        value=87_347_847.0,
        status=Status.MEASURED,
        origin="ClickPy",
        url="https://clickpy.clickhouse.com/dashboard/torch",
        retrieved_at=dt.datetime(2026, 4, 4, 6, 0, tzinfo=dt.UTC),
        note="31 of 31 days of torch, mirrors included",
        query=march().query,
        payload_sha256=march().sha256,
    )


def test_the_example_has_the_recorded_figures() -> None:
    told = json.loads(recorded("clickhouse/recorded_playground_pypi_2026-03_subset.json"))
    counts = {one["project"]: one["download_count"] for one in told["data"]}
    assert {name: counts[name] for name in MARCH_2026} == MARCH_2026


def test_thirteen_months_of_each_package_and_the_days_of_the_last_one() -> None:
    found = read(months_reply(both()))
    assert [one.period.key for one in found if one.subject == "jax"] == [
        "2025-10", "2025-11", "2025-12", "2026-01", "2026-02", "2026-03", "2026-04",
        "2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10",
    ]  # fmt: skip
    by_day = read(days_of(OCTOBER))
    assert len(by_day) == 62
    last = of(by_day, key="2026-10-31")
    assert isinstance(last, Observation)
    assert (last.metric, last.value, last.status) == ("pypi_downloads_day", 50, Status.MEASURED)


def test_numbers_written_as_text_are_the_same_figures() -> None:
    for reply in (months_reply(both()), months_reply(quoted(both()))):
        assert [one.value for one in read(reply) if isinstance(one, Observation)] == [1000.0] * 26


def test_a_year_is_the_sum_of_its_twelve_months() -> None:
    before, year = yearly(two_years())[-2:]
    assert isinstance(before, Observation)
    assert isinstance(year, Observation)
    assert (before.metric, before.period, before.value) == ("pypi_downloads_calendar_year", Period.year(2024), 12_000)
    assert (year.metric, year.period, year.value) == ("pypi_downloads_calendar_year", Period.year(2025), 18_000)
    assert year.note == "12 months, every day there, mirrors included"


def test_a_year_with_a_month_that_is_not_whole_has_no_figure() -> None:
    rows = two_years()
    rows[14]["days"] = 30
    found = yearly(rows)
    assert of(found, key="2025-03") == Missing(
        "pypi_downloads_month", "pytorch", Period.month(2025, 3),
        "ClickPy: 30 of the 31 days of March 2025 are there, and a sum of them would be too small",
    )  # fmt: skip
    assert of(found, key="2025") == Missing(
        "pypi_downloads_calendar_year", "pytorch", Period.year(2025),
        "ClickPy: March 2025 has no figure, and a sum without would be too small",
    )  # fmt: skip
    assert isinstance(of(found, key="2024"), Observation)


def test_the_months_of_a_package_that_is_younger_are_missing_by_name() -> None:
    found = read(months_reply([*year_of("jax"), *year_of("torch")[1:]]))
    assert of(found, key="2025-10") == Missing(
        "pypi_downloads_month", "pytorch", Period.month(2025, 10), "ClickPy: nothing of October 2025 is there"
    )
    assert isinstance(of(found), Observation)


@pytest.mark.parametrize(
    ("newest", "seen"),
    [
        ("2026-10-30", "ClickPy: October 2026 is not whole yet, its days are there up to 30 Oct 2026 only"),
        ("2026-10-31", "ClickPy: October 2026 is not whole yet, its days are there up to 31 Oct 2026 only"),
        ("2026-11-01", Status.MEASURED),
    ],
)
def test_a_month_counts_when_the_next_one_has_begun_for_its_last_day_may_be_loaded_in_part(newest: str, seen: object) -> None:
    october = of(read(months_reply([*year_of("jax", newest=newest), *year_of("torch", newest=newest)])))
    assert (october.reason if isinstance(october, Missing) else october.status) == seen


def test_days_and_months_that_disagree_are_no_figure() -> None:
    rows = both()
    rows[-1]["listed"] = 1001
    found = read(months_reply(rows))
    assert of(found).withdrawn  # type: ignore[union-attr]
    assert of(found) == Missing(
        "pypi_downloads_month", "pytorch", OCTOBER,
        "ClickPy: October 2026 has 1,000 downloads by day and 1,001 by month; it may be under repair",
    )  # fmt: skip
    assert isinstance(of(found, "jax"), Observation)


def test_a_package_nobody_knows_is_missing_by_name() -> None:
    for rows in ([], year_of("jax")):
        assert of(read(months_reply(rows))) == Missing(
            "pypi_downloads_month", "pytorch", OCTOBER, 'ClickPy knows no package "torch", or none that was downloaded then'
        )


@pytest.mark.parametrize("rows", [[], [month("jax", f"2025-{number:02}", 5, newest="2026-01-03") for number in range(1, 13)]])
def test_a_package_nobody_knows_is_missing_in_the_year_too(rows: list[dict[str, Any]]) -> None:
    query = questions(Period.year(2025))[0].body
    found = read(a_reply(result(rows), query), BOTH, Period.year(2025))
    reason = 'ClickPy knows no package "torch", or none that was downloaded then'
    assert [one for one in found if one.subject == "pytorch"] == [
        Missing("pypi_downloads_month", "pytorch", Period.month(2025, 12), reason),
        Missing("pypi_downloads_calendar_year", "pytorch", Period.year(2025), reason),
    ]


def test_a_package_nobody_knows_is_missing_by_day_too() -> None:
    week = Period.parse("2026-W41")
    assert read(a_reply(result([]), questions(week, (PYTORCH,))[1].body), (PYTORCH,), week) == [
        Missing(
            "pypi_downloads_day", "pytorch", Period.parse("2026-10-11"),
            'ClickPy knows no package "torch", or none that was downloaded then',
        )
    ]  # fmt: skip


def test_two_subjects_may_share_a_package() -> None:
    twins = (*BOTH, subject("lightning", clickpy="torch"))
    found = read(months_reply(both()), twins)
    assert [one.value for one in found if isinstance(one, Observation) and one.subject == "lightning"] == [1000.0] * 13


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda rows: [*rows, rows[0]], "it tells a window twice"),
        (lambda rows: [*rows[:-1], month("keras", "2026-10", 5)], "31 days of keras from 2026-10-01 were not asked for"),
        (lambda rows: [*rows[:-1], month("torch", "2026-11", 5)], "30 days of torch from 2026-11-01 were not asked for"),
        (lambda rows: [*rows[:-1], rows[-1] | {"days": 32}], "32 days of torch from 2026-10-01 were not asked for"),
        (lambda rows: [*rows[:-1], rows[-1] | {"newest": "2026-11-02"}], "its newest day is 2026-11-02 and 2026-11-03"),
        (lambda rows: [one | {"newest": "2026-11-06"} for one in rows], "its newest day is 2026-11-06"),
        (lambda rows: [*rows[:-1], rows[-1] | {"downloads": -1}], "data.25.downloads: input should be greater"),
        (lambda rows: [*rows[:-1], rows[-1] | {"newest": None}], "data.25.newest: input should be a valid string"),
    ],
)
def test_rows_that_were_not_asked_for_or_cannot_be_are_refused(
    spoil: Callable[[list[dict[str, Any]]], list[object]], reason: str
) -> None:
    assert reason in refusal(months_reply(spoil(both())))


def test_fewer_rows_than_the_result_says_are_refused() -> None:
    body = json.loads(result(both()))
    body["data"].pop()
    assert "it says it has 26 rows, and has 25" in refusal(a_reply(json.dumps(body), MONTHS_QUERY))


@pytest.mark.parametrize(
    "name",
    ["recorded_playground_pypi_2026-03_subset.json", "engine_JSON.txt", "engine_JSONCompact.txt", "engine_JSONEachRow.txt",
     "engine_CSVWithNames.txt", "engine_truncated_result_overflow_break.txt"],
)  # fmt: skip
def test_recorded_replies_to_other_queries_are_refused(name: str) -> None:
    assert "not what its documentation describes" in refusal(a_reply(recorded(f"clickhouse/{name}"), MONTHS_QUERY))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("engine_error_result_rows_throw.txt", ("(Code 396: Limit for result exceeded, max rows", "name fewer packages")),
        ("engine_error_unknown_table.txt", ("(Code 60: Unknown table expression", "A table has gone")),
    ],
)
@pytest.mark.parametrize("status", [200, 404, 500])
def test_recorded_errors_are_refused_by_their_code_whatever_the_status(name: str, words: tuple[str, ...], status: int) -> None:
    said = refusal(a_reply(recorded(f"clickhouse/{name}"), MONTHS_QUERY, status=status))
    assert all(word in said for word in words)


def test_an_error_in_the_midst_of_a_reply_is_named() -> None:
    late = result(both())[:900] + "\r\n__exception__\r\nCode: 159. DB::Exception: Timeout exceeded: elapsed 60.1 seconds\n"
    assert "(Code 159: Timeout exceeded: elapsed 60.1 seconds)" in refusal(a_reply(late, MONTHS_QUERY))
    written = result(both(), exception="Code: 241. DB::Exception: Memory limit exceeded")
    assert "(Code 241: Memory limit exceeded). No figure is taken" in refusal(a_reply(written, MONTHS_QUERY))


def test_a_reply_that_breaks_off_is_refused() -> None:
    assert "not what its documentation describes" in refusal(a_reply(result(both())[:-40], MONTHS_QUERY))


def test_a_status_without_clickhouse_words_is_refused() -> None:
    assert "it has status 404 and says nothing" in refusal(replace(months_reply(both()), status=404))


def test_a_used_up_quota_leaves_the_service_alone_for_an_hour_and_is_not_asked_again() -> None:
    words = "Code: 201. DB::Exception: Quota for user `demo` for 3600s has been exceeded: queries = 61/60. (QUOTA_EXCEEDED)"
    with asking(clickpy, lambda _: Answer(words, 500)) as (client, server):
        reply = next(iter(clickpy.Source().fetch(client, BOTH, OCTOBER)))
    assert len(server.asked) == 1
    with pytest.raises(Throttled, match="Code 201: Quota for user") as error:
        read(reply)
    assert error.value.until == reply.retrieved_at + dt.timedelta(hours=1)
    assert "alone" not in str(error.value)


def test_the_service_is_asked_for_whole_results_by_post() -> None:
    def answer(request: Request) -> Answer:
        return Answer(result(both()), gzipped=True)

    with asking(clickpy, answer) as (client, server):
        replies = list(clickpy.Source().fetch(client, (*BOTH, subject("keras")), OCTOBER))
    assert [(request.method, request.path) for request in server.asked] == [("POST", "/"), ("POST", "/")]
    assert server.asked[0].parameters == {
        "user": "demo", "default_format": "JSON",
        "result_overflow_mode": "throw", "read_overflow_mode": "throw",
    }  # fmt: skip
    assert server.asked[0].body == MONTHS_QUERY
    assert replies[0].query == MONTHS_QUERY
    assert read(replies[0])[0].period == Period.month(2025, 10)


def test_another_user_may_be_named() -> None:
    client = Listening()
    list(clickpy.Source(user="play").fetch(client, BOTH, OCTOBER))
    assert {question.parameters["user"] for question in client.heard} == {"play"}


def test_a_day_is_asked_for_with_those_it_is_compared_with() -> None:
    months, day = questions(Period.parse("2026-10-05"))
    assert day.body == DAY_QUERY
    assert "date >= '2025-09-01' AND date < '2026-10-01'" in months.body


def test_a_week_is_asked_for_by_its_days_and_a_year_or_quarter_only_by_months() -> None:
    _, seven = questions(Period.parse("2026-W41"))
    assert (
        "date IN ('2026-10-05', '2026-10-06', '2026-10-07', '2026-10-08', '2026-10-09', '2026-10-10', '2026-10-11')" in seven.body
    )
    (months,) = questions(Period.year(2025))
    assert "date >= '2024-01-01' AND date < '2026-01-01'" in months.body
    (months,) = questions(Period.between(dt.date(2026, 7, 1), dt.date(2026, 10, 1)))
    assert "date >= '2025-07-01' AND date < '2026-10-01'" in months.body


@pytest.mark.parametrize(("day", "keep_days"), [(1, 0), (2, 0), (3, 1), (8, 6), (9, 7), (31, 7)])
def test_answers_about_what_is_long_over_are_kept_for_a_week_and_none_from_before(day: int, keep_days: int) -> None:
    asked = questions(OCTOBER, now=dt.datetime(2026, 12, day, 6, 0, tzinfo=dt.UTC))
    assert [question.keep_days for question in asked] == [keep_days, keep_days]


@pytest.mark.parametrize(
    "name", ["", "Torch", "tf_keras", "ruamel.yaml", "-torch", "a--b", "torch') OR ('1'='1", "torch\n", "törch"]
)
def test_a_name_that_pypi_would_not_write_gets_into_no_query(name: str) -> None:
    client = Listening()
    with pytest.raises(BadInput, match="clickpy cannot ask for a package"):
        list(clickpy.Source().fetch(client, (subject("pytorch", clickpy=name),), OCTOBER))
    assert client.heard == []


def test_nobody_is_asked_without_ids_and_other_queries_are_not_read() -> None:
    assert questions(OCTOBER, (subject("keras"),)) == []
    assert read(a_reply(result(both()), "SELECT 1")) == []
