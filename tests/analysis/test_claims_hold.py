"""
Over any figures: what a claim states is so by its own evidence, worked out again here with nothing of the claims' code.

The noise is written down anew: 3 % of the larger, 1.96 standard deviations of small counts, Wilson's interval of a share.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from bot.analysis.claims import claims
from bot.domain.claim import Claim, Finding
from bot.domain.measure import Aggregation, Observation
from bot.domain.period import Period
from bot.domain.report import ClaimSpec
from tests.builders import FEW, METRICS, a_break, a_metric, asked, figures, observed

SUBJECTS = ("tensorflow", "keras", "pytorch")
MONTHS = tuple(f"2020-{month:02d}" for month in range(1, 13))
NOW = Period.parse("2020-12")
Z = 1.959964


def apart(one: Observation, other: Observation, slack: float = -1e-4) -> bool:
    """Whether two totals differ by the day by more than 3 % and more than chance; `slack` decides on the very edge."""
    days, others = one.period.days, other.period.days
    ours, theirs = one.value / days, other.value / others
    chance = Z * math.sqrt(one.value / days**2 + other.value / others**2)
    return abs(ours - theirs) > max(0.03 * max(ours, theirs), chance) + slack


def above(one: Observation, other: Observation) -> bool:
    return one.value / one.period.days > other.value / other.period.days and apart(one, other)


def wilson(share: float, asked_count: float) -> tuple[float, float]:
    p, n = share / 100, asked_count
    middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return 100 * (middle - half), 100 * (middle + half)


VALUES = st.one_of(st.integers(0, 30), st.integers(60, 160), st.integers(9_000, 14_000), st.none())
ROWS = st.fixed_dictionaries({subject: st.lists(VALUES, min_size=12, max_size=12) for subject in SUBJECTS})
ORIGINS = st.lists(st.sampled_from(["One"] * 6 + ["Two"]), min_size=12, max_size=12)
BREAKS = st.lists(st.sampled_from(["2020-03-01", "2020-07-15", "2020-12-01"]), max_size=1)

SPECS = (
    ClaimSpec("lead", "lead", "downloads", SUBJECTS, optional=SUBJECTS),
    ClaimSpec("ratio", "ratio", "downloads", SUBJECTS[:2]),
    ClaimSpec("rank", "rank", "downloads", SUBJECTS),
    ClaimSpec("level", "level", "downloads", SUBJECTS[:2]),
    ClaimSpec("growth", "growth", "downloads", SUBJECTS[:1], against="previous"),
    ClaimSpec("rank_change", "rank_change", "downloads", SUBJECTS, against="previous"),
    ClaimSpec("fastest", "fastest", "downloads", SUBJECTS, optional=SUBJECTS, against="previous"),
    ClaimSpec("overtook", "overtook", "downloads", SUBJECTS[:2], within=6),
    ClaimSpec("record", "record", "downloads", SUBJECTS[:1]),
    ClaimSpec("first", "first", "downloads", SUBJECTS[:1]),
)


def of(claim: Claim, subject: str, month: str = "2020-12") -> Observation:
    (found,) = (seen for seen in claim.evidence if (seen.subject, seen.period.key) == (subject, month))
    return found


def holds(claim: Claim, broken: Sequence[str]) -> bool:
    if claim.kind != "first":  # which is about what was not there
        by_subject = {subject: {seen.origin for seen in claim.evidence if seen.subject == subject} for subject in SUBJECTS}
        assert all(len(origins) <= 1 for origins in by_subject.values())
    starts, ends = min(seen.period.start for seen in claim.evidence), max(seen.period.end for seen in claim.evidence)
    assert not [day for day in broken if starts < a_break(day).at < ends] or claim.kind in ("lead", "ratio", "rank", "level")
    before = MONTHS[10]
    match claim.kind, claim.finding:
        case (("lead" | "ratio"), Finding.LEADS):
            return above(of(claim, claim.subjects[0]), of(claim, claim.subjects[1]))
        case (("lead" | "ratio" | "level"), Finding.LEVEL):
            tied = claim.tied or claim.subjects
            return not any(apart(of(claim, tied[0]), of(claim, other), slack=1e-4) for other in tied[1:])
        case "rank", _:
            seen = sorted((of(claim, subject) for subject in SUBJECTS), key=lambda one: -one.value)
            return seen[int(claim.quantities["place"].value) - 1].subject == claim.subjects[0]
        case "growth", Finding.GREW:
            return above(of(claim, "tensorflow"), of(claim, "tensorflow", before))
        case "growth", Finding.FELL:
            return above(of(claim, "tensorflow", before), of(claim, "tensorflow"))
        case "fastest", finding:
            pace = {
                subject: of(claim, subject).value / 31 / (of(claim, subject, before).value / 30) for subject in claim.subjects
            }
            grew = all(above(of(claim, subject), of(claim, subject, before)) for subject in claim.tied)
            based = all(of(claim, subject, before).value >= 100 for subject in claim.subjects)
            ahead = all(
                pace[claim.subjects[0]] * 0.97 > pace[other] - 1e-9 for other in claim.subjects if other not in claim.tied
            )
            return grew and based and ahead and (len(claim.tied) > 1) is (finding is Finding.LEVEL)
        case "overtook", _:
            assert claim.since is not None
            winner, loser = claim.subjects
            since = MONTHS.index(claim.since.key)
            kept = all(above(of(claim, winner, month), of(claim, loser, month)) for month in MONTHS[since:])
            walked = sorted({seen.period.key for seen in claim.evidence})
            led = above(of(claim, loser, walked[0]), of(claim, winner, walked[0]))
            whole = walked == list(MONTHS[MONTHS.index(walked[0]) :])
            return kept and led and whole and 3 <= 11 - since <= 6
        case "record", _:
            assert claim.since is not None
            row = MONTHS[MONTHS.index(claim.since.key) : 11]
            return len(row) >= 6 and all(above(of(claim, "tensorflow"), of(claim, "tensorflow", month)) for month in row)
        case _:
            return True


@FEW
@given(ROWS, ORIGINS, BREAKS)
def test_what_is_stated_holds_by_its_own_evidence(
    rows: dict[str, list[int | None]], origins: list[str], broken: list[str]
) -> None:
    metrics = {"downloads": a_metric("downloads", aggregation=Aggregation.TOTAL, breaks=tuple(map(a_break, broken)))}
    seen = [
        observed(value, subject, month, "downloads", origin=origin)
        for subject, values in rows.items()
        for month, value, origin in zip(MONTHS, values, origins, strict=True)
        if value is not None
    ]
    for claim in claims(SPECS, figures(*seen, metrics=metrics), NOW).values():
        assert not isinstance(claim, Claim) or holds(claim, broken), claim


# Rows that cross, so that the rarer kinds are stated often.
DRIFTS = st.tuples(st.integers(2, 9), st.integers(5, 40), st.integers(-25, 25))


@FEW
@given(DRIFTS, st.lists(st.integers(-2, 2), min_size=12, max_size=12))
def test_what_is_stated_of_rows_that_cross_holds_too(drift: tuple[int, int, int], wobble: list[int]) -> None:
    at, step, slope = drift
    rows = {
        "tensorflow": [10_000 + (month - at) * step * 50 + shake * 100 for month, shake in enumerate(wobble)],
        "keras": [10_000 for _ in MONTHS],
        "pytorch": [10_000 + month * slope * 20 for month in range(12)],
    }
    seen = [
        observed(value, subject, month, "downloads")
        for subject, values in rows.items()
        for month, value in zip(MONTHS, values, strict=True)
    ]
    metrics = {"downloads": a_metric("downloads", aggregation=Aggregation.TOTAL)}
    for claim in claims(SPECS, figures(*seen, metrics=metrics), NOW).values():
        assert not isinstance(claim, Claim) or holds(claim, ()), claim


@FEW
@given(st.lists(st.floats(0, 100).map(lambda share: round(share, 2)), min_size=10, max_size=10), st.integers(1, 20_000))
def test_no_surveyed_share_is_ahead_or_has_changed_while_intervals_overlap(shares: list[float], people: int) -> None:
    years = ("2016", "2017", "2018", "2019", "2020")
    seen = [asked(people, year) for year in years]
    seen += [
        observed(share, subject, year, "use")
        for (subject, year), share in zip([(subject, year) for subject in SUBJECTS[:2] for year in years], shares, strict=True)
    ]
    specs = [
        ClaimSpec(kind, kind, "use", SUBJECTS[:2])
        for kind in ("lead", "ratio", "rank", "rank_change", "fastest", "overtook", "level")
    ]
    specs += [ClaimSpec(kind, kind, "use", SUBJECTS[:1]) for kind in ("growth", "record")]
    specs += [ClaimSpec("tally", "tally", claims=("lead", "ratio"))]
    of_year = {(one.subject, one.period.key): wilson(one.value, people) for one in seen if one.metric == "use"}

    def over(one: tuple[str, str], other: tuple[str, str]) -> bool:
        return of_year[one][0] > of_year[other][1] - 1e-6

    found = {
        key: one
        for key, one in claims(specs, figures(*seen, metrics=METRICS), Period.parse("2020")).items()
        if isinstance(one, Claim)
    }
    for claim in found.values():
        first = claim.subjects[0]
        other = next(subject for subject in SUBJECTS[:2] if subject != first)
        match claim.kind, claim.finding:
            case (("lead" | "ratio" | "tally"), Finding.LEADS):
                assert over((first, "2020"), (other, "2020"))
            case "rank", _:
                assert over((first, "2020"), (other, "2020")) or over((other, "2020"), (first, "2020"))
            case "rank_change", _:
                for year in ("2019", "2020"):
                    assert over((first, year), (other, year)) or over((other, year), (first, year))
            case (("growth" | "fastest"), (Finding.GREW | Finding.LEADS)):
                assert over((first, "2020"), (first, "2019"))
            case "growth", Finding.FELL:
                assert over((first, "2019"), (first, "2020"))
            case "record", _:
                assert all(over((first, "2020"), (first, year)) for year in years[1:4])
            case "overtook", _:
                assert all(over((first, year), (other, year)) for year in years[1:])
                assert over((other, "2016"), (first, "2016"))
            case "level", _:
                assert not over((first, "2020"), (other, "2020")) or abs(shares[4] - shares[9]) < 0.06
