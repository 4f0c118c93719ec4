"""What can go wrong with a call to X: a catalogue of faults by name, with the bodies that were seen."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from bot.rehearsal import answers
from bot.rehearsal.answers import PROBLEMS, TOO_MANY, Answer, invalid, page, problem, refused


@dataclass(frozen=True)
class Fault:
    """
    What goes wrong with one call.

    A call that `accepts` has its effect (if X itself has no objection); then it is answered with `answer`, or with X's own.
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


def named(name: str, seconds: float | None = None) -> Fault:
    """
    The fault of this name; `seconds` is how long it hangs or dribbles, or until the reset it announces.

    Raises:
        ValueError: there is none; the message lists those there are.
    """
    if name not in FAULTS:
        raise ValueError(f"there is no fault {name!r}; there are: {', '.join(FAULTS)}")
    return FAULTS[name] if seconds is None else FAULTS[name].seconds(seconds)


def _failing(status: int) -> Iterator[Fault]:
    """A 5xx whose post was not made, and the same whose post was."""
    phrase = HTTPStatus(status).phrase
    for accepts, when in ((False, "before"), (True, "after")):
        yield Fault(f"{status}-{when}", accepts, problem(status, phrase))
        yield Fault(f"html-{status}-{when}", accepts, page(status))


_CATALOGUE: Final = (
    Fault("drop-before", close=True),
    Fault("drop-after", accepts=True, close=True),
    Fault("hang-before", waits="before", close=True),  # never accepted
    Fault("hang-late", accepts=True, waits="before"),  # accepted after the client has long given up
    Fault("hang-after", accepts=True, waits="after"),
    Fault("slow-body", accepts=True, dribble=True),
    Fault("truncated", accepts=True, cut=True),
    Fault("half-json", accepts=True, halve=True),
    Fault("html-200-before", answer=page(200)),
    Fault("html-200-after", accepts=True, answer=page(200)),
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
    Fault("402-credits-depleted", answer=answers.OUT_OF_CREDITS),
    Fault("403-duplicate", answer=answers.DUPLICATE),
    Fault("403-cashtag", answer=answers.CASHTAG),
    Fault("403-reply-rule", answer=answers.REPLY_RULE),
    Fault("403-not-visible", answer=answers.NOT_VISIBLE),
    Fault("403-not-permitted", answer=answers.NOT_PERMITTED),
    Fault("403-invalid-url", answer=problem(403, "The Tweet contains an invalid URL.")),
    Fault("403-feature", answer=answers.NO_ACCESS),
    Fault("403-forbidden", answer=answers.FORBIDDEN),
    Fault("403-suspended", answer=problem(403, "The user used for authentication is suspended", "user-suspended")),
    Fault("403-app-suspended", answer=problem(403, "This client application is suspended", "app-suspended")),
    Fault(
        "403-not-enrolled",
        answer=problem(
            403,
            "When authenticating requests to the X API v2 endpoints, you must use keys and tokens from a developer App that is"
            " attached to a Project. You can create a project via the developer portal.",
            "client-forbidden",
            "Client Forbidden",
            reason="client-not-enrolled",
            registration_url="https://developer.x.com/en/docs/projects/overview",
        ),
    ),
    Fault("403-oauth1-permissions", answer=answers.OAUTH1_PERMISSIONS),
    Fault("401", answer=answers.UNAUTHORIZED),
    Fault("401-code-32", answer=Answer(401, {"errors": [{"code": 32, "message": "Could not authenticate you"}]})),
    Fault("401-code-89", answer=Answer(401, {"errors": [{"code": 89, "message": "Invalid or expired token."}]})),
    Fault("400", answer=invalid("Invalid request.")),
    Fault("400-media-ids", answer=answers.BAD_MEDIA),
    # X's incidents: uploads of 2025-05 and 2026-01
    Fault("404", answer=answers.NOT_FOUND),
    Fault("413", answer=Answer(413)),
    # of the token endpoint: docs oauth-1-0a-token-exchange, and RFC 6749's error where X mostly says invalid_request
    Fault("400-invalid-grant", answer=refused("invalid_grant", answers.BAD_TOKEN)),
    Fault("429-rate-limited", answer=answers.RATE_LIMITED),
    Fault("503-temporarily-unavailable", answer=refused("temporarily_unavailable", "Service Unavailable", 503)),
)
FAULTS: Final[Mapping[str, Fault]] = {fault.name: fault for fault in _CATALOGUE}
"""Every fault by name; the bodies are those that X's documentation and reports of 2024 to 2026 show."""
