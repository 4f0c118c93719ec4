"""How far a figure may be from the truth it samples, and when two figures are the same for all we know."""

from __future__ import annotations

import math
from typing import Final

_Z_95: Final = 1.959963984540054
"""Two-sided 95 % point of the normal distribution."""

NOISE: Final = 0.03
"""Counts within 3 % of each other are called level: sources for the same count differ by as much."""


def wilson(percent: float, base: int) -> tuple[float, float]:
    """
    The 95 % interval of a share in percent, given how many were asked.

    Wilson's score interval (Wilson 1927, J. Am. Stat. Assoc. 22:209-212): right for small shares, where the textbook interval
    reaches below nought.
    """
    p, n, z2 = percent / 100, base, _Z_95**2
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z_95 / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return 100 * max(0.0, centre - half), 100 * min(1.0, centre + half)


def overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two intervals share a value."""
    return one[0] <= other[1] and other[0] <= one[1]


def near(one: float, other: float) -> bool:
    """Whether two figures differ by no more than the noise between sources."""
    return abs(one - other) <= NOISE * max(one, other)


def few(one: float, other: float, days: float = 1, others: float = 1) -> bool:
    """
    Whether two counts, each by its days, are so small that their difference may be chance.

    Poisson counts: the difference by the day has variance one / days^2 + other / others^2, and 1.96 of its standard deviations
    are chance at 95 %.
    """
    return abs(one / days - other / others) <= _Z_95 * math.sqrt(one / days**2 + other / others**2)


def alike(one: tuple[float, float], other: tuple[float, float], factor: float, other_factor: float) -> bool:
    """
    Whether chance may part two growth factors, given the counts (now, before) behind each.

    Poisson counts: the logarithm of now / before has variance 1 / now + 1 / before (Katz et al. 1978, Biometrics 34:469-474), and
    1.96 standard deviations of the difference of two such are chance at 95 %. A count that fell to nought is like no other.
    """
    if factor <= 0 or other_factor <= 0:
        return False
    spread = math.sqrt(sum(1 / count for count in (*one, *other)))
    return abs(math.log(factor / other_factor)) <= _Z_95 * spread


def change_interval(now: tuple[float, float, float], before: tuple[float, float, float]) -> tuple[float, float]:
    """
    The 95 % interval of the points between two surveyed shares, each given with the ends of its own interval.

    Newcombe's hybrid score interval (Newcombe 1998, Statistics in Medicine 17:873-890, method 10).
    """
    (share, low, high), (was, was_low, was_high) = now, before
    change = share - was
    return change - math.hypot(share - low, was_high - was), change + math.hypot(high - share, was - was_low)
