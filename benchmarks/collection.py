"""
A collection from 12 sources at once, against what politeness alone asks of the slowest of them.

Each source has an interval, a latency and a number of questions, and asks the next one only when the last was answered. Its bound
is what a client that costs nothing would take: the interval or the latency, whichever is longer, between two questions, and one
latency for the last. `bare` is the slowest source alone, asked in its rhythm by a plain `requests.Session`. `collection` is
`gather` with the house's clients into a new SQLite store: replies of 16 KB are kept, each one's 24 figures parsed and recorded.
The server is a process of its own. Goal: at most 1.15 x the slowest source's bound; less than the bound is impolite, and fails.

    python -m benchmarks.collection [ROUNDS]
"""

from __future__ import annotations

import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import accumulate, repeat
from multiprocessing.connection import Connection
from typing import Any

import requests

from benchmarks.timing import report
from bot.collection import NamedSource, gather
from bot.domain.measure import Aggregation, Metric, Missing, Observation, Status, Subject, Unit
from bot.domain.period import Granularity, Period
from bot.domain.report import Report
from bot.ports import Client, Question, Reply, Service
from bot.sources._http import HttpClient
from bot.store import open_store

_GOAL = 1.15
_NOW = Period.month(2026, 10)
_MONTHS = tuple(accumulate(repeat(_NOW, 24), lambda month, _: month.previous()))
_BODY_BYTES = 16_000
_METRIC = Metric(
    "downloads", "Downloads", Unit.COUNT, "downloads", Aggregation.TOTAL, measures="-", does_not_measure="-", known_biases="-"
)


@dataclass(frozen=True)
class Room:
    """A source that asks for each of its subjects; every answer tells 24 months."""

    name: str
    interval_s: float
    latency_s: float
    questions: int

    @property
    def bound_s(self) -> float:
        """What politeness and the server's latency take together."""
        return (self.questions - 1) * max(self.interval_s, self.latency_s) + self.latency_s

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        for subject in subjects:
            if self.name in subject.ids:
                yield client.ask(Question(self.path(subject.key)))

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        subject = next(one for one in subjects if self.path(one.key) == reply.query)
        return [
            Observation(
                _METRIC.key,
                subject.key,
                month,
                value,
                Status.MEASURED,
                self.name,
                reply.url,
                reply.retrieved_at,
                query=reply.query,
                payload_sha256=reply.sha256,
            )
            for month, value in zip(_MONTHS, json.loads(reply.body)["months"], strict=True)
        ]

    def path(self, subject: str) -> str:
        """The server reads the latency from it."""
        return f"/{self.latency_s}/{self.name}/{subject}"


# The first five are nearly as slow as one another, so whichever is late decides. Where the latency is the longer one, nothing the
# house does between two questions can hide in the interval.
_ROOMS = (
    Room("latency-200", 0.05, 0.20, 10),
    Room("latency-100", 0.05, 0.10, 19),
    Room("interval-100", 0.10, 0.05, 20),
    Room("interval-300", 0.30, 0.10, 7),
    Room("interval-250", 0.25, 0.15, 8),
    Room("latency-150", 0.10, 0.15, 10),
    Room("interval-50", 0.05, 0.05, 30),
    Room("interval-150", 0.15, 0.05, 9),
    Room("interval-200", 0.20, 0.15, 7),
    Room("latency-80", 0.05, 0.08, 12),
    Room("latency-120", 0.10, 0.12, 6),
    Room("interval-120", 0.12, 0.07, 5),
)
_SLOWEST = max(_ROOMS, key=lambda room: room.bound_s)


def main(rounds: int) -> None:
    asked = sum(room.questions for room in _ROOMS)
    print(f"{len(_ROOMS)} sources, {asked} questions; the slowest is {_SLOWEST.name} with {_SLOWEST.questions} of them")
    seconds: dict[str, list[float]] = {
        "the slowest one's bound": [_SLOWEST.bound_s] * rounds,
        "bare": [],
        "collection": [],
        "all bounds in a row": [sum(room.bound_s for room in _ROOMS)] * rounds,
    }
    with _server() as url:
        for _ in range(rounds):
            seconds["bare"].append(_bare(_SLOWEST, url))
            seconds["collection"].append(_collection(url))
    report(seconds, "the slowest one's bound", _GOAL)


def _bare(room: Room, url: str) -> float:
    """Seconds that one source takes without the house."""
    with requests.Session() as session:
        begun = at = time.perf_counter()
        for number in range(room.questions):
            time.sleep(max(0.0, at - time.perf_counter()))
            at = time.perf_counter() + room.interval_s
            assert len(session.get(url + room.path(f"bare-{number}")).content) > _BODY_BYTES
        return time.perf_counter() - begun


def _collection(url: str) -> float:
    """Seconds that all sources take in the house, from the first question to the last figure read back from the store."""
    with tempfile.TemporaryDirectory() as folder, open_store(f"sqlite:///{folder}/threadmill.db") as store:
        clients = [HttpClient(room.name, Service(url, room.interval_s), store=store) for room in _ROOMS]
        sources = [NamedSource(room.name, room, True, client=client) for room, client in zip(_ROOMS, clients, strict=True)]
        begun = time.perf_counter()
        gathered = gather(_recipe(), _NOW, sources, store, lambda *_: None)
        seconds = time.perf_counter() - begun
        for client in clients:
            client.close()
    for room, one in zip(_ROOMS, gathered, strict=True):
        assert not one.outcome.problem, one.outcome.problem
        assert len(one.observations) == room.questions * len(_MONTHS)
    assert seconds >= _SLOWEST.bound_s, f"{seconds:.3f} s: somebody was asked faster than is polite"
    return seconds


def _recipe() -> Report:
    """As many subjects as the most curious source asks for; each source knows the first so many."""
    subjects = {}
    for number in range(max(room.questions for room in _ROOMS)):
        ids = {room.name: f"id-{number}" for room in _ROOMS if number < room.questions}
        subjects[f"s{number}"] = Subject(f"s{number}", f"Subject {number}", "#000000", "#000000", ids=ids)
    return Report("r", "R", "x", Granularity.MONTH, subjects, {_METRIC.key: _METRIC}, (), (), ())


@contextmanager
def _server() -> Iterator[str]:
    """The address of a server in a process of its own, so that its work is not ours."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(told: Connection) -> None:
    with _Server(("127.0.0.1", 0), _Handler) as server:
        told.send(server.server_address[1])
        server.serve_forever()


class _Server(ThreadingHTTPServer):
    request_queue_size = (
        64  # of 5 by default; the 12 connect in the same moment, and who finds no room tries again a second later
    )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes; the second would wait 40 ms for the first's receipt

    def do_GET(self) -> None:
        begun = time.perf_counter()
        chance = random.Random(self.path)
        months = [chance.randrange(10**9) for _ in _MONTHS]
        body = json.dumps({"months": months, "rest": chance.randbytes(_BODY_BYTES // 2).hex()}).encode()
        time.sleep(max(0.0, float(self.path.split("/")[1]) - (time.perf_counter() - begun)))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
