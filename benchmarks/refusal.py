"""
Memory while a reply of 1 GB is refused, against a reply that is just over the limit.

Every case is a new process with the house's client and its default limit of 32 MiB, asked from a server in a process of its own.
`grown` is what the peak of resident memory gained over the peak after a reply of 1 KB, so that imports and the first connection
do not count. The floor is the growth of a client that is refused 33 MiB; a reply of 1 MiB that is taken stands beside it.
`read` counts the body's bytes as sent, before decompression, that were read before the cut.
Goal: 1 GB sent, inflated out of 1 MB, or without end, grows memory to at most 1.1 x the floor.

    python -m benchmarks.refusal [ROUNDS]
"""

from __future__ import annotations

import multiprocessing
import platform
import resource
import sys
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from multiprocessing.connection import Connection
from statistics import median
from typing import Any

# No more than the standard library up here: a new process inherits its parent's peak, which must be smaller than its own.

_GOAL = 1.1
_MIB = 1024 * 1024
_PIECE = b"\0" * _MIB
_FLOOR = "33mib"
_CASES = {
    "1mib": "1 MiB, taken",
    _FLOOR: "33 MiB",
    "1gb": "1 GB",
    "1gb-gzip": "1 GB in gzip",
    "endless": "chunks without end",
}
_SPAWN = multiprocessing.get_context("spawn")  # a fork would have the parent's memory


@dataclass(frozen=True)
class _Outcome:
    """What one child saw. Bytes, seconds."""

    refusal: str
    read: int
    seconds: float
    peak: int
    grown: int


def main(rounds: int) -> None:
    found: dict[str, list[_Outcome]] = {case: [] for case in _CASES}
    with _server() as url:
        for _ in range(rounds):
            for case, outcomes in found.items():
                with ProcessPoolExecutor(1, mp_context=_SPAWN) as child:
                    outcomes.append(child.submit(_asked, url, case).result())
                assert bool(outcomes[-1].refusal) == (case != "1mib"), outcomes[-1]
    print(f"Python {platform.python_version()} on {platform.machine()}, {rounds} rounds, goal {_GOAL} x {_CASES[_FLOOR]}")
    floors = [one.grown for one in found[_FLOOR]]
    for case, outcomes in found.items():
        grown = [one.grown for one in outcomes]
        print(
            f"{_CASES[case]:<20} read {outcomes[0].read / _MIB:7.3f} MiB in {median(one.seconds for one in outcomes):6.3f} s"
            f"   peak {max(one.peak for one in outcomes) / _MIB:6.1f} MiB   grown by {median(grown) / _MIB:5.1f}"
            f"  {median(grown) / median(floors):5.2f} x   worst {max(grown) / _MIB:5.1f}  {max(grown) / min(floors):5.2f} x"
        )


def _asked(url: str, case: str) -> _Outcome:
    """One question of a client that has asked a small one before."""
    from bot.errors import SourceUnavailable
    from bot.ports import Question, Service
    from bot.sources._http import HttpClient

    counted = _counting()
    client = HttpClient("giant", Service(url, 0))
    client.ask(Question("/1kb"))
    before, already, refusal = _peak(), sum(counted), ""
    begun = time.perf_counter()
    try:
        client.ask(Question(f"/{case}"))
    except SourceUnavailable as error:
        refusal = str(error)
        assert "more than 33,554,432 bytes" in refusal, refusal
    seconds = time.perf_counter() - begun
    return _Outcome(refusal, sum(counted) - already, seconds, _peak(), _peak() - before)


def _counting() -> list[int]:
    """The sizes of what the client reads from now on."""
    import urllib3

    sizes: list[int] = []
    read1 = urllib3.HTTPResponse.read1

    def counted(self: urllib3.HTTPResponse, *args: Any, **named: Any) -> bytes:
        piece = read1(self, *args, **named)
        sizes.append(len(piece))
        return piece

    urllib3.HTTPResponse.read1 = counted  # type: ignore[method-assign]
    return sizes


def _peak() -> int:
    """Bytes of resident memory at their most, in this process so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@contextmanager
def _server() -> Iterator[str]:
    """The address of a server in a process of its own."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(told: Connection) -> None:
    _Handler.bomb = _bomb()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        told.send(server.server_address[1])
        server.serve_forever()


def _bomb() -> bytes:
    """1 GB of nothing, in gzip: 1 MB."""
    deflate = zlib.compressobj(9, wbits=31)
    return b"".join(deflate.compress(_PIECE) for _ in range(1024)) + deflate.flush()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bomb = b""

    def handle(self) -> None:
        with suppress(ConnectionError):  # the client hangs up: that is what is measured
            super().handle()

    def do_GET(self) -> None:
        case = self.path.removeprefix("/")
        self.send_response(200)
        if case == "endless":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in repeat(b"%x\r\n%b\r\n" % (_MIB, _PIECE)):
                self.wfile.write(piece)
        if case == "1gb-gzip":
            self.send_header("Content-Encoding", "gzip")
        pieces: dict[str, list[bytes]] = {
            "1kb": [_PIECE[:1024]],
            "1mib": [_PIECE],
            _FLOOR: [_PIECE] * 33,
            "1gb": [_PIECE] * 1024,
            "1gb-gzip": [self.bomb],
        }
        self.send_header("Content-Length", str(sum(len(piece) for piece in pieces[case])))
        self.end_headers()
        for piece in pieces[case]:
            self.wfile.write(piece)

    def log_message(self, *_: Any) -> None: ...


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
