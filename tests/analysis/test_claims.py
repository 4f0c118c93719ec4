"""
Each kind of claim in each way it can come out. Figures are the published ones where one is named: PyPI (365 days, pip), Kaggle's
survey (share of those who name a framework), GitHub at the year's end, papers at NeurIPS. Results are worked out by hand beside them.
"""

from __future__ import annotations

import pytest

from bot.analysis.claims import KINDS, NEEDS, claims
from bot.domain.claim import Claim, Quantity, Verdict
from bot.domain.measure import Absent, Aggregation, Observation, Unit
from bot.domain.period import Period
from bot.domain.report import ClaimSpec
from tests.builders import a_break, a_metric, asked, claimed, figures, observed, stated, window

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
        Verdict.LEADS,
        "downloads",
        ("tensorflow", "pytorch"),
        YEAR,
        {"ratio": number("ratio", pytest.approx(6.1636, abs=5e-5), Unit.RATIO, "times", TF_2020, TORCH_2020, metric="downloads")},
    )


def test_a_ratio_names_the_higher_first_whichever_the_recipe_names_first() -> None:
    assert claimed("ratio", "pytorch tensorflow", TORCH_2020, TF_2020, metric="downloads") == claimed(
        "ratio", "tensorflow pytorch", TF_2020, TORCH_2020, metric="downloads"
    )


def test_when_the_order_turns_round_so_does_the_ratio() -> None:
    # NeurIPS 2020: 312 papers name PyTorch, 94 TensorFlow. 312 / 94 = 3.319
    claim = stated("ratio", "tensorflow pytorch", observed(94, "tensorflow"), observed(312, "pytorch"))
    assert (claim.verdict, claim.subjects, values(claim)) == (Verdict.LEADS, ("pytorch", "tensorflow"), {"ratio": 3.319})


def test_a_ratio_without_one_of_the_two_is_absent_with_the_reason() -> None:
    assert claimed("ratio", "tensorflow pytorch", TF_2020, metric="downloads") == Absent(
        "Downloads: no figure for PyTorch in 2020"
    )


def test_a_ratio_over_nought_is_told_as_a_difference() -> None:
    four, none = observed(4, "tensorflow"), observed(0, "pytorch")
    claim = stated("ratio", "tensorflow pytorch", four, none)
    assert (claim.verdict, dict(claim.quantities)) == (
        Verdict.LEADS,
        {"difference": number("difference", 4.0, Unit.RATE, "papers", four, none)},
    )


def test_the_ratio_of_two_shares_comes_with_their_distance_and_rests_on_the_base() -> None:
    # 61.8 / 33.9 = 1.823; 61.8 - 33.9 = 27.9
    base, one, other = asked(12_932), used(61.8, "keras"), used(33.9, "pytorch")
    claim = stated("ratio", "keras pytorch", base, one, other, metric="use")
    evidence = (one, other, base)
    assert dict(claim.quantities) == {
        "ratio": number("ratio", pytest.approx(1.823, abs=5e-4), Unit.RATIO, "times", *evidence, metric="use"),
        "difference": number("difference", pytest.approx(27.9), Unit.RATE, "percentage points", *evidence, metric="use"),
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
    assert (claim.verdict, claim.subjects, claim.missing, values(claim)) == (
        Verdict.LEADS,
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
    assert (claim.verdict, claim.subjects) == (Verdict.LEVEL, ("keras", "pytorch"))


@pytest.mark.parametrize(("second", "verdict"), [(97, Verdict.LEVEL), (96, Verdict.LEADS)])
def test_a_lead_begins_beyond_three_percent(second: int, verdict: Verdict) -> None:
    assert stated("lead", "keras pytorch", observed(100, "keras"), observed(second, "pytorch")).verdict is verdict


def test_shares_with_overlapping_intervals_are_level() -> None:
    # Kaggle 2019: 48.38 and 47.84 of 12,033, each give or take 0.89
    claim = stated("lead", "tensorflow keras pytorch", *KAGGLE_2019, metric="use", period="2019")
    assert (claim.verdict, claim.subjects) == (Verdict.LEVEL, ("tensorflow", "keras", "pytorch"))


def test_shares_with_separate_intervals_lead_by_points() -> None:
    # Kaggle 2020: 53.62 and 47.88 of 12,932, each give or take 0.86: 5.74 points, 1.12 times
    base, tensorflow, keras, _ = KAGGLE_2020
    claim = stated("lead", "tensorflow keras pytorch", *KAGGLE_2020, metric="use")
    assert (claim.verdict, values(claim)) == (Verdict.LEADS, {"ratio": 1.12, "difference": 5.74})
    assert claim.evidence == (tensorflow, keras, base)


def test_the_same_shares_of_few_people_are_level() -> None:
    # 53.62 and 47.88 of 100: each give or take nearly ten points
    claim = stated("lead", "tensorflow keras", asked(100), *KAGGLE_2020[1:], metric="use")
    assert claim.verdict is Verdict.LEVEL


@pytest.mark.parametrize("base", [(), (asked(0),)])
def test_shares_of_an_unknown_number_of_people_are_compared_like_counts(base: tuple[Observation, ...]) -> None:
    seen = used(50, "keras"), used(48.5, "pytorch"), used(48.4, "tensorflow")
    assert stated("lead", "keras pytorch", *base, *seen, metric="use").verdict is Verdict.LEVEL
    assert stated("lead", "keras tensorflow", *base, *seen, metric="use").verdict is Verdict.LEADS


def test_a_tie_is_level_in_the_order_of_the_recipe() -> None:
    seen = observed(7, "pytorch"), observed(7, "keras"), observed(7, "tensorflow")
    claim = stated("lead", "keras tensorflow pytorch", *seen)
    assert (claim.verdict, claim.subjects) == (Verdict.LEVEL, ("keras", "tensorflow", "pytorch"))


def test_nought_and_nought_are_level() -> None:
    claim = stated("lead", "keras pytorch", observed(0, "keras"), observed(0, "pytorch"))
    assert (claim.verdict, values(claim)) == (Verdict.LEVEL, {"difference": 0})


def test_a_lead_among_those_measured_names_who_was_not() -> None:
    claim = stated("lead", "tensorflow keras pytorch", observed(94, "tensorflow"), observed(312, "pytorch"))
    assert (claim.subjects, claim.missing) == (("pytorch", "tensorflow"), ("keras",))


def test_nobody_leads_alone() -> None:
    assert claimed("lead", "tensorflow keras", observed(94, "tensorflow")) == Absent("Papers: no figure for Keras in 2020")
    assert claimed("lead", "tensorflow", observed(94, "tensorflow")) == Absent('claim "it" names fewer than two subjects')


# ---- growth --------------------------------------------------------------------------------------------------------------------


def test_tensorflow_downloads_grew_to_two_point_six_times_those_of_2019() -> None:
    # 113,788,105 / 44,066,008 = 2.5822, both over 365 days; 158.2 %
    assert claimed("growth", "tensorflow", TF_2019, TF_2020, metric="downloads") == Claim(
        "it",
        "growth",
        Verdict.GREW,
        "downloads",
        ("tensorflow",),
        YEAR,
        {
            "ratio": number("ratio", pytest.approx(2.5822, abs=5e-5), Unit.RATIO, "times", TF_2020, TF_2019, metric="downloads"),
            "percent": number(
                "percent", pytest.approx(158.22, abs=5e-3), Unit.RATE, "percent", TF_2020, TF_2019, metric="downloads"
            ),
        },
    )


def test_keras_on_kaggle_is_level_with_the_year_before() -> None:
    # 47.84 of 12,033 and 47.88 of 12,932
    claim = stated("growth", "keras", *KAGGLE_2019, *KAGGLE_2020, metric="use")
    assert (claim.verdict, values(claim)) == (Verdict.LEVEL, {"difference": 0.04})
    assert claim.evidence == (KAGGLE_2020[2], KAGGLE_2019[2], KAGGLE_2020[0], KAGGLE_2019[0])


def test_pytorch_on_kaggle_grew_by_four_points() -> None:
    # 32.39 - 28.36
    claim = stated("growth", "pytorch", *KAGGLE_2019, *KAGGLE_2020, metric="use")
    assert (claim.verdict, values(claim), claim.quantities["difference"].noun) == (
        Verdict.GREW,
        {"difference": 4.03},
        "percentage points",
    )


def test_what_fell_fell() -> None:
    # GitHub forks of tensorflow as EvanLi has them: 89,274 and 74,395, down by 16.67 %
    claim = stated("growth", "tensorflow", stars(89_274, "tensorflow", 2019), stars(74_395, "tensorflow"), metric="stars")
    assert (claim.verdict, values(claim)) == (Verdict.FELL, {"ratio": 0.833, "percent": 16.67})


def test_stars_grew_by_a_part() -> None:
    # 45,135 / 35,015 = 1.289
    claim = stated("growth", "pytorch", stars(35_015, "pytorch", 2019), stars(45_135, "pytorch"), metric="stars")
    assert (claim.verdict, values(claim)) == (Verdict.GREW, {"ratio": 1.289, "percent": 28.9})


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        (97, 100, Verdict.LEVEL),
        (96, 100, Verdict.GREW),
        (100, 97, Verdict.LEVEL),
        (100, 96, Verdict.FELL),
        (100, 100, Verdict.LEVEL),
    ],
)
def test_growth_begins_beyond_three_percent(before: int, now: int, verdict: Verdict) -> None:
    assert stated("growth", "keras", observed(before, "keras", "2019"), observed(now, "keras")).verdict is verdict


def test_growth_from_nought_is_told_as_a_difference() -> None:
    now, before = observed(5, "keras"), observed(0, "keras", "2019")
    claim = stated("growth", "keras", now, before)
    assert (claim.verdict, dict(claim.quantities)) == (
        Verdict.GREW,
        {"difference": number("difference", 5.0, Unit.RATE, "papers", now, before)},
    )


def test_nought_after_nought_is_level() -> None:
    assert stated("growth", "keras", observed(0, "keras"), observed(0, "keras", "2019")).verdict is Verdict.LEVEL


def test_there_is_no_growth_on_the_first_run_or_without_a_figure_of_now() -> None:
    assert claimed("growth", "keras", observed(5, "keras")) == Absent("Papers: no figure for Keras in 2019")
    assert claimed("growth", "keras", observed(5, "keras", "2019")) == Absent("Papers: no figure for Keras in 2020")


def test_totals_of_windows_of_different_length_are_compared_per_day() -> None:
    # 375 days and 355 days: 1,500,000 / 375 = 4,000 a day, 710,000 / 355 = 2,000 a day
    long = observed(1_500_000, period=window("2019-12-23", "2021-01-01"), metric="downloads")
    short = observed(710_000, period=window("2019-01-11", "2020-01-01"), metric="downloads")
    claim = stated("growth", "tensorflow", long, short, metric="downloads")
    assert (claim.verdict, values(claim)) == (Verdict.GREW, {"ratio": 2.0, "percent": 100.0})


def test_a_total_that_is_larger_only_because_its_window_is_longer_did_not_grow() -> None:
    # 1,031,000 over 375 days is 2,749 a day, 1,000,000 over 365 days 2,740: less than half a percent
    long = observed(1_031_000, period=window("2019-12-23", "2021-01-01"), metric="downloads")
    before = observed(1_000_000, period=window("2019-01-01", "2020-01-01"), metric="downloads")
    assert stated("growth", "tensorflow", long, before, metric="downloads").verdict is Verdict.LEVEL


def test_a_total_that_is_as_large_over_a_longer_window_fell() -> None:
    # 1,000,000 over 355 days is 2,817 a day, 1,020,000 over 375 days 2,720: 3.4 % less
    long = observed(1_020_000, period=window("2019-12-23", "2021-01-01"), metric="downloads")
    short = observed(1_000_000, period=window("2019-01-11", "2020-01-01"), metric="downloads")
    assert stated("growth", "tensorflow", long, short, metric="downloads").verdict is Verdict.FELL


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
    assert (claim.verdict, claim.subjects, dict(claim.quantities)) == (
        Verdict.STATED,
        ("tensorflow",),
        {
            "factor": number(
                "factor",
                pytest.approx(2.852, abs=5e-4),
                Unit.RATIO,
                "times",
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
        Verdict.STATED,
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
    assert claimed("share", "pytorch", part) == Absent("Papers: no figure for respondents in 2020")
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


def tallied(*rows: tuple[int | None, int | None]) -> Claim | Absent:
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
    specs.append(ClaimSpec("it", "tally", claims=tuple(spec.key for spec in specs), noun="conferences"))
    return claims(specs, figures(*seen, metrics=metrics), YEAR)["it"]


def counts(found: Claim | Absent) -> tuple[object, ...]:
    assert isinstance(found, Claim), found
    return found.verdict, found.subjects, {name: quantity.value for name, quantity in found.quantities.items()}


def test_leads_are_counted_by_who_has_them() -> None:
    found = tallied((9, 1), (1, 9), (9, 1))
    assert counts(found) == (Verdict.LEADS, ("keras", "pytorch"), {"leads_keras": 2, "leads_pytorch": 1, "measures": 3})
    assert isinstance(found, Claim)
    assert [seen.value for seen in found.evidence] == [9, 1, 9, 1, 9, 1]
    assert {quantity.noun for quantity in found.quantities.values()} == {"conferences"}


def test_who_leads_more_often_is_named_first() -> None:
    assert counts(tallied((9, 1), (1, 9), (1, 9)))[1] == ("pytorch", "keras")


def test_a_level_measure_is_counted_but_goes_to_nobody() -> None:
    assert counts(tallied((9, 1), (100, 98), (9, 1))) == (Verdict.LEADS, ("keras",), {"leads_keras": 2, "measures": 3})


def test_an_absent_measure_is_not_counted() -> None:
    assert counts(tallied((9, 1), (9, None), (9, 1))) == (Verdict.LEADS, ("keras",), {"leads_keras": 2, "measures": 2})


def test_as_many_leads_for_both_is_level() -> None:
    assert counts(tallied((9, 1), (1, 9))) == (
        Verdict.LEVEL,
        ("keras", "pytorch"),
        {"leads_keras": 1, "leads_pytorch": 1, "measures": 2},
    )


def test_one_measure_is_no_tally_and_neither_are_measures_without_a_leader() -> None:
    assert tallied((9, 1), (9, None)) == Absent('claim "it" counts fewer than two leads in 2020')
    assert tallied((1, 1), (7, 7)) == Absent("no measure of 2020 has a leader")


# ---- all kinds -----------------------------------------------------------------------------------------------------------------


def test_every_kind_says_how_many_subjects_it_needs() -> None:
    assert dict(NEEDS) == {"lead": 2, "ratio": 2, "growth": 1, "multiplied": 1, "share": 1, "rank": 2, "tally": 0}
    assert set(KINDS) == set(NEEDS)


@pytest.mark.parametrize("kind", ["lead", "ratio", "growth", "multiplied", "share", "rank"])
def test_without_figures_every_claim_is_absent_with_a_reason(kind: str) -> None:
    found = claimed(kind, "tensorflow keras")
    assert isinstance(found, Absent)
    assert found.reason.startswith("Papers: no figure for ")


def test_a_held_metric_is_the_reason_its_claims_are_absent() -> None:
    spec = ClaimSpec("it", "lead", "papers", ("keras", "pytorch"))
    found = claims([spec], figures(held={"papers": "the parts exceed the whole"}), YEAR)
    assert found == {"it": Absent("held: the parts exceed the whole")}


def test_claims_are_of_the_figures_of_their_own_period() -> None:
    seen = observed(9, "keras"), observed(1, "pytorch"), observed(1, "keras", "2019"), observed(9, "pytorch", "2019")
    assert [stated("lead", "keras pytorch", *seen, period=year).subjects[0] for year in ("2020", "2019")] == ["keras", "pytorch"]
