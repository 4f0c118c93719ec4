"""The evidence of an edition as pages: each number leads to who published it, and nothing leads anywhere it should not."""

from __future__ import annotations

import datetime as dt
import json
import posixpath
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from bot import plugins
from bot.analysis.claims import KINDS, claims
from bot.cli import main
from bot.compose.assembly import assemble
from bot.compose.composer import Composer, Sketch
from bot.compose.documents import frozen
from bot.compose.inequality import inequality, worded
from bot.compose.site import repeatable, shelf, site
from bot.domain.claim import Claim
from bot.domain.delivery import Frozen, FrozenPost
from bot.domain.edition import Edition
from bot.domain.measure import Observation, Origin
from bot.domain.period import Period
from bot.domain.report import ClaimSpec
from bot.domain.thread import Skipped
from bot.publishers.x import LIMITS
from tests.builders import METRICS, a_chart, a_post, a_report, asked, figures, judgement, observed, stated

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
VOID = {"meta", "img"}
BLOCKS = {"dt", "dd", "li", "p", "h1", "h2", "h3"}
FREE, BOUND = "a" * 64, "b" * 64
"""Digests of replies: of one under CC0, and of one whose publisher states no licence."""


def observed_at(value: float, subject: str, origin: str, digest: str, **rest: Any) -> Observation:
    told = {"origin": origin, "payload_sha256": digest, "query": "papers of 2020", "note": "own count"}
    return observed(value, subject, **{**told, **rest})


TORCH = observed_at(312, "pytorch", "arXiv", FREE)
FLOW = observed_at(94, "tensorflow", "Horace He", BOUND)


def edition(*seen: Observation, skipped: str = "nobody counts", title: str = "Frameworks") -> Frozen:
    """Two posts: one with a claim, a figure and a picture, one without either."""
    lead = ClaimSpec("lead", "lead", "papers", ("tensorflow", "pytorch"))
    posts = a_post("research", "{{ claims.lead.leads }}: {{ figures.papers.pytorch }}"), a_post("end", "The sources are named.")
    seen = seen or (TORCH, FLOW)
    metrics = {**METRICS, "papers": replace(METRICS["papers"], same_counter=tuple(one.origin for one in seen))}
    report = replace(a_report(*posts, claims=[lead]), title=title, metrics=metrics)
    known, year = figures(*seen, metrics=metrics), Period.parse("2020")
    made = claims(report.claims, known, year)
    said = {key: claim for key, claim in made.items() if isinstance(claim, Claim)}
    composer = Composer(report, year, known, made)
    found = [composer.sketch(post) for post in posts]
    drafts = [one.draft for one in found if isinstance(one, Sketch)]
    thread = assemble(drafts, {"research": a_chart()}, [Skipped("jobs", skipped)], [judgement("use")], LIMITS)
    return frozen(Edition(report, year, dt.datetime(2021, 1, 5, 9, tzinfo=dt.UTC), thread, said), "/home/jane-doe/out")


class Page(HTMLParser):
    """A page read strictly: every element is closed, in order; ids are unique; no script, no handler, no style attribute."""

    def __init__(self, body: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.headings: list[int] = []
        self.text = ""
        self.policy = ""
        self._open: list[str] = []
        self.feed(body.decode())
        self.close()
        assert self._open == []
        assert len(self.ids) == len(set(self.ids))

    def handle_decl(self, decl: str) -> None:
        assert decl == "doctype html"
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        assert tag not in ("script", "iframe", "object", "form", "base", "link")
        assert not [name for name in told if name.startswith("on") or name == "style"]
        if tag == "html":
            assert told["lang"] == "en"
        if tag == "img":
            assert told["alt"]
            self.sources.append(told["src"] or "")
        if tag == "a":
            self.links.append(told["href"] or "")
        if told.get("http-equiv") == "Content-Security-Policy":
            self.policy = told["content"] or ""
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.ids += [told["id"] or ""] if "id" in told else []
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        self.text += " " if tag in BLOCKS else ""

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data


def pages(files: Mapping[str, bytes]) -> dict[str, Page]:
    return {path: Page(body) for path, body in files.items() if path.endswith(".html")}


def inside(link: str) -> bool:
    return not re.match("[a-z]+:", link)


def target(page: str, link: str) -> tuple[str, str]:
    """Where a relative link leads: a file of the site, and the id in it."""
    path, _, anchor = link.partition("#")
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page, anchor


def check_links(files: Mapping[str, bytes], above: tuple[str, ...] = ()) -> None:
    """Every link within the site leads to a file that was written, and to an id that is there."""
    read = pages(files)
    for at, page in read.items():
        for link in [*page.links, *page.sources]:
            if inside(link) and link not in above:
                path, anchor = target(at, link)
                assert path in files, (at, link)
                assert not anchor or anchor in read[path].ids, (at, link)


def words(page: Page) -> str:
    return " ".join(page.text.split())


# ---- what is written -----------------------------------------------------------------------------------------------------------


def test_a_site_is_these_files() -> None:
    assert sorted(site(edition(), {FREE: b'{"total": 312}', "c" * 64: b"\xff\x00"})) == [
        "facts.json", "facts/01.html", "facts/02.html", "images/01-1.png", "index.html", f"replies/{FREE}.txt",
        f"replies/{'c' * 64}.bin", "sources.html", "thread.json",
    ]  # fmt: skip


def test_the_same_edition_gives_the_same_bytes() -> None:
    assert site(edition(), {FREE: b"1", BOUND: b"2"}, "https://x.com/1") == site(
        edition(), {BOUND: b"2", FREE: b"1"}, "https://x.com/1"
    )


def test_the_thread_is_told_word_for_word_with_its_picture_and_each_number_leads_to_its_fact() -> None:
    page = pages(site(edition(), {}))["index.html"]
    assert "PyTorch leads: 312 1/2" in words(page)
    assert "The sources are named. 2/2" in words(page)
    assert page.sources == ["images/01-1.png"]
    assert page.links == [
        "sources.html", "facts.json", "thread.json", "facts/01.html#fact-1.1", "facts/01.html#fact-1.2", "facts/01.html",
        "facts/02.html",
    ]  # fmt: skip
    assert "jobs: nobody counts" in words(page)
    assert "use held: wrong" in words(page)


def test_a_claim_says_its_number_its_inequality_and_the_figures_it_rests_on() -> None:
    said = words(pages(site(edition(), {}))["facts/01.html"])
    assert (
        "leads The figure of PyTorch is higher than that of TensorFlow, the next highest, by more than 3% and by more than chance "
        "may part small counts. Number 3.31915 times About PyTorch, TensorFlow; 2020 Claim lead.ratio Computed from PyTorch: 312 "
        "papers 2020-01-01 up to, not including, 2021-01-01 TensorFlow: 94 papers 2020-01-01 up to, not including, 2021-01-01"
    ) in said


def test_a_figure_says_all_that_is_known_of_it() -> None:
    said = words(pages(site(edition(), {FREE: b"{}"}))["facts/01.html"])
    assert (
        "PyTorch: 312 papers Measure Papers Value 312 papers Window 2020-01-01 up to, not including, 2021-01-01 Status measured "
        f"Published by arXiv Taken from papers of 2020 Read 2021-01-05 Bytes sha256 {FREE}; the reply itself, 2 bytes Note own count "
        "Facts 1.2"
    ) in said
    assert f"Bytes sha256 {BOUND}; not repeated here" in said
    assert "Papers Measures it Not measured that Known biases some" in said


def test_a_figure_that_a_person_wrote_down_and_one_of_an_hour_are_told_as_such() -> None:
    seen = replace(TORCH, handwritten=True, retrieved_at=dt.datetime(2021, 1, 5, 7, 30, tzinfo=dt.UTC))
    said = words(pages(site(edition(seen, FLOW), {}))["facts/01.html"])
    assert "Status measured, entered by hand" in said
    assert "Read 2021-01-05 07:30 UTC" in said


def test_a_post_without_a_figure_says_so() -> None:
    assert "This post states no figure and makes no claim." in words(pages(site(edition(), {}))["facts/02.html"])


def test_the_sources_are_named_as_they_ask_with_their_licence_and_where_they_are_used() -> None:
    page = pages(site(edition(), {FREE: b"{}"}))["sources.html"]
    assert (
        "arXiv To be cited Thank you to arXiv for use of its open access interoperability. Licence CC0 1.0 Terms metadata is CC0; "
        f"arXiv endorses nothing that is made of it Used in post 1 Replies {FREE[:16]}"
    ) in words(page)
    assert "Horace He To be cited Horace He, The State of Machine Learning Frameworks" in words(page)
    assert "Licence none is stated Terms no licence stated; the counts are facts" in words(page)
    assert f"replies/{FREE}.txt" in page.links


def test_a_publisher_nobody_knows_is_named_and_nothing_is_made_up() -> None:
    page = pages(site(edition(replace(TORCH, origin="A friend"), FLOW), {}))["sources.html"]
    said = "A friend To be cited A friend Licence none is stated Terms not known here: follow the links of its figures"
    assert said in words(page)


def test_an_edition_frozen_before_there_was_evidence_still_has_its_pages() -> None:
    rows = json.loads(edition().facts_json)
    old = [{key: value for key, value in row.items() if key not in ("number", "inequality")} for row in rows]
    post = FrozenPost(1, "PyTorch leads: 312\n\n1/1", (), 0.015)
    files = site(replace(edition(), posts=(post,), thread_json="{}", facts_json=json.dumps(old)), {})
    check_links(files)
    assert "PyTorch leads: 312 1/1" in words(pages(files)["index.html"])


def test_where_the_thread_is_seen_and_the_other_editions_are_linked_if_there_are_any() -> None:
    page = pages(site(edition(), {}, "https://x.com/i/status/7", "../../index.html"))["index.html"]
    assert page.links[:2] == ["https://x.com/i/status/7", "../../index.html"]


# ---- what leads where ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def evidence_2020(preview_2020: Path) -> dict[str, bytes]:
    folder = preview_2020 / "evidence"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_link_of_the_2020_thread_leads_to_a_file_and_a_place_in_it(evidence_2020: dict[str, bytes]) -> None:
    check_links(evidence_2020)
    check_links(site(edition(), {FREE: b"{}"}, "https://x.com/1", "../../index.html"), ("../../index.html",))


def test_every_fact_is_two_links_from_the_thread_and_every_figure_leads_to_its_publisher(evidence_2020: dict[str, bytes]) -> None:
    read = pages(evidence_2020)
    facts = json.loads(evidence_2020["facts.json"])
    near = {target("index.html", link)[0] for link in read["index.html"].links if inside(link)}
    places = {one: at for at, page in read.items() for one in page.ids if one.startswith("fact-")}
    assert len(facts) == len(places) > 150
    for fact in facts:
        at = places[f"fact-{fact['id']}"]
        assert at in near
        assert fact["kind"] == "claim" or fact["url"] in read[at].links
    for at, page in read.items():
        assert {link for link in page.links if not inside(link)} <= {fact["url"] for fact in facts} | {
            origin.homepage for origin in plugins.known_origins().values()
        }, at


def test_every_claim_of_the_2020_thread_says_its_inequality(evidence_2020: dict[str, bytes]) -> None:
    stated_facts = [fact for fact in json.loads(evidence_2020["facts.json"]) if fact["kind"] == "claim"]
    assert len(stated_facts) > 40
    assert [fact["id"] for fact in stated_facts if not fact["inequality"]] == []


def test_the_2020_site_is_small_and_has_each_picture_once(evidence_2020: dict[str, bytes]) -> None:
    assert sum(map(len, evidence_2020.values())) < 1_100_000
    text = sum(len(body) for path, body in evidence_2020.items() if path.endswith(".html"))
    assert text < 300_000
    assert sum(path.startswith("images/") for path in evidence_2020) == 9


def test_every_page_has_one_first_heading_leaves_out_no_level_and_a_title(evidence_2020: dict[str, bytes]) -> None:
    for page in pages(evidence_2020).values():
        assert page.headings[0] == 1
        assert page.headings.count(1) == 1
        assert all(later - earlier <= 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))


# ---- what must not get in ------------------------------------------------------------------------------------------------------


def test_the_policy_of_every_page_lets_nothing_in_but_its_style_and_its_own_pictures() -> None:
    read = pages(site(edition(), {}))
    for at, page in read.items():
        images = "'self' file:" if at == "index.html" else "'none'"
        assert re.fullmatch(
            rf"default-src 'none'; img-src {images}; style-src 'sha256-[\w+/=]{{44}}'; base-uri 'none'; form-action 'none'",
            page.policy,
        )


def test_whatever_a_name_a_note_or_a_query_holds_is_shown_and_not_run() -> None:
    seen = replace(TORCH, origin=HOSTILE, note=HOSTILE, query=HOSTILE), replace(FLOW, url=f"https://example.org/{HOSTILE}")
    read = pages(site(edition(*seen, skipped=HOSTILE, title=HOSTILE), {}))  # Page refuses scripts and handlers
    assert HOSTILE in read["facts/01.html"].text
    assert HOSTILE in read["index.html"].text
    assert HOSTILE in read["sources.html"].text
    assert f"https://example.org/{HOSTILE}" in read["facts/01.html"].links


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//example.org/"])
def test_only_addresses_of_the_web_can_be_followed(url: str) -> None:
    page = pages(site(edition(replace(TORCH, url=url), FLOW), {}))["facts/01.html"]
    assert [link for link in page.links if not inside(link)] == ["https://example.org/figures"]
    assert url not in page.links


def test_no_account_and_no_path_of_this_machine_is_in_it() -> None:
    reason = "csv: /home/jane-doe/plans/figures.csv is gone; see ~/notes/a.txt, '/srv/b.csv' and https://example.org/a/b"
    files = site(edition(skipped=reason), {})
    for body in files.values():
        assert b"jane-doe" not in body
        assert b"/srv" not in body
        assert b"notes/" not in body
    told = json.loads(files["thread.json"])["skipped"][0]["reason"]
    assert "figures.csv is gone; see a.txt, 'b.csv' and https://example.org/a/b" in told


def test_a_run_with_figures_of_ones_own_tells_neither_where_they_lie_nor_who_one_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], unpainted: None
) -> None:
    figures_file = tmp_path / "jane-doe" / "my-figures.csv"
    figures_file.parent.mkdir()
    figures_file.write_text(
        "metric,subject,period_start,period_end,value,status,origin,url,retrieved_at,note\n"
        "linkedin_jobs,tensorflow,2020-12-31,2021-01-01,5000,measured,Me,https://example.org/a,2021-01-04,\n"
        "linkedin_jobs,pytorch,2020-12-31,2021-01-01,2500,measured,Me,https://example.org/a,2021-01-04,\n"
    )
    assert main(["preview", "--period", "2020", "--data", str(figures_file), "--out", str(tmp_path / "out")]) == 0
    capsys.readouterr()
    written = {path: path.read_bytes() for path in (tmp_path / "out").glob("*/*/evidence/**/*") if path.is_file()}
    assert any(b"my-figures.csv:2" in body for body in written.values())
    for path, body in written.items():
        assert str(tmp_path).encode() not in body, path
        assert b"jane-doe" not in body, path


# ---- which replies may be repeated ---------------------------------------------------------------------------------------------


def test_only_replies_whose_every_figure_is_of_a_publisher_that_allows_it_are_repeated() -> None:
    assert repeatable(edition()) == [FREE]
    assert repeatable(edition(TORCH, replace(FLOW, payload_sha256=FREE))) == []
    other_way = replace(TORCH, origin="Horace He"), replace(FLOW, origin="arXiv", payload_sha256=FREE)
    assert repeatable(edition(*other_way)) == []
    assert repeatable(edition(replace(TORCH, handwritten=True), FLOW)) == []
    assert repeatable(edition(replace(TORCH, origin="arXiv by a friend"), FLOW)) == []


def test_the_publishers_whose_replies_may_be_repeated_are_those_under_cc0() -> None:
    known = plugins.known_origins().values()
    assert {one.name: one.licence for one in known if one.may_repeat} == {
        "OpenAlex": "CC0 1.0", "Wikimedia": "CC0 1.0", "arXiv": "CC0 1.0",
    }  # fmt: skip


def test_a_publisher_may_not_be_repeated_without_a_licence() -> None:
    with pytest.raises(ValueError, match="without a licence that allows it"):
        Origin("A", "https://example.org", "none", "A", may_repeat=True)


# ---- the page of all editions --------------------------------------------------------------------------------------------------


def test_editions_are_listed_by_report_the_newest_period_first() -> None:
    threads = [
        {"report": "zoo", "title": "Animals", "period": "2020", "posts": [1]},
        {"report": "apps", "period": "2026-09", "posts": [1, 2]},
        {"report": "apps", "period": "2026-10", "posts": []},
    ]
    page = Page(shelf(threads))
    assert page.links == ["apps/2026-10/index.html", "apps/2026-09/index.html", "zoo/2020/index.html"]
    assert "apps October 2026 0 posts September 2026 2 posts Animals 2020 1 post" in words(page)
    assert shelf(threads) == shelf(threads[::-1])


# ---- inequalities --------------------------------------------------------------------------------------------------------------


def told(claim: Claim) -> str:
    quantity = next(iter(claim.quantities.values()))
    return inequality(quantity, {quantity.claim: claim}, a_report())


def test_every_kind_of_claim_has_words_for_its_inequality() -> None:
    assert worded() == set(KINDS)


@pytest.mark.parametrize(
    ("kind", "seen", "said"),
    [
        ("lead", {"pytorch": 312, "tensorflow": 310}, "The figures of PyTorch and TensorFlow are the highest and lie within 3% of each other, or are counts so small that chance may part them."),
        ("ratio", {"pytorch": 312, "tensorflow": 94}, "The figure of PyTorch is higher than that of TensorFlow, by more than 3% and by more than chance may part small counts."),
        ("ratio", {"pytorch": 312, "tensorflow": 310}, "The figures of PyTorch and TensorFlow lie within 3% of each other, or are counts so small that chance may part them."),
    ],
)  # fmt: skip
def test_an_inequality_is_told_the_way_it_came_out(kind: str, seen: dict[str, float], said: str) -> None:
    claim = stated(kind, "tensorflow pytorch", *(observed(value, subject) for subject, value in seen.items()))
    assert told(claim) == said


def test_shares_of_a_survey_are_told_by_their_intervals_and_totals_by_the_day() -> None:
    use = [observed(60.0, "pytorch", metric="use"), observed(20.0, "tensorflow", metric="use"), asked(1000)]
    assert told(stated("ratio", "tensorflow pytorch", *use, metric="use")) == (
        "The figure of PyTorch is higher than that of TensorFlow, and their 95% intervals do not overlap."
    )
    fell = [observed(100.0, metric="downloads"), observed(900.0, metric="downloads", period="2019")]
    assert told(stated("growth", "tensorflow", *fell, metric="downloads")) == (
        "The daily figure of TensorFlow for 2020 is lower than its own for 2019, by more than 3% and by more than chance may part "
        "small counts."
    )


# ---- the link to it ------------------------------------------------------------------------------------------------------------


def a_report_that_links(folder: Path, address: str) -> None:
    """A copy of the small report, in a working folder, whose last post links to its evidence."""
    packaged = Path(__file__).parents[2] / "templates" / "infrastructure-tools"
    own = Path(shutil.copytree(packaged, folder / "templates" / "tools")) / "report.toml"
    own.write_text(f'evidence_url = "{address}"\n' + own.read_text(encoding="utf-8"), encoding="utf-8")


def test_a_recipe_that_says_where_its_evidence_is_links_to_it_once_in_the_last_post(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], unpainted: None
) -> None:
    a_report_that_links(tmp_path, "https://example.org/{report}/{period}/")
    monkeypatch.chdir(tmp_path)
    main(["check", "tools"])
    assert "tools: right" in capsys.readouterr().out
    assert main(["preview", "infrastructure-tools", "--period", "2020", "--out", "plain"]) == 0
    assert main(["preview", "tools", "--period", "2020", "--out", "out"]) == 0
    capsys.readouterr()
    plain = json.loads(Path("plain/infrastructure-tools/2020/thread.json").read_text())
    thread = json.loads(Path("out/tools/2020/thread.json").read_text())
    link = "https://example.org/tools/2020/"
    texts = [post["text"] for post in plain["posts"]]
    assert [post["text"] for post in thread["posts"]] == [texts[0], texts[1].replace("\n\n2/2", f"\n\n{link}\n\n2/2")]
    assert [post["links"] for post in thread["posts"]] == [[], [link]]
    assert thread["posts"][1]["weighted_length"] == plain["posts"][1]["weighted_length"] + 2 + 23
    assert thread["cost_usd"] == pytest.approx(plain["cost_usd"] - 0.015 + 0.2)
    assert [fact["text"] for fact in json.loads(Path("out/tools/2020/facts.json").read_text())] == [
        fact["text"] for fact in json.loads(Path("plain/infrastructure-tools/2020/facts.json").read_text())
    ]


def test_an_address_that_would_be_no_link_is_refused_by_check_and_preview(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a_report_that_links(tmp_path, "https://example.nowhere/{period}/")
    monkeypatch.chdir(tmp_path)
    for arguments in (["check", "tools"], ["preview", "tools", "--period", "2020"]):
        assert main(arguments) == 2
        told = capsys.readouterr()
        assert "would make a link of nothing in" in told.out + told.err
    assert not Path("out").exists()
