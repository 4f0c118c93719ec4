"""How far back an edition looks: what its posts print, its claims compare and its charts draw."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Final

from bot.domain.period import Period
from bot.domain.report import Report

_NOW: Final = frozenset({"lead", "ratio", "share", "rank", "level"})
"""Claims about the period alone."""
_BEFORE: Final = frozenset({"growth", "gained", "rank_change", "fastest"})
"""Claims about the period and the one it is measured from. All others may look back to the beginning."""
_BEGINNING: Final = dt.datetime.min.replace(tzinfo=dt.UTC)


def reach(report: Report, period: Period) -> Mapping[str, dt.datetime]:
    """For each metric of a report, the end of the oldest window that may matter to its edition of a period."""
    found = dict.fromkeys(report.metrics, period.start)
    for metric, start in (*_of_claims(report, period), *_of_charts(report, period)):
        found[metric] = min(found[metric], start)
    return {metric: _back(start, report.metrics[metric].tolerance) for metric, start in found.items()}


def _of_claims(report: Report, period: Period) -> Iterator[tuple[str, dt.datetime]]:
    for claim in report.claims:
        if claim.metric and claim.kind not in _NOW:
            yield claim.metric, claim.before(period).start if claim.kind in _BEFORE else _BEGINNING


def _of_charts(report: Report, period: Period) -> Iterator[tuple[str, dt.datetime]]:
    for chart in (post.chart for post in report.posts if post.chart is not None):
        first = chart.start(period)
        for metric in chart.metrics:
            if chart.kind == "trend" or (chart.kind == "share" and first is not None):
                yield metric, _BEGINNING if first is None else first.start
            elif chart.compare:
                yield metric, period.year_before().start


def _back(start: dt.datetime, by: dt.timedelta) -> dt.datetime:
    return start - by if start - _BEGINNING > by else start
