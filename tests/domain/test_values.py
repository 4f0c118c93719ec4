"""What values refuse to be: an impossible figure, a claim without evidence, a chart without words, a thread out of order."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.domain.claim import Claim, Finding, Quantity
from bot.domain.measure import Absent, Aggregation, Unit
from bot.domain.period import Period
from bot.domain.text import Cited
from bot.domain.thread import Post, Thread
from bot.publishers.x import LIMITS
from tests.builders import SUBJECTS, a_chart, a_metric, a_report, a_subject, observed

YEAR = Period.parse("2020")


@pytest.mark.parametrize(
    ("unit", "value", "refusal"),
    [
        (Unit.COUNT, 0, None),
        (Unit.COUNT, 3.0, None),
        (Unit.COUNT, 2.5, "2.5 is not a whole number"),
        (Unit.COUNT, -1, "-1 is negative"),
        (Unit.PERCENT, 0, None),
        (Unit.PERCENT, 100, None),
        (Unit.PERCENT, 100.1, "100.1 is more than 100 percent"),
        (Unit.PERCENT, -0.1, "-0.1 is negative"),
        (Unit.RATE, 2.5, None),
        (Unit.RATE, -0.5, "-0.5 is negative"),
        (Unit.RATIO, 6.16, None),
        (Unit.RATIO, math.inf, "inf is not a number"),
        (Unit.RATIO, -1, "-1 is negative"),
        (Unit.POINTS, -4.03, None),
        (Unit.POINTS, math.nan, "nan is not a number"),
        (Unit.CHANGE, -16.67, None),
        (Unit.CHANGE, 158.2, None),
        (Unit.COUNT, math.nan, "nan is not a number"),
    ],
)
def test_a_unit_says_why_a_value_is_impossible(unit: Unit, value: float, refusal: str | None) -> None:
    assert unit.refuse(value) == refusal


@pytest.mark.parametrize("name", ["key", "title", "noun", "measures", "does_not_measure", "known_biases"])
def test_a_metric_without_a_word_on_what_it_is_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"has no {name}: say it"):
        a_metric(**{name: "  "})


def test_a_metric_is_observed_and_so_is_no_ratio() -> None:
    for unit in (Unit.RATIO, Unit.POINTS, Unit.CHANGE):
        with pytest.raises(ValueError, match=f'"downloads" cannot have unit "{unit}": it is claimed, not observed'):
            a_metric(unit=unit)
    with pytest.raises(ValueError, match="negative tolerance_days"):
        a_metric(aggregation=Aggregation.LEVEL, tolerance_days=-1)


def test_a_metric_is_headed_by_its_short_title_or_the_whole_one() -> None:
    assert [a_metric(title="PyPI downloads").heading, a_metric(title="PyPI downloads", short="PyPI").heading] == [
        "PyPI downloads",
        "PyPI",
    ]


@pytest.mark.parametrize("name", ["metric", "subject", "origin", "url"])
def test_an_observation_that_cannot_be_traced_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"the {name} is empty"):
        replace(observed(1), **{name: " "})


def test_an_observation_is_a_number_read_at_a_known_instant() -> None:
    with pytest.raises(ValueError, match="the value nan is not a number; leave the row out"):
        observed(math.nan)
    with pytest.raises(ValueError, match="has no time zone"):
        observed(1, retrieved_at=dt.datetime(2021, 1, 1))  # noqa: DTZ001 - the very thing that is refused


def test_the_same_published_figure_has_the_same_id_however_often_and_wherever_it_stood() -> None:
    seen = observed(113_788_105)
    assert seen.id == replace(seen, query="line 9", payload_sha256="abc").id
    assert seen.id == replace(seen, value=113_788_105.0).id
    assert len(seen.id) == 16


@pytest.mark.parametrize(
    "change",
    [
        {"metric": "stars"},
        {"subject": "keras"},
        {"period": Period.parse("2019")},
        {"value": 2.0},
        {"status": "revised"},
        {"origin": "Other"},
        {"url": "https://example.org/b"},
        {"retrieved_at": dt.datetime(2021, 1, 6, tzinfo=dt.UTC)},
        {"note": "corrected"},
    ],
)
def test_another_figure_has_another_id(change: dict[str, object]) -> None:
    assert replace(observed(1), **change).id != observed(1).id


def test_nothing_is_false_and_says_why() -> None:
    assert not Absent("nobody counted")
    assert Absent("nobody counted").reason == "nobody counted"
    assert Absent("nobody counted").short == "no figure"


@pytest.mark.parametrize(
    ("ids", "asked"),
    [
        ({"survey": "Keras"}, (False, True, True)),
        ({"survey": "tf.keras"}, (False, False, True)),
        ({"survey": "tf.keras|Keras"}, (False, True, True)),  # under either label
        ({"survey": "Keras|Another"}, (False, True, True)),
        ({"survey": "Another"}, (True, True, True)),  # nobody says since when
        ({"elsewhere": "Keras"}, (True, True, True)),
        ({}, (True, True, True)),
    ],
)
def test_a_survey_asks_for_a_subject_from_the_first_year_of_any_of_its_labels(
    ids: dict[str, str], asked: tuple[bool, ...]
) -> None:
    metric = a_metric(asked_by="survey", first_asked={"Keras": 2018, "tf.keras": 2020})
    subject = a_subject("keras", ids=ids)
    assert tuple(metric.asked(subject, Period.parse(year)) for year in ("2017", "2018-06", "2020")) == asked


def test_a_claim_rests_on_evidence() -> None:
    with pytest.raises(ValueError, match='claim "lead" states ratio without evidence'):
        Quantity("lead", "ratio", 2, Unit.RATIO, "times", "papers", ("keras",), YEAR, ())
    with pytest.raises(ValueError, match='claim "lead" has no number and so no evidence'):
        Claim("lead", "lead", Finding.LEADS, "papers", ("keras",), YEAR, {})


def test_the_evidence_of_a_claim_is_each_observation_once_in_order_of_first_use() -> None:
    one, two, three = observed(1), observed(2), observed(3)

    def number(name: str, *evidence: object) -> Quantity:
        return Quantity("c", name, 1, Unit.RATIO, "times", "papers", ("keras",), YEAR, evidence)  # type: ignore[arg-type]

    claim = Claim(
        "c", "lead", Finding.LEADS, "papers", ("keras",), YEAR, {"a": number("a", two, one), "b": number("b", one, three)}
    )
    assert claim.evidence == (two, one, three)


def test_a_chart_has_words_for_who_cannot_see_it() -> None:
    with pytest.raises(ValueError, match='the chart "Title" has no alt text'):
        a_chart(alt_text=Cited(" \n"))
    assert a_chart().sha256 == hashlib.sha256(b"png").hexdigest()


def post(position: int, total: int, links: tuple[str, ...] = (), charts: int = 0) -> Post:
    return Post("p", position, total, Cited("text"), 4, links, (a_chart(),) * charts, ())


@pytest.mark.parametrize(
    "posts", [(post(2, 1),), (post(1, 2),), (post(2, 2), post(1, 2)), (post(1, 2), post(1, 2)), (post(0, 1),)]
)
def test_a_thread_is_numbered_one_to_n_or_refused(posts: tuple[Post, ...]) -> None:
    with pytest.raises(ValueError, match="not numbered 1 to N"):
        Thread(posts, (), (), LIMITS)


def test_a_thread_is_billed_by_post_by_link_and_by_alt_text() -> None:
    # 0.015 + 0.005, then 0.20 + 0.005 for the post with a link, then 0.015: 0.24 dollars.
    thread = Thread((post(1, 3, charts=1), post(2, 3, links=("x.com",), charts=1), post(3, 3)), (), (), LIMITS)
    assert thread.cost_usd == 0.24


@pytest.mark.parametrize(("subject", "name"), [("all", "the whole"), ("pytorch", "PyTorch")])
def test_readers_call_a_subject_by_its_name(subject: str, name: str) -> None:
    assert a_report().name_of(subject) == name
    assert str(SUBJECTS["pytorch"]) == "PyTorch"


def test_values_cannot_be_changed() -> None:
    changes: list[Callable[[], None]] = [
        lambda: setattr(observed(1), "value", 2),
        lambda: setattr(YEAR, "start", YEAR.end),
        lambda: setattr(Cited("a"), "text", "b"),
    ]
    for change in changes:
        with pytest.raises(AttributeError):
            change()
