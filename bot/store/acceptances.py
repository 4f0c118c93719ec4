"""What persons accepted of that which gates keep back: rows that are added and never changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlalchemy import Case, case, insert, literal, select, update

from bot.domain.gate import Acceptance
from bot.store import tables
from bot.store.transactions import Transactions, writable


class Acceptances(Transactions):
    """The part of a `Rota` that keeps acceptances."""

    def accept(self, acceptances: Sequence[Acceptance]) -> bool:
        """Only turns without a thread are nudged: what is frozen is composed of other figures no more."""
        turns, nudged = tables.turn.c, 0
        with self._writes() as connection:
            for one in acceptances:
                connection.execute(insert(tables.acceptance), _row(one))
                open_turns = turns.ended_at.is_(None), turns.edition.is_(None)
                nudging = update(tables.turn).where(turns.report == one.report, turns.period == one.period, *open_turns)
                nudged += connection.execute(nudging.values(retry_at=at_once(one.at))).rowcount
        return nudged > 0

    def accepted(self, report: str, period: str) -> Mapping[str, Acceptance]:
        columns = tables.acceptance.c
        query = select(tables.acceptance).where(columns.report == report, columns.period == period).order_by(columns.id)
        with self._reads() as connection:
            return {
                row.judgement: Acceptance(
                    row.report, row.period, row.judgement, row.gate, row.because, row.accepted_by, row.accepted_at
                )
                for row in connection.execute(query)
            }


def at_once(now: dt.datetime) -> Case[dt.datetime]:
    """
    When a turn is tried again that a person has done something about. Where its time is long over by this clock, another one
    decides (`run --once --now`), and "at once" is from its opening on.
    """
    turns = tables.turn.c
    return case((turns.closes_at <= now, turns.opens_at), else_=literal(now, tables.Instant()))


def _row(one: Acceptance) -> dict[str, object]:
    return {
        "report": one.report,
        "period": one.period,
        "judgement": one.judgement,
        "gate": one.gate,
        "because": writable(one.because),
        "accepted_by": writable(one.by),
        "accepted_at": one.at,
    }
