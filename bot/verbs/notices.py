"""What a person is told of a turn: what happened, why, and what to type next. Pure words; the first line is a mail's subject."""

from __future__ import annotations

import datetime as dt
import re
import shlex
from collections.abc import Iterator
from typing import Final

from bot.domain.turn import Turn
from bot.ports import Notice

_SUBJECTS: Final = {
    "waiting": "waits for approval",
    "held": "is held",
    "unknown": "has a post of unknown fate",
    "missed": "was missed",
    "broken": "cannot be made: its recipe or the settings are wrong",
    "half": "is out in part only",
}
_HAPPENED: Final = {
    "waiting": "The thread is frozen, and goes out when somebody approves exactly this one.",
    "held": "Nothing more of it goes out before somebody has changed something.",
    "unknown": "A post was sent, its answer was lost, and nobody found out whether it is there. Until then nothing is sent.",
    "missed": "There is no thread for this period, and none is made by itself any more.",
    "broken": "The thread cannot be composed or posted as things are set up.",
    "half": "Some posts are out, its time is over, and nothing more goes out by itself.",
}
_FICKLE: Final = re.compile(r"(?<!\bpost )(?<!\S)\S*\d\S*")
"""Words with digits: sums, instants, ids. Which post it is about stays."""


def notice(event: str, turn: Turn, digest: str = "", position: int = 0) -> Notice:
    """
    What happened to a turn, in words; its `reason` is told as it is.

    `event` is "waiting" (with the `digest` of the edition), "held", "unknown" (with the post's `position`, if it is known),
    "missed", "broken" or "half".
    """
    subject = f"threadmill: {turn.report} {turn.period.key} {_SUBJECTS[event]}".encode("ascii", "replace").decode()
    steps = [f"{words}\n    {command}" for words, command in _steps(event, turn, digest, position)]
    parts = [subject, _HAPPENED[event], f"Why: {turn.reason}" if turn.reason else "", _when(event, turn), *steps]
    text = "\n\n".join(part for part in parts if part)
    return Notice(event, turn.report, turn.network, turn.period.key, text, turn.run, _cause(event, turn, digest, position))


def _cause(event: str, turn: Turn, digest: str, position: int) -> str:
    """What it is about, in words that are the same whenever the same is found again: only another cause is told again."""
    if event == "waiting":
        return digest
    if event == "unknown" and position:
        return f"post {position}"
    words = " ".join(_FICKLE.sub("", turn.reason).split())
    by_hand = event == "held" and turn.retry_at is None  # tried again because a person did something: it did not help
    return f"{words} ({turn.run})" if by_hand else words


def _when(event: str, turn: Turn) -> str:
    """What will happen by itself, and until when."""
    if event in ("missed", "half"):
        return ""
    over = f"Its time is over at {_minute(turn.window.closes_at)}."
    return f"It is tried again by itself at {_minute(turn.retry_at)}. {over}" if turn.retry_at is not None else over


def _steps(event: str, turn: Turn, digest: str, position: int) -> Iterator[tuple[str, str]]:
    """What a person may do, with the command for it."""
    report, period = shlex.quote(turn.report), shlex.quote(turn.period.key)
    post = f"threadmill post {report} --period {period} --yes"
    skip = f'threadmill skip {report} {period} --because "..."'
    edition = turn.edition
    match event:
        case "waiting":
            yield "Look at it:", f"threadmill approve {edition}"
            yield "Approve exactly this thread:", f"threadmill approve {edition} {digest or 'DIGEST'}"
            yield "Or say that there shall be none:", skip
        case "unknown":
            where = f"{edition} {position or 'POSITION'}"
            yield "See which post it is:", "threadmill status"
            yield (
                "Look at the account. If the post is there, give the number at the end of its address:",
                f"threadmill resolve {where} --there ID",
            )
            yield "If it is not there:", f"threadmill resolve {where} --absent"
        case "half":
            yield "Bring it to its end:", post
            yield "Or take down what is out:", f"threadmill undo {edition}"
        case "missed":
            yield "Post it by hand:", post
            yield "Or say that it is not missed:", skip
        case "broken":
            yield "See what is wrong:", f"threadmill check {report}"
            yield "Then go on at once:", post
            yield "Or say that there shall be none:", skip
        case _:
            yield "Once that is done, go on at once:", post
            yield "Or say that there shall be none:", skip


def _minute(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
