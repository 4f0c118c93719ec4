"""Editions with their deliveries, pictures, uploads and charges. Complete in itself, as 0001 is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "edition",
        sa.Column("id", _SERIAL, primary_key=True),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("composed_at", _INSTANT, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="of everything that is sent"),
        sa.Column("thread_json", sa.Text(), nullable=False),
        sa.Column("facts_json", sa.Text(), nullable=False),
        sa.Column("frozen_at", _INSTANT, nullable=False),
        sa.UniqueConstraint("report", "period", "account", name="edition_key"),
    )
    op.create_table(
        "delivery",
        sa.Column(
            "edition",
            sa.BigInteger(),
            sa.ForeignKey("edition.id", name="delivery_edition_fkey"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("cost_usd", sa.Double(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False, comment="empty before it is published"),
        sa.Column("error", sa.Text(), nullable=False, comment="the last one"),
        sa.Column("worker", sa.Text(), nullable=False, comment="who is sending it; empty otherwise"),
        sa.Column("lease_until", _INSTANT),
        sa.Column("not_before", _INSTANT),
        sa.Column("sent_at", _INSTANT, comment="when it was last taken"),
        sa.CheckConstraint(
            "state IN ('planned', 'sending', 'published', 'rejected', 'unknown', 'removed')", name="delivery_state"
        ),
        sa.CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="delivery_lease"),
        sa.CheckConstraint("(state IN ('published', 'removed')) = (remote_id <> '')", name="delivery_receipt"),
    )
    op.create_index(
        "delivery_remote_id",
        "delivery",
        ["edition", "remote_id"],
        unique=True,
        sqlite_where=sa.text("remote_id <> ''"),
        postgresql_where=sa.text("remote_id <> ''"),
    )
    op.create_table(
        "picture",
        sa.Column("edition", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False, comment="1 is the first of its post"),
        sa.Column(
            "payload_sha256", sa.Text(), sa.ForeignKey("payload.sha256", name="picture_payload_sha256_fkey"), nullable=False
        ),
        sa.Column("alt_text", sa.Text(), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["edition", "position"], ["delivery.edition", "delivery.position"], name="picture_delivery_fkey"),
    )
    op.create_table(
        "upload",
        sa.Column("edition", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("media_id", sa.Text(), nullable=False),
        sa.Column("uploaded_at", _INSTANT, nullable=False),
        sa.Column("described", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition", "position", "number"],
            ["picture.edition", "picture.position", "picture.number"],
            name="upload_picture_fkey",
        ),
    )
    op.create_table(
        "charge",
        sa.Column("id", _SERIAL, primary_key=True),
        sa.Column(
            "edition", sa.BigInteger(), nullable=False, comment="no foreign key: money that was spent is written down in any case"
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("usd", sa.Double(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
    )
    op.create_index("charge_at", "charge", ["at"])
