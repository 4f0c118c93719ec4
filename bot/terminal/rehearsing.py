"""How a thread fared on the fake X."""

from __future__ import annotations

from bot.terminal.lines import say
from bot.verbs.rehearsing import Rehearsal


def show_rehearsal(rehearsal: Rehearsal) -> None:
    """Each run that did not end well, the calls, and what stands on the account."""
    thread = rehearsal.frozen
    say(f"{thread.report} {thread.period} on a fake X of this machine: nothing left it")
    for number, run in enumerate(rehearsal.runs, 1):
        ended = "ended well" if run.exit_code == 0 else f"ended with exit code {run.exit_code}: {run.words}"
        say(f"   run {number} {ended}")
    for call, count in rehearsal.calls.items():
        say(f"   {count:>3} x {call}")
    say(f"   billed ${rehearsal.billed_usd:.3f}, had it been X")
    for posts in rehearsal.threads:
        for post in posts:
            pictures = f"  [{len(post.images)} picture{'s' if len(post.images) > 1 else ''}]" if post.images else ""
            say(f"   {post.id}  {post.text.splitlines()[0]}{pictures}")
    for complaint in rehearsal.complaints:
        say(f"wrong: {complaint}")
    if not rehearsal.complaints:
        say("the account holds the thread once, whole and in order")
