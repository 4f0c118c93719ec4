"""The desk: editions frozen for an account, and what became of each post. A post is moved by one conditional UPDATE."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, case, delete, exists, func, insert, or_, select, update

from bot.domain.delivery import (
    ALT_TEXT,
    DELETION,
    RAN_OUT,
    Budget,
    Charge,
    Correction,
    Delivery,
    Frozen,
    FrozenPost,
    Picture,
    State,
    Upload,
    refuse_impossible,
)
from bot.errors import BadStore, OverBudget
from bot.store import tables
from bot.store.rota import forget
from bot.store.schema import KEEPING, alone
from bot.store.transactions import Transactions, insert_into, writable

_KEY: Final = ("report", "period", "account", "correction")
"""The columns of an edition that no other one has alike."""


class DatabaseDesk(Transactions):
    """A `Desk` in SQLite or PostgreSQL. A `Database` opens and closes it."""

    def freeze(self, frozen: Frozen, budget: Budget | None = None) -> int:
        """
        Of two that freeze at once the second waits, whatever they freeze, and then sees what the first one committed; so it does
        while something is pruned, which must see what is cited.
        """
        with self._writes() as connection:
            if budget is not None:
                alone(connection, "budget", self._place.patience_s)
            alone(connection, KEEPING, self._place.patience_s)
            edition, fresh = self._freeze(connection, frozen)
            if budget is not None and fresh:
                total = round(_committed(connection, budget.since, edition) + frozen.cost_usd, 4)
                if total > budget.usd:
                    raise OverBudget(total, budget.usd, budget.since)
        return edition

    def drop(self, edition: int) -> bool:
        """In one transaction, in which nobody takes a post of it or approves it: they wait at the edition, and find none."""
        columns = tables.delivery.c
        untouched = columns.edition == edition, columns.state.in_([State.PLANNED.value, State.REJECTED.value])
        with self._writes() as connection:
            connection.execute(select(tables.edition.c.id).where(tables.edition.c.id == edition).with_for_update())
            posts = connection.execute(select(columns.state).where(columns.edition == edition).with_for_update()).all()
            if not posts or any(State(row.state) not in (State.PLANNED, State.REJECTED) for row in posts):
                return False
            for table in (tables.upload, tables.picture, tables.citation):
                connection.execute(delete(table).where(table.c.edition == edition))
            connection.execute(delete(tables.delivery).where(*untouched))
            forget(connection, edition, self._at(connection))
            connection.execute(delete(tables.edition).where(tables.edition.c.id == edition))
            connection.execute(update(tables.charge).where(tables.charge.c.edition == edition).values(edition=0))
        return True

    def committed(self, since: dt.datetime, besides: int | None = None) -> float:
        with self._reads() as connection:
            return _committed(connection, since, besides)

    def resume(self, edition: int, budget: Budget) -> None:
        with self._writes() as connection:
            self._agree(connection, edition, _left_usd(connection, edition), budget)

    def withdraw(self, edition: int, now: dt.datetime, usd: float = 0.0, budget: Budget | None = None) -> None:
        columns = tables.edition.c
        withdrawing = update(tables.edition).where(columns.id == edition, columns.withdrawn_at.is_(None)).values(withdrawn_at=now)
        with self._writes() as connection:
            if budget is not None:
                self._agree(connection, edition, usd, budget, removal_usd=usd)
            connection.execute(withdrawing)

    def _agree(self, connection: Connection, edition: int, usd: float, budget: Budget, **values: float) -> None:
        """What is checked under a budget is written down before the next one checks, as `freeze` does it."""
        alone(connection, "budget", self._place.patience_s)
        total = round(_committed(connection, budget.since, edition) + usd, 4)
        if total > budget.usd:
            raise OverBudget(total, budget.usd, budget.since)
        agreeing = update(tables.edition).where(tables.edition.c.id == edition)
        connection.execute(agreeing.values(agreed_at=self._at(connection), **values))

    def withdrawn(self, edition: int) -> dt.datetime | None:
        columns = tables.edition.c
        with self._reads() as connection:
            return connection.execute(select(columns.withdrawn_at).where(columns.id == edition)).scalar_one_or_none()

    def _freeze(self, connection: Connection, frozen: Frozen) -> tuple[int, bool]:
        """Its id, and whether it was not there before."""
        fresh = insert_into(connection, tables.edition).on_conflict_do_nothing(index_elements=list(_KEY))
        edition = connection.execute(
            fresh.returning(tables.edition.c.id), _edition_row(frozen, self._at(connection))
        ).scalar_one_or_none()
        if edition is None:
            key = frozen.report, frozen.period, frozen.account, frozen.correction_key
            query = select(tables.edition.c.id).where(*_key(*key))
            return int(connection.execute(query).scalar_one()), False
        connection.execute(insert(tables.delivery), [_delivery_row(edition, post) for post in frozen.posts])
        self._keep_pictures(connection, edition, frozen)
        if frozen.cited:
            cited = [{"edition": edition, "payload_sha256": digest} for digest in sorted(frozen.cited)]
            connection.execute(insert(tables.citation), cited)
        return int(edition), True

    def frozen(self, edition: int) -> Frozen:
        """An edition and its posts were committed together and never change, so the three queries see the same."""
        pictures = tables.picture.c
        with self._reads() as connection:
            row = connection.execute(select(tables.edition).where(tables.edition.c.id == edition)).one_or_none()
            posts = connection.execute(_in_order(edition)).all()
            drawn = connection.execute(
                select(tables.picture, tables.payload.c.body, tables.payload.c.size_bytes)
                .join(tables.payload)
                .where(pictures.edition == edition)
                .order_by(pictures.position, pictures.number)
            ).all()
        if row is None:
            raise BadStore(
                f"there is no edition {edition} in the store {self._place.name}: the number was mistaken, or the store; "
                f"look the number up with threadmill status"
            )
        return self._as_frozen(row, posts, drawn)

    def find(self, report: str, period: str, account: str, correction: str = "") -> int | None:
        query = select(tables.edition.c.id).where(*_key(report, period, account, correction))
        with self._reads() as connection:
            return connection.execute(query).scalar_one_or_none()

    def corrections(self, report: str, period: str, account: str) -> Sequence[int]:
        columns = tables.edition.c
        query = select(columns.id).where(*_key(report, period, account), columns.correction != "").order_by(columns.id)
        with self._reads() as connection:
            return list(connection.execute(query).scalars())

    def forerunner(self, report: str, network: str, period: str) -> int | None:
        columns, posts = tables.edition.c, tables.delivery.c
        out = exists().where(posts.edition == columns.id, posts.state == State.PUBLISHED)
        ours = columns.report == report, columns.network == network, columns.period != period, columns.correction == ""
        query = select(columns.id).where(*ours, out).order_by(columns.frozen_at.desc(), columns.id.desc()).limit(1)
        with self._reads() as connection:
            return connection.execute(query).scalar_one_or_none()

    def editions(self) -> Sequence[int]:
        with self._reads() as connection:
            return list(connection.execute(select(tables.edition.c.id).order_by(tables.edition.c.id.desc())).scalars())

    def deliveries(self, edition: int) -> Sequence[Delivery]:
        with self._reads() as connection:
            return [_delivery(row) for row in connection.execute(_in_order(edition))]

    def remote_ids(self, account: str) -> Collection[str]:
        columns = tables.delivery.c
        query = select(columns.remote_id).join(tables.edition).where(tables.edition.c.account == account, columns.remote_id != "")
        with self._reads() as connection:
            return set(connection.execute(query).scalars())

    def take(self, edition: int, position: int, worker: str, now: dt.datetime, until: dt.datetime) -> bool:
        columns, earlier = tables.delivery.c, tables.delivery.alias("earlier").c
        unfinished = exists().where(
            earlier.edition == edition, earlier.position < position, earlier.state != State.PUBLISHED.value
        )
        taking = (
            update(tables.delivery)
            .where(
                columns.edition == edition,
                columns.position == position,
                columns.state == State.PLANNED.value,
                or_(columns.not_before.is_(None), columns.not_before <= now),
                ~unfinished,
                ~exists().where(tables.edition.c.id == edition, tables.edition.c.withdrawn_at.is_not(None)),
            )
            .values(
                state=State.SENDING.value,
                attempts=columns.attempts + 1,
                worker=worker,
                lease_until=until,
                not_before=None,
                sent_at=now,
                sent_until=None,
            )
        )
        with self._writes() as connection:
            # PostgreSQL would let a withdrawal and a taking pass each other: one of them waits here, and sees the other
            connection.execute(select(tables.edition.c.id).where(tables.edition.c.id == edition).with_for_update(read=True))
            return connection.execute(taking).rowcount == 1

    def settle(
        self,
        before: Delivery,
        state: State,
        remote_id: str = "",
        error: str = "",
        not_before: dt.datetime | None = None,
        charge: Charge | None = None,
    ) -> bool:
        """
        To SENDING there is no way from here: `take` alone counts attempts and keeps the order. An id belongs to PUBLISHED alone;
        REMOVED keeps the one it has.
        """
        refuse_impossible(before, state, remote_id)
        columns = tables.delivery.c
        values = {"state": state.value, "error": writable(error), "worker": "", "lease_until": None, "not_before": not_before}
        moving = (
            update(tables.delivery)
            .where(
                columns.edition == before.edition,
                columns.position == before.position,
                columns.state == before.state.value,
                columns.worker == before.worker,
                columns.attempts == before.attempts,
            )
            .values(values if state is State.REMOVED else {**values, "remote_id": remote_id})
        )
        with self._writes() as connection:
            moved = connection.execute(moving).rowcount == 1
            if moved and charge is not None:
                _charge(connection, charge)
        return moved

    def expire(self, edition: int, now: dt.datetime) -> int:
        columns = tables.delivery.c
        expiring = (
            update(tables.delivery)
            .where(columns.edition == edition, columns.state == State.SENDING.value, columns.lease_until <= now)
            .values(state=State.UNKNOWN.value, error=RAN_OUT, worker="", lease_until=None)
        )
        with self._writes() as connection:
            return connection.execute(expiring).rowcount

    def uploads(self, edition: int) -> Sequence[Upload]:
        columns = tables.upload.c
        query = select(tables.upload).where(columns.edition == edition).order_by(columns.position, columns.number)
        with self._reads() as connection:
            rows = connection.execute(query).all()
        return [Upload(row.edition, row.position, row.number, row.media_id, row.uploaded_at, row.described) for row in rows]

    def uploaded(self, upload: Upload, charge: Charge | None = None) -> None:
        """The newer of two uploads stays, whoever is written last: the network forgets the older one first."""
        with self._writes() as connection:
            mine = insert_into(connection, tables.upload).values(
                edition=upload.edition,
                position=upload.position,
                number=upload.number,
                media_id=upload.media_id,
                uploaded_at=upload.uploaded_at,
                described=upload.described,
            )
            theirs = {name: mine.excluded[name] for name in ("media_id", "uploaded_at", "described")}
            newer = tables.upload.c.uploaded_at <= mine.excluded.uploaded_at
            key = ["edition", "position", "number"]
            connection.execute(mine.on_conflict_do_update(index_elements=key, set_=theirs, where=newer))
            if charge is not None:
                _charge(connection, charge)

    def charge(self, charge: Charge) -> None:
        with self._writes() as connection:
            _charge(connection, charge)

    def charges(self, edition: int | None = None, since: dt.datetime | None = None) -> Sequence[Charge]:
        columns = tables.charge.c
        query = select(tables.charge).order_by(columns.at, columns.id)
        if edition is not None:
            query = query.where(columns.edition == edition)
        if since is not None:
            query = query.where(columns.at >= since)
        with self._reads() as connection:
            return [Charge(row.edition, row.position, row.call, float(row.usd), row.at) for row in connection.execute(query)]

    def _keep_pictures(self, connection: Connection, edition: int, frozen: Frozen) -> None:
        """Bytes in order of their digest: two editions with the same pictures in another order would wait for each other."""
        pictures = {picture.sha256: picture.png for post in frozen.posts for picture in post.pictures}
        for digest in sorted(pictures):
            self._pack(connection, pictures[digest])
        rows = [
            {
                "edition": edition,
                "position": post.position,
                "number": number,
                "payload_sha256": picture.sha256,
                "alt_text": picture.alt_text,
                "width_px": picture.width_px,
                "height_px": picture.height_px,
            }
            for post in frozen.posts
            for number, picture in enumerate(post.pictures, start=1)
        ]
        if rows:
            connection.execute(insert(tables.picture), rows)

    def _as_frozen(self, row: Row[Any], posts: Sequence[Row[Any]], drawn: Sequence[Row[Any]]) -> Frozen:
        pictures: dict[int, tuple[Picture, ...]] = {}
        for one in drawn:
            png = self._unpacked(one.payload_sha256, one)
            picture = Picture(png, one.alt_text, one.width_px, one.height_px)
            pictures[one.position] = (*pictures.get(one.position, ()), picture)
        try:
            frozen = Frozen(
                report=row.report,
                period=row.period,
                network=row.network,
                account=row.account,
                composed_at=row.composed_at,
                posts=tuple(
                    FrozenPost(post.position, post.text, pictures.get(post.position, ()), float(post.cost_usd)) for post in posts
                ),
                thread_json=row.thread_json,
                facts_json=row.facts_json,
                correction=Correction.parse(row.correction, row.reply_to),
            )
        except ValueError as error:
            raise self._spoilt(row.id, str(error)) from error
        if frozen.digest != row.digest:
            raise self._spoilt(row.id, "it is not what was frozen, for its digest is another")
        return frozen

    def _spoilt(self, edition: int, reason: str) -> BadStore:
        return BadStore(
            f"the edition {edition} in the store {self._place.name} cannot be sent: {reason}; "
            f"rows were probably changed by hand; restore a backup, or mend the rows in the tables delivery and picture"
        )


def _charge(connection: Connection, charge: Charge) -> None:
    said = {"edition": charge.edition, "position": charge.position, "call": charge.call, "usd": charge.usd, "at": charge.at}
    connection.execute(insert(tables.charge), said)


def _committed(connection: Connection, since: dt.datetime, besides: int | None) -> float:
    charges, editions, other = tables.charge.c, tables.edition.c, tables.delivery.alias("other").c
    going = exists().where(other.edition == editions.id, other.sent_at >= since)
    begun = or_(editions.frozen_at >= since, editions.agreed_at >= since, going)
    counted = select(editions.id).where(editions.withdrawn_at.is_(None), begun, editions.id != (besides or 0))
    billed = select(func.coalesce(func.sum(charges.usd), 0.0)).where(charges.at >= since)
    sums = billed, _pending(tables.delivery.c.edition.in_(counted)), _removals(since, besides)
    return round(sum(float(connection.execute(one).scalar_one()) for one in sums), 4)


def _left_usd(connection: Connection, edition: int) -> float:
    return float(connection.execute(_pending(tables.delivery.c.edition == edition)).scalar_one())


def _pending(which: ColumnElement[bool]) -> Select[Any]:
    """What posts that are not out may still be billed."""
    charges, deliveries = tables.charge.c, tables.delivery.c
    told = (
        select(func.coalesce(func.sum(charges.usd), 0.0))
        .where(charges.edition == deliveries.edition, charges.position == deliveries.position, charges.call == ALT_TEXT)
        .scalar_subquery()
    )
    not_out = deliveries.state.not_in([State.PUBLISHED.value, State.REMOVED.value])
    return _sum_of_positives(deliveries.cost_usd - told).where(not_out, which)


def _removals(since: dt.datetime, besides: int | None) -> Select[Any]:
    """What taking down may still be billed, of what was agreed to since."""
    charges, editions, deliveries = tables.charge.c, tables.edition.c, tables.delivery.c
    done = (
        select(func.coalesce(func.sum(charges.usd), 0.0))
        .where(charges.edition == editions.id, charges.call == DELETION, charges.at >= editions.agreed_at)
        .scalar_subquery()
    )
    out = deliveries.state.in_([State.PUBLISHED.value, State.SENDING.value, State.UNKNOWN.value])
    return _sum_of_positives(editions.removal_usd - done).where(
        editions.withdrawn_at.is_not(None),
        editions.agreed_at >= since,
        editions.id != (besides or 0),
        exists().where(deliveries.edition == editions.id, out),
    )


def _sum_of_positives(usd: ColumnElement[Any]) -> Select[Any]:
    return select(func.coalesce(func.sum(case((usd > 0, usd), else_=0.0)), 0.0))


def _key(*values: str) -> tuple[ColumnElement[bool], ...]:
    """Report, period, account, and with them all of a thread; and the correction, and with them one edition."""
    return tuple(tables.edition.c[name] == value for name, value in zip(_KEY, values, strict=False))


def _in_order(edition: int) -> Select[Any]:
    columns = tables.delivery.c
    return select(tables.delivery).where(columns.edition == edition).order_by(columns.position)


def _edition_row(frozen: Frozen, now: dt.datetime) -> dict[str, Any]:
    return {
        "report": frozen.report,
        "period": frozen.period,
        "network": frozen.network,
        "account": frozen.account,
        "composed_at": frozen.composed_at,
        "digest": frozen.digest,
        "thread_json": frozen.thread_json,
        "facts_json": frozen.facts_json,
        "frozen_at": now,
        "correction": frozen.correction_key,
        "reply_to": "" if frozen.correction is None else frozen.correction.reply_to,
    }


def _delivery_row(edition: int, post: FrozenPost) -> dict[str, Any]:
    return {
        "edition": edition,
        "position": post.position,
        "text": post.text,
        "cost_usd": post.cost_usd,
        "state": State.PLANNED.value,
        "attempts": 0,
        "remote_id": "",
        "error": "",
        "worker": "",
    }


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        edition=row.edition,
        position=row.position,
        state=State(row.state),
        attempts=int(row.attempts),
        remote_id=row.remote_id,
        error=row.error,
        worker=row.worker,
        lease_until=row.lease_until,
        not_before=row.not_before,
        sent_at=row.sent_at,
        sent_until=row.sent_until,
    )
