"""Turns with approvals, runs, chores and notices; when an edition was last agreed to. Complete in itself, as 0001 is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "scheduled",
        sa.Column("report", sa.Text(), primary_key=True),
        sa.Column("network", sa.Text(), primary_key=True),
        sa.Column("since", _INSTANT, nullable=False, comment="nothing of what went by before is missed"),
    )
    op.create_table(
        "turn",
        sa.Column("report", sa.Text(), primary_key=True),
        sa.Column("network", sa.Text(), primary_key=True),
        sa.Column("period", sa.Text(), primary_key=True),
        sa.Column("period_ends_at", _INSTANT, nullable=False, comment="of the period, in whose order turns are"),
        sa.Column("opens_at", _INSTANT, nullable=False),
        sa.Column("grace_until", _INSTANT, nullable=False),
        sa.Column("complete_until", _INSTANT, nullable=False),
        sa.Column("closes_at", _INSTANT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, comment="why it is not over, or how it ended"),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="how often it was begun"),
        sa.Column("retry_at", _INSTANT, comment="of a turn that a worker has: somebody has done something about it meanwhile"),
        sa.Column("worker", sa.Text(), nullable=False, comment="who has it; empty otherwise"),
        sa.Column("lease_until", _INSTANT),
        sa.Column("edition", sa.BigInteger(), sa.ForeignKey("edition.id", name="turn_edition_fkey")),
        sa.Column("run", sa.Text(), nullable=False, comment="the last one; empty if it was never begun"),
        sa.Column("begun_at", _INSTANT, comment="the first time"),
        sa.Column("ended_at", _INSTANT),
        sa.CheckConstraint(
            "state IN ('open', 'waiting', 'held', 'sending', 'unknown', 'published', 'written', 'skipped', 'missed')",
            name="turn_state",
        ),
        sa.CheckConstraint("(worker <> '') = (lease_until IS NOT NULL)", name="turn_lease"),
        sa.CheckConstraint("(state IN ('published', 'written', 'skipped', 'missed')) = (ended_at IS NOT NULL)", name="turn_end"),
        sa.CheckConstraint("ended_at IS NULL OR (lease_until IS NULL AND retry_at IS NULL)", name="turn_over"),
        sa.CheckConstraint("(attempts > 0) = (begun_at IS NOT NULL)", name="turn_begun"),
    )
    op.create_table(
        "approval",
        sa.Column(
            "edition",
            sa.BigInteger(),
            sa.ForeignKey("edition.id", name="approval_edition_fkey"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("digest", sa.Text(), nullable=False, comment="of what was seen"),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("approved_at", _INSTANT, nullable=False),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("config_digest", sa.Text(), nullable=False),
        sa.Column("began_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.Column("outcome", sa.Text(), nullable=False, comment="empty while it goes on"),
        sa.Column("sources", sa.Text(), nullable=False, comment="JSON: what each source gave"),
        sa.CheckConstraint("(outcome <> '') = (ended_at IS NOT NULL)", name="run_end"),
    )
    op.create_index("run_began_at", "run", ["began_at"])
    op.create_table(
        "chore",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True, comment="in UTC"),
        sa.Column("worker", sa.Text(), nullable=False, comment="who does it; empty when it is done"),
        sa.Column("lease_until", _INSTANT),
        sa.Column("ended_at", _INSTANT),
        sa.Column("outcome", sa.Text(), nullable=False, comment="empty before it is done"),
        sa.CheckConstraint("(worker <> '') = (lease_until IS NOT NULL)", name="chore_lease"),
        sa.CheckConstraint("(ended_at IS NULL) = (lease_until IS NOT NULL)", name="chore_end"),
    )
    op.create_table(
        "notice",
        sa.Column("id", _SERIAL, primary_key=True),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False, comment="another one is told again"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="how often somebody took it to tell it"),
        sa.Column("worker", sa.Text(), nullable=False, comment="who is telling it; empty otherwise"),
        sa.Column("lease_until", _INSTANT),
        sa.Column("told_at", _INSTANT),
        sa.Column("error", sa.Text(), nullable=False, comment="why it was not told the last time"),
        sa.CheckConstraint("(worker <> '') = (lease_until IS NOT NULL)", name="notice_lease"),
        sa.CheckConstraint("told_at IS NULL OR lease_until IS NULL", name="notice_told"),
        sa.UniqueConstraint("event", "report", "network", "period", name="notice_key"),
    )
    op.add_column(
        "edition",
        sa.Column("agreed_at", _INSTANT, comment="when it was last agreed to post the rest, or to take it down"),
    )
    op.add_column("edition", sa.Column("removal_usd", sa.Double(), comment="what it may be billed from then on to take it down"))
