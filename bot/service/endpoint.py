"""
/healthz for whoever asks whether all is well, /metrics for Prometheus. Nobody has to log in, so nothing here tells a secret, and
nothing can be changed.

A database that hangs cannot hang an answer: it is asked by one thread at a time, for which nobody waits longer than some seconds.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import socket
import socketserver
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

from prometheus_client import CollectorRegistry, Metric, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from bot import __version__
from bot.domain.turn import TurnState
from bot.errors import BadInput, ThreadmillError
from bot.verbs.survey import Health, Scheduled, Survey, health

_LOG: Final = logging.getLogger(__name__)
_FRESH_S: Final = 15.0
"""How old an answer of the database may be: Prometheus asks that often."""
_FAILED_S: Final = 2.0
"""How soon a database that does not answer is asked again."""
_PATIENCE_S: Final = 3.0
_SILENCE_S: Final = 5.0
_LONGEST_S: Final = 10.0
_PULSE_S: Final = 0.25
_MOST: Final = 32
"""Connections at a time; the oldest gives way."""


class Endpoint:
    """
    Answers at an address until it is closed. `look` asks how everything stands, `looked_at` when the scheduler last finished a
    look, both by the store's clock; `mask` hides secrets.
    """

    def __init__(
        self,
        listen: tuple[str, int],
        look: Callable[[], Survey],
        looked_at: Callable[[], dt.datetime | None],
        mask: Callable[[str], str],
        patience_s: float = _PATIENCE_S,
    ) -> None:
        """
        Take the address.

        Raises:
            BadInput: another program has it, or it is not this machine's.
        """
        self._latest = _Latest(look, patience_s)
        self._looked_at = looked_at
        self._mask = mask
        self._began_s = time.monotonic()
        self._registry = CollectorRegistry()
        self._registry.register(_Metrics(self.health, self._latest.get, looked_at))
        ProcessCollector(registry=self._registry)
        try:
            self._server = _Server(listen, self._answer)
        except OSError as error:
            raise BadInput(
                f"/healthz cannot be answered at {_address(*listen)}: {error.strerror or error}. Another program is there "
                "already, or the host is not this machine's; set THREADMILL_LISTEN to another address, or to off"
            ) from error
        self.address = _address(*self._server.server_address[:2])

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(_PULSE_S,), name="endpoint", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def health(self) -> Health:
        """Whether all is well, as far as that is known now."""
        found = self._latest.get()
        now = dt.datetime.now(dt.UTC) if isinstance(found, str) else found.at
        return health(found, self._looked_at(), now - dt.timedelta(seconds=time.monotonic() - self._began_s), now)

    def _answer(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        match path:
            case "/healthz":
                found = self.health()
                checks = {name: {"ok": check.ok, "words": self._mask(check.words)} for name, check in found.checks.items()}
                body = json.dumps({"ok": found.ok, "checks": checks}, indent=1).encode()
                return HTTPStatus.OK if found.ok else HTTPStatus.SERVICE_UNAVAILABLE, "application/json", body + b"\n"
            case "/metrics":
                return HTTPStatus.OK, CONTENT_TYPE_PLAIN_0_0_4, generate_latest(self._registry)
            case _:
                return HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"there are /healthz and /metrics\n"


class _Latest:
    """What the database said last. It is asked anew when that is old, by one thread, however many want to know."""

    def __init__(self, look: Callable[[], Survey], patience_s: float) -> None:
        self._look = look
        self._patience_s = patience_s
        self._changed = threading.Condition()
        self._found: Survey | str = "it was not asked yet"
        self._until_s = float("-inf")
        self._asked_s: float | None = None

    def get(self) -> Survey | str:
        """How everything stands, or in words why that is not known."""
        with self._changed:
            if time.monotonic() < self._until_s:
                return self._found
            if self._asked_s is None:
                self._asked_s = time.monotonic()
                threading.Thread(target=self._ask, name="survey", daemon=True).start()
            left_s = self._asked_s + self._patience_s - time.monotonic()
            if self._changed.wait_for(lambda: self._asked_s is None, max(left_s, 0)):
                return self._found
            waited_s = time.monotonic() - self._asked_s
            return f"the database does not answer: it was asked {waited_s:.0f} s ago, and has said nothing"

    def _ask(self) -> None:
        found, keep_s = self._told()
        with self._changed:
            self._found, self._until_s, self._asked_s = found, time.monotonic() + keep_s, None
            self._changed.notify_all()

    def _told(self) -> tuple[Survey | str, float]:
        try:
            return self._look(), _FRESH_S
        except ThreadmillError as error:
            return str(error), _FAILED_S
        except Exception as error:
            _LOG.exception("the survey failed")
            return f"this is a defect, please report it: {type(error).__name__}", _FAILED_S


class _Metrics(Collector):
    """The survey as Prometheus reads it. Names end in their unit, counters in _total."""

    def __init__(
        self, health: Callable[[], Health], latest: Callable[[], Survey | str], looked_at: Callable[[], dt.datetime | None]
    ) -> None:
        self._health = health
        self._latest = latest
        self._looked_at = looked_at
        self._missed: frozenset[tuple[str, str, str]] = frozenset()

    def describe(self) -> list[Metric]:
        """Nothing: to know the names the database would be asked at once."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield _gauge("threadmill_build_info", "Which version runs.", {"version": __version__}, 1)
        yield _gauge("threadmill_health", "1 if /healthz says that all is well, else 0.", {}, float(self._health().ok))
        if (looked_at := self._looked_at()) is not None:
            told = "When the scheduler last finished a look."
            yield _gauge("threadmill_last_look_timestamp_seconds", told, {}, looked_at.timestamp())
        if not isinstance(found := self._latest(), str):
            yield from self._of_turns(found)
            yield from _of_posts(found)
            yield from _of_figures(found)

    def _of_turns(self, found: Survey) -> Iterator[Metric]:
        turns = GaugeMetricFamily("threadmill_turns", "Turns by the state they are in.", labels=["report", "network", "state"])
        zeros = {(one.report, one.network, str(state)): 0 for one in found.scheduled for state in TurnState}
        for labels, count in {**zeros, **found.counts.turns}.items():
            turns.add_metric(labels, count)
        yield turns
        yield self._of_missed(found)
        opens = GaugeMetricFamily(
            "threadmill_window_opens_timestamp_seconds", "When a report's next window opens.", labels=["report", "network"]
        )
        closes = GaugeMetricFamily(
            "threadmill_turn_closes_timestamp_seconds",
            "When the first of a report's turns that are not over closes.",
            labels=["report", "network"],
        )
        for one in found.scheduled:
            opens.add_metric([one.report, one.network], one.opens_at.timestamp())
            if (closes_at := _closes_at(one)) is not None:
                closes.add_metric([one.report, one.network], closes_at.timestamp())
        yield opens
        yield closes

    def _of_missed(self, found: Survey) -> Metric:
        """It never falls while this process lives: what a person has settled since was missed all the same."""
        self._missed = missed_ever = self._missed | found.counts.missed
        counts = {(one.report, one.network): 0 for one in found.scheduled}
        for report, network, _ in missed_ever:
            counts[report, network] = counts.get((report, network), 0) + 1
        missed = CounterMetricFamily(
            "threadmill_missed", "Turns that ended without a thread, unheard.", labels=["report", "network"]
        )
        for labels, count in counts.items():
            missed.add_metric(labels, count)
        return missed


def _closes_at(one: Scheduled) -> dt.datetime | None:
    return min((turn.window.closes_at for turn in one.open_turns), default=None)


def _of_posts(found: Survey) -> Iterator[Metric]:
    deliveries = GaugeMetricFamily("threadmill_deliveries", "Posts by the state they are in.", labels=["network", "state"])
    for labels, count in found.counts.deliveries.items():
        deliveries.add_metric(labels, count)
    yield deliveries
    calls = CounterMetricFamily("threadmill_calls", "Calls that a network bills.", labels=["network", "call"])
    cost = CounterMetricFamily("threadmill_cost_usd", "What a network has billed, in US dollars.", labels=["network"])
    usd: dict[str, float] = {}
    for (network, call), billed in found.counts.charges.items():
        calls.add_metric([network, call], billed.calls)
        usd[network] = round(usd.get(network, 0) + billed.usd, 4)
    for network, sum_ in usd.items():
        cost.add_metric([network], sum_)
    yield calls
    yield cost


def _of_figures(found: Survey) -> Iterator[Metric]:
    ages = GaugeMetricFamily("threadmill_source_age_seconds", "Since when a source has told nothing.", labels=["source"])
    for source, moment in found.counts.asked.items():
        ages.add_metric([source], max((found.at - moment).total_seconds(), 0))
    yield ages
    chores = GaugeMetricFamily("threadmill_chore_done_timestamp_seconds", "When a daily chore was last done.", labels=["chore"])
    for chore, moment in found.chores.items():
        chores.add_metric([chore], moment.timestamp())
    yield chores
    yield _gauge("threadmill_notices_untold", "Notices that nobody was told yet.", {}, found.counts.untold)


def _gauge(name: str, words: str, labels: dict[str, str], value: float) -> Metric:
    made = GaugeMetricFamily(name, words, labels=list(labels))
    made.add_metric(list(labels.values()), value)
    return made


class _Server(ThreadingHTTPServer):
    """A thread for each connection, but no more than some, none of them longer than some seconds."""

    daemon_threads = True
    request_queue_size = 64  # five would make the sixth who comes at once wait a second, for its SYN is dropped

    def __init__(self, listen: tuple[str, int], answer: Callable[[str], tuple[HTTPStatus, str, bytes]]) -> None:
        self.answer = answer
        self._open: OrderedDict[socket.socket, float] = OrderedDict()
        self._opening = threading.Lock()
        self.address_family = socket.AF_INET6 if ":" in listen[0] else socket.AF_INET
        super().__init__(listen, _Handler)

    def server_bind(self) -> None:
        """As its parent does: in between, the library asks the name servers what this machine is called."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._opening:
            self._open[request] = time.monotonic()
            if len(self._open) > _MOST:
                self._shut(next(iter(self._open)))
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._opening:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """At every pulse: whoever drips a byte now and then is shut out too."""
        with self._opening:
            for request, began_s in list(self._open.items()):
                if time.monotonic() - began_s > _LONGEST_S:
                    self._shut(request)

    def server_close(self) -> None:
        with self._opening:
            for request in list(self._open):
                self._shut(request)
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who went away before the answer is no news; anything else is a defect."""
        if not isinstance(sys.exc_info()[1], OSError):
            _LOG.exception("a request failed")

    def _shut(self, request: socket.socket) -> None:
        self._open.pop(request, None)
        with suppress(OSError):  # it is closed already
            request.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _SILENCE_S

    def do_GET(self) -> None:
        status, kind, body = self.server.answer(self.path.partition("?")[0])
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the library's name

    def version_string(self) -> str:
        return "threadmill"

    def log_message(self, *_: object) -> None:
        """Nothing: it is asked several times a minute, and says nothing new."""


def _address(host: object, port: object) -> str:
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
