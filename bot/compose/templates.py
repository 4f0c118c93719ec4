"""
Texts with expressions, rendered to cited text.

The language is a small part of Jinja2's, in its sandbox: print a value, choose with if, walk over a claim's figures. No call,
no arithmetic, no macro, no include and no `range`: a template can neither make a number nor run for ever. Every printed figure
goes out between private-use marks, and comes back as a citation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

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
from bot.domain.honesty import statements, strange
from bot.domain.measure import WHOLE, Metric, Subject
from bot.domain.period import Period
from bot.domain.report import Report, Template
from bot.domain.text import Cited, Span
from bot.domain.words import nearest
from bot.errors import BadTemplate

_OPEN, _MIDDLE, _CLOSE = "\ue000", "\ue001", "\ue002"
_MARKED: Final = re.compile(f"{_OPEN}([0-9]+){_MIDDLE}([^{_CLOSE}]*){_CLOSE}")

_ALLOWED: Final = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Const,
    nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr,
)  # fmt: skip

_REFUSED: Final[Mapping[type[nodes.Node], str]] = {
    nodes.Call: "calls something",
    nodes.Include: "includes another template",
    nodes.Import: "imports another template",
    nodes.FromImport: "imports another template",
    nodes.Extends: "extends another template",
    nodes.Macro: "defines a macro",
    nodes.Assign: "sets a variable",
    nodes.AssignBlock: "sets a variable",
    nodes.List: "writes out a list",
    nodes.Dict: "writes out a dict",
    nodes.Slice: "cuts a list",
    nodes.Concat: "glues texts together; write them side by side",
}

_SURROGATE_OR_PRIVATE: Final = re.compile("[\ud800-\uf8ff]")
_DEEPEST: Final = 40
"""Steps inside steps. A real template has about ten; Python's own compiler gives up at a hundred blocks."""

_LISTS: Final = ("ranked", "subjects", "missing", "not_asked")
_LARGEST_NUMBER: Final = 1000
"""Numbers in a template are places of a percentage or of a list."""

_DEEPEST_LOOP: Final = 2
_LONGEST_SOURCE: Final = 20_000
"""Seventy posts' worth: a template longer than this is some other file."""


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

    def check(self, template: Template) -> None:
        """
        Refuse a template for what its source says, before anything is composed.

        Raises:
            BadTemplate: syntax, a step outside the language, an unknown filter, a literal figure or claim word; with the line.
        """
        tree = self._parse(template)
        self._check_depth(tree, template)
        for node in tree.find_all(nodes.Node):
            self._check_node(node, template)
        self._check_loops(tree, template, depth=0)
        self._check_names(tree, template)
        self._check_words(tree, template)

    def render(self, template: Template, context: Mapping[str, object]) -> Cited:
        """
        The text with its citations.

        Raises:
            LeftOut: it prints a figure or claim that is absent.
            BadTemplate: it asks for something unknown or tries to leave the sandbox; with the line.
        """
        self.check(template)
        bases: list[Basis] = []
        environment = self._environment.overlay(finalize=_marker(bases))
        try:
            marked = environment.from_string(template.source).render(context)
        except LeftOut:
            raise
        except (Unknown, UndefinedError) as error:
            raise BadTemplate(f"{template.place}, line {_line_of(error)}: {_unknown(error, context)}") from None
        except SecurityError as error:
            raise _bad(template, _line_of(error), f"reaches outside the sandbox: {error}") from None
        except (TemplateError, TypeError, ValueError, AttributeError, LookupError, ArithmeticError, NameError, SyntaxError,
                RecursionError, MemoryError) as error:  # fmt: skip
            raise _bad(template, _line_of(error), f"cannot be rendered: {error}") from None
        return _cited(_tidy(marked), bases)

    def _parse(self, template: Template) -> nodes.Template:
        if len(template.source) > _LONGEST_SOURCE:
            raise _bad(template, 1, f"is {len(template.source):,} characters long; a post's template has a few hundred")
        if stray := strange(template.source):
            line = template.source.count("\n", 0, template.source.index(stray)) + 1
            raise _bad(template, line, f"holds the character U+{ord(stray):04X}, which disguises words; remove it")
        try:
            return self._environment.parse(template.source)
        except TemplateSyntaxError as error:
            raise _bad(template, error.lineno, f"is not a template: {error.message}") from None
        except ValueError as error:  # a number of more than 4,300 digits
            raise _bad(template, 1, f"is not a template: {error}") from None
        except RecursionError:
            raise _bad(template, 1, "is nested too deeply to be read") from None

    def _check_node(self, node: nodes.Node, template: Template) -> None:
        if isinstance(node, nodes.Filter) and node.name not in self._environment.filters:
            near = nearest(node.name, self._environment.filters)
            known = ", ".join(sorted(self._environment.filters))
            raise _bad(template, node.lineno, f'uses the unknown filter "{node.name}"{near}; there are {known}')
        if isinstance(node, nodes.Test) and node.name not in self._environment.tests:
            raise _bad(template, node.lineno, f'uses the unknown test "{node.name}"; compare or write "if" with the value itself')
        if isinstance(node, nodes.BinExpr) and not isinstance(node, (nodes.And, nodes.Or)):
            raise _bad(template, node.lineno, "does arithmetic; a number that is not observed is a claim of the recipe")
        if not isinstance(node, _ALLOWED):
            does = _REFUSED.get(type(node), f"uses {type(node).__name__.lower()}")
            raise _bad(
                template, node.lineno, f"{does}, which templates here cannot; see the template language in CONTRIBUTING.md"
            )
        if isinstance(node, nodes.For) and node.recursive:
            raise _bad(template, node.lineno, "loops over itself, which templates here cannot")
        if isinstance(node, nodes.For) and not _is_list(node.iter):
            lists = ", ".join(_LISTS)
            raise _bad(template, node.lineno, f"loops over something that is no list; loop over subjects or a claim's {lists}")
        if isinstance(node, nodes.Const):
            self._check_constant(node, template)

    def _check_constant(self, node: nodes.Const, template: Template) -> None:
        if isinstance(node.value, str) and (stray := _SURROGATE_OR_PRIVATE.search(node.value)):
            raise _bad(template, node.lineno, f"writes the character U+{ord(stray[0]):04X}, which no post may hold")
        if isinstance(node.value, (int, float)) and not abs(node.value) <= _LARGEST_NUMBER:
            raise _bad(template, node.lineno, "writes a number larger than any place of a list")

    def _check_depth(self, tree: nodes.Template, template: Template) -> None:
        """Without recursion: a chain of dots is read by a loop and can be as deep as the source is long."""
        waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
        while waiting:
            node, depth = waiting.pop()
            if depth > _DEEPEST:
                raise _bad(template, node.lineno, "is nested too deeply to be read")
            waiting += [(child, depth + 1) for child in node.iter_child_nodes()]

    def _check_loops(self, node: nodes.Node, template: Template, depth: int) -> None:
        for child in node.iter_child_nodes():
            inside = depth + isinstance(child, nodes.For)
            if inside > _DEEPEST_LOOP:
                raise _bad(template, child.lineno, f"nests more than {_DEEPEST_LOOP} loops")
            self._check_loops(child, template, inside)

    def _check_names(self, tree: nodes.Template, template: Template) -> None:
        """Names that can be known without figures: a misspelt metric, subject or claim is found by `threadmill check`."""
        known = {
            "figures": (("metric", self._report.metrics), ("subject", {**self._report.subjects, WHOLE: None})),
            "claims": (("claim", {claim.key: None for claim in self._report.claims}),),
            "subjects": (("subject", self._report.subjects),),
            "metrics": (("metric", self._report.metrics),),
        }
        for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
            root, *keys = _path(node)
            for (what, names), key in zip(known.get(root, ()), keys, strict=False):
                if key not in names:
                    raise BadTemplate(f'{template.place}, line {node.lineno}: there is no {what} "{key}"{nearest(key, names)}')

    def _check_words(self, tree: nodes.Template, template: Template) -> None:
        for line, text in _literals(tree):
            for found in statements(text, self._names(), self._report.allow):
                at = line + text.count("\n", 0, found.start)
                advice = (
                    "print a figure or claim instead, or declare it under names if it belongs to a name"
                    if found.kind == "figure"
                    else "let a claim say it, or list the word under allow if it states nothing here"
                )
                raise _bad(template, at, f'writes the {found.kind} "{found.text}" itself; {advice}')

    def _names(self) -> Iterable[str]:
        yield from self._report.names
        yield from (subject.name for subject in self._report.subjects.values())


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
    return _SURROGATE_OR_PRIVATE.sub("", text)


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


def _is_list(node: nodes.Node) -> bool:
    """Whether an expression is one of the short lists there are."""
    return isinstance(node, nodes.Name) or (isinstance(node, nodes.Getattr) and node.attr in _LISTS)


def _path(node: nodes.Node) -> list[str]:
    """ "figures.a['b']" as ["figures", "a", "b"]; an empty root where it starts with no name or has a computed key."""
    keys: list[str] = []
    while isinstance(node, (nodes.Getattr, nodes.Getitem)):
        if isinstance(node, nodes.Getattr):
            keys.insert(0, node.attr)
        elif isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            keys.insert(0, node.arg.value)
        else:
            return [""]
        node = node.node
    return [node.name if isinstance(node, nodes.Name) else "", *keys]


def _literals(tree: nodes.Template) -> Iterable[tuple[int, str]]:
    """Text a template prints of its own: outside expressions, and string or number constants an expression may print."""
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                yield node.lineno, node.data
            else:
                yield from _printed_constants(node)


def _printed_constants(node: nodes.Node) -> Iterable[tuple[int, str]]:
    """Constants that can reach the post; keys ("tf-keras"), filter arguments and comparisons cannot."""
    match node:
        case nodes.Const():
            yield node.lineno, str(node.value)
        case nodes.CondExpr():
            for branch in (node.expr1, node.expr2):
                yield from () if branch is None else _printed_constants(branch)
        case nodes.And() | nodes.Or():
            yield from _printed_constants(node.left)
            yield from _printed_constants(node.right)
        case nodes.Filter() if node.node is not None:
            yield from _printed_constants(node.node)


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


def _bad(template: Template, line: int, what: str) -> BadTemplate:
    return BadTemplate(f"{template.place}, line {line}: the template {what}")
