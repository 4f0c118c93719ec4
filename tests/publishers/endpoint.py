"""
X's token endpoint and GET /2/users/me on loopback, as docs.x.com describes them: a refresh token is good once, a code too.

Written by hand and apart from the fake X, so that the two can be wrong in different ways.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qsl, urlsplit

SCOPES: Final = "tweet.read tweet.write users.read media.write offline.access"
CLIENT: Final = "Y2xpZW50LWlk-OjE_Y2k"
SECRET: Final = "client-Secret_0f9d"
KEYS: Final = {
    "X_CONSUMER_KEY": "consumerKey", "X_CONSUMER_SECRET": "consumerSecret7",
    "X_ACCESS_TOKEN": "1001-accessToken8", "X_ACCESS_TOKEN_SECRET": "tokenSecret9",
}  # fmt: skip
SPENT: Final = {"error": "invalid_request", "error_description": "Value passed for the token was invalid."}
BAD_CODE: Final = {"error": "invalid_request", "error_description": "Value passed for the authorization code was invalid."}
BAD_APP: Final = {"error": "unauthorized_client", "error_description": "Missing valid authorization header"}


@dataclass
class Fault:
    """
    What goes wrong with one request for tokens: `answer` in place of X's own (a status and a body), none at all with `silent`, only
    the first bytes with `cut`. X does what it was asked to unless it is `before`; `hold` is waited for in between.
    """

    status: int = 0
    body: object = b""
    before: bool = True
    silent: bool = False
    cut: int = 0
    hold: threading.Event | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Endpoint:
    """One app and one account. `forms` are the requests for tokens, `asked` what /2/users/me was asked with."""

    def __init__(self) -> None:
        self.account, self.name, self.scopes = "1001", "mill_bot", SCOPES
        self.secret = ""  # a public app
        self.forms: list[dict[str, str]] = []
        self.heads: list[Mapping[str, str]] = []
        self.asked: list[str] = []
        self.faults: list[Fault] = []
        self.identity: Fault | None = None
        self.level = ""
        self.codes: dict[str, tuple[str, str]] = {}  # code -> challenge, redirect_uri
        self.refreshes: set[str] = set()
        self.accesses: set[str] = set()
        self.given: list[str] = []
        self.lifetime_s = 7200
        self.arrived = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Endpoint:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for fault in self.faults:
            if fault.hold:
                fault.hold.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def grants(self) -> list[str]:
        return [form["grant_type"].rpartition(":")[2] for form in self.forms]

    def pair(self) -> dict[str, object]:
        number = len(self.given) // 2 + 1
        access, refresh = f"access~{number}-a9c1e7d3", f"refresh~{number}-77be02f4"
        self.given += [access, refresh]
        self.accesses, self.refreshes = {access}, {refresh}  # a new pair ends the one before it
        found = {"token_type": "bearer", "expires_in": self.lifetime_s, "access_token": access, "refresh_token": refresh}
        return found | ({"scope": self.scopes} if self.scopes else {})

    def agree(self, address: str, **instead: str) -> str:
        """What a browser does with a person who agrees: the address it is sent to."""
        asked = dict(parse_qsl(urlsplit(address).query))
        code = f"code~{len(self.codes) + 1}-5d8e11aa"
        self.codes[code] = asked["code_challenge"], asked["redirect_uri"]
        told = {"state": asked["state"], "code": code} | instead
        return asked["redirect_uri"] + "?" + "&".join(f"{name}={value}" for name, value in told.items() if value)

    def _grant(self, form: Mapping[str, str], authorization: str) -> tuple[int, object]:
        app = "Basic " + base64.b64encode(f"{CLIENT}:{self.secret}".encode()).decode() if self.secret else ""
        if authorization != app or form.get("client_id") != CLIENT:
            return 401, BAD_APP
        match form["grant_type"]:
            case "authorization_code":
                challenge, redirect = self.codes.pop(form["code"], ("", ""))
                hashed = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
                if (hashed, form["redirect_uri"]) != (challenge, redirect):
                    return 400, BAD_CODE
            case "refresh_token":
                if form["refresh_token"] not in self.refreshes:
                    self.refreshes.clear()  # a token that comes back ends all of its family
                    self.accesses.clear()
                    return 400, SPENT
            case "urn:ietf:params:oauth:grant-type:token-exchange":
                keys = form["subject_token"], form["oauth_token_secret"]
                if keys != (KEYS["X_ACCESS_TOKEN"], KEYS["X_ACCESS_TOKEN_SECRET"]):
                    return 400, {"error": "invalid_grant"}
                if form["subject_token_type"] != "urn:x:params:oauth:token-type:oauth1_token":
                    return 400, {"error": "invalid_request"}
            case _:
                return 400, {"error": "unsupported_grant_type"}
        return 200, self.pair()

    def _me(self, authorization: str) -> tuple[int, object, dict[str, str]]:
        self.asked.append(authorization)
        if self.identity is not None:
            return self.identity.status, self.identity.body, dict(self.identity.headers)
        known = authorization.startswith("OAuth ") or authorization in {f"Bearer {one}" for one in self.accesses}
        if not known:
            return 401, {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}, {}
        headers = {"x-access-level": self.level} if self.level else {}
        return 200, {"data": {"id": self.account, "name": "A mill", "username": self.name}}, headers

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if urlsplit(self.path).path == "/2/users/me":
                    self._answer(*endpoint._me(self.headers.get("Authorization", "")))
                else:
                    self._answer(404, b"", {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.path == "/2/oauth2/token"
                assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
                form = dict(parse_qsl(body.decode(), strict_parsing=True))
                with endpoint._lock:
                    endpoint.forms.append(form)
                    endpoint.heads.append(dict(self.headers))
                    fault = endpoint.faults.pop(0) if endpoint.faults else None
                    done = None
                    if fault is None or not fault.before:
                        done = endpoint._grant(form, self.headers.get("Authorization", ""))
                endpoint.arrived.set()
                if fault is not None and fault.hold is not None:
                    fault.hold.wait(20)
                if fault is not None and fault.silent:
                    self.close_connection = True
                    return
                status, found = done or (200, b"")
                if fault is not None and fault.status:
                    status, found = fault.status, fault.body
                self._answer(status, found, dict(fault.headers) if fault else {}, fault.cut if fault else 0)

            def _answer(self, status: int, body: object, headers: Mapping[str, str], cut: int = 0) -> None:
                raw = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw[:cut] if cut else raw)
                self.close_connection = True

            def log_message(self, *_: object) -> None: ...

        return Handler


Act = Callable[[Endpoint], object]
