"""What several series do in one step."""

from __future__ import annotations

from bot.analysis.gates.several import all_together, renamed, swapped
from tests.analysis.gates.words import STEADY, case, months, only, said, told
from tests.builders import a_break

SUBJECTS = ("tensorflow", "keras", "pytorch")
SIZES = (1, 5, 30)


def of_all(*after: float) -> list:  # type: ignore[type-arg]
    """Three series of different size that run alike for eleven months, and then as told."""
    return [
        seen
        for size, subject in zip(SIZES, SUBJECTS, strict=True)
        for seen in months([size * one for one in (*STEADY, *after)], subject)
    ]


def test_a_third_less_of_every_series_at_once_is_the_fault_of_the_source() -> None:
    # 660 of 1010 is 0.65: by logarithm 0.43, over a quarter
    found = only(all_together, case(*of_all(660)))
    assert (found.verdict.value, found.subjects, [window.key for window in found.windows]) == ("skip", (), ["2020-12"])
    assert found.sentence == "All counts of the source moved at once, which looks like a fault of it"


def test_a_fifth_less_of_every_series_is_a_holiday() -> None:
    # 810 of 1010: 0.22
    assert told(case(*of_all(810))) == []


def test_two_series_that_move_are_two_series_that_move() -> None:
    assert told(case(*of_all(660)[:24])) == []


def test_one_that_stays_where_it_was_clears_the_source() -> None:
    still = months([one * 30 for one in (*STEADY, 1000)], "pytorch")
    assert said(all_together, case(*of_all(660)[:24], *still)) == []


def test_what_was_soon_over_stays_set_aside() -> None:
    assert said(all_together, case(*of_all(660, 650, 640, 1000, 1010, 990))) == [
        ("skip", "downloads", (), ["2020-12", "2021-01", "2021-02"]),
        ("caveat", "downloads", (), ["2021-03", "2021-04", "2021-05"]),
    ]


def test_what_two_later_windows_bear_out_is_a_break() -> None:
    found = only(all_together, case(*of_all(660, 650, 640)))
    assert (found.verdict.value, found.across and found.across.date().isoformat()) == ("caveat", "2020-12-01")


def test_a_declared_break_explains_what_all_do() -> None:
    assert said(all_together, case(*of_all(660, 650, 640), breaks=[a_break("2020-12-01")])) == []


def test_two_that_change_places_hold_the_metric() -> None:
    ours, theirs = months((*STEADY, 5050)), months([5 * one for one in (*STEADY, 200)], "keras")
    found = only(swapped, case(*ours, *theirs))
    assert (found.verdict.value, found.subjects, [window.key for window in found.windows]) == (
        "hold", ("tensorflow", "keras"), ["2020-12"],
    )  # fmt: skip
    assert found.sentence == "Figures of TensorFlow and Keras seem to be swapped"


def test_two_that_change_places_and_back_are_set_aside_once() -> None:
    ours, theirs = months((*STEADY, 5050, 1000)), months([5 * one for one in (*STEADY, 200, 1000)], "keras")
    assert said(swapped, case(*ours, *theirs)) == [("skip", "downloads", ("tensorflow", "keras"), ["2020-12"])]


def test_one_that_overtakes_another_is_not_swapped_with_it() -> None:
    # 1010 -> 1500 passes 1200 -> 1150, which moves by less than it usually strays
    ours, theirs = months((*STEADY, 1500)), months([1.2 * one for one in (*STEADY, 960)], "keras")
    assert said(swapped, case(*ours, *theirs)) == []


def test_two_whose_ratio_turns_over_as_it_never_did_are_swapped_though_each_alone_may_stray() -> None:
    # both go up and down by a third together, and 1.25 times stays 1.25 times; turned over, it moves by ln 1.5625 = 0.45, over 0.3
    steady = (1000, 1300, 1000, 1300, 1000, 1300, 1000, 1300, 1000)
    ours, theirs = months((*steady, 1250)), months([*(1.25 * one for one in steady), 1000], "keras")
    assert said(swapped, case(*ours, *theirs)) == [("hold", "downloads", ("tensorflow", "keras"), ["2020-10"])]


def test_who_was_never_counted_and_appears_where_another_is_gone_may_be_the_other() -> None:
    gone, new = months(STEADY[:8]), months((1010, 1040), "keras", first="2020-09")
    assert said(renamed, case(*gone, *new)) == [("skip", "downloads", ("keras",), ["2020-09", "2020-10"])]
    assert said(renamed, case(*months(STEADY[:10]), *new)) == []  # both are there
    assert said(renamed, case(*gone, *months((1500, 1500), "keras", first="2020-09"))) == []  # half as much again: another one
