"""Whether a figure is the highest of an unbroken row, and since when. Figures are made up but where a publisher is named."""

from __future__ import annotations

import pytest

from bot.domain.claim import Claim, Finding
from bot.domain.measure import Absent, Aggregation, Observation, Unit
from bot.domain.period import Period
from tests.builders import METRICS, a_break, a_metric, asked, claimed, observed, stated, window

MONTHS = tuple(f"2020-{month:02d}" for month in range(1, 13))
DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
MONTHLY = {"downloads": a_metric("downloads", aggregation=Aggregation.TOTAL)}


def a_day(thousands: str, **rest: object) -> list[Observation]:
    """Keras' months from January 2020, by their downloads a day in thousands; "-" is a month without a figure."""
    return [
        observed(int(value) * 1_000 * days, "keras", month, "downloads", **rest)
        for month, days, value in zip(MONTHS, DAYS, thousands.split(), strict=False)
        if value != "-"
    ]


def outcome(thousands: str, **rest: object) -> Claim | Absent:
    last = MONTHS[len(thousands.split()) - 1]
    return claimed("record", "keras", *a_day(thousands), **{"metric": "downloads", "period": last, "metrics": MONTHLY} | rest)


def test_what_is_above_all_of_six_months_before_is_a_record_since_the_first_of_them() -> None:
    # by the day: 120 over 100 is 1.2; July has 31 days
    seen = a_day("90 80 100 70 60 95 120")
    claim = stated("record", "keras", *seen, metric="downloads", period="2020-07", metrics=MONTHLY)
    assert (claim.finding, claim.subjects, claim.since) == (Finding.STATED, ("keras",), Period.parse("2020-01"))
    told = {name: (number.value, number.unit, number.noun) for name, number in claim.quantities.items()}
    assert told == {
        "high": (3_720_000, Unit.COUNT, "downloads"),
        "ratio": (pytest.approx(1.2), Unit.RATIO, "downloads"),
        "earlier": (6, Unit.COUNT, "months"),
    }
    assert claim.evidence == (seen[6], *reversed(seen[:6]))
    assert claim.quantities["ratio"].evidence == (seen[6], seen[2])


def test_a_month_is_no_record_because_it_is_longer() -> None:
    # 31 days of 100 are more than 29 of 104 or 30 of 101, and fewer a day
    found = outcome("90 104 90 101 90 90 100")
    assert found == Absent("Downloads: Keras is level with its figure of April 2020, which is no record")


@pytest.mark.parametrize(
    ("thousands", "reason"),
    [
        ("90 130 100 70 60 95 120", "Downloads: Keras was higher in February 2020"),
        ("90 80 120 70 60 95 120", "Downloads: Keras is level with its figure of March 2020, which is no record"),
        ("90 80 70 60 95 120", "Downloads: 5 of the 6 earlier months in a row that a record of Keras needs were counted alike"),
        ("120", "Downloads: 0 of the 6 earlier months in a row that a record of Keras needs were counted alike"),
        (
            "90 80 - 80 70 60 95 120",
            "Downloads: 4 of the 6 earlier months in a row that a record of Keras needs were counted alike",
        ),
        ("90 80 100 70 60 95 -", "Downloads: no figure for Keras in July 2020"),
    ],
)
def test_no_record_is_told(thousands: str, reason: str) -> None:
    assert outcome(thousands) == Absent(reason)


@pytest.mark.parametrize(("before", "told"), [(96_999, True), (97_000, False)])
def test_a_record_begins_beyond_three_percent_of_every_earlier_figure(before: int, told: bool) -> None:
    values = (90_000, before, 90_000, 90_000, 90_000, 90_000, 100_000)
    seen = [observed(value, "keras", day, "stars") for value, day in zip(values, ENDS, strict=True)]
    assert isinstance(claimed("record", "keras", *seen, metric="stars", period="2020-07"), Claim) is told


ENDS = ("2020-01-31", "2020-02-29", "2020-03-31", "2020-04-30", "2020-05-31", "2020-06-30", "2020-07-31")


def test_a_gap_begins_the_row_anew_and_what_was_before_it_must_be_lower_too() -> None:
    assert outcome("90 80 100 70 - 80 90 80 70 60 95") == Absent(
        "Downloads: 5 of the 6 earlier months in a row that a record of Keras needs were counted alike"
    )
    claim = outcome("90 80 100 110 - 80 90 80 70 60 95 120")
    assert isinstance(claim, Claim)
    assert (claim.since, claim.quantities["earlier"].value) == (Period.parse("2020-06"), 6)
    assert outcome("90 80 100 200 - 80 90 80 70 60 95 120") == Absent("Downloads: Keras was higher in April 2020")


@pytest.mark.parametrize(("day", "since"), [("2020-01-01", "2020-01"), ("2020-02-01", "2020-02"), ("2020-02-02", "2020-03")])
def test_the_row_begins_after_a_change_of_method(day: str, since: str) -> None:
    metrics = {"downloads": a_metric("downloads", aggregation=Aggregation.TOTAL, breaks=(a_break(day),))}
    claim = outcome("300 300 60 70 60 70 60 70 120", metrics=metrics)
    if since == "2020-03":
        assert isinstance(claim, Claim)
        assert claim.since == Period.parse("2020-03")
    else:
        assert claim == Absent("Downloads: Keras was higher in February 2020")


def test_the_row_begins_where_another_origin_began_to_count() -> None:
    seen = [*a_day("300", origin="Another"), *a_day("0 60 70 60 70 60 70 120")[1:]]
    claim = stated("record", "keras", *seen, metric="downloads", period="2020-08", metrics=MONTHLY)
    assert claim.since == Period.parse("2020-02")


@pytest.mark.parametrize(("first", "told"), [(2017, True), (2018, False)])
def test_of_years_three_before_are_enough(first: int, told: bool) -> None:
    # PyPI: 3.8, 13.6 and 44.1 million before the 113.8 million of 2020
    windows = {
        2017: window("2017-01-09", "2018-01-09"), 2018: window("2018-01-04", "2019-01-04"),
        2019: window("2019-01-03", "2020-01-03"), 2020: window("2020-01-02", "2021-01-01"),
    }  # fmt: skip
    published = {2017: 3_769_006, 2018: 13_606_453, 2019: 44_066_008, 2020: 113_788_105}
    seen = [observed(value, "tensorflow", windows[year], "downloads") for year, value in published.items() if year >= first]
    found = claimed("record", "tensorflow", *seen, metric="downloads")
    if told:
        assert isinstance(found, Claim)
        assert (found.since, found.quantities["earlier"].value) == (Period.parse("2017"), 3)
    else:
        assert found == Absent(
            "Downloads: 2 of the 3 earlier years in a row that a record of TensorFlow needs were counted alike"
        )


@pytest.mark.parametrize(("share", "told"), [(32, True), (31, False)])
def test_a_surveyed_share_is_a_record_when_its_interval_is_above_all_the_others(share: float, told: bool) -> None:
    # of 10,000 asked, 30 % is 29.11 to 30.91, 31 % is 30.10 to 31.91, and 32 % is 31.09 to 32.92
    shares = {"2017": 28.0, "2018": 30.0, "2019": 25.0, "2020": share}
    seen = [one for year, value in shares.items() for one in (asked(10_000, year), observed(value, "keras", year, "use"))]
    found = claimed("record", "keras", *seen, metric="use", metrics=METRICS)
    if told:
        assert isinstance(found, Claim)
        assert found.quantities["difference"].value == 2
    else:
        assert found == Absent("Use: Keras is level with its figure of 2018, which is no record")


def test_a_year_nobody_says_the_sample_of_ends_the_row_and_so_does_this_one() -> None:
    shares = {"2016": 10.0, "2017": 12.0, "2018": 14.0, "2019": 16.0, "2020": 40.0}
    seen = [one for year, value in shares.items() for one in (asked(10_000, year), observed(value, "keras", year, "use"))]
    assert isinstance(claimed("record", "keras", *seen, metric="use"), Claim)
    without = [one for one in seen if (one.subject, one.period.key) != ("all", "2017")]
    assert claimed("record", "keras", *without, metric="use") == Absent(
        "Use: 2 of the 3 earlier years in a row that a record of Keras needs were counted alike"
    )
    without = [one for one in seen if (one.subject, one.period.key) != ("all", "2020")]
    assert claimed("record", "keras", *without, metric="use") == Absent("Use: nobody says how many 2020 is a share of")


def test_one_reading_that_stands_for_two_months_ends_the_row() -> None:
    # 16 days either way: 15 February stands for January and for February
    days = ("2020-01-15", "2020-02-15", "2020-03-31", "2020-04-30", "2020-05-31", "2020-06-30", "2020-07-31")
    seen = [observed(10_000 * number, "keras", day, "stars") for number, day in enumerate(days, 1)]
    assert claimed("record", "keras", *seen, metric="stars", period="2020-07") == Absent(
        "Stars: 5 of the 6 earlier months in a row that a record of Keras needs were counted alike"
    )
