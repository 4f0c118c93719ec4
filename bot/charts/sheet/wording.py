"""Alt text: what kind of chart, of what, when, what it shows, the values, the caveat and the source. Plain words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from bot.charts.sheet.reading import Reading, absences, moment
from bot.domain.measure import Metric
from bot.domain.period import Granularity, date_in_words
from bot.domain.text import Cited
from bot.errors import BadChart
from bot.ports import ChartData

TARGET: Final = 450
"""A screen reader reads it in one go and cannot step back."""
LIMIT: Final = 1000
"""X refuses more (docs.x.com, POST /2/media/metadata, read 2026)."""
_COMMON_NOUNS: Final = frozenset({"share", "number", "use", "mentions", "new", "job", "commits", "questions"})
LEAST: Final = 200
"""A shorter one leaves out what a seeing reader learns at a glance."""
FEW: Final = 8
"""Up to this many values are all named."""


def described(data: ChartData, opening: Cited, values: Cited, extra: Cited | None = None) -> Cited:
    """
    The parts in their order; whole optional parts are left out, never a part of one.

    The subtitle joins a text shorter than 200 characters. `extra` goes when the text is longer than 450 characters; values, then
    the caveat, when it is longer than 1000.

    Raises:
        BadChart: opening, finding and source alone are too long.
    """
    source = Cited() if data.source.text.startswith("Source") else Cited("Source: ")
    extra, caveat, source = extra or Cited(), sentence(data.caveat), sentence(source + data.source)
    head = [sentence(opening), sentence(data.title)]
    longest = _joined([*head, values, extra, caveat, source])
    if len(longest.text) < LEAST:
        return _joined([*head, sentence(data.subtitle), values, extra, caveat, source])
    if len(longest.text) <= TARGET:
        return longest
    for parts in ([*head, values, caveat, source], [*head, caveat, source], [*head, source]):
        if len((whole := _joined(parts)).text) <= LIMIT:
            return whole
    raise BadChart(
        f'the alt text of "{data.title}" is longer than {LIMIT} characters without its values; shorten title or source'
    )


def opening(noun: str, data: ChartData, metric: Metric, rows: Sequence[Reading]) -> Cited:
    """ "Bar chart of downloads from PyPI, 2020": the period by name, or the figures' own window where it is another."""
    daily = ", as a daily average" if data.per_day else ""
    return Cited(f"{noun} of {lowered(metric)}{daily}, ") + window(data, rows)


def window(data: ChartData, rows: Sequence[Reading]) -> Cited:
    """When: the report's period, or from the first window to the last, cited."""
    first, last = min(rows, key=lambda row: row.period), max(rows, key=lambda row: row.period.end)
    if first.period == last.period == data.period:
        return Cited(data.period.name)
    if first.period.name == last.period.name:
        return last.cited(last.period.name)
    begun = date_in_words(first.period.start.date()) if first.period.granularity is Granularity.SPAN else moment(first.period)
    return first.cited(begun) + " to " + last.cited(moment(last.period))


def within(data: ChartData, rows: Sequence[Reading]) -> Cited:
    """When, for figures of many dates: the report's period if all lie in it."""
    return Cited(data.period.name) if all(data.period.contains(row.period) for row in rows) else window(data, rows)


def lowered(metric: Metric) -> str:
    """
    A metric's title as it reads inside a sentence, without digits nobody vouches for.

    The first word loses its capital only if the metric's own prose writes it small, so that Kaggle keeps its K.
    """
    title = metric.noun if re.search(r"\d", metric.title) else metric.title
    first = title.split(" ", 1)[0]
    prose = f"{metric.noun} {metric.measures} {metric.does_not_measure} {metric.known_biases}"
    known = first.lower() in _COMMON_NOUNS or (first[1:].islower() and re.search(rf"\b{re.escape(first.lower())}\b", prose))
    return first.lower() + title[len(first) :] if known else title


def valued(row: Reading) -> Cited:
    """ "TensorFlow 113.8 million"."""
    return Cited(f"{row.subject.name} ") + row.spoken()


def listed(parts: Sequence[Cited]) -> Cited:
    """ "a, b, c." """
    return Cited.join(", ", parts) + "." if parts else Cited()


def unseen(data: ChartData, drawn: Sequence[Reading]) -> Cited:
    """ "JAX: not asked." for whatever has no figure, or nothing; with the measure's name where there are several."""
    missing = absences(data, [(row.metric.key, row.subject.key) for row in drawn])
    several = len(data.metrics) > 1
    return listed(
        [
            Cited(f"{metric.heading} of {subject.name}: {reason}" if several else f"{subject.name}: {reason}")
            for metric, subject, reason in missing
        ]
    )


def sentence(text: Cited) -> Cited:
    """A text that ends with a full stop, if there is any."""
    return text if not text.text or text.text[-1] in ".!?" else text + "."


def _joined(parts: Sequence[Cited]) -> Cited:
    return Cited.join(" ", [part for part in parts if part.text])
