"""What a printed number may stand for: the values that round to it, from the least to the greatest."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_STEPS = {"B": 1e9, "M": 1e6, "k": 1e3, "billion": 1e9, "million": 1e6, "thousand": 1e3, "": 1.0}
_ORDINALS = {"first": 1, "second": 2, "third": 3}
NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
COUNT = rf"{NUMBER}(?:[BMk]\b| (?:billion|million|thousand)\b)?"
PERCENT = rf"(?:under |over )?{NUMBER}%"
WORD = "(?:" + "|".join(WORDS[1:]) + ")"
TIMES = rf"(?:twice|(?:about )?{WORD} times|(?:about |under )?{NUMBER} times)"


@dataclass(frozen=True)
class Range:
    """The values a printed number may stand for, both ends included; what one unit in the last digit is worth is their distance."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        slack = 1e-9 * max(1.0, abs(value))
        return self.low - slack <= value <= self.high + slack


def count(text: str) -> Range:
    """ "113.8M", "687 thousand", "4,652", "248"."""
    digits, step = re.fullmatch(rf"({NUMBER}) ?([A-Za-z]*)", text).groups()  # type: ignore[union-attr]
    return _around(digits, _STEPS[step])


def percent(text: str) -> Range:
    """ "61.8%", "26%", "under 0.1%", "over 99.9%", "over 99%"."""
    digits = re.search(NUMBER, text)[0]  # type: ignore[index]
    half = (_around(digits).high - _around(digits).low) / 2
    if text.startswith("under"):
        return Range(0.0, float(digits) - half)
    return Range(float(digits) + half, 100.0) if text.startswith("over") else _around(digits)


def points(text: str) -> Range:
    """ "4.0" of "4.0 points"."""
    return _around(text)


def times(text: str) -> Range:
    """
    "twice", "three times", "about six times", "2.6 times", "about 27 times", "under 0.01 times".

    A whole number in words may be off by a tenth, with "about" by one part in twenty; "about" before digits is half a unit.
    """
    if text == "twice":
        return Range(1.9, 2.1)
    body = text.removesuffix(" times")
    if body.startswith("under "):
        return Range(0.0, float(body.removeprefix("under ")))
    number = body.removeprefix("about ")
    if number in WORDS:
        whole = WORDS.index(number)
        off = 0.05 * whole if body.startswith("about ") else 0.1
        return Range(whole - off, whole + off)
    return _around(number)


def fold(text: str) -> Range:
    """ "2.85"."""
    return _around(text)


def number_word(text: str) -> int:
    """ "four", "12"."""
    return WORDS.index(text) if text in WORDS else int(text.replace(",", ""))


def place(text: str) -> int:
    """ "first", "third", "4th"."""
    return _ORDINALS.get(text) or int(re.match(r"\d+", text)[0])  # type: ignore[index]


def _around(digits: str, step: float = 1.0) -> Range:
    places = len(digits.partition(".")[2])
    value, half = float(digits.replace(",", "")) * step, 0.5 * 10.0**-places * step
    return Range(value - half, math.nextafter(value + half, math.inf))
