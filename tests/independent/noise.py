"""
When two figures are the same for all the evidence says, from the documentation of claims.

Counts within 3 % of the larger are level. Counts so small that Poisson noise (95 %) covers their difference are level. Shares of a
survey are level when their 95 % intervals (Wilson 1927) overlap, or when the difference would print as 0.0 points.
"""

from __future__ import annotations

import math

from tests.independent.values import Cell

Z = 1.959963984540054


def per_day(cell: Cell) -> float:
    """What is compared: a total over a window by the day, anything else as it is."""
    return cell.value / cell.window.days if cell.metric.startswith("pypi_") else cell.value


def level(one: Cell, other: Cell) -> bool:
    """Whether two figures of one metric may not be told apart."""
    if one.base and other.base:
        low, high = wilson(one.value, one.base)
        least, most = wilson(other.value, other.base)
        return (low <= most and least <= high) or abs(one.value - other.value) < 0.05
    apart = abs(per_day(one) - per_day(other))
    if apart <= 0.03 * max(per_day(one), per_day(other)) * (1 + 1e-12):  # thirtieths do not add up in floating point
        return True
    ours, theirs = _days(one), _days(other)
    return apart <= Z * math.sqrt(one.value / ours**2 + other.value / theirs**2)


def wilson(percent: float, asked: int) -> tuple[float, float]:
    """The 95 % interval of a share, in percent."""
    share, square = percent / 100, Z * Z
    middle = share + square / (2 * asked)
    half = Z * math.sqrt(share * (1 - share) / asked + square / (4 * asked * asked))
    return 100 * (middle - half) / (1 + square / asked), 100 * (middle + half) / (1 + square / asked)


def _days(cell: Cell) -> int:
    return cell.window.days if cell.metric.startswith("pypi_") else 1
