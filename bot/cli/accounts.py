"""The verbs that act on an account: their arguments, and what they call."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from bot.cli import end_on_sigterm

TYPE_CHECKING = False  # as in bot/cli/__init__.py: typing itself takes time to load
if TYPE_CHECKING:
    from bot.terminal.lines import Steps
    from bot.verbs.posting import Agreed, Plan

CALLBACK_PORT = 8712

_GO_ON = "what was sent is known or will be found out: run the same command again, which goes on from there"


def arguments(verb: str, parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """What the verb takes goes to the parser; what comes back runs it."""
    takes, run = {
        "login": (_login_arguments, _login),
        "post": (_post_arguments, _post),
        "status": (_status_arguments, _status),
        "resolve": (_resolve_arguments, _resolve),
        "correct": (_correct_arguments, _correct),
        "undo": (_undo_arguments, _undo),
        "evidence": (_evidence_arguments, _evidence),
    }[verb]
    takes(parser)
    return run


def _login_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("network", metavar="x", help="the network; x is the one there is")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--paste", action="store_true", help="the browser is on another machine: paste the address it ends up at")
    way.add_argument("--exchange", action="store_true", help="make a login from the four OAuth 1.0a keys; no browser is needed")
    way.add_argument("--forget", action="store_true", help="remove the stored login")
    parser.add_argument("--no-browser", action="store_true", help="only print the address to open")
    parser.add_argument("--port", type=int, default=CALLBACK_PORT, metavar="N", help=f"of 127.0.0.1 (default: {CALLBACK_PORT})")


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


def _post_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", metavar="REPORT")
    parser.add_argument("--period", metavar="KEY", help="2020, 2026-10, 2026-W47 (default: the newest complete one)")
    parser.add_argument("--now", metavar="ISO", help="the instant to compose as of (default: now)")
    parser.add_argument("--data", action="append", default=[], metavar="FILE.csv", help="more observations; may be given again")
    parser.add_argument("--yes", action="store_true", help="send it; without, only what would be sent and billed is shown")
    parser.add_argument("--absent", action="store_true", help="after a restore: you looked, and the thread is not on the account")
    parser.set_defaults(after_stop=_GO_ON)


def _post(options: argparse.Namespace) -> int:
    stop = end_on_sigterm()
    from bot.terminal import posting as show
    from bot.terminal.lines import progress
    from bot.verbs import posting

    with progress() as told:
        agreed = _shown_first(told, lambda: bool(options.yes))
        which = options.report, options.period, options.now, options.data
        standing = posting.post(*which, agreed, told, stop, absent=options.absent)
    if standing.open_posts:
        print("nothing was sent; --yes sends it")
        return 3
    show.show_standing(standing)
    return 0


def _shown_first(told: Steps, agreed: Callable[[], bool]) -> Agreed:
    """Whether what is about to be done shall be, asked when it has been shown."""
    from bot.terminal import posting as show

    def agreed_to(plan: Plan) -> bool:
        told.pause()
        show.show_standing(plan.standing)
        show.show_words(plan.standing)
        show.show_plan(plan)
        return agreed()

    return agreed_to


def _status_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", dest="as_json", help="for programs")


def _status(options: argparse.Namespace) -> int:
    from bot.terminal import posting as show
    from bot.verbs import posting

    standings, problems = posting.status()
    show.show_status(standings, problems, options.as_json)
    return 2 if problems else 0


def _resolve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("edition", type=int, metavar="EDITION", help="its number in threadmill status")
    parser.add_argument("position", type=int, metavar="POSITION", help="the post's number in the thread")
    answer = parser.add_mutually_exclusive_group(required=True)
    answer.add_argument("--there", metavar="ID", default="", help="it is there: the number at the end of its address")
    answer.add_argument("--absent", action="store_true", help="it is not there; the next post command sends it")


def _resolve(options: argparse.Namespace) -> int:
    from bot.terminal import posting as show
    from bot.verbs import posting

    answer = "there" if options.there else "absent"
    show.show_standing(posting.resolve(options.edition, options.position, answer, options.there))
    return 0


def _correct_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", metavar="REPORT")
    parser.add_argument("period", metavar="PERIOD")
    parser.add_argument("position", metavar="POSITION", type=int, help="the post's number in the thread")
    parser.add_argument(
        "--subject", action="append", default=[], metavar="KEY", help="only the figures of this one; may be given again"
    )
    parser.add_argument("--because", required=True, metavar="TEXT", help="why the figures changed, in words for readers")
    parser.add_argument("--data", action="append", default=[], metavar="FILE.csv", help="more observations; may be given again")
    parser.add_argument("--yes", action="store_true", help="send it; without, only what would be sent and billed is shown")
    parser.add_argument("--absent", action="store_true", help="after a restore: you looked, and the post has no correction")
    parser.set_defaults(after_stop=_GO_ON)


def _correct(options: argparse.Namespace) -> int:
    stop = end_on_sigterm()
    from bot.terminal import posting as show
    from bot.terminal.lines import progress
    from bot.verbs import correcting

    with progress() as told:
        agreed = _shown_first(told, lambda: bool(options.yes))
        which = options.report, options.period, options.position, options.because, options.subject, options.data
        standing = correcting.correct(*which, agreed, told, stop, absent=options.absent)
    if standing.open_posts:
        print("nothing was sent; --yes sends it")
        return 3
    show.show_standing(standing)
    return 0


def _undo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("edition", type=int, metavar="EDITION", help="its number in threadmill status")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.set_defaults(after_stop=_GO_ON)


def _undo(options: argparse.Namespace) -> int:
    stop = end_on_sigterm()
    from bot.terminal import posting as show
    from bot.terminal.lines import progress
    from bot.verbs import posting

    with progress() as told:
        agreed = _shown_first(told, lambda: options.yes or show.asked("delete these posts for good?"))
        standing = posting.undo(options.edition, agreed, told, stop)
    if standing.out or (standing.edition and standing.withdrawn_at is None):
        print("nothing was deleted; --yes deletes them")
        return 3
    if not standing.edition:
        again = "post" if standing.frozen.correction is None else "correct"
        print(f"nothing of it was out, so it was forgotten: the next {again} command composes it anew")
        return 0
    show.show_standing(standing)
    return 0


def _evidence_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", nargs="?", default=None, metavar="REPORT", help="one report (default: all that were posted)")
    parser.add_argument("period", nargs="?", default=None, metavar="PERIOD", help="one period of it (default: all)")
    parser.add_argument("--out", required=True, metavar="DIR", help="write DIR/<report>/<period>/ and DIR/index.html")
    parser.set_defaults(after_stop="what was written is whole; run it again for the rest")


def _evidence(options: argparse.Namespace) -> int:
    end_on_sigterm()
    from bot.terminal import posting as show
    from bot.verbs import evidence

    show.show_evidence(evidence.publish(options.report, options.period, options.out))
    return 0
