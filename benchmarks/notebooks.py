"""
The scan of `kaggle_notebooks` over made-up notebooks, in MB/s, against ripgrep counting the same imports on the same cores.

The house's way is the whole of it: every file found, digested, its code cells taken apart, comments and texts left out, imports
of five modules told from each other, parts kept, tables joined. ripgrep counts, file by file, lines that look like an import:
of each module by itself, as the answer must be, and besides of all five at once, which tells none from another. All is read from
the page cache, after a round that is not timed. Two sets: notebooks with pictures in their outputs, as most bytes of real ones
are, and small ones that are little but code.
Goal: at least 0.5 x ripgrep's MB/s.

    python -m benchmarks.notebooks [ROUNDS] [FOLDER]
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bot.domain.period import Granularity
from bot.engines import duckdb
from bot.engines._computer import EngineComputer, Shared
from bot.engines._engine import Means
from bot.ports import silent
from bot.sources import kaggle_notebooks

_GOAL = 0.5
_SETS = {"with pictures": (4_000, 400), "little but code": (20_000, 20)}
"""Notebooks, and the largest picture in KB."""
_MODULES = ("jax", "keras", "sklearn", "tensorflow", "torch")
_LINE = (
    r'(?:^|[^\\](?:"|\\n))(?:[ \t]|\\t)*(?:import[ \t]+(?:[\w.]+(?:[ \t]+as[ \t]+\w+)?[ \t]*,[ \t]*)*{0}\b'
    r"|from[ \t]+{0}(?:[.]\w+)*[ \t]+import\b)"
)
"""At the start of a line, in a script or in a text of JSON."""


def main(rounds: int, folder: Path) -> None:
    if shutil.which("rg") is None:
        sys.exit("ripgrep is not installed: apt install ripgrep")
    for name, (kernels, outputs_kb) in _SETS.items():
        _race(name, _data(folder, kernels, outputs_kb), rounds)


def _race(name: str, data: Path, rounds: int) -> None:
    code = data / "meta-kaggle-code"
    size = sum(path.stat().st_size for path in code.rglob("*") if path.suffix in (".py", ".ipynb")) / 1e6
    ways: dict[str, Callable[[], None]] = {
        "kaggle_notebooks": lambda: _scan(data),
        "rg, module by module": lambda: [_rg(code, [module]) for module in _MODULES] and None,
        "rg, all at once": lambda: _rg(code, _MODULES),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name_of_way, way in ways.items():
            begun = time.perf_counter()
            way()
            if number:
                times[name_of_way].append(time.perf_counter() - begun)
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {name}: {size:,.0f} MB, goal {_GOAL} x")
    ours = times["kaggle_notebooks"]
    for way, seconds in times.items():
        best, middle = min(seconds) / min(ours), median(seconds) / median(ours)
        ratio = "" if way == "kaggle_notebooks" else f"   ours is best {best:.2f} x, median {middle:.2f} x its MB/s"
        print(f"{way:<22} {size / min(seconds):7,.0f} MB/s{ratio}")


def _scan(data: Path) -> None:
    home = Path(tempfile.mkdtemp())
    try:
        shared = Shared(lambda: duckdb.connect(Means(None, 2 * 10**9, 0, home / "spill")))
        now = dt.datetime.now(dt.UTC)
        asked = EngineComputer("notebooks", shared, home, None, silent, lambda: now, trial=True)
        code, tables = data / "meta-kaggle-code", data / "meta-kaggle"
        asked.compute(kaggle_notebooks.computation(code, tables, _MODULES, Granularity.MONTH))
        shared.close()
    finally:
        shutil.rmtree(home)


def _rg(code: Path, modules: tuple[str, ...] | list[str]) -> None:
    patterns = [part for module in modules for part in ("-e", _LINE.format(module))]
    command = ["rg", "--no-unicode", "--no-ignore", "--count", "--glob", "*.{py,ipynb}", *patterns, str(code)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _data(folder: Path, kernels: int, outputs_kb: int) -> Path:
    """Made-up notebooks, made once."""
    made = folder / f"notebooks{kernels}-{outputs_kb}"
    if not made.exists():
        side = ["--processes", str(os.cpu_count() or 1)]
        command = [sys.executable, "-m", "bot.synthetic", "notebooks", str(made), "--kernels", str(kernels)]
        command += ["--outputs-kb", str(outputs_kb)]
        subprocess.run([*command, *side], check=True)
    return made


if __name__ == "__main__":
    given = dict(enumerate(sys.argv[1:]))
    with tempfile.TemporaryDirectory() as made_in:
        main(int(given.get(0, 3)), Path(given.get(1, made_in)))
