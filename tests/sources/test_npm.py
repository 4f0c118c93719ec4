"""npm: days are added up where every one is there, and what npm clips or leaves out is no figure."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from bot.domain.measure import Missing, Observation
from bot.domain.period import Period
from bot.errors import SourceUnavailable
from bot.ports import Question, Reply
from bot.sources import npm
from bot.sources._windows import days
from tests.sources.conftest import subject
from tests.sources.fuzzing import Example
from tests.sources.services import Answer, FakeClock, Request, a_reply, asking, recorded

OCTOBER = Period.month(2026, 10)
TFJS = subject("tfjs", npm="@tensorflow/tfjs")
PATH = "/downloads/range/2025-10-01:2026-10-31/@tensorflow/tfjs"
YEAR = Period.year(2025)
YEAR_PATHS = [f"/downloads/range/{year}-01-01:{year}-12-31/@tensorflow/tfjs" for year in (2024, 2025)]
CLIPPED = dt.timedelta(days=548)
"""How far back npm goes from the last day at the most, whatever it is asked: eighteen months."""


def answered(by_day: dict[str, int] | None = None, **changed: object) -> str:
    """396 days from 1 October 2025 with 1,000 downloads each, but for those named."""
    counted = {day.isoformat(): 1000 for day in days(Period.between(Period.month(2025, 10).start.date(), OCTOBER.end.date()))}
    counted |= by_day or {}
    told = {"start": "2025-10-01", "end": "2026-10-31", "package": "@tensorflow/tfjs"} | changed
    return json.dumps(told | {"downloads": [{"day": day, "downloads": number} for day, number in counted.items()]})


def npm_says(path: str) -> str:
    """1,000 downloads a day, of as many days as npm tells at once."""
    first, last = (dt.date.fromisoformat(day) for day in path.split("/")[3].split(":"))
    first = max(first, last - CLIPPED)
    told = [{"day": day.isoformat(), "downloads": 1000} for day in days(Period.between(first, last + dt.timedelta(days=1)))]
    return json.dumps({"start": first.isoformat(), "end": last.isoformat(), "package": "@tensorflow/tfjs", "downloads": told})


EXAMPLES = [
    Example(a_reply(answered(), PATH), (TFJS,)),
    Example(a_reply(npm_says(YEAR_PATHS[0]), YEAR_PATHS[0]), (TFJS,), YEAR),
]


def read(body: str | bytes, status: int = 200) -> list[Observation | Missing]:
    return list(npm.Source().parse(a_reply(body, PATH, status=status), (TFJS,), OCTOBER))


def test_each_month_since_a_year_ago_is_the_sum_of_its_days() -> None:
    found = read(answered({"2026-10-31": 5000}))
    assert len(found) == 13
    first, last = found[0], found[-1]
    assert isinstance(first, Observation)
    assert isinstance(last, Observation)
    assert (first.period, first.value) == (Period.month(2025, 10), 31_000)
    assert (last.period, last.value) == (OCTOBER, 35_000)
    assert last.url == "https://www.npmjs.com/package/@tensorflow/tfjs"
    assert last.query == PATH
    assert last.payload_sha256 == a_reply(answered({"2026-10-31": 5000})).sha256


def test_one_request_per_package_and_none_for_subjects_without_one() -> None:
    def answer(request: Request) -> Answer:
        return Answer(answered())

    with asking(npm, answer) as (client, server):
        replies = list(npm.Source().fetch(client, (TFJS, subject("jax")), OCTOBER))
    assert [request.path for request in server.asked] == [PATH]
    assert replies[0].query == PATH
    assert replies[0].body == answered().encode()


def test_a_year_is_asked_for_in_two_requests_for_npm_clips_longer_ones() -> None:
    with asking(npm, lambda request: Answer(npm_says(request.path))) as (client, server):
        replies = list(npm.Source().fetch(client, (TFJS,), YEAR))
    assert [request.path for request in server.asked] == YEAR_PATHS
    found = [one for reply in replies for one in npm.Source().parse(reply, (TFJS,), YEAR)]
    assert [(one.period, one.value) for one in found if isinstance(one, Observation)] == [
        (Period.year(2024), 366_000),
        (YEAR, 365_000),
    ]
    assert [one.query for one in found if isinstance(one, Observation)] == YEAR_PATHS


def test_an_unknown_package_is_missing_in_each_year_it_was_asked_for() -> None:
    replies = [a_reply('{"error":"not found"}', path, status=404) for path in YEAR_PATHS]
    assert [one for reply in replies for one in npm.Source().parse(reply, (TFJS,), YEAR)] == [
        Missing("npm_downloads", "tfjs", window, 'npm knows no package "@tensorflow/tfjs"')
        for window in (Period.year(2024), YEAR)
    ]


@pytest.mark.parametrize(("days_long", "requests"), [(175, 1), (176, 3)])
def test_a_span_is_asked_for_at_once_up_to_540_days(days_long: int, requests: int) -> None:
    """Of 175 days, it is 365 + 175 = 540 days from the beginning of that of a year before."""
    first = dt.date(2026, 1, 1)
    span = Period.between(first, first + dt.timedelta(days=days_long))
    compared = [span.year_before(), span.previous(), span]
    with asking(npm, lambda request: Answer(npm_says(request.path))) as (client, server):
        replies = list(npm.Source().fetch(client, (TFJS,), span))
    assert len(server.asked) == requests
    found = [one for reply in replies for one in npm.Source().parse(reply, (TFJS,), span)]
    assert {(one.period, one.value) for one in found if isinstance(one, Observation)} == {
        (window, 1000 * window.days) for window in compared
    }


def test_answers_are_kept_once_holes_are_no_longer_filled_in() -> None:
    kept: list[int] = []
    with asking(npm, lambda _: Answer(answered()), clock=FakeClock(dt.datetime(2026, 1, 4, 6, 0, tzinfo=dt.UTC))) as (client, _):

        class Watched:
            now = client.now

            def ask(self, question: Question) -> Reply:
                kept.append(question.keep_days)
                return client.ask(question)

        list(npm.Source().fetch(Watched(), (TFJS,), YEAR))  # type: ignore[arg-type]
    assert kept == [30, 0]


def test_a_month_without_one_of_its_days_has_no_figure() -> None:
    body = json.loads(answered())
    body["downloads"] = [one for one in body["downloads"] if one["day"] != "2026-10-07"]
    last = read(json.dumps(body))[-1]
    assert last == Missing("npm_downloads", "tfjs", OCTOBER, "npm: 7 Oct 2026 is not there, and a sum without would be too small")


def test_a_flawed_month_withdraws_what_was_told_of_it_and_an_unknown_package_does_not() -> None:
    flawed, unknown = read(answered({"2026-10-07": 0}))[-1], read('{"error":"not found"}', 404)[-1]
    assert isinstance(flawed, Missing)
    assert flawed.withdrawn
    assert isinstance(unknown, Missing)
    assert not unknown.withdrawn


def test_a_day_of_nought_among_thousands_is_a_fault() -> None:
    last = read(answered({"2026-10-07": 0}))[-1]
    assert last == Missing("npm_downloads", "tfjs", OCTOBER, "npm: 7 Oct 2026 is nought, which is a fault of the counting")


def test_a_package_nobody_knows_is_missing_by_name() -> None:
    assert read('{"error":"package @tensorflow/tfjs not found"}', 404) == [
        Missing("npm_downloads", "tfjs", OCTOBER, 'npm knows no package "@tensorflow/tfjs"')
    ]


@pytest.mark.parametrize("changed", [{"start": "2025-12-01"}, {"end": "2026-10-30"}, {"package": "tfjs"}])
def test_a_clipped_range_or_another_package_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(SourceUnavailable, match="it is about"):
        read(answered(**changed))


def test_a_day_told_twice_is_refused() -> None:
    body = json.loads(answered())
    body["downloads"].append(body["downloads"][0])
    with pytest.raises(SourceUnavailable, match="a day twice"):
        read(json.dumps(body))


def test_the_recorded_point_is_of_another_shape_and_refused() -> None:
    reply = Reply(recorded("npm/point_last-month_base62.json"), "https://api.npmjs.org/x", PATH, a_reply("").retrieved_at)
    with pytest.raises(SourceUnavailable, match="not what its documentation describes"):
        npm.Source().parse(reply, (TFJS,), OCTOBER)


def test_a_web_page_that_says_404_has_lost_its_way_and_knows_nothing_of_names() -> None:
    reply = a_reply("<!DOCTYPE html><html>No such host</html>", PATH, status=404)
    with pytest.raises(SourceUnavailable, match="it is a web page"):
        npm.Source().parse(reply, (TFJS,), OCTOBER)
