"""Engines are extras: where one is not installed its tests are skipped, but where all are to be tried they fail."""

from __future__ import annotations

import importlib.util
import os

import pytest


def refuse_without(extra: str, *modules: str) -> None:
    """Skips the tests of a module whose engine is not installed; in CI, where it is to be, they fail."""
    for name in modules:
        try:
            there = importlib.util.find_spec(name) is not None
        except ModuleNotFoundError:  # not even the package above it
            there = False
        if not there:
            missing = f"{name} is not installed (pip install 'threadmill[{extra}]')"
            assert not os.environ.get("CI"), missing
            pytest.skip(missing, allow_module_level=True)
