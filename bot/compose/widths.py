"""
How long each post of a report can become: a proof over every branch of its template and every plausible value.

A post that fits today may not fit when a count has a digit more. Each template is rendered by the code that composes, with
made-up figures and claims at their widest. Where conditions decide together what is printed, all their combinations are tried;
what is merely printed adds up, and is taken at its widest by itself.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from jinja2 import nodes

from bot.compose.assembly import Draft, as_sent, evidence_link, marked
from bot.compose.branches import Group, Input, Shape, every_branch, shape
from bot.compose.language import bad
from bot.compose.plausible import Boundless, Plausible, Weigh, periods, widest
from bot.compose.templates import Prepared, Templates, context
from bot.compose.variants import VARIANTS
from bot.compose.views import FILTERS, AbsentView, ClaimView, FigureView, LeftOut
from bot.compose.wording import phrase, phrases
from bot.domain.claim import Claim
from bot.domain.measure import WHOLE
from bot.domain.period import Period
from bot.domain.report import ClaimSpec, Report, Template
from bot.domain.text import Cited
from bot.domain.thread import Limits
from bot.errors import BadTemplate

_BRANCHES: Final = 4000
"""Combinations of what conditions look at that are tried for one group; of more, all branches are taken to be printed at once."""
_ABSENT: Final = AbsentView("absent")
_LEAVES: Final = 2000
"""Whole texts that are compared to the last character; beyond, the length is told as if no blank line were tidied away."""


@dataclass(frozen=True)
class Width:
    """
    The most a post can come to, its number and mark included, with the text and the branch that do.

    `branch` says how each figure and claim came out. `bound`: no single text may be as long; it is what all branches come to
    together, which were too many to try one by one.
    """

    post: str
    place: str
    length: float
    text: str
    branch: tuple[str, ...]
    bound: bool = False

    @property
    def when(self) -> str:
        """The branch in words."""
        return "all its branches together; simplify its conditions" if self.bound else "; ".join(self.branch) or "always"

    def refusal(self, limits: Limits) -> str | None:
        """Why the template can break a thread some day, or None if it always fits."""
        over = self.length - limits.post_length
        if over <= 0:
            return None
        return (
            f"post {self.post} can be {self.length} long, {over} over the {limits.post_length} of {limits.network}, its number "
            f"included: {self.when}. It would read {self.text!r}; shorten {self.place}"
        )


@dataclass(frozen=True)
class _Variant:
    """One way an input may come out, as the template sees it and in words."""

    view: FigureView | ClaimView | AbsentView | Period
    words: str
    sight: object = None
    """What conditions and loops see of it: two that look alike lead to the same branch."""


_Assignment: TypeAlias = Mapping[Input, _Variant]
_Posted: TypeAlias = Callable[[Cited], Cited]
"""What is added to a text before it goes out: the mark of figures entered by hand, and its number."""


@dataclass(frozen=True)
class _Widest:
    """The greatest length, the text that has it, and what it was made of."""

    length: float
    text: str
    chosen: _Assignment
    bound: bool = False


def widths(report: Report, origins: Sequence[str], by_hand: bool = False) -> Iterator[Width]:
    """
    The widest each post can be, in the recipe's order.

    `origins` are the names of those who may publish its figures. `by_hand`: a person may have entered them, and the post says so.

    Raises:
        BadTemplate: a template is wrong, or has more branches than can be told apart.
    """
    plausible, templates = Plausible(report, origins, by_hand), Templates(report)
    total = sum(not post.instead_of for post in report.posts)
    link = evidence_link(report, plausible.period)
    lasts = _lasts(report, templates) if link else frozenset[str]()
    for post in report.posts:
        draft = Draft(post.name, post.text.place, Cited(), link if post.name in lasts else "")
        yield _width(post.name, post.text, plausible, templates, _sent(draft, total))


def chart_widths(report: Report, origins: Sequence[str], weigh: Weigh, part: str) -> Iterator[Width]:
    """
    The widest the `part` ("title" or "subtitle") of each chart can be, by what `weigh` says, which the text has to stand on.

    Raises:
        BadTemplate: as above.
    """
    plausible, templates = Plausible(report, origins, weigh=weigh), Templates(report)
    for post in report.posts:
        if post.chart is not None:
            yield _width(post.name, getattr(post.chart, part), plausible, templates, lambda text: text)


def _lasts(report: Report, templates: Templates) -> frozenset[str]:
    """The posts that may be the last of a thread, which bears the link: the last never left out, and those after it."""
    found: set[str] = set()
    for post in reversed(report.posts):
        found.add(post.name)
        inputs = [wanted for group in shape(templates.read(post.text), report).groups for wanted in group.inputs]
        if post.chart is None and not post.instead_of and all(wanted == ("period",) for wanted in inputs):
            break
    return frozenset(found)


def _sent(draft: Draft, total: int) -> _Posted:
    return lambda text: as_sent(replace(draft, text=marked(text)), total, total)


def _width(name: str, template: Template, plausible: Plausible, templates: Templates, posted: _Posted) -> Width:
    try:
        found = _widest(template, plausible, templates, templates.read(template), posted)
    except Boundless:
        try:
            tree = every_branch(templates.read(template))
            found = replace(_widest(template, plausible, templates, tree, posted), bound=True)
        except Boundless as error:
            raise bad(template, 1, f"cannot be proved to fit: it asks for {error}; simplify its conditions") from None
    branch = tuple(f"{'.'.join(wanted)} {one.words}" for wanted, one in found.chosen.items() if wanted != ("period",))
    return Width(name, template.place, found.length, found.text, branch, found.bound)


def _widest(template: Template, plausible: Plausible, templates: Templates, tree: nodes.Template, posted: _Posted) -> _Widest:
    form = shape(tree, plausible.report)
    if form.opaque:
        raise Boundless("the wording of a figure or claim in a condition")
    try:
        return _Proof(templates.prepare(template, tree), form, plausible, posted).widest()
    except LeftOut:
        raise Boundless("what is absent wherever it is printed") from None


class _Proof:
    """The search for the widest text of one template."""

    def __init__(self, prepared: Prepared, form: Shape, plausible: Plausible, posted: _Posted) -> None:
        self._report = report = plausible.report
        self._prepared = prepared
        self._groups = form.groups
        self._posted = posted
        self._weigh = plausible.weigh
        self._period = plausible.period
        self._anything = Cited.of("any", plausible.seen(next(iter(report.metrics)), WHOLE)) if report.metrics else Cited("any")
        self._variants = {wanted: _variants(wanted, plausible, form) for group in form.groups for wanted in group.inputs}
        self._usual = {wanted: found[0] for wanted, found in self._variants.items()}
        self._no_claims: dict[str, ClaimView | AbsentView] = dict.fromkeys((claim.key for claim in report.claims), _ABSENT)
        no_figure: dict[str, FigureView | AbsentView] = dict.fromkeys((*report.subjects, WHOLE), _ABSENT)
        self._no_figures = dict.fromkeys(report.metrics, no_figure)

    def widest(self) -> _Widest:
        """
        The greatest length, the text that has it, and what it was made of.

        Combinations are tried from the longest on, by their length before blank lines are tidied away, until none that is left
        could be longer than what was found.
        """
        base = self._raw({})
        added = self._weigh(self._posted(self._anything).text) - self._weigh(self._anything.text)
        options = [self._options(group, base) for group in self._groups]
        rest = [sum(one[0][0] for one in options[at:]) for at in range(len(options) + 1)]
        best = _Widest(0, "", {})
        leaves = 0
        waiting: list[tuple[int, float, _Assignment]] = [(0, base + added, {})]
        while waiting:
            at, length, chosen = waiting.pop()
            if length + rest[at] <= best.length:
                continue
            if at < len(options):
                waiting += [(at + 1, length + gain, {**chosen, **its}) for gain, its in reversed(options[at])]
                continue
            text = self._posted(self._prepared.render(self._context(chosen))).text
            best = max(best, _Widest(self._weigh(text), text, chosen), key=lambda one: one.length)
            if (leaves := leaves + 1) == _LEAVES:
                return replace(best, length=base + added + rest[0], bound=True)
        return best

    def _options(self, group: Group, base: float) -> list[tuple[float, _Assignment]]:
        """For each branch the widest there is, with how much longer than usual it makes the text, the longest first."""
        ways = [self._variants[wanted] for wanted in group.tested]
        if math.prod(map(len, ways)) > _BRANCHES:
            raise Boundless(f"{len(ways)} figures and claims whose conditions have more combinations than can be tried")
        found: dict[object, tuple[float, _Assignment]] = {}
        for combination in itertools.product(*ways):
            length, chosen = self._filled(group, dict(zip(group.tested, combination, strict=True)))
            sight = tuple(variant.sight for variant in combination)
            if length is not None and (sight not in found or length - base > found[sight][0]):
                found[sight] = length - base, chosen
        return sorted(found.values(), key=lambda one: -one[0])

    def _filled(self, group: Group, chosen: dict[Input, _Variant]) -> tuple[float | None, _Assignment]:
        """The length with all that is merely printed at its widest; None if nothing is composed of what was chosen."""
        start = self._weight(chosen)
        others = ({**chosen, wanted: variant} for wanted in group.printed for variant in self._variants[wanted])
        while start is None and (other := next(others, None)) is not None:  # a usual one may lack a part that is asked for here
            start, chosen = self._weight(other), other
        if start is None:
            return None, chosen
        length = start
        for wanted in group.printed:
            weights = [(self._weight({**chosen, wanted: variant}), variant) for variant in self._variants[wanted]]
            most, widest_ = max(((weight, one) for weight, one in weights if weight is not None), key=lambda one: one[0])
            chosen = {**chosen, wanted: widest_}
            length = most
        return length, chosen

    def _weight(self, chosen: _Assignment) -> float | None:
        """The length of the text before it is tidied; None if a post that asks for this is left out or refused."""
        try:
            return self._raw(chosen)
        except (LeftOut, BadTemplate):
            return None

    def _raw(self, chosen: _Assignment) -> float:
        return self._weigh(self._prepared.untidied(self._context(chosen)))

    def _context(self, chosen: _Assignment) -> dict[str, object]:
        claims = dict(self._no_claims)
        figures = dict(self._no_figures)
        period = self._period
        for wanted, variant in (self._usual | dict(chosen)).items():
            match variant.view:
                case Period():
                    period = variant.view
                case ClaimView():
                    claims[wanted[1]] = variant.view
                case FigureView():
                    figures[wanted[1]] = {**figures[wanted[1]], wanted[2]: variant.view}
        return context(self._report, period, figures, claims)


def _variants(wanted: Input, plausible: Plausible, form: Shape) -> list[_Variant]:
    """All ways an input may come out that can be as wide as any, the usual form first and absence last."""
    match wanted:
        case ("claims", key):
            spec = next(spec for spec in plausible.report.claims if spec.key == key)
            return [*_of_claim(spec, plausible, form), _Variant(_ABSENT, "absent", "absent")]
        case ("figures", metric, subject):
            return [*_of_figure(metric, subject, plausible), _Variant(_ABSENT, "absent", "absent")]
        case _:
            return [_Variant(period, f"in {period}", period) for period in periods(plausible.report.granularity)]


def _of_figure(metric: str, subject: str, plausible: Plausible) -> Iterator[_Variant]:
    found = {
        (value, window): plausible.view(plausible.seen(metric, subject, value, window))
        for value in plausible.values(metric)
        for window in plausible.windows(metric)
    }
    for key in widest({key: plausible.forms(view) for key, view in found.items()}):
        yield _Variant(found[key], f"at {_in_full(found[key])}")


def _of_claim(spec: ClaimSpec, plausible: Plausible, form: Shape) -> Iterator[_Variant]:
    if spec.kind not in VARIANTS:
        raise Boundless(f'a "{spec.kind}" claim, whose variants nobody wrote down; see VARIANTS in bot/compose/variants.py')
    found = list(_stated(spec, plausible, form))
    alike: dict[object, dict[int, Mapping[str, float]]] = {}
    for number, (claim, view) in enumerate(found):
        wordings = [name for name in phrases(claim) if name == "sentence" or name in form.parts]
        widths: dict[str, float] = {name: plausible.weigh(str(phrase(claim, plausible.report, name))) for name in wordings}
        ranked = plausible.forms(view.ranked[0]) if "ranked" in form.parts and view.ranked else {}
        alike.setdefault(_sight(claim, form), {})[number] = {**widths, **ranked}
    for number in sorted(
        (kept for some in alike.values() for kept in widest(some)), key=lambda one: len(form.parts - set(phrases(found[one][0])))
    ):
        claim, view = found[number]
        yield _Variant(view, _told(view, "ranked" in form.parts), _sight(claim, form))


def _told(view: ClaimView, ranked: bool) -> str:
    """'level ("PyTorch and JAX are level", its figures at 99,999, Keras missing)'."""
    figures = f", its figures at {_in_full(view.ranked[0])}" if ranked and view.ranked else ""
    missing = "".join(f", {subject} missing" for subject in view.missing)
    return f'{view.finding} ("{view.sentence}"{figures}{missing})'


def _stated(spec: ClaimSpec, plausible: Plausible, form: Shape) -> Iterator[tuple[Claim, ClaimView]]:
    """Each way a claim may come out, with each value its figures may have."""
    for claim in VARIANTS[spec.kind](plausible, spec, form):
        for value in plausible.values(spec.metric) if spec.metric else (0.0,):
            seen = [plausible.seen(spec.metric, subject, value) for subject in claim.subjects if spec.metric]
            yield claim, ClaimView(claim, plausible.report, [plausible.view(one) for one in seen])


def _sight(claim: Claim, form: Shape) -> object:
    """What conditions and loops see of a claim beside its wordings."""
    lists = (claim.subjects, claim.missing, claim.not_asked)
    return claim.finding, lists if form.ordered else tuple(frozenset(one) for one in lists)


def _in_full(view: FigureView) -> str:
    return str(FILTERS["full"](view))  # type: ignore[operator]
