"""From a kind and its data to a finished chart. Drawing belongs to one thread; encoding may go to another."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from matplotlib.figure import Figure

from bot.charts.sheet import fonts, table
from bot.charts.sheet.canvas import encode, paint, says, settled
from bot.charts.sheet.lint import check
from bot.charts.sheet.theme import THEME
from bot.domain.thread import Chart
from bot.ports import ChartData, ChartKind, Progress

_MOST_WAITING: Final = 2
"""A painted figure holds 8 MB until it is encoded."""


def render_all(jobs: Sequence[tuple[ChartKind, ChartData]], progress: Progress) -> Iterator[Chart]:
    """
    Charts in the order of the jobs. While one is drawn here, those before it are encoded in one worker thread.

    Raises:
        BadChart: something cannot be made to fit, or the layout lint finds a fault.
    """
    fonts.ensure(lambda text: progress(text, 0, 0))
    waiting: deque[Future[Chart]] = deque()
    with ThreadPoolExecutor(1, "encode") as worker:
        for kind, data in jobs:
            waiting.append(worker.submit(finished, kind, data, draw_checked(kind, data)))
            while waiting and (waiting[0].done() or len(waiting) > _MOST_WAITING):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def render(kind: ChartKind, data: ChartData) -> Chart:
    """
    The chart, drawn, checked, encoded and described.

    Raises:
        BadChart: something cannot be made to fit, or the layout lint finds a fault.
    """
    return finished(kind, data, draw_checked(kind, data))


def draw_checked(kind: ChartKind, data: ChartData) -> Figure:
    """
    The painted figure without a fault. matplotlib promises nothing about threads: call this from one only.

    Raises:
        BadChart: something cannot be made to fit, or the layout lint finds a fault.
    """
    with settled():
        figure = kind.draw(data)
    paint(figure)
    check(figure)
    return figure


def finished(kind: ChartKind, data: ChartData, figure: Figure) -> Chart:
    """
    The chart of a painted figure. Touches no shared state, so a worker thread may do it while the next chart is drawn.

    Raises:
        BadChart: the picture or its alt text is too large.
    """
    alt_text = kind.describe(data)
    shown = says(figure, data.caveat.text) and data.caveat.text in alt_text.text
    return Chart(encode(figure), THEME.width, THEME.height, data.title, alt_text, table.table(data), shown)
