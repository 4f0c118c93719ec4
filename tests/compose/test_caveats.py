"""A gate's sentence stands with the figures it is about: on the chart, in its alt text, or in the post. It is never lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from bot.analysis.claims import claims
from bot.compose.assembly import Draft
from bot.compose.caveats import caveats, joined, noted
from bot.compose.composer import Composer, Sketch
from bot.domain.gate import Acceptance, Judgement, Verdict
from bot.domain.measure import Observation
from bot.domain.period import Period
from bot.domain.report import ChartSpec, ClaimSpec, PostSpec, Report, Template
from bot.domain.text import Cited
from bot.domain.thread import Chart, Skipped, Thread
from bot.errors import HeldBack
from bot.pipeline import Story, tell
from bot.ports import ChartData
from bot.publishers.x import LIMITS
from tests.builders import a_chart, a_chart_spec, a_post, a_report, figures, judgement, observed

YEAR = Period.parse("2020")
TORCH, FLOW, KERAS = observed(312, "pytorch"), observed(94, "tensorflow"), observed(7, "keras")
LEAD = ClaimSpec("lead", "lead", "papers", ("tensorflow", "pytorch"))
RANKING = a_chart_spec("ranking", "papers", "tensorflow pytorch")


def said_of(*subjects: str, verdict: Verdict = Verdict.CAVEAT, sentence: str = "A count was restated") -> Judgement:
    return judgement(verdict=verdict, subjects=subjects, windows=(YEAR,), sentence=sentence)


def sketched(post: PostSpec, *judgements: Judgement) -> Sketch:
    report = a_report(post, claims=[LEAD])
    known = figures(TORCH, FLOW, KERAS)
    found = Composer(report, YEAR, known, claims(report.claims, known, YEAR), judgements).sketch(post)
    assert isinstance(found, Sketch)
    return found


@pytest.mark.parametrize(
    ("text", "title", "told"),
    [
        ("Papers: {{ figures.papers.tensorflow }}", None, True),
        ("Papers: {{ figures.papers.keras }}", None, False),
        ("{{ claims.lead }}", None, True),  # rests on it
        ("Papers", "{{ claims.lead.leads }}", True),
        ("Papers: {{ figures.papers.keras }}", "Title", True),  # drawn
    ],
)
def test_a_sentence_is_told_with_whatever_rests_on_its_figures(text: str, title: str | None, told: bool) -> None:
    chart = None if title is None else replace(RANKING, title=Template(title, "title"))
    assert sketched(a_post("one", text, chart), said_of("tensorflow")).caveats == (("A count was restated",) if told else ())


@pytest.mark.parametrize("verdict", [Verdict.PUBLISH, Verdict.SKIP, Verdict.HOLD])
def test_only_a_caveat_is_told(verdict: Verdict) -> None:
    assert caveats([said_of("tensorflow", verdict=verdict)], [FLOW]) == ()


def test_what_a_person_accepted_is_told() -> None:
    word = Acceptance("dl", "2020", "id", "share", "looked at it", "ann", dt.datetime(2021, 1, 6, tzinfo=dt.UTC))
    held = replace(said_of("tensorflow", verdict=Verdict.HOLD), accepted=word)
    assert caveats([held], [FLOW]) == ("A count was restated",)


def test_each_sentence_is_told_once() -> None:
    assert caveats([said_of("tensorflow"), said_of("pytorch"), said_of("keras", sentence="Other")], [FLOW, TORCH, KERAS]) == (
        "A count was restated",
        "Other",
    )


@pytest.mark.parametrize(
    ("own", "sentences", "line"),
    [
        ("", ("One", "Two"), "One. Two"),
        ("Gaps: no reading", ("One",), "Gaps: no reading. One"),
        ("Gaps.", ("One",), "Gaps. One"),
        ("Gaps.", (), "Gaps."),
    ],
)
def test_a_charts_own_caveat_stands_before_the_gates(own: str, sentences: tuple[str, ...], line: str) -> None:
    assert joined(Cited(own), sentences).text == line


def test_a_chart_gets_the_sentence_on_its_line_of_notes() -> None:
    chart = sketched(a_post("one", "Papers", replace(RANKING, caveat=Template("Papers only", "c"))), said_of("pytorch")).chart
    assert chart is not None
    assert chart.caveat.text == "Papers only. A count was restated"


def draft(length: int) -> Draft:
    return Draft("one", "one.txt", Cited("x" * length))


def test_a_note_stands_in_a_paragraph_of_its_own_if_the_post_stays_within_the_limits() -> None:
    # "\n\nNote: One. Two." has 17 characters, "\n\n7/7" another five: 258 + 17 + 5 = 280
    found = noted(draft(258), ["One", "Two"], 7, "", LIMITS)
    assert isinstance(found, Draft)
    assert found.text.text == "x" * 258 + "\n\nNote: One. Two."
    assert noted(draft(259), ["One", "Two"], 7, "", LIMITS) == Skipped(
        "one", "there is no room to say what its figures must not be told without: One. Two"
    )


def test_there_has_to_be_room_for_the_link_too() -> None:
    # another paragraph of "\n\n" and the 23 that every link counts
    assert isinstance(noted(draft(258 - 25), ["One", "Two"], 7, "https://example.org/2020", LIMITS), Draft)
    assert isinstance(noted(draft(259 - 25), ["One", "Two"], 7, "https://example.org/2020", LIMITS), Skipped)


def test_without_a_sentence_nothing_is_added() -> None:
    assert noted(draft(400), [], 7, "", LIMITS) == draft(400)


# ---- through the pipeline -------------------------------------------------------------------------------------------------------

OTHER = a_post("other", "Keras: {{ figures.papers.keras }}")


def thread(post: PostSpec, *judgements: Judgement, shown: bool = True) -> Thread:
    """The thread of a post and another one, drawn by someone who has room for a caveat or not."""

    def draw(jobs: Sequence[tuple[str, ChartData]]) -> Iterator[Chart]:
        for _, data in jobs:
            yield replace(a_chart(alt_text=Cited(f"Bar chart. {data.caveat.text if shown else ''}")), caveat_shown=shown)

    return tell(story(a_report(post, OTHER, claims=[LEAD]), *judgements), NOW, LIMITS, draw, lambda *_: None).edition.thread


def story(report: Report, *judgements: Judgement, seen: Sequence[Observation] = (TORCH, FLOW, KERAS)) -> Story:
    return Story(report, YEAR, tuple(seen), judgements, ())


NOW = dt.datetime(2021, 1, 8, tzinfo=dt.UTC)
WITH_CHART: ChartSpec = RANKING


def test_a_chart_with_room_says_it_in_picture_and_alt_text_and_the_post_does_not_repeat_it() -> None:
    found = thread(a_post("one", "PyTorch: {{ figures.papers.pytorch }}", WITH_CHART), said_of("pytorch"))
    assert [post.text.text for post in found.posts] == ["PyTorch: 312\n\n1/2", "Keras: 7\n\n2/2"]
    assert "A count was restated" in found.posts[0].charts[0].alt_text.text


def test_where_the_chart_has_no_room_the_post_says_it() -> None:
    found = thread(a_post("one", "PyTorch: {{ figures.papers.pytorch }}", WITH_CHART), said_of("pytorch"), shown=False)
    assert [post.text.text for post in found.posts] == [
        "PyTorch: 312\n\nNote on the chart: A count was restated.\n\n1/2",
        "Keras: 7\n\n2/2",
    ]


@pytest.mark.parametrize("chart", [None, WITH_CHART])
def test_where_neither_has_room_the_post_is_left_out_and_the_numbering_closes(chart: ChartSpec | None) -> None:
    long = a_post("one", "PyTorch: {{ figures.papers.pytorch }} " + "word " * 48, chart)
    found = thread(long, said_of("pytorch"), shown=False)
    assert [post.text.text for post in found.posts] == ["Keras: 7\n\n1/1"]
    assert found.skipped == (
        Skipped("one", "there is no room to say what its figures must not be told without: A count was restated"),
    )


def test_a_post_without_a_chart_says_it() -> None:
    found = thread(a_post("one", "PyTorch: {{ figures.papers.pytorch }}"), said_of("pytorch"))
    assert found.posts[0].text.text == "PyTorch: 312\n\nNote: A count was restated.\n\n1/2"


def test_what_stands_in_for_a_post_without_room_is_told() -> None:
    long = a_post("one", "PyTorch: {{ figures.papers.pytorch }} " + "word " * 48)
    report = a_report(long, replace(OTHER, instead_of="one"), claims=[LEAD])
    found = tell(story(report, said_of("pytorch")), NOW, LIMITS, lambda _: iter(()), lambda *_: None).edition.thread
    assert [post.name for post in found.posts] == ["other"]


def test_a_thread_of_which_nothing_can_be_said_is_held() -> None:
    long = a_post("one", "PyTorch: {{ figures.papers.pytorch }} " + "word " * 48)
    with pytest.raises(HeldBack, match="must not be told without: A count was restated"):
        tell(story(a_report(long), said_of("pytorch")), NOW, LIMITS, lambda _: iter(()), lambda *_: None)


def test_a_course_that_changed_is_never_compared_across() -> None:
    growth = ClaimSpec("grew", "growth", "downloads", ("keras",))
    seen = [observed(900, "keras", "2020", "downloads"), observed(300, "keras", "2019", "downloads")]
    across = replace(
        judgement("downloads", Verdict.CAVEAT, subjects=("keras",), sentence="Counts of Keras changed abruptly"),
        gate="shift", across=dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    )  # fmt: skip
    told = [story(a_report(claims=[growth]), *judgements, seen=seen) for judgements in ((), (across,))]
    grown, refused = (claims([growth], one.figures(), YEAR)["grew"] for one in told)
    assert bool(grown)
    assert not refused
    assert "is counted another way since 2020-01-01: Counts of Keras changed abruptly" in refused.reason  # type: ignore[union-attr]
    other = replace(across, subjects=("tensorflow",))
    assert claims([growth], story(a_report(claims=[growth]), other, seen=seen).figures(), YEAR)["grew"]
