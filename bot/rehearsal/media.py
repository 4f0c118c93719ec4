"""Images that were uploaded, and the alt texts they were given."""

from __future__ import annotations

import datetime as dt
import hashlib
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.rehearsal.accounts import Account
from bot.rehearsal.answers import BAD_MEDIA, Answer, invalid
from bot.rehearsal.asked import Asked
from bot.rehearsal.budget import Bill
from bot.rehearsal.clock import Clock

MEDIA_LIFE_S: Final = 86_400  # docs: after the upload is finished
IMAGE_BYTES: Final = 5 * 1024 * 1024
IMAGE_SIDES: Final = range(4, 8192 + 1)  # diffengine#18 (2017): "Image dimensions must be >= 4x4 and <= 8192x8192"
ALT_TEXT: Final = 1000
IMAGES_A_POST: Final = 4


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
        """SHA-256 of the bytes."""
        return hashlib.sha256(self.content).hexdigest()


class Uploads:
    """All images, by id."""

    def __init__(self, clock: Clock, bill: Bill) -> None:
        self.by_id: dict[str, Media] = {}
        self._clock, self._bill = clock, bill

    def upload(self, account: Account, asked: Asked) -> Answer:
        body = asked.parsed()
        content = asked.file()
        if content is None or body.get("media_category") != "tweet_image":
            return invalid("The fake takes one PNG as `media` with the media_category tweet_image.")
        if len(content) > IMAGE_BYTES:
            return Answer(413)
        size = png_size(content)
        if size is None:
            return invalid("The image is broken, or no PNG.")
        if not all(side in IMAGE_SIDES for side in size):
            return invalid("Image dimensions must be >= 4x4 and <= 8192x8192")
        media = Media(self._clock.new_id(), account.id, content, *size, self._clock.now())
        self.by_id[media.id] = media
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

    def describe(self, account: Account, body: dict[str, Any]) -> Answer:
        """Gives an image its alt text. Posts that were made with it before keep the one they have."""
        media = self.by_id.get(str(body.get("id")))
        text = body.get("metadata", {}).get("alt_text", {}).get("text")
        if media is None or media.owner != account.id:
            return BAD_MEDIA
        if not isinstance(text, str) or not 0 < len(text) <= ALT_TEXT:
            return invalid(f"alt_text.text must have 1 to {ALT_TEXT} characters")
        media.alt_text = text
        self._bill.charge("metadata")
        return Answer(200, {"data": {"id": media.id, "associated_metadata": {"alt_text": {"text": text}}}})

    def refuses(self, account: Account, media_ids: Sequence[str]) -> Answer | None:
        """Why a post of this account cannot have these images; None if it can."""
        known = [self.by_id[each] for each in media_ids if each in self.by_id]
        fresh = self._clock.now() - dt.timedelta(seconds=MEDIA_LIFE_S)
        good = [each for each in known if each.owner == account.id and each.uploaded_at > fresh]
        return None if len(good) == len(media_ids) == len(set(media_ids)) <= IMAGES_A_POST else BAD_MEDIA


def png_size(content: bytes) -> tuple[int, int] | None:
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
