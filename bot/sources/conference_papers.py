"""
Papers at machine-learning conferences that name PyTorch or TensorFlow, as counted by Horace He.

Measures papers; a row's period is the calendar month of the conference. From 2015-06 to 2022-05, not every conference every
year, and closed: nothing settles late. No quota: the file is read from disk. The repository states no licence; the numbers are
facts, to be cited. Keras and JAX were not counted, and Papers with Code, which could tell, has closed its data.

The file has a line per conference: `conference, month_year, pytorch_papers, tensorflow_papers, papers_total`, the month as
"12/20". `Subject.ids["conference_papers"]` is "pytorch" or "tensorflow".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.domain.measure import WHOLE, Aggregation, Coverage, Metric, Observation, Origin, Status, Subject, Unit
from bot.domain.period import Period
from bot.ports import Client, Reply
from bot.sources import _files, _table

_NAME: Final = "conference_papers"
_CONFERENCES: Final = ("NeurIPS", "ICLR", "ICML", "CVPR", "ACL", "EMNLP", "NAACL", "ICCV", "ECCV")
_COLUMN_OF: Final[Mapping[str, str]] = {"pytorch": "pytorch_papers", "tensorflow": "tensorflow_papers"}
_COLUMNS: Final = ("conference", "month_year", *_COLUMN_OF.values(), "papers_total")


def _metric(conference: str) -> Metric:
    return Metric(
        key=f"papers_{conference.lower()}",
        title=f"{conference} papers that name a framework",
        unit=Unit.COUNT,
        noun="papers",
        aggregation=Aggregation.EVENT,
        beyond=1e5,
        measures=f"Papers accepted at {conference} whose text names the framework, counted by Horace He; for all, every paper.",
        does_not_measure="Use in industry, and research that names no framework: most papers name none.",
        known_biases=(
            "Counted by searching the text of papers. Papers by authors at Google and Facebook and papers that name both "
            "frameworks are left out, by the article's account; nobody can derive them again. Keras and JAX were not counted."
        ),
        short=f"{conference} papers",
    )


METRICS: Final = tuple(_metric(conference) for conference in _CONFERENCES)
ORIGINS: Final = (
    Origin(
        name="Horace He",
        homepage="https://github.com/Chillee/pytorch-vs-tensorflow",
        terms="no licence stated; the counts are facts, cited with their commit",
        citation="Horace He, The State of Machine Learning Frameworks, counts of conference papers",
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="the calendar month of each conference",
    depth="from 2015-06 to 2022-05, not every conference every year",
    lag="none: the series is closed",
    quota="none: a file on disk",
)
SAYS_ALL: Final = True
_URL: Final = f"{ORIGINS[0].homepage}/blob/8fbf1477ee82/data_analysis/data.csv"
_METRIC_OF: Final[Mapping[str, str]] = {conference: metric.key for conference, metric in zip(_CONFERENCES, METRICS, strict=True)}
_LIMIT_BYTES: Final = _files.MIB


@dataclass(frozen=True)
class Source:
    """Reads the counts from one csv file."""

    file: Path

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Sequence[Reply]:
        """The file; it holds every conference, so the period does not matter."""
        return [_files.read(self.file, _LIMIT_BYTES)]

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation]:
        """All papers and each subject's, conference by conference, in the order of the file."""
        columns = {subject.key: _COLUMN_OF.get(subject.ids.get(_NAME, "")) for subject in subjects}
        asked = {WHOLE: "papers_total"} | {key: column for key, column in columns.items() if column}
        digest = reply.sha256
        rows = list(_table.rows(reply, _COLUMNS))
        return tuple(_observation(row, key, column, reply, digest) for row in rows for key, column in asked.items())


def _observation(row: _table.Row, subject: str, column: str, reply: Reply, digest: str) -> Observation:
    if row["conference"] not in _METRIC_OF:
        row.refuse("conference", f"is none of {', '.join(_CONFERENCES)}")
    value, total = row.whole(column), row.whole("papers_total")
    if value > total:
        row.refuse(column, f"is more than all {total} papers")
    month = _month(row)
    return Observation(
        metric=_METRIC_OF[row["conference"]],
        subject=subject,
        period=month,
        value=float(value),  # an id is made from the written value: 3 and 3.0 must not differ
        status=Status.MEASURED,
        origin=ORIGINS[0].name,
        url=_URL,
        retrieved_at=reply.retrieved_at,
        note="all papers" if subject == WHOLE else f"of {total:,} papers",
        query=row.place,
        payload_sha256=digest,
        published_at=month.end,  # of the papers: he does not date his counts
    )


def _month(row: _table.Row) -> Period:
    match = re.fullmatch(r"(0[1-9]|1[0-2])/([0-9]{2})", row["month_year"])
    if not match:
        row.refuse("month_year", "is not a month such as 12/20")
    return Period.month(2000 + int(match[2]), int(match[1]))
