"""What is scheduled, and how its turns stand."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Mapping

from bot.domain.turn import Turn
from bot.domain.words import printable
from bot.ports import Billed
from bot.terminal.lines import say
from bot.terminal.operations import show_turn
from bot.verbs.survey import Scheduled, Survey


def show_schedule(found: Survey, as_json: bool) -> None:
    """Every scheduled report with its turns, as JSON for programs. Recipes that cannot be read go to the other stream."""
    for report, problem in found.problems.items():
        print(f"threadmill: the recipe of {report} cannot be read: {printable(problem)}", file=sys.stderr)
    if as_json:
        print(json.dumps(_row(found), ensure_ascii=False, indent=1))
        return
    for one in found.scheduled:
        _show(one)
    for turn in found.orphans:
        show_turn(turn)
        say("   the report is not scheduled any more: nobody goes on with it")
    for name, moment in sorted(found.chores.items()):
        say(f"{name} was last done at {_minute(moment)}")
    if found.counts.untold:
        say(f"{found.counts.untold} notices were not told yet")
    if not found.scheduled:
        say("nothing is scheduled: a recipe needs a [schedule], and THREADMILL_REPORTS must not leave it out")


def _show(one: Scheduled) -> None:
    for turn in _turns(one):
        show_turn(turn)
    if one.newest is None:
        say(f"{one.report} for {one.network}: no turn yet")
    if one.due:
        say(f"   {one.window.period.key} is due since {_minute(one.window.opens_at)}: the next look begins it")
    if one.overdue:
        say(f"   overdue: {one.overdue}")
    say(f"   {one.mode}; the next window opens at {_minute(one.opens_at)}")


def _turns(one: Scheduled) -> list[Turn]:
    """Those that are not over and the newest, by period."""
    return [*one.open_turns, *([one.newest] if one.newest is not None and one.newest.over else [])]


def _row(found: Survey) -> dict[str, object]:
    counts = found.counts
    return {
        "at": found.at.isoformat(),
        "scheduled": [_scheduled_row(one) for one in found.scheduled],
        "problems": dict(found.problems),
        "left": [_turn_row(turn) for turn in found.orphans],
        "chores": {name: moment.isoformat() for name, moment in found.chores.items()},
        "asked": {source: moment.isoformat() for source, moment in counts.asked.items()},
        "billed_usd": _usd(counts.charges),
        "billed_this_month_usd": _usd(counts.charges_since),
        "untold_notices": counts.untold,
    }


def _scheduled_row(one: Scheduled) -> dict[str, object]:
    return {
        "report": one.report,
        "network": one.network,
        "mode": str(one.mode),
        "window": {
            "period": one.window.period.key,
            "opens_at": one.window.opens_at.isoformat(),
            "grace_until": one.window.grace_until.isoformat(),
            "complete_until": one.window.complete_until.isoformat(),
            "closes_at": one.window.closes_at.isoformat(),
        },
        "next_opens_at": one.opens_at.isoformat(),
        "overdue": one.overdue or None,
        "turns": [_turn_row(turn) for turn in _turns(one)],
    }


def _turn_row(turn: Turn) -> dict[str, object]:
    return {
        "period": turn.period.key,
        "state": str(turn.state),
        "reason": turn.reason or None,
        "attempts": turn.attempts,
        "edition": turn.edition,
        "run": turn.run or None,
        "closes_at": turn.window.closes_at.isoformat(),
        "retry_at": _iso(turn.retry_at),
        "ended_at": _iso(turn.ended_at),
    }


def _usd(charges: Mapping[tuple[str, str], Billed]) -> dict[str, float]:
    networks = dict.fromkeys(network for network, _ in charges)
    return {name: round(sum(one.usd for (network, _), one in charges.items() if network == name), 4) for name in networks}


def _iso(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _minute(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
