"""
`threadmill --help`, and that of one verb, as whole processes against `python -c pass` in the same run. Goal: at most 3 x.

    python -m benchmarks.help [ROUNDS]
"""

from __future__ import annotations

import sys

from benchmarks.timing import PYTHON, race, report

_GOAL = 3.0


def main(rounds: int) -> None:
    commands = {
        "python -c pass": [PYTHON, "-c", "pass"],
        "threadmill --help": [PYTHON, "-m", "bot", "--help"],
        "threadmill post --help": [PYTHON, "-m", "bot", "post", "--help"],
    }
    report(race(commands, rounds), "python -c pass", _GOAL)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 31)
