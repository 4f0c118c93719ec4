from __future__ import annotations

import datetime as dt

import pytest

from bot.analysis.gates import gate, refuse_impossible
from bot.domain.thread import Held
from bot.errors import BadFigures
from tests.builders import METRICS, asked, observed


def ticked(people: float, subject: str = "keras") -> object:
    return observed(people, subject, metric="users")


# Stack Overflow 2020: 2,504 of 40,314 who answered named Keras, 6.21 %.
SURVEY = [asked(40_314), ticked(2_504), observed(6.21, "keras", metric="use")]


def test_a_share_that_is_the_quotient_of_its_count_and_base_passes() -> None:
    assert gate(SURVEY, METRICS) == (SURVEY, [])


@pytest.mark.parametrize(("share", "passes"), [(24.95, True), (25.0, True), (24.9, True), (25.01, False), (24.89, False)])
def test_a_share_may_be_rounded_to_one_decimal_and_no_further_off(share: float, passes: bool) -> None:
    # 499 of 2,000 is exactly 24.95 %: publishers print 25.0 or 24.9
    seen = [asked(2_000), ticked(499), observed(share, "keras", metric="use")]
    assert (gate(seen, METRICS)[1] == []) is passes


def test_a_share_that_is_not_its_quotient_holds_its_metric_and_no_other() -> None:
    seen = [asked(40_314), ticked(2_504), observed(62.1, "keras", metric="use"), observed(312, "pytorch")]
    passed, held = gate(seen, METRICS)
    assert passed == [asked(40_314), ticked(2_504), observed(312, "pytorch")]
    assert held == [Held("use", "Use: 62.1 % of keras in 2020 is not 2504 of 40314 (6.21 %)")]


def test_a_share_alone_or_without_its_base_is_not_judged() -> None:
    for seen in (
        [observed(62.1, "keras", metric="use")],
        [ticked(5), observed(62.1, "keras", metric="use")],
        [asked(0), observed(9, "keras", metric="use")],
    ):
        assert gate(seen, METRICS) == (seen, [])


def test_shares_are_judged_by_the_count_of_their_own_period() -> None:
    seen = [*SURVEY, asked(100, "2019"), observed(50, "keras", "2019", "users"), observed(50.0, "keras", "2019", "use")]
    assert gate(seen, METRICS)[1] == []


def test_a_part_larger_than_the_whole_holds_the_metric() -> None:
    passed, held = gate([asked(100), ticked(100, "pytorch"), ticked(101)], METRICS)
    assert passed == []
    assert held == [Held("users", "Users: keras has 101 in 2020, all together 100")]


def test_a_metric_is_held_once_for_the_first_reason_found() -> None:
    wrong = [
        asked(400),
        ticked(100),
        ticked(40, "pytorch"),
        observed(99, "keras", metric="use"),
        observed(88, "pytorch", metric="use"),
    ]
    assert [(held.metric, held.reason[:24]) for held in gate(wrong, METRICS)[1]] == [("use", "Use: 99 % of keras in 20")]


def test_a_figure_that_was_corrected_since_is_judged_by_its_newest_value() -> None:
    later = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
    wrong, right = observed(62.1, "keras", metric="use"), observed(6.21, "keras", metric="use", retrieved_at=later)
    assert gate([asked(40_314), ticked(2_504), wrong, right], METRICS)[1] == []


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
