"""Posts read back: an account's timeline as X shows it, and its threads as they really stand."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bot.rehearsal.accounts import Account
from bot.rehearsal.answers import Answer, invalid, missing
from bot.rehearsal.budget import Bill
from bot.rehearsal.media import Uploads
from bot.rehearsal.posts import Post, Posts


class Part(NamedTuple):
    """One post of a chain: its text as it was sent, its images as SHA-256 digests, their alt texts."""

    id: str
    text: str
    images: tuple[str, ...]
    alt_texts: tuple[str, ...]


class Branched(AssertionError):
    """A post was answered twice by its own author: the chain is no thread."""


def chains(posts: Mapping[str, Post], author: str) -> Iterator[list[Part]]:
    """Every chain of the author, oldest first: from a post without a living parent of its own to one without an answer."""
    alive = {post.id: post for post in posts.values() if post.author == author and not post.deleted}
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


class Timeline:
    """What GET /2/users/:id/tweets answers."""

    def __init__(self, accounts: Mapping[str, Account], posts: Posts, uploads: Uploads, bill: Bill) -> None:
        self._accounts, self._posts, self._uploads, self._bill = accounts, posts, uploads, bill

    def page(self, reader: Account, user_id: str, query: Mapping[str, str]) -> Answer:
        if user_id not in self._accounts:
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
            for post in reversed(self._posts.by_id.values())
            if post.author == user_id
            and self._posts.visible(post)
            and newer < int(post.id) < older
            and (after is None or post.created_at >= after)
            and (before is None or post.created_at < before)
            and not (post.parent and "replies" in excluded)
        ]
        page = found[: int(query.get("max_results", "10"))]
        for post in page:
            self._bill.read("owned read" if reader.id == user_id and reader.owns_app else "read", post.id)
        return Answer(200, self._shown(page, query, more=len(found) > len(page)))

    def _shown(self, page: list[Post], query: Mapping[str, str], *, more: bool) -> dict[str, object]:
        if not page:
            return {"meta": {"result_count": 0}}
        meta: dict[str, object] = {"result_count": len(page), "newest_id": page[0].id, "oldest_id": page[-1].id}
        if more:
            meta["next_token"] = base64.b32hexencode(page[-1].id.encode()).decode().lower()
        answer: dict[str, object] = {"data": [self._fields(post, query) for post in page], "meta": meta}
        if "attachments.media_keys" in query.get("expansions", ""):
            attached = [self._uploads.by_id[each] for post in page for each in post.media]
            answer["includes"] = {
                "media": [{"media_key": f"3_{each.id}", "type": "photo", "alt_text": each.alt_text} for each in attached]
            }
        return answer

    def _fields(self, post: Post, query: Mapping[str, str]) -> dict[str, object]:
        """A post with the fields that were asked for; the names changed with 2.167, so they follow the parameter that asks."""
        new = "post.fields" in query or "referenced_posts" in query.get("expansions", "")
        kind = "post" if new else "tweet"
        wanted = {name for key in ("post.fields", "tweet.fields", "expansions") for name in query.get(key, "").split(",")}
        parent = self._posts.by_id[post.parent] if post.parent else None
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


def _instant(value: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(value) if value else None
