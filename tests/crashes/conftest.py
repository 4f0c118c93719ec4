"""What the tests of crashes share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crashes.matrix import Files, Matrix, Tables, a_matrix, the_files
from tests.store.conftest import database, file, place, server  # noqa: F401 - fixtures
from tests.store.databases import Server


@pytest.fixture(scope="module")
def matrix() -> Iterator[Matrix]:
    with a_matrix() as matrix:
        yield matrix


@pytest.fixture(scope="module")
def files() -> Iterator[Files]:
    with the_files() as files:
        yield files


@pytest.fixture(scope="module")
def tables(server: Server) -> Iterator[Tables]:  # noqa: F811 - a fixture, imported by its name
    with Tables(server) as tables:
        yield tables
