"""An account on X: one method a call, each sent once, and what its answers hold."""

from __future__ import annotations

import datetime as dt
import html
import re
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

from bot.domain.access import Identity
from bot.domain.delivery import Picture, Seen
from bot.errors import BadInput, Later
from bot.publishers._x.answers import Call, clock_ahead, document, failure
from bot.publishers._x.credentials import Credentials
from bot.publishers._x.limits import LIMITS

if TYPE_CHECKING:
    import tweepy  # type: ignore[import-untyped]

    from bot.publishers._x.session import Exchange, Session

USER_READ_USD: Final = 0.010
"""What GET /2/users/me presumably costs: the pricing page names a user read, not the call."""

CALL_S: Final = 170
"""Seconds a call may take in all, with the renewal of a login before it: less than the lease a delivery is taken with."""

_MOST_PAGES: Final = 32
"""X shows the newest 3200 posts of an account, at most a hundred a page."""

_ABOUT: Final = dt.timedelta(minutes=1)
"""Clocks this close are as good as equal."""

_WRONG: Final = dt.timedelta(days=2)
"""A date further off is not X's: something on the way made the answer up."""

_LINK: Final = re.compile(r"https?://|\w\.\w", re.IGNORECASE)
"""In a word that is a link, or may be one: X shows "example.org" as a link of its own, and "Node.js" as it is."""
_OWN_LINK: Final = r"https://t\.co/\w+"

_FIELDS: Final = {"post.fields": "created_at,conversation_id", "expansions": "referenced_posts,in_reply_to_user_id"}
"""What a look must tell of a post, by the names of X's description of August 2026."""
_OLD_FIELDS: Final = {"tweet.fields": "created_at,conversation_id,referenced_tweets,in_reply_to_user_id"}
"""The same by older names: X's guides still teach these, and tweepy 4.17 knows no others."""

_T = TypeVar("_T")


class Network:
    """
    One account on X. See `bot.ports.Network` for what is promised.

    Each method is one request, sent once; `recent` is one a page.
    """

    def __init__(
        self, client: tweepy.Client, session: Session, clock: Callable[[], dt.datetime], credentials: Credentials, whole_s: float
    ) -> None:
        self._client, self._session, self._clock, self._credentials = client, session, clock, credentials
        self._latest_s = CALL_S - whole_s
        self._ahead = dt.timedelta()  # how far this machine's clock is ahead of X's

    def __repr__(self) -> str:
        return f"Network(account={self.account!r})"

    @property
    def account(self) -> str:
        """The account's number: it begins an OAuth 1.0a access token, and is kept with a login."""
        return self._credentials.account

    def ready(self) -> None:
        """POST /2/oauth2/token, where a login is about to end; else nothing."""
        self._credentials.ready()

    def verify(self) -> Identity:
        """
        GET /2/users/me: whose credentials these are, and whether they may post.

        OAuth 1.0a: X says so in the header x-access-level, which it documents nowhere (seen on v2 answers in September 2026).
        """
        levels: list[str] = []

        def send() -> None:
            answer = self._session.request("GET", "/2/users/me")
            levels[:] = [answer.headers.get("x-access-level", "").lower()]

        account, name = self._ask("identity", send, _user)
        if self.account and account != self.account:
            raise BadInput(
                f"X says that these credentials are @{name}'s, account {account}, and they are kept as account {self.account}'s; "
                "a key or the stored login was edited. Copy the keys anew, or log in again: threadmill login x"
            )
        scopes = self._credentials.scopes
        if scopes is not None:
            return Identity(account, name, {"tweet.write", "media.write"} <= set(scopes), USER_READ_USD)
        return Identity(account, name, None if levels in ([], [""]) else "write" in levels[0], USER_READ_USD)

    def check(self, picture: Picture) -> None:
        """What X is known to refuse."""
        from bot.publishers._x import media

        media.check_picture(picture, LIMITS)

    def upload(self, picture: Picture) -> str:
        """
        POST /2/media/upload: the picture's id, good for a day.

        Raises:
            BadThread: X would not take the picture or its alt text; nothing was sent.
        """
        from bot.publishers._x import media

        self.check(picture)
        return self._ask("upload", lambda: media.upload(self._session, picture.png), _media_id)

    def describe(self, media_id: str, alt_text: str) -> None:
        """
        POST /2/media/metadata, which is billed.

        Raises:
            BadThread: X would not take the alt text; nothing was sent.
        """
        from bot.publishers._x import media

        media.check_alt_text(alt_text, LIMITS)
        number = checked_id(media_id)
        self._ask("describe", lambda: media.describe(self._session, number, alt_text), _data)

    def create(self, text: str, media_ids: Sequence[str], reply_to: str) -> str:
        """POST /2/tweets, which is billed: the post's id."""
        media = [checked_id(media_id) for media_id in media_ids] or None
        parent = checked_id(reply_to) if reply_to else None
        return self._ask(
            "create",
            lambda: self._client.create_tweet(text=text, media_ids=media, in_reply_to_tweet_id=parent),
            lambda answer: _created(answer, parent),
        )

    def recent(self, since: dt.datetime, until: dt.datetime) -> Sequence[Seen]:
        """
        GET /2/users/:id/tweets: own posts and replies by X's clock, newest first.

        A page that does not hold as many posts as it says is an error and not a short page: an absence would be proven by it. X
        says what time it is with every answer: if this machine's clock turns out to be off, the right time is asked for anew.
        """
        ahead = self._ahead
        posts = self._recent(since - ahead, until - ahead)
        if abs(self._ahead - ahead) > _ABOUT:
            posts = self._recent(since - self._ahead, until - self._ahead)
        return sorted(posts.values(), key=lambda one: int(one.remote_id), reverse=True)

    def _recent(self, since: dt.datetime, until: dt.datetime) -> Mapping[str, Seen]:
        asked = {"max_results": "100", "start_time": _stamp(since)}
        if until < self._clock() - self._ahead - _ABOUT:  # X refuses an end_time that is not over
            asked["end_time"] = _stamp(until)
        posts: dict[str, Seen] = {}
        for _ in range(_MOST_PAGES):
            page, token = self._page(asked)
            posts |= {one.remote_id: one for one in page}
            if not token:
                return posts
            asked["pagination_token"] = token
        raise Later(
            f"the account has more than {100 * _MOST_PAGES} posts since {since:%Y-%m-%d %H:%M}, and X shows no more; somebody "
            "posts a lot on it; look for the post yourself: threadmill resolve",
            self._clock() + _ABOUT,
        )

    def same(self, text: str, seen: Seen) -> bool:
        """X escapes & < >, replaces every link, appends one for pictures and may change blanks; anything else must be equal."""
        shown = re.sub(r"&#?\w+;", lambda found: html.unescape(found[0]), seen.text)
        return bool(re.fullmatch(_shape(text), _plain(shown)))

    def remove(self, remote_id: str) -> bool:
        """DELETE /2/tweets/:id, which is billed if there was something to delete."""
        number = checked_id(remote_id)
        return self._ask("remove", lambda: self._client.delete_tweet(number), _removed, {404: False})

    def _page(self, asked: Mapping[str, str]) -> tuple[list[Seen], str | None]:
        """One page by the newer names, or by the older ones if those are refused or passed over."""

        def send(names: Mapping[str, str]) -> Callable[[], object]:
            path = f"/2/users/{self.account}/tweets"
            return lambda: self._client.request("GET", path, params={**asked, **names}, user_auth=True)

        found = self._ask("recent", send(_FIELDS), _page_if_told, {400: None})
        return self._ask("recent", send(_OLD_FIELDS), _page) if found is None else found

    def _ask(
        self,
        call: Call,
        send: Callable[[], object],
        read: Callable[[Mapping[str, object]], _T],
        meant: Mapping[int, _T] | None = None,
    ) -> _T:
        """
        Send one request, and read its answer or raise what is known of it. `meant` are refusals of X's own, not of a proxy, that
        are answers too.

        After a 401 it is sent once more, if there is something new to sign it with: a 401 has done nothing. tweepy raises what it
        raises, AttributeError for a list among it: what counts is the exchange.
        """
        begun = time.monotonic(), time.time()
        self._credentials.ready()
        exchange = self._once(send, begun)
        if exchange.status == 401 and self._credentials.renew():
            exchange = self._once(send, begun)
        with suppress(LookupError, TypeError, ValueError, AttributeError):
            if 200 <= exchange.status < 300:
                return read(document(exchange.body))
            if meant and exchange.status in meant and document(exchange.body or b"{}") is not None:
                return meant[exchange.status]
        raise failure(call, exchange, self._clock(), self._credentials.secrets(), self._credentials.is_login)

    def _once(self, send: Callable[[], object], begun: tuple[float, float]) -> Exchange:
        """
        What became of one request, which is not begun where it could end after `CALL_S`.

        Of the two clocks one stands still while the machine sleeps, and the other may be set: whichever is further counts.

        Raises:
            Later: the time has gone into a renewal of the login; nothing was sent.
        """
        if max(time.monotonic() - begun[0], time.time() - begun[1]) > self._latest_s:
            raise Later(
                "the renewal of the login took so long that nothing was sent after it; X is slow, or another threadmill held "
                "the login; run the same command again",
                self._clock() + dt.timedelta(minutes=1),
            )
        exchange = self._session.once(send)
        ahead = clock_ahead(exchange.headers, self._clock())
        if ahead is not None and abs(ahead) < _WRONG:
            self._ahead = ahead
        return exchange


def _stamp(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def checked_id(remote_id: str) -> str:
    """An id as X has them; it becomes part of an address."""
    if not re.fullmatch(r"[0-9]{1,19}", remote_id):
        raise BadInput(
            f"{remote_id[:40]!r} is no id of X, which is a number of up to 19 digits; take the last part of a post's address"
        )
    return remote_id


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _shape(text: str) -> str:
    """What X may make of a text: each word as it is, or with a link of X's own where it holds one; and one more for pictures."""
    return rf"{' '.join(_word(word) for word in _plain(text).split(' '))}( {_OWN_LINK})?".replace("  ", " ?")


def _word(word: str) -> str:
    return rf"(?:{re.escape(word)}|\S*{_OWN_LINK}\S*)" if _LINK.search(word) else re.escape(word)


def _user(answer: Mapping[str, object]) -> tuple[str, str]:
    data = _data(answer)
    name = data["username"]
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_]{1,50}", name):
        raise ValueError("no name")
    return _id(data), name


def _data(answer: Mapping[str, object]) -> Mapping[str, object]:
    data = answer["data"]
    if not isinstance(data, dict):
        raise TypeError("no data")
    return data


def _id(data: Mapping[str, object]) -> str:
    found = data["id"]
    if not isinstance(found, str) or not re.fullmatch(r"[0-9]{1,19}", found):
        raise ValueError("no id")
    return found


def _media_id(answer: Mapping[str, object]) -> str:
    data = _data(answer)
    processing = data.get("processing_info")
    if isinstance(processing, dict) and processing.get("state") == "failed":
        raise ValueError("X could not read the picture")
    return _id(data)


def _created(answer: Mapping[str, object], parent: str | None) -> str:
    """The id of a new post, which is greater than that of any before it: an older one is an answer to something else."""
    found = _id(_data(answer))
    if parent is not None and int(found) <= int(parent):
        raise ValueError("an id from before")
    return found


def _removed(answer: Mapping[str, object]) -> bool:
    """Deleted, or not there: as of posts that are read, X may tell that by a problem beside no data."""
    problems = answer.get("errors")
    if isinstance(problems, list) and any(str(one["type"]).endswith("/resource-not-found") for one in problems):
        return False
    if _data(answer)["deleted"] is not True:
        raise ValueError("not deleted")
    return True


def _page(answer: Mapping[str, object]) -> tuple[list[Seen], str | None]:
    meta, data = answer["meta"], answer.get("data", [])
    if not isinstance(meta, dict) or not isinstance(data, list) or (answer.get("errors") and not data):
        raise TypeError("no page")  # beside data, errors are about posts replied to that are gone: the page itself is whole
    if meta["result_count"] != len(data):
        raise ValueError("not as many posts as it says")
    return [_seen(one) for one in data], meta.get("next_token")


def _page_if_told(answer: Mapping[str, object]) -> tuple[list[Seen], str | None] | None:
    """A page, or None if its posts come without the fields that were asked for: the names mean nothing to X."""
    data = answer.get("data")
    if isinstance(data, list) and any("created_at" not in one for one in data):
        return None
    return _page(answer)


def _seen(post: Mapping[str, object]) -> Seen:
    """
    One post; referenced_tweets and referenced_posts are older and newer names.

    A reply whose parent is not told is no post but an unreadable answer: it would pass for the first of a thread, and the absence
    of another one would be proven by it.
    """
    references = post.get("referenced_tweets") or post.get("referenced_posts") or []
    text, created, conversation = post["text"], post["created_at"], post["conversation_id"]
    if not isinstance(references, list) or not isinstance(text, str) or not isinstance(created, str):
        raise TypeError("no post")
    parents = [_id(one) for one in references if one["type"] == "replied_to"]
    created_at = dt.datetime.fromisoformat(created)
    if created_at.tzinfo is None or ((post.get("in_reply_to_user_id") or conversation != _id(post)) and not parents):
        raise ValueError("no time zone, or a reply to nobody knows what")
    return Seen(_id(post), text, parents[0] if parents else "", created_at)
