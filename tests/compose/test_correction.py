"""The words of a correction, each figure cited; and what a frozen edition cites, read back."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.analysis.restatements import Fate, Restated
from bot.compose.correction import Corrected, correction, values
from bot.compose.documents import cited_facts, facts_document
from bot.domain.measure import WHOLE, Observation
from bot.domain.period import Period
from bot.domain.thread import Fact, Limits
from bot.errors import BadInput, BadThread
from bot.publishers.x import LIMITS
from tests.builders import MANY, METRICS, a_metric, a_report, observed, window

LATER = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
CORRECTED = Corrected(a_report(), Period.year(2020), 3, 9)


def changed(old: Observation, new: float | None) -> Restated:
    if new is None:
        return Restated(Fate.WITHDRAWN, old, reason="flawed")
    return Restated(Fate.RESTATED, old, replace(old, value=new, retrieved_at=LATER))


def said(
    *changes: Restated, because: str = "Late rows were added", corrected: Corrected = CORRECTED, limits: Limits = LIMITS
) -> str:
    return correction(corrected, changes, because, limits, LATER).thread.posts[0].text.text


def test_each_figure_stands_new_and_old_by_metric_and_window_before_the_reason() -> None:
    stars = window("2020-12-31", "2021-01-01")
    assert said(
        changed(observed(150_123_456, "pytorch"), 163_812_345),
        changed(observed(51_000, "pytorch", stars, "stars"), 52_000),
        changed(observed(18_900_000, "keras"), 20_100_000),
        changed(observed(61.8, WHOLE, metric="use"), 60.2),
    ) == (
        "Correction to 3/9\n\n"
        "Papers, 2020: PyTorch 163.8M, not 150.1M; Keras 20.1M, not 18.9M.\n"
        "Stars, 31 Dec 2020: PyTorch 52k, not 51k.\n"
        "Use, 2020: 60.2%, not 61.8%.\n\n"
        "Late rows were added."
    )


def test_a_figure_that_was_withdrawn_is_said_to_be() -> None:
    assert said(changed(observed(150_123_456, "pytorch"), None), because="A day was missing!") == (
        "Correction to 3/9\n\nPapers, 2020: PyTorch 150.1M was withdrawn by Somebody.\n\nA day was missing!"
    )


def test_a_correction_cites_the_new_reading_first_and_the_old_one_too() -> None:
    change = changed(observed(150_123_456, "pytorch"), 163_812_345)
    (post,) = correction(CORRECTED, [change], "Late rows were added.", LIMITS, LATER).thread.posts
    assert [(fact.text, fact.basis) for fact in post.facts] == [
        ("2020", change.new),
        ("163.8M", change.new),
        ("150.1M", change.old),
    ]


def test_figures_a_person_wrote_down_are_marked() -> None:
    told = said(changed(observed(100, "pytorch", handwritten=True), 200))
    assert told.endswith("Late rows were added.\n\nEntered by hand: Somebody.")


@pytest.mark.parametrize(
    ("metric", "old", "new", "shown"),
    [
        ("papers", 113_840_000, 113_860_000, ("113.8M", "113.9M")),
        ("papers", 113_840_000, 113_841_000, ("113,840,000", "113,841,000")),
        ("use", 61.8, 61.9, ("61.8%", "61.9%")),
        ("use", 61.81, 61.83, ("61.81%", "61.83%")),
        ("use", 61.811, 61.812, ("61.811%", "61.812%")),
        ("papers", 113_840_000, None, ("113.8M", "")),
        ("unknown", 1_500, 1_600, ("1,500", "1,600")),
    ],
)
def test_old_and_new_have_as_many_digits_as_tell_them_apart(
    metric: str, old: float, new: float | None, shown: tuple[str, str]
) -> None:
    assert values(old, new, METRICS.get(metric)) == shown


@pytest.mark.parametrize(
    ("because", "words"),
    [
        ("", "is empty"),
        (" \n ", "is empty"),
        ("PyPI counted 12 days twice", '"12" (figure), "twice" (claim word)'),
        ("PyTorch leads now", '"leads" (claim word)'),
        ("a h\u0430lf-Cyrillic word", "may disguise"),
    ],
)
def test_a_reason_that_says_what_nothing_vouches_for_is_refused(because: str, words: str) -> None:
    with pytest.raises(BadInput) as refusal:
        said(changed(observed(100), 200), because=because)
    assert words in str(refusal.value)


def test_a_reason_may_name_the_post_the_period_and_the_subjects() -> None:
    assert said(changed(observed(100), 200), because="Post 3/9 of 2020 on Keras\nwas early").endswith(
        "\n\nPost 3/9 of 2020 on Keras was early."
    )


def test_a_reason_mentions_nobody() -> None:
    with pytest.raises(BadThread, match='mentions "@pypi"'):
        said(changed(observed(100), 200), because="As @pypi says")


def test_a_correction_of_280_fits_and_one_of_281_does_not() -> None:
    change = changed(observed(100), 200)
    room = 280 - len("Correction to 3/9\n\nPapers, 2020: TensorFlow 200, not 100.\n\n.")
    assert len(said(change, because="a" * room)) == 280
    with pytest.raises(BadThread, match="is 281 long, 1 over the 280 of x; shorten --because, or name some"):
        said(change, because="a" * (room + 1))


def test_where_whole_titles_do_not_fit_the_short_ones_stand() -> None:
    metrics = {"papers": a_metric("papers", title="Papers of a very long name", short="Papers")}
    corrected = replace(CORRECTED, report=a_report(metrics=metrics))
    change = changed(observed(100), 200)
    assert "\nPapers of a very long name, 2020:" in said(change, corrected=corrected)
    assert "\nPapers, 2020:" in said(change, because="a" * 210, corrected=corrected)


def test_a_link_in_the_reason_is_remarked_with_its_price() -> None:
    edition = correction(CORRECTED, [changed(observed(100), 200)], "See example.org", LIMITS, LATER)
    assert edition.thread.posts[0].remarks[0].startswith('"example.org" becomes a link')
    assert edition.thread.cost_usd == 0.2


# Reading facts back


def test_what_was_observed_reads_back_as_it_was_written() -> None:
    old = observed(
        61.8,
        "keras",
        window("2020-01-02", "2021-01-01"),
        "use",
        note="n",
        query="line 7",
        payload_sha256="a" * 64,
        handwritten=True,
    )
    edition = correction(CORRECTED, [changed(old, 60)], "Late rows were added.", LIMITS, LATER)
    written = json.dumps(facts_document(edition))
    assert cited_facts(written) == list(edition.thread.facts().values())
    assert cited_facts("[]") == []


def test_claims_are_passed_over(preview_2020: Any) -> None:
    written = (preview_2020 / "facts.json").read_text(encoding="utf-8")
    rows = [row for row in json.loads(written) if row["kind"] == "observation"]
    read = cited_facts(written)
    assert [fact.id for fact in read] == [row["id"] for row in rows]
    assert all(isinstance(fact.basis, Observation) for fact in read)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
ROW: dict[str, Any] = facts_document(correction(CORRECTED, [changed(observed(1), 2)], "Late.", LIMITS, LATER))[0]


@MANY
@given(st.text() | json_values.map(json.dumps) | st.dictionaries(st.sampled_from(sorted(ROW)), json_values).map(
    lambda spoilt: json.dumps([ROW | spoilt])
))  # fmt: skip
def test_whatever_stands_there_is_read_or_refused_in_one_way(written: str) -> None:
    with suppress(ValueError):  # and nothing else
        assert all(isinstance(fact, Fact) for fact in cited_facts(written))
