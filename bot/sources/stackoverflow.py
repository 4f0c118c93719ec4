"""
Questions on Stack Overflow that carry a tag.

Measures how many questions were asked in a window (UTC, to the second) and carry the tag today. From 2008 on. A question counts
at once; within its first days some are closed and deleted, so a figure that is read within three days of its window's end is
provisional. Quota: 300 requests a day from one address without a key, 10,000 with one (free); thirty a second at most. Terms:
posts are CC BY-SA, counts are facts; link the tag.

Traps. Over quota the API says so with status 400 and locks the address for up to a day: then nothing is asked until that is over.
A reply may ask for a `backoff` before the next request; whoever does not heed it is locked out too. It is said, and unverified,
that the filter we ask with leaves that field out: then the interval alone keeps us far below every limit. An unknown tag is not
an error but nought questions, so a misspelt id looks like a dead tag. `Subject.ids["stackoverflow"]` is the tag ("pytorch").
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn
from urllib.parse import quote

from bot.domain.measure import Aggregation, Coverage, Metric, Missing, Observation, Origin, Subject, Unit
from bot.domain.period import Period
from bot.errors import BadInput, SourceUnavailable, Throttled
from bot.ports import Client, Key, Question, Reply, Service
from bot.sources import _replies, _windows

_NAME: Final = "stackoverflow"
_METRIC: Final = "so_questions"
METRICS: Final = (
    Metric(
        key=_METRIC,
        title="Stack Overflow questions",
        unit=Unit.COUNT,
        noun="questions",
        aggregation=Aggregation.TOTAL,
        beyond=1e6,
        measures="Questions asked on Stack Overflow in the window that carry the tag.",
        does_not_measure="Use, or need of help: people ask elsewhere, above all language models. Untagged questions.",
        known_biases=(
            "Questions that are deleted later are gone from the count, in old windows too. The site has shrunk for years, so "
            "a fall says little about one tag alone. Tags are renamed and merged."
        ),
        short="SO questions",
    ),
)
ORIGINS: Final = (
    Origin(
        name="Stack Overflow",
        homepage="https://stackoverflow.com/",
        terms="posts are CC BY-SA, counts are facts; the page of the tag is to be linked",
        citation="Stack Exchange API, questions by tag on Stack Overflow",
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="midnight UTC",
    depth="from 2008",
    lag="counted at once; provisional for three days, while bad questions are deleted",
    quota="300 requests a day without a key, 10,000 with one",
)
SERVICE: Final = Service(
    url="https://api.stackexchange.com", interval_s=0.5, limit_bytes=1024 * 1024, key=Key("STACKEXCHANGE_KEY", parameter="key")
)
_PATH: Final = "/2.3/questions"
_REFUSED: Final = 400
_SETTLED_AFTER: Final = dt.timedelta(days=3)
"""For so long after its end a window loses many questions: bad ones are closed and deleted within days."""
_KEEP_DAYS: Final = 30
_LONGEST_LOCK_S: Final = 24 * 60 * 60
"""An address that asked too often is locked for up to a day; so long where the reply does not say."""
_TAG: Final = re.compile(r"[a-z0-9+#.-]{1,35}")


@dataclass(frozen=True)
class _Total:
    total: _replies.Count


@dataclass(frozen=True)
class _Error:
    error_id: int
    error_name: str
    error_message: str


@dataclass(frozen=True)
class Source:
    """Asks how many questions a window has, tag by tag."""

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        """One reply per tag and window: the period, the one before, and that of a year before."""
        for subject in _replies.named(subjects, _NAME):
            for window in _windows.compared(period):
                reply = client.ask(_question(subject, window, client.now))
                yield reply
                _heed_backoff(client, reply)

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        """The one window the reply is about."""
        asked = _replies.asked(reply)
        named = _replies.named(subjects, _NAME)
        about = [(one, window) for one in named for window in _windows.compared(period) if _parameters(one, window) == asked]
        if not about:
            return ()
        if reply.status == _REFUSED:
            _refuse(reply)
        total = _replies.read(reply, _Total).total
        return [_told(subject, window, total, reply) for subject, window in about]


def _question(subject: Subject, window: Period, now: dt.datetime) -> Question:
    keep_days = _windows.keep_days(window.end, _SETTLED_AFTER, now, _KEEP_DAYS)
    return Question(_PATH, _parameters(subject, window), accept=(_REFUSED,), keep_days=keep_days)


def _parameters(subject: Subject, window: Period) -> dict[str, str]:
    """Both dates are included, so the last one is the window's last second."""
    return {
        "tagged": _tag(subject),
        "fromdate": f"{window.start.timestamp():.0f}",
        "todate": f"{window.end.timestamp() - 1:.0f}",
        "site": "stackoverflow",
        "filter": "total",
    }


def _tag(subject: Subject) -> str:
    """
    The tag.

    Raises:
        BadInput: no tag looks so; several tags would be asked for together, and few questions carry all of them.
    """
    tag = subject.ids[_NAME]
    if not _TAG.fullmatch(tag):
        raise BadInput(
            f'Stack Overflow cannot have a tag "{tag}" ({subject.name}): a tag is one word of small letters, digits, + # . '
            f"and -. Correct the id in the recipe; the address of the tag's page ends with it"
        )
    return tag


def _heed_backoff(client: Client, reply: Reply) -> None:
    """Wait as long as a reply asks for; one kept from earlier has been waited for."""
    try:
        body = json.loads(reply.body)
    except (ValueError, RecursionError):  # parse will say so
        return
    seconds = body.get("backoff") if isinstance(body, dict) else None
    if isinstance(seconds, int) and not isinstance(seconds, bool):
        left = min(seconds, _LONGEST_LOCK_S) - (client.now - reply.retrieved_at).total_seconds()
        if left > 0:
            client.pause(left)


def _refuse(reply: Reply) -> NoReturn:
    error = _replies.read(reply, _Error)
    said = f"{error.error_name}: {' '.join(error.error_message.split())[:100]}"
    if error.error_name != "throttle_violation":
        raise SourceUnavailable(
            f"Stack Overflow refuses the question ({said}). A tag may be misspelt or the key wrong; correct the id in the recipe "
            f"or STACKEXCHANGE_KEY"
        )
    until = reply.retrieved_at + dt.timedelta(seconds=_locked_s(error.error_message))
    raise Throttled(
        f"Stack Overflow was asked too often from this address ({said}); a free key in STACKEXCHANGE_KEY allows more",
        until,
    )


def _locked_s(message: str) -> int:
    found = re.search(r"available in ([0-9]{1,9}) seconds", message)
    return min(int(found[1]), _LONGEST_LOCK_S) if found else _LONGEST_LOCK_S


def _told(subject: Subject, window: Period, total: int, reply: Reply) -> Observation | Missing:
    if window.end > reply.retrieved_at:
        return Missing(_METRIC, subject.key, window, f"Stack Overflow: {window} was not over when it was asked for")
    tag = _tag(subject)
    page = f"https://stackoverflow.com/questions/tagged/{quote(tag, safe='')}"
    note = f"questions tagged [{tag}] asked in {window} and not deleted since"
    status = _windows.status(window.end, _SETTLED_AFTER, reply.retrieved_at)
    return _replies.Told(reply, ORIGINS[0]).figure(_METRIC, subject.key, window, total, page, note, status)
