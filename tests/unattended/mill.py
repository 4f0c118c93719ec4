"""Scheduled reports, a store and a fake X on one clock that moves when it is told to: months pass in seconds."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from bot import wiring
from bot.config import settings
from bot.domain.period import Granularity, Period
from bot.domain.turn import Turn, TurnState
from bot.ports import Store
from bot.rehearsal import FakeX
from bot.stopping import Stop
from bot.verbs.looking import Looked, look
from bot.verbs.turns import Performed, perform

RECIPE: Final = """
title = "Counters"
network = "x"
granularity = "{granularity}"

[schedule]
{schedule}

[sources.csv]
required = true
files = ["figures.csv"]

[subjects.alpha]
name = "Alpha"
fill = "#2e87df"
ink = "#1b6bb8"

[subjects.beta]
name = "Beta"
fill = "#6d279a"
ink = "#6d279a"

[metrics.counted]
title = "Counts"
noun = "counts"
unit = "count"
aggregation = "total"
measures = "What was counted."
does_not_measure = "What was not."
known_biases = "Made up for a test."

[claims.lead]
kind = "lead"
metric = "counted"
subjects = ["alpha", "beta"]

[[posts]]
name = "opening"

[[posts]]
name = "closing"
"""
OPENING: Final = "Counts of {{ period }}: {{ claims.lead }}."
CLOSING: Final = "Alpha {{ figures.counted.alpha }}, Beta {{ figures.counted.beta }}."
HEADER: Final = "metric,subject,period_start,period_end,value,status,origin,url,retrieved_at,note"
DAILY: Final = 'cron = "0 6 * * *"\nzone = "UTC"\ndelay = "2h"\ngrace = "6h"\nlatest = "30h"\npatience = "3h"\nretry = "1h"'
MONTHLY: Final = (
    'cron = "0 6 * * *"\nzone = "Europe/Berlin"\ndelay = "4d"\ngrace = "2d"\nlatest = "21d"\npatience = "12h"\nretry = "1h"'
)


class Still(Stop):
    """Nobody asks it to end; its sleep moves the mill's clock."""

    def __init__(self, mill: Mill) -> None:
        super().__init__()
        self._mill = mill

    def sleep(self, seconds: float) -> None:
        self._mill.pass_(seconds=seconds)


class Mill:
    """
    Reports in a folder, in the mode given, a store, and a fake X whose clock is the mill's.

    `now` is that clock, and so much `ahead` of the time that it really is, which is X's. Figures of a period stand in the reports'
    files from the start, unless `withheld`.
    """

    def __init__(self, folder: Path, now: dt.datetime, mode: str = "auto", database: str = "") -> None:
        self.folder, self.moment, self.mode = folder, now, mode
        self.ahead = dt.timedelta(0)
        self.fake = FakeX(clock=lambda: self.moment)
        self.database = database
        self.reports: list[str] = []
        self.variables: dict[str, str] = {}

    def __enter__(self) -> Mill:
        self.fake.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.fake.__exit__()

    def now(self) -> dt.datetime:
        return self.moment + self.ahead

    def pass_(self, **time: float) -> None:
        self.moment += dt.timedelta(**time)

    def report(self, name: str, granularity: str, schedule: str, first: str, count: int) -> None:
        """A report with figures for so many periods from the first on."""
        place = self.folder / "templates" / name
        place.mkdir(parents=True)
        (place / "report.toml").write_text(RECIPE.format(granularity=granularity, schedule=f'{schedule}\nmode = "{self.mode}"'))
        (place / "opening.txt").write_text(f"{name}. {OPENING}\n")
        (place / "closing.txt").write_text(CLOSING + "\n")
        period, rows = Period.parse(first), [HEADER]
        assert period.granularity is Granularity(granularity)
        for number in range(count):
            for subject, value in (("alpha", 2000 + number), ("beta", 1000 + number)):
                rows.append(self.row(subject, period, value))
            period = period.following()
        (place / "figures.csv").write_text("\n".join(rows) + "\n")
        self.reports.append(name)

    def withhold(self, name: str) -> str:
        """Take a report's figures away; they are given back with `give`."""
        path = self.folder / "templates" / name / "figures.csv"
        figures = path.read_text()
        path.write_text(HEADER + "\n")
        return figures

    def give(self, name: str, figures: str) -> None:
        (self.folder / "templates" / name / "figures.csv").write_text(figures)

    def row(self, subject: str, period: Period, value: int) -> str:
        start, end = period.start.date(), period.end.date()
        return f"counted,{subject},{start},{end},{value},measured,A person,https://example.org/how,{end},made up"

    def environment(self) -> Mapping[str, str]:
        return {
            "THREADMILL_HOME": str(self.folder / "home"),
            "THREADMILL_REPORTS": ",".join(self.reports),
            **({"DATABASE_URL": self.database} if self.database else {}),
            **self.fake.keys.environment(self.fake.url),
            **self.variables,
        }

    def house(self) -> wiring.House:
        return wiring.House(self.folder, settings(self.environment()), self.now(), time=self.now)

    def look(self) -> Looked:
        with wiring.store(self.house()) as store:
            return self._look(store)

    def once(self) -> list[Performed | None]:
        """One look, and all that is due."""
        house, looked = self.house(), self.look()
        stop = Still(self)
        return [
            perform(replace(house, now=self.now()), task.report, task.period, secrets.token_hex(4), "once", stop, lambda *_: None)
            for task in looked.tasks
        ]

    def notices(self) -> list[tuple[str, str, str]]:
        """Event, report and period of all that is still to be told, which it is hereby."""
        with wiring.store(self.house()) as store:
            told = store.rota.untold("test", self.now(), self.now() + dt.timedelta(minutes=1), 1000)
            for notice in told:
                store.rota.told(notice, self.now())
        return [(notice.event, notice.report, notice.period) for notice in told]

    def turns(self) -> dict[tuple[str, str], Turn]:
        """Every turn by report and period."""
        with wiring.store(self.house()) as store:
            return {(turn.report, turn.period.key): turn for turn in store.rota.history(100_000)}

    def states(self) -> dict[tuple[str, str], TurnState]:
        return {key: turn.state for key, turn in self.turns().items()}

    def threads(self) -> list[list[str]]:
        """The first lines of the threads on the account, oldest first."""
        return [[part.text.split("\n")[0] for part in thread] for thread in self.fake.threads()]

    def _look(self, store: Store) -> Looked:
        reports, problems = wiring.scheduled(self.house())
        assert problems == {}
        return look(reports, store, store.now())
