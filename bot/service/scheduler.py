"""
The service: APScheduler rings, `verbs.looking` decides, children do the work.

Nothing about turns is kept here: what is known is in the store, so this process may be killed at any moment, and any number of
hosts may run it against one PostgreSQL.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot import wiring
from bot.errors import BadStore, ThreadmillError
from bot.ports import Store
from bot.service.children import Children
from bot.service.clock import Watch
from bot.service.recipes import Recipes
from bot.service.wishes import RELOAD, STOP, Wishes
from bot.verbs.chores import chores_due
from bot.verbs.looking import Task, look

BELL_S: Final = 30
"""Seconds between two looks: a turn begins at most so late."""
_PARTING_S: Final = 8.5
"""How long the children may take to park what is under way; whoever stops us waits ten seconds."""


class Log(Protocol):
    """Where it is said what happens: how grave it is (info, warning, error), the event and its details."""

    def __call__(self, level: str, event: str, **details: object) -> object: ...


@dataclass
class Service:
    """
    Looks every half minute until it is told to stop. `tell` passes notices on; `good` is called after each look. Nothing is
    looked at while the store that is open is not the one others open: it was `replaced`.

    `looked_at` is when the last look was finished, by the store's clock.
    """

    house: wiring.House
    store: Store
    log: Log
    tell: Callable[[], None]
    good: Callable[[], None]
    children: Children
    recipes: Recipes
    replaced: Callable[[], bool] = lambda: False
    looked_at: dt.datetime | None = None
    watch: Watch = field(default_factory=Watch)

    def run(self, wishes: Wishes, ready: Callable[[], None]) -> None:
        """
        Until somebody wishes it to stop; whoever wishes it twice has the children killed.

        Raises:
            BadInput: a setting names what there is not. SIGHUP in such a state changes nothing.
        """
        wishes.hurry = self.children.kill
        self._load()
        bell = self._bell()
        bell.start()
        ready()
        try:
            while (wish := wishes.next()) != STOP:
                if wish == RELOAD:
                    self._load_again()
        finally:
            bell.shutdown(wait=False)
            self.children.stop(_PARTING_S)
            self.log("info", "stopped")

    def look(self) -> None:
        """One look: what is due is started, what went by is written down."""
        self.children.reap()
        if self.replaced():
            self.log("error", "the file of the store was moved or replaced while it is open: restart the service")
            return
        try:
            now = self.store.now()
            if not self.watch.believes(now):
                self.looked_at = now
                self.log("warning", "the clock was set; nothing is decided for some minutes", now=now.isoformat())
                return
            looked = look(list(self.recipes.reports.values()), self.store, now)
            chores = chores_due(self.store, now)
        except BadStore as error:
            self.log("error", "the store does not answer", error=str(error))
            return
        for turn in looked.missed:
            self.log("error", "missed", report=turn.report, network=turn.network, period=turn.period.key, reason=turn.reason)
        for task in looked.tasks:
            self._perform(task)
        for name in chores:
            self._do(name)
        self.looked_at = now
        self.good()

    def _bell(self) -> BackgroundScheduler:
        bell = BackgroundScheduler(
            timezone=dt.UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},  # a late look is as good as any
        )
        at_once = dt.datetime.now(dt.UTC)
        for name, job in (("look", self.look), ("tell", self.tell)):
            bell.add_job(job, IntervalTrigger(seconds=BELL_S, timezone=dt.UTC), next_run_time=at_once, id=name)
        return bell

    def _perform(self, task: Task) -> None:
        run = secrets.token_hex(6)
        arguments = ["turn", task.report, task.period, "--run", run]
        report, copy = self.recipes.reports.get(task.report), self.recipes.copies.get(task.report)
        if report is None:  # it left the schedule while this look was made
            return
        if report.schedule is not None:
            arguments += ["--mode", report.schedule.mode]
        if copy is not None:
            arguments += ["--recipe", str(copy)]
        about = {"report": task.report, "network": task.network, "period": task.period, "run": run}

        def ended(code: int) -> None:
            self.log("warning" if code else "info", "turn performed", exit_code=code, **about)

        if self.children.start(f"{task.report}/{task.network}/{task.period}", arguments, ended):
            self.log("info", "turn begins", **about)

    def _do(self, chore: str) -> None:
        def ended(code: int) -> None:
            self.log("warning" if code else "info", "chore done", chore=chore, exit_code=code)

        run = secrets.token_hex(6)
        if self.children.start(chore, ["chore", chore, "--run", run], ended):
            self.log("info", "chore begins", chore=chore, run=run)

    def _load_again(self) -> None:
        try:
            self._load()
        except ThreadmillError as error:
            self.log("error", "the recipes cannot be read; all goes on as before", error=str(error))

    def _load(self) -> None:
        self.recipes.load()
        for key in self.recipes.problems:
            self.log("error", "broken recipe", report=key, error=self.recipes.told(key))
        for key, report in self.recipes.reports.items():
            mode = "" if report.schedule is None else str(report.schedule.mode)
            self.log("info", "scheduled", report=key, network=report.network, mode=mode)
