"""A ClickHouse server by its HTTP interface. It has tables, and does not see the files of this machine."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from bot.config import Secret
from bot.engines import _clickhouse_sql as sql
from bot.engines._engine import away, said, unread
from bot.errors import BadInput, SourceUnavailable, Throttled
from bot.ports import Format

if TYPE_CHECKING:
    import pyarrow as pa

_VARIABLE: Final = "THREADMILL_ENGINE_CLICKHOUSE"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_CONNECT_S: Final = 10
SILENCE_S: Final = 300
"""For how long a server may say nothing: it tells its progress every few seconds, but for a proxy that keeps it to itself."""
_WHOLE: Final = "throw"
_OVERFLOW: Final = re.compile(r"\w+_overflow_mode(_leaf)?")
"""What a server does at a limit. All but "throw" answer with a part of the result, and do not say so."""


_UNTIL: Final = re.compile(r"[Ii]nterval will end at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
_QUOTA: Final = "201"
# ClickHouse's src/Common/ErrorCodes.cpp: too slow, too busy, cut off or killed; more than may be read, kept or told; no right
_PASSING: Final = {"159", "202", "203", "209", "210", "236", "242", "279", "319", "394", "425", "999"}
_TOO_MUCH: Final = {"158", "241", "307", "396"}
_NOT_LET_IN: Final = {"164", "192", "193", "194", "497", "516"}


@dataclass(frozen=True)
class _Address:
    """Where a server is, and as whom it is asked."""

    secure: bool
    host: str
    port: int
    user: str
    password: Secret
    database: str

    @property
    def shown(self) -> str:
        """Without whom and the password."""
        return f"{self.host}:{self.port}{f'/{self.database}' if self.database else ''}"


def connect(address: Secret) -> Server:
    """
    A connection of its own.

    Raises:
        BadInput: the address is none, or the server does not let us in or gives no whole results.
        SourceUnavailable: the server cannot be reached.
    """
    import clickhouse_connect

    place = _parsed(address)
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)  # it logs whatever it raises, with stack traces
    try:
        client = clickhouse_connect.get_client(
            interface="https" if place.secure else "http",
            host=place.host,
            port=place.port,
            username=place.user,
            password=place.password.reveal(),
            database=place.database or None,
            client_name="threadmill",
            connect_timeout=_CONNECT_S,
            send_receive_timeout=SILENCE_S,
            autogenerate_session_id=False,
            tz_mode="aware",
            show_clickhouse_errors="scrub",
            dedicated_pool=True,
        )
    except Exception as error:  # of the library, or of those it stands on
        raise _failed(error, place.shown) from error
    return Server(client, place.shown)


class Server:
    """A connection to a server, on which a result is whole or an error."""

    def __init__(self, client: Any, where: str) -> None:
        self._client = client
        self._where = where
        self.version = f"ClickHouse@{where} {client.server_version}"
        self._be_exact()

    def rows(self, query: str) -> Sequence[Sequence[Any]]:
        """A small answer."""
        found: Sequence[Sequence[Any]] = self._client.query(query).result_rows
        return found

    def batches(self, query: Any, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """An answer at once: the server keeps it until it is whole, for an error in its midst has no status of its own."""
        import pyarrow as pa

        if sql.may_lack_rows(query) and self._setting("join_use_nulls") != "1":
            raise BadInput(
                f"this joins rows with what may not be there, for which the server at {self._where} puts zeros, and its user may "
                "not change join_use_nulls. Ask as a user who may"
            )
        columns = self._client.query(sql.text(query)).result_columns
        if columns:
            arrays = [pa.array(_of_type(column, field.type), field.type) for column, field in zip(columns, schema, strict=True)]
            yield pa.record_batch(arrays, names=schema.names)

    def view(self, name: str, paths: Sequence[str], form: Format, columns: Mapping[str, str]) -> None:
        """
        Raises:
            BadInput: always.
        """
        raise BadInput(
            f"the ClickHouse server at {self._where} cannot read {paths[0]}, which is a file of this machine. Load the files "
            f'into a table and name it in the recipe (table = "pypi.pypi"), or unset {_VARIABLE} to read them in this process'
        )

    def failed(self, error: Exception) -> Exception:
        """What an error means."""
        return _failed(error, self._where)

    def stop(self) -> None:
        """Nothing: who may only read may not end what he asked."""

    def close(self) -> None:
        """Let go of it."""
        self._client.close()

    def _be_exact(self) -> None:
        """
        Raises:
            BadInput: the user may not have whole results in UTC.
        """
        needed = {name: _WHOLE for name in self._client.server_settings if _OVERFLOW.fullmatch(name)}
        refused = [name for name, value in needed.items() if not self._set(name, value)]
        if not self._set("session_timezone", "UTC") and str(self._client.server_tz) not in {"UTC", "Etc/UTC"}:
            refused.append("session_timezone")
        if refused:
            raise BadInput(
                f"the ClickHouse server at {self._where} may cut results off or tell days of another time zone, and its user may "
                f"not change {', '.join(refused)}. Ask as a user who may, or have the settings changed"
            )
        self._set("join_use_nulls", "1")

    def _set(self, name: str, value: str) -> bool:
        """Whether a setting has a value, now if not before."""
        if self._setting(name) != value:
            known = self._client.server_settings.get(name)
            if known is None or known.readonly:
                return False
            self._client.set_client_setting(name, value)
        return True

    def _setting(self, name: str) -> str:
        known = self._client.server_settings.get(name)
        return self._client.get_client_setting(name) or ("" if known is None else str(known.value))


def _parsed(address: Secret) -> _Address:
    """
    An address from its variable.

    Raises:
        BadInput: it is none, or not secure.
    """
    try:
        url = urlsplit(address.reveal())
        host, port = url.hostname or "", url.port
    except ValueError:
        host, port = "", None
    if not host or url.scheme not in {"http", "https"} or url.query or url.fragment or url.path.count("/") > 1:
        raise BadInput(
            f"{_VARIABLE} is no address of a ClickHouse server. Write https://user:password@host:8443/database; the password "
            "and all signs in it that have a meaning in addresses as %XX"
        )
    secure = url.scheme == "https"
    if not secure and host not in _LOOPBACK:
        raise BadInput(f"{_VARIABLE} goes to {host} by http, where everybody on the way reads the password. Write https://")
    user, password = unquote(url.username or "default"), Secret(unquote(url.password or ""))
    return _Address(secure, host, port or (443 if secure else 8123), user, password, unquote(url.path.strip("/")))


def _of_type(column: Sequence[Any], kind: pa.DataType) -> Sequence[Any]:
    """Comparisons come as 0 and 1."""
    import pyarrow as pa

    return [None if value is None else bool(value) for value in column] if pa.types.is_boolean(kind) else column


def _failed(error: Exception, where: str) -> Exception:
    """What an error means; one without a code of ClickHouse's is of the way there."""
    code, words = sql.code(error), said(error)
    if code is None or code in _PASSING:
        return away("clickhouse", where, error if code else _first(error), f"Check that it runs and {_VARIABLE}, and run again")
    if code == _QUOTA:
        return _throttled(
            str(error), f"the ClickHouse server at {where} was asked too much by this user ({words}). Run again later"
        )
    if code in _NOT_LET_IN:
        return BadInput(
            f"the ClickHouse server at {where} does not let this user do that ({words}). The user or password is wrong, or a "
            f"right is missing. Correct {_VARIABLE}, or have the right granted"
        )
    if code in _TOO_MUCH:
        return SourceUnavailable(
            f"the ClickHouse server at {where} does not read or keep as much as this takes ({words}). Nothing of it is told. "
            "Name fewer subjects in the recipe, or ask as a user who may more"
        )
    return unread(f"ClickHouse at {where}", error)


def _first(error: BaseException) -> Exception:
    """What an error began with: the library says no more than that something failed."""
    while earlier := error.__cause__ or error.__context__:
        error = earlier
    return error if isinstance(error, Exception) else RuntimeError(str(error))


def _throttled(said_by_it: str, message: str) -> SourceUnavailable:
    until = _UNTIL.search(said_by_it)
    return Throttled(message, dt.datetime.fromisoformat(until[1]).replace(tzinfo=dt.UTC)) if until else SourceUnavailable(message)
