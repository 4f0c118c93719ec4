"""The template language: what it prints, what it refuses with file and line, and that it cannot be talked out of its box."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.analysis.claims import claims
from bot.compose.composer import Composer
from bot.compose.templates import Templates, context
from bot.compose.views import AbsentView, ClaimView, FigureView, LeftOut, figure_view
from bot.domain.claim import Claim, Quantity
from bot.domain.measure import Observation
from bot.domain.period import Period
from bot.domain.report import ClaimSpec, Report, Template
from bot.domain.text import Cited
from bot.errors import BadTemplate
from tests.builders import FEW, METRICS, SUBJECTS, a_metric, a_post, a_report, a_subject, asked, figures, observed, window

YEAR = Period.parse("2020")
TORCH, FLOW = observed(312, "pytorch", origin="Horace He"), observed(94, "tensorflow", note="leads by 7", origin="Horace He")
SHARE = observed(47.88, "keras", metric="use")
DOWNLOADS = observed(113_788_105, "tensorflow", window("2020-01-02", "2021-01-01"), "downloads")
SPECS = (
    ClaimSpec("lead", "lead", "papers", ("tensorflow", "pytorch", "keras"), optional=("keras",)),
    ClaimSpec("stars_lead", "lead", "stars", ("tensorflow", "pytorch")),
)
REPORT = a_report(claims=SPECS, names=("Web 2.0",), allow=("record",))


def seen_by(report: Report, *seen: Observation) -> dict[str, object]:
    """What the templates of a report see of some observations."""
    known = figures(*seen, metrics=report.metrics, subjects=report.subjects)
    views: dict[str, dict[str, FigureView | AbsentView]] = {
        metric: {subject: figure_view(known.at(metric, subject, YEAR), report) for subject in (*report.subjects, "all")}
        for metric in report.metrics
    }
    stated = {}
    for key, found in claims(report.claims, known, YEAR).items():
        if isinstance(found, Claim):
            shown = (figure_view(known.at(found.metric, subject, YEAR), report) for subject in found.subjects)
            stated[key] = ClaimView(found, report, [view for view in shown if isinstance(view, FigureView)])
        else:
            stated[key] = AbsentView(found.reason)
    return context(report, YEAR, views, stated)


SEEN = seen_by(REPORT, TORCH, FLOW, SHARE, asked(12_932), DOWNLOADS)


def rendered(source: str, report: Report = REPORT, seen: dict[str, object] | None = None) -> Cited:
    return Templates(report).render(Template(source, "post.txt"), SEEN if seen is None else seen)


def refusal(source: str, report: Report = REPORT, seen: dict[str, object] | None = None) -> str:
    with pytest.raises(BadTemplate) as error:
        rendered(source, report, seen)
    return str(error.value)


def citations(text: Cited) -> list[tuple[str, object]]:
    return [(text.text[span.start : span.end], span.basis) for span in text.spans]


# ---- what it prints ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "text", "basis"),
    [
        ("figures.papers.pytorch", "312", TORCH),
        ("figures.papers['pytorch']", "312", TORCH),
        ("figures.downloads.tensorflow", "113,788,105", DOWNLOADS),
        ("figures.downloads.tensorflow | full", "113,788,105", DOWNLOADS),
        ("figures.downloads.tensorflow | compact", "113.8M", DOWNLOADS),
        ("figures.downloads.tensorflow | spoken", "113.8 million", DOWNLOADS),
        ("figures.downloads.tensorflow | window", "365 days to 31 Dec 2020", DOWNLOADS),
        ("figures.downloads.tensorflow | day", "31 Dec 2020", DOWNLOADS),
        ("figures.downloads.tensorflow | year", "2020", DOWNLOADS),
        ("figures.papers.pytorch | window", "2020", TORCH),
        ("figures.use.keras", "47.9%", SHARE),
        ("figures.use.keras | percent(0)", "48%", SHARE),
        ("figures.users.all", "12,932", asked(12_932)),
    ],
)
def test_a_figure_prints_with_its_citation(expression: str, text: str, basis: Observation) -> None:
    assert rendered(f"It is {{{{ {expression} }}}} here") == "It is " + Cited.of(text, basis) + " here"


def test_names_and_the_period_print_as_they_are() -> None:
    source = "{{ report }}, {{ period }}: {{ subjects.pytorch }}, {{ metrics.papers }}, "
    assert rendered(source + "{{ figures.papers.tensorflow | origin }}") == "Frameworks, 2020: PyTorch, Papers, " + Cited.of(
        "Horace He", FLOW
    )


def test_a_claim_prints_its_sentence_and_its_parts() -> None:
    # 312 / 94 = 3.319
    assert rendered("{{ claims.lead }}. {{ claims.lead.leads }}: {{ claims.lead.ratio }}!").text == (
        "PyTorch leads, with 3.3 times the papers of TensorFlow. PyTorch leads: 3.3 times!"
    )


def test_a_claims_figures_are_walked_from_high_to_low() -> None:
    source = "Papers:\n\n{% for figure in claims.lead.ranked %}\n{{ figure.subject }} {{ figure | compact }}\n{% endfor %}\n\nEnd"
    text = rendered(source)
    assert text.text == "Papers:\n\nPyTorch 312\nTensorFlow 94\n\nEnd"
    assert citations(text) == [("312", TORCH), ("94", FLOW)]


def test_who_was_not_measured_can_be_named() -> None:
    assert rendered("{% for one in claims.lead.missing %}{{ one }} was not counted{% endfor %}") == Cited("Keras was not counted")
    assert rendered("{% for one in claims.lead.not_asked %}{{ one }} was not asked{% endfor %}") == Cited()
    assert rendered("{{ claims.lead.subjects | listed }}") == Cited("PyTorch and TensorFlow")


def test_who_was_no_option_can_be_named_apart_from_who_was_not_measured() -> None:
    papers = a_metric("papers", asked_by="survey", first_asked={"Keras": 2021})
    subjects = {**SUBJECTS, "keras": a_subject("keras", "Keras", ids={"survey": "Keras"})}
    report = replace(REPORT, metrics={**METRICS, "papers": papers}, subjects=subjects)
    source = "{% for one in claims.lead.not_asked %}{{ one }} was not asked{% endfor %}"
    assert rendered(source, report, seen_by(report, TORCH, FLOW)) == Cited("Keras was not asked")


def test_how_a_claim_came_out_can_be_chosen_by() -> None:
    source = "{% if claims.lead.finding == 'leads' %}there is one in front{% endif %}"
    assert rendered(source) == Cited("there is one in front")
    assert rendered(source, seen=seen_by(REPORT, replace(TORCH, value=94), FLOW)) == Cited()
    assert refusal("{{ claims.lead.verdict }}").startswith('post.txt, line 1: a lead claim has no "verdict"')


def test_what_is_absent_is_false_and_leaves_the_post_out_when_printed_or_walked_over() -> None:
    assert rendered("{% if figures.papers.keras %}yes{% else %}nobody counted{% endif %}") == Cited("nobody counted")
    for source in ("{{ figures.papers.keras }}", "{{ figures.papers.keras | compact }}", "{{ figures.papers.keras.subject }}"):
        with pytest.raises(LeftOut, match="^Papers: no figure for Keras in 2020$"):
            rendered(source)
    with pytest.raises(LeftOut, match="^Stars: no figure for TensorFlow in 2020$"):
        rendered("{{ claims.stars_lead.leads }}")
    with pytest.raises(LeftOut, match="^Stars: no figure for TensorFlow in 2020$"):
        rendered("Stars:{% for one in claims.stars_lead.ranked %}{{ one }}{% endfor %}")


def test_blanks_at_line_ends_and_empty_lines_beyond_one_go() -> None:
    assert rendered("\n\n a  \n\n\n\n\tb \n\n") == Cited("a\n\n\tb")


def test_characters_come_out_composed_with_their_citations_in_place() -> None:
    text = rendered("Cafe\u0301: {{ figures.papers.pytorch }}")
    assert text == "Café: " + Cited.of("312", TORCH)


def test_declared_names_and_allowed_words_may_be_written() -> None:
    assert rendered("Web 2.0 is on record").text == "Web 2.0 is on record"


# ---- what it refuses, with file and line ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        ("a\nb 94 c", 2, 'writes the figure "94" itself; print a figure or claim instead'),
        ("a\n\nPyTorch leads", 3, 'writes the claim word "leads" itself; let a claim say it'),
        ("{% if period %}\n\nhalf\n{% endif %}", 3, 'writes the claim word "half" itself'),
        ("a\n{{ 'twice' }}", 2, 'writes the claim word "twice" itself'),
        ("a\n{{ 'x' if period else 'most' }}", 2, 'writes the claim word "most" itself'),
        ("a\n{{ claims.lead or 'most' }}", 2, 'writes the claim word "most" itself'),
        ("{{ 5 }}", 1, 'writes the figure "5" itself'),
        ("a{% raw %}\n5{% endraw %}", 2, 'writes the figure "5" itself'),
        ("a\n{{ figures.papers.pytorch | compct }}", 2, 'uses the unknown filter "compct" (did you mean "compact"?)'),
        ("a\n{{ period is divisibleby }}", 2, 'uses the unknown test "divisibleby"'),
        ("a\n{% if %}", 2, "is not a template"),
        ("a\n{{ period", 2, "is not a template"),
        ("a\n{{ period }", 2, "is not a template"),
        ("a\nb\ue000", 2, "holds the character U+E000, which disguises words; remove it"),
    ],
)
def test_a_mistake_is_refused_with_its_line_and_advice(source: str, line: int, says: str) -> None:
    assert refusal(source).startswith(f"post.txt, line {line}: the template {says}")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{ figures.papers.pytroch }}", 'there is no subject "pytroch" (did you mean "pytorch"?)'),
        ("{{ figures['papers']['pytroch'] }}", 'there is no subject "pytroch" (did you mean "pytorch"?)'),
        ("{{ figures.paper.pytorch }}", 'there is no metric "paper" (did you mean "papers"?)'),
        ("{{ claims.leed }}", 'there is no claim "leed" (did you mean "lead"?)'),
        ("{{ subjects.pytroch }}", 'there is no subject "pytroch" (did you mean "pytorch"?)'),
        ("{{ subjects.all }}", 'there is no subject "all"'),
        ("{{ metrics.paper }}", 'there is no metric "paper" (did you mean "papers"?)'),
        ("{% if claims.leed %}a{% endif %}", 'there is no claim "leed" (did you mean "lead"?)'),
        ("{% for figure in claims.leed.ranked %}a{% endfor %}", 'there is no claim "leed" (did you mean "lead"?)'),
        (
            "{{ figures.papers.pytorch if claims.leed else figures.papers.keras }}",
            'there is no claim "leed" (did you mean "lead"?)',
        ),
        ("{{ figures.papers.pytroch | compact }}", 'there is no subject "pytroch" (did you mean "pytorch"?)'),
        ("{% if figures.papers.keras %}{{ claims.leed }}{% endif %}", 'there is no claim "leed" (did you mean "lead"?)'),
    ],
)
def test_a_misspelt_name_is_found_without_any_figure_and_where_nothing_is_printed(source: str, says: str) -> None:
    with pytest.raises(BadTemplate) as error:
        Templates(REPORT).check(Template(f"a\n{source}", "post.txt"))
    assert str(error.value).startswith(f"post.txt, line 2: {says}")
    assert refusal(f"a\n{source}") == str(error.value)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{ claims.lead.leeds }}", 'a lead claim has no "leeds" (did you mean "leads"?)'),
        ("{{ claim.lead }}", 'there is no "claim" in templates (did you mean "claims"?)'),
        ("{{ figures.papers[report] }}", 'there is no subject "Frameworks"'),
        ("{{ figures.papers.pytorch | percent }}", "Papers is counted in papers: it has no percentage"),
        ("{{ period | compact }}", "the filter works on a figure, not on period 2020"),
        ("{{ figures }}", "a Names cannot be printed"),
        ("{{ none }}", "a NoneType cannot be printed"),
    ],
)
def test_what_can_only_be_known_with_figures_is_refused_in_its_own_words(source: str, says: str) -> None:
    assert refusal(f"a\n{source}").startswith(f"post.txt, line 2: {says}")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{ period.previous() }}", "calls something"),
        ("{{ '{0.__class__}'.format(period) }}", "calls something"),
        ("{{ range(10**9) }}", "calls something"),
        ("{% for i in range(10**9) %}x{% endfor %}", ""),
        ("{% for i in range(9) %}x{% endfor %}", ""),
        ("{{ figures.papers.pytorch + figures.papers.tensorflow }}", "does arithmetic"),
        ("{{ 'x' * 10 }}", "does arithmetic"),
        ("{{ '%s' % period }}", "does arithmetic"),
        ("{{ 'a' ~ 'b' }}", "glues texts together"),
        ("{{ -figures.papers.pytorch }}", "uses neg"),
        ("{{ [period] }}", "writes out a list"),
        ("{{ {'a': period} }}", "writes out a dict"),
        ("{{ (period, period) }}", "uses tuple"),
        ("{{ report[1:2] }}", "cuts a list"),
        ("{% set a = period %}", "sets a variable"),
        ("{% set a %}b{% endset %}", "sets a variable"),
        ("{% macro m() %}a{% endmacro %}", "defines a macro"),
        ("{% call m() %}a{% endcall %}", "uses callblock"),
        ("{% include 'secret.txt' %}", "includes another template"),
        ("{% import 'a' as a %}", "imports another template"),
        ("{% from 'a' import b %}", "imports another template"),
        ("{% extends 'a' %}", "extends another template"),
        ("{% block a %}b{% endblock %}", "uses block"),
        ("{% filter compact %}a{% endfilter %}", "uses filterblock"),
        ("{% with a = period %}b{% endwith %}", "uses with"),
        ("{% for a, b in figures %}c{% endfor %}", "uses tuple"),
        ("{% for a in figures recursive %}{{ a }}{% endfor %}", "loops over itself"),
        ("{% for a in figures %}{% for b in figures %}{% for c in figures %}d{% endfor %}{% endfor %}{% endfor %}", "nests more than 2 loops"),
        ("{{ period | attr('start') }}", 'uses the unknown filter "attr"'),
        ("{{ figures.papers.pytorch | attr('__class__') }}", 'uses the unknown filter "attr"'),
        ("{{ figures | map(attribute='x') }}", 'uses the unknown filter "map"'),
        ("{{ 'a' | format(period) }}", 'uses the unknown filter "format"'),
        ("{{ 'a' | safe }}", 'uses the unknown filter "safe"'),
    ],
)  # fmt: skip
def test_a_step_outside_the_language_is_refused_at_its_line(source: str, says: str) -> None:
    assert refusal(f"Text\n\n{source}").startswith(f"post.txt, line 3: the template {says}")


@pytest.mark.parametrize(
    "source",
    [
        "{{ claims.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ figures['__class__'] }}",
        "{{ claims.lead.__class__ }}",
        "{{ claims.lead.__init__.__globals__ }}",
        "{{ subjects.pytorch.__class__.__mro__ }}",
        "{{ metrics.papers.__init__ }}",
        "{{ claims.lead._claim }}",
        "{{ claims.lead._report.posts }}",
        "{{ figures.papers.pytorch.__dataclass_fields__ }}",
        "{{ figures.papers.keras.__class__ }}",
        "{{ figures.papers.pytorch.observation.__dict__ }}",
        "{{ period.__reduce__ }}",
        "{{ period.parse.__func__ }}",
        "{{ self._TemplateReference__context }}",
        "{% if claims.__class__ %}a{% endif %}",
        "{% for a in claims.__class__.__subclasses__ %}b{% endfor %}",
        "{% for a in figures %}{{ loop.__class__ }}{% endfor %}",
        "{{ self }}",
        "{{ period.year_before }}",
        "{{ figures.keys }}",
        "{{ loop }}",
        "{{ cycler }}{{ joiner }}{{ namespace }}{{ lipsum }}{{ range }}",
        "{% for a in figures %}{{ loop.index }}{% endfor %}",
        "{% for a in figures %}{{ loop }}{% endfor %}",
    ],
)
def test_no_attribute_leads_out_of_the_sandbox(source: str) -> None:
    assert refusal(f"Text\n{source}").startswith("post.txt, line 2: ")


@pytest.mark.parametrize("name", ["range", "dict", "lipsum", "cycler", "joiner", "namespace"])
def test_nothing_of_the_engine_is_there(name: str) -> None:
    assert rendered(f"{{% if {name} is defined %}}there{{% else %}}not there{{% endif %}}") == Cited("not there")


def test_every_text_of_a_report_is_checked_without_any_figure() -> None:
    with pytest.raises(BadTemplate, match=r'^a\.txt, line 2: the template writes the figure "7"'):
        Templates(REPORT).check(Template("a\n7", "a.txt"))
    with pytest.raises(BadTemplate, match=r'^a\.txt, line 1: there is no metric "no"'):
        Templates(REPORT).check(Template("{{ figures.no.such }}", "a.txt"))
    Templates(REPORT).check(Template("{{ figures.papers.all }} {{ claims.lead.nobody_knows_yet }}", "a.txt"))


# ---- nobody forges a citation --------------------------------------------------------------------------------------------------

FORGED = "\ue0000\ue001999\ue002"
"""The mark of the first citation around a number of somebody's own."""


def test_a_subject_cannot_carry_a_citation_in_its_name() -> None:
    report = replace(REPORT, subjects={**SUBJECTS, "pytorch": a_subject("pytorch", f"PyTorch {FORGED}")})
    seen = seen_by(report, TORCH, FLOW)
    for source in ("{{ subjects.pytorch }}", "{{ claims.lead }}", "{{ claims.lead.subjects | listed }}"):
        text = rendered("{{ figures.papers.tensorflow }} " + source, report, seen)
        assert "999" not in [piece for piece, _ in citations(text)], source
        assert not any("\ue000" <= character <= "\uf8ff" for character in text.text), source


def test_a_metric_cannot_carry_a_citation_in_its_title_or_noun() -> None:
    metrics = {**METRICS, "papers": a_metric("papers", title=f"Papers {FORGED}", noun=f"papers {FORGED}")}
    report = replace(REPORT, metrics=metrics)
    seen = seen_by(report, TORCH, FLOW)
    for source in ("{{ metrics.papers }}", "{{ claims.lead }}"):
        text = rendered("{{ figures.papers.tensorflow }} " + source, report, seen)
        assert "999" not in [piece for piece, _ in citations(text)], source


def test_an_origin_or_note_cannot_carry_a_citation() -> None:
    forger = replace(TORCH, origin=f"Somebody {FORGED}", note=FORGED)
    seen = seen_by(REPORT, forger, FLOW)
    text = rendered("{{ figures.papers.tensorflow }} {{ figures.papers.pytorch | origin }}", seen=seen)
    assert [basis for _, basis in citations(text) if basis not in (FLOW, forger)] == []
    assert ("999", FLOW) not in citations(text)
    assert not any("\ue000" <= character <= "\uf8ff" for character in text.text)


@pytest.mark.parametrize("path", ["observation.value", "observation.note", "_observation.value", "metric.breaks", "value"])
def test_a_figure_shows_nothing_of_itself_but_through_the_filters(path: str) -> None:
    assert refusal(f"a\n{{{{ figures.use.keras.{path} }}}}").startswith("post.txt, line 2: ")


def test_a_template_cannot_write_a_citation_with_escapes() -> None:
    source = """{{ figures.papers.pytorch }} {{ "\\ue000" | listed }}{{ "0"[0] | listed }}{{ "\\ue001" | listed }}tw{{ "" }}ice{{ "\\ue002" | listed }}"""
    try:
        text = rendered(source)
    except BadTemplate:
        return
    assert citations(text) == [("312", TORCH)]


def test_a_template_cannot_point_at_a_citation_that_is_not_there() -> None:
    source = """{{ "\\ue000" | listed }}{{ "9"[0] | listed }}{{ "\\ue001a\\ue002" | listed }}"""
    try:
        text = rendered(source)
    except BadTemplate:
        return
    assert citations(text) == []


# ---- it neither crashes nor runs long ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "a" * 20_001,
        "{{ " + "1" * 5_000 + " }}",
        "{{ 0x" + "f" * 5_000 + " }}",
        "{{ period" + ".start" * 250 + " }}",
        "{{ period" + ".a" * 5_000 + " }}",
        "{{ figures.papers.pytorch" + "|full" * 250 + " }}",
        "{% if " + "period and " * 1_500 + "period %}a{% endif %}",
        "{% if " + "not " * 900 + "period %}a{% endif %}",
        "{{ " + "(" * 3_000 + "period" + ")" * 3_000 + " }}",
        "{% if period %}" * 120 + "a" + "{% endif %}" * 120,
        "{{ figures.use.keras | percent(1" + "0" * 400 + ") }}",
        "{{ figures.use.keras | percent('a') }}",
        "{{ figures.use.keras | percent(places=2) }}",
        "{{ figures.papers[figures] }}",
        "{{ 'a'[99999999999999999999] }}",
        "{{ figures.papers.pytorch.observation.value > 'a' }}",
        "{% for loop in figures %}a{% endfor %}",
        "{{ 5 | listed }}",
        "{{ period | listed }}",
        "{{ '\\d' }}",
    ],
    ids=lambda source: f"{source[:40]}...{len(source)}",
)
def test_a_monstrous_template_is_refused_in_words_and_at_once(source: str) -> None:
    begun = time.monotonic()
    assert refusal(source).startswith("post.txt, line 1: ")
    assert time.monotonic() - begun < 2


def test_the_longest_template_there_may_be_is_read() -> None:
    assert len(rendered("a" * 20_000).text) == 20_000


def test_a_share_has_at_most_a_few_places() -> None:
    """With a thousand million places Python itself writes for minutes and fills the memory."""
    refusal("{{ figures.use.keras | percent(1000000) }}")


def test_a_loop_over_written_text_is_refused_because_it_can_run_as_long_as_it_likes() -> None:
    refusal("{% for a in '" + "x" * 300 + "' %}{% for b in '" + "y" * 300 + "' %}z{% endfor %}{% endfor %}")


def test_a_lone_surrogate_that_no_file_could_hold_is_refused() -> None:
    refusal("{{ '\\ud800' }}")


def test_a_list_of_figures_prints_figures_not_python() -> None:
    try:
        text = rendered("{{ claims.lead.ranked | listed }}").text
    except BadTemplate:
        return
    assert text == "312 and 94"


_NAMES = ["figures", "claims", "subjects", "metrics", "period", "report", "papers", "pytorch", "keras", "lead", "ranked", "subject", "loop",
          "self", "none", "true", "a", "level", "observation", "value", "missing", "finding", "start", "__class__", "_claim"]  # fmt: skip
_paths = st.lists(st.sampled_from(_NAMES), min_size=1, max_size=4).map(".".join)
_atoms = _paths | st.sampled_from(["'x'", "''", "1e999", "0x10", "'\\ue000'", "[]", "()"])
_suffixes = st.sampled_from(["", "", " | compact", " | listed", " | percent", " | percent(1)", "[0]", "['a']", " is defined", " > a", " == 'x'",
                             " if period", " if a else 'y'", " or period", " and claims.lead", "()", " + 1", " in figures", ".x"])  # fmt: skip
_expressions = st.builds(lambda atom, suffix: f"{atom}{suffix}", _atoms, _suffixes)
_leaves = st.builds("{{{{ {} }}}}".format, _expressions) | st.sampled_from(["text", "\n", " ", "{# note #}", "{{", "%}", "{%"])
_sources = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner, max_size=3).map("".join)
        | st.builds("{{% if {} %}}{}{{% else %}}{}{{% endif %}}".format, _expressions, inner, inner)
        | st.builds("{{% for a in {} %}}{}{{% endfor %}}".format, _expressions, inner)
    ),
    max_leaves=6,
)


@FEW
@given(_sources)
def test_a_template_renders_or_is_refused_or_leaves_its_post_out_and_nothing_else(source: str) -> None:
    try:
        text = rendered(source)
    except (BadTemplate, LeftOut):
        return
    assert isinstance(text, Cited)


@FEW
@given(st.text(max_size=80) | st.text("{}%# \n'\"|.ab()[]\\:-", max_size=60))
@example("{{ '\\N{DIGIT NINE}' }}")
@example("{%- if period -%} x {%- endif -%}")
def test_any_text_at_all_renders_or_is_refused(source: str) -> None:
    try:
        rendered(source)
    except (BadTemplate, LeftOut):
        return


def test_a_claim_about_everybody_can_be_told() -> None:
    claims_of_all = (ClaimSpec("asked", "growth", "users", ("all",)),)
    post = a_post("asked", "{{ claims.asked }}")
    report, known = a_report(post, claims=claims_of_all), figures(asked(12_932), asked(10_000, "2019"))
    composer = Composer(report, YEAR, known, claims(report.claims, known, YEAR))
    # 12,932 / 10,000 = 1.2932
    assert composer.sketch(post).draft.text.text == "the whole grew by 29% on the year before"  # type: ignore[union-attr]


def test_what_a_citation_rests_on_is_the_claims_own_number() -> None:
    bases = [basis for _, basis in citations(rendered("{{ claims.lead }}"))]
    assert [(basis.claim, basis.name, basis.evidence) for basis in bases if isinstance(basis, Quantity)] == [
        ("lead", "ratio", (TORCH, FLOW)), ("lead", "ratio", (TORCH, FLOW)),
    ]  # fmt: skip
