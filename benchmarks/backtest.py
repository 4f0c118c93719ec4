"""
A backtest, against the sum of its chart floor in the same run.

A year of the packaged monthly history, twice over, is gathered, composed, drawn and written by forked processes, as
`threadmill backtest` does it; the floor draws, checks and encodes the very same charts, and nothing else, by as many processes.
Both have everything loaded before, and take turns. `kept` finds that all of it was composed before.
Goal: at most 1.5 x the floor.

    python -m benchmarks.backtest [ROUNDS [JOBS]]
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.timing import report as told
from bot import wiring
from bot.charts.sheet.render import render
from bot.domain.backtest import Tried
from bot.domain.period import Period
from bot.domain.report import Report
from bot.domain.thread import Chart
from bot.forking import Died, cores, forked
from bot.ports import ChartData
from bot.verbs import backtesting
from bot.verbs.editions import Editions

_GOAL = 1.5
_YEAR = 2022
"""One of which every month is told."""
_TIMES = 2
_Job = tuple[str, ChartData]


def main(rounds: int, jobs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = wiring.House(Path(folder), wiring.settings({"THREADMILL_HOME": f"{folder}/home"}), wiring.house().now)
        recipe = wiring.report(house, "dl-frameworks-history")
        periods = [Period.month(_YEAR, month) for month in range(1, 13)]
        wiring.load_drawing(recipe, _silent)
        charts = _charts(house, recipe, periods, Path(folder))
        backtest = _Backtests(house, recipe, periods, Path(folder), jobs)
        runs = {"floor": lambda: _drawn(charts, jobs), "backtest": backtest.compose, "kept": backtest.keep}
        wall, own = _race(runs, rounds)
        editions = _TIMES * len(periods)
        print(f"{editions} editions with {len(charts)} charts by {jobs} processes; wall time:")
        told(wall, "floor", _GOAL)
        for name, times in wall.items():
            print(f"{name:<28} {editions / min(times):7.2f} editions a second")
        print("the processes' own time, where others who keep the machine busy do not count:")
        told(own, "floor", _GOAL)


class _Backtests:
    """The same backtest again and again, each time into a folder of its own."""

    def __init__(self, house: wiring.House, recipe: Report, periods: Sequence[Period], folder: Path, jobs: int) -> None:
        self._house, self._recipe, self._periods, self._folder, self._jobs = house, recipe, periods, folder, jobs
        self._made = [self._new() for _ in range(_TIMES)]

    def compose(self) -> None:
        self._made = [self._new() for _ in range(_TIMES)]
        self._run(fresh=True)

    def keep(self) -> None:
        self._run(fresh=False)

    def _run(self, fresh: bool) -> None:
        tasks = [(number, period) for number in range(_TIMES) for period in self._periods]
        for _, tried in forked(tasks, lambda task: self._made[task[0]].compose(task[1]), self._jobs):
            assert isinstance(tried, Tried), tried
            assert (tried.outcome, tried.fresh) == ("told", fresh), tried

    def _new(self) -> Editions:
        return _editions(self._house, self._recipe, self._periods, self._folder)


def _editions(house: wiring.House, recipe: Report, periods: Sequence[Period], folder: Path) -> Editions:
    """What composes them, into a new folder."""
    place = Path(tempfile.mkdtemp(dir=folder))
    work = place / ".work"
    work.mkdir()
    return backtesting._editions(house, recipe, periods, [], place, work, _silent)[0]


def _charts(house: wiring.House, recipe: Report, periods: Sequence[Period], folder: Path) -> list[_Job]:
    """What the charts of all the editions are drawn from."""
    found: list[_Job] = []

    def remember(jobs: Sequence[_Job]) -> Iterator[Chart]:
        found.extend(jobs)
        return drawn(jobs)

    drawn, wiring.draw_alone = wiring.draw_alone, remember
    editions = _editions(house, recipe, periods, folder)
    for period in periods:
        tried = editions.compose(period)
        assert tried.outcome == "told", tried
    wiring.draw_alone = drawn
    return found * _TIMES


def _drawn(charts: Sequence[_Job], jobs: int) -> None:
    def draw(number: int) -> int:
        kind, data = charts[number]
        return len(render(wiring.plugins.load("charts", kind, ()), data).png)

    assert not [size for _, size in forked(range(len(charts)), draw, jobs) if isinstance(size, Died)]


def _race(runs: dict[str, Callable[[], None]], rounds: int) -> tuple[dict[str, Sequence[float]], dict[str, Sequence[float]]]:
    """Seconds of wall time, and of the processes' own, per run and round, taking turns."""
    wall: dict[str, list[float]] = {name: [] for name in runs}
    own: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            begun, before = time.perf_counter(), _own_s()
            run()
            wall[name].append(time.perf_counter() - begun)
            own[name].append(_own_s() - before)
    return dict(wall), dict(own)


def _own_s() -> float:
    """What this process and its children that have ended have computed."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _silent(_step: str, _done: int, _total: int) -> None: ...


if __name__ == "__main__":
    given = [int(number) for number in sys.argv[1:]]
    main(given[0] if given else 5, given[1] if len(given) > 1 else cores())
