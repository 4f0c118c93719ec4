"""Programs that import what they say and mention what they do not, and notebooks that hold them: made by hypothesis."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from hypothesis import strategies as st

MODULES: Final = ("jax", "keras", "keras.layers", "tensorflow", "tensorflow.keras", "torch", "torch.nn")
_NAMES: Final = (
    *MODULES, "tensorflow.keras.layers", "tensorflow.python", "torchvision", "torch_x", "xtorch", "my.torch", "os", "näme", "nn",
)  # fmt: skip
_BLANK: Final = st.sampled_from((" ", " ", " ", "  ", "\t", " \\\n  ", "\\\n "))
_GAP: Final = st.sampled_from(("", "", "", " ", "\t", " \\\n"))
_COMMA: Final = st.sampled_from((",", ", ", ", ", " , ", ", \\\n    "))
_TOLD: Final = st.sampled_from((
    "import torch", "from keras import x", "import tensorflow.keras", " ", "x", "#", ";", ":", "(", "\\\\", "\\n", "\\'", '\\"',
    "\\\n", "é", "\\d",
))  # fmt: skip


def _valid(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


@st.composite
def _dotted(draw: Any) -> str:
    parts = draw(st.sampled_from(_NAMES)).split(".")
    return parts[0] + "".join(f"{draw(_GAP)}.{draw(_GAP)}{part}" for part in parts[1:])


@st.composite
def _aliased(draw: Any, name: Any) -> str:
    return draw(name) + draw(st.sampled_from(("", "", f"{draw(_BLANK)}as{draw(_BLANK)}y")))


@st.composite
def _import(draw: Any) -> str:
    names = draw(st.lists(_aliased(_dotted()), min_size=1, max_size=4))
    return f"import{draw(_BLANK)}{draw(_COMMA).join(names)}"


@st.composite
def _from(draw: Any) -> str:
    above = draw(st.sampled_from(("", "", "", ".", "..", ". "))) + draw(_dotted())
    names = draw(st.lists(_aliased(st.sampled_from(("keras", "nn", "layers", "torch", "Dense"))), min_size=1, max_size=4))
    inside = draw(st.sampled_from((", ", ",\n", ",  # import jax\n    ", " ,\n\n\t")))
    listed = draw(
        st.sampled_from((
            f"{draw(_BLANK)}{draw(_COMMA).join(names)}",
            f"{draw(_GAP)}({inside.join(names)})",
            f"{draw(_GAP)}(  # layers, keras\n    {inside.join(names)},\n)",
            f"{draw(_GAP)}*",
        ))
    )  # fmt: skip
    return f"from{draw(_BLANK)}{above}{draw(_BLANK)}import{listed}"


@st.composite
def _text(draw: Any) -> str:
    quote = draw(st.sampled_from(("'", '"', "'''", '"""')))
    told = draw(st.lists(_TOLD if len(quote) == 1 else st.one_of(_TOLD, st.sampled_from(("\n", "\n", "'", '"'))), max_size=6))
    return f"{draw(st.sampled_from(('', '', 'r', 'b', 'f', 'Rb')))}{quote}{''.join(told)}{quote}"


_SIMPLE: Final = st.one_of(
    _import(), _from(), _text(), _text().map(lambda text: f"x = f({text},\n  {{1: 2}})"),
    st.sampled_from(("pass", "x = torch.nn", "raise x from torch", "x[1:2]", "import_ = 1", "x = y \\\n  + torch", "print(jax)")),
).filter(_valid)  # fmt: skip
_COMMENT: Final = st.sampled_from(("", "", "  # import torch", ' # it\'s """ keras', "# from jax import x \\", "#"))


@st.composite
def _lines(draw: Any) -> str:
    joined = "; ".join(draw(st.lists(_SIMPLE, min_size=1, max_size=2)))
    form = draw(
        st.sampled_from(
            (
                "{}",
                "{}",
                "{}",
                "if x: {}",
                "try: {}\nexcept E: pass",
                "if x:\n\t{}",
                "def f():\n    y = 1\n    {}\n\n",
                "class A:\n {}",
            )
        )
    )
    return str(form.format(joined + draw(_COMMENT)))


PROGRAMS: Final = st.lists(_lines().filter(_valid), max_size=5).map("\n".join).filter(_valid)


def imports(program: str) -> set[str]:
    """What a program imports, read by Python's own parser: modules, all above them, and the names that are taken from them."""
    found = set()
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {".".join(name.split(".")[:end]) for name in found for end in range(1, 5)} & {*MODULES}


_NOISE: Final = "import torch\nimport jax\nfrom tensorflow import keras\n"
_Cell = dict[str, Any]


def _code(source: str, told: Callable[[str], Any]) -> _Cell:
    stream = {"name": "stdout", "output_type": "stream", "text": told(_NOISE)}
    picture = {"data": {"image/png": "jaxtorch/keras==", "plotly": {"layout": {"images": [1]}}}, "output_type": "display_data"}
    return {
        "cell_type": "code",
        "source": told(source),
        "metadata": {"tags": ["import jax"]},
        "execution_count": 1,
        "outputs": [stream, picture],
    }


@st.composite
def notebooks(draw: Any, programs: Sequence[str]) -> str:
    """A notebook with these programs as cells, among others, as one of those writes it that there are."""
    told = draw(st.sampled_from((str, lambda text: text.splitlines(keepends=True))))
    cells = [_code(program, told) for program in programs]
    for at in draw(st.lists(st.integers(0, len(cells)), max_size=2)):
        kind = draw(st.sampled_from(("markdown", "raw")))
        cells.insert(at, {"cell_type": kind, "source": told(_NOISE), "metadata": {}})
    keys = draw(st.permutations(("cell_type", "source", "metadata", "execution_count", "outputs")))
    ordered = [{key: cell[key] for key in keys if key in cell} for cell in cells]
    head = {"metadata": {"kernelspec": {"name": "python3"}}, "nbformat": 4}
    whole = draw(st.sampled_from(({**head, "cells": ordered}, {"cells": ordered, **head})))
    written = draw(st.sampled_from(({}, {"indent": 1}, {"separators": (",", ":")}, {"indent": 2, "ensure_ascii": False})))
    return json.dumps(whole, **written)
