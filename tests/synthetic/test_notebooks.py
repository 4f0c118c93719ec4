from __future__ import annotations

import ast
import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from bot.synthetic import _files, notebooks
from bot.synthetic._cells import Cell
from bot.synthetic._imports import FRAMEWORKS, HARD_TRAPS, MAGIC_TRAPS, TRAPS, Code
from tests.synthetic.folders import contents, make, table

SIZE = ("--kernels", "300", "--months", "6", "--cells", "6", "--outputs-kb", "3")
TORCH = Cell(
    Code("import torch\nx = 1", frozenset({"torch"})), outputs=({"name": "stdout", "text": "a\nb\n", "output_type": "stream"},)
)
NOTE = Cell(None, "# Ü\nimport jax")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("notebooks") / "out", "notebooks", *SIZE)


@pytest.fixture(scope="module")
def truth(made: Path) -> list[dict[str, str]]:
    return table(made / "truth.csv")


def test_the_tables_have_kaggles_columns_and_dates(made: Path) -> None:
    with (made / "meta-kaggle" / "Kernels.csv").open(encoding="utf-8", newline="") as text:
        header, first = list(csv.reader(text))[:2]
    assert header[:7] == [
        "Id", "AuthorUserId", "CurrentKernelVersionId", "ForkParentKernelVersionId", "ForumTopicId", "FirstKernelVersionId", "CreationDate",
    ]  # fmt: skip
    assert (first[0], first[5], first[6], first[7]) == ("999950", "999901", "01/01/2023 00:00:00", "01/01/2023")
    versions = table(made / "meta-kaggle" / "KernelVersions.csv")
    languages = {row["Id"]: row["Name"] for row in table(made / "meta-kaggle" / "KernelLanguages.csv")}
    assert languages["9"] == "IPython Notebook HTML"
    assert {row["ScriptLanguageId"] for row in versions} == set(languages)
    assert {"True", "False"} == {row["IsInternetEnabled"] for row in versions}


def test_ids_of_the_tables_belong_together(made: Path, truth: list[dict[str, str]]) -> None:
    kernels = {row["Id"]: row for row in table(made / "meta-kaggle" / "Kernels.csv")}
    versions = {row["Id"]: row for row in table(made / "meta-kaggle" / "KernelVersions.csv")}
    assert len(kernels) == 300
    assert [(row["kernel_version_id"], row["kernel_id"]) for row in truth] == [
        (key, row["ScriptId"]) for key, row in versions.items()
    ]
    assert all(versions[row["CurrentKernelVersionId"]]["ScriptId"] == key for key, row in kernels.items())
    assert all(versions[row["FirstKernelVersionId"]]["VersionNumber"] == "1" for row in kernels.values())
    assert any(  # the newest version is not always the current one
        max(int(one["Id"]) for one in versions.values() if one["ScriptId"] == key) > int(row["CurrentKernelVersionId"])
        for key, row in kernels.items()
    )
    assert set(kernels) & set(versions)  # as on Kaggle: whoever joins by the wrong id finds something


def test_however_many_kernels_there_are_they_fill_the_whole_time(made: Path) -> None:
    """300 in six months of 28 to 31 days."""
    months = Counter(row["CreationDate"][:2] for row in table(made / "meta-kaggle" / "Kernels.csv"))
    assert sorted(months) == ["01", "02", "03", "04", "05", "06"]
    assert all(45 <= count <= 53 for count in months.values())


def test_a_fork_is_of_an_older_version_of_another_kernel(made: Path) -> None:
    kernels = table(made / "meta-kaggle" / "Kernels.csv")
    versions = {row["Id"]: row for row in table(made / "meta-kaggle" / "KernelVersions.csv")}
    forks = [row for row in kernels if row["ForkParentKernelVersionId"]]
    assert 50 < len(forks) < 150
    for fork in forks:
        parent, first = versions[fork["ForkParentKernelVersionId"]], versions[fork["FirstKernelVersionId"]]
        assert parent["ScriptId"] != fork["Id"]
        assert first["ParentScriptVersionId"] == parent["Id"]
        assert _key(parent["CreationDate"]) < _key(fork["CreationDate"])


def test_files_stand_where_meta_kaggle_code_has_them(made: Path, truth: list[dict[str, str]]) -> None:
    assert notebooks.path(999_999, _files.KAGGLE) == "0000/999/999999.ipynb"
    assert notebooks.path(1_000_000, _files.SCRIPT) == "0001/000/1000000.py"
    assert notebooks.path(123_004_005, _files.R_MARKDOWN) == "0123/004/123004005.rmd"
    folder = made / "meta-kaggle-code"
    there = {str(path.relative_to(folder)) for path in folder.rglob("*.*") if path.name != "SYNTHETIC.txt"}
    assert there == {row["file"] for row in truth} - {""}
    assert {path.partition(".")[2] for path in there} == {"ipynb", "py", "r", "rmd"}
    assert {path.split("/")[0] for path in there} == {"0000", "0001"}


def test_the_truth_is_what_a_parser_of_python_finds(made: Path, truth: list[dict[str, str]]) -> None:
    looked_at = Counter[str]()
    for row in truth:
        if row["case"] not in ("plain", "crlf", "bom", "latin-1") or row["hard"] == "writefile":
            continue
        found = _imported(made / "meta-kaggle-code" / row["file"], "latin-1" if row["case"] == "latin-1" else "utf-8-sig")
        if found is None:  # a trap that is no Python
            continue
        assert {name: str(int(name in found)) for name in FRAMEWORKS} == {name: row[name] for name in FRAMEWORKS}, row
        looked_at[row["case"]] += 1
    assert looked_at["plain"] > 500
    assert set(looked_at) == {"plain", "crlf", "bom", "latin-1"}
    assert all(sum(row[name] == "1" for row in truth) > 5 for name in FRAMEWORKS)


def test_every_case_is_there_and_the_ambiguous_ones_say_so(truth: list[dict[str, str]]) -> None:
    assert {row["case"] for row in truth} == set(_files.CASES)
    for row in truth:
        if row["case"] == "missing":
            assert (row["file"], row["ambiguous"], row["torch"]) == ("", "", "")
        else:
            assert row["ambiguous"] == str(int(row["case"] in ("utf-16", "nul") or "writefile" in row["hard"]))
        if row["case"] == "empty":
            assert {row[name] for name in FRAMEWORKS} == {"0"}


def test_oddities_are_what_they_are_called(made: Path, truth: list[dict[str, str]]) -> None:
    of_case: dict[str, list[bytes]] = {}
    for row in truth:
        if row["file"]:
            of_case.setdefault(row["case"], []).append((made / "meta-kaggle-code" / row["file"]).read_bytes())
    assert set(of_case["empty"]) == {b""}
    assert all(body.startswith(b"\xef\xbb\xbf") for body in of_case["bom"])
    assert all(body.startswith(b"\xff\xfe") for body in of_case["utf-16"])
    assert all(b"\0" in body for body in of_case["nul"])
    assert all(b"\xe9" in body and not _is_utf_8(body) for body in of_case["latin-1"])
    assert all(b"\r\n" in body or b"\\r\\n" in body for body in of_case["crlf"])
    assert not any(_is_json(body) for body in of_case["cut"])


def test_kaggle_writes_a_notebook_in_one_line_and_the_source_before_the_outputs() -> None:
    assert _files.body((NOTE, TORCH), _files.KAGGLE, _files.PLAIN).decode() == (
        '{"metadata":{"kernelspec":{"language":"python","display_name":"Python 3","name":"python3"},'
        '"language_info":{"name":"python","version":"3.10.12","mimetype":"text/x-python","file_extension":".py"}},'
        '"nbformat_minor":4,"nbformat":4,"cells":['
        '{"cell_type":"markdown","source":"# Ü\\nimport jax","metadata":{}},'
        '{"cell_type":"code","source":"import torch\\nx = 1","metadata":{"trusted":true},"execution_count":1,'
        '"outputs":[{"name":"stdout","text":"a\\nb\\n","output_type":"stream"}]}]}'
    )


def test_jupyter_writes_lists_of_lines_and_the_outputs_before_the_source() -> None:
    text = _files.body((NOTE, TORCH), _files.JUPYTER, _files.PLAIN).decode()
    assert text.startswith(
        '{\n "cells": [\n  {\n   "cell_type": "markdown",\n   "metadata": {},\n   "source": [\n    "# Ü\\n",\n'
    )
    assert text.endswith('\n "nbformat": 4,\n "nbformat_minor": 4\n}\n')
    assert json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n" == text
    assert json.loads(text)["cells"][1] == {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {"trusted": True},
        "outputs": [{"name": "stdout", "text": ["a\n", "b\n"], "output_type": "stream"}],
        "source": ["import torch\n", "x = 1"],
    }


def test_a_file_that_is_cut_off_has_its_first_half_whole() -> None:
    for form in (_files.KAGGLE, _files.JUPYTER):
        text = _files.body((TORCH, NOTE, TORCH, NOTE), form, _files.CUT).decode()
        assert not _is_json(text.encode())
        assert text.count("import torch") == 1
        assert text.count("import jax") == 1
    assert list(_files.readable((TORCH, NOTE, TORCH, NOTE), _files.KAGGLE, _files.CUT)) == [TORCH, NOTE]


def test_a_script_has_no_magic_and_its_markdown_as_comments() -> None:
    magic = Cell(Code("%time import jax", frozenset({"jax"}), "magic", True))
    assert (
        _files.body((NOTE, magic, TORCH), _files.SCRIPT, _files.CRLF)
        == "# # Ü\r\n# import jax\r\n\r\nimport torch\r\nx = 1\r\n".encode()
    )
    assert list(_files.readable((NOTE, magic, TORCH), _files.SCRIPT, _files.PLAIN)) == [NOTE, TORCH]


def test_traps_import_nothing() -> None:
    for code in (*TRAPS, *HARD_TRAPS, *MAGIC_TRAPS):
        assert code.imports == frozenset()
        if not code.magic and not code.text.startswith(">>>"):
            assert _statements(code.text.strip()) == frozenset()


def test_a_larger_run_begins_with_the_files_of_a_smaller_one(made: Path, tmp_path: Path) -> None:
    small = make(tmp_path / "small", "notebooks", "--kernels", "210", *SIZE[2:])
    ours, theirs = contents(small), contents(made)
    for name, body in ours.items():
        assert theirs[name].startswith(body) if name.endswith(".csv") else theirs[name] == body


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    size = ("--kernels", "5", "--cells", "3")
    first, again, other = (make(tmp_path / name, "notebooks", *size, "--seed", name[0]) for name in ("1", "1b", "2"))
    assert contents(first) == contents(again)
    assert contents(first) != contents(other)


def test_pictures_are_as_large_as_asked_for(tmp_path: Path) -> None:
    size = ("--kernels", "20", "--cells", "8")
    without, with_pictures = (make(tmp_path / kb, "notebooks", *size, "--outputs-kb", kb) for kb in ("0", "400"))
    assert not any(b"image/png" in body for body in contents(without).values())
    pictures = [line for body in contents(with_pictures).values() for line in body.split(b'"') if line.startswith(b"iVBORw0KGgo")]
    assert 200_000 < max(map(len, pictures)) < 450_000


def test_frameworks_drift_from_month_to_month() -> None:
    from bot.synthetic._draws import Draws
    from bot.synthetic._imports import wanted

    draws = Draws(1, "test", "")
    counts = [Counter(name for _ in range(2000) for name in wanted(draws, month, 12)) for month in (0, 11)]
    assert [count["tensorflow"] > count["torch"] for count in counts] == [True, False]
    assert counts[1]["jax"] > counts[0]["jax"]


def _key(date: str) -> tuple[str, str, str]:
    day, time = date.split(" ")
    month, of_month, year = day.split("/")
    return year, month + of_month, time


def _imported(file: Path, encoding: str) -> frozenset[str] | None:
    text = file.read_bytes().decode(encoding)
    if file.suffix in (".r", ".rmd"):
        return frozenset()
    if file.suffix == ".py":
        return _statements(text)
    notebook = json.loads(text)
    assert notebook["nbformat"] == 4
    if notebook["metadata"]["kernelspec"]["name"] == "ir":
        return frozenset()
    found = frozenset[str]()
    for cell in notebook["cells"]:
        assert set(cell) == {"cell_type", "source", "metadata"} | (
            {"outputs", "execution_count"} if cell["cell_type"] == "code" else set()
        )
        if cell["cell_type"] == "code":
            of_cell = _statements("".join(cell["source"]))
            if of_cell is None:
                return None
            found |= of_cell
    return found


def _statements(text: str) -> frozenset[str] | None:
    """The frameworks that import statements name; None if it is no Python."""
    if text.startswith(("%%bash", "%%writefile")):
        return frozenset()
    plain = [line.removeprefix("%time ") for line in text.splitlines() if not line.startswith(("!", "%%", "%matplotlib"))]
    try:
        nodes = list(ast.walk(ast.parse("\n".join(plain))))
    except SyntaxError:
        return None
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    tops = {name.split(".")[0] for name in names}
    inside = {"tensorflow_keras"} if any(name.split(".")[:2] == ["tensorflow", "keras"] for name in names) else set()
    return frozenset((tops | inside) & set(FRAMEWORKS))


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def _is_utf_8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
