"""
The front door: finds the verb, hands it its arguments, and turns how it ended into an exit code. No logic.

A file per group of verbs, as in `verbs` and `terminal`; `table.py` lists them. A verb's file is loaded, and its arguments are
built, only when that verb is asked for, and argparse with them: `threadmill --help` answers before anything is loaded.
"""

from __future__ import annotations

import os
import sys

from bot.cli.table import ROOMS, listing, usage

TYPE_CHECKING = False  # typing itself would take longer to load than --help takes
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from bot.stopping import Stop

_UNUSABLE = 2
_INTERRUPTED = 130
_TERMINATED = 143


def main(arguments: Sequence[str]) -> int:
    """Run one verb and return its exit code. Errors of the house are printed in words; others keep their traceback."""
    if sys.stdout is None:  # started with its output closed
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - for as long as the process lives
    try:
        code = _run(arguments[0], arguments[1:]) if arguments and arguments[0] in ROOMS else _without_a_verb(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # `threadmill explain ... | head` has read enough; what is still buffered has nowhere to go
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"threadmill: reading or writing failed: {error}", file=sys.stderr)
        return 1
    return code


def end_on_sigterm() -> Stop:
    """Leave by way of an exception, so that nothing is left behind; what is careful leaves at its next safe place."""
    from bot.stopping import Stop

    stop = Stop()
    stop.install()
    return stop


def _run(verb: str, arguments: Sequence[str]) -> int:
    from importlib import import_module

    parser = _parser(verb)
    run = import_module(f"bot.cli.{ROOMS[verb].module}").arguments(verb, parser)
    options = parser.parse_args(arguments)
    from bot.errors import ThreadmillError  # after VERB --help has been answered
    from bot.stopping import Ended

    try:
        code: int = run(options)
    except ThreadmillError as error:
        from bot.domain.words import printable

        print(f"threadmill: {printable(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"threadmill: stopped; {options.after_stop}", file=sys.stderr)
        return _INTERRUPTED
    except Ended:
        return _TERMINATED
    return code


def _parser(verb: str) -> argparse.ArgumentParser:
    import argparse

    def formatter(prog: str) -> argparse.HelpFormatter:
        return argparse.HelpFormatter(prog, width=_columns() - 2)  # argparse leaves two free as well

    parser = argparse.ArgumentParser(prog=f"threadmill {verb}", description=ROOMS[verb].line, formatter_class=formatter)
    parser.set_defaults(after_stop="nothing was left half done")
    return parser


def _columns() -> int:
    """The terminal's width. argparse would ask shutil, which loads bz2 and lzma: a tenth of the time VERB --help takes."""
    try:
        return os.get_terminal_size().columns or 80
    except OSError:
        return 80


def _without_a_verb(arguments: Sequence[str]) -> int:
    first = arguments[0] if arguments else ""
    if first in ("-h", "--help"):
        print(listing())
        return 0
    if first == "--version":
        from bot import __version__

        print(__version__)
        return 0
    print(f"{usage()}\nthreadmill: error: {_refusal(first)}", file=sys.stderr)
    return _UNUSABLE


def _refusal(word: str) -> str:
    if not word:
        return "say what to do; threadmill --help lists the verbs"
    from bot.domain.words import nearest, printable

    if word.startswith("-"):
        return f"options follow the verb, as in threadmill VERB {printable(word)}; threadmill --help lists the verbs"
    near = nearest(word, [name for name, room in ROOMS.items() if room.line])
    return f'there is no verb "{printable(word)}"{near}; threadmill --help lists them'
