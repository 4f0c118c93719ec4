"""A person's word on a turn: this very thread shall go out, or none."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from bot import folders, wiring
from bot.delivery import deliver
from bot.domain.delivery import Frozen, State
from bot.domain.period import Period
from bot.domain.turn import Turn, TurnState
from bot.errors import BadInput, HeldBack
from bot.ports import Approval, Store
from bot.verbs.choosing import any_period_of, refuse_to_come
from bot.verbs.workers import person

_LONGEST_REASON = 1000
_SHORTEST_DIGEST = 12
"""Characters that tell one thread from another; fewer may be a slip of the hand."""


@dataclass(frozen=True)
class Approved:
    """
    A frozen thread, and a person's approval of it, if it was given. `waited_for` says whether the next run posts it then, `out`
    that nothing is left to post.
    """

    edition: int
    frozen: Frozen
    approval: Approval | None
    turn: Turn | None
    waited_for: bool = False
    out: bool = False


def approve(edition: int, digest: str | None, out: str | None = None) -> Approved:
    """
    Approve an edition by its digest, or show what is to be approved, if none is given: also as files, under `out`. The next run
    posts what was approved.

    Raises:
        BadInput: there is no such edition, its digest is another, or there is nothing to approve.
        HeldBack: it was taken down.
    """
    house = wiring.house()
    scheduled = {report.key for report in wiring.scheduled(house)[0]}  # wrong settings are refused before anything is written
    with wiring.store(house) as store:
        if edition not in store.desk.editions():
            raise BadInput(f"there is no edition {edition}; threadmill status lists them")
        frozen = store.desk.frozen(edition)
        if out is not None:
            with folders.review(Path(out), frozen, store) as written:
                deliver(written)
        if digest is not None:
            _refuse_another(edition, frozen, digest)
            _refuse_pointless(store, edition)
            if not store.rota.approve(Approval(edition, frozen.digest, person(), store.now())):
                raise HeldBack(f"edition {edition} was changed by another process just now; see threadmill status")
        turn = _turn_of(store, edition)
        in_time = turn is not None and not turn.over and store.now() < turn.window.closes_at
        waited_for = in_time and frozen.report in scheduled
        whole = all(one.state is State.PUBLISHED for one in store.desk.deliveries(edition))
        done = whole or store.desk.withdrawn(edition) is not None
        return Approved(edition, frozen, store.rota.approval(edition), turn, waited_for=waited_for, out=done)


def skip(report: str, period: str, because: str) -> Turn:
    """
    There shall be no thread of a report for a period: one that waits is forgotten, one that was missed is no fault any more, and
    one that a wrong clock has begun ahead of its time silences the report no more.

    Raises:
        BadInput: there is no such report, period or window, no reason, or posts of it are out. HeldBack: a worker is at it.
    """
    if not 0 < len(because.strip()) <= _LONGEST_REASON:
        raise BadInput(f"--because takes a reason of at most {_LONGEST_REASON} characters; it is kept with the turn")
    house = wiring.house()
    recipe = wiring.report(house, report)
    when = any_period_of(house, recipe, period)
    with wiring.store(house) as store:
        now = store.now()
        turn = store.rota.turn(recipe.key, recipe.network, when)
        if turn is None:
            refuse_to_come(house, when)
            window = None if recipe.schedule is None else recipe.schedule.window(when)
            if window is None:
                raise BadInput(f"{report} has no turn for {when.key}, so there is none to skip; see threadmill schedule")
            turn = Turn(recipe.key, recipe.network, window)
        turn = _with_what_was_posted(house, store, turn)
        _refuse_out(store, turn)
        skipped = replace(turn, state=TurnState.SKIPPED, reason=f"skipped by {person()}: {because}", retry_at=None, ended_at=now)
        if not store.rota.close(skipped, now):
            raise HeldBack(f"the turn of {report} for {when.key} is over, or a worker is at it just now; see threadmill schedule")
        if turn.edition is not None:
            store.desk.drop(turn.edition)
        return skipped


def _refuse_another(edition: int, frozen: Frozen, digest: str) -> None:
    if not re.fullmatch(r"[0-9a-f]*", digest) or len(digest) < _SHORTEST_DIGEST or not frozen.digest.startswith(digest):
        raise BadInput(
            f"edition {edition} has the digest {frozen.digest}, not {digest[:80]}: what you have seen is not what would be "
            f"posted. Look at it again: threadmill approve {edition}"
        )


def _refuse_pointless(store: Store, edition: int) -> None:
    if (withdrawn_at := store.desk.withdrawn(edition)) is not None:
        raise HeldBack(f"edition {edition} was taken down at {withdrawn_at:%Y-%m-%d %H:%M}; nothing of it is posted again")
    if all(one.state is State.PUBLISHED for one in store.desk.deliveries(edition)):
        raise BadInput(f"edition {edition} is out already; threadmill status has its address")


def _with_what_was_posted(house: wiring.House, store: Store, turn: Turn) -> Turn:
    """A turn that was missed knows nothing of an edition that was begun by hand since."""
    access = wiring.access(house, turn.network)
    if turn.edition is not None or access is None:
        return turn
    return replace(turn, edition=store.desk.find(turn.report, turn.period.key, access.account))


def _refuse_out(store: Store, turn: Turn) -> None:
    if turn.edition is None:
        return
    if any(one.out for one in store.desk.deliveries(turn.edition)):
        raise BadInput(
            f"posts of edition {turn.edition} are out, or may be, so it cannot be skipped; take them down first: "
            f"threadmill undo {turn.edition}"
        )


def _turn_of(store: Store, edition: int) -> Turn | None:
    frozen = store.desk.frozen(edition)
    turn = store.rota.turn(frozen.report, frozen.network, Period.parse(frozen.period))
    return None if turn is None or turn.edition != edition else turn
