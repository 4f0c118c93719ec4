"""The store: replies, readings, rests and editions in SQLite or PostgreSQL. `open_store` is the way in."""

from __future__ import annotations

from bot.store.database import Database, open_store
from bot.store.restoring import backup_file

__all__ = ["Database", "backup_file", "open_store"]
