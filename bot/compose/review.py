"""`index.html` of an edition that was frozen: word for word what a person is to approve, from what the store has of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.compose.page import environment, file, policy
from bot.domain.delivery import Frozen, FrozenPost


def review(edition: Frozen) -> str:
    """The whole page, offline and without a script; the digest on it is that of all texts, pictures and alt texts it shows."""
    style = file("page.css")
    thread: Mapping[str, Any] = json.loads(edition.thread_json)
    facts: Sequence[Mapping[str, Any]] = json.loads(edition.facts_json)
    return (
        environment()
        .get_template("review.html")
        .render(
            edition=edition,
            posts=[_post(post, facts) for post in edition.posts],
            skipped=thread.get("skipped", ()),
            gates=thread.get("gates", ()),
            style=style,
            policy=policy(style),
        )
    )


def _post(post: FrozenPost, facts: Sequence[Mapping[str, Any]]) -> Mapping[str, object]:
    return {
        "post": post,
        "uris": ["data:image/png;base64," + base64.b64encode(picture.png).decode() for picture in post.pictures],
        "facts": [row for row in facts if row["post"] == post.position],
    }
