"""
Tells a webhook, as JSON: `text` is what Slack and Mattermost show, `content` what Discord shows; the rest is for programs.

Slack reads &, < and > in `text` as markup, so they are escaped there, and only there ("escaping text" in
https://api.slack.com/reference/surfaces/formatting). Discord takes a `content` of up to 2,000 characters, and rings for @everyone
in it unless it is told not to ("execute webhook" in https://discord.com/developers/docs/resources/webhook).
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Final

from bot.config import Secret
from bot.ports import Notice
from bot.telling import _web

_SECONDS: Final = 10.0
_DISCORD: Final = 2000


class Webhook:
    """POSTs each notice to an address that is a secret."""

    def __init__(self, url: Secret, seconds: float = _SECONDS) -> None:
        self._url = url
        self._seconds = seconds

    @property
    def name(self) -> str:
        """By its host."""
        return f"the webhook at {_web.host(self._url)}"

    def tell(self, notice: Notice) -> None:
        _web.ask(self.name, "THREADMILL_NOTIFY_URL", self._url, _body(notice), self._seconds)


def _body(notice: Notice) -> Mapping[str, object]:
    return {
        "text": html.escape(notice.text, quote=False),
        "content": notice.text if len(notice.text) <= _DISCORD else f"{notice.text[: _DISCORD - 1]}…",
        "allowed_mentions": {"parse": []},
        "id": notice.id,
        "event": notice.event,
        "report": notice.report,
        "network": notice.network,
        "period": notice.period,
        "run": notice.run,
        "at": None if notice.at is None else notice.at.isoformat(),
    }
