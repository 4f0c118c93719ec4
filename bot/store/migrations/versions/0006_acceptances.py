"""What a person accepted of that which gates keep back. Complete in itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "acceptance",
        sa.Column("id", _SERIAL, primary_key=True),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("judgement", sa.Text(), nullable=False, comment="of a gate, over the very figures that were seen"),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("accepted_by", sa.Text(), nullable=False),
        sa.Column("accepted_at", _INSTANT, nullable=False),
    )
    op.create_index("acceptance_edition", "acceptance", ["report", "period"])
