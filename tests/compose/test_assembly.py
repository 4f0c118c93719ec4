"""Drafts become a numbered thread within the network's limits, and every printed figure is listed with what it rests on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.compose.assembly import Draft, as_sent, assemble, check_cited, check_drafts, check_link, evidence_link, linked
from bot.compose.wording import sentence
from bot.domain.claim import Quantity
from bot.domain.measure import Observation
from bot.domain.period import Period
from bot.domain.text import Cited
from bot.domain.thread import Fact, Skipped
from bot.errors import BadThread
from bot.publishers.x import LIMITS
from tests.builders import FEW, a_chart, a_report, asked, judgement, observed, stated

TORCH, FLOW = observed(312, "pytorch"), observed(94, "tensorflow")
LEAD = stated("lead", "tensorflow pytorch", TORCH, FLOW)
RATIO = LEAD.quantities["ratio"]


def draft(text: Cited | str, name: str = "research") -> Draft:
    return Draft(name, f"{name}.txt", Cited() + text)


def refusal(*drafts: Draft, **limits: object) -> str:
    with pytest.raises(BadThread) as error:
        check_drafts(drafts, a_report(), ("2020",), replace(LIMITS, **limits))
    return str(error.value)


def passes(*drafts: Draft, **limits: object) -> None:
    check_drafts(drafts, a_report(), ("2020",), replace(LIMITS, **limits))


# ---- numbering -----------------------------------------------------------------------------------------------------------------


@FEW
@given(st.integers(0, 130), st.integers(0, 40))
def test_any_number_of_posts_is_numbered_one_to_n_with_the_number_in_the_text_and_counted(count: int, length: int) -> None:
    thread = assemble([draft("a" * length, f"p{at}") for at in range(count)], {}, [], [], LIMITS)
    assert [(post.position, post.total, post.name) for post in thread.posts] == [
        (at, count, f"p{at - 1}") for at in range(1, count + 1)
    ]
    assert [post.text.text for post in thread.posts] == ["a" * length + f"\n\n{at}/{count}" for at in range(1, count + 1)]
    assert [post.weighted_length for post in thread.posts] == [
        length + 3 + len(str(at)) + len(str(count)) for at in range(1, count + 1)
    ]


def test_what_was_left_out_and_held_goes_with_the_thread() -> None:
    skipped, held = Skipped("jobs", "no public figure"), judgement("use")
    thread = assemble([draft("a")], {}, [skipped], [held], LIMITS)
    assert (thread.skipped, thread.held, thread.limits) == ((skipped,), (held,), LIMITS)


def test_the_chart_of_a_post_goes_beside_it() -> None:
    chart = a_chart()
    thread = assemble([draft("a", "one"), draft("b", "two")], {"two": chart}, [], [], LIMITS)
    assert [post.charts for post in thread.posts] == [(), (chart,)]
    assert thread.cost_usd == 0.035  # 0.015, and 0.015 + 0.005


# ---- length --------------------------------------------------------------------------------------------------------------------


def test_a_post_of_280_with_its_number_passes_and_one_more_does_not() -> None:
    passes(draft("a" * 275))
    assert refusal(draft("a" * 276)) == (
        "post research (1/1) is 281 long, 1 over the 280 of x, its number included; shorten research.txt. Nothing is cut here"
    )


def test_the_number_counts_as_it_will_be_printed() -> None:
    # "\n\n10/10" is seven long, "\n\n9/10" six
    others = [draft(f"p{chr(97 + at)}", f"p{at}") for at in range(8)]
    passes(*others, draft("a" * 274, "ninth"), draft("b" * 273, "tenth"))
    assert refusal(*others, draft("a" * 274, "ninth"), draft("b" * 274, "tenth")).startswith(
        "post tenth (10/10) is 281 long, 1 over the 280"
    )


def test_wide_characters_and_links_count_as_the_network_counts() -> None:
    passes(draft("中" * 137 + "a"))
    assert "is 281 long" in refusal(draft("中" * 138))
    passes(draft("a" * 251 + " x.com"))
    assert "is 281 long" in refusal(draft("a" * 252 + " x.com"))


def test_the_limit_is_the_networks_own() -> None:
    assert refusal(draft("a" * 500), network="other", post_length=500) == (
        "post research (1/1) is 505 long, 5 over the 500 of other, its number included; shorten research.txt. Nothing is cut here"
    )


# ---- mentions and cashtags -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["by @fchollet", "@fchollet said", "(@fchollet)", "by ＠fchollet", "é@fchollet", ".@fchollet", "see\n@a", "RT@fchollet"],
)
def test_a_mention_is_refused(text: str) -> None:
    handle = next(part for part in ("@fchollet", "＠fchollet", "@a") if part in text)
    assert refusal(draft(text)) == (
        f'post research (research.txt) mentions "{handle}"; x refuses automated mentions of people who have not joined the conversation. '
        f"Write the name without @"
    )


@pytest.mark.parametrize("text", ["a@b", "mail me@example.org", "a @ b", "@", "a_@b", "@@", "$@b", "@ name"])
def test_what_is_no_mention_passes(text: str) -> None:
    passes(draft(text))


def test_a_network_that_takes_mentions_gets_them() -> None:
    passes(draft("by @fchollet"), mentions_allowed=True)


def test_one_cashtag_passes_and_two_do_not() -> None:
    passes(draft("of $GOOG and $ and US$ and $$X"))
    assert refusal(draft("of $GOOG and $meta")) == (
        "post research (research.txt) has 2 cashtags ($GOOG, $meta); x takes 1 at the most. Write the others without $"
    )
    passes(draft("of $GOOG and $meta"), cashtags_per_post=2)


def test_prices_are_no_cashtags() -> None:
    cost = Cited.of("$5", observed(5))
    passes(draft("$GOOG costs " + cost + " or " + cost))


# ---- the same text twice, and texts nobody can post ----------------------------------------------------------------------------


def test_a_text_said_twice_is_refused() -> None:
    assert refusal(draft("a", "one"), draft("b", "two"), draft("a", "three")) == (
        "post three says word for word what post one says; X refuses the second one"
    )


def test_a_post_without_words_is_refused() -> None:
    assert "research" in refusal(draft(""))


@pytest.mark.parametrize("character", ["\ufeff", "\ufffe", "\uffff"])
def test_a_character_that_makes_a_post_invalid_is_refused(character: str) -> None:
    assert "research" in refusal(draft(f"{character}Frameworks"))


# ---- citations -----------------------------------------------------------------------------------------------------------------


def test_a_figure_or_claim_word_with_nothing_behind_it_is_refused() -> None:
    text = "PyTorch " + Cited.of("312", TORCH) + ", TensorFlow 94, so it leads"
    assert refusal(draft(text)) == (
        'post research (research.txt) prints "94" (figure), "leads" (claim word) with no observation or claim behind it: '
        "'PyTorch 312, TensorFlow 94, so it leads'. Print it from a figure or a claim, or declare the name it belongs to under names in "
        "report.toml"
    )


def test_the_period_declared_names_and_allowed_words_need_no_citation() -> None:
    report = a_report(names=("Web 2.0",), allow=("record",))
    check_cited(Cited("Web 2.0 in 2020, on record, by PyTorch"), "post", report, ("2020",))
    with pytest.raises(BadThread, match='prints "2019"'):
        check_cited(Cited("Web 2.0 in 2019"), "post", report, ("2020",))


# ---- facts ---------------------------------------------------------------------------------------------------------------------


def facts(text: Cited, chart: object = None) -> list[Fact]:
    return list(assemble([draft(text)], {"research": chart} if chart else {}, [], [], LIMITS).posts[0].facts)  # type: ignore[dict-item]


def test_printed_figures_are_facts_in_reading_order() -> None:
    text = "PyTorch " + Cited.of("312", TORCH) + ", TensorFlow " + Cited.of("94", FLOW)
    assert facts(text) == [Fact("1.1", 1, "text", "312", TORCH), Fact("1.2", 1, "text", "94", FLOW)]


def test_a_claims_evidence_is_the_facts_that_print_it_and_hidden_evidence_stands_with_the_claims_words() -> None:
    text = "PyTorch " + Cited.of("leads", RATIO) + " with " + Cited.of("312", TORCH)
    assert facts(text) == [
        Fact("1.1", 1, "text", "leads", RATIO, ("1.2", "1.3")),
        Fact("1.2", 1, "text", "312", TORCH),
        Fact("1.3", 1, "text", "leads", FLOW, shown=False),
    ]


def test_the_base_of_a_survey_is_evidence_of_its_lead() -> None:
    base, one, other = asked(12_932), observed(61.8, "keras", metric="use"), observed(33.9, "pytorch", metric="use")
    claim = stated("lead", "keras pytorch", base, one, other, metric="use")
    found = facts(sentence(claim, a_report()))
    assert [(fact.text, fact.basis) for fact in found] == [
        ("leads", claim.quantities["difference"]), ("27.9 points more", claim.quantities["difference"]),
        ("leads", one), ("leads", other), ("leads", base),
    ]  # fmt: skip
    assert [fact.evidence for fact in found] == [("1.3", "1.4", "1.5")] * 2 + [()] * 3
    assert [fact.shown for fact in found] == [True, True, False, False, False]


def test_the_same_words_with_the_same_basis_are_one_fact() -> None:
    text = Cited.of("312", TORCH) + " and " + Cited.of("312", TORCH) + " and " + Cited.of("0.3k", TORCH)
    assert [(fact.id, fact.text) for fact in facts(text)] == [("1.1", "312"), ("1.2", "0.3k")]


def test_what_a_chart_says_is_listed_by_where_it_stands() -> None:
    chart = a_chart(
        Cited("PyTorch ") + Cited.of("leads", RATIO), "PyTorch " + Cited.of("312", TORCH) + ", TensorFlow " + Cited.of("94", FLOW)
    )
    assert [(fact.id, fact.where, fact.text, fact.evidence) for fact in facts("Of " + Cited.of("312", TORCH), chart)] == [
        ("1.1", "text", "312", ()),
        ("1.2", "title", "leads", ("1.1", "1.4")),
        ("1.3", "alt_text", "312", ()),
        ("1.4", "alt_text", "94", ()),
    ]


_BASES = [TORCH, FLOW, RATIO, *stated("growth", "keras", observed(5, "keras"), observed(9, "keras", "2019")).quantities.values()]
_texts = st.lists(
    st.text(max_size=5) | st.builds(Cited.of, st.text(min_size=1, max_size=5), st.sampled_from(_BASES)), max_size=6
).map(lambda parts: Cited.join(" ", parts))


@FEW
@given(st.lists(st.tuples(_texts, _texts, _texts), max_size=4))
def test_every_fact_stands_where_it_says_and_every_claim_leads_to_its_observations(
    texts: list[tuple[Cited, Cited, Cited]],
) -> None:
    drafts = [draft(text, f"p{at}") for at, (text, _, _) in enumerate(texts)]
    charts = {f"p{at}": a_chart(title, Cited("Chart ") + alt) for at, (_, title, alt) in enumerate(texts)}
    thread = assemble(drafts, charts, [], [], LIMITS)
    listed = [fact for post in thread.posts for fact in post.facts]
    assert len(thread.facts()) == len(listed)
    for post in thread.posts:
        places = {"text": post.text, "title": post.charts[0].title, "alt_text": post.charts[0].alt_text}
        for cited in places.values():
            assert {piece for piece, basis in cited.pieces() if basis} <= {fact.text for fact in post.facts}
        for fact in post.facts:
            assert fact.post == post.position
            assert fact.text in places[fact.where].text
            if isinstance(fact.basis, Quantity):
                assert tuple(thread.facts()[one].basis for one in fact.evidence) == fact.basis.evidence
            else:
                assert (isinstance(fact.basis, Observation), fact.evidence) == (True, ())
            assert fact.shown is any((fact.text, fact.basis) in cited.pieces() for cited in places.values())


# ---- remarks -------------------------------------------------------------------------------------------------------------------


def test_a_link_is_remarked_on_with_its_price_and_so_is_what_looks_like_one() -> None:
    post = assemble([draft("See example.py and new.zzzz")], {}, [], [], LIMITS).posts[0]
    assert post.links == ("example.py",)
    assert post.remarks == (
        '"example.py" becomes a link: it counts 23, and x bills a post with one $0.20 instead of $0.015',
        '"new.zzzz" looks like a domain; if x links it, the post costs $0.20',
    )
    assert assemble([draft("Nothing but 113.8M")], {}, [], [], LIMITS).posts[0].remarks == ()


# ---- the link to the evidence --------------------------------------------------------------------------------------------------

LINK = "https://example.org/frameworks/2020/numbers/?a=1"


def test_the_link_is_made_of_the_report_and_the_period() -> None:
    told = a_report(evidence_url="https://example.org/{report}/{period}/?again={period}")
    assert evidence_link(told, Period.parse("2026-W47")) == "https://example.org/frameworks/2026-W47/?again=2026-W47"
    assert evidence_link(a_report(), Period.parse("2020")) == ""


def test_only_the_last_post_that_is_left_has_the_link_as_a_paragraph_of_its_own() -> None:
    drafts = linked([draft("this", "a"), draft("that", "b")], LINK)
    assert [as_sent(one, at, 2).text for at, one in enumerate(drafts, 1)] == ["this\n\n1/2", f"that\n\n{LINK}\n\n2/2"]
    assert linked(drafts[:1], "") == drafts[:1]


def test_the_link_counts_twenty_three_costs_what_a_link_costs_and_is_remarked_on() -> None:
    passes(*linked([draft("this", "a"), draft("that", "b")], LINK))  # the digits in it need no evidence
    first, last = assemble(linked([draft("this", "a"), draft("that", "b")], LINK), {}, [], [], LIMITS).posts
    assert (first.links, first.remarks, first.cost_usd(LIMITS)) == ((), (), 0.015)
    assert (last.links, last.weighted_length, last.cost_usd(LIMITS)) == ((LINK,), 4 + 2 + 23 + 5, 0.2)
    assert last.remarks == (f'"{LINK}" becomes a link: it counts 23, and x bills a post with one $0.20 instead of $0.015',)


def test_a_last_post_with_room_for_the_link_passes_and_one_letter_more_is_an_error_that_names_both() -> None:
    room = 280 - 2 - 23 - 5
    passes(*linked([draft("a" * room)], LINK))
    said = refusal(*linked([draft("a" * (room + 1))], LINK))
    assert said == (
        "post research (1/1) is 281 long, 1 over the 280 of x, its number and the link "
        f"{LINK} included; shorten research.txt. Nothing is cut here"
    )


def test_digits_in_any_other_address_still_need_evidence() -> None:
    assert 'prints "2021" (figure)' in refusal(*linked([draft("See https://example.org/2021/")], LINK))


def test_a_text_that_prints_the_address_itself_is_refused() -> None:
    address = "https://example.org/frameworks/"
    assert "post a (a.txt) prints https://example.org/frameworks/ itself" in refusal(
        *linked([draft(f"See {address}", "a"), draft("that", "b")], address)
    )


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("https://example.notatld/2020/", "nothing"),
        ("https://example.org/2020/a.", '"https://example.org/2020/a"'),
        ("https://example.org/(2020", '"https://example.org/"'),
    ],
)
def test_an_address_the_network_would_not_link_as_a_whole_is_refused(link: str, found: str) -> None:
    with pytest.raises(BadThread) as error:
        check_link(link, LIMITS)
    assert str(error.value).startswith(f'x would make a link of {found} in "{link}"; write an evidence_url in report.toml')


def test_no_link_and_a_whole_one_pass() -> None:
    check_link("", LIMITS)
    check_link(LINK, LIMITS)
