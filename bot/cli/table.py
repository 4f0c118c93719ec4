"""The verbs, each with its line and the file its arguments stand in: all that `threadmill --help` needs, which must be quick."""

from __future__ import annotations

_GROUPS = {
    "threads": {
        "preview": "write a thread to disk, exactly as it would be posted",
        "explain": "print one post with the whole story of each of its numbers",
        "backtest": "tell every period of the past as it would have been told then",
        "rehearse": "post it to a fake X on this machine, with whatever is to go wrong",
    },
    "accounts": {
        "login": "log in to X with OAuth 2.0, in a browser or from OAuth 1.0a keys",
        "post": "post a thread, or go on with one that was begun",
        "status": "say what became of every thread that was begun",
        "resolve": "tell what you saw on the account of a post whose fate is unknown",
        "correct": "tell readers of a post which of its figures were restated since",
        "undo": "take a thread down, the last post first; it is never posted again",
        "evidence": "write pages with all that stands behind posted threads, to publish",
    },
    "collecting": {
        "collect": "ask the live sources and store what they say; run it daily",
        "sources": "say what each measures, does not measure, asks for and owes",
        "reply": "print the very bytes of a kept reply, as explain names them",
    },
    "operations": {
        "run": "post every report when it is due: a service, or --once for cron",
        "schedule": "say what is due when, and what became of the newest turns",
        "approve": "let a thread go out that waits, or accept what a gate holds",
        "skip": "there shall be no thread of a report for a period",
        "turn": "",
        "chore": "",
    },
    "keeping": {
        "prune": "let go of replies that are older than they are kept",
        "backup": "write all that is in the store to a file, while it is in use",
        "restore": "fill an empty store from a backup",
    },
    "checking": {
        "check": "read settings, recipes and texts, and say what is wrong with them",
        "reports": "list the reports there are",
    },
}
"""File of `bot/cli` -> verb -> its line. A verb whose line is empty is for Threadmill's own use and not listed."""

_TITLES = {
    "threads": "see a thread; no account is needed",
    "accounts": "post it",
    "collecting": "the figures behind it",
    "operations": "let it run unattended",
    "keeping": "what is kept",
    "checking": "what is set up",
}

_OPTIONS = """options:
  -h, --help  these lines; after a verb, what it takes
  --version   the version"""

_EXIT_CODES = """exit codes:
  0 done                      4 rejected by the network
  1 unexpected                5 outcome unknown, nothing was sent again
  2 usage or configuration    6 nothing due
  3 held                      7 not now; run it again later"""


class Room:
    """Where a verb stands, and its line."""

    __slots__ = ("line", "module")

    def __init__(self, module: str, line: str) -> None:
        self.module = module
        self.line = line


ROOMS = {verb: Room(module, line) for module, verbs in _GROUPS.items() for verb, line in verbs.items()}
"""Every verb there is."""


def usage() -> str:
    """How the command is called."""
    return "usage: threadmill [-h] [--version] VERB ..."


def listing() -> str:
    """All verbs with their lines, in groups; no line is wider than 80 columns."""
    lines = [usage(), "", "Adoption metrics as one numbered, fully cited thread."]
    for module, title in _TITLES.items():
        lines += ["", f"{title}:", *(f"  {verb:<10} {line}" for verb, line in _GROUPS[module].items() if line)]
    return "\n".join([*lines, "", _OPTIONS, "", _EXIT_CODES])
