"""
Chance that is the same on every machine and in every version of numpy.

numpy promises that for the words of a bit generator, not for what its Generator makes of them (NEP 19), and logarithms differ
between processors. So everything is drawn from PCG64's own words, by whole-number arithmetic alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SLOTS: Final = 1 << 16
"""How finely a weight counts in `slots`."""
_WORD: Final = 64
_BUFFER: Final = 512
_T = TypeVar("_T")


def words(seed: int, kind: str, part: str, count: int) -> NDArray[np.uint64]:
    """The first words of the stream of one part: whoever draws more gets these first."""
    return _generator(seed, kind, part).random_raw(count)


class Draws:
    """One part's stream, a draw at a time."""

    def __init__(self, seed: int, kind: str, part: str) -> None:
        self._generator = _generator(seed, kind, part)
        self._waiting: list[int] = []

    def below(self, end: int) -> int:
        """One of 0, 1, ... `end` - 1."""
        if not self._waiting:
            self._waiting = self._generator.random_raw(_BUFFER).tolist()[::-1]
        return self._waiting.pop() * end >> _WORD

    def between(self, first: int, last: int) -> int:
        """One of `first` ... `last`."""
        return first + self.below(last - first + 1)

    def chance(self, per_mille: int) -> bool:
        return self.below(1000) < per_mille

    def one_of(self, things: Sequence[_T]) -> _T:
        return things[self.below(len(things))]

    def weighted(self, weights: Mapping[_T, int]) -> _T:
        """A key, as often as its weight says."""
        left = self.below(sum(weights.values()))
        for thing, weight in weights.items():
            left -= weight
            if left < 0:
                return thing
        raise AssertionError("below() gave its end")

    def bytes(self, size: int) -> bytes:
        """Bytes that do not compress."""
        data: bytes = self._generator.random_raw((size + 7) // 8).astype("<u8").tobytes()
        return data[:size]


def slots(weights: Sequence[int], size: int = SLOTS) -> NDArray[np.int64]:
    """
    A table to draw from at one lookup: the index of each weight stands in it as often as the weight says, and at least once.

    Sorted, `size` long. There must not be more weights than slots.
    """
    import numpy as np

    count = len(weights)
    lengths = [1 + more for more in spread(size - count, weights)]
    return np.repeat(np.arange(count, dtype=np.int64), lengths)


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """`total` parted by the weights into whole numbers that add up to it."""
    whole, reached, parts, before = sum(weights), 0, [], 0
    for weight in weights:
        reached += weight
        parts.append(reached * total // whole - before)
        before += parts[-1]
    return parts


def _generator(seed: int, kind: str, part: str) -> np.random.PCG64:
    from numpy.random import PCG64

    return PCG64(int.from_bytes(hashlib.sha256(f"{seed}/{kind}/{part}".encode()).digest()[:16], "big"))
