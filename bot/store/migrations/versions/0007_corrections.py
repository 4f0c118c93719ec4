"""Corrections: editions of their own, beside the thread's, that reply to one of its posts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_KEY = ("report", "period", "account", "correction")


def upgrade() -> None:
    connection = op.get_bind()
    for column in (
        sa.Column(
            "correction",
            sa.Text(),
            nullable=False,
            server_default="",
            comment="3#1 is the first one of post 3; empty for the thread",
        ),
        sa.Column(
            "reply_to",
            sa.Text(),
            nullable=False,
            server_default="",
            comment="the post that is corrected, by its id on the network",
        ),
    ):
        op.add_column("edition", column)
    if connection.dialect.name != "sqlite":
        op.drop_constraint("edition_key", "edition", type_="unique")
        op.create_unique_constraint("edition_key", "edition", _KEY)
        op.create_check_constraint("edition_correction", "edition", "(correction = '') = (reply_to = '')")
        return
    _rebuilt(connection)


def _rebuilt(connection: sa.Connection) -> None:
    """
    SQLite changes no constraint of a table that is there. References are checked at the end of the transaction: the rows that
    others refer to are away for a moment, and come back under their old numbers, in a table of the same name.
    """
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    old = sa.Table("edition", sa.MetaData(), autoload_with=connection)
    names = ", ".join(column.name for column in old.columns)
    connection.exec_driver_sql("CREATE TEMPORARY TABLE kept_edition AS SELECT * FROM edition")
    op.drop_table("edition")
    key = sa.UniqueConstraint(*_KEY, name="edition_key")
    check = sa.CheckConstraint("(correction = '') = (reply_to = '')", name="edition_correction")
    op.create_table("edition", *(_copied(column) for column in old.columns), key, check)
    connection.exec_driver_sql(f"INSERT INTO edition ({names}) SELECT {names} FROM kept_edition")  # noqa: S608 - our own names
    connection.exec_driver_sql("DROP TABLE kept_edition")


def _copied(column: sa.Column[object]) -> sa.Column[object]:
    return sa.Column(
        column.name, column.type, primary_key=column.primary_key, nullable=column.nullable, server_default=column.server_default
    )
