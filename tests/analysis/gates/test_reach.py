"""How far back an edition looks."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bot.analysis.gates import reach
from bot.domain.period import Period
from bot.domain.report import ClaimSpec
from tests.builders import a_chart_spec, a_post, a_report

PERIOD = Period.parse("2020-10")


def since(*claims: ClaimSpec, **charts: object) -> str:
    """From when on downloads matter; windows stand for a period within ten days of its end."""
    posts = [a_post("one", "text", a_chart_spec("trend", "downloads", "keras", **charts))] if charts else []  # type: ignore[arg-type]
    found = reach(a_report(*posts, claims=claims), PERIOD)["downloads"]
    return (found if found.year == 1 else found + dt.timedelta(days=10)).date().isoformat()


@pytest.mark.parametrize(
    ("kind", "against", "expected"),
    [
        ("lead", "year_before", "2020-10-01"),
        ("growth", "year_before", "2019-10-01"),
        ("growth", "previous", "2020-09-01"),
        ("multiplied", "year_before", "0001-01-01"),
    ],
)
def test_a_claim_looks_as_far_back_as_it_compares(kind: str, against: str, expected: str) -> None:
    assert since(ClaimSpec("it", kind, "downloads", ("keras",), against=against)) == expected


def test_a_line_looks_as_far_back_as_it_is_drawn() -> None:
    assert since(last=13) == "2019-10-01"
    assert since(since=Period.parse("2018-09")) == "2018-09-01"
    assert since(highlight=("keras",)) == "0001-01-01"


def test_what_is_only_printed_is_of_the_period() -> None:
    assert since() == "2020-10-01"


def test_a_survey_beside_the_year_befores_looks_back_to_it() -> None:
    spec = replace(a_chart_spec("survey", "use", "keras"), compare=True)
    found = reach(a_report(a_post("one", "text", spec)), Period.year(2020))
    assert found["use"] == dt.datetime(2019, 1, 1, tzinfo=dt.UTC)
