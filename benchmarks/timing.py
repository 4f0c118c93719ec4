"""Whole processes side by side: they take turns, so that a busy machine slows both."""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from statistics import median


def race(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, list[float]]:
    """Seconds of wall time per command, one per round, the commands taking turns. A command that fails ends the race."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            begun = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            seconds[name].append(time.perf_counter() - begun)
    return seconds


def report(seconds: Mapping[str, Sequence[float]], floor: str, goal: float) -> None:
    """A line per command: best, median, and both as a ratio to the floor of the same run."""
    print(f"Python {platform.python_version()} on {platform.machine()}, {len(seconds[floor])} rounds, goal {goal} x {floor}")
    for name, times in seconds.items():
        best, middle = min(times) / min(seconds[floor]), median(times) / median(seconds[floor])
        print(f"{name:<28} best {min(times):7.3f} s  {best:5.2f} x   median {median(times):7.3f} s  {middle:5.2f} x")


PYTHON = sys.executable
