from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.text import Cited, Span
from tests.builders import MANY, observed

ONE, TWO, THREE = observed(1), observed(2), observed(3)
plain = st.text(max_size=6)
cited = st.builds(Cited.of, st.text(min_size=1, max_size=6), st.sampled_from([ONE, TWO, THREE]))
parts = st.lists(plain | cited, max_size=8)


def citations(text: Cited) -> list[tuple[str, object]]:
    return [(text.text[span.start : span.end], span.basis) for span in text.spans]


def citations_of(written: list[Cited | str]) -> list[tuple[str, object]]:
    return [found for part in written if isinstance(part, Cited) for found in citations(part)]


@MANY
@given(parts)
def test_citations_stay_with_their_words_through_any_sum(written: list[Cited | str]) -> None:
    whole = Cited()
    for part in written:
        whole = whole + part
    assert whole.text == "".join(str(part) for part in written)
    assert citations(whole) == citations_of(written)


@MANY
@given(parts)
def test_citations_stay_with_their_words_when_built_from_the_end(written: list[Cited | str]) -> None:
    whole = Cited()
    for part in reversed(written):
        whole = part + whole
    assert whole.text == "".join(str(part) for part in written)
    assert citations(whole) == citations_of(written)


@MANY
@given(plain, parts)
def test_joining_puts_the_separator_between_and_keeps_the_citations(separator: str, written: list[Cited | str]) -> None:
    whole = Cited.join(separator, written)
    assert whole.text == separator.join(str(part) for part in written)
    assert citations(whole) == citations_of(written)


@MANY
@given(parts, parts, parts)
def test_it_does_not_matter_which_sum_is_made_first(a: list[Cited | str], b: list[Cited | str], c: list[Cited | str]) -> None:
    one, two, three = (Cited.join("", part) for part in (a, b, c))
    assert (one + two) + three == one + (two + three)


@MANY
@given(parts)
def test_the_pieces_are_the_text_and_its_citations(written: list[Cited | str]) -> None:
    whole = Cited.join("", written)
    pieces = list(whole.pieces())
    assert "".join(piece for piece, _ in pieces) == whole.text
    assert [(piece, basis) for piece, basis in pieces if basis is not None] == citations_of(written)
    assert all(piece for piece, _ in pieces)


def test_a_sum_of_words_and_figures() -> None:
    text = "TensorFlow " + Cited.of("113.8M", ONE) + ", PyTorch " + Cited.of("18.5M", TWO)
    assert text == Cited("TensorFlow 113.8M, PyTorch 18.5M", (Span(11, 17, ONE), Span(27, 32, TWO)))


def test_a_citation_vouches_for_what_lies_wholly_inside_it() -> None:
    text = Cited("abcdef", (Span(1, 3, ONE), Span(3, 5, TWO)))
    assert [text.citation_of(*place) for place in ((1, 3), (1, 2), (3, 5), (0, 2), (2, 4), (4, 6), (5, 6))] == [
        ONE, ONE, TWO, None, None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "spans",
    [
        (Span(0, 0, ONE),),
        (Span(2, 1, ONE),),
        (Span(-1, 2, ONE),),
        (Span(2, 4, ONE),),
        (Span(0, 2, ONE), Span(1, 3, TWO)),
        (Span(1, 2, ONE), Span(0, 1, TWO)),
    ],
)
def test_a_citation_that_is_empty_overlaps_or_leaves_the_text_is_refused(spans: tuple[Span, ...]) -> None:
    with pytest.raises(ValueError, match="is empty, overlaps another, or leaves the text 'abc'"):
        Cited("abc", spans)


def test_nothing_cannot_be_cited() -> None:
    with pytest.raises(ValueError, match="is empty"):
        Cited.of("", ONE)
