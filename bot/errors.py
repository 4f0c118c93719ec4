"""
One tree of errors. Every message says what happened, why it usually does, and what to do next.

The command line prints the message and leaves with `exit_code`; `permanent` tells a scheduler whether trying
again without a change can help.
"""

from __future__ import annotations

import datetime as dt
import shlex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bot.domain.edition import HeldEdition

_MOST_JUDGEMENTS: Final = 5
"""Of one edition that a message tells; the page has all."""


class ThreadmillError(Exception):
    """The root: something a person can act on. Anything else that escapes is a defect and exits with 1."""

    exit_code = 1
    permanent = True


class BadInput(ThreadmillError):
    """A recipe, template, figure file or argument is wrong. Nothing was written; fix the named place."""

    exit_code = 2


class BadRecipe(BadInput):
    """`report.toml` does not say what a report needs."""


class BadTemplate(BadInput):
    """A text template is refused: its syntax, an unknown name, a literal figure, or a way out of the sandbox."""


class BadFigures(BadInput):
    """A file of observations breaks the csv contract; the message names file, line and column."""


class BadThread(BadInput):
    """A composed post breaks a limit of the network or prints a number nothing vouches for."""


class BadChart(BadInput):
    """A drawn chart fails the layout lint, or a title cannot be made to fit."""


class BadOutput(BadInput):
    """The output folder cannot be written, or holds something that is not ours to replace."""


class HeldBack(ThreadmillError):
    """The thread may not go out as it stands: a gate or an approval holds it."""

    exit_code = 3


class GateHeld(HeldBack):
    """
    A gate keeps back a metric that the recipe requires. `held` is what is wrong, `page` where a person sees it, `problem` why no
    page could be written.
    """

    def __init__(self, held: HeldEdition, page: str = "", problem: str = "") -> None:
        super().__init__(_told(held, page, problem))
        self.held = held
        self.page = page


class OverBudget(HeldBack):
    """What is about to be billed would exceed the month's budget. Nothing was sent."""

    def __init__(self, committed_usd: float, budget_usd: float, since: dt.datetime) -> None:
        super().__init__(
            f"with this, ${committed_usd:.3f} would be billed or promised since {since:%Y-%m-%d}, and the budget is "
            f"${budget_usd:.3f} a month; nothing was sent. Raise THREADMILL_BUDGET_USD, or wait for the next month"
        )


class SourceUnavailable(ThreadmillError):
    """One source gave nothing this time. A value of the run unless the recipe marks the source as required."""

    exit_code = 3
    permanent = False


class Throttled(SourceUnavailable):
    """A service asks to be left alone until an instant; it is not asked before."""

    def __init__(self, message: str, until: dt.datetime) -> None:
        super().__init__(message)
        self.until = until


class Rejected(ThreadmillError):
    """The network refused for good: nothing was created, and the same call will be refused again until something changes."""

    exit_code = 4


class Unsure(ThreadmillError):
    """Something was sent, and whether it arrived is not known. Nothing was sent again; reconciliation or a person decides."""

    exit_code = 5
    permanent = False


class Later(ThreadmillError):
    """The network asks to wait; surely nothing was created. Run again at `until`."""

    exit_code = 7
    permanent = False

    def __init__(self, message: str, until: dt.datetime) -> None:
        super().__init__(message)
        self.until = until


class ParentUnseen(Later):
    """The network does not show the post this one replies to: yet, or not any more. Surely nothing was created."""


class Parked(ThreadmillError):
    """Somebody asked the process to end. Nothing is under way, and the next run goes on from here."""

    exit_code = 7
    permanent = False


class BadStore(ThreadmillError):
    """
    The database cannot be reached, read or written, or belongs to another version. Nothing half done is in it.

    It is not `permanent` where the server is away or busy, and may be back.
    """

    exit_code = 2

    def __init__(self, message: str, permanent: bool = True) -> None:
        super().__init__(message)
        self.permanent = permanent


class Untold(ThreadmillError):
    """
    A notice did not reach whom it was for, or may not have. No secret of the address is in the words.

    `permanent` if it will not, before somebody has changed the settings or the other end.
    """

    def __init__(self, message: str, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


def _told(held: HeldEdition, page: str, problem: str) -> str:
    report, period = shlex.quote(held.report.key), shlex.quote(held.period.key)
    lines = [f"{held.report.key} {held.period} is held: a gate keeps back what its recipe requires"]
    lines += [f"  {one.metric}, gate {one.gate}: {one.sentence}. {one.why}" for one in held.blocking[:_MOST_JUDGEMENTS]]
    if (more := len(held.blocking) - _MOST_JUDGEMENTS) > 0:
        lines.append(f"  and {more} more")
    people = dict.fromkeys(one.by for one in held.outdated)
    lines += [f"  what {by} accepted was another figure, and does not cover this one" for by in people]
    if problem:
        lines.append(f"  the page that shows why is not there: {problem}")
    look = f"Look at {page}" if page else f"Look at it: threadmill preview {report} --period {period}"
    lines.append(f"{look}. The source is probably wrong, or counts in another way now: mend it, declare a break in the recipe,")
    lines.append("or, if the figures are right, accept them:")
    gates = dict.fromkeys(f"{one.gate}:{one.metric}" for one in held.blocking)
    return "\n".join([*lines, *(f'  threadmill approve {report} {period} --accept {gate} --because "..."' for gate in gates)])
