"""Parts of a data set, made side by side. A part depends on its own number only, so their order says nothing."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

_P = TypeVar("_P")
_R = TypeVar("_R")


def each(make: Callable[[_P], _R], parts: Sequence[_P], processes: int) -> Iterator[_R]:
    """What `make` says of each part, in the order of the parts."""
    if processes == 1 or len(parts) == 1:
        yield from map(make, parts)
        return
    context = multiprocessing.get_context("spawn")  # pyarrow has threads, which a fork would lose in the middle of something
    with ProcessPoolExecutor(min(processes, len(parts)), mp_context=context) as pool:
        yield from pool.map(make, parts)
