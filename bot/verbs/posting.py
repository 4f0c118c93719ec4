"""What reaches an account: a thread posted, resumed or taken down, and what is known of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import sleep
from typing import Final, TypeAlias

from bot import folders, wiring
from bot.compose.documents import frozen
from bot.delivery import MEDIA_KEEP, Clock, Round, deliver, refuse_withdrawn
from bot.delivery import undo as take_down
from bot.domain.delivery import OUT, Budget, Charge, Correction, Delivery, Frozen, State, Upload
from bot.domain.period import Period
from bot.domain.thread import Limits
from bot.domain.turn import TurnState
from bot.errors import BadInput, BadStore, HeldBack, OverBudget
from bot.ports import Approval, Desk, Network, Progress, Store
from bot.stopping import Stop
from bot.verbs.choosing import recipe_and_period
from bot.verbs.comparing import Compared, Comparing
from bot.verbs.threads import compose
from bot.verbs.workers import person, worker

_ANSWERS: Final = {"absent": State.PLANNED, "there": State.PUBLISHED}


@dataclass(frozen=True)
class Corrected:
    """A correction of a thread's post, and what became of it."""

    edition: int
    correction: Correction
    state: State
    url: str

    @property
    def out(self) -> bool:
        """Whether it is on the account, or may be."""
        return self.state in OUT


@dataclass(frozen=True)
class Standing:
    """
    An edition on its account: what was frozen, what became of each post, where each is seen, and what was billed so far; the
    corrections of its posts; where `status` asks, what became of the figures it cites; of a correction, where its post is seen.
    """

    edition: int
    frozen: Frozen
    deliveries: tuple[Delivery, ...]
    urls: tuple[str, ...]
    charges: tuple[Charge, ...] = ()
    withdrawn_at: dt.datetime | None = None
    corrections: tuple[Corrected, ...] = ()
    compared: Compared = field(default_factory=Compared)
    replies_to: str = ""

    @property
    def open_posts(self) -> tuple[Delivery, ...]:
        """The posts that are not out."""
        return tuple(one for one in self.deliveries if one.state is not State.PUBLISHED)

    @property
    def out(self) -> tuple[Delivery, ...]:
        """The posts that are on the account, or may be."""
        return tuple(one for one in self.deliveries if one.out)

    def billed_usd(self, position: int | None = None) -> float:
        """What the network confirmed of one post, or of all, to the tenth of a cent."""
        return round(sum(one.usd for one in self.charges if position in (None, one.position)), 4)


@dataclass(frozen=True)
class PlannedCall:
    """So many calls of one kind, and what each is billed."""

    name: str
    count: int
    usd: float


@dataclass(frozen=True)
class Plan:
    """
    What is about to be done, before anybody has agreed: each billable call, and the month's budget.

    `month_usd` is what was billed this month or is promised to threads under way, this plan's calls included.
    """

    standing: Standing
    calls: tuple[PlannedCall, ...]
    prices_as_of: str
    budget: Budget | None
    month_usd: float

    @property
    def cost_usd(self) -> float:
        """What all the calls are billed, if nothing has to be looked up on the way."""
        return round(sum(call.count * call.usd for call in self.calls), 4)


Agreed: TypeAlias = Callable[[Plan], bool]
"""Is shown what is about to be done; if it says no, nothing is."""


def post(
    report: str,
    period: str | None,
    now: str | None,
    data: Sequence[str],
    agreed: Agreed,
    progress: Progress,
    stop: Stop,
    *,
    absent: bool = False,
) -> Standing:
    """
    Post a thread, or go on with one that was begun. It is frozen when it is first agreed to, and not composed again.

    `absent` says that a person has looked at the account, where the store was restored and cannot know: the thread is not there.

    Raises:
        Rejected, Later, Unsure, Parked: as delivery says.
        GateHeld: a gate keeps back what the recipe requires; names the page that says why.
        OverBudget: the month's budget does not allow it.
        BadInput, HeldBack, SourceUnavailable, BadStore: as for a preview.
    """
    house = wiring.house(now)
    recipe, when = recipe_and_period(house, report, period)
    network = wiring.network(house, recipe.network)
    with wiring.store(house) as store:
        edition = store.desk.find(recipe.key, when.key, network.account)
        if edition is None:
            if not absent:
                _refuse_doubtful(store, when)
            pages = folders.held_folder(house)
            composed = compose(house, recipe, when, data, store, offline=False, progress=progress, pages=pages)
            standing = draft(frozen(composed.edition, network.account))
        else:
            standing = standing_of(store.desk, edition)
            refuse_withdrawn(store.desk, edition)
            if data or now:
                progress("the thread was begun and is frozen: --data and --now change nothing of it", 0, 0)
        if not standing.open_posts:
            return standing
        sent = bring(house, store, standing, network, agreed, progress, stop)
        if sent is None:
            return standing
        _tell_the_rota(store, sent, when)
        return sent


def bring(
    house: wiring.House,
    store: Store,
    standing: Standing,
    network: Network,
    agreed: Agreed,
    progress: Progress,
    stop: Stop,
) -> Standing | None:
    """
    An edition brought to its account, once it was shown and agreed to; None, and nothing is written, if it was not. One that is
    no more than composed (`draft`) is frozen first.

    Raises:
        Rejected, Later, Unsure, Parked: as delivery says. OverBudget: the month's budget does not allow it.
    """
    limits, edition = wiring.limits(standing.frozen.network), standing.edition
    uploads = store.desk.uploads(edition) if edition else ()
    plan = _plan(house, store, standing, tuple(_calls_left(standing, uploads, limits, store.now())), limits)
    if not agreed(plan):
        return None
    _keep_within(plan)
    if not edition:
        edition = store.desk.freeze(standing.frozen, plan.budget)
    elif plan.budget is not None:
        store.desk.resume(edition, plan.budget)
    store.rota.approve(Approval(edition, standing.frozen.digest, person(), store.now()))
    with stop.careful():
        deliver(_round(house, store, edition, network, limits, progress, stop))
    return standing_of(store.desk, edition)


def undo(edition: int, agreed: Agreed, progress: Progress, stop: Stop) -> Standing:
    """
    Take a thread down, the last post first, or go on with what was begun. It is never posted again, but if nothing of it was
    out: then the edition is forgotten, and stands as one that was not begun.

    Raises:
        Rejected, Later, Unsure, Parked: as delivery says.
        BadInput: there is no such edition, or the keys are another account's.
        OverBudget: the month's budget does not allow it.
    """
    house = wiring.house()
    with wiring.store(house) as store:
        standing = standing_of(store.desk, _known(store, edition))
        if not standing.out and standing.withdrawn_at is not None:
            return standing
        limits, network = wiring.limits(standing.frozen.network), wiring.network(house, standing.frozen.network)
        if network.account != standing.frozen.account:
            raise BadInput(
                f"edition {edition} stands on account {standing.frozen.account}, and the keys are those of {network.account}, "
                "which cannot take it down. Set the keys it was posted with"
            )
        plan = _plan(house, store, standing, (PlannedCall("delete a post", len(standing.out), limits.remove_usd),), limits)
        if not agreed(plan):
            return standing
        if store.desk.drop(edition):
            return draft(standing.frozen)
        store.desk.withdraw(edition, store.now(), plan.cost_usd, plan.budget)
        with stop.careful():
            take_down(_round(house, store, edition, network, limits, progress, stop))
        store.rota.nudge(edition, store.now())
        return standing_of(store.desk, edition)


def status() -> tuple[list[Standing], dict[int, str]]:
    """
    Every edition that was begun, newest first, with what became of the figures it cites; and what is wrong with those that cannot
    be read. Nobody is asked.
    """
    standings: list[Standing] = []
    problems: dict[int, str] = {}
    house = wiring.house()
    with wiring.kept(house) as store:
        if store is None:
            return [], {}
        for edition in store.desk.editions():
            try:
                standings.append(standing_of(store.desk, edition))
            except (BadStore, BadInput) as error:
                problems[edition] = str(error)
        return list(_compared(standings, Comparing(house, store))), problems


def resolve(edition: int, position: int, answer: str, remote_id: str) -> Standing:
    """
    A person has looked at the account: the post of unknown fate is `there`, under an id, or `absent`.

    Raises:
        BadInput: there is no such post, its fate is known, or the answer lacks its id.
        HeldBack: another process has found out meanwhile.
    """
    house = wiring.house()
    with wiring.store(house) as store:
        before = standing_of(store.desk, _known(store, edition))
        at = next((one for one in before.deliveries if one.position == position), None)
        if at is None:
            raise BadInput(f"there is no post {position} of edition {edition}; threadmill status lists them")
        if at.state is State.PUBLISHED and before.withdrawn_at is not None and answer == "absent":
            store.desk.settle(at, State.REMOVED, error="a person looked: it is gone")
            return standing_of(store.desk, edition)
        if at.state is not State.UNKNOWN:
            raise BadInput(f"post {position} of edition {edition} is {at.state}: there is nothing to resolve")
        if (answer == "there") != bool(remote_id) or (remote_id and not remote_id.isdecimal()):
            raise BadInput("--there takes the number at the end of the post's address; --absent takes none")
        if remote_id:
            wiring.post_url(before.frozen.network, remote_id)  # refuses what is no id there
            if remote_id in store.desk.remote_ids(before.frozen.account):
                raise BadInput(f"{remote_id} is another post that threadmill status lists; look the number up again")
        price = before.frozen.posts[position - 1].create_usd(wiring.limits(before.frozen.network))
        charge = Charge(edition, position, "post", price, store.now()) if remote_id else None
        words = f"a person looked: {answer}"
        if not store.desk.settle(at, _ANSWERS[answer], remote_id=remote_id, error=words, charge=charge):
            raise HeldBack(f"post {position} of edition {edition} was moved by another process just now; see threadmill status")
        store.rota.nudge(edition, store.now())
        return standing_of(store.desk, edition)


def _compared(standings: Sequence[Standing], comparing: Comparing) -> Iterator[Standing]:
    """Threads with what became of their figures since, as their corrections have left them; what was taken down cites nothing."""
    by_edition = {one.edition: one for one in standings}
    for one in standings:
        published = {at.position for at in one.deliveries if at.state is State.PUBLISHED}
        if one.frozen.correction is not None or one.withdrawn_at is not None or not published:
            yield one
            continue
        out = [told.edition for told in one.corrections if told.state is State.PUBLISHED]
        corrections = [by_edition[edition].frozen for edition in out if edition in by_edition]
        yield replace(one, compared=comparing.compare(one.frozen, published, corrections))


def _refuse_doubtful(store: Store, period: Period) -> None:
    """A thread nothing is known of may have been posted by the store this one was restored from."""
    restored = store.restored()
    if restored is not None and restored.doubts(period.end):
        raise HeldBack(
            f"{restored.words}, and whether the thread for {period} went out in between is not known; nothing was sent. Look at "
            "the account: if the thread is not there, say so with --absent; if it is, there is nothing to post"
        )


def _tell_the_rota(store: Store, standing: Standing, period: Period) -> None:
    """A turn that waits for a person goes on, and one that was missed is made up for."""
    frozen = standing.frozen
    turn = store.rota.turn(frozen.report, frozen.network, period)
    if turn is not None and turn.state is TurnState.MISSED:
        done = replace(turn, state=TurnState.PUBLISHED, reason=standing.urls[0], edition=standing.edition)
        store.rota.close(done, store.now())
    else:
        store.rota.nudge(standing.edition, store.now())


def _known(store: Store, edition: int) -> int:
    if edition not in store.desk.editions():
        raise BadInput(f"there is no edition {edition}; threadmill status lists them")
    return edition


def draft(composed: Frozen) -> Standing:
    """How an edition would stand that nobody has agreed to yet: nothing of it is stored."""
    planned = tuple(Delivery(0, one.position, State.PLANNED) for one in composed.posts)
    return Standing(0, composed, planned, ("",) * len(planned), replies_to=_replies_to(composed))


def standing_of(desk: Desk, edition: int) -> Standing:
    there, deliveries = desk.frozen(edition), tuple(desk.deliveries(edition))
    urls = tuple(wiring.post_url(there.network, one.remote_id) if one.remote_id else "" for one in deliveries)
    corrections = () if there.correction is not None else tuple(_corrections(desk, there))
    charges, withdrawn_at = tuple(desk.charges(edition)), desk.withdrawn(edition)
    return Standing(edition, there, deliveries, urls, charges, withdrawn_at, corrections, replies_to=_replies_to(there))


def _replies_to(frozen: Frozen) -> str:
    return "" if frozen.correction is None else wiring.post_url(frozen.network, frozen.correction.reply_to)


def _corrections(desk: Desk, thread: Frozen) -> Iterator[Corrected]:
    """Those that can be read: what is wrong with another is told of itself."""
    for edition in desk.corrections(thread.report, thread.period, thread.account):
        with suppress(BadStore):
            (at,) = desk.deliveries(edition)
            url = wiring.post_url(thread.network, at.remote_id) if at.remote_id else ""
            if (which := desk.frozen(edition).correction) is not None:
                yield Corrected(edition, which, at.state, url)


def _keep_within(plan: Plan) -> None:
    if plan.budget is not None and plan.month_usd > plan.budget.usd:
        raise OverBudget(plan.month_usd, plan.budget.usd, plan.budget.since)


def _calls_left(standing: Standing, uploads: Sequence[Upload], limits: Limits, now: dt.datetime) -> Iterator[PlannedCall]:
    """The billable calls that are left, by price: the posts that are not out, and alt texts the network does not have."""
    posts = [standing.frozen.posts[one.position - 1] for one in standing.open_posts]
    prices = [post.create_usd(limits) for post in posts]
    for usd in sorted(set(prices)):
        yield PlannedCall("create a post" if usd <= limits.post_usd else "create a post with a link", prices.count(usd), usd)
    anew = {one.position for one in standing.deliveries if one.state is State.REJECTED}
    fresh = (one for one in uploads if one.described and now - one.uploaded_at <= MEDIA_KEEP)
    told = {(one.position, one.number) for one in fresh if one.position not in anew}
    pictures = [(post.position, number) for post in posts for number, _ in enumerate(post.pictures, 1)]
    if missing := sum(which not in told for which in pictures):
        yield PlannedCall("tell an alt text", missing, limits.alt_text_usd)


def _plan(house: wiring.House, store: Store, standing: Standing, calls: tuple[PlannedCall, ...], limits: Limits) -> Plan:
    budget = wiring.budget(house)
    plan = Plan(standing, calls, limits.prices_as_of, budget, 0.0)
    if budget is None:
        return plan
    return replace(plan, month_usd=round(store.desk.committed(budget.since, standing.edition) + plan.cost_usd, 4))


def _round(
    house: wiring.House, store: Store, edition: int, network: Network, limits: Limits, progress: Progress, stop: Stop
) -> Round:
    say: Callable[[str], None] = lambda words: progress(words, 0, 0)  # noqa: E731
    clock = Clock(store.desk.now, sleep, house.wall)  # a lease by this machine's clock might be over for everybody else
    return Round(edition, store.desk.frozen(edition), store.desk, network, limits, clock, worker(), say, lambda: stop.asked)
