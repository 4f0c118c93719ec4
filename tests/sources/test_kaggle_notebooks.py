"""Public Kaggle notebooks by what they import: the scan of their sources, the count by month, and what is told of a result."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.measure import WHOLE, Missing, Observation, Status
from bot.domain.period import Period
from bot.errors import BadInput, BadRecipe, SourceUnavailable
from bot.sources.kaggle_notebooks import Source, scanned
from tests.sources.computing import NOW, a_computer, a_result, rows_of
from tests.sources.conftest import subject
from tests.sources.fuzzing import Example
from tests.sources.programs import MODULES, PROGRAMS, imports, notebooks

OCTOBER, SEPTEMBER, YEAR_AGO = Period.month(2026, 10), Period.month(2026, 9), Period.month(2025, 10)
TORCH, KERAS, JAX = (
    subject("torch", kaggle_notebooks="torch"), subject("keras", kaggle_notebooks="tensorflow.keras| keras"),
    subject("jax", kaggle_notebooks="jax"),
)  # fmt: skip
BOTH = subject("both", ("keras", "torch"))
SUBJECTS = (TORCH, KERAS, JAX, BOTH)
PAGE = "https://www.kaggle.com/datasets/kaggle/meta-kaggle-code"
ASKED = ["jax", "keras|tensorflow.keras", "keras|tensorflow.keras|torch", "torch"]
Scan = Callable[[Mapping[str, str]], dict[str, set[str]]]


def row(window: str = "2026-10", **rest: Any) -> dict[str, Any]:
    """A row of a result: of ten notebooks one is not at hand, and three are copies."""
    counts = {"known": 10, "notebooks": 9, "originals": 6, "importing": [1, 2, 4, 3], "original_importing": [1, 1, 2, 2]}
    return {"window": window, **counts, "last": f"{window}-28 23:59:59" if window else "", "asked": ASKED, **rest}


ROWS = (row("2025-10"), row("2026-09", known=10), row(), row("2026-11", last="2026-11-03 00:00:00"))
HERE = Source(Path("code"), Path("tables"))
EXAMPLES = [Example(a_result(*ROWS), SUBJECTS, OCTOBER, loses_unseen="a month without notebooks has no row", source=HERE)]


# ---- what a file imports -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scan() -> Scan:
    """What files import of MODULES, by DuckDB; "unreadable" if they are."""
    connection = ibis.duckdb.connect()
    expression = scanned(ibis.table({"path": "string", "content": "string"}, name="files"), MODULES)
    query = connection.compile(expression)

    def found(files: Mapping[str, str]) -> dict[str, set[str]]:
        paths = [f"/data/0001/{number}.{name.rpartition('.')[2]}" for number, name in enumerate(files)]
        connection.con.register("files", pa.table({"path": paths, "content": list(files.values())}))
        rows = sorted(connection.con.sql(query).fetchall())
        assert [row[0] for row in rows] == list(range(len(files)))
        words = ("unreadable", *MODULES)
        return {
            name: {word for word, said in zip(words, (1 - row[1], *row[2:]), strict=True) if said}
            for name, row in zip(files, rows, strict=True)
        }

    return found


PROGRAMS_BY_HAND: Final[Mapping[str, set[str]]] = {
    "import torch": {"torch"},
    "import torch as t": {"torch"},
    "import torch.nn.functional as F": {"torch", "torch.nn"},
    "import os, torch": {"torch"},
    "import numpy as np, torch.nn as nn, jax": {"torch", "torch.nn", "jax"},
    "import numpy as np, \\\n    torch": {"torch"},
    "import\\\n torch": {"torch"},
    "import\ttorch": {"torch"},
    "from  torch  import  nn": {"torch", "torch.nn"},
    "from torch.utils.data import DataLoader": {"torch"},
    "from torch import(optim)": {"torch"},
    "from torch import *": {"torch"},
    "from torch . nn import *": {"torch", "torch.nn"},
    "from tensorflow import keras": {"tensorflow", "tensorflow.keras"},
    "from tensorflow import data, keras as K": {"tensorflow", "tensorflow.keras"},
    "from tensorflow import (\n    data,  # keras\n    io,\n)": {"tensorflow"},
    "from tensorflow import (\n    data,  # comes first\n\n    keras,\n)": {"tensorflow", "tensorflow.keras"},
    "from tensorflow import data\nx = io, keras": {"tensorflow"},
    "from tensorflow.keras.layers import Dense": {"tensorflow", "tensorflow.keras"},
    "from tensorflow.python import keras": {"tensorflow"},
    "import tensorflow.keras": {"tensorflow", "tensorflow.keras"},
    "import keras.layers.core": {"keras", "keras.layers"},
    "from keras.models import Model; import jax": {"keras", "jax"},
    "try: import jax\nexcept ImportError: pass": {"jax"},
    "if True:\n\timport jax": {"jax"},
    "%time import jax": {"jax"},
    "%%time\nimport jax": {"jax"},
    "\ufeffimport jax": {"jax"},
    "x = 1\r\nimport jax\r\n": {"jax"},
    "x = 1\rimport jax\r# import torch": {"jax"},
    "import os, \\\r\n  jax\r\n": {"jax"},
    "x = 'it\\'s'  # isn't\nimport jax": {"jax"},
    "x = '\\\\'\nimport jax": {"jax"},
    "def f(:\nimport jax": {"jax"},
    "print 'done'\nimport jax": {"jax"},
    "# a comment does not go on \\\nimport jax": {"jax"},
    "'''\nimport torch'''; import jax": {"jax"},
    "# import torch": set(),
    "#import torch": set(),
    "x = 1  # import torch": set(),
    "x = 'import torch'": set(),
    'x = "; import torch"': set(),
    "x = 'a \\\nimport torch'": set(),
    '"""\nimport torch\n"""': set(),
    'r"""\n\\"""\nimport torch\n"""': set(),
    "'''\n\"\"\"\nimport torch\n'''": set(),
    "'''''\\\\'import torch'''": set(),
    "import torchvision": set(),
    "import my_torch, torch_": set(),
    "import my.torch": set(),
    "from torchvision import torch": set(),
    "from .torch import nn": set(),
    "from . import torch": set(),
    "from my import torch": set(),
    "import torch_xla": set(),
    "importtorch = 1": set(),
    "import_ = torch": set(),
    ">>> import torch": set(),
    "raise x from torch": set(),
    "__import__('torch')": set(),
    "!pip install torch": set(),
    "!python -c 'import torch'": set(),
    "%%bash\nimport torch": set(),
    "%%writefile train.py\nimport torch": set(),
    "x = tf.keras.layers": set(),
}


def test_statements_import_and_nothing_else_does(scan: Scan) -> None:
    scripts = {f"{text}.py": text for text in PROGRAMS_BY_HAND}
    cells = {f"{text}.ipynb": written(code(text)) for text in PROGRAMS_BY_HAND}
    lines = {f"lines {text}.ipynb": written(code(text.splitlines(True)), indent=1) for text in PROGRAMS_BY_HAND}
    expected = [*PROGRAMS_BY_HAND.values()] * 3
    assert scan({**scripts, **cells, **lines}) == dict(zip((*scripts, *cells, *lines), expected, strict=True))


def code(source: object, **others: object) -> dict[str, object]:
    return {"cell_type": "code", "source": source, "metadata": {}, "execution_count": None, "outputs": [], **others}


def text(source: object, kind: str = "markdown") -> dict[str, object]:
    return {"cell_type": kind, "source": source, "metadata": {}}


def written(*cells: Mapping[str, object], indent: int | None = None, **head: object) -> str:
    return json.dumps(
        {"metadata": {"kernelspec": {"name": "python3"}}, **head, "cells": list(cells)}, indent=indent, ensure_ascii=False
    )


def first(key: str, cell: Mapping[str, object]) -> dict[str, object]:
    return {key: cell[key], **cell}


LISTING = {"output_type": "stream", "text": ["import torch\n", "import jax\n"]}
PICTURE = {"output_type": "display_data", "data": {"application/vnd.plotly.v1+json": {"layout": {"images": [{"source": "x"}]}}}}


def v3(*cells: Mapping[str, object]) -> str:
    return json.dumps({"metadata": {}, "nbformat": 3, "worksheets": [{"cells": list(cells)}]}, sort_keys=True)


NOTEBOOKS_BY_HAND: Final[Mapping[str, tuple[str, set[str]]]] = {
    "markdown and raw cells import nothing": (
        written(text("import torch"), text(["First we\n", "import torch"], "raw"), code("import jax")), {"jax"}
    ),
    "outputs import nothing": (written(code("import jax", outputs=[LISTING]), code("", outputs=[LISTING])), {"jax"}),
    "outputs before the source": (
        json.dumps({"cells": [code(["x\n", "import jax"], outputs=[LISTING]), text("import torch")]}, sort_keys=True, indent=1),
        {"jax"},
    ),
    "an output that has a source, too": (written(code("import jax", outputs=[PICTURE])), {"jax"}),
    "an output that has a source, before the source": (
        json.dumps({"cells": [code("import jax", outputs=[PICTURE])]}, sort_keys=True), {"jax"}
    ),
    "a source before its type": (
        written(first("source", text("import torch")), first("source", code("import jax", outputs=[LISTING]))), {"jax"}
    ),
    "sources before and after their types": (
        written(first("source", code("import jax")), text("import torch"), first("source", text("import torch")), code("import keras")),
        {"jax", "keras"},
    ),
    "the newest writes ids": (written({"id": "a1", **code("import jax")}, nbformat_minor=5), {"jax"}),
    "a source that speaks of notebooks": (
        written(code('x = {"cell_type": "code", "source": "import torch", "outputs": []}'), code("import jax")), {"jax"}
    ),
    "a text that is not closed ends with its cell": (written(code("x = '''"), code("import jax\nx = '''")), {"jax"}),
    "metadata import nothing": (written(code("import jax", metadata={"tags": ["import torch"]})), {"jax"}),
    "metadata after a line end": (written(code("import jax\n", metadata={"tags": ["import torch"]})), {"jax"}),
    "quotes as .NET writes them": (
        written(code("x = Q\nimport torch\nQ\nx = S\nimport torch\nS\nimport jax"))
        .replace("Q", 3 * "\\u0022")
        .replace("S", 3 * "\\u0027"),
        {"jax"},
    ),
    "broken off after the source": (written(code("import jax"), code("import torch")).partition(', "metadata": {}, "exec')[0], {"jax"}),
    "broken off within the source": (written(code("import jax"), code("import torch\nx = 'that")).partition("that")[0], {"jax", "torch"}),
    "broken off before the source": (written(code("import jax", outputs=[LISTING])) .partition('"source"')[0], set()),
    "of version 3": (
        v3({"cell_type": "code", "input": ["import jax"], "outputs": [LISTING]}, text("import torch")), {"jax"}
    ),
    "no cells": (written(), set()),
    "empty": ("", {"unreadable"}),
    "blank": (" \n", {"unreadable"}),
    "a pointer": ("version https://git-lfs.github.com/spec/v1\noid sha256:1", {"unreadable"}),
    "a page": ("<!DOCTYPE html><script>import torch</script>", {"unreadable"}),
    "UTF-16": (written(code("import jax")).encode("utf-16").decode("utf-8", "replace"), {"unreadable"}),
    "holes": (f"\0\0{written(code('import jax'))}", {"jax", "unreadable"}),
}  # fmt: skip


def test_only_the_code_of_a_notebook_imports(scan: Scan) -> None:
    files = {f"{name}.ipynb": content for name, (content, _) in NOTEBOOKS_BY_HAND.items()}
    assert scan(files) == {f"{name}.ipynb": expected for name, (_, expected) in NOTEBOOKS_BY_HAND.items()}


def test_a_script_needs_text_only(scan: Scan) -> None:
    files = {
        "empty.py": "",
        "blank.py": "\n",
        "some.py": "x",
        "holes.py": "import jax\0",
        "pointer.py": "version https://git-lfs.x",
    }
    assert {name for name, found in scan(files).items() if "unreadable" in found} == {*files} - {"some.py"}


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_programs_import_what_python_itself_reads_in_them(scan: Scan, data: st.DataObject) -> None:
    programs = data.draw(st.lists(PROGRAMS, min_size=1, max_size=16))
    notebook = data.draw(notebooks(programs))
    files = {f"{number}.py": program for number, program in enumerate(programs)}
    expected = {name: imports(program) | ({"unreadable"} if not program.strip() else set()) for name, program in files.items()}
    of_all = set().union(*(imports(program) for program in programs))
    assert scan({**files, "all.ipynb": notebook}) == {**expected, "all.ipynb": of_all}


# ---- how many there are --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kernel:
    """A notebook with its current version; `language` None is of a version that the tables do not have."""

    version: int | str
    made: str
    content: str | None = ""
    forked: str = ""
    language: int | None = 9
    ending: str = "ipynb"
    older: Mapping[int, str] = field(default_factory=dict)


NOTHING, TORCH_CODE = written(code("x = 1")), written(code("import torch"))
IN_OCTOBER = (
    Kernel(1000010, "10/01/2026 00:00:00", "import torch", language=2, ending="py"),
    Kernel("1000020.0", "10/31/2026 23:59:59", written(code("from tensorflow import keras")), forked="1000010"),
    Kernel(1000030, "10/15/2026 12:00:00", written(code("import keras, torch")), older={1000029: written(code("import jax"))}),
    Kernel(1000040, "10/15/2026 12:00:00", NOTHING, forked="1000030"),
    Kernel(1000050, "10/15/2026 12:00:00", TORCH_CODE, forked="1000030"),
    Kernel(1000060, "10/15/2026 12:00:00", NOTHING),
    Kernel(1000070, "10/15/2026 12:00:00", NOTHING),
    Kernel(1000080, "10/15/2026 12:00:00", written(code("import jax"))),
    Kernel(1000090, "10/15/2026 12:00:00", written(text("import torch"))),
    Kernel(1000100, "10/15/2026 12:00:00", ""),
    Kernel(1000110, "10/15/2026 12:00:00", written(code("import torch")), language=13),
    Kernel("", "10/15/2026 12:00:00"),
)
"""Nine of ten Python notebooks are at hand, for the last is empty; six are no copies; one more is R, and one has no version."""
IN_SEPTEMBER = (
    *(Kernel(999000 + number, "09/30/2026 23:59:59", TORCH_CODE) for number in range(8)),
    Kernel(999500, "09/30/2026 23:59:59", TORCH_CODE, language=None),
)
"""Eight of what may be nine."""
IN_NOVEMBER = (Kernel(1000200, "11/01/2026 00:00:00", None),)


def data(folder: Path, kernels: Sequence[Kernel]) -> Source:
    """Both data sets in a folder, in the columns and places that Kaggle has."""
    (folder / "tables").mkdir(parents=True)
    rows, versions = [], []
    for number, kernel in enumerate(kernels):
        current = str(kernel.version).removesuffix(".0")
        rows.append(f'{number},7,{kernel.version},{kernel.forked},{kernel.made},"a, b""c""\n{number}"')
        for version, content in {**kernel.older, **({int(current): kernel.content} if current else {})}.items():
            if kernel.language is not None:
                versions.append(f"{version},{number},{kernel.language},{kernel.made}")
            if content is not None:
                file = (
                    folder / "code" / f"{version // 1_000_000:04}" / f"{version // 1000 % 1000:03}" / f"{version}.{kernel.ending}"
                )
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content)
    header = "Id,AuthorUserId,CurrentKernelVersionId,ForkParentKernelVersionId,CreationDate,Slug"
    (folder / "tables" / "Kernels.csv").write_text("\n".join((header, *rows, "")))
    (folder / "tables" / "KernelVersions.csv").write_text("\n".join(("Id,ScriptId,ScriptLanguageId,CreationDate", *versions, "")))
    languages = (
        "Id,Name,DisplayName,IsNotebook\n1,R,R,False\n2,Python,Python,False\n9,IPython Notebook HTML,Python,True\n13,R,R,True\n"
    )
    (folder / "tables" / "KernelLanguages.csv").write_text(languages)
    return Source(code=folder / "code", tables=folder / "tables")


Told = Mapping[tuple[str, str, str], float]


def values(found: Sequence[Observation | Missing]) -> Told:
    return {(seen.metric, seen.subject, seen.period.key): seen.value for seen in found if isinstance(seen, Observation)}


def reasons(found: Sequence[Observation | Missing]) -> set[tuple[str, str]]:
    return {(seen.period.key, seen.reason) for seen in found if isinstance(seen, Missing)}


def told(source: Source, home: Path, period: Period) -> Sequence[Observation | Missing]:
    (reply,) = source.fetch(a_computer(home), SUBJECTS, period)
    return source.parse(reply, SUBJECTS, period)


def test_notebooks_count_once_in_the_month_they_were_made_in(tmp_path: Path) -> None:
    source = data(tmp_path, (*IN_SEPTEMBER, *IN_OCTOBER, *IN_NOVEMBER))
    twice = tmp_path / "code" / "copied" / "1000050.ipynb"
    twice.parent.mkdir()
    twice.write_text(TORCH_CODE)
    found = told(source, tmp_path / "home", OCTOBER)
    assert values(found) == {
        ("kaggle_notebooks_made", WHOLE, "2026-10"): 9,
        ("kaggle_notebooks_original_made", WHOLE, "2026-10"): 6,
        ("kaggle_notebooks_made", "torch", "2026-10"): 3,
        ("kaggle_notebooks_share", "torch", "2026-10"): 100 * 3 / 9,
        ("kaggle_notebooks_original_made", "torch", "2026-10"): 2,
        ("kaggle_notebooks_original_share", "torch", "2026-10"): 100 * 2 / 6,
        ("kaggle_notebooks_made", "keras", "2026-10"): 2,
        ("kaggle_notebooks_share", "keras", "2026-10"): 100 * 2 / 9,
        ("kaggle_notebooks_original_made", "keras", "2026-10"): 1,
        ("kaggle_notebooks_original_share", "keras", "2026-10"): 100 * 1 / 6,
        ("kaggle_notebooks_made", "jax", "2026-10"): 1,
        ("kaggle_notebooks_share", "jax", "2026-10"): 100 * 1 / 9,
        ("kaggle_notebooks_original_made", "jax", "2026-10"): 1,
        ("kaggle_notebooks_original_share", "jax", "2026-10"): 100 * 1 / 6,
        ("kaggle_notebooks_made", "both", "2026-10"): 4,
        ("kaggle_notebooks_share", "both", "2026-10"): 100 * 4 / 9,
        ("kaggle_notebooks_original_made", "both", "2026-10"): 2,
        ("kaggle_notebooks_original_share", "both", "2026-10"): 100 * 2 / 6,
    }
    assert reasons(found) == {
        ("2025-10", "the tables at hand have no Python notebook of October 2025"),
        ("2026-09", "the sources of 8 of 9 Python notebooks of September 2026 are at hand, which is too few"),
    }


def test_a_year_is_counted_whole_and_who_has_no_date_is_of_none(tmp_path: Path) -> None:
    undated = (Kernel(1000900, "2026-10-15", NOTHING), Kernel(1000901, "", NOTHING))
    source = data(tmp_path, (*IN_SEPTEMBER[:8], *IN_OCTOBER, *undated, Kernel(1000902, "01/01/2027 00:00:00", None)))
    (reply,) = source.fetch(a_computer(tmp_path / "home"), SUBJECTS, Period.year(2026))
    assert [(row["window"], row["known"], row["notebooks"], row["last"]) for row in rows_of(reply)] == [
        ("", 2, 2, ""),
        ("2026", 18, 17, "2026-10-31 23:59:59"),
        ("2027", 1, 0, "2027-01-01 00:00:00"),
    ]
    (of_the_year,) = (row for row in rows_of(reply) if row["window"] == "2026")
    assert (of_the_year["originals"], of_the_year["asked"]) == (14, ASKED)
    assert (of_the_year["importing"], of_the_year["original_importing"]) == ([1, 2, 12, 11], [1, 1, 10, 10])
    assert reasons(source.parse(reply, SUBJECTS, Period.year(2026))) == {
        ("2025", "the tables at hand have no Python notebook of 2025"),
        ("2026", "the sources of 17 of 20 Python notebooks of 2026 are at hand, which is too few"),
    }


# ---- what is told of a result --------------------------------------------------------------------------------------------------


def parsed(
    *rows: Mapping[str, Any], period: Period = OCTOBER, subjects: Sequence[Any] = SUBJECTS
) -> Sequence[Observation | Missing]:
    return HERE.parse(a_result(*rows), subjects, period)


def test_a_figure_says_what_was_counted_of_what() -> None:
    seen = next(one for one in parsed(*ROWS) if (one.metric, one.subject) == ("kaggle_notebooks_original_share", "keras"))
    reply = a_result(*ROWS)
    assert seen == Observation(
        metric="kaggle_notebooks_original_share",
        subject="keras",
        period=YEAR_AGO,
        value=100 * 1 / 6,
        status=Status.MEASURED,
        origin="Meta Kaggle",
        url=PAGE,
        retrieved_at=NOW,
        note="1 of 6 notebooks that are no copies import keras or tensorflow.keras; sources of 9 of 10 at hand, tables up to "
        "3 Nov 2026; computed by DuckDB 2.0.0 from 2 files of events (list: 5e5e5e5e5e5e)",
        query="what was asked",
        payload_sha256=reply.sha256,
    )


@pytest.mark.parametrize(("known", "told"), [(10, 3 * 18), (11, 2 * 18)])
def test_nine_of_ten_sources_will_do_and_fewer_not(known: int, told: int) -> None:
    assert len(values(parsed(row("2025-10"), row("2026-09"), row(known=known), row("2026-11")))) == told


def test_notebooks_without_a_date_may_be_of_any_window() -> None:
    undated = row("", notebooks=0, originals=0, importing=[0] * 4, original_importing=[0] * 4)
    assert len(values(parsed(row("2025-10"), row(known=9), row("2026-11"), {**undated, "known": 1}))) == 18
    assert len(values(parsed(row("2025-10"), row(known=9), row("2026-11"), {**undated, "known": 2}))) == 0
    assert {reason for _, reason in reasons(parsed(undated))} == {"the tables at hand have no notebook with a date"}


def test_a_year_is_told_of_years() -> None:
    rows = [row(str(year), last=f"{year}-12-31 23:59:59") for year in (2025, 2026, 2027)]
    found = parsed(*rows, period=Period.year(2026))
    assert {key[2] for key in values(found)} == {"2025", "2026"}


def test_a_window_is_over_when_a_notebook_of_a_later_one_is_there() -> None:
    at_midnight, before = row("2026-11", last="2026-11-01 00:00:00"), row(last="2026-10-31 23:59:59")
    assert len(values(parsed(row(), at_midnight))) == 18
    assert reasons(parsed(before)) >= {("2026-10", "the tables at hand end on 31 Oct 2026, before October 2026 was over")}


def test_where_all_are_copies_there_is_no_share_of_the_others() -> None:
    found = parsed(row(originals=0, original_importing=[0, 0, 0, 0]), row("2026-11"))
    assert values(found)["kaggle_notebooks_original_made", "torch", "2026-10"] == 0
    assert ("kaggle_notebooks_original_share", "torch", "2026-10") not in values(found)
    assert ("2026-10", "no notebook made in October 2026 is more than a copy") in reasons(found)


@pytest.mark.parametrize(
    "rows",
    [
        (row(), row()),
        (row(notebooks=11),),
        (row(originals=10),),
        (row(importing=[10, 2, 4, 3]),),
        (row(original_importing=[1, 3, 2, 2]),),
        (row(original_importing=[1, 1, 2, 7], importing=[1, 2, 4, 7]),),
        (row(importing=[5, 2, 4, 3]),),  # four of them copies, of which there are three
        (row(importing=[1, 2, 4]),),
        (row(asked=ASKED[:3]),),
        (row(asked=["torch", *ASKED[1:]]),),
        (row(asked=["jax", "keras", *ASKED[2:]]),),
        (row(last="2026-11-01 00:00:00"),),
        (row(last="10/31/2026 23:59:59"),),
        (row("October"),),
    ],
)
def test_a_result_that_contradicts_itself_is_refused(rows: Sequence[Mapping[str, Any]]) -> None:
    with pytest.raises(SourceUnavailable):
        parsed(*rows, row("2026-11"))


# ---- who is asked about --------------------------------------------------------------------------------------------------------


def test_nobody_is_asked_about_who_has_no_modules(tmp_path: Path) -> None:
    others = (subject("django"), subject("any", ("django", "torch")), TORCH)
    source = data(tmp_path, (*IN_OCTOBER, *IN_NOVEMBER))
    assert list(source.fetch(a_computer(tmp_path / "home"), others[:1], OCTOBER)) == []
    (reply,) = source.fetch(a_computer(tmp_path / "home"), others, OCTOBER)
    assert {seen.subject for seen in source.parse(reply, others, OCTOBER)} == {WHOLE, "torch"}


def test_a_group_may_have_modules_of_its_own() -> None:
    either = subject("either", ("torch", "keras"), kaggle_notebooks="jax")
    assert values(parsed(*ROWS, subjects=(TORCH, KERAS, either)))["kaggle_notebooks_made", "either", "2026-10"] == 1


def test_a_group_with_an_unknown_member_is_refused() -> None:
    with pytest.raises(BadRecipe, match="nobody"):
        parsed(*ROWS, subjects=(subject("group", ("nobody",)),))


@pytest.mark.parametrize(
    "modules", ["", "torch|", "torch.*", "torch-lightning", "a..b", ".a", "a.", "1a", "to rch", "(?i)torch", "é"]
)
def test_what_is_no_name_of_a_module_is_refused(modules: str) -> None:
    with pytest.raises(BadInput, match="no name of a Python module"):
        list(HERE.fetch(a_computer(Path("home")), (subject("it", kaggle_notebooks=modules),), OCTOBER))
