"""What readers read of gates, and that no figures whatever make one fail."""

from __future__ import annotations

import ast
import datetime as dt
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from hypothesis import assume, given
from hypothesis import strategies as st

from bot.analysis import gates
from bot.analysis.gates import GATES, LONGEST, Case, judge, sift
from bot.domain.gate import Verdict
from bot.domain.honesty import statements
from bot.domain.measure import Aggregation, Observation, Unit
from bot.domain.period import Period
from tests.analysis.gates.words import NOW, case, months
from tests.builders import FEW, METRICS, SUBJECTS, a_break, a_metric, observed

NAMES = [subject.name for subject in SUBJECTS.values()]
ALL = {
    metric.key: replace(metric, breaks=(a_break("2020-03-01"), a_break("2020-05-01")))
    for metric in (*METRICS.values(), a_metric("rate", Unit.RATE, Aggregation.TOTAL, tolerance_days=5))
}
days = st.integers(0, 900).map(lambda day: dt.date(2019, 1, 1) + dt.timedelta(days=day))


@st.composite
def figures(draw: st.DrawFn) -> Observation:
    metric = ALL[draw(st.sampled_from(sorted(ALL)))]
    start = draw(days)
    whole = Period.parse(f"{start.year}-{start.month:02d}")
    period = draw(
        st.sampled_from([whole, Period.year(start.year), Period.day(start), Period.between(start, start + dt.timedelta(30))])
    )
    most = 100 if metric.unit is Unit.PERCENT else draw(st.sampled_from([10, 1000, 10**6, 10**15]))
    value = float(draw(st.integers(0, most)))
    subject = draw(st.sampled_from(["tensorflow", "keras", "pytorch", "all"]))
    return observed(value, subject, period, metric.key, retrieved_at=dt.datetime(2021, 1, draw(st.integers(1, 3)), tzinfo=dt.UTC))


@FEW
@given(
    st.lists(figures(), max_size=60), st.lists(figures(), max_size=5), st.sampled_from(["2019", "2020", "2020-03", "2020-W10"])
)
def test_no_figures_make_a_gate_fail_and_every_sentence_can_be_printed(
    seen: list[Observation], cited: list[Observation], key: str
) -> None:
    found = judge(Case.of(seen, ALL, SUBJECTS, Period.parse(key), NOW, cited=cited))
    for one in found:
        assert one.gate in GATES
        assert len(one.sentence) <= LONGEST
        assert statements(one.sentence, NAMES) == []
        assert one.why
    passed, aside = sift(seen, found)
    assert len(passed) + len(aside) <= len(seen)


@FEW
@given(st.lists(st.integers(-100, 100), min_size=14, max_size=40, unique=True), st.integers(4, 9), st.integers(-20, 40))
def test_a_steady_series_with_noise_is_never_set_aside(noise: list[int], size: int, growth: int) -> None:
    values = [10**size * (1.00037 + growth / 1000) ** month * (1 + one / 1000) for month, one in enumerate(noise)]
    seen = months(values)
    assume(all(one.value != other.value for one, other in pairwise(seen)))  # the same to the digit is another gate's business
    found = judge(case(*seen))
    assert [one for one in found if one.verdict is not Verdict.CAVEAT] == []


def test_every_sentence_that_gates_are_written_with_is_short_and_claims_nothing() -> None:
    told = {text for file in Path(gates.__file__).parent.glob("*.py") for text in _sentences(file.read_text())}
    assert len(told) >= 20
    for text in told:
        sentence = text.replace("{}", "Keras")
        assert len(sentence) <= LONGEST, sentence
        assert statements(sentence, NAMES) == [], sentence


def _sentences(source: str) -> set[str]:
    """Texts in a module that begin like a sentence: no docstrings, no parts of a longer text."""
    tree = ast.parse(source)
    notes = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    parts = {id(part) for one in ast.walk(tree) if isinstance(one, ast.JoinedStr) for part in one.values}
    texts = [one for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return {str(one.value) for one in texts if id(one) not in notes | parts and re.match(r"[A-Z]\w* .{10}", str(one.value))}


def test_a_sentence_that_a_long_name_makes_too_long_names_nobody() -> None:
    long = {
        **SUBJECTS,
        "keras": replace(SUBJECTS["keras"], name="K" * 40),
        "tensorflow": replace(SUBJECTS["tensorflow"], name="T" * 40),
    }
    seen = Case.of([observed(5)], METRICS, long, Period.year(2020), NOW)
    assert seen.sentence("Counts of {} moved", "Counts moved", "keras", "tensorflow") == "Counts moved"
    assert seen.sentence("Counts of {} moved", "Counts moved", "keras") == f"Counts of {'K' * 40} moved"
    assert seen.sentence("Counts of {} moved", "Counts moved") == "Counts moved"
