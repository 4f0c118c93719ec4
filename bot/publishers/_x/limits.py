"""
What X allows and costs, as data.

Lengths: twitter-text config v3 (280 weighted units, a link counts 23). Images: docs.x.com, media best practices (four a post,
5 MB). Alt text: at most 1000 characters (POST /2/media/metadata). Prices: docs.x.com, pricing page, pay-per-use plan.
"""

from __future__ import annotations

from typing import Final

from bot.domain.thread import Limits

LIMITS: Final = Limits(
    network="x",
    post_length=280,
    link_length=23,
    images_per_post=4,
    alt_length=1000,
    image_bytes=5_000_000,
    cashtags_per_post=1,
    mentions_allowed=False,
    post_usd=0.015,
    post_with_link_usd=0.200,
    alt_text_usd=0.005,
    read_usd=0.005,  # 0.001 if the account owns the app, which no call tells
    remove_usd=0.010,  # "Interaction: Delete"; that it covers posts is not said
    prices_as_of="2026-08-22",
)
