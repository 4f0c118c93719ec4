"""Editions that were taken down."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_INSTANT = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.add_column("edition", sa.Column("withdrawn_at", _INSTANT, comment="no post of it is taken any more"))
