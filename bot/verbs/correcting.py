"""A correction: a reply to a published post that says which of its figures were restated, brought out as a thread is."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from bot import wiring
from bot.analysis.restatements import Restated
from bot.compose.correction import Corrected, correction
from bot.compose.documents import cited_facts, frozen
from bot.domain.delivery import Correction, Delivery, Frozen, State
from bot.domain.gate import Verdict
from bot.domain.measure import Observation
from bot.domain.period import Period
from bot.domain.report import Report
from bot.domain.words import nearest
from bot.errors import BadInput, BadStore, HeldBack
from bot.pipeline import Story
from bot.ports import Network, Progress, Store, silent
from bot.stopping import Stop
from bot.verbs.choosing import recipe_and_period
from bot.verbs.comparing import Change, Compared, Comparing, subject_names
from bot.verbs.posting import Agreed, Standing, bring, draft, standing_of
from bot.verbs.threads import collect

_Which: TypeAlias = tuple[str, str, Period, str]
_Values: TypeAlias = tuple[_Which, frozenset[float]]
"""Metric, subject, window and origin of a figure, and what it was and is."""


def correct(
    report: str,
    period: str,
    position: int,
    because: str,
    subjects: Sequence[str],
    data: Sequence[str],
    agreed: Agreed,
    progress: Progress,
    stop: Stop,
    *,
    absent: bool = False,
) -> Standing:
    """
    Reply to a published post with the figures that were restated since, or go on with a correction of it that was begun. Nobody
    but the network is asked: what stands now is what was collected. With `subjects`, only their figures are corrected. One that
    was begun, and of which nothing can be out, is dropped once what it says is not what stands.

    `absent` says that a person has looked at the account, where the store was restored: there is no correction of it yet.

    Raises:
        BadInput: the post is not out, nothing of it was restated, or the reason says what nothing vouches for.
        HeldBack: a gate keeps a new figure back, as it would from an edition of that period.
        Rejected, Later, Unsure, Parked, OverBudget, HeldBack, BadStore: as for a thread.
    """
    house = wiring.house()
    recipe, when = recipe_and_period(house, report, period)
    _refuse_unknown(subjects, recipe)
    network = wiring.network(house, recipe.network)
    with wiring.store(house) as store:
        thread = _thread(store, recipe, when.key, network.account)
        corrections = [one for one in _corrections(store, thread) if _of(one).position == position]
        begun = next((one for one in corrections if one.withdrawn_at is None and one.open_posts), None)
        if begun is not None and begun.out:
            return _brought_on(house, store, begun, network, agreed, progress, stop)
        at = _published(thread, position)
        _refuse_half_removed(corrections)
        standing = [one for one in corrections if one.withdrawn_at is None and one is not begun]
        compared = Comparing(house, store, data).compare(thread.frozen, {position}, [one.frozen for one in standing])
        if compared.remark:
            raise BadInput(f"what post {position} cites cannot be compared with what stands now: {compared.remark}")
        if begun is not None:
            if _says(begun) <= set(map(_values, compared.correctable)):
                return _brought_on(house, store, begun, network, agreed, progress, stop)
            _refuse_doubtful(store, at, absent)
            _drop(store, begun, progress)
            corrections.remove(begun)
        changes = [one.restated for one in compared.correctable if not subjects or one.restated.old.subject in subjects]
        if not changes:
            return _nothing_to_say(compared, standing, position)
        _refuse_doubtful(store, at, absent)
        _refuse_held(collect(house, recipe, when, data, store, True, silent), changes)
        corrected = Corrected(_named_as(recipe, thread.frozen), when, position, len(thread.frozen.posts))
        edition = correction(corrected, changes, because, wiring.limits(recipe.network), house.clock())
        number = 1 + max((_of(one).number for one in corrections), default=0)
        composed = frozen(edition, network.account)
        _refuse_same_words(composed, corrections)
        fresh = draft(replace(composed, correction=Correction(position, number, at.remote_id)))
        return bring(house, store, fresh, network, agreed, progress, stop) or fresh


def _named_as(recipe: Report, thread: Frozen) -> Report:
    """A recipe that calls its subjects what the thread calls them."""
    names = subject_names(thread)
    subjects = {key: replace(one, name=names.get(key, one.name)) for key, one in recipe.subjects.items()}
    return replace(recipe, subjects=subjects)


def _refuse_unknown(subjects: Sequence[str], recipe: Report) -> None:
    for one in subjects:
        if one not in recipe.subjects:
            there = ", ".join(recipe.subjects)
            raise BadInput(f'{recipe.key} has no subject "{one}"{nearest(one, recipe.subjects)}; it has {there}')


def _thread(store: Store, recipe: Report, period: str, account: str) -> Standing:
    edition = store.desk.find(recipe.key, period, account)
    if edition is None:
        raise BadInput(f"{recipe.key} {period} was not posted to account {account}; threadmill status lists what was")
    standing = standing_of(store.desk, edition)
    if standing.withdrawn_at is not None:
        raise BadInput(
            f"edition {edition} was taken down at {standing.withdrawn_at:%Y-%m-%d %H:%M}: what is not there needs no correction. "
            "See threadmill status"
        )
    return standing


def _corrections(store: Store, thread: Standing) -> list[Standing]:
    """All corrections of a thread, oldest first."""
    key = thread.frozen.report, thread.frozen.period, thread.frozen.account
    return [standing_of(store.desk, edition) for edition in store.desk.corrections(*key)]


def _of(standing: Standing) -> Correction:
    assert standing.frozen.correction is not None  # noqa: S101 - by what the desk gives
    return standing.frozen.correction


def _published(thread: Standing, position: int) -> Delivery:
    if not 1 <= position <= len(thread.deliveries):
        raise BadInput(f"edition {thread.edition} has posts 1 to {len(thread.deliveries)}; there is no post {position}")
    at = thread.deliveries[position - 1]
    if at.state is not State.PUBLISHED:
        raise BadInput(
            f"post {position} of edition {thread.edition} is {at.state}: nothing can reply to it before it is out. "
            "See threadmill status"
        )
    return at


def _refuse_half_removed(corrections: Sequence[Standing]) -> None:
    for one in corrections:
        if one.withdrawn_at is not None and one.out:
            raise HeldBack(
                f"edition {one.edition}, a correction of the same post, is being taken down and may still be on the account; "
                f"bring that to its end first: threadmill undo {one.edition}"
            )


def _brought_on(
    house: wiring.House, store: Store, begun: Standing, network: Network, agreed: Agreed, progress: Progress, stop: Stop
) -> Standing:
    progress("the correction was begun and is frozen: --because, --subject and --data change nothing of it", 0, 0)
    return bring(house, store, begun, network, agreed, progress, stop) or begun


def _says(correction: Standing) -> set[_Values]:
    """What a correction says of which figures: those it cites, old and new; of a figure that was withdrawn the old one alone."""
    found: dict[_Which, set[float]] = {}
    try:
        facts = cited_facts(correction.frozen.facts_json)
    except ValueError as error:
        raise BadStore(
            f"edition {correction.edition}, a correction that was begun, cannot be read: {error}. Its row was probably changed "
            "by hand; restore a backup"
        ) from error
    for fact in facts:
        assert isinstance(fact.basis, Observation)  # noqa: S101 - those alone are read back
        found.setdefault(_which(fact.basis), set()).add(fact.basis.value)
    return {(which, frozenset(values)) for which, values in found.items()}


def _values(change: Change) -> _Values:
    old, new = change.restated.old, change.restated.new
    return _which(old), frozenset([old.value] if new is None else [old.value, new.value])


def _which(seen: Observation) -> _Which:
    return seen.metric, seen.subject, seen.period, seen.origin


def _drop(store: Store, begun: Standing, progress: Progress) -> None:
    """Nothing of it is out, and it would not be true any more."""
    if not store.desk.drop(begun.edition):
        raise HeldBack(f"edition {begun.edition} was moved by another process just now; see threadmill status")
    progress(
        f"edition {begun.edition}, a correction that was begun, is dropped: nothing of it is out, and other figures stand now",
        0,
        0,
    )


def _nothing_to_say(compared: Compared, standing: Sequence[Standing], position: int) -> Standing:
    """The last correction, where all that was restated is corrected already."""
    if standing:
        return standing[-1]
    gone = len(compared.changes) - len(compared.correctable)
    proof = f"; {gone} are told by no source any more, which proves nothing (with --data, name their file)" if gone else ""
    raise BadInput(
        f"no figure that post {position} cites was restated beyond the threshold, as far as was collected{proof}. Collect first "
        "(threadmill collect); threadmill status says which figures were restated in which posts"
    )


def _refuse_doubtful(store: Store, at: Delivery, absent: bool) -> None:
    """Of a post older than a restore the store before may have sent a correction; `absent` says that it did not."""
    restored = store.restored()
    if not absent and restored is not None and (at.sent_at is None or restored.doubts(at.sent_at)):
        raise HeldBack(
            f"{restored.words}, and whether this post was corrected in between is not known; nothing was sent. Look at the "
            "account: if there is no correction under it, say so with --absent; if there is, there is nothing to correct"
        )


def _refuse_same_words(composed: Frozen, corrections: Sequence[Standing]) -> None:
    """X refuses a post in the words of a recent one (403): up, back and up again would say the same twice."""
    for one in corrections:
        if one.out and [post.text for post in one.frozen.posts] == [post.text for post in composed.posts]:
            raise BadInput(
                f"edition {one.edition}, an earlier correction of this post, has the very same words, and the network would take "
                "this one for a duplicate: the figure is again what it was then. Say so in other words with --because"
            )


def _refuse_held(story: Story, changes: Sequence[Restated]) -> None:
    """What may not be told in an edition may not be told in its correction. That it was restated is what a correction tells."""
    new = [one.new for one in changes if one.new is not None]
    kept = [one for one in story.judgements if one.gate != "restated" and one.outcome in (Verdict.HOLD, Verdict.SKIP)]
    held = [one for one in kept if any(one.metric == seen.metric if one.holds else one.about(seen) for seen in new)]
    if not held:
        return
    report, period = shlex.quote(story.report.key), shlex.quote(story.period.key)
    gates = dict.fromkeys(f"{one.gate}:{one.metric}" for one in held)
    lines = [f"the new figures are held: a gate would keep them out of {story.report.key} {story.period}; nothing was sent"]
    lines += dict.fromkeys(f"  {one.metric}, gate {one.gate}: {one.sentence}. {one.why}" for one in held)
    lines.append("Their source is probably wrong: look there and collect again, or, if the figures are right, accept them:")
    lines += [f'  threadmill approve {report} {period} --accept {gate} --because "..."' for gate in gates]
    raise HeldBack("\n".join(lines))
