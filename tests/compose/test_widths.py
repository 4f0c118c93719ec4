"""How long a post can become: the widest figure, claim and branch, worked out by hand; and no text that is composed is longer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.analysis.claims import KINDS, claims
from bot.compose.assembly import LONGEST_NAMES, as_sent
from bot.compose.composer import Composer, Sketch
from bot.compose.length import measure
from bot.compose.plausible import ANYBODY, Plausible
from bot.compose.variants import VARIANTS
from bot.compose.widths import Width, widths
from bot.domain.measure import Aggregation, Metric, Subject, Unit
from bot.domain.period import Granularity, Period
from bot.domain.report import ClaimSpec, Report
from bot.errors import BadTemplate
from bot.publishers.x import LIMITS
from tests.builders import FEW, METRICS, SUBJECTS, a_metric, a_post, a_report, a_subject, asked, figures, observed

LEAD = ClaimSpec("lead", "lead", "papers", ("keras", "pytorch", "tensorflow"))
RATIO = ClaimSpec("ratio", "ratio", "papers", ("pytorch", "keras"))
GROWTH = ClaimSpec("growth", "growth", "papers", ("keras",))
USE = ClaimSpec("use", "growth", "use", ("keras",))
OPTIONAL = ClaimSpec("optional", "lead", "use", ("tensorflow", "keras", "pytorch"), optional=("pytorch",))
SPECS = (LEAD, RATIO, GROWTH, USE, OPTIONAL)


def width(text: str, specs: Iterable[ClaimSpec] = SPECS, by_hand: bool = False, **rest: object) -> Width:
    """What the one post of a report comes to."""
    report = a_report(a_post("post", text), claims=specs, **rest)
    (found,) = widths(report, ["Somebody"], by_hand)
    return found


def text(source: str, **rest: object) -> str:
    """The widest text, without its number."""
    return width(source, **rest).text.removesuffix("\n\n1/1")  # type: ignore[arg-type]


def below(beyond: float, unit: Unit = Unit.COUNT) -> dict[str, Metric]:
    return {**METRICS, "papers": a_metric("papers", unit, beyond=beyond)}


# ---- the link to the evidence ------------------------------------------------------------------------------------------------


def test_every_post_that_may_be_the_last_has_room_for_the_link() -> None:
    posts = [
        a_post("a", "words"),
        a_post("b", "words"),
        a_post("c", "{{ figures.papers.keras }}"),
        a_post("d", "{{ claims.lead }}"),
    ]
    report = a_report(*posts, claims=SPECS, metrics=below(1e3), evidence_url="https://example.org/{report}/{period}")
    link = len("\n\n") + LIMITS.link_length
    found = {one.post: one.length for one in widths(report, ["Somebody"])}
    assert found["a"] == len("words\n\n4/4")  # b is never left out
    assert found["b"] == len("words\n\n4/4") + link
    assert found["c"] == len("999\n\n4/4") + link


# ---- figures -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("beyond", "printed", "widest"),
    [
        (1e3, "", "999"),
        (1e4, "", "9,994"),
        (1e4, "| compact", "9,994"),
        (1e5, "| compact", "9,994"),  # 99,999 is 100k
        (1e5, "", "99,940"),
        (1e9, "| compact", "999.4M"),
        (1e10, "| compact", "999.4M"),  # 9,999,999,999 is 10.0B
        (1e6, "| spoken", "999 thousand"),
    ],
)
def test_a_count_is_as_wide_as_any_below_its_power_of_ten(beyond: float, printed: str, widest: str) -> None:
    found = width("{{ figures.papers.keras " + printed + " }}", metrics=below(beyond))
    assert found.length == len(widest) + len("\n\n1/1")
    assert len(found.text) == found.length


def test_a_digit_more_is_a_character_more() -> None:
    assert width("{{ figures.papers.keras }}", metrics=below(1e5)).length == len("99,999\n\n1/1")
    assert width("{{ figures.papers.keras }}", metrics=below(1e6)).length == len("999,999\n\n1/1")


@pytest.mark.parametrize(
    ("printed", "length"),
    [("", len("over 99.9%")), ("| percent(0)", len("under 1%")), ("| percent(2)", len("under 0.01%"))],
)
def test_a_share_is_widest_where_it_is_too_near_an_end_to_be_shown(printed: str, length: int) -> None:
    assert width("{{ figures.use.keras " + printed + " }}").length == length + 5


def test_windows_and_days_are_told_at_their_longest() -> None:
    assert text("{{ figures.downloads.keras | window }}") == "364 days to 31 Dec 2026"
    assert text("{{ figures.stars.keras | day }}") == "31 Dec 2026"


@pytest.mark.parametrize(
    ("granularity", "metric", "widest"),
    [
        (Granularity.DAY, a_metric("papers", aggregation=Aggregation.TOTAL, tolerance_days=7), "8 days to 30 Sep 2026"),
        (Granularity.WEEK, a_metric("papers", aggregation=Aggregation.TOTAL, tolerance_days=7), "14 days to 22 Nov 2026"),
        (Granularity.MONTH, a_metric("papers", aggregation=Aggregation.TOTAL, tolerance_days=100), "131 days to 30 Sep 2026"),
        (Granularity.MONTH, a_metric("papers", aggregation=Aggregation.TOTAL), "September 2026"),
        (Granularity.MONTH, a_metric("papers"), "29 days to 30 Sep 2026"),
        (Granularity.DAY, a_metric("papers"), "30 Sep 2026"),
        (Granularity.YEAR, a_metric("papers", aggregation=Aggregation.LEVEL, tolerance_days=180), "31 Dec 2026"),
    ],
)
def test_the_widest_window_that_may_stand_for_a_period_is_taken(granularity: Granularity, metric: Metric, widest: str) -> None:
    post = a_post("post", "{{ figures.papers.keras | window }}")
    report = replace(a_report(post, metrics={**METRICS, "papers": metric}), granularity=granularity)
    (found,) = widths(report, ["Somebody"])
    assert len(found.text) == len(f"{widest}\n\n1/1")


@FEW
@given(
    granularity=st.sampled_from([Granularity.YEAR, Granularity.MONTH, Granularity.WEEK, Granularity.DAY]),
    aggregation=st.sampled_from(Aggregation),
    tolerance=st.integers(0, 180),
    start=st.integers(0, 24 * 800),
    hours=st.integers(1, 24 * 600),
)
def test_no_window_that_stands_for_a_period_is_longer_in_words(
    granularity: Granularity, aggregation: Aggregation, tolerance: int, start: int, hours: int
) -> None:
    metric = a_metric("papers", aggregation=aggregation, tolerance_days=tolerance)
    first = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=start)
    window = Period(first, first + dt.timedelta(hours=hours))
    near = Period.containing(granularity, window.last_day)
    if not any(metric.stands_for(window, period) for period in (near.previous(), near, near.following())):
        return
    report = replace(a_report(metrics={**METRICS, "papers": metric}), granularity=granularity)
    plausible = Plausible(report, ["Somebody"])
    printed = [
        plausible.forms(plausible.view(plausible.seen("papers", "keras", window=one))) for one in plausible.windows("papers")
    ]
    told = plausible.forms(plausible.view(plausible.seen("papers", "keras", window=window)))
    assert told["window"] <= max(one["window"] for one in printed)


def test_an_average_too_small_for_its_digits_is_proved_too() -> None:
    found = width("{{ figures.papers.keras }}", metrics=below(1e3, Unit.RATE))
    assert found.text == "under 0.00001\n\n1/1"


def test_totals_of_days_within_a_tolerance_are_compared_by_the_day() -> None:
    metric = a_metric("papers", aggregation=Aggregation.TOTAL, tolerance_days=1)
    report = a_report(a_post("post", "{{ claims.lead }}"), claims=[LEAD], metrics={**METRICS, "papers": metric})
    (found,) = widths(replace(report, granularity=Granularity.DAY), ["Somebody"])
    assert "a day" in found.text


def test_the_mark_of_several_who_are_not_named_has_room_where_one_has() -> None:
    assert len("several publishers") <= LONGEST_NAMES <= len(ANYBODY)


def test_the_longest_name_of_all_publishers_is_taken() -> None:
    report = a_report(a_post("post", "{{ figures.papers.keras | origin }}"))
    assert [found.length for found in widths(report, ["Jo", "A publisher", "Ann"])] == [len("A publisher\n\n1/1")]


@pytest.mark.parametrize(
    ("granularity", "name"),
    [(Granularity.YEAR, "2026"), (Granularity.MONTH, "September 2026"), (Granularity.WEEK, "week 47 of 2026"),
     (Granularity.DAY, "30 Sep 2026")],
)  # fmt: skip
def test_the_period_with_the_longest_name_is_taken(granularity: Granularity, name: str) -> None:
    report = replace(a_report(a_post("post", "{{ period }}")), granularity=granularity)
    assert [found.text for found in widths(report, [])] == [f"{name}\n\n1/1"]


def test_the_number_is_that_of_the_last_post_there_may_be() -> None:
    ten = [replace(a_post(f"post{number}", "Words"), instead_of="" if number < 10 else "post1") for number in range(1, 13)]
    assert {found.text for found in widths(a_report(*ten), [])} == {"Words\n\n9/9"}
    assert {found.length for found in widths(a_report(*ten[:9], a_post("more", "Words")), [])} == {len("Words\n\n10/10")}


def test_figures_that_a_person_may_have_entered_bring_their_mark() -> None:
    found = width("{{ figures.papers.keras }}", by_hand=True, metrics=below(1e3))
    assert found.text == "999\n\nEntered by hand: Somebody.\n\n1/1"


# ---- claims --------------------------------------------------------------------------------------------------------------------


def test_every_kind_of_claim_has_its_variants() -> None:
    assert set(VARIANTS) == set(KINDS)


def test_a_kind_without_variants_is_refused_not_passed_over() -> None:
    with pytest.raises(BadTemplate, match='it asks for a "novel" claim, whose variants nobody wrote down'):
        width("{{ claims.it }}", (ClaimSpec("it", "novel", "papers", ("keras",)),))


@pytest.mark.parametrize(
    ("spec", "printed", "widest"),
    [
        (LEAD, "", "TensorFlow leads, with about 99,999 times the papers of PyTorch"),
        (LEAD, ".leads", "TensorFlow, PyTorch and Keras are level"),
        (RATIO, "", "PyTorch had about 99,999 times the papers of Keras"),
        (GROWTH, "", "Keras grew to about seven times the year before"),
        (GROWTH, ".changed", "Keras 7.3 times as many"),
        (USE, ".changed", "Keras \N{MINUS SIGN}100.0 points"),
        (ClaimSpec("it", "share", "papers", ("keras",)), "", "Keras has under 0.1% of the papers"),
        (ClaimSpec("it", "rank", "papers", ("keras", "pytorch")), "", "Keras is second by papers"),
        (ClaimSpec("it", "rank_change", "papers", ("keras", "pytorch")), "", "Keras rose from second to first by papers on the year before"),
        (ClaimSpec("it", "multiplied", "downloads", ("keras",)), "",
         "2026 alone multiplied the downloads of Keras counted since 12 Dec 2015 by 999.99"),
        (ClaimSpec("it", "gained", "stars", ("keras",)), "", "Keras added 999.4M stars"),
    ],
)  # fmt: skip
def test_a_claim_is_as_wide_as_its_widest_finding(spec: ClaimSpec, printed: str, widest: str) -> None:
    found = width("{{ claims." + spec.key + printed + " }}", (spec,))
    assert found.length == measure(widest).weighted + 5, found.text


def test_a_tally_is_told_with_as_many_leaders_as_there_may_be() -> None:
    leads = [replace(LEAD, key=key) for key in ("a", "b", "c", "d")]
    tally = ClaimSpec("tally", "tally", claims=("a", "b", "c", "d"), minimum=2)
    widest = "TensorFlow leads in one of four measures, PyTorch in one and Keras in one, with one level"
    assert width("{{ claims.tally }}", (*leads, tally)).length == len(widest) + 5


def test_windows_of_two_lengths_are_told_by_the_day() -> None:
    spec = ClaimSpec("it", "ratio", "downloads", ("keras", "pytorch"))
    assert text("{{ claims.it }}", specs=(spec,)) == "PyTorch had about 99,999 times the downloads a day of Keras"


# ---- branches ------------------------------------------------------------------------------------------------------------------


def refused(source: str, length: int, **rest: object) -> str | None:
    return width(source, **rest).refusal(replace(LIMITS, post_length=length))  # type: ignore[arg-type]


def test_a_branch_of_a_tie_counts_where_it_is_the_longest() -> None:
    source = "{% if claims.ratio.level %}{{ claims.ratio }}, and that is that{% else %}{{ claims.ratio.leads }}{% endif %}"
    assert text(source) == "PyTorch and Keras are level, and that is that"  # 45, and 5 for the number
    assert refused(source, 50) is None
    assert refused(source, 49) == (
        "post post can be 50 long, 1 over the 49 of x, its number included: claims.ratio level "
        "(\"PyTorch and Keras are level\"). It would read 'PyTorch and Keras are level, and that is that\\n\\n1/1'; shorten post.txt"
    )


def test_a_fall_can_be_too_long_where_a_rise_is_not() -> None:
    """X counts the minus sign as two."""
    assert width("{{ claims.use.changed }}").length == 5 + 1 + 2 + len("100.0 points") + 5
    assert (refused("{{ claims.use.changed }}", 24) or "").startswith(
        "post post can be 25 long, 1 over the 24 of x, its number included: claims.use fell "
    )


def test_the_longest_names_decide() -> None:
    names = {key: a_subject(key, name) for key, name in (("keras", "K"), ("pytorch", "PyTorch Lightning"), ("tensorflow", "T"))}
    assert text("{{ claims.ratio.leads }}", subjects=names) == "PyTorch Lightning and K are level"
    assert (
        text("{% if claims.lead.level %}{% else %}{{ claims.lead.leads }}{% endif %}", subjects=names)
        == "PyTorch Lightning leads"
    )


def test_280_passes_and_281_fails() -> None:
    source = "{{ figures.papers.keras }} " + "x" * (280 - len("99,999 \n\n1/1"))
    assert width(source, metrics=below(1e5)).refusal(LIMITS) is None
    assert (width(source + "x", metrics=below(1e5)).refusal(LIMITS) or "").startswith("post post can be 281 long, 1 over the 280")
    assert width(source, metrics=below(1e6)).refusal(LIMITS) is not None


def test_what_is_absent_makes_a_branch_too() -> None:
    assert text("{% if figures.papers.keras %}{{ figures.papers.keras }}{% else %}Nobody counted the papers{% endif %}") == (
        "Nobody counted the papers"
    )


def test_figures_under_the_condition_of_a_claim_are_widest_in_the_branch_that_prints_them() -> None:
    source = "{% if claims.ratio.level %}{{ figures.use.keras }}{% else %}{{ figures.papers.keras }} of {{ figures.papers.all }}{% endif %}"
    found = width(source, metrics=below(1e6))
    assert found.length == len("999,999 of 999,999\n\n1/1")
    assert found.branch[0].startswith('claims.ratio leads ("PyTorch had about 99,999 times the papers of Keras")')


def test_what_is_printed_in_one_branch_only_is_at_its_widest_there() -> None:
    """The usual branch is the other one, in which it is not seen how wide the figure can be."""
    source = "{% if claims.ratio.level %}Papers counted: {{ figures.papers.keras }}{% else %}None{% endif %}"
    assert width(source, metrics=below(1e5)).length == len("Papers counted: 99,999\n\n1/1")


def test_branches_that_do_not_depend_on_each_other_are_each_at_their_longest() -> None:
    source = (
        "{% if claims.ratio.level %}even{% else %}parted{% endif %} {% if claims.growth %}known{% else %}not known{% endif %}"
    )
    assert text(source) == "parted not known"


def test_a_condition_on_two_claims_is_tried_in_all_combinations() -> None:
    source = "{% if claims.ratio and not claims.growth %}Nobody knows the other{% else %}Known{% endif %}"
    found = width(source)
    assert (found.text, found.branch[0]) == ("Nobody knows the other\n\n1/1", "claims.growth absent")


def test_subjects_that_were_not_asked_are_listed_and_have_no_row() -> None:
    source = (
        "{% for figure in claims.optional.ranked %}\n{{ figure.subject }} {{ figure }}\n{% endfor %}\n"
        "{% for subject in claims.optional.not_asked %}\n{{ subject }} was not on the list\n{% endfor %}"
    )
    assert text(source) == "TensorFlow over 99.9%\nKeras over 99.9%\nPyTorch was not on the list"


def test_a_template_that_looks_at_places_is_tried_in_every_order() -> None:
    assert text("{{ claims.lead.ranked[2].subject }}") == "TensorFlow"
    source = "{% for figure in claims.lead.ranked %}{% if loop.last %}and {{ figure.subject }}{% endif %}{% endfor %}"
    assert text(source) == "and TensorFlow"


def test_empty_lines_that_are_tidied_away_do_not_count() -> None:
    source = "Words\n\n{% if claims.ratio %}\n\n{% endif %}\n{% if claims.growth %}\n\n{% endif %}\nother words"
    assert text(source) == "Words\n\nother words"


def test_a_condition_on_a_wording_is_proved_by_all_branches_together() -> None:
    found = width("{% if claims.ratio.ratio == claims.growth.ratio %}Same{% else %}Other{% endif %}")
    assert (found.text, found.bound) == ("SameOther\n\n1/1", True)
    assert "all its branches together; simplify its conditions" in (found.refusal(replace(LIMITS, post_length=13)) or "")


def test_more_branches_than_can_be_tried_are_proved_together() -> None:
    specs = [replace(LEAD, key=f"lead{number}") for number in range(8)]
    test = " and ".join(f"claims.{spec.key}.level" for spec in specs)
    found = width(f"{{% if {test} %}}All of them{{% else %}}Not all{{% endif %}}", specs)
    assert (found.text, found.bound) == ("All of themNot all\n\n1/1", True)


def test_a_choice_that_cannot_be_proved_is_refused() -> None:
    with pytest.raises(BadTemplate, match=r"post.txt, line 1: .*cannot be proved to fit: it asks for the wording"):
        width("{{ 'a' if claims.ratio.ratio == claims.growth.ratio else 'b' }}")


# ---- nothing that is composed is longer ----------------------------------------------------------------------------------------

_PIECES = (
    "{{ figures.papers.keras }}",
    "{% if figures.papers.pytorch %}{{ figures.papers.pytorch | compact }}{% else %}uncounted{% endif %}",
    "{% if claims.lead %}{{ claims.lead }}.\n\n{% endif %}",
    "{% if claims.ratio.level %}{{ claims.growth }}{% else %}{{ claims.ratio.leads }}\n{% endif %}",
    "{% for figure in claims.lead.ranked %}\n{{ figure.subject }} {{ figure | compact }}\n{% endfor %}\n",
    "{% for subject in claims.optional.missing %}\n{{ subject }} is missing\n{% endfor %}\n",
    "{% if claims.use %}On the year before: {{ claims.use.changed }}{% if claims.growth %}, {{ claims.growth.changed }}{% endif %}."
    "{% else %}\n\n{{ claims.optional }}{% endif %}",
    "{% for figure in claims.optional.ranked %}{{ figure | percent(0) }}{% if not loop.last %}, {% endif %}{% endfor %}\n\n\n",
    "{% if claims.growth.finding == 'fell' %}\n\nA long tale of sorrow{% endif %}",
    "{{ claims.total }}",
)
_SHARED = (*SPECS, ClaimSpec("total", "tally", claims=("lead", "ratio", "optional")))
_COUNTS = st.one_of(st.none(), st.integers(10, 9_999), st.just(0))
_SHARES = st.one_of(st.none(), st.floats(0, 100), st.just(0.01), st.just(99.99))


def _composed(report: Report, counts: list[int | None], shares: list[float | None]) -> str | None:
    """The post of a report as it would be posted, from figures of two years; None if it is left out."""
    subjects = [(subject, year) for year in ("2019", "2020") for subject in SUBJECTS]
    seen = [observed(value, *at) for value, at in zip(counts, subjects, strict=True) if value is not None]
    seen += [observed(value, *at, metric="use") for value, at in zip(shares, subjects, strict=True) if value is not None]
    known = figures(*seen, asked(1000, "2019"), asked(1000), metrics=report.metrics, subjects=report.subjects)
    year = Period.parse("2020")
    sketch = Composer(report, year, known, claims(report.claims, known, year)).sketch(report.posts[0])
    return as_sent(sketch.draft, 1, 1).text if isinstance(sketch, Sketch) else None


@FEW
@given(
    pieces=st.lists(st.sampled_from(_PIECES), min_size=1, max_size=4, unique=True),
    counts=st.lists(_COUNTS, min_size=6, max_size=6),
    shares=st.lists(_SHARES, min_size=6, max_size=6),
    names=st.permutations(["Node.js", "TF", "The Microsoft Cognitive Toolkit"]),
)
def test_no_text_within_the_range_is_longer_than_what_was_proved(
    pieces: list[str], counts: list[int | None], shares: list[float | None], names: list[str]
) -> None:
    subjects: dict[str, Subject] = {key: a_subject(key, name) for key, name in zip(SUBJECTS, names, strict=True)}
    report = a_report(a_post("post", " ".join(pieces)), claims=_SHARED, subjects=subjects, metrics=below(1e4))
    composed = _composed(report, counts, shares)
    (found,) = widths(report, ["Somebody"])
    assert composed is None or measure(composed).weighted <= found.length, (composed, found)
