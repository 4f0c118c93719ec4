"""What a fake X knows, as JSON values."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.rehearsal.fake import FakeX


def described(fake: FakeX) -> dict[str, Any]:
    """All of it; images as digests; neither keys nor tokens."""
    return {
        "url": fake.url,
        "now": fake.now().isoformat(),
        "account": {"id": fake.account.id, "username": fake.account.username},
        "calls": [asdict(call) | {"at": call.at.isoformat()} for call in fake.calls],
        "violations": list(fake.violations),
        "posts": [asdict(post) | {"created_at": post.created_at.isoformat()} for post in fake.posts.values()],
        "media": [
            {"id": each.id, "digest": each.digest, "alt_text": each.alt_text, "size": len(each.content)}
            for each in fake.media.values()
        ],
        "threads": [[part._asdict() for part in chain] for chain in fake.threads()],
        "creates": fake.creates,
        "billed": str(fake.billed),
        "faults": fake.faults.described(),
    }
