"""
Each kind of claim in each way it can come out. Figures are the published ones where one is named: PyPI (365 days, pip), Kaggle's
survey (share of those who name a framework), GitHub at the year's end, papers at NeurIPS. Results are worked out by hand beside them.
"""

from __future__ import annotations

import pytest

from bot.analysis.claims import KINDS, NEEDS, claims
from bot.domain.claim import Claim, Finding, Quantity
from bot.domain.measure import Absent, Aggregation, Observation, Unit
from bot.domain.period import Period
from bot.domain.report import ClaimSpec
from tests.builders import METRICS, SUBJECTS, a_break, a_metric, a_subject, asked, claimed, figures, observed, stated, window

YEAR = Period.parse("2020")

WINDOWS = {
    2017: window("2017-01-09", "2018-01-09"),
    2018: window("2018-01-04", "2019-01-04"),
    2019: window("2019-01-03", "2020-01-03"),
    2020: window("2020-01-02", "2021-01-01"),
}


def downloads(value: int, year: int = 2020, subject: str = "tensorflow") -> Observation:
    return observed(value, subject, WINDOWS[year], "downloads")


TF_2017, TF_2018, TF_2019, TF_2020 = (
    downloads(value, year) for value, year in ((3_769_006, 2017), (13_606_453, 2018), (44_066_008, 2019), (113_788_105, 2020))
)
TORCH_2020 = downloads(18_461_407, subject="pytorch")


def used(share: float, subject: str, year: str = "2020") -> Observation:
    return observed(share, subject, year, "use")


KAGGLE_2020 = (asked(12_932), used(53.62, "tensorflow"), used(47.88, "keras"), used(32.39, "pytorch"))
KAGGLE_2019 = (
    asked(12_033, "2019"), used(48.38, "tensorflow", "2019"), used(47.84, "keras", "2019"), used(28.36, "pytorch", "2019"),
)  # fmt: skip


def stars(value: int, subject: str, year: int = 2020) -> Observation:
    return observed(value, subject, f"{year}-12-31", "stars")


def number(
    name: str,
    value: object,
    unit: Unit,
    noun: str,
    *evidence: Observation,
    subjects: str = "",
    metric: str = "papers",
    period: str = "2020",
) -> Quantity:
    of = tuple(subjects.split()) or tuple(dict.fromkeys(seen.subject for seen in evidence if seen.subject != "all"))
    return Quantity("it", name, value, unit, noun, metric, of, Period.parse(period), evidence)  # type: ignore[arg-type]


def values(claim: Claim) -> dict[str, object]:
    return {name: pytest.approx(quantity.value, abs=0.005) for name, quantity in claim.quantities.items()}


# ---- ratio ---------------------------------------------------------------------------------------------------------------------


def test_tensorflow_was_downloaded_about_six_times_as_often_as_pytorch_in_2020() -> None:
    # 113,788,105 / 18,461,407 = 6.1636
    assert claimed("ratio", "tensorflow pytorch", TF_2020, TORCH_2020, metric="downloads") == Claim(
        "it",
        "ratio",
        Finding.LEADS,
        "downloads",
        ("tensorflow", "pytorch"),
        YEAR,
        {
            "ratio": number(
                "ratio", pytest.approx(6.1636, abs=5e-5), Unit.RATIO, "downloads", TF_2020, TORCH_2020, metric="downloads"
            )
        },
    )


def test_a_ratio_names_the_higher_first_whichever_the_recipe_names_first() -> None:
    assert claimed("ratio", "pytorch tensorflow", TORCH_2020, TF_2020, metric="downloads") == claimed(
        "ratio", "tensorflow pytorch", TF_2020, TORCH_2020, metric="downloads"
    )


def test_when_the_order_turns_round_so_does_the_ratio() -> None:
    # NeurIPS 2020: 312 papers name PyTorch, 94 TensorFlow. 312 / 94 = 3.319
    claim = stated("ratio", "tensorflow pytorch", observed(94, "tensorflow"), observed(312, "pytorch"))
    assert (claim.finding, claim.subjects, values(claim)) == (Finding.LEADS, ("pytorch", "tensorflow"), {"ratio": 3.319})


def test_a_ratio_without_one_of_the_two_is_absent_with_the_reason() -> None:
    assert claimed("ratio", "tensorflow pytorch", TF_2020, metric="downloads") == Absent(
        "Downloads: no figure for PyTorch in 2020"
    )


def test_a_ratio_over_nought_is_told_as_a_difference() -> None:
    four, none = observed(4, "tensorflow"), observed(0, "pytorch")
    claim = stated("ratio", "tensorflow pytorch", four, none)
    assert (claim.finding, dict(claim.quantities)) == (
        Finding.LEADS,
        {"difference": number("difference", 4.0, Unit.COUNT, "papers", four, none)},
    )


def test_a_rate_above_nought_is_told_as_a_difference_of_rates() -> None:
    metrics = {"load": a_metric("load", Unit.RATE)}
    some, none = observed(2.5, "keras", metric="load"), observed(0, "pytorch", metric="load")
    claim = stated("ratio", "keras pytorch", some, none, metric="load", metrics=metrics)
    assert dict(claim.quantities) == {"difference": number("difference", 2.5, Unit.RATE, "load", some, none, metric="load")}


def test_two_shares_are_told_by_the_points_between_them_and_rest_on_the_base() -> None:
    # 61.8 - 33.9 = 27.9
    base, one, other = asked(12_932), used(61.8, "keras"), used(33.9, "pytorch")
    claim = stated("ratio", "keras pytorch", base, one, other, metric="use")
    evidence = (one, other, base)
    assert dict(claim.quantities) == {
        "difference": number("difference", pytest.approx(27.9), Unit.POINTS, "respondents", *evidence, metric="use"),
    }
    assert claim.evidence == evidence


def test_decimals_make_a_ratio_like_whole_numbers_do() -> None:
    metrics = {"load": a_metric("load", Unit.RATE)}
    claim = stated(
        "ratio",
        "keras pytorch",
        observed(2.5, "keras", metric="load"),
        observed(0.8, "pytorch", metric="load"),
        metric="load",
        metrics=metrics,
    )
    assert (claim.subjects, values(claim)) == (("keras", "pytorch"), {"ratio": 3.125})


# ---- lead ----------------------------------------------------------------------------------------------------------------------


def test_the_highest_leads_and_the_distance_is_to_the_next() -> None:
    # GitHub, end of 2020: 152,029 / 50,420 = 3.0153
    seen = stars(45_135, "pytorch"), stars(50_420, "keras"), stars(152_029, "tensorflow")
    claim = stated("lead", "tensorflow keras pytorch", *seen, metric="stars")
    assert (claim.finding, claim.subjects, claim.missing, values(claim)) == (
        Finding.LEADS,
        ("tensorflow", "keras", "pytorch"),
        (),
        {"ratio": 3.015},
    )
    assert claim.evidence == (seen[2], seen[1])


def test_counts_within_three_percent_are_level() -> None:
    # GitHub, end of 2021: keras 53,570, pytorch 53,038: 1 % apart
    claim = stated(
        "lead", "keras pytorch", stars(53_570, "keras", 2021), stars(53_038, "pytorch", 2021), metric="stars", period="2021"
    )
    assert (claim.finding, claim.subjects) == (Finding.LEVEL, ("keras", "pytorch"))


@pytest.mark.parametrize(("second", "finding"), [(97_000, Finding.LEVEL), (96_999, Finding.LEADS), (96_000, Finding.LEADS)])
def test_a_lead_of_large_counts_begins_beyond_three_percent(second: int, finding: Finding) -> None:
    assert stated("lead", "keras pytorch", observed(100_000, "keras"), observed(second, "pytorch")).finding is finding


@pytest.mark.parametrize(
    ("first", "second", "finding"),
    [
        # 1.959964 times the root of the sum: 3.39 of 3, 3.92 of 4, 19.600 of 100, 195.9964 of 10,000
        (3, 0, Finding.LEVEL),
        (4, 0, Finding.LEADS),
        (59, 41, Finding.LEVEL),
        (60, 40, Finding.LEADS),
        (100, 96, Finding.LEVEL),
        (5_097, 4_903, Finding.LEVEL),
        (5_098, 4_902, Finding.LEADS),
    ],
)
def test_a_lead_of_small_counts_begins_beyond_what_chance_may_do(first: int, second: int, finding: Finding) -> None:
    assert stated("lead", "keras pytorch", observed(first, "keras"), observed(second, "pytorch")).finding is finding


def test_chance_is_weighed_in_counts_only() -> None:
    # 4.0 and 3.8 are averages of nobody knows how many days: 5 % is more than 3 %
    metrics = {"load": a_metric("load", Unit.RATE)}
    seen = observed(4.0, "keras", metric="load"), observed(3.8, "pytorch", metric="load")
    assert stated("lead", "keras pytorch", *seen, metric="load", metrics=metrics).finding is Finding.LEADS


def test_shares_with_overlapping_intervals_are_level() -> None:
    # Kaggle 2019: 48.38 and 47.84 of 12,033, each give or take 0.89
    claim = stated("lead", "tensorflow keras pytorch", *KAGGLE_2019, metric="use", period="2019")
    assert (claim.finding, claim.subjects) == (Finding.LEVEL, ("tensorflow", "keras", "pytorch"))
    assert claim.tied == ("tensorflow", "keras")


def test_shares_with_separate_intervals_lead_by_points() -> None:
    # Kaggle 2020: 53.62 and 47.88 of 12,932, each give or take 0.86: 5.74 points
    base, tensorflow, keras, _ = KAGGLE_2020
    claim = stated("lead", "tensorflow keras pytorch", *KAGGLE_2020, metric="use")
    assert (claim.finding, values(claim)) == (Finding.LEADS, {"difference": 5.74})
    assert claim.evidence == (tensorflow, keras, base)


def test_the_same_shares_of_few_people_are_level() -> None:
    # 53.62 and 47.88 of 100: each give or take nearly ten points
    claim = stated("lead", "tensorflow keras", asked(100), *KAGGLE_2020[1:], metric="use")
    assert claim.finding is Finding.LEVEL


@pytest.mark.parametrize(("second", "finding"), [(0.03, Finding.LEVEL), (0.01, Finding.LEADS)])
def test_shares_that_would_be_told_by_no_points_are_level(second: float, finding: Finding) -> None:
    # of a million, 0.07 % and 0.03 % are 700 and 300 people, whose intervals are far apart; but 0.04 points are "0.0 points"
    seen = asked(1_000_000), used(0.07, "keras"), used(second, "pytorch")
    assert stated("lead", "keras pytorch", *seen, metric="use").finding is finding


def test_events_of_different_days_are_not_compared() -> None:
    seen = observed(312, "pytorch", "2020-05"), observed(94, "tensorflow", "2020-11")
    reason = Absent("Papers: not all subjects were observed at the same time in 2020")
    assert [claimed(kind, "pytorch tensorflow", *seen) for kind in ("lead", "ratio")] == [reason] * 2
    assert isinstance(claimed("rank", "pytorch tensorflow", *seen), Absent)


@pytest.mark.parametrize("base", [(), (asked(0),), (asked(12_033, "2019"),)])
@pytest.mark.parametrize("kind", ["lead", "ratio", "rank"])
def test_shares_of_an_unknown_number_of_people_are_not_compared(kind: str, base: tuple[Observation, ...]) -> None:
    seen = used(90, "keras"), used(10, "pytorch")
    assert claimed(kind, "keras pytorch", *base, *seen, metric="use") == Absent("Use: nobody says how many 2020 is a share of")


@pytest.mark.parametrize(("bases", "unknown"), [((asked(12_932),), "2019"), ((asked(12_033, "2019"),), "2020"), ((), "2020")])
def test_a_share_did_not_grow_or_fall_where_either_year_has_no_base(bases: tuple[Observation, ...], unknown: str) -> None:
    seen = used(90, "keras"), used(10, "keras", "2019")
    assert claimed("growth", "keras", *bases, *seen, metric="use") == Absent(f"Use: nobody says how many {unknown} is a share of")


def test_a_tie_is_level_in_the_order_of_the_recipe() -> None:
    seen = observed(7, "pytorch"), observed(7, "keras"), observed(7, "tensorflow")
    claim = stated("lead", "keras tensorflow pytorch", *seen)
    assert (claim.finding, claim.subjects, claim.tied) == (Finding.LEVEL, *2 * [("keras", "tensorflow", "pytorch")])


def test_who_is_level_with_the_leader_is_tied_and_who_is_level_with_the_second_only_is_not() -> None:
    # 97,000 is within 3 % of 100,000, and 94,100 within 3 % of 97,000 but not of 100,000
    seen = observed(100_000, "pytorch"), observed(97_000, "keras"), observed(94_100, "tensorflow")
    claim = stated("lead", "keras tensorflow pytorch", *seen)
    assert (claim.finding, claim.tied) == (Finding.LEVEL, ("pytorch", "keras"))
    assert stated("lead", "keras tensorflow", *seen).tied == ("keras", "tensorflow")


def test_a_leader_is_tied_with_itself_only() -> None:
    assert stated("lead", "keras pytorch", observed(9, "keras"), observed(1, "pytorch")).tied == ("keras",)


def test_a_level_claim_rests_on_the_figures_of_all_it_names() -> None:
    seen = observed(7, "keras"), observed(7, "tensorflow"), observed(7, "pytorch")
    claim = stated("lead", "keras tensorflow pytorch", *seen)
    assert claim.tied == ("keras", "tensorflow", "pytorch")
    assert set(claim.evidence) == set(seen)


def test_nought_and_nought_are_level() -> None:
    claim = stated("lead", "keras pytorch", observed(0, "keras"), observed(0, "pytorch"))
    assert (claim.finding, values(claim)) == (Finding.LEVEL, {"difference": 0})


def test_a_lead_among_those_measured_names_who_was_not() -> None:
    claim = stated("lead", "tensorflow keras pytorch", observed(94, "tensorflow"), observed(312, "pytorch"), optional="keras")
    assert (claim.subjects, claim.missing, claim.not_asked) == (("pytorch", "tensorflow"), ("keras",), ())


def test_who_is_not_optional_must_be_measured_or_nobody_leads() -> None:
    seen = observed(94, "tensorflow"), observed(312, "pytorch")
    reason = Absent("Papers: no figure for Keras in 2020")
    assert claimed("lead", "tensorflow keras pytorch", *seen) == reason
    assert claimed("lead", "tensorflow keras pytorch", *seen, optional="tensorflow pytorch") == reason


def test_the_reason_is_that_of_the_first_who_is_not_measured() -> None:
    assert claimed("lead", "tensorflow keras pytorch", observed(94, "tensorflow"), optional="pytorch") == Absent(
        "Papers: no figure for Keras in 2020"
    )
    assert claimed("lead", "tensorflow pytorch keras", observed(94, "tensorflow"), optional="pytorch keras") == Absent(
        "Papers: no figure for PyTorch in 2020"
    )


def test_nobody_leads_alone_however_optional_the_others_are() -> None:
    reason = Absent("Papers: no figure for Keras in 2020")
    assert claimed("lead", "tensorflow keras", observed(94, "tensorflow")) == reason
    assert claimed("lead", "tensorflow keras", observed(94, "tensorflow"), optional="keras") == reason
    assert claimed("ratio", "tensorflow keras", observed(94, "tensorflow"), optional="keras") == reason


@pytest.mark.parametrize(("since", "not_asked"), [(2020, ()), (2021, ("keras",))])
def test_who_was_no_option_is_missing_because_nobody_was_asked(since: int, not_asked: tuple[str, ...]) -> None:
    use = a_metric("use", Unit.PERCENT, noun="respondents", base="users", asked_by="survey", first_asked={"Keras": since})
    known = {**SUBJECTS, "keras": a_subject("keras", "Keras", ids={"survey": "Keras"})}
    seen = asked(12_932), used(53.62, "tensorflow"), used(32.39, "pytorch")
    claim = stated(
        "lead",
        "tensorflow keras pytorch",
        *seen,
        metric="use",
        metrics={**METRICS, "use": use},
        known=known,
        optional="keras",
    )
    assert (claim.subjects, claim.missing, claim.not_asked) == (("tensorflow", "pytorch"), ("keras",), not_asked)


# ---- totals of windows of different length -------------------------------------------------------------------------------------

LONG, SHORT = window("2019-12-23", "2021-01-01"), window("2020-01-11", "2021-01-01")
"""375 and 356 days, which begin 19 days apart."""
LOOSE = {"downloads": a_metric("downloads", aggregation=Aggregation.TOTAL, tolerance_days=19)}


def test_totals_lead_by_the_day() -> None:
    # 1,125,000 / 375 = 3,000 a day; 1,103,600 / 356 = 3,100 a day: more, though the total is smaller
    long, short = observed(1_125_000, "keras", LONG, "downloads"), observed(1_103_600, "pytorch", SHORT, "downloads")
    claim = stated("lead", "keras pytorch", long, short, metric="downloads", metrics=LOOSE)
    assert (claim.finding, claim.subjects) == (Finding.LEADS, ("pytorch", "keras"))
    assert values(claim) == {"ratio": 1.033}
    assert stated("rank", "pytorch keras", long, short, metric="downloads", metrics=LOOSE).quantities["place"].value == 1


def test_totals_are_level_by_the_day() -> None:
    # 1,125,000 / 375 = 3,000 a day; 1,068,000 / 356 = 3,000 a day: 5 % fewer in all
    long, short = observed(1_125_000, "keras", LONG, "downloads"), observed(1_068_000, "pytorch", SHORT, "downloads")
    claim = stated("ratio", "keras pytorch", long, short, metric="downloads", metrics=LOOSE)
    assert (claim.finding, values(claim)) == (Finding.LEVEL, {"ratio": 1.0})


def test_totals_as_large_over_windows_of_other_lengths_are_not_made_level_by_chance() -> None:
    # 1,000,000 each: 2,667 a day over 375 days, 2,809 over 356: 142 apart. By chance the two may be apart by
    # 1.96 * root(1,000,000 / 375^2 + 1,000,000 / 356^2) = 7.6 a day
    long, short = observed(1_000_000, "keras", LONG, "downloads"), observed(1_000_000, "pytorch", SHORT, "downloads")
    claim = stated("lead", "keras pytorch", long, short, metric="downloads", metrics=LOOSE)
    assert (claim.finding, claim.subjects) == (Finding.LEADS, ("pytorch", "keras"))


# ---- growth --------------------------------------------------------------------------------------------------------------------


def test_tensorflow_downloads_grew_to_two_point_six_times_those_of_2019() -> None:
    # 113,788,105 / 44,066,008 = 2.5822, both over 365 days; 158.2 %
    assert claimed("growth", "tensorflow", TF_2019, TF_2020, metric="downloads") == Claim(
        "it",
        "growth",
        Finding.GREW,
        "downloads",
        ("tensorflow",),
        YEAR,
        {
            "ratio": number(
                "ratio", pytest.approx(2.5822, abs=5e-5), Unit.RATIO, "downloads", TF_2020, TF_2019, metric="downloads"
            ),
            "percent": number(
                "percent", pytest.approx(158.22, abs=5e-3), Unit.CHANGE, "downloads", TF_2020, TF_2019, metric="downloads"
            ),
        },
        before=Period.parse("2019"),
    )


def test_keras_on_kaggle_is_level_with_the_year_before() -> None:
    # 47.84 of 12,033 and 47.88 of 12,932
    claim = stated("growth", "keras", *KAGGLE_2019, *KAGGLE_2020, metric="use")
    assert (claim.finding, values(claim)) == (Finding.LEVEL, {"difference": 0.04})
    assert claim.evidence == (KAGGLE_2020[2], KAGGLE_2019[2], KAGGLE_2020[0], KAGGLE_2019[0])


def test_pytorch_on_kaggle_grew_by_four_points() -> None:
    # 32.39 - 28.36
    claim = stated("growth", "pytorch", *KAGGLE_2019, *KAGGLE_2020, metric="use")
    assert (claim.finding, values(claim), claim.quantities["difference"].unit) == (
        Finding.GREW,
        {"difference": 4.03},
        Unit.POINTS,
    )


def test_a_share_that_fell_has_a_difference_below_nought() -> None:
    # 28.36 - 32.39
    seen = *KAGGLE_2020[:1], *KAGGLE_2019[:1], used(28.36, "pytorch"), used(32.39, "pytorch", "2019")
    claim = stated("growth", "pytorch", *seen, metric="use")
    assert (claim.finding, values(claim)) == (Finding.FELL, {"difference": -4.03})


def test_what_fell_fell() -> None:
    # GitHub forks of tensorflow as EvanLi has them: 89,274 and 74,395, down by 16.67 %
    claim = stated("growth", "tensorflow", stars(89_274, "tensorflow", 2019), stars(74_395, "tensorflow"), metric="stars")
    assert (claim.finding, values(claim)) == (Finding.FELL, {"ratio": 0.833, "percent": -16.67})


def test_stars_grew_by_a_part() -> None:
    # 45,135 / 35,015 = 1.289
    claim = stated("growth", "pytorch", stars(35_015, "pytorch", 2019), stars(45_135, "pytorch"), metric="stars")
    assert (claim.finding, values(claim)) == (Finding.GREW, {"ratio": 1.289, "percent": 28.9})


@pytest.mark.parametrize(
    ("before", "now", "finding"),
    [
        (97_000, 100_000, Finding.LEVEL),
        (96_999, 100_000, Finding.GREW),
        (100_000, 97_000, Finding.LEVEL),
        (100_000, 96_999, Finding.FELL),
        (100_000, 100_000, Finding.LEVEL),
        # small ones: 1.96 * root(100) = 19.6
        (41, 59, Finding.LEVEL),
        (40, 60, Finding.GREW),
        (59, 41, Finding.LEVEL),
        (60, 40, Finding.FELL),
        (96, 100, Finding.LEVEL),
        (0, 3, Finding.LEVEL),
        (0, 4, Finding.GREW),
    ],
)
def test_growth_begins_beyond_three_percent_and_beyond_chance(before: int, now: int, finding: Finding) -> None:
    assert stated("growth", "keras", observed(before, "keras", "2019"), observed(now, "keras")).finding is finding


def test_growth_from_nought_is_told_as_a_difference() -> None:
    now, before = observed(5, "keras"), observed(0, "keras", "2019")
    claim = stated("growth", "keras", now, before)
    assert (claim.finding, dict(claim.quantities)) == (
        Finding.GREW,
        {"difference": number("difference", 5.0, Unit.COUNT, "papers", now, before)},
    )


def test_one_reading_that_stands_for_both_years_tells_of_no_growth() -> None:
    # 30 June 2020 is 184 days from either year's end
    metrics = {"stars": a_metric("stars", aggregation=Aggregation.LEVEL, tolerance_days=190)}
    seen = observed(5_000, "keras", "2020-06-30", "stars")
    assert claimed("growth", "keras", seen, metric="stars", metrics=metrics) == Absent(
        "Stars: one reading stands for 2020 and for 2019, and does not tell them apart"
    )


def test_nought_after_nought_is_level() -> None:
    assert stated("growth", "keras", observed(0, "keras"), observed(0, "keras", "2019")).finding is Finding.LEVEL


def test_there_is_no_growth_on_the_first_run_or_without_a_figure_of_now() -> None:
    assert claimed("growth", "keras", observed(5, "keras")) == Absent("Papers: no figure for Keras in 2019")
    assert claimed("growth", "keras", observed(5, "keras", "2019")) == Absent("Papers: no figure for Keras in 2020")


def test_totals_of_windows_of_different_length_are_compared_per_day() -> None:
    # 375 days and 355 days: 1,500,000 / 375 = 4,000 a day, 710,000 / 355 = 2,000 a day
    long = observed(1_500_000, period=window("2019-12-23", "2021-01-01"), metric="downloads")
    short = observed(710_000, period=window("2019-01-11", "2020-01-01"), metric="downloads")
    claim = stated("growth", "tensorflow", long, short, metric="downloads")
    assert (claim.finding, values(claim)) == (Finding.GREW, {"ratio": 2.0, "percent": 100.0})


def test_a_total_that_is_larger_only_because_its_window_is_longer_did_not_grow() -> None:
    # 1,031,000 over 375 days is 2,749 a day, 1,000,000 over 365 days 2,740: less than half a percent
    long = observed(1_031_000, period=window("2019-12-23", "2021-01-01"), metric="downloads")
    before = observed(1_000_000, period=window("2019-01-01", "2020-01-01"), metric="downloads")
    assert stated("growth", "tensorflow", long, before, metric="downloads").finding is Finding.LEVEL


def test_a_total_that_is_as_large_over_a_longer_window_fell() -> None:
    # 1,000,000 over 355 days is 2,817 a day, 1,020,000 over 375 days 2,720: 3.4 % less
    long = observed(1_020_000, period=window("2019-12-23", "2021-01-01"), metric="downloads")
    short = observed(1_000_000, period=window("2019-01-11", "2020-01-01"), metric="downloads")
    assert stated("growth", "tensorflow", long, short, metric="downloads").finding is Finding.FELL


@pytest.mark.parametrize(
    ("day", "compares"),
    [("2019-01-01", True), ("2019-01-02", False), ("2020-01-01", False), ("2020-12-31", False), ("2021-01-01", True)],
)
def test_growth_is_not_stated_across_a_change_of_method(day: str, compares: bool) -> None:
    metrics = {"papers": a_metric("papers", breaks=(a_break(day),))}
    found = claimed("growth", "keras", observed(5, "keras"), observed(9, "keras", "2019"), metrics=metrics)
    if compares:
        assert isinstance(found, Claim)
    else:
        assert found == Absent(f"Papers is counted another way since {day}: counted anew")


def test_a_change_of_method_between_two_readings_of_a_stock_stops_the_comparison() -> None:
    # GitHub counts forks another way since 21 Feb 2024: nobody took 15,000 forks back
    metrics = {"stars": a_metric("stars", aggregation=Aggregation.LEVEL, tolerance_days=16, breaks=(a_break("2024-02-21"),))}
    found = claimed(
        "growth",
        "keras",
        stars(89_274, "keras", 2023),
        stars(74_395, "keras", 2024),
        metric="stars",
        period="2024",
        metrics=metrics,
    )
    assert found == Absent("Stars is counted another way since 2024-02-21: counted anew")


# ---- multiplied ----------------------------------------------------------------------------------------------------------------


def test_2020_multiplied_the_downloads_of_tensorflow_by_two_point_eight_five() -> None:
    # 3,769,006 + 13,606,453 + 44,066,008 = 61,441,467 before; with 113,788,105 they are 175,229,572: 2.852 times
    claim = stated("multiplied", "tensorflow", TF_2017, TF_2018, TF_2019, TF_2020, metric="downloads")
    assert (claim.finding, claim.subjects, dict(claim.quantities)) == (
        Finding.STATED,
        ("tensorflow",),
        {
            "factor": number(
                "factor",
                pytest.approx(2.852, abs=5e-4),
                Unit.RATIO,
                "downloads",
                TF_2020,
                TF_2017,
                TF_2018,
                TF_2019,
                metric="downloads",
            ),
            "before": number("before", 61_441_467, Unit.COUNT, "downloads", TF_2017, TF_2018, TF_2019, metric="downloads"),
        },
    )


def test_a_missing_year_ends_the_row_that_is_multiplied() -> None:
    # without 2018, only 2019 counts as before: (44,066,008 + 113,788,105) / 44,066,008 = 3.582
    claim = stated("multiplied", "tensorflow", TF_2017, TF_2019, TF_2020, metric="downloads")
    assert (values(claim)["factor"], claim.evidence) == (3.582, (TF_2020, TF_2019))


def test_nothing_is_multiplied_on_the_first_run() -> None:
    assert claimed("multiplied", "tensorflow", TF_2020, metric="downloads") == Absent(
        "Downloads: nothing was counted for TensorFlow before 2020"
    )
    assert claimed("multiplied", "tensorflow", TF_2019, metric="downloads") == Absent(
        "Downloads: no figure for TensorFlow in 2020"
    )


def test_nought_cannot_be_multiplied() -> None:
    assert isinstance(claimed("multiplied", "tensorflow", downloads(0, 2019), TF_2020, metric="downloads"), Absent)


def test_counts_of_two_methods_are_not_added_up() -> None:
    metrics = {"papers": a_metric("papers", breaks=(a_break("2020-01-01"),))}
    found = claimed("multiplied", "keras", observed(5, "keras"), observed(9, "keras", "2019"), metrics=metrics)
    assert isinstance(found, Absent)


# ---- share ---------------------------------------------------------------------------------------------------------------------


def test_a_share_of_everybody() -> None:
    # NeurIPS 2020: 312 of 1,898 papers, 16.44 %
    part, whole = observed(312, "pytorch"), observed(1_898, "all")
    assert claimed("share", "pytorch", part, whole) == Claim(
        "it",
        "share",
        Finding.STATED,
        "papers",
        ("pytorch",),
        YEAR,
        {"share": number("share", pytest.approx(16.438, abs=5e-4), Unit.PERCENT, "papers", part, whole)},
    )


def test_a_share_among_rivals_is_taken_of_their_sum() -> None:
    # 312 / (312 + 94) = 76.85 %
    part, rival = observed(312, "pytorch"), observed(94, "tensorflow")
    claim = stated("share", "pytorch tensorflow", part, rival)
    assert (values(claim), claim.evidence) == ({"share": 76.847}, (part, rival))


def test_a_share_needs_every_part_of_the_whole() -> None:
    part = observed(312, "pytorch")
    assert claimed("share", "pytorch", part) == Absent("Papers: no figure for the whole in 2020")
    assert claimed("share", "pytorch tensorflow keras", part, observed(1, "keras")) == Absent(
        "Papers: no figure for TensorFlow in 2020"
    )
    assert claimed("share", "pytorch", observed(1_898, "all")) == Absent("Papers: no figure for PyTorch in 2020")


def test_nothing_has_a_share_of_nought() -> None:
    reason = Absent("Papers: the whole is nought in 2020, and nothing has a share of it")
    assert claimed("share", "pytorch", observed(0, "pytorch"), observed(0, "all")) == reason
    assert claimed("share", "pytorch keras", observed(0, "pytorch"), observed(0, "keras")) == reason


# ---- rank ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("subject", "place"), [("tensorflow", 1), ("keras", 2), ("pytorch", 3)])
def test_a_rank_is_the_place_among_all(subject: str, place: int) -> None:
    seen = {
        "tensorflow": observed(152_029, "tensorflow"),
        "keras": observed(50_420, "keras"),
        "pytorch": observed(45_135, "pytorch"),
    }
    others = " ".join(other for other in seen if other != subject)
    claim = stated("rank", f"{subject} {others}", *reversed(seen.values()))
    assert (claim.subjects, values(claim)) == ((subject,), {"place": place})
    assert claim.evidence == tuple(seen.values())


@pytest.mark.parametrize(("subject", "level"), [("keras", "Keras and PyTorch"), ("pytorch", "PyTorch and Keras")])
def test_no_rank_is_stated_beside_a_level_neighbour(subject: str, level: str) -> None:
    seen = observed(900, "tensorflow"), observed(100, "keras"), observed(97, "pytorch")
    others = " ".join(other for other in ("tensorflow", "keras", "pytorch") if other != subject)
    found = claimed("rank", f"{subject} {others}", *seen)
    assert found == Absent(f"{level} are level: no rank is stated")
    assert isinstance(claimed("rank", "tensorflow keras pytorch", *seen), Claim)


def test_no_rank_is_stated_while_one_is_not_measured() -> None:
    assert claimed("rank", "keras pytorch", observed(5, "keras")) == Absent("Papers: no figure for PyTorch in 2020")


# ---- tally ---------------------------------------------------------------------------------------------------------------------


def tallied(*rows: tuple[int | None, int | None], minimum: int = 2) -> Claim | Absent:
    """A tally over measures in which keras and pytorch have these figures."""
    metrics, seen, specs = {}, [], []
    for index, (keras, pytorch) in enumerate(rows):
        key = f"m{index}"
        metrics[key] = a_metric(key)
        seen += [
            observed(value, subject, metric=key)
            for value, subject in ((keras, "keras"), (pytorch, "pytorch"))
            if value is not None
        ]
        specs.append(ClaimSpec(f"lead{index}", "lead", key, ("keras", "pytorch")))
    specs.append(ClaimSpec("it", "tally", claims=tuple(spec.key for spec in specs), noun="conferences", minimum=minimum))
    return claims(specs, figures(*seen, metrics=metrics), YEAR)["it"]


def counts(found: Claim | Absent) -> tuple[object, ...]:
    assert isinstance(found, Claim), found
    return found.finding, found.subjects, {name: quantity.value for name, quantity in found.quantities.items()}


def test_leads_are_counted_by_who_has_them() -> None:
    found = tallied((9, 1), (1, 9), (9, 1))
    assert counts(found) == (Finding.LEADS, ("keras", "pytorch"), {"leads_keras": 2, "leads_pytorch": 1, "measures": 3})
    assert isinstance(found, Claim)
    assert sorted((seen.metric, seen.value) for seen in found.evidence) == [
        ("m0", 1), ("m0", 9), ("m1", 1), ("m1", 9), ("m2", 1), ("m2", 9),
    ]  # fmt: skip
    assert {quantity.noun for quantity in found.quantities.values()} == {"conferences"}


def test_who_leads_more_often_is_named_first() -> None:
    assert counts(tallied((9, 1), (1, 9), (1, 9)))[1] == ("pytorch", "keras")


def test_a_level_measure_is_counted_but_goes_to_nobody() -> None:
    assert counts(tallied((9, 1), (100, 98), (9, 1))) == (
        Finding.LEADS,
        ("keras",),
        {"leads_keras": 2, "undecided": 1, "measures": 3},
    )


def test_each_count_of_a_tally_rests_on_the_measures_it_counts() -> None:
    found = tallied((9, 1), (1, 9), (100, 98), (9, 1))
    assert isinstance(found, Claim)
    assert {name: [seen.metric for seen in quantity.evidence] for name, quantity in found.quantities.items()} == {
        "leads_keras": ["m0", "m0", "m3", "m3"],
        "leads_pytorch": ["m1", "m1"],
        "undecided": ["m2", "m2"],
        "measures": ["m0", "m0", "m1", "m1", "m2", "m2", "m3", "m3"],
    }
    assert [quantity.subjects for quantity in found.quantities.values()][:2] == [("keras",), ("pytorch",)]


def test_an_absent_measure_is_not_counted() -> None:
    assert counts(tallied((9, 1), (9, None), (9, 1))) == (Finding.LEADS, ("keras",), {"leads_keras": 2, "measures": 2})


def test_as_many_leads_for_both_is_level() -> None:
    assert counts(tallied((9, 1), (1, 9))) == (
        Finding.LEVEL,
        ("keras", "pytorch"),
        {"leads_keras": 1, "leads_pytorch": 1, "measures": 2},
    )


def test_one_measure_is_no_tally_and_neither_are_measures_without_a_leader() -> None:
    assert tallied((9, 1), (9, None)) == Absent(
        '1 of the 2 conferences that "it" needs have a figure in 2020; M1: no figure for PyTorch in 2020'
    )
    assert tallied((1, 1), (7, 7)) == Absent("no measure of 2020 has a leader")


def test_a_tally_of_fewer_measures_than_the_recipe_wants_says_which_is_missing_first() -> None:
    rows = (9, 1), (None, 9), (9, 1), (9, None)
    assert tallied(*rows, minimum=3) == Absent(
        '2 of the 3 conferences that "it" needs have a figure in 2020; M1: no figure for Keras in 2020'
    )
    assert counts(tallied(*rows, minimum=2)) == (Finding.LEADS, ("keras",), {"leads_keras": 2, "measures": 2})


# ---- against the month before --------------------------------------------------------------------------------------------------


def monthly(value: int, month: str, subject: str = "keras", metric: str = "papers") -> Observation:
    return observed(value, subject, month, metric)


def of_october(kind: str, subjects: str, *seen: Observation, **rest: object) -> Claim | Absent:
    return claimed(kind, subjects, *seen, **{"period": "2020-10", "against": "previous"} | rest)


TOTALS = {"papers": a_metric("papers", aggregation=Aggregation.TOTAL), "stars": METRICS["stars"]}


def test_a_month_is_measured_from_the_month_before_by_the_day() -> None:
    # 3,100 in 31 days are 100 a day, 2,400 in 30 days are 80: a quarter more by the day
    claim = of_october("growth", "keras", monthly(3_100, "2020-10"), monthly(2_400, "2020-09"), metrics=TOTALS)
    assert isinstance(claim, Claim)
    assert (claim.finding, values(claim)) == (Finding.GREW, {"ratio": 1.25, "percent": 25})
    assert claim.before == Period.parse("2020-09")


def test_a_month_of_fewer_days_with_as_many_a_day_has_not_fallen() -> None:
    # 29,000 in February 2020 and 31,000 in January are 1,000 a day each
    claim = claimed(
        "growth",
        "keras",
        monthly(29_000, "2020-02"),
        monthly(31_000, "2020-01"),
        metrics=TOTALS,
        period="2020-02",
        against="previous",
    )
    assert isinstance(claim, Claim)
    assert claim.finding is Finding.LEVEL


def test_without_the_month_before_the_one_of_a_year_before_does_not_stand_in() -> None:
    assert of_october("growth", "keras", monthly(3_100, "2020-10"), monthly(2_400, "2019-10"), metrics=TOTALS) == Absent(
        "Papers: no figure for Keras in September 2020"
    )


RANKS = ("keras pytorch tensorflow", 500, 900, 700)


@pytest.mark.parametrize(
    ("before", "finding", "places"),
    [((300, 800, 600), Finding.LEVEL, (3, 3)), ((650, 800, 400), Finding.FELL, (3, 2)), ((999, 800, 600), Finding.FELL, (3, 1))],
)
def test_a_rank_is_compared_with_that_of_the_month_before(
    before: tuple[int, int, int], finding: Finding, places: tuple[int, int]
) -> None:
    subjects = ("keras", "pytorch", "tensorflow")
    now = [monthly(value, "2020-10", subject) for subject, value in zip(subjects, (500, 900, 700), strict=True)]
    then = [monthly(value, "2020-09", subject) for subject, value in zip(subjects, before, strict=True)]
    claim = of_october("rank_change", "keras pytorch tensorflow", *now, *then, metrics=TOTALS)
    assert isinstance(claim, Claim)
    assert (claim.finding, values(claim)) == (finding, {"place": places[0], "before": places[1]})
    assert claim.quantities["before"].evidence == tuple(sorted(then, key=lambda seen: -seen.value))


def test_no_change_of_rank_is_told_where_either_rank_is_a_tie_or_unknown() -> None:
    now = [monthly(500, "2020-10"), monthly(900, "2020-10", "pytorch")]
    tied = [monthly(800, "2020-09"), monthly(801, "2020-09", "pytorch")]
    assert of_october("rank_change", "keras pytorch", *now, *tied, metrics=TOTALS) == Absent(
        "Keras and PyTorch are level: no rank is stated"
    )
    assert of_october("rank_change", "keras pytorch", *now, tied[0], metrics=TOTALS) == Absent(
        "Papers: no figure for PyTorch in September 2020"
    )


# ---- what was added to a stock -------------------------------------------------------------------------------------------------


def read_on(value: int, day: str) -> Observation:
    return observed(value, "keras", day, "stars")


def test_what_was_added_to_a_stock_is_the_difference_of_its_snapshots() -> None:
    now, before = read_on(61_500, "2020-10-31"), read_on(60_250, "2020-09-30")
    claim = of_october("gained", "keras", before, now, metric="stars")
    assert isinstance(claim, Claim)
    assert (claim.finding, values(claim)) == (Finding.STATED, {"gain": 1_250})
    assert claim.evidence == (now, before)


def test_a_first_snapshot_tells_of_no_gain() -> None:
    assert of_october("gained", "keras", read_on(61_500, "2020-11-02"), metric="stars") == Absent(
        "Stars: no earlier snapshot of Keras; the first was taken on 2 Nov 2020", "no snapshot"
    )


@pytest.mark.parametrize("kind", ["gained", "growth"])
@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        ("2020-09-30", "2020-10-31", ""),
        ("2020-09-27", "2020-10-28", ""),  # three days off at both ends; a tenth of 31 days is 3.1
        ("2020-09-26", "2020-10-27", "the snapshot that stands for the end of October 2020 was taken on 27 Oct 2020, more than 3 days off"),
        ("2020-09-30", "2020-11-01", ""),  # 32 days apart; 4 % of 31 days are a day and six hours
        ("2020-09-30", "2020-11-02", "33 days and 0 hours lie between the snapshots, not the 31 days from September 2020 to October 2020"),
        ("2020-10-02", "2020-10-31", "29 days and 0 hours lie between the snapshots, not the 31 days from September 2020 to October 2020"),
    ],
)  # fmt: skip
def test_snapshots_off_the_ends_of_a_time_or_its_length_tell_of_no_change(kind: str, first: str, last: str, why: str) -> None:
    found = of_october(kind, "keras", read_on(60_000, first), read_on(90_000, last), metric="stars")
    assert isinstance(found, Claim) if not why else found == Absent(f"Stars: {why}")


@pytest.mark.parametrize(("day", "compared"), [("2020-10-30", True), ("2020-10-29", False)])
def test_stocks_read_on_different_days_are_not_compared(day: str, compared: bool) -> None:
    # a twentieth of October's 31 days are a day and a half
    seen = read_on(60_000, "2020-10-31"), observed(50_000, "pytorch", day, "stars")
    found = of_october("lead", "keras pytorch", *seen, metric="stars")
    assert (
        isinstance(found, Claim)
        if compared
        else found == Absent("Stars: the snapshots of October 2020 lie 2 days apart, and are not compared")
    )


def test_a_sum_of_all_that_stands_lower_than_before_is_not_told() -> None:
    assert of_october("gained", "keras", read_on(9, "2020-09-30"), read_on(8, "2020-10-31"), metric="stars") == Absent(
        "Stars: Keras stands lower than before, and a sum of all does not fall"
    )


def test_what_was_added_to_a_total_is_the_total() -> None:
    assert of_october("gained", "keras", monthly(9, "2020-10"), metrics=TOTALS) == Absent(
        "Papers is no stock: what was added in October 2020 is the figure itself"
    )


# ---- all kinds -----------------------------------------------------------------------------------------------------------------


def test_every_kind_says_how_many_subjects_it_needs() -> None:
    assert dict(NEEDS) == {
        "lead": 2,
        "ratio": 2,
        "rank": 2,
        "level": 2,
        "growth": 1,
        "gained": 1,
        "rank_change": 2,
        "fastest": 2,
        "overtook": 2,
        "record": 1,
        "first": 1,
        "share": 1,
        "multiplied": 1,
        "tally": 0,
    }
    assert set(KINDS) == set(NEEDS)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("gained", "tally")])
def test_without_figures_every_claim_is_absent_with_a_reason(kind: str) -> None:
    found = claimed(kind, "tensorflow keras")
    assert isinstance(found, Absent)
    assert found.reason.startswith("Papers: no figure for ")


def test_a_held_metric_is_the_reason_its_claims_are_absent() -> None:
    spec = ClaimSpec("it", "lead", "papers", ("keras", "pytorch"))
    found = claims([spec], figures(held={"papers": "the parts exceed the whole"}), YEAR)
    assert found == {"it": Absent("held: the parts exceed the whole", "held back")}


def test_claims_are_of_the_figures_of_their_own_period() -> None:
    seen = observed(9, "keras"), observed(1, "pytorch"), observed(1, "keras", "2019"), observed(9, "pytorch", "2019")
    assert [stated("lead", "keras pytorch", *seen, period=year).subjects[0] for year in ("2020", "2019")] == ["keras", "pytorch"]


@pytest.mark.parametrize("unit", [Unit.PERCENT, Unit.RATE])
def test_what_does_not_add_up_is_not_divided_by_days(unit: Unit) -> None:
    # 40 over 375 days and 38 over 356 days: the higher one leads, whatever the windows
    metrics = {**METRICS, "level": a_metric("level", unit, Aggregation.TOTAL, tolerance_days=19, base="users")}
    bases = [observed(100_000, "all", when, "users") for when in (LONG, SHORT)]
    high, low = observed(40, "keras", LONG, "level"), observed(38, "pytorch", SHORT, "level")
    claim = stated("lead", "keras pytorch", high, low, *bases, metric="level", metrics=metrics)
    assert (claim.finding, claim.subjects) == (Finding.LEADS, ("keras", "pytorch"))
    assert next(iter(claim.quantities.values())).value == pytest.approx(2 if unit is Unit.PERCENT else 40 / 38)


def test_a_percentage_everybody_was_counted_for_is_compared_like_a_count() -> None:
    metrics = {**METRICS, "census": a_metric("census", Unit.PERCENT, sample=False)}
    seen = [observed(65.3, "keras", metric="census"), observed(18.5, "pytorch", metric="census")]
    claim = stated("lead", "keras pytorch", *seen, metric="census", metrics=metrics)
    assert (claim.finding, claim.evidence) == (Finding.LEADS, tuple(seen))
    assert claim.quantities["difference"].value == pytest.approx(46.8)
    close = [observed(50.0, "keras", metric="census"), observed(49.0, "pytorch", metric="census")]  # within 3 % of each other
    assert stated("lead", "keras pytorch", *close, metric="census", metrics=metrics).finding is Finding.LEVEL
