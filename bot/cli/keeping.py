"""The verbs of what is kept: their arguments, and what they call."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from bot.cli import end_on_sigterm


def arguments(verb: str, parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """What the verb takes goes to the parser; what comes back runs it."""
    takes, run = {
        "prune": (_prune_arguments, _prune),
        "backup": (_backup_arguments, _backup),
        "restore": (_restore_arguments, _restore),
    }[verb]
    takes(parser)
    return run


def _prune_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do it; without, only what would go is shown")
    parser.set_defaults(after_stop="what went is gone, the rest goes the next time")


def _prune(options: argparse.Namespace) -> int:
    end_on_sigterm()
    from bot.terminal import keeping as show
    from bot.verbs import keeping

    show.show_pruned(keeping.prune(options.yes), done=options.yes)
    return 0


def _backup_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="where to; a backup that is there is replaced when the new one is whole")


def _backup(options: argparse.Namespace) -> int:
    end_on_sigterm()
    from bot.terminal import keeping as show
    from bot.verbs import keeping

    show.show_backup(keeping.back_up(options.file))
    return 0


def _restore_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a backup; what it is restored to is empty, or not there yet")


def _restore(options: argparse.Namespace) -> int:
    end_on_sigterm()
    from bot.terminal import keeping as show
    from bot.verbs import keeping

    show.show_restored(*keeping.restore(options.file))
    return 0
