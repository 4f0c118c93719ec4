"""The tables as the code knows them now. How a database got there is told in `migrations`; a test compares the two."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Dialect,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.types import TypeEngine

from bot.errors import BadStore

VERSION_TABLE: Final = "threadmill_version"
"""Not alembic's usual name: by it a database of ours is told from another program's."""

_SHOWN: Final = 20
"""Characters shown on either side of one that cannot be stored."""


class Words(TypeDecorator[str]):
    """Text that both databases keep: PostgreSQL has no NUL, and neither can write half a surrogate pair as UTF-8."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is not None and (not value.isascii() or "\0" in value):
            _refuse_unwritable(value)
        return value


class Instant(TypeDecorator[dt.datetime]):
    """
    An aware instant in UTC, to the microsecond.

    SQLite has no type for it: there it is ISO 8601 text of one width, which sorts as time does. PostgreSQL answers in the time
    zone of the session, so the answer is brought back to UTC.
    """

    impl = TIMESTAMP(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else TIMESTAMP(timezone=True))

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return utc(value).isoformat(timespec="microseconds") if dialect.name == "sqlite" else utc(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return utc(dt.datetime.fromisoformat(value) if isinstance(value, str) else value)


def utc(moment: dt.datetime) -> dt.datetime:
    """
    The same instant in UTC.

    Raises:
        BadStore: it has no time zone, and the machine's own would be a guess.
    """
    if moment.tzinfo is None:
        raise BadStore(
            f"{moment.isoformat()} cannot be stored: it has no time zone and may mean any of 38 instants; "
            f"this is a defect of whoever read the clock: make it aware, with dt.UTC"
        )
    return moment.astimezone(dt.UTC)


def _refuse_unwritable(text: str) -> None:
    for place, character in enumerate(text):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            shown = ascii(text[max(0, place - _SHOWN) : place + _SHOWN + 1])
            raise BadStore(
                f"the text {shown} cannot be stored: its character {place + 1} is {character!a}, which no database writes; "
                f"a reply was damaged or read in the wrong encoding; look at the reply it came from and mend its parsing"
            )


_SERIAL: Final = BigInteger().with_variant(Integer(), "sqlite")
"""Only INTEGER numbers itself in SQLite, where it has 64 bits too."""

metadata: Final = MetaData()

payload: Final = Table(
    "payload",
    metadata,
    Column("sha256", Words, primary_key=True),
    Column("body", LargeBinary, nullable=False, comment="zlib"),
    Column("size_bytes", BigInteger, nullable=False, comment="before compression"),
    Column("stored_at", Instant, nullable=False),
)

reply: Final = Table(
    "reply",
    metadata,
    Column("id", _SERIAL, primary_key=True),
    Column("source", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("day", Date, nullable=False, comment="of retrieved_at, in UTC"),
    Column("url", Words, nullable=False),
    Column("query", Words, nullable=False),
    Column("status", Integer, nullable=False),
    Column("retrieved_at", Instant, nullable=False),
    Column("payload_sha256", Words, ForeignKey("payload.sha256", name="reply_payload_sha256_fkey"), nullable=False),
    Column("refused", Boolean, nullable=False, server_default=false()),
    Index("reply_question", "source", "key", "day"),
    Index("reply_payload", "payload_sha256"),
)

reading: Final = Table(
    "reading",
    metadata,
    Column("id", _SERIAL, primary_key=True),
    Column("source", Words, nullable=False),
    Column("asked", Words, nullable=False),
    Column("metric", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("period_start", Instant, nullable=False),
    Column("period_end", Instant, nullable=False),
    Column("value", Double, nullable=False),
    Column("status", Words, nullable=False),
    Column("origin", Words, nullable=False),
    Column("url", Words, nullable=False),
    Column("query", Words, nullable=False),
    Column("retrieved_at", Instant, nullable=False),
    Column("note", Words, nullable=False),
    Column("payload_sha256", Words, nullable=False, comment="empty for a figure that was not read from a kept reply"),
    Index("reading_figure", "source", "asked", "metric", "period_start", "period_end"),
    Index("reading_payload", "payload_sha256"),
)

rest: Final = Table(
    "rest",
    metadata,
    Column("source", Words, primary_key=True),
    Column("until", Instant, nullable=False),
    Column("reason", Words, nullable=False),
)

edition: Final = Table(
    "edition",
    metadata,
    Column("id", _SERIAL, primary_key=True),
    Column("report", Words, nullable=False),
    Column("period", Words, nullable=False),
    Column("network", Words, nullable=False),
    Column("account", Words, nullable=False),
    Column("composed_at", Instant, nullable=False),
    Column("digest", Words, nullable=False, comment="of everything that is sent"),
    Column("thread_json", Words, nullable=False),
    Column("facts_json", Words, nullable=False),
    Column("frozen_at", Instant, nullable=False),
    Column("withdrawn_at", Instant, comment="no post of it is taken any more"),
    Column("agreed_at", Instant, comment="when it was last agreed to post the rest, or to take it down"),
    Column("removal_usd", Double, comment="what it may be billed from then on to take it down"),
    Column(
        "correction", Words, nullable=False, server_default="", comment="3#1 is the first one of post 3; empty for the thread"
    ),
    Column("reply_to", Words, nullable=False, server_default="", comment="the post that is corrected, by its id on the network"),
    CheckConstraint("(correction = '') = (reply_to = '')", name="edition_correction"),
    UniqueConstraint("report", "period", "account", "correction", name="edition_key"),
)

delivery: Final = Table(
    "delivery",
    metadata,
    Column("edition", BigInteger, ForeignKey("edition.id", name="delivery_edition_fkey"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("text", Words, nullable=False),
    Column("cost_usd", Double, nullable=False),
    Column("state", Words, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("remote_id", Words, nullable=False, comment="empty before it is published"),
    Column("error", Words, nullable=False, comment="the last one"),
    Column("worker", Words, nullable=False, comment="who is sending it; empty otherwise"),
    Column("lease_until", Instant),
    Column("not_before", Instant),
    Column("sent_at", Instant, comment="when it was last taken"),
    Column("sent_until", Instant, comment="after a restore: until when a process the store does not know of may have sent it"),
    CheckConstraint("state IN ('planned', 'sending', 'published', 'rejected', 'unknown', 'removed')", name="delivery_state"),
    CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="delivery_lease"),
    CheckConstraint("(state IN ('published', 'removed')) = (remote_id <> '')", name="delivery_receipt"),
    Index(
        "delivery_remote_id",
        "edition",
        "remote_id",
        unique=True,
        sqlite_where=text("remote_id <> ''"),
        postgresql_where=text("remote_id <> ''"),
    ),
)

picture: Final = Table(
    "picture",
    metadata,
    Column("edition", BigInteger, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="1 is the first of its post"),
    Column("payload_sha256", Words, ForeignKey("payload.sha256", name="picture_payload_sha256_fkey"), nullable=False),
    Column("alt_text", Words, nullable=False),
    Column("width_px", Integer, nullable=False),
    Column("height_px", Integer, nullable=False),
    ForeignKeyConstraint(["edition", "position"], ["delivery.edition", "delivery.position"], name="picture_delivery_fkey"),
    Index("picture_payload", "payload_sha256"),
)

citation: Final = Table(
    "citation",
    metadata,
    Column("edition", BigInteger, ForeignKey("edition.id", name="citation_edition_fkey"), primary_key=True, autoincrement=False),
    Column("payload_sha256", Words, primary_key=True, comment="no foreign key: bundled files and yours are cited too"),
    Index("citation_payload", "payload_sha256"),
)

upload: Final = Table(
    "upload",
    metadata,
    Column("edition", BigInteger, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("media_id", Words, nullable=False),
    Column("uploaded_at", Instant, nullable=False),
    Column("described", Boolean, nullable=False),
    ForeignKeyConstraint(
        ["edition", "position", "number"], ["picture.edition", "picture.position", "picture.number"], name="upload_picture_fkey"
    ),
)

charge: Final = Table(
    "charge",
    metadata,
    Column("id", _SERIAL, primary_key=True),
    Column("edition", BigInteger, nullable=False, comment="no foreign key: money that was spent is written down in any case"),
    Column("position", Integer, nullable=False),
    Column("call", Words, nullable=False),
    Column("usd", Double, nullable=False),
    Column("at", Instant, nullable=False),
    Index("charge_at", "at"),
)

scheduled: Final = Table(
    "scheduled",
    metadata,
    Column("report", Words, primary_key=True),
    Column("network", Words, primary_key=True),
    Column("since", Instant, nullable=False, comment="nothing of what went by before is missed"),
)

turn: Final = Table(
    "turn",
    metadata,
    Column("report", Words, primary_key=True),
    Column("network", Words, primary_key=True),
    Column("period", Words, primary_key=True),
    Column("period_ends_at", Instant, nullable=False, comment="of the period, in whose order turns are"),
    Column("opens_at", Instant, nullable=False),
    Column("grace_until", Instant, nullable=False),
    Column("complete_until", Instant, nullable=False),
    Column("closes_at", Instant, nullable=False),
    Column("state", Words, nullable=False),
    Column("reason", Words, nullable=False, comment="why it is not over, or how it ended"),
    Column("attempts", Integer, nullable=False, comment="how often it was begun"),
    Column("retry_at", Instant, comment="of a turn that a worker has: somebody has done something about it meanwhile"),
    Column("worker", Words, nullable=False, comment="who has it; empty otherwise"),
    Column("lease_until", Instant),
    Column("edition", BigInteger, ForeignKey("edition.id", name="turn_edition_fkey")),
    Column("run", Words, nullable=False, comment="the last one; empty if it was never begun"),
    Column("begun_at", Instant, comment="the first time"),
    Column("ended_at", Instant),
    CheckConstraint(
        "state IN ('open', 'waiting', 'held', 'sending', 'unknown', 'published', 'written', 'skipped', 'missed')",
        name="turn_state",
    ),
    CheckConstraint("(worker <> '') = (lease_until IS NOT NULL)", name="turn_lease"),
    CheckConstraint("(state IN ('published', 'written', 'skipped', 'missed')) = (ended_at IS NOT NULL)", name="turn_end"),
    CheckConstraint("ended_at IS NULL OR (lease_until IS NULL AND retry_at IS NULL)", name="turn_over"),
    CheckConstraint("(attempts > 0) = (begun_at IS NOT NULL)", name="turn_begun"),
)

approval: Final = Table(
    "approval",
    metadata,
    Column("edition", BigInteger, ForeignKey("edition.id", name="approval_edition_fkey"), primary_key=True, autoincrement=False),
    Column("digest", Words, nullable=False, comment="of what was seen"),
    Column("approved_by", Words, nullable=False),
    Column("approved_at", Instant, nullable=False),
)

acceptance: Final = Table(
    "acceptance",
    metadata,
    Column("id", _SERIAL, primary_key=True),
    Column("report", Words, nullable=False),
    Column("period", Words, nullable=False),
    Column("judgement", Words, nullable=False, comment="of a gate, over the very figures that were seen"),
    Column("gate", Words, nullable=False),
    Column("because", Words, nullable=False),
    Column("accepted_by", Words, nullable=False),
    Column("accepted_at", Instant, nullable=False),
    Index("acceptance_edition", "report", "period"),
)

run: Final = Table(
    "run",
    metadata,
    Column("id", Words, primary_key=True),
    Column("why", Words, nullable=False),
    Column("report", Words, nullable=False),
    Column("period", Words, nullable=False),
    Column("worker", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("config_digest", Words, nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("outcome", Words, nullable=False, comment="empty while it goes on"),
    Column("sources", Words, nullable=False, comment="JSON: what each source gave"),
    CheckConstraint("(outcome <> '') = (ended_at IS NOT NULL)", name="run_end"),
    Index("run_began_at", "began_at"),
)

chore: Final = Table(
    "chore",
    metadata,
    Column("name", Words, primary_key=True),
    Column("day", Date, primary_key=True, comment="in UTC"),
    Column("worker", Words, nullable=False, comment="who does it; empty when it is done"),
    Column("lease_until", Instant),
    Column("ended_at", Instant),
    Column("outcome", Words, nullable=False, comment="empty before it is done"),
    CheckConstraint("(worker <> '') = (lease_until IS NOT NULL)", name="chore_lease"),
    CheckConstraint("(ended_at IS NULL) = (lease_until IS NOT NULL)", name="chore_end"),
)

notice: Final = Table(
    "notice",
    metadata,
    Column("id", _SERIAL, primary_key=True),
    Column("event", Words, nullable=False),
    Column("report", Words, nullable=False),
    Column("network", Words, nullable=False),
    Column("period", Words, nullable=False),
    Column("cause", Words, nullable=False, comment="another one is told again"),
    Column("text", Words, nullable=False),
    Column("run", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, comment="how often somebody took it to tell it"),
    Column("worker", Words, nullable=False, comment="who is telling it; empty otherwise"),
    Column("lease_until", Instant),
    Column("told_at", Instant),
    Column("error", Words, nullable=False, comment="why it was not told the last time"),
    CheckConstraint("(worker <> '') = (lease_until IS NOT NULL)", name="notice_lease"),
    CheckConstraint("told_at IS NULL OR lease_until IS NULL", name="notice_told"),
    UniqueConstraint("event", "report", "network", "period", name="notice_key"),
)

restored: Final = Table(
    "restored",
    metadata,
    Column("restored_at", Instant, primary_key=True),
    Column("made_at", Instant, nullable=False, comment="when the backup was made: what happened since is not known here"),
)
