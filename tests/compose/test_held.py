"""The page of an edition that gates hold, and its `held.json`."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from bot.compose.documents import as_file
from bot.compose.held import document, page
from bot.domain.edition import HeldEdition
from bot.domain.gate import Acceptance, Judgement, Verdict
from bot.domain.period import Period
from bot.errors import GateHeld
from tests.builders import a_report, judgement, observed

NOON = dt.datetime(2021, 1, 5, 12, tzinfo=dt.UTC)
YEARS = [observed(value, period=str(year)) for year, value in zip(range(2009, 2021), [*range(100, 111), 3], strict=True)]
FALL = judgement(
    gate="fall",
    subjects=("tensorflow",),
    windows=(Period.year(2020),),
    sentence="A count that only grows fell",
    why="Papers of TensorFlow: 3 after 110",
    evidence=(YEARS[-2], YEARS[-1]),
)
GAP = judgement("stars", Verdict.SKIP, "Stars: no day 4", gate="gap", sentence="A day is missing")


def held(*blocking: Judgement, others: tuple[Judgement, ...] = (), **rest: Any) -> HeldEdition:
    report = a_report(required=("papers",))
    return HeldEdition(report, Period.year(2020), NOON, blocking, (*blocking, *others), tuple(YEARS), **rest)


def test_programs_read_what_is_held_and_which_judgements_are_to_be_decided() -> None:
    row = {
        "id": FALL.id,
        "gate": "fall",
        "verdict": "hold",
        "metric": "papers",
        "subjects": ["tensorflow"],
        "windows": ["2020"],
        "sentence": "A count that only grows fell",
        "why": "Papers of TensorFlow: 3 after 110",
        "accepted": None,
    }
    found = document(held(FALL, others=(GAP,)))
    assert (found.pop("gates"), json.loads(as_file(found))) == (
        [row, {**row, "id": GAP.id, "gate": "gap", "verdict": "skip", "metric": "stars", "subjects": [], "windows": [],
               "sentence": "A day is missing", "why": "Stars: no day 4"}],
        {
            "report": "frameworks",
            "period": "2020",
            "network": "x",
            "composed_at": "2021-01-05T12:00:00+00:00",
            "required": ["papers"],
            "held": [{"metric": "papers", "reason": "Papers of TensorFlow: 3 after 110"}],
            "blocking": [FALL.id],
        },
    )  # fmt: skip


def test_the_page_has_the_sentence_the_figures_around_it_and_the_command() -> None:
    text = page(held(FALL, others=(GAP,)))
    for words in (
        "A count that only grows fell.",
        "Papers of TensorFlow: 3 after 110",
        '<span class="one">threadmill approve frameworks 2020</span> <span class="one">--accept fall:papers</span> <span class="one">'
        "--because &#34;...&#34;</span>",
        "threadmill preview frameworks --period 2020",
        "A day is missing.",
        '<a href="https://example.org/figures" rel="noopener noreferrer">Somebody</a>',
    ):
        assert words in text
    assert [f'{year}-01-01</span> to <span class="one">{year}-12-31<' in text for year in range(2009, 2021)] == [False] * 6 + [
        True
    ] * 6
    assert text.count('<tr class="judged">') == 2


def test_of_a_gate_that_names_no_figure_the_newest_are_shown() -> None:
    text = page(held(judgement("papers", gate="stale")))
    assert [f"{year}-01-01</span> to" in text for year in range(2014, 2021)] == [False, False, True, True, True, True, True]
    assert 'class="judged"' not in text


def test_what_a_person_accepted_is_shown_with_the_reason_and_so_is_what_is_out_of_date() -> None:
    word = Acceptance("frameworks", "2020", GAP.id, "gap", "the host was down", "ann@desk", NOON)
    old = replace(word, judgement="0", gate="fall", because="looked at it", by="ben@desk")
    text = page(held(FALL, others=(replace(GAP, accepted=word),), outdated=(old,)))
    assert "ann@desk accepted it: the host was down" in text
    assert "ben@desk accepted gate fall on 2021-01-05, for other figures: looked at it" in text


def test_hostile_words_are_shown_and_not_obeyed() -> None:
    hostile = "<script>alert(1)</script>"
    word = Acceptance("frameworks", "2020", GAP.id, "gap", hostile, hostile, NOON)
    bad = observed(3, period="2020", origin=hostile, url="javascript:alert(1)")
    fall = replace(FALL, why=hostile, sentence=hostile, evidence=(bad,))
    edition = replace(held(fall, others=(replace(GAP, accepted=word),), outdated=(word,)), figures=(bad,))
    text = page(replace(edition, report=replace(edition.report, key="a b$(touch x)")))
    assert "<script" not in text
    assert "javascript:" not in text
    assert text.count("&lt;script&gt;") == 7
    assert "threadmill preview &#39;a b$(touch x)&#39; --period 2020" in text


def test_the_error_names_metric_gate_reason_and_what_to_do() -> None:
    old = Acceptance("frameworks", "2020", "0", "fall", "looked", "ben@desk", NOON)
    assert str(GateHeld(held(FALL, outdated=(old, old)), "/out/frameworks/2020/index.html")) == (
        "frameworks 2020 is held: a gate keeps back what its recipe requires\n"
        "  papers, gate fall: A count that only grows fell. Papers of TensorFlow: 3 after 110\n"
        "  what ben@desk accepted was another figure, and does not cover this one\n"
        "Look at /out/frameworks/2020/index.html. The source is probably wrong, or counts in another way now: mend it, declare a "
        "break in the recipe,\n"
        "or, if the figures are right, accept them:\n"
        '  threadmill approve frameworks 2020 --accept fall:papers --because "..."'
    )


@pytest.mark.parametrize(("count", "more"), [(5, False), (6, True)])
def test_the_error_is_never_longer_than_a_person_reads(count: int, more: bool) -> None:
    error = GateHeld(held(*(replace(FALL, why=f"reason {number}") for number in range(count))), problem="the disk is full")
    assert ("\n  and 1 more\n" in str(error), "reason 5" in str(error)) == (more, False)
    assert "\n  the page that shows why is not there: the disk is full\nLook at it: threadmill preview frameworks" in str(error)
    assert error.exit_code == 3


@pytest.mark.parametrize(("count", "more"), [(10, ""), (11, "<summary>1 more</summary>"), (40, "<summary>30 more</summary>")])
def test_of_many_judgements_the_first_ones_are_open_and_none_is_left_out(count: int, more: str) -> None:
    text = page(held(FALL, others=tuple(replace(GAP, why=f"{number} days are missing") for number in range(count))))
    assert [f"<p>{number} days are missing</p>" in text for number in range(count)] == [True] * count
    assert (re.search(r"<summary>\d+ more</summary>", text) or [""])[0] == more
