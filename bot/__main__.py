"""`python -m bot` is the same as `threadmill`."""

from __future__ import annotations

import sys

from bot.cli import main


def run() -> None:
    """The command: leaves with the verb's exit code."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
