"""How an edition stands on its account."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.domain.delivery import State
from bot.terminal.lines import say
from bot.verbs.posting import Standing


def show_standing(standing: Standing) -> None:
    """One edition on its account: a line per post, what was billed, and the thread's address."""
    frozen = standing.frozen
    say(f"{standing.edition}  {frozen.report} {frozen.period} for {frozen.network} account {frozen.account}")
    for at, url in zip(standing.deliveries, standing.urls, strict=True):
        tries = f", tried {at.attempts} times" if at.attempts > 1 else ""
        say(f"   {at.position}/{len(standing.deliveries)} {at.state}{tries} {url or at.remote_id}".rstrip())
        if at.error and at.state is not State.PUBLISHED:
            say(f"        {at.error}")
    say(f"   billed ${standing.spent_usd:.3f} so far")
    if not standing.open_posts and standing.urls and standing.urls[0]:
        say(standing.urls[0])


def show_plan(standing: Standing) -> None:
    """What posting would send and be billed for: nothing was sent."""
    posts = [standing.frozen.posts[one.position - 1] for one in standing.open_posts]
    pictures = sum(len(post.pictures) for post in posts)
    say(f"nothing was sent. With --yes, {len(posts)} posts and {pictures} pictures with alt text go out")
    say(f"they are billed ${standing.to_bill_usd:.3f} at the most")


def show_status(standings: Sequence[Standing], as_json: bool) -> None:
    """Every edition that was begun, newest first; as JSON for programs."""
    if as_json:
        print(json.dumps([_standing_row(standing) for standing in standings], ensure_ascii=False, indent=1))
        return
    for standing in standings:
        show_standing(standing)
    if not standings:
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
        "billed_usd": standing.spent_usd,
        "posts": [
            {
                "position": at.position,
                "state": str(at.state),
                "attempts": at.attempts,
                "remote_id": at.remote_id or None,
                "url": url or None,
                "error": at.error or None,
                "not_before": None if at.not_before is None else at.not_before.isoformat(),
            }
            for at, url in zip(standing.deliveries, standing.urls, strict=True)
        ],
    }
