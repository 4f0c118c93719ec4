"""What can be said of a period: posts with their charts, posts left out with the reason, and the two files that tell the rest."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.analysis.claims import claims
from bot.compose.assembly import assemble
from bot.compose.composer import Composer, Sketch
from bot.compose.documents import facts_document, image_paths, thread_document, unit_of
from bot.domain.edition import Edition
from bot.domain.measure import Absent, Observation, Status, Unit
from bot.domain.period import Period
from bot.domain.report import ChartSpec, ClaimSpec, Report, Template
from bot.domain.text import Cited
from bot.domain.thread import Skipped
from bot.errors import BadTemplate, BadThread
from bot.publishers.x import LIMITS
from tests.builders import a_chart, a_chart_spec, a_post, a_report, asked, figures, judgement, observed, stated

YEAR = Period.parse("2020")
TORCH, FLOW = observed(312, "pytorch"), observed(94, "tensorflow")
LEAD = ClaimSpec("lead", "lead", "papers", ("tensorflow", "pytorch"))


def composer(report: Report, *seen: Observation, period: Period = YEAR) -> Composer:
    known = figures(*seen)
    return Composer(report, period, known, claims(report.claims, known, period))


def sketched(text: str, *seen: Observation, chart: ChartSpec | None = None) -> Sketch | Skipped:
    post = a_post("research", text, chart)
    return composer(a_report(post, claims=[LEAD]), *seen).sketch(post)


def test_a_post_that_can_be_said_is_drafted_with_its_citations() -> None:
    found = sketched("Papers: {{ figures.papers.pytorch }}", TORCH)
    assert found == Sketch(found.draft)  # type: ignore[union-attr]
    assert (found.draft.name, found.draft.place, found.draft.text) == (  # type: ignore[union-attr]
        "research", "research.txt", "Papers: " + Cited.of("312", TORCH),
    )  # fmt: skip


def test_a_post_with_a_figure_that_a_person_wrote_down_says_so() -> None:
    written = observed(5_120, "pytorch", origin="LinkedIn, read by Jane Doe", handwritten=True)
    text = sketched("Papers: {{ figures.papers.pytorch }}", written).draft.text  # type: ignore[union-attr]
    assert text.text == "Papers: 5,120\n\nEntered by hand: LinkedIn, read by Jane Doe."
    assert text.citation_of(32, 58) == written


def test_a_claim_that_rests_on_a_figure_somebody_wrote_down_says_so_too() -> None:
    written = observed(312, "pytorch", origin="A site, read by Jane Doe", handwritten=True)
    other = observed(94, "tensorflow", origin="A site, read by Jane Doe", handwritten=True)
    text = sketched("{{ claims.lead.leads }}", written, other).draft.text  # type: ignore[union-attr]
    assert text.text == "PyTorch leads\n\nEntered by hand: A site, read by Jane Doe."


@pytest.mark.parametrize(
    ("second", "named"),
    [
        ("Another site, read by Jane Doe", "several publishers"),  # 52 letters together
        ("B, read by Jo", "A site, read by Jane; B, read by Jo"),
    ],
)
def test_several_who_published_figures_written_down_are_named_where_there_is_room(second: str, named: str) -> None:
    one = observed(312, "pytorch", origin="A site, read by Jane", handwritten=True)
    other = observed(94, "tensorflow", origin=second, handwritten=True)
    text = sketched("{{ figures.papers.pytorch }}, {{ figures.papers.tensorflow }}", one, other).draft.text  # type: ignore[union-attr]
    assert text.text == f"312, 94\n\nEntered by hand: {named}."


def test_a_figure_somebody_wrote_down_is_not_compared_with_one_of_a_source() -> None:
    written = observed(312, "pytorch", origin="A site, read by Jane Doe", handwritten=True)
    assert sketched("{{ claims.lead.leads }}", written, FLOW) == Skipped(
        "research",
        "Papers: counted by A site, read by Jane Doe and by Somebody, and nobody says that both repeat one counter; "
        "they are not compared",
    )


def test_a_post_whose_claim_is_absent_is_left_out_with_the_reason() -> None:
    assert sketched("{{ claims.lead }}", TORCH) == Skipped("research", "Papers: no figure for TensorFlow in 2020")


def test_a_post_whose_chart_has_nothing_to_show_is_left_out() -> None:
    found = sketched("Words", TORCH, chart=a_chart_spec("ranking", "papers", "tensorflow pytorch"))
    assert found == Skipped("research", "Papers: no figure for TensorFlow in 2020")


def test_a_post_whose_chart_title_is_absent_is_left_out() -> None:
    chart = a_chart_spec("ranking", "papers", "tensorflow pytorch", title="{{ figures.papers.keras }}")
    assert sketched("Words", TORCH, FLOW, chart=chart) == Skipped("research", "Papers: no figure for Keras in 2020")


def test_a_chart_gets_its_words_with_citations_its_subjects_in_order_and_its_source() -> None:
    chart = a_chart_spec(
        "ranking",
        "papers",
        "keras pytorch tensorflow",
        title="{{ claims.lead.leads }}",
        highlight=("pytorch",),
        caveat=Template("Papers only", "c"),
    )
    found = sketched("Words", TORCH, FLOW, chart=chart)
    assert isinstance(found, Sketch)
    assert found.chart is not None
    data = found.chart
    assert (found.kind, data.title.text, data.subtitle.text, data.caveat.text) == (
        "ranking",
        "PyTorch leads",
        "Subtitle",
        "Papers only",
    )
    assert data.source == "Source: " + Cited.of("Somebody", TORCH)
    assert [subject.key for subject in data.subjects] == ["keras", "pytorch", "tensorflow"]
    assert [metric.key for metric in data.metrics] == ["papers"]
    assert (data.highlight, data.period, dict(data.absent)) == (("pytorch",), YEAR, {("papers", "keras"): "no figure"})


def test_the_source_line_names_every_origin_and_how_many_were_asked() -> None:
    share = observed(61.8, "keras", metric="use", origin="Kaggle")
    other = observed(33.9, "pytorch", metric="use", origin="Somebody else")
    found = sketched("Words", share, other, asked(12_932), chart=a_chart_spec("survey", "use", "keras pytorch"))
    assert isinstance(found, Sketch)
    assert found.chart is not None
    assert found.chart.source == (
        "Sources: "
        + Cited.of("Kaggle", share)
        + ", "
        + Cited.of("Somebody else", other)
        + ", n = "
        + Cited.of("12,932", asked(12_932))
    )


def test_the_source_line_of_a_comparison_says_how_many_were_asked_last() -> None:
    seen = [
        observed(share, subject, year, "use") for year in ("2019", "2020") for share, subject in ((48, "keras"), (30, "pytorch"))
    ]
    chart = a_chart_spec("survey", "use", "keras pytorch", compare=True)
    found = sketched("Words", *seen, asked(12_033, "2019"), asked(12_932), chart=chart)
    assert isinstance(found, Sketch)
    assert found.chart is not None
    assert found.chart.source.text == "Source: Somebody, n = 12,932"


@pytest.mark.parametrize(
    ("title", "error", "says"),
    [
        ("PyTorch leads", BadTemplate, r'^title, line 1: the template writes the claim word "leads"'),
        ("{{ 'tw' }}{{ 'ice' }}", BadThread, r'^the chart title of post research prints "twice" \(claim word\)'),
    ],
)
def test_a_chart_title_is_checked_like_a_post(title: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        sketched("Words", TORCH, FLOW, chart=a_chart_spec("ranking", "papers", "pytorch tensorflow", title=title))


def test_a_period_may_be_named_by_its_words_or_its_key() -> None:
    assert composer(a_report(), period=Period.parse("2026-10")).period_names == ("October 2026", "2026-10")


def test_a_post_tells_the_claims_that_were_stated_and_computes_none_itself() -> None:
    post = a_post("research", "{{ claims.lead }}")
    report = a_report(post, claims=[LEAD])
    known = figures(TORCH, FLOW)
    told = Composer(report, YEAR, known, {"lead": Absent("nobody may say so")}).sketch(post)
    assert told == Skipped("research", "nobody may say so")


# ---- thread.json and facts.json ------------------------------------------------------------------------------------------------


def edition() -> Edition:
    post = a_post("research", "{{ claims.lead.leads }}: {{ figures.papers.pytorch }}")
    report = a_report(post, claims=[LEAD])
    seen = observed(312.0, "pytorch", query="line 9", payload_sha256="ab12", note="own count", status=Status.REVISED), FLOW
    found = composer(report, *seen).sketch(post)
    assert isinstance(found, Sketch)
    chart = a_chart(Cited("Title"), Cited("Bar chart"))
    thread = assemble([found.draft], {"research": chart}, [Skipped("jobs", "nobody counts")], [judgement("use")], LIMITS)
    said = {"lead": stated("lead", "tensorflow pytorch", *seen)}
    return Edition(report, YEAR, dt.datetime(2021, 1, 5, 9, tzinfo=dt.UTC), thread, said)


def test_the_thread_document_is_what_readers_of_it_were_promised() -> None:
    assert thread_document(edition()) == {
        "report": "frameworks",
        "title": "Frameworks",
        "period": "2020",
        "network": "x",
        "composed_at": "2021-01-05T09:00:00+00:00",
        "cost_usd": 0.02,
        "posts": [
            {
                "position": 1,
                "total": 1,
                "name": "research",
                "text": "PyTorch leads: 312\n\n1/1",
                "weighted_length": 23,
                "links": [],
                "remarks": [],
                "images": [
                    {
                        "path": "images/01-1.png",
                        "alt_text": "Bar chart",
                        "title": "Title",
                        "width": 1600,
                        "height": 900,
                        # printf png | sha256sum
                        "sha256": "8f8cbb7dcf46e0bc7d53265749a6c17d116093a6ba95e442764060c76fd4a86c",
                    }
                ],
                "facts": ["1.1", "1.2", "1.3"],
                "spans": [{"start": 8, "end": 13, "fact": "1.1"}, {"start": 15, "end": 18, "fact": "1.2"}],
            }
        ],
        "skipped": [{"post": "jobs", "reason": "nobody counts"}],
        "held": [{"metric": "use", "reason": "wrong"}],
        "gates": [
            {
                "id": judgement("use").id,
                "gate": "share",
                "verdict": "hold",
                "metric": "use",
                "subjects": [],
                "windows": [],
                "sentence": "A share does not match its own count",
                "why": "wrong",
                "accepted": None,
            }
        ],
        "subjects": {"pytorch": "PyTorch", "tensorflow": "TensorFlow"},
        "metrics": {
            "papers": {
                "title": "Papers",
                "unit": "papers",
                "measures": "it",
                "does_not_measure": "that",
                "known_biases": "some",
            }
        },
        "origins": [{"name": "Somebody", "homepage": None, "citation": None, "licence": None, "terms": None}],
    }


def test_the_facts_document_leads_from_each_printed_word_to_the_published_number() -> None:
    nobody = dict.fromkeys(("origin", "url", "query", "retrieved_at", "payload_sha256", "status", "window", "note")) | {
        "handwritten": False
    }
    window = {"start": "2020-01-01T00:00:00+00:00", "end": "2021-01-01T00:00:00+00:00"}
    published = {
        "origin": "Somebody",
        "url": "https://example.org/figures",
        "retrieved_at": "2021-01-05T00:00:00+00:00",
        "window": window,
        "handwritten": False,
    }
    figure = {"kind": "observation", "claim": None, "number": None, "inequality": None, "unit": "papers", "metric": "papers", "period": "2020", "evidence": [], "post": 1,
              "where": "text"}  # fmt: skip
    claim, torch, flow = facts_document(edition())
    assert claim == {
        "id": "1.1", "post": 1, "where": "text", "text": "leads", "shown": True, "kind": "claim", "claim": "lead", "number": "ratio",
        "inequality": "The figure of PyTorch is higher than that of TensorFlow, the next highest, by more than 3% and by more than "
        "chance may part small counts.",
        "value": pytest.approx(3.319, abs=5e-4), "unit": "times", "metric": "papers", "subjects": ["pytorch", "tensorflow"],
        "period": "2020", "evidence": ["1.2", "1.3"], **nobody,
    }  # fmt: skip
    assert torch == figure | published | {
        "id": "1.2", "text": "312", "shown": True, "value": 312, "subjects": ["pytorch"], "query": "line 9", "payload_sha256": "ab12", "status": "revised",
        "note": "own count",
    }  # fmt: skip
    assert flow == figure | published | {
        "id": "1.3", "text": "leads", "shown": False, "value": 94, "subjects": ["tensorflow"], "query": "", "payload_sha256": "", "status": "measured",
        "note": "",
    }  # fmt: skip
    assert isinstance(torch["value"], int)


@pytest.mark.parametrize(
    ("unit", "told"),
    [
        (Unit.COUNT, "papers"),
        (Unit.RATE, "papers per day"),
        (Unit.PERCENT, "percent"),
        (Unit.RATIO, "times"),
        (Unit.POINTS, "percentage points"),
        (Unit.CHANGE, "percent change"),
    ],
)
def test_a_value_is_a_number_of_what_its_metric_counts_or_of_its_unit(unit: Unit, told: str) -> None:
    assert unit_of(unit, "papers") == told


def test_images_are_numbered_by_post_and_place() -> None:
    assert list(image_paths(edition().thread.posts[0])) == ["images/01-1.png"]
