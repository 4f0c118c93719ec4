"""`deploy/threadmill-once` with a `threadmill` that ends as it is told."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

_SCRIPT = Path(__file__).parent.parent.parent / "deploy" / "threadmill-once"


def once(folder: Path, threadmill: str, *arguments: str, shell: str = "sh") -> subprocess.Popen[str]:
    """The script, in front of a `threadmill` that is this shell script."""
    command = folder / "threadmill"
    command.write_text(f"#!/bin/sh\n{threadmill}\n")
    command.chmod(0o755)
    return subprocess.Popen(
        [shell, str(_SCRIPT), *arguments],
        env={"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("code", "taken_for"), [(0, 0), (1, 1), (2, 2), (3, 0), (4, 4), (5, 5), (6, 0), (7, 0), (143, 143)])
def test_what_is_no_fault_of_the_machine_is_a_success(code: int, taken_for: int, tmp_path: Path) -> None:
    with once(tmp_path, f'echo "$@"; exit {code}', "--now", "2026-11-22") as process:
        told, said = process.communicate(timeout=30)
    assert process.returncode == taken_for
    assert told == "run --once --now 2026-11-22\n"
    assert (f"exit code {code} " in said) == (code in (3, 6, 7))


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_sigterm_reaches_the_command_and_its_answer_counts(shell: str, tmp_path: Path) -> None:
    parks = """trap 'sleep 0.3; echo parked; exit 7' TERM
echo here
while :; do sleep 0.05; done"""
    with once(tmp_path, parks, shell=shell) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGTERM)
        told, said = process.communicate(timeout=30)
    assert told == "parked\n"
    assert process.returncode == 0
    assert "exit code 7 " in said


def test_a_command_that_is_killed_is_no_success(tmp_path: Path) -> None:
    with once(tmp_path, "kill -KILL $$") as process:
        process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGKILL
