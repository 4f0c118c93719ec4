"""Which cited figures count as restated: on the edge of the threshold, withdrawn, gone, and where the order turns."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bot.analysis.restatements import Fate, Restated, beyond, restated
from bot.domain.measure import Missing, Observation, Status
from bot.domain.period import Period
from tests.builders import METRICS, observed

LATER = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)


def again(seen: Observation, value: float, **rest: object) -> Observation:
    """The same figure, read later."""
    return replace(seen, value=value, retrieved_at=LATER, **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("metric", "old", "new", "counts"),
    [
        ("papers", 1000, 1010, True),
        ("papers", 1000, 1009, False),
        ("papers", 1000, 990, True),
        ("papers", 1000, 991, False),
        ("papers", 0, 1, True),
        ("papers", 0, 0, False),
        ("use", 61.8, 61.9, True),
        ("use", 61.8, 61.89, False),
        ("use", 61.8, 61.7, True),
        ("unknown", 1000, 1010, True),
        ("unknown", 1000, 1009, False),
    ],
)
def test_a_change_counts_from_one_percent_of_a_count_and_a_tenth_of_a_point_of_a_share_on(
    metric: str, old: float, new: float, counts: bool
) -> None:
    assert beyond(old, new, METRICS.get(metric)) is counts


def test_what_changed_is_told_once_in_the_order_it_is_cited_and_what_stands_is_not() -> None:
    keras, torch, flow = observed(100, "keras"), observed(500, "pytorch"), observed(900, "tensorflow")
    now = [again(flow, 880), again(torch, 504), again(keras, 120), keras]
    assert restated([flow, keras, torch, keras], now, METRICS) == [
        Restated(Fate.RESTATED, flow, again(flow, 880)),
        Restated(Fate.RESTATED, keras, again(keras, 120)),
    ]


def test_of_several_readings_the_last_one_stands() -> None:
    seen = observed(100)
    between = replace(seen, value=200.0, retrieved_at=LATER - dt.timedelta(days=1))
    assert restated([seen], [again(seen, 100), between, seen], METRICS) == []


def test_of_two_at_one_instant_the_one_given_last_stands() -> None:
    seen = observed(100)
    assert restated([seen], [seen, replace(seen, value=200.0)], METRICS) == [
        Restated(Fate.RESTATED, seen, replace(seen, value=200.0))
    ]


def test_another_publisher_s_figure_restates_nothing() -> None:
    seen = observed(100)
    assert restated([seen], [again(seen, 200, origin="Somebody else")], METRICS) == [Restated(Fate.GONE, seen)]


def test_another_window_restates_nothing() -> None:
    seen = observed(100)
    assert restated([seen], [seen, again(seen, 200, period=Period.year(2021))], METRICS) == []


def test_a_figure_its_source_finds_flawed_is_withdrawn_with_the_reason() -> None:
    seen = observed(100)
    told = Missing("papers", "tensorflow", Period.year(2020), "a day is zero", withdrawn=True)
    assert restated([seen], [], METRICS, [told]) == [Restated(Fate.WITHDRAWN, seen, reason="a day is zero")]
    marked = again(seen, 100, status=Status.WITHDRAWN, note="a day is zero")
    assert restated([seen], [seen, marked], METRICS) == [Restated(Fate.WITHDRAWN, seen, reason="a day is zero")]


def test_what_a_source_merely_lacks_is_gone() -> None:
    seen = observed(100)
    lacking = Missing("papers", "tensorflow", Period.year(2020), "not asked")
    assert restated([seen], [], METRICS, [lacking]) == [Restated(Fate.GONE, seen)]


def test_a_small_change_counts_where_it_overturns_who_is_ahead() -> None:
    torch, flow = observed(1000, "pytorch"), observed(1001, "tensorflow")
    assert restated([torch, flow], [again(torch, 1002), flow], METRICS) == [
        Restated(Fate.RESTATED, torch, again(torch, 1002), overturns=True)
    ]
    assert restated([torch, flow], [again(torch, 1001), flow], METRICS) == [
        Restated(Fate.RESTATED, torch, again(torch, 1001), overturns=True)  # level now
    ]
    assert (
        restated([torch, flow], [again(torch, 1005), again(flow, 1006)], METRICS) == []
    )  # both moved, and the order is the same


def test_figures_of_another_metric_or_window_have_no_order() -> None:
    torch = observed(1000, "pytorch")
    others = [observed(1001, "tensorflow", period="2019"), observed(1001, "tensorflow", metric="users")]
    assert restated([torch, *others], [again(torch, 1002), *others], METRICS) == []


def test_a_figure_is_restated_with_a_new_value_and_else_without() -> None:
    with pytest.raises(ValueError, match="restated has no new value"):
        Restated(Fate.RESTATED, observed(1))
    with pytest.raises(ValueError, match="gone has a new value"):
        Restated(Fate.GONE, observed(1), observed(2))
