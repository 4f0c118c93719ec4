"""A BigQuery as far as its client can tell: the REST calls of tables, jobs and results, with replies in the shape of the documented ones."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]

LOG: Json = {
    "kind": "bigquery#table",
    "etag": "abc",
    "id": "bigquery-public-data:pypi.file_downloads",
    "tableReference": {"projectId": "bigquery-public-data", "datasetId": "pypi", "tableId": "file_downloads"},
    "schema": {
        "fields": [
            {"name": "timestamp", "type": "TIMESTAMP", "mode": "REQUIRED"},
            {"name": "country_code", "type": "STRING"},
            {"name": "project", "type": "STRING", "mode": "REQUIRED"},
            {
                "name": "details",
                "type": "RECORD",
                "mode": "NULLABLE",
                "fields": [
                    {
                        "name": "installer",
                        "type": "RECORD",
                        "mode": "NULLABLE",
                        "fields": [{"name": "name", "type": "STRING"}, {"name": "version", "type": "STRING"}],
                    },
                    {"name": "ci", "type": "BOOLEAN", "mode": "NULLABLE"},
                ],
            },
        ]
    },
    "numRows": "1300000000000",
    "lastModifiedTime": "1795392000000",
    "type": "TABLE",
    "location": "US",
    "timePartitioning": {"type": "DAY", "field": "timestamp"},
    "clustering": {"fields": ["project"]},
}
"""As tables.get has PyPI's log, with some of its columns."""


@dataclass
class BigQueryServer:
    """What it is asked, and what it answers."""

    url: str = ""
    read_bytes: int = 0
    columns: list[tuple[str, str]] = field(default_factory=list)
    rows: list[tuple[str | None, ...]] = field(default_factory=list)
    table: Json = field(default_factory=lambda: LOG)
    trouble: tuple[str, int, str, str] | None = None
    """At "table", "dry", "insert" or "run": the status, the reason and the words of an error."""
    asked: list[Json] = field(default_factory=list)
    """The configurations of the jobs, oldest first."""
    endless: bool = False
    """Queries run until they are cancelled."""
    cancelled: list[str] = field(default_factory=list)
    """The paths of jobs that were."""

    @property
    def run(self) -> list[Json]:
        """Those that were run and not only tried."""
        return [one for one in self.asked if not one.get("dryRun")]

    def answer(self, method: str, path: str, body: Json) -> tuple[int, Json]:
        """The reply to a call."""
        if method == "POST" and path.endswith("/jobs"):
            return self._job(body)
        if "/datasets/" in path:
            return self._troubled("table") or self._found(path)
        if method == "POST" and path.endswith("/cancel"):
            self.cancelled.append(path)
            return 200, {"kind": "bigquery#jobCancelResponse", "job": self._results(path.removesuffix("/cancel"))}
        if "/queries/" in path or "/jobs/" in path:
            return self._troubled("run") or (200, self._results(path))
        raise AssertionError(f"nobody calls {method} {path}")

    def _job(self, body: Json) -> tuple[int, Json]:
        asked = body["configuration"]["query"] | {"dryRun": body["configuration"].get("dryRun", False)}
        asked |= {"jobTimeoutMs": body["configuration"].get("jobTimeoutMs")}
        self.asked.append(asked)
        dry = asked["dryRun"]
        statistics = {"totalBytesProcessed": str(self.read_bytes), "query": {"totalBytesProcessed": str(self.read_bytes)}}
        job = {
            "kind": "bigquery#job",
            "jobReference": {**body["jobReference"], "location": "US"},
            "configuration": body["configuration"],
            "status": {"state": "DONE" if dry else "RUNNING"},
            "statistics": statistics,
        }
        return self._troubled("dry" if dry else "insert") or (200, job)

    def _found(self, path: str) -> tuple[int, Json]:
        names = self.table["tableReference"]
        if path.endswith(f"/projects/{names['projectId']}/datasets/{names['datasetId']}/tables/{names['tableId']}"):
            return 200, self.table
        place = ".".join(path.split("/")[-5::2])
        return _error(404, "notFound", f"Not found: Table {place}")

    def _results(self, path: str) -> Json:
        job = path.rsplit("/", 1)[1]
        running = self.endless and not self.cancelled
        stopped = {"errorResult": {"reason": "stopped", "message": "Job execution was cancelled"}} if self.cancelled else {}
        return {
            "kind": "bigquery#getQueryResultsResponse",
            "jobComplete": not running,
            "jobReference": {"projectId": "billed", "jobId": job, "location": "US"},
            "schema": {"fields": [{"name": name, "type": kind, "mode": "NULLABLE"} for name, kind in self.columns]},
            "totalRows": str(len(self.rows)),
            "rows": [{"f": [{"v": value} for value in row]} for row in self.rows],
            "totalBytesProcessed": str(self.read_bytes),
            "cacheHit": False,
            "status": {"state": "RUNNING" if running else "DONE", **stopped},
        }

    def _troubled(self, where: str) -> tuple[int, Json] | None:
        return _error(*self.trouble[1:]) if self.trouble and self.trouble[0] == where else None


@contextmanager
def serving() -> Iterator[BigQueryServer]:
    """One on this machine."""
    told = BigQueryServer()

    class Front(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}"))

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self, body: Json) -> None:
            status, found = told.answer(self.command, urlsplit(self.path).path, body)
            answer = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=UTF-8")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _error(status: int, reason: str, words: str) -> tuple[int, Json]:
    errors = [{"message": words, "domain": "global", "reason": reason}]
    return status, {"error": {"code": status, "message": words, "errors": errors}}
