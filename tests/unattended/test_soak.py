"""Weeks of the soak in the suite, whose courses of things are always the same; `python -m tests.unattended.soak` takes new ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unattended.soak import Soak


@pytest.mark.parametrize(("seed", "days"), [(7, 40), (769409, 20)])
def test_every_period_has_its_thread_once_or_a_reason(tmp_path: Path, seed: int, days: int) -> None:
    soak = Soak(tmp_path, seed, days)
    soak.run()
    assert soak.wrong == [], f"python -m tests.unattended.soak --seed {seed} --years {days / 365}"
    assert soak.seen["daily published"] >= days // 3
