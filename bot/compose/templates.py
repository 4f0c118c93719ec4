"""
Texts in the language of language.py, rendered to cited text in Jinja2's sandbox.

Every printed figure goes out between private-use marks, and comes back as a citation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import CodeType
from typing import Final

from jinja2 import Environment, StrictUndefined, TemplateError, UndefinedError, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.compose.language import SURROGATE_OR_PRIVATE, Language, bad
from bot.compose.views import (
    FILTERS,
    AbsentView,
    ClaimView,
    FigureView,
    LeftOut,
    Names,
    Unknown,
    for_each_filter,
)
from bot.domain.claim import Basis
from bot.domain.measure import Metric, Subject
from bot.domain.period import Period
from bot.domain.report import Report, Template
from bot.domain.text import Cited, Span
from bot.domain.words import nearest
from bot.errors import BadTemplate

_OPEN, _MIDDLE, _CLOSE = "\ue000", "\ue001", "\ue002"
_MARKED: Final = re.compile(f"{_OPEN}([0-9]+){_MIDDLE}([^{_CLOSE}]*){_CLOSE}")
_UNUSABLE: Final = (
    TemplateError, TypeError, ValueError, AttributeError, LookupError, ArithmeticError, NameError, SyntaxError, RecursionError,
    MemoryError,
)  # fmt: skip


class Templates:
    """Checks and renders the texts of one report."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined,
            finalize=None,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
        )
        self._environment.globals.clear()
        self._environment.filters = {name: for_each_filter(function) for name, function in FILTERS.items()}
        self._environment.tests = {"defined": self._environment.tests["defined"]}
        self._language = Language(report, self._environment)
        self._prepared: dict[Template, Prepared] = {}

    def check(self, template: Template) -> None:
        """
        Refuse a template for what its source says, before anything is composed.

        Raises:
            BadTemplate: with the line.
        """
        self._language.read(template)

    def render(self, template: Template, context: Mapping[str, object]) -> Cited:
        """
        The text with its citations.

        Raises:
            LeftOut: it prints a figure or claim that is absent.
            BadTemplate: it asks for something unknown or tries to leave the sandbox; with the line.
        """
        if template not in self._prepared:
            self._prepared[template] = self.prepare(template)
        return self._prepared[template].render(context)

    def prepare(self, template: Template, tree: nodes.Template | None = None) -> Prepared:
        """
        A template, or a tree made of it, that is compiled once to be rendered many times.

        Raises:
            BadTemplate: with the line.
        """
        return Prepared(tree or self.read(template), self._environment, template)

    def read(self, template: Template) -> nodes.Template:
        """The checked tree of a template. Raises BadTemplate with the line."""
        return self._language.read(template)


class Prepared:
    """One checked tree, ready to be rendered."""

    def __init__(self, tree: nodes.Template, environment: Environment, template: Template) -> None:
        self._template = template
        self._environment = environment
        try:
            self._code: CodeType = environment.overlay(finalize=_marker([])).compile(tree)
        except _UNUSABLE as error:
            raise bad(template, _line_of(error), f"cannot be rendered: {error}") from None

    def render(self, context: Mapping[str, object]) -> Cited:
        """
        The text with its citations.

        Raises:
            LeftOut: it prints a figure or claim that is absent.
            BadTemplate: it asks for something unknown or tries to leave the sandbox; with the line.
        """
        bases: list[Basis] = []
        return _cited(_tidy(self._marked(context, bases)), bases)

    def untidied(self, context: Mapping[str, object]) -> str:
        """The text before blanks and empty lines are tidied. Raises what `render` does."""
        return _MARKED.sub(r"\2", self._marked(context, []))

    def _marked(self, context: Mapping[str, object], bases: list[Basis]) -> str:
        environment = self._environment.overlay(finalize=_marker(bases))
        try:
            return environment.template_class.from_code(environment, self._code, {}).render(context)
        except LeftOut:
            raise
        except (Unknown, UndefinedError) as error:
            raise BadTemplate(f"{self._template.place}, line {_line_of(error)}: {_unknown(error, context)}") from None
        except SecurityError as error:
            raise bad(self._template, _line_of(error), f"reaches outside the sandbox: {error}") from None
        except _UNUSABLE as error:
            raise bad(self._template, _line_of(error), f"cannot be rendered: {error}") from None


@lru_cache(maxsize=8)
def templates(report: Report) -> Templates:
    """The texts of a report, each checked and compiled once, however many periods it is told for."""
    return Templates(report)


def context(
    report: Report,
    period: Period,
    figures: Mapping[str, Mapping[str, FigureView | AbsentView]],
    claims: Mapping[str, ClaimView | AbsentView],
) -> dict[str, object]:
    """What every template of a report sees."""
    return {
        "figures": Names("metric", {key: Names("subject", row) for key, row in figures.items()}),
        "claims": Names("claim", claims),
        "subjects": Names("subject", report.subjects),
        "metrics": Names("metric", report.metrics),
        "period": period,
        "report": report.title,
    }


def _marker(bases: list[Basis]) -> Callable[[object], str]:
    """The last step of every printed expression: citations become marks, anything that should not be printed is refused."""

    def mark(value: object) -> str:
        match value:
            case AbsentView():
                raise LeftOut(value.reason)
            case FigureView():
                return mark(FILTERS["full"](value))  # type: ignore[operator]
            case ClaimView():
                return mark(value.sentence)
            case Cited():
                return "".join(
                    _clean(piece) if basis is None else _mark(_clean(piece), basis, bases) for piece, basis in value.pieces()
                )
            case Period() | Subject() | str():
                return _clean(str(value))
            case Metric():
                return _clean(value.title)
            case StrictUndefined():
                return str(value)
            case _:
                raise Unknown(
                    f"a {type(value).__name__} cannot be printed; print a figure, a claim, a subject, a metric or the period"
                )

    return mark


def _clean(text: str) -> str:
    """A text without the characters citations travel between, and without halves of characters no file can hold."""
    return SURROGATE_OR_PRIVATE.sub("", text)


def _mark(text: str, basis: Basis, bases: list[Basis]) -> str:
    bases.append(basis)
    return f"{_OPEN}{len(bases) - 1}{_MIDDLE}{text}{_CLOSE}"


def _tidy(text: str) -> str:
    """No trailing blanks, no more than one empty line, nothing around the text; composed characters."""
    lines = "\n".join(line.rstrip() for line in unicodedata.normalize("NFC", text).splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def _cited(marked: str, bases: list[Basis]) -> Cited:
    text, spans, at = "", [], 0
    for match in _MARKED.finditer(marked):
        text += marked[at : match.start()]
        if match[2]:
            spans.append(Span(len(text), len(text) + len(match[2]), bases[int(match[1])]))
        text += match[2]
        at = match.end()
    return Cited(text + marked[at:], tuple(spans))


def _unknown(error: Exception, known: Mapping[str, object]) -> str:
    if isinstance(error, Unknown):
        return str(error)
    message = str(error)
    if match := re.fullmatch(r"'(\w+)' is undefined", message):
        return f'there is no "{match[1]}" in templates{nearest(match[1], known)}; there are {", ".join(known)}'
    return message


def _line_of(error: BaseException) -> int:
    """The line of the template an exception came from: jinja2 maps its generated code back in the traceback."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line or 1
