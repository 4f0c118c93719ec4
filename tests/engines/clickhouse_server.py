"""
A ClickHouse server as far as a client can tell: its HTTP interface in front of chDB, in a process of its own.

Users: `reader` (password `s3cret/@`) may change any setting; `demo` those two that ClickPy's playground lets it change; `nobody` none.
A database "trouble_..." brings trouble to queries: see `_TROUBLES`.
"""

from __future__ import annotations

import base64
import socket
import struct
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import chdb

_PASSWORDS: Final = {"reader": "s3cret/@", "demo": "", "nobody": ""}
_CHANGEABLE: Final = {"demo": ("result_overflow_mode", "read_overflow_mode"), "nobody": ()}
_TRANSPORT: Final = {
    "database", "session_id", "query_id", "query", "compress", "decompress", "wait_end_of_query", "client_protocol_version",
    "enable_http_compression", "send_progress_in_http_headers", "http_headers_progress_interval_ms", "buffer_size",
}  # fmt: skip
_TROUBLES: Final = {
    "trouble_quota": (
        503,
        201,
        "Quota for user `demo` for 3600s has been exceeded: queries = 201/200. Interval will end at 2026-11-23 07:00:00. "
        "Name of quota template: `playground`. (QUOTA_EXCEEDED)",
    ),
    "trouble_quota_without_end": (500, 201, "Quota for user `demo` has been exceeded. (QUOTA_EXCEEDED)"),
    "trouble_rows": (500, 396, "Limit for result exceeded, max rows: 1.00 thousand, current rows: 1.50 thousand. (TOO_MANY_ROWS_OR_BYTES)"),
    "trouble_time": (500, 159, "Timeout exceeded: elapsed 60.2 seconds, maximum: 60. (TIMEOUT_EXCEEDED)"),
}  # fmt: skip


class _Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        params = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        query = params.get("query", "") + body
        user = self._user()
        trouble = params.get("database", "") if '"t0"' in query else ""
        if user is None:
            self._fail(403, 516, "wrong: Authentication failed: password is incorrect, or there is no user with such name.")
        elif refused := next((name for name in params if not _may(user, name)), None):
            self._fail(500, 164, f"Cannot modify '{refused}' setting in readonly mode. (READONLY)")
        elif trouble in _TROUBLES:
            self._fail(*_TROUBLES[trouble])
        elif trouble == "trouble_silence":
            time.sleep(30)
        elif trouble == "trouble_reset":
            self._reset()
        else:
            self._ask(user, params, query, empty=trouble == "trouble_cut")

    def _user(self) -> str | None:
        """Who asks, None if the password is wrong."""
        told = self.headers.get("Authorization", "").removeprefix("Basic ")
        user, _, password = base64.b64decode(told).decode().partition(":")
        return user if _PASSWORDS.get(user) == password else None

    def _ask(self, user: str, params: dict[str, str], query: str, empty: bool) -> None:
        connection = chdb.connect(sys.argv[1])
        try:
            for name, value in params.items():
                if name not in _TRANSPORT:
                    connection.query(f"SET {name} = '{value}'")
            if user in _CHANGEABLE and '"t0"' in query and params.get("result_overflow_mode") != "throw":
                connection.query("SET limit = 1")  # cut off, without a word
            if (database := params.get("database")) and not database.startswith("trouble_"):
                connection.query(f"USE {database}")
            answer = connection.query(_with_rights(query, user), "TabSeparated").bytes()
        except Exception as error:
            code = int(str(error).partition("Code: ")[2].partition(".")[0])
            self._fail(404 if code in (60, 81) else 500, code, str(error).partition("DB::Exception: ")[2])
        else:
            self._send(200, answer, {"X-ClickHouse-Format": "TabSeparated", "X-ClickHouse-Timezone": "UTC"}, empty)
        finally:
            connection.close()

    def _fail(self, status: int, code: int, words: str) -> None:
        body = f"Code: {code}. DB::Exception: {words} (version 26.9.2.1 (official build))\n".encode()
        self._send(status, body, {"X-ClickHouse-Exception-Code": str(code)})

    def _send(self, status: int, body: bytes, headers: dict[str, str], empty: bool = False) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if empty else body)
        if empty:
            self.wfile.flush()
            self._reset()

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True


def _may(user: str, name: str) -> bool:
    return name in _TRANSPORT or user not in _CHANGEABLE or name in _CHANGEABLE[user]


def _with_rights(query: str, user: str) -> str:
    """What a server says of its settings to a user who may change few, where results are cut off as on the playground."""
    if user not in _CHANGEABLE or "FROM system.settings" not in query:
        return query
    cut = "name IN ('result_overflow_mode', 'read_overflow_mode')"
    rights = ", ".join(f"'{name}'" for name in ("", *_CHANGEABLE[user]))
    return query.replace(
        "SELECT name, value, readonly FROM",
        f"SELECT name, if({cut}, 'break', value) AS value, name NOT IN ({rights}) AS readonly FROM",
    )


def main() -> None:
    setup = chdb.connect(sys.argv[1])
    for statement in sys.stdin.read().split(";\n"):
        if statement.strip():
            setup.query(statement)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Front)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
