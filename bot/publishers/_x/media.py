"""
X's pictures: v2 media upload and alt texts, which tweepy 4.17 does not have, on the session everything else goes through.

In one piece as multipart/form-data with media_category: what is known to work with OAuth 1.0a (iembot since February 2026,
tweepy#2217); the form is not part of the signature. The retired v1.1 upload gives ids that v2 posts refuse.
"""

from __future__ import annotations

import struct
from typing import Final

import requests

from bot.domain.delivery import Picture
from bot.domain.thread import Limits
from bot.errors import BadThread

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_SMALLEST_PX, _LARGEST_PX = 4, 8192
"""X, error 324: "Image dimensions must be >= 4x4 and <= 8192x8192"."""


def upload(session: requests.Session, png: bytes) -> requests.Response:
    """POST /2/media/upload."""
    return session.request(
        "POST", "/2/media/upload", data={"media_category": "tweet_image"}, files={"media": ("chart.png", png, "image/png")}
    )


def describe(session: requests.Session, media_id: str, alt_text: str) -> requests.Response:
    """POST /2/media/metadata. The id is called `id` there; older clients send `media_id` and are refused."""
    return session.request(
        "POST", "/2/media/metadata", json={"id": media_id, "metadata": {"alt_text": {"text": alt_text}}}
    )  # fmt: skip


def check_picture(picture: Picture, limits: Limits) -> None:
    """
    Refuse what X would refuse, before it is asked.

    Raises:
        BadThread: no PNG, too many bytes, too few or too many pixels a side, or an alt text X does not take. Permanent.
    """
    png = picture.png
    if not png.startswith(_PNG) or png[12:16] != b"IHDR" or len(png) < 24:
        raise BadThread("a picture is no PNG; X is sent nothing else. Draw it again with threadmill preview")
    if len(png) > limits.image_bytes:
        raise BadThread(
            f"a picture has {len(png):,} bytes, and X takes {limits.image_bytes:,}; a chart in few colours has a tenth of that. "
            "Draw it again with fewer colours or rows"
        )
    inside = struct.unpack(">II", png[16:24])
    if inside != (picture.width_px, picture.height_px):
        raise BadThread(
            f"a picture of {inside[0]} × {inside[1]} px is said to have {picture.width_px} × {picture.height_px} px; "
            "the stored edition is damaged. Draw it again with threadmill preview"
        )
    if not all(_SMALLEST_PX <= side <= _LARGEST_PX for side in inside):
        raise BadThread(
            f"a picture has {inside[0]} × {inside[1]} px, and X takes {_SMALLEST_PX} to {_LARGEST_PX} a side; change its layout"
        )
    check_alt_text(picture.alt_text, limits)


def check_alt_text(alt_text: str, limits: Limits) -> None:
    """
    Refuse an alt text X would refuse. X does not say whether its 1000 counts code points or UTF-16 units: neither may be more.

    Raises:
        BadThread: empty, too long, or no text that can be sent. Permanent.
    """
    if not alt_text.strip():
        raise BadThread("a picture has no alt text, without which no chart is posted; describe what it shows")
    try:
        length = len(alt_text.encode("utf-16-le")) // 2
    except UnicodeEncodeError:
        raise BadThread("an alt text holds half a character, which cannot be sent; write it again") from None
    if length > limits.alt_length:  # UTF-16 units are never fewer than code points
        raise BadThread(
            f"an alt text has {length:,} characters as X may count them, and X takes {limits.alt_length:,}; shorten it: "
            "the figures themselves stand in the post"
        )
