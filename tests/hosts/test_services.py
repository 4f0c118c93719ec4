"""`threadmill run` and `threadmill run --once` themselves, on a real PostgreSQL: ended, cut off, given broken recipes."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from bot.domain.turn import Turn, TurnState
from bot.ports import Approval
from bot.rehearsal import CREATE, FakeX, named
from bot.store import open_store
from tests.hosts.clock import Quick
from tests.hosts.wire import Wire
from tests.store.databases import Server
from tests.unattended.mill import HEADER, RECIPE

_ROOT: Final = Path(__file__).parents[2]
_SERVICE: Final = """
import sys
from bot.service import scheduler
scheduler.BELL_S = 0.5
from bot.cli import main
sys.exit(main(["run"]))
"""
"""The service as it is, but for its patience between two looks."""
YEARLY: Final = 'cron = "0 6 * * *"\nzone = "UTC"\ndelay = "1d"\ngrace = "360d"\nlatest = "400d"\npatience = "1d"\nretry = "1h"'
TEXTS: Final = ["yearly 2025: Alpha leads, with twice the counts of Beta.", "Alpha 2,000.", "Beta 1,000."]
LEASE_AND_MORE_S: Final = 285
"""Every lease is over, and what is not on the account by then is not there; X takes clocks for right that are five minutes off."""


class Site:
    """A report that is due, X, a PostgreSQL whose clock may leap, and a wire that services reach it by."""

    def __init__(self, folder: Path, server: Server, stack: ExitStack) -> None:
        self.folder = folder
        self.clock = Quick(folder / "clock.json", dt.datetime.now(dt.UTC))
        self.fake = stack.enter_context(FakeX(clock=self.clock.now, duplicate_window_s=0))
        self.wire = stack.enter_context(Wire(server.socket))
        self.database = server.empty_database()
        self.store = stack.enter_context(open_store(self.database.url))
        self.clock.teach(self.database)
        stack.callback(self.clock.forget)
        self._stack = stack
        self._count = 0
        now = self.clock.now()
        for chore in ("collect", "prune"):
            assert self.store.rota.chore(chore, now.date(), "test", now, now + dt.timedelta(hours=1))
            self.store.rota.chore_done(chore, now.date(), "test", now, "nothing to do")

    def report(self, mode: str) -> Path:
        """The recipe of a report on 2025, which is open from the second of January 2026 on."""
        place = self.folder / "templates" / "yearly"
        place.mkdir(parents=True)
        head = RECIPE.format(granularity="year", schedule=f'{YEARLY}\nmode = "{mode}"').partition("[[posts]]")[0]
        texts = {
            "opening": "yearly {{ period }}: {{ claims.lead }}.",
            "alpha": "Alpha {{ figures.counted.alpha }}.",
            "beta": "Beta {{ figures.counted.beta }}.",
        }
        (place / "report.toml").write_text(head + "".join(f'[[posts]]\nname = "{post}"\n' for post in texts))
        for post, text in texts.items():
            (place / f"{post}.txt").write_text(text + "\n")
        rows = [f"counted,{subject},{year}-01-01,{year + 1}-01-01,{value},measured,A person,https://example.org/how,{year + 1}-01-01,made up"
                for year in range(2025, 2060) for subject, value in (("alpha", 2000), ("beta", 1000))]  # fmt: skip
        (place / "figures.csv").write_text("\n".join([HEADER, *rows]) + "\n")
        return place / "report.toml"

    def environment(self) -> dict[str, str]:
        self._count += 1
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("THREADMILL_", "X_", "DATABASE_URL"))},
            "PYTHONPATH": str(_ROOT),
            "THREADMILL_HOME": str(self.folder / f"home-{self._count}"),
            "THREADMILL_REPORTS": "yearly",
            "THREADMILL_LISTEN": "off",
            "THREADMILL_LOG": "json",
            "DATABASE_URL": self.wire.address(self.database.name),
            **self.fake.keys.environment(self.fake.url),
        }

    def service(self) -> Service:
        return self._stack.enter_context(Service(self))

    def once(self) -> int:
        """`threadmill run --once`, to its exit code."""
        return subprocess.run(
            [sys.executable, "-m", "bot", "run", "--once"],
            cwd=self.folder,
            env=self.environment(),
            timeout=60,
            capture_output=True,
            check=False,
        ).returncode

    def turn(self) -> Turn | None:
        return next(iter(self.store.rota.history(1)), None)

    def state(self) -> TurnState | None:
        turn = self.turn()
        return None if turn is None else turn.state

    def leap(self) -> None:
        self.clock.leap(seconds=LEASE_AND_MORE_S)

    def threads(self) -> list[list[str]]:
        return [[post.text.split("\n")[0] for post in thread] for thread in self.fake.threads()]


class Service:
    """`threadmill run` in a process of its own, for a `with` block."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._says = site.folder / f"said-{site._count}.txt"

    def __enter__(self) -> Service:
        with self._says.open("wb") as says:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _SERVICE], cwd=self._site.folder, env=self._site.environment(), stdout=says, stderr=says
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def said(self, event: str) -> list[dict[str, Any]]:
        """The lines of its log that tell of an event."""
        lines = [json.loads(line) for line in self._says.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def ended(self, within_s: float) -> int:
        return self.process.wait(within_s)


@pytest.fixture
def site(tmp_path: Path, server: Server) -> Iterator[Site]:
    with ExitStack() as stack:
        yield Site(tmp_path, server, stack)


def until(what: Callable[[], object], within_s: float = 40) -> None:
    end = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def test_a_service_outlives_a_broken_recipe_and_a_lost_database_and_parks_when_it_is_to_end(site: Site) -> None:
    recipe = site.report("approve")
    service = site.service()
    until(lambda: site.state() is TurnState.WAITING)

    whole = recipe.read_text()
    recipe.write_text("[[schedule")
    service.signal(signal.SIGHUP)
    until(lambda: service.said("broken recipe"))
    assert "it goes on as it was before" in service.said("broken recipe")[0]["error"]

    site.wire.cut()
    until(lambda: service.said("the store does not answer"))
    site.store.rota.approve(Approval(1, site.store.desk.frozen(1).digest, "a person", site.clock.now()))
    site.fake.faults.on(CREATE, named("hang-after", 2))  # the first post is made, and nobody hears of it for two seconds
    site.wire.mend()
    until(lambda: site.fake.creates == 1)  # by itself, and by the recipe as it was
    service.signal(signal.SIGTERM)
    assert service.ended(10) == 0
    turn = site.turn()
    assert turn is not None
    assert (turn.state, turn.lease_until, site.fake.creates) == (TurnState.SENDING, None, 1)

    recipe.write_text(whole)
    assert site.once() == 0
    assert site.threads() == [TEXTS]
    assert site.state() is TurnState.PUBLISHED
    assert site.once() == 6


def test_what_a_killed_host_had_begun_another_brings_to_its_end(site: Site) -> None:
    site.report("auto")
    site.fake.faults.on(CREATE, named("hang-after", 30), nth=2)  # made, and nobody hears of it
    first = site.service()
    until(lambda: site.fake.creates == 2)
    first.signal(signal.SIGTERM)
    time.sleep(0.3)
    assert first.process.poll() is None  # it waits for the post
    first.signal(signal.SIGTERM)
    assert first.ended(3) == 0

    second = site.service()
    until(lambda: second.said("ready"))
    time.sleep(1.5)
    assert (site.fake.creates, second.said("turn begins")) == (2, [])  # it has a lease
    site.leap()
    until(lambda: site.state() is TurnState.PUBLISHED)
    assert (site.threads(), site.fake.creates) == ([TEXTS], 3)
    second.signal(signal.SIGTERM)
    assert second.ended(3) == 0
