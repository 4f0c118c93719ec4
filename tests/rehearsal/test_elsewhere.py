"""A fake X in a process of its own outlives the clients that a test kills."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from bot.rehearsal import BEARER, CREATE, EVERY, Elsewhere
from tests.rehearsal.clients import OPENAPI, Bot, needs_openapi


def test_a_fake_elsewhere_takes_faults_and_tells_its_state(tmp_path: Path) -> None:
    with Elsewhere(tmp_path, "--visibility-lag", "3600", "--parent-lag", "0") as fake:
        bot = Bot(fake.url)
        fake.fault(CREATE, "drop-after", nth=2)
        first = bot.post("one")
        with pytest.raises(requests.ConnectionError):
            bot.post("two", first)

        written = json.loads(fake.file.read_text())
        assert [[part["text"] for part in chain] for chain in written["threads"]] == [["one", "two"]]
        assert (written["creates"], written["billed"], written["violations"]) == (2, "0.030", [])
        assert [(call["fault"], call["accepted"]) for call in written["calls"]] == [("", True), ("drop-after", True)]
        assert bot.timeline() == []
        fake.advance(3600)
        assert [each.text for each in bot.timeline()] == ["two", "one"]
        assert len(fake.state()["calls"]) == 4
        assert requests.post(f"{fake.url}/_faults", json={"call": CREATE, "fault": "teapot"}, timeout=5).status_code == 400
        assert requests.get(f"{fake.url}/_nowhere", timeout=5).status_code == 404
        bot.session.close()


def test_a_client_that_is_killed_while_it_waits_leaves_its_post_behind(tmp_path: Path) -> None:
    script = (
        "import sys, requests; requests.post(sys.argv[1] + '/2/tweets', json={'text': 'one'},"
        " headers={'Authorization': 'Bearer ' + sys.argv[2]}, timeout=30)"
    )
    with Elsewhere(tmp_path) as fake:
        fake.fault(CREATE, "hang-after", seconds=30)
        client = subprocess.Popen([sys.executable, "-c", script, fake.url, BEARER])
        deadline = time.monotonic() + 10
        while json.loads(fake.file.read_text())["creates"] == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        client.send_signal(signal.SIGKILL)
        assert client.wait() == -signal.SIGKILL

        state = fake.state()
        assert [[part["text"] for part in chain] for chain in state["threads"]] == [["one"]]
        assert [(call["accepted"], call["answered"]) for call in state["calls"]] == [(True, False)]


@needs_openapi
def test_a_fake_elsewhere_is_as_strict(tmp_path: Path) -> None:
    with Elsewhere(
        tmp_path, "--openapi", str(OPENAPI), "--faults", json.dumps([{"call": EVERY, "nth": 2, "fault": "401"}])
    ) as fake:
        bot = Bot(fake.url)
        assert bot.ask("POST", "/2/tweets", json={"text": "x", "nonsense": 1}).status_code == 400
        assert bot.ask("GET", "/2/users/me").status_code == 401
        assert len(fake.state()["violations"]) == 1
        bot.session.close()


def test_a_fake_elsewhere_ends_with_its_owner(tmp_path: Path) -> None:
    fake = Elsewhere(tmp_path)
    with fake:
        process = fake._process
        assert process.stdin
        process.stdin.close()
        assert process.wait(timeout=5) == 0
        process.stdin = None
