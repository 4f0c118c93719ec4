"""The verbs that look at what is set up: their arguments, and what they call."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def arguments(verb: str, parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """What the verb takes goes to the parser; what comes back runs it."""
    takes, run = {
        "check": (_check_arguments, _check),
        "reports": (_reports_arguments, _reports),
    }[verb]
    takes(parser)
    return run


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", nargs="?", metavar="REPORT", help="one report (default: all)")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of report.toml and exit")
    parser.add_argument("--online", action="store_true", help="ask X once whose credentials these are and whether they may post")


def _check(options: argparse.Namespace) -> int:
    from bot.terminal import checking as show
    from bot.verbs import checking

    if options.schema:
        print(checking.schema())
        return 0
    show.show_check(check := checking.check(options.report))
    if options.online:
        show.show_identity(checking.verify())
    return 2 if check.problems else 0


def _reports_arguments(_: argparse.ArgumentParser) -> None:
    pass


def _reports(_: argparse.Namespace) -> int:
    from bot.terminal import checking as show
    from bot.verbs import checking

    show.show_reports(checking.reports())
    return 0
