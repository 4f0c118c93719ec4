"""
What a template may say, decided from its source alone, before anything is composed.

The language is a small part of Jinja2's: print a value, choose with if, walk over a claim's figures. No call, no arithmetic, no
macro, no include, no `range`: a template can neither make a number nor run for ever. Literal figures and claim words are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from jinja2 import Environment, TemplateSyntaxError, nodes

from bot.domain.honesty import statements, strange
from bot.domain.measure import WHOLE
from bot.domain.report import Report, Template
from bot.domain.words import nearest
from bot.errors import BadTemplate

SURROGATE_OR_PRIVATE: Final = re.compile("[\ud800-\uf8ff]")
"""Halves of characters, and those that citations travel between: no post may hold them."""

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

_DEEPEST: Final = 40
"""Steps inside steps. A real template has about ten; Python's own compiler gives up at a hundred blocks."""

_LISTS: Final = ("ranked", "subjects", "missing", "not_asked")
_LARGEST_NUMBER: Final = 1000
"""Numbers in a template are places of a percentage or of a list."""

_DEEPEST_LOOP: Final = 2
_LONGEST_SOURCE: Final = 20_000
"""Seventy posts' worth: a template longer than this is some other file."""


class Language:
    """Reads and checks the texts of one report."""

    def __init__(self, report: Report, environment: Environment) -> None:
        self._report = report
        self._environment = environment

    def read(self, template: Template) -> nodes.Template:
        """
        The checked tree of a template.

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
        return tree

    def _parse(self, template: Template) -> nodes.Template:
        if len(template.source) > _LONGEST_SOURCE:
            raise bad(template, 1, f"is {len(template.source):,} characters long; a post's template has a few hundred")
        if stray := strange(template.source):
            line = template.source.count("\n", 0, template.source.index(stray)) + 1
            raise bad(template, line, f"holds the character U+{ord(stray):04X}, which disguises words; remove it")
        try:
            return self._environment.parse(template.source)
        except TemplateSyntaxError as error:
            raise bad(template, error.lineno, f"is not a template: {error.message}") from None
        except ValueError as error:  # a number of more than 4,300 digits
            raise bad(template, 1, f"is not a template: {error}") from None
        except RecursionError:
            raise bad(template, 1, "is nested too deeply to be read") from None

    def _check_node(self, node: nodes.Node, template: Template) -> None:
        if isinstance(node, nodes.Filter) and node.name not in self._environment.filters:
            near = nearest(node.name, self._environment.filters)
            known = ", ".join(sorted(self._environment.filters))
            raise bad(template, node.lineno, f'uses the unknown filter "{node.name}"{near}; there are {known}')
        if isinstance(node, nodes.Test) and node.name not in self._environment.tests:
            raise bad(template, node.lineno, f'uses the unknown test "{node.name}"; compare or write "if" with the value itself')
        if isinstance(node, nodes.BinExpr) and not isinstance(node, (nodes.And, nodes.Or)):
            raise bad(template, node.lineno, "does arithmetic; a number that is not observed is a claim of the recipe")
        if not isinstance(node, _ALLOWED):
            does = _REFUSED.get(type(node), f"uses {type(node).__name__.lower()}")
            raise bad(template, node.lineno, f"{does}, which templates here cannot; see the template language in CONTRIBUTING.md")
        if isinstance(node, nodes.For) and node.recursive:
            raise bad(template, node.lineno, "loops over itself, which templates here cannot")
        if isinstance(node, nodes.For) and not _is_list(node.iter):
            lists = ", ".join(_LISTS)
            raise bad(template, node.lineno, f"loops over something that is no list; loop over subjects or a claim's {lists}")
        if isinstance(node, nodes.Const):
            self._check_constant(node, template)

    def _check_constant(self, node: nodes.Const, template: Template) -> None:
        if isinstance(node.value, str) and (stray := SURROGATE_OR_PRIVATE.search(node.value)):
            raise bad(template, node.lineno, f"writes the character U+{ord(stray[0]):04X}, which no post may hold")
        if isinstance(node.value, (int, float)) and not abs(node.value) <= _LARGEST_NUMBER:
            raise bad(template, node.lineno, "writes a number larger than any place of a list")

    def _check_depth(self, tree: nodes.Template, template: Template) -> None:
        """Without recursion: a chain of dots is read by a loop and can be as deep as the source is long."""
        waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
        while waiting:
            node, depth = waiting.pop()
            if depth > _DEEPEST:
                raise bad(template, node.lineno, "is nested too deeply to be read")
            waiting += [(child, depth + 1) for child in node.iter_child_nodes()]

    def _check_loops(self, node: nodes.Node, template: Template, depth: int) -> None:
        for child in node.iter_child_nodes():
            inside = depth + isinstance(child, nodes.For)
            if inside > _DEEPEST_LOOP:
                raise bad(template, child.lineno, f"nests more than {_DEEPEST_LOOP} loops")
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
                raise bad(template, at, f'writes the {found.kind} "{found.text}" itself; {advice}')

    def _names(self) -> Iterable[str]:
        yield from self._report.names
        yield from (subject.name for subject in self._report.subjects.values())


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


def bad(template: Template, line: int, what: str) -> BadTemplate:
    """What a template does that it may not, with its place."""
    return BadTemplate(f"{template.place}, line {line}: the template {what}")
