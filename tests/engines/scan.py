"""Counts the files of a folder with a word in them, within a memory limit, and says how much memory that took."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Mapping
from pathlib import Path

import ibis

from bot.engines import duckdb
from bot.ports import Computation, Format, Input
from tests.engines.computing import computed, means


def main(folder: Path, home: Path, limit: int) -> None:
    def partial(files: ibis.Table) -> ibis.Table:
        return files.select("path", found=files.content.contains("import torch").cast("int64"))

    def total(parts: ibis.Table, _: Mapping[str, ibis.Table]) -> ibis.Table:
        return parts.agg(found=parts.found.sum())

    files = Input("files", folder, Format.FILES, suffixes=(".py",))
    result = computed(duckdb.connect(means(home, limit)), Computation("a word", "", files, partial, total), home)
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(json.dumps({"found": result.rows[0]["found"], "peak": peak}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
