"""`threadmill post` through the front door, against the fake X: one thread, whole and in order, whatever happens on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import wiring
from bot.cli import main
from bot.rehearsal import CREATE, FAULTS, METADATA, TIMELINE, UPLOAD, FakeX, named
from bot.verbs import posting

OPENAPI = Path(__file__).parents[2] / "shared" / "x-api" / "openapi.json"
POST = ["post", "infrastructure-tools", "--period", "2020"]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeX]:
    """A fake X, strict where its description is here, and the environment to post there without waiting."""
    with FakeX(OPENAPI if OPENAPI.is_file() else None) as running:
        for name, value in running.keys.environment(running.url).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("THREADMILL_HOME", str(tmp_path / "home"))
        monkeypatch.setattr(wiring, "_now", running.now)
        monkeypatch.setattr(posting, "sleep", running.advance)
        yield running


def posted(fake: FakeX, code: int = 0) -> None:
    assert main([*POST, "--yes"]) == code


def whole(fake: FakeX) -> None:
    """The account holds the thread once, in order, with its picture; nothing that was sent broke X's description."""
    (thread,) = fake.threads()
    assert [part.text.split("\n")[-1].split(" ")[0] for part in thread] == ["1/2", "2/2"]
    assert [len(part.images) for part in thread] == [1, 0]
    assert fake.violations == []


def test_without_yes_nothing_is_sent_and_the_cost_is_shown(fake: FakeX, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(POST) == 3
    told = capsys.readouterr().out
    assert "2 x create a post             $0.015   $0.030" in told
    assert "1 x tell an alt text          $0.005   $0.005" in told
    assert "together $0.035" in told
    assert fake.calls == []
    assert main(["status"]) == 0
    assert "no thread was begun yet" in capsys.readouterr().out  # looking at it freezes nothing


def test_a_thread_is_posted_with_the_fewest_billed_calls(fake: FakeX, capsys: pytest.CaptureFixture[str]) -> None:
    posted(fake)
    whole(fake)
    assert [call.operation for call in fake.calls] == [UPLOAD, METADATA, CREATE, CREATE]
    assert float(fake.billed) == pytest.approx(2 * 0.015 + 0.005)
    (thread,) = fake.threads()
    assert f"/status/{thread[0].id}" in capsys.readouterr().out


def test_the_same_command_again_sends_nothing(fake: FakeX) -> None:
    posted(fake)
    calls = len(fake.calls)
    posted(fake)
    assert len(fake.calls) == calls


MEDIA_FAULTS = (
    "drop-before",
    "drop-after",
    "truncated",
    "html-200-after",
    "503-after",
    "429-reset",
    "402-credits",
    "403-suspended",
    "401",
)
CASES = [
    *((CREATE, fault, nth) for fault in sorted(FAULTS) for nth in (1, 2)),
    *((call, fault, 1) for call in (UPLOAD, METADATA) for fault in MEDIA_FAULTS),
]


@pytest.mark.parametrize(("call", "fault", "nth"), CASES)
def test_after_any_fault_the_thread_is_there_once(call: str, fault: str, nth: int, fake: FakeX) -> None:
    fake.faults.on(call, named(fault, seconds=0.2), nth=nth)
    for _ in range(6):
        if main([*POST, "--yes"]) == 0:
            break
        fake.advance(1000)
    whole(fake)
    assert fake.creates == 2


def test_status_tells_what_is_out_and_what_is_not(fake: FakeX, capsys: pytest.CaptureFixture[str]) -> None:
    posted(fake)
    capsys.readouterr()
    assert main(["status", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["report"], row["period"], row["account"]) == ("infrastructure-tools", "2020", "1001")
    assert [post["state"] for post in row["posts"]] == ["published", "published"]
    assert row["billed_usd"] == pytest.approx(0.035)


def test_a_post_whose_fate_cannot_be_read_waits_for_a_person(fake: FakeX, capsys: pytest.CaptureFixture[str]) -> None:
    fake.faults.on(CREATE, named("drop-after"), nth=2)
    fake.faults.on(TIMELINE, named("503-before"), times=None)
    posted(fake, code=5)
    assert "Out is post 1 of 2" in capsys.readouterr().err
    assert fake.creates == 2
    (thread,) = fake.threads()
    assert main(["resolve", "1", "2", "--there", thread[1].id]) == 0
    posted(fake)
    whole(fake)
