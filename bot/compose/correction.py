"""The words of a correction: a reply that says of a post which of its figures were restated, old and new, each cited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from bot.analysis.restatements import Restated
from bot.compose.assembly import Draft, marked, single
from bot.compose.views import FILTERS, figure_view
from bot.domain.edition import Edition
from bot.domain.honesty import strange, uncited
from bot.domain.measure import WHOLE, Metric, Observation, Unit
from bot.domain.numerals import compact, grouped, percent
from bot.domain.period import Period
from bot.domain.report import Report
from bot.domain.text import Cited
from bot.domain.thread import Limits, Post, Thread
from bot.errors import BadInput, BadThread

_PLACE: Final = "--because"
_SHORTER: Final = "--because, or name some of its subjects with --subject"


@dataclass(frozen=True)
class Corrected:
    """The post that is corrected: of which report and period, and its place in the thread."""

    report: Report
    period: Period
    position: int
    total: int

    @property
    def names(self) -> tuple[str, ...]:
        """Words with figures in them that are none: how the post, the period and the metrics are called."""
        titles = (title for metric in self.report.metrics.values() for title in (metric.title, metric.heading))
        return (f"{self.position}/{self.total}", self.period.name, self.period.key, *titles)


def correction(
    corrected: Corrected, changes: Sequence[Restated], because: str, limits: Limits, composed_at: dt.datetime
) -> Edition:
    """
    A thread of one post without a number: each figure, new and old, then the reason. `changes` were restated or withdrawn.

    Where the metrics' whole titles do not fit, their short ones stand.

    Raises:
        BadInput: there is no reason, or it holds figures or claim words, for which nothing vouches.
        BadThread: it cannot be posted as it stands: over length, or the reason mentions somebody.
    """
    reason = _checked(because, corrected)
    try:
        post = _post(corrected, changes, reason, limits, lambda metric: metric.title)
    except BadThread:
        post = _post(corrected, changes, reason, limits, lambda metric: metric.heading)
    return Edition(corrected.report, corrected.period, composed_at, Thread((post,), (), (), limits))


def values(old: float, new: float | None, metric: Metric | None) -> tuple[str, str]:
    """Two values of one figure as posts print them, with as many digits as tell them apart; none for one that is withdrawn."""
    share = metric is not None and metric.unit is Unit.PERCENT
    shown: list[Callable[[float], str]] = [percent, partial(percent, places=2)] if share else [compact, grouped]
    if new is None:
        return shown[0](old), ""
    sign = "%" if share else ""
    pairs = [(one(old), one(new)) for one in shown]
    return next((pair for pair in pairs if pair[0] != pair[1]), (f"{old!r}{sign}", f"{new!r}{sign}"))


def _checked(because: str, corrected: Corrected) -> str:
    reason = " ".join(because.split())
    if not reason:
        raise BadInput(f"{_PLACE} is empty: readers are told why a figure changed; say it in a sentence")
    if (odd := strange(reason)) is not None:
        raise BadInput(f"{_PLACE} holds U+{ord(odd):04X}, which may disguise a word or a number; write it plainly")
    report = corrected.report
    names = [*report.names, *corrected.names, *(subject.name for subject in report.subjects.values())]
    if found := uncited(Cited(reason), names, report.allow):
        words = ", ".join(f'"{one.text}" ({one.kind})' for one in found)
        raise BadInput(
            f"{_PLACE} says {words}, and nothing vouches for it: the old and the new figure stand in the correction already, "
            "with their sources. Say why they changed without figures and without comparing"
        )
    return reason if reason[-1] in ".!?" else f"{reason}."


def _post(corrected: Corrected, changes: Sequence[Restated], reason: str, limits: Limits, title: Callable[[Metric], str]) -> Post:
    head = f"Correction to {corrected.position}/{corrected.total}\n\n"
    text = Cited(head) + Cited.join("\n", _lines(corrected.report, changes, title)) + f"\n\n{reason}"
    return single(Draft("correction", _SHORTER, marked(text)), corrected.report, corrected.names, limits)


def _lines(report: Report, changes: Sequence[Restated], title: Callable[[Metric], str]) -> Iterator[Cited]:
    """One line for each metric and window: "PyPI downloads, October 2026: PyTorch 163.8M, not 150.1M; Keras ..."."""
    groups: dict[tuple[str, Period], list[Restated]] = {}
    for one in changes:
        groups.setdefault((one.old.metric, one.old.period), []).append(one)
    for (metric, _), found in groups.items():
        head = Cited(title(report.metrics[metric])) + ", " + _window(found[0].new or found[0].old, report) + ": "
        yield head + Cited.join("; ", [_figure(one, report) for one in found]) + "."


def _figure(change: Restated, report: Report) -> Cited:
    """The new one comes first: a later correction takes the first observation of a figure for what the account states."""
    old, new = change.old, change.new
    name = "" if old.subject == WHOLE else f"{report.name_of(old.subject)} "
    was, now = values(old.value, None if new is None else new.value, report.metrics[old.metric])
    if new is None:
        return Cited(name) + Cited.of(was, old) + " was withdrawn by " + Cited.of(old.origin, old)
    return Cited(name) + Cited.of(now, new) + ", not " + Cited.of(was, old)


def _window(seen: Observation, report: Report) -> Cited:
    """The window as a template prints it."""
    found = FILTERS["window"](figure_view(seen, report))  # type: ignore[operator]
    assert isinstance(found, Cited)  # noqa: S101 - of a figure that is there, by construction
    return found
