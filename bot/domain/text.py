"""Text that remembers what each of its numbers and claim words rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.domain.claim import Basis


@dataclass(frozen=True)
class Span:
    """`text[start:end]` rests on `basis`."""

    start: int
    end: int
    basis: Basis


@dataclass(frozen=True)
class Cited:
    """
    A text with its citations. Adds up like a string: `Cited("a ") + Cited.of("113.8M", observation) + " b"`.

    Spans are in order and do not overlap.
    """

    text: str = ""
    spans: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        end = 0
        for span in self.spans:
            if not end <= span.start < span.end <= len(self.text):
                raise ValueError(f"citation {span.start}:{span.end} is empty, overlaps another, or leaves the text {self.text!r}")
            end = span.end

    @classmethod
    def of(cls, text: str, basis: Basis) -> Cited:
        """A text that as a whole rests on one observation or one number of a claim."""
        return cls(text, (Span(0, len(text), basis),))

    @classmethod
    def join(cls, separator: str, parts: Iterable[Cited | str]) -> Cited:
        """Like `str.join`."""
        whole = cls()
        for index, part in enumerate(parts):
            whole = whole + separator + part if index else whole + part
        return whole

    def __add__(self, other: Cited | str) -> Cited:
        if isinstance(other, str):
            return Cited(self.text + other, self.spans)
        shift = len(self.text)
        return Cited(
            self.text + other.text,
            self.spans + tuple(Span(span.start + shift, span.end + shift, span.basis) for span in other.spans),
        )

    def __radd__(self, other: str) -> Cited:
        return Cited(other) + self

    def __str__(self) -> str:
        return self.text

    def pieces(self) -> Iterator[tuple[str, Basis | None]]:
        """The text cut at its citations: each piece with what it rests on, or None."""
        at = 0
        for span in self.spans:
            if at < span.start:
                yield self.text[at : span.start], None
            yield self.text[span.start : span.end], span.basis
            at = span.end
        if at < len(self.text):
            yield self.text[at:], None

    def citation_of(self, start: int, end: int) -> Basis | None:
        """What vouches for `text[start:end]`, if one citation covers all of it."""
        return next((span.basis for span in self.spans if span.start <= start and end <= span.end), None)
