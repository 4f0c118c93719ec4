"""What became of turns, and what a person is to say about them."""

from __future__ import annotations

import shlex
from pathlib import Path

from bot.domain.delivery import Frozen
from bot.domain.turn import Turn, TurnState
from bot.terminal.lines import say
from bot.verbs.accepting import Accepted
from bot.verbs.approving import Approved
from bot.verbs.running import Once

_PASSING = (TurnState.OPEN, TurnState.SENDING)


def show_once(once: Once) -> None:
    """A line for each turn that was performed or missed, and for each recipe that cannot be read."""
    for name, problem in once.problems.items():
        say(f"{name} is broken: {problem}")
    for turn in once.missed:
        show_turn(turn)
    for performed in once.performed:
        show_turn(performed.turn)
    if not (once.performed or once.missed or once.problems):
        say("nothing is due")


def show_turn(turn: Turn) -> None:
    """One turn: what it is about, how it stands, and why."""
    say(f"{turn.report} {turn.period.key} for {turn.network}: {turn.state}")
    if turn.reason:
        say(f"   {turn.reason}")
    if turn.state in _PASSING and turn.retry_at is not None:
        say(f"   tried again at {turn.retry_at:%Y-%m-%d %H:%M} UTC")


def show_written(approved: Approved, out: str) -> None:
    """Where a person may look at it."""
    say(f"written to {Path(out) / approved.frozen.report / approved.frozen.folder / 'index.html'}")


def _posting(frozen: Frozen) -> str:
    """The command that goes on with an edition."""
    if frozen.correction is None:
        return f"threadmill post {frozen.report} --period {frozen.period}"
    return f'threadmill correct {frozen.report} {frozen.period} {frozen.correction.position} --because "..."'


def show_accepted(accepted: Accepted) -> None:
    """What was accepted, word for word, and what comes of it."""
    for one in accepted.judgements:
        assert one.accepted is not None  # noqa: S101 - that is what it is here for
        say(f"accepted  {one.gate}:{one.metric} ({one.verdict}): {one.sentence}")
        say(f"   {one.why}")
        say(f"   by {one.accepted.by} at {one.accepted.at:%Y-%m-%d %H:%M} UTC: {one.accepted.because}")
    for one in accepted.left:
        say(f"held      {one.gate}:{one.metric}: {one.sentence}")
        say(f"   {one.why}")
    if accepted.waited_for:
        say("the next run tries it again")
        return
    which = f"{shlex.quote(accepted.report.key)} --period {shlex.quote(accepted.period.key)}"
    say(f"no turn waits for it: threadmill preview {which} shows the thread, threadmill post {which} --yes posts it")


def show_approved(approved: Approved) -> None:
    """The thread word for word, its digest, and whether it is approved."""
    frozen = approved.frozen
    say(f"edition {approved.edition}  {frozen.report} {frozen.period} for {frozen.network} account {frozen.account}")
    for post in frozen.posts:
        say(f"\n{post.position}/{len(frozen.posts)}  ${post.cost_usd:.3f}")
        say(post.text)
        for picture in post.pictures:
            say(f"   [picture {picture.width_px}x{picture.height_px}: {picture.alt_text}]")
    say(f"\n{len(frozen.posts)} posts for ${frozen.cost_usd:.3f}, digest {frozen.digest}")
    if approved.approval is None:
        say(f"approve exactly this: threadmill approve {approved.edition} {frozen.digest}")
        return
    say(f"approved by {approved.approval.by} at {approved.approval.at:%Y-%m-%d %H:%M} UTC")
    if approved.out:
        say("it is out already, or was taken down: threadmill status tells")
    elif not approved.waited_for:
        say(f"no turn waits for it: {_posting(frozen)} --yes posts it")
    else:
        say("the next run posts it")
