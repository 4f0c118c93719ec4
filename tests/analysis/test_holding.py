"""When a gate holds the whole edition, and when a metric only leaves it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bot import pipeline
from bot.analysis.gates import Case, sift
from bot.analysis.holding import hold
from bot.collection import Gathered, NamedSource, SourceOutcome
from bot.domain.edition import HeldEdition
from bot.domain.gate import Acceptance, Judgement, Past, Verdict
from bot.domain.measure import Observation
from bot.domain.period import Period
from bot.domain.report import ClaimSpec, Report
from bot.errors import GateHeld
from bot.publishers.x import LIMITS
from bot.sources.csv import Source
from tests.builders import METRICS, SUBJECTS, a_post, a_report, asked, judgement, observed, window

YEAR = Period.year(2020)
NOON = dt.datetime(2021, 1, 5, 12, tzinfo=dt.UTC)
OLD, NEW, OTHER = observed(90, period="2019"), observed(94), observed(312, "pytorch")
ONE = a_post("one", "TensorFlow has {{ figures.papers.tensorflow }} papers.")
TWO = a_post("two", "Keras has {{ figures.users.keras }} users.")
THREE = a_post("three", "PyTorch has {{ figures.papers.pytorch }} papers.")


def held(
    *judgements: Judgement,
    seen: tuple[Observation, ...] = (OLD, NEW, OTHER),
    required: tuple[str, ...] = ("papers",),
    claims: tuple[ClaimSpec, ...] = (),
) -> tuple[Judgement, ...]:
    """The judgements that hold an edition of 2020."""
    case = Case.of(seen, METRICS, SUBJECTS, YEAR, NOON)
    found = hold(a_report(required=required, claims=claims), case, sift(seen, judgements)[0], judgements)
    return () if found is None else found.blocking


def skip(year: str, subject: str = "tensorflow", metric: str = "papers") -> Judgement:
    return judgement(metric, Verdict.SKIP, subjects=(subject,), windows=(Period.parse(year),), gate="gap")


def test_a_required_metric_that_is_held_holds_the_edition_and_any_other_leaves_it() -> None:
    one = judgement("papers")
    assert held(one) == (one,)
    assert held(judgement("stars"), judgement("papers", Verdict.CAVEAT), judgement("papers", Verdict.PUBLISH)) == ()
    assert held(one, required=()) == ()


def test_a_required_metric_of_which_nothing_is_left_for_the_period_holds_it_and_a_gap_does_not() -> None:
    both = skip("2020"), skip("2020", "pytorch")
    assert held(*both) == both
    assert held(skip("2020")) == held(skip("2020", "pytorch")) == ()
    assert held(skip("2019"), skip("2019", "pytorch")) == ()
    assert held(skip("2020", metric="users")) == ()


def test_a_figure_set_aside_that_another_one_stands_in_for_holds_nothing() -> None:
    last, before = (
        observed(100, period=window(*days), metric="stars")
        for days in (("2020-12-31", "2021-01-01"), ("2020-12-30", "2020-12-31"))
    )
    aside = judgement("stars", Verdict.SKIP, windows=(last.period,))
    assert held(aside, seen=(before, last), required=("stars",)) == ()
    assert held(aside, seen=(last,), required=("stars",)) == (aside,)


def test_a_figure_that_a_comparison_cannot_do_without_holds_the_edition_and_an_optional_one_does_not() -> None:
    lead = ClaimSpec("lead", "lead", "papers", ("tensorflow", "pytorch"), optional=("pytorch",))
    growth = ClaimSpec("growth", "growth", "papers", ("pytorch",))
    other = ClaimSpec("other", "lead", "stars", ("tensorflow", "pytorch"))
    assert held(skip("2020"), claims=(lead,)) == (skip("2020"),)
    assert held(skip("2020", "pytorch"), claims=(lead, growth, other)) == ()
    assert held(skip("2019"), claims=(lead,)) == ()


def test_a_base_alone_is_nothing_to_tell() -> None:
    aside = skip("2020", "keras", "users")
    assert held(aside, seen=(asked(100), observed(101, "keras", metric="users")), required=("users",)) == (aside,)


def test_a_metric_without_a_figure_is_held_by_nobody() -> None:
    assert held(skip("2020"), seen=(OLD,)) == ()
    assert held(seen=()) == ()


@pytest.mark.parametrize("found", [judgement("papers", evidence=(NEW,)), replace(skip("2020"), evidence=(NEW,))])
def test_what_a_person_accepted_holds_nothing(found: Judgement) -> None:
    word = Acceptance("frameworks", "2020", found.id, found.gate, "looked", "ann", NOON)
    assert held(replace(found, accepted=word)) == ()


def test_it_has_the_figures_of_the_metric_and_what_was_accepted_of_others() -> None:
    one = judgement("papers", gate="gap")
    words = {gate: Acceptance("frameworks", "2020", gate, gate, "looked", "ann", NOON) for gate in ("gap", "fall")}
    case = Case.of((OLD, NEW, asked(5)), METRICS, SUBJECTS, YEAR, NOON)
    report = a_report(required=("papers",))
    assert hold(report, case, (), (one,), accepted=words) == HeldEdition(
        report, YEAR, NOON, (one,), (one,), (OLD, NEW), (words["gap"],)
    )


# Through the pipeline: 101 of 100 users are no users ---------------------------------------------------------------------------------


def story(report: Report, keras: int = 101, past: Past | None = None) -> pipeline.Story:
    seen = (NEW, OTHER, asked(100), observed(keras, "keras", metric="users"))
    gathered = Gathered(NamedSource("csv", Source(files=()), True), seen, (), SourceOutcome("csv", 0))
    return pipeline.weigh(report, YEAR, [gathered], NOON, past or Past())


def told(report: Report, past: Past | None = None) -> pipeline.Run:
    return pipeline.tell(story(report, past=past), NOON, LIMITS, lambda _: iter(()), lambda *_: None)


def test_a_held_metric_leaves_the_thread_and_the_numbering_closes() -> None:
    thread = told(a_report(ONE, TWO, THREE)).edition.thread
    assert [(post.name, post.position, post.total) for post in thread.posts] == [("one", 1, 2), ("three", 2, 2)]
    assert [post.text.text.split("\n")[-1] for post in thread.posts] == ["1/2", "2/2"]
    assert [(one.metric, one.why) for one in thread.held] == [("users", "Users: keras has 101 in 2020, all together 100")]
    assert [one.post for one in thread.skipped] == ["two"]


def test_a_required_one_holds_the_edition() -> None:
    with pytest.raises(GateHeld) as error:
        told(a_report(ONE, TWO, THREE, required=("users",)))
    assert [one.id for one in error.value.held.blocking] == [one.id for one in story(a_report()).judgements]


def test_what_is_accepted_is_told_until_the_figures_are_others() -> None:
    report = a_report(ONE, TWO, THREE, required=("users",))
    (found,) = story(report).judgements
    word = Acceptance("frameworks", "2020", found.id, "whole", "everybody may tick twice", "ann", NOON)
    thread = told(report, Past(accepted={found.id: word})).edition.thread
    assert [post.text.text for post in thread.posts][1] == (
        "Keras has 101 users.\n\nNote: A part and its whole contradict each other.\n\n2/3"
    )
    assert [(one.outcome, one.accepted) for one in thread.judgements] == [(Verdict.CAVEAT, word)]
    assert thread.held == ()
    later = story(report, keras=102, past=Past(accepted={found.id: word})).held
    assert later is not None
    assert later.outdated == (word,)
