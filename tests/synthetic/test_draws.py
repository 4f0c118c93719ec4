from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.synthetic._draws import Draws, slots, spread, words


def test_the_stream_is_the_same_on_every_machine() -> None:
    """As read on x86-64 with numpy 2.4: numpy promises that a bit generator's words stay."""
    assert words(1, "logs", "2025-01-01/0", 3).tolist() == [
        16222884140777854431,
        6763437264425003733,
        14076933927153732877,
    ]


def test_whoever_draws_more_gets_the_same_words_first() -> None:
    assert words(7, "logs", "a", 1000)[:10].tolist() == words(7, "logs", "a", 10).tolist()


def test_seed_kind_and_part_each_have_a_stream_of_their_own() -> None:
    streams = {tuple(words(*key, 2).tolist()) for key in ((1, "a", "b"), (2, "a", "b"), (1, "b", "b"), (1, "a", "a"))}
    assert len(streams) == 4


def test_single_draws_take_the_high_bits_of_the_same_words() -> None:
    draws = Draws(7, "logs", "a")
    assert [draws.below(1000) for _ in range(3)] == [word * 1000 >> 64 for word in words(7, "logs", "a", 3).tolist()]


def test_a_table_of_slots_has_each_index_as_often_as_its_weight_and_at_least_once() -> None:
    assert slots([1, 1, 2], size=8).tolist() == [0, 0, 1, 1, 2, 2, 2, 2]
    assert slots([0, 1000], size=4).tolist() == [0, 1, 1, 1]


def test_a_total_is_spread_by_weight() -> None:
    assert spread(10, [1, 1, 1]) == [3, 3, 4]
    assert spread(7, [0, 2, 5]) == [0, 2, 5]


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1).filter(any))
def test_what_is_spread_adds_up(total: int, weights: list[int]) -> None:
    parts = spread(total, weights)
    assert sum(parts) == total
    assert all(part >= 0 for part in parts)


@given(
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 9)).filter(lambda weights: any(weights.values())), st.integers(0, 99)
)
def test_what_has_no_weight_is_never_drawn(weights: dict[str, int], seed: int) -> None:
    assert weights[Draws(seed, "", "").weighted(weights)] > 0
