from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.compose.honesty import statements, uncited
from bot.domain.text import Cited
from tests.builders import MANY, observed

NUMBERS = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in ("Nd", "Nl", "No")]
CLAIM_WORDS = [
    "leads",
    "lead",
    "led",
    "leading",
    "leader",
    "ahead",
    "behind",
    "overtakes",
    "overtook",
    "overtaken",
    "surpassed",
    "outpaces",
    "outnumbered",
    "beats",
    "beaten",
    "wins",
    "won",
    "winning",
    "dominates",
    "majority",
    "minority",
    "popular",
    "popularity",
    "doubled",
    "doubling",
    "triples",
    "tripled",
    "quadrupled",
    "halved",
    "twice",
    "thrice",
    "times",
    "twofold",
    "tenfold",
    "half",
    "third",
    "quarters",
    "grows",
    "grew",
    "growing",
    "growth",
    "grown",
    "rose",
    "risen",
    "rises",
    "rising",
    "fell",
    "fallen",
    "falls",
    "falling",
    "dropped",
    "declined",
    "shrank",
    "shrunk",
    "shrinking",
    "jumped",
    "soared",
    "surged",
    "plunged",
    "gained",
    "lost",
    "loses",
    "losing",
    "climbed",
    "slumped",
    "up",
    "down",
    "more",
    "most",
    "fewer",
    "fewest",
    "less",
    "least",
    "larger",
    "largest",
    "bigger",
    "biggest",
    "smaller",
    "smallest",
    "higher",
    "highest",
    "lower",
    "lowest",
    "faster",
    "slower",
    "stronger",
    "weaker",
    "better",
    "best",
    "worse",
    "worst",
    "nearly",
    "almost",
    "roughly",
    "record",
    "first",
    "second",
    "last",
    "level",
    "equal",
    "tied",
    "two",
    "three",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "nineteen",
    "twenty",
    "ninety",
    "dozen",
    "dozens",
    "hundreds",
    "thousand",
    "millions",
    "billion",
    "trillion",
    "percent",
]


def words(text: str, **rest: list[str]) -> list[str]:
    return [found.text for found in statements(text, **rest)]


@MANY
@given(
    st.sampled_from(NUMBERS),
    st.sampled_from(["", "a", " ", "(", "v", "中", "-", "."]),
    st.sampled_from(["", "b", " ", "%", "k", ".", "\n"]),
)
def test_a_number_of_any_script_is_a_figure(number: str, before: str, after: str) -> None:
    found = statements(before + number + after)
    assert [(one.kind, one.text) for one in found] == [("figure", number)]
    assert found[0].start == len(before)


@MANY
@given(st.text(max_size=30), st.sampled_from(NUMBERS), st.text(max_size=30))
def test_no_text_hides_a_number(before: str, number: str, after: str) -> None:
    at = len(before)
    assert any(
        one.kind == "figure" and one.start <= at < one.start + len(one.text) for one in statements(before + number + after)
    )


@MANY
@given(st.text(max_size=60), st.lists(st.text(max_size=5), max_size=3), st.lists(st.text(max_size=5), max_size=3))
def test_any_text_is_judged_and_what_is_found_stands_where_it_is_said_to(text: str, names: list[str], allow: list[str]) -> None:
    found = statements(text, names, allow)
    assert [text[one.start : one.start + len(one.text)] for one in found] == [one.text for one in found]
    assert [one.start for one in found] == sorted(one.start for one in found)


@pytest.mark.parametrize("word", CLAIM_WORDS)
def test_a_claim_word_is_found_in_any_case(word: str) -> None:
    assert words(f"Everybody {word} here") == [word]
    assert words(f"“{word.upper()}”, they say") == [word.upper()]


@pytest.mark.parametrize(
    "text",
    ["A leader", "pupil", "download", "uploaded", "upstream", "pleads", "latent", "moreover", "alone", "someone", "sevenths-free",
     "Few are ever taken back.", "Notebooks learn with copies removed", "secondary", "firsthand", "Bestow"],
)  # fmt: skip
def test_a_word_that_only_holds_a_claim_word_is_none(text: str) -> None:
    assert words(text) == (["leader"] if text == "A leader" else [])


def test_per_cent_is_a_claim_word_in_one_word_or_two() -> None:
    assert words("a per cent, a percent, a per  cent") == ["per cent", "percent"]
    assert words("grow-\nth and up-to-date") == ["grow", "up"]


def test_set_phrases_state_nothing_but_their_words_alone_do() -> None:
    assert words("At least one signed up, looked up, set up, at first, at last, at most; break down.") == []
    assert words("Least. Up! First, last; most down.") == ["Least", "Up", "First", "last", "most", "down"]


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("113,788,105.", ["113,788,105"]),
        ("3.14, 1’000 and 7,", ["3.14", "1’000", "7"]),
        ("-5% of 12–13", ["5", "12", "13"]),
        ("H2O and ½ of x² in Ⅻ", ["2", "½", "²", "Ⅻ"]),
        ("٣٫٥ and ３", ["٣", "٥", "３"]),
        ("2020-12-31", ["2020", "12", "31"]),
    ],
)
def test_a_figure_is_a_run_of_digits_with_its_separators(text: str, figures: list[str]) -> None:
    assert words(text) == figures


def test_a_declared_name_passes_as_a_whole_word_only() -> None:
    names = {"names": ["PyTorch 2", "Best Bot", "C++", "X (2)"]}
    assert words("PyTorch 2 and PyTorch 2, by Best Bot in C++ on X (2)", **names) == []
    assert words("PyTorch 2.5", **names) == ["2.5"]
    assert words("PyTorch 25", **names) == ["25"]
    assert words("XPyTorch 2", **names) == ["2"]
    assert words("pytorch 2; Best Bots", **names) == ["2", "Best"]


def test_an_allowed_word_passes_in_any_case_and_nothing_else_does() -> None:
    assert words("First up: Records of 5 records", allow=["first", "UP", "5"]) == ["5"]


def test_what_a_citation_covers_whole_is_vouched_for() -> None:
    seen = observed(94)
    assert uncited("TensorFlow " + Cited.of("leads", seen) + " with " + Cited.of("94", seen)) == []
    half = Cited.of("11", seen) + "3 of " + Cited.of("9", seen) + Cited.of("4", seen)
    assert [one.text for one in uncited(half)] == ["113", "94"]


def test_no_claim_word_is_vouched_for_by_a_neighbour() -> None:
    assert [one.text for one in uncited(Cited.of("94", observed(94)) + " more")] == ["more"]
