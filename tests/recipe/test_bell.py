"""A bell rings at the wall times of a place, each once: also where clocks are put forward or back, and where a day is left out."""

from __future__ import annotations

import datetime as dt
import pickle
import zoneinfo
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.period import instant
from bot.recipe.bell import BadTiming, CronBell
from tests.builders import FEW, MANY

MINUTE: Final = dt.timedelta(minutes=1)
HOUR: Final = dt.timedelta(hours=1)
SOON: Final = dt.timedelta(microseconds=1)

# By the zone's files, as the bell has them, so that both speak of the same edition.
ZONES: Final = (
    "UTC", "Europe/Berlin", "America/New_York", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu",
    "Africa/Casablanca", "America/Havana", "Antarctica/Troll", "Africa/Monrovia",
)  # fmt: skip
NAMED: Final[Mapping[str, Callable[[dt.datetime], bool]]] = {
    "0 9 5 * *": lambda wall: (wall.day, wall.hour, wall.minute) == (5, 9, 0),
    "30 2 * * *": lambda wall: (wall.hour, wall.minute) == (2, 30),
    "15 1 * * MON": lambda wall: (wall.weekday(), wall.hour, wall.minute) == (0, 1, 15),
    "0 0 1 1 *": lambda wall: (wall.month, wall.day, wall.hour, wall.minute) == (1, 1, 0, 0),
    "*/20 * * * *": lambda wall: wall.minute in (0, 20, 40),
    "59 23 L * *": lambda wall: (wall + MINUTE).day == 1 and (wall + MINUTE).hour == (wall + MINUTE).minute == 0,
    "10 */2 29 2 *": lambda wall: (wall.month, wall.day, wall.minute) == (2, 29, 10) and wall.hour % 2 == 0,
}


def zone(name: str) -> ZoneInfo:
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


PLACES: Final = {name: zone(name) for name in ZONES}


def rings(cron: str, place: str, after: str, count: int) -> list[str]:
    """So many rings in a row, the first not before an instant."""
    bell, moment, found = CronBell(cron, place), instant(after), []
    for _ in range(count):
        ring = bell.at_or_after(moment)
        found.append(f"{ring:%Y-%m-%dT%H:%MZ}")
        moment = ring + SOON
    return found


@st.composite
def moments(draw: st.DrawFn, place: str) -> dt.datetime:
    """Any instant from 1970 to 2100, half of them within a day of a change of the clocks, if that year has one."""
    year = draw(st.integers(1970, 2099))
    start = dt.datetime(year, 1, 1, tzinfo=dt.UTC)
    days = [start + dt.timedelta(days=day) for day in range(366)]
    offsets = [day.astimezone(PLACES[place]).utcoffset() for day in days]
    changes = [day for day, before, after in zip(days, offsets, offsets[1:], strict=False) if before != after]
    if changes and draw(st.booleans()):
        start, most = draw(st.sampled_from(changes)) - dt.timedelta(days=1), dt.timedelta(days=3)
    else:
        most = dt.timedelta(days=365)
    return start + draw(st.timedeltas(dt.timedelta(0), most))


# ---- by hand -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "ring"),
    [
        ("2026-11-05T08:59:59.999999+00:00", "2026-11-05T09:00:00+00:00"),
        ("2026-11-05T09:00:00+00:00", "2026-11-05T09:00:00+00:00"),
        ("2026-11-05T09:00:00.000001+00:00", "2026-12-05T09:00:00+00:00"),
        ("2026-11-05T09:00:01+00:00", "2026-12-05T09:00:00+00:00"),
        ("2026-11-05T10:00:00+01:00", "2026-11-05T09:00:00+00:00"),
        ("2026-12-05T09:00:00.000001+00:00", "2027-01-05T09:00:00+00:00"),
    ],
)
def test_a_ring_at_the_instant_itself_counts_and_not_one_a_microsecond_before(moment: str, ring: str) -> None:
    found = CronBell("0 9 5 * *", "UTC").at_or_after(dt.datetime.fromisoformat(moment))
    assert (found, found.tzinfo) == (instant(ring), dt.UTC)


@pytest.mark.parametrize(
    ("cron", "place", "after", "found"),
    [
        # 29 March 2026, 2:00 -> 3:00 at 01:00Z
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00+00:00", ["2026-03-29T01:00Z", "2026-03-30T00:30Z"]),
        # 8 March 2026, 2:00 -> 3:00 at 07:00Z
        ("30 2 * * *", "America/New_York", "2026-03-07T12:00+00:00", ["2026-03-08T07:00Z", "2026-03-09T06:30Z"]),
        # 4 October 2026, 2:00 -> 3:00 at 16:00Z of the day before
        ("30 2 * * *", "Australia/Sydney", "2026-10-03T00:00+00:00", ["2026-10-03T16:00Z", "2026-10-04T15:30Z"]),
        # the same day, 2:00 -> 2:30 at 15:30Z
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00+00:00", ["2026-10-03T15:30Z", "2026-10-04T15:15Z"]),
        # 14 April 2024, after Ramadan, 2:00 -> 3:00 at 02:00Z
        ("30 2 * * *", "Africa/Casablanca", "2024-04-13T12:00+00:00", ["2024-04-14T02:00Z", "2024-04-15T01:30Z"]),
        # 1 January 1986, 0:00 -> 0:15 at 18:30Z of the day before
        ("5 0 * * *", "Asia/Kathmandu", "1985-12-31T12:00+00:00", ["1985-12-31T18:30Z", "1986-01-01T18:20Z"]),
        # 8 March 2026, 0:00 -> 1:00 at 05:00Z
        ("0 0 * * *", "America/Havana", "2026-03-07T12:00+00:00", ["2026-03-08T05:00Z", "2026-03-09T04:00Z"]),
        # 30 December 2011 was left out: 29 December, 24:00 -> 31 December, 0:00 at 10:00Z
        ("0 9 30 12 *", "Pacific/Apia", "2011-12-01T00:00+00:00", ["2011-12-30T10:00Z", "2012-12-29T19:00Z"]),
        ("0 9 * * *", "Pacific/Apia", "2011-12-29T12:00+00:00", ["2011-12-29T19:00Z", "2011-12-30T10:00Z", "2011-12-30T19:00Z"]),
    ],
)  # fmt: skip
def test_a_wall_time_that_clocks_skip_rings_when_the_gap_is_over(cron: str, place: str, after: str, found: list[str]) -> None:
    assert rings(cron, place, after, len(found)) == found


def test_wall_times_that_clocks_skip_together_ring_together() -> None:
    found = rings("*/20 * * * *", "Europe/Berlin", "2026-03-29T00:40+00:00", 3)
    assert found == ["2026-03-29T00:40Z", "2026-03-29T01:00Z", "2026-03-29T01:20Z"]


@pytest.mark.parametrize(
    ("cron", "place", "after", "found"),
    [
        # 25 October 2026, 3:00 -> 2:00 at 01:00Z
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00+00:00", ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]),
        # 1 November 2026, 2:00 -> 1:00 at 06:00Z
        ("30 1 * * *", "America/New_York", "2026-10-31T12:00+00:00", ["2026-11-01T05:30Z", "2026-11-02T06:30Z"]),
        # 5 April 2026, 3:00 -> 2:00 at 16:00Z of the day before
        ("30 2 * * *", "Australia/Sydney", "2026-04-04T00:00+00:00", ["2026-04-04T15:30Z", "2026-04-05T16:30Z"]),
        # the same day, 2:00 -> 1:30 at 15:00Z
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00+00:00", ["2026-04-04T14:45Z", "2026-04-05T15:15Z"]),
        # 10 March 2024, before Ramadan, 3:00 -> 2:00 at 02:00Z
        ("30 2 * * *", "Africa/Casablanca", "2024-03-09T12:00+00:00", ["2024-03-10T01:30Z", "2024-03-11T02:30Z"]),
        # every twenty minutes: none while Berlin's clocks show the hour from 2:00 again
        ("*/20 * * * *", "Europe/Berlin", "2026-10-25T00:40+00:00", ["2026-10-25T00:40Z", "2026-10-25T02:00Z"]),
    ],
)  # fmt: skip
def test_a_wall_time_that_clocks_repeat_rings_the_first_time(cron: str, place: str, after: str, found: list[str]) -> None:
    assert rings(cron, place, after, len(found)) == found


def test_who_asks_within_the_repeated_hour_is_not_told_of_a_ring_before() -> None:
    assert rings("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10+00:00", 1) == ["2026-10-26T01:30Z"]  # 2:10 for the second time


@pytest.mark.parametrize(
    ("cron", "after", "found"),
    [
        ("0 9 29 2 *", "2026-01-01", ["2028-02-29T09:00Z", "2032-02-29T09:00Z"]),
        ("0 9 29 2 *", "2097-01-01", ["2104-02-29T09:00Z"]),
        ("0 9 31 * *", "2026-01-01", ["2026-01-31T09:00Z", "2026-03-31T09:00Z", "2026-05-31T09:00Z", "2026-07-31T09:00Z",
                                      "2026-08-31T09:00Z", "2026-10-31T09:00Z", "2026-12-31T09:00Z", "2027-01-31T09:00Z"]),
        ("0 9 L 2 *", "2026-01-01", ["2026-02-28T09:00Z", "2027-02-28T09:00Z", "2028-02-29T09:00Z"]),
        ("0 9 LW * *", "2026-01-01", ["2026-01-30T09:00Z", "2026-02-27T09:00Z", "2026-03-31T09:00Z"]),
        ("0 0 1 1 *", "2025-12-31T23:59:59+00:00", ["2026-01-01T00:00Z", "2027-01-01T00:00Z"]),
        ("59 23 31 12 *", "2026-01-01", ["2026-12-31T23:59Z", "2027-12-31T23:59Z"]),
        ("0 9 * * MON#1", "2026-12-01", ["2026-12-07T09:00Z", "2027-01-04T09:00Z"]),
        ("0 9 * * 5L", "2026-12-01", ["2026-12-25T09:00Z", "2027-01-29T09:00Z"]),
        ("0 9 13 * FRI", "2026-11-07", ["2026-11-13T09:00Z", "2026-11-20T09:00Z", "2026-11-27T09:00Z", "2026-12-04T09:00Z",
                                        "2026-12-11T09:00Z", "2026-12-13T09:00Z"]),
        ("0 9 */7 * SUN", "2026-10-30", ["2026-11-01T09:00Z", "2026-11-08T09:00Z", "2026-11-15T09:00Z", "2026-11-22T09:00Z"]),
    ],
)  # fmt: skip
def test_a_day_that_not_every_month_has_rings_in_those_that_have_it(cron: str, after: str, found: list[str]) -> None:
    assert rings(cron, "UTC", after, len(found)) == found


def test_every_monday_rings_53_times_in_a_year_of_53_weeks() -> None:
    found = rings("0 9 * * MON", "UTC", "2026-01-01", 53)
    assert (found[0], found[51], found[52]) == ("2026-01-05T09:00Z", "2026-12-28T09:00Z", "2027-01-04T09:00Z")
    assert dt.date(2026, 12, 28).isocalendar().week == 53


# ---- whatever is asked ---------------------------------------------------------------------------------------------------------


@MANY
@given(st.data(), st.sampled_from(ZONES), st.sampled_from(sorted(NAMED)))
def test_what_rings_is_named_or_follows_a_gap_and_is_the_same_for_who_asks_in_between(
    data: st.DataObject, place: str, cron: str
) -> None:
    moment = data.draw(moments(place))
    bell = CronBell(cron, place)
    ring = bell.at_or_after(moment)
    wall, before = (at.astimezone(PLACES[place]).replace(tzinfo=None) for at in (ring, ring - MINUTE))
    assert moment <= ring
    assert NAMED[cron](wall) or wall - before > MINUTE
    assert (
        bell.at_or_after(data.draw(st.datetimes(moment.replace(tzinfo=None), ring.replace(tzinfo=None))).replace(tzinfo=dt.UTC))
        == ring
    )
    assert bell.at_or_after(ring + SOON) > ring


@FEW
@given(st.data(), st.sampled_from(ZONES), st.integers(0, 23), st.integers(0, 59))
def test_a_time_of_day_rings_once_a_day_when_clocks_have_come_so_far(
    data: st.DataObject, place: str, hour: int, minute: int
) -> None:
    moment = data.draw(moments(place))
    bell = CronBell(f"{minute} {hour} * * *", place)
    day = moment.astimezone(PLACES[place]).date() + dt.timedelta(days=1)
    wanted = [
        first_showing(dt.datetime.combine(day + dt.timedelta(days=more), dt.time(hour, minute)), place) for more in range(3)
    ]
    found, after = [], first_showing(dt.datetime.combine(day, dt.time(0)), place)
    while len(found) < len(set(wanted)):
        found.append(bell.at_or_after(after))
        after = found[-1] + SOON
    assert found == sorted(set(wanted))


def first_showing(wall: dt.datetime, place: str) -> dt.datetime:
    """The first minute at which clocks show a wall time or, if they never do, a later one: found by looking at each."""
    moment = wall.replace(tzinfo=PLACES[place], fold=0).astimezone(dt.UTC) - 27 * HOUR
    moment = moment.replace(second=0)
    while (shown := moment.astimezone(PLACES[place]).replace(tzinfo=None)) < wall or shown.second:
        moment += MINUTE - dt.timedelta(seconds=shown.second)
    return moment


# ---- what is refused -----------------------------------------------------------------------------------------------------------

SHAPE: Final = (
    'write minute, hour, day of month, month and day of week, such as "0 9 5 * *" (9:00 on the 5th of each month) or '
    '"30 8 * * MON" (8:30 each Monday)'
)


@pytest.mark.parametrize(
    ("cron", "says"),
    [
        ("", f'is "", which has 0 fields instead of five; {SHAPE}'),
        ("0 9 5 *", f'is "0 9 5 *", which has 4 fields instead of five; {SHAPE}'),
        ("0 0 9 5 * *", f'is "0 0 9 5 * *", which has 6 fields instead of five; there are no seconds; {SHAPE}'),
        ("@daily", 'is "@daily"; write it out: "0 0 * * *", or better a time at which figures are settled'),
        ("@Monthly", 'is "@Monthly"; write it out: "0 0 1 * *", or better a time at which figures are settled'),
        ("@reboot", f'is "@reboot", which has 1 field instead of five; {SHAPE}'),
        ("60 9 5 * *", f'is "60 9 5 * *": "60" is no minute (0-59); {SHAPE}'),
        ("0 24 5 * *", f'is "0 24 5 * *": "24" is no hour (0-23); {SHAPE}'),
        ("0 9 0 * *", f'is "0 9 0 * *": "0" is no day-of-month (1-31, L for the last or LW for the last working day); {SHAPE}'),
        ("0 9 5 13 *", f'is "0 9 5 13 *": "13" is no month (1-12 or JAN-DEC); {SHAPE}'),
        ("0 9 5 * FUN", f'is "0 9 5 * FUN": "FUN" is no day-of-week (0-7 or SUN-SAT, MON#1 for the first Monday or 5L for the '
                        f'last Friday of a month); {SHAPE}'),
        ("0 9 ? * *", 'is "0 9 ? * *": "?" is no day-of-month'),
        ("0 9 5-1 * *", 'is "0 9 5-1 * *": "5-1" is no day-of-month'),
        ("*/0 9 5 * *", 'is "*/0 9 5 * *": "*/0" is no minute'),
        ("0 9 31 2 *", f'is "0 9 31 2 *", which never rings: no month it names has such a day; {SHAPE}'),
        ("0 9 31 4,6,9,11 *", 'is "0 9 31 4,6,9,11 *", which never rings'),
        ("0 9 */28 * SUN#2", 'is "0 9 */28 * SUN#2", which never rings'),
        (f"0 9 5 * {'1,' * 100}1", f"is 209 characters long; {SHAPE}"),
        ("0 9 ² * *", 'is "0 9 ² * *": "²" is no day-of-month'),
    ],
)  # fmt: skip
def test_an_expression_that_cannot_be_meant_is_refused_with_its_field_and_an_example(cron: str, says: str) -> None:
    with pytest.raises(BadTiming) as error:
        CronBell(cron, "UTC")
    assert (error.value.key, error.value.what.startswith(says)) == ("cron", True), error.value.what


@FEW
@given(st.text(st.sampled_from("0123456789*/,-#LW MONSUN@?²"), max_size=30))
def test_any_expression_is_read_or_refused_in_words(cron: str) -> None:
    try:
        bell = CronBell(cron, "UTC")
    except BadTiming:
        return
    assert bell.at_or_after(instant("2026-01-01")) >= instant("2026-01-01")


@pytest.mark.parametrize(
    ("place", "hint"),
    [
        ("Berlin", ' (did you mean "Europe/Berlin"?)'),
        ("europe/berlin", ' (did you mean "Europe/Berlin"?)'),
        ("America/NewYork", ' (did you mean "America/New_York"?)'),
        ("+02:00", ""),
        ("", ""),
        ("../../../etc/passwd", ""),
        ("/etc/localtime", ""),
    ],
)
def test_an_unknown_zone_is_refused_with_the_one_probably_meant(place: str, hint: str) -> None:
    with pytest.raises(BadTiming) as error:
        CronBell("0 9 5 * *", place)
    assert (error.value.key, error.value.what) == (
        "zone", f'is "{place}", which is no time zone{hint}; write one of tzdata\'s, such as "Europe/Berlin" or "UTC"',
    )  # fmt: skip


def test_zones_are_those_of_the_package_whatever_the_machine_has(tmp_path: Path) -> None:
    (tmp_path / "America").mkdir()
    (tmp_path / "America" / "Phoenix").write_bytes(resources.files("tzdata").joinpath("zoneinfo", "UTC").read_bytes())
    zoneinfo.reset_tzpath(to=[str(tmp_path)])
    try:
        assert ZoneInfo.no_cache("America/Phoenix").utcoffset(
            dt.datetime.combine(dt.date(2026, 7, 1), dt.time())
        ) == dt.timedelta(0)
        assert rings("0 9 1 7 *", "America/Phoenix", "2026-01-01", 1) == ["2026-07-01T16:00Z"]
    finally:
        zoneinfo.reset_tzpath()


def test_a_bell_is_a_value() -> None:
    bell = CronBell("0 9 5 * *", "Europe/Berlin")
    assert (bell, hash(bell)) == (CronBell("0 9 5 * *", "Europe/Berlin"), hash(CronBell("0 9 5 * *", "Europe/Berlin")))
    assert pickle.loads(pickle.dumps(bell)) == bell
    assert repr(bell) == "CronBell(cron='0 9 5 * *', zone='Europe/Berlin')"
    assert str(bell) == "At 09:00 on the fifth day of every month, Europe/Berlin"
