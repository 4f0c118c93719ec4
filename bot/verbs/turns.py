"""A report's turn, performed: composed, frozen, approved, delivered, and what came of it written down."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from bot import __version__, folders, wiring
from bot.compose.documents import frozen
from bot.delivery import Clock, Round, deliver
from bot.domain.delivery import OUT, Delivery, State
from bot.domain.period import Period
from bot.domain.report import Report
from bot.domain.schedule import Mode, Schedule
from bot.domain.turn import Turn, TurnState
from bot.errors import BadInput, BadStore, GateHeld, HeldBack, Later, OverBudget, Parked, Rejected, ThreadmillError, Unsure
from bot.pipeline import Run as Composed
from bot.ports import Network, Notice, Progress, Run, Store
from bot.stopping import Stop
from bot.verbs.notices import notice
from bot.verbs.threads import compose
from bot.verbs.workers import worker

LEASE: Final = dt.timedelta(minutes=3)
"""How long a turn stays a dead worker's. One that lives renews it three times in that."""
_RENEWAL_S: Final = LEASE.total_seconds() / 3
_AT_ONCE: Final = dt.timedelta(0)
_LONGEST_PAUSE: Final = dt.timedelta(hours=24)


@dataclass(frozen=True)
class Performed:
    """What a turn has become, and the exit code that says it."""

    turn: Turn
    code: int


def perform(
    house: wiring.House, report: str, period: str, run: str, why: str, stop: Stop, progress: Progress
) -> Performed | None:
    """
    A report's turn for a period, begun or gone on with, as far as it goes now. None if another worker has it, it is over, or it
    may not be begun any more.

    What goes wrong is written down with the turn, and told of; it is not raised.

    Raises:
        BadStore: what happened cannot be written down; the turn is taken up again when its lease is over.
        BadRecipe: the recipe cannot be read, or has no schedule; nothing was begun.
    """
    recipe = wiring.scheduled_report(house, report)
    assert recipe.schedule is not None  # noqa: S101 - said by scheduled_report
    with wiring.store(house) as store:
        turn = _turn(store, recipe, recipe.schedule, Period.parse(period), house.now if house.pinned else store.now())
        taken = None if turn is None else store.rota.begin(turn, worker(), store.now(), store.now() + LEASE, run)
        if taken is None:
            return None
        attempt = Run(run, why, report, period, worker(), __version__, wiring.recipe_digest(house, report), store.now())
        store.rota.start(attempt)
        performance = _Performance(house, recipe, recipe.schedule, store, stop, progress, _as_if_dead(taken))
        try:
            with _renewed(store, taken):
                performance.go()
        finally:  # also when the process is to end: nobody has to wait for the lease then
            lost = "" if performance.settle() else "; the turn was taken over"
            said = f"{performance.turn.state}: {performance.turn.reason}{lost}"
            store.rota.finish(replace(attempt, ended_at=store.now(), outcome=said, sources=performance.sources))
        return Performed(performance.turn, performance.code)


@dataclass
class _Performance:
    """One attempt at one turn: what is known so far."""

    house: wiring.House
    recipe: Report
    schedule: Schedule
    store: Store
    stop: Stop
    progress: Progress
    turn: Turn
    event: str = ""
    digest: str = ""
    position: int = 0
    code: int = 0
    sources: dict[str, str] = field(default_factory=dict)

    def go(self) -> None:
        """As far as it goes; what stops it becomes the turn's state."""
        try:
            self._go()
        except BadStore as error:
            self.turn = replace(self.turn, reason=str(error))  # if it can be written down by then
            raise
        except Parked as error:
            self._becomes(self._under_way, error, retry_in=_AT_ONCE)
        except Later as error:
            self._becomes(self._under_way, error, retry_in=max(error.until - self.store.now(), _AT_ONCE))
        except Unsure as error:
            unknown = self._unknown()
            self._becomes(TurnState.UNKNOWN, error, "unknown", retry_in=self._pause(unknown))
            self.position = 0 if unknown is None else unknown.position
        except Rejected as error:
            self._becomes(TurnState.HELD, error, "held")
        except OverBudget as error:
            self._becomes(TurnState.HELD, error, "held", retry_in=self.schedule.retry)
        except GateHeld as error:  # the source may be mended, or a person accepts it
            self._becomes(TurnState.HELD, error, "held", retry_in=self.schedule.retry)
        except BadInput as error:
            self._becomes(TurnState.HELD, error, "broken", retry_in=self.schedule.retry)
        except ThreadmillError as error:  # a required source is missing, or there is nothing to say yet
            self._becomes(self._under_way, error, retry_in=self.schedule.retry)
        except Exception as error:  # a defect must not be retried every half minute, and not go unnoticed
            self._is_a_defect(error)
        except BaseException:
            asked = ThreadmillError("the process was asked to end")
            self._becomes(self._under_way, asked, retry_in=_AT_ONCE)
            raise

    def settle(self) -> bool:
        """Write down what it has become. False if another worker has it by now."""
        try:
            return self.store.rota.settle(self.turn, self.store.now(), self._notice())
        except ValueError as error:  # no such move: a defect, which must not leave the lease to be taken up again and again
            self._is_a_defect(error)
            return self.store.rota.settle(self.turn, self.store.now(), self._notice())

    def _notice(self) -> Notice | None:
        """What a person should know of it."""
        return notice(self.event, self.turn, self.digest, self.position) if self.event else None

    def _is_a_defect(self, error: Exception) -> None:
        defect = ThreadmillError(f"this is a defect, please report it: {type(error).__name__}: {error}")
        self._becomes(TurnState.HELD, defect, "broken", retry_in=self.schedule.retry)

    def _go(self) -> None:
        if self.schedule.mode is Mode.DRY:
            self._go_dry()
            return
        network = wiring.network(self.house, self.recipe.network)
        self._refuse_another_account(network)
        edition = self.store.desk.find(self.recipe.key, self.turn.period.key, network.account)
        if edition is None and self._doubtful():
            return
        if edition is None and (composed := self._compose()) is not None:
            edition = self.store.desk.freeze(frozen(composed.edition, network.account), wiring.budget(self.house))
        if edition is not None:
            self.turn = replace(self.turn, edition=edition)
            self._bring_out(edition, network)

    def _doubtful(self) -> bool:
        """Where the store was restored since the window opened, another thread of this turn may be out: a person is to look."""
        restored = self.store.restored()
        if restored is None or not restored.doubts(self.turn.window.opens_at):
            return False
        self._becomes(TurnState.HELD, HeldBack(f"{restored.words}; {restored.advice}"), "held")
        return True

    def _compose(self) -> Composed | None:
        """The thread, or None where figures are missing that may still come."""
        pages = folders.held_folder(self.house)
        composed = compose(self.house, self.recipe, self.turn.period, (), self.store, False, self.progress, pages)
        self.sources = {one.source: one.problem or f"{one.observation_count} observations" for one in composed.sources}
        if composed.awaited and self._now() < self.turn.window.complete_until:
            until = self.turn.window.complete_until
            reason = f"waiting until {until:%Y-%m-%d %H:%M} UTC at most for what is missing: {'; '.join(composed.awaited)}"
            self._becomes(TurnState.OPEN, ThreadmillError(reason), retry_in=self.schedule.retry)
            self.code = 3
            return None
        return composed

    def _go_dry(self) -> None:
        """Who wants no more posts, with some of a thread out already, is not done with it."""
        states = [one.state for one in self._deliveries]
        if states and all(state is State.PUBLISHED for state in states):
            self._is_published()
        elif count := sum(state in OUT for state in states):
            half = HeldBack(
                f"{count} posts of edition {self.turn.edition} are out, and the mode is dry: nothing more of it is posted. Set "
                "another mode, or decide by hand"
            )
            self._becomes(TurnState.HELD, half, "held")
        else:
            self._write()

    def _refuse_another_account(self, network: Network) -> None:
        """Half a thread on one account is not forgotten for another one."""
        if self.turn.edition is None or not any(one.out for one in self._deliveries):
            return
        account = self.store.desk.frozen(self.turn.edition).account
        if account != network.account:
            raise BadInput(
                f"posts of edition {self.turn.edition} are out on account {account}, and the keys are those of "
                f"{network.account}. Set the keys it was begun with, or take it down with those: threadmill undo "
                f"{self.turn.edition}"
            )

    def _write(self) -> None:
        if (composed := self._compose()) is None:
            return
        with folders.dry_run(self.house.settings.home / "dry", composed.edition, self.store) as dry_run:
            deliver(dry_run)
        self.turn = replace(self.turn, state=TurnState.WRITTEN, reason=dry_run.frozen.account, retry_at=None)

    def _bring_out(self, edition: int, network: Network) -> None:
        """The edition, out on its account, if somebody wants exactly that."""
        desk = self.store.desk
        if (withdrawn_at := desk.withdrawn(edition)) is not None:
            taken_down = f"edition {edition} was taken down at {withdrawn_at:%Y-%m-%d %H:%M} with threadmill undo"
            self.turn = replace(self.turn, state=TurnState.SKIPPED, reason=taken_down, retry_at=None)
            return
        deliveries = desk.deliveries(edition)
        if any(one.state is not State.PUBLISHED for one in deliveries):
            self._refuse_refused(deliveries)
            if not self._agreed(edition, deliveries):
                self._wait_for_a_person(edition)
                return
            if (budget := wiring.budget(self.house)) is not None:
                desk.resume(edition, budget)
            if not self.store.rota.sending(self.turn, edition):
                raise HeldBack(f"edition {edition} was not gone on with: another worker has taken the turn over")
            self.turn = replace(self.turn, state=TurnState.SENDING)
            with self.stop.careful():
                deliver(self._round(edition, network))
        self._is_published()

    def _is_published(self) -> None:
        url = wiring.post_url(self.recipe.network, self._deliveries[0].remote_id)
        self.turn = replace(self.turn, state=TurnState.PUBLISHED, reason=url, retry_at=None)

    def _refuse_refused(self, deliveries: Sequence[Delivery]) -> None:
        """What the network refused is sent again when a person says so: a worker that died before it could say it is none."""
        refused = next((one for one in deliveries if one.state is State.REJECTED), None)
        if refused is not None and self.turn.state is TurnState.SENDING:
            raise Rejected(f"post {refused.position} of {len(deliveries)} was refused: {refused.error}")

    def _agreed(self, edition: int, deliveries: Sequence[Delivery]) -> bool:
        """Whether this thread may go out: by the mode, by a person, or because some of it is out already."""
        if self.schedule.mode is Mode.AUTO or any(one.out for one in deliveries):
            return True
        return self.store.rota.approval(edition) is not None

    def _round(self, edition: int, network: Network) -> Round:
        desk, limits = self.store.desk, wiring.limits(self.recipe.network)
        clock = Clock(self.store.now, self.stop.sleep, self.house.wall)
        return Round(
            edition,
            desk.frozen(edition),
            desk,
            network,
            limits,
            clock,
            worker(),
            lambda words: self.progress(words, 0, 0),
            stopping=lambda: self.stop.asked,
            begin_by=None if self.house.pinned else self.turn.window.closes_at,
        )

    def _wait_for_a_person(self, edition: int) -> None:
        thread = self.store.desk.frozen(edition)
        words = (
            f"{len(thread.posts)} posts for ${thread.cost_usd:.3f} wait to be approved, until "
            f"{self.turn.window.closes_at:%Y-%m-%d %H:%M} UTC: threadmill approve {edition} {thread.digest}"
        )
        self.turn = replace(self.turn, state=TurnState.WAITING, reason=words, retry_at=None)
        self.event, self.digest, self.code = "waiting", thread.digest, 3

    def _unknown(self) -> Delivery | None:
        """The post whose fate is unknown; None if nobody knows that either."""
        return next((one for one in self._deliveries if one.state is State.UNKNOWN), None)

    def _becomes(self, state: TurnState, error: ThreadmillError, event: str = "", retry_in: dt.timedelta | None = None) -> None:
        retry_at = None if retry_in is None else self._now() + retry_in
        self.turn = replace(self.turn, state=state, reason=str(error), retry_at=retry_at)
        self.event, self.code = event, error.exit_code

    def _now(self) -> dt.datetime:
        """By what the schedule is judged; leases and what is sent count by the store's clock alone."""
        return self.house.now if self.house.pinned else self.store.now()

    @property
    def _under_way(self) -> TurnState:
        """A thread of which nothing is out has no more time than one that was not composed yet."""
        return TurnState.SENDING if any(one.out for one in self._deliveries) else TurnState.OPEN

    @property
    def _deliveries(self) -> Sequence[Delivery]:
        return () if self.turn.edition is None else self.store.desk.deliveries(self.turn.edition)

    def _pause(self, unknown: Delivery | None) -> dt.timedelta:
        """
        Looks at the account are billed: each that finds nothing out is followed by a pause twice as long.

        Attempts say nothing of it: they may have gone by with waiting for figures.
        """
        now = self.store.now()
        since = now if unknown is None or unknown.sent_at is None else unknown.sent_at
        return min(self.schedule.retry + max(now - since, _AT_ONCE), _LONGEST_PAUSE)


def _turn(store: Store, recipe: Report, schedule: Schedule, period: Period, now: dt.datetime) -> Turn | None:
    """The turn as it stands, or one that may be begun now; None if it is over, or the period has none."""
    known = store.rota.turn(recipe.key, recipe.network, period)
    if known is not None:
        return None if known.over else known
    window = schedule.window(period)
    if window is None or not window.opens_at <= now <= window.grace_until or now >= window.closes_at:
        return None  # whoever looked did so before a pause
    return Turn(recipe.key, recipe.network, window)


def _as_if_dead(turn: Turn) -> Turn:
    """
    Unless it is said otherwise, a turn is tried again when its lease would have run out. A database that was away for a moment,
    and is back when the turn is settled, must not leave one that nobody has and nobody tries again.
    """
    return replace(turn, retry_at=turn.lease_until)


@contextmanager
def _renewed(store: Store, turn: Turn) -> Iterator[None]:
    """The lease is renewed for as long as the block takes, by a thread beside it."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(_RENEWAL_S):
            try:
                if not store.rota.renew(turn, store.now() + LEASE):
                    return
            except BadStore:  # perhaps it is back before the lease is over
                continue

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(1)  # a database that does not answer must not keep the process
