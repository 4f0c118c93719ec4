"""
What X's answers mean: one table from what came back to what is known of the post, with the advice that goes with it.

Bodies as collected in 2026: an RFC 7807 object (title, detail, type, status), the same with `errors`, v1.1's `errors` alone;
lists, HTML and nothing at all have been seen too. `type` begins with api.twitter.com or api.x.com, so its last segment counts.
"""

from __future__ import annotations

import base64
import datetime as dt
import html
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import TYPE_CHECKING, Final, Literal, TypeAlias
from urllib.parse import quote

from bot.domain.words import printable
from bot.errors import Later, ParentUnseen, Rejected, Unsure

if TYPE_CHECKING:
    from bot.publishers._x.session import Exchange

Call: TypeAlias = Literal["upload", "describe", "create", "recent", "remove", "identity", "refresh", "code", "exchange"]
CALLS: Final[tuple[Call, ...]] = ("upload", "describe", "create", "recent", "remove", "identity")
"""The calls an account makes. The others ask the token endpoint: with a refresh token, a person's code, or OAuth 1.0a keys."""
ONCE: Final[tuple[Call, ...]] = ("create", "remove")
"""The calls that change what people see. All others may be repeated, so that nothing is ever unsure about them."""

_MEDIA: Final[tuple[Call, ...]] = ("upload", "describe")
_GRANTS: Final[tuple[Call, ...]] = ("refresh", "code", "exchange")
_ALL: Final[tuple[Call, ...]] = (*CALLS, *_GRANTS)
_THING: Final[Mapping[Call, str]] = {
    "upload": "the picture", "describe": "the alt text", "create": "the post", "recent": "the look at the account's posts",
    "remove": "the deletion", "identity": "the question who this is", "refresh": "the renewal of the login",
    "code": "the login", "exchange": "the exchange of the OAuth 1.0a keys",
}  # fmt: skip


class Outcome(Enum):
    """What is known after a failure. UNSURE is Later for calls that may be repeated."""

    REJECTED = Rejected
    LATER = Later
    UNSEEN = ParentUnseen
    UNSURE = Unsure


UNSENT: Final = 0
"""In place of a status: no byte of the request left this machine."""
UNANSWERED: Final = 1
"""In place of a status: it was sent, wholly or in part, and no status came back."""

_SHORT: Final = dt.timedelta(seconds=15)
"""A fresh post is not visible to its own reply for up to 30 s (node-twitter-api-v2#366)."""
_MINUTE: Final = dt.timedelta(minutes=1)
_QUARTER: Final = dt.timedelta(minutes=15)
"""The window of X's request limits."""
_HOUR: Final = dt.timedelta(hours=1)
_LONGEST: Final = dt.timedelta(hours=25)
"""A reset further away than a day is no reset of a bucket X has."""


@dataclass(frozen=True)
class Row:
    """
    One kind of failure: how it is known, and what to tell.

    It is meant if the status is among `statuses`, and one of `types` ends the problem's type or one of `words` is in the body; a
    row without either means every answer with that status. `cut` rows mean answers whose body broke off. `login` rows mean what
    is said to an OAuth 2.0 login, those with False what is said to OAuth 1.0a keys.
    """

    statuses: Collection[int]
    outcome: Outcome
    what: str
    why: str
    do: str
    types: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    calls: tuple[Call, ...] = _ALL
    cut: bool = False
    login: bool | None = None
    wait: dt.timedelta = _MINUTE


_REJECTED, _LATER, _UNSURE = Outcome.REJECTED, Outcome.LATER, Outcome.UNSURE

_NO_ANSWER: Final = (UNANSWERED, *range(200, 300), 408, *range(500, 600))

TABLE: Final[tuple[Row, ...]] = (
    Row(
        _NO_ANSWER, _LATER, "X gave no answer to {thing} that can be used",
        "the connection broke, or X has an incident; it may have made new tokens that nobody holds now, and then those kept "
        "here are used up",
        "run the same command again; if X knows the login no more by then, log in again: threadmill login x",
        calls=("refresh",),
    ),
    Row(
        _NO_ANSWER, _LATER, "X gave no answer to {thing} that can be used",
        "the connection broke, or X has an incident; a code is good once and for 30 seconds, so this one is lost",
        "log in again: threadmill login x",
        calls=("code",),
    ),
    Row(
        _NO_ANSWER, _LATER, "X gave no answer to {thing} that can be used",
        "the connection broke, or X has an incident; an exchange may be repeated freely, and only the newest counts",
        "run the same command again",
        calls=("exchange",),
    ),
    Row(
        (400, 401), _REJECTED, "X does not accept this app, and refused {thing}",
        "X_CLIENT_ID is not that of an app with OAuth 2.0 set up, or X_CLIENT_SECRET is wrong, missing, or set for an app "
        "that has none",
        "copy Client ID and Client Secret anew from the app's page at console.x.com (not the consumer keys), then run again",
        words=("invalid_client", "unauthorized_client", "missing valid authorization header"), calls=_GRANTS,
    ),
    Row(
        (400,), _REJECTED, "X lacks a part of {thing}, or does not know this kind",
        "the form is not what X documents, which is a defect of this bot or a change at X",
        "report the words in brackets as a defect; sending the same again does not help",
        words=("unsupported_grant_type", "missing required parameter"), calls=_GRANTS,
    ),
    Row(
        (400,), _REJECTED, "X does not grant what {thing} asks for",
        "the app has less than the permission Read and write",
        "set the app to Read and write at console.x.com, then log in again: threadmill login x",
        words=("invalid_scope",), calls=_GRANTS,
    ),
    # X says invalid_request, "Value passed for the token was invalid.", of a refresh token that was used (trypost#126, July 2026)
    Row(
        (400,), _REJECTED, "X does not know the stored login any more, and refused {thing}",
        "access was taken back, it was not renewed for six months, another copy of it was renewed, or the answer to an "
        "earlier renewal was lost: its token is good once",
        "log in again: threadmill login x (or without a browser, with the four OAuth 1.0a keys: threadmill login x --exchange)",
        calls=("refresh",),
    ),
    Row(
        (400,), _REJECTED, "X does not accept the code of {thing}",
        "a code is good once, for 30 seconds, and for the callback address it was asked with",
        "log in again, and bring the code back at once: threadmill login x",
        calls=("code",),
    ),
    Row(
        (400, 401), _REJECTED, "X does not accept the OAuth 1.0a keys, and refused {thing}",
        "the access token was taken back or regenerated, or is of another app than X_CLIENT_ID",
        "copy X_ACCESS_TOKEN and X_ACCESS_TOKEN_SECRET anew from the page of the same app, or log in without --exchange",
        words=("invalid_grant",), calls=("exchange",),
    ),
    # Nothing says what is wrong: X answered so during its incident of July 2026, and a login is not given up for that
    Row(
        (401,), _LATER, "X refused {thing} without saying why",
        "X itself refused good logins for two hours in July 2026; else X_CLIENT_ID and X_CLIENT_SECRET are not those of one app",
        "run the same command again a little later; if it persists, copy both anew from the app's page at console.x.com",
        calls=_GRANTS,
    ),
    Row(
        (UNSENT,), _LATER, "X could not be reached, and nothing was sent for {thing}",
        "the connection was refused, the name not found, or TLS failed: mostly the network, a proxy, or X_API_BASE_URL",
        "check the connection and run the same command again",
    ),
    Row(
        (UNANSWERED,), _UNSURE, "{Thing} was sent to X, and no answer came back",
        "the connection broke or took too long, so X may have done it or not",
        "run the same command again: it looks at the account first",
    ),
    Row(
        range(200, 300), _UNSURE, "X's answer to {thing} cannot be read, or lacks what X documents",
        "something between here and X spoilt it, or X is having an incident",
        "run the same command again: it looks at the account first",
    ),
    Row(
        (301, 302, 307, 308), _REJECTED, "X's address only points to another one, and {thing} is not sent there",
        "X_API_BASE_URL is not the API itself, or http stands where https should",
        "unset X_API_BASE_URL to use https://api.x.com, and run again",
    ),
    Row(
        (400,), _REJECTED, "X does not accept the pictures of {thing}",
        "an uploaded picture is kept for a day only, or belongs to another account",
        "run the same command again: the pictures are uploaded anew",
        words=("media ids are invalid", "media_ids", "media id"), calls=("create", "describe"),
    ),
    Row(
        (400,), _REJECTED, "X does not understand {thing}",
        "a parameter is not what X documents, which is a defect of this bot or a change at X",
        "report the words in brackets as a defect; sending the same again does not help",
    ),
    Row(
        (401,), _REJECTED, "X does not know these keys, and refused {thing}",
        "a key was regenerated, revoked or copied in part, or this machine's clock is off by minutes, which spoils OAuth 1.0a; "
        "X itself refused good keys for two hours in July 2026",
        "set the clock, wait a little, then copy all four X_ variables anew from the app's page at console.x.com",
        login=False,
    ),
    Row(
        (401,), _REJECTED, "X does not accept the login, and refused {thing}",
        "the account has taken back the app's access, or X is having an incident: it refused good logins for two hours in "
        "July 2026",
        "wait a little and run the same command again; if it persists, log in again: threadmill login x",
        login=True,
    ),
    Row(
        (402,), _REJECTED, "X was not paid, and refused {thing}",
        "the prepaid credits are used up or a spending limit is reached; automatic recharging pauses at zero",
        "buy credits or raise the limit at console.x.com, then run the same command again",
    ),
    Row(
        (403,), _UNSURE, "X says that this very text is posted already",
        "an earlier attempt arrived although its answer did not, or the account posted the same words lately",
        "run the same command again: it looks for the post on the account and takes its id",
        words=("duplicate content",), calls=("create",),
    ),
    Row(
        (403,), _REJECTED, "X refuses a post with more than one cashtag",
        "self-serve accounts may use one word like $ABC a post",
        "leave one cashtag in the template, or write the names without the dollar sign",
        words=("cashtag",), calls=("create",),
    ),
    Row(
        (403,), _REJECTED, "X refuses this reply",
        "since February 2026 programs may reply only to those who mentioned them; replies to oneself have been free, so the post "
        "before is not this account's or the rule has changed",
        "see with threadmill status which account the thread belongs to; undo what stands of it, or finish it by hand",
        words=("reply to this conversation is not allowed",), calls=("create",),
    ),
    Row(
        (403,), Outcome.UNSEEN, "X does not show the post this one replies to",
        "a post made seconds ago is not visible everywhere yet; else it was deleted",
        "run again after the wait; if it persists, see whether the post before still stands",
        words=("deleted or not visible",), calls=("create",), wait=_SHORT,
    ),
    Row(
        (403,), _REJECTED, "X refuses a link in the post",
        "a word with a dot in it counts as a link, and X found it to be a bad one",
        "take the link out of the template, or write it in full",
        words=("invalid url",), calls=("create",),
    ),
    Row(
        (403,), _REJECTED, "X has suspended the account or the app, and refused {thing}",
        "X found its rules broken, often for automation without the Automated label",
        "log in as the account and follow what X says there; post nothing before that",
        types=("user-suspended", "app-suspended"), words=("suspended",),
    ),
    Row(
        (403,), _REJECTED, "X takes {thing} for unwanted automation",
        "code 226: many posts in a short time, or an account without the Automated label",
        "log in as the account, confirm what X asks, set the Automated label, and post less often",
        words=("might be automated",),
    ),
    Row(
        (403,), _REJECTED, "X does not serve this app, and refused {thing}",
        "the app is in no project with a plan; new apps need the pay-per-use plan",
        "put the app into a pay-per-use project at console.x.com",
        types=("client-forbidden",), words=("client-not-enrolled", "user-not-enrolled"),
    ),
    Row(
        (403,), _REJECTED, "X does not let these keys write, and refused {thing}",
        "the access token was made while the app could only read; a token keeps the permission it was made with",
        "set the app to Read and write, then regenerate access token and secret and set both variables",
        types=("oauth1-permissions",), words=("oauth1 app permissions",),
    ),
    Row(
        (403,), _REJECTED, "X refuses {thing} to this login",
        "mostly a login made before the app had Read and write permission, or a picture of a kind X does not take",
        "set the app to Read and write at console.x.com, then log in again: threadmill login x",
        calls=_MEDIA, login=True,
    ),
    Row(
        (403,), _REJECTED, "X does not accept this kind of key for {thing}",
        "an app-only token stands where an account's belongs",
        "set the four OAuth 1.0a variables of the account, X_CONSUMER_KEY, _SECRET, X_ACCESS_TOKEN, _SECRET; or log in: "
        "threadmill login x",
        types=("unsupported-authentication",),
    ),
    Row(
        (403,), _REJECTED, "X refuses {thing} to this account",
        "the account lacks a feature the post needs",
        "log in as the account and see what is limited there",
        words=("not permitted to access this feature",),
    ),
    Row(
        (403,), _UNSURE, "X refused {thing}, and the reason broke off",
        "the connection ended within the answer, which may have said that the post exists already",
        "run the same command again: it looks at the account first",
        calls=("create",), cut=True,
    ),
    Row(
        (403,), _REJECTED, "X refuses {thing}",
        "mostly keys made before the app had Read and write permission, or a picture of a kind it does not take",
        "set the app to Read and write, regenerate the access token, and run again",
        calls=_MEDIA,
    ),
    Row(
        (403,), _REJECTED, "X does not permit {thing}",
        "the account or the app is limited, or the app is not set up for this kind of credentials",
        "see the app's page at console.x.com, then log in to X as the account and look for a notice",
        calls=("identity", *_GRANTS),
    ),
    Row(
        (403,), _REJECTED, "X does not permit {thing}",
        "mostly a text longer than the account may post, keys without write permission, or an account X has limited",
        "see what threadmill check says, then log in as the account and look for a notice",
    ),
    Row(
        (404,), _LATER, "X's media service was not found for {thing}",
        "during incidents X answers uploads with 404 (May 2025, January 2026), and so it does for a picture it no longer has",
        "run the same command again; if it persists, unset X_API_BASE_URL and see docs.x.com/status",
        calls=_MEDIA,
    ),
    Row(
        (404, 410), _REJECTED, "X knows nothing at the address of {thing}",
        "X_API_BASE_URL is not the API, the account is gone, or X has moved the endpoint",
        "unset X_API_BASE_URL to use https://api.x.com, and see that the access token is the account's",
    ),
    Row(
        (407,), _REJECTED, "the proxy refused {thing}",
        "it wants a name and password",
        "give them in the proxy variable, and run again",
    ),
    Row(
        (413,), _REJECTED, "{Thing} is too large for X",
        "X takes five megabytes a picture; a proxy may take less",
        "draw the chart with fewer colours or rows, or go round the proxy",
    ),
    Row(
        (429,), _LATER, "the plan's cap is used up, and X asks to wait with {thing}",
        "the posts or reads of the period are spent",
        "raise the cap at console.x.com or wait for the next period, then run the same command again",
        types=("usage-capped",), wait=_HOUR,
    ),
    Row(
        (429,), _LATER, "X asks to wait with {thing}",
        "the account or app has made as many requests as it may for now",
        "run the same command again after the wait",
        wait=_QUARTER,
    ),
    Row(
        (408, *range(500, 600)), _UNSURE, "X failed at {thing}, after it may have done it",
        "an incident at X, or an app on a plan that is no longer served",
        "run the same command again: it looks at the account first",
    ),
    Row(
        range(400, 500), _REJECTED, "X refuses {thing}",
        "X documents no such refusal; mostly the address or a proxy is wrong",
        "see X_API_BASE_URL and the proxy variables, then run again",
    ),
    Row(
        range(1000), _UNSURE, "X answered {thing} with what is neither yes nor no",
        "something between here and X answers in its place",
        "see X_API_BASE_URL and the proxy variables, then run the same command again: it looks at the account first",
    ),
)  # fmt: skip
"""The first row that is meant counts."""


def failure(
    call: Call, exchange: Exchange, now: dt.datetime, secrets: Iterable[str], login: bool = False
) -> Rejected | Later | Unsure:
    """
    The error that says what is known after this exchange, without any of the secrets, even if X repeats one.

    `login` tells that an OAuth 2.0 login was used, for which other advice holds than for OAuth 1.0a keys.
    """
    row = _row(call, exchange, login)
    thing = _THING[call]
    advice = [row.what.format(thing=thing, Thing=thing.capitalize()) + _told(exchange, secrets), row.why, row.do]
    if exchange.status == 401 and call in CALLS and not login and (off := _clock_off(exchange.headers, now)):
        advice[1] = off
    message = "; ".join(advice)
    if row.outcome is Outcome.REJECTED:
        return Rejected(message)
    if row.outcome is Outcome.UNSURE and call in ONCE:
        return Unsure(message)
    kind = ParentUnseen if row.outcome is Outcome.UNSEEN else Later
    return kind(message, _until(row, exchange, now))


def document(body: bytes) -> Mapping[str, object]:
    """
    The object an answer consists of.

    Raises:
        ValueError: it is none.
    """
    try:
        found = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("not an object")  # noqa: TRY004 - an answer, not a defect
    return found


def _row(call: Call, exchange: Exchange, login: bool) -> Row:
    status = exchange.status or (UNANSWERED if exchange.sent else UNSENT)
    text = exchange.body.decode("utf-8", "replace").lower()
    types = {str(problem.get("type", "")).rstrip("/").rsplit("/", 1)[-1] for problem in _problems(exchange.body)}
    for row in TABLE:
        marked = not (row.types or row.words) or bool(types & set(row.types)) or any(word in text for word in row.words)
        meant = status in row.statuses and call in row.calls and row.login in (None, login)
        if meant and marked and not (row.cut and exchange.whole):
            return row
    raise AssertionError("the last row means everything")


def _problems(body: bytes) -> Sequence[Mapping[str, object]]:
    """The objects of an answer that may say what is wrong: itself, and what it lists."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    listed = found.get("errors") if isinstance(found, dict) else found
    return [one for one in [found, *(listed if isinstance(listed, list) else [listed])] if isinstance(one, dict)]


def _told(exchange: Exchange, secrets: Iterable[str]) -> str:
    """' (HTTP 403, "You are not permitted ...")': X's own words, as far as they are some and hold no key."""
    if not exchange.status:
        return ""
    found = [one.get(name) for one in _problems(exchange.body) for name in _WORDS]
    words = [" ".join(printable(word).split()) for word in found if isinstance(word, str) and word]
    hidden = list(secrets)
    said = ": ".join(dict.fromkeys(word for word in words if not _holds_key(word, hidden)))
    return f' (HTTP {exchange.status}, "{said[:300]}")' if said else f" (HTTP {exchange.status})"


_WORDS: Final = ("title", "detail", "message", "reason", "error", "error_description")
"""Where a problem says what is wrong; the last two are the token endpoint's."""


def _holds_key(said: str, secrets: Iterable[str]) -> bool:
    """A server or proxy that repeats what it was sent; the account's id in front of a token is no secret."""
    parts = {part for secret in secrets for part in (secret, re.sub("^[0-9]{1,19}-", "", secret)) if part}
    words = said.replace("\\", "").casefold()  # JSON within JSON may write \/ for /
    return bool(re.search("oauth_|authorization|bearer", words)) or any(
        form.casefold() in words for part in parts for form in _written(part)
    )


def clock_ahead(headers: Mapping[str, str], now: dt.datetime) -> dt.timedelta | None:
    """How far `now` is ahead of the clock of whoever answered, by the answer's own date; None if it has none."""
    try:
        return now - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError, OverflowError):
        return None


def _written(key: str) -> Iterator[str]:
    """A key as it is, escaped for an address or for HTML, and in base64, whatever stands around it there."""
    yield from (key, quote(key, safe=""), html.escape(key))
    for before in range(3):
        coded = base64.b64encode(bytes(before) + key.encode()).decode()
        yield coded[(before * 4 + 2) // 3 : (before + len(key)) * 4 // 3]  # the letters that the key alone decides


def _clock_off(headers: Mapping[str, str], now: dt.datetime) -> str:
    """Why a signature is refused if the answer's own date says so, or nothing."""
    ahead = clock_ahead(headers, now)
    minutes = 0 if ahead is None else round(ahead.total_seconds() / 60)
    if abs(minutes) < 3:
        return ""
    return (
        f"this machine's clock is {abs(minutes)} minutes {'ahead of' if minutes > 0 else 'behind'} X's, which spoils OAuth 1.0a"
    )


def _until(row: Row, exchange: Exchange, now: dt.datetime) -> dt.datetime:
    """
    When to come back: after a 429, the reset of whichever bucket is empty, of several the last.

    A 24-hour bucket may be empty while that of 15 minutes is not, and only then is its reset what counts.
    """
    fallback = now + row.wait
    if exchange.status != 429:
        return fallback
    resets = []
    for bucket in ("x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour"):
        remaining, reset = (exchange.headers.get(f"{bucket}-{name}", "").strip() for name in ("remaining", "reset"))
        unsaid = bucket == "x-rate-limit" and not remaining
        if (unsaid or re.fullmatch("0+", remaining)) and re.fullmatch("[0-9]{1,11}", reset):
            resets.append(dt.datetime.fromtimestamp(int(reset), dt.UTC))
    latest = max((reset for reset in resets if reset - now <= _LONGEST), default=fallback)
    return latest if latest > now else now + _MINUTE  # over by this machine's clock, and yet X refuses
