from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bot.analysis.gates import Case, judge, refuse_impossible, sift
from bot.domain.gate import Acceptance, Judgement, Verdict
from bot.domain.measure import Missing, Observation
from bot.domain.period import Period
from bot.domain.thread import Thread
from bot.errors import BadFigures
from bot.publishers.x import LIMITS
from tests.builders import METRICS, SUBJECTS, asked, judgement, observed


def ticked(people: float, subject: str = "keras") -> Observation:
    return observed(people, subject, metric="users")


# Stack Overflow 2020: 2,504 of 40,314 who answered named Keras, 6.21 %.
SURVEY = [asked(40_314), ticked(2_504), observed(6.21, "keras", metric="use")]


def judged(*seen: Observation) -> list[Judgement]:
    """What the gates say of some figures of 2020."""
    return judge(Case.of(seen, METRICS, SUBJECTS, Period.year(2020), dt.datetime(2021, 1, 5, tzinfo=dt.UTC)))


def held(*seen: Observation) -> list[tuple[str, str]]:
    """The metrics that are held and why."""
    return [(one.metric, one.why) for one in judged(*seen) if one.holds]


def test_a_share_that_is_the_quotient_of_its_count_and_base_passes() -> None:
    assert judged(*SURVEY) == []


@pytest.mark.parametrize(("share", "passes"), [(24.95, True), (25.0, True), (24.9, True), (25.01, False), (24.89, False)])
def test_a_share_may_be_rounded_to_one_decimal_and_no_further_off(share: float, passes: bool) -> None:
    # 499 of 2,000 is exactly 24.95 %: publishers print 25.0 or 24.9
    seen = [asked(2_000), ticked(499), observed(share, "keras", metric="use")]
    assert (judged(*seen) == []) is passes


def test_a_share_that_is_not_its_quotient_holds_its_metric_and_no_other() -> None:
    seen = [asked(40_314), ticked(2_504), observed(62.1, "keras", metric="use"), observed(312, "pytorch")]
    passed, aside = sift(seen, judged(*seen))
    assert passed == [asked(40_314), ticked(2_504), observed(312, "pytorch")]
    assert aside == []
    assert held(*seen) == [("use", "Use: 62.1 % of keras in 2020 is not 2,504 of 40,314 (6.21 %)")]


def test_a_share_alone_or_without_its_base_is_not_judged() -> None:
    for seen in (
        [observed(62.1, "keras", metric="use")],
        [ticked(5), observed(62.1, "keras", metric="use")],
        [asked(0), observed(9, "keras", metric="use")],
    ):
        assert judged(*seen) == []


def test_shares_are_judged_by_the_count_of_their_own_period() -> None:
    seen = [*SURVEY, asked(100, "2019"), observed(50, "keras", "2019", "users"), observed(50.0, "keras", "2019", "use")]
    assert judged(*seen) == []


def test_what_contradicts_itself_in_years_that_are_not_told_holds_nothing() -> None:
    old = asked(100, "2012"), observed(101, "keras", "2012", "users"), observed(50.0, "keras", "2012", "use")
    period, now = Period.year(2020), dt.datetime(2021, 1, 5, tzinfo=dt.UTC)
    for since, told in (
        (dt.datetime(2020, 1, 1, tzinfo=dt.UTC), set()),
        (dt.datetime(2012, 1, 1, tzinfo=dt.UTC), {"share", "whole"}),
    ):
        found = judge(Case.of([*old, *SURVEY], METRICS, SUBJECTS, period, now, since={"use": since, "users": period.start}))
        assert {one.gate for one in found} == told


def test_a_part_larger_than_the_whole_holds_the_metric() -> None:
    seen = [asked(100), ticked(100, "pytorch"), ticked(101)]
    assert sift(seen, judged(*seen)) == ([], [])
    assert held(*seen) == [("users", "Users: keras has 101 in 2020, all together 100")]


def test_a_metric_is_held_once_for_the_first_reason_found() -> None:
    wrong = [
        asked(400),
        ticked(100),
        ticked(40, "pytorch"),
        observed(99, "keras", metric="use"),
        observed(88, "pytorch", metric="use"),
    ]
    thread = Thread((), (), tuple(judged(*wrong)), LIMITS)
    assert [(one.metric, one.why[:24]) for one in thread.held] == [("use", "Use: 99 % of keras in 20")]


def test_a_figure_that_was_corrected_since_is_judged_by_its_newest_value() -> None:
    later = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
    wrong, right = observed(62.1, "keras", metric="use"), observed(6.21, "keras", metric="use", retrieved_at=later)
    assert judged(asked(40_314), ticked(2_504), wrong, right) == []


def test_a_figure_that_is_set_aside_is_missing_with_the_reason_and_the_others_stand() -> None:
    seen = [observed(0), observed(312, "pytorch")]
    skip = judgement(
        "papers", Verdict.SKIP, subjects=("tensorflow",), windows=(Period.year(2020),), sentence="Nothing was counted"
    )
    assert sift(seen, [skip]) == ([seen[1]], [Missing("papers", "tensorflow", Period.year(2020), "Nothing was counted")])
    (aside,) = sift(seen, [skip])[1]
    assert (aside.withdrawn, aside.short) == (True, "set aside")  # so that nobody is measured for the first time after it


@pytest.mark.parametrize("verdict", [Verdict.SKIP, Verdict.HOLD])
def test_what_a_person_accepted_is_told_with_the_sentence(verdict: Verdict) -> None:
    seen = [observed(5)]
    found = judgement("papers", verdict, evidence=tuple(seen))
    word = Acceptance("dl", "2020", found.id, "share", "looked at it", "ann", dt.datetime(2021, 1, 6, tzinfo=dt.UTC))
    accepted = replace(found, accepted=word)
    assert (accepted.outcome, sift(seen, [accepted])) == (Verdict.CAVEAT, (seen, []))


def test_an_acceptance_is_for_these_very_figures() -> None:
    one, other = (judgement("papers", evidence=(observed(value),)) for value in (5, 6))
    assert one.id != other.id == replace(other, why="in other words").id


@pytest.mark.parametrize(
    ("seen", "refusal"),
    [
        (observed(100.5, metric="use"), "100.5 is more than 100 percent, and use is a percent"),
        (observed(2.5, metric="downloads"), "2.5 is not a whole number, and downloads is a count"),
        (observed(-3, metric="stars"), "-3 is negative, and stars is a count"),
    ],
)
def test_an_impossible_value_is_refused_with_its_place(seen: object, refusal: str) -> None:
    with pytest.raises(BadFigures) as error:
        refuse_impossible([observed(1), seen], METRICS)  # type: ignore[list-item]
    assert str(error.value).startswith(f'https://example.org/figures, column "value": {refusal}. The unit may have been mixed up')


def test_possible_values_pass_on_the_edge() -> None:
    refuse_impossible(
        [observed(100, metric="use"), observed(0, metric="use"), observed(0), observed(-1, metric="of others")], METRICS
    )


def test_the_place_of_an_impossible_value_is_its_line_where_there_is_one() -> None:
    with pytest.raises(BadFigures, match=r'^figures\.csv, line 7, column "value": 101 is more than 100 percent'):
        refuse_impossible([observed(101, metric="use", query="figures.csv, line 7")], METRICS)
