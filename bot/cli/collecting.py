"""The verbs of the figures: their arguments, and what they call."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from bot.cli import end_on_sigterm


def arguments(verb: str, parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """What the verb takes goes to the parser; what comes back runs it."""
    takes, run = {
        "collect": (_collect_arguments, _collect),
        "sources": (_sources_arguments, _sources),
        "reply": (_reply_arguments, _reply),
    }[verb]
    takes(parser)
    return run


def _collect_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", nargs="?", metavar="REPORT", help="one report (default: all that have live sources)")
    parser.add_argument("--period", metavar="KEY", help="2025, 2026-10 (default: the newest complete one)")
    parser.add_argument("--now", metavar="ISO", help="the instant to choose the period by (default: now)")


def _collect(options: argparse.Namespace) -> int:
    end_on_sigterm()
    from bot.terminal import collecting as show
    from bot.terminal.lines import progress
    from bot.verbs import collecting

    with progress() as told:
        collected = collecting.collect(options.report, options.period, options.now, told)
    show.show_collected(collected)
    if collected.problems:
        return 2
    outcomes = [outcome for told in collected.outcomes.values() for outcome in told]
    return 3 if outcomes and all(outcome.problem for outcome in outcomes) else 0


def _sources_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="one source (default: all)")
    parser.add_argument("--try", action="store_true", dest="attempt", help="ask it now and show what it says, with its age")
    parser.add_argument("--report", metavar="REPORT", help="whose subjects to ask about (default: the first that uses it)")
    parser.add_argument("--period", metavar="KEY", help="with --try (default: the newest complete one)")
    parser.add_argument("--engine", metavar="NAME", default="", help="with --try: what computes it, in place of the recipe's")
    parser.add_argument("--now", metavar="ISO", help="with --try: the instant to choose the period by (default: now)")


def _sources(options: argparse.Namespace) -> int:
    from bot.terminal import collecting as show
    from bot.terminal.lines import progress
    from bot.verbs import collecting

    if not options.attempt:
        show.show_sources(collecting.sources(options.name), whole=options.name is not None)
        return 0
    if options.name is None:
        from bot.errors import BadInput

        raise BadInput("--try asks one source; name it: threadmill sources NAME --try")
    with progress() as told:
        tried = collecting.try_source(options.name, options.report, options.period, options.now, told, options.engine)
    show.show_tried(tried)
    return 3 if tried.problem else 0


def _reply_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sha256", metavar="SHA256")


def _reply(options: argparse.Namespace) -> int:
    from bot.verbs import collecting

    sys.stdout.buffer.write(collecting.reply(options.sha256))
    return 0
