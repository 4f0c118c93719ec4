"""
The one polite client. Every live source asks through it, and nothing else in the house opens a connection to a service.

It keeps its distance (the service's interval), asks again only what changes nothing and only after failures that pass (429, 5xx,
time-outs, broken connections), waits as long as it is asked to within the service's patience, and else leaves the service alone
for that long, in later runs too. A reply is read as a stream and cut off at its limit of bytes, compressed and not, and at its
limit of time. Redirects are followed on the same host only.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import hashlib
import json
import re
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NoReturn
from urllib.parse import quote, quote_plus, urlencode, urljoin, urlsplit

import requests
import tenacity
import urllib3

from bot import wire
from bot.config import Secret
from bot.errors import SourceUnavailable, Throttled
from bot.parallel import side_by_side
from bot.ports import Question, Reply, Rest, Service, Store
from bot.sources import _body

_CONNECT_S: Final = 10
_READ_S: Final = 30
_ATTEMPTS: Final = 5
_MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_PASSING: Final = frozenset({408, 425, 429, *range(500, 600)})
_NOT_READY: Final = 202
_BARE_REST: Final = dt.timedelta(hours=1)
"""How long a service is left alone that answers 429 again and again and does not say until when (arXiv does, for hours)."""
_LONGEST_REST: Final = dt.timedelta(days=2)
_CLOCK_OFF: Final = dt.timedelta(minutes=15)
_EXCERPT: Final = 160
_EPOCH_SECONDS: Final = 1_000_000_000
"""A reset larger than this is an instant (2001 and later), a smaller one a number of seconds."""


class _Passing(Exception):
    """An attempt failed in a way that may pass. `wait_s` is how long the service asks to wait, None if it does not say."""

    def __init__(self, reason: str, wait_s: float | None = None, throttled: bool = False) -> None:
        super().__init__(reason)
        self.wait_s = wait_s
        self.throttled = throttled


@dataclass
class Clock:
    """Time as the client sees it; tests bring their own. `sleep` ends early, and says so, when the run is stopped."""

    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC).replace(microsecond=0)
    monotonic: Callable[[], float] = time.monotonic
    stopped: threading.Event = field(default_factory=threading.Event)

    def sleep(self, seconds: float) -> None:
        if self.stopped.wait(seconds):
            raise SourceUnavailable("stopped before it was finished; what was collected until then is kept")


class HttpClient:
    """Asks one service. `url` is its base address, `contact` what the User-Agent tells its operators."""

    def __init__(
        self,
        name: str,
        service: Service,
        url: str = "",
        key: Secret | None = None,
        contact: str = "",
        store: Store | None = None,
        clock: Clock | None = None,
        progress: Callable[[int], None] = lambda _: None,
        longest_reply_s: float = 120,
    ) -> None:
        self._name = name
        self._service = service
        self._base = (url or service.url).rstrip("/")
        self._key = key
        self._store = store
        self._clock = clock or Clock()
        self._progress = progress
        self._turn = threading.Lock()
        self._not_before = float("-inf")
        self._answers = 0
        self._session = wire.Session(contact, service.concurrency)
        self._longest_reply_s = longest_reply_s
        self._begun: float | None = None
        self.keys: list[str] = []

    @property
    def has_key(self) -> bool:
        """Whether a key was given for the service."""
        return self._key is not None

    @property
    def now(self) -> dt.datetime:
        """The instant."""
        return self._clock.now()

    def pause(self, seconds: float) -> None:
        """
        Ask nothing for a while, because the service said so in an answer.

        Raises:
            Throttled: it is longer than this run can wait.
        """
        if seconds > self._service.patience_s:
            self._leave_alone(f"asks for a pause of {seconds:.0f} s", seconds)
        with self._turn:
            self._not_before = max(self._not_before, self._clock.monotonic() + seconds)

    def ask(self, question: Question) -> Reply:
        """
        The answer, from the service or as kept from before.

        Raises:
            SourceUnavailable: no answer, one with another status, or one that is too long, too slow or from elsewhere.
        """
        key = self._question_key(question)
        self.keys.append(key)
        reply = self._kept(key, question) or self._asked(key, question)
        self._answers += 1
        self._progress(self._answers)
        return reply

    def ask_all(self, questions: Sequence[Question]) -> Iterator[Reply]:
        """The answers to many questions in their order, as many under way together as the service allows."""
        return side_by_side([partial(self.ask, question) for question in questions], self._service.concurrency)

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def _kept(self, key: str, question: Question) -> Reply | None:
        if self._store is None:
            return None
        found = self._store.kept(self._name, key, self.now.date() - dt.timedelta(days=question.keep_days))
        return None if found is None or found.retrieved_at > self.now else found  # a clock may have been ahead

    def _asked(self, key: str, question: Question) -> Reply:
        self._refuse_resting()
        reply = self._retried(question)
        if self._store is not None:
            self._store.keep(self._name, key, reply)
        return reply

    def _refuse_resting(self) -> None:
        rest = self._store.rest(self._name) if self._store else None
        if rest is not None and self.now < rest.until <= self.now + _LONGEST_REST:
            raise Throttled(
                f"{self._name} is left alone until {_minute(rest.until)}: {rest.reason}. Run again then",
                rest.until,
            )

    def _retried(self, question: Question) -> Reply:
        """Ask until there is an answer, no more than so often and so long."""
        waits = _Waits(self._service.patience_s)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Passing),
            stop=waits.over,
            wait=waits.next,
            sleep=self._clock.sleep,
            reraise=True,
        )
        try:
            return retrying(self._once, question)
        except _Passing as error:
            if error.throttled:
                self._leave_alone(str(error), error.wait_s)
            raise SourceUnavailable(f"{self._name} {error}. It may be down for a while; run again later") from None

    def _leave_alone(self, reason: str, seconds: float | None) -> NoReturn:
        """Remember that the service asked to be left alone, and say so."""
        asked = _BARE_REST if seconds is None else dt.timedelta(seconds=min(seconds, _LONGEST_REST.total_seconds()))
        until = self.now + asked
        if self._store is not None:
            self._store.leave_alone(self._name, Rest(until, reason))
        raise Throttled(f"{self._name} {reason}. It is left alone until {_minute(until)}; run again then", until)

    def _once(self, question: Question) -> Reply:
        """One attempt: wait for our turn, ask, read the answer under its limits."""
        self._wait_for_turn()
        parameters = dict(question.parameters)
        headers = dict(question.headers)
        self._add_key(parameters, headers)
        address = self._base + question.path
        with wire.Watch(self._longest_reply_s) as watch:
            try:
                with self._followed(question, _with_query(address, parameters), headers) as response:
                    reply = self._read(response, question)
            except _body.TooMuch as error:
                raise SourceUnavailable(
                    f"{self._name} {error}; the rest was not read. It is not the reply its documentation describes; see whether "
                    f"the service has moved"
                ) from None
            except _Passing:
                self._refuse_slow(watch)
                raise
            except zlib.error as error:
                raise _Passing(f"sent a body that cannot be decompressed ({error})") from None
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                self._refuse_slow(watch)
                trouble = wire.trouble(error, _CONNECT_S, _READ_S)
                if trouble in wire.LASTING:
                    raise SourceUnavailable(
                        f"{self._name} {trouble}. Look at the connection of this machine; run again later"
                    ) from None
                raise _Passing(trouble) from None  # the cause's text holds the address with its key
        self._refuse_slow(watch)  # a body that ends with the connection looks whole when the watch has shut it
        return reply

    def _refuse_slow(self, watch: wire.Watch) -> None:
        if watch.fired:
            raise SourceUnavailable(
                f"{self._name} did not finish its reply in {self._longest_reply_s:g} s. It may be overloaded; run again later"
            ) from None

    def _read(self, response: requests.Response, question: Question) -> Reply:
        """The answer in a response: of a fitting status, under the limit, at a time this machine agrees on, without our key."""
        self._refuse_status(response, question)
        self._refuse_clock(response)
        body = _body.read(response.raw, response.headers, self._service.limit_bytes)
        whole = _body.head(response.headers, question.head) + body
        if self._holds_key(whole):
            raise SourceUnavailable(
                f"{self._name} repeats the key it was given in its reply, which is not kept. It may be misconfigured; try "
                f"without the key"
            )
        address = self._base + question.path
        return Reply(whole, _shown(address, question), _asked_words(question), self.now, response.status_code)

    def _refuse_clock(self, response: requests.Response) -> None:
        """What was read when decides which reading stands: a clock that is hours off must not write."""
        told = _date(response.headers.get("date", ""))
        age = response.headers.get("age", "")  # a cache on the way keeps the date of what it answers with
        told = None if told is None else told + dt.timedelta(seconds=int(age) if _NUMBER.fullmatch(age) else 0)
        if told is not None and abs(told - self.now) > _CLOCK_OFF:
            raise SourceUnavailable(
                f"the clock of this machine says {_minute(self.now)}, and {self._name} says it is {_minute(told)}. One of them "
                f"is wrong, and nothing is stored under a wrong date; set the clock"
            )

    def _holds_key(self, text: bytes) -> bool:
        return any(form.encode() in text for form in self._key_forms())

    def _key_forms(self) -> list[str]:
        """The key as it is, and as addresses and JSON write it."""
        if self._key is None:
            return []
        key = self._key.reveal()
        return sorted({key, quote(key), quote(key, safe=""), quote_plus(key), json.dumps(key)[1:-1]}, key=len, reverse=True)

    def _without_key(self, text: str) -> str:
        for form in self._key_forms():
            text = re.sub(re.escape(form), str(self._key), text, flags=re.IGNORECASE)
        return text

    def _wait_for_turn(self) -> None:
        with self._turn:
            self._begun = self._clock.monotonic() if self._begun is None else self._begun
            if self._clock.monotonic() - self._begun > self._service.longest_s:
                raise SourceUnavailable(
                    f"{self._name} has been asked for {self._service.longest_s / 60:.0f} minutes and is not done. What it told "
                    f"is kept; run again later"
                )
            at = max(self._not_before, self._clock.monotonic())
            self._not_before = at + self._service.interval_s
        if (seconds := at - self._clock.monotonic()) > 0 or self._clock.stopped.is_set():
            self._clock.sleep(max(seconds, 0))

    def _add_key(self, parameters: dict[str, str | int], headers: dict[str, str]) -> None:
        way = self._service.key
        if way is None or self._key is None:
            return
        if way.header:
            headers[way.header] = way.prefix + self._key.reveal()
        if way.parameter:
            parameters[way.parameter] = self._key.reveal()

    def _followed(self, question: Question, address: str, headers: dict[str, str]) -> requests.Response:
        """The response at the end of redirects, all on the host that was asked."""
        method, body = ("POST", question.body.encode()) if question.body else ("GET", None)
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._sent(method, address, body, headers)
            if response.status_code not in _REDIRECTS or "location" not in response.headers:
                return response
            response.close()
            after = _joined(address, response.headers["location"])
            if _host(after) != _host(self._base) or question.body:
                raise SourceUnavailable(self._sent_on(_host(after)[1]))
            if urlsplit(after).query != urlsplit(address).query:
                raise SourceUnavailable(
                    f"{self._name} sends us on to another question than the one asked, and its answer would be taken for this "
                    f"one's. It may have changed; see its documentation"
                )
            address = after
        raise SourceUnavailable(f"{self._name} sends us in a circle; it may be down. Run again later")

    def _sent(self, method: str, address: str, body: bytes | None, headers: dict[str, str]) -> requests.Response:
        return self._session.request(
            method,
            address,
            data=body,
            headers=headers,
            timeout=(_CONNECT_S, _READ_S),
            stream=True,
            allow_redirects=False,
            auth=wire.no_auth,
        )

    def _sent_on(self, host: str) -> str:
        return (
            f"{self._name} sends us on to {self._without_key(host) or 'an address without a host'}, which was not followed. "
            f"It may have moved; set THREADMILL_URL_{self._name.upper()} if you know where to"
        )

    def _refuse_status(self, response: requests.Response, question: Question) -> None:
        status = response.status_code
        if status == 200 or status in question.accept:
            return
        wait_s = _wait_asked(response, self.now)
        if status == _NOT_READY:
            raise _Passing("is still computing its answer (202)", wait_s)
        throttled = status == 429 or (status == 403 and wait_s is not None)
        words = f"answered {status} {response.reason or ''}".strip()
        if said := self._excerpt(response):
            words += f": {said}"
        if throttled or status in _PASSING:
            raise _Passing(words, wait_s, throttled)
        raise SourceUnavailable(f"{self._name} {words}. {_ADVICE.get(status, 'It may have changed; see its documentation')}")

    def _excerpt(self, response: requests.Response) -> str:
        """The first words of an error's body, without tags, line breaks or the key."""
        try:
            start = _body.read(response.raw, response.headers, 4096, cut=True)
        except (zlib.error, urllib3.exceptions.HTTPError, OSError, _body.TooMuch):
            return ""
        text = re.sub(r"<[^>]*>", " ", start.decode("utf-8", "replace"))
        words = " ".join("".join(one if one.isprintable() else " " for one in self._without_key(text)).split())
        return words if len(words) <= _EXCERPT else f"{words[:_EXCERPT]}…"

    def _question_key(self, question: Question) -> str:
        parts = [self._base, question.path, sorted(map(list, question.parameters.items()), key=str), question.body, question.head]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


_ADVICE: Final = {
    400: "The question was refused: an id in the recipe may be misspelt",
    401: "The key is missing or wrong; see .env.example",
    403: "Access is refused; it may be this network, or a key (.env.example names those there are)",
    404: "Nothing is there under that name; correct the id in the recipe",
    410: "The service was closed",
    451: "The service may not answer here",
}


class _Waits:
    """How long to wait before the next attempt, and when to stop: the service's own words first, then twice as long each time."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s

    def next(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _Passing) and error.wait_s is not None:
            return error.wait_s
        return float(2 ** (state.attempt_number - 1))

    def over(self, state: tenacity.RetryCallState) -> bool:
        """Tenacity has asked `next` by then."""
        spent = max(state.idle_for, state.seconds_since_start or 0)
        return state.attempt_number >= _ATTEMPTS or spent + state.upcoming_sleep > self._patience_s


def _with_query(address: str, parameters: Mapping[str, str | int]) -> str:
    return f"{address}?{urlencode(parameters)}" if parameters else address


def _shown(address: str, question: Question) -> str:
    return address if question.body else _with_query(address, question.parameters)


def _asked_words(question: Question) -> str:
    """What was asked, without any key: "/api/query?a=1", or the body of a POST."""
    return question.body or _shown(question.path, question)


def _joined(address: str, place: str) -> str:
    try:
        return urljoin(address, place)
    except ValueError:  # "http://["
        return ""


def _host(address: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return "", "", None


def _wait_asked(response: requests.Response, now: dt.datetime) -> float | None:
    """Seconds until the service wants to be asked again, by the headers services say it with; None if none does."""
    headers = response.headers
    said = headers.get("retry-after", "").strip()
    if _NUMBER.fullmatch(said):
        return float(said)
    if (moment := _date(said)) is not None:
        return max((moment - now).total_seconds(), 1)
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and _NUMBER.fullmatch(reset):
        at = float(reset)  # GitHub: the second of the epoch; others: the seconds left
        return max(at - now.timestamp() if at > _EPOCH_SECONDS else at, 1)
    if found := re.search(r"\bt=([0-9]{1,9})\b", headers.get("ratelimit", "")):
        return float(found[1])  # Hugging Face: "api";r=0;t=55
    return None


_NUMBER: Final = re.compile("[0-9]{1,12}")


def _date(text: str) -> dt.datetime | None:
    """An HTTP date, or None for anything else."""
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else None


def _minute(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="minutes")
