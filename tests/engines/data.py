"""Small raw data of which every answer can be worked out by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


@dataclass(frozen=True)
class Download:
    """An event of PyPI's log. `installer` None is a client that says nothing of itself."""

    at: str
    project: str
    installer: str | None = "pip"
    ci: bool | None = None


_EVENT = pa.schema(
    [
        ("timestamp", pa.timestamp("us", tz="UTC")),
        ("country_code", pa.string()),
        ("project", pa.string()),
        ("file", pa.struct([("filename", pa.string()), ("version", pa.string())])),
        (
            "details",
            pa.struct(
                [
                    ("installer", pa.struct([("name", pa.string()), ("version", pa.string())])),
                    ("python", pa.string()),
                    ("ci", pa.bool_()),
                ]
            ),
        ),
    ]
)
"""The public schema, without the columns nobody here asks for."""


def write_log(path: Path, downloads: Sequence[Download]) -> Path:
    """A part of PyPI's log as Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([_event(one) for one in downloads], _EVENT), path)
    return path


def write_table(path: Path, columns: dict[str, list[Any]], schema: pa.Schema | None = None) -> Path:
    """Any table as Parquet."""
    pq.write_table(pa.table(columns, schema=schema), path)
    return path


def _event(one: Download) -> dict[str, Any]:
    installer = None if one.installer is None else {"name": one.installer, "version": "1"}
    return {
        "timestamp": dt.datetime.fromisoformat(one.at).replace(tzinfo=dt.UTC),
        "country_code": "CH",
        "project": one.project,
        "file": {"filename": f"{one.project}-1.whl", "version": "1"},
        "details": {"installer": installer, "python": "3.11", "ci": one.ci},
    }
