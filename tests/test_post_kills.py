"""A post command that is killed anywhere leaves a thread that the same command finishes: once, whole and in order."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot import wiring
from bot.cli import main
from bot.domain.delivery import State
from bot.rehearsal import CREATE, METADATA, UPLOAD, FakeX, named
from bot.store import open_store
from bot.verbs import posting
from tests.processes import ROOT, Command
from tests.test_posting import OPENAPI, POST, whole

POINTS = [
    (call, nth, fault)
    for call, nth in ((UPLOAD, 1), (METADATA, 1), (CREATE, 1), (CREATE, 2))
    for fault in ("hang-before", "hang-after")
]


@contextmanager
def a_child_held_at(
    call: str, nth: int, fault: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[tuple[FakeX, Command]]:
    """A post command of its own whose nth call of a kind is held: before it has its effect, or after. Then the world is well again."""
    with FakeX(OPENAPI if OPENAPI.is_file() else None) as fake:
        fake.faults.on(call, named(fault, seconds=4), nth=nth)
        told = fake.keys.environment(fake.url) | {"THREADMILL_HOME": str(tmp_path / "home")}
        with Command(*POST, "--yes", folder=ROOT, environment=told) as child:
            until = time.monotonic() + 30
            while sum(one.operation == call for one in fake.calls) < nth:
                assert time.monotonic() < until
                time.sleep(0.01)
            time.sleep(0.1)
            yield fake, child
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(wiring, "_now", fake.now)
        monkeypatch.setattr(posting, "sleep", fake.advance)
        fake.faults.clear()
        assert main([*POST, "--yes"]) == 0
        whole(fake)
        assert fake.creates == 2


@pytest.mark.parametrize(("call", "nth", "fault"), POINTS)
def test_a_post_command_killed_at_a_request_is_finished_by_the_next(
    call: str, nth: int, fault: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_child_held_at(call, nth, fault, monkeypatch, tmp_path) as (_, child):
        child.send_signal(signal.SIGKILL)


@pytest.mark.parametrize("fault", ["hang-before", "hang-after"])
def test_a_post_command_that_is_interrupted_says_how_to_go_on_and_leaves_no_lease(
    fault: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_child_held_at(CREATE, 2, fault, monkeypatch, tmp_path) as (_, child):
        child.send_signal(signal.SIGINT)
        _, said = child.communicate()
        assert "threadmill: stopped; what was sent is known or will be found out: run the same command again" in said
        assert child.returncode == 130
        assert second_post(tmp_path) is State.UNKNOWN  # the next run looks at once, and waits for no lease


@pytest.mark.parametrize(
    ("fault", "code", "state"),
    [("hang-before", 7, State.UNKNOWN), ("hang-after", 0, State.PUBLISHED)],  # its answer is lost; it comes, and all is out
)
def test_a_post_command_that_is_asked_to_end_hears_its_answer_first(
    fault: str, code: int, state: State, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_child_held_at(CREATE, 2, fault, monkeypatch, tmp_path) as (_, child):
        child.send_signal(signal.SIGTERM)
        _, said = child.communicate()
        assert (child.returncode, "stopped as asked" in said) == (code, code == 7)
        assert second_post(tmp_path) is state


def test_a_post_command_that_is_asked_twice_ends_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with a_child_held_at(CREATE, 2, "hang-before", monkeypatch, tmp_path) as (_, child):
        child.send_signal(signal.SIGTERM)
        time.sleep(0.2)  # two at the same moment are one
        child.send_signal(signal.SIGTERM)
        child.communicate()
        assert child.returncode == 143
        assert second_post(tmp_path) is State.UNKNOWN


def second_post(folder: Path) -> State:
    with open_store(f"sqlite:///{folder / 'home' / 'threadmill.db'}") as store:
        return store.desk.deliveries(1)[1].state
