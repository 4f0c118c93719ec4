from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.charts.sheet import labels, timeline
from bot.charts.sheet.reading import readings
from bot.domain.measure import Unit
from tests.charts.builders import JAX, TENSORFLOW, months, year_ends


@pytest.mark.parametrize(
    ("values", "unit", "shown"),
    [
        ([113_788_105, 29_196_563, 686_784], Unit.COUNT, (["113.8", "29.2", "0.7"], "M")),
        ([152_029, 10_889, 2_903, 0], Unit.COUNT, (["152", "11", "2.9", "0"], "k")),
        ([113_788_105, 400], Unit.COUNT, (["113.8", "under 0.1"], "M")),
        ([4_652, 1], Unit.COUNT, (["4,652", "1"], "")),
        ([53.62, 0.03, 0.65], Unit.PERCENT, (["53.6", "under 0.1", "0.7"], "%")),
        ([6_833.23, 0.25], Unit.RATE, (["6,833", "0.25"], "")),
        ([0, 0], Unit.COUNT, (["0", "0"], "")),
    ],
)
def test_values_of_one_chart_are_written_in_one_unit(values: list[float], unit: Unit, shown: tuple[list[str], str]) -> None:
    assert labels.alike(values, unit) == shown


@pytest.mark.parametrize(
    ("largest", "lines"),
    [(2.8e6, [1e6, 2e6, 3e6]), (193_132, [50e3, 100e3, 150e3, 200e3]), (99, [25, 50, 75, 100]), (3, [1, 2, 3]), (0, [])],
)
def test_gridlines_are_round_and_three_to_five(largest: float, lines: list[float]) -> None:
    assert labels.ticks(largest) == pytest.approx(lines)


@given(st.floats(0.001, 1e12))
def test_gridlines_stay_within_a_tenth_above_the_largest_figure(largest: float) -> None:
    found = labels.ticks(largest)
    assert 2 <= len(found) <= 5
    assert 0.6 * largest < found[-1] <= 1.1001 * largest


@pytest.mark.parametrize(("value", "words"), [(2e6, "2M"), (2.5e6, "2.5M"), (500e3, "500k"), (4, "4"), (0.05, "0.05")])
def test_a_round_value_is_said_short(value: float, words: str) -> None:
    assert labels.tick(value, Unit.COUNT) == words


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=8), st.data())
def test_spread_labels_never_overlap_keep_their_order_and_stay_inside(wanted: list[float], data: st.DataObject) -> None:
    sizes = [data.draw(st.floats(1, 100)) for _ in wanted]
    placed = labels.spread(wanted, sizes, 0, 1000)
    ranks = sorted(range(len(wanted)), key=lambda at: wanted[at])
    for before, after in itertools.pairwise(ranks):
        assert placed[after] - placed[before] >= (sizes[before] + sizes[after]) / 2 - 1e-6
    assert placed[ranks[0]] - sizes[ranks[0]] / 2 >= -1e-6
    assert placed[ranks[-1]] + sizes[ranks[-1]] / 2 <= 1000 + 1e-6


def test_labels_that_have_room_are_not_moved() -> None:
    assert labels.spread([100, 500, 300], [50, 50, 50], 0, 1000) == pytest.approx([100, 500, 300])


def test_labels_at_one_place_share_the_push() -> None:
    assert labels.spread([100, 100, 100], [40, 40, 40], 0, 1000) == pytest.approx([60, 100, 140])


def test_a_few_year_ends_are_named_by_their_year() -> None:
    data = year_ends({TENSORFLOW: {"2018-12-31": 1, "2019-12-31": 2, "2020-12-31": 3}})
    assert [tick.text for tick in timeline.ticks([readings(data)], 1000, 45)] == ["2018", "2019", "2020"]


def test_a_stock_read_in_january_is_that_of_the_year_before() -> None:
    days = ["2018-12-31", "2019-12-31", "2020-12-31", "2021-12-31", "2022-12-31", "2023-12-31", "2025-01-08", "2025-12-31"]
    data = year_ends({TENSORFLOW: dict.fromkeys(days, 5)})
    named = [tick.text for tick in timeline.ticks([readings(data)], 850, 45)]
    assert named == ["2018", "’19", "’20", "’21", "’22", "’23", "’24", "2025"]


def test_a_second_source_that_reads_a_day_later_adds_no_labels() -> None:
    days = {f"{year}-12-31": 5.0 for year in range(2012, 2022)}
    later = {f"{year}-01-02": 5.0 for year in range(2013, 2023)}
    data = year_ends({TENSORFLOW: days, JAX: later})
    rows = readings(data)
    series = [[row for row in rows if row.subject == subject] for subject in (TENSORFLOW, JAX)]
    assert [tick.at.year for tick in timeline.ticks(series, 1400, 45)] == list(range(2012, 2022))


def test_many_months_get_new_years_as_labels() -> None:
    data = months({TENSORFLOW: [1.0] * 40})
    found = timeline.ticks([readings(data)], 1000, 45)
    assert [(tick.at, tick.text) for tick in found] == [
        (dt.datetime(2020, 1, 1, tzinfo=dt.UTC), "2020"),
        (dt.datetime(2021, 1, 1, tzinfo=dt.UTC), "2021"),
        (dt.datetime(2022, 1, 1, tzinfo=dt.UTC), "2022"),
    ]


def test_a_year_of_months_keeps_the_newest_label_and_thins_the_rest_evenly() -> None:
    data = months({TENSORFLOW: [1.0] * 12})
    assert [tick.text for tick in timeline.ticks([readings(data)], 800, 45)] == ["Feb", "Apr", "Jun", "Aug", "Oct", "Dec"]
