"""What is due: each branch on its edge, and a clock that walks over decades, leaps and goes back, with a small book beside it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.period import Granularity, Period, instant
from bot.domain.report import Report
from bot.domain.schedule import Mode, Schedule, Window
from bot.domain.turn import OVER, Due, Last, Turn, TurnState, due
from bot.recipe.bell import CronBell
from tests.builders import MANY, a_report

SECOND: Final = dt.timedelta(seconds=1)
HOUR: Final = dt.timedelta(hours=1)
DAY: Final = dt.timedelta(days=1)
LONG_AGO: Final = instant("2020-01-01")


def at(text: str) -> dt.datetime:
    """ "11-05 09:00" or "11-05 09:00:01", of 2026 and in UTC."""
    return dt.datetime.fromisoformat(f"2026-{text}").replace(tzinfo=dt.UTC)


def scheduled(granularity: Granularity, schedule: Schedule) -> Report:
    return replace(a_report(), granularity=granularity, schedule=schedule)


# Figures are settled on the 5th at 0:00; at 9:00 the window opens. October's thread may be begun until the 7th at 9:00, and is of no
# use from the 22nd at 0:00 on.
MONTHLY: Final = Schedule(
    CronBell("0 9 5 * *", "UTC"), delay=4 * DAY, grace=2 * DAY, latest=21 * DAY, patience=DAY, retry=HOUR, mode=Mode.AUTO
)
REPORT: Final = scheduled(Granularity.MONTH, MONTHLY)
OCTOBER: Final = Window(
    Period.parse("2026-10"), at("11-05 09:00"), grace_until=at("11-07 09:00"), complete_until=at("11-06 09:00"), closes_at=at("11-22 00:00")
)  # fmt: skip


def monthly(key: str) -> Window:
    found = MONTHLY.window(Period.parse(key))
    assert found is not None
    return found


def turn(key: str, state: TurnState = TurnState.PUBLISHED, **rest: object) -> Turn:
    return replace(Turn("frameworks", "x", monthly(key), state), **rest)  # type: ignore[arg-type]


def nothing(look_at: str) -> Due:
    return Due(None, (), (), (), at(look_at))


def asked(now: str, *turns: Turn, since: dt.datetime = LONG_AGO, report: Report = REPORT) -> Due:
    return due(report, at(now), Last(since, turns))


# ---- what is begun -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("11-05 08:59:59", nothing("11-05 09:00")),
        ("11-05 09:00:00", Due(OCTOBER, (), (), (), at("12-05 09:00"))),
        ("11-07 09:00:00", Due(OCTOBER, (), (), (), at("12-05 09:00"))),
        ("11-07 09:00:01", Due(None, (), (), (OCTOBER,), at("12-05 09:00"))),
        ("11-21 23:59:59", Due(None, (), (), (OCTOBER,), at("12-05 09:00"))),
        ("12-05 08:59:59", Due(None, (), (), (OCTOBER,), at("12-05 09:00"))),
    ],
)
def test_a_turn_is_begun_from_the_opening_to_the_last_second_of_its_grace_and_missed_after(now: str, expected: Due) -> None:
    assert asked(now, turn("2026-09")) == expected


def test_a_window_that_closes_within_its_grace_is_not_begun_when_it_closes() -> None:
    short = replace(MONTHLY, grace=20 * DAY)
    report = scheduled(Granularity.MONTH, short)
    window = replace(OCTOBER, grace_until=at("11-22 00:00"))
    assert asked("11-21 23:59:59", turn("2026-09"), report=report).begin == window
    assert asked("11-22 00:00:00", turn("2026-09"), report=report) == Due(None, (), (), (window,), at("12-05 09:00:00"))


@pytest.mark.parametrize("state", TurnState)
def test_a_turn_that_was_begun_is_never_begun_again(state: TurnState) -> None:
    found = asked("11-05 12:00", turn("2026-09"), turn("2026-10", state))
    assert (found.begin, found.missed) == (None, ())


@pytest.mark.parametrize(
    ("since", "begun", "missed"),
    [
        ("11-05 09:00:00", True, False),
        ("11-07 09:00:00", True, False),  # in its grace
    ],
)
def test_a_report_scheduled_within_the_grace_is_begun(since: str, begun: bool, missed: bool) -> None:
    found = asked(since, since=at(since))
    assert (found.begin == OCTOBER, found.missed == (OCTOBER,)) == (begun, missed)


@pytest.mark.parametrize(("since", "missed"), [("11-07 08:59:59", (OCTOBER,)), ("11-07 09:00:00", ()), ("11-07 09:00:01", ())])
def test_a_window_that_had_gone_by_before_the_report_was_scheduled_is_not_missed(since: str, missed: tuple[Window, ...]) -> None:
    assert asked("11-08 00:00", since=at(since)) == Due(None, (), (), missed, at("12-05 09:00"))


def test_windows_with_nobody_here_are_missed_oldest_first_and_the_newest_is_begun() -> None:
    august, september = monthly("2026-08"), monthly("2026-09")
    found = asked("11-05 10:00", turn("2026-07"))
    assert found == Due(OCTOBER, (), (), (august, september), at("12-05 09:00"))
    assert asked("11-05 10:00", since=at("09-08 00:00")).missed == (september,)


def test_a_clock_that_was_set_back_begins_nothing_before_the_newest_turn() -> None:
    assert asked("10-05 10:00", turn("2026-10")) == nothing("11-05 09:00")
    assert asked("10-20 10:00", turn("2026-10")) == nothing("11-05 09:00")


def test_what_was_skipped_ahead_stops_its_own_period_only() -> None:
    skipped = turn("2026-12", TurnState.SKIPPED)
    assert asked("11-05 09:00", turn("2026-09"), skipped).begin == OCTOBER
    november = asked("12-30 09:00", turn("2026-10"), skipped)
    assert november.missed == (monthly("2026-11"),)
    january = due(REPORT, instant("2027-01-05T10:00:00+00:00"), Last(LONG_AGO, (turn("2026-10"), skipped)))
    assert (january.begin, january.missed) == (None, (monthly("2026-11"),))
    february = due(REPORT, instant("2027-02-05T10:00:00+00:00"), Last(LONG_AGO, (turn("2026-11"), skipped)))
    assert (february.begin, february.missed) == (monthly("2027-01"), ())


def test_another_granularity_goes_on_where_the_first_one_ended() -> None:
    yearly = scheduled(Granularity.YEAR, replace(MONTHLY, bell=CronBell("0 9 5 1 *", "UTC")))
    later = due(yearly, instant("2027-01-05T09:00:00+00:00"), Last(LONG_AGO, (turn("2026-11"),)))
    assert later.begin is not None
    assert later.begin.period == Period.parse("2026")
    assert asked("12-06 09:00", turn("2026-11"), report=yearly).missed == ()
    whole_year = replace(turn("2026-01"), window=replace(monthly("2026-01"), period=Period.parse("2025")))
    assert asked("01-05 10:00", whole_year) == nothing("02-05 09:00")
    assert asked("02-05 10:00", whole_year).begin == monthly("2026-01")


def test_without_a_schedule_nothing_can_be_asked() -> None:
    with pytest.raises(ValueError, match=r"^frameworks has no schedule$"):
        due(a_report(), at("11-05 09:00"), Last(LONG_AGO))


# ---- what is gone on with ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "again", "look_at"),
    [
        ("11-05 09:59:59", False, "11-05 10:00"),
        ("11-05 10:00:00", True, "11-22 00:00"),
        ("11-05 10:00:01", True, "11-22 00:00"),
    ],
)
def test_a_turn_is_tried_again_from_the_second_it_asked_for(now: str, again: bool, look_at: str) -> None:
    waits = turn("2026-10", TurnState.OPEN, retry_at=at("11-05 10:00"))
    assert asked(now, waits) == Due(None, (waits,) if again else (), (), (), at(look_at))


@pytest.mark.parametrize("state", [TurnState.WAITING, TurnState.HELD, TurnState.UNKNOWN, TurnState.SENDING, TurnState.OPEN])
def test_a_turn_that_asked_for_no_time_waits_for_a_person(state: TurnState) -> None:
    waits = turn("2026-10", state)
    closes_at = "11-24 00:00" if state in {TurnState.SENDING, TurnState.UNKNOWN} else "11-22 00:00"
    assert asked("11-06 00:00", waits) == nothing(closes_at)
    nudged = replace(waits, retry_at=at("11-06 00:00"))
    assert asked("11-06 00:00", nudged).again == (nudged,)


@pytest.mark.parametrize(
    ("now", "again", "look_at"), [("11-05 09:09:59", False, "11-05 09:10"), ("11-05 09:10:00", True, "11-22 00:00")]
)
def test_a_turn_whose_worker_died_is_gone_on_with_when_its_lease_is_over(now: str, again: bool, look_at: str) -> None:
    taken = turn("2026-10", TurnState.OPEN, worker="a", lease_until=at("11-05 09:10"), retry_at=None)
    assert asked(now, taken) == Due(None, (taken,) if again else (), (), (), at(look_at))


def test_a_turn_somebody_has_is_neither_gone_on_with_nor_closed() -> None:
    taken = turn("2026-10", TurnState.OPEN, worker="a", lease_until=at("11-22 00:05"), retry_at=at("11-06 00:00"))
    assert asked("11-22 00:04:59", taken) == nothing("11-22 00:05")
    assert asked("11-22 00:05:00", taken).close == (taken,)


@pytest.mark.parametrize("state", sorted(OVER))
def test_nothing_follows_what_is_over(state: TurnState) -> None:
    over = turn("2026-10", state, retry_at=at("11-05 10:00"), lease_until=at("11-05 10:00"), ended_at=at("11-05 10:00"))
    assert asked("11-21 00:00", turn("2026-09"), over) == nothing("12-05 09:00")
    assert asked("12-05 08:00", turn("2026-09"), over) == nothing("12-05 09:00")


# ---- what is given up ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [TurnState.OPEN, TurnState.WAITING, TurnState.HELD])
def test_a_turn_is_given_up_in_the_second_its_window_closes(state: TurnState) -> None:
    waits = turn("2026-10", state, retry_at=at("11-21 23:00"))
    assert asked("11-21 23:59:59", waits) == Due(None, (waits,), (), (), at("11-22 00:00"))
    assert asked("11-22 00:00:00", waits) == Due(None, (), (waits,), (), at("12-05 09:00"))


@pytest.mark.parametrize("state", [TurnState.SENDING, TurnState.UNKNOWN])
def test_a_thread_that_is_partly_out_has_a_grace_more(state: TurnState) -> None:
    waits = turn("2026-10", state, retry_at=at("11-21 23:00"))
    assert asked("11-23 23:59:59", waits) == Due(None, (waits,), (), (), at("11-24 00:00"))
    assert asked("11-24 00:00:00", waits) == Due(None, (), (waits,), (), at("12-05 09:00"))


def test_a_turn_is_superseded_when_the_next_window_opens_though_its_own_was_longer_once() -> None:
    longer = replace(OCTOBER, closes_at=at("12-20 00:00"))  # by the recipe of then
    waits, sends = (replace(turn("2026-10", state), window=longer) for state in (TurnState.WAITING, TurnState.SENDING))
    assert asked("12-05 08:59:59", waits) == nothing("12-05 09:00")
    assert asked("12-05 09:00:00", waits).close == (waits,)
    found = asked("12-05 09:00:00", sends)
    assert (found.begin, found.close, found.look_at) == (monthly("2026-11"), (), at("12-22 00:00"))


def test_what_is_gone_on_with_and_what_is_given_up_come_oldest_first() -> None:
    sends = [turn(key, TurnState.SENDING, retry_at=at("10-01 00:00")) for key in ("2026-10", "2026-09", "2026-08")]
    found = due(REPORT, at("11-06 00:00"), Last(LONG_AGO, sends))
    assert [one.period.key for one in (*found.close, *found.again)] == ["2026-08", "2026-09", "2026-10"]


# ---- a clock that walks --------------------------------------------------------------------------------------------------------

ZONES: Final = (
    "UTC", "Europe/Berlin", "America/New_York", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu",
    "Africa/Casablanca",
)  # fmt: skip
CRONS: Final = {
    Granularity.YEAR: ("0 9 8 1 *", "30 2 29 2 *", "0 0 L 1 *", "15 9 * 1 MON#2"),
    Granularity.MONTH: ("0 9 5 * *", "30 2 L * *", "0 9 31 * *", "0 9 * * MON", "*/30 * * * *", "0 9 5 */3 *"),
    Granularity.WEEK: ("0 9 * * WED", "30 2 * * SUN", "45 1 * * *", "0 9 1,15 * *"),
    Granularity.DAY: ("0 9 * * *", "30 2 * * *", "0 9 * * 1-5", "59 23 L * *", "0 */6 * * *"),
}
EARLY, LATE = (instant(day).replace(tzinfo=None) for day in ("1970-02-01", "2095-01-01"))
LENGTHS: Final = {
    Granularity.YEAR: 365 * DAY, Granularity.MONTH: 30 * DAY, Granularity.WEEK: 7 * DAY, Granularity.DAY: DAY,
}  # fmt: skip


@dataclass
class Book:
    """What a store keeps of one report's turns, as bot/ports/rota.py promises it; it refuses what must not happen."""

    report: Report
    since: dt.datetime
    turns: dict[Period, Turn] = field(default_factory=dict)
    begun: list[Period] = field(default_factory=list)
    missed: list[Period] = field(default_factory=list)

    def last(self) -> Last:
        reached = max((one.period for one in self.turns.values() if one.state is not TurnState.SKIPPED), default=None)
        kept = [one for one in self.turns.values() if not one.over or reached is None or one.period >= reached]
        return Last(self.since, sorted(kept, key=lambda one: one.period))

    def begin(self, window: Window, now: dt.datetime) -> None:
        assert window.period not in self.turns
        assert all(window.period > period for period in self.begun if self.turns[period].state is not TurnState.SKIPPED)
        assert window.opens_at <= now <= window.grace_until
        assert now < window.closes_at
        assert self.report.schedule is not None
        assert now >= window.period.end + self.report.schedule.delay
        self.begun.append(window.period)
        self.turns[window.period] = Turn(self.report.key, self.report.network, window, lease_until=now + HOUR)

    def miss(self, window: Window, now: dt.datetime) -> None:
        assert window.period not in self.turns
        assert window.grace_until > self.since
        assert now > window.grace_until or now >= window.closes_at or self.newer_than(window)
        self.missed.append(window.period)
        self.turns[window.period] = Turn(self.report.key, self.report.network, window, TurnState.MISSED, ended_at=now)

    def newer_than(self, window: Window) -> bool:
        return any(period > window.period for period in self.turns)

    def skip(self, window: Window, now: dt.datetime) -> None:
        if window.period not in self.turns:
            self.turns[window.period] = Turn(self.report.key, self.report.network, window, TurnState.SKIPPED, ended_at=now)

    def settle(self, one: Turn, state: TurnState, retry_at: dt.datetime | None = None) -> None:
        assert not self.turns[one.period].over
        self.turns[one.period] = replace(one, state=state, retry_at=retry_at, lease_until=None)

    def apply(self, found: Due, now: dt.datetime, fate: st.DataObject) -> None:
        """Do what is said, the way a worker does: what is begun or tried again comes to some end, or its worker dies."""
        assert list(found.missed) == sorted(found.missed, key=lambda window: window.opens_at)
        for window in found.missed:
            self.miss(window, now)
        for one in found.close:
            self.settle(one, TurnState.MISSED)
        if found.begin is not None:
            self.begin(found.begin, now)
        for one in [*found.again, *([self.turns[found.begin.period]] if found.begin else [])]:
            state = fate.draw(st.sampled_from([*TurnState, None]))
            if state is None:
                self.turns[one.period] = replace(one, lease_until=now + HOUR)
            elif state is not TurnState.MISSED:
                self.settle(one, state, fate.draw(st.sampled_from([None, now + HOUR])))


@st.composite
def reports(draw: st.DrawFn) -> Report:
    granularity = draw(st.sampled_from(sorted(CRONS)))
    length = LENGTHS[granularity]
    delay = draw(st.sampled_from([length * 0, length / 8, length / 2]))
    schedule = Schedule(
        CronBell(draw(st.sampled_from(CRONS[granularity])), draw(st.sampled_from(ZONES))),
        delay=delay,
        grace=draw(st.sampled_from([HOUR, length / 10, length])),
        latest=delay + draw(st.sampled_from([length / 2, length, length * 3])),
        patience=HOUR,
        retry=HOUR,
    )
    return scheduled(granularity, schedule.remembering())  # hundreds of looks at the same windows


def steps(length: dt.timedelta) -> st.SearchStrategy[dt.timedelta]:
    """Mostly small ones; some leaps, and some back."""
    return st.one_of(
        st.timedeltas(SECOND, length / 8),
        st.timedeltas(SECOND, length),
        st.timedeltas(length, length * 15),
        st.timedeltas(-length * 3, -SECOND),
        st.just(dt.timedelta(0)),
    )


@MANY
@given(st.data(), reports(), st.datetimes(EARLY, LATE, timezones=st.just(dt.UTC)))
def test_each_window_is_begun_or_missed_once_however_the_clock_goes(
    data: st.DataObject, report: Report, start: dt.datetime
) -> None:
    now = furthest = start
    book = Book(report, since=now)
    length, schedule = LENGTHS[report.granularity], report.schedule
    assert schedule is not None
    for step in data.draw(st.lists(steps(length), min_size=2, max_size=10)):
        found = due(report, now, book.last())
        book.apply(found, now, data)
        settled = due(report, now, book.last())
        assert (settled.begin, settled.missed) == (None, ())
        assert settled.look_at > now
        before = due(report, settled.look_at - dt.timedelta(microseconds=1), book.last())
        assert replace(before, look_at=settled.look_at) == settled
        furthest = max(furthest, now)
        if now == furthest:
            all_told(book, schedule, now)
        if data.draw(st.integers(0, 5)) == 0:
            ahead = schedule.window_after(schedule.newest(now, Period.newest_complete(report.granularity, now)))
            book.skip(ahead, now)
        now = max(now + step, start - length)
    assert len(book.begun) == len(set(book.begun))
    assert len(book.missed) == len(set(book.missed))
    assert not set(book.begun) & set(book.missed)


def all_told(book: Book, schedule: Schedule, now: dt.datetime) -> None:
    """Every window that has opened since the report is scheduled, and was still to be begun then, has a turn."""
    window = schedule.newest(now, Period.newest_complete(book.report.granularity, now))
    for _ in range(20):
        assert window.period in book.turns or window.grace_until <= book.since
        window = schedule.newest(window.opens_at - SECOND, window.period)
