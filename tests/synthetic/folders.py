"""What tests ask of a folder that was made."""

from __future__ import annotations

import csv
from pathlib import Path

from bot.synthetic.__main__ import main


def make(out: Path, *arguments: str) -> Path:
    kind, *rest = arguments
    assert main([kind, str(out), *rest]) == 0
    return out


def contents(out: Path) -> dict[str, bytes]:
    """Every file but the notices, by its path."""
    files = (path for path in out.rglob("*") if path.is_file() and path.name != "SYNTHETIC.txt")
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


def table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))
