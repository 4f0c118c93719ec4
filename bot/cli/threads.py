"""The verbs that show a thread: their arguments, and what they call."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from bot.cli import end_on_sigterm

DEFAULT_REPORT = "dl-frameworks"


def arguments(verb: str, parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """What the verb takes goes to the parser; what comes back runs it."""
    takes, run = {
        "preview": (_preview_arguments, _preview),
        "explain": (_explain_arguments, _explain),
        "backtest": (_backtest_arguments, _backtest),
        "rehearse": (_rehearse_arguments, _rehearse),
    }[verb]
    takes(parser)
    return run


def _preview_arguments(parser: argparse.ArgumentParser) -> None:
    _report_arguments(parser)
    parser.add_argument("--out", default="out", metavar="DIR", help="where to write DIR/<report>/<period>/ (default: out)")
    parser.add_argument("--open", action="store_true", help="open the page when it is written")


def _preview(options: argparse.Namespace) -> int:
    end_on_sigterm()
    from pathlib import Path

    from bot.errors import GateHeld
    from bot.terminal import threads as show
    from bot.terminal.lines import progress
    from bot.verbs import threads

    which = options.report, options.period, options.now, options.data, options.out, options.offline
    try:
        with progress() as told:
            preview = threads.preview(*which, told)
    except GateHeld as error:
        if options.open and error.page:
            show.open_page(Path(error.page))
        raise
    show.show_preview(preview)
    if options.open:
        show.open_page(preview.folder / "index.html")
    return 0


def _explain_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", metavar="REPORT")
    parser.add_argument("period", metavar="PERIOD")
    parser.add_argument("position", metavar="POSITION", type=int, help="the post's number in the thread")
    _common_arguments(parser)


def _explain(options: argparse.Namespace) -> int:
    from bot.terminal import threads as show
    from bot.verbs import threads

    show.show_story(threads.explain(options.report, options.period, options.position, options.now, options.data))
    return 0


def _backtest_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", nargs="?", default=DEFAULT_REPORT, metavar="REPORT", help=f"default: {DEFAULT_REPORT}")
    parser.add_argument("--from", dest="first", required=True, metavar="KEY", help="the first period: 2018-02, 2015, 2026-W01")
    parser.add_argument("--to", dest="last", metavar="KEY", help="the last one (default: the newest complete one)")
    parser.add_argument("--now", metavar="ISO", help="the instant after which nothing is known (default: now)")
    parser.add_argument("--data", action="append", default=[], metavar="FILE.csv", help="more observations; may be given again")
    parser.add_argument("--out", default="out", metavar="DIR", help="where to write DIR/<report>/backtest/ (default: out)")
    parser.add_argument("--jobs", type=int, metavar="N", help="how many editions are composed side by side (default: one a core)")
    parser.add_argument("--open", action="store_true", help="open the page when it is written")
    parser.set_defaults(after_stop="editions that were done are kept; the same command goes on from there")


def _backtest(options: argparse.Namespace) -> int:
    end_on_sigterm()
    from bot.terminal import backtesting as show
    from bot.terminal.lines import progress
    from bot.terminal.threads import open_page
    from bot.verbs import backtesting

    with progress() as told:
        done = backtesting.backtest(
            options.report, options.first, options.last, options.now, options.data, options.out, options.jobs, told
        )
    show.show_backtest(done)
    if options.open:
        open_page(done.folder / "index.html")
    return 1 if done.failed else 0


def _rehearse_arguments(parser: argparse.ArgumentParser) -> None:
    _report_arguments(parser)
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME[@CALL[:N]]",
        help="drop-after@create:2 loses the answer to the second post; an unknown name lists them all; may be given again",
    )  # fmt: skip
    parser.add_argument("--openapi", metavar="FILE", help="hold every request against X's own description")


def _rehearse(options: argparse.Namespace) -> int:
    end_on_sigterm()
    from bot.terminal import rehearsing as show
    from bot.terminal.lines import progress
    from bot.verbs import rehearsing

    with progress() as told:
        rehearsal = rehearsing.rehearse(
            options.report, options.period, options.now, options.data, options.offline, options.fault, options.openapi, told
        )
    show.show_rehearsal(rehearsal)
    return 1 if rehearsal.complaints else 0


def _report_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", nargs="?", default=DEFAULT_REPORT, metavar="REPORT", help=f"default: {DEFAULT_REPORT}")
    parser.add_argument("--period", metavar="KEY", help="2020, 2026-10, 2026-W47 (default: the newest complete one)")
    _common_arguments(parser)


def _common_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--now", metavar="ISO", help="the instant to compose as of (default: now)")
    parser.add_argument("--offline", action="store_true", help="make no connection at all; use what was collected before")
    parser.add_argument("--data", action="append", default=[], metavar="FILE.csv", help="more observations; may be given again")
