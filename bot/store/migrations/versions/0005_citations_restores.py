"""What editions cite, for good; restores; what a reply, a reading and a picture rest on can be looked up. Complete in itself."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_INSTANT = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")
_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


def upgrade() -> None:
    for table in ("reply", "reading", "picture"):
        op.create_index(f"{table}_payload", table, ["payload_sha256"])
    op.add_column(
        "delivery",
        sa.Column(
            "sent_until",
            _INSTANT,
            comment="after a restore: until when a process the store does not know of may have sent it",
        ),
    )
    op.create_table(
        "restored",
        sa.Column("restored_at", _INSTANT, primary_key=True),
        sa.Column("made_at", _INSTANT, nullable=False, comment="when the backup was made: what happened since is not known here"),
    )
    citation = op.create_table(
        "citation",
        sa.Column(
            "edition",
            sa.BigInteger(),
            sa.ForeignKey("edition.id", name="citation_edition_fkey"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("payload_sha256", sa.Text(), primary_key=True, comment="no foreign key: bundled files and yours are cited too"),
    )
    op.create_index("citation_payload", "citation", ["payload_sha256"])
    facts = sa.table("edition", sa.column("id", sa.BigInteger()), sa.column("facts_json", sa.Text()))
    for row in op.get_bind().execute(sa.select(facts.c.id, facts.c.facts_json)).all():
        cited = [{"edition": row.id, "payload_sha256": digest} for digest in sorted(set(_DIGEST.findall(row.facts_json)))]
        op.bulk_insert(citation, cited)
