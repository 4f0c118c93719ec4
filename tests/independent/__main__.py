"""Checks the editions in some folders: a table, and exit code 1 if anything they say is false."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.independent import checker, raw


def main(arguments: list[str]) -> int:
    folders = checker.found(map(Path, arguments))
    if not folders:
        sys.stderr.write("no thread.json in the folders given; name the folder a preview or a backtest wrote\n")
        return 2
    report = checker.check(folders, raw.cells())
    sys.stdout.write(report.table() + "\n")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
