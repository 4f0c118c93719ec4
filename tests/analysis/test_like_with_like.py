"""What is not compared at all: figures of other origins, and totals of windows that do not lie beside each other."""

from __future__ import annotations

import pytest

from bot.domain.claim import Claim
from bot.domain.measure import Absent, Aggregation, Observation
from bot.domain.period import Period
from bot.sources import github, github_history
from tests.builders import METRICS, a_metric, claimed, observed, window

TWO = "Papers: counted by One and by Two, and nobody says that both repeat one counter; they are not compared"


def by(origin: str, value: float, subject: str, year: str = "2020", metric: str = "papers") -> Observation:
    return observed(value, subject, year, metric, origin=origin)


def papers(*same: str) -> dict[str, object]:
    return {"metrics": {"papers": a_metric("papers", same_counter=same)}}


@pytest.mark.parametrize("kind", ["lead", "ratio", "rank", "level", "share"])
@pytest.mark.parametrize(("same", "told"), [((), False), (("One",), False), (("One", "Three"), False), (("Two", "One"), True)])
def test_subjects_counted_by_two_origins_are_compared_only_where_both_repeat_one_counter(
    kind: str, same: tuple[str, ...], told: bool
) -> None:
    other = 100_000 if kind == "level" else 50_000
    found = claimed(kind, "keras pytorch", by("One", 100_000, "keras"), by("Two", other, "pytorch"), **papers(*same))
    assert isinstance(found, Claim) if told else found == Absent(TWO)


@pytest.mark.parametrize("kind", ["growth", "multiplied", "gained"])
@pytest.mark.parametrize("same", [(), ("One", "Two")])
def test_a_subject_counted_by_two_origins_is_not_compared_with_itself(kind: str, same: tuple[str, ...]) -> None:
    # two that repeat one counter still read it on other days and miss other things: a change between them may be theirs
    seen = by("One", 50_000, "keras", "2019-12-31", "stars"), by("Two", 100_000, "keras", "2020-12-31", "stars")
    metrics = {"stars": a_metric("stars", aggregation=Aggregation.LEVEL, same_counter=same)}
    assert claimed(kind, "keras", *seen, metric="stars", metrics=metrics, against="previous") == Absent(
        "Stars: 31 Dec 2019 was counted by One and 31 Dec 2020 by Two; they are not compared"
    )


def test_a_change_of_rank_needs_every_subject_counted_by_one_origin() -> None:
    now = by("One", 900, "keras"), by("One", 500, "pytorch")
    before = by("Two", 500, "keras", "2019"), by("Two", 900, "pytorch", "2019")
    assert claimed("rank_change", "keras pytorch", *now, *before) == Absent(
        "Papers: 2019 was counted by Two and 2020 by One; they are not compared"
    )
    assert isinstance(
        claimed("rank_change", "keras pytorch", *now, *(by("One", one.value, one.subject, "2019") for one in before)), Claim
    )


def test_the_row_that_is_multiplied_is_of_one_origin_from_end_to_end() -> None:
    row = by("Two", 10, "keras", "2018"), by("One", 20, "keras", "2019"), by("One", 40, "keras")
    assert claimed("multiplied", "keras", *row) == Absent(
        "Papers: 2018 was counted by Two and 2020 by One; they are not compared"
    )


def test_a_figure_given_by_hand_is_one_of_another_origin() -> None:
    source, hand = by("One", 100_000, "keras"), by("A person", 50_000, "pytorch")
    found = claimed("ratio", "keras pytorch", source, hand, by("One", 70_000, "pytorch"), by_hand=[hand])
    assert found == Absent(TWO.replace("Two", "A person"))


@pytest.mark.parametrize("kind", ["lead", "ratio", "rank"])
@pytest.mark.parametrize(
    ("first", "end", "told"),
    [
        ("2020-01-11", "2021-01-01", True),  # ten days, which is the tolerance, from 1 January
        ("2020-01-12", "2021-01-01", False),
        ("2020-01-01", "2020-12-22", True),
        ("2019-12-31", "2021-01-02", True),
        ("2020-01-11", "2021-01-11", True),
    ],
)
def test_totals_are_compared_when_their_windows_begin_and_end_within_the_tolerance_of_each_other(
    kind: str, first: str, end: str, told: bool
) -> None:
    year, shifted = window("2020-01-01", "2021-01-01"), window(first, end)
    loose = {"downloads": a_metric("downloads", aggregation=Aggregation.TOTAL, tolerance_days=11)}
    seen = observed(100_000, "keras", year, "downloads"), observed(50_000, "pytorch", shifted, "downloads")
    assert isinstance(claimed(kind, "keras pytorch", *seen, metric="downloads", metrics=loose), Claim)
    ten = claimed(kind, "keras pytorch", *seen, metric="downloads", metrics=METRICS)
    assert isinstance(ten, Claim) if told else isinstance(ten, Absent)


def test_windows_on_either_side_of_a_period_lie_too_far_apart() -> None:
    # each within ten days of the year's end, and eleven from each other
    early, late = window("2019-12-26", "2020-12-26"), window("2020-01-06", "2021-01-06")
    seen = observed(100_000, "keras", early, "downloads"), observed(50_000, "pytorch", late, "downloads")
    assert claimed("lead", "keras pytorch", *seen, metric="downloads", metrics=METRICS) == Absent(
        "Downloads: the windows of 2020 lie 11 days apart, and are not compared"
    )
    nearer = window("2020-01-05", "2021-01-05")
    seen = observed(100_000, "keras", early, "downloads"), observed(50_000, "pytorch", nearer, "downloads")
    assert isinstance(claimed("lead", "keras pytorch", *seen, metric="downloads", metrics=METRICS), Claim)


def test_github_itself_and_those_who_wrote_its_counters_down_repeat_one_counter() -> None:
    names = {origin.name for room in (github, github_history) for origin in room.ORIGINS}
    assert {metric.key: set(metric.same_counter) for metric in github_history.METRICS} == {"gh_stars": names, "gh_forks": names}


def test_a_period_of_both_origins_is_told_by_the_one_given_last() -> None:
    seen = by("One", 100_000, "keras"), by("One", 50_000, "pytorch"), by("Two", 100_000, "keras"), by("Two", 50_000, "pytorch")
    found = claimed("lead", "keras pytorch", *seen)
    assert isinstance(found, Claim)
    assert {one.origin for one in found.evidence} == {"Two"}
    assert found.period == Period.parse("2020")
