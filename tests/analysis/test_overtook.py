"""Which of two rose above the other and has stayed there, month by month. Figures are thousands of downloads, made up."""

from __future__ import annotations

from itertools import zip_longest

import pytest

from bot.domain.claim import Claim, Finding, Quantity
from bot.domain.measure import Absent, Aggregation, Observation, Unit
from bot.domain.period import Period
from tests.builders import METRICS, a_break, a_metric, asked, claimed, observed, stated

MONTHS = tuple(f"2020-{month:02d}" for month in range(1, 13))
MONTHLY = {"downloads": a_metric("downloads", aggregation=Aggregation.TOTAL)}


def counted(ours: str, theirs: str, **rest: object) -> list[Observation]:
    """PyTorch's and TensorFlow's downloads month by month from January 2020, in thousands; "-" is a month without a figure."""
    rows = zip_longest(MONTHS, ours.split(), theirs.split())
    return [
        observed(int(value) * 1_000, subject, month, "downloads", **rest)
        for month, *values in rows
        for subject, value in zip(("pytorch", "tensorflow"), values, strict=True)
        if value not in (None, "-")
    ]


def outcome(ours: str, theirs: str, **rest: object) -> Claim | Absent:
    """What is stated of the last month there are figures of."""
    last = MONTHS[max(len(ours.split()), len(theirs.split())) - 1]
    return claimed(
        "overtook",
        "pytorch tensorflow",
        *counted(ours, theirs),
        **{"metric": "downloads", "period": last, "metrics": MONTHLY} | rest,
    )


def why(ours: str, theirs: str, **rest: object) -> str:
    found = outcome(ours, theirs, **rest)
    assert isinstance(found, Absent), found
    return found.reason


def test_who_rose_above_the_other_and_held_for_three_more_months_overtook_it() -> None:
    # 110 of 100 is the first month beyond 3 %: March; June is the third after it. 140 / 100 = 1.4
    seen = counted("80 90 110 120 130 140", "100 100 100 100 100 100")
    newest_first = tuple(one for month in reversed(MONTHS[1:6]) for one in seen if one.period == Period.parse(month))
    led_last, ahead = newest_first[-2:], newest_first[:-2]
    evidence = (*ahead, *reversed(led_last))  # the higher of each month first
    june = Period.parse("2020-06")

    def number(name: str, value: object, unit: Unit, noun: str, *rests_on: Observation) -> Quantity:
        return Quantity("it", name, value, unit, noun, "downloads", ("pytorch", "tensorflow"), june, rests_on)  # type: ignore[arg-type]

    assert stated("overtook", "pytorch tensorflow", *seen, metric="downloads", metrics=MONTHLY, period="2020-06") == Claim(
        "it",
        "overtook",
        Finding.LEADS,
        "downloads",
        ("pytorch", "tensorflow"),
        june,
        {
            "held": number("held", 4, Unit.COUNT, "months", *evidence),
            "ratio": number("ratio", pytest.approx(1.4), Unit.RATIO, "downloads", *evidence[:2]),
        },
        since=Period.parse("2020-03"),
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "since"),
    [
        ("80 110 120 130 140", "100 100 100 100 100", "2020-02"),
        ("80 100 100 120 130 140 150", "100 100 101 100 100 100 100", "2020-04"),  # level for two months in between
        ("120 80 110 120 130 140", "100 100 100 100 100 100", "2020-03"),  # fell behind once, and came back for good
        ("- 80 110 120 130 140", "100 100 100 100 100 100", "2020-03"),  # what was before the other's lead does not matter
    ],
)
def test_the_crossing_is_dated_by_the_first_month_of_the_unbroken_lead(ours: str, theirs: str, since: str) -> None:
    for claim in (outcome(ours, theirs), outcome(theirs, ours)):
        assert isinstance(claim, Claim), claim
        assert claim.since == Period.parse(since)
    assert [outcome(ours, theirs).subjects, outcome(theirs, ours).subjects] == [
        ("pytorch", "tensorflow"),
        ("tensorflow", "pytorch"),
    ]  # type: ignore[union-attr]


def test_who_is_named_first_in_the_recipe_does_not_matter() -> None:
    seen = counted("80 110 120 130 140", "100 100 100 100 100")
    rest = {"metric": "downloads", "metrics": MONTHLY, "period": "2020-05"}
    assert claimed("overtook", "tensorflow pytorch", *seen, **rest) == claimed("overtook", "pytorch tensorflow", *seen, **rest)


@pytest.mark.parametrize(
    ("ours", "theirs", "reason"),
    [
        # tied now: 103 of 100 is within 3 % of 103
        ("80 110 120 130 103", "100 100 100 100 100", "Downloads: PyTorch and TensorFlow are level in May 2020, and neither has overtaken the other"),
        # ahead for three months only
        ("80 90 110 120 130", "100 100 100 100 100", "Downloads: PyTorch is ahead of TensorFlow since March 2020 only, not for 4 periods in a row yet"),
        # 103 of 100 in February is level: the lead begins with March
        ("80 103 110 120 130", "100 100 100 100 100", "Downloads: PyTorch is ahead of TensorFlow since March 2020 only, not for 4 periods in a row yet"),
        # came and went, and came back
        ("80 110 120 130 90 140", "100 100 100 100 100 100", "Downloads: PyTorch is ahead of TensorFlow since June 2020 only, not for 4 periods in a row yet"),
        # ahead, level, ahead: nobody was overtaken
        ("110 100 110 120 130 140", "100 100 100 100 100 100", "Downloads: PyTorch was ahead of TensorFlow in January 2020 already, and level with it since"),
        # ahead for as long as there are figures
        ("110 120 130 140", "100 100 100 100",
         "TensorFlow was not ahead of PyTorch in any period since January 2020, and before: Downloads: no figure for PyTorch in December 2019"),
        # a first run
        ("140", "100", "TensorFlow was not ahead of PyTorch in any period since January 2020, and before: Downloads: no figure for PyTorch in December 2019"),
        # level before, and who was ahead before that nobody knows
        ("100 110 120 130 140", "100 100 100 100 100",
         "TensorFlow was not ahead of PyTorch in any period since January 2020, and before: Downloads: no figure for PyTorch in December 2019"),
        # a month is missing in the lead, before it, and now
        ("80 110 - 130 140", "100 100 100 100 100",
         "TensorFlow was not ahead of PyTorch in any period since April 2020, and before: Downloads: no figure for PyTorch in March 2020"),
        ("80 - 110 120 130 140", "100 100 100 100 100 100",
         "TensorFlow was not ahead of PyTorch in any period since March 2020, and before: Downloads: no figure for PyTorch in February 2020"),
        ("80 110 120 130 140 -", "100 100 100 100 100 100", "Downloads: no figure for PyTorch in June 2020"),
    ],
)  # fmt: skip
def test_no_crossing_is_told(ours: str, theirs: str, reason: str) -> None:
    assert why(ours, theirs) == reason


@pytest.mark.parametrize(("second", "overtaken"), [(99_999, True), (100_000, False)])
def test_the_lead_before_is_one_beyond_noise_too(second: int, overtaken: bool) -> None:
    # 97 % of 103,092 is 99,999.24: 99,999 is below it, and 100,000 is within 3 %
    before = [observed(second, "pytorch", "2020-01", "downloads"), observed(103_092, "tensorflow", "2020-01", "downloads")]
    later = [one for one in counted("0 110 120 130 140", "0 100 100 100 100") if one.period != before[0].period]
    found = claimed("overtook", "pytorch tensorflow", *before, *later, metric="downloads", period="2020-05", metrics=MONTHLY)
    assert isinstance(found, Claim) is overtaken


@pytest.mark.parametrize(("within", "told"), [(5, False), (6, True), (12, True)])
def test_a_crossing_of_long_ago_is_no_news(within: int, told: bool) -> None:
    # overtaken in February; August is six months later
    ours, theirs = "80 110 120 130 140 150 160 170", "100 100 100 100 100 100 100 100"
    found = outcome(ours, theirs, within=within)
    if told:
        assert isinstance(found, Claim)
        assert (found.quantities["held"].value, found.since) == (7, Period.parse("2020-02"))
    else:
        assert found == Absent("Downloads: PyTorch has been ahead of TensorFlow for more than 5 periods, and that is no news")


@pytest.mark.parametrize(
    ("day", "told"),
    [("2020-01-01", True), ("2020-01-02", False), ("2020-02-01", False), ("2020-04-15", False), ("2020-06-01", True)],
)
def test_no_crossing_is_told_across_a_change_of_method(day: str, told: bool) -> None:
    metrics = {"downloads": a_metric("downloads", aggregation=Aggregation.TOTAL, breaks=(a_break(day),))}
    found = outcome("80 110 120 130 140", "100 100 100 100 100", metrics=metrics)
    assert isinstance(found, Claim) if told else isinstance(found, Absent) and f"counted another way since {day}" in found.reason


def test_no_crossing_is_told_where_another_origin_counts_the_later_months() -> None:
    early, late = "80 110", "100 100"
    seen = [*counted(early, late, origin="One"), *counted("80 110 120 130 140", "100 100 100 100 100", origin="Two")[4:]]
    found = claimed("overtook", "pytorch tensorflow", *seen, metric="downloads", period="2020-05", metrics=MONTHLY)
    assert found == Absent(
        "TensorFlow was not ahead of PyTorch in any period since March 2020, and before: "
        "Downloads: February 2020 was counted by One and March 2020 by Two; they are not compared"
    )


def test_surveyed_shares_cross_when_their_intervals_are_apart() -> None:
    # of 10,000 asked, 30 % is 29.1 to 30.9, 28 % is 27.1 to 28.9, and 29 % overlaps both
    def used(ours: str, theirs: str) -> Claim | Absent:
        years = ("2016", "2017", "2018", "2019", "2020")
        seen = [
            one
            for year, first, second in zip(years, ours.split(), theirs.split(), strict=True)
            for one in (
                asked(10_000, year),
                observed(int(first), "pytorch", year, "use"),
                observed(int(second), "tensorflow", year, "use"),
            )
        ]
        return claimed("overtook", "pytorch tensorflow", *seen, metric="use")

    crossed = used("28 30 30 30 30", "30 28 28 28 28")
    assert isinstance(crossed, Claim)
    assert (crossed.since, list(crossed.quantities)) == (Period.parse("2017"), ["held", "difference"])
    assert crossed.quantities["held"].noun == "years"
    assert isinstance(used("28 30 30 30 29", "30 28 28 28 28"), Absent)
    assert isinstance(used("28 30 30 29 30", "30 28 28 28 28"), Absent)


def test_a_stock_read_far_from_the_months_ends_dates_no_crossing() -> None:
    # three days off either end of a month at the most; 27 March is four before the end
    def read(day: str) -> Claim | Absent:
        days = ("2020-01-31", "2020-02-29", day, "2020-04-30", "2020-05-31")
        seen = [
            observed(value, subject, one, "stars")
            for one, first in zip(days, (80_000, 110_000, 120_000, 130_000, 140_000), strict=True)
            for subject, value in (("pytorch", first), ("tensorflow", 100_000))
        ]
        return claimed("overtook", "pytorch tensorflow", *seen, metric="stars", period="2020-05", metrics=METRICS)

    assert isinstance(read("2020-03-28"), Claim)
    found = read("2020-03-27")
    assert isinstance(found, Absent)
    assert found.reason.endswith(
        "Stars: the snapshot that stands for the end of March 2020 was taken on 27 Mar 2020, more than 3 days off"
    )
