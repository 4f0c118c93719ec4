"""What figures look like on a chart, and where labels go that would otherwise collide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from bot.domain import numerals
from bot.domain.measure import Unit

_SIZES: Final = {"B": 1e9, "M": 1e6, "k": 1e3}
_NICE: Final = (1.0, 2.0, 5.0, 2.5, 4.0)
"""Steps of an axis, the rounder first."""
_WANTED_LINES: Final = 3.5
_HEADROOM: Final = 0.1


def alike(values: Sequence[float], unit: Unit) -> tuple[list[str], str]:
    """
    Values in ONE unit, that of the largest, and its sign: ["113.8", "0.7"], "M".

    Mixed units ("114M" beside "970k") make the small ones look big. A value too small to show reads "under 0.1". Below ten of the
    unit, a part of it gets a decimal more: 0.26 and 0.22 are not the same 0.2.
    """
    if unit is Unit.PERCENT:
        return [numerals.percent(value).removesuffix("%") for value in values], "%"
    suffix = numerals.compact(max(values))[-1]
    if suffix not in _SIZES:
        return [numerals.grouped(value) for value in values], ""
    scaled = [value / _SIZES[suffix] for value in values]
    finer = suffix != "k" and max(scaled) < 10 and any(0 < value < 1 for value in scaled)
    return [_scaled(value, suffix, finer) for value in scaled], suffix


def _scaled(value: float, suffix: str, finer: bool) -> str:
    """Thousands as `numerals.compact` writes them, whole; below ten of them a decimal more, or 2,903 would read "3k"."""
    if value == 0:
        return "0"
    places = 0 if suffix == "k" and value >= 10 else 2 if finer else 1
    shown = math.floor(value * 10**places + 0.5) / 10**places
    return "under 0.1" if shown == 0 else f"{shown:,.{places}f}"


def ticks(largest: float) -> list[float]:
    """Round values for three to five gridlines, the last at most a tenth above the largest figure; none if all is zero."""
    if largest <= 0:
        return []
    magnitude = 10.0 ** math.floor(math.log10(largest))
    steps = [nice * scale for scale in (magnitude, magnitude / 10) for nice in _NICE]
    step = min(steps, key=lambda step: abs(_count(largest, step) - _WANTED_LINES))
    return [step * index for index in range(1, _count(largest, step) + 1)]


def _count(largest: float, step: float) -> int:
    below = math.floor(largest / step + 1e-9)
    return below + 1 if (below + 1) * step <= largest * (1 + _HEADROOM) else below


def tick(value: float, unit: Unit) -> str:
    """A round value, as short as it can be said: 2M, 2.5M, 500k, 40%."""
    if unit is Unit.PERCENT:
        return f"{value:g}%"
    size, suffix = next(((size, suffix) for suffix, size in _SIZES.items() if value >= size), (1.0, ""))
    return f"{value / size:,.10g}{suffix}"


def spread(wanted: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """
    Middles as near as possible to the wanted ones, in their order, so that things of these sizes do not overlap.

    All stay between low and high if there is room. Least squares under order constraints: pool adjacent violators
    (Barlow et al. 1972), once the sizes are taken out.
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    offsets = [sum(sizes[before] for before in order[:rank]) + sizes[index] / 2 for rank, index in enumerate(order)]
    pools: list[tuple[float, int]] = []
    for index, offset in zip(order, offsets, strict=True):
        pools.append((wanted[index] - offset, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (mean, count), (other, more) = pools[-2:]
            pools[-2:] = [((mean * count + other * more) / (count + more), count + more)]
    flat = [mean for mean, count in pools for _ in range(count)]
    placed = [0.0] * len(wanted)
    for index, start, offset in zip(order, flat, offsets, strict=True):
        placed[index] = max(min(start, high - sum(sizes)), low) + offset
    return placed
