"""Weeks of the soak in the suite: one course of things that is always the same, and one that nobody has seen before."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.unattended.soak import Soak

UNSEEN = random.randrange(10**6)


@pytest.mark.parametrize(("seed", "days"), [(7, 40), (UNSEEN, 20)])
def test_every_period_has_its_thread_once_or_a_reason(tmp_path: Path, seed: int, days: int) -> None:
    soak = Soak(tmp_path, seed, days)
    soak.run()
    assert soak.wrong == [], f"python -m tests.unattended.soak --seed {seed} --years {days / 365}"
    assert soak.seen["daily published"] >= days // 3
