"""
What a template's length depends on: the figures and claims it asks for, and which of them decide together what is printed.

Two inputs belong to one group if a condition on one guards what is printed of the other. Between groups, lengths simply add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from jinja2 import nodes

from bot.domain.measure import WHOLE
from bot.domain.report import Report

Input: TypeAlias = tuple[str, ...]
"""What a template asks for: ("figures", metric, subject), ("claims", key) or ("period",)."""

_LISTS: Final = ("ranked", "subjects", "missing", "not_asked")
_TELLING: Final = ("level", "finding", *_LISTS)
"""Parts of a claim that conditions may look at: what they can be is known beforehand, unlike a wording."""


@dataclass(frozen=True)
class Group:
    """Inputs whose lengths hang together: those conditions look at, and those that are merely printed under them."""

    tested: tuple[Input, ...]
    printed: tuple[Input, ...]

    @property
    def inputs(self) -> tuple[Input, ...]:
        return (*self.tested, *self.printed)


@dataclass(frozen=True)
class Shape:
    """
    A template's groups; `parts` are the names of all attributes it asks for anywhere.

    `ordered`: it looks at the places of a claim's lists, so every order counts. `opaque`: a condition looks at a wording.
    """

    groups: tuple[Group, ...]
    parts: frozenset[str]
    ordered: bool = False
    opaque: bool = False


def shape(tree: nodes.Template, report: Report) -> Shape:
    """What the length of a checked template depends on."""
    reading = _Reading(report)
    reading.walk(tree, {})
    parts = {node.attr for node in tree.find_all(nodes.Getattr)}
    keys = {str(node.arg.value) for node in tree.find_all(nodes.Getitem) if isinstance(node.arg, nodes.Const)}
    return Shape(tuple(reading.groups()), frozenset(parts | keys), reading.ordered, reading.opaque)


def every_branch(tree: nodes.Template) -> nodes.Template:
    """
    The same template with all its branches printed one after the other: at least as long as any of them.

    A choice inside an expression stays as it is.
    """
    tree.body = list(_flat(tree.body))
    return tree


def _flat(body: Iterable[nodes.Node]) -> Iterator[nodes.Node]:
    for node in body:
        match node:
            case nodes.If():
                yield from _flat([*node.body, *(part for other in node.elif_ for part in other.body), *node.else_])
            case nodes.For():
                node.body, otherwise, node.else_, node.test = list(_flat(node.body)), node.else_, [], None
                yield node
                yield from _flat(otherwise)
            case _:
                yield node


_Scope: TypeAlias = Mapping[str, frozenset[Input]]
"""What the variables of loops come from."""


class _Reading:
    """One walk over a tree, collecting which inputs decide over which."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._edges: list[tuple[frozenset[Input], frozenset[Input]]] = []
        self.ordered = False
        self.opaque = False

    def walk(self, node: nodes.Node, scope: _Scope) -> frozenset[Input]:
        """The inputs below a node. What decides over what is noted on the way."""
        match node:
            case nodes.If() | nodes.CondExpr():
                return self._decided(self._test(node.test, scope), self._children(node, scope))
            case nodes.And() | nodes.Or() | nodes.Not() | nodes.Compare() | nodes.Test():
                return self._decided(self._test(node, scope), frozenset())
            case nodes.For():
                return self._loop(node, scope)
            case nodes.Getattr() | nodes.Getitem() | nodes.Name():
                return self._named(node, scope)
            case nodes.Filter() if any(not isinstance(argument, nodes.Const) for argument in node.args):
                found = self._children(node, scope)
                return self._decided(found, found)
        return self._decided(frozenset(), self._children(node, scope), alone=True)

    def groups(self) -> Iterator[Group]:
        """The inputs, joined where one decides over another, in the order of the template."""
        joined: list[set[Input]] = []
        for tested, below in self._edges:
            new = set(tested | below)
            for old in [one for one in joined if one & new]:
                joined.remove(old)
                new |= old
            joined.append(new)
        decisive = {one for tested, _ in self._edges for one in tested}
        for members in joined:
            yield Group(tuple(sorted(members & decisive)), tuple(sorted(members - decisive)))

    def _children(self, node: nodes.Node, scope: _Scope) -> frozenset[Input]:
        return frozenset(one for child in node.iter_child_nodes() for one in self.walk(child, scope))

    def _decided(self, tested: frozenset[Input], below: frozenset[Input], alone: bool = False) -> frozenset[Input]:
        if not alone:
            self._edges.append((tested, tested | below))
        return tested | below

    def _loop(self, node: nodes.For, scope: _Scope) -> frozenset[Input]:
        over = self.walk(node.iter, scope)
        names = [name.name for name in node.target.find_all(nodes.Name)] or [getattr(node.target, "name", "")]
        inside = {**scope, **dict.fromkeys([*names, "loop"], over)}
        tests = frozenset() if node.test is None else self._test(node.test, inside)
        body = frozenset(one for child in (*node.body, *node.else_) for one in self.walk(child, inside))
        others = (tests | body) - over
        return self._decided(over | tests, body, alone=not (over | tests) or not others)

    def _test(self, node: nodes.Node, scope: _Scope) -> frozenset[Input]:
        """The inputs a condition looks at, and whether it can be known beforehand what it sees."""
        match node:
            case nodes.Filter():
                self.opaque = True
            case nodes.Compare():
                for side in (node.expr, *(one.expr for one in node.ops)):
                    self.opaque |= _wording(_path(side))
            case nodes.Getattr() | nodes.Getitem() | nodes.Name():
                path = _path(node)
                self.ordered |= path[0] in scope or len(path) > 3
                self.opaque |= path[0] == "claims" and len(path) > 2 and path[2] not in _TELLING
                return self._named(node, scope)
        return frozenset(one for child in node.iter_child_nodes() for one in self._test(child, scope))

    def _named(self, node: nodes.Node, scope: _Scope) -> frozenset[Input]:
        root, *keys = _path(node)
        computed = frozenset(one for arg in _computed(node) for one in self.walk(arg, scope))
        self.ordered |= root == "claims" and len(keys) > 2 and keys[1] in _LISTS
        found = frozenset(self._inputs(root, keys)) | scope.get(root, frozenset())
        for one in found:
            self._edges.append((frozenset(), frozenset([one])))
        return self._decided(computed, found) if computed else found

    def _inputs(self, root: str, keys: list[str]) -> Iterator[Input]:
        """All that a path may mean: a key that is computed ("") may be any."""
        if root == "period":
            yield ("period",)
        elif root == "claims" and keys:
            yield from (("claims", one.key) for one in self._report.claims if keys[0] in ("", one.key))
        elif root == "figures" and len(keys) > 1:
            for metric in self._report.metrics if keys[0] == "" else keys[:1]:
                for subject in (*self._report.subjects, WHOLE) if keys[1] == "" else keys[1:2]:
                    yield ("figures", metric, subject)


def _wording(path: list[str]) -> bool:
    """Whether what is compared is a figure or a wording: what it will be nobody knows beforehand."""
    if path[0] == "claims":
        return len(path) < 3 or path[2] not in _TELLING
    return path[0] == "figures" and len(path) < 4


def _path(node: nodes.Node) -> list[str]:
    """ "claims.a.ranked[0]" as ["claims", "a", "ranked", "0"]; a computed key is empty, and so is a root that is no name."""
    keys: list[str] = []
    while isinstance(node, (nodes.Getattr, nodes.Getitem)):
        if isinstance(node, nodes.Getattr):
            keys.insert(0, node.attr)
        else:
            keys.insert(0, str(node.arg.value) if isinstance(node.arg, nodes.Const) else "")
        node = node.node
    return [node.name if isinstance(node, nodes.Name) else "", *keys]


def _computed(node: nodes.Node) -> Iterator[nodes.Node]:
    """The expressions of a path that say which key is meant, and what stands at its root if that is no name."""
    while isinstance(node, (nodes.Getattr, nodes.Getitem)):
        if isinstance(node, nodes.Getitem) and not isinstance(node.arg, nodes.Const):
            yield node.arg
        node = node.node
    if not isinstance(node, nodes.Name):
        yield node
