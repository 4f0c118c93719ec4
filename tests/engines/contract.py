"""
What every engine must answer, worked out by hand: each metric, and each expression that engines are known to answer differently.

A check takes an engine and an empty folder. Engines of the suite run all of them, each in its own test module.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest

from bot.domain.period import Granularity, Period
from bot.engines._engine import Engine
from bot.errors import BadInput, SourceUnavailable, ThreadmillError
from bot.ports import Format
from bot.sources import github_events, kaggle_notebooks, pypi_logs, survey_microdata
from bot.sources._responses import columns_of
from tests.engines.computing import computed
from tests.engines.data import Download, write_log, write_table
from tests.sources.programs import MODULES
from tests.sources.test_kaggle_notebooks import NOTEBOOKS_BY_HAND, PROGRAMS_BY_HAND, Kernel, code, text, written
from tests.sources.test_kaggle_notebooks import data as kernels_written

Check = Callable[[Engine, Path], None]


def checks() -> list[Check]:
    """All of them."""
    return [found for name, found in sorted(globals().items()) if name.startswith("check_")]


def named(check: Check) -> str:
    """A check's name for a test's."""
    return check.__name__.removeprefix("check_")


# ---- metrics ---------------------------------------------------------------------------------------------------------------------


def check_downloads_from_the_log_of_pypi(engine: Engine, folder: Path) -> None:
    march = [
        Download("2026-03-01T00:00:00", "torch", "pip", True),
        Download("2026-03-01T23:59:59.999999", "torch", "pip", False),
        Download("2026-03-02T12:00:00", "torch", "uv", None),
        Download("2026-03-02T12:00:00", "torch", None, None),  # no mirror, though it does not say what it is
        Download("2026-03-02T12:00:00", "torch", "bandersnatch"),
        Download("2026-03-02T12:00:00", "torch", "Artifactory", True),
        Download("2026-03-31T23:59:59", "jax", "pip", True),
        Download("2026-03-05T10:00:00", "six", "pip", True),
    ]
    april = [Download("2026-04-01T00:00:00", "torch", "pip"), Download("2026-02-28T23:59:59", "torch", "pip")]
    write_log(folder / "log" / "2026-03" / "01.parquet", march)
    write_log(folder / "log" / "2026-04" / "it's.parquet", april)
    months = [Period.containing(Granularity.MONTH, dt.date(2026, 3, 1))]
    result = computed(engine, pypi_logs.computation(folder / "log", ["jax", "torch"], months), folder)
    assert result.rows == (
        {"month": "2026-03-01", "project": "jax", "downloads": 1, "ci": 1, "unsaid": 0, "nameless": 0, "days": 1, "logged": 3},
        {"month": "2026-03-01", "project": "torch", "downloads": 4, "ci": 1, "unsaid": 2, "nameless": 1, "days": 2, "logged": 3},
    )


def check_new_stars_from_the_events_of_github(engine: Engine, folder: Path) -> None:
    def event(number: str, at: str, repo: str, kind: str = "WatchEvent", action: str = "started") -> str:
        told = {"id": number, "type": kind, "created_at": at, "actor": {"id": 7}, "repo": {"id": 1, "name": repo}}
        return json.dumps(told | {"payload": {"action": action, "more": [1]}}) + "\n"

    archive = folder / "archive"
    archive.mkdir()
    lines = [
        event("1", "2025-02-01T00:00:00Z", "google/jax"),
        event("9007199254740993", "2025-02-03T10:20:30Z", "Google/JAX") * 2,  # the archive has it twice
        event("9007199254740992", "2025-02-28T23:10:00Z", "jax-ml/jax"),
        event("90", "2025-02-03T10:59:59Z", "linux/linux", "PushEvent", ""),
        event("7", "2025-02-05T05:05:05Z", "jax-ml/jax", action="stopped"),
        event("5", "2025-03-01T00:00:00Z", "jax-ml/jax"),
    ]
    (archive / "one.json").write_text("".join(lines))
    again = event("9007199254740992", "2025-02-28T23:10:00Z", "jax-ml/jax") + event(
        "4", "2025-02-28T23:59:59Z", "pytorch/pytorch"
    )
    (archive / "two.json.gz").write_bytes(gzip.compress(again.encode()))
    asked = github_events.computation(archive, [("google/jax", "jax-ml/jax"), ("pytorch/pytorch",)], [Period.month(2025, 2)])
    common = {"month": "2025-02", "hours": 4, "events": 8}
    assert computed(engine, asked, folder).rows == (
        {"repository": "google/jax|jax-ml/jax", "seen": 6, "stars": 3} | common,
        {"repository": "pytorch/pytorch", "seen": 1, "stars": 1} | common,
    )


def check_shares_from_the_responses_of_a_survey(engine: Engine, folder: Path) -> None:
    (folder / "responses.csv").write_text(
        "Id,Q16_Part_1,Q16_Part_2,Q16_Part_3\n"
        '"Which, if any?","Which? - Selected Choice - Scikit-learn","Which? - Selected Choice -  Keras ","Which? - Selected Choice - None"\n'
        '1,Scikit-learn,,\n2,," Keras\n",\n3,SCIKIT-learn,Keras,\n4,,,None\n5,NA,,""\n'
    )
    told = {"share": "use", "users": "users", "origin": "Somebody", "page": "https://example.org/", "header_lines": 2}
    survey = survey_microdata.Survey(2020, folder / "responses.csv", "Q16", **told)
    asked = survey_microdata.computation(survey, columns_of(survey), [("keras",), ("keras", "scikit-learn")])
    common = {"named": 3, "answered": 4, "respondents": 5, "headers": 1, "odd": 0, "survey": "2020 Q16 as use"}
    of_three = {"count": 3, "low": 43.850297, "high": 100.0}
    assert computed(engine, asked, folder).rows == (
        {"options": "", "offered": 0} | of_three | common,
        {"options": "keras", "offered": 1, "count": 2, "low": 20.76596, "high": 93.850806} | common,
        {"options": "keras|scikit-learn", "offered": 2} | of_three | common,
    )


def check_shares_of_notebooks_by_what_they_import(engine: Engine, folder: Path) -> None:
    kernels = (
        Kernel(1000010, "10/01/2026 00:00:00", "import torch", language=2, ending="py"),
        Kernel("1000020.0", "10/31/2026 23:59:59", written(code("from tensorflow import keras")), forked="1000010"),
        Kernel(
            1000030, "10/15/2026 12:00:00", written(code("import keras, torch")), older={1000029: written(code("import jax"))}
        ),
        Kernel(1000040, "10/15/2026 12:00:00", None),  # its source is not at hand
        Kernel(1000050, "10/15/2026 12:00:00", written(code("import torch")), language=13),  # R
        Kernel(1000060, "09/30/2026 23:59:59", written(text("import torch"))),
        Kernel(1000070, "yesterday", written(code("import torch"))),
    )
    source = kernels_written(folder / "kaggle", kernels)
    asked = ["keras|tensorflow.keras", "torch"]
    rows = computed(engine, kaggle_notebooks.computation(source.code, source.tables, asked, Granularity.MONTH), folder).rows
    assert [tuple(row[name] for name in ("window", "known", "notebooks", "originals", "last")) for row in rows] == [
        ("", 1, 1, 1, ""),
        ("2026-09", 1, 1, 1, "2026-09-30 23:59:59"),
        ("2026-10", 4, 3, 2, "2026-10-31 23:59:59"),
    ]
    assert [(row["asked"], row["importing"], row["original_importing"]) for row in rows] == [
        (asked, [0, 1], [0, 1]),
        (asked, [0, 0], [0, 0]),
        (asked, [2, 2], [1, 2]),
    ]


def check_programs_and_notebooks_import_the_same_modules(engine: Engine, folder: Path) -> None:
    files = {f"{number}.py": told for number, told in enumerate(PROGRAMS_BY_HAND.items(), 1000)}
    files |= {f"{number}.ipynb": told for number, told in enumerate(NOTEBOOKS_BY_HAND.values(), 2000)}
    paths = [str(folder / name) for name in files]
    for path, (content, _) in zip(paths, files.values(), strict=True):
        Path(path).write_bytes(content.encode())
    rows = _all(engine, kaggle_notebooks.scanned(engine.files("probe", paths, Format.FILES, {}), MODULES))
    words = ("unreadable", *MODULES)
    found = {row["version"]: (1 - row["readable"], *(row[f"m{at}"] for at in range(len(MODULES)))) for row in rows}
    assert {version: {word for word, said in zip(words, told, strict=True) if said} for version, told in found.items()} == {
        int(name.partition(".")[0]): expected for name, (_, expected) in files.items()
    }


# ---- what engines are known to disagree about ------------------------------------------------------------------------------------


def check_the_row_before_the_first_has_no_value(engine: Engine, folder: Path) -> None:
    table = _table(engine, folder, {"month": ["2026-01", "2026-02", "2026-03"], "count": [7, 5, 0]})
    window = ibis.window(order_by=table.month)
    first = ibis.row_number().over(window) == 0
    before = table.mutate(before=ibis.ifelse(first, ibis.null("int64"), table["count"].lag().over(window))).order_by("month")
    assert _column(engine, before, "before") == [None, 7, 5]


def check_places_by_a_total_order_have_no_ties(engine: Engine, folder: Path) -> None:
    table = _table(engine, folder, {"name": ["b", "a", "c", "d"], "count": [5, 5, 9, 5]})
    place = ibis.row_number().over(ibis.window(order_by=[ibis.desc(table["count"]), table.name])) + 1
    assert _rows(engine, table.mutate(place=place.cast("int64")).order_by("name"), "name", "place") == [
        ("a", 2), ("b", 3), ("c", 1), ("d", 4),
    ]  # fmt: skip


def check_a_share_of_nothing_is_no_value(engine: Engine, folder: Path) -> None:
    table = _table(engine, folder, {"part": [1, 0, 3], "whole": [4, 0, 3]})
    share = 100 * table.part / table.whole.nullif(0)
    assert _column(engine, table.mutate(share=share).order_by("part"), "share") == [None, 25.0, 100.0]


def check_case_is_folded_in_ascii(engine: Engine, folder: Path) -> None:
    table = _table(engine, folder, {"name": ["PyTorch", "Jax-ML/JAX"]})
    assert sorted(_column(engine, table.mutate(low=table.name.lower()), "low")) == ["jax-ml/jax", "pytorch"]


def check_sums_of_whole_numbers_stay_whole(engine: Engine, folder: Path) -> None:
    large = 2**53 + 1  # the first that a float has not
    table = _table(engine, folder, {"count": [large, 0, 1]}, pa.schema([("count", pa.int64())]))
    total = table.agg(total=table["count"].sum(), rows=table.count(), mean=table["count"].mean())
    (row,) = _all(engine, total)
    assert (row["total"], row["rows"]) == (large + 1, 3)
    assert type(row["total"]) is int
    assert math.isclose(row["mean"], (large + 1) / 3)


def check_a_day_is_one_of_utc(engine: Engine, folder: Path) -> None:
    instants = [dt.datetime(2026, 3, 31, 23, 30, tzinfo=dt.UTC), dt.datetime(2026, 4, 1, 0, 30, tzinfo=dt.UTC)]
    schema = pa.schema([("at", pa.timestamp("us", tz="UTC"))])
    table = _table(engine, folder, {"at": instants}, schema)
    days = table.group_by(day=table.at.date()).agg(rows=table.count()).order_by("day")
    assert _rows(engine, days, "day", "rows") == [(dt.date(2026, 3, 31), 1), (dt.date(2026, 4, 1), 1)]
    months = table.filter(table.at >= dt.datetime(2026, 4, 1, tzinfo=dt.UTC)).mutate(month=table.at.date().truncate("M"))
    assert _column(engine, months, "month") == [dt.date(2026, 4, 1)]


def check_what_is_null_is_neither_in_a_list_nor_out_of_it(engine: Engine, folder: Path) -> None:
    table = _table(engine, folder, {"name": ["pip", None, "devpi"], "ci": [True, None, False]})
    inside = table.filter(table.name.isin(["pip", "devpi"])).order_by("name")
    assert _column(engine, inside, "name") == ["devpi", "pip"]
    outside = table.filter(table.name.notin(["pip"]))
    assert _column(engine, outside, "name") == ["devpi"]
    filled = table.filter(table.name.fill_null("").notin(["pip"]))
    assert sorted(_column(engine, filled, "name"), key=str) == [None, "devpi"]


def check_nulls_are_not_counted_and_do_not_add(engine: Engine, folder: Path) -> None:
    table = _table(engine, folder, {"name": ["a", None, "a"], "count": [1, None, 2], "ci": [True, None, False]})
    (row,) = _all(
        engine,
        table.agg(
            names=table.name.nunique(),
            total=table["count"].sum(),
            ci=table.count(where=table.ci.fill_null(False)),
            unsaid=table.count(where=table.ci.isnull()),
        ),
    )
    assert row == {"names": 1, "total": 3, "ci": 1, "unsaid": 1}


def check_nothing_has_no_sum_and_no_groups(engine: Engine, folder: Path) -> None:
    table = _table(engine, folder, {"name": ["a"], "count": [1]})
    none = table.filter(table.name == "b")
    assert _all(engine, none.agg(total=none["count"].sum(), rows=none.count())) == [{"total": None, "rows": 0}]
    assert _all(engine, none.group_by("name").agg(rows=none.count())) == []


def check_what_is_not_joined_is_null(engine: Engine, folder: Path) -> None:
    left = _table(engine, folder, {"key": ["a", "b"]}, name="left")
    right = _table(engine, folder, {"key": ["a"], "count": [3]}, name="right")
    assert _rows(engine, left.left_join(right, "key").order_by("key"), "key", "count") == [("a", 3), ("b", None)]


def check_a_pattern_finds_the_same_lines(engine: Engine, folder: Path) -> None:
    texts = ["import torch\n", "x = 1\r\n  import torch", "# import torch", "import torchvision", "é = 1\nfrom torch.nn import x"]
    table = _table(engine, folder, {"at": [0, 1, 2, 3, 4], "text": texts})
    found = table.mutate(found=table.text.re_search(r"(?m)^[ \t]*(?:import torch\b|from torch[.]?\w* import)")).order_by("at")
    assert _column(engine, found, "found") == [True, True, False, False, True]


def check_pieces_of_a_text_are_found_where_none_would_be(engine: Engine, folder: Path) -> None:
    table = _table(engine, folder, {"at": [0, 1], "text": ["a;b;c", "d"]})  # no "|": what parts a text is a pattern on Spark
    pieces = table.mutate(second=(table.text + ";").split(";")[1]).order_by("at")  # the index exists, whatever is in the text
    assert _column(engine, pieces, "second") == ["b", ""]


# ---- what files hold -------------------------------------------------------------------------------------------------------------


def check_files_are_texts_whatever_their_encoding(engine: Engine, folder: Path) -> None:
    bodies = {
        "plain.py": b"x = 1\nimport torch\n",
        "utf-8.py": "# é\nimport torch".encode(),
        "latin 1.py": b"# \xe9t\xe9\nimport torch\n",
        "utf-16.py": "import torch".encode("utf-16"),
        "nul%20.py": b"\0\nimport torch\0",
        "cut{1}.py": "import torch\n# \N{SNAKE}".encode()[:-2],
        "é.py": b"import jax\n",
        "empty.py": b"",
    }
    paths = [str(folder / name) for name in bodies]
    for path, body in zip(paths, bodies.values(), strict=True):
        Path(path).write_bytes(body)
    table = engine.files("probe", paths, Format.FILES, {})
    found = {row["path"]: row for row in _all(engine, table.mutate(torch=table.content.re_search(r"(?m)^import torch\b")))}
    assert sorted(found) == sorted(paths)
    by_name = {name: found[path] for name, path in zip(bodies, paths, strict=True)}
    assert [name for name, row in by_name.items() if not row["torch"]] == ["utf-16.py", "é.py", "empty.py"]
    read = {"plain.py", "utf-8.py", "nul%20.py", "é.py", "empty.py"}
    assert {name: by_name[name]["content"].encode() for name in read} == {name: bodies[name] for name in read}


def check_cells_of_csv_are_texts(engine: Engine, folder: Path) -> None:
    (folder / "one.csv").write_text('id,"what, then"\n007,"a ""quoted""\n line, with a comma"\n1.50, NA \n', encoding="utf-8")
    (folder / "two.csv").write_bytes('\ufeffid,"what, then"\r\n,é\r\n'.encode())
    table = engine.files("probe", [str(folder / "one.csv"), str(folder / "two.csv")], Format.CSV, {})
    assert sorted(_rows(engine, table, "id", "what, then"), key=str) == [
        ("007", 'a "quoted"\n line, with a comma'),
        ("1.50", " NA "),
        (None, "é"),
    ]


def check_a_row_of_csv_that_is_too_short_or_too_long_is_an_error(engine: Engine, folder: Path) -> None:
    for name, row in (("short.csv", "3,b\n"), ("long.csv", "3,b,4,5\n")):
        (folder / name).write_text("id,name,count\n" + "1,a,2\n" * 50 + row)
        _fails(
            engine, [folder / name], Format.CSV, lambda table: table.agg(ids=table.id.nunique(), counts=table["count"].nunique())
        )


def check_lines_of_json_have_the_types_they_are_said_to_have(engine: Engine, folder: Path) -> None:
    lines = (
        '{"id": 9007199254740993, "at": "2025-01-31T23:30:00Z", "who": {"login": "me", "id": 1}, "more": [1, {}]}\n'
        '{"who": null, "at": "2025-02-01T00:30:00+01:00", "id": null}\n\n'
        '{"text": "caf\\u00e9\\n"}\n'
    )
    (folder / "one.json").write_text(lines)
    (folder / "two.json.gz").write_bytes(gzip.compress(b'{"id": 2, "text": "import torch"}\n'))
    columns = {"id": "int64", "at": "timestamp('UTC')", "who": "struct<login: string>", "text": "string"}
    table = engine.files("probe", [str(folder / "one.json"), str(folder / "two.json.gz")], Format.JSON, columns)
    rows = _rows(engine, table.mutate(day=table.at.date(), login=table.who["login"]), "id", "day", "login", "text")
    assert sorted(rows, key=str) == [
        (2, None, None, "import torch"),
        (9007199254740993, dt.date(2025, 1, 31), "me", None),
        (None, None, None, "café\n"),
        (None, dt.date(2025, 1, 31), None, None),
    ]


def check_a_line_of_json_that_is_broken_is_an_error(engine: Engine, folder: Path) -> None:
    for number, line in enumerate(('{"id": 2', '{"id": "two"}', "{'id': 2}")):
        (folder / f"{number}.json").write_text(f'{{"id": 1}}\n{line}\n{{"id": 3}}\n')
        _fails(engine, [folder / f"{number}.json"], Format.JSON, lambda table: table.agg(total=table.id.sum()))


def check_a_file_that_is_cut_short_is_an_error(engine: Engine, folder: Path) -> None:
    whole = write_table(folder / "whole.parquet", {"id": [1]})
    (folder / "cut.parquet").write_bytes(whole.read_bytes()[:-9])
    (folder / "none.parquet").write_bytes(b"")
    (folder / "cut.json.gz").write_bytes(gzip.compress(b'{"id": 1}\n' * 5000)[:-20])
    for paths, form in (
        ([whole, folder / "cut.parquet"], Format.PARQUET),
        ([whole, folder / "none.parquet"], Format.PARQUET),
        ([folder / "cut.json.gz"], Format.JSON),
    ):
        _fails(engine, paths, form, lambda table: table.agg(rows=table.count(), highest=table.id.max()))


def check_a_column_that_a_later_file_lacks_is_an_error(engine: Engine, folder: Path) -> None:
    both = write_table(folder / "both.parquet", {"id": [1], "name": ["a"]})
    one = write_table(folder / "one.parquet", {"id": [2]})
    _fails(engine, [both, one], Format.PARQUET, lambda table: table.agg(names=table.name.nunique(), total=table.id.sum()))


def _fails(engine: Engine, paths: Sequence[Path], form: Format, ask: Callable[[ibis.Table], ibis.Table]) -> None:
    """The engine says what is wrong with the last of the files."""
    with pytest.raises((BadInput, SourceUnavailable), match=re.escape(paths[-1].name)):
        _asked(engine, paths, form, ask)


def _asked(engine: Engine, paths: Sequence[Path], form: Format, ask: Callable[[ibis.Table], ibis.Table]) -> None:
    try:
        _all(engine, ask(engine.files("probe", [str(path) for path in paths], form, {"id": "int64"})))
    except ThreadmillError:
        raise
    except Exception as error:
        raise engine.failed(error) from error


def _table(
    engine: Engine, folder: Path, columns: dict[str, list[Any]], schema: pa.Schema | None = None, name: str = "probe"
) -> ibis.Table:
    path = write_table(folder / f"{name}.parquet", columns, schema)
    return engine.files(name, [str(path)], Format.PARQUET, {})


def _all(engine: Engine, expression: ibis.Table) -> list[dict[str, Any]]:
    schema = expression.schema().to_pyarrow()
    return [row for batch in engine.batches(expression) for row in batch.cast(schema).to_pylist()]


def _rows(engine: Engine, expression: ibis.Table, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in _all(engine, expression)]


def _column(engine: Engine, expression: ibis.Table, column: str) -> list[Any]:
    return [row[column] for row in _all(engine, expression)]
