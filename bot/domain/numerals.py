"""One formatter for posts, charts and alt text, so that they cannot disagree."""

from __future__ import annotations

import math
from typing import Final

_WORDS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_STEPS: Final[tuple[tuple[float, str, str], ...]] = ((1e9, "B", "billion"), (1e6, "M", "million"), (1e3, "k", "thousand"))
_SMALLEST_COMPACT: Final = 10_000
_WHOLE_FROM: Final = 100
_SMALL: Final = 0.01
SMALLEST: Final = 0.00001
"""An average below it is not told in digits."""
_WITHIN: Final = 0.05
"""A ratio this close to a whole number is called by it (one part in twenty)."""


def grouped(value: float) -> str:
    """
    113,788,105: every digit of a count. An average from a hundred up is told whole, a small one to the hundredth or finer; what
    is smaller than any honest average reads "under 0.00001": in all its digits, 1e-300 would fill a post.
    """
    if value == int(value) or value >= _WHOLE_FROM:
        return f"{_half_up(value, 0):,.0f}"
    if value >= _SMALL:
        return f"{_half_up(value, 2):,.2f}"
    if 0 < value < SMALLEST:
        return f"under {SMALLEST:.5f}"
    return f"{value:.{1 - math.floor(math.log10(value))}f}".rstrip("0") if value > 0 else f"{value:,.2f}"


def compact(value: float) -> str:
    """113.8M, 687k, 4,652: for posts and charts."""
    number, step = _stepped(value)
    return number if step is None else f"{number}{_STEPS[step][1]}"


def spoken(value: float) -> str:
    """113.8 million, 687 thousand, 4,652: for a screen reader."""
    number, step = _stepped(value)
    return number if step is None else f"{number} {_STEPS[step][2]}"


def percent(value: float, places: int = 1) -> str:
    """61.8%. A value too small to show reads "under 0.1%", never "0.0%"; one too large reads "over 99.9%"."""
    smallest = 10.0**-places
    shown = _half_up(value, places)
    if value > 0 and shown == 0:
        return f"under {smallest:.{places}f}%"
    if value < 100 and shown == 100:
        return f"over {100 - smallest:.{places}f}%"
    return f"{shown:.{places}f}%"


def times(ratio: float) -> str:
    """
    "twice", "three times", "about six times", "2.6 times", "about 27 times".

    A ratio within 5 % of a whole number is called by that number, "about" where it is more than a tenth off;
    from ten up, by the nearest whole one.
    """
    if ratio < _SMALL:
        return f"under {_SMALL:.2f} times"
    whole = int(_half_up(ratio, 0))
    if ratio >= 10:
        return f"about {whole:,} times"
    off = round(abs(ratio - whole), 9)  # 2.1 - 2 is 0.10000000000000009
    if whole < 2 or off > round(_WITHIN * whole, 9):
        return f"{_half_up(ratio, 2):.2f} times" if ratio < 2 else f"{_half_up(ratio, 1):.1f} times"
    about = "" if off <= 0.1 else "about "
    return f"{about}{'twice' if whole == 2 else f'{_WORDS[whole]} times'}"


def briefly(ratio: float) -> str:
    """ "twice", "2.6 times", "7.3 times", "27 times": a factor in a list, which has no room for "about seven times"."""
    if times(ratio) == "twice":
        return "twice"
    tenths = _half_up(ratio, 1)
    return f"{tenths:.1f} times" if tenths < 10 else f"{_half_up(ratio, 0):,.0f} times"


def points(difference: float) -> str:
    """ "4.0 points": the size of a difference of percentages."""
    return f"{_half_up(abs(difference), 1):.1f} points"


def change(percentage: float) -> str:
    """ "26%": the size of a change, in whole percent; "under 1%" and "over 99%" where nought and all would be false."""
    shown = _half_up(abs(percentage), 0)
    if percentage > -100 and shown == 100 and percentage < 0:
        return "over 99%"
    return f"{shown:,.0f}%" if shown else "under 1%"


def fold(ratio: float) -> str:
    """ "2.85": a factor, to the hundredth."""
    return f"{_half_up(ratio, 2):.2f}"


def count_word(number: int) -> str:
    """ "three"; digits above ten."""
    return _WORDS[number] if 0 <= number < len(_WORDS) else f"{number:,}"


def ordinal(position: int) -> str:
    """ "first", "second", "third", "4th"."""
    words = ("first", "second", "third")
    if 1 <= position <= len(words):
        return words[position - 1]
    suffix = "th" if position % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(position % 10, "th")
    return f"{position}{suffix}"


def _stepped(value: float) -> tuple[str, int | None]:
    if value < _SMALLEST_COMPACT:
        return grouped(value), None
    step = next(index for index, (size, _, _) in enumerate(_STEPS) if value >= size)
    number = _scaled(value, step)
    if step and float(number.replace(",", "")) >= 1000:  # 999,950 is 1.0M, not 1000k
        step -= 1
        number = _scaled(value, step)
    return number, step


def _scaled(value: float, step: int) -> str:
    size = _STEPS[step][0]
    places = 0 if _STEPS[step][1] == "k" else 1
    return f"{_half_up(value / size, places):,.{places}f}"


def _half_up(value: float, places: int) -> float:
    """Round half up, as readers do: Python's own rounding turns 0.25 into 0.2."""
    scale = 10.0**places
    return math.floor(value * scale + 0.5) / scale
