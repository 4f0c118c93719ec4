"""What the tests of hosts share."""

from __future__ import annotations

from tests.store.conftest import server  # noqa: F401 - a fixture, imported by its name
