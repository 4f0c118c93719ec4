"""Replies with their payloads, readings, rests. Complete in itself: what the tables become later must not change this."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "payload",
        sa.Column("sha256", sa.Text(), primary_key=True),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="zlib"),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False, comment="before compression"),
        sa.Column("stored_at", _INSTANT, nullable=False),
    )
    op.create_table(
        "reply",
        sa.Column("id", _SERIAL, primary_key=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="of retrieved_at, in UTC"),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("retrieved_at", _INSTANT, nullable=False),
        sa.Column("payload_sha256", sa.Text(), sa.ForeignKey("payload.sha256", name="reply_payload_sha256_fkey"), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index("reply_question", "reply", ["source", "key", "day"])
    op.create_table(
        "reading",
        sa.Column("id", _SERIAL, primary_key=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("period_start", _INSTANT, nullable=False),
        sa.Column("period_end", _INSTANT, nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("retrieved_at", _INSTANT, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column(
            "payload_sha256",
            sa.Text(),
            nullable=False,
            comment="empty for a figure that was not read from a kept reply",
        ),
    )
    op.create_index("reading_figure", "reading", ["source", "asked", "metric", "period_start", "period_end"])
    op.create_table(
        "rest",
        sa.Column("source", sa.Text(), primary_key=True),
        sa.Column("until", _INSTANT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
