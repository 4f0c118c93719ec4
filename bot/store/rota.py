"""The rota: turns, approvals, runs, chores and notices. Who is quickest is decided by one conditional statement each."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from bot.domain.period import Period
from bot.domain.schedule import Window
from bot.domain.turn import MOVES, Turn, TurnState, refuse_impossible
from bot.ports import Approval, Done, Notice, Run
from bot.store import tables
from bot.store.acceptances import Acceptances, at_once
from bot.store.transactions import insert_into, writable

_KEY: Final = ["report", "network", "period"]
_BY_HAND: Final = frozenset({TurnState.MISSED, TurnState.SKIPPED, TurnState.PUBLISHED})
"""How a turn ends that nobody has."""
_FORGOTTEN: Final = "its thread was taken back before anything of it was out; it is composed anew"


class DatabaseRota(Acceptances):
    """A `Rota` in SQLite or PostgreSQL. A `Database` opens and closes it."""

    def since(self, report: str, network: str, now: dt.datetime) -> dt.datetime:
        columns = tables.scheduled.c
        query = select(columns.since).where(columns.report == report, columns.network == network)
        with self._reads() as connection:
            since: dt.datetime | None = connection.execute(query).scalar_one_or_none()
        if since is not None and since <= now:  # asked every half minute, and written once
            return since
        with self._writes() as connection:
            here = self._at(connection)
            mine = insert_into(connection, tables.scheduled)
            ahead = columns.since > here  # a clock was wrong
            said = mine.on_conflict_do_update(index_elements=["report", "network"], set_={"since": here}, where=ahead)
            connection.execute(said, {"report": report, "network": network, "since": min(now, here)})
            first: dt.datetime = connection.execute(query).scalar_one()
        return first

    def turns(self, report: str, network: str) -> Sequence[Turn]:
        columns, newest = tables.turn.c, tables.turn.alias("newest").c
        told = newest.report == report, newest.network == network, newest.state != TurnState.SKIPPED.value
        last = select(func.max(newest.period_ends_at)).where(*told).scalar_subquery()
        query = (
            select(tables.turn)
            .where(columns.report == report, columns.network == network)
            .where(or_(columns.ended_at.is_(None), columns.period_ends_at >= last, last.is_(None)))
        )
        with self._reads() as connection:
            return sorted((_turn(row) for row in connection.execute(query)), key=lambda turn: turn.period)

    def turn(self, report: str, network: str, period: Period) -> Turn | None:
        query = select(tables.turn).where(*_key(tables.turn, report, network, period.key))
        with self._reads() as connection:
            row = connection.execute(query).one_or_none()
            return None if row is None else _turn(row)

    def history(self, limit: int) -> Sequence[Turn]:
        columns = tables.turn.c
        place = func.row_number().over(partition_by=[columns.report, columns.network], order_by=columns.period_ends_at.desc())
        numbered = select(tables.turn, place.label("place")).subquery()
        order = numbered.c.period_ends_at.desc(), numbered.c.report, numbered.c.network, numbered.c.period
        query = select(numbered).where(numbered.c.place <= limit).order_by(*order)
        with self._reads() as connection:
            return [_turn(row) for row in connection.execute(query)]

    def begin(self, turn: Turn, worker: str, now: dt.datetime, until: dt.datetime, run: str) -> Turn | None:
        """What was done about the turn up to now is known to whoever begins it: `retry_at` is empty from then on."""
        if turn.over:
            return None
        taken = replace(turn, attempts=turn.attempts + 1, retry_at=None, worker=worker, lease_until=until, run=run, ended_at=None)
        columns = tables.turn.c
        again = (
            update(tables.turn)
            .where(*_seen(turn), columns.state == turn.state.value, _free(tables.turn, now))
            .values(attempts=columns.attempts + 1, retry_at=None, worker=worker, lease_until=until, run=run)
        )
        with self._sound(), self._writes() as connection:
            fresh = insert_into(connection, tables.turn).values(_row(taken, begun_at=now)).on_conflict_do_nothing()
            taking = fresh if turn.attempts == 0 else again
            row = connection.execute(taking.returning(tables.turn)).one_or_none()
            return None if row is None else _turn(row)

    def renew(self, turn: Turn, until: dt.datetime) -> bool:
        with self._writes() as connection:
            return connection.execute(update(tables.turn).where(*_his(turn)).values(lease_until=until)).rowcount == 1

    def settle(self, turn: Turn, now: dt.datetime, notice: Notice | None = None) -> bool:
        """
        A person who did something about the turn while the worker had it is not overheard: it is tried again when that was, not
        when the worker says.
        """
        values = {
            "state": turn.state.value,
            "reason": writable(turn.reason),
            "edition": turn.edition,
            "retry_at": None if turn.over else func.coalesce(tables.turn.c.retry_at, literal(turn.retry_at, tables.Instant())),
            "worker": "",
            "lease_until": None,
            "ended_at": now if turn.over else None,
        }
        with self._writes() as connection:
            settled = self._move(connection, turn, turn.state, values)
            if settled and notice is not None:
                _remember(connection, notice, now)
        return settled

    def sending(self, turn: Turn, edition: int) -> bool:
        values = {"state": TurnState.SENDING.value, "edition": edition, "reason": ""}
        with self._writes() as connection:
            return self._move(connection, replace(turn, edition=edition), TurnState.SENDING, values)

    def _move(self, connection: Connection, turn: Turn, state: TurnState, values: Mapping[str, Any]) -> bool:
        """Whether a worker's turn went to a state; not if it is his no more, or its edition was forgotten."""
        if not _held(connection, turn.edition):
            return False
        if connection.execute(update(tables.turn).where(*_his(turn), _from(state)).values(values)).rowcount == 1:
            return True
        before = connection.execute(select(tables.turn).where(*_his(turn))).one_or_none()
        if before is not None:
            refuse_impossible(_turn(before), state)
        return False

    def close(self, turn: Turn, now: dt.datetime, notice: Notice | None = None) -> bool:
        """A turn that was never begun has no row, or that of one who closed it as missed."""
        if turn.state not in _BY_HAND:
            raise ValueError(f"a turn that nobody has ends as missed, skipped or published, not as {turn.state}")
        ended = replace(turn, reason=writable(turn.reason), retry_at=None, worker="", lease_until=None, ended_at=now)
        with self._writes() as connection:
            if not _held(connection, turn.edition):
                return False
            closing = insert_into(connection, tables.turn).values(_row(ended, begun_at=now if turn.attempts else None))
            names = ("state", "reason", "edition", "retry_at", "worker", "lease_until", "ended_at")
            closing = closing.on_conflict_do_update(
                index_elements=_KEY,
                set_={name: closing.excluded[name] for name in names},
                where=and_(*_seen(turn), _from(turn.state), _free(tables.turn, now)),
            )
            closed = connection.execute(closing.returning(tables.turn.c.report)).one_or_none() is not None
            if closed and notice is not None:
                _remember(connection, notice, now)
        return closed

    def nudge(self, edition: int, now: dt.datetime) -> bool:
        with self._writes() as connection:
            return _nudge(connection, edition, now)

    def approve(self, approval: Approval) -> bool:
        editions = tables.edition.c
        same = editions.digest == approval.digest, editions.withdrawn_at.is_(None)
        said = {
            "edition": approval.edition,
            "digest": approval.digest,
            "approved_by": approval.by,
            "approved_at": approval.at,
        }
        with self._writes() as connection:
            if not _held(connection, approval.edition, *same):
                return False
            mine = insert_into(connection, tables.approval)
            theirs = {name: mine.excluded[name] for name in said}
            other = tables.approval.c.digest != mine.excluded.digest  # the first one who approved this stays
            connection.execute(mine.on_conflict_do_update(index_elements=["edition"], set_=theirs, where=other), said)
            _nudge(connection, approval.edition, approval.at)
        return True

    def approval(self, edition: int) -> Approval | None:
        columns, editions = tables.approval.c, tables.edition.c
        query = select(tables.approval).join(tables.edition).where(columns.edition == edition, columns.digest == editions.digest)
        with self._reads() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Approval(row.edition, row.digest, row.approved_by, row.approved_at)

    def start(self, run: Run) -> None:
        with self._writes() as connection:
            connection.execute(insert(tables.run), _run_row(run))

    def finish(self, run: Run) -> None:
        """Whose start could not be written down is written down whole."""
        with self._writes() as connection:
            mine = insert_into(connection, tables.run)
            news = {name: mine.excluded[name] for name in ("ended_at", "outcome", "sources")}
            connection.execute(mine.on_conflict_do_update(index_elements=["id"], set_=news), _run_row(run))

    def runs(self, limit: int) -> Sequence[Run]:
        columns = tables.run.c
        query = select(tables.run).order_by(columns.began_at.desc(), columns.id.desc()).limit(limit)
        with self._reads() as connection:
            return [_run(row) for row in connection.execute(query)]

    def chore(self, name: str, day: dt.date, worker: str, now: dt.datetime, until: dt.datetime) -> bool:
        said = {"name": name, "day": day, "worker": worker, "lease_until": until, "outcome": ""}
        with self._writes() as connection:
            mine = insert_into(connection, tables.chore).values(said)
            theirs = {"worker": mine.excluded.worker, "lease_until": mine.excluded.lease_until}
            left = tables.chore.c.lease_until <= now  # what is done has no lease
            taking = mine.on_conflict_do_update(index_elements=["name", "day"], set_=theirs, where=left)
            return connection.execute(taking.returning(tables.chore.c.name)).one_or_none() is not None

    def chore_done(self, name: str, day: dt.date, worker: str, now: dt.datetime, outcome: str) -> None:
        columns = tables.chore.c
        ending = (
            update(tables.chore)
            .where(columns.name == name, columns.day == day, columns.worker == worker, columns.ended_at.is_(None))
            .values(worker="", lease_until=None, ended_at=now, outcome=writable(outcome))
        )
        with self._writes() as connection:
            connection.execute(ending)

    def chores(self) -> Mapping[str, Done]:
        columns = tables.chore.c
        newest = select(columns.name, func.max(columns.day).label("day"), func.max(columns.ended_at).label("ended_at"))
        done = newest.where(columns.ended_at.is_not(None)).group_by(columns.name)
        with self._reads() as connection:
            return {row.name: Done(row.day, row.ended_at) for row in connection.execute(done)}

    def chores_taken(self, now: dt.datetime) -> Collection[str]:
        columns = tables.chore.c
        with self._reads() as connection:
            return set(connection.execute(select(columns.name).where(columns.lease_until > now)).scalars())

    def untold(self, worker: str, now: dt.datetime, until: dt.datetime, limit: int) -> Sequence[Notice]:
        """The oldest first. What somebody else is taking at this moment is passed over, not waited for."""
        columns = tables.notice.c
        free = columns.told_at.is_(None), _free(tables.notice, now)
        picking = select(columns.id).where(*free).order_by(columns.id).limit(limit).with_for_update(skip_locked=True)
        with self._writes() as connection:
            picked = connection.execute(picking).scalars().all()
            taking = (
                update(tables.notice)
                .where(columns.id.in_(picked))
                .values(worker=worker, lease_until=until, attempts=columns.attempts + 1)
                .returning(tables.notice)
            )
            return sorted((_notice(row) for row in connection.execute(taking)), key=lambda notice: notice.id)

    def told(self, notice: Notice, now: dt.datetime, error: str = "", again_at: dt.datetime | None = None) -> None:
        """
        Who told it late, when another has it by now, has told it all the same; why he did not is no news then. What was written
        in its place since, for another cause, he has not told.
        """
        columns = tables.notice.c
        mine = update(tables.notice).where(columns.id == notice.id, columns.at == notice.at, columns.told_at.is_(None))
        if error:
            later = {} if again_at is None else {"lease_until": again_at}
            telling = mine.where(columns.attempts == notice.attempts).values(error=writable(error), **later)
        else:
            telling = mine.values(told_at=now, worker="", lease_until=None, error="")
        with self._writes() as connection:
            connection.execute(telling)


def forget(connection: Connection, edition: int, now: dt.datetime) -> None:
    """
    Nothing of an edition is left in the rota: what was approved; and its turn, unless it is over, is as one that nobody has and
    that has told nothing yet, so that a thread is composed anew.
    """
    turns = tables.turn.c
    connection.execute(delete(tables.approval).where(tables.approval.c.edition == edition))
    anew = {"state": TurnState.OPEN.value, "reason": _FORGOTTEN, "retry_at": now, "worker": "", "lease_until": None}
    detaching = update(tables.turn).where(turns.edition == edition, turns.ended_at.is_(None)).values(**anew, edition=None)
    for turn in connection.execute(detaching.returning(turns.report, turns.network, turns.period)).all():
        connection.execute(delete(tables.notice).where(*_key(tables.notice, *turn)))
    connection.execute(update(tables.turn).where(turns.edition == edition).values(edition=None))


def _held(connection: Connection, edition: int | None, *conditions: ColumnElement[bool]) -> bool:
    """
    Whether an edition is there, if it is about one. Nobody forgets or withdraws it before the transaction ends: whoever does that
    waits here, as for those who take its posts.
    """
    if edition is None:
        return True
    query = select(tables.edition.c.id).where(tables.edition.c.id == edition, *conditions)
    return connection.execute(query.with_for_update(read=True)).one_or_none() is not None


def _nudge(connection: Connection, edition: int, now: dt.datetime) -> bool:
    """Also the turn of its report and period that has no edition yet: this one was posted by hand."""
    turns, editions = tables.turn.c, tables.edition.c
    same = editions.report == turns.report, editions.network == turns.network, editions.period == turns.period
    named = and_(turns.edition.is_(None), exists().where(editions.id == edition, editions.correction == "", *same))
    nudging = update(tables.turn).where(turns.ended_at.is_(None), or_(turns.edition == edition, named))
    return connection.execute(nudging.values(retry_at=at_once(now))).rowcount > 0


def _remember(connection: Connection, notice: Notice, now: dt.datetime) -> None:
    """What was told of the same event before gives way, unless it had the same cause."""
    fresh = insert_into(connection, tables.notice)
    said = {
        "event": notice.event,
        "report": notice.report,
        "network": notice.network,
        "period": notice.period,
        "cause": writable(notice.cause),
        "text": writable(notice.text),
        "run": notice.run,
        "at": now,
        "attempts": 0,
        "worker": "",
        "lease_until": None,
        "told_at": None,
        "error": "",
    }
    key = ["event", *_KEY]
    anew = {name: fresh.excluded[name] for name in said if name not in key}
    other = tables.notice.c.cause != fresh.excluded.cause
    connection.execute(fresh.on_conflict_do_update(index_elements=key, set_=anew, where=other), said)


def _key(table: Table, report: str, network: str, period: str) -> tuple[ColumnElement[bool], ...]:
    return table.c.report == report, table.c.network == network, table.c.period == period


def _seen(turn: Turn) -> tuple[ColumnElement[bool], ...]:
    """A turn that nobody has begun, and no worker has ended its lease of, since it was seen."""
    columns = tables.turn.c
    key = _key(tables.turn, turn.report, turn.network, turn.period.key)
    return *key, columns.attempts == turn.attempts, columns.worker == turn.worker


def _his(turn: Turn) -> tuple[ColumnElement[bool], ...]:
    """A turn its worker still has."""
    return *_seen(turn), tables.turn.c.lease_until.is_not(None)


def _free(table: Table, now: dt.datetime) -> ColumnElement[bool]:
    return or_(table.c.lease_until.is_(None), table.c.lease_until <= now)


def _from(state: TurnState) -> ColumnElement[bool]:
    """A turn in a state from which there is a way to this one."""
    return tables.turn.c.state.in_([before.value for before, states in MOVES.items() if state in states])


def _row(turn: Turn, begun_at: dt.datetime | None) -> dict[str, Any]:
    return {
        "report": turn.report,
        "network": turn.network,
        "period": turn.period.key,
        "period_ends_at": turn.period.end,
        "opens_at": turn.window.opens_at,
        "grace_until": turn.window.grace_until,
        "complete_until": turn.window.complete_until,
        "closes_at": turn.window.closes_at,
        "state": turn.state.value,
        "reason": writable(turn.reason),
        "attempts": turn.attempts,
        "retry_at": turn.retry_at,
        "worker": turn.worker,
        "lease_until": turn.lease_until,
        "edition": turn.edition,
        "run": turn.run,
        "begun_at": begun_at,
        "ended_at": turn.ended_at,
    }


def _turn(row: Row[Any]) -> Turn:
    window = Window(Period.parse(row.period), row.opens_at, row.grace_until, row.complete_until, row.closes_at)
    return Turn(
        report=row.report,
        network=row.network,
        window=window,
        state=TurnState(row.state),
        reason=row.reason,
        attempts=int(row.attempts),
        retry_at=row.retry_at,
        worker=row.worker,
        lease_until=row.lease_until,
        edition=row.edition,
        run=row.run,
        ended_at=row.ended_at,
    )


def _run_row(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "why": run.why,
        "report": run.report,
        "period": run.period,
        "worker": run.worker,
        "version": run.version,
        "config_digest": run.config_digest,
        "began_at": run.began_at,
        "ended_at": run.ended_at,
        "outcome": writable(run.outcome),
        "sources": json.dumps(dict(run.sources)),
    }


def _run(row: Row[Any]) -> Run:
    return Run(
        id=row.id,
        why=row.why,
        report=row.report,
        period=row.period,
        worker=row.worker,
        version=row.version,
        config_digest=row.config_digest,
        began_at=row.began_at,
        ended_at=row.ended_at,
        outcome=row.outcome,
        sources=json.loads(row.sources),
    )


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        event=row.event,
        report=row.report,
        network=row.network,
        period=row.period,
        text=row.text,
        run=row.run,
        cause=row.cause,
        id=row.id,
        attempts=int(row.attempts),
        at=row.at,
    )
