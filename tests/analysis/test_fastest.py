"""Who grew fastest, in each way it can come out. Figures are made up; the arithmetic stands beside them."""

from __future__ import annotations

import pytest

from bot.domain.claim import Claim, Finding
from bot.domain.measure import Absent, Aggregation, Observation, Unit
from bot.domain.period import Period
from tests.builders import METRICS, a_break, a_metric, asked, claimed, observed, stated


def grown(**changes: tuple[float, float]) -> list[Observation]:
    """What each subject had in 2019 and has in 2020."""
    return [
        observed(value, subject, year)
        for subject, values in changes.items()
        for year, value in zip(("2019", "2020"), values, strict=True)
    ]


def outcome(*seen: Observation, **rest: object) -> Claim | Absent:
    subjects = " ".join(dict.fromkeys(one.subject for one in seen if one.subject != "all"))
    return claimed("fastest", subjects, *seen, **rest)


def test_the_largest_factor_grew_fastest_whoever_has_most() -> None:
    # 3,000 / 2,000 = 1.5; 11,000 / 10,000 = 1.1; 900 / 1,000 = 0.9
    seen = grown(tensorflow=(10_000, 11_000), keras=(1_000, 900), pytorch=(2_000, 3_000))
    claim = stated("fastest", "tensorflow keras pytorch", *seen)
    assert (claim.finding, claim.subjects, claim.tied) == (Finding.LEADS, ("pytorch", "tensorflow", "keras"), ("pytorch",))
    assert {name: number.value for name, number in claim.quantities.items()} == {"ratio": 1.5, "percent": 50}
    assert claim.before == Period.parse("2019")
    assert claim.evidence == (seen[5], seen[4], seen[1], seen[0], seen[3], seen[2])
    assert {number.subjects for number in claim.quantities.values()} == {("pytorch",)}


def test_when_the_other_grows_faster_it_is_named() -> None:
    seen = grown(keras=(10_000, 15_000), pytorch=(20_000, 22_000))
    assert stated("fastest", "pytorch keras", *seen).subjects == ("keras", "pytorch")


@pytest.mark.parametrize(
    ("second", "finding"),
    # 3 % of 1.5 is 0.045: a factor of 1.455 is level with it
    [(1_455_000, Finding.LEVEL), (1_454_999, Finding.LEADS)],
)
def test_factors_within_three_percent_are_level(second: int, finding: Finding) -> None:
    seen = grown(keras=(1_000_000, 1_500_000), pytorch=(1_000_000, second))
    claim = stated("fastest", "keras pytorch", *seen)
    assert (claim.finding, claim.tied) == (finding, ("keras", "pytorch") if finding is Finding.LEVEL else ("keras",))


@pytest.mark.parametrize(
    ("second", "finding"),
    # ln(3) = 1.0986. With 163 after 100: ln(1.63) = 0.4886, 0.6100 apart, and chance may do 1.96 * root(1/300 + 1/100 + 1/163 + 1/100)
    # = 0.3364. With 216: ln(2.16) = 0.7701, 0.3285 apart, chance 0.3278. With 217: 0.3239 apart, chance 0.3276.
    [(163, Finding.LEADS), (216, Finding.LEADS), (217, Finding.LEVEL)],
)
def test_factors_of_small_counts_are_level_when_chance_may_part_them(second: int, finding: Finding) -> None:
    assert stated("fastest", "keras pytorch", *grown(keras=(100, 300), pytorch=(100, second))).finding is finding


@pytest.mark.parametrize(("base", "told"), [(100, True), (99, False)])
def test_growth_from_fewer_than_a_hundred_is_not_compared(base: int, told: bool) -> None:
    found = outcome(*grown(keras=(base, 1_000), pytorch=(5_000, 6_000)))
    reason = Absent("Papers: Keras had 99 papers in 2019, fewer than the 100 a growth is compared from")
    assert isinstance(found, Claim) if told else found == reason


def test_who_is_optional_may_have_too_small_a_base_and_is_missing_then() -> None:
    seen = grown(keras=(4, 1_000), pytorch=(5_000, 6_000), tensorflow=(5_000, 5_200))
    claim = stated("fastest", "keras pytorch tensorflow", *seen, optional="keras")
    assert (claim.subjects, claim.missing) == (("pytorch", "tensorflow"), ("keras",))
    assert isinstance(outcome(*seen[:4], optional="keras"), Absent)


@pytest.mark.parametrize(
    ("keras", "pytorch"),
    [((10_000, 10_300), (10_000, 9_000)), ((10_000, 9_000), (10_000, 8_000)), ((10_000, 10_400), (10_000, 10_200))],
    ids=["the first is level with its past", "all fell", "who is as fast as the first is level with its past"],
)
def test_nobody_grew_fastest_where_nobody_clearly_grew(keras: tuple[int, int], pytorch: tuple[int, int]) -> None:
    found = outcome(*grown(keras=keras, pytorch=pytorch))
    assert isinstance(found, Absent)
    assert found.reason.endswith(" shows no clear growth on 2019")


def test_two_that_grew_alike_are_level_and_the_third_is_not() -> None:
    seen = grown(keras=(10_000, 20_000), pytorch=(20_000, 40_100), tensorflow=(10_000, 12_000))
    claim = stated("fastest", "keras pytorch tensorflow", *seen)
    assert (claim.finding, claim.subjects, claim.tied) == (
        Finding.LEVEL,
        ("pytorch", "keras", "tensorflow"),
        ("pytorch", "keras"),
    )


def test_a_missing_figure_of_either_end_is_the_reason() -> None:
    seen = grown(keras=(10_000, 20_000), pytorch=(20_000, 40_100))
    assert claimed("fastest", "keras pytorch", *seen[:3]) == Absent("Papers: no figure for PyTorch in 2020")
    assert claimed("fastest", "keras pytorch", seen[0], seen[1], seen[3]) == Absent("Papers: no figure for PyTorch in 2019")
    assert claimed("fastest", "keras pytorch", seen[1], seen[3]) == Absent("Papers: no figure for Keras in 2019")  # a first run


def test_growth_is_not_compared_across_a_change_of_method_or_of_origin() -> None:
    seen = grown(keras=(10_000, 20_000), pytorch=(20_000, 21_000))
    metrics = {"papers": a_metric("papers", breaks=(a_break("2020-03-01"),))}
    assert outcome(*seen, metrics=metrics) == Absent("Papers is counted another way since 2020-03-01: counted anew")
    other = observed(10_000, "keras", "2019", origin="Another")
    assert outcome(other, *seen[1:]) == Absent("Papers: 2019 was counted by Another and 2020 by Somebody; they are not compared")


def test_growth_of_counts_by_different_origins_is_not_compared() -> None:
    seen = [
        *grown(keras=(10_000, 20_000)),
        *(observed(value, "pytorch", year, origin="Another") for year, value in (("2019", 20_000), ("2020", 21_000))),
    ]
    reason = "Papers: counted by Somebody and by Another, and nobody says that both repeat one counter; they are not compared"
    assert outcome(*seen) == Absent(reason)
    metrics = {"papers": a_metric("papers", same_counter=("Another", "Somebody"))}
    assert isinstance(outcome(*seen, metrics=metrics), Claim)


def test_months_are_compared_by_the_day() -> None:
    # 29 days of 1,000 after 31 of 900: by a ninth more a day, though fewer in all. TensorFlow had as many a day.
    metrics = {"papers": a_metric("papers", aggregation=Aggregation.TOTAL)}
    seen = [
        observed(value * days, subject, month)
        for month, days, values in (("2020-01", 31, (900, 5_000)), ("2020-02", 29, (1_000, 5_000)))
        for subject, value in zip(("keras", "tensorflow"), values, strict=True)
    ]
    claim = claimed("fastest", "keras tensorflow", *seen, metrics=metrics, period="2020-02", against="previous")
    assert isinstance(claim, Claim)
    assert claim.quantities["ratio"].value == pytest.approx(10 / 9)


def surveyed(base: int, **changes: tuple[float, float]) -> list[Observation]:
    shares = [
        observed(value, subject, year, "use")
        for subject, values in changes.items()
        for year, value in zip(("2019", "2020"), values, strict=True)
    ]
    return [asked(base, "2019"), asked(base, "2020"), *shares]


@pytest.mark.parametrize(
    ("second", "finding"),
    # of 10,000 each of these shares is known to 0.78 to 0.94 points, and each change to 1.1 to 1.3: 20 to 26 is +4.84 to +7.16,
    # 40 to 43.9 is +2.53 to +5.27, and 40 to 43.4 is +2.03 to +4.77
    [(43.9, Finding.LEVEL), (43.4, Finding.LEADS)],
)
def test_shares_are_compared_by_points_beyond_the_noise_of_both_years(second: float, finding: Finding) -> None:
    seen = surveyed(10_000, keras=(40, second), pytorch=(20, 26))
    claim = stated("fastest", "keras pytorch", *seen, metric="use")
    assert (claim.finding, claim.subjects) == (finding, ("pytorch", "keras"))
    assert {name: (number.value, number.unit) for name, number in claim.quantities.items()} == {"difference": (6, Unit.POINTS)}


def test_shares_that_nobody_knows_the_noise_of_are_not_compared() -> None:
    seen = surveyed(10_000, keras=(40, 41), pytorch=(20, 26))
    assert claimed("fastest", "keras pytorch", *seen[1:], metric="use") == Absent("Use: nobody says how many 2019 is a share of")
    metrics = {**METRICS, "census": a_metric("census", Unit.PERCENT, sample=False)}
    census = [observed(one.value, one.subject, one.period, "census") for one in seen[2:]]
    assert claimed("fastest", "keras pytorch", *census, metric="census", metrics=metrics) == Absent(
        "Census: nobody knows how far its noise reaches, and no growth is compared"
    )
