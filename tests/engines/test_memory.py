"""A data set ten times as large as what an engine may use is computed within it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_LIMIT = 32 * 10**6
_FILES, _EACH = 40, 8 * 10**6


def test_ten_times_the_limit_is_read_shard_by_shard(tmp_path: Path) -> None:
    few, many = tmp_path / "few", tmp_path / "many"
    body = b"# nothing to see\n" * (_EACH // 17) + b"import torch\n"
    for folder, count in ((few, 1), (many, _FILES)):
        folder.mkdir()
        for number in range(count):
            (folder / f"{number:02d}.py").write_bytes(body)
    found, small = _scanned(few, tmp_path / "home")
    assert found == 1
    found, large = _scanned(many, tmp_path / "home")
    assert found == _FILES
    assert _FILES * len(body) >= 10 * _LIMIT
    assert large - small < 3 * _LIMIT  # the rest of the process has its own


def _scanned(folder: Path, home: Path) -> tuple[int, int]:
    """How many files are found by a process of its own, and the most memory it had."""
    command = [sys.executable, "-m", "tests.engines.scan", str(folder), str(home), str(_LIMIT)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answer = json.loads(done.stdout)
    return answer["found"], answer["peak"]
