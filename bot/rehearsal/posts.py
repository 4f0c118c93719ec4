"""Posts: how they are made and deleted, and what X refuses to take as one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.rehearsal import texts
from bot.rehearsal.accounts import Account
from bot.rehearsal.answers import (
    CASHTAG,
    DUPLICATE,
    NO_ACCESS,
    NOT_PERMITTED,
    NOT_VISIBLE,
    REPLY_RULE,
    TOO_MANY,
    Answer,
    invalid,
    missing,
    problem,
)
from bot.rehearsal.budget import Bill
from bot.rehearsal.clock import Clock
from bot.rehearsal.media import Uploads

DAY_S: Final = 24 * 60 * 60
ORIGINALS_A_DAY: Final = 50
REPLIES_A_DAY: Final = 200
"""An unverified account's limits (help.x.com as quoted in the press, 2026-05-18)."""


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


@dataclass(frozen=True)
class Rules:
    """What X does not say, or says differently to different accounts; `FakeX` explains each."""

    visibility_lag_s: float = 0
    parent_lag_s: float | None = None
    duplicate_window_s: float = DAY_S
    missing_delete: int = 404
    originals_a_day: int = ORIGINALS_A_DAY
    replies_a_day: int = REPLIES_A_DAY


class Posts:
    """The posts of all accounts, by id, oldest first. `creates` counts those that came through the API."""

    def __init__(self, clock: Clock, bill: Bill, uploads: Uploads, rules: Rules) -> None:
        self.by_id: dict[str, Post] = {}
        self.creates = 0
        self._clock, self._bill, self._uploads, self._rules = clock, bill, uploads, rules

    def create(self, account: Account, body: dict[str, Any]) -> Answer:
        text = body.get("text", "")
        media_ids = body.get("media", {}).get("media_ids", [])
        parent = body.get("reply", {}).get("in_reply_to_tweet_id")
        if not text.strip() and not media_ids:
            return invalid("text is required unless media is given", text=[text])
        refusal = (
            (NO_ACCESS if "quote_tweet_id" in body else None)  # Enterprise only: docs create-post 2026-05-13
            or self._uploads.refuses(account, media_ids)
            or self._refuses_text(account, text)
            or self._refuses_parent(account, parent)
            or self._refuses_number(account, parent)
        )
        if refusal:
            return refusal
        post = self.make(account.id, text, parent, tuple(media_ids))
        self.creates += 1
        self._bill.charge("post with url" if post.urls else "post")
        return Answer(201, {"data": {"id": post.id, "text": post.text, "edit_history_tweet_ids": [post.id]}})

    def make(self, author: str, text: str, parent: str | None, media_ids: tuple[str, ...]) -> Post:
        """A post, whatever X would say to it."""
        post_id, media = self._clock.new_id(), [self._uploads.by_id[each] for each in media_ids]
        shown, urls = texts.as_given_back(text, post_id)
        if media:
            shown = f"{shown} {texts.short_link(post_id, 'media')}".lstrip()  # one link for all images
        post = Post(
            post_id,
            author,
            text,
            shown,
            self._clock.now(),
            parent,
            self.by_id[parent].conversation if parent else post_id,
            media_ids,
            tuple(each.digest for each in media),
            tuple(each.alt_text for each in media),
            urls,
        )
        self.by_id[post_id] = post
        return post

    def delete(self, account: Account, post_id: str) -> Answer:
        post = self.by_id.get(post_id)
        if post is None or post.deleted:
            return (
                Answer(200, {"data": {"deleted": True}})
                if self._rules.missing_delete == 200
                else Answer(404, missing("tweet", "id", post_id))
            )
        if post.author != account.id:
            return problem(403, "You are not authorized to delete this Tweet.")
        post.deleted = True
        self._bill.charge("delete")
        return Answer(200, {"data": {"deleted": True}})

    def visible(self, post: Post, lag_s: float | None = None) -> bool:
        """Whether the post can be seen by now; in the timeline unless another lag is given."""
        lag_s = self._rules.visibility_lag_s if lag_s is None else lag_s
        return not post.deleted and post.created_at + dt.timedelta(seconds=lag_s) <= self._clock.now()

    def _refuses_text(self, account: Account, text: str) -> Answer | None:
        if texts.weight(text) > account.text_limit or texts.FORBIDDEN.search(text):
            return NOT_PERMITTED  # postiz: "check character count and media"
        if len(texts.CASHTAG.findall(text)) > 1:
            return CASHTAG
        if any(name.lower() != account.username.lower() for name in texts.MENTION.findall(text)):
            return REPLY_RULE  # the words X has for a mention were not seen; its rule is the same (changelog Feb 23 2026)
        since = self._clock.now() - dt.timedelta(seconds=self._rules.duplicate_window_s)
        for post in self.by_id.values():
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
        post = self.by_id.get(parent)
        if post is None or not self.visible(post, self._rules.parent_lag_s):
            return NOT_VISIBLE
        called = [name.lower() for name in texts.MENTION.findall(post.sent)]
        return None if account.id == post.author or account.username.lower() in called else REPLY_RULE

    def _refuses_number(self, account: Account, parent: str | None) -> Answer | None:
        """An account's day is full: 429 with the 24-hour headers, which is ours; X's answer was not seen."""
        since = self._clock.now() - dt.timedelta(seconds=DAY_S)
        own = [post for post in self.by_id.values() if post.author == account.id and post.created_at > since]
        allowed = self._rules.replies_a_day if parent else self._rules.originals_a_day
        same = [post.created_at for post in own if bool(post.parent) == bool(parent)]
        if len(same) < allowed:
            return None
        reset = int((min(same, default=self._clock.now()) + dt.timedelta(seconds=DAY_S)).timestamp())
        return replace(TOO_MANY, headers=_day_used_up(str(allowed), str(reset)))


def _day_used_up(limit: str, reset: str) -> Mapping[str, str]:
    bucket = "x-user-limit-24hour"
    return {f"{bucket}-limit": limit, f"{bucket}-remaining": "0", f"{bucket}-reset": reset}
