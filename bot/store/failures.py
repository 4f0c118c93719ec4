"""What a database's refusal means to whoever runs the bot. No secret gets into a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy.exc import SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import BadStore

_BUSY: Final = "another process has been writing for too long or hangs in the middle; let it finish, or end it, and run again"
_FULL: Final = "the disk is full or fails; free space, then run again: nothing half done was kept"
_RIGHTS: Final = (
    "the file, its folder or the schema may not be written by this user; give it the rights, or set DATABASE_URL to another place"
)
_DAMAGED: Final = (
    "the file is another program's or damaged; restore a backup, move it away to begin anew, or set DATABASE_URL to another place"
)
_AWAY: Final = (
    "the server is down or out of reach, or refuses the user, the password or the name of the database; "
    "start it, or mend DATABASE_URL"
)
_CROWDED: Final = "the server has no connection left; end what holds them, or raise max_connections"
_CONTRADICTED: Final = (
    "it contradicts what is stored, such as one id for two posts; nothing was written; "
    "if a person gave the id, look it up again, otherwise report this as a defect"
)
_UNKNOWN: Final = (
    "tables or server are not as this version expects them; look into the server's log, and if it stays, report it as a defect"
)

_SQLITE: Final = {
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_FULL": _FULL,
    "SQLITE_IOERR": _FULL,
    "SQLITE_READONLY": _RIGHTS,
    "SQLITE_CANTOPEN": _RIGHTS,
    "SQLITE_PERM": _RIGHTS,
    "SQLITE_AUTH": _RIGHTS,
    "SQLITE_CONSTRAINT": _CONTRADICTED,
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_CORRUPT": _DAMAGED,
}
"""By the name of the result code, of which extended ones (SQLITE_IOERR_WRITE) are refinements. https://sqlite.org/rescode.html"""

_POSTGRESQL: Final = {
    "08": _AWAY,
    "28": _AWAY,
    "3D": _AWAY,
    "57": _AWAY,
    "25006": _RIGHTS,
    "42501": _RIGHTS,
    "3F": _RIGHTS,
    "53300": _CROWDED,
    "53": _FULL,
    "58": _FULL,
    "23": _CONTRADICTED,
    "55P03": _BUSY,
    "40P01": _BUSY,
    "XX": _DAMAGED,
}
"""By SQLSTATE or its class, the whole code first. https://www.postgresql.org/docs/18/errcodes-appendix.html"""


def bad_store(error: SQLAlchemyError, name: str, secrets: Sequence[str]) -> BadStore:
    """The failure in our words: what the database said, why it usually does, what to do next."""
    cause = error.orig if isinstance(error, StatementError) and error.orig is not None else error
    if isinstance(cause, BadStore):  # refused by a column type
        return cause
    said = _first_line(cause)
    for secret in secrets:
        said = said.replace(secret, "****")
    advice = _advice(cause)
    return BadStore(f"the store {name} cannot be used: {said}; {advice}", permanent=advice not in (_AWAY, _BUSY, _CROWDED))


def _first_line(cause: BaseException) -> str:
    """What the driver says without its hints, which explain SQL to programmers."""
    text = str(cause).strip()
    return text.splitlines()[0].strip().rstrip(".") if text else type(cause).__name__


def _advice(cause: BaseException) -> str:
    if isinstance(cause, PoolTimeout):
        return _BUSY
    if code := getattr(cause, "sqlite_errorname", None):
        return _SQLITE.get("_".join(code.split("_")[:2]), _UNKNOWN)
    code = getattr(cause, "sqlstate", "")
    if code is None:  # psycopg's own words: the server was not reached, or went away
        return _AWAY
    return _POSTGRESQL.get(code) or _POSTGRESQL.get(code[:2], _UNKNOWN)
