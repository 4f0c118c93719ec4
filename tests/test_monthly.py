"""The monthly threads, from services on loopback to the disk: every number ends at the bytes of a kept reply."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from bot.domain.period import Period
from tests import town
from tests.compose.test_site import check_links
from tests.sources.services import Answer

MONTHLY = ("dl-frameworks-monthly", "python-web-frameworks")
PERIOD = Period.month(2026, 10)
"""What is the newest complete month at `services.NOW`, when all of this happens."""


@dataclass(frozen=True)
class Written:
    """A preview and what it says, and where its replies are kept."""

    folder: Path
    home: Path = Path()

    @property
    def thread(self) -> dict[str, Any]:
        return self._read("thread.json")

    @property
    def facts(self) -> list[dict[str, Any]]:
        return self._read("facts.json")

    @property
    def posts(self) -> dict[str, str]:
        return {post["name"]: post["text"] for post in self.thread["posts"]}

    def _read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text())


def previewed(report: str, out: Path, *options: str) -> Written:
    assert main(["preview", report, "--out", str(out), *options]) == 0
    return Written(out / report / PERIOD.key)


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("THREADMILL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module", params=MONTHLY)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Written]]:
    folder = tmp_path_factory.mktemp("monthly")
    with pytest.MonkeyPatch.context() as monkeypatch, town.town(monkeypatch, PERIOD):
        monkeypatch.setenv("THREADMILL_HOME", str(folder / "home"))
        yield request.param, replace(previewed(request.param, folder / "out"), home=folder / "home")


def test_the_threads_are_whole(written: tuple[str, Written]) -> None:
    report, edition = written
    thread = edition.thread
    assert thread["period"] == PERIOD.key
    assert 8 <= len(thread["posts"]) <= 12
    assert thread["held"] == []
    left_out = {"dl-frameworks-monthly": ["installs"], "python-web-frameworks": []}
    assert [one["post"] for one in thread["skipped"]] == left_out[report]
    assert all(post["weighted_length"] <= 280 for post in thread["posts"])


def test_what_is_printed_is_what_the_services_said(written: tuple[str, Written]) -> None:
    _, edition = written
    ids = {"pytorch": "torch"}
    seen = {
        (fact["metric"], fact["subjects"][0], fact["period"]): fact["value"]
        for fact in edition.facts
        if fact["kind"] == "observation"
    }
    month = {
        subject: value for (metric, subject, key), value in seen.items() if (metric, key) == ("pypi_downloads_month", PERIOD.key)
    }
    assert len(month) == 4
    assert month == {subject: town.downloads(ids.get(subject, subject), PERIOD, PERIOD) for subject in month}
    stars = {subject: value for (metric, subject, _), value in seen.items() if metric == "gh_stars"}
    assert set(stars.values()) <= set(town.STARS.values())
    assert len(stars) == 4
    (posts,) = {
        value for (metric, subject, key), value in seen.items() if (metric, subject, key) == ("hn_jobs_posts", "all", PERIOD.key)
    }
    assert posts == town.POSTS


def test_the_texts_of_the_deep_learning_thread(written: tuple[str, Written]) -> None:
    report, edition = written
    if report != "dl-frameworks-monthly":
        return
    posts = edition.posts
    assert "PyTorch 87.3M\nTensorFlow 22.7M\nJAX 19.2M\nKeras 18.4M" in posts["downloads"]
    assert posts["downloads_growth"].startswith(
        "Downloads a day in October 2026, against the month before:\nPyTorch +11%\nTensorFlow level\n"
    )  # 1 / 0.9
    assert "JAX stays third by downloads, as the month before." in posts["downloads_history"]
    assert "PyTorch 412\nTensorFlow 97\nJAX 88\nKeras 41" in posts["research"]
    assert posts["jobs"].startswith("Share of 320 job posts in Hacker News' hiring thread of October 2026 that name it:")
    assert "PyTorch 18.8%\nTensorFlow 6.9%\nJAX 4.4%\nKeras 0.9%" in posts["jobs"]  # 60, 22, 14 and 3 of 320
    assert "PyTorch 37\nKeras 11\nJAX 6\nTensorFlow 3" in posts["models"]


@pytest.mark.usefixtures("unpainted")
def test_explain_ends_at_the_very_bytes_of_a_kept_reply(
    written: tuple[str, Written], capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    report, edition = written
    monkeypatch.setenv("THREADMILL_HOME", str(edition.home))
    traced = set()
    for position in range(1, len(edition.thread["posts"]) + 1):
        assert main(["explain", report, PERIOD.key, str(position)]) == 0
        told = capfdbinary.readouterr().out.decode()
        observations = [fact for fact in edition.facts if fact["post"] == position and fact["kind"] == "observation"]
        for fact in observations:
            assert f"threadmill reply {fact['payload_sha256']} prints them" in told
            traced.add(fact["payload_sha256"])
    assert traced
    for digest in sorted(traced):
        assert main(["reply", digest]) == 0
        assert hashlib.sha256(capfdbinary.readouterr().out).hexdigest() == digest


def test_every_fact_is_claimed_or_read_from_a_reply(written: tuple[str, Written]) -> None:
    _, edition = written
    ids = {fact["id"] for fact in edition.facts}
    for fact in edition.facts:
        if fact["kind"] == "claim":
            assert fact["evidence"]
            assert set(fact["evidence"]) <= ids
        else:
            assert re.fullmatch(r"[0-9a-f]{64}", fact["payload_sha256"])
            assert fact["url"].startswith("https://")
            assert fact["query"]


def test_the_evidence_carries_the_replies_that_may_be_repeated_and_no_other(written: tuple[str, Written]) -> None:
    _, edition = written
    evidence = edition.folder / "evidence"
    free = {fact["payload_sha256"] for fact in edition.facts if fact["origin"] in ("arXiv", "OpenAlex", "Wikimedia")}
    carried = {path.stem: path.read_bytes() for path in (evidence / "replies").iterdir()}
    assert set(carried) == free
    assert len(free) > 3
    assert all(hashlib.sha256(body).hexdigest() == digest for digest, body in carried.items())
    check_links({str(path.relative_to(evidence)): path.read_bytes() for path in evidence.rglob("*") if path.is_file()})
    for path in evidence.rglob("*.*"):
        assert path.suffix == ".png" or str(edition.home.parent).encode() not in path.read_bytes()


@pytest.fixture
def quiet_news(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where how many posts Hacker News has does not matter: each is a request."""
    monkeypatch.setattr(town, "POSTS", 40)


@pytest.mark.usefixtures("quiet_news", "unpainted")
def test_a_second_run_of_the_day_asks_nobody_and_says_the_same(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with town.town(monkeypatch, PERIOD) as servers:
        first = previewed(MONTHLY[0], tmp_path / "first")
        asked = {name: len(server.asked) for name, server in servers.items()}
        second = previewed(MONTHLY[0], tmp_path / "second")
        assert {name: len(server.asked) for name, server in servers.items()} == asked
    assert second.posts == first.posts
    offline = previewed(MONTHLY[0], tmp_path / "third", "--offline")
    assert offline.posts == first.posts


def test_without_a_connection_and_without_a_store_nothing_is_made_up(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", MONTHLY[0], "--offline"]) == 3
    assert "has nothing to say" in capfd.readouterr().err
    assert not home.exists()


SAD = {
    "down": Answer("<html>Down for maintenance</html>", 503),
    "web page": Answer("<!DOCTYPE html><html></html>", 200, {"Content-Type": "application/json"}),
    "empty": Answer(""),
    "broken off": Answer('{"data": [{"project": "tor'),
    "nothing": Answer("{}"),
    "refused": Answer("no", 403),
}


@pytest.mark.usefixtures("quiet_news", "unpainted")
@pytest.mark.parametrize("sad", SAD)
def test_a_source_that_fails_costs_its_own_posts_and_no_others(
    sad: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with town.town(monkeypatch, PERIOD, clickpy=lambda _: SAD[sad], arxiv=lambda _: SAD[sad]):
        edition = previewed(MONTHLY[0], tmp_path)
    assert [one["post"] for one in edition.thread["skipped"]] == [
        "downloads", "downloads_growth", "downloads_history", "research", "installs",
    ]  # fmt: skip
    assert "without mirrors" in edition.posts["downloads_pypistats"]
    assert "clickpy: " in capfd.readouterr().out
    metrics = {fact["metric"] for fact in edition.facts}
    assert "pypistats_downloads_month" in metrics
    assert not metrics & {"pypi_downloads_month", "arxiv_mentions"}
