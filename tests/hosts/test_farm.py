"""A slice of `python -m tests.hosts`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.farm import Farm, Nursery, a_nursery
from tests.store.databases import Server


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with a_nursery() as nursery:
        yield nursery


@pytest.mark.parametrize(("hosts", "reports", "rounds"), [(2, 6, 2), (4, 12, 1)])
def test_hosts_that_die_and_are_cut_off_bring_each_thread_out_once(
    tmp_path: Path, server: Server, nursery: Nursery, hosts: int, reports: int, rounds: int
) -> None:
    farm = Farm(tmp_path, server, nursery, seed=hosts, hosts=hosts, reports=reports, rounds=rounds)
    wrong = farm.run()
    print(farm.figures)
    assert wrong == []
    assert farm.fake.creates == sum(2 + number % 2 for number in range(reports)) * rounds
    assert min(farm.figures.happened[trouble] for trouble in ("kills", "cuts", "stalls", "faults")) > 0
