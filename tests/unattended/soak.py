"""
Years of three reports in minutes: hosts that are away, die or lose their database, an X that fails in every way it can without
hanging, figures that come late or never, clocks that are set, and a person who now and then does what a notice says.

`python -m tests.unattended.soak [--years 2] [--seeds 3] [--seed N]` runs them whole. One seed is one course of things. In the end
every period of every report has its thread on the account, once and in order, or a turn that says why not.
"""

from __future__ import annotations

import argparse
import datetime as dt
import functools
import itertools
import random
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Engine, select

from bot import wiring
from bot.domain.delivery import State
from bot.domain.period import Granularity, Period
from bot.domain.schedule import Window
from bot.domain.turn import Turn, TurnState
from bot.errors import BadStore, ThreadmillError
from bot.ports import Approval, Notice, Store
from bot.rehearsal import CREATE, DELETE, FAULTS, METADATA, TIMELINE, UPLOAD, Fault, Faults, Post
from bot.rehearsal.posts import Rules
from bot.service.clock import Watch
from bot.store import open_store, tables
from bot.store.transactions import Transactions
from bot.verbs import approving, posting
from bot.verbs.looking import look
from bot.verbs.turns import perform
from tests.unattended.mill import DAILY, HEADER, MONTHLY, RECIPE, Mill, Still

BEGIN: Final = dt.datetime(2026, 1, 1, 3, 17, tzinfo=dt.UTC)
WEEKLY: Final = (
    'cron = "30 7 * * 2"\nzone = "Europe/Berlin"\ndelay = "1d"\ngrace = "1d"\nlatest = "8d"\npatience = "1d"\nretry = "2h"'
)
REPORTS: Final = (
    ("daily", Granularity.DAY, DAILY, "auto"),
    ("weekly", Granularity.WEEK, WEEKLY, "auto"),
    ("monthly", Granularity.MONTH, MONTHLY, "approve"),
)
CHART: Final = """
[posts.chart]
kind = "ranking"
metric = "counted"
subjects = ["alpha", "beta"]
title = "{{ claims.lead }}"
subtitle = "Counts, {{ period }}"
"""
CHANCE: Final[Mapping[str, float]] = {CREATE: 0.12, TIMELINE: 0.25, UPLOAD: 0.2, METADATA: 0.2, DELETE: 0.2}
"""How often a call of X fails."""
AWAKE: Final = tuple(fault for fault in FAULTS.values() if not fault.waits and not fault.dribble)
"""What fails at once; the others take real time."""
BELL: Final = dt.timedelta(seconds=30)
SLACK: Final = dt.timedelta(minutes=3)
"""So much the clocks of hosts are off at the most, and a look is late."""
LONGEST_WAIT: Final = dt.timedelta(minutes=11)
"""A run that has begun waits so long for X at the most."""


class Died(BaseException):
    """The host was killed: nothing it does afterwards is written down."""


class Fickle(Faults):
    """Calls fail by chance; in a bad time all of them, in one way."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance
        self.met: Counter[str] = Counter()
        self.bad_time: Fault | None = None
        self.calm = False

    def take(self, call: str) -> Fault | None:
        super().take(call)
        fault = None
        if not self.calm and call in CHANCE:
            by_chance = self._chance.choice(AWAKE) if self._chance.random() < CHANCE[call] else None
            fault = self.bad_time or by_chance
        if fault is not None:
            self.met[fault.name] += 1
        return fault


@dataclass
class Weather:
    """What befalls a host at one of its next transactions, before it begins or after its commit: see `strike`."""

    now: Callable[[], dt.datetime]
    strike_in: int = -1
    after: bool = False
    away: dt.timedelta | None = None
    away_until: dt.datetime = BEGIN
    dead: bool = False
    happened: Counter[str] = field(default_factory=Counter)

    def strike(self, transactions: int, after: bool, away: dt.timedelta | None) -> None:
        """After so many the host dies; or, if that is given, its database is away for so long."""
        self.strike_in, self.after, self.away = transactions, after, away

    def clear(self) -> None:
        """Another host, and nothing befalls it."""
        self.strike_in, self.dead = -1, False

    @contextmanager
    def over(self, really: Callable[..., Any], store: Transactions, engine: Engine) -> Iterator[Any]:
        """A transaction in this weather."""
        if self.dead:
            raise Died
        struck = self.strike_in == 0
        self.strike_in -= 1
        if struck and not self.after:
            self._strike()
        if self.now() < self.away_until:
            raise BadStore("the store is away")
        with really(store, engine) as connection:
            yield connection
        if struck and self.after:
            self._strike()

    def _strike(self) -> None:
        moment = "after a commit" if self.after else "before a transaction"
        if self.away is None:
            self.dead = True
            self.happened[f"host died {moment}"] += 1
            raise Died
        self.happened[f"database lost {moment}"] += 1
        self.away_until = self.now() + self.away
        raise BadStore("the store went away")


@dataclass(frozen=True)
class Came:
    """When the figures of a period come: one subject's may come later than the other's, or never."""

    alpha_at: dt.datetime
    beta_at: dt.datetime


class Soak:
    """One course of things, from its seed to what is wrong in the end."""

    def __init__(self, folder: Path, seed: int, days: int) -> None:
        self.seed, self.days = seed, days
        self.chance = random.Random(seed)
        self.mill = Mill(folder, BEGIN)
        self.mill.fake.faults = self.faults = Fickle(self.chance)
        self.weather = Weather(self.mill.now)
        self.person = Person(self)
        self.end = BEGIN + dt.timedelta(days=days)
        self.watch = Watch(lambda: self.mill.moment.timestamp())  # noqa: PLW0108 - `moment` is another object by then
        self.wrong: list[str] = []
        self.told: dict[int, Notice] = {}
        self.seen: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self._figures: dict[str, str] = {}
        self._came: dict[Period, Came] = {}
        for name, granularity, schedule, mode in REPORTS:
            self._report(name, granularity, f'{schedule}\nmode = "{mode}"')

    def run(self) -> None:
        """All of it. What is wrong stands in `wrong` then."""
        with (
            self.mill,
            pytest.MonkeyPatch.context() as patch,
            open_store(f"sqlite:///{self.mill.folder / 'soak.db'}", clock=self.mill.now) as store,
        ):
            self.store = store
            self._move_in(patch, store)
            house = self.mill.house()
            self.reports, problems = wiring.scheduled(house)
            assert problems == {}
            while self.mill.moment < self.end:
                self._go_on()
            self._calm_down()
            self._check()

    # What happens

    def _go_on(self) -> None:
        """A look, what is due, and the time until something changes."""
        self._fate()
        with suppress(Died):
            self.person.act()
        self.weather.clear()
        again = self._look()
        self._tell()
        self._wait(again)

    def _look(self) -> dt.datetime:
        """When to look again."""
        mill, soon = self.mill, self.mill.moment + BELL
        if not self.watch.believes(mill.now()):
            self.seen["looks at a clock that was set"] += 1
            return soon
        self._figures_come()
        if self.chance.random() < 0.05:
            self._strike()
        try:
            looked = look(self.reports, self.store, mill.now())
            for task in looked.tasks:
                self.seen["attempts"] += 1
                if self.chance.random() < 0.15:
                    self._strike()
                perform(mill.house(), task.report, task.period, secrets.token_hex(6), "scheduled", self._stop(), _silently)
        except (BadStore, Died):
            return soon
        finally:
            self.weather.clear()
        return soon if looked.tasks else looked.look_at - mill.ahead

    def _strike(self) -> None:
        away = self.chance.choice([None, dt.timedelta(0), dt.timedelta(seconds=45), dt.timedelta(minutes=10)])
        self.weather.strike(self.chance.randrange(40), self.chance.random() < 0.5, away)

    def _stop(self) -> Still:
        return _Parking(self.mill, self.chance.randrange(3)) if self.chance.random() < 0.05 else Still(self.mill)

    def _tell(self) -> None:
        """Notices are brought to the person; once in a while that fails, or is not written down."""
        now = self.mill.now()
        with suppress(BadStore):
            for notice in self.store.rota.untold("teller", now, now + dt.timedelta(minutes=5), 50):
                luck = self.chance.random()
                if luck < 0.1:
                    self.store.rota.told(notice, now, error="the webhook answered 500")
                    continue
                if notice.id not in self.told:
                    self.person.hears(notice)
                self.told[notice.id] = notice
                if luck > 0.05:
                    self.store.rota.told(notice, now)

    def _wait(self, until: dt.datetime) -> None:
        """Until something changes; now and then a look before that finds that nothing has."""
        mill = self.mill
        until = min(until, self.person.next_at(), self.end)
        if until - mill.moment > 2 * BELL and self.chance.random() < 0.1 and self.watch.believes(mill.now()):
            mill.moment += (until - mill.moment) * self.chance.uniform(0, 0.999)
            looked = look(self.reports, self.store, mill.now())
            if looked.tasks or looked.missed:
                self.wrong.append(f"at {mill.now()}, before {until}, something was due: {looked}")
        mill.moment = max(mill.moment, until) + BELL * self.chance.random()

    def _fate(self) -> None:
        """Now and then something befalls everybody."""
        mill, chance, days = self.mill, self.chance, dt.timedelta(days=1)
        self.faults.calm = False
        if self.faults.bad_time is None and chance.random() < 0.01:
            self.faults.bad_time = chance.choice(AWAKE)
            self._bad_until = mill.moment + chance.choice([0.1, 0.5, 2]) * days * chance.random()
            self.seen["bad times of X"] += 1
        elif self.faults.bad_time is not None and mill.moment > self._bad_until:
            self.faults.bad_time = None
        if chance.random() < 0.012:
            mill.moment += chance.choice([0.1, 0.5, 2, 6]) * days * chance.random()
            self.seen["hosts away"] += 1
        if chance.random() < 0.05:
            mill.ahead = dt.timedelta(seconds=chance.uniform(-45, 45))
            self.seen["clocks set right"] += 1
        elif chance.random() < 0.01:
            self._leap()
        lag_s = chance.choice([0, 0, 5, 30])
        mill.fake._site.posts._rules = Rules(  # it takes the same text twice: nobody knows how long X remembers
            visibility_lag_s=lag_s, parent_lag_s=chance.choice([0, lag_s]), duplicate_window_s=0
        )

    def _leap(self) -> None:
        """The clock of the host is wrong for some minutes; it is seen at every ring."""
        self.seen["clocks wrong"] += 1
        mill, right = self.mill, self.mill.ahead
        self.watch.believes(mill.now())
        mill.ahead = right + self.chance.choice([-1, 1]) * dt.timedelta(minutes=self.chance.uniform(12, 60 * 24 * 3))
        for _ in range(self.chance.randrange(1, 8)):
            mill.moment += BELL
            if self.watch.believes(mill.now()):
                self.wrong.append(f"at {mill.moment} a clock that shows {mill.now()} was believed")
        mill.ahead = right
        mill.moment += BELL

    def _calm_down(self) -> None:
        """Nothing goes wrong any more, and all that can end by itself ends."""
        self.faults.bad_time, self.mill.ahead = None, dt.timedelta(0)
        for _ in range(100):
            self.faults.calm = True
            self.mill.moment += dt.timedelta(minutes=10)
            self._look_calmly()

    def _look_calmly(self) -> None:
        self._figures_come()
        self.watch.believes(self.mill.now())
        for task in look(self.reports, self.store, self.mill.now()).tasks:
            perform(self.mill.house(), task.report, task.period, secrets.token_hex(6), "calm", Still(self.mill), _silently)
        now = self.mill.now()
        for notice in self.store.rota.untold("teller", now, now + dt.timedelta(minutes=5), 50):
            self.told[notice.id] = notice
            self.store.rota.told(notice, now)

    # Figures

    def _report(self, name: str, granularity: Granularity, schedule: str) -> None:
        place = self.mill.folder / "templates" / name
        place.mkdir(parents=True)
        opening, closing = RECIPE.format(granularity=granularity, schedule=schedule).split("[[posts]]", 1)
        posts = "".join(
            f'[[posts]]\nname = "{post}"\n{CHART if (name, post) == ("monthly", "opening") else ""}' for post in _TEXTS
        )
        assert "closing" in closing
        (place / "report.toml").write_text(opening + posts)
        for post, text in _TEXTS.items():
            (place / f"{post}.txt").write_text(f"{name} {{{{ period }}}}: {text}\n")
        (place / "figures.csv").write_text(HEADER + "\n")
        self.mill.reports.append(name)

    def _figures_come(self) -> None:
        """The newest figures that have come by now stand in each report's file."""
        for name, granularity, _, _ in REPORTS:
            period = Period.newest_complete(granularity, self.mill.moment)
            rows = [HEADER]
            for _ in range(4):
                rows += self._rows(period)
                period = period.previous()
            text = "\n".join(rows) + "\n"
            if self._figures.get(name) != text:
                (self.mill.folder / "templates" / name / "figures.csv").write_text(text)
                self._figures[name] = text

    def _rows(self, period: Period) -> Iterator[str]:
        if period not in self._came:
            self._came[period] = self._comes(period)
        number, came = period.start.toordinal() % 1000, self._came[period]
        for subject, at, value in (("alpha", came.alpha_at, 2000 + number), ("beta", came.beta_at, 1000 + number)):
            if at <= self.mill.moment:
                yield self.mill.row(subject, period, value)

    def _comes(self, period: Period) -> Came:
        chance = random.Random(f"{self.seed} {period.key}")  # whatever happens
        late = [period.end + dt.timedelta(hours=chance.uniform(0, 60)) if chance.random() < 0.1 else period.end for _ in range(2)]
        if chance.random() < 0.02:
            late[1] = period.end + dt.timedelta(days=10_000)
        if chance.random() < 0.02:
            late = [period.end + dt.timedelta(days=10_000)] * 2
        return Came(*late)

    def _move_in(self, patch: pytest.MonkeyPatch, store: Store) -> None:
        """Verbs find this house and this clock; one store for all, and recipes that are read once, for time's sake."""
        really = Transactions._transaction
        weather = self.weather
        patch.setattr(Transactions, "_transaction", lambda one, engine: weather.over(really, one, engine))
        patch.setattr(wiring, "house", lambda *_: self.mill.house())
        patch.setattr(wiring, "store", lambda _: nullcontext(store))
        read, kinds = wiring.read_report, wiring.kinds()
        patch.setattr(wiring, "read_report", functools.cache(lambda place, _: read(place, kinds)))
        patch.setattr(wiring, "kinds", lambda: ())
        patch.setattr(posting, "sleep", lambda seconds: self.mill.pass_(seconds=seconds))

    # What has come of it

    def _check(self) -> None:
        self.wrong += self.mill.fake.violations
        turns = {(turn.report, turn.period): turn for turn in self.store.rota.history(1_000_000)}
        posts: dict[str, list[Post]] = {}
        for post in self.mill.fake.posts.values():
            posts.setdefault(post.sent.partition(":")[0], []).append(post)
        self.wrong += _twice(self.mill.fake.posts.values())
        told = Counter((one.event, one.report, one.period) for one in self.told.values())
        self.wrong += [f"told {count} times: {which}" for which, count in told.items() if count > 1]
        begun = self._begun()
        for report in self.reports:
            roots: list[tuple[dt.datetime, Period]] = []
            for window in self._windows(report.schedule, Granularity(report.granularity)):
                turn = turns.pop((report.key, window.period), None)
                if turn is None:
                    self.wrong.append(f"{report.key} {window.period.key} has no turn")
                    continue
                self.seen[f"{report.key} {turn.state}"] += 1
                if turn.state is TurnState.MISSED:
                    self.missed[_cause(turn.reason)] += 1
                own = self._own(turn, posts)
                self.wrong += self._account(turn, window, own, told)
                self.wrong += _in_time(turn, window, begun.get((report.key, window.period.key)), own, self.person.by_hand)
                roots += [
                    (post.created_at, window.period)
                    for post in own
                    if post.parent is None and turn.period not in self.person.by_hand[report.key]
                ]
            if [period for _, period in sorted(roots, key=lambda one: one[0])] != sorted(period for _, period in roots):
                self.wrong.append(f"{report.key}: an older thread was begun after a newer one")
        for turn in turns.values():  # not over yet
            self._own(turn, posts)
        self.wrong += [f"a post of no edition: {label}" for label in posts]

    def _begun(self) -> dict[tuple[str, str], dt.datetime]:
        """When each turn was begun; a host may have died before it wrote down that it attempted anything."""
        columns = tables.turn.c
        with self.store._reads() as connection:
            rows = connection.execute(
                select(columns.report, columns.period, columns.begun_at).where(columns.begun_at.is_not(None))
            )
            return {(row.report, row.period): row.begun_at for row in rows}

    def _windows(self, schedule: Any, granularity: Granularity) -> Iterator[Window]:
        """Those that opened after the beginning and are closed for good by now."""
        period = Period.newest_complete(granularity, BEGIN)
        while period.end < self.end:
            window = schedule.window(period)
            if window is not None and window.opens_at > BEGIN and window.closes_at + schedule.grace < self.mill.moment:
                yield window
            period = period.following()

    def _own(self, turn: Turn, posts: dict[str, list[Post]]) -> list[Post]:
        """The posts of a turn's edition, taken out of all."""
        edition = self.store.desk.find(turn.report, turn.period.key, self.mill.fake.account.id)
        if edition is None:
            return []
        self._withdrawn = self.store.desk.withdrawn(edition) is not None
        self._texts = [post.text for post in self.store.desk.frozen(edition).posts]
        return posts.pop(self._texts[0].partition(":")[0], [])

    def _account(self, turn: Turn, window: Window, own: list[Post], told: Counter[tuple[str, str, str]]) -> Iterator[str]:
        """What the account shows of a turn."""
        what = f"{turn.report} {turn.period.key}, {turn.state} ({turn.reason})"
        alive = [post for post in own if not post.deleted]
        chained = all(after.parent == before.id for before, after in itertools.pairwise(alive))
        if alive and ([post.sent for post in alive] != self._texts[: len(alive)] or alive[0].parent is not None or not chained):
            yield f"{what}: the account shows {[post.sent for post in alive]}"
        if not turn.over:
            yield f"{what}: it is not over, and its window closed at {window.closes_at}"
        if not turn.reason or turn.reason.endswith(("it was open", "it was sending")):
            yield f"{what}: nobody knows why"
        if turn.state is TurnState.PUBLISHED and len(alive) != len(self._texts) and not self._withdrawn:
            yield f"{what}: only {len(alive)} posts are there"
        known = told["half", turn.report, turn.period.key] > 0 or turn.period in self.person.by_hand[turn.report]
        if turn.state is TurnState.MISSED and alive and not known:
            yield f"{what}: {len(alive)} posts are there, and nobody was told"
        if turn.state is TurnState.SKIPPED and alive and turn.period not in self.person.by_hand[turn.report]:
            yield f"{what}: {len(alive)} posts are there"


class Person:
    """Does what notices say; some soon, some late, some never."""

    def __init__(self, soak: Soak) -> None:
        self._soak, self._chance, self._mill = soak, soak.chance, soak.mill
        self._plans: list[tuple[dt.datetime, str, Notice]] = []
        self.by_hand: dict[str, set[Period]] = {name: set() for name, *_ in REPORTS}
        self.did: Counter[str] = Counter()

    def hears(self, notice: Notice) -> None:
        chance = self._chance
        what = {
            "waiting": ["approve"] * 8 + ["skip", ""],
            "held": ["post", "post", "nudge", "nudge", "skip", ""],
            "unknown": ["resolve", "resolve", "post", ""],
            "half": ["post", "undo", "", ""],
            "missed": ["skip", "", "", ""],
        }.get(notice.event, [""])
        if plan := chance.choice(what):
            after = dt.timedelta(hours=chance.choice([0.1, 2, 12, 40]) * chance.random())
            self._plans.append((self._mill.moment + after, plan, notice))

    def next_at(self) -> dt.datetime:
        return min((at for at, _, _ in self._plans), default=self._soak.end)

    def act(self) -> None:
        ready = [one for one in self._plans if one[0] <= self._mill.moment]
        for one in ready:
            self._plans.remove(one)
            _, plan, notice = one
            try:
                getattr(self, f"_{plan}")(notice)
                self.did[plan] += 1
            except ThreadmillError as error:
                self.did[f"{plan}, in vain"] += 1
                if self._chance.random() < 0.5 and error.exit_code in (4, 5, 7):
                    self._plans.append((self._mill.moment + dt.timedelta(hours=1), plan, notice))

    def _approve(self, notice: Notice) -> None:
        store, edition = self._soak.store, self._edition(notice)
        store.rota.approve(Approval(edition, store.desk.frozen(edition).digest, "a person", self._mill.now()))

    def _nudge(self, notice: Notice) -> None:
        self._soak.store.rota.nudge(self._edition(notice), self._mill.now())

    def _post(self, notice: Notice) -> None:
        self.by_hand[notice.report].add(Period.parse(notice.period))
        posting.post(notice.report, notice.period, None, (), lambda _: True, _silently, Still(self._mill))

    def _resolve(self, notice: Notice) -> None:
        edition, desk = self._edition(notice), self._soak.store.desk
        for one in desk.deliveries(edition):
            if one.state is State.UNKNOWN:
                text = desk.frozen(edition).posts[one.position - 1].text
                there = [post.id for post in self._mill.fake.posts.values() if post.sent == text and not post.deleted]
                posting.resolve(edition, one.position, "there" if there else "absent", there[0] if there else "")

    def _undo(self, notice: Notice) -> None:
        posting.undo(self._edition(notice), lambda _: True, _silently, Still(self._mill))

    def _skip(self, notice: Notice) -> None:
        approving.skip(notice.report, notice.period, "nobody wants to read it")

    def _edition(self, notice: Notice) -> int:
        account = self._mill.fake.account.id
        edition = self._soak.store.desk.find(notice.report, notice.period, account)
        if edition is None:
            raise ThreadmillError("there is no such edition any more")
        return edition


class _Parking(Still):
    """The host is asked to end after so many posts."""

    def __init__(self, mill: Mill, posts: int) -> None:
        super().__init__(mill)
        self._creates = mill.fake.creates + posts

    @property
    def asked(self) -> bool:
        return self._mill.fake.creates >= self._creates


_TEXTS: Final = {
    "opening": "{{ claims.lead }}.",
    "alpha": "Alpha counted {{ figures.counted.alpha }}.",
    "beta": "Beta counted {{ figures.counted.beta }}.",
}


def _silently(*_: object) -> None:
    pass


def _twice(posts: Iterator[Post]) -> Iterator[str]:
    """Whatever happens, no text goes out twice, and no thread is begun twice."""
    texts = Counter(post.sent for post in posts)
    roots = Counter(post.sent.partition(":")[0] for post in posts if post.parent is None)
    yield from (f"sent {count} times: {text!r}" for text, count in (texts + roots).items() if count > 1)


def _cause(reason: str) -> str:
    """The kind of reason a turn was missed for."""
    words = reason.rpartition("it was ")[2]
    kinds = ("no host was there", "waiting", "held", "open", "sending", "unknown")
    return next((kind for kind in kinds if words.startswith(kind)), words)


def _in_time(
    turn: Turn, window: Window, begun_at: dt.datetime | None, own: list[Post], by_hand: Mapping[str, set[Period]]
) -> Iterator[str]:
    """Whether a turn was begun within its window and grace, and its thread before the window closed."""
    what = f"{turn.report} {turn.period.key}"
    if begun_at is not None and not window.opens_at - SLACK <= begun_at <= window.grace_until + SLACK:
        yield f"{what} was begun at {begun_at}, and its window was from {window.opens_at} to {window.grace_until}"
    if (
        own
        and turn.period not in by_hand[turn.report]
        and not window.opens_at - SLACK <= own[0].created_at <= window.closes_at + LONGEST_WAIT + SLACK
    ):
        yield f"{what} was posted from {own[0].created_at} on, and its window was from {window.opens_at} to {window.closes_at}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.unattended.soak", description="Years of three reports.")
    parser.add_argument("--years", type=float, default=2)
    parser.add_argument("--seeds", type=int, default=3, help="so many courses of things")
    parser.add_argument("--seed", type=int, help="this one only")
    given = parser.parse_args(arguments)
    seeds = [given.seed] if given.seed is not None else [random.randrange(10**6) for _ in range(given.seeds)]
    wrong = 0
    for seed in seeds:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(dir=_quickest()) as folder:
            soak = Soak(Path(folder), seed, round(given.years * 365))
            soak.run()
        print(f"seed {seed}: {soak.days} days in {time.monotonic() - began:.0f} s; {len(soak.wrong)} wrong")
        for name, counted in (
            ("seen", soak.seen),
            ("missed", soak.missed),
            ("hosts", soak.weather.happened),
            ("the person", soak.person.did),
            ("X", soak.faults.met),
        ):
            print(f"  {name}: " + ", ".join(f"{count} {what}" for what, count in sorted(counted.items())))
        print("".join(f"  WRONG {one}\n" for one in soak.wrong), end="", flush=True)
        wrong += len(soak.wrong)
    return 1 if wrong else 0


def _quickest() -> str | None:
    """A folder in memory, if there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
