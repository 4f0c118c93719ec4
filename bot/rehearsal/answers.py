"""What X answers: a status, a body and headers; its error objects; and the refusals whose words are known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

PROBLEMS: Final = "https://api.x.com/2/problems/"


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


def refused(error: str, description: str, status: int = 400) -> Answer:
    """What was asked for tokens is refused as RFC 6749 (5.2) words it."""
    return Answer(status, {"error": error, "error_description": description}, {"Cache-Control": "no-store"})


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


def page(status: int) -> Answer:
    """An HTML page, mostly where JSON was due."""
    return Answer(
        status,
        f"<html><head><title>{status}</title></head><body>X</body></html>",
        content_type="text/html; charset=utf-8",
        bare=True,
    )


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
FORBIDDEN: Final = problem(403, "Forbidden")
OAUTH1_PERMISSIONS: Final = problem(
    403, "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.", "oauth1-permissions"
)
UNAUTHORIZED: Final = problem(401, "Unauthorized")
NOT_FOUND: Final = problem(404, "Not Found", "resource-not-found", "Not Found Error")
TOO_MANY: Final = problem(429, "Too Many Requests")
BAD_TOKEN: Final = "Value passed for the token was invalid."  # noqa: S105 - words of X's
RATE_LIMITED: Final = refused("rate_limited", "Too Many Requests", 429)
"""For tokens; docs oauth-1-0a-token-exchange name the error, the description is ours."""
BAD_MEDIA: Final = invalid("Your media IDs are invalid.")
OUT_OF_CREDITS: Final = Answer(
    402,
    {"detail": "credits depleted", "status": 402, "title": "Payment Required", "type": PROBLEMS + "credits-depleted"},
)
