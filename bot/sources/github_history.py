"""
Stars and forks of repositories on GitHub on past days, which GitHub itself does not tell.

Measures the counters as two collectors saw them: EvanLi/Github-Ranking daily from 2018-12-18, for repositories in its top-100
lists (MIT), and lukasmasuch/best-of-ml-python about weekly from 2020-11-30 to 2025-10-30 (CC BY-SA 4.0). Counts; a row's
period is the UTC day of its snapshot. Past days do not change. No quota: the files are read from disk.

The two agree to 0.03 % except on tensorflow, where best-of is 1.2 to 1.5 % higher from 2021-02 on, cause unknown. So a subject
is read from one collector only: `Subject.ids["github_history"]` is "pytorch/pytorch" for EvanLi's daily file, and
"best-of-ml:google/jax" for the weekly one (jax left EvanLi's lists on 2024-04-07).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.domain.measure import Aggregation, Break, Coverage, Metric, Observation, Origin, Status, Subject, Unit
from bot.domain.period import Period
from bot.ports import Client, Reply
from bot.sources import _files, _table

_NAME: Final = "github_history"
_GITHUBS_OWN: Final = ("GitHub", "Github-Ranking", "best-of-ml-python")
"""Who repeats the counters GitHub shows: GitHub itself, and two that wrote them down on the day."""
METRICS: Final = (
    Metric(
        key="gh_stars",
        title="GitHub stars",
        unit=Unit.COUNT,
        noun="stars",
        aggregation=Aggregation.LEVEL,
        beyond=1e6,
        measures="Accounts that had starred the framework's main repository on GitHub by that day.",
        does_not_measure="Use. A star is a bookmark or applause, is rarely taken back, and does not tell who still uses it.",
        known_biases="Old and much discussed projects lead. Stars can be bought. One repository stands for a whole framework.",
        short="GitHub stars",
        tolerance_days=31,
        same_counter=_GITHUBS_OWN,
    ),
    Metric(
        key="gh_forks",
        title="GitHub forks",
        unit=Unit.COUNT,
        noun="forks",
        aggregation=Aggregation.LEVEL,
        beyond=1e6,
        measures="Forks of the framework's main repository on GitHub by that day.",
        does_not_measure="Contributors or users. Most forks are never changed, and many belong to courses.",
        known_biases="GitHub has changed what it counts as a fork; collectors saw both countings in turn for months.",
        short="GitHub forks",
        tolerance_days=31,
        same_counter=_GITHUBS_OWN,
        breaks=(
            # EvanLi has tensorflow at 89,454 and then 73,682; best-of flips between the two levels from 2023-09 on
            Break(dt.datetime(2024, 2, 21, tzinfo=dt.UTC), "GitHub counts forks another way; nobody took these forks back"),
        ),
    ),
)
ORIGINS: Final = (
    Origin(
        name="Github-Ranking",
        homepage="https://github.com/EvanLi/Github-Ranking",
        terms="MIT",
        citation="EvanLi, Github-Ranking, daily lists of GitHub's most starred and forked repositories",
        licence="MIT",
    ),
    Origin(
        name="best-of-ml-python",
        homepage="https://github.com/lukasmasuch/best-of-ml-python",
        terms="CC BY-SA 4.0",
        citation="Lukas Masuch, best-of-ml-python, weekly project history, CC BY-SA",
        licence="CC BY-SA 4.0",
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="the UTC day of each snapshot",
    depth="daily from 2018-12-18, or about weekly from 2020-11-30 to 2025-10-30",
    lag="none: past days do not change",
    quota="none: files on disk",
)
SAYS_ALL: Final = True
_LIMIT_BYTES: Final = 64 * _files.MIB


@dataclass(frozen=True)
class _Collector:
    """One collector's table: how its ids are marked, its columns, and where a day's list can be seen."""

    mark: str
    origin: str
    day: str
    repository: str
    stars: str
    forks: str
    url: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.day, self.repository, self.stars, self.forks)


_DAILY: Final = _Collector(
    "", ORIGINS[0].name, "date", "repo", "stars", "forks", f"{ORIGINS[0].homepage}/blob/1f3e1701/Data/github-ranking-{{day}}.csv"
)
_WEEKLY: Final = _Collector(
    "best-of-ml:", ORIGINS[1].name, "snapshot_date", "github_id", "star_count", "fork_count",
    f"{ORIGINS[1].homepage}/blob/47f29706/history/{{day}}_projects.csv",
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """Reads the collected snapshots: EvanLi's daily ones, and best-of-ml-python's weekly ones if there are any."""

    daily: Path
    weekly: Path | None = None

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Sequence[Reply]:
        """One reply per file; each holds every day, so the period does not matter."""
        return [_files.read(path, _LIMIT_BYTES) for path in (self.daily, self.weekly) if path is not None]

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation]:
        """Stars and forks of every subject on every day of the file, for the subjects that are read from this collector."""
        collector = _WEEKLY if reply.body.startswith(_WEEKLY.day.encode()) else _DAILY
        keys = {subject.ids[_NAME]: subject.key for subject in subjects if _NAME in subject.ids}
        digest = reply.sha256
        found: list[Observation] = []
        for row in _table.rows(reply, collector.columns):
            if key := keys.get(collector.mark + row[collector.repository]):
                found += _observations(row, collector, key, reply, digest)
        return tuple(found)


def _observations(row: _table.Row, collector: _Collector, key: str, reply: Reply, digest: str) -> list[Observation]:
    day = row.date(collector.day)
    return [
        Observation(
            metric=metric,
            subject=key,
            period=Period.day(day),
            value=float(row.whole(column)),
            status=Status.MEASURED,
            origin=collector.origin,
            url=collector.url.format(day=day.isoformat()),
            retrieved_at=reply.retrieved_at,
            note=f"{row[collector.repository]} as of that day",
            query=row.place,
            payload_sha256=digest,
            published_at=Period.day(day).end,
        )
        for metric, column in (("gh_stars", collector.stars), ("gh_forks", collector.forks))
    ]
