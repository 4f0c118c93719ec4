"""The very sentence of every kind of claim in every way it can come out, and the number each claim word rests on."""

from __future__ import annotations

import pytest

from bot.analysis.claims import claims
from bot.compose.wording import listed, phrase, phrases, sentence
from bot.domain.claim import Claim, Finding, Quantity
from bot.domain.measure import Aggregation, Observation, Unit
from bot.domain.period import Period
from bot.domain.report import ClaimSpec
from bot.domain.text import Cited
from tests.builders import METRICS, a_metric, a_report, asked, figures, observed, stated, window

REPORT = a_report()
YEARS = [window("2017-01-09", "2018-01-09"), window("2018-01-04", "2019-01-04"), window("2019-01-03", "2020-01-03"), window("2020-01-02", "2021-01-01")]  # fmt: skip
TENSORFLOW = [
    observed(value, "tensorflow", year, "downloads")
    for value, year in zip((3_769_006, 13_606_453, 44_066_008, 113_788_105), YEARS, strict=True)
]
PYTORCH = observed(18_461_407, "pytorch", YEARS[3], "downloads")
BASES = asked(12_932), asked(12_033, "2019")


def used(share: float, subject: str, year: str = "2020") -> Observation:
    return observed(share, subject, year, "use")


def said(kind: str, subjects: str, *seen: Observation, **rest: object) -> str:
    return sentence(stated(kind, subjects, *seen, **rest), REPORT).text


@pytest.mark.parametrize(
    ("kind", "subjects", "metric", "seen", "text"),
    [
        # 113,788,105 / 18,461,407 = 6.16
        ("ratio", "pytorch tensorflow", "downloads", [TENSORFLOW[3], PYTORCH], "TensorFlow had about six times the downloads of PyTorch"),
        ("lead", "pytorch tensorflow", "downloads", [TENSORFLOW[3], PYTORCH],
         "TensorFlow leads, with about six times the downloads of PyTorch"),
        # 113,788,105 / 44,066,008 = 2.58
        ("growth", "tensorflow", "downloads", TENSORFLOW, "TensorFlow grew to 2.6 times the year before"),
        # 175,229,572 / 61,441,467 = 2.85
        ("multiplied", "tensorflow", "downloads", TENSORFLOW,
         "2020 alone multiplied the downloads of TensorFlow counted since 9 Jan 2017 by 2.85"),
        # Kaggle: 53.62 - 47.88 = 5.74 points
        ("lead", "tensorflow keras", "use", [*BASES, used(53.62, "tensorflow"), used(47.88, "keras")],
         "TensorFlow leads, with 5.7 points more than Keras"),
        ("ratio", "tensorflow keras", "use", [*BASES, used(53.62, "tensorflow"), used(47.88, "keras")],
         "TensorFlow had 5.7 points more than Keras"),
        ("growth", "keras", "use", [*BASES, used(47.88, "keras"), used(47.84, "keras", "2019")], "Keras shows no clear change on the year before"),
        ("growth", "pytorch", "use", [*BASES, used(32.39, "pytorch"), used(28.36, "pytorch", "2019")], "PyTorch grew by 4.0 points on the year before"),
        ("growth", "pytorch", "use", [*BASES, used(28.36, "pytorch"), used(32.39, "pytorch", "2019")], "PyTorch fell by 4.0 points on the year before"),
        ("lead", "keras pytorch", "papers", [observed(100, "keras"), observed(98, "pytorch")], "Keras and PyTorch are level"),
        ("lead", "keras pytorch tensorflow", "papers", [observed(100, "keras"), observed(98, "pytorch"), observed(7)], "Keras and PyTorch are level"),
        ("lead", "keras pytorch tensorflow", "papers", [observed(100, "keras"), observed(98, "pytorch"), observed(99)],
         "Keras, TensorFlow and PyTorch are level"),
        ("ratio", "keras pytorch", "papers", [observed(98, "keras"), observed(100, "pytorch")], "PyTorch and Keras are level"),
        ("lead", "keras pytorch", "papers", [observed(1_200, "keras"), observed(0, "pytorch")], "Keras leads, with 1,200 papers more than PyTorch"),
        ("ratio", "keras pytorch", "papers", [observed(4, "keras"), observed(0, "pytorch")], "Keras had 4 papers more than PyTorch"),
        ("growth", "keras", "papers", [observed(1_260, "keras"), observed(1_000, "keras", "2019")], "Keras grew by 26% on the year before"),
        ("growth", "keras", "papers", [observed(189, "keras"), observed(100, "keras", "2019")], "Keras grew by 89% on the year before"),
        ("growth", "keras", "papers", [observed(190, "keras"), observed(100, "keras", "2019")], "Keras grew to twice the year before"),
        ("growth", "keras", "papers", [observed(210, "keras"), observed(100, "keras", "2019")], "Keras grew to twice the year before"),
        ("growth", "keras", "papers", [observed(211, "keras"), observed(100, "keras", "2019")], "Keras grew to 2.1 times the year before"),
        ("growth", "keras", "papers", [observed(50, "keras"), observed(100, "keras", "2019")], "Keras fell by 50% on the year before"),
        # 26 apart: 1.96 * root(226) = 29.5, and 1.96 * root(174) = 25.9
        ("growth", "keras", "papers", [observed(126, "keras"), observed(100, "keras", "2019")], "Keras shows no clear change on the year before"),
        ("growth", "keras", "papers", [observed(74, "keras"), observed(100, "keras", "2019")], "Keras fell by 26% on the year before"),
        # one of 300 is left: 99.67 %, which is not all
        ("growth", "keras", "papers", [observed(1, "keras"), observed(300, "keras", "2019")], "Keras fell by over 99% on the year before"),
        ("growth", "keras", "papers", [observed(5, "keras"), observed(0, "keras", "2019")], "Keras grew by 5 papers on the year before"),
        ("growth", "keras", "papers", [observed(0, "keras"), observed(5, "keras", "2019")], "Keras fell by 100% on the year before"),
        # 312 / 1,898
        ("share", "pytorch", "papers", [observed(312, "pytorch"), observed(1_898, "all")], "PyTorch has 16.4% of the papers"),
        ("rank", "pytorch keras tensorflow", "papers", [observed(45_135, "pytorch"), observed(50_420, "keras"), observed(152_029)], "PyTorch is third by papers"),
    ],
)  # fmt: skip
def test_a_claim_is_told(kind: str, subjects: str, metric: str, seen: list[Observation], text: str) -> None:
    assert said(kind, subjects, *seen, metric=metric) == text


def test_the_claim_words_rest_on_the_claims_numbers_and_the_names_on_nothing() -> None:
    claim = stated("lead", "keras pytorch", *BASES, used(61.8, "keras"), used(33.9, "pytorch"), metric="use")
    difference = claim.quantities["difference"]
    assert (
        sentence(claim, REPORT)
        == "Keras " + Cited.of("leads", difference) + ", with " + Cited.of("27.9 points more", difference) + " than PyTorch"
    )


def test_each_word_of_a_growth_rests_on_the_number_it_shows() -> None:
    part = stated("growth", "keras", observed(1_260, "keras"), observed(1_000, "keras", "2019"))
    assert sentence(part, REPORT) == "Keras " + Cited.of("grew by 26%", part.quantities["percent"]) + " on the year before"
    assert phrase(part, REPORT, "changed") == "Keras " + Cited.of("+26%", part.quantities["percent"])
    double = stated("growth", "keras", observed(2_000, "keras"), observed(1_000, "keras", "2019"))
    assert sentence(double, REPORT) == "Keras " + Cited.of("grew to twice the year before", double.quantities["ratio"])
    assert phrase(double, REPORT, "changed") == "Keras " + Cited.of("twice as many", double.quantities["ratio"])
    level = stated("growth", "keras", observed(1_010, "keras"), observed(1_000, "keras", "2019"))
    assert sentence(level, REPORT) == "Keras " + Cited.of("shows no clear change on the year before", level.quantities["percent"])


# ---- totals of windows of different length -------------------------------------------------------------------------------------

LONG, SHORT = window("2019-12-23", "2021-01-01"), window("2019-01-11", "2020-01-01")
"""375 and 355 days."""
BESIDE = window("2020-01-11", "2021-01-01")
"""356 days, which begin 19 days later than the 375."""
LOOSE = {"downloads": a_metric("downloads", aggregation=Aggregation.TOTAL, tolerance_days=19)}


def test_totals_of_windows_of_different_length_are_told_by_the_day() -> None:
    # 11,250,000 / 375 = 30,000 a day; 3,560,000 / 356 = 10,000 a day: three times, and 3.16 times in all
    seen = observed(11_250_000, "keras", LONG, "downloads"), observed(3_560_000, "pytorch", BESIDE, "downloads")
    assert (
        said("ratio", "keras pytorch", *seen, metric="downloads", metrics=LOOSE)
        == "Keras had three times the downloads a day of PyTorch"
    )
    assert said("lead", "keras pytorch", *seen, metric="downloads", metrics=LOOSE) == (
        "Keras leads, with three times the downloads a day of PyTorch"
    )


def test_a_growth_by_the_day_is_no_growth_each_day() -> None:
    # 1,500,000 / 375 = 4,000 a day, 1,136,000 / 355 = 3,200 a day: a quarter more, once
    now, before = observed(1_500_000, "keras", LONG, "downloads"), observed(1_136_000, "keras", SHORT, "downloads")
    told = said("growth", "keras", now, before, metric="downloads")
    assert told.startswith("Keras grew by 25% on the year before")
    assert "a day" in told or "per day" in told or "by the day" in told
    assert not told.endswith("25% a day")


def test_no_clear_change_by_the_day_is_told_as_such() -> None:
    # 1,031,000 / 375 = 2,749 a day, 970,000 / 355 = 2,732 a day
    now, before = observed(1_031_000, "keras", LONG, "downloads"), observed(970_000, "keras", SHORT, "downloads")
    told = said("growth", "keras", now, before, metric="downloads")
    assert told.startswith("Keras shows no clear change on the year before")
    assert not told.endswith("the year before a day")


def test_a_multiplication_rests_on_every_year_of_it() -> None:
    told = sentence(stated("multiplied", "tensorflow", *TENSORFLOW, metric="downloads"), REPORT)
    assert [(piece, basis.evidence) for piece, basis in told.pieces() if isinstance(basis, Quantity)] == [
        (piece, (TENSORFLOW[3], *TENSORFLOW[:3])) for piece in ("multiplied", "2.85")
    ]  # fmt: skip


def test_since_when_is_counted_rests_on_the_oldest_figure_itself() -> None:
    told = sentence(stated("multiplied", "tensorflow", *TENSORFLOW, metric="downloads"), REPORT)
    assert [(piece, basis) for piece, basis in told.pieces() if isinstance(basis, Observation)] == [("9 Jan 2017", TENSORFLOW[0])]


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [(1_260, 1_000, "Keras +26%"), (250, 100, "Keras 2.5 times as many"), (200, 100, "Keras twice as many"), (740, 1_000, "Keras −26%"),
     (101, 100, "Keras level"), (126, 100, "Keras level"), (5, 0, "Keras +5 papers"), (0, 5, "Keras −100%")],
)  # fmt: skip
def test_a_change_in_a_list_is_told_in_a_word(now: int, before: int, text: str) -> None:
    claim = stated("growth", "keras", observed(now, "keras"), observed(before, "keras", "2019"))
    assert phrase(claim, REPORT, "changed").text == text  # type: ignore[union-attr]


def test_a_change_of_a_share_in_a_list_is_told_in_points() -> None:
    claim = stated("growth", "pytorch", *BASES, used(32.39, "pytorch"), used(28.36, "pytorch", "2019"), metric="use")
    assert phrase(claim, REPORT, "changed") == "PyTorch " + Cited.of("+4.0 points", claim.quantities["difference"])


def test_who_leads_is_said_in_short_or_that_nobody_does() -> None:
    leads = stated("lead", "keras pytorch", observed(9, "keras"), observed(1, "pytorch"))
    level = stated("ratio", "keras pytorch", observed(9, "keras"), observed(9, "pytorch"))
    assert phrase(leads, REPORT, "leads") == "Keras " + Cited.of("leads", leads.quantities["ratio"])
    assert phrase(level, REPORT, "leads") == "Keras and PyTorch " + Cited.of("are level", level.quantities["ratio"])


def test_a_claim_has_its_own_parts_and_no_others() -> None:
    claim = stated("lead", "keras pytorch", observed(9, "keras"), observed(1, "pytorch"))
    assert list(phrases(claim)) == ["sentence", "leads", "ratio"]
    assert [phrase(claim, REPORT, name) for name in ("changed", "difference", "share", "")] == [None] * 4
    assert phrase(claim, REPORT, "ratio") == Cited.of("nine times", claim.quantities["ratio"])


@pytest.mark.parametrize(
    ("unit", "noun", "value", "text"),
    [
        (Unit.RATIO, "times", 2.58, "2.6 times"),
        (Unit.PERCENT, "papers", 16.438, "16.4%"),
        (Unit.CHANGE, "downloads", 158.2, "158%"),
        (Unit.CHANGE, "downloads", -16.67, "17%"),
        (Unit.POINTS, "respondents", 4.03, "4.0 points"),
        (Unit.POINTS, "respondents", -4.03, "4.0 points"),
        (Unit.RATE, "downloads", 2.5, "2.50"),
        (Unit.COUNT, "downloads", 61_441_467, "61.4M"),
        (Unit.COUNT, "downloads", -61_441_467, "61.4M"),
    ],
)
def test_a_number_of_a_claim_is_printed_in_the_form_of_its_unit(unit: Unit, noun: str, value: float, text: str) -> None:
    quantity = Quantity("it", "n", value, unit, noun, "papers", ("keras",), Period.parse("2020"), (observed(1),))
    claim = Claim("it", "share", Finding.STATED, "papers", ("keras",), Period.parse("2020"), {"n": quantity})
    assert phrase(claim, REPORT, "n") == Cited.of(text, quantity)


def tally(*rows: tuple[int, int, int]) -> str:
    return sentence(tallied(*rows), REPORT).text


def tallied(*rows: tuple[int, int, int]) -> Claim:
    metrics, seen, specs = dict(METRICS), [], []
    for index, row in enumerate(rows):
        metrics[f"m{index}"] = a_metric(f"m{index}")
        seen += [
            observed(value, subject, metric=f"m{index}")
            for value, subject in zip(row, ("tensorflow", "keras", "pytorch"), strict=True)
        ]
        specs.append(ClaimSpec(f"lead{index}", "lead", f"m{index}", ("tensorflow", "keras", "pytorch")))
    specs.append(ClaimSpec("it", "tally", claims=tuple(spec.key for spec in specs)))
    found = claims(specs, figures(*seen, metrics=metrics), Period.parse("2020"))["it"]
    assert isinstance(found, Claim)
    return found


T, K, P, LEVEL = (9, 1, 2), (1, 9, 2), (1, 2, 9), (9, 9, 1)


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ((T, T, T), "TensorFlow leads in all three measures"),
        ((T, T, P), "TensorFlow leads in two of three measures and PyTorch in one"),
        ((T, T, T, K, P), "TensorFlow leads in three of five measures, Keras in one and PyTorch in one"),
        ((T, LEVEL, T), "TensorFlow leads in two of three measures, with one level"),
        ((T, LEVEL, LEVEL), "TensorFlow leads in one of three measures, with two level"),
        ((T, T), "TensorFlow leads in both measures"),
        ((T, P), "TensorFlow leads in one of two measures and PyTorch in one"),
        ((P, P, LEVEL, T), "PyTorch leads in two of four measures and TensorFlow in one, with one level"),
    ],
)
def test_a_tally_is_told_by_who_leads_how_often(rows: tuple[tuple[int, int, int], ...], text: str) -> None:
    assert tally(*rows) == text


def test_each_count_of_a_tally_rests_on_its_own_number() -> None:
    claim = tallied(P, P, LEVEL, T)
    numbers = claim.quantities
    assert sentence(claim, REPORT) == (
        "PyTorch "
        + Cited.of("leads", numbers["leads_pytorch"])
        + " in "
        + Cited.of("two", numbers["leads_pytorch"])
        + " of "
        + Cited.of("four", numbers["measures"])
        + " measures and TensorFlow in "
        + Cited.of("one", numbers["leads_tensorflow"])
        + ", with "
        + Cited.of("one level", numbers["undecided"])
    )


def test_who_leads_in_a_tally_is_told_without_what_nobody_leads_in() -> None:
    assert str(phrase(tallied(P, P, LEVEL, T), REPORT, "leads")) == "PyTorch leads in two of four measures and TensorFlow in one"
    assert str(phrase(tallied(T, T), REPORT, "leads")) == "TensorFlow leads in both measures"


def test_names_are_listed_with_commas_and_an_and() -> None:
    assert [listed(names).text for names in ([], ["A"], ["A", "B"], ["A", "B", "C"])] == ["", "A", "A and B", "A, B and C"]


def test_a_change_in_a_list_says_so_where_it_is_by_the_day() -> None:
    # 3,750,000 / 375 = 10,000 a day against 2,840,000 / 355 = 8,000 a day
    part = stated(
        "growth",
        "keras",
        observed(3_750_000, "keras", LONG, "downloads"),
        observed(2_840_000, "keras", SHORT, "downloads"),
        metric="downloads",
    )
    assert str(phrase(part, REPORT, "changed")) == "Keras +25% by the day"
