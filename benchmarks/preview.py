"""
The 2020 thread as a whole process, against a floor in the same run.

The floor imports every third-party and standard module the preview imports, in the same order, then draws as many bare figures
of 1600x1200 (one Axes, one line, matplotlib's own ticks) and encodes each with Pillow as a palette PNG. `empty` has no Axes.
Goal: at most 1.25 x the floor.

    python -m benchmarks.preview [ROUNDS]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import PYTHON, race, report

_GOAL = 1.25
_PREVIEW = """
import sys
from bot.cli import main
code = main(["preview", "dl-frameworks", "--period", "2020", "--offline", "--out", sys.argv[1]])
"""
_MODULES = (
    _PREVIEW
    + """
import json
names = [name for name in sys.modules if name.split(".")[0] not in ("bot", "__main__")]
open(sys.argv[2], "w").write(json.dumps(names))
"""
)
_FLOOR = """
import importlib, io, json, sys
for name in json.load(open(sys.argv[1])):
    try:
        importlib.import_module(name)
    except ImportError:
        pass
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
for number in range(int(sys.argv[2])):
    figure = Figure(figsize=(1600 / 72, 1200 / 72), dpi=72)
    canvas = FigureCanvasAgg(figure)
    if sys.argv[3] == "axes":
        figure.add_subplot().plot([0, 1, 2], [0, 1, 4])
    canvas.draw()
    image = Image.frombuffer("RGBA", (1600, 1200), canvas.buffer_rgba(), "raw", "RGBA", 0, 1).convert("RGB")
    image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(io.BytesIO(), "PNG", compress_level=6)
"""


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        out, modules = Path(folder, "out"), Path(folder, "modules.json")
        subprocess.run(
            [PYTHON, "-c", _MODULES, str(out), str(modules)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        thread = json.loads((out / "dl-frameworks" / "2020" / "thread.json").read_text())
        charts = sum(len(post["images"]) for post in thread["posts"])
        print(f"{charts} charts, {len(json.loads(modules.read_text()))} modules")
        seconds = race(
            {
                "floor": [PYTHON, "-c", _FLOOR, str(modules), str(charts), "axes"],
                "empty": [PYTHON, "-c", _FLOOR, str(modules), str(charts), "empty"],
                "preview": [PYTHON, "-c", _PREVIEW, str(out)],
            },
            rounds,
        )
        report(seconds, "floor", _GOAL)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
