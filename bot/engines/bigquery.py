"""
BigQuery: tables of Google's cloud, PyPI's whole download log among them. It bills by the byte that a query reads.

THREADMILL_ENGINE_BIGQUERY is the project that is billed; credentials are found as Google's tools find them, by
GOOGLE_APPLICATION_CREDENTIALS or `gcloud auth application-default login`. `project@http://127.0.0.1:9050` is an emulator on this
machine. What a query reads is asked for first, which costs nothing, and no query may read more than THREADMILL_ENGINE_BILLED: it
is refused before, and BigQuery itself is told not to go beyond.

Traps: a filter on the column a table is partitioned by saves money only if it compares with constants, as the expressions do; of
a table that is clustered, less may be billed than is said before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from bot.config import Secret
from bot.engines._engine import Means, away, said, unread, without
from bot.errors import BadInput, SourceUnavailable
from bot.ports import Format

if TYPE_CHECKING:
    import pyarrow as pa
    from ibis.expr.types import Table

EXTRA: Final = "bigquery"
_VARIABLE: Final = "THREADMILL_ENGINE_BIGQUERY"
_ADDRESS: Final = re.compile(r"([\w.:-]+?)(?:@(http://(?:127\.0\.0\.1|localhost|\[::1\]):\d{1,5}))?")
_MB: Final = 10**6
_USD_PER_TIB: Final = 6.25
"""cloud.google.com/bigquery/pricing, on demand; the first TiB of a month is free (read 2026-11-22)."""
_PATIENCE_S: Final = 60
"""For how long a call is tried again that does not come through."""
_LONGEST_QUERY_S: Final = 1800
_SHARD_BYTES: Final = 1 << 30
_OVER_CAP: Final = "bytesBilledLimitExceeded"
_QUOTA: Final = {"quotaExceeded", "rateLimitExceeded", "jobRateLimitExceeded"}
_PASSING: Final = {
    "backendError",
    "internalError",
    "jobBackendError",
    "jobInternalError",
    "badGateway",
    "stopped",
    "tableUnavailable",
}
_UNCHANGED_BUT_BY_ROWS: Final = {"TABLE", "SNAPSHOT"}
"""Of a view, the time of the last change is that of its definition."""


def elsewhere(address: Secret | None) -> bool:
    """Whether it is reached by a connection: always."""
    return True


def connect(means: Means) -> BigQuery:
    """
    A connection of its own.

    Raises:
        BadInput: the packages are not installed, no project is named, or there are no credentials.
    """
    try:
        import google.auth.exceptions
        import google.cloud.bigquery
        import ibis  # noqa: F401
    except ModuleNotFoundError as error:
        raise without("bigquery", EXTRA, error.name or "google.cloud.bigquery") from error
    project, url = _parsed(means.address)
    options: dict[str, Any] = {}
    if url:
        options = {"client_options": {"api_endpoint": url}, "credentials": google.auth.credentials.AnonymousCredentials()}
    try:
        return BigQuery(google.cloud.bigquery.Client(project=project, **options), url, means.billed_bytes)
    except google.auth.exceptions.GoogleAuthError as error:
        raise _not_let_in(error) from error


class BigQuery:
    """An engine of `bot.engines`."""

    def __init__(self, client: Any, emulator: str, billed_bytes: int) -> None:
        from google.cloud.bigquery import DEFAULT_RETRY

        self.version = f"BigQuery@{emulator}" if emulator else "BigQuery"
        self.shard_bytes = _SHARD_BYTES
        self._client = client
        self._billed_bytes = billed_bytes
        self._job: Any = None
        self._retry = DEFAULT_RETRY.with_timeout(_PATIENCE_S)

    def files(self, name: str, paths: Sequence[str], form: Format, columns: Mapping[str, str]) -> Table:
        """
        Raises:
            BadInput: always.
        """
        raise BadInput(
            f"BigQuery cannot read {paths[0]}, which is a file of this machine. Name a table in the recipe "
            '(table = "bigquery-public-data.pypi.file_downloads"), or another engine'
        )

    def table(self, place: str) -> Table:
        """As in `Engine`."""
        import ibis

        found = self._metadata(place)
        schema = {field.name: _type(field) for field in found.schema}
        return ibis.table(schema, name=found.table_id, database=found.dataset_id, catalog=found.project)

    def state(self, place: str) -> str:
        """When it was last changed, and its rows; nothing of what is no plain table."""
        found = self._metadata(place)
        if found.table_type not in _UNCHANGED_BUT_BY_ROWS or found.modified is None:
            return ""
        return f"{found.full_table_id} {found.modified.isoformat()} {found.num_rows}"

    def cost(self, expression: Table) -> int:
        """As in `Engine`."""
        read: int = self._asked(expression, dry_run=True, use_query_cache=False).total_bytes_processed or 0
        if read > self._billed_bytes:
            what = f"this query reads {read / _MB:,.0f} MB, which is {_price(read)}"
            raise self._too_dear(what, f"{-(-read // (1000 * _MB))}GB")
        return read

    def batches(self, expression: Table) -> Iterator[pa.RecordBatch]:
        """As in `Engine`."""
        limits = {"maximum_bytes_billed": self._billed_bytes, "job_timeout_ms": _LONGEST_QUERY_S * 1000}
        self._job = self._asked(expression, **limits)
        rows = self._job.result(retry=self._retry, job_retry=None)
        # Without the Storage API: results are few rows, and it is another permission, and another package
        return (batch for batch in rows.to_arrow_iterable(bqstorage_client=None) if batch.num_rows)

    def failed(self, error: Exception) -> Exception:
        """As in `Engine`."""
        error = getattr(error, "cause", None) or error  # what was wrong each time a call was tried
        reasons = {one.get("reason", "") for one in getattr(error, "errors", None) or () if isinstance(one, dict)}
        if _OVER_CAP in reasons:
            return self._too_dear(f"BigQuery did not run this query ({said(error)})", "more")
        if reasons & _QUOTA:
            return SourceUnavailable(
                f"BigQuery was asked too often or too much by this project ({said(error)}). Run again later, or have its quota "
                "raised"
            )
        return self._away(error) if reasons & _PASSING or _of_the_way(error) else _refused(error)

    def stop(self) -> None:
        """As in `Engine`: what has been read until then is billed."""
        if self._job is not None and not self._job.done(retry=None):
            self._job.cancel(retry=None)

    def close(self) -> None:
        """As in `Engine`."""
        self._client.close()

    def _metadata(self, place: str) -> Any:
        from google.cloud.bigquery import TableReference

        try:
            wanted = TableReference.from_string(place, default_project=self._client.project)
        except ValueError as error:
            raise BadInput(f'"{place}" is no name of a table of BigQuery. Write project.dataset.table in the recipe') from error
        return self._client.get_table(wanted, retry=self._retry)

    def _asked(self, expression: Table, **settings: Any) -> Any:
        from google.cloud.bigquery import QueryJobConfig
        from ibis.backends.sql.compilers.bigquery import BigQueryCompiler

        query = BigQueryCompiler().to_sqlglot(expression).sql("bigquery")
        # A job that failed is not begun anew by itself: that is for whoever pays
        return self._client.query(query, job_config=QueryJobConfig(**settings), retry=self._retry, job_retry=None)

    def _too_dear(self, what: str, enough: str) -> BadInput:
        cap = f"{self._billed_bytes / _MB:,.0f} MB ({_price(self._billed_bytes)} at ${_USD_PER_TIB} per TiB)"
        return BadInput(
            f"{what}, and one query may read {cap}. Nothing was billed. It asks for many months, or the table is not the one "
            f"meant. Ask for fewer months, or set THREADMILL_ENGINE_BILLED to {enough}"
        )

    def _away(self, error: Exception) -> SourceUnavailable:
        where = str(self._client._connection.API_BASE_URL)
        return away("bigquery", where, error, "Check the network, or status.cloud.google.com, and run again")


def _parsed(address: Secret | None) -> tuple[str, str]:
    """
    The project, and where an emulator is.

    Raises:
        BadInput: no project is named.
    """
    found = _ADDRESS.fullmatch("" if address is None else address.reveal())
    if found is None:
        raise BadInput(
            f'the engine "bigquery" bills a project of Google\'s cloud, and {_VARIABLE} names none. Set it to the id of one '
            "(my-project-123); console.cloud.google.com lists them, and a sandbox without a card is enough for a TiB a month"
        )
    return found[1], found[2] or ""


def _type(field: Any) -> Any:
    """A column's type."""
    from ibis.backends.sql.datatypes import BigQueryType
    from ibis.expr import datatypes as types

    if field.field_type in {"RECORD", "STRUCT"}:
        kind = types.Struct({part.name: _type(part) for part in field.fields})
    else:
        kind = BigQueryType.from_string(field.field_type)
    return types.Array(kind) if field.mode == "REPEATED" else kind.copy(nullable=field.mode != "REQUIRED")


def _price(read: int) -> str:
    return f"${read / (1 << 40) * _USD_PER_TIB:,.2f}"


def _of_the_way(error: Exception) -> bool:
    """Whether an error is of the service or the way there, and not of what was asked."""
    from google.api_core import exceptions
    from google.auth.exceptions import TransportError

    return isinstance(error, exceptions.ServerError | exceptions.RetryError | TransportError | OSError)


def _refused(error: Exception) -> BadInput:
    """What was asked is wrong, or nothing is told to whoever asks."""
    from google.api_core import exceptions
    from google.auth.exceptions import GoogleAuthError

    if isinstance(error, exceptions.NotFound):
        return BadInput(
            f"BigQuery has no such table ({said(error)}). It has another name, or is not shown to whoever asks. Correct it in "
            "the recipe (project.dataset.table)"
        )
    if isinstance(error, exceptions.Forbidden | exceptions.Unauthorized | GoogleAuthError):
        return _not_let_in(error)
    return unread("BigQuery", error)


def _not_let_in(error: Exception) -> BadInput:
    return BadInput(
        f"BigQuery does not let us in ({said(error)}). There are no credentials, they have run out, or they lack a right: "
        f"BigQuery Job User on the project of {_VARIABLE}, BigQuery Data Viewer on the table. Let GOOGLE_APPLICATION_CREDENTIALS "
        "name a key file, or run gcloud auth application-default login"
    )
