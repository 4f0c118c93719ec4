"""
Verbs and exit codes: parse, call the wiring, print. No logic.

Only argparse is imported here at the top: `threadmill --help` answers before any heavy library is loaded.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence

DEFAULT_REPORT = "dl-frameworks"
CALLBACK_PORT = 8712

_GO_ON = "what was sent is known or will be found out: run the same command again, which goes on from there"

_EXIT_CODES = """exit codes: 0 done, 1 unexpected, 2 usage or configuration, 3 held, 4 rejected by the network,
5 outcome unknown, 6 nothing due, 7 not now"""


def main(arguments: Sequence[str]) -> int:
    """Run one verb and return its exit code. Errors of the house are printed in words; others keep their traceback."""
    options = _parser().parse_args(arguments)
    from bot.errors import ThreadmillError  # after --help has been answered

    if sys.stdout is None:  # started with its output closed
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - for as long as the process lives
    try:
        code: int = options.verb(options)
        sys.stdout.flush()
    except ThreadmillError as error:
        from bot.domain.words import printable

        print(f"threadmill: {printable(str(error))}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # `threadmill explain ... | head` has read enough; what is still buffered has nowhere to go
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"threadmill: reading or writing failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"threadmill: stopped; {options.after_stop}", file=sys.stderr)
        return 130
    except _Ended:
        return 143
    return code


class _Ended(BaseException):
    """SIGTERM came. No SystemExit: whoever loads a room takes that for a fault of the room."""


def _end_on_sigterm() -> None:
    """Leave by way of an exception, so that nothing is left behind."""

    def end(*_: object) -> None:
        raise _Ended

    signal.signal(signal.SIGTERM, end)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="threadmill",
        description="Adoption metrics as one numbered, fully cited thread.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    parser.set_defaults(after_stop="nothing was left half done")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    preview = verbs.add_parser("preview", help="write a thread to disk, exactly as it would be posted")
    _report_arguments(preview)
    preview.add_argument("--out", default="out", metavar="DIR", help="where to write DIR/<report>/<period>/ (default: out)")
    preview.add_argument("--open", action="store_true", help="open the page when it is written")
    preview.set_defaults(verb=_preview)

    explain = verbs.add_parser("explain", help="print one post with the whole story of each of its numbers")
    explain.add_argument("report", metavar="REPORT")
    explain.add_argument("period", metavar="PERIOD")
    explain.add_argument("position", metavar="POSITION", type=int, help="the post's number in the thread")
    _common_arguments(explain)
    explain.set_defaults(verb=_explain)

    check = verbs.add_parser("check", help="read settings, recipe and texts, and say what is wrong with them")
    check.add_argument("report", nargs="?", metavar="REPORT", help="one report (default: all)")
    check.add_argument("--schema", action="store_true", help="print the JSON Schema of report.toml and exit")
    check.add_argument("--online", action="store_true", help="ask X once whose credentials these are and whether they may post")
    check.set_defaults(verb=_check)

    _account_verbs(verbs)

    collect = verbs.add_parser("collect", help="ask the live sources and store what they say; run it daily for snapshots")
    collect.add_argument("report", nargs="?", metavar="REPORT", help="one report (default: all that have live sources)")
    collect.add_argument("--period", metavar="KEY", help="2025, 2026-10 (default: the newest complete one)")
    collect.add_argument("--now", metavar="ISO", help="the instant to choose the period by (default: now)")
    collect.set_defaults(verb=_collect)

    sources = verbs.add_parser("sources", help="say what each source measures, does not measure, asks for and owes")
    sources.add_argument("name", nargs="?", metavar="NAME", help="one source (default: all)")
    sources.add_argument("--try", action="store_true", dest="attempt", help="ask it now and show what it says, with its age")
    sources.add_argument("--report", metavar="REPORT", help="whose subjects to ask about (default: the first that uses it)")
    sources.add_argument("--period", metavar="KEY", help="with --try (default: the newest complete one)")
    sources.add_argument("--now", metavar="ISO", help="with --try: the instant to choose the period by (default: now)")
    sources.set_defaults(verb=_sources)

    reply = verbs.add_parser("reply", help="print the very bytes of a kept reply, as explain names them")
    reply.add_argument("sha256", metavar="SHA256")
    reply.set_defaults(verb=_reply)

    reports = verbs.add_parser("reports", help="list the reports there are")
    reports.set_defaults(verb=_reports)
    return parser


def _account_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    login = verbs.add_parser("login", help="log in to X with OAuth 2.0, in a browser or from OAuth 1.0a keys")
    login.add_argument("network", metavar="x", help="the network; x is the one there is")
    way = login.add_mutually_exclusive_group()
    way.add_argument("--paste", action="store_true", help="the browser is on another machine: paste the address it ends up at")
    way.add_argument("--exchange", action="store_true", help="make a login from the four OAuth 1.0a keys; no browser is needed")
    way.add_argument("--forget", action="store_true", help="remove the stored login")
    login.add_argument("--no-browser", action="store_true", help="only print the address to open")
    login.add_argument("--port", type=int, default=CALLBACK_PORT, metavar="N", help=f"of 127.0.0.1 (default: {CALLBACK_PORT})")
    login.set_defaults(verb=_login)

    post = verbs.add_parser("post", help="post a thread, or go on with one that was begun")
    post.add_argument("report", metavar="REPORT")
    post.add_argument("--period", metavar="KEY", help="2020, 2026-10, 2026-W47 (default: the newest complete one)")
    post.add_argument("--now", metavar="ISO", help="the instant to compose as of (default: now)")
    post.add_argument("--data", action="append", default=[], metavar="FILE.csv", help="more observations; may be given again")
    post.add_argument("--yes", action="store_true", help="send it; without, only what would be sent and billed is shown")
    post.set_defaults(verb=_post, after_stop=_GO_ON)

    rehearse = verbs.add_parser("rehearse", help="post a thread to a fake X on this machine, with whatever is to go wrong")
    _report_arguments(rehearse)
    rehearse.add_argument(
        "--fault", action="append", default=[], metavar="NAME[@CALL[:N]]",
        help="drop-after@create:2 loses the answer to the second post; an unknown name lists them all; may be given again",
    )  # fmt: skip
    rehearse.add_argument("--openapi", metavar="FILE", help="hold every request against X's own description")
    rehearse.set_defaults(verb=_rehearse)

    status = verbs.add_parser("status", help="say what became of every thread that was begun")
    status.add_argument("--json", action="store_true", dest="as_json", help="for programs")
    status.set_defaults(verb=_status)

    undo = verbs.add_parser("undo", help="take a thread down, the last post first; it is never posted again")
    undo.add_argument("edition", type=int, metavar="EDITION", help="its number in threadmill status")
    undo.add_argument("--yes", action="store_true", help="do not ask")
    undo.set_defaults(verb=_undo, after_stop=_GO_ON)

    resolve = verbs.add_parser("resolve", help="tell what you saw on the account of a post whose fate is unknown")
    resolve.add_argument("edition", type=int, metavar="EDITION", help="its number in threadmill status")
    resolve.add_argument("position", type=int, metavar="POSITION", help="the post's number in the thread")
    answer = resolve.add_mutually_exclusive_group(required=True)
    answer.add_argument("--there", metavar="ID", default="", help="it is there: the number at the end of its address")
    answer.add_argument("--absent", action="store_true", help="it is not there; the next post command sends it")
    resolve.set_defaults(verb=_resolve)


def _report_arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("report", nargs="?", default=DEFAULT_REPORT, metavar="REPORT", help=f"default: {DEFAULT_REPORT}")
    verb.add_argument("--period", metavar="KEY", help="2020, 2026-10, 2026-W47 (default: the newest complete one)")
    _common_arguments(verb)


def _common_arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--now", metavar="ISO", help="the instant to compose as of (default: now)")
    verb.add_argument("--offline", action="store_true", help="make no connection at all; use what was collected before")
    verb.add_argument("--data", action="append", default=[], metavar="FILE.csv", help="more observations; may be given again")


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from bot import __version__

        print(__version__)
        parser.exit()


def _preview(options: argparse.Namespace) -> int:
    _end_on_sigterm()
    from bot.terminal import threads as show
    from bot.terminal.lines import progress
    from bot.verbs import threads

    with progress() as told:
        preview = threads.preview(options.report, options.period, options.now, options.data, options.out, options.offline, told)
    show.show_preview(preview)
    if options.open:
        show.open_page(preview.folder / "index.html")
    return 0


def _explain(options: argparse.Namespace) -> int:
    from bot.terminal import threads as show
    from bot.verbs import threads

    show.show_story(threads.explain(options.report, options.period, options.position, options.now, options.data))
    return 0


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


def _login(options: argparse.Namespace) -> int:
    from bot.terminal import login as show
    from bot.verbs import login

    if options.forget:
        show.show_forgotten(login.forget(options.network))
        return 0
    if options.exchange:
        show.show_login(login.exchange(options.network))
        return 0
    with login.ask(options.network, options.port, listen=not options.paste) as asked:
        show.show_address(asked.address, browser=not (options.paste or options.no_browser))
        access = asked.paste(show.pasted()) if options.paste else asked.wait(login.WAIT_S)
    show.show_login(access)
    return 0


def _post(options: argparse.Namespace) -> int:
    _end_on_sigterm()
    from bot.terminal import posting as show
    from bot.terminal.lines import progress
    from bot.verbs import posting

    with progress() as told:

        def agreed(plan: posting.Plan) -> bool:
            told.pause()
            show.show_standing(plan.standing)
            show.show_plan(plan)
            return bool(options.yes)

        standing = posting.post(options.report, options.period, options.now, options.data, agreed, told)
    if standing.open_posts:
        print("nothing was sent; --yes sends it")
        return 3
    show.show_standing(standing)
    return 0


def _undo(options: argparse.Namespace) -> int:
    _end_on_sigterm()
    from bot.terminal import posting as show
    from bot.terminal.lines import progress
    from bot.verbs import posting

    with progress() as told:

        def agreed(plan: posting.Plan) -> bool:
            told.pause()
            show.show_standing(plan.standing)
            show.show_plan(plan)
            return options.yes or show.asked("delete these posts for good?")

        standing = posting.undo(options.edition, agreed, told)
    if standing.out or (standing.edition and standing.withdrawn_at is None):
        print("nothing was deleted; --yes deletes them")
        return 3
    if not standing.edition:
        print("nothing of it was out, so it was forgotten: the next post command composes it anew")
        return 0
    show.show_standing(standing)
    return 0


def _rehearse(options: argparse.Namespace) -> int:
    _end_on_sigterm()
    from bot.terminal import rehearsing as show
    from bot.terminal.lines import progress
    from bot.verbs import rehearsing

    with progress() as told:
        rehearsal = rehearsing.rehearse(
            options.report, options.period, options.now, options.data, options.offline, options.fault, options.openapi, told
        )
    show.show_rehearsal(rehearsal)
    return 1 if rehearsal.complaints else 0


def _status(options: argparse.Namespace) -> int:
    from bot.terminal import posting as show
    from bot.verbs import posting

    standings, problems = posting.status()
    show.show_status(standings, problems, options.as_json)
    return 2 if problems else 0


def _resolve(options: argparse.Namespace) -> int:
    from bot.terminal import posting as show
    from bot.verbs import posting

    answer = "there" if options.there else "absent"
    show.show_standing(posting.resolve(options.edition, options.position, answer, options.there))
    return 0


def _collect(options: argparse.Namespace) -> int:
    _end_on_sigterm()
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
        tried = collecting.try_source(options.name, options.report, options.period, options.now, told)
    show.show_tried(tried)
    return 3 if tried.problem else 0


def _reply(options: argparse.Namespace) -> int:
    from bot.verbs import collecting

    sys.stdout.buffer.write(collecting.reply(options.sha256))
    return 0


def _reports(_: argparse.Namespace) -> int:
    from bot.terminal import checking as show
    from bot.verbs import checking

    show.show_reports(checking.reports())
    return 0
