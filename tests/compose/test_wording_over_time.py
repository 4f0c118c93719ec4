"""The very sentences of what rose, was the highest, is new or is level, and that each of their words rests on a number."""

from __future__ import annotations

import pytest

from bot.compose.wording import phrase, phrases, sentence
from bot.domain.claim import Claim
from bot.domain.honesty import uncited
from bot.domain.measure import Aggregation, Observation
from bot.domain.period import Period
from bot.domain.text import Cited
from tests.builders import METRICS, a_metric, a_report, asked, observed, stated

MONTHLY = {**METRICS, "downloads": a_metric("downloads", aggregation=Aggregation.TOTAL, tolerance_days=4)}
REPORT = a_report(metrics=MONTHLY)


def row(subject: str, values: str, first: int = 1, metric: str = "downloads") -> list[Observation]:
    """Thousands, month by month of 2020."""
    return [
        observed(int(value) * 1_000, subject, f"2020-{month:02d}", metric) for month, value in enumerate(values.split(), first)
    ]


def said(claim: Claim) -> str:
    """The sentence, every figure and claim word of which must rest on something."""
    told = sentence(claim, REPORT)
    assert uncited(told) == []
    return told.text


def monthly(kind: str, subjects: str, *seen: Observation, period: str, **rest: object) -> Claim:
    return stated(
        kind, subjects, *seen, **{"metric": "downloads", "metrics": MONTHLY, "period": period, "against": "previous"} | rest
    )


def yearly(
    kind: str, subjects: str, rows: dict[str, str], metric: str, people: int = 0, last: int = 2020, **rest: object
) -> Claim:
    seen = [
        observed(float(value), subject, str(year), metric)
        for subject, values in rows.items()
        for year, value in zip(range(last - len(values.split()) + 1, last + 1), values.split(), strict=True)
    ]
    bases = [asked(people, str(year)) for year in range(2010, 2021)] if people else []
    return stated(kind, subjects, *seen, *bases, metric=metric, metrics=MONTHLY, **rest)


# ---- overtook ------------------------------------------------------------------------------------------------------------------


def test_who_overtook_whom_is_told_with_the_month_it_began() -> None:
    seen = row("pytorch", "80 90 110 120 130 140"), row("tensorflow", "100 100 100 100 100 100")
    claim = monthly("overtook", "tensorflow pytorch", *seen[0], *seen[1], period="2020-06")
    assert said(claim) == "PyTorch overtook TensorFlow in downloads in March 2020, and has stayed ahead since"
    held = claim.quantities["held"]
    assert sentence(claim, REPORT) == (
        "PyTorch "
        + Cited.of("overtook", held)
        + " TensorFlow in downloads "
        + Cited.of("in March 2020, and has stayed ahead since", held)
    )
    reversed_ = monthly(
        "overtook",
        "tensorflow pytorch",
        *row("tensorflow", "80 110 120 130 140"),
        *row("pytorch", "99 99 99 99 99"),
        period="2020-05",
    )
    assert said(reversed_) == "TensorFlow overtook PyTorch in downloads in February 2020, and has stayed ahead since"


def test_totals_of_other_windows_overtake_by_the_day() -> None:
    start = Period.parse("2020-05").start.replace(day=3)
    shifted = observed(140_000, "pytorch", Period(start, Period.parse("2020-05").end), "downloads")
    seen = *row("pytorch", "80 110 120 130"), shifted, *row("tensorflow", "100 100 100 100 100")
    claim = monthly("overtook", "pytorch tensorflow", *seen, period="2020-05")
    assert said(claim) == "PyTorch overtook TensorFlow in downloads a day in February 2020, and has stayed ahead since"


def test_a_share_overtakes_a_share() -> None:
    claim = yearly("overtook", "keras pytorch", {"keras": "30 30 30 30 30", "pytorch": "20 40 40 40 40"}, "use", 10_000)
    assert said(claim) == "PyTorch overtook Keras in share of respondents in 2017, and has stayed ahead since"


# ---- fastest -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ({"keras": "10000 12600", "pytorch": "10000 11000"}, "Keras grew fastest, by 26% on the year before"),
        ({"keras": "10000 12600", "pytorch": "10000 25000"}, "PyTorch grew fastest, to 2.5 times the year before"),
        ({"keras": "10000 12600", "pytorch": "10000 12500"}, "Keras and PyTorch grew alike on the year before"),
        ({"keras": "10000 12600", "pytorch": "10000 12500", "tensorflow": "10000 9000"},
         "Keras and PyTorch grew alike on the year before, beyond any other"),
    ],
)  # fmt: skip
def test_who_grew_fastest_is_told(rows: dict[str, str], text: str) -> None:
    assert said(yearly("fastest", " ".join(rows), rows, "papers")) == text


def test_months_of_other_lengths_grow_by_the_day() -> None:
    # 60,000 / 29 over 31,000 / 31 is 2.069, which is told as twice; 29,000 / 29 over 31,000 / 31 is level
    seen = *row("keras", "31 60"), *row("pytorch", "31 29")
    claim = monthly("fastest", "pytorch keras", *seen, period="2020-02")
    assert said(claim) == "Keras grew fastest, to twice the month before, by the day"


def test_shares_grow_by_points() -> None:
    claim = yearly("fastest", "keras pytorch", {"keras": "20 26.5", "pytorch": "40 41"}, "use", 10_000)
    assert said(claim) == "Keras grew fastest, by 6.5 points on the year before"
    assert phrase(claim, REPORT, "fastest") == "Keras " + Cited.of("grew fastest", claim.quantities["difference"])
    assert list(phrases(claim)) == ["sentence", "fastest", "difference"]


# ---- record, first, level ------------------------------------------------------------------------------------------------------


def test_a_record_is_told_with_since_when_it_is_one() -> None:
    seen = row("keras", "90 80 100 70 60 95 120")
    claim = monthly("record", "keras", *seen, period="2020-07")
    assert said(claim) == "Keras had its most downloads a day of any month counted since January 2020"
    assert phrase(claim, REPORT, "high") == Cited.of("120k", claim.quantities["high"])
    papers = yearly("record", "keras", {"keras": "100 120 110 900"}, "papers")
    assert said(papers) == "Keras had its most papers of any year counted since 2017"
    share = yearly("record", "keras", {"keras": "20 30 25 40"}, "use", 10_000)
    assert said(share) == "Keras had its highest share of respondents of any year counted since 2017"


def test_what_is_measured_first_is_told_without_a_comparison() -> None:
    claim = stated("first", "keras", observed(5, "keras"), observed(94, "tensorflow", "2019"))
    assert said(claim) == "Keras is measured here for the first time"


def test_all_that_are_level_are_named() -> None:
    claim = stated("level", "tensorflow keras pytorch", observed(100, "keras"), observed(98, "pytorch"), observed(99))
    assert said(claim) == "Keras, TensorFlow and PyTorch are level"
