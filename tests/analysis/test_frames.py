"""What each chart is drawn from: rows, their order, who leads, where lines break, and why a figure is absent."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bot.analysis.frames import BUILDERS, Panel, panel
from bot.domain.claim import Quantity
from bot.domain.measure import Absent, Aggregation, Observation, Unit
from bot.domain.period import Period
from bot.ports import CHART_COLUMNS
from tests.builders import METRICS, SUBJECTS, a_break, a_chart_spec, a_metric, a_subject, asked, figures, observed, window

YEAR = Period.parse("2020")
ALL = "tensorflow keras pytorch"
KAGGLE_2020 = tuple(
    observed(share, subject, metric="use") for share, subject in ((53.62, "tensorflow"), (47.88, "keras"), (32.39, "pytorch"))
)
KAGGLE_2019 = tuple(
    observed(share, subject, "2019", "use") for share, subject in ((48.38, "tensorflow"), (47.84, "keras"), (28.36, "pytorch"))
)
BASES = asked(12_932), asked(12_033, "2019")


def shown(
    kind: str, metrics: str, subjects: str, *seen: Observation, known: dict[str, object] | None = None, **rest: object
) -> Panel:
    found = panel(a_chart_spec(kind, metrics, subjects, **rest), figures(*seen, metrics={**METRICS, **(known or {})}), YEAR)
    assert isinstance(found, Panel), found
    return found


def rows(found: Panel, *columns: str) -> list[tuple[object, ...]]:
    return list(found.frame[list(columns)].itertuples(index=False, name=None))


# ---- every panel ---------------------------------------------------------------------------------------------------------------


def test_a_panel_has_the_columns_of_the_contract_and_the_observation_behind_every_row() -> None:
    seen = observed(152_029, "tensorflow", "2020-12-31", "stars"), observed(45_135, "pytorch", "2020-12-31", "stars")
    found = shown("ranking", "stars", "tensorflow pytorch", *seen)
    assert tuple(found.frame.columns) == CHART_COLUMNS
    assert [found.bases[basis] for basis in found.frame["basis"]] == list(seen)
    assert {name: str(kind) for name, kind in found.frame.dtypes.items() if name in ("value", "low", "high", "leads", "segment")} == {
        "value": "float64", "low": "float64", "high": "float64", "leads": "bool", "segment": "int64",
    }  # fmt: skip
    assert rows(found, "period_start", "period_end") == [(seen[0].period.start, seen[0].period.end)] * 2


@pytest.mark.parametrize("kind", sorted(BUILDERS))
def test_without_figures_there_is_nothing_to_draw_and_a_reason(kind: str) -> None:
    metrics = "papers users" if kind in ("share", "scoreboard") else "papers"
    found = panel(a_chart_spec(kind, metrics, "keras pytorch"), figures(), YEAR)
    assert isinstance(found, Absent)
    assert found.reason


# ---- ranking -------------------------------------------------------------------------------------------------------------------


def test_a_ranking_keeps_the_order_of_the_recipe_and_marks_who_leads() -> None:
    found = shown("ranking", "papers", "keras pytorch tensorflow", observed(94), observed(312, "pytorch"))
    assert rows(found, "metric", "subject", "column", "value", "leads", "segment") == [
        ("papers", "pytorch", "", 312.0, True, 0),
        ("papers", "tensorflow", "", 94.0, False, 0),
    ]
    assert found.absent == {("papers", "keras"): "no figure"}


def test_nobody_is_marked_as_leading_where_the_first_two_are_level() -> None:
    found = shown("ranking", "papers", ALL, observed(100), observed(97, "keras"), observed(5, "pytorch"))
    assert rows(found, "subject", "leads") == [("tensorflow", False), ("keras", False), ("pytorch", False)]


def test_one_bar_is_no_ranking() -> None:
    found = panel(a_chart_spec("ranking", "papers", ALL), figures(observed(94)), YEAR)
    assert found == Absent("Papers: no figure for Keras in 2020")


def test_a_chart_that_cannot_be_drawn_gives_the_reason_of_its_first_subject_without_a_figure() -> None:
    seen = figures(observed(94, "keras"), held={"papers": "shares do not add"})
    assert panel(a_chart_spec("ranking", "papers", ALL), seen, YEAR) == Absent("held: shares do not add", "held back")
    assert panel(a_chart_spec("survey", "use", "pytorch keras"), figures(), YEAR) == Absent("Use: no figure for PyTorch in 2020")
    assert panel(a_chart_spec("ranking", "papers", "keras"), figures(observed(94, "keras")), YEAR) == Absent(
        "nothing to show for 2020"
    )


# ---- survey --------------------------------------------------------------------------------------------------------------------


def test_shares_of_a_known_number_of_people_have_intervals() -> None:
    # half of ten people: 23.66 to 76.34; none of ten: 0 to 27.75
    seen = asked(10), observed(50, "keras", metric="use"), observed(0, "pytorch", metric="use")
    found = shown("survey", "use", "keras pytorch tensorflow", *seen)
    assert rows(found, "subject", "value") == [("keras", 50.0), ("pytorch", 0.0)]
    assert rows(found, "low", "high") == [pytest.approx((23.66, 76.34), abs=0.005), pytest.approx((0, 27.75), abs=0.005)]
    assert found.absent == {("use", "tensorflow"): "no figure"}


def test_who_was_no_option_is_shown_as_not_asked_and_what_is_held_as_held_back() -> None:
    use = a_metric("use", Unit.PERCENT, base="users", asked_by="survey", first_asked={"Keras": 2021})
    known = {**SUBJECTS, "keras": a_subject("keras", "Keras", ids={"survey": "Keras"})}
    seen = asked(10), observed(50, "pytorch", metric="use")
    found = panel(
        a_chart_spec("survey", "use", "keras pytorch tensorflow"),
        figures(*seen, metrics={**METRICS, "use": use}, subjects=known),
        YEAR,
    )
    assert isinstance(found, Panel)
    assert found.absent == {("use", "keras"): "not asked", ("use", "tensorflow"): "no figure"}
    held = panel(a_chart_spec("survey", "use", "pytorch tensorflow"), figures(*seen, held={"use": "shares do not add"}), YEAR)
    assert isinstance(held, Panel)
    assert held.absent == {("use", "tensorflow"): "held back"}


def test_nobody_is_marked_as_leading_by_shares_of_nobody_knows_how_many() -> None:
    found = shown("survey", "use", "keras pytorch", observed(90, "keras", metric="use"), observed(10, "pytorch", metric="use"))
    assert rows(found, "subject", "leads") == [("keras", False), ("pytorch", False)]


def test_a_share_of_nobody_knows_how_many_has_no_interval() -> None:
    found = shown("survey", "use", "keras", observed(50, "keras", metric="use"))
    assert all(math.isnan(bound) for bounds in rows(found, "low", "high") for bound in bounds)


def test_a_survey_may_stand_beside_that_of_the_year_before() -> None:
    found = shown("survey", "use", ALL, *BASES, *KAGGLE_2020, *KAGGLE_2019, compare=True)
    # 2019: 48.38 and 47.84 are level, so nobody leads; 2020: 53.62 leads 47.88
    assert rows(found, "column", "subject", "value", "leads") == [
        ("2019", "tensorflow", 48.38, False),
        ("2019", "keras", 47.84, False),
        ("2019", "pytorch", 28.36, False),
        ("2020", "tensorflow", 53.62, True),
        ("2020", "keras", 47.88, False),
        ("2020", "pytorch", 32.39, False),
    ]


def test_without_the_year_before_a_comparison_shows_this_year() -> None:
    found = shown("survey", "use", ALL, *BASES, *KAGGLE_2020, compare=True)
    assert rows(found, "column", "subject") == [("2020", "tensorflow"), ("2020", "keras"), ("2020", "pytorch")]


def test_a_survey_that_was_not_held_this_year_is_not_drawn_from_last_years() -> None:
    found = panel(a_chart_spec("survey", "use", ALL, compare=True), figures(*BASES, *KAGGLE_2019), YEAR)
    assert isinstance(found, Absent)


# ---- scoreboard ----------------------------------------------------------------------------------------------------------------


def test_a_scoreboard_has_a_row_per_measure_that_has_figures_and_says_what_is_missing_in_it() -> None:
    seen = observed(94), observed(312, "pytorch"), *BASES, *KAGGLE_2020[:2]
    found = shown("scoreboard", "papers stars use", ALL, *seen)
    assert rows(found, "metric", "subject", "leads") == [
        ("papers", "tensorflow", False), ("papers", "pytorch", True), ("use", "tensorflow", True), ("use", "keras", False),
    ]  # fmt: skip
    assert found.absent == {("papers", "keras"): "no figure", ("use", "pytorch"): "no figure"}


def test_one_measure_is_no_scoreboard() -> None:
    found = panel(a_chart_spec("scoreboard", "papers stars", ALL), figures(observed(94), observed(312, "pytorch")), YEAR)
    assert found == Absent("fewer than two measures have figures for 2020")


# ---- trend ---------------------------------------------------------------------------------------------------------------------


def monthly(metric: str, values: dict[str, int], subject: str = "tensorflow") -> list[Observation]:
    return [observed(value, subject, month, metric) for month, value in values.items()]


def test_totals_are_shown_per_day_of_their_window() -> None:
    # 3,100 in 31 days and 2,900 in the 29 of February 2020: a hundred a day
    found = shown(
        "trend", "downloads", "tensorflow", *monthly("downloads", {"2020-01": 3_100, "2020-02": 2_900, "2020-03": 6_200})
    )
    assert found.per_day
    assert rows(found, "value", "segment") == [(100.0, 0), (100.0, 0), (200.0, 0)]


def test_stocks_and_events_are_shown_as_they_are() -> None:
    found = shown("trend", "papers", "tensorflow", *monthly("papers", {"2019": 90, "2020": 94}))
    assert not found.per_day
    assert rows(found, "value") == [(90.0,), (94.0,)]


def test_lines_follow_the_order_of_the_recipe_then_time() -> None:
    seen = [*monthly("papers", {"2020": 2, "2019": 1}, "keras"), *monthly("papers", {"2019": 3, "2020": 4})]
    found = shown("trend", "papers", "tensorflow keras", *seen)
    assert rows(found, "subject", "value") == [("tensorflow", 3.0), ("tensorflow", 4.0), ("keras", 1.0), ("keras", 2.0)]


@pytest.mark.parametrize(
    ("day", "segments"),
    [
        ("2020-01-01", [0, 0, 0, 0]),
        ("2020-01-31", [0, 0, 0, 0]),  # within the first window: nothing before it to break from
        ("2020-02-01", [0, 1, 1, 1]),  # from the second window on
        ("2020-02-15", [0, 1, 1, 1]),
        ("2020-03-01", [0, 0, 1, 1]),
        ("2020-04-30", [0, 0, 0, 1]),
        ("2020-05-01", [0, 0, 0, 0]),
    ],
)
def test_a_line_is_broken_before_the_first_window_counted_another_way(day: str, segments: list[int]) -> None:
    known = {"papers": a_metric("papers", breaks=(a_break(day),))}
    seen = monthly("papers", {"2020-01": 1, "2020-02": 2, "2020-03": 3, "2020-04": 4})
    assert [segment for (segment,) in rows(shown("trend", "papers", "tensorflow", *seen, known=known), "segment")] == segments


def test_every_change_of_method_starts_a_new_line() -> None:
    known = {"papers": a_metric("papers", breaks=(a_break("2020-02-01"), a_break("2020-04-01")))}
    seen = monthly("papers", {f"2020-0{month}": month for month in range(1, 6)})
    assert rows(shown("trend", "papers", "tensorflow", *seen, known=known), "segment") == [(0,), (1,), (1,), (2,), (2,)]


def test_a_change_of_one_subjects_counting_breaks_its_own_line() -> None:
    change = replace(a_break("2020-02-01"), subjects=("keras",))
    known = {"papers": a_metric("papers", breaks=(change,))}
    seen = [one for subject in ("tensorflow", "keras") for one in monthly("papers", {"2020-01": 1, "2020-02": 2}, subject)]
    found = rows(shown("trend", "papers", "tensorflow keras", *seen, known=known), "subject", "segment")
    assert found == [("tensorflow", 0), ("tensorflow", 0), ("keras", 0), ("keras", 1)]


def test_a_line_is_broken_at_a_missing_month() -> None:
    seen = monthly("papers", {"2020-01": 1, "2020-02": 2, "2020-03": 3, "2020-05": 5, "2020-06": 6})
    assert rows(shown("trend", "papers", "tensorflow", *seen), "segment") == [(0,), (0,), (0,), (1,), (1,)]


def test_months_of_28_to_31_days_and_leap_years_make_no_gap() -> None:
    months = monthly("papers", {f"2020-{month:02}": month for month in range(1, 13)})
    assert {segment for (segment,) in rows(shown("trend", "papers", "tensorflow", *months), "segment")} == {0}


@pytest.mark.parametrize(("late", "segment"), [("2020-04-22", 0), ("2020-04-23", 1)])
def test_a_reading_may_be_late_by_less_than_three_quarters_of_the_usual_step(late: str, segment: int) -> None:
    # readings every 30 days up to 1 March; 52 days later is 1.73 steps, 53 is 1.77
    days = ["2019-12-02", "2020-01-01", "2020-01-31", "2020-03-01", late]
    found = shown("trend", "papers", "tensorflow", *(observed(1, period=day, metric="papers") for day in days))
    assert rows(found, "segment")[-1] == (segment,)


def test_a_line_with_fewer_readings_is_broken_by_the_steps_of_the_others() -> None:
    # Keras is read every second month only: beside TensorFlow's months those are gaps, alone they are its usual step
    flow = monthly("papers", {f"2020-{month:02}": month for month in range(1, 7)})
    keras = monthly("papers", {"2020-01": 1, "2020-03": 2, "2020-05": 3}, "keras")
    together = shown("trend", "papers", "tensorflow keras", *flow, *keras)
    assert rows(together, "subject", "segment") == [("tensorflow", 0)] * 6 + [("keras", 0), ("keras", 1), ("keras", 2)]
    assert rows(shown("trend", "papers", "keras", *keras), "segment") == [(0,), (0,), (0,)]
    # one reading is no line, and sets no step
    once = monthly("papers", {"2020-01": 1}, "pytorch")
    assert rows(shown("trend", "papers", "keras pytorch", *keras, *once), "segment") == [(0,), (0,), (0,)]


def test_a_line_begins_where_the_recipe_says_and_ends_with_the_period() -> None:
    seen = monthly("papers", {"2018-08": 1, "2018-09": 2, "2020-12": 3, "2021-01": 4})
    found = shown("trend", "papers", "tensorflow", *seen, since=Period.parse("2018-09"))
    assert rows(found, "value") == [(2.0,), (3.0,)]


def test_one_reading_is_no_line() -> None:
    seen = *monthly("papers", {"2020": 94}), *monthly("papers", {"2019": 1, "2020": 2}, "keras")
    assert {subject for (subject,) in rows(shown("trend", "papers", "tensorflow keras", *seen), "subject")} == {"keras"}
    assert panel(a_chart_spec("trend", "papers", "tensorflow"), figures(*seen), YEAR) == Absent(
        "Papers: fewer than two readings up to 2020"
    )


# ---- share ---------------------------------------------------------------------------------------------------------------------

NEURIPS = a_metric("neurips", title="Papers at NeurIPS", short="NeurIPS papers", noun="papers")
ICLR = a_metric("iclr", title="Papers at ICLR", short="ICLR papers", noun="papers")
KNOWN = {"neurips": NEURIPS, "iclr": ICLR}


def test_each_measure_is_a_column_whose_shares_add_up_to_a_hundred() -> None:
    # NeurIPS 2020: 312 and 94 of 406, 76.85 and 23.15 %
    torch, flow = observed(312, "pytorch", metric="neurips"), observed(94, metric="neurips")
    found = shown("share", "neurips iclr", "pytorch tensorflow", torch, flow, observed(3, "pytorch", metric="iclr"),
                  observed(1, metric="iclr"), known=KNOWN)  # fmt: skip
    assert rows(found, "column", "subject", "value") == [
        ("NeurIPS", "pytorch", pytest.approx(76.847, abs=5e-4)),
        ("NeurIPS", "tensorflow", pytest.approx(23.153, abs=5e-4)),
        ("ICLR", "pytorch", 75.0),
        ("ICLR", "tensorflow", 25.0),
    ]
    assert found.frame.groupby("column")["value"].sum().to_dict() == pytest.approx({"NeurIPS": 100, "ICLR": 100})
    assert found.bases[found.frame["basis"][1]] == Quantity(
        "chart:NeurIPS",
        "share",
        pytest.approx(23.153, abs=5e-4),
        Unit.PERCENT,
        "papers",
        "neurips",
        ("tensorflow",),
        YEAR,
        (flow, torch),
    )


def test_a_column_without_one_of_its_parts_or_of_nought_is_left_out() -> None:
    seen = observed(312, "pytorch", metric="neurips"), observed(0, "pytorch", metric="iclr"), observed(0, metric="iclr")
    found = panel(a_chart_spec("share", "neurips iclr", "pytorch tensorflow"), figures(*seen, metrics={**METRICS, **KNOWN}), YEAR)
    assert found == Absent("no measure of 2020 has figures for all subjects of the chart")


def test_one_measure_has_a_column_for_every_year_since() -> None:
    seen = [
        observed(value, subject, year) for year in ("2018", "2019", "2020") for value, subject in ((3, "keras"), (1, "pytorch"))
    ]
    found = shown("share", "papers", "keras pytorch", *seen, since=Period.parse("2019"))
    assert rows(found, "column", "subject", "value") == [
        ("2019", "keras", 75.0), ("2019", "pytorch", 25.0), ("2020", "keras", 75.0), ("2020", "pytorch", 25.0),
    ]  # fmt: skip
    assert rows(shown("share", "papers", "keras pytorch", *seen), "column") == [("2020",), ("2020",)]


def test_windows_that_are_not_quite_the_year_are_shown_with_their_own_days() -> None:
    year = window("2020-01-02", "2021-01-01")
    found = shown("ranking", "downloads", "tensorflow pytorch", *(
        observed(value, subject, year, "downloads") for value, subject in ((113_788_105, "tensorflow"), (18_461_407, "pytorch"))
    ))  # fmt: skip
    assert rows(found, "value", "leads", "period_start") == [(113_788_105.0, True, year.start), (18_461_407.0, False, year.start)]


# ---- windows of different length -----------------------------------------------------------------------------------------------

LONG, SHORT = window("2019-12-23", "2021-01-01"), window("2020-01-11", "2021-01-01")
"""375 and 356 days."""


def test_bars_of_windows_of_different_length_are_drawn_by_the_day_as_they_are_compared() -> None:
    found = shown(
        "ranking",
        "downloads",
        "keras pytorch",
        observed(750_000, "keras", LONG, "downloads"),
        observed(747_600, "pytorch", SHORT, "downloads"),
        known={"downloads": a_metric("downloads", aggregation=Aggregation.TOTAL, tolerance_days=19)},
    )
    assert found.per_day
    assert rows(found, "subject", "value", "leads") == [("keras", 2_000, False), ("pytorch", 2_100, True)]


def test_bars_of_equal_windows_are_drawn_as_they_are() -> None:
    found = shown(
        "ranking",
        "downloads",
        "keras pytorch",
        observed(750_000, "keras", LONG, "downloads"),
        observed(5, "pytorch", LONG, "downloads"),
    )
    assert not found.per_day
    assert rows(found, "value") == [(750_000,), (5,)]


def test_a_share_of_parts_counted_over_different_windows_has_no_column() -> None:
    december, november = window("2020-12-01", "2021-01-01"), window("2020-11-01", "2020-12-01")
    other = a_metric("talks")
    seen = (
        observed(312, "pytorch", december), observed(94, "tensorflow", december),
        observed(50, "pytorch", november, "talks"), observed(94, "tensorflow", december, "talks"),
    )  # fmt: skip
    found = shown("share", "papers talks", "pytorch tensorflow", *seen, known={"talks": other})
    assert set(found.frame["metric"]) == {"papers"}


@pytest.mark.parametrize(("same", "drawn"), [((), ["papers"]), (("One", "Two"), ["papers", "talks"])])
def test_a_share_of_parts_by_different_counters_has_no_column(same: tuple[str, ...], drawn: list[str]) -> None:
    seen = (
        observed(312, "pytorch"), observed(94, "tensorflow"),
        observed(50, "pytorch", metric="talks", origin="One"), observed(94, "tensorflow", metric="talks", origin="Two"),
    )  # fmt: skip
    found = shown("share", "papers talks", "pytorch tensorflow", *seen, known={"talks": a_metric("talks", same_counter=same)})
    assert list(dict.fromkeys(found.frame["metric"])) == drawn


@pytest.mark.parametrize(
    ("origins", "breaks", "years"),
    [
        (("One", "One", "One"), (), ["2018", "2019", "2020"]),
        (("Two", "One", "One"), (), ["2019", "2020"]),
        (("One", "Two", "One"), (), ["2018", "2020"]),
        (("One", "One", "One"), ("2019-01-01",), ["2019", "2020"]),
    ],
)
def test_years_counted_another_way_than_the_newest_do_not_stand_beside_it(
    origins: tuple[str, ...], breaks: tuple[str, ...], years: list[str]
) -> None:
    seen = [
        observed(value, subject, year, origin=origin)
        for year, origin in zip(("2018", "2019", "2020"), origins, strict=True)
        for subject, value in (("pytorch", 30), ("tensorflow", 70))
    ]
    known = {"papers": a_metric("papers", breaks=tuple(a_break(day) for day in breaks))}
    found = shown("share", "papers", "pytorch tensorflow", *seen, known=known, since=Period.parse("2018"))
    assert rows(found, "column", "subject", "value") == [
        (year, subject, value) for year in years for subject, value in (("pytorch", 30.0), ("tensorflow", 70.0))
    ]


def test_a_line_is_broken_where_another_origin_begins_to_count() -> None:
    months = [f"2020-{month:02d}" for month in range(1, 6)]
    seen = [
        observed(5, "tensorflow", month, origin=origin)
        for month, origin in zip(months, ("One", "One", "Two", "Two", "One"), strict=True)
    ]
    assert rows(shown("trend", "papers", "tensorflow", *seen), "segment") == [(0,), (0,), (1,), (1,), (2,)]


def test_nobody_is_marked_as_leading_by_figures_of_other_counters() -> None:
    seen = observed(9_000, "pytorch", origin="One"), observed(1_000, "tensorflow", origin="Two")
    assert rows(shown("ranking", "papers", "pytorch tensorflow", *seen), "leads") == [(False,), (False,)]


def test_a_percentage_over_a_window_is_drawn_as_it_is() -> None:
    level = a_metric("level", Unit.PERCENT, Aggregation.TOTAL, tolerance_days=10)
    seen = [observed(65.3, "keras", year, "level") for year in ("2019", "2020")]
    found = shown("trend", "level", "keras", *seen, known={"level": level})
    assert not found.per_day
    assert rows(found, "value") == [(65.3,), (65.3,)]


def test_a_reading_given_by_hand_takes_the_place_of_those_beside_it_in_a_line() -> None:
    given = observed(7, "keras", "2020-12-31", "stars", origin="A person")
    found = [observed(5, "keras", "2019-12-31", "stars"), observed(6, "keras", "2021-01-01", "stars")]
    shown_by = figures(*found, given, by_hand=[given])
    assert [seen.value for seen in shown_by.series("stars", "keras", YEAR)] == [5, 7]
