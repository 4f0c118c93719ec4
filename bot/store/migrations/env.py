"""Run by alembic inside the transaction that `bot.store.schema` has opened: nothing is begun or committed here."""

from __future__ import annotations

from alembic import context

from bot.store.tables import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()
