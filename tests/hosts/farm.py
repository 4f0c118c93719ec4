"""
Hosts side by side: processes that see to the same reports in one PostgreSQL and post to one X. They are killed, cut off and held up
at random, and others take their place; their clocks are minutes apart.

Time passes many times as quickly for all of them (`tests.hosts.clock`), so that a lease is over in seconds. A round is a day of so
many reports; in the end each thread must be on the account once.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from psycopg import OperationalError

from bot.domain.period import Period
from bot.domain.turn import TurnState
from bot.rehearsal import CREATE, TIMELINE, FakeX, Fault, Faults, named
from bot.store import open_store
from tests.hosts.clock import Quick
from tests.hosts.wire import Wire
from tests.store.databases import Server
from tests.unattended.mill import HEADER, RECIPE, Mill

_ROOT: Final = Path(__file__).parents[2]
SPEED: Final = 40.0
BELL_S: Final = 30
FIRST: Final = Period.parse("2026-03-01")
SCHEDULE: Final = (
    'cron = "0 6 * * *"\nzone = "UTC"\ndelay = "2h"\ngrace = "20h"\nlatest = "30h"\npatience = "1h"\nretry = "5m"\nmode = "auto"'
)
_UNCALM_S, _LONGEST_ROUND_S = 60, 240
"""Real seconds: looks at the account that fail again and again are ever further apart."""
OPENS: Final = dt.timedelta(hours=6)
CREATE_CHANCE, TIMELINE_CHANCE = 0.12, 0.15
SKEWS_S: Final = (0, 170, -150, 60)
"""How far the hosts' clocks are off. X refuses signatures that are five minutes off."""
FAULTS: Final = {
    CREATE: ("drop-before", "drop-after", "truncated", "half-json", "html-200-after", "204-before", "500-before", "502-after", "503-before", "503-after", "429-reset", "hang-before", "hang-late", "hang-after"),
    TIMELINE: ("drop-before", "truncated", "half-json", "500-before", "html-502-before", "429-reset"),
}  # fmt: skip
"""What needs no person: a refusal would."""
_SECONDS: Final = {"429-reset": 45, "hang-before": 1.5, "hang-late": 1.5, "hang-after": 1.5}
"""By X's clock until it takes calls again; in real seconds, longer than a host waits for an answer."""


class Moody(Faults):
    """Calls fail by chance."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance
        self.met: Counter[str] = Counter()
        self.calm = False

    def take(self, call: str) -> Fault | None:
        super().take(call)
        chance = {CREATE: CREATE_CHANCE, TIMELINE: TIMELINE_CHANCE}.get(call, 0)
        if self.calm or self._chance.random() >= chance:
            return None
        name = self._chance.choice(FAULTS[call])
        self.met[name] += 1
        return named(name, _SECONDS.get(name))


@dataclass
class Figures:
    """What happened on a farm."""

    editions: int = 0
    seconds: float = 0
    happened: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        events = ", ".join(f"{count} {what}" for what, count in sorted(self.happened.items()))
        return f"{self.editions} editions in {self.seconds:.0f} s: {events}"


Nursery: TypeAlias = Callable[[dict[str, Any]], int]


@dataclass
class Host:
    """One machine: its process of the moment, its wire to the database, and by how much its clock is off."""

    number: int
    wire: Wire
    skew_s: float
    pid: int = 0


class Farm:
    """So many hosts for so many reports. Made by `a_farm`."""

    def __init__(
        self,
        folder: Path,
        server: Server,
        nursery: Nursery,
        seed: int,
        hosts: int,
        reports: int,
        rounds: int,
        restarts: bool = False,
    ) -> None:
        """`restarts`: whether the database is stopped and started now and then, too."""
        self.nursery, self.restarts = nursery, restarts
        self.folder, self.server, self.seed, self.rounds = folder, server, seed, rounds
        self.chance = random.Random(seed)
        self.clock = Quick(folder / "clock.json", FIRST.end + OPENS - dt.timedelta(minutes=5), SPEED)
        self.fake = FakeX(
            clock=self.clock.now,
            duplicate_window_s=0,  # nobody knows how long X remembers a text
            originals_a_day=10**6,
            replies_a_day=10**6,
            limits={CREATE: 10**6, TIMELINE: 10**6},
            visibility_lag_s=10,
            parent_lag_s=0,
        )
        self.fake.faults = self.faults = Moody(random.Random(seed + 1))
        self.names = [f"report-{first}{second}" for first in "abcde" for second in "vwxyz"][:reports]
        self.figures = Figures()
        self.database = server.empty_database()
        self.hosts = [Host(number, Wire(server.socket), SKEWS_S[number % len(SKEWS_S)]) for number in range(hosts)]
        for number, name in enumerate(self.names):
            self._report(name, posts=2 + number % 2)

    def run(self) -> list[str]:
        """All rounds; what is wrong then."""
        began = time.monotonic()
        with ExitStack() as stack:
            stack.enter_context(self.fake)
            for host in self.hosts:
                stack.enter_context(host.wire)
            self.store = stack.enter_context(open_store(self.database.url))
            self.clock.teach(self.database)
            stack.callback(self.clock.forget)
            for host in self.hosts:
                self._bear(host)
            wrong: list[str] = []
            for number in range(self.rounds):
                wrong += self._round(number)
            for host in self.hosts:
                _kill(host.pid)
        self.figures.seconds = time.monotonic() - began
        self.figures.editions = self.rounds * len(self.names)
        return wrong + self._judge()

    def _round(self, number: int) -> Iterator[str]:
        """A day: from the opening of its windows until every thread is out."""
        period = Period.day(FIRST.start + dt.timedelta(days=number))
        opens_at = period.end + OPENS
        self.clock.leap(seconds=(opens_at - self.clock.now()).total_seconds())
        over = threading.Event()
        trouble = threading.Thread(target=self._trouble, args=(over,))
        trouble.start()
        try:
            left = self._until_published(period)
        finally:
            over.set()
            trouble.join()
        yield from (f"{period.key}: {one}" for one in left)

    def _until_published(self, period: Period) -> list[str]:
        until, calm_from = time.monotonic() + _LONGEST_ROUND_S, time.monotonic() + _UNCALM_S
        states: dict[str, tuple[str, str]] = {}
        while len(left := [name for name in self.names if states.get(name, ("",))[0] != TurnState.PUBLISHED]) > 0:
            if time.monotonic() > until:
                return [f"{name} is {states.get(name)}" for name in left]
            self.faults.calm = time.monotonic() > calm_from
            time.sleep(0.2)
            with suppress(OperationalError):  # it is restarted
                rows = self.database.ask("SELECT report, state, reason FROM turn WHERE period = ?", period.key)
                states = {name: (state, reason) for name, state, reason in rows}
        return []

    def _trouble(self, over: threading.Event) -> None:
        """Something happens to some host, now and then, and is over after a while."""
        chance = self.chance
        while not over.wait(chance.uniform(1, 6) / len(self.hosts)):
            if self.restarts and chance.random() < 0.01:
                self.figures.happened["restarts of the database"] += 1
                self.server.stop()
                self.server.start()
            host = chance.choice(self.hosts)
            trouble = chance.choice(["kills", "kills", "cuts", "stalls"])
            self.figures.happened[trouble] += 1
            match trouble:
                case "kills":
                    _kill(host.pid)
                    self._bear(host)
                case "cuts":
                    host.wire.cut()
                    self._mend_in(chance.choice([0, 0.3, 2]), host, over)
                case "stalls":
                    host.wire.stall()
                    self._mend_in(chance.choice([0.2, 1, 8]), host, over)  # eight are four minutes: longer than any lease

    def _mend_in(self, seconds: float, host: Host, over: threading.Event) -> None:
        def mend() -> None:
            over.wait(seconds)
            host.wire.mend()

        threading.Thread(target=mend, daemon=True).start()

    def _bear(self, host: Host) -> None:
        environment = {
            "THREADMILL_HOME": str(self.folder / f"home-{host.number}"),
            "THREADMILL_REPORTS": ",".join(self.names),
            "DATABASE_URL": host.wire.address(self.database.name),
            **self.fake.keys.environment(self.fake.url),
        }
        job = {
            "folder": str(self.folder),
            "environment": environment,
            "clock": str(self.folder / "clock.json"),
            "skew_s": host.skew_s,
            "seed": self.chance.randrange(10**6),
            "bell_s": BELL_S,
            "says": str(self.folder / "said.txt"),
        }
        host.pid = self.nursery(job)

    def _report(self, name: str, posts: int) -> None:
        place = self.folder / "templates" / name
        place.mkdir(parents=True)
        head = RECIPE.format(granularity="day", schedule=SCHEDULE).partition("[[posts]]")[0]
        texts = {
            "opening": "{{ claims.lead }}.",
            "alpha": "Alpha counted {{ figures.counted.alpha }}.",
            "beta": "Beta counted {{ figures.counted.beta }}.",
        }
        (place / "report.toml").write_text(head + "".join(f'[[posts]]\nname = "{post}"\n' for post in list(texts)[:posts]))
        for post, text in list(texts.items())[:posts]:
            (place / f"{post}.txt").write_text(f"{name} {{{{ period }}}}: {text}\n")
        rows, period = [HEADER], FIRST
        for number in range(self.rounds):
            rows += [
                Mill.row(None, subject, period, value) for subject, value in (("alpha", 2000 + number), ("beta", 1000 + number))
            ]  # type: ignore[arg-type]
            period = period.following()
        (place / "figures.csv").write_text("\n".join(rows) + "\n")

    def _judge(self) -> list[str]:
        """What is wrong with the account and the store."""
        fake, figures = self.fake, self.figures
        wrong = list(fake.violations)
        with suppress(FileNotFoundError):
            wrong += [f"a host said: {said}"] if (said := (self.folder / "said.txt").read_text()[-2000:]) else []
        figures.happened |= Counter(
            {"creates accepted": fake.creates, "calls of X": len(fake.calls), "faults": self.faults.met.total()}
        )
        accepted = Counter(call.body["text"] for call in fake.calls if call.operation == CREATE and call.accepted)
        wrong += [f"{text!r} is out {count} times" for text, count in accepted.items() if count > 1]
        chains = {tuple(part.text for part in chain): tuple(part.id for part in chain) for chain in fake.threads()}
        known = {}
        with open_store(self.database.url) as store:
            for edition in store.desk.editions():
                thread = store.desk.frozen(edition)
                known[tuple(post.text for post in thread.posts)] = tuple(one.remote_id for one in store.desk.deliveries(edition))
            turns = store.rota.history(10**6)
            figures.happened["runs"] = len(store.rota.runs(10**6))
        if known != chains:
            wrong.append(
                f"the store knows {known.items() - chains.items()}, and the account shows {chains.items() - known.items()}"
            )
        expected = self.rounds * len(self.names)
        if not len(known) == len(turns) == expected or any(turn.state is not TurnState.PUBLISHED for turn in turns):
            wrong.append(
                f"{expected} threads were to go out; there are {len(known)} editions and {Counter(turn.state for turn in turns)}"
            )
        return wrong


@contextmanager
def a_nursery() -> Iterator[Nursery]:
    """Bears hosts: a job in, a process id out."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.hosts.child"],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None

    def bear(job: dict[str, Any]) -> int:
        server.stdin.write(json.dumps(job) + "\n")
        server.stdin.flush()
        return int(server.stdout.readline())

    try:
        yield bear
    finally:
        server.communicate()


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
