"""
The observations that come with Threadmill: figures of finished years, computed once from public raw files.

What each measures, its unit, day boundary and terms: see the room that loaded it (`top_pypi`, `github_history`,
`kaggle_survey`, `so_survey`, `conference_papers`) and `bot/archive/README.md`. Goes back to 2015. Nothing in it changes
between releases, nothing is fetched, there is no quota.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final

from bot.domain.measure import Coverage, Metric, Observation, Origin, Subject
from bot.domain.period import Period
from bot.ports import Client, Reply
from bot.sources import _observations

METRICS: Final[tuple[Metric, ...]] = ()
ORIGINS: Final[tuple[Origin, ...]] = ()
COVERAGE: Final = Coverage(
    day_boundary="UTC days, and calendar years of surveys",
    depth="from 2015 to early 2026, each metric its own years",
    lag="none: nothing in it changes between releases",
    quota="none: it comes with the program",
)
SAYS_ALL: Final = True
READ_AT: Final = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
"""When the raw files behind the archive were read in."""
_SCHEME: Final = "archive:"


@dataclass(frozen=True)
class Source:
    """Reads the packaged csv files."""

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Sequence[Reply]:
        """One reply per packaged file, sorted by name."""
        files = sorted(
            (file for file in resources.files("bot.archive").iterdir() if file.name.endswith(".csv")), key=lambda f: f.name
        )
        return [Reply(file.read_bytes(), f"{_SCHEME}{file.name}", "", READ_AT) for file in files]

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation]:
        """Every row, of whichever subject."""
        return _observations.observations(reply, reply.url.removeprefix(_SCHEME))
