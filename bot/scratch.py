"""A desk in memory, for a run that leaves nothing behind: the dry run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import replace

from bot.domain.delivery import ALT_TEXT, RAN_OUT, Budget, Charge, Delivery, Frozen, State, Upload, refuse_impossible
from bot.errors import BadStore, OverBudget


class ScratchDesk:
    """
    A `Desk` for one process, without a database. See `bot.ports.Desk` for what is promised.

    No lock is needed: nobody else knows of it.
    """

    def __init__(self) -> None:
        self._editions: dict[int, Frozen] = {}
        self._deliveries: dict[int, list[Delivery]] = {}
        self._last = 0
        self._uploads: dict[tuple[int, int, int], Upload] = {}
        self._charges: list[Charge] = []
        self._withdrawn: dict[int, dt.datetime] = {}

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def freeze(self, frozen: Frozen, budget: Budget | None = None) -> int:
        edition = self.find(frozen.report, frozen.period, frozen.account, frozen.correction_key)
        fresh = edition is None
        if edition is None:
            self._last += 1
            edition = self._last
            self._editions[edition] = frozen
            self._deliveries[edition] = [Delivery(edition, post.position, State.PLANNED) for post in frozen.posts]
        if budget is not None and fresh:
            total = round(self.committed(budget.since, edition) + frozen.cost_usd, 4)
            if total > budget.usd:
                del self._editions[edition], self._deliveries[edition]
                raise OverBudget(total, budget.usd, budget.since)
        return edition

    def drop(self, edition: int) -> bool:
        posts = self._deliveries.get(edition, ())
        if not posts or any(one.state not in (State.PLANNED, State.REJECTED) for one in posts):
            return False
        self._uploads = {key: one for key, one in self._uploads.items() if key[0] != edition}
        del self._editions[edition], self._deliveries[edition]
        self._charges = [replace(one, edition=0) if one.edition == edition else one for one in self._charges]
        return True

    def committed(self, since: dt.datetime, besides: int | None = None) -> float:
        """Every edition was frozen just now."""
        left = [
            self._editions[one.edition].posts[one.position - 1].cost_usd - self._told_usd(one)
            for deliveries in self._deliveries.values()
            for one in deliveries
            if one.state not in (State.PUBLISHED, State.REMOVED) and one.edition not in (besides, *self._withdrawn)
        ]
        return round(sum(one.usd for one in self._charges if one.at >= since) + sum(max(usd, 0) for usd in left), 4)

    def _told_usd(self, at: Delivery) -> float:
        place = at.edition, at.position, ALT_TEXT
        return sum(one.usd for one in self._charges if (one.edition, one.position, one.call) == place)

    def frozen(self, edition: int) -> Frozen:
        if edition not in self._deliveries:
            raise BadStore(f"there is no edition {edition}; look the number up with threadmill status")
        return self._editions[edition]

    def find(self, report: str, period: str, account: str, correction: str = "") -> int | None:
        of_thread = self._of(report, period, account)
        return next((edition for edition in of_thread if self._editions[edition].correction_key == correction), None)

    def corrections(self, report: str, period: str, account: str) -> Sequence[int]:
        return [edition for edition in self._of(report, period, account) if self._editions[edition].correction is not None]

    def forerunner(self, report: str, network: str, period: str) -> int | None:
        others = [
            edition
            for edition, one in self._editions.items()
            if (one.report, one.network) == (report, network) and one.period != period and one.correction is None
        ]
        out = [edition for edition in others if any(post.state is State.PUBLISHED for post in self.deliveries(edition))]
        return out[-1] if out else None

    def _of(self, report: str, period: str, account: str) -> list[int]:
        """A thread and its corrections, in the order they were frozen."""
        key = report, period, account
        return [edition for edition, one in self._editions.items() if (one.report, one.period, one.account) == key]

    def editions(self) -> Sequence[int]:
        return sorted(self._deliveries, reverse=True)

    def resume(self, edition: int, budget: Budget) -> None:
        """Every edition is counted already."""
        if (total := self.committed(budget.since)) > budget.usd:
            raise OverBudget(total, budget.usd, budget.since)

    def withdraw(self, edition: int, now: dt.datetime, usd: float = 0.0, budget: Budget | None = None) -> None:
        if budget is not None and (total := round(self.committed(budget.since, edition) + usd, 4)) > budget.usd:
            raise OverBudget(total, budget.usd, budget.since)
        self._withdrawn.setdefault(edition, now)

    def withdrawn(self, edition: int) -> dt.datetime | None:
        return self._withdrawn.get(edition)

    def deliveries(self, edition: int) -> Sequence[Delivery]:
        return list(self._deliveries.get(edition, ()))

    def remote_ids(self, account: str) -> Collection[str]:
        ours = [edition for edition, one in self._editions.items() if one.account == account]
        return {one.remote_id for edition in ours for one in self._deliveries[edition] if one.remote_id}

    def take(self, edition: int, position: int, worker: str, now: dt.datetime, until: dt.datetime) -> bool:
        at = next((one for one in self.deliveries(edition) if one.position == position), None)
        if at is None or at.state is not State.PLANNED or edition in self._withdrawn:
            return False
        early = at.not_before is not None and at.not_before > now
        if early or any(one.state is not State.PUBLISHED for one in self.deliveries(edition)[: position - 1]):
            return False
        self._put(
            replace(
                at,
                state=State.SENDING,
                attempts=at.attempts + 1,
                worker=worker,
                lease_until=until,
                not_before=None,
                sent_at=now,
                sent_until=None,
            )
        )
        return True

    def settle(
        self,
        before: Delivery,
        state: State,
        remote_id: str = "",
        error: str = "",
        not_before: dt.datetime | None = None,
        charge: Charge | None = None,
    ) -> bool:
        refuse_impossible(before, state, remote_id)
        at = self._deliveries[before.edition][before.position - 1]
        if (at.state, at.worker, at.attempts) != (before.state, before.worker, before.attempts):
            return False
        known = at.remote_id if state is State.REMOVED else remote_id
        self._put(replace(at, state=state, remote_id=known, error=error, worker="", lease_until=None, not_before=not_before))
        if charge is not None:
            self._charges.append(charge)
        return True

    def expire(self, edition: int, now: dt.datetime) -> int:
        over = [one for one in self.deliveries(edition) if one.lease_until is not None and one.lease_until <= now]
        for one in over:
            self.settle(one, State.UNKNOWN, error=RAN_OUT)
        return len(over)

    def uploads(self, edition: int) -> Sequence[Upload]:
        return [self._uploads[key] for key in sorted(self._uploads) if key[0] == edition]

    def uploaded(self, upload: Upload, charge: Charge | None = None) -> None:
        key = upload.edition, upload.position, upload.number
        if key not in self._uploads or self._uploads[key].uploaded_at <= upload.uploaded_at:
            self._uploads[key] = upload
        if charge is not None:
            self._charges.append(charge)

    def charge(self, charge: Charge) -> None:
        self._charges.append(charge)

    def charges(self, edition: int | None = None, since: dt.datetime | None = None) -> Sequence[Charge]:
        found = [one for one in self._charges if edition in (None, one.edition) and (since is None or one.at >= since)]
        return sorted(found, key=lambda one: one.at)

    def _put(self, delivery: Delivery) -> None:
        self._deliveries[delivery.edition][delivery.position - 1] = delivery
