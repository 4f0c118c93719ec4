"""
The whole matrix: `python -m tests.crashes` runs every cell there is, `python -m tests.crashes WORD ...` those of troubles with a word in
their names.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from tests.crashes.matrix import CALM, TROUBLES, Tables, a_matrix, the_files
from tests.store.databases import a_server


def main(words: Sequence[str]) -> int:
    troubles = [CALM, *(one for kind in TROUBLES.values() for one in kind)]
    cell_count, red, began = 0, [], time.monotonic()
    with a_server() as server, a_matrix() as matrix, the_files() as files, Tables(server) as tables:
        for trouble in troubles:
            if words and not any(word in trouble.name for word in words):
                continue
            for shelf in (files, tables):
                ran = matrix.every_moment(shelf, trouble)
                wrong = [one for one in ran if one.wrong]
                cell_count, red = cell_count + len(ran), red + wrong
                print(f"{len(ran):4} cells, {len(wrong):3} red: {shelf.name}, {trouble.name}", flush=True)
                print("".join(f"     {one}\n" for one in wrong), end="", flush=True)
    print(f"{cell_count} cells in {time.monotonic() - began:.0f} s, {len(red)} red")
    return 1 if red or not cell_count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
