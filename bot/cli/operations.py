"""The verbs of running unattended: their arguments, and what they call."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable

from bot.cli import end_on_sigterm


def arguments(verb: str, parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """What the verb takes goes to the parser; what comes back runs it."""
    takes, run = {
        "run": (_run_arguments, _run),
        "turn": (_turn_arguments, _turn),
        "chore": (_chore_arguments, _chore),
        "schedule": (_schedule_arguments, _schedule),
        "approve": (_approve_arguments, _approve),
        "skip": (_skip_arguments, _skip),
    }[verb]
    takes(parser)
    return run


def _run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="do what is due and exit: 0 done, 6 nothing due")
    parser.add_argument("--now", metavar="ISO", help="with --once: the instant to decide by (default: now)")
    parser.set_defaults(after_stop="what was begun is taken up by the next run")


def _run(options: argparse.Namespace) -> int:
    if not options.once:
        if options.now is not None:
            from bot.errors import BadInput

            raise BadInput("--now is for threadmill run --once; a service goes by the clock")
        from bot.service.serving import serve

        return serve()
    stop = end_on_sigterm()
    from bot import wiring
    from bot.service import logs
    from bot.terminal import operations as show
    from bot.terminal.lines import progress
    from bot.verbs import running

    logs.configure_by(wiring.house().settings)
    with progress() as told:
        once = running.run_once(options.now, stop, told)
    show.show_once(once)
    return once.code


def _turn_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report")
    parser.add_argument("period")
    parser.add_argument("--run", required=True)
    parser.add_argument("--recipe", default=None)
    parser.add_argument("--mode", default=None)


def _turn(options: argparse.Namespace) -> int:
    stop = end_on_sigterm()
    from bot.service.working import perform_turn

    return perform_turn(options.report, options.period, options.run, options.recipe, options.mode, stop)


def _chore_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", choices=["collect", "prune"])
    parser.add_argument("--run", required=True)


def _chore(options: argparse.Namespace) -> int:
    end_on_sigterm()
    from bot.service.working import perform_chore

    return perform_chore(options.name, options.run)


def _schedule_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", dest="as_json", help="for programs")


def _schedule(options: argparse.Namespace) -> int:
    from bot.terminal import schedule as show
    from bot.verbs.survey import survey

    found = survey()
    show.show_schedule(found, options.as_json)
    return 2 if found.problems else 0


def _approve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = (
        "threadmill approve [-h] EDITION [DIGEST] [--out DIR]\n"
        "       threadmill approve REPORT PERIOD --accept GATE --because TEXT [--data FILE.csv]... [--offline]"
    )
    parser.add_argument("what", metavar="EDITION", help="its number in threadmill status; with --accept a report")
    parser.add_argument(
        "which", nargs="?", metavar="DIGEST",
        help="of the very thread that is approved; without, it is shown; with --accept a period",
    )  # fmt: skip
    parser.add_argument("--out", metavar="DIR", help="write it there as a preview writes it: DIR/<report>/<period>/index.html")
    parser.add_argument("--accept", metavar="GATE", help="the figures this gate keeps back are right: fall, or fall:gh_forks")
    parser.add_argument("--because", metavar="TEXT", help="with --accept: why they are; it is kept, and never posted")
    parser.add_argument("--data", action="append", default=[], metavar="FILE.csv", help="with --accept: more observations")
    parser.add_argument("--offline", action="store_true", help="with --accept: ask no source; use what was collected before")


def _approve(options: argparse.Namespace) -> int:
    from bot.terminal import operations as show

    if options.accept is not None:
        return _accept(options)
    from bot.verbs import approving

    approved = approving.approve(_edition(options), options.which, options.out)
    show.show_approved(approved)
    if options.out is not None:
        show.show_written(approved, options.out)
    return 0 if approved.approval is not None else 3


def _accept(options: argparse.Namespace) -> int:
    from bot.errors import BadInput

    if options.which is None or options.because is None or options.out is not None:
        raise BadInput(
            "what a gate keeps back is accepted with a period and a reason, and without --out: threadmill approve REPORT PERIOD "
            '--accept GATE --because "..."'
        )
    end_on_sigterm()
    from bot.terminal import operations as show
    from bot.terminal.lines import progress
    from bot.verbs import accepting

    which = options.what, options.which, options.accept, options.because
    with progress() as told:
        accepted = accepting.accept(*which, options.data, options.offline, told)
    show.show_accepted(accepted)
    return 3 if accepted.left else 0


def _edition(options: argparse.Namespace) -> int:
    from bot.errors import BadInput

    if options.because is not None or options.data or options.offline:
        raise BadInput("--because, --data and --offline go with --accept GATE; a thread is approved by its digest alone")
    if not re.fullmatch("[0-9]{1,18}", options.what):
        raise BadInput(
            f'"{options.what[:80]}" is no edition: its number is in threadmill status. To accept what a gate keeps back of a '
            f'report: threadmill approve REPORT PERIOD --accept GATE --because "..."'
        )
    return int(options.what)


def _skip_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", metavar="REPORT")
    parser.add_argument("period", metavar="PERIOD")
    parser.add_argument("--because", required=True, metavar="TEXT", help="why there shall be no thread; it is kept with the turn")


def _skip(options: argparse.Namespace) -> int:
    from bot.terminal import operations as show
    from bot.verbs import approving

    show.show_turn(approving.skip(options.report, options.period, options.because))
    return 0
