"""
A fake X on loopback: one account's posts, media and timeline, as strict as X's OpenAPI file, and as unreliable as a test wants it.

In a test:

    with FakeX(openapi=OPENAPI) as fake:                       # fake.url is the address; fake.keys are OAuth 1.0a keys it knows
        fake.faults.on("POST /2/tweets", named("drop-after"), nth=2)
        ...                                                    # let the bot post
        assert fake.violations == []
        assert [part.text for part in fake.thread(root_id)] == [...]

In a process of its own, so that a client can be killed and another one started: `python -m tests.fake_x --port 0 --state FILE`, or
`with Elsewhere(folder) as fake:` which runs just that. What begins with /_ is the test's own door: GET /_state, GET, POST and DELETE
/_faults, POST /_clock.

Where X says what, we do that: "docs" is xdevplatform/docs at 2026-08-22 (OpenAPI 2.167); other witnesses are named where they speak.
Where nobody knows, the choice is marked as ours. It does not do: the OAuth 2.0 token endpoint, chunked uploads, images other than PNG,
quotes, polls, edits, communities.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import datetime as dt
import functools
import hashlib
import hmac
import html
import itertools
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

CREATE: Final = "POST /2/tweets"
DELETE: Final = "DELETE /2/tweets/:id"
ME: Final = "GET /2/users/me"
TIMELINE: Final = "GET /2/users/:id/tweets"
UPLOAD: Final = "POST /2/media/upload"
METADATA: Final = "POST /2/media/metadata"
OPERATIONS: Final = (CREATE, DELETE, ME, TIMELINE, UPLOAD, METADATA)
EVERY: Final = "*"
"""In a fault's script: whatever call it is."""

PRICES: Final = {
    "post": Decimal("0.015"),
    "post with url": Decimal("0.200"),
    "delete": Decimal("0.010"),
    "metadata": Decimal("0.005"),
    "owned read": Decimal("0.001"),
    "read": Decimal("0.005"),
    "user read": Decimal("0.010"),
}
"""USD, docs pricing 2026-08-22. A delete and /2/users/me are not named there; uploads are not in the table at all and cost nothing here."""

LIMITS: Final = {CREATE: 100, DELETE: 50, ME: 75, TIMELINE: 900, UPLOAD: 500, METADATA: 500}
"""Calls a user has in a window of 15 minutes; docs rate-limits, changed 2026-07-24."""
WINDOW_S: Final = 15 * 60
ORIGINALS_A_DAY: Final = 50
REPLIES_A_DAY: Final = 200
"""An unverified account's limits (help.x.com as quoted in the press, 2026-05-18)."""
DAY_S: Final = 24 * 60 * 60
MEDIA_LIFE_S: Final = 86_400  # docs: after the upload is finished
IMAGE_BYTES: Final = 5 * 1024 * 1024
IMAGE_SIDES: Final = range(4, 8192 + 1)  # diffengine#18 (2017): "Image dimensions must be >= 4x4 and <= 8192x8192"
ALT_TEXT: Final = 1000
SCOPES: Final = frozenset({"tweet.read", "tweet.write", "users.read", "media.write", "offline.access"})
NEEDS: Final = {  # docs, security of each operation
    CREATE: {"tweet.write", "users.read", "tweet.read"}, DELETE: {"tweet.write", "users.read", "tweet.read"},
    ME: {"tweet.read", "users.read"}, TIMELINE: {"tweet.read", "users.read"}, UPLOAD: {"media.write"}, METADATA: {"media.write"},
}  # fmt: skip
SIGNED_WITHIN_S: Final = 300
"""How far an OAuth 1.0a timestamp may be from X's clock: ours, X does not say; n-t-a#556 has seen skew refused."""
PROBLEMS: Final = "https://api.x.com/2/problems/"
_SNOWFLAKE_EPOCH_MS: Final = 1_288_834_974_657
_ROUTES: Final = tuple(
    (operation, operation.split()[0], re.compile("^" + operation.split()[1].replace(":id", "(?P<id>[^/]+)") + "$"))
    for operation in OPERATIONS
)
_POST_KEYS: Final = {"text", "media", "reply", "made_with_ai", "paid_partnership", "reply_settings"}


# What X answers


@dataclass(frozen=True)
class Answer:
    """A status, a body (values become JSON) and headers besides those every answer has; `bare` has no rate-limit headers."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"
    bare: bool = False

    def encoded(self) -> bytes:
        if self.body is None:
            return b""
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


def problem(status: int, detail: str, kind: str = "", title: str = "", **more: object) -> Answer:
    """X's error object (RFC 7807). Its `type` is about:blank unless a kind of problem has a name."""
    title = title or HTTPStatus(status).phrase
    return Answer(
        status, {"title": title, "detail": detail, "type": PROBLEMS + kind if kind else "about:blank", "status": status, **more}
    )


def invalid(message: str, **parameters: Sequence[str]) -> Answer:
    """400 as X words it: one error with a message and the parameters it is about."""
    return Answer(
        400,
        {
            "errors": [{"parameters": parameters, "message": message}],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": PROBLEMS + "invalid-request",
        },
    )


def missing(kind: str, parameter: str, value: str) -> dict[str, object]:
    """X's problem about a resource that is not there; stands alone with 404 or among `errors` of a 200."""
    return {
        "value": value,
        "detail": f"Could not find {kind} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": parameter,
        "resource_id": value,
        "type": PROBLEMS + "resource-not-found",
    }


DUPLICATE: Final = problem(403, "You are not allowed to create a Tweet with duplicate content.")
CASHTAG: Final = problem(403, "Posts are limited to a maximum of one cashtag")
REPLY_RULE: Final = problem(
    403,
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post"
    " you are replying to.",
)
NOT_VISIBLE: Final = problem(403, "You attempted to reply to a Tweet that is deleted or not visible to you.")
NOT_PERMITTED: Final = problem(403, "You are not permitted to perform this action.")
NO_ACCESS: Final = problem(403, "Your account is not permitted to access this feature")
UNAUTHORIZED: Final = problem(401, "Unauthorized")
TOO_MANY: Final = problem(429, "Too Many Requests")
BAD_MEDIA: Final = invalid("Your media IDs are invalid.")
OUT_OF_CREDITS: Final = Answer(
    402,
    {"detail": "credits depleted", "status": 402, "title": "Payment Required", "type": PROBLEMS + "credits-depleted"},
)


# Faults


@dataclass(frozen=True)
class Fault:
    """
    What goes wrong with one call.

    A call that `accepts` has its effect (if X itself has no objection); then it is answered with `answer`, or with X's own answer.
    `wait_s` passes before acceptance or after it (`waits`). `close` ends the connection without an answer, `cut` in the middle of
    one, `dribble` sends the body in ten pieces over `wait_s`, `halve` sends half a JSON text as though it were whole.
    `reset_in_s` becomes the reset of the `bucket` that is used up; no bucket is X's 15-minute window.
    """

    name: str
    accepts: bool = False
    answer: Answer | None = None
    close: bool = False
    cut: bool = False
    halve: bool = False
    dribble: bool = False
    waits: str = ""  # "before" or "after" acceptance
    wait_s: float = 30
    reset_in_s: int | None = None
    bucket: str = ""

    def seconds(self, value: float) -> Fault:
        """The same, with another wait, or another time until the reset."""
        return replace(self, wait_s=value) if self.reset_in_s is None else replace(self, reset_in_s=int(value))


def _page(status: int) -> Answer:
    return Answer(
        status,
        f"<html><head><title>{status}</title></head><body>X</body></html>",
        content_type="text/html; charset=utf-8",
        bare=True,
    )


def _failing(status: int) -> Iterator[Fault]:
    """A 5xx whose post was not made, and the same whose post was."""
    phrase = HTTPStatus(status).phrase
    for accepts, when in ((False, "before"), (True, "after")):
        yield Fault(f"{status}-{when}", accepts, problem(status, phrase))
        yield Fault(f"html-{status}-{when}", accepts, _page(status))


_CATALOGUE: Final = (
    Fault("drop-before", close=True),
    Fault("drop-after", accepts=True, close=True),
    Fault("hang-before", waits="before", close=True),  # never accepted
    Fault("hang-late", accepts=True, waits="before"),  # accepted after the client has long given up
    Fault("hang-after", accepts=True, waits="after"),
    Fault("slow-body", accepts=True, dribble=True),
    Fault("truncated", accepts=True, cut=True),
    Fault("half-json", accepts=True, halve=True),
    Fault("html-200-before", answer=_page(200)),
    Fault("html-200-after", accepts=True, answer=_page(200)),
    Fault("list-201", accepts=True, answer=Answer(201, [])),
    Fault("list-400", answer=Answer(400, [{"message": "bad"}])),
    Fault("list-403", answer=Answer(403, [{"message": "no"}])),
    Fault("list-503-before", answer=Answer(503, [])),
    Fault("list-503-after", accepts=True, answer=Answer(503, [])),
    Fault("204-before", answer=Answer(204)),
    Fault("204-after", accepts=True, answer=Answer(204)),
    *itertools.chain.from_iterable(_failing(status) for status in (500, 502, 503, 504)),
    Fault("429-reset", answer=TOO_MANY, reset_in_s=600),
    Fault("429-bare", answer=replace(TOO_MANY, bare=True)),  # with this tweepy recurses without end if it may wait
    Fault("429-24h-user", answer=TOO_MANY, reset_in_s=5 * 3600, bucket="user"),
    Fault("429-24h-app", answer=TOO_MANY, reset_in_s=5 * 3600, bucket="app"),
    Fault("429-code-88", answer=Answer(429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}), reset_in_s=600),
    Fault(
        "429-usage-cap",
        answer=problem(
            429, "Usage cap exceeded: Monthly product cap", "usage-capped", "UsageCapExceeded", period="Monthly", scope="Product"
        ),
    ),
    Fault(
        "402-credits",
        answer=Answer(
            402,
            {
                "account_id": 1234567890,
                "title": "CreditsDepleted",
                "detail": "Your enrolled account [1234567890] does not have any credits to fulfill this request.",
                "type": PROBLEMS + "credits",
            },
        ),
    ),
    Fault("402-credits-depleted", answer=OUT_OF_CREDITS),
    Fault("403-duplicate", answer=DUPLICATE),
    Fault("403-cashtag", answer=CASHTAG),
    Fault("403-reply-rule", answer=REPLY_RULE),
    Fault("403-not-visible", answer=NOT_VISIBLE),
    Fault("403-not-permitted", answer=NOT_PERMITTED),
    Fault("403-invalid-url", answer=problem(403, "The Tweet contains an invalid URL.")),
    Fault("403-feature", answer=NO_ACCESS),
    Fault("403-forbidden", answer=problem(403, "Forbidden")),
    Fault("403-suspended", answer=problem(403, "The user used for authentication is suspended", "user-suspended")),
    Fault("403-app-suspended", answer=problem(403, "This client application is suspended", "app-suspended")),
    Fault(
        "403-not-enrolled",
        answer=problem(
            403,
            "When authenticating requests to the X API v2 endpoints, you must use keys and tokens from a developer App that is attached"
            " to a Project. You can create a project via the developer portal.",
            "client-forbidden",
            "Client Forbidden",
            reason="client-not-enrolled",
            registration_url="https://developer.x.com/en/docs/projects/overview",
        ),
    ),
    Fault(
        "403-oauth1-permissions",
        answer=problem(
            403,
            "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.",
            "oauth1-permissions",
        ),
    ),
    Fault("401", answer=UNAUTHORIZED),
    Fault("401-code-32", answer=Answer(401, {"errors": [{"code": 32, "message": "Could not authenticate you"}]})),
    Fault("401-code-89", answer=Answer(401, {"errors": [{"code": 89, "message": "Invalid or expired token."}]})),
    Fault("400", answer=invalid("Invalid request.")),
    Fault("400-media-ids", answer=BAD_MEDIA),
    # X's incidents: uploads of 2025-05 and 2026-01
    Fault("404", answer=problem(404, "Not Found", "resource-not-found", "Not Found Error")),
    Fault("413", answer=Answer(413)),
)
FAULTS: Final[Mapping[str, Fault]] = {fault.name: fault for fault in _CATALOGUE}
"""Every fault by name; bodies and their witnesses are those of the notes' table of errors (section 4.1)."""


def named(name: str, seconds: float | None = None) -> Fault:
    """The fault of this name; `seconds` is how long it hangs or dribbles, or until the reset it announces."""
    if name not in FAULTS:
        raise ValueError(f"there is no fault {name!r}; there are: {', '.join(FAULTS)}")
    return FAULTS[name] if seconds is None else FAULTS[name].seconds(seconds)


@dataclass
class Rule:
    """One line of the script: the fault befalls the calls `first`, `first` + 1, ... of one operation, `times` of them or all."""

    call: str
    fault: Fault
    first: int
    times: int | None
    happened: int = 0


class Faults:
    """The script of faults. Calls of an operation are counted from 1 since the fake began."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._seen: dict[str, int] = dict.fromkeys((EVERY, *OPERATIONS), 0)

    def on(self, call: str, fault: Fault, nth: int = 1, times: int | None = 1) -> None:
        """The nth call of this operation (with EVERY: of all) meets the fault, and the `times` - 1 after it; None is all of them."""
        call = call.replace("{id}", ":id")
        if call not in self._seen:
            raise ValueError(f"{call!r} is no operation; there are: {', '.join(self._seen)}")
        with self._lock:
            if nth <= self._seen[call]:
                raise ValueError(f"{call} number {nth} has been already; {self._seen[call]} were seen")
            self._rules.append(Rule(call, fault, nth, times))

    def next(self, call: str, fault: Fault, times: int | None = 1) -> None:
        """The next call of this operation meets the fault."""
        self.on(call, fault, self._seen.get(call.replace("{id}", ":id"), 0) + 1, times)

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    @property
    def unused(self) -> list[str]:
        """Faults that no call met: a test that waits for them proves nothing."""
        return [f"{rule.call} {rule.first}: {rule.fault.name}" for rule in self._rules if not rule.happened]

    def take(self, call: str) -> Fault | None:
        """Counts a call and says what befalls it."""
        with self._lock:
            for name in (EVERY, call):
                self._seen[name] += 1
            for rule in self._rules:
                late_by = self._seen[rule.call] - rule.first if rule.call in (EVERY, call) else -1
                if late_by >= 0 and (rule.times is None or late_by < rule.times):
                    rule.happened += 1
                    return rule.fault
        return None

    def described(self) -> list[dict[str, object]]:
        return [
            {"call": rule.call, "fault": rule.fault.name, "nth": rule.first, "times": rule.times, "happened": rule.happened}
            for rule in self._rules
        ]


# What the fake remembers


@dataclass(frozen=True)
class Keys:
    """OAuth 1.0a keys of an app and an account."""

    consumer_key: str
    consumer_secret: str
    access_token: str
    access_token_secret: str

    def environment(self, url: str) -> dict[str, str]:
        """As the bot reads them."""
        return {"X_API_BASE_URL": url} | {f"X_{name.upper()}": value for name, value in asdict(self).items()}


KEYS: Final = Keys("fakeConsumerKey", "fakeConsumerSecret+/=", "1001-fakeAccessToken", "fakeAccessTokenSecret&%")
"""The keys of the first account, the same in every fake; with characters in them that must be escaped before signing."""
BEARER: Final = "fakeBearerToken"
"""An OAuth 2.0 user token of the first account with every scope."""


@dataclass(frozen=True)
class Account:
    id: str
    username: str
    keys: Keys
    owns_app: bool = True
    text_limit: int = 280


@dataclass
class Media:
    """An image that was uploaded. `owner` is an account's id."""

    id: str
    owner: str
    content: bytes
    width: int
    height: int
    uploaded_at: dt.datetime
    alt_text: str = ""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass
class Post:
    """A post. `sent` is the text as it came, `text` as X gives it back. Alt texts are those the images had when it was made."""

    id: str
    author: str
    sent: str
    text: str
    created_at: dt.datetime
    parent: str | None
    conversation: str
    media: tuple[str, ...]
    images: tuple[str, ...]
    alt_texts: tuple[str, ...]
    urls: tuple[tuple[str, str], ...]
    deleted: bool = False


class Part(NamedTuple):
    """One post of a chain: its text as it was sent, its images as SHA-256 digests, their alt texts."""

    id: str
    text: str
    images: tuple[str, ...]
    alt_texts: tuple[str, ...]


@dataclass
class Call:
    """
    A request, as the fake met it. `accepted` says whether it had its effect, `answered` whether a whole answer went out.

    The body is parsed JSON; of a form it holds the fields, of a file in it name, type, size and SHA-256. No header is kept: a
    signature or a token would be a secret in a log.
    """

    operation: str
    method: str
    path: str
    query: dict[str, str]
    body: Any
    at: dt.datetime
    fault: str = ""
    status: int | None = None
    accepted: bool = False
    answered: bool = False


class Branched(AssertionError):
    """A post was answered twice by its own author: the chain is no thread."""


# The contract


@functools.lru_cache(maxsize=2)
def _specification(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The file, and its schemas closed for requests; read once."""
    spec = json.loads(path.read_text("utf-8"))
    return spec, {name: _closed(part) for name, part in spec["components"]["schemas"].items()}


class Contract:
    """
    X's OpenAPI file: what an operation takes and gives.

    Objects of a request may hold nothing the file does not name, even where it does not forbid it (media metadata). One thing is
    taken that 2.167 does not name: `tweet.fields` where it has `post.fields`. Its pages still teach it (docs fundamentals/fields),
    tweepy 4.17 can say nothing else, and the streams of 2.167 keep it; their list of names is used. `old_names=False` refuses it.
    """

    def __init__(self, path: Path, *, old_names: bool = True) -> None:
        import jsonschema

        self._spec, self._closed = _specification(path)
        checker = jsonschema.FormatChecker(formats=())
        checker.checks("date-time")(_is_instant)
        self._validator = functools.partial(jsonschema.Draft202012Validator, format_checker=checker)
        self._old_names = old_names

    def complaints(
        self, operation: str, path_id: str | None, query: Sequence[tuple[str, str]], kind: str, body: Any
    ) -> list[str]:
        """What is wrong with a request: one sentence for each fault; none if all is well. `body` is None if there is none."""
        described = self._described(operation)
        found = [
            f"the query names {name} more than once"
            for name in sorted({n for n, _ in query if [m for m, _ in query].count(n) > 1})
        ]
        parameters = {(each["in"], each["name"]): each["schema"] for each in map(self._resolved, described.get("parameters", []))}
        if self._old_names and ("query", "post.fields") in parameters:
            streams = self._spec["paths"]["/2/tweets/search/stream"]["get"]["parameters"]
            parameters["query", "tweet.fields"] = next(each for each in streams if each.get("name") == "tweet.fields")["schema"]
        given = [("query", name, value) for name, value in query]
        for place, name, value in given + ([("path", "id", path_id)] if path_id is not None else []):
            schema = parameters.get((place, name))
            if schema is None:
                found.append(f"the {place} parameter {name!r} does not exist")
            else:
                found += [
                    f"{place} parameter {name}: {error}" for error in self._errors(schema, _typed(value, self._resolved(schema)))
                ]
        content = described.get("requestBody", {}).get("content", {})
        if not content:
            return found + (["this operation takes no body"] if body is not None else [])
        if kind not in content:
            return [*found, f"the content type is {kind or 'missing'}, not {' or '.join(content)}"]
        return found + [f"body: {error}" for error in self._errors(content[kind]["schema"], body)]

    def answer_complaints(self, operation: str, status: int, body: object) -> list[str]:
        """What is wrong with an answer of ours to a call that succeeded."""
        schema = self._described(operation)["responses"][str(status)]["content"]["application/json"]["schema"]
        return list(self._errors(schema, body, self._spec["components"]["schemas"]))

    def _described(self, operation: str) -> dict[str, Any]:
        method, path = operation.split()
        return self._spec["paths"][path.replace(":id", "{id}")][method.lower()]

    def _resolved(self, part: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in part:
            part = functools.reduce(lambda at, step: at[step], part["$ref"].removeprefix("#/").split("/"), self._spec)
        return part

    def _errors(self, schema: dict[str, Any], value: object, schemas: Mapping[str, Any] | None = None) -> Iterator[str]:
        whole = {**schema, "components": {"schemas": self._closed if schemas is None else schemas}}
        for error in self._validator(whole).iter_errors(value):
            message = error.message if len(error.message) < 300 else f"{error.message[:100]} ... {error.message[-100:]}"
            yield f"{error.json_path}: {message}"


def _closed(schema: Any) -> Any:
    """The schema with every object closed that names its properties."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if schema.get("type") == "object" and isinstance(schema.get("properties"), dict) and schema["properties"]:
        closed.setdefault("additionalProperties", False)
    return closed


def _typed(value: str, schema: Mapping[str, Any]) -> object:
    """A parameter's text as the value its schema speaks of; lists are comma separated (explode: false)."""
    if schema.get("type") == "array":
        return value.split(",")
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if schema.get("type") == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value) is not None


# X


class FakeX:
    """
    Runs for a `with` block. The first account is the bot's: `account`, its `keys`, and BEARER as an OAuth 2.0 token.

    Args:
        openapi: X's OpenAPI file. Without it only what X could not understand at all is refused.
        clock: the test's time; `advance` moves X beyond it.
        visibility_lag_s: how long a new post is neither in the timeline nor answerable. `parent_lag_s` sets the latter apart.
        clock_skew_s: how far X's clock is ahead of the test's: in created_at, ids, resets, Date, and for signatures.
        duplicate_window_s: how long the same text is refused; X does not say. Deleted posts do not count; ours, too.
        missing_delete: what a DELETE of a post that is gone answers: 404, or 200 as though it had done it. Nobody has written it down.
        credits: what there is to spend; X lets the last call go through and then answers 402. None is without end.
        state: a file that holds the state as JSON, replaced after each change.
    """

    def __init__(
        self,
        openapi: Path | None = None,
        *,
        username: str = "threadmill_bot",
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        visibility_lag_s: float = 0,
        parent_lag_s: float | None = None,
        clock_skew_s: float = 0,
        duplicate_window_s: float = DAY_S,
        missing_delete: int = 404,
        credits: Decimal | None = None,  # noqa: A002 - X's word
        limits: Mapping[str, int] | None = None,
        originals_a_day: int = ORIGINALS_A_DAY,
        replies_a_day: int = REPLIES_A_DAY,
        owns_app: bool = True,
        text_limit: int = 280,
        old_names: bool = True,
        state: Path | None = None,
        port: int = 0,
    ) -> None:
        self.account = Account("1001", username, KEYS, owns_app, text_limit)
        self.accounts = {self.account.id: self.account}
        self.bearer_tokens: dict[str, tuple[str, frozenset[str]]] = {BEARER: (self.account.id, SCOPES)}
        self.contract = Contract(openapi, old_names=old_names) if openapi else None
        self.faults = Faults()
        self.visibility_lag_s, self.parent_lag_s, self.clock_skew_s = visibility_lag_s, parent_lag_s, clock_skew_s
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.posts: dict[str, Post] = {}
        self.media: dict[str, Media] = {}
        self.billed = Decimal(0)
        self.bill: list[tuple[str, Decimal]] = []
        self.creates = 0
        self._clock, self._advanced = clock, dt.timedelta()
        self._duplicate_window = dt.timedelta(seconds=duplicate_window_s)
        self._missing_delete, self._credits = missing_delete, credits
        self._limits = {**LIMITS, **(limits or {})}
        self._daily = {"original": originals_a_day, "reply": replies_a_day}
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}
        self._nonces: set[tuple[str, str, str]] = set()
        self._read: set[tuple[str, str]] = set()
        self._last_id = 0
        self._state = state
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._server = _Listening(("127.0.0.1", port), functools.partial(_Handler, self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FakeX:
        self._write_state()
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()  # wakes what hangs
        self._server.shutdown()
        self._server.server_close()

    # What a test does

    @property
    def keys(self) -> Keys:
        return self.account.keys

    def advance(self, seconds: float) -> None:
        """Moves X's time on: what is hidden appears, windows open again, media expire."""
        with self._lock:
            self._advanced += dt.timedelta(seconds=seconds)
            self._write_state()

    def now(self) -> dt.datetime:
        """X's time."""
        return self._clock() + self._advanced + dt.timedelta(seconds=self.clock_skew_s)

    def stranger(self, username: str) -> Account:
        """Another account, with keys of its own."""
        with self._lock:
            number = str(1001 + len(self.accounts))
            keys = replace(KEYS, access_token=f"{number}-fakeAccessToken", access_token_secret=f"secret{number}")
            return self.accounts.setdefault(number, Account(number, username, keys))

    def token(self, *scopes: str, account: Account | None = None) -> str:
        """A new OAuth 2.0 user token with these scopes."""
        with self._lock:
            token = f"{BEARER}{len(self.bearer_tokens)}"
            self.bearer_tokens[token] = ((account or self.account).id, frozenset(scopes))
            return token

    def write_by_hand(self, text: str, account: Account | None = None, parent: str | None = None) -> Post:
        """A post that did not come through the API: nobody is billed, nothing is refused, `creates` does not count it."""
        with self._lock:
            post = self._make((account or self.account).id, text, parent, ())
            self._write_state()
            return post

    def delete_by_hand(self, post_id: str) -> None:
        with self._lock:
            self.posts[post_id].deleted = True
            self._write_state()

    def thread(self, root_id: str) -> list[Part]:
        """
        The chain of the author's own posts from this one down, in order.

        Raises:
            Branched: a post of it has two answers: somebody posted twice.
        """
        with self._lock:
            chains = [chain for chain in self._chains(self.posts[root_id].author) if chain[0].id == root_id]
        if len(chains) > 1:
            raise Branched(
                f"{root_id} is the root of {len(chains)} chains: {[[part.text for part in chain] for chain in chains]}"
            )
        return chains[0] if chains else []

    def threads(self, account: Account | None = None) -> list[list[Part]]:
        """Every chain of the account, oldest first: from a post without a living parent of its own to one without an answer."""
        with self._lock:
            return list(self._chains((account or self.account).id))

    def state(self) -> dict[str, Any]:
        """All of it as JSON values; images as digests; no keys."""
        with self._lock:
            return {
                "url": self.url,
                "now": self.now().isoformat(),
                "account": {"id": self.account.id, "username": self.account.username},
                "calls": [asdict(call) | {"at": call.at.isoformat()} for call in self.calls],
                "violations": list(self.violations),
                "posts": [asdict(post) | {"created_at": post.created_at.isoformat()} for post in self.posts.values()],
                "media": [
                    {"id": each.id, "digest": each.digest, "alt_text": each.alt_text, "size": len(each.content)}
                    for each in self.media.values()
                ],
                "threads": [[part._asdict() for part in chain] for chain in self.threads()],
                "creates": self.creates,
                "billed": str(self.billed),
                "faults": self.faults.described(),
            }

    def _chains(self, author: str) -> Iterator[list[Part]]:
        alive = {post.id: post for post in self.posts.values() if post.author == author and not post.deleted}
        answers: dict[str, list[Post]] = {}
        for post in alive.values():
            answers.setdefault(post.parent if post.parent in alive else "", []).append(post)

        def below(post: Post, above: list[Part]) -> Iterator[list[Part]]:
            chain = [*above, Part(post.id, post.sent, post.images, post.alt_texts)]
            if post.id not in answers:
                yield chain
            for answer in answers.get(post.id, []):
                yield from below(answer, chain)

        for root in answers.get("", []):
            yield from below(root, [])

    # One request

    def meet(self, asked: Asked) -> tuple[Call, Answer | None, Fault | None]:
        """Everything between a request and its answer, with the waits that a fault puts there. No answer: the connection is closed."""
        operation, path_id = _operation(asked.method, asked.path)
        with self._lock:
            call = Call(operation, asked.method, asked.path, dict(asked.query), _for_the_record(asked), self.now())
            self.calls.append(call)
            fault = self.faults.take(operation) if operation else None
            call.fault = fault.name if fault else ""
            complaints = self._complaints(asked, operation, path_id)
            self.violations += [f"{asked.method} {asked.path}: {complaint}" for complaint in complaints]
            self._write_state()
        if fault and fault.waits == "before":
            self._closing.wait(fault.wait_s)
            if self._closing.is_set():
                return call, None, fault
        with self._lock:
            answer = self._decided(asked, call, path_id, complaints, fault)
            call.status = answer.status if answer else None
            self._write_state()
        if fault and fault.waits == "after":
            self._closing.wait(fault.wait_s)
        return call, answer, fault

    def finished(self, call: Call) -> None:
        """A whole answer went out."""
        with self._lock:
            call.answered = True
            self._write_state()

    def failed(self, what: str) -> None:
        """The fake itself broke: no test may pass over that."""
        with self._lock:
            self.violations.append(f"the fake itself failed: {what}")
            self._write_state()

    def wait(self, seconds: float) -> None:
        self._closing.wait(seconds)

    def _decided(
        self, asked: Asked, call: Call, path_id: str | None, complaints: list[str], fault: Fault | None
    ) -> Answer | None:
        """X's own answer, or the fault's; None closes the connection. The effect happens here."""
        if not call.operation:
            return problem(404, "Not Found", "resource-not-found", "Not Found Error")
        if fault and not fault.accepts:
            return None if fault.close else self._with_limits(call.operation, fault.answer, fault)
        account_id, scopes = self._authenticated(asked)
        if account_id is None:
            own = UNAUTHORIZED
        elif not scopes >= NEEDS[call.operation]:
            own = problem(403, "Forbidden")  # ocaml-social-sdk#25: a token without media.write
        elif not self._counted(call.operation, account_id):
            own = TOO_MANY
        elif complaints:
            own = invalid(complaints[0])
        elif self._credits is not None and self.billed >= self._credits:
            own = OUT_OF_CREDITS
        else:
            own = self._act(call.operation, self.accounts[account_id], path_id, asked)
            call.accepted = own.status < 300
        if fault and fault.close:
            return None
        return self._with_limits(call.operation, fault.answer if fault and fault.answer else own, fault, account_id or "")

    def _act(self, operation: str, account: Account, path_id: str | None, asked: Asked) -> Answer:
        if operation == CREATE:
            return self._create(account, asked.json())
        if operation == DELETE:
            return self._delete(account, path_id or "")
        if operation == ME:
            self._read_once("user read", account.id)
            return Answer(200, {"data": {"id": account.id, "name": account.username, "username": account.username}})
        if operation == TIMELINE:
            return self._timeline(account, path_id or "", dict(asked.query))
        return self._upload(account, asked) if operation == UPLOAD else self._describe(account, asked.json())

    def _complaints(self, asked: Asked, operation: str, path_id: str | None) -> list[str]:
        if not operation:
            return ["X has no such operation, or the fake does not do it"]
        try:
            body = asked.parsed()
        except ValueError as error:
            return [f"the body cannot be read: {error}"]
        found = self.contract.complaints(operation, path_id, asked.query, asked.kind, body) if self.contract else []
        if not found and operation in (CREATE, METADATA, UPLOAD) and not isinstance(body, dict):
            found.append("the body is no object")
        query = dict(asked.query)
        found += [
            f"{name} is no instant" for name in ("start_time", "end_time") if not found and not _is_instant(query.get(name))
        ]
        numbers = ("max_results", "since_id", "until_id")
        found += [f"{name} is no number" for name in numbers if not found and not query.get(name, "0").isdigit()]
        if not found and operation == CREATE and set(body) - _POST_KEYS - {"quote_tweet_id"}:
            found.append(f"the fake does not do {', '.join(sorted(set(body) - _POST_KEYS))}")
        return found

    # Who asks

    def _authenticated(self, asked: Asked) -> tuple[str | None, frozenset[str]]:
        scheme, _, rest = asked.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer":
            return self.bearer_tokens.get(rest, (None, frozenset()))
        if scheme != "OAuth":
            return None, frozenset()
        said = {unquote(name): unquote(value) for name, value in re.findall(r'([^=,\s]+)="([^"]*)"', rest)}
        account = next((each for each in self.accounts.values() if each.keys.access_token == said.get("oauth_token")), None)
        if account is None or said.get("oauth_consumer_key") != account.keys.consumer_key:
            return None, frozenset()
        if not hmac.compare_digest(said.get("oauth_signature", ""), signature(account.keys, asked, said)):
            return None, frozenset()
        # oauthlib signs with this machine's time, which no test can set; so X's clock is that one here, plus its skew
        stamp = said.get("oauth_timestamp", "")
        if not stamp.isdigit() or abs(time.time() + self.clock_skew_s - int(stamp)) > SIGNED_WITHIN_S:
            return None, frozenset()
        once = (account.id, stamp, said.get("oauth_nonce", ""))
        if once in self._nonces:
            return None, frozenset()
        self._nonces.add(once)
        return account.id, SCOPES

    def _counted(self, operation: str, account_id: str) -> bool:
        """Counts a call in its 15-minute window; False if the window is full."""
        begun, used = self._window(operation, account_id)
        if used >= self._limits[operation]:
            return False
        self._windows[operation, account_id] = (begun, used + 1)
        return True

    def _window(self, operation: str, account_id: str) -> tuple[float, int]:
        now = self.now().timestamp()
        begun, used = self._windows.get((operation, account_id), (now, 0))
        return (begun, used) if now < begun + WINDOW_S else (now, 0)

    def _with_limits(self, operation: str, answer: Answer | None, fault: Fault | None, account_id: str = "") -> Answer:
        """The answer with x-rate-limit-* (docs: on all responses), and with the bucket a fault says is used up."""
        assert answer is not None
        if answer.bare:
            return answer
        account_id = account_id or self.account.id
        begun, used = self._window(operation, account_id)
        headers = {
            "x-rate-limit-limit": str(self._limits[operation]),
            "x-rate-limit-remaining": str(self._limits[operation] - used),
            "x-rate-limit-reset": str(int(begun + WINDOW_S)),
        }
        if fault and fault.reset_in_s is not None:
            prefix = f"x-{fault.bucket}-limit-24hour" if fault.bucket else "x-rate-limit"
            headers |= {
                f"{prefix}-limit": headers["x-rate-limit-limit"],
                f"{prefix}-remaining": "0",
                f"{prefix}-reset": str(int(self.now().timestamp() + fault.reset_in_s)),
            }
        return replace(answer, headers={**headers, **answer.headers})

    # What is asked for

    def _create(self, account: Account, body: dict[str, Any]) -> Answer:
        text = body.get("text", "")
        media_ids = body.get("media", {}).get("media_ids", [])
        parent = body.get("reply", {}).get("in_reply_to_tweet_id")
        if not text.strip() and not media_ids:
            return invalid("text is required unless media is given", text=[text])
        refusal = (
            (NO_ACCESS if "quote_tweet_id" in body else None)  # Enterprise only: docs create-post 2026-05-13
            or self._refuses_media(account, media_ids)
            or self._refuses_text(account, text)
            or self._refuses_parent(account, parent)
            or self._refuses_number(account, parent)
        )
        if refusal:
            return refusal
        post = self._make(account.id, text, parent, tuple(media_ids))
        self.creates += 1
        self._charge("post with url" if post.urls else "post")
        return Answer(201, {"data": {"id": post.id, "text": post.text, "edit_history_tweet_ids": [post.id]}})

    def _refuses_media(self, account: Account, media_ids: Sequence[str]) -> Answer | None:
        known = [self.media[each] for each in media_ids if each in self.media]
        fresh = self.now() - dt.timedelta(seconds=MEDIA_LIFE_S)
        good = [each for each in known if each.owner == account.id and each.uploaded_at > fresh]
        return None if len(good) == len(media_ids) == len(set(media_ids)) <= 4 else BAD_MEDIA

    def _refuses_text(self, account: Account, text: str) -> Answer | None:
        if _weight(text) > account.text_limit or re.search("[\ufffe\ufeff\uffff]", text):
            return NOT_PERMITTED  # postiz: "check character count and media"
        if len(_CASHTAG.findall(text)) > 1:
            return CASHTAG
        if any(name.lower() != account.username.lower() for name in _MENTION.findall(text)):
            return REPLY_RULE  # the words X has for a mention were not seen; its rule is the same (changelog Feb 23 2026)
        since = self.now() - self._duplicate_window
        for post in self.posts.values():
            if (
                post.author == account.id
                and not post.deleted
                and post.created_at > since
                and post.sent.strip() == text.strip() != ""
            ):
                return DUPLICATE
        return None

    def _refuses_parent(self, account: Account, parent: str | None) -> Answer | None:
        if parent is None:
            return None
        post = self.posts.get(parent)
        lag = self.visibility_lag_s if self.parent_lag_s is None else self.parent_lag_s
        if post is None or not self._visible(post, lag):
            return NOT_VISIBLE
        engaged = account.id == post.author or account.username.lower() in [name.lower() for name in _MENTION.findall(post.sent)]
        return None if engaged else REPLY_RULE

    def _refuses_number(self, account: Account, parent: str | None) -> Answer | None:
        """An account's day is full: 429 with the 24-hour headers, which is ours; X's answer was not seen."""
        since = self.now() - dt.timedelta(seconds=DAY_S)
        own = [post for post in self.posts.values() if post.author == account.id and post.created_at > since]
        kind = "reply" if parent else "original"
        same = [post.created_at for post in own if bool(post.parent) == bool(parent)]
        if len(same) < self._daily[kind]:
            return None
        reset = int((min(same, default=self.now()) + dt.timedelta(seconds=DAY_S)).timestamp())
        bucket = "x-user-limit-24hour"
        return replace(
            TOO_MANY,
            headers={f"{bucket}-limit": str(self._daily[kind]), f"{bucket}-remaining": "0", f"{bucket}-reset": str(reset)},
        )

    def _make(self, author: str, text: str, parent: str | None, media_ids: tuple[str, ...]) -> Post:
        post_id, media = self._new_id(), [self.media[each] for each in media_ids]
        shown, urls = _as_given_back(text, post_id)
        if media:
            shown = f"{shown} {_short(post_id, 'media')}".lstrip()  # one link for all images
        post = Post(
            post_id,
            author,
            text,
            shown,
            self.now(),
            parent,
            self.posts[parent].conversation if parent else post_id,
            media_ids,
            tuple(each.digest for each in media),
            tuple(each.alt_text for each in media),
            urls,
        )
        self.posts[post_id] = post
        return post

    def _delete(self, account: Account, post_id: str) -> Answer:
        post = self.posts.get(post_id)
        if post is None or post.deleted:
            return (
                Answer(200, {"data": {"deleted": True}})
                if self._missing_delete == 200
                else Answer(404, missing("tweet", "id", post_id))
            )
        if post.author != account.id:
            return problem(403, "You are not authorized to delete this Tweet.")
        post.deleted = True
        self._charge("delete")
        return Answer(200, {"data": {"deleted": True}})

    def _timeline(self, reader: Account, user_id: str, query: Mapping[str, str]) -> Answer:
        if user_id not in self.accounts:
            return Answer(200, {"errors": [missing("user", "id", user_id)]})
        after, before = (_instant(query.get(name)) for name in ("start_time", "end_time"))
        newer, older = (int(query.get(name, default)) for name, default in (("since_id", "0"), ("until_id", str(10**20))))
        if "pagination_token" in query:
            try:
                older = min(older, int(base64.b32hexdecode(query["pagination_token"].upper())))
            except (ValueError, binascii.Error):
                return invalid("The pagination_token is not one of ours.", pagination_token=[query["pagination_token"]])
        excluded = query.get("exclude", "").split(",")
        found = [
            post
            for post in reversed(self.posts.values())
            if post.author == user_id
            and self._visible(post, self.visibility_lag_s)
            and newer < int(post.id) < older
            and (after is None or post.created_at >= after)
            and (before is None or post.created_at < before)
            and not (post.parent and "replies" in excluded)
        ]
        page = found[: int(query.get("max_results", "10"))]
        for post in page:
            self._read_once("owned read" if reader.id == user_id and reader.owns_app else "read", post.id)
        if not page:
            return Answer(200, {"meta": {"result_count": 0}})
        meta: dict[str, object] = {"result_count": len(page), "newest_id": page[0].id, "oldest_id": page[-1].id}
        if len(found) > len(page):
            meta["next_token"] = base64.b32hexencode(page[-1].id.encode()).decode().lower()
        answer: dict[str, object] = {"data": [self._shown(post, query) for post in page], "meta": meta}
        if "attachments.media_keys" in query.get("expansions", ""):
            attached = [self.media[each] for post in page for each in post.media]
            answer["includes"] = {
                "media": [{"media_key": f"3_{each.id}", "type": "photo", "alt_text": each.alt_text} for each in attached]
            }
        return Answer(200, answer)

    def _shown(self, post: Post, query: Mapping[str, str]) -> dict[str, object]:
        """A post with the fields that were asked for; the names changed with 2.167, so they follow the parameter that asks."""
        new = "post.fields" in query or "referenced_posts" in query.get("expansions", "")
        kind = "post" if new else "tweet"
        wanted = {name for key in ("post.fields", "tweet.fields", "expansions") for name in query.get(key, "").split(",")}
        parent = self.posts[post.parent] if post.parent else None
        shown: dict[str, object] = {"id": post.id, "text": post.text, f"edit_history_{kind}_ids": [post.id]}
        possible: dict[str, object] = {
            "created_at": f"{post.created_at:%Y-%m-%dT%H:%M:%S}.000Z",  # X gives whole seconds
            "conversation_id": post.conversation,
            "author_id": post.author,
            "in_reply_to_user_id": parent.author if parent else None,
            f"referenced_{kind}s": [{"type": "replied_to", "id": post.parent}] if parent else None,
            "attachments": {"media_keys": [f"3_{each}" for each in post.media]} if post.media else None,
            "entities": {"urls": [{"url": short, "expanded_url": full} for short, full in post.urls]}
            if post.urls and not new
            else None,
        }
        return shown | {name: value for name, value in possible.items() if name in wanted and value is not None}

    def _upload(self, account: Account, asked: Asked) -> Answer:
        body = asked.parsed()
        content = asked.file()
        if content is None or body.get("media_category") != "tweet_image":
            return invalid("The fake takes one PNG as `media` with the media_category tweet_image.")
        if len(content) > IMAGE_BYTES:
            return Answer(413)
        size = _png_size(content)
        if size is None:
            return invalid("The image is broken, or no PNG.")
        if not all(side in IMAGE_SIDES for side in size):
            return invalid("Image dimensions must be >= 4x4 and <= 8192x8192")
        media = Media(self._new_id(), account.id, content, *size, self.now())
        self.media[media.id] = media
        return Answer(
            200,
            {
                "data": {
                    "id": media.id,
                    "media_key": f"3_{media.id}",
                    "size": len(content),
                    "expires_after_secs": MEDIA_LIFE_S,
                    "image": {"w": media.width, "h": media.height, "image_type": "image/png"},
                }
            },
        )

    def _describe(self, account: Account, body: dict[str, Any]) -> Answer:
        media = self.media.get(str(body.get("id")))
        text = body.get("metadata", {}).get("alt_text", {}).get("text")
        if media is None or media.owner != account.id:
            return BAD_MEDIA
        if not isinstance(text, str) or not 0 < len(text) <= ALT_TEXT:
            return invalid(f"alt_text.text must have 1 to {ALT_TEXT} characters")
        media.alt_text = text
        self._charge("metadata")
        return Answer(200, {"data": {"id": media.id, "associated_metadata": {"alt_text": {"text": text}}}})

    def _visible(self, post: Post, lag_s: float) -> bool:
        return not post.deleted and post.created_at + dt.timedelta(seconds=lag_s) <= self.now()

    def _new_id(self) -> str:
        """An id as X makes them: the time in it, and always more than the last."""
        self._last_id = max(self._last_id + 1, (int(self.now().timestamp() * 1000) - _SNOWFLAKE_EPOCH_MS) << 22)
        return str(self._last_id)

    def _charge(self, item: str) -> None:
        self.bill.append((item, PRICES[item]))
        self.billed += PRICES[item]

    def _read_once(self, item: str, resource: str) -> None:
        """Reads of one thing cost once a day (UTC)."""
        once = (f"{self.now():%Y-%m-%d}", resource)
        if once not in self._read:
            self._read.add(once)
            self._charge(item)

    def _write_state(self) -> None:
        if self._state is None:
            return
        beside = self._state.with_name(self._state.name + ".new")
        beside.write_text(json.dumps(self.state()), "utf-8")
        beside.replace(self._state)

    # The test's own door

    def door(self, asked: Asked) -> Answer:
        if (asked.method, asked.path) == ("GET", "/_state"):
            return Answer(200, self.state(), bare=True)
        if asked.path == "/_faults" and asked.method in ("GET", "POST", "DELETE"):
            if asked.method == "DELETE":
                self.faults.clear()
            if asked.method == "POST":
                self.script(asked.json())
            return Answer(200, self.faults.described(), bare=True)
        if (asked.method, asked.path) == ("POST", "/_clock"):
            self.advance(float(asked.json()["advance_s"]))
            return Answer(200, {"now": self.now().isoformat()}, bare=True)
        return Answer(404, {"detail": "the door knows /_state, /_faults and /_clock"}, bare=True)

    def script(self, lines: Sequence[Mapping[str, Any]] | Mapping[str, Any]) -> None:
        """Faults as JSON: {"call", "fault", "nth" (without it: the next), "times" (null: all), "seconds"}, one or a list."""
        for line in [lines] if isinstance(lines, Mapping) else lines:
            fault, times = named(line["fault"], line.get("seconds")), line.get("times", 1)
            if "nth" in line:
                self.faults.on(line["call"], fault, line["nth"], times)
            else:
                self.faults.next(line["call"], fault, times)


# Requests


@dataclass(frozen=True)
class Asked:
    """A request as it came off the wire; header names in lower case."""

    method: str
    host: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    raw: bytes

    @property
    def kind(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        return json.loads(self.raw)

    def parsed(self) -> Any:
        """The body: JSON, or a form's fields (a file as the text "file"); None if there is none. ValueError: it cannot be read."""
        if not self.raw:
            return None
        if self.kind == "multipart/form-data":
            fields = list(_form(self.headers["content-type"], self.raw))
            names = [part.name for part in fields]
            if len(set(names)) < len(names):
                raise ValueError(f"the form names a field twice: {names}")
            if any((part.name == "media") != (part.filename is not None) for part in fields):
                raise ValueError("of a form only `media` is a file, and it is one")
            return {part.name: "file" if part.filename is not None else part.content.decode() for part in fields}
        return self.json()

    def file(self) -> bytes | None:
        """The image: raw in a form, base64 in JSON."""
        if self.kind == "multipart/form-data":
            return next((part.content for part in _form(self.headers["content-type"], self.raw) if part.name == "media"), None)
        try:
            return base64.b64decode(self.json()["media"], validate=True)
        except (ValueError, KeyError, TypeError):
            return None


class FormPart(NamedTuple):
    name: str
    filename: str | None
    kind: str
    content: bytes


def _form(content_type: str, raw: bytes) -> Iterator[FormPart]:
    """The parts of a multipart body, byte for byte; the standard library's parser is for mail and minds line ends."""
    boundary = re.search(r'boundary="?([^";]+)', content_type)
    if boundary is None:
        raise ValueError("the form has no boundary")
    pieces = (b"\r\n" + raw).split(b"\r\n--" + boundary[1].encode())
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise ValueError("the form does not end")
    for piece in pieces[1:-1]:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(r'[; ]name="([^"]*)"', head.decode())
        filename = re.search(r'filename="([^"]*)"', head.decode())
        kind = re.search(r"(?i)content-type:\s*(\S+)", head.decode())
        if name is None:
            raise ValueError("a part of the form has no name")
        yield FormPart(name[1], filename[1] if filename else None, kind[1] if kind else "", content)


def _for_the_record(asked: Asked) -> Any:
    try:
        if asked.kind == "multipart/form-data":
            return {part.name: _noted(part) for part in _form(asked.headers["content-type"], asked.raw)}
        body = asked.parsed()
    except ValueError:
        return {"unreadable": len(asked.raw)}
    if isinstance(body, dict) and isinstance(body.get("media"), str):
        body["media"] = {"size": len(asked.file() or b""), "sha256": hashlib.sha256(asked.file() or b"").hexdigest()}
    return body


def _noted(part: FormPart) -> object:
    if part.filename is None:
        return part.content.decode(errors="replace")
    digest = hashlib.sha256(part.content).hexdigest()
    return {"filename": part.filename, "type": part.kind, "size": len(part.content), "sha256": digest}


def _operation(method: str, path: str) -> tuple[str, str | None]:
    """Which operation this is, and the id in its path. Of two that fit the first is it: /2/users/me/... is no id."""
    for operation, verb, pattern in _ROUTES:
        if verb == method and (match := pattern.match(path)):
            return operation, match.groupdict().get("id")
    return "", None


def signature(keys: Keys, asked: Asked, said: Mapping[str, str]) -> str:
    """The OAuth 1.0a signature this request must have (RFC 5849, 3.4; HMAC-SHA1). Bodies that are no simple form are not signed."""
    parameters = [*asked.query, *((name, value) for name, value in said.items() if name not in ("oauth_signature", "realm"))]
    if asked.kind == "application/x-www-form-urlencoded":
        parameters += parse_qsl(asked.raw.decode(), keep_blank_values=True)
    pairs = sorted((_escaped(name), _escaped(value)) for name, value in parameters)
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join(_escaped(each) for each in (asked.method, f"http://{asked.host.lower()}{asked.path}", joined))
    key = f"{_escaped(keys.consumer_secret)}&{_escaped(keys.access_token_secret)}"
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()


def _escaped(value: str) -> str:
    return quote(value, safe="~")


# Texts and images

_CASHTAG: Final = re.compile(r"(?:^|\s)\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?=$|\s|[^\w])")  # as twitter-text has it
_MENTION: Final = re.compile(r"(?<![\w!@#$%&*])[@＠](\w{1,15})", re.ASCII)


def _weight(text: str) -> int:
    from twitter_text.parse_tweet import parse_tweet

    return parse_tweet(text).weightedLength


def _as_given_back(text: str, post_id: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text as X gives it back: links, schemeless ones too, become t.co, and & < > are escaped. And which link stands for which."""
    from twitter_text.extract_urls import extract_urls_with_indices

    shown, at, urls = "", 0, []
    for each in extract_urls_with_indices(text):
        start, end = each["indices"]
        urls.append((_short(post_id, str(start)), text[start:end]))
        shown += html.escape(text[at:start], quote=False) + urls[-1][0]
        at = end
    return shown + html.escape(text[at:], quote=False), tuple(urls)


def _short(post_id: str, what: str) -> str:
    digest = hashlib.sha256(f"{post_id} {what}".encode()).digest()
    return "https://t.co/" + base64.b32encode(digest).decode()[:10]


def _png_size(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None if it is no whole PNG."""
    if content[:8] != b"\x89PNG\r\n\x1a\n":
        return None
    at, size = 8, None
    while at + 12 <= len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        body = content[at + 8 : at + 8 + length]
        check = content[at + 8 + length : at + 12 + length]
        if len(check) < 4 or struct.unpack(">I", check)[0] != zlib.crc32(kind + body):
            return None
        if kind == b"IHDR":
            size = struct.unpack(">II", body[:8])
        if kind == b"IEND":
            return size
        at += 12 + length
    return None


def _instant(value: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(value) if value else None


# The wire


class _Listening(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no news; anything else is the fake's own fault and must not be missed."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError):
            self.RequestHandlerClass.args[0].failed(repr(error))  # type: ignore[attr-defined]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes; the second would wait 40 ms for the first's receipt

    def __init__(self, fake: FakeX, *args: Any) -> None:
        self.fake = fake
        super().__init__(*args)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = Asked(
            self.command,
            self.headers.get("Host", ""),
            parts.path,
            tuple(parse_qsl(parts.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            raw,
        )
        if parts.path.startswith("/_"):
            try:
                self._send(self.fake.door(asked))
            except (ValueError, KeyError, TypeError) as error:
                self._send(Answer(400, {"detail": repr(error)}))
            return
        call, answer, fault = self.fake.meet(asked)
        if answer is None:
            self._hang_up()
        elif self._send(answer, fault):
            self.fake.finished(call)

    do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = do_GET  # noqa: N815 - the names http.server calls

    def _send(self, answer: Answer, fault: Fault | None = None) -> bool:
        """Whether the whole answer went out."""
        body = answer.encoded()
        if fault and fault.halve:
            body = body[: len(body) // 2]
        self.send_response_only(answer.status)
        self.send_header("Date", format_datetime(self.fake.now().astimezone(dt.UTC), usegmt=True))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault and fault.cut:
            self.wfile.write(body[: len(body) // 2])
            self._hang_up()
            return False
        if fault and fault.dribble:
            step = len(body) // 10 + 1
            for start in range(0, len(body), step):
                self.fake.wait(fault.wait_s / 10)
                self.wfile.write(body[start : start + step])
            return True
        self.wfile.write(body)
        return True

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: Any) -> None:
        pass


# A process of its own


class Elsewhere:
    """
    A fake X in another process, for a `with` block: it outlives the clients that a test kills, and is told things through its door.

    `folder` gets its state file; more arguments are those of `python -m tests.fake_x --help`. KEYS and BEARER open it, as any.
    """

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.file = folder / "fake-x.json"
        self._arguments = arguments

    def __enter__(self) -> Elsewhere:
        command = [sys.executable, "-m", "tests.fake_x", "--until-stdin-closes", "--state", str(self.file), *self._arguments]
        self._process = subprocess.Popen(
            command, cwd=Path(__file__).parents[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError(f"the fake X did not start; it ended with {self._process.wait()}")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def state(self) -> dict[str, Any]:
        """As GET /_state says it; `json.loads(self.file.read_text())` says the same without asking."""
        return self._ask("GET", "/_state")

    def fault(self, call: str, name: str, **more: Any) -> None:
        """Puts a line into the script; `more` is nth, times, seconds."""
        self._ask("POST", "/_faults", {"call": call, "fault": name, **more})

    def clear(self) -> None:
        self._ask("DELETE", "/_faults")

    def advance(self, seconds: float) -> None:
        self._ask("POST", "/_clock", {"advance_s": seconds})

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as reply:
            return json.loads(reply.read())


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the address and serves until it is told to stop (SIGTERM, SIGINT)."""
    parser = argparse.ArgumentParser(prog="python -m tests.fake_x", description="A fake X on loopback.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, help="this file holds the state as JSON, replaced after each change")
    parser.add_argument("--openapi", type=Path, help="be strict against this OpenAPI file")
    parser.add_argument(
        "--faults", type=json.loads, default=[], help='[{"call": "POST /2/tweets", "nth": 2, "fault": "drop-after"}]'
    )
    parser.add_argument("--username", default="threadmill_bot")
    parser.add_argument("--visibility-lag", type=float, default=0, metavar="S")
    parser.add_argument("--parent-lag", type=float, metavar="S")
    parser.add_argument("--clock-skew", type=float, default=0, metavar="S")
    parser.add_argument("--credits", type=Decimal, metavar="USD")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end with whoever holds the other end, even if killed")
    given = parser.parse_args(arguments)
    stop = threading.Event()

    def told(_: int, __: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)
    fake = FakeX(
        given.openapi,
        username=given.username,
        visibility_lag_s=given.visibility_lag,
        parent_lag_s=given.parent_lag,
        clock_skew_s=given.clock_skew,
        credits=given.credits,
        state=given.state,
        port=given.port,
    )
    fake.script(given.faults)
    with fake:
        print(fake.url, flush=True)
        if given.until_stdin_closes:
            threading.Thread(target=_wait_for_the_end, args=(sys.stdin.fileno(), stop), daemon=True).start()
        while not stop.wait(0.2):
            pass
    return 0


def _wait_for_the_end(of: int, stop: threading.Event) -> None:
    while os.read(of, 1024):  # not sys.stdin.read(): its lock, held by a daemon thread, would abort the interpreter's end
        pass
    stop.set()


if __name__ == "__main__":
    raise SystemExit(main())
