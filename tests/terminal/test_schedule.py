"""What schedule prints, and its JSON, whole."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli import main
from bot.domain.period import Period
from bot.domain.schedule import Mode, Window
from bot.domain.turn import Turn, TurnState
from bot.ports import Billed, Counts
from bot.terminal.schedule import show_schedule
from bot.verbs.survey import Scheduled, Survey
from tests.unattended.mill import DAILY, Mill


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


WINDOW = Window(Period.parse("2026-10"), at("2026-11-05 09:00"), at("2026-11-07 09:00"), at("2026-11-06 09:00"), at("2026-11-22"))
SEPTEMBER = replace(WINDOW, period=Period.parse("2026-09"))
OUT = Turn(
    "monthly",
    "x",
    WINDOW,
    TurnState.PUBLISHED,
    "https://x.com/i/status/11",
    1,
    edition=8,
    run="r-2",
    ended_at=at("2026-11-05 09:02"),
)
HALF = Turn(
    "monthly", "x", SEPTEMBER, TurnState.UNKNOWN, "the answer was lost", 2, retry_at=at("2026-11-05 13:00"), edition=7, run="r-1"
)
SURVEY = Survey(
    at("2026-11-05 12:00"),
    (
        Scheduled("monthly", "x", Mode.AUTO, WINDOW, at("2026-12-05 09:00"), newest=OUT, open_turns=(HALF,), overdue=""),
        Scheduled(
            "other", "x", Mode.APPROVE, WINDOW, at("2026-12-05 09:00"), newest=None, open_turns=(), overdue="2026-10 is due"
        ),
    ),
    Counts(
        asked={"npm": at("2026-11-05 05:09")},
        deliveries={},
        charges={("x", "post"): Billed(11, 0.165), ("x", "alt text"): Billed(1, 0.005), ("none", "look"): Billed(1, 0.005)},
        charges_since={("x", "post"): Billed(1, 0.015)},
        turns={},
        missed=frozenset(),
        untold=2,
        untold_since=at("2026-11-05 09:00"),
    ),
    {"collect": at("2026-11-05 05:10")},
    {"broken": "line 3: \x1b[31mno"},
)


def test_a_person_sees_each_report_with_its_turns_and_what_comes_next(capsys: pytest.CaptureFixture[str]) -> None:
    show_schedule(SURVEY, as_json=False)
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "monthly 2026-09 for x: unknown",
        "   the answer was lost",
        "monthly 2026-10 for x: published",
        "   https://x.com/i/status/11",
        "   auto; the next window opens at 2026-12-05 09:00 UTC",
        "other for x: no turn yet",
        "   overdue: 2026-10 is due",
        "   approve; the next window opens at 2026-12-05 09:00 UTC",
        "collect was last done at 2026-11-05 05:10 UTC",
        "2 notices were not told yet",
    ]
    assert err == "threadmill: the recipe of broken cannot be read: line 3: \ufffd[31mno\n"


def test_a_program_reads_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    show_schedule(SURVEY, as_json=True)
    found = json.loads(capsys.readouterr().out)
    window = {
        "period": "2026-10",
        "opens_at": "2026-11-05T09:00:00+00:00",
        "grace_until": "2026-11-07T09:00:00+00:00",
        "complete_until": "2026-11-06T09:00:00+00:00",
        "closes_at": "2026-11-22T00:00:00+00:00",
    }
    half = {
        "period": "2026-09",
        "state": "unknown",
        "reason": "the answer was lost",
        "attempts": 2,
        "edition": 7,
        "run": "r-1",
        "closes_at": "2026-11-22T00:00:00+00:00",
        "retry_at": "2026-11-05T13:00:00+00:00",
        "ended_at": None,
    }
    out = {
        "period": "2026-10",
        "state": "published",
        "reason": "https://x.com/i/status/11",
        "attempts": 1,
        "edition": 8,
        "run": "r-2",
        "closes_at": "2026-11-22T00:00:00+00:00",
        "retry_at": None,
        "ended_at": "2026-11-05T09:02:00+00:00",
    }
    assert found == {
        "at": "2026-11-05T12:00:00+00:00",
        "scheduled": [
            {
                "report": "monthly",
                "network": "x",
                "mode": "auto",
                "window": window,
                "next_opens_at": "2026-12-05T09:00:00+00:00",
                "overdue": None,
                "turns": [half, out],
            },
            {
                "report": "other",
                "network": "x",
                "mode": "approve",
                "window": window,
                "next_opens_at": "2026-12-05T09:00:00+00:00",
                "overdue": "2026-10 is due",
                "turns": [],
            },
        ],
        "problems": {"broken": "line 3: \x1b[31mno"},
        "left": [],
        "chores": {"collect": "2026-11-05T05:10:00+00:00"},
        "asked": {"npm": "2026-11-05T05:09:00+00:00"},
        "billed_usd": {"x": 0.17, "none": 0.005},
        "billed_this_month_usd": {"x": 0.015},
        "untold_notices": 2,
    }


@pytest.fixture
def mill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mill]:
    """A daily report in a folder of its own; nothing was begun yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THREADMILL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("THREADMILL_REPORTS", "daily")
    with Mill(tmp_path, at("2026-03-02 09:00")) as made:
        made.report("daily", "day", DAILY, "2026-03-01", 3)
        yield made


def test_before_anything_was_begun_the_next_window_is_told_and_no_store_is_made(
    mill: Mill, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schedule"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "daily for x: no turn yet"
    assert out[-1].startswith("   auto; the next window opens at ")
    assert not (mill.folder / "home").exists()


def test_what_became_of_a_turn_is_told_from_the_store(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    (performed,) = mill.once()
    assert performed is not None
    assert main(["schedule", "--json"]) == 0
    ((one,), *_) = [json.loads(capsys.readouterr().out)["scheduled"]]
    assert [(turn["period"], turn["state"], turn["reason"]) for turn in one["turns"]] == [
        ("2026-03-01", "published", performed.turn.reason)
    ]


def test_a_recipe_that_cannot_be_read_is_told_and_exits_with_2(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    (mill.folder / "templates" / "daily" / "report.toml").write_text("title =")
    assert main(["schedule"]) == 2
    out, err = capsys.readouterr()
    assert "threadmill: the recipe of daily cannot be read: " in err
    assert out.startswith("nothing is scheduled: ")
