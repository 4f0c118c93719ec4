"""How a notebook or script lies on disk: as Kaggle writes it, as Jupyter does, and spoilt in ways that were seen in the wild."""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping, Sequence
from typing import Final

from bot.synthetic._cells import Cell
from bot.synthetic._imports import Code

KAGGLE, JUPYTER, SCRIPT, R_NOTEBOOK, R_SCRIPT, R_MARKDOWN = "kaggle", "jupyter", "script", "r-notebook", "r-script", "r-markdown"
EXTENSION: Final = {KAGGLE: "ipynb", JUPYTER: "ipynb", SCRIPT: "py", R_NOTEBOOK: "ipynb", R_SCRIPT: "r", R_MARKDOWN: "rmd"}
PLAIN, SYNTAX, CRLF, CUT, BOM, LATIN_1, EMPTY, UTF_16, NUL, MISSING = (
    "plain", "syntax-error", "crlf", "cut", "bom", "latin-1", "empty", "utf-16", "nul", "missing",
)  # fmt: skip
CASES: Final = {PLAIN: 899, SYNTAX: 15, CRLF: 20, CUT: 10, BOM: 10, LATIN_1: 8, EMPTY: 10, UTF_16: 4, NUL: 4, MISSING: 20}
"""What may be odd about a file, in a thousand. Those of AMBIGUOUS may be read as text or not."""
AMBIGUOUS: Final = (UTF_16, NUL)
ACCENTED: Final = Cell(Code("# prétraitement des données, à vérifier"))
_R: Final = "library(tidyverse)\nlibrary(keras)\nlibrary(tensorflow)\n\ntrain <- read_csv('../input/train.csv')\nsummary(train)\n"
"""R's keras and tensorflow are other packages."""
_PYTHON: Final = {
    "kernelspec": {"language": "python", "display_name": "Python 3", "name": "python3"},
    "language_info": {"name": "python", "version": "3.10.12", "mimetype": "text/x-python", "file_extension": ".py"},
}
_IR: Final = {
    "kernelspec": {"language": "R", "display_name": "R", "name": "ir"},
    "language_info": {"name": "R", "version": "4.0.5"},
}


def readable(cells: Sequence[Cell], form: str, case: str) -> Sequence[Cell]:
    """The cells that a file has whole."""
    if case == EMPTY or form in (R_NOTEBOOK, R_SCRIPT, R_MARKDOWN):
        return ()
    kept = cells[: max(len(cells) // 2, 1)] if case == CUT else cells
    return kept if form != SCRIPT else [cell for cell in kept if cell.code is None or not cell.code.magic]


def body(cells: Sequence[Cell], form: str, case: str) -> bytes:
    """The bytes of the file."""
    if case == EMPTY:
        return b""
    shown = readable(cells, form, case)
    text = _TEXT[form](shown, case)
    if case == CRLF and "\n" in text:
        text = text.replace("\n", "\r\n")
    return _encoded(text, case)


def _encoded(text: str, case: str) -> bytes:
    if case == LATIN_1:
        return text.encode("latin-1", "replace")
    if case == UTF_16:
        return codecs.BOM_UTF16_LE + text.encode("utf-16-le")
    if case == NUL:
        return b"\0\0\0" + text.encode() + bytes(5)
    return text.encode("utf-8-sig" if case == BOM else "utf-8")


def _kaggle(cells: Sequence[Cell], case: str) -> str:
    """One line; a cell's source is one text and stands before its outputs."""
    newline = "\r\n" if case == CRLF else "\n"
    return _one_line(_PYTHON, [_told(cell, cell.source.replace("\n", newline)) for cell in cells], case)


def _r_notebook(_: Sequence[Cell], case: str) -> str:
    return _one_line(_IR, [_told(Cell(Code(_R)), _R)], PLAIN)


def _one_line(metadata: Mapping[str, object], cells: Sequence[Mapping[str, object]], case: str) -> str:
    head = {"metadata": metadata, "nbformat_minor": 4, "nbformat": 4}
    dumped = [json.dumps(cell, ensure_ascii=False, separators=(",", ":")) for cell in cells]
    begun = f'{json.dumps(head, separators=(",", ":"))[:-1]},"cells":[{",".join(dumped)}'
    return f'{begun},{{"cell_type":"code","sou' if case == CUT else f"{begun}]}}"


def _told(cell: Cell, source: str) -> dict[str, object]:
    if cell.code is None:
        return {"cell_type": "markdown", "source": source, "metadata": {}}
    told = {"cell_type": "code", "source": source, "metadata": {"trusted": True}}
    return {**told, "execution_count": 1 if cell.outputs else None, "outputs": list(cell.outputs)}


def _jupyter(cells: Sequence[Cell], case: str) -> str:
    """Indented, keys sorted, texts as lists of lines; so outputs stand before the source."""
    dumped = [json.dumps(_listed(cell), ensure_ascii=False, indent=1, sort_keys=True) for cell in cells]
    indented = ",\n".join("  " + one.replace("\n", "\n  ") for one in dumped)
    if case == CUT:
        return f'{{\n "cells": [\n{indented},\n  {{\n   "cell_type": "code",\n   "execution_co'
    metadata = json.dumps(_PYTHON, indent=1, sort_keys=True).replace("\n", "\n ")
    return f'{{\n "cells": [\n{indented}\n ],\n "metadata": {metadata},\n "nbformat": 4,\n "nbformat_minor": 4\n}}\n'


def _listed(cell: Cell) -> dict[str, object]:
    told = _told(cell, cell.source)
    told["source"] = cell.source.splitlines(keepends=True)
    if cell.code is not None:
        told["outputs"] = [_listed_output(output) for output in cell.outputs]
    return told


def _listed_output(output: Mapping[str, object]) -> dict[str, object]:
    text, data = output.get("text"), output.get("data")
    listed = dict(output)
    if isinstance(text, str):
        listed["text"] = text.splitlines(keepends=True)
    if isinstance(data, dict):
        listed["data"] = {kind: value if kind == "image/png" else value.splitlines(keepends=True) for kind, value in data.items()}
    return listed


def _script(cells: Sequence[Cell], _: str) -> str:
    return "\n\n".join(cell.source if cell.code else f"# {cell.source}".replace("\n", "\n# ") for cell in cells) + "\n"


def _r_script(_: Sequence[Cell], __: str) -> str:
    return _R


def _r_markdown(_: Sequence[Cell], __: str) -> str:
    return f"---\ntitle: A look\noutput: html_document\n---\n\nWe import keras here.\n\n```{{r}}\n{_R}```\n"


_TEXT: Final = {
    KAGGLE: _kaggle, JUPYTER: _jupyter, SCRIPT: _script, R_NOTEBOOK: _r_notebook, R_SCRIPT: _r_script, R_MARKDOWN: _r_markdown,
}  # fmt: skip
