"""One time for hosts, database and X, which passes as quickly as a test wants, and leaps when it is told to."""

from __future__ import annotations

import datetime as dt
import json
import time
from pathlib import Path

from tests.store.databases import PostgreSQLDatabase

_SHADOW = """
CREATE SCHEMA IF NOT EXISTS quick;
DROP TABLE IF EXISTS quick.time;
CREATE TABLE quick.time (real timestamptz, told timestamptz, speed float8);
CREATE OR REPLACE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
  'SELECT told + (pg_catalog.clock_timestamp() - real) * speed FROM quick.time';
GRANT USAGE ON SCHEMA quick TO PUBLIC;
ALTER DATABASE threadmill SET search_path = public, pg_catalog;
"""


class Quick:
    """
    A clock in a file, which any process may read; `speed` times as quick as the real one.

    A database shows it too, once it is `taught`: there `clock_timestamp()` is found in `public` before PostgreSQL's own.
    """

    def __init__(self, file: Path, told: dt.datetime | None = None, speed: float = 1) -> None:
        self._file = file
        self._taught: list[PostgreSQLDatabase] = []
        if told is not None:
            self._set(told, speed)

    def now(self) -> dt.datetime:
        said = json.loads(self._file.read_text())
        passed = dt.timedelta(seconds=(time.time() - said["real"]) * said["speed"])
        return dt.datetime.fromisoformat(said["told"]) + passed

    @property
    def speed(self) -> float:
        return float(json.loads(self._file.read_text())["speed"])

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self.speed)

    def leap(self, **more: float) -> None:
        """So much time has passed for everybody."""
        self._set(self.now() + dt.timedelta(**more), self.speed)
        for database in self._taught:
            self._tell(database)

    def teach(self, database: PostgreSQLDatabase) -> None:
        with database.connect() as connection:
            connection.execute(_SHADOW.encode())
        self._taught.append(database)
        self._tell(database)

    def forget(self) -> None:
        """Databases tell their own time again."""
        for database in self._taught:
            database.ask("ALTER DATABASE threadmill RESET search_path")
            database.ask("DROP FUNCTION public.clock_timestamp()")
            database.ask("DROP SCHEMA quick CASCADE")

    def _tell(self, database: PostgreSQLDatabase) -> None:
        said = json.loads(self._file.read_text())
        with database.connect() as connection, connection.transaction():
            connection.execute("DELETE FROM quick.time")
            connection.execute(
                "INSERT INTO quick.time VALUES (to_timestamp(%s), %s, %s)", [said["real"], said["told"], said["speed"]]
            )

    def _set(self, told: dt.datetime, speed: float) -> None:
        beside = self._file.with_suffix(".new")
        beside.write_text(json.dumps({"real": time.time(), "told": told.isoformat(), "speed": speed}))
        beside.replace(self._file)
