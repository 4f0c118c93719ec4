"""What the whole suite shares: the 2020 preview, written once through the front door, and a network that is not there."""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import structlog
from hypothesis import settings

from bot.cli import main
from bot.config import VARIABLES
from bot.store import open_store

settings.register_profile("suite", deadline=None)  # the first example of a test may load fonts
settings.load_profile("suite")
SHARED = Path(__file__).parent.parent.parent / "shared"
LONGEST: Final = (
    "tests/engines/test_spark_cluster.py",
    "tests/hosts/",
    "tests/crashes/test_secrets.py",
    "tests/crashes/test_matrix.py",
    "tests/independent/test_no_fault_reaches_a_post.py",
    "tests/independent/test_editions.py",
    "tests/test_monthly.py",
)
"""They come first: one worker is at them while the others share the rest, and nobody is waited for in the end."""


def pytest_xdist_auto_num_workers() -> int:
    """With `-n auto` one worker more than there are cores: many tests wait for servers and processes, and leave a core idle."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, all others in their order."""
    items.sort(key=lambda item: next((at for at, place in enumerate(LONGEST) if item.nodeid.startswith(place)), len(LONGEST)))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here may reach beyond this machine."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else "local"
        if self.family in (socket.AF_INET, socket.AF_INET6) and host not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test connects to {host}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", local_only)


@pytest.fixture(autouse=True)
def _own_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """State goes to a folder of the test, and no variable of the machine leaks in."""
    monkeypatch.setenv("THREADMILL_HOME", str(tmp_path_factory.getbasetemp() / "home"))
    for name in os.environ:
        if (name in VARIABLES or name.startswith("THREADMILL_URL_")) and name != "THREADMILL_HOME":
            monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def preview_2020(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the 2020 thread, as `threadmill preview` writes it."""
    out = tmp_path_factory.mktemp("out")
    assert main(["preview", "dl-frameworks", "--period", "2020", "--offline", "--out", str(out)]) == 0
    return out / "dl-frameworks" / "2020"


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in SQLite with nothing in it, to be copied: to migrate one takes longer than most tests with it."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts are described and not painted, where nobody looks at pictures: they take longer than all else of a thread."""
    from bot.charts.sheet import render
    from tests.crashes.thread import png

    monkeypatch.setattr(render, "draw_checked", lambda *_: None)
    monkeypatch.setattr(render, "encode", lambda _: png(20))
    monkeypatch.setattr(render, "says", lambda *_: True)


@pytest.fixture
def shared() -> Path:
    """The raw data the bundled figures were computed from; not part of the repository."""
    if not SHARED.is_dir():
        pytest.skip(f"the raw data is not here ({SHARED.name}/ beside the checkout)")
    return SHARED


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """Logs are the whole process's: the next test finds them as they were."""
    handlers, level, house = logging.root.handlers[:], logging.root.level, logging.getLogger("bot").level
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
    with warnings.catch_warnings():
        yield
        logging.captureWarnings(False)
    sys.excepthook, sys.unraisablehook, threading.excepthook = hooks
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    logging.getLogger("bot").setLevel(house)
    for logger in list(logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            logger.disabled = False  # import-linter's own configuration turns off all there are
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
