"""
Observations from csv files that a person wrote or exported.

What they measure, their units and day boundaries are the business of whoever wrote them: every row names its own origin and
url. Periods are half-open and in UTC. There is no quota; nothing settles late; terms are those of the origin named on the row.

The first line names the columns `metric,subject,period_start,period_end,value,status,origin,url,retrieved_at,note`, in any
order; only `note` may be empty. One row is one line. A figure read twice stands twice, with two `retrieved_at`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.domain.measure import Coverage, Metric, Observation, Origin, Subject
from bot.domain.period import Period
from bot.ports import Client, Reply
from bot.sources import _files, _observations

METRICS: Final[tuple[Metric, ...]] = ()
ORIGINS: Final[tuple[Origin, ...]] = ()
COVERAGE: Final = Coverage(
    day_boundary="the midnights in UTC that each row names",
    depth="whatever the files hold",
    lag="none known: each row says how settled it is",
    quota="none: files on disk",
)
SAYS_ALL: Final = True


@dataclass(frozen=True)
class Source:
    """Reads the files it is given, whole, in their order."""

    files: tuple[Path, ...]

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Sequence[Reply]:
        """One reply per file, whatever the period."""
        return [_files.read(path, _observations.LIMIT_BYTES) for path in self.files]

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation]:
        """Every row, of whichever subject: what a report needs is chosen later, where it can be said what was left out."""
        return _observations.observations(reply, Path(reply.url).name)
