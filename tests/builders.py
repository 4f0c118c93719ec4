"""Words the tests are told in: a figure that was observed, a claim that is made of it, a report with three frameworks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final

from hypothesis import settings

from bot.analysis.claims import claims
from bot.analysis.figures import Figures
from bot.domain.claim import Claim
from bot.domain.gate import Judgement, Verdict
from bot.domain.measure import WHOLE, Absent, Aggregation, Break, Metric, Observation, Status, Subject, Unit
from bot.domain.period import Granularity, Period
from bot.domain.report import ChartSpec, ClaimSpec, PostSpec, Report, Template
from bot.domain.text import Cited
from bot.domain.thread import Chart, Table

FEW: Final = settings(max_examples=60, deadline=None)
MANY: Final = settings(max_examples=200, deadline=None)


def a_metric(
    key: str = "downloads", unit: Unit = Unit.COUNT, aggregation: Aggregation = Aggregation.EVENT, **rest: Any
) -> Metric:
    told = {"title": key.capitalize(), "noun": key, "measures": "it", "does_not_measure": "that", "known_biases": "some"}
    return Metric(key=key, unit=unit, aggregation=aggregation, **{**told, **rest})


def a_subject(key: str, name: str = "", members: tuple[str, ...] = (), ids: Mapping[str, str] | None = None) -> Subject:
    return Subject(key, name or key.capitalize(), "#000000", "#000000", members, ids or {})


def a_break(day: str) -> Break:
    return Break(dt.datetime.fromisoformat(f"{day}T00:00:00+00:00"), "counted anew")


METRICS: Final[Mapping[str, Metric]] = {
    metric.key: metric
    for metric in (
        a_metric("downloads", aggregation=Aggregation.TOTAL, tolerance_days=10),
        a_metric("stars", aggregation=Aggregation.LEVEL, tolerance_days=16),
        a_metric("papers"),
        a_metric("users", noun="respondents"),
        a_metric("use", Unit.PERCENT, noun="respondents", base="users"),
    )
}
SUBJECTS: Final[Mapping[str, Subject]] = {
    "tensorflow": a_subject("tensorflow", "TensorFlow"),
    "keras": a_subject("keras", "Keras"),
    "pytorch": a_subject("pytorch", "PyTorch"),
}


def window(first: str, end: str) -> Period:
    """From one day up to, not including, another."""
    return Period.between(dt.date.fromisoformat(first), dt.date.fromisoformat(end))


def observed(
    value: float, subject: str = "tensorflow", period: str | Period = "2020", metric: str = "papers", **rest: Any
) -> Observation:
    when = Period.parse(period) if isinstance(period, str) else period
    told = {
        "status": Status.MEASURED,
        "origin": "Somebody",
        "url": "https://example.org/figures",
        "retrieved_at": dt.datetime(2021, 1, 5, tzinfo=dt.UTC),
    }
    return Observation(metric, subject, when, value, **{**told, **rest})


def judgement(metric: str = "papers", verdict: Verdict = Verdict.HOLD, why: str = "wrong", **rest: Any) -> Judgement:
    told = {"gate": "share", "subjects": (), "windows": (), "sentence": "A share does not match its own count"}
    return Judgement(metric=metric, verdict=verdict, why=why, **{**told, **rest})


def asked(people: int, period: str = "2020") -> Observation:
    """How many a survey's shares are taken of."""
    return observed(people, WHOLE, period, "users")


def figures(
    *seen: Observation, metrics: Mapping[str, Metric] = METRICS, subjects: Mapping[str, Subject] = SUBJECTS, **rest: Any
) -> Figures:
    return Figures(seen, metrics, subjects, **rest)


def claimed(
    kind: str,
    subjects: str,
    *seen: Observation,
    metric: str = "papers",
    period: str = "2020",
    metrics: Mapping[str, Metric] = METRICS,
    optional: str = "",
    known: Mapping[str, Subject] = SUBJECTS,
    against: str = "year_before",
    within: int = 12,
    **given: Any,
) -> Claim | Absent:
    """What one claim, called "it", comes to. `optional` are those of its subjects that may lack a figure."""
    spec = ClaimSpec(
        "it", kind, metric, tuple(subjects.split()), optional=tuple(optional.split()), against=against, within=within
    )
    return claims([spec], figures(*seen, metrics=metrics, subjects=known, **given), Period.parse(period))["it"]


def stated(kind: str, subjects: str, *seen: Observation, **rest: Any) -> Claim:
    """A claim that must be made."""
    found = claimed(kind, subjects, *seen, **rest)
    assert isinstance(found, Claim), found
    return found


def a_post(name: str, text: str, chart: ChartSpec | None = None) -> PostSpec:
    return PostSpec(name, Template(text, f"{name}.txt"), chart)


def a_chart_spec(kind: str, metrics: str, subjects: str, title: str = "Title", **rest: Any) -> ChartSpec:
    words = {"title": Template(title, "title"), "subtitle": Template("Subtitle", "subtitle")}
    return ChartSpec(kind, tuple(metrics.split()), tuple(subjects.split()), **{**words, **rest})


def a_report(
    *posts: PostSpec,
    claims: Iterable[ClaimSpec] = (),
    subjects: Mapping[str, Subject] = SUBJECTS,
    metrics: Mapping[str, Metric] = METRICS,
    **rest: Any,
) -> Report:
    return Report("frameworks", "Frameworks", "x", Granularity.YEAR, subjects, metrics, (), tuple(claims), posts, **rest)


def a_chart(title: Cited | None = None, alt_text: Cited | None = None) -> Chart:
    return Chart(b"png", 1600, 900, title or Cited("Title"), alt_text or Cited("Bar chart"), Table("Figures", (), ()))
