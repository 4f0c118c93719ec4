"""The store: replies, readings, rests and editions in SQLite or PostgreSQL. `open_store` is the way in."""

from __future__ import annotations

from bot.store.database import Database, open_store

__all__ = ["Database", "open_store"]
