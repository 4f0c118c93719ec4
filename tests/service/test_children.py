"""Real processes: the command line itself, or a stand-in for it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.service import children as module
from bot.service.children import Children


class Household:
    """Children in a folder whose `bot` is a script that does what its first argument says."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        package = folder / "bot"
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(
            "import signal, sys, time\n"
            "def code(number, frame): sys.exit(7)\n"
            "if sys.argv[1] == 'heed': signal.signal(signal.SIGTERM, code)\n"
            "if sys.argv[1] == 'ignore': signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "if sys.argv[1] in ('heed', 'ignore'): open(sys.argv[2], 'w').close(); time.sleep(60)\n"
            "sys.exit(int(sys.argv[1]))\n"
        )
        monkeypatch.setattr(module, "_environment", lambda: {"PYTHONPATH": str(folder)})
        self.folder = folder
        self.now_s = 0.0
        self.codes: list[int] = []
        self.children = Children(folder, frozenset(range(8)), lambda: self.now_s)

    def start(self, name: str, *arguments: str) -> bool:
        return self.children.start(name, arguments, self.codes.append)

    def start_and_settle(self, name: str, what: str) -> None:
        mark = self.folder / f"{name}.ready"
        assert self.start(name, what, str(mark))
        patience = time.monotonic() + 20
        while not mark.exists() and time.monotonic() < patience:
            time.sleep(0.01)

    def wait_for(self, count: int) -> list[int]:
        patience = time.monotonic() + 20
        while len(self.codes) < count and time.monotonic() < patience:
            self.children.reap()
            time.sleep(0.01)
        return self.codes


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Household:
    return Household(tmp_path, monkeypatch)


def test_a_child_tells_its_exit_code(house: Household) -> None:
    assert house.start("a", "3")
    assert house.wait_for(1) == [3]


def test_one_of_each_name_at_a_time(house: Household) -> None:
    house.start_and_settle("a", "heed")
    assert not house.start("a", "0")
    house.children.stop(5)


def test_two_at_a_time_and_no_more(house: Household) -> None:
    house.start_and_settle("a", "heed")
    house.start_and_settle("b", "heed")
    assert not house.start("c", "0")
    house.children.stop(5)
    assert sorted(house.wait_for(2)) == [7, 7]


def test_a_name_that_crashed_waits_twice_as_long_each_time(house: Household) -> None:
    for count, pause_s in ((1, 30), (2, 60), (3, 120)):
        assert house.start("a", "99")
        house.wait_for(count)
        house.now_s += pause_s - 1
        assert not house.start("a", "99")
        house.now_s += 1
    assert house.start("a", "0")
    house.wait_for(4)
    assert house.start("a", "99")  # it went well in between
    house.wait_for(5)
    house.now_s += 30
    assert house.start("a", "0")
    assert house.wait_for(6) == [99, 99, 99, 0, 99, 0]


def test_what_takes_no_notice_is_killed_in_time(house: Household) -> None:
    house.children.clock_s = time.monotonic
    house.start_and_settle("deaf", "ignore")
    begun = time.monotonic()
    house.children.stop(0.5)
    assert house.wait_for(1) == [-9]
    assert time.monotonic() - begun < 5


def test_nothing_starts_after_the_stop(house: Household) -> None:
    house.children.stop(0)
    assert not house.start("a", "0")


def test_one_that_hangs_is_asked_and_then_killed(house: Household) -> None:
    house.start_and_settle("deaf", "ignore")
    house.now_s = module.LIMIT_S + 1
    house.children.reap()
    assert house.codes == []
    house.now_s = module.LIMIT_S + 60
    assert house.wait_for(1) == [-9]


def test_the_real_command_is_found_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text("raise SystemExit(99)")  # not us
    codes: list[int] = []
    children = Children(tmp_path, frozenset({0}))
    assert children.start("version", ["--version"], codes.append)
    patience = time.monotonic() + 20
    while not codes and time.monotonic() < patience:
        children.reap()
        time.sleep(0.01)
    assert codes == [0]
