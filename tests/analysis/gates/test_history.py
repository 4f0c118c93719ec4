"""What changed over time: who is counted, how, and what was told before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.analysis.gates.history import coverage_shrank, declared_breaks, read_twice, restated_since
from bot.domain.measure import Break, Status
from bot.domain.period import instant
from tests.analysis.gates.words import STEADY, case, months, only, said
from tests.builders import a_break, asked, observed


def test_a_subject_that_is_gone_is_told_with_those_that_are_there() -> None:
    found = only(coverage_shrank, case(*months(STEADY), *months(STEADY[:10], "keras")))
    assert (found.verdict.value, found.subjects, [window.key for window in found.windows]) == (
        "caveat", ("tensorflow",), ["2020-11"],
    )  # fmt: skip
    assert found.sentence == "Counted before, and not there now: Keras"


def test_one_that_was_there_once_is_not_missed() -> None:
    assert said(coverage_shrank, case(*months(STEADY), *months(STEADY[:1], "keras", "2020-10"))) == []


def test_when_all_are_gone_nothing_is_told_at_all() -> None:
    assert said(coverage_shrank, case(*months(STEADY), period="2021-03")) == []


@pytest.mark.parametrize(("people", "held"), [(5000, []), (4999, [("hold", "users", (), []), ("hold", "use", (), [])])])
def test_a_base_of_less_than_half_holds_what_is_a_share_of_it(people: int, held: list[object]) -> None:
    assert said(coverage_shrank, case(asked(10_000, "2019"), asked(people, "2020"), period="2020")) == held


def test_a_declared_break_concerns_who_puts_figures_of_both_sides_together() -> None:
    seen = months(STEADY)
    found = only(declared_breaks, case(*seen, breaks=[a_break("2020-06-01")]))
    assert (found.verdict.value, found.sentence) == ("caveat", "Counted anew")
    assert not found.concerns(seen[:5])
    assert not found.concerns(seen[5:])
    assert found.concerns(seen[4:6])
    assert not found.concerns([seen[4], replace(seen[5], subject="keras")])


@pytest.mark.parametrize(
    "reason", ["since 2020", "the numbers fell", "ask @somebody", "подсчёт", "a long way of telling " * 4], ids=str.split
)
def test_a_reason_that_cannot_stand_in_a_post_is_told_in_other_words(reason: str) -> None:
    found = only(declared_breaks, case(*months(STEADY), breaks=[Break(instant("2020-06-01"), reason)]))
    assert found.sentence == "The way of counting changed; nothing is compared across"


def test_several_breaks_in_one_line_are_told_once() -> None:
    found = list(declared_breaks(case(*months(STEADY), breaks=[a_break("2020-02-01"), a_break("2020-09-01")])))
    assert {one.sentence for one in found} == {"The way of counting changed; nothing is compared across"}


@pytest.mark.parametrize(("end", "aside"), [("2020-06-28", ["2020-03", "2020-04", "2020-05", "2020-06"]), ("2020-06-29", [])])
def test_what_was_counted_between_two_breaks_close_together_is_set_aside(end: str, aside: list[str]) -> None:
    # from 1 March to 28 June are 119 days
    found = declared_breaks(case(*months(STEADY), breaks=[a_break("2020-03-01"), a_break(end)]))
    assert [window.key for one in found if one.verdict == "skip" for window in one.windows] == aside


def test_a_change_of_one_subjects_counting_comes_between_nobody_elses() -> None:
    # all of them were out of order from March to April; Keras alone changed once more in between
    changes = [a_break("2020-03-01"), replace(a_break("2020-04-01"), subjects=("keras",)), a_break("2020-05-01")]
    keras = [observed(900, "keras", seen.period, seen.metric) for seen in months(STEADY)]
    found = [one for one in declared_breaks(case(*months(STEADY), *keras, breaks=changes)) if one.verdict == "skip"]
    told = [(one.subjects, [window.key for window in one.windows]) for one in found]
    assert sorted(told) == [(("keras",), ["2020-03"]), (("keras",), ["2020-04"]), (("tensorflow",), ["2020-03", "2020-04"])]


@pytest.mark.parametrize(
    ("cited", "verdict"),
    [(1000, []), (1010, ["publish"]), (1011, ["caveat"]), (1251, ["hold"]), (1250, ["hold"]), (1249, ["caveat"])],
)
def test_a_figure_restated_by_a_hundredth_is_told_and_by_a_fifth_held(cited: float, verdict: list[str]) -> None:
    # 1000 instead of 1010 is 0.0099 less, instead of 1011 0.0109, instead of 1250 exactly a fifth
    found = case(observed(1000), period="2020", cited=[observed(cited)])
    assert [one.verdict.value for one in restated_since(found)] == verdict


def test_a_small_change_that_puts_another_one_ahead_is_told() -> None:
    # 1000 was ahead of 996, and 995 is behind it: five thousandths, and another leader
    seen = observed(995), observed(996, "keras")
    found = case(*seen, period="2020", cited=[observed(1000), seen[1]])
    assert [one.verdict.value for one in restated_since(found)] == ["caveat"]


def test_a_provisional_figure_may_be_restated_by_much() -> None:
    found = only(restated_since, case(observed(1000), period="2020", cited=[observed(2000, status=Status.PROVISIONAL)]))
    assert (found.verdict.value, found.sentence) == ("caveat", "An earlier count of TensorFlow was restated by its source")


@pytest.mark.parametrize(("cited", "verdict"), [(50.05, ["publish"]), (50.1, ["caveat"]), (54.9, ["caveat"]), (55.0, ["hold"])])
def test_a_share_is_restated_by_its_points(cited: float, verdict: list[str]) -> None:
    found = case(observed(50, metric="use"), period="2020", cited=[observed(cited, metric="use")])
    assert [one.verdict.value for one in restated_since(found)] == verdict


def test_another_publishers_number_restates_nothing() -> None:
    assert said(restated_since, case(observed(1000), period="2020", cited=[observed(2000, origin="Somebody else")])) == []


@pytest.mark.parametrize(
    ("value", "on", "status", "aside"),
    [
        (1200, "2021-01-06", Status.MEASURED, True),
        (1199, "2021-01-06", Status.MEASURED, False),
        (2000, "2021-01-09", Status.MEASURED, False),
        (2000, "2021-01-06", Status.REVISED, False),
    ],
)
def test_two_readings_a_few_days_apart_that_differ_by_a_fifth_contradict_each_other(
    value: float, on: str, status: Status, aside: bool
) -> None:
    again = observed(value, retrieved_at=instant(on), status=status)  # the first was read on 5 January 2021
    expected = [("skip", "papers", ("tensorflow",), ["2020"])] if aside else []
    assert said(read_twice, case(observed(1000), again, period="2020")) == expected
