"""What is known to be wrong with the figures of eight years, as the archive carries them: none of it is told as news."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache

import pytest

from bot.analysis.figures import Figures
from bot.analysis.gates import Case, judge, sift
from bot.domain.gate import Judgement
from bot.domain.measure import Absent, Metric, Observation, Subject
from bot.domain.period import Period
from bot.sources import archive, github_history, top_pypi
from tests.builders import a_subject

METRICS: Mapping[str, Metric] = {metric.key: metric for metric in (*top_pypi.METRICS, *github_history.METRICS)}
UNDECLARED = {key: replace(metric, breaks=()) for key, metric in METRICS.items()}
SUBJECTS: Mapping[str, Subject] = {key: a_subject(key, key.upper()) for key in ("tensorflow", "keras", "pytorch", "jax")}
MONTHLY, STARS, FORKS = "pypi_downloads_30d", "gh_stars", "gh_forks"


@cache
def everything() -> tuple[Observation, ...]:
    source, subjects, period = archive.Source(), tuple(SUBJECTS.values()), Period.year(2020)
    found = [seen for reply in source.fetch(None, subjects, period) for seen in source.parse(reply, subjects, period)]  # type: ignore[arg-type]
    return tuple(seen for seen in found if seen.metric in METRICS and seen.subject in SUBJECTS)


def known(by: dt.datetime, metric: str) -> list[Observation]:
    """What could be known of a metric at an instant."""
    return [seen for seen in everything() if seen.metric == metric and seen.period.end <= by and seen.known_at <= by]


def judged(month: str, metric: str, metrics: Mapping[str, Metric] = METRICS, only: Iterable[str] = SUBJECTS) -> list[Judgement]:
    """What is said of a month's edition, a week after the month, that looks back thirteen months."""
    period = Period.parse(month)
    since = {metric: period.year_before().start}
    seen = [one for one in known(period.end + dt.timedelta(days=7), metric) if one.subject in set(only)]
    return judge(Case.of(seen, metrics, SUBJECTS, period, period.end, since=since))


def gates(month: str, metric: str, metrics: Mapping[str, Metric] = METRICS) -> set[tuple[str, str]]:
    return {(one.gate, one.verdict.value) for one in judged(month, metric, metrics)}


def shown(month: str, metric: str, subject: str, metrics: Mapping[str, Metric] = METRICS) -> Observation | Absent:
    """What is told of a month in its own edition."""
    period = Period.parse(month)
    passed, aside = sift(known(period.end + dt.timedelta(days=7), metric), judged(month, metric, metrics))
    return Figures(passed, metrics, SUBJECTS, missing=aside).at(metric, subject, period)


@pytest.mark.parametrize("month", ["2021-01", "2021-02", "2021-03"])
@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_months_of_the_retired_table_are_not_told(month: str, subject: str) -> None:
    absent = shown(month, MONTHLY, subject)
    assert isinstance(absent, Absent)
    assert absent.reason.endswith("Counting was out of order for a short time; its figures are set aside")


@pytest.mark.parametrize(("month", "told"), [("2021-01", False), ("2021-04", False), ("2021-05", False)])
@pytest.mark.parametrize("subject", SUBJECTS)
def test_what_all_packages_do_at_once_is_not_told_even_if_nobody_declared_it(month: str, told: bool, subject: str) -> None:
    # TensorFlow from 10.0M to 4.1M and then from 3.0M to 9.6M; Keras and PyTorch alike
    assert isinstance(shown(month, MONTHLY, subject, UNDECLARED), Absent) is not told
    assert ("together", "skip") in gates(month, MONTHLY, UNDECLARED)


def test_all_installers_are_a_break_that_the_lines_tell() -> None:
    found = [one for one in judged("2024-12", MONTHLY) if one.gate == "break"]
    assert [(one.sentence, one.across and one.across.date()) for one in found] == [
        ("Downloads by every installer are counted, no longer those by pip alone", dt.date(2024, 11, 1))
    ]


@pytest.mark.parametrize(("month", "days"), [("2025-03", 27), ("2025-04", 24)])
def test_the_shrinking_windows_are_told(month: str, days: int) -> None:
    found = [one for one in judged(month, MONTHLY) if one.gate == "window" and one.windows[0].end == Period.parse(month).end]
    assert [(one.verdict.value, one.windows[0].days, set(one.subjects)) for one in found] == [("caveat", days, set(SUBJECTS))]
    assert isinstance(shown("2025-04", MONTHLY, "pytorch"), Absent)  # 24 days do not stand for a month


def test_the_calendar_months_of_clickhouse_are_a_break() -> None:
    across = [one.across.date() for one in judged("2025-07", MONTHLY) if one.gate == "break" and one.across]
    assert across == [dt.date(2024, 11, 1), dt.date(2025, 6, 1)]


@pytest.mark.parametrize("month", ["2021-10", "2021-11", "2023-11"])
def test_the_automatic_downloads_of_jax_are_set_aside(month: str) -> None:
    absent = shown(month, MONTHLY, "jax")
    assert isinstance(absent, Absent)
    assert absent.reason.endswith("A sudden value of JAX is set aside until others bear it out")
    assert isinstance(shown(month, MONTHLY, "pytorch"), Observation)


def test_what_became_of_jax_in_2023_is_told_when_two_months_have_borne_it_out() -> None:
    assert [isinstance(shown(month, MONTHLY, "jax"), Observation) for month in ("2023-03", "2023-04", "2023-05")] == [
        False,
        False,
        True,
    ]
    assert ("shift", "caveat") in gates("2023-05", MONTHLY)


def test_the_forks_that_github_counted_anew_are_a_declared_break() -> None:
    assert gates("2024-02", FORKS) == {("break", "caveat"), ("fall", "skip"), ("stale", "skip")}  # the latter two are JAX's


def test_undeclared_they_hold_the_forks() -> None:
    (held,) = (one for one in judged("2024-02", FORKS, UNDECLARED) if one.holds)
    assert (held.gate, held.subjects) == ("fall", ("tensorflow",))
    assert "89,381 on 2024-01-31 and 73,718 on 2024-02-29, 17.5% down" in held.why


@pytest.mark.parametrize("subject", ["tensorflow", "keras", "pytorch"])
def test_honest_growth_of_eight_years_is_never_set_aside(subject: str) -> None:
    aside = set()  # from July 2018 on: in the spring PyTorch had just come to PyPI
    for year in range(2020, 2027):
        for month in ("03", "07", "12")[: 3 if year < 2026 else 1]:
            for metric in (MONTHLY, STARS):
                found = judged(f"{year}-{month}", metric, only=[subject])
                aside |= {(one.gate, window.key) for one in found if one.verdict in ("skip", "hold") for window in one.windows}
    assert {one for one in aside if one[0] != "break"} == set()  # the months of the retired table
    assert len(aside) <= 3
