"""What the house asks of its wings. The docstrings are the contracts; the contract tests check every room against them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from bot.domain.access import Access
from bot.domain.claim import Basis
from bot.domain.delivery import Budget, Charge, Delivery, Frozen, Picture, Seen, State, Upload
from bot.domain.measure import Metric, Missing, Observation, Subject
from bot.domain.period import Period
from bot.domain.text import Cited
from bot.errors import SourceUnavailable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is being done and how far it is: ("drawing", 3, 8); 0 of 0 where that is unknown."""

CHART_COLUMNS: Final = (
    "metric", "subject", "column", "period_start", "period_end", "value", "low", "high", "leads", "segment", "basis",
)  # fmt: skip
"""The columns of `ChartData.frame`, which explains them."""


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


class Source(Protocol):
    """
    One publisher of numbers: `bot/sources/NAME.py` with a frozen dataclass `Source`, whose fields are its settings.

    The module also has METRICS, the definitions of what it measures; ORIGINS, whom to name and on what terms; COVERAGE, what it
    can be asked for; and if it asks a service, SERVICE.
    """

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
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
    """A client that asks nobody, for rooms that read files and for runs without a connection; `name` is the source's."""

    name: str = "this source"

    @property
    def keys(self) -> Sequence[str]:
        return ()

    @property
    def has_key(self) -> bool:
        return False

    @property
    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def ask(self, question: Question) -> Reply:
        raise SourceUnavailable(f"{self.name} was not asked: this run makes no connection")

    def ask_all(self, questions: Sequence[Question]) -> Iterator[Reply]:
        return iter([self.ask(question) for question in questions])

    def pause(self, seconds: float) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class ChartData:
    """
    What one chart shows, ready to draw: words with their citations, and one tidy frame.

    Columns of `frame`, one row per drawn figure:
        metric        str       key of a metric in `metrics`
        subject       str       key of a subject in `subjects`
        column        str       label of the group or column the figure belongs to ("2020", "NeurIPS"); "" if there is one only
        period_start  datetime64[UTC]
        period_end    datetime64[UTC], exclusive
        value         float64   in `unit`, never scaled
        low, high     float64   95 % interval, or NaN
        leads         bool      this figure is the row's stated leader
        segment       int64     lines are drawn within a segment only: a break in method or a missing reading starts a new one
        basis         str       key into `bases`
    Share values are percent of their column, whatever the metric's own unit, and may span several metrics. `source` says
    "Source: ..." itself. Rows are sorted by the order of metrics, columns, subjects, then time.

    `per_day`: values are the metric's count divided by the days of its window. `highlight` are the subjects drawn in colour;
    empty means all. `absent` says in at most three words why a (metric, subject) has no figure.
    """

    title: Cited
    subtitle: Cited
    source: Cited
    caveat: Cited
    metrics: tuple[Metric, ...]
    subjects: tuple[Subject, ...]
    period: Period
    frame: pd.DataFrame = field(repr=False, compare=False)
    bases: Mapping[str, Basis] = field(repr=False)
    per_day: bool = False
    highlight: tuple[str, ...] = ()
    absent: Mapping[tuple[str, str], str] = field(default_factory=dict)


class ChartKind(Protocol):
    """One way to draw: `bot/charts/NAME.py` with these two functions and a NOUN ("Bar chart") that opens its alt text."""

    NOUN: str

    def draw(self, data: ChartData) -> Figure:
        """
        The chart on the house's canvas. Everything on it comes from `data` and the theme.

        Raises:
            BadChart: the title, a name or a value cannot be made to fit.
        """
        ...

    def describe(self, data: ChartData) -> Cited:
        """The alt text: kind, measure, period, finding, values, caveat, source; 200 to 450 characters, plain words."""
        ...


@dataclass(frozen=True)
class Reading:
    """An observation as the store has it: with the name its subject goes by at the source, which reports may call differently."""

    asked: str
    observation: Observation


@dataclass(frozen=True)
class Rest:
    """A service asked to be left alone until an instant."""

    until: dt.datetime
    reason: str


class Store(Protocol):
    """
    What was collected, for good. Each method is one transaction; what it says is done has been committed.

    Readings are append-only: a figure that was restated is a new row. `source` is the name of a room.

    Raises (every method):
        BadStore: the database cannot be reached, read or written.
    """

    def kept(self, source: str, key: str, since: dt.date) -> Reply | None:
        """The newest reply to a question that was kept on this UTC day or later and not refused since."""
        ...

    def keep(self, source: str, key: str, reply: Reply) -> None:
        """Keep a reply, its bytes compressed under their sha256. The same bytes again are kept once."""
        ...

    def refuse(self, source: str, keys: Sequence[str]) -> None:
        """Never answer these questions from replies kept so far: they were unfit. Their bytes stay."""
        ...

    def size(self, sha256: str) -> int | None:
        """How many bytes are kept under this digest, or None."""
        ...

    def payload(self, sha256: str) -> bytes | None:
        """The very bytes of a kept reply, or None if none has this digest."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...

    def record(self, source: str, readings: Sequence[Reading]) -> int:
        """Write readings that say something new (first, or another value, status or note than the newest one); how many did."""
        ...

    def readings(self, source: str, asked: Sequence[str]) -> list[Reading]:
        """All readings of some names at a source, in order of retrieval."""
        ...

    def rest(self, source: str) -> Rest | None:
        """Until when a service is to be left alone, if anybody said so."""
        ...

    def leave_alone(self, source: str, rest: Rest) -> None:
        """Remember that a service is to be left alone."""
        ...

    @property
    def desk(self) -> Desk:
        """What the same database knows of editions on their way."""
        ...


class Network(Protocol):
    """
    An account on a network that threads are posted to: `bot/publishers/NAME.py`.

    Every method makes at most the calls it names, each once: trying again is the business of whoever knows what was sent.

    Raises (every method that calls):
        Rejected: refused for good; nothing was done.
        Later: surely nothing was done, and the network says when to come back.
        Unsure: the outcome is not known: no answer, one that cannot be read, a server's failure, a refusal as a duplicate.
        BadInput: what it would be asked with is wrong; nothing was sent.
    """

    @property
    def account(self) -> str:
        """The id of the account, known without a call."""
        ...

    def ready(self) -> None:
        """Whatever a call needs before it may be made: a login that is about to end is renewed. Nothing, mostly."""
        ...

    def check(self, picture: Picture) -> None:
        """
        Refuse what the network would refuse, before anything is sent.

        Raises:
            BadThread: the picture or its alt text breaks one of the network's limits.
        """
        ...

    def upload(self, picture: Picture) -> str:
        """The id of a picture, from now on the network's for a day. May be repeated freely: nothing shows."""
        ...

    def describe(self, media_id: str, alt_text: str) -> None:
        """Tell the words that stand for a picture."""
        ...

    def create(self, text: str, media_ids: Sequence[str], reply_to: str) -> str:
        """Post, as a reply to an own post unless `reply_to` is empty; its id. The one call that must not be repeated blindly."""
        ...

    def recent(self, since: dt.datetime) -> Sequence[Seen]:
        """The account's own posts from an instant on, newest first, as far as the network shows them by now."""
        ...

    def same(self, text: str, seen: Seen) -> bool:
        """Whether a post that is seen is the one that was sent, whatever the network made of its links and signs."""
        ...

    def remove(self, remote_id: str) -> bool:
        """Delete a post; whether it was there to be deleted. May be repeated: what is gone stays gone."""
        ...


class Asked(Protocol):
    """A login a person was asked for: to be answered in a browser, at `address`."""

    @property
    def address(self) -> str: ...

    def wait(self, seconds: float) -> Access:
        """The login, once the browser brings the answer back. Raises Later if it does not, and as `paste`."""
        ...

    def paste(self, text: str) -> Access:
        """
        The login, by what the person pasted of the answer.

        Raises:
            BadInput: that is no answer, or the login is another account's than the other credentials.
            Rejected, Later: as the network says. Nothing was stored.
        """
        ...


class Door(Protocol):
    """Where logins to a network come in: `bot/publishers/NAME.py` with a function `door`."""

    def ask(self, port: int, listen: bool) -> AbstractContextManager[Asked]:
        """Ask for a login; its answer comes to a port of this machine, where it is listened for unless the person pastes it."""
        ...

    def exchange(self) -> Access:
        """A login made from keys that are there, without a person. Raises as `Asked.paste`."""
        ...

    def forget(self) -> str | None:
        """Remove the stored login; where it was, or None if there was none."""
        ...


class Desk(Protocol):
    """
    What the store knows of editions on their way: frozen threads, and what became of each post. Each method is one transaction.

    Raises (every method):
        BadStore: the database cannot be reached, read or written.
    """

    def freeze(self, frozen: Frozen, budget: Budget | None = None) -> int:
        """
        Keep an edition with a planned delivery for each post, and tell its id. If there is one for its report, period and account
        already, nothing is written, and its id is told: that one is resumed, whatever this one says.

        Raises:
            OverBudget: with what is `committed` by then, the budget would be exceeded; nothing is written.
        """
        ...

    def committed(self, since: dt.datetime, edition: int | None = None) -> float:
        """
        What was billed from an instant on, and what the posts that are not out may still be billed: of the editions frozen since,
        and of `edition` in any case. Nothing of what was withdrawn will be billed.
        """
        ...

    def withdraw(self, edition: int, now: dt.datetime) -> None:
        """Nobody takes a post of this edition any more. The first instant stays."""
        ...

    def withdrawn(self, edition: int) -> dt.datetime | None:
        """When an edition was withdrawn, if it was."""
        ...

    def frozen(self, edition: int) -> Frozen:
        """The edition, byte by byte as it was frozen."""
        ...

    def find(self, report: str, period: str, account: str) -> int | None:
        """The id of an edition, if there is one."""
        ...

    def editions(self) -> Sequence[int]:
        """The ids of all editions, newest first."""
        ...

    def deliveries(self, edition: int) -> Sequence[Delivery]:
        """One per post, by position."""
        ...

    def take(self, edition: int, position: int, worker: str, now: dt.datetime, until: dt.datetime) -> bool:
        """
        PLANNED to SENDING, if it is planned, may be sent by now, every post before it is published, and the edition is not
        withdrawn. True for exactly one of those who try at once; counts an attempt, sets lease and sent_at.
        """
        ...

    def settle(
        self,
        before: Delivery,
        state: State,
        remote_id: str = "",
        error: str = "",
        not_before: dt.datetime | None = None,
        charge: Charge | None = None,
    ) -> bool:
        """
        Move a delivery from how it was seen to another state: state, worker and attempts must still be those of `before`. With it
        the call that led there is written down, if it was billed. False, and nothing written, if somebody else has moved it
        meanwhile.

        Raises:
            ValueError: there is no such move (`MOVES`).
        """
        ...

    def expire(self, edition: int, now: dt.datetime) -> int:
        """SENDING whose lease ran out becomes UNKNOWN: whoever had it is dead or cut off. How many."""
        ...

    def uploads(self, edition: int) -> Sequence[Upload]:
        """The newest upload of each picture, by position and number."""
        ...

    def uploaded(self, upload: Upload, charge: Charge | None = None) -> None:
        """Remember an upload, or that its alt text was told, with what that was billed."""
        ...

    def charge(self, charge: Charge) -> None:
        """Write down a billed call that moved no post: looks at the account."""
        ...

    def charges(self, edition: int | None = None, since: dt.datetime | None = None) -> Sequence[Charge]:
        """Billed calls, of one edition or all, from an instant on, in order of time."""
        ...
