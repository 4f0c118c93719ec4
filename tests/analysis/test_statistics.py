from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.analysis.statistics import alike, change_interval, few, near, overlap, wilson
from tests.builders import MANY


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        (0, 10, 0.0, 27.75),
        (5, 10, 23.66, 76.34),
        (10, 10, 72.25, 100.0),
        # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3
        (81, 263, 25.53, 36.62),
        (15, 148, 6.24, 16.05),
        (0, 20, 0.0, 16.11),
        (1, 29, 0.61, 17.18),
    ],
)
def test_the_interval_is_the_published_one(part: int, whole: int, low: float, high: float) -> None:
    assert wilson(100 * part / whole, whole) == pytest.approx((low, high), abs=0.005)


@MANY
@given(st.floats(0, 100), st.integers(1, 10**7))
def test_the_interval_lies_between_none_and_all_and_holds_the_share(share: float, base: int) -> None:
    low, high = wilson(share, base)
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 100


@MANY
@given(st.floats(0, 100), st.integers(1, 10**6))
def test_the_interval_is_the_mirror_of_that_of_the_others(share: float, base: int) -> None:
    low, high = wilson(share, base)
    assert wilson(100 - share, base) == pytest.approx((100 - high, 100 - low), abs=1e-6)


@MANY
@given(st.floats(0, 100), st.integers(1, 10**5))
def test_asking_more_people_narrows_the_interval(share: float, base: int) -> None:
    few, many = wilson(share, base), wilson(share, 4 * base)
    assert many[1] - many[0] < few[1] - few[0]


def test_intervals_that_touch_overlap() -> None:
    assert [overlap((1, 2), (2, 3)), overlap((2, 3), (1, 2)), overlap((1, 4), (2, 3)), overlap((1, 2), (2.01, 3))] == [
        True, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize("hundreds", [*range(1, 60), 1_137_881, 10**7])
def test_counts_three_percent_apart_are_near_and_one_more_is_not(hundreds: int) -> None:
    more, less = 100 * hundreds, 97 * hundreds
    assert near(more, less)
    assert near(less, more)
    assert not near(more, less - 1)


@pytest.mark.parametrize(
    ("one", "other", "chance"),
    [
        # Poisson: 1.959964 times the root of the sum is 0 of 0, 3.39 of 3, 3.92 of 4, 19.600 of 100, 195.9964 of 10,000
        (0, 0, True),
        (3, 0, True),
        (4, 0, False),
        (59, 41, True),
        (60, 40, False),
        (5_097, 4_903, True),
        (5_098, 4_902, False),
    ],
)
def test_small_counts_may_be_apart_by_chance(one: int, other: int, chance: bool) -> None:
    assert (few(one, other), few(other, one)) == (chance, chance)


def test_nought_is_near_nought_only() -> None:
    assert near(0, 0)
    assert not near(0, 1)


@pytest.mark.parametrize(
    ("now", "before", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:873, table II, method 10
        ((56, 70), (48, 80), 5.24, 33.39),
        ((9, 10), (3, 10), 17.05, 80.90),
        ((5, 56), (0, 29), -3.81, 19.26),
        ((10, 10), (0, 10), 60.75, 100.0),
    ],
)
def test_the_interval_of_a_change_is_the_published_one(
    now: tuple[int, int], before: tuple[int, int], low: float, high: float
) -> None:
    ends = [(100 * part / whole, *wilson(100 * part / whole, whole)) for part, whole in (now, before)]
    assert change_interval(ends[0], ends[1]) == pytest.approx((low, high), abs=0.006)


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        # ln 1.45 = 0.3716, and 1.96 * root(1/145 + 3/100) = 0.3765
        ((145, 100), (100, 100), True),
        # ln 1.46 = 0.3784, and 1.96 * root(1/146 + 3/100) = 0.3762
        ((146, 100), (100, 100), False),
        ((14_800, 10_000), (10_000, 10_000), False),
        ((0, 100), (5, 100), False),
        ((100, 100), (100, 100), True),
    ],
)
def test_growth_of_small_counts_is_alike_within_what_chance_may_do(
    one: tuple[int, int], other: tuple[int, int], level: bool
) -> None:
    for first, second in ((one, other), (other, one)):
        assert alike(first, second, first[0] / first[1], second[0] / second[1]) is level
