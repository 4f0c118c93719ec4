from __future__ import annotations

import datetime as dt

import pytest

from bot.analysis.figures import _near
from bot.domain.measure import Absent, Aggregation, Missing
from bot.domain.period import Period
from bot.sources._windows import days
from tests.builders import METRICS, SUBJECTS, a_metric, a_subject, asked, figures, observed, window

YEAR = Period.parse("2020")


def read_on(day: int) -> dict[str, object]:
    return {"retrieved_at": dt.datetime(2021, 1, day, tzinfo=dt.UTC)}


def test_the_figure_read_last_stands_whichever_came_first() -> None:
    old, new = observed(10, **read_on(5)), observed(12, **read_on(9))
    assert figures(old, new).at("papers", "tensorflow", YEAR) == new
    assert figures(new, old).at("papers", "tensorflow", YEAR) == new


def test_the_figure_published_last_stands_though_it_was_read_first() -> None:
    first = observed(
        10, published_at=dt.datetime(2021, 2, 3, tzinfo=dt.UTC), retrieved_at=dt.datetime(2026, 5, 20, tzinfo=dt.UTC)
    )
    second = observed(
        12, published_at=dt.datetime(2021, 2, 5, tzinfo=dt.UTC), retrieved_at=dt.datetime(2026, 5, 19, tzinfo=dt.UTC)
    )
    assert figures(first, second).at("papers", "tensorflow", YEAR) == second
    assert figures(second, first).at("papers", "tensorflow", YEAR) == second


def test_of_figures_published_at_once_the_one_read_last_stands() -> None:
    published = {"published_at": dt.datetime(2021, 1, 1, tzinfo=dt.UTC)}
    old, new = observed(10, **read_on(5), **published), observed(12, **read_on(9), **published)
    assert figures(new, old).at("papers", "tensorflow", YEAR) == new


def test_of_two_figures_read_at_once_the_one_given_later_stands() -> None:
    assert figures(observed(10), observed(12)).at("papers", "tensorflow", YEAR) == observed(12)


@pytest.mark.parametrize(
    ("first", "end", "stands"),
    [
        ("2020-01-01", "2021-01-01", True),
        ("2020-01-02", "2021-01-01", True),
        ("2019-12-22", "2020-12-22", True),  # ends 10 days early
        ("2019-12-21", "2020-12-21", False),  # ends 11 days early
        ("2020-01-11", "2021-01-11", True),  # ends 10 days late
        ("2020-01-12", "2021-01-12", False),
        ("2020-01-11", "2021-01-01", True),  # 356 days: 10 short of a leap year
        ("2020-01-12", "2021-01-01", False),
        ("2019-12-22", "2021-01-01", True),  # 376 days: 10 over
        ("2019-12-21", "2021-01-01", False),
        ("2020-12-01", "2021-01-01", False),
        ("2019-01-01", "2021-01-01", False),
    ],
)
def test_a_total_stands_for_a_period_of_its_length_and_end_within_ten_days(first: str, end: str, stands: bool) -> None:
    seen = observed(5, period=window(first, end), metric="downloads")
    found = figures(seen).at("downloads", "tensorflow", YEAR)
    assert found == (seen if stands else Absent("Downloads: no figure for TensorFlow in 2020"))


@pytest.mark.parametrize(
    ("day", "stands"),
    [("2020-12-31", True), ("2020-12-15", True), ("2020-12-14", False), ("2021-01-16", True), ("2021-01-17", False)],
)
def test_a_stock_stands_for_a_period_when_read_within_sixteen_days_of_its_end(day: str, stands: bool) -> None:
    seen = observed(5, period=day, metric="stars")
    assert bool(figures(seen).at("stars", "tensorflow", YEAR) == seen) is stands


def test_a_stock_that_is_told_of_more_than_a_day_stands_for_no_period() -> None:
    seen = observed(5, period=window("2020-12-30", "2021-01-01"), metric="stars")
    assert figures(seen).at("stars", "tensorflow", YEAR) == Absent(
        "Stars: TensorFlow was told of 30 Dec 2020 to 31 Dec 2020, and a stock is read on one day", "no snapshot"
    )


@pytest.mark.parametrize(
    ("day", "stands"), [("2020-10-04", False), ("2020-10-05", True), ("2020-10-11", True), ("2020-10-18", True)]
)
def test_a_stock_that_was_read_before_a_week_began_does_not_stand_for_it(day: str, stands: bool) -> None:
    # the week of Monday, 5 October 2020: a reading of Sunday is of the week before, however near its end
    found = figures(observed(5, period=day, metric="stars")).at("stars", "tensorflow", Period.parse("2020-W41"))
    assert bool(found) is stands


def test_a_figure_that_was_set_aside_says_why_for_the_period_it_would_have_stood_for() -> None:
    aside = Missing("downloads", "tensorflow", window("2020-01-02", "2021-01-01"), "A sudden value is set aside")
    assert figures(missing=[aside]).at("downloads", "tensorflow", YEAR) == Absent(
        "Downloads: no figure for TensorFlow in 2020; A sudden value is set aside"
    )


def test_of_several_readings_the_one_nearest_the_end_stands() -> None:
    early, near, late = (
        observed(value, period=day, metric="stars") for value, day in ((1, "2020-12-20"), (2, "2020-12-29"), (3, "2021-01-08"))
    )
    assert figures(late, early, near).at("stars", "tensorflow", YEAR) == near


def test_of_two_readings_as_near_the_earlier_stands() -> None:
    before, after = observed(1, period="2020-12-29", metric="stars"), observed(2, period="2021-01-02", metric="stars")
    assert figures(after, before).at("stars", "tensorflow", YEAR) == before


def test_a_series_leaves_out_what_ends_within_the_tolerance_of_a_figure_given_by_hand() -> None:
    metrics = {"papers": a_metric("papers", aggregation=Aggregation.TOTAL, tolerance_days=2)}
    days = {day: observed(day, period=f"2020-01-{day:02d}") for day in range(1, 15)}
    given = [days[12], days[5]]
    known = figures(*days.values(), metrics=metrics, by_hand=given)
    assert [seen.value for seen in known.series("papers", "tensorflow", YEAR)] == [1, 2, 5, 8, 9, 12]


class _CountedEnds(list[dt.datetime]):
    """Ends that know how often one was looked at."""

    looks = 0

    def __getitem__(self, at):  # type: ignore[no-untyped-def]
        self.looks += 1
        return super().__getitem__(at)


def test_of_thousands_of_figures_given_by_hand_few_are_looked_at() -> None:
    hour = dt.timedelta(hours=1)
    ends = _CountedEnds(dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + number * hour for number in range(5_000))
    assert _near(ends[-1] + hour, ends, hour)
    assert not _near(ends[-1] + 2 * hour, ends, hour)
    assert ends.looks < 40


def test_an_event_stands_for_the_period_it_lies_in() -> None:
    survey = observed(5, period="2020-10")
    assert figures(survey).at("papers", "tensorflow", YEAR) == survey
    assert figures(survey).at("papers", "tensorflow", Period.parse("2019")) == Absent("Papers: no figure for TensorFlow in 2019")
    assert not figures(observed(5, period="2020-W53")).at("papers", "tensorflow", YEAR)


def test_two_events_in_a_period_leave_none_to_stand_for_it() -> None:
    found = figures(observed(5, period="2020-05"), observed(6, period="2020-10")).at("papers", "tensorflow", YEAR)
    assert found == Absent("Papers was observed 2 times in 2020, and no one of them stands for it")


def test_why_there_is_no_figure_is_said_in_order_held_never_public_not_seen() -> None:
    metrics = {**METRICS, "jobs": a_metric("jobs", title="Job posts", absent="collection is forbidden")}
    none = figures(
        metrics=metrics, held={"papers": "shares do not add"}, problems={"stars": "the archive is not there", "users": "503"}
    )
    assert none.at("papers", "keras", YEAR) == Absent("held: shares do not add", "held back")
    assert none.at("jobs", "keras", YEAR) == Absent("Job posts, 2020: collection is forbidden")
    assert none.at("stars", "keras", YEAR) == Absent("Stars: no figure for Keras in 2020; the archive is not there")
    assert none.at("users", "all", YEAR) == Absent("Users: no figure for the whole in 2020; 503")


def test_the_reason_nobody_has_a_figure_is_not_given_once_somebody_has_one() -> None:
    metrics = {"jobs": a_metric("jobs", title="Job posts", absent="collection is forbidden")}
    found = figures(observed(5, "keras", "2019", "jobs"), metrics=metrics)
    assert found.at("jobs", "pytorch", YEAR) == Absent("Job posts: no figure for PyTorch in 2020")
    assert not figures(metrics=metrics).series("jobs", "keras", YEAR)
    looked_at = figures(metrics=metrics)
    looked_at.series("jobs", "keras", YEAR)
    assert looked_at.at("jobs", "keras", YEAR) == Absent("Job posts, 2020: collection is forbidden")


def test_who_was_no_option_yet_was_not_asked() -> None:
    survey = a_metric("use", title="Survey", asked_by="survey", first_asked={"Keras": 2018, "tf.keras": 2020, "JAX": 2023})
    subjects = {
        **SUBJECTS,
        "keras": a_subject("keras", "Keras", ids={"survey": "Keras|tf.keras"}),
        "jax": a_subject("jax", "JAX", ids={"survey": "JAX"}),
    }
    found = figures(metrics={"use": survey}, subjects=subjects)
    assert [found.at("use", subject, Period.parse(year)) for subject, year in (("jax", "2022"), ("jax", "2023"))] == [
        Absent("Survey: JAX was not an option in 2022", "not asked"),
        Absent("Survey: no figure for JAX in 2023"),
    ]
    assert [found.at("use", "keras", Period.parse(year)).short for year in ("2017", "2018")] == ["not asked", "no figure"]  # type: ignore[union-attr]
    # nobody says since when it is asked for PyTorch, and everybody is no option
    assert [found.at("use", subject, YEAR).short for subject in ("pytorch", "all")] == ["no figure", "no figure"]  # type: ignore[union-attr]


def test_of_several_origins_the_one_given_last_stands_whenever_it_was_read() -> None:
    one, other = observed(10, origin="One", **read_on(9)), observed(12, origin="Other", **read_on(5))
    assert figures(one, other).at("papers", "tensorflow", YEAR) == other
    assert figures(other, one).at("papers", "tensorflow", YEAR) == one


def test_of_the_origin_given_last_the_reading_read_last_stands() -> None:
    late, between, early = (
        observed(10, origin="One", **read_on(9)),
        observed(12, origin="Other", **read_on(7)),
        observed(11, origin="One", **read_on(5)),
    )
    assert figures(late, between, early).at("papers", "tensorflow", YEAR) == late


def test_what_a_person_gave_by_hand_stands_though_another_is_nearer_the_end() -> None:
    near, by_hand = observed(2, period="2020-12-31", metric="stars"), observed(1, period="2020-12-20", metric="stars")
    assert figures(near, by_hand).at("stars", "tensorflow", YEAR) == near
    assert figures(near, by_hand, by_hand=(by_hand,)).at("stars", "tensorflow", YEAR) == by_hand
    assert figures(by_hand, near, by_hand=(by_hand,)).at("stars", "tensorflow", YEAR) == by_hand


def test_what_a_person_gave_by_hand_stands_though_its_origin_was_read_again_since() -> None:
    by_hand, read_since = observed(12, **read_on(5)), observed(10, **read_on(9))
    assert figures(read_since, by_hand, by_hand=(by_hand,)).at("papers", "tensorflow", YEAR) == by_hand


def test_an_event_that_a_person_gave_by_hand_stands_beside_one_that_was_found() -> None:
    found, by_hand = observed(5, period="2020-05"), observed(6)
    assert figures(found, by_hand, by_hand=(by_hand,)).at("papers", "tensorflow", YEAR) == by_hand


def test_the_base_of_a_share_is_everybody_over_the_same_window() -> None:
    share = observed(47.88, metric="use")
    assert figures(share, asked(12_033, "2019"), asked(12_932)).base_of(share) == asked(12_932)
    assert figures(share, asked(12_033, "2019")).base_of(share) == Absent("nobody says how many Use in 2020 is a share of")
    assert figures().base_of(observed(5)) == Absent("Papers is not a share of anything")


def test_a_series_is_in_order_of_time_and_ends_with_the_period() -> None:
    days = ["2021-01-17", "2018-12-31", "2020-12-31", "2019-12-31", "2021-01-16"]
    found = figures(*(observed(1, period=day, metric="stars") for day in days)).series("stars", "tensorflow", YEAR)
    assert [seen.period.key for seen in found] == ["2018-12-31", "2019-12-31", "2020-12-31"]


def test_a_series_of_daily_snapshots_has_the_one_at_the_end_of_each_month() -> None:
    dates = [day.isoformat() for day in days(window("2020-08-20", "2020-11-06"))]
    found = figures(*(observed(1, period=day, metric="stars") for day in dates)).series(
        "stars", "tensorflow", Period.parse("2020-10")
    )
    assert [seen.period.key for seen in found] == ["2020-08-31", "2020-09-30", "2020-10-31"]


def test_a_series_may_begin_later() -> None:
    seen = [observed(1, period=month, metric="papers") for month in ("2018-12", "2019-01", "2019-02")]
    found = figures(*seen).series("papers", "tensorflow", YEAR, since=Period.parse("2019"))
    assert [one.period.key for one in found] == ["2019-01", "2019-02"]


def test_a_metric_with_a_tolerance_of_nought_wants_the_very_period() -> None:
    metrics = {"papers": a_metric("papers", aggregation=Aggregation.TOTAL)}
    exact, shifted = observed(5), observed(6, period=window("2020-01-02", "2021-01-01"))
    assert figures(shifted, exact, metrics=metrics).at("papers", "tensorflow", YEAR) == exact
    assert not figures(shifted, metrics=metrics).at("papers", "tensorflow", YEAR)


def test_all_readings_of_a_subject_are_there_in_order_whichever_period_they_belong_to() -> None:
    late, early, far = observed(7, period="2020"), observed(5, period="2018"), observed(1, period="2019-06-03")
    found = figures(
        late, early, far, observed(9, "keras"), observed(6, period="2018", retrieved_at=early.retrieved_at.replace(year=2022))
    )
    assert [seen.value for seen in found.readings("papers", "tensorflow")] == [6, 1, 7]
    assert found.readings("papers", "pytorch") == ()
    assert tuple(found.subjects) == ("tensorflow", "keras", "pytorch")


def test_the_windows_of_withdrawn_figures_are_remembered() -> None:
    years = [Period.parse(year) for year in ("2018", "2019")]
    gone = Missing("papers", "keras", years[0], "a part was counted twice", withdrawn=True)
    never = Missing("papers", "keras", years[1], "nobody knows it")
    found = figures(missing=[gone, never])
    assert (found.withdrawn("papers", "keras"), found.withdrawn("papers", "pytorch")) == ((years[0],), ())
