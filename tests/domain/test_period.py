from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.period import Granularity, Period, date_in_words, instant
from tests.builders import MANY, window

CALENDAR = (Granularity.YEAR, Granularity.MONTH, Granularity.WEEK, Granularity.DAY)
kinds = st.sampled_from(CALENDAR)
days = st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31))
instants = st.builds(dt.datetime.combine, days, st.times(), st.just(dt.UTC))
MICROSECOND = dt.timedelta(microseconds=1)


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("key", "start", "end"),
    [
        ("2020", "2020-01-01", "2021-01-01"),
        ("0001", "0001-01-01", "0002-01-01"),
        ("2020-02", "2020-02-01", "2020-03-01"),
        ("2020-12", "2020-12-01", "2021-01-01"),
        ("2020-W01", "2019-12-30", "2020-01-06"),
        ("2020-W53", "2020-12-28", "2021-01-04"),
        ("2020-02-29", "2020-02-29", "2020-03-01"),
        ("2020-12-31", "2020-12-31", "2021-01-01"),
    ],
)
def test_a_key_names_a_half_open_interval(key: str, start: str, end: str) -> None:
    assert Period.parse(key) == window(start, end)


@pytest.mark.parametrize(
    "key",
    ["", "20", "20200", "2020-1", "2020-13", "2020-00", "2020-W00", "2020-W54", "2021-W53", "2021-02-29", "2020-02-30", "2020 ",
     "2020\n", " 2020", "2020-W5", "2020W05", "٢٠٢٠", "２０２０", "2020-1-1", "latest", "0000", "9999", "2020..2021"],
)  # fmt: skip
def test_what_names_no_real_period_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Period.parse(key)


def test_the_refusal_of_a_key_shows_every_form_there_is() -> None:
    with pytest.raises(
        ValueError, match=r'^"Q3" names no period: write a year \(2020\), a month \(2026-10\), a week \(2026-W47\) or a day'
    ):
        Period.parse("Q3")


@pytest.mark.parametrize("key", ["2020-13", "2021-02-29", "2021-W53", "9999", "0000"])
def test_the_refusal_of_a_key_of_no_date_names_the_key_and_what_is_wrong(key: str) -> None:
    with pytest.raises(ValueError, match=f'^"{key}" names no period: [^w]'):
        Period.parse(key)


def test_the_refusal_of_a_thirteenth_month_says_how_many_there_are() -> None:
    with pytest.raises(ValueError, match=r'^"2020-13" names no period: month must be in 1\.\.12'):
        Period.parse("2020-13")


@MANY
@given(kinds, days)
def test_the_key_of_any_calendar_period_reads_back(kind: Granularity, day: dt.date) -> None:
    period = Period.containing(kind, day)
    assert Period.parse(period.key) == period
    assert period.granularity is kind


@MANY
@given(kinds, days)
def test_the_period_before_ends_where_this_one_starts(kind: Granularity, day: dt.date) -> None:
    period = Period.containing(kind, day)
    before = period.previous()
    assert (before.end, before.granularity) == (period.start, kind)


@MANY
@given(kinds, days)
def test_a_day_lies_in_exactly_one_period_of_a_kind(kind: Granularity, day: dt.date) -> None:
    period = Period.containing(kind, day)
    assert period.contains(Period.day(day))
    assert period.last_day == (period.end - MICROSECOND).date()
    assert Period.containing(kind, period.last_day) == period
    assert Period.containing(kind, period.end.date()).start == period.end


@pytest.mark.parametrize(("kind", "count"), [(Granularity.YEAR, 40), (Granularity.MONTH, 480), (Granularity.WEEK, 2087)])
def test_forty_years_fall_into_periods_without_gap_or_overlap(kind: Granularity, count: int) -> None:
    # 1990-01-01 was a Monday; up to 2030-01-01, a Tuesday, there are 14,610 days: 2087 whole weeks and one day.
    at = Period.containing(kind, dt.date(2029, 12, 30))
    seen = [at]
    while seen[-1].start > utc(1990, 1, 1):
        seen.append(seen[-1].previous())
    assert len(seen) == count
    assert [earlier.end for earlier in seen[1:]] == [later.start for later in seen[:-1]]
    assert seen[-1].start == utc(1990, 1, 1)


def test_a_long_iso_year_has_a_week_53_and_the_next_year_begins_after_it() -> None:
    assert Period.parse("2021-W01").previous() == Period.parse("2020-W53")
    assert Period.containing(Granularity.WEEK, dt.date(2021, 1, 3)).key == "2020-W53"
    assert Period.containing(Granularity.WEEK, dt.date(2019, 12, 30)).key == "2020-W01"


@pytest.mark.parametrize(
    ("key", "before"),
    [
        ("2020", "2019"),
        ("2020-02", "2019-02"),
        ("2021-01", "2020-01"),
        ("2020-02-29", "2019-02-28"),
        ("2021-02-28", "2020-02-28"),
        ("2020-03-01", "2019-03-01"),
        ("2020-W53", "2019-W52"),
        ("2021-W52", "2020-W52"),
        ("2021-W01", "2020-W01"),
    ],
)
def test_the_year_before_has_the_like_of_every_period(key: str, before: str) -> None:
    assert Period.parse(key).year_before() == Period.parse(before)


@MANY
@given(kinds, days)
def test_the_year_before_is_a_period_of_the_same_kind_about_a_year_earlier(kind: Granularity, day: dt.date) -> None:
    period = Period.containing(kind, day)
    before = period.year_before()
    assert before.granularity is kind
    assert 357 <= (period.start - before.start).days <= 371


@MANY
@given(kinds, instants)
def test_the_newest_complete_period_has_passed_and_the_one_after_it_has_not(kind: Granularity, now: dt.datetime) -> None:
    newest = Period.newest_complete(kind, now)
    assert newest.end <= now < Period.containing(kind, newest.end.date()).end


@pytest.mark.parametrize(
    ("now", "kind", "key"),
    [
        (utc(2021, 1, 1), Granularity.YEAR, "2020"),
        (utc(2021, 1, 1) - MICROSECOND, Granularity.YEAR, "2019"),
        (utc(2021, 1, 4), Granularity.WEEK, "2020-W53"),
        (utc(2021, 1, 4) - MICROSECOND, Granularity.WEEK, "2020-W52"),
        (utc(2020, 3, 1), Granularity.DAY, "2020-02-29"),
        (utc(2020, 3, 1), Granularity.MONTH, "2020-02"),
        (dt.datetime(2021, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=2))), Granularity.YEAR, "2019"),
        (dt.datetime(2020, 12, 31, 22, tzinfo=dt.timezone(dt.timedelta(hours=-2))), Granularity.YEAR, "2020"),
    ],
)
def test_a_period_is_complete_from_its_last_instant_in_utc(now: dt.datetime, kind: Granularity, key: str) -> None:
    assert Period.newest_complete(kind, now).key == key


def test_there_is_no_newest_span() -> None:
    with pytest.raises(ValueError, match="a span is not a calendar period"):
        Period.newest_complete(Granularity.SPAN, utc(2021, 1, 1))


@pytest.mark.parametrize(
    ("key", "name"),
    [("2020", "2020"), ("2026-10", "October 2026"), ("2026-W47", "week 47 of 2026"), ("2020-W53", "week 53 of 2020"),
     ("2026-10-05", "5 Oct 2026")],
)  # fmt: skip
def test_a_period_has_a_name_in_words(key: str, name: str) -> None:
    assert str(Period.parse(key)) == Period.parse(key).name == name


def test_a_window_that_is_no_calendar_period_is_a_span_named_by_its_days() -> None:
    year_of_downloads = window("2020-01-02", "2021-01-01")
    assert year_of_downloads.granularity is Granularity.SPAN
    assert year_of_downloads.key == "2020-01-02..2021-01-01"
    assert year_of_downloads.name == "2 Jan 2020 to 31 Dec 2020"
    assert year_of_downloads.days == 365
    assert year_of_downloads.previous() == window("2019-01-02", "2020-01-02")
    assert year_of_downloads.year_before() == window("2019-01-02", "2020-01-01")


def test_a_span_with_a_time_of_day_shows_it_in_its_key() -> None:
    assert Period(utc(2020, 1, 1, 6), utc(2020, 1, 2)).key == "2020-01-01T06:00:00+00:00..2020-01-02"


@MANY
@given(instants, st.timedeltas(MICROSECOND, dt.timedelta(days=800)))
def test_every_interval_has_a_period_before_it_and_one_a_year_before(start: dt.datetime, length: dt.timedelta) -> None:
    period = Period(start, start + length)
    assert period.previous().end == period.start
    assert period.year_before().end <= period.end


def test_a_few_hours_before_a_leap_day_have_a_year_before() -> None:
    evening = Period(utc(2020, 2, 28, 12), utc(2020, 2, 29, 6))
    assert evening.year_before().start == utc(2019, 2, 28, 12)


def test_a_period_without_utc_or_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"start 2020-01-01T00:00:00 is not in UTC"):
        Period(dt.datetime(2020, 1, 1), utc(2021, 1, 1))  # noqa: DTZ001 - the very thing that is refused
    with pytest.raises(ValueError, match=r"end .* is not in UTC"):
        Period(utc(2020, 1, 1), dt.datetime(2021, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))))
    with pytest.raises(ValueError, match=r"ends \(2020-01-01\) before it has begun \(2020-01-01\)"):
        Period(utc(2020, 1, 1), utc(2020, 1, 1))


def test_a_period_contains_itself_and_what_touches_its_edges_from_inside() -> None:
    year = Period.parse("2020")
    assert [year.contains(Period.parse(key)) for key in ("2020", "2020-01", "2020-12-31", "2021-01-01", "2020-W01", "2020-W53")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip


def test_a_leap_year_has_366_days() -> None:
    assert [Period.parse(key).days for key in ("1900", "2000", "2019", "2020", "2020-02")] == [365, 366, 365, 366, 29]


def test_a_date_is_written_the_same_on_both_sides_of_the_atlantic() -> None:
    assert [date_in_words(dt.date(2021, 1, 2)), date_in_words(dt.date(2017, 9, 30))] == ["2 Jan 2021", "30 Sep 2017"]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-01-01", utc(2021, 1, 1)),
        ("2021-01-01T06:00:00+00:00", utc(2021, 1, 1, 6)),
        ("2021-01-01T06:00:00Z", utc(2021, 1, 1, 6)),
        ("2021-01-01T01:30+02:00", utc(2020, 12, 31, 23, 30)),
    ],
)
def test_an_iso_text_is_an_instant_in_utc(text: str, moment: dt.datetime) -> None:
    assert (instant(text), instant(text).tzinfo) == (moment, dt.UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2021-02-29", "01/02/2021", "2021-13-01", "2021", "20210101", "2021-W01"])
def test_what_is_no_iso_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an ISO date; write 2021-01-01"):
        instant(text)


@pytest.mark.parametrize("text", ["2021-01-01T06:00", "2021-01-01 06:00:00", "20210101T0600", "2021W01T06"])
def test_a_time_of_day_without_an_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="has a time of day but no offset"):
        instant(text)
