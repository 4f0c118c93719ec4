"""A login shared by real processes: two that renew it at once, one that is killed, one that has no room, one that is interrupted."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import BadOutput
from bot.publishers.x import network
from tests.ports import a_free_port
from tests.processes import ROOT, Command
from tests.publishers.endpoint import CLIENT, Endpoint, Fault
from tests.publishers.logins import REFRESH, place, store

MINUTE = dt.timedelta(minutes=1)
CHECK = ("check", "infrastructure-tools", "--online")
"""Of one small report: to prove that the posts of all of them fit takes longer than all else."""


@pytest.fixture
def x() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


def start(x: Endpoint, home: Path, *arguments: str, file_bytes: int = 0) -> Command:
    """`threadmill ...` as a process of its own; it may write no file longer than `file_bytes`, if that is given."""
    environment = {"X_API_BASE_URL": x.url, "THREADMILL_HOME": str(home), "X_CLIENT_ID": CLIENT}
    return Command(*arguments, folder=ROOT, environment=environment, file_bytes=file_bytes)


def ended(child: Command) -> tuple[int | None, str, str]:
    with child:
        out, err = child.communicate()
    assert "Traceback" not in err
    return child.returncode, out, err


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_that_renew_at_once_ask_x_once(processes: int, x: Endpoint, tmp_path: Path) -> None:
    store(tmp_path, x, now(), -MINUTE)
    hold = threading.Event()
    x.faults = [Fault(before=False, hold=hold)]
    children = [start(x, tmp_path, *CHECK) for _ in range(processes)]
    x.arrived.wait(20)
    time.sleep(0.5)  # the others have started and wait
    hold.set()
    assert [ended(child)[0] for child in children] == [0] * processes
    assert x.grants == ["refresh_token"]
    assert x.asked == ["Bearer access~1-a9c1e7d3"] * processes


def kill(child: Command) -> None:
    child.send_signal(signal.SIGKILL)
    ended(child)


def test_a_process_killed_before_x_did_anything_costs_nothing(x: Endpoint, tmp_path: Path) -> None:
    store(tmp_path, x, now(), -MINUTE)
    hold = threading.Event()
    x.faults = [Fault(hold=hold, silent=True)]
    child = start(x, tmp_path, *CHECK)
    x.arrived.wait(20)
    kill(child)
    hold.set()
    assert ended(start(x, tmp_path, *CHECK))[0] == 0
    assert [form["refresh_token"] for form in x.forms] == [REFRESH, REFRESH]
    assert sorted(path.suffix for path in (tmp_path / "logins").iterdir()) == [".json", ".lock"]


def test_a_process_killed_between_x_s_answer_and_the_disk_is_told_by_the_next(x: Endpoint, tmp_path: Path) -> None:
    path = store(tmp_path, x, now(), -MINUTE)
    before = path.read_bytes()
    hold = threading.Event()
    x.faults = [Fault(before=False, hold=hold)]  # X has replaced the tokens, and the answer is on its way
    child = start(x, tmp_path, *CHECK)
    x.arrived.wait(20)
    kill(child)
    hold.set()
    for _ in range(2):
        code, _, err = ended(start(x, tmp_path, *CHECK))
        assert code == 4
        assert "does not know the stored login any more" in err
        assert "log in again: threadmill login x" in err
    assert len(x.forms) == 3  # one a command
    assert path.read_bytes() == before
    child = start(x, tmp_path, "login", "x", "--paste")
    address = next(line for line in child.stdout if "authorize" in line)
    child.stdin.write(x.agree(address.strip()) + "\n")
    child.stdin.flush()
    assert ended(child)[0] == 0
    assert ended(start(x, tmp_path, *CHECK))[0] == 0


def test_a_process_killed_once_the_answer_is_written_out_loses_nothing(x: Endpoint, tmp_path: Path) -> None:
    """What is between the two steps of writing, put there by hand: the whole answer beside the file."""
    path = store(tmp_path, x, now(), -MINUTE)
    x.accesses, x.refreshes = {"access~9"}, {"refresh~9"}
    newer = json.loads(path.read_text()) | {"access_token": "access~9", "refresh_token": "refresh~9"}
    path.with_suffix(".new").write_text(json.dumps(newer) + " " * 60_000)
    assert ended(start(x, tmp_path, *CHECK))[0] == 0
    assert [form["refresh_token"] for form in x.forms] == ["refresh~9"]


def test_without_room_for_the_answer_the_token_is_not_spent(x: Endpoint, tmp_path: Path) -> None:
    store(tmp_path, x, now(), -MINUTE)
    code, _, err = ended(start(x, tmp_path, *CHECK, file_bytes=8192))
    assert (code, x.forms) == (2, [])
    assert "nothing was asked of X" in err
    assert ended(start(x, tmp_path, *CHECK))[0] == 0
    assert x.grants == ["refresh_token"]


@pytest.mark.parametrize("how", ["the folder is read-only", "the folder is another user's"])
def test_where_nothing_may_be_written_the_token_is_not_spent(how: str, x: Endpoint, tmp_path: Path) -> None:
    path = store(tmp_path, x, now(), -MINUTE)
    account = network({}, x.url, now, home=tmp_path)
    path.parent.chmod(0o500)
    root, nobody = os.geteuid() == 0, 65534
    above = {folder: folder.stat().st_mode for folder in (tmp_path, *tmp_path.parents[:2])}
    if not root and how == "the folder is another user's":
        pytest.skip("only root can give a folder away")
    if root:  # may write anywhere: be somebody else meanwhile
        for folder in above:
            folder.chmod(0o711)
        path.chmod(0o644)
        path.parent.chmod(0o500 if how == "the folder is read-only" else 0o755)
        os.chown(path.parent, *((nobody, nobody) if how == "the folder is read-only" else (0, 0)))
        os.seteuid(nobody)
    try:
        with pytest.raises(BadOutput, match="nothing was asked of X"):
            account.ready()
    finally:
        if root:
            os.seteuid(0)
            for folder, mode in above.items():
                folder.chmod(mode)
    assert x.forms == []


@pytest.mark.parametrize("way", [("--no-browser", "--port", "0"), ("--paste",)])
def test_ctrl_c_while_a_person_is_waited_for_ends_it_in_words(way: tuple[str, ...], x: Endpoint, tmp_path: Path) -> None:
    port = str(a_free_port())
    child = start(x, tmp_path, "login", "x", *[port if word == "0" else word for word in way])
    assert any("authorize" in line for line in child.stdout)
    time.sleep(0.2)
    child.send_signal(signal.SIGINT)
    code, _, err = ended(child)
    assert (code, err) == (130, "threadmill: stopped; nothing was left half done\n")
    assert not place(tmp_path, x.url).exists()
    assert x.forms == []


def test_ctrl_c_during_a_renewal_ends_after_it(x: Endpoint, tmp_path: Path) -> None:
    path = store(tmp_path, x, now(), -MINUTE)
    hold = threading.Event()
    x.faults = [Fault(before=False, hold=hold)]
    child = start(x, tmp_path, *CHECK)
    x.arrived.wait(20)
    child.send_signal(signal.SIGINT)
    time.sleep(0.3)
    hold.set()
    assert ended(child)[0] == 130
    assert json.loads(path.read_text())["refresh_token"] == "refresh~1-77be02f4"
    assert x.asked == []
