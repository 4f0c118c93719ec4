"""How an edition stands on its account."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence

from bot.domain.delivery import State
from bot.domain.words import printable
from bot.terminal.lines import say
from bot.verbs.evidence import Published
from bot.verbs.posting import Plan, Standing


def show_standing(standing: Standing) -> None:
    """One edition on its account: a line per post, what was billed, and the thread's address."""
    frozen = standing.frozen
    edition = f"edition {standing.edition}" if standing.edition else "not begun"
    say(f"{edition}  {frozen.report} {frozen.period} for {frozen.network} account {frozen.account}")
    if standing.withdrawn_at is not None:
        say(f"   taken down since {standing.withdrawn_at:%Y-%m-%d %H:%M}")
        if standing.out:
            say(f"   {len(standing.out)} of its posts are still to be deleted: threadmill undo {standing.edition}")
    for at, url in zip(standing.deliveries, standing.urls, strict=True):
        tries = f", tried {at.attempts} times" if at.attempts > 1 else ""
        billed = f", billed ${usd:.3f}" if (usd := standing.billed_usd(at.position)) else ""
        say(f"   {at.position}/{len(standing.deliveries)} {at.state}{tries}{billed}  {url}".rstrip())
        if at.not_before is not None:
            say(f"        not before {at.not_before.isoformat(timespec='minutes')}")
        if at.error and at.state is not State.PUBLISHED:
            say(f"        {at.error}")
    if standing.charges:
        say(f"   billed ${standing.billed_usd():.3f} so far")
    if not standing.open_posts and standing.urls and standing.urls[0]:
        say(standing.urls[0])


def show_plan(plan: Plan) -> None:
    """Each billable call that is about to be made, the sum, and the month's budget."""
    for call in plan.calls:
        say(f"   {call.count} x {call.name:<25} ${call.usd:.3f}   ${call.count * call.usd:.3f}")
    say(f"   together ${plan.cost_usd:.3f} by the prices of {plan.prices_as_of}; looking a lost answer up would cost more")
    if plan.budget is not None:
        over = ", which is more: it will be refused" if plan.month_usd > plan.budget.usd else ""
        say(f"   budget ${plan.budget.usd:.3f} a month; with this, ${plan.month_usd:.3f} are billed or promised{over}")


def show_evidence(published: Published) -> None:
    """Where each edition's pages are, and the page that lists them."""
    for site in published.sites:
        say(f"{site.edition:>4}  {site.folder / 'index.html'}")
    say(f"all of them: {published.index}")


def asked(question: str) -> bool:
    """What a person answers; no, where nobody is there to ask."""
    if not (sys.stdin and sys.stdin.isatty()):
        return False
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def show_status(standings: Sequence[Standing], problems: Mapping[int, str], as_json: bool) -> None:
    """Every edition that was begun, newest first; as JSON for programs. What cannot be read goes to the other stream."""
    for edition, problem in problems.items():
        print(f"threadmill: edition {edition} cannot be read: {printable(problem)}", file=sys.stderr)
    if as_json:
        print(json.dumps([_standing_row(standing) for standing in standings], ensure_ascii=False, indent=1))
        return
    for standing in standings:
        show_standing(standing)
    if not standings and not problems:
        say("no thread was begun yet")


def _standing_row(standing: Standing) -> dict[str, object]:
    frozen = standing.frozen
    return {
        "edition": standing.edition,
        "report": frozen.report,
        "period": frozen.period,
        "network": frozen.network,
        "account": frozen.account,
        "digest": frozen.digest,
        "composed_at": frozen.composed_at.isoformat(),
        "cost_usd": frozen.cost_usd,
        "billed_usd": standing.billed_usd(),
        "withdrawn_at": None if standing.withdrawn_at is None else standing.withdrawn_at.isoformat(),
        "charges": [
            {"position": one.position, "call": one.call, "usd": one.usd, "at": one.at.isoformat()} for one in standing.charges
        ],
        "posts": [
            {
                "position": at.position,
                "state": str(at.state),
                "attempts": at.attempts,
                "remote_id": at.remote_id or None,
                "url": url or None,
                "billed_usd": standing.billed_usd(at.position),
                "error": at.error or None,
                "not_before": None if at.not_before is None else at.not_before.isoformat(),
            }
            for at, url in zip(standing.deliveries, standing.urls, strict=True)
        ],
    }
