"""How an edition stands on its account."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence

from bot.domain.delivery import Frozen, State
from bot.domain.words import printable
from bot.terminal.lines import say
from bot.verbs.comparing import Change
from bot.verbs.evidence import Published
from bot.verbs.posting import Plan, Standing


def show_standing(standing: Standing) -> None:
    """One edition on its account: a line per post, what was billed, and the thread's address."""
    frozen = standing.frozen
    edition = f"edition {standing.edition}" if standing.edition else "not begun"
    say(f"{edition}  {frozen.report} {frozen.period}{_which(frozen)} for {frozen.network} account {frozen.account}")
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
    for one in standing.corrections:
        say(f"   correction {one.correction.number} of post {one.correction.position} {one.state}  {one.url}".rstrip())
        if standing.withdrawn_at is not None and one.out:
            say(f"        it is still there: threadmill undo {one.edition}")
    for line in _restated(standing):
        say(f"   {line}")
    if not standing.open_posts and standing.urls and standing.urls[0]:
        say(standing.urls[0])


def show_words(standing: Standing) -> None:
    """A correction word for word, what in it may cost more, and what it replies to: nobody has seen it yet."""
    correction = standing.frozen.correction
    if correction is None:
        return
    remarks = [remark for post in json.loads(standing.frozen.thread_json)["posts"] for remark in post["remarks"]]
    for post in standing.frozen.posts:
        say("\n".join(f"   | {line}".rstrip() for line in post.text.split("\n")))
    for remark in remarks:
        say(f"   {remark}")
    say(f"   in reply to post {correction.position}: {standing.replies_to}")


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


def _which(frozen: Frozen) -> str:
    one = frozen.correction
    return "" if one is None else f", correction {one.number} of post {one.position},"


def _restated(standing: Standing) -> Iterator[str]:
    """Of each post what was restated since, and how readers are told; what cannot be compared."""
    frozen, compared = standing.frozen, standing.compared
    for position in dict.fromkeys(one.position for one in compared.correctable):
        for one in compared.correctable:
            if one.position == position:
                yield f"{one.restated.fate} in post {position}: {_change(one)}"
        yield f'     tell readers: threadmill correct {frozen.report} {frozen.period} {position} --because "..."'
    if gone := len(compared.changes) - len(compared.correctable):
        yield f"{gone} of its figures are told by no source any more: they came with --data, or the recipe has changed"
    if compared.remark:
        yield f"whether its figures were restated is not known: {compared.remark}"


def _change(change: Change) -> str:
    old, new = change.values
    seen = change.restated.old
    title = seen.metric if change.metric is None else change.metric.title
    order = ", and who is ahead" if change.restated.overturns else ""
    what = f"{title}, {change.name}, {seen.period.name}: {old}"
    return f"{what} -> {new}{order}" if new else f"{what} is told no more by {seen.origin}: {change.restated.reason}"


def _standing_row(standing: Standing) -> dict[str, object]:
    frozen = standing.frozen
    return {
        "edition": standing.edition,
        "report": frozen.report,
        "period": frozen.period,
        "network": frozen.network,
        "account": frozen.account,
        "correction": None
        if frozen.correction is None
        else {"position": frozen.correction.position, "number": frozen.correction.number, "reply_to": frozen.correction.reply_to},
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
        "corrections": [
            {
                "edition": one.edition,
                "position": one.correction.position,
                "number": one.correction.number,
                "state": str(one.state),
                "url": one.url or None,
            }
            for one in standing.corrections
        ],
        "restated": [_change_row(one) for one in standing.compared.changes],
        "not_compared": standing.compared.remark or None,
    }


def _change_row(change: Change) -> dict[str, object]:
    old, new = change.restated.old, change.restated.new
    return {
        "position": change.position,
        "facts": list(change.facts),
        "fate": str(change.restated.fate),
        "metric": old.metric,
        "subject": old.subject,
        "window": {"start": old.period.start.isoformat(), "end": old.period.end.isoformat()},
        "origin": old.origin,
        "old": old.value,
        "new": None if new is None else new.value,
        "retrieved_at": None if new is None else new.retrieved_at.isoformat(),
        "overturns": change.restated.overturns,
        "reason": change.restated.reason or None,
    }
