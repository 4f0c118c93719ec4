"""What is asked of a source, and what it is given to ask with."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, TypeVar

from bot.domain.measure import Missing, Observation, Subject
from bot.domain.period import Period
from bot.errors import SourceUnavailable


@dataclass(frozen=True)
class Reply:
    """
    The very bytes a source answered with, where they came from, and when.

    `query` is what was asked, without any key: path and parameters of a GET, the body of a POST, the line of a file.
    """

    body: bytes = field(repr=False)
    url: str
    query: str
    retrieved_at: dt.datetime
    status: int = 200

    @property
    def sha256(self) -> str:
        """Digest of the bytes: the id under which a reply is kept."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True)
class Key:
    """A key some services want: the environment variable it is in, and the header or parameter it goes into."""

    variable: str
    header: str = ""
    prefix: str = ""
    parameter: str = ""


@dataclass(frozen=True)
class Service:
    """
    Where a live source is asked and how politely. THREADMILL_URL_<NAME> replaces `url`.

    `interval_s` passes between two requests, `concurrency` of which may be under way together; `limit_bytes` caps one reply after
    decompression. `patience_s` is the longest one question may take with its retries and asked-for pauses, `longest_s` the
    longest all questions of a run may.
    """

    url: str
    interval_s: float
    concurrency: int = 1
    limit_bytes: int = 32 * 1024 * 1024
    patience_s: float = 120
    longest_s: float = 1800
    key: Key | None = None

    def __post_init__(self) -> None:
        if self.interval_s < 0 or self.concurrency < 1 or self.limit_bytes < 1:
            raise ValueError("a service is asked at intervals, by one request or more, for at least one byte")


Parameters: TypeAlias = Mapping[str, str | int]


@dataclass(frozen=True)
class Question:
    """
    One request that changes nothing: a GET, or with a `body` a POST that only asks (a query language). Keys are not in it.

    `accept` are statuses besides 200 whose replies mean something (a 404 for a package nobody knows). `head` names response
    headers that belong to the answer: they are kept in front of the body as "Name: value" lines and an empty one. `keep_days`
    says for how many days a kept reply answers again; 0 is for the same UTC day.
    """

    path: str
    parameters: Parameters = field(default_factory=dict)
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    accept: tuple[int, ...] = ()
    head: tuple[str, ...] = ()
    keep_days: int = 0


class Client(Protocol):
    """
    Asks one service, politely: at its interval, again after a passing failure, and never twice a day for the same thing.

    `has_key` tells whether a key was given for the service; `now` is the instant. `keys` are the names under which the answers
    given so far are kept.
    """

    @property
    def keys(self) -> Sequence[str]: ...

    @property
    def has_key(self) -> bool: ...

    @property
    def now(self) -> dt.datetime: ...

    def ask(self, question: Question) -> Reply:
        """
        The answer, from the service or as kept from before; its `query` is `question`'s, readable.

        Raises:
            SourceUnavailable: no answer, one with another status, or one that is too long, too slow or from elsewhere.
        """
        ...

    def pause(self, seconds: float) -> None:
        """Ask nothing for a while, because the service said so in an answer. Raises Throttled if that is too long for a run."""
        ...

    def ask_all(self, questions: Sequence[Question]) -> Iterator[Reply]:
        """The answers to many questions in their order, as many under way together as the service allows."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


Asked_contra = TypeVar("Asked_contra", contravariant=True)
"""What a source asks: a Client, or a Computer."""


class Source(Protocol[Asked_contra]):
    """
    One publisher of numbers: `bot/sources/NAME.py` with a frozen dataclass `Source`, whose fields are its settings.

    The module also has METRICS, the definitions of what it measures; ORIGINS, whom to name and on what terms; COVERAGE, what it
    can be asked for; and if it asks a service, SERVICE. One that computes over raw data is COMPUTED: its client is a Computer,
    and it has a setting `engine`. One that reads the same from its files whatever the period says SAYS_ALL:
    it is then read once for many periods.
    """

    def fetch(self, client: Asked_contra, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        """
        What the publisher says now, as bytes. The only function of the room that does I/O.

        Whatever the period is compared with belongs to it: the period before and that of a year before. Replies are told one by
        one: each is kept before the next is asked for.

        Raises:
            SourceUnavailable: nothing (more) to be had this time; the run goes on with what there is.
            BadInput: a file is wrong; the run ends, for somebody put it there and can mend it.
        """
        ...

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        """
        The observations of these subjects in one reply that was fetched for a period. Pure: the same bytes give the same
        observations, in the same order.

        A subject's name at the publisher is `subject.ids[NAME]`; a subject without one is not asked for. What the reply should
        hold and does not is Missing, with the reason.

        Raises:
            BadFigures: a file is not what the publisher documents; names the place. Never a guess.
            SourceUnavailable: the same of a live reply, which nobody here can mend; the run goes on without it.
        """
        ...


@dataclass(frozen=True)
class Offline:
    """
    A client that asks nobody, for rooms that read files and for runs without a connection; `name` is the source's.

    `at` is the instant it is to be, for a run as of the past.
    """

    name: str = "this source"
    at: dt.datetime | None = None

    @property
    def keys(self) -> Sequence[str]:
        return ()

    @property
    def has_key(self) -> bool:
        return False

    @property
    def now(self) -> dt.datetime:
        return self.at or dt.datetime.now(dt.UTC)

    def ask(self, question: Question) -> Reply:
        raise SourceUnavailable(f"{self.name} was not asked: this run makes no connection")

    def compute(self, computation: object) -> Reply:
        """As a Computer: no engine is asked either."""
        raise SourceUnavailable(
            f"{self.name} was not computed: this run makes no connection to its engine, or tells what was collected before"
        )

    def ask_all(self, questions: Sequence[Question]) -> Iterator[Reply]:
        return iter([self.ask(question) for question in questions])

    def pause(self, seconds: float) -> None: ...

    def close(self) -> None: ...
