"""How wide a text will be, and where a title breaks: from an advance table, because asking a drawn text costs 300 times more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from matplotlib.ft2font import FT2Font, LoadFlags

from bot.charts.sheet import fonts
from bot.errors import BadChart

_WEAK_ENDS: Final = frozenset(
    ("a", "an", "the", "in", "of", "to", "by", "on", "at", "for", "from", "with", "and", "or", "than", "about",
     "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
)  # fmt: skip
"""Words that lean on the next one, as "three" does in "three times": a line should not end on them."""
_AFTER_PAUSE: Final = 0.85
_AFTER_WEAK_END: Final = 1.25
_TOP_HEAVY_ENOUGH: Final = 0.6
_STEP_PX: Final = 2


@dataclass(frozen=True)
class Fitted:
    """A text broken into lines that fit, with the size at which they do."""

    lines: tuple[str, ...]
    size: int


def width(text: str, size: float, weight: int = fonts.REGULAR) -> float:
    """
    Width in pixels, without kerning: within 1.3 % of the drawn width, and up to 9 % too much where pairs are kerned.

    Raises:
        BadChart: the typeface lacks a character; a box in its place would be published.
    """
    if lacking := missing(text, weight):
        named = ", ".join(f'"{char}" (U+{ord(char):04X})' for char in lacking)
        raise BadChart(
            f'the text "{text}" has what the chart typeface cannot draw: {named}. It knows Latin letters only: '
            "spell the name in Latin letters in the recipe"
        )
    return size * sum(_advance(char, weight) for char in text)


def missing(text: str, weight: int = fonts.REGULAR) -> str:
    """The characters of a text that the house's typeface cannot draw, once each."""
    return "".join(dict.fromkeys(char for char in text if not _has(char, weight)))


def ink(text: str, weight: int = fonts.REGULAR) -> tuple[float, float]:
    """How far a text's ink reaches above and below its baseline, in em; matplotlib's own boxes are those of a whole line."""
    reach = [_reach(char, weight) for char in text if _has(char, weight)] or [(0.0, 0.0)]
    return max(top for _, top in reach), max(-bottom for bottom, _ in reach)


def title(text: str, room: float, most: int, least: int) -> Fitted:
    """
    A title in one line at full size, or else balanced over two, at the largest even step that fits.

    Raises:
        BadChart: two lines at the least size are too narrow for it.
    """
    if width(text, most, fonts.BOLD) <= room:
        return Fitted((text,), most)
    for size in range(most, least - 1, -_STEP_PX):
        if pair := _best_break(text, size, room, fonts.BOLD):
            return Fitted(pair, size)
    raise BadChart(_too_long("title", text, int(2 * room / (width(text, least, fonts.BOLD) / len(text))), 2, least))


def short(text: str, room: float, most: int, least: int, what: str, lines: int = 1, weight: int = fonts.REGULAR) -> Fitted:
    """
    A text in one line, shrunk if need be, or else broken over up to `lines` lines at the least size.

    Raises:
        BadChart: it does not fit; `what` names the text in the message.
    """
    for size in range(most, least - 1, -1):
        if width(text, size, weight) <= room:
            return Fitted((text,), size)
    if lines == 2 and (pair := _best_break(text, least, room, weight)):
        return Fitted(pair, least)
    if lines > 2 and len(wrapped := _wrap(text, least, room, weight)) <= lines and _fits(wrapped, least, room, weight):
        return Fitted(wrapped, least)
    raise BadChart(_too_long(what, text, int(lines * room / (width(text, least, weight) / len(text))), lines, least))


def _best_break(text: str, size: float, room: float, weight: int) -> tuple[str, str] | None:
    pairs = [pair for pair in _pairs(text) if _fits(pair, size, room, weight)]
    return min(pairs, key=lambda pair: _cost(pair, size, weight), default=None)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    words = text.split(" ")
    return ((" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words)))


def _cost(pair: tuple[str, str], size: float, weight: int) -> float:
    """The longer line, cheaper after a pause and dearer after a word or number that leans on the next."""
    first, second = (width(line, size, weight) for line in pair)
    last = pair[0].rsplit(" ", 1)[-1]
    cost = max(first, second)
    if last[-1:] in ",;:":
        cost *= _AFTER_PAUSE
    if last.lower() in _WEAK_ENDS or last[-1:].isdigit():
        cost *= _AFTER_WEAK_END
    return cost if first >= _TOP_HEAVY_ENOUGH * second else cost * _AFTER_WEAK_END


def _wrap(text: str, size: float, room: float, weight: int) -> tuple[str, ...]:
    lines: list[str] = []
    for word in text.split(" "):
        if lines and width(f"{lines[-1]} {word}", size, weight) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines)


def _fits(lines: tuple[str, ...], size: float, room: float, weight: int) -> bool:
    return all(width(line, size, weight) <= room for line in lines)


def _too_long(what: str, text: str, budget: int, lines: int, size: int) -> str:
    place = f"{lines} lines of {size} px, which hold" if lines > 1 else f"a line of {size} px, which holds"
    return (
        f'the {what} "{text}" has {len(text)} characters and does not fit in {place} about {budget}. '
        "Texts grow with the names and numbers put into them: shorten it in the recipe"
    )


@cache
def _face(weight: int) -> FT2Font:
    face = FT2Font(str(fonts.path(weight)))
    face.set_size(100, 72)  # 100 px an em; advances are linear, so one size serves all
    return face


@cache
def _has(char: str, weight: int) -> bool:
    return _face(weight).get_char_index(ord(char)) != 0


@cache
def _advance(char: str, weight: int) -> float:
    """Advance in em."""
    return float(_face(weight).load_char(ord(char), flags=LoadFlags.NO_HINTING).linearHoriAdvance) / 65536 / 100


@cache
def _reach(char: str, weight: int) -> tuple[float, float]:
    """Lowest and highest ink in em."""
    _, bottom, _, top = _face(weight).load_char(ord(char), flags=LoadFlags.NO_HINTING).bbox  # in 64ths of a pixel
    return bottom / 64 / 100, top / 64 / 100
