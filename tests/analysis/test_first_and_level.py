"""What is measured for the first time, and what is level, each in every way it can come out."""

from __future__ import annotations

import pytest

from bot.domain.claim import Finding
from bot.domain.measure import Absent, Missing, Observation, Unit
from bot.domain.period import Period
from tests.builders import METRICS, a_break, a_metric, asked, claimed, observed, stated

# ---- first ---------------------------------------------------------------------------------------------------------------------

OTHERS = observed(94, "tensorflow", "2019"), observed(90, "tensorflow"), observed(312, "pytorch", "2018")


def test_who_has_a_figure_while_others_had_one_before_is_measured_first() -> None:
    now = observed(5, "keras")
    claim = stated("first", "keras", now, *OTHERS)
    assert (claim.finding, claim.subjects) == (Finding.STATED, ("keras",))
    assert {name: (number.value, number.unit, number.subjects) for name, number in claim.quantities.items()} == {
        "figure": (5, Unit.COUNT, ("keras",))
    }
    assert claim.evidence == (now, OTHERS[0])


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ((observed(5, "keras"), observed(4, "keras", "2018"), *OTHERS), "Papers: Keras was counted in 2018 already"),
        ((observed(5, "keras"), observed(94, "tensorflow")), "Papers: nobody has a figure before 2020: this is the first of all"),
        ((observed(5, "keras"),), "Papers: nobody has a figure before 2020: this is the first of all"),
        (OTHERS, "Papers: no figure for Keras in 2020"),
    ],
)
def test_nothing_is_measured_first(seen: tuple[Observation, ...], reason: str) -> None:
    assert claimed("first", "keras", *seen) == Absent(reason)


def test_a_figure_that_was_withdrawn_had_been_there() -> None:
    gone = Missing("papers", "keras", Period.parse("2019"), "a part was counted twice", withdrawn=True)
    assert claimed("first", "keras", observed(5, "keras"), *OTHERS, missing=[gone]) == Absent(
        "Papers: Keras was counted in 2019 already"
    )
    never = Missing("papers", "keras", Period.parse("2019"), "nobody knows it")
    assert stated("first", "keras", observed(5, "keras"), *OTHERS, missing=[never])


def test_only_the_others_it_names_count_if_it_names_any() -> None:
    now = observed(5, "keras")
    assert stated("first", "keras pytorch", now, *OTHERS).evidence == (now, OTHERS[2])
    assert isinstance(claimed("first", "keras pytorch", now, *OTHERS[:2]), Absent)


@pytest.mark.parametrize("day", ["2019-06-01", "2020-01-01"])
def test_whoever_begins_to_count_anew_measures_all_for_the_first_time(day: str) -> None:
    metrics = {"papers": a_metric("papers", breaks=(a_break(day),))}
    assert claimed("first", "keras", observed(5, "keras"), *OTHERS, metrics=metrics) == Absent(
        "Papers: those who have figures before 2020 were counted another way or by somebody else"
    )
    by_another = [observed(one.value, one.subject, one.period, origin="Another") for one in OTHERS]
    assert isinstance(claimed("first", "keras", observed(5, "keras"), *by_another), Absent)
    metrics = {"papers": a_metric("papers", same_counter=("Somebody", "Another"))}
    assert stated("first", "keras", observed(5, "keras"), *by_another, metrics=metrics)


# ---- level ---------------------------------------------------------------------------------------------------------------------


def test_all_that_are_within_noise_of_each_other_are_level() -> None:
    # 100,000 / 98,000 = 1.0204
    seen = observed(99_000, "keras"), observed(98_000, "tensorflow"), observed(100_000, "pytorch")
    claim = stated("level", "keras tensorflow pytorch", *seen)
    order = ("pytorch", "keras", "tensorflow")
    assert (claim.finding, claim.subjects, claim.tied) == (Finding.LEVEL, order, order)
    assert {name: number.value for name, number in claim.quantities.items()} == {"ratio": pytest.approx(1.0204, abs=5e-5)}
    assert claim.evidence == (seen[2], seen[0], seen[1])


@pytest.mark.parametrize(("lowest", "told"), [(97_000, True), (96_999, False)])
def test_who_is_farthest_apart_decides_whether_all_are_level(lowest: int, told: bool) -> None:
    seen = observed(100_000, "keras"), observed(98_000, "pytorch"), observed(lowest, "tensorflow")
    found = claimed("level", "tensorflow keras pytorch", *seen)
    assert bool(found is not None and not isinstance(found, Absent)) is told
    if not told:
        assert found == Absent("Papers: Keras and TensorFlow are not level in 2020")


def test_shares_are_level_where_their_intervals_overlap() -> None:
    # Kaggle 2019: 48.38 and 47.84 of 12,033, each give or take 0.89; 2020: 53.62 and 47.88 of 12,932
    seen = (
        asked(12_033, "2019"), observed(48.38, "tensorflow", "2019", "use"), observed(47.84, "keras", "2019", "use"),
        asked(12_932), observed(53.62, "tensorflow", "2020", "use"), observed(47.88, "keras", "2020", "use"),
    )  # fmt: skip
    claim = stated("level", "tensorflow keras", *seen, metric="use", period="2019")
    assert claim.quantities["difference"].value == pytest.approx(0.54)
    assert claim.evidence == (seen[1], seen[2], seen[0])
    assert claimed("level", "tensorflow keras", *seen, metric="use") == Absent("Use: TensorFlow and Keras are not level in 2020")


def test_who_has_no_figure_is_level_with_nobody() -> None:
    assert claimed("level", "keras pytorch", observed(7, "keras")) == Absent("Papers: no figure for PyTorch in 2020")
    assert claimed("level", "keras pytorch", observed(48, "keras", metric="use"), metric="use", metrics=METRICS) == Absent(
        "Use: no figure for PyTorch in 2020"
    )
