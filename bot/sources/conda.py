"""
Downloads of conda packages from anaconda.org, all of them so far.

Measures the counters anaconda.org keeps of every file of a package, added up, in downloads since the files were put there; a
reading's period is the UTC day it was taken, up to that instant. This service tells no history: change over time comes from
earlier readings in the store, and no reading is provisional. No lag and no quota are published. Terms: counts are facts, name
Anaconda.

The total is the sum over the files, which is what anaconda.org's own badge adds up (anaconda/anaconda-client#567, 2021). Newer
replies tell a total of their own as well (seen by ecosyste-ms/packages#1495, 2026-02). Where the two are further apart than
counters that run meanwhile can be, files may be missing from the list, and there is no figure. The list of a package with many
files has tens of megabytes, so nothing smaller is asked for than there is. `Subject.ids["conda"]` is channel and package
("conda-forge/pytorch").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from bot.domain.measure import Aggregation, Coverage, Metric, Missing, Observation, Origin, Subject, Unit
from bot.domain.period import Period
from bot.ports import Client, Question, Reply, Service
from bot.sources import _replies

_NAME: Final = "conda"
_METRIC: Final = "conda_downloads"
METRICS: Final = (
    Metric(
        key=_METRIC,
        title="conda downloads so far",
        unit=Unit.COUNT,
        noun="downloads",
        aggregation=Aggregation.LEVEL,
        measures="Downloads of all files of the package from its channel on the Anaconda site since they were put there.",
        does_not_measure="Any month or year by itself: the counters only add, and what was added comes from our own readings. "
        "People. Installs from caches, mirrors, other channels and other installers.",
        known_biases="Automatic builds download again and again. An old package has had time to collect downloads, and a file "
        "that is taken away leaves the sum.",
        short="conda downloads",
        tolerance_days=31,
    ),
)
ORIGINS: Final = (
    Origin(
        name="anaconda.org",
        homepage="https://anaconda.org/",
        terms="counts are published for everybody; Anaconda is to be named",
        citation="Anaconda, download counts of conda packages",
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="midnight UTC; a reading stands for the day it was taken",
    depth="now; no history",
    lag="none known",
    quota="none published; asked once a second at most",
)
SERVICE: Final = Service(url="https://api.anaconda.org", interval_s=1, limit_bytes=128 * 1024 * 1024)
_UNKNOWN: Final = 404
_MEANWHILE: Final = 0.001
"""How far, as a share, the two totals may be apart, for both run while the reply is put together. Our own choice."""


@dataclass(frozen=True)
class _File:
    full_name: str
    ndownloads: _replies.Count


@dataclass(frozen=True)
class _Package:
    full_name: str
    files: list[_File]
    ndownloads: _replies.Count | None = None


@dataclass(frozen=True)
class Source:
    """Asks for each package and adds up the counters of its files."""

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        """One reply per package, as it is now, whatever the period: there is no other."""
        for subject in _replies.named(subjects, _NAME):
            yield client.ask(Question(_path(subject), accept=(_UNKNOWN,)))  # kept for its day only: a counter runs on

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        """The package's downloads so far on the day they were read."""
        subject = next((one for one in _replies.named(subjects, _NAME) if _path(one) == reply.query), None)
        if subject is None:
            return ()
        if _replies.unknown(reply):
            reason = f'anaconda.org knows no package "{subject.ids[_NAME]}"'
            return [Missing(_METRIC, subject.key, period, reason)]
        package = _replies.read(reply, _Package)
        _refuse_unlike(package, subject, reply)
        return [_read(package, subject, period, reply)]


def _path(subject: Subject) -> str:
    return f"/package/{quote(subject.ids[_NAME])}"


def _refuse_unlike(package: _Package, subject: Subject, reply: Reply) -> None:
    """Another package, no file at all, or one told twice."""
    if package.full_name != subject.ids[_NAME]:
        _replies.changed(reply, f"it is about {package.full_name}")
    if not package.files:
        _replies.changed(reply, "it lists no file")
    if len({file.full_name for file in package.files}) != len(package.files):
        _replies.changed(reply, "it lists a file twice")


def _read(package: _Package, subject: Subject, period: Period, reply: Reply) -> Observation | Missing:
    total = sum(file.ndownloads for file in package.files)
    own = package.ndownloads
    if own is not None and abs(own - total) > _MEANWHILE * max(own, total):
        reason = f"anaconda.org tells {own} downloads in all and {total} of its {len(package.files)} files, and neither is taken"
        return Missing(_METRIC, subject.key, period, reason)
    page = f"https://anaconda.org/{package.full_name}"
    note = f"sum over {len(package.files)} files of {package.full_name}"
    return _replies.Told(reply, ORIGINS[0]).counter(_METRIC, subject.key, total, page, note)
