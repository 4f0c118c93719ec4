"""PyPI's list of downloads: windows become half-open, counts stay as published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.domain.measure import Observation, Status, Subject
from bot.domain.period import Period
from bot.errors import BadFigures
from bot.ports import Offline, Reply
from bot.sources.top_pypi import METRICS, Source

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
HEADER = "package,window_start,window_end,window_days,downloads,installers,source,date,window_family,rank,rows_in_file,commit"
COMMIT = "7c867c5d302964b0dd48e62d3436e23c3096c079"
TORCH = f"torch,2020-01-02,2020-12-31,365,18461407,pip,BigQuery via pypinfo,2021-01-01,365,440,4000,{COMMIT}"


def parse(*lines: str, header: str = HEADER, subjects: tuple[Subject, ...]) -> Sequence[Observation]:
    reply = Reply("\n".join((header, *lines, "")).encode(), "raw/downloads.csv", "", NOW)
    return Source(Path()).parse(reply, subjects, Period.year(2020))


@pytest.fixture(scope="module")
def found(shared_data: Path, subjects: tuple[Subject, ...]) -> Sequence[Observation]:
    source = Source(shared_data / "pypi" / "downloads.csv")
    return source.parse(source.fetch(Offline(), subjects, Period.year(2020))[0], subjects, Period.year(2020))


def test_the_last_day_counts_so_the_half_open_end_is_the_day_after(subjects: tuple[Subject, ...]) -> None:
    (seen,) = parse(TORCH, subjects=subjects)

    assert seen == Observation(
        "pypi_downloads_year",
        "pytorch",
        Period.between(dt.date(2020, 1, 2), dt.date(2021, 1, 1)),
        18_461_407,
        Status.MEASURED,
        "top-pypi-packages",
        f"https://github.com/hugovk/top-pypi-packages/tree/{COMMIT}",
        dt.datetime(2021, 1, 1, tzinfo=dt.UTC),
        "365 days; pip only; BigQuery via pypinfo; commit 7c867c5",
        "downloads.csv:2",
        seen.payload_sha256,
    )
    assert seen.period.days == 365


@pytest.mark.parametrize(
    ("end", "values"),
    [
        (dt.date(2018, 1, 9), {"tensorflow": 3_769_006, "keras": 2_807_883}),
        (dt.date(2019, 1, 4), {"tensorflow": 13_606_453, "pytorch": 1_312_037, "keras": 9_310_603}),
        (dt.date(2020, 1, 3), {"tensorflow": 44_066_008, "pytorch": 7_406_129, "keras": 23_230_894}),
        (dt.date(2021, 1, 1), {"tensorflow": 113_788_105, "pytorch": 18_461_407, "keras": 29_196_563, "jax": 686_784}),
    ],
)
def test_the_year_long_windows_are_as_published(found: Sequence[Observation], end: dt.date, values: dict[str, float]) -> None:
    assert {
        seen.subject: seen.value for seen in found if seen.metric == "pypi_downloads_year" and seen.period.end.date() == end
    } == values


def test_short_windows_keep_their_own_length(found: Sequence[Observation]) -> None:
    days = {seen.period.end.date(): seen.period.days for seen in found if seen.metric == "pypi_downloads_30d"}

    assert [days[dt.date(*day)] for day in ((2025, 4, 1), (2025, 5, 1), (2025, 6, 13), (2025, 8, 1), (2026, 3, 1))] == [
        27, 24, 22, 31, 28,
    ]  # fmt: skip


def test_a_file_read_after_its_month_keeps_the_months_end(found: Sequence[Observation]) -> None:
    june = Period.month(2025, 6)

    assert {seen.retrieved_at.date() for seen in found if seen.period == june} == {dt.date(2025, 7, 5)}


def test_no_window_of_all_installers_begins_before_its_break_without_reaching_over_it(found: Sequence[Observation]) -> None:
    (at,) = (one.at for one in METRICS[1].breaks if "installer" in one.reason)

    assert not [seen for seen in found if "all installers" in seen.note and seen.period.end <= at]
    assert not [seen for seen in found if "pip only" in seen.note and seen.period.end > at]


def test_breaks_have_their_reasons_and_are_those_seen_in_the_data() -> None:
    assert [one.at.date() for one in METRICS[1].breaks] == [
        dt.date(2018, 7, 26), dt.date(2021, 1, 1), dt.date(2021, 4, 1), dt.date(2024, 11, 1), dt.date(2025, 6, 1),
    ]  # fmt: skip
    assert [one.at.date() for one in METRICS[0].breaks] == [dt.date(2021, 1, 1), dt.date(2021, 4, 1)]


def test_packages_nobody_asked_for_are_left_out(subjects: tuple[Subject, ...]) -> None:
    assert parse(TORCH.replace("torch,", "numpy,"), subjects=subjects) == ()


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (TORCH.replace(",365,18461407", ",364,18461407"), "window_days"),
        (TORCH.replace("18461407", "1.5"), "downloads"),
        (TORCH.replace("18461407", "1_0"), "downloads"),
        (TORCH.replace("18461407", ""), "downloads"),
        (TORCH.replace("2020-12-31", "2020-12-32"), "window_end"),
        (TORCH.replace("2021-01-01,365", "2021-01-01,90"), "window_family"),
        (TORCH.replace("2021-01-01,365", "yesterday,365"), "date"),
    ],
)
def test_a_changed_table_is_refused_with_its_place(line: str, column: str, subjects: tuple[Subject, ...]) -> None:
    with pytest.raises(BadFigures, match=rf'downloads.csv:2, column "{column}"'):
        parse(line, subjects=subjects)


def test_a_missing_column_and_a_broken_off_line_are_refused(subjects: tuple[Subject, ...]) -> None:
    with pytest.raises(BadFigures, match='"commit" is missing'):
        parse(header=HEADER.removesuffix(",commit"), subjects=subjects)
    with pytest.raises(BadFigures, match="line 3: 3 fields"):
        parse(TORCH, "torch,2020-01-02,2020-12", subjects=subjects)
