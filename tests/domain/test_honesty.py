from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.honesty import statements, strange, uncited
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
    "because",
    "caused",
    "causing",
    "cause",
    "due to",
    "thanks to",
    "owing to",
    "driven by",
    "fueled",
    "fuelled",
    "sparked",
    "hence",
    "thus",
    "therefore",
    "as a result",
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
    # what stands against a number makes it another one: "-40", ".40", "40%", "40k", "40b"
    sign = before if before in ("-", ".") else ""
    scale = after if after in ("b", "%", "k") else ""
    found = statements(before + number + after)
    assert [(one.kind, one.text) for one in found] == [("figure", sign + number + scale)]
    assert found[0].start == len(before) - len(sign)


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
     "Notebooks learn with copies removed", "secondary", "firsthand", "Bestow", "Apache Spark", "due", "thanks", "causeway"],
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
        ("-5% of 12–13", ["-5%", "12", "13"]),
        ("H2O and ½ of x² in Ⅻ", ["2O", "½", "²", "Ⅻ"]),
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


@pytest.mark.parametrize(
    "text",
    [
        "PyTorch leads the field.",
        "TensorFlow is ahead of Keras.",
        "Keras trails both.",
        "JAX lags behind.",
        "PyTorch outranks TensorFlow at NeurIPS.",
        "PyTorch tops the list.",
        "PyTorch topped every conference.",
        "TensorFlow dominates production.",
        "The dominance of TensorFlow is over.",
        "PyTorch is the champion of research.",
        "PyTorch is number one.",
        "Few are ever taken back.",
        "Many developers name Keras.",
        "Several conferences went to PyTorch.",
        "Zero papers name Keras.",
        "Downloads increased.",
        "An increase in stars.",
        "Downloads are decreasing.",
        "PyTorch exceeds TensorFlow.",
        "TensorFlow peaked then.",
        "Stars skyrocketed.",
        "Downloads plummeted.",
        "JAX is booming.",
        "PyTorch ranks high in research.",
        "TensorFlow is ranked below PyTorch.",
        "Keras and PyTorch are level.",
        "TensorFlow still has the majority.",
        "Keras is the most popular.",
        "A third of all papers name PyTorch.",
        "PyTorch came fourth.",
        "PyTorch is in second place.",
        "A tenth of the respondents name JAX.",
        "TensorFlow was downloaded six times as often.",
        "Downloads doubled.",
        "JAX grew tenfold.",
        "Half of them name TensorFlow.",
        "Almost everybody names TensorFlow.",
        "PyTorch gained on TensorFlow.",
        "Keras lost ground.",
        "TensorFlow is down, PyTorch is up.",
        "A dozen conferences.",
        "More than 40 % name Keras.",
        "PyTorch has ４０ papers.",
        "PyTorch has ٤٠ papers.",
        "Ⅻ conferences name it.",
        "½ of the papers.",
        "七 conferences name it.",
        "① PyTorch, then Keras.",
        "x² papers name it.",
    ],
)
def test_a_sentence_that_says_how_many_or_who_is_ahead_is_refused(text: str) -> None:
    assert statements(text, ["PyTorch", "TensorFlow", "Keras", "JAX", "NeurIPS"]) != []


@pytest.mark.parametrize(
    "text",
    [
        "PyTorch multiplied its downloads.",
        "PyTorch has a greater share.",
        "TensorFlow sank.",
        "Downloads tumbled.",
        "Stars spiked.",
        "Stars stagnated.",
        "PyTorch is the runner-up.",
        "A fifth of them name Keras.",
        "PyTorch is the leader’s rival.",
    ],
)
def test_a_sentence_that_compares_in_other_words_is_refused(text: str) -> None:
    assert statements(text, ["PyTorch", "TensorFlow", "Keras", "JAX"]) != []


@pytest.mark.parametrize(
    "text",
    [
        "Deep-learning frameworks, by public numbers.",
        "A star is a bookmark: it does not tell who still uses what.",
        "Who joins Kaggle is not who works in the field.",
        "The charts name their sources.",
        "What nobody counted is left out, not set to nought.",
        "Corrections are welcome.",
        "Measure by measure, each with what its number does not tell.",
        "People tick as they please, so shares do not add.",
        "By pip only; the oldest counts run small.",
        "No measure here counts people, and each favours somebody.",
        "Package counts favour servers, surveys favour who answers, stars favour age.",
        "TensorFlow and Keras go together.",
        "Downloads against the year before:",
        "JAX was not on the list.",
        "Papers that name just one of the frameworks.",
        "Stack Overflow asked developers of every kind, worldwide.",
        "At least somebody signed up.",
        "Download it from upstream, uploaded by its author.",
        "The moreover clause pleads for someone alone.",
        "Numbers are taken from the survey's own files.",
        "Each bar is a share of those who answered.",
        "PyTorch 2 is a name, and so is Web 2.0.",
        "The window ends with the year; dates are in the notes.",
        "Gaps are changes of method or missing readings.",
    ],
)
def test_a_sentence_that_compares_nothing_passes(text: str) -> None:
    assert words(text, names=["PyTorch 2", "Web 2.0"]) == []


@pytest.mark.parametrize(
    "text",
    ["40,314\nT-Mobile 4,012", "500 M&A deals", "500 K-pop fans", "40,314 Go users", "5 Boxes", "see 12. The rest", "12\nMany"],
)
def test_what_follows_on_is_not_taken_for_the_scale_of_a_figure(text: str) -> None:
    digits = [found.text for found in statements(text) if found.kind == "figure"]
    assert all(found.replace(",", "").isdigit() for found in digits)


@pytest.mark.parametrize(
    "text", ["40M", "40 M users", "40 bn", "40%", "40 %", "40k", "-40", "~40", "$40", "#40", "40+", "40\u00d7", ".40"]
)
def test_what_is_glued_to_a_figure_is_part_of_it(text: str) -> None:
    assert statements(text)[0].text == text.removesuffix(" users")


@pytest.mark.parametrize(
    "text",
    ["le\u200bads", "gro\u00adws", "\uff4c\uff45ads", "\U0001d425eads", "l\u0435ads", "5\u0336", "\u202e05", "a\x00b", "\ue000"],
)
def test_a_character_that_disguises_words_is_strange(text: str) -> None:
    assert strange(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "Élan naïve",
        "日本語",
        "Яндекс",
        "Ελληνικά",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u00b5s",
        "👩\u200d💻",
        "a\n\tb",
        "C++ & C#",
    ],
)
def test_other_scripts_and_emoji_are_not_strange(text: str) -> None:
    assert strange(text) is None
