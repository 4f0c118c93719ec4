"""`python -m tests.hosts [--editions 500] [--hosts 4] [--seed N]`: so many threads by so many hosts, which die and are cut off."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.hosts.farm import Farm, a_nursery
from tests.store.databases import a_server

REPORTS = 25


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.hosts", description="Threads by several hosts, which die and are cut off."
    )
    parser.add_argument("--editions", type=int, default=500)
    parser.add_argument("--hosts", type=int, default=4)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = parser.parse_args(arguments)
    reports = min(REPORTS, given.editions)
    with a_server() as server, a_nursery() as nursery, tempfile.TemporaryDirectory() as folder:
        farm = Farm(Path(folder), server, nursery, given.seed, given.hosts, reports, -(-given.editions // reports), restarts=True)
        wrong = farm.run()
    print(f"seed {given.seed}, {given.hosts} hosts: {farm.figures}")
    print("".join(f"WRONG {one}\n" for one in wrong), end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
