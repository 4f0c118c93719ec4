"""Horace He's counts of papers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.domain.measure import WHOLE, Observation, Subject
from bot.domain.period import Period
from bot.errors import BadFigures
from bot.ports import Offline, Reply
from bot.sources.conference_papers import METRICS, Source

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
HEADER = "conference,month_year,pytorch_papers,tensorflow_papers,papers_total\n"


def parse(text: str, subjects: tuple[Subject, ...]) -> Sequence[Observation]:
    return Source(Path()).parse(Reply(text.encode(), "raw/counts.csv", "", NOW), subjects, Period.year(2020))


def test_a_line_gives_all_papers_and_each_frameworks_in_its_month(subjects: tuple[Subject, ...]) -> None:
    found = parse(f"{HEADER}NeurIPS,12/20,312,94,1898\n", subjects)

    assert [(seen.metric, seen.subject, seen.value, seen.period.key, seen.note) for seen in found] == [
        ("papers_neurips", WHOLE, 1898, "2020-12", "all papers"),
        ("papers_neurips", "tensorflow", 94, "2020-12", "of 1,898 papers"),
        ("papers_neurips", "pytorch", 312, "2020-12", "of 1,898 papers"),
    ]


@pytest.mark.parametrize(
    ("metric", "month", "pytorch", "tensorflow", "total"),
    [
        ("papers_neurips", "2020-12", 312, 94, 1898),
        ("papers_iclr", "2022-05", 1091, 208, 3388),
        ("papers_cvpr", "2020-06", 418, 113, 1467),
    ],
)
def test_the_real_file_says_what_is_known_of_it(
    shared_data: Path, subjects: tuple[Subject, ...], metric: str, month: str, pytorch: int, tensorflow: int, total: int
) -> None:
    source = Source(shared_data / "papers" / "horace_he_conference_counts.csv")
    found = source.parse(source.fetch(Offline(), subjects, Period.year(2020))[0], subjects, Period.year(2020))

    assert len(found) == 3 * 35
    assert {seen.subject: seen.value for seen in found if (seen.metric, seen.period.key) == (metric, month)} == {
        "pytorch": pytorch,
        "tensorflow": tensorflow,
        WHOLE: total,
    }


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("AAAI,12/20,1,1,2", "conference"),
        ("NeurIPS,13/20,1,1,2", "month_year"),
        ("NeurIPS,2020-12,1,1,2", "month_year"),
        ("NeurIPS,12/20,1,3,2", "tensorflow_papers"),
        ("NeurIPS,12/20,-1,1,2", "pytorch_papers"),
    ],
)
def test_a_changed_table_is_refused_with_its_place(line: str, column: str, subjects: tuple[Subject, ...]) -> None:
    with pytest.raises(BadFigures, match=rf'counts.csv:2, column "{column}"'):
        parse(f"{HEADER}{line}\n", subjects)


def test_every_conference_has_a_metric_of_its_own() -> None:
    assert {metric.key: metric.short for metric in METRICS} == {
        "papers_neurips": "NeurIPS papers",
        "papers_iclr": "ICLR papers",
        "papers_icml": "ICML papers",
        "papers_cvpr": "CVPR papers",
        "papers_acl": "ACL papers",
        "papers_emnlp": "EMNLP papers",
        "papers_naacl": "NAACL papers",
        "papers_iccv": "ICCV papers",
        "papers_eccv": "ECCV papers",
    }
